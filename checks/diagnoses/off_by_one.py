"""A range that is off by one."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Formula, Sum, rename
from derive.symbols import Index, Range


def _earlier(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Sum) and node.index.range.lower > 1:
        first = Index(node.index.name, Range(node.index.range.upper, node.index.range.lower - 1))
        yield Sum(first, rename(node.body, {node.index: first}))


EARLIER = Operator("limit-one-earlier", _earlier)


DIAGNOSIS = Diagnosis(
    code="off-by-one",
    title="A range that is off by one",
    cause="the range of the sum at {place} is off by one",
    rule="The first and the last term of a sum are part of it: from 1 to n there are n terms, from 2 to n one fewer.",
    wrong=r"\sum_{t=1}^T a_t = \sum_{t=2}^T a_t",
    right=r"\sum_{t=1}^T a_t = a_1 + \sum_{t=2}^T a_t",
    slips=by_operators("limit-off-by-one"),
    repairs=by_operators("limit-off-by-one", EARLIER),
)
