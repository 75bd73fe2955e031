"""For each diagnosis a claim in which its slip was made; all are of small formulas over one set of letters."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.claims import Claim
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    ONE,
    ZERO,
    AtEqual,
    Delta,
    Derivative,
    Divide,
    Exp,
    Formula,
    Identity,
    Inverse,
    Log,
    Number,
    Power,
    Reference,
    SizeNumber,
    Sum,
    log_determinant,
    matrix_product,
    multiply,
    negate,
    outer,
    quadratic_form,
    rename,
)
from derive.models import family
from derive.symbols import Index, Range, Symbol
from tests.formulas import MU, PHI, SIGMA, D, I, J, K, L, N, Q, S, V, X, Y

M = Symbol("M", "data", (), (D, D))
B = Symbol("B", "data", (), (D, D))
TAU = Symbol("tau", "param", (), (), "positive")
POSITIVE = Symbol("p", "data", (Range(K),), (), "positive")

x, mu, q, y, phi = Reference(X, (I,)), Reference(MU, (J,)), Reference(Q, (J,)), Reference(Y, (I, J)), Reference(PHI, (J,))
p, v, sigma = Reference(POSITIVE, (J,)), Reference(V, (J,)), Reference(SIGMA, (J,))
m, b, tau = Reference(M), Reference(B), Reference(TAU)
square = Power(x - mu, Number(Fraction(2)))
EM = Algorithm(family("gaussian-mixture")())
MEAN = EM.model.parameter("mu").reference
w = EM.moving(EM.model.datum, EM.model.latent)
psi = EM.model.by_exponent.exponent(EM.model.datum, EM.model.latent)


def over_data(body: Formula) -> Formula:
    return Sum(EM.model.datum, Sum(EM.model.latent, body))


def equal(lhs: Formula, rhs: Formula) -> Claim:
    return Claim(label="planted", lhs=lhs, rhs=rhs)


def at_s(formula: Formula) -> Formula:
    return rename(formula, {J: S})


def moving_weights() -> Claim:
    wrong = over_data(multiply(w, Derivative(psi, MEAN)))
    return equal(Derivative(over_data(multiply(w, psi)), MEAN), wrong)


def second_derivative() -> Claim:
    body = multiply(w, w)
    by = Reference(MEAN.symbol, (1,))
    inner = Derivative(Sum(EM.model.datum, body), by)
    return equal(Derivative(inner, by), ZERO)


later = Index("i", Range(N, 2))
gaussian = -Log(tau) - square / (2 * Power(tau, Number(Fraction(2))))
divergence = multiply(p, Log(Divide(p, q)))

PLANTED: dict[str, Callable[[], Claim]] = {
    "wrong-sign": lambda: equal(Derivative(negate(square), mu), negate(2 * (x - mu)) + 0),
    "lost-factor": lambda: equal(Derivative(square, mu), negate(x - mu)),
    "mean-for-sum": lambda: equal(Sum(I, x), Sum(I, x) / SizeNumber(N)),
    "sum-kept": lambda: equal(at_s(multiply(mu, mu)), Sum(J, multiply(mu, mu))),
    "reciprocal": lambda: equal(Divide(mu, q), multiply(mu, q)),
    "count-for-weights": lambda: Claim(
        label="planted",
        lhs=Sum(I, y) * mu - Sum(I, multiply(y, x)),
        relation="implies",
        rhs=mu - Sum(I, multiply(y, x)) / SizeNumber(N),
    ),
    "lost-delta": lambda: equal(multiply(mu, Delta(J, S) - at_s(q)), multiply(mu, ONE - at_s(q))),
    "lost-sum": lambda: equal(Sum(I, multiply(y, x)), rename(multiply(y, x), {I: 1})),
    "wrong-index": lambda: equal(multiply(mu, at_s(q)), multiply(at_s(mu), at_s(q))),
    "held-for-moving": moving_weights,
    "held-weights-hessian": second_derivative,
    "lost-log-determinant": lambda: equal(
        quadratic_form(v, Inverse(sigma)) + log_determinant(sigma), quadratic_form(v, Inverse(sigma))
    ),
    "covariance-for-precision": lambda: equal(matrix_product(Inverse(sigma), v), matrix_product(sigma, v)),
    "transposed-matrix": lambda: equal(matrix_product(m.T, v), matrix_product(m, v)),
    "order-of-factors": lambda: equal(
        Inverse(matrix_product(sigma, at_s(sigma))), matrix_product(Inverse(sigma), Inverse(at_s(sigma)))
    ),
    "inner-for-outer": lambda: equal(outer(v, v), multiply(matrix_product(v.T, v), Identity(D))),
    "log-of-sum": lambda: equal(Log(Sum(J, multiply(phi, p))), Sum(J, multiply(phi, Log(p)))),
    "missing-log": lambda: equal(Log(multiply(q, p)), Log(q) + p),
    "divergence-direction": lambda: equal(Sum(J, divergence), Sum(J, multiply(q, Log(Divide(q, p))))),
    "bound-direction": lambda: Claim(
        label="planted", lhs=Log(Sum(J, multiply(phi, p))), relation="<=", rhs=Sum(J, multiply(phi, Log(p)))
    ),
    "lost-constraint": lambda: equal(
        Derivative(Sum(L, Log(rename(phi, {J: L}))) - multiply(tau, Sum(L, rename(phi, {J: L}))), phi), Divide(ONE, phi)
    ),
    "missing-normaliser": lambda: equal(Divide(multiply(q, p), Sum(L, rename(multiply(q, p), {J: L}))), multiply(q, p)),
    "deviation-for-variance": lambda: equal(gaussian, -Log(tau) - square / (2 * tau)),
    "missing-square": lambda: equal(Sum(I, square), Sum(I, x - mu)),
    "off-by-one": lambda: equal(Sum(I, x), Sum(later, Reference(X, (later,)))),
    "constant-that-moves": lambda: Claim(
        label="planted",
        lhs=gaussian,
        relation="= up to a constant",
        rhs=negate(square / (2 * Power(tau, Number(Fraction(2))))),
        parameters=(MU, TAU),
    ),
    "dropped-term": lambda: equal(multiply(x + mu, q), multiply(x, q)),
    "extra-term": lambda: equal(multiply(mu, q), multiply(mu, q) + x),
    "dropped-factor": lambda: equal(Exp(multiply(mu, x)), Exp(x)),
    "extra-factor": lambda: equal(Exp(x), Exp(multiply(mu, x))),
}

TWINS: dict[str, str] = {code: ("wrong-sign" if code != "wrong-sign" else "order-of-factors") for code in PLANTED}
"""For each diagnosis another planted slip, which it must not explain."""
TWINS |= {"lost-factor": "covariance-for-precision"}

TRUE = (
    equal(Derivative(square, mu), negate(2 * (x - mu))),
    equal(Log(multiply(q, p)), Log(q) + Log(p)),
    equal(Sum(I, x + mu), Sum(I, x) + SizeNumber(N) * mu),
    equal(AtEqual(Derivative(EM.q(), MEAN)), Derivative(EM.l(), MEAN)),
    equal(matrix_product(sigma, Inverse(sigma)), Identity(D)),
    Claim(label="true", lhs=multiply(q, mu) - x, relation="implies", rhs=mu - Divide(x, q)),
    Claim(label="true", lhs=Log(Sum(J, multiply(phi, p))), relation=">=", rhs=Sum(J, multiply(phi, Log(p)))),
)
