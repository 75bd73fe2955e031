"""A mean for a sum, or a sum for a mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.diagnoses import Context, Diagnosis, Revision, by_operators
from derive.claims import Claim
from derive.formula import ZERO, Divide, SizeNumber, Sum, multiply, walk


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    if claim.relation != "=" or claim.rhs == ZERO:
        return
    nodes = [node for side in (claim.lhs, claim.rhs) for node in walk(side)]
    bound = [node.index.range.upper for node in nodes if isinstance(node, Sum)]
    counted = [node.size for node in nodes if isinstance(node, SizeNumber)]
    for size in dict.fromkeys((*bound, *counted)):
        yield Revision(
            replace(claim, rhs=multiply(SizeNumber(size), claim.rhs)),
            f"the factor {size.name} is missing: a mean stands for a sum",
        )
        yield Revision(
            replace(claim, rhs=Divide(claim.rhs, SizeNumber(size))),
            f"the factor 1/{size.name} is missing: a sum stands for a mean",
        )


DIAGNOSIS = Diagnosis(
    code="mean-for-sum",
    title="A mean for a sum, or a sum for a mean",
    cause="the number of terms {place} was dropped: a mean stands for a sum, or a sum for a mean",
    rule=(
        "A mean is the sum divided by the number of its terms; the maximiser of a sum is the same as that of the mean, "
        "but their values and gradients are not."
    ),
    wrong=r"\sum_{i=1}^n x_i = \bar{x}",
    right=r"\sum_{i=1}^n x_i = n \bar{x}",
    revisions=_revisions,
    slips=by_operators("wrong-normaliser", only=lambda mutant: isinstance(mutant.before, SizeNumber)),
)
