"""Identities, of latent-variable models and of no model, one a file: each module of this folder holds one ``IDENTITY``.

This file holds the record that such a module fills in, and finds the modules.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from derive.claims import Claim, Reading, Step, maximises, solves
from derive.errors import UnknownNameError
from derive.expectation_maximisation import m_step, penalised
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Formula, Substitute, at_time, mentions
from derive.models import Parameter


def _nothing(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A statement that holds for a model, in steps; those expected to be refuted are its falsifying controls.

    ``steps(em, parameter)`` states it for one parameter. Where ``per_parameter`` is False it is the same for all and the
    parameter is ignored. An identity of no model is a ``note`` instead, in Markdown: declarations, and displays of which each row
    is a claim; its controls stand below the hint ``expect refuted``. ``source`` names author, year and place.
    """

    name: str
    title: str
    source: str
    steps: Callable[[Algorithm, Parameter], tuple[Step, ...]] = _nothing
    note: str = ""
    per_parameter: bool = True
    applies: Callable[[Algorithm, Parameter], bool] = lambda em, parameter: True

    @property
    def is_of_models(self) -> bool:
        """Whether it is about models: one of no model is stated, and judged, once."""
        return not self.note


def chain(label: str, rows: Sequence[tuple[Formula, str]], *, reading: Reading) -> tuple[Step, ...]:
    """Rows of a derivation, each equal to the row before: the first row's reason introduces the chain."""
    steps: list[Step] = []
    for number, ((before, _), (row, reason)) in enumerate(itertools.pairwise(rows), start=1):
        claim = Claim(label=f"{label}-{number}", lhs=before, rhs=row, reading=reading)
        steps.append(Step(reason=reason, claim=claim, continues=number > 1))
    return tuple(steps)


def of_prior(prior: str, source: str, log_density: Callable[[Parameter], Formula], fits: Callable[[Parameter], bool]) -> Identity:
    """The M-step with a prior of this name, where it has a closed form: ``log_density`` is that of one member of a parameter."""

    def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
        log_prior = penalised.of_all(log_density(parameter), parameter)
        return map_steps(em, parameter, prior, log_prior, penalised.penalised(em, parameter, log_prior))

    return Identity(
        name=f"{prior}-prior",
        title=f"The M-step with {'an' if prior[0] in 'aeiou' else 'a'} {prior.replace('-', ' ')} prior",
        source=source,
        steps=steps,
        applies=lambda em, parameter: fits(parameter) and bool(steps(em, parameter)),
    )


def of_prior_of_two(
    prior: str, source: str, of_mean: Callable[[Parameter, Parameter], Formula], of_spread: Callable[[Parameter], Formula]
) -> Identity:
    """The M-step with a prior of a mean and of what tells its spread, together: each step, and both as the joint maximum.

    ``of_mean`` is the log density of a mean given the spread, ``of_spread`` that of the spread, of one member each. It is stated
    where the mean's step is free of the spread.
    """

    def log_density(mean: Parameter, spread: Parameter) -> Formula:
        return penalised.of_all(of_mean(mean, spread) + of_spread(spread), mean)

    def partner(em: Algorithm, mean: Parameter) -> Parameter | None:
        if mean.symbol.domain != "real" or len(mean.symbol.shape) > 1:
            return None
        kind = ("spd", 2 * mean.symbol.shape) if mean.symbol.shape else ("positive", ())
        for spread in em.model.parameters:
            if spread.indices == mean.indices and (spread.symbol.domain, spread.symbol.shape) == kind:
                log_prior = log_density(mean, spread)
                best = penalised.penalised(em, mean, log_prior)
                own = penalised.penalised(em, spread, log_prior)
                if best is not None and own is not None and not mentions(best, spread.symbol):
                    return spread
        return None

    def steps(em: Algorithm, mean: Parameter) -> tuple[Step, ...]:
        spread = partner(em, mean)
        if spread is None:
            return ()
        log_prior = log_density(mean, spread)
        best, own = (penalised.penalised(em, parameter, log_prior) for parameter in (mean, spread))
        lacking = penalised.penalised(em, spread, penalised.of_all(of_spread(spread), mean))
        if best is None or own is None:
            return ()
        return (
            *map_steps(em, mean, prior, log_prior, best),
            *map_steps(em, spread, prior, log_prior, own),
            *(_without_mean(em, prior, mean, spread, log_prior, lacking) if lacking is not None else ()),
            *_joint_steps(em, prior, (mean, best), (spread, own), log_prior),
        )

    return Identity(
        name=f"{prior}-prior",
        title=f"The M-step with a {prior.replace('wishart', 'Wishart')} prior",
        source=source,
        steps=steps,
        applies=lambda em, parameter: partner(em, parameter) is not None,
    )


