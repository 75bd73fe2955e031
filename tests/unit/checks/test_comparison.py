"""Where a comparison once said too much: a false agreement, a false refutation or a crash for each line of its history."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from checks.enclosure import compare, compare_order, enclose
from checks.judge import judge
from checks.points import Point, generic_point, sizes_of, symbols_of
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    HALF,
    ONE,
    ZERO,
    AtEqual,
    Definition,
    Delta,
    Derivative,
    Determinant,
    Divide,
    Exp,
    Formula,
    Identity,
    Inverse,
    Log,
    Number,
    Power,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
    multiply,
)
from derive.models import family
from derive.symbols import Index, Range, Size, Symbol

K, D = Size("k"), Size("d")
J, L, LATER = Index("j", Range(K)), Index("l", Range(K)), Index("j", Range(K, 2))
x, y = Reference(Symbol("x", "param")), Reference(Symbol("y", "param"))
x_t = Reference(Symbol("x", "current"))
MU = Symbol("mu", "param", (Range(K),))
M = Reference(Symbol("M", "param", (), (D, D)))


def number(value: str | int) -> Number:
    return Number(Fraction(value))


def at(sizes: Mapping[str, int] | None = None, **values: Any) -> Point:
    """A point of parameters with given values; ``x_t`` is x at theta_t."""
    keyed = {(n[:-2], "current") if n.endswith("_t") else (n, "param"): v for n, v in values.items()}
    return Point(sizes or {}, {key: np.array(Fraction(value), dtype=object) for key, value in keyed.items()})


def outcome(left: Formula, right: Formula, point: Point | None = None) -> str:
    if point is None:
        sizes = {name: {"n": 5, "k": 3, "d": 2}[name] for name in sizes_of(left, right)}
        point = generic_point(symbols_of(left, right), sizes, 0)
    return compare(left, right, point).outcome


def verdict(left: Formula, right: Formula) -> str:
    return judge(Claim(label="claim", lhs=left, rhs=right), Witness()).verdict


def test_putting_theta_t_equal_to_theta_changes_it() -> None:
    """Else f(theta) = f(theta_t) would be true of every f where theta itself is not written."""
    assert outcome(AtEqual(x_t), x_t) == "different"
    assert outcome(AtEqual(x_t), x) == "equal"
    assert verdict(AtEqual(x_t), x_t) == "refuted"
    with pytest.raises(UnsupportedError, match="without a value"):
        enclose(AtEqual(x_t), at(x_t=2))


def test_at_equal_and_substitute_take_derivatives_first() -> None:
    point = at(x=3, x_t=7, y=5)
    product, cube = multiply(x, x_t), multiply(x**3, x_t)
    cases = [
        (AtEqual(Derivative(product, x)), 3),  # not the 6 of d(x^2)/dx
        (Derivative(AtEqual(product), x), 6),
        (Substitute(Derivative(cube, x), x.symbol, (), y + 1), 3 * 36 * 7),
        (Derivative(Substitute(cube, x.symbol, (), y**2), y), 3 * 25**2 * 10 * 7),  # the chain rule
        (Substitute(AtEqual(cube), x.symbol, (), y), 5**4),
        (AtEqual(Substitute(cube, x.symbol, (), x_t + 1)), 4**3 * 3),
    ]
    for node, wanted in cases:
        assert outcome(node, number(wanted), point) == "equal", node
        assert outcome(node, number(wanted + 1), point) == "different", node


def test_a_literal_beyond_the_size_is_not_admissible() -> None:
    """d(sum mu)/d mu_2 and sum_j delta_j2 are 1 for every k that has a second member, and nothing at all at k = 1."""
    total, second = Sum(J, Reference(MU, (J,))), Reference(MU, (2,))
    single = generic_point([MU], {"k": 1}, 0)
    for left in (Derivative(total, second), Sum(J, Delta(J, 2)), Sum(J, Delta(2, J))):
        assert outcome(left, ONE, single) == "not admissible"
        assert outcome(left, ONE) == "equal"
        assert verdict(left, ONE) == "proved"
        assert verdict(left, number(2)) == "refuted"


def test_what_is_the_same_at_one_and_two_only_is_refuted() -> None:
    pairs = Sum(J, Sum(LATER, ONE))
    assert verdict(pairs, multiply(number(2), SizeNumber(K) - 1)) == "refuted"
    assert verdict(multiply(HALF, SizeNumber(K), SizeNumber(K) - 1), SizeNumber(K) - 1) == "refuted"


def test_whole_powers_of_negatives_exist() -> None:
    for exponent, count in ((SizeNumber(K), 3), (2 * SizeNumber(K) - 1, 5), (SizeNumber(K) + Delta(1, 1), 4)):
        assert outcome(Power(x, exponent), number((-2) ** count), at({"k": 3}, x=-2)) == "equal"
    assert verdict(Power(x, SizeNumber(K)), Product(J, x)) in ("proved", "confirmed")


def test_sizes_that_no_symbol_has_are_chosen_all_the_same() -> None:
    assert verdict(Trace(Identity(D)), SizeNumber(D)) in ("proved", "confirmed")
    assert outcome(Definition("one", (J,), ONE)(2), ONE) == "equal"


def test_a_zero_stands_on_either_side_of_a_single_entry() -> None:
    vector = Reference(Symbol("v", "param", (), (D,)))
    for d in (1, 2):
        point = generic_point([vector.symbol], {"d": d}, 0)
        assert outcome(vector, ZERO, point) == outcome(ZERO, vector, point) == "different"


def test_what_is_never_looked_at_does_not_agree() -> None:
    mu = Reference(MU, (LATER,))
    single = generic_point([MU], {"k": 1}, 0)
    assert outcome(mu, mu + 1, single) == "not admissible"
    assert compare_order(mu + 1, mu, single).outcome == "not admissible"


def test_two_ranges_of_one_letter_are_remembered_apart() -> None:
    """Memory by the letter alone gave the value at (2, 3) for that at (3, 2)."""
    node = Inverse(multiply(Reference(MU, (J,)) + 2 * Reference(MU, (LATER,)), M))
    point = generic_point(symbols_of(node), {"k": 3, "d": 2}, 0)
    for j in (1, 2, 3):
        for later in (2, 3):
            fresh = Point(point.sizes, point.values)
            again, alone = (enclose(node, where, {J: j, LATER: later})[0][0] for where in (point, fresh))
            assert (again - alone).contains(0)


def test_a_singular_matrix_has_no_inverse_certainly_but_a_determinant_with_a_slope() -> None:
    for size in (2, 5):
        singular = Point({"d": size}, {("M", "param"): np.full((size, size), Fraction(2), dtype=object)})
        assert outcome(Trace(Inverse(M)), ONE, singular) == "one side undefined"
        assert outcome(Determinant(M), ONE, singular) in ("different", "undecided")
    slope = Point({"d": 2}, {("M", "param"): np.array([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]])})
    assert outcome(Trace(Derivative(Determinant(M), M)), number(5), slope) == "equal"


def test_a_certain_failure_needs_a_certain_value_beside_it() -> None:
    huge = Exp(Exp(Exp(number(1000))))
    assert outcome(Log(ZERO), huge, at()) == "undecided"
    assert outcome(Log(ZERO), ONE, at()) == "one side undefined"


def test_what_may_be_undefined_on_both_sides_is_undecided() -> None:
    """1/3 - 1/3 is zero, but no ball can know it."""
    for node in (Divide(ONE, x - x), Log(x - x)):
        assert outcome(node, node, at(x="1/3")) == outcome(node, ONE, at(x="1/3")) == "undecided"


@pytest.mark.parametrize("node", [Divide(x, x), multiply(x, Divide(ONE, x)), Log(x), Power(x, number(-2))])
def test_what_is_undefined_at_zero_is_not_one_there(node: Formula) -> None:
    found = compare(node, ONE, at(x=0))
    assert found.outcome == "one side undefined" and found.reason.startswith("the left side")
    assert compare(node, node, at(x=0)).outcome == "both undefined"


def test_a_relative_difference_of_1e_17_is_seen_and_shown() -> None:
    found = compare(multiply(1 + number("1e-17"), x), x, at(x="1.166"))
    assert found.outcome == "different"
    assert found.left != found.right
    assert found.difference.startswith("1.166") and found.difference.endswith("e-17")


@pytest.mark.parametrize("name", ["mu", "Sigma", "phi"])
def test_fisher_identity_and_its_twin_without_equal_parameters(name: str) -> None:
    em = Algorithm(family("gaussian-mixture")())
    by = em.model.parameter(name).reference
    score, slope = Derivative(em.l(), by), Derivative(em.q(), by)
    assert outcome(AtEqual(slope), score) == "equal"
    assert outcome(slope, score) == "different"
