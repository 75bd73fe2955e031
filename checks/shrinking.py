"""Makes a refuting point as small and simple as it can be while it still refutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from checks.points import Draw, Point, normalised, one_hot
from derive.errors import DeriveError
from derive.symbols import SUMS_TO_ONE, Domain, Symbol

MOST_TRIALS = 160

# Simplest first. Wrong claims tend to be true at 0, 1 and the identity matrix, so these come last where others are as short.
_SIMPLE: dict[Domain, Sequence[Fraction]] = {
    "real": [Fraction(v) for v in ("2", "-1", "1", "0", "3", "1/2", "-2")],
    "positive": [Fraction(v) for v in ("2", "1", "3", "1/2")],
    "nonnegative": [Fraction(v) for v in ("2", "1", "3", "1/2", "0")],
    "covering": [Fraction(v) for v in ("2", "1", "3", "1/2")],
    "unit": [Fraction(v) for v in ("1/2", "1/3", "1/4")],
    "integer": [Fraction(v) for v in ("1", "2", "0", "-1")],
    "count": [Fraction(v) for v in ("1", "2", "0")],
    "covering count": [Fraction(v) for v in ("1", "2")],
    "bool": [Fraction(v) for v in ("1", "0")],
}


def shrink(disagrees: Callable[[Point], bool], point: Point, symbols: Sequence[Symbol]) -> Point:
    """The smallest point found at which ``disagrees`` still holds: sizes first, then the numbers.

    ``disagrees`` must hold at ``point``; values stay in the domains of the symbols.
    """
    trials = 0

    def holds(candidate: Point) -> bool:
        nonlocal trials
        trials += 1
        try:
            return disagrees(candidate)
        except DeriveError:
            return False

    for name in sorted(point.sizes, key=lambda n: -point.sizes[n]):
        for size in range(1, point.sizes[name]):
            if trials >= MOST_TRIALS:
                return point
            candidate = _resized(point, name, size, symbols)
            if candidate is not None and holds(candidate):
                point = candidate
                break
    for symbol in symbols:
        key = (symbol.name, symbol.role)
        if key not in point.values:
            continue
        for values in simpler(symbol, point.values[key], point.draw):
            if trials >= MOST_TRIALS:
                return point
            candidate = replace(point, values={**point.values, key: values})
            if holds(candidate):
                point = candidate
                break
    return point


def _resized(point: Point, name: str, size: int, symbols: Sequence[Symbol]) -> Point | None:
    """The point with one size smaller: arrays are cut, weights brought back to a sum of one."""
    values = dict(point.values)
    for symbol in symbols:
        key = (symbol.name, symbol.role)
        if key not in values:
            continue
        cut = values[key]
        for axis, r in enumerate(symbol.family):
            if r.upper.name == name:
                kept = size - r.lower + 1
                if kept < 1:
                    return None
                cut = np.take(cut, range(kept), axis=axis)
        for axis, dimension in enumerate(symbol.shape, start=len(symbol.family)):
            if dimension.name == name:
                cut = np.take(cut, range(size), axis=axis)
        if symbol.domain == "one-hot" and cut.size:
            cut = one_hot(cut.shape, len(symbol.family) - 1, lambda count: 0)
        elif symbol.domain in SUMS_TO_ONE and cut.size:
            if not all(cut.any(axis=len(symbol.family) - 1).flat):
                return None  # what is left of a point at the border sums to nought
            cut = normalised(cut, symbol, point.draw)
        values[key] = cut
    return replace(point, sizes={**point.sizes, name: size}, values=values)


def simpler(symbol: Symbol, values: np.ndarray, draw: Draw) -> Iterator[np.ndarray]:
    """Simpler values of the same shape, simplest first: all members alike, then small different ones, then rounded."""
    if symbol.domain == "one-hot":
        yield one_hot(values.shape, len(symbol.family) - 1, lambda count: 0)
    elif symbol.domain in SUMS_TO_ONE:
        count = values.shape[len(symbol.family) - 1]
        yield normalised(np.full_like(values, Fraction(1)), symbol, draw)
        weights = np.array([Fraction(k + 1) for k in range(count)], dtype=object)
        spread = np.broadcast_to(_along(weights / weights.sum(), values.ndim, len(symbol.family) - 1), values.shape)
        yield normalised(np.array(spread, dtype=object), symbol, draw)
        if symbol.domain == "closed simplex":
            yield normalised(one_hot(values.shape, len(symbol.family) - 1, lambda count: 0), symbol, draw)
    elif symbol.domain in ("spd", "sym", "lower"):
        kinds = [(1, 0), (2, 0), (2, 1)] if values.shape[-1] > 1 else [(1, 0), (2, 0)]
        members = list(np.ndindex(*values.shape[:-2]))
        for kind in kinds:
            yield _matrices(symbol, values, dict.fromkeys(members, kind))
        if len(members) > 1:
            for shift in (0, 1):
                yield _matrices(symbol, values, {m: kinds[(k + shift) % len(kinds)] for k, m in enumerate(members)})
    else:
        simple = list(_SIMPLE[symbol.domain])
        for value in simple:
            yield np.full_like(values, value)
        for shift in range(2):
            mixed = np.empty_like(values)
            for number, place in enumerate(np.ndindex(*values.shape)):
                mixed[place] = simple[(number + shift) % len(simple)]
            yield mixed
    if symbol.domain in ("real", "positive", "unit", "nonnegative"):
        for denominator in (2, 4, 10):
            rounded = np.empty_like(values)
            for place in np.ndindex(*values.shape):
                rounded[place] = Fraction(round(Fraction(values[place]) * denominator), denominator)  # type: ignore[arg-type]
            if symbol.domain == "real" or all(
                rounded[p] > 0 and (symbol.domain != "unit" or rounded[p] < 1) for p in np.ndindex(*values.shape)
            ):
                yield rounded


def _matrices(symbol: Symbol, like: np.ndarray, kinds: Mapping[tuple[int, ...], tuple[int, int]]) -> np.ndarray:
    """For each member the matrix with one number on its diagonal and a smaller one everywhere else: positive definite.

    Of a lower triangular one that is its lower triangle.
    """
    simple = np.empty_like(like)
    for place in np.ndindex(*like.shape):
        diagonal, off = kinds[place[:-2]]
        above = symbol.domain == "lower" and place[-1] > place[-2]
        simple[place] = Fraction(0 if above else diagonal if place[-1] == place[-2] else off)
    return simple


def _along(vector: np.ndarray, dimensions: int, axis: int) -> np.ndarray:
    shape = [1] * dimensions
    shape[axis] = len(vector)
    return vector.reshape(shape)
