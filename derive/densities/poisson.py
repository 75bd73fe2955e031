"""The Poisson mass function of counts."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import Divide, Exp, Formula, Function, Log, Power, multiply, negate


def write(value: Formula, rate: Formula) -> Formula:
    return Divide(multiply(Exp(negate(rate)), Power(rate, value)), Function("gamma", (value + 1,)))


def mean(rate: Formula) -> Formula:
    return rate


def mean_square(rate: Formula) -> Formula:
    return rate + multiply(rate, rate)


def exponential_family(value: Formula, rate: Formula) -> ExponentialFamily:
    return ExponentialFamily((Term(value, Log(rate), mean(rate)),), rate, negate(Function("loggamma", (value + 1,))))


def routine(value: Formula, rate: Formula) -> Routine:
    return Routine("poisson.logpmf", (value, rate))


DENSITY = Density(
    "Poisson",
    ("rate",),
    "0, 1, 2, ...",
    write,
    means={"value": mean, "square": mean_square},
    domains=("count", "bool"),
    positive=("rate",),
    exponential_family=exponential_family,
    routine=routine,
)
