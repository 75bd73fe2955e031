"""The Laplace density by location and scale."""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density
from derive.formula import HALF, Divide, Exp, Formula, Number, Power, multiply, negate


def write(value: Formula, location: Formula, scale: Formula) -> Formula:
    two = Number(Fraction(2))
    distance = Power(Power(value - location, two), HALF)
    return multiply(Divide(Number(Fraction(1)), multiply(two, scale)), Exp(negate(Divide(distance, scale))))


DENSITY = Density("Laplace", ("location", "scale"), "the reals", write)
