"""Weights held that move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.diagnoses import Context, Diagnosis, Revision, opened
from checks.mutation import mutants, operator
from derive.claims import Claim
from derive.formula import AtEqual, Derivative, Formula, Named, Reference, rebuild, walk


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
    yield from _taken_elsewhere(claim, context)


def held_revisions(claim: Claim) -> Iterator[Revision]:
    """The claim with the weights of either side, or of both, held."""
    left, right = holding(claim.lhs), holding(claim.rhs)
    if claim.relation == "=":
        for lhs, rhs in ((left, claim.rhs), (claim.lhs, right), (left, right)):
            if (lhs, rhs) != (claim.lhs, claim.rhs):
                yield Revision(replace(claim, lhs=lhs, rhs=rhs))


def _taken_elsewhere(claim: Claim, context: Context) -> Iterator[Revision]:
    """Weights at theta for those at theta_t, or the reverse; parameters too, in a row that has both."""
    sides = (claim.lhs, claim.rhs)
    roles = {(node.symbol.name, node.symbol.role) for side in sides for node in walk(side) if isinstance(node, Reference)}
    for number, side in enumerate(sides):
        for formula in opened(side):
            for mutant in mutants(formula, context.scope, (operator("held-for-moving"),)):
                node = mutant.before
                if isinstance(node, Named) and node.definition.movable and node.definition.normalised_over is not None:
                    words = _WEIGHTS[node.time]
                elif isinstance(node, Reference) and claim.relation == "=":
                    # Moved elsewhere, a parameter would be as good as a constant.
                    if (node.symbol.name, "current" if node.symbol.role == "param" else "param") not in roles:
                        continue
                    words = _PARAMETERS[node.symbol.role]
                else:
                    continue
                lhs, rhs = (mutant.formula if number == place else sides[place] for place in (0, 1))
                yield Revision(replace(claim, lhs=lhs, rhs=rhs), words, node)


_WEIGHTS = {
    "free": "the weights {place} move with the parameters; the row is right with them held at the current ones",
    "current": "the weights {place} are held at the current parameters; the row is right with weights that move",
}
_PARAMETERS = {
    "param": "{place} is the free parameter; the row is right with its current value",
    "current": "{place} is the current value of a parameter; the row is right with the free one",
}


DIAGNOSIS = Diagnosis(
    code="held-for-moving",
    title="Weights held that move",
    cause="the row is right with the responsibilities held, and here they move with the parameter",
    rule=(
        "Responsibilities at theta_t are constants in Q. Those at theta are functions of it, and the product rule gives "
        "them a term of their own; the term cancels only in the whole of the log-likelihood's gradient."
    ),
    wrong=r"\nabla_\mu \sum_j w_j(\mu)\, g_j(\mu) = \sum_j w_j \nabla_\mu g_j",
    right=r"\nabla_\mu \sum_j w_j(\mu)\, g_j(\mu) = \sum_j (w_j \nabla_\mu g_j + g_j \nabla_\mu w_j)",
    revisions=_revisions,
)
