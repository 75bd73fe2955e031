"""The log-normal density of a positive number, by the mean and the variance of its logarithm."""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density
from derive.densities.normal import write as normal
from derive.formula import HALF, Divide, Exp, Formula, Log, Number, multiply


def write(value: Formula, mean: Formula, variance: Formula) -> Formula:
    return Divide(normal(Log(value), mean, variance), value)


def mean_value(mean: Formula, variance: Formula) -> Formula:
    return Exp(mean + multiply(HALF, variance))


def mean_square(mean: Formula, variance: Formula) -> Formula:
    return Exp(multiply(Number(Fraction(2)), mean + variance))


def mean_log(mean: Formula, variance: Formula) -> Formula:
    return mean


DENSITY = Density(
    "LogNormal",
    ("mean of the log", "variance of the log"),
    "positive numbers",
    write,
    means={"value": mean_value, "square": mean_square, "log": mean_log},
    domains=("positive", "unit"),
)
