r"""The linear Gaussian state space model: a hidden path of vectors z_0, .., z_T, of which each x_t shows a little with noise.

The path begins at z_0 ~ N(mu, V) and goes on as z_t = A z_{t-1} + noise of covariance Gamma; x_t = C z_t + noise of covariance
Sigma. The latent is the whole path as one vector z, and matrices take the states out of it: B z = z_0, E_t z = z_t, F_t z =
z_{t-1}. That they do so is not used: where z has the states one below the other, the map from z to the start and the noise has
determinant one, so that the density of these is that of z. The means under the posterior are what the Kalman filter and smoother
compute.

Source: Shumway and Stoffer (1982), An approach to time series smoothing and forecasting using the EM algorithm, Journal of Time
Series Analysis 3, 253-264; Ghahramani and Hinton (1996), Parameter estimation for linear dynamical systems, CRG-TR-96-2; Bishop
(2006), Pattern Recognition and Machine Learning, section 13.3.2.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "state-space",
    "Linear Gaussian state space model",
    r"""
    size n, T, m, k, d
    index i in 1..n ; t in 1..T
    data x_{it} in R^d
    latent z_i in R^m
    const B in R^{k x m}
    const E_t in R^{k x m}
    const F_t in R^{k x m}
    param \mu in R^k
    param V in spd(k)
    param A in R^{k x k}
    param \Gamma in spd(k)
    param C in R^{d x k}
    param \Sigma in spd(d)
    define g_i = \mathcal{N}(B z_i \mid \mu, V) \prod_{t=1}^T \mathcal{N}(E_t z_i \mid A F_t z_i, \Gamma)
    z_i ~ Density(g_i)
    x_{it} | z_i ~ Normal(C E_t z_i, \Sigma)
    """,
    introduction="{n} independent sequences, and behind each a hidden path of its own: {j} is all of its states, one below the "
    "other. B z is the state at the start, and for each time t E z is the state then and F z the one before it. The state begins "
    "with mean {mu} and covariance V, and goes on as A times the one before and noise of covariance {Gamma}; what is seen of it "
    "is C times the state and noise of covariance {Sigma}. The integrals over the paths are what the Kalman filter and smoother "
    "compute.",
    own_letters=True,
)
