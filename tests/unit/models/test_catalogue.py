"""The catalogue: identities for models, their controls, the table and the exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from checks import cli
from checks.catalogue import Entry, Judged, entries, of_model, record, table
from checks.environment import environment
from checks.judge import judge
from checks.witness import Witness
from derive.claims import Claim
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import AtEqual, Number, multiply
from derive.identities import identity, names
from derive.identities.louis import missing
from derive.identities.oakes import twice
from derive.models import family

SECOND_ORDER = ("louis", "oakes")
WHOLE = ("ascent", "companion", "free-energy", *SECOND_ORDER)


def found(model: str, *identities: str) -> list[Entry]:
    return list(of_model(family(model)(), identities or names(), 0, 3, False))


@pytest.mark.parametrize("model", ["density-mixture", "poisson-mixture", "gaussian-mixture"])
def test_what_holds_of_every_model_is_proved(model: str) -> None:
    for entry in found(model, *WHOLE):
        assert entry.standing == "proved", (entry.identity, entry.claims)
        assert all(control.is_seen_through for control in entry.controls)


def test_all_of_the_catalogue_for_one_model() -> None:
    judged = found("exponential-mixture")
    assert {entry.identity for entry in judged} == set(names())
    assert {entry.identity for entry in judged if entry.standing == "does not apply"} == {"held-step"}
    assert all(entry.passes for entry in judged)


@pytest.mark.parametrize("model", ["density-mixture", "poisson-mixture"])
def test_twins_of_the_second_order(model: str) -> None:
    """Half the missing information, its sign, the mixed derivative left out: each is refuted."""
    em, witness = Algorithm(family(model)()), Witness(seed=0, points=3, autodiff=False)
    for parameter in em.model.parameters:
        lost, mixed = missing(em, parameter), AtEqual(twice(em.q(), parameter, mixed=True))
        for wrong in (multiply(Number(Fraction(1, 2)), lost), -lost, Number(Fraction(0))):
            claim = Claim(label="twin", lhs=mixed, rhs=wrong, reading="equal")
            assert judge(claim, witness).verdict == "refuted"


def test_a_wrong_direction_is_no_bound() -> None:
    em, witness = Algorithm(family("poisson-mixture")()), Witness(seed=0, points=3, autodiff=False)
    for name in ("ascent", "companion", "free-energy"):
        for step in identity(name).steps(em, em.model.parameters[0]):
            if step.claim is not None and step.claim.relation == "<=":
                turned = replace(step.claim, lhs=step.claim.rhs, rhs=step.claim.lhs)
                assert judge(turned, witness).verdict == "refuted", step.claim.label


GOOD = Judged(label="a", relation="=", verdict="proved", reason="", seconds=0.0)
OPEN = replace(GOOD, verdict="unknown", reason="no proof")
CONTROL = replace(GOOD, verdict="refuted", residual="proved")


def entry(*claims: Judged, controls: tuple[Judged, ...] = ()) -> Entry:
    return Entry(model="m", identity="i", claims=claims, controls=controls, seconds=0.0)


def test_an_identity_stands_as_the_worst_of_its_claims() -> None:
    assert entry(GOOD, replace(GOOD, verdict="confirmed")).standing == "confirmed"
    assert entry(GOOD, OPEN).standing == "unknown"
    assert not entry(GOOD, OPEN).passes
    assert entry().standing == "does not apply"
    assert entry(GOOD, controls=(CONTROL,)).standing == "proved"


@pytest.mark.parametrize("control", [GOOD, OPEN, replace(CONTROL, residual="unknown")])
def test_a_control_that_is_not_seen_through_fails_the_pair(control: Judged) -> None:
    assert not entry(GOOD, controls=(control,)).passes


def test_the_table_and_the_record_say_the_same() -> None:
    judged = found("poisson-mixture", "ascent", "oakes", "held-step")
    shown = table(judged)
    assert "ascent" in shown
    assert "2 pairs of a model and an identity, 2 of them proved" in shown
    whole = json.loads(record(judged, environment(0, 3)))
    (note,) = whole["notes"]
    assert [step["label"] for step in note["steps"]] == ["ascent", "oakes"]
    assert {control["identity"] for control in note["controls"]} == {"oakes"}
    assert whole["summary"]["passes"] is True
    assert whole["summary"]["does not apply"] == 1


def test_what_is_open_is_named_below_the_table() -> None:
    shown = table([entry(GOOD, OPEN)])
    assert "m, a: unknown (no proof)" in shown


def test_processes_find_the_same() -> None:
    asked = ["density-mixture", "exponential-mixture"]
    one, two = (list(entries(asked, ["ascent"], seed=0, points=3, autodiff=False, processes=number)) for number in (1, 2))
    key = [(e.model, e.identity, e.standing) for e in one]
    assert sorted(key) == sorted((e.model, e.identity, e.standing) for e in two)


def test_options_of_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("verify", "censored", "--identity", "score", "--no-autodiff", "--format", "json", "--option")
    assert cli.run((*asked, "density=normal")) == 0
    (step,) = json.loads(capsys.readouterr().out)["notes"][0]["steps"]
    assert {claim["label"].split("-")[1] for claim in step["claims"]} == {"mu", "v"}
    assert cli.run((*asked, "density=none")) == 2
