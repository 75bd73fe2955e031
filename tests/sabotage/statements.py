r"""Statements whose verdicts are known, by which a fault is caught: true ones, and false ones that a fault might let pass.

Each group is a small note: declarations, and displays with the verdict that the last row of each deserves. What notes do not
say (an index from 2 on, a value of theta_t) is said by formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from derive import formula as f
from derive.claims import Assumption, Claim, Verdict
from derive.formula import HALF, ONE, ZERO, Derivative, Formula, Number, Reference
from derive.functions import BESSEL_0, BESSEL_1, COS, DIGAMMA, ERF, GAMMA, SIN, TRIGAMMA
from derive.lessons.expectation_maximisation import derivation
from derive.models import family
from derive.symbols import Domain, Index, Range, Role, Size, Symbol

PROVED, CONFIRMED, REFUTED, UNKNOWN, UNREAD, DEFINED = "proved", "confirmed", "refuted", "unknown", "unread", "defined"


@dataclass(frozen=True, slots=True)
class Group:
    """Declarations, displays with the verdict on the last row of each, and claims with theirs."""

    declarations: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    claims: tuple[tuple[Claim, Verdict], ...] = ()
    autodiff: bool = False


# What formulas are made of.

N, K, D = Size("n"), Size("k"), Size("d")
I, J, L, S = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K)), Index("s", Range(K))
LATER = Index("t", Range(K, 2))
POINT = Index("z", Range(K, 1, abstract=True))
A, B, C, B_LATER = Index("a", Range(D)), Index("b", Range(D)), Index("c", Range(D)), Index("e", Range(D, 2))


def symbol(name: str, domain: Domain = "real", role: Role = "param", *family: Range, shape: tuple[Size, ...] = ()) -> Symbol:
    return Symbol(name, role, family, shape, domain)


x, y, p = (Reference(symbol(name, domain)) for name, domain in (("x", "real"), ("y", "real"), ("p", "positive")))
a, b, q = (symbol(name, domain, "param", Range(K)) for name, domain in (("a", "real"), ("b", "real"), ("q", "positive")))
phi, g = symbol("phi", "simplex", "param", Range(K)), symbol("g", "real", "const", Range(K), Range(K))
rows = symbol("R", "simplex", "const", Range(N), Range(K))
sigma, tau = symbol("Sigma", "spd", shape=(D, D)), symbol("Tau", "spd", shape=(D, D))
u, v = (Reference(symbol(name, "real", "const", shape=(D,))) for name in "uv")
x_t = Reference(x.symbol.at_current)
two = Number(Fraction(2))
bell = f.Divide(f.Exp(-(x**2)), f.Power(f.Pi(), HALF))


def unknown(argument: Formula) -> Formula:
    return f.Apply(f.UnspecifiedFunction("f", (), "real", ((),)), (), (argument,))


slope_at_square = f.Substitute(Derivative(unknown(y), y), y.symbol, (), x**2)


def of(one: Symbol, *indices: Index | int) -> Reference:
    return Reference(one, indices)


def says(label: str, lhs: Formula, rhs: Formula = ZERO, verdict: Verdict = "proved", **given: object) -> tuple[Claim, Verdict]:
    return Claim(label=label, lhs=lhs, rhs=rhs, **given), verdict  # type: ignore[arg-type]


def product(b: Index) -> Formula:
    return f.Sum(b, f.Component(f.Inverse(of(sigma)), (A, b)) * f.Component(of(sigma), (b, C)))


SCALARS = r"""
size n, k
index i in 1..n ; j, l, s in 1..k ; h in 2..k
data x_i in R
param \mu in R ; \nu in R ; \tau in positive ; \beta in positive ; \gamma in nonnegative ; \rho in unit
param a_j in R ; q_j in positive ; r_j in positive ; \phi in simplex(k) ; \psi in simplex(k)
const c in R ; m in N
"""

SUMS = Group(
    SCALARS,
    (
        (r"\sum_j a_j = \sum_l a_l", PROVED),
        (r"\sum_j \sum_l a_j q_l = \sum_l \sum_j q_l a_j", PROVED),
        (r"(\sum_j a_j) (\sum_j q_j) = \sum_j \sum_l a_j q_l", PROVED),
        (r"(\sum_j a_j) (\sum_j q_j) = \sum_j a_j q_j", REFUTED),
        (r"(\sum_j a_j)^2 = \sum_j a_j^2", REFUTED),
        (r"\sum_{j=2}^k a_j = \sum_j a_j", REFUTED),
        (r"\sum_{j=2}^k \mu = (k - 1) \mu", PROVED),
        (r"\sum_{j=2}^k \mu = k \mu", REFUTED),
        (r"\sum_j \mu = k \mu", PROVED),
        (r"\sum_{i=1}^n (x_i - \mu) = \sum_i x_i - n \mu", PROVED),
        (r"\sum_{i=1}^n (x_i - \mu) = \sum_i x_i - \mu", REFUTED),
        (r"\sum_j \delta_{js} a_j = a_s", PROVED),
        (r"\delta_{js} a_j = \delta_{js} a_s", PROVED),
        (r"\delta_{js} a_j = a_j", REFUTED),
        (r"\sum_j \delta_{js} \log(q_j + q_s) = \log(2 q_s)", PROVED),
        (r"\sum_j \frac{\delta_{js}}{q_j + q_s} = \frac{1}{2 q_s}", PROVED),
        (r"\sum_j \frac{\delta_{js}}{q_j + q_s} = 2 q_s", REFUTED),
        (r"\sum_j \phi_j = 1", PROVED),
        (r"\sum_j \phi_j^2 = 1", REFUTED),
        (r"\sum_{j=2}^k \phi_j = 1", REFUTED),
        (r"\sum_j \frac{q_j}{\sum_l q_l} = 1", PROVED),
        (r"\frac{\sum_j q_j a_j}{\sum_l q_l} = \sum_j \frac{q_j}{\sum_l q_l} a_j", PROVED),
        (r"\sum_j \frac{q_j a_j}{\sum_l q_l} = 1", REFUTED),
        (r"\sum_j \frac{q_j a_j}{\sum_l q_l} = a_s", REFUTED),
        (r"\frac{2 \tau}{2 \tau + 3 \beta} + \frac{3 \beta}{2 \tau + 3 \beta} = 1", PROVED),
        (r"\frac{\tau}{2 \tau + 3 \beta} + \frac{\beta}{2 \tau + 3 \beta} = 1", REFUTED),
        (r"\frac{2 \tau}{2 \tau + 3 \beta} - \frac{3 \beta}{2 \tau + 3 \beta} = 1", REFUTED),
        (r"\sum_j \left( \frac{q_j}{q_j + \tau} + \frac{\tau}{q_j + \tau} \right) = k", PROVED),
        (r"\frac{1}{\mu - \nu} = -\frac{1}{\nu - \mu}", PROVED),
        (r"\frac{1}{\mu - \nu} = \frac{1}{\nu - \mu}", REFUTED),
    ),
    (
        says("delta on a shorter range", f.Sum(LATER, f.Delta(LATER, S) * of(a, LATER)), of(a, S), REFUTED),
        says("delta on its own range", f.Sum(J, f.Delta(J, S) * of(a, J)), of(a, S)),
        says("rows sum to one", f.Sum(J, of(rows, I, J)), ONE),
        says("columns do not", f.Sum(I, of(rows, I, J)), ONE, REFUTED),
        says("an integral of a constant is no count", f.Sum(POINT, x), x * f.SizeNumber(K), REFUTED),
    ),
)

FUNCTIONS = Group(
    SCALARS,
    (
        (r"\log(\tau \beta) = \log \tau + \log \beta", PROVED),
        (r"\log(\tau + \beta) = \log \tau + \log \beta", REFUTED),
        (r"\log \frac12 = -\log 2", PROVED),
        (r"\log \frac12 = \log 2", REFUTED),
        (r"\log 12 = 2 \log 2 + \log 3", PROVED),
        (r"\log e^\mu = \mu", PROVED),
        (r"e^{2 \log \tau} = \tau^2", PROVED),
        (r"e^{2 \log \tau} = \tau", REFUTED),
        (r"e^{\mu + \nu} = e^\mu e^\nu", PROVED),
        (r"e^{\frac12 \log(\mu^2)} = \mu", REFUTED),
        (r"\sqrt{\tau^2} = \tau", PROVED),
        (r"\sqrt{\mu^2} = \mu", REFUTED),
        (r"\sqrt{2} \sqrt{2} = 2", PROVED),
        (r"\sqrt{\tau} \sqrt{\tau} = \tau", PROVED),
        (r"\sqrt{8} = 2 \sqrt{2}", PROVED),
        (r"\tau \tau^{-2} = \frac{1}{\tau}", PROVED),
        (r"\log(\mu^2) = 2 \log \mu", REFUTED),
        (r"(\sin(\mu))^2 + (\cos(\mu))^2 = 1", PROVED),
        (r"(\sin(\mu))^2 = 1 + (\cos(\mu))^2", REFUTED),
        (r"\cos(\mu + \nu) = \cos(\mu) \cos(\nu) - \sin(\mu) \sin(\nu)", PROVED),
        (r"\cos(\mu + \nu) = \cos(\mu) \cos(\nu) + \sin(\mu) \sin(\nu)", REFUTED),
        (r"\sin(\mu - \nu) = \sin(\mu) \cos(\nu) - \cos(\mu) \sin(\nu)", PROVED),
        (r"\sin(\mu - \nu) = \sin(\mu) \cos(\nu) + \cos(\mu) \sin(\nu)", REFUTED),
        (r"\Gamma(\tau + 1) = \tau \Gamma(\tau)", PROVED),
        (r"\Gamma(\tau + 1) = (\tau + 1) \Gamma(\tau)", REFUTED),
        (r"\log(1 + e^\mu) = \mu + \log(1 + e^{-\mu})", PROVED),
        (r"\frac{1}{1 + e^{-\mu}} = \frac{e^\mu}{1 + e^\mu}", PROVED),
        (r"\log \prod_j q_j = \sum_j \log q_j", PROVED),
        (r"\mu = 1.00000000000000000001 \mu", REFUTED),
        (r"\frac{\mu}{\mu - \mu} = \frac{\mu}{\mu - \mu}", UNKNOWN),
        (r"|\mu - 3| = 3 - \mu", REFUTED),
        (r"\sqrt{\mu^2} \sqrt{\nu^2} = \sqrt{\mu^2 \nu^2}", UNKNOWN),
        (r"\mu (n-1) (n-2) (n-3) (n-4) (n-5) (n-6) (n-7) (n-8) (n-9) (n-10) (n-11) (n-12) = 0", REFUTED),
    ),
)

MATRICES = Group(
    r"""
