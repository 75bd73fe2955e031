"""Student's t distribution with known degrees of freedom, as normal data of which each has a precision of its own.

Source: Lange, Little and Taylor (1989), Robust statistical modeling using the t distribution, JASA 84; Liu and Rubin (1995).
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "student-t-scale-mixture",
    "Student's t as a scale mixture of normals",
    r"""
    size n
    index i in 1..n
    const \nu in positive
    data x_i in R
    latent u_i in positive
    param \mu in R
    param v in positive
    u_i ~ Gamma(\nu / 2, \nu / 2)
    x_i | u_i ~ Normal(\mu, v / u_i)
    """,
)
