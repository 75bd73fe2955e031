"""Checked notes, one line for each row that did not come out, or not wholly: ``file:line:column: code: message``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.inert import name_of, quiet
from checks.note_outline import code, complaint, summary, unchecked, written
from checks.note_reports import NoteReport

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote, Step
    from checks.reports import Page


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """One line for each row that did not come out, or not wholly, and a last one with the counts."""
    return quiet("".join(f"{line}\n" for note in notes for line in _lines(note)) + summary(notes) + "\n")


def _lines(note: CheckedNote) -> Iterator[str]:
    for trouble in note.troubles:
        yield f"{name_of(note.file)}:{trouble.place.line}:{trouble.place.column}: {trouble.heading}: {trouble.message}"
    for step in note.steps:
        if not step.passes:
            yield f"{where(note, step)}: {verdict(step)}: {one_line(step)}"
        elif step.row.claims and (why := unchecked(step)):
            yield f"{where(note, step)}: {verdict(step)}, but not all of it was checked: {why}"


def where(note: CheckedNote, step: Step) -> str:
    """``file:line:column`` of what is wrong in a row, as far as that is known; a notebook's cell before the line."""
    place = step.row.source.at(step.row.at[0]) if step.row.code else step.row.place
    cell = f"cell {place.cell}:" if place.cell is not None else ""
    return f"{name_of(note.file)}:{cell}{place.line}:{place.column}"


def verdict(step: Step) -> str:
    """The verdict with its code in brackets, where it has one."""
    return f"{step.verdict}[{code(step)}]" if code(step) else step.verdict


def one_line(step: Step) -> str:
    """The message, and the likely cause."""
    message = complaint(step)
    return f"{message}; likely cause: {step.causes[0].cause(written(step))}" if step.causes else message


REPORT = NoteReport(name="concise", title="one line for each row that did not come out", write=write)
