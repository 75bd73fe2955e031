"""None of the wrong results of SymPy 1.14 can become a verdict: the formulas of each class, judged right and wrong.

Class A: derivatives of scalar functions of matrices. Class B: sums, deltas, binding. Class D: zero tests and signs.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from checks.judge import judge
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import DeriveError
from derive.formula import (
    ONE,
    ZERO,
    Delta,
    Derivative,
    Determinant,
    Divide,
    Exp,
    Formula,
    Function,
    Identity,
    Inverse,
    Log,
    Number,
    Power,
    Product,
    Reference,
    SizeNumber,
    Sum,
    Trace,
    Transpose,
    log_determinant,
    matrix_product,
    multiply,
    outer,
    quadratic_form,
)
from derive.symbols import Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J, L = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K))
LATER = Index("j", Range(K, 2))
S = Reference(Symbol("Sigma", "param", (), (D, D), "spd"))
F = Reference(Symbol("F", "param", (), (D, D)))
X, Y = (Reference(Symbol(name, "data", (), (D,))) for name in "xy")
MU = Reference(Symbol("mu", "param", (), (D,)))
a, b, c = (Reference(Symbol(name, "const")) for name in "abc")
p = Reference(Symbol("p", "const", (), (), "positive"))
u = Reference(Symbol("u", "const", (), (), "unit"))
A = Symbol("A", "param", (Range(K),))
HALF, TWO = Number(Fraction(1, 2)), Number(Fraction(2))


def at(i: Index | int) -> Reference:
    return Reference(A, (i,))


def form(x: Formula) -> Formula:
    return quadratic_form(x - MU, Inverse(S))


P = Inverse(S)
NLL = multiply(HALF, log_determinant(S)) + multiply(HALF, form(X))

# id: (left side, the right answer, SymPy's wrong answer)
CASES: dict[str, tuple[Formula, Formula, Formula]] = {
    "A1": (Derivative(log_determinant(S), S), P, ZERO),
    "A2": (Derivative(Trace(F) + Trace(matrix_product(F, F)), F), Identity(D) + multiply(TWO, Transpose(F)), ZERO),
    "A3": (Derivative(Trace(F) + 1, F), Identity(D), ZERO),
    "A4": (
        Derivative(Trace(Identity(D) - F) ** 2, F),
        multiply(TWO * Trace(F) - 2 * SizeNumber(D), Identity(D)),
        ZERO,
    ),
    "A5": (Derivative(Trace(matrix_product(Transpose(F), F)) - 3, F), multiply(TWO, F), ZERO),
    "A6": (
        Derivative(NLL, S),
        multiply(HALF, P) - multiply(HALF, matrix_product(P, outer(X - MU, X - MU), P)),
        ZERO,
    ),
    "A7": (Derivative(NLL, MU), -matrix_product(P, X - MU), ZERO),
    "A8": (Derivative(form(X) + form(Y), MU), -multiply(TWO, matrix_product(P, X + Y - multiply(TWO, MU))), ZERO),
    "A9": (Derivative(a * form(X) + b, MU), -multiply(TWO, a, matrix_product(P, X - MU)), ZERO),
    "A10": (Derivative(Log(1 + Trace(outer(MU, MU))), MU), Divide(multiply(TWO, MU), 1 + Trace(outer(MU, MU))), ZERO),
    "A11": (
        Derivative(Exp(-HALF * Trace(outer(MU, MU))), MU),
        -multiply(Exp(-HALF * Trace(outer(MU, MU))), MU),
        ZERO,
    ),
    "A13": (
        Derivative(multiply(HALF, quadratic_form(MU, P)) + b, MU),
        matrix_product(P, MU),
        ZERO,
    ),
    "A14": (
        Derivative(Divide(quadratic_form(MU, S), 1 + Trace(outer(MU, MU))), MU),
        Divide(multiply(TWO, matrix_product(S, MU)), 1 + Trace(outer(MU, MU)))
        - multiply(
            Divide(multiply(TWO, quadratic_form(MU, S)), (1 + Trace(outer(MU, MU))) ** 2),
            MU,
        ),
        Divide(multiply(TWO, matrix_product(S, MU)), 1 + Trace(outer(MU, MU))),
    ),
    "A20": (Derivative(Determinant(S) + Trace(S), S), multiply(Determinant(S), P) + Identity(D), ZERO),
    "B1": (Sum(J, Delta(J, L)), ONE, ZERO),
    "B4": (-Sum(J, multiply(Delta(J, L), at(J))), -at(L), -SizeNumber(K) * at(L)),
    "B6": (Sum(J, Exp(-(at(J) ** 2))), Sum(L, Exp(-(at(L) ** 2))), ZERO),
    "B8": (Product(J, p), Power(p, SizeNumber(K)), p),
    "B9": (Derivative(Sum(J, at(J) ** 3), at(L)), 3 * at(L) ** 2, ZERO),
    "B11": (Derivative(Sum(J, multiply(p, at(J))), at(J)), p, SizeNumber(K) * p),
    "B12": (Sum(J, multiply(at(L), at(J))), multiply(at(L), Sum(J, at(J))), Sum(J, at(J) ** 2)),
    "B13": (Sum(LATER, ONE), SizeNumber(K) - 1, SizeNumber(K)),
    "B15": (multiply(Delta(J, L), at(J)), multiply(Delta(J, L), at(L)), ZERO),
    "B16": (Sum(J, at(J)) - Sum(L, at(L)), ZERO, ONE),
    "D3": (Power(p, ZERO), ONE, ZERO),
    "D4": (Divide(p**5 - 1, p - 1), p**4 + p**3 + p**2 + p + 1, p**4 + p**3 + p**2 + p),
    "D6": (Power(a**4 + 2 * a**2 + 1, HALF), a**2 + 1, a**2 - 1),
    "E5": (Log(p**2), TWO * Log(p), Log(p)),
    "unit": (Log(u * (1 - u)), Log(u) + Log(1 - u), Log(u) - Log(1 - u)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_right_answer_is_accepted_and_the_wrong_one_refuted(name: str) -> None:
    left, right, wrong = CASES[name]
    witness = Witness(points=2)
    assert judge(Claim(label=name, lhs=left, rhs=right), witness).verdict in ("proved", "confirmed")
    assert judge(Claim(label=name, lhs=left, rhs=wrong), witness).verdict == "refuted"


def test_most_of_the_right_answers_are_proved() -> None:
    witness = Witness(points=1, autodiff=False)
    verdicts = [judge(Claim(label=n, lhs=left, rhs=right), witness).verdict for n, (left, right, _) in CASES.items()]
    assert verdicts.count("proved") >= len(CASES) - 2


def test_a_root_of_a_square_is_not_the_number() -> None:
    assert judge(Claim(label="E5", lhs=Power(a**2, HALF), rhs=a), Witness()).verdict == "refuted"


def test_what_sympy_takes_for_zero_is_not() -> None:
    """Class D: a value of 1e-20 is not zero, whatever the precision of a first look."""
    tiny = Number(Fraction(1, 10**20))
    assert judge(Claim(label="D1", lhs=a + tiny, rhs=a), Witness()).verdict == "refuted"
    tinier = Number(Fraction(1, 10**40))
    assert judge(Claim(label="D2", lhs=a + tinier, rhs=a), Witness()).verdict != "proved"


def test_unknown_functions_are_refused_by_name() -> None:
    finding = judge(Claim(label="acos", lhs=Function("acos", (u,)), rhs=ZERO), Witness())
    assert finding.verdict == "unknown"
    assert "acos" in finding.reason


def test_an_undefined_side_is_never_agreement() -> None:
    for left in (Divide(ONE, a - a), Log(ZERO), Log(-p), Power(-p, HALF)):
        try:
            verdict = judge(Claim(label="undefined", lhs=left, rhs=left), Witness()).verdict
        except DeriveError:
            continue
        assert verdict == "unknown"
