"""The binomial mass function of the number of successes in m trials."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import ONE, Divide, Formula, Function, Power, multiply


def write(value: Formula, trials: Formula, chance: Formula) -> Formula:
    ways = Divide(
        Function("gamma", (trials + 1,)), multiply(Function("gamma", (value + 1,)), Function("gamma", (trials - value + 1,)))
    )
    return multiply(ways, Power(chance, value), Power(ONE - chance, trials - value))


def mean(trials: Formula, chance: Formula) -> Formula:
    return multiply(trials, chance)


def within(value: Formula, trials: Formula, chance: Formula) -> tuple[tuple[Formula, Formula], ...]:
    return ((value, trials),)


DENSITY = Density(
    "Binomial",
    ("trials", "probability"),
    "0, 1, ..., trials",
    write,
    means={"value": mean},
    within=within,
    domains=("count", "bool"),
)
