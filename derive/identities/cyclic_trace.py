"""A quadratic form is a trace, and a trace is cyclic; it does not let matrices change places otherwise."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size d, n
index i in 1..n
data x_i in R^d
const \mu in R^d
const A in R^{d x d} ; B in R^{d x d} ; C in R^{d x d}
```

$$ (x_i - \mu)^T A (x_i - \mu) = \operatorname{tr}(A (x_i - \mu) (x_i - \mu)^T) $$

$$ \sum_i (x_i - \mu)^T A (x_i - \mu) = \operatorname{tr} \left( A \sum_i (x_i - \mu) (x_i - \mu)^T \right) $$

$$ \operatorname{tr}(A B C) = \operatorname{tr}(C A B) $$

Two of three matrices may not change places, and the trace of a product is no product of traces:

<!-- derive: expect refuted -->
$$ \operatorname{tr}(A B C) = \operatorname{tr}(B A C) $$

<!-- derive: expect refuted -->
$$ \operatorname{tr}(A B) = \operatorname{tr}(A) \operatorname{tr}(B) $$
"""

IDENTITY = Identity(
    name="cyclic-trace",
    title="The trace is cyclic",
    source="Petersen and Pedersen (2012), The Matrix Cookbook, section 1.1",
    note=NOTE,
)
