"""Models whose latent is integrated over, against textbook formulas: marginals by scipy, posteriors by quadrature.

The program's own l, Q and M-steps are evaluated by one rule of integration (the trapezoid rule), the textbook's by another:
Gauss and Legendre's in one dimension, the known normal posterior in several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma, expit

from checks.lowering import lower, lower_all
from derive.expectation_maximisation.algorithm import Algorithm
from derive.identities import identity
from derive.models import family
from tests.oracle.runs import Rule, Run, Values, over_positive, over_reals, over_unit, start

Numbers = Mapping[str, np.ndarray]
Expectation = Callable[[Callable[..., np.ndarray]], np.ndarray]
"""``expectation(f)``: for each datum i the mean of f(i, u) over the posterior of its latent u."""
rng = np.random.default_rng(7)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model as a textbook has it: the joint density of a datum and its latent, the marginal, what a step comes to.

    ``step(data, theta, expectation)`` has the values that the M-step gives, one after the other, ``slopes`` the gradient of Q
    at theta_t where there is no closed form.
    """

    model: str
    options: Mapping[str, str] = field(default_factory=dict)
    data: Numbers
    constants: Numbers = field(default_factory=dict)
    theta: Numbers
    rule: Rule
    marginal: Callable[[Numbers, Numbers], np.ndarray]
    expectation: Callable[[Numbers, Numbers], Expectation]
    step: Callable[[Numbers, Numbers, Expectation], Numbers]
    slopes: Callable[[Numbers, Numbers, Expectation], Numbers] = lambda data, theta, expectation: {}

    @property
    def known(self) -> Numbers:
        return {**self.data, **self.constants}

    def values(self) -> Values:
        data = {(name, "data"): np.asarray(value, float) for name, value in self.data.items()}
        constants = {(name, "const"): np.asarray(value, float) for name, value in self.constants.items()}
        return start({**data, **constants}, **self.theta)


PANELS, POINTS = 80, 20


def by_quadrature(joint: Callable[[Numbers, Numbers, int, np.ndarray], np.ndarray], support: str) -> Callable:
    """Posterior means by Gauss and Legendre's rule, panel by panel, the latent written as a function of a real number."""
    low, high = {"positive": (-60, 8), "unit": (-33, 33), "reals": (-25, 25)}[support]
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    half = (high - low) / (2 * PANELS)
    line = (low + half * (2 * np.arange(PANELS)[:, None] + 1 + points)).ravel()
    latent, slope = {
        "positive": (np.exp(line), np.exp(line)),
        "unit": (expit(line), expit(line) * expit(-line)),
        "reals": (line, np.ones_like(line)),
    }[support]
    rule = np.tile(weights, PANELS) * slope

    def expectation(data: Numbers, theta: Numbers) -> Expectation:
        def mean(i: int, f: Callable[..., np.ndarray]) -> float:
            logs = joint(data, theta, i, latent)
            density = np.exp(logs - logs.max()) * rule
            return float((density * f(i, latent)).sum() / density.sum())

        return lambda f: np.array([mean(i, f) for i in range(len(data["x"]))])

    return expectation


# Gamma rates, beta probabilities.


def gamma_slope(data: Numbers, theta: Numbers, expectation: Expectation) -> Numbers:
    logs = expectation(lambda i, z: np.log(z))
    return {"a": (np.log(theta["b"]) + logs - digamma(theta["a"])).sum()}


GAMMA = {"a": 1.4, "b": 0.6}
COUNTS = np.array([0.0, 1, 3, 2, 7, 0, 4])
LIFETIMES = np.array([0.2, 1.7, 0.6, 3.1, 0.05, 9.0])

GAMMA_POISSON = Case(
    model="gamma-poisson",
    data={"x": COUNTS},
    theta=GAMMA,
    rule=over_positive(),
    marginal=lambda d, t: stats.nbinom.logpmf(d["x"], t["a"], t["b"] / (1 + t["b"])),
    expectation=by_quadrature(
        lambda d, t, i, z: stats.gamma.logpdf(z, t["a"], scale=1 / t["b"]) + stats.poisson.logpmf(d["x"][i], z), "positive"
    ),
    step=lambda d, t, mean: {"b": len(d["x"]) * t["a"] / mean(lambda i, z: z).sum()},
    slopes=gamma_slope,
)
GAMMA_EXPONENTIAL = Case(
    model="gamma-exponential",
    data={"x": LIFETIMES},
    theta=GAMMA,
    rule=over_positive(),
    marginal=lambda d, t: stats.lomax.logpdf(d["x"], t["a"], scale=t["b"]),
    expectation=by_quadrature(
        lambda d, t, i, z: stats.gamma.logpdf(z, t["a"], scale=1 / t["b"]) + np.log(z) - z * d["x"][i], "positive"
    ),
    step=lambda d, t, mean: {"b": len(d["x"]) * t["a"] / mean(lambda i, z: z).sum()},
    slopes=gamma_slope,
)


