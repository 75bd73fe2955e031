"""Variational EM: the gradient of the free energy with any distribution over the latents held."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Divide, Formula, Log, Reference, Sum, multiply, negate
from derive.identities import Identity
from derive.models import Parameter
from derive.symbols import Symbol


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model, name, by = em.model, parameter.symbol.name, parameter.reference
    i, j = model.datum, model.latent
    q = Reference(Symbol("q", "frozen", (i.range, j.range), (), "simplex"), (i, j))

    def over_all(body: Formula) -> Formula:
        return Sum(i, Sum(j, body))

    slope = Derivative(over_all(multiply(q, Log(Divide(model.joint(i, j), q)))), by)
    expected = over_all(multiply(q, Derivative(Log(model.joint(i, j)), by)))
    divergence = over_all(multiply(q, Log(Divide(q, em.moving(i, j)))))
    return (
        Step(
            reason="the entropy of q is free of {theta}: what is left is the complete-data score, averaged over q",
            claim=Claim(label=f"variational-gradient-{name}", lhs=slope, rhs=expected),
        ),
        Step(
            reason="what it lacks of the gradient of {l_value} is the gradient of the divergence, which q does not follow",
            claim=Claim(
                label=f"variational-gap-{name}",
                lhs=Derivative(em.l(), by) - slope,
                rhs=Derivative(divergence, by),
                reading="moving",
            ),
        ),
        Step(
            reason="tempting, and false: the gradient of {l_value}, whatever q",
            claim=Claim(
                label=f"variational-is-exact-{name}",
                lhs=slope,
                rhs=Derivative(em.l(), by),
                reading="moving",
                expected="refuted",
                residual=negate(Derivative(divergence, by)),
            ),
        ),
    )


IDENTITY = Identity(
    name="variational-gradient",
    title="The gradient of the free energy",
    source="Jordan, Ghahramani, Jaakkola and Saul (1999), Machine Learning 37, 183-233; Neal and Hinton (1998)",
    steps=steps,
)
