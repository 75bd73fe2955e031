"""The tempting wrong reason: the terms in dw do not cancel in Q alone, they leave -d Ent(w)."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Log, Sum, multiply, negate
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model, by, name = em.model, parameter.reference, parameter.symbol.name
    i, j = model.datum, model.latent
    terms = Sum(i, Sum(j, multiply(Derivative(em.moving(i, j), by), Log(model.joint(i, j)))))
    left_over = negate(Derivative(em.entropy(), by))
    wrong = Claim(label=f"cancel-in-q-{name}", lhs=terms, reading="moving", expected="refuted", residual=left_over)
    right = Claim(label=f"entropy-{name}", lhs=terms, rhs=left_over, reading="moving")
    return (
        Step(reason='tempting, and false: "the terms in the derivative of {w_letter} cancel in {Q_letter}"', claim=wrong),
        Step(reason="what they leave is the slope of the entropy, for lack of the term {minus_w_log_w}", claim=right),
    )


IDENTITY = Identity(
    name="entropy-left-out",
    title="The terms in dw do not cancel in Q",
    source="follows from the free-energy form of EM; Neal and Hinton (1998)",
    steps=steps,
)
