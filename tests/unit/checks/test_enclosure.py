"""Values and derivatives in balls against other roads (NumPy, SciPy, exact differences, JAX), and what a comparison may say."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.special

from checks.enclosure import (
    Outcome,
    OutOfRange,
    compare,
    compare_order,
    enclose,
    enclose_all,
    flat,
    in_order,
)
from checks.lowering import lower
from checks.points import Point, generic_point, sizes_of, symbols_of
from derive import formula as f
from derive.errors import LimitError, ScopeError, ShapeError, UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import HALF, ONE, ZERO, Derivative, Formula, Number, Reference
from derive.models import family
from derive.symbols import Domain, Index, Range, Size, Symbol
from tests.formulas import Builder

N, K, D = Size("n"), Size("k"), Size("d")
SIZES = {"n": 4, "k": 3, "d": 2}
I, J, L, S = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K)), Index("s", Range(K))
LATER = Index("j", Range(K, 2))
A, B = Index("a", Range(D)), Index("b", Range(D))
MU = Symbol("mu", "param", (Range(K),), (D,))
V = Symbol("v", "param", (), (D,))
SIGMA = Symbol("Sigma", "param", (), (D, D), "spd")
F = Symbol("F", "param", (), (D, D))
T = Symbol("t", "param", (Range(K),))
X = Symbol("x", "data", (Range(N),), (D,))
PHI = Symbol("phi", "param", (Range(K),), (), "simplex")
v, sigma, matrix = Reference(V), Reference(SIGMA), Reference(F)


def letter(name: str, domain: Domain = "real", role: Any = "param") -> Reference:
    return Reference(Symbol(name, role, (), (), domain))


a, b, c = (letter(name) for name in "abc")
p, q = letter("p", "positive"), letter("q", "positive")


def number(value: int | str | Fraction) -> Number:
    return Number(Fraction(value))


def t(index: Any) -> Reference:
    return Reference(T, (index,))


def place(*formulas: Formula, sizes: dict[str, int] = SIZES, **values: Any) -> Point:
    """A generic point, with the values given for letters by name."""
    point = generic_point(symbols_of(*formulas), {**SIZES, **sizes}, 0)
    own = {key: np.array(values.get(key[0], value), dtype=object) for key, value in point.values.items()}
    exact = {key: np.vectorize(Fraction, otypes=[object])(value) if value.size else value for key, value in own.items()}
    return Point(point.sizes, {key: np.asarray(value, dtype=object) for key, value in exact.items()})


def floats(node: Formula, point: Point) -> np.ndarray:
    return enclose_all(node, point, sorted(f.free_indices(node), key=lambda i: i.name))


def verdict(left: Formula, right: Formula, **values: Any) -> Outcome:
    return compare(left, right, place(left, right, **values)).outcome


def at(point: Point, name: str, role: str = "param") -> np.ndarray:
    return point.values[name, role].astype(float)


# Values.


def test_matrices_against_numpy() -> None:
    mu_s, i = Reference(MU, (S,)), Reference(X, (I,))
    cases: dict[str, tuple[Formula, Any]] = {
        "inverse": (f.Inverse(sigma), lambda g: np.linalg.inv(g["Sigma"])),
        "determinant": (f.Determinant(matrix), lambda g: np.linalg.det(g["F"])),
        "log-determinant": (f.log_determinant(sigma), lambda g: np.linalg.slogdet(g["Sigma"])[1]),
        "trace": (f.Trace(f.matrix_product(matrix, sigma)), lambda g: np.trace(g["F"] @ g["Sigma"])),
        "transpose": (f.Transpose(matrix), lambda g: g["F"].T),
        "product": (f.matrix_product(matrix, sigma, matrix), lambda g: g["F"] @ g["Sigma"] @ g["F"]),
        "row-matrix-column": (f.quadratic_form(v, matrix), lambda g: g["v"] @ g["F"] @ g["v"]),
        "row": (f.matrix_product(f.Transpose(v), matrix), lambda g: g["v"] @ g["F"]),
        "outer": (f.outer(v, mu_s), lambda g: np.einsum("a,sb->sab", g["v"], g["mu"])),
        "diagonal": (f.Diagonal(v), lambda g: np.diag(g["v"])),
        "diagonal part": (f.DiagonalPart(matrix), lambda g: np.diag(g["F"])),
        "identity": (f.Identity(D) - matrix, lambda g: np.eye(2) - g["F"]),
        "component": (f.Component(matrix, (A, B)), lambda g: g["F"]),
        "column over a scalar": (f.Divide(v, f.Trace(sigma)), lambda g: g["v"] / np.trace(g["Sigma"])),
        "sum of outers": (f.Sum(I, f.outer(i, i)), lambda g: g["x"].T @ g["x"]),
    }
    for name, (node, expected) in cases.items():
        point = place(node)
        wanted = expected({key: value.astype(float) for (key, _), value in point.values.items()})
        np.testing.assert_allclose(floats(node, point), wanted, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_inverses_and_determinants_of_every_size(size: int) -> None:
    point = place(matrix, sizes={"d": size})
    dense = at(point, "F")
    np.testing.assert_allclose(floats(f.Determinant(matrix), point), np.linalg.det(dense), rtol=1e-9)
    np.testing.assert_allclose(floats(f.Inverse(matrix), point), np.linalg.inv(dense), rtol=1e-9)
    assert compare(f.matrix_product(f.Inverse(matrix), matrix), f.Identity(D), point).outcome == "equal"


@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_singular_matrix_has_the_determinant_zero(size: int) -> None:
    """Without a pivot: the determinant of v v^T is defined, its inverse is not."""
    node = f.Determinant(f.outer(v, v))
    assert compare(node, ZERO, place(node, sizes={"d": size})).outcome == "equal"
    gone = f.Trace(f.Inverse(f.outer(v, v)))
    assert compare(gone, ONE, place(gone, sizes={"d": size})).outcome == "undecided"


def test_special_functions_against_scipy() -> None:
    roads = {
        "loggamma": scipy.special.gammaln,
        "digamma": scipy.special.digamma,
        "trigamma": lambda x: scipy.special.polygamma(1, x),
        "tetragamma": lambda x: scipy.special.polygamma(2, x),
        "pentagamma": lambda x: scipy.special.polygamma(3, x),
        "erf": scipy.special.erf,
    }
    for name, road in roads.items():
        for value in ("1/7", "1/2", "3", "41/4"):
            point = place(p, p=value)
            assert math.isclose(floats(f.Function(name, (p,)), point), road(float(Fraction(value))), rel_tol=1e-12)


def test_the_likelihood_of_a_mixture_against_scipy() -> None:
    em = Algorithm(family("gaussian-mixture")())
    point = place(em.l())
    weights, means, spreads, data = at(point, "phi"), at(point, "mu"), at(point, "Sigma"), at(point, "x", "data")
    densities = [scipy.stats.multivariate_normal(m, s).pdf(data) for m, s in zip(means, spreads, strict=True)]
    total = np.log(np.tensordot(weights, np.array(densities), axes=1)).sum()
    assert math.isclose(floats(em.l(), point), total, rel_tol=1e-11)


def test_an_empty_sum_is_zero_and_an_empty_product_one() -> None:
    for size, total, product in ((1, 0, 1), (2, 1, 1), (3, 2, 1)):
        point = place(v, sizes={"k": size})
        assert floats(f.Sum(LATER, ONE), point) == total
        assert floats(f.Product(LATER, ONE), point) == product
    nothing = f.Sum(LATER, v)
    np.testing.assert_array_equal(floats(nothing, place(nothing, sizes={"k": 1})), np.zeros(2))
    none = f.Product(LATER, number(0))
    assert floats(none, place(none, sizes={"k": 1})) == 1


def test_a_family_whose_range_starts_at_two() -> None:
    later = Symbol("u", "param", (Range(K, 2),))
    node = f.Sum(LATER, Reference(later, (LATER,)))
    point = place(node, u=[10, 20])
    assert floats(node, point) == 30
    assert floats(Reference(later, (2,)), point) == 10
    assert floats(Reference(later, (3,)), point) == 20
    squares = f.Sum(LATER, Reference(later, (LATER,)) ** 2)
    np.testing.assert_array_equal(enclose_all(Derivative(squares, Reference(later, (LATER,))), point, [LATER]), [20, 40])


def test_powers() -> None:
    point = place(a, p, a=-2, p=9)
    for exponent, value in ((3, -8), (2, 4), (0, 1), (-1, -0.5), (-2, 0.25)):
        assert floats(f.Power(a, number(exponent)), point) == value
    assert floats(f.Power(p, HALF), point) == 3
    assert math.isclose(floats(f.Power(p, number("-3/2")), point), 1 / 27)
    assert floats(f.Power(a, f.SizeNumber(K)), point) == -8
    assert floats(f.Power(a, f.Divide(f.SizeNumber(N), number(2))), point) == 4
    assert floats(f.Power(a, f.Delta(1, 1)), point) == -2
    assert math.isclose(floats(f.Power(p, p), point), 9**9, rel_tol=1e-12)


def test_the_inner_of_two_equal_letters_wins() -> None:
    node = f.Sum(J, f.multiply(t(J), f.Sum(J, t(J))))
    point = place(node, t=[1, 2, 4])
    assert floats(node, point) == 49


def test_a_letter_over_two_ranges_is_two_indices() -> None:
    """j over 1..k and j over 2..k in one body: what is remembered for (1, 2) is not the value at (2, 1)."""
    inner = f.Determinant(f.multiply(t(J) + 10 * t(LATER), f.Identity(D)))
    node = f.Sum(J, f.Sum(LATER, inner))
    point = place(node, t=[1, 2, 5])
    assert floats(node, point) == sum((x + 10 * y) ** 2 for x in (1, 2, 5) for y in (2, 5))
    slopes = f.Sum(J, f.Sum(LATER, Derivative(f.multiply(t(J), t(LATER)) ** 2, t(J))))
    values = [1, 2, 5]
    wanted = sum(2 * x * y**2 * (1 + (i == k)) for i, x in enumerate(values) for k, y in enumerate(values) if k > 0)
    assert floats(slopes, point) == wanted


def test_indices_have_one_order() -> None:
    same = [Index("j", Range(K)), Index("j", Range(N)), Index("j", Range(K, 2)), Index("i", Range(K))]
    orders = {tuple(in_order(order)) for order in itertools.permutations(same)}
    assert len(orders) == 1


# Derivatives.

STEP = Fraction(1, 10**24)


def differences(node: Formula, symbol: Symbol, point: Point) -> dict[tuple[int, ...], float]:
    """Central differences at exact points in balls: no dual number and no rule is used. By the symbol's entries."""
    found: dict[tuple[int, ...], float] = {}
    key = (symbol.name, symbol.role)
    for entry in np.ndindex(*point.values[key].shape):
        sides = []
        for step in (STEP, -STEP):
            moved = point.values[key].copy()
            moved[entry] += step
            sides.append(enclose(node, Point(point.sizes, {**point.values, key: moved}), bits=512))
        found[entry] = float((sides[0] - sides[1]) / (2 * STEP.numerator) * STEP.denominator)
    return found


