"""The second-order condition of the M-step in the means and the weights: the Hessian of Q is negative definite."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Delta, Derivative, Divide, Formula, Inverse, Number, Power, Reference, Sum, multiply, negate
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model = em.model
    if model.gaussian is None:
        return _of_slope(em, parameter)
    i, l, s = model.datum, model.other, model.fresh
    symbol = parameter.symbol
    by, other = parameter.reference, replace(parameter.reference, indices=(l,))
    mass = Sum(i, em.held(i, s))
    curvature: Formula
    reason = "the Hessian of {Q}: negative definite, block by block"
    if symbol.domain == "simplex":
        curvature = Divide(mass, Power(Reference(symbol, (s,)), Number(Fraction(2))))
        reason = "the Hessian of {Q}: diagonal, its entries negative"
    else:
        curvature = multiply(mass, Inverse(model.gaussian.covariance(s)))
    claim = Claim(
        label=f"hessian-{symbol.name}",
        lhs=Derivative(Derivative(em.q(), by), other),
        rhs=negate(multiply(Delta(s, l), curvature)),
        reading="held",
    )
    return (Step(reason=reason, claim=claim),)


def _of_slope(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    """The second derivative of Q by the parameter and another member of its family, where the first is in closed form."""
    if parameter.curvature is None:
        return ()
    claim = Claim(
        label=f"hessian-{parameter.symbol.name}",
        lhs=Derivative(Derivative(em.q(), parameter.reference), parameter.along),
        rhs=parameter.curvature(em.held),
        reading="held",
    )
    return (Step(reason="the Hessian of {Q}, the weights {w} held", claim=claim),)


IDENTITY = Identity(
    name="second-order",
    title="The second-order condition",
    source="McLachlan and Peel (2000), Finite Mixture Models, chapter 3",
    steps=steps,
    applies=lambda em, parameter: em.model.gaussian is None or parameter.symbol.name in ("mu", "phi"),
)
