"""The beta density on the open unit interval."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import ONE, Divide, Formula, Function, Power, multiply


def write(value: Formula, a: Formula, b: Formula) -> Formula:
    scale = Divide(Function("gamma", (a + b,)), multiply(Function("gamma", (a,)), Function("gamma", (b,))))
    return multiply(scale, Power(value, a - 1), Power(ONE - value, b - 1))


DENSITY = Density("Beta", ("a", "b"), "the open interval from 0 to 1", write)
