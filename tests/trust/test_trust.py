"""The table of the README is what the measures found, and a measure says when something is not as demanded."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.mutation import changed_certificates
from tests.mutation.written_notes import Tally
from tests.sabotage.running import Outcome
from tests.trust import measures
from tests.trust.__main__ import FIGURES, main
from tests.trust.measures import (
    MEASURES,
    ROOT,
    Asked,
    measure,
    of_notations,
    of_rewritings,
    of_slips,
    of_slips_in_notations,
    table,
)

SLIPS = {"tried": 10, "refuted": 8, "unknown": 1, "equivalent": 1, "accepted": 0, "disputed": 0, "operators": {"sign": {}}}
REWRITINGS = {"tried": 100, "proved": 94, "confirmed": 1, "unknown": 5, "refuted": 0}


def test_the_table_of_the_readme_is_what_was_found() -> None:
    figures = json.loads(FIGURES.read_text())
    assert list(figures) == [one.name for one in MEASURES if one.name in figures]
    assert table(figures) in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("summary", "changed", "holds"),
    [
        (SLIPS, {}, True),
        (SLIPS, {"accepted": 1}, False),
        (SLIPS, {"disputed": 1}, False),
        (SLIPS, {"tried": 0}, False),
        (REWRITINGS, {}, True),
        (REWRITINGS, {"unknown": 6}, False),
        (REWRITINGS, {"refuted": 1}, False),
        (REWRITINGS, {"tried": 0}, False),
    ],
)
def test_what_is_not_as_demanded_is_said(summary: dict[str, Any], changed: dict[str, Any], holds: bool) -> None:
    found = (of_slips if summary is SLIPS else of_rewritings)({**summary, **changed})
    assert found.holds is holds
    assert ("not as demanded" in table({"slips": asdict(found)})) is not holds


@pytest.mark.parametrize(
    ("verdicts", "holds"),
    [
        ({"proved": 95, "unknown": 3, "unread": 2}, True),
        ({"proved": 94, "unknown": 3, "unread": 3}, False),
        ({"proved": 99, "refuted": 1}, False),
        ({}, False),
    ],
)
def test_rows_in_other_notations_that_are_not_proved_are_seen(verdicts: dict[str, int], holds: bool) -> None:
    assert of_notations(Tally(Counter(verdicts))).holds is holds


@pytest.mark.parametrize(
    ("verdicts", "holds"),
    [
        ({"refuted": 9, "unknown": 1}, True),
        ({"refuted": 9, "proved": 1}, False),
        ({"refuted": 9, "confirmed": 1}, False),
        ({}, False),
    ],
)
def test_slips_in_other_notations_that_pass_are_seen(verdicts: dict[str, int], holds: bool) -> None:
    assert of_slips_in_notations(Tally(Counter(verdicts))).holds is holds


def test_a_few_of_everything_small_is_as_demanded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "figures.json"
    assert main(["--few", "--keep", str(kept), "ten rows", "changed certificates"]) == 0
    figures = json.loads(kept.read_text())
    assert list(figures) == ["ten rows", "changed certificates"]
    assert table(figures) == capsys.readouterr().out


def test_a_fault_that_nobody_catches_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        measures, "all_tried", lambda faults, processes: [Outcome(fault.name, None, "nobody") for fault in faults]
    )
    found = measure("sabotage").take(Asked(3, 1, tmp_path))
    assert found.count == 3 and not found.holds


def test_certificates_that_are_accepted_though_false_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_certificates, "is_accepted", lambda told: True)
    monkeypatch.setattr(changed_certificates, "is_false", lambda told, rng: True)
    assert not measure("changed certificates").take(Asked(40, 1, tmp_path)).holds


def test_a_wrong_row_that_is_not_named_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "wrong_rows", lambda text: [])
    assert not measure("ten rows").take(Asked(3, 1, tmp_path)).holds
