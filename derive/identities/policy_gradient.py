"""The policy gradient: which distribution of states it averages over, and that another one gives no gradient at all."""

from __future__ import annotations

from derive.identities import Identity

NOTE = r"""
```derive
size m, k
index a, b, c in 1..k
param \pi_a in R^m
const P_a in R^{m x m} ; r_a in R^m
const \rho in R^m ; \gamma in unit
define M = I_m - \gamma \sum_a \operatorname{diag}(\pi_a) P_a
define U = I_m - \sum_a \operatorname{diag}(\pi_a) P_a
define v = M^{-1} \sum_a \operatorname{diag}(\pi_a) r_a
define q_b = r_b + \gamma P_b v
define d = M^{-T} \rho ; e = U^{-T} \rho
```

A decision process with m states and k actions: the policy takes action a with the chances $\pi_a$, one for each state, with the
transitions $P_a$ and the rewards $r_a$. The value v of each state, and its discounted visits d from the beginning $\rho$:

$$ v = \sum_a \operatorname{diag}(\pi_a) (r_a + \gamma P_a v) $$

$$ d = \rho + \gamma \sum_a P_a^T \operatorname{diag}(\pi_a) d $$

The gradient of the value of the beginning: the value q of an action, as often as its state is visited, discounted. By the chain
rule that is the gradient in any parameters of the policy:

$$ \nabla_{\pi_b} \rho^T v = d \odot q_b $$

$$ \nabla_{\pi_c} (d \odot q_b) = (\nabla_{\pi_b} (d \odot q_c))^T $$

Only the beginning counted, only the next reward counted, the visits not discounted:

<!-- derive: expect refuted -->
$$ \nabla_{\pi_b} \rho^T v = \rho \odot q_b $$

<!-- derive: expect refuted -->
$$ \nabla_{\pi_b} \rho^T v = d \odot r_b $$

<!-- derive: expect refuted -->
$$ \nabla_{\pi_b} \rho^T v = e \odot q_b $$

With the visits not discounted it is the gradient of no function at all, since its derivatives are not symmetric:

<!-- derive: expect refuted -->
$$ \nabla_{\pi_c} (e \odot q_b) = (\nabla_{\pi_b} (e \odot q_c))^T $$
"""

IDENTITY = Identity(
    name="policy-gradient",
    title="The policy gradient theorem",
    source="Sutton, McAllester, Singh and Mansour (2000), Policy gradient methods for reinforcement learning with function "
    "approximation, theorem 1; Nota and Thomas (2020), Is the policy gradient a gradient?, arXiv:1906.07073",
    note=NOTE,
)
