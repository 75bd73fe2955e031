"""Class A: derivatives of scalar functions of matrices, which came out as 0, or not at all.

A zero is written as a difference here: a gradient that is set to 0 is an equation to be used, and no claim.
"""

from __future__ import annotations

from functools import partial

from tests.pitfalls import Pitfall

_Pitfall = partial(
    Pitfall,
    declarations=r"""
size d
index a, b, c in 1..d
param S in spd(d) ; F in R^{d x d} ; \mu in R^d ; v in R^d ; t in positive
data x in R^d ; y in R^d
const A in spd(d) ; B in spd(d) ; g in R ; h in R
define q(u) = (u - \mu)^T S^{-1} (u - \mu)
""",
)

PITFALLS = (
    _Pitfall(
        "A1",
        "the gradient of a log-determinant",
        right=(r"\frac{\partial}{\partial S} \log |S| = S^{-1}",),
        wrong=(r"\frac{\partial}{\partial S} \log |S| = S - S", r"\frac{\partial}{\partial S} \log |S| = S"),
    ),
    _Pitfall(
        "A2",
        "the gradient of a sum of traces",
        right=(r"\frac{\partial}{\partial F} (\operatorname{tr}(F) + \operatorname{tr}(F F)) = I + 2 F^T",),
        wrong=(
            r"\frac{\partial}{\partial F} (\operatorname{tr}(F) + \operatorname{tr}(F F)) = F - F",
            r"\frac{\partial}{\partial F} (\operatorname{tr}(F) + \operatorname{tr}(F F)) = I + 2 F",
        ),
    ),
    _Pitfall(
        "A3",
        "the gradient of a trace and a number",
        right=(r"\frac{\partial}{\partial F} (\operatorname{tr}(F) + 1) = I",),
        wrong=(r"\frac{\partial}{\partial F} (\operatorname{tr}(F) + 1) = F - F",),
    ),
    _Pitfall(
        "A4",
        "the gradient of a squared trace",
        right=(r"\frac{\partial}{\partial F} (\operatorname{tr}(I - F))^2 = (2 \operatorname{tr}(F) - 2 d) I",),
        wrong=(r"\frac{\partial}{\partial F} (\operatorname{tr}(I - F))^2 = F - F",),
    ),
    _Pitfall(
        "A5",
        "the gradient of a squared Frobenius norm and a number",
        right=(r"\frac{\partial}{\partial F} (\operatorname{tr}(F^T F) - 3) = 2 F",),
        wrong=(
            r"\frac{\partial}{\partial F} (\operatorname{tr}(F^T F) - 3) = F - F",
            r"\frac{\partial}{\partial F} (\operatorname{tr}(F^T F) - 3) = 2 F^T",
        ),
    ),
    _Pitfall(
        "A6",
        "the gradient of a normal log-density in the covariance",
        right=(
            r"\frac{\partial}{\partial S} \left( \frac12 \log |S| + \frac12 q(x) \right)"
            r" = \frac12 S^{-1} - \frac12 S^{-1} (x - \mu) (x - \mu)^T S^{-1}",
        ),
        wrong=(
            r"\frac{\partial}{\partial S} \left( \frac12 \log |S| + \frac12 q(x) \right) = S - S",
            r"\frac{\partial}{\partial S} \left( \frac12 \log |S| + \frac12 q(x) \right)"
            r" = \frac12 S^{-1} - \frac12 (x - \mu) (x - \mu)^T",
        ),
    ),
    _Pitfall(
        "A7",
        "the gradient of a normal log-density in the mean",
        right=(r"\frac{\partial}{\partial \mu} \left( \frac12 \log |S| + \frac12 q(x) \right) = -S^{-1} (x - \mu)",),
        wrong=(
            r"\frac{\partial}{\partial \mu} \left( \frac12 \log |S| + \frac12 q(x) \right) = \mu - \mu",
            r"\frac{\partial}{\partial \mu} \left( \frac12 \log |S| + \frac12 q(x) \right) = S^{-1} (x - \mu)",
        ),
    ),
    _Pitfall(
        "A8",
        "the gradient of a sum of quadratic forms",
        right=(r"\frac{\partial}{\partial \mu} (q(x) + q(y)) = -2 S^{-1} (x + y - 2 \mu)",),
        wrong=(
            r"\frac{\partial}{\partial \mu} (q(x) + q(y)) = \mu - \mu",
            r"\frac{\partial}{\partial \mu} (q(x) + q(y)) = -2 S^{-1} (x + y - \mu)",
        ),
    ),
    _Pitfall(
        "A9",
        "the gradient of a scaled quadratic form and a number",
        right=(r"\frac{\partial}{\partial \mu} (g q(x) + h) = -2 g S^{-1} (x - \mu)",),
        wrong=(r"\frac{\partial}{\partial \mu} (g q(x) + h) = \mu - \mu",),
    ),
    _Pitfall(
        "A10",
        "the gradient of a log of a norm",
        right=(r"\frac{\partial}{\partial v} \log (v^T v) = \frac{2 v}{v^T v}",),
        wrong=(
            r"\frac{\partial}{\partial v} \log (v^T v) = v - v",
            r"\frac{\partial}{\partial v} \log (v^T v) = \frac{v}{v^T v}",
        ),
    ),
    _Pitfall(
        "A11",
        "the gradient of an exponential of a norm",
        right=(r"\frac{\partial}{\partial v} \exp(-v^T v / 2) = -\exp(-v^T v / 2) v",),
        wrong=(r"\frac{\partial}{\partial v} \exp(-v^T v / 2) = v - v",),
    ),
    _Pitfall(
        "A12",
        "the gradient of a log of a sum of exponentials",
        right=(r"\frac{\partial}{\partial v_b} \log \sum_{a=1}^d \exp(v_a) = \frac{\exp(v_b)}{\sum_{a=1}^d \exp(v_a)}",),
        wrong=(
            r"\frac{\partial}{\partial v_b} \log \sum_{a=1}^d \exp(v_a) = v_b - v_b",
            r"\frac{\partial}{\partial v_b} \log \sum_{a=1}^d \exp(v_a) = 1",
        ),
    ),
    _Pitfall(
        "A13",
        "the gradient of a quadratic form and a number",
        right=(r"\frac{\partial}{\partial v} \left( \frac12 v^T S^{-1} v + h \right) = S^{-1} v",),
        wrong=(r"\frac{\partial}{\partial v} \left( \frac12 v^T S^{-1} v + h \right) = v - v",),
    ),
    _Pitfall(
        "A14",
        "the gradient of a quotient of quadratic forms",
        right=(
            r"\frac{\partial}{\partial v} \frac{v^T S v}{v^T v}"
            r" = \frac{2 S v}{v^T v} - \frac{2 (v^T S v) v}{(v^T v)^2}",
        ),
        wrong=(r"\frac{\partial}{\partial v} \frac{v^T S v}{v^T v} = \frac{2 S v}{v^T v}",),
    ),
    _Pitfall(
        "A15",
        "the gradient of a norm",
        right=(r"\frac{\partial}{\partial v} \sqrt{v^T v} = \frac{v}{\sqrt{v^T v}}",),
        wrong=(r"\frac{\partial}{\partial v} \sqrt{v^T v} = \frac{2 v}{\sqrt{v^T v}}",),
    ),
    _Pitfall(
        "A16",
        "the derivative of an inverse along a line",
        right=(r"\frac{\partial}{\partial t} (A + t B)^{-1} = -(A + t B)^{-1} B (A + t B)^{-1}",),
        wrong=(
            r"\frac{\partial}{\partial t} (A + t B)^{-1} = (A + t B)^{-1} B (A + t B)^{-1}",
            r"\frac{\partial}{\partial t} (A + t B)^{-1} = -(A + t B)^{-1} (A + t B)^{-1} B",
        ),
    ),
    _Pitfall(
        "A17",
        "the derivative of the trace of an inverse along a line",
        right=(
            r"\frac{\partial}{\partial t} \operatorname{tr}((A + t B)^{-1})"
            r" = -\operatorname{tr}((A + t B)^{-1} B (A + t B)^{-1})",
        ),
        wrong=(r"\frac{\partial}{\partial t} \operatorname{tr}((A + t B)^{-1}) = -\operatorname{tr}((A + t B)^{-1} B)",),
    ),
    _Pitfall(
        "A18",
        "the gradient of the trace of a product with a diagonal matrix",
        right=(
            r"\frac{\partial}{\partial v_a} \sum_{b=1}^d v_b S_{bb} = S_{aa}",
            r"\frac{\partial}{\partial v_a} \operatorname{tr}(\operatorname{diag}(v) S) = S_{aa}",
        ),
        wrong=(r"\frac{\partial}{\partial v_a} \sum_{b=1}^d v_b S_{bb} = \operatorname{tr}(S)",),
    ),
    _Pitfall(
        "A19",
        "the gradient of a determinant",
        right=(r"\frac{\partial}{\partial S} |S| = |S| S^{-1}",),
        wrong=(r"\frac{\partial}{\partial S} |S| = S - S", r"\frac{\partial}{\partial S} |S| = S^{-1}"),
    ),
    _Pitfall(
        "A20",
        "the gradient of a determinant and a trace",
        right=(r"\frac{\partial}{\partial S} (|S| + \operatorname{tr}(S)) = |S| S^{-1} + I",),
        wrong=(r"\frac{\partial}{\partial S} (|S| + \operatorname{tr}(S)) = S - S",),
    ),
)
