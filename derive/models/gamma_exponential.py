"""Lifetimes with a failure rate of their own each, drawn from a gamma distribution: the Lomax distribution.

Source: Harris (1968), The Pareto distribution as a queue service discipline, Operations Research 16, 307-313.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "gamma-exponential",
    "Exponential lifetimes with gamma rates",
    r"""
    size n
    index i in 1..n
    data x_i in positive
    latent z_i in positive
    param a in positive
    param b in positive
    z_i ~ Gamma(a, b)
    x_i | z_i ~ Exponential(z_i)
    """,
)
