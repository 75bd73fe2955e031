"""That one equation follows from another: roads from ``left = 0`` to ``right = 0`` that divide by nothing which may vanish.

Both sides are normal forms at generic entries. A road multiplies the first equation by something that is defined wherever the two
equations are, or solves it for a letter and puts the solution into the second.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.algebra import signs
from derive.algebra.nonnegativity import Questions
from derive.algebra.reduction import MAX_CLEARINGS, Blocked, Reducer
from derive.algebra.terms import (
    ONE,
    Atom,
    Exponent,
    Factor,
    KIndex,
    Polynomial,
    Term,
    add,
    free_of,
    fresh,
    nested,
    number,
    scale,
    single,
    subtract,
)
from derive.errors import DeriveError

MOST_FACTORS = 40
MOST_FORMS = 24

Entries = tuple[KIndex, ...]
Matrix = tuple[str, str, tuple[KIndex, ...]]
"""(name, role, family indices) of a matrix symbol."""


@dataclass(frozen=True, slots=True)
class Equation:
    """``value = 0`` for every value of the ``entries`` (none for a scalar, row and column for a matrix)."""

    value: Polynomial
    entries: Entries


def never_holds(equation: Equation, ask: Questions) -> bool:
    """Whether an equation certainly has no solution: its value is a nonzero number, or has a sign everywhere."""
    value = ask.reader.settle(equation.value, [])
    constant = value.constant
    return constant != 0 if constant is not None else signs.nonzero(value, ask.reader.domains)


def follows(first: Equation, second: Equation, ask: Questions) -> str | None:
    """Why ``second`` holds wherever ``first`` does and both are defined, or None where no road was found.

    Whoever asks must know that the second is defined somewhere on the solutions of the first.
    """
    left, right = (Equation(ask.reader.settle(e.value, []), e.entries) for e in (first, second))
    if ask.vanishes(right.value):
        return "the second equation holds everywhere"
    allowed = _denominators(left.value) | _denominators(right.value)
    others = (_without_root(ask, right), _without_logarithm(ask, right))
    for target in (right, *(other for other in others if other is not None)):
        for road in (_by_multiple, _by_solution):
            reason = road(ask, left, target, allowed)
            if reason is not None:
                return reason
    return None


def is_linear(polynomial: Polynomial, key: tuple[str, str]) -> bool:
    """Whether a polynomial contains a symbol, and each of its terms at most once and plainly."""
    found = False
    for _, factors in polynomial:
        own = [e for (head, _), e in factors if head[0] in ("e", "E") and (head[1], head[2]) == key]
        found = found or bool(own)
        others = [head for (head, _), _ in factors if not (head[0] in ("e", "E") and (head[1], head[2]) == key)]
        if any(e != 1 for e in own) or len(own) > 1 or any(contains(head, key) for head in others):
            return False
    return found


def is_balanced(polynomial: Polynomial, key: tuple[str, str]) -> bool:
    """Whether some terms of a polynomial contain a symbol and others do not."""
    return len({any(contains(head, key) for (head, _), _ in factors) for _, factors in polynomial}) == 2


def contains(head: tuple[object, ...], key: tuple[str, str]) -> bool:
    """Whether what a head names is, or depends on, a symbol; a substituted matrix under a name is not looked into."""
    inside = nested(head)
    if inside is not None:
        return any(contains(inner, key) for _, factors in inside for (inner, _), _ in factors)
    return head[0] in ("e", "E", "i", "I", "L") and head[1:] == key


# Denominators.


def _denominators(polynomial: Polynomial) -> set[Atom]:
    """The atoms that must not vanish where a polynomial is defined, of those that no bound index touches."""
    return {atom for _, factors in polynomial for atom, e in factors if e < 0 and not any(index[0] == "b" for index in atom[1])}


def _is_defined(ask: Questions, factor: Polynomial, allowed: set[Atom]) -> bool:
    """Whether a factor has a value wherever both equations have: nothing in it is divided by that may vanish."""
    for _, factors in factor:
        for atom, exponent in factors:
            if exponent >= 0 and exponent.denominator == 1:
                continue
            inside = nested(atom[0]) if atom[0][0] == "pow" else None
            known = signs.positive_atom(atom, ask.reader.domains)
            if inside is not None and exponent.denominator == 1:
                known = known or signs.nonzero(inside, ask.reader.domains)
            if not known and not (atom in allowed and exponent.denominator == 1):
                return False
    return True


def cleared(reducer: Reducer, polynomial: Polynomial) -> Polynomial:
    """Times its own denominators, which do not vanish where it is defined."""
    for _ in range(MAX_CLEARINGS):
        found = reducer.denominators(polynomial)
        if not found:
            break
        polynomial = reducer.shift(polynomial, {atom: Fraction(-(e.numerator // e.denominator)) for atom, e in found.items()})
    return polynomial


# The first road: right = M left.


def _by_multiple(ask: Questions, left: Equation, right: Equation, allowed: set[Atom]) -> str | None:
    if len(left.entries) != len(right.entries):
        return None
    # Most multiples are seen as they stand; to use facts as well is dear.
    for vanishes in (operator.not_, ask.vanishes):
        reason = _multiple(ask, left, right, allowed, vanishes)
        if reason is not None:
            return reason
    return None


def _multiple(
    ask: Questions, left: Equation, right: Equation, allowed: set[Atom], vanishes: Callable[[Polynomial], bool]
) -> str | None:
    reducer = ask.reader.settled_reducer([])
    for goal, goal_name in _goals(ask, reducer, right):
        target = cleared(reducer, goal)
        for form, name in _forms(reducer, ask, left, right):
            plain = cleared(reducer, form)
            for factor in _factors(reducer, plain, target):
                if free_of(factor) & set(right.entries) or not _is_defined(ask, factor, allowed):
                    continue
                try:
                    if vanishes(subtract(target, reducer.multiply(factor, plain))):
                        return f"the second equation is a multiple of the first{name}{goal_name}"
                except (DeriveError, Blocked):
                    continue
    return None


def _factors(reducer: Reducer, left: Polynomial, right: Polynomial) -> Iterator[Polynomial]:
    """Candidates for c in right = c left: the quotients of a term of the one by a term of the other."""
    seen: set[Polynomial] = set()
    for candidate in (number(1), number(-1)):
        seen.add(candidate)
        yield candidate
    for below, b in sorted(left.items(), key=lambda item: len(item[0][1]))[:8]:
        for above, a in sorted(right.items(), key=lambda item: len(item[0][1]))[:8]:
            try:
                quotient = scale(_quotient(reducer, above, below), a / b)
            except (DeriveError, Blocked):
                continue
            if quotient not in seen:
                seen.add(quotient)
                yield quotient
            if len(seen) > MOST_FACTORS:
                return


def _quotient(reducer: Reducer, above: Term, below: Term) -> Polynomial:
    outside_a, summed_a = _split(reducer, above)
    outside_b, summed_b = _split(reducer, below)
    exponents: dict[Atom, Exponent] = dict(outside_a)
    for atom, e in outside_b:
        exponents[atom] = exponents.get(atom, 0) - e
    product = reducer.build(ONE, (), [(atom, e) for atom, e in exponents.items() if e])
    if summed_a == summed_b:
        return product
    return reducer.multiply(product, summed_a, reducer.power(summed_b, Fraction(-1)))


def _split(reducer: Reducer, term: Term) -> tuple[list[Factor], Polynomial]:
    """The factors that no bound index touches, and the sum of the others."""
    binders, factors = reducer.opened(term)
    inside = [factor for factor in factors if set(factor[0][1]) & set(binders)]
    return [factor for factor in factors if factor not in inside], reducer.build(ONE, binders, inside)


def _forms(reducer: Reducer, ask: Questions, left: Equation, right: Equation) -> Iterator[tuple[Polynomial, str]]:
    """The first equation at the second's entries, itself and multiplied by matrices that both equations define."""
    there = dict(zip(left.entries, right.entries, strict=True))
    plain = reducer.rename(left.value, there)
    ways = [plain]
    if len(right.entries) == 2:
        row, column = right.entries
        ways.append(reducer.rename(plain, {row: column, column: row}))
    for way in ways:
        yield way, ""
    matrices = list(_matrices(ask, left, right)) if right.entries else []
    once = 0
    for way in ways:
        for place in range(len(right.entries)):
            for matrix in matrices:
                once += 1
                if once > MOST_FORMS:
                    return
                yield _times(reducer, matrix, way, right.entries[place]), ", times a matrix"
    if len(right.entries) == 2:
        for first in matrices:
            for second in matrices[:MOST_FORMS]:
                both = _times(reducer, second, _times(reducer, first, plain, right.entries[0]), right.entries[1])
                yield both, ", times matrices from both sides"


