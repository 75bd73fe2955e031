"""Matrices in the wrong order."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators

DIAGNOSIS = Diagnosis(
    code="order-of-factors",
    title="Matrices in the wrong order",
    cause="the factors of {place} stand in the wrong order",
    rule="Matrices do not commute: A B and B A differ in general, also where both are symmetric.",
    wrong=r"(A B)^{-1} = A^{-1} B^{-1}",
    right=r"(A B)^{-1} = B^{-1} A^{-1}",
    slips=by_operators("order-swapped"),
    repairs=by_operators("order-swapped"),
)
