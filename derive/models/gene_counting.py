"""Gene counting: the genes of an individual are seen only through what they show.

A genotype g has the chance b_g times the product of the frequencies of its genes, q_m to the power a_{gm}. For blood groups of
the kinds A, B and O three genes make six genotypes, for linkage q_1 is the chance that is asked for and q_2 its complement. Of a
phenotype with certain chances, 0 and 1, what is proved here for chances between them is the limit.

Source: Smith (1957), Counting methods in genetical statistics; Dempster, Laird and Rubin (1977), section 1; Lange (2010),
Numerical Analysis for Statisticians, section 13.4.
"""

from __future__ import annotations

from derive.models import declared

MODEL = declared(
    "gene-counting",
    "Gene counting",
    r"""
    size n, G, M, F
    index i in 1..n ; g, h, l in 1..G ; m, r in 1..M ; f in 1..F
    data y_i in 1..F
    latent z_i in 1..G
    const b_g in positive
    const a_{gm} in nonnegative
    const E_g in simplex(F)
    assume \sum_g a_{gm} > 0
    param q in simplex(M)
    define c_g = b_g \prod_{m=1}^M q_m^{a_{gm}}
    z_i ~ Categorical(c)
    y_i | z_i=g ~ Categorical(E_g)
    """,
    introduction="{n} independent individuals, each with a genotype {j}, one of {k}, which is not observed: only what it shows. "
    "The genotype {j} has the probability {weight_j}.",
    own_letters=True,
)