def test_derivatives_of_a_mixture_against_differences() -> None:
    em = Algorithm(family("gaussian-mixture")())
    for parameter in em.model.parameters:
        node = Derivative(em.l(), parameter.reference)
        point = place(node, sizes={"n": 2, "k": 2})
        for entry, wanted in differences(em.l(), parameter.symbol, point).items():
            own, component = entry[: len(parameter.indices)], entry[len(parameter.indices) :]
            found = np.asarray(floats(node, point))[(*own, *component)]
            assert math.isclose(found, wanted, rel_tol=1e-9), (parameter.symbol.name, entry)


@pytest.mark.parametrize("seed", range(30))
def test_derivatives_of_random_formulas_against_differences_and_jax(seed: int) -> None:
    builder = Builder(seed)
    symbols: list[Symbol] = []
    while not symbols:
        node = f.sum_over(I, J, S, body=builder.scalar(4, (I, J, S)))
        symbols = [symbol for symbol in symbols_of(node) if symbol.role == "param" and symbol.domain != "simplex"]
    symbol = builder.rng.choice(symbols)
    by = Reference(symbol, tuple(Index(f"p{k}", r) for k, r in enumerate(symbol.family)))
    slope = Derivative(node, by)
    point = generic_point(symbols_of(slope), {"n": 2, "k": 3, "d": 2}, seed)
    found = np.asarray(enclose_all(slope, point, list(by.indices)))
    for entry, wanted in differences(node, symbol, point).items():
        assert math.isclose(found[entry], wanted, rel_tol=1e-8, abs_tol=1e-8 * max(1.0, float(np.abs(found).max())))
    if seed < 6:  # each is a compilation
        values = {key: value.astype(float) for key, value in point.values.items()}
        other = np.asarray(lower(slope, axes=list(by.indices))(values, point.sizes))
        np.testing.assert_allclose(found, other, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(found).max())))


