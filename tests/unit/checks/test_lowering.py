"""Every node against plain NumPy loops at small sizes; conventions, scopes, the log domain and large data."""

from __future__ import annotations

import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from jax.test_util import check_grads
from scipy.stats import multivariate_normal, poisson

from checks.feature_products import FeatureTables
from checks.lowering import Key, lower, lower_all, reading_order
from derive.errors import DeriveError, ScopeError, UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    HALF,
    ONE,
    AtEqual,
    Component,
    Definition,
    Delta,
    Derivative,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Function,
    Identity,
    Inverse,
    Log,
    Number,
    Pi,
    Power,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
    Transpose,
    log_determinant,
    matrix_product,
    multiply,
    negate,
    outer,
    quadratic_form,
    rename,
)
from derive.models import family
from derive.symbols import Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
i, j, s, l = (Index(name, Range(size)) for name, size in zip("ijsl", (N, K, K, K), strict=True))
a, b = Index("a", Range(D)), Index("b", Range(D))
n, k, d = 5, 3, 2

X = Symbol("x", "data", (Range(N),), (D,))
MU = Symbol("mu", "param", (Range(K),), (D,))
SIGMA = Symbol("Sigma", "param", (Range(K),), (D, D), "spd")
M = Symbol("M", "param", (Range(K),), (D, D))
PHI = Symbol("phi", "param", (Range(K),), (), "simplex")
R = Symbol("r", "frozen", (Range(N), Range(K)), (), "positive")
T = Symbol("t", "param", (), ())
x_i, mu_j, mu_s = Reference(X, (i,)), Reference(MU, (j,)), Reference(MU, (s,))
S_j, S_s, M_j, phi_j, phi_s = (
    Reference(SIGMA, (j,)),
    Reference(SIGMA, (s,)),
    Reference(M, (j,)),
    Reference(PHI, (j,)),
    Reference(PHI, (s,)),
)
r_ij, t = Reference(R, (i, j)), Reference(T)


def point(n: int = n, k: int = k, d: int = d, seed: int = 1) -> dict[Key, np.ndarray]:
    random = np.random.default_rng(seed)
    half = random.normal(size=(k, d, d))
    values: dict[Key, np.ndarray] = {
        ("x", "data"): random.normal(size=(n, d)),
        ("r", "frozen"): random.uniform(0.2, 1.0, size=(n, k)),
    }
    for role in ("param", "current"):
        half = random.normal(size=(k, d, d))
        values |= {
            ("mu", role): random.normal(size=(k, d)),
            ("Sigma", role): half @ half.transpose(0, 2, 1) + np.eye(d),
            ("M", role): random.normal(size=(k, d, d)) + 2 * np.eye(d),
            ("phi", role): random.dirichlet(np.ones(k)),
            ("t", role): np.asarray(0.7),
        }
    return values


V = point()
x, mu, S, m, phi, r = (V[key] for key in [("x", "data"), *((p, "param") for p in ("mu", "Sigma", "M", "phi")), ("r", "frozen")])


def close(formula: Formula, expected: object, *, rtol: float = 1e-12, **options: object) -> None:
    result = lower(formula, **options)(V)  # pyright: ignore[reportArgumentType]
    assert result.dtype == np.float64
    np.testing.assert_allclose(np.asarray(result), np.asarray(expected), rtol=rtol, atol=1e-13)


def test_scalars() -> None:
    close(Number(Fraction(1, 3)), 1 / 3)
    close(Pi(), np.pi)
    close(t + 2, 2.7)
    close(negate(t) * Number(Fraction(1, 2)), -0.35)
    close(Divide(ONE, t), 1 / 0.7)
    close(t**3, 0.7**3)
    close(t ** Fraction(-1, 2), 0.7**-0.5)
    close((negate(t)) ** 3, -(0.7**3))
    close(Power(t, t), 0.7**0.7)
    close(Exp(t), np.exp(0.7))
    close(Log(t), np.log(0.7))
    for name in ("loggamma", "digamma", "erf"):
        reference = {"loggamma": scipy.special.gammaln, "digamma": scipy.special.digamma, "erf": scipy.special.erf}[name]
        close(Function(name, (t,)), reference(0.7))


def test_the_logarithm_of_a_product_of_two_negatives_is_that_of_the_product() -> None:
    close(Log(multiply(negate(t), negate(t))), 2 * np.log(0.7))
    assert np.isnan(lower(Log(negate(t)))(V))


def test_a_size_is_a_number() -> None:
    np.testing.assert_allclose(lower(Divide(SizeNumber(N), SizeNumber(D)))({}, {"n": 7, "d": 2}), 3.5)
    with pytest.raises(DeriveError, match="unknown size: n"):
        lower(SizeNumber(N))({})


