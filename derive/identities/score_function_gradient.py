"""The gradient of a mean by the distribution over which it is taken: score function, baselines, the evidence lower bound."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size r, m
index z in 1..m
param \lambda in R^r
fun q(z, \lambda) in positive
fun h(z) in R ; c(z) in R
const b in R
assume \sum_z q(z, \lambda) = 1
```

Any density of a variable with finitely many values, which does not vanish:

$$ \nabla_\lambda \sum_z q(z, \lambda) h(z) = \sum_z q(z, \lambda) h(z) \nabla_\lambda \log q(z, \lambda) $$

A baseline, the same for all values, changes nothing:

$$ \nabla_\lambda \sum_z q(z, \lambda) h(z) = \sum_z q(z, \lambda) (h(z) - b) \nabla_\lambda \log q(z, \lambda) $$

Of the evidence lower bound, h being the log joint density, the score of the entropy's logarithm drops out, its mean being zero:

$$
\nabla_\lambda \sum_z q(z, \lambda) (h(z) - \log q(z, \lambda))
= \sum_z q(z, \lambda) (h(z) - \log q(z, \lambda)) \nabla_\lambda \log q(z, \lambda)
$$

The logarithm itself may not be dropped, a baseline may not depend on the value, and a mean may not lose its weights:

<!-- derive: expect refuted -->
$$
\nabla_\lambda \sum_z q(z, \lambda) (h(z) - \log q(z, \lambda))
= \sum_z q(z, \lambda) h(z) \nabla_\lambda \log q(z, \lambda)
$$

<!-- derive: expect refuted -->
$$ \nabla_\lambda \sum_z q(z, \lambda) h(z) = \sum_z q(z, \lambda) (h(z) - c(z)) \nabla_\lambda \log q(z, \lambda) $$

<!-- derive: expect refuted -->
$$ \nabla_\lambda \sum_z q(z, \lambda) h(z) = \sum_z h(z) \nabla_\lambda \log q(z, \lambda) $$
"""

IDENTITY = Identity(
    name="score-function-gradient",
    title="The score-function gradient",
    source="Williams (1992), Machine Learning 8, 229-256; Roeder, Wu and Duvenaud (2017), arXiv:1703.09194",
    note=NOTE,
)
