"""The Dirichlet density of probabilities that sum to one."""

from __future__ import annotations

from derive.densities import Density, Member
from derive.formula import Divide, Formula, Fresh, Function, Power, Product, Sum, multiply
from derive.symbols import Index, IndexLike, Range


def write(value: Member, over: Range, concentration: Member) -> Formula:
    i, j = (Fresh.index(Index(letter, over)) for letter in "ij")
    above = Function("gamma", (_total(over, concentration),))
    below = Product(i, Function("gamma", (concentration(i),)))
    return multiply(Divide(above, below), Product(j, Power(value(j), concentration(j) - 1)))


def mean(index: IndexLike, over: Range, concentration: Member) -> Formula:
    return Divide(concentration(index), _total(over, concentration))


def mean_log(index: IndexLike, over: Range, concentration: Member) -> Formula:
    return Function("digamma", (concentration(index),)) - Function("digamma", (_total(over, concentration),))


def _total(over: Range, concentration: Member) -> Formula:
    j = Fresh.index(Index("j", over))
    return Sum(j, concentration(j))


DENSITY = Density(
    "Dirichlet",
    ("concentration",),
    "positive numbers that sum to one",
    write,
    means={"value": mean, "log": mean_log},
    of_family=True,
    domains=("simplex",),
)
