"""Slips that people make, as operators on formulas: each yields every formula in which it was made at one place.

The witness uses a few of them to ask whether its point could have told a wrong claim from the right one; the mutation tests use
all of them at every place. An operator may yield a formula that happens to be equal to the original: whoever uses a mutant
first certifies that it differs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from derive.errors import DeriveError, UnknownNameError
from derive.formula import (
    ONE,
    ZERO,
    Add,
    Apply,
    Delta,
    Derivative,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Formula,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Product,
    Reference,
    SizeNumber,
    Sum,
    Trace,
    Transpose,
    add,
    matrix_product,
    multiply,
    negate,
    rebuild,
    rename,
    unfold,
    written,
)
from derive.symbols import Index, Range

Scope = tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """A slip: ``wrong(node, scope)`` yields what may be written in the place of ``node`` with the indices in scope."""

    name: str
    wrong: Callable[[Formula, Scope], Iterator[Formula]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A formula with one slip in it: ``after`` stands where ``before`` stood."""

    operator: str
    formula: Formula
    before: Formula
    after: Formula


def mutants(formula: Formula, scope: Scope = (), operators: tuple[Operator, ...] | None = None) -> Iterator[Mutant]:
    """Every formula that one slip at one place makes of ``formula``; those that do not fit together are left out."""
    for operator in OPERATORS if operators is None else operators:
        for wrong, before, after in _everywhere(formula, scope, operator):
            if wrong != formula:
                yield Mutant(operator.name, wrong, before, after)


