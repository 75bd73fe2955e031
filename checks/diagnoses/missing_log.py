"""A missing logarithm."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from checks.signs import surely_positive
from derive.formula import Formula, Log, Number


def _taken(node: Formula, scope: Scope) -> Iterator[Formula]:
    if node.shape == () and not isinstance(node, Number) and surely_positive(node):
        yield Log(node)


TAKEN = Operator("log-taken", _taken)


DIAGNOSIS = Diagnosis(
    code="missing-log",
    title="A missing logarithm",
    cause="a logarithm is missing or too many at {place}",
    rule="Once a logarithm is taken it stays at every factor of the product until it is evaluated or differentiated.",
    wrong=r"\log (\phi_j p_j) = \log \phi_j + p_j",
    right=r"\log (\phi_j p_j) = \log \phi_j + \log p_j",
    slips=by_operators("log-lost"),
    repairs=by_operators("log-lost", TAKEN),
)
