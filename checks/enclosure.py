"""Evaluates formulas at exact points in balls, and decides whether two sides certainly differ.

Nothing here is shared with the proof kernel or with JAX: indices are looped over, matrices inverted by elimination, derivatives
taken by dual numbers.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import flint
import numpy as np
from flint import arb

from checks import balls
from checks.balls import Ball, Dual, Undefined
from checks.points import Coefficients, Draw, Key, Point, coefficients, length, measure
from derive import formula as f
from derive.errors import LimitError, ShapeError, UnsupportedError
from derive.formula import Formula
from derive.symbols import INTEGERS, Index, IndexLike, Range, Symbol

BITS = 256
MOST_BITS = 2048
FINE_BITS = 4096
"""With so many bits one looks again where two sides agree for no known reason: 1 + e^{-500} is not 1."""
MOST_FINE_BITS = 100_000
AGREEMENT = Fraction(1, 10**60)
"""Two sides agree when their difference is enclosed below this, relative to their size or 1.

Twice as many digits as are promised: where digits cancel, a smaller enclosure is asked for before two sides are called equal.
"""
MOST_ASSIGNMENTS = 20_000
MOST_KEPT = 20_000
"""How many values are remembered at a point, before it is begun anew."""
MOST_WORK = 5_000_000
"""Nodes to be evaluated for one comparison, roughly; more are refused beforehand."""

Value = Any
"""A ball, a list of balls (a vector or a row), or a list of lists (a matrix)."""
Where = Mapping[Index, int]


@dataclass(eq=False, slots=True)
class Environment:
    """Values for symbols, as nested lists of balls; ``at_current`` reads every free parameter at theta_t.

    ``outside`` has the same values but for those of ``changed``: what mentions none of these is remembered there.
    """

    sizes: Mapping[str, int]
    values: Mapping[Key, Value]
    at_current: bool = False
    draw: Draw = (0, 0)
    memo: dict[object, Value] = field(default_factory=dict[object, Value])
    outside: Environment | None = None
    changed: frozenset[Key] = frozenset()
    kept: list[int] = field(default_factory=lambda: [0])
    """How many values are remembered here, and in all environments that are made out of this one."""

    def with_values(self, changes: Mapping[Key, Value]) -> Environment:
        return self._made({**self.values, **changes}, self.at_current, self, frozenset(changes))

    def at_equal(self) -> Environment:
        """Where every theta_t has the value of theta."""
        known = self.memo.get("equal")
        if known is None:
            values = dict(self.values)
            for name, role in self.values:
                if role == "current" and (name, "param") in self.values:
                    values[name, role] = self.values[name, "param"]
                elif role == "current":
                    del values[name, role]  # theta has no value, so theta_t has none here either
            changed = frozenset(key for key in self.values if key[1] == "current")
            known = self.memo["equal"] = self._made(values, self.at_current, self, changed)
        return known

    def _made(
        self, values: Mapping[Key, Value], at_current: bool, outside: Environment | None, changed: frozenset[Key]
    ) -> Environment:
        return Environment(self.sizes, values, at_current, self.draw, outside=outside, changed=changed, kept=self.kept)

    def keep(self, key: object, value: Value) -> Value:
        self.memo[key] = value
        self.kept[0] += 1
        return value

    def home(self, node: Formula) -> Environment:
        """The outermost environment in which a formula has the value that it has here."""
        found = self
        read = f.at_current(f.depends_on(node)) if self.at_current else f.depends_on(node)
        while found.outside is not None and found.changed.isdisjoint(read):
            found = found.outside
        return found

    def moved_to_current(self) -> Environment:
        if self.at_current:
            return self
        known = self.memo.get("current")
        if known is None:
            outside = self.outside.moved_to_current() if self.outside is not None else None
            known = self.memo["current"] = self._made(self.values, True, outside, self.changed)
        return known

    def key(self, symbol: Symbol) -> Key:
        return (symbol.name, "current" if self.at_current and symbol.role == "param" else symbol.role)

    def span(self, r: Range) -> range:
        return range(r.lower, self.sizes[r.upper.name] + 1)

    def count(self, size: Any) -> int:
        return self.sizes[size.name]


def environment(point: Point) -> Environment:
    """The point's values as balls of the current precision, with what was evaluated at them before."""
    bits = flint.ctx.prec
    point = point.whole or point
    known = point.environments.get(bits)
    if known is None or known.kept[0] > MOST_KEPT:
        values = {key: _balls(value) for key, value in point.values.items()}
        known = point.environments[bits] = Environment(point.sizes, values, draw=point.draw)
    return known


def _balls(values: Any) -> Value:
    if isinstance(values, np.ndarray):
        return _balls(values.tolist()) if values.ndim else balls.exact(values.item())
    return [_balls(value) for value in values] if isinstance(values, list) else balls.exact(values)


# Evaluation.


def evaluate(node: Formula, where: Where, env: Environment) -> Value:
    """The value of a formula at given indices.

    Raises:
        Undefined: a part has no value, or may have none at this precision.
        UnsupportedError: a part cannot be evaluated; it is named.
    """
    method = _EVALUATORS.get(type(node))
    if method is None:
        raise UnsupportedError(f"no enclosure is known for {type(node).__name__}")
    if type(node) in _KEPT:
        return _remembered(node, where, env, method)
    return method(node, where, env)


