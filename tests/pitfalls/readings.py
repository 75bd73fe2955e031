"""Class F: what is written and what is read, and what is computed of it."""

from __future__ import annotations

from functools import partial

from tests.pitfalls import Pitfall

_Pitfall = partial(
    Pitfall,
    declarations=r"""
size n, d
index i, j in 1..n
data x_i in R
param X_{ij} in R ; A in R^{d x d} ; B in R^{d x d} ; S in spd(d) ; a in positive ; y in R ; z in R
fun f(y) in R
""",
)

PITFALLS = (
    _Pitfall("F1", "indices that change places", right=("X_{ij} = X_{ij}",), wrong=("X_{ij} = X_{ji}",)),
    _Pitfall(
        "F2",
        "an index below a sum",
        right=(r"\sum_{i=1}^3 x_i = x_1 + x_2 + x_3",),
        wrong=(r"\sum_{i=1}^3 x_i = 3 x_i", r"\sum_{i=1}^3 x_i = 3 x_1"),
    ),
    _Pitfall(
        "F3",
        "text that is dropped",
        refused=("y + = y", "y + 1 ) garbage = y + 1", r"y = y \to z", "y = y, ) z"),
        reason="a formula is read to its end, or not at all",
    ),
    _Pitfall(
        "F4",
        "an expectation that is read as a product",
        declarations=r"""
size K
data x in R
latent z in 1..K
param \theta in R
fun p(x, z | \theta) in positive
frozen q(z) in simplex(K) over z
""",
        right=(r"\mathbb{E}_q[\log p(x, z | \theta)] = \sum_z q(z) \log p(x, z | \theta)",),
        wrong=(r"\mathbb{E}_q[\log p(x, z | \theta)] = \log \sum_z q(z) p(x, z | \theta)",),
        refused=(r"\mathbb{E}_{r}[\log p(x, z | \theta)] = \sum_z q(z) \log p(x, z | \theta)",),
        reason="a distribution that is not declared is unknown",
    ),
    _Pitfall(
        "F5",
        "the determinant between bars",
        right=(r"\log |S| = \log \det S", r"|2 S| = 2^d |S|"),
        wrong=(r"|2 S| = 2 |S|", r"\log |S^{-1}| = \log |S|"),
    ),
    _Pitfall(
        "F6",
        "matrices are not numbers",
        right=(r"(A^T B)^T = B^T A",),
        wrong=("A^T B - B A^T = 0", "A^T = A", "A B = B A"),
    ),
    _Pitfall("F7", "a tower of exponents", refused=("2^3^4 = 4096", "2^3^4 = 2^{81}"), reason="it may be read in two ways"),
    _Pitfall(
        "F8",
        "an environment that is read as letters",
        right=(r"\begin{aligned} y + z &= z + y \end{aligned}",),
        wrong=(r"\begin{aligned} y + z &= z - y \end{aligned}",),
    ),
    _Pitfall(
        "F9",
        "a derivative that is read as a fraction",
        right=(r"\frac{\partial}{\partial x_1} x_1^2 = 2 x_1",),
        wrong=(r"\frac{\partial}{\partial x_1} x_1^2 = x_1", r"\frac{\partial}{\partial x_1} x_2^2 = 2 x_2"),
    ),
    _Pitfall(
        "F10", "a function that is read as a product", right=("f(y) = f(y)",), wrong=("f(y + z) = f(y) + f(z)", "f(2 y) = 2 f(y)")
    ),
    _Pitfall("F11", "brackets that grow", right=(r"\left( y \right) = y",), wrong=(r"\left( y \right) = 2 y",)),
    _Pitfall(
        "F12",
        "letters that mean something else to SymPy",
        declarations=r"const Q in R ; N in R ; S in R ; E in R ; I in R ; \gamma in R ; \beta in R ; \pi in R",
        right=(r"Q + N + S + E + I + \gamma + \beta + \pi = \pi + \beta + \gamma + I + E + S + N + Q",),
        wrong=("E = 2.718281828459045", "I^2 = -1", "N = S", r"\pi = 3.141592653589793", r"\gamma = 0.5772156649015329"),
    ),
    _Pitfall(
        "F13",
        "signs of programming languages",
        wrong=("y^2! = y^2",),
        refused=("y == y", r"y \text{ and } z = z", r"\lnot y = y"),
        reason="they are no formulas of this language, or may be read in two ways",
    ),
    _Pitfall(
        "F14",
        "the last of several data instead of the first",
        right=(r"\sum_{i=1}^n x_i = x_1 + \sum_{i=2}^n x_i",),
        wrong=(r"\sum_{i=1}^n x_i = x_3 + \sum_{i=2}^n x_i", r"\sum_{i=1}^3 x_i = x_2 + x_3 + x_3"),
        otherwise={r"\sum_{i=1}^n x_i = x_1 + \sum_{i=2}^n x_i": "confirmed"},
    ),
    _Pitfall(
        "F15",
        "the derivative of the log-gamma function",
        right=(r"\frac{\partial}{\partial a} \log \Gamma(a) = \psi(a)",),
        wrong=(r"\frac{\partial}{\partial a} \log \Gamma(a) = \Gamma(a)", r"\frac{\partial}{\partial a} \log \Gamma(a) = \log a"),
    ),
    _Pitfall(
        "F16",
        "the log-determinant in numbers",
        right=(r"\log |S| + \log |S^{-1}| = 0", r"\frac{\partial}{\partial S} \log |S| = S^{-1}"),
        wrong=(r"\log |S| = \operatorname{tr}(S)", r"\log |S| = 0"),
    ),
)
