"""Rows that are told from their twins by one sign only: a bracket that is not printed, a font, a mark, a number far too small."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.campaign import SecondEvaluator, of_note, plan, tried
from checks.note_outline import provided
from checks.note_reports import report
from checks.notes import check_note
from checks.reports import Page
from checks.witness import Witness
from derive.notes import read_note
from tests.unit.checks.test_note_reports import ENVIRONMENT
from tests.unit.notes.test_check import checked, verdict

ACCEPTED = ("proved", "confirmed")
NUMBERS = r"""
size n, d, k
index i in 1..n ; j, l in 1..d ; m, g in 1..k
data x_i in R ; o_i in R ; o in bool
param u in R ; v in positive ; r in nonnegative ; y in R^d ; w in R^d ; \mu_m in R
param A in R^{d x d} ; S in spd(d)
frozen q in simplex(k)
param \sigma^2 in positive
const a in R ; C in R^{d x d}
define \dot u = v ; \hat\sigma = v
define \bar{x} = \frac1n \sum_i x_i
"""
FACES = r"""
size n, d
index i in 1..n ; j in 1..d
param x in R ; \mathbf{x} in R
data z_i in R ; \mathbf{z}_i in R^d
"""
NORMALS = r"""
size n
index i in 1..n
data y_i in R ; u_i in R
latent w_i in R
param \mu in R ; \sigma in positive
frozen \hat w_i in R ; v_i in R
w_i ~ Normal(\mu, \sigma^2)
y_i | w_i ~ Normal(w_i, 1)
u_i ~ Normal(0, 1)
define \theta = (\mu, \sigma) ; \theta_t = (\mu_t, \sigma_t)
assume \hat w_i = E[w_i | y_i; \theta_t]
assume v_i = \frac{\mu_t + \sigma_t^2 y_i}{1+\sigma_t^2}
"""
TWO_VALUES = r"""
size n
index i in 1..n
data y_i in R
latent w_i in R
param \mu in R ; \sigma in positive ; \mu_t in R ; \sigma_t in positive
w_i ~ Normal(\mu, \sigma^2)
y_i | w_i ~ Normal(w_i, 1)
define \theta = (\mu, \sigma) ; \theta_t = (\mu_t, \sigma_t)
"""
ONE_DENSITY = r"""
size n, K
index i in 1..n ; k in 1..K
data x_i in R ; y_i in R
latent z_i in 1..K
param \theta_k in R ; \pi in simplex(K)
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Density(f)
y_i | z_i=k ~ Density(f)
"""
TWO_LABELS = r"""
size n, K
index i in 1..n ; k, l in 1..K
data x_i in N ; y_i in N
latent z_i in 1..K ; t_i in 1..K
param \lambda_k in positive ; \rho_k in positive ; \pi in simplex(K) ; \omega in simplex(K)
z_i ~ Categorical(\pi)
t_i ~ Categorical(\omega)
x_i | z_i=k ~ Poisson(\lambda_k)
y_i | t_i=k ~ Poisson(\rho_k)
"""
PARENTS = r"""
size n
index i in 1..n
data x_i in R ; y_i in R ; w_i in R
latent t_i in R ; u_i in R
param s in positive ; v in positive
t_i ~ Normal(0, 1)
u_i ~ Normal(t_i, v)
x_i | t_i ~ Normal(t_i, s)
y_i | x_i, t_i ~ Normal(x_i + t_i, v)
w_i | x_i ~ Normal(x_i, v)
"""
ITERATES = r"""
size n, K
index i in 1..n ; k, l in 1..K
data x_i in R
latent z_i in 1..K
param \sigma_k in positive ; \pi in simplex(K) ; \mu_k in R
define \theta = (\pi,\mu,\sigma) ; \theta^{(1)}=(\pi^{(1)},\mu^{(1)},\sigma^{(1)})
define \theta^{(2)}=(\pi^{(2)},\mu^{(2)},\sigma^{(2)})
define \theta_1 = (\pi_1, \mu_1, \sigma_1)
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Normal(\mu_k, \sigma_k^2)
"""
LAST_ITERATE = r"""
size d
param \mu in R^d ; S in spd(d)
define \theta = (\mu, S) ; \theta^{(T)} = (\mu^{(T)}, S^{(T)})
"""
TIMES = r"""
size n, T
index i in 1..n ; t, s in 1..T
data x_i in R
param \mu in R ; v in positive
define \theta = (\mu,v) ; \theta^{(t)} = (\mu^{(t)},v^{(t)})
x_i ~ Normal(\mu, v)
"""
UNNAMED = r"""
size n, K
index i in 1..n ; k, l in 1..K
data x_i in N
latent z_i in 1..K
param \lambda_k in positive ; \pi in simplex(K)
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Poisson(\lambda_k)
define X = (x_i) ; Z = (z_i)
"""
MIXED_COUNTS = (
    UNNAMED
    + r"""
