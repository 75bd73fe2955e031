"""What p(..) and E[..] mean by the declared model: plates, shared latents, two data a latent, priors; each with wrong twins."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.notes import Step, check_note
from checks.witness import Witness
from derive.algebra.prove import Proof
from derive.errors import ReadingError
from derive.notation.declarations import Dictionary
from derive.notes import read_note
from tests.unit.notes.test_check import checked, verdict

SHARED = r"""
size n, K
index i in 1..n ; k in 1..K
data x_i in N
latent z in 1..K
param \lambda_k in positive ; q in simplex(K)
z ~ Categorical(q)
x_i | z=k ~ Poisson(\lambda_k)
define X = (x_i)
"""
CELLS = r"""
size N, K, M
index n in 1..N ; k in 1..K ; m in 1..M
data x_{nm} in N
latent z_{nm} in 1..K
param \lambda_k in positive ; q in simplex(K)
z_{nm} ~ Categorical(q)
x_{nm} | z_{nm}=k ~ Poisson(\lambda_k)
define X = (x_{nm})
"""
ROWS_OF_CELLS = CELLS.replace("z_{nm}", "z_n")
TWO_CHANNELS = r"""
size n
index i in 1..n
data x_i in R ; y_i in R
latent z_i in R
param a in R ; b in R ; s in positive ; t in positive
z_i ~ Normal(0, 1)
x_i | z_i ~ Normal(a z_i, s)
y_i | z_i ~ Normal(b z_i, t)
"""
DISCRETE_CHANNELS = r"""
size n, K
index i in 1..n ; k in 1..K
data x_i in N ; y_i in N
latent z_i in 1..K
param \lambda_k in positive ; \rho_k in positive ; q in simplex(K)
z_i ~ Categorical(q)
x_i | z_i=k ~ Poisson(\lambda_k)
y_i | z_i=k ~ Poisson(\rho_k)
define X = (x_i) ; Y = (y_i) ; Z = (z_i)
"""
RATES = r"""
size n
index i in 1..n
data x_i in N
latent z_i in positive
param a in positive ; b in positive
define \theta = (a, b) ; \theta_t = (a_t, b_t) ; X = (x_i) ; Z = (z_i)
z_i ~ Gamma(a, b)
x_i | z_i ~ Poisson(z_i)
"""
UNSPECIFIED = r"""
size n, K
index i in 1..n ; k in 1..K
data x_i in R
latent z_i in 1..K
param \pi in simplex(K) ; \theta_k in R
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Density(f)
"""
HIERARCHY = r"""
size n
index i in 1..n
data x_i in R
latent \mu in R ; z_i in R
param b in positive ; s in positive ; t in positive
\mu ~ Normal(0, b)
z_i | \mu ~ Normal(\mu, t)
x_i | z_i ~ Normal(z_i, s)
define X = (x_i)
"""
PRIORS = r"""
size n
index i in 1..n
data x_i in R
param \mu in R ; \tau in positive
const a in positive ; b in positive ; c in positive ; m in R
\tau ~ Gamma(a, b)
\mu ~ Normal(m, c)
x_i | \mu, \tau ~ Normal(\mu, 1/\tau)
define X = (x_i)
"""
TWINS = [
    (SHARED, r"p(X) = \sum_k q_k \prod_i p(x_i | z=k)", r"p(X) = \prod_i p(x_i)"),
    (CELLS, r"p(X) = \prod_n \prod_m p(x_{nm})", r"p(X) = \prod_n \sum_k q_k \prod_m p(x_{nm} | z_{nm}=k)"),
    (ROWS_OF_CELLS, r"p(X) = \prod_n \sum_k q_k \prod_m p(x_{nm} | z_n=k)", r"p(X) = \prod_n \prod_m p(x_{nm})"),
    (TWO_CHANNELS, r"E[z_i | x_i] = \frac{a x_i}{a^2 + s}", r"E[z_i | x_i] = \frac{a x_i / s + b y_i/t}{1 + a^2/s + b^2/t}"),
    (
        TWO_CHANNELS,
        r"E[z_i | x_i, y_i] = \frac{a x_i / s + b y_i/t}{1 + a^2/s + b^2/t}",
        r"E[z_i | y_i] = E[z_i | x_i]",
    ),
    (TWO_CHANNELS, r"p(x_i, y_i | z_i) = p(x_i | z_i) p(y_i | z_i)", r"p(x_i | z_i) = p(x_i)"),
    (
        DISCRETE_CHANNELS,
        r"E[\log q_{z_i} | x_i] = \sum_k p(z_i=k|x_i) \log q_k",
        r"E[\lambda_{z_i} | x_i] = \sum_k p(z_i=k|x_i,y_i) \lambda_k",
    ),
    (RATES, r"p(x_i | z_i) = \frac{z_i^{x_i} e^{-z_i}}{x_i!}", r"p(X | Z) = p(X)"),
    (RATES, r"p(x_i, z_i) = p(x_i | z_i) p(z_i)", r"p(x_i, z_i) = p(x_i) p(z_i)"),
    (
        RATES,
        r"\frac{\partial}{\partial b} E[\log p(x_i, z_i) | x_i; \theta_t] = \frac{a}{b} - E[z_i | x_i; \theta_t]",
        r"\frac{\partial}{\partial b} E[\log p(x_i, z_i) | x_i; \theta_t] = \frac{a}{b} - E[z_i | x_i]",
    ),
    (RATES, r"E[z_i | x_i; \theta_t] - E[z_i | x_i; \theta_t] = 0", r"E[z_i | x_i; \theta_t] = \frac{a + x_i}{b+1}"),
    (
        UNSPECIFIED,
        r"\frac{\partial}{\partial \theta_k} \log p(x_i) = p(z_i=k | x_i) \frac{\partial}{\partial \theta_k} \log p(x_i | z_i=k)",
        r"\frac{\partial}{\partial \theta_k} \log p(x_i) = \pi_k \frac{\partial}{\partial \theta_k} \log p(x_i | z_i=k)",
    ),
    (
        DISCRETE_CHANNELS,
        r"p(z_i | x_i) \propto p(z_i) p(x_i | z_i)",
        r"p(z_i | x_i) \propto p(x_i | z_i)",
    ),
]


@pytest.mark.parametrize(("model", "right", "wrong"), TWINS, ids=[right for _, right, _ in TWINS])
def test_the_model_says_so_and_not_otherwise(model: str, right: str, wrong: str) -> None:
    assert verdict(model, right) == "proved"
    assert verdict(model, wrong) == "refuted"


NEVER_ACCEPTED = [
    (HIERARCHY, r"E[z_i | X] = E[z_i | x_i]"),
    (HIERARCHY, r"p(X) = \prod_i p(x_i)"),
    (HIERARCHY, r"p(z_i | \mu) = p(z_i)"),
    (RATES, r"E[x_i] = x_i"),
    (RATES, r"E[z_i x_i] = x_i \frac{a}{b}"),
    (RATES, r"E[E[z_i | x_i]] = E[z_i | x_i]"),
    (RATES, r"E[x_i | z_i] = x_i"),
    (RATES, r"E_{x_i \sim p(x_i)}[x_i] = x_i"),
    (
        RATES.replace("x_i | z_i ~ Poisson(z_i)", "x_i ~ Poisson(a)"),
        r"E[\frac{\partial}{\partial a} \log p(x_i)] = \frac{x_i}{a} - 1",
    ),
    (DISCRETE_CHANNELS, r"E[\log p(X, Y, Z) | X] = E[\log p(X, Y, Z) | X, Y]"),
    (DISCRETE_CHANNELS, r"E[\lambda_{z_i} x_i] = x_i \sum_k q_k \lambda_k"),
    (DISCRETE_CHANNELS, r"p(x_i, z_i=k) \propto p(x_i | z_i=k)"),
    (UNSPECIFIED, r"\frac{\partial}{\partial \theta_k} p(x_i | z_i=k) = 0 \cdot \theta_k"),
    (PRIORS, r"E[\tau] = \tau"),
    (PRIORS, r"E[\tau | X, \mu] = \tau"),
    (PRIORS, r"p(X | \mu) = p(X | \mu, \tau)"),
    (PRIORS, r"p(\tau | X) \propto \tau^{a + n/2 - 1} e^{-\tau (b + \frac12 \sum_i (x_i - \mu)^2)}"),
    ("index i in 1..n\nsize n\ndata x_i in N\nparam p in positive\nx_i ~ Poisson(p)", r"p(x_i) = p x_i"),
    ("param u in R ; v in R", r"\arg\max_u -(u-v)^2 = \arg\max_v -(u-v)^2"),
    ("const u in R ; v in R\nassume u = v ; u \\ne v", r"u = v"),
    ("size k\nindex j in 1..k\nconst a_j in R", r"\prod_{j=1}^{0} a_j = a_j"),
    ("size k\nindex j in 1..k\nconst a_j in R", r"\sum_{j=1}^{0} a_j = a_j"),
]


@pytest.mark.parametrize(("declarations", "row"), NEVER_ACCEPTED, ids=[row for _, row in NEVER_ACCEPTED])
def test_what_the_model_does_not_say_is_never_accepted(declarations: str, row: str) -> None:
    assert verdict(declarations.replace("index i in 1..n\nsize n", "size n\nindex i in 1..n"), row) not in ("proved", "confirmed")


@pytest.mark.parametrize(
    ("declarations", "row"),
    [
        ("size k\nindex j in 1..k\nconst a_j in R", r"\prod_{j=1}^{0} a_j = 1"),
        ("const y in 0..1", r"y^2 = y"),
        (PRIORS, r"\log p(\tau | X, \mu) = \log p(X | \mu, \tau) + \log p(\tau) + \text{const}"),
    ],
)
def test_true_rows_that_were_once_refuted(declarations: str, row: str) -> None:
    assert verdict(declarations, row) in ("proved", "confirmed")


def test_a_solution_is_one_of_an_equation_to_zero() -> None:
    text = "K := u - a"
    hint = "<!-- derive: solves (eq-f) = 1 for u -->"
    note = checked("param u in R ; const a in R".replace(" ; const", "\nconst"), text, hint, "u = a")
    assert note.steps[-1].verdict == "unread"


def test_a_row_that_fails_where_a_declaration_was_not_read_is_open() -> None:
    note = checked("param u in R\nassume u =", "u = 1")
    assert note.troubles and note.steps[-1].verdict == "unknown" and not note.passes


@pytest.mark.parametrize("row", [r"c! = c", r"b = 1", r"b = 0", r"c^2 = c"])
def test_integers_are_seen_at_more_than_a_few_values(row: str) -> None:
    assert verdict("const c in N ; b in 0..1", row) == "refuted"


UPDATES = r"""
size n, k
index i in 1..n ; j, l in 1..k
data x_i in N ; b_i in 0..1
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive ; \rho in unit
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
b_i ~ Bernoulli(\rho)
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
define N_j = \sum_i w_{ij}
"""
LABELLED = "Q := \\sum_i \\sum_j w_{ij} \\log p(x_i, z_i=j)"


def updated(row: str, hint: str = r"maximises (eq-q) over \lambda_j") -> str:
    text = f"```derive\n{UPDATES}\n```\n\n$$\n{LABELLED}\n$$ (eq-q)\n\n<!-- derive: {hint} -->\n$$\n{row}\n$$\n"
    return check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False).steps[-1].verdict


@pytest.mark.parametrize(
    "left", [r"\lambda_j =", r"\hat\lambda_j =", r"\lambda_j^{new} =", r"\lambda_j^* =", r"\lambda_j \leftarrow"]
)
def test_an_estimate_is_judged_by_its_hint(left: str) -> None:
    assert updated(left + r" \frac{\sum_i w_{ij} x_i}{N_j}") == "proved"
    assert updated(left + r" \frac{\sum_i w_{ij} x_i}{N_j}, \quad j = 1, \dots, k") == "proved"
    assert updated(left + r" \frac{\sum_i w_{ij} x_i}{n}") == "refuted"


def test_a_solution_has_the_letters_of_its_left_side() -> None:
    assert updated(r"\lambda_l = \frac{\sum_i w_{ij} x_i}{N_j}") == "unread"


@pytest.mark.parametrize("row", [r"\lambda_j \leftarrow 3", r"\lambda_j := 3", r"\rho := 1"])
def test_what_is_declared_keeps_its_meaning(row: str) -> None:
    assert verdict(UPDATES, row) == "unread"


@pytest.mark.parametrize("row", [r"\operatorname{Var}[x_i] = 0", r"\operatorname{Cov}(x_i, b_i) = 0"])
def test_data_have_no_moments_unseen(row: str) -> None:
    assert verdict(UPDATES, row) == "unread"


def test_data_of_zeros_and_ones_are_numbers() -> None:
    assert verdict(UPDATES, r"\log p(b_i) = b_i \log \rho + (1 - b_i) \log (1 - \rho)") == "proved"
    assert verdict(UPDATES, r"\log p(b_i) = b_i \log \rho") == "refuted"


def test_a_gradient_set_to_zero_is_then_written_out() -> None:
    slope = r"0 = \frac{\partial Q}{\partial \lambda_j} = \sum_i w_{ij} "
    assert verdict(UPDATES, LABELLED, slope + r"\left(\frac{x_i}{\lambda_j} - 1\right)") == "proved"
    assert verdict(UPDATES, LABELLED, slope + r"\left(\frac{x_i}{\lambda_j} + 1\right)") == "refuted"


def test_a_chance_of_one_is_no_counterexample() -> None:
    """The share of ones may be one, which the declared open interval shuts out."""
    hint = r"<!-- derive: solves (eq-b) = 0 for \rho -->"
    slope = r"\frac{\sum_i b_i}{\rho} - \frac{n - \sum_i b_i}{1 - \rho}"
    first = f"$$\n\\frac{{\\partial}}{{\\partial \\rho}} \\sum_i \\log p(b_i) = {slope}\n$$ (eq-b)"
    for row, expected in (
        (r"\rho = \frac{1}{n} \sum_i b_i", ("proved", "confirmed")),
        (r"\rho = \frac{1}{2 n} \sum_i b_i", ("refuted",)),
    ):
        text = f"```derive\n{UPDATES}\n```\n\n{first}\n\n{hint}\n$$\n{row}\n$$\n"
        note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)
        assert note.steps[-1].verdict in expected


def test_means_that_are_not_written_out_are_known_by_what_they_are_the_mean_of() -> None:
    assert verdict(RATES, r"E[z_i^3 | x_i; \theta_t] = E[z_i^3 | x_i; \theta_t]") == "proved"
    assert verdict(RATES, r"a E[z_i^3 | x_i; \theta_t] \\ &= a E[z_i^3 | x_i; \theta_t] + \text{const}") == "proved"
    assert verdict(RATES, r"\frac{\partial}{\partial b} (b + E[z_i^3 | x_i; \theta_t]) = 1") == "proved"


@pytest.mark.parametrize(
    "row",
    [
        r"E[z_i^3 | x_i; \theta_t] \\ &= E[z_i^5 | x_i; \theta_t]",
        r"E[z_i^3 | x_i] \\ &= E[z_i^5 | x_i]",
        r"F_i &:= E[z_i^3 | x_i] \\ &= E[z_i^5 | x_i]",
        r"\frac{\partial}{\partial b} (b + E[\frac{1}{z_i}]) = 1",
        r"\frac{\partial}{\partial b} (b + E[z_i^3 | x_i]) = 1",
        r"b + E[z_i^3] = b + \text{const}",
        r"b E[z_i^3] \propto b",
        r"\frac{\partial}{\partial b_t} (b_t + E[z_i^3 | x_i; \theta_t]) = 1",
    ],
)
def test_means_that_are_not_written_out_move_with_their_parameters(row: str) -> None:
    assert verdict(RATES, row) not in ("proved", "confirmed")


EVIDENCE = r"""
size n
index i in 1..n
data x_i in R
param \mu in R ; s in positive ; c in positive
\mu ~ Normal(0, c)
x_i | \mu ~ Normal(\mu, s)
define X = (x_i)
"""


@pytest.mark.parametrize(
    "row",
    [
        r"\frac{\partial}{\partial s} \log p(\mu | X) = \frac{\partial}{\partial s} \log p(X | \mu)",
        r"\frac{\partial}{\partial c} \log p(\mu | X) = -\frac{1}{2c} + \frac{\mu^2}{2c^2}",
        r"\arg\max_s \log p(\mu | X) = \arg\max_s \log p(X|\mu)",
    ],
)
def test_an_evidence_moves_with_the_other_parameters(row: str) -> None:
    assert verdict(EVIDENCE, row) not in ("proved", "confirmed")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            r"\frac{\partial}{\partial \mu} \log p(\mu | X) = \sum_i \frac{x_i - \mu}{s} - \frac{\mu}{c}",
            r"\log p(\mu | X) = -\frac{1}{2s} \sum_i (x_i-\mu)^2 - \frac{\mu^2}{c} + \text{const}",
        ),
        (
            r"\log p(\mu | X) = -\frac{1}{2s} \sum_i (x_i-\mu)^2 - \frac{\mu^2}{2c} + \text{const}",
            r"\log p(\mu | X) = -\frac{1}{2} \sum_i (x_i-\mu)^2 - \frac{\mu^2}{2c} + \text{const}",
        ),
        (r"p(X|\mu) \propto e^{-\sum_i (x_i-\mu)^2/(2s)}", r"p(X|\mu) \propto e^{-\sum_i (x_i-\mu)^2/(3s)}"),
    ],
)
def test_what_a_density_is_up_to_a_constant_in_its_argument(right: str, wrong: str) -> None:
    assert verdict(EVIDENCE, right) == "proved"
    assert verdict(EVIDENCE, wrong) == "refuted"


VALUES = r"""
size n, K
index i in 1..n ; k, l in 1..K
data b_i in 0..1 ; x_i in N ; y_i in N
latent z_i in 1..K
param \theta in unit ; \lambda in positive ; q in simplex(K) ; \rho_k in positive
b_i ~ Bernoulli(\theta)
x_i ~ Poisson(\lambda)
z_i ~ Categorical(q)
y_i | z_i=k ~ Poisson(\rho_k)
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"p(b_i=1) = \theta", r"p(b_i) = p(b_i=1)"),
        (r"p(b_i=0) + p(b_i=1) = 1", r"p(b_i=0) = \theta"),
        (r"p(x_i=3) = \lambda^{3}e^{-\lambda}/6", r"p(x_i=3) = \lambda^{x_i}e^{-\lambda}/x_i!"),
        (r"p(z_i=k | y_i=0) = \frac{q_k e^{-\rho_k}}{\sum_l q_l e^{-\rho_l}}", r"p(z_i=k | y_i=0) = p(z_i=k|y_i)"),
        (r"p(y_i=0|z_i=k) = e^{-\rho_k}", r"p(y_i=3|z_i=k) = p(y_i|z_i=k)"),
    ],
)
def test_a_datum_may_be_given_a_value(right: str, wrong: str) -> None:
    assert verdict(VALUES, right) == "proved"
    assert verdict(VALUES, wrong) == "refuted"


