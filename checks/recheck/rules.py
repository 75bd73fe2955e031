"""The rules of proofs that hold for any trees, and what trees ask for to have a value."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from checks.recheck.trees import ONE, Rejected, Tree, less, number, places, plus, power, times


def whole(value: str) -> bool:
    return Fraction(value).denominator == 1


def axiom(name: str, told: Any) -> tuple[Tree, ...]:
    """Two trees that are equal wherever both are defined, and whatever else is named behind them."""
    match name, told:
        case "powers", (u, p, q):
            return times(power(u, p), power(u, q)), power(u, Fraction(p) + Fraction(q))
        case "power of a power", (u, p, q):
            return power(power(u, p), q), power(u, Fraction(p) * Fraction(q)), *(() if whole(q) else (("log", u),))
        case "power of a product", (q, *us):
            return power(("multiply", *us), q), times(*(power(u, q) for u in us))
        case "power by a logarithm", (u, t):
            return ("power", u, t), ("exp", times(t, ("log", u)))
        case "exponential of a sum", (*ts,):
            return ("exp", ("add", *ts)), times(*(("exp", t) for t in ts))
        case "exponential of a multiple", (q, t):
            return ("exp", times(number(q), t)), power(("exp", t), q)
        case "exponential of a logarithm", (u,):
            return ("exp", ("log", u)), u
        case "logarithm of an exponential", (t,):
            return ("log", ("exp", t)), t
        case "logarithm of a product", (*us,):
            return ("log", ("multiply", *us)), plus(*(("log", u) for u in us))
        case "logarithm of a power", (u, t):
            return ("log", ("power", u, t)), times(t, ("log", u))
        case "product", (i, u):
            return ("product", i, u), ("exp", ("sum", i, ("log", u)))
        case "gamma", (u,):
            return ("function", "gamma", u), ("exp", ("function", "loggamma", u))
        case "sine squared", (u,):
            return power(("function", "sin", u), 2), less(ONE, power(("function", "cos", u), 2))
        case "inverse transposed", (a, b, r, c, u):
            return ("inverse", a, b, r, c, u), ("inverse", b, a, c, r, u)
        case "determinant transposed", (r, c, u):
            return ("determinant", r, c, u), ("determinant", c, r, u)
        case _:
            raise Rejected(f"an unknown rule: {name}")


def duties(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """What must not be zero, or must be positive, for a tree to have a value."""
    yield from duties_of_node(tree)
    for kind, part in places(tree):
        if kind in "tu":
            yield from duties(part)


def duties_of_node(node: Tree) -> Iterator[tuple[str, Tree]]:
    """What a node itself asks for, its parts apart."""
    match node:
        case ("divide", _, part):
            yield "nonzero", part
        case ("log", part) | ("function", "loggamma" | "gamma" | "digamma" | "trigamma", part):
            yield "positive", part
        case ("power", part, ("number", text)) if whole(text):
            if Fraction(text) < 0:
                yield "nonzero", part
        case ("power", part, _):
            yield "positive", part
        case ("inverse", _, _, r, c, part):
            yield "nonzero", ("determinant", r, c, part)
        case _:
            pass
