"""A bound in the wrong direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.diagnoses import Context, Diagnosis, Revision
from derive.claims import Claim, Relation

_TURNED: dict[Relation, Relation] = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    turned = _TURNED.get(claim.relation)
    if turned is not None:
        yield Revision(replace(claim, relation=turned, gap=None))


DIAGNOSIS = Diagnosis(
    code="bound-direction",
    title="A bound in the wrong direction",
    cause="the inequality holds in the other direction",
    rule=(
        "Jensen's inequality for the concave logarithm is log E[X] >= E[log X]. The evidence lower bound is a lower bound"
        " because a Kullback-Leibler divergence is nonnegative."
    ),
    wrong=r"\log \sum_j w_j a_j \le \sum_j w_j \log a_j",
    right=r"\log \sum_j w_j a_j \ge \sum_j w_j \log a_j",
    revisions=_revisions,
    rank=0,
)
