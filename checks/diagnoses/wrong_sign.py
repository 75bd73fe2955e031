"""A wrong sign."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators

DIAGNOSIS = Diagnosis(
    code="wrong-sign",
    title="A wrong sign",
    cause="the sign of {place} is wrong",
    rule="Differentiating 1/x, -log x or an inner function -x brings a minus sign, which stays until it meets another.",
    wrong=r"\frac{d}{d\mu} \left(-\tfrac12 (x-\mu)^2\right) = -(x-\mu)",
    right=r"\frac{d}{d\mu} \left(-\tfrac12 (x-\mu)^2\right) = x-\mu",
    slips=by_operators("sign"),
    repairs=by_operators("sign"),
    rank=2,
)
