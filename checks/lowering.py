"""From a formula to one vectorised, jitted JAX function over float64 arrays.

Arrays are stored from 0, formulas count from ``Range.lower``: the entry of index value v stands at position v - lower. A
literal index is checked against the size, never clamped. Products under sums become contractions (``contractions``), forms
in ``x_i - mu_j`` over many data become matrix products over features (``feature_products``), logarithms and ratios of
sums of products with an exponential in them are taken in the log domain. Derivatives are JAX's.

Symmetric matrices: a value uses one Cholesky factor for the inverse and the log-determinant of a matrix that is declared
positive definite (not a number where it is not symmetric). That factor sees the symmetric part alone, so inside a
derivative by a matrix the formula as written is evaluated by LU instead, which treats the entries as independent; and the
routines of ``jax.scipy.stats``, which use a Cholesky factor too, stand in for a body only under the conventions
``frobenius`` and ``vech``, which depend on the function alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from checks.contractions import Array, Dense
from checks.evaluation import Key, Scope, merge_symbols, positions, reading_order, symbols_of
from checks.feature_products import FeatureTables
from checks.points import Draw
from checks.traces import evaluated
from derive.errors import DeriveError, ScopeError
from derive.formula import Formula, free_indices
from derive.symbols import Index, Symbol


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lowered:
    """One formula as a function of arrays.

    ``inputs`` are the arrays it takes, ``axes`` its free indices in order: they are the leading axes of the result, the
    formula's own dimensions follow.
    """

    formula: Formula
    inputs: tuple[Key, ...]
    axes: tuple[Index, ...]
    references: bool
    table: LoweredTable

    def __call__(
        self, values: Mapping[Key, Any], sizes: Mapping[str, int] | None = None, measures: Mapping[str, Any] | None = None
    ) -> Array:
        """The value of the formula; ``measures`` as in ``LoweredTable``.

        Shapes: an input has its family sizes first, then its symbol's shape; the result the sizes of ``axes``, then the
            formula's shape (a row has one axis).
        Raises:
            DeriveError: an input is missing or has another shape, a size is unknown or ambiguous.
            ScopeError: a literal index lies outside its range.
        """
        return self.table(values, sizes, measures=measures)["value"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LoweredTable:
    """Several formulas as one function: what they have in common is computed once."""

    formulas: Mapping[str, Formula]
    inputs: tuple[Key, ...]
    axes: Mapping[str, tuple[Index, ...]]
    references: bool
    symbols: Mapping[Key, Symbol]
    compiled: Callable[..., tuple[dict[str, Array], list[Array]]]

    def __call__(
        self,
        values: Mapping[Key, Any],
        sizes: Mapping[str, int] | None = None,
        draw: Draw = (0, 0),
        measures: Mapping[str, Any] | None = None,
        *,
        once: bool = False,
    ) -> dict[str, Array]:
        """The value of each formula, by name; shapes and errors as in ``Lowered``.

        ``draw`` says which functions stand for the unspecified ones, and by what an integral weights its points where
        ``measures`` has no rule of integration for it: a weight for each point, by the name of the size that counts them.
        What is wanted ``once`` is not compiled.

        Waits for the result when features were used: where their guard fails, the direct road is taken.
        """
        with jax.enable_x64(True):
            arrays = [_input(key, self.symbols[key], values) for key in self.inputs]
            known = _sizes({key: (self.symbols[key], array) for key, array in zip(self.inputs, arrays, strict=True)}, sizes)
            rules = {name: _rule(name, weights, known) for name, weights in (measures or {}).items()}
            traced = any(isinstance(array, Tracer) for array in arrays)
            fixed = tuple(sorted(known.items()))
            run = functools.partial(evaluated, self.compiled) if once and not traced else self.compiled
            results, guards = run((fixed, traced, draw), arrays, rules)
            # Inside somebody's trace a guard has no value: the program must decide for itself.
            if any(isinstance(guard, Tracer) or not bool(guard) for guard in guards):
                results, _ = run((fixed, True, draw), arrays, rules)
        for name, result in results.items():
            if result.dtype != jnp.float64:
                raise DeriveError(f"a result is not in double precision: {name}={result.dtype}, expected float64")
        return results


def lower(formula: Formula, *, axes: Sequence[Index] | None = None, references: bool = False) -> Lowered:
    """The formula as one jitted function.

    ``axes`` sets the order of the free indices (default: as they are met in reading). With ``references`` the logarithm of a
    definition that names a routine of ``jax.scipy.stats`` is that routine's, not its body's: the witness's own road.

    Raises:
        UnsupportedError: a function or a construct that is not known here (when called).
        ScopeError: ``axes`` are not the free indices.
    """
    table = lower_all({"value": formula}, axes={"value": axes} if axes is not None else None, references=references)
    return Lowered(formula=formula, inputs=table.inputs, axes=table.axes["value"], references=references, table=table)


def lower_all(
    formulas: Mapping[str, Formula], *, axes: Mapping[str, Sequence[Index]] | None = None, references: bool = False
) -> LoweredTable:
    """Several formulas as one jitted function that returns a dictionary; errors as in ``lower``."""
    symbols: dict[Key, Symbol] = {}
    order: dict[str, tuple[Index, ...]] = {}
    for name, formula in formulas.items():
        merge_symbols(symbols, symbols_of(formula))
        order[name] = tuple((axes or {}).get(name, reading_order(formula)))
        if len(set(order[name])) < len(order[name]) or frozenset(order[name]) != free_indices(formula):
            letters = ", ".join(sorted(index.name for index in free_indices(formula)))
            raise ScopeError(f"axes are not the free indices of {name}: expected {letters or '(none)'}")
    inputs = tuple(symbols)
    chosen = dict(formulas)

    @functools.partial(jax.jit, static_argnums=0)
    def compiled(
        static: tuple[tuple[tuple[str, int], ...], bool, Draw], arrays: list[Array], rules: dict[str, Array]
    ) -> tuple[dict[str, Array], list[Array]]:
        sizes, conditional, draw = static
        values = {key: Dense(array, positions(array.ndim)) for key, array in zip(inputs, arrays, strict=True)}
        tables = FeatureTables(conditional=conditional)
        scope = Scope(values=values, sizes=dict(sizes), references=references, draw=draw, measures=rules, tables=tables)
        results = {name: scope.output(formula, order[name]) for name, formula in chosen.items()}
        return results, tables.guards

    return LoweredTable(formulas=chosen, inputs=inputs, axes=order, references=references, symbols=symbols, compiled=compiled)


# Inputs: which arrays, of what shape, and what sizes they imply.


def _describe(symbol: Symbol) -> str:
    ranges = [r.upper.name if r.lower == 1 else f"{r.upper.name}-{r.lower - 1}" for r in symbol.family]
    return "(" + ", ".join([*ranges, *(size.name for size in symbol.shape)]) + ")"


def _input(key: Key, symbol: Symbol, values: Mapping[Key, Any]) -> Array:
    if key not in values:
        raise DeriveError(f"missing input: {key[0]} ({key[1]}), expected an array of shape {_describe(symbol)}")
    value = values[key]
    if not isinstance(value, jax.Array):
        try:
            value = np.asarray(value)
            value = value.astype(np.float64) if value.dtype.kind in "biufO" else value
        except (TypeError, ValueError) as error:
            raise DeriveError(f"an input is not an array of numbers: {key[0]} ({key[1]})") from error
    if value.dtype.kind not in "biuf":
        raise DeriveError(f"an input is not real: {key[0]} ({key[1]}) has dtype {value.dtype}, expected float64")
    expected = len(symbol.family) + len(symbol.shape)
    if value.ndim != expected:
        raise DeriveError(f"wrong shape: {key[0]} ({key[1]}) has shape {value.shape}, expected {_describe(symbol)}")
    return jnp.asarray(value, dtype=jnp.float64)


def _rule(name: str, weights: Any, sizes: Mapping[str, int]) -> Array:
    found = jnp.asarray(weights, dtype=jnp.float64)
    if found.shape != (sizes.get(name),):
        raise DeriveError(f"a rule of integration does not fit: {name} has weights of shape {found.shape}, expected one a point")
    return found


def _sizes(inputs: Mapping[Key, tuple[Symbol, Array]], given: Mapping[str, int] | None) -> dict[str, int]:
    known = {name: int(value) for name, value in (given or {}).items()}
    source = dict.fromkeys(known, "the given sizes")
    for key, (symbol, array) in inputs.items():
        uppers = [(r.upper.name, r.lower - 1) for r in symbol.family] + [(size.name, 0) for size in symbol.shape]
        for (name, offset), length in zip(uppers, array.shape, strict=True):
            if known.setdefault(name, length + offset) != length + offset:
                raise DeriveError(
                    f"sizes disagree: {name}={known[name]} by {source[name]}, {name}={length + offset} by {key[0]} ({key[1]}) "
                    f"of shape {array.shape}, expected {_describe(symbol)}"
                )
            source.setdefault(name, f"{key[0]} ({key[1]})")
    return known