def test_nested_derivatives_are_not_confused() -> None:
    """d/da (a d/db (a + b)) is 1; a calculus that mixes the two differentials says 2."""
    point = place(a, b)
    assert floats(Derivative(f.multiply(a, Derivative(a + b, b)), a), point) == 1
    assert floats(Derivative(f.multiply(a, Derivative(f.multiply(a, b), b)), a), point) == 2 * at(point, "a")
    assert floats(Derivative(Derivative(a * b, b) * Derivative(a * b, a), a), point) == at(point, "b")
    inner = Derivative(Derivative(f.multiply(a, a, b), a), b)
    assert floats(Derivative(f.multiply(b, inner), a), point) == 2 * at(point, "b")


def test_second_and_third_derivatives() -> None:
    point = place(p, a)
    value, slope = at(point, "p"), at(point, "a")
    node: Formula = f.multiply(f.Log(p), f.Exp(a))
    for order, expected in ((1, 1 / value), (2, -1 / value**2), (3, 2 / value**3)):
        node = Derivative(node, p)
        assert math.isclose(floats(node, point), expected * math.exp(slope), rel_tol=1e-12), order
    hessian = Derivative(Derivative(f.quadratic_form(v, matrix), v), v)
    there = place(hessian)
    np.testing.assert_allclose(floats(hessian, there), at(there, "F") + at(there, "F").T, rtol=1e-12)
    gamma = Derivative(Derivative(f.Function("loggamma", (p,)), p), p)
    assert math.isclose(floats(gamma, point), scipy.special.polygamma(1, value), rel_tol=1e-12)


