"""Responsibilities sum to one, so their derivatives sum to zero."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Derivative, Sum
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    i, j = em.model.datum, em.model.latent
    name = parameter.symbol.name
    total = Claim(label=f"sum-w-{name}", lhs=Sum(j, em.moving(i, j)), rhs=ONE, reading="moving")
    slopes = Claim(label=f"sum-dw-{name}", lhs=Sum(j, Derivative(em.moving(i, j), parameter.reference)), reading="moving")
    return (
        Step(reason="numerator and denominator of Bayes' rule sum to the same", claim=total),
        Step(reason="the derivative of a constant", claim=slopes),
    )


IDENTITY = Identity(
    name="posterior-normalisation",
    title="Responsibilities sum to one",
    source="Bayes' rule",
    steps=steps,
)
