"""The mixture of experts: linear regressions, chosen among by a softmax of linear functions of the inputs.

Source: Jacobs, Jordan, Nowlan and Hinton (1991), Adaptive mixtures of local experts; Jordan and Jacobs (1994).
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "mixture-of-experts",
    "Mixture of experts",
    r"""
    size n, k, d
    index i in 1..n ; j, l, s in 1..k
    data x_i in R^d
    data y_i in R
    latent z_i in 1..k
    param \nu_j in R^d
    param \beta_j in R^d
    param v_j in positive
    define g_{ij} = \frac{\exp(\nu_j^T x_i)}{\sum_{l=1}^k \exp(\nu_l^T x_i)}
    z_i ~ Categorical(g_i)
    y_i | z_i=j ~ Normal(x_i^T \beta_j, v_j)
    """,
)
