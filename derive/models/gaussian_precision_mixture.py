"""The Gaussian mixture model, each component told by its precision matrix, the inverse of its covariance matrix.

Source: Bishop (2006), Pattern Recognition and Machine Learning, sections 2.3.1 and 9.2.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "gaussian-precision-mixture",
    "Gaussian mixture by its precision matrices",
    r"""
    size d
    data x_i in R^d
    param \mu_j in R^d
    param \Lambda_j in spd(d)
    x_i | z_i=j ~ Normal(\mu_j, \Lambda_j^{-1})
    """,
)
