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
from derive.formula import Formula
from derive.symbols import Domain, IndexLike, Range

FEATURES = ("value", "square", "log", "log of the rest")
"""Features of which means are known: of a vector its square is the outer product, the rest of a proportion p is 1 - p."""

Member = Callable[[IndexLike], Formula]


def _everywhere(*_: Formula) -> tuple[tuple[Formula, Formula], ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Density:
    """``name(parameters)`` as notes declare it; ``formula(value, *parameters)`` is the density (mass) at a value.

    ``support`` says in words where it is defined, ``within(value, *parameters)`` what no domain tells of that: pairs of which the
    first is at most the second. ``means`` holds, by ``FEATURES``, the means of features of the variable, as functions of the
    parameters. A density ``of_family`` is one of all members of a family, such as probabilities that sum to one: values and
    parameters are then functions of an index, and the range of that index stands before the parameters.
    """

    name: str
    parameters: tuple[str, ...]
    support: str
    write: Callable[..., Formula]
    means: Mapping[str, Callable[..., Formula]] = field(default_factory=dict[str, "Callable[..., Formula]"])
    of_family: bool = False
    within: Callable[..., tuple[tuple[Formula, Formula], ...]] = _everywhere
    domains: tuple[Domain, ...] = ()
    """The domains, as variables are declared, on which the formula is the density; empty where it is that on every one."""

    def formula(self, value: Formula, *parameters: Formula) -> Formula:
        """The density at a value.

        Raises:
            ReadingError: another number of parameters was given.
        """
        if len(parameters) != len(self.parameters):
            raise ReadingError(
                f"{self.name} takes {len(self.parameters)} parameters ({', '.join(self.parameters)}): got {len(parameters)}",
                0,
                1,
                "ill-formed",
            )
        return self.write(value, *parameters)

    def mean(self, feature: str, *parameters: Formula) -> Formula | None:
        """The mean of a feature of the variable; None where it is not known."""
        known = self.means.get(feature)
        return None if known is None or self.of_family or len(parameters) != len(self.parameters) else known(*parameters)

    def mean_at(self, feature: str, index: IndexLike, over: Range, *parameters: Member) -> Formula | None:
        """The mean of a feature of one member of a family over a range; None where it is not known."""
        known = self.means.get(feature)
        return known(index, over, *parameters) if known is not None and self.of_family else None


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
