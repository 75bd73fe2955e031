"""The score, the gradient of the observed-data log-likelihood, row by row: the same shape as that of Q, with w moving."""

from __future__ import annotations

from derive.claims import Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Divide, Sum
from derive.identities import Identity, chain
from derive.identities.q_gradient import weighted_slopes
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model, by = em.model, parameter.reference
    i, l = model.datum, model.other
    marginal = Sum(l, model.joint(i, l))
    rows = [
        (Derivative(em.l(), by), ""),
        (Sum(i, Divide(Derivative(marginal, by), marginal)), "the derivative of a logarithm"),
        (
            weighted_slopes(model, parameter, em.moving),
            "the derivative of {p} is {p} times that of its logarithm, and {p} over the sum is {w_moving}",
        ),
        *([(parameter.slope(em.moving), "the derivative of the joint log-density")] if parameter.slope is not None else []),
    ]
    return chain(f"score-{parameter.symbol.name}", rows, reading="moving")


IDENTITY = Identity(
    name="score",
    title="The gradient of the log-likelihood",
    source="Bishop (2006), equation (9.16)",
    steps=steps,
)