def operator(name: str) -> Operator:
    """The operator called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    for each in OPERATORS:
        if each.name == name:
            return each
    raise UnknownNameError.among("operator", name, [each.name for each in OPERATORS])


def _everywhere(node: Formula, scope: Scope, operator: Operator) -> Iterator[tuple[Formula, Formula, Formula]]:
    """The whole with the slip in it, the part that was changed, and what stands in its place."""
    with contextlib.suppress(DeriveError):  # where the slip does not fit
        for after in operator.wrong(node, scope):
            yield after, node, after
    inner = (*scope, node.index) if isinstance(node, (Sum, Product)) else scope
    for name in written(type(node)):
        value: Any = getattr(node, name)
        if isinstance(value, Formula):
            if isinstance(node, Derivative) and name == "by":
                continue
            for wrong, before, after in _everywhere(value, inner, operator):
                yield from ((whole, before, after) for whole in _rebuilt(node, name, wrong))
        elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
            for position, part in enumerate(value):
                for wrong, before, after in _everywhere(part, inner, operator):
                    changed = (*value[:position], wrong, *value[position + 1 :])
                    yield from ((whole, before, after) for whole in _rebuilt(node, name, changed))


def _rebuilt(node: Formula, name: str, value: object) -> Iterator[Formula]:
    try:
        yield replace(node, **{name: value})  # type: ignore[arg-type]
    except DeriveError:
        return


def unfolded(node: Formula) -> Formula:
    """A formula with its abbreviations written out, so that slips inside them can be made too."""
    return unfolded(unfold(node)) if isinstance(node, Named) else rebuild(node, unfolded)


# The operators.


def _sign(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Add):
        for k, term in enumerate(node.terms):
            yield Add((*node.terms[:k], negate(term), *node.terms[k + 1 :]))
    elif isinstance(node, (Multiply, Sum, MatrixProduct, Divide)):
        yield negate(node)


def _half(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Number) and node.value.denominator == 2:
        yield Number(node.value * 2)
        yield Number(node.value / 2)


def _doubled(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, (Sum, MatrixProduct, Named)):
        yield multiply(Number(Fraction(2)), node)


def _order(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, MatrixProduct):
        for k in range(len(node.factors) - 1):
            swapped = (*node.factors[:k], node.factors[k + 1], node.factors[k], *node.factors[k + 2 :])
            wrong = matrix_product(*swapped)
            if wrong.shape == node.shape:
                yield wrong


def _transpose(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Transpose) and node.argument.shape == node.shape:
        yield node.argument
    elif len(node.shape) == 2 and node.shape[0] == node.shape[1] and isinstance(node, (MatrixProduct, Reference)):
        yield Transpose(node)


def _term(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Add) and len(node.terms) > 1:
        for k in range(len(node.terms)):
            yield add(*node.terms[:k], *node.terms[k + 1 :])


def _factor(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Multiply) and len(node.factors) > 1:
        for k, factor in enumerate(node.factors):
            if factor.shape == () and not isinstance(factor, Number):
                yield multiply(*node.factors[:k], *node.factors[k + 1 :])


def _index(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, (Reference, Named, Apply)):
        for k, own in enumerate(node.indices):
            if isinstance(own, Index):
                for other in scope:
                    if other.range == own.range and other != own:
                        yield replace(node, indices=(*node.indices[:k], other, *node.indices[k + 1 :]))


def _delta(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Delta):
        yield ONE


def _limit(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Sum) and node.index.range.lower == 1 and not node.index.range.abstract:
        later = Index(node.index.name, Range(node.index.range.upper, 2))
        yield Sum(later, rename(node.body, {node.index: later}))


def _sum_lost(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Sum):
        for other in scope:
            if other.range == node.index.range and other != node.index:
                yield rename(node.body, {node.index: other})
        yield rename(node.body, {node.index: 1})


def _log_determinant(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Log) and isinstance(node.argument, Determinant):
        yield ZERO
    if isinstance(node, Determinant):
        yield ONE


def _normaliser(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Divide):
        for part in (node.denominator,):
            if isinstance(part, Sum) and not part.index.range.abstract:
                yield Divide(node.numerator, SizeNumber(part.index.range.upper))
            yield node.numerator
    if isinstance(node, SizeNumber):
        yield ONE


def _inverse(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Inverse):
        yield node.argument
    if isinstance(node, Determinant):
        yield Trace(node.argument)
    if isinstance(node, Reference) and node.symbol.domain == "spd":
        yield Inverse(node)


def _convention(node: Formula, scope: Scope) -> Iterator[Formula]:
    square = isinstance(node, Derivative) and len(node.by.shape) == 2 and node.by.shape[0] == node.by.shape[1]
    if isinstance(node, Derivative) and square and node.convention == "entry":
        yield replace(node, convention="vech")


def _frozen(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Named):
        yield replace(node, time="free" if node.time == "current" else "current")
    if isinstance(node, Reference) and node.symbol.role in ("param", "current"):
        yield replace(node, symbol=node.symbol.at_current if node.symbol.role == "param" else node.symbol.at_free)


def _log_of_sum(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Log) and isinstance(node.argument, Sum):
        yield Sum(node.argument.index, Log(node.argument.body))
    if isinstance(node, Sum) and isinstance(node.body, Log):
        yield Log(Sum(node.index, node.body.argument))


def _log_lost(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Log):
        yield node.argument


def _tiny(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Number) and node.value != 0:
        yield Number(node.value * (1 + Fraction(1, 10**7)))
        yield Number(node.value + Fraction(1, 10**17))
    if isinstance(node, Sum):
        yield multiply(Number(1 + Fraction(1, 10**12)), node)


def _expectation(node: Formula, scope: Scope) -> Iterator[Formula]:
    """sum_j w_j log a_j written as log sum_j w_j a_j."""
    if isinstance(node, Sum) and isinstance(node.body, Multiply):
        logs = [f for f in node.body.factors if isinstance(f, Log)]
        if len(logs) == 1:
            others = [f for f in node.body.factors if f is not logs[0]]
            yield Log(Sum(node.index, multiply(*others, logs[0].argument)))


def _square(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Power) and isinstance(node.exponent, Number):
        yield node.base
        yield Power(node.base, Number(node.exponent.value + 1))


def _captured(node: Formula, scope: Scope) -> Iterator[Formula]:
    """An index from outside of a sum written as the one that it binds."""
    if isinstance(node, Sum):
        for other in scope:
            if other.range == node.index.range and other != node.index:
                yield Sum(node.index, rename(node.body, {other: node.index}))


def _ratio(node: Formula, scope: Scope) -> Iterator[Formula]:
    """log(p/w) as log(w/p): the arguments of a divergence exchanged."""
    if isinstance(node, Log) and isinstance(node.argument, Divide):
        yield Log(Divide(node.argument.denominator, node.argument.numerator))


def _entropy(node: Formula, scope: Scope) -> Iterator[Formula]:
    """log(p/w) as log p: the entropy of the weights dropped."""
    if isinstance(node, Log) and isinstance(node.argument, Divide):
        yield Log(node.argument.numerator)


def _deviation(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A variance for a standard deviation, or a scale for its square."""
    if isinstance(node, Reference) and node.shape == () and node.symbol.domain == "positive":
        yield Power(node, Number(Fraction(2)))


