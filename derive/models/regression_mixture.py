"""The mixture of linear regressions: each datum follows one of k lines.

Source: McLachlan and Peel (2000), Finite Mixture Models, section 5.6; DeSarbo and Cron (1988).
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "regression-mixture",
    "Mixture of linear regressions",
    r"""
    size d
    data x_i in R^d
    data y_i in R
    param \beta_j in R^d
    param v_j in positive
    y_i | z_i=j ~ Normal(x_i^T \beta_j, v_j)
    """,
)
