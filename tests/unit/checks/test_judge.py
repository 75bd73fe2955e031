"""Verdicts: what each needs, what is never one, and that nothing a claim contains comes out as a traceback."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from checks import judge as judging
from checks.judge import Finding, judge, judge_all
from checks.witness import Witness
from derive import formula as f
from derive.algebra.prove import Proof, Unproved
from derive.claims import Assumption, Claim, Relation, Verdict
from derive.errors import DeriveError, DisagreementError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import HALF, ONE, ZERO, AtEqual, Derivative, Formula, Number, Reference
from derive.models import family
from derive.symbols import Domain, Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J, L = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K))
T = Symbol("t", "param", (Range(K),))
X = Symbol("x", "data", (Range(N),), (D,))
v = Reference(Symbol("v", "param", (), (D,)))
sigma, matrix = Reference(Symbol("Sigma", "param", (), (D, D), "spd")), Reference(Symbol("F", "param", (), (D, D)))


def letter(name: str, domain: Domain = "real", role: Any = "const") -> Reference:
    return Reference(Symbol(name, role, (), (), domain))


a, b, m = letter("a"), letter("b"), letter("m", role="param")
p = letter("p", "positive")


def number(value: int | str | Fraction) -> Number:
    return Number(Fraction(value))


def t(index: Any) -> Reference:
    return Reference(T, (index,))


def claim(lhs: Formula, rhs: Formula = ZERO, relation: Relation = "=", **given: Any) -> Claim:
    return Claim(label="claim", lhs=lhs, relation=relation, rhs=rhs, **given)


def verdict(lhs: Formula, rhs: Formula = ZERO, relation: Relation = "=", **given: Any) -> Verdict:
    return judge(claim(lhs, rhs, relation, **given), Witness()).verdict


# What each verdict needs.


def test_proved_needs_both_witnesses() -> None:
    finding = judge(claim(f.Sum(J, t(J)), f.Sum(L, t(L))), Witness())
    assert finding.verdict == "proved" and finding.passes
    assert isinstance(finding.outcome, Proof)
    assert finding.evidence is not None and finding.evidence.outcome == "agrees" and finding.evidence.separated


def test_confirmed_is_agreement_without_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "prove", lambda claim: Unproved("not tried", 0.0))
    finding = judge(claim(f.Sum(J, t(J)), f.Sum(L, t(L))), Witness())
    assert finding.verdict == "confirmed" and finding.passes and "not tried" in finding.reason


def test_refuted_has_a_counterexample_and_does_not_pass() -> None:
    finding = judge(claim(f.Sum(J, t(J)), t(1)), Witness())
    assert finding.verdict == "refuted" and not finding.passes
    assert finding.evidence is not None and finding.evidence.counterexample is not None


def test_a_proof_without_power_is_unknown() -> None:
    finding = judge(claim(ZERO, ZERO), Witness())
    assert finding.verdict == "unknown" and not finding.passes
    assert "could not have told" in finding.reason


def test_a_proof_of_what_the_numbers_cannot_see_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "prove", lambda claim: Proof("by decree", (), (), (), 0.0))
    finding = judge(claim(f.Divide(ONE, a - a), ONE), Witness())
    assert finding.verdict == "unknown" and "defined" in finding.reason


def test_truth_is_not_a_bool() -> None:
    finding = judge(claim(a, a), Witness())
    with pytest.raises(TypeError, match=r"finding\.verdict"):
        bool(finding)
    with pytest.raises(TypeError):
        assert not finding


# Contradictions.


@pytest.mark.parametrize(
    ("lhs", "rhs", "relation"), [(a, b, "="), (p, ZERO, "<="), (m, ZERO, "= up to a constant"), (m, -m, "same argmax")]
)
def test_a_proof_that_the_numbers_contradict_is_an_alarm(
    monkeypatch: pytest.MonkeyPatch, lhs: Formula, rhs: Formula, relation: Relation
) -> None:
    monkeypatch.setattr(judging, "prove", lambda claim: Proof("by decree", (), (), (), 0.0))
    wrong = claim(lhs, rhs, relation, parameters=(m.symbol,), multiplier=p if relation == "same argmax" else None)
    with pytest.raises(DisagreementError, match="claim"):
        judge(wrong, Witness())


def test_a_false_claim_that_was_expected_is_no_alarm_and_needs_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(claim: Claim) -> Proof:
        raise AssertionError("no proof should be tried")

    monkeypatch.setattr(judging, "prove", never)
    assert judge(claim(a, b, expected="refuted"), Witness()).passes


# Expected to fail, and by how much.


def test_what_is_expected_to_fail_must_fail() -> None:
    assert judge(claim(a + 1, a, expected="refuted"), Witness()).passes
    true = judge(claim(a * b, b * a, expected="refuted"), Witness())
    assert true.verdict == "proved" and not true.passes
    for nothing in (claim(ZERO, ZERO, expected="refuted"), claim(f.Log(-p), f.Log(-p), expected="refuted")):
        assert not judge(nothing, Witness()).passes


def test_a_residual_must_be_right() -> None:
    right = judge(claim(a * b + a, a * b, expected="refuted", residual=a), Witness())
    assert right.passes and right.residual is not None and right.residual.verdict == "proved"
    wrong = judge(claim(a * b + a, a * b, expected="refuted", residual=2 * a), Witness())
    assert wrong.verdict == "refuted" and not wrong.passes
    assert wrong.residual is not None and wrong.residual.verdict == "refuted"
    undefined = judge(claim(a * b + a, a * b, expected="refuted", residual=f.Divide(a, a - a)), Witness())
    assert not undefined.passes


def test_a_residual_against_zero_is_about_the_left_side() -> None:
    finding = judge(claim(v + v, ZERO, expected="refuted", residual=2 * v), Witness())
    assert finding.passes


# Every relation.

RELATIONS: list[tuple[Relation, dict[str, Any], dict[str, Any]]] = [
    ("=", {"lhs": f.Sum(J, t(J)), "rhs": f.Sum(L, t(L))}, {"lhs": f.Sum(J, t(J)), "rhs": t(2)}),
    ("not identically 0", {"lhs": m - a}, {"lhs": m - m}),
    ("<=", {"lhs": ZERO, "rhs": p * a**2 + p}, {"lhs": p, "rhs": ZERO}),
    (">=", {"lhs": f.quadratic_form(v, sigma), "rhs": ZERO}, {"lhs": f.quadratic_form(v, matrix), "rhs": ZERO}),
    ("= up to a constant", {"lhs": m**2 + a, "rhs": m**2}, {"lhs": m**2 + m * a, "rhs": m**2}),
    ("proportional to", {"lhs": p * f.Exp(m), "rhs": f.Exp(m)}, {"lhs": p * f.Exp(m), "rhs": f.Exp(2 * m)}),
    ("implies", {"lhs": m - 1, "rhs": p * m - p, "multiplier": p}, {"lhs": m - 1, "rhs": p * m - 1, "multiplier": p}),
    ("same argmax", {"lhs": -(m**2), "rhs": a - p * m**2, "multiplier": p}, {"lhs": m, "rhs": -m, "multiplier": number(-1)}),
]


@pytest.mark.parametrize(("relation", "true", "false"), RELATIONS, ids=[r for r, _, _ in RELATIONS])
def test_relations_and_their_twins(relation: Relation, true: dict[str, Any], false: dict[str, Any]) -> None:
    parameters = (m.symbol,)
    finding = judge(claim(relation=relation, parameters=parameters, **true), Witness())
    assert finding.verdict in ("proved", "confirmed") and finding.passes
    wrong = judge(claim(relation=relation, parameters=parameters, **false), Witness())
    assert wrong.verdict == ("unknown" if relation in ("not identically 0", "same argmax") else "refuted")
    assert not wrong.passes


def test_something_not_zero_is_proved_by_a_point_and_never_without_one() -> None:
    assert verdict(m - a, ZERO, "not identically 0") == "proved"
    for zero in (ZERO, a - a, f.Log(ONE), f.Sum(J, t(J)) - f.Sum(L, t(L))):
        assert verdict(zero, ZERO, "not identically 0") == "unknown"


def test_a_division_by_what_is_zero_proves_no_implication() -> None:
    bad = claim(m - 1, m - 2, "implies", multiplier=f.Divide(m - 2, m - 1))
    assert judge(bad, Witness()).verdict == "unknown"
    assert verdict(m - 1, m - 2, "implies") == "refuted"


# Handled and said.


def _odd_claims() -> dict[str, Claim]:
    deep: Formula = a
    for _ in range(3000):
        deep = f.Exp(deep)
    wide = f.multiply(*(Reference(Symbol("y", "data", (Range(N),)), (Index(f"i{k}", Range(N)),)) for k in range(12)))
    gram = f.Sum(I, f.outer(Reference(X, (I,)), Reference(X, (I,))))
    short = Reference(Symbol("a", "const", (), (D,)))
    contradiction = (Assumption(text="one is zero", equation=(ONE, ZERO)),)
    never = (Assumption(text="k exceeds itself", larger=(K, K)),)
    return {
        "a vector and a scalar": claim(v, a),
        "a vector and a matrix": claim(v, matrix, "<="),
        "shapes up to a constant": claim(v, m, "= up to a constant", parameters=(m.symbol,)),
        "shapes in a ratio": claim(v, v, "proportional to", parameters=(v.symbol,)),
        "shapes in an implication": claim(m, v, "implies", multiplier=sigma),
        "shapes with a residual": claim(v, a, residual=a, expected="refuted"),
        "a residual of another shape": claim(v, v + v, residual=a, expected="refuted"),
        "one letter, two declarations": claim(a + letter("a", "positive"), 2 * a),
        "one letter, two shapes": claim(short - short, a - a),
        "a simplex without an index": claim(letter("z", "simplex"), a),
        "a definite scalar": claim(letter("z", "spd"), a),
        "an unknown function": claim(f.Function("acos", (a,)), a),
        "a derivative of an unknown function": claim(Derivative(f.Function("acos", (m,)), m), m),
        "a large power": claim(f.Power(a, number(10**9)), a),
        "a large index": claim(t(1000), t(1000)),
        "many free indices": claim(wide, wide),
        "nested": claim(deep, a),
        "infinite": claim(f.Exp(f.Exp(f.Exp(f.Exp(p + 9)))), p),
        "an infinite derivative": claim(Derivative(f.Exp(number(5000) * p), p), number(5000) * f.Exp(number(5000) * p)),
        "singular": claim(f.matrix_product(f.Inverse(gram), gram), f.Identity(D)),
        "singular always": claim(f.Trace(f.Inverse(f.outer(v, v))), f.Trace(f.Inverse(f.outer(v, v)))),
        "undefined": claim(f.Divide(ONE, a - a), f.Divide(ONE, a - a)),
        "an undefined derivative": claim(Derivative(f.Log(-(m**2)), m), Derivative(f.Log(-(m**2)), m)),
        "an undefined ratio": claim(m, f.multiply(ZERO, m), "proportional to", parameters=(m.symbol,)),
        "a contradictory assumption": claim(a, b, assumptions=contradiction),
        "an impossible assumption": claim(t(J), t(J), assumptions=never),
        "impossible, up to a constant": claim(t(J), t(J), "= up to a constant", parameters=(T,), assumptions=never),
        "impossible, a bound": claim(t(J), t(J) + 1, "<=", assumptions=never),
        "no parameter": claim(m, m, "= up to a constant"),
        "nothing that moves": claim(a, a, "same argmax", parameters=(m.symbol,)),
    }


@pytest.mark.parametrize("name", _odd_claims())
def test_odd_claims_are_unknown_with_a_reason(name: str) -> None:
    finding = judge(_odd_claims()[name], Witness())
    if name in ("a vector and a scalar", "infinite"):
        assert finding.verdict in ("unknown", "refuted")
    elif name == "shapes in a ratio":
        assert finding.verdict == "unknown"
    elif name == "a residual of another shape":
        assert finding.verdict == "refuted" and not finding.passes
    else:
        assert finding.verdict == "unknown", finding.reason
    assert finding.reason and not (finding.passes and finding.claim.expected is None)


def test_zero_may_stand_on_either_side() -> None:
    assert verdict(ZERO, v - v) in ("proved", "confirmed")
    assert verdict(v - v, ZERO) == "proved"
    assert verdict(ZERO, v) == verdict(v, ZERO) == "refuted"


def test_points_must_meet_what_is_assumed() -> None:
    same = (Assumption(text="a = b", equation=(a, b)),)
    assert verdict(a + 1, b + 1, assumptions=same) == "proved"
    assert verdict(a + 1, b + 2, assumptions=same) == "refuted"


def test_a_derivative_that_is_defined_only_elsewhere_is_no_traceback() -> None:
    finding = judge(claim(f.multiply(Derivative(f.Log(m), m), m), ONE), Witness())
    assert finding.verdict in ("refuted", "unknown")


# The whole road.


def test_the_founding_mistake_and_its_mending() -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="spherical"))
    mu = em.model.parameter("mu").reference
    witness = Witness()
    fisher = claim(AtEqual(Derivative(em.q(), mu)), Derivative(em.l(), mu), reading="equal")
    mistake = claim(Derivative(em.q(), mu), Derivative(em.l(), mu), expected="refuted")
    right, wrong = list(judge_all([fisher, mistake], witness))
    assert right.verdict == "proved" and wrong.verdict == "refuted" and wrong.passes
    assert right.evidence is not None and right.evidence.autodiff is not None and right.evidence.autodiff < 1e-10


def test_judging_together_and_alone_give_the_same_verdicts() -> None:
    claims = [claim(relation=r, parameters=(m.symbol,), **given) for r, *twins in RELATIONS for given in twins]
    together = [finding.verdict for finding in judge_all(claims, Witness())]
    assert together == [judge(each, Witness()).verdict for each in claims]
    turned = Witness()
    assert [judge(each, turned).verdict for each in reversed(claims)][::-1] == together


@pytest.mark.parametrize("seed", range(5))
def test_verdicts_do_not_depend_on_the_seed(seed: int) -> None:
    claims = [claim(relation=r, parameters=(m.symbol,), **given) for r, *twins in RELATIONS for given in twins]
    claims += [claim(f.Power(a**2, HALF), a), claim(f.Log(a**2), 2 * f.Log(a)), claim(f.Log(p**2), 2 * f.Log(p))]
    found = [judge(each, Witness(seed=seed)).verdict for each in claims]
    assert found == [judge(each, Witness(seed=99)).verdict for each in claims]


def test_only_mended_errors_leave_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(claim: Claim) -> Proof:
        raise DeriveError("it does not fit")

    monkeypatch.setattr(judging, "prove", refuse)
    finding: Finding = judge(claim(a * b, b * a), Witness())
    assert finding.verdict == "confirmed" and isinstance(finding.outcome, Unproved) and "fit" in finding.outcome.reason


def test_a_claim_is_kept_as_it_was_made() -> None:
    made = claim(a * b, b * a, reading="held")
    assert judge(made, Witness()).claim == made == replace(made)
