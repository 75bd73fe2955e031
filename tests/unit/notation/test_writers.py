"""Both writers, in both conventions, on the formulas that the project is about: exact strings."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from derive import identities, models
from derive.errors import UnknownNameError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    HALF,
    ONE,
    Add,
    Apply,
    AtEqual,
    Cholesky,
    Component,
    Definition,
    Delta,
    Derivative,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Function,
    Identity,
    Inverse,
    Log,
    Multiply,
    Named,
    Number,
    Pi,
    Power,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
    Transpose,
    UnspecifiedFunction,
    at_time,
    log_determinant,
    matrix_product,
    multiply,
    negate,
    quadratic_form,
    walk,
)
from derive.identities.held_step import line_one, line_two
from derive.notation.conventions import convention, names
from derive.notation.latex_writer import latex
from derive.notation.text_writer import break_rows, text
from derive.symbols import Index, Range, Size, Symbol

Build = Callable[[Algorithm], Formula]


def _by(em: Algorithm, name: str) -> Reference:
    return em.model.parameter(name).reference


FORMULAS: dict[str, Build] = {
    "psi": lambda em: em.model.by_exponent.exponent.body,
    "alpha": lambda em: em.model.by_exponent.normaliser.body,
    "l": lambda em: em.l.body,
    "Q": lambda em: em.q.body,
    "w": lambda em: em.w.body,
    "KL": lambda em: em.gap.body,
    "dQ/dmu": lambda em: em.model.parameter("mu").slope(em.held),
    "dQ/dSigma": lambda em: em.model.parameter("Sigma").slope(em.held),
    "score mu": lambda em: em.model.parameter("mu").slope(em.moving),
    "m-step mu": lambda em: em.model.parameter("mu").m_step(em.held),
    "m-step Sigma": lambda em: em.model.parameter("Sigma").m_step(em.held),
    "m-step phi": lambda em: em.model.parameter("phi").m_step(em.held),
    "line 1": lambda em: Derivative(line_one(em, em.held), _by(em, "mu")),
    "line 2": lambda em: Derivative(line_two(em, em.held), _by(em, "mu")),
    "dw/dmu": lambda em: Derivative(em.moving(em.model.datum, em.model.latent), _by(em, "mu")),
    "own": lambda em: multiply(
        em.moving(em.model.datum, em.model.fresh),
        ONE - em.moving(em.model.datum, em.model.fresh),
        Derivative(em.model.by_exponent.exponent(em.model.datum, em.model.fresh), _by(em, "mu")),
    ),
    "fisher": lambda em: AtEqual(Derivative(em.q(), _by(em, "mu"))),
    "fisher phi": lambda em: AtEqual(Derivative(em.q(), _by(em, "phi"))),
}

CS229 = {
    "psi": (
        r"-\tfrac12 (x^{(i)} - \mu_j)^T \Sigma_j^{-1} (x^{(i)} - \mu_j)",
        "−½ (x⁽ⁱ⁾ − μⱼ)ᵀ Σⱼ⁻¹ (x⁽ⁱ⁾ − μⱼ)",
    ),
    "alpha": (r"\frac{1}{(2\pi)^{n/2} \lvert\Sigma_j\rvert^{1/2}}", "1 / ((2π)^{n/2} |Σⱼ|^{1/2})"),
    "l": (
        r"\sum_{i=1}^{m} \log \sum_{l=1}^{k} p(x^{(i)}, z^{(i)}=l; \theta)",
        "∑ᵢ₌₁ᵐ log ∑ₗ₌₁ᵏ p(x⁽ⁱ⁾, z⁽ⁱ⁾=l; θ)",
    ),
    "Q": (
        r"\sum_{i=1}^{m} \sum_{j=1}^{k} w_j^{(i)} \log p(x^{(i)}, z^{(i)}=j; \theta)",
        "∑ᵢ₌₁ᵐ ∑ⱼ₌₁ᵏ wⱼ⁽ⁱ⁾ log p(x⁽ⁱ⁾, z⁽ⁱ⁾=j; θ)",
    ),
    "w": (
        r"\frac{p(x^{(i)}, z^{(i)}=j; \theta)}{\sum_{l=1}^{k} p(x^{(i)}, z^{(i)}=l; \theta)}",
        "p(x⁽ⁱ⁾, z⁽ⁱ⁾=j; θ) / (∑ₗ₌₁ᵏ p(x⁽ⁱ⁾, z⁽ⁱ⁾=l; θ))",
    ),
    "KL": (
        r"\sum_{i=1}^{m} \sum_{j=1}^{k} w_j^{(i)} \log\frac{w_j^{(i)}}{w_j^{(i)}(\theta)}",
        "∑ᵢ₌₁ᵐ ∑ⱼ₌₁ᵏ wⱼ⁽ⁱ⁾ log(wⱼ⁽ⁱ⁾ / wⱼ⁽ⁱ⁾(θ))",
    ),
    "dQ/dmu": (r"\sum_{i=1}^{m} w_s^{(i)} \Sigma_s^{-1} (x^{(i)} - \mu_s)", "∑ᵢ₌₁ᵐ wₛ⁽ⁱ⁾ Σₛ⁻¹ (x⁽ⁱ⁾ − μₛ)"),
    "dQ/dSigma": (
        r"\sum_{i=1}^{m} \tfrac12 w_s^{(i)} "
        r"\bigl(\Sigma_s^{-1} (x^{(i)} - \mu_s)(x^{(i)} - \mu_s)^T \Sigma_s^{-1} - \Sigma_s^{-1}\bigr)",
        "∑ᵢ₌₁ᵐ ½ wₛ⁽ⁱ⁾ (Σₛ⁻¹ (x⁽ⁱ⁾ − μₛ)(x⁽ⁱ⁾ − μₛ)ᵀ Σₛ⁻¹ − Σₛ⁻¹)",
    ),
    "score mu": (
        r"\sum_{i=1}^{m} w_s^{(i)}(\theta)\,\Sigma_s^{-1} (x^{(i)} - \mu_s)",
        "∑ᵢ₌₁ᵐ wₛ⁽ⁱ⁾(θ) Σₛ⁻¹ (x⁽ⁱ⁾ − μₛ)",
    ),
    "m-step mu": (
        r"\frac{\sum_{i=1}^{m} w_s^{(i)} x^{(i)}}{\sum_{i=1}^{m} w_s^{(i)}}",
        "(∑ᵢ₌₁ᵐ wₛ⁽ⁱ⁾ x⁽ⁱ⁾) / (∑ᵢ₌₁ᵐ wₛ⁽ⁱ⁾)",
    ),
    "m-step Sigma": (
        r"\frac{\sum_{i=1}^{m} w_s^{(i)} (x^{(i)} - \mu_s)(x^{(i)} - \mu_s)^T}{\sum_{i=1}^{m} w_s^{(i)}}",
        "(∑ᵢ₌₁ᵐ wₛ⁽ⁱ⁾ (x⁽ⁱ⁾ − μₛ)(x⁽ⁱ⁾ − μₛ)ᵀ) / (∑ᵢ₌₁ᵐ wₛ⁽ⁱ⁾)",
    ),
    "m-step phi": (r"\frac{\sum_{i=1}^{m} w_s^{(i)}}{m}", "(∑ᵢ₌₁ᵐ wₛ⁽ⁱ⁾) / m"),
    "line 1": (
        r"\nabla_{\mu_s} \sum_{i=1}^{m} \sum_{j=1}^{k} w_j^{(i)} \log\frac{\alpha_j \exp(\psi_j^{(i)})\,\phi_j}{w_j^{(i)}}",
        "∇_{μₛ} ∑ᵢ₌₁ᵐ ∑ⱼ₌₁ᵏ wⱼ⁽ⁱ⁾ log(αⱼ exp(ψⱼ⁽ⁱ⁾) φⱼ / wⱼ⁽ⁱ⁾)",
    ),
    "line 2": (r"\nabla_{\mu_s} \sum_{i=1}^{m} \sum_{j=1}^{k} w_j^{(i)} \psi_j^{(i)}", "∇_{μₛ} ∑ᵢ₌₁ᵐ ∑ⱼ₌₁ᵏ wⱼ⁽ⁱ⁾ ψⱼ⁽ⁱ⁾"),
    "dw/dmu": (r"\frac{\partial w_j^{(i)}(\theta)}{\partial \mu_s}", "∂wⱼ⁽ⁱ⁾(θ)/∂μₛ"),
    "own": (
        r"w_s^{(i)}(\theta)\,\bigl(1 - w_s^{(i)}(\theta)\bigr) \frac{\partial \psi_s^{(i)}}{\partial \mu_s}",
        "wₛ⁽ⁱ⁾(θ) (1 − wₛ⁽ⁱ⁾(θ)) (∂ψₛ⁽ⁱ⁾/∂μₛ)",
    ),
    "fisher": (r"\left. \nabla_{\mu_s} Q(\theta; \theta_t) \right|_{\theta_t = \theta}", "(∇_{μₛ} Q(θ; θₜ))|_{θₜ = θ}"),
    "fisher phi": (
        r"\left. \frac{\partial Q(\theta; \theta_t)}{\partial \phi_s} \right|_{\theta_t = \theta}",
        "(∂Q(θ; θₜ)/∂φₛ)|_{θₜ = θ}",
    ),
}

BISHOP = {
    "psi": (r"-\tfrac12 (x_n - \mu_k)^T \Sigma_k^{-1} (x_n - \mu_k)", "−½ (xₙ − μₖ)ᵀ Σₖ⁻¹ (xₙ − μₖ)"),
    "alpha": (r"\frac{1}{(2\pi)^{D/2} \lvert\Sigma_k\rvert^{1/2}}", "1 / ((2π)^{D/2} |Σₖ|^{1/2})"),
    "l": (r"\sum_{n=1}^{N} \ln \sum_{j=1}^{K} p(x_n, z_n=j \mid \theta)", "∑ₙ₌₁ᴺ ln ∑ⱼ₌₁ᴷ p(xₙ, zₙ=j | θ)"),
    "Q": (
        r"\sum_{n=1}^{N} \sum_{k=1}^{K} \gamma_{nk} \ln p(x_n, z_n=k \mid \theta)",
        "∑ₙ₌₁ᴺ ∑ₖ₌₁ᴷ γₙₖ ln p(xₙ, zₙ=k | θ)",
    ),
    "dQ/dmu": (r"\sum_{n=1}^{N} \gamma_{nm} \Sigma_m^{-1} (x_n - \mu_m)", "∑ₙ₌₁ᴺ γₙₘ Σₘ⁻¹ (xₙ − μₘ)"),
    "score mu": (
        r"\sum_{n=1}^{N} \gamma_{nm}(\theta)\,\Sigma_m^{-1} (x_n - \mu_m)",
        "∑ₙ₌₁ᴺ γₙₘ(θ) Σₘ⁻¹ (xₙ − μₘ)",
    ),
    "m-step phi": (r"\frac{\sum_{n=1}^{N} \gamma_{nm}}{N}", "(∑ₙ₌₁ᴺ γₙₘ) / N"),
    "line 1": (
        r"\nabla_{\mu_m} \sum_{n=1}^{N} \sum_{k=1}^{K} \gamma_{nk} \ln\frac{\alpha_k \exp(\psi_{nk})\,\pi_k}{\gamma_{nk}}",
        "∇_{μₘ} ∑ₙ₌₁ᴺ ∑ₖ₌₁ᴷ γₙₖ ln(αₖ exp(ψₙₖ) πₖ / γₙₖ)",
    ),
    "dw/dmu": (r"\frac{\partial \gamma_{nk}(\theta)}{\partial \mu_m}", "∂γₙₖ(θ)/∂μₘ"),
    "fisher": (
        r"\left. \nabla_{\mu_m} \mathcal{Q}(\theta, \theta^{\mathrm{old}}) \right|_{\theta^{\mathrm{old}} = \theta}",
        "(∇_{μₘ} Q(θ, θᵒˡᵈ))|_{θᵒˡᵈ = θ}",
    ),
}


@pytest.mark.parametrize(
    ("notation", "name", "expected"),
    [("cs229", *item) for item in CS229.items()] + [("bishop", *item) for item in BISHOP.items()],
)
def test_the_formulas_of_the_question(em: Algorithm, notation: str, name: str, expected: tuple[str, str]) -> None:
    formula = FORMULAS[name](em)
    assert (latex(formula, convention(notation)), text(formula, convention(notation))) == expected


@pytest.mark.parametrize("notation", names())
def test_held_and_moving_responsibilities_are_never_written_alike(em: Algorithm, notation: str) -> None:
    i, j, chosen = em.model.datum, em.model.latent, convention(notation)
    for write in (latex, text):
        assert write(em.held(i, j), chosen) != write(em.moving(i, j), chosen)
        for definition in (
            em.l,
            em.q,
            em.entropy,
            em.gap,
            em.model.by_exponent.exponent,
            em.model.by_exponent.normaliser,
            em.model.joint,
        ):
            now, then = (Named(definition, definition.indices, time) for time in ("free", "current"))
            assert write(now, chosen) != write(then, chosen)
        mean = _by(em, "mu")
        assert write(mean, chosen) != write(at_time(mean, "current"), chosen)


def _every_formula() -> list[Formula]:
    found: list[Formula] = []
    for covariance in models.family("gaussian-mixture").options["covariance"]:
        em = Algorithm(models.family("gaussian-mixture")(covariance=covariance, weights="logits"))
        for parameter in em.model.parameters:
            for name in identities.names():
                known = identities.identity(name)
                if known.applies(em, parameter):
                    claims = [step.claim for step in known.steps(em, parameter) if step.claim]
                    found += [side for claim in claims for side in (claim.lhs, claim.rhs)]
    return found


@pytest.mark.parametrize("notation", names())
def test_every_claim_is_written_with_balanced_braces(notation: str) -> None:
    chosen = convention(notation)
    formulas = _every_formula()
    assert len(formulas) > 100
    for formula in formulas:
        written = latex(formula, chosen)
        depth = 0
        for sign in written.replace(r"\{", "").replace(r"\}", ""):
            depth += {"{": 1, "}": -1}.get(sign, 0)
            assert depth >= 0, written
        assert depth == 0 and written.count(r"\left") == written.count(r"\right"), written
        line = text(formula, chosen)
        assert line.count("(") + line.count("⁽") == line.count(")") + line.count("⁾")
        assert "\\" not in line and "  " not in line


# Small formulas, one for each decision about brackets.

n, k, d = Size("n"), Size("k"), Size("d")
i, j = Index("i", Range(n)), Index("j", Range(k))
a, b = (Reference(Symbol(name, "param")) for name in "ab")
x = Reference(Symbol("x", "data", (Range(n),), (d,)), (i,))
mu = Reference(Symbol("mu", "param", (Range(k),), (d,)), (j,))
S = Reference(Symbol("Sigma", "param", (Range(k),), (d, d), "spd"), (j,))
phi = Reference(Symbol("phi", "param", (Range(k),)), (j,))
c = Index("c", Range(d))
z = Index("z", Range(Size("z"), abstract=True))
p = UnspecifiedFunction("p", (Range(n), z.range), "positive", ((),))
g = UnspecifiedFunction("g", (), "real", ((), ()))

SMALL: list[tuple[Formula, str, str]] = [
    (a - b, "a - b", "a − b"),
    (a - (a - b), "a - a + b", "a − a + b"),
    (Add((a, Multiply((Number(Fraction(-1)), Add((a, b)))))), "a - (a + b)", "a − (a + b)"),
    (multiply(a, a + b), "a (a + b)", "a (a + b)"),
    (multiply(a + b, a + b), "(a + b)(a + b)", "(a + b)(a + b)"),
    (multiply(a, negate(b)), "a (-1) b", "a (−1) b"),
    (multiply(Number(Fraction(2)), Number(Fraction(3)), a), r"2 \cdot 3a", "2 · 3a"),
    (multiply(Number(Fraction(-3, 4)), a), r"-\tfrac34 a", "−(3/4) a"),
    (Number(Fraction(-1, 2)), r"-\tfrac12", "−½"),
    (Power(a + b, Number(Fraction(2))), "(a + b)^2", "(a + b)²"),
    (Power(a, Number(Fraction(-1))), "a^{-1}", "a⁻¹"),
    (Power(Power(a, HALF), HALF), r"(a^{1/2})^{1/2}", "(a^{1/2})^{1/2}"),
    (multiply(Divide(a, b), a), r"\frac{a}{b} a", "(a / b) a"),
    (Divide(a, multiply(b, a)), r"\frac{a}{b a}", "a / (b a)"),
    (Divide(Divide(a, b), a), r"\frac{\frac{a}{b}}{a}", "(a / b) / a"),
    (multiply(Log(a), b), r"\log(a)\,b", "log(a) b"),
    (multiply(b, Log(a)), r"b \log a", "b log a"),
    (Log(multiply(a, b)), r"\log(a b)", "log(a b)"),
    (Log(Power(a, HALF)), r"\log a^{1/2}", "log a^{1/2}"),
    (Power(Exp(a), HALF), r"\bigl(\exp(a)\bigr)^{1/2}", "(exp(a))^{1/2}"),
    (Apply(p, (i, z), (a,)), r"p(i, z \mid a)", "p(i, z | a)"),
    (Apply(g, (), (a, HALF)), "g(a, 1/2)", "g(a, 1/2)"),
    (
        multiply(Sum(z, multiply(a, Apply(p, (i, z), (b,)))), a),
        r"\bigl(\int a p(i, z \mid b)\,dz\bigr) a",
        "(∫ a p(i, z | b) dz) a",
    ),
    (Sum(j, phi) + a, r"\sum_{j=1}^{k} \phi_j + a", "∑ⱼ₌₁ᵏ φⱼ + a"),
    (Sum(j, phi + a), r"\sum_{j=1}^{k} (\phi_j + a)", "∑ⱼ₌₁ᵏ (φⱼ + a)"),
    (multiply(Sum(j, phi), a), r"\left( \sum_{j=1}^{k} \phi_j \right) a", "(∑ⱼ₌₁ᵏ φⱼ) a"),
    (multiply(a, Sum(j, phi)), r"a \sum_{j=1}^{k} \phi_j", "a ∑ⱼ₌₁ᵏ φⱼ"),
    # A sum's letter that stands free elsewhere gets another name.
    (Sum(j, phi) + phi, r"\sum_{j'=1}^{k} \phi_{j'} + \phi_j", "∑_{j′=1}ᵏ φ_{j′} + φⱼ"),
    (Divide(phi, Sum(j, phi)), r"\frac{\phi_j}{\sum_{j'=1}^{k} \phi_{j'}}", "φⱼ / (∑_{j′=1}ᵏ φ_{j′})"),
    (Product(j, phi), r"\prod_{j=1}^{k} \phi_j", "∏ⱼ₌₁ᵏ φⱼ"),
    (multiply(Derivative(Log(a), a), b), r"\left( \frac{\partial}{\partial a} \log a \right) b", "(∂/∂a log a) b"),
    (Derivative(multiply(a, b), a), r"\frac{\partial}{\partial a} (a b)", "∂/∂a (a b)"),
    (Derivative(log_determinant(S), S), r"\nabla_{\Sigma_j} \log\lvert\Sigma_j\rvert", "∇_{Σⱼ} log|Σⱼ|"),
    (Derivative(a, S, "vech"), r"\nabla_{\Sigma_j}^{\mathrm{vech}} a", "∇_{Σⱼ}ᵛᵉᶜʰ a"),
    (Derivative(a, S, "frobenius"), r"\nabla_{\Sigma_j}^{\mathrm{sym}} a", "∇_{Σⱼ}ˢʸᵐ a"),
    (Transpose(x), "(x^{(i)})^T", "(x⁽ⁱ⁾)ᵀ"),
    (Inverse(at_time(S, "current")), r"(\Sigma_j^{(t)})^{-1}", "(Σⱼ⁽ᵗ⁾)⁻¹"),
    (Transpose(Inverse(S)), r"(\Sigma_j^{-1})^T", "(Σⱼ⁻¹)ᵀ"),
    (quadratic_form(mu, S), r"\mu_j^T \Sigma_j \mu_j", "μⱼᵀ Σⱼ μⱼ"),
    (Trace(matrix_product(S, S)), r"\operatorname{tr}(\Sigma_j \Sigma_j)", "tr(Σⱼ Σⱼ)"),
    (Diagonal(mu), r"\operatorname{diag}(\mu_j)", "diag(μⱼ)"),
    (DiagonalPart(S), r"\operatorname{diagonal}(\Sigma_j)", "diagonal(Σⱼ)"),
    (Cholesky(S), r"\operatorname{chol}(\Sigma_j)", "chol(Σⱼ)"),
    (Inverse(Multiply((a, Identity(d)))), "(a I)^{-1}", "(a I)⁻¹"),
    (Component(mu, (c,)), r"\mu_{j,c}", "μ_{j,c}"),
    (Component(x, (c,)), "x_c^{(i)}", "x_{c}⁽ⁱ⁾"),
    (Component(Inverse(S), (c, 2)), r"(\Sigma_j^{-1})_{c,2}", "(Σⱼ⁻¹)_{c,2}"),
    (Delta(j, 12), r"\delta_{j,12}", "δ_{j,12}"),
    (Delta(j, j), r"\delta_{jj}", "δⱼⱼ"),
    (multiply(SizeNumber(n), Pi()), r"m \pi", "m π"),
    (Function("loggamma", (a,)), r"\log\Gamma(a)", "logΓ(a)"),
    (Substitute(phi, phi.symbol, (j,), Divide(a, b)), r"\left. \phi_j \right|_{\phi_j := a/b}", "φⱼ|_{φⱼ := a/b}"),
    (AtEqual(a + b), r"\left. (a + b) \right|_{\theta_t = \theta}", "(a + b)|_{θₜ = θ}"),
]


@pytest.mark.parametrize(("formula", "tex", "line"), SMALL, ids=[line for _, _, line in SMALL])
def test_brackets_signs_and_letters(formula: Formula, tex: str, line: str) -> None:
    assert (latex(formula), text(formula)) == (tex, line)


def test_a_sum_is_closed_before_a_term_that_uses_its_letter() -> None:
    open_sum = Sum(j, Reference(phi.symbol, (j,)))
    # Nested: the outer j is free in the second term, so the inner sum may not seem to reach it.
    line = text(Sum(j, open_sum + phi))
    assert line == "∑ⱼ₌₁ᵏ (∑_{j′=1}ᵏ φ_{j′} + φⱼ)"


def test_names_outside_the_convention() -> None:
    assert latex(Reference(Symbol("lambda", "param"))) == r"\lambda"
    assert latex(Reference(Symbol("rate", "param", (Range(k),)), (j,))) == r"\mathrm{rate}_j"
    assert text(Reference(Symbol("rate", "param", (Range(k),)), (2,))) == "rate₂"
    assert latex(Reference(Symbol(r"\input{x}_%", "param"))) == r"\mathrm{u005Cinputu007Bxu007D\_\%}"
    assert latex(Reference(Symbol("x", "data", (Range(n), Range(k))), (i, j))) == "x_{ij}"
    assert latex(Sum(Index("m", Range(n)), a)) == r"\sum_{m'=1}^{m} a"
    unknown = Definition("g", (j,), multiply(phi, a))
    assert (latex(unknown(j)), latex(unknown(j, time="current"))) == ("g_j", r"g_j(\theta_t)")


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="try 'bishop'"):
        convention("bischop")


def test_rows_break_at_signs_outside_brackets(em: Algorithm) -> None:
    line = text(em.l.body - em.q.body) + " = " + text(em.gap.body)
    rows = break_rows(line, 50)
    assert all(len(row) <= 50 for row in rows)
    assert [row.strip()[0] for row in rows[1:]] == ["−", "="]
    assert rows[1].startswith("    −")
    assert " ".join(row.strip() for row in rows) == line


def test_rows_break_behind_a_sum_sign_and_never_in_a_bracket_if_it_can_be_helped() -> None:
    line = "∑ᵢ₌₁ᵐ ∑ⱼ₌₁ᵏ wⱼ⁽ⁱ⁾ log p(x⁽ⁱ⁾, z⁽ⁱ⁾=j; θ)"
    assert break_rows(line, 36) == ["∑ᵢ₌₁ᵐ ∑ⱼ₌₁ᵏ", "    wⱼ⁽ⁱ⁾ log p(x⁽ⁱ⁾, z⁽ⁱ⁾=j; θ)"]
    assert break_rows("unbreakable", 4) == ["unbreakable"]
    assert "".join(row.strip() for row in break_rows(line, 12)).replace(" ", "") == line.replace(" ", "")


def test_walk_covers_all_node_types() -> None:
    """Every kind of node is written somewhere in this file."""
    written = {type(node) for formula, _, _ in SMALL for node in walk(formula)}
    kinds = {kind.__name__ for kind in Formula.__subclasses__()} - {"Named"}
    assert kinds <= {kind.__name__ for kind in written}


def test_marks_stand_beside_what_is_there() -> None:
    """A variance is written as a square: its marks may not stand on the square, and none may be lost."""
    variance = Symbol("v", "param", (Range(k),), (), "positive")
    assert latex(Reference(variance.at_current, (j,))) == r"(\sigma_j^{(t)})^2"
    assert latex(Reference(Symbol("v_best", "param", (Range(k),)), (j,))) == r"(\sigma_j^*)^2"
    assert text(Reference(Symbol("Sigma_best", "param", (Range(k),)), (j,))) == "Σⱼ*"
    assert latex(Power(Reference(variance, (j,)), Number(Fraction(2)))) == r"(\sigma_j^2)^2"
