"""A second opinion: formulas with numbers, by an evaluator that shares nothing with the witness's but the points.

Sums are written out, derivatives are differences of a step so small that 30 digits are left of them, all in mpmath. It says
whether a planted mistake is one: the judge does not mark its own work. It never takes part in a verdict on a note or a model.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import mpmath

from checks.points import Key, Point, measure
from derive import formula as f
from derive.errors import UnsupportedError
from derive.formula import Formula
from derive.symbols import INTEGERS, Index, IndexLike, Range, Symbol

mp: Any = mpmath.mp
mpf: Any = mpmath.mpf
Real = Any
"""A number of mpmath's."""
DIGITS = 90
STEP = 25
"""Derivatives are taken by differences of 10^-25: what is left out is of the order of its square."""
MOST_REMEMBERED = 200
"""Points of which is kept what formulas come to there."""


@dataclass(frozen=True, slots=True)
class _Yardstick:
    """When two numbers are equal (they agree to so many digits of the larger one), and when they differ (not to so many).

    Numbers below 10 to the minus ``unit`` are compared as if they were so large: a zero comes out as noise.
    """

    same: int
    apart: int
    unit: int


EXACT, BY_DIFFERENCES = _Yardstick(70, 60, 15), _Yardstick(32, 26, 3)

Value = Any
"""A number, a list of numbers (a vector), or a list of lists (a matrix)."""
Outcome = Literal["equal", "different", "holds", "violated", "one side undefined", "both undefined", "unclear", "outside"]


class Nowhere(Exception):
    """A part has no value here."""


class Outside(Exception):
    """What is put in for a letter does not lie in its domain: nothing is claimed here."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a formula is looked at: sizes, the values of symbols, the values of indices."""

    sizes: Mapping[str, int]
    values: Mapping[Key, Value]
    where: Mapping[Index, int]
    draw: tuple[int, int]
    current: bool = False
    known: dict[object, Value] = field(default_factory=dict[object, Value], compare=False)
    """What abbreviations come to at these values."""
    beside: dict[object, _Place] = field(default_factory=dict[object, Any], compare=False)
    """Places that were gone to from these values, by how: what is known there is known to all who go there."""

    def at_values(self, values: Mapping[Key, Value]) -> _Place:
        return replace(self, values=values, known={}, beside={})

    def gone_to(self, how: object, values: Callable[[], Mapping[Key, Value]]) -> _Place:
        """The place with other values; ``how`` says by what they differ from these."""
        if how not in self.beside:
            self.beside[how] = self.at_values(values())
        other = self.beside[how]
        return replace(self, values=other.values, known=other.known, beside=other.beside)

    def key(self, symbol: Symbol) -> Key:
        return (symbol.name, "current" if self.current and symbol.role == "param" else symbol.role)

    def position(self, index: IndexLike) -> int:
        return index if isinstance(index, int) else self.where[index]

    def span(self, r: Range) -> range:
        return span(r, self.sizes)


def span(r: Range, sizes: Mapping[str, int]) -> range:
    """The integers of a range, at given sizes."""
    return range(r.lower, sizes[r.upper.name] + 1)


class Memory:
    """What formulas came to at points, for many comparisons at the same points."""

    def __init__(self) -> None:
        self._points: dict[int, tuple[Point, _Place, dict[object, list[Real] | None]]] = {}

    def entries(self, formula: Formula, point: Point, where: Mapping[Index, int]) -> list[Real] | None:
        """The entries of a formula at a point, None where it has no value.

        Raises:
            Outside: of this point nothing is claimed.
        """
        if id(point) not in self._points:
            if len(self._points) >= MOST_REMEMBERED:
                self._points.clear()
            values = {key: _numbers(value) for key, value in point.values.items()}
            self._points[id(point)] = point, _Place(point.sizes, values, {}, point.draw), {}
        _, place, known = self._points[id(point)]
        own = {index: where[index] for index in f.free_indices(formula)}
        key = (formula, frozenset(own.items()))
        if key not in known:
            try:
                known[key] = _flat(_value(formula, replace(place, where=own)))
            except (Nowhere, ZeroDivisionError):
                known[key] = None
        return known[key]


