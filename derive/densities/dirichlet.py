"""The Dirichlet density of probabilities that sum to one."""

from __future__ import annotations

from derive.densities import Density, ExponentialFamily, Member, Routine, Term
from derive.formula import Divide, Formula, Fresh, Function, Log, Power, Product, Sum, multiply, negate
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


def exponential_family(value: Member, over: Range, concentration: Member) -> ExponentialFamily:
    i, j = (Fresh.index(Index(letter, over)) for letter in "ij")
    return ExponentialFamily(
        (Term(Log(value(j)), concentration(j), mean_log(j, over, concentration), over=j),),
        log_partition=Sum(i, Function("loggamma", (concentration(i),))) - Function("loggamma", (_total(over, concentration),)),
        log_base=negate(Sum(i, Log(value(i)))),
    )


def routine(value: Member, concentration: Member) -> Routine:
    return Routine("dirichlet.logpdf", (value, concentration))


DENSITY = Density(
    "Dirichlet",
    ("concentration",),
    "positive numbers that sum to one",
    write,
    means={"value": mean, "log": mean_log},
    of_family=True,
    domains=("simplex",),
    exponential_family=exponential_family,
    routine=routine,
)
