"""A wrong index."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators

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
    repairs=by_operators("index-swapped"),
)
