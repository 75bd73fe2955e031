"""Probabilistic principal component analysis: factor analysis with noise of one variance.

Source: Tipping and Bishop (1999), Probabilistic principal component analysis, JRSS B 61, 611-622;
Bishop (2006), Pattern Recognition and Machine Learning, section 12.2.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "probabilistic-pca",
    "Probabilistic principal component analysis",
    r"""
    size n, d, q
    index i in 1..n
    data x_i in R^d
    latent z_i in R^q
    param \mu in R^d
    param W in R^{d x q}
    param v in positive
    z_i ~ Normal(0, I)
    x_i | z_i ~ Normal(W z_i + \mu, v I)
    """,
)