@pytest.mark.parametrize(
    "row",
    [
        r"p(y_i=k) = p(y_i)",
        r"p(x_i | x_i) = p(x_i)",
        r"p(y_i | z_i=k, y_i) = p(y_i|z_i=k)",
        r"p(y_i, y_i) = p(y_i)",
        r"p(z_i=k|z_i=k) = 1",
    ],
)
def test_a_variable_stands_once_in_a_probability(row: str) -> None:
    assert verdict(VALUES, row) == "unread"


POSTERIOR_OF_ONE = DISCRETE_CHANNELS + "posterior w_{ik} = p(z_i=k | x_i) at \\theta\ndefine \\theta = (\\lambda, \\rho, q)"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            r"E_{z_i \sim p(z_i | x_i, y_i)}[\lambda_{z_i}] = \sum_k p(z_i=k | x_i, y_i) \lambda_k",
            r"E_{z_i \sim p(z_i | x_i, y_i)}[\lambda_{z_i}] = \sum_k w_{ik} \lambda_k",
        ),
        (r"E[\lambda_{z_i} | x_i] = \sum_k w_{ik} \lambda_k", r"E[\lambda_{z_i} | x_i, y_i] = \sum_k w_{ik} \lambda_k"),
    ],
)
def test_a_mean_is_under_the_declared_posterior_only_where_it_is_given_the_same(right: str, wrong: str) -> None:
    assert verdict(POSTERIOR_OF_ONE, right) == "proved"
    assert verdict(POSTERIOR_OF_ONE, wrong) == "refuted"


