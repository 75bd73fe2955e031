"""Campaigns: what is planted, who says that it is false, and that nothing is lost where one is stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from checks import campaign, cli, second_opinion
from checks.campaign import Outcome, SecondEvaluator
from checks.true_statements import statements
from checks.witness import Witness, meets_assumptions
from derive.claims import Claim, Relation
from derive.errors import DisagreementError
from derive.formula import ZERO, Divide, Exp, Formula, Number, Reference, Sum, multiply
from derive.lessons.expectation_maximisation import derivation
from derive.models import family, names
from derive.symbols import Index, Range, Size, Symbol

SLOW = (
    "autoregression-with-noise",
    "factor-analysis",
    "gaussian-precision-mixture",
    "hidden-markov",
    "missing-data",
    "state-space",
)
QUICK = [name for name in names() if name not in (*SLOW, "probabilistic-pca")]
SAMPLE = 5000
SEED, OTHER = 3, 3 + campaign.OTHER_POINTS


@cache
def claims(name: str) -> tuple[Claim, ...]:
    return tuple(campaign.of_model(derivation(family(name)()).claims))


@pytest.mark.parametrize("name", ["poisson-mixture", "gamma-poisson", "hidden-markov"])
def test_the_second_evaluator_finds_true_what_is_true(name: str) -> None:
    second = SecondEvaluator(SEED, points=2)
    known = [second.is_false(claim) for claim in claims(name)[: 6 if name == "hidden-markov" else None]]
    assert True not in known
    assert known.count(False) > 0.9 * len(known)


def test_the_second_evaluator_finds_false_what_is_doubled() -> None:
    second = SecondEvaluator(SEED, points=2)
    for claim in claims("normal-mixture"):
        if claim.relation == "=" and claim.rhs != ZERO:
            wrong = replace(claim, rhs=multiply(Number(2), claim.rhs))
            assert second.is_false(wrong) is True, claim.label


def test_the_second_evaluator_knows_conventions_of_matrix_derivatives() -> None:
    witness = Witness(seed=OTHER, points=2, autodiff=False)
    told = [claim for claim in claims("gaussian-mixture") if "Sigma" in claim.label and claim.label.startswith("dq")]
    for claim in told[:2]:
        for point in witness.at(claim.lhs, claim.rhs, claim=claim):
            if meets_assumptions(claim, point):
                assert second_opinion.compare(claim.lhs, claim.rhs, claim.relation, point) == "equal"


def tried(count: int, **options: Any) -> list[Outcome]:
    found: list[Outcome] = []
    planned = campaign.plan(claims("poisson-mixture"), count, SEED, **options)
    campaign.run(planned, seed=SEED, points=3, processes=1, heard=found.append)
    return found


A, B = (Reference(Symbol(name, "const")) for name in "ab")
M, P = Reference(Symbol("m", "param")), Reference(Symbol("p", "const", (), (), "positive"))


@pytest.mark.parametrize(
    ("relation", "left", "right", "multiplier", "false"),
    [
        ("= up to a constant", A * M, A * M + B, None, False),
        ("= up to a constant", A * M, B * M, None, True),
        ("proportional to", Exp(A * M) * P, Exp(A * M), None, False),
        ("proportional to", Exp(A * M), Exp(A * M) + P, None, True),
        ("same argmax", A * M, P * A * M + B, P, False),
        ("same argmax", A * M, P * B * M, P, True),
        ("same argmax", A * M, P * A * M + B, None, True),
    ],
)
def test_the_second_evaluator_knows_what_a_constant_is(
    relation: Relation, left: Formula, right: Formula, multiplier: Formula | None, false: bool
) -> None:
    claim = Claim(label="", lhs=left, relation=relation, rhs=right, parameters=(M.symbol,), multiplier=multiplier)
    assert SecondEvaluator(SEED, points=3).is_false(claim) is false


def test_the_second_evaluator_sees_the_square_of_a_tiny_error() -> None:
    claim = Claim(label="", lhs=A, rhs=A + Number(Fraction(1, 10**34)))
    assert SecondEvaluator(SEED, points=3).is_false(claim) is True
    assert SecondEvaluator(SEED, points=3).is_false(replace(claim, rhs=A)) is False


def test_what_is_refuted_and_seems_true_is_looked_at_once_more() -> None:
    """At its first points, where what was dropped is one, the second evaluator cannot tell."""
    second, right = SecondEvaluator(SEED, points=3), Claim(label="", lhs=A * B, rhs=A * B)
    wrong = replace(right, rhs=A)
    (point, *_) = second.witness.at(A, B)
    special = replace(point, values={**point.values, ("b", "const"): np.asarray(Fraction(1), dtype=object)})
    second.witness: Any = SimpleNamespace(at=lambda *sides, claim, most: iter(([special] * 12 + [point])[:most]))
    assert second.is_false(wrong) is False
    assert second.is_false(wrong, thorough=True) is True
    assert second.is_false(right, thorough=True) is False
    assert campaign.tried(campaign.Planted("", "factor-dropped", 1, wrong), Witness(autodiff=False), second).status == "refuted"


def test_a_proof_is_of_the_sizes_at_which_both_sides_have_a_value() -> None:
    """At k = 1 the sum from 2 on is zero, and nothing may be divided by it: the proof is provided that it is not."""
    k = Size("k")
    own, later = Index("j", Range(k)), Index("j", Range(k, 2))
    a = Symbol("a", "param", (Range(k),), (), "positive")
    one, other = Sum(own, Reference(a, (own,))), Sum(later, Reference(a, (later,)))
    second = SecondEvaluator(SEED, points=3)
    right = Claim(label="", lhs=Divide(other, other), rhs=Number(Fraction(1)))
    assert second.is_false(right) is True
    assert second.is_false(right, defined=True) is False
    assert second.is_false(replace(right, lhs=Divide(one, other)), defined=True) is True
    assert campaign.tried(campaign.Planted("", "limit", 1, right), Witness(autodiff=False), second).status == "equivalent"


def test_what_is_remembered_at_a_point_is_of_that_point_and_formula() -> None:
    memory, seen = second_opinion.Memory(), set[str]()
    witness = Witness(seed=OTHER, points=3, autodiff=False)
    for planted in campaign.plan(claims("normal-mixture"), 40, SEED):
        claim = planted.claim
        for point in witness.at(claim.lhs, claim.rhs, claim=claim) if claim.relation == "=" else ():
            found = second_opinion.compare(claim.lhs, claim.rhs, "=", point, memory)
            assert found == second_opinion.compare(claim.lhs, claim.rhs, "=", point)
            seen.add(found)
    assert {"equal", "different"} <= seen


def test_slips_are_planted_on_both_sides_and_in_what_is_said_to_be_constant() -> None:
    equal = Claim(label="", lhs=A * (A + B), rhs=A * A + A * B)
    planned = campaign.plan([equal], None, SEED)
    assert {planted.claim.lhs == equal.lhs for planted in planned} == {True, False}
    constant = Claim(label="", lhs=A * M + B, relation="= up to a constant", rhs=A * M, parameters=(M.symbol,))
    (dropped,) = (planted for planted in campaign.plan([constant], None, SEED) if planted.operator == "constant-dropped")
    assert dropped.claim.relation == "="
    assert campaign.tried(dropped, Witness(autodiff=False), SecondEvaluator(SEED, 3)).status == "refuted"


def test_nothing_planted_is_accepted() -> None:
    found = tried(60)
    told = campaign.counts(found)
    assert told["accepted"] == told["disputed"] == 0
    assert told["refuted"] >= 45
    assert sum(told[status] for status in campaign.STATUSES) == told["tried"] == 60


def test_a_judge_that_lets_everything_pass_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = campaign.judge

    def lax(claim: Claim, witness: Witness) -> Any:
        return replace(honest(claim, witness), verdict="proved")

    monkeypatch.setattr(campaign, "judge", lax)
    assert campaign.counts(tried(25))["accepted"] > 15


def test_a_judge_that_refutes_what_is_true_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = campaign.judge
    monkeypatch.setattr(campaign, "judge", lambda claim, witness: replace(honest(claim, witness), verdict="refuted"))
    assert campaign.counts(tried(60))["disputed"] > 2


def test_a_kernel_that_proves_what_the_numbers_refute_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def contradicted(claim: Claim, witness: Witness) -> Any:
        raise DisagreementError("the kernel proves it and the witness refutes it")

    monkeypatch.setattr(campaign, "judge", contradicted)
    found = tried(3)
    assert campaign.counts(found)["accepted"] == 3 and not campaign.passes(found)


@pytest.mark.parametrize(
    ("status", "passes"), [("refuted", True), ("equivalent", True), ("accepted", False), ("disputed", False)]
)
def test_a_campaign_passes_where_nothing_is_accepted_or_disputed(status: Any, passes: bool) -> None:
    found = [Outcome("a", "sign", "refuted", ""), Outcome("b", "sign", status, "")]
    assert campaign.passes(found) is passes
    assert not campaign.passes([])


def test_shards_are_parts_of_the_whole() -> None:
    whole = campaign.plan(claims("poisson-mixture"), 50, SEED)
    parts = [campaign.plan(claims("poisson-mixture"), 50, SEED, (k, 3)) for k in (1, 2, 3)]
    assert sorted(p.key for part in parts for p in part) == sorted(p.key for p in whole)
    assert len({p.key for p in whole}) == 50


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.run(arguments)
    return code, capsys.readouterr().out


def test_a_campaign_in_parts_comes_to_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("mutate", "exponential-mixture", "--count", "24", "--seed", "5", "--format", "json")
    code, whole = printed(capsys, *common)
    assert code == 0
    names = [tmp_path / f"part{k}" for k in (1, 2)]
    for k, name in enumerate(names, start=1):
        assert printed(capsys, *common, "--shard", f"{k}/2", "--journal", str(name))[0] == 0
    code, joined = printed(capsys, "merge", *map(str, names), "--format", "json")
    assert code == 0
    assert list(json.loads(whole))[-1] == "summary"
    assert joined == whole
    lines = names[0].read_bytes().splitlines(keepends=True)
    names[0].write_bytes(b"".join(lines[:5]) + lines[5][:-7])
    code, told = printed(capsys, "merge", *map(str, names), "--format", "json")
    assert code == 1
    assert json.loads(told)["summary"]["tried"] == 24 - 8
    assert printed(capsys, *common, "--shard", "1/2", "--journal", str(names[0]))[0] == 0
    assert printed(capsys, "merge", *map(str, names), "--format", "json")[1] == joined


def test_a_journal_is_of_the_statements_as_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note, journal = tmp_path / "note.md", tmp_path / "journal"
    declared = "```derive\nparam a, b in R\n```\n\n"
    note.write_text(declared + "$$(a+b)^2 = a^2 + 2ab + b^2$$\n")
    asked = ("mutate", str(note), "--count", "4", "--journal", str(journal))
    assert cli.run(asked) == 0
    note.write_text(declared + "$$(a-b)^2 = a^2 - 2ab + b^2$$\n")
    assert cli.run(asked) == 2
    assert "statements=" in capsys.readouterr().err


def test_a_note_of_one_s_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note.md"
    note.write_text("```derive\nparam a, b in R\n```\n\n$$(a+b)^2 = a^2 + 2ab + b^2$$\n\n$$a = b$$\n")
    code, told = printed(capsys, "mutate", str(note), "--format", "json")
    found = json.loads(told)["summary"]
    assert code == 0
    assert found["tried"] == found["refuted"] + found["equivalent"] > 10
    empty = tmp_path / "empty.md"
    empty.write_text("nothing\n")
    assert cli.run(("mutate", str(empty))) == 1
    assert cli.run(("mutate", "no-such-model")) == 2
    assert cli.run(("mutate", "poisson-mixture", "--shard", "3/2")) == 2


def test_what_is_written_in_another_way_is_still_true(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = printed(capsys, "mutate", "poisson-mixture", "--harmless", "--count", "60", "--seed", "2", "--format", "json")
    found = json.loads(told)["summary"]
    assert code == 0
    assert found["tried"] == 60
    assert found["refuted"] == 0
    assert found["proved"] >= 57


def test_a_judge_that_refutes_a_rewriting_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = campaign.judge
    monkeypatch.setattr(campaign, "judge", lambda claim, witness: replace(honest(claim, witness), verdict="refuted"))
    planned = campaign.plan_harmless(claims("poisson-mixture"), 5, SEED)
    found: list[Outcome] = []
    campaign.run(planned, seed=SEED, points=3, processes=1, heard=found.append, harmless=True)
    assert not campaign.passes(found, harmless=True)


def test_no_rewriting_changes_what_is_meant() -> None:
    """By the second evaluator, which is not the judge."""
    second = SecondEvaluator(SEED, points=2)
    told = [claim for claim in claims("normal-mixture") if claim.relation == "="]
    known = [second.is_false(planted.claim) for planted in campaign.plan_harmless(told, 80, SEED)]
    assert True not in known
    assert known.count(False) > 70


def test_a_campaign_over_several_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model, a note and a file that declares a model; each statement says of which it is."""
    note, declared = tmp_path / "note.md", tmp_path / "model.derive"
    note.write_text("```derive\nparam a, b in R\n```\n\n$$(a+b)^2 = a^2 + 2ab + b^2$$\n")
    declared.write_text(
        "size n, k\nindex i in 1..n ; j, l in 1..k\ndata x_i in N\nlatent z_i in 1..k\nparam \\pi in simplex(k)\n"
        "param \\lambda_j in positive\nz_i ~ Categorical(\\pi)\nx_i | z_i=j ~ Poisson(\\lambda_j)\n"
    )
    targets = ["exponential-mixture", str(note), str(declared)]
    found = statements(targets, {}, seed=0, points=3)
    assert [sum(claim.label.startswith(f"{target}: ") for claim in found) > 0 for target in targets] == [True, True, True]
    code, told = printed(capsys, "mutate", *targets, "--count", "30", "--format", "json")
    assert code == 0
    assert json.loads(told)["task"]["targets"] == targets
    assert json.loads(told)["summary"]["tried"] == 30


def test_the_catalogue_adds_the_identities_of_a_model() -> None:
    few, many = (
        {claim.label for claim in statements(["poisson-mixture"], {}, seed=0, points=3, whole_catalogue=whole)}
        for whole in (False, True)
    )
    assert few < many
    assert any(label.startswith("oakes") for label in many - few)


def test_a_sample_of_all_models_is_seen_through() -> None:
    """Slips in every model's report; those that take long are left to longer runs."""
    found: list[Outcome] = []
    known = statements(QUICK, {}, seed=SEED, points=3)
    campaign.run(campaign.plan(known, SAMPLE, SEED), seed=SEED, points=3, processes=2, heard=found.append)
    told = campaign.counts(found)
    assert told["tried"] == SAMPLE
    survivors = [outcome for outcome in found if outcome.status in ("accepted", "disputed")]
    assert not survivors, survivors
    assert told["refuted"] > 0.98 * (SAMPLE - told["equivalent"])