def test_sums_and_products_over_indices() -> None:
    close(Sum(i, r_ij), [sum(r[p, q] for p in range(n)) for q in range(k)])
    close(Sum(i, Sum(j, multiply(r_ij, phi_j))), sum(r[p, q] * phi[q] for p in range(n) for q in range(k)))
    close(Product(j, phi_j), np.prod(phi))
    close(Product(i, r_ij), np.prod(r, axis=0))
    close(Log(Product(i, Exp(r_ij))), r.sum(0))
    np.testing.assert_allclose(lower(Sum(i, phi_j))(V, {"n": 4}), 4 * phi)
    np.testing.assert_allclose(lower(Product(i, phi_j))(V, {"n": 4}), phi**4)
    np.testing.assert_allclose(lower(Log(Sum(i, Exp(phi_j))))(V, {"n": 4}), phi + np.log(4))


def test_an_index_bound_twice_keeps_its_two_meanings() -> None:
    inner = Sum(j, phi_j * phi_j)
    close(Sum(j, multiply(phi_j, inner)), np.sum(phi**2))
    close(multiply(phi_j, Sum(j, multiply(phi_j, phi_j))), phi * np.sum(phi**2))
    total = Sum(i, r_ij)
    close(multiply(total, total), r.sum(0) ** 2)


def test_a_range_with_another_lower_end() -> None:
    late = Index("j", Range(K, 2))
    close(Sum(late, Reference(PHI, (late,))), phi[1:].sum())
    tail = Symbol("q", "data", (Range(K, 2),), ())
    values = {("q", "data"): np.array([10.0, 20.0])}
    late_q = Reference(tail, (late,))
    np.testing.assert_allclose(lower(Sum(late, late_q))(values), 30)
    np.testing.assert_allclose(lower(Reference(tail, (3,)))(values), 20)
    np.testing.assert_allclose(lower(multiply(late_q, Reference(PHI, (late,))))({**values, **V}), [10, 20] * phi[1:])
    with pytest.raises(ScopeError, match="range"):
        lower(Reference(tail, (j,)))(values)


def test_literal_indices_count_from_one_and_are_never_clamped() -> None:
    close(Reference(PHI, (1,)), phi[0])
    close(Component(Reference(MU, (3,)), (2,)), mu[2, 1])
    with pytest.raises(ScopeError, match="index out of its range: 4, expected 1 to 3"):
        lower(Reference(PHI, (4,)))(V)
    with pytest.raises(ScopeError, match="3"):
        lower(Component(mu_j, (3,)))(V)
    with pytest.raises(ScopeError):
        lower(Definition("f", (j,), phi_j)(4))(V)


def test_kronecker_deltas() -> None:
    np.testing.assert_allclose(lower(Delta(j, s))({}, {"k": 3}), np.eye(k))
    np.testing.assert_allclose(lower(Delta(j, 2))({}, {"k": 3}), [0, 1, 0])
    np.testing.assert_allclose(lower(Delta(2, 2))({}), 1)
    late = Index("u", Range(K, 2))
    np.testing.assert_allclose(lower(Delta(j, late), axes=(j, late))({}, {"k": 3}), np.eye(3)[:, 1:])
    close(Sum(j, multiply(Delta(j, s), phi_j)), phi)


def test_delta_needs_a_size() -> None:
    with pytest.raises(DeriveError, match="unknown size"):
        lower(Delta(j, s))({})


def test_vectors_and_matrices() -> None:
    close(x_i - mu_j, x[:, None] - mu[None])
    close(matrix_product(M_j, mu_j), np.einsum("jab,jb->ja", m, mu))
    close(matrix_product(Transpose(mu_j), M_j), np.einsum("jab,ja->jb", m, mu))
    close(matrix_product(Transpose(mu_j), M_j, x_i), [[mu[q] @ m[q] @ x[p] for p in range(n)] for q in range(k)])
    close(outer(x_i, mu_j), np.einsum("ia,jb->ijab", x, mu))
    close(outer(mu_j, mu_j), np.einsum("ja,jb->jab", mu, mu))
    close(matrix_product(M_j, S_j, Transpose(M_j)), m @ S @ m.transpose(0, 2, 1))
    close(Transpose(M_j), m.transpose(0, 2, 1))
    close(Trace(matrix_product(M_j, S_j)), np.trace(m @ S, axis1=1, axis2=2))
    close(DiagonalPart(M_j), np.diagonal(m, axis1=1, axis2=2))
    close(DiagonalPart(matrix_product(M_j, S_j)), np.diagonal(m @ S, axis1=1, axis2=2))
    close(Diagonal(mu_j), [np.diag(mu[q]) for q in range(k)])
    close(multiply(phi_j, Identity(D)) + S_j, phi[:, None, None] * np.eye(d) + S)
    close(Component(M_j, (1, 2)), m[:, 0, 1])
    close(Component(M_j, (a, b)), m)
    close(Component(M_j, (a, a)), np.diagonal(m, axis1=1, axis2=2))
    close(Sum(a, Component(M_j, (a, a))), np.trace(m, axis1=1, axis2=2))
    close(Component(x_i - mu_j, (a,)), x[:, None] - mu[None])
    close(Divide(M_j, phi_j), m / phi[:, None, None])


