"""Each fault that is planted in the verifier is caught; without a fault nothing is."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.sabotage.fault import Fault, MisfitError
from tests.sabotage.faults import FAULTS
from tests.sabotage.running import Outcome, all_tried, summary, tried, without_a_fault

AT_A_TIME = 2
FEWEST = 250
HARMLESS = Fault(
    name="harmless",
    broken="nothing: one is written in another way",
    module="derive.algebra.terms",
    text="ONE = Fraction(1)",
    instead="ONE = Fraction(2, 2)",
    probes=("sums",),
)


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> Mapping[str, Outcome]:
    """What became of the faults that were asked for, several at a time."""
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    chosen = [fault for name, fault in FAULTS.items() if name in asked]
    return {outcome.name: outcome for outcome in all_tried(chosen, AT_A_TIME)}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught(name: str, outcomes: Mapping[str, Outcome]) -> None:
    assert outcomes[name].caught_by, f"{FAULTS[name].broken}: {outcomes[name].how}"


def test_without_a_fault_every_statement_is_judged_as_it_should_be() -> None:
    assert without_a_fault(sorted({probe for fault in FAULTS.values() for probe in fault.probes})) == []


def test_what_changes_nothing_is_not_caught() -> None:
    outcome = tried(HARMLESS)
    assert outcome.caught_by is None and outcome.how == "nobody"
    assert summary([outcome])["not_caught"] == ["harmless"]


def test_what_no_longer_fits_the_code_is_said() -> None:
    for text in ("ONE = Fraction(1)  # and more", "Fraction"):
        with pytest.raises(MisfitError, match=r"harmless: .* expected once"):
            tried(replace(HARMLESS, text=text))


def test_every_fault_fits_the_code_and_names_who_is_to_catch_it() -> None:
    assert len(FAULTS) >= FEWEST
    for fault in FAULTS.values():
        ast.parse(fault.planted(fault.path.read_text(encoding="utf-8")))
        assert fault.text != fault.instead and (fault.probes or fault.tests), fault.name