def _matrices(ask: Questions, left: Equation, right: Equation) -> Iterator[Polynomial]:
    """Matrices and inverses at two generic places (@m, @n) that are defined wherever the equations are."""
    seen: set[tuple[str, Matrix]] = set()
    for polynomial in (left.value, right.value):
        for atom, _ in _plain_atoms(polynomial):
            head, arguments = atom
            key = (head[1], head[2]) if head[0] in ("E", "I", "e", "i") else None
            symbol = ask.reader.symbols.get(key) if key is not None else None
            if key is None or symbol is None or len(symbol.shape) != 2 or symbol.shape[0] != symbol.shape[1]:
                continue
            family = arguments[:-2]
            if any(index[0] == "b" for index in family):
                continue
            symmetric = symbol.domain in ("spd", "sym")
            kinds = ["E" if symmetric else "e"]
            if symbol.domain == "spd" or head[0] in ("I", "i"):
                kinds.append("I" if symmetric else "i")
            for kind in kinds:
                if (kind, (*key, family)) not in seen:
                    seen.add((kind, (*key, family)))
                    yield single(((kind, *key), (*family, *_places(symbol.shape[0].name))))


def _places(size: str) -> tuple[KIndex, KIndex]:
    return ("f", "@m", 0, 1, size), ("f", "@n", 0, 1, size)


