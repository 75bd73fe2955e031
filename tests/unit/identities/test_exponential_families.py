"""What follows for models whose densities are of exponential families: where it is said, that it holds, and that twins fail."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from checks.catalogue import of_model
from checks.judge import judge
from checks.witness import Witness
from derive import Model
from derive.claims import Claim
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import AtEqual, Formula, Number, multiply, rename
from derive.identities import identity
from derive.models import LatentModel, family, names

IDENTITIES = ("exponential-family", "sundberg", "mirror-descent")
WITHOUT = (
    "autoregression-with-noise",
    "censored",
    "density-mixture",
    "gene-counting",
    "hidden-markov",
    "missing-data",
    "zero-inflated-poisson",
)
"""Their densities are written out, or not known at all, or have no parameter."""


def claims(model: LatentModel, name: str) -> list[Claim]:
    """What an identity claims of a model, the controls left out."""
    em, found = Algorithm(model), identity(name)
    steps = [step for p in model.parameters if found.applies(em, p) for step in found.steps(em, p)]
    told = {step.claim.label: step.claim for step in steps if step.claim is not None and step.claim.expected is None}
    return list(told.values())


@pytest.mark.parametrize("model", ["poisson-mixture", "gamma-mixture", "normal-mixture", "categorical-mixture", "gamma-poisson"])
def test_all_is_proved_and_every_control_seen_through(model: str) -> None:
    for entry in of_model(family(model)(), IDENTITIES, 0, 3, False):
        assert entry.standing == "proved", (entry.identity, entry.claims)
        assert entry.controls and all(control.is_seen_through for control in entry.controls)


@pytest.mark.parametrize("covariance", ["full", "diagonal", "spherical", "known"])
def test_the_statistics_of_a_vector_are_those_of_its_covariance(covariance: str) -> None:
    model = family("gaussian-mixture")(covariance=covariance)
    (entry,) = of_model(model, ["exponential-family"], 0, 3, False)
    assert entry.standing == "proved" and len(entry.claims) == (1 if covariance == "known" else 2)


@pytest.mark.parametrize("model", names())
def test_where_it_is_said(model: str) -> None:
    assert bool(claims(family(model)(), "sundberg")) == (model not in WITHOUT)


@pytest.mark.parametrize("model", ["poisson-mixture", "rayleigh-mixture", "normal-mixture", "gamma-poisson"])
@pytest.mark.parametrize("name", IDENTITIES)
def test_twins_fail(model: str, name: str) -> None:
    """Three halves of a side are not that side; nor are the weights of one component those of another."""
    built, witness = family(model)(), Witness(seed=0, points=3, autodiff=False)
    for claim in claims(built, name):
        twins: list[Formula] = [multiply(Number(Fraction(3, 2)), claim.lhs)]
        if not built.latent.range.abstract and claim.relation == "=":
            twins.append(rename(claim.lhs, {built.fresh: built.other}))
        for twin in twins:
            if claim.relation == "=":
                assert judge(replace(claim, lhs=twin), witness).verdict == "refuted", claim.label


def test_statistics_exchanged_between_the_equations_are_seen() -> None:
    """The mean of x is not that of x squared, nor the other way round."""
    first, second = claims(family("normal-mixture")(), "exponential-family")
    witness = Witness(seed=0, points=3, autodiff=False)
    for one, other in ((first, second), (second, first)):
        assert judge(replace(one, rhs=other.rhs), witness).verdict == "refuted"


def test_the_equation_without_a_closed_form_is_of_the_weighted_mean() -> None:
    (claim, _) = claims(family("gamma-mixture")(), "exponential-family")
    assert claim.relation == "implies" and claim.multiplier is not None
    witness = Witness(seed=0, points=3, autodiff=False)
    assert judge(claim, witness).verdict == "proved"
    wrong = replace(claim, multiplier=multiply(Number(Fraction(2)), claim.multiplier))
    assert judge(wrong, witness).verdict == "refuted"


LINES = r"""
size n, k
index i in 1..n ; j, l, s in 1..k
latent z_i in 1..k
param \pi in simplex(k)
z_i ~ Categorical(\pi)
"""


@pytest.mark.parametrize(
    ("lines", "gradient", "m_step"),
    [
        # One number for two statistics: their means are not met one by one.
        (r"data x_i in R ; const m in R ; param v_j in positive ; x_i | z_i=j ~ Normal(m, v_j)", True, False),
        # A rate times what is known of the datum: no mean that all data have.
        (
            r"data x_i in N ; const c_i in positive ; param \lambda_j in positive ; x_i | z_i=j ~ Poisson(c_i \lambda_j)",
            True,
            False,
        ),
        # A parameter of two densities at once.
        (
            r"data x_i in N ; data y_i in N ; param \lambda_j in positive ; x_i | z_i=j ~ Poisson(\lambda_j) ; "
            r"y_i | z_i=j ~ Poisson(\lambda_j)",
            True,
            False,
        ),
        # With its place free, the Laplace density is of no exponential family.
        (r"data x_i in R ; param m_j in R ; param b_j in positive ; x_i | z_i=j ~ Laplace(m_j, b_j)", False, False),
        (r"data x_i in R ; param m_j in R ; const b in positive ; x_i | z_i=j ~ StudentT(3, m_j, b)", False, False),
        # A mean that all components share, and covariances of their own: no statistic of one component alone.
        (
            r"size d ; data x_i in R^d ; param m in R^d ; param S_j in spd(d) ; x_i | z_i=j ~ Normal(m, S_j)",
            True,
            False,
        ),
        # Counts of several kinds, with rates of their own.
        (
            r"size d ; index a in 1..d ; data x_{ia} in N ; param m_{ja} in positive ; x_{ia} | z_i=j ~ Poisson(m_{ja})",
            True,
            True,
        ),
        # A chance by its logit.
        (r"data x_i in bool ; param a_j in R ; x_i | z_i=j ~ Bernoulli(\exp(a_j) / (1 + \exp(a_j)))", True, None),
        # Several counts with one rate.
        (
            r"size d ; index a in 1..d ; data x_{ia} in N ; param \lambda_j in positive ; x_{ia} | z_i=j ~ Poisson(\lambda_j)",
            True,
            True,
        ),
    ],
)
def test_of_other_models_what_is_said_is_true(lines: str, gradient: bool, m_step: bool | None) -> None:
    """The last column is None where the M-step has no closed form: its equation is told then, and no mirror step."""
    model = Model(LINES + lines.replace(" ; ", "\n"))
    witness = Witness(seed=0, points=2, autodiff=False)
    expected = {"sundberg": gradient, "exponential-family": m_step is not False, "mirror-descent": m_step is True}
    for name, is_said in expected.items():
        told = claims(model, name)
        assert bool(told) == is_said, name
        assert all(judge(claim, witness).verdict == "proved" for claim in told)


SCALED = r"""
size n, k, d
index i in 1..n ; j, l in 1..k
data x_i in R^d
latent z_i in 1..k
const A in R^{d x d}
param \phi in simplex(k) ; \mu_j in R^d ; S_j in spd(d)
z_i ~ Categorical(\phi)
x_i | z_i=j ~ Normal(\mu_j, A S_j A^T + S_j)
"""


def test_the_equation_by_a_matrix_speaks_of_a_fixed_point() -> None:
    """Put at theta_t = theta the weights move as well: on both sides, or the equation is false."""
    (found,) = [claim for claim in claims(Model(SCALED), "exponential-family") if claim.label == "moment-equation-S"]
    witness = Witness(seed=0, points=3, autodiff=False)
    assert isinstance(found.lhs, AtEqual)
    assert judge(found, witness).verdict in ("proved", "confirmed")
    assert judge(replace(found, lhs=found.lhs.body, expected="refuted"), witness).verdict == "refuted"
