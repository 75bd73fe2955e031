"""The report formats: what they say, that they say the same, and that nothing in them is taken for markup."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from checks import widths
from checks.judge import judge
from checks.outline import Account, _instance, outline, six_digits, written
from checks.reports import Page, names, report
from checks.reports import latex as latex_report
from checks.reports import markdown as markdown_report
from checks.reports import text as text_report
from checks.witness import Witness
from derive.claims import Assumption, Claim, Derivation, Section, Step
from derive.errors import UnknownNameError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import HALF, ONE, Derivative, Log, Reference, Sum, outer, quadratic_form
from derive.identities import identity
from derive.models import family
from derive.notation import latex_writer
from derive.notation.conventions import convention
from derive.symbols import Index, Range, Size, Symbol
from tests.accounts import account, account_of

NOTATIONS = ("cs229", "bishop")
COVARIANCES = family("gaussian-mixture").options["covariance"]


@cache
def full(notation: str = "cs229", covariance: str = "full", weights: str = "free") -> Account:
    return account(notation, covariance=covariance, weights=weights)


def write(name: str, told: Account, **page: Any) -> str:
    return report(name).write(told, Page(**page))


def small(*steps: Step, **letters: Any) -> Account:
    return account_of(
        Derivation(name="small", title="A small one", sections=(Section(title="Rows", steps=steps),), letters=letters)
    )


n = Size("n")
i = Index("i", Range(n))
x = Reference(Symbol("x", "data", (Range(n),)), (i,))
mu = Reference(Symbol("mu", "param"))
TRUE = Claim(label="true", lhs=Sum(i, x - mu), rhs=Sum(i, x) - Sum(i, mu))
FALSE = Claim(label="false", lhs=Sum(i, x - mu), rhs=Sum(i, x))


# Golden files.

CASES = {
    "em-full-cs229.txt": ("text", {}, ("cs229", "full"), ()),
    "em-spherical-bishop-80.txt": ("text", {"width": 80}, ("bishop", "spherical"), ()),
    "em-full-cs229.tex": ("latex", {}, ("cs229", "full"), ()),
    "em-diagonal-bishop.md": ("markdown", {}, ("bishop", "diagonal"), ("v",)),
    "em-full-mu.json": ("json", {}, ("cs229", "full"), ("mu",)),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    format_, page, (notation, covariance), parameters = CASES[name]
    monkeypatch.setattr("checks.reports.json.ground_types", lambda: "python")
    golden(name, write(format_, account(notation, parameters, covariance=covariance), **page))


# What is said.


def test_every_format_is_found_and_the_nearest_is_named() -> None:
    assert names() == ["json", "latex", "markdown", "text"]
    assert {report(name).name for name in names()} == set(names())
    with pytest.raises(UnknownNameError, match="try 'latex'"):
        report("latx")


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_text_keeps_to_the_page(notation: str, covariance: str) -> None:
    for width in (60, 80, 100):
        lines = write("text", full(notation, covariance), width=width).splitlines()
        assert max(map(len, lines)) <= width, max(lines, key=len)
        assert not any(line != line.rstrip() or "{" in line.replace("_{", "").replace("^{", "") for line in lines)


def test_text_has_colour_only_where_it_is_asked_for() -> None:
    assert "\x1b" not in write("text", full())
    coloured = write("text", full(), colour=True)
    assert "\x1b[32mproved" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == write("text", full()).split()


def test_chains_are_aligned_and_definitions_are_told_apart() -> None:
    text = write("text", full())
    lines = text.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("  ∇_{μₛ} Q(θ; θₜ) = "))
    second = next(line for line in lines[first + 1 :] if line.lstrip().startswith("="))
    assert lines[first].index("=", 22) >= second.index("=") == lines[first].index(" = ") + 1
    assert "  ψⱼ⁽ⁱ⁾ := −½ (x⁽ⁱ⁾ − μⱼ)ᵀ Σⱼ⁻¹ (x⁽ⁱ⁾ − μⱼ)" in text


def test_the_answer_stands_in_a_frame() -> None:
    text = write("text", full())
    assert "╭─ Why may w be held fixed? ─" in text
    frame = " ".join(line.strip("│ ") for line in text.splitlines() if line.startswith("│"))
    sentences = ("It does move: ", "First valid reason: ", "Second valid reason: ", "Two tempting reasons are wrong: ")
    places = [frame.index(sentence) for sentence in sentences]
    assert places[0] == 0 and places == sorted(places) and frame.count(". ") == 3 and frame.endswith("(refuted below).")
    assert len(outline(full()).answer) == 4


@pytest.mark.parametrize("name", names())
def test_the_question_is_asked_in_the_letters_of_the_notation(name: str) -> None:
    asked = {"text": "Why may γ be", "json": "Why may γ be", "latex": r"Why may $\gamma$ be", "markdown": r"Why may $\gamma$ be"}
    text = write(name, full("bishop"))
    assert asked[name] in text and not re.search(r"(?<![\w-])w(?![\w-])", text)


def test_a_wrong_reason_that_stands_is_not_called_refuted() -> None:
    told = full()
    (*_, wrong) = outline(told).answer
    unsettled = {label: replace(finding, verdict="unknown") for label, finding in told.findings.items()}
    (*_, open_) = outline(replace(told, findings=unsettled)).answer
    assert wrong.sentence[-1].endswith("(refuted below).") and open_.sentence[-1] == "."  # type: ignore[union-attr]


def test_numbers_say_where_they_come_from_and_zero_is_zero() -> None:
    told = full()
    told = replace(told, measures=dict.fromkeys(told.measures, 0.0))
    text = write("text", told)
    assert "In numbers, by JAX autodiff in double precision, at a generic point with m = 5, k = 3, n = 2:" in text
    assert "gradients in μₛ: 0\n" in text and "exactly" not in text


def test_a_refuted_row_shows_what_is_left_and_where() -> None:
    text = write("text", full())
    assert "what is left: −∇_{μₛ} Ent(w(θ)) (proved)" in text
    assert "at m = 1, k = 2, n = 2: x⁽¹⁾ = (0.25, 0.5);" in text
    assert "φ₁ = 1/3; φ₂ = 2/3" in text
    assert "entry (1) the left side is -0.123457, the right side 0" in text
    assert "≟ 0" in text and "refuted as expected" in text


def test_assumptions_are_said_once_in_the_authors_letters() -> None:
    said = write("text", full()).partition("Assumptions used")[2]
    assert "derivatives by Σₛ: its entries are treated as independent (entry convention)" in said
    assert "what is put for Σₛ is positive definite" in said and "_best" not in said
    assert said.count("which takes m > n data") == 1 and "star" not in said and said.count("what is put for Σₛ") == 1


@pytest.mark.parametrize("name", ("text", "latex", "markdown"))
def test_every_format_counts_alike(name: str) -> None:
    counts = outline(full()).counts
    slips = sum(claim.expected == "refuted" for claim in full().derivation.claims)
    right = len(full().derivation.claims) - slips
    assert (counts.proved, counts.refuted_as_expected, counts.refuted, counts.unknown) == (right, slips, 0, 0)
    written_ = write(name, full())
    assert f"{right} proved, 0 confirmed, {slips} refuted as expected, 0 unknown; for all sizes" in written_
    # The word at each row, and once in the summary; a residual has one of its own.
    mark = {"text": r"  proved$", "latex": r"; \\textit\{proved\}", "markdown": r"\*\*proved\*\*"}[name]
    assert len(re.findall(mark, written_, flags=re.MULTILINE)) == counts.proved


def test_a_failure_nobody_expected_is_loud() -> None:
    told = small(Step(reason="a slip", claim=FALSE), Step(reason="right", claim=TRUE))
    refuted = replace(told.findings["false"], verdict="refuted", reason="the two sides differ, certainly")
    unknown = replace(told.findings["true"], verdict="unknown", reason="no point was found")
    told = replace(told, findings={"false": refuted, "true": unknown})
    text = write("text", told)
    assert re.search(r"a slip +REFUTED", text) and "no point was found" in text
    assert "0 proved, 0 confirmed, 0 refuted as expected, 1 REFUTED, 1 unknown" in text
    assert json.loads(write("json", told))["summary"]["passes"] is False


def test_a_wrong_reason_that_is_not_refuted_is_loud() -> None:
    told = small(Step(reason="a slip", claim=replace(TRUE, expected="refuted")))
    told = replace(told, findings={"true": replace(told.findings["true"], verdict="proved")})
    assert "proved, though expected to be refuted" in write("text", told)


@pytest.mark.parametrize("name", names())
def test_relations(name: str) -> None:
    relations = ("=", "not identically 0", "<=", ">=", "= up to a constant", "proportional to", "implies", "same argmax")
    steps = [
        Step(reason=relation, claim=Claim(label=f"r{k}", lhs=Log(x), rhs=Log(mu), relation=relation))  # type: ignore[arg-type]
        for k, relation in enumerate(relations)
    ]
    written_ = write(name, small(*steps))
    if name == "text":
        for sign in ("≢ 0", "≤", "≥", "+ const", "∝", "⟹", "argmax"):
            assert sign in written_


def test_text_is_never_markup() -> None:
    told = small(Step(reason="see x[i] and [bold]{mu}[/bold], 100% of a_b & $5 #1 <b>", claim=TRUE), mu=mu)
    assert "see x[i] and [bold]μ[/bold], 100% of a_b & $5 #1 <b>" in write("text", told)
    assert r"see x[i] and [bold]$\mu$[/bold], 100\% of a\_b \& \$5 \#1 \textless{}b\textgreater{}" in write("latex", told)
    assert r"see x\[i\] and \[bold\]$\mu$\[/bold\], 100% of a\_b & \$5 \#1 \<b\>" in write("markdown", told)


def test_a_letter_that_the_derivation_lacks_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="unknown letter"):
        outline(small(Step(reason="{nu}", claim=TRUE), mu=mu))


def test_open_obligations_and_assumptions_are_listed() -> None:
    sigma = Reference(Symbol("Sigma", "param", (), (n, n), "spd"))
    y = Reference(Symbol("y", "data", (), (n,)))
    derivative = Derivative(quadratic_form(y, sigma), sigma, "vech")
    claims = (
        Claim(label="open", lhs=ONE / mu, rhs=ONE / mu, assumptions=(Assumption(text="{mu} is not tiny"),)),
        Claim(label="symmetric", lhs=derivative, rhs=outer(y, y)),
    )
    text = write("text", small(*(Step(reason="so", claim=claim) for claim in claims), mu=mu))
    assert "- μ is not tiny" in text and "- μ is nonzero" in text
    assert "derivatives by Σ: each free entry is counted once, where marked vech (vech convention)" in text


# Numbers.


def test_exact_numbers_are_written_exactly() -> None:
    from fractions import Fraction

    cases = {"3/8": "0.375", "-1/4": "-0.25", "1/3": "1/3", "7": "7", "-12": "-12", "1/80": "0.0125", "10": "10"}
    assert {given: written(Fraction(given)) for given in cases} == cases
    assert written(0.1) == "0.1" and written([[0.5, 1], [2, 0.25]]) == (("0.5", "1"), ("2", "0.25")) and written([3]) == "3"


def test_sides_are_written_to_six_digits() -> None:
    assert six_digits("[-0.12345678 +/- 2.1e-70]") == "-0.123457"
    assert six_digits("[1.5e-12 +/- 2.1e-70]") == "1.5e-12"
    assert six_digits("2/3") == "0.666667" and six_digits("not finite") == "not finite"
    assert latex_report.number("1.5e-12") == r"1.5 \times 10^{-12}" and latex_report.number("2e+08") == r"2 \times 10^{8}"


# JSON.


def test_json_has_every_field_of_the_format() -> None:
    found = json.loads(write("json", full("bishop")))
    assert set(found) == {"schema", "tool", "environment", "notes", "summary"} and found["schema"] == 1
    assert {"python", "sympy", "jax", "ground_types", "seed"} <= set(found["environment"])
    (note,) = found["notes"]
    assert note["file"] == "gaussian-mixture" and note["letters"] == {"n": "N", "k": "K", "d": "D"}
    wanted = "line end_line column label row verdict expected relation method reading readings claims code message residual"
    wanted += " points counterexample assumptions seconds lhs rhs"
    assert all(set(wanted.split()) <= set(step) for step in note["steps"])
    claims = [step for step in note["steps"] if step["relation"] != ":="]
    assert [step["label"] for step in claims] == [claim.label for claim in full("bishop").derivation.claims]
    assert found["summary"]["proved"] + found["summary"]["refuted_as_expected"] == len(claims)
    assert [step["row"] for step in claims if step["label"].startswith("score-mu")] == [1, 2, 3]


def test_json_numbers_are_exact_and_finite() -> None:
    told = small(Step(reason="a slip", claim=replace(FALSE, expected="refuted", residual=Sum(i, mu))))
    told = replace(told, findings={"false": replace(told.findings["false"], seconds=float("nan"))})
    (step,) = json.loads(write("json", told))["notes"][0]["steps"]
    assert step["seconds"] is None and step["verdict"] == step["expected"] == "refuted"
    assert step["residual"] == {"latex": r"\sum_{i=1}^{m} \mu", "text": "∑ᵢ₌₁ᵐ μ", "verdict": "proved"}
    assert step["counterexample"]["values"][0] == {"name": "mu", "role": "param", "value": "1/4"}


# LaTeX and Markdown.


def test_dollars_pair_up_in_markdown() -> None:
    for notation in NOTATIONS:
        text = write("markdown", full(notation))
        assert text.count("\n$$\n") % 2 == 0
        assert all(len(re.findall(r"(?<!\\)\$", line)) % 2 == 0 for line in text.splitlines())


def test_quotation_marks_may_enclose_a_formula() -> None:
    from derive.notation.boxes import Sign

    assert latex_report.sentence(('false: "', Sign(r"\mu"), ' moves", he said')) == r"false: ``$\mu$ moves'', he said"
    assert markdown_report.sentence(("a_b ", Sign(r"\mu"))) == r"a\_b $\mu$"


def test_wide_formulas_are_broken_before_signs() -> None:
    from derive.notation.conventions import convention
    from derive.notation.layout import lay_out

    box = lay_out(HALF * x + Log(x) - mu * x + x, convention())
    rows = [latex_writer.render(row) for row in widths.broken(box, widths.width(box) / 2)]
    assert len(rows) > 1 and all(row.startswith(("+", "-")) for row in rows[1:])
    assert widths.broken(box, 1e9) == [box]


def compiled(source: str, folder: Path) -> str:
    """The log of a compilation; pages are left beside it."""
    folder.joinpath("report.tex").write_text(source, encoding="utf-8")
    command = ["latexmk", "-pdf", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "report.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    assert run.returncode == 0, run.stdout[-3000:]
    return folder.joinpath("report.log").read_text(encoding="utf-8", errors="replace")


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="no latexmk here")
@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_latex_compiles_without_a_warning(notation: str, covariance: str, tmp_path: Path) -> None:
    told = full(notation, covariance)
    log = compiled(write("latex", told), tmp_path)
    assert not re.findall(r"^.*(?:Warning|Overfull|Underfull|undefined).*$", log, flags=re.MULTILINE)
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "report.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert f"{outline(told).counts.proved} proved" in " ".join(text.split())


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="no latexmk here")
def test_hostile_text_compiles_as_text(tmp_path: Path) -> None:
    hostile = r"\input{/etc/passwd} \def\x{\x}\x #$%&_{} ~^ \end{document} \write18{id} ∂ “x” < > | é"
    step = Step(reason=hostile.replace("{", "(").replace("}", ")"), claim=TRUE, note=hostile.replace("{", "(").replace("}", ")"))
    told = small(step)
    told = replace(told, derivation=replace(told.derivation, title=hostile))
    assert "Warning" not in compiled(write("latex", told), tmp_path)
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "report.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert "/etc/passwd" in text and "1 proved" in text


def test_what_stands_for_an_integral_is_said() -> None:
    """A counterexample to a claim with an integral: no size that nobody declared, and each value by its letter."""
    em = Algorithm(family("gamma-exponential")())
    (claim,) = (step.claim for step in identity("weights-do-not-move").steps(em, em.model.parameter("b")) if step.claim)
    evidence = judge(claim, Witness(autodiff=False)).evidence
    assert evidence is not None and evidence.counterexample is not None
    instance = _instance(evidence.counterexample, claim, em.model.lettered(convention("cs229")))
    said = " ".join(line.plain.strip() for line in text_report._instance(instance, 200))
    assert said.startswith("at m = 1, the integral over z as a weighted sum of 2 values: z₁ = 2; z₂ = 1; x⁽¹⁾ = ")
    assert "for i = 1, z = 2 the left side is " in said
    assert "the integral over $z$ as a weighted sum of 2 values: $z_1 = 2$" in latex_report.failure(instance)
