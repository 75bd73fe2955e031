"""Densities by the names that people declare them with, one family a file: each module of this folder holds one ``DENSITY``.

This file holds the record that such a module fills in, and finds the modules. A density is written out from its parameters, so
that a claim about it contains nothing but what the reader knows.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from derive.errors import ReadingError, UnknownNameError
from derive.formula import ZERO, Formula, Reference, Sum, Trace, Transpose, add, matrix_product, multiply, negate
from derive.symbols import Domain, Index, IndexLike, Range

CHANCES = "probabilities"
"""The parameter of a density of a family that has a chance for each member; these sum to one."""

POSITIVE: tuple[Domain, ...] = ("positive", "unit", "simplex", "spd")
CHANCE: tuple[Domain, ...] = ("unit", "simplex")

FEATURES = ("value", "square", "log", "log of the rest")
"""Features of which means are known: of a vector its square is the outer product, the rest of a proportion p is 1 - p."""

Member = Callable[[IndexLike], Formula]
Value = Formula | Member
"""A value or parameter: a formula, of a family a function of its index."""


@dataclass(frozen=True, slots=True)
class Term:
    """One product in the exponent of an exponential family: a statistic, its natural parameter, and the mean of the statistic.

    All three are numbers, vectors or symmetric matrices of one shape, and of a family members at the letter ``over``.
    """

    statistic: Formula
    natural: Formula
    mean: Formula
    over: Index | None = None

    @property
    def product(self) -> Formula:
        """``<eta, T(x)>``."""
        return self.along(self.statistic)

    def along(self, direction: Formula) -> Formula:
        """The inner product of the natural parameter with something of the statistic's shape, summed over a family's members."""
        found = inner(self.natural, direction)
        return found if self.over is None else Sum(self.over, found)


def inner(left: Formula, right: Formula) -> Formula:
    """The inner product of two numbers, vectors or symmetric matrices."""
    if left.shape == ():
        return multiply(left, right)
    if len(left.shape) == 1:
        return matrix_product(Transpose(left), right)
    return Trace(matrix_product(left, right))


@dataclass(frozen=True, slots=True)
class ExponentialFamily:
    """A density at a value as ``log f(x) = sum of <eta, T(x)> - A + log h(x)``.

    The natural parameters eta and the log-partition A are functions of the parameters, the statistics T and the base measure h of
    the value, and all four of parameters that are known.

    Source: Brown (1986), Fundamentals of Statistical Exponential Families, chapter 1.
    """

    terms: tuple[Term, ...]
    log_partition: Formula
    log_base: Formula = ZERO

    @property
    def log_density(self) -> Formula:
        return add(*(term.product for term in self.terms), negate(self.log_partition), self.log_base)


@dataclass(frozen=True, slots=True)
class NoExponentialFamily:
    """That a density is of no exponential family, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Routine:
    """The routine of ``scipy.stats`` for the logarithm of a density, and of ``jax.scipy.stats`` where that has it too.

    ``arguments`` are what it takes, in its order: its parameters are not always those of the density.
    """

    name: str
    arguments: tuple[Value, ...]
    in_jax: bool = True


def called(name: str, parameter: Formula) -> str:
    """What a parameter is called: of ``variance or covariance`` the one where it is a number, the other where it is a matrix."""
    number, _, matrix = name.partition(" or ")
    return matrix if matrix and parameter.shape else number


