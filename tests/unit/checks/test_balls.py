"""Balls and dual numbers: special functions and slopes to 33 digits, powers around zero, nested derivatives kept apart."""

from __future__ import annotations

from fractions import Fraction

import flint
import mpmath as mp
import numpy as np
import pytest

from checks import balls
from checks.balls import Undefined
from checks.enclosure import compare, enclose
from checks.points import Point
from derive.formula import ONE, ZERO, Derivative, Divide, Exp, Formula, Function, Log, Number, Power, Reference, multiply
from derive.symbols import Symbol

x, y = Reference(Symbol("x", "param")), Reference(Symbol("y", "param"))
p = Reference(Symbol("p", "param", (), (), "positive"))


def at(**values: str | int | Fraction) -> Point:
    return Point({}, {(name, "param"): np.array(Fraction(value), dtype=object) for name, value in values.items()})


def number(value: str | int) -> Number:
    return Number(Fraction(value))


def value(node: Formula, point: Point) -> float:
    return float(balls.ball(enclose(node, point)).mid())


@pytest.mark.parametrize("place", ["0.3", "1", "2.5", "17.25"])
def test_special_functions_and_their_slopes(place: str) -> None:
    with mp.workdps(45):
        exact = mp.mpf(Fraction(place).numerator) / Fraction(place).denominator
        known = {
            "loggamma": (mp.loggamma(exact), mp.digamma(exact)),
            "digamma": (mp.digamma(exact), mp.polygamma(1, exact)),
            "trigamma": (mp.polygamma(1, exact), mp.polygamma(2, exact)),
            "erf": (mp.erf(exact), 2 * mp.exp(-(exact**2)) / mp.sqrt(mp.pi)),
        }
        for name, (wanted, slope) in known.items():
            node = Function(name, (p,))
            for formula, right in ((node, wanted), (Derivative(node, p), slope)):
                got = balls.ball(enclose(formula, at(p=place))).str(40, radius=False)
                assert mp.almosteq(mp.mpf(got), right, rel_eps=mp.mpf(10) ** -33), (name, formula)


def test_no_refutation_rests_on_what_a_special_function_means_at_negatives() -> None:
    """digamma(x + 1) = digamma(x) + 1/x is true at x = -1/2 too."""
    left, right = Function("digamma", (x + 1,)), Function("digamma", (x,)) + Divide(ONE, x)
    assert compare(left, right, at(x="-1/2")).outcome == "undecided"
    assert compare(left, right, at(x="1/2")).outcome == "equal"
    assert compare(Function("loggamma", (x,)), ONE, at(x=-1)).outcome == "one side undefined"  # a pole


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 10])
def test_whole_powers_of_a_ball_around_zero(count: int) -> None:
    """1/3 - 1/3 + 1/7 - 1/7: the library's own power of such a ball is not a number."""
    node = Power(x - x + y - y, number(count))
    assert compare(node, ONE if count == 0 else ZERO, at(x="1/3", y="1/7")).outcome == "equal"
    assert value(Power(x, number(count)), at(x="-1.5")) == (-1.5) ** count


def test_powers_of_zero_and_of_negatives_have_slopes() -> None:
    assert value(Derivative(x**2, x), at(x=0)) == 0
    assert value(Derivative(x**3, x), at(x=-2)) == 12
    assert value(Derivative(x**-1, x), at(x=-2)) == -0.25


def test_nested_derivatives_are_not_confused() -> None:
    """d/dx [x d/dy (x + y)] is 1, not 2: the inner derivative must not see the outer tangent."""
    point = at(x=3, y=5)
    assert value(Derivative(multiply(x, Derivative(x + y, y)), x), point) == 1
    assert value(Derivative(multiply(x, Derivative(multiply(x, y), x)), x), point) == 5
    cube = multiply(x**2, y**3)
    assert value(Derivative(Derivative(cube, y), x), point) == value(Derivative(Derivative(cube, x), y), point) == 450


def test_derivatives_of_high_order() -> None:
    node: Formula = x**5
    for wanted in (80, 160, 240, 240, 120, 0):
        node = Derivative(node, x)
        assert value(node, at(x=2)) == wanted


def test_derivatives_against_finite_differences_at_high_precision() -> None:
    """To 25 digits: central differences with steps of 1e-20 at 512 bits."""
    node = Log(Exp(multiply(x, y)) + Power(p, x)) + Function("loggamma", (p + x**2,))
    step = Fraction(1, 10**20)
    base = {"x": Fraction(13, 10), "y": Fraction(-7, 10), "p": Fraction(2, 5)}
    for name, by in (("x", x), ("y", y), ("p", p)):
        with balls.precision(512):
            up = enclose(node, at(**{**base, name: base[name] + step}), bits=512)
            down = enclose(node, at(**{**base, name: base[name] - step}), bits=512)
            slope = enclose(Derivative(node, by), at(**base), bits=512)
            assert abs((up - down) / (2 * balls.exact(step)) - slope) < balls.exact(Fraction(1, 10**25))


def test_precision_is_put_back() -> None:
    before = flint.ctx.prec
    compare(x, y, at(x=1, y=2))
    with pytest.raises(Undefined):
        enclose(Log(x), at(x=-1))
    assert flint.ctx.prec == before