def compare(left: Formula, right: Formula, relation: str, point: Point, memory: Memory | None = None) -> Outcome:
    """How two formulas stand to one another at a point, for every value of their free indices.

    Raises:
        UnsupportedError: a part has no numeric meaning here.
    """
    return _compared((left, point), (right, point), relation, memory or Memory())


def constant(formula: Formula, point: Point, other: Point, memory: Memory | None = None) -> Outcome:
    """Whether a formula comes to the same at two points of equal sizes, for every value of its free indices.

    Raises:
        UnsupportedError: a part has no numeric meaning here.
    """
    return _compared((formula, point), (formula, other), "=", memory or Memory())


def _compared(one: tuple[Formula, Point], other: tuple[Formula, Point], relation: str, memory: Memory) -> Outcome:
    indices = sorted(f.free_indices(one[0]) | f.free_indices(other[0]), key=lambda index: index.name)
    found: set[Outcome] = set()
    with mp.workdps(DIGITS):
        sloped = any(isinstance(node, f.Derivative) for formula, _ in (one, other) for node in f.walk_unfolded(formula))
        yardstick = BY_DIFFERENCES if sloped else EXACT
        for chosen in itertools.product(*(span(index.range, one[1].sizes) for index in indices)):
            where = dict(zip(indices, chosen, strict=True))
            try:
                sides = [memory.entries(formula, point, where) for formula, point in (one, other)]
            except Outside:
                return "outside"
            found |= _stand(sides[0], sides[1], relation, yardstick)
    for outcome in ("different", "violated", "one side undefined", "unclear", "both undefined"):  # the worst of all places
        if outcome in found:
            return outcome
    return "equal" if relation == "=" else "holds"


def _stand(one: list[Real] | None, other: list[Real] | None, relation: str, yardstick: _Yardstick) -> set[Outcome]:
    if one is None or other is None:
        return {"both undefined" if one is other else "one side undefined"}
    if len(one) != len(other):  # a zero without a shape
        one, other = (side * max(len(one), len(other)) if len(side) == 1 else side for side in (one, other))
    found: set[Outcome] = set()
    for a, b in zip(one, other, strict=True):
        gap, scale = abs(a - b), max(abs(a), abs(b), mpf(10) ** -yardstick.unit)
        close = gap <= scale * mpf(10) ** -yardstick.same
        apart = gap > scale * mpf(10) ** -yardstick.apart
        if relation == "=":
            found.add("equal" if close else "different" if apart else "unclear")
        elif relation in ("<=", "<"):
            found.add("holds" if b > a or (close and relation == "<=") else "violated" if apart else "unclear")
        else:
            found.add("holds" if a > b or (close and relation == ">=") else "violated" if apart else "unclear")
    return found


def _numbers(value: Any) -> Value:
    listed = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(listed, list):
        return [_numbers(one) for one in listed]
    exact = Fraction(listed)
    return mpf(exact.numerator) / exact.denominator


def _flat(value: Value) -> list[Real]:
    return [entry for part in value for entry in _flat(part)] if isinstance(value, list) else [value]


def _map(value: Value, change: Callable[[Real], Value]) -> Value:
    return [_map(part, change) for part in value] if isinstance(value, list) else change(value)


def _plus(one: Value, other: Value) -> Value:
    return [_plus(a, b) for a, b in zip(one, other, strict=True)] if isinstance(one, list) else one + other


def _picked(value: Value, places: list[int], ranges: list[Range]) -> Value:
    for place, own in zip(places, ranges, strict=True):
        if not 0 <= place - own.lower < len(value):
            raise UnsupportedError(f"an index out of range: {place}")
        value = value[place - own.lower]
    return value


def _matrix(node: Formula, place: _Place) -> list[list[Real]]:
    value = _value(node, place)
    rows, columns = f.rows_and_columns(node)
    if rows is None:
        return [[value]] if columns is None else [value]
    return [[entry] for entry in value] if columns is None else value


def _unmatrix(table: list[list[Real]], node: Formula) -> Value:
    rows, columns = f.rows_and_columns(node)
    if rows is None:
        return table[0][0] if columns is None else table[0]
    return [row[0] for row in table] if columns is None else table


def _logarithm(value: Real) -> Real:
    if value <= 0:
        raise Nowhere
    return mpmath.log(value)


