"""The exponential density by its rate."""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import ONE, ZERO, Divide, Exp, Formula, Function, Log, Number, multiply, negate


def write(value: Formula, rate: Formula) -> Formula:
    return multiply(rate, Exp(negate(multiply(rate, value))))


def mean(rate: Formula) -> Formula:
    return Divide(ONE, rate)


def mean_square(rate: Formula) -> Formula:
    return Divide(Number(Fraction(2)), multiply(rate, rate))


def mean_log(rate: Formula) -> Formula:
    return Function("digamma", (ONE,)) - Log(rate)


def exponential_family(value: Formula, rate: Formula) -> ExponentialFamily:
    return ExponentialFamily((Term(value, negate(rate), mean(rate)),), negate(Log(rate)))


def routine(value: Formula, rate: Formula) -> Routine:
    return Routine("expon.logpdf", (value, ZERO, Divide(ONE, rate)))


DENSITY = Density(
    "Exponential",
    ("rate",),
    "positive numbers",
    write,
    means={"value": mean, "square": mean_square, "log": mean_log},
    domains=("positive", "nonnegative", "unit", "simplex"),
    positive=("rate",),
    exponential_family=exponential_family,
    routine=routine,
)
