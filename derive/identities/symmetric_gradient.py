"""Two gradients by a symmetric matrix, both true, of different things: the symmetric part, the partials by its free entries."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size d
param \Sigma in spd(d) grad=frobenius
param V in spd(d) grad=vech
const A in R^{d x d}
```

The gradient of a function of symmetric matrices, under the inner product of Frobenius, is the symmetric part:

$$ \nabla_\Sigma \operatorname{tr}(A \Sigma) = \frac12 (A + A^T) $$

$$ \nabla_\Sigma \log |\Sigma| = \Sigma^{-1} $$

The partial derivatives by the free entries count those off the diagonal twice, since two entries move together:

$$ \nabla_V \operatorname{tr}(A V) = A + A^T - A \odot I $$

$$ \nabla_V \log |V| = 2 V^{-1} - V^{-1} \odot I $$

The one is not the other, although they vanish together:

<!-- derive: expect refuted -->
$$ \nabla_\Sigma \log |\Sigma| = 2 \Sigma^{-1} - \Sigma^{-1} \odot I $$

<!-- derive: expect refuted -->
$$ \nabla_V \log |V| = V^{-1} $$
"""

IDENTITY = Identity(
    name="symmetric-gradient",
    title="Gradients by a symmetric matrix",
    source="Petersen and Pedersen (2012), The Matrix Cookbook, equations (139), (141); Srinivasan and Panda, arXiv:1911.06491",
    note=NOTE,
)