def _plain_atoms(polynomial: Polynomial) -> Iterator[Factor]:
    for _, factors in polynomial:
        yield from (factor for factor in factors if nested(factor[0][0]) is None)


def _times(reducer: Reducer, matrix: Polynomial, value: Polynomial, entry: KIndex) -> Polynomial:
    """``sum_s matrix_(entry, s) value_s``, over one place of a vector or matrix; zero where the sizes do not fit."""
    if entry[4] != next(iter(matrix))[1][0][0][1][-1][4]:
        return Polynomial()
    letter = fresh(entry)
    first, second = _places(entry[4])
    there = reducer.rename(matrix, {first: entry, second: letter})
    return reducer.bind(reducer.multiply(there, reducer.rename(value, {entry: letter})), letter)


def _goals(ask: Questions, reducer: Reducer, right: Equation) -> Iterator[tuple[Polynomial, str]]:
    """What suffices for the second equation: itself, or itself times a regular matrix of which it contains the inverse."""
    yield right.value, ""
    for atom, _ in _plain_atoms(right.value):
        head, arguments = atom
        if head[0] not in ("i", "I") or any(index[0] == "b" for index in arguments[:-2]):
            continue
        kind = "E" if head[0] == "I" else "e"
        for entry in right.entries:
            matrix = single(((kind, *head[1:]), (*arguments[:-2], *_places(entry[4]))))
            if arguments[-1][4] != entry[4]:
                continue
            product = _times(reducer, matrix, right.value, entry)
            plain = ask.reader.settle(ask.reader.written_out(product, reducer), [])
            yield plain, ", times a matrix whose inverse it contains"


# The second road: the first equation solved for a letter.


