"""Densities by the names of notes against those of NumPyro; each is told apart from what a slip of convention makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np
import numpyro.distributions as dist
import pytest

from checks.lowering import lower
from derive.densities import density
from derive.formula import Formula, Log, Reference
from derive.symbols import Domain, Index, Range, Size, Symbol

N, D = Size("n"), Size("d")
DATUM, ENTRY = Index("i", Range(N)), Index("a", Range(D))

REALS = np.array([-3.1, -0.4, 0.0, 0.7, 5.2])
POSITIVE = np.array([0.02, 0.6, 1.0, 3.3, 40.0])
PROPORTIONS = np.array([0.01, 0.3, 0.5, 0.77, 0.999])
COUNTS = np.array([0.0, 1.0, 2.0, 7.0, 250.0])
FEW = np.array([0.0, 1.0, 4.0, 9.0])


@dataclass(frozen=True, kw_only=True)
class Case:
    """Values of a variable and of the parameters, the density of NumPyro, and one by another convention."""

    domain: Domain
    at: np.ndarray
    parameters: tuple[float, ...]
    theirs: Callable[..., dist.Distribution]
    twin: Callable[..., dist.Distribution]
    shift: float = 0.0
    """What is subtracted from a value before NumPyro sees it."""
    accuracy: float = 1e-10
    """NumPyro's own: it takes the beta function of its negative binomial by an approximation."""


CASES = {
    "Bernoulli": Case(
        domain="bool",
        at=np.array([0.0, 1.0]),
        parameters=(0.3,),
        theirs=dist.BernoulliProbs,
        twin=lambda p: dist.BernoulliProbs(1 - p),
    ),
    "Binomial": Case(
        domain="count",
        at=FEW,
        parameters=(9.0, 0.3),
        theirs=lambda m, p: dist.BinomialProbs(p, int(m)),
        twin=lambda m, p: dist.BinomialProbs(1 - p, int(m)),
    ),
    "Geometric": Case(
        domain="count",
        at=COUNTS + 1,
        parameters=(0.3,),
        theirs=dist.GeometricProbs,
        twin=lambda p: dist.GeometricProbs(1 - p),
        shift=1.0,
    ),
    "NegativeBinomial": Case(
        domain="count",
        at=COUNTS,
        parameters=(2.5, 0.3),
        theirs=lambda r, p: dist.NegativeBinomialProbs(r, 1 - p),
        twin=dist.NegativeBinomialProbs,
        accuracy=2e-6,
    ),
    "Poisson": Case(domain="count", at=COUNTS, parameters=(3.7,), theirs=dist.Poisson, twin=lambda rate: dist.Poisson(1 / rate)),
    "Exponential": Case(
        domain="positive", at=POSITIVE, parameters=(1.7,), theirs=dist.Exponential, twin=lambda rate: dist.Exponential(1 / rate)
    ),
    "Gamma": Case(
        domain="positive", at=POSITIVE, parameters=(2.5, 1.7), theirs=dist.Gamma, twin=lambda a, b: dist.Gamma(a, 1 / b)
    ),
    "Beta": Case(domain="unit", at=PROPORTIONS, parameters=(0.7, 2.5), theirs=dist.Beta, twin=lambda a, b: dist.Beta(b, a)),
    "Normal": Case(
        domain="real", at=REALS, parameters=(0.4, 2.3), theirs=lambda m, v: dist.Normal(m, np.sqrt(v)), twin=dist.Normal
    ),
    "LogNormal": Case(
        domain="positive",
        at=POSITIVE,
        parameters=(0.4, 2.3),
        theirs=lambda m, v: dist.LogNormal(m, np.sqrt(v)),
        twin=dist.LogNormal,
    ),
    "Laplace": Case(
        domain="real", at=REALS, parameters=(0.4, 2.3), theirs=dist.Laplace, twin=lambda m, b: dist.Laplace(m, np.sqrt(b / 2))
    ),
    "VonMises": Case(
        domain="real",
        at=REALS / 2,
        parameters=(0.4, 2.3),
        theirs=dist.VonMises,
        twin=lambda m, kappa: dist.VonMises(m, 1 / kappa),
    ),
    "Rayleigh": Case(
        domain="positive",
        at=POSITIVE,
        parameters=(2.3,),
        theirs=lambda v: dist.Weibull(np.sqrt(2 * v), 2.0),
        twin=lambda v: dist.Weibull(np.sqrt(2) * v, 2.0),
    ),
    "StudentT": Case(
        domain="real",
        at=REALS,
        parameters=(3.5, 0.4, 2.3),
        theirs=dist.StudentT,
        twin=lambda nu, m, s: dist.StudentT(nu, m, np.sqrt(s)),
    ),
}


def log_probabilities(other: dist.Distribution, at: np.ndarray) -> np.ndarray:
    return np.asarray(other.log_prob(jax.numpy.asarray(at, dtype=np.float64)), float)


@pytest.mark.parametrize("name", CASES)
def test_a_density_of_numbers(name: str) -> None:
    case = CASES[name]
    letters = [Symbol(f"t{k}", "param") for k in range(len(case.parameters))]
    value = Reference(Symbol("x", "data", (Range(N),), (), case.domain), (DATUM,))
    log = Log(density(name).formula(value, *(Reference(letter) for letter in letters)))
    numbers = {(letter.name, "param"): np.asarray(number) for letter, number in zip(letters, case.parameters, strict=True)}
    found = np.asarray(lower(log)({("x", "data"): case.at, **numbers}))
    with jax.enable_x64(True):
        wanted, slip = (log_probabilities(make(*case.parameters), case.at - case.shift) for make in (case.theirs, case.twin))
    assert np.allclose(found, wanted, rtol=case.accuracy, atol=case.accuracy)
    assert not np.isclose(found, slip, rtol=1e-3).all()


def test_a_normal_density_of_vectors() -> None:
    rng = np.random.default_rng(4)
    x, mean, root = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=(3, 3))
    covariance = root @ root.T + np.eye(3)
    value = Reference(Symbol("x", "data", (Range(N),), (D,)), (DATUM,))
    centre, spread = Reference(Symbol("m", "param", (), (D,))), Reference(Symbol("S", "param", (), (D, D), "spd"))
    log = Log(density("Normal").formula(value, centre, spread))
    found = np.asarray(lower(log)({("x", "data"): x, ("m", "param"): mean, ("S", "param"): covariance}))
    with jax.enable_x64(True):
        wanted = log_probabilities(dist.MultivariateNormal(mean, covariance), x)
        slip = log_probabilities(dist.MultivariateNormal(mean, precision_matrix=covariance), x)
    assert np.allclose(found, wanted, rtol=1e-12)
    assert not np.isclose(found, slip, rtol=1e-3).any()


def test_a_dirichlet_density() -> None:
    shares, weights = np.array([0.2, 0.5, 0.3]), np.array([0.7, 2.5, 1.3])
    x, c = Symbol("x", "data", (Range(D),), (), "simplex"), Symbol("c", "param", (Range(D),), (), "positive")

    def member(symbol: Symbol) -> Callable[..., Formula]:
        return lambda index: Reference(symbol, (index,))

    log = Log(density("Dirichlet").write(member(x), ENTRY.range, member(c)))
    found = float(lower(log)({("x", "data"): shares, ("c", "param"): weights}))
    with jax.enable_x64(True):
        assert np.isclose(found, log_probabilities(dist.Dirichlet(weights), shares), rtol=1e-12)
        assert not np.isclose(found, log_probabilities(dist.Dirichlet(weights + 1), shares), rtol=1e-3)
