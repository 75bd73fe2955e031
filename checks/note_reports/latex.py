r"""Checked notes as a LaTeX document: nothing of it is pasted from a note.

Formulas are written anew from what was read, verdicts are plain words and no macros, and what was not read is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.inert import visible
from checks.note_outline import Chain, NotePage, Remark, Shown, made_with, outcome, pages, pasted, summary, title
from checks.note_reports import NoteReport
from checks.reports.latex import PREAMBLE, display, escaped, sentence, typewriter

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote
    from checks.reports import Page


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """The report as a complete document; the page is the document's own."""
    return visible("\n".join(_document(notes, environment, page)) + "\n")


def _document(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> Iterator[str]:
    yield PREAMBLE
    yield "\\begin{document}"
    yield f"\\begin{{center}}\\large\\bfseries {escaped(title(notes))}\\end{{center}}"
    yield f"\\begin{{center}}{escaped(summary(notes))}; {escaped(outcome(notes))}\\end{{center}}"
    for note in pages(notes):
        yield from _note(note, page, is_alone=len(notes) == 1)
    yield f"\n{{\\footnotesize {escaped(made_with(environment))}\\par}}"
    yield "\\end{document}"


def _note(note: NotePage, page: Page, *, is_alone: bool) -> Iterator[str]:
    if not is_alone:
        yield f"\n\\section*{{{escaped(note.file)}}}\n"
        yield f"{escaped(note.summary)}\\par"
    yield from _remarks(note.troubles)
    for chain in note.chains:
        if chain.label:
            yield f"\n\\subsection*{{({escaped(chain.label)})}}\n"
        yield from _chain(chain, page)


def _chain(chain: Chain, page: Page) -> Iterator[str]:
    """Rows in one display up to one of which there is more to say, or that was not read."""
    group: list[Shown] = []
    for place, shown in enumerate(chain.rows):
        if shown.source is None:
            group.append(shown)
        is_last = place == len(chain.rows) - 1
        if group and (shown.source is not None or shown.remarks or is_last):
            yield from display([group])
            group = []
        if shown.source is not None:
            yield f"\n\\par\\mbox{{\\small {sentence(shown.reason)}; \\textit{{{escaped(shown.verdict)}}}}}\\par\\nobreak"
            yield f"{{\\raggedright {' '.join(typewriter(part) for part in shown.source if part)}\\par}}"
        yield from _remarks(shown.remarks)
        if page.snippets:
            yield from (f"\\par\\noindent {typewriter(line)}" for line in pasted(shown.step))


def _remarks(remarks: Sequence[Remark]) -> Iterator[str]:
    if remarks:
        yield "\\begin{quote}\\small\\raggedright"
        for remark in remarks:
            yield f"\\textit{{{escaped(remark.heading)}}}: {'; '.join(map(sentence, remark.lines))}\\par"
        yield "\\end{quote}"


REPORT = NoteReport(name="latex", title="a LaTeX document", suffix=".tex", write=write)
