r"""Notations: each a record that says where a formula, written by the program, can be written otherwise and mean the same.

A notation finds places in LaTeX, and says what may stand there instead. All are promised by the language of notes, or are what a
reader of notes takes for the same; ``\frac{a}{b}`` and ``\bigl(a b^{-1}\bigr)``, ``\exp(a)`` and ``e^{a}``. None reads a formula:
brackets, braces and letters are all they know.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from derive.notation.surface import GREEK

_LETTER = r"(?:\\(?:bar|hat|tilde)\{[A-Za-z]\}|\\[A-Za-z]+|[A-Za-z])"
_SUB = r"(?:_[A-Za-z0-9]|_\{[^{}]*\})"
_SUP = r"(?:\^\{\([^{}]*\)\})"
ATOM = rf"{_LETTER}{_SUB}?{_SUP}?"
"""A letter with its indices."""
_NAMES = r"(?:tr|diag|diagonal)"
_END = r"(?=\s*(?:$|[-+=)&,]|\\(?:right|bigr|cdot)(?![A-Za-z])))"
"""Where a term ends."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a row's note says of its letters, as far as a notation asks for it.

    ``ranges`` has the last value of each letter that is declared to count from one; ``letters`` are those of data and parameters;
    ``scalar`` says that no vector or matrix is in the row, ``slopes`` that everything that is differentiated is a number.
    """

    letters: tuple[str, ...]
    ranges: Mapping[str, str]
    has_fonts: bool
    scalar: bool
    slopes: bool

    def has(self, letter: str) -> bool:
        """Whether a letter means something of its own in the note."""
        return letter in self.letters or letter in self.ranges or letter in self.ranges.values()


@dataclass(frozen=True, slots=True)
class Spot:
    """A piece of a text, and what may stand there instead."""

    start: int
    end: int
    new: str


Finder = Callable[[str, Setting], Iterator[Spot]]


@dataclass(frozen=True, slots=True)
class Notation:
    """A way of writing: where it can be used in a text; ``macros`` are the definitions that its note needs."""

    name: str
    find: Finder
    macros: tuple[str, ...] = field(default=())

    def used(self, text: str, setting: Setting, rng: random.Random) -> str:
        """The text with this notation at one to three places; the same text where it fits nowhere."""
        for _ in range(rng.randint(1, 3)):
            spots = list(self.find(text, setting))
            if not spots:
                break
            spot = rng.choice(spots)
            text = text[: spot.start] + spot.new + text[spot.end :]
        return text


def closing(text: str, at: int) -> int:
    """Where the brace that opens at a place is closed."""
    depth = 0
    for place in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0) if text[place - 1 : place] != "\\" else 0
        if depth == 0:
            return place
    raise ValueError(text)


@dataclass(frozen=True, slots=True)
class Bracket:
    """Round brackets in a text: where they begin, their inside, where they end."""

    start: int
    inner: int
    shut: int
    end: int

    def inside(self, text: str) -> str:
        return text[self.inner : self.shut].strip()


def brackets(text: str) -> Iterator[Bracket]:
    """All round brackets, sized or not."""
    opened: list[re.Match[str]] = []
    for mark in re.finditer(r"(?:\\(?:left|right|(?:big|Big|bigg|Bigg)[lr]?))?[()]", text):
        if mark.group().endswith("("):
            opened.append(mark)
        elif opened:
            begun = opened.pop()
            yield Bracket(begun.start(), begun.end(), mark.start(), mark.end())


def _replaced(pattern: str, *new: str) -> Finder:
    """Every place of a pattern, with each of several templates for what may stand there."""
    compiled = re.compile(pattern)

    def find(text: str, setting: Setting) -> Iterator[Spot]:
        for met in compiled.finditer(text):
            for template in new:
                if (made := met.expand(template)) != met.group():
                    yield Spot(met.start(), met.end(), made)

    return find


def _swapped(old: str, *new: str) -> Finder:
    """Every place of some signs, with others."""
    return _replaced(re.escape(old) + ("(?![A-Za-z])" if old[-1].isalpha() else ""), *(one.replace("\\", "\\\\") for one in new))


def _where(holds: Callable[[str, Setting], bool], find: Finder) -> Finder:
    """A finder for those rows alone of which something holds."""

    def found(text: str, setting: Setting) -> Iterator[Spot]:
        if holds(text, setting):
            yield from find(text, setting)

    return found


# Sums and products.

_BIG = r"\\(sum|prod)_\{(\w)=1\}\^\{([^{}]*)\}"


def _declared_range(text: str, setting: Setting) -> Iterator[Spot]:
    r"""``\sum_i``, where i is declared to run so far."""
    for met in re.finditer(_BIG, text):
        if setting.ranges.get(met[2]) == met[3]:
            yield Spot(met.start(), met.end(), f"\\{met[1]}_{met[2]}")
            yield Spot(met.start(), met.end(), f"\\{met[1]}\\limits_{{{met[2]}}}")


def _to_the_last(text: str, setting: Setting) -> Iterator[Spot]:
    r"""``\sum_i^n``, where i is declared to run so far."""
    for met in re.finditer(_BIG, text):
        if setting.ranges.get(met[2]) == met[3]:
            yield Spot(met.start(), met.end(), f"\\{met[1]}_{{{met[2]}}}^{{{met[3]}}}")


def _two_at_once(text: str, setting: Setting) -> Iterator[Spot]:
    r"""``\sum_{i,j}`` for two sums of declared ranges."""
    one = r"\\sum_\{(\w)=1\}\^\{(\w)\}"
    for met in re.finditer(f"{one} {one}", text):
        if setting.ranges.get(met[1]) == met[2] and setting.ranges.get(met[3]) == met[4]:
            yield Spot(met.start(), met.end(), f"\\sum_{{{met[1]},{met[3]}}}")
            yield Spot(met.start(), met.end(), f"\\sum_{{{met[1]}, {met[3]}}}")


# Fractions.


def _fractions(text: str) -> Iterator[tuple[int, int, str, str]]:
    """All fractions that are no derivatives: where they begin and end, what is above and what below."""
    for met in re.finditer(r"\\frac(?=\{)", text):
        middle = closing(text, met.end())
        end = closing(text, middle + 1)
        above, below = text[met.end() + 1 : middle], text[middle + 2 : end]
        if "\\partial" not in above and "\\nabla" not in above:
            yield met.start(), end + 1, above, below


def _in_brackets(text: str, start: int, end: int, new: str) -> str:
    """A quotient in brackets, but where it is a term by itself."""
    before, behind = text[:start].rstrip(" &"), text[end:].lstrip()
    alone = (not before or before[-1] in "=+-") and (not behind or behind[0] in "+-")
    return new if alone else f"\\bigl({new}\\bigr)"


def _of_letters(text: str) -> str:
    """A text in brackets, if it is more than a letter."""
    return text if re.fullmatch(rf"{ATOM}|\d+", text) else f"({text})"


def _sizes(text: str, setting: Setting) -> Iterator[Spot]:
    for start, *_ in _fractions(text):
        yield Spot(start, start + len("\\frac"), "\\dfrac")
        yield Spot(start, start + len("\\frac"), "\\tfrac")


def _slash(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, above, below in _fractions(text):
        yield Spot(start, end, _in_brackets(text, start, end, f"({above}) / ({below})"))
        yield Spot(start, end, _in_brackets(text, start, end, f"{_of_letters(above)}/{_of_letters(below)}"))


def _reciprocal(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, above, below in _fractions(text):
        first = "" if above == "1" else f"({above})"
        power = re.fullmatch(rf"({_LETTER}{_SUB}?)\^(\d)", below)
        divided = f"{power[1]}^{{-{power[2]}}}" if power else f"({below})^{{-1}}"
        yield Spot(start, end, _in_brackets(text, start, end, f"{first}{divided}"))


def _numbers_apart(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, above, below in _fractions(text):
        if above != "1" and not re.search(r"\\(?:sum|prod|log|nabla)|[-+]", re.sub(r"\\left\(.*\\right\)", "", above)):
            yield Spot(start, end, _in_brackets(text, start, end, f"\\frac{{1}}{{{below}}} {above}"))


# Brackets.


def _grouping(text: str) -> Iterator[Bracket]:
    """Round brackets around terms; those of arguments and of scripts are left as they are."""
    for bracket in brackets(text):
        inside = bracket.inside(text)
        before = text[: bracket.start]
        of_function = re.search(r"(?<![\\A-Za-z])[A-Za-z]$|[}'0-9]$", before) is not None
        depth = re.sub(r"[_^]?\{[^{}]*\}", "", inside)
        terms = re.search(r"[-+]", re.sub(r"\([^()]*\)", "", depth)) is not None
        if terms and not of_function and not re.search(r"[_^]\{$", before):
            yield bracket


def _shapes(text: str, setting: Setting) -> Iterator[Spot]:
    for bracket in _grouping(text):
        inside = bracket.inside(text)
        for left, right in (
            (r"\left(", r"\right)"),
            (r"\Bigl(", r"\Bigr)"),
            (r"\biggl(", r"\biggr)"),
            (r"\big(", r"\big)"),
            ("(", ")"),
            ("[", "]"),
            (r"\left[", r"\right]"),
            (r"\bigl[", r"\bigr]"),
            (r"\{", r"\}"),
            (r"\left\{", r"\right\}"),
            (r"\Bigl\{", r"\Bigr\}"),
            (r"\lbrack ", r"\rbrack "),
        ):
            yield Spot(bracket.start, bracket.end, f"{left} {inside} {right}")


def _doubled(text: str, setting: Setting) -> Iterator[Spot]:
    for bracket in _grouping(text):
        yield Spot(bracket.start, bracket.end, f"[({bracket.inside(text)})]")


def _around_term(text: str, setting: Setting) -> Iterator[Spot]:
    """Brackets around what a sum covers, where the row is that sum alone."""
    met = re.match(rf"\s*{_BIG}\s+", text)
    rest = text[met.end() :] if met else ""
    outside = re.sub(r"\{[^{}]*\}", "", rest)
    while (fewer := re.sub(r"\{[^{}]*\}|\([^()]*\)", "", outside)) != outside:
        outside = fewer
    if met and not re.search(r"[-+]", outside):
        yield Spot(met.end(), len(text), f"\\Bigl( {rest} \\Bigr)")
        yield Spot(met.end(), len(text), f"\\left[ {rest} \\right]")


# Functions.


def _called(name: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Where a function is called with brackets, and bears no power: where that begins and ends, and its argument."""
    for bracket in brackets(text):
        begun = re.search(rf"\\{name} ?$", text[: bracket.start])
        if begun and text[bracket.end : bracket.end + 1] not in ("^", "!"):
            yield begun.start(), bracket.end, bracket.inside(text)


