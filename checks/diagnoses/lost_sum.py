"""A lost sum."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators

DIAGNOSIS = Diagnosis(
    code="lost-sum",
    title="A lost sum",
    cause="the sum at {place} was lost: one of its terms stands for all of them",
    rule=(
        "A sum is dropped only when one of its terms is different from zero. Each datum contributes to the gradient of a "
        "likelihood."
    ),
    wrong=r"\sum_i w_{ij} x_i = w_{ij} x_i",
    right=r"\sum_i w_{ij} x_i = \sum_i w_{ij} x_i",
    slips=by_operators("sum-lost"),
)
