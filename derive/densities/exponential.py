"""The exponential density by its rate."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import Exp, Formula, multiply, negate


def write(value: Formula, rate: Formula) -> Formula:
    return multiply(rate, Exp(negate(multiply(rate, value))))


DENSITY = Density("Exponential", ("rate",), "positive numbers", write)