def _position(index: IndexLike, where: Where) -> int:
    if isinstance(index, int):
        return index
    place = where.get(index)
    if place is None:
        raise UnsupportedError(f"an index without a value: {index.name}")
    return place


def _pick(value: Value, places: Sequence[int], ranges: Sequence[Range]) -> Value:
    for place, r in zip(places, ranges, strict=True):
        position = place - r.lower
        if not 0 <= position < len(value):
            raise OutOfRange(f"an index out of range: {place}, expected at most {len(value) + r.lower - 1}")
        value = value[position]
    return value


NO_FACTORIAL = "a factorial of a negative number"


class OutOfRange(Exception):
    """A literal index that these sizes do not have: the sizes are not admissible."""


def _value_of(symbol: Symbol, env: Environment) -> Value:
    key = env.key(symbol)
    if key not in env.values:
        raise UnsupportedError(f"a symbol without a value: {key[0]} ({key[1]})")
    return env.values[key]


def _reference(node: f.Reference, where: Where, env: Environment) -> Value:
    return _pick(_value_of(node.symbol, env), [_position(i, where) for i in node.indices], node.symbol.family)


def _each(value: Value, other: Value, operation: Any) -> Value:
    if isinstance(value, list):
        return [_each(a, b, operation) for a, b in zip(value, other, strict=True)]
    return operation(value, other)


def _map(value: Value, operation: Any) -> Value:
    return [_map(part, operation) for part in value] if isinstance(value, list) else operation(value)


def _add(node: f.Add, where: Where, env: Environment) -> Value:
    total = evaluate(node.terms[0], where, env)
    for term in node.terms[1:]:
        total = _each(total, evaluate(term, where, env), balls.plus)
    return total


def _multiply(node: f.Multiply, where: Where, env: Environment) -> Value:
    scalar: Ball = balls.ONE
    tensor: Value = None
    for factor in node.factors:
        value = evaluate(factor, where, env)
        if factor.shape == ():
            scalar = balls.multiply(scalar, value)
        else:
            tensor = value
    return scalar if tensor is None else _scaled(tensor, scalar)


def _divide(node: f.Divide, where: Where, env: Environment) -> Value:
    below = balls.inverse(evaluate(node.denominator, where, env))
    return _scaled(evaluate(node.numerator, where, env), below)


def _scaled(value: Value, factor: Ball) -> Value:
    def times(entry: Ball) -> Ball:
        return balls.multiply(factor, entry)

    return _map(value, times)


def _power(node: f.Power, where: Where, env: Environment) -> Value:
    base = evaluate(node.base, where, env)
    exponent = _rational(node.exponent, where, env)
    if exponent is not None:
        return balls.power(base, exponent)
    power = evaluate(node.exponent, where, env)
    if isinstance(base, arb) and isinstance(power, arb) and base == 0 and power > 0:
        return base
    return balls.exp(balls.multiply(power, balls.log(base)))


def _rational(node: Formula, where: Where, env: Environment) -> Fraction | None:
    """The exact value of an exponent made of numbers and sizes: it may be whole, and then the base may be negative."""
    if isinstance(node, f.Number):
        return node.value
    if isinstance(node, f.SizeNumber):
        return Fraction(env.count(node.size))
    if isinstance(node, f.Delta):
        return Fraction(_same(node, where, env))
    if isinstance(node, f.Reference) and node.symbol.domain in INTEGERS:
        value = _reference(node, where, env)
        whole = None if isinstance(value, Dual) else value.unique_fmpz()
        return None if whole is None else Fraction(int(whole))  # solved for, a letter may stand at what is no integer
    if isinstance(node, (f.Add, f.Multiply, f.Divide)):
        parts = [_rational(child, where, env) for child in node.children]
        if any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        if isinstance(node, f.Divide):
            return known[0] / known[1] if known[1] else None
        return sum(known, Fraction(0)) if isinstance(node, f.Add) else math.prod(known, start=Fraction(1))
    return None


def _function(node: f.Function, where: Where, env: Environment) -> Value:
    if len(node.arguments) != 1:
        raise UnsupportedError(f"no enclosure is known for the function {node.name} of {len(node.arguments)} arguments")
    try:
        return balls.function(node.name, evaluate(node.arguments[0], where, env))
    except Undefined as undefined:
        if undefined.certain and node.name == "gamma":
            # A factorial of a negative number: n! / (3! (n - 3)!) is not meant for two things of which three are chosen.
            raise OutOfRange(NO_FACTORIAL) from undefined
        raise


def _sum(node: f.Sum, where: Where, env: Environment) -> Value:
    total: Value = None
    weights = _weights(node.index.range, env)
    for value in env.span(node.index.range):
        term = evaluate(node.body, {**where, node.index: value}, env)
        if weights is not None:
            term = _scaled(term, balls.exact(weights[value - 1]))
        total = term if total is None else _each(total, term, balls.plus)
    return _zeros(node.shape, env) if total is None else total


