"""The information from the scores of single data: an approximation for many data, and no identity.

The scores of the data sum to the score. Where the model is true, the sum of their squares has the mean of the observed
information; at any data in hand the two differ.
"""

from __future__ import annotations

from fractions import Fraction

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Divide, Log, Number, Power, Sum, negate
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name, by, i, l = parameter.symbol.name, parameter.reference, em.model.datum, em.model.other
    marginal = Sum(l, em.model.joint(i, l))
    own = Derivative(Log(marginal), by)
    squares = Sum(i, Power(own, Number(Fraction(2))))
    left = negate(Sum(i, Divide(Derivative(Derivative(marginal, by), by), marginal)))
    information = negate(Derivative(Derivative(em.l(), by), by))
    claims = (
        ("the score is the sum of the scores of the data", "scores", Sum(i, own), Derivative(em.l(), by)),
        ("the sum of their squares is not the observed information: this is left", "squared-scores", information, squares + left),
    )
    told = [
        Step(reason=reason, claim=Claim(label=f"{label}-{name}", lhs=lhs, rhs=rhs, reading="moving"))
        for reason, label, lhs, rhs in claims
    ]
    alone = Claim(
        label=f"squared-scores-alone-{name}", lhs=information, rhs=squares, reading="moving", expected="refuted", residual=left
    )
    # A chance of ones and zeros is in their probability itself: that has no second derivative, and nothing is left.
    if em.model.observation.symbol.domain != "bool":
        told.append(Step(reason="tempting, and false: nothing is left; it is little, on the average, for many data", claim=alone))
    return tuple(told)


IDENTITY = Identity(
    name="meilijson",
    title="The information from squared scores, an approximation",
    source="Meilijson (1989), A fast improvement to the EM algorithm on its own terms, JRSS B 51, 127-138",
    steps=steps,
    applies=lambda em, parameter: parameter.symbol.shape == () and parameter.symbol.domain != "simplex",
)