def test_shapes_of_derivatives() -> None:
    jacobian = Derivative(f.matrix_product(matrix, v), v)
    point = place(jacobian)
    np.testing.assert_allclose(floats(jacobian, point), at(point, "F"))
    np.testing.assert_allclose(floats(Derivative(f.multiply(a, v), a), place(a, v)), at(place(v), "v"))
    np.testing.assert_allclose(
        floats(Derivative(f.quadratic_form(v, matrix), matrix), point), np.outer(at(point, "v"), at(point, "v"))
    )
    np.testing.assert_array_equal(floats(Derivative(a, v), place(a, v)), [0, 0])


def test_conventions_for_symmetric_matrices() -> None:
    body = f.Trace(f.matrix_product(sigma, matrix, sigma))
    point = place(body)
    s, m = at(point, "Sigma"), at(point, "F")
    entry = (m @ s + s @ m).T
    np.testing.assert_allclose(floats(Derivative(body, sigma), point), entry)
    np.testing.assert_allclose(floats(Derivative(body, sigma, "frobenius"), point), (entry + entry.T) / 2)
    np.testing.assert_allclose(floats(Derivative(body, sigma, "vech"), point), entry + entry.T - np.diag(np.diag(entry)))


def test_a_free_index_of_the_body_is_the_same_index() -> None:
    """d t_s^2 / d t_s is 2 t_s; d t_l^2 / d t_s is 2 t_s delta_ls; under a sum the letter is bound."""
    point = place(t(S))
    values = at(point, "t")
    np.testing.assert_allclose(floats(Derivative(t(S) ** 2, t(S)), point), 2 * values)
    np.testing.assert_allclose(floats(Derivative(t(L) ** 2, t(S)), point), np.diag(2 * values))
    np.testing.assert_allclose(floats(Derivative(f.Sum(S, t(S) ** 2), t(S)), point), 2 * values)
    np.testing.assert_allclose(floats(f.Sum(S, Derivative(t(S) ** 3, t(S))), point), (3 * values**2).sum())


