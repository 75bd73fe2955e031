"""The negative binomial mass function of the number of failures before the r-th success."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.formula import ONE, Divide, Formula, Function, Log, Power, multiply, negate


def write(value: Formula, successes: Formula, chance: Formula) -> Formula:
    ways = Divide(
        Function("gamma", (value + successes,)), multiply(Function("gamma", (value + 1,)), Function("gamma", (successes,)))
    )
    return multiply(ways, Power(chance, successes), Power(ONE - chance, value))


def mean(successes: Formula, chance: Formula) -> Formula:
    return Divide(_times(successes, ONE - chance), chance)


def _times(successes: Formula, factor: Formula) -> Formula:
    return factor if successes == ONE else multiply(successes, factor)


def exponential_family(value: Formula, successes: Formula, chance: Formula) -> ExponentialFamily:
    ways = [Function("loggamma", (number,)) for number in (value + successes, value + 1, successes)]
    return ExponentialFamily(
        (Term(value, Log(ONE - chance), mean(successes, chance)),),
        log_partition=negate(_times(successes, Log(chance))),
        log_base=ways[0] - ways[1] - ways[2],
    )


def routine(value: Formula, successes: Formula, chance: Formula) -> Routine:
    return Routine("nbinom.logpmf", (value, successes, chance))


DENSITY = Density(
    "NegativeBinomial",
    ("successes", "probability"),
    "0, 1, 2, ...",
    write,
    domains=("count", "bool"),
    positive=("successes",),
    chances=("probability",),
    exponential_family=exponential_family,
    known=("successes",),
    routine=routine,
)
