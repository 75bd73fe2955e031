"""The Rayleigh density of the length of a plane vector whose two entries are normal with mean zero and variance v."""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import HALF, ONE, ZERO, Divide, Exp, Formula, Log, Number, Pi, Power, multiply, negate

TWO = Number(Fraction(2))


def write(value: Formula, variance: Formula) -> Formula:
    return multiply(Divide(value, variance), Exp(negate(Divide(Power(value, TWO), multiply(TWO, variance)))))


def mean(variance: Formula) -> Formula:
    return Power(Divide(multiply(Pi(), variance), TWO), HALF)


def mean_square(variance: Formula) -> Formula:
    return multiply(TWO, variance)


def exponential_family(value: Formula, variance: Formula) -> ExponentialFamily:
    natural = negate(Divide(ONE, multiply(TWO, variance)))
    return ExponentialFamily((Term(Power(value, TWO), natural, mean_square(variance)),), Log(variance), Log(value))


def routine(value: Formula, variance: Formula) -> Routine:
    return Routine("rayleigh.logpdf", (value, ZERO, Power(variance, HALF)), in_jax=False)


DENSITY = Density(
    "Rayleigh",
    ("variance",),
    "the positive numbers",
    write,
    means={"value": mean, "square": mean_square},
    domains=("positive",),
    positive=("variance",),
    exponential_family=exponential_family,
    routine=routine,
)
