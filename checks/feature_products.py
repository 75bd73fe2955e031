"""Two rules that turn forms in ``x_i - mu_j`` into one matrix product over features of the data.

With ``u_ij = a_i + b_j`` (``a`` lives on the data, ``b`` does not), centred data ``z_i = a_i - c`` and ``b'_j = b_j + c``:

- a quadratic form ``u_ij^T M_j u_ij`` is linear in the features ``(1, z_i, z_i z_i^T)``: one product of an (n, f) matrix
  with an (f, k) matrix instead of n k d^2 operations on (n, k, d) temporaries;
- a weighted sum ``sum_i w_ij u_ij`` or ``sum_i w_ij u_ij u_ij^T`` needs ``sum_i w_ij (1, z_i, z_i z_i^T)`` alone: the
  transposed product.

Both are exact algebra, and the subtraction of the centre keeps the digits of data that lie far from the origin. What can
still lose digits is a component far from the centre in units of its own spread. Each rule therefore bounds its rounding
error from the numbers at hand (its *guard*); where the bound is too large the direct road, one component at a time, is right.
A conditional inside the compiled program costs as much as the form itself, so the guards are a result of the program, and
only a program that must decide for itself (under somebody's transformation, or when a guard failed) holds the conditional.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from checks.contractions import Array, Dense, Operand, Split, Token, einsum, fresh, multiplied, total, unique
from derive.errors import UnsupportedError

LARGEST_TERM = 1e6
"""A quadratic form whose expanded terms stay below this loses at most about 1e-9 by cancellation."""
SMALLEST_SHARE = 1e-6
"""A weighted square that keeps this share of its expanded terms loses at most about 1e-9 of itself by cancellation."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The data as ``rows`` (n, d), their ``table`` (n, f) of features, ``centre`` (d,) and ``radius`` (d,), the largest |z|."""

    rows: Array
    table: Array
    centre: Array
    radius: Array


@dataclass(slots=True, eq=False)
class FeatureTables:
    """The features of each data array, computed once, and the guards of the forms that used them.

    With ``conditional`` each form chooses its road at run time and there are no guards.
    """

    conditional: bool = False
    guards: list[Array] = field(default_factory=list[Array])
    made: dict[int, tuple[Array, Features]] = field(default_factory=dict[int, tuple[Array, Features]])

    def of(self, data: Dense, dimension: Token) -> Features:
        if data.tokens[-1] != dimension:
            return _features(_last(data, dimension).array)
        key = id(data.array)
        if key not in self.made:
            self.made[key] = (data.array, _features(data.array))
        return self.made[key][1]

    def choose(self, guard: Array, expanded: Array, direct: Callable[[], Array]) -> Array:
        """The expanded form where its guard holds, the direct one elsewhere; or the guard noted for the caller."""
        guard = jax.lax.stop_gradient(guard)
        if self.conditional:
            return jax.lax.cond(guard, lambda: expanded, direct)
        self.guards.append(guard)
        return expanded


def _features(data: Array) -> Features:
    rows = data.reshape(-1, data.shape[-1])
    centre = jax.lax.stop_gradient(jnp.mean(rows, 0))
    centred = rows - centre
    ones = jnp.ones((rows.shape[0], 1), rows.dtype)
    # Row by row of the upper triangle: slices fuse, a gather of the pairs of columns does not.
    squares = [centred[:, a : a + 1] * centred[:, a:] for a in range(rows.shape[1])]
    table = jnp.concatenate([ones, centred, *squares], axis=1)
    return Features(rows, table, centre, jax.lax.stop_gradient(jnp.max(jnp.abs(centred), axis=0)))


def _last(dense: Dense, token: Token) -> Dense:
    """The same array with the axis of ``token`` last."""
    axis = dense.tokens.index(token)
    rest = (*dense.tokens[:axis], *dense.tokens[axis + 1 :])
    return Dense(jnp.moveaxis(dense.array, axis, -1), (*rest, token))