def _weights(r: Range, env: Environment) -> Sequence[Fraction] | None:
    """By what the terms of a sum are weighted where it stands for an integral."""
    return measure(r, len(env.span(r)), env.draw) if r.abstract else None


def _apply(node: f.Apply, where: Where, env: Environment) -> Value:
    function = node.function
    places = tuple(_position(index, where) for index in node.indices)
    for place, r in zip(places, function.family, strict=True):
        if place not in env.span(r):
            raise OutOfRange(f"an index out of range: {place} in {function.name}")
    values = [entry for argument in node.arguments for entry in _entries_of(evaluate(argument, where, env))]

    def at(own: tuple[int, ...]) -> Ball:
        raw = _smooth(coefficients(function.name, own, len(values), env.draw), values)
        if function.domain == "positive":
            return balls.exp(raw)
        if function.domain == "nonnegative":
            return balls.multiply(raw, raw)
        if function.domain == "unit":
            return balls.inverse(balls.plus(balls.ONE, balls.exp(balls.negative(raw))))
        return raw

    over = function.normalised_over
    if over is None:
        return at(places)
    weights = _weights(function.family[over], env)
    total: Ball = balls.ZERO
    for other in env.span(function.family[over]):
        value = at((*places[:over], other, *places[over + 1 :]))
        total = balls.plus(total, value if weights is None else balls.multiply(balls.exact(weights[other - 1]), value))
    return balls.multiply(at(places), balls.inverse(total))


def _entries_of(value: Value) -> list[Ball]:
    return [entry for part in value for entry in _entries_of(part)] if isinstance(value, list) else [value]


def _smooth(known: Coefficients, t: Sequence[Ball]) -> Ball:
    total: Ball = balls.exact(known.constant)
    rate: Ball = balls.ZERO
    for a, value in enumerate(t):
        total = balls.plus(total, balls.multiply(balls.exact(known.linear[a]), value))
        rate = balls.plus(rate, balls.multiply(balls.exact(known.rate[a]), value))
    for (a, b), factor in known.quadratic.items():
        total = balls.plus(total, balls.multiply(balls.exact(factor), balls.multiply(t[a], t[b])))
    return balls.plus(total, balls.multiply(balls.exact(known.weight), balls.exp(rate)))


def _zeros(shape: f.Shape, env: Environment) -> Value:
    sizes = [env.count(size) for size in shape if size is not None]
    if not sizes:
        return balls.ZERO
    return [balls.ZERO if len(sizes) == 1 else [balls.ZERO] * sizes[1] for _ in range(sizes[0])]


def _product(node: f.Product, where: Where, env: Environment) -> Value:
    total: Ball = balls.ONE
    for value in env.span(node.index.range):
        total = balls.multiply(total, evaluate(node.body, {**where, node.index: value}, env))
    return total


def _table(node: Formula, where: Where, env: Environment) -> list[list[Ball]]:
    """Any value as a matrix: a column has one column, a row one row."""
    value = evaluate(node, where, env)
    rows, columns = f.rows_and_columns(node)
    if rows is None:
        return [[value]] if columns is None else [value]
    return [[entry] for entry in value] if columns is None else value


def _untable(table: list[list[Ball]], node: Formula) -> Value:
    rows, columns = f.rows_and_columns(node)
    if rows is None:
        return table[0][0] if columns is None else table[0]
    return [row[0] for row in table] if columns is None else table


def _matrix_product(node: f.MatrixProduct, where: Where, env: Environment) -> Value:
    result = _table(node.factors[0], where, env)
    for factor in node.factors[1:]:
        other = _table(factor, where, env)
        result = [[_dot(row, [line[c] for line in other]) for c in range(len(other[0]))] for row in result]
    return _untable(result, node)


def _dot(row: Sequence[Ball], column: Sequence[Ball]) -> Ball:
    total: Ball = balls.ZERO
    for a, b in zip(row, column, strict=True):
        total = balls.plus(total, balls.multiply(a, b))
    return total


def _transpose(node: f.Transpose, where: Where, env: Environment) -> Value:
    table = _table(node.argument, where, env)
    return _untable([list(line) for line in zip(*table, strict=True)], node)


def _eliminated(table: list[list[Ball]], right: list[list[Ball]]) -> tuple[Ball, list[list[Ball]]]:
    """The determinant of a matrix, and the solution of ``matrix X = right``, by elimination with certified pivots."""
    rows = [[*left, *extra] for left, extra in zip(table, right, strict=True)]
    size = len(rows)
    determinant: Ball = balls.ONE
    for column in range(size):
        pivot = max(range(column, size), key=lambda r: float(balls.ball(rows[r][column]).abs_lower()))
        if balls.ball(rows[pivot][column]).contains(0):
            nothing_left = all(balls.ball(rows[r][column]).is_zero() for r in range(column, size))
            raise Undefined("the inverse of a singular matrix", certain=nothing_left)
        if pivot != column:
            rows[pivot], rows[column] = rows[column], rows[pivot]
            determinant = balls.negative(determinant)
        determinant = balls.multiply(determinant, rows[column][column])
        below = balls.inverse(rows[column][column])
        rows[column] = [balls.multiply(entry, below) for entry in rows[column]]
        for r in range(size):
            if r != column:
                factor = rows[r][column]
                rows[r] = [
                    balls.minus(entry, balls.multiply(factor, top)) for entry, top in zip(rows[r], rows[column], strict=True)
                ]
    return determinant, [row[size:] for row in rows]


