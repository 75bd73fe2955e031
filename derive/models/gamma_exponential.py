"""Lifetimes with a failure rate of their own each, drawn from a gamma distribution: the Lomax distribution.

Source: Harris (1968), The Pareto distribution as a queue service discipline, Operations Research 16, 307-313.
"""

from __future__ import annotations

from derive.models import declared
from derive.models.gamma_poisson import GAMMA_RATES

MODEL = declared(
    "gamma-exponential",
    "Exponential lifetimes with gamma rates",
    GAMMA_RATES
    + r"""
    data x_i in positive
    x_i | z_i ~ Exponential(z_i)
    """,
)
