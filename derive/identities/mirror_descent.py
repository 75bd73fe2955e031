"""EM as mirror descent: in the means of the sufficient statistics, a step is the gradient by the natural parameters, divided."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.expectation_maximisation.sufficient_statistics import (
    convention_of,
    is_common,
    is_minimal,
    linked,
    mass,
    mean_at_m_step,
    moved,
    shares,
)
from derive.formula import ONE, Derivative, Divide, Formula, SizeNumber, multiply, negate, rename
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    found, together = shares(em, parameter), linked(em, parameter)
    if not found or not is_minimal(em, together) or not all(is_common(em, share) for share in together):
        return ()
    updates = [best for share in found if (best := mean_at_m_step(em, together, share.term.mean)) is not None]
    count = mass(em, found[0], em.moving)
    if len(updates) < len(found) or count is None:
        return ()
    name = parameter.symbol.name
    known = tuple(a for p in em.model.parameters if p.m_step is not None for a in m_step.conditions(em, p, em.moving))
    way, score = moved(found, updates), Derivative(em.l(), parameter.reference, convention_of(parameter))
    reason = "through the natural parameters, the means of the sufficient statistics go by the gradient of {l_value}, divided by "
    reason += "the weights of component {s}" if parameter.own else "the number of data"
    if parameter.symbol.domain == "simplex":
        mapping = {parameter.indices[-1]: parameter.along.indices[-1]}
        way, score = way - rename(way, mapping), score - Derivative(em.l(), parameter.along)
        reason += f"; along the simplex: what {{{name}}} gains, {{{name}_other}} loses"
    right = multiply(Divide(ONE, count), score)
    wrong: Formula = multiply(Divide(ONE, SizeNumber(em.model.datum.range.upper)), score)
    tempting = "tempting, and false: divided by the number of all data"
    if not parameter.own:
        wrong, tempting = negate(right), "tempting, and false: a step against the gradient, as one that minimises"
    return (
        Step(
            reason=reason,
            claim=Claim(label=f"mirror-step-{name}", lhs=way, rhs=right, reading="equal", assumptions=known),
        ),
        Step(
            reason=tempting,
            claim=Claim(
                label=f"mirror-step-wrong-{name}",
                lhs=way,
                rhs=wrong,
                reading="equal",
                expected="refuted",
                residual=right - wrong,
                assumptions=known,
            ),
        ),
    )


def applies(em: Algorithm, parameter: Parameter) -> bool:
    return bool(steps(em, parameter))


IDENTITY = Identity(
    name="mirror-descent",
    title="EM as mirror descent",
    source="Kunstner, Kumar and Schmidt (2021), Homeomorphic-invariance of EM: non-asymptotic convergence in KL divergence for "
    "exponential families via mirror descent, AISTATS",
    steps=steps,
    applies=applies,
)
