"""Where EM stands still the score vanishes: the fixed points of its map are stationary points of the log-likelihood."""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Divide, Formula, Inverse
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    if parameter.m_step is None or parameter.multiplier is None:
        return ()
    before = parameter.multiplier(em.moving)
    back: Formula = Divide(ONE, before) if before.shape == () else Inverse(before)
    claim = Claim(
        label=f"self-consistent-{name}",
        lhs=parameter.m_step(em.moving) - parameter.reference,
        relation="implies",
        rhs=m_step.score(em, parameter),
        multiplier=back,
        reading="moving",
        assumptions=m_step.conditions(em, parameter, em.moving),
    )
    held = replace(
        claim,
        label=f"self-consistent-held-{name}",
        lhs=parameter.m_step(em.held) - parameter.reference,
        reading="held",
        multiplier=None,
        expected="refuted",
    )
    return (
        Step(reason=f"where the M-step leaves {{{name}}} as it is, the score vanishes: {{l_value}} is stationary", claim=claim),
        Step(
            reason="tempting, and false: the same with the weights of any other {theta_t}, before EM has come to a rest",
            claim=held,
        ),
    )


IDENTITY = Identity(
    name="self-consistency",
    title="Fixed points of EM are stationary points",
    source="Dempster, Laird and Rubin (1977), section 3; Balakrishnan, Wainwright and Yu (2017), Annals of Statistics 45, 77-120",
    steps=steps,
    applies=lambda em, parameter: parameter.m_step is not None and parameter.multiplier is not None,
)
