"""Points that solve an equation: Newton's method for one of its letters, and an interval Newton step that encloses the solution.

The step proves that there is a solution in the balls given. Rows of a system that depend on the others (a symmetric matrix
equation has its entries twice, say) are only seen to vanish to many digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from flint import arb, arb_mat

from checks import balls
from checks.balls import Ball, Dual, Undefined
from checks.enclosure import Environment, OutOfRange, Value, assignments, decimal, environment, evaluate, flat, in_order
from checks.points import Key, Point, symbols_of
from derive.errors import DeriveError
from derive.formula import Formula, free_indices
from derive.symbols import INTEGERS, SUMS_TO_ONE, Index, Symbol

BITS = 320
MOST_UNKNOWNS = 24
MOST_EQUATIONS = 64
MOST_STEPS = 24
STARTS = (Fraction(1), Fraction(-1), Fraction(1, 50), Fraction(9))
ENCLOSED = Fraction(1, 10**40)
"""How near to zero the rows that the step did not use must be."""
TOLD_APART = Fraction(1, 10**30)

_ORDER = {"param": 0, "latent": 1, "const": 1, "frozen": 2, "data": 3, "current": 4}
Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution: the values of the solved letter enclosed in balls, and near by as fractions."""

    symbol: Symbol
    surroundings: Environment
    near: Point


@dataclass(frozen=True, slots=True)
class Seen:
    """What the second equation is at a solution; the place is given where it certainly does not vanish."""

    outcome: Literal["vanishes", "differs", "undefined", "unclear"]
    assignment: Mapping[Index, int]
    entry: Place
    value: str
    certain: bool = False
    """Whether what is undefined is so at any precision."""


def letters(equation: Formula) -> tuple[tuple[Symbol, ...], tuple[Symbol, ...]]:
    """What an equation may be solved for: parameters and constants, and then (where those do not help) weights and data."""
    found = sorted((s for s in symbols_of(equation) if s.domain not in INTEGERS), key=lambda s: (_ORDER.get(s.role, 5), s.name))
    first = tuple(s for s in found if _ORDER.get(s.role, 5) < 2)
    return first, tuple(s for s in found if s not in first)


def solutions(
    equation: Formula, point: Point, symbol: Symbol, *, first: bool = False, most: int = MOST_UNKNOWNS
) -> Iterator[Solution]:
    """Solutions of ``equation = 0`` (for all values of its free indices together) near a point, in the letter's domain.

    With ``first`` no more are looked for once there is one; a letter of more than ``most`` unknowns is not solved for.
    """
    with balls.precision(BITS):
        try:
            system = _System(equation, point, symbol, most)
        except (Undefined, OutOfRange, DeriveError):
            return
        seen: list[tuple[arb, ...]] = []
        for start in STARTS:
            if start < 0 and symbol.domain != "real":
                continue
            try:
                solved = system.solve(start)
            except (Undefined, OutOfRange, ZeroDivisionError):
                continue
            if solved is not None and not any(all(a.overlaps(b) for a, b in zip(solved, old, strict=True)) for old in seen):
                seen.append(solved)
                yield system.solution(solved)
                if first:
                    return


def value_at(formula: Formula, solution: Solution) -> Seen:
    """Whether a formula vanishes at a solution, for all its free indices and entries."""
    unclear: Seen | None = None
    undefined: Seen | None = None
    indices = in_order(free_indices(formula))
    with balls.precision(BITS):
        for where in assignments(indices, solution.near.sizes):
            try:
                value = evaluate(formula, where, solution.surroundings)
            except OutOfRange:
                return Seen("undefined", where, (), "")
            except Undefined as nowhere:
                undefined = Seen("undefined", where, (), "", nowhere.certain)
                continue
            for place, entry in flat(value):
                found = balls.ball(entry)
                if found.is_finite() and not found.contains(0) and found.abs_lower() > balls.exact(TOLD_APART):
                    return Seen("differs", where, place, decimal(found))
                if not (found.is_finite() and found.abs_upper() < balls.exact(TOLD_APART)):
                    unclear = Seen("unclear", where, place, "")
    return undefined or unclear or Seen("vanishes", {}, (), "0")


