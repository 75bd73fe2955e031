"""The beta density on the open unit interval."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import ONE, Divide, Formula, Function, Power, multiply


def write(value: Formula, a: Formula, b: Formula) -> Formula:
    scale = Divide(Function("gamma", (a + b,)), multiply(Function("gamma", (a,)), Function("gamma", (b,))))
    return multiply(scale, Power(value, a - 1), Power(ONE - value, b - 1))


def mean(a: Formula, b: Formula) -> Formula:
    return Divide(a, a + b)


def mean_square(a: Formula, b: Formula) -> Formula:
    return Divide(multiply(a, a + 1), multiply(a + b, a + b + 1))


def mean_log(a: Formula, b: Formula) -> Formula:
    return Function("digamma", (a,)) - Function("digamma", (a + b,))


def mean_log_of_the_rest(a: Formula, b: Formula) -> Formula:
    return mean_log(b, a)


DENSITY = Density(
    "Beta",
    ("a", "b"),
    "the open interval from 0 to 1",
    write,
    means={"value": mean, "square": mean_square, "log": mean_log, "log of the rest": mean_log_of_the_rest},
    domains=("unit", "simplex"),
)
