"""Class E: places where something is not defined, branches, and factors that do not commute."""

from __future__ import annotations

from functools import partial

from tests.pitfalls import Pitfall

_Pitfall = partial(
    Pitfall,
    declarations="""
size d
index l in 1..3
param a in R ; b in R ; p in positive ; q in positive ; t in positive
const A in spd(d) ; B in spd(d) ; m in Z
""",
)

NOWHERE = (
    r"\frac{a - a}{a - a} = 0",
    r"\frac{a - a}{a - a} = 1",
    r"\frac{1}{a - a} = \frac{1}{a - a}",
    r"\log(-p) = \log(-p)",
    r"\log 0 = \log 0",
    r"\sqrt{-p} = \sqrt{-p}",
)

PITFALLS = (
    _Pitfall(
        "E1",
        "a derivative at a kink",
        refused=(
            r"\frac{\partial |a|}{\partial a} \Big|_{a=0} = 0",
            r"\frac{\partial |a|}{\partial a} \Big|_{a=0} = -1",
        ),
        reason="there is no derivative at a kink",
    ),
    _Pitfall(
        "E2",
        "the derivative of an indicator",
        refused=(r"\frac{\partial}{\partial a} 1(a = 0) = 0",),
        reason="there is no derivative at a jump",
    ),
    _Pitfall(
        "E3",
        "a denominator made rational divides by zero",
        right=(r"\frac{1}{\sqrt{p} + \sqrt{q}} = \frac{\sqrt{p} - \sqrt{q}}{p - q}",),
        wrong=(r"\frac{1}{\sqrt{p} + \sqrt{q}} = \frac{\sqrt{p} + \sqrt{q}}{p - q}",),
    ),
    _Pitfall(
        "E4",
        "a place where a quotient is not defined disappears",
        right=(r"\frac{a^2 - 1}{a - 1} = a + 1", r"0 \log p = 0"),
        wrong=(r"\frac{a^2 - 1}{a - 1} = a - 1", r"\log p = 0", r"0 \log a = 0"),
        otherwise={r"0 \log p = 0": "unknown"},
    ),
    _Pitfall(
        "E5",
        "the log of a square",
        right=(r"\log p^2 = 2 \log p", r"\log(a^2) = 2 \log |a|"),
        wrong=(r"\log(a^2) = 2 \log a", r"\sqrt{a^2} = a"),
        otherwise={r"\log(a^2) = 2 \log |a|": "unknown"},
    ),
    _Pitfall(
        "E6",
        "the log of a product of matrices",
        right=(r"\log |A B| = \log |A| + \log |B|",),
        wrong=("A B = B A",),
        refused=(r"\log(A B) = \log(A) + \log(B)",),
        reason="the logarithm of a matrix is not in the language",
    ),
    _Pitfall(
        "E7",
        "the derivative of an exponential of matrices",
        refused=(r"\frac{\partial}{\partial t} \exp(A t + B) = \exp(A t + B) A",),
        reason="the exponential of a matrix is not in the language",
    ),
    _Pitfall(
        "E8",
        "an answer for most values is taken for all",
        right=(r"p b = 1 \implies b = \frac{1}{p}", r"A^{-1} A = I"),
        wrong=(r"a b = a \implies b = 1",),
        refused=(r"\operatorname{rank}(A) = d",),
        reason="ranks are not in the language",
    ),
    _Pitfall(
        "E9",
        "a quotient of zeros is taken for zero",
        wrong=(r"\frac{a - b}{a - b} = 0", r"\sum_{l=-2}^2 \frac{\sin(\pi l)}{\pi l} = 0"),
        refused=NOWHERE,
        reason="what is defined nowhere has no value, and does not equal itself",
        otherwise=dict.fromkeys(NOWHERE, "unknown"),
    ),
    _Pitfall(
        "E10",
        "branches of the log-gamma function",
        right=(r"\log \Gamma(p + 1) = \log p + \log \Gamma(p)",),
        wrong=(r"\log \Gamma(p + 1) = p + \log \Gamma(p)",),
        refused=(r"\log \Gamma(-1/2) = 0",),
        reason="the gamma function is negative there, and numbers are real",
        otherwise={r"\log \Gamma(-1/2) = 0": "unknown"},
    ),
)
