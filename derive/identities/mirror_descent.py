"""EM as mirror descent: in the means of the sufficient statistics, a step is the gradient by the natural parameters, divided."""

from __future__ import annotations

from collections.abc import Sequence

from derive.claims import Assumption, Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.expectation_maximisation.sufficient_statistics import (
    Share,
    convention_of,
    is_common,
    is_minimal,
    linked,
    mass,
    mean_at_m_step,
    moved,
    shares,
)
from derive.formula import ONE, Derivative, Divide, Formula, Reference, SizeNumber, multiply, negate, rename
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
    wrong: Formula = multiply(Divide(ONE, _of_all(em, found[0])), score)
    tempting = "tempting, and false: divided by the number of all data"
    if not parameter.own:
        wrong, tempting = negate(right), "tempting, and false: a step against the gradient, as one that minimises"
    return (
        *_of_complete_data(em, parameter, found, updates, score, known),
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


def _of_all(em: Algorithm, share: Share) -> Formula:
    """How many values of a statistic there are in all."""
    return multiply(*(SizeNumber(letter.range.upper) for letter in (em.model.datum, *share.letters)))


def _of_complete_data(
    em: Algorithm,
    parameter: Parameter,
    found: Sequence[Share],
    updates: Sequence[Formula],
    score: Formula,
    known: tuple[Assumption, ...],
) -> tuple[Step, ...]:
    """The same of data and components together, where the weights are estimated: divided by the number of data, a step of one."""
    weight = em.model.weight(em.model.fresh) if em.model.weight is not None and parameter.own else None
    if not isinstance(weight, Reference) or parameter.symbol.domain == "simplex":
        return ()
    estimated = any(p.symbol == weight.symbol and p.m_step is not None for p in em.model.parameters)
    alone = len({share.name.rpartition("-")[0] for share in found}) == 1
    if not estimated or not alone:
        return ()
    updated = em.solutions[weight.symbol.name](*weight.indices)
    right = multiply(Divide(ONE, _of_all(em, found[0])), score)
    return (
        Step(
            reason="through the natural parameters of data and components together: the means of their statistics go by the "
            "gradient of {l_value}, divided by the number of data",
            claim=Claim(
                label=f"mirror-complete-{parameter.symbol.name}",
                lhs=moved(found, updates, (weight, updated)),
                rhs=right,
                reading="equal",
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
