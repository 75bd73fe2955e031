"""Line (1) to line (2) of the question: true with w held at theta_t, false with w moving, by a term that is named."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.errors import UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Divide, Exp, Formula, Log, Sum, multiply, negate
from derive.identities import Identity
from derive.models import ByExponent, Parameter, Weights


def line_one(em: Algorithm, weights: Weights) -> Formula:
    """``sum_i sum_j w_ij log(alpha_j exp(psi_ij) phi_j / w_ij)``."""
    i, j, told, weight = em.model.datum, em.model.latent, _told(em), em.model.weight
    joint = multiply(told.normaliser(j), Exp(told.exponent(i, j)), *((weight(j),) if weight is not None else ()))
    return Sum(i, Sum(j, multiply(weights(i, j), Log(Divide(joint, weights(i, j))))))


def line_two(em: Algorithm, weights: Weights) -> Formula:
    """``sum_i sum_j w_ij psi_ij``."""
    i, j = em.model.datum, em.model.latent
    return Sum(i, Sum(j, multiply(weights(i, j), _told(em).exponent(i, j))))


def _told(em: Algorithm) -> ByExponent:
    if em.model.by_exponent is None:
        raise UnsupportedError(f"{em.model.name} is not told by the exponents of its components")
    return em.model.by_exponent


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    by, name = parameter.reference, parameter.symbol.name
    i, j = em.model.datum, em.model.latent
    held = Claim(
        label="line-1-to-2-held",
        lhs=Derivative(line_one(em, em.held), by),
        rhs=Derivative(line_two(em, em.held), by),
        reading="held",
    )
    left_over = negate(Sum(i, Sum(j, multiply(Derivative(em.moving(i, j), by), _told(em).exponent(i, j)))))
    moving = Claim(
        label="line-1-to-2-moving",
        lhs=Derivative(line_one(em, em.moving), by),
        rhs=Derivative(line_two(em, em.moving), by),
        reading="moving",
        expected="refuted",
        residual=left_over,
    )
    return (
        Step(
            reason=(
                "line (1) to line (2) of the question, {w} held: its logarithm, {log_alpha} and {log_phi} do not contain "
                f"{{{name}}}"
            ),
            claim=held,
        ),
        Step(reason="tempting, and false: the same step with {w_moving} moving", claim=moving),
    )


IDENTITY = Identity(
    name="held-step",
    title="From line (1) to line (2)",
    source="Ng, CS229 lecture notes 8, page 7",
    steps=steps,
    applies=lambda em, parameter: em.model.is_in_exponent_only(parameter),
)
