"""Both witnesses are needed: a wrong kernel rule, a wrong ball and a wrong lowering are each caught by the others."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from checks import balls, evaluation
from checks.judge import judge
from checks.witness import Witness
from derive.algebra import calculus, entries
from derive.algebra.reduction import Reducer
from derive.algebra.terms import scale
from derive.claims import Claim
from derive.errors import DisagreementError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Exp, Inverse, Log, Number, Reference, log_determinant, multiply
from derive.identities import identity
from derive.models import family
from derive.symbols import Size, Symbol

D = Size("d")
SIGMA = Reference(Symbol("Sigma", "param", (), (D, D), "spd"))
X = Reference(Symbol("x", "param"))
SLOPE = Claim(label="log-determinant", lhs=Derivative(log_determinant(SIGMA), SIGMA), rhs=Inverse(SIGMA))
WRONG_SLOPE = replace(SLOPE, rhs=multiply(Number(Fraction(2)), Inverse(SIGMA)))


@pytest.fixture(autouse=True)
def nothing_was_read_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that is broken here would not be asked for what was read with the right one."""
    monkeypatch.setattr(entries, "_read_before", entries._Recent())


def test_without_a_defect_the_right_one_is_proved_and_the_wrong_one_refuted() -> None:
    assert judge(SLOPE, Witness()).verdict == "proved"
    assert judge(WRONG_SLOPE, Witness()).verdict == "refuted"


def test_a_wrong_rule_of_the_kernel_is_caught_by_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    right = calculus.RULES["L"]
    monkeypatch.setitem(calculus.RULES, "L", lambda *given: scale(right(*given), 2))  # type: ignore[arg-type]
    with pytest.raises(DisagreementError, match="kernel proves log-determinant and the witness refutes it"):
        judge(WRONG_SLOPE, Witness())
    assert judge(SLOPE, Witness()).verdict == "confirmed"  # no proof any more, and no false one


def test_a_wrong_reduction_of_the_kernel_is_caught_by_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reducer, "logarithm", lambda self, argument: argument)
    with pytest.raises(DisagreementError):
        judge(Claim(label="log-forgotten", lhs=Log(Exp(X)), rhs=Exp(X)), Witness())


def test_a_wrong_ball_is_caught_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    right = balls.log
    monkeypatch.setattr(balls, "log", lambda x: balls.multiply(balls.exact(Fraction(1001, 1000)), right(x)))
    with pytest.raises(DisagreementError):
        judge(Claim(label="log-of-exp", lhs=Log(Exp(X)), rhs=X), Witness())


def test_a_wrong_lowering_is_caught_by_the_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    right = evaluation.Scope.log_determinant

    def doubled(self: evaluation.Scope, node: object) -> object:
        dense = right(self, node)  # type: ignore[arg-type]
        return replace(dense, array=2 * dense.array)

    monkeypatch.setattr(evaluation.Scope, "log_determinant", doubled)
    em = Algorithm(family("gaussian-mixture")())
    fisher = identity("fisher-identity").steps(em, em.model.parameter("Sigma"))[0].claim
    assert fisher is not None
    with pytest.raises(DisagreementError, match="autodiff"):
        judge(fisher, Witness())
