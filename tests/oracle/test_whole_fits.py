"""Whole runs of EM on data that libraries ship: the limit is the fit of another program, or one known in closed form."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from hmmlearn.hmm import GaussianHMM
from scipy import stats
from scipy.special import logit, xlogy
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.decomposition import NMF, PCA, FactorAnalysis
from sklearn.mixture import GaussianMixture
from statsmodels.miscmodels.tmodel import TLinearModel
from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

from checks.lowering import lower
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Definition, Formula, Reference
from derive.identities.closed_form_posterior import posterior
from derive.models import family
from derive.symbols import IndexLike, Symbol
from tests.oracle.runs import Rule, Run, Values, moved, over_positive, over_reals, paths, start


def standardised(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(0)) / x.std(0)


# Factor models: the E-step by the known normal posterior.


def nodes(dimensions: int) -> np.ndarray:
    """As few as have means of all polynomials of degree two: zero, the unit vectors either way, and the sums of two of them."""
    unit = np.eye(dimensions)
    pairs = [unit[a] + unit[b] for a in range(dimensions) for b in range(a)]
    return np.array([np.zeros(dimensions), *unit, *-unit, *pairs])


def features(z: np.ndarray) -> np.ndarray:
    """One, the entries, and the products of two of them."""
    above = np.triu_indices(z.shape[1])
    products = (z[:, :, None] * z[:, None, :])[:, *above]
    return np.column_stack([np.ones(len(z)), z, products])


class NormalPosterior(Run):
    """A model whose M-steps know the posterior by two moments: weights on a few nodes that have them."""

    def __init__(self, model: str, dimensions: int) -> None:
        em = Algorithm(family(model)())
        at = nodes(dimensions)
        super().__init__(em, Rule(at, np.ones(len(at))))
        i, j = em.model.datum, em.model.latent
        trial = Symbol("weight", "frozen", (i.range, j.range))

        def weights(datum: IndexLike, value: IndexLike) -> Formula:
            return Reference(trial, (datum, value))

        self.steps = {p.symbol.name: lower(p.m_step(weights)) for p in em.model.parameters if p.m_step is not None}

    @abstractmethod
    def posterior(self, values: Values) -> tuple[np.ndarray, np.ndarray]:
        """The mean of each datum's latent, and the covariance of them all."""

    def step(self, values: Values) -> Values:
        means, spread = self.posterior(values)
        above = np.triu_indices(len(spread))
        spreads = np.hstack([np.zeros((1, 1 + len(spread))), spread[above][None]])
        weights = np.linalg.solve(features(self.rule.nodes).T, (features(means) + spreads).T).T
        return super().step({**values, ("weight", "frozen"): weights})


class Factors(NormalPosterior):
    """A factor model with the E-step of Rubin and Thayer (1982)."""

    @staticmethod
    def covariance(values: Values) -> tuple[np.ndarray, np.ndarray]:
        """Of the noise, and of the data."""
        w = values["W", "param"]
        noise = np.diag(values["Psi", "param"]) if ("Psi", "param") in values else values["v", "param"] * np.eye(len(w))
        return noise, w @ w.T + noise

    def value(self, values: Values) -> float:
        density = stats.multivariate_normal(values["mu", "param"], self.covariance(values)[1])
        return float(density.logpdf(values["x", "data"]).sum())

    def posterior(self, values: Values) -> tuple[np.ndarray, np.ndarray]:
        w, precision = values["W", "param"], np.linalg.inv(self.covariance(values)[0])
        spread = np.linalg.inv(np.eye(w.shape[1]) + w.T @ precision @ w)
        return (values["x", "data"] - values["mu", "param"]) @ precision @ w @ spread, spread


