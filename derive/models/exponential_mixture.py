"""The mixture of exponential lifetimes.

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 10.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "exponential-mixture",
    "Exponential mixture",
    r"""
    data x_i in positive
    param \lambda_j in positive
    x_i | z_i=j ~ Exponential(\lambda_j)
    """,
)