def _everywhere(*_: Formula) -> tuple[tuple[Formula, Formula], ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Density:
    """``name(parameters)`` as notes declare it; ``formula(value, *parameters)`` is the density (mass) at a value.

    ``support`` says in words where it is defined, ``within(value, *parameters)`` what no domain tells of that: pairs of which the
    first is at most the second. ``means`` holds, by ``FEATURES``, the means of features of the variable, as functions of the
    parameters. A density ``of_family`` is one of all members of a family, such as probabilities that sum to one: values and
    parameters are then functions of an index, and the range of that index stands before the parameters. Of these parameters the
    ``shared`` ones are one number for all members. ``positive`` are the parameters that must be positive (or positive definite),
    ``chances`` those that lie between 0 and 1.

    ``exponential_family(value, *parameters)`` is the density as one of an exponential family in its parameters, save the
    ``known`` ones, which must be held; or it is said why there is none. ``routine(value, *parameters)`` is where others have
    programmed its logarithm.
    """

    name: str
    parameters: tuple[str, ...]
    support: str
    write: Callable[..., Formula]
    exponential_family: Callable[..., ExponentialFamily] | NoExponentialFamily = field(kw_only=True)
    known: tuple[str, ...] = field(default=(), kw_only=True)
    routine: Callable[..., Routine] = field(kw_only=True)
    positive: tuple[str, ...] = field(default=(), kw_only=True)
    chances: tuple[str, ...] = field(default=(), kw_only=True)
    means: Mapping[str, Callable[..., Formula]] = field(default_factory=dict[str, "Callable[..., Formula]"])
    of_family: bool = False
    shared: tuple[str, ...] = ()
    within: Callable[..., tuple[tuple[Formula, Formula], ...]] = _everywhere
    domains: tuple[Domain, ...] = ()
    """The domains, as variables are declared, on which the formula is the density; empty where it is that on every one."""

    def formula(self, value: Formula, *parameters: Formula) -> Formula:
        """The density at a value.

        Raises:
            ReadingError: another number of parameters was given.
        """
        self.require_count(len(parameters))
        return self.write(value, *parameters)

    def require_count(self, count: int) -> None:
        """That so many parameters were given as there are.

        Raises:
            ReadingError: another number was given.
        """
        if count != len(self.parameters):
            raise ReadingError(
                f"{self.name} takes {len(self.parameters)} parameters ({', '.join(self.parameters)}): got {count}",
                0,
                1,
                "ill-formed",
            )

    def mean(self, feature: str, *parameters: Formula) -> Formula | None:
        """The mean of a feature of the variable; None where it is not known."""
        known = self.means.get(feature)
        return None if known is None or self.of_family or len(parameters) != len(self.parameters) else known(*parameters)

    def mean_at(self, feature: str, index: IndexLike, over: Range, *parameters: Member | Formula) -> Formula | None:
        """The mean of a feature of one member of a family over a range; None where it is not known."""
        known = self.means.get(feature)
        return known(index, over, *parameters) if known is not None and self.of_family else None


@dataclass(frozen=True, slots=True)
class Law:
    """What a model says of a variable: a density by name, with a value and parameters put in.

    Of a density of a family these are functions of an index over the range ``over``.
    """

    density: Density
    value: Value
    parameters: tuple[Value, ...]
    over: Range | None = None

    @property
    def exponential_family(self) -> ExponentialFamily | None:
        """The density as one of an exponential family; None where it is of none."""
        write = self.density.exponential_family
        if isinstance(write, NoExponentialFamily):
            return None
        return write(self.value, *(() if self.over is None else (self.over,)), *self.parameters)

    def require_parameters(self) -> None:
        """That no parameter is a letter which is declared to have values that the density does not take.

        Raises:
            ReadingError: one is; the message says what it must be.
        """
        for name, parameter in zip(self.density.parameters, self.parameters, strict=True):
            if not isinstance(parameter, Reference):
                continue
            letter, domain = parameter.symbol.name, parameter.symbol.domain
            wanted = ""
            if name in self.density.positive and domain not in POSITIVE:
                wanted = "is positive definite: try spd(d)" if parameter.shape else "is positive: try positive"
            elif name in self.density.chances and domain not in CHANCE:
                wanted = "lies between 0 and 1: try unit"
            if wanted:
                message = f"the {called(name, parameter)} of {self.density.name} {wanted}, where {letter} is declared"
                raise ReadingError(message, 0, 1, "declaration")

    @property
    def formula(self) -> Formula:
        return self.density.write(self.value, *(() if self.over is None else (self.over,)), *self.parameters)

    @property
    def known(self) -> tuple[Value, ...]:
        """The parameters that must be held for the density to be of an exponential family."""
        named = zip(self.density.parameters, self.parameters, strict=True)
        return tuple(parameter for name, parameter in named if name in self.density.known)


@functools.cache
def densities() -> dict[str, Density]:
    """All densities by name."""
    found: dict[str, Density] = {}
    for module in pkgutil.iter_modules(__path__):
        known = getattr(importlib.import_module(f"{__name__}.{module.name}"), "DENSITY", None)
        if isinstance(known, Density):
            found[known.name] = known
    return found


def density(name: str) -> Density:
    """The density called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in densities():
        raise UnknownNameError.among("distribution", name, densities())
    return densities()[name]
