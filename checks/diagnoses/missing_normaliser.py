"""A missing normaliser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.diagnoses import Context, Diagnosis, Revision, by_operators
from checks.enclosure import in_order
from derive.claims import Claim
from derive.formula import ZERO, Determinant, Divide, Fresh, Function, Named, Pi, Sum, free_indices, rename, walk


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    if claim.relation == "=" and claim.rhs.shape == () and claim.rhs != ZERO:
        for index in in_order(free_indices(claim.rhs)):
            other = Fresh.index(index)
            total = Sum(other, rename(claim.rhs, {index: other}))
            yield Revision(replace(claim, rhs=Divide(claim.rhs, total)))


def _normalises(quotient: Divide) -> bool:
    """Whether the denominator may be that of a posterior or of a density: no 2 sigma^2 below a square."""
    return any(isinstance(node, (Sum, Named, Pi, Determinant, Function)) for node in walk(quotient.denominator))


DIAGNOSIS = Diagnosis(
    code="missing-normaliser",
    title="A missing normaliser",
    cause="the normaliser is missing: what stands there does not sum to one",
    rule=(
        "A posterior is the joint divided by its sum over all values of the latent variable. Without the denominator = is"
        " not proportional to."
    ),
    wrong=r"p(z=j \mid x) = \phi_j\, p(x \mid z=j)",
    right=r"p(z=j \mid x) = \frac{\phi_j\, p(x \mid z=j)}{\sum_l \phi_l\, p(x \mid z=l)}",
    revisions=_revisions,
    slips=by_operators("wrong-normaliser", only=lambda mutant: isinstance(mutant.before, Divide) and _normalises(mutant.before)),
    rank=0,
    unless=("constant-that-moves",),
)
