"""Boxes: how a formula stands on the page, before anyone decides between LaTeX and Unicode text.

A box names its signs by their LaTeX spelling (``\\mu``, ``\\sum``). ``parse`` reads the small LaTeX in which the
conventions are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

Box = "Sign | Row | Raised | Fraction | Brackets | Bar"


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: a letter, a control word such as ``\\mu`` or ``\\mathrm{KL}``, or a space."""

    tex: str


@dataclass(frozen=True, slots=True)
class Row:
    """Boxes side by side."""

    parts: tuple[Sign | Row | Raised | Fraction | Brackets | Bar, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """A base with what stands below and above at its right; sum signs with their limits too."""

    base: Sign | Row | Raised | Fraction | Brackets | Bar
    below: Sign | Row | Raised | Fraction | Brackets | Bar | None = None
    above: Sign | Row | Raised | Fraction | Brackets | Bar | None = None


@dataclass(frozen=True, slots=True)
class Fraction:
    """``above`` over ``below``; a ``small`` one is a rational number in front of a product."""

    above: Sign | Row | Raised | Fraction | Brackets | Bar
    below: Sign | Row | Raised | Fraction | Brackets | Bar
    small: bool = False


@dataclass(frozen=True, slots=True)
class Brackets:
    """Something in brackets. ``soft`` ones are needed only where fractions are written on one line."""

    inside: Sign | Row | Raised | Fraction | Brackets | Bar
    bars: bool = False
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """An evaluation bar: ``inside`` at ``condition``."""

    inside: Sign | Row | Raised | Fraction | Brackets | Bar
    condition: Sign | Row | Raised | Fraction | Brackets | Bar


SPACE = Sign(" ")
THIN = Sign(r"\,")
_TOKEN = re.compile(r"\\(?:mathrm|mathcal|operatorname)\{(?:[^{}\\]|\\.)*\}|\\[A-Za-z]+ ?|\\.|\s+|.")


def row(*parts: AnyBox) -> AnyBox:
    """Boxes side by side, rows inside rows taken apart."""
    flat = tuple(piece for part in parts for piece in (part.parts if isinstance(part, Row) else (part,)))
    return flat[0] if len(flat) == 1 else Row(flat)


@lru_cache(maxsize=4096)
def parse(tex: str) -> AnyBox:
    """The box of a piece of LaTeX made of signs, ``_{..}`` and ``^{..}``.

    >>> parse("w_j")
    Raised(base=Sign(tex='w'), below=Sign(tex='j'), above=None)
    """
    tokens = _TOKEN.findall(tex)
    tokens.reverse()
    return _row(tokens)


def _row(tokens: list[str]) -> AnyBox:
    parts: list[AnyBox] = []
    while tokens and tokens[-1] != "}":
        token = tokens.pop()
        if token in ("_", "^"):
            script = _group(tokens)
            last = parts.pop() if parts else Row(())
            base, below, above = (last.base, last.below, last.above) if isinstance(last, Raised) else (last, None, None)
            parts.append(Raised(base, script, above) if token == "_" else Raised(base, below, script))
        elif token == "{":
            tokens.append(token)
            parts.append(_group(tokens))
        else:
            parts.append(SPACE if token.isspace() else Sign(token.strip() if token != r"\ " else token))
    return row(*parts) if parts else Row(())


def _group(tokens: list[str]) -> AnyBox:
    if not tokens or tokens[-1] != "{":
        return Sign(tokens.pop().strip()) if tokens else Row(())
    tokens.pop()
    inside = _row(tokens)
    if tokens:
        tokens.pop()
    return inside


AnyBox = Sign | Row | Raised | Fraction | Brackets | Bar