def worthwhile(data: Dense, other: Dense) -> bool:
    """Whether ``data + other`` should be kept apart: many data, several components, one dimension in common."""
    shared = [token for token in data.tokens if token in other.tokens]
    if len(shared) != 1 or data.array.ndim < 2 or other.array.ndim < 2:
        return False
    dimension = data.size(shared[0])
    rows, components = data.array.size // max(dimension, 1), other.array.size // max(dimension, 1)
    features = 1 + dimension + dimension * (dimension + 1) // 2
    return rows >= 4 * features and rows >= components and rows * components >= 4096


def contract(operands: Sequence[Operand], out: Sequence[Token], tables: FeatureTables, scale: float = 1.0) -> Dense:
    """``scale`` times the sum of the product of the operands over every token that is not in ``out``."""
    current: Sequence[Operand] = operands
    while any(isinstance(operand, Split) for operand in current):
        reduced = _apply(current, out, tables)
        current = [operand.dense() for operand in current] if reduced is None else reduced
    result = einsum([operand.dense() for operand in current], out)
    return result if scale == 1.0 else Dense(result.array * scale, result.tokens)


def _apply(operands: Sequence[Operand], out: Sequence[Token], tables: FeatureTables) -> list[Operand] | None:
    """The product with one form in a split replaced by its value; None where no rule fits."""
    for position, first in enumerate(operands):
        if not isinstance(first, Split):
            continue
        data = set(first.data_tokens)
        partner = next(
            (
                place
                for place, other in enumerate(operands)
                if place > position
                and isinstance(other, Split)
                and other.data.array is first.data.array
                and other.data_tokens == first.data_tokens
            ),
            None,
        )
        second = None if partner is None else operands[partner]
        rest = [operand for place, operand in enumerate(operands) if place not in (position, partner)]
        touching = [operand for operand in rest if data & set(operand.tokens)]
        ends = {first.shared} | ({second.shared} if isinstance(second, Split) else set[Token]())
        if any(ends & set(operand.tokens) for operand in touching):
            continue
        if not data & set(out):
            weights = [operand.dense() for operand in touching]
            others = [operand for operand in rest if not data & set(operand.tokens)]
            return _weighted_sum(first, second if isinstance(second, Split) else None, weights, others, out, tables)
        if data <= set(out) and isinstance(second, Split) and not ends & set(out):
            matrix = [operand.dense() for operand in rest if ends & set(operand.tokens)]
            others = [operand for operand in rest if not ends & set(operand.tokens)]
            return _quadratic_form(first, second, matrix, others, out, tables)
    return None


def _second_end(first: Split, second: Split, factors: list[Operand], size: int) -> tuple[Token, list[Operand]]:
    """The token of the second factor's dimension, made different from the first's by an identity matrix."""
    if first.shared != second.shared:
        return second.shared, factors
    end = fresh()
    return end, [*factors, Dense(jnp.eye(size), (first.shared, end))]


def _repeated(dense: Dense, tokens: Sequence[Token], sizes: dict[Token, int]) -> Array:
    """The array over all of ``tokens``, repeated along those it lacks."""
    order = [dense.tokens.index(token) for token in tokens if token in dense.tokens]
    missing = [axis for axis, token in enumerate(tokens) if token not in dense.tokens]
    array = jnp.expand_dims(jnp.transpose(dense.array, order), missing)
    return jnp.broadcast_to(array, tuple(sizes[token] for token in tokens))


def _sides(split: Split, features: Features, end: Token) -> tuple[Dense, Dense]:
    """``b`` and ``b' = b + c``, the shared dimension last under the token ``end``."""
    other = _last(split.other, split.shared).renamed({split.shared: end})
    return other, Dense(other.array + features.centre, other.tokens)


