"""Slips planted in right derivations come back refuted, every one that is false; what is true all the same is not refuted."""

from __future__ import annotations

import pytest

from tests.mutation.planted import campaign, claims, wrong_claims


@pytest.mark.parametrize(("covariance", "seed"), [("full", 1), ("diagonal", 2), ("tied", 3), ("spherical", 4)])
def test_a_sample_of_planted_mistakes(covariance: str, seed: int) -> None:
    tally = campaign(covariance, sample=60, seed=seed)
    assert not tally.accepted
    assert not tally.missed
    assert sum(tally.false.values()) >= 40
    assert tally.refuted == tally.false


def test_every_operator_finds_a_place() -> None:
    found = {name for covariance in ("full", "tied") for claim in claims(covariance) for name, _ in wrong_claims(claim)}
    assert len(found) >= 18


@pytest.mark.slow
@pytest.mark.parametrize("covariance", ["full", "tied", "diagonal", "spherical", "known"])
def test_every_planted_mistake(covariance: str) -> None:
    tally = campaign(covariance)
    assert not tally.accepted
    assert not tally.missed
