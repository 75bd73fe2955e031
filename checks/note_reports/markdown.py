"""Checked notes as Markdown with ``$$`` displays, for GitHub, MyST and notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.inert import visible
from checks.note_outline import NotePage, Remark, Shown, made_with, outcome, pages, pasted, summary, title
from checks.note_reports import NoteReport
from checks.reports.markdown import escaped, formula, sentence

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote
    from checks.reports import Page


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """The report as Markdown; nothing is wrapped, since the reader's window does that."""
    return visible("\n\n".join(block for block in _report(notes, environment, page) if block) + "\n")


def _report(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> Iterator[str]:
    yield f"# {escaped(title(notes))}"
    yield f"{escaped(summary(notes))}; {escaped(outcome(notes))}"
    for note in pages(notes):
        yield from _note(note, page, is_alone=len(notes) == 1)
    yield f"<small>{escaped(made_with(environment))}</small>"


def _note(note: NotePage, page: Page, *, is_alone: bool) -> Iterator[str]:
    if not is_alone:
        yield f"## {escaped(note.file)}"
        yield escaped(note.summary)
    yield from map(_remark, note.troubles)
    for chain in note.chains:
        yield f"### ({escaped(chain.label)})" if chain.label else ""
        for shown in chain.rows:
            yield from _row(shown, page)


def _row(shown: Shown, page: Page) -> Iterator[str]:
    yield formula(shown) if shown.source is None else _code("".join(f"{part} " for part in shown.source if part).strip())
    yield f"*{sentence(shown.reason)}* — **{escaped(shown.verdict)}**"
    yield "\n".join(map(_remark, shown.remarks))
    yield "\n".join(f"    {line}" for line in (pasted(shown.step) if page.snippets else []))


def _remark(remark: Remark) -> str:
    return f"- *{escaped(remark.heading)}*: {'; '.join(map(sentence, remark.lines))}"


def _code(text: str) -> str:
    """The author's words as code, in which nothing is markup."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}"


REPORT = NoteReport(name="markdown", title="Markdown with formulas", suffix=".md", write=write)
