"""Why the log-likelihood never falls: its rise is that of Q, and a divergence on top."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Named
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    rise = em.l() - Named(em.l, (), "current")
    rise_of_q = em.q() - Named(em.q, (), "current")
    equality = Claim(label="ascent", lhs=rise, rhs=rise_of_q + em.gap(), reading="held")
    bound = Claim(label="ascent-bound", lhs=rise_of_q, relation="<=", rhs=rise, gap=em.gap(), reading="held")
    return (
        Step(reason="{l_value} = {Q} less its companion, at {theta} and at {theta_t}", claim=equality),
        Step(reason="the divergence is never negative: {l_value} rises by at least as much as {Q}", claim=bound),
    )


IDENTITY = Identity(
    name="ascent",
    title="The ascent of the log-likelihood",
    source="Dempster, Laird and Rubin (1977), theorem 1",
    steps=steps,
    per_parameter=False,
)
