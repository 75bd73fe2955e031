"""The table of reductions, each a record with its side condition, and the arithmetic of normal forms built on it.

A term under construction is *open*: its bound indices are fresh free ones, so that a substitution cannot capture. Every
rewrite is logged as (rule, term before, polynomial after) on plain tuples, for a checker that shares no code with this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm

from derive.algebra import signs
from derive.algebra.canonical import MAX_BRANCHES, canonical_term, close, is_symmetric, open_term, sort_arguments
from derive.algebra.terms import (
    CONTINUUM,
    ONE,
    ZERO,
    Atom,
    Exponent,
    Factor,
    KIndex,
    Polynomial,
    Term,
    add,
    fresh,
    nested,
    number,
    range_of,
    scale,
    show,
    single,
    subtract,
)
from derive.errors import LimitError

MAX_WORK = 1_000_000
MAX_TERMS = 20_000
MAX_BINDERS = 24
MAX_POWER = 12
MAX_CLEARINGS = 6
MAX_BITS = 4096
MAX_ANGLES = 6
MAX_FACTORED = 10**10

OpenTerm = tuple[Fraction, tuple[KIndex, ...], tuple[Factor, ...]]
"""(coefficient, bound indices under fresh free names, factors)."""


class Blocked(Exception):
    """A step whose side condition could not be derived; the kernel then proves nothing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An oriented equation: ``term`` (its slots stand for any index) equals ``value``.

    Source: a declaration (a simplex sums to one) or an ``assume`` line. Used only when no derivative is still to come.
    """

    name: str
    term: Term
    value: Polynomial


@dataclass(frozen=True, slots=True)
class LogEntry:
    rule: str
    before: OpenTerm
    after: Polynomial


@dataclass(slots=True)
class Budget:
    """How much work one proof has done: for each term built, its factors times its bound indices, for each labelling tried."""

    spent: int = 0


@dataclass(slots=True)
class Reducer:
    """Arithmetic of normal forms under declared domains.

    ``settled`` is False while derivatives may still be taken; then neither facts nor the symmetry of matrices are used.
    """

    domains: signs.Domains
    settled: bool = False
    facts: Sequence[Fact] = ()
    log: list[LogEntry] = field(default_factory=list[LogEntry])
    obligations: set[str] = field(default_factory=set[str])
    budget: Budget = field(default_factory=Budget)
    cache: dict[object, Polynomial] = field(default_factory=dict[object, Polynomial])
    normalised: Mapping[str, int] = field(default_factory=dict[str, int])
    """For each unspecified function that sums to one over one of its indices: the place of that index."""

    # Building terms.

    def build(self, coefficient: Fraction, binders: Sequence[KIndex], factors: Sequence[Factor]) -> Polynomial:
        """The normal form of ``coefficient * sum over binders of the product of factors``."""
        if not coefficient:
            return ZERO
        self.spend(1 + len(binders) * len(factors))
        if len(binders) > MAX_BINDERS:
            raise LimitError(f"too many bound indices: {len(binders)}, limit={MAX_BINDERS}")
        if coefficient.numerator.bit_length() > MAX_BITS or coefficient.denominator.bit_length() > MAX_BITS:
            raise LimitError(f"a coefficient of more than {MAX_BITS} bits")
        term: OpenTerm = (coefficient, tuple(binders), self._merge(factors))
        for reduction in REDUCTIONS:
            result = reduction.apply(self, term)
            if result is not None:
                self.log.append(LogEntry(reduction.name, term, result))
                return result
        branches = [MAX_BRANCHES]
        try:
            return Polynomial({canonical_term(term[1], term[2], branches): coefficient})
        finally:
            self.budget.spent += (MAX_BRANCHES - branches[0]) * len(binders) * len(factors)

    def spend(self, work: int) -> None:
        """Count work that was done.

        Raises:
            LimitError: it is too much.
        """
        self.budget.spent += work
        if self.budget.spent > MAX_WORK:
            raise LimitError(f"too much to rewrite: limit={MAX_WORK}")

    def _merge(self, factors: Sequence[Factor]) -> tuple[Factor, ...]:
        """Like factors into one, exponents added; a factor that cancels must not vanish, which is recorded."""
        exponents: dict[Atom, Exponent] = {}
        for atom, exponent in factors:
            atom = sort_arguments(atom)
            before = exponents.get(atom)
            if before is not None and (before < 0) != (exponent < 0) and not signs.positive_atom(atom, self.domains):
                self.obligations.add(f"{show(single(atom))} is not 0")
            exponents[atom] = exponent if before is None else before + exponent
        # Whole exponents are kept as int: equal to the Fraction, and much faster to hash.
        return tuple((atom, e.numerator if e.denominator == 1 else e) for atom, e in exponents.items() if e)

    # Arithmetic.

    def multiply(self, *polynomials: Polynomial) -> Polynomial:
        total = number(1)
        for polynomial in polynomials:
            total = self._multiply(total, polynomial)
        return total

    def _multiply(self, first: Polynomial, second: Polynomial) -> Polynomial:
        for one, other in ((first, second), (second, first)):
            constant = one.constant
            if constant is not None:
                return scale(other, constant)
        if len(first) * len(second) > MAX_TERMS:
            raise LimitError(f"too many terms: {len(first) * len(second)}, limit={MAX_TERMS}")
        parts: list[Polynomial] = []
        for term_a, a in first.items():
            for term_b, b in second.items():
                binders_a, factors_a = self.opened(term_a)
                binders_b, factors_b = self.opened(term_b)
                parts.append(self.build(a * b, (*binders_a, *binders_b), (*factors_a, *factors_b)))
        return add(*parts)

    def opened(self, term: Term) -> tuple[tuple[KIndex, ...], tuple[Factor, ...]]:
        binders = tuple(fresh(r) for r in term[0])
        return binders, open_term(term, binders)

    def bind(self, polynomial: Polynomial, index: KIndex) -> Polynomial:
        """The sum of ``polynomial`` over the free index ``index``."""
        parts: list[Polynomial] = []
        for term, coefficient in polynomial.items():
            binders, factors = self.opened(term)
            parts.append(self.build(coefficient, (*binders, index), factors))
        return add(*parts)

    def rename(self, polynomial: Polynomial, mapping: Mapping[KIndex, KIndex]) -> Polynomial:
        """Replace free indices (or slots), all at once."""
        mapping = {old: new for old, new in mapping.items() if old != new}
        if not mapping:
            return polynomial
        parts: list[Polynomial] = []
        for term, coefficient in polynomial.items():
            binders, factors = self.opened(term)
            parts.append(self.renamed_term(coefficient, binders, factors, mapping))
        return add(*parts)

    def renamed_term(
        self,
        coefficient: Fraction,
        binders: Sequence[KIndex],
        factors: Sequence[Factor],
        mapping: Mapping[KIndex, KIndex],
    ) -> Polynomial:
        """An open term with free indices replaced; functions whose indices fall together are built anew."""
        plain: list[Factor] = []
        rebuilt: list[Polynomial] = []
        for (head, arguments), exponent in factors:
            renamed = tuple(mapping.get(i, i) for i in arguments)
            inside = nested(head)
            collapsed = len(set(renamed)) < len(set(arguments)) or any(
                new[0] == "l" and old[0] != "l" for old, new in zip(arguments, renamed, strict=True)
            )
            if inside is not None and collapsed:
                rebuilt.append(self.power(self.function(head, self.instantiate(inside, renamed)), exponent))
            else:
                plain.append(((head, renamed), exponent))
        if not rebuilt:
            return self.build(coefficient, binders, plain)
        return self.bind_all(self.multiply(self.build(coefficient, (), plain), *rebuilt), binders)

    def bind_all(self, polynomial: Polynomial, indices: Sequence[KIndex]) -> Polynomial:
        for index in indices:
            polynomial = self.bind(polynomial, index)
        return polynomial

    def instantiate(self, closed: Polynomial, arguments: Sequence[KIndex]) -> Polynomial:
        """The polynomial inside a head, with actual indices in its slots."""
        mapping: dict[KIndex, KIndex] = {}
        for _, factors in closed:
            for (_, indices), _ in factors:
                for index in indices:
                    if index[0] == "s":
                        mapping[index] = arguments[index[2]]
        return self.rename(closed, mapping)

    def transform(
        self,
        polynomial: Polynomial,
        change: Callable[[Atom], Polynomial | None],
        memo: dict[Polynomial, tuple[tuple[KIndex, ...], Polynomial]] | None = None,
    ) -> Polynomial:
        """Rebuild a polynomial with ``change`` applied to every plain atom, those inside functions included.

        ``change`` must commute with renaming indices; None leaves the atom as it is.
        """
        memo = {} if memo is None else memo
        parts: list[Polynomial] = []
        for term, coefficient in polynomial.items():
            binders, factors = self.opened(term)
            product = number(coefficient)
            kept: list[Factor] = []
            for atom, exponent in factors:
                head, arguments = atom
                inside = nested(head)
                if inside is None:
                    changed = change(atom)
                    if changed is None:
                        kept.append((atom, exponent))
                    else:
                        product = self.multiply(product, self.power(changed, exponent))
                    continue
                if inside not in memo:
                    # Letters of the slots' own ranges, not of these arguments', which a contracted delta may have narrowed:
                    # what holds from 2 on must not be remembered for an argument that starts at 1.
                    generic = tuple(fresh(i) for i in slots_of(inside))
                    memo[inside] = generic, self.transform(self.instantiate(inside, generic), change, memo)
                generic, moved = memo[inside]
                moved = self.rename(moved, dict(zip(generic, arguments, strict=True)))
                product = self.multiply(product, self.power(self.function(head, moved), exponent))
            product = self.multiply(product, self.build(ONE, (), kept))
            parts.append(self.bind_all(product, binders))
        return add(*parts)

    # Functions.

    def function(self, head: tuple[object, ...], argument: Polynomial) -> Polynomial:
        """Apply the function that ``head`` names (the base itself for a power)."""
        kind = head[0]
        if kind == "exp":
            return self.exp(argument)
        if kind == "log":
            return self.logarithm(argument)
        if kind == "pow":
            return argument
        if kind == "ap":
            return self.applied(str(head[1]), argument)
        return self.special(str(head[1]), argument)

    def special(self, name: str, argument: Polynomial) -> Polynomial:
        if name in ("cos", "sin"):
            return self._circle(argument)[name == "sin"]
        closed, arguments = close(argument)
        return single(sort_arguments((("fn", name, closed), arguments)))

    def _circle(self, angle: Polynomial) -> tuple[Polynomial, Polynomial]:
        """Cosine and sine of a sum, in those of its terms with the signs taken out: cos(a - b) = cos a cos b + sin a sin b."""
        if len(angle) > MAX_ANGLES:
            raise LimitError(f"the cosine or sine of too many terms: {len(angle)}, limit={MAX_ANGLES}")
        whole = all(c.denominator == 1 for c in angle.values()) and sum(abs(c) for c in angle.values()) <= MAX_ANGLES
        cosine, sine = number(1), ZERO
        for term, coefficient in angle.items():
            # cos(2a) is cos(a + a).
            times, own = (int(abs(coefficient)), ONE) if whole else (1, abs(coefficient))
            closed, arguments = close(Polynomial({term: own}))
            along, across = (single(sort_arguments((("fn", name, closed), arguments))) for name in ("cos", "sin"))
            across = scale(across, 1 if coefficient > 0 else -1)
            for _ in range(times):
                cosine, sine = (
                    subtract(self.multiply(cosine, along), self.multiply(sine, across)),
                    add(self.multiply(sine, along), self.multiply(cosine, across)),
                )
        return cosine, sine

    def applied(self, name: str, packed: Polynomial) -> Polynomial:
        """An unspecified function, its indices, arguments and derivatives packed as ``terms`` describes."""
        closed, arguments = close(packed)
        return self.build(ONE, (), [(sort_arguments((("ap", name, closed), arguments)), 1)])

    def exp(self, argument: Polynomial) -> Polynomial:
        """exp of a sum is the product of the exps of its monomials; exp(c log y) = y^c."""
        product = number(1)
        for term, coefficient in argument.items():
            ranges, factors = term
            if not ranges and len(factors) == 1 and factors[0][0][0][0] == "log" and factors[0][1] == 1:
                (head, arguments), _ = factors[0]
                power = self.power(self.instantiate(head[1], arguments), coefficient)
            else:
                closed, arguments = close(Polynomial({term: ONE}))
                power = self.build(ONE, (), [((("exp", closed), arguments), coefficient)])
            product = self.multiply(product, power)
        return product

    def logarithm(self, argument: Polynomial) -> Polynomial:
        """log of a product is the sum of the logs, of the factors known to be positive."""
        constant = argument.constant
        if constant is not None:
            if constant <= 0:
                raise Blocked("the log of a number that is not positive")
            return self._log_of_number(constant)
        below, numerator = self._over_common_denominator(argument)
        if not all(signs.positive_atom(atom, self.domains) for atom in below):
            below, numerator = {}, argument
        coefficient, factors, rest = self._content(numerator, positive_only=True)
        parts = [self._log_of_number(coefficient)]
        for atom, exponent in (*below.items(), *factors):
            parts.append(scale(self._log_of_atom(atom), exponent))
        pieces = self._independent_sums(rest)
        if rest.constant is not None:
            parts.append(self.logarithm(rest))
        elif len(pieces) > 1 and all(signs.positive(piece, self.domains) for piece in pieces):
            parts.extend(self.logarithm(piece) for piece in pieces)
        else:
            closed, arguments = close(rest)
            parts.append(single(sort_arguments((("log", closed), arguments))))
        return add(*parts)

    def _log_of_number(self, value: Fraction) -> Polynomial:
        parts: list[Polynomial] = []
        for prime, exponent in _factor(value):
            closed, _ = close(number(prime))
            parts.append(scale(single((("log", closed), ())), exponent))
        return add(*parts)

    def _log_of_atom(self, atom: Atom) -> Polynomial:
        head, arguments = atom
        if head[0] == "exp":
            return self.instantiate(head[1], arguments)
        if head[0] == "pow":
            return self.logarithm(self.instantiate(head[1], arguments))
        if head[0] == "q":
            return self._log_of_number(Fraction(head[1]))
        closed, closed_arguments = close(single(atom))
        return single(sort_arguments((("log", closed), closed_arguments)))

    def power(self, base: Polynomial, exponent: Exponent) -> Polynomial:
        """``base`` to a rational power; products are distributed over only where that is allowed."""
        if exponent == 1:
            return base
        if exponent == 0:
            return number(1)
        integral = exponent.denominator == 1
        if integral and exponent > 0:
            if exponent > MAX_POWER and len(base) > 1:
                raise LimitError(f"a sum to the power {exponent}, limit={MAX_POWER}")
            if len(base) == 1 and not next(iter(base))[0]:
                (((_, factors), coefficient),) = base.items()
                scaled = self._power_of_number(coefficient, exponent)
                return self.multiply(scaled, self.build(ONE, (), [(atom, own * exponent) for atom, own in factors]))
            if base:
                half = self.power(base, Fraction(exponent // 2))
                return self.multiply(half, half, base if exponent % 2 else number(1))
        constant = base.constant
        if constant is not None:
            return self._power_of_number(constant, exponent)
        below, numerator = self._over_common_denominator(base)
        if not integral and not all(signs.positive_atom(atom, self.domains) for atom in below):
            below, numerator = {}, base
        coefficient, factors, rest = self._content(numerator, positive_only=not integral)
        product = self._power_of_number(coefficient, exponent)
        for atom, own in (*below.items(), *factors):
            product = self.multiply(product, self.build(ONE, (), [(atom, own * exponent)]))
        if rest.constant is not None:
            return self.multiply(product, self._power_of_number(rest.constant, exponent))
        pieces = self._independent_sums(rest)
        if len(pieces) > 1 and (integral or all(signs.positive(piece, self.domains) for piece in pieces)):
            return self.multiply(product, *(self.power(piece, exponent) for piece in pieces))
        if len(rest) == 1:
            ((ranges, inner), scalar) = next(iter(rest.items()))
            if not ranges and len(inner) == 1 and scalar == 1 and inner[0][1] == 1:
                return self.multiply(product, self.build(ONE, (), [(inner[0][0], exponent)]))
        closed, arguments = close(rest)
        if integral and not signs.positive(rest, self.domains):
            # 1/(a - b) and 1/(b - a) meet: the positive of the two where one is, else the lesser.
            opposite, opposite_arguments = close(scale(rest, -1))
            if signs.positive(opposite, self.domains) or opposite < closed:
                closed, arguments = opposite, opposite_arguments
                product = scale(product, -1 if exponent % 2 else 1)
        return self.multiply(product, self.build(ONE, (), [((("pow", closed), arguments), exponent)]))

    def _power_of_number(self, value: Fraction, exponent: Exponent) -> Polynomial:
        if value == 0:
            if exponent > 0:
                return ZERO
            raise Blocked("a division by zero")
        if exponent.denominator == 1:
            if abs(exponent) * max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
                raise LimitError(f"a power of more than {MAX_BITS} bits")
            return number(value ** int(exponent))
        if value < 0:
            raise Blocked("a fractional power of a negative number")
        factors: list[Factor] = [((("q", prime), ()), own * exponent) for prime, own in _factor(value)]
        return self.build(ONE, (), factors)

    def _content(self, polynomial: Polynomial, *, positive_only: bool) -> tuple[Fraction, list[Factor], Polynomial]:
        """Pull out what all terms share and no bound index touches: (positive number, factors, the rest).

        With ``positive_only`` just factors known to be positive leave, so that log and fractional powers may be distributed.
        """
        terms = list(polynomial.items())
        denominator = lcm(*(c.denominator for _, c in terms))
        coefficient = Fraction(gcd(*(int(c * denominator) for _, c in terms)), denominator)
        shared: dict[Atom, Exponent] | None = None
        for (_, factors), _ in terms:
            outside = {atom: e for atom, e in factors if not any(index[0] == "b" for index in atom[1])}
            if shared is None:
                shared = outside
                continue
            kept: dict[Atom, Exponent] = {}
            for atom, e in shared.items():
                other = outside.get(atom)
                if other is not None and (other > 0) == (e > 0):
                    kept[atom] = min(e, other, key=abs)
            shared = kept
        wanted: list[Factor] = [
            (atom, e)
            for atom, e in sorted((shared or {}).items())
            if atom[0][0] != "d" and (not positive_only or signs.positive_atom(atom, self.domains))
        ]
        if not wanted and coefficient == 1:
            return coefficient, wanted, polynomial
        return coefficient, wanted, self.shift(scale(polynomial, 1 / coefficient), {atom: -e for atom, e in wanted})

    def shift(self, polynomial: Polynomial, exponents: Mapping[Atom, Exponent]) -> Polynomial:
        """Multiply by powers of atoms that no bound index touches, adding to the exponents that are there already."""
        if not exponents:
            return polynomial
        parts: list[Polynomial] = []
        for term, coefficient in polynomial.items():
            binders, factors = self.opened(term)
            left = dict(exponents)
            moved = [(atom, e + left.pop(atom, Fraction(0))) for atom, e in factors]
            parts.append(self.build(coefficient, binders, [*(f for f in moved if f[1]), *left.items()]))
        return add(*parts)

    def _independent_sums(self, polynomial: Polynomial) -> list[Polynomial]:
        """A single term written as a product of sums that share no bound index: sum_ij f_i g_j = (sum_i f_i)(sum_j g_j)."""
        if len(polynomial) != 1:
            return [polynomial]
        ((term, coefficient),) = polynomial.items()
        if len(term[0]) < 2:
            return [polynomial]
        binders, factors = self.opened(term)
        groups: list[tuple[set[KIndex], list[Factor]]] = [({binder}, []) for binder in binders]
        for factor in factors:
            touched = [group for group in groups if group[0] & set(factor[0][1])]
            merged: tuple[set[KIndex], list[Factor]] = (set(), [factor])
            for group in touched:
                merged[0].update(group[0])
                merged[1].extend(group[1])
                groups.remove(group)
            groups.append(merged)
        if len(groups) == 1:
            return [polynomial]
        parts = [self.build(ONE, [b for b in binders if b in names], inner) for names, inner in groups]
        return [scale(parts[0], coefficient), *parts[1:]]

    def is_positive(self, polynomial: Polynomial) -> bool:
        """Whether a polynomial is positive wherever it is defined, as it stands or over a common denominator."""
        if signs.positive(polynomial, self.domains):
            return True
        below, numerator = self._over_common_denominator(polynomial)
        positive = all(signs.positive_atom(atom, self.domains) for atom in below)
        return bool(below) and positive and signs.positive(numerator, self.domains)

    def _exponentials(self, polynomial: Polynomial) -> dict[Atom, Exponent]:
        """The exponentials that some terms have to a negative power, each with the lowest: 1 + 1/E is (E + 1)/E."""
        found: dict[Atom, Exponent] = {}
        for _, factors in polynomial:
            for atom, exponent in factors:
                if atom[0][0] == "exp" and exponent < 0 and not any(i[0] == "b" for i in atom[1]):
                    found[atom] = min(found.get(atom, exponent), exponent)
        return found

    def denominators(self, polynomial: Polynomial) -> dict[Atom, Exponent]:
        """The negative powers that no bound index touches, each with the lowest exponent that occurs."""
        found: dict[Atom, Exponent] = {}
        for _, factors in polynomial:
            for atom, exponent in factors:
                if exponent < 0 and atom[0][0] != "exp" and not any(i[0] == "b" for i in atom[1]):
                    found[atom] = min(found.get(atom, exponent), exponent)
        return found

    def _over_common_denominator(self, polynomial: Polynomial) -> tuple[dict[Atom, Exponent], Polynomial]:
        """Write a sum as (numerator) * (product of atoms to negative powers), so that a/b + c and (a + bc)/b meet."""
        below: dict[Atom, Exponent] = {}
        for _ in range(MAX_CLEARINGS):
            found = {**self.denominators(polynomial), **self._exponentials(polynomial)}
            if len(polynomial) < 2 or not found:
                break
            for atom, exponent in found.items():
                below[atom] = below.get(atom, Fraction(0)) + exponent
            polynomial = self.shift(polynomial, {atom: -e for atom, e in found.items()})
        return below, polynomial


def _factor(value: Fraction) -> Iterator[tuple[int, int]]:
    """The primes of a positive rational with their exponents."""
    for whole, sign in ((value.numerator, 1), (value.denominator, -1)):
        if whole > MAX_FACTORED:
            raise LimitError(f"a number too large to factor: limit={MAX_FACTORED}")
        prime = 2
        while whole > 1:
            if prime * prime > whole:
                prime = whole
            count = 0
            while whole % prime == 0:
                whole //= prime
                count += 1
            if count:
                yield prime, sign * count
            prime += 1 if prime == 2 else 2


# The reductions. Each takes an open term whose like factors are merged and returns its value, or None where it does not apply.


@dataclass(frozen=True, slots=True)
class Reduction:
    name: str
    condition: str
    apply: Callable[[Reducer, OpenTerm], Polynomial | None]


def _number_powers(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    coefficient, binders, factors = term
    for position, ((head, _), exponent) in enumerate(factors):
        if head[0] == "q" and not 0 < exponent < 1:
            whole = exponent.numerator // exponent.denominator
            rest = list(factors)
            rest[position] = (factors[position][0], exponent - whole)
            return reducer.build(coefficient * Fraction(head[1]) ** whole, binders, rest)
    return None


def _contract_delta(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    coefficient, binders, factors = term
    for position, ((head, arguments), exponent) in enumerate(factors):
        if head[0] != "d":
            continue
        if exponent < 0 or exponent.denominator != 1:
            raise Blocked("a Kronecker delta under a negative or fractional power")
        rest = [*factors[:position], *factors[position + 1 :]]
        left, right = arguments
        if any(index[4].startswith(CONTINUUM) for index in arguments):
            raise Blocked("a delta of points of a continuum")
        if left == right:
            return reducer.build(coefficient, binders, rest)
        if left[0] == "l" and right[0] == "l":
            return ZERO
        if exponent != 1:
            return reducer.build(coefficient, binders, [*rest, ((head, arguments), ONE)])
        for gone, kept in ((left, right), (right, left)):
            if gone in binders and _inside(kept, gone):
                remaining = [b for b in binders if b != gone]
                return reducer.renamed_term(coefficient, remaining, rest, {gone: kept})
        # Both free (or ranges that do not allow contraction): the rest of the term may use one name for both.
        if range_of(left) == range_of(right) and left not in binders and right not in binders:
            gone, kept = max(left, right), min(left, right)
            if any(gone in indices for (_, indices), _ in rest):
                value = reducer.renamed_term(coefficient, binders, rest, {gone: kept})
                return reducer.multiply(value, single((("d",), (kept, gone))))
    return None


def _inside(kept: KIndex, gone: KIndex) -> bool:
    """Whether every value of ``kept`` lies in the range of ``gone``, lower limits included."""
    if kept[0] == "l":
        return kept[2] >= gone[3]
    return kept[4] == gone[4] and kept[3] >= gone[3]


def _expand_positive_power(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    coefficient, binders, factors = term
    for position, ((head, arguments), exponent) in enumerate(factors):
        if head[0] == "pow" and exponent >= 1:
            whole = exponent.numerator // exponent.denominator
            rest = [*factors[:position], *factors[position + 1 :]]
            if exponent != whole:
                rest.append(((head, arguments), exponent - whole))
            base = reducer.power(reducer.instantiate(head[1], arguments), Fraction(whole))
            return reducer.bind_all(reducer.multiply(base, reducer.build(coefficient, (), rest)), binders)
    return None


def _inverse_times_matrix(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    coefficient, binders, factors = term
    for p, ((head, arguments), exponent) in enumerate(factors):
        if head[0] not in ("i", "I") or exponent != 1:
            continue
        partner = ("E" if head[0] == "I" else "e", head[1], head[2])
        for q, ((other_head, other_arguments), other_exponent) in enumerate(factors):
            if other_head != partner or other_exponent != 1 or arguments[:-2] != other_arguments[:-2]:
                continue
            symmetric = head[0] == "I"
            for inner, outer in _contractions(arguments[-2:], other_arguments[-2:], symmetric):
                rest = [f for at, f in enumerate(factors) if at not in (p, q)]
                # A sum over b from 2 of P_ab S_bc is not delta_ac.
                if inner not in binders or inner[3] != 1 or any(inner in indices for (_, indices), _ in rest):
                    continue
                remaining = [b for b in binders if b != inner]
                return reducer.build(coefficient, remaining, [*rest, ((("d",), outer), ONE)])
    return None


def _contractions(
    first: Sequence[KIndex], second: Sequence[KIndex], symmetric: bool
) -> Iterator[tuple[KIndex, tuple[KIndex, KIndex]]]:
    """(summed index, the two that remain) for P_ab S_bc or S_ab P_bc; in any order where both are symmetric."""
    if first[1] == second[0] and first[0] != first[1] and second[0] != second[1]:
        yield first[1], (first[0], second[1])
    if first[0] == second[1] and first[0] != first[1] and second[0] != second[1]:
        yield first[0], (second[0], first[1])
    if symmetric:
        if first[1] == second[1] and first[0] != first[1] and second[0] != second[1]:
            yield first[1], (first[0], second[0])
        if first[0] == second[0] and first[0] != first[1] and second[0] != second[1]:
            yield first[0], (first[1], second[1])


def _cancel_denominator(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    """1/D times the leading term of D: lead/D = (1 - (D - lead)/D) / coefficient."""
    coefficient, binders, factors = term
    for position, ((head, arguments), exponent) in enumerate(factors):
        if head[0] != "pow" or exponent >= 0:
            continue
        lead, lead_coefficient, others = leading(head[1])
        slots = {index: arguments[index[2]] for index in slots_of(head[1])}
        others_factors = [f for at, f in enumerate(factors) if at != position]
        for remaining, kept, _ in match(lead, slots, others_factors, binders):
            if any(b not in kept and b in arguments for b in binders):
                continue
            scaled = coefficient / lead_coefficient
            lifted = reducer.build(scaled, kept, [*remaining, ((head, arguments), exponent + 1)])
            if not others:
                return lifted
            left_over = reducer.build(-scaled, (), [*remaining, ((head, arguments), exponent)])
            rest = reducer.multiply(reducer.instantiate(others, arguments), left_over)
            return add(lifted, reducer.bind_all(rest, kept))
    return None


def slots_of(closed: Polynomial) -> list[KIndex]:
    """The slots of a closed polynomial in the order of their numbers."""
    return sorted({i for _, factors in closed for (_, indices), _ in factors for i in indices if i[0] == "s"})


def leading(closed: Polynomial) -> tuple[Term, Fraction, Polynomial]:
    """The heaviest term of a polynomial, its coefficient, and the rest."""
    known = closed.cache.get("leading")
    if known is None:
        lead = max(closed, key=weight)
        rest = Polynomial({term: c for term, c in closed.items() if term != lead})
        known = closed.cache["leading"] = (lead, closed[lead], rest)
    return known


def weight(term: Term) -> tuple[Exponent, Term]:
    """How heavy a term is: the sizes of its exponents added up; ties are broken by the terms' order."""
    return sum((abs(e) for _, e in term[1]), Fraction(0)), term


