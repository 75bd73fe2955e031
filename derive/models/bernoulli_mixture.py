"""The mixture of products of Bernoulli distributions, for binary vectors (latent class analysis).

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 9.3.3.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "bernoulli-mixture",
    "Mixture of products of Bernoullis",
    r"""
    size d
    index a, b in 1..d
    data x_{ia} in bool
    param \mu_{ja} in unit
    x_{ia} | z_i=j ~ Bernoulli(\mu_{ja})
    """,
)