RANDOM_SHIFT = r"""
size n
index i in 1..n
data y_i in R
latent u_i in R
param \mu in R ; v in positive
const a in positive
\mu ~ Normal(0, a)
u_i ~ Normal(0, 1)
y_i | u_i, \mu ~ Normal(u_i + \mu, v)
"""


def test_a_mean_names_the_parameters_that_have_a_prior() -> None:
    assert verdict(RANDOM_SHIFT, r"E[u_i|y_i, \mu] = \frac{y_i-\mu}{1+v}") == "proved"
    for row in (
        r"E[u_i + \mu] = \mu",
        r"E[\mu^2 u_i^2] = \mu^2",
        r"E[u_i|y_i] = \frac{y_i-\mu}{1+v}",
        r"E[u_i|y_i]=E[u_i|y_i,\mu]",
    ):
        assert verdict(RANDOM_SHIFT, row) == "unread"


NORMAL_GAMMA = r"""
size n
index i in 1..n
data x_i in R
param \mu in R ; \tau in positive
const m_0 in R ; \lambda_0 in positive ; a_0 in positive ; b_0 in positive
\tau ~ Gamma(a_0, b_0)
\mu | \tau ~ Normal(m_0, 1/(\lambda_0 \tau))
x_i | \mu, \tau ~ Normal(\mu, 1/\tau)
define X=(x_i)
"""
RANDOM_MEAN = r"""
size n
index i in 1..n
data x_i in R
param m in R
latent u_i in R
const a, t, s in positive
m ~ Normal(0,a)
u_i | m ~ Normal(m,t)
x_i | u_i ~ Normal(u_i,s)
define U = (u_i) ; X = (x_i)
"""