def match(
    pattern: Term, slots: Mapping[KIndex, KIndex], factors: Sequence[Factor], binders: Sequence[KIndex]
) -> Iterator[tuple[list[Factor], list[KIndex], Mapping[KIndex, KIndex]]]:
    """Where ``pattern`` divides the open term: (remaining factors, remaining binders, what stands for each slot).

    A bound index of the pattern stands for a bound index of the term, of the same range, that occurs nowhere else.
    Slots not given in ``slots`` may stand for any index of their range.
    """
    ranges, wanted = pattern
    todo = sorted(wanted, key=lambda factor: -len(factor[0][1]))

    def unify(want: KIndex, have: KIndex, sub: dict[KIndex, KIndex]) -> bool:
        if want[0] == "b":
            if want in sub:
                return sub[want] == have
            if have not in binders or range_of(have) != range_of(want):
                return False
            if any(key[0] == "b" and value == have for key, value in sub.items()):
                return False
            sub[want] = have
            return True
        if want[0] == "s":
            if want in sub:
                return sub[want] == have
            if not _inside(have, want):
                return False
            sub[want] = have
            return True
        return want == have

    def search(
        at: int, left: list[Factor], sub: dict[KIndex, KIndex]
    ) -> Iterator[tuple[list[Factor], list[KIndex], Mapping[KIndex, KIndex]]]:
        if at == len(todo):
            used = {value for key, value in sub.items() if key[0] == "b"}
            if len(used) != len(ranges):
                return
            if any(index in used for (_, indices), _ in left for index in indices):
                return
            if any(value in used for key, value in sub.items() if key[0] == "s"):
                return
            yield left, [b for b in binders if b not in used], sub
            return
        (head, arguments), exponent = todo[at]
        for position, ((have_head, have_arguments), have_exponent) in enumerate(left):
            if have_head != head or (have_exponent > 0) != (exponent > 0) or abs(have_exponent) < abs(exponent):
                continue
            for ordering in orderings((have_head, have_arguments)):
                extended = dict(sub)
                if all(unify(w, h, extended) for w, h in zip(arguments, ordering, strict=True)):
                    rest = [*left[:position], *left[position + 1 :]]
                    if have_exponent != exponent:
                        rest.append(((have_head, have_arguments), have_exponent - exponent))
                    yield from search(at + 1, rest, extended)

    yield from search(0, list(factors), dict(slots))