def beta_slope(data: Numbers, theta: Numbers, expectation: Expectation) -> Numbers:
    both = digamma(theta["a"] + theta["b"])
    return {
        "a": (both + expectation(lambda i, u: np.log(u)) - digamma(theta["a"])).sum(),
        "b": (both + expectation(lambda i, u: np.log1p(-u)) - digamma(theta["b"])).sum(),
    }


BETA_BINOMIAL = Case(
    model="beta-binomial",
    data={"x": np.array([3.0, 0, 6, 2, 5, 1])},
    constants={"m": np.array(6.0)},
    theta={"a": 1.6, "b": 2.3},
    rule=over_unit(),
    marginal=lambda d, t: stats.betabinom.logpmf(d["x"], d["m"], t["a"], t["b"]),
    expectation=by_quadrature(
        lambda d, t, i, u: stats.beta.logpdf(u, t["a"], t["b"]) + stats.binom.logpmf(d["x"][i], d["m"], u), "unit"
    ),
    step=lambda d, t, mean: {},
    slopes=beta_slope,
)


# Student's t.


def robust(data: Numbers, theta: Numbers, mean: Expectation) -> Numbers:
    u = mean(lambda i, u: u)
    mu = (u * data["x"]).sum() / u.sum()
    return {"mu": mu, "v": (u * (data["x"] - mu) ** 2).mean()}


def reweighted(data: Numbers, theta: Numbers, mean: Expectation) -> Numbers:
    u, x, y = mean(lambda i, u: u), data["x"], data["y"]
    beta = np.linalg.solve(x.T @ (u[:, None] * x), x.T @ (u * y))
    return {"beta": beta, "v": (u * (y - x @ beta) ** 2).mean()}


def precision(nu: np.ndarray, u: np.ndarray) -> np.ndarray:
    return stats.gamma.logpdf(u, nu / 2, scale=2 / nu)


T_SCALE = Case(
    model="student-t-scale-mixture",
    data={"x": np.array([0.3, -1.2, 0.8, 12.0, 0.1, -0.4, 1.9])},
    constants={"nu": np.array(3.5)},
    theta={"mu": 0.7, "v": 1.8},
    rule=over_positive(),
    marginal=lambda d, t: stats.t.logpdf(d["x"], d["nu"], t["mu"], np.sqrt(t["v"])),
    expectation=by_quadrature(
        lambda d, t, i, u: precision(d["nu"], u) + stats.norm.logpdf(d["x"][i], t["mu"], np.sqrt(t["v"] / u)), "positive"
    ),
    step=robust,
)
INPUTS = np.column_stack([np.ones(8), rng.normal(size=8)])
T_REGRESSION = Case(
    model="student-t-regression",
    data={"x": INPUTS, "y": INPUTS @ np.array([0.5, -1.2]) + rng.standard_t(2, size=8)},
    constants={"nu": np.array(2.5)},
    theta={"beta": np.array([0.1, -0.6]), "v": 0.9},
    rule=over_positive(),
    marginal=lambda d, t: stats.t.logpdf(d["y"], d["nu"], d["x"] @ t["beta"], np.sqrt(t["v"])),
    expectation=by_quadrature(
        lambda d, t, i, u: precision(d["nu"], u) + stats.norm.logpdf(d["y"][i], d["x"][i] @ t["beta"], np.sqrt(t["v"] / u)),
        "positive",
    ),
    step=reweighted,
)


# Random means.


def components_of_variance(data: Numbers, theta: Numbers, mean: Expectation) -> Numbers:
    mu = mean(lambda i, u: u).mean()
    within = mean(lambda i, u: ((data["x"][i][:, None] - u) ** 2).sum(0)).sum() / data["x"].size
    return {"mu": mu, "tau": mean(lambda i, u: (u - mu) ** 2).mean(), "v": within}


def equicorrelated(data: Numbers, theta: Numbers) -> np.ndarray:
    q = data["x"].shape[1]
    covariance = theta["tau"] * np.ones((q, q)) + theta["v"] * np.eye(q)
    return stats.multivariate_normal(np.full(q, theta["mu"]), covariance).logpdf(data["x"])


