"""The von Mises density of an angle, by its mean direction and its concentration.

Source: Mardia and Jupp (2000), Directional Statistics, section 3.5.4.
"""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import Divide, Exp, Formula, Log, Number, Pi, multiply, negate
from derive.functions import BESSEL_0, BESSEL_1, COS, SIN

CIRCLE = multiply(Number(Fraction(2)), Pi())


def write(value: Formula, direction: Formula, concentration: Formula) -> Formula:
    return Divide(Exp(multiply(concentration, COS(value - direction))), multiply(CIRCLE, BESSEL_0(concentration)))


def mean_resultant_length(concentration: Formula) -> Formula:
    """The length of the mean of the point on the unit circle."""
    return Divide(BESSEL_1(concentration), BESSEL_0(concentration))


def exponential_family(value: Formula, direction: Formula, concentration: Formula) -> ExponentialFamily:
    """The statistics are the point on the unit circle."""
    length = mean_resultant_length(concentration)
    terms = (Term(of(value), multiply(concentration, of(direction)), multiply(length, of(direction))) for of in (COS, SIN))
    return ExponentialFamily(tuple(terms), Log(BESSEL_0(concentration)), negate(Log(CIRCLE)))


def routine(value: Formula, direction: Formula, concentration: Formula) -> Routine:
    return Routine("vonmises.logpdf", (value - direction, concentration))


DENSITY = Density(
    "VonMises",
    ("mean direction", "concentration"),
    "angles, of which one turn is counted",
    write,
    positive=("concentration",),
    exponential_family=exponential_family,
    routine=routine,
)
