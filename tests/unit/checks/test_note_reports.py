"""Reports of checked notes: what they say of each row, and that every format says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks import cli, notes
from checks.environment import PACKAGES, Environment
from checks.note_outline import counts, pages
from checks.note_reports import names, report
from checks.notes import CheckedNote, check_note
from checks.reports import Page
from checks.witness import Witness
from derive.notation.latex_writer import render
from derive.notes import read_note
from tests.pages import foreign, misshapen, shown_verdicts, unlike_sarif

ENVIRONMENT = Environment(tool="1.0", python="3.11.0", packages=dict.fromkeys(PACKAGES, "1.0"), seed=0, points=3)
SUFFIXES = {"html": "html", "latex": "tex", "markdown": "md", "sarif": "sarif", "json": "json"}
DECLARED = "```derive\nconst a, b in R\n```\n"
NOTE = r"""# A note of every kind

```derive
size n, k
index i in 1..n ; j, s in 1..k
data x_i in N
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive
const b in R
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
posterior w_{ij} = p(z_i=j | x_i)
```

$$ Q := \sum_i \sum_j w_{ij} \log p(x_i, z_i=j) $$ (eq-Q)

$$
\begin{aligned}
\frac{\partial Q}{\partial \lambda_s} &= \sum_i w_{is} (x_i / \lambda_s - 1) && \text{by differentiation} \\
&= \sum_i w_{is} x_i / \lambda_s - n \\
&= \sum_i w_{is} x_i / \lambda_s - \sum_i w_{is} \unknown
\end{aligned}
$$ (eq-slope)

<!-- derive: maximises (eq-Q) over \lambda_s -->
$$ \lambda_s = \frac{\sum_i w_{is} x_i}{\sum_i w_{is}} $$

<!-- derive: expect refuted -->
$$ \sum_j w_{ij} \log \frac{w_{ij}}{\pi_j} = \sum_j w_{ij} \log w_{ij} - \log \sum_j w_{ij} \pi_j $$

<!-- derive: skip "an exercise" -->
$$ \log p(x_i) \le 0 $$

$$ \sum_i x_i / b = \frac{1}{b} \sum_i x_i \approx 2, \qquad \sum_j \pi_j = 1 $$

