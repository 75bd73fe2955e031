"""Normal data of which some entries are missing at random, others in each datum.

x_i has what was seen, and zero where an entry is missing; the columns of M_i say where the missing entries z_i belong.

Source: Dempster, Laird and Rubin (1977), section 4.1; Little and Rubin (2019), Statistical Analysis with Missing Data,
section 11.2.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "missing-data",
    "Normal data with missing entries",
    r"""
    size n, d, q
    index i in 1..n
    data x_i in R^d
    const M_i in R^{d x q}
    latent z_i in R^q
    param \mu in R^d
    param \Sigma in <covariance>
    define g_i = \mathcal{N}(x_i + M_i z_i \mid \mu, \Sigma)
    x_i, z_i ~ Density(g_i)
    """,
    {"covariance": {"full": "spd(d)", "diagonal": "diag(d)"}},
)
