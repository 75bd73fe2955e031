"""How wide a formula will stand on a page, estimated from its boxes, and where it is broken if that is too wide."""

from __future__ import annotations

import re

from derive.notation.boxes import BIG, SPACE, Box, Brackets, EvaluationBar, Fraction, Row, Scripted, Sign

EM = 10.95
"""In points, for a text at 11 points."""
_OPERATORS = {r"\sum": 1.45, r"\prod": 1.3, r"\log": 1.45, r"\ln": 1.0, r"\exp": 1.7, r"\nabla": 0.85, r"\partial": 0.55}
_SPACED = {"=": 1.35, "+": 1.25, "-": 1.25, ":=": 1.7, "/": 0.5, r"\cdot": 0.75, r"\mid": 0.85, r"\,": 0.17, " ": 0.0, ",": 0.45}
_NARROW = {"(": 0.39, ")": 0.39, ";": 0.45, "i": 0.36, "j": 0.43, "l": 0.33, "t": 0.37, "'": 0.2, r"\|": 0.6}


def width(box: Box, scale: float = 1.0) -> float:
    """About how wide a box is in a display, in points, rather too much than too little."""
    match box:
        case Sign(tex):
            return scale * EM * _sign(tex)
        case Row(parts):
            return sum(width(part, scale) for part in parts)
        case Scripted(base, below, above):
            scripts = [width(script, 0.72 * scale) for script in (below, above) if script is not None]
            if isinstance(base, Sign) and base.tex in BIG:
                return max(width(base, scale), *scripts, 0.0) + 0.2 * EM
            return width(base, scale) + max(scripts, default=0.0) + 0.05 * EM
        case Fraction(above, below, small):
            return max(width(above, scale * (0.72 if small else 1)), width(below, scale * (0.72 if small else 1))) + 0.3 * EM
        case Brackets(inside, bars, soft):
            return width(inside, scale) + (0.0 if soft else (0.6 if bars else 1.05) * scale * EM)
        case EvaluationBar(inside, condition):
            return width(inside, scale) + width(condition, 0.78 * scale) + 0.6 * EM


def _sign(tex: str) -> float:
    for table in (_OPERATORS, _SPACED, _NARROW):
        if tex in table:
            return table[tex]
    word = re.fullmatch(r"\\(mathrm|mathcal|operatorname)\{(.*)\}", tex)
    if word:
        return 0.5 * len(word[2]) + 0.25
    if tex.startswith("\\"):
        return 0.8 if tex[1:2].isupper() else 0.65
    return 0.51 if tex.isdigit() else 0.85 if tex.isupper() else 0.62


def broken(box: Box, room: float) -> list[Box]:
    """A formula in rows of at most ``room`` points, broken before its signs and else between its factors."""
    if width(box) <= room or not isinstance(box, Row):
        return [box]
    for pieces in (_at_signs(box), _at_factors(box)):
        if len(pieces) < 2:
            continue
        rows: list[list[Box]] = [[]]
        for piece in pieces:
            if rows[-1] and width(Row((*rows[-1], *piece))) > room:
                rows.append([])
            rows[-1] += piece
        if all(width(Row(tuple(line))) <= room for line in rows):
            return [Row(tuple(line)) for line in rows]
    return [box]


def _at_signs(box: Row) -> list[list[Box]]:
    """The terms of a sum, each with its sign."""
    pieces: list[list[Box]] = [[]]
    for place, part in enumerate(box.parts):
        if place and part in (Sign("+"), Sign("-")) and box.parts[place - 1] == SPACE:
            pieces.append([])
        pieces[-1].append(part)
    return pieces


def _at_factors(box: Row) -> list[list[Box]]:
    pieces: list[list[Box]] = [[]]
    for part in box.parts:
        if part == SPACE and pieces[-1] and not _goes_on(pieces[-1][-1]):
            pieces.append([])
        else:
            pieces[-1].append(part)
    return [piece for piece in pieces if piece]


def _goes_on(box: Box) -> bool:
    """Whether what stands behind it belongs to it: a gradient, a sum, the name of a function."""
    held = box.base if isinstance(box, Scripted) else box
    return isinstance(held, Sign) and held.tex in _OPERATORS
