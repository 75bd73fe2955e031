"""Maximisers by numbers: close to a wrong one the objective is certainly larger, or it is not admissible."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checks.judge import judge
from checks.witness import Evidence, Witness
from derive.claims import Claim
from derive.formula import Formula, Log, Number, Reference, Substitute
from derive.symbols import Symbol
from tests.unit.algebra.test_concavity import MU, SIGMA, TRUE_AND_FALSE, J, c, count, gaussian, p, q, scatter, weighted_mean, x


def maximum(objective: Formula, *solutions: tuple[Symbol, Formula]) -> Claim:
    best = objective
    for symbol, solution in solutions:
        best = Substitute(best, symbol, (J,) if symbol.family else (), solution)
    return Claim(label="test", lhs=objective, relation="<=", rhs=best)


def examined(claim: Claim) -> Evidence:
    return Witness(autodiff=False).examine(claim)


@pytest.mark.parametrize("name", TRUE_AND_FALSE)
def test_a_maximiser_agrees_and_its_false_twin_is_refuted(name: str) -> None:
    objective, true, false = TRUE_AND_FALSE[name]
    good = examined(maximum(objective, true))
    assert good.outcome == "agrees", good.reason
    assert good.separated
    bad = examined(maximum(objective, false))
    assert bad.outcome == "differs", bad.reason
    assert bad.counterexample is not None


@pytest.mark.parametrize(
    ("objective", "letter", "value"),
    [
        ((x - c) ** 2, x, c),
        (-((x - c) ** 2), x, c + Number(Fraction(1, 1000))),
        (x**3, x, Number(Fraction(0))),
        (x**2 - x**4, x, Number(Fraction(0))),
        (q * Log(p) - p, p, -q),
        (-Log(p) - q / p, p, 1 / q),
    ],
)
def test_one_letter(objective: Formula, letter: Reference, value: Formula) -> None:
    assert examined(maximum(objective, (letter.symbol, value))).outcome == "differs"


def test_a_joint_maximiser_is_proved_and_one_about_old_means_refuted() -> None:
    witness = Witness(autodiff=False)
    joint = maximum(gaussian, (SIGMA, scatter), (MU, weighted_mean))
    assert judge(joint, witness).verdict == "proved"
    wrong = maximum(gaussian, (SIGMA, scatter * count(J)), (MU, weighted_mean))
    assert judge(wrong, witness).verdict == "refuted"
