"""The report as Markdown with ``$$`` displays, for GitHub, MyST and notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.outline import MEASURED_BY, Account, Outline, Part, Row, Text, outline
from checks.reports import Page, Report
from checks.reports.latex import SIGNS, Line, failure, number, place_of, summary
from derive.notation.latex_writer import render


def write(account: Account, page: Page) -> str:
    """The report as Markdown; nothing is wrapped, since the reader's window does that."""
    blocks = _report(outline(account), account)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _report(story: Outline, account: Account) -> Iterator[str]:
    yield f"# {escaped(story.title)}"
    asked = False
    for part in story.parts:
        if part.question and not asked:
            asked = True
            yield f"## {sentence(story.question)}"
            yield "\n".join(f"> - {sentence(answer.sentence)}" for answer in story.answer)
        yield f"{'###' if part.question else '##'} {sentence(part.title)}"
        yield from _part(part, story)
    if story.assumptions:
        yield "## Assumptions used"
        yield "\n".join(f"- {sentence(assumption)}" for assumption in story.assumptions)
    yield "## Summary"
    yield summary(story)
    environment = account.environment
    yield f"<small>seed {environment.seed}, points {environment.points}; derive-checks {escaped(environment.tool)}</small>"


def _part(part: Part, story: Outline) -> Iterator[str]:
    yield sentence(part.introduction)
    for chain in part.chains:
        for line in chain:
            yield from _row(line)
    if part.measures:
        where = place_of(story.measured_at, story.measured_over)
        yield f"{MEASURED_BY}{' with ' + where if where else ''}:"
        yield "\n".join(f"- {sentence(text)}: ${number(f'{value:.3g}')}$" for text, value in part.measures)
    yield sentence(part.closing)


def _row(line: Row) -> Iterator[str]:
    yield formula(line)
    verdict = f" — **{escaped(line.verdict)}**" if line.verdict else ""
    yield f"*{sentence(line.reason)}*{verdict}"
    if line.remark:
        yield escaped(line.remark)
    yield sentence(line.note)
    if line.residual is not None:
        what = "What is left is" if render(line.right) == "0" else "The left side less the right side is"
        yield f"{what}{f' ({escaped(line.residual_verdict)})' if line.residual_verdict else ''}"
        yield f"$$\n{render(line.residual)}\n$$"
    if line.instance is not None:
        yield failure(line.instance)


def formula(line: Line) -> str:
    """A row as a display."""
    left = "" if line.continues else f"{render(line.left)} "
    return f"$$\n{left}{SIGNS.get(line.sign, line.sign)} {render(line.right)}\n$$"


def escaped(words: str) -> str:
    """Words, on one line, in which nothing is markup, an entity, or a link."""
    words = re.sub(r"([\\`*_\[\]<>$#|~])", r"\\\1", words.replace("\n", " "))
    return re.sub(r"&(?=[#A-Za-z])|:(?=//)|(?<=www)\.|@", lambda met: f"&#{ord(met[0])};", words)


def sentence(text: Text) -> str:
    """A sentence with its formulas in dollars."""
    return "".join(escaped(piece) if isinstance(piece, str) else f"${render(piece)}$" for piece in text)


REPORT = Report(name="markdown", title="Markdown with formulas", suffix=".md", write=write)
