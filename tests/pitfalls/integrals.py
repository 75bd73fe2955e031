"""Class C: integrals and expectations."""

from __future__ import annotations

from functools import partial

from tests.pitfalls import Pitfall

BOUNDS = "an integral is over a latent or the data of a declared distribution"
_Integral = partial(
    Pitfall,
    declarations="""
const x in R ; t in R ; n in N ; m in N ; p in positive
""",
    reason=BOUNDS,
)

PITFALLS = (
    _Integral(
        "C1",
        "a real integral with an imaginary part",
        refused=(r"\int_0^1 \frac{\log x}{1 + x} dx = -\frac{\pi^2}{12}", r"\int_0^1 \frac{\log x}{1 + x} dx = 0"),
    ),
    _Integral(
        "C2",
        "a positive integrand with a negative integral",
        refused=(r"\int_0^1 \sqrt{2 - x} \sqrt{1 / (2 - x)} dx = 1", r"\int_0^1 \sqrt{2 - x} \sqrt{1 / (2 - x)} dx = -1"),
    ),
    _Integral(
        "C3",
        "a finite integral that comes out as infinite",
        refused=(
            r"\int_{-\infty}^{\infty} \frac{\cos(x^2) - \cos(x)}{x^2} dx = \pi - \sqrt{2 \pi}",
            r"\int_{-\infty}^{\infty} \frac{\cos(x^2) - \cos(x)}{x^2} dx = -\infty",
        ),
    ),
    _Integral(
        "C4",
        "a positive rational function with a negative integral",
        refused=(
            r"\int_0^\infty \frac{x^2}{x^4 - x^2 + 1} dx = \frac{\pi}{2}",
            r"\int_0^\infty \frac{x^2}{x^4 - x^2 + 1} dx = -1",
        ),
    ),
    _Integral(
        "C5",
        "orthogonality without the case of equal orders",
        refused=(r"\int_0^{2 \pi} \cos((n - m) x) dx = 0", r"\int_0^{2 \pi} \cos((n - m) x) dx = 2 \pi \delta_{nm}"),
    ),
    Pitfall(
        "C6",
        "a gamma density outside its support",
        "data x in positive ; param a in positive ; b in positive ; x ~ Gamma(a, b)",
        right=(r"p(x) = \frac{b^a}{\Gamma(a)} x^{a-1} \exp(-b x)",),
        wrong=(r"p(x) = \frac{b^a}{\Gamma(a)} x^a \exp(-b x)",),
        refused=(r"p(-1) = -\exp(1)", r"p(-1) = 0", r"p(x=-1) = -\exp(1)", r"\operatorname{Gamma}(-1 \mid 2, 1) = -\exp(1)"),
        reason="a datum has a value in its support",
    ),
    Pitfall(
        "C7",
        "a beta density outside its support",
        "data y in unit ; y ~ Beta(2, 2)",
        right=(r"p(y) = 6 y (1 - y)",),
        wrong=(r"p(y) = 3 y (1 - y)",),
        refused=(r"p(3) = -36", r"p(3) = 0", r"\operatorname{Beta}(3 \mid 2, 2) = -36"),
        reason="a datum has a value in its support",
    ),
    Pitfall(
        "C8",
        "an exponential density outside its support",
        "data z in positive ; z ~ Exponential(2)",
        right=(r"p(z) = 2 \exp(-2 z)",),
        wrong=(r"p(z) = \exp(-2 z)",),
        refused=(r"p(-1) = 2 \exp(2)", r"p(-1) = 0", r"\operatorname{Exponential}(-1 \mid 2) = 2 \exp(2)"),
        reason="a datum has a value in its support",
    ),
    Pitfall(
        "C9",
        "a moment generating function outside its domain",
        "latent u in positive ; const t in R ; u ~ Exponential(1)",
        right=(r"\mathbb{E}[u] = 1",),
        wrong=(r"\mathbb{E}[u] = -1",),
        refused=(r"\mathbb{E}[\exp(2 u)] = -1", r"\mathbb{E}[\exp(t u)] = \frac{1}{1 - t}"),
        reason="an expectation that does not exist is no number",
        otherwise={r"\mathbb{E}[\exp(2 u)] = -1": "unknown", r"\mathbb{E}[\exp(t u)] = \frac{1}{1 - t}": "unknown"},
    ),
    Pitfall(
        "C10",
        "two variables of one name are one",
        "latent u in R ; v in R ; u ~ Normal(0, 1) ; v ~ Normal(0, 1)",
        right=(r"\mathbb{E}[u^2] + \mathbb{E}[v^2] = 2", r"\mathbb{E}[(u + u)^2] = 4"),
        wrong=(r"\mathbb{E}[u^2] + \mathbb{E}[v^2] = 4", r"u - v = 0"),
        refused=(r"\mathbb{E}[(u + v)^2] = 4", r"\mathbb{E}[(u + v)^2] = 2"),
        reason="an expectation that couples several latents is not taken",
    ),
    _Integral(
        "C12",
        "a contour integral that vanishes",
        refused=(r"\int_0^1 \frac{\exp(6 i \pi t)}{\exp(2 i \pi t) - 1/2} dt = 0",),
        reason="numbers are real, and " + BOUNDS,
    ),
    Pitfall(
        "C13",
        "the density of a product",
        "data u in unit ; v in unit ; u ~ Beta(1, 1) ; v ~ Beta(1, 1)",
        right=(r"p(u, v) = 1",),
        wrong=(r"p(u, v) = 0",),
        refused=(r"p(u v) = 0", r"p(u v) = -\log(u v)"),
        reason="a density is of declared variables",
    ),
)
