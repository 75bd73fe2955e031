r"""The autoregression of first order with noise: a hidden path z_i1, .., z_iT on the line, of which each x_it shows a little.

The state begins at zero and goes on as z_t = a z_{t-1} + noise of variance v; x_t = c z_t + noise of variance r. The latent
is the whole path, a vector, and S the shift: (S z)_t = z_{t-1}, (S z)_1 = 0, so that the density of a path is that of z - a S
z, whose determinant is one. That S shifts is not used. The means under the posterior are what the Kalman filter and smoother
compute.

Source: Shumway and Stoffer (1982), An approach to time series smoothing and forecasting using the EM algorithm, Journal of Time
Series Analysis 3, 253-264.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "autoregression-with-noise",
    "Autoregression of first order with noise",
    r"""
    size n, T
    index i in 1..n
    data x_i in R^T
    latent z_i in R^T
    const S in R^{T x T}
    param a in R
    param v in positive
    param c in R
    param r in positive
    define g_i = \mathcal{N}(z_i - a S z_i \mid 0, v I) \mathcal{N}(x_i \mid c z_i, r I)
    x_i, z_i ~ Density(g_i)
    """,
    introduction="{n} independent series, each of a hidden path z of its own, which begins at zero: the state is a times the "
    "state before and noise of variance v, and what is seen of it is c times the state and noise of variance r. S "
    "shifts a path by one step, so that S z has before each state the one it came from. The integrals over the "
    "paths are what the Kalman filter and smoother compute.",
    own_letters=True,
)