@pytest.mark.parametrize(
    ("model", "right", "wrong"),
    [
        (
            NORMAL_GAMMA,
            r"p(\tau|\mu,X) \propto p(\tau) p(\mu|\tau) p(X|\mu,\tau)",
            r"p(\tau|\mu,X) \propto p(\tau) p(X|\mu,\tau)",
        ),
        (NORMAL_GAMMA, r"p(\tau|\mu) \propto p(\tau) p(\mu|\tau)", r"p(\tau|\mu) \propto p(\tau)"),
        (RANDOM_MEAN, r"p(m|U,X) \propto p(m) \prod_i p(u_i|m)", r"p(m|U,X) \propto p(m) \prod_i p(x_i|m)"),
    ],
)
def test_a_conditional_of_a_random_parameter_has_all_that_depends_on_it(model: str, right: str, wrong: str) -> None:
    assert verdict(model, right) == "proved"
    assert verdict(model, wrong) == "refuted"


@pytest.mark.parametrize(
    ("model", "right", "wrong"),
    [
        (SHARED, r"E[\lambda_z|x_i] = \sum_k p(z=k|x_i) \lambda_k", r"E[\lambda_z|x_i] = \sum_k p(z=k|X) \lambda_k"),
        (SHARED, r"p(z=k|X) \propto q_k \prod_i p(x_i|z=k)", r"p(z=k|X) \propto q_k p(x_1|z=k)"),
        (SHARED, r"E[\lambda_z | z=k] = \lambda_k", r"E[\lambda_z | z=k] = \sum_k q_k \lambda_k"),
    ],
)
def test_what_is_given_is_given_as_it_is_named(model: str, right: str, wrong: str) -> None:
    assert verdict(model, right) == "proved"
    assert verdict(model, wrong) == "refuted"


DIFFERENT = DISCRETE_CHANNELS.replace("index i in", "index i, h, m in") + "assume i \\ne h\ndefine g_{ih} = p(z_i=1|x_h)"


