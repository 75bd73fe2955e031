r"""The zero-inflated Poisson model: counts of which more are zero than a Poisson distribution has.

A zero had to be one, with the probability \phi, or was counted like all the rest. Of K = 2 origins the first has a_1 = 1, b_1
= 0, the second a_2 = 0, b_2 = 1; where x_i is zero d_i = 1, e_i = 0, elsewhere d_i = 0, e_i = 1. So a zero has the density
\phi with the first origin and (1 - \phi) e^{-\lambda} with the second. Any other count was counted for certain: its latent is
a coin with the chances h_j, free of the parameters, and leaves no trace; so no density stands under a logarithm that is zero.
What else the constants are, even that they are 0 or 1, is not used.

Source: Lambert (1992), Zero-inflated Poisson regression, with an application to defects in manufacturing, Technometrics 34, 1-14.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "zero-inflated-poisson",
    "Zero-inflated Poisson counts",
    r"""
    size n, K
    index i in 1..n ; j, k, l in 1..K
    data x_i in N
    latent z_i in 1..K
    const a_j in nonnegative
    const b_j in nonnegative
    const d_i in nonnegative
    const e_i in nonnegative
    const h in simplex(K)
    assume \sum_j a_j > 0 ; \sum_j b_j > 0 ; \sum_i d_i > 0 ; \sum_i e_i > 0
    param \phi in unit
    param \lambda in positive
    define f_i = \frac{\lambda^{x_i} e^{-\lambda}}{x_i!}
    define g_{ij} = \phi^{a_j d_i} \left((1 - \phi) e^{-\lambda}\right)^{b_j d_i} \left(h_j (1 - \phi) f_i\right)^{e_i}
    x_i, z_i=j ~ Density(g_{ij})
    """,
    introduction="{n} independent counts. A zero is of an origin {j}, one of {k}, which is not observed: it had to be zero, "
    "which has the probability {phi}, or it was counted as a Poisson number with the mean {lambda}. The constants "
    "say which origins are of the first kind (a is one, b zero) and which of the second (b is one, a zero), and "
    "which counts are zero (d is one, e zero) and which are not (e is one, d zero). What is not zero was counted: "
    "its origin is drawn with the chances h, whatever the parameters, and leaves no trace.",
    own_letters=True,
)
