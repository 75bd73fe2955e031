"""The beta density on the open unit interval."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import ONE, Divide, Formula, Function, Log, Power, multiply, negate


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


def exponential_family(value: Formula, a: Formula, b: Formula) -> ExponentialFamily:
    rest = ONE - value
    return ExponentialFamily(
        (Term(Log(value), a, mean_log(a, b)), Term(Log(rest), b, mean_log_of_the_rest(a, b))),
        log_partition=Function("loggamma", (a,)) + Function("loggamma", (b,)) - Function("loggamma", (a + b,)),
        log_base=negate(Log(value)) - Log(rest),
    )


def routine(value: Formula, a: Formula, b: Formula) -> Routine:
    return Routine("beta.logpdf", (value, a, b))


DENSITY = Density(
    "Beta",
    ("a", "b"),
    "the open interval from 0 to 1",
    write,
    means={"value": mean, "square": mean_square, "log": mean_log, "log of the rest": mean_log_of_the_rest},
    domains=("unit", "simplex"),
    positive=("a", "b"),
    exponential_family=exponential_family,
    routine=routine,
)