@pytest.mark.parametrize(
    "row",
    [
        r"\sum_h p(z_i=k|x_h) = n q_k",
        r"\sum_i\sum_h p(x_i,x_h) = \left(\sum_i p(x_i)\right)^2",
        r"\sum_i g_{ii} = n q_1",
        r"g_{mm} = q_1",
    ],
)
def test_letters_assumed_to_differ_may_meet_where_they_are_bound(row: str) -> None:
    assert verdict(DIFFERENT, row) not in ("proved", "confirmed")


def test_two_components_that_overlap_are_an_error() -> None:
    note = checked(DISCRETE_CHANNELS + r"x_i | z_i=1 ~ Poisson(\rho_1)", "n = n")
    assert note.troubles


SCALE = r"""
size n
index i in 1..n
data y_i in R
latent w_i in positive
param \mu in R ; s in positive
const a in positive
frozen \hat w_i in positive
define \theta=(\mu,s) ; \theta_t=(\mu_t,s_t)
w_i ~ Gamma(a, a)
y_i | w_i ~ Normal(\mu, s/w_i)
assume \hat w_i = E[w_i|y_i] at \theta_t
"""


def test_an_assumed_mean_is_the_one_that_it_says() -> None:
    assert verdict(SCALE, r"E[w_i] = 1") == "proved"
    assert verdict(SCALE, r"E[w_i|y_i;\theta_t] = \hat w_i") == "proved"
    for row in (r"E[w_i] = \hat w_i", r"E[w_i|y_i] = \hat w_i", r"\frac{\partial}{\partial\mu}E[w_i|y_i] = 0"):
        assert verdict(SCALE, row) == "refuted"


BISHOP = r"""
size N, K
index n in 1..N ; k, l in 1..K
data x_n in R
latent z_n in 1..K
param \pi in simplex(K) ; \mu_k in R ; \sigma_k in positive
z_n ~ Categorical(\pi)
x_n | z_n=k ~ Normal(\mu_k, \sigma_k^2)
define \theta = (\pi, \mu, \sigma) ; \theta^{old} = (\pi^{old}, \mu^{old}, \sigma^{old}) ; X = (x_n) ; Z = (z_n)
posterior \gamma_{nk} = p(z_n=k | x_n) at \theta^{old}
"""
AVERAGED = r"\sum_Z p(Z | X, \theta^{old}) \ln p(X, Z | \theta)"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\ln p(X | \theta) = \ln \left\{ \sum_Z p(X, Z | \theta) \right\}", r"p(X | \theta) = \sum_Z p(Z | X, \theta)"),
        (r"1 = \sum_Z p(Z | X, \theta)", r"N = \sum_Z p(Z | X, \theta)"),
        (
            rf"{AVERAGED} = \sum_n \sum_k \gamma_{{nk}} (\ln \pi_k + \ln \mathcal{{N}}(x_n | \mu_k, \sigma_k^2))",
            rf"{AVERAGED} = \sum_n \sum_k \gamma_{{nk}} \ln \mathcal{{N}}(x_n | \mu_k, \sigma_k^2)",
        ),
        (
            rf"\ln p(X | \theta) = {AVERAGED} - \sum_Z p(Z|X,\theta^{{old}}) \ln p(Z | X, \theta)",
            rf"\ln p(X | \theta) = {AVERAGED} - \sum_Z p(Z|X,\theta^{{old}}) \ln p(Z | X, \theta^{{old}})",
        ),
    ],
)
def test_sums_over_all_latents_at_once(right: str, wrong: str) -> None:
    assert verdict(BISHOP, right) == "proved"
    assert verdict(BISHOP, wrong) == "refuted"


@pytest.mark.parametrize(
    "row",
    [
        r"\sum_Z p(X, Z | \theta) \ln p(X, Z) = 1",
        r"\sum_Z p(X | \theta) = 1",
        r"\sum_Z (p(Z|X) + p(Z|X)) = 2",
        r"\sum_Z p(Z|X, \theta) \ln p(X, Z | \theta) + p(Z|X,\theta) = 1",
    ],
)
def test_other_sums_over_all_latents_are_not_read(row: str) -> None:
    assert verdict(BISHOP, row) == "unread"


SHIFTED = r"""
size n
index i in 1..n
data y_i in R
latent u_i in R
param \mu in R ; v in positive
u_i ~ Normal(0, 1)
y_i | u_i ~ Normal(u_i + \mu, v)
"""
COUNTED = r"""
size n
index i in 1..n
data x_i in R ; t_i in N ; b_i in 0..1
latent z_i in N
param p in unit ; s in positive
z_i ~ Binomial(t_i, p)
x_i | z_i ~ Normal(z_i, s)
b_i ~ Bernoulli(p)
"""
CELLS_OF_ONE = r"""
data y_1 in N ; y_2 in N
latent z_1 in N ; z_2 in N
param p in unit
const t in N
z_1, z_2, y_2 ~ Multinomial(t, (p/2, p/2, 1-p))
assume y_1 = z_1 + z_2
"""


@pytest.mark.parametrize(
    ("model", "row", "expected"),
    [
        (SHIFTED, r"E[u_i|\mu] = \frac{y_i-\mu}{1+v}", "refuted"),
        (SHIFTED, r"E_{u_i|\mu}[u_i] = \frac{y_i-\mu}{1+v}", "refuted"),
        (SHIFTED, r"\operatorname{Var}[u_i|v] = 1", "proved"),
        (SHIFTED, r"E[u_i|y_i] = \frac{y_i-\mu}{1+v}", "proved"),
        (SHIFTED + r"define q(u_i) = \mathcal{N}(u_i|0,2)", r"E_q[u_i] = E[u_i|y_i]", "unread"),
        (SHIFTED + "fun q(u_i) in positive", r"E_q[u_i] = E[u_i|y_i]", "unknown"),
        (COUNTED, "E[z_i|x_i] = t_i p", "unread"),
        (COUNTED, "E[z_i] = t_i p", "proved"),
        (COUNTED, r"p(b_i=2) = p^2(1-p)^{-1}", "unread"),
        (CELLS_OF_ONE, "E[z_1] = y_1/2", "unread"),
        (CELLS_OF_ONE, "E[z_1|z_2] = y_1/2", "unread"),
        (CELLS_OF_ONE, "E[z_1|y_2] = y_1/2", "unread"),
        (CELLS_OF_ONE, "E[z_1|y_1] = y_1/2", "proved"),
        (CELLS_OF_ONE, "E[z_1|y_1] = y_1", "refuted"),
        (CELLS.replace("z_{nm}", "z_n"), "p(x_{11}|x_{12}) = p(x_{11})", "unread"),
    ],
)
def test_a_mean_is_under_what_it_says(model: str, row: str, expected: str) -> None:
    assert verdict(model, row) == expected


