"""What is named as the cause of a wrong row: the slip that was made, in the note's own letters, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks import notes
from checks.note_outline import written
from checks.notes import check_note
from checks.witness import Witness
from derive.notes import read_note

DECLARATIONS = r"""
size n, k, d
index i in 1..n ; j, l, s in 1..k
data x_i in R^d ; y_i in R ; u_i in {0, 1}
const a in positive
latent z_i in 1..k
param \pi in simplex(k) ; \rho in unit ; \mu_j in R^d ; \Sigma_j in spd(d) ; m in R ; \sigma in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, \Sigma_j)
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
posterior r_{ij} = p(z_i=j | x_i) at \theta
"""
CAUSES = [
    (r"\sum_i y_i = \frac1n \sum_i y_i", ["the factor n is missing: a mean stands for a sum"]),
    (
        r"\frac{\partial}{\partial \mu_s} \sum_i \log p(x_i) = \sum_i w_{is} \Sigma_s^{-1} (x_i - \mu_s)",
        ["the weights wᵢₛ(θₜ) are held at the current parameters; the row is right with weights that move"],
    ),
    (
        r"\frac{\partial}{\partial \mu_s} \sum_i \sum_j w_{ij} \log p(x_i, z_i=j) = \sum_i r_{is} \Sigma_s^{-1} (x_i - \mu_s)",
        ["the weights rᵢₛ move with the parameters; the row is right with them held at the current ones"],
    ),
    (
        r"\frac{\partial}{\partial \mu_s} \sum_i \sum_j r_{ij} \log p(x_i, z_i=j) = \sum_i r_{is} \Sigma_s^{-1} (x_i - \mu_s)",
        ["the row is right with the responsibilities held, and here they move with the parameter"],
    ),
    # No weights: what is held, or moves, is no cause.
    (r"\log \sigma + m^2 = m^2 + \text{const}", ["the constant depends on σ", "a term was dropped: log σ"]),
    (r"e^{-(y_1-m)^2/(2\sigma^2)} \propto e^{-(y_1-m)^2}", ["a factor was dropped: 1 / (2σ²)"]),
    (r"r_{ij} \propto p(x_i | z_i = j)", ["a factor was dropped: πⱼ"]),
    # Without the letter in 1 - p the left side would be zero, which is proportional to anything, and explains nothing.
    (r"\rho^{u_1} (1-\rho)^{a-1} \propto \rho^{u_1} (1-\rho)^a", ["a term was dropped: −1"]),
    (r"-\frac{1}{2\sigma^2} (y_1-m)^2 = -\frac12\sigma^2 (y_1-m)^2", ["σ² stands where its reciprocal is right"]),
]


@pytest.mark.parametrize(("row", "causes"), CAUSES, ids=[row for row, _ in CAUSES])
def test_the_slip_is_named(row: str, causes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "DIAGNOSIS_SECONDS", 60.0)  # what is found must not depend on how busy the machine is
    text = f"```derive\n{DECLARATIONS}\n```\n\n$$ {row} $$\n"
    step = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), row_timeout=0).steps[-1]
    assert step.verdict == "refuted"
    assert [cause.cause(written(step)) for cause in step.causes] == causes