RANDOM_INTERCEPT = Case(
    model="random-intercept",
    data={"x": rng.normal(size=(7, 1)) * 1.5 + rng.normal(size=(7, 3)) + 2},
    theta={"mu": 1.2, "tau": 1.9, "v": 0.8},
    rule=over_reals(-25, 25, 0.05),
    marginal=equicorrelated,
    expectation=by_quadrature(
        lambda d, t, i, u: (
            stats.norm.logpdf(u, t["mu"], np.sqrt(t["tau"])) + stats.norm.logpdf(d["x"][i][:, None], u, np.sqrt(t["v"])).sum(0)
        ),
        "reals",
    ),
    step=components_of_variance,
)


# Factors, whose posterior is normal: Rubin and Thayer (1982), Tipping and Bishop (1999).


def noise(theta: Numbers) -> np.ndarray:
    size = len(theta["mu"])
    return np.diag(theta["Psi"]) if "Psi" in theta else theta["v"] * np.eye(size)


def normal_marginal(data: Numbers, theta: Numbers) -> np.ndarray:
    return stats.multivariate_normal(theta["mu"], theta["W"] @ theta["W"].T + noise(theta)).logpdf(data["x"])


def factors(data: Numbers, theta: Numbers) -> Expectation:
    """Means of functions of degree two at most, by nodes that have the posterior's first two moments."""
    w, precision = theta["W"], np.linalg.inv(noise(theta))
    q = w.shape[1]
    spread = np.linalg.inv(np.eye(q) + w.T @ precision @ w)
    centres = (data["x"] - theta["mu"]) @ precision @ w @ spread
    steps = np.linalg.cholesky(q * spread).T
    nodes = np.concatenate([steps, -steps])
    return lambda f: np.array([np.mean([f(i, centre + node) for node in nodes], axis=0) for i, centre in enumerate(centres)])


def factor_step(data: Numbers, theta: Numbers, mean: Expectation) -> Numbers:
    """One after the other: the mean with the old loadings, the loadings with the new mean, then the noise."""
    x, w = data["x"], theta["W"]
    z, zz = mean(lambda i, z: z), mean(lambda i, z: np.outer(z, z)).sum(0)
    mu = (x - z @ w.T).mean(0)
    w = (x - mu).T @ z @ np.linalg.inv(zz)
    left = mean(lambda i, z: (x[i] - w @ z - mu) ** 2)
    return {"mu": mu, "W": w, **({"Psi": left.mean(0)} if "Psi" in theta else {"v": left.mean()})}


LOADINGS = np.array([[1.0, 0.2], [-0.6, 0.9], [0.3, -1.1]])
PLANE = {"x": rng.normal(size=(6, 2)) @ LOADINGS.T + rng.normal(size=(6, 3)) * 0.7}
FACTOR_ANALYSIS = Case(
    model="factor-analysis",
    data=PLANE,
    theta={"mu": np.array([0.2, -0.1, 0.3]), "W": LOADINGS * 0.8 + 0.1, "Psi": np.array([0.9, 1.3, 0.7])},
    rule=over_reals(-7.6, 7.6, 0.3, dimensions=2),
    marginal=normal_marginal,
    expectation=factors,
    step=factor_step,
)
PRINCIPAL_COMPONENTS = replace(
    FACTOR_ANALYSIS,
    model="probabilistic-pca",
    theta={"mu": np.array([0.2, -0.1, 0.3]), "W": LOADINGS * 0.8 + 0.1, "v": np.array(0.8)},
)


# What is cut off, and what is missing.


def censored_exponential(data: Numbers, theta: Numbers) -> np.ndarray:
    seen = stats.expon(scale=1 / theta["lambda"])
    return np.where(data["d"] == 1, seen.logsf(data["x"]), seen.logpdf(data["x"]))


def censored_normal(data: Numbers, theta: Numbers) -> np.ndarray:
    seen = stats.norm(theta["mu"], np.sqrt(theta["v"]))
    return np.where(data["d"] == 1, seen.logsf(data["x"]), seen.logpdf(data["x"]))


def excess(density: Callable[[Numbers, np.ndarray], np.ndarray]) -> Callable:
    return by_quadrature(lambda d, t, i, u: density(t, d["x"][i] + d["d"][i] * u) - (1 - d["d"][i]) * u, "positive")


def whole(data: Numbers, mean: Expectation) -> np.ndarray:
    """The data with the expected excess."""
    return data["x"] + data["d"] * mean(lambda i, u: u)


