"""Each reduction where it applies, and its twin where the side condition fails."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.algebra.prove import Proof, Unproved, prove
from derive.claims import Assumption, Claim
from derive.formula import (
    ONE,
    ZERO,
    Add,
    Delta,
    Derivative,
    Divide,
    Exp,
    Formula,
    Inverse,
    Log,
    MatrixProduct,
    Number,
    Power,
    Product,
    Reference,
    SizeNumber,
    Sum,
    Trace,
    Transpose,
    matrix_product,
)
from derive.symbols import Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J, L, S = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K)), Index("s", Range(K))
LATER = Index("j", Range(K, 2))


def family(name: str, domain: str = "real", *ranges: Range) -> Symbol:
    return Symbol(name, "param", ranges or (Range(K),), (), domain)  # type: ignore[arg-type]


def scalar(name: str, domain: str = "real") -> Reference:
    return Reference(Symbol(name, "const", (), (), domain))  # type: ignore[arg-type]


A, Q, R = family("a"), family("q", "positive"), family("r", "positive")
x, y, p = scalar("x"), scalar("y"), scalar("p", "positive")
HALF = Number(Fraction(1, 2))


def a(i: Index | int) -> Reference:
    return Reference(A, (i,))


def q(i: Index | int) -> Reference:
    return Reference(Q, (i,))


def r(i: Index | int) -> Reference:
    return Reference(R, (i,))


def holds(lhs: Formula, rhs: Formula = ZERO, **more: object) -> bool:
    return isinstance(prove(Claim(label="test", lhs=lhs, rhs=rhs, **more)), Proof)  # type: ignore[arg-type]


PAIRS = {
    "renamed sum": (Sum(J, a(J)), Sum(L, a(L)), True),
    "exchanged sums": (Sum(J, Sum(L, a(J) * q(L))), Sum(L, Sum(J, a(J) * q(L))), True),
    "product of sums": (Sum(J, a(J)) * Sum(L, q(L)), Sum(J, Sum(L, a(J) * q(L))), True),
    "square of a sum": (Sum(J, a(J)) ** 2, Sum(J, a(J) ** 2), False),
    "delta contracts": (Sum(J, Delta(J, S) * a(J)), a(S), True),
    "delta between free indices": (Delta(J, S) * a(J), Delta(J, S) * a(S), True),
    "delta is not one": (Delta(J, S) * a(J), a(J), False),
    "delta on a shorter range": (Sum(LATER, Delta(LATER, S) * a(LATER)), a(S), False),
    "lower limit": (Sum(J, a(J)), Sum(LATER, a(LATER)), False),
    "unused index": (Sum(J, x), SizeNumber(K) * x, True),
    "unused index from two": (Sum(LATER, x), (SizeNumber(K) - 1) * x, True),
    "unused index miscounted": (Sum(LATER, x), SizeNumber(K) * x, False),
    "exponents merge": (p * p, p**2, True),
    "roots merge": (Power(p, HALF) * Power(p, HALF), p, True),
    "power of a power": (Power(p**2, HALF), p, True),
    "power of a power of any sign": (Power(x**2, HALF), x, False),
    "log of a product": (Log(q(J) * r(S)), Log(q(J)) + Log(r(S)), True),
    "log of a product of any sign": (Log(x * y), Log(x) + Log(y), False),
    "log of a product over an index": (Log(Product(J, q(J))), Sum(J, Log(q(J))), True),
    "log of a sum": (Log(Sum(J, q(J))), Sum(J, Log(q(J))), False),
    "log of exp": (Log(Exp(x)), x, True),
    "exp of log": (Exp(2 * Log(p)), p**2, True),
    "exp of a sum": (Exp(x + y), Exp(x) * Exp(y), True),
    "exp of a product": (Exp(x * y), Exp(x) * Exp(y), False),
    "one denominator": (Sum(J, Divide(q(J), Sum(L, q(L)))), ONE, True),
    "one denominator, weighted": (Sum(J, Divide(q(J) * a(J), Sum(L, q(L)))), ONE, False),
    "common denominator": (Divide(p, p + q(S)) + Divide(q(S), p + q(S)), ONE, True),
    "sum of quotients": (Sum(J, Divide(q(J), q(J) + p) + Divide(p, q(J) + p)), SizeNumber(K), True),
    "factored denominator": (Divide(ONE, (p + q(S)) * (p + r(S))), Divide(ONE, p * p + p * r(S) + p * q(S) + q(S) * r(S)), True),
    "opposite denominators": (Divide(ONE, x - y), -Divide(ONE, y - x), True),
    "nested denominators": (Divide(ONE, 1 + Divide(ONE, p)), Divide(p, 1 + p), True),
    "softmax both ways": (Divide(ONE, 1 + Exp(-x)), Divide(Exp(x), 1 + Exp(x)), True),
}


@pytest.mark.parametrize("name", PAIRS)
def test_reduction(name: str) -> None:
    lhs, rhs, expected = PAIRS[name]
    assert holds(lhs, rhs) is expected


SIGMA = Symbol("Sigma", "param", (Range(K),), (D, D), "spd")
GENERAL = Symbol("M", "param", (), (D, D))
V = Reference(Symbol("v", "const", (), (D,)))
U = Reference(Symbol("u", "const", (), (D,)))


def test_inverse_times_matrix() -> None:
    here, there = Reference(SIGMA, (S,)), Reference(SIGMA, (L,))
    assert holds(matrix_product(Inverse(here), here, V), V)
    assert holds(matrix_product(here, Inverse(here), V), V)
    assert not holds(matrix_product(Inverse(here), there, V), V)
    assert holds(Trace(matrix_product(Inverse(here), here)), SizeNumber(D))
    assert not holds(Trace(matrix_product(here, here)), SizeNumber(D))


def test_matrices_do_not_commute() -> None:
    here, there = Reference(SIGMA, (S,)), Reference(SIGMA, (L,))
    assert not holds(matrix_product(here, there), matrix_product(there, here))
    assert holds(Trace(matrix_product(here, there)), Trace(matrix_product(there, here)))


def test_symmetry_only_where_it_was_declared() -> None:
    symmetric, general = Reference(SIGMA, (S,)), Reference(GENERAL)
    for matrix, expected in ((symmetric, True), (general, False)):
        form = MatrixProduct((Transpose(U), matrix, V))
        assert holds(form, MatrixProduct((Transpose(V), matrix, U))) is expected


def test_simplex_fact_and_its_neighbours() -> None:
    phi = Symbol("phi", "param", (Range(K),), (), "simplex")
    total = Sum(J, Reference(phi, (J,)))
    assert holds(total, ONE)
    assert not holds(Sum(J, q(J)), ONE)
    assert not holds(Sum(J, Reference(phi, (J,)) ** 2), ONE)
    assert not holds(Sum(LATER, Reference(phi, (LATER,))), ONE)
    assert holds(Sum(J, Sum(I, Reference(phi, (J,)))), SizeNumber(N))


def test_an_assumption_is_used_only_when_it_is_made() -> None:
    fact = Assumption(text="the r sum to one", equation=(Sum(J, r(J)), ONE))
    assert not holds(Sum(J, r(J) * x), x)
    assert holds(Sum(J, r(J) * x), x, assumptions=(fact,))
    # ... and not before a derivative that it would constrain away.
    slope = Derivative(x * Sum(J, r(J)), r(S))
    assert holds(slope, x, assumptions=(fact,))
    assert not holds(slope, ZERO, assumptions=(fact,))


def test_bound_letters_capture_nothing() -> None:
    # d/d a_j of sum_j a_j^2 is 2 a_j: the j of the derivative is not the j of the sum.
    assert holds(Derivative(Sum(J, a(J) ** 2), a(J)), 2 * a(J))
    assert not holds(Derivative(Sum(J, a(J) ** 2), a(J)), Sum(J, 2 * a(J)))
    # A letter bound twice belongs to the inner sum.
    assert holds(Sum(J, a(J) * Sum(J, q(J))), Sum(J, a(J)) * Sum(L, q(L)))
    # Putting one index for two makes functions of both functions of one.
    both = Log(q(J) + q(S))
    assert holds(Sum(J, Delta(J, S) * both), Log(2 * q(S)))


def test_zero_divided_is_blocked_not_decided() -> None:
    assert not holds(Divide(x, ZERO), Divide(x, ZERO))
    assert not holds(Log(ZERO), Log(ZERO))
    assert not holds(Log(Number(Fraction(-1))), ZERO)


def test_a_huge_power_is_refused_quickly() -> None:
    big = Power(Add((x, y)), Number(Fraction(10**9)))
    assert not holds(big, big)


def test_a_symbolic_power_of_what_is_positive_over_a_common_denominator() -> None:
    """1 - e^x / (1 + e^x) is positive, 1 - e^x / (1 + 2 e^x) too, 1 - e^x and 1 - 2 e^x / (1 + e^x) are not everywhere."""

    def doubled(base: Formula) -> Claim:
        return Claim(label="c", lhs=Power(Power(base, y), Number(Fraction(2))), rhs=Power(base, y + y))

    e = Exp(x)
    for positive in (ONE - Divide(e, ONE + e), ONE - Divide(e, ONE + e + e)):
        assert isinstance(prove(doubled(positive)), Proof)
    for other in (ONE - e, ONE - Divide(e + e, ONE + e), ONE - Divide(e, e - 1)):
        # It holds where the base is positive, which is a condition of the proof and not derived.
        outcome = prove(doubled(other))
        assert isinstance(outcome, Unproved) or not all(duty.derived for duty in outcome.obligations)