@pytest.mark.parametrize("matrix,array", [(S_j, S), (M_j, m)], ids=["definite", "general"])
def test_inverses_and_determinants(matrix: Formula, array: np.ndarray) -> None:
    close(Inverse(matrix), np.linalg.inv(array), rtol=1e-10)
    close(Determinant(matrix), np.linalg.det(array), rtol=1e-10)
    close(Log(Power(Determinant(matrix), Number(Fraction(2)))), 2 * np.linalg.slogdet(array)[1], rtol=1e-10)
    u = x[:, None] - mu[None]
    close(quadratic_form(x_i - mu_j, Inverse(matrix)), np.einsum("ija,jab,ijb->ij", u, np.linalg.inv(array), u), rtol=1e-10)
    close(matrix_product(Inverse(matrix), x_i - mu_j), np.einsum("jab,ijb->jia", np.linalg.inv(array), u), rtol=1e-10)


def test_a_log_determinant_of_negative_sign_is_not_a_number() -> None:
    values = {("M", "param"): np.array([np.diag([-1.0, 2.0]), np.diag([-1.0, -2.0])])}
    np.testing.assert_allclose(lower(log_determinant(M_j))(values), [np.nan, np.log(2)])


def test_a_matrix_that_is_not_symmetric_is_never_taken_for_definite() -> None:
    skew = {("Sigma", "param"): S + np.array([[0, 0.3], [0, 0]])}
    assert np.all(np.isnan(lower(log_determinant(S_j))(skew)))


def test_definitions_are_abbreviations() -> None:
    u = Definition("u", (i, j), multiply(r_ij, Sum(s, multiply(phi_s, phi_j))))
    expected = r * phi
    close(u(i, j), expected)
    close(u(i, s), expected)
    close(Sum(i, u(i, 2)), expected[:, 1].sum())
    twice = Definition("v", (j, s), multiply(phi_j, Component(mu_s, (1,))))
    close(twice(s, j), np.outer(phi, mu[:, 0]), axes=(s, j))
    close(twice(j, j), phi * mu[:, 0])
    # The s that the definition binds is not the s of its argument.
    close(u(i, s), expected)
    open_letter = Definition("o", (j,), multiply(phi_j, phi_s))
    close(open_letter(s), phi**2)
    close(Definition("c", (j,), phi_j)(j, time="current"), V[("phi", "current")])


def test_functions_that_are_not_known_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match="besselj"):
        lower(Function("besselj", (t,)))(V)


def test_inputs_are_checked() -> None:
    formula = Sum(i, Sum(j, multiply(r_ij, phi_j)))
    with pytest.raises(DeriveError, match=r"missing input: phi \(param\), expected an array of shape \(k\)"):
        lower(formula)({("r", "frozen"): r})
    with pytest.raises(DeriveError, match=r"wrong shape: phi .*expected \(k\)"):
        lower(formula)({("r", "frozen"): r, ("phi", "param"): mu})
    with pytest.raises(DeriveError, match="sizes disagree: k=3"):
        lower(formula)({("r", "frozen"): r, ("phi", "param"): phi[:2]})
    with pytest.raises(DeriveError, match="sizes disagree"):
        lower(formula)(V, {"k": 4})
    with pytest.raises(DeriveError, match="not real"):
        lower(formula)({("r", "frozen"): r, ("phi", "param"): phi * 1j})
    with pytest.raises(DeriveError, match="one name for two symbols"):
        lower(phi_j + Reference(Symbol("phi", "param", (Range(N),)), (i,)))
    with pytest.raises(ScopeError, match="axes"):
        lower(r_ij, axes=(i,))


def test_axes_and_inputs() -> None:
    formula = multiply(Sum(i, r_ij), phi_s)
    lowered = lower(formula)
    assert lowered.axes == (j, s) == reading_order(formula)
    assert lowered.inputs == (("r", "frozen"), ("phi", "param"))
    np.testing.assert_allclose(lower(formula, axes=(s, j))(V), np.outer(phi, r.sum(0)))


def test_an_empty_sum_is_zero_and_an_empty_product_one() -> None:
    late = Index("j", Range(K, 2))
    values = {("phi", "param"): np.array([1.0])}
    at_late = Reference(PHI, (late,))
    np.testing.assert_allclose(lower(Sum(late, at_late))(values), 0)
    np.testing.assert_allclose(lower(Product(late, at_late))(values), 1)
    np.testing.assert_allclose(lower(Log(Sum(late, Exp(at_late))))(values), -np.inf)


def test_double_precision_without_the_global_setting() -> None:
    assert not jax.config.jax_enable_x64
    result = lower(Sum(i, Sum(j, multiply(r_ij, phi_j))))(V)
    assert result.dtype == np.float64
    np.testing.assert_allclose(float(result), np.sum(r * phi), rtol=1e-15)
    assert not jax.config.jax_enable_x64
    assert jnp.ones(()).dtype == np.float32