def completed_normal(data: Numbers, theta: Numbers, mean: Expectation) -> Numbers:
    mu = whole(data, mean).mean()
    return {"mu": mu, "v": mean(lambda i, u: (data["x"][i] + data["d"][i] * u - mu) ** 2).mean()}


CUT = {"x": np.array([0.4, 1.3, 2.0, 0.9, 2.0]), "d": np.array([0.0, 0, 1, 0, 1])}
CENSORED = Case(
    model="censored",
    data=CUT,
    theta={"lambda": 0.7},
    rule=over_positive(),
    marginal=censored_exponential,
    expectation=excess(lambda t, x: stats.expon.logpdf(x, scale=1 / t["lambda"])),
    step=lambda d, t, mean: {"lambda": len(d["x"]) / whole(d, mean).sum()},
)
CENSORED_NORMAL = Case(
    model="censored",
    options={"density": "normal"},
    data=CUT,
    theta={"mu": 1.1, "v": 0.8},
    rule=over_positive(low=-32.0, step=0.03),
    marginal=censored_normal,
    expectation=excess(lambda t, x: stats.norm.logpdf(x, t["mu"], np.sqrt(t["v"]))),
    step=completed_normal,
)

MISSING = [2, 0, 0, 1, 2, 1, 0, 2, 1, 1, 0, 2]
"""The entry that each datum lacks."""


def seen_part(data: Numbers, theta: Numbers) -> np.ndarray:
    found = []
    for x, lost in zip(data["x"], MISSING, strict=True):
        kept = [a for a in range(3) if a != lost]
        part = stats.multivariate_normal(theta["mu"][kept], theta["Sigma"][np.ix_(kept, kept)])
        found.append(part.logpdf(x[kept]))
    return np.array(found)


def regressed(data: Numbers, theta: Numbers) -> Expectation:
    """Means of functions of degree two at most of the missing entry, given the others: normal."""

    def mean(i: int, f: Callable[..., np.ndarray]) -> np.ndarray:
        lost = MISSING[i]
        kept = [a for a in range(3) if a != lost]
        slopes = np.linalg.solve(theta["Sigma"][np.ix_(kept, kept)], theta["Sigma"][kept, lost])
        centre = theta["mu"][lost] + slopes @ (data["x"][i][kept] - theta["mu"][kept])
        root = np.sqrt(theta["Sigma"][lost, lost] - slopes @ theta["Sigma"][kept, lost])
        return np.mean([f(i, np.array([centre + root])), f(i, np.array([centre - root]))], axis=0)

    return lambda f: np.array([mean(i, f) for i in range(len(data["x"]))])


def filled_in(data: Numbers, theta: Numbers, mean: Expectation) -> Numbers:
    def completed(i: int, z: np.ndarray) -> np.ndarray:
        return data["x"][i] + data["M"][i] @ z

    mu = mean(completed).mean(0)
    sigma = mean(lambda i, z: np.outer(completed(i, z) - mu, completed(i, z) - mu)).mean(0)
    return {"mu": mu, "Sigma": sigma}


PLACES = np.eye(3)[MISSING][:, :, None]
MISSING_DATA = Case(
    model="missing-data",
    data={"x": rng.normal(size=(12, 3)) * (1 - PLACES[:, :, 0])},
    constants={"M": PLACES},
    theta={"mu": np.array([0.3, -0.2, 0.1]), "Sigma": np.array([[1.2, 0.3, -0.2], [0.3, 0.9, 0.4], [-0.2, 0.4, 1.5]])},
    rule=over_reals(-14, 14, 0.2, dimensions=1),
    marginal=seen_part,
    expectation=regressed,
    step=filled_in,
)

CASES = {
    f"{case.model}{'-'.join(['', *case.options.values()])}": case
    for case in (
        GAMMA_POISSON,
        GAMMA_EXPONENTIAL,
        BETA_BINOMIAL,
        T_SCALE,
        T_REGRESSION,
        RANDOM_INTERCEPT,
        FACTOR_ANALYSIS,
        PRINCIPAL_COMPONENTS,
        CENSORED,
        CENSORED_NORMAL,
        MISSING_DATA,
    )
}
RUNS: dict[str, Run] = {}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def run(request: pytest.FixtureRequest, case: Case) -> Run:
    """Compiled once a model."""
    key = case.model + str(case.options)
    if key not in RUNS:
        RUNS[key] = Run(Algorithm(family(case.model)(**case.options)), case.rule)
    return RUNS[key]


