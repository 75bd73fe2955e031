"""A sum that the derivative does not keep."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators

DIAGNOSIS = Diagnosis(
    code="sum-kept",
    title="A sum that the derivative does not keep",
    cause="the sum at {place} is kept, where only one of its terms remains",
    rule=(
        "The derivative of a sum over j by the parameter of component s keeps the term j = s alone; every other term does"
        " not contain it."
    ),
    wrong=r"\frac{\partial}{\partial \mu_s} \sum_j \mu_j^2 = \sum_j 2\mu_j",
    right=r"\frac{\partial}{\partial \mu_s} \sum_j \mu_j^2 = 2\mu_s",
    repairs=by_operators("sum-lost"),
)
