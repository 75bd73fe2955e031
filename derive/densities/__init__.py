"""Densities by the names that people declare them with, one family a file: each module of this folder holds one ``DENSITY``.

This file holds the record that such a module fills in, and finds the modules. A density is written out from its parameters, so
that a claim about it contains nothing but what the reader knows.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from derive.errors import ReadingError, UnknownNameError
from derive.formula import Formula


@dataclass(frozen=True, slots=True)
class Density:
    """``name(parameters)`` as notes declare it; ``formula(value, *parameters)`` is the density (mass) at a value.

    ``support`` says in words where it is defined.
    """

    name: str
    parameters: tuple[str, ...]
    support: str
    write: Callable[..., Formula]

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
