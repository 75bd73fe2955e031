"""What is written of a hostile model does nothing where it is read: LaTeX, Markdown, JSON and Python alike."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from checks.cli import run
from checks.reports import Page, report
from derive.lessons.expectation_maximisation import derivation
from derive.notation import mathml_writer
from derive.notation.boxes import parse
from derive.notation.conventions import convention
from derive.notation.latex_writer import inert, render
from derive.notes.models import model_in
from tests.accounts import account_of
from tests.pages import elements

MODEL = r"""size N, K
index n in 1..N ; k in 1..K
data t_n in positive
latent c_n in 1..K
param w in simplex(K) ; {letter}_k in positive
c_n ~ Categorical(w)
t_n | c_n=k ~ Exponential({letter}_k)
"""
LETTERS = (
    *(r"\input", r"\include", r"\openin", r"\openout", r"\read", r"\write", r"\immediate", r"\special", r"\catcode", r"\def"),
    *(r"\csname", r"\expandafter", r"\loop", r"\par", r"\relax", r"\jobname", r"\verb", r"\href", r"\url", r"\htmlData"),
    *(r"\REFUTED", r"\textit", r"\renewcommand", r"\newpage", r"\shipout", r"\batchmode", r"\directlua", r"\stop", r"\bye"),
)
"""What an author may call a letter, and TeX takes for an order."""
WORDS = re.compile(r"\\[A-Za-z]+")
FORBIDDEN = re.compile(r"<script|javascript:|onerror=|\x1b|\\(?:href|url|html\w+|input|write|openin|openout|csname)(?![A-Za-z])")


@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_is_never_an_order(letter: str) -> None:
    for tex in (letter, f"\\hat{{{letter}}}", f"\\mathrm{{{letter}}}", f"{letter}_1"):
        assert letter not in WORDS.findall(inert(tex))


@pytest.mark.parametrize(("tex", "written"), [
    ("%", r"\%"), ("#", r"\#"), ("$", r"\$"), ("&", r"\&"), ("а", r"\mathrm{u0430}"), ("x", "x"), (r"\hat{\mu}", r"\hat{\mu}"),
    (r"\^^5cinput", r"{\setminus}\mathrm{u005E}^5cinput"), ("^^5cinput", r"\mathrm{u005E}^5cinput"),
    (r"\operatorname{tr}", r"\operatorname{tr}"),
])  # fmt: skip
def test_signs_in_latex(tex: str, written: str) -> None:
    assert inert(tex) == written


@pytest.mark.parametrize(
    "tex", [r"\^^5cinput", "^^5cinput", r"x^\^^5c", r"\\input", "<script", "https://x", "www.x", "x@x.x", "[x](y)"]
)
def test_no_two_signs_are_an_order_together(tex: str) -> None:
    """Signs of their own, one beside the other: a character by its number, a tag, a link."""
    for spelled in (tex, f"\\mathrm{{{tex}}}"):
        assert not re.search(r"\^\^|<[a-z]|://|www\.|@x|\]\(|\\input", render(parse(spelled)))


@pytest.mark.parametrize(
    "name", [r"\mathrm{<script>}", "<script>", r"\hat{<b>}", r"\operatorname{</math>}", "&lt;b", '"', r"\<b>"]
)
def test_a_letter_is_text_in_mathml(name: str) -> None:
    drawn = mathml_writer.render(parse(name))
    assert {one.name for one in elements(f"<body>{drawn}</body>")} <= {"body", "mrow", "mi", "mo", "mn", "mover"}
    assert "&lt;b" not in name or "&amp;" in drawn


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The reports of a model whose rate is called as TeX calls an order, by their suffixes."""
    path = tmp_path_factory.mktemp("exports") / "model.derive"
    path.write_text(MODEL.format(letter=r"\openout"))
    model = model_in(path)
    account = replace(account_of(derivation(model, ["w"])), convention=model.lettered(convention()))
    formats = {"tex": "latex", "md": "markdown", "json": "json"}
    found = {suffix: report(name).write(account, Page()) for suffix, name in formats.items()}
    assert run(["em", "--pytest", str(path.with_name("report.py")), str(path)]) == 0
    return {**found, "py": path.with_name("report.py").read_text()}


def test_no_order_gets_into_a_document(written: dict[str, str]) -> None:
    for suffix in ("tex", "md"):
        assert r"\mathrm{openout}" in written[suffix]
        assert not FORBIDDEN.search(written[suffix])


