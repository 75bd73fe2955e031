"""Seeded generic points: exact rational values of the declared domains, theta_t apart from theta, sizes pairwise different."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from derive.errors import UnsupportedError
from derive.formula import Component, Definition, Delta, Formula, Named, Product, Reference, SizeNumber, Substitute, Sum, walk
from derive.symbols import Index, Range, Size, Symbol

Key = tuple[str, str]
"""(symbol name, role)."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Sizes, and an exact value for every symbol: object arrays of ``Fraction``, family sizes first, counted from 0."""

    sizes: Mapping[str, int]
    values: Mapping[Key, np.ndarray]
    environments: dict[int, Any] = field(default_factory=dict[int, Any], init=False, repr=False)
    """What was evaluated here already, by precision; kept so that claims about one model share their work."""


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
    """The symbols that formulas and their abbreviations contain, by name and role; those that are only put in for excepted."""
    found: dict[Key, Symbol] = {}
    for node, current in _definitions(formulas):
        if isinstance(node, Reference):
            symbol = node.symbol.at_current if current else node.symbol
            found[symbol.name, symbol.role] = symbol
        elif isinstance(node, Substitute):
            found.setdefault((node.symbol.name, node.symbol.role), node.symbol)
    return tuple(found[key] for key in sorted(found))


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
        if isinstance(node, (Sum, Product)):
            note(node.index.range.upper, 1)
        elif isinstance(node, SizeNumber):
            note(node.size, 2)
        else:
            for index in _indices(node):
                note(index.range.upper, 1)
    return tuple(sorted(ranks, key=lambda name: (ranks[name], name)))


def _indices(node: Formula) -> Iterator[Index]:
    own: Sequence[Any] = ()
    if isinstance(node, (Reference, Named, Component)):
        own = node.indices
    elif isinstance(node, Delta):
        own = (node.left, node.right)
    return (index for index in own if isinstance(index, Index))


def size_schedule(names: Sequence[str]) -> Iterator[Mapping[str, int]]:
    """Sizes to try, without end: generic ones first (pairwise different, each size the largest once), then ones and twos."""
    count = len(names)
    generic = list(range(count + 1, 1, -1))
    plans = [
        generic,
        generic[1:] + generic[:1],
        [1 if k % 2 == 0 else 2 for k in range(count)],
        [2] * count,
        [1] * count,
        generic[2:] + generic[:2],
        [size + 2 for size in generic],
        [2 if k % 2 == 0 else 1 for k in range(count)],
    ]
    while True:
        for plan in plans:
            yield dict(zip(names, plan, strict=True))


# Values.


def generic_point(symbols: Iterable[Symbol], sizes: Mapping[str, int], seed: int) -> Point:
    """Exact values for the symbols, each drawn from its own stream: the same symbol, sizes and seed give the same value.

    Raises:
        UnsupportedError: a symbol has a domain for which no values are known.
    """
    return Point(sizes, {(s.name, s.role): _values(s, sizes, seed) for s in symbols})


def _values(symbol: Symbol, sizes: Mapping[str, int], seed: int) -> np.ndarray:
    shape_of_point = ",".join(f"{name}={size}" for name, size in sorted(sizes.items()))
    digest = hashlib.sha256(f"{seed}/{shape_of_point}/{symbol.name}/{symbol.role}".encode()).digest()
    rng = random.Random(int.from_bytes(digest[:8], "big"))
    family = tuple(length(r, sizes) for r in symbol.family)
    shape = tuple(sizes[s.name] for s in symbol.shape)
    values = np.empty(family + shape, dtype=object)
    for place in np.ndindex(*family):
        if symbol.domain == "spd":
            values[place] = _positive_definite(rng, shape[0])
        elif symbol.domain == "sym":
            values[place] = _symmetric(rng, shape[0])
        else:
            for inner in np.ndindex(*shape):
                values[place + inner] = _scalar(rng, symbol.domain)
    if symbol.domain == "simplex":
        values = values / values.sum(axis=len(family) - 1, keepdims=True)
    return values


def length(r: Range, sizes: Mapping[str, int]) -> int:
    """How many integers a range has, at given sizes."""
    return max(0, sizes[r.upper.name] - r.lower + 1)


def _scalar(rng: random.Random, domain: str) -> Fraction:
    magnitude = Fraction(rng.randrange(201, 1800), 1000)
    match domain:
        case "real":
            return magnitude * rng.choice((-1, 1))
        case "positive" | "nonnegative" | "simplex":
            return magnitude
        case "unit":
            return Fraction(rng.randrange(101, 900), 1000)
        case "integer":
            return Fraction(rng.choice((-3, -2, 2, 3, 4, 5)))
        case _:
            raise UnsupportedError(f"no generic values are known for the domain {domain}")


def _positive_definite(rng: random.Random, size: int) -> np.ndarray:
    root = np.array([[Fraction(0)] * size for _ in range(size)], dtype=object)
    for a in range(size):
        for b in range(a):
            root[a, b] = Fraction(rng.randrange(101, 600), 1000) * rng.choice((-1, 1))
        root[a, a] = Fraction(rng.randrange(701, 1400), 1000)
    return root.dot(root.T)


def _symmetric(rng: random.Random, size: int) -> np.ndarray:
    raw = np.array([[_scalar(rng, "real") for _ in range(size)] for _ in range(size)], dtype=object)
    return (raw + raw.T) / 2
