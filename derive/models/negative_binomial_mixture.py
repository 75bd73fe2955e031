"""The mixture of negative binomial distributions with a known number of successes.

Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, chapter 5.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "negative-binomial-mixture",
    "Negative binomial mixture",
    r"""
    const r in positive
    data x_i in N
    param p_j in unit
    x_i | z_i=j ~ NegativeBinomial(r, p_j)
    """,
)