def test_only_free_values_are_moved_by_a_derivative_in_the_free_parameter() -> None:
    current = Reference(Symbol("a", "current"))
    point = place(a, current, a=3)
    held = place(a, current)
    assert floats(Derivative(current**2, a), point) == 0
    assert floats(Derivative(f.multiply(a, current), a), held) == at(held, "a", "current")
    assert floats(Derivative(f.multiply(a, current), current), held) == at(held, "a")
    square = f.Definition("g", (), a**2)
    assert floats(Derivative(square(time="current"), a), held) == 0
    assert floats(Derivative(square(time="current"), current), held) == 2 * at(held, "a", "current")


def test_equal_parameters_are_put_in_after_derivatives() -> None:
    current = Reference(Symbol("a", "current"))
    held = place(a, current)
    value = at(held, "a")
    body = f.multiply(a, current)
    assert floats(f.AtEqual(Derivative(body, a)), held) == value
    assert math.isclose(floats(Derivative(f.AtEqual(body), a), held), 2 * value)
    assert floats(f.AtEqual(Derivative(body, current)), held) == value
    assert math.isclose(floats(f.multiply(current, f.AtEqual(current)), held), at(held, "a", "current") * value)
    assert math.isclose(floats(f.AtEqual(f.AtEqual(body) + current), held), value**2 + value)


def test_a_substitution_is_made_after_derivatives() -> None:
    current = Reference(Symbol("a", "current"))
    point = place(a, b, current)
    put = f.Substitute(Derivative(a**3, a), a.symbol, (), b + 1)
    assert math.isclose(floats(put, point), 3 * (at(point, "b") + 1) ** 2)
    assert math.isclose(floats(Derivative(f.Substitute(a**3, a.symbol, (), b**2), b), point), 6 * at(point, "b") ** 5)
    assert floats(Derivative(f.Substitute(a**3, a.symbol, (), b), a), point) == 0
    assert floats(f.Substitute(current, a.symbol, (), b), point) == at(point, "a", "current")
    own = f.Substitute(a**2, a.symbol, (), a + 1)
    assert math.isclose(floats(own, point), (at(point, "a") + 1) ** 2)
    assert math.isclose(floats(Derivative(own, a), point), 2 * (at(point, "a") + 1))


def test_substitutions_nest_both_ways() -> None:
    point = place(a, b, c)
    x, y = at(point, "b"), at(point, "c")
    inside = f.Substitute(f.Substitute(a + 10 * b, a.symbol, (), b), b.symbol, (), c)  # b := c, then a := b
    assert math.isclose(floats(inside, point), 11 * y)
    replaced = f.Substitute(a**2, a.symbol, (), f.Substitute(a + b, a.symbol, (), c))
    assert math.isclose(floats(replaced, point), (y + x) ** 2)
    swapped = f.Substitute(f.Substitute(a - b, b.symbol, (), a), a.symbol, (), b)  # a := b, then b := a = b
    assert floats(swapped, point) == 0


def test_a_replacement_may_use_the_indices_around_it() -> None:
    body = f.Sum(L, t(L) ** 2)
    put = f.Substitute(body, T, (J,), f.multiply(t(J), t(S)))
    point = place(put, t=[1, 2, 4])
    np.testing.assert_allclose(floats(put, point), [21 * x**2 for x in (1, 2, 4)])
    np.testing.assert_allclose(floats(f.Sum(S, put), point), 21 * 21)
    at_two = f.Substitute(t(2), T, (J,), f.Sum(L, t(L)) - t(J))
    assert floats(at_two, point) == 5


