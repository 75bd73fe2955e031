"""Sentences with names in them, for a reader of one convention and one medium."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from derive.errors import UnknownNameError
from derive.notation import latex_writer, text_writer
from derive.notation.boxes import SPACE, Box, Sign, parse, row
from derive.notation.conventions import Convention, generic
from derive.notation.layout import Layout

_FORMAL = {"w": "ij", "psi": "ij", "p": "ij", "f": "ij", "alpha": "j"}
"""The abbreviations that are named with their indices when nothing else is said."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How a name and the words around it are written in a medium."""

    name: Callable[[Box], str]
    words: Callable[[str], str]


def fill(template: str, convention: Convention, style: str, more: Mapping[str, str]) -> str:
    """See ``Convention.fill``."""
    if style not in _STYLES:
        raise UnknownNameError.among("style", style, _STYLES)
    chosen = _STYLES[style]
    # Quotation marks first, since a pair may enclose a name.
    parts = re.split(r"\{(\w+)\}", re.sub(r'"([^"]*)"', r"“\1”", template))
    return "".join(
        chosen.name(_named(more.get(part, part), convention)) if place % 2 else chosen.words(part)
        for place, part in enumerate(parts)
    )


def _named(name: str, convention: Convention) -> Box:
    """The box of a placeholder."""
    layout = Layout(convention)
    if name in convention.sizes:
        return layout.size(name)
    if name in convention.indices:
        return parse(convention.index(name))
    if name in _phrases(convention):
        return _phrases(convention)[name]
    head, _, tail = name.partition("_")
    if head in convention.spellings and not tail:
        if head in _FORMAL:
            return layout.name(head, _letters(_FORMAL[head], convention), moves=head not in ("w", "psi", "alpha"))
        spelling = convention.spellings[head]
        return parse(spelling.letter) if "#1" in spelling.plain or "#*" in spelling.plain else layout.name(head, [])
    declared = head in convention.spellings or not generic(head).startswith(r"\mathrm")
    if declared and tail and set(tail) <= set(convention.indices):
        return layout.symbol(head, _letters(tail, convention))
    raise UnknownNameError.among("placeholder", name, [*convention.sizes, *convention.spellings, *_phrases(convention)])


def _letters(indices: str, convention: Convention) -> list[str]:
    return [convention.index(index) for index in indices]


def _phrases(convention: Convention) -> dict[str, Box]:
    """The placeholders that are not names of symbols, sizes or indices."""
    layout = Layout(convention)
    logarithm = Sign(convention.logarithm)
    own = _letters("ij", convention)
    moving = layout.name("w", own)
    return {
        "w_moving": moving,
        "ell": layout.name("l", []),
        "theta": parse(convention.theta),
        "theta_t": parse(convention.theta_t),
        "dp": row(Sign(r"\partial"), SPACE, layout.name("p", own)),
        "minus_w_log_w": row(Sign("-"), moving, SPACE, logarithm, SPACE, moving),
        "log_phi": row(logarithm, SPACE, layout.symbol("phi", own[1:])),
        "log_alpha": row(logarithm, SPACE, layout.symbol("alpha", own[1:])),
        "C": layout.symbol("C", _letters("s", convention)),
    }


# LaTeX's text mode; relations go into mathematics.
_LATEX = str.maketrans(
    {
        "“": "``",
        "”": "''",
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "#$%&_{}"},
        **{sign: f"${sign}$" for sign in "<>|"},
    }
)

_STYLES = {
    "text": _Style(text_writer.render, lambda words: words),
    "latex": _Style(lambda box: f"${latex_writer.render(box)}$", lambda words: words.translate(_LATEX)),
    "markdown": _Style(lambda box: f"${latex_writer.render(box)}$", lambda words: re.sub(r"([\\`*_\[\]<>$])", r"\\\1", words)),
}
