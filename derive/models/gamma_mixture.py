"""The mixture of gamma distributions by shape and rate, the shape free or known.

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 10.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "gamma-mixture",
    "Gamma mixture",
    r"""
    data x_i in positive
    <shape>
    param \beta_j in positive
    x_i | z_i=j ~ Gamma(a_j, \beta_j)
    """,
    options={
        "shape": {"free": r"param a_j in positive", "known": r"const a_j in positive"},
    },
)