def test_a_substitution_for_part_of_a_family_is_refused() -> None:
    with pytest.raises(ScopeError, match="a substitution takes one letter for each index"):
        f.Substitute(t(1), T, (LATER,), t(LATER))


def test_an_abbreviation_at_theta_t_reads_everything_there() -> None:
    inner = f.Definition("g", (J,), t(J) ** 2)
    outer = f.Definition("h", (), f.Sum(J, inner(J)))
    node = outer() - outer(time="current")
    point = place(node)
    assert math.isclose(floats(node, point), (at(point, "t") ** 2).sum() - (at(point, "t", "current") ** 2).sum())


# Comparison.


def test_equal_and_different() -> None:
    assert verdict((a + b) ** 2, a**2 + 2 * a * b + b**2) == "equal"
    assert verdict((a + b) ** 2, a**2 + b**2) == "different"
    assert verdict(f.Log(p * q), f.Log(p) + f.Log(q)) == "equal"


@pytest.mark.parametrize("digits", [1, 7, 17, 30, 31, 40, 70, 100, 300])
def test_small_differences_are_seen(digits: int) -> None:
    """However small a number is written, so much precision is taken that it counts."""
    tiny = number(Fraction(1, 10**digits))
    assert verdict(a + tiny, a) == "different"
    assert verdict(f.multiply(1 + tiny, f.Exp(a)), f.Exp(a)) == "different"
    assert verdict(f.multiply(a, tiny), f.multiply(number(2), a, tiny)) == "different"


def test_a_difference_below_the_promised_digits_that_is_not_written_may_pass_as_equal() -> None:
    """exp(-400) is about 1e-174. The promise is of 30 digits, and the verdict for such agreement is never more than confirmed."""
    tiny = f.Exp(number(-400))
    assert verdict(tiny, ZERO) == "different"
    assert verdict(f.Exp(number(-60)) + a, a) == "different"
    assert verdict(tiny + a, a) == "equal"


@pytest.mark.parametrize("digits", [20, 40, 70, 90, 200])
def test_cancellation_grows_the_precision(digits: int) -> None:
    big = f.multiply(number(10**digits), f.Power(number(2), HALF))
    assert verdict(a + big - big, a) == "equal"
    assert verdict(a + big - big, a + number(Fraction(1, 10**25))) == "different"
    hidden = f.Exp(number(500))
    assert verdict(a + hidden - hidden, a) == "equal"
    assert verdict(a + hidden - hidden, a + number("1/1000")) == "different"


def test_cancellation_beyond_all_precision_is_undecided() -> None:
    hidden = f.Exp(number(5000))
    assert verdict(a + hidden - hidden, a) == "undecided"
    assert verdict(a + hidden - hidden, a + 1) == "undecided"


UNDEFINED: list[tuple[Formula, dict[str, Any]]] = [
    (f.Log(a), {"a": -1}),
    (f.Log(ZERO), {}),
    (f.Divide(ONE, a), {"a": 0}),
    (f.Divide(a, a), {"a": 0}),
    (f.multiply(ZERO, f.Log(a)), {"a": 0}),
    (f.Power(a, number(-1)), {"a": 0}),
    (f.Power(a, HALF), {"a": -1}),
    (f.Power(a, number("1/3")), {"a": -8}),
    (f.Power(a, b), {"a": -2, "b": "1/2"}),
    (f.Function("digamma", (a,)), {"a": -1}),
    (f.Function("loggamma", (a,)), {"a": 0}),
]


@pytest.mark.parametrize(("node", "values"), UNDEFINED)
def test_what_is_undefined_never_agrees(node: Formula, values: dict[str, Any]) -> None:
    assert verdict(node, node, **values) == "both undefined"
    assert verdict(node, ONE, **values) == "one side undefined"
    assert verdict(ONE, node, **values) == "one side undefined"
    assert verdict(f.multiply(ZERO, node), ZERO, **values) == "one side undefined"


