"""The Jacobian of the softmax, and the gradient of a cross entropy through it."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size k
index i, j, l in 1..k
param a_j in R
const y_j in R
define p_j = \frac{\exp(a_j)}{\sum_l \exp(a_l)}
```

$$ \frac{\partial p_i}{\partial a_j} = p_i (\delta_{ij} - p_j) $$

The gradient of the cross entropy with any numbers y; it is p - y where these sum to one:

$$ \frac{\partial}{\partial a_j} \left( - \sum_i y_i \log p_i \right) = p_j \sum_i y_i - y_j $$

The Jacobian is not diagonal, and without the sum of y it is p - y only of probabilities:

<!-- derive: expect refuted -->
$$ \frac{\partial p_i}{\partial a_j} = \delta_{ij} p_i (1 - p_i) $$

<!-- derive: expect refuted -->
$$ \frac{\partial}{\partial a_j} \left( - \sum_i y_i \log p_i \right) = p_j - y_j $$

<!-- derive: expect refuted -->
$$ \frac{\partial}{\partial a_j} \left( - \sum_i y_i \log p_i \right) = - y_j (1 - p_j) $$
"""

IDENTITY = Identity(
    name="softmax",
    title="The softmax and the cross entropy",
    source="Bridle (1990), Training stochastic model recognition algorithms as networks; Bishop (2006), equation (4.106)",
    note=NOTE,
)
