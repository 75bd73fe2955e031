"""The negative binomial mass function of the number of failures before the r-th success."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import ONE, Divide, Formula, Function, Power, multiply


def write(value: Formula, successes: Formula, chance: Formula) -> Formula:
    ways = Divide(
        Function("gamma", (value + successes,)), multiply(Function("gamma", (value + 1,)), Function("gamma", (successes,)))
    )
    return multiply(ways, Power(chance, successes), Power(ONE - chance, value))


DENSITY = Density("NegativeBinomial", ("successes", "probability"), "0, 1, 2, ...", write, domains=("count", "bool"))
