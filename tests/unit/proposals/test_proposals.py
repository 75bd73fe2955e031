"""Slopes and maximisers as people write them, for densities of every kind; and that a wrong one is seen."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive import Model
from derive.algebra.prove import Proof, prove
from derive.claims import Claim
from derive.formula import ZERO, Definition, Divide, Inverse, Log, Number, Power, Reference, Sum, matrix_product, multiply
from derive.models import LatentModel
from derive.notation.conventions import convention
from derive.notation.latex_writer import latex
from derive.proposals.closed_forms import root
from derive.proposals.quadratics import quadratic
from derive.proposals.terms import Term
from derive.symbols import Index, Range, Size, Symbol

HEAD = r"""size n, k, d ; index i in 1..n ; j, l, s in 1..k
latent z_i in 1..k
param \phi in simplex(k)
z_i ~ Categorical(\phi)
"""


def weights(model: LatentModel) -> Definition:
    symbol = Symbol("u", "frozen", (model.datum.range, model.latent.range))
    at = (model.datum, model.latent)
    return Definition("w", at, Reference(symbol, at))


def written(lines: str, name: str) -> tuple[str, str]:
    """The slope and the maximiser of one parameter, in LaTeX."""
    model = Model(HEAD + lines)
    parameter, w = model.parameter(name), weights(model)
    style = convention("cs229")
    told = (made(w) if made is not None else None for made in (parameter.slope, parameter.m_step))
    return tuple("none" if one is None else latex(one, style).replace(" ", "") for one in told)  # type: ignore[return-value]


CASES = {
    "poisson": (
        r"data x_i in N ; param \lambda_j in positive ; x_i | z_i=j ~ Poisson(\lambda_j)",
        "lambda",
        r"\sum_{i=1}^{m}w_s^{(i)}\left(\frac{x^{(i)}}{\lambda_s}-1\right)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}x^{(i)}}{\sum_{i=1}^{m}w_s^{(i)}}",
    ),
    "exponential": (
        r"data x_i in positive ; param \lambda_j in positive ; x_i | z_i=j ~ Exponential(\lambda_j)",
        "lambda",
        r"\sum_{i=1}^{m}w_s^{(i)}\left(\frac{1}{\lambda_s}-x^{(i)}\right)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}}{\sum_{i=1}^{m}w_s^{(i)}x^{(i)}}",
    ),
    "bernoulli": (
        r"data x_i in bool ; param \mu_j in unit ; x_i | z_i=j ~ Bernoulli(\mu_j)",
        "mu",
        r"\sum_{i=1}^{m}w_s^{(i)}\left(\frac{x^{(i)}}{\mu_s}-\frac{1-x^{(i)}}{1-\mu_s}\right)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}x^{(i)}}{\sum_{i=1}^{m}w_s^{(i)}}",
    ),
    "normal variance": (
        r"data x_i in R ; param \mu_j in R ; v_j in positive ; x_i | z_i=j ~ Normal(\mu_j, v_j)",
        "v",
        r"\sum_{i=1}^{m}\tfrac12w_s^{(i)}\left(\frac{(x^{(i)}-\mu_s)^2}{(\sigma_s^2)^2}-\frac{1}{\sigma_s^2}\right)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}(x^{(i)}-\mu_s)^2}{\sum_{i=1}^{m}w_s^{(i)}}",
    ),
    "normal deviation": (
        r"data x_i in R ; param \mu_j in R ; \tau_j in positive ; x_i | z_i=j ~ Normal(\mu_j, \tau_j^2)",
        "tau",
        r"\sum_{i=1}^{m}w_s^{(i)}\left(\frac{(x^{(i)}-\mu_s)^2}{\tau_s^3}-\frac{1}{\tau_s}\right)",
        r"\left(\frac{\sum_{i=1}^{m}w_s^{(i)}(x^{(i)}-\mu_s)^2}{\sum_{i=1}^{m}w_s^{(i)}}\right)^{1/2}",
    ),
    "vector mean": (
        r"data x_i in R^d ; param \mu_j in R^d ; \Sigma_j in spd(d) ; x_i | z_i=j ~ Normal(\mu_j, \Sigma_j)",
        "mu",
        r"\sum_{i=1}^{m}w_s^{(i)}\Sigma_s^{-1}(x^{(i)}-\mu_s)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}x^{(i)}}{\sum_{i=1}^{m}w_s^{(i)}}",
    ),
    "covariance": (
        r"data x_i in R^d ; param \mu_j in R^d ; \Sigma_j in spd(d) ; x_i | z_i=j ~ Normal(\mu_j, \Sigma_j)",
        "Sigma",
        r"\sum_{i=1}^{m}\tfrac12w_s^{(i)}\bigl(\Sigma_s^{-1}(x^{(i)}-\mu_s)(x^{(i)}-\mu_s)^T\Sigma_s^{-1}-\Sigma_s^{-1}\bigr)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}(x^{(i)}-\mu_s)(x^{(i)}-\mu_s)^T}{\sum_{i=1}^{m}w_s^{(i)}}",
    ),
    "shared variance": (
        r"data x_i in R ; param \mu_j in R ; v in positive ; x_i | z_i=j ~ Normal(\mu_j, v)",
        "v",
        r"\sum_{i=1}^{m}\sum_{j=1}^{k}\tfrac12w_j^{(i)}\left(\frac{(x^{(i)}-\mu_j)^2}{(\sigma^2)^2}-\frac{1}{\sigma^2}\right)",
        r"\frac{\sum_{i=1}^{m}\sum_{j=1}^{k}w_j^{(i)}(x^{(i)}-\mu_j)^2}{m}",
    ),
    "regression": (
        r"data x_i in R^d ; y_i in R ; param \beta_j in R^d ; const v in positive ; y_i | z_i=j ~ Normal(x_i^T \beta_j, v)",
        "beta",
        r"\sum_{i=1}^{m}\frac{w_s^{(i)}\bigl(y_i-(x^{(i)})^T\beta_s\bigr)}{\sigma^2}x^{(i)}",
        r"\left(\sum_{i=1}^{m}w_s^{(i)}x^{(i)}(x^{(i)})^T\right)^{-1}\sum_{i=1}^{m}w_s^{(i)}y_ix^{(i)}",
    ),
    "weights": (
        r"data x_i in N ; param \lambda_j in positive ; x_i | z_i=j ~ Poisson(\lambda_j)",
        "phi",
        r"\sum_{i=1}^{m}\frac{w_s^{(i)}}{\phi_s}",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}}{m}",
    ),
    "gamma shape": (
        r"data x_i in positive ; param a_j in positive ; \beta_j in positive ; x_i | z_i=j ~ Gamma(a_j, \beta_j)",
        "a",
        r"\sum_{i=1}^{m}w_s^{(i)}\bigl(\log\beta_s+\logx^{(i)}-\operatorname{digamma}(a_s)\bigr)",
        "none",
    ),
    "log of a standard deviation": (
        r"data x_i in R ; const c in R ; param r_j in R ; x_i | z_i=j ~ Normal(c, e^{2 r_j})",
        "r",
        r"\sum_{i=1}^{m}w_s^{(i)}\left(\frac{(x^{(i)}-c)^2}{\exp(2r_s)}-1\right)",
        r"\tfrac12\log\frac{\sum_{i=1}^{m}w_s^{(i)}(x^{(i)}-c)^2}{\sum_{i=1}^{m}w_s^{(i)}}",
    ),
    "precision": (
        r"data x_i in R ; const c in R ; param t_j in positive ; x_i | z_i=j ~ Normal(c, 1/t_j)",
        "t",
        r"\sum_{i=1}^{m}\tfrac12w_s^{(i)}\left(\frac{1}{t_s}-(x^{(i)}-c)^2\right)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}}{\sum_{i=1}^{m}w_s^{(i)}(x^{(i)}-c)^2}",
    ),
    "precision matrix": (
        r"data x_i in R^d ; const c in R^d ; param \Lambda_j in spd(d) ; x_i | z_i=j ~ Normal(c, \Lambda_j^{-1})",
        "Lambda",
        r"\sum_{i=1}^{m}\tfrac12w_s^{(i)}\bigl(\Lambda_s^{-1}-(x^{(i)}-c)(x^{(i)}-c)^T\bigr)",
        r"\left(\frac{\sum_{i=1}^{m}w_s^{(i)}(x^{(i)}-c)(x^{(i)}-c)^T}{\sum_{i=1}^{m}w_s^{(i)}}\right)^{-1}",
    ),
    "diagonal precisions": (
        r"data x_i in R^d ; const c in R^d ; param \Lambda_j in diag(d) ; x_i | z_i=j ~ Normal(c, \Lambda_j^{-1})",
        "Lambda",
        r"\sum_{i=1}^{m}\tfrac12w_s^{(i)}\operatorname{diagonal}\bigl(\operatorname{diag}(\Lambda_s)^{-1}-(x^{(i)}-c)(x^{(i)}-c)^T\bigr)",
        r"none",
    ),
    "laplace scale": (
        r"data x_i in R ; const c in R ; param b_j in positive ; x_i | z_i=j ~ Laplace(c, b_j)",
        "b",
        r"\sum_{i=1}^{m}w_s^{(i)}\left(\frac{\bigl((x^{(i)}-c)^2\bigr)^{1/2}}{b_s^2}-\frac{1}{b_s}\right)",
        r"\frac{\sum_{i=1}^{m}w_s^{(i)}\bigl((x^{(i)}-c)^2\bigr)^{1/2}}{\sum_{i=1}^{m}w_s^{(i)}}",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_written_as_in_a_textbook(case: str) -> None:
    lines, name, slope, best = CASES[case]
    assert written(lines, name) == (slope, best)


def test_nothing_is_proposed_for_an_unknown_density() -> None:
    assert written(r"data x_i in R ; param \theta_j in R ; x_i | z_i=j ~ Density(f)", "theta") == ("none", "none")


def test_a_root_of_an_even_power_keeps_its_sign() -> None:
    r"""((x - c)^2)^{1/2} is |x - c|, not x - c."""
    from derive.formula import HALF

    x = Reference(Symbol("x", "data"))
    root = Power(Power(x, Number(HALF.value * 4)), HALF)
    assert Term().times(root).scalars != Term().times(x).scalars


def test_the_slope_of_a_sum_keeps_one_member() -> None:
    from derive.proposals.slopes import slope

    model = Model(HEAD + r"data x_i in N ; param \lambda_j in positive ; x_i | z_i=j ~ Poisson(\lambda_j)")
    i, j = model.datum, model.latent
    body = Sum(i, Sum(j, multiply(weights(model)(i, j), Log(model.joint(i, j)))))
    (first, *_) = slope(body, model.parameter("lambda").reference)
    assert first.binders == (i,)


def test_no_term_of_a_matrix_equation_is_lost() -> None:
    """W A = B + C, where no word on the right has a second letter."""
    size = Size("d")
    w, a, b, c = (Reference(Symbol(name, "param" if name == "W" else "const", (), (size, size))) for name in "WABC")
    slope = [Term(word=(w, a)), Term(word=(b,)).scaled(Fraction(-1)), Term(word=(c,)).scaled(Fraction(-1))]
    assert root(slope, w, Index("i", Range(size))).value == matrix_product(b + c, Inverse(a))


def test_quadratic_functions_of_a_number_keep_every_sign() -> None:
    """3 - (2 - c z)^2 / (2 v) + z (1 - z): what is read off is proved to be the same function, and a twin is not."""
    z, c = (Reference(Symbol(name, "const")) for name in "zc")
    v = Reference(Symbol("v", "const", (), (), "positive"))
    one, two, three = (Number(Fraction(value)) for value in (1, 2, 3))
    half = Number(Fraction(1, 2))
    for node in (
        three - Divide(Power(two - multiply(c, z), two), multiply(two, v)) + multiply(z, one - z),
        multiply(c, two - z) + Power(multiply(Number(Fraction(-2)), z - c), two),
        multiply(Number(Fraction(-3)), multiply(z, c + multiply(Number(Fraction(-1)), c, z))),
    ):
        found = quadratic(node, z)
        parts = [part for part in (found.precision, found.slope, found.constant) if part is not None]
        assert len(parts) >= 2
        whole = multiply(-half, found.precision or ZERO, z, z) + multiply(z, found.slope or ZERO) + (found.constant or ZERO)
        assert isinstance(prove(Claim(label="read off", lhs=node, rhs=whole)), Proof)
        assert not isinstance(prove(Claim(label="twin", lhs=node, rhs=whole + multiply(z, two, found.slope or ZERO))), Proof)


@pytest.mark.parametrize(("covariance", "told"), [(r"L_j L_j^T", True), (r"(L_j L_j^T)^{-1}", False)])
def test_the_loss_of_a_factor_is_that_of_a_covariance(covariance: str, told: bool) -> None:
    model = Model(HEAD + rf"data x_i in R^d ; param L_j in lower(d) ; const m_j in R^d ; x_i | z_i=j ~ Normal(m_j, {covariance})")
    assert model.parameter("L").m_step is not None
    assert (model.parameter("L").gap is not None) == told


def test_a_letter_that_stands_alike_in_all_logits_has_no_root() -> None:
    model = Model(r"""
        size n, k
        index i in 1..n ; j, l in 1..k
        data x_i in N
        latent z_i in 1..k
        param a_j in R ; b in R ; \lambda_j in positive
        define p_j = \frac{\exp(a_j + b)}{\sum_{l=1}^k \exp(a_l + b)}
        z_i ~ Categorical(p)
        x_i | z_i=j ~ Poisson(\lambda_j)
    """)
    assert model.parameter("b").m_step is None
