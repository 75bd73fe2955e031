"""One test for each pair of operations that does not commute: the order as written is proved, the other order is not."""

from __future__ import annotations

from fractions import Fraction

from derive.algebra.prove import Proof, Unproved, prove
from derive.claims import Claim
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    ONE,
    ZERO,
    AtEqual,
    Derivative,
    Formula,
    Inverse,
    Log,
    MatrixProduct,
    Number,
    Reference,
    Substitute,
    Sum,
    Transpose,
    multiply,
    outer,
)
from derive.models import family
from derive.symbols import Index, Range, Size, Symbol

K, D = Size("k"), Size("d")
J, S = Index("j", Range(K)), Index("s", Range(K))
PHI = Symbol("phi", "param", (Range(K),), (), "simplex")
MULTIPLIER = Symbol("lambda", "const")
SIGMA = Symbol("Sigma", "param", (), (D, D), "spd")
A, B = (Reference(Symbol(name, "const", (), (D,))) for name in "ab")


def proved(lhs: Formula, rhs: Formula = ZERO) -> bool:
    outcome = prove(Claim(label="test", lhs=lhs, rhs=rhs))
    assert isinstance(outcome, (Proof, Unproved))
    return isinstance(outcome, Proof)


def test_derivative_before_the_simplex_fact() -> None:
    lagrangian = multiply(Reference(MULTIPLIER), Sum(J, Reference(PHI, (J,))) - ONE)
    slope = Derivative(lagrangian, Reference(PHI, (S,)))
    assert proved(lagrangian)  # on the simplex its value is zero ...
    assert proved(slope, Reference(MULTIPLIER))  # ... and its derivative is not
    assert not proved(slope)


def test_derivative_before_symmetry() -> None:
    forward = MatrixProduct((Transpose(A), Inverse(Reference(SIGMA)), B))
    backward = MatrixProduct((Transpose(B), Inverse(Reference(SIGMA)), A))
    precision = Inverse(Reference(SIGMA))
    slope = Derivative(forward, Reference(SIGMA))
    assert proved(forward, backward)
    assert proved(slope, -MatrixProduct((precision, outer(A, B), precision)))
    assert not proved(slope, Derivative(backward, Reference(SIGMA)))
    assert proved(slope, Transpose(Derivative(backward, Reference(SIGMA))))


def test_conventions_of_a_symmetric_matrix() -> None:
    value = MatrixProduct((Transpose(A), Reference(SIGMA), B))
    both = outer(A, B) + outer(B, A)
    assert proved(Derivative(value, Reference(SIGMA), "entry"), outer(A, B))
    assert proved(Derivative(value, Reference(SIGMA), "frobenius"), multiply(Number(Fraction(1, 2)), both))
    assert not proved(Derivative(value, Reference(SIGMA), "vech"), both)
    trace = MatrixProduct((Transpose(A), Reference(SIGMA), A))
    assert not proved(Derivative(trace, Reference(SIGMA), "vech"), outer(A, A))


def test_derivative_before_theta_t_is_theta() -> None:
    em = Algorithm(family("gaussian-mixture")())
    mu = em.model.parameter("mu").reference
    first_slot = AtEqual(Derivative(em.q(), mu))
    total = Derivative(AtEqual(em.q()), mu)
    score = Derivative(em.l(), mu)
    assert proved(first_slot, score)
    assert not proved(total, score)
    assert proved(total, score - Derivative(em.entropy(), mu))


def test_derivative_before_substitution() -> None:
    mu = Symbol("mu", "param", (Range(K),))
    c = Reference(Symbol("c", "const"))
    square = Sum(J, Reference(mu, (J,)) ** 2)
    inside = Substitute(Derivative(square, Reference(mu, (S,))), mu, (J,), c)
    outside = Derivative(Substitute(square, mu, (J,), c), Reference(mu, (S,)))
    assert proved(inside, 2 * c)
    assert proved(outside)
    assert not proved(inside)


def test_responsibilities_at_theta_t_are_constant_in_theta_and_a_function_of_theta_t() -> None:
    em = Algorithm(family("gaussian-mixture")())
    i, j = em.model.datum, em.model.latent
    mu = em.model.parameter("mu").reference
    mu_t = Reference(mu.symbol.at_current, mu.indices)
    assert proved(Derivative(em.held(i, j), mu))
    assert not proved(Derivative(em.held(i, j), mu_t))
    assert proved(Sum(j, Derivative(em.held(i, j), mu_t)))


def test_log_and_sum_do_not_commute() -> None:
    q = Reference(Symbol("q", "param", (Range(K),), (), "positive"), (J,))
    assert not proved(Log(Sum(J, q)), Sum(J, Log(q)))


def test_setting_theta_t_before_or_after_putting_in() -> None:
    mu = Symbol("mu", "param", (Range(K),))
    here, there = Reference(mu, (S,)), Reference(mu.at_current, (S,))
    double = multiply(Number(Fraction(2)), Reference(mu, (J,)))
    gap = here - there
    assert proved(AtEqual(Substitute(gap, mu, (J,), double)), here)
    assert proved(Substitute(AtEqual(gap), mu, (J,), double))