def _unit(size: int) -> list[list[Ball]]:
    return [[balls.exact(int(a == b)) for b in range(size)] for a in range(size)]


def _inverse(node: f.Inverse, where: Where, env: Environment) -> Value:
    table = _table(node.argument, where, env)
    return _eliminated(table, _unit(len(table)))[1]


def _determinant(node: f.Determinant, where: Where, env: Environment) -> Value:
    return _determinant_of(_table(node.argument, where, env))


def _determinant_of(table: list[list[Ball]]) -> Ball:
    """By expansion where small (no pivots needed: a singular matrix has determinant zero), else by elimination."""
    size = len(table)
    if size > 4:
        try:
            return _eliminated(table, [[] for _ in table])[0]
        except Undefined as singular:
            # The determinant exists all the same (it is zero), and so does its slope.
            raise Undefined("the determinant of a matrix that may be singular", certain=False) from singular
    total: Ball = balls.ZERO
    for order in itertools.permutations(range(size)):
        inversions = sum(order[a] > order[b] for a in range(size) for b in range(a + 1, size))
        term: Ball = balls.exact(-1 if inversions % 2 else 1)
        for row, column in enumerate(order):
            term = balls.multiply(term, table[row][column])
        total = balls.plus(total, term)
    return total


def _remembered(node: Formula, where: Where, env: Environment, compute: Any) -> Value:
    """The value of a node, computed once for the indices that it depends on."""
    home = env.home(node)
    key = (node, _used(f.free_indices(node), where))
    known = home.memo.get(key)
    return home.keep(key, compute(node, where, home)) if known is None else known


def _used(indices: Iterable[Index], where: Where) -> frozenset[tuple[Index, int]]:
    """The values of the indices that a remembered value depends on; letters alone would confuse two ranges of one letter."""
    return frozenset((index, where[index]) for index in indices if index in where)


def _trace(node: f.Trace, where: Where, env: Environment) -> Value:
    table = _table(node.argument, where, env)
    total: Ball = balls.ZERO
    for a in range(len(table)):
        total = balls.plus(total, table[a][a])
    return total


def _identity(node: f.Identity, where: Where, env: Environment) -> Value:
    return _unit(env.count(node.size))


def _diagonal(node: f.Diagonal, where: Where, env: Environment) -> Value:
    vector = evaluate(node.argument, where, env)
    return [[entry if a == b else balls.ZERO for b in range(len(vector))] for a, entry in enumerate(vector)]


def _diagonal_part(node: f.DiagonalPart, where: Where, env: Environment) -> Value:
    table = evaluate(node.argument, where, env)
    return [table[a][a] for a in range(len(table))]


def _cholesky(node: f.Cholesky, where: Where, env: Environment) -> Value:
    table = _table(node.argument, where, env)
    size = len(table)
    if any(not balls.ball(balls.minus(table[a][b], table[b][a])).contains(0) for a in range(size) for b in range(a)):
        raise Undefined("the Cholesky factor of a matrix that is not symmetric", certain=True)
    root: list[list[Ball]] = [[balls.ZERO] * size for _ in range(size)]
    half = balls.exact(Fraction(1, 2))
    for a in range(size):
        for b in range(a + 1):
            # An entry above the diagonal moves the factor as much as the one below: each is half of their sum.
            left = table[a][b] if a == b else balls.multiply(half, balls.plus(table[a][b], table[b][a]))
            for c in range(b):
                left = balls.minus(left, balls.multiply(root[a][c], root[b][c]))
            if a == b and not balls.ball(left) > 0:
                known = balls.ball(left) <= 0
                raise Undefined("the Cholesky factor of a matrix that is not positive definite", certain=known)
            root[a][b] = balls.power(left, Fraction(1, 2)) if a == b else balls.multiply(left, balls.inverse(root[b][b]))
    return root


def _component(node: f.Component, where: Where, env: Environment) -> Value:
    whole = [Range(size) for size in node.argument.shape if size is not None]
    return _pick(evaluate(node.argument, where, env), [_position(i, where) for i in node.indices], whole)


def _named(node: f.Named, where: Where, env: Environment) -> Value:
    inner = (env.moved_to_current() if node.time == "current" else env).home(node.definition.body)
    places = tuple(_position(index, where) for index in node.indices)
    for place, index in zip(places, node.definition.indices, strict=True):
        if not index.range.lower <= place <= env.sizes[index.range.upper.name]:
            raise OutOfRange(f"an index out of range: {place} in {node.definition.name}")
    key = (node.definition, places)
    known = inner.memo.get(key)
    if known is None:
        scope = dict(zip(node.definition.indices, places, strict=True))
        known = inner.keep(key, evaluate(node.definition.body, scope, inner))
    return known


