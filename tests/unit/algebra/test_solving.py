"""Implications without a stated multiplier: each that holds is proved, and its false twin is not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive import formula as f
from derive.algebra.prove import Proof, Unproved, prove
from derive.claims import Claim
from derive.formula import (
    ZERO,
    Divide,
    Formula,
    Inverse,
    Log,
    Number,
    Power,
    Reference,
    Sum,
    Transpose,
    matrix_product,
    outer,
    quadratic_form,
)
from derive.symbols import Domain, Index, Range, Role, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J, S = Index("i", Range(N)), Index("j", Range(K)), Index("s", Range(K))
A, B = Index("a", Range(D)), Index("b", Range(D))


def of(symbol: Symbol, *indices: Index | int) -> Reference:
    return Reference(symbol, indices)


def scalar(name: str, domain: Domain = "real", role: Role = "param") -> Reference:
    return of(Symbol(name, role, (), (), domain))


x, y, p, q, u = scalar("x"), scalar("y"), scalar("p", "positive"), scalar("q", "positive"), scalar("u", "unit")
a, b, lam = scalar("a", role="const"), scalar("b", role="const"), scalar("lam", role="latent")
DATA = Symbol("x", "data", (Range(N),), (D,))
LABELS = Symbol("t", "data", (Range(N),))
POINTS = Symbol("z", "data", (Range(N),))
W = Symbol("w", "frozen", (Range(N), Range(K)), (), "positive")
MU = Symbol("mu", "param", (Range(K),), (D,))
MEAN = Symbol("m", "param", (Range(K),))
SIGMA = Symbol("Sigma", "param", (Range(K),), (D, D), "spd")
PI = Symbol("pi", "param", (Range(K),), (), "positive")
BETA = Symbol("beta", "param", (), (D,))
DESIGN, TARGET = of(Symbol("X", "data", (), (N, D))), of(Symbol("T", "data", (), (N,)))
GENERAL = of(Symbol("G", "const", (), (D, D)))
OTHER = of(Symbol("H", "const", (), (D, D)))
C = of(Symbol("C", "const", (Range(K),), (D, D)), S)
v = of(Symbol("v", "param", (), (D,)))
VAR = Symbol("s2", "param", (Range(K),), (), "positive")
POSTERIOR = f.Definition(
    "r",
    (I, S),
    Divide(
        of(PI, S) * f.Exp(-((of(POINTS, I) - of(MEAN, S)) ** 2)),
        Sum(J, of(PI, J) * f.Exp(-((of(POINTS, I) - of(MEAN, J)) ** 2))),
    ),
    normalised_over=S,
)
LABEL_LOG = Symbol("rho", "param", (Range(K),))
HALF = Number(Fraction(1, 2))


def proves(lhs: Formula, rhs: Formula) -> bool:
    outcome = prove(Claim(label="test", lhs=lhs, relation="implies", rhs=rhs))
    assert isinstance(outcome, (Proof, Unproved))
    return isinstance(outcome, Proof)


def total(body: Formula) -> Formula:
    return Sum(I, body)


count = total(of(W, I, S))
deviation = of(DATA, I) - of(MU, S)
scatter = total(of(W, I, S) * outer(deviation, deviation))
precision = Inverse(of(SIGMA, S))
vector_equation = matrix_product(precision, total(of(W, I, S) * deviation))
weighted = total(of(W, I, S) * of(DATA, I))
residual = of(POINTS, I) - of(MEAN, S)
square = total(of(W, I, S) * residual**2)
sigma = of(VAR, S)
scalar_score = total(of(W, I, S) * (residual**2 / sigma**3 - 1 / sigma))
fixed = total(POSTERIOR(I, S) * residual)
gram = matrix_product(Transpose(DESIGN), DESIGN)
moment = matrix_product(Transpose(DESIGN), TARGET)
normal_equations = matrix_product(gram, of(BETA)) - moment
matrix_equation = count * precision - matrix_product(precision, scatter, precision)
row = of(DATA, I)
weights_gram = total(of(W, I, S) * outer(row, row))
weights_moment = total(of(W, I, S) * of(LABELS, I) * row)
DISTANCE = f.Definition("e", (I, S), f.Exp(-quadratic_form(deviation, precision)))
LOADINGS = of(Symbol("A", "param", (), (D, D)))
TARGETS = Symbol("y", "data", (Range(N),), (D,))
with_target = total(DISTANCE(I, S) * outer(of(TARGETS, I), row))
with_itself = total(DISTANCE(I, S) * outer(row, row))

TRUE_AND_FALSE = {
    "sign": (p * x - q, q - p * x, q + p * x),
    "linear": (p * x - b, x - b / p, x - b * p),
    "linear, slope positive by form": ((p + q**2) * x - b, x - b / (p + q**2), x - b / (p + q)),
    "a denominator of the first": (1 / a - x, a * x - 1, a * x + 1),
    "a denominator of the second": (a * x - b, x - b / a, x - a / b),
    "put into a function": (p * x - b, f.Exp(x) - f.Exp(b / p), f.Exp(x) - f.Exp(b)),
    "multiplier": (count / of(PI, S) + lam, of(PI, S) * lam + count, of(PI, S) * lam - count),
    "weighted mean, vector": (vector_equation, of(MU, S) - weighted / count, of(MU, S) - weighted),
    "a matrix leaves": (matrix_product(precision, of(MU, S)), of(MU, S), of(MU, S) - weighted),
    "fixed point": (
        fixed,
        of(MEAN, S) - total(POSTERIOR(I, S) * of(POINTS, I)) / total(POSTERIOR(I, S)),
        of(MEAN, S) - total(POSTERIOR(I, S) * of(POINTS, I)) / total(POSTERIOR(I, J)),
    ),
    "covariance": (matrix_equation, of(SIGMA, S) - scatter / count, of(SIGMA, S) - scatter),
    "regression on vectors, weights that move with the covariance": (
        matrix_product(precision, with_target - matrix_product(LOADINGS, with_itself)),
        LOADINGS - matrix_product(with_target, Inverse(with_itself)),
        LOADINGS - matrix_product(Inverse(with_itself), Transpose(with_target)),
    ),
    "right multiplication": (
        count * f.Identity(D) - matrix_product(C, precision),
        count * of(SIGMA, S) - C,
        of(SIGMA, S) - count * C,
    ),
    "deviation": (scalar_score, sigma - Power(square / count, HALF), sigma - square / count),
    "variance": (scalar_score, sigma**2 - square / count, sigma**2 - count / square),
    "least squares": (
        normal_equations,
        of(BETA) - matrix_product(Inverse(gram), moment),
        of(BETA) - matrix_product(gram, moment),
    ),
    "weighted least squares": (
        matrix_product(weights_gram, of(BETA)) - weights_moment,
        of(BETA) - matrix_product(Inverse(weights_gram), weights_moment),
        of(BETA) + matrix_product(Inverse(weights_gram), weights_moment),
    ),
    "logarithm": (p * f.Exp(-2 * x) - q, x - HALF * Log(p / q), x - HALF * Log(q / p)),
    "logarithm, deviation": (
        total(of(W, I, S) * (residual**2 * f.Exp(-2 * of(LABEL_LOG, S)) - 1)),
        of(LABEL_LOG, S) - HALF * Log(square / count),
        of(LABEL_LOG, S) - Log(square / count),
    ),
    "logarithm of several": (f.Exp(x + y) - p * q, x + y - Log(p) - Log(q), x + y - Log(p + q)),
    "transpose": (OTHER - GENERAL, Transpose(OTHER) - Transpose(GENERAL), Transpose(OTHER) - GENERAL),
}


@pytest.mark.parametrize("name", TRUE_AND_FALSE)
def test_an_implication_is_proved_and_its_false_twin_is_not(name: str) -> None:
    first, true, false = TRUE_AND_FALSE[name]
    assert proves(first, true)
    assert not proves(first, false)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (x, 1 / x),
        (x, 1 / x - 1),
        (x, x * Log(x)),
        (x, Divide(x, x)),
        (a * x, x),
        (a * x - a * y, x - y),
        (x**2 - x, x - 1),
        (x**2 - 1, x - 1),
        (x * y, x),
        (x - y, (x - y) / (x - y)),
        (x - y, 1 / (x - y)),
        (matrix_product(GENERAL, v), v),
        (matrix_product(gram, of(BETA)), of(BETA)),
        (Transpose(v) @ v - 1, v - v * 2),
        (total(of(LABELS, I) * (of(POINTS, I) - x)), x - total(of(LABELS, I) * of(POINTS, I)) / of(LABELS, 1)),
        (of(MEAN, S) - a, of(MEAN, J) - a),
        (x**2 - p, x - Power(p, HALF)),
        (f.Exp(x) + a, x - Log(-a)),
        (x**2 - p**2, Log(p) - x),
    ],
)
def test_a_wrong_implication_is_not_proved(first: Formula, second: Formula) -> None:
    assert not proves(first, second)


@pytest.mark.parametrize("first", [Number(Fraction(1)), p + 1, p**2 + x**2, -p])
def test_an_equation_without_solution_implies_nothing(first: Formula) -> None:
    outcome = prove(Claim(label="test", lhs=first, relation="implies", rhs=x - 1))
    assert isinstance(outcome, Unproved)
    assert outcome.reason.startswith("vacuous")
    assert not proves(first, ZERO)
