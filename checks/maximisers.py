"""Points close to a proposed maximiser: where an objective that has its maximum elsewhere is certainly larger.

From the proposed values a letter moves along the gradient, against it and at random, inside its domain (on a simplex mass is
exchanged). The points are exact, so that the bound is compared at each of them as at any other point.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat

from checks import balls
from checks.balls import Ball, Dual, Undefined
from checks.enclosure import BITS, Environment, OutOfRange, assignments, environment, evaluate, flat, in_order
from checks.points import Key, Point
from derive.errors import DeriveError
from derive.formula import Formula, Substitute, free_indices
from derive.symbols import Symbol

STEPS = (Fraction(1, 4), Fraction(1, 32), Fraction(1, 1024), Fraction(1, 10**6))
RANDOM_DIRECTIONS = 4
MOST_ASSIGNMENTS = 4


class Outside(Exception):
    """A proposed value that certainly does not lie in the domain of its letter, so that it is no maximiser."""


class OutsideHere(Outside):
    """A proposed value beyond the border of its domain at a point, which it need not be at others: (a - 1) / b for a < 1."""


def proposed(objective: Formula, best: Formula) -> tuple[Substitute, ...]:
    """The substitutions by which ``best`` is the objective at proposed values, innermost first; none where it is not."""
    found: list[Substitute] = []
    while best != objective and isinstance(best, Substitute):
        found.append(best)
        best = best.body
    return tuple(reversed(found)) if best == objective else ()


def near_solution(objective: Formula, steps: Sequence[Substitute], point: Point, seed: int) -> Iterator[Point]:
    """Admissible points near the proposed values, the other letters as in ``point``.

    Raises:
        Outside: a proposed value is certainly not admissible.
    """
    try:
        with balls.precision(BITS):
            values = _solution(steps, point)
            directions = [(key, d) for key, d in _directions(objective, steps, point, values, seed) if np.any(d)]
    except (Undefined, OutOfRange, DeriveError):
        return
    symbols: dict[Key, Symbol] = {(s.symbol.name, s.symbol.role): s.symbol for s in steps}
    for key, direction in directions:
        for length in STEPS:
            moved = np.asarray(values[key] + direction * length, dtype=object)
            if in_domain(symbols[key], moved):
                yield Point(point.sizes, {**point.values, **values, key: moved})


def _solution(steps: Sequence[Substitute], point: Point) -> dict[Key, np.ndarray]:
    """The proposed values as fractions close by; an outer substitution acts on what an inner one puts in."""
    env = environment(point)
    found: dict[Key, np.ndarray] = {}
    for step in reversed(steps):
        if not free_indices(step.replacement) <= frozenset(step.indices):
            raise Undefined("the proposed value depends on an index of its surroundings", certain=False)
        spans = [env.span(r) for r in step.symbol.family]
        shape = (*(len(span) for span in spans), *(env.count(size) for size in step.symbol.shape))
        values, enclosed = np.empty(shape, dtype=object), np.empty(shape, dtype=object)
        for chosen in itertools.product(*spans):
            where = dict(zip(step.indices, chosen, strict=True))
            place = tuple(c - span.start for c, span in zip(chosen, spans, strict=True))
            for entry, value in flat(evaluate(step.replacement, where, env)):
                enclosed[(*place, *entry)] = balls.ball(value)
                values[(*place, *entry)] = _fraction(balls.ball(value))
        _require_not_outside(step.symbol, enclosed)
        key = (step.symbol.name, step.symbol.role)
        found[key] = _on_domain(step.symbol, values)
        env = env.with_values({key: _balls_of(found[key])})
    return found


def _require_not_outside(symbol: Symbol, values: np.ndarray) -> None:
    """The border of an open domain is left in peace: there the value is only not attained."""
    entries: list[arb] = values.reshape(-1).tolist()
    if symbol.domain == "simplex":
        totals: list[arb] = np.asarray(values.sum(axis=len(symbol.family) - 1), dtype=object).reshape(-1).tolist()
        if any(not (t - 1).contains(0) for t in totals):
            raise Outside(f"what is proposed for {symbol.name} does not sum to one")
    if symbol.domain in ("positive", "nonnegative", "unit", "simplex") and any(v < 0 for v in entries):
        raise OutsideHere(f"what is proposed for {symbol.name} is negative")
    if symbol.domain == "unit" and any(v > 1 for v in entries):
        raise OutsideHere(f"what is proposed for {symbol.name} is larger than 1")
    if symbol.domain in ("spd", "sym"):
        gaps: list[arb] = (values - np.swapaxes(values, -1, -2)).reshape(-1).tolist()
        if any(not g.contains(0) for g in gaps):
            raise Outside(f"what is proposed for {symbol.name} is not symmetric")
    if symbol.domain == "lower":
        size = values.shape[-1]
        if any(not v.contains(0) for a in range(size) for v in values[..., a, a + 1 :].reshape(-1).tolist()):
            raise Outside(f"what is proposed for {symbol.name} is not lower triangular")
    if symbol.domain in ("spd", "lower"):
        diagonal: list[arb] = np.diagonal(values, axis1=-2, axis2=-1).reshape(-1).tolist()
        if any(v < 0 for v in diagonal):
            raise Outside(f"what is proposed for {symbol.name} has a negative number on its diagonal")


def _fraction(value: arb) -> Fraction:
    if not value.is_finite():
        raise Undefined("a proposed value that is not finite", certain=False)
    return Fraction(value.mid().str(30, radius=False))


def _on_domain(symbol: Symbol, values: np.ndarray) -> np.ndarray:
    """The values put back exactly where rounding took them from: a sum of one, symmetry."""
    if symbol.domain == "simplex":
        total = values.sum(axis=len(symbol.family) - 1, keepdims=True)
        if not all(t > 0 for t in total.reshape(-1).tolist()):
            raise Undefined("proposed values that do not lie on the simplex", certain=False)
        return np.asarray(values / total, dtype=object)
    if symbol.domain in ("spd", "sym"):
        return np.asarray((values + np.swapaxes(values, -1, -2)) / 2, dtype=object)
    return _lower_triangle(values) if symbol.domain == "lower" else values


def _lower_triangle(values: np.ndarray) -> np.ndarray:
    """Square matrices with zeros above their diagonals."""
    found = np.array(values, dtype=object)
    for a in range(values.shape[-1]):
        found[..., a, a + 1 :] = Fraction(0)
    return found


def _balls_of(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        return _balls_of(values.tolist()) if values.ndim else balls.exact(values.item())
    return [_balls_of(v) for v in values] if isinstance(values, list) else balls.exact(values)


def _directions(
    objective: Formula, steps: Sequence[Substitute], point: Point, values: dict[Key, np.ndarray], seed: int
) -> Iterator[tuple[Key, np.ndarray]]:
    base = environment(point)
    at = base.with_values({key: _balls_of(v) for key, v in values.items()})
    rng = random.Random(f"{seed}/{sorted(point.sizes.items())}")
    for step in steps:
        key = (step.symbol.name, step.symbol.role)
        scale = _scale(values[key])
        for where in itertools.islice(assignments(in_order(free_indices(objective)), point.sizes), MOST_ASSIGNMENTS):
            gradient = _gradient(objective, where, at, key, values[key].shape)
            if gradient is not None:
                gradient = _tangential(step.symbol, gradient)
                largest = max((abs(g) for g in gradient.reshape(-1).tolist()), default=0)
                if largest:
                    yield key, np.asarray(gradient * (scale / largest), dtype=object)
                    # The gradient of what is convex along it leads up both ways.
                    yield key, np.asarray(-gradient * (scale / largest), dtype=object)
        for _ in range(RANDOM_DIRECTIONS):
            drawn = np.empty(values[key].shape, dtype=object)
            for place in np.ndindex(*drawn.shape):
                drawn[place] = Fraction(rng.randrange(-1000, 1001), 1000) * scale
            drawn = _tangential(step.symbol, drawn)
            yield key, drawn
            yield key, np.asarray(-drawn, dtype=object)


def _scale(values: np.ndarray) -> Fraction:
    """How far a step of length one goes: the least size of an entry that is not zero, or one."""
    sizes = [abs(v) for v in values.reshape(-1).tolist() if v]
    return min(sizes, default=Fraction(1))


def _gradient(objective: Formula, where: Any, at: Environment, key: Key, shape: tuple[int, ...]) -> np.ndarray | None:
    """The slopes at the proposed values as fractions close by; None where the objective has none there."""
    tag = balls.new_tag()

    def seeded(values: Any, place: tuple[int, ...]) -> Any:
        if isinstance(values, list):
            return [seeded(v, (*place, k)) for k, v in enumerate(values)]
        return Dual(values, {place: balls.ONE}, tag)

    try:
        value: Ball = evaluate(objective, where, at.with_values({key: seeded(at.values[key], ())}))
        slopes = value.tangents if isinstance(value, Dual) and value.tag == tag else {}
        gradient = np.full(shape, Fraction(0), dtype=object)
        for place in np.ndindex(*shape):
            gradient[place] = _fraction(balls.ball(slopes[place])) if place in slopes else Fraction(0)
    except (Undefined, OutOfRange):
        return None
    return gradient


def _tangential(symbol: Symbol, direction: np.ndarray) -> np.ndarray:
    """The part of a direction that stays on the simplex, among symmetric matrices, or among triangular ones."""
    if symbol.domain == "simplex":
        axis = len(symbol.family) - 1
        mean = direction.sum(axis=axis, keepdims=True) / max(1, direction.shape[axis])
        return np.asarray(direction - mean, dtype=object)
    if symbol.domain in ("spd", "sym"):
        return np.asarray((direction + np.swapaxes(direction, -1, -2)) / 2, dtype=object)
    return _lower_triangle(direction) if symbol.domain == "lower" else direction


def in_domain(symbol: Symbol, values: np.ndarray) -> bool:
    """Whether exact values lie in the domain of a symbol."""
    entries: list[Fraction] = values.reshape(-1).tolist()
    match symbol.domain:
        case "positive":
            return all(v > 0 for v in entries)
        case "nonnegative":
            return all(v >= 0 for v in entries)
        case "unit":
            return all(0 < v < 1 for v in entries)
        case "simplex":
            totals = np.asarray(values.sum(axis=len(symbol.family) - 1), dtype=object).reshape(-1).tolist()
            return all(v > 0 for v in entries) and all(t == 1 for t in totals)
        case "sym":
            return bool(np.all(values == np.swapaxes(values, -1, -2)))
        case "spd":
            return bool(np.all(values == np.swapaxes(values, -1, -2))) and _is_definite(values)
        case "lower":
            size = values.shape[-1]
            above = any(v != 0 for a in range(size) for v in values[..., a, a + 1 :].reshape(-1).tolist())
            return not above and all(v > 0 for v in np.diagonal(values, axis1=-2, axis2=-1).reshape(-1).tolist())
        case "real":
            return True
        case _:
            return False


def _is_definite(values: np.ndarray) -> bool:
    size = values.shape[-1]
    with balls.precision(BITS):
        return all(
            arb_mat([[balls.exact(values[(*family, a, b)]) for b in range(order)] for a in range(order)]).det() > 0
            for family in np.ndindex(*values.shape[:-2])
            for order in range(1, size + 1)
        )
