"""Probabilistic principal component analysis: factor analysis with noise of one variance.

Source: Tipping and Bishop (1999), Probabilistic principal component analysis, JRSS B 61, 611-622;
Bishop (2006), Pattern Recognition and Machine Learning, section 12.2.
"""

from __future__ import annotations

from derive.models import declared
from derive.models.factor_analysis import FACTORS

MODEL = declared(
    "probabilistic-pca",
    "Probabilistic principal component analysis",
    FACTORS
    + r"""
    param v in positive
    x_i | z_i ~ Normal(W z_i + \mu, v I)
    """,
)
