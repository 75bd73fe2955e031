"""The catalogue: identities for models, their controls, the table and the exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from checks import catalogue, cli
from checks.catalogue import ITSELF, Entry, Judged, entries, for_itself, of_model, pairs, record, table
from checks.environment import environment
from checks.judge import judge
from checks.reports.json import heading
from checks.witness import Witness
from derive.claims import Claim
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Add, AtEqual, Formula, Number, Substitute, add, multiply
from derive.identities import Identity, identity, names
from derive.identities.louis import missing
from derive.identities.oakes import twice
from derive.models import family

SECOND_ORDER = ("louis", "oakes")
OF_MODELS = [name for name in names() if identity(name).is_of_models]
OF_NO_MODEL = [name for name in names() if not identity(name).is_of_models]
PRIORS = (
    "beta-prior",
    "gamma-prior",
    "inverse-gamma-prior",
    "inverse-wishart-prior",
    "normal-inverse-wishart-prior",
    "normal-prior",
    "normal-wishart-prior",
    "wishart-prior",
)
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
    assert {entry.identity for entry in judged} == set(OF_MODELS)
    left = {entry.identity for entry in judged if entry.standing == "does not apply"}
    assert {"held-step", "covariance-step", "softmax-weights", *(name for name in PRIORS if name != "gamma-prior")} <= left
    assert all(entry.passes for entry in judged)


@pytest.mark.parametrize("name", OF_NO_MODEL)
def test_an_identity_of_no_model_is_proved_with_its_controls_refuted(name: str) -> None:
    judged = for_itself(identity(name), 0, 3, True)
    assert judged.controls
    assert all(control.is_seen_through for control in judged.controls), judged.controls
    for claim in judged.claims:
        assert claim.verdict == "proved", (claim.statement, claim.reason)


def test_a_false_or_unread_row_of_a_note_does_not_pass() -> None:
    declared = "```derive\nsize k\nindex j in 1..k\nparam a_j in R\n```\n"
    false, unread, undeclared = (
        for_itself(Identity(name="i", title="", source="", note=note), 0, 3, False)
        for note in (
            declared + "$$ \\sum_j a_j = 1 $$",
            declared + "$$ \\sum_j b_j = 1 $$",
            declared.replace("size k", "size k, ?") + "$$ 1 = 1 $$",
        )
    )
    assert (false.standing, unread.standing) == ("refuted", "unknown")
    assert not any(entry.passes for entry in (false, unread, undeclared))
    control = declared + "<!-- derive: expect refuted -->\n$$ \\sum_j a_j = \\sum_j a_j $$"
    assert not for_itself(Identity(name="i", title="", source="", note=control), 0, 3, False).passes


def test_an_identity_of_no_model_needs_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(("verify", "--identity", "cyclic-trace", "--no-autodiff", "--format", "json")) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert note["file"] == ITSELF
    assert {claim["verdict"] for claim in note["steps"][0]["claims"]} == {"proved"}
    assert cli.run(("list", "identities", "--format", "json")) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["identities"]}
    assert listed["cyclic-trace"]["note"].strip().startswith("```derive")
    assert "note" not in listed["oakes"]


def test_identities_of_no_model_are_judged_once() -> None:
    asked = ["ascent", "softmax"]
    found = pairs(["poisson-mixture", "density-mixture"], asked)
    judged = list(entries(found, seed=0, points=3, autodiff=False, processes=1))
    assert [(e.model, e.identity) for e in judged] == [
        ("poisson-mixture", "ascent"),
        ("density-mixture", "ascent"),
        (ITSELF, "softmax"),
    ]
    assert "2 pairs of a model and an identity and 1 identity of no model, 3 of them proved" in table(judged)
    (*_, note) = json.loads(record(judged, heading(environment(0, 3))))["notes"]
    assert note["file"] == ITSELF
    assert note["steps"][0]["claims"][0]["statement"].startswith("\\frac{\\partial p_i}")
    assert {control["verdict"] for control in note["controls"]} == {"refuted"}


@pytest.mark.parametrize(("model", "options"), [("gamma-mixture", {}), ("beta-mixture", {"weights": "logits"})])
def test_a_parameter_called_a_has_its_gradients(model: str, options: dict[str, str]) -> None:
    """Whatever its letter is."""
    for entry in of_model(family(model)(**options), ("q-gradient", "score"), 0, 3, False):
        assert entry.standing == "proved"
        assert any(claim.label == f"{entry.identity}-a-2" for claim in entry.claims)


@pytest.mark.parametrize("model", ["density-mixture", "poisson-mixture"])
def test_twins_of_the_second_order(model: str) -> None:
    """Half the missing information, its sign, the mixed derivative left out: each is refuted."""
    em, witness = Algorithm(family(model)()), Witness(seed=0, points=3, autodiff=False)
    for parameter in em.model.parameters:
        lost, mixed = missing(em, parameter), AtEqual(twice(em.q(), parameter, mixed=True))
        for wrong in (multiply(Number(Fraction(1, 2)), lost), -lost, Number(Fraction(0))):
            claim = Claim(label="twin", lhs=mixed, rhs=wrong, reading="equal")
            assert judge(claim, witness).verdict == "refuted"


def claim_of(em: Algorithm, name: str, label: str) -> Claim:
    """The claim of an identity with a label, of whichever parameter."""
    chosen = [parameter for parameter in em.model.parameters if identity(name).applies(em, parameter)]
    claims = (step.claim for parameter in chosen for step in identity(name).steps(em, parameter))
    return next(claim for claim in claims if claim is not None and claim.label == label)


TWINS = [
    ("mixture-curvature", "normal-mixture", "curvature-mu-own"),
    ("mixture-curvature", "normal-mixture", "curvature-mu-2"),
    ("covariance-step", "gaussian-mixture", "covariance-step-Sigma"),
    ("covariance-step", "gaussian-mixture", "covariance-step-joint-Sigma"),
    ("conditional-maximisation", "poisson-mixture", "conditional-ascent-lambda"),
    ("newton-step", "gamma-mixture", "newton-step-a"),
    ("newton-step", "normal-mixture", "newton-is-m-step-mu"),
    ("expected-counts", "hidden-markov", "expected-count-A"),
    ("softmax-weights", "mixture-of-experts", "gate-nu"),
]


def half_of(node: Formula) -> Formula:
    return multiply(Number(Fraction(1, 2)), node)


def slipped(node: Formula) -> Iterator[Formula]:
    """The right side of a claim with a slip: halved as a whole, its last term halved, or with the other sign."""
    yield half_of(node)
    yield -node
    if isinstance(node, Add):
        *others, last = node.terms
        yield add(*others, half_of(last))
        yield add(*others, -last)


@pytest.mark.parametrize(("name", "model", "label"), TWINS, ids=[label for *_, label in TWINS])
def test_a_twin_with_a_slip_is_refuted(name: str, model: str, label: str) -> None:
    em, witness = Algorithm(family(model)()), Witness(seed=0, points=3, autodiff=False)
    claim = claim_of(em, name, label)
    assert judge(claim, witness).verdict == "proved"
    for wrong in slipped(claim.rhs):
        assert judge(replace(claim, rhs=wrong), witness).verdict == "refuted"


@pytest.mark.parametrize(("covariance", "weights"), [("tied", "free"), ("diagonal", "logits"), ("spherical", "known")])
def test_identities_of_gaussian_mixtures_with_other_options(covariance: str, weights: str) -> None:
    asked = ("mixture-curvature", "covariance-step", "conditional-maximisation", "self-consistency", "softmax-weights")
    judged = list(of_model(family("gaussian-mixture")(covariance=covariance, weights=weights), asked, 0, 3, False))
    assert all(entry.standing in ("proved", "does not apply") for entry in judged)
    applied = {entry.identity for entry in judged if entry.standing == "proved"}
    assert ("covariance-step" in applied) == (covariance == "tied")
    assert ("softmax-weights" in applied) == (weights == "logits")


@pytest.mark.parametrize(("model", "applies"), [("normal-mixture", True), ("regression-mixture", False)])
def test_the_step_in_a_variance_is_told_beside_a_mean_of_its_own(model: str, applies: bool) -> None:
    """Of a regression the mean is no parameter: what is said of deviations from one would be false."""
    judged = list(of_model(family(model)(), ("covariance-step",), 0, 3, False))
    assert [entry.standing for entry in judged] == ["proved" if applies else "does not apply"]


def test_where_em_comes_to_a_rest_at_other_weights_the_score_need_not_vanish() -> None:
    em, witness = Algorithm(family("poisson-mixture")()), Witness(seed=0, points=3, autodiff=False)
    claim = claim_of(em, "self-consistency", "self-consistent-lambda")
    assert judge(claim, witness).verdict == "proved"
    for wrong in (claim.rhs + 1, replace(claim, rhs=em.l()).rhs):
        assert judge(replace(claim, rhs=wrong, multiplier=None), witness).verdict != "proved"


@pytest.mark.parametrize(
    ("model", "options", "proved"),
    [
        ("poisson-mixture", {}, {"gamma-prior"}),
        ("binomial-mixture", {}, {"beta-prior"}),
        ("normal-mixture", {}, {"inverse-gamma-prior", "normal-prior", "normal-inverse-wishart-prior"}),
        ("normal-mixture", {"chart": "precision"}, {"gamma-prior", "normal-prior", "normal-wishart-prior"}),
        ("gaussian-mixture", {}, {"inverse-wishart-prior", "normal-prior", "normal-inverse-wishart-prior"}),
        ("gaussian-precision-mixture", {}, {"wishart-prior", "normal-prior", "normal-wishart-prior"}),
        ("regression-mixture", {}, {"inverse-gamma-prior", "normal-prior"}),
    ],
)
def test_priors_are_stated_where_there_is_a_closed_form(model: str, options: dict[str, str], proved: set[str]) -> None:
    entries_of = {entry.identity: entry for entry in of_model(family(model)(**options), PRIORS, 0, 3, False)}
    assert {name for name, entry in entries_of.items() if entry.standing == "proved"} == proved
    assert {name for name, entry in entries_of.items() if entry.standing == "does not apply"} == set(PRIORS) - proved


@pytest.mark.parametrize(
    ("model", "name", "prior"),
    [
        ("poisson-mixture", "lambda", "gamma-prior"),
        ("normal-mixture", "v", "inverse-gamma-prior"),
        ("gaussian-mixture", "mu", "normal-prior"),
        ("gaussian-mixture", "Sigma", "inverse-wishart-prior"),
    ],
)
def test_twins_of_the_step_with_a_prior(model: str, name: str, prior: str) -> None:
    """Half the step, twice the step, and that the maximum is the least value: each is refuted."""
    em, witness = Algorithm(family(model)()), Witness(seed=0, points=3, autodiff=False)
    (stationary, largest, _) = identity(prior).steps(em, em.model.parameter(name))
    assert stationary.claim is not None and largest.claim is not None
    put = stationary.claim.lhs
    assert isinstance(put, Substitute)
    for factor in (Fraction(1, 2), Fraction(2)):
        wrong = replace(stationary.claim, lhs=replace(put, replacement=multiply(Number(factor), put.replacement)))
        assert judge(wrong, witness).verdict == "refuted"
    turned = replace(largest.claim, relation=">=")
    assert judge(turned, witness).verdict == "refuted"


def test_a_wrong_direction_is_no_bound() -> None:
    em, witness = Algorithm(family("poisson-mixture")()), Witness(seed=0, points=3, autodiff=False)
    for name in ("ascent", "companion", "free-energy", "conditional-maximisation"):
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
    whole = json.loads(record(judged, heading(environment(0, 3))))
    (note,) = whole["notes"]
    assert [step["label"] for step in note["steps"]] == ["ascent", "oakes"]
    assert {control["identity"] for control in note["controls"]} == {"oakes"}
    assert whole["summary"]["passes"] is True
    assert whole["summary"]["does not apply"] == 1


def test_what_is_open_is_named_below_the_table() -> None:
    shown = table([entry(GOOD, OPEN)])
    assert "m, a: unknown (no proof)" in shown
    told = table([entry(replace(OPEN, statement="x = y"))])
    assert "m, a: x = y\n    unknown (no proof)" in told


def test_processes_find_the_same() -> None:
    asked = ["density-mixture", "exponential-mixture"]
    one, two = (list(entries(pairs(asked, ["ascent"]), seed=0, points=3, autodiff=False, processes=number)) for number in (1, 2))
    key = [(e.model, e.identity, e.standing) for e in one]
    assert sorted(key) == sorted((e.model, e.identity, e.standing) for e in two)


def test_options_of_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("verify", "censored", "--identity", "score", "--no-autodiff", "--format", "json", "--option")
    assert cli.run((*asked, "density=normal")) == 0
    (step,) = json.loads(capsys.readouterr().out)["notes"][0]["steps"]
    assert {claim["label"].split("-")[1] for claim in step["claims"]} == {"mu", "v"}
    assert cli.run((*asked, "density=none")) == 2


def test_a_run_that_was_stopped_and_one_in_parts_come_to_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("verify", "exponential-mixture", "--no-autodiff", "--identity", "ascent", "--identity", "cyclic-trace")

    def shown(*arguments: str) -> str:
        assert cli.run(arguments) == 0
        return capsys.readouterr().out

    whole = shown(*asked)
    names = [str(tmp_path / f"part{number}") for number in (1, 2)]
    for number, name in enumerate(names, start=1):
        shown(*asked, "--shard", f"{number}/2", "--journal", name)
    assert shown("merge", *names) == whole
    journal = tmp_path / "journal"
    assert shown(*asked, "--journal", str(journal)) == whole
    heading_, first, second = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(heading_ + first + second[:-9])
    judged: list[object] = []
    honest = catalogue.entries
    monkeypatch.setattr(catalogue, "entries", lambda pairs, **options: judged.extend(pairs) or honest(pairs, **options))
    assert shown(*asked, "--journal", str(journal)) == whole
    assert judged == [(ITSELF, "cyclic-trace")]
    assert cli.run((*asked, "--journal", str(journal), "--seed", "1")) == 2
    assert "seed=0, expected 1" in capsys.readouterr().err
