"""Counterexamples read like those of a textbook: the note's own letters, and only what the row depends on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from checks.cli import cli
from checks.counterexamples import Told, told
from checks.notes import check_note
from checks.witness import Witness
from derive.notes import read_note

DECLARATIONS = r"""
size n, k, d
index i in 1..n ; j, l, s in 1..k
data x_i in R ; v_i in R^d
latent z_i in 1..k
param \pi in simplex(k) ; \mu_j in R ; \sigma in positive ; \mathbf{b} in R
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, \sigma^2)
posterior w_{ij} = p(z_i=j | x_i) at {THETA_T}
define Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)
frozen \hat{m}_j in R ; q_{ij} in simplex(k) over j ; b in R
frozen A in R^{d x d}
fun f(x, \mu) in positive
"""


def shown(*displays: str, theta_t: str = r"\theta_t") -> Told:
    """The counterexample to the last row."""
    body = "\n\n".join(display if display.startswith("<!--") else f"$$ {display} $$" for display in displays)
    text = f"```derive\n{DECLARATIONS.replace('{THETA_T}', theta_t)}\n```\n\n{body}\n"
    step = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False).steps[-1]
    found, claim = step.worst, step.worst_claim
    assert step.verdict == "refuted" and found is not None and claim is not None and step.convention is not None, step.message
    assert found.evidence is not None and found.evidence.counterexample is not None
    return told(found.evidence.counterexample, found.claim, step.convention, claim.relation)


VALUES = [
    (r"\hat{m}_j = \mu_j", "j = 1", ("m̂₁ = 2", "μ₁ = -1")),
    (r"\mu_2 = \mu_1", "", ("μ₁ = 2, μ₂ = -1",)),
    (r"\sigma = \sigma^2", "", ("σ = 2",)),
    # Both are declared, so they are two letters.
    (r"\mathbf{b} = b", "", ("b = -1", "𝐛 = 2")),
    (r"q_{1,2} = q_{2,1}", "k = 2", ("q₁₂ = 2/3, q₂₁ = 1/3",)),
    (r"A v_1 = A^T v_1", "d = 2", ("v₁ = (2, 2)", "A = ((2, -1), (1, 0))")),
    # Of a sum all members, and its size.
    (r"\sum_j \mu_j^2 = (\sum_j \mu_j)^2", "k = 2", ("μ₁ = 2, μ₂ = 2",)),
    (r"f(x_1, \mu_1) = f(x_1, \mu_2)", "", ("x₁ = 2", "μ₁ = 2, μ₂ = -1", "f: unknown, some function drawn at random")),
]


@pytest.mark.parametrize(("row", "where", "values"), VALUES, ids=[row for row, _, _ in VALUES])
def test_letters_are_the_note_s_and_only_those_of_the_row(row: str, where: str, values: tuple[str, ...]) -> None:
    found = shown(row)
    assert (found.where, found.values) == (where, values)
    assert "left side is" in found.seen


def test_the_current_parameters_bear_the_note_s_own_mark() -> None:
    row = r"w_{ij} = \pi_j"
    assert shown(row).values[-1].startswith("at θₜ: μ₁ = ")
    marked = shown(row, theta_t=r"\theta^{old}").values
    assert any(line.startswith("μ₁ᵒˡᵈ = ") for line in marked) and not any("at θ" in line for line in marked)
    assert any(line.startswith("μ₁⁽ᵗ⁾ = ") for line in shown(row, theta_t=r"\theta^{(t)}").values)
    assert any(line.startswith("μ₁′ = ") for line in shown(row, theta_t=r"\theta'").values)


SEEN = [
    # What should be constant, at two values of the parameter that moves it.
    (
        r"\log p(x_i | z_i=j) = -\frac{1}{2\sigma^2} (x_i-\mu_j)^2 + \text{const}",
        "left − right is -1.61209 here, and -0.918939 with σ = 1",
    ),
    (r"\sigma \propto \sigma^2", "left / right is 0.5 here, and 1 with σ = 1"),
    (r"w_{ij} \propto 1", "left / right is "),
    (r"\mu_1 \le \mu_2", "the left side is 2, the right side -1"),
    (r"\sigma^2 = 4 \implies \sigma = 3", "in the second equation left − right is -1, not 0"),
    (r"v_1 = 2 v_1", "the left side is 2, the right side 4"),
    (r"A v_1 = A^T v_1", "in entry 1 the left side is 2, the right side 6"),
    (r"A = A^T", "in entry (1, 2) the left side is -1, the right side 1"),
]


@pytest.mark.parametrize(("row", "seen"), SEEN, ids=[row for row, _ in SEEN])
def test_what_fails_is_said(row: str, seen: str) -> None:
    assert shown(row).seen.startswith(seen)


LABELLED = r"""$$ J := \sum_i (x_i - \mathbf{b})^2 $$ (eq-J)

