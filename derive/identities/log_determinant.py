"""The gradient of a log-determinant is the transposed inverse, of any regular matrix."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size d
param X in R^{d x d} ; \Sigma in spd(d) ; t in R
const A in R^{d x d} ; B in R^{d x d}
```

$$ \nabla_X \log |\det X| = X^{-T} $$

Along any path of matrices it is the trace of the inverse times the path's direction:

$$ \frac{\partial}{\partial t} \log |\det (A + t B)| = \operatorname{tr}((A + t B)^{-1} B) $$

It is multiplicative, so a change of basis is not seen:

$$ \log |\det (X B)| = \log |\det X| + \log |\det B| $$

$$ \nabla_X \log |\det (B X B)| = X^{-T} $$

Of a symmetric matrix, its entries taken as independent, the transposition is not seen either:

$$ \nabla_\Sigma \log |\Sigma| = \Sigma^{-1} $$

The transposition forgotten; the inverse taken where the path began; a sum for a product; a factor taken out once, not for each
dimension:

<!-- derive: expect refuted -->
$$ \nabla_X \log |\det X| = X^{-1} $$

<!-- derive: expect refuted -->
$$ \frac{\partial}{\partial t} \log |\det (A + t B)| = \operatorname{tr}(A^{-1} B) $$

<!-- derive: expect refuted -->
$$ \log |\det (X + B)| = \log |\det X| + \log |\det B| $$

<!-- derive: expect refuted -->
$$ \log |\det (2 X)| = \log 2 + \log |\det X| $$
"""

IDENTITY = Identity(
    name="log-determinant",
    title="The gradient of a log-determinant",
    source="Bishop (2006), equations (C.22), (C.28); Petersen and Pedersen (2012), The Matrix Cookbook, section 2.1",
    note=NOTE,
)
