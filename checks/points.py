"""Seeded generic points: exact rational values of the declared domains, theta_t apart from theta, sizes pairwise different."""

from __future__ import annotations

import functools
import hashlib
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from derive.errors import LimitError, UnsupportedError
from derive.formula import (
    Apply,
    AtEqual,
    Component,
    Definition,
    Delta,
    Derivative,
    Formula,
    Identity,
    Named,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    UnspecifiedFunction,
    unfold,
    walk,
)
from derive.symbols import COVERING, INTEGERS, SUMS_TO_ONE, Index, IndexLike, Range, Role, Size, Symbol

Key = tuple[str, Role]
"""(symbol name, role)."""

Draw = tuple[int, int]

SMALL_INTEGERS: Mapping[int, int] = {4: 0, 5: 1, 7: -1}
"""At points of these numbers all integers are these."""
LARGEST_LITERAL = 16
"""Of integers written as indices; sizes are chosen larger than these, and the work grows with them."""
MOST_DIFFERENT = 4
"""How many sizes are given values of which no two are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Sizes, and an exact value for every symbol: object arrays of ``Fraction``, family sizes first, counted from 0."""

    sizes: Mapping[str, int]
    values: Mapping[Key, np.ndarray]
    draw: Draw = (0, 0)
    """The seed and the number from which unspecified functions and measures are drawn."""
    environments: dict[int, Any] = field(default_factory=dict[int, Any], init=False, repr=False)
    """What was evaluated here already, by precision; kept so that claims about one model share their work."""
    whole: Point | None = field(default=None, init=False, repr=False)
    """A point with these values, and with values for other symbols too, at which the evaluating is done."""

    def part_of(self, whole: Point) -> Point:
        """This point, as one with some of the values of another: what is evaluated at either is known at both."""
        object.__setattr__(self, "whole", whole)
        return self

    def __reduce__(self) -> tuple[type[Point], tuple[Mapping[str, int], Mapping[Key, np.ndarray], Draw]]:
        """To another process goes the point, not what was evaluated at it."""
        return Point, (self.sizes, self.values, self.draw)


# What a formula speaks of.


def _definitions(formulas: Iterable[Formula]) -> Iterator[tuple[Formula, bool]]:
    """Every node of the formulas and of the abbreviations in them; with each, whether it stands at theta_t."""
    todo = [(formula, False) for formula in formulas]
    seen: set[tuple[Definition, bool]] = set()
    while todo:
        formula, current = todo.pop()
        for node in walk(formula):
            yield node, current
            if isinstance(node, Named):
                key = (node.definition, current or node.time == "current")
                if key not in seen:
                    seen.add(key)
                    todo.append((node.definition.body, key[1]))
                    if node.definition.log_reference is not None:
                        todo += [(argument, key[1]) for argument in node.definition.log_reference.arguments]


def symbols_of(*formulas: Formula) -> tuple[Symbol, ...]:
    """The symbols that formulas and their abbreviations contain, by name and role.

    Raises:
        UnsupportedError: one name and role is declared in two ways, so that no value could serve both.
    """
    found: dict[Key, Symbol] = {}
    functions: dict[str, UnspecifiedFunction] = {}

    def note(symbol: Symbol) -> None:
        if found.setdefault((symbol.name, symbol.role), symbol) != symbol:
            raise UnsupportedError(f"one letter is declared in two ways: {symbol.name} ({symbol.role})")

    for node, current in _definitions(formulas):
        if isinstance(node, Apply) and functions.setdefault(node.function.name, node.function) != node.function:
            raise UnsupportedError(f"one function is declared in two ways: {node.function.name}")
        if isinstance(node, (Reference, Substitute)):
            note(node.symbol.at_current if current else node.symbol)
        elif isinstance(node, AtEqual):
            # theta_t takes the value of theta here: it is needed even where theta itself is not written.
            for symbol in symbols_of(node.body):
                note(symbol.at_free)
    return tuple(found[key] for key in sorted(found))


def has_unspecified(*formulas: Formula) -> bool:
    """Whether an unspecified function or an index of a continuum stands in the formulas or in their abbreviations."""
    return any(isinstance(node, Apply) or any(i.range.abstract for i in _indices(node)) for node, _ in _definitions(formulas))