size n, d, k
index i in 1..n ; j, s in 1..k
param A in R^{d x d} ; B in R^{d x d} ; S in spd(d) ; T in spd(d) ; \Sigma_j in spd(d) ; m in R^d
const u in R^d ; v in R^d
""",
    (
        (r"A B = B A", REFUTED),
        (r"(A B)^T = B^T A^T", PROVED),
        (r"A^T = A", REFUTED),
        (r"S^T = S", PROVED),
        (r"u^T A v = v^T A u", REFUTED),
        (r"u^T S v = v^T S u", PROVED),
        (r"u^T A v = v^T A^T u", PROVED),
        (r"S^{-1} S u = u", PROVED),
        (r"\Sigma_j^{-1} \Sigma_s u = u", REFUTED),
        (r"A^{-1} A u = u", PROVED),
        (r"A^{-1} A^T u = u", REFUTED),
        (r"(S T)^{-1} = T^{-1} S^{-1}", PROVED),
        (r"(S T)^{-1} = S^{-1} T^{-1}", REFUTED),
        (r"(2 S)^{-1} = \frac12 S^{-1}", PROVED),
        (r"u^T (A + B)^{-1} v = v^T (A + B)^{-1} u", REFUTED),
        (r"u^T (S + T)^{-1} v = v^T (S + T)^{-1} u", PROVED),
        (r"(S + T)^{-1} (S + T) u = u", PROVED),
        (r"\operatorname{tr}(A B) = \operatorname{tr}(B A)", PROVED),
        (r"\operatorname{tr}(A B) = \operatorname{tr}(A) \operatorname{tr}(B)", REFUTED),
        (r"\operatorname{tr}(S^{-1} S) = d", PROVED),
        (r"\log |S^{-1}| = -\log |S|", PROVED),
        (r"\log |S^{-1}| = \log |S|", REFUTED),
        (r"\log |2 S| = d \log 2 + \log |S|", PROVED),
        (r"\log |2 S| = \log 2 + \log |S|", REFUTED),
        (r"\log |S T| = \log |S| + \log |T|", PROVED),
        (r"\frac{\partial}{\partial S} \log |S| = S^{-1}", PROVED),
        (r"\frac{\partial}{\partial S} \log |S| = 2 S^{-1}", REFUTED),
        (r"\frac{\partial}{\partial A} \log |A^T A| = 2 (A^{-1})^T", PROVED),
        (r"\frac{\partial}{\partial A} \log |A^T A| = 2 A^{-1}", REFUTED),
        (r"\frac{\partial}{\partial \Sigma_s} \log |\Sigma_j| = \delta_{js} \Sigma_j^{-1}", PROVED),
        (r"\frac{\partial}{\partial \Sigma_s} \log |\Sigma_j| = \Sigma_j^{-1}", REFUTED),
        (r"\frac{\partial}{\partial A} u^T A^{-1} v = -(A^{-1})^T u v^T (A^{-1})^T", PROVED),
        (r"\frac{\partial}{\partial A} u^T A^{-1} v = (A^{-1})^T u v^T (A^{-1})^T", REFUTED),
        (r"\frac{\partial}{\partial A} u^T A^{-1} v = -A^{-1} v u^T A^{-1}", REFUTED),
        (r"\frac{\partial}{\partial A} u^T A v = u v^T", PROVED),
        (r"\frac{\partial}{\partial A} u^T A v = v u^T", REFUTED),
        (r"\nabla_m (v - m)^T S (v - m) = -2 S (v - m)", PROVED),
        (r"\nabla_m (v - m)^T S (v - m) = -2 S^{-1} (v - m)", REFUTED),
        (r"u^T S u \ge 0", PROVED),
        (r"u^T A u \ge 0", REFUTED),
    ),
    (
        says("an inverse over the whole range", product(B), f.Delta(A, C)),
        says("an inverse over a shorter range", product(B_LATER), f.Delta(A, C), REFUTED),
        says(
            "conventions: frobenius",
            Derivative(f.matrix_product(f.Transpose(u), of(sigma), v), of(sigma), "frobenius"),
            f.multiply(HALF, f.outer(u, v) + f.outer(v, u)),
        ),
        says(
            "conventions: vech is not twice the symmetric part",
            Derivative(f.matrix_product(f.Transpose(u), of(sigma), v), of(sigma), "vech"),
            f.outer(u, v) + f.outer(v, u),
            REFUTED,
        ),
        says(
            "the determinant of a Cholesky factor",
            f.log_determinant(of(sigma)),
            f.multiply(two, f.log_determinant(f.Cholesky(of(sigma)))),
        ),
        says(
            "the determinant of a Cholesky factor, squared",
            f.log_determinant(of(sigma)),
            f.log_determinant(f.Cholesky(of(sigma))),
            REFUTED,
        ),
    ),
)

DERIVATIVES = Group(
    SCALARS + r"const \alpha in positive ; fun G(\mu) in R",
    (
        (r"\frac{d}{d\mu} \mu^3 = 3 \mu^2", PROVED),
        (r"\frac{d}{d\mu} \mu^3 = \mu^2", REFUTED),
        (r"\frac{d}{d\mu} \mu^3 = 3 \mu^3", REFUTED),
        (r"\frac{d}{d\mu} \mu e^\mu = e^\mu + \mu e^\mu", PROVED),
        (r"\frac{d}{d\mu} \mu e^\mu = e^\mu", REFUTED),
        (r"\frac{d}{d\mu} \mu e^\mu = \mu e^\mu", REFUTED),
        (r"\frac{d}{d\mu} e^{3 \mu} = 3 e^{3 \mu}", PROVED),
        (r"\frac{d}{d\mu} e^{3 \mu} = e^{3 \mu}", REFUTED),
        (r"\frac{d}{d\mu} \log(1 + e^{\mu}) = \frac{e^\mu}{1 + e^\mu}", PROVED),
        (r"\frac{d}{d\mu} \log(1 + e^{\mu}) = \frac{1}{1 + e^\mu}", REFUTED),
        (r"\frac{d}{d\tau} \frac{1}{1 + \tau} = -\frac{1}{(1 + \tau)^2}", PROVED),
        (r"\frac{d}{d\tau} \frac{1}{1 + \tau} = \frac{1}{(1 + \tau)^2}", REFUTED),
        (r"\frac{d}{d\tau} \sqrt{1 + \tau} = \frac{1}{2 \sqrt{1 + \tau}}", PROVED),
        (r"\frac{\partial}{\partial a_s} \sum_j a_j^2 = 2 a_s", PROVED),
        (r"\frac{\partial}{\partial a_s} \sum_j a_j^2 = \sum_j 2 a_j", REFUTED),
        (r"\frac{\partial}{\partial a_s} a_j = \delta_{js}", PROVED),
        (r"\frac{\partial}{\partial a_s} a_j = 1", REFUTED),
        (r"\frac{d}{d\tau} \log \Gamma(\tau) = \psi(\tau)", PROVED),
        (r"\frac{d}{d\tau} \log \Gamma(\tau) = \frac{d}{d\tau} \psi(\tau)", REFUTED),
        (r"\frac{d}{d\tau} \log \Gamma(2 \tau) = 2 \psi(2 \tau)", PROVED),
        (r"\frac{d}{d\tau} \log \Gamma(2 \tau) = \psi(2 \tau)", REFUTED),
        (r"\frac{d}{d\tau} \Gamma(\tau) = \Gamma(\tau) \psi(\tau)", PROVED),
        (r"\frac{d}{d\tau} \Gamma(\tau) = \psi(\tau)", REFUTED),
        (r"\frac{d}{d\mu} \cos(\mu) = -\sin(\mu)", PROVED),
        (r"\frac{d}{d\mu} \cos(\mu) = \sin(\mu)", REFUTED),
        (r"\frac{d}{d\tau} I_1(\tau) = I_0(\tau) - \frac{I_1(\tau)}{\tau}", PROVED),
        (r"\frac{d}{d\tau} I_1(\tau) = I_0(\tau) + \frac{I_1(\tau)}{\tau}", REFUTED),
        (r"\frac{d}{d\mu} G(\mu)^2 = 2 G(\mu) \frac{d}{d\mu} G(\mu)", PROVED),
        (r"\frac{d}{d\mu} G(2 \mu) = \frac{d}{d\mu} G(\mu)", REFUTED),
        (
            r"\frac{d^2}{d\mu^2} e^{G(\mu)} = e^{G(\mu)} \left( \left( \frac{d}{d\mu} G(\mu) \right)^2"
            r" + \frac{d^2}{d\mu^2} G(\mu) \right)",
            PROVED,
        ),
        (r"\frac{d^2}{d\mu^2} G(\mu) = \frac{d}{d\mu} G(\mu)", REFUTED),
        (r"\frac{d}{d\mu} \mu^2 + c = 2 \mu + c", PROVED),
    ),
    (
        says("the slope of erf", Derivative(ERF(x), x), f.multiply(two, bell)),
        says("half the slope of erf", Derivative(ERF(x), x), bell, REFUTED),
        says("the chain rule", Derivative(unknown(x**2), x), f.multiply(two, x, slope_at_square)),
        says("the chain rule without its inside", Derivative(unknown(x**2), x), slope_at_square, REFUTED),
        says("theta_t does not move with theta", Derivative((x - x_t) ** 2, x), f.multiply(two, x - x_t)),
        says("theta_t moves with theta", Derivative((x - x_t) ** 2, x), ZERO, REFUTED),
        says("theta_t put equal, after the derivative", f.AtEqual(Derivative(x * x_t, x)), x),
        says("theta_t put equal, before the derivative", f.AtEqual(Derivative(x * x_t, x)), f.multiply(two, x), REFUTED),
        says(
            "a substitution after a derivative",
            f.Substitute(Derivative(f.Sum(J, of(a, J) ** 2), of(a, S)), a, (J,), x),
            f.multiply(two, x),
        ),
        says(
            "nested substitutions",
            f.Substitute(of(a, L), a, (J,), f.Substitute(of(b, S), b, (L,), of(g, J, L))),
            of(g, L, S),
        ),
        says(
            "nested substitutions that capture",
            f.Substitute(of(a, L), a, (J,), f.Substitute(of(b, S), b, (L,), of(g, J, L))),
            of(g, S, S),
            REFUTED,
        ),
        says(
            "a derivative before a fact",
            Derivative(y * (f.Sum(J, of(phi, J)) - ONE), of(phi, S)),
            y,
        ),
        says(
            "a derivative after a fact",
            Derivative(y * (f.Sum(J, of(phi, J)) - ONE), of(phi, S)),
            ZERO,
            REFUTED,
        ),
    ),
)

RELATIONS = Group(
    SCALARS,
    (
        (r"(\mu - c)^2 \ge 0", PROVED),
        (r"\mu \ge 0", REFUTED),
        (r"-\tau \ge 0", REFUTED),
        (r"\tau > 0", PROVED),
        (r"\gamma > 0", REFUTED),
        (r"\mu^2 > 0", UNKNOWN),
        (r"\rho < 1", PROVED),
        (r"\rho \le \frac12", REFUTED),
        (r"\tau - 2 \tau \rho \ge 0", REFUTED),
        (r"\tau - \tau \rho \ge 0", PROVED),
        (r"\log \sum_j \phi_j q_j \ge \sum_j \phi_j \log q_j", PROVED),
        (r"\log \sum_j \phi_j q_j \le \sum_j \phi_j \log q_j", REFUTED),
        (r"\log \sum_j r_j q_j \ge \sum_j r_j \log q_j", REFUTED),
        (r"\log \frac{\sum_j r_j q_j}{\sum_j r_j} \ge \sum_j r_j \log q_j", REFUTED),
        (r"\beta \sum_j \phi_j \log \frac{\phi_j}{\psi_j} \ge 0", PROVED),
        (r"c \sum_j \phi_j \log \frac{\phi_j}{\psi_j} \ge 0", REFUTED),
        (r"(\mu - c)^2 = \mu^2 - 2 c \mu + \text{const}", PROVED),
        (r"(\mu - c)^2 = \mu^2 + \text{const}", REFUTED),
        (r"\mu^2 + \nu^2 = \mu^2 + \text{const}", REFUTED),
        (r"\frac{\sqrt{\mu^2}}{\mu} = 0 + \text{const}", REFUTED),
        (r"\tau e^{-\mu} \propto e^{-\mu}", REFUTED),
        (r"2 e^{-\mu} \propto e^{-\mu}", PROVED),
        (r"e^{-2 \mu} \propto e^{-\mu}", REFUTED),
        ("\\sum_i (x_i - \\mu) &= 0 \\\\\n\\implies \\mu &= \\frac1n \\sum_i x_i", PROVED),
        ("\\sum_i (x_i - \\mu) &= 0 \\\\\n\\implies \\mu &= \\sum_i x_i", REFUTED),
        ("c \\mu &= c \\\\\n\\implies \\mu &= 1", REFUTED),
        ("\\tau \\mu &= c \\\\\n\\implies \\mu &= \\frac{c}{\\tau}", PROVED),
        ("\\mu &= c \\\\\n\\iff \\mu^2 &= c^2", REFUTED),
        (r"\arg\max_\mu -(\mu - c)^2 = \arg\max_\mu 2 c \mu - \mu^2", PROVED),
    ),
    (
        says("a gap that is one", x**2, x**2 + y**2, relation="<=", gap=y**2),
        says("a gap that is none", x, y, REFUTED, relation="<=", gap=ONE),
        says("a gap that may be undefined", ZERO, x, REFUTED, relation="<=", gap=f.Power(x, HALF) * f.Power(x, HALF)),
        says("a multiple", x - ONE, p * x - p, relation="implies", multiplier=p),
        says("no multiple", x - ONE, p * x - ONE, REFUTED, relation="implies", multiplier=p),
        says("an undefined multiple", x, ONE, UNKNOWN, relation="implies", multiplier=f.Divide(ONE, x)),
        says("a negative factor", x, -x, UNKNOWN, relation="same argmax", parameters=(x.symbol,), multiplier=-ONE),
        says(
            "what is put in lies outside",
            ZERO,
            f.Substitute(p, p.symbol, (), x),
            REFUTED,
            relation="<=",
        ),
        says(
            "what is put in does not sum to one",
            ZERO,
            f.Substitute(f.Sum(J, of(rows, I, J) * f.Log(f.Divide(of(rows, I, J), of(phi, J)))), phi, (J,), of(q, J)),
            REFUTED,
            relation="<=",
        ),
        says(
            "under an assumption",
            y * y,
            x * x + f.multiply(two, x) + ONE,
            assumptions=(Assumption(text="y is one more than x", equation=(y, x + ONE)),),
        ),
        says("without the assumption", y * y, x * x + f.multiply(two, x) + ONE, REFUTED),
        says(
            "under an assumption that cannot be met",
            x + y,
            y + x,
            UNKNOWN,
            assumptions=(Assumption(text="x is one", equation=(x * x, -ONE)),),
        ),
        says(
            "under a bound that is assumed",
            ONE,
            x * x,
            UNKNOWN,
            relation="<=",
            assumptions=(Assumption(text="x is larger than one", bound=(ONE, x)),),
        ),
    ),
)

MIXTURE = r"""
size n, k
index i in 1..n ; j, l, s in 1..k
data x_i in R
latent z_i in 1..k
param \pi in simplex(k) ; \mu_j in R ; \sigma_j in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, \sigma_j^2)
define \theta = (\pi, \mu, \sigma) ; \theta_t = (\pi_t, \mu_t, \sigma_t)
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
posterior r_{ij} = p(z_i=j | x_i) at \theta
define Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)
"""
MODELS = Group(
    MIXTURE,
    (
        (r"p(x_i) = \sum_j p(x_i, z_i=j)", PROVED),
        (r"p(x_i) = \sum_j p(x_i | z_i=j)", REFUTED),
        (r"p(z_i=j | x_i) = \frac{p(x_i | z_i=j) \pi_j}{p(x_i)}", PROVED),
        (r"p(z_i=j | x_i) = \frac{p(x_i | z_i=j)}{p(x_i)}", REFUTED),
        (r"\sum_j w_{ij} = 1", PROVED),
        (r"\sum_i w_{ij} = 1", REFUTED),
        (r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}", PROVED),
        (r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s}", REFUTED),
        (r"\frac{\partial}{\partial \mu_s} \sum_i \log p(x_i) = \sum_i r_{is} \frac{x_i - \mu_s}{\sigma_s^2}", PROVED),
        (r"\frac{\partial}{\partial \mu_s} \sum_i \log p(x_i) = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}", REFUTED),
        (
            r"\frac{\partial}{\partial \mu_s} \sum_i \sum_j r_{ij} \log p(x_i, z_i=j)"
            r" = \sum_i r_{is} \frac{x_i - \mu_s}{\sigma_s^2}",
            REFUTED,
        ),
        (r"w_{ij} = r_{ij}", REFUTED),
        (r"\sum_i \log p(x_i) \ge Q - \sum_i \sum_j w_{ij} \log w_{ij}", PROVED),
        (r"p(x_i | z_i=j) = \frac{1}{\sqrt{2 \pi} \sigma_j} \exp\left(-\frac{(x_i - \mu_j)^2}{2 \sigma_j^2}\right)", PROVED),
    ),
)

DENSITIES = Group(
    r"""
