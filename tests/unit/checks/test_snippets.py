"""Counterexamples as Python: the lines run by themselves and give the two sides that the report shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from checks.notes import check_note
from checks.snippets import snippet
from checks.witness import Witness
from derive.notes import read_note

DECLARATIONS = r"""
size n, k, d
index i in 1..n ; j, s in 1..k ; a in 1..d
data x_i in R^d
latent z_i in 1..k
param \mu_j in R^d ; \Sigma_j in spd(d) ; \pi in simplex(k) ; \lambda in positive
const A in R^{d x d}
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, \Sigma_j)
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
define \ell = \sum_i \log \sum_j p(x_i, z_i=j)
"""
WRONG = [
    r"\frac{\partial \ell}{\partial \mu_s} = \sum_i w_{is} \Sigma_s (x_i - \mu_s)",
    r"\mu_j^T A \mu_j = \mu_j^T A^T A \mu_j",
    r"(x_i - \mu_j)(x_i - \mu_j)^T = x_i x_i^T - 2 \mu_j x_i^T + \mu_j \mu_j^T",
    r"\prod_j \pi_j = \sum_j \pi_j^2",
    r"\Gamma(\lambda) = \psi(\lambda)",
    r"\log |\Sigma_j| = \operatorname{tr}(\Sigma_j)",
    r"\mu_{j,a}^2 + 1 \le \mu_{j,a}^2",
]


def test_what_is_pasted_gives_both_sides() -> None:
    body = "\n\n".join(f"$$\n{row}\n$$" for row in WRONG)
    note = check_note(
        read_note(Path("note.md"), f"```derive\n{DECLARATIONS}\n```\n\n{body}\n"), Witness(autodiff=False), diagnosed=False
    )
    assert not note.troubles
    findings = [step.worst for step in note.steps]
    texts = [snippet(finding) for finding in findings if finding is not None]
    assert len(texts) == len(WRONG) and all(texts)
    ran = subprocess.run([sys.executable, "-c", "\n".join(texts)], capture_output=True, text=True, check=True)
    for line, finding in zip(ran.stdout.splitlines(), findings, strict=True):
        assert finding is not None and finding.evidence is not None and finding.evidence.counterexample is not None
        point = finding.evidence.counterexample
        for shown, wanted in zip(line.split(), (point.left, point.right), strict=True):
            assert float(shown) == pytest.approx(float(wanted), rel=1e-5)


def test_what_few_lines_cannot_say_is_left_out() -> None:
    text = "```derive\nparam \\tau in R\nfun f(\\tau) in positive\n```\n\n$$\nf(\\tau) = 2 f(\\tau)\n$$\n"
    (step,) = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False).steps
    assert step.verdict == "refuted" and step.worst is not None
    assert snippet(step.worst) == ""
