"""A wrong sign."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Mutant
from derive.formula import Apply, Named, Reference, walk


def _has_letters(mutant: Mutant) -> bool:
    """The sign of a term is wrong, not that of the number in it."""
    return any(isinstance(node, (Apply, Named, Reference)) for node in walk(mutant.before))


DIAGNOSIS = Diagnosis(
    code="wrong-sign",
    title="A wrong sign",
    cause="the sign of {place} is wrong",
    rule="Differentiating 1/x, -log x or an inner function -x brings a minus sign, which stays until it meets another.",
    wrong=r"\frac{d}{d\mu} \left(-\tfrac12 (x-\mu)^2\right) = -(x-\mu)",
    right=r"\frac{d}{d\mu} \left(-\tfrac12 (x-\mu)^2\right) = x-\mu",
    slips=by_operators("sign", only=_has_letters),
    repairs=by_operators("sign", only=_has_letters),
    rank=2,
)