ITERATES = r"""
size n, k
index i in 1..n ; j in 1..k
data x_i in N
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
define \theta = (\pi,\lambda) ; \theta^{new} = (\pi^{new},\lambda^{new}) ; \theta^{old} = (\pi^{old},\lambda^{old})
posterior w_{ij} = p(z_i=j|x_i) at \theta^{old}
define Q(\theta,\theta^{old}) = \sum_i\sum_j w_{ij}\log(\pi_j p(x_i|z_i=j)) ; \ell(\theta) = \sum_i\log p(x_i;\theta)
"""
RISE = r"\ell(\theta^{new}) - \ell(\theta^{old}) %s Q(\theta^{new},\theta^{old}) - Q(\theta^{old},\theta^{old})"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"w_{ij} = p(z_i=j|x_i;\theta^{old})", r"w_{ij} = p(z_i=j|x_i;\theta^{new})"),
        (RISE % r"\ge", RISE % r"\le"),
        (
            r"Q(\theta^{new},\theta^{old}) = \sum_i\sum_j w_{ij}\log(\pi_j^{new} p(x_i|z_i=j; \theta^{new}))",
            r"Q(\theta^{new},\theta^{old}) = Q(\theta^{old},\theta^{old})",
        ),
        (r"\ell(\theta^{new}) = \sum_i \log p(x_i; \theta^{new})", r"\ell(\theta^{new}) = \ell(\theta^{old})"),
        (r"\lambda_j^{new} = 1 \cdot \lambda_j^{new}", r"\lambda_j^{new} = \lambda_j^{old}"),
    ],
)
def test_every_iterate_has_values_of_its_own(right: str, wrong: str) -> None:
    assert verdict(ITERATES, right) == "proved"
    assert verdict(ITERATES, wrong) == "refuted"


@pytest.mark.parametrize("row", [r"p(x_i; \theta_{t+1}) = p(x_i; \theta_t)", r"p(x_i; \theta_0) = p(x_i; \theta_t)"])
def test_an_iterate_that_was_not_declared_is_none(row: str) -> None:
    declared = RATES  # with theta_t alone
    assert verdict(declared, row) == "unread"


@pytest.mark.parametrize(
    "row",
    [
        r"E[z_1^3|x_1;\theta_t] = E[z_1^3|x_2;\theta_t]",
        r"E[z_i^3|x_i;\theta_t] = E[z_i^3|x_i;\theta_0]",
        r"E[z_i^3|x_i;\theta_t] = E[z_i^3|X;\theta_0]",
    ],
)
def test_unwritten_means_tell_data_and_iterates_apart(row: str) -> None:
    assert verdict(RATES + r"define \theta_0 = (a_0, b_0)", row) not in ("proved", "confirmed")


