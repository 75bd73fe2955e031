"""Where a term of one sum divides a term of another, and what is common to the terms of a sum."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from checks.recheck.sums import Poly, Sums, Term, add
from checks.recheck.trees import SYMMETRIC, Names, Tree, free, places

Factors = list[tuple[Tree, Fraction]]


def weight(term: Term) -> tuple[Fraction, str]:
    """How heavy a term is: by its exponents, and then in the order of how it is written."""
    return sum((abs(e) for _, e in term[1]), Fraction(0)), str(term)


def orders(sums: Sums, atom: Tree) -> Iterator[Tree]:
    """The ways to write an atom whose last or first two indices may be exchanged."""
    yield atom
    match atom:
        case ("delta", i, j):
            yield ("delta", j, i)
        case ("entry", key, *family, i, j) if sums.names.symbols[key]["domain"] in SYMMETRIC:
            yield ("entry", key, *family, j, i)
        case ("inverse", i, j, r, c, body) if sums.is_definite(r, c, body):
            yield ("inverse", j, i, r, c, body)
        case _:
            pass


def unify(
    names: Names, pattern: Tree, tree: Tree, known: Mapping[str, Any], variables: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What stands for each of the ``variables`` of a pattern, where a tree is of that form."""
    if pattern[0] != tree[0] or len(pattern) != len(tree):
        return None
    found = dict(known)

    def index(one: Any, other: Any) -> bool:
        if not isinstance(one, str) or one not in variables:
            return one == other
        if str(other).startswith("%"):
            return False
        return found.setdefault(one, other) == other

    for (kind, one), other in zip(places(pattern), tree[1:], strict=True):
        match kind:
            case "t" | "u":
                inner = unify(names, one, other, found, variables)
                if inner is None:
                    return None
                found = inner
            case "i":
                if not index(one, other):
                    return None
            case "I":
                if len(one) != len(other) or not all(index(i, j) for i, j in zip(one, other, strict=True)):
                    return None
            case "S":
                flat_one, flat_other = [i for part in one for i in part], [i for part in other for i in part]
                if len(flat_one) != len(flat_other) or not all(index(i, j) for i, j in zip(flat_one, flat_other, strict=True)):
                    return None
            case _:
                if one != other:
                    return None
    return found


def matches(
    sums: Sums, term: Term, factors: Factors, binders: Sequence[str], open_: Sequence[str] = ()
) -> Iterator[tuple[Factors, list[str], dict[str, Any]]]:
    """Where a term divides a product under sums: what is left of the product, which sums, and what its letters stand for.

    An index that the term binds stands for one that is bound outside, of the same range, and that stands nowhere else; an
    ``open_`` letter of it for any index.
    """
    ranges = {letter: sums.names.letters[letter] for letter in term[0]}
    variables = {**ranges, **dict.fromkeys(open_)}
    names = sums.names

    def search(
        todo: Sequence[tuple[Tree, Fraction]], left: Factors, known: dict[str, Any]
    ) -> Iterator[tuple[Factors, dict[str, Any]]]:
        if not todo:
            yield left, known
            return
        pattern, e = todo[0]
        for place, (atom, x) in enumerate(left):
            if atom[0] != pattern[0] or (x > 0) != (e > 0) or abs(x) < abs(e):
                continue
            for written in orders(sums, atom):
                found = unify(names, pattern, written, known, variables)
                if found is None:
                    continue
                mine = [found[letter] for letter in ranges if letter in found]
                fits = all(found[i] in binders and names.letters[found[i]] == own for i, own in ranges.items() if i in found)
                if not fits or len(set(mine)) < len(mine):
                    continue
                rest = [*left[:place], *left[place + 1 :], *([(atom, x - e)] if x != e else [])]
                yield from search(todo[1:], rest, found)

    todo = sorted(term[1], key=lambda factor: -len(str(factor[0])))
    for left, found in search(todo, list(factors), {}):
        used = {found[letter] for letter in ranges if letter in found}
        opened = {found[letter] for letter in open_ if letter in found}
        if len(used) == len(ranges) and not used & opened and not any(used & free(atom) for atom, _ in left):
            yield left, [b for b in binders if b not in used], found


