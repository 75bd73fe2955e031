"""A certificate that was changed is rejected, or shows what is true all the same; no proof is found of what is false."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.changed_certificates import campaign, certificates, forgeries

SOLUTIONS = str(Path(__file__).parent / "solutions.md")
FEW = (SOLUTIONS, "elbo.md", "fisher-score.md", "conjugate-beta.md", "exponential-lifetimes.md")
MORE = (*FEW, "murphy-univariate.md", "poisson-mixture.md", "least-squares.md", "regressions.md", "softmax-regression.md")
HARMLESS = 0.1
"""Of the changed certificates at most so many may show what holds too: other values of what plays no part, wider balls."""


def test_changed_certificates_are_rejected() -> None:
    tally = campaign(certificates(*FEW), 300, seed=1)
    assert tally.false == []
    assert tally.rejected >= (1 - HARMLESS) * tally.tried


def test_no_proof_is_found_of_what_is_false() -> None:
    tally = forgeries(certificates(*FEW), 100, seed=2)
    assert tally.false == []
    assert tally.rejected > 0


@pytest.mark.slow
def test_ten_thousand_changed_certificates() -> None:
    tally = campaign(certificates(*MORE), 10_000, seed=3)
    assert tally.false == []
    assert tally.rejected >= (1 - HARMLESS) * tally.tried


@pytest.mark.slow
def test_two_thousand_forgeries() -> None:
    assert forgeries(certificates(*MORE), 2000, seed=4).false == []
