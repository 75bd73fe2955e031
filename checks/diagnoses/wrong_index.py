"""A wrong index."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Formula, Product, Sum, free_indices, rename


def _bound(node: Formula, scope: Scope) -> Iterator[Formula]:
    """Within a sum, its own letter put in everywhere for one of the same range."""
    if isinstance(node, (Sum, Product)):
        for other in scope:
            if other.range == node.index.range and other != node.index and other in free_indices(node.body):
                yield type(node)(node.index, rename(node.body, {other: node.index}), span=node.span)


BOUND = Operator("letter-of-the-sum", _bound)


DIAGNOSIS = Diagnosis(
    code="wrong-index",
    title="A wrong index",
    cause="an index at {place} is that of another letter",
    rule=(
        "A bound index means nothing outside its sum, and a letter bound by a sum must not stand for a free one. Where a "
        "derivative picks out j = s, every j becomes s."
    ),
    wrong=r"\sum_j \delta_{js}\, a_j = a_j",
    right=r"\sum_j \delta_{js}\, a_j = a_s",
    slips=by_operators("index-swapped"),
    repairs=by_operators("index-swapped", BOUND),
)
