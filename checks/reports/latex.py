r"""The report as a LaTeX document: ``align`` rows that people paste into their notes, reasons beside or above them.

Nothing of it is pasted from anywhere: formulas are written from the tree, text is escaped, verdicts are plain words. How wide a
formula will stand is estimated from its boxes, so that no line runs into the margin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from checks.outline import MEASURED_BY, WEIGHTED_SUM, Account, Instance, Outline, Part, Row, Text, Value, outline
from checks.reports import Page, Report
from checks.widths import EM, broken, width
from derive.notation.boxes import Box, Sign
from derive.notation.conventions import GREEK
from derive.notation.latex_writer import render

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{amsmath,amssymb}
\usepackage[a4paper,margin=25mm]{geometry}
\allowdisplaybreaks
\AtBeginDocument{%
  \setlength{\abovedisplayskip}{6pt plus 3pt}\setlength{\belowdisplayskip}{6pt plus 3pt}%
  \setlength{\abovedisplayshortskip}{6pt plus 3pt}\setlength{\belowdisplayshortskip}{6pt plus 3pt}}
\setlength{\emergencystretch}{3em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 2pt}
"""
SIGNS = {"?=": r"\overset{?}{=}"}

# Widths in points, for the page of the preamble: 160 mm of text at 11 points.
_LINE = 455.0
_NUMBER = 36.0
"""The equation's number and the space before it."""
_GAP = 26.0
"""The least space between a formula and the reason beside it."""
_REASON = (136.0, 230.0)
"""A reason beside a formula has at least and at most this width; a longer one takes several lines."""
_QUAD = 11.0
_INDENT = r"\quad {}"


def write(account: Account, page: Page) -> str:
    """The report as a complete document; the page is the document's own."""
    story = outline(account)
    return "\n".join(_document(story, account)) + "\n"


def _document(story: Outline, account: Account) -> Iterator[str]:
    yield PREAMBLE
    yield "\\begin{document}"
    yield f"\\begin{{center}}\\large\\bfseries {escaped(story.title)}\\end{{center}}"
    asked = False
    for part in story.parts:
        if part.question and not asked:
            asked = True
            yield from _question(story)
        yield f"\n\\{'subsection' if part.question else 'section'}*{{{sentence(part.title)}}}\n"
        yield from _part(part, story)
    if story.assumptions:
        yield "\n\\section*{Assumptions used}\n"
        yield "\\begin{itemize}"
        yield from (f"  \\item {sentence(assumption)}" for assumption in story.assumptions)
        yield "\\end{itemize}"
    yield "\n\\section*{Summary}\n"
    yield summary(story)
    environment = account.environment
    run = f"seed {environment.seed}, points {environment.points}; derive-checks {escaped(environment.tool)}"
    yield f"\n{{\\footnotesize {run}\\par}}"
    yield "\\end{document}"


def _question(story: Outline) -> Iterator[str]:
    """The question and the parts of its answer, each as a sentence, in a frame."""
    yield f"\n\\section*{{{sentence(story.question)}}}\n"
    yield "\\fbox{\\begin{minipage}{\\dimexpr\\linewidth-2\\fboxsep-2\\fboxrule\\relax}\\raggedright"
    yield "\\\\[2pt]\n".join(sentence(part.sentence) for part in story.answer)
    yield "\\end{minipage}}\\par"


def _part(part: Part, story: Outline) -> Iterator[str]:
    if part.introduction:
        yield sentence(part.introduction)
    for group in _groups(part.chains):
        yield from display(group)
        for line in (line for chain in group for line in chain):
            yield from _remarks(line)
    if part.measures:
        where = place_of(story.measured_at, story.measured_over)
        yield f"\\par {MEASURED_BY}{' with ' + where if where else ''}:"
        yield "\\begin{itemize}"
        yield from (f"  \\item {sentence(text)}: ${number(f'{value:.3g}')}$" for text, value in part.measures)
        yield "\\end{itemize}"
    if part.closing:
        yield f"\n{sentence(part.closing)}"


# Displays.


def _groups(chains: Sequence[tuple[Row, ...]]) -> Iterator[list[tuple[Row, ...]]]:
    """Chains that stand in one display: as long as their reasons fit beside them, and nothing is to be said between them."""
    group: list[tuple[Row, ...]] = []
    for chain in chains:
        if group and (_has_remarks(group[-1]) or not _fits_beside([*group, chain])):
            yield group
            group = []
        group.append(chain)
    if group:
        yield group


def _has_remarks(chain: Sequence[Row]) -> bool:
    return any(line.remark or line.note or line.residual is not None or line.instance is not None for line in chain)


class Line(Protocol):
    """What a display shows of a row: its sides and its sign, and beside or above these a reason and a verdict."""

    @property
    def label(self) -> str: ...
    @property
    def left(self) -> Box: ...
    @property
    def sign(self) -> str: ...
    @property
    def right(self) -> Box: ...
    @property
    def continues(self) -> bool: ...
    @property
    def reason(self) -> Text: ...
    @property
    def verdict(self) -> str: ...


