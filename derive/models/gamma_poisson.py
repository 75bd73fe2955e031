"""Counts with a rate of their own each, drawn from a gamma distribution: the negative binomial as a Poisson mixture.

Source: Greenwood and Yule (1920), JRSS 83, 255-279; Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, chapter 5.
"""

from __future__ import annotations

from derive.models import declared

GAMMA_RATES = r"""
size n
index i in 1..n
latent z_i in positive
param a in positive
param b in positive
z_i ~ Gamma(a, b)
"""
"""A rate for each datum, drawn from a gamma distribution."""

MODEL = declared(
    "gamma-poisson",
    "Poisson counts with gamma rates",
    GAMMA_RATES
    + r"""
    data x_i in N
    x_i | z_i ~ Poisson(z_i)
    """,
)
