r"""Formulas as LaTeX that people paste into their notes (amsmath is all it needs)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from derive.formula import Formula
from derive.notation.boxes import BIG, Box, Brackets, EvaluationBar, Fraction, Row, Scripted, Sign, is_tall
from derive.notation.conventions import GREEK, Convention, convention
from derive.notation.layout import lay_out

_WORDS = frozenset(
    {
        *GREEK,
        *(f"var{letter}" for letter in ("epsilon", "theta", "pi", "rho", "sigma", "phi", "kappa")),
        *("ell", "hbar", "imath", "jmath", "nabla", "partial", "infty", "dagger", "star", "ast", "prime", "circ", "top", "bot"),
        *("sum", "prod", "int", "log", "ln", "exp", "det", "cos", "sin", "max", "min", "arg", "tr", "mid", "vert", "Vert"),
        *("cdot", "times", "le", "ge", "ne", "in", "sim", "propto", "implies", "iff", "not", "equiv", "dots", "ldots", "quad"),
        *("approx", "simeq", "leftarrow", "to"),
        *("hat", "widehat", "tilde", "widetilde", "bar", "overline", "dot", "ddot", "vec", "check", "breve", "overset"),
        *("mathrm", "mathbf", "mathcal", "mathbb", "mathfrak", "mathsf", "mathit", "boldsymbol", "operatorname", "text", "bf"),
        *("frac", "tfrac", "left", "right", "bigl", "bigr", "lvert", "rvert", "lVert", "rVert", "langle", "rangle"),
    }
)
"""The control words that stand for a sign, an accent or a font."""
_PARTS = re.compile(
    r"\\(?P<word>[A-Za-z]+)|\\[,;:!>|{} #$%&_]|(?P<active>[$%#~&\\])"
    r"|(?P<tag><)(?=[A-Za-z/!?])|(?P<link>:(?=/)|(?<=w)\.|@|\](?=[(:\[]))|(?P<far>[^\x20-\x7e]|`|\^(?=\^|$))",
    re.DOTALL,
)
_APART = re.compile(r"<[A-Za-z/!?]|:/|w\.|@|.@|\][(:\[]")
"""Two signs that would begin a tag, or a link, where LaTeX stands in Markdown."""


def latex(formula: Formula, notation: Convention | None = None) -> str:
    r"""The formula in LaTeX, without dollar signs, in the letters of ``notation`` (by default CS229's).

    Raises:
        UnsupportedError: a function that has no notation.
    """
    return render(lay_out(formula, notation or convention()))


def render(box: Box, *, small: bool = False) -> str:
    """A box in LaTeX; braces are always balanced. ``small`` says that it stands in a script, where nothing is tall."""
    match box:
        case Sign(tex):
            return inert(tex)
        case Row(parts):
            return _join(render(part, small=small) for part in parts)
        case Scripted(base, below, above):
            return _scripted(base, below, above, small)
        case Fraction(above, below, rational):
            return _fraction(render(above, small=small), render(below, small=small), rational)
        case Brackets(inside, soft=True):
            return render(inside, small=small)
        case Brackets(inside, bars):
            return _brackets(inside, bars, small)
        case EvaluationBar(inside, condition):
            return f"\\left. {render(inside, small=small)} \\right|_{{{render(condition, small=True)}}}"


def inert(tex: str) -> str:
    r"""A sign that cannot do anything: a letter may be called ``\input`` by its author, and is written as that word.

    >>> inert(r"\hat{\mu}"), inert(r"\input"), inert("%")
    ('\\hat{\\mu}', '\\mathrm{input}', '\\%')
    """

    def one(met: re.Match[str]) -> str:
        if met["word"]:
            return met[0] if met["word"] in _WORDS else f"\\mathrm{{{met['word']}}}"
        if met["active"]:
            return r"\mathrm{\sim}" if met[0] == "~" else r"{\setminus}" if met[0] == "\\" else f"\\{met[0]}"
        if met["tag"] or met["link"]:
            return f" {met[0]} "  # in Markdown they would begin one
        if met["far"]:  # of carets two would spell any character
            return f"\\mathrm{{u{ord(met[0]):04X}}}"
        return met[0]

    return _PARTS.sub(one, tex) if re.search(r"[^A-Za-z0-9 ,.;:+=()'-]", tex) else tex


def _join(parts: Iterable[str]) -> str:
    """Side by side, with a space where a control word would swallow the letter behind it, or ``<`` begin a tag with it."""
    text = ""
    for part in parts:
        swallowed = re.search(r"\\[A-Za-z]+$", text) and part[:1].isalpha()
        text += f" {part}" if swallowed or _APART.fullmatch(text[-1:] + part[:1]) else part
    # Operators and \left bring a thin space of their own.
    return re.sub(r"\\,(?=\\(?:left|log|ln|exp|sum|prod|operatorname)(?![A-Za-z]))", " ", text)


def _scripted(base: Box, below: Box | None, above: Box | None, small: bool) -> str:
    inside = render(base, small=small)
    if isinstance(base, Scripted) or (isinstance(base, Row) and not (base.parts and isinstance(base.parts[-1], Brackets))):
        inside = f"{{{inside}}}"
    big = isinstance(base, Sign) and base.tex in BIG
    for mark, script in (("_", below), ("^", above)):
        if script is not None:
            text = render(script, small=True)
            inside += mark + (text if not big and re.fullmatch(r"[A-Za-z0-9*]", text) else f"{{{text}}}")
    return inside


def _fraction(above: str, below: str, rational: bool) -> str:
    if not rational:
        return f"\\frac{{{above}}}{{{below}}}"
    return f"\\tfrac{above}{below}" if len(above) == len(below) == 1 else f"\\tfrac{{{above}}}{{{below}}}"


def _brackets(inside: Box, bars: bool, small: bool) -> str:
    left, right = (r"\lvert", r"\rvert") if bars else ("(", ")")
    text = render(inside, small=small)
    if not small and is_tall(inside):
        return f"\\left{left} {text} \\right{right}"
    if not small and _has_brackets(inside):
        left, right = f"\\bigl{left}", f"\\bigr{right}"
    return f"{_join((left, text))}{right}"


def _has_brackets(box: Box) -> bool:
    match box:
        case Row(parts):
            return any(_has_brackets(part) for part in parts)
        case Scripted(base):
            return _has_brackets(base)
        case Brackets(inside, soft=soft):
            return not soft or _has_brackets(inside)
        case Sign(tex):
            return tex == "("
        case _:
            return False
