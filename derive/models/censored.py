"""Censored data: of some it is only known that they are larger than what was seen.

The datum was seen in full where d_i is 0, and was cut off at x_i where d_i is 1: then it is x_i + u_i, and u_i is the latent.
Of a datum seen in full u_i has a density of its own, free of the parameters, which integrates to one and leaves no trace.

Source: Dempster, Laird and Rubin (1977), section 4.2; Lange (2010), Numerical Analysis for Statisticians, section 13.5.
"""

from __future__ import annotations

from derive.models import declared

EXPONENTIAL = r"""
data x_i in positive
param \lambda in positive
define g_i = \lambda e^{-\lambda (x_i + d_i u_i)} e^{-(1 - d_i) u_i}
"""
NORMAL = r"""
data x_i in R
param \mu in R
param v in positive
define g_i = \mathcal{N}(x_i + d_i u_i \mid \mu, v) e^{-(1 - d_i) u_i}
"""

MODEL = declared(
    "censored",
    "Censored data",
    r"""
    size n
    index i in 1..n
    data d_i in bool
    latent u_i in positive
    <density>
    x_i, u_i ~ Density(g_i)
    """,
    {"density": {"exponential": EXPONENTIAL, "normal": NORMAL}},
)
