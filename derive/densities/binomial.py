"""The binomial mass function of the number of successes in m trials."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import ONE, Divide, Formula, Function, Log, Power, multiply, negate


def write(value: Formula, trials: Formula, chance: Formula) -> Formula:
    ways = Divide(
        Function("gamma", (trials + 1,)), multiply(Function("gamma", (value + 1,)), Function("gamma", (trials - value + 1,)))
    )
    return multiply(ways, Power(chance, value), Power(ONE - chance, trials - value))


def mean(trials: Formula, chance: Formula) -> Formula:
    return multiply(trials, chance)


def within(value: Formula, trials: Formula, chance: Formula) -> tuple[tuple[Formula, Formula], ...]:
    return ((value, trials),)


def exponential_family(value: Formula, trials: Formula, chance: Formula) -> ExponentialFamily:
    ways = [Function("loggamma", (number + 1,)) for number in (trials, value, trials - value)]
    return ExponentialFamily(
        (Term(value, Log(Divide(chance, ONE - chance)), mean(trials, chance)),),
        log_partition=negate(multiply(trials, Log(ONE - chance))),
        log_base=ways[0] - ways[1] - ways[2],
    )


def routine(value: Formula, trials: Formula, chance: Formula) -> Routine:
    return Routine("binom.logpmf", (value, trials, chance))


DENSITY = Density(
    "Binomial",
    ("trials", "probability"),
    "0, 1, ..., trials",
    write,
    means={"value": mean},
    within=within,
    domains=("count", "bool"),
    chances=("probability",),
    exponential_family=exponential_family,
    known=("trials",),
    routine=routine,
)
