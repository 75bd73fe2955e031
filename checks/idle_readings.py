"""Readings of the responsibilities, held or moving, under which what a row says is true of nothing: no author means them."""

from __future__ import annotations

from collections.abc import Iterable

from derive.algebra.prove import Proof, prove
from derive.claims import Claim
from derive.formula import Derivative, Divide, Named, mentions, walk, walk_unfolded


def why_idle(claims: Iterable[Claim], reading: str) -> str:
    """Why a reading makes the claims empty; nothing where it does not.

    With weights that are held, the derivative of the weights themselves is zero, whatever they are. With weights that move, the
    ratio of the weights to the posterior that they are is one.
    """
    for claim in claims:
        for side in (claim.lhs, claim.rhs):
            for node in walk(side):
                if reading == "held" and isinstance(node, Derivative) and _is_of_weights_alone(node):
                    return "true only where the weights are held, and then it says nothing of them: write at \\theta_t"
                if reading == "moving" and isinstance(node, Divide) and _is_ratio_of_one(node):
                    return (
                        "true only where the weights are the posterior at the same parameters, and then this ratio is one: "
                        "write at \\theta_t in the declaration of the weights"
                    )
    return ""


def _is_of_weights_alone(node: Derivative) -> bool:
    """Whether only weights that are held depend on what is differentiated by."""
    symbol = node.by.symbol
    if mentions(node.body, symbol):
        return False
    held = (one for one in walk_unfolded(node.body) if isinstance(one, Named) and one.time == "current")
    return any(mentions(one.definition.body, symbol) for one in held)


def _is_ratio_of_one(node: Divide) -> bool:
    """Whether weights stand over, or under, the posterior that they are."""
    for one, other in ((node.numerator, node.denominator), (node.denominator, node.numerator)):
        weights = isinstance(one, Named) and one.definition.normalised_over is not None
        if weights and one != other and isinstance(prove(Claim(label="the same", lhs=one, rhs=other)), Proof):
            return True
    return False
