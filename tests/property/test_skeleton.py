"""Whatever stands in a note: a skeleton comes back, and the language of declarations takes every line of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import DeriveError
from derive.notation.declarations import Dictionary
from derive.notes import Declarations, Note, read_note
from derive.notes.entries import Lines, entries
from derive.notes.skeleton import skeleton

PIECES = st.sampled_from([
    "x", "y_i", "x^{(i)}", "z_{ij}", "\\mu_j", "\\mu_{k'}", "\\Sigma_j^{-1}", "\\theta^{old}", "\\theta_0", "\\pi_k",
    "w_j^{(i)}", "N_k", "\\sum_{i=1}^n", "\\sum_{j=1}^2", "\\sum_z", "\\prod_{i,j}", "\\sum_{t=0}^{T-1}",
    "\\sum_{i \\ne j}", "\\int", "dx", "\\nabla_\\theta", "\\frac{\\partial L}{\\partial \\mu_k}", "\\frac12", "\\frac",
    "p(x, z | \\theta)", "p(z_i=j)", "p(x_i | z_i = k; \\theta)", "q(z)", "\\mathcal{N}(x_i | \\mu_j, \\Sigma_j)",
    "\\mathcal{N}(x)", "\\gamma(z_{nk})", "f(x, \\eta)", "f()", "A(\\eta)", "E_{z \\sim q}", "[", "]", "(", ")",
    "\\left(", "\\right)", "|", "\\|", "\\log", "\\exp", "\\det", "\\hat{\\mu}", "\\bar y", "\\mathbf{X}^T",
    "\\mathbf{w}", "X", "\\mathrm{RSS}", "\\text{const}", "T", "I", "e^{x}", "^2", "_", "^", "'", "{", "}", "=", ":=",
    "\\le", "\\sim", "+", "-", "1", "2", ",", ";", "#", "!", "&", "\\\\", "\\begin{pmatrix}", "\\end{pmatrix}",
    "$$\n\n$$", "\\ell", "\\mathfrak{a}", "\\mathbb{E}", "_{}", "^{}", "{}",
])  # fmt: skip


def accepted(note: Note, lines: list[str]) -> None:
    text = "\n".join(lines)
    dictionary = Dictionary(macros=note.macros)
    for block in note.blocks:
        if isinstance(block, Declarations):
            for line in block.lines:
                with contextlib.suppress(DeriveError):
                    dictionary.declare(line.text)
    for line in entries(text, 0, len(text), Lines(text)):
        dictionary.declare(line.text)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(PIECES, max_size=30).map(" ".join), st.sampled_from(["", "size n, K ; index i in 1..n ; j, k in 1..K ; t in 1..2"])
)
def test_any_formula(row: str, declared: str) -> None:
    note = read_note(Path("note.md"), f"```derive\n{declared}\n```\n\n$$\n{row}\n$$\n")
    accepted(note, skeleton(note))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["", "size n\nindex i in 1..n", "data x in R", "param \\mu_j in R", "nonsense"]))
def test_any_text_behind_any_declarations(row: str, declared: str) -> None:
    note = read_note(Path("note.md"), f"```derive\n{declared}\n```\n\n$$\n{row}\n$$\n")
    accepted(note, skeleton(note))
