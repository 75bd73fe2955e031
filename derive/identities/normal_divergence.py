"""The divergence of a normal density with a diagonal covariance from the standard one, as a variational autoencoder has it."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size d
index a in 1..d
param m_a in R ; v_a in R
latent z_a in R
z_a ~ Normal(m_a, e^{v_a})
define q(z_a) = \mathcal{N}(z_a \mid m_a, e^{v_a}) ; p(z_a) = \mathcal{N}(z_a \mid 0, 1)
```

Written in the logarithm v of the variance:

$$ \mathbb{E} \left[ \sum_a \log \frac{q(z_a)}{p(z_a)} \right] = \frac12 \sum_a (e^{v_a} + m_a^2 - 1 - v_a) $$

$$ \frac{\partial}{\partial v_a} \mathbb{E} \left[ \log \frac{q(z_a)}{p(z_a)} \right] = \frac12 (e^{v_a} - 1) $$

The logarithm of q is part of what moves, though the mean of its score is zero:

$$ \frac{\partial}{\partial v_a} \mathbb{E}[\log q(z_a)] = - \frac12 $$

<!-- derive: expect refuted -->
$$ \frac{\partial}{\partial v_a} \mathbb{E}[\log q(z_a)] = 0 $$

The sign, the logarithm of the standard deviation in place of the variance's, a mean in place of the sum, the half lost:

<!-- derive: expect refuted -->
$$ \mathbb{E} \left[ \sum_a \log \frac{q(z_a)}{p(z_a)} \right] = - \frac12 \sum_a (e^{v_a} + m_a^2 - 1 - v_a) $$

<!-- derive: expect refuted -->
$$ \mathbb{E} \left[ \sum_a \log \frac{q(z_a)}{p(z_a)} \right] = \frac12 \sum_a (e^{2 v_a} + m_a^2 - 1 - 2 v_a) $$

<!-- derive: expect refuted -->
$$ \mathbb{E} \left[ \sum_a \log \frac{q(z_a)}{p(z_a)} \right] = \frac{1}{2 d} \sum_a (e^{v_a} + m_a^2 - 1 - v_a) $$

<!-- derive: expect refuted -->
$$ \mathbb{E} \left[ \sum_a \log \frac{q(z_a)}{p(z_a)} \right] = \sum_a (e^{v_a} + m_a^2 - 1 - v_a) $$
"""

IDENTITY = Identity(
    name="normal-divergence",
    title="The divergence of a diagonal normal density",
    source="Kingma and Welling (2014), Auto-Encoding Variational Bayes, appendix B",
    note=NOTE,
)
