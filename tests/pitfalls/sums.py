"""Class B: sums, products, Kronecker's delta, and letters that are bound."""

from __future__ import annotations

from functools import partial

from tests.pitfalls import Pitfall

_Pitfall = partial(
    Pitfall,
    declarations=r"""
size n
index i, j, l, m in 1..n
data x_i in R
param c_i in R ; y_i in R ; p in positive
const r in positive
fun f(p) in R
define g_i = \sum_{j=1}^n c_i x_j
""",
)

PITFALLS = (
    _Pitfall(
        "B1",
        "a delta of twice an index forgets which numbers are even",
        right=(r"\sum_{i=1}^n \delta_{ij} = 1",),
        wrong=(r"\sum_{i=1}^n \delta_{ij} = 0",),
        refused=(r"\sum_{i=1}^n \delta_{2i,j} = 1",),
        reason="indices are letters and numbers, and no terms in them",
    ),
    _Pitfall(
        "B2",
        "a sum that runs backwards",
        refused=(r"\sum_{i=n}^1 \delta_{ij} = -1", r"\sum_{i=n}^1 \delta_{ij} = 0"),
        reason="a sum runs upwards",
    ),
    _Pitfall(
        "B3",
        "a number for an index",
        refused=(r"\sum_{i=1}^n \delta_{i,r} = 1", r"\sum_{i=1}^n \delta_{i,r} = 0"),
        reason="an index is a declared letter, or an integer",
    ),
    _Pitfall(
        "B4",
        "a bound index that escapes",
        right=(r"-\sum_{i=1}^n \delta_{ij} x_i = -x_j",),
        wrong=(r"-\sum_{i=1}^n \delta_{ij} x_i = -\sum_{i=1}^n x_i",),
    ),
    _Pitfall(
        "B5",
        "a sum of some squares",
        right=(r"\sum_{i=7}^{12} i^2 = 559", r"\sum_{i=1}^{12} i^2 = 650"),
        wrong=(r"\sum_{i=7}^{12} i^2 = 650",),
    ),
    _Pitfall(
        "B6",
        "a sum whose first terms are small",
        right=(r"\sum_{i=0}^{60} \exp(-(i - 40)^2 / 2) = \sum_{j=0}^{60} \exp(-(j - 40)^2 / 2)",),
        wrong=(r"\sum_{i=0}^{60} \exp(-(i - 40)^2 / 2) = 0", r"\sum_{i=0}^{60} \exp(-(i - 40)^2 / 2) \le 2"),
        refused=(r"\sum_{i=0}^{100} \exp(-(i - 70)^2 / 2) = 0",),
        reason="more than 64 terms are not written out",
    ),
    _Pitfall(
        "B7",
        "a hypergeometric sum",
        right=(r"\sum_{i=0}^4 \binom{5}{i} \binom{7}{4 - i} = \binom{12}{4}",),
        wrong=(r"\sum_{i=0}^4 \binom{5}{i} \binom{7}{4 - i} = 0",),
    ),
    _Pitfall(
        "B8",
        "an alternating sum of binomial coefficients",
        right=(r"\sum_{i=0}^{4} \binom{4}{i} (-1)^i = 0",),
        wrong=(r"\sum_{i=0}^{4} \binom{4}{i} (-1)^i = 1",),
        refused=(r"\sum_{i=0}^{n} \binom{n}{i} (-1)^i = 0",),
        reason="an index is a number only where its range is of numbers",
    ),
    _Pitfall(
        "B9",
        "a derivative whose order is summed over",
        right=(r"\frac{\partial}{\partial c_l} \sum_{i=1}^n c_i^3 = 3 c_l^2",),
        wrong=(r"\frac{\partial}{\partial c_l} \sum_{i=1}^n c_i^3 = c_l - c_l",),
        refused=(r"\sum_{i=1}^3 \frac{\partial^i f(p)}{\partial p^i} = 0",),
        reason="the order of a derivative is a number",
    ),
    _Pitfall(
        "B10",
        "a sum of derivatives of what depends on the letter",
        right=(r"\frac{\partial}{\partial p} (1 + p - 2 p + p^2) = 2 p - 1",),
        wrong=(r"\frac{\partial}{\partial p} (1 + p - 2 p + p^2) = p - p",),
    ),
    _Pitfall(
        "B11",
        "the same letter free and bound in a derivative",
        right=(r"\frac{\partial}{\partial x_i} \sum_{i=1}^n c_i x_i = c_i",),
        wrong=(r"\frac{\partial}{\partial x_i} \sum_{i=1}^n c_i x_i = \sum_{i=1}^n c_i",),
    ),
    _Pitfall(
        "B12",
        "a letter that is put in below a sum is captured",
        right=(r"\sum_{l=1}^n c_i x_l = c_i \sum_{l=1}^n x_l", r"\sum_{j=1}^n g_j = \sum_{i=1}^n c_i \sum_{l=1}^n x_l"),
        wrong=(r"\sum_{i=1}^n c_i x_i = c_i \sum_{l=1}^n x_l", r"\sum_{j=1}^n g_j = n \sum_{j=1}^n c_j x_j"),
    ),
    _Pitfall(
        "B13",
        "what an empty range means",
        right=(r"\sum_{i=2}^n 1 = n - 1", r"\prod_{i=1}^{-1} i = 1", r"\sum_{i=1}^{-3} 1 = 0"),
        wrong=(r"\sum_{i=2}^n 1 = n", r"\prod_{i=2}^n p = p^n", r"\prod_{i=1}^{-1} i = 0", r"\sum_{i=1}^{-3} 1 = -3"),
        otherwise={r"\sum_{i=1}^{-3} 1 = 0": "unknown"},
    ),
    _Pitfall(
        "B14",
        "a delta below a sum is no contraction of all that is there",
        right=(r"\sum_{j=1}^n \delta_{ij} c_j x_j = c_i x_i",),
        wrong=(r"\sum_{j=1}^n \delta_{ij} c_j x_j = \sum_{j=1}^n c_j x_j",),
    ),
    _Pitfall(
        "B15",
        "either of two letters beside their delta",
        right=(r"\delta_{ij} c_i = \delta_{ij} c_j",),
        wrong=(r"\delta_{ij} c_i = 0", r"\delta_{ij} c_i = c_j"),
    ),
    _Pitfall(
        "B16",
        "a bound letter of another name",
        right=(r"\sum_{i=1}^n x_i - \sum_{l=1}^n x_l = 0",),
        wrong=(r"\sum_{i=1}^n x_i - \sum_{l=1}^n x_l = 1",),
    ),
    _Pitfall(
        "B17",
        "an alternating sum on which evaluation hangs",
        right=(r"\sum_{i=1}^{60} (-1)^i i^{-2} \sin(i) = \sum_{j=1}^{60} (-1)^j j^{-2} \sin(j)",),
        wrong=(r"\sum_{i=1}^{60} (-1)^i i^{-2} \sin(i) = 0",),
    ),
    _Pitfall(
        "B18",
        "an infinite sum that is no number",
        refused=(r"\sum_{i=1}^{\infty} \frac{1}{i (i + 1)} = 1", r"\sum_{i=1}^{\infty} \frac{1}{i (i + 1)} = 0"),
        reason="sums are finite",
    ),
)
