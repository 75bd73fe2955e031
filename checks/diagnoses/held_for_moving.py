"""Weights held that move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.diagnoses import Context, Diagnosis, Revision, by_operators
from derive.claims import Claim
from derive.formula import AtEqual, Derivative, Formula, Named, rebuild, walk


def holding(node: Formula) -> Formula:
    """The formula with every posterior that stands under a derivative held at theta_t, and theta_t = theta put in afterwards."""
    return AtEqual(_held(node)) if _held(node) != node else node


def _held(node: Formula, inside: bool = False) -> Formula:
    if inside and isinstance(node, Named) and node.definition.movable and node.definition.normalised_over is not None:
        return replace(node, time="current")
    return rebuild(node, lambda child: _held(child, inside or isinstance(node, Derivative)))


def is_nested(claim: Claim) -> bool:
    """Whether a second derivative is taken."""
    outer = (node for side in (claim.lhs, claim.rhs) for node in walk(side) if isinstance(node, Derivative))
    return any(isinstance(part, Derivative) for node in outer for part in walk(node.body))


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    if not is_nested(claim):
        yield from held_revisions(claim)


def held_revisions(claim: Claim) -> Iterator[Revision]:
    """The claim with the weights of either side, or of both, held."""
    left, right = holding(claim.lhs), holding(claim.rhs)
    if claim.relation == "=":
        for lhs, rhs in ((left, claim.rhs), (claim.lhs, right), (left, right)):
            if (lhs, rhs) != (claim.lhs, claim.rhs):
                yield Revision(replace(claim, lhs=lhs, rhs=rhs))


DIAGNOSIS = Diagnosis(
    code="held-for-moving",
    title="Weights held that move",
    cause="the row is right with the responsibilities held, where they move with the parameter",
    rule=(
        "Responsibilities at theta_t are constants in Q. Those at theta are functions of it, and the product rule gives "
        "them a term of their own; the term cancels only in the whole of the log-likelihood's gradient."
    ),
    wrong=r"\nabla_\mu \sum_j w_j(\mu)\, g_j(\mu) = \sum_j w_j \nabla_\mu g_j",
    right=r"\nabla_\mu \sum_j w_j(\mu)\, g_j(\mu) = \sum_j (w_j \nabla_\mu g_j + g_j \nabla_\mu w_j)",
    revisions=_revisions,
    slips=by_operators("held-for-moving"),
    repairs=by_operators("held-for-moving"),
)
