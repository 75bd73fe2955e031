"""The multinomial mass function of the numbers of trials that end in each of several ways."""

from __future__ import annotations

from derive.densities import CHANCES, Density, ExponentialFamily, Member, Routine, Term
from derive.formula import ZERO, Divide, Formula, Fresh, Function, Log, Power, Product, Sum, multiply
from derive.symbols import Index, IndexLike, Range


def write(value: Member, over: Range, trials: Formula, chance: Member) -> Formula:
    v, u = (Fresh.index(Index(letter, over)) for letter in "vu")
    ways = Divide(Function("gamma", (trials + 1,)), Product(v, Function("gamma", (value(v) + 1,))))
    return multiply(ways, Product(u, Power(chance(u), value(u))))


def mean(index: IndexLike, over: Range, trials: Formula, chance: Member) -> Formula:
    return multiply(trials, chance(index))


def exponential_family(value: Member, over: Range, trials: Formula, chance: Member) -> ExponentialFamily:
    v, u = (Fresh.index(Index(letter, over)) for letter in "vu")
    return ExponentialFamily(
        (Term(value(v), Log(chance(v)), mean(v, over, trials, chance), over=v),),
        log_partition=ZERO,
        log_base=Function("loggamma", (trials + 1,)) - Sum(u, Function("loggamma", (value(u) + 1,))),
    )


def routine(value: Member, trials: Formula, chance: Member) -> Routine:
    return Routine("multinomial.logpmf", (value, trials, chance))


DENSITY = Density(
    "Multinomial",
    ("trials", CHANCES),
    "counts whose sum is the number of trials",
    write,
    means={"value": mean},
    of_family=True,
    shared=("trials",),
    domains=("count",),
    exponential_family=exponential_family,
    known=("trials",),
    routine=routine,
)