size K, r
latent z in 1..K
data x in R
param \theta in R^r
frozen \theta^t in R^r
fun p(x, z | \theta) in positive
define p(x | \theta) = \sum_z p(x, z | \theta) ; p(z | x, \theta) = p(x, z | \theta) / p(x | \theta)
frozen q(z) in simplex(K) over z
""",
    (
        (r"\log p(x | \theta) \ge \sum_z q(z) \log \frac{p(x, z | \theta)}{q(z)}", PROVED),
        (r"\log p(x | \theta) \le \sum_z q(z) \log \frac{p(x, z | \theta)}{q(z)}", REFUTED),
        (
            r"\nabla_\theta \log p(x | \theta) = \sum_z p(z | x, \theta) \nabla_\theta \log p(x, z | \theta)",
            PROVED,
        ),
        (
            r"\nabla_\theta \log p(x | \theta) = \sum_z p(z | x, \theta^t) \nabla_\theta \log p(x, z | \theta)",
            REFUTED,
        ),
        (r"\operatorname{KL}(q \| p(z | x, \theta)) \ge 0", PROVED),
        (r"q(z) > 0", UNKNOWN),
    ),
)

data, m = symbol("z", "real", "data", Range(N)), symbol("m", "real", "param", Range(K))
later = symbol("h", "real", "param", Range(K, 2))
logits = of(a, J) - (of(data, I) - of(m, J)) ** 2
evidence = f.Sum(J, f.Exp(logits))
softmax = f.Divide(f.Exp(f.rename(logits, {J: S})), evidence)
form = f.matrix_product(f.Transpose(u), f.Inverse(of(sigma)), v)
turned = f.matrix_product(f.Inverse(of(sigma)), f.outer(u, v), f.Inverse(of(sigma)))
BY_JAX = Group(
    claims=(
        says("softmax", Derivative(f.Sum(I, f.Log(evidence)), of(a, S)), f.Sum(I, softmax)),
        says(
            "the gradient of a mixture",
            Derivative(f.Sum(I, f.Log(evidence)), of(m, S)),
            f.Sum(I, f.multiply(two, softmax, of(data, I) - of(m, S))),
        ),
        says("log-determinant", Derivative(f.log_determinant(of(sigma)), of(sigma)), f.Inverse(of(sigma))),
        says("a form", Derivative(form, of(sigma)), -turned),
        says("the symmetric part", Derivative(form, of(sigma), "frobenius"), f.multiply(-HALF, turned + f.Transpose(turned))),
        says(
            "the free entries on the diagonal",
            f.Component(Derivative(form, of(sigma), "vech"), (A, A)),
            f.Component(-turned, (A, A)),
        ),
        says("the trace", Derivative(f.Trace(of(sigma) @ of(tau)), of(sigma)), of(tau)),
        says(
            "from two on",
            Derivative(f.Sum(LATER, of(later, LATER) ** 3 * of(a, LATER)), of(later, LATER)),
            f.multiply(Number(Fraction(3)), of(later, LATER) ** 2, of(a, LATER)),
        ),
        says("a literal", Derivative(of(a, 2) ** 2 * of(a, 1), of(a, 2)), f.multiply(two, of(a, 1), of(a, 2))),
        says("a product", Derivative(f.Product(J, f.Exp(of(a, J) * x)), x), f.Sum(J, of(a, J)) * f.Exp(f.Sum(J, of(a, J)) * x)),
        says("erf", Derivative(ERF(x), x), f.multiply(two, bell)),
        says("gamma", Derivative(GAMMA(p), p), GAMMA(p) * DIGAMMA(p)),
        says("digamma", Derivative(DIGAMMA(p), p), TRIGAMMA(p)),
        says("cosine", Derivative(COS(x), x), -SIN(x)),
        says("the Bessel function", Derivative(BESSEL_0(p), p), BESSEL_1(p)),
        says("a root", Derivative(f.Power(ONE + p, HALF), p), f.Divide(HALF, f.Power(ONE + p, HALF))),
        says("a power", Derivative(f.Power(ONE + p, y), y), f.Power(ONE + p, y) * f.Log(ONE + p)),
        says("theta_t", Derivative((x - x_t) ** 2, x), f.multiply(two, x - x_t)),
        says("theta_t put equal", Derivative(f.AtEqual(x**2 * x_t), x), f.multiply(Number(Fraction(3)), x**2)),
        says(
            "what is put in",
            Derivative(f.Substitute(f.Sum(J, of(a, J) ** 2), a, (J,), of(m, J) * x), x),
            f.multiply(two, x, f.Sum(J, of(m, J) ** 2)),
        ),
        says("a function of which nothing is known", Derivative(unknown(x**2), x), f.multiply(two, x, slope_at_square)),
    ),
    autodiff=True,
)

LAWS = Group(
    r"""
