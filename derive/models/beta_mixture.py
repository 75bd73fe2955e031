"""The mixture of beta distributions, whose M-step has no closed form.

Source: Ma and Leijon (2011), Bayesian estimation of beta mixture models, IEEE PAMI 33.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "beta-mixture",
    "Beta mixture",
    r"""
    data x_i in unit
    param a_j in positive
    param b_j in positive
    x_i | z_i=j ~ Beta(a_j, b_j)
    """,
)