@pytest.mark.parametrize("node", [f.Divide(ONE, a - a), f.Log(a - a), f.Divide(a - a, a - a), f.Power(a - a, number("-1/2"))])
def test_what_may_be_undefined_is_undecided(node: Formula) -> None:
    assert verdict(node, node, a="1/3") == "undecided"
    assert verdict(node, ONE, a="1/3") == "undecided"


def test_undefined_for_some_indices_only_is_not_agreement() -> None:
    assert verdict(f.Log(t(J)), f.Log(t(J)), t=[1, -1, 2]) == "undecided"
    assert verdict(f.Log(t(J)), f.Log(t(J)) + 1, t=[1, -1, 2]) == "different"


def test_infinite_values_are_undecided() -> None:
    huge = f.Exp(f.Exp(f.Exp(f.Exp(number(10)))))
    assert verdict(huge, huge) == "undecided"
    assert compare_order(ONE, huge, place(huge)).outcome in ("undecided", "holds")
    assert compare_order(huge, huge, place(huge)).outcome == "undecided"


def test_where_one_side_is_undefined_the_side_is_named() -> None:
    comparison = compare(f.Log(a), ONE, place(a, a=-1))
    assert comparison.left == "undefined" and "left" in comparison.reason and comparison.right.startswith("1")


def test_the_place_of_a_difference_is_given() -> None:
    node = f.Sum(I, f.multiply(t(J), Reference(X, (I,))))
    other = f.add(node, f.multiply(f.Delta(J, 2), v))
    comparison = compare(node, other, place(node, other, v=[0, 1]))
    assert comparison.assignment == {J: 2} and comparison.entry == (1,) and comparison.difference.startswith("-1.0")


@pytest.mark.parametrize("size", [1, 2])
def test_a_zero_stands_for_zeros_of_any_shape(size: int) -> None:
    for node in (v, matrix, f.Transpose(v)):
        point = place(node, sizes={"d": size})
        assert compare(node, ZERO, point).outcome == compare(ZERO, node, point).outcome == "different"
        assert compare(node - node, ZERO, point).outcome == compare(ZERO, node - node, point).outcome == "equal"


def test_sides_of_different_shapes_are_refused() -> None:
    for left, right in ((v, a), (v, matrix), (v, f.Transpose(v)), (v, ONE)):
        with pytest.raises(ShapeError, match="different shapes"):
            compare(left, right, place(left, right))
        with pytest.raises(ShapeError, match="different shapes"):
            compare_order(left, right, place(left, right))


def test_an_index_that_the_sizes_do_not_have_is_not_admissible() -> None:
    named = f.Definition("g", (J,), ONE)
    for node in (t(4), f.Component(v, (3,)), named(4), Derivative(f.Sum(J, t(J) ** 2), t(4))):
        assert verdict(node, node) == "not admissible"
        assert compare_order(node, node, place(node)).outcome == "not admissible"
        with pytest.raises(OutOfRange):
            enclose(node, place(node))
    assert verdict(f.multiply(f.Delta(1, 4), a), ZERO) == "equal"


def test_nothing_to_compare_is_not_agreement() -> None:
    node = t(LATER)
    assert compare(node, 2 * node, place(node, sizes={"k": 1})).outcome == "not admissible"
    assert compare_order(node, 2 * node, place(node, sizes={"k": 1})).outcome == "not admissible"


def test_too_much_work_is_refused_beforehand() -> None:
    deep: Formula = a
    for k in range(14):
        deep = f.Sum(Index(f"i{k}", Range(N)), f.multiply(deep, a))
    wide = f.multiply(*(Reference(Symbol("y", "data", (Range(N),)), (Index(f"i{k}", Range(N)),)) for k in range(12)))
    for node in (deep, wide):
        with pytest.raises(LimitError, match="limit="):
            compare(node, node, place(node))
        with pytest.raises(LimitError, match="limit="):
            compare_order(node, node, place(node))


def test_constructs_without_an_enclosure_are_named() -> None:
    with pytest.raises(UnsupportedError, match="acos"):
        compare(f.Function("acos", (a,)), a, place(a))
    with pytest.raises(UnsupportedError, match="4096"):
        compare(f.Power(a, number(10**6)), a, place(a))


