"""One name for each bound index, whatever the author called it.

The binders of a term are ordered by colour refinement on the hypergraph of its factors; where symmetry leaves a choice, each
member of the first unresolved class is tried and the least term wins. The same procedure closes a polynomial
over its free indices, which become slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from derive.algebra.terms import (
    Atom,
    Factor,
    KIndex,
    Polynomial,
    Term,
    bound,
    free_of,
    range_of,
    slot,
)
from derive.errors import LimitError

MAX_BRANCHES = 720


def is_symmetric(atom: Atom) -> bool:
    """Whether the last two arguments may be exchanged."""
    return atom[0][0] in ("d", "E", "I")


def sort_arguments(atom: Atom) -> Atom:
    """Sort what may be exchanged: the last two arguments of a symmetric atom, or slots under a known symmetry."""
    head, arguments = atom
    if is_symmetric(atom):
        first, second = arguments[-2:]
        return atom if first <= second else (head, (*arguments[:-2], second, first))
    inside = head[-1]
    if type(inside) is Polynomial:
        swaps = inside.cache.get("symmetries")
        if swaps:
            return head, min(tuple(arguments[i] for i in swap) for swap in swaps)
    return atom


def _places(atom: Atom) -> Sequence[int]:
    """A label for each argument place; exchangeable places share one."""
    count = len(atom[1])
    if is_symmetric(atom):
        return (*range(count - 2), count - 2, count - 2)
    inside = atom[0][-1]
    if type(inside) is Polynomial:
        swaps: Sequence[Sequence[int]] = inside.cache.get("symmetries") or ()
        if swaps:
            return [min(swap[place] for swap in swaps) for place in range(count)]
    return range(count)


Group = tuple[int, list[tuple[int, list[tuple[int, int, KIndex | None]]]]]
"""A term for refinement: its invariant, and for each factor (what it is, [(place, rank of a fixed index, or the index)])."""


def _ranked(indices: Sequence[KIndex], weighted: Sequence[tuple[object, Sequence[Factor]]]) -> list[Group]:
    """Replace heads, exponents and fixed indices by their ranks, so that refinement compares small integers only."""
    moving = set(indices)
    heads = sorted({(head, exponent) for _, factors in weighted for (head, _), exponent in factors})
    head_rank = {head: rank for rank, head in enumerate(heads)}
    fixed = sorted({i for _, factors in weighted for (_, arguments), _ in factors for i in arguments if i not in moving})
    fixed_rank = {index: rank for rank, index in enumerate(fixed)}
    invariants = sorted({invariant for invariant, _ in weighted})  # type: ignore[type-var]
    groups: list[Group] = []
    for invariant, factors in weighted:
        rows: list[tuple[int, list[tuple[int, int, KIndex | None]]]] = []
        for (head, arguments), exponent in factors:
            places = _places((head, arguments))
            row: list[tuple[int, int, KIndex | None]] = [
                (place, -1, index) if index in moving else (place, fixed_rank[index], None)
                for place, index in zip(places, arguments, strict=True)
            ]
            rows.append((head_rank[head, exponent], row))
        groups.append((invariants.index(invariant), rows))
    return groups


def _refine(indices: Sequence[KIndex], colours: dict[KIndex, int], groups: Sequence[Group]) -> None:
    """Split colour classes until they are stable."""
    while True:
        gathered: dict[KIndex, list[object]] = {index: [] for index in indices}
        for invariant, rows in groups:
            signatures = [
                (what, tuple(sorted((place, rank, -1 if i is None else colours[i]) for place, rank, i in row)))
                for what, row in rows
            ]
            whole = (invariant, tuple(sorted(signatures)))
            for signature, (_, row) in zip(signatures, rows, strict=True):
                for place, _, index in row:
                    if index is not None:
                        gathered[index].append((whole, signature, place))
        found = {index: (colours[index], tuple(sorted(gathered[index]))) for index in indices}  # type: ignore[type-var]
        ranks = {signature: rank for rank, signature in enumerate(sorted(set(found.values())))}
        before = len(set(colours.values()))
        for index in indices:
            colours[index] = ranks[found[index]]
        if len(ranks) == before:
            return


def _labellings(
    indices: Sequence[KIndex], weighted: Sequence[tuple[object, Sequence[Factor]]], budget: list[int]
) -> Iterator[list[KIndex]]:
    """The orders of ``indices`` that colour refinement cannot tell apart."""
    if len(indices) == 1:
        yield list(indices)
        return
    ranges = sorted({range_of(index) for index in indices})
    if len(ranges) == len(indices):
        budget[0] -= 1
        yield sorted(indices, key=range_of)  # no two are of one range
        return
    groups = _ranked(indices, weighted)

    def descend(colours: dict[KIndex, int]) -> Iterator[list[KIndex]]:
        if len(set(colours.values())) < len(indices):
            _refine(indices, colours, groups)
        classes: dict[int, list[KIndex]] = {}
        for index in indices:
            classes.setdefault(colours[index], []).append(index)
        tied = next((classes[c] for c in sorted(classes) if len(classes[c]) > 1), None)
        if tied is None:
            budget[0] -= 1
            if budget[0] < 0:
                raise LimitError(f"too many symmetric sums: branches={MAX_BRANCHES}, expected fewer")
            yield sorted(indices, key=lambda index: colours[index])
            return
        for chosen in tied:
            # The chosen member comes first in its class; the other colours keep their order.
            pivot = colours[chosen]
            yield from descend({i: 2 * c + (c == pivot and i != chosen) for i, c in colours.items()})

    yield from descend({index: ranges.index(range_of(index)) for index in indices})


def _apply(mapping: dict[KIndex, KIndex], factors: Sequence[Factor]) -> tuple[Factor, ...]:
    return tuple(
        sorted(
            (sort_arguments((head, tuple(mapping.get(i, i) for i in arguments))), exponent)
            for (head, arguments), exponent in factors
        )
    )


def canonical_term(binders: Sequence[KIndex], factors: Sequence[Factor], branches: list[int] | None = None) -> Term:
    """The canonical term that sums the product of ``factors`` over the free indices ``binders``.

    ``branches`` holds how many labellings may be tried, and is counted down.
    """
    if not binders:
        return (), _apply({}, factors)
    best: Term | None = None
    for order in _labellings(binders, [((), factors)], [MAX_BRANCHES] if branches is None else branches):
        mapping = {index: bound(position, *range_of(index)) for position, index in enumerate(order)}
        candidate: Term = (tuple(range_of(index) for index in order), _apply(mapping, factors))
        if best is None or candidate < best:
            best = candidate
    if best is None:  # a labelling always exists; the type checker cannot know
        raise LimitError("no labelling of the bound indices")
    return best


def open_term(term: Term, names: Sequence[KIndex]) -> tuple[Factor, ...]:
    """The factors of a term with its bound indices replaced by ``names``."""
    ranges, factors = term
    if not ranges:
        return factors
    mapping = {bound(k, *r): name for k, (r, name) in enumerate(zip(ranges, names, strict=True))}
    return tuple(
        (sort_arguments((head, tuple(mapping.get(i, i) for i in arguments))), exponent) for (head, arguments), exponent in factors
    )


def close(polynomial: Polynomial) -> tuple[Polynomial, tuple[KIndex, ...]]:
    """Replace the free indices of a polynomial by slots: (closed polynomial, which index stands in which slot)."""
    indices = sorted(free_of(polynomial))
    if not indices:
        return _interned.setdefault(polynomial, polynomial), ()
    # Bound indices stay as they are labelled: their labels already are canonical up to the free indices, and two closings that
    # differ only there are compared through the least candidate below.
    from_terms: list[tuple[object, Sequence[Factor]]] = []
    for (ranges, factors), coefficient in polynomial.items():
        from_terms.append(((ranges, coefficient), _blind(factors)))
    candidates: dict[Polynomial, list[list[KIndex]]] = {}
    for order in _labellings(indices, from_terms, [MAX_BRANCHES]):
        mapping = {index: slot(position, *range_of(index)) for position, index in enumerate(order)}
        candidates.setdefault(_rename_terms(polynomial, mapping), []).append(order)
    least = min(candidates)
    orders = candidates[least]
    closed = _interned.setdefault(least, least)
    first = orders[0]
    if len(orders) > 1 and "symmetries" not in closed.cache:
        closed.cache["symmetries"] = sorted(tuple(order.index(index) for index in first) for order in orders)
    return closed, tuple(first)


_interned: dict[Polynomial, Polynomial] = {}
"""Equal closed polynomials are one object, so that what is cached on it (its symmetries) is known wherever it stands."""


def _blind(factors: Sequence[Factor]) -> tuple[Factor, ...]:
    """Factors with all bound indices of one range made alike: an invariant that no labelling can influence."""
    return tuple(
        ((head, tuple(bound(0, *range_of(i)) if i[0] == "b" else i for i in arguments)), exponent)
        for (head, arguments), exponent in factors
    )


def _rename_terms(polynomial: Polynomial, mapping: dict[KIndex, KIndex]) -> Polynomial:
    """Rename free indices one to one; each term is labelled afresh."""
    total: dict[Term, Fraction] = {}
    for (ranges, factors), coefficient in polynomial.items():
        binders = [("f", f"%{k}", 0, *r) for k, r in enumerate(ranges)]
        opened = open_term((ranges, factors), binders)
        renamed = [((head, tuple(mapping.get(i, i) for i in arguments)), e) for (head, arguments), e in opened]
        term = canonical_term(binders, renamed)
        total[term] = total.get(term, Fraction(0)) + coefficient
    return Polynomial(total)