frozen m_k in positive ; \rho in simplex(K) ; q_{ik} in simplex(K) over k
define q(z_i=k) = q_{ik}
define \theta = (\pi,\lambda) ; \theta_t = (\pi_t,\lambda_t) ; \theta_0 = (\rho, m)
posterior r_{ik} = p(z_i=k|x_i) at \theta_t
define Q(\theta) = \sum_i\sum_k r_{ik}\log p(x_i,z_i=k;\theta) ; \ell(\theta) = \sum_i \log p(x_i;\theta)
"""
)
INPUTS = r"""
size n
index i in 1..n
data x_i in R ; y_i in R
param w in R ; s in positive
y_i ~ Normal(w x_i, s)
define X=(x_i) ; Y=(y_i)
"""
PRIOR = r"""
size n, k
index i in 1..n ; j in 1..k
data y_i in R
param \mu in R ; t_j in positive
const \tau in positive ; m_0 in R ; s_0 in positive
\mu ~ Normal(m_0, s_0)
y_i | \mu ~ Normal(\mu, 1/\tau)
define Y = (y_i)
"""
CLASSES = r"""
size n, C
index c in 1..C
param u in R ; v in positive
"""
FUNCTIONS = r"""
param u in R ; v in positive
const a in R
define g(u) = u^2 v
"""
GIVEN = r"""
size n
index i in 1..n
latent u_i in R ; v_i in R ; g_i in positive
param \mu in R ; s in positive ; a in positive ; r in positive
u_i ~ Normal(\mu, s)
g_i ~ Gamma(a, r)
v_i | u_i ~ Normal(u_i, s)
"""
COUNTED = r"""
size n
index i, j in 1..n
data x_i in N
latent g_i in positive
param a in positive ; b in positive
g_i ~ Gamma(a, b)
x_i | g_i ~ Poisson(g_i)
"""
SAID = r"""
size n, K
index i in 1..n ; k, l in 1..K
data x_i in R
latent z_i in 1..K
param \theta_k in R ; \pi in simplex(K) ; \phi in R
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Density(f(x_i | \theta_k))
"""
FAMILY = r"""
size K
index k in 1..K
param \theta_k in R ; \mu in R
define L(\theta) = \sum_k \theta_k^2
"""

FACTORS = "".join(f"(n-{number})" for number in range(1, 21))
ROOTS = "".join(f"(d-{number})" for number in range(1, 21))

ROWS = r"""
size N, D
index n in 1..N ; i in 1..D
data x_{ni} in R
param v in positive
x_{ni} ~ Normal(0, v)
define x_n = (x_{ni}) ; X = (x_n)
"""
COMPONENTS = r"""
size N, K
index n in 1..N ; k, j in 1..K
data x_n in R
latent z_n in 1..K
param \pi in simplex(K) ; \mu_k in R ; \sigma_k in positive
z_n ~ Categorical(\pi)
x_n | z_n=k ~ Normal(\mu_k, \sigma_k^2)
define \theta_k = (\mu_k, \sigma_k)
"""
LIKELIHOOD = r"""
size n
index i in 1..n
data x_i in R
param \mu in R ; \sigma in positive
define L(\mu, \sigma) = \prod_i \mathcal{N}(x_i \mid \mu, \sigma^2)
"""
TWINS = [
    # Behind an arrow each sign may use what stands before it.
    (NUMBERS, r"u = a \implies u^2 = a u = a^2", r"u = a \implies u^2 = a u = 2a^2"),
    (NUMBERS, r"v = a \implies v + a = 2v = 2a", r"v = a \implies v + a = 2v = 3a"),
    # All data in rows: the tuple of the rows is that of all cells.
    (ROWS, r"p(X) = \prod_n p(x_n)", r"p(X) = p(x_n)"),
    (ROWS, r"\log p(x_n) = \sum_i \log \mathcal{N}(x_{ni} \mid 0, v)", r"\log p(X) = \sum_i \log \mathcal{N}(x_{ni} \mid 0, v)"),
    # The parameters behind the bar are those of the component that is given.
    (
        COMPONENTS,
        r"p(x_n) = \sum_k \pi_k p(x_n \mid z_n=k; \theta_k)",
        r"p(x_n) = \sum_k \pi_k p(x_n \mid z_n=k; \theta_j)",
    ),
    (
        COMPONENTS,
        r"p(x_n \mid z_n=k; \mu_k, \sigma_k) = \mathcal{N}(x_n \mid \mu_k, \sigma_k^2)",
        r"p(x_n \mid z_n=k; \mu_j, \sigma_j) = \mathcal{N}(x_n \mid \mu_k, \sigma_k^2)",
    ),
    # A function of two parameters moves with both.
    (
        LIKELIHOOD,
        r"L(\mu, \sigma) \propto \sigma^{-n} \exp( -\frac{1}{2\sigma^2} \sum_i (x_i-\mu)^2 )",
        r"L(\mu, \sigma) \propto \exp( -\frac{1}{2\sigma^2} \sum_i (x_i-\mu)^2 )",
    ),
    # A maximiser in one member of a family is none in another.
    (
        NUMBERS,
        r"\arg\max_{\mu_m} -\mu_m^2 = \arg\max_{\mu_m} a - \mu_m^2",
        r"\arg\max_{\mu_m} -\mu_m^2 = \arg\max_{\mu_g} -\mu_m^2",
    ),
    # A list without an arrow claims each of its equations.
    (NUMBERS, r"u + u = 2u, \quad v + v = 2v", r"u = 2u, \quad v = v"),
    (NUMBERS, r"u + u = 2u \qquad v = v", r"u = 2u \qquad v = v"),
    (NUMBERS, r"2u = u \implies u = 0, \quad v + v = 2v", r"2u = u \implies u = 0, \quad v + v = 3v"),
    # braces are not printed
    (NUMBERS, r"{u + v} a = u + v a", r"{u + v} a = u a + v a"),
    (NUMBERS, r"a - {u + v} = a - u + v", r"a - {u + v} = a - u - v"),
    (NUMBERS, r"{-1} u = -u", r"2{-1} u = -2u"),
    (NUMBERS, r"\log {v} = \log v", r"{u + v}^2 = u^2 + 2uv + v^2"),
    (NUMBERS, r"\exp{-u + v} = \exp(v - u)", r"\exp{-u + v} = e^{-u} + v"),
    (NUMBERS, r"u + \smash{v} = u + v", r"u = u \smash{+ v}"),
    # braces around a letter: its scripts are those behind them
    (NUMBERS, r"\sum_i {x}_i = \sum_i x_i", r"\sum_i {x}_i = \sum_j x_i"),
    (NUMBERS, r"{\bf x}_i^2 = x_i {\mathbf x}_i", r"{\bf x}_i^2 = 2 x_i"),
    (
        NUMBERS,
        r"\frac{\partial}{\partial {\bf \mu}_m} {\mu}_m^2 = 2 {\mu}_m",
        r"\frac{\partial}{\partial {\bf \mu}_m} {\mu}_g^2 = 2 {\mu}_m",
    ),
    (NUMBERS, r"\bm{\mu}_m {\bf a} u = u a \mu_m", r"\bm{\mu}_m {\bf a} u = u \mu_m"),
    (NUMBERS, r"\bm{\mu}_m {v + a} = \mu_m v + a", r"\bm{\mu}_m {v + a} = \mu_m v + \mu_m a"),
    (NUMBERS, r"\boldsymbol{\mu}_m {a} u = u a \mu_m", r"\operatorname{tr} {A} C = \operatorname{tr}(A) C"),
    (NUMBERS, r"{x_i}^2 = x_i x_i", r"{u v}^2 = u^2 v^2"),
    (FACES, r"{\bf z}_i^T {\bf z}_i = \sum_j \mathbf{z}_{ij}^2", r"{\bf z}_i^T {\bf z}_i = {z}_i^2"),
    # what stands behind a remark is no part of it
    (NUMBERS, r"u = u \quad \text{by symmetry}", r"u = u \quad \text{(by symmetry)} = v"),
    (NUMBERS, r"u = u \quad \text{since } v > 0", r"u = u \quad\text{since } v > 0, \quad u = v"),
    (NUMBERS, r"u = u \quad \text{by (2)}.", r"u = u \text{ by (2)} \le v"),
    (NUMBERS, r"u = u \quad \text{by Lemma } 3", r"u = u \text{ (by x)} + v"),
    (NUMBERS, r"u = u \quad \text{by } \eqref{eq:a}", r"u = u \text{ by (2)} \implies u = v"),
    (
        NUMBERS,
        r"u = u \quad \text{using the identity } (a+u)^2 = a^2 + 2au + u^2",
        r"u = u \quad\text{because } v > 0 \quad \text{and} \quad u = v",
    ),
    # Unicode
    (NUMBERS, "x₁ = x_1", "u₂ = 2u"),
    (NUMBERS, "u² = u u", "② u = 2u"),
    # entries of a transpose
    (NUMBERS, r"A^T_{jl} = A_{lj}", r"A^T_{jl} = A_{jl}"),
    (NUMBERS, r"\sum_l A_{jl}^\top w_l = (A^T w)_j", r"\sum_l A^T_{jl} w_l = (A w)_j"),
    (NUMBERS, r"A_{jl}^2 = A_{jl} A_{jl}", r"S^{-1}_{jl} = \frac{1}{S_{jl}}"),
    # an operator and the next one
    (
        NUMBERS,
        r"\frac{\partial}{\partial v} \frac{\partial v^2}{\partial v} u = 2u",
        r"\frac{\partial}{\partial v} v \frac{\partial v^2}{\partial v} = 2v",
    ),
    # ranges that may be shorter than empty
    (NUMBERS, r"\sum_{m=2}^k 1 = k - 1", r"\sum_{m=3}^k 1 = k - 2"),
    (NUMBERS, r"\sum_{m=3}^k \mu_m = \sum_m \mu_m - \mu_1 - \mu_2", r"\prod_{m=3}^k v = v^{k-2}"),
    (NUMBERS, r"\sum_{m=4}^k a + \mu_3 = (k-3) a + \mu_3", r"\sum_{m=4}^k a + \mu_2 = (k-3) a + \mu_2"),
    # numbers far apart
    (NUMBERS, r"u + 10^{-100} - 10^{-100} = u", r"u + 10^{-100} = u"),
    (NUMBERS, r"10^{100} (u + 1) = 10^{100} u + 10^{100}", r"10^{100} (u + 1) = 10^{100} u + 10^{100} + 1"),
    (NUMBERS, r"e^{-500} e^{500} = 1", r"1 - e^{-500} = 1"),
    (NUMBERS, r"e^{-1000 u^2} \cdot 1 = e^{-1000 u^2}", r"e^{-1000 u^2} + 1 = 1"),
    (NUMBERS, r"100! = 100 \cdot 99!", r"1 + \frac{1}{100!} = 1"),
    (NUMBERS, r"1 + e^{-e^{9}} - e^{-e^{9}} = 1", r"1 + e^{-e^{9}} = 1"),
    (NUMBERS, r"10^{-100} u = 10^{-100} u + \text{const}", r"10^{-100} u = 1 + \text{const}"),
    # two fonts, both declared
    (FACES, r"\frac{\partial}{\partial x} (\mathbf{x} x) = \mathbf{x}", r"\mathbf{x} = x"),
    (FACES, r"z_i \mathbf{z}_i^T \mathbf{z}_i = z_i \sum_j \mathbf{z}_{ij}^2", r"\frac{\partial}{\partial x} \mathbf{x} = 1"),
    # means that go by a name
    (
        NORMALS,
        r"\hat w_i = \frac{\mu_t + \sigma_t^2 y_i}{1+\sigma_t^2}",
        r"\hat w_i = \frac{\mu_t + \sigma_t^2 y_i}{2+\sigma_t^2}",
    ),
    (NORMALS, r"E[w_i | y_i, u_i; \theta_t] = \hat w_i", r"E[w_i | y_i, u_i; \theta_t] = 2 \hat w_i"),
    (NORMALS, r"E[w_i | y_i; \theta_t] = v_i", r"\frac{\partial}{\partial \mu_t} v_i = 0"),
    (NORMALS, r"\frac{\partial}{\partial \mu} (\mu \hat w_i) = \hat w_i", r"\frac{\partial}{\partial \mu_t} \hat w_i = 0"),
    # parameters that are other values of the model's own
    (TWO_VALUES, r"p(w_i; \theta_t) = \mathcal{N}(w_i | \mu_t, \sigma_t^2)", r"p(w_i; \theta_t) = p(w_i; \theta)"),
    (TWO_VALUES, r"p(w_i; \mu_t) = \mathcal{N}(w_i | \mu_t, \sigma^2)", r"p(w_i; \mu_t) = p(w_i; \mu)"),
    (
        TWO_VALUES,
        r"E[w_i | y_i; \theta_t] = \frac{\mu_t + \sigma_t^2 y_i}{1+\sigma_t^2}",
        r"E[w_i | y_i; \theta_t] = E[w_i | y_i; \theta]",
    ),
    # one unspecified density of two variables
    (ONE_DENSITY, r"p(x_i, y_i) = \sum_k \pi_k p(x_i|z_i=k) p(y_i|z_i=k)", r"p(x_i, y_i) = \sum_k \pi_k p(x_i|z_i=k)^2"),
    (ONE_DENSITY, r"p(x_i) = \sum_k \pi_k p(x_i|z_i=k)", r"p(x_i) = p(y_i)"),
    # the parameters of a component say what label it has, to what uses them
    (TWO_LABELS, r"p(y_i|\rho_k) = p(y_i|t_i=k)", r"p(y_i|\lambda_k) = p(y_i|t_i=k)"),
    (TWO_LABELS, r"p(x_i,y_i|\lambda_k) = p(x_i|z_i=k) p(y_i)", r"p(x_i,y_i|\lambda_k) = p(x_i|z_i=k) p(y_i|t_i=k)"),
    # what a latent or a datum depends on is not given
    (PARENTS, r"E[u_i|t_i] = t_i", r"E[u_i] = t_i"),
    (PARENTS, r"E[t_i|x_i] = \frac{x_i}{1+s}", r"E[u_i|x_i] = t_i"),
    (
        PARENTS,
        r"E[t_i|y_i, x_i] = \frac{(y_i-x_i)/v + x_i/s}{1+1/v+1/s}",
        r"E[t_i|y_i] = \frac{(y_i-x_i)/v}{1+1/v}",
    ),
    (PARENTS, r"E[t_i^2] = 1", r"E[t_i^2|w_i] = 1"),
    # what marks other values of the parameters is no power, transpose or index
    (ITERATES, r"\mu_k\mu_k = \mu_k^2", r"\mu_k^2 = \mu_k^{(2)}"),
    (ITERATES, r"E[\mu_{z_i}^2] = \sum_k \pi_k \mu_k \mu_k", r"\frac{\partial}{\partial\sigma_k}\log p(x_i|z_i=k) = 0 \cdot x_i"),
    (
        ITERATES,
        r"p(x_i | z_i=k; \theta^{(2)}) = \mathcal{N}(x_i | \mu_k^{(2)}, (\sigma_k^{(2)})^2)",
        r"p(x_i; \theta^{(1)}) = p(x_i; \theta^{(2)})",
    ),
    (ITERATES, r"p(x_i; \theta) = p(x_i)", r"p(x_i; \theta_1) = p(x_i; \theta)"),
    (LAST_ITERATE, r"S^T = S", r"S^T = S^{(T)}"),
    (LAST_ITERATE, r"\mu^T \mu = \|\mu\|^2", r"\mu^T = \mu^{(T)}"),
    (TIMES, r"p(x_i; \theta) = p(x_i)", r"p(x_i;\theta^{(1)}) = p(x_i;\theta^{(2)})"),
    (TIMES, r"\sum_t \mu = T \mu", r"\sum_t \mu^{(t)} = T\mu^{(t)}"),
    # what a bar behind a derivative evaluates
    (
        MIXED_COUNTS,
        r"\frac{\partial}{\partial\lambda_k}\log p(x_i;\theta)|_{\theta=\theta_t} = r_{ik}(x_i/\lambda_k-1)|_{\theta=\theta_t}",
        r"\frac{\partial}{\partial\lambda_k}\log p(x_i;\theta)|_{\theta=\theta_t} = 0\cdot n",
    ),
    (
        MIXED_COUNTS,
        r"\nabla_{\lambda_k}\sum_i\log p(x_i;\theta)|_{\theta=\theta_t} = \nabla_{\lambda_k}Q(\theta)|_{\theta=\theta_t}",
        r"\nabla_{\lambda_k}\sum_i\log p(x_i;\theta)|_{\theta=\theta_t} = 0 \cdot n",
    ),
    # other letters than the model's
    (MIXED_COUNTS, r"p(x_i;\theta) = p(x_i;\pi,\lambda)", r"p(x_i;\theta) = p(x_i;\phi)"),
    (MIXED_COUNTS, r"\ell(\theta) = \sum_i \log p(x_i)", r"\ell(\theta_0) = \ell(\theta)"),
    (MIXED_COUNTS, r"p(x_i;\pi,\lambda) = p(x_i)", r"p(x_i;\pi,m) = p(x_i;\pi,\lambda)"),
    (UNNAMED, r"p(x_i;\theta) = p(x_i)", r"p(x_i;\theta) = p(x_i;\phi)"),
    # inputs that are named behind the bar, or are not
    (INPUTS, r"p(y_i | x_i) = \mathcal{N}(y_i|wx_i,s)", r"p(y_1|x_2) = \mathcal{N}(y_1|wx_1,s)"),
    (INPUTS, r"p(Y|X) = \prod_i p(y_i|x_i)", r"p(Y|X) = p(Y|x_1)"),
    # a trailing zero, an approximation, an arrow
    (NUMBERS, r"\sum_i (x_i - \bar x) = \sum_i x_i - n \bar x = 0", r"\sum_i (x_i - u) = \sum_i x_i - n u = 0"),
    (
        NUMBERS,
        r"\frac{\partial}{\partial u} \sum_i (x_i - u)^2 = -2 \sum_i (x_i - u) = 0",
        r"\frac{\partial}{\partial u} \sum_i (x_i - u)^2 = 2 \sum_i (x_i - u) = 0",
    ),
    (NUMBERS, r"u - v = 0 \implies u + v = 2v", r"u - v = 0 \implies u + v = 2v = 0"),
    (NUMBERS, r"u \approx v = v", r"u \approx v = u"),
    (NUMBERS, r"u \approx u + 1 \\ &= 1 + u", r"u \approx u + 1 \\ &= u"),
    (NUMBERS, r"a \stackrel{!}{=} u = u + 0", r"a \stackrel{!}{=} u = a"),
    # an accent over a power
    (NUMBERS, r"\overline{x} = \frac1n \sum_i x_i", r"\overline{x^2} = \bar x^2"),
    # two gradients
    (NUMBERS, r"\nabla_w \nabla_y^T w^T A y = A", r"\nabla_w \nabla_y^T w^T A w = A + A^T"),
    (
        NUMBERS,
        r"\frac{\partial^2}{\partial w \partial y^T} w^T A y = A",
        r"\frac{\partial}{\partial w} \frac{\partial}{\partial y^T} w^T A y = A^T",
    ),
    (NUMBERS, r"{v^2}^3 = v^6", r"v^{2}^{3} = v^6"),
    # a closed simplex has members that vanish
    (NUMBERS, r"\prod_m q_m \ge 0", r"\prod_m q_m > 0"),
    (NUMBERS, r"1 + q_m > 0", r"q_m^v > 0"),
    # words that hold a term, or stand before the relation
    (NUMBERS, r"u = u \text{ by (3)}", r"u = u \text{+ v}"),
    (NUMBERS, r"u = u \quad\text{because } \sum_{m=1}^k q_m = 1", r"u \text{ by (3)} = v"),
    # marks, labels and boxes
    (NUMBERS, r"\overset{n}{\underset{i=1}{\sum}} x_i = \sum_i x_i", r"\overset{\circ}{u} = u"),
    (NUMBERS, r"u \stackrel{(a)}{=} u + 0", r"\stackrel{n+1}{\sum_{i=1}} x_i = \sum_i x_i"),
    (NUMBERS, r"W \stackrel{\text{def}}{=} u + v \\ W &= v + u", r"u \stackrel{c}{=} u + v"),
    (NUMBERS, r"n \underbrace{\sum_i (x_i - \bar x)}_{=0} = 0 \cdot n", r"u + v = \underbrace{u}_{=0} + v"),
    (NUMBERS, r"\underbrace{u}_{\text{shift}} = u", r"u = \overbrace{u}^{=2u}"),
    (NUMBERS, r"\boxed{u + v = v + u}", r"\boxed{u + v = v - u}"),
    (NUMBERS, r"u = u, \quad v = v", r"u = u, \quad v = 2v"),
    (NUMBERS, r"u \lt u + v", r"u \gt u + v"),
    # numbers
    (NUMBERS, r"10\,000 u = 10000 u", r"10\,000 u = 0"),
    (NUMBERS, r"1.2 \cdot .3 = 0.36", "1.2.3 = 0.36"),
    (NUMBERS, "3! = 6", "3!! = 720"),
    (NUMBERS, r"u \phantom v = u", r"u \phantom v = u v"),
    (NUMBERS, r"\log(2 \pi e v) = \log(2 \pi v) + 1", r"\log(2 \pi e v) = \log(2 \pi v) + 2"),
    # bars side by side
    (NUMBERS, r"|u||v| = |uv|", r"|u||v| = uv"),
    (NUMBERS, r"\lvert u \rvert \lvert v \rvert = \lvert u v \rvert", r"|A||S| = |A + S|"),
    (NUMBERS, r"||w||^2 = w^T w", r"||w||^2 = w^T A w"),
    # indices with primes, indicators in bold, the square that is declared
    (NUMBERS, r"\sum_{m'} \mu_{m'} = \sum_m \mu_m", r"\sum_{m'} \mu_m = \sum_m \mu_m"),
    (NUMBERS, r"\mathbf{1}_{\{j=l\}} w_j = \mathbf 1_{j=l} w_l", r"\mathbf{1}_{\{j=l\}} w_j = w_l"),
    (NUMBERS, r"\sigma^4 = (\sigma^2)^2", r"\sigma^4 = 2 \sigma^2"),
    (
        NUMBERS,
        r"\frac{\partial}{\partial \sigma^2} \log \sigma = \frac{1}{2\sigma^2}",
        r"\frac{\partial}{\partial \sigma^2} \log \sigma = \frac1\sigma",
    ),
    (
        NUMBERS,
        r"\arg\max_u (v - u^2) \\ &= \arg\max_u (-u^2)",
        r"\arg\max_u (v - u^2) \\ &= \arg\max_u (u - u^2)",
    ),
    # parameters below a density, distributions below an expectation, values at theta_t
    (UNNAMED, r"p_\theta(x_i) = \sum_k \pi_k p_\theta(x_i|z_i=k)", r"p_\theta(x_i) = \sum_k p_\theta(x_i|z_i=k)"),
    (MIXED_COUNTS, r"p_{\theta_t}(z_i=k|x_i) = r_{ik}", r"p_\theta(z_i=k|x_i) = r_{ik}"),
    (MIXED_COUNTS, r"E_q[\log q(z_i)] = \sum_k q_{ik} \log q_{ik}", r"E_q[\log q(z_i)] = \log E_q[q(z_i)]"),
    (MIXED_COUNTS, r"p(x_i|z_i=k;\theta_t) = \frac{\lambda_{k,t}^{x_i}}{x_i!} e^{-\lambda_{k,t}}", r"\lambda_{k,t} = \lambda_k"),
    # where a product ends
    (
        NUMBERS,
        r"\prod_m e^{\mu_m} \prod_m e^{q_m} = e^{\sum_m \mu_m + 1}",
        r"\prod_m e^{\mu_m} \prod_m e^{q_m} = e^{\sum_m \mu_m + k}",
    ),
    (NUMBERS, r"\prod_m e^{\mu_m} \cdot v = v e^{\sum_m \mu_m}", r"\prod_m e^{\mu_m} v = v^k e^{\sum_m \mu_m}"),
    (NUMBERS, r"\prod_m v = v^k", r"\log v \prod_m e^{\mu_m} = \log v e^{\sum_m \mu_m}"),
    (UNNAMED, r"p(X, Z) = \prod_i p(z_i) \prod_i p(x_i|z_i)", r"p(X, Z) = \prod_i p(z_i) \prod_i p(x_i|z_i)^2"),
    (PRIOR, r"p(\mu | Y) \propto \prod_{i=1}^n p(y_i|\mu) p(\mu)", r"p(\mu | Y) \propto \prod_{i=1}^n p(y_i|\mu) p(\mu)^2"),
    (NUMBERS, r"S^{} = S", r"1/\sum_m q_m \sum_m q_m \mu_m = \sum_m q_m \mu_m"),
    # where an operator ends
    (NUMBERS, r"\log v \exp(u) = \log v + u", r"\log v \exp(u) = e^u \log v"),
    (NUMBERS, r"\log v (u + 1) = (u + 1) \log v", r"\log v (2 v)^{2} = (2 v)^2 \log v"),
    (NUMBERS, r"\sum_m \mu_m - q_m = \sum_m (\mu_m - q_m)", r"-\sum_m \mu_m - q_m = -\sum_m (\mu_m - q_m)"),
    # what a colour, a font or a brace holds
    (NUMBERS, r"v \textcolor{red}{u + a} = v u + a", r"v \textcolor{red}{u + a} = v u + v a"),
    (NUMBERS, r"u^2 \textcolor{blue}{+ a} = u^2 + a", r"u^2 \textcolor{blue}{+ a} = u^2 a"),
    (NUMBERS, r"u \underbrace{- a}_{b} = u - a", r"v \boldsymbol{u + a} = v u + v a"),
    (
        NUMBERS,
        r"(x_i \underbrace{- u + u}_{=0} - a)^2 = (x_i - a)^2",
        r"(x_i \underbrace{- u + a}_{=0} - a)^2 = (x_i - u)^2",
    ),
    (NUMBERS, r"\log |S| a = a \log |S|", r"\log |S| v = \log(v |S|)"),
    (
        NUMBERS,
        r"\log \sum_m q_m \cdot \mu_m^2 = \log (\sum_m q_m \mu_m^2)",
        r"\log \sum_m e^{\mu_m} \cdot v = \log(v \sum_m e^{\mu_m})",
    ),
    (NUMBERS, r"\det S \cdot v = v \det S", r"\det S \cdot v = v^d \det S"),
    (NUMBERS, r"\det A \det S = \det(A S)", r"\det A \det S = \det(A) \det(S)^d"),
    (NUMBERS, r"\nabla_A \operatorname{tr} S A^T = S", r"\nabla_A \operatorname{tr} A A^T = 2 A^T"),
    (NUMBERS, r"\nabla_v \log v = \frac1v", r"\nabla_v \log v r = \frac{r}{v}"),
    (
        NUMBERS,
        r"\frac{\partial}{\partial A^T} \operatorname{tr}(S A) = S",
        r"\frac{\partial}{\partial A^T} \operatorname{tr}(C A) = C^T",
    ),
    (NUMBERS, r"A w \odot w = (A w) \odot w", r"A w \odot w = A (w \odot w)"),
    (NUMBERS, r"\log{v} = \log v", r"\log{v} a = a \log v"),
    (NUMBERS, r"\sum_{m \ne g}^{k} \mu_m = \sum_m \mu_m - \mu_g", r"\sum_{m \ne g}^{n} \mu_m = \sum_m \mu_m - \mu_g"),
    (NUMBERS, r"\sum_i x_i + o_i = o_i + \sum_i x_i", r"\sum_{j,j} w_j = d \sum_j w_j"),
    (NUMBERS, r"\sum_{o=0}^{1} o v^o = v", r"\sum_{o=0}^{1} o v^o = o + o v"),
    (NUMBERS, r"\sqrt[3]{v^3} = v", r"\sqrt[0]{v} = v"),
    # other letters, other signs
    (NUMBERS, "vᵘ = v^u", "vᵘ = v u"),
    (NUMBERS, r"x_i = x_i", r"x_{(i)} = x_i"),
    (NUMBERS, r"\hat{\sigma^2} = \hat\sigma^2", r"\dot{u^2} = \dot u^2"),
    (CLASSES, r"\sum_c v = C v", r"u = u + C"),
    # cases, rows that go on, formulas side by side
    (
        NUMBERS,
        r"v = \begin{cases} v & j = l \\[2pt] v & \text{otherwise} \end{cases}",
        r"v = \begin{cases} v & j = l \\[2pt] u & \text{otherwise} \end{cases}",
    ),
    (NUMBERS, r"\begin{aligned} & u \\ &\quad + v = u + v \end{aligned}", r"\begin{aligned} & u \\ &\quad + v = v \end{aligned}"),
    (NUMBERS, r"\begin{aligned} u v &= u \\ &\quad v \end{aligned}", r"\begin{aligned} u &= u \\ & - v = -v \end{aligned}"),
    (NUMBERS, r"u = u \qquad v = v", r"u v = u \qquad v = u v"),
    (NUMBERS, r"u = \quad u", r"u v = u \quad v"),
    (NUMBERS, r"u = u \qquad (2)", r"u = u \hspace{2cm} v = 2v"),
    (NUMBERS, r"u = u \text{ (as } v > 0\text{)}", r"u = u \text{ (as } v > 0\text{)} + v"),
    (NUMBERS, r"u = u \quad \text{using } (3) \text{ and } (4)", r"u = u \quad \text{using } (3) \text{ and } (4) + v"),
    (NUMBERS, r"u = u \quad \text{recall } v > 0", r"u = u \quad \text{Note: } v = 2v"),
    (NUMBERS, r"\mu_m = \mu_m \quad \forall m \in \{1, \dots, k\}", r"\mu_m = \mu_m \quad \forall m \in \{0, \dots, k\}"),
    # zeros behind slopes
    (NUMBERS, r"\frac{\partial}{\partial u} (u^2 - u) = 2 u - 1 = 0", r"\frac{\partial^2}{\partial u^2} u^2 = 2 = 0"),
    (NUMBERS, r"\frac{\partial^2}{\partial u \partial v} u = 0", r"\frac{\partial^2}{\partial u \partial v} (u v) = 0"),
    # sizes at which a side is not defined
    (NUMBERS, r"(n-1) \frac{u}{n-1} = u", r"(n-1) \frac{u}{n-1} = 2u"),
    # what stands at other values is not differentiated
    (
        MIXED_COUNTS,
        r"\frac{\partial r_{ik}}{\partial \lambda_k} = 0",
        r"\frac{\partial}{\partial\lambda_k} \log p(x_i;\theta_t) = 0 \cdot x_i",
    ),
    (MIXED_COUNTS, r"Q(\lambda) = Q(\theta)", r"Q(\lambda_1) = Q(\theta)"),
    (FUNCTIONS, r"\frac{\partial g}{\partial u} = 2 u v", r"\frac{\partial g}{\partial u}(a) = 2 u v a"),
    (FUNCTIONS, r"\nabla_u g(u) = 2 u v", r"\nabla_u g(a) = 0"),
    # constants and factors of a discrete variable
    (
        UNNAMED,
        r"\log p(z_i=k|x_i) = \log\pi_k + x_i\log\lambda_k - \lambda_k + \text{const}",
        r"\log p(z_i=k|x_i) = \log\pi_k + x_i\log\lambda_k + \text{const}",
    ),
    (
        UNNAMED,
        r"p(z_i=k|x_i) \propto \pi_k \lambda_k^{x_i} e^{-\lambda_k}",
        r"p(z_i=k|x_i) \propto -\pi_k \lambda_k^{x_i} e^{-\lambda_k}",
    ),
    # latents that are given
    (GIVEN, r"E[u_i|u_i] = u_i", r"E[u_i|u_i] = \mu"),
    (GIVEN, r"E[u_i|g_i] = \mu", r"E[u_i|u_i, g_i] = \mu"),
    (GIVEN, r"E[v_i|u_i] = u_i", r"E[v_i + u_i|u_i] = u_i + \mu"),
    # unspecified densities
    (SAID, r"\frac{\partial}{\partial\phi} p(x_i|z_i=k) = 0", r"\frac{\partial}{\partial x_i} p(x_i) = 0"),
    # a member is not all of a family
    (FAMILY, r"L(\theta) = \sum_k \theta_k^2", r"L(\theta_1) = \sum_k \theta_k^2"),
    # a letter that is bound under a mean and free outside of it
    (
        COUNTED,
        r"E[\sum_j g_j | x_1, \dots, x_n] = \sum_j \frac{a + x_j}{b + 1}",
        r"E[\sum_i g_i | x_i] = \sum_i \frac{a + x_i}{b + 1}",
    ),
    (
        COUNTED,
        r"\sum_i E[g_i | x_i] = \sum_i \frac{a + x_i}{b + 1}",
        r"\sum_i E[\sum_i g_i | x_i] = n \sum_i \frac{a + x_i}{b + 1}",
    ),
    # what a slash behind a log divides, and what bars behind bars are under
    (NUMBERS, r"\log(v) / 2 = \frac12 \log v", r"\log v / 2 = \log v - \log 2"),
    (NUMBERS, r"\log v^3/v = 2 \log v", r"\log v / \log v^2 = \log v - \log \log v^2"),
    (NUMBERS, r"\log v / (1 + v) = \log v - \log(1 + v)", r"\log n! / n = \log (n-1)!"),
    (NUMBERS, r"e^u / v = \frac{e^u}{v}", r"\exp u / v = e^{u/v}"),
    (NUMBERS, r"\log |S| v = v \log |S|", r"\log |S||S| = |S| \log |S|"),
    (NUMBERS, r"1/|S|^{1/2} = |S|^{-1/2}", r"1/(2\pi)|S| = \frac{|S|}{2\pi}"),
    (NUMBERS, r"|u|\,|u| = u^2", r"|\,|A|\,| = \|A\|"),
    # a number before a fraction of numbers
    (NUMBERS, r"3 \cdot \frac{1}{4} u = \frac34 u", r"3 \frac{1}{4} u = \frac34 u"),
    (NUMBERS, r"3 \frac{u}{4} = \frac34 u", r"2 \frac12 = 1"),
    # terms behind two sums, and behind terms without the letter
    (
        NUMBERS,
        r"\sum_m \sum_j (w_j + \mu_m) = k \sum_j w_j + d \sum_m \mu_m",
        r"\sum_m \sum_j w_j + \mu_m = k \sum_j w_j + \sum_m \mu_m",
    ),
    (
        NUMBERS,
        r"\sum_m \sum_j \mu_m w_j + w_j \mu_m = 2 \sum_m \sum_j \mu_m w_j",
        r"\sum_m \sum_j \mu_m + w_j = d \sum_m \mu_m + k \sum_j w_j",
    ),
    (
        NUMBERS,
        r"\sum_m \mu_m + a + \sum_m q_m = \sum_m \mu_m + a + 1",
        r"\sum_m \mu_m + a + q_m = \sum_m \mu_m + k a + 1",
    ),
    (NUMBERS, r"\sum_m (\mu_m + q_m - 1) = \sum_m \mu_m + 1 - k", r"\sum_m \mu_m + q_m - 1 = \sum_m \mu_m"),
    # a derivative that is free of all parameters is no equation for one
    (NUMBERS, r"\frac{\partial v}{\partial u} = 0", r"\frac{\partial}{\partial u} \sum_i (x_i - u) = 0"),
    # a constant is a term by itself
    (NUMBERS, r"\log (v e^{a}) = \log v + c", r"v e^{a} = c v^2"),
    (NUMBERS, r"-u^2 \le 0", r"-u^2 \le -2 u + c"),
    # what vanishes by the label below a brace, and what a power of a number is
    (NUMBERS, r"u + \underbrace{v - v}_{0} = u", r"\underbrace{u - v}_{0} = u - v"),
    (NUMBERS, r"u + \underbrace{v}_{n} = u + v", r"u + \underbrace{v}_{0} = u + v"),
    (NUMBERS, r"\log v \overset{(a)}{=} \log v", r"\log v \overset{+c}{=} \log v"),
    (NUMBERS + "size T\ndata t in R^T", r"t^T t = \|t\|^2", r"(t^T t)^T = t^T t"),
    # polynomials with more roots than sizes are tried
    (NUMBERS, rf"u {FACTORS} \cdot 2 = 2 u {FACTORS}", rf"{FACTORS} = 0"),
    (NUMBERS, r"\sum_i (x_i - u) = \sum_i x_i - n u", rf"\sum_i (x_i - u) {FACTORS} = 0"),
    (NUMBERS, r"d |S| = |S| d", rf"{ROOTS} |S| = 0"),
    (NUMBERS, r"u + n = u + \text{const}", rf"u {FACTORS} = u^2 {FACTORS} + \text{{const}}"),
]


def test_sizes_for_which_an_index_is_in_range_are_named() -> None:
    note = checked(NUMBERS, r"\sum_m \delta_{m2} = 1", r"\sum_m \delta_{m1} = 1", r"\sum_m \mu_m \delta_{m3} = \mu_3")
    assert [step.verdict for step in note.steps] == ["proved", "proved", "proved"]
    assert [provided(step) for step in note.steps] == [["k is at least 2"], [], ["k is at least 3"]]


@pytest.mark.parametrize(
    ("declared", "density", "taken"),
    [
        ("positive", "Exponential(v)", True),
        ("R", "Exponential(v)", False),
        ("nonnegative", "Gamma(v, 2)", True),
        ("Z", "Gamma(v, 2)", False),
        ("unit", "Beta(v, v)", True),
        ("positive", "Beta(v, v)", False),
        ("N", "Poisson(v)", True),
        ("0..5", "Poisson(v)", True),
        ("Z", "Poisson(v)", False),
        ("0..1", "Bernoulli(1/2)", True),
        ("N", "Bernoulli(1/2)", False),
        ("R\nassume t_i > 0", "Exponential(v)", True),
        ("R\nassume t_i < 0", "Exponential(v)", False),
    ],
)
def test_a_variable_has_values_only_where_its_distribution_has_them(declared: str, density: str, taken: bool) -> None:
    note = checked(NUMBERS + f"data t_i in {declared}\nt_i ~ {density}", "p(t_i) = p(t_i)")
    assert bool(note.troubles) is not taken
    assert taken or note.steps[0].verdict == "unread"


def rows(*written: str) -> str:
    return r"\begin{aligned}" + r" \\ ".join(written) + r"\end{aligned}"


def verdicts(declarations: str, *written: str) -> list[str]:
    return [step.verdict for step in checked(declarations, rows(*written)).steps]


def test_what_stands_behind_an_unread_row_is_compared_only_where_it_follows() -> None:
    start, odd = r"u &= u + v - v", r"\operatorname{foo}(u)"
    assert verdicts(NUMBERS, start, rf"&= {odd}", r"&= u") == ["proved", "unread", "proved"]
    assert verdicts(NUMBERS, start, rf"&\le {odd}", r"&= u", r"&= u + v - v") == ["proved", "unread", "unread", "proved"]
    assert verdicts(NUMBERS, start, rf"&\le {odd}", r"&= u", r"&= u + v") == ["proved", "unread", "unread", "refuted"]
    for middle in (rf"&\le {odd}", rf"&\approx {odd}", rf"&= {odd} + \text{{const}}", rf"&\to {odd}", rf"v &= {odd}"):
        assert verdicts(NUMBERS, start, middle, r"&= u")[2] == "unread"
    assert verdicts(NUMBERS, r"u + v &\to v", r"&= u + v")[1] == "unread"


@pytest.mark.parametrize(
    "left", [r"\sum_{i=1}^n u", r"\prod_{i=1}^n 1 + n u - 1", r"\sum_{i=1}^n \left( \sum_{l=1}^d \frac{u}{d} \right)"]
)
def test_a_sign_below_a_sum_makes_no_second_cell(left: str) -> None:
    assert verdicts(NUMBERS, rf"{left} &=& n u", r"&=& u n") == ["proved", "proved"]
    assert verdicts(NUMBERS, rf"{left} & = & n u") == ["proved"]
    assert verdicts(NUMBERS, rf"{left} &=& n v", r"&=& u n") == ["refuted", "refuted"]


def test_a_second_cell_is_no_factor() -> None:
    assert verdicts(NUMBERS, r"u + u &= 2 & u") == ["unread"]
    assert verdicts(NUMBERS, r"\sum_{l=1}^d u &= d & \sum_{l=1}^1 u") == ["unread"]
    assert verdicts(NUMBERS, r"x_i &= x_i & (i = 1, \dots, n)") == ["proved"]


def test_a_density_that_is_unread_behind_a_factor_is_not_jumped_over() -> None:
    kernel = r"p(\mu) \prod_{i=1}^n p(y_i | \mu)"
    start, named = rf"p(\mu | Y) &\propto {kernel}", r"\operatorname{N}(\mu | m, s)"
    assert verdicts(PRIOR, start, rf"&= {named}", rf"&\propto {kernel}") == ["proved", "unread", "proved"]
    assert verdicts(PRIOR, start, rf"&= {named}", rf"&= {kernel}") == ["proved", "unread", "unread"]


def test_a_gradient_in_a_matrix_that_vanishes_is_an_equation_as_one_in_a_vector_is() -> None:
    """One that is free of all parameters is a claim: it had to be differentiated in a matrix again, and was unread."""
    slope, shape = r"\frac{\partial}{\partial S} (\log |S| + \operatorname{tr}(S^{-1})) &= 0", r"\implies S &="
    assert verdicts(NUMBERS, slope, r"S^{-1} - S^{-1} S^{-1} &= 0", rf"{shape} I") == ["defined", "proved", "proved"]
    assert verdicts(NUMBERS, slope, rf"{shape} 2 I") == ["defined", "refuted"]
    assert verdicts(NUMBERS, r"\frac{\partial}{\partial S} \operatorname{tr}(C S) &= 0") == ["refuted"]
    assert verdicts(NUMBERS, r"\frac{\partial}{\partial A} \operatorname{tr}(A - A) &= 0") == ["proved"]


def test_an_equation_below_a_gradient_that_vanishes_follows_from_it() -> None:
    slope = r"\frac{\partial}{\partial u} \sum_i (x_i - u)^2 &= 0"
    assert verdicts(NUMBERS, slope, r"\sum_i x_i - n u &= 0", r"\implies u &= \bar x") == ["defined", "proved", "proved"]
    assert verdicts(NUMBERS, slope, r"2 \sum_i x_i - n u &= 0", r"\implies u &= 2 \bar x") == ["defined", "refuted", "proved"]
    assert verdicts(NUMBERS, slope, r"\sum_i x_i - n u &= 0") == ["defined", "proved"]
    assert verdicts(NUMBERS, slope, r"\sum_i x_i - u &= 0") == ["defined", "refuted"]
    assert verdicts(NUMBERS, slope, r"u &= \bar x") == ["defined", "proved"]
    assert verdicts(NUMBERS, slope, r"u &= 2 \bar x") == ["defined", "refuted"]


CATEGORIES = r"""
size n, K
index i in 1..n ; k in 1..K
data x_i in N
latent z_i in 1..K
const \pi in simplex(K)
param \lambda_k in positive
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Poisson(\lambda_k)
posterior r_{ik} = p(z_i=k | x_i)
define X = (x_i) ; Z = (z_i)
"""


@pytest.mark.parametrize("left", [r"\log p(z_i=k | x_i)", r"\log r_{ik}"])
def test_a_constant_of_a_category_s_log_probability_is_free_of_the_category(left: str) -> None:
    right, wrong = r"\log \pi_k + x_i \log \lambda_k - \lambda_k + C", r"x_i \log \lambda_k - \lambda_k + C"
    assert verdicts(CATEGORIES, f"{left} &= {right}", f"&= {wrong}") == ["proved", "refuted"]
    assert verdict(CATEGORIES, rf"-{left} = \lambda_k - x_i \log \lambda_k - \log \pi_k + C") == "proved"
    assert verdict(CATEGORIES, rf"-{left} = \lambda_k - x_i \log \lambda_k + C") == "refuted"
    assert verdict(CATEGORIES, rf"{left} = \log \pi_k + x_i \log \lambda_k + C") == "refuted"


def test_a_constant_of_a_joint_log_density_is_free_of_the_parameters() -> None:
    right, short = r"\log \pi_k + x_i \log \lambda_k - \lambda_k + C", r"x_i \log \lambda_k - \lambda_k + C"
    assert verdicts(CATEGORIES, rf"\log p(z_i=k, x_i) &= {right}", f"&= {short}") == ["proved", "proved"]
    assert verdicts(CATEGORIES, rf"\log p(z_i=k, x_i) &= {right}", r"&= x_i \log \lambda_k + C") == ["proved", "refuted"]
    assert verdict(CATEGORIES, r"2 \log p(z_i=k | x_i) = 2 \log \pi_k + 2 x_i \log \lambda_k - 2 \lambda_k + C") == "proved"
    assert verdict(CATEGORIES, r"2 \log p(z_i=k | x_i) = \log \pi_k + 2 x_i \log \lambda_k - 2 \lambda_k + C") == "refuted"


def test_a_constant_free_of_all_latents_is_not_one_free_of_the_parameters() -> None:
    assert verdict(CATEGORIES, r"\log p(Z | X) = \log p(X, Z) + C") == "unread"
    assert verdict(CATEGORIES, r"\log p(z_i | x_i) = \log p(x_i, z_i) + C") == "unread"
    assert verdict(CATEGORIES, r"\log p(X, Z) = \log p(X | Z) + C") == "proved"


def test_a_distribution_of_what_is_not_declared_is_not_passed_over() -> None:
    model = CATEGORIES.replace("x_i | z_i=k ~ Poisson(\\lambda_k)", "{}").replace("posterior r_{ik} = p(z_i=k | x_i)", "")
    assert verdict(model.replace("{}", "x_i | z_i=k ~ Poisson(\\lambda_k)"), r"p(z_i=k) = \pi_k") == "proved"
    for line in ("", "y_i | z_i=k ~ Poisson(\\lambda_k)"):
        assert verdict(model.replace("{}", line), r"p(z_i=k | x_i) = \pi_k") == "unread"
    vector = model.replace("data x_i in N", "data x_{ik} in N").replace("{}", "x_i | z_i=k ~ Poisson(\\lambda_k)")
    assert verdict(vector, r"p(z_i=k | x_i) = \pi_k") == "unread"


@pytest.mark.parametrize(
    "line", ["x ~ Normal(u, 1)", "X ~ Normal(u, 1)", "x_i - u ~ Normal(0, 1)", "y_i ~ Normal(u, 1)", r"x_i ~ \mathcal{N}(u, 1)"]
)
def test_a_likelihood_that_is_not_read_leaves_no_posterior(line: str) -> None:
    declarations = NUMBERS + "u ~ Normal(0, 1)\ndefine X = (x_i)\n"
    assert verdict(declarations + "x_i ~ Normal(u, 1)", r"p(u | X) \propto e^{-u^2/2} \prod_i e^{-(x_i-u)^2/2}") == "proved"
    for given in ("X", "x", "o"):
        note = checked(declarations + line, rf"p(u | {given}) \propto e^{{-u^2/2}}")
        assert note.steps[0].verdict == "unread"


def test_a_letter_whose_declaration_is_not_read_has_no_other_meaning() -> None:
    note = checked(NUMBERS + r"param I in spdd(d) ; \pi in Q", "A I = A", r"v \pi = \pi v", "A A = A A")
    assert [step.verdict for step in note.steps] == ["unread", "unread", "proved"]


def test_arguments_that_change_places_are_not_put_in_one_after_the_other() -> None:
    declarations = CATEGORIES + r"define \theta = (\lambda) ; \theta^{old} = (\lambda^{old})"
    value = r"\sum_i \sum_k p(z_i=k | x_i, {}) \log p(x_i, z_i=k | {})"

    def judged(first: str, second: str, now: str, then: str) -> str:
        display = r"Q(\theta, \theta^{old}) := " + value.format(r"\theta^{old}", r"\theta").replace("{old}", "{old}")
        return verdict(declarations, display, rf"Q({first}, {second}) = " + value.format(then, now))

    theta, old = r"\theta", r"\theta^{old}"
    assert judged(theta, old, theta, old) in ACCEPTED
    assert judged(theta, theta, theta, theta) in ACCEPTED
    assert judged(old, old, old, old) in ACCEPTED
    assert judged(old, theta, old, old) not in ACCEPTED


def test_a_step_from_several_equations_is_not_refuted_by_the_last() -> None:
    declarations = NUMBERS + "param b, c in R"
    assert verdict(declarations, r"u + b = c, \quad b = 1 \implies u = c - 1") == "unknown"
    assert verdict(declarations, r"u + b = c \implies u = c - b") == "proved"
    assert verdict(declarations, r"u + b = c \implies u = c + b") == "refuted"


def test_a_maximiser_that_leaves_its_domain_at_some_points_is_judged_inside() -> None:
    def judged(row: str, assumed: str = "") -> str:
        declarations = NUMBERS + "const b, c in positive\n" + assumed
        objective = r"H := (b - 1) \log v - c v \label{eq-H}"
        return verdict(declarations, objective, "<!-- derive: maximises (eq-H) over v -->", row)

    assert judged(r"v = \frac{b-1}{c}") == "unknown"
    assert judged(r"v = \frac{b}{c}") == "refuted"
    assert judged(r"v = \frac{b-1}{2c}") == "refuted"
    assert judged(r"v = -\frac{b}{c}") == "refuted"


def test_what_follows_from_another_display_by_a_hint_is_not_refuted() -> None:
    slope, hint = r"\frac{\partial}{\partial u} \sum_i (x_i - u)^2 = 0 \label{eq-s}", "<!-- derive: from (eq-s) -->"
    assert verdict(NUMBERS, slope, hint, r"\sum_i x_i = n u") == "unknown"
    assert verdict(NUMBERS, slope, hint, r"\sum_i (x_i - u) = \sum_i x_i - n u") == "proved"
    assert verdict(NUMBERS, r"u = u \label{eq-s}", hint, r"\sum_i x_i = n u") == "refuted"


def test_what_a_remark_says_is_said_to_be_unjudged() -> None:
    (step,) = checked(NUMBERS, r"\sum_m q_m = 1 \text{ since } q_m = 2").steps
    assert "what the remark says is not looked at" in step.row.notes


def test_of_two_letters_alike_a_distribution_is_one_of_the_one_that_is_written() -> None:
    declarations = "size n\nindex i in 1..n\ndata x_i in R ; x in N\nparam v in positive\nx ~ Poisson(v)"
    assert verdict(declarations, r"p(x) = \frac{v^x}{x!} e^{-v}") == "proved"


def test_an_arrow_at_the_beginning_follows_from_what_is_not_here() -> None:
    assert verdict(NUMBERS, r"\implies u = \bar x") == "unknown"
    assert verdict(NUMBERS, r"\implies \sum_i (x_i - u) = \sum_i x_i - n u") == "proved"


def test_a_name_free_of_parameters_may_be_set_equal_to_one_that_is_not() -> None:
    declarations = NUMBERS + r"frozen p_{im} in simplex(k) over m ; define P_m = \sum_i p_{im}"
    assert verdicts(declarations, r"P_m &= a \mu_m", r"\implies \mu_m &= P_m / a") == ["defined", "proved"]
    assert verdicts(declarations, r"P_m &= \sum_i p_{im} + 1", r"\implies \sum_m P_m &= n")[0] == "refuted"


@pytest.mark.parametrize(("declarations", "right", "wrong"), TWINS)
def test_a_row_is_told_from_its_twin(declarations: str, right: str, wrong: str) -> None:
    assert verdict(declarations, right) in ACCEPTED
    assert verdict(declarations, wrong) not in ACCEPTED


def test_what_a_block_declares_keeps_its_meaning_behind_a_sign_of_definition() -> None:
    declarations = NUMBERS + r"define B = \sum_i x_i"
    assert verdict(declarations, r"B := \sum_{i=1}^n x_i \cdot 1") == "proved"
    assert verdict(declarations, r"B := 2 \sum_i x_i") == "refuted"
    assert verdict(declarations, r"D := \sum_i x_i", r"D := \sum_i x_i^2", r"D = \sum_i x_i^2") == "proved"


def test_a_hint_fixes_other_parameters() -> None:
    objective = r"\ell := -\frac{n}{2} \log v - \frac{1}{2v} \sum_i (x_i - u)^2 \tag{eq-l}"
    declarations = NUMBERS

    def judged(hint: str, row: str) -> str:
        return verdict(declarations, objective.replace(r" \tag{eq-l}", r" \label{eq-l}"), f"<!-- derive: {hint} -->", row)

    assert judged(r"maximises (eq-l) over v at u = 0", r"v = \frac1n \sum_i x_i^2") == "proved"
    assert judged(r"maximises (eq-l) over v at u = 1", r"v = \frac1n \sum_i x_i^2") == "refuted"
    assert judged(r"maximises (eq-l) over v", r"v = \frac1n \sum_i (x_i - u)^2") == "proved"
    assert judged(r"maximises (eq-l) over v at v = 1", r"v = \frac1n \sum_i x_i^2") == "unread"
    assert judged(r"maximises (eq-l) over v at u", r"v = \frac1n \sum_i x_i^2") == "unread"


def test_an_extremum_at_a_border_or_a_kink_is_not_refuted_by_its_slope() -> None:
    def judged(objective: str, hint: str, row: str) -> str:
        return verdict(NUMBERS, rf"{objective} \label{{eq-b}}", f"<!-- derive: {hint} -->", row)

    assert judged("B := -(r+1)^2", "maximises (eq-b) over r", "r = 0") == "unknown"
    assert judged("B := -(r+1)^2", "minimises (eq-b) over r", "r = 0") == "refuted"
    assert judged("B := -(r+1)^2", "maximises (eq-b) over r", "r = 1") == "refuted"
    assert judged("B := |u|", "minimises (eq-b) over u", "u = 0") == "unknown"
    assert judged("B := |u|", "minimises (eq-b) over u", "u = 1") == "refuted"
    assert judged("B := (u + v)^2", "minimises (eq-b) over u", "u^2 = v^2") == "unread"


def test_hints_speak_of_what_stands_in_the_objective() -> None:
    lagrangian = r"L := \sum_m q_m \log \pi_m + \lambda (1 - \sum_m \pi_m) \label{eq-L}"
    declarations = NUMBERS + r"param \pi in simplex(k)"

    def judged(hint: str, row: str) -> str:
        free = r"<!-- derive: let \lambda in R ; free \pi -->"
        return verdict(declarations, free, lagrangian, f"<!-- derive: {hint} -->", row)

    assert judged(r"maximises (eq-L) over \pi", r"\pi_m = q_m") == "proved"
    assert judged(r"maximises (eq-L) over \pi", r"\pi_m = \frac{1}{k}") == "refuted"
    assert judged(r"maximises (eq-L) over u", "u = 3") == "unread"


def test_hints_say_nothing_that_is_passed_over() -> None:
    objective = r"R := -(u - v)^2 - (v - 1)^2 \label{eq-R}"

    def judged(hint: str, row: str) -> str:
        return verdict(NUMBERS, objective, f"<!-- derive: {hint} -->", row)

    assert judged("maximises (eq-R) over u", "u = v") == "proved"
    for more in ("with v = 2", "in positive", "subject to u = 1", "+ v", "given v = 2", "where v = 2"):
        assert judged(f"maximises (eq-R) over u {more}", "u = v") == "unread"
    assert judged("maximises (eq-R) over u at v = 2", "u = 2") == "proved"
    assert judged("maximises (eq-R) over u at v = 2", "u = v") == "refuted"
    for order in ("v = r, r = 3", "r = 3, v = r"):
        assert judged(f"maximises (eq-R) over u at {order}", "u = 3") == "proved"
        assert judged(f"maximises (eq-R) over u at {order}", "u = r") == "refuted"
    assert judged("maximises (eq-R) over u", r"\Rightarrow u = v") == "proved"
    assert judged("maximises (eq-R) over u", r"\Rightarrow u = 2 v") == "refuted"
    assert judged("maximises (eq-R) over u", "u \\le v") == "unread"


def test_an_equation_that_the_value_meets_is_judged_at_the_value() -> None:
    objective = r"V := -\sum_m (\mu_m - q_m)^2 - (\sum_m \mu_m)^2 \label{eq-V}"

    def judged(row: str) -> str:
        return verdict(NUMBERS, objective, r"<!-- derive: maximises (eq-V) over \mu_m -->", row)

    assert judged(r"\mu_m = q_m - \sum_g \mu_g") == "proved"
    assert judged(r"\mu_m = q_m - 2 \sum_g \mu_g") == "refuted"


def test_what_follows_from_a_bound_is_not_refuted() -> None:
    assert verdict(NUMBERS, r"u > v \implies u^2 > v^2") == "unread"


@pytest.mark.parametrize(
    "line",
    [
        "x_1 ~ Normal(u, v)",
        "x_i ~ Normal(u, v) truncated to (0, 1)",
        "x_i ~ Normal(u, v)^2",
        "x_i ~ Normal(u, v) + 1",
        "x_i ~ Normal(u, v)\nx_i ~ Normal(0, 1)",
        "x_i ~ Normal(u, v)\nx_1 ~ Normal(0, v)",
        r"frozen b_{im} in simplex(k) over i",
        "define n = 3",
        r"x_i ~ Normal(\mu_m, v)",
        "x_i ~ Normal(x_i + u, v)",
    ],
)
def test_declarations_say_nothing_that_is_passed_over(line: str) -> None:
    note = checked(NUMBERS + line, r"p(x_1) = \mathcal{N}(x_1|u,v)")
    assert note.troubles
    assert note.steps[0].verdict == "unread"


def test_two_displays_of_one_label_are_named_by_no_hint() -> None:
    rows = (r"R := -(u - v)^2 \label{eq-R}", r"T := -(u - 1)^2 \label{eq-R}", "<!-- derive: maximises (eq-R) over u -->", "u = 1")
    assert verdict(NUMBERS, *rows) == "unread"


def test_directives_that_hold_text_are_looked_into() -> None:
    text = f"```derive\n{NUMBERS}\n```\n\n```{{note}}\nAn aside.\n\n$$ u = 2u $$\n```\n\n$$ u = u $$\n"
    note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)
    assert [step.verdict for step in note.steps] == ["refuted", "proved"]


def test_a_bound_behind_an_arrow_is_not_refuted() -> None:
    assert verdict(NUMBERS, r"u = a \implies u \le a + v") == "unknown"
    assert verdict(NUMBERS, r"u = a \implies v \ge 0") == "proved"


def test_a_name_declared_in_two_ways_is_read_in_none() -> None:
    note = checked(NUMBERS + "const B in R ; B in R^d\ndefine D = 1 ; D = 2", "B + u = u + B", "D = 1", "u + v = v + u")
    assert len(note.troubles) == 2
    assert [step.verdict for step in note.steps] == ["unread", "unread", "proved"]


def test_letters_tied_by_an_assumption_are_not_held_in_derivatives() -> None:
    declarations = r"param s in positive ; \sigma in positive ; a in R" + "\nassume s = \\sigma^2"
    assert verdict(declarations, r"\frac{\partial}{\partial \sigma} s = 0") == "unread"
    assert verdict(declarations, r"\frac{\partial}{\partial s} (s \sigma) = \sigma") == "unread"
    assert verdict(declarations, r"\frac{\partial}{\partial a} (s a) = s") == "proved"


LATEX = r"""
\newcommand{\xx}{a}
\newcommand{\yy}{a}
\providecommand{\yy}{b}
\newcommand{\zz}{c}
\newcommand{\zz}{c}
\begin{document}
%! derive
%! const a in R ; b in R ; c in R
%! end
\[ \xx = a \]
\renewcommand{\xx}{b}
\[ \yy = b \]
\[ \yy = a \]
\[ \zz = c \]
\iffalse
\[ a = b \]
\fi
\[ a = b \iff a = b \]
\iffalse \[ a = b \]
\ifx\a\b \else \[ a = b \] \fi
\else
\[ a = a \]
\fi
\end{document}
"""


def test_macros_defined_in_two_ways_and_text_that_is_passed_over() -> None:
    note = check_note(read_note(Path("note.tex"), LATEX), Witness(autodiff=False), diagnosed=False)
    assert [step.verdict for step in note.steps] == ["unread", "refuted", "proved", "proved", "proved", "proved"]


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"1/\sqrt{v} e^{u} = \frac{e^u}{\sqrt v}", "unread"),
        (r"u/v! e^{u} = \frac{u e^u}{v!}", "unread"),
        (r"u/2 e^{u} = \frac{u e^u}{2}", "unread"),
        (r"1/\Gamma(v)\Gamma(v) = \frac{1}{\Gamma(v)^2}", "unread"),
        (r"1/2v = \frac{v}{2}", "unread"),
        (r"u/v r = \frac{u}{v r}", "unread"),
        (r"(u/v) e^{u} = \frac{u e^u}{v}", "proved"),
        (r"u/v \cdot e^{u} = \frac{u e^u}{v}", "proved"),
        (r"u/2v = \frac{u}{2v}", "proved"),
        (r"u/2v = \frac{u v}{2}", "refuted"),
        (r"1/v \exp(u) = \frac{e^u}{v}", "proved"),
        (r"u/v! = \frac{u}{\Gamma(v + 1)}", "proved"),
        (r"u/v! = \frac{u}{\Gamma(v)}", "refuted"),
        (r"1/2 y^T w = \frac{y^T w}{2}", "proved"),
    ],
)
def test_a_slash_before_several_factors_is_not_guessed_at(row: str, meant: str) -> None:
    assert verdict(NUMBERS, row) == meant


UNMODELLED = NORMALS.replace("data y_i in R", "data y_i in R ; t_i in R ; h_i in R").replace(
    "Normal(w_i, 1)", "Normal(w_i h_i, 1)"
)


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"E[t_i] = t_i", "unread"),
        (r"\operatorname{Var}(t_i) = 0", "unread"),
        (r"E[t_i | y_i] = t_i", "unread"),
        (r"E[\mu | y_i] = \mu", "unread"),
        (r"E[t_i w_i] = t_i \mu", "unread"),
        (r"E[h_i w_i] = h_i \mu", "proved"),
        (r"E_{w_i}[2 w_i + \mu] = 3 \mu", "proved"),
        (r"E_{w_i}[2 w_i + \mu] = 2 \mu", "refuted"),
    ],
)
def test_a_mean_is_one_over_something_that_has_a_distribution(row: str, meant: str) -> None:
    assert verdict(UNMODELLED, row) == meant


MIXTURE = r"""
size n, K
index i in 1..n ; j, k in 1..K
data x_i in R
latent z_i in 1..K
param \pi in simplex(K) ; \mu_k in R
z_i ~ Categorical(\pi)
x_i | z_i=k ~ Normal(\mu_k, 1)
posterior r_{ik} = p(z_i=k | x_i)
define \ell = \sum_i \log p(x_i) ; F = \sum_i \sum_k r_{ik} \log \frac{p(x_i, z_i=k)}{r_{ik}}
"""
KL = r"\sum_i \sum_k r_{ik} \log \frac{r_{ik}}{p(z_i=k | x_i)}"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\frac{\partial r_{ik}}{\partial \mu_k} = 0", "unknown"),
        (r"\frac{\partial}{\partial \mu_k} \sum_i r_{ik} = 0", "unknown"),
        (r"\frac{\partial r_{ik}}{\partial \mu_k} = r_{ik} (1 - r_{ik}) (x_i - \mu_k)", "proved"),
        (r"\frac{\partial}{\partial \mu_j} \sum_i \sum_k r_{ik} \log r_{ik} = 0", "defined"),
        (rf"F = \ell - {KL}", "proved"),
        (rf"F = \ell + {KL}", "refuted"),
        (r"F = \ell", "proved"),
        (r"E_{z_i}[\mu_{z_i}] = \sum_k r_{ik} \mu_k", "unread"),
        (r"E_{z_i | x_i}[\mu_{z_i}] = \sum_k r_{ik} \mu_k", "proved"),
        (r"E_{z_i}[\log p(x_i, z_i)] = \sum_k r_{ik} \log p(x_i, z_i=k)", "proved"),
    ],
)
def test_a_reading_under_which_a_row_says_nothing_is_not_the_one_that_is_meant(row: str, meant: str) -> None:
    assert verdict(MIXTURE, row) == meant


LAGRANGIAN = (r"\Lambda := \sum_k c_k \log p_k + \eta (\sum_k p_k - 1)", r"\frac{\partial \Lambda}{\partial \eta} = ")


@pytest.mark.parametrize(("value", "meant"), [(r"\sum_k p_k - 1", "proved"), (r"1 - \sum_k p_k", "refuted")])
def test_a_lagrangian_is_one_off_the_simplex_in_later_displays_too(value: str, meant: str) -> None:
    declarations = "size K\nindex k in 1..K\nparam p_k in simplex(K) over k\nconst c_k in positive"
    definition, slope = LAGRANGIAN
    assert verdict(declarations, r"<!-- derive: let \eta in R ; free p -->", definition, slope + value) == meant


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\frac{\partial L}{\partial \lambda} = 1 - \sum_k p_k", "proved"),
        (r"\frac{\partial L}{\partial \lambda} = \sum_k p_k - 1", "refuted"),
        (r"\frac{\partial}{\partial \lambda} [\sum_k c_k \log p_k + \lambda (\sum_k p_k - 1)] = 1 - \sum_k p_k", "refuted"),
        (r"(\sum_k p_k - 1) = 0", "proved"),
        (r"\sum_k p_k - 1 = 0", "proved"),
    ],
)
def test_a_multiplier_of_a_constraint_sets_it_free(row: str, meant: str) -> None:
    declarations = (
        "size K\nindex k in 1..K\nparam p_k in simplex(K) over k ; \\lambda in R\nconst c_k in positive\n"
        r"define L = \sum_k c_k \log p_k + \lambda (1 - \sum_k p_k)"
    )
    assert verdict(declarations, row) == meant


REGRESSION = r"""
size n, d
index i in 1..n
data y_i in R ; x_i in R^d
param w in R^d
const \alpha, \beta in positive
<define>
w ~ Normal(0, \alpha^{-1} I)
y_i ~ Normal(<mean>, \beta^{-1})
define y = (y_i)
"""
PRECISION = r"""
size n
index i in 1..n
data y_i in R
param \tau in positive
const c, g in positive ; \mu in R
\tau ~ Gamma(c, g)
y_i ~ Normal(\mu, <variance>)
define Y = (y_i)
"""
LOADING = r"""
size n, q
index i in 1..n
data y_i in R
latent z_i in R^q
param w in R^q ; s in positive
z_i ~ Normal(0, I)
y_i ~ Normal(z_i^T w, s)
"""


@pytest.mark.parametrize(
    ("declarations", "row", "meant"),
    [
        *(
            (REGRESSION.replace("<define>", define).replace("<mean>", mean), row, meant)
            for define, mean in (("", r"w^T x_i"), (r"define m_i = x_i^T w", "m_i"))
            for row, meant in ((r"p(w | y) \propto p(w)", "refuted"), (r"p(w | y) \propto p(w) \prod_i p(y_i | w)", "proved"))
        ),
        *(
            (PRECISION.replace("<variance>", variance), row, meant)
            for variance in (r"\tau^{-1}", r"\tau^2", r"e^{\tau}")
            for row, meant in (
                (r"p(\tau | Y) \propto p(\tau)", "refuted"),
                (r"p(\tau | Y) \propto p(\tau) \prod_i p(y_i | \tau)", "proved"),
            )
        ),
        (PRECISION.replace("<variance>", r"\tau^{-1}"), r"p(y_i) = \mathcal{N}(y_i | \mu, \tau^{-1})", "unread"),
        (LOADING, r"p(y_i, z_i) = p(y_i) p(z_i)", "unread"),
        (LOADING, r"p(y_i, z_i) = p(y_i | z_i) p(z_i)", "proved"),
    ],
)
def test_what_is_random_is_found_below_powers_and_behind_names(declarations: str, row: str, meant: str) -> None:
    assert verdict(declarations, row) == meant


@pytest.mark.parametrize("row", [r"\mu_j = \mu_k", r"\sum_i y_i = n y_i", r"p(z_i=j | y_i) = \pi_j"])
def test_an_index_declared_below_what_has_it_is_an_error(row: str) -> None:
    declarations = (
        "size n, K\ndata y_i in R\nlatent z_i in 1..K\nparam \\pi in simplex(K) ; \\mu_j in R\n"
        "index i in 1..n ; j, k in 1..K\nz_i ~ Categorical(\\pi)\ny_i | z_i=j ~ Normal(\\mu_j, 1)"
    )
    note = checked(declarations, row)
    assert note.troubles
    assert note.steps[-1].verdict == "unread"


def test_a_size_may_be_assumed_to_exceed_a_number() -> None:
    declarations = "size n\nindex i in 1..n\ndata x_i in R\nassume n > 1"
    assert verdict(declarations, r"\frac{1}{n-1} \sum_i x_i = \frac{n}{n-1} \cdot \frac1n \sum_i x_i") == "proved"
    assert verdict(declarations, r"\frac{1}{n-1} \sum_i x_i = \frac1n \sum_i x_i") == "refuted"


def test_an_empty_side_in_a_bracket_is_no_defect() -> None:
    note = checked(NUMBERS, r"u^2 = u u \; (= u^2)")
    assert note.steps[-1].verdict == "unread"
    assert "defect" not in note.steps[-1].message


RATINGS = r"""
size n
index i, j in 1..n
data y_{ij} in 0..1
param s_i in R
const v in positive
s_i ~ Normal(0, v)
y_{ij} ~ Bernoulli(\frac{1}{1+e^{-(s_i-s_j)}})
assume i \ne j
"""
HIERARCHY = r"""
size J
index j in 1..J
param \theta_j in R ; \tau in positive ; \mu in R
const m in R ; c, g in positive
\tau ~ Gamma(c, g)
\mu ~ Normal(m, 1)
\theta_j | \mu, \tau ~ Normal(\mu, \tau^{-1})
define \Theta = (\theta_j) ; N = (\Theta, \mu)
"""


def test_what_a_multiplier_multiplies_is_set_to_zero() -> None:
    declarations = "size K\nindex k in 1..K\nparam p_k in simplex(K) over k\nconst c_k in positive"
    before = (r"<!-- derive: let \lambda in R -->", r"L := \sum_k c_k \log p_k + \lambda (1 - \sum_k p_k)")
    assert verdict(declarations, *before, r"\frac{\partial L}{\partial \lambda} = 0") == "defined"
    assert verdict(declarations, *before, r"\frac{\partial L}{\partial \lambda} = 1 - \sum_k p_k = 0") == "proved"
    assert verdict(declarations, *before, r"\frac{\partial L}{\partial \lambda} = \sum_k p_k - 1 = 0") == "refuted"


@pytest.mark.parametrize(
    ("declarations", "row", "meant"),
    [
        (RATINGS, r"p(y_{ij}=1 | s_i) = \frac{1}{1+e^{-(s_i-s_j)}}", "unread"),
        (RATINGS, r"p(y_{ij}=1 | s_i, s_j) = \frac{1}{1+e^{-(s_i-s_j)}}", "proved"),
        (RATINGS, r"p(y_{ij}=1 | s_i, s_j) = \frac{1}{1+e^{-(s_j-s_i)}}", "refuted"),
        (HIERARCHY, r"p(\tau | \Theta, \mu) \propto p(\tau)", "refuted"),
        (
            HIERARCHY,
            r"p(\tau | \Theta, \mu) \propto \tau^{c+J/2-1} \exp\left(-g\tau - \frac\tau2 \sum_j (\theta_j - \mu)^2\right)",
            "proved",
        ),
        (HIERARCHY, r"p(\tau | N) \propto p(\tau)", "refuted"),
        (HIERARCHY, r"p(\mu | N) = p(\mu)", "unread"),
    ],
)
def test_every_member_of_a_family_and_of_a_tuple_is_given_or_is_not(declarations: str, row: str, meant: str) -> None:
    assert verdict(declarations, row) == meant


SERIES = r"""
size n, K
index t in 1..n ; k in 1..K
data y_t in R
latent z_t in 1..K
param <parameters> ; \mu_k in R
<define>
z_t ~ Categorical(<weights>)
y_t | z_t=k ~ Normal(\mu_k, 1)
posterior r_{tk} = p(z_t=k | y_t) at <at>
define Q = \sum_t \sum_k r_{tk} \log p(y_t, z_t=k)
"""


@pytest.mark.parametrize(
    ("weights", "define", "at", "meant"),
    [
        (r"\theta", "", r"\theta_t", "unread"),
        (r"\pi", r"define \theta = (\pi, \mu) ; \theta_t = (\pi_t, \mu_t)", r"\theta_t", "unread"),
        (r"\pi", "", r"\mu_k", "unread"),
        (r"\pi", r"define \theta = (\pi, \mu) ; \theta_0 = (\pi_0, \mu_0)", r"\theta_0", "proved"),
        (r"\pi", r"define \theta = (\pi, \mu)", r"\theta", "refuted"),
    ],
)
def test_a_posterior_at_a_member_is_no_moving_one(weights: str, define: str, at: str, meant: str) -> None:
    lines = SERIES.replace("<parameters>", f"{weights} in simplex(K)").replace("<weights>", weights)
    row = r"\frac{\partial Q}{\partial \mu_k} = \sum_t r_{tk} (y_t - \mu_k)"
    assert verdict(lines.replace("<define>", define).replace("<at>", at), row) == meant


TWO_PRIORS = r"""
size n
index i in 1..n
data y_i in R
param a in R ; b in R ; s in positive
a ~ Normal(0, 1)
b ~ Normal(0, 1)
y_i ~ Normal(a + b, s)
define Y = (y_i) ; \theta = (a, b)
"""
LIKELIHOOD = r"\frac1{2s} \sum_i (y_i - a - b)^2 + \text{const}"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"p(\theta | Y) \propto p(\theta) p(Y | \theta)", "proved"),
        (r"p(\theta | Y) \propto p(a) \prod_i p(y_i | a, b)", "refuted"),
        (rf"\log p(\theta | Y) = -\frac{{a^2 + b^2}}2 - {LIKELIHOOD}", "proved"),
        (rf"\log p(a, b | Y) = -\frac{{a^2 + b^2}}2 - {LIKELIHOOD}", "proved"),
        (rf"\log p(a, b | Y) = -\frac{{a^2}}2 - {LIKELIHOOD}", "refuted"),
    ],
)
def test_a_constant_of_a_joint_density_is_free_of_all_that_it_is_one_of(row: str, meant: str) -> None:
    assert verdict(TWO_PRIORS, row) == meant


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\log \frac1d \sum_j a_j = -\log d \cdot \sum_j a_j", "unread"),
        (r"\log \frac12 (v + r) = (\log \frac12) (v + r)", "unread"),
        (r"\log v (v + r) = (v + r) \log v", "unread"),
        (r"\log \sqrt v (v + r) = \frac12 (v + r) \log v", "unread"),
        (r"\log \left(\sqrt v (v + r)\right) = \frac12 \log v + \log(v + r)", "proved"),
        (r"\exp -u (v + r) = e^{-u} (v + r)", "unread"),
        (r"\log \left(\frac1d \sum_j a_j\right) = \log \sum_j a_j - \log d", "proved"),
        (r"\log v \sum_i y_i = (\log v) \sum_i y_i", "proved"),
        (r"(\log v) (v + r) = v \log v + r \log v", "proved"),
        (r"(\log v) (v + r) = \log v + r \log v", "refuted"),
    ],
)
def test_what_a_logarithm_covers_before_a_sum_or_a_bracket_is_not_guessed_at(row: str, meant: str) -> None:
    declarations = "size n, d\nindex i in 1..n ; j in 1..d\ndata y_i in R ; a_j in positive\n"
    assert verdict(declarations + "param v in positive ; r in positive ; u in R", row) == meant


REGRESSION = r"""
size n, d
index i in 1..n
data x_i in R^d ; y_i in R
param \beta in R^d ; v in positive
y_i ~ Normal(\beta^T x_i, v)
"""
TWO_KINDS = r"""
size n, K
index i in 1..n ; j in 1..K
data x_i in R
latent z_i in 1..K
param \mu_j in R ; \phi in simplex(K)
z_i ~ Categorical(\phi)
x_i | z_i=j ~ Normal(\mu_j, 1)
define \theta = (\phi, \mu)
"""


@pytest.mark.parametrize(
    ("declarations", "row", "meant"),
    [
        (REGRESSION, r"\ell = -\frac n2 \log(2\pi v) - \frac1{2v} \sum_i (y_i - \beta^T x_i)^2", "proved"),
        (REGRESSION, r"\ell(\beta, v) = -\frac n2 \log(2\pi v) - \frac1v \sum_i (y_i - \beta^T x_i)^2", "refuted"),
        (REGRESSION, r"\nabla_\beta \ell = \frac1v \sum_i (y_i - x_i^T \beta) x_i", "proved"),
        (REGRESSION, r"\nabla_\beta \ell = \frac1v \sum_i (y_i - x_i^T \beta)", "unread"),
        (TWO_KINDS, r"\ell(\theta) = \sum_i \log \sum_j \phi_j \mathcal{N}(x_i \mid \mu_j, 1)", "proved"),
        (TWO_KINDS, r"\ell(\theta) = \sum_i \sum_j \log \phi_j \mathcal{N}(x_i \mid \mu_j, 1)", "refuted"),
        (TWO_KINDS, r"\frac{\partial \ell}{\partial \mu_j} = \sum_i p(z_i=j | x_i) (x_i - \mu_j)", "proved"),
        (TWO_KINDS, r"\ell(x_i) = \log \sum_j \phi_j \mathcal{N}(x_i \mid \mu_j, 1)", "unread"),
        (TWO_KINDS, r"\ell(\mu_j) = \sum_i \log \sum_j \phi_j \mathcal{N}(x_i \mid \mu_j, 1)", "unread"),
        (TWO_KINDS, r"\ell_c(\theta) = \sum_i \log p(x_i)", "unread"),
        (TWO_KINDS.replace("param", "index \\ell in 1..K\nparam"), r"\ell = \sum_i \log p(x_i)", "unread"),
        (TWO_PRIORS, r"\ell(\theta) = -\frac n2 \log(2\pi s) - \frac1{2s} \sum_i (y_i - a - b)^2", "proved"),
        (TWO_PRIORS, r"\ell = -\frac n2 \log(2\pi s) - \frac1{2s} \sum_i (y_i - a - b)^2", "unread"),
    ],
)
def test_a_log_likelihood_that_was_not_defined_is_that_of_the_model(declarations: str, row: str, meant: str) -> None:
    assert verdict(declarations, row) == meant


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\operatorname{Var}_{z_i}[\mu_{z_i}] = \sum_j r_{ij} \mu_j^2 - (\sum_j r_{ij} \mu_j)^2", "unread"),
        (r"\operatorname{Var}_{z_i|x_i}[\mu_{z_i}] = \sum_j r_{ij} \mu_j^2 - (\sum_j r_{ij} \mu_j)^2", "proved"),
        (r"\operatorname{Var}_{z_i|x_i}[\mu_{z_i}] = \sum_j r_{ij} \mu_j^2 - \sum_j r_{ij}^2 \mu_j^2", "refuted"),
    ],
)
def test_a_variance_asks_for_its_distribution_as_a_mean_does(row: str, meant: str) -> None:
    assert verdict(TWO_KINDS + r"posterior r_{ij} = p(z_i=j | x_i) at \theta", row) == meant


PRECISION = r"""
size n
index i in 1..n
data x_i in R
<m>
const \alpha, \beta in positive
latent \lambda in positive
\lambda ~ Gamma(\alpha, \beta)
x_i | \lambda ~ Normal(m, 1/\lambda)
"""
BOTH = r"\log p(\lambda) + \sum_i \log p(x_i|\lambda)"
SQUARES = r"\beta\lambda - \frac\lambda2 \sum_i (x_i-m)^2"


@pytest.mark.parametrize("m", ["param m in R", "const m in R"])
@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (rf"{BOTH} = (\alpha - 1 + \frac n2) \log \lambda - {SQUARES} + \text{{const}}", "proved"),
        (rf"{BOTH} = (\alpha - 1) \log \lambda - {SQUARES} + \text{{const}}", "unknown"),
        (r"p(\lambda) \prod_i p(x_i|\lambda) \propto \lambda^{\alpha-1+n/2} e^{-" + SQUARES + "}", "proved"),
        (r"p(\lambda) \prod_i p(x_i|\lambda) \propto \lambda^{\alpha-1} e^{-" + SQUARES + "}", "unknown"),
        (r"\log p(\lambda | x_1, \dots, x_n) = (\alpha - 1) \log \lambda - " + SQUARES + r"+ \text{const}", "refuted"),
    ],
)
def test_a_constant_that_moves_with_a_latent_is_open(m: str, row: str, meant: str) -> None:
    assert verdict(PRECISION.replace("<m>", m), row) == meant


@pytest.mark.parametrize(("assumed", "meant"), [(r"assume \det A > 0", "unknown"), ("", "refuted")])
def test_no_solution_is_sought_for_a_letter_of_which_something_is_assumed(assumed: str, meant: str) -> None:
    lines = f"size n\nparam A in R^{{n x n}} ; x in R^n\n{assumed}"
    assert verdict(lines, r"A x = 0 \implies x = 0") == meant


RIDGE = r"""
size n, d
index i in 1..n
data x_i in R^d ; y_i in R
latent w in R^d
const \alpha in positive
param \beta in positive
w ~ Normal(0, \frac1\alpha I)
y_i | w ~ Normal(w^T x_i, 1/\beta)
"""
RESIDUALS = r"\frac\beta2 \sum_i (y_i - w^T x_i)^2"


@pytest.mark.parametrize(
    ("right", "meant"),
    [
        (rf"\frac n2 \log\beta - {RESIDUALS} - \frac\alpha2 w^T w + \text{{const}}", "proved"),
        (rf"\frac n2 \log\beta - {RESIDUALS} + \text{{const}}", "unknown"),  # free of beta, not of w
        (rf"-{RESIDUALS} - \frac\alpha2 w^T w + \text{{const}}", "unknown"),  # free of w, not of beta
        (rf"\frac n2 \log\beta - {RESIDUALS} - \alpha w^T w + \beta + \text{{const}}", "refuted"),
    ],
)
def test_a_constant_is_free_of_the_parameters_and_of_continuous_latents(right: str, meant: str) -> None:
    assert verdict(RIDGE, rf"\log p(w) + \sum_i \log p(y_i|w) = {right}") == meant


UNSAID = TWO_KINDS + r"posterior r_{ij} = p(z_i=j | x_i)"
SLOPE = r"\frac{\partial}{\partial \mu_j} \sum_i r_{ij} (x_i - \mu_j)"


def test_of_two_readings_that_fail_alike_the_one_that_fails_later_counts() -> None:
    """The slip is the step from the true second derivative to the one with frozen weights, and not the first row."""
    first = rf"\frac{{\partial^2}}{{\partial \mu_j^2}} \sum_i \log p(x_i) &= {SLOPE}"
    assert verdicts(UNSAID, first, r"&= -\sum_i r_{ij}") == ["proved", "refuted"]
    assert verdict(UNSAID, rf"{SLOPE} = -\sum_i r_{{ij}}") == "proved"  # the weights held


DEFINED = r"""
size n
index i in 1..n
data x_i in R
param \mu in R ; v in positive
define \ell = -\frac{1}{2v} \sum_i (x_i-\mu)^2 ; g = \mu^2
"""


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\ell(\mu) = -\frac{1}{2v} \sum_i (x_i-\mu)^2", "proved"),
        (r"\ell(\mu, v) = -\frac{1}{2v} \sum_i (x_i-\mu)^2", "proved"),
        (r"\ell(\mu) = -\frac{\mu}{2v} \sum_i (x_i-\mu)^2", "refuted"),
        (r"g(\mu) = \mu^3", "refuted"),
        (r"g(v) = v \mu^2", "unread"),
        (r"g(\mu)^2 = \mu^6", "unread"),
        (r"g (v + 1) = v \mu^2 + \mu^2", "proved"),
    ],
)
def test_a_parameter_in_brackets_behind_what_depends_on_it_is_no_factor(row: str, meant: str) -> None:
    assert verdict(DEFINED, row) == meant


TWO_SAMPLES = r"""
size n, m
index i in 1..n ; j in 1..m
data x_i in R ; y_j in R
param \mu, \nu in R ; v in positive
x_i ~ Normal(\mu, v)
y_j ~ Normal(\nu, v)
define \theta = (\mu, \nu, v) ; X = (x_i) ; D = (x_i, y_j)
"""


@pytest.mark.parametrize(
    ("left", "meant"),
    [
        (r"\ell(\theta)", "proved"),
        (r"\ell(\theta; x, y)", "proved"),
        (r"\ell(\theta | D)", "proved"),
        (r"\ell(\theta; x)", "unread"),
        (r"\ell(\theta; X)", "unread"),
        (r"\ell(\theta; y | x)", "unread"),
        (r"\ell(\theta; x_i, y_j)", "unread"),
        (r"\ell(\theta | \mu)", "unread"),
        (r"\ell(x)", "unread"),
    ],
)
def test_a_log_likelihood_is_of_all_the_data(left: str, meant: str) -> None:
    assert verdict(TWO_SAMPLES, rf"{left} = \sum_i \log p(x_i) + \sum_j \log p(y_j)") == meant
    assert verdict(TWO_SAMPLES, rf"{left} = \sum_i \log p(x_i)") == {"proved": "refuted"}.get(meant, meant)


RANDOM_CENTRE = r"""
size n
index i in 1..n
data x_i in R
param \mu in R
const v, s in positive ; m in R
\mu ~ Normal(m, s)
x_i ~ Normal(\mu, v)
define \bar x = \frac1n \sum_i x_i ; D = (x_i)
"""


@pytest.mark.parametrize(
    ("right", "meant"),
    [
        (r"\exp(-\frac{1}{2v} \sum_i (\mu-x_i)^2)", "proved"),
        (r"\exp(-\frac{n}{2v} (\mu-\bar x)^2)", "unknown"),  # as a likelihood
        (r"\exp(-\frac{n}{v} (\mu-\bar x)^2)", "refuted"),
    ],
)
def test_a_density_of_data_up_to_a_factor_may_be_a_likelihood(right: str, meant: str) -> None:
    assert verdict(RANDOM_CENTRE, rf"p(D|\mu) \propto {right}") == meant


def test_a_defined_letter_before_variables_of_the_model_is_open() -> None:
    lines = r"param \beta in positive ; \gamma in positive" + "\nconst a in positive\n" + r"\beta ~ Gamma(a, 1)"
    row = r"p(\beta) \propto \beta^{a-1} e^{-\beta}"
    assert verdict(lines, row) == "proved"
    assert verdict(lines + "\n" + r"define p = \gamma^2", row) == "unread"


NORMAL_LIKELIHOOD = r"""
size n
index i in 1..n
data x_i in R
param a, b in R ; v in positive
define \bar x = \frac1n \sum_i x_i ; L = -\frac n2 \log v - \frac{1}{2v} \sum_i (x_i-a)^2
"""
A_SLOPE, V_SLOPE = r"\frac{\partial L}{\partial a} = 0", r"\frac{\partial L}{\partial v} = 0"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"a + b = 3, a - b = 1 \implies a = 2", "unknown"),
        (r"b = 2, a = b + 1 \implies a = 3", "unknown"),
        (rf"{A_SLOPE}, {V_SLOPE} \implies v = \frac1n \sum_i (x_i - \bar x)^2", "unknown"),
        (rf"{A_SLOPE} \implies a = 2 \bar x", "refuted"),
        (rf"{V_SLOPE} \implies v = \frac2n \sum_i (x_i - a)^2", "refuted"),
    ],
)
def test_of_a_system_one_equation_refutes_nothing(row: str, meant: str) -> None:
    assert verdict(NORMAL_LIKELIHOOD, row) == meant


def test_an_equation_of_another_arrow_is_no_part_of_a_system() -> None:
    rows = rf"{A_SLOPE} &\implies a = \bar x", rf"{V_SLOPE} &\implies v = \frac2n \sum_i (x_i - a)^2"
    assert verdicts(NORMAL_LIKELIHOOD, *rows) == ["proved", "refuted"]


LOGISTIC = r"""
size n, d
index i in 1..n
data x_i in R^d ; y_i in bool
param w in R^d
y_i ~ Bernoulli(\frac{1}{1+e^{-w^T x_i}})
define p_i = \frac{1}{1+e^{-w^T x_i}}
"""


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\ell(w) = \sum_i y_i \log p_i + (1-y_i) \log(1-p_i)", "proved"),
        (r"\ell(w) = \sum_i \left[ y_i w^T x_i - \log(1+e^{w^T x_i}) \right]", "proved"),
        (r"\ell(w) = \sum_i \left[ y_i w^T x_i - \log(1+e^{-w^T x_i}) \right]", "refuted"),
        (r"\nabla_w \ell(w) = \sum_i (y_i - p_i) x_i", "proved"),
        (r"\nabla_w \ell(w) = \sum_i (y_i + p_i) x_i", "refuted"),
        (r"\nabla_w^2 \ell(w) = -\sum_i p_i (1-p_i) x_i x_i^T", "proved"),
        (r"\nabla_w^2 \ell(w) = -\sum_i p_i x_i x_i^T", "refuted"),
        (r"\log \frac{p_i}{1-p_i} = w^T x_i", "proved"),
        (r"\log(1-p_i) = -\log(1+e^{w^T x_i})", "proved"),
        (r"\log(1-p_i) = -\log(1+e^{-w^T x_i})", "refuted"),
    ],
)
def test_logistic_regression(row: str, meant: str) -> None:
    assert verdict(LOGISTIC, row) == meant


def test_a_chain_of_arrows_is_no_system() -> None:
    rows = (
        rf"{V_SLOPE} \\",
        r"\implies \frac{n}{2v} &= \frac{1}{2v^2} \sum_i (x_i - a)^2",
        r"\implies v &= \frac2n \sum_i (x_i - a)^2",
    )
    assert verdicts(NORMAL_LIKELIHOOD, rows[0].rstrip("\\ "), *rows[1:])[1:] == ["proved", "refuted"]


ONE_SAMPLE = r"""
size n
index i in 1..n
data x_i in R
param \mu in R ; s in positive
x_i ~ Normal(\mu, s^2)
"""


@pytest.mark.parametrize(
    ("opened", "closed", "again", "ended"),
    [
        (r"\left[", r"\right.", r"\left.", r"\right]"),
        (r"\left(", r"\right. \nonumber", r"\quad\left.", r"\right)"),
        (r"\Big[", "", r"\qquad", r"\Big]"),
    ],
)
def test_a_bracket_may_go_on_in_the_next_row(opened: str, closed: str, again: str, ended: str) -> None:
    rows = [
        rf"\ell &= \sum_i {opened} -\log s - \frac12 \log(2\pi) {closed}",
        rf"&{again} - \frac{{(x_i-\mu)^2}}{{2s^2}} {ended}",
        r"&= -n \log s - \frac n2 \log(2\pi) - \frac{1}{2s^2} \sum_i (x_i-\mu)^2",
        r"&= -n \log s - \frac n2 \log(2\pi) - \frac{1}{s^2} \sum_i (x_i-\mu)^2",
    ]
    assert verdicts(ONE_SAMPLE, *rows) == ["proved", "proved", "refuted"]
    assert verdicts(ONE_SAMPLE, rows[0], rows[1].replace("2s^2", "s^2"))[0] == "refuted"


def test_a_bracket_that_is_never_closed_is_not_understood() -> None:
    assert verdicts(ONE_SAMPLE, r"\ell &= \sum_i \left[ -\log s \right.", r"&= 0") == ["unread", "unread"]


@pytest.mark.parametrize(("by", "meant"), [(r"\mu", "proved"), ("s", "refuted")])
def test_a_constant_is_free_of_what_the_display_differentiates_by(by: str, meant: str) -> None:
    slope = {r"\mu": r"\frac{1}{s^2} \sum_i (x_i - \mu)", "s": r"\frac{1}{s^3} \sum_i (x_i-\mu)^2 - \frac ns"}[by]
    likelihood = r"\ell &= -\frac{1}{2s^2} \sum_i (x_i-\mu)^2 + \text{const}"
    assert verdicts(ONE_SAMPLE, likelihood, rf"\frac{{\partial \ell}}{{\partial {by}}} &= {slope}") == [meant, "proved"]
    assert verdict(ONE_SAMPLE, likelihood.replace("&", "")) == "refuted"
    assert verdicts(ONE_SAMPLE, likelihood.replace("2s^2", "s^2"), rf"\nabla_{by} \ell &= {slope}")[0] == "refuted"


BETA_PRIOR = r"""
size n
index i in 1..n
data x_i in bool
param \theta in unit
const a, b in positive
\theta ~ Beta(a, b)
x_i | \theta ~ Bernoulli(\theta)
define s = \sum_i x_i ; D = (x_i)
assume a > 1 ; b > 1
"""


def test_what_is_assumed_of_several_constants_is_met_by_points() -> None:
    assert verdict(BETA_PRIOR, r"p(\theta|D) \propto \theta^{s+a-1} (1-\theta)^{n-s+b-1}") == "proved"
    assert verdict(BETA_PRIOR, r"p(\theta|D) \propto \theta^{s+a} (1-\theta)^{n-s+b}") == "refuted"
    assert verdict("param a in R ; b in positive\nassume a > 1 ; b < 2", "a b < 1") == "refuted"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\sum_{i\ne j} p_i = 1 - p_j", "proved"),
        (r"\sum_{i\ne j} p_i = p_j", "refuted"),
        (r"\sum_{i\ne j} p_i = n - 1", "unread"),
        (r"n - 1 = \sum_{i\ne j} p_i", "unread"),
    ],
)
def test_a_letter_that_stands_below_a_sum_alone_may_be_summed_over(row: str, meant: str) -> None:
    assert verdict("size n\nindex i, j in 1..n\nparam p in simplex(n)", row) == meant


@pytest.mark.parametrize(
    ("left", "right", "meant"),
    [
        ("x_i | u, v", r"\exp( -\frac{(x_i - u)^2}{2 v} )", "proved"),
        ("x_i | u, v", r"\exp( -\frac{x_i^2 - 2 u x_i}{2 v} )", "proved"),
        ("x_i | u, v", r"\frac{1}{\sqrt{v}} \exp( -\frac{(x_i - u)^2}{2 v} )", "proved"),
        ("x_i | u, v", r"\exp( -\frac{u^2 - 2 u x_i}{2 v} )", "refuted"),
        ("x_i | u, v", r"\frac{1}{\sqrt{v}}", "refuted"),
        ("u | x_i, v", r"\exp( -\frac{u^2 - 2 u x_i}{2 v} )", "proved"),
        ("u | x_i, v", r"\exp( -\frac{x_i^2 - 2 u x_i}{2 v} )", "refuted"),
    ],
)
def test_a_normal_density_is_one_of_what_stands_before_its_bar(left: str, right: str, meant: str) -> None:
    """As a density by its name is: a factor free of the argument was taken for one that moves with a parameter, and refuted."""
    assert verdict(NUMBERS, rf"\mathcal{{N}}({left}) \propto {right}") == meant


@pytest.mark.parametrize(
    ("distribution", "row", "meant"),
    [
        (r"x_i ~ Geometric(\rho)", r"p(x_i) \le 1", "unknown"),
        (r"x_i ~ Geometric(\rho)", r"p(x_i) \le \frac{\rho}{2}", "refuted"),
        (r"x_i ~ Geometric(\rho)", r"\rho (1 - \rho)^{x_i} \ge \rho", "refuted"),
        (r"x_i ~ Binomial(m, \rho)", r"m - x_i + 1 \ge 0", "unknown"),
        (r"x_i ~ Binomial(m, \rho)", r"x_i \ge 1", "refuted"),
        (r"x_i ~ Poisson(\lambda)", r"\rho (1 - \rho)^{x_i - 1} \le 1", "refuted"),
    ],
)
def test_a_bound_is_claimed_of_data_in_the_support_of_their_density(distribution: str, row: str, meant: str) -> None:
    """Of the number of trials up to a success, which is none nowhere, what fails there alone was refuted."""
    declared = r"size n, m ; index i in 1..n ; data x_i in N ; param \rho in unit ; \lambda in positive".replace(" ; ", "\n")
    assert verdict(declared.replace(r"\lambda", r"param \lambda") + "\n" + distribution, row) == meant


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (r"param s in positive ; s^2 in positive", r"\frac{\partial}{\partial s} s^2 = 0"),
        (r"param s^2 in positive ; s in positive", r"\frac{\partial}{\partial s^2} s^4 = 0"),
        ("size K\nindex k in 1..K\n" + r"param s_k in positive ; s_k^2 in positive", r"\frac{\partial}{\partial s_k} s_k^2 = 0"),
        ("param s in positive\nconst u in R\n" + r"define s^3 = u", r"\frac{\partial}{\partial s} s^3 = 0"),
        (r"param s in positive ; (s)^2 in positive", r"\frac{\partial}{\partial s} (s)^2 = 0"),
        (r"param s in positive ; \log s in R", r"\frac{\partial}{\partial s} \log s = 0"),
        ("size d\n" + r"param S in spd(d) ; S^{-1} in spd(d)", r"\frac{\partial}{\partial S} \operatorname{tr}(S^{-1}) = 0"),
        ("size d\n" + r"param A in R^{d x d} ; A^T in R^{d x d}", r"\frac{\partial}{\partial A} \operatorname{tr}(A^T) = 0"),
        (NUMBERS, r"assume m \ne m"),
    ],
)
def test_a_name_that_is_made_of_another_is_no_letter_of_its_own(lines: str, row: str) -> None:
    if row.startswith("assume"):
        lines, row = f"{lines}\n{row}", r"\mu_m = \mu_g"
    note = checked(lines, row)
    assert note.troubles
    assert note.steps[-1].verdict not in ACCEPTED


def test_an_iterate_by_number_is_a_letter_of_its_own() -> None:
    declarations = r"param u in R ; u^0 in R ; u^1 in R ; u^{(2)} in R" + "\nsize T\nparam u^T in R"
    assert verdict(declarations, r"u^0 + u^T = u^T + u^0") == "proved"
    assert verdict(declarations, r"u^0 + u^T = 1 + u^T") == "refuted"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"1^T w = w", "unread"),
        (r"1^\top w = \sum_j w_j", "unread"),
        (r"w^T 1 = w^T", "unread"),
        (r"A 1 = A", "unread"),
        (r"1 w = w", "proved"),
        (r"w^T w 1 = w^T w", "unread"),
        (r"A w \cdot 1 = A w", "proved"),
        (r"A w \cdot 1 = 2 A w", "refuted"),
    ],
)
def test_a_one_that_is_transposed_or_behind_a_matrix_may_be_a_vector(row: str, meant: str) -> None:
    assert verdict(NUMBERS, row) == meant


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"E[g_i] = \frac{a}{r}", "unread"),
        (r"E[g_i] = g_i", "unread"),
        (r"E[\mu_{z_i}] = \sum_k q_{ik} \mu_k", "proved"),
        (r"E[\mu_{z_i}] = \mu_{z_i}", "refuted"),
    ],
)
def test_a_mean_of_a_latent_without_a_posterior_beside_one_that_has_one_is_open(row: str, meant: str) -> None:
    lines = (
        "size n, K\nindex i in 1..n ; k in 1..K\ndata x_i in R\nlatent z_i in 1..K ; g_i in positive\n"
        r"param \pi in simplex(K) ; \mu_k in R ; a in positive ; r in positive"
        + "\n"
        r"z_i ~ Categorical(\pi) ; x_i | z_i=k ~ Normal(\mu_k, 1) ; g_i ~ Gamma(a, r)".replace(" ; ", "\n")
        + "\n"
        r"posterior q_{ik} = p(z_i=k | x_i) at \theta"
    )
    assert verdict(lines, row) == meant


def test_a_letter_for_means_before_a_latent_in_brackets_is_open() -> None:
    lines = "param E in R ; m in R\nlatent z in R\nz ~ Normal(m, 1)"
    assert verdict(lines, r"E[z] = E z") == "unread"
    assert verdict(lines, r"E [m + 1] = E m + E") == "proved"


@pytest.mark.parametrize(
    ("constraint", "meant"),
    [
        (r"1 - \sum_k \pi_k", "proved"),
        (r"\sum_k \pi_k - 1", "proved"),
        (r"2 - \sum_k \pi_k", "unread"),
        (r"n - \sum_k \pi_k", "unread"),
        (r"\sum_k \pi_k", "unread"),
        (r"1 - \sum_k \pi_k^2", "refuted"),
    ],
)
def test_a_multiplier_of_another_constraint_gives_no_maximum_on_the_simplex(constraint: str, meant: str) -> None:
    lines = (
        "size n, K\nindex i in 1..n ; k, l in 1..K\nparam \\pi in simplex(K) ; m in R\n"
        "frozen r_{ik} in simplex(K) over k\nconst a in R"
    )
    rows = (
        r"<!-- derive: let \lambda in R ; free \pi -->",
        rf"L := \sum_i \sum_k r_{{ik}} \log \pi_k + a m + \lambda ({constraint}) \label{{eq-L}}",
        r"<!-- derive: maximises (eq-L) over \pi -->",
    )
    assert verdict(lines, *rows, r"\pi_k = \frac1n \sum_i r_{ik}") == meant
    assert verdict(lines, *rows, r"\pi_k = \frac1K \sum_i r_{ik}") in ("refuted", meant)


@pytest.mark.parametrize(
    ("right", "meant"),
    [
        (r"\mathcal{N}(o_i | \frac{u/v + t/s}{1/v + 1/s}, \frac{1}{1/v + 1/s})", "proved"),
        (r"\mathcal{N}(o_i | \frac{u v + t s}{v + s}, \frac{1}{1/v + 1/s})", "refuted"),
        (r"\mathcal{N}(o_i | \frac{u/v + t/s}{1/v + 1/s}, v + s)", "refuted"),
    ],
)
def test_a_product_of_densities_of_one_variable_is_one_up_to_a_factor_free_of_it(right: str, meant: str) -> None:
    lines = "size n\nindex i in 1..n\ndata o_i in R\nparam u, t in R ; v, s in positive"
    assert verdict(lines, rf"\mathcal{{N}}(o_i | u, v) \mathcal{{N}}(o_i | t, s) \propto {right}") == meant


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("note.md", "\\[ u = 2u\n\n$$u = u$$", "\\[ is never closed"),
        ("note.md", "Here $$u = 2u$ stands.\n\n$$u = u$$", "$$ is never closed"),
        ("note.md", "It costs $$ here.\n\n$$u = u$$", None),
        ("note.tex", "\\newcommand{\\be}{\\begin{equation}}\n\\be u = 2u \\end{equation}\n\\[ u = u \\]", "\\be opens a display"),
        ("note.tex", "\\newcommand{\\uu}[1]{u #1}\n\\[ \\uu{} = u \\]", None),
    ],
)
def test_displays_that_cannot_be_seen_are_told_of(name: str, body: str, told: str | None) -> None:
    declared = "```derive\nparam u in R\n```\n\n" if name.endswith("md") else "%! derive\n%! param u in R\n%! end\n"
    note = read_note(Path(name), f"{declared}{body}\n")
    assert ([told in each.message for each in note.warnings] == [True]) if told else not note.warnings


@pytest.mark.parametrize("name", ["xalignat", "empheq"])
def test_further_environments_hold_displays(name: str) -> None:
    option = "{2}" if name == "xalignat" else "{align}"
    text = f"%! derive\n%! param u in R\n%! end\n\\begin{{{name}}}{option} u &= 2u \\end{{{name}}}\n"
    assert [s.verdict for s in check_note(read_note(Path("note.tex"), text), Witness(autodiff=False)).steps] == ["refuted"]


SCRIPTED = r"""
size n, K
index i in 1..n ; j, l in 1..K
data x_i in R
latent z_i in 1..K
param \mu_j in R ; \pi in simplex(K) ; u in R ; v in R
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, 1)
define \theta = (\pi, \mu, u, v) ; \theta_t = (\pi_t, \mu_t, u_t, v_t)
posterior r_{ij} = p(z_i=j | x_i) at \theta_t
"""
SLOPE_THERE, WEIGHED = r"\frac{\partial}{\partial \mu_j} \log p(x_i)", r"r_{ij} (x_i - \mu_j)"
HELD_MEAN, OWN_MEAN = r"\sum_j r_{ij} \mu_j", r"\sum_j \pi_j \mu_j"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\frac{\partial}{\partial u} (u v + u) = v + 1", "proved"),
        (r"\frac{\partial}{\partial u} (u v + u)_1 = v + 1", "unread"),
        (r"\frac{\partial}{\partial\partial u} u^2 = 2 u", "unread"),
        (r"\frac{\partial^2}{\partial\partial u \partial v} (u v) = 1", "unread"),
        (r"\frac{d}{ddu} u^2 = 2 u", "unread"),
        (rf"E_{{p_{{\theta_t}}(z_i|x_i)}}[\mu_{{z_i}}] = {HELD_MEAN}", "proved"),
        (rf"E_{{p(z_i|x_i;\theta_t)_1}}[\mu_{{z_i}}] = {HELD_MEAN}", "unread"),
        (rf"E_{{p(z_i|x_i;\theta_t)^2}}[\mu_{{z_i}}] = {HELD_MEAN}", "unread"),
        (rf"E_{{p(z_i)}}[\mu_{{z_i}}] = {OWN_MEAN}", "proved"),
        (rf"E_{{p_1(z_i)}}[\mu_{{z_i}}] = {OWN_MEAN}", "unread"),
        (rf"E_{{p^2(z_i)}}[\mu_{{z_i}}] = {OWN_MEAN}", "unread"),
        (rf"{SLOPE_THERE}|_{{\theta=\theta_t}} = {WEIGHED}|_{{\theta=\theta_t}}", "proved"),
        (rf"{SLOPE_THERE}|_{{\theta=\theta_t}} = {WEIGHED}|^2_{{\theta=\theta_t}}", "unread"),
        (r"\mu_j|^2_{\theta=\theta_t} = \mu_j|_{\theta=\theta_t}", "unread"),
        (r"p(z_1=j) = \pi_j", "proved"),
        (r"p(z_0=j) = \pi_j", "unread"),
        (r"p(z_0=j | x_2) = \pi_j", "unread"),
        (r"p(x_i; \pi, \mu) = p(x_i)", "proved"),
        (r"p(x_i; \pi_i, \mu) = p(x_i)", "unread"),
        (r"p(x_i | z_i=j; \mu_j) = p(x_i | z_i=j)", "proved"),
        (r"p(x_i | z_i=j; \mu_i) = p(x_i | z_i=j)", "unread"),
    ],
)
def test_scripts_and_indices_that_nothing_is_made_of_are_not_passed_over(row: str, meant: str) -> None:
    assert verdict(SCRIPTED, row) == meant


COUNTS_BY_RATES = r"""
size n, K
index i in 1..n ; k in 1..K
data x_i in N
param \lambda_k in positive
frozen r_{ik} in simplex(K) over k
define Q = \sum_i \sum_k r_{ik} (x_i \log \lambda_k - \lambda_k)
"""


def test_a_value_with_letters_of_its_own_is_not_refuted_at_the_border_of_its_domain() -> None:
    """``\\lambda_k`` is put in with the counts of ``s`` in it: where all counts are zero, nothing is differentiated at zero."""
    rows = (r"R := Q \label{eq-R}", r"<!-- derive: maximises (eq-R) over \lambda -->")
    right = r"\lambda_k = \frac{\sum_i r_{ik} x_i}{\sum_i r_{ik}}"
    note = checked(COUNTS_BY_RATES, *rows, right)
    assert note.steps[-1].verdict == "proved"
    slips = [slip for slip in plan(of_note(note), None, 0) if slip.operator == "index-swapped"]
    other = SecondEvaluator(0, 8)
    assert slips
    assert {tried(slip, Witness(autodiff=False), other).status for slip in slips} <= {"refuted", "equivalent", "unknown"}
    assert verdict(COUNTS_BY_RATES, *rows, right.replace("x_i", "x_i^2")) == "refuted"


A_SIZE_NAMED_D = r"size d ; param v, a in positive ; m in R^d ; u, b in R ; \mu in R^d ; const x in R^d"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (r"\tfrac12 (d v + m^T m - d) = \frac{d v - d}{2} + \text{const}", "refuted"),
        (r"\frac{d m^T m}{2 v} + \log v = \frac{d m^T m}{2 v} + \text{const}", "refuted"),
        (r"a^{d b} + u = a^{d b} + C", "refuted"),
        (r"\log v + m^T m = m^T m + C \\ \frac{\partial}{\partial m} m^T m &= 2 m", "proved"),
        (r"\log v + m^T m = m^T m + C \\ \frac{\partial}{\partial v} \log v &= 1 / v", "refuted"),
        (r"\log v + m^T m = m^T m + C \\ \nabla_{\boldsymbol{m}} m^T m &= 2 m", "proved"),
    ],
)
def test_a_size_named_d_is_no_sign_of_a_derivative(row: str, meant: str) -> None:
    """Of a constant in a display that differentiates by one parameter only that one is asked."""
    assert checked(A_SIZE_NAMED_D, row).steps[0].verdict == meant


def test_what_is_set_up_to_a_factor_before_an_arrow_is_no_claim() -> None:
    declared = r"size k ; index j, l in 1..k ; param c_j in positive ; \pi in simplex(k)"
    assert verdict(declared, r"\pi_j \propto c_j \implies \pi_j = \frac{c_j}{\sum_l c_l}") == "unread"
    assert verdict(declared, r"\pi_j \propto c_j") == "refuted"


CHAINS = r"""
size n, k
index i in 1..n ; j, l, s in 1..k
data x_i, t_i in R
param \pi in simplex(k) ; c_j, v_j in positive ; a, b, m, u, v in R
"""
GRADIENT = r"\frac{\partial}{\partial m} (a m^2 - m b) &= 2 a m - b"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ((GRADIENT, "a - b &= 0"), "refuted"),
        ((GRADIENT, "&= 0"), "defined"),
        ((GRADIENT, "2 a m - b &= 0"), "defined"),
        ((GRADIENT, "2 m a - b &= 0", r"m &= b / (2 a)"), "proved"),
        ((GRADIENT, "2 m a + b &= 0"), "refuted"),
        ((r"\frac{\partial}{\partial m} m^2 = 2 m, \quad a - b = 0",), "refuted"),
        (("a &= a", r"\pi_j + 2 - \pi_j &= \sum_j \pi_j + \pi_j"), "refuted"),
        (("a &= a", r"\pi_j + 1 &= \sum_j \pi_j + \pi_j"), "proved"),
        (("m &= m", "u &= u", "&= u + 0", r"\Rightarrow m &= u"), "unknown"),
        (("m u &= u m", "u^2 &= u u", "&= u u + 0", r"\Rightarrow m u &= u^2"), "unknown"),
        ((r"B_j := \sum_j \pi_j + \pi_j = 2",), "refuted"),
        ((r"B_j := \sum_j \pi_j + \pi_j = 1 + \pi_j",), "proved"),
        ((r"B_j &:= \sum_j \pi_j + \pi_j", "&= 2"), "refuted"),
        ((r"\sum_i (t_i - m) = 0 &\implies m = \frac1n \sum_i t_i", r"\sum_i (x_i - u) = 0 &\implies u = \bar x"), "proved"),
        ((r"\sum_i (t_i - m) = 0 &\implies m = \frac1n \sum_i t_i", r"\sum_i (x_i - u) = 0 &\implies u = 2 \bar x"), "refuted"),
    ],
)
def test_a_chain_is_headed_by_its_own_left_side(written: tuple[str, ...], meant: str) -> None:
    found = verdicts(CHAINS + r"define \bar x = \frac1n \sum_i x_i", *written)
    assert found[-1] == meant


@pytest.mark.parametrize(("value", "meant"), [("2", "refuted"), (r"1 + \pi_j", "proved")])
def test_how_far_a_sum_goes_is_told_by_the_other_side_everywhere(value: str, meant: str) -> None:
    far = r"\sum_j \pi_j + \pi_j"
    assert verdict(f"{CHAINS} assume c_j = {far}", f"c_j = {value}") == meant
    hint = rf"<!-- derive: maximises (eq-q) over c_j at v_j = {far} -->"
    assert verdict(CHAINS, r"q := -\sum_j (c_j - v_j)^2 \label{eq-q}", hint, f"c_j = {value}") == meant
    assert verdict(CHAINS, rf"\pi_s + \underbrace{{\pi_j}}_{{= {far} - 1}} = \pi_s + \pi_j") == "proved"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (r"\text{Since } a = b", True),
        (r"\text{$a = b$}", True),
        (r"\mbox{Claim: $a = b$.}", True),
        (r"a &= a \\ \text{since } a = b", True),
        (r"\text{Since } a = b, \\ a &= a", False),
        (r"\text{as was to be shown}", False),
        (r"a = a \quad \text{since } a = a", False),
    ],
)
def test_formulas_in_words_behind_the_last_row_are_told_of(row: str, told: bool) -> None:
    note = read_note(Path("note.md"), f"$$\n{row}\n$$\n")
    assert bool(note.warnings) == told


def test_an_empty_optional_argument_is_empty() -> None:
    macro = "\\newcommand{\\p}[2][2]{#2^{#1}}\n\n"
    for row, meant in ((r"\p[]{a} = a^2", "refuted"), (r"\p[]{a} = a", "proved"), (r"\p{a} = a^2", "proved")):
        text = f"```derive\nparam a in R\n```\n\n{macro}$$ {row} $$\n"
        assert check_note(read_note(Path("note.md"), text), Witness(autodiff=False)).steps[0].verdict == meant


@pytest.mark.parametrize(
    ("fact", "row"), [(r"r_{ij} = c_j", r"\sum_j c_j = 2"), (r"r_{ij} = x_i", "x_i = 2"), (r"a = \pi_j", "a = 2")]
)
def test_an_assumption_that_ties_a_letter_to_one_of_another_family(fact: str, row: str) -> None:
    (step,) = checked(f"{CHAINS} frozen r_{{ij}} in simplex(k) over j\nassume {fact}", row).steps
    assert step.verdict in ("unknown", "refuted") and "defect" not in step.message


@pytest.mark.parametrize(
    ("right", "meant"),
    [
        (r"2 \pi_j", {"proved"}),
        (r"- \pi_j", {"refuted"}),
        (r"\pi_j - \pi_j", {"unknown", "refuted"}),
        (r"(\sin(a)^2 + \cos(a)^2 - 1) c_j", {"unknown", "refuted"}),
        (r"a \pi_j", {"refuted"}),
        (r"a^2 \pi_j", {"unknown", "refuted", "confirmed"}),
    ],
)
def test_weights_are_proportional_by_a_factor_that_is_positive(right: str, meant: set[str]) -> None:
    assert verdict(CHAINS, rf"\pi_j \propto {right}") in meant


SCORED = r"""
size n
index i in 1..n ; s in 1..n
data x_i in R
param m in R ; v in positive
x_i ~ Normal(m, v)
"""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            (r"\sum_i \frac{\partial}{\partial m} \log p(x_i) &= 0", r"\sum_i (x_i - m) &= 0", r"m &= \bar x"),
            ("defined", "proved"),
        ),
        ((r"-\frac{\partial}{\partial m} \ell &= 0", r"m &= \bar x"), ("defined", "proved")),
        ((r"\frac1n \frac{\partial}{\partial m} \ell &= 0", r"m &= 2 \bar x"), ("defined", "refuted")),
        ((r"v \frac{\partial}{\partial v} \ell &= 0",), ("refuted", "refuted")),
        ((r"\frac{\partial}{\partial m} \log p(x_i) &= 0",), ("refuted", "refuted")),
        ((r"L &:= -\sum_i (x_i - m)^2", r"\frac{\partial L}{\partial m} &= 0", r"m &= \bar x"), ("defined", "proved")),
        ((r"\partial_m \ell &= 0", r"m &= \bar x"), ("unread", "unknown")),
        ((r"\partial_m \ell &= 1", r"m &= \bar x"), ("unread", "refuted")),
        ((r"v = m^2 \implies \log v &= 2 \log m + \text{const}",), ("unknown", "unknown")),
    ],
)
def test_what_is_set_to_zero_and_what_follows(written: tuple[str, ...], meant: tuple[str, str]) -> None:
    found = verdicts(SCORED + r"define \bar x = \frac1n \sum_i x_i", *written)
    assert (found[0], found[-1]) == meant


def test_a_mistake_that_is_announced_where_nothing_is_claimed_is_none() -> None:
    (step,) = checked(SCORED, "<!-- derive: expect refuted -->", r"\frac{\partial}{\partial m} \ell = 0").steps
    assert not step.passes


def test_the_text_report_says_of_what_a_constant_is_free() -> None:
    rows_ = (
        r"\log p(x_i) &= -\frac{(x_i - m)^2}{2 v} + \text{const}",
        r"\frac{\partial}{\partial m} \log p(x_i) &= \frac{x_i - m}{v}",
    )
    note = checked(SCORED, rows(*rows_))
    told = report("text").write([note], ENVIRONMENT, Page())
    assert "const is free of m, by which the display differentiates" in told
