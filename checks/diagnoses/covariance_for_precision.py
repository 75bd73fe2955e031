"""Covariance for precision."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Mutant
from derive.formula import Inverse


def _is_inverse(mutant: Mutant) -> bool:
    return isinstance(mutant.before, Inverse) or isinstance(mutant.after, Inverse)


DIAGNOSIS = Diagnosis(
    code="covariance-for-precision",
    title="Covariance for precision",
    cause="a matrix stands for its inverse at {place}",
    rule=(
        "The quadratic form of a Gaussian holds the precision, the inverse of the covariance; the derivative of log "
        "|Sigma| by Sigma is the inverse as well."
    ),
    wrong=r"\nabla_\mu \log N = \Sigma (x-\mu)",
    right=r"\nabla_\mu \log N = \Sigma^{-1} (x-\mu)",
    slips=by_operators("inverse-forgotten", only=_is_inverse),
    repairs=by_operators("inverse-forgotten", only=_is_inverse),
    rank=0,
)
