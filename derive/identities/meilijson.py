"""The information from the scores of single data: an approximation for many data, and no identity.

The scores of the data sum to the score. Where the model is true, the sum of their squares has the mean of the observed
information; at any data in hand the two differ.
"""

from __future__ import annotations

from fractions import Fraction

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Formula, Log, Number, Power, Sum, negate
from derive.identities import Identity
from derive.models import Parameter


def score_of_datum(em: Algorithm, parameter: Parameter) -> Formula:
    """The derivative of the log-density of datum i, the latent summed out."""
    i, l = em.model.datum, em.model.other
    return Derivative(Log(Sum(l, em.model.joint(i, l))), parameter.reference)


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name, by, i = parameter.symbol.name, parameter.reference, em.model.datum
    own = score_of_datum(em, parameter)
    together = Claim(label=f"scores-{name}", lhs=Sum(i, own), rhs=Derivative(em.l(), by), reading="moving")
    squares = Claim(
        label=f"squared-scores-{name}",
        lhs=negate(Derivative(Derivative(em.l(), by), by)),
        rhs=Sum(i, Power(own, Number(Fraction(2)))),
        reading="moving",
        expected="refuted",
    )
    return (
        Step(reason="the score is the sum of the scores of the data", claim=together),
        Step(
            reason="tempting, and false: the sum of their squares is the observed information; it is close for many",
            claim=squares,
        ),
    )


IDENTITY = Identity(
    name="meilijson",
    title="The information from squared scores, an approximation",
    source="Meilijson (1989), A fast improvement to the EM algorithm on its own terms, JRSS B 51, 127-138",
    steps=steps,
    applies=lambda em, parameter: parameter.symbol.shape == () and parameter.symbol.domain != "simplex",
)
