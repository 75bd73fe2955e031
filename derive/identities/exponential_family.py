"""The M-step of a component of an exponential family: the weighted mean of each statistic is its mean under the component."""

from __future__ import annotations

from derive.claims import Assumption, Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.expectation_maximisation.sufficient_statistics import (
    Share,
    convention_of,
    equation,
    expected,
    is_common,
    is_minimal,
    linked,
    mass,
    mean_at_m_step,
    shares,
    through_natural,
)
from derive.formula import ONE, AtEqual, Derivative, Divide, Formula, SizeNumber, Sum, at_time, multiply
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    found = linked(em, parameter)
    if not found or not is_minimal(em, found) or not all(is_common(em, share) for share in found):
        return ()
    counts = [mass(em, share, em.held) for share in found]
    updates = [mean_at_m_step(em, found, share.term.mean) for share in found]
    if None in updates:
        return _without_closed_form(em, parameter)
    known = tuple(a for p in em.model.parameters if p.m_step is not None for a in m_step.conditions(em, p, em.held))
    told: list[Step] = []
    for share, count, best in zip(found, counts, updates, strict=True):
        if count is not None and best is not None:
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


def _without_closed_form(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    """What the M-step solves where it has no closed form: the same equation, of the gradient of Q."""
    own, name = shares(em, parameter), parameter.symbol.name
    gradient = Derivative(em.q(), parameter.reference, convention_of(parameter))
    solved = equation(em, own, em.held)
    if solved is None:
        reason = "through the natural parameters: it vanishes where the means of the sufficient statistics are those of the model"
        right = through_natural(em, own, em.held)
        if not isinstance(right, AtEqual):
            return (Step(reason=reason, claim=Claim(label=f"moment-equation-{name}", lhs=gradient, rhs=right, reading="held")),)
        # Theta_t := theta reaches the held weights as well: it is the equation of a fixed point.
        there = Claim(label=f"moment-equation-{name}", lhs=AtEqual(gradient), rhs=right, reading="equal")
        return (Step(reason=reason, claim=there),)

    count = mass(em, own[0], em.held) or ONE

    def seen(share: Share) -> Formula:
        total = expected(em, share, share.term.statistic, em.held)
        return Divide(total, count) if solved.averaged else total

    def of_all(share: Share) -> Formula:
        mean = _unweighted(em, share)
        return mean if solved.averaged else multiply(count, mean)

    left = solved.left(seen, solved.mean)
    where = Claim(
        label=f"moment-equation-{name}",
        lhs=gradient,
        relation="implies",
        rhs=left,
        multiplier=Divide(ONE, solved.factor),
        reading="held",
    )
    of = "the weighted mean of the sufficient statistics is their mean under component {s}"
    if not solved.averaged:
        of = "so does this sum of weighted sufficient statistics"
    elif not parameter.own:
        of = "the mean of the sufficient statistics over the posterior is their mean under the model"
    step = Step(reason="where the gradient of {Q} vanishes, " + of, claim=where)
    if parameter.own:
        why_wrong, wrong = "tempting, and false: the same of all data, without the weights", solved.left(of_all, solved.mean)
    elif solved.mean is not None:
        at_current = solved.left(seen, at_time(solved.mean, "current"))
        why_wrong, wrong = "tempting, and false: the same with the mean at {theta_t}", at_current
    else:
        return (step,)
    tempting = multiply(solved.factor, wrong)
    control = Claim(
        label=f"moment-wrong-{name}",
        lhs=gradient,
        rhs=tempting,
        reading="held",
        expected="refuted",
        residual=multiply(solved.factor, left) - tempting,
    )
    return step, Step(reason=why_wrong, claim=control)


def applies(em: Algorithm, parameter: Parameter) -> bool:
    return bool(steps(em, parameter))


IDENTITY = Identity(
    name="exponential-family",
    title="The M-step of exponential families",
    source="Redner and Walker (1984), Mixture densities, maximum likelihood and the EM algorithm, SIAM Review 26, section 5",
    steps=steps,
    applies=applies,
)