def _quadratic_form(
    first: Split, second: Split, matrix: list[Dense], others: list[Operand], out: Sequence[Token], tables: FeatureTables
) -> list[Operand] | None:
    features = tables.of(first.data, first.shared)
    dimension = features.centre.shape[0]
    p = first.shared
    q, extended = _second_end(first, second, list(matrix), dimension)
    factors = [factor.dense() for factor in extended]
    if not factors:
        raise UnsupportedError("two vectors whose dimensions are not joined")
    needed = set(out).union(*(operand.tokens for operand in others), first.other_tokens, second.other_tokens)
    kept = tuple(token for token in unique(t for f in factors for t in f.tokens) if token in needed and token not in (p, q))
    middle = einsum(factors, (*kept, p, q))
    (left_raw, left), (right_raw, right) = _sides(first, features, p), _sides(second, features, q)
    columns = unique((*first.other_tokens, *second.other_tokens, *kept))
    sizes: dict[Token, int] = {}
    for part in (left, right, middle):
        sizes.update(zip(part.tokens, part.array.shape, strict=True))
    bs = [_repeated(part, (*columns, end), sizes).reshape(-1, dimension) for part, end in ((left, p), (right, q))]
    raw = [_repeated(part, (*columns, end), sizes).reshape(-1, dimension) for part, end in ((left_raw, p), (right_raw, q))]
    m = _repeated(middle, (*columns, p, q), sizes).reshape(-1, dimension, dimension)

    upper = np.triu_indices(dimension)
    halves = np.where(upper[0] == upper[1], 0.5, 1.0)
    both = m + jnp.swapaxes(m, 1, 2)
    right_product = jnp.einsum("kpq,kq->kp", m, bs[1])
    linear = right_product + jnp.einsum("kpq,kp->kq", m, bs[0])
    constant = jnp.einsum("kp,kp->k", bs[0], right_product)
    parameters = jnp.concatenate([constant[:, None], linear, both[:, upper[0], upper[1]] * halves], axis=1)

    reach = [features.radius + jnp.abs(b) for b in bs]
    bound = jnp.max(jnp.einsum("kp,kpq,kq->k", reach[0], jnp.abs(m), reach[1]), initial=0.0)
    root = None
    if len(factors) == 1 and factors[0].root is not None and first.other.array is second.other.array:
        root = _repeated(Dense(factors[0].root, factors[0].tokens), (*columns, p, q), sizes).reshape(m.shape)

    expanded = jnp.matmul(features.table, parameters.T, precision=jax.lax.Precision.HIGHEST)

    def direct() -> Array:
        def one(component: tuple[Array, ...]) -> Array:
            if root is not None:
                return jnp.sum(((features.rows + component[0]) @ component[2].T) ** 2, axis=1)
            product = (features.rows + component[0]) @ component[2]
            return jnp.sum(product * (features.rows + component[1]), axis=1)

        return jax.lax.map(one, (*raw, m if root is None else root)).T

    value = tables.choose(bound <= LARGEST_TERM, expanded, direct)
    rows = tuple(first.data.size(token) for token in first.data_tokens)
    shape = (*rows, *(sizes[token] for token in columns))
    return [Dense(value.reshape(shape), (*first.data_tokens, *columns)), *others]