def map_steps(em: Algorithm, parameter: Parameter, prior: str, log_prior: Formula, best: Formula | None) -> tuple[Step, ...]:
    """That the M-step with a prior is stationary and largest, and that the one without is not; nothing where there is none."""
    if best is None:
        return ()
    symbol, indices, name = parameter.symbol, parameter.indices, f"{prior}-{parameter.symbol.name}"
    objective = em.q() + log_prior
    gradient = Derivative(objective, parameter.reference)
    without = solves(f"no-{name}", gradient, symbol, indices, em.solutions[symbol.name](*indices))
    known = em.model.assumptions if symbol.domain == "unit" else ()
    stationary = solves(f"map-{name}", gradient, symbol, indices, best)
    largest = maximises(f"map-maximum-{name}", objective, symbol, indices, best, gap=None)
    return (
        Step(
            reason=f"where the gradient of {{Q}} with the logarithm of the prior vanishes, solved for {{{symbol.name}}}",
            claim=replace(stationary, assumptions=known),
        ),
        Step(
            reason="and nowhere is the sum of the two larger",
            claim=replace(largest, assumptions=known),
        ),
        Step(
            reason="tempting, and false: the M-step without the prior",
            claim=replace(without, expected="refuted", assumptions=m_step.conditions(em, parameter, em.held)),
        ),
    )


def _without_mean(
    em: Algorithm, prior: str, mean: Parameter, spread: Parameter, log_prior: Formula, lacking: Formula
) -> tuple[Step, ...]:
    """That the step of the spread holds the prior of the mean as well."""
    claim = Claim(
        label=f"no-mean-{prior}-{spread.symbol.name}",
        lhs=Substitute(Derivative(em.q() + log_prior, spread.reference), spread.symbol, spread.indices, lacking),
        reading="held",
        assumptions=m_step.conditions(em, spread, em.held),
        expected="refuted",
    )
    reason = f"tempting, and false: the prior of {{{mean.symbol.name}}} does not bear on {{{spread.symbol.name}}}"
    return (Step(reason=reason, claim=claim),)


def _joint_steps(
    em: Algorithm, prior: str, mean: tuple[Parameter, Formula], spread: tuple[Parameter, Formula], log_prior: Formula
) -> tuple[Step, ...]:
    """That the two steps, the new mean put into that of the spread, are the maximum in both; and that the old mean is not it."""
    objective = em.q() + log_prior
    (first, best), (second, own) = mean, spread

    def claim(label: str, there: Formula) -> Claim:
        name = f"{label}-{prior}-{first.symbol.name}-{second.symbol.name}"
        return Claim(label=name, lhs=objective, relation="<=", rhs=there, reading="held")

    def put(formula: Formula, parameter: Parameter, value: Formula) -> Formula:
        return Substitute(formula, parameter.symbol, parameter.indices, value)

    together = claim("joint-maximum", put(put(objective, second, own), first, best))
    apart = claim("old-mean", put(put(objective, first, best), second, at_time(own, "current")))
    letter, other = (f"{{{parameter.symbol.name}}}" for parameter in (first, second))
    return (
        Step(
            reason=f"and in both together: the new {letter}, which is free of {other}, is put into the step of {other}",
            claim=together,
        ),
        Step(
            reason=f"tempting, and false: beside the new {letter} stands the {other} that is the best about the old one",
            claim=replace(apart, expected="refuted"),
        ),
    )


def names() -> list[str]:
    """The names of all identities, as the command line writes them."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def identity(name: str) -> Identity:
    """The identity called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in names():
        raise UnknownNameError.among("identity", name, names())
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}").IDENTITY
