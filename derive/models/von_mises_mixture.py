"""A mixture of von Mises distributions of angles.

Source: Banerjee, Dhillon, Ghosh and Sra (2005), Clustering on the unit hypersphere using von Mises-Fisher distributions, JMLR 6,
1345-1382, of which this is the circle; Mardia and Jupp (2000), Directional Statistics, section 5.5.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "von-mises-mixture",
    "Mixture of von Mises distributions",
    r"""
    data x_i in R
    param \mu_j in R
    param \kappa_j in positive
    x_i | z_i=j ~ VonMises(\mu_j, \kappa_j)
    """,
)