def test_factor_analysis_against_scikit_learn() -> None:
    """Wine, thirteen measurements and two factors: likelihood, noise and what the loadings come to."""
    x = standardised(load_wine().data)
    other = FactorAnalysis(2, tol=1e-13, max_iter=20_000, svd_method="lapack").fit(x)
    run = Factors("factor-analysis", 2)
    loadings = np.random.default_rng(0).normal(size=(13, 2))
    found = run.converge(start({("x", "data"): x}, mu=x.mean(0), W=loadings, Psi=np.ones(13)), 400)
    assert np.isclose(run.value(found), other.score(x) * len(x), rtol=1e-8)
    assert np.allclose(found["Psi", "param"], other.noise_variance_, atol=1e-4)
    assert np.allclose(found["W", "param"] @ found["W", "param"].T, other.components_.T @ other.components_, atol=1e-4)


def principal(x: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """The loadings U (L - s^2 I)^(1/2) of the first principal axes, and s^2, the mean of the other eigenvalues."""
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    values, vectors = values[::-1], vectors[:, ::-1]
    variance = values[count:].mean()
    return vectors[:, :count] * np.sqrt(values[:count] - variance), variance


TURN = np.array([[0.6, -0.8], [0.8, 0.6]])


def test_principal_components_in_closed_form() -> None:
    """Tipping and Bishop (1999), section 3.2: two axes, turned at will, are the maximum; fewer of them are stationary."""
    x = load_iris().data
    run, seen = Factors("probabilistic-pca", 2), []
    for count in (2, 1, 0):
        loadings, variance = principal(x, count)
        loadings = np.hstack([loadings, np.zeros((4, 2 - count))]) @ TURN
        values = start({("x", "data"): x}, mu=x.mean(0), W=loadings, v=variance)
        after = run.step(values)
        for name in ("mu", "W", "v"):
            assert np.allclose(after[name, "param"], values[name, "param"], atol=1e-9), (count, name)
        elsewhere = run.step(moved(values, "v", np.asarray(variance * 1.1)))
        assert not np.allclose(elsewhere["v", "param"], variance * 1.1, rtol=1e-3)
        seen.append(run.value(values))
    assert seen == sorted(seen, reverse=True)
    other = run.converge(start({("x", "data"): x}, mu=x.mean(0), W=np.eye(4)[:, :2] + 0.1, v=1.0), 600)
    assert np.isclose(run.value(other), seen[0], rtol=1e-9)


def test_principal_components_against_scikit_learn() -> None:
    """Its variances divide by n - 1; at its parameters the program's own log-likelihood, integrated, is its score."""
    x = load_iris().data
    n = len(x)
    loadings, variance = principal(x, 1)
    other = PCA(1).fit(x)
    assert np.isclose(variance, other.noise_variance_ * (n - 1) / n)
    own = other.components_.T * np.sqrt(other.explained_variance_ - other.noise_variance_)
    run = Run(Algorithm(family("probabilistic-pca")()), over_reals(-5, 5, 0.08, dimensions=1))
    theirs = start({("x", "data"): x}, mu=other.mean_, W=own, v=other.noise_variance_)
    best = start({("x", "data"): x}, mu=x.mean(0), W=loadings, v=variance)
    assert np.isclose(run.value(theirs), other.score(x) * n, rtol=1e-10)
    assert run.value(best) > run.value(theirs)


# Rates, precisions and means of which each datum has its own.


def test_gamma_rates_against_the_negative_binomial_of_statsmodels() -> None:
    """Executions in 17 states: the mean is a / b, the dispersion 1 / a."""
    x = sm.datasets.cpunish.load_pandas().data["EXECUTIONS"].to_numpy()
    other = sm.NegativeBinomial(x, np.ones(len(x))).fit(disp=0, maxiter=500, gtol=1e-9)
    run = Run(Algorithm(family("gamma-poisson")()), over_positive(low=-45, high=5))
    found = run.converge(start({("x", "data"): x}, a=1.0, b=0.25), 30)
    a, b = found["a", "param"], found["b", "param"]
    assert np.isclose(run.value(found), other.llf, rtol=1e-8)
    assert np.allclose([np.log(a / b), 1 / a], other.params, rtol=1e-3)


def test_errors_of_students_t_against_statsmodels() -> None:
    """Stack loss, on which Lange, Little and Taylor (1989) show this model."""
    data = sm.datasets.stackloss.load_pandas()
    x, y = sm.add_constant(data.exog.to_numpy()), data.endog.to_numpy()
    other = TLinearModel(y, x, fix_df=3.0).fit(method="bfgs", disp=0, maxiter=1000)
    run = Run(Algorithm(family("student-t-regression")()), over_positive())
    least = np.linalg.lstsq(x, y, rcond=None)[0]
    values = start({("x", "data"): x, ("y", "data"): y, ("nu", "const"): np.array(3.0)}, beta=least, v=10.0)
    found = run.converge(values, 150)
    assert np.isclose(run.value(found), other.llf, rtol=1e-8)
    assert np.allclose(found["beta", "param"], other.params[:4], rtol=1e-3)
    assert np.isclose(np.sqrt(found["v", "param"]), other.params[4], rtol=1e-3)


def test_students_t_against_scipy() -> None:
    x = sm.datasets.statecrime.load_pandas().data["murder"].to_numpy()
    _, centre, scale = stats.t.fit(x, fix_df=2.0)
    run = Run(Algorithm(family("student-t-scale-mixture")()), over_positive())
    values = start({("x", "data"): x, ("nu", "const"): np.array(2.0)}, mu=x.mean(), v=x.var())
    found = run.converge(values, 80)
    assert np.allclose([found["mu", "param"], np.sqrt(found["v", "param"])], [centre, scale], rtol=1e-4)
    assert run.value(found) >= stats.t.logpdf(x, 2.0, centre, scale).sum() - 1e-6


def test_random_means_against_the_mixed_model_of_statsmodels() -> None:
    """Investments of eleven firms in twenty years, by maximum likelihood, not REML."""
    data = sm.datasets.grunfeld.load_pandas().data
    y = np.log(data["invest"].to_numpy())
    other = sm.MixedLM(y, np.ones((len(y), 1)), groups=data["firm"].to_numpy()).fit(reml=False)
    run = Run(Algorithm(family("random-intercept")()), over_reals(-6, 14, 0.05))
    x = np.stack([part["invest"].map(np.log).to_numpy() for _, part in data.groupby("firm")])
    found = run.converge(start({("x", "data"): x}, mu=0.0, tau=1.0, v=1.0), 60)
    assert np.isclose(run.value(found), other.llf, rtol=1e-8)
    assert np.allclose(found["mu", "param"], other.fe_params, rtol=1e-4)
    assert np.allclose([found["tau", "param"], found["v", "param"]], [other.cov_re[0, 0], other.scale], rtol=1e-3)


def test_censored_survival_against_scipy() -> None:
    """The Stanford heart transplants: deaths over days at risk, and a normal fit to the logarithms of the days."""
    data = sm.datasets.heart.load_pandas().data
    days, cut = data["survival"].to_numpy() + 1, data["censors"].to_numpy() == 0
    known = {("x", "data"): days / 100, ("d", "data"): cut.astype(float)}
    run = Run(Algorithm(family("censored")()), over_positive())
    found = run.converge(start(known, **{"lambda": 1.0}), 60)
    assert np.isclose(found["lambda", "param"], (~cut).sum() / days.sum() * 100, rtol=1e-7)
    centre, scale = stats.norm.fit(stats.CensoredData.right_censored(np.log10(days), cut))
    run = Run(Algorithm(family("censored")(density="normal")), over_positive(low=-32.0, step=0.03))
    found = run.converge(start({**known, ("x", "data"): np.log10(days)}, mu=2.0, v=1.0), 100)
    assert np.allclose([found["mu", "param"], np.sqrt(found["v", "param"])], [centre, scale], rtol=1e-3)


@pytest.mark.parametrize("model", ["regression-mixture", "mixture-of-experts"])
def test_one_line_against_the_least_squares_of_statsmodels(model: str) -> None:
    """Diabetes: with one component the first step is the fit."""
    x, y = load_diabetes(return_X_y=True)
    x, y = sm.add_constant(x), y / 100
    other = sm.OLS(y, x).fit()
    run = Run(Algorithm(family(model)()))
    own = {"phi": np.ones(1)} if model == "regression-mixture" else {"nu": np.zeros((1, x.shape[1]))}
    values = start({("x", "data"): x, ("y", "data"): y}, beta=np.zeros((1, x.shape[1])), v=np.ones(1), **own)
    found = run.step(values)
    assert np.allclose(found["beta", "param"][0], other.params, rtol=1e-7)
    assert np.isclose(found["v", "param"][0], (other.resid**2).mean(), rtol=1e-9)
    assert np.isclose(run.value(found), other.llf, rtol=1e-10)


# Chains and topics.


def test_a_hidden_markov_model_against_hmmlearn() -> None:
    """The discharge of the Nile, as twenty sequences of five years: Baum and Welch's algorithm to its end."""
    x = sm.datasets.nile.load_pandas().data["volume"].to_numpy().reshape(20, 5) / 100
    begin, moves, means, variances = (
        np.array([0.5, 0.5]),
        np.array([[0.8, 0.2], [0.3, 0.7]]),
        np.array([8.0, 11.0]),
        np.ones(2),
    )
    other = GaussianHMM(
        2, "diag", covars_prior=0, covars_weight=1, min_covar=0, n_iter=400, tol=1e-11, init_params="", implementation="log"
    )
    other.startprob_, other.transmat_ = begin, moves
    other.means_, other.covars_ = means[:, None], variances[:, None]
    other.fit(x.reshape(-1, 1), [5] * 20)
    run = Run(Algorithm(family("hidden-markov")()))
    found = run.converge(start({**paths(2, 5), ("x", "data"): x}, pi=begin, A=moves, mu=means, v=variances), 150)
    assert np.isclose(run.value(found), other.score(x.reshape(-1, 1), [5] * 20), rtol=1e-7)
    assert np.allclose(found["mu", "param"], other.means_[:, 0], rtol=1e-3)
    assert np.allclose(found["A", "param"], other.transmat_, atol=1e-3)


def test_topics_against_the_factorisation_of_scikit_learn() -> None:
    """Gaussier and Goutte (2005), Relation between PLSA and NMF: the divergence of Kullback and Leibler has the same minima."""
    rng = np.random.default_rng(1)
    words = rng.dirichlet(np.ones(6) * 0.5, size=2)
    counts = np.array([rng.multinomial(60, share @ words) for share in rng.dirichlet(np.ones(2), size=5)])
    document, word = np.repeat(np.array(np.nonzero(counts)), counts[np.nonzero(counts)], axis=1)
    topics, vocabulary = rng.dirichlet(np.ones(2), size=5), rng.dirichlet(np.ones(6), size=2)
    run = Run(Algorithm(family("plsa")()))
    known = {("d", "const"): np.eye(5)[document], ("y", "data"): np.eye(6)[word]}
    found = run.converge(start(known, theta_=topics, beta=vocabulary), 600)
    other = NMF(2, init="custom", solver="mu", beta_loss="kullback-leibler", tol=0, max_iter=4000)
    left = other.fit_transform(counts.astype(float), W=topics * 60.0, H=vocabulary.copy())
    fitted = left @ other.components_
    shares = fitted / fitted.sum(1, keepdims=True)
    assert np.isclose(run.value(found), xlogy(counts, shares).sum(), rtol=1e-6)
    assert np.allclose(found["theta_", "param"] @ found["beta", "param"], shares, atol=1e-3)


class Paths(NormalPosterior):
    """The autoregression with noise, with the E-step and the log-likelihood of the Kalman smoother of statsmodels."""

    @staticmethod
    def smoothed(values: Values) -> list:
        found = []
        for series in values["x", "data"]:
            smoother = KalmanSmoother(k_endog=1, k_states=1)
            smoother.bind(series[:, None].copy())
            own = {"design": "c", "obs_cov": "r", "transition": "a", "state_cov": "v"}
            for place, letter in own.items():
                smoother[place] = values[letter, "param"].reshape(1, 1)
            smoother["selection"] = np.ones((1, 1))
            smoother.initialize_known(np.zeros(1), values["v", "param"].reshape(1, 1))
            found.append(smoother.smooth())
        return found

    def value(self, values: Values) -> float:
        return float(sum(found.llf for found in self.smoothed(values)))

    def posterior(self, values: Values) -> tuple[np.ndarray, np.ndarray]:
        """Of the covariance what the M-steps need: of neighbours in time."""
        found = self.smoothed(values)
        beside = np.diag(found[0].smoothed_state_autocov[0, 0, :-1], 1)
        spread = np.diag(found[0].smoothed_state_cov[0, 0]) + beside + beside.T
        return np.stack([one.smoothed_state[0] for one in found]), spread


def test_an_autoregression_with_noise_by_the_smoother_of_statsmodels() -> None:
    """The discharge of the Nile again; statsmodels' l never falls, and at the end rises by no move of a parameter."""
    x = sm.datasets.nile.load_pandas().data["volume"].to_numpy().reshape(20, 5) / 100
    run = Paths("autoregression-with-noise", 5)
    data = {("x", "data"): x - x.mean(), ("S", "const"): np.diag(np.ones(4), -1)}
    found = run.converge(start(data, a=0.5, v=1.0, c=1.0, r=1.0), 120)
    best = run.value(found)
    for name in ("a", "v", "c", "r"):
        for factor in (0.9, 1.1):
            assert run.value(moved(found, name, found[name, "param"] * factor)) < best


class StatePaths(NormalPosterior):
    """The state space model with the E-step and the log-likelihood of the Kalman smoother of statsmodels.

    At the start nothing is seen.
    """

    @staticmethod
    def smoothed(values: Values) -> list:
        found = []
        for series in values["x", "data"]:
            states = len(values["mu", "param"])
            smoother = KalmanSmoother(k_endog=series.shape[1], k_states=states)
            smoother.bind(np.ascontiguousarray(np.vstack([np.full(series.shape[1], np.nan), series])))
            own = {"design": "C", "obs_cov": "Sigma", "transition": "A", "state_cov": "Gamma"}
            for place, letter in own.items():
                smoother[place] = values[letter, "param"]
            smoother["selection"] = np.eye(states)
            smoother.initialize_known(values["mu", "param"], values["V", "param"])
            found.append(smoother.smooth())
        return found

    def value(self, values: Values) -> float:
        return float(sum(found.llf for found in self.smoothed(values)))

    def posterior(self, values: Values) -> tuple[np.ndarray, np.ndarray]:
        """Of the covariance what the M-steps need: of neighbours in time."""
        found = self.smoothed(values)
        own, beside = found[0].smoothed_state_cov, found[0].smoothed_state_autocov
        states, _, times = own.shape
        spread = np.zeros((times, states, times, states))
        for t in range(times):
            spread[t, :, t] = own[:, :, t]
            if t + 1 < times:
                spread[t + 1, :, t] = beside[:, :, t]
                spread[t, :, t + 1] = beside[:, :, t].T
        return np.stack([one.smoothed_state.T.ravel() for one in found]), spread.reshape(times * states, times * states)


def states_of(length: int, states: int) -> Values:
    """The matrices that take the first state out of a path, the state at each time, and the one before it."""
    at = np.eye(length).reshape(-1, states, length)
    return {("B", "const"): at[0], ("E", "const"): at[1:], ("F", "const"): at[:-1]}


def of_economy() -> Values:
    """Growth of output and of investment in the United States, the quarters of each of 48 years; and where EM begins."""
    macro = sm.datasets.macrodata.load_pandas().data[["realgdp", "realinv"]].to_numpy()
    x = standardised(np.diff(np.log(macro), axis=0)[:192]).reshape(48, 4, 2)
    spread = {"V": np.eye(2), "Gamma": np.eye(2) * 0.5, "Sigma": np.eye(2) * 0.5}
    change, shown = np.array([[0.6, 0.2], [-0.1, 0.4]]), np.array([[1.0, 0.3], [0.2, 1.0]])
    return start({("x", "data"): x, **states_of(10, 2)}, mu=np.array([0.1, -0.2]), A=change, C=shown, **spread)


def test_a_state_space_model_by_the_smoother_of_statsmodels() -> None:
    """Where EM begins, the posterior in closed form is the smoother's; in its steps statsmodels' l never falls."""
    run = StatePaths("state-space", 10)
    values = of_economy()
    known, datum, theirs = posterior(run.em), run.em.model.datum, run.posterior(values)
    assert known is not None

    def of_each(part: Formula) -> np.ndarray:
        return np.asarray(lower(Definition("part", (datum,), part)(datum))(values, sizes={"n": 48}))

    mean, spread = known.parameters
    assert np.allclose(of_each(mean), theirs[0], atol=1e-8)
    assert np.allclose(of_each(spread)[0][theirs[1] != 0], theirs[1][theirs[1] != 0], atol=1e-8)
    assert np.isclose(np.log(of_each(known.evidence)).sum(), run.value(values), rtol=1e-9)
    run.converge(values, 25)


def test_a_step_of_the_state_space_model_is_that_of_shumway_and_stoffer() -> None:
    """By hand, from the moments of the smoother: Ghahramani and Hinton (1996), equations 14 to 25."""
    run = StatePaths("state-space", 10)
    values = of_economy()
    x, found = values["x", "data"], run.step(values)
    paths, spread = run.posterior(values)
    z, count = paths.reshape(48, 5, 2), 48 * 4
    around = spread.reshape(5, 2, 5, 2)
    now = np.einsum("nta,ntb->ab", z[:, 1:], z[:, 1:]) + 48 * sum(around[t, :, t] for t in range(1, 5))
    before = np.einsum("nta,ntb->ab", z[:, :-1], z[:, :-1]) + 48 * sum(around[t, :, t] for t in range(4))
    between = np.einsum("nta,ntb->ab", z[:, 1:], z[:, :-1]) + 48 * sum(around[t + 1, :, t] for t in range(4))
    seen = np.einsum("nta,ntb->ab", x, z[:, 1:])
    a, c = between @ np.linalg.inv(before), seen @ np.linalg.inv(now)
    by_hand = {
        "mu": z[:, 0].mean(0),
        "V": np.cov(z[:, 0].T, bias=True) + around[0, :, 0],
        "A": a,
        "Gamma": (now - a @ between.T) / count,
        "C": c,
        "Sigma": (np.einsum("nta,ntb->ab", x, x) - c @ seen.T) / count,
    }
    for name, value in by_hand.items():
        assert np.allclose(found[name, "param"], value, atol=1e-8), name


# Finite mixtures.

SETS: dict[str, Callable[[], np.ndarray]] = {
    "diagonal": lambda: standardised(load_wine().data),
    "tied": lambda: load_iris().data,
    "spherical": lambda: standardised(load_breast_cancer().data[:, :6]),
}
THEIRS = {"diagonal": "diag", "tied": "tied", "spherical": "spherical"}


@pytest.mark.parametrize("covariance", SETS)
def test_gaussian_mixtures_against_scikit_learn(covariance: str) -> None:
    x = SETS[covariance]()
    order = np.argsort(x @ np.linalg.eigh(np.cov(x.T))[1][:, -1])
    groups = [x[part] for part in np.array_split(order, 3)]
    means, d = np.stack([g.mean(0) for g in groups]), x.shape[1]
    spread = {
        "diagonal": np.ones((3, d)),
        "tied": np.cov(x.T),
        "spherical": np.ones(3),
    }[covariance]
    run = Run(Algorithm(family("gaussian-mixture")(covariance=covariance)))
    name = "Sigma" if covariance == "tied" else "v"
    found = run.converge(start({("x", "data"): x}, mu=means, phi=np.ones(3) / 3, **{name: spread}), 250)
    other = GaussianMixture(
        3,
        covariance_type=THEIRS[covariance],
        reg_covar=0,
        tol=1e-12,
        max_iter=2000,
        means_init=means,
        weights_init=np.ones(3) / 3,
        precisions_init=np.linalg.inv(spread) if covariance == "tied" else 1 / spread,
    ).fit(x)
    assert np.isclose(run.value(found), other.score(x) * len(x), rtol=1e-7)
    assert np.allclose(found["mu", "param"], other.means_, atol=1e-3)
    assert np.allclose(found["phi", "param"], other.weights_, atol=1e-3)
    assert np.allclose(found[name, "param"], other.covariances_, atol=1e-3)


def test_deaths_of_women_over_eighty() -> None:
    """Hasselblad (1969), Estimation of finite mixtures of distributions from the exponential family, JASA 64, 1459-1471."""
    deaths = np.repeat(np.arange(10), [162, 267, 271, 185, 111, 61, 27, 8, 3, 1]).astype(float)
    run = Run(Algorithm(family("poisson-mixture")()))
    values = start({("x", "data"): deaths}, phi=np.array([0.3, 0.7]), **{"lambda": np.array([1.0, 2.5])})
    found = run.converge(values, 1200)
    assert np.isclose(run.value(found), -1989.946, atol=1e-3)
    assert np.allclose(found["phi", "param"], [0.3599, 0.6401], atol=2e-3)
    assert np.allclose(found["lambda", "param"], [1.2561, 2.6634], atol=2e-3)


def test_zero_inflated_counts_against_statsmodels() -> None:
    """Visits to a doctor of four hundred insured persons."""
    x = sm.datasets.randhie.load_pandas().data["mdvis"].to_numpy()[:400].astype(float)
    ones, zero = np.ones((len(x), 1)), (x == 0).astype(float)
    other = sm.ZeroInflatedPoisson(x, ones, exog_infl=ones).fit(disp=0, maxiter=500)
    constants = {"a": [1.0, 0.0], "b": [0.0, 1.0], "h": [0.5, 0.5], "d": zero, "e": 1 - zero}
    known = {("x", "data"): x, **{(name, "const"): np.array(value) for name, value in constants.items()}}
    run = Run(Algorithm(family("zero-inflated-poisson")()))
    found = run.converge(start(known, phi=0.3, **{"lambda": 3.0}), 40)
    assert np.isclose(run.value(found), other.llf, rtol=1e-9)
    assert np.allclose([logit(found["phi", "param"]), np.log(found["lambda", "param"])], other.params, atol=1e-4)


def test_one_von_mises_component_against_scipy() -> None:
    """In which month the sea off Peru was warmest, in sixty-one years, as an angle: where no step has a closed form."""
    months = sm.datasets.elnino.load_pandas().data.iloc[:, 1:].to_numpy().argmax(1)
    angles = (2 * np.pi * months / 12 + np.pi) % (2 * np.pi) - np.pi
    concentration, centre, _ = stats.vonmises.fit(angles, fscale=1)
    run = Run(Algorithm(family("von-mises-mixture")()))
    found = run.converge(start({("x", "data"): angles}, phi=np.ones(1), mu=np.ones(1), kappa=np.ones(1)), 12)
    assert np.allclose([found["mu", "param"][0], found["kappa", "param"][0]], [centre, concentration], rtol=1e-6)
    assert np.isclose(run.value(found), stats.vonmises.logpdf(angles, concentration, centre).sum(), rtol=1e-9)
