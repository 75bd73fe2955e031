"""The Bernoulli mass function of 0 and 1."""

from __future__ import annotations

from derive.densities import Density
from derive.formula import ONE, Formula, Power, multiply


def write(value: Formula, chance: Formula) -> Formula:
    return multiply(Power(chance, value), Power(ONE - chance, ONE - value))


DENSITY = Density("Bernoulli", ("probability",), "0, 1", write, domains=("bool",))
