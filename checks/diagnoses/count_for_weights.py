"""The number of data for the effective number of a component."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Context, Diagnosis, Slip, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Formula, SizeNumber


def _repairs(formula: Formula, context: Context) -> Iterator[Slip]:
    def weighed(node: Formula, scope: Scope) -> Iterator[Formula]:
        if isinstance(node, SizeNumber):
            yield from context.counts

    yield from by_operators(Operator("size-weighed", weighed))(formula, context)


DIAGNOSIS = Diagnosis(
    code="count-for-weights",
    title="The number of data for the effective number of a component",
    cause="the number {place} stands for a sum of weights",
    rule=(
        "A weighted mean divides by the sum of its weights: for component j by N_j, the sum of its responsibilities. The "
        "number of data n divides only where the weights sum to n, as in the mixing weights N_j / n."
    ),
    wrong=r"\mu_j = \frac{\sum_i w_{ij} x_i}{n}",
    right=r"\mu_j = \frac{\sum_i w_{ij} x_i}{\sum_i w_{ij}}",
    repairs=_repairs,
    rank=0,
)