MIXED = r"""
size n, K
index i, m in 1..n ; k, l in 1..K
data x_i in N ; y_i in N
param \lambda_k in positive ; a in positive ; b in positive ; \pi in simplex(K) ; s_k in positive
latent z_i in 1..K ; t in 1..K ; r in 1..K ; q_i in positive
const c_k in R
z_i ~ Categorical(\pi)
t ~ Categorical(\pi)
r ~ Categorical(\pi)
x_i | z_i=k ~ Poisson(\lambda_k)
q_i ~ Gamma(a, b)
y_i | q_i ~ Poisson(q_i)
define \theta_k=(\lambda_k, s_k) ; D_i=(x_i,y_i) ; X=(x_i)
define \theta^{(t)} = (\lambda^{(t)}, a^{(t)}, b^{(t)}, \pi^{(t)}, s^{(t)})
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"p(x_i|\lambda_k^{(t)}) = p(x_i|z_i=k;\theta^{(t)})", r"p(x_i|\lambda_k^{(t)}) = p(x_i|\lambda_l^{(t)})"),
        (r"p(x_i|\theta_k) = p(x_i|z_i=k)", r"p(x_i|\theta_k) = p(x_i)"),
        ("p(D_i) = p(x_i, y_i)", "p(D_1) = p(D_2)"),
        (r"\sum_{z_1}\sum_{z_2}c_{z_1}c_{z_2}=(\sum_k c_k)^2", r"\sum_{z_1}\sum_{z_2}c_{z_1}c_{z_2}=K\sum_k c_k^2"),
        (
            r"\log p(q_i|y_i) = (a+y_i-1)\log q_i - (b+1)q_i + \text{const}",
            r"\log p(q_i|y_i) = (a+y_i-1)\log q_i - (b+1)q_i + \text{const} \\ &= (a-1)\log q_i - (b+1)q_i + \text{const}",
        ),
    ],
)
def test_components_tuples_and_members(right: str, wrong: str) -> None:
    assert verdict(MIXED, right) == "proved"
    assert verdict(MIXED, wrong) == "refuted"


@pytest.mark.parametrize(
    "row",
    [
        r"E[c_{z_i}+c_t]=c_{z_i}+E[c_t]",
        r"p(\{x_i\})=p(x_i)",
        r"p((x_i)_{i \ne m})=p(x_i)",
        r"p(y_i|q_i) \propto 1",
        r"p(x_i|\lambda_k,s_l) = p(x_i|z_i=k)",
        r"p(x_2,\dots,x_n) = \prod_i p(x_i)",
        r"p(x_1,\dots,x_m) = \prod_i p(x_i)",
        r"p(x_1=0,\dots,x_n=0) = p(X)",
        r"p(X=0) = p(x_i=0)",
    ],
)
def test_what_is_said_of_variables_is_read_as_it_stands_or_not(row: str) -> None:
    assert verdict(MIXED, row) == "unread"


def test_all_members_may_be_written_with_dots() -> None:
    assert verdict(MIXED, r"p(x_1,\dots,x_n) = \prod_i p(x_i)") == "proved"
    assert verdict(MIXED, r"p(x_1, x_2, \dots, x_n) = p(X)") == "proved"


def test_random_arguments_are_parents_said_or_not() -> None:
    declared = "size n\nindex i in 1..n\ndata u_i in R\nparam \\mu in R\nconst m in R ; c in positive\n"
    declared += "\\mu ~ Normal(m, c)\nu_i ~ Normal(\\mu, 1)\ndefine U = (u_i)"
    assert verdict(declared, r"p(\mu|U) \propto p(\mu) p(U|\mu)") == "proved"
    assert verdict(declared, r"p(\mu|U) \propto p(\mu)") == "refuted"
    assert verdict(declared, r"\frac{\partial}{\partial m} \log p(\mu|U) = \frac{\mu - m}{c}") not in ("proved", "confirmed")


def test_a_posterior_is_one_of_its_own_latent() -> None:
    declared = POSTERIOR_OF_ONE.replace("latent z_i in 1..K", "latent z_i in 1..K ; g_i in 1..K") + "\ng_i ~ Categorical(q)"
    assert verdict(declared, r"E[\lambda_{g_i} | x_i] = \sum_k w_{ik} \lambda_k") in ("refuted", "unread")
    assert verdict(declared, r"E[\lambda_{z_i} | x_i] = \sum_k w_{ik} \lambda_k") == "proved"


def test_data_outside_of_the_density_settle_nothing() -> None:
    declared = "size m\ndata x in N\nparam \\theta in unit\nx ~ Binomial(m, \\theta)"
    objective, hint = "$$ M := \\log p(x) $$ (eq-m)", "<!-- derive: maximises (eq-m) over \\theta -->"
    text = f"```derive\n{declared}\n```\n\n{objective}\n\n{hint}\n$$ \\theta = %s $$\n"
    for value, expected in (("x/m", {"proved", "unknown"}), ("x/(m+1)", {"refuted"})):
        note = check_note(read_note(Path("note.md"), text % value), Witness(autodiff=False), diagnosed=False)
        assert note.steps[-1].verdict in expected


RANDOM_INPUT = r"""
size n
index i in 1..n
data a_i in R ; y_i in R
param M in R ; s in positive
a_i ~ Normal(M, 1)
y_i ~ Normal(a_i, s)
"""
UNSAID = SHIFTED.replace("y_i | u_i ~", "y_i ~")


@pytest.mark.parametrize(
    ("model", "row", "expected"),
    [
        (RANDOM_INPUT, "p(a_i|y_i) = p(a_i)", "unread"),
        (RANDOM_INPUT, r"p(y_i) = \mathcal{N}(y_i|a_i,s)", "unread"),
        (RANDOM_INPUT, "p(a_i,y_i) = p(a_i) p(y_i)", "unread"),
        (RANDOM_INPUT, "p(a_i,y_i) = p(a_i) p(y_i|a_i)", "proved"),
        (RANDOM_INPUT, r"p(y_i|a_i) = \mathcal{N}(y_i|a_i,s)", "proved"),
        (UNSAID, r"E[u_i|y_i] = \frac{y_i-\mu}{1+v}", "proved"),
        (UNSAID, r"E[u_i|y_i] = E[u_i]", "refuted"),
        (BISHOP, r"\sum_Z p(z_1) = 1", "unread"),
        (BISHOP, r"\sum_Z p(x_n, z_n) = p(x_n)", "unread"),
        (BISHOP, r"p(Z|X) \propto p(X,Z)", "unread"),
        (DISCRETE_CHANNELS, "E[x_1|x_2] = x_1", "unread"),
        (DISCRETE_CHANNELS, r"\operatorname{Var}[x_1|x_2] = 0", "unread"),
        (DISCRETE_CHANNELS, r"E[\lambda_{z_i} x_i|x_i] = x_i \sum_k p(z_i=k|x_i) \lambda_k", "proved"),
    ],
)
def test_what_is_random_is_not_taken_as_given(model: str, row: str, expected: str) -> None:
    assert verdict(model, row) == expected


WORDS = r"""
size n, k, V
index i in 1..n ; j, s in 1..k ; v, u in 1..V
data x_i in N^V
assume \sum_i x_{iv} > 0
define m_i = \sum_v x_{iv}
latent z_i in 1..k
param \pi in simplex(k) ; \eta_j in simplex(V)
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Multinomial(m_i, \eta_j)
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
define Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            r"p(x_i | z_i=j) = \frac{m_i!}{\prod_v x_{iv}!} \prod_v \eta_{jv}^{x_{iv}}",
            r"p(x_i | z_i=j) = \prod_v \eta_{jv}^{x_{iv}}",
        ),
        (
            r"\frac{\partial Q}{\partial \eta_{sv}} = \sum_i w_{is} x_{iv} / \eta_{sv}",
            r"\frac{\partial Q}{\partial \eta_{sv}} = \sum_i w_{is} m_i / \eta_{sv}",
        ),
        (r"\sum_i m_i > 0", r"\sum_i m_i < 1"),
    ],
)
def test_a_vector_of_counts_is_multinomial(right: str, wrong: str) -> None:
    assert verdict(WORDS, right) == "proved"
    assert verdict(WORDS, wrong) == "refuted"


def test_the_chances_of_words_are_their_shares_and_no_frequencies_of_documents() -> None:
    text = f"```derive\n{WORDS}\n```\n\n$$ L := Q $$ (eq-q)\n\n<!-- derive: maximises (eq-q) over \\eta_{{sv}} -->\n$$ %s $$\n"
    share = r"\eta_{sv} = \frac{\sum_i w_{is} x_{iv}}{\sum_i w_{is} m_i}"
    frequency = share.replace(" m_i", "")

    def last(known: str, value: str) -> Step:
        note = check_note(read_note(Path("note.md"), known % value), Witness(autodiff=False), diagnosed=False)
        return note.steps[-1]

    assert last(text, share).verdict == "proved"
    assert last(text, frequency).verdict == "refuted"
    # Of a word that is in no document the share is zero, and nothing is shared out where there are no words.
    step = last(text.replace("assume \\sum_i x_{iv} > 0\n", ""), share)
    outcome = step.findings[0].outcome
    assert isinstance(outcome, Proof) and r"what is put for \eta is positive" in outcome.conditions
    assert any(duty.kind == "nonzero" and not duty.derived for duty in outcome.obligations)


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ("Multinomial(m_i, ", "Multinomial("),
        ("data x_i in N^V", "data x_i in N"),
        (r"Multinomial(m_i, \eta_j)", r"Multinomial(m_i, r_j)"),
        (r"Multinomial(m_i, \eta_j)", r"Multinomial(m_i, \pi)"),
    ],
)
def test_what_is_no_multinomial_is_said(told: str, instead: str) -> None:
    """Another number of parameters, a lone count, chances that need not sum to one, or those of something else."""
    model = WORDS.replace(r"param \pi", r"param r_j in positive ; \pi")
    assert verdict(model, "p(x_i | z_i=j) = 1") == "refuted"
    assert verdict(model.replace(told, instead), "p(x_i | z_i=j) = 1") == "unread"


