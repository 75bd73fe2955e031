"""Gibbs' inequality on normal forms: a Kullback-Leibler divergence is found whatever its terms were written as.

A polynomial is brought to ``sum_z q(z) h(z) + rest`` for a positive weight q that one of its terms shows. Where q sums to one,
that is ``sum_z q(z) log(q(z) / r(z))`` with ``log r = log q - h - rest``, which is at least ``sum_z q(z) - sum_z r(z)``. Jensen's
inequality for the logarithm is the case ``h = - log f``, ``rest = log sum_z q(z) f(z)``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from derive.algebra import signs
from derive.algebra.canonical import sort_arguments
from derive.algebra.reduction import Blocked, Reducer
from derive.algebra.terms import ONE, Atom, Exponent, Factor, KIndex, Polynomial, Term, add, number, range_of, scale, subtract
from derive.errors import LimitError

MOST_CANDIDATES = 24
MOST_SUMMED = 4


def is_divergence(reducer: Reducer, gap: Polynomial, vanishes: Callable[[Polynomial], bool]) -> bool:
    """Whether a settled polynomial is shown to be a positive multiple of a Kullback-Leibler divergence (so nonnegative)."""
    for factor, summed, weight in itertools.islice(_candidates(reducer, gap), MOST_CANDIDATES):
        try:
            if _is_divergence(reducer, scale(gap, factor), summed, weight, vanishes):
                return True
        except (Blocked, LimitError):
            continue
    return False


def _candidates(reducer: Reducer, gap: Polynomial) -> Iterator[tuple[Exponent, tuple[KIndex, ...], tuple[Factor, ...]]]:
    """What to multiply by, the summed indices, and the weight: what stands beside a logarithm under a sum."""
    for term, coefficient in gap.key:
        summed, factors = reducer.opened(term)
        logs = [factor for factor in factors if factor[0][0][0] == "log" and factor[1] == 1]
        if not summed or len(logs) != 1:
            continue
        weight = tuple(factor for factor in factors if factor is not logs[0])
        if weight:
            yield abs(1 / coefficient), summed, weight


def _is_divergence(
    reducer: Reducer,
    gap: Polynomial,
    summed: Sequence[KIndex],
    weight: Sequence[Factor],
    vanishes: Callable[[Polynomial], bool],
) -> bool:
    q = reducer.build(ONE, (), weight)
    if not signs.positive(q, reducer.domains):
        return False
    inner: list[Polynomial] = []
    rest: list[Polynomial] = []
    for term, coefficient in gap.items():
        quotient = _quotient(reducer, term, summed, weight)
        if quotient is None:
            rest.append(Polynomial({term: coefficient}))
        else:
            inner.append(scale(quotient, coefficient))
    total = reducer.bind_all(q, summed)
    # Only under a weight of total one may the rest be drawn into the sum.
    if rest and not vanishes(subtract(total, number(1))):
        return False
    logarithm = subtract(reducer.logarithm(q), add(*inner, *rest))
    return vanishes(subtract(total, reducer.bind_all(reducer.exp(logarithm), summed)))


def _quotient(reducer: Reducer, term: Term, summed: Sequence[KIndex], weight: Sequence[Factor]) -> Polynomial | None:
    """h(z) where the term is ``sum_z weight(z) h(z)``, with the letters ``summed`` for z; None where it is not."""
    own, factors = reducer.opened(term)
    if len(own) > MOST_SUMMED:
        return None
    for chosen in itertools.permutations(own, len(summed)):
        if any(range_of(a) != range_of(b) for a, b in zip(chosen, summed, strict=True)):
            continue
        letters = dict(zip(chosen, summed, strict=True))
        left: dict[Atom, Exponent] = {
            sort_arguments((head, tuple(letters.get(i, i) for i in arguments))): exponent
            for (head, arguments), exponent in factors
        }
        if all(_contains(left, atom, exponent) for atom, exponent in weight):
            for atom, exponent in weight:
                left[atom] -= exponent
            others = [index for index in own if index not in chosen]
            return reducer.build(ONE, others, [(atom, exponent) for atom, exponent in left.items() if exponent])
    return None


def _contains(factors: dict[Atom, Exponent], atom: Atom, exponent: Exponent) -> bool:
    have = factors.get(atom, 0)
    return abs(have) >= abs(exponent) and (have > 0) == (exponent > 0)
