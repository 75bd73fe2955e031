"""The gradient through an inverse matrix: the inverse stands on both sides, and matrices do not commute."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size d
param X in R^{d x d} ; \Sigma in spd(d) ; t in R
const a in R^d ; b in R^d
const A in R^{d x d} ; B in R^{d x d} ; C in R^{d x d} ; S in spd(d)
```

$$ \frac{\partial}{\partial t} (A + t B)^{-1} = - (A + t B)^{-1} B (A + t B)^{-1} $$

$$ \nabla_X a^T X^{-1} b = - X^{-T} a b^T X^{-T} $$

$$ \nabla_X \operatorname{tr}(X^{-1} C) = - (X^{-1} C X^{-1})^T $$

$$ \nabla_\Sigma \operatorname{tr}(\Sigma^{-1} S) = - \Sigma^{-1} S \Sigma^{-1} $$

As if they commuted, the sign lost, the transposition lost:

<!-- derive: expect refuted -->
$$ \nabla_\Sigma \operatorname{tr}(\Sigma^{-1} S) = - \Sigma^{-1} \Sigma^{-1} S $$

<!-- derive: expect refuted -->
$$ \nabla_\Sigma \operatorname{tr}(\Sigma^{-1} S) = \Sigma^{-1} S \Sigma^{-1} $$

<!-- derive: expect refuted -->
$$ \frac{\partial}{\partial t} (A + t B)^{-1} = - (A + t B)^{-1} (A + t B)^{-1} B $$

<!-- derive: expect refuted -->
$$ \nabla_X a^T X^{-1} b = - X^{-1} a b^T X^{-1} $$
"""

IDENTITY = Identity(
    name="inverse-gradient",
    title="The gradient through an inverse matrix",
    source="Bishop (2006), equation (C.21); Petersen and Pedersen (2012), The Matrix Cookbook, equations (60), (61), (63)",
    note=NOTE,
)
