"""What the numbers say of a claim: every relation with true and false twins, and the power to have said otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks import balls
from checks.enclosure import compare, compare_order, environment
from checks.points import Point
from checks.signs import has_branches, surely_defined, surely_definite, surely_positive
from checks.witness import Evidence, Witness, axes_of
from derive import formula as f
from derive.claims import Assumption, Claim, Relation
from derive.errors import DisagreementError, UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import HALF, ONE, ZERO, AtEqual, Derivative, Formula, Number, Reference
from derive.identities import identity
from derive.models import family
from derive.symbols import Domain, Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J, L, S = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K)), Index("s", Range(K))
LATER = Index("j", Range(K, 2))
T = Symbol("t", "param", (Range(K),))
X = Symbol("x", "data", (Range(N),), (D,))
V = Symbol("v", "param", (), (D,))
SIGMA = Symbol("Sigma", "param", (), (D, D), "spd")
v, sigma, matrix = Reference(V), Reference(SIGMA), Reference(Symbol("F", "param", (), (D, D)))


def letter(name: str, domain: Domain = "real", role: Any = "param") -> Reference:
    return Reference(Symbol(name, role, (), (), domain))


a, b, c = (letter(name, role="const") for name in "abc")
m, now = letter("m"), letter("m", role="current")
p, q = letter("p", "positive"), letter("q", "positive")


def number(value: int | str | Fraction) -> Number:
    return Number(Fraction(value))


def t(index: Any) -> Reference:
    return Reference(T, (index,))


def claim(lhs: Formula, relation: Relation = "=", rhs: Formula = ZERO, **given: Any) -> Claim:
    return Claim(label="claim", lhs=lhs, relation=relation, rhs=rhs, **given)


def said(lhs: Formula, relation: Relation = "=", rhs: Formula = ZERO, seed: int = 0, **given: Any) -> Evidence:
    return Witness(seed=seed, autodiff=False).examine(claim(lhs, relation, rhs, **given))


def power(evidence: Evidence) -> bool:
    return evidence.separated > 0


# Equality.


def test_a_value_off_the_simplex_by_a_tiny_error_is_seen() -> None:
    """Both derivatives agree there, and yet it is no value of the weights."""
    weights = Symbol("pi", "param", (Range(K),), (), "simplex")
    u = Symbol("u", "const", (Range(K),), (), "positive")
    logs = f.Sum(J, Reference(u, (J,)) * f.Log(Reference(weights, (J,))))
    apart = Derivative(logs, Reference(weights, (S,))) - Derivative(logs, Reference(weights, (L,)))
    shares = f.Divide(Reference(u, (S,)), f.Sum(J, Reference(u, (J,))))
    assert said(f.Substitute(apart, weights, (S,), shares)).outcome == "agrees"
    evidence = said(f.Substitute(apart, weights, (S,), number(1 + Fraction(1, 10**17)) * shares))
    assert evidence.outcome == "undecided"
    assert "outside of its domain" in evidence.reason


def test_a_value_that_lies_in_its_domain_only_where_a_size_is_one_says_nothing() -> None:
    """Ones sum to one where there is one of them; there, and only there, this was found confirmed."""
    weights = Symbol("pi", "param", (Range(K),), (), "simplex")
    logs = f.Sum(J, f.Log(Reference(weights, (J,))) * Reference(Symbol("u", "const", (Range(K),), (), "positive"), (J,)))
    slope = Derivative(logs, Reference(weights, (S,)))
    total = f.Sum(J, Reference(Symbol("u", "const", (Range(K),), (), "positive"), (J,)))
    evidence = said(f.Substitute(slope, weights, (S,), ONE), "=", total)
    assert evidence.outcome == "undecided"
    assert "except where a size is one" in evidence.reason
    shares = f.Divide(Reference(Symbol("u", "const", (Range(K),), (), "positive"), (S,)), total)
    assert said(f.Substitute(slope, weights, (S,), shares), "=", total).outcome == "agrees"


TWINS: dict[str, tuple[Formula, Formula, Formula]] = {
    "sum": (f.Sum(J, t(J)), f.Sum(L, t(L)), f.Sum(L, t(L) ** 2)),
    "letters": (f.Sum(J, f.multiply(f.Delta(J, S), t(J))), t(S), f.SizeNumber(K) * t(S)),
    "matrix": (f.Trace(f.matrix_product(matrix, sigma)), f.Trace(f.matrix_product(sigma, matrix)), f.Trace(matrix)),
    "order": (f.Transpose(f.matrix_product(matrix, sigma)), f.matrix_product(sigma, matrix.T), f.matrix_product(matrix, sigma)),
    "slope": (Derivative(f.log_determinant(sigma), sigma), f.Inverse(sigma), sigma),
    "size": (f.Sum(J, ONE), f.SizeNumber(K), f.SizeNumber(K) - 1),
    "later": (f.Sum(LATER, t(LATER)) + t(1), f.Sum(J, t(J)), f.Sum(LATER, t(LATER))),
    "product": (f.Product(J, a), f.Power(a, f.SizeNumber(K)), f.Power(a, f.SizeNumber(N))),
    "tiny": (a, a + 0, a + number(Fraction(1, 10**17))),
    "tiny-relative": (f.Exp(a), f.Exp(a) * 1, f.Exp(a) * number(1 + Fraction(1, 10**17))),
    "root": (f.Power(p**2, HALF), p, -p),
    "literal": (f.Sum(J, f.multiply(f.Delta(J, 3), t(J))), t(3), t(2)),
}


@pytest.mark.parametrize("name", TWINS)
def test_equalities_and_their_twins(name: str) -> None:
    left, right, wrong = TWINS[name]
    true, false = said(left, "=", right), said(left, "=", wrong)
    assert true.outcome == "agrees" and power(true) and true.points == len(true.sizes) >= 3
    assert false.outcome == "differs" and false.counterexample is not None
    turned = said(wrong, "=", left)
    assert turned.outcome == "differs"


@pytest.mark.parametrize("name", TWINS)
def test_a_counterexample_can_be_checked_again(name: str) -> None:
    left, _, wrong = TWINS[name]
    found = said(left, "=", wrong).counterexample
    assert found is not None
    comparison = compare(left, wrong, Point(found.sizes, found.values))
    assert comparison.outcome == "different" and comparison.assignment == found.assignment
    assert (comparison.left, comparison.right, comparison.difference) == (found.left, found.right, found.difference)


@pytest.mark.parametrize("largest", [1, 2, 3, 5])
def test_what_holds_for_few_members_only_is_refuted(largest: int) -> None:
    """Literal indices are no accident: sizes beyond them are tried."""
    few = f.add(*(t(k) for k in range(1, largest + 1)))
    assert said(f.Sum(J, t(J)), "=", few).outcome == "differs"
    late = Index("j", Range(K, largest + 1))
    assert said(f.Sum(late, t(late)), "=", ZERO).outcome == "differs"
    tail = f.Sum(late, t(late)) + few
    assert said(f.Sum(J, t(J)), "=", tail).outcome == "agrees"
    assert said(t(largest) + a, "=", a + t(largest)).outcome == "agrees"
    assert said(f.Sum(I, f.Component(Reference(X, (I,)), (largest,))), "=", ZERO).outcome == "differs"


def test_an_index_too_large_to_try_is_said() -> None:
    evidence = said(t(1000), "=", t(1000))
    assert evidence.outcome == "undecided" and "1000" in evidence.reason


@pytest.mark.parametrize("seed", range(12))
def test_roots_and_logs_are_seen_from_both_sides_whatever_the_seed(seed: int) -> None:
    assert said(f.Power(a**2, HALF), "=", a, seed).outcome == "differs"
    assert said(f.Power(f.multiply(a, a, b, b), HALF), "=", a * b, seed).outcome == "differs"
    assert said(f.Power(t(J) ** 2, HALF), "=", t(J), seed).outcome == "differs"
    assert said(f.Log(a**2), "=", 2 * f.Log(a), seed).outcome == "differs"
    assert said(f.Log(a) + f.Log(a), "=", 2 * f.Log(a), seed).outcome == "agrees"
    assert said(f.Log(a) + 1, "=", f.Log(a), seed).outcome == "differs"


def test_undefined_is_never_agreement() -> None:
    for node in (f.Divide(ONE, a - a), f.Log(ZERO), f.Log(-p), f.Power(-p, HALF), f.Divide(ZERO, ZERO), f.Inverse(f.outer(v, v))):
        assert said(node, "=", node).outcome == "undecided"
    one = said(f.Log(-p), "=", p)
    assert one.outcome == "differs" and one.undefined and "left" in one.reason


def test_a_strict_bound_is_open_where_both_sides_agree() -> None:
    """Whatever the kernel says of it, numbers that are equal speak for no strict bound."""
    assert said(p, "<", p).outcome == said(p + q, ">", q + p).outcome == "undecided"
    assert said(p, "<", p + q).outcome == said(p, "<=", p).outcome == "agrees"
    assert said(p + q, "<", p).outcome == "differs"


def test_a_counterexample_is_a_difference_where_a_difference_was_found() -> None:
    """Nearly every simple value agrees or is no value at all: shrinking must not end at 0, where only one side is defined."""
    node = f.Divide(f.multiply(*(a - value for value in (2, -1, 1, 3, -2)), a - HALF), a)
    evidence = said(node, "=", ZERO)
    assert evidence.outcome == "differs" and not evidence.undefined
    assert evidence.counterexample is not None and evidence.counterexample.values["a", "const"].item() != 0
    nonzero = said(node, "not identically 0")
    assert nonzero.outcome == "agrees" and nonzero.counterexample is not None
    assert nonzero.counterexample.values["a", "const"].item() != 0


def test_small_sizes_are_among_those_tried() -> None:
    """n d^2 = n d holds for d = 1, (k - 1)(k - 2) = 0 for k < 3: each is true at some size and refuted at another."""
    assert said(f.SizeNumber(D) ** 2 * a, "=", f.SizeNumber(D) * a).outcome == "differs"
    assert said((f.SizeNumber(K) - 1) * (f.SizeNumber(K) - 2), "=", ZERO).outcome == "differs"
    assert said(f.Divide(a, f.SizeNumber(K) - 1), "=", f.Divide(a, f.SizeNumber(K) - 1)).outcome != "differs"
    true = said(f.Trace(sigma), "=", f.Sum(Index("e", Range(D)), f.Component(sigma, (Index("e", Range(D)),) * 2)))
    assert {s["d"] for s in true.sizes} >= {1, 2, 3}


def test_singular_only_by_its_sizes_is_undecided_and_said() -> None:
    gram = f.Sum(I, f.outer(Reference(X, (I,)), Reference(X, (I,))))
    identity_matrix = f.matrix_product(f.Inverse(gram), gram)
    evidence = said(identity_matrix, "=", f.Identity(D))
    assert evidence.outcome == "undecided" and "singular" in evidence.reason
    enough = (Assumption(text="more data than dimensions", larger=(N, D)),)
    settled = said(identity_matrix, "=", f.Identity(D), assumptions=enough)
    assert settled.outcome == "agrees" and all(s["n"] > s["d"] for s in settled.sizes)
    false = said(identity_matrix, "=", 2 * f.Identity(D), assumptions=enough)
    assert false.counterexample is not None and false.counterexample.sizes["n"] > false.counterexample.sizes["d"]


def test_two_shapes_unknown_functions_and_double_declarations_are_said() -> None:
    for left, right, word in (
        (v, a, "shapes"),
        (f.Function("acos", (a,)), a, "acos"),
        (a + Reference(Symbol("a", "const", (), (), "positive")), a, "two ways"),
        (f.Power(a, number(10**9)), a, "power too large"),
        (letter("z", "simplex"), ZERO, "simplex"),
        (f.Exp(f.Exp(f.Exp(f.Exp(p + 9)))), p, "not finite"),
    ):
        evidence = said(left, "=", right)
        assert evidence.outcome == "undecided" and word in evidence.reason
    deep: Formula = a
    for _ in range(3000):
        deep = f.Exp(deep)
    assert said(deep, "=", a).outcome == "undecided"


def test_sizes_that_no_assumption_allows_are_said() -> None:
    never = (Assumption(text="impossible", larger=(K, K)),)
    for relation in ("=", "<=", ">=", "= up to a constant", "same argmax", "not identically 0"):
        evidence = said(f.Sum(J, t(J)), relation, f.Sum(L, t(L)), parameters=(T,), assumptions=never)
        assert evidence.outcome == "undecided" and "no sizes" in evidence.reason, relation


# Power.


@pytest.mark.parametrize("node", [ZERO, ONE - 1, f.multiply(ZERO, a), a - a, f.multiply(ZERO, f.Sum(J, t(J)))])
def test_nothing_is_said_by_zero_equals_zero(node: Formula) -> None:
    """0 = 0 is true and says nothing: no slip can be made in it, so agreement is no evidence. a - a = 0 can go wrong."""
    evidence = said(node, "=", ZERO)
    assert evidence.outcome == "agrees"
    assert power(evidence) == (node in (ONE - 1, a - a) or isinstance(node, f.Add))


def test_a_multiple_of_zero_on_the_right_leaves_the_left_to_be_tried() -> None:
    em = Algorithm(family("gaussian-mixture")())
    mu = em.model.parameter("mu").reference
    moved = Derivative(f.Sum(em.model.datum, em.held(em.model.datum, em.model.fresh)), mu)
    for zero in (ZERO, f.multiply(ZERO, mu), mu - mu):
        evidence = said(moved, "=", zero)
        assert evidence.outcome == "agrees" and power(evidence)


# Assumptions that are equations.


def test_points_meet_the_equations_that_are_assumed() -> None:
    same = (Assumption(text="a = b", equation=(a, b)),)
    assert said(a + 1, "=", b + 1, assumptions=same).outcome == "agrees"
    false = said(a + 1, "=", b + 2, assumptions=same)
    assert false.outcome == "differs" and false.counterexample is not None
    assert ("a", "const") not in false.counterexample.values  # it is b, whatever was drawn
    chain = (*same, Assumption(text="b = c", equation=(b, c)))
    assert said(a, "=", c, assumptions=chain).outcome == "agrees"
    assert said(a, "<=", c + 1, assumptions=chain).outcome == "agrees"
    assert said(a, "=", c, assumptions=same).outcome == "differs"


def test_equations_are_used_after_derivatives() -> None:
    held = (Assumption(text="m = 2 b", equation=(m, 2 * b)),)
    assert said(Derivative(m**2, m), "=", 4 * b, assumptions=held).outcome == "agrees"
    assert said(Derivative(m**2, m), "=", ZERO, assumptions=held).outcome == "differs"


def test_a_family_may_be_given_by_an_equation() -> None:
    each = (
        Assumption(text="t_j = j-th of r", equation=(t(J), f.multiply(a, Reference(Symbol("r", "const", (Range(K),)), (J,))))),
    )
    r = Reference(Symbol("r", "const", (Range(K),)), (L,))
    assert said(f.Sum(L, t(L)), "=", f.multiply(a, f.Sum(L, r)), assumptions=each).outcome == "agrees"


@pytest.mark.parametrize(
    "equation",
    [(a, a + 1), (f.Sum(J, t(J)), ONE), (p, a), (ONE, ZERO)],
    ids=["contradiction", "sum", "domain", "numbers"],
)
def test_equations_that_no_point_meets_leave_a_claim_undecided(equation: tuple[Formula, Formula]) -> None:
    assumed = (Assumption(text="so it is", equation=equation),)
    for lhs, rhs in ((f.Log(p), f.Sum(J, t(J)) + a), (f.Sum(J, t(J)) * p * a, f.Sum(J, t(J)) * p * a)):
        outcome = said(lhs, "=", rhs, assumptions=assumed).outcome
        assert outcome == "undecided" or equation == (p, a)


def test_an_equation_is_solved_for_a_letter_whose_domain_is_seen_at_the_points() -> None:
    """p = a^2 is met by putting a^2 for p, which is positive; a + b = 1 by putting 1 - a for b."""
    square = (Assumption(text="p = a^2", equation=(a**2, p)),)
    assert said(p + 1, "=", a**2 + 1, assumptions=square).outcome == "agrees"
    assert said(p + 1, "=", a**2 + 2, assumptions=square).outcome == "differs"
    total = (Assumption(text="a + b = 1", equation=(a + b, ONE)),)
    assert said(a * 2, "=", 2 - 2 * b, assumptions=total).outcome == "agrees"
    assert said(a * 2, "=", 2 + 2 * b, assumptions=total).outcome == "differs"


def test_a_letter_is_never_put_outside_its_domain() -> None:
    """p > 0 and p = a make a positive; a point with a < 0 is no counterexample to log p = log a."""
    assumed = (Assumption(text="p = a", equation=(p, a)),)
    assert said(f.Log(p), "=", f.Log(a), assumptions=assumed).outcome == "agrees"
    assert said(f.Power(a**2, HALF), "=", p, assumptions=assumed).outcome == "agrees"


# The other relations.


def test_not_identically_zero() -> None:
    evidence = said(f.Sum(J, t(J)), "not identically 0")
    assert evidence.outcome == "agrees" and evidence.counterexample is not None
    for zero in (ZERO, a - a, f.Sum(J, t(J)) - f.Sum(L, t(L)), f.Delta(1, 2), f.multiply(v, a - a)):
        assert said(zero, "not identically 0").outcome == "undecided"
    assert said(f.Log(-p), "not identically 0").outcome == "undecided"
    assert said(v, "not identically 0").outcome == "agrees"


def test_bounds() -> None:
    cauchy = f.matrix_product(v.T, v) * f.matrix_product(f.Transpose(v), v)
    for small, large in (
        (2 * a * b, a**2 + b**2),
        (f.Log(p), p - 1),
        (number(0), f.quadratic_form(v, sigma)),
        (f.Component(sigma, (1, 1)), f.Trace(sigma)),
        (cauchy, cauchy + p),
    ):
        true, turned = said(small, "<=", large), said(large, "<=", small)
        assert true.outcome == "agrees" and power(true)
        assert turned.outcome == "differs" and turned.counterexample is not None
        assert said(large, ">=", small).outcome == "agrees"
        assert said(small, ">=", large).outcome == "differs"


def test_a_violated_bound_is_shown_small_and_as_it_was_written() -> None:
    for evidence, sign in ((said(f.Sum(J, t(J) ** 2), "<=", ZERO), ""), (said(ZERO, ">=", f.Sum(J, t(J) ** 2)), "-")):
        found = evidence.counterexample
        assert found is not None and found.sizes == {"k": 1}
        sides = {found.left.split(".")[0], found.right.split(".")[0]}
        assert sides == {"0", "4"} and found.difference.startswith(f"{sign}4.0")


def test_bounds_are_tried_near_equality() -> None:
    """(m - m_t)^2 >= 1/256 holds at generic points; it fails where theta_t is near theta."""
    gap = (m - now) ** 2
    generic = next(iter(Witness(seed=1).at(gap)))
    assert compare_order(number("1/256"), gap, generic).outcome == "holds"
    assert said(gap, ">=", number("1/256"), seed=1).outcome == "differs"
    assert said(gap, ">=", ZERO).outcome == "agrees"


def test_a_bound_that_is_an_equality_has_no_power() -> None:
    evidence = said(a, "<=", a)
    assert evidence.outcome == "agrees" and not power(evidence)


def test_a_bound_between_undefined_or_unlike_sides_is_undecided() -> None:
    assert said(f.Log(-p), "<=", p).outcome == "undecided"
    assert said(v, "<=", a).outcome == "undecided"
    assert said(v, "<=", v + v - v).outcome == "agrees"


def test_equal_up_to_a_constant() -> None:
    def up_to(lhs: Formula, rhs: Formula, *parameters: Symbol) -> Evidence:
        return said(lhs, "= up to a constant", rhs, parameters=parameters or (m.symbol,))

    true = up_to(m**2 + f.Exp(a), m**2)
    assert true.outcome == "agrees" and power(true)
    assert up_to(m**2 + f.Exp(a), m**2 + m).outcome == "differs"
    assert up_to(m**2 + now, m**2).outcome == "agrees"
    assert up_to(m**2 + number("1/100000000000000000") * m, m**2).outcome == "differs"
    assert up_to(f.Sum(J, t(J)) + a, f.Sum(J, t(J)), T).outcome == "agrees"
    assert up_to(f.Sum(J, t(J)) + t(1), f.Sum(J, t(J)), T).outcome == "differs"
    assert up_to(f.Log(f.multiply(m**2, p)), f.Log(m**2)).outcome == "agrees"
    assert up_to(a, b).outcome == "undecided"
    assert up_to(v, a).outcome == "undecided"
    assert not power(up_to(a + m - m, b))
    assert said(m, "= up to a constant", ZERO).outcome == "undecided"


def test_a_constant_per_index_is_a_constant() -> None:
    row = Reference(Symbol("y", "data", (Range(N),)), (I,))
    assert said(m + row, "= up to a constant", m, parameters=(m.symbol,)).outcome == "agrees"
    assert said(m * row, "= up to a constant", m, parameters=(m.symbol,)).outcome == "differs"


def test_proportional() -> None:
    def proportional(lhs: Formula, rhs: Formula) -> Evidence:
        return said(lhs, "proportional to", rhs, parameters=(m.symbol, q.symbol))

    true = proportional(p * f.Exp(m), f.Exp(m))
    assert true.outcome == "agrees" and power(true)
    assert proportional(f.Exp(m), f.Exp(2 * m)).outcome == "differs"
    assert proportional(f.Exp(m) + 1, f.Exp(m)).outcome == "differs"
    assert proportional(m * a, -m * b).outcome == "agrees"
    assert proportional(m**2, m).outcome == "differs"
    assert proportional(q * p, q).outcome == "agrees"
    assert proportional(f.Log(-p) * m, m).outcome == "undecided"
    assert proportional(f.multiply(m, v), v).outcome == "undecided"
    assert not power(proportional(f.multiply(ZERO, m), m))


def test_a_posterior_is_proportional_to_the_joint_density() -> None:
    weights, likelihood = Symbol("phi", "param", (Range(K),), (), "simplex"), Symbol("g", "const", (Range(K),), (), "positive")
    joint = f.multiply(Reference(weights, (S,)), Reference(likelihood, (S,)))
    posterior = f.Divide(joint, f.Sum(J, f.multiply(Reference(weights, (J,)), Reference(likelihood, (J,)))))
    assert said(posterior, "proportional to", joint, parameters=(m.symbol,)).outcome == "undecided"
    assert said(posterior * q, "proportional to", joint * q, parameters=(q.symbol,)).outcome == "agrees"
    assert said(posterior, "proportional to", joint, parameters=(weights,)).outcome == "differs"


def test_implications() -> None:
    def implies(lhs: Formula, rhs: Formula, multiplier: Formula | None) -> Evidence:
        return said(lhs, "implies", rhs, multiplier=multiplier)

    right = implies(m - 1, p * m - p, p)
    assert right.outcome == "agrees" and power(right)
    wrong = implies(m - 1, p * m - p, 2 * p)
    assert wrong.outcome == "differs" and "multiple" in wrong.reason
    assert implies(m - 1, 2 * m - 2, None).outcome == "agrees"
    assert implies(m - 1, 2 * m - 3, None).outcome == "differs"
    assert implies(m - 1, m - 2, None).outcome == "differs"
    by_matrix = implies(f.matrix_product(f.Inverse(sigma), v), v, sigma)
    assert by_matrix.outcome == "agrees"
    assert implies(f.matrix_product(f.Inverse(sigma), v), v, matrix).outcome == "differs"
    assert implies(m, v, sigma).outcome == "undecided"


@pytest.mark.parametrize(
    "multiplier",
    [f.Divide(m - 2, m - 1), f.multiply(m - 2, f.Power(m - 1, number(-1))), f.multiply(m - 2, f.Exp(-f.Log(m - 1)))],
)
def test_a_factor_that_is_undefined_where_it_matters_proves_nothing(multiplier: Formula) -> None:
    """m - 2 = ((m - 2)/(m - 1)) (m - 1), and yet m = 1 does not make m - 2 zero."""
    assert said(m - 1, "implies", m - 2, multiplier=multiplier).outcome == "undecided"


def test_the_fixed_point_of_the_likelihood_is_an_implication() -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="spherical"))
    step = identity("fixed-point").steps(em, em.model.parameter("mu"))[0].claim
    assert step is not None
    assert Witness(autodiff=False).examine(step).outcome == "agrees"


def test_the_same_argmax() -> None:
    def argmax(lhs: Formula, rhs: Formula, multiplier: Formula | None = None) -> Evidence:
        return said(lhs, "same argmax", rhs, multiplier=multiplier, parameters=(m.symbol, q.symbol))

    assert argmax(-(m**2), -(m**2) + a).outcome == "agrees"
    assert argmax(-(m**2), -p * m**2 + a, p).outcome == "agrees"
    assert argmax(-(m**2), -p * m**2 + m, p).outcome == "differs"
    assert argmax(-(m**2), f.Exp(-(m**2))).outcome == "undecided"  # it is true, and not shown
    assert argmax(m**2, -(m**2), number(-1)).outcome == "undecided"
    assert argmax(m, -(m**2) + 4 * m, 4 - m).outcome == "undecided"
    assert argmax(q, q**2, q).outcome == "undecided"
    assert argmax(-(m**2), a * m**2, -a).outcome == "undecided"


# Points that claims have in common.


def test_what_is_evaluated_at_a_point_is_known_to_other_claims() -> None:
    witness = Witness()
    total = f.Sum(J, t(J) ** 2)
    for each in (claim(total, "=", total), claim(total + m, "=", m + total), claim(total * a, "=", a * total)):
        assert witness.examine(each).outcome == "agrees"
    own, more = next(witness.at(total)), next(witness.at(total * a))
    assert ("a", "const") not in own.values and own.whole is not None and more.whole is own.whole
    assert environment(own) is environment(more)


def test_one_letter_of_two_declarations_has_two_values() -> None:
    positive, real = (Reference(Symbol("r", "param", (), (), domain)) for domain in ("positive", "real"))
    witness = Witness()
    for _ in range(2):
        assert witness.examine(claim(f.Power(positive**2, HALF), "=", positive)).outcome == "agrees"
        assert witness.examine(claim(f.Power(real**2, HALF), "=", real)).outcome == "differs"


def test_what_is_remembered_at_a_point_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.enclosure.MOST_KEPT", 3)
    witness = Witness()
    for power in range(1, 9):
        total = f.Sum(J, t(J) ** power)
        assert witness.examine(claim(total, "=", total)).outcome == "agrees"
        assert environment(next(witness.at(total))).kept[0] <= 3 + 8


# Autodiff.


def test_autodiff_agrees_and_is_remembered() -> None:
    witness = Witness()
    slope = claim(Derivative(f.log_determinant(sigma), sigma), "=", f.Inverse(sigma))
    error = witness.by_autodiff(slope)
    assert error is not None and error < 1e-12
    assert witness.by_autodiff(slope) == error
    assert Witness(autodiff=False).by_autodiff(slope) is None
    assert witness.by_autodiff(claim(a, "=", a)) is None


def test_autodiff_that_disagrees_is_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    right = balls.exp
    monkeypatch.setattr(balls, "exp", lambda x: balls.multiply(balls.exact(1 + Fraction(1, 10**6)), right(x)))
    with pytest.raises(DisagreementError, match="autodiff and by balls"):
        Witness().by_autodiff(claim(Derivative(f.Exp(m), m), "=", f.Exp(m)))


def test_a_derivative_that_is_nowhere_defined_or_finite_is_said() -> None:
    for node, word in (
        (Derivative(f.Log(-(m**2) - 1), m), "not defined"),
        (Derivative(f.Exp(number(5000) * q), q), "not finite"),
        (Derivative(f.Function("acos", (m,)), m), "acos"),
    ):
        with pytest.raises(UnsupportedError, match=word):
            Witness().by_autodiff(claim(node, "=", node))


def test_a_derivative_is_taken_where_it_is_defined() -> None:
    for seed in range(4):
        assert Witness(seed=seed).by_autodiff(claim(Derivative(f.Log(m), m), "=", f.Divide(ONE, m))) is not None
    by_third = Derivative(f.Sum(J, t(J) ** 2), t(3))
    assert Witness().by_autodiff(claim(by_third, "=", 2 * t(3))) is not None


def test_measures() -> None:
    assert Witness().measure(f.multiply(number(-3), f.Identity(D))) == 3
    with pytest.raises(UnsupportedError):
        Witness().measure(f.Function("acos", (a,)))


# The founding claims, at small sizes too, and the same in any order.


def _founding(em: Algorithm) -> list[Claim]:
    mu = em.model.parameter("mu").reference
    gradient = Derivative(em.q(), mu)
    return [
        claim(AtEqual(gradient), "=", Derivative(em.l(), mu)),
        replace(claim(gradient, "=", Derivative(em.l(), mu)), label="without theta_t = theta"),
        claim(em.l(), ">=", em.l() - em.gap()),
        claim(Derivative(em.moving(em.model.datum, em.model.fresh), mu), "not identically 0"),
    ]


@pytest.mark.parametrize("covariance", ["full", "spherical"])
def test_the_founding_claims(covariance: str) -> None:
    em = Algorithm(family("gaussian-mixture")(covariance=covariance))
    outcomes = [Witness(autodiff=False).examine(each).outcome for each in _founding(em)]
    assert outcomes == ["agrees", "differs", "agrees", "agrees"]
    turned = Witness(autodiff=False)
    assert [turned.examine(each).outcome for each in reversed(_founding(em))] == outcomes[::-1]


def test_evidence_does_not_depend_on_what_was_asked_before() -> None:
    em = Algorithm(family("gaussian-mixture")())
    claims = _founding(em)
    forward, backward = Witness(autodiff=False), Witness(autodiff=False)
    first = [_told(forward.examine(each)) for each in claims]
    second = [_told(backward.examine(each)) for each in reversed(claims)][::-1]
    assert first == second


def _told(evidence: Evidence) -> str:
    found = evidence.counterexample
    values = {key: np.asarray(value).tolist() for key, value in found.values.items()} if found is not None else {}
    place = {index.name: value for index, value in found.assignment.items()} if found is not None else {}
    return str((evidence.outcome, evidence.reason, evidence.sizes, evidence.separated, evidence.mutants, values, place))


def test_evidence_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from tests.unit.checks.test_witness import *; from tests.unit.checks.test_witness import _told, _founding\n"
        "em = Algorithm(family('gaussian-mixture')()); w = Witness(autodiff=False)\n"
        "print([_told(w.examine(c)) for c in _founding(em)], [_told(said(l, '=', r)) for l, _, r in TWINS.values()])\n"
        "print(axes_of(t(J) + t(L) + t(S)))"
    )
    root = Path(__file__).resolve().parents[3]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1 and "differs" in outputs.pop()


def test_axes_have_one_order() -> None:
    assert axes_of(t(S) + t(J) + f.Delta(L, LATER)) == (J, LATER, L, S)


def test_points_stand_apart_and_are_as_many_as_asked_for() -> None:
    for number_of_points in (1, 2, 5, 12):
        witness = Witness(points=number_of_points, autodiff=False)
        points = list(witness.at(a * b))
        assert len({str(point.values["a", "const"]) for point in points}) == number_of_points
        evidence = witness.examine(claim(a * b, "=", b * a))
        assert evidence.outcome == "agrees" and evidence.points == number_of_points


# Signs.


def test_signs_by_form() -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="spherical"))
    assert surely_positive(em.moving(em.model.datum, em.model.fresh))
    assert not has_branches(em.l(), em.q(), em.gap())
    for node in (
        p,
        p * q + 1,
        f.Exp(a),
        f.Power(p, a),
        f.Sum(J, p),
        f.Product(LATER, p),
        f.Determinant(f.Inverse(sigma)),
        f.Pi(),
    ):
        assert surely_positive(node)
    for node in (a, a**2, p - q, f.Sum(LATER, p), f.Determinant(matrix), f.Log(p), ZERO, letter("r", "nonnegative")):
        assert not surely_positive(node)
    assert surely_definite(p * f.Identity(D) + f.Inverse(sigma)) and not surely_definite(matrix)
    assert surely_defined(f.Divide(f.Log(p), f.Sum(J, q))) and surely_defined(a**3)
    for node in (
        f.Divide(a, b),
        f.Log(a),
        f.Inverse(matrix),
        f.Power(a, HALF),
        f.Power(a, number(-1)),
        f.Function("digamma", (a,)),
    ):
        assert not surely_defined(node)
    assert has_branches(f.Power(a**2, HALF)) and has_branches(f.Definition("g", (), f.Log(a))())
    assert not has_branches(f.Power(a, number(3)), f.Power(p, HALF), f.Divide(a, b), f.Log(f.Determinant(sigma)))
