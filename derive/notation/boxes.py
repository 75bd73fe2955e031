"""Boxes: how a formula stands on the page, before anyone decides between LaTeX and Unicode text.

A box names its signs by their LaTeX spelling (``\\mu``, ``\\sum``). ``parse`` reads the small LaTeX in which the
conventions are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: a letter, a control word such as ``\\mu`` or ``\\mathrm{KL}``, or a space."""

    tex: str


@dataclass(frozen=True, slots=True)
class Row:
    """Boxes side by side."""

    parts: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Scripted:
    """A base with what stands below and above at its right; sum signs with their limits too."""

    base: Box
    below: Box | None = None
    above: Box | None = None


@dataclass(frozen=True, slots=True)
class Fraction:
    """``above`` over ``below``; a ``small`` one is a rational number."""

    above: Box
    below: Box
    small: bool = False


@dataclass(frozen=True, slots=True)
class Brackets:
    """Something in brackets or between bars. ``soft`` brackets are needed only where fractions stay on one line."""

    inside: Box
    bars: bool = False
    soft: bool = False


@dataclass(frozen=True, slots=True)
class EvaluationBar:
    """``inside`` at ``condition``."""

    inside: Box
    condition: Box


Box = Sign | Row | Scripted | Fraction | Brackets | EvaluationBar

SPACE = Sign(" ")
THIN = Sign(r"\,")
NOTHING = Row(())
BIG = (r"\sum", r"\prod")
"""Signs whose limits stand below and above them."""
ACCENTS = ("hat", "widehat", "tilde", "widetilde", "bar", "overline", "dot", "ddot", "vec", "check", "breve")
BOLD = ("mathbf", "boldsymbol", "bm", "bf", "pmb")
_LETTERS = "|".join((*ACCENTS, *BOLD, "mathbb", "mathfrak", "mathsf"))
_TOKEN = re.compile(
    r"\\(?:mathrm|mathcal|operatorname)\{(?:[^{}\\]|\\.)*\}"
    rf"|\\(?:{_LETTERS})\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}"  # \hat{m} is one sign
    r"|\\[A-Za-z]+|\\.|\s+|."
)


def row(*parts: Box) -> Box:
    """Boxes side by side, rows inside rows taken apart."""
    flat = tuple(piece for part in parts for piece in (part.parts if isinstance(part, Row) else (part,)))
    return flat[0] if len(flat) == 1 else Row(flat)


@lru_cache(maxsize=4096)
def parse(tex: str) -> Box:
    """The box of a piece of LaTeX made of signs, ``_{..}`` and ``^{..}``; an empty script is dropped.

    >>> parse("w_j^{}")
    Scripted(base=Sign(tex='w'), below=Sign(tex='j'), above=None)
    """
    return _read(_TOKEN.findall(tex)[::-1])


def _read(tokens: list[str]) -> Box:
    """The boxes up to the closing brace or the end; ``tokens`` is a stack and is used up."""
    parts: list[Box] = []
    while tokens and tokens[-1] != "}":
        token = tokens.pop()
        if token in ("_", "^"):
            script = _group(tokens)
            last = parts.pop() if parts else NOTHING
            held = last if isinstance(last, Scripted) else Scripted(last)
            if script != NOTHING:
                held = Scripted(held.base, script, held.above) if token == "_" else Scripted(held.base, held.below, script)
            parts.append(held if held.below or held.above else held.base)
        elif token == "{":
            parts.append(_braced(tokens))
        else:
            parts.append(SPACE if token.isspace() else Sign(token))
    return row(*parts)


def _braced(tokens: list[str]) -> Box:
    inside = _read(tokens)
    if tokens:
        tokens.pop()
    return inside


def _group(tokens: list[str]) -> Box:
    """What a script mark applies to: one sign, or what the braces hold."""
    if not tokens:
        return NOTHING
    token = tokens.pop()
    return _braced(tokens) if token == "{" else Sign(token)


def is_tall(box: Box) -> bool:
    """Whether it stands higher than brackets of the usual sizes."""
    match box:
        case Fraction():
            return not box.small
        case EvaluationBar():
            return True
        case Row(parts):
            return any(is_tall(part) for part in parts)
        case Scripted(base):
            return (isinstance(base, Sign) and base.tex in BIG) or is_tall(base)
        case Brackets(inside):
            return is_tall(inside)
        case Sign():
            return False
