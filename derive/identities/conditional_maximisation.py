"""One parameter at a time: maximising Q in one, the others where they are, never lowers the log-likelihood either (ECM)."""

from __future__ import annotations

from derive.claims import Assumption, Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Formula, Named, Substitute
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    if parameter.m_step is None:
        return ()
    best = em.solutions[name](*parameter.indices)

    def at_best(body: Formula) -> Formula:
        return Substitute(body, parameter.symbol, parameter.indices, best)

    rise = at_best(em.l()) - Named(em.l, (), "current")
    rise_of_q = at_best(em.q()) - Named(em.q, (), "current")
    gap = at_best(em.gap())
    known = m_step.conditions(em, parameter, em.held)
    if parameter.symbol.domain == "positive" and parameter.symbol.shape == ():
        # At the border of the domain, as where nothing was counted, the log-likelihood has no value.
        known += (Assumption(text=f"the maximiser of {{{name}}} is positive", definite=best),)
    equality = Claim(label=f"conditional-ascent-{name}", lhs=rise, rhs=rise_of_q + gap, reading="held", assumptions=known)
    bound = Claim(
        label=f"conditional-ascent-bound-{name}",
        lhs=rise_of_q,
        relation="<=",
        rhs=rise,
        gap=gap,
        reading="held",
        assumptions=known,
    )
    wrong = Claim(
        label=f"conditional-ascent-alike-{name}",
        lhs=rise,
        rhs=rise_of_q,
        reading="held",
        expected="refuted",
        residual=gap,
        assumptions=known,
    )
    return (
        Step(
            reason=f"with the maximiser put for {{{name}}} alone: the ascent of {{l_value}} is that of {{Q}}, and a divergence",
            claim=equality,
        ),
        Step(reason="which is never negative: the step raises {l_value} by at least as much as {Q}", claim=bound),
        Step(
            reason=f"and it raises {{Q}}, whatever {{{name}}} was before and wherever the others stand",
            claim=m_step.largest(em, parameter),
        ),
        Step(reason="tempting, and false: it raises the one by as much as the other", claim=wrong),
    )


IDENTITY = Identity(
    name="conditional-maximisation",
    title="Maximising Q in one parameter at a time",
    source="Meng and Rubin (1993), Maximum likelihood estimation via the ECM algorithm, Biometrika 80, 267-278",
    steps=steps,
    applies=lambda em, parameter: parameter.m_step is not None,
)
