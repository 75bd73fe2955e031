"""Evaluates with NumPy what JAX has traced, one equation after the other.

JAX differentiates; numbers that are wanted once, of a few small arrays, need no machine code: compiling takes a hundred times as
long as computing. What stands in the table below is computed by NumPy, anything else by JAX itself.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

Array = Any


def evaluated(function: Any, static: object, *arguments: object) -> Any:
    """The value of a jitted function, whose first argument is static, without compiling it."""
    traced = function.trace(static, *arguments)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(arguments)]
    with np.errstate(all="ignore"):
        results = _values(traced.jaxpr, leaves)
    return jax.tree.unflatten(jax.tree.structure(traced.out_info), results)


def _values(closed: ClosedJaxpr, arguments: Sequence[Array]) -> list[Array]:
    jaxpr: Jaxpr = closed.jaxpr
    known: dict[Any, Array] = dict(zip(jaxpr.constvars, map(np.asarray, closed.consts), strict=True))
    known.update(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Array:
        if isinstance(atom, Literal):
            kind: Any = atom.aval
            return np.asarray(atom.val, dtype=kind.dtype)
        return known[atom]

    for equation in jaxpr.eqns:
        given = [read(atom) for atom in equation.invars]
        made = _by_numpy(equation, given)
        if made is None or not all(map(_is_of_kind, made, equation.outvars)):
            made = _by_jax(equation, given)
        known.update(zip(equation.outvars, made, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _by_numpy(equation: Any, arguments: list[Array]) -> list[Array] | None:
    """The values of an equation; None where it is of no kind that is known here."""
    name, parameters = equation.primitive.name, equation.params
    if name in _INSIDE:
        return _INSIDE[name](parameters, arguments)
    operation = _OPERATIONS.get(name)
    if operation is None or not _takes(operation).issuperset(parameters):
        return None
    made = operation(*arguments, **parameters)
    return made if isinstance(made, list) else [np.asarray(made)]


def _is_of_kind(value: Array, variable: Any) -> bool:
    return value.shape == variable.aval.shape and value.dtype == variable.aval.dtype


def _by_jax(equation: Any, arguments: list[Array]) -> list[Array]:
    made = equation.primitive.bind(*arguments, **equation.primitive.get_bind_params(equation.params))
    return [np.asarray(value) for value in (made if equation.primitive.multiple_results else [made])]


@functools.cache
def _takes(operation: Callable[..., Array]) -> frozenset[str]:
    """The parameters that an operation knows: of one that has others nothing is presumed."""
    return frozenset(p.name for p in inspect.signature(operation).parameters.values() if p.kind is p.KEYWORD_ONLY)


# Equations that hold others.


def _linear_solve(parameters: Mapping[str, Any], arguments: list[Array]) -> list[Array]:
    lengths, jaxprs = parameters["const_lengths"], parameters["jaxprs"]
    begin = lengths.matvec + lengths.vecmat
    constants = arguments[begin : begin + lengths.solve]
    return _values(jaxprs.solve, [*constants, *arguments[sum(lengths) :]])


_INSIDE: Mapping[str, Callable[[Mapping[str, Any], list[Array]], list[Array]]] = {
    "jit": lambda parameters, arguments: _values(parameters["jaxpr"], arguments),
    "custom_jvp_call": lambda parameters, arguments: _values(parameters["call_jaxpr"], arguments),
    "custom_linear_solve": _linear_solve,
    "cond": lambda parameters, arguments: _values(
        parameters["branches"][min(max(int(arguments[0]), 0), len(parameters["branches"]) - 1)], arguments[1:]
    ),
}


# One operation for each kind of equation; parameters that change no number are taken and left.


def _unary(function: Callable[[Array], Array]) -> Callable[..., Array]:
    def operation(x: Array, *, accuracy: object = None) -> Array:
        return function(x)

    return operation


def _binary(function: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def operation(x: Array, y: Array, *, out_dtype: object = None) -> Array:
        return function(x, y)

    return operation


def _reduction(function: Callable[..., Array]) -> Callable[..., Array]:
    def operation(x: Array, *, axes: Sequence[int], out_sharding: object = None) -> Array:
        return function(x, axis=tuple(int(axis) for axis in axes))

    return operation


def _same(x: Array) -> Array:
    return x


def _divided(x: Array, y: Array) -> Array:
    if x.dtype.kind == "f":
        return x / y
    return np.trunc(x / y).astype(x.dtype)


def _broadcast(x: Array, *, shape: Sequence[int], broadcast_dimensions: Sequence[int], sharding: object = None) -> Array:
    wide = [1] * len(shape)
    for place, length in zip(broadcast_dimensions, x.shape, strict=True):
        wide[place] = length
    return np.broadcast_to(x.reshape(wide), shape)


def _reshape(x: Array, *, new_sizes: Sequence[int], dimensions: None, sharding: object = None) -> Array:
    return x.reshape(new_sizes) if dimensions is None else x.transpose(dimensions).reshape(new_sizes)


def _select(which: Array, *cases: Array) -> Array:
    return np.choose(np.broadcast_to(which, cases[0].shape).astype(np.intp), cases, mode="clip")


def _transpose(x: Array, *, permutation: Sequence[int]) -> Array:
    return x.transpose(permutation)


def _squeeze(x: Array, *, dimensions: Sequence[int]) -> Array:
    return np.squeeze(x, tuple(int(axis) for axis in dimensions))


def _convert(x: Array, *, new_dtype: Any, weak_type: bool, sharding: object = None) -> Array:
    return x.astype(new_dtype)


def _iota(*, dtype: Any, shape: Sequence[int], dimension: int, sharding: object = None) -> Array:
    along = [shape[dimension] if axis == dimension else 1 for axis in range(len(shape))]
    return np.broadcast_to(np.arange(shape[dimension], dtype=dtype).reshape(along), shape)


def _dot(
    x: Array, y: Array, *, dimension_numbers: Any, precision: object, preferred_element_type: Any, out_sharding: object = None
) -> Array:
    (left, right), (left_batch, right_batch) = dimension_numbers
    count = len(left_batch)
    x_rest = [axis for axis in range(x.ndim) if axis not in (*left, *left_batch)]
    y_rest = [axis for axis in range(y.ndim) if axis not in (*right, *right_batch)]
    batch, rows, columns = (x.shape[a] for a in left_batch), [x.shape[a] for a in x_rest], [y.shape[a] for a in y_rest]
    shape = (*batch, *rows, *columns)
    inner = math.prod(x.shape[axis] for axis in left)
    first = x.transpose(*left_batch, *x_rest, *left).reshape((*shape[:count], math.prod(rows), inner))
    second = y.transpose(*right_batch, *right, *y_rest).reshape((*shape[:count], inner, math.prod(columns)))
    return (first @ second).astype(preferred_element_type or x.dtype).reshape(shape)


def _power(x: Array, y: Array) -> Array:
    return np.power(x, y.astype(x.dtype))


def _integer_power(x: Array, *, y: int) -> Array:
    return x**y if y >= 0 else 1 / x**-y


def _split(x: Array, *, sizes: Sequence[int], axis: int) -> list[Array]:
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def _slice(x: Array, *, start_indices: Sequence[int], limit_indices: Sequence[int], strides: Sequence[int] | None) -> Array:
    steps = strides or (1,) * x.ndim
    return x[tuple(slice(*each) for each in zip(start_indices, limit_indices, steps, strict=True))]


def _pad(x: Array, value: Array, *, padding_config: Sequence[tuple[int, int, int]]) -> Array:
    lengths = [low + high + n + max(n - 1, 0) * inside for n, (low, high, inside) in zip(x.shape, padding_config, strict=True)]
    # What is padded by less than nothing is cut off.
    whole = [
        max(low, 0) + max(high, 0) + n + max(n - 1, 0) * k for n, (low, high, k) in zip(x.shape, padding_config, strict=True)
    ]
    found = np.full(whole, value, dtype=x.dtype)
    places = (
        slice(max(low, 0), max(low, 0) + max(n + (n - 1) * k, 0), k + 1)
        for n, (low, _, k) in zip(x.shape, padding_config, strict=True)
    )
    found[tuple(places)] = x
    kept = (slice(max(-low, 0), max(-low, 0) + n) for n, (low, _, _) in zip(lengths, padding_config, strict=True))
    return found[tuple(kept)]


def _triangular_solve(
    a: Array, b: Array, *, left_side: bool, lower: bool, transpose_a: bool, conjugate_a: bool, unit_diagonal: bool
) -> Array:
    triangle = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        size = a.shape[-1]
        triangle = np.where(np.eye(size, dtype=bool), 1.0, triangle)
    triangle = np.swapaxes(triangle, -1, -2) if transpose_a else triangle
    if left_side:
        return _solved(triangle, b)
    return np.swapaxes(_solved(np.swapaxes(triangle, -1, -2), np.swapaxes(b, -1, -2)), -1, -2)


def _solved(matrix: Array, right: Array) -> Array:
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        return np.full(right.shape, np.nan)


def _cholesky(x: Array) -> Array:
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return np.full(x.shape, np.nan)


def _platform(*, platforms: Sequence[Sequence[str] | None]) -> Array:
    here = jax.default_backend()
    return np.asarray(next(n for n, names in enumerate(platforms) if names is None or here in names), dtype=np.int32)


def _log_gamma(x: Array) -> Array:
    return np.array([_log_gamma_at(value) for value in x.ravel().tolist()], dtype=x.dtype).reshape(x.shape)


def _log_gamma_at(value: float) -> float:
    try:
        return math.lgamma(value)
    except (ValueError, OverflowError):
        return math.inf  # a pole, or beyond the largest number


def _round(x: Array, *, rounding_method: Any) -> Array:
    if int(rounding_method) == 1:
        return np.round(x)
    return np.trunc(x + np.copysign(0.5, x))


def _concatenate(*parts: Array, dimension: int) -> Array:
    return np.concatenate(parts, dimension)


def _empty(*, dtype: Any, memory_space: object = None) -> Array:
    return np.zeros((), dtype=dtype)


_OPERATIONS: Mapping[str, Callable[..., Array]] = {
    **{name: _unary(getattr(np, name)) for name in ("exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tanh", "sign", "abs")},
    "neg": _unary(np.negative),
    "not": _unary(np.invert),
    "is_finite": _unary(np.isfinite),
    "square": _unary(np.square),
    "stop_gradient": _same,
    "copy": _same,
    "mul": _binary(np.multiply),
    "add": _binary(np.add),
    "add_any": _binary(np.add),
    "sub": _binary(np.subtract),
    "div": _binary(_divided),
    "max": _binary(np.maximum),
    "min": _binary(np.minimum),
    "rem": _binary(np.fmod),
    "pow": _binary(_power),
    "eq": _binary(np.equal),
    "ne": _binary(np.not_equal),
    "lt": _binary(np.less),
    "le": _binary(np.less_equal),
    "gt": _binary(np.greater),
    "ge": _binary(np.greater_equal),
    "and": _binary(np.bitwise_and),
    "or": _binary(np.bitwise_or),
    "xor": _binary(np.bitwise_xor),
    "integer_pow": _integer_power,
    "reduce_sum": _reduction(np.sum),
    "reduce_prod": _reduction(np.prod),
    "reduce_max": _reduction(np.max),
    "reduce_min": _reduction(np.min),
    "reduce_or": _reduction(np.any),
    "reduce_and": _reduction(np.all),
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "select_n": _select,
    "convert_element_type": _convert,
    "transpose": _transpose,
    "squeeze": _squeeze,
    "iota": _iota,
    "dot_general": _dot,
    "split": _split,
    "slice": _slice,
    "pad": _pad,
    "concatenate": _concatenate,
    "triangular_solve": _triangular_solve,
    "cholesky": _cholesky,
    "platform_index": _platform,
    "lgamma": _unary(_log_gamma),
    "round": _round,
    "empty2": _empty,
}