def sizes_of(*formulas: Formula) -> tuple[str, ...]:
    """The sizes that occur: those that count data first, then those of other families and sums, then dimensions."""
    symbols = symbols_of(*formulas)
    ranks: dict[str, int] = {}

    def note(size: Size, rank: int) -> None:
        ranks[size.name] = min(rank, ranks.get(size.name, rank))

    for symbol in symbols:
        for own in symbol.family:
            note(own.upper, 0 if symbol.role == "data" else 1)
        for size in symbol.shape:
            note(size, 2)
    for node, _ in _definitions(formulas):
        if isinstance(node, (SizeNumber, Identity)):
            note(node.size, 2)
        if isinstance(node, Apply):
            for own in node.function.family:
                note(own.upper, 1)
            for size in (s for shape in node.function.argument_shapes for s in shape if s is not None):
                note(size, 2)
        for index in _indices(node):
            note(index.range.upper, 1)
    return tuple(sorted(ranks, key=lambda name: (ranks[name], name)))


def _indices(node: Formula) -> Iterator[Index]:
    # The formal indices too: a literal has no range of its own, and the body may not use it.
    formal = node.definition.indices if isinstance(node, Named) else ()
    return (index for index in (*_all_indices(node), *formal) if isinstance(index, Index))


def _all_indices(node: Formula) -> Sequence[IndexLike]:
    if isinstance(node, (Reference, Named, Component, Apply)):
        return node.indices
    if isinstance(node, Delta):
        return (node.left, node.right)
    return (node.index,) if isinstance(node, (Sum, Product)) else ()


def literals_of(*formulas: Formula, limits: bool = True) -> Mapping[str, int]:
    """For each size the largest integer that is written against it: the 5 of ``mu_5``, the 2 of a sum from 3 on.

    What is special about few members (no third one, say) shows only where there are more of them than that. Without ``limits``
    only those are counted that must be there: of a sum from 3 on there need be no term.

    Raises:
        LimitError: an integer is too large to choose sizes beyond it.
    """
    found: dict[str, int] = {}

    def note(size: Size | None, value: int) -> None:
        if value > LARGEST_LITERAL:
            raise LimitError(f"an integer too large for an index: {value}, limit={LARGEST_LITERAL}")
        if size is not None:
            found[size.name] = max(value, found.get(size.name, 1))

    for node, _ in _definitions(formulas):
        for index in _indices(node) if limits else ():
            note(index.range.upper, index.range.lower - 1)
        spans: Sequence[Size | None] = ()
        if isinstance(node, Reference):
            spans = [r.upper for r in node.symbol.family]
        elif isinstance(node, Apply):
            spans = [r.upper for r in node.function.family]
        elif isinstance(node, Named):
            spans = [index.range.upper for index in node.definition.indices]
        elif isinstance(node, Component):
            spans = node.argument.shape
        elif isinstance(node, Delta):
            spans = [i.range.upper if isinstance(i, Index) else None for i in (node.right, node.left)]
        for size, index in zip(spans, _all_indices(node), strict=False):
            if isinstance(index, int):
                note(size, index)
    return found


def counted_sizes(*formulas: Formula) -> Mapping[str, bool]:
    """The sizes that occur as numbers; with each, whether it also says how many things there are."""
    numbers = {node.size.name for node, _ in _definitions(formulas) if isinstance(node, SizeNumber)}
    spans: set[str] = set()
    for symbol in symbols_of(*formulas):
        spans |= {own.upper.name for own in symbol.family} | {size.name for size in symbol.shape}
    for node, _ in _definitions(formulas):
        spans |= {index.range.upper.name for index in _indices(node)}
        if isinstance(node, Identity):
            spans.add(node.size.name)
        if isinstance(node, Apply):
            spans |= {own.upper.name for own in node.function.family}
            spans |= {size.name for shape in node.function.argument_shapes for size in shape if size is not None}
    return {name: name in spans for name in sorted(numbers)}


def work(formula: Formula, sizes: Mapping[str, int]) -> int:
    """Roughly how many numbers are computed for the value of a formula: what stands under a sum is computed for each term."""
    body = unfold(formula) if isinstance(formula, Named) else None
    inside = work(body, sizes) if body is not None else sum(work(child, sizes) for child in formula.children)
    if isinstance(formula, (Sum, Product)):
        return 1 + inside * length(formula.index.range, sizes)
    longest = max((sizes[size.name] for size in formula.shape if size is not None), default=1)
    if isinstance(formula, Derivative):
        return inside * math.prod(length(own, sizes) for own in formula.by.symbol.family) * longest
    return inside + longest**3


