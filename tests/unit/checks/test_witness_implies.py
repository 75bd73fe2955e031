"""Implications by numbers: the second equation is looked at where the first holds; a false one is refuted there."""

from __future__ import annotations

import pytest

from checks.witness import Evidence, Witness
from derive.claims import Claim
from derive.formula import ZERO, Formula, Log
from tests.unit.algebra.test_solving import TRUE_AND_FALSE, a, p, x, y


def examined(first: Formula, second: Formula) -> Evidence:
    return Witness(autodiff=False).examine(Claim(label="test", lhs=first, relation="implies", rhs=second))


@pytest.mark.parametrize("name", TRUE_AND_FALSE)
def test_a_true_implication_is_seen_and_its_false_twin_refuted(name: str) -> None:
    first, true, false = TRUE_AND_FALSE[name]
    good = examined(first, true)
    assert good.outcome == "agrees", good.reason
    assert good.separated
    bad = examined(first, false)
    assert bad.outcome == "differs", bad.reason
    assert bad.counterexample is not None


@pytest.mark.parametrize(
    ("first", "second"),
    [(a * x, x), (x * y, x), (x**2 - x, x - 1), (x**2 - 1, x - 1), (x - a, y - a)],
)
def test_another_letter_or_another_root_refutes(first: Formula, second: Formula) -> None:
    assert examined(first, second).outcome == "differs"


@pytest.mark.parametrize(
    ("first", "second"),
    [(p + 1, x - 1), (x**2 + 1, x - 1), (p**2 + 1, ZERO), (x, 1 / x), (x**2, x), (x, x * Log(x))],
)
def test_an_equation_without_solution_is_undecided(first: Formula, second: Formula) -> None:
    assert examined(first, second).outcome == "undecided"


@pytest.mark.parametrize(("first", "second"), [(a * x - a, x - 1), (a * x - a * y, x - y)])
def test_where_there_is_a_proof_each_letter_is_solved_for_somewhere(first: Formula, second: Formula) -> None:
    """A kernel that divides by what may vanish is contradicted: few solutions are sought, but not all for one letter."""
    claim = Claim(label="test", lhs=first, relation="implies", rhs=second)
    assert Witness(autodiff=False).examine(claim, proved=True).outcome == "differs"
