"""What is left of something positive: signs of differences, means that stay below one, weights of any kind; and their twins."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from derive.algebra.prove import Proof, prove
from derive.claims import Assumption, Claim, Relation
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    ONE,
    ZERO,
    Derivative,
    Divide,
    Formula,
    Log,
    Number,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    multiply,
)
from derive.models import family
from derive.symbols import Domain, Index, Range, Size, Symbol

N, M = Size("n"), Size("m")
I = Index("i", Range(N))


def letter(name: str, domain: Domain, *, plain: bool = True) -> Reference:
    """A parameter, or (not plain) a datum of a family."""
    return (
        Reference(Symbol(name, "param", (), (), domain))
        if plain
        else Reference(Symbol(name, "data", (Range(N),), (), domain), (I,))
    )


T, A = letter("t", "positive"), letter("a", "positive")
U, V = letter("u", "unit"), letter("v", "unit")
W, X, C = letter("w", "positive", plain=False), letter("x", "bool", plain=False), letter("c", "count", plain=False)


def proved(lhs: Formula, relation: Relation, rhs: Formula, *assumptions: Assumption) -> bool:
    return isinstance(prove(Claim(label="one", lhs=lhs, relation=relation, rhs=rhs, assumptions=assumptions)), Proof)


TWO = Number(Fraction(2))


@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        (T - T * U, T - T * A),  # times a number between 0 and 1, not times any positive one
        (T * A - T * A * U, T * A - TWO * T * U),
        (T - T * U + A, T - TWO * T * U + A),  # no more is taken than there is
        (Divide(T, ONE - U) - T, Divide(T, ONE + U) - T),  # 1/(1 - u) is larger than one, 1/(1 + u) is not
        (T - T * U, A - T * U),
    ],
)
def test_what_is_left_is_positive(kept: Formula, lost: Formula) -> None:
    assert proved(ZERO, "<", kept)
    assert not proved(ZERO, "<", lost)


def share(above: Formula, below: Formula) -> Formula:
    return Divide(Sum(I, above), Sum(I, below))


def maximised(value: Formula, *assumptions: Assumption) -> bool:
    """Whether u := value is accepted as a number between 0 and 1."""
    there = Substitute(Log(U) - Log(U), U.symbol, (), value)
    return proved(there, "=", ZERO, *assumptions)


AT_MOST_M = Assumption(text="c is at most m", bound=(C, SizeNumber(M)))
AT_LEAST_M = Assumption(text="c is at least m", bound=(SizeNumber(M), C))


def test_a_mean_of_numbers_between_0_and_1_is_one() -> None:
    assert maximised(share(W * X, W))
    assert not maximised(share(W * C, W))
    assert not maximised(share(W, W * X))


def test_a_mean_of_counts_is_one_where_they_are_bounded() -> None:
    assert maximised(share(W * C, SizeNumber(M) * W), AT_MOST_M)
    assert not maximised(share(W * C, SizeNumber(M) * W))
    assert not maximised(share(W * C, SizeNumber(M) * W), AT_LEAST_M)
    assert not maximised(share(W * C, SizeNumber(N) * W), AT_MOST_M)


def test_a_log_likelihood_of_trials_is_concave() -> None:
    """sum_i w c log u + w (m - c) log(1 - u): concave only where no c exceeds m."""
    body = Sum(I, W * C * Log(U) + multiply(W, SizeNumber(M) - C) * Log(ONE - U))
    best = share(W * C, SizeNumber(M) * W)
    there = Substitute(body, U.symbol, (), best)
    assert proved(body, "<=", there, AT_MOST_M)
    assert not proved(body, "<=", there)


def test_a_log_of_a_product_of_differences() -> None:
    body = Log(multiply(T - T * U, A - A * V))
    assert proved(body, "=", Log(T) + Log(ONE - U) + Log(A) + Log(ONE - V))
    assert not proved(body, "=", Log(T) + Log(ONE - U) + Log(A) + Log(V))
    real = letter("r", "real")
    assert not proved(Log(multiply(T - real, A - real)), "=", Log(T - real) + Log(A - real))


EM = Algorithm(family("poisson-mixture")())
RATE = EM.model.parameter("lambda")


def test_what_holds_of_any_weights_holds_of_held_ones() -> None:
    assert RATE.slope is not None
    slope = Derivative(EM.q(), RATE.reference)
    found = prove(Claim(label="slope", lhs=slope, rhs=RATE.slope(EM.held), reading="held"))
    assert isinstance(found, Proof)
    assert found.method.endswith("whatever the weights")


def test_weights_are_not_any_where_theta_t_moves_or_is_put_in() -> None:
    """The derivative by theta_t does not vanish although that of any numbers would; nor are held and moving ones the same."""
    current = replace(RATE.reference, symbol=RATE.symbol.at_current)
    assert not isinstance(prove(Claim(label="moves", lhs=Derivative(EM.q(), current))), Proof)
    i, j = EM.model.datum, EM.model.latent
    assert not isinstance(prove(Claim(label="same", lhs=EM.held(i, j), rhs=EM.moving(i, j))), Proof)


def test_any_weights_sum_to_one_over_the_latent_alone() -> None:
    i, j = EM.model.datum, EM.model.latent
    assert isinstance(prove(Claim(label="latent", lhs=Sum(j, EM.held(i, j)), rhs=ONE)), Proof)
    assert not isinstance(prove(Claim(label="data", lhs=Sum(i, EM.held(i, j)), rhs=ONE)), Proof)


def test_an_entropy_of_chances_is_not_negative() -> None:
    """Nor is that of any number between 0 and 1; of a positive number, or with the other sign, nothing is known."""
    share = Reference(Symbol("share", "param", (Range(N),), (), "simplex"), (I,))
    assert proved(ZERO, "<=", -Sum(I, share * Log(share)))
    assert proved(ZERO, "<=", -(T * U * Log(U)))
    assert not proved(ZERO, "<=", Sum(I, share * Log(share)))
    assert not proved(ZERO, "<=", -Sum(I, W * Log(W)))
    assert not proved(ZERO, "<=", -(letter("r", "real") * U * Log(U)))
    assert not proved(ZERO, "<=", -(U * Log(V)))


def test_an_entropy_of_a_density_may_be_negative() -> None:
    mixed = Algorithm(family("gamma-poisson")())
    i, j = mixed.model.datum, mixed.model.latent
    entropy = -Sum(j, mixed.held(i, j) * Log(mixed.held(i, j)))
    assert not proved(ZERO, "<=", entropy)
    held = -Sum(EM.model.latent, EM.held(EM.model.datum, EM.model.latent) * Log(EM.held(EM.model.datum, EM.model.latent)))
    assert proved(ZERO, "<=", held)