def _derivative(node: f.Derivative, where: Where, env: Environment) -> Value:
    symbol = node.by.symbol
    key = env.key(symbol)
    places = tuple(_position(index, where) for index in node.by.indices)
    for place, r in zip(places, symbol.family, strict=True):
        if place not in env.span(r):
            raise OutOfRange(f"an index out of range: {place} in {symbol.name}")
    components = list(itertools.product(*(range(env.count(size)) for size in symbol.shape)))

    # One environment for all that is differentiated by the symbol: what several have in common is evaluated once.
    if ("seeded", key) not in env.memo:
        fresh = balls.new_tag()
        seeded = _seeded(_value_of(symbol, env), (), fresh, tuple(r.lower for r in symbol.family))
        env.memo["seeded", key] = fresh, env.with_values({key: seeded})
    tag, moved = env.memo["seeded", key]
    remembered = (node.body, _used(f.free_indices(node.body), where))
    value = moved.memo.get(remembered)
    if value is None:
        value = moved.keep(remembered, evaluate(node.body, where, moved))

    def slope(entry: Ball, component: tuple[int, ...]) -> Ball:
        if isinstance(entry, Dual) and entry.tag == tag:
            return entry.tangents.get((*places, *component), balls.ZERO)
        return balls.ZERO

    def gradient(entry: Ball) -> Value:
        slopes = {component: slope(entry, component) for component in components}
        if len(symbol.shape) == 2:
            slopes = _under_convention(slopes, node.convention)
        sizes = [env.count(size) for size in symbol.shape]
        if not sizes:
            return slopes[()]
        if len(sizes) == 1:
            return [slopes[(a,)] for a in range(sizes[0])]
        return [[slopes[a, b] for b in range(sizes[1])] for a in range(sizes[0])]

    return _map(value, gradient)


def _under_convention(slopes: dict[tuple[int, ...], Ball], convention: str) -> dict[tuple[int, ...], Ball]:
    if convention == "entry":
        return slopes
    both = {(a, b): balls.plus(slopes[a, b], slopes[b, a]) for a, b in slopes}
    if convention == "frobenius":
        return {place: balls.multiply(balls.exact(Fraction(1, 2)), value) for place, value in both.items()}
    return {(a, b): slopes[a, b] if a == b else value for (a, b), value in both.items()}


def _seeded(values: Value, place: tuple[int, ...], tag: int, lowers: tuple[int, ...]) -> Value:
    """Values with a tangent of their own for each entry; family places count from the range's lower limit."""
    if isinstance(values, list):
        offset = lowers[len(place)] if len(place) < len(lowers) else 0
        return [_seeded(value, (*place, k + offset), tag, lowers) for k, value in enumerate(values)]
    return Dual(values, {place: balls.ONE}, tag)


def _at_equal(node: f.AtEqual, where: Where, env: Environment) -> Value:
    return evaluate(node.body, where, env.at_equal())


def _substitute(node: f.Substitute, where: Where, env: Environment) -> Value:
    # The replacement may use indices of its surroundings besides its formal ones.
    used = _used(f.free_indices(node.replacement) - frozenset(node.indices), where)
    key = ("substitute", node.symbol, node.indices, node.replacement, used)
    if key not in env.memo:
        spans = [env.span(r) for r in node.symbol.family]

        def table(chosen: tuple[int, ...]) -> Value:
            if len(chosen) == len(spans):
                return evaluate(node.replacement, {**where, **dict(zip(node.indices, chosen, strict=True))}, env)
            return [table((*chosen, value)) for value in spans[len(chosen)]]

        env.memo[key] = env.with_values({env.key(node.symbol): table(())})
    return evaluate(node.body, where, env.memo[key])


def _delta(node: f.Delta, where: Where, env: Environment) -> Value:
    return balls.exact(_same(node, where, env))


def _same(node: f.Delta, where: Where, env: Environment) -> int:
    """1 or 0; a literal must be among the values of the index that it is compared with, as in the ``mu_2`` it stands for."""
    for literal, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(literal, int) and isinstance(other, Index) and literal > env.count(other.range.upper):
            raise OutOfRange(f"an index out of range: {literal}, expected at most {env.count(other.range.upper)}")
    return int(_position(node.left, where) == _position(node.right, where))


def _number(node: f.Number, where: Where, env: Environment) -> Value:
    return balls.exact(node.value)


def _pi(node: f.Pi, where: Where, env: Environment) -> Value:
    return arb.pi()


def _size_number(node: f.SizeNumber, where: Where, env: Environment) -> Value:
    return balls.exact(env.count(node.size))


def _exp(node: f.Exp, where: Where, env: Environment) -> Value:
    return balls.exp(evaluate(node.argument, where, env))


def _log(node: f.Log, where: Where, env: Environment) -> Value:
    return balls.log(evaluate(node.argument, where, env))


