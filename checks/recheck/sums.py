"""Trees as sums of products: what is equal by the laws of addition, multiplication and sums alone; and what has a sign."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from checks.recheck.trees import NONNEGATIVE, POSITIVE, SYMMETRIC, Names, Tree, bound, free, require

# A tree is read as a map from terms to coefficients. A term is a sum, over letters, of a product of atoms with exponents; an atom
# is a tree of any other kind, its bound letters named by their depth. What stands inside of an atom is left as it is written.

Term = tuple[tuple[str, ...], tuple[tuple[Tree, Fraction], ...]]
Poly = dict[Term, Fraction]
UNIT: Term = ((), ())
MOST_DIGITS = 10_000
MOST_TERMS, MOST_POWER, MOST_ORDERS = 5000, 32, 5040


def add(*polynomials: Poly) -> Poly:
    total: Poly = {}
    for polynomial in polynomials:
        for term, coefficient in polynomial.items():
            total[term] = total.get(term, Fraction(0)) + coefficient
    return {term: coefficient for term, coefficient in total.items() if coefficient}


def scale(polynomial: Poly, factor: Fraction | int) -> Poly:
    return {term: coefficient * factor for term, coefficient in polynomial.items()} if factor else {}


class Sums:
    """The reading of trees as sums of products, under the tables of a statement."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.known: dict[Tree, Poly] = {}
        self.terms: dict[Any, Term] = {}
        self.atoms: dict[Any, Tree] = {}

    def read(self, tree: Tree) -> Poly:
        if tree not in self.known:
            self.known[tree] = self._read(tree)
        return self.known[tree]

    def _read(self, tree: Tree) -> Poly:
        match tree:
            case ("number", text):
                return {UNIT: Fraction(text)} if Fraction(text) else {}
            case ("add", *terms):
                return add(*map(self.read, terms))
            case ("multiply", *factors):
                total = {UNIT: Fraction(1)}
                for factor in factors:
                    total = self.multiply(total, self.read(factor))
                return total
            case ("divide", above, below):
                return self.multiply(self.read(above), self.power(below, Fraction(-1)))
            case ("power", base, ("number", text)):
                return self.power(base, Fraction(text))
            case ("sum", letter, body):
                return add(*(self.term(c, (*binders, letter), factors) for (binders, factors), c in self.read(body).items()))
            case ("delta", i, j) if i == j or (isinstance(i, int) and isinstance(j, int)):
                return {UNIT: Fraction(1)} if i == j else {}
            case _:
                return self.term(Fraction(1), (), [(self.atom(tree), Fraction(1))])

    def power(self, base: Tree, exponent: Fraction) -> Poly:
        """Whole powers are multiplied out, or distributed over a product; others, and those of sums below zero, are atoms."""
        inside = self.read(base)
        if exponent.denominator == 1 and exponent >= 0:
            require(exponent <= MOST_POWER, "a power too large")
            return self._read(("multiply", *[base] * int(exponent)))
        require(bool(inside), "a division by zero")
        if len(inside) == 1:
            (((binders, factors), c),) = inside.items()
            if not binders and (exponent.denominator == 1 or (c == 1 and len(factors) == 1 and factors[0][1] == 1)):
                return self.term(c ** int(exponent) if c != 1 else c, (), [(atom, e * exponent) for atom, e in factors])
        return self.term(Fraction(1), (), [(self.atom(base), exponent)])

    def atom(self, tree: Tree, letters: Mapping[str, str] | None = None) -> Tree:
        """A tree as an atom, whatever its letters are called; some of those that are free may be replaced."""
        moved = {letter: letters[letter] for letter in free(tree) if letter in letters} if letters else {}
        key = tree, tuple(moved.items())
        if key not in self.atoms:
            kept = [letter for letter in free(tree) if letter[0] == "%" and letter not in moved]
            level = max((int(letter[1 : letter.index("|")]) + 1 for letter in kept), default=0)
            self.atoms[key] = self.in_order(self.names.rename(tree, moved, level))
        return self.atoms[key]

    def in_order(self, tree: Tree) -> Tree:
        match tree:
            case ("delta", i, j):
                return ("delta", *sorted((i, j), key=str))
            case ("entry", key, *family, i, j) if self.names.symbols[key]["domain"] in SYMMETRIC:
                return ("entry", key, *family, *sorted((i, j), key=str))
            case ("inverse", i, j, r, c, body) if self.is_definite(r, c, body):
                return ("inverse", *sorted((i, j), key=str), r, c, body)
            case ("apply", name, indices, taken, *arguments):
                # Mixed derivatives commute.
                return ("apply", name, indices, tuple(sorted(taken, key=str)), *arguments)
            case _:
                return tree

    def term(self, coefficient: Fraction, binders: Sequence[str], factors: Iterable[tuple[Tree, Fraction]]) -> Poly:
        """A sum of a product, under names of its letters that do not depend on how it was written."""
        exponents: dict[Tree, Fraction] = {}
        for atom, e in factors:
            exponents[atom] = exponents.get(atom, Fraction(0)) + e
        for atom, e in list(exponents.items()):
            if atom[0] == "number":
                exponents[atom] = e - math.floor(e)
                require(abs(e) * len(atom[1]) < MOST_DIGITS, "a number of too many digits")
                coefficient *= Fraction(atom[1]) ** math.floor(e)
        if not coefficient:
            return {}
        key = frozenset(binders), frozenset((atom, e) for atom, e in exponents.items() if e)
        require(len(key[0]) == len(binders), "a letter that is bound twice")
        if key not in self.terms:
            self.terms[key] = self._named(*key)
        return {self.terms[key]: coefficient}

    def _named(self, binders: Iterable[str], factors: Iterable[tuple[Tree, Fraction]]) -> Term:
        own = [(atom, e, free(atom)) for atom, e in factors]
        letters = self.names.letters

        def marked(letter: str) -> str:
            """Where a letter stands, whatever the others are called."""
            blank = {other: f"*{letters[other]}" for other in binders} | {letter: "@"}
            places = sorted(f"{self.atom(atom, blank)}^{e}" for atom, e, inside in own if letter in inside)
            return f"{letters[letter]}{places}"

        ranges = [letters[letter] for letter in binders]
        marks = {b: marked(b) if ranges.count(letters[b]) > 1 else str(letters[b]) for b in binders}
        groups = [[b for b in sorted(marks) if marks[b] == mark] for mark in sorted(set(marks.values()))]
        require(math.prod(math.factorial(len(group)) for group in groups) <= MOST_ORDERS, "too many sums that are alike")
        best: Term | None = None
        for orders in itertools.product(*map(itertools.permutations, groups)):
            names = {b: self.names.named("#", n, letters[b]) for n, b in enumerate(itertools.chain.from_iterable(orders))}
            put = [(self.atom(atom, names), e) for atom, e, _ in own]
            candidate = tuple(names.values()), tuple(sorted(put, key=str))
            best = candidate if best is None or str(candidate) < str(best) else best
        require(best is not None, "a term without a name")
        return best or UNIT

    def multiply(self, first: Poly, second: Poly) -> Poly:
        require(len(first) * len(second) <= MOST_TERMS, "too many terms in a product")
        parts: list[Poly] = []
        for ((binders, factors), a), ((others, more), b) in itertools.product(first.items(), second.items()):
            if binders and others:
                names = {letter: "#" + letter for letter in others}
                self.names.letters.update({name: self.names.letters[letter] for letter, name in names.items()})
                others = tuple(names.values())
                more = tuple((self.atom(atom, names), e) for atom, e in more)
            parts.append(self.term(a * b, (*binders, *others), (*factors, *more)))
        return add(*parts)

    # Signs.

    def is_positive(self, polynomial: Poly) -> bool:
        """Whether all terms are nonnegative and one is positive, or it is 1 - u for u between 0 and 1."""
        signs = [self.sign(term) if c > 0 else None for term, c in polynomial.items()]
        if len(polynomial) == 2 and polynomial.get(UNIT) == 1:
            ((binders, factors), c), *_ = ((t, c) for t, c in polynomial.items() if t != UNIT)
            match factors:
                case ((("entry" | "apply", *_), e),) if c == -1 and e == 1 and not binders:
                    return self.domain(factors[0][0]) == "unit"
                case _:
                    pass
        return None not in signs and 1 in signs

    def is_nonnegative(self, polynomial: Poly) -> bool:
        return all(c > 0 and self.sign(term) is not None for term, c in polynomial.items()) or self.is_positive(polynomial)

    def sign(self, term: Term) -> int | None:
        """1 where a term is positive, 0 where it is not negative, None where that is not known."""
        sign = 1 if all(self.names.letters[letter][0] <= 1 for letter in term[0]) else 0
        for atom, e in term[1]:
            if not self.positive_atom(atom):
                sign = 0
                even = e.denominator % 2 == 0 or (e.denominator == 1 and e % 2 == 0)
                if not (even or atom[0] == "delta" or self.domain(atom) in NONNEGATIVE):
                    return None
        return sign

    def domain(self, atom: Tree) -> str:
        """The declared domain of the values of an atom; of a derivative of a function nothing is declared."""
        match atom:
            case ("entry", key, *_):
                return self.names.symbols[key]["domain"]
            case ("apply", name, _, (), *_):
                return self.names.functions[name]["domain"]
            case _:
                return ""

    def positive_atom(self, atom: Tree) -> bool:
        # Letters that sums were given by their number may not be given again inside.
        numbered = {letter: self.names.like(letter) for letter in free(atom) if letter[0] == "#"}
        if bound(atom) or numbered:
            atom = self.names.rename(atom, numbered)
        match atom:
            case ("power", base, exponent) if exponent[0] != "number":
                # Wherever there is such a power, its base is positive, unless the exponent is a whole number.
                return not self.names.is_whole(exponent) or self.is_positive(self.read(base))
            case ("size" | "pi" | "exp", *_) | ("function", "gamma" | "besseli0", _):
                return True
            case ("number", text):
                return Fraction(text) > 0
            case ("entry", _, *_, i, j) if i == j and self.domain(atom) == "spd":
                return True
            case ("inverse", i, j, r, c, body):
                return i == j and self.is_definite(r, c, body)
            case ("determinant", r, c, body):
                return self.is_definite(r, c, body)
            case ("product", _, body):
                return self.is_positive(self.read(body))
            case ("entry" | "apply", *_):
                return self.domain(atom) in POSITIVE
            case ("add" | "multiply" | "divide" | "power" | "sum", *_):
                return self.is_positive(self.read(atom))
            case _:
                return False

    def is_definite(self, r: str, c: str, body: Tree) -> bool:
        """Whether the matrix with the entry ``body`` in row r and column c is symmetric and positive definite, by its form."""
        match body:
            case ("entry", _, *family, i, j):
                return {i, j} == {r, c} and not {r, c} & set(family) and self.domain(body) == "spd"
            case ("inverse", i, j, row, column, inner):
                return {i, j} == {r, c} and not {r, c} & free(inner) and self.is_definite(row, column, inner)
            case ("delta", i, j):
                return {i, j} == {r, c}
            case ("add", *terms):
                return bool(terms) and all(self.is_definite(r, c, term) for term in terms)
            case ("multiply", *factors):
                matrices = [one for one in factors if {r, c} <= free(one)]
                others = [one for one in factors if one not in matrices]
                diagonal = bool(matrices) and matrices[0][0] == "delta"
                scalars = all(self.is_positive(self.read(one)) and (diagonal or not {r, c} & free(one)) for one in others)
                return len(matrices) == 1 and scalars and self.is_definite(r, c, matrices[0])
            case _:
                return False
