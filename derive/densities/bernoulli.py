"""The Bernoulli mass function of 0 and 1."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import ONE, Divide, Formula, Log, Power, multiply, negate


def write(value: Formula, chance: Formula) -> Formula:
    return multiply(Power(chance, value), Power(ONE - chance, ONE - value))


def exponential_family(value: Formula, chance: Formula) -> ExponentialFamily:
    return ExponentialFamily((Term(value, Log(Divide(chance, ONE - chance)), chance),), negate(Log(ONE - chance)))


def routine(value: Formula, chance: Formula) -> Routine:
    return Routine("bernoulli.logpmf", (value, chance))


DENSITY = Density(
    "Bernoulli",
    ("probability",),
    "0, 1",
    write,
    domains=("bool",),
    chances=("probability",),
    exponential_family=exponential_family,
    routine=routine,
)
