"""Compares the two sides of a claim by numbers, and first asks whether the test could have failed.

Ball arithmetic decides: balls that do not meet are a proof that the sides differ. JAX differentiates: every derivative in a claim is
also taken by autodiff of a function that shares no code with the kernel, and must agree with the balls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from derive.symbols import Index

Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which a claim fails: exact values, the indices at which it was looked at, and both sides enclosed."""

    sizes: Sizes
    values: Mapping[tuple[str, str], np.ndarray]
    assignment: Mapping[Index, int]
    entry: tuple[int, ...]
    left: str
    right: str
    difference: str
    certified: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the numbers say about a claim.

    ``separated`` of ``mutants`` wrong variants of the claim were told apart at the points used: the power of the test.
    ``autodiff`` is the largest relative difference between a derivative by JAX and the same derivative in balls.
    """

    outcome: Literal["agrees", "differs", "undecided"]
    reason: str
    points: int = 0
    sizes: tuple[Sizes, ...] = ()
    counterexample: Counterexample | None = None
    separated: int = 0
    mutants: int = 0
    autodiff: float | None = None
