"""The hidden Markov model: a path of hidden states, of which each observation shows a little (Baum and Welch).

The latent is the whole path. What is used of a path c are its counts: a_{ck}, whether it begins in state k, N_{ckl}, how often it
goes from k to l, u_{ctk}, whether it is in k at time t. Nothing else is used, not even that they are whole numbers.

Source: Baum, Petrie, Soules and Weiss (1970), A maximization technique occurring in the statistical analysis of probabilistic
functions of Markov chains; Rabiner (1989), A tutorial on hidden Markov models, equations 40 and 53.
"""

from __future__ import annotations

from derive.models import declared

NORMAL = r"""
data x_{it} in R
param \mu_k in R
param v_k in positive
define b_{itc} = \prod_{k=1}^K \mathcal{N}(x_{it} \mid \mu_k, v_k)^{u_{ctk}}
"""
COUNTS = r"""
data x_{it} in N
param \lambda_k in positive
define b_{itc} = \prod_{k=1}^K \left(\frac{\lambda_k^{x_{it}} e^{-\lambda_k}}{x_{it}!}\right)^{u_{ctk}}
"""

MODEL = declared(
    "hidden-markov",
    "Hidden Markov model",
    r"""
    size n, T, K, P
    index i in 1..n ; t in 1..T ; j, k, l in 1..K ; c, d, q in 1..P
    const a_{ck} in nonnegative
    const N_{ckl} in nonnegative
    const u_{ctk} in nonnegative
    assume \sum_c a_{ck} > 0 ; \sum_c N_{ckl} > 0 ; \sum_c u_{ctk} > 0
    latent h_i in 1..P
    param \pi in simplex(K)
    param A_k in simplex(K)
    <emission>
    define g_c = \prod_{k=1}^K \pi_k^{a_{ck}} \prod_{k=1}^K \prod_{l=1}^K A_{kl}^{N_{ckl}}
    h_i ~ Categorical(g)
    x_{it} | h_i=c ~ Density(b_{itc})
    """,
    {"emission": {"normal": NORMAL, "poisson": COUNTS}},
    introduction="{n} independent sequences, and behind each a path through hidden states: {j} is one of the {k} paths. "
    "The constants say what a path is: whether it begins in a state, how often it goes from one state to another, and whether it "
    "is in a state at a time. Every state, and every change of states, is on some path. The sums over paths are what the "
    "forward and backward recursions compute.",
    own_letters=True,
)