_EVALUATORS: Mapping[type, Any] = {
    f.Number: _number,
    f.Pi: _pi,
    f.SizeNumber: _size_number,
    f.Reference: _reference,
    f.Add: _add,
    f.Multiply: _multiply,
    f.Divide: _divide,
    f.Power: _power,
    f.Exp: _exp,
    f.Log: _log,
    f.Function: _function,
    f.Apply: _apply,
    f.Delta: _delta,
    f.Sum: _sum,
    f.Product: _product,
    f.MatrixProduct: _matrix_product,
    f.Transpose: _transpose,
    f.Inverse: _inverse,
    f.Determinant: _determinant,
    f.Trace: _trace,
    f.Identity: _identity,
    f.Diagonal: _diagonal,
    f.DiagonalPart: _diagonal_part,
    f.Cholesky: _cholesky,
    f.Component: _component,
    f.Named: _named,
    f.Derivative: _derivative,
    f.AtEqual: _at_equal,
    f.Substitute: _substitute,
}

_KEPT = frozenset({f.Sum, f.Product, f.MatrixProduct, f.Inverse, f.Determinant, f.Cholesky, f.Function})
"""What is dear to evaluate, and stands alike on both sides of a claim, in its wrong variants and in other claims."""


# Whole formulas.


def enclose(node: Formula, point: Point, where: Where | None = None, bits: int = BITS) -> Value:
    """The value of a formula at a point and at given indices, in balls.

    Raises:
        Undefined: it has no value there, or may have none at this precision.
    """
    with balls.precision(bits):
        return evaluate(node, where or {}, environment(point))


def enclose_all(node: Formula, point: Point, axes: Sequence[Index], bits: int = BITS) -> np.ndarray:
    """The values of a formula for all values of its free indices as floats, all digits of which are certain.

    Shapes: the sizes of ``axes``, then the formula's own shape (a row has one axis).

    Raises:
        Undefined: a value does not exist, or is not known to float precision with the most bits allowed.
    """
    with balls.precision(bits):
        env = environment(point)
        spans = [env.span(index.range) for index in axes]
        values = [evaluate(node, dict(zip(axes, chosen, strict=True)), env) for chosen in itertools.product(*spans)]
        sharp = all(_is_sharp(balls.ball(entry)) for value in values for _, entry in flat(value))
        rows = [_map(value, _to_float) for value in values]
    if not sharp:
        if bits >= MOST_BITS:
            raise Undefined("a value that is not known to float precision", certain=False)
        return enclose_all(node, point, axes, 2 * bits)
    own = tuple(point.sizes[size.name] for size in node.shape if size is not None)
    return np.array(rows, dtype=np.float64).reshape((*(length(i.range, point.sizes) for i in axes), *own))


# Comparison.

