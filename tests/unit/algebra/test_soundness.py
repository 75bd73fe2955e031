"""False claims that the kernel once proved, or nearly did: each must stay unproved, and its true neighbour proved."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import pytest

from derive.algebra.prove import Proof, Unproved, prove
from derive.claims import Assumption, Claim
from derive.errors import ScopeError
from derive.formula import (
    ONE,
    ZERO,
    Add,
    AtEqual,
    Component,
    Definition,
    Delta,
    Derivative,
    Determinant,
    Divide,
    Exp,
    Formula,
    Identity,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Number,
    Power,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
    Transpose,
    add,
    log_determinant,
    multiply,
    outer,
    quadratic_form,
)
from derive.symbols import Domain, Index, Range, Role, Size, Symbol

N, K, D, RANK = Size("n"), Size("k"), Size("d"), Size("q")
I, J, L, S = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K)), Index("s", Range(K))
FREE = Index("h", Range(K))
LATER, LATER_TOO = Index("t", Range(K, 2)), Index("u", Range(K, 2))
A, B, C, B_LATER = Index("a", Range(D)), Index("b", Range(D)), Index("c", Range(D)), Index("e", Range(D, 2))


def family(name: str, domain: Domain = "real", role: Role = "param", *ranges: Range, shape: tuple[Size, ...] = ()) -> Symbol:
    return Symbol(name, role, ranges or (Range(K),), shape, domain)


def matrix(name: str, domain: Domain = "spd", role: Role = "param") -> Symbol:
    return Symbol(name, role, (), (D, D), domain)


def of(symbol: Symbol, *indices: Index | int) -> Reference:
    return Reference(symbol, indices)


x, y, p = of(Symbol("x", "param")), of(Symbol("y", "param")), of(Symbol("p", "param", (), (), "positive"))
a, c, q, r = family("a"), family("c", "real", "const"), family("q", "positive"), family("r", "positive", "const")
phi, weights = family("phi", "simplex"), family("w", "simplex", "const")
SIGMA, TAU, U, G = matrix("Sigma"), matrix("Tau"), matrix("U", role="const"), matrix("G", "real", "const")
MANY = family("W", "spd", "const", shape=(D, D))
V = of(Symbol("v", "const", (), (D,)))
HALF = Number(Fraction(1, 2))
ROOT = Power(x, HALF)
SIGN = Divide(Power(x**2, HALF), x)
X = (x.symbol,)


def proves(lhs: Formula, rhs: Formula = ZERO, **more: object) -> bool:
    outcome = prove(Claim(label="test", lhs=lhs, rhs=rhs, **more))  # type: ignore[arg-type]
    assert isinstance(outcome, (Proof, Unproved))
    return isinstance(outcome, Proof)


def put(body: Formula, symbol: Symbol, replacement: Formula) -> Formula:
    return Substitute(body, symbol, (), replacement)


def softplus(t: Formula) -> Formula:
    return Log(1 + Exp(t))


def divergence(first: Formula, second: Formula) -> Formula:
    return Sum(J, multiply(first, Log(Divide(first, second))))


# Ranges: what holds from 2 on does not hold from 1 on.


def test_a_function_remembered_for_a_shorter_range_is_not_used_for_the_longer() -> None:
    picked = Sum(LATER, Delta(LATER, J) * of(c, LATER))  # c_j for j >= 2, and 0 for j = 1
    body = Sum(J, Delta(J, LATER_TOO) * softplus(of(a, J))) + softplus(of(a, J))
    right = softplus(of(c, LATER_TOO)) + softplus(picked)
    assert proves(Substitute(body, a, (J,), picked), right)
    assert not proves(Substitute(body, a, (J,), picked), softplus(of(c, LATER_TOO)) + softplus(of(c, J)))


def test_a_derivative_remembered_for_a_shorter_range_is_not_used_for_the_longer() -> None:
    def inner(t: Index) -> Formula:
        return softplus(Sum(LATER, Delta(LATER, t) * of(a, LATER)))

    short = Sum(J, Delta(J, LATER_TOO) * inner(J))
    assert not proves(Derivative(short + inner(J), of(a, J)), Derivative(short + softplus(of(a, J)), of(a, J)))


def test_an_entry_remembered_for_a_shorter_range_is_not_used_for_the_longer() -> None:
    w = Symbol("m", "param", (), (D,))
    tail = Sum(B_LATER, Component(V, (B_LATER,)) * Component(of(w), (B_LATER,)))
    gradient = Definition("g", (), Derivative(tail, of(w)))
    both = Component(gradient(), (B_LATER,)) + Component(gradient(), (A,))
    assert not proves(both, Component(V, (B_LATER,)) + Component(V, (A,)))


def test_an_inverse_cancels_over_the_whole_range_only() -> None:
    def product(b: Index) -> Formula:
        return Sum(b, Component(Inverse(of(SIGMA)), (A, b)) * Component(of(SIGMA), (b, C)))

    assert proves(product(B), Delta(A, C))
    assert not proves(product(B_LATER), Delta(A, C))


@pytest.mark.parametrize(
    "build",
    [
        lambda: Definition("f", (LATER,), of(a, LATER))(J),
        lambda: Substitute(of(a, J), a, (LATER,), of(c, LATER)),
        lambda: Substitute(of(a, J), a, (J, L), of(c, J)),
        lambda: of(a, Index("j", Range(K, 0))),
        lambda: Component(V, (I,)),
        lambda: Component(V, (0,)),
    ],
)
def test_an_index_outside_its_range_is_refused(build: Callable[[], Formula]) -> None:
    with pytest.raises(ScopeError):
        build()


# Substitution.


def test_nested_substitutions_do_not_capture() -> None:
    b, g = family("b"), family("g", "real", "const", Range(K), Range(K))
    inner = Substitute(of(b, S), b, (L,), of(g, J, L))
    assert proves(Substitute(of(a, FREE), a, (J,), inner), of(g, FREE, S))
    assert not proves(Substitute(of(a, FREE), a, (J,), inner), of(g, S, S))


def test_a_matrix_put_in_depends_on_the_indices_around_it() -> None:
    def with_log(t: Index) -> Formula:
        return Trace(of(MANY, t)) + put(log_determinant(of(SIGMA)), SIGMA, of(MANY, S))

    assert not proves(with_log(S), with_log(J))


def test_a_matrix_put_in_is_not_a_constant_of_later_evaluations() -> None:
    at_t = put(log_determinant(of(SIGMA)), SIGMA, of(SIGMA.at_current))
    assert not proves(AtEqual(at_t), at_t)  # log|Sigma| is not log|Sigma_t|
    by_tau = put(log_determinant(of(SIGMA)), SIGMA, of(TAU))
    assert not proves(put(by_tau, TAU, of(U)), by_tau)


def test_equal_replacements_of_different_families_are_kept_apart() -> None:
    one = family("T", "spd", "param", Range(N), shape=(D, D))
    both = Substitute(log_determinant(of(one, I)), one, (I,), of(U)) - put(log_determinant(of(SIGMA)), SIGMA, of(U))
    assert not proves(both + ONE)


def test_what_is_put_in_must_lie_in_the_domain() -> None:
    symmetric, bounded = matrix("Y", "sym"), Symbol("z", "param", (), (), "nonnegative")
    entry = Inverse(of(symmetric))
    assert not proves(put(Component(entry, (A, B)), symmetric, of(G)), put(Component(entry, (B, A)), symmetric, of(G)))
    form = quadratic_form(V, of(SIGMA))
    assert proves(ZERO, put(form, SIGMA, of(U) + outer(V, V)), relation="<=")
    for wrong in (-Identity(D), of(G), of(U) - of(TAU)):
        assert not proves(ZERO, put(form, SIGMA, wrong), relation="<=")
    for value in (Number(Fraction(-1)), x):
        assert not proves(ZERO, Substitute(of(q, J), q, (J,), value), relation="<=")
        assert not proves(ZERO, put(of(bounded), bounded, value), relation="<=")
    assert proves(ZERO, put(of(bounded), bounded, x**2), relation="<=")


def test_facts_of_a_symbol_do_not_hold_of_what_is_put_in() -> None:
    loss = divergence(of(weights, J), of(phi, J))
    assert proves(ZERO, loss, relation="<=")
    assert not proves(ZERO, Substitute(loss, phi, (J,), of(r, J)), relation="<=")
    scaled = divergence(of(weights, J), p * of(phi, J))
    one = Assumption(text="p is 1", equation=(p, ONE))
    assert proves(ZERO, scaled, relation="<=", assumptions=(one,))
    assert not proves(ZERO, put(scaled, p.symbol, Number(Fraction(2))), relation="<=", assumptions=(one,))


def test_a_side_that_is_undefined_everywhere_proves_nothing() -> None:
    x_t = of(x.symbol.at_current)
    assert not proves(put(Divide(x, x), x.symbol, ZERO), ONE)
    assert not proves(put(Divide(p, p), p.symbol, ZERO), ONE)
    assert not proves(AtEqual(Divide(x - x_t, x - x_t)), ONE)
    assert not proves(Log(-p), Log(-p))


# Relations.


def test_a_gap_must_be_defined_where_the_sides_are() -> None:
    assert not proves(ZERO, x, relation="<=", gap=ROOT * ROOT)
    assert not proves(ZERO, x, relation="<=", gap=Exp(HALF * Log(x)) * Exp(HALF * Log(x)))
    assert proves(ZERO, p, relation="<=", gap=Power(p, HALF) * Power(p, HALF))


def test_a_multiplier_must_be_defined_where_the_first_equation_holds() -> None:
    assert not proves(x, ONE, relation="implies", multiplier=Divide(ONE, x))
    assert not proves(x, ONE, relation="implies", multiplier=Power(x, Number(Fraction(-1))))
    assert not proves(Log(p), ONE, relation="implies", multiplier=Divide(ONE, Log(p)))
    assert proves(x, x * y, relation="implies", multiplier=y)


def test_a_stated_multiple_is_proved_and_never_believed() -> None:
    assert proves(x - ONE, p * x - p, relation="implies", multiplier=p)
    assert not proves(x - ONE, p * x - ONE, relation="implies", multiplier=p)
    assert not proves(x, y, relation="implies", multiplier=ONE)


def test_a_zero_derivative_on_separate_pieces_is_no_constant() -> None:
    assert not proves(SIGN, ZERO, relation="= up to a constant", parameters=X)
    assert not proves(Exp(SIGN), ONE, relation="proportional to", parameters=X)
    assert not proves(SIGN, ZERO, relation="same argmax", parameters=X)
    roots = Assumption(text="x is 1 or -1", equation=(x**2, ONE))
    assert not proves(x**3 - 3 * x, ZERO, relation="= up to a constant", parameters=X, assumptions=(roots,))
    assert proves(p + Log(y**2 + ONE), p, relation="= up to a constant", parameters=(p.symbol,))


def test_a_sum_to_one_is_over_the_last_index_only() -> None:
    rows = family("R", "simplex", "const", Range(N), Range(K))
    square = family("Q", "simplex", "const", Range(K), Range(K))
    columns = family("P", "simplex", "const", shape=(D,))
    assert proves(Sum(J, of(rows, I, J)), ONE)
    assert not proves(Sum(I, of(rows, I, J)), ONE)
    assert not proves(Sum(J, of(square, J, J)), ONE)
    assert proves(Sum(J, Component(of(columns, J), (A,))), ONE)
    assert not proves(Sum(A, Component(of(columns, J), (A,))), ONE)


# Declarations.


def test_one_letter_has_one_declaration() -> None:
    real, positive = of(Symbol("h", "const")), of(Symbol("h", "const", (), (), "positive"))
    assert not proves(Log(real * positive), Log(real) + Log(positive))
    table = family("h", "spd", "const", Range(K), Range(K))
    assert not proves(of(table, J, L), of(table, L, J))


def test_an_abbreviation_has_no_index_but_its_own() -> None:
    assert not proves(Sum(J, Definition("h", (), of(a, J))()), SizeNumber(K) * of(a, J))


def test_an_order_between_vectors_is_not_claimed() -> None:
    assert not proves(V, ZERO, relation="<=")


def test_an_assumption_is_not_solved_for_a_term_that_lacks_its_index() -> None:
    alike = Assumption(text="all a are x squared", equation=(x * x, of(a, S)))
    assert proves(of(a, J), of(a, L), assumptions=(alike,))
    assert not proves(of(a, J), of(c, J), assumptions=(alike,))


# Limits.

LETTERS = [of(Symbol(f"x{k}", "param")) for k in range(12)]


def nested(step: Callable[[Formula], Formula], start: Formula, times: int) -> Formula:
    for _ in range(times):
        start = step(start)
    return start


def abbreviations(count: int) -> Formula:
    definition = Definition("d0", (), Sum(J, of(q, J) + p))
    for k in range(count):
        before = definition
        definition = Definition(f"d{k + 1}", (), before() * before() + ONE)
    return definition()


@pytest.mark.parametrize(
    "node",
    [
        Add(tuple(LETTERS)) ** 12,
        Trace(MatrixProduct((of(matrix("M", "real")) + of(SIGMA) + of(U),) * 8)),
        nested(lambda t: (t + x) ** 2, y, 6),
        nested(lambda t: Sum(J, Divide(of(q, J) * t, Sum(L, of(q, L) + t))), p, 4),
        add(*(Divide(ONE, add(*(other for other in LETTERS if other is not one))) for one in LETTERS)),
        add(*(Log(Number(Fraction(10**12 - k))) for k in range(1, 120))),
        multiply(*(add(*LETTERS[:4]) for _ in range(12))),
        abbreviations(14),
    ],
)
def test_what_would_take_too_long_is_left_unproved(node: Formula) -> None:
    began = time.perf_counter()
    assert not proves(node, node + ONE)
    assert time.perf_counter() - began < 20


def test_gibbs_premises() -> None:
    assert not proves(ZERO, divergence(of(weights, J), of(r, J)), relation="<=")
    assert not proves(ZERO, divergence(of(a, J), of(phi, J)), relation="<=")
    assert not proves(ZERO, Sum(J, Multiply((Log(Divide(of(q, J), of(r, J))),))), relation="<=")


def test_an_inverse_is_undone_by_what_it_inverts_and_by_nothing_else() -> None:
    """The matrix inversion lemma, its sign turned, with another matrix inside; and an inverse of a sum is no sum of inverses."""
    low = matrix("W", "real")
    added = MatrixProduct((of(low), of(U), Transpose(of(low))))
    inner = Inverse(of(U)) + MatrixProduct((Transpose(of(low)), Inverse(of(SIGMA)), of(low)))

    def lemma(inner: Formula) -> Formula:
        return MatrixProduct((Inverse(of(SIGMA)), of(low), Inverse(inner), Transpose(of(low)), Inverse(of(SIGMA))))

    whole = Inverse(add(of(SIGMA), added))
    assert proves(whole, Inverse(of(SIGMA)) - lemma(inner))
    assert not proves(whole, Inverse(of(SIGMA)) + lemma(inner))
    assert not proves(whole, Inverse(of(SIGMA)) - lemma(of(U) + inner - Inverse(of(U))))
    assert not proves(Inverse(add(of(SIGMA), of(G))), Inverse(of(SIGMA)) + Inverse(of(G)))


def test_a_matrix_that_is_not_known_to_be_regular_is_named() -> None:
    outcome = prove(Claim(label="test", lhs=MatrixProduct((Inverse(of(SIGMA) + of(G)), of(SIGMA) + of(G))), rhs=Identity(D)))
    assert isinstance(outcome, Proof)
    assert any(duty.kind == "regular" and not duty.derived for duty in outcome.obligations)


def test_a_determinant_of_any_sign_is_known_by_its_absolute_value() -> None:
    any_matrix = matrix("A", "real")
    absolute = Log(Power(Power(Determinant(of(any_matrix)), Number(Fraction(2))), HALF))
    by = of(any_matrix)
    assert proves(Derivative(absolute, by), Transpose(Inverse(by)))
    assert not proves(Derivative(absolute, by), Inverse(by))
    doubled = log_determinant(MatrixProduct((Transpose(by), by)))
    assert proves(doubled, absolute + absolute)
    assert not proves(log_determinant(by + of(G)), log_determinant(by) + log_determinant(of(G)))
    root = Power(Determinant(by), HALF)
    assert proves(Log(root), multiply(HALF, log_determinant(by)))
    assert not proves(root * root, Determinant(by))
    assert not proves(Power(Determinant(by), Number(Fraction(2))), Power(Determinant(by), Number(Fraction(3))))
    # Concave on positive definite matrices alone: of others a stationary point is no maximum.
    start = of(matrix("B", "real", "const"))
    slope = absolute - Trace(MatrixProduct((Inverse(start), by)))
    maximum = Claim(label="test", lhs=slope, relation="<=", rhs=Substitute(slope, any_matrix, (), start))
    assert isinstance(prove(maximum), Unproved)


def test_a_definite_matrix_stays_so_with_a_semidefinite_one_added() -> None:
    low = matrix("W", "real")
    added = MatrixProduct((of(low), of(U), Transpose(of(low))))
    for more, known in ((added, True), (-added, False), (MatrixProduct((of(low), of(G), Transpose(of(low)))), False)):
        outcome = prove(Claim(label="test", lhs=Inverse(add(of(SIGMA), more)), rhs=Inverse(add(of(SIGMA), more))))
        assert isinstance(outcome, Proof)
        assert all(duty.derived for duty in outcome.obligations) == known


def _judged(lhs: Formula, rhs: Formula) -> bool:
    return isinstance(prove(Claim(label="test", lhs=lhs, rhs=rhs)), Proof)


def test_fractional_powers_of_determinants_alone_are_those_of_their_absolute_values() -> None:
    size = Size("d")
    some, other = (Reference(Symbol(name, "param", (), (size, size))) for name in "AB")
    half, power = Number(Fraction(1, 2)), Reference(Symbol("m", "param", (), (), "count"))
    turned = Transpose(some)
    assert _judged(Power(Determinant(some), half), Power(Determinant(turned), half))
    assert not _judged(Power(Determinant(some), half), Power(Determinant(other), half))
    # Of a whole power the sign matters: |A|^m may be negative.
    square = multiply(Determinant(some), Determinant(some))
    assert not _judged(Power(Determinant(some), power), Power(square, multiply(half, power)))
    summed = some + other
    assert _judged(Power(Determinant(summed), half), Power(Determinant(other + some), half))
    assert not _judged(Power(Determinant(summed), half), Power(Determinant(some), half) + Power(Determinant(other), half))


def test_powers_with_real_exponents_are_defined_for_positive_bases_alone() -> None:
    x = Reference(Symbol("x", "param"))
    a, b = (Reference(Symbol(name, "param")) for name in "ab")
    m = Reference(Symbol("m", "param", (), (), "integer"))
    assert _judged(multiply(Power(x, a), Power(x, b)), Power(x, a + b))
    assert not _judged(Power(-x, a), Power(x, a))
    assert not _judged(Power(multiply(x, x), a), Power(x, multiply(Number(Fraction(2)), a)))
    # A whole power of a negative number is defined.
    assert not _judged(Power(-x, m), Power(x, m))
    assert not _judged(Power(multiply(x, x), multiply(Number(Fraction(1, 2)), m)), Power(x, m))


def test_positive_sides_alone_are_compared_by_their_logarithms() -> None:
    p, q = (Reference(Symbol(name, "param", (), (), "positive")) for name in "pq")
    x, y = (Reference(Symbol(name, "param")) for name in "xy")
    apart, together = Divide(ONE, p) + Divide(ONE, q), Divide(p + q, multiply(p, q))
    assert _judged(Exp(multiply(x, apart)), Exp(multiply(x, together)))
    assert _judged(multiply(p, Exp(multiply(x, apart))), multiply(p, Exp(multiply(x, together))))
    assert not _judged(multiply(p, Exp(multiply(x, apart))), multiply(q, Exp(multiply(x, together))))
    # Of sides that may be negative the logarithms of squares say nothing.
    assert not _judged(multiply(y, Exp(multiply(x, apart))), multiply(-y, Exp(multiply(x, together))))
    assert not _judged(Exp(multiply(x, apart)), Exp(multiply(x, apart, Number(Fraction(1001, 1000)))))


def test_derivatives_go_through_a_matrix_that_goes_by_a_name() -> None:
    """Those of the inverse and of the log-determinant of a sum, once and twice; the order of matrices is kept."""
    step = multiply(x, of(U))
    path = add(of(SIGMA), step)
    inverse = Inverse(path)
    moved = MatrixProduct((inverse, of(U), inverse))
    assert proves(Derivative(inverse, x), -moved)
    assert not proves(Derivative(inverse, x), moved)
    assert not proves(Derivative(inverse, x), -MatrixProduct((inverse, inverse, of(U))))
    assert not proves(Derivative(inverse, x), Number(Fraction(0)) * of(U))
    slope = Trace(MatrixProduct((inverse, of(U))))
    assert proves(Derivative(log_determinant(path), x), slope)
    assert not proves(Derivative(log_determinant(path), x), Trace(MatrixProduct((Inverse(of(SIGMA)), of(U)))))
    assert proves(Derivative(Derivative(log_determinant(path), x), x), -Trace(MatrixProduct((moved, of(U)))))
    assert not proves(Derivative(Derivative(log_determinant(path), x), x))
    nested = Inverse(add(inverse, of(TAU)))
    assert proves(Derivative(nested, x), MatrixProduct((nested, moved, nested)))
    assert not proves(Derivative(nested, x), -MatrixProduct((nested, moved, nested)))


def test_a_matrix_for_each_member_of_a_family_moves_with_its_own_alone() -> None:
    path = add(of(SIGMA), multiply(of(q, J), of(U)))
    slope = Trace(MatrixProduct((Inverse(path), of(U))))
    assert proves(Derivative(log_determinant(path), of(q, L)), multiply(Delta(J, L), slope))
    assert not proves(Derivative(log_determinant(path), of(q, L)), slope)
    assert proves(Derivative(Sum(J, log_determinant(path)), of(q, J)), slope)


def test_a_difference_without_a_derivative_is_what_it_is_at_zero() -> None:
    """The determinant lemma: shown by the derivative in W and the value at W = 0, of which either alone would not do."""
    low, core = Symbol("W", "param", (), (D, RANK)), of(Symbol("C", "param", (), (RANK, RANK), "spd"))
    whole = log_determinant(add(of(SIGMA), MatrixProduct((of(low), core, Transpose(of(low))))))
    inner = log_determinant(Inverse(core) + MatrixProduct((Transpose(of(low)), Inverse(of(SIGMA)), of(low))))
    outside = log_determinant(of(SIGMA)) + log_determinant(core)
    assert proves(whole, outside + inner)
    assert not proves(whole, log_determinant(of(SIGMA)) + inner)  # the same derivative, another value at zero
    assert not proves(whole, outside + inner + inner + log_determinant(core))  # the same value at zero, another derivative
    assert not proves(whole, outside + log_determinant(Inverse(core) + MatrixProduct((Transpose(of(low)), of(low)))))
    square = matrix("V", "real")
    turned = log_determinant(of(SIGMA) + MatrixProduct((Transpose(of(square)), of(square))))
    assert not proves(log_determinant(of(SIGMA) + MatrixProduct((of(square), Transpose(of(square))))), turned)
    assert proves(
        log_determinant(Identity(D) + MatrixProduct((of(low), Transpose(of(low))))),
        log_determinant(Identity(RANK) + MatrixProduct((Transpose(of(low)), of(low)))),
    )


def test_what_may_be_undefined_on_the_way_to_zero_is_not_followed() -> None:
    """log|(V + W)^2| - 2 log|V + W| has no derivative in W; where V + W is singular neither is defined, and W = 0 lies beyond."""
    low = matrix("W", "real")
    square = Power(Determinant(of(G) + of(low)), Number(Fraction(2)))
    outcome = prove(Claim(label="test", lhs=Log(square), rhs=Log(Power(Determinant(of(G)), Number(Fraction(2))))))
    assert isinstance(outcome, Unproved)


def test_a_matrix_put_in_inside_one_that_goes_by_a_name_is_no_constant() -> None:
    """What is put in gets a name that hides what it depends on: of log|T^-1 + U| by T no derivative is taken then."""
    inside = add(Substitute(Inverse(of(SIGMA)), SIGMA, (), add(of(TAU), of(U))), of(U))
    for value in (
        log_determinant(inside),
        Component(Inverse(inside), (A, B)),
        Component(Inverse(add(Inverse(inside), of(U))), (A, B)),
    ):
        assert not proves(Derivative(value, of(TAU)))
    beside = add(multiply(x, of(U)), Substitute(of(SIGMA), SIGMA, (), of(TAU)))
    assert proves(Derivative(log_determinant(beside), x), Trace(MatrixProduct((Inverse(beside), of(U)))))


def test_what_is_assumed_of_a_letter_is_not_known_of_what_is_put_in_for_it() -> None:
    """log x is defined under x > 0; with any y put in it is not, and with p > 0 it is."""
    assumed = (Assumption(text="x is positive", definite=x),)

    def is_defined(formula: Formula) -> bool:
        outcome = prove(Claim(label="test", lhs=formula, rhs=formula, assumptions=assumed))
        assert isinstance(outcome, Proof)
        return all(duty.derived for duty in outcome.obligations)

    assert is_defined(Log(x))
    assert not is_defined(Substitute(Log(x), x.symbol, (), y))
    assert is_defined(Substitute(Log(x), x.symbol, (), p))
    assert is_defined(Substitute(Log(multiply(x, p)), p.symbol, (), multiply(p, p)))
    current = of(x.symbol.at_current)
    moved = (Assumption(text="theta_t is positive", definite=current),)
    outcome = prove(Claim(label="test", lhs=AtEqual(Log(current)), rhs=AtEqual(Log(current)), assumptions=moved))
    assert isinstance(outcome, Proof)
    assert not all(duty.derived for duty in outcome.obligations)