def denominators(polynomial: Poly) -> dict[Tree, Fraction]:
    """The atoms without bound letters under negative exponents, each with the lowest."""
    found: dict[Tree, Fraction] = {}
    for binders, factors in polynomial:
        for atom, e in factors:
            if e < 0 and not free(atom) & set(binders):
                found[atom] = min(e, found.get(atom, e))
    return found


def times_atoms(sums: Sums, polynomial: Poly, factors: Factors) -> Poly:
    """Multiplied by powers of atoms without bound letters, whatever these are."""
    parts = [sums.term(c, binders, [*own, *factors]) for (binders, own), c in polynomial.items()]
    return add(*parts) if factors else polynomial


def content(sums: Sums, polynomial: Poly, *, positive: bool) -> tuple[Fraction, Factors, Poly]:
    """A polynomial as a positive number times factors times the rest; with ``positive`` all factors are."""
    below: dict[Tree, Fraction] = {}
    for _ in range(4):
        found = denominators(polynomial)
        if len(polynomial) < 2 or not found or (positive and not all(map(sums.positive_atom, found))):
            break
        for atom, e in found.items():
            below[atom] = below.get(atom, Fraction(0)) + e
        polynomial = times_atoms(sums, polynomial, [(atom, -e) for atom, e in found.items()])
    shared: dict[Tree, Fraction] | None = None
    for binders, factors in polynomial:
        own = {a: e for a, e in factors if a[0] != "delta" and not free(a) & set(binders)}
        own = {a: e for a, e in own.items() if not positive or sums.positive_atom(a)}
        if shared is not None:
            own = {a: min(e, own[a], key=abs) for a, e in shared.items() if a in own and own[a] * e > 0}
        shared = own
    whole = math.lcm(*(c.denominator for c in polynomial.values()))
    amount = Fraction(math.gcd(*(int(c * whole) for c in polynomial.values())) or 1, whole)
    rest = {term: c / amount for term, c in polynomial.items()}
    rest = times_atoms(sums, rest, [(atom, -e) for atom, e in (shared or {}).items()])
    factors = add_exponents(below, shared or {})
    return amount, factors, rest


def independent(binders: Sequence[str], factors: Factors) -> list[tuple[list[str], Factors]]:
    """A term as a product of sums that share no letter: sum_ij f_i g_j = (sum_i f_i)(sum_j g_j)."""
    groups: list[tuple[list[str], Factors]] = [([letter], []) for letter in binders]
    for atom, e in factors:
        touched = [group for group in groups if set(group[0]) & free(atom)]
        groups = [group for group in groups if group not in touched]
        letters = [letter for group in touched for letter in group[0]]
        groups.append((letters, [*(one for group in touched for one in group[1]), (atom, e)]))
    return groups


def add_exponents(*many: Mapping[Tree, Fraction]) -> Factors:
    found: dict[Tree, Fraction] = {}
    for one in many:
        for atom, e in one.items():
            found[atom] = found.get(atom, Fraction(0)) + e
    return sorted(((atom, e) for atom, e in found.items() if e), key=str)


def primes(value: Fraction) -> list[tuple[int, int]] | None:
    """The primes of a positive rational number with their exponents; None of one that is too large."""
    if max(value.numerator, value.denominator) >= 10**9:
        return None
    found: list[tuple[int, int]] = []
    for whole, sign in ((value.numerator, 1), (value.denominator, -1)):
        prime = 2
        while whole > 1:
            prime = prime if prime * prime <= whole else whole
            count = 0
            while whole % prime == 0:
                whole, count = whole // prime, count + 1
            if count:
                found.append((prime, sign * count))
            prime += 1
    return found