class _System:
    """The equations at all indices and entries, as functions of the entries of a letter."""

    def __init__(self, equation: Formula, point: Point, symbol: Symbol, most: int) -> None:
        if symbol.domain == "lower":
            raise Undefined("an equation is not solved for a triangular matrix", certain=False)
        self.equation, self.point, self.symbol = equation, point, symbol
        self.key: Key = (symbol.name, symbol.role)
        self.base = environment(point)
        self.shape = point.values[self.key].shape
        self.wheres = list(assignments(in_order(free_indices(equation)), point.sizes))
        self.groups = self._groups()
        at = [balls.exact(Fraction(point.values[self.key][places[0]])) for places in self.groups]
        values, slopes = self.slopes(at)
        self.rows, self.columns = _pivots(slopes)
        if not self.columns or len(self.columns) > most or len(values) > MOST_EQUATIONS:
            raise Undefined("the equation cannot be solved for this letter", certain=False)

    def _groups(self) -> list[list[Place]]:
        """The places of each unknown: a symmetric matrix has two for one off the diagonal."""
        symmetric = self.symbol.domain in ("spd", "sym")
        found: dict[Place, list[Place]] = {}
        for place in np.ndindex(*self.shape):
            name = (*place[:-2], *sorted(place[-2:])) if symmetric else place
            found.setdefault(name, []).append(place)
        return list(found.values())

    def surroundings(self, unknowns: Sequence[Ball]) -> Environment:
        table: dict[Place, Ball] = {p: u for places, u in zip(self.groups, unknowns, strict=True) for p in places}
        return self.base.with_values({self.key: _nested(table, self.shape)})

    def values(self, unknowns: Sequence[Ball]) -> list[Ball]:
        env = self.surroundings(unknowns)
        return [entry for where in self.wheres for _, entry in flat(evaluate(self.equation, where, env))]

    def slopes(self, at: Sequence[arb], moving: Sequence[int] | None = None) -> tuple[list[arb], list[list[arb]]]:
        """The values and their derivatives by the unknowns (those of ``moving``)."""
        moving = range(len(at)) if moving is None else moving
        tag = balls.new_tag()
        seeded: list[Ball] = [Dual(x, {n: balls.ONE}, tag) if n in moving else x for n, x in enumerate(at)]
        found = self.values(seeded)
        table = [[_tangent(v, n, tag) for n in moving] for v in found]
        return [balls.ball(v) for v in found], table

    def solve(self, start: Fraction) -> tuple[arb, ...] | None:
        """All unknowns, those solved for enclosed; None where Newton's method does not arrive or the domain is left."""
        first = self.point.values[self.key]
        scaled = set(self.columns)
        at = [balls.exact(Fraction(first[p[0]]) * (start if n in scaled else 1)) for n, p in enumerate(self.groups)]
        steps = 0
        while True:
            values, slopes = self.slopes(at, self.columns)
            step = _solve([slopes[r] for r in self.rows], [values[r] for r in self.rows])
            at = self._moved(at, step)
            if max(float(abs(s).mid()) for s in step) < 1e-45:
                break
            steps += 1
            if steps > MOST_STEPS:
                return None
        return self._enclosed(at)

    def _moved(self, at: list[arb], step: list[arb]) -> list[arb]:
        length = Fraction(1)
        for _ in range(30):
            there = list(at)
            for n, s in zip(self.columns, step, strict=True):
                there[n] = (at[n] - s * balls.exact(length)).mid()
            if self._near_domain(there):
                return there
            length /= 2
        return at

    def _near_domain(self, at: Sequence[arb]) -> bool:
        if self.symbol.domain in ("positive", "nonnegative", "unit", "simplex"):
            return all(x > 0 for x in at) and (self.symbol.domain != "unit" or all(x < 1 for x in at))
        return self.symbol.domain != "spd" or self._is_definite(at)

    def _enclosed(self, at: list[arb]) -> tuple[arb, ...] | None:
        """An interval Newton step: there is a solution in the balls when the step leads strictly inside them."""
        radius = balls.exact(Fraction(1, 10**42))
        wide = [x + arb(0, float(10**-42)) if n in self.columns else x for n, x in enumerate(at)]
        values, _ = self.slopes(at, self.columns)
        _, slopes = self.slopes(wide, self.columns)
        step = _solve([slopes[r] for r in self.rows], [values[r] for r in self.rows])
        if not all(s.abs_upper() < radius / 2 for s in step):
            return None
        solved = list(at)
        for n, s in zip(self.columns, step, strict=True):
            solved[n] = at[n] - s
        solved = self._rescaled(solved)
        left = [balls.ball(v) for v in self.values(solved)]
        if not all(v.is_finite() and v.contains(0) and v.abs_upper() < balls.exact(ENCLOSED) for v in left):
            return None
        return tuple(solved) if self._in_domain(solved) else None

    def _rescaled(self, solved: list[arb]) -> list[arb]:
        """Weights of which some were solved for: the others are scaled so that all sum to one again."""
        if self.symbol.domain not in SUMS_TO_ONE:
            return solved
        axis = len(self.symbol.family) - 1
        lines: dict[Place, list[int]] = {}
        for n, places in enumerate(self.groups):
            lines.setdefault(places[0][:axis] + places[0][axis + 1 :], []).append(n)
        out = list(solved)
        for line in lines.values():
            fixed = [n for n in line if n in self.columns]
            rest = [n for n in line if n not in self.columns]
            if fixed and rest:
                room = 1 - sum((solved[n] for n in fixed), arb(0))
                total = sum((solved[n] for n in rest), arb(0))
                for n in rest:
                    out[n] = solved[n] * room / total
        return out

    def _in_domain(self, at: Sequence[arb]) -> bool:
        if not self._near_domain(at):
            return False
        if self.symbol.domain not in SUMS_TO_ONE:
            return True
        table = np.empty(self.shape, dtype=object)
        for places, x in zip(self.groups, at, strict=True):
            table[places[0]] = x
        axis = len(self.symbol.family) - 1
        return all((t - 1).abs_upper() < balls.exact(ENCLOSED) for t in np.asarray(table.sum(axis=axis)).reshape(-1).tolist())

    def _is_definite(self, at: Sequence[arb]) -> bool:
        table = {p: x for places, x in zip(self.groups, at, strict=True) for p in places}
        size = self.shape[-1]
        return all(
            arb_mat([[table[(*family, a, b)] for b in range(order)] for a in range(order)]).det() > 0
            for family in np.ndindex(*self.shape[:-2])
            for order in range(1, size + 1)
        )

    def solution(self, solved: tuple[arb, ...]) -> Solution:
        near = self.point.values[self.key].copy()
        for places, x in zip(self.groups, solved, strict=True):
            for place in places:
                near[place] = _fraction(x)
        point = Point(self.point.sizes, {**self.point.values, self.key: near})
        return Solution(self.symbol, self.surroundings(solved), point)


