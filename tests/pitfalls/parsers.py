"""Class P: what other readers of formulas take for the same, or drop."""

from __future__ import annotations

from functools import partial

from tests.pitfalls import Pitfall

_Pitfall = partial(
    Pitfall,
    declarations=r"""
size n, d
index i, j in 1..n
param \Sigma in R ; \sigma in R ; A in R^{d x d} ; B in R^{d x d} ; a in R ; t in R
param x in positive ; x' in positive ; w in R^d ; v in R^d
""",
)

PITFALLS = (
    _Pitfall(
        "P1", "capital letters", right=(r"\Sigma + \sigma = \sigma + \Sigma",), wrong=(r"\Sigma = \sigma", r"\sigma = \Sigma")
    ),
    _Pitfall(
        "P2",
        "transposes",
        right=("(A B)^T = B^T A^T", "w^T v = v^T w", r"v^T A w = w^T A^T v"),
        wrong=("(A B)^T = A^T B^T", "v^T A w = w^T A v", "A^T + A = 2 A"),
    ),
    _Pitfall("P3", "primes", right=("x' + x = x + x'",), wrong=("x' = x", "x' - x = 0")),
    _Pitfall(
        "P4",
        "the base of a logarithm",
        right=(r"\frac{\partial}{\partial x} \log x = \frac{1}{x}", r"\ln x = \log x"),
        wrong=(r"\log 10 = 1", r"\frac{\partial}{\partial x} \log x = \frac{1}{x \log 10}"),
    ),
    _Pitfall(
        "P5",
        "arguments behind a logarithm",
        declarations=r"""
size n, K
index i in 1..n ; k in 1..K
data x_i in N
latent z_i in 1..K
param \pi in simplex(K) ; \lambda_k in positive
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Poisson(\lambda_k)
""",
        right=(r"\log p(x_i | z_i=k) = x_i \log \lambda_k - \lambda_k - \log x_i!",),
        wrong=(r"\log p(x_i | z_i=k) = \log p(x_i)", r"\log p(x_i | z_i=k) = x_i \log \lambda_k - \lambda_k"),
    ),
    _Pitfall(
        "P6", "the order of a delta's indices", right=(r"\delta_{ij} = \delta_{ji}",), wrong=(r"\delta_{ij} = \delta_{ii}",)
    ),
    _Pitfall(
        "P7",
        "numbers that are nearly the same",
        wrong=(r"\frac{1}{2004!} = \frac{1}{2006!}", "2^{-99} = 2^{-98}", r"1 - \exp(-1) = 1 + \exp(-1)", r"\pi = 3.14159265"),
    ),
    _Pitfall(
        "P8",
        "cases",
        refused=(
            r"\begin{cases} a & a > 0 \\ 0 & a \le 0 \end{cases} = \begin{cases} a & a > 0 \\ 1 & a \le 0 \end{cases}",
            r"a = \begin{cases} a & a > 0 \\ 0 & a \le 0 \end{cases}",
        ),
        reason="cases are not in the language",
    ),
    _Pitfall("P9", "lists", refused=("1, 2, 3 = 1, 3, 5", r"\{1, 2\} = \{2, 1\}"), reason="lists are no formulas"),
    _Pitfall(
        "P10", "a derivative that is a pair of letters", wrong=(r"\frac{d t^2}{d t} = t",), right=(r"\frac{d t^2}{d t} = 2 t",)
    ),
)
