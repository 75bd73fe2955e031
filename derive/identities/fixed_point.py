"""Setting the score to zero gives the M-step's equation with w moving: a fixed-point equation, not a closed form."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    if parameter.m_step is None:
        return ()
    multiplier = parameter.multiplier(em.moving) if parameter.multiplier is not None else None
    reason = f"where the score vanishes, solved for {{{name}}}"
    if parameter.constraint is not None:
        reason = f"where the gradient of the Lagrangian vanishes, solved for {{{name}}}"
    claim = Claim(
        label=f"fixed-point-{name}",
        lhs=m_step.score(em, parameter),
        relation="implies",
        rhs=parameter.m_step(em.moving) - parameter.reference,
        multiplier=multiplier,
        reading="moving",
        assumptions=m_step.conditions(em, parameter, em.moving),
    )
    note = (
        f"{{w_moving}} on the right depends on {{{name}}}: this is a fixed-point equation, to be iterated. "
        "Only with {w} held is it a closed form: the M-step."
    )
    return (Step(reason=reason, claim=claim, note=note),)


IDENTITY = Identity(
    name="fixed-point",
    title="The stationary point of the log-likelihood",
    source="Bishop (2006), equation (9.17); Deisenroth, Faisal and Ong (2020), theorem 11.1",
    steps=steps,
    applies=lambda em, parameter: parameter.unique,
)
