"""Arrays whose axes carry labels, and sums of products of them: what a formula becomes before it is one array.

An axis is labelled by a token: an ``Index`` (a letter that stands free) or a number (a dimension of the value itself, or a
letter that a sum has bound). A ``Network`` is a product of operands, summed over every numbered token that is not among its
own dimensions. Nothing is multiplied out until ``contract`` sees the whole product.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

import jax
import jax.numpy as jnp

from derive.errors import LimitError
from derive.symbols import Index

Token = Index | int
Array = jax.Array
T = TypeVar("T")

_numbers = itertools.count()


def fresh() -> int:
    """A token that nobody else holds."""
    return next(_numbers)


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """An array with one token for each axis, all different.

    ``root``, where known, is a matrix R over the same axes with ``array = R^T R`` (the last two axes).
    """

    array: Array
    tokens: tuple[Token, ...]
    root: Array | None = None

    def renamed(self, names: Mapping[Token, Token]) -> Dense:
        tokens = tuple(names.get(token, token) for token in self.tokens)
        return replace(self, tokens=tokens) if len(set(tokens)) == len(tokens) else labelled(self.array, tokens)

    def dense(self) -> Dense:
        return self

    def size(self, token: Token) -> int:
        return self.array.shape[self.tokens.index(token)]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The sum ``data + other`` of two arrays whose labels differ but for one: kept apart for ``feature_products``."""

    data: Dense
    other: Dense

    @property
    def tokens(self) -> tuple[Token, ...]:
        return unique((*self.data.tokens, *self.other.tokens))

    @property
    def shared(self) -> Token:
        return next(token for token in self.data.tokens if token in self.other.tokens)

    @property
    def data_tokens(self) -> tuple[Token, ...]:
        return tuple(token for token in self.data.tokens if token not in self.other.tokens)

    @property
    def other_tokens(self) -> tuple[Token, ...]:
        return tuple(token for token in self.other.tokens if token not in self.data.tokens)

    def renamed(self, names: Mapping[Token, Token]) -> Operand:
        tokens = [names.get(token, token) for token in self.tokens]
        if len(set(tokens)) < len(tokens):
            return self.dense().renamed(names)
        return Split(self.data.renamed(names), self.other.renamed(names))

    def dense(self) -> Dense:
        return total([self.data, self.other])


Operand = Dense | Split


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """``scale`` times the product of the operands, summed over every numbered token that is not in ``own``."""

    operands: tuple[Operand, ...] = ()
    own: tuple[int, ...] = ()
    scale: Fraction = Fraction(1)

    @property
    def labels(self) -> tuple[Index, ...]:
        return unique(token for operand in self.operands for token in operand.tokens if isinstance(token, Index))

    def renamed(self, names: Mapping[Token, Token]) -> Network:
        """The network under other labels; all numbered tokens become fresh, so that it can be used once more."""
        numbers = {token for operand in self.operands for token in operand.tokens if isinstance(token, int)}
        everything: dict[Token, Token] = {**{token: fresh() for token in numbers}, **names}
        own = tuple(everything[token] for token in self.own)
        operands = tuple(operand.renamed(everything) for operand in self.operands)
        return replace(self, operands=operands, own=tuple(token for token in own if isinstance(token, int)))


def unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def labelled(array: Array, tokens: Sequence[Token]) -> Dense:
    """The array under these labels; where a label stands twice, its diagonal."""
    once = unique(tokens)
    if len(once) < len(tokens):
        number = {token: position for position, token in enumerate(once)}
        array = jnp.einsum(array, [number[token] for token in tokens], [number[token] for token in once])
    return Dense(array, once)


def single(dense: Dense, own: tuple[int, ...] = ()) -> Network:
    return Network((dense,), own)


def aligned(dense: Dense, tokens: Sequence[Token]) -> Array:
    """The array with its axes in the order of ``tokens``, of length one where it does not have them."""
    order = [dense.tokens.index(token) for token in tokens if token in dense.tokens]
    array = dense.array if order == list(range(len(order))) else jnp.transpose(dense.array, order)
    missing = [axis for axis, token in enumerate(tokens) if token not in dense.tokens]
    return jnp.expand_dims(array, missing) if missing else array


def union(parts: Sequence[Dense]) -> tuple[Token, ...]:
    """All labels, those of the widest array first, so that it keeps its layout."""
    return unique(token for part in sorted(parts, key=lambda part: -part.array.size) for token in part.tokens)


def total(parts: Sequence[Dense]) -> Dense:
    """The sum of arrays, each repeated along the axes that it lacks."""
    if len(parts) == 1:
        return parts[0]
    tokens = union(parts)
    # Small arrays first: constants of a component are added up before they meet the data.
    arrays = [aligned(part, tokens) for part in sorted(parts, key=lambda part: part.array.size)]
    return Dense(sum(arrays[1:], arrays[0]), tokens)


def multiplied(parts: Sequence[Dense]) -> Dense:
    if len(parts) == 1:
        return parts[0]
    tokens = union(parts)
    array = aligned(parts[0], tokens)
    for part in parts[1:]:
        array = array * aligned(part, tokens)
    return Dense(array, tokens)


def number(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise LimitError(f"a number too large for float64: {value}") from error


def einsum(operands: Sequence[Dense], out: Sequence[Token]) -> Dense:
    """The sum of the product of the arrays over every token that is not in ``out``, as contractions.

    A token of ``out`` that no operand has is left out.
    """
    parts: dict[frozenset[Token], Dense] = {}
    for operand in operands:
        key = frozenset(operand.tokens)
        parts[key] = multiplied([parts[key], operand]) if key in parts else operand
    summed: list[Dense] = []
    for part in parts.values():
        elsewhere = {token for other in parts.values() if other is not part for token in other.tokens}
        alone = tuple(axis for axis, token in enumerate(part.tokens) if token not in out and token not in elsewhere)
        if alone:
            kept = tuple(token for axis, token in enumerate(part.tokens) if axis not in alone)
            part = Dense(jnp.sum(part.array, alone), kept)
        summed.append(part)
    if not summed:
        return Dense(jnp.ones(()), ())
    present = tuple(token for token in unique(out) if any(token in part.tokens for part in summed))
    if all(token in out for part in summed for token in part.tokens):
        return multiplied(summed)
    position = {token: place for place, token in enumerate(unique(token for part in summed for token in part.tokens))}
    arguments: list[object] = []
    for part in summed:
        arguments += [part.array, [position[token] for token in part.tokens]]
    optimise = "optimal" if len(summed) <= 5 else "greedy"
    array = jnp.einsum(*arguments, [position[token] for token in present], optimize=optimise, precision=jax.lax.Precision.HIGHEST)
    return Dense(array, present)
