"""Triangular matrices and Cholesky factors: what is true of them is proved, its twin refuted, by each witness on its own road."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from checks.enclosure import enclose_all
from checks.judge import judge
from checks.lowering import lower
from checks.points import generic_point, symbols_of
from checks.second_opinion import compare
from checks.signs import surely_positive
from checks.witness import Witness
from derive.algebra.prove import Proof, prove
from derive.claims import Claim, maximises
from derive.formula import (
    ZERO,
    Add,
    Cholesky,
    Component,
    Derivative,
    Determinant,
    Formula,
    Inverse,
    Log,
    Number,
    Reference,
    Substitute,
    Trace,
    Transpose,
    matrix_product,
    multiply,
    negate,
)
from derive.symbols import Index, Range, Size, Symbol

D = Size("d")
L_SYMBOL = Symbol("L", "param", (), (D, D), "lower")
L, S, A = Reference(L_SYMBOL), Reference(Symbol("S", "const", (), (D, D), "spd")), Reference(Symbol("A", "const", (), (D, D)))
P = Reference(Symbol("P", "param", (), (D, D), "spd"))
FACTOR = Cholesky(S)
HALF, TWO = Number(Fraction(1, 2)), Number(Fraction(2))


def product(*factors: Formula) -> Formula:
    return matrix_product(*factors)


TRUE: dict[str, tuple[Formula, Formula]] = {
    "the factor times its transpose": (product(FACTOR, FACTOR.T), S),
    "the determinant of a factor": (Log(Determinant(FACTOR)), multiply(HALF, Log(Determinant(S)))),
    "the determinant of L L^T": (Log(Determinant(product(L, L.T))), multiply(TWO, Log(Determinant(L)))),
    "the inverse of L L^T": (Inverse(product(L, L.T)), product(Inverse(L).T, Inverse(L))),
    "the inverse of a product": (Inverse(product(A, L)), product(Inverse(L), Inverse(A))),
    "a slope": (Derivative(Log(Determinant(L)), L), Inverse(L).T),
    "what is put in": (Substitute(product(L, L.T), L_SYMBOL, (), FACTOR), S),
}
FALSE: dict[str, tuple[Formula, Formula]] = {
    "the transpose first": (product(FACTOR.T, FACTOR), S),
    "the determinant of a factor": (Log(Determinant(FACTOR)), Log(Determinant(S))),
    "the determinant of L L^T": (Log(Determinant(product(L, L.T))), Log(Determinant(L))),
    "the inverse of L L^T": (Inverse(product(L, L.T)), product(Inverse(L), Inverse(L).T)),
    "the inverse of a product": (Inverse(product(A, L)), product(Inverse(A), Inverse(L))),
    "a slope": (Derivative(Log(Determinant(L)), L), Inverse(L)),
    "the factor is linear": (Cholesky(multiply(TWO, S)), multiply(TWO, FACTOR)),
    "a triangular matrix is symmetric": (L, L.T),
    "what is put in": (Substitute(product(L.T, L), L_SYMBOL, (), FACTOR), S),
}


@pytest.mark.parametrize("name", TRUE)
def test_proved(name: str) -> None:
    left, right = TRUE[name]
    assert judge(Claim(label=name, lhs=left, rhs=right), Witness(seed=0, points=3, autodiff=False)).verdict == "proved"


@pytest.mark.parametrize("name", FALSE)
def test_its_twin_is_refuted(name: str) -> None:
    left, right = FALSE[name]
    claim = Claim(label=name, lhs=left, rhs=right)
    assert not isinstance(prove(claim), Proof)
    assert judge(claim, Witness(seed=0, points=3, autodiff=False)).verdict == "refuted"


def log_likelihood(factor: Formula) -> Formula:
    """``-2 log|L| - tr((L L^T)^-1 S)``, of which the Cholesky factor of S is the maximiser."""
    return Add((negate(multiply(TWO, Log(Determinant(factor)))), negate(Trace(product(Inverse(product(factor, factor.T)), S)))))


def test_the_maximiser_is_a_factor_of_the_scatter() -> None:
    stationary = Substitute(Derivative(log_likelihood(L), L), L_SYMBOL, (), FACTOR)
    witness = Witness(seed=0, points=3, autodiff=False)
    assert judge(Claim(label="stationary", lhs=stationary, rhs=ZERO), witness).verdict == "proved"
    wrong = Substitute(Derivative(log_likelihood(L), L), L_SYMBOL, (), Cholesky(multiply(TWO, S)))
    assert judge(Claim(label="twin", lhs=wrong, rhs=ZERO), witness).verdict == "refuted"


def test_a_larger_matrix_is_no_maximum() -> None:
    witness = Witness(seed=0, points=3, autodiff=False)
    claim = maximises("twin", log_likelihood(L), L_SYMBOL, (), Cholesky(multiply(TWO, S)), gap=None)
    assert judge(claim, witness).verdict == "refuted"


@pytest.mark.parametrize("replacement", [S, product(FACTOR, FACTOR), FACTOR.T, negate(FACTOR)])
def test_what_is_no_triangular_matrix_is_not_put_in_for_one(replacement: Formula) -> None:
    """The kernel used that its determinant is positive."""
    put = Substitute(Log(Determinant(product(L, L.T))), L_SYMBOL, (), replacement)
    assert not isinstance(prove(Claim(label="put", lhs=put, rhs=put + ZERO)), Proof)


@pytest.mark.parametrize("formula", [FACTOR, Cholesky(product(L, L.T)), Inverse(FACTOR), Transpose(Cholesky(Add((S, S))))])
def test_balls_and_jax_agree(formula: Formula) -> None:
    point = generic_point(symbols_of(formula), {"d": 3}, seed=4)
    values = {key: np.asarray(value, dtype=float) for key, value in point.values.items()}
    by_jax = np.asarray(lower(formula)(values, point.sizes))
    np.testing.assert_allclose(enclose_all(formula, point, ()), by_jax, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("cases", "outcome"), [(TRUE, "equal"), (FALSE, "different")])
def test_the_second_opinion_is_the_same(cases: dict[str, tuple[Formula, Formula]], outcome: str) -> None:
    for left, right in cases.values():
        assert compare(left, right, "=", generic_point(symbols_of(left, right), {"d": 2}, seed=4)) == outcome


SLOPES: dict[str, tuple[Formula, Formula]] = {
    "of the log-determinant": (Log(Determinant(Cholesky(P))), multiply(HALF, Inverse(P))),
    "of the matrix itself": (Trace(product(Cholesky(P), Cholesky(P).T, A)), multiply(HALF, Add((A, A.T)))),
}


@pytest.mark.parametrize("name", SLOPES)
def test_a_factor_moves_with_the_symmetric_part_of_its_matrix(name: str) -> None:
    function, slope = SLOPES[name]
    witness = Witness(seed=0, points=3)
    assert judge(Claim(label=name, lhs=Derivative(function, P), rhs=slope), witness).verdict in ("proved", "confirmed")
    assert judge(Claim(label=name, lhs=Derivative(function, P), rhs=multiply(TWO, slope)), witness).verdict == "refuted"


M = Reference(Symbol("M", "const", (), (D, D), "lower"))


@pytest.mark.parametrize("in_order", [1, -1])
def test_what_is_put_in_for_a_triangular_matrix_is_not_its_own_factor(in_order: int) -> None:
    # chol(M) is defined where M is diagonal, and is its root there.
    terms = (Substitute(Log(Determinant(L)), L_SYMBOL, (), M), negate(Log(Determinant(Cholesky(M)))))
    assert not isinstance(prove(Claim(label="own factor", lhs=Add(terms[::in_order]), rhs=ZERO)), Proof)


def test_the_diagonal_of_a_triangular_matrix_has_one_sign() -> None:
    a, b = (Index(name, Range(D)) for name in "ab")
    assert surely_positive(Component(L, (a, a)))
    assert not surely_positive(Component(L, (a, b)))
    assert surely_positive(Component(S, (a, a)))
    assert not surely_positive(Component(S, (a, b)))
