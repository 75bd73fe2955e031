"""The M-step: where the gradient of Q vanishes, and why Q is largest there."""

from __future__ import annotations

from derive.claims import Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    if parameter.m_step is None:
        return ()
    letter = f"{{{parameter.symbol.name}}}"
    everywhere = "all values"
    found = [Step(reason="put in, the gradient vanishes", claim=m_step.stationary(em, parameter))]
    if parameter.constraint is not None:
        everywhere = "the whole simplex"
        found = [
            Step(
                reason=f"put in, the gradient of the Lagrangian with multiplier {{{parameter.symbol.name}_constraint}} vanishes",
                claim=m_step.stationary(em, parameter),
            ),
            Step(reason="and the constraint is met", claim=m_step.feasible(em, parameter)),
        ]
    if parameter.gap is None:
        largest = Step(
            reason=f"and nowhere is {{Q}} larger: the M-step gives the maximum over {everywhere}",
            claim=m_step.largest(em, parameter),
        )
        return (*found, largest)
    return (
        *found,
        Step(
            reason=f"by so much {{Q}} at any other {letter} falls short of its value at the M-step",
            claim=m_step.shortfall(em, parameter),
        ),
        Step(
            reason=f"this difference is never negative: the M-step gives the maximum over {everywhere}",
            claim=m_step.largest(em, parameter),
        ),
    )


IDENTITY = Identity(
    name="stationary-point",
    title="The M-step",
    source="Bishop (2006), equations (9.17), (9.19), (9.22)",
    steps=steps,
)
