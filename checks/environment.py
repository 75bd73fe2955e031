"""What the program runs on: versions, read from the installed packages' records without importing the packages."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
from dataclasses import dataclass

DISTRIBUTION = "derive-checks"
PACKAGES = ("sympy", "jax", "jaxlib", "numpy", "python-flint", "click", "rich")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Versions by package name (None where one is not installed), and the seed and number of points that were asked for."""

    tool: str
    python: str
    packages: dict[str, str | None]
    seed: int
    points: int


def environment(seed: int, points: int) -> Environment:
    """The environment of this process."""
    return Environment(
        tool=version(DISTRIBUTION) or "not installed",
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        seed=seed,
        points=points,
    )


def version(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def ground_types() -> str:
    """What SymPy computes with: ``python``, ``gmpy`` or ``flint``; imports SymPy."""
    return str(importlib.import_module("sympy.external.gmpy").GROUND_TYPES)
