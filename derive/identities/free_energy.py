"""The free energy of any distribution over the latents: a lower bound of the log-likelihood, and by how much."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Divide, Formula, Log, Named, Reference, Sum, multiply, negate
from derive.identities import Identity
from derive.models import Parameter
from derive.symbols import IndexLike, Symbol


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model = em.model
    i, j = model.datum, model.latent
    any_of = Symbol("q", "frozen", (i.range, j.range), (), "simplex")

    def q(at: IndexLike, value: IndexLike) -> Formula:
        return Reference(any_of, (at, value))

    def over_all(body: Formula) -> Formula:
        return Sum(i, Sum(j, body))

    def energy(weights: Formula) -> Formula:
        return over_all(multiply(weights, Log(Divide(model.joint(i, j), weights))))

    free = energy(q(i, j))
    split = over_all(multiply(q(i, j), Log(model.joint(i, j)))) - over_all(multiply(q(i, j), Log(q(i, j))))
    divergence = over_all(multiply(q(i, j), Log(Divide(q(i, j), em.moving(i, j)))))
    wrong_way = over_all(multiply(em.moving(i, j), Log(Divide(em.moving(i, j), q(i, j)))))
    entropy = Named(em.entropy, (), "current")
    return (
        Step(
            reason="an expected log joint density and an entropy, for any distribution q over the latents",
            claim=Claim(label="free-energy-split", lhs=free, rhs=split),
        ),
        Step(
            reason="what it lacks of {l_value} is the divergence from the posterior, in this direction",
            claim=Claim(label="free-energy-gap", lhs=em.l() - free, rhs=divergence, reading="moving"),
        ),
        Step(
            reason="so it is a lower bound, whatever q",
            claim=Claim(label="free-energy-bound", lhs=free, relation="<=", rhs=em.l(), gap=divergence, reading="moving"),
        ),
        Step(
            reason="at the posterior of {theta_t} it is {Q} and the entropy of {w}",
            claim=Claim(label="free-energy-at-w", lhs=energy(em.held(i, j)), rhs=em.q() + entropy, reading="held"),
        ),
        Step(
            reason="tempting, and false: the divergence in the other direction",
            claim=Claim(
                label="free-energy-wrong-direction",
                lhs=em.l() - free,
                rhs=wrong_way,
                reading="moving",
                expected="refuted",
                residual=divergence + negate(wrong_way),
            ),
        ),
    )


IDENTITY = Identity(
    name="free-energy",
    title="The free energy and its gap",
    source="Neal and Hinton (1998), lemmas 1 and 2; Bishop (2006), equations (9.70) to (9.72)",
    steps=steps,
    per_parameter=False,
)
