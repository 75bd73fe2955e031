"""Checked notes for the terminal: a line for each row, and for one that did not come out where, why, and what would help."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.advice import advice
from checks.inert import name_of, quiet
from checks.note_outline import (
    complaint,
    conditions,
    constants,
    counterexample,
    of_matrices,
    pasted,
    several_readings,
    source_line,
    summary,
    unchecked,
    written,
)
from checks.note_reports import NoteReport
from checks.note_reports.concise import verdict, where

if TYPE_CHECKING:
    from checks.counterexamples import Told
    from checks.environment import Environment
    from checks.notes import CheckedNote, Step
    from checks.reports import Page

_COLOURS = {"proved": "32", "confirmed": "36", "refuted": "31", "unknown": "33", "unread": "35", "defined": "2", "skipped": "2"}


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """All rows, and a last line with the counts."""
    lines = [line for note in notes for line in _note(note, page)]
    lines.append(summary(notes))
    return quiet("\n".join(lines) + "\n")


def _note(note: CheckedNote, page: Page) -> Iterator[str]:
    name = name_of(note.file)
    yield name
    for trouble in note.troubles:
        yield f"{name}:{trouble.place.line}:{trouble.place.column}: {_coloured(trouble.heading, '31', page)}"
        yield f"    {trouble.message}"
    label = None
    for step in note.steps:
        if step.row.number == 1 and step.label and step.label != label:
            label = step.label
            yield f"  ({label})"
        yield _row(step, page)
        if granted := conditions(step):
            yield f"        provided that {granted}"
        for convention in of_matrices(step):
            yield f"        derivatives {convention}"
        for free in constants(step):
            yield f"        const {free}"
        if why := unchecked(step):
            yield f"        not {'all of it was ' if step.row.claims else ''}checked: {why}"
        if not step.passes or step.remark or len(step.readings) > 1:
            yield from _details(note, step, page)
    yield ""


def _row(step: Step, page: Page) -> str:
    place = step.row.place
    line = str(place.line) if place.cell is None else f"{place.cell}:{place.line}"
    head = f"  {line:>5}  {_coloured(f'{step.verdict:9}', _COLOURS[step.verdict], page)}  "
    room = max(20, page.width - 19)
    text = source_line(step)
    return head + (text if len(text) <= room else text[: room - 1] + "…")


def _details(note: CheckedNote, step: Step, page: Page) -> Iterator[str]:
    if not step.passes:
        yield f"{where(note, step)}: {verdict(step)}"
        yield from _caret(step)
        yield f"    {complaint(step)}"
        if point := counterexample(step):
            yield from _counterexample(point, page)
            if page.snippets:
                yield from ("", *pasted(step), "")
        for number, cause in enumerate(step.causes):
            yield f"    {'likely cause' if number == 0 else 'or'}: {cause.cause(written(step))} (derive explain {cause.code})"
        if help_ := advice(step):
            yield f"    help: {help_}"
    if told := several_readings(step):
        yield f"    readings: {told}"
    if step.leftover is not None:
        yield f"    with moving weights there is left: {written(step)(step.leftover.claim.rhs)} ({step.leftover.verdict})"
    if step.remark:
        yield f"    {step.remark}"


def _caret(step: Step) -> Iterator[str]:
    """The author's line with a mark under what is off, where that can be told."""
    span = step.span
    if span is None:
        yield f"    | {source_line(step)}"
        return
    start, end = span
    text = step.row.source.text
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    line = text[begin : stop if stop >= 0 else len(text)]
    yield f"    | {line}"
    yield f"    | {' ' * (start - begin)}{'^' * max(1, min(end, begin + len(line)) - start)}"


def _counterexample(shown: Told, page: Page) -> Iterator[str]:
    yield f"    counterexample: {shown.where}".rstrip()
    for line in (*shown.values, *([shown.seen] if shown.seen else [])):
        yield from textwrap.wrap(
            line,
            max(40, page.width),
            initial_indent=" " * 6,
            subsequent_indent=" " * 8,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _coloured(text: str, colour: str, page: Page) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if page.colour else text


REPORT = NoteReport(name="text", title="for the terminal", write=write)
