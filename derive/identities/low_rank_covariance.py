"""The gradient of the likelihood of normal data with a covariance of low rank and noise, the factors integrated out."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size n, d, q
index i in 1..n
data x_i in R^d
const \mu in R^d
param W in R^{d x q} ; \Psi in spd(d) ; \sigma in positive
define C = \Psi + W W^T ; S = \sum_i (x_i - \mu) (x_i - \mu)^T
define L = \sum_i \log \mathcal{N}(x_i \mid \mu, \Psi + W W^T)
```

Half of it by the covariance itself, and through W from both sides:

$$ \nabla_\Psi L = \frac12 (C^{-1} S C^{-1} - n C^{-1}) $$

$$ \nabla_W L = (C^{-1} S C^{-1} - n C^{-1}) W $$

$$ \frac{\partial}{\partial \sigma} \log |W W^T + \sigma I_d| = \operatorname{tr}((W W^T + \sigma I_d)^{-1}) $$

As if only one of the two factors moved, the number of data lost, as if matrices commuted:

<!-- derive: expect refuted -->
$$ \nabla_W L = \frac12 (C^{-1} S C^{-1} - n C^{-1}) W $$

<!-- derive: expect refuted -->
$$ \nabla_W L = (C^{-1} S C^{-1} - C^{-1}) W $$

<!-- derive: expect refuted -->
$$ \nabla_W L = (C^{-1} C^{-1} S - n C^{-1}) W $$
"""

IDENTITY = Identity(
    name="low-rank-covariance",
    title="The gradient of a normal likelihood in a covariance of low rank",
    source="Tipping and Bishop (1999), Probabilistic principal component analysis, JRSS B 61, 611-622, appendix A",
    note=NOTE,
)
