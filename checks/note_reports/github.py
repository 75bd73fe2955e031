"""Checked notes as workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.inert import name_of, visible
from checks.note_reports import NoteReport
from checks.note_reports.concise import one_line, verdict

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote
    from checks.reports import Page


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """One ``::error`` for each row that was refuted or could not be read, one ``::warning`` for each unknown one."""
    return visible("".join(f"{line}\n" for note in notes for line in _lines(note)))


def _lines(note: CheckedNote) -> Iterator[str]:
    for trouble in note.troubles:
        yield _command("error", name_of(note.file), trouble.place.line, trouble.place.column, trouble.code, trouble.message)
    for step in note.steps:
        if not step.passes:
            place = step.row.source.at(step.row.at[0]) if step.row.code else step.row.place
            kind = "warning" if step.verdict == "unknown" else "error"
            yield _command(kind, name_of(note.file), place.line, place.column, verdict(step), one_line(step))


def _command(kind: str, file: str, line: int, column: int, title: str, message: str) -> str:
    return f"::{kind} file={_property(file)},line={line},col={column},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


REPORT = NoteReport(name="github", title="annotations of a pull request", write=write)
