"""Formulas as presentation MathML (its Core, which browsers draw by themselves): text and a few elements, nothing that acts."""

from __future__ import annotations

import html
import re

from derive.formula import Formula
from derive.notation import text_writer
from derive.notation.boxes import (
    BIG,
    SPACE,
    THIN,
    Box,
    Brackets,
    EvaluationBar,
    Fraction,
    Row,
    Scripted,
    Sign,
    is_tall,
    parse,
)
from derive.notation.conventions import Convention, convention
from derive.notation.layout import lay_out

_RELATIONS = {
    r"\le": "≤",
    r"\ge": "≥",
    r"\ne": "≠",
    r"\not\equiv": "≢",
    r"\equiv": "≡",
    r"\approx": "≈",
    r"\simeq": "≃",
    r"\sim": "∼",
    r"\propto": "∝",
    r"\leftarrow": "←",
    r"\to": "→",
    r"\implies": "⟹",
    r"\iff": "⟺",
    ":=": ":=",
}
_OPERATORS = frozenset("+−=<>/·,;:∂∇∫∗*±×!") | frozenset(_RELATIONS.values())
_MARKED = {"?=": "?", r"\overset{!}{=}": "!", r"\overset{?}{=}": "?"}
"""Equality signs with something above them."""
_SEPARATED = {r"\mid": "|", r"\|": "‖"}
_ACCENTS = {
    **dict.fromkeys(("hat", "widehat"), "^"),
    **dict.fromkeys(("tilde", "widetilde"), "~"),
    **dict.fromkeys(("bar", "overline"), "‾"),
    "dot": "˙",
    "ddot": "¨",
    "vec": "→",
    "check": "ˇ",
    "breve": "˘",
}
_ACCENTED = re.compile(rf"\\({'|'.join(_ACCENTS)})\{{(.*)\}}", re.DOTALL)
_FUNCTIONS = (r"\log", r"\ln", r"\exp", r"\cos", r"\sin")
_GAP = '<mspace width="0.167em"/>'


def mathml(formula: Formula, notation: Convention | None = None) -> str:
    """The formula as the inside of a ``math`` element, in the letters of ``notation`` (by default CS229's).

    Raises:
        UnsupportedError: a function that has no notation.
    """
    return render(lay_out(formula, notation or convention()))


def render(box: Box, *, small: bool = False) -> str:
    """A box as one element; what is written in it is text. ``small`` says that it stands in a script, where nothing is tall.

    >>> render(Scripted(Sign("x"), Sign("i")))
    '<msub><mi>x</mi><mi>i</mi></msub>'
    """
    match box:
        case Sign(tex):
            return _sign(tex)
        case Row(parts):
            return f"<mrow>{_joined(parts, small)}</mrow>"
        case Scripted(base, below, above):
            return _scripted(base, below, above, small)
        case Fraction(above, below, rational):
            drawn = f"<mfrac>{render(above, small=small)}{render(below, small=small)}</mfrac>"
            return f'<mstyle displaystyle="false">{drawn}</mstyle>' if rational else drawn
        case Brackets(inside, soft=True):
            return render(inside, small=small)
        case Brackets(inside, bars):
            left, right = ("|", "|") if bars else ("(", ")")
            tall = not small and is_tall(inside)
            return f"<mrow>{_bracket(left, 'prefix', tall)}{render(inside, small=small)}{_bracket(right, 'postfix', tall)}</mrow>"
        case EvaluationBar(inside, condition):
            bar = _bracket("|", "postfix", True)
            return f"<msub><mrow>{render(inside, small=small)}{bar}</mrow>{render(condition, small=True)}</msub>"


def _joined(parts: tuple[Box, ...], small: bool) -> str:
    """Side by side. A space between factors is none, as in LaTeX; some stands around the name of a function."""
    pieces: list[str] = []
    before: Box | None = None
    for part in parts:
        if part == SPACE:
            continue
        opened = isinstance(part, Brackets) and not part.soft
        if before is not None and ((_is_name(before) and not opened) or (_is_name(part) and not _is_sign(before))):
            pieces.append(_GAP)
        pieces.append(render(part, small=small))
        before = part
    return "".join(pieces)


def _is_sign(box: Box) -> bool:
    """Whether it brings space of its own, or wants none: an operator, a bracket, a sum sign with its limits, a space."""
    held = box.base if isinstance(box, Scripted) else box
    if not isinstance(held, Sign) or held.tex in (r"\nabla", r"\partial"):
        return False
    return held.tex in BIG or not _sign(held.tex).startswith(("<mi", "<mn"))


def _is_name(box: Box) -> bool:
    """Whether it is the name of a function, behind which its argument stands."""
    return isinstance(box, Sign) and (box.tex in _FUNCTIONS or box.tex.startswith(r"\operatorname"))


def _bracket(sign: str, form: str, tall: bool) -> str:
    return f'<mo form="{form}" stretchy="{str(tall).lower()}">{sign}</mo>'


def _scripted(base: Box, below: Box | None, above: Box | None, small: bool) -> str:
    held = render(base, small=small)
    scripts = [render(script, small=True) for script in (below, above) if script is not None]
    if not scripts:
        return held
    names = ("munder", "mover", "munderover") if isinstance(base, Sign) and base.tex in BIG else ("msub", "msup", "msubsup")
    name = names[2] if len(scripts) == 2 else names[1] if below is None else names[0]
    return f"<{name}>{held}{''.join(scripts)}</{name}>"


def _sign(tex: str) -> str:
    if tex in (" ", ""):
        return "<mrow></mrow>"
    if tex == THIN.tex:
        return _GAP
    if tex == r"\quad":
        return '<mspace width="1em"/>'
    if tex in _MARKED:
        return f"<mover><mo>=</mo><mo>{_MARKED[tex]}</mo></mover>"
    if tex in ("(", ")", "[", "]"):
        return f'<mo stretchy="false">{tex}</mo>'
    if tex in _SEPARATED:
        return f'<mo stretchy="false" lspace="0.22em" rspace="0.22em">{_SEPARATED[tex]}</mo>'
    if accented := _ACCENTED.fullmatch(tex):
        mark = f'<mo stretchy="{str(accented[1].startswith(("wide", "over"))).lower()}">{_ACCENTS[accented[1]]}</mo>'
        return f'<mover accent="true">{render(parse(accented[2]))}{mark}</mover>'
    text = _RELATIONS.get(tex) or text_writer.sign_of(tex).lstrip("\\")
    written = html.escape(text)
    if text.isdecimal():
        return f"<mn>{written}</mn>"
    if text in _OPERATORS or tex in BIG:
        return f"<mo>{written}</mo>"
    if text == "′":
        return f'<mo lspace="0" rspace="0">{written}</mo>'
    # A lone letter is drawn slanted unless it is said not to be: capital Greek is upright, and words are anyway.
    upright = len(text) == 1 and (tex.startswith(r"\mathrm") or "\u0391" <= text <= "\u03a9")
    return f'<mi mathvariant="normal">{written}</mi>' if upright else f"<mi>{written}</mi>"
