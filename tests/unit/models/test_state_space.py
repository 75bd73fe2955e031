"""The M-steps of the linear Gaussian state space model: each is the maximum, and what is close to it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from checks.judge import judge
from checks.witness import Witness
from derive.claims import solves
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import HALF, Formula, Reference, SizeNumber, Transpose, multiply, negate, rebuild
from derive.models import family
from derive.symbols import Size

EM = Algorithm(family("state-space")())
WITNESS = Witness(seed=0, points=3, autodiff=False)


def exchanged(node: Formula) -> Formula:
    """The state and the one before it in each other's place."""
    other = {"E": "F", "F": "E"}
    if isinstance(node, Reference):
        return replace(node, symbol=replace(node.symbol, name=other.get(node.symbol.name, node.symbol.name)))
    return rebuild(node, exchanged)


TWINS: dict[str, Callable[[Formula], Formula]] = {
    "mu": negate,
    "V": lambda best: multiply(HALF, best),
    "A": exchanged,
    "Gamma": exchanged,
    "C": lambda best: multiply(SizeNumber(Size("n")), best),
    "Sigma": lambda best: multiply(SizeNumber(Size("T")), best),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_step_is_the_maximum_and_its_twin_is_not(name: str) -> None:
    parameter = EM.model.parameter(name)
    assert parameter.m_step is not None
    claim, best = m_step.stationary(EM, parameter), parameter.m_step(EM.held)
    assert judge(claim, WITNESS).verdict == "proved"
    assert judge(m_step.largest(EM, parameter), WITNESS).verdict == "proved"
    wrong = solves("twin", m_step.gradient(EM, parameter), parameter.symbol, parameter.indices, TWINS[name](best))
    assert judge(replace(wrong, assumptions=claim.assumptions), WITNESS).verdict == "refuted"


def test_the_change_of_the_state_is_not_its_transpose() -> None:
    parameter = EM.model.parameter("A")
    assert parameter.m_step is not None
    turned = Transpose(parameter.m_step(EM.held))
    wrong = solves("twin", m_step.gradient(EM, parameter), parameter.symbol, parameter.indices, turned)
    known = m_step.conditions(EM, parameter, EM.held)
    assert judge(replace(wrong, assumptions=known), WITNESS).verdict == "refuted"
