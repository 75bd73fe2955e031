"""The log of a sum taken for the sum of logs."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Formula, Log, Multiply, Sum, multiply


def _inside(node: Formula, scope: Scope) -> Iterator[Formula]:
    """log sum_j w_j a_j written as sum_j w_j log a_j, for each factor w_j."""
    if isinstance(node, Log) and isinstance(node.argument, Sum) and isinstance(node.argument.body, Multiply):
        index, factors = node.argument.index, node.argument.body.factors
        for k, factor in enumerate(factors):
            yield Sum(index, multiply(factor, Log(multiply(*factors[:k], *factors[k + 1 :]))))


EXPECTATION = Operator("log-moved-inside", _inside)


DIAGNOSIS = Diagnosis(
    code="log-of-sum",
    title="The log of a sum taken for the sum of logs",
    cause="a logarithm and a sum were exchanged at {place}",
    rule=(
        "The logarithm of a product is the sum of the logarithms; that of a sum is not. By Jensen's inequality sum_j w_j "
        "log a_j <= log sum_j w_j a_j for weights that sum to one."
    ),
    wrong=r"\log \sum_j \phi_j p_j = \sum_j \log (\phi_j p_j)",
    right=r"\log \sum_j \phi_j p_j \ge \sum_j w_j \log \frac{\phi_j p_j}{w_j}",
    slips=by_operators("log-of-sum", "expectation-exchanged", EXPECTATION),
    repairs=by_operators("log-of-sum", "expectation-exchanged", EXPECTATION),
    rank=0,
)
