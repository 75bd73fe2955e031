"""Counterexamples to paste: the point and both sides as a few lines of Python with JAX."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from checks.outline import nested
from checks.points import sizes_of, symbols_of
from derive.claims import BOUNDS
from derive.errors import DeriveError
from derive.formula import free_indices
from derive.notation.python_writer import Names, python

if TYPE_CHECKING:
    from checks.judge import Finding

SIDES = ("=", *BOUNDS)
"""Relations whose counterexample is the values of both sides at one point."""


def snippet(finding: Finding) -> str:
    """The counterexample of a refuted claim as Python; empty where it has none that a few lines can say."""
    point = finding.evidence.counterexample if finding.evidence is not None else None
    claim = finding.claim
    if point is None or claim.relation not in (*SIDES, "implies"):
        return ""
    names = Names()
    sides = (claim.lhs, claim.rhs) if claim.relation in SIDES else (claim.rhs,)
    lines = ["import jax", "import jax.numpy as jnp", "", 'jax.config.update("jax_enable_x64", True)']
    try:
        if sizes := [f"{names.of_size(name)} = {point.sizes[name]}" for name in sorted(sizes_of(*sides))]:
            lines.append("; ".join(sizes))
        free = {index for side in sides for index in free_indices(side)} - set(point.assignment)
        places = {**point.assignment, **{index: index.range.lower for index in free}}
        if at := [f"{names.of_index(index)} = {value}" for index, value in places.items()]:
            lines.append("; ".join(at))
        for symbol in sorted(symbols_of(*sides), key=lambda symbol: (symbol.name, symbol.role)):
            value = _number(nested(point.values[symbol.name, symbol.role]))
            lines.append(f"{names.of_symbol(symbol)} = {f'jnp.array({value})' if value.startswith('[') else value}")
        entry = f"[{', '.join(str(place) for place in point.entry)}]" if point.entry else ""
        shown = ("left", "right") if len(sides) > 1 else ("value",)
        for name, side in zip(shown, sides, strict=True):
            indexed = entry if side.shape != () else ""
            lines.append(f"{name} = {python(side, names)}{indexed}")
        lines.append(f"print({', '.join(shown)})")
    except (DeriveError, KeyError):
        return ""
    if any("math.prod" in line for line in lines):
        lines.insert(0, "import math\n")
    return "\n".join(lines) + "\n"


def _number(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_number(part) for part in value) + "]"
    exact = Fraction(str(value))
    if max(abs(exact.numerator), exact.denominator) > 10**12:
        return repr(float(exact))
    return f"{exact.numerator}.0" if exact.denominator == 1 else f"{exact.numerator} / {exact.denominator}"
