"""Numbers of successes with a probability of their own each, drawn from a beta distribution.

Source: Skellam (1948), A probability distribution derived from the binomial distribution, JRSS B 10, 257-261.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "beta-binomial",
    "Binomial counts with beta probabilities",
    r"""
    size n
    index i in 1..n
    const m in N
    data x_i in N
    latent u_i in unit
    param a in positive
    param b in positive
    u_i ~ Beta(a, b)
    x_i | u_i ~ Binomial(m, u_i)
    """,
)
