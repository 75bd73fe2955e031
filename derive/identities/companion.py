"""The companion of Q, H(theta; theta_t) = E log p(z | x; theta): largest at theta_t, where its gradient vanishes."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import AtEqual, Derivative, Named
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    largest = Claim(
        label="companion-largest",
        lhs=em.h(),
        relation="<=",
        rhs=Named(em.h, (), "current"),
        gap=em.gap(),
        reading="held",
    )
    flat = Claim(label=f"companion-flat-{name}", lhs=AtEqual(Derivative(em.h(), parameter.reference)), reading="equal")
    return (
        Step(reason="the difference is a Kullback-Leibler divergence, which is never negative", claim=largest),
        Step(reason="so its gradient vanishes there: what Q and the log-likelihood differ by is flat", claim=flat),
    )


IDENTITY = Identity(
    name="companion",
    title="The companion of Q is largest at theta_t",
    source="Dempster, Laird and Rubin (1977), lemmas 1 and 2",
    steps=steps,
)
