"""Whether this machine can run the program: versions, float64, what SymPy computes with, devices, TeX."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checks.environment import DISTRIBUTION, PACKAGES, ground_types, version


@dataclass(frozen=True, slots=True)
class Symptom:
    """One line of the diagnosis; ``needed`` says that the program does not run without it."""

    name: str
    finding: str
    good: bool
    needed: bool = True


def examine() -> Iterator[Symptom]:
    """Everything worth knowing, one after the other; a check that breaks is a symptom, not an error."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield Symptom("python", python, sys.version_info >= (3, 11))
    yield Symptom(DISTRIBUTION, version(DISTRIBUTION) or "not installed", True, needed=False)
    for package in PACKAGES:
        found = version(package)
        yield Symptom(package, found or "not installed", found is not None)
    yield _tried("ground types", ground_types)
    yield _tried("float64", _float64)
    yield _tried("devices", _devices)
    yield _tried("ball arithmetic", _balls)
    for tool, use in (("latexmk", "to compile the LaTeX report"), ("pdflatex", "to compile the LaTeX report")):
        yield Symptom(
            tool, "found" if shutil.which(tool) else f"not found; only needed {use}", bool(shutil.which(tool)), needed=False
        )


def _tried(name: str, check: Callable[[], str]) -> Symptom:
    try:
        return Symptom(name, check(), True)
    except Exception as error:
        return Symptom(name, f"{type(error).__name__}: {error}", False)


def _float64() -> str:
    """That double precision works in our own scope, and that the scope leaves the user's setting alone."""
    import jax
    import jax.numpy as jnp

    before = jax.config.read("jax_enable_x64")
    with jax.enable_x64(True):
        tiny = jnp.asarray(1.0, dtype=jnp.float64) + 1e-12
        if tiny.dtype != jnp.float64 or float(tiny) == 1.0:
            raise ArithmeticError(f"double precision is not to be had: dtype={tiny.dtype}, expected float64")
    if jax.config.read("jax_enable_x64") != before:
        raise ArithmeticError("the scope of double precision leaks into the user's settings")
    return "works, within our own scope"


def _devices() -> str:
    import jax

    return ", ".join(str(device) for device in jax.devices())


def _balls() -> str:
    import flint

    ball = flint.arb(1) / 3
    if not ball * 3 - 1 == 0 and not (ball * 3).contains(1):
        raise ArithmeticError("a ball does not contain its value")
    return "works"