def _raised(base: Real, exponent: Real) -> Real:
    if exponent == int(exponent) and abs(exponent) < 1000:
        if base == 0 and exponent < 0:
            raise Nowhere
        return base ** int(exponent)
    if base < 0 or (base == 0 and exponent < 0):
        raise Nowhere
    return base**exponent


def special(name: str, value: Real) -> Real:
    """A special function by name."""
    functions: Mapping[str, Callable[[Real], Real]] = {
        "gamma": mpmath.gamma,
        "loggamma": mpmath.loggamma,
        "digamma": partial(mpmath.psi, 0),
        "trigamma": partial(mpmath.psi, 1),
    }
    everywhere: Mapping[str, Callable[[Real], Real]] = {
        "erf": mpmath.erf,
        "cos": mpmath.cos,
        "sin": mpmath.sin,
        "besseli0": partial(mpmath.besseli, 0),
        "besseli1": partial(mpmath.besseli, 1),
    }
    if name in everywhere:
        return everywhere[name](value)
    if name not in functions:
        raise UnsupportedError(f"no number is known for {name}")
    if value <= 0 and name == "gamma":
        raise Outside  # a factorial of a negative number: these counts are not spoken of
    if value <= 0:
        raise Nowhere
    return functions[name](value)


def _unknown(function: f.UnspecifiedFunction, own: tuple[int, ...], values: list[Real], place: _Place) -> Real:
    """Some smooth function: a random one for each name, member and point."""
    seed = hashlib.sha256(f"{function.name}/{own}/{place.draw}/{sorted(place.sizes.items())}".encode()).digest()
    rng = random.Random(int.from_bytes(seed[:8], "big"))

    def some() -> Real:
        return mpf(rng.randrange(-900, 900)) / 1000

    total = some()
    wave = some()
    for value in values:
        total += some() * value + some() * value**2 / 4
        wave += some() * value
    raw = total + mpmath.sin(wave) / 2
    for other in values:
        raw += some() * mpmath.cos(other * 2 + wave) / 3
    if function.domain == "positive":
        return mpmath.exp(raw)
    if function.domain == "nonnegative":
        return raw**2
    return 1 / (1 + mpmath.exp(-raw)) if function.domain == "unit" else raw


def _applied(node: f.Apply, place: _Place) -> Real:
    function = node.function
    own = tuple(place.position(index) for index in node.indices)
    values = [entry for argument in node.arguments for entry in _flat(_value(argument, place))]
    value = _unknown(function, own, values, place)
    over = function.normalised_over
    if over is None:
        return value
    r = function.family[over]
    weights = _weights(r, place)
    total = mpf(0)
    for weight, other in zip(weights, place.span(r), strict=True):
        total += weight * _unknown(function, (*own[:over], other, *own[over + 1 :]), values, place)
    return value / total


def _weights(r: Range, place: _Place) -> list[Real]:
    """What the terms of a sum are multiplied by where it stands for an integral."""
    if not r.abstract:
        return [mpf(1) for _ in place.span(r)]
    return [_numbers(weight) for weight in measure(r, len(place.span(r)), place.draw)]


def _summed(node: f.Sum, place: _Place) -> Value:
    total: Value = None
    for weight, value in zip(_weights(node.index.range, place), place.span(node.index.range), strict=True):
        term = _value(node.body, replace(place, where={**place.where, node.index: value}))
        term = _map(term, lambda entry, weight=weight: weight * entry)
        total = term if total is None else _plus(total, term)
    return _nothing(node.shape, place) if total is None else total


def _nothing(shape: f.Shape, place: _Place) -> Value:
    sizes = [place.sizes[size.name] for size in shape if size is not None]
    if not sizes:
        return mpf(0)
    return [mpf(0) for _ in range(sizes[0])] if len(sizes) == 1 else [[mpf(0)] * sizes[1] for _ in range(sizes[0])]


