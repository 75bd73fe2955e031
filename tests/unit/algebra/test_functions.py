"""Special functions: what their records say, by numbers and by every witness; and what the kernel knows of cosines and sines."""

from __future__ import annotations

from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath as mp
import pytest

from checks import balls
from checks.evaluation import FUNCTIONS as BY_JAX
from checks.judge import judge
from checks.second_opinion import special
from checks.witness import Witness
from derive.algebra.prove import Proof, prove
from derive.claims import Claim
from derive.formula import (
    ONE,
    ZERO,
    Derivative,
    Divide,
    Formula,
    Log,
    Number,
    Power,
    Reference,
    SizeNumber,
    Sum,
    multiply,
    negate,
)
from derive.functions import BESSEL_0, BESSEL_1, COS, FUNCTIONS, SIN
from derive.notation.latex_writer import latex
from derive.symbols import Domain, Index, Range, Size, Symbol
from derive.sympy_bridge import from_sympy, to_sympy
from tests.evaluation import FUNCTIONS as BY_TESTS
from tests.evaluation import entry

POINTS = (Fraction(2, 7), Fraction(17, 10))


def letter(name: str, domain: Domain = "real") -> Reference:
    return Reference(Symbol(name, "param", (), (), domain))


x, y, p = letter("x"), letter("y"), letter("p", "positive")


def value(node: Formula, at: Fraction) -> float:
    exact = mp.mpf(at.numerator) / at.denominator
    return float(entry(node, (), {}, {("p", "param"): exact}, {}))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_witness_knows_every_function(name: str) -> None:
    """The tables of the witnesses are their own; what they say is the same."""
    for at in POINTS:
        expected = value(FUNCTIONS[name](p), at)
        with jax.enable_x64(True):
            assert float(BY_JAX[name](jnp.array(float(at)))) == pytest.approx(expected, rel=1e-12)
        assert float(balls.ball(balls.function(name, balls.exact(at)))) == pytest.approx(expected, rel=1e-14)
        assert float(special(name, mp.mpf(at.numerator) / at.denominator)) == pytest.approx(expected, rel=1e-14)
        if FUNCTIONS[name].positive:
            assert expected > 0
    assert set(BY_JAX) == set(FUNCTIONS) == set(BY_TESTS)


@pytest.mark.parametrize("name", [name for name, each in FUNCTIONS.items() if each.slope is not None])
def test_the_slope_is_the_derivative(name: str) -> None:
    slope = FUNCTIONS[name].slope
    assert slope is not None
    for at in POINTS:
        exact = mp.mpf(at.numerator) / at.denominator
        expected = float(mp.diff(BY_TESTS[name], exact))
        assert value(slope(p), at) == pytest.approx(expected, rel=1e-12)
        dual = balls.Dual(balls.exact(at), {"p": balls.ONE}, balls.new_tag())
        found = balls.function(name, dual)
        assert isinstance(found, balls.Dual)
        assert float(balls.ball(found.tangents["p"])) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_written_and_read_back(name: str) -> None:
    node = FUNCTIONS[name](p)
    assert FUNCTIONS[name].tex in latex(node)
    assert from_sympy(to_sympy(node), {"p": p.symbol}) == node


def verdicts(lhs: Formula, rhs: Formula) -> str:
    return judge(Claim(label="c", lhs=lhs, rhs=rhs), Witness(points=2)).verdict


def square(node: Formula) -> Formula:
    return Power(node, Number(Fraction(2)))


TRUE: dict[str, tuple[Formula, Formula]] = {
    "the circle": (square(COS(x)) + square(SIN(x)), ONE),
    "a sum of angles": (COS(x + y), multiply(COS(x), COS(y)) - multiply(SIN(x), SIN(y))),
    "a difference": (SIN(x - y), multiply(SIN(x), COS(y)) - multiply(COS(x), SIN(y))),
    "a double angle": (SIN(multiply(Number(Fraction(2)), x)), multiply(Number(Fraction(2)), SIN(x), COS(x))),
    "even": (COS(negate(x)), COS(x)),
    "odd": (SIN(negate(x)), negate(SIN(x))),
    "no angle": (COS(x - x) + SIN(x - x), ONE),
    "a fourth power": (
        Power(SIN(x), Number(Fraction(4))),
        ONE - multiply(Number(Fraction(2)), square(COS(x))) + square(square(COS(x))),
    ),
    "a derivative": (Derivative(COS(multiply(x, y)), x), negate(multiply(y, SIN(multiply(x, y))))),
    "a derivative of a square": (Derivative(square(SIN(x)), x), multiply(Number(Fraction(2)), SIN(x), COS(x))),
    "Bessel": (Derivative(Log(BESSEL_0(p)), p), Divide(BESSEL_1(p), BESSEL_0(p))),
    "Bessel's equation": (
        Derivative(Derivative(BESSEL_0(p), p), p) + Divide(Derivative(BESSEL_0(p), p), p) - BESSEL_0(p),
        ZERO,
    ),
}
FALSE: dict[str, tuple[Formula, Formula]] = {
    "two angles": (square(COS(x)) + square(SIN(y)), ONE),
    "the sign in a sum": (COS(x + y), multiply(COS(x), COS(y)) + multiply(SIN(x), SIN(y))),
    "half of a double angle": (SIN(multiply(Number(Fraction(2)), x)), multiply(SIN(x), COS(x))),
    "not odd": (COS(negate(x)), negate(COS(x))),
    "not even": (SIN(negate(x)), SIN(x)),
    "not linear": (COS(x + y), COS(x) + COS(y)),
    "the sign of a derivative": (Derivative(COS(x), x), SIN(x)),
    "the chain rule": (Derivative(SIN(multiply(x, y)), x), COS(multiply(x, y))),
    "the root of a circle": (SIN(x), Power(ONE - square(COS(x)), Number(Fraction(1, 2)))),
    "the last term": (Derivative(BESSEL_1(p), p), BESSEL_0(p)),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_proved(name: str) -> None:
    assert verdicts(*TRUE[name]) == "proved"


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_refuted(name: str) -> None:
    lhs, rhs = FALSE[name]
    assert not isinstance(prove(Claim(label="c", lhs=lhs, rhs=rhs)), Proof)
    assert verdicts(lhs, rhs) == "refuted"


def test_under_a_sum_the_angles_are_those_of_one_index() -> None:
    i, j = (Index(name, Range(Size("n"))) for name in "ij")
    angles = Symbol("t", "data", (Range(Size("n")),))
    first, second = Reference(angles, (i,)), Reference(angles, (j,))
    assert verdicts(Sum(i, square(COS(first)) + square(SIN(first))), SizeNumber(Size("n"))) == "proved"
    assert verdicts(Sum(i, Sum(j, square(COS(first)) + multiply(COS(second), SIN(first)))), SizeNumber(Size("n"))) == "refuted"
