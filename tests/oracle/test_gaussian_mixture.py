"""The Gaussian mixture against other people's code: scipy, scikit-learn, finite differences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from checks.lowering import lower, lower_all
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Log
from derive.models import family

N, K, D = 200, 3, 2
SKLEARN = {"full": "full", "tied": "tied", "diagonal": "diag", "spherical": "spherical"}


def setting(covariance: str, seed: int = 5):
    """Data, and current parameters as (means, spreads, weights, covariance matrices)."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(K, D)) * 2
    x = np.concatenate([rng.normal(size=(N // K + 1, D)) + mean for mean in means])[:N]
    roots = rng.normal(size=(K, D, D)) * 0.4 + np.eye(D)
    full = roots @ roots.transpose(0, 2, 1)
    variances = rng.uniform(0.5, 2.0, size=(K, D))
    weights = np.array([0.5, 0.3, 0.2])
    match covariance:
        case "full":
            spread, matrices = full, full
        case "tied":
            spread, matrices = full[0], np.repeat(full[:1], K, axis=0)
        case "diagonal":
            spread, matrices = variances, np.stack([np.diag(v) for v in variances])
        case _:
            spread, matrices = variances[:, 0], np.stack([v[0] * np.eye(D) for v in variances])
    return x, means, spread, weights, matrices


def inputs(covariance: str):
    x, means, spread, weights, _ = setting(covariance)
    name = "Sigma" if covariance in ("full", "tied") else "v"
    values = {("x", "data"): x}
    for role in ("param", "current"):
        values |= {("mu", role): means, (name, role): spread, ("phi", role): weights}
    return values


@pytest.mark.parametrize("covariance", SKLEARN)
def test_log_density_against_scipy(covariance: str) -> None:
    x, means, _, _, matrices = setting(covariance)
    model = family("gaussian-mixture")(covariance=covariance)
    found = np.asarray(lower(Log(model.definitions[2][0]), axes=(model.datum, model.latent))(inputs(covariance)))
    wanted = np.stack([multivariate_normal(means[j], matrices[j]).logpdf(x) for j in range(K)], axis=1)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("covariance", SKLEARN)
def test_log_likelihood_against_scipy(covariance: str) -> None:
    x, means, _, weights, matrices = setting(covariance)
    em = Algorithm(family("gaussian-mixture")(covariance=covariance))
    logs = np.stack([multivariate_normal(means[j], matrices[j]).logpdf(x) for j in range(K)], axis=1)
    wanted = logsumexp(logs + np.log(weights), axis=1).sum()
    assert np.isclose(float(lower(em.l())(inputs(covariance))), wanted, rtol=1e-12)


@pytest.mark.parametrize("covariance", SKLEARN)
def test_one_step_of_em_against_scikit_learn(covariance: str) -> None:
    x, means, _, weights, matrices = setting(covariance)
    em = Algorithm(family("gaussian-mixture")(covariance=covariance))
    solutions = {p.symbol.name: em.solutions[p.symbol.name](*p.indices) for p in em.model.parameters}
    values = inputs(covariance)
    first = {name: np.asarray(value) for name, value in lower_all(solutions)(values).items()}
    # The covariance step speaks of the means that are put in: the new ones, for the joint maximum.
    spread = "Sigma" if covariance in ("full", "tied") else "v"
    joint = np.asarray(lower(solutions[spread])({**values, ("mu", "param"): first["mu"]}))
    precisions = np.linalg.inv(matrices)
    start = {
        "full": precisions,
        "tied": precisions[0],
        "diagonal": np.stack([np.diag(p) for p in precisions]),
        "spherical": precisions[:, 0, 0],
    }[covariance]
    other = GaussianMixture(
        K,
        covariance_type=SKLEARN[covariance],
        max_iter=1,
        reg_covar=0,
        tol=0,
        weights_init=weights,
        means_init=means,
        precisions_init=start,
    )
    with np.errstate(all="ignore"), pytest.warns(match="did not converge"):
        other.fit(x)
    assert np.allclose(first["phi"], other.weights_, rtol=1e-9)
    assert np.allclose(first["mu"], other.means_, rtol=1e-9)
    assert np.allclose(joint, other.covariances_, rtol=1e-8)


def test_the_bound_rises_with_each_step() -> None:
    values = inputs("full")
    em = Algorithm(family("gaussian-mixture")())
    value = lower(em.l())
    solutions = {p.symbol.name: em.solutions[p.symbol.name](*p.indices) for p in em.model.parameters}
    step = lower_all(solutions)
    seen = [float(value(values))]
    for _ in range(5):
        first = step(values)
        second = step({**values, ("mu", "param"): first["mu"]})
        for name, new in (("mu", first["mu"]), ("phi", first["phi"]), ("Sigma", second["Sigma"])):
            values = {**values, (name, "param"): new, (name, "current"): new}
        seen.append(float(value(values)))
    assert all(later > earlier for earlier, later in itertools.pairwise(seen))


@pytest.mark.parametrize("name", ["mu", "Sigma", "phi"])
def test_score_against_finite_differences(name: str) -> None:
    em = Algorithm(family("gaussian-mixture")())
    values, key = inputs("full"), (name, "param")
    parameter = em.model.parameter(name)
    closed = np.asarray(lower(parameter.slope(em.moving))(values))
    taken = np.asarray(lower(Derivative(em.l(), parameter.reference))(values))
    assert np.allclose(closed, taken, rtol=1e-10)
    value = lower(em.l())
    rng = np.random.default_rng(1)
    direction = rng.normal(size=values[key].shape)
    if name == "Sigma":
        direction = direction + direction.transpose(0, 2, 1)
    step = 1e-6
    ends = [float(value({**values, key: values[key] + sign * step * direction})) for sign in (1, -1)]
    assert np.isclose((ends[0] - ends[1]) / (2 * step), float((closed * direction).sum()), rtol=1e-6)


def test_closed_form_score_against_autodiff_on_many_data() -> None:
    rng = np.random.default_rng(2)
    em = Algorithm(family("gaussian-mixture")())
    values = {**inputs("full"), ("x", "data"): rng.normal(size=(10_000, D)) * 2}
    for parameter in em.model.parameters:
        closed = np.asarray(lower(parameter.slope(em.moving))(values))
        taken = np.asarray(lower(Derivative(em.l(), parameter.reference))(values))
        assert np.allclose(closed, taken, rtol=1e-9, atol=1e-9 * np.abs(taken).max())