def _slope(node: f.Derivative, place: _Place) -> Value:
    """Central differences in each entry, entries of a matrix one by one, then put together by the convention."""
    symbol = node.by.symbol
    key = place.key(symbol)
    own = [place.position(index) - r.lower for index, r in zip(node.by.indices, symbol.family, strict=True)]
    sizes = [place.sizes[size.name] for size in symbol.shape]
    step = mpf(10) ** -STEP
    found: dict[tuple[int, ...], Value] = {}
    for entry in itertools.product(*map(range, sizes)):
        ends = [
            _value(
                node.body, place.gone_to((key, (*own, *entry), sign), partial(_stepped, place, key, [*own, *entry], sign * step))
            )
            for sign in (1, -1)
        ]
        found[entry] = _plus(ends[0], _map(ends[1], lambda value: -value))
        found[entry] = _map(found[entry], lambda value: value / (2 * step))
    if len(sizes) == 2 and node.convention != "entry":
        both = {(a, b): _plus(found[a, b], found[b, a]) for a, b in itertools.product(*map(range, sizes))}
        for (a, b), value in both.items():
            if node.convention == "frobenius":
                found[a, b] = _map(value, lambda entry: entry / 2)
            elif a != b:
                found[a, b] = value

    def gathered(path: tuple[int, ...], value: Value) -> Value:
        if isinstance(value, list):
            return [gathered((*path, k), part) for k, part in enumerate(value)]

        def at(entry: tuple[int, ...]) -> Real:
            inner = found[entry]
            for k in path:
                inner = inner[k]
            return inner

        if not sizes:
            return at(())
        if len(sizes) == 1:
            return [at((a,)) for a in range(sizes[0])]
        return [[at((a, b)) for b in range(sizes[1])] for a in range(sizes[0])]

    return gathered((), next(iter(found.values())))


def _stepped(place: _Place, key: Key, path: list[int], by: Real) -> Mapping[Key, Value]:
    return {**place.values, key: _moved(place.values[key], path, by)}


def _moved(value: Value, path: list[int], by: Real) -> Value:
    if not path:
        return value + by
    if not 0 <= path[0] < len(value):
        raise UnsupportedError("an index out of range")
    return [_moved(part, path[1:], by) if k == path[0] else part for k, part in enumerate(value)]


def _put_in(node: f.Substitute, place: _Place) -> Value:
    def table(chosen: tuple[int, ...]) -> Value:
        if len(chosen) == len(node.symbol.family):
            return _value(node.replacement, replace(place, where={**place.where, **dict(zip(node.indices, chosen, strict=True))}))
        return [table((*chosen, value)) for value in place.span(node.symbol.family[len(chosen)])]

    values = table(())
    _require_inside(node.symbol, values)
    return _value(node.body, place.at_values({**place.values, place.key(node.symbol): values}))


def _require_inside(symbol: Symbol, values: Value) -> None:
    """That values lie in an open domain, and not at its border.

    Raises:
        Outside: they do not.
    """
    if symbol.domain in ("positive", "unit", "simplex") and len(symbol.shape) < 2:
        found = _flat(values)
        if any(value <= 0 for value in found) or (symbol.domain == "unit" and any(value >= 1 for value in found)):
            raise Outside
    if symbol.domain == "lower":
        for _ in symbol.family[1:]:
            values = [member for part in values for member in part]
        for matrix in values if symbol.family else [values]:
            if any(row[a] <= 0 or any(row[a + 1 :]) for a, row in enumerate(matrix)):
                raise Outside
    if symbol.domain == "spd":
        for _ in symbol.family[1:]:
            values = [member for part in values for member in part]
        for matrix in values if symbol.family else [values]:
            whole = mpmath.matrix(matrix)
            if any(mpmath.det(whole[:k, :k]) <= 0 for k in range(1, whole.rows + 1)):
                raise Outside


def _at_equal(node: f.AtEqual, place: _Place) -> Value:
    def values() -> Mapping[Key, Value]:
        free = {name: value for (name, role), value in place.values.items() if role == "param"}
        return {key: free.get(key[0], value) if key[1] == "current" else value for key, value in place.values.items()}

    return _value(node.body, place.gone_to("equal", values))


def _named(node: f.Named, place: _Place) -> Value:
    where = {formal: place.position(own) for formal, own in zip(node.definition.indices, node.indices, strict=True)}
    current = place.current or node.time == "current"
    key = (node.definition, tuple(where.values()), current)
    if key not in place.known:
        place.known[key] = _value(node.definition.body, replace(place, where=where, current=current))
    return place.known[key]


