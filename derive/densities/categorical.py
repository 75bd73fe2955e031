"""The categorical mass function of the indicators of a value, of which one is 1 and the others are 0."""

from __future__ import annotations

from derive.densities import CHANCES, Density, ExponentialFamily, Member, Routine, Term
from derive.formula import ONE, ZERO, Formula, Fresh, Log, Power, Product
from derive.symbols import Index, Range


def write(value: Member, over: Range, chance: Member) -> Formula:
    v = Fresh.index(Index("v", over))
    return Product(v, Power(chance(v), value(v)))


def exponential_family(value: Member, over: Range, chance: Member) -> ExponentialFamily:
    """The chances sum to one: the log-partition is zero, but its gradient is the mean along the simplex only."""
    v = Fresh.index(Index("v", over))
    return ExponentialFamily((Term(value(v), Log(chance(v)), chance(v), over=v),), ZERO)


def routine(value: Member, chance: Member) -> Routine:
    return Routine("multinomial.logpmf", (value, ONE, chance))


DENSITY = Density(
    "Categorical",
    (CHANCES,),
    "indicators, of which one is 1",
    write,
    of_family=True,
    exponential_family=exponential_family,
    routine=routine,
)
