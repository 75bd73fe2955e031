"""The mixture of Laplace distributions around known centres.

Source: Kotz, Kozubowski and Podgorski (2001), The Laplace Distribution and Generalizations, section 2.6.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "laplace-mixture",
    "Laplace mixture",
    r"""
    data x_i in R
    const m_j in R
    param b_j in positive
    x_i | z_i=j ~ Laplace(m_j, b_j)
    """,
)
