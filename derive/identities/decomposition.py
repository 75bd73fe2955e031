"""l = Q - H, and the bound Q + Ent(w_t) <= l that touches l at theta_t; the gap is KL(w_t || w)."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import AtEqual, Named
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    entropy = Named(em.entropy, (), "current")
    split = Claim(label="l-is-q-minus-h", lhs=em.l(), rhs=em.q() - em.h(), reading="held")
    gap = Claim(label="gap-is-kl", lhs=em.l() - (em.q() + entropy), rhs=em.gap(), reading="held")
    bound = Claim(
        label="lower-bound",
        lhs=em.q() + entropy,
        relation="<=",
        rhs=em.l(),
        gap=em.gap(),
        reading="held",
    )
    larger = Claim(
        label="q-alone",
        lhs=em.q(),
        relation="<=",
        rhs=em.l(),
        gap=em.gap() + entropy,
        reading="held",
    )
    touches = Claim(label="bound-touches", lhs=AtEqual(em.q() + entropy), rhs=em.l(), reading="equal")
    alone = "{Q} alone is a lower bound too, the entropy of finitely many chances being nonnegative; it does not touch {l_value}"
    discrete = () if em.model.latent.range.abstract else (Step(reason=alone, claim=larger),)
    return (
        Step(reason="log {p} = log {w_moving} + the log of the marginal; the weights sum to one", claim=split),
        Step(reason="by their definitions, for every {theta} and {theta_t}", claim=gap),
        Step(reason="a Kullback-Leibler divergence is never negative (Gibbs)", claim=bound),
        Step(reason="at {theta_t} = {theta} the two distributions are the same", claim=touches),
        *discrete,
    )


IDENTITY = Identity(
    name="decomposition",
    title="The log-likelihood, Q, and the bound between them",
    source="Dempster, Laird and Rubin (1977), equation (3.2); Bishop (2006), equations (9.70) to (9.72)",
    steps=steps,
    per_parameter=False,
)
