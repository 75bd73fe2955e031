"""The geometric mass function of the number of trials up to the first success."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import ONE, Divide, Formula, Log, Power, multiply


def write(value: Formula, chance: Formula) -> Formula:
    return multiply(chance, Power(ONE - chance, value - 1))


def within(value: Formula, chance: Formula) -> tuple[tuple[Formula, Formula], ...]:
    return ((ONE, value),)


def mean(chance: Formula) -> Formula:
    return Divide(ONE, chance)


def exponential_family(value: Formula, chance: Formula) -> ExponentialFamily:
    rest = Log(ONE - chance)
    return ExponentialFamily((Term(value, rest, mean(chance)),), rest - Log(chance))


def routine(value: Formula, chance: Formula) -> Routine:
    return Routine("geom.logpmf", (value, chance))


DENSITY = Density(
    "Geometric",
    ("probability",),
    "1, 2, ...",
    write,
    within=within,
    domains=("count", "bool"),
    chances=("probability",),
    exponential_family=exponential_family,
    routine=routine,
)