# The log domain.


def test_densities_far_away_neither_underflow_nor_give_nan() -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    values = point(4, 3, 2)
    values[("x", "data")] = values[("x", "data")] * 1e3
    logs = log_densities(values)
    np.testing.assert_allclose(lower(em.l())(values), scipy.special.logsumexp(logs, axis=1).sum(), rtol=1e-12)
    expected = scipy.special.softmax(logs, axis=1)
    w = em.moving(em.model.datum, em.model.latent)
    np.testing.assert_allclose(lower(w)(values), expected, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(
        lower(Log(w))(values), logs - scipy.special.logsumexp(logs, axis=1, keepdims=True), rtol=1e-9, atol=1e-9
    )
    gradient = lower(Derivative(em.l(), em.model.parameter("mu").reference))(values)
    assert np.all(np.isfinite(gradient))
    # A ratio of sums with a signed factor beside the density, as in a posterior mean.
    i, j, l = em.model.datum, em.model.latent, em.model.other
    mean = Divide(Sum(j, multiply(em.model.joint(i, j), Reference(MU, (j,)))), Sum(l, em.model.joint(i, l)))
    np.testing.assert_allclose(lower(mean)(values), expected @ values[("mu", "param")], rtol=1e-9)


def log_densities(values: dict[Key, np.ndarray]) -> np.ndarray:
    columns = [
        multivariate_normal.logpdf(values[("x", "data")], mean, covariance) + np.log(weight)
        for mean, covariance, weight in zip(
            values[("mu", "param")], values[("Sigma", "param")], values[("phi", "param")], strict=True
        )
    ]
    return np.stack(columns, axis=1)


# Derivatives.


def test_derivatives_of_scalars_vectors_and_families() -> None:
    square = Definition("q", (j,), quadratic_form(mu_j, M_j))
    slope = np.einsum("jab,jb->ja", m + m.transpose(0, 2, 1), mu)
    close(Derivative(Sum(j, square(j)), mu_s), slope)
    close(Derivative(square(s), mu_s), slope)
    close(Derivative(square(j), mu_s), np.einsum("js,ja->jsa", np.eye(k), slope))
    close(Derivative(square(2), Reference(MU, (2,))), slope[1])
    close(Derivative(square(2), mu_s), np.eye(k)[:, [1]] * slope[1])
    close(Derivative(matrix_product(M_j, mu_j), mu_s), np.einsum("js,jab->jsab", np.eye(k), m))
    close(Derivative(matrix_product(M_j, mu_j), Reference(MU, (j,))), m)
    close(Derivative(mu_j, Reference(MU, (j,))), np.broadcast_to(np.eye(d), (k, d, d)))
    close(Derivative(phi_j, t), np.zeros(k))
    close(Derivative(multiply(t, mu_j), t), mu)
    close(Derivative(Component(mu_j, (a,)), Reference(MU, (s,))), np.einsum("js,ab->jasb", np.eye(k), np.eye(d)))


def test_a_repeated_index_is_the_same_index() -> None:
    softmax = Divide(Exp(Component(mu_j, (1,))), Sum(l, Exp(Component(Reference(MU, (l,)), (1,)))))
    w = Definition("w", (j,), softmax, normalised_over=j)
    p = scipy.special.softmax(mu[:, 0])
    full = np.diag(p) - np.outer(p, p)
    first = np.array([1.0, 0.0])
    close(Derivative(w(j), mu_s), full[..., None] * first)
    close(Derivative(w(s), mu_s), np.diag(full)[:, None] * first)
    close(Sum(s, Derivative(w(s), mu_s)), np.trace(full) * first)


def test_conventions_for_symmetric_matrices() -> None:
    body = matrix_product(Transpose(Reference(MU, (1,))), Inverse(S_s), Reference(MU, (2,)))
    p = np.linalg.inv(S)
    entry = -np.einsum("sab,b,c,scd->sad", p, mu[0], mu[1], p)
    close(Derivative(body, S_s), entry, rtol=1e-9)
    flipped = entry.transpose(0, 2, 1)
    close(Derivative(body, S_s, "frobenius"), (entry + flipped) / 2, rtol=1e-9)
    close(Derivative(body, S_s, "vech"), entry + flipped - entry * np.eye(d), rtol=1e-9)
    close(Derivative(log_determinant(S_s), S_s), p, rtol=1e-9)
    # A quadratic form by its inverse: entries are independent, so nothing is symmetrised before the second derivative.
    # The gradient of an entry of a gradient: entries are independent, so nothing is symmetrised in between.
    first = Reference(SIGMA, (1,))
    second = Derivative(Component(Derivative(log_determinant(first), first), (1, 2)), first)
    close(second, [[-p[0][1, c] * p[0][e, 0] for e in range(d)] for c in range(d)], rtol=1e-9)


def test_hessians() -> None:
    body = Exp(negate(multiply(HALF, quadratic_form(mu_s, M_j))))
    gradient = Derivative(body, mu_s)
    hessian = Derivative(gradient, mu_s)
    sym = (m + m.transpose(0, 2, 1)) / 2
    u = np.einsum("jab,sb->jsa", sym, mu)
    value = np.exp(-0.5 * np.einsum("sa,jab,sb->js", mu, m, mu))[..., None, None]
    close(
        hessian,
        (value * (u[..., :, None] * u[..., None, :] - sym[:, None])).transpose(1, 0, 2, 3),
        rtol=1e-9,
    )
    mixed = Derivative(Derivative(Sum(j, Exp(multiply(phi_j, t))), t), phi_s)
    close(mixed, np.exp(0.7 * phi) * (1 + 0.7 * phi), rtol=1e-10)


def test_current_values_do_not_move() -> None:
    held = Reference(MU.at_current, (j,))
    body = Sum(j, matrix_product(Transpose(held), mu_j))
    close(Derivative(body, mu_s), V[("mu", "current")])
    close(Derivative(body, Reference(MU.at_current, (s,))), mu)
    square = Sum(j, matrix_product(Transpose(held), held))
    close(Derivative(square, mu_s), np.zeros((k, d)))


def test_at_equal_takes_inner_derivatives_first_and_outer_ones_of_everything() -> None:
    held = Reference(MU.at_current, (j,))
    body = Sum(j, matrix_product(Transpose(held), mu_j))
    inner = AtEqual(Derivative(body, mu_s))
    assert lower(inner).inputs == (("mu", "param"),)
    close(inner, mu)
    close(Derivative(AtEqual(body), mu_s), 2 * mu)
    close(Derivative(inner, mu_s), np.broadcast_to(np.eye(d), (k, d, d)))


def test_substitution_after_the_derivative() -> None:
    body = Sum(j, multiply(phi_j, matrix_product(Transpose(mu_j), mu_j)))
    half = Substitute(Derivative(body, mu_s), MU, (j,), multiply(phi_j, Reference(X, (1,))))
    close(half, 2 * np.einsum("s,s,a->sa", phi, phi, x[0]))
    # Tangents of what is put in flow through an outer derivative.
    close(Derivative(Substitute(body, MU, (j,), multiply(phi_j, Reference(X, (1,)))), phi_s), 3 * phi**2 * (x[0] @ x[0]))
    held = Sum(j, matrix_product(Transpose(Reference(MU.at_current, (j,))), mu_j))
    close(Substitute(held, MU, (j,), Reference(X, (1,))), np.sum(V[("mu", "current")] @ x[0]))


def test_substitution_captures_no_letter() -> None:
    """The free i of the replacement is not the i that the body sums over."""
    body = Sum(i, multiply(r_ij, matrix_product(Transpose(x_i), mu_j)))
    put = Substitute(body, MU, (s,), x_i)
    expected = np.einsum("pj,pa,qa->jq", r, x, x)
    close(put, expected, axes=(j, i))
    # And a letter free on both sides is one letter.
    same = lower(Substitute(matrix_product(Transpose(x_i), mu_j), MU, (s,), x_i), axes=(i, j))
    np.testing.assert_allclose(same(V, {"k": k}), np.broadcast_to((x**2).sum(1)[:, None], (n, k)))


def test_a_matrix_put_in_is_not_trusted_to_be_symmetric() -> None:
    close(Substitute(log_determinant(S_j), SIGMA, (s,), Reference(M, (s,))), np.log(np.linalg.det(m)), rtol=1e-10)
    u = np.linalg.inv(m)
    close(
        Substitute(quadratic_form(mu_j, Inverse(S_j)), SIGMA, (s,), Reference(M, (s,))),
        np.einsum("ja,jab,jb->j", mu, u, mu),
        rtol=1e-10,
    )


@pytest.mark.parametrize("rows", [5, 2000])
def test_values_shared_between_scopes_do_not_leak(rows: int) -> None:
    """Held weights are computed outside the derivative that they stand in."""
    values = point(rows)
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    i, s = em.model.datum, em.model.fresh
    formulas = {
        "gradient": Derivative(em.q(), em.model.parameter("mu").reference),
        "weights": Sum(i, em.held(i, s)),
        "second": Derivative(Derivative(em.l(), em.model.parameter("phi").reference), Reference(PHI, (1,))),
    }
    with jax.checking_leaks():
        results = lower_all(formulas)(values)
    again = {name: np.asarray(lower(formula)(values)) for name, formula in formulas.items()}
    for name, value in again.items():
        np.testing.assert_allclose(results[name], value, rtol=1e-12)


# The independent road.


def referenced_log_likelihood(em: Algorithm) -> Formula:
    i, l = em.model.datum, em.model.other
    return Sum(i, Log(Sum(l, em.model.joint(i, l))))


def closed_form(em: Algorithm) -> dict[str, Formula]:
    i, s, x = em.model.datum, em.model.fresh, em.model.observation
    mean, covariance, weight = (em.model.parameter(name).reference for name in ("mu", "Sigma", "phi"))
    precision, w, off = Inverse(covariance), em.moving(i, s), x - mean
    return {
        "value": em.l(),
        "mu": Sum(i, multiply(w, precision @ off)),
        "Sigma": multiply(HALF, Sum(i, multiply(w, precision @ outer(off, off) @ precision - precision))),
        "phi": Sum(i, Divide(w, weight)),
    }


@pytest.mark.parametrize("size", [(6, 3, 2), (10_000, 3, 2)], ids=["small", "features"])
def test_the_closed_form_is_the_gradient_through_scipy_stats(size: tuple[int, int, int]) -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    values = point(*size)
    ours = lower_all(closed_form(em))(values)
    body = referenced_log_likelihood(em)
    np.testing.assert_allclose(lower(body, references=True)(values), ours["value"], rtol=1e-11)
    logs = log_densities(values)
    np.testing.assert_allclose(ours["value"], scipy.special.logsumexp(logs, axis=1).sum(), rtol=1e-11)
    for name, convention in itertools.product(("mu", "Sigma", "phi"), ("entry", "frobenius")):
        by = em.model.parameter(name).reference
        slope = np.asarray(lower(Derivative(body, by, convention), references=True)(values))  # pyright: ignore[reportArgumentType]
        np.testing.assert_allclose(ours[name], slope, rtol=1e-9, atol=1e-9 * np.abs(slope).max())


def test_references_are_called_and_only_where_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    body = referenced_log_likelihood(em)
    calls: list[int] = []
    original = jax.scipy.stats.multivariate_normal.logpdf
    monkeypatch.setattr(
        jax.scipy.stats.multivariate_normal, "logpdf", lambda *arguments: (calls.append(1), original(*arguments))[1]
    )
    lower(body)(V)
    assert not calls
    lower(body, references=True)(V)
    assert calls
    calls.clear()
    covariance = em.model.parameter("Sigma").reference
    lower(Derivative(body, covariance), references=True)(V)
    assert not calls
    lower(Derivative(body, covariance, "frobenius"), references=True)(V)
    assert calls


def test_gradients_by_finite_differences() -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    lowered = lower(em.l())
    fixed = {key: value for key, value in V.items() if key[0] not in ("mu", "phi")}
    with jax.enable_x64(True):

        def value(mean: jax.Array, weight: jax.Array) -> jax.Array:
            return lowered({**fixed, ("mu", "param"): mean, ("phi", "param"): weight})

        check_grads(value, (jnp.asarray(mu), jnp.asarray(phi)), order=2, rtol=1e-5)


# Many data.


def test_the_closed_form_equals_autodiff_at_many_data() -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    values = point(10_000, 4, 3)
    ours = lower_all(closed_form(em))(values)
    for name in ("mu", "Sigma", "phi"):
        slope = np.asarray(lower(Derivative(em.l(), em.model.parameter(name).reference))(values))
        np.testing.assert_allclose(ours[name], slope, rtol=1e-9, atol=1e-10 * np.abs(slope).max())
    with jax.enable_x64(True):
        lowered = lower(em.l())
        by_user = jax.grad(lambda mean: lowered({**values, ("mu", "param"): mean}))(jnp.asarray(values[("mu", "param")]))
    np.testing.assert_allclose(ours["mu"], by_user, rtol=1e-9, atol=1e-9 * np.abs(by_user).max())


def test_under_the_transformations_of_a_user() -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    values = point(2000)
    lowered = lower(em.l())
    with jax.enable_x64(True):
        inside = jax.jit(lambda c: c * lowered(values))(jnp.asarray(1.0))
        means = jnp.stack([jnp.asarray(values[("mu", "param")])] * 2)
        both = jax.vmap(lambda mean: lowered({**values, ("mu", "param"): mean}))(means)
    np.testing.assert_allclose([inside, *both], [lowered(values)] * 3, rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e6, 1e8])
