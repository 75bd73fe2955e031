"""A lost log-determinant."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators

DIAGNOSIS = Diagnosis(
    code="lost-log-determinant",
    title="A lost log-determinant",
    cause="the log-determinant at {place} was dropped",
    rule=(
        "The log density of a Gaussian contains -1/2 log |Sigma|. It depends on Sigma, and is a constant only where Sigma"
        " is known."
    ),
    wrong=r"\log N(x; \mu, \Sigma) = -\tfrac12 (x-\mu)^T \Sigma^{-1} (x-\mu) + c",
    right=r"\log N(x; \mu, \Sigma) = -\tfrac12 \log|\Sigma| - \tfrac12 (x-\mu)^T \Sigma^{-1} (x-\mu) + c",
    slips=by_operators("log-determinant-missing"),
    rank=0,
)
