"""The first tempting wrong reason: "w does not depend on the parameters". It does, and by how much is stated."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Log, Sum, multiply
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    i, j, l = em.model.datum, em.model.latent, em.model.other
    by = parameter.reference

    slope = Derivative(em.moving(i, j), by)
    mean = Sum(l, multiply(em.moving(i, l), Derivative(Log(em.model.joint(i, l)), by)))
    wrong = Claim(
        label=f"w-does-not-move-{parameter.symbol.name}",
        lhs=slope,
        reading="moving",
        expected="refuted",
        residual=multiply(em.moving(i, j), Derivative(Log(em.model.joint(i, j)), by) - mean),
    )
    return (Step(reason='tempting, and false: "{w_moving} does not depend on the parameters"', claim=wrong),)


IDENTITY = Identity(
    name="weights-do-not-move",
    title="The responsibilities do move",
    source="Ng, CS229 lecture notes 8, page 7, as it is often read",
    steps=steps,
)
