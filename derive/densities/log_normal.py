"""The log-normal density of a positive number, by the mean and the variance of its logarithm."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derive.densities import Density, ExponentialFamily, Routine
from derive.densities.normal import exponential_family as family_of_normal
from derive.densities.normal import write as normal
from derive.formula import HALF, ZERO, Divide, Exp, Formula, Log, Number, Power, multiply


def write(value: Formula, mean: Formula, variance: Formula) -> Formula:
    return Divide(normal(Log(value), mean, variance), value)


def mean_value(mean: Formula, variance: Formula) -> Formula:
    return Exp(mean + multiply(HALF, variance))


def mean_square(mean: Formula, variance: Formula) -> Formula:
    return Exp(multiply(Number(Fraction(2)), mean + variance))


def mean_log(mean: Formula, variance: Formula) -> Formula:
    return mean


def exponential_family(value: Formula, mean: Formula, variance: Formula) -> ExponentialFamily:
    """That of the normal density, of the logarithm."""
    of_log = family_of_normal(Log(value), mean, variance)
    return replace(of_log, log_base=of_log.log_base - Log(value))


def routine(value: Formula, mean: Formula, variance: Formula) -> Routine:
    return Routine("lognorm.logpdf", (value, Power(variance, HALF), ZERO, Exp(mean)), in_jax=False)


DENSITY = Density(
    "LogNormal",
    ("mean of the log", "variance of the log"),
    "positive numbers",
    write,
    means={"value": mean_value, "square": mean_square, "log": mean_log},
    domains=("positive", "unit"),
    positive=("variance of the log",),
    exponential_family=exponential_family,
    routine=routine,
)
