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
from derive.formula import Derivative, Formula
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
