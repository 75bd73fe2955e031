"""The gamma density by shape and rate."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import ONE, ZERO, Divide, Exp, Formula, Function, Log, Power, multiply, negate


def write(value: Formula, shape: Formula, rate: Formula) -> Formula:
    scale = Divide(Power(rate, shape), Function("gamma", (shape,)))
    return multiply(scale, Power(value, shape - 1), Exp(negate(multiply(rate, value))))


def mean(shape: Formula, rate: Formula) -> Formula:
    return Divide(shape, rate)


def mean_square(shape: Formula, rate: Formula) -> Formula:
    return Divide(multiply(shape, shape + 1), multiply(rate, rate))


def mean_log(shape: Formula, rate: Formula) -> Formula:
    return Function("digamma", (shape,)) - Log(rate)


def exponential_family(value: Formula, shape: Formula, rate: Formula) -> ExponentialFamily:
    return ExponentialFamily(
        (Term(Log(value), shape, mean_log(shape, rate)), Term(value, negate(rate), mean(shape, rate))),
        log_partition=Function("loggamma", (shape,)) - multiply(shape, Log(rate)),
        log_base=negate(Log(value)),
    )


def routine(value: Formula, shape: Formula, rate: Formula) -> Routine:
    return Routine("gamma.logpdf", (value, shape, ZERO, Divide(ONE, rate)))


DENSITY = Density(
    "Gamma",
    ("shape", "rate"),
    "positive numbers",
    write,
    means={"value": mean, "square": mean_square, "log": mean_log},
    domains=("positive", "nonnegative", "unit", "simplex"),
    positive=("shape", "rate"),
    exponential_family=exponential_family,
    routine=routine,
)
