"""A factor for its reciprocal."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Divide, Formula, Multiply, Number, multiply


def _inverted(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Multiply):
        for k, factor in enumerate(node.factors):
            if factor.shape == () and not isinstance(factor, (Number, Divide)):
                yield Divide(multiply(*node.factors[:k], *node.factors[k + 1 :]), factor)
    if isinstance(node, Divide) and not isinstance(node.denominator, Number):
        yield multiply(node.denominator, node.numerator)
        if node.numerator.shape == ():
            yield Divide(node.denominator, node.numerator)


INVERTED = Operator("factor-inverted", _inverted)


DIAGNOSIS = Diagnosis(
    code="reciprocal",
    title="A factor for its reciprocal",
    cause="a factor of {place} stands for its reciprocal",
    rule="An equation a x = b is solved by x = b / a: what multiplies on one side divides on the other.",
    wrong=r"\frac{N_j}{\phi_j} = \lambda \;\Rightarrow\; \phi_j = \lambda N_j",
    right=r"\frac{N_j}{\phi_j} = \lambda \;\Rightarrow\; \phi_j = \frac{N_j}{\lambda}",
    slips=by_operators(INVERTED),
    repairs=by_operators(INVERTED),
    rank=3,
)