def _weighted_sum(
    first: Split,
    second: Split | None,
    weights: list[Dense],
    others: list[Operand],
    out: Sequence[Token],
    tables: FeatureTables,
) -> list[Operand]:
    features = tables.of(first.data, first.shared)
    dimension = features.centre.shape[0]
    p = first.shared
    q, others = (p, others) if second is None else _second_end(first, second, others, dimension)
    data_tokens = first.data_tokens
    other_tokens = unique((*first.other_tokens, *(second.other_tokens if second is not None else ())))
    needed = set(out).union(*(operand.tokens for operand in others), other_tokens)
    extra = tuple(t for t in unique(t for w in weights for t in w.tokens) if t in needed and t not in data_tokens)
    sizes: dict[Token, int] = {token: first.data.size(token) for token in data_tokens}
    for part in (*weights, first.other, *((second.other,) if second is not None else ())):
        sizes.update(zip(part.tokens, part.array.shape, strict=True))
    weight = einsum(weights, (*data_tokens, *extra))
    table = _repeated(weight, (*data_tokens, *extra), sizes).reshape(features.table.shape[0], -1)
    moments = jnp.matmul(table.T, features.table, precision=jax.lax.Precision.HIGHEST)

    shape = tuple(sizes[token] for token in extra)
    mass = Dense(moments[:, 0].reshape(shape), extra)
    first_moment = moments[:, 1 : 1 + dimension].reshape(*shape, dimension)
    square = _unpacked(moments[:, 1 + dimension :], dimension).reshape(*shape, dimension, dimension)
    left_raw, left = _sides(first, features, p)
    raws = [left_raw]
    by_p = Dense(first_moment, (*extra, p))
    # Where the squares keep too small a share of the terms they are made of, digits were lost: see below.
    share = _share(mass, by_p, Dense(jnp.diagonal(square, axis1=-2, axis2=-1), (*extra, p)), left)
    if second is None:
        ends: tuple[Token, ...] = (p,)
        expanded = total([by_p, multiplied([mass, left])])
    else:
        right_raw, right = _sides(second, features, q)
        raws.append(right_raw)
        by_q = Dense(first_moment, (*extra, q))
        share = jnp.minimum(share, _share(mass, by_q, Dense(jnp.diagonal(square, axis1=-2, axis2=-1), (*extra, q)), right))
        ends = (p, q)
        expanded = total(
            [
                Dense(square, (*extra, p, q)),
                multiplied([by_p, right]),
                multiplied([left, by_q]),
                multiplied([mass, left, right]),
            ]
        )
    columns = unique((*other_tokens, *extra))
    remaining = tuple(token for token in extra if token not in other_tokens)
    expanded_array = _repeated(expanded, (*columns, *ends), {**sizes, **dict.fromkeys(ends, dimension)})

    def direct() -> Array:
        count = int(np.prod([sizes[token] for token in other_tokens]))
        inner = int(np.prod([sizes[token] for token in remaining]))
        rows = features.table.shape[0]
        per = _repeated(weight, (*other_tokens, *remaining, *data_tokens), sizes).reshape(count, inner, rows)
        sides = [
            _repeated(raw, (*other_tokens, end), {**sizes, end: dimension}).reshape(count, dimension)
            for raw, end in zip(raws, ends, strict=True)
        ]

        def one(component: tuple[Array, ...]) -> Array:
            vectors = [features.rows + side for side in component[1:]]
            if second is None:
                return component[0] @ vectors[0]
            return jnp.einsum("wn,np,nq->wpq", component[0], *vectors)

        return jax.lax.map(one, (per, *sides)).reshape(expanded_array.shape)

    value = tables.choose(share >= SMALLEST_SHARE, expanded_array, direct)
    return [Dense(value, (*columns, *ends)), *others]


def _share(mass: Dense, moment: Dense, square: Dense, other: Dense) -> Array:
    """The least share that ``sum_i w (z + b)^2`` keeps of the terms of its expansion, over all entries."""
    twice = multiplied([moment, other])
    terms = [square, Dense(2.0 * twice.array, twice.tokens), multiplied([mass, other, other])]
    size = total([Dense(jnp.abs(term.array), term.tokens) for term in terms]).array
    kept = jnp.abs(total(terms).array)
    return jnp.min(jnp.where(size > 0, kept / jnp.where(size > 0, size, 1.0), 1.0), initial=1.0)


def _unpacked(upper: Array, dimension: int) -> Array:
    """Symmetric matrices (k, d, d) from the rows of their upper triangles (k, d (d + 1) / 2)."""
    rows, columns = np.triu_indices(dimension)
    place = np.zeros((dimension, dimension), dtype=int)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    return upper[:, place]