def _power_of_e(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, inside in _called("exp", text):
        yield Spot(start, end, f"e^{{{inside}}}")


def _brackets_of(name: str) -> Finder:
    def find(text: str, setting: Setting) -> Iterator[Spot]:
        for start, end, inside in _called(name, text):
            for left, right in (
                ("[", "]"),
                (r"\{", r"\}"),
                (r"\left(", r"\right)"),
                (r"\left\{", r"\right\}"),
                (r"\Bigl[", r"\Bigr]"),
            ):
                yield Spot(start, end, f"\\{name}{left}{inside}{right}")

    return find


def _bare_argument(text: str, setting: Setting) -> Iterator[Spot]:
    r"""``\log(x)`` for ``\log x``, where nothing else stands behind."""
    for met in re.finditer(rf"\\log ({ATOM}){_END}", text):
        for left, right in (("(", ")"), (r"\left(", r"\right)"), ("[", "]"), (r"\{", r"\}")):
            yield Spot(met.start(), met.end(), f"\\log{left}{met[1]}{right}")


def _bars(text: str) -> Iterator[tuple[int, int, str]]:
    """Bars around something that has none: where they begin and end, and what is between."""
    for met in re.finditer(r"\\lvert ?((?:(?!\\lvert|\\rvert|\\left|\\right).)*)\\rvert", text):
        yield met.start(), met.end(), met[1].strip()


def _other_bars(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, inside in _bars(text):
        for left, right in (("|", "|"), (r"\left|", r"\right|"), (r"\left\lvert", r"\right\rvert"), (r"\bigl|", r"\bigr|")):
            yield Spot(start, end, f"{left} {inside} {right}")


def _determinant(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, inside in _bars(text):
        if text[end : end + 1] != "^":
            yield Spot(start, end, f"\\det({inside})")
            yield Spot(start, end, f"\\det\\left( {inside} \\right)")
            yield Spot(start, end, f"\\operatorname{{det}}({inside})")
            if re.fullmatch(ATOM, inside) and re.match(_END, text[end:]):
                yield Spot(start, end, f"\\det {inside}")


def _root(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, inside in _bars(text):
        if text.startswith("^{1/2}", end):
            yield Spot(start, end + len("^{1/2}"), f"\\sqrt{{\\lvert {inside}\\rvert}}")
            yield Spot(start, end + len("^{1/2}"), f"\\sqrt{{|{inside}|}}")
    for bracket in brackets(text):
        if text.startswith("^{1/2}", bracket.end) and not re.search(r"[A-Za-z}] ?$", text[: bracket.start]):
            yield Spot(bracket.start, bracket.end + len("^{1/2}"), f"\\sqrt{{{bracket.inside(text)}}}")


_NORMS = (
    (r"\lVert ", r" \rVert^2"),
    (r"\lVert ", r" \rVert_2^2"),
    (r"\| ", r" \|^2"),
    (r"\left\| ", r" \right\|^2"),
    ("|| ", " ||^2"),
)


def _norm(text: str, setting: Setting) -> Iterator[Spot]:
    """The square of a vector's length; what begins with a small letter is no matrix."""
    found = list(brackets(text))
    for first in found:
        inside = first.inside(text)
        for second in found:
            alike = text[first.end : second.start] in ("^T", "^T ") and second.inside(text) == inside
            if alike and text[second.end : second.end + 1] != "^" and re.match(r"[a-z]", inside):
                for left, right in _NORMS:
                    yield Spot(first.start, second.end, f"{left}{inside}{right}")


# Letters and scripts.


_OF_A_LETTER = r"(?:[_^]\{?|\\(?:bar|hat|tilde|boldsymbol|bm|mathrm|mathbf)\{|\{\\bf )$"


def _spots_of_letters(text: str, letters: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Where declared letters stand that are no scripts and not within a word."""
    hidden = re.sub(r"\\(?:operatorname|mathrm|text)\{[^{}]*\}", lambda met: " " * len(met.group()), text)
    for letter in letters:
        pattern = rf"{re.escape(letter)}(?![A-Za-z])" if letter[0] == "\\" else rf"(?<![\\A-Za-z]){letter}(?![A-Za-z])"
        for met in re.finditer(pattern, hidden):
            word = re.search(r"\\[A-Za-z]*$", hidden[: met.start()])
            if word is None and not re.search(_OF_A_LETTER, hidden[: met.start()]):
                yield met.start(), met.end(), letter


def _fonts(text: str, setting: Setting) -> Iterator[Spot]:
    for start, end, letter in _spots_of_letters(text, tuple(letter for letter in setting.letters if letter not in "pPqf")):
        for font in ("boldsymbol", "bm", "mathrm", "mathbf") if letter[0] != "\\" else ("boldsymbol", "bm"):
            yield Spot(start, end, f"\\{font}{{{letter}}}")
        yield Spot(start, end, f"{{\\bf {letter}}}")


_BELOW = {"i": "ᵢ", "j": "ⱼ", "k": "ₖ", "l": "ₗ", "m": "ₘ", "n": "ₙ"}


def _unicode_scripts(text: str, setting: Setting) -> Iterator[Spot]:
    for met in re.finditer(r"_([i-n])(?![A-Za-z])", text):
        after_command = re.search(r"\\[A-Za-z]+$", text[: met.start()])
        yield Spot(met.start(), met.end(), f" {_BELOW[met[1]]}" if after_command else _BELOW[met[1]])
    for met in re.finditer(r"\^2(?!\d)", text):
        yield Spot(met.start(), met.end(), "²")
    if not setting.has("T"):
        for met in re.finditer(r"\^T(?![A-Za-z])", text):
            yield Spot(met.start(), met.end(), "^⊤")


def _unicode_letters(text: str, setting: Setting) -> Iterator[Spot]:
    known = {name: sign for sign, name in reversed(list(GREEK.items()))}
    for met in re.finditer(r"\\([A-Za-z]+)(?![A-Za-z])", text):
        if met[1] in known:
            after_command = re.search(r"\\[A-Za-z]+$", text[: met.start()])
            yield Spot(met.start(), met.end(), f" {known[met[1]]}" if after_command else known[met[1]])


# Products.


def _dots(text: str, setting: Setting) -> Iterator[Spot]:
    """A sign between two scalar factors, where nothing without brackets covers the product."""
    for met in re.finditer(r"(?<=[A-Za-z0-9})!])(?<!\\right\))(?:\\,| )(?=\\?[A-Za-z(])", text):
        before = re.split(r"[-+=]|(?<![A-Za-z])[({]", text[: met.start()])[-1]
        behind = text[met.end() :]
        covered = re.search(r"\\(?:log|ln|exp|nabla|partial|sum|prod|left|bigl|operatorname|frac)(?![A-Za-z])", before)
        command = re.search(r"\\[A-Za-z]+$", text[: met.start()])
        name = command.group()[1:] if command else ""
        signs = re.match(r"\\(?:right|[bB]igg?(?![a-z])|[bB]igg?r|rbrack|mid|cdot|times|in|rvert|lvert|to)(?![A-Za-z])", behind)
        slope = re.search(r"\\frac\{\\partial\}\{\\partial [^{}]*(?:\{[^{}]*\}[^{}]*)*\}$", text[: met.start()])
        limits = slope or re.search(r"\\(?:sum|prod)(?:\\(?:no)?limits)?(?:[_^](?:\{[^{}]*\}|\w))*$", text[: met.start()])
        if not covered and not limits and not signs and (not name or name in GREEK.values()):
            yield Spot(met.start(), met.end(), r" \cdot ")
            yield Spot(met.start(), met.end(), r" \times ")


# Derivatives.


def _operator(text: str, setting: Setting) -> Iterator[Spot]:
    r"""``\frac{\partial}{\partial x} f`` in brackets, for ``\frac{\partial f}{\partial x}``."""
    for met in re.finditer(rf"\\frac\{{\\partial ({ATOM}(?:\([^()]*\))?)\}}\{{(\\partial {ATOM})\}}", text):
        yield Spot(
            met.start(), met.end(), _in_brackets(text, met.start(), met.end(), f"\\frac{{\\partial}}{{{met[2]}}} {met[1]}")
        )


FORMULAS: tuple[Notation, ...] = (
    Notation("sums-at-once", _two_at_once),
    Notation("declared-range", _declared_range),
    Notation("sum-to-the-last", _to_the_last),
    Notation("norm", _norm),
    Notation(
        "indicator",
        _replaced(
            r"(?<!\d)(?<!\d )\\delta_\{([a-z])([a-z])\}(?!\^)",
            r"1\\{\1 = \2\\}",
            r"\\mathbb{1}\\{\1=\2\\}",
            r"\\mathbf{1}[\1 = \2]",
            r"[\1 = \2]",
        ),
    ),
    Notation("function-names", _replaced(r"\\(log|exp)(?=\(|\\left\(|\\bigl\()", r"\\operatorname{\1}", r"\\mathrm{\1}")),
    Notation("limits", _replaced(_BIG, r"\\\1\\limits_{\2=1}^{\3}", r"\\\1\\nolimits_{\2 = 1}^{\3}")),
    Notation("limits-swapped", _replaced(_BIG, r"\\\1^{\3}_{\2=1}", r"\\\1\\limits^{\3}_{\2 = 1}")),
    Notation("limits-bare", _replaced(r"\\(sum|prod)_\{(\w)=1\}\^\{(\w)\}", r"\\\1_{\2=1}^\3")),
    Notation("sum-in-brackets", _around_term),
    Notation("numerator-beside", _numbers_apart),
    Notation("reciprocal", _reciprocal),
    Notation("slash", _slash),
    Notation("fraction-sizes", _sizes),
    Notation(
        "number-fractions",
        _replaced(r"\\tfrac(\d)(\d)", r"\\frac{\1}{\2}", r"\\frac\1\2", r"\\dfrac\1\2", r"\\tfrac{\1}{\2}", r"(\1/\2)"),
    ),
    Notation("decimals", _replaced(r"(?<!\d)(?<!\d )\\(?:tfrac12|frac\{1\}\{2\})(?!\d)", r"0.5\\,")),
    Notation("exponent-fraction", _replaced(r"\^\{(\w)/(\w)\}", r"^{\\frac{\1}{\2}}", r"^{\\tfrac{\1}{\2}}")),
    Notation("root", _root),
    Notation("power-of-e", _where(lambda text, setting: not setting.has("e"), _power_of_e)),
    Notation("brackets-of-exp", _brackets_of("exp")),
    Notation("brackets-of-log", _brackets_of("log")),
    Notation("argument-in-brackets", _bare_argument),
    Notation("ln", _swapped(r"\log", r"\ln")),
    Notation("determinant", _determinant),
    Notation("bars", _other_bars),
    Notation("operator-names", _replaced(rf"\\operatorname\{{({_NAMES})\}}", r"\\mathrm{\1}", r"\\text{\1}", r"\\textrm{\1}")),
    Notation("trace", _replaced(r"\\operatorname\{tr\}", r"\\operatorname{Tr}", r"\\mathrm{Tr}", r"\\operatorname{trace}")),
    Notation("inverse-transpose", _replaced(rf"\(({_LETTER})\^\{{-1\}}\)\^T", r"\1^{-T}", r"\1^{-\\top}")),
    Notation(
        "transpose",
        _where(
            lambda text, setting: not setting.has("T"),
            _replaced(
                r"\^T(?![A-Za-z])",
                r"^{T}",
                r"^\\top ",
                r"^{\\top}",
                r"^{\\mathsf{T}}",
                r"^{\\mathsf T}",
                r"^\\intercal ",
                r"^{\\mathrm{T}}",
            ),
        ),
    ),
    Notation("operator-of-slope", _operator),
    Notation(
        "gradient",
        _where(
            lambda text, setting: setting.slopes,
            _replaced(rf"\\nabla_(?:\{{({ATOM})\}}|([A-Za-z]))(?=[ \\])", r"\\frac{\\partial}{\\partial \1\2} "),
        ),
    ),
    Notation("brackets", _shapes),
    Notation("brackets-twice", _doubled),
    Notation("product-signs", _where(lambda text, setting: setting.scalar, _dots)),
    Notation(
        "given",
        _where(
            lambda text, setting: "vert" not in text and "|" not in text, _replaced(r" \\mid ", r" | ", r"\\,|\\,", r" \\vert ")
        ),
    ),
    Notation("braced-scripts", _replaced(r"([_^])([A-Za-z0-9])(?![A-Za-z])", r"\1{\2}", r"\1{ \2 }")),
    Notation("indices-apart", _replaced(r"(?<!\\sum)(?<!\\prod)_\{([a-z])([a-z])\}", r"_{\1,\2}", r"_{\1 \2}", r"_{\1, \2}")),
    Notation("scripts-swapped", _replaced(rf"({_LETTER})(_[A-Za-z])(\^\{{\([a-z]\)\}})", r"\1\3\2")),
    Notation("fonts", _where(lambda text, setting: not setting.has_fonts, _fonts)),
    Notation("macro-transpose", _swapped("^T", r"\tp "), (r"\newcommand{\tp}{^T}",)),
    Notation(
        "macro-inverse",
        _replaced(rf"(?<![A-Za-z\\])({_LETTER}{_SUB}?)\^\{{-1\}}", r"\\inv{\1}"),
        (r"\newcommand{\inv}[1]{#1^{-1}}",),
    ),
    Notation(
        "macro-fraction",
        _replaced(r"\\frac(?=\{)", r"\\ratio"),
        (r"\newcommand{\ratio}[2]{\frac{#1}{#2}}",),
    ),
    Notation(
        "macro-sum",
        _replaced(_BIG.replace("(sum|prod)", "(sum)"), r"\\sumto{\2}{\3}"),
        (r"\newcommand{\sumto}[2]{\sum_{#1=1}^{#2}}",),
    ),
    Notation("macro-operator", _replaced(r"\\operatorname\{tr\}", r"\\trc"), (r"\DeclareMathOperator{\trc}{tr}",)),
    Notation("macro-half", _replaced(r"\\tfrac12", r"\\half "), (r"\def\half{\tfrac12}",)),
    Notation(
        "spaces",
        _replaced(
            r"(?<=[^\\ ])(?<!\\bf) (?=[^ _^])", r"\\,", r"\\;", r"\\:", r"\\!", r" {} ", r"~", r"\\ ", r"\\thinspace ", "  "
        ),
    ),
    Notation("thin-spaces", _replaced(r"\\,", r"\\;", r"\\:", r"\\ ", r"~", r" ", r"\\,\\,", r"\\!")),
    Notation("unicode-signs", _replaced(r"(?<![{^A-Za-z])-", "−")),
    Notation("unicode-operators", _replaced(r"\\sum(?![A-Za-z])", "∑")),
    Notation("unicode-products", _replaced(r"\\prod(?![A-Za-z])", "∏")),
    Notation("unicode-dots", _replaced(r"\\(?:cdot|times)(?![A-Za-z])", "·", "×")),
    Notation("unicode-half", _replaced(r"\\tfrac12(?! ?[\d½])", "½")),
    Notation("unicode-scripts", _unicode_scripts),
    Notation("unicode-slopes", _replaced(r"\\partial(?![A-Za-z])", "∂")),
    Notation("unicode-letters", _unicode_letters),
)
"""In the order in which they are used: each finds what the program writes, or what those before it write."""