$$ E := \sum_i \sum_j w_{ij} \log p(x_i, z_i=j) $$ (eq-E)

<!-- derive: minimises (eq-J) over \mathbf{b} -->
$$ \mathbf{b} = \sum_i x_i $$

<!-- derive: maximises (eq-E) over \pi -->
$$ \pi_j = \sum_i w_{ij} $$
"""


def test_below_a_hint_no_side_is_blank(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    declared = DECLARATIONS.replace("{THETA_T}", r"\theta_t")
    note.write_text(f"```derive\n{declared}\n```\n\n{LABELLED}")
    text = CliRunner().invoke(cli, ["check", str(note), "--no-autodiff"]).stdout
    minimum, maximum = text.split("counterexample: ")[1:]
    assert "the derivative does not vanish" in text and "the derivative is " in minimum
    # What is no weight at all has no objective to compare.
    assert r"what is proposed for \pi does not sum to one" in text
    assert maximum.startswith("n = 2, k = 1\n") and " is " not in maximum.split("2 refuted")[0]


def test_what_has_no_letter_is_told_in_words(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(
        "```derive\nsize n\nindex i in 1..n\ndata x_i in R\nparam \\mu in R\nx_i ~ Normal(\\mu, 1)\n\\mu ~ Normal(0, 1)\n"
        "define X = (x_i)\n```\n\n$$ p(\\mu | X) \\propto p(\\mu) $$\n\n$$ p(\\mu | X) = p(X | \\mu) p(\\mu) $$\n"
    )
    text = CliRunner().invoke(cli, ["check", str(note), "--no-autodiff"]).stdout
    refuted, hedged = text.split("not written out")
    assert "the evidence = 2" in refuted and "evidence of" not in text
    # What may be true is not shown to be false.
    assert "counterexample" not in hedged and "write \\propto" in hedged


def test_programs_are_told_what_moved(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(
        "```derive\nparam \\sigma, \\mu in R\n```\n\n$$ \\sigma + \\mu = \\mu + \\text{const} $$\n\n$$ \\sigma = \\mu $$\n"
    )
    shown = json.loads(CliRunner().invoke(cli, ["check", str(note), "--no-autodiff", "--format", "json"]).stdout)
    first, second = (step["counterexample"] for step in shown["notes"][0]["steps"])
    assert [(value["name"], value["role"]) for value in first["moved"]] == [("\\sigma", "param")]
    assert (first["left"], first["right"]) == ("2.00000000000", "-1.00000000000")
    assert "moved" not in second


def test_a_value_of_a_continuum_is_no_number(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(
        "```derive\ndata x in R\nlatent z in R\nparam \\theta in R\nfun p(x, z | \\theta) in positive\n"
        "define p(x | \\theta) = \\int p(x, z | \\theta) dz ; p(z | x, \\theta) = p(x, z | \\theta) / p(x | \\theta)\n```\n\n"
        "$$ p(z | x, \\theta) = p(x, z | \\theta) $$\n"
    )
    text = CliRunner().invoke(cli, ["check", str(note), "--no-autodiff"]).stdout
    assert "refuted" in text and "p: unknown, some function drawn at random" in text and "z = " not in text
    assert "u0028" not in text and "mid" not in text
