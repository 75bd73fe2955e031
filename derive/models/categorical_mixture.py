"""The mixture of categorical distributions: each datum is one of V values (a mixture of unigrams, a latent class model).

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 5.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "categorical-mixture",
    "Mixture of categorical distributions",
    r"""
    size V
    index v, u in 1..V
    data x_i in 1..V
    param \theta_j in simplex(V)
    x_i | z_i=j ~ Categorical(\theta_j)
    """,
)
