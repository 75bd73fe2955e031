"""The envelope: with -w log w in the expression, the terms in dw cancel at the posterior although dw is not zero."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Divide, Formula, Log, Sum, multiply
from derive.identities import Identity
from derive.models import Parameter


def bound(em: Algorithm) -> Formula:
    """``sum_i sum_j w_ij log(p_ij / w_ij)`` with w moving."""
    i, j = em.model.datum, em.model.latent
    return Sum(i, Sum(j, multiply(em.moving(i, j), Log(Divide(em.model.joint(i, j), em.moving(i, j))))))


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model, by, name = em.model, parameter.reference, parameter.symbol.name
    i, j, l = model.datum, model.latent, model.other
    ratio = Log(Divide(model.joint(i, j), em.moving(i, j)))
    value = Claim(
        label=f"envelope-value-{name}",
        lhs=Sum(j, multiply(em.moving(i, j), ratio)),
        rhs=Log(Sum(l, model.joint(i, l))),
        reading="moving",
    )
    gradient = Claim(
        label=f"envelope-gradient-{name}", lhs=Derivative(bound(em), by), rhs=Derivative(em.l(), by), reading="moving"
    )
    slope = Derivative(em.moving(i, j), by)
    cancels = Claim(label=f"envelope-{name}", lhs=Sum(j, multiply(slope, ratio) - slope), reading="moving")
    return (
        Step(reason="{p} / {w_moving} is the same for every {j}: the posterior's denominator", claim=value),
        Step(reason="so the gradient of line (1), with {w_moving} moving, is that of {l_value}", claim=gradient),
        Step(
            reason="the terms in the derivative of {w_moving} cancel: a common factor times slopes that sum to zero",
            claim=cancels,
        ),
    )


IDENTITY = Identity(
    name="envelope",
    title="The envelope: moving responsibilities cancel in the bound",
    source="Danskin (1967); Neal and Hinton (1998)",
    steps=steps,
)
