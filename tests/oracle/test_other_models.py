"""Famous data, and other people's programs: what the derived steps of EM come to with numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM, PoissonHMM
from scipy.optimize import minimize
from scipy.stats import multinomial, multivariate_normal, poisson
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from checks.lowering import lower, lower_all
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Definition, Substitute
from derive.identities import identity
from derive.models import family
from tests.oracle.runs import Run, Values, over_reals, paths, start


def genes(counts: list[int], cells: list[tuple[int, float, list[int]]]) -> tuple[Run, Values]:
    """Phenotype, chance and gene counts of each genotype."""
    seen = np.repeat(np.eye(len(counts)), counts, axis=0)
    data = {
        ("y", "data"): seen,
        ("b", "const"): np.array([chance for _, chance, _ in cells]),
        ("a", "const"): np.array([numbers for _, _, numbers in cells], float),
        ("E", "const"): np.eye(len(counts))[[shown for shown, _, _ in cells]],
    }
    return Run(Algorithm(family("gene-counting")())), data


def test_linkage() -> None:
    """Dempster, Laird and Rubin (1977), section 1: counts 125, 18, 20, 34 in four cells, of which the first is of two kinds."""
    cells = [(0, 0.5, [0, 0]), (0, 0.25, [1, 0]), (1, 0.25, [0, 1]), (2, 0.25, [0, 1]), (3, 0.25, [1, 0])]
    run, data = genes([125, 18, 20, 34], cells)
    values = start(data, q=np.array([0.5, 0.5]))
    first = run.step(values)
    assert np.isclose(first["q", "param"][0], 0.608247423)  # their table
    assert np.isclose(run.converge(values, 12)["q", "param"][0], 0.626821497, atol=1e-8)


def test_blood_groups() -> None:
    """Lange (2010), section 13.4: 186 of A, 38 of B, 13 of AB, 284 of O."""
    a, b, ab, o = range(4)
    cells = [
        (a, 1, [2, 0, 0]),
        (a, 2, [1, 0, 1]),
        (b, 1, [0, 2, 0]),
        (b, 2, [0, 1, 1]),
        (ab, 2, [1, 1, 0]),
        (o, 1, [0, 0, 2]),
    ]
    run, data = genes([186, 38, 13, 284], cells)
    found = run.converge(start(data, q=np.array([0.3, 0.2, 0.5])), 25)["q", "param"]
    assert np.allclose(found, [0.2136, 0.0501, 0.7363], atol=5e-5)


STATES, TIMES, SEQUENCES = 2, 5, 3


@pytest.mark.parametrize("emission", ["normal", "poisson"])
def test_one_step_of_baum_and_welch_against_hmmlearn(emission: str) -> None:
    rng = np.random.default_rng(2)
    begin, moves = np.array([0.4, 0.6]), np.array([[0.7, 0.3], [0.2, 0.8]])
    if emission == "normal":
        x = rng.normal(size=(SEQUENCES, TIMES)) * 2
        own = {"mu": np.array([-1.0, 1.5]), "v": np.array([0.8, 1.7])}
        other = GaussianHMM(
            STATES, "diag", covars_prior=0, covars_weight=1, min_covar=0, n_iter=1, init_params="", implementation="log"
        )
        other.means_, other.covars_ = own["mu"][:, None], own["v"][:, None]
    else:
        x = rng.poisson(4.0, size=(SEQUENCES, TIMES))
        own = {"lambda": np.array([2.0, 6.0])}
        other = PoissonHMM(STATES, lambdas_prior=0, lambdas_weight=0, n_iter=1, init_params="", implementation="log")
        other.lambdas_ = own["lambda"][:, None]
    other.startprob_, other.transmat_ = begin, moves
    run = Run(Algorithm(family("hidden-markov")(emission=emission)))
    values = start({**paths(STATES, TIMES), ("x", "data"): x.astype(float)}, pi=begin, A=moves, **own)
    assert np.isclose(run.value(values), other.score(x.reshape(-1, 1), [TIMES] * SEQUENCES), rtol=1e-10)
    found = run.step(values)
    other.fit(x.reshape(-1, 1), [TIMES] * SEQUENCES)
    assert np.allclose(found["pi", "param"], other.startprob_, rtol=1e-8)
    assert np.allclose(found["A", "param"], other.transmat_, rtol=1e-8)
    if emission == "normal":
        assert np.allclose(found["mu", "param"], other.means_[:, 0], rtol=1e-8)
        assert np.allclose(found["v", "param"], other.covars_[:, 0, 0], rtol=1e-8)
    else:
        assert np.allclose(found["lambda", "param"], other.lambdas_[:, 0], rtol=1e-8)


def test_iris_against_scikit_learn() -> None:
    """A whole fit: both come to the same likelihood from the same start."""
    x = load_iris().data
    groups = np.split(x, 3)
    means, matrices = np.stack([g.mean(0) for g in groups]), np.stack([np.cov(g.T) for g in groups])
    run = Run(Algorithm(family("gaussian-mixture")()))
    values = start({("x", "data"): x}, mu=means, Sigma=matrices, phi=np.ones(3) / 3)
    found = run.converge(values, 120)
    other = GaussianMixture(
        3,
        reg_covar=0,
        tol=1e-12,
        max_iter=500,
        means_init=means,
        weights_init=np.ones(3) / 3,
        precisions_init=np.linalg.inv(matrices),
    ).fit(x)
    assert np.isclose(run.value(found), other.score(x) * len(x), rtol=1e-7)
    assert np.allclose(found["mu", "param"], other.means_, rtol=1e-3)


def test_a_step_by_precisions_is_that_of_scikit_learn() -> None:
    x = load_iris().data
    groups = np.split(x, 3)
    means, matrices = np.stack([g.mean(0) + 0.2 for g in groups]), np.stack([np.cov(g.T) for g in groups])
    precisions = np.linalg.inv(matrices)
    run = Run(Algorithm(family("gaussian-precision-mixture")()))
    values = start({("x", "data"): x}, mu=means, Lambda=precisions, phi=np.ones(3) / 3)
    other = GaussianMixture(
        3, reg_covar=0, max_iter=1, tol=0, means_init=means, weights_init=np.ones(3) / 3, precisions_init=precisions
    )
    with pytest.warns(ConvergenceWarning):
        other.fit(x)
    found = run.step(values)
    assert np.allclose(found["mu", "param"], other.means_, rtol=1e-9)
    assert np.allclose(found["Lambda", "param"], other.precisions_, rtol=1e-7)


def test_one_step_of_a_multinomial_mixture_by_hand() -> None:
    rng = np.random.default_rng(3)
    x = rng.multinomial(12, [0.2, 0.3, 0.1, 0.4], size=9).astype(float) + rng.integers(0, 3, size=(9, 4))
    weights, chances = np.array([0.35, 0.65]), np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]])
    run = Run(Algorithm(family("multinomial-mixture")()))
    values = start({("x", "data"): x}, phi=weights, theta_=chances)
    masses = np.stack([w * multinomial.pmf(x, x.sum(1), p) for w, p in zip(weights, chances, strict=True)], axis=1)
    assert np.isclose(run.value(values), np.log(masses.sum(1)).sum())
    held = masses / masses.sum(1, keepdims=True)
    found = run.step(values)
    assert np.allclose(found["phi", "param"], held.mean(0))
    counted = held.T @ x
    assert np.allclose(found["theta_", "param"], counted / counted.sum(1, keepdims=True))
    run.converge(values, 30)


def test_zero_inflated_counts_as_lambert_has_them() -> None:
    """One step by hand (Lambert 1992, section 3), and the limit found by another optimiser."""
    rng = np.random.default_rng(4)
    x = np.where(rng.random(60) < 0.35, 0, rng.poisson(2.0, 60)).astype(float)
    zero = (x == 0).astype(float)
    told = {"a": [1.0, 0.0], "b": [0.0, 1.0], "h": [0.3, 0.7], "d": zero, "e": 1 - zero}
    data = {("x", "data"): x, **{(name, "const"): np.asarray(value) for name, value in told.items()}}
    run = Run(Algorithm(family("zero-inflated-poisson")()))

    def value(share: float, mean: float) -> float:
        return float(np.log(share * zero + (1 - share) * poisson.pmf(x, mean)).sum())

    share, mean = 0.2, 1.5
    values = start(data, phi=np.array(share), **{"lambda": np.array(mean)})
    assert np.isclose(run.value(values), value(share, mean), rtol=1e-12)
    held = zero / (1 + (1 - share) / share * np.exp(-mean))
    found = run.step(values)
    assert np.isclose(found["phi", "param"], held.mean(), rtol=1e-10)
    assert np.isclose(found["lambda", "param"], x.sum() / (1 - held).sum(), rtol=1e-10)
    best = minimize(lambda at: -value(*at), [share, mean], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    limit = run.converge(values, 150)
    assert np.allclose([limit["phi", "param"], limit["lambda", "param"]], best.x, atol=1e-5)


def test_a_step_for_an_autoregression_with_noise_is_that_of_shumway_and_stoffer() -> None:
    """The integrals over the paths on a grid; by hand the path is normal, with the precision of the smoother."""
    times, series = 2, 3
    own = {"a": 0.7, "v": 0.8, "c": 1.2, "r": 0.5}
    x = np.random.default_rng(5).normal(size=(series, times)) * 1.5
    shift = np.diag(np.ones(times - 1), -1)
    run = Run(Algorithm(family("autoregression-with-noise")()), over_reals(-10, 10, 0.125, dimensions=times))
    data = {("x", "data"): x, ("S", "const"): shift}
    values = start(data, **{name: np.array(value) for name, value in own.items()})
    change = np.eye(times) - own["a"] * shift
    spread = own["c"] ** 2 * own["v"] * np.linalg.inv(change.T @ change) + own["r"] * np.eye(times)
    assert np.isclose(run.value(values), multivariate_normal.logpdf(x, np.zeros(times), spread).sum(), rtol=1e-9)
    around = np.linalg.inv(change.T @ change / own["v"] + own["c"] ** 2 / own["r"] * np.eye(times))
    mean = x @ around.T * own["c"] / own["r"]
    square = sum(np.outer(m, m) + around for m in mean)  # summed over the series
    found = run.step(values)
    a = np.trace(shift @ square) / np.trace(shift @ square @ shift.T)
    c = (x * mean).sum() / np.trace(square)
    change = np.eye(times) - a * shift
    assert np.isclose(found["a", "param"], a, rtol=1e-9)
    assert np.isclose(found["v", "param"], np.trace(change @ square @ change.T) / (times * series), rtol=1e-9)
    assert np.isclose(found["c", "param"], c, rtol=1e-9)
    left = (x**2).sum() - 2 * c * (x * mean).sum() + c**2 * np.trace(square)
    assert np.isclose(found["r", "param"], left / (times * series), rtol=1e-9)
    run.converge(values, 5)


def test_steps_with_priors_are_found_by_an_optimiser() -> None:
    """Q with a prior, climbed by another program: it ends where the derived step is."""
    rng = np.random.default_rng(6)
    em = Algorithm(family("normal-mixture")())
    x, k = rng.normal(size=12) * 1.5, 2
    means, spreads = np.array([-1.0, 1.0]), np.array([0.8, 1.3])
    data = start({("x", "data"): x}, phi=np.array([0.4, 0.6]), mu=means, v=spreads)
    steps = identity("normal-inverse-wishart-prior").steps(em, em.model.parameter("mu"))
    claims = {step.claim.label: step.claim for step in steps if step.claim is not None}
    told = {
        "prior mean of mu": [0.3, -0.2],
        "strength of mu": [0.7, 1.9],
        "weight of v": [3.0, 4.5],
        "scale of v": [0.6, 1.1],
    }
    values = {**data, **{(name, "const"): np.array(value) for name, value in told.items()}}
    objective, steps_of = claims["map-maximum-normal-inverse-wishart-mu"].lhs, {}
    for name, label in (("mu", "map-normal-inverse-wishart-mu"), ("v", "map-normal-inverse-wishart-v")):
        put = claims[label].lhs
        assert isinstance(put, Substitute)
        steps_of[name] = lower_all({name: Definition(f"{name}_map", put.indices, put.replacement)(*put.indices)})
    found = np.asarray(steps_of["mu"](dict(values))["mu"])
    values_then = {**values, ("mu", "param"): found}
    spread = np.asarray(steps_of["v"](dict(values_then))["v"])
    whole = lower(objective)

    def falls_short(at: np.ndarray) -> float:
        return -float(whole({**values, ("mu", "param"): at[:k], ("v", "param"): np.exp(at[k:])}))

    best = minimize(falls_short, np.concatenate([means, np.log(spreads)]), method="BFGS", options={"gtol": 1e-7})
    assert np.allclose(best.x, np.concatenate([found, np.log(spread)]), atol=1e-4)