def _tangent(value: Ball, unknown: int, tag: int) -> arb:
    return balls.ball(value.tangents.get(unknown, balls.ZERO)) if isinstance(value, Dual) and value.tag == tag else arb(0)


def _nested(table: Mapping[Place, Ball], shape: Place, place: Place = ()) -> Value:
    if len(place) == len(shape):
        return table[place]
    return [_nested(table, shape, (*place, k)) for k in range(shape[len(place)])]


def _fraction(x: arb) -> Fraction:
    """A simple fraction inside the ball where there is one, else its midpoint to 40 digits."""
    decimals = Fraction(x.mid().str(60, radius=False))
    simple = decimals.limit_denominator(10**9)
    rounded = Fraction(x.mid().str(40, radius=False))
    return simple if (x - balls.exact(simple)).abs_upper() < balls.exact(ENCLOSED) else rounded


def _solve(matrix: list[list[arb]], right: list[arb]) -> list[arb]:
    """A linear system in balls: the solutions of every system in them."""
    found = arb_mat(matrix).solve(arb_mat([[x] for x in right]))
    return [found[k, 0] for k in range(len(right))]


def _pivots(matrix: list[list[arb]]) -> tuple[list[int], list[int]]:
    """Rows and columns of a regular part of a matrix that is as large as can be, by elimination with full pivoting."""
    table = np.array([[float(x.mid()) for x in row] for row in matrix], dtype=float)
    rows: list[int] = []
    columns: list[int] = []
    scale = float(np.max(np.abs(table), initial=0.0))
    while scale > 0 and len(rows) < min(table.shape):
        row, column = (int(k) for k in np.unravel_index(int(np.argmax(np.abs(table))), table.shape))
        if not np.abs(table[row, column]) > 1e-10 * scale:
            break
        rows.append(row)
        columns.append(column)
        table = table - np.outer(table[:, column], table[row, :]) / table[row, column]
        table[row, :] = 0.0
        table[:, column] = 0.0
    return rows, columns
