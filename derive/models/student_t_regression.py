"""Linear regression with errors of Student's t distribution, as normal errors of which each has a precision of its own.

Source: Lange, Little and Taylor (1989), Robust statistical modeling using the t distribution, JASA 84, 881-896.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "student-t-regression",
    "Linear regression with Student's t errors",
    r"""
    size n, d
    index i in 1..n
    const \nu in positive
    data y_i in R
    data x_i in R^d
    latent u_i in positive
    param \beta in R^d
    param v in positive
    u_i ~ Gamma(\nu / 2, \nu / 2)
    y_i | u_i ~ Normal(\beta^T x_i, v / u_i)
    """,
)
