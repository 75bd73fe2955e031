r"""Probabilistic latent semantic analysis: each word of a document is of a topic, and each topic has words of its own.

The datum i is a word: y_i of V words, in the document of which d_{ia} is one, all other d_{ia} zero.

Source: Hofmann (1999), Probabilistic latent semantic indexing, SIGIR 22, equations 3 to 6.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "plsa",
    "Probabilistic latent semantic analysis",
    r"""
    size n, D, V, K
    index i in 1..n ; a, b in 1..D ; v, u in 1..V ; j, k, l in 1..K
    data y_i in 1..V
    latent z_i in 1..K
    const d_{ia} in nonnegative
    assume \sum_i d_{ia} > 0
    param \theta_a in simplex(K)
    param \beta_k in simplex(V)
    define g_{ik} = \prod_{a=1}^D \theta_{ak}^{d_{ia}}
    z_i ~ Categorical(g_i)
    y_i | z_i=k ~ Categorical(\beta_k)
    """,
    introduction="{n} words, each of a topic {j}, one of {k}, which is not observed. In the document to which the word belongs "
    "the topic {j} has the probability {weight_j}.",
    own_letters=True,
)