def orderings(atom: Atom) -> Iterator[tuple[KIndex, ...]]:
    """The argument orders under which an atom is the same."""
    head, arguments = atom
    yield arguments
    if is_symmetric(atom):
        if arguments[-1] != arguments[-2]:
            yield (*arguments[:-2], arguments[-1], arguments[-2])
        return
    inside = nested(head)
    for swap in (inside.cache.get("symmetries") or ()) if inside is not None else ():
        other = tuple(arguments[i] for i in swap)
        if other != arguments:
            yield other


def _use_fact(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    if not reducer.settled:
        return None
    coefficient, binders, factors = term
    for fact in reducer.facts:
        for remaining, kept, sub in match(fact.term, {}, factors, binders):
            value = reducer.rename(fact.value, {key: new for key, new in sub.items() if key[0] == "s"})
            return reducer.bind_all(reducer.multiply(value, reducer.build(coefficient, (), remaining)), kept)
    return None


def _normalised_function(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    """sum_z p(z | u) = 1 whatever the arguments u, so that the sum of each derivative is 0: where z stands nowhere else."""
    coefficient, binders, factors = term
    for position, ((head, arguments), exponent) in enumerate(factors):
        place = reducer.normalised.get(head[1]) if head[0] == "ap" and exponent == 1 else None
        if place is None:
            continue
        rest = [*factors[:position], *factors[position + 1 :]]
        inside: Polynomial = head[-1]
        basis = [atom for _, own in inside for atom, _ in own]
        (family,) = (indices for inner, indices in basis if inner == ("fam",))
        summed = family[place]
        if summed[0] != "s" or sum(index == summed for _, indices in basis for index in indices) != 1:
            continue
        binder = arguments[summed[2]]
        # The whole range: the slot's own limits are those of the declaration or narrower.
        if binder not in binders or arguments.count(binder) != 1 or range_of(binder)[0] != 1:
            continue
        if any(binder in indices for (_, indices), _ in rest):
            continue
        if any(inner[0] == "dir" for inner, _ in basis):
            return ZERO
        return reducer.build(coefficient, [b for b in binders if b != binder], rest)
    return None


def _count_unused_binder(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    coefficient, binders, factors = term
    for binder in binders:
        if not any(binder in indices for (_, indices), _ in factors):
            remaining = [b for b in binders if b != binder]
            lower, upper = range_of(binder)
            if upper.startswith(CONTINUUM):
                raise Blocked("an integral of what does not depend on its variable")
            if lower > 2:
                raise Blocked(f"a sum from {lower} to {upper}: the range may be shorter than empty")
            counted = reducer.build(coefficient, remaining, [*factors, ((("z", upper), ()), ONE)])
            if lower == 1:
                return counted
            return add(counted, reducer.build(coefficient * (1 - lower), remaining, factors))
    return None


def _sine_squared(reducer: Reducer, term: OpenTerm) -> Polynomial | None:
    """``sin^2 = 1 - cos^2`` of one angle."""
    coefficient, binders, factors = term
    for position, (((kind, *head), arguments), exponent) in enumerate(factors):
        if kind == "fn" and head[0] == "sin" and exponent >= 2:
            rest = [*factors[:position], *factors[position + 1 :], (factors[position][0], exponent - 2)]
            cosine = ((kind, "cos", head[1]), arguments)
            without = reducer.build(coefficient, binders, [factor for factor in rest if factor[1]])
            return subtract(
                without, reducer.build(coefficient, binders, [factor for factor in (*rest, (cosine, 2)) if factor[1]])
            )
    return None


REDUCTIONS: tuple[Reduction, ...] = (
    Reduction("power of a number", "the number is positive", _number_powers),
    Reduction("delta contracts", "the kept index lies in the range of the contracted one", _contract_delta),
    Reduction("a power is expanded", "the exponent is at least 1", _expand_positive_power),
    Reduction("inverse times matrix", "the summed index runs over all and occurs nowhere else", _inverse_times_matrix),
    Reduction("denominator cancels", "the matched indices occur nowhere else; the denominator is not 0", _cancel_denominator),
    Reduction("sine squared", "the sine is of the same angle, to a power of at least 2", _sine_squared),
    Reduction("declared fact", "no derivative is still to be taken", _use_fact),
    Reduction("normalised function", "the summed index runs over all and stands nowhere else", _normalised_function),
    Reduction("unused index is counted", "the range is finite and not shorter than empty", _count_unused_binder),
)
