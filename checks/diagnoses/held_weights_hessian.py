"""A Hessian with the weights held."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Context, Diagnosis, Revision
from checks.diagnoses.held_for_moving import held_revisions, is_nested
from derive.claims import Claim


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    if is_nested(claim):
        yield from held_revisions(claim)


DIAGNOSIS = Diagnosis(
    code="held-weights-hessian",
    title="A Hessian with the weights held",
    cause="the second derivative is right with the responsibilities held, and here they move with the parameter",
    rule=(
        "The gradients of Q and of the log-likelihood agree at theta_t; their Hessians do not. The Hessian of the "
        "log-likelihood has a further term, the covariance of the complete-data score under the posterior (Louis 1982)."
    ),
    wrong=r"\nabla^2 \ell = \nabla^2 Q",
    right=r"\nabla^2 \ell = \nabla^2 Q + \operatorname{Cov}(\nabla \log p(x, z) \mid x)",
    revisions=_revisions,
    rank=0,
)