def test_data_far_from_the_origin_keep_their_digits(offset: float) -> None:
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    values = point(4096, 4, 3)
    # Multiples of 2^-20 stay what they are at every offset, so that the answer at offset 0 is the truth.
    for key in (("x", "data"), ("mu", "param")):
        values[key] = np.round(values[key] * 2**20) / 2**20
    moved = dict(values)
    for key in (("x", "data"), ("mu", "param")):
        moved[key] = values[key] + offset
    truth, result = lower_all(closed_form(em))(values), lower_all(closed_form(em))(moved)
    for name in truth:
        scale = np.abs(truth[name]).max()
        np.testing.assert_allclose(result[name], truth[name], rtol=1e-10, atol=1e-11 * scale)
    logs = log_densities(values)
    np.testing.assert_allclose(truth["value"], scipy.special.logsumexp(logs, axis=1).sum(), rtol=1e-12)


def test_tight_components_far_apart_take_the_direct_road() -> None:
    """Expanding loses everything here: the distance between components is 1e7 of their standard deviations."""
    random = np.random.default_rng(3)
    values = point(4096, 4, 3)
    centres = 1e3 * random.normal(size=(4, 3))
    values[("mu", "param")] = centres
    values[("Sigma", "param")] = np.broadcast_to(1e-8 * np.eye(3), (4, 3, 3)).copy()
    values[("x", "data")] = centres[random.integers(4, size=4096)] + 1e-4 * random.normal(size=(4096, 3))
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    formulas = closed_form(em)
    expected = log_densities(values)
    w = scipy.special.softmax(expected, axis=1)
    result = lower_all(formulas)(values)
    np.testing.assert_allclose(result["value"], scipy.special.logsumexp(expected, axis=1).sum(), rtol=1e-10)
    u = values[("x", "data")][:, None] - centres
    np.testing.assert_allclose(result["mu"], 1e8 * np.einsum("is,isa->sa", w, u), rtol=1e-8)
    scatter = np.einsum("is,isa,isb->sab", w, u, u)
    np.testing.assert_allclose(
        result["Sigma"], 0.5 * (1e16 * scatter - 1e8 * w.sum(0)[:, None, None] * np.eye(3)), rtol=1e-7, atol=1e4
    )
    with jax.enable_x64(True):
        lowered = lower(formulas["value"])
        slope = jax.grad(lambda mean: lowered({**values, ("mu", "param"): mean}))(jnp.asarray(centres))
    np.testing.assert_allclose(slope, result["mu"], rtol=1e-8)


