"""The Laplace density by location and scale."""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import HALF, ONE, Divide, Exp, Formula, Log, Number, Power, multiply, negate


def write(value: Formula, location: Formula, scale: Formula) -> Formula:
    two = Number(Fraction(2))
    distance = Power(Power(value - location, two), HALF)
    return multiply(Divide(Number(Fraction(1)), multiply(two, scale)), Exp(negate(Divide(distance, scale))))


def exponential_family(value: Formula, location: Formula, scale: Formula) -> ExponentialFamily:
    two = Number(Fraction(2))
    distance = Power(Power(value - location, two), HALF)
    return ExponentialFamily((Term(distance, negate(Divide(ONE, scale)), scale),), Log(multiply(two, scale)))


def routine(value: Formula, location: Formula, scale: Formula) -> Routine:
    return Routine("laplace.logpdf", (value, location, scale))


DENSITY = Density(
    "Laplace",
    ("location", "scale"),
    "the reals",
    write,
    positive=("scale",),
    exponential_family=exponential_family,
    known=("location",),
    routine=routine,
)
