"""The mixture of binomial distributions with a known number of trials.

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 5.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "binomial-mixture",
    "Binomial mixture",
    r"""
    size m
    data x_i in N
    param p_j in unit
    x_i | z_i=j ~ Binomial(m, p_j)
    """,
)
