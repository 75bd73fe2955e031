"""Formulas as one line of Unicode text for the terminal, and such lines broken into rows."""

from __future__ import annotations

import re
import unicodedata

from derive.formula import Formula
from derive.notation.boxes import BOLD, Box, Brackets, EvaluationBar, Fraction, Row, Scripted, Sign, parse
from derive.notation.conventions import GREEK, Convention, convention
from derive.notation.layout import lay_out

_LOWER = str.maketrans(
    "0123456789+−=()aehijklmnoprstuvx",
    "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ",
)
_UPPER = str.maketrans(
    "0123456789+−=()*′abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾*′ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
)
_SIGNS = {
    "-": "−",
    "'": "′",
    r"\,": " ",
    r"\|": "‖",
    r"\cdot": "·",
    r"\ell": "ℓ",
    r"\int": "∫",
    r"\mid": "|",
    r"\nabla": "∇",
    r"\partial": "∂",
    r"\prod": "∏",
    r"\sum": "∑",
    r"\exp": "exp",
    r"\ln": "ln",
    r"\log": "log",
    r"\cos": "cos",
    r"\sin": "sin",
    **{f"\\{name}": letter for name, letter in GREEK.items()},
}

_ACCENTS = {
    **dict.fromkeys(("hat", "widehat"), "\u0302"),
    **dict.fromkeys(("tilde", "widetilde"), "\u0303"),
    **dict.fromkeys(("bar", "overline"), "\u0304"),
    "dot": "\u0307",
    "ddot": "\u0308",
    "vec": "\u20d7",
    "check": "\u030c",
    "breve": "\u0306",
}
"""Signs that stand above the letter before them."""
_FONTS = {**dict.fromkeys(BOLD, "BOLD"), "mathbb": "DOUBLE-STRUCK", "mathfrak": "FRAKTUR"}


def text(formula: Formula, notation: Convention | None = None) -> str:
    """The formula on one line of Unicode text, in the letters of ``notation`` (by default CS229's).

    Raises:
        UnsupportedError: a function that has no notation.
    """
    return render(lay_out(formula, notation or convention()))


def render(box: Box) -> str:
    """A box on one line."""
    match box:
        case Sign(tex):
            return sign_of(tex)
        case Row(parts):
            return re.sub(" {2,}", " ", "".join(render(part) for part in parts))
        case Scripted(base, below, above):
            return render(base) + _script("_", below, _LOWER) + _script("^", above, _UPPER)
        case Fraction(above, below, small):
            return _fraction(render(above), render(below), small)
        case Brackets(inside, bars, soft):
            line = render(inside)
            return f"|{line}|" if bars else line if soft and line == "½" else f"({line})"
        case EvaluationBar(inside, condition):
            return f"{render(inside)}|_{{{render(condition)}}}"


def sign_of(tex: str) -> str:
    """A sign in Unicode, by its LaTeX spelling."""
    word = re.fullmatch(r"\\(?:mathrm|mathcal|operatorname)\{(.*)\}", tex)
    if word:
        return word.group(1).replace("\\", "")
    drawn = re.fullmatch(r"\\([a-z]+)\{(.*)\}", tex)
    if drawn and tex not in _SIGNS:
        inside = render(parse(drawn.group(2)))
        if drawn.group(1) in _ACCENTS:
            return unicodedata.normalize("NFC", inside[:1] + _ACCENTS[drawn.group(1)] + inside[1:])
        return "".join(_in_font(sign, _FONTS.get(drawn.group(1), "")) for sign in inside)
    return _SIGNS.get(tex, tex)


def _in_font(sign: str, font: str) -> str:
    """A letter in another font, where Unicode has it: the bold x beside a plain one is another letter."""
    name = unicodedata.name(sign, "")
    letter = re.fullmatch(r"(?:LATIN|GREEK) (CAPITAL|SMALL) LETTER ([A-Z]+)", name)
    if not letter or not font:
        return sign
    for known in (f"MATHEMATICAL {font} {letter[1]} {letter[2]}", f"{font} {letter[1]} {letter[2]}"):
        try:
            return unicodedata.lookup(known)
        except KeyError:
            continue
    return sign


def _script(mark: str, box: Box | None, table: dict[int, int]) -> str:
    """In small signs where Unicode has every one of them, else in braces."""
    if box is None:
        return ""
    line = render(box)
    return line.translate(table) if all(ord(sign) in table for sign in line) else f"{mark}{{{line}}}"


def _fraction(above: str, below: str, small: bool) -> str:
    if small:
        return "½" if (above, below) == ("1", "2") else f"{above}/{below}"
    if above.startswith("∂"):
        return re.sub(r"∂ (?!ln|log)", "∂", f"{above}/{below}")
    return f"{above} / {below}"


def break_rows(line: str | Formula, width: int, notation: Convention | None = None, *, indent: int = 4) -> list[str]:
    """A line broken into rows of at most ``width`` signs, continuations indented by ``indent``.

    It is broken before +, − and = outside brackets, else behind a sum sign, else between factors; inside brackets only
    where nothing else helps. A piece that is wider than ``width`` stays whole.
    """
    rest = line if isinstance(line, str) else text(line, notation)
    rows: list[str] = []
    margin = ""
    while len(margin) + len(rest) > width:
        places = _places(rest)
        if not places:
            break
        room = width - len(margin)
        fitting = {at: cost + _RAGGED * (1 - at / room) for at, cost in places.items() if at <= room}
        at = min(fitting, key=lambda place: fitting[place]) if fitting else min(places)
        rows.append(margin + rest[:at].rstrip())
        rest = rest[at:].lstrip()
        margin = " " * indent
    rows.append(margin + rest)
    return rows


_RAGGED = 3
"""What an empty row would cost: less than a worse kind of place, so a short row before a sign is kept."""


def _places(line: str) -> dict[int, int]:
    """Where a line may be broken, and what that costs."""
    found: dict[int, int] = {}
    depth = 0
    for at, sign in enumerate(line):
        if sign in "({":
            depth += 1
        elif sign in ")}":
            depth -= 1
        elif sign == " " and at:
            found[at] = 20 * depth + _cost(line[:at].rsplit(" ", 1)[-1], line[at + 1 : at + 2])
    return found


def _cost(before: str, behind: str) -> int:
    if behind in ("+", "−", "=", "≤", "≥"):
        return 0
    if before[:1] in ("∑", "∏", "∫"):
        return 4
    bound_to_next = before in ("+", "−", "=", ":=") or before[:1] in ("∇", "½") or before.endswith(("log", "ln"))
    return 9 if bound_to_next else 5