size n, d
index i in 1..n
param \lambda in positive ; \mu in R ; v in positive ; a in positive ; b in positive ; \rho in unit
param r in positive ; \nu in R^d ; S in spd(d)
const m in N ; c in positive
data x_i in N ; y_i in R ; t_i in positive ; g_i in positive ; u_i in unit ; e_i in N ; f_i in N
data l_i in R ; s_i in R ; q_i in positive
data h_i in bool ; k_i in N ; o_i in R^d ; w_i in positive ; A_i in R
latent G in positive ; B in unit ; E in positive ; P in N
x_i ~ Poisson(\lambda)
y_i ~ Normal(\mu, v)
t_i ~ Exponential(\lambda)
g_i ~ Gamma(a, b)
u_i ~ Beta(a, b)
e_i ~ Geometric(\rho)
f_i ~ NegativeBinomial(r, \rho)
l_i ~ Laplace(\mu, c)
s_i ~ StudentT(c, \mu, b)
q_i ~ LogNormal(\mu, v)
h_i ~ Bernoulli(\rho)
k_i ~ Binomial(m, \rho)
o_i ~ Normal(\nu, S)
w_i ~ Rayleigh(v)
A_i ~ VonMises(\mu, c)
G ~ Gamma(a, b)
B ~ Beta(a, b)
E ~ Exponential(\lambda)
P ~ Poisson(\lambda)
""",
    (
        (r"p(x_i) = \frac{e^{-\lambda} \lambda^{x_i}}{x_i!}", PROVED),
        (r"p(y_i) = \frac{1}{\sqrt{2 \pi v}} e^{-\frac{(y_i - \mu)^2}{2 v}}", PROVED),
        (r"p(t_i) = \lambda e^{-\lambda t_i}", PROVED),
        (r"p(g_i) = \frac{b^a}{\Gamma(a)} g_i^{a - 1} e^{-b g_i}", PROVED),
        (r"p(u_i) = \frac{\Gamma(a + b)}{\Gamma(a) \Gamma(b)} u_i^{a - 1} (1 - u_i)^{b - 1}", PROVED),
        (r"p(e_i) = \rho (1 - \rho)^{e_i - 1}", PROVED),
        (r"p(f_i) = \frac{\Gamma(f_i + r)}{f_i! \Gamma(r)} \rho^r (1 - \rho)^{f_i}", PROVED),
        (r"p(l_i) = \frac{1}{2 c} e^{-\frac{|l_i - \mu|}{c}}", PROVED),
        (
            r"p(s_i) = \frac{\Gamma(\frac{c + 1}{2})}{\Gamma(\frac{c}{2}) \sqrt{c \pi} b}"
            r" \left(1 + \frac{(s_i - \mu)^2}{c b^2}\right)^{-\frac{c + 1}{2}}",
            PROVED,
        ),
        (r"p(q_i) = \frac{1}{q_i \sqrt{2 \pi v}} e^{-\frac{(\log(q_i) - \mu)^2}{2 v}}", PROVED),
        (r"p(h_i) = \rho^{h_i} (1 - \rho)^{1 - h_i}", PROVED),
        (r"p(k_i) = \binom{m}{k_i} \rho^{k_i} (1 - \rho)^{m - k_i}", PROVED),
        (r"p(o_i) = (2 \pi)^{-\frac{d}{2}} |S|^{-\frac12} \exp\left(-\frac12 (o_i - \nu)^T S^{-1} (o_i - \nu)\right)", PROVED),
        (r"p(w_i) = \frac{w_i}{v} e^{-\frac{w_i^2}{2 v}}", PROVED),
        (r"p(A_i) = \frac{1}{2 \pi I_0(c)} e^{c \cos(A_i - \mu)}", PROVED),
        (r"\mathbb{E}[G] = \frac{a}{b}", PROVED),
        (r"\mathbb{E}[G^2] = \frac{a (a + 1)}{b^2}", PROVED),
        (r"\mathbb{E}[\log G] = \psi(a) - \log b", PROVED),
        (r"\mathbb{E}[B] = \frac{a}{a + b}", PROVED),
        (r"\mathbb{E}[\log B] = \psi(a) - \psi(a + b)", PROVED),
        (r"\mathbb{E}[E] = \frac{1}{\lambda}", PROVED),
        (r"\mathbb{E}[P] = \lambda", PROVED),
        (r"\mathbb{E}[P^2] = \lambda + \lambda^2", PROVED),
        (r"\mathbb{E}[E^2] = \frac{2}{\lambda^2}", PROVED),
    ),
)


READING = Group(
    SCALARS
    + r"""
