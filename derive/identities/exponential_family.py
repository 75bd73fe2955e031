"""The M-step of a component of an exponential family: the weighted mean of each statistic is its mean under the component."""

from __future__ import annotations

from derive.claims import Assumption, Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.expectation_maximisation.sufficient_statistics import (
    Share,
    convention_of,
    expected,
    is_common,
    is_minimal,
    linked,
    mass,
    mean_at_m_step,
    through_natural,
)
from derive.formula import ONE, Derivative, Divide, Formula, SizeNumber, Sum, at_time, mentions, multiply
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    found = linked(em, parameter)
    if not found or not is_minimal(em, found) or not all(is_common(em, share) for share in found):
        return ()
    told: list[Step] = []
    for share in found:
        count = mass(em, share, em.held)
        best = mean_at_m_step(em, found, share.term.mean)
        if count is None:
            return ()
        if best is None:
            return _without_closed_form(em, parameter, found)
        known = tuple(a for p in em.model.parameters if p.m_step is not None for a in m_step.conditions(em, p, em.held))
        told += _at_m_step(em, share, count, best, known)
    return tuple(told)


def _at_m_step(em: Algorithm, share: Share, count: Formula, best: Formula, known: tuple[Assumption, ...]) -> tuple[Step, Step]:
    seen = Divide(expected(em, share, share.term.statistic, em.held), count)
    claim = Claim(label=f"moment-{share.name}", lhs=seen, rhs=best, reading="held", assumptions=known)
    if share.parameter.own:
        reason = "the weighted mean of the sufficient statistic is, at the M-step, its mean under component {s}"
        wrong, tempting = _unweighted(em, share), best
        why_wrong = "tempting, and false: the mean of the sufficient statistic without the weights"
        left = wrong - seen
    else:
        reason = "the mean of the sufficient statistic over the posterior is, at the M-step, its mean under the model"
        wrong, tempting = seen, at_time(share.term.mean, "current")
        why_wrong = "tempting, and false: its mean under the model at {theta_t}, which is where the posterior is taken"
        left = best - tempting
    control = Claim(
        label=f"moment-wrong-{share.name}",
        lhs=wrong,
        rhs=tempting,
        reading="held",
        expected="refuted",
        residual=left,
        assumptions=known,
    )
    return Step(reason=reason, claim=claim), Step(reason=why_wrong, claim=control)


def _unweighted(em: Algorithm, share: Share) -> Formula:
    """The mean of a statistic over all data."""
    body = share.term.statistic
    letters = (em.model.datum, *share.letters)
    for letter in reversed(letters):
        body = Sum(letter, body)
    return Divide(body, multiply(*(SizeNumber(letter.range.upper) for letter in letters)))


def _without_closed_form(em: Algorithm, parameter: Parameter, found: tuple[Share, ...]) -> tuple[Step, ...]:
    """What the M-step solves where it has no closed form: the same equation, of the gradient of Q."""
    own = [share for share in found if mentions(share.term.natural, parameter.symbol)]
    name, gradient = parameter.symbol.name, Derivative(em.q(), parameter.reference, convention_of(parameter))
    if len(found) == 1 and found[0].term.natural == parameter.reference:
        share, count = found[0], mass(em, found[0], em.held)
        if count is None:
            return ()
        seen = Divide(expected(em, share, share.term.statistic, em.held), count)
        where = Claim(
            label=f"moment-{share.name}",
            lhs=gradient,
            relation="implies",
            rhs=seen - share.term.mean,
            multiplier=Divide(ONE, count),
            reading="held",
        )
        reason = (
            "where the gradient of {Q} vanishes, the weighted mean of the sufficient statistic is its mean under component {s}"
        )
        if not parameter.own:
            reason = "where the gradient of {Q} vanishes, the mean of the sufficient statistic is its mean under the model"
        return (Step(reason=reason, claim=where), _gradient_control(em, share, gradient, seen, count))
    chained = Claim(
        label=f"moment-gradient-{name}",
        lhs=gradient,
        rhs=through_natural(em, own, em.held),
        reading="held",
    )
    reason = "through the natural parameters: it vanishes where the weighted means of the sufficient statistics are their means"
    return (Step(reason=reason, claim=chained),)


def _gradient_control(em: Algorithm, share: Share, gradient: Formula, seen: Formula, count: Formula) -> Step:
    mean = share.term.mean
    if share.parameter.own:
        reason, wrong = (
            "tempting, and false: the same with the mean of all data, without the weights",
            _unweighted(em, share) - mean,
        )
    else:
        reason, wrong = "tempting, and false: the same with the mean at {theta_t}", seen - at_time(mean, "current")
    claim = Claim(
        label=f"moment-wrong-{share.name}",
        lhs=gradient,
        rhs=multiply(count, wrong),
        reading="held",
        expected="refuted",
        residual=multiply(count, seen - mean - wrong),
    )
    return Step(reason=reason, claim=claim)


def applies(em: Algorithm, parameter: Parameter) -> bool:
    return bool(steps(em, parameter))


IDENTITY = Identity(
    name="exponential-family",
    title="The M-step of exponential families",
    source="Redner and Walker (1984), Mixture densities, maximum likelihood and the EM algorithm, SIAM Review 26, section 5",
    steps=steps,
    applies=applies,
)
