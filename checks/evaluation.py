"""What each node of a formula means: the interpreter that ``lowering`` compiles.

A ``Scope`` holds the values of the symbols at one place of the formula and evaluates its nodes to labelled arrays. Products
stay unmultiplied under sums; what is positive and has an exponential in it is also known by its logarithm. Derivatives and
evaluations at other points open a scope of their own, and whatever they do not change is computed in the surrounding one.

Symmetric matrices: see ``lowering``.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import digamma, erf, gammaln, i0, i1, polygamma

from checks.contractions import (
    Array,
    Dense,
    Network,
    Operand,
    Split,
    Token,
    aligned,
    einsum,
    fresh,
    labelled,
    multiplied,
    number,
    single,
    total,
    union,
    unique,
)
from checks.feature_products import FeatureTables, contract, worthwhile
from checks.points import Coefficients, Draw, coefficients, measure
from derive.errors import DeriveError, LimitError, ScopeError, UnsupportedError
from derive.formula import (
    Add,
    Apply,
    AtEqual,
    Cholesky,
    Component,
    Delta,
    Derivative,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Fresh,
    Function,
    Identity,
    Inverse,
    LibraryCall,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Pi,
    Power,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
    Transpose,
    at_time,
    free_indices,
    rename,
    rows_and_columns,
    unfold,
)
from derive.symbols import Index, IndexLike, Range, Role, Symbol

Key = tuple[str, Role]
"""The name and the role of an input: ``("mu", "param")`` and ``("mu", "current")`` are two inputs."""

MOST_PLACES = 100_000
"""Of the family indices of an unspecified function: each has coefficients of its own."""

FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "gamma": lambda x: jnp.where(x > 0, jnp.exp(gammaln(x)), jnp.nan),
    "loggamma": lambda x: jnp.where(x > 0, gammaln(x), jnp.nan),
    "digamma": digamma,
    "trigamma": lambda x: polygamma(1, x),
    "erf": erf,
    "cos": jnp.cos,
    "sin": jnp.sin,
    "besseli0": i0,
    "besseli1": i1,
}


def reading_order(formula: Formula) -> tuple[Index, ...]:
    """The free indices in the order in which a reader meets them."""
    free = free_indices(formula)
    return unique(index for index in _letters(formula) if index in free)


def _letters(node: Formula) -> Iterator[Index]:
    for child in node.children:
        yield from _letters(child)
    own: tuple[IndexLike, ...] = (node.left, node.right) if isinstance(node, Delta) else ()
    own = node.indices if isinstance(node, (Reference, Named, Component, Apply)) else own
    yield from (index for index in own if isinstance(index, Index))


# The symbols of a formula.


def merge_symbols(into: dict[Key, Symbol], more: Mapping[Key, Symbol]) -> None:
    for key, symbol in more.items():
        known = into.setdefault(key, symbol)
        if (known.family, known.shape) != (symbol.family, symbol.shape):
            raise DeriveError(f"one name for two symbols: {key[0]} ({key[1]}), expected one shape; try another letter")


def symbols_of(node: Formula) -> dict[Key, Symbol]:
    """The symbols whose values a formula needs, in reading order."""
    return dict(_symbols_inside(node))


@functools.lru_cache(maxsize=4096)
def _symbols_inside(node: Formula) -> dict[Key, Symbol]:
    found: dict[Key, Symbol] = {}
    if isinstance(node, Reference):
        return {_key(node.symbol): node.symbol}
    if isinstance(node, Named):
        reference = node.definition.log_reference
        for part in (node.definition.body, *(reference.arguments if reference is not None else ())):
            moved = [symbol.at_current if node.time == "current" else symbol for symbol in symbols_of(part).values()]
            merge_symbols(found, {_key(symbol): symbol for symbol in moved})
        return found
    if isinstance(node, AtEqual):
        merge_symbols(found, {_key(symbol.at_free): symbol.at_free for symbol in symbols_of(node.body).values()})
        return found
    if isinstance(node, Substitute):
        inside = symbols_of(node.body)
        if inside.pop(_key(node.symbol), None) is not None:
            merge_symbols(inside, symbols_of(node.replacement))
        return inside
    if isinstance(node, Derivative):
        return symbols_of(node.body)
    for child in node.children:
        merge_symbols(found, symbols_of(child))
    return found


def _key(symbol: Symbol) -> Key:
    return (symbol.name, symbol.role)


def positions(count: int) -> tuple[int, ...]:
    return tuple(fresh() for _ in range(count))


# What is known of a formula's sign, and where an exponential stands open in it.


def _nonnegative(node: Formula) -> bool:
    match node:
        case Exp() | Pi() | SizeNumber() | Delta():
            return True
        case Number():
            return node.value >= 0
        case Reference():
            return not node.symbol.shape and node.symbol.domain in ("positive", "nonnegative", "unit", "simplex")
        case Component(argument=Reference(symbol=symbol)):
            return symbol.domain in ("positive", "nonnegative", "unit")
        case Add() | Multiply() | Divide():
            return all(_nonnegative(child) for child in node.children)
        case Sum() | Product():
            return node.shape == () and _nonnegative(node.body)
        case Power():
            return _nonnegative(node.base)
        case Apply():
            return node.function.domain in ("positive", "unit")
        case Function():
            return node.name == "gamma"  # where it is a number at all, see FUNCTIONS
        case Determinant():
            return _definite(node.argument)
        case Named():
            return node.definition.log_reference is not None or _nonnegative(node.definition.body)
        case _:
            return False


def _definite(node: Formula) -> bool:
    """Whether a matrix is positive definite by declaration."""
    match node:
        case Reference():
            return len(node.symbol.shape) == 2 and node.symbol.domain == "spd"
        case Diagonal(argument=Reference(symbol=symbol)):
            return symbol.domain == "positive"
        case Identity():
            return True
        case Inverse():
            return _definite(node.argument)
        case Add():
            return all(_definite(term) for term in node.terms)
        case Multiply():
            return all(_positive(f) if f.shape == () else _definite(f) for f in node.factors) and len(node.shape) == 2
        case Named():
            return _definite(node.definition.body)
        case _:
            return False


def _positive(node: Formula) -> bool:
    return (isinstance(node, Reference) and node.symbol.domain == "positive") or (isinstance(node, Number) and node.value > 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Value:
    """A materialised value: an array under labels, then its own dimensions in order."""

    dense: Dense
    own: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Scope:
    """The values of the symbols at one place of the formula, and what has been computed with them.

    ``changed`` are the keys whose values differ from those of ``parent``; whatever does not need them is computed there.
    ``general`` says that matrices are differentiated or replaced here, so that no symmetry may be used. A value may carry
    labels (``Substitute`` by a formula with free indices): its first axes; the family and the shape follow.
    """

    values: Mapping[Key, Dense]
    sizes: Mapping[str, int]
    references: bool
    general: bool = False
    draw: Draw = (0, 0)
    measures: Mapping[str, Array] = field(default_factory=dict[str, Array])
    """Weights of the points of a continuum by its name, where they are a rule of integration and not drawn."""
    parent: Scope | None = None
    changed: frozenset[Key] = frozenset()
    tables: FeatureTables = field(default_factory=FeatureTables)
    memory: dict[tuple[str, Formula], Any] = field(default_factory=dict[tuple[str, Formula], Any])
    sums: dict[int, _Exponentials] = field(default_factory=dict[int, "_Exponentials"])
    """What a log-sum-exp was made of, by the identity of its array (which the record keeps alive)."""

    def output(self, node: Formula, order: Sequence[Index]) -> Array:
        value = self.value(node)
        tokens = (*order, *value.own)
        array = aligned(value.dense, tokens)
        shape = (*(self.count(index) for index in order), *(self.length(size) for size in node.shape if size is not None))
        return jnp.broadcast_to(array, shape).astype(jnp.float64)

    def count(self, index: Index) -> int:
        return max(self.length(index.range.upper) - index.range.lower + 1, 0)

    def length(self, size: Any) -> int:
        if size.name not in self.sizes:
            raise DeriveError(f"unknown size: {size.name}, expected a number; try sizes={{{size.name!r}: ...}}")
        return self.sizes[size.name]

    def outer(self, node: Formula) -> Scope | None:
        """The surrounding scope, where the node has the same value there."""
        if self.parent is None or not self.changed.isdisjoint(symbols_of(node)):
            return None
        return self.parent

    def remembered(self, kind: str, node: Formula, compute: Callable[[], Any]) -> Any:
        key = (kind, node)
        if key not in self.memory:
            self.memory[key] = compute()
        return self.memory[key]

    # Values.

    def network(self, node: Formula) -> Network:
        outer = self.outer(node)
        if outer is not None:
            return outer.network(node)
        return self.remembered("network", node, lambda: self.compute(node))

    def contracted(self, network: Network) -> Dense:
        return contract(network.operands, (*network.labels, *network.own), self.tables, number(network.scale))

    def value(self, node: Formula) -> _Value:
        outer = self.outer(node)
        if outer is not None:
            return outer.value(node)

        def materialise() -> _Value:
            network = self.network(node)
            return _Value(self.contracted(network), network.own)

        return self.remembered("value", node, materialise)

    def scalar(self, node: Formula) -> Dense:
        return self.value(node).dense

    def matrix(self, node: Formula) -> tuple[Dense, tuple[int, ...]]:
        """The value with its own axes last and fresh."""
        value = self.value(node)
        labels = tuple(token for token in value.dense.tokens if isinstance(token, Index))
        own = positions(len(value.own))
        array = aligned(value.dense, (*labels, *value.own))
        return Dense(array, (*labels, *own)), own

    def compute(self, node: Formula) -> Network:
        match node:
            case Number():
                return Network(scale=node.value)
            case Pi():
                return single(Dense(jnp.asarray(np.pi), ()))
            case SizeNumber():
                return Network(scale=Fraction(self.length(node.size)))
            case Reference():
                return self.reference(node)
            case Add():
                return self.sum_of(node)
            case Multiply():
                return self.product_of(node)
            case Divide():
                return self.ratio(node)
            case Power():
                return single(self.power(node))
            case Exp():
                argument = self.scalar(node.argument)
                return single(Dense(jnp.exp(argument.array), argument.tokens))
            case Log():
                return single(self.log(node.argument))
            case Function():
                return single(self.function(node))
            case Apply():
                return self.unspecified(node)
            case Delta():
                return single(self.delta(node))
            case Sum():
                return self.sum_over(node)
            case Product():
                return single(self.product_over(node))
            case MatrixProduct():
                return self.matrix_product(node)
            case Transpose():
                network = self.network(node.argument)
                return Network(network.operands, tuple(reversed(network.own)), network.scale)
            case Trace():
                network = self.network(node.argument).renamed({})
                rows, columns = network.own
                operands = tuple(operand.renamed({columns: rows}) for operand in network.operands)
                return Network(operands, (), network.scale)
            case DiagonalPart():
                network = self.network(node.argument).renamed({})
                rows, columns = network.own
                operands = tuple(operand.renamed({columns: rows}) for operand in network.operands)
                return Network(operands, (rows,), network.scale)
            case Identity():
                own = (fresh(), fresh())
                return single(Dense(jnp.eye(self.length(node.size)), own), own)
            case Cholesky():
                factor = self.factor(node.argument)
                own = (fresh(), fresh())
                return single(Dense(factor.array, (*factor.tokens[:-2], *own)), own)
            case Diagonal():
                vector, (p,) = self.matrix(node.argument)
                q = fresh()
                eye = Dense(jnp.eye(vector.size(p)), (p, q))
                return single(multiplied([vector, eye]), (p, q))
            case Component():
                return self.component(node)
            case Determinant():
                matrix, _ = self.matrix(node.argument)
                return single(Dense(jnp.linalg.det(matrix.array), matrix.tokens[:-2]))
            case Inverse():
                return self.inverse(node)
            case Named():
                return self.named(node)
            case Derivative():
                return self.derivative(node)
            case AtEqual():
                return self.at_equal(node)
            case Substitute():
                return self.substitute(node)
            case _:
                raise UnsupportedError(f"no numeric value for a {type(node).__name__}")

    def taken(self, dense: Dense, axes: Sequence[Token], indices: Sequence[IndexLike], ranges: Sequence[Range]) -> Dense:
        """The array with each of ``axes`` read at an index: a letter becomes its label, a literal is taken out."""
        array, tokens = dense.array, list(dense.tokens)
        for axis, index, within in zip(axes, indices, ranges, strict=True):
            place = tokens.index(axis)
            length = array.shape[place]
            if isinstance(index, Index):
                start = index.range.lower - within.lower
                if start < 0 or index.range.upper != within.upper:
                    raise ScopeError(
                        f"index out of its range: {index.name} runs from {index.range.lower} to {index.range.upper.name}, "
                        f"expected {within.lower} to {within.upper.name}"
                    )
                if start:
                    array = jax.lax.slice_in_dim(array, min(start, length), length, axis=place)
                tokens[place] = index
                continue
            if not within.lower <= index < within.lower + length:
                raise ScopeError(f"index out of its range: {index}, expected {within.lower} to {within.lower + length - 1}")
            array = jax.lax.index_in_dim(array, index - within.lower, place, keepdims=False)
            del tokens[place]
        return labelled(array, tokens) if tuple(tokens) != dense.tokens else dense

    def reference(self, node: Reference) -> Network:
        symbol = node.symbol
        value = self.values[_key(symbol)]
        family = len(symbol.family)
        first = len(value.tokens) - family - len(symbol.shape)
        own = positions(len(symbol.shape))
        dense = Dense(value.array, (*value.tokens[: first + family], *own))
        return single(self.taken(dense, dense.tokens[first : first + family], node.indices, symbol.family), own)

    def component(self, node: Component) -> Network:
        sizes = [size for size in node.argument.shape if size is not None]
        letters = all(isinstance(index, Index) and index.range.lower == 1 for index in node.indices)
        network = self.network(node.argument)
        if letters and not set(node.indices) & set(network.labels) and len(set(node.indices)) == len(node.indices):
            for index, size in zip(node.indices, sizes, strict=True):
                if isinstance(index, Index) and index.range.upper != size:
                    raise ScopeError(f"index out of its range: {index.name}, expected 1 to {size.name}")
            return Network(network.renamed(dict(zip(network.own, node.indices, strict=True))).operands, (), network.scale)
        matrix, own = self.matrix(node.argument)
        return single(self.taken(matrix, own, node.indices, [Range(size) for size in sizes]))

    def sum_of(self, node: Add) -> Network:
        own = positions(len([size for size in node.shape if size is not None]))
        parts: list[Dense] = []
        for term in node.terms:
            value = self.value(term)
            parts.append(value.dense.renamed(dict(zip(value.own, own, strict=True))))
        return Network((_split(parts) or total(parts),), own)

    def product_of(self, node: Multiply) -> Network:
        open_exponentials = [factor for factor in node.factors if self.open(factor)]
        rest = list(node.factors)
        operands: list[Operand] = []
        own: tuple[int, ...] = ()
        scale = Fraction(1)
        if len(open_exponentials) > 1:
            rest = [factor for factor in node.factors if factor not in open_exponentials]
            logs = total([self.log(factor) for factor in open_exponentials])
            operands.append(Dense(jnp.exp(logs.array), logs.tokens))
        for factor in rest:
            network = self.network(factor).renamed({})
            operands += network.operands
            own = own or network.own
            scale *= network.scale
        return Network(tuple(operands), own, scale)

    def ratio(self, node: Divide) -> Network:
        if self.open(node.denominator):
            return self.over(node.numerator, self.log(node.denominator))
        denominator = self.network(node.denominator)
        numerator = self.network(node.numerator)
        if not denominator.operands and denominator.scale != 0:
            return Network(numerator.operands, numerator.own, numerator.scale / denominator.scale)
        divisor = self.scalar(node.denominator)
        if len(numerator.operands) <= 1 and numerator.scale == 1 and set(divisor.tokens) <= set(numerator.labels):
            value = self.value(node.numerator)
            quotient = value.dense.array / aligned(divisor, value.dense.tokens)
            return single(Dense(quotient, value.dense.tokens), value.own)
        return Network((*numerator.operands, Dense(1.0 / divisor.array, divisor.tokens)), numerator.own, numerator.scale)

    def over(self, numerator: Formula, logarithm: Dense) -> Network:
        """The numerator over exp(logarithm), divided where its exponentials stand so that neither over- nor underflows."""
        if self.open(numerator):
            probabilities = self.normalised(self.log(numerator), logarithm)
            if probabilities is not None:
                return single(probabilities)
            difference = total([self.log(numerator), Dense(-logarithm.array, logarithm.tokens)])
            return single(Dense(jnp.exp(difference.array), difference.tokens))
        if isinstance(numerator, Sum) and self.exponential_inside(numerator.body) and numerator.index not in logarithm.tokens:
            return self.bound(self.over(numerator.body, logarithm), numerator.index)
        if isinstance(numerator, Add) and any(self.exponential_inside(term) for term in numerator.terms):
            networks = [self.over(term, logarithm) for term in numerator.terms]
            own = positions(len(networks[0].own))
            parts = [self.contracted(n).renamed(dict(zip(n.own, own, strict=True))) for n in networks]
            return Network((total(parts),), own)
        if isinstance(numerator, Multiply):
            inside = [factor for factor in numerator.factors if self.exponential_inside(factor)]
            if inside:
                rest = list(numerator.factors)
                rest.remove(inside[0])
                divided = self.over(inside[0], logarithm).renamed({})
                networks = [divided, *(self.network(factor).renamed({}) for factor in rest)]
                operands = tuple(operand for network in networks for operand in network.operands)
                own = next((network.own for network in networks if network.own), ())
                return Network(operands, own, functools.reduce(lambda s, n: s * n.scale, networks, Fraction(1)))
        network = self.network(numerator).renamed({})
        reciprocal = Dense(jnp.exp(-logarithm.array), logarithm.tokens)
        return Network((*network.operands, reciprocal), network.own, network.scale)

    def normalised(self, numerator: Dense, denominator: Dense) -> Dense | None:
        """The softmax, where the denominator is the log-sum-exp of this very numerator: its exponentials exist already."""
        made = self.sums.get(id(denominator.array))
        if made is None or made.source is not numerator.array:
            return None
        tokens = numerator.tokens
        if (*tokens[: made.axis], *tokens[made.axis + 1 :]) != denominator.tokens:
            return None
        return Dense(made.terms / jnp.expand_dims(made.total, made.axis), tokens)

    def exponential_inside(self, node: Formula) -> bool:
        if node.shape == () and self.open(node):
            return True
        if isinstance(node, (Sum, Add, Multiply)):
            return any(self.exponential_inside(child) for child in node.children)
        return False

    def power(self, node: Power) -> Dense:
        if self.open(node.base) and not self.open(node.exponent):
            logarithm = self.log(node)
            return Dense(jnp.exp(logarithm.array), logarithm.tokens)
        base = self.scalar(node.base)
        exponent = self.network(node.exponent)
        if not exponent.operands:
            value = exponent.scale
            if value.denominator == 1 and abs(value) < 2**31:
                return Dense(jax.lax.integer_pow(base.array, int(value)), base.tokens)
            power = jnp.sqrt(base.array) if value == Fraction(1, 2) else jnp.power(base.array, number(value))
            return Dense(power, base.tokens)
        top = self.scalar(node.exponent)
        tokens = union([base, top])
        return Dense(jnp.power(aligned(base, tokens), aligned(top, tokens)), tokens)

    def function(self, node: Function) -> Dense:
        if node.name not in FUNCTIONS or len(node.arguments) != 1:
            raise UnsupportedError(
                f"no numeric value for the function {node.name} of {len(node.arguments)} arguments, "
                f"expected one of {', '.join(sorted(FUNCTIONS))}"
            )
        argument = self.scalar(node.arguments[0])
        return Dense(FUNCTIONS[node.name](argument.array), argument.tokens)

    def unspecified(self, node: Apply) -> Network:
        """The function that stands for an unspecified one: see ``points.Coefficients``."""
        function = node.function
        if function.normalised_over is not None:
            place = function.normalised_over
            free = replace(function, normalised_over=None)
            letter = Fresh.index(Index("z", function.family[place]))
            above = Apply(free, node.indices, node.arguments)
            below = Apply(free, (*node.indices[:place], letter, *node.indices[place + 1 :]), node.arguments)
            return self.network(Divide(above, Sum(letter, below)))
        parts: list[Dense] = []
        for argument in node.arguments:
            dense, own = self.matrix(argument)
            labels = dense.tokens[: len(dense.tokens) - len(own)]
            for entry in np.ndindex(*dense.array.shape[len(labels) :]):
                parts.append(Dense(dense.array[(..., *entry)], labels))
        raw = self.smooth(node, parts)
        if function.domain == "nonnegative":
            return single(Dense(raw.array**2, raw.tokens))
        if function.domain == "positive":
            return single(Dense(jnp.exp(raw.array), raw.tokens))
        return single(Dense(jax.nn.sigmoid(raw.array), raw.tokens) if function.domain == "unit" else raw)

    def smooth(self, node: Apply, t: Sequence[Dense]) -> Dense:
        family = node.function.family
        spans = [range(r.lower, self.length(r.upper) + 1) for r in family]
        shape = tuple(len(span) for span in spans)
        if math.prod(shape) > MOST_PLACES:
            raise LimitError(f"an unspecified function of too many indices: {math.prod(shape)}, limit={MOST_PLACES}")
        known = [coefficients(node.function.name, place, len(t), self.draw) for place in itertools.product(*spans)]

        def factor(value: Callable[[Coefficients], Fraction]) -> Dense:
            array = jnp.asarray(np.array([float(value(c)) for c in known], dtype=np.float64).reshape(shape))
            axes = positions(len(shape))
            return self.taken(Dense(array, axes), axes, node.indices, family)

        terms = [factor(lambda c: c.constant)]
        terms += [multiplied([factor(lambda c, a=a: c.linear[a]), value]) for a, value in enumerate(t)]
        pairs = itertools.combinations_with_replacement(range(len(t)), 2)
        terms += [multiplied([factor(lambda c, p=pair: c.quadratic[p]), t[pair[0]], t[pair[1]]]) for pair in pairs]
        rates = [multiplied([factor(lambda c, a=a: c.rate[a]), value]) for a, value in enumerate(t)]
        rate = total(rates) if rates else Dense(jnp.zeros(()), ())
        terms.append(multiplied([factor(lambda c: c.weight), Dense(jnp.exp(rate.array), rate.tokens)]))
        return total(terms)

    def delta(self, node: Delta) -> Dense:
        if node.left == node.right:
            return Dense(jnp.ones(()), ())
        sides = [self.counting(index) for index in (node.left, node.right)]
        tokens = union(sides)
        return Dense((aligned(sides[0], tokens) == aligned(sides[1], tokens)).astype(jnp.float64), tokens)

    def counting(self, index: IndexLike) -> Dense:
        if isinstance(index, int):
            return Dense(jnp.asarray(index), ())
        return Dense(jnp.arange(self.count(index)) + index.range.lower, (index,))

    # Sums and products over an index.

    def weights(self, index: Index) -> Dense:
        """By what the terms of a sum are weighted where it stands for an integral."""
        if index.range.upper.name in self.measures:
            return Dense(self.measures[index.range.upper.name], (index,))
        return Dense(jnp.asarray([float(w) for w in measure(index.range, self.count(index), self.draw)]), (index,))

    def bound(self, network: Network, index: Index) -> Network:
        if index.range.abstract:
            network = Network((*network.operands, self.weights(index)), network.own, network.scale)
        if index not in network.labels:
            return Network(network.operands, network.own, network.scale * self.count(index))
        return network.renamed({index: fresh()})

    def sum_over(self, node: Sum) -> Network:
        parted = self.distributed(node)
        if parted is not None:
            return self.network(parted)
        return self.bound(self.network(node.body), node.index)

    def distributed(self, node: Sum) -> Formula | None:
        """``sum_i w_i (A_i - B)`` as ``sum_i w_i A_i - sum_i w_i B`` where A_i is a form in data kept apart over i."""
        body = Multiply((node.body,)) if isinstance(node.body, Add) else node.body
        if not isinstance(body, (Multiply, MatrixProduct)):
            return None
        for place, factor in enumerate(body.factors):
            if not isinstance(factor, Add) or len(factor.shape) == 1:
                continue
            if not any(self.apart(self.network(term), node.index) for term in factor.terms):
                continue
            before, after = body.factors[:place], body.factors[place + 1 :]
            terms = [Sum(node.index, type(body)((*before, term, *after))) for term in factor.terms]
            return Add(tuple(terms))
        return None

    @staticmethod
    def apart(network: Network, index: Index) -> bool:
        return any(isinstance(operand, Split) and index in operand.data_tokens for operand in network.operands)

    def product_over(self, node: Product) -> Dense:
        if self.open(node.body):
            logarithm = self.log(node)
            return Dense(jnp.exp(logarithm.array), logarithm.tokens)
        body = self.scalar(node.body)
        if node.index not in body.tokens:
            return Dense(jax.lax.integer_pow(body.array, self.count(node.index)), body.tokens)
        return _reduced(jnp.prod, body, node.index)

    # Vectors and matrices.

    def matrix_product(self, node: MatrixProduct) -> Network:
        whitened = self.whitened(node)
        if whitened is not None:
            return whitened
        operands: list[Operand] = []
        scale = Fraction(1)
        ends: list[int] = []
        join: int | None = None
        for place, factor in enumerate(node.factors):
            network = self.network(factor).renamed({})
            rows, columns = rows_and_columns(factor)
            own = list(network.own)
            row = own.pop(0) if rows is not None else None
            column = own.pop(0) if columns is not None else None
            if place and join is not None and row is not None:
                network_operands = tuple(operand.renamed({row: join}) for operand in network.operands)
            else:
                network_operands = network.operands
                ends += [row] if row is not None else []
            operands += network_operands
            scale *= network.scale
            join = column
        ends += [join] if join is not None else []
        return Network(tuple(operands), tuple(ends), scale)

    def whitened(self, node: MatrixProduct) -> Network | None:
        """``u^T S^-1 u`` as ``|R u|^2`` with ``S^-1 = R^T R``, where u is not kept apart."""
        if len(node.factors) != 3:
            return None
        row, inverse, column = node.factors
        if (
            not isinstance(inverse, Inverse)
            or not isinstance(row, Transpose)
            or row.argument != column
            or len(column.shape) != 1
            or column.shape[0] is None
        ):
            return None
        if self.general or not _definite(inverse.argument):
            return None
        network = self.network(column)
        if any(isinstance(operand, Split) for operand in network.operands):
            return None
        vector = self.value(column)
        root, (r, p) = self.root(inverse.argument)
        product = einsum([root, vector.dense.renamed({vector.own[0]: p})], (*root.tokens[:-2], *vector.dense.tokens, r))
        return Network((product, product))

    def root(self, node: Formula) -> tuple[Dense, tuple[int, int]]:
        """The inverse Cholesky factor R of a positive definite matrix, ``S^-1 = R^T R``; its own axes last."""
        factor = self.factor(node)

        def compute() -> Array:
            eye = jnp.broadcast_to(jnp.eye(factor.array.shape[-1]), factor.array.shape)
            return jax.lax.linalg.triangular_solve(factor.array, eye, left_side=True, lower=True)

        r, p = fresh(), fresh()
        return Dense(self.remembered("root", node, compute), (*factor.tokens[:-2], r, p)), (r, p)

    def factor(self, node: Formula) -> Dense:
        """The Cholesky factor of a matrix; not a number where it is not symmetric, which the factor would not see."""
        outer = self.outer(node)
        if outer is not None:
            return outer.factor(node)

        def compute() -> Dense:
            matrix, _ = self.matrix(node)
            array = matrix.array
            gap = jnp.max(jnp.abs(array - jnp.swapaxes(array, -1, -2)), axis=(-1, -2), keepdims=True)
            size = jnp.max(jnp.abs(array), axis=(-1, -2), keepdims=True)
            return Dense(jnp.where(gap <= 1e-8 * size, jnp.linalg.cholesky(array), jnp.nan), matrix.tokens)

        return self.remembered("factor", node, compute)

    def inverse(self, node: Inverse) -> Network:
        if not self.general and _definite(node.argument):
            root, (r, p) = self.root(node.argument)
            array = jnp.einsum("...rp,...rq->...pq", root.array, root.array, precision=jax.lax.Precision.HIGHEST)
            return single(Dense(array, root.tokens, root=root.array), (r, p))
        matrix, own = self.matrix(node.argument)
        return single(Dense(jnp.linalg.inv(matrix.array), matrix.tokens), own)

    # The log domain.

    def open(self, node: Formula) -> bool:
        """Whether a nonnegative scalar is a product or sum with an exponential in it, that may under- or overflow."""
        if node.shape != ():
            return False
        return self.remembered("open", node, lambda: _nonnegative(node) and self.exponential(node))

    def exponential(self, node: Formula) -> bool:
        match node:
            case Exp():
                return True
            case Named():
                referenced = self.references and node.definition.log_reference is not None
                return referenced or self.exponential(node.definition.body)
            case Divide():
                # A ratio of two such things is tame: it was divided in the log domain.
                return self.exponential(node.numerator) != self.exponential(node.denominator)
            case Add() | Multiply() | Sum() | Product():
                return any(self.exponential(child) for child in node.children)
            case Power():
                return self.exponential(node.base)
            case _:
                return False

    def log(self, node: Formula) -> Dense:
        outer = self.outer(node)
        if outer is not None:
            return outer.log(node)
        return self.remembered("log", node, lambda: self.compute_log(node))

    def compute_log(self, node: Formula) -> Dense:
        match node:
            case Exp():
                return self.scalar(node.argument)
            case Multiply():
                signed = [factor for factor in node.factors if not _nonnegative(factor)]
                logs = [self.log(factor) for factor in node.factors if _nonnegative(factor)]
                if signed and len(signed) == len(node.factors):
                    return self.plain_log(node)
                return total([*logs, *([self.plain_log(Multiply(tuple(signed)))] if signed else [])])
            case Divide() if _nonnegative(node.denominator):
                denominator = self.log(node.denominator)
                return total([self.log(node.numerator), Dense(-denominator.array, denominator.tokens)])
            case Power() if _nonnegative(node.base):
                exponent = self.scalar(node.exponent)
                product = multiplied([self.log(node.base), exponent])
                if isinstance(node.exponent, Number):
                    return product
                # Of a count of zero the power is 1 at zero too, where a rate is estimated.
                return Dense(jnp.where(aligned(exponent, product.tokens) == 0, 0.0, product.array), product.tokens)
            case Function(name="gamma"):
                return self.scalar(Function("loggamma", node.arguments))
            case Determinant():
                return self.log_determinant(node)
            case Named():
                return self.log_named(node)
            case Sum() if self.open(node.body):
                body = self.log(node.body)
                if node.index.range.abstract:
                    weights = self.weights(node.index)
                    body = total([body, Dense(jnp.log(weights.array), weights.tokens)])
                if node.index not in body.tokens:
                    return Dense(body.array + jnp.log(float(self.count(node.index))), body.tokens)
                axis = body.tokens.index(node.index)
                made = _exponentials(body.array, axis)
                result = jnp.log(made.total) + made.largest
                self.sums[id(result)] = replace(made, result=result)
                return Dense(result, (*body.tokens[:axis], *body.tokens[axis + 1 :]))
            case Add() if self.open(node):
                parts = [self.log(term) for term in node.terms]
                tokens = union(parts)
                arrays = jnp.broadcast_arrays(*(aligned(part, tokens) for part in parts))
                made = _exponentials(jnp.stack(arrays), 0)
                return Dense(jnp.log(made.total) + made.largest, tokens)
            case Product() if _nonnegative(node.body):
                body = self.log(node.body)
                if node.index not in body.tokens:
                    return Dense(body.array * self.count(node.index), body.tokens)
                return _reduced(jnp.sum, body, node.index)
            case _:
                return self.plain_log(node)

    def plain_log(self, node: Formula) -> Dense:
        value = self.scalar(node)
        return Dense(jnp.log(value.array), value.tokens)

    def log_determinant(self, node: Determinant) -> Dense:
        if not self.general and _definite(node.argument):
            factor = self.factor(node.argument)
            diagonal = jnp.diagonal(factor.array, axis1=-2, axis2=-1)
            return Dense(2.0 * jnp.sum(jnp.log(diagonal), axis=-1), factor.tokens[:-2])
        matrix, _ = self.matrix(node.argument)
        sign, logarithm = jnp.linalg.slogdet(matrix.array)
        return Dense(jnp.where(sign >= 0, logarithm, jnp.nan), matrix.tokens[:-2])

    # Abbreviations.

    def actual(self, node: Named) -> dict[Token, Token] | None:
        """Formal to actual letters, where renaming the value is enough; None where a literal or another range is used."""
        formal = node.definition.indices
        if any(not isinstance(a, Index) or a.range != f.range for f, a in zip(formal, node.indices, strict=True)):
            return None
        return dict(zip(formal, cast("tuple[Index, ...]", node.indices), strict=True))

    def named(self, node: Named) -> Network:
        names = self.actual(node)
        if names is None:
            if self.open(node):
                logarithm = self.log(node)
                return single(Dense(jnp.exp(logarithm.array), logarithm.tokens))
            value = self.value(unfold(node))
            return single(value.dense, value.own)
        formal = Named(node.definition, node.definition.indices, node.time)

        def body() -> _Value:
            if self.open(node):
                logarithm = self.log(formal)
                return _Value(Dense(jnp.exp(logarithm.array), logarithm.tokens), ())
            return self.value(unfold(formal))

        value: _Value = self.remembered("body", formal, body)
        return single(value.dense.renamed(names), value.own)

    def log_named(self, node: Named) -> Dense:
        names = self.actual(node)
        if names is None:
            return self.log_body(node)
        formal = Named(node.definition, node.definition.indices, node.time)
        return self.remembered("log body", formal, lambda: self.log_body(formal)).renamed(names)

    def log_body(self, node: Named) -> Dense:
        reference = node.definition.log_reference
        if self.references and reference is not None:
            mapping = dict(zip(node.definition.indices, node.indices, strict=True))
            arguments = [rename(argument, mapping) for argument in reference.arguments]
            return self.call(reference, [at_time(a, "current") if node.time == "current" else a for a in arguments])
        return self.log(unfold(node))

    def call(self, reference: LibraryCall, arguments: Sequence[Formula]) -> Dense:
        """A routine of ``jax.scipy.stats`` over all values of the labels."""
        routine: Any = jax.scipy.stats
        for part in reference.function.split("."):
            routine = getattr(routine, part, None) if part.isidentifier() and not part.startswith("_") else None
        if not callable(routine):
            raise UnsupportedError(f"no routine {reference.function} in jax.scipy.stats")
        parts = [self.matrix(argument) for argument in arguments]
        labels = unique(token for dense, _ in parts for token in dense.tokens if isinstance(token, Index))
        arrays: list[Array] = []
        for dense, own in parts:
            present = [label for label in labels if label in dense.tokens]
            arrays.append(aligned(dense, (*present, *own)))
        mapped: Any = routine
        for place in reversed(range(len(labels))):
            mapped = jax.vmap(mapped, in_axes=tuple(0 if labels[place] in dense.tokens else None for dense, _ in parts))
        # Each vmap, the outermost first, takes away the first label of every array that has it.
        return Dense(mapped(*arrays), labels)

    # Derivatives and evaluation at other points.

    def child(self, values: Mapping[Key, Dense], *, general: bool = False, references: bool | None = None) -> Scope:
        return Scope(
            values={**self.values, **values},
            sizes=self.sizes,
            references=self.references if references is None else references,
            general=self.general or general,
            draw=self.draw,
            measures=self.measures,
            parent=self,
            changed=frozenset(values),
            tables=self.tables,
            sums=self.sums,
        )

    def derivative(self, node: Derivative) -> Network:
        symbol, key = node.by.symbol, _key(node.by.symbol)
        body_own = [self.length(size) for size in node.body.shape if size is not None]
        by_own = [self.length(size) for size in symbol.shape]
        if key not in symbols_of(node.body):
            own = positions(len(body_own) + len(by_own))
            return single(Dense(jnp.zeros((*body_own, *by_own)), own), own)
        value = self.values[key]
        matrix = len(symbol.shape) == 2
        # See the head of this file: Cholesky knows the symmetric part of a gradient only.
        references = self.references and not (matrix and node.convention == "entry")
        seen: list[_Value] = []

        def body(array: Array) -> Array:
            scope = self.child({key: Dense(array, value.tokens)}, general=matrix, references=references)
            scope.tables = FeatureTables(conditional=True)  # a guard made under a derivative could not leave it
            seen.append(scope.value(node.body))
            return seen[-1].dense.array

        result, pull = jax.vjp(body, value.array)
        if result.size == 1:
            (gradient,) = pull(jnp.ones_like(result))
            jacobian = gradient.reshape(result.shape + gradient.shape)
        elif result.size <= value.array.size:
            (rows,) = jax.vmap(pull)(jnp.eye(result.size).reshape(result.size, *result.shape))
            jacobian = rows.reshape(result.shape + value.array.shape)
        else:
            jacobian = jax.jacfwd(body)(value.array)
        family = positions(len(symbol.family))
        own = positions(len(symbol.shape))
        labels = value.tokens[: len(value.tokens) - len(family) - len(own)]
        last = seen[0]
        # The body's own axes get numbers of their own, which the jacobian's last axes cannot meet.
        dense = labelled(jacobian, (*last.dense.tokens, *labels, *family, *own))
        dense = self.taken(dense, family, node.by.indices, symbol.family)
        if matrix and node.convention != "entry":
            tokens = (*(token for token in dense.tokens if token not in own), *own)
            array = aligned(dense, tokens)
            flipped = jnp.swapaxes(array, -1, -2)
            if node.convention == "frobenius":
                array = (array + flipped) / 2
            else:
                array = array + flipped - array * jnp.eye(array.shape[-1])
            dense = Dense(array, tokens)
        return single(dense, (*last.own, *own))

    def at_equal(self, node: AtEqual) -> Network:
        symbols = symbols_of(node.body)
        current = {key: symbol for key, symbol in symbols.items() if symbol.role == "current"}
        if not current:
            return self.network(node.body)
        scope = self.child({key: self.values[_key(symbol.at_free)] for key, symbol in current.items()})
        value = scope.value(node.body)
        return single(value.dense, value.own)

    def substitute(self, node: Substitute) -> Network:
        symbol, key = node.symbol, _key(node.symbol)
        if key not in symbols_of(node.body):
            return self.network(node.body)
        if len(set(node.indices)) < len(node.indices) or tuple(i.range for i in node.indices) != symbol.family:
            raise ScopeError(f"a substitution for {symbol.name} takes one different letter for each of its indices")
        value = self.value(node.replacement)
        # Free letters of the replacement must not meet a sum of the body over the same letter.
        outside = [t for t in value.dense.tokens if isinstance(t, Index) and t not in node.indices]
        private: dict[Token, Index] = {letter: Index(f"{letter.name}#{fresh()}s", letter.range) for letter in outside}
        dense = value.dense.renamed(private)
        lengths = [self.count(index) for index in node.indices]
        order = (*private.values(), *node.indices, *value.own)
        array = aligned(dense, order)
        array = jnp.broadcast_to(array, (*array.shape[: len(private)], *lengths, *array.shape[len(private) + len(lengths) :]))
        tokens = (*private.values(), *positions(array.ndim - len(private)))
        scope = self.child({key: Dense(array, tokens)}, general=len(symbol.shape) == 2)
        result = scope.value(node.body)
        return single(result.dense.renamed({inner: outer for outer, inner in private.items()}), result.own)


def _split(parts: list[Dense]) -> Split | None:
    """A sum of arrays in two parts that share one label only, the larger first; None where it is not worth it."""
    common = set(parts[0].tokens).intersection(*(part.tokens for part in parts))
    if len(parts) < 2 or len(common) != 1:
        return None
    widest = max(parts, key=lambda part: part.array.size)
    data = [part for part in parts if set(part.tokens) <= set(widest.tokens) and len(part.tokens) > 1]
    other = [part for part in parts if not any(part is chosen for chosen in data)]
    if not data or not other:
        return None
    sides = total(data), total(other)
    if set(sides[0].tokens) & set(sides[1].tokens) != common or not worthwhile(*sides):
        return None
    return Split(*sides)


def _reduced(function: Callable[..., Array], dense: Dense, token: Token) -> Dense:
    axis = dense.tokens.index(token)
    return Dense(function(dense.array, axis), (*dense.tokens[:axis], *dense.tokens[axis + 1 :]))


@dataclass(frozen=True, slots=True, eq=False)
class _Exponentials:
    """``terms`` = exp(source - largest) and their ``total`` over ``axis``: log-sum-exp is log(total) + largest."""

    source: Array
    axis: int
    terms: Array
    total: Array
    largest: Array
    result: Array | None = None


def _exponentials(source: Array, axis: int) -> _Exponentials:
    """The parts of a log-sum-exp: minus infinity for an empty sum and for a sum of zeros."""
    largest = jax.lax.stop_gradient(jnp.max(source, axis, keepdims=True, initial=-jnp.inf))
    largest = jnp.where(largest == -jnp.inf, 0.0, largest)
    terms = jnp.exp(source - largest)
    return _Exponentials(source, axis, terms, jnp.sum(terms, axis), jnp.squeeze(largest, axis))
