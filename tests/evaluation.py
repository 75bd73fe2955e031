"""Two plain evaluators that the tests hold the kernel against: of formulas, and of normal forms. Loops and mpmath, no sharing.

Sizes are small integers, indices 1-based, values nested lists of mpmath numbers keyed (name, role).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import mpmath as mp

from derive import formula as f
from derive.algebra.terms import Polynomial
from derive.symbols import Index, Symbol

mp.mp.dps = 40
Values = Mapping[tuple[str, str], Any]
FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "gamma": mp.gamma,
    "loggamma": mp.loggamma,
    "digamma": mp.digamma,
    "trigamma": lambda x: mp.psi(1, x),
    "erf": mp.erf,
    "cos": mp.cos,
    "sin": mp.sin,
    "besseli0": lambda x: mp.besseli(0, x),
    "besseli1": lambda x: mp.besseli(1, x),
}


def number(value: Fraction | int) -> Any:
    value = Fraction(value)
    return mp.mpf(value.numerator) / value.denominator


# Values of symbols.


def draw(symbols: list[Symbol], sizes: Mapping[str, int], seed: int) -> dict[tuple[str, str], Any]:
    """Random values in the domain of each symbol."""
    rng = random.Random(seed)

    def scalar(domain: str) -> Any:
        low = mp.mpf(rng.uniform(0.2, 1.8))
        return low if domain in ("positive", "simplex", "nonnegative") else low * rng.choice((-1, 1))

    def member(symbol: Symbol) -> Any:
        shape = [sizes[s.name] for s in symbol.shape]
        if not shape:
            return scalar(symbol.domain)
        if len(shape) == 1:
            return [scalar(symbol.domain) for _ in range(shape[0])]
        raw = mp.matrix(shape[0], shape[1])
        for a in range(shape[0]):
            for b in range(shape[1]):
                raw[a, b] = mp.mpf(rng.uniform(-1, 1))
        if symbol.domain == "spd":
            raw = raw * raw.T + mp.eye(shape[0])
        return [[raw[a, b] for b in range(shape[1])] for a in range(shape[0])]

    def family(symbol: Symbol, ranges: list[int]) -> Any:
        if not ranges:
            return member(symbol)
        inner = [family(symbol, ranges[1:]) for _ in range(ranges[0])]
        if symbol.domain == "simplex" and len(ranges) == 1:
            total = mp.fsum(inner)
            inner = [value / total for value in inner]
        return inner

    return {(s.name, s.role): family(s, [sizes[r.upper.name] for r in s.family]) for s in symbols}


def pick(value: Any, indices: tuple[int, ...]) -> Any:
    for index in indices:
        if index < 1:
            raise IndexError("indices count from 1")
        value = value[index - 1]
    return value


def inverse_of(value: Any) -> Any:
    matrix = mp.matrix(value) ** -1
    return [[matrix[a, b] for b in range(matrix.cols)] for a in range(matrix.rows)]


# Formulas.


def entry(node: f.Formula, at: tuple[int, ...], sizes: Mapping[str, int], values: Values, scope: Mapping[Index, int]) -> Any:
    """One entry of a formula; ``at`` holds the component indices."""

    def go(inner: f.Formula, here: tuple[int, ...] = (), where: Mapping[Index, int] = scope) -> Any:
        return entry(inner, here, sizes, values, where)

    def index(i: Any) -> int:
        return i if isinstance(i, int) else scope[i]

    def every(i: Index) -> range:
        return range(i.range.lower, sizes[i.range.upper.name] + 1)

    def table(inner: f.Formula) -> list[list[Any]]:
        rows, columns = f.rows_and_columns(inner)
        size = [1 if s is None else sizes[s.name] for s in (rows, columns)]

        def cell(a: int, b: int) -> Any:
            place = tuple(v for s, v in ((rows, a), (columns, b)) if s is not None)
            return go(inner, place)

        return [[cell(a + 1, b + 1) for b in range(size[1])] for a in range(size[0])]

    match node:
        case f.Number():
            return number(node.value)
        case f.Pi():
            return mp.pi
        case f.SizeNumber():
            return mp.mpf(sizes[node.size.name])
        case f.Reference():
            key = (node.symbol.name, node.symbol.role)
            return pick(values[key], (*(index(i) for i in node.indices), *at))
        case f.Add():
            return mp.fsum(go(t, at) for t in node.terms)
        case f.Multiply():
            return mp.fprod(go(t, at if t.shape else ()) for t in node.factors)
        case f.Divide():
            return go(node.numerator, at) / go(node.denominator)
        case f.Power():
            return mp.power(go(node.base), go(node.exponent))
        case f.Exp():
            return mp.exp(go(node.argument))
        case f.Log():
            return mp.log(go(node.argument))
        case f.Function():
            return FUNCTIONS[node.name](*(go(argument) for argument in node.arguments))
        case f.Delta():
            return mp.mpf(index(node.left) == index(node.right))
        case f.Sum():
            return mp.fsum(go(node.body, at, {**scope, node.index: v}) for v in every(node.index))
        case f.Product():
            return mp.fprod(go(node.body, (), {**scope, node.index: v}) for v in every(node.index))
        case f.MatrixProduct():
            product = mp.matrix(table(node.factors[0]))
            for factor in node.factors[1:]:
                product = product * mp.matrix(table(factor))
            rows, columns = f.rows_and_columns(node)
            place = iter(at)
            return product[next(place) - 1 if rows is not None else 0, next(place) - 1 if columns is not None else 0]
        case f.Transpose():
            rows, columns = f.rows_and_columns(node.argument)
            return go(node.argument, tuple(reversed(at)))
        case f.Inverse():
            return pick(inverse_of(table(node.argument)), at)
        case f.Determinant():
            return mp.det(mp.matrix(table(node.argument)))
        case f.Trace():
            whole = table(node.argument)
            return mp.fsum(whole[a][a] for a in range(len(whole)))
        case f.Identity():
            return mp.mpf(at[0] == at[1])
        case f.Diagonal():
            return go(node.argument, at[:1]) if at[0] == at[1] else mp.mpf(0)
        case f.DiagonalPart():
            return go(node.argument, (at[0], at[0]))
        case f.Component():
            return go(node.argument, tuple(index(i) for i in node.indices))
        case f.Named():
            body = f.unfold(node)
            return go(body, at)
        case _:
            raise NotImplementedError(type(node).__name__)


# Normal forms.


def polynomial_value(polynomial: Polynomial, sizes: Mapping[str, int], values: Values, assignment: Mapping[Any, int]) -> Any:
    """The value of a normal form at given free indices (and slots)."""
    total = mp.mpf(0)
    for (ranges, factors), coefficient in polynomial.items():
        spans = [range(lower, sizes[upper] + 1) for lower, upper in ranges]
        for choice in itertools.product(*spans):
            bound = {("b", "", k, *ranges[k]): v for k, v in enumerate(choice)}
            total += number(coefficient) * mp.fprod(
                mp.power(atom_value(atom, sizes, values, {**assignment, **bound}), number(e)) for atom, e in factors
            )
    return total


def atom_value(atom: Any, sizes: Mapping[str, int], values: Values, assignment: Mapping[Any, int]) -> Any:
    head, arguments = atom
    places = tuple(i[2] if i[0] == "l" else assignment[i] for i in arguments)
    kind = head[0]
    if kind in ("e", "E"):
        return pick(values[head[1], head[2]], places)
    if kind in ("i", "I"):
        return pick(inverse_of(pick(values[head[1], head[2]], places[:-2])), places[-2:])
    if kind == "L":
        return mp.log(mp.det(mp.matrix(pick(values[head[1], head[2]], places))))
    if kind == "d":
        return mp.mpf(places[0] == places[1])
    if kind == "z":
        return mp.mpf(sizes[head[1]])
    if kind == "c":
        return mp.pi
    if kind == "q":
        return mp.mpf(head[1])
    inner = polynomial_value(
        head[-1], sizes, values, {("s", "", k, *i[3:]): p for k, (i, p) in enumerate(zip(arguments, places, strict=True))}
    )
    if kind == "exp":
        return mp.exp(inner)
    if kind == "log":
        return mp.log(inner)
    if kind == "pow":
        return inner
    return FUNCTIONS[head[1]](inner)


def free_assignments(indices: list[Any], sizes: Mapping[str, int], limit: int = 12) -> Iterator[dict[Any, int]]:
    """Assignments of values to kernel indices: all of them, or a few spread over all when there are many."""
    spans = [range(i[3], sizes[i[4]] + 1) for i in indices]
    choices = list(itertools.product(*spans))
    step = max(1, len(choices) // limit)
    for choice in choices[::step]:
        yield dict(zip(indices, choice, strict=True))


def close_to(first: Any, second: Any) -> bool:
    return abs(first - second) <= mp.mpf(10) ** -18 * max(1, abs(first), abs(second))
