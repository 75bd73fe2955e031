"""The mixture of geometric distributions, of the number of failures before the first success.

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, chapter 5.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "geometric-mixture",
    "Geometric mixture",
    r"""
    data x_i in N
    param p_j in unit
    x_i | z_i=j ~ NegativeBinomial(1, p_j)
    """,
)
