"""The multinomial mass function of the numbers of trials that end in each of several ways."""

from __future__ import annotations

from derive.densities import Density, Member
from derive.formula import Divide, Formula, Fresh, Function, Power, Product, multiply
from derive.symbols import Index, IndexLike, Range


def write(value: Member, over: Range, trials: Formula, chance: Member) -> Formula:
    v, u = (Fresh.index(Index(letter, over)) for letter in "vu")
    ways = Divide(Function("gamma", (trials + 1,)), Product(v, Function("gamma", (value(v) + 1,))))
    return multiply(ways, Product(u, Power(chance(u), value(u))))


def mean(index: IndexLike, over: Range, trials: Formula, chance: Member) -> Formula:
    return multiply(trials, chance(index))


DENSITY = Density(
    "Multinomial",
    ("trials", "probabilities"),
    "counts whose sum is the number of trials",
    write,
    means={"value": mean},
    of_family=True,
    shared=("trials",),
    domains=("count",),
)
