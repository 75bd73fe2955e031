"""The EM step as a gradient step on the log-likelihood, with a matrix (or a number) before the gradient."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    if parameter.m_step is None or parameter.multiplier is None:
        return ()
    name = parameter.symbol.name
    slope = m_step.score(em, parameter)
    reason = "the step of EM is the gradient of {l_value}, multiplied"
    if parameter.constraint is not None:
        reason = "the step of EM is the gradient of {l_value} along the simplex, multiplied"
    before = parameter.multiplier(em.moving)
    step = parameter.m_step(em.moving) - parameter.reference
    right = before @ slope if before.shape != () and slope.shape != () else before * slope
    known = m_step.conditions(em, parameter, em.moving)
    return (
        Step(
            reason=reason,
            claim=Claim(label=f"em-step-{name}", lhs=step, rhs=right, reading="moving", assumptions=known),
        ),
        Step(
            reason="tempting, and false: a step of plain gradient ascent",
            claim=Claim(
                label=f"plain-gradient-{name}",
                lhs=step,
                rhs=slope,
                reading="moving",
                expected="refuted",
                residual=right - slope,
                assumptions=known,
            ),
        ),
    )


IDENTITY = Identity(
    name="preconditioned-step",
    title="EM as preconditioned gradient ascent",
    source="Xu and Jordan (1996), On convergence properties of the EM algorithm for Gaussian mixtures, theorem 1",
    steps=steps,
)