Outcome = Literal["equal", "different", "one side undefined", "both undefined", "undecided", "not admissible"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two sides compare at a point, over all values of their free indices and all entries.

    For ``different`` and ``one side undefined`` the place is given: indices, entry (counted from 0), both sides as decimals.
    """

    outcome: Outcome
    reason: str = ""
    assignment: Mapping[Index, int] = field(default_factory=dict[Index, int])
    entry: tuple[int, ...] = ()
    left: str = ""
    right: str = ""
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Whether ``small <= large`` certainly holds, is violated, or cannot be decided."""

    outcome: Literal["holds", "equal", "violated", "undecided", "not admissible"]
    reason: str = ""
    assignment: Mapping[Index, int] = field(default_factory=dict[Index, int])
    entry: tuple[int, ...] = ()
    left: str = ""
    right: str = ""
    difference: str = ""


def assignments(indices: Sequence[Index], sizes: Mapping[str, int]) -> Iterator[dict[Index, int]]:
    """All values of the indices.

    Raises:
        LimitError: there are too many.
    """
    spans = [range(i.range.lower, sizes[i.range.upper.name] + 1) for i in indices]
    total = 1
    for span in spans:
        total *= len(span)
    if total > MOST_ASSIGNMENTS:
        raise LimitError(f"too many values of the free indices: {total}, limit={MOST_ASSIGNMENTS}")
    for chosen in itertools.product(*spans):
        yield dict(zip(indices, chosen, strict=True))


def compare(lhs: Formula, rhs: Formula, point: Point, *, other_point: Point | None = None, bits: int | None = None) -> Comparison:
    """Compare two sides at a point (the right side at ``other_point`` where one is given); precision grows as needed.

    Raises:
        ShapeError: the sides have different shapes (a scalar zero stands for a zero of any shape).
        LimitError: there is too much to evaluate.
    """
    require_comparable(lhs, rhs, point.sizes)
    bits = _bits_for(lhs, rhs) if bits is None else bits
    most = max(bits, MOST_BITS)
    while True:
        comparison = _compare(lhs, rhs, point, other_point or point, bits)
        if comparison.outcome != "undecided" or bits >= most:
            return comparison
        bits *= 2


def require_comparable(lhs: Formula, rhs: Formula, sizes: Mapping[str, int]) -> None:
    """See that two sides have one shape, and are not too much work to evaluate at these sizes."""
    if lhs.shape != rhs.shape and f.ZERO not in (lhs, rhs):
        raise ShapeError(f"two sides of different shapes: {f.dimensions(lhs.shape)} and {f.dimensions(rhs.shape)}")
    definitions: dict[f.Definition, int] = {}
    combinations = math.prod(length(index.range, sizes) for index in f.free_indices(lhs) | f.free_indices(rhs))
    needed = combinations * (_work(lhs, sizes, definitions) + _work(rhs, sizes, definitions))
    needed += sum(definitions.values())
    if needed > MOST_WORK:
        raise LimitError(f"too much to evaluate at generic sizes: {needed} operations, limit={MOST_WORK}")


def _work(node: Formula, sizes: Mapping[str, int], definitions: dict[f.Definition, int]) -> int:
    """About how many nodes are evaluated; what a definition stands for is remembered and counts once, in ``definitions``."""
    inner = 1 + sum(_work(child, sizes, definitions) for child in node.children)
    if isinstance(node, (f.Sum, f.Product)):
        return inner * max(1, length(node.index.range, sizes))
    if isinstance(node, f.Named) and node.definition not in definitions:
        definitions[node.definition] = 0
        uses = math.prod(max(1, length(index.range, sizes)) for index in node.definition.indices)
        definitions[node.definition] = uses * _work(node.definition.body, sizes, definitions)
    return inner


_fine = ContextVar("fine", default=False)


@contextlib.contextmanager
def finely() -> Generator[None]:
    """Comparisons inside look closer than usual."""
    token = _fine.set(True)
    try:
        yield
    finally:
        _fine.reset(token)


def _bits_for(*formulas: Formula) -> int:
    """Enough bits to see the numbers that are written, however small or large; to look ``finely``, powers and exponentials too.

    Raises:
        LimitError: numbers that are written lie too far apart.
    """
    numbers = [node.value for formula in formulas for node in f.walk(formula) if isinstance(node, f.Number)]
    bits = BITS + 2 * max((max(0, v.numerator.bit_length() - 64, v.denominator.bit_length() - 64) for v in numbers), default=0)
    if not _fine.get():
        return bits
    bits = max(bits, FINE_BITS + 2 * math.ceil(max(_span(formula) for formula in formulas)))
    if bits > MOST_FINE_BITS:
        raise LimitError(f"numbers too far apart to be told from one another: {bits} bits, limit={MOST_FINE_BITS}")
    return bits


def _span(node: Formula) -> float:
    """About the logarithm to the base 2 of the largest or smallest number that is written in a formula, by its powers too."""
    if isinstance(node, f.Number):
        return max(abs(node.value.numerator), node.value.denominator).bit_length()
    if isinstance(node, f.Named):
        return _span(node.definition.body)
    inner = [_span(child) for child in node.children]
    if isinstance(node, f.Power):
        return max(inner[0] * max(1.0, _size(node.exponent)), inner[1])
    if isinstance(node, f.Exp):
        return max(1.5 * _size(node.argument), inner[0])
    if isinstance(node, f.Function):
        return max(sum(inner), *(abs(size) * math.log2(size + 2) for a in node.arguments if (size := _size(a)) > 64), 0.0)
    if isinstance(node, (f.Multiply, f.Divide)):
        return sum(inner)
    return max(inner, default=0.0)


def _size(node: Formula) -> float:
    """About the absolute value of a number that is written out; what has letters in it counts as 1."""
    if isinstance(node, f.Number):
        return min(abs(float(node.value)), 1e9) if abs(node.value) < 10**300 else 1e9
    if isinstance(node, (f.Add, f.Multiply)):
        sizes = [_size(child) for child in node.children]
        return min(sum(sizes) if isinstance(node, f.Add) else math.prod(sizes), 1e9)
    if isinstance(node, f.Exp):
        return math.exp(min(_size(node.argument), 20.0))
    if isinstance(node, f.Power):
        return min(max(_size(node.base), 1.0) ** min(_size(node.exponent), 30.0), 1e9)
    return 1.0


def in_order(indices: Iterable[Index]) -> list[Index]:
    """Indices in an order that does not depend on how a set happens to be laid out."""
    return sorted(indices, key=lambda index: (index.name, index.range.upper.name, index.range.lower))


def _compare(lhs: Formula, rhs: Formula, point: Point, other: Point, bits: int) -> Comparison:
    indices = in_order(f.free_indices(lhs) | f.free_indices(rhs))
    undecided: Comparison | None = None
    undefined = 0
    count = 0
    with balls.precision(bits):
        left_env = environment(point)
        right_env = left_env if other is point else environment(other)
        for where in assignments(indices, point.sizes):
            count += 1
            try:
                left, right = _side(lhs, where, left_env), _side(rhs, where, right_env)
            except OutOfRange as out:
                return Comparison("not admissible", str(out))
            if isinstance(left, Undefined) and isinstance(right, Undefined):
                undefined += 1
                if not (left.certain and right.certain):
                    undecided = undecided or Comparison("undecided", f"not certain to be defined: {left}", where)
                continue
            if isinstance(left, Undefined) or isinstance(right, Undefined):
                failed = left if isinstance(left, Undefined) else right
                other_side = right if failed is left else left
                if failed.certain and all(balls.ball(entry).is_finite() for _, entry in flat(other_side)):
                    side = "left" if failed is left else "right"
                    return Comparison("one side undefined", f"the {side} side: {failed}", where, (), *_shown(left, right))
                undecided = undecided or Comparison("undecided", f"not certain to be defined: {failed}", where)
                continue
            found = _entries(left, right, where)
            if found.outcome == "different":
                return found
            if found.outcome == "undecided":
                undecided = undecided or found
    if not count:
        return Comparison("not admissible", "the free indices have no values at these sizes")
    if undecided is not None:
        return undecided
    if undefined == count:
        return Comparison("both undefined", "neither side is defined at this point")
    if undefined:
        return Comparison("undecided", "for some values of the indices neither side is defined")
    return Comparison("equal")


def _side(node: Formula, where: Where, env: Environment) -> Value | Undefined:
    try:
        return evaluate(node, where, env)
    except Undefined as undefined:
        return undefined


def _shown(left: Value | Undefined, right: Value | Undefined) -> tuple[str, str]:
    def text(side: Value | Undefined) -> str:
        if isinstance(side, Undefined):
            return "undefined"
        return "a vector or matrix" if isinstance(side, list) else decimal(side)

    return text(left), text(right)


def flat(value: Value, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Ball]]:
    """The entries of a value with their places."""
    if isinstance(value, list):
        for k, part in enumerate(value):
            yield from flat(part, (*place, k))
    else:
        yield place, value


