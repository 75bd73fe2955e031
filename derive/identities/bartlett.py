"""Bartlett's identities: the score of a density has the mean zero, and its variance is the information."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size r, m
index x in 1..m
param \theta in R^r
fun f(x, \theta) in positive
assume \sum_x f(x, \theta) = 1
```

Any density of a variable with finitely many values, which does not vanish:

$$ \sum_x f(x, \theta) \nabla_\theta \log f(x, \theta) = 0 $$

$$
\sum_x f(x, \theta) (\nabla_\theta \log f(x, \theta)) (\nabla_\theta \log f(x, \theta))^T
= - \sum_x f(x, \theta) \nabla_\theta^2 \log f(x, \theta)
$$

These are means under the density itself, not sums, nor do they hold of each value; and the sign is not to be lost:

<!-- derive: expect refuted -->
$$ \sum_x \nabla_\theta \log f(x, \theta) = 0 $$

<!-- derive: expect refuted -->
$$ (\nabla_\theta \log f(x, \theta)) (\nabla_\theta \log f(x, \theta))^T = - \nabla_\theta^2 \log f(x, \theta) $$

<!-- derive: expect refuted -->
$$
\sum_x f(x, \theta) (\nabla_\theta \log f(x, \theta)) (\nabla_\theta \log f(x, \theta))^T
= \sum_x f(x, \theta) \nabla_\theta^2 \log f(x, \theta)
$$
"""

IDENTITY = Identity(
    name="bartlett",
    title="Bartlett's identities",
    source="Bartlett (1953), Approximate confidence intervals, Biometrika 40, 12-19",
    note=NOTE,
)