def _by_solution(ask: Questions, left: Equation, right: Equation, allowed: set[Atom]) -> str | None:
    reducer = ask.reader.settled_reducer([])
    value = cleared(reducer, left.value)
    for atom in sorted({atom for atom, e in _plain_atoms(value) if e == 1 and atom[0][0] == "e"}):
        parts = _solved_for(reducer, value, atom, left.entries)
        if parts is None or not parts[0]:
            continue
        slope, rest = parts
        try:
            quotient = reducer.power(slope, Fraction(-1))
            if not _is_defined(ask, quotient, allowed):
                continue
            solution = scale(reducer.multiply(rest, quotient), -1)
            put = _put(reducer, right.value, atom, left.entries, solution)
            if ask.vanishes(put):
                return f"the first equation solved for {atom[0][1]}, put into the second"
        except (DeriveError, Blocked):
            continue
    return None


def _solved_for(
    reducer: Reducer, value: Polynomial, atom: Atom, entries: Sequence[KIndex]
) -> tuple[Polynomial, Polynomial] | None:
    """``value = slope * atom + rest`` for a slope that holds neither the atom's symbol nor the entries."""
    head, arguments = atom
    own = arguments[len(arguments) - len(entries) :]
    if tuple(own) != tuple(entries) or any(index[0] == "b" for index in arguments):
        return None
    slope: list[Polynomial] = []
    rest: list[Polynomial] = []
    for term, coefficient in value.items():
        binders, factors = reducer.opened(term)
        if atom not in [a for a, _ in factors]:
            rest.append(Polynomial({term: coefficient}))
            continue
        others = [factor for factor in factors if factor[0] != atom]
        if (atom, 1) not in factors or any(contains(other[0], (head[1], head[2])) for other, _ in others):
            return None
        slope.append(reducer.build(coefficient, binders, others))
    total = add(*slope)
    return None if free_of(total) & set(entries) else (total, add(*rest))


def _put(reducer: Reducer, right: Polynomial, atom: Atom, entries: Sequence[KIndex], value: Polynomial) -> Polynomial:
    """``value`` for the atom, at every value of the entries."""
    head, arguments = atom
    family = arguments[: len(arguments) - len(entries)]

    def change(other: Atom) -> Polynomial | None:
        if other[0] != head or other[1][: len(family)] != family:
            return None
        return reducer.rename(value, dict(zip(entries, other[1][len(family) :], strict=True)))

    return reducer.transform(right, change)


# Roots.


def _without_root(ask: Questions, right: Equation) -> Equation | None:
    """For ``p - q`` with p, q nonnegative the equation ``p^2 - q^2``, which holds just where ``p - q`` does."""
    if len(right.value) != 2 or right.entries:
        return None
    reducer = ask.reader.settled_reducer([])
    (plus, p), (minus, q) = sorted(right.value.items(), key=lambda item: -item[1])
    if not p > 0 > q or not any(e.denominator == 2 for _, factors in right.value for _, e in factors):
        return None
    first, second = Polynomial({plus: p}), Polynomial({minus: -q})
    if not all(_is_nonnegative(ask, part) for part in (first, second)):
        return None
    squares = [reducer.power(part, Fraction(2)) for part in (first, second)]
    return Equation(subtract(*squares), right.entries)


def _without_logarithm(ask: Questions, right: Equation) -> Equation | None:
    """For ``r = 0`` with logarithms among the terms of r the equation ``exp(c r) = 1``, c such that no root is taken of them."""
    parts = [
        c for (ranges, factors), c in right.value.items() if not ranges and len(factors) == 1 and factors[0][0][0][0] == "log"
    ]
    if not parts or right.entries:
        return None
    reducer = ask.reader.settled_reducer([])
    raised = scale(right.value, Fraction(math.lcm(*(Fraction(c).denominator for c in parts))))
    try:
        return Equation(subtract(reducer.exp(raised), number(1)), ())
    except (DeriveError, Blocked):
        return None


def _is_nonnegative(ask: Questions, part: Polynomial) -> bool:
    """Of one term: nonnegative by the declarations, a root being nonnegative wherever it is defined."""
    (((ranges, factors), coefficient),) = part.items()
    others = tuple((atom, e) for atom, e in factors if e.denominator % 2 == 1)
    return signs.nonnegative(Polynomial({(ranges, others): coefficient}), ask.reader.domains)