def size_schedule(names: Sequence[str], literals: Mapping[str, int] | None = None) -> Iterator[Mapping[str, int]]:
    """Sizes to try, without end: generic ones first (pairwise different, each size the largest once), then ones and twos.

    Of many sizes, with which work grows as their product, the generic ones are twos and threes, each smaller than any other once.
    ``literals`` shift a size, so that the 1 of a plan is the least size that has every index written.
    """
    count = len(names)
    generic, *others = _apart(count) if count > MOST_DIFFERENT else _all_different(count)
    plans = [
        generic,
        *others,
        [2 if k % 2 == 0 else 1 for k in range(count)] if count > 2 else [1 if k % 2 == 0 else 2 for k in range(count)],
        [2] * count,
        [1] * count,
        generic[1:] + generic[:1],
        [size + 2 for size in generic],
        [2 if k % 2 == 0 else 1 for k in range(count)],
    ]
    shifts = [(literals or {}).get(name, 1) - 1 for name in names]
    distinct = dict.fromkeys(tuple(size + shift for size, shift in zip(plan, shifts, strict=True)) for plan in plans)
    while True:  # sizes return with other values
        for plan in distinct:
            yield dict(zip(names, plan, strict=True))


def _all_different(count: int) -> list[list[int]]:
    generic = list(range(count + 1, 1, -1)) if count > 1 else [3] * count
    return [generic, [*generic[2::2], *generic[0::2][:1], *generic[1::2]] if count > 2 else generic[::-1]]


def _apart(count: int) -> list[list[int]]:
    """Plans of twos and threes by the digits of each place in binary, of which no two are the same, and their opposites."""
    digits = [[place >> digit & 1 for place in range(1, count + 1)] for digit in range(count.bit_length())]
    return [plan for own in digits for plan in ([2 + one for one in own], [3 - one for one in own])]


# Values.


def generic_point(
    symbols: Iterable[Symbol], sizes: Mapping[str, int], seed: int, number: int = 0, scales: Sequence[Fraction] = ()
) -> Point:
    """Exact values for the symbols, each drawn from its own stream: the same arguments give the same values.

    Of points with different ``number`` the first two have real values of opposite sign, so that a root of a square,
    say, is seen from both sides. With ``scales`` each symbol is larger or smaller by one of them.

    Raises:
        UnsupportedError: a symbol has a domain for which no values are known.
    """
    values: dict[Key, np.ndarray] = {}
    for s in symbols:
        scale = _stream(f"{seed}/{number}/scale/{s.name}/{s.role}").choice(scales) if scales else Fraction(1)
        values[s.name, s.role] = _values(s, sizes, seed, number, scale)
    return Point(sizes, values, (seed, number))


BORDERED = ("nonnegative", "closed simplex", "covering")
"""Domains of real values with a border of their own: at it nothing else is drawn."""
WITH_ZERO = (*BORDERED, "count", "covering count")


def at_border(point: Point, symbols: Iterable[Symbol], number: int) -> Point:
    """The point moved to the border of the domains of the symbols: all that can be zero is, or of others than the first
    ``number`` some symbols, or some entries of a symbol. Of what sums to one, or covers, enough is left that it does.
    """
    values = dict(point.values)
    for symbol in symbols:
        key = (symbol.name, symbol.role)
        if symbol.domain not in WITH_ZERO or key not in values or not values[key].size:
            continue
        rng = _stream(f"{point.draw}/{number}/border/{symbol.name}/{symbol.role}")
        share = Fraction(1) if number == 0 else rng.choice((Fraction(0), Fraction(1, 2), Fraction(1)))
        moved = np.array(values[key], dtype=object)
        for place in np.ndindex(*moved.shape):
            if rng.random() < share:
                moved[place] = Fraction(0)
        axis = len(symbol.family) - 1 if symbol.domain == "closed simplex" else 0
        if symbol.domain not in ("nonnegative", "count"):
            for place in np.ndindex(*moved.shape[:axis], *moved.shape[axis + 1 :]):
                along = (*place[:axis], slice(None), *place[axis:])
                if not moved[along].any():
                    moved[(*place[:axis], rng.randrange(moved.shape[axis]), *place[axis:])] = Fraction(1)
        values[key] = normalised(moved, symbol, point.draw) if symbol.domain == "closed simplex" else moved
    return Point(point.sizes, values, point.draw)


