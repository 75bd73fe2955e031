"""The mixture of normal distributions on the line, its spread free or known, and told by any of the usual numbers.

A component has a variance, a precision (one over the variance), a standard deviation, or the logarithm of that: Fisher's identity
holds by each of them, and each has an M-step of its own, of which one is the others' in another letter.

Source: McLachlan and Peel (2000), Finite Mixture Models, chapter 3.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "normal-mixture",
    "Mixture of normal distributions on the line",
    r"""
    data x_i in R
    param \mu_j in R
    <variance> <chart>
    """,
    options={
        "variance": {"free": "param", "known": "const"},
        "chart": {
            "variance": r"v_j in positive ; x_i | z_i=j ~ Normal(\mu_j, v_j)",
            "precision": r"\tau_j in positive ; x_i | z_i=j ~ Normal(\mu_j, 1 / \tau_j)",
            "standard-deviation": r"\sigma_j in positive ; x_i | z_i=j ~ Normal(\mu_j, \sigma_j^2)",
            "log-standard-deviation": r"\rho_j in R ; x_i | z_i=j ~ Normal(\mu_j, e^{2 \rho_j})",
        },
    },
)
