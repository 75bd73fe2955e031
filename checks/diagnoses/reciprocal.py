"""A factor for its reciprocal."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Mutant, Operator, Scope
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


def _inverted_part(mutant: Mutant) -> Formula:
    """The factor that was turned over."""
    before, after = mutant.before, mutant.after
    return after.denominator if isinstance(before, Multiply) and isinstance(after, Divide) else before


DIAGNOSIS = Diagnosis(
    code="reciprocal",
    title="A factor for its reciprocal",
    cause="{place} stands where its reciprocal is right",
    rule="An equation a x = b is solved by x = b / a: what multiplies on one side divides on the other.",
    wrong=r"\frac{N_j}{\phi_j} = \lambda \;\Rightarrow\; \phi_j = \lambda N_j",
    right=r"\frac{N_j}{\phi_j} = \lambda \;\Rightarrow\; \phi_j = \frac{N_j}{\lambda}",
    slips=by_operators(INVERTED, part=_inverted_part),
    repairs=by_operators(INVERTED, part=_inverted_part),
    rank=3,
    unless=("wrong-sign",),
)
