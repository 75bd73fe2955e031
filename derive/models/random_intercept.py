"""Repeated measurements of a group, which has a mean of its own: the one-way random effects model.

Source: Laird and Ware (1982), Random-effects models for longitudinal data, Biometrics 38, 963-974; Searle, Casella and McCulloch
(1992), Variance Components, chapter 8.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "random-intercept",
    "Measurements of groups with random means",
    r"""
    size n, q
    index i in 1..n
    index r, s in 1..q
    data x_{ir} in R
    latent u_i in R
    param \mu in R
    param \tau in positive
    param v in positive
    u_i ~ Normal(\mu, \tau)
    x_{ir} | u_i ~ Normal(u_i, v)
    """,
)