def test_feature_products_are_found_in_any_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quadratic forms, index notation, M-steps and squared distances: the features are used, the numbers are right."""
    values = point(3000, 3, 2)
    x, mu, m, r = (values[key] for key in (("x", "data"), ("mu", "param"), ("M", "param"), ("r", "frozen")))
    u = x[:, None] - mu[None]
    off = x_i - mu_j
    used: list[int] = []
    original = FeatureTables.choose

    def choose(self: FeatureTables, *arguments: object) -> jax.Array:
        used.append(1)
        return original(self, *arguments)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(FeatureTables, "choose", choose)
    off_a, off_b = Component(off, (a,)), Component(x_i, (b,)) - Component(mu_j, (b,))
    cases = {
        "general matrix": (quadratic_form(off, M_j), np.einsum("ija,jab,ijb->ij", u, m, u)),
        "entries": (
            Sum(a, Sum(b, multiply(off_a, Component(M_j, (a, b)), off_b))),
            np.einsum("ija,jab,ijb->ij", u, m, u),
        ),
        "negated": (quadratic_form(mu_j - x_i, M_j), np.einsum("ija,jab,ijb->ji", u, m, u)),
        "distance": (matrix_product(Transpose(off), off), np.einsum("ija,ija->ij", u, u)),
        "scatter": (Sum(i, multiply(r_ij, outer(off, off))), np.einsum("ij,ija,ijb->jab", r, u, u)),
        "first moment": (Sum(i, multiply(r_ij, off)), np.einsum("ij,ija->ja", r, u)),
        "no weights": (Sum(i, outer(off, off)), np.einsum("ija,ijb->jab", u, u)),
        "trace": (Trace(Sum(i, multiply(r_ij, outer(off, off)))), np.einsum("ij,ija,ija->j", r, u, u)),
        "diagonal": (DiagonalPart(Sum(i, multiply(r_ij, outer(off, off)))), np.einsum("ij,ija,ija->ja", r, u, u)),
        "pooled": (Sum(j, Sum(i, multiply(r_ij, outer(off, off)))), np.einsum("ij,ija,ijb->ab", r, u, u)),
        "other weights": (
            Sum(i, multiply(Reference(R, (i, s)), outer(off, off))),
            np.einsum("is,ija,ijb->sjab", r, u, u),
        ),
        "difference": (
            Sum(i, multiply(r_ij, outer(off, off) - M_j)),
            np.einsum("ij,ija,ijb->jab", r, u, u) - r.sum(0)[:, None, None] * m,
        ),
        "weighted quadratic": (
            Sum(i, Sum(j, multiply(r_ij, quadratic_form(off, M_j)))),
            np.einsum("ij,ija,jab,ijb->", r, u, m, u),
        ),
        "signed weights": (
            Sum(i, multiply(r_ij - Number(Fraction(1, 2)), outer(off, off))),
            np.einsum("ij,ija,ijb->jab", r - 0.5, u, u),
        ),
    }
    for name, (formula, expected) in cases.items():
        used.clear()
        result = lower(formula)(values)
        assert used, name
        np.testing.assert_allclose(result, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max(), err_msg=name)


def test_the_direct_road_gives_the_same_in_every_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.feature_products.LARGEST_TERM", -1.0)
    monkeypatch.setattr("checks.feature_products.SMALLEST_SHARE", 2.0)
    test_feature_products_are_found_in_any_spelling(monkeypatch)
    test_the_closed_form_equals_autodiff_at_many_data()


@pytest.mark.parametrize("covariance", ["full", "tied", "diagonal", "spherical", "known"])
def test_m_steps_and_gradients_of_every_covariance_structure(covariance: str) -> None:
    """Small sizes against many data: the first half of the rules against the second."""
    model = family("gaussian-mixture")(covariance=covariance)
    em = Algorithm(model)
    random = np.random.default_rng(5)
    values = point(1200, 3, 2)
    values |= {("v", "param"): random.uniform(0.5, 2, size=(3, 2) if covariance == "diagonal" else (3,))}
    if covariance == "tied":
        values |= {("Sigma", "param"): values[("Sigma", "param")][0]}
    values |= {("Sigma", "const"): values[("Sigma", "param")]}
    formulas = {p.symbol.name: Derivative(em.l(), p.reference) for p in model.parameters}
    formulas |= {f"m {p.symbol.name}": p.m_step(em.moving) for p in model.parameters}
    large = lower_all(formulas)(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("checks.evaluation.worthwhile", lambda data, other: False)
        plain = lower_all(formulas)(values)
    for name in formulas:
        scale = np.abs(plain[name]).max()
        np.testing.assert_allclose(large[name], plain[name], rtol=1e-9, atol=1e-10 * scale, err_msg=name)


def test_a_difference_of_two_vectors_that_share_their_only_axis() -> None:
    k, j = Size("k"), Index("j", Range(Size("k")))
    first, second = (Reference(Symbol(name, "param", (Range(k),)), (j,)) for name in "ab")
    values = {("a", "param"): np.array([1.0, 2.0, 3.0]), ("b", "param"): np.array([0.5, 0.5, 1.0])}
    assert np.allclose(np.asarray(lower(first - second)(values)), [0.5, 1.5, 2.0])


COUNT, MEAN = Symbol("c", "data", (Range(N),), (), "count"), Symbol("h", "param", (Range(K),), (), "positive")


def test_a_mass_whose_factorial_is_beyond_double_precision() -> None:
    """Counts of hundreds: the mass is taken in the log domain, factorial included."""
    c_i, h_j = Reference(COUNT, (i,)), Reference(MEAN, (j,))
    mass = Divide(multiply(Exp(negate(h_j)), Power(h_j, c_i)), Function("gamma", (c_i + 1,)))
    values = {("c", "data"): np.array([0.0, 171.0, 400.0]), ("h", "param"): np.array([2.0, 380.0])}
    wanted = poisson.logpmf(values["c", "data"][:, None], values["h", "param"])
    np.testing.assert_allclose(lower(Log(mass), axes=(i, j))(values), wanted, rtol=1e-12)
    np.testing.assert_allclose(lower(Log(Sum(j, mass)))(values), scipy.special.logsumexp(wanted, axis=1), rtol=1e-12)
    slope = Divide(c_i, Reference(MEAN, (s,))) - 1
    np.testing.assert_allclose(
        lower(Derivative(Log(rename(mass, {j: s})), Reference(MEAN, (s,))), axes=(i, s))(values),
        lower(slope, axes=(i, s))(values),
    )


def test_a_rate_of_zero_has_only_zeros() -> None:
    """On the border of its domain, where an estimate may come to lie: the mass of zero is 1, of any other count 0."""
    em = Algorithm(family("poisson-mixture")())
    values = {("x", "data"): np.array([0.0, 0.0, 3.0]), ("phi", "param"): np.array([0.4, 0.6])}
    values |= {("lambda", "param"): np.array([0.0, 2.0])}
    other = 0.6 * poisson.pmf([0, 0, 3], 2.0)
    np.testing.assert_allclose(lower(em.l())(values), np.log(other + np.array([0.4, 0.4, 0.0])).sum(), rtol=1e-12)


U = Range(Size("values of u"), 1, True)
u = Index("u", U)
u_value = Reference(Symbol("value of u", "data", (U,)), (u,))


def test_a_rule_of_integration() -> None:
    """Weights that are given take the place of drawn ones, under logarithms and derivatives too."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    values, rule = {("value of u", "data"): nodes, ("t", "param"): np.asarray(0.7)}, {"values of u": weights}
    square, bell = Sum(u, multiply(u_value, u_value)), Sum(u, Exp(multiply(t, u_value)))
    whole = 2 * np.sinh(0.7) / 0.7
    for formula, wanted in (
        (square, 2 / 3),
        (bell, whole),
        (Log(bell), np.log(whole)),
        (Derivative(Log(bell), t), 1 / np.tanh(0.7) - 1 / 0.7),
    ):
        np.testing.assert_allclose(lower(formula)(values, measures=rule), wanted, rtol=1e-12)
        assert not np.isclose(float(lower(formula)(values)), wanted)
    with pytest.raises(DeriveError, match="values of u has weights of shape"):
        lower(square)(values, measures={"values of u": weights[1:]})
