"""A step of Newton's method on Q: it follows the score, and where Q is quadratic in the parameter it is the M-step itself."""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Assumption, Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ZERO, AtEqual, Derivative, Divide, Formula, mentions
from derive.identities import Identity
from derive.identities.fisher_identity import regularity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name, by = parameter.symbol.name, parameter.reference
    if parameter.curvature is None:
        return ()
    curved = Assumption(text="the curvature of {Q} is not zero", apart=(parameter.curvature(em.moving), ZERO))
    known = (regularity(em), curved, *m_step.conditions(em, parameter, em.moving))

    def stepped(slope: Formula, curvature: Formula) -> Formula:
        return by - Divide(slope, curvature)

    def claim(label: str, lhs: Formula, rhs: Formula) -> Claim:
        return Claim(label=f"{label}-{name}", lhs=lhs, rhs=rhs, reading="equal", assumptions=known)

    def control(label: str, lhs: Formula, rhs: Formula) -> Claim:
        return replace(claim(label, lhs, rhs), expected="refuted")

    slope = Derivative(em.q(), by)
    bent = Derivative(slope, by)
    newton = AtEqual(stepped(slope, bent))
    gradient = stepped(Derivative(em.l(), by), AtEqual(bent))
    observed = stepped(Derivative(em.l(), by), Derivative(Derivative(em.l(), by), by))
    found = [
        Step(
            reason="one step of Newton's method on {Q}, from {theta_t} = {theta}, is a gradient step on {l_value}: the gradient "
            "over the curvature of {Q}",
            claim=claim("newton-step", newton, gradient),
        )
    ]
    if parameter.m_step is None:
        return tuple(found)
    best = parameter.m_step(em.moving)
    if mentions(parameter.curvature(em.held), parameter.symbol):
        wrong = control("newton-is-m-step", newton, best)
        found.append(Step(reason="tempting, and false: it is the M-step, although {Q} is not quadratic", claim=wrong))
    else:
        found.append(
            Step(
                reason=f"{{Q}} is quadratic in {{{name}}}: one step is enough, and is the M-step",
                claim=claim("newton-is-m-step", newton, best),
            )
        )
    return (
        *found,
        Step(
            reason="tempting, and false: it is a step of Newton's method on {l_value}",
            claim=control("newton-on-l", newton, observed),
        ),
    )


IDENTITY = Identity(
    name="newton-step",
    title="A step of Newton's method on Q",
    source="Lange (1995), A gradient algorithm locally equivalent to the EM algorithm, JRSS B 57, 425-437",
    steps=steps,
    applies=lambda em, parameter: parameter.symbol.shape == () and parameter.constraint is None,
)