size d
param w in R^d ; A in R^{d x d} ; S in spd(d)
const v in R^d
""",
    (
        (r"\sum_i (x_i - \mu) - \nu = \sum_i x_i - n \mu - \nu", PROVED),
        (r"\sum_i x_i + \beta x_i = (1 + \beta) \sum_i x_i", PROVED),
        (r"\sum_i x_i - \mu = \left(\sum_i x_i\right) - \mu", PROVED),
        (r"\sum_i x_i - \mu = \sum_i (x_i - \mu)", REFUTED),
        (r"\sum_j a_j \sum_j q_j = \left(\sum_j a_j\right) \left(\sum_j q_j\right)", PROVED),
        (r"\log \beta \tau = \log \beta + \log \tau", PROVED),
        (r"\log \beta \tau = \log \beta \cdot \log \tau", REFUTED),
        (r"\log \beta + \tau = \tau + \log \beta", PROVED),
        (r"\log \beta \cdot \tau = \tau \cdot \log \beta", PROVED),
        (r"\exp(\mu) \nu = \nu \exp(\mu)", PROVED),
        (r"c / 2 \beta = \frac{c}{2 \beta}", PROVED),
        (r"c / 2 \beta = \frac{c}{2} \beta", REFUTED),
        (r"1/2 (\mu + \nu) = \frac{\mu + \nu}{2}", PROVED),
        (r"\mu - \nu - c = \mu - (\nu + c)", PROVED),
        (r"\mu \cdot -\nu = -\mu \nu", PROVED),
        (r"-\mu^2 = -(\mu^2)", PROVED),
        (r"\mu - (\nu - c) = \mu - \nu + c", PROVED),
        (r"w^T v = v^T w", PROVED),
        (r"(A v)^T = v^T A^T", PROVED),
        (r"S^{-1} S v = v", PROVED),
        (r"(S^{-1})^T = S^{-T}", PROVED),
        (r"\|w - v\|^2 = w^T w - 2 v^T w + v^T v", PROVED),
        (r"|\mu|^2 = \mu^2", PROVED),
        (r"|\mu| = \mu", REFUTED),
        (r"\sqrt[3]{\tau^3} = \tau", PROVED),
        (r"m! = \Gamma(m + 1)", PROVED),
        (r"m! = \Gamma(m)", REFUTED),
        (r"\frac{d^2}{d\mu^2} \mu^3 = 6 \mu", PROVED),
        (r"\frac{d^2}{d\mu^2} \mu^3 = 3 \mu^2", REFUTED),
        (r"\prod_{l=1}^k q_l = \prod_j q_j", PROVED),
        (r"\sum_{j=1}^3 \mu = 3 \mu", PROVED),
        ("(\\mu + \\nu)^2 &= \\mu^2 \\\\\n&\\quad + 2 \\mu \\nu \\\\\n&\\quad + \\nu^2", PROVED),
        ("(\\mu - \\nu)^2 &= \\mu^2 \\\\\n&\\quad - 2 \\mu \\nu + \\nu^2", PROVED),
        ("(\\mu + \\nu)^2 &= \\mu^2 + \\nu^2 \\\\\n&= \\nu^2 + \\mu^2", PROVED),
        ("\\mu + \\nu &= \\nu + \\mu \\\\\n&= \\mu - \\nu", REFUTED),
        (r"\mu = \mu + 1 = 1 + \mu", REFUTED),
        (r"\mu + \nu = \nu + \mu = \mu", REFUTED),
        (r"\mu - \nu = 0", REFUTED),
        (r"\mu \ge \mu - \tau", PROVED),
        (r"\mu \le \mu - \tau", REFUTED),
        (r"\tau e^\mu \propto e^\mu", REFUTED),
        (r"c e^\mu \propto e^\mu", CONFIRMED),
        (r"\mu^2 + c = \mu^2 + \text{const}", PROVED),
        (r"\left( \mu = 1", UNREAD),
        (r"\mu = \mu )", UNREAD),
        (r"\mu + (\nu = 1) = \mu + \nu", UNREAD),
        (r"\mu = \mu \quad \nu = \mu", REFUTED),
        (r"\mu + \nu = \nu + \mu , \quad \mu = 5", REFUTED),
        (r"\mu \pm 1 = \mu \pm 1", UNREAD),
        (r"\zeta = \zeta", UNREAD),
        (r"w + A = A + w", UNREAD),
        (r"x = x", UNREAD),
        (r"\sum_q x_q = \sum_q x_q", UNREAD),
        (r"9^{9^{9}} = 9^{9^{9}}", UNREAD),
    ),
)

WEIGHTS = Group(
    MIXTURE.replace(r" at \theta_t", ""),
    (
        (r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}", PROVED),
        (
            # The first step holds for weights that are held, the second for weights that move: a chain keeps one reading.
            "\\frac{\\partial}{\\partial \\mu_s} \\sum_i \\sum_j w_{ij} \\log p(x_i, z_i=j)"
            " &= \\sum_i w_{is} \\frac{x_i - \\mu_s}{\\sigma_s^2} \\\\\n"
            "&= \\frac{\\partial}{\\partial \\mu_s} \\sum_i \\log p(x_i)",
            REFUTED,
        ),
    ),
)


def of_a_model() -> Group:
    """All that is said of EM for a model, with what is expected to fail."""
    told = derivation(family("normal-mixture")())
    return Group(claims=tuple((claim, "refuted" if claim.expected else "proved") for claim in told.claims))


GROUPS: Mapping[str, Callable[[], Group]] = {
    "sums": lambda: SUMS,
    "functions": lambda: FUNCTIONS,
    "matrices": lambda: MATRICES,
    "derivatives": lambda: DERIVATIVES,
    "relations": lambda: RELATIONS,
    "models": lambda: MODELS,
    "densities": lambda: DENSITIES,
    "autodiff": lambda: BY_JAX,
    "laws": lambda: LAWS,
    "reading": lambda: READING,
    "weights": lambda: WEIGHTS,
    "algorithm": of_a_model,
}
