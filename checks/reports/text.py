"""The report for the terminal: a derivation that a student can follow from the model to the M-step.

Colour only marks what words say already. No markup is ever parsed: ``x[i]`` stays ``x[i]``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.panel import Panel
from rich.text import Text as Line

from checks.outline import MEASURED_BY, PLAIN_SIGNS, WEIGHTED_SUM, Account, Instance, Outline, Part, Row, Text, Value, outline
from checks.reports import Page, Report
from derive.notation.boxes import Box
from derive.notation.text_writer import break_rows, render

_STYLES = {"good": "green", "open": "yellow", "bad": "bold red", "plain": ""}
_QUIET = "dim"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_INDENT = 2
_REASON_INDENT = 6
_SHORT = 36
"""A formula in a sentence holds together up to this width. A chain whose left side is wider, or takes more than two fifths
of the page, continues below it and not behind it."""


def write(account: Account, page: Page) -> str:
    """The report as Unicode text, at most ``page.width`` wide but for pieces that cannot be broken."""
    story = outline(account)
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=page.width,
        force_terminal=page.colour,
        color_system="standard" if page.colour else None,
        no_color=not page.colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for line in _report(story, account, page.width):
        console.print(line, soft_wrap=not isinstance(line, Panel))
    lines = [line.rstrip() for line in buffer.getvalue().replace(_NO_BREAK, " ").split("\n")]
    return "\n".join(lines).strip("\n") + "\n"


def _report(story: Outline, account: Account, width: int) -> Iterator[Line | Panel]:
    yield from _heading(story.title, "=", width)
    asked = False
    for part in story.parts:
        if part.question and not asked:
            asked = True
            yield Line()
            yield _answer(story)
        yield from _part(part, story, width)
    if story.assumptions:
        yield from _heading("Assumptions used", "-", width)
    for assumption in story.assumptions:
        yield from _paragraph(f"- {plain(assumption)}", width, _INDENT, hanging=2)
    yield from _heading("Summary", "-", width)
    yield from _summary(story, width)
    environment = account.environment
    yield Line(f"seed {environment.seed}, points {environment.points}; derive-checks {environment.tool}", style=_QUIET)


def _heading(title: str, rule: str, width: int) -> Iterator[Line]:
    rows = list(_wrapped(title, width))
    yield Line()
    yield from (Line(row, style="bold") for row in rows)
    yield Line(rule * max(map(cell_len, rows)), style=_QUIET)


def _answer(story: Outline) -> Panel:
    """The question and the parts of its answer, each as a sentence, in a frame."""
    body = Line()
    for place, part in enumerate(story.answer):
        body.append(("\n" if place else "") + plain(part.sentence))
    return Panel(
        body, title=Line(plain(story.question), style="bold"), title_align="left", box=box.ROUNDED, padding=(0, 1), style=""
    )


def _part(part: Part, story: Outline, width: int) -> Iterator[Line]:
    yield from _heading(plain(part.title), "-", width)
    if part.introduction:
        yield from _paragraph(plain(part.introduction), width)
    for chain in part.chains:
        yield Line()
        yield from _chain(chain, width)
    if part.measures:
        yield Line()
        where = _where(story.measured_at, story.measured_over)
        yield from _paragraph(f"{MEASURED_BY}{' with ' + where if where else ''}:", width, _INDENT, style=_QUIET)
        for text, value in part.measures:
            yield from _paragraph(f"{plain(text)}: {number(value)}", width, _INDENT + 2, hanging=2)
    if part.closing:
        yield Line()
        yield from _paragraph(plain(part.closing), width)


def _chain(chain: Sequence[Row], width: int) -> Iterator[Line]:
    margin = 4
    for place, line in enumerate(chain):
        left, right = render(line.left), render(line.right)
        sign = PLAIN_SIGNS.get(line.sign, line.sign)
        room = width - _INDENT
        if place == 0:
            widest = min(_SHORT, 2 * width // 5)
            below = len(chain) > 1 and len(left) > widest
            if len(f"{left} {sign} {right}") <= room and not below:
                margin = len(left) + 1
                rows = [f"{left} {sign} {right}"]
            else:
                # What follows the left side is aligned behind it only where it is short.
                margin = len(left) + 1 if len(left) <= widest else 4
                first, *more = break_rows(f"{sign} {right}", room - margin, indent=2)
                head = [f"{left} {first}"] if margin > 4 else [*break_rows(left, room), " " * margin + first]
                rows = [*head, *(" " * margin + row for row in more)]
        else:
            rows = [" " * margin + row for row in break_rows(f"{sign} {right}", room - margin, indent=2)]
        yield from (Line(" " * _INDENT + row) for row in rows)
        yield from _reason(line, width)


def _reason(line: Row, width: int) -> Iterator[Line]:
    """The reason below a row, the verdict at the right edge of its last line, and what else there is to say."""
    verdict_room = cell_len(line.verdict) + 2 if line.verdict else 0
    rows = list(_wrapped(plain(line.reason), width - _REASON_INDENT - verdict_room))
    for row in rows[:-1]:
        yield Line(" " * _REASON_INDENT + row, style=_QUIET)
    last = Line(" " * _REASON_INDENT + (rows[-1] if rows else ""), style=_QUIET)
    whole = Line()
    whole.append_text(last)
    if line.verdict:
        whole.append(" " * max(2, width - cell_len(last.plain) - cell_len(line.verdict)))
        whole.append(line.verdict, style=_STYLES[line.tone])
    yield whole
    if line.remark:
        yield from _paragraph(line.remark, width, _REASON_INDENT, style=_QUIET)
    if line.note:
        yield from _paragraph(plain(line.note), width, _REASON_INDENT)
    if line.residual is not None:
        what = "what is left" if render(line.right) == "0" else "left side less right side"
        verdict = f" ({line.residual_verdict})" if line.residual_verdict else ""
        formula = render(line.residual)
        room = width - _REASON_INDENT
        if len(f"{what}: {formula}{verdict}") <= room:
            yield Line(f"{' ' * _REASON_INDENT}{what}: {formula}{verdict}")
        else:
            yield Line(f"{' ' * _REASON_INDENT}{what}{verdict}:")
            yield from (Line(" " * (_REASON_INDENT + 2) + row) for row in break_rows(formula, room - 2, indent=2))
    if line.instance is not None:
        yield from _instance(line.instance, width)


def _where(sizes: Sequence[tuple[Box, int]], integrals: Sequence[tuple[Box, int]]) -> str:
    sums = (WEIGHTED_SUM.format(render(letter), count) for letter, count in integrals)
    return ", ".join((*(f"{render(letter)} = {size}" for letter, size in sizes), *sums))


def _instance(point: Instance, width: int) -> Iterator[Line]:
    sizes = _where(point.sizes, point.integrals)
    values = "; ".join(f"{render(letter)} = {_value(value)}" for letter, value in point.values)
    more = f"; and {point.omitted} more" if point.omitted else ""
    place = ", ".join(f"{render(letter)} = {_value(value)}" for letter, value in point.place)
    entry = f"entry ({', '.join(str(part) for part in point.entry)})" if point.entry else ""
    at = ", ".join(part for part in (place, entry) if part)
    sides = f"the left side is {point.left}, the right side {point.right}"
    yield from _paragraph(f"at {sizes}: {values}{more}", width, _REASON_INDENT, hanging=2, style=_QUIET)
    yield from _paragraph(f"{'for ' + at + ' ' if at else ''}{sides}", width, _REASON_INDENT, hanging=2, style=_QUIET)


def _value(value: Value) -> str:
    return value if isinstance(value, str) else f"({', '.join(_value(part) for part in value)})"


def _summary(story: Outline, width: int) -> Iterator[Line]:
    sizes = f"for all sizes {', '.join(render(size) for size in story.sizes)}"
    pieces = [*((words, _STYLES[tone]) for words, tone in story.counts.words), *([(sizes, "")] if story.sizes else [])]
    line = Line()
    for place, (words, style) in enumerate(pieces):
        end = "" if place == len(pieces) - 1 else ";" if pieces[place + 1][0] == sizes else ","
        if line and line.cell_len + 1 + cell_len(words + end) > width:
            yield line
            line = Line()
        line.append(" " if line else "").append(words, style=style).append(end)
    yield line


def plain(text: Text) -> str:
    """A sentence in Unicode; short formulas hold together by no-break spaces."""
    return "".join(piece if isinstance(piece, str) else _whole(render(piece)) for piece in text)


def _whole(formula: str) -> str:
    return formula.replace(" ", _NO_BREAK) if len(formula) <= _SHORT else formula


def number(value: float) -> str:
    """A measured number to three digits."""
    return f"{value:.3g}"


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Lines of at most ``width`` cells; words are never cut."""
    line = ""
    for word in text.split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line


def _paragraph(text: str, width: int, indent: int = 0, *, hanging: int = 0, style: str = "") -> Iterator[Line]:
    for place, row in enumerate(_wrapped(text, width - indent - hanging)):
        yield Line(" " * (indent + (hanging if place else 0)) + row, style=style)


REPORT = Report(name="text", title="for the terminal", suffix=".txt", write=write)