```derive
size size
```
"""


def checked(text: str, file: str = "note.md") -> CheckedNote:
    note = check_note(read_note(Path(file), text), Witness(autodiff=False))
    note.steps[:] = [replace(step, seconds=0.0) for step in note.steps]
    return note


def written(name: str, *notes: CheckedNote) -> str:
    return report(name).write(notes, ENVIRONMENT, Page())


@pytest.fixture(scope="module")
def note() -> CheckedNote:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notes, "DIAGNOSIS_SECONDS", 60.0)
        return checked(NOTE)


@pytest.mark.parametrize("name", names())
def test_golden(name: str, note: CheckedNote, golden: Callable[[str, str], None]) -> None:
    golden(f"note-{name}.{SUFFIXES.get(name, 'txt')}", written(name, note))


@pytest.mark.parametrize("name", ["html", "latex", "markdown", "text"])
def test_every_format_tells_the_same_verdicts(name: str, note: CheckedNote) -> None:
    told = [step["verdict"] for step in json.loads(written("json", note))["notes"][0]["steps"]]
    assert shown_verdicts(name, written(name, note)) == told
    assert set(told) == {"defined", "proved", "refuted", "unread", "skipped"}


def test_formulas_are_written_anew(note: CheckedNote) -> None:
    (page,) = pages([note])
    first, *rest = page.chains[1].rows
    assert render(first.left) == r"\frac{\partial Q}{\partial \lambda_s}" and not first.continues
    assert [row.continues for row in rest] == [True, True]
    assert rest[-1].source == (r"&= \sum_i w_{is} x_i / \lambda_s - \sum_i w_{is}", r"\unknown", "")
    last = page.chains[-1].rows[0]
    assert render(last.right).endswith(r"\approx 2,\quad\sum_{j=1}^{k} \pi_j = 1")
    for name in ("html", "latex", "markdown"):
        text = written(name, note)
        assert not any(piece in text for piece in (r"\begin{aligned}", r"x_i / \lambda_s - 1", "&&  \\text{by")), name


def test_constants_and_several_relations_are_written_in_words() -> None:
    note = checked(DECLARED + "\n$$ a + b = b + C_1 $$\n\n$$ a = b \\implies b = a $$\n\n$$ a + b = a + \\text{const} $$\n")
    (page,) = pages([note])
    rows = [row for chain in page.chains for row in chain.rows]
    assert [render(row.right) for row in rows] == ["b + C_1", r"b\quad\implies\quad b = a", r"a + \mathrm{const}"]


def test_a_page_for_the_browser_stands_alone_and_is_well_formed(note: CheckedNote) -> None:
    assert foreign(written("html", note)) == []
    assert list(misshapen(written("html", note))) == []
    assert list(misshapen(written("html", note, checked(DECLARED + "\n$$ a = \\unknown $$ (eq-a)\n\n$$ a = b $$\n")))) == []
    assert list(misshapen(written("html", checked(DECLARED + "\n$$ a = \uffff $$\n", "\U0010fffe.md")))) == []


@pytest.mark.parametrize(("page", "wrong"), [
    ("<h1>a</h1><h3>b</h3>", "h3 below h1"),
    ('<table><tr><th>1</th><td colspan="2">a</td></tr></table>', "columns [0, 1] of 3"),
    ("<p>\uffff</p>", "uffff"),
    ("<math><mi>x&nbsp;</mi></math>", "undefined entity"),
])  # fmt: skip
def test_what_is_wrong_with_a_page_is_seen(page: str, wrong: str) -> None:
    """The twin."""
    (told,) = misshapen(page)
    assert wrong in told


def test_sarif_has_what_its_schema_requires(note: CheckedNote) -> None:
    told = json.loads(written("sarif", note))
    assert unlike_sarif(told) == []
    (run,) = told["runs"]
    assert run["properties"]["verdicts"] == counts([note])
    failing = [step for step in note.steps if not step.passes]
    assert len(run["results"]) == len(failing) + len(note.troubles) > 2
    assert {
        location["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"] for location in result["locations"]
    } == {"note.md"}
    (unread,) = (result for result in run["results"] if result["ruleId"] == "undeclared")
    begin = NOTE.splitlines()[unread["locations"][0]["physicalLocation"]["region"]["startLine"] - 1]
    assert begin[unread["locations"][0]["physicalLocation"]["region"]["startColumn"] - 1 :] == r"\unknown"


FALSE = DECLARED + "\n$$ a = b $$\n"


IN_RUN = ("runs", 0)
IN_RESULT = (*IN_RUN, "results", 0)
IN_PLACE = (*IN_RESULT, "locations", 0, "physicalLocation")


@pytest.mark.parametrize(("where", "value"), [
    (("version",), "2.1"),
    (("version",), None),
    (("runs",), {}),
    ((*IN_RUN, "tool", "driver", "name"), None),
    ((*IN_RUN, "tool", "driver", "rules"), [{"id": "refuted"}, {"id": "refuted"}]),
    ((*IN_RUN, "columnKind"), "bytes"),
    ((*IN_RUN, "seconds"), 1),
    ((*IN_RESULT, "level"), "refuted"),
    ((*IN_RESULT, "ruleIndex"), 1),
    ((*IN_RESULT, "message"), "false"),
    ((*IN_RESULT, "message", "text"), ""),
    ((*IN_PLACE, "artifactLocation", "uri"), "a note.md"),
    ((*IN_PLACE, "artifactLocation", "uri"), "/note.md"),
    ((*IN_PLACE, "region", "startLine"), 0),
    ((*IN_PLACE, "region", "endLine"), 1),
])  # fmt: skip
def test_what_sarif_forbids_is_seen(where: tuple[str | int, ...], value: object) -> None:
    """The twin."""
    log = json.loads(written("sarif", checked(FALSE)))
    assert unlike_sarif(log) == []
    inner: Any = log
    for step in where[:-1]:
        inner = inner[step]
    if value is None:
        del inner[where[-1]]
    else:
        inner[where[-1]] = value
    assert unlike_sarif(log)


@pytest.mark.parametrize(("file", "uri"), [
    ("a b/c:d.md", "a%20b/c%3Ad.md"),
    ("/notes/a b.md", "file:///notes/a%20b.md"),
    ("\udcff.md", "%FF.md"),
    ("/\u00e9.md", "file:///%C3%A9.md"),
])  # fmt: skip
def test_sarif_names_a_file_by_a_reference(file: str, uri: str) -> None:
    """Whatever its name is: one that is no UTF-8 stopped the program."""
    log = json.loads(written("sarif", checked(FALSE, file)))
    assert unlike_sarif(log) == []
    assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}
    assert json.loads(written("json", checked(FALSE, file)))["notes"][0]["file"] == file
    assert written("json", checked(FALSE, file)).encode()


def test_sarif_names_the_cell_of_a_notebook() -> None:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in ("# A note", DECLARED, "$$ a = b $$")]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    (result,) = json.loads(written("sarif", checked(text, "note.ipynb")))["runs"][0]["results"]
    assert result["locations"][0]["logicalLocations"] == [{"name": "cell 3", "kind": "cell"}]
    assert "cell 3, line 1" in written("html", checked(text, "note.ipynb"))


@pytest.mark.parametrize(("suffix", "begins"), [
    ("html", "<!DOCTYPE html>"), ("tex", r"\documentclass"), ("md", "# Checked: "), ("sarif", "{"), ("json", "{"),
    ("txt", "note.md"),
])  # fmt: skip
def test_the_suffix_of_a_file_says_the_format(suffix: str, begins: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.supervision.is_possible", lambda: False)
    monkeypatch.chdir(tmp_path)
    Path("note.md").write_text(DECLARED + "\n$$ a = a $$\n")
    assert cli.run(["check", "--no-autodiff", "note.md", "-o", f"report.{suffix}"]) == 0
    assert Path(f"report.{suffix}").read_text().startswith(begins)


@pytest.mark.parametrize("name", names())
def test_no_note_and_no_row_is_a_report_too(name: str) -> None:
    assert written(name, checked("no formula\n")).endswith("\n") or name == "github"


@pytest.mark.parametrize(("name", "told"), [
    ("text", "not all of it was checked: an approximation is not checked"),
    ("concise", "note.md:5:4: proved, but not all of it was checked: an approximation is not checked"),
])  # fmt: skip
def test_a_row_of_which_a_part_is_not_checked_says_so(name: str, told: str) -> None:
    assert told in written(name, checked(DECLARED + "\n$$ a = a + 0 \\approx 2 $$\n"))
    assert "not checked" not in written(name, checked(DECLARED + "\n$$ a = a + 0 $$\n"))


def test_a_row_that_is_skipped_says_why() -> None:
    text = written("text", checked(DECLARED + '\n$$ a \\approx b $$\n\n<!-- derive: skip "a mistake" -->\n$$ a = b $$\n'))
    assert text.count("not checked: ") == 2 and "not checked: a mistake\n" in text


@pytest.mark.parametrize("order", [("right.md", "wrong.md"), ("wrong.md", "right.md")])
def test_one_note_that_fails_among_others_is_a_failure(tmp_path: Path, order: tuple[str, str]) -> None:
    for name, row in (("right.md", "a + a = 2 a"), ("wrong.md", "a + a = 3 a")):
        (tmp_path / name).write_text(f"```derive\nparam a in R\n```\n\n$$ {row} $$\n")
    given = ["check", "--no-autodiff", "-o", str(tmp_path / "report.txt")]
    assert cli.run([*given, *(str(tmp_path / name) for name in order)]) == 1
    assert cli.run([*given, *[str(tmp_path / "right.md")] * 2]) == 0


MATRICES = r"""```derive
size d
param S in spd(d) ; V in spd(d) grad=frobenius ; L in lower(d) ; A in R^{d x d}
```

$$ \frac{\partial}{\partial S} \log |S| = S^{-1} $$

$$ \frac{\partial}{\partial V} \log |V| = V^{-1} $$

$$ \frac{\partial}{\partial L} \log |L| = L^{-T} $$

$$ \frac{\partial}{\partial A} \operatorname{tr}(A) = I $$
"""


def test_how_a_derivative_by_a_matrix_is_taken_stands_below_its_row(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(MATRICES)
    text = written("text", check_note(read_note(path), Witness(autodiff=False)))
    told = [line.strip() for line in text.splitlines() if "derivatives" in line]
    assert told == [
        "derivatives by S take its entries as independent",
        "derivatives by V are the symmetric part (frobenius convention)",
        "derivatives by L take its entries as independent",
    ]


@pytest.mark.parametrize("name", names())
def test_every_report_says_what_was_not_read(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A note of which a part was passed over does not pass, and each report says where that is."""
    note = tmp_path / "note.tex"
    note.write_text("%! derive\n%! param a in R\n%! end\n\n\\[ a = a \\]\n\n\\begin{align} a = b\n")
    assert cli.run(["check", str(note), "--no-autodiff", "--format", name]) == cli.NOT_PASSED
    assert "never closed" in capsys.readouterr().out.replace("\\", "")
