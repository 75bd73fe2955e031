"""The mixture of normal distributions on the line, the variances free, shared by all components, or known.

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 3.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "normal-mixture",
    "Mixture of normal distributions on the line",
    r"""
    data x_i in R
    param \mu_j in R
    <variance>
    x_i | z_i=j ~ Normal(\mu_j, v_j)
    """,
    options={
        "variance": {"free": r"param v_j in positive", "known": r"const v_j in positive"},
    },
)
