"""The gamma density by shape and rate."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import Divide, Exp, Formula, Function, Power, multiply, negate


def write(value: Formula, shape: Formula, rate: Formula) -> Formula:
    scale = Divide(Power(rate, shape), Function("gamma", (shape,)))
    return multiply(scale, Power(value, shape - 1), Exp(negate(multiply(rate, value))))


DENSITY = Density("Gamma", ("shape", "rate"), "positive numbers", write)
