"""One test for each pair of operations that does not commute: the order as written is proved, the other order is not."""

from __future__ import annotations

from fractions import Fraction

from derive.algebra.entries import Reader
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
    Power,
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


def test_what_was_read_for_one_claim_is_not_taken_for_another() -> None:
    """Readings are remembered between claims: letters of one name and another meaning must stay apart."""
    family = Symbol("t", "param", (Range(K),))
    of_one, of_later = (Reference(family, (index,)) for index in (J, S))
    slope = Derivative(Sum(J, multiply(of_one, of_one)), of_later)
    for _ in range(2):
        assert proved(slope, multiply(Number(Fraction(2)), of_later))
        assert not proved(slope, multiply(Number(Fraction(2)), of_one))
    # The root of u^2 is u where u is positive, and there alone is its slope one.
    for domain, holds in (("positive", True), ("real", False), ("positive", True)):
        letter = Reference(Symbol("u", "param", (), (), domain))  # type: ignore[arg-type]
        root = Power(multiply(letter, letter), Number(Fraction(1, 2)))
        assert proved(Derivative(root, letter), ONE) == holds


def test_a_letter_declared_in_two_ways_is_refused_also_where_it_was_read_before() -> None:
    one, other = (Reference(Symbol("w", "param", (), (), domain)) for domain in ("real", "positive"))
    slopes = [Derivative(multiply(each, each), each) for each in (one, other)]
    assert all(proved(slope, multiply(Number(Fraction(2)), each)) for slope, each in zip(slopes, (one, other), strict=True))
    mixed = prove(Claim(label="test", lhs=slopes[0], rhs=slopes[1]))
    assert isinstance(mixed, Unproved) and "declared in two ways" in mixed.reason


def test_the_work_of_what_was_read_before_counts() -> None:
    """Whether a claim is proved within the limit on work must not depend on what was proved before it."""
    mu = Symbol("m", "param", (Range(K),))
    body = Sum(J, multiply(Reference(mu, (J,)), Reference(mu, (J,))))
    readers = [Reader(), Reader()]
    for reader in readers:
        reader.read(Derivative(body, Reference(mu, (S,))))
    assert readers[0].reducer.budget.spent == readers[1].reducer.budget.spent > 0
    assert readers[0].reducer.log == readers[1].reducer.log
