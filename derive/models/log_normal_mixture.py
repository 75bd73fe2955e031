"""The mixture of log-normal distributions.

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 10.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "log-normal-mixture",
    "Log-normal mixture",
    r"""
    data x_i in positive
    param \mu_j in R
    param v_j in positive
    x_i | z_i=j ~ LogNormal(\mu_j, v_j)
    """,
)
