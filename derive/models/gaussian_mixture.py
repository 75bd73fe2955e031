r"""The Gaussian mixture model, for every covariance structure, weights free or known.

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 9.2.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "gaussian-mixture",
    "Gaussian mixture",
    r"""
    size d
    data x_i in R^d
    param \mu_j in R^d
    <covariance>
    """,
    {
        "covariance": {
            "full": r"param \Sigma_j in spd(d) ; x_i | z_i=j ~ Normal(\mu_j, \Sigma_j)",
            "tied": r"param \Sigma in spd(d) ; x_i | z_i=j ~ Normal(\mu_j, \Sigma)",
            "diagonal": r"param v_j in diag(d) ; x_i | z_i=j ~ Normal(\mu_j, v_j)",
            "spherical": r"param v_j in positive ; x_i | z_i=j ~ Normal(\mu_j, v_j I)",
            "cholesky": r"param L_j in lower(d) ; x_i | z_i=j ~ Normal(\mu_j, L_j L_j^T)",
            "known": r"const \Sigma_j in spd(d) ; x_i | z_i=j ~ Normal(\mu_j, \Sigma_j)",
        },
    },
    introduction=(
        "{n} independent data {x}, vectors of dimension {d}, each from one of {k} components. Component {j} is chosen "
        "with probability {weight_j}; which one it was is not observed."
    ),
    titles={
        "full": "a full covariance matrix for each component",
        "tied": "one full covariance matrix shared by all components",
        "diagonal": "a diagonal covariance matrix for each component",
        "spherical": "a spherical covariance matrix (one variance) for each component",
        "cholesky": "a full covariance matrix for each component, by its Cholesky factor",
        "known": "known covariance matrices",
    },
    by_exponent=True,
)
