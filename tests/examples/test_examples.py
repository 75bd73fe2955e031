"""The notes in ``examples``: each row has the verdict written down beside the note, in every format and every report."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from checks.cli import NOT_PASSED, PASSED, run
from checks.notes import CheckedNote, check_note
from checks.witness import Witness
from derive.notes import read_note

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTES = sorted(path.name for suffix in ("md", "tex", "ipynb") for path in EXAMPLES.glob(f"*.{suffix}"))
CARRIED = ("cs229-gmm.md", "cs229-gmm.tex", "cs229-gmm.ipynb")
HINT = "expect refuted"


def _expected_file(name: str) -> Path:
    """``NAME.expected.json`` for a Markdown note, ``NAME.tex.expected.json`` for the same note in another format."""
    path = EXAMPLES / name
    return path.with_suffix(".expected.json") if path.suffix == ".md" else path.with_name(f"{name}.expected.json")


def _expected(name: str) -> list[tuple[int | None, int, str]]:
    rows = json.loads(_expected_file(name).read_text(encoding="utf-8"))
    return [(row.get("cell"), row["line"], row["verdict"]) for row in rows]


@cache
def _checked(name: str) -> CheckedNote:
    return check_note(read_note(EXAMPLES / name), Witness(autodiff=False), diagnosed=False)


def _verdicts(name: str) -> list[str]:
    return [step.verdict for step in _checked(name).steps]


@pytest.mark.parametrize("name", NOTES)
def test_each_row_has_the_verdict_written_down(name: str) -> None:
    found = [(step.row.place.cell, step.row.place.line, step.verdict) for step in _checked(name).steps]
    assert found == _expected(name)


@pytest.mark.parametrize("name", NOTES)
def test_rows_are_refuted_exactly_where_the_note_says_so(name: str) -> None:
    checked = _checked(name)
    assert not checked.troubles
    for step in checked.steps:
        assert (step.verdict == "refuted") == (step.expected == "refuted"), f"line {step.row.place.line}"


def test_a_note_has_the_same_verdicts_in_every_format() -> None:
    markdown, latex, notebook = (_verdicts(name) for name in CARRIED)
    assert markdown == latex == notebook
    assert {"proved", "refuted", "defined"} == set(markdown)


def _unmarked(name: str, folder: Path) -> tuple[Path, list[int]]:
    """A copy of a note in which nothing is expected to be refuted, and the lines of the rows that are."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    copy = folder / name
    copy.write_text(text.replace(f"<!-- derive: {HINT} -->", "").replace(f" ; {HINT} -->", " -->"), encoding="utf-8")
    return copy, [line for _, line, verdict in _expected(name) if verdict == "refuted"]


@pytest.mark.parametrize(
    ("format_", "name", "naming"),
    [
        ("json", "elbo.md", '"line": {line},'),
        ("text", "k-means.md", "{line}  refuted"),
        ("concise", "softmax-regression.md", "softmax-regression.md:{line}:"),
        ("github", "fisher-score.md", "line={line},"),
    ],
)
def test_every_refuted_row_is_named(
    format_: str, name: str, naming: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note, lines = _unmarked(name, tmp_path)
    assert lines
    assert run(["check", "--format", format_, str(note)]) == NOT_PASSED
    report = capsys.readouterr().out
    for line in lines:
        assert naming.format(line=line) in report


def test_a_note_whose_mistakes_are_announced_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--format", "json", str(EXAMPLES / "elbo.md")]) == PASSED
    steps = json.loads(capsys.readouterr().out)["notes"][0]["steps"]
    assert [(step["line"], step["verdict"]) for step in steps] == [(line, verdict) for _, line, verdict in _expected("elbo.md")]
    assert all(step["expected"] == "refuted" for step in steps if step["verdict"] == "refuted")
