"""A lost constraint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.diagnoses import Context, Diagnosis, Revision
from derive.claims import Claim
from derive.formula import rename
from derive.symbols import Index


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    if claim.relation != "=" or claim.lhs.shape != ():
        return
    symbols = [node.by for node in context.derivatives]
    for by in symbols:
        index = by.indices[-1] if by.symbol.domain == "simplex" else None
        if isinstance(index, Index):
            difference = claim.lhs - claim.rhs
            revised = replace(claim, lhs=difference, rhs=rename(difference, {index: index.range.lower}))
            yield Revision(
                revised, f"the sides differ by what does not depend on {index.name}: the multiplier of the constraint is missing"
            )


DIAGNOSIS = Diagnosis(
    code="lost-constraint",
    title="A lost constraint",
    cause="the multiplier of the constraint is missing",
    rule=(
        "Weights that sum to one are maximised with a Lagrange multiplier: the gradient of the objective in phi_j equals "
        "a constant, the same for all j, and is not zero."
    ),
    wrong=r"\frac{N_j}{\phi_j} = 0",
    right=r"\frac{N_j}{\phi_j} + \lambda = 0",
    revisions=_revisions,
    rank=0,
    unless=("extra-term",),
)
