"""Standard deviation for variance."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Formula, Number, Power, Reference


def _square(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Reference) and node.symbol.domain == "positive" and node.symbol.shape == ():
        yield Power(node, Number(Fraction(2)))
    if isinstance(node, Power) and isinstance(node.base, Reference) and node.base.symbol.domain == "positive":
        if node.exponent == Number(Fraction(2)):
            yield node.base
        elif node.exponent == Number(Fraction(-2)):
            yield Power(node.base, Number(Fraction(-1)))
        elif node.exponent == Number(Fraction(-1)):
            yield Power(node.base, Number(Fraction(-2)))


SQUARE = Operator("scale-and-square", _square)


DIAGNOSIS = Diagnosis(
    code="deviation-for-variance",
    title="Standard deviation for variance",
    cause="a scale stands for its square, or the square for the scale, at {place}",
    rule="The exponent of a Gaussian divides by the variance sigma^2, its normaliser by the standard deviation sigma.",
    wrong=r"-\frac{(x-\mu)^2}{2\sigma}",
    right=r"-\frac{(x-\mu)^2}{2\sigma^2}",
    slips=by_operators(SQUARE),
    repairs=by_operators(SQUARE),
    rank=0,
)
