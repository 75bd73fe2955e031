"""The mixture of any component density f(x | theta_j): what holds whatever the density is.

Source: Redner and Walker (1984), Mixture densities, maximum likelihood and the EM algorithm, SIAM Review 26.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "density-mixture",
    "Mixture of any density",
    r"""
    data x_i in R
    param \theta_j in R
    x_i | z_i=j ~ Density(f)
    """,
)
