"""Pieces of a bound: a difference as a sum of what is not negative, by its signs, as a divergence, or about a maximiser."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from checks.certificates.patterns import Factors
from checks.certificates.rewriting import ONCE, Rewriter, Step
from checks.certificates.vanishing import aligned, zero
from checks.recheck.sums import Poly, Term
from checks.recheck.trees import (
    Letter,
    Rejected,
    Statement,
    Tree,
    expanded,
    free,
    less,
    nodes,
    number,
    plus,
    power,
    summed,
    times,
)

MOST_DIVERGENCES, MOST_SUMS = 24, 3
Piece = tuple[str, tuple[Any, ...], tuple[str, ...], Tree]
SIGNS, SQUARE, LOGARITHM, FORM = "a positive number", "a square", "t - 1 - log t", "a definite form"


def bound(writer: Rewriter, statement: Statement, gap: Tree) -> tuple[list[Piece], list[Step]]:
    """The pieces of a difference, and the steps that show that there is nothing else.

    Raises:
        Rejected: none were found.
    """
    failed = Rejected("no pieces were found")
    for pieces in _candidates(writer, statement, gap):
        before = len(writer.lemmas)
        try:
            rest = gap
            for kind, given, letters, factor in pieces:
                rest = less(rest, summed(letters, times(factor, writer.proof.piece(kind, given))))
            return pieces, zero(writer, rest)
        except Rejected as rejected:
            failed = rejected
            del before
    raise failed


def _candidates(writer: Rewriter, statement: Statement, gap: Tree) -> Iterator[list[Piece]]:
    strict = statement.relation in "<>"
    yield from _by_signs(writer, gap)
    if strict:
        return
    yield []
    yield from _about_maximiser(writer, statement)
    run = writer.reduced(gap)
    yield from _divergences(writer, run.left, [])


def _by_signs(writer: Rewriter, gap: Tree) -> Iterator[list[Piece]]:
    spelled = writer.spelled(gap)
    for tree in (spelled, writer.tree_of(writer.reduced(gap).left)):
        if writer.proof.known("nonnegative", tree):
            yield [(SIGNS, (), (), tree)]


# Divergences.


def _divergences(writer: Rewriter, gap: Poly, outer: list[str]) -> Iterator[list[Piece]]:
    """A weight q and a ratio t under sums: with ``sum_z q h + rest`` that is ``t = exp(-h - rest / sum_z q)``."""
    if len(outer) < MOST_SUMS - 1:
        for letter, inside in aligned(writer, gap):
            yield from _divergences(writer, inside, [*outer, letter])
    for term in sorted(gap, key=lambda term: (abs(gap[term]) != 1, str(term)))[:MOST_DIVERGENCES]:
        summed_, factors = writer.opened(term)
        logs = [n for n, (atom, e) in enumerate(factors) if atom[0] == "log" and e == 1]
        if not summed_ or len(logs) != 1:
            continue
        weight = [one for n, one in enumerate(factors) if n != logs[0]]
        q = writer.product(1, weight)
        if not writer.proof.known("positive", q):
            continue
        inner: list[Tree] = []
        rest: list[Tree] = []
        scaled = abs(gap[term])
        for one, c in gap.items():
            found = _quotient(writer, one, summed_, weight)
            whole = writer.tree_of({one: c / scaled})
            (rest if found is None else inner).append(whole if found is None else times(number(c / scaled), found))
        total = summed(summed_, q)
        spread = [("divide", plus(*rest), total)] if rest else []
        ratio = ("exp", times(number(-1), plus(*inner, *spread)))
        yield [(LOGARITHM, (ratio,), (*outer, *summed_), times(number(scaled), q))]


def _quotient(writer: Rewriter, term: Term, summed_: list[str], weight: Factors) -> Tree | None:
    """The h of which a term is ``sum of weight times h``, with the letters ``summed_`` for the indices of that sum."""
    own, factors = writer.opened(term)
    letters = writer.names.letters
    for taken in itertools.permutations(own, len(summed_)):
        if [letters[i] for i in taken] != [letters[i] for i in summed_]:
            continue
        others = [i for i in own if i not in taken]
        taken_ = {*summed_, *own, *(j for f, _ in factors for j in free(f))}
        anew: dict[str, str] = {}
        for i in others:
            anew[i] = writer.letter(letters[i], {*taken_, *anew.values()})
        put = dict(zip(taken, summed_, strict=True)) | anew
        left = {writer.sums.atom(atom, put): e for atom, e in factors}
        if all(atom in left and abs(left[atom]) >= abs(e) and left[atom] * e > 0 for atom, e in weight):
            for atom, e in weight:
                left[atom] -= e
            return summed(list(anew.values()), writer.product(1, [(atom, e) for atom, e in left.items() if e]))
    return None


# Maxima: the objective less its tangent at the maximiser, term by term.


def _about_maximiser(writer: Rewriter, statement: Statement) -> Iterator[list[Piece]]:
    small, large = (statement.left, statement.right)[:: 1 if statement.relation == "<=" else -1]
    if large[0] != "substitute":
        return
    _, key, letters, value, _ = large
    names = writer.names
    value = expanded(names, value)
    objective = writer.reduced(expanded(names, small)).left

    def best(indices: tuple[Letter, ...]) -> Tree:
        return writer.spelled(names.rename(value, dict(zip(letters, indices, strict=True))))

    def at_best(tree: Tree) -> Tree:
        if tree[0] == "entry":
            return best(tree[2:]) if tree[1] == key else tree
        return (tree[0], *(at_best(part) if isinstance(part, tuple) and part and isinstance(part[0], str) and
                           kind in "tu" else part for kind, part in _places(tree)))  # fmt: skip

    powers = {-e for _, factors in objective for atom, e in factors if atom[:2] == ("entry", key) and e < 0} or {ONCE}
    for k in sorted(powers):
        pieces: list[Piece] = []
        for term, c in objective.items():
            binders, factors = writer.opened(term)
            moving = [(atom, e) for atom, e in factors if any(node[:2] == ("entry", key) for node in nodes(atom))]
            rest = [one for one in factors if one not in moving]
            piece = _tangent(writer, key, c, binders, moving, rest, at_best, best, k) if moving else None
            pieces += [piece] if piece is not None else []
        if pieces:
            yield pieces


def _places(tree: Tree) -> list[tuple[str, Any]]:
    from checks.recheck.trees import places

    return places(tree)


def _tangent(
    writer: Rewriter,
    key: str,
    c: Fraction,
    binders: list[str],
    moving: Factors,
    rest: Factors,
    at_best: Callable[[Tree], Tree],
    best: Callable[[tuple[Letter, ...]], Tree],
    k: Fraction,
) -> Piece | None:
    """The piece by which a term lies below its tangent, if there is one that is known."""
    weight = writer.product(abs(c), rest)
    match moving:
        case [(("log", inner), e)] if e == 1:
            inner = writer.spelled(inner)
            if c > 0:
                return LOGARITHM, (("divide", inner, at_best(inner)),), tuple(binders), weight
            ratio = power(("divide", at_best(inner), inner), k)
            return LOGARITHM, (ratio,), tuple(binders), times(number(1 / k), weight)
        case [(("exp", inner), e)] if c < 0:
            inner = times(number(e), writer.spelled(inner))
            ratio = ("exp", less(inner, at_best(inner)))
            return LOGARITHM, (ratio,), tuple(binders), times(weight, ("exp", at_best(inner)))
        case [(("entry", _, *indices) as entry, e)] if e == 2 and c < 0:
            return SQUARE, (less(entry, best(tuple(indices))),), tuple(binders), weight
        case [(("entry", _, *first) as one, e), (("entry", _, *second), x)] if e == 1 and x == 1 and c < 0:
            return _square(writer, binders, one, tuple(first), tuple(second), rest, best, abs(c))
        case _:
            return None


def _square(
    writer: Rewriter,
    binders: list[str],
    entry: Tree,
    first: tuple[Letter, ...],
    second: tuple[Letter, ...],
    rest: Factors,
    best: Callable[[tuple[Letter, ...]], Tree],
    c: Fraction,
) -> Piece | None:
    """A form ``u_a M_ab u_b`` or the square of a sum ``u_a v_a``."""
    apart = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    if len(apart) != 1 or not set(apart[0]) <= set(binders):
        return None
    ((a, b),) = apart
    moved = less(entry, best(first))
    outside = tuple(x for x in binders if x not in (a, b))
    between = [one for one in rest if {a, b} <= free(one[0])]
    left = [one for one in rest if a in free(one[0]) and one not in between]
    right = [one for one in rest if b in free(one[0]) and one not in between]
    others = [one for one in rest if one not in (*between, *left, *right)]
    if sorted((writer.sums.atom(atom, {str(a): str(b)}), e) for atom, e in left) != sorted(right):
        return None
    weight = writer.product(c, others)
    inner = times(moved, writer.product(1, left))
    if len(between) == 1 and between[0][1] == 1:
        return FORM, (a, b, inner, writer.spelled(between[0][0])), outside, weight
    if not between:
        return SQUARE, (("sum", a, inner),), outside, weight
    return None
