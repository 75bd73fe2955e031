"""Student's t density by degrees of freedom, location and scale."""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density, NoExponentialFamily, Routine
from derive.formula import HALF, ONE, Divide, Formula, Function, Number, Pi, Power, multiply, negate


def write(value: Formula, dof: Formula, location: Formula, scale: Formula) -> Formula:
    two = Number(Fraction(2))
    half = Divide(dof + 1, two)
    factor = Divide(
        Function("gamma", (half,)), multiply(Function("gamma", (Divide(dof, two),)), Power(multiply(dof, Pi()), HALF), scale)
    )
    return multiply(factor, Power(ONE + Divide(Power(Divide(value - location, scale), two), dof), negate(half)))


def routine(value: Formula, dof: Formula, location: Formula, scale: Formula) -> Routine:
    return Routine("t.logpdf", (value, dof, location, scale))


DENSITY = Density(
    "StudentT",
    ("dof", "location", "scale"),
    "the reals",
    write,
    positive=("dof", "scale"),
    exponential_family=NoExponentialFamily(
        "the logarithm of one and the square of the value is, for no number of statistics, a sum of products with parameters"
    ),
    routine=routine,
)