COVERED = r"""
size n, K
index i in 1..n ; j, k in 1..K ; t in 2..K
const a_j in nonnegative ; b_j in N ; d_i in nonnegative ; f_{jk} in nonnegative ; c in nonnegative
assume \sum_j a_j > 0 ; \sum_j b_j > 0 ; \sum_i d_i > 0 ; \sum_j f_{jk} > 0
param p_{ij} in positive
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\sum_j p_{1j} a_j > 0", r"\sum_t a_t > 0"),
        (r"\sum_i \sum_j p_{ij} a_j d_i > 0", r"\sum_j a_j b_j > 0"),
        (r"\sum_j \sum_k \sum_i p_{ij} f_{jk} d_i > 0", r"\sum_j \sum_k f_{jk} f_{kj} > 0"),
        (r"\sum_i d_i (p_{i1} + c) > 0", r"\sum_i \sum_j c a_j d_i > 0"),
        (r"\sum_j f_{jk} > 0", r"\sum_k f_{jk} > 0"),
        (r"\sum_j \sum_i b_j d_i > 0", r"\sum_j f_{jj} > 0"),
    ],
)
def test_a_sum_of_what_is_not_always_zero_is_positive(right: str, wrong: str) -> None:
    """Of a product each factor is chosen by itself: where one index chooses both, the two may never meet."""
    assert verdict(COVERED, right) == "proved"
    assert verdict(COVERED, wrong) in ("unknown", "refuted")


COUNTS_AND_ORIGINS = r"""
size n, K
index i in 1..n
index j, k in 1..K
data x_i in N
latent z_i in 1..K
param \lambda_j in positive
param \pi in simplex(K)
define g_{ij} = \pi_j \lambda_j^{x_i} e^{-\lambda_j} / x_i!
"""


def test_a_joint_density_at_the_value_of_a_category() -> None:
    """Where a datum and its category have one density together, the letter of the value is the category that is asked for."""
    declared = COUNTS_AND_ORIGINS + "x_i, z_i=j ~ Density(g_{ij})"
    assert verdict(declared, r"p(x_i, z_i=k) = \pi_k \frac{\lambda_k^{x_i} e^{-\lambda_k}}{x_i!}") == "proved"
    assert verdict(declared, "p(x_i, z_i=2) = g_{i2}") == "proved"
    assert verdict(declared, "p(x_i, z_i=k) = g_{ij}") == "refuted"
    assert verdict(declared, "p(x_1, z_2=1) = g_{11}") == "unread"
    assert verdict(COUNTS_AND_ORIGINS + "x_i, z_i=1 ~ Density(g_{i1})", "p(x_i, z_i=2) = g_{i1}") == "unread"
    dictionary = Dictionary()
    for line in COUNTS_AND_ORIGINS.splitlines():
        dictionary.declare(line)
    with pytest.raises(ReadingError, match="letters that the variable does not have"):
        dictionary.declare("z_i=j ~ Density(g_{ij})")


PRECISION = r"""
size n, d
index i in 1..n
data x_i in R^d
param \mu in R^d ; \Lambda in spd(d)
assume n > d
define Q = \frac{n}{2} \log|\Lambda| - \frac12 \sum_i (x_i - \mu)^T \Lambda (x_i - \mu)
define S = \sum_i (x_i - \mu)(x_i - \mu)^T
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r"\left(\frac1n S\right)^{-1}", "proved"),
        (r"n S^{-1}", "proved"),
        (r"\frac{S^{-1}}{1/n}", "proved"),
        (r"S^{-1}", "refuted"),
        (r"\frac1n S", "refuted"),
        (r"-n S^{-1}", "refuted"),
        (r"n \left(\sum_i x_i (x_i - \mu)^T\right)^{-1}", "refuted"),
    ],
)
def test_a_precision_matrix_is_the_inverse_of_the_scatter(value: str, expected: str) -> None:
    hint = "<!-- derive: maximises (eq-m) over \\Lambda -->"
    text = f"```derive\n{PRECISION}\n```\n\n$$ M := Q $$ (eq-m)\n\n{hint}\n$$ \\Lambda = {value} $$\n"
    note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)
    assert note.steps[-1].verdict == expected


PARTLY = r"""
size n, K
index i in 1..n ; s in 2..n ; k in 1..K ; t in 2..K
data x_i in N
latent z_i in 1..K
param \lambda_k in positive ; q in simplex(K)
"""


@pytest.mark.parametrize(
    "model",
    [
        "z_s ~ Categorical(q)\nx_i | z_i=k ~ Poisson(\\lambda_k)",
        "z_i ~ Categorical(q)\nx_s | z_s=k ~ Poisson(\\lambda_k)",
        "z_i ~ Categorical(q)\nx_i | z_i=t ~ Poisson(\\lambda_t)",
    ],
)
def test_a_distribution_of_a_part_of_a_family_or_given_a_part_of_the_values_is_not_one_of_all(model: str) -> None:
    row = r"p(x_i, z_i=k) = q_k \lambda_k^{x_i} e^{-\lambda_k} / x_i!"
    whole = "z_i ~ Categorical(q)\nx_i | z_i=k ~ Poisson(\\lambda_k)"
    assert checked(PARTLY + whole, row).steps[-1].verdict in ("proved", "confirmed")
    assert checked(PARTLY + model, row).steps[-1].verdict == "unread"
