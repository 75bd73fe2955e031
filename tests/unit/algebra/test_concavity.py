"""Maximisers without a stated gap: each true one is proved to be a maximum, and its false twins are not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from derive import formula as f
from derive.algebra.prove import Proof, Unproved, prove
from derive.claims import Claim
from derive.formula import (
    Formula,
    Inverse,
    Log,
    Number,
    Power,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    log_determinant,
    matrix_product,
    outer,
    quadratic_form,
)
from derive.symbols import Domain, Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J, S = Index("i", Range(N)), Index("j", Range(K)), Index("s", Range(K))
HALF = Number(Fraction(1, 2))

W = Symbol("w", "frozen", (Range(N), Range(K)), (), "simplex")
PI = Symbol("pi", "param", (Range(K),), (), "simplex")
X = Symbol("x", "data", (Range(N),), (D,))
Y = Symbol("y", "data", (Range(N),))
POSITIVE = Symbol("t", "data", (Range(N),), (), "positive")
UNIT = Symbol("b", "data", (Range(N),), (), "unit")
MU = Symbol("mu", "param", (Range(K),), (D,))
SIGMA = Symbol("Sigma", "param", (Range(K),), (D, D), "spd")
BETA = Symbol("beta", "param", (Range(K),), (D,))


def of(symbol: Symbol, *indices: Index | int) -> Reference:
    return Reference(symbol, indices)


def family(name: str, domain: Domain = "positive") -> Symbol:
    return Symbol(name, "param", (Range(K),), (), domain)


MEAN, LOG_SD, S2, SD, LAM, RATE = (
    family("m", "real"),
    family("r", "real"),
    family("v"),
    family("sd"),
    family("lam"),
    family("rate"),
)
P = family("p", "unit")


def weighted(body: Formula) -> Formula:
    return Sum(I, Sum(J, of(W, I, J) * body))


def count(j: Index = J) -> Formula:
    return Sum(I, of(W, I, j))


def mean(body: Formula) -> Formula:
    return Sum(I, of(W, I, J) * body) / count()


deviation = of(X, I) - of(MU, J)
gaussian = weighted(
    Log(of(PI, J)) - HALF * log_determinant(of(SIGMA, J)) - HALF * quadratic_form(deviation, Inverse(of(SIGMA, J)))
)
weighted_mean = mean(of(X, I))
scatter = Sum(I, of(W, I, J) * outer(deviation, deviation))
scatter = f.Divide(scatter, count())
residual = of(Y, I) - of(MEAN, J)
normal = weighted(-HALF * Log(of(S2, J)) - HALF * residual**2 / of(S2, J))
deviations = weighted(-Log(of(SD, J)) - HALF * residual**2 / of(SD, J) ** 2)
log_deviations = weighted(-of(LOG_SD, J) - HALF * residual**2 * f.Exp(-2 * of(LOG_SD, J)))
precisions = weighted(HALF * Log(of(RATE, J)) - HALF * residual**2 * of(RATE, J))
by_precision = weighted(HALF * log_determinant(of(SIGMA, J)) - HALF * quadratic_form(deviation, of(SIGMA, J)))
poisson = weighted(of(POSITIVE, I) * Log(of(LAM, J)) - of(LAM, J))
rate = weighted(Log(of(RATE, J)) - of(RATE, J) * of(POSITIVE, I))
waiting = weighted(-Log(of(LAM, J)) - of(POSITIVE, I) / of(LAM, J))
bernoulli = weighted(of(UNIT, I) * Log(of(P, J)) + (1 - of(UNIT, I)) * Log(1 - of(P, J)))
row = of(X, I)
error = of(Y, I) - matrix_product(f.Transpose(of(BETA, J)), row)
regression = weighted(-HALF * error**2)
gram = Sum(I, of(W, I, J) * outer(row, row))
moment = Sum(I, of(W, I, J) * of(Y, I) * row)


def proves(objective: Formula, *solutions: tuple[Symbol, Formula]) -> bool:
    best = objective
    for symbol, solution in solutions:
        best = Substitute(best, symbol, (J,), solution)
    outcome = prove(Claim(label="test", lhs=objective, relation="<=", rhs=best))
    assert isinstance(outcome, (Proof, Unproved))
    return isinstance(outcome, Proof)


size = SizeNumber(N)
TRUE_AND_FALSE = {
    "mixing weights": (gaussian, (PI, count() / size), (PI, 1 / SizeNumber(K))),
    "mixing weights, factor": (gaussian, (PI, count() / size), (PI, 2 * count() / size)),
    "mean": (gaussian, (MU, weighted_mean), (MU, Sum(I, of(W, I, J) * of(X, I)))),
    "mean, plain": (gaussian, (MU, weighted_mean), (MU, Sum(I, of(X, I)) / size)),
    "covariance": (gaussian, (SIGMA, scatter), (SIGMA, Sum(I, of(W, I, J) * outer(deviation, deviation)))),
    "covariance, plain": (gaussian, (SIGMA, scatter), (SIGMA, 2 * scatter)),
    "scalar mean": (normal, (MEAN, mean(of(Y, I))), (MEAN, -mean(of(Y, I)))),
    "variance": (normal, (S2, mean(residual**2)), (S2, 2 * mean(residual**2))),
    "deviation": (deviations, (SD, Power(mean(residual**2), HALF)), (SD, mean(residual**2))),
    "log of the deviation": (
        log_deviations,
        (LOG_SD, HALF * Log(mean(residual**2))),
        (LOG_SD, Log(mean(residual**2))),
    ),
    "precision": (precisions, (RATE, 1 / mean(residual**2)), (RATE, mean(residual**2))),
    "precision matrix": (by_precision, (SIGMA, Inverse(scatter)), (SIGMA, scatter)),
    "precision matrix, factor": (
        by_precision,
        (SIGMA, count() * Inverse(Sum(I, of(W, I, J) * outer(deviation, deviation)))),
        (SIGMA, Inverse(Sum(I, of(W, I, J) * outer(deviation, deviation)))),
    ),
    "Poisson": (poisson, (LAM, mean(of(POSITIVE, I))), (LAM, Sum(I, of(POSITIVE, I)) / size)),
    "rate": (rate, (RATE, 1 / mean(of(POSITIVE, I))), (RATE, mean(of(POSITIVE, I)))),
    "waiting time": (waiting, (LAM, mean(of(POSITIVE, I))), (LAM, 1 / mean(of(POSITIVE, I)))),
    "Bernoulli": (bernoulli, (P, mean(of(UNIT, I))), (P, mean(of(UNIT, I) ** 2))),
    "regression": (regression, (BETA, matrix_product(Inverse(gram), moment)), (BETA, moment)),
}


E, M = Size("e"), Size("m")
A = Symbol("A", "param", (Range(K),), (D, E))
B = Symbol("B", "param", (Range(K),), (D, D))
SHOWN = Symbol("F", "const", (Range(N),), (E, M))
OTHER = Symbol("G", "const", (Range(N),), (E, M))
TURNED = Symbol("T", "const", (), (E, D))
ANY = Symbol("P", "const", (), (D, D))
PATH = Symbol("h", "data", (Range(N),), (M,))
seen = matrix_product(of(SHOWN, I), of(PATH, I))
missed = of(X, I) - matrix_product(of(A, J), seen)
moments = (Sum(I, of(W, I, J) * outer(of(X, I), seen)), Sum(I, of(W, I, J) * outer(seen, seen)))
rotated = matrix_product(of(A, J), of(TURNED))


def zero_of(symbol: Symbol) -> Formula:
    return Number(Fraction(0)) * of(replace(symbol, name="zero", role="const"), J)


def trace_of(*factors: Formula) -> Formula:
    return weighted(-f.Trace(matrix_product(*factors)))


FORMS = {
    "a residual, its factors under sums of their own": (
        weighted(-HALF * quadratic_form(missed, Inverse(of(SIGMA, J)))),
        A,
        matrix_product(moments[0], Inverse(moments[1])),
        True,
    ),
    "the same, another vector on the right": (
        weighted(
            -matrix_product(
                f.Transpose(matrix_product(of(A, J), seen)),
                Inverse(of(SIGMA, J)),
                of(A, J),
                of(OTHER, I),
                of(PATH, I),
            )
        ),
        A,
        zero_of(A),
        False,
    ),
    "A A^T": (trace_of(of(A, J), f.Transpose(of(A, J))), A, zero_of(A), True),
    "A S A^T between definite matrices": (
        trace_of(Inverse(of(SIGMA, J)), of(B, J), of(SIGMA, J), f.Transpose(of(B, J))),
        B,
        zero_of(B),
        True,
    ),
    "B S B S": (trace_of(of(B, J), of(SIGMA, J), of(B, J), of(SIGMA, J)), B, zero_of(B), False),
    "B B": (trace_of(of(B, J), of(B, J)), B, zero_of(B), False),
    "A T A T": (trace_of(rotated, rotated), A, zero_of(A), False),
    "B^T P B, P of either sign": (trace_of(f.Transpose(of(B, J)), of(ANY), of(B, J)), B, zero_of(B), False),
    "B^T P^T P B": (trace_of(f.Transpose(of(B, J)), f.Transpose(of(ANY)), of(ANY), of(B, J)), B, zero_of(B), True),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_in_a_matrix_is_definite_where_its_two_sides_are_one(name: str) -> None:
    """In the false ones the point is stationary, and no maximum."""
    objective, symbol, value, expected = FORMS[name]
    assert proves(objective, (symbol, value)) is expected


@pytest.mark.parametrize("name", TRUE_AND_FALSE)
def test_a_maximiser_is_proved_and_its_false_twin_is_not(name: str) -> None:
    objective, true, false = TRUE_AND_FALSE[name]
    assert proves(objective, true)
    assert not proves(objective, false)
    assert not proves(-objective, true)  # then it is a minimum


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_several_letters_are_maximised_jointly(order: tuple[int, int, int]) -> None:
    at_mean = Substitute(scatter, MU, (J,), weighted_mean)
    joint = [(PI, count() / size), (MU, weighted_mean), (SIGMA, at_mean)]
    assert proves(gaussian, *(joint[k] for k in order))
    joint[2] = (SIGMA, 2 * at_mean)
    assert not proves(gaussian, *(joint[k] for k in order))


def test_an_inner_solution_may_hold_a_letter_that_an_outer_one_replaces() -> None:
    assert proves(gaussian, (SIGMA, scatter), (MU, weighted_mean), (PI, count() / size))
    # The scatter about the old mean is not jointly the best.
    assert not proves(gaussian, (MU, weighted_mean), (SIGMA, scatter))


PRIOR_MEAN = Symbol("m0", "const", (Range(K),), (D,))
SCALE = Symbol("P", "const", (Range(K),), (D, D), "spd")
STRENGTH, DEGREES = (Symbol(name, "const", (Range(K),), (), "positive") for name in ("c", "a"))
off = of(MU, J) - of(PRIOR_MEAN, J)
with_prior = gaussian - Sum(
    J,
    HALF
    * (
        of(DEGREES, J) * log_determinant(of(SIGMA, J))
        + f.Trace(matrix_product(of(SCALE, J), Inverse(of(SIGMA, J))))
        + of(STRENGTH, J) * quadratic_form(off, Inverse(of(SIGMA, J)))
    ),
)
pulled_mean = (Sum(I, of(W, I, J) * of(X, I)) + of(STRENGTH, J) * of(PRIOR_MEAN, J)) / (count() + of(STRENGTH, J))
pulled_scatter = Sum(I, of(W, I, J) * outer(deviation, deviation)) + of(SCALE, J) + of(STRENGTH, J) * outer(off, off)


def test_letters_are_each_the_best_whatever_the_others_are() -> None:
    """Where a solution holds another letter, which is replaced further outside."""
    spread = pulled_scatter / (count() + of(DEGREES, J))
    assert proves(with_prior, (SIGMA, spread), (MU, pulled_mean))
    assert not proves(with_prior, (SIGMA, spread), (MU, weighted_mean))
    assert not proves(with_prior, (SIGMA, pulled_scatter / count()), (MU, pulled_mean))
    assert not proves(with_prior, (SIGMA, scatter), (MU, pulled_mean))


x = Reference(Symbol("x", "param"))
y = Reference(Symbol("y", "param"))
p = Reference(Symbol("p", "param", (), (), "positive"))
c = Reference(Symbol("c", "const"))
q = Reference(Symbol("q", "const", (), (), "positive"))


@pytest.mark.parametrize(
    ("objective", "letter", "value", "expected"),
    [
        (-((x - c) ** 2), x, c, True),
        ((x - c) ** 2, x, c, False),
        (-((x - c) ** 2), x, 2 * c, False),
        (x**3, x, Number(Fraction(0)), False),
        (-(x**4), x, Number(Fraction(0)), True),
        (c * x**2, x, Number(Fraction(0)), False),
        (x**2 - x**4, x, Number(Fraction(0)), False),
        (-p, p, Number(Fraction(0)), False),
        (q * Log(p) - p, p, q, True),
        (c * Log(p) - c * p, p, Number(Fraction(1)), False),
        (Log(p) - p * q, p, -1 / q, False),
        (-Log(p) - q / p, p, q, True),
        (-Log(p) + q / p, p, -q, False),
        (-Log(p) - p, p, Number(Fraction(-1)), False),
        (x * y, x, Number(Fraction(0)), False),
        (x - f.Exp(x), x, Number(Fraction(0)), True),
        (f.Exp(x) - x, x, Number(Fraction(0)), False),
        (q * x - p * f.Exp(x), x, Log(q / p), True),
        (q * x - p * f.Exp(x), x, Log(p / q), False),
        (-q * x - p * f.Exp(-3 * x), x, Log(3 * p / q) / 3, True),
        (q * x - p * f.Exp(-3 * x), x, Log(3 * p / q) / 3, False),
        (-x - q * f.Exp(x), x, -Log(q), False),
        (f.Exp(x) - f.Exp(2 * x) / 2, x, Number(Fraction(0)), False),
        ((c**2 - 2 * c * y + y**2) * -f.Exp(-2 * x) - x, x, Log(2 * (c - y) ** 2) / 2, True),
        ((c**2 - 2 * c * y + y**2) * -f.Exp(-2 * x) + x, x, Log(2 * (c - y) ** 2) / 2, False),
    ],
)
def test_one_letter(objective: Formula, letter: Reference, value: Formula, expected: bool) -> None:
    best = Substitute(objective, letter.symbol, (), value)
    outcome = prove(Claim(label="test", lhs=objective, relation="<=", rhs=best))
    assert isinstance(outcome, Proof) is expected


def test_a_saddle_is_not_a_maximum() -> None:
    saddle = x * y - x**2 / 4
    best = Substitute(Substitute(saddle, x.symbol, (), f.ZERO), y.symbol, (), f.ZERO)
    assert isinstance(prove(Claim(label="test", lhs=saddle, relation="<=", rhs=best)), Unproved)
    profile = -(x**2) + 3 * x * y - y**2
    best = Substitute(Substitute(profile, x.symbol, (), f.ZERO), y.symbol, (), f.ZERO)
    assert isinstance(prove(Claim(label="test", lhs=profile, relation="<=", rhs=best)), Unproved)
    best = Substitute(Substitute(profile, x.symbol, (), 3 * y / 2), y.symbol, (), f.ZERO)
    assert isinstance(prove(Claim(label="test", lhs=profile, relation="<=", rhs=best)), Unproved)
    # Each is the best given the other, and the two replace each other in a circle.
    ridge = -((x - y) ** 2) + 0 * y
    best = Substitute(Substitute(ridge, x.symbol, (), y + 1), y.symbol, (), x)
    assert isinstance(prove(Claim(label="test", lhs=ridge, relation="<=", rhs=best)), Unproved)