def _stream(text: str) -> random.Random:
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def _values(symbol: Symbol, sizes: Mapping[str, int], seed: int, number: int, scale: Fraction = Fraction(1)) -> np.ndarray:
    _require_shape(symbol)
    shape_of_point = ",".join(f"{name}={size}" for name, size in sorted(sizes.items()))
    rng = _stream(f"{seed}/{number}/{shape_of_point}/{symbol.name}/{symbol.role}")
    family = tuple(length(r, sizes) for r in symbol.family)
    shape = tuple(sizes[s.name] for s in symbol.shape)
    values = np.empty(family + shape, dtype=object)
    for place in np.ndindex(*family):
        if symbol.domain == "spd":
            values[place] = scale * _positive_definite(rng, shape[0])
        elif symbol.domain == "lower":
            values[place] = scale * _triangular(rng, shape[0])
        elif symbol.domain == "sym":
            values[place] = scale * _symmetric(rng, shape[0])
        else:
            for inner in np.ndindex(*shape):
                if symbol.domain in ("integer", "count", "covering count") and number in SMALL_INTEGERS:
                    # Nought and one are where much fails that holds of all others.
                    values[place + inner] = Fraction(
                        SMALL_INTEGERS[number] if symbol.domain == "integer" else abs(SMALL_INTEGERS[number])
                    )
                    continue
                values[place + inner] = _scaled(_scalar(rng, symbol.domain), symbol.domain, scale)
    if symbol.domain == "one-hot":
        return one_hot(values.shape, len(family) - 1, rng.randrange)
    if symbol.domain in COVERING.values() and values.size:
        for place in np.ndindex(*values.shape[1:]):
            if not values[(slice(None), *place)].any():
                values[(rng.randrange(len(values)), *place)] = Fraction(1)
    if symbol.domain in SUMS_TO_ONE:
        return normalised(values, symbol, (seed, number))
    if symbol.domain == "real" and values.size and (values.flat[0] < 0) != _first_is_negative(symbol, seed, number):
        return np.asarray(-values, dtype=object)
    return values


def _first_is_negative(symbol: Symbol, seed: int, number: int) -> bool:
    """The sign of a symbol's first entry: it turns between the first two points, and at random after that."""
    name = f"{seed}/{symbol.name}/{symbol.role}"
    turned = number == 1 if number < 2 else _stream(f"{name}/{number}").random() < 0.5
    return turned != (_stream(name).random() < 0.5)


def _require_shape(symbol: Symbol) -> None:
    if symbol.domain in ("spd", "sym", "lower") and (len(symbol.shape) != 2 or symbol.shape[0] != symbol.shape[1]):
        raise UnsupportedError(f"a domain of square matrices for something else: {symbol.name} is declared {symbol.domain}")
    if symbol.domain == "one-hot" and symbol.family and symbol.family[-1].abstract:
        raise UnsupportedError(f"a point mass over a continuum: {symbol.name}")
    if symbol.domain in SUMS_TO_ONE and not symbol.family:
        raise UnsupportedError(f"a simplex without an index to sum over: {symbol.name}")


def length(r: Range, sizes: Mapping[str, int]) -> int:
    """How many integers a range has, at given sizes."""
    return max(0, sizes[r.upper.name] - r.lower + 1)


# Continua and unspecified functions.


def measure(r: Range, count: int, draw: Draw) -> list[Fraction]:
    """The weights of the points that stand for a continuum: an integral is a sum with these weights.

    They are no counts, nor is their total: small at one point and large at the next, so that what holds of sums only (a term
    is at most their sum) is seen to fail.
    """
    seed, number = draw
    rng = _stream(f"{seed}/{number}/measure/{r.upper.name}")
    scale = Fraction(1, 5) if number % 2 == 0 else Fraction(7, 2)
    return [scale * Fraction(rng.randrange(301, 1200), 1000) for _ in range(count)]


def normalised(values: np.ndarray, symbol: Symbol, draw: Draw) -> np.ndarray:
    """The values divided by their sum (over a continuum: their integral) over the last family index."""
    axis, last = len(symbol.family) - 1, symbol.family[-1]
    if not last.abstract:
        return values / values.sum(axis=axis, keepdims=True)
    shape = [1] * values.ndim
    shape[axis] = values.shape[axis]
    weights = np.array(measure(last, values.shape[axis], draw), dtype=object).reshape(shape)
    return values / (values * weights).sum(axis=axis, keepdims=True)


