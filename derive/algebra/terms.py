"""The normal form's records: indices, atoms, terms, polynomials. Plain tuples, ordered and hashable.

A polynomial maps terms to rational coefficients; the empty polynomial is zero. A term is a tuple of bound ranges and
a sorted tuple of factors ``(atom, exponent)``. An atom is ``(head, arguments)``: the arguments are indices, the head
says what is indexed. A function of a polynomial (``log``, a reciprocal, ``exp``) is an atom too: its head holds the
polynomial closed over *slots*, and its arguments say which index stands in which slot, so ``log D_i`` looks like an
entry of a family ``log D`` and renaming an index never opens it.

Heads::

    ("e", name, role)   an entry of a symbol: family indices, then component indices
    ("E", name, role)   the same of a symmetric matrix whose symmetry has been used (never differentiated again)
    ("i", name, role)   an entry of the inverse of a matrix symbol;  ("I", ...) with symmetry used
    ("L", name, role)   the log of the absolute determinant of a matrix symbol: family indices
    ("d",)              Kronecker's delta of two indices
    ("z", size)         a size as a number
    ("c", "pi")         a constant
    ("q", p)            the prime p under a fractional exponent
    ("exp", P)          exp of a single monomial;  ("log", P);  ("pow", P): a polynomial under a negative or fractional exponent
    ("fn", name, P)     a special function of one argument
    ("ap", name, P)     an unspecified function; P encodes its indices, its arguments and the slots it was differentiated by:
                        P = fam[indices] + sum over k, c of arg_k[c] u_k[c] + (product of dir_k[c] over the derivatives taken),
                        with formal basis entries ("fam",), ("arg", k), ("dir", k), which stand nowhere else. Equal P mean the
                        same value, and the product of the directions says that mixed partials commute.

A continuum's upper limit is named with the prefix ``CONTINUUM``: a sum over it is an integral, which is never counted.
"""

from __future__ import annotations

import itertools
from collections.abc import ItemsView, Iterator, Mapping
from fractions import Fraction
from typing import Any

from derive.symbols import Range, Size

KIndex = tuple[str, str, int, int, str]
"""(kind, name, number, lower, upper): kind ``f`` free (name), ``b`` bound (number), ``s`` slot (number), ``l`` literal."""
Head = tuple[Any, ...]
Atom = tuple[Head, tuple[KIndex, ...]]
Exponent = Fraction | int
"""Whole exponents are ints: equal to the Fraction of the same value, and much faster to hash."""
Factor = tuple[Atom, Exponent]
BoundRange = tuple[int, str]
Term = tuple[tuple[BoundRange, ...], tuple[Factor, ...]]

ONE = Fraction(1)
UNIT: Term = ((), ())
CONTINUUM = "∫"


def upper_of(own: Range) -> str:
    """The name of a range's upper limit; a continuum and a size of one name are kept apart."""
    return CONTINUUM + own.upper.name if own.abstract else own.upper.name


def range_named(bounds: BoundRange) -> Range:
    """The range that has these limits."""
    lower, upper = bounds
    abstract = upper.startswith(CONTINUUM)
    return Range(Size(upper.removeprefix(CONTINUUM)), lower, abstract)


def free(name: str, lower: int, upper: str) -> KIndex:
    return ("f", name, 0, lower, upper)


def bound(number: int, lower: int, upper: str) -> KIndex:
    return ("b", "", number, lower, upper)


def slot(number: int, lower: int, upper: str) -> KIndex:
    return ("s", "", number, lower, upper)


def literal(value: int) -> KIndex:
    return ("l", "", value, 0, "")


def range_of(index: KIndex) -> BoundRange:
    return index[3], index[4]