def test_python_holds_the_lines_as_text(written: dict[str, str]) -> None:
    tree = ast.parse(written["py"])
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"eval", "exec", "open", "__import__"}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert any("\\openout_k in positive" in text for text in texts)


@pytest.mark.parametrize("letter", ['"""', "'''", r"\"", "${x}", "{x}", "x\\\n", "%s"])
def test_no_line_of_a_model_ends_a_text_in_python(letter: str, tmp_path: Path) -> None:
    """A comment of the declarations is part of their text."""
    model = tmp_path / "model.derive"
    model.write_text(MODEL.format(letter=r"\rho") + f"# {letter}\n__import__('os').system('touch {tmp_path}/canary') {letter}\n")
    code = run(["em", "--pytest", str(tmp_path / "tests.py"), str(model)])
    assert code in (0, 2)
    if code == 0:
        tree = ast.parse((tmp_path / "tests.py").read_text())
        assert not any(isinstance(node, ast.Name) and node.id == "__import__" for node in ast.walk(tree))
    assert not (tmp_path / "canary").exists()


ORDERS = (
    "::error::x",
    "##[error]x",
    "##[group]",
    "::add-mask::a",
    "a ##[command]x",
    "\u202e",
    "\x1b[2J",
    "\r::error::x",
    "\x9b2J",
)
"""What the log of a service, or a terminal, takes for an order."""
LOGGED = ("text", "concise", "github")


@pytest.mark.parametrize("order", ORDERS)
def test_no_line_of_a_log_is_an_order(
    order: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is written in a formula, a remark, a hint, a label or the name of the file."""
    monkeypatch.setattr("checks.supervision.is_possible", lambda: False)
    rows = (
        f"$$ {order} $$ (eq-{order})",
        f"$$ 1 = 2 \\quad \\text{{by {order}}} $$ (eq-{order})",
        f'<!-- derive: skip "{order}" -->\n$$ 1 = 2 $$',
        f"<!-- derive: {order} -->\n$$ 1 = 1 \\approx 2 $$\n```\n{order}\n```",
        f"```derive\n{order}\nparam \\mathrm{{{order}}} in R\n```\n$$ \\mathrm{{{order}}} = 2 $$ {order}",
    )
    (tmp_path / f"{order}\n{order}.md").write_text("\n\n".join(rows))
    for name in LOGGED:
        with contextlib.chdir(tmp_path):
            assert run(["check", "--no-autodiff", "--format", name, f"{order}\n{order}.md"]) in (1, 2)
        for line in "".join(capfd.readouterr()).splitlines():
            own = name == "github" and line.startswith(("::error file=", "::warning file="))
            assert "##[" not in line and (own or not line.lstrip().startswith("::")), line
            assert not re.search("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line), line
    assert run(["check", str(tmp_path / f"{order}.md")]) == 2
    assert not re.search(r"(?m)^\s*::|##\[|[\x1b\x9b]", capfd.readouterr().err)


@pytest.mark.skipif(
    shutil.which("pdflatex") is None or shutil.which("pdftotext") is None, reason="no pdflatex, or no pdftotext, here"
)
def test_the_document_shows_as_many_verdicts_as_there_are(written: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "report.tex").write_text(written["tex"])
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "report.tex"]
    paranoid = {**os.environ, "openin_any": "p", "openout_any": "p"}
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env=paranoid)
    assert made.returncode == 0, made.stdout[-2000:]
    subprocess.run(["pdftotext", "report.pdf"], cwd=tmp_path, timeout=60, check=True)
    found = {path.suffix for path in tmp_path.iterdir()}
    assert found == {".aux", ".log", ".pdf", ".tex", ".txt"}
    shown = " ".join((tmp_path / "report.txt").read_text().split())
    told = json.loads(written["json"])
    steps = [step for note in told["notes"] for step in note["steps"]]
    residuals = [step["residual"]["verdict"] for step in steps if step["residual"]]
    proved = [step["verdict"] for step in steps].count("proved") + residuals.count("proved")
    summary = f"{told['summary']['proved']} proved, 0 confirmed, {told['summary']['refuted_as_expected']} refuted as expected"
    assert shown.count(summary) == 1
    assert shown.count("refuted as expected") - 1 == told["summary"]["refuted_as_expected"] > 0
    prose = written["tex"].count("is proved.")
    assert shown.count("proved") - 1 - prose == proved > 0
