"""How fast EM moves: the derivative of the M-step by the current parameters, without solving anything.

The M-step makes the gradient of Q vanish whatever the current parameters are. So the derivative of that by the current ones is
zero: the curvature of Q at the maximum, times the derivative of the M-step, is less the mixed derivative of Q. At a fixed point
that is the missing information over the complete one, the rate at which EM converges.
"""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ZERO, Derivative, Substitute, multiply, negate
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    best = em.solutions[name](*parameter.indices)
    current = replace(parameter.along, symbol=parameter.symbol.at_current)
    slope = Derivative(em.q(), parameter.reference)
    curvature, mixed = (
        Substitute(Derivative(slope, by), parameter.symbol, parameter.indices, best) for by in (parameter.reference, current)
    )
    moved = Derivative(best, current)
    known = m_step.conditions(em, parameter, em.held)
    return (
        Step(
            reason="the gradient of {Q} vanishes at the M-step whatever {theta_t} is: so does its derivative by {theta_t}",
            claim=Claim(
                label=f"rate-{name}", lhs=multiply(curvature, moved), rhs=negate(mixed), reading="held", assumptions=known
            ),
        ),
        Step(
            reason="tempting, and false: the M-step does not move with {theta_t}, its weights {w} being held",
            claim=Claim(
                label=f"unmoved-{name}",
                lhs=multiply(curvature, moved),
                rhs=ZERO,
                reading="held",
                expected="refuted",
                residual=negate(mixed),
                assumptions=known,
            ),
        ),
    )


def has_rate(em: Algorithm, parameter: Parameter) -> bool:
    """Whether the M-step of the parameter is a number with a closed form, of which no other member moves the gradient."""
    return parameter.symbol.shape == () and parameter.m_step is not None and parameter.constraint is None


IDENTITY = Identity(
    name="rate",
    title="The rate of convergence",
    source="Dempster, Laird and Rubin (1977), section 3; Meng and Rubin (1991), Using EM to obtain asymptotic "
    "variance-covariance matrices, JASA 86, 899-909",
    steps=steps,
    applies=has_rate,
)