class Polynomial(Mapping[Term, Fraction]):
    """An immutable map from terms to nonzero coefficients, with an order, so that it can stand inside a head."""

    __slots__ = ("_hash", "_key", "_terms", "cache")

    def __init__(self, terms: Mapping[Term, Fraction] | None = None) -> None:
        self._terms: dict[Term, Fraction] = {term: c for term, c in (terms or {}).items() if c}
        self._hash: int | None = None
        self._key: tuple[tuple[Term, Fraction], ...] | None = None
        self.cache: dict[str, Any] = {}

    def __getitem__(self, term: Term) -> Fraction:
        return self._terms[term]

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def items(self) -> ItemsView[Term, Fraction]:
        return self._terms.items()

    @property
    def key(self) -> tuple[tuple[Term, Fraction], ...]:
        """The terms in order: equal polynomials have equal keys."""
        if self._key is None:
            self._key = tuple(sorted(self._terms.items()))
        return self._key

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._terms))  # the coefficients are dear to hash, and tell few apart
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(other) is Polynomial and hash(self) == hash(other) and self._terms == other._terms

    def __lt__(self, other: Polynomial) -> bool:
        return self.key < other.key

    def __gt__(self, other: Polynomial) -> bool:
        return self.key > other.key

    def __repr__(self) -> str:
        return show(self)

    @property
    def constant(self) -> Fraction | None:
        """The rational number this polynomial is, or None."""
        if not self._terms:
            return Fraction(0)
        return self._terms[UNIT] if len(self._terms) == 1 and UNIT in self._terms else None


ZERO = Polynomial()


def number(value: Fraction | int) -> Polynomial:
    return Polynomial({UNIT: Fraction(value)})


def single(atom: Atom, exponent: Exponent = 1) -> Polynomial:
    """The polynomial of one factor, which must be in canonical form already."""
    return Polynomial({((), ((atom, exponent),)): ONE})


def add(*polynomials: Polynomial) -> Polynomial:
    if len(polynomials) == 1:
        return polynomials[0]
    total: dict[Term, Fraction] = {}
    for polynomial in polynomials:
        for term, coefficient in polynomial.items():
            known = total.get(term)
            total[term] = coefficient if known is None else known + coefficient
    return Polynomial(total)


def scale(polynomial: Polynomial, factor: Fraction | int) -> Polynomial:
    if factor == 1:
        return polynomial
    if factor == -1:
        return Polynomial({term: -c for term, c in polynomial.items()})
    return Polynomial({term: c * factor for term, c in polynomial.items()})


def subtract(first: Polynomial, second: Polynomial) -> Polynomial:
    return add(first, scale(second, -1))


def nested(head: Head) -> Polynomial | None:
    """The polynomial inside a function's head, or None for a plain atom."""
    last = head[-1]
    return last if type(last) is Polynomial else None


def free_of(polynomial: Polynomial) -> set[KIndex]:
    """The free indices of a polynomial."""
    return {index for _, factors in polynomial for (_, arguments), _ in factors for index in arguments if index[0] == "f"}


_fresh = itertools.count()


def fresh(like: KIndex | BoundRange) -> KIndex:
    """A free index that stands nowhere else, with the range of ``like``."""
    lower, upper = like if len(like) == 2 else range_of(like)
    return free(f"#{next(_fresh)}", lower, upper)


def show(polynomial: Polynomial) -> str:
    """For people who debug: one line, bound indices as b0, b1, ..."""

    def index(i: KIndex) -> str:
        return i[1] if i[0] == "f" else str(i[2]) if i[0] == "l" else f"{i[0]}{i[2]}"

    def atom(a: Atom) -> str:
        head, arguments = a
        inside = nested(head)
        name = "".join(str(part) + "." for part in head if not isinstance(part, Polynomial)).rstrip(".")
        body = f"{{{show(inside)}}}" if inside is not None else ""
        return f"{name}{body}[{','.join(map(index, arguments))}]"

    lines: list[str] = []
    for (ranges, factors), coefficient in polynomial.key:
        sums = "".join(f"S_b{i}:{r[1]} " for i, r in enumerate(ranges))
        product = "*".join(atom(a) + ("" if e == 1 else f"^{e}") for a, e in factors)
        lines.append(f"{coefficient} {sums}{product}".strip())
    return " + ".join(lines) or "0"
