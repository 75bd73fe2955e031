"""The geometric mass function of the number of trials up to the first success."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import ONE, Formula, Power, multiply


def write(value: Formula, chance: Formula) -> Formula:
    return multiply(chance, Power(ONE - chance, value - 1))


def within(value: Formula, chance: Formula) -> tuple[tuple[Formula, Formula], ...]:
    return ((ONE, value),)


DENSITY = Density("Geometric", ("probability",), "1, 2, ...", write, within=within, domains=("count", "bool"))
