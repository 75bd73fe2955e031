"""Polynomials under sums, and the rules by which they are rewritten: what proofs are made of."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from checks.recheck.trees import (
    SUMS_TO_ONE,
    Letter,
    Names,
    Range,
    Rejected,
    Tree,
    range_,
    require,
    vector,
)

MOST_POWER = 64


# Proofs. A formula is read as a polynomial: a map from terms to rational coefficients. A term is a sum over bound indices of a
# product of atoms with rational exponents; an atom is a head with indices, or a function of a polynomial, closed over its free
# indices: (kind, number of the polynomial), and which index stands in which of its places. All derivatives are taken before.

Poly = dict[Any, Fraction]
Atom = tuple[tuple[Any, ...], tuple[Any, ...]]
Factor = tuple[Atom, Fraction]
UNIT: Any = ((), ())
HALF, ONCE = Fraction(1, 2), Fraction(1)
NESTED = ("exp", "log", "pow", "function", "apply", "inverse of")
POSITIVE, NONNEGATIVE = (
    ("positive", "unit", "simplex"),
    ("nonnegative", "closed simplex", "one-hot", "count", "bool", "covering", "covering count"),
)
MOST_ORDERS, MOST_TERMS, MOST_WORK = 24, 4000, 60_000


def constant(value: Fraction | int) -> Poly:
    return {UNIT: Fraction(value)} if value else {}


def add(*polynomials: Poly) -> Poly:
    total: Poly = {}
    for polynomial in polynomials:
        for term, coefficient in polynomial.items():
            total[term] = total.get(term, Fraction(0)) + coefficient
    return {term: coefficient for term, coefficient in total.items() if coefficient}


def scale(polynomial: Poly, factor: Fraction | int) -> Poly:
    return {term: coefficient * factor for term, coefficient in polynomial.items()} if factor else {}


def value_of(polynomial: Poly) -> Fraction | None:
    """The number that a polynomial is, if it is one."""
    return Fraction(0) if not polynomial else polynomial[UNIT] if set(polynomial) == {UNIT} else None


def put(letters: Mapping[Any, Any], factors: Iterable[Factor]) -> list[Factor]:
    return [((head, tuple(letters.get(i, i) for i in indices)), e) for (head, indices), e in factors]


class Algebra:
    """Sums, products and functions of polynomials, each rule with its side condition; ``used`` counts the rules."""

    def __init__(self, names: Names, splits_logs: bool = False) -> None:
        self.names = names
        self.splits_logs = splits_logs
        self.used: dict[str, int] = {}
        self.closed: list[tuple[Poly, tuple[Range, ...]]] = []
        self.numbers: dict[Any, int] = {}
        self.turned: dict[int, list[tuple[int, ...]]] = {}
        """For the number of a polynomial the orders of its places in which it is the same."""
        self.known: dict[Tree, Poly] = {}

    # Indices.

    def range_of(self, index: Any) -> Range | None:
        return None if isinstance(index, int) else self.names.letters[index]

    def lies_in(self, index: Any, own: Range) -> bool:
        """Whether every value of an index lies in a range, lower limits included."""
        mine = self.range_of(index)
        return index >= own[0] if mine is None else mine[1:] == own[1:] and mine[0] >= own[0]

    def is_symmetric(self, head: tuple[Any, ...]) -> bool:
        return head[0] == "delta" or (head[0] in ("entry", "inverse") and self.names.symbols[head[1]]["domain"] in ("spd", "sym"))

    def in_order(self, atom: Atom) -> Atom:
        """An atom with what may be exchanged in order: indices of a symmetric matrix, or of a function that is the same then."""
        head, indices = atom
        if self.is_symmetric(head):
            return head, (*indices[:-2], *sorted(indices[-2:], key=str))
        turned = self.turned.get(head[-1], ()) if head[0] in NESTED else ()
        return head, min((tuple(indices[n] for n in one) for one in turned), key=str, default=indices)

    def marks(self, head: tuple[Any, ...], count: int) -> list[int]:
        """A number for each place of an atom; those that may be exchanged have one."""
        if self.is_symmetric(head):
            return [*range(count - 2), -1, -1]
        turned = self.turned.get(head[-1], ()) if head[0] in NESTED else ()
        return [min((one[n] for one in turned), default=n) for n in range(count)]

    def orders(self, letters: Sequence[str], groups: Sequence[tuple[str, Sequence[Factor]]]) -> list[list[str]]:
        """The orders of letters by where they stand: those that this does not tell apart in each way, up to a limit."""
        rows = [(key, [(str((h, e)), self.marks(h, len(i)), i) for (h, i), e in factors]) for key, factors in groups]

        def refined(colours: dict[str, str]) -> dict[str, int]:
            while True:
                seen: dict[str, list[str]] = {letter: [] for letter in letters}
                for key, atoms in rows:
                    told = [
                        (h, sorted((p, colours.get(i, f"={i}")) for p, i in zip(ps, own, strict=True))) for h, ps, own in atoms
                    ]
                    whole = str((key, sorted(map(str, told))))
                    for mine, (_, ps, own) in zip(told, atoms, strict=True):
                        for p, letter in zip(ps, own, strict=True):
                            if letter in seen:
                                seen[letter].append(str((p, mine, whole)))
                marks = {letter: str((colours[letter], sorted(seen[letter]))) for letter in letters}
                ranks = {mark: f"{n:04}" for n, mark in enumerate(sorted(set(marks.values())))}
                if len(ranks) == len(set(colours.values())):
                    return {letter: int(ranks[marks[letter]]) for letter in letters}
                colours = {letter: ranks[marks[letter]] for letter in letters}

        found: list[list[str]] = []

        def descend(colours: dict[str, str]) -> None:
            ranks = refined(colours)
            tied = next((t for n in range(len(letters)) if len(t := [x for x in letters if ranks[x] == n]) > 1), [])
            for chosen_ in tied:
                if len(found) < MOST_ORDERS:
                    descend({x: f"{2 * r + (r == ranks[chosen_] and x != chosen_):04}" for x, r in ranks.items()})
            if not tied:
                found.append(sorted(letters, key=ranks.__getitem__))

        descend({letter: str(self.names.letters[letter]) for letter in letters})
        return found

    def term(self, binders: Sequence[str], factors: Iterable[Factor]) -> Any:
        """The sum over ``binders`` of a product, under names that do not depend on how it was written."""
        factors = list(factors)
        best: Any = None
        for order in self.orders(binders, [("", factors)]) if binders else [[]]:
            letters = {letter: f"#{n}" for n, letter in enumerate(order)}
            named = tuple(sorted(((self.in_order(atom), e) for atom, e in put(letters, factors)), key=str))
            candidate = (tuple(self.names.letters[letter] for letter in order), named)
            best = candidate if best is None or str(candidate) < str(best) else best
        return best

    def opened(self, term: Any) -> tuple[list[str], list[Factor]]:
        """A term with letters that stand nowhere else for its bound indices."""
        letters = [self.names.fresh(own) for own in term[0]]
        return letters, put({f"#{n}": letter for n, letter in enumerate(letters)}, term[1])

    def nested(self, kind: tuple[Any, ...], polynomial: Poly) -> Atom:
        """The atom that is a function of a polynomial; equal polynomials have one number, whatever their letters."""
        opened = [(*self.opened(term), coefficient) for term, coefficient in polynomial.items()]
        letters = sorted({i for bs, fs, _ in opened for (_, own), _ in fs for i in own if isinstance(i, str) and i not in bs})
        groups = [
            (str((sorted(self.names.letters[b] for b in bs), c)), put({b: f"#{self.names.letters[b]}" for b in bs}, fs))
            for bs, fs, c in opened
        ]
        best: Any = None
        alike: list[tuple[str, ...]] = []
        for order in self.orders(letters, groups) if letters else [[]]:
            places = {letter: f"${n}" for n, letter in enumerate(order)}
            ranges = tuple(self.names.letters[letter] for letter in order)
            for place, own in zip(places.values(), ranges, strict=True):
                self.names.letters[place] = own
            made = {self.term(bs, put(places, fs)): c for bs, fs, c in opened}
            key = (tuple(sorted(made.items(), key=str)), ranges)
            alike = [*alike, tuple(order)] if best is not None and key == best[0] else alike
            if best is None or str(key) < str(best[0]):
                best, alike = (key, made, tuple(order)), [tuple(order)]
        key, made, order = best
        if key not in self.numbers:
            self.numbers[key] = len(self.closed)
            self.closed.append((made, key[1]))
            if len(alike) > 1:
                self.turned[self.numbers[key]] = [tuple(map(order.index, other)) for other in alike]
        return (*kind, self.numbers[key]), order

    def inside(self, atom: Atom) -> Poly:
        """The polynomial of which an atom is a function, with the atom's indices in its places."""
        head, indices = atom
        return self.rename(self.closed[head[-1]][0], {f"${n}": index for n, index in enumerate(indices)})

    # Sums and products.

    def build(self, coefficient: Fraction, binders: Sequence[str], factors: Iterable[Factor]) -> Poly:
        """The value of a term, after the first rule that applies to it, if one does."""
        exponents: dict[Atom, Fraction] = {}
        for atom, exponent in factors:
            atom = self.in_order(atom)
            exponents[atom] = exponents.get(atom, Fraction(0)) + exponent
        left = [(atom, e) for atom, e in exponents.items() if e]
        self.count("terms")
        require(self.used["terms"] < MOST_WORK, "too many terms")
        for name, rule in RULES.items():
            found = rule(self, coefficient, list(binders), left)
            if found is not None:
                self.count(name)
                return found
        return {self.term(binders, left): coefficient} if coefficient else {}

    def count(self, name: str) -> None:
        self.used[name] = self.used.get(name, 0) + 1

    def multiply(self, *polynomials: Poly) -> Poly:
        total = constant(1)
        for polynomial in polynomials:
            number = value_of(polynomial)
            if number is not None:
                total = scale(total, number)
                continue
            require(len(total) * len(polynomial) < MOST_TERMS, "too many terms in a product")
            parts: list[Poly] = []
            for (one, a), (other, b) in itertools.product(total.items(), polynomial.items()):
                (own, first), (more, second) = self.opened(one), self.opened(other)
                parts.append(self.build(a * b, [*own, *more], [*first, *second]))
            total = add(*parts)
        return total

    def bind(self, polynomial: Poly, *letters: str) -> Poly:
        """The sum over letters."""
        for letter in letters:
            opened = [(*self.opened(term), c) for term, c in polynomial.items()]
            polynomial = add(*(self.build(c, [*binders, letter], factors) for binders, factors, c in opened))
        return polynomial

    def rename(self, polynomial: Poly, letters: Mapping[Any, Any]) -> Poly:
        parts: list[Poly] = []
        for term, coefficient in polynomial.items():
            binders, factors = self.opened(term)
            parts.append(self.renamed(coefficient, binders, factors, letters))
        return add(*parts)

    def renamed(
        self, coefficient: Fraction, binders: Sequence[str], factors: Sequence[Factor], letters: Mapping[Any, Any]
    ) -> Poly:
        """A term with indices replaced; a function whose indices fall together, or become numbers, is built anew."""
        plain: list[Factor] = []
        anew: list[Poly] = []
        for atom, exponent in factors:
            ((head, indices), _), *_ = put(letters, [(atom, exponent)])
            merged = len(set(indices)) < len(set(atom[1])) or any(isinstance(i, int) for i in indices)
            if head[0] in NESTED and head[0] != "inverse of" and merged:
                anew.append(self.power(self.function(head, self.inside((head, indices))), exponent))
            else:
                plain.append(((head, indices), exponent))
        if not anew:
            return self.build(coefficient, binders, plain)
        return self.bind(self.multiply(self.build(coefficient, (), plain), *anew), *binders)

    # Functions.

    def single(self, atom: Atom, exponent: Fraction = ONCE) -> Poly:
        return self.build(ONCE, (), [(atom, exponent)])

    def function(self, head: tuple[Any, ...], argument: Poly) -> Poly:
        if head[0] == "pow":
            return argument
        known: Mapping[Any, Callable[[Poly], Poly]] = {"exp": self.exp, "log": self.log}
        return known[head[0]](argument) if head[0] in known else self.single(self.nested(head[:-1], argument))

    def exp(self, argument: Poly) -> Poly:
        """The product of the exponentials of the terms; exp(c log y) = y^c."""
        product = constant(1)
        for term, coefficient in argument.items():
            atom, exponent = term[1][0] if len(term[1]) == 1 and not term[0] else (((None,), ()), 0)
            if atom[0][0] == "log" and exponent == 1:
                product = self.multiply(product, self.power(self.inside(atom), coefficient))
            else:
                product = self.multiply(product, self.single(self.nested(("exp",), {term: ONCE}), coefficient))
        return product

    def log(self, argument: Poly) -> Poly:
        """The sum of the logarithms of the factors that are known to be positive, and of what is left."""
        number, factors, rest = self.parts(argument, positive=True)
        found = [self.log_of_number(number)]
        for atom, exponent in factors:
            kind = atom[0][0]
            if kind in ("exp", "pow"):
                own = self.inside(atom) if kind == "exp" else self.log(self.inside(atom))
            else:
                own = (
                    self.log_of_number(Fraction(atom[0][1]))
                    if kind == "prime"
                    else self.single(self.nested(("log",), self.single(atom)))
                )
            found.append(scale(own, exponent))
        if value_of(rest) != 1:
            left = value_of(rest)
            require(left is None, "the log of a number that is not positive")
            found.append(self.single(self.nested(("log",), rest)))
        return add(*found)

    def log_of_number(self, value: Fraction) -> Poly:
        logs = [scale(self.single(self.nested(("log",), constant(p))), e) for p, e in primes(value)]
        return add(*logs)

    def power(self, base: Poly, exponent: Fraction) -> Poly:
        """A rational power; of a product it is distributed where the exponent is whole or the factors are positive."""
        whole = exponent.denominator == 1
        if exponent == 1 or (whole and exponent > 0 and not base):
            return base
        if whole and exponent >= 0 and not (len(base) == 1 and not next(iter(base))[0]):
            require(exponent <= MOST_POWER, "a power too large")
            return self.multiply(*[base] * int(exponent))
        require(bool(base), "a division by zero")
        number, factors, rest = self.parts(base, positive=not whole)
        scaled = [((("prime", p), ()), e * exponent) for p, e in primes(number)] if not whole else []
        product = self.build(
            number ** int(exponent) if whole else ONCE, (), [*scaled, *((atom, e * exponent) for atom, e in factors)]
        )
        if value_of(rest) == 1:
            return product
        if whole and value_of(rest) is not None:
            return self.multiply(product, constant((value_of(rest) or ONCE) ** int(exponent)))
        require(value_of(rest) is None, "a fractional power of a negative number")
        ((ranges, inner), c), *more = rest.items()
        if not more and not ranges and c == 1 and len(inner) == 1 and inner[0][1] == 1:
            return self.multiply(product, self.single(inner[0][0], exponent))
        atom = self.nested(("pow",), rest)
        if whole and not self.is_positive(rest):
            # 1/(a - b) and 1/(b - a) meet.
            other = self.nested(("pow",), scale(rest, -1))
            if self.is_positive(scale(rest, -1)) or str(self.key(other[0])) < str(self.key(atom[0])):
                atom, product = other, scale(product, Fraction(-1) ** int(exponent))
        return self.multiply(product, self.single(atom, exponent))

    def key(self, head: tuple[Any, ...]) -> Any:
        return tuple(sorted(self.closed[head[-1]][0].items(), key=str))

    def parts(self, polynomial: Poly, *, positive: bool) -> tuple[Fraction, list[Factor], Poly]:
        """A polynomial as a positive number times factors times the rest; with ``positive`` all factors are."""
        below: dict[Atom, Fraction] = {}
        for _ in range(4):
            found = self.denominators(polynomial)
            if len(polynomial) < 2 or not found or (positive and not all(map(self.positive_atom, found))):
                break
            for atom, exponent in found.items():
                below[atom] = below.get(atom, Fraction(0)) + exponent
            polynomial = self.times_atoms(polynomial, [(atom, -e) for atom, e in found.items()])
        shared: dict[Atom, Fraction] | None = None
        for _, factors in polynomial:
            own = {atom: e for atom, e in factors if atom[0][0] != "delta" and not any(str(i).startswith("#") for i in atom[1])}
            own = {atom: e for atom, e in own.items() if not positive or self.positive_atom(atom)}
            kept = (
                own if shared is None else {a: min(e, own[a], key=abs) for a, e in shared.items() if a in own and own[a] * e > 0}
            )
            shared = kept
        below_all = math.lcm(*(c.denominator for c in polynomial.values()))
        number = Fraction(math.gcd(*(int(c * below_all) for c in polynomial.values())) or 1, below_all)
        rest = self.times_atoms(scale(polynomial, 1 / number), [(atom, -e) for atom, e in (shared or {}).items()])
        return number, [*below.items(), *(shared or {}).items()], rest

    def times_atoms(self, polynomial: Poly, factors: Sequence[Factor]) -> Poly:
        """Multiplied by powers of atoms without bound indices."""
        opened = [(*self.opened(term), c) for term, c in polynomial.items()]
        return add(*(self.build(c, binders, [*own, *factors]) for binders, own, c in opened)) if factors else polynomial

    def denominators(self, polynomial: Poly) -> dict[Atom, Fraction]:
        """The atoms without bound indices under negative exponents, each with the lowest."""
        found: dict[Atom, Fraction] = {}
        for _, factors in polynomial:
            for atom, e in factors:
                if e < 0 and not any(str(i).startswith("#") for i in atom[1]):
                    found[atom] = min(e, found.get(atom, e))
        return found

    # Signs.

    def positive_atom(self, atom: Atom) -> bool:
        head, indices = atom
        match head:
            case ("size" | "pi" | "prime" | "exp", *_):
                return True
            case ("entry" | "inverse", key):
                domain = self.names.symbols[key]["domain"]
                return indices[-1] == indices[-2] if domain == "spd" else head[0] == "entry" and domain in POSITIVE
            case ("pow", number):
                return self.is_positive(self.closed[number][0])
            case ("function", name, _):
                return name in ("gamma", "besseli0")
            case ("apply", name, number):
                taken = any(h[0] == "by" for _, fs in self.closed[number][0] for (h, _), _ in fs)
                return not taken and self.names.functions[name]["domain"] in POSITIVE
            case _:
                return False

    def sign(self, term: Any) -> int | None:
        """1 where a term is positive, 0 where it is not negative, None where that is not known."""
        sign = 1 if all(own[0] <= 1 for own in term[0]) else 0
        for atom, e in term[1]:
            if self.positive_atom(atom):
                continue
            head = atom[0]
            sign = 0
            declared = self.names.symbols[head[1]]["domain"] if head[0] == "entry" else None
            even = e.denominator % 2 == 0 or (e.denominator == 1 and e % 2 == 0)
            if not (even or head[0] == "delta" or declared in NONNEGATIVE):
                return None
        return sign

    def is_positive(self, polynomial: Poly) -> bool:
        """Whether all terms are nonnegative and one is positive, or it is 1 - u for u between 0 and 1."""
        signs = [self.sign(term) if c > 0 else None for term, c in polynomial.items()]
        if len(polynomial) == 2 and polynomial.get(UNIT) == 1:
            (term, c), *_ = ((t, c) for t, c in polynomial.items() if t != UNIT)
            single = not term[0] and len(term[1]) == 1 and term[1][0][1] == 1
            head: Any = term[1][0][0][0] if single else ("",)
            if c == -1 and head[0] == "entry" and self.names.symbols[head[1]]["domain"] == "unit":
                return True
        return None not in signs and 1 in signs

    # Reading.

    def read(self, tree: Tree) -> Poly:
        """The polynomial of a tree without derivatives."""
        if tree not in self.known:
            self.known[tree] = self._read(tree)
        return self.known[tree]

    def _read(self, tree: Tree) -> Poly:
        match tree:
            case ("number", text):
                return constant(Fraction(text))
            case ("pi",):
                return self.single((("pi",), ()))
            case ("size", name):
                return self.single((("size", name), ()))
            case ("entry", key, *indices):
                return self.single((("entry", key), tuple(indices)))
            case ("delta", i, j):
                return self.single((("delta",), (i, j)))
            case ("add", *terms):
                return add(*map(self.read, terms))
            case ("multiply", *factors):
                return self.multiply(*map(self.read, factors))
            case ("divide", above, below):
                return self.multiply(self.read(above), self.power(self.read(below), Fraction(-1)))
            case ("power", ("power", ("determinant", r, c, body), ("number", "2")), ("number", "1/2")):
                return self.exp(self.log_determinant(r, c, body))
            case ("power", ("determinant", r, c, body), ("number", text)) if Fraction(text).denominator > 1:
                return self.exp(self.multiply(constant(Fraction(text)), self.log_determinant(r, c, body)))
            case ("power", base, exponent):
                number = value_of(self.read(exponent))
                if number is not None:
                    return self.power(self.read(base), number)
                return self.exp(self.multiply(self.read(exponent), self.log_of(base)))
            case ("exp", inner):
                return self.exp(self.read(inner))
            case ("log", ("determinant", r, c, body)) | (
                "log",
                ("power", ("power", ("determinant", r, c, body), ("number", "2")), ("number", "1/2")),
            ):
                return self.log_determinant(r, c, body)
            case ("log", inner):
                if not self.splits_logs:
                    return self.log(self.read(inner))
                self.count("the logarithm of a product is split")
                return self.log_of(inner)
            case ("function", "gamma", inner):
                return self.exp(self.read(("function", "loggamma", inner)))
            case ("function", name, inner):
                return self.single(self.nested(("function", name), self.read(inner)))
            case ("sum", letter, body):
                return self.bind(self.read(body), letter)
            case ("product", letter, body):
                return self.exp(self.bind(self.log_of(body), letter))
            case ("apply", name, indices, taken, *arguments):
                packed = [self.single((("family",), tuple(indices)))]
                for k, argument in enumerate(arguments):
                    letters, entry = vector(self.names.opened(argument) if argument[0] == "vector" else argument)
                    packed.append(self.bind(self.multiply(self.single((("argument", k), letters)), self.read(entry)), *letters))
                if taken:
                    packed.append(self.multiply(*(self.single((("by", k), tuple(own))) for k, *own in taken)))
                return self.single(self.nested(("apply", name), add(*packed)))
            case ("inverse", a, b, r, c, body):
                return self.inverse(a, b, self.names.opened(tree))
            case ("determinant", r, c, body):
                return self.exp(self.log_determinant(r, c, body, of_any_sign=False))
            case _:
                raise Rejected(f"no proof speaks of {tree[0]}")

    def log_of(self, tree: Tree) -> Poly:
        """The logarithm of a product, factor by factor, each of which is known to be positive."""
        match tree:
            case ("multiply", *factors):
                return add(*map(self.log_of, factors))
            case ("divide", above, below):
                return add(self.log_of(above), scale(self.log_of(below), -1))
            case ("power", base, exponent):
                return self.multiply(self.read(exponent), self.log_of(base))
            case ("exp", inner):
                return self.read(inner)
            case _:
                require(self.is_positive(self.read(tree)), "the logarithm of a factor that is not known to be positive")
                return self.log(self.read(tree))

    def matrix(self, r: str, c: str, body: Tree) -> tuple[Poly, Any, str]:
        """A matrix as a scalar times what is left: the entries of a symbol, a diagonal, or neither."""
        value = self.read(body)
        number, factors, rest = self.parts(value, positive=False)
        apart = [(atom, e) for atom, e in factors if r not in atom[1] and c not in atom[1]]
        rest = self.times_atoms(rest, [one for one in factors if one not in apart])
        scalar = self.build(number, (), apart)
        if len(rest) == 1:
            ((ranges, own), coefficient), *_ = rest.items()
            scalar = scale(scalar, coefficient)
            if not ranges and len(own) == 1 and own[0][1] == 1:
                (head, indices), _ = own[0]
                if head[0] in ("entry", "inverse") and set(indices[-2:]) == {r, c} and not {r, c} & set(indices[:-2]):
                    return scalar, (head, indices), "symbol"
            rest = {(ranges, own): ONCE}
        diagonal = self.names.letters[r]
        if all(any(h[0] == "delta" and set(i) == {r, c} for (h, i), _ in fs) for _, fs in rest):
            return scalar, self.rename(rest, {c: r}), "diagonal"
        return scalar, (rest, diagonal), "other"

    def inverse(self, a: Letter, b: Letter, tree: Tree) -> Poly:
        _, _, _, r, c, body = tree
        scalar, found, kind = self.matrix(r, c, body)
        below = self.power(scalar, Fraction(-1))
        if kind == "symbol":
            head, indices = found
            places = (a, b) if indices[-2:] == (r, c) or self.is_symmetric(head) else (b, a)
            other = "inverse" if head[0] == "entry" else "entry"
            return self.multiply(below, self.single(((other, head[1]), (*indices[:-2], *places))))
        if kind == "diagonal":
            on = self.rename(found, {r: a})
            return self.multiply(below, self.single((("delta",), (a, b))), self.power(on, Fraction(-1)))
        rest, _ = found
        # The letters of row and column go first, in this order, by a mark.
        marked = add(rest, self.single((("row and column",), (r, c))))
        head, indices = self.nested(("inverse of",), marked)
        return self.multiply(below, self.single((head, tuple(a if i == r else b if i == c else i for i in indices))))

    def log_determinant(self, r: str, c: str, body: Tree, *, of_any_sign: bool = True) -> Poly:
        """The logarithm of the absolute value of a determinant; unless it is ``of_any_sign``, it is known to be positive."""
        row, column = self.names.like(r), self.names.like(c)
        scalar, found, kind = self.matrix(row, column, self.names.rename(body, {r: row, c: column}))
        size = self.single((("size", self.names.letters[r][1]), ()))
        scaled = self.multiply(size, self.log(scalar)) if value_of(scalar) != 1 else {}
        require(value_of(scalar) == 1 or self.is_positive(scalar), "the determinant of a matrix times what may be negative")
        if kind == "symbol":
            head, indices = found
            require(of_any_sign or self.names.symbols[head[1]]["domain"] == "spd", "a determinant that may be negative")
            own = self.single((("log determinant", head[1]), indices[:-2]))
            return add(scaled, own if head[0] == "entry" else scale(own, -1))
        require(kind == "diagonal" and self.is_positive(found), "the determinant of a matrix of no known kind")
        return add(scaled, self.bind(self.log(found), row))


