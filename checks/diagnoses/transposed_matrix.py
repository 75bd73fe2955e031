"""A matrix for its transpose."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators

DIAGNOSIS = Diagnosis(
    code="transposed-matrix",
    title="A matrix for its transpose",
    cause="a matrix stands for its transpose at {place}",
    rule=(
        "(A B)^T = B^T A^T, and the gradient of a^T M b by M is a b^T. A transpose may be left out only where the matrix "
        "is symmetric."
    ),
    wrong=r"\nabla_x (a^T A x) = A a",
    right=r"\nabla_x (a^T A x) = A^T a",
    slips=by_operators("transposed"),
    repairs=by_operators("transposed"),
)
