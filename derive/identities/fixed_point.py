"""Setting the score to zero gives the M-step's equation with w moving: a fixed-point equation, not a closed form."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Derivative, Divide, Sum, multiply
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model = em.model
    i, s = model.datum, model.fresh
    claim = Claim(
        label="fixed-point-mu",
        lhs=Derivative(em.l(), parameter.reference),
        relation="implies",
        rhs=parameter.m_step(em.moving) - parameter.reference,
        multiplier=multiply(Divide(ONE, Sum(i, em.moving(i, s))), model.covariance(s)),
        reading="moving",
    )
    note = (
        "{w_moving} on the right depends on {mu}: this is a fixed-point equation, to be iterated. "
        "Only with {w} held is it a closed form: the M-step."
    )
    return (Step(reason="multiplied by the covariance, divided by the sum of the component's weights", claim=claim, note=note),)


IDENTITY = Identity(
    name="fixed-point",
    title="The stationary point of the log-likelihood",
    source="Bishop (2006), equation (9.17); Deisenroth, Faisal and Ong (2020), theorem 11.1",
    steps=steps,
    applies=lambda em, parameter: parameter.symbol.name == "mu",
)