Chains = Sequence[Sequence[Line]]


def _widths(chains: Chains) -> tuple[float, float]:
    """The widest left and the widest right side, the sign counted to the right."""
    rows = [line for chain in chains for line in chain]
    left = max((width(line.left) for line in rows if not line.continues), default=0.0)
    return left, max(width(line.right) + _sign_width(line.sign) for line in rows)


def _sign_width(sign: str) -> float:
    return {"\\implies": 2.4, "\\not\\equiv": 1.4}.get(sign, 1.4) * EM


def _fits_beside(chains: Chains) -> bool:
    return _room_beside(chains) >= _REASON[0]


def _room_beside(chains: Chains) -> float:
    return min(_LINE - _NUMBER - _GAP - sum(_widths(chains)), _REASON[1])


def display(group: Chains) -> Iterator[str]:
    """One ``align``. Where there is no room beside, each row's reason stands above it."""
    rows = [line for chain in group for line in chain]
    beside = _fits_beside(group)
    left, right = _widths(group)
    below = not beside and left + right > _LINE - _NUMBER
    if not beside:
        yield f"\\par{{{_above(rows[0])}}}"
    yield "\\begin{align}"
    for place, line in enumerate(rows):
        last = place == len(rows) - 1
        if place and not beside:
            yield f"\\intertext{{{_above(line)}}}"
        reason = f"\n  && {_beside(line, _room_beside(group))}" if beside else ""
        yield from _row(line, below, reason, last)
    yield "\\end{align}"


def _row(line: Line, below: bool, reason: str, last: bool) -> Iterator[str]:
    sign = SIGNS.get(line.sign, line.sign)
    mark = f" \\label{{eq:{line.label}}}" if line.label else " \\notag"
    end = "" if last else " \\\\"
    if not below:
        head = "" if line.continues else render(line.left) + " "
        yield f"  {head}&{sign} {render(line.right)}{reason}{mark}{end}"
        return
    # The left side on a line of its own, and the right side below it, broken before its signs.
    for place, part in enumerate(() if line.continues else broken(line.left, _LINE - _NUMBER - 3 * _QUAD)):
        start = "\\qquad {} " if place else ""
        yield f"  & {start}{render(part)} \\notag \\\\"
    rows = broken(line.right, _LINE - _NUMBER - _QUAD - _sign_width(line.sign))
    for place, part in enumerate(rows):
        more = place < len(rows) - 1
        start = f"&\\quad {sign} " if place == 0 else "&\\quad\\qquad {} "
        yield f"  {start}{render(part)}" + (" \\notag \\\\" if more else mark + end)


def _beside(line: Line, room: float) -> str:
    words = sentence(line.reason)
    said = f"{words}{_verdict(line, '; ')}"
    if _text_width(line.reason, line.verdict) <= room:
        return f"\\text{{\\small {said}}}"
    return f"\\parbox[t]{{{room:.0f}pt}}{{\\raggedright\\small {said}}}"


def _above(line: Line) -> str:
    return f"\\small {sentence(line.reason)}{_verdict(line, '; ')}"


def _verdict(line: Line, before: str) -> str:
    return f"{before}\\textit{{{escaped(line.verdict)}}}" if line.verdict else ""


def _remarks(line: Row) -> Iterator[str]:
    """What there is to say below a display."""
    if line.remark:
        yield f"\\par{{\\small {escaped(line.remark)}}}"
    if line.note:
        yield f"\\par {sentence(line.note)}"
    if line.residual is not None:
        yield from _residual(line, line.residual)
    if line.instance is not None:
        yield f"\\par{{\\small {failure(line.instance)}}}"


def _residual(line: Row, residual: Box) -> Iterator[str]:
    """What is left, in the line where it is short, else on display."""
    what = "What is left is" if line.right == Sign("0") else "The left side less the right side is"
    verdict = f"\\textit{{{escaped(line.residual_verdict)}}}" if line.residual_verdict else ""
    if width(residual) <= _LINE / 2:
        yield f"\\par {what} ${render(residual)}$" + (f" ({verdict})." if verdict else ".")
        return
    rows = broken(residual, _LINE - _NUMBER - _GAP - 4 * EM)
    yield f"\\par {what}"
    yield "\\begin{align*}"
    yield " \\\\\n".join(f"  &{'' if place == 0 else _INDENT} {render(part)}" for place, part in enumerate(rows))
    if verdict:
        yield f"  && \\text{{\\small {verdict}}}"
    yield "\\end{align*}"


def place_of(sizes: Sequence[tuple[Box, int]], integrals: Sequence[tuple[Box, int]]) -> str:
    """Of which sizes a point is, and what stands there for the integrals."""
    sums = (WEIGHTED_SUM.format(f"${render(letter)}$", count) for letter, count in integrals)
    return ", ".join((*(f"${render(letter)} = {size}$" for letter, size in sizes), *sums))


