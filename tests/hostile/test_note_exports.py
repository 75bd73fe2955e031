"""What is written of a hostile note does nothing where it is read, in any format, and hides no verdict."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from checks.environment import environment
from checks.note_outline import VERDICTS
from checks.note_reports import names, report
from checks.notes import CheckedNote, check_note
from checks.reports import Page
from checks.witness import Witness
from derive.errors import DeriveError
from derive.notes import read_note
from tests.hostile import corpus
from tests.pages import elements, foreign, misshapen, shown_verdicts, unlike_sarif

ENVIRONMENT = environment(0, 3)
HEAD = "```derive\nsize n\nindex i in 1..n\ndata x_i in R\nparam a in R\n```\n\n"
PLACES = {
    "a row": "$$ @@ = 2 $$",
    "a part of a row": "$$ a + @@ = a + a $$",
    "words in a row": r"$$ a + \text{@@} = a $$",
    "a remark": r"$$ a = 2 a \quad \text{by @@} $$",
    "a tag": r"$$ a = 2 a \tag{@@} $$",
    "a label": "$$ a = 2 a $$ (eq-@@)",
    "a name in words": "```derive\nparam \\mathrm{@@} in R\n```\n\n$$ \\mathrm{@@} + a = a + 2 \\mathrm{@@} $$",
    "an operator": "```derive\nparam \\operatorname{@@} in R\n```\n\n$$ \\operatorname{@@} = 2 \\operatorname{@@} $$",
    "a name": "```derive\nparam @@ in R\n```\n\n$$ @@ = 2 @@ $$",
    "an accent": "```derive\nparam \\hat{@@} in R\n```\n\n$$ \\hat{@@} = 2 \\hat{@@} $$",
    "a script": "```derive\nparam b^{@@} in R\n```\n\n$$ b^{@@} = 2 b^{@@} $$",
    "a definition": "$$ @@ := 2 a $$\n\n$$ @@ = 3 a $$",
    "a macro": "$$ \\newcommand{\\own}{@@} \\own + a = 2 \\own $$",
    "a declaration": "```derive\n@@\n```\n\n$$ a = 2 a $$",
    "a hint": "<!-- derive: @@ -->\n$$ a = 2 a $$",
    "a reason to skip": '<!-- derive: skip "@@" -->\n$$ a = 2 a $$',
    "prose": "@@\n\n$$ a = 2 a $$\n\n@@",
}
BLOCKS = ("body", "h1", "h2", "h3", "p", "em", "strong", "ul", "li", "code", "pre", "small")
"""What Markdown makes of a report."""
ORDERS = frozenset(
    re.findall(
        "[A-Za-z]+",
        "documentclass usepackage allowdisplaybreaks AtBeginDocument setlength abovedisplayskip belowdisplayskip "
        "abovedisplayshortskip belowdisplayshortskip emergencystretch parindent parskip begin end large bfseries small "
        "raggedright mbox nobreak par textit texttt text section subsection quad qquad notag intertext parbox footnotesize "
        "textbackslash textasciitilde "
        "textasciicircum textless textgreater textbar textasciigrave allowbreak dots left right bigl bigr lvert rvert frac tfrac "
        "sum prod log exp mathrm operatorname hat cdot setminus sim approx implies quad mid partial nabla theta le ge ne prime "
        "Vert",
    )
)
"""The control words that a document of such notes may have."""


@cache
def payloads() -> tuple[str, ...]:
    lines = (Path(__file__).parent / "payloads.txt").read_text(encoding="utf-8").splitlines()
    return tuple(corpus.expanded(line, CANARY).decode("utf-8", "replace") for line in lines)


CANARY = Path("canary-of-the-exports")


def note_of(payload: str, place: str) -> CheckedNote | None:
    """The note with a payload at a place, and in the name of its file; None where it cannot be read."""
    text = f"{HEAD}$$ a = a $$\n\n{PLACES[place].replace('@@', payload)}\n\n$$ a = 3 a $$\n"
    try:
        read = read_note(Path(payload.replace("/", "\u2215")[:200] + ".md"), text)
    except DeriveError:
        return None
    return check_note(read, Witness(autodiff=False), diagnosed=False, row_timeout=5)


def active(notes: list[CheckedNote]) -> Iterator[str]:
    """What is active in the reports of some notes, or hidden."""
    written = {name: report(name).write(notes, ENVIRONMENT, Page()) for name in names()}
    told = [step["verdict"] for note in json.loads(written["json"])["notes"] for step in note["steps"]]
    if told != [step.verdict for note in notes for step in note.steps]:
        yield "json: other verdicts"
    counted = json.loads(written["sarif"])["runs"][0]["properties"]["verdicts"]
    if Counter(counted) != Counter(told):
        yield "sarif: other verdicts"
    for name in ("html", "latex", "markdown", "text"):
        if shown_verdicts(name, written[name]) != told:
            yield f"{name}: other verdicts: {shown_verdicts(name, written[name])}, expected {told}"
    for name, text in written.items():
        if met := re.search("[\0-\b\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text):
            yield f"{name}: {met[0]!r}"
    for name in ("text", "concise", "github", "json", "sarif"):
        orders = re.findall(r"##\[.*|^\s*::(?!(?:error|warning) file=).*", written[name], re.MULTILINE)
        yield from (f"{name}: {order}" for order in orders)
    yield from (f"html: {one}" for one in (*foreign(written["html"]), *misshapen(written["html"])))
    yield from (f"sarif: {one}" for one in unlike_sarif(json.loads(written["sarif"])))
    drawn = elements(f"<body>{MarkdownIt('commonmark', {'html': True}).enable('table').render(written['markdown'])}</body>")
    yield from (f"markdown: {one}" for one in drawn if one.name not in BLOCKS or one.attributes)
    links = re.findall(r"(?:https?://|www\.|\w@\w).*", uncoded(written["markdown"]))
    yield from (f"markdown: {link}" for link in links)
    yield from (f"latex: {word}" for word in set(re.findall(r"\\([A-Za-z@]+)", written["latex"])) - ORDERS)
    if written["latex"].count(r"\end{document}") != 1 or "^^" in written["latex"] or not is_balanced(written["latex"]):
        yield "latex: its end"


def uncoded(markdown: str) -> str:
    """Markdown without what stands in code."""
    return re.sub(r"(`+) .*? \1", "", markdown)


def is_balanced(latex: str) -> bool:
    """Whether braces and environments are closed where they are opened, and no comment hides any."""
    opened: list[str] = []
    for mark in re.finditer(r"\\begin\{([a-z*]+)\}|\\end\{([a-z*]+)\}|\\.|%(?!\n)|[{}]", latex, re.DOTALL):
        if mark[1] or mark[0] == "{":
            opened.append(mark[1] or "{")
        elif mark[0] == "%" or ((mark[2] or mark[0] == "}") and (not opened or opened.pop() != (mark[2] or "{"))):
            return False
    return not opened


def wrong(cases: Iterable[tuple[str, str]]) -> list[str]:
    found: list[str] = []
    for payload, place in cases:
        note = note_of(payload, place)
        found += [f"{payload[:60]!r} in {place}: {one}" for one in (active([note]) if note is not None else ())]
    return found


def cases() -> list[tuple[str, str]]:
    return [(payload, place) for payload in payloads() for place in PLACES]


def test_nothing_is_active_in_an_export() -> None:
    assert wrong(random.Random(0).sample(cases(), 150)) == []
    assert not CANARY.exists()


@pytest.mark.slow
def test_nothing_is_active_in_any_export() -> None:
    assert wrong(cases()) == []
    assert not CANARY.exists()


def test_names_of_letters_get_into_the_exports() -> None:
    """The twin: formulas are written with what the author called a letter."""
    named = [case for case in cases() if "name" in case[1] or case[1] in ("an operator", "an accent", "a script")]
    notes = [note for case in random.Random(0).sample(named, 60) if (note := note_of(*case)) is not None]
    assert sum(any(step.row.said and step.verdict == "refuted" for step in note.steps[1:-1]) for note in notes) > 5


@pytest.mark.skipif(
    shutil.which("pdflatex") is None or shutil.which("pdftotext") is None, reason="no pdflatex, or no pdftotext, here"
)
@pytest.mark.parametrize("count", [60, pytest.param(None, marks=pytest.mark.slow)])
def test_the_document_shows_as_many_verdicts_as_there_are(count: int | None, tmp_path: Path) -> None:
    every = [case for case in cases() if "line 1" not in case[0]]
    chosen = random.Random(1).sample(every, count) if count is not None else every
    notes = [note for case in chosen if (note := note_of(*case)) is not None]
    written = json.loads(report("json").write(notes, ENVIRONMENT, Page()))
    told = [step["verdict"] for note in written["notes"] for step in note["steps"]]
    (tmp_path / "report.tex").write_text(report("latex").write(notes, ENVIRONMENT, Page()), encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "report.tex"]
    paranoid = {**os.environ, "openin_any": "p", "openout_any": "p"}
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300, check=False, env=paranoid)
    assert made.returncode == 0, made.stdout[-2000:]
    assert {path.name for path in tmp_path.iterdir()} == {f"report.{suffix}" for suffix in ("tex", "pdf", "log", "aux")}
    shown = subprocess.run(["pdftotext", "report.pdf", "-"], cwd=tmp_path, capture_output=True, timeout=60, check=True)
    found = re.findall(rf"line\s+\d+;\s+({'|'.join(VERDICTS)})", shown.stdout.decode())
    assert Counter(found) == Counter(told) and len(told) > 2 * len(notes)