def _exponent(node: f.Power, place: _Place) -> Real:
    if isinstance(node.exponent, f.Reference) and node.exponent.symbol.domain in INTEGERS:
        return mpmath.nint(_value(node.exponent, place))
    return _value(node.exponent, place)


def _value(node: Formula, place: _Place) -> Value:
    match node:
        case f.Number(value):
            return mpf(value.numerator) / value.denominator
        case f.Pi():
            return mp.pi + 0
        case f.SizeNumber(size):
            return mpf(place.sizes[size.name])
        case f.Reference(symbol, indices):
            key = place.key(symbol)
            if key not in place.values:
                raise UnsupportedError(f"a symbol without a value: {symbol.name}")
            return _picked(place.values[key], [place.position(index) for index in indices], list(symbol.family))
        case f.Add(terms):
            total = _value(terms[0], place)
            for term in terms[1:]:
                total = _plus(total, _value(term, place))
            return total
        case f.Multiply(factors):
            scalar, tensor = mpf(1), None
            for factor in factors:
                value = _value(factor, place)
                if isinstance(value, list):
                    tensor = value
                else:
                    scalar *= value
            return scalar if tensor is None else _map(tensor, lambda entry: scalar * entry)
        case f.Divide(numerator, denominator):
            below = _value(denominator, place)
            if below == 0:
                raise Nowhere
            return _map(_value(numerator, place), lambda entry: entry / below)
        case f.Power(base, _):
            return _raised(_value(base, place), _exponent(node, place))
        case f.Exp(argument):
            return mpmath.exp(_value(argument, place))
        case f.Log(argument):
            return _logarithm(_value(argument, place))
        case f.Function(name, arguments) if len(arguments) == 1:
            return special(name, _value(arguments[0], place))
        case f.Apply():
            return _applied(node, place)
        case f.Delta(left, right):
            return mpf(int(place.position(left) == place.position(right)))
        case f.Sum():
            return _summed(node, place)
        case f.Product(index, body):
            total = mpf(1)
            for value in place.span(index.range):
                total *= _value(body, replace(place, where={**place.where, index: value}))
            return total
        case f.Named():
            return _named(node, place)
        case f.Derivative():
            return _slope(node, place)
        case f.AtEqual():
            return _at_equal(node, place)
        case f.Substitute():
            return _put_in(node, place)
        case _:
            return _matrix_value(node, place)


def _matrix_value(node: Formula, place: _Place) -> Value:
    match node:
        case f.MatrixProduct(factors):
            table = mpmath.matrix(_matrix(factors[0], place))
            for factor in factors[1:]:
                table = table * mpmath.matrix(_matrix(factor, place))
            return _unmatrix(table.tolist(), node)
        case f.Transpose(argument):
            return _unmatrix([list(row) for row in zip(*_matrix(argument, place), strict=True)], node)
        case f.Inverse(argument):
            return mpmath.inverse(mpmath.matrix(_matrix(argument, place))).tolist()
        case f.Determinant(argument):
            return mpmath.det(mpmath.matrix(_matrix(argument, place)))
        case f.Trace(argument):
            table = _matrix(argument, place)
            return mpmath.fsum(table[a][a] for a in range(len(table)))
        case f.Identity(size):
            return mpmath.eye(place.sizes[size.name]).tolist()
        case f.Diagonal(argument):
            return mpmath.diag(_value(argument, place)).tolist()
        case f.Cholesky(argument):
            table = mpmath.matrix(_matrix(argument, place))
            table = (table + table.T) / 2  # the factor is one of symmetric matrices: so are the directions in which it is moved
            if any(mpmath.det(table[:k, :k]) <= 0 for k in range(1, table.rows + 1)):
                raise Outside
            return mpmath.cholesky(table).tolist()
        case f.DiagonalPart(argument):
            table = _matrix(argument, place)
            return [table[a][a] for a in range(len(table))]
        case f.Component(argument, indices):
            whole = [Range(size) for size in argument.shape if size is not None]
            return _picked(_value(argument, place), [place.position(index) for index in indices], whole)
        case _:
            raise UnsupportedError(f"no number is known for {type(node).__name__}")