def failure(point: Instance) -> str:
    """A sentence that gives the point at which a claim fails, and both sides there."""
    sizes = place_of(point.sizes, point.integrals)
    values = "; ".join(f"${render(letter)} = {written_value(value)}$" for letter, value in point.values)
    more = f"; and {point.omitted} more" if point.omitted else ""
    place = [f"${render(letter)} = {written_value(value)}$" for letter, value in point.place]
    entry = [f"entry $({', '.join(str(part) for part in point.entry)})$"] if point.entry else []
    at = f"for {', '.join([*place, *entry])} " if place or entry else ""
    return f"At {sizes}: {values}{more}; {at}the left side is ${number(point.left)}$, the right side ${number(point.right)}$."


def written_value(value: Value) -> str:
    """A number, a column as a row with a ``T``, or a small matrix."""
    if isinstance(value, str):
        return number(value)
    if any(isinstance(part, str) for part in value):
        entries = ",\\ ".join(written_value(part) for part in value)
        return f"({entries})^T" if len(value) > 1 else entries
    rows = " \\\\ ".join(" & ".join(written_value(cell) for cell in part) for part in value if not isinstance(part, str))
    return f"\\bigl(\\begin{{smallmatrix}} {rows} \\end{{smallmatrix}}\\bigr)"


def summary(story: Outline) -> str:
    """How many claims came out how, and for which sizes that holds."""
    sizes = f"; for all sizes {', '.join(f'${render(size)}$' for size in story.sizes)}" if story.sizes else ""
    return f"{', '.join(words for words, _ in story.counts.words)}{sizes}."


# Text.


def _in_mathematics(words: str) -> list[str]:
    return [f"${word if word == '-' else chr(92) + word}$" for word in words.split()]


_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "`": r"\textasciigrave{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        **{sign: f"\\{sign}" for sign in "#$%&_{}"},
        **{letter: f"$\\{name}$" for name, letter in GREEK.items()},
        **dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙₛₜ", (f"$_{{{sign}}}$" for sign in "0123456789ijklmnst"), strict=True)),
        **dict(zip("−·×√∑∏∫∂∇∈∞", _in_mathematics("- cdot times surd sum prod int partial nabla in infty"), strict=True)),
        **dict(zip("≤≥≠≈∝⟹′ℓ", _in_mathematics("le ge ne approx propto Longrightarrow prime ell"), strict=True)),
        **{"–": "--", "—": "---", "…": r"\dots{}", "‖": r"$\Vert$"},
    }
)


_LACKING = "ĦħĸĿŀŉŦŧſ"
"""Letters below U+0180 that the document's font encoding does not have."""


def escaped(words: str) -> str:
    """Words for LaTeX's text mode; quotation marks in pairs, signs that the font lacks by their number."""
    paired = re.sub(r'"([^"]*)"', r"“\1”", words).translate(_ESCAPES)
    paired = paired.replace("“", "``").replace("”", "''").replace('"', "''")
    return "".join(sign if _is_in_the_font(sign) else f"U+{ord(sign):04X}" for sign in paired)


def _is_in_the_font(sign: str) -> bool:
    return ord(sign) < 0x180 and sign not in _LACKING and (sign.isprintable() or sign in " \n\u00a0")


_LONGEST_WORD = 24


def typewriter(words: str) -> str:
    """The author's words as they stand, in a font for that; a line may end behind every sign that is no letter."""
    parts = re.findall(rf"[^\W_]{{1,{_LONGEST_WORD}}}|.", words)
    pieces = (escaped(part) + ("" if _holds_together(part) else r"\allowbreak{}") for part in parts)
    return f"\\texttt{{{''.join(pieces)}}}"


def _holds_together(part: str) -> bool:
    return part == " " or (part.isalnum() and len(part) < _LONGEST_WORD)


def sentence(text: Text) -> str:
    """A sentence with its formulas in dollars; a pair of quotation marks may enclose a formula."""
    opened = False
    parts: list[str] = []
    for piece in text:
        if isinstance(piece, str):
            words = ""
            for sign in piece:
                if sign == '"':
                    opened = not opened
                words += ("“" if opened else "”") if sign == '"' else sign
            parts.append(escaped(words))
        else:
            parts.append(f"${render(piece)}$")
    return "".join(parts)


def number(digits: str) -> str:
    """A number for mathematics mode: ``1.2e-16`` becomes a power of ten, ``1/3`` a small fraction."""
    power = re.fullmatch(r"(-?[\d.]+)e([-+]?)0*(\d+)", digits)
    if power:
        return f"{power[1]} \\times 10^{{{power[2].replace('+', '')}{power[3]}}}"
    if re.fullmatch(r"-?\d+/\d+", digits) or re.fullmatch(r"-?\d*\.?\d+", digits):
        return digits
    return f"\\text{{{escaped(digits)}}}"


def _text_width(text: Text, verdict: str) -> float:
    letters = sum(len(piece) for piece in text if isinstance(piece, str)) + len(verdict) + 2
    return 0.9 * (0.47 * EM * letters + sum(width(piece) for piece in text if not isinstance(piece, str)))


REPORT = Report(name="latex", title="a LaTeX document", suffix=".tex", write=write)