@dataclass(frozen=True, slots=True)
class Coefficients:
    """A smooth function of t_1, ..., t_m: ``constant + linear t + sum_{a <= b} quadratic_ab t_a t_b + weight exp(rate t)``.

    The last part leaves no derivative of any order, mixed ones included, without a value of its own.
    """

    constant: Fraction
    linear: Sequence[Fraction]
    quadratic: Mapping[tuple[int, int], Fraction]
    weight: Fraction
    rate: Sequence[Fraction]


@functools.lru_cache(maxsize=65536)
def coefficients(name: str, place: tuple[int, ...], count: int, draw: Draw) -> Coefficients:
    """What an unspecified function is at a point, for given indices: all signs turn from each point to the next."""
    seed, number = draw
    rng = _stream(f"{seed}/{number}/function/{name}/{','.join(map(str, place))}")
    turned = (_stream(f"{seed}/{number // 2}/{name}/{','.join(map(str, place))}").random() < 0.5) != (number % 2 == 1)
    sign = -1 if turned else 1

    def some(low: int, high: int) -> Fraction:
        return Fraction(rng.randrange(low, high), 1000) * rng.choice((-1, 1))

    # All values are large at one point and small at another, and some points set the members of a family far apart.
    whole = _stream(f"{seed}/{number}/{name}")
    shift = (-1 if number % 2 else 1) * Fraction(whole.choice((0, 1500, 3500)), 1000)
    spread = whole.choice((Fraction(1, 2), Fraction(1), Fraction(3)))
    return Coefficients(
        shift + spread * sign * Fraction(rng.randrange(401, 1500), 1000),
        [some(101, 900) for _ in range(count)],
        {(a, b): some(51, 400) for a in range(count) for b in range(a, count)},
        some(101, 400),
        [some(101, 400) for _ in range(count)],
    )


def _scalar(rng: random.Random, domain: str) -> Fraction:
    magnitude = Fraction(rng.randrange(201, 1800), 1000)
    match domain:
        case "real":
            return magnitude * rng.choice((-1, 1))
        case "positive" | "nonnegative" | "simplex" | "closed simplex":
            return magnitude
        case "covering":
            return magnitude if rng.randrange(3) else Fraction(0)
        case "unit":
            return Fraction(rng.randrange(101, 900), 1000)
        case "one-hot":
            return Fraction(0)
        case "count" | "covering count":
            return Fraction(rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11)))
        case "bool":
            return Fraction(rng.randrange(2))
        case "integer":
            return Fraction(rng.choice((-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6)))
        case _:
            raise UnsupportedError(f"no generic values are known for the domain {domain}")


def _scaled(value: Fraction, domain: str, scale: Fraction) -> Fraction:
    """The value farther out, or closer to the border of its domain, by a scale."""
    if scale == 1 or domain in ("one-hot", "bool", *SUMS_TO_ONE):
        return value
    if domain == "unit":
        return value / scale if scale > 1 else 1 - (1 - value) * scale
    if domain in INTEGERS:
        return Fraction(value.numerator * math.ceil(scale))
    return value * scale


def one_hot(shape: tuple[int, ...], axis: int, draw: Callable[[int], int]) -> np.ndarray:
    """Zeros with a single 1 along ``axis``, at the place drawn for each of the other indices."""
    values = np.full(shape, Fraction(0), dtype=object)
    rest = shape[:axis] + shape[axis + 1 :]
    for place in np.ndindex(*rest):
        values[(*place[:axis], draw(shape[axis]), *place[axis:])] = Fraction(1)
    return values


def _positive_definite(rng: random.Random, size: int) -> np.ndarray:
    root = _triangular(rng, size)
    return root.dot(root.T)


def _triangular(rng: random.Random, size: int) -> np.ndarray:
    root = np.array([[Fraction(0)] * size for _ in range(size)], dtype=object)
    for a in range(size):
        for b in range(a):
            root[a, b] = Fraction(rng.randrange(101, 600), 1000) * rng.choice((-1, 1))
        root[a, a] = Fraction(rng.randrange(701, 1400), 1000)
    return root


def _symmetric(rng: random.Random, size: int) -> np.ndarray:
    raw = np.array([[_scalar(rng, "real") for _ in range(size)] for _ in range(size)], dtype=object)
    return (raw + raw.T) / 2