def _entries(left: Value, right: Value, where: Where) -> Comparison:
    for place, a, b in _pairs(left, right):
        gap = a - b
        if not (a.is_finite() and b.is_finite()):
            return Comparison("undecided", "a value is not finite", where, place)
        if not gap.contains(0):
            return Comparison("different", "", where, place, *_told_apart(a, b), decimal(gap))
        if not _small(gap, a, b):
            return Comparison("undecided", "the enclosure of the difference is too wide", where, place)
    return Comparison("equal")


def _pairs(left: Value, right: Value) -> Iterator[tuple[tuple[int, ...], arb, arb]]:
    """Entries that belong together; a scalar on one side (a zero of any shape) stands beside every entry of the other."""
    lefts, rights = dict(flat(left)), dict(flat(right))
    for place in lefts if isinstance(left, list) else rights:
        a = lefts[place] if place in lefts else lefts[()]
        b = rights[place] if place in rights else rights[()]
        yield place, balls.ball(a), balls.ball(b)


def _is_sharp(value: arb) -> bool:
    return bool(value.rad() < balls.exact(Fraction(1, 10**18)) * arb(1).max(value.abs_upper()))


def _to_float(value: Ball) -> float:
    return float(balls.ball(value).mid())


def _small(gap: arb, a: arb, b: arb) -> bool:
    scale = arb(1).max(a.abs_upper()).max(b.abs_upper())
    return bool(gap.abs_upper() < balls.exact(AGREEMENT) * scale)


def _told_apart(a: arb, b: arb) -> tuple[str, str]:
    """Two different numbers as decimals with enough digits to see the difference."""
    for digits in (12, 24, 48, 96):
        left, right = decimal(a, digits), decimal(b, digits)
        if left != right:
            break
    return left, right


def decimal(value: Ball, digits: int = 12) -> str:
    """A ball as a decimal number with as many certain digits."""
    return balls.ball(value).str(digits, radius=False)


EQUAL_SIDES = "the two sides are equal, certainly, and the bound is strict"


def compare_order(small: Formula, large: Formula, point: Point, *, strict: bool = False, bits: int | None = None) -> Order:
    """Whether ``small <= large`` at a point, for all values of the free indices and all entries; certified.

    A ``strict`` bound is violated where the difference is zero, certainly; where it is tiny it is only "equal".

    Raises:
        ShapeError, LimitError: as in ``compare``.
    """
    require_comparable(small, large, point.sizes)
    bits = _bits_for(small, large) if bits is None else bits
    most = max(bits, MOST_BITS)
    while True:
        order = _compare_order(small, large, point, bits, strict)
        if order.outcome != "undecided" or bits >= most:
            return order
        bits *= 2


def _compare_order(small: Formula, large: Formula, point: Point, bits: int, strict: bool) -> Order:
    indices = in_order(f.free_indices(small) | f.free_indices(large))
    undecided: Order | None = None
    apart = False
    count = 0
    with balls.precision(bits):
        env = environment(point)
        for where in assignments(indices, point.sizes):
            count += 1
            try:
                left, right = evaluate(small, where, env), evaluate(large, where, env)
            except OutOfRange as out:
                return Order("not admissible", str(out))
            except Undefined as undefined:
                undecided = undecided or Order("undecided", f"a side is not defined: {undefined}", where)
                continue
            for place, a, b in _pairs(left, right):
                gap = b - a
                if not (a.is_finite() and b.is_finite()):
                    undecided = undecided or Order("undecided", "a value is not finite", where, place)
                elif gap < 0:
                    return Order("violated", "", where, place, decimal(a), decimal(b), decimal(-gap))
                elif gap > 0:
                    apart = True
                elif strict and gap.is_zero():
                    return Order("violated", EQUAL_SIDES, where, place, decimal(a), decimal(b), "0")
                elif not _small(gap, a, b):
                    undecided = undecided or Order("undecided", "the enclosure of the difference is too wide", where, place)
    if not count:
        return Order("not admissible", "the free indices have no values at these sizes")
    return undecided or Order("holds" if apart else "equal")
