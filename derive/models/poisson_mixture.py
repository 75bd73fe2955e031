"""The Poisson mixture model of counts.

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 5.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "poisson-mixture",
    "Poisson mixture",
    r"""
    data x_i in N
    param \lambda_j in positive
    x_i | z_i=j ~ Poisson(\lambda_j)
    """,
)
