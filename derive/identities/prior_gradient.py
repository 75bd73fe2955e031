"""EM for the mode of the posterior: Fisher's identity with the logarithm of a prior added to both sides, whatever the prior."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Apply, AtEqual, Derivative, Log, UnspecifiedFunction, negate
from derive.identities import Identity
from derive.identities.fisher_identity import regularity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    symbol, by = parameter.symbol, parameter.reference
    prior = UnspecifiedFunction(f"prior of {symbol.name}", symbol.family, "positive", (symbol.shape,))
    log_prior = Log(Apply(prior, parameter.indices, (by,)))
    right = Derivative(em.l() + log_prior, by)
    assumptions = (regularity(em),)
    return (
        Step(
            reason="the logarithm of a prior, any at all, belongs to both sides",
            claim=Claim(
                label=f"prior-{symbol.name}",
                lhs=AtEqual(Derivative(em.q() + log_prior, by)),
                rhs=right,
                reading="equal",
                assumptions=assumptions,
            ),
        ),
        Step(
            reason="tempting, and false: the M-step of maximum likelihood climbs the posterior",
            claim=Claim(
                label=f"prior-left-out-{symbol.name}",
                lhs=AtEqual(Derivative(em.q(), by)),
                rhs=right,
                reading="equal",
                expected="refuted",
                residual=negate(Derivative(log_prior, by)),
                assumptions=assumptions,
            ),
        ),
    )


IDENTITY = Identity(
    name="prior-gradient",
    title="EM for the mode of the posterior",
    source="Dempster, Laird and Rubin (1977), section 1; Green (1990), On use of the EM algorithm for penalized likelihood "
    "estimation, JRSS B 52, 443-452",
    steps=steps,
    applies=lambda em, parameter: len(parameter.symbol.shape) < 2,
)