def test_log_likelihood_against_the_marginal_of_scipy(case: Case, run: Run) -> None:
    assert np.isclose(run.value(case.values()), case.marginal(case.known, case.theta).sum(), rtol=1e-10)


def test_one_step_against_posterior_means_by_quadrature(case: Case, run: Run) -> None:
    values, expectation = case.values(), case.expectation(case.known, case.theta)
    wanted = case.step(case.known, case.theta, expectation)
    assert set(wanted) == set(run.steps)
    found = dict(values)
    for name, value in wanted.items():
        closed = np.asarray(run.steps[name]({**found, **run.nodes}, measures=run.measures))
        assert np.allclose(closed, value, rtol=1e-7, atol=1e-9), name
        found[name, "param"] = closed
    slopes = case.slopes(case.known, case.theta, expectation)
    assert set(slopes) == {p.symbol.name for p in run.em.model.parameters} - set(run.steps)
    for name, slope in slopes.items():
        assert np.allclose(run.gradients(values)[name], slope, rtol=1e-7), name


def test_the_log_likelihood_never_falls_in_twenty_steps(case: Case, run: Run) -> None:
    before = case.values()
    after = run.converge(before, 20)
    assert run.value(after) > run.value(before) + 1e-3
    theta = {name: value for (name, role), value in after.items() if role == "param"}
    assert np.isclose(run.value(after), case.marginal(case.known, theta).sum(), rtol=1e-8)


def test_fishers_identity_by_finite_differences(case: Case, run: Run) -> None:
    """The gradient of Q at theta_t = theta is that of the marginal; at another theta_t it is not."""
    values, step = case.values(), 1e-5
    found = run.gradients(values)
    other = run.gradients(dict(run.step(values)) | {key: value for key, value in values.items() if key[1] == "param"})
    apart = 0.0
    for parameter in run.em.model.parameters:
        name = parameter.symbol.name
        direction = np.random.default_rng(3).normal(size=np.shape(case.theta[name]))
        direction = direction + direction.T if parameter.symbol.domain == "spd" else direction
        ends = [
            case.marginal(case.known, {**case.theta, name: case.theta[name] + sign * step * direction}).sum() for sign in (1, -1)
        ]
        difference = (ends[0] - ends[1]) / (2 * step)
        assert np.isclose((found[name] * direction).sum(), difference, rtol=1e-5, atol=1e-7), name
        apart = max(apart, abs((other[name] * direction).sum() - difference))
    assert apart > 1e-3


def test_the_posterior_by_the_rule_is_normalised(case: Case, run: Run) -> None:
    model = run.em.model
    weights = np.asarray(
        lower(run.em.moving(model.datum, model.latent), axes=(model.datum, model.latent))(
            {**case.values(), **run.nodes}, measures=run.measures
        )
    )
    assert np.allclose(weights @ case.rule.weights, 1, rtol=1e-12)


SECOND_ORDER = ("louis", "oakes", "rate", "preconditioned-step")


@pytest.mark.parametrize("name", ["gamma-poisson", "student-t-scale-mixture"])
def test_what_is_stated_of_the_second_order_holds_of_true_integrals(name: str) -> None:
    """Both sides by the rule of integration; the curvature of l is that of the marginal; controls are off."""
    case = CASES[name]
    em = Algorithm(family(case.model)())
    claims = [
        step.claim
        for found in map(identity, SECOND_ORDER)
        for parameter in em.model.parameters
        if found.applies(em, parameter)
        for step in found.steps(em, parameter)
        if step.claim is not None and step.claim.relation == "="
    ]
    sides = lower_all({f"{side}{k}": getattr(claim, side) for k, claim in enumerate(claims) for side in ("lhs", "rhs")})
    run = Run(em, case.rule)
    values = sides({**case.values(), **run.nodes}, measures=run.measures)
    for k, claim in enumerate(claims):
        assert np.isclose(values[f"lhs{k}"], values[f"rhs{k}"], rtol=1e-8) == (claim.expected is None), claim.label
    curvatures = {claim.label: float(values[f"lhs{k}"]) for k, claim in enumerate(claims)}
    for parameter in em.model.parameters:
        letter, step = parameter.symbol.name, 1e-3
        at = [{**case.theta, letter: case.theta[letter] + k * step} for k in (-1, 0, 1)]
        before, here, after = (case.marginal(case.known, theta).sum() for theta in at)
        assert np.isclose(curvatures[f"oakes-{letter}"], (before - 2 * here + after) / step**2, rtol=1e-4)