def _off_diagonal(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Of a square matrix the diagonal alone."""
    if isinstance(node, (Reference, MatrixProduct, Inverse)) and len(node.shape) == 2 and node.shape[0] == node.shape[1]:
        yield Diagonal(DiagonalPart(node))


def _domain(node: Formula, scope: Scope) -> Iterator[Formula]:
    """The logarithm of what is negative."""
    if isinstance(node, Log):
        yield Log(negate(node.argument))


def _sibling(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A part replaced by the one beside it."""
    if isinstance(node, (Add, Multiply)):
        name = "terms" if isinstance(node, Add) else "factors"
        parts: tuple[Formula, ...] = getattr(node, name)
        for k, (part, other) in enumerate(zip(parts, (*parts[1:], parts[0]), strict=True)):
            if part.shape == other.shape and part != other:
                yield replace(node, **{name: (*parts[:k], other, *parts[k + 1 :])})
    elif isinstance(node, Divide) and node.numerator.shape == ():
        yield Divide(node.denominator, node.denominator)


def _near(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A number replaced by one near by."""
    if isinstance(node, Number):
        yield Number(node.value + 1)
        yield Number(node.value - 1)
    if isinstance(node, SizeNumber):
        yield add(node, negate(ONE))


def _bound_swapped(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Two bound indices of one range exchanged below their sums."""
    if isinstance(node, Sum):
        for other in scope:
            if other.range == node.index.range and other != node.index:
                yield Sum(node.index, rename(node.body, {node.index: other, other: node.index}))


def _past_product(node: Formula, scope: Scope) -> Iterator[Formula]:
    """The sum of a product written as the product of the sums."""
    if isinstance(node, Sum) and isinstance(node.body, Multiply) and node.shape == () and len(node.body.factors) == 2:
        first, second = node.body.factors
        yield multiply(Sum(node.index, first), Sum(node.index, second))


OPERATORS: tuple[Operator, ...] = (
    Operator("sign", _sign),
    Operator("one-half", _half),
    Operator("doubled", _doubled),
    Operator("order-swapped", _order),
    Operator("transposed", _transpose),
    Operator("term-dropped", _term),
    Operator("factor-dropped", _factor),
    Operator("index-swapped", _index),
    Operator("delta-missing", _delta),
    Operator("limit-off-by-one", _limit),
    Operator("sum-lost", _sum_lost),
    Operator("log-determinant-missing", _log_determinant),
    Operator("wrong-normaliser", _normaliser),
    Operator("inverse-forgotten", _inverse),
    Operator("convention", _convention),
    Operator("held-for-moving", _frozen),
    Operator("log-of-sum", _log_of_sum),
    Operator("log-lost", _log_lost),
    Operator("tiny-error", _tiny),
    Operator("expectation-exchanged", _expectation),
    Operator("power-changed", _square),
    Operator("index-captured", _captured),
    Operator("ratio-turned", _ratio),
    Operator("entropy-dropped", _entropy),
    Operator("variance-for-deviation", _deviation),
    Operator("off-diagonal-missing", _off_diagonal),
    Operator("domain-left", _domain),
)
"""Slips that people make."""
STRUCTURAL: tuple[Operator, ...] = (
    Operator("sibling", _sibling),
    Operator("constant-near", _near),
    Operator("bound-indices-swapped", _bound_swapped),
    Operator("sum-past-product", _past_product),
)
"""Changes that nobody makes in earnest, and that must be seen all the same."""
