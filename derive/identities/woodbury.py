"""The inverse and the determinant of a matrix with a product of low rank added to it: factor analysis rests on them."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size d, q
param W in R^{d x q} ; u in R^d
param \Psi in spd(d) ; C in spd(q)
```

$$ (\Psi + W C W^T)^{-1} = \Psi^{-1} - \Psi^{-1} W (C^{-1} + W^T \Psi^{-1} W)^{-1} W^T \Psi^{-1} $$

$$ (C^{-1} + W^T \Psi^{-1} W)^{-1} W^T \Psi^{-1} = C W^T (\Psi + W C W^T)^{-1} $$

$$ (\Psi + u u^T)^{-1} = \Psi^{-1} - \frac{\Psi^{-1} u u^T \Psi^{-1}}{1 + u^T \Psi^{-1} u} $$

$$ \log |\Psi + W C W^T| = \log |\Psi| + \log |C| + \log |C^{-1} + W^T \Psi^{-1} W| $$

$$ \log |\Psi + u u^T| = \log |\Psi| + \log(1 + u^T \Psi^{-1} u) $$

The sign, the inverse of the inner matrix, the determinant of C, and the inverse of a sum as a sum:

<!-- derive: expect refuted -->
$$ (\Psi + W C W^T)^{-1} = \Psi^{-1} + \Psi^{-1} W (C^{-1} + W^T \Psi^{-1} W)^{-1} W^T \Psi^{-1} $$

<!-- derive: expect refuted -->
$$ (\Psi + W C W^T)^{-1} = \Psi^{-1} - \Psi^{-1} W (C + W^T \Psi^{-1} W)^{-1} W^T \Psi^{-1} $$

<!-- derive: expect refuted -->
$$ \log |\Psi + W C W^T| = \log |\Psi| + \log |C^{-1} + W^T \Psi^{-1} W| $$

<!-- derive: expect refuted -->
$$ \log |\Psi + W C W^T| = \log |\Psi| + \log |C| + \log |C^{-1} + W^T W| $$
"""

IDENTITY = Identity(
    name="woodbury",
    title="The matrix inversion lemma and the determinant lemma",
    source="Woodbury (1950); Petersen and Pedersen (2012), The Matrix Cookbook, section 3.2; Harville (1997), chapter 18",
    note=NOTE,
)
