"""The mixture of multinomial distributions: of each document is seen how often it has each of V words.

How long a document is, the sum of its counts, is known: what is modelled is which words it has, given that length.

Source: Nigam, McCallum, Thrun and Mitchell (2000), Text classification from labeled and unlabeled documents using EM, Machine
Learning 39, 103-134; McLachlan and Peel (2000), Finite Mixture Models, chapter 5.
"""

from __future__ import annotations

from derive.models import mixture

MODEL = mixture(
    "multinomial-mixture",
    "Mixture of multinomial distributions",
    r"""
    size V
    index v, u in 1..V
    data x_i in N^V
    assume \sum_i x_{iv} > 0
    param \theta_j in simplex(V)
    define m_i = \sum_{v=1}^V x_{iv}
    x_i | z_i=j ~ Multinomial(m_i, \theta_j)
    """,
)