# Order.


def test_orders() -> None:
    def order(small: Formula, large: Formula, **values: Any) -> str:
        return compare_order(small, large, place(small, large, **values)).outcome

    assert order(2 * a * b, a**2 + b**2) == "holds"
    assert order(a**2 + b**2, 2 * a * b) == "violated"
    assert order(f.Exp(a), f.Exp(a)) == "equal"
    assert order(t(J), t(J) + f.Delta(J, 2)) == "holds"
    assert order(t(J) + f.Delta(J, 2), t(J)) == "violated"
    assert order(f.Log(a), ONE, a=-1) == "undecided"
    assert order(a, a + number(Fraction(1, 10**50))) == "holds"
    assert order(a + number(Fraction(1, 10**50)), a) == "violated"


def test_an_order_is_decided_by_more_precision_where_digits_cancel() -> None:
    hidden = f.Exp(number(500))
    point = place(a)
    assert compare_order(a + hidden - hidden, a + number("1/1000"), point).outcome == "holds"
    assert compare_order(a + number("1/1000") + hidden - hidden, a, point).outcome == "violated"


def test_what_is_known_at_a_point_does_not_depend_on_the_order_of_questions() -> None:
    em = Algorithm(family("gaussian-mixture")())
    nodes = [em.l(), em.q(), Derivative(em.q(), em.model.parameter("mu").reference)]
    sizes = dict.fromkeys(sizes_of(*nodes), 2)
    results = set()
    for order in itertools.permutations(nodes):
        point = generic_point(symbols_of(*nodes), sizes, 0)
        found = {node: [str(entry) for _, entry in flat(enclose(node, point, {em.model.fresh: 1}))] for node in order}
        results.add(str([found[node] for node in nodes]))
    assert len(results) == 1


def test_what_several_derivatives_share_is_not_confused() -> None:
    """Definitions are remembered where no change of values touches them: each of these mixes what moves with what does not."""
    still = f.Definition("still", (), f.multiply(b, b))
    moved = f.Definition("moved", (), f.multiply(a, still()))
    now = f.Definition("now", (), f.Power(a, number(2)))
    by_a, by_b = (lambda node, letter=letter: Derivative(node, letter) for letter in (a, b))
    both = by_a(moved()) + by_a(f.multiply(a, moved()))
    assert verdict(both, f.multiply(b, b) + f.multiply(number(2), a, b, b)) == "equal"
    assert verdict(by_b(by_a(moved())), f.multiply(number(2), b)) == "equal"
    assert verdict(by_a(f.multiply(a, by_b(moved()))), f.multiply(number(4), a, b)) == "equal"
    assert verdict(by_a(f.multiply(by_a(now()), by_a(now()))), f.multiply(number(8), a)) == "equal"
    assert verdict(by_a(f.multiply(by_a(still()), moved())), ZERO) == "equal"
    put = f.Substitute(by_b(moved()), b.symbol, (), f.multiply(a, a))
    assert verdict(by_a(put), f.multiply(number(6), a, a)) == "equal"
    assert verdict(by_a(put), f.multiply(number(2), f.multiply(a, a))) == "different"


def test_definitions_at_theta_t_move_where_theta_t_does() -> None:
    now = f.Definition("now", (), f.Power(a, number(2)))
    held = f.multiply(now(time="current"), now())
    current = Reference(a.symbol.at_current)
    assert verdict(Derivative(held, a), f.multiply(number(2), a, current, current)) == "equal"
    assert verdict(Derivative(held, current), f.multiply(number(2), current, a, a)) == "equal"
    # At theta_t = theta both move: the derivative of a^4.
    total = Derivative(f.AtEqual(held), a)
    assert verdict(total, f.multiply(number(4), f.Power(a, number(3)))) == "equal"
    assert verdict(f.AtEqual(Derivative(held, a)), f.multiply(number(2), f.Power(a, number(3)))) == "equal"
    assert verdict(total, f.AtEqual(Derivative(held, a))) == "different"
