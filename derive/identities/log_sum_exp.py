"""The log of a sum of exponentials: its gradient is the softmax, its Hessian the covariance of a category."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size k
index i, j, l in 1..k
param a_j in R
const c in R ; b_j in R
frozen q in simplex(k)
define p_j = \frac{\exp(a_j)}{\sum_l \exp(a_l)}
```

$$ \frac{\partial}{\partial a_j} \log \sum_l \exp(a_l) = p_j $$

$$ \frac{\partial^2}{\partial a_i \partial a_j} \log \sum_l \exp(a_l) = \delta_{ij} p_i - p_i p_j $$

What is added to every number comes out, which is how it is computed without overflow:

$$ \log \sum_l \exp(a_l + c) = c + \log \sum_l \exp(a_l) $$

It is at least the mean under any probabilities, with their entropy on top:

$$ \sum_l q_l a_l - \sum_l q_l \log q_l \le \log \sum_l \exp(a_l) $$

A diagonal Hessian, and the log taken into the sum:

<!-- derive: expect refuted -->
$$ \frac{\partial^2}{\partial a_i \partial a_j} \log \sum_l \exp(a_l) = \delta_{ij} p_i (1 - p_i) $$

<!-- derive: expect refuted -->
$$ \log \sum_l \exp(a_l) = \sum_l a_l $$

<!-- derive: expect refuted -->
$$ \log \sum_l \exp(a_l + c) = \log \sum_l \exp(a_l) $$
"""

IDENTITY = Identity(
    name="log-sum-exp",
    title="The log of a sum of exponentials",
    source="Boyd and Vandenberghe (2004), Convex Optimization, section 3.1.5",
    note=NOTE,
)
