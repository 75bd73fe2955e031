"""Rewritings that change how a formula looks and not what it means: what is true must stay true for whoever judges it.

Each yields every formula in which it was made at one place, in the form of :mod:`checks.mutation`. None knows the kernel's normal
form. A logarithm is split and a power drawn apart only where the parts are positive by the domains of their letters.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from checks.mutation import Operator, Scope, mutants
from checks.signs import surely_positive
from derive.formula import (
    ONE,
    Add,
    Divide,
    Exp,
    Formula,
    Fresh,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Product,
    Reference,
    Sum,
    Transpose,
    add,
    multiply,
    negate,
    rename,
    unfold,
)


def _renamed(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Another letter for a bound index."""
    if isinstance(node, (Sum, Product)):
        other = Fresh.index(node.index)
        yield type(node)(other, rename(node.body, {node.index: other}))


def _reordered(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Terms, or scalar factors, in another order."""
    if isinstance(node, Add) and len(node.terms) > 1:
        yield Add(node.terms[::-1])
        yield Add((*node.terms[1:], node.terms[0]))
    if isinstance(node, Multiply) and len(node.factors) > 1:
        yield Multiply(node.factors[::-1])


def _distributed(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A product with a sum of terms multiplied out."""
    if isinstance(node, Multiply):
        for k, factor in enumerate(node.factors):
            if isinstance(factor, Add):
                others = (*node.factors[:k], *node.factors[k + 1 :])
                yield add(*(multiply(*others, term) for term in factor.terms))
    if isinstance(node, Divide) and isinstance(node.numerator, Add):
        yield add(*(Divide(term, node.denominator) for term in node.numerator.terms))
    if isinstance(node, Power) and isinstance(node.base, Add) and node.exponent == Number(Fraction(2)):
        yield add(*(multiply(one, other) for one in node.base.terms for other in node.base.terms))


def _sum_split(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A sum of terms taken term by term."""
    if isinstance(node, Sum) and isinstance(node.body, Add):
        yield add(*(Sum(node.index, term) for term in node.body.terms))


def _sum_exchanged(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Two sums in the other order."""
    if isinstance(node, Sum) and isinstance(node.body, Sum):
        yield Sum(node.body.index, Sum(node.index, node.body.body))


def _log_split(node: Formula, scope: Scope) -> Iterator[Formula]:
    """The log of a product or a quotient as the logs of its parts."""
    if not isinstance(node, Log):
        return
    inner = node.argument
    if isinstance(inner, Multiply) and all(surely_positive(factor) for factor in inner.factors):
        yield add(*(Log(factor) for factor in inner.factors))
    if isinstance(inner, Divide) and surely_positive(inner.numerator) and surely_positive(inner.denominator):
        yield Log(inner.numerator) - Log(inner.denominator)
    if isinstance(inner, Exp):
        yield inner.argument
    if isinstance(inner, Power) and surely_positive(inner.base):
        yield multiply(inner.exponent, Log(inner.base))


def _exponential(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A positive letter as the exponential of its logarithm."""
    if isinstance(node, Reference) and node.shape == () and surely_positive(node):
        yield Exp(Log(node))


def _transposed(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A product of matrices as the transpose of the product of the transposes."""
    if isinstance(node, MatrixProduct) and node.shape == ():
        yield MatrixProduct(tuple(Transpose(factor) for factor in reversed(node.factors)))
    if isinstance(node, Reference) and len(node.shape) == 2 and node.symbol.domain in ("spd", "sym"):
        yield Transpose(node)


def _halves(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A thing as two halves of it."""
    if isinstance(node, (Reference, Sum, Named)) and node.shape == ():
        half = multiply(Number(Fraction(1, 2)), node)
        yield add(half, half)


def _nothing_added(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Something added and taken off again."""
    if isinstance(node, Sum) and node.shape == () and isinstance(node.body, Multiply):
        part = node.body.factors[-1]
        if part.shape == ():
            yield Sum(node.index, add(node.body, part, negate(part)))


def _one_more(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Multiplied and divided by the same positive thing."""
    if isinstance(node, Divide) and surely_positive(node.denominator) and node.numerator.shape == ():
        twice = multiply(node.denominator, node.denominator)
        yield Divide(multiply(node.numerator, node.denominator), twice)


def _written_out(node: Formula, scope: Scope) -> Iterator[Formula]:
    """An abbreviation replaced by what it stands for."""
    if isinstance(node, Named):
        yield unfold(node)


def _power_apart(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A square as a product, a reciprocal as a quotient."""
    if isinstance(node, Power) and node.exponent == Number(Fraction(2)):
        yield multiply(node.base, node.base)
    if isinstance(node, Divide) and node.numerator != ONE and node.numerator.shape == ():
        yield multiply(node.numerator, Divide(ONE, node.denominator))


OPERATORS: tuple[Operator, ...] = (
    Operator("renamed", _renamed),
    Operator("reordered", _reordered),
    Operator("distributed", _distributed),
    Operator("sum-split", _sum_split),
    Operator("sums-exchanged", _sum_exchanged),
    Operator("log-split", _log_split),
    Operator("exponential", _exponential),
    Operator("transposed-product", _transposed),
    Operator("halves", _halves),
    Operator("nothing-added", _nothing_added),
    Operator("expanded", _one_more),
    Operator("written-out", _written_out),
    Operator("power-apart", _power_apart),
)


def rewritten(formula: Formula, times: int, rng: random.Random, scope: Scope = ()) -> tuple[Formula, list[str]]:
    """A formula after up to so many rewritings, each at a random place; and the names of those that fitted, in order."""
    names: list[str] = []
    for _ in range(times):
        operator = rng.choice(OPERATORS)
        found = list(mutants(formula, scope, (operator,)))
        if not found:
            continue
        formula = rng.choice(found).formula
        names.append(operator.name)
    return formula, names