def primes(value: Fraction) -> Iterator[tuple[int, int]]:
    """The primes of a positive rational number, with their exponents."""
    require(value > 0 and max(value.numerator, value.denominator) < 10**9, "a number too large to factor")
    for whole, sign in ((value.numerator, 1), (value.denominator, -1)):
        prime = 2
        while whole > 1:
            prime = prime if prime * prime <= whole else whole
            count = 0
            while whole % prime == 0:
                whole, count = whole // prime, count + 1
            if count:
                yield prime, sign * count
            prime += 1


# The rules. Each takes a term whose like factors are one, and gives its value, or None where it does not apply.

Rule = Callable[[Algebra, Fraction, list[str], list[Factor]], "Poly | None"]


def _rational_powers(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """A root of a prime to a power of at least 1, or below 0, leaves a rational number."""
    for (head, indices), e in factors:
        if head[0] == "prime" and not 0 < e < 1:
            whole = e.numerator // e.denominator
            rest = [one for one in factors if one[0][0] != head]
            return algebra.build(c * Fraction(head[1]) ** whole, binders, [*rest, ((head, indices), e - whole)])
    return None


def _delta_contracts(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """The bound one of two equal indices goes, where the other lies in its range; of two free ones the rest takes one name."""
    for (head, indices), e in factors:
        if head[0] != "delta":
            continue
        require(e > 0 and e.denominator == 1, "a delta under a power that is no whole positive number")
        rest = [one for one in factors if one[0] != (head, indices)]
        left, right = indices
        if left == right:
            return algebra.build(c, binders, rest)
        if isinstance(left, int) and isinstance(right, int):
            return {}
        require(not any(own and own[2] for own in map(algebra.range_of, indices)), "a delta over a continuum")
        if e != 1:
            return algebra.build(c, binders, [*rest, ((head, indices), ONCE)])
        for gone, kept in ((left, right), (right, left)):
            own = algebra.range_of(gone)
            if gone in binders and own is not None and algebra.lies_in(kept, own):
                return algebra.renamed(c, [b for b in binders if b != gone], rest, {gone: kept})
        kept, gone = sorted(indices, key=str)
        both_free = algebra.range_of(left) == algebra.range_of(right) and not {left, right} & set(binders)
        if both_free and any(gone in own for (_, own), _ in rest):
            value = algebra.renamed(c, binders, rest, {gone: kept})
            return algebra.multiply(value, {algebra.term((), [((head, indices), ONCE)]): ONCE})
    return None


def _power_is_expanded(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """A polynomial to a power of at least 1 is multiplied out."""
    for atom, e in factors:
        if atom[0][0] == "pow" and e >= 1:
            whole = e.numerator // e.denominator
            rest = [one for one in factors if one[0] != atom]
            left = algebra.build(c, (), [*rest, (atom, e - whole)])
            return algebra.bind(algebra.multiply(algebra.power(algebra.inside(atom), Fraction(whole)), left), *binders)
    return None


def _inverse_times_matrix(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """sum_b P_ab S_bc = delta_ac for the inverse P of S: the sum is over the whole range, and b stands nowhere else."""
    for (one, first), (other, second) in itertools.permutations([atom for atom, e in factors if e == 1], 2):
        if one[0] != "inverse" or other != ("entry", one[1]) or first[:-2] != second[:-2]:
            continue
        ways = [(1, 0), (0, 1)] + ([(0, 0), (1, 1)] if algebra.is_symmetric(one) else [])
        for i, j in ways:
            b, a, d = first[-2:][i], first[-2:][1 - i], second[-2:][1 - j]
            own = algebra.range_of(b)
            places_of_b = sum(indices.count(b) for (_, indices), _ in factors)
            if second[-2:][j] == b and b in binders and own is not None and own[0] == 1 and places_of_b == 2:
                rest = [f for f in factors if f[0] not in ((one, first), (other, second))]
                left = [letter for letter in binders if letter != b]
                return algebra.build(c, left, [*rest, ((("delta",), (a, d)), ONCE)])
    return None


def _inverse_of_a_sum(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """sum_b A_ab P_bd = delta_ad - sum_b (M - A)_ab P_bd for a term A of the sum M whose inverse is P; so from the right."""
    for atom, e in factors:
        if atom[0][0] != "inverse of" or e != 1:
            continue
        body = algebra.closed[atom[0][-1]][0]
        mark = next(term for term in body if term[1][0][0][0] == ("row and column",))
        places = [int(i[1:]) for i in mark[1][0][0][1]]
        terms = [term for term in body if term != mark and not any(one[0][0] == "delta" for one, _ in term[1])]
        if not terms:
            continue
        lead = max(terms, key=weight)
        others = [f for f in factors if f[0] != atom]
        for side in (0, 1):
            b, d = atom[1][places[side]], atom[1][places[1 - side]]
            own = algebra.range_of(b)
            if b not in binders or atom[1].count(b) > 1 or own is None or own[0] != 1:
                continue  # a sum from 2 on of A_ab P_bd is another
            # On the side of the inverse stands b; what stands on the other, the match will say.
            known = {f"${n}": i for n, i in enumerate(atom[1]) if n not in places} | {f"${places[1 - side]}": b}
            pattern = (lead[0], put(known, lead[1]))
            for left, kept, letters in matches(algebra, pattern, others, binders):
                a = letters.get(f"${places[side]}")
                elsewhere = any(b in indices for (_, indices), _ in left)
                if a is None or a == b or elsewhere or set(atom[1]) & (set(binders) - set(kept)):
                    continue
                rest = {term: x for term, x in body.items() if term not in (mark, lead)}
                outside = [letter for letter in kept if letter != b]
                scaled = c / body[lead]
                whole = algebra.build(scaled, outside, [*left, ((("delta",), (a, d)), ONCE)])
                others_at = algebra.rename(rest, {**known, f"${places[side]}": a})
                taken_off = algebra.multiply(others_at, algebra.build(-scaled, (), [*left, (atom, ONCE)]))
                return add(whole, algebra.bind(taken_off, *kept))
    return None


def _denominator_cancels(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """A term f of D over D: f/D = 1/a - (D - a f)/(a D) where D holds a times f, whose bound indices stand nowhere else."""
    for atom, e in factors:
        if atom[0][0] != "pow" or e >= 0:
            continue
        whole = algebra.inside(atom)
        lead = max(whole, key=weight)
        for left, kept, _ in matches(algebra, lead, [f for f in factors if f[0] != atom], binders):
            if set(atom[1]) & (set(binders) - set(kept)):
                continue
            scaled = c / whole[lead]
            lifted = algebra.build(scaled, kept, [*left, (atom, e + 1)])
            others = {term: x for term, x in whole.items() if term != lead}
            if not others:
                return lifted
            below = algebra.build(-scaled, (), [*left, (atom, e)])
            return add(lifted, algebra.bind(algebra.multiply(others, below), *kept))
    return None


def weight(term: Any) -> tuple[Any, str]:
    """How heavy a term is: by its exponents, and then in the order of how it is written."""
    return sum(abs(e) for _, e in term[1]), str(term)


def matches(
    algebra: Algebra, term: Any, factors: Sequence[Factor], binders: Sequence[str]
) -> Iterator[tuple[list[Factor], list[str], Mapping[str, Any]]]:
    """Where a term divides a product under sums: what is left of the product, which sums, and what its letters stand for.

    An index that the term binds stands for one that is bound outside, of the same range, and that stands nowhere else; an open
    place of it for any index.
    """
    ranges, wanted = term

    def search(
        todo: Sequence[Factor], left: list[Factor], letters: Mapping[str, Any]
    ) -> Iterator[tuple[list[Factor], list[str], Mapping[str, Any]]]:
        if not todo:
            used = {index for name, index in letters.items() if name.startswith("#")}
            open_ = {index for name, index in letters.items() if name.startswith("$")}
            if len(used) == len(ranges) and not used & open_ and not any(used & set(indices) for (_, indices), _ in left):
                yield left, [b for b in binders if b not in used], letters
            return
        (head, indices), e = todo[0]
        for place, ((own, there), x) in enumerate(left):
            if own != head or (x > 0) != (e > 0) or abs(x) < abs(e):
                continue
            orders = {there, (*there[:-2], *reversed(there[-2:]))} if algebra.is_symmetric(own) else {there}
            for order in sorted(orders, key=str):
                known = dict(letters)
                if all(_stands_for(algebra, ranges, i, j, known, binders) for i, j in zip(indices, order, strict=True)):
                    rest = [*left[:place], *left[place + 1 :], *([((own, there), x - e)] if x != e else [])]
                    yield from search(todo[1:], rest, known)

    yield from search(sorted(wanted, key=lambda factor: -len(factor[0][1])), list(factors), {})


def _stands_for(
    algebra: Algebra, ranges: Sequence[Range], i: Any, j: Any, letters: dict[str, Any], binders: Sequence[str]
) -> bool:
    if str(i)[0] not in "#$":
        return i == j
    if i in letters:
        return letters[i] == j
    letters[i] = j
    if i.startswith("$"):
        return True
    fits = j in binders and algebra.range_of(j) == ranges[int(i[1:])]
    return fits and [name for name, index in letters.items() if index == j] == [i]


def _sums_to_one(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """The members of a simplex sum to one: over the whole range of an index that stands nowhere else."""
    for atom, e in factors:
        symbol = algebra.names.symbols[atom[0][1]] if atom[0][0] == "entry" else None
        if symbol is None or e != 1 or symbol["domain"] not in SUMS_TO_ONE or not symbol["family"]:
            continue
        place = len(symbol["family"]) - 1
        b = atom[1][place]
        alone = sum(indices.count(b) for (_, indices), _ in factors) == 1
        if b in binders and alone and algebra.range_of(b) == range_(symbol["family"][place]):
            return algebra.build(c, [letter for letter in binders if letter != b], [f for f in factors if f[0] != atom])
    return None


def _normalised_function(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """sum_z p(z | u) = 1 whatever u, and the sum of each derivative by u is 0: where z stands nowhere else, in u neither."""
    for atom, e in factors:
        function = algebra.names.functions[atom[0][1]] if atom[0][0] == "apply" else None
        if function is None or e != 1 or function["normalised over"] is None:
            continue
        over = function["normalised over"]
        packed = [one for _, fs in algebra.inside(atom) for one, _ in fs]
        b = next(indices for head, indices in packed if head == ("family",))[over]
        within = sum(indices.count(b) for _, indices in packed) == 1
        alone = sum(indices.count(b) for (_, indices), _ in factors) == 1
        if b in binders and within and alone and algebra.range_of(b) == range_(function["family"][over]):
            if any(head[0] == "by" for head, _ in packed):
                return {}
            return algebra.build(c, [letter for letter in binders if letter != b], [f for f in factors if f[0] != atom])
    return None


def _unused_index_is_counted(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """A sum of what does not depend on its index: the length of a finite range that is not shorter than empty."""
    for b in binders:
        lower, upper, continuum = algebra.names.letters[b]
        if any(b in indices for (_, indices), _ in factors):
            continue
        require(not continuum and lower in (1, 2), "a sum whose terms cannot be counted")
        left = [letter for letter in binders if letter != b]
        counted = algebra.build(c, left, [*factors, ((("size", upper), ()), ONCE)])
        return counted if lower == 1 else add(counted, algebra.build(-c, left, factors))
    return None


def _sine_squared(algebra: Algebra, c: Fraction, binders: list[str], factors: list[Factor]) -> Poly | None:
    """sin^2 = 1 - cos^2 of one angle."""
    for ((kind, *head), indices), e in factors:
        if kind == "function" and head[0] == "sin" and e >= 2:
            rest = [f for f in factors if f[0] != ((kind, *head), indices)] + [(((kind, *head), indices), e - 2)]
            cosine = (((kind, "cos", head[1]), indices), Fraction(2))
            return add(algebra.build(c, binders, rest), algebra.build(-c, binders, [*rest, cosine]))
    return None


RULES: Mapping[str, Rule] = {
    "powers of numbers": _rational_powers,
    "delta contracts": _delta_contracts,
    "a power is expanded": _power_is_expanded,
    "inverse times matrix": _inverse_times_matrix,
    "inverse of a sum": _inverse_of_a_sum,
    "a denominator cancels": _denominator_cancels,
    "a simplex sums to one": _sums_to_one,
    "a density sums to one": _normalised_function,
    "sine squared": _sine_squared,
    "an unused index is counted": _unused_index_is_counted,
}


# Steps from a polynomial to nothing.


def multiplied_through(algebra: Algebra, polynomial: Poly) -> Poly:
    """The polynomial times its denominators, which are not zero where it is defined: it vanishes where the product does."""
    for _ in range(6):
        found = algebra.denominators(polynomial)
        if not found:
            break
        polynomial = algebra.times_atoms(polynomial, [(atom, Fraction(math.ceil(-e))) for atom, e in found.items()])
    return polynomial


def under_one_sum(algebra: Algebra, polynomial: Poly, *limits: Any) -> Poly:
    """The summand, where all terms are sums over one range: they vanish together where it does.

    The index of a denominator is the one that they share; without one, the first of that range.
    """
    own = range_(limits)
    letter = algebra.names.fresh(own)
    parts: list[Poly] = []
    for (ranges, factors), c in polynomial.items():
        choices = [n for n, one in enumerate(ranges) if one == own]
        require(bool(choices), "a term that is no sum over that range")
        below = [i for (_, indices), e in factors if e < 0 for i in indices]
        shared = next((n for n in choices if f"#{n}" in below), choices[0])
        names = {f"#{n}": letter if n == shared else algebra.names.fresh(one) for n, one in enumerate(ranges)}
        parts.append(algebra.build(c, [x for x in names.values() if x != letter], put(names, factors)))
    return add(*parts)


STEPS: Mapping[str, Callable[..., Poly]] = {
    "multiply through": multiplied_through,
    "under one sum": under_one_sum,
}


def follow(algebra: Algebra, polynomial: Poly, steps: Sequence[Sequence[Any]]) -> Poly:
    """What is left after steps, each a name, what it takes, and how many terms it leaves and their digest."""
    for name, arguments, *left in steps:
        require(bool(polynomial), "a step where nothing is left")
        polynomial = STEPS[name](algebra, polynomial, *arguments)
        require([len(polynomial), digest(algebra, polynomial)] == left, f"another polynomial is left after: {name}")
    return polynomial


def digest(algebra: Algebra, polynomial: Poly) -> str:
    return hashlib.sha256(written(algebra, polynomial).encode()).hexdigest()[:16]


def written(algebra: Algebra, polynomial: Poly) -> str:
    """A polynomial as text, functions written out."""

    def atom(head: tuple[Any, ...], indices: Sequence[Any]) -> str:
        inner = f"({written(algebra, algebra.closed[head[-1]][0])})" if head[0] in NESTED else ""
        return ".".join(map(str, head[: -1 if inner else None])) + inner + str(list(indices))

    terms = (
        f"{c} sum{list(ranges)} " + " ".join(sorted(f"{atom(*one)}^{e}" for one, e in factors))
        for (ranges, factors), c in polynomial.items()
    )
    return " + ".join(sorted(terms))
