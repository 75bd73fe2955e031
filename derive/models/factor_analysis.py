"""Factor analysis: Gaussian data of which a few latent factors explain the correlations.

Source: Rubin and Thayer (1982), EM algorithms for ML factor analysis, Psychometrika 47, 69-76; Bishop (2006),
Pattern Recognition and Machine Learning, section 12.2.4.
"""

from __future__ import annotations

from derive.models import declared

FACTORS = r"""
size n, d, q
index i in 1..n
data x_i in R^d
latent z_i in R^q
param \mu in R^d
param W in R^{d x q}
z_i ~ Normal(0, I)
"""
"""Standard normal factors, and loadings: how factor analysis begins, whatever the noise."""

MODEL = declared(
    "factor-analysis",
    "Factor analysis",
    FACTORS
    + r"""
    param \Psi in diag(d)
    x_i | z_i ~ Normal(W z_i + \mu, \Psi)
    """,
)
