"""A refuting point is made smaller and simpler, still refutes, and still lies in the domains."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from checks.enclosure import compare
from checks.points import Point, generic_point, sizes_of, symbols_of
from checks.shrinking import MOST_TRIALS, shrink
from derive.errors import UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    HALF,
    ONE,
    ZERO,
    Component,
    Derivative,
    Formula,
    Inverse,
    Log,
    Reference,
    Sum,
    multiply,
)
from derive.models import family
from derive.symbols import Domain, Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J, L = Index("i", Range(N)), Index("j", Range(K)), Index("l", Range(K))
MU = Symbol("mu", "param", (Range(K),))
PHI = Symbol("phi", "param", (Range(K),), (), "simplex")
SIGMA = Symbol("Sigma", "param", (Range(K),), (D, D), "spd")
SIZES = {"n": 5, "k": 4, "d": 3}


def differ(left: Formula, right: Formula) -> tuple[Callable[[Point], bool], Point, tuple[Symbol, ...]]:
    symbols = symbols_of(left, right)
    point = generic_point(symbols, {name: SIZES[name] for name in sizes_of(left, right)}, 0)
    return (lambda candidate: compare(left, right, candidate).outcome == "different"), point, symbols


def shrunk(left: Formula, right: Formula) -> Point:
    disagrees, point, symbols = differ(left, right)
    assert disagrees(point)
    small = shrink(disagrees, point, symbols)
    assert disagrees(small)
    in_domains(small, symbols)
    return small


def in_domains(point: Point, symbols: tuple[Symbol, ...]) -> None:
    for symbol in symbols:
        values = point.values[symbol.name, symbol.role]
        assert values.shape == (
            *(point.sizes[r.upper.name] - r.lower + 1 for r in symbol.family),
            *(point.sizes[size.name] for size in symbol.shape),
        )
        assert all(isinstance(value, Fraction) for value in values.flat)
        if symbol.domain in ("positive", "simplex", "unit"):
            assert all(value > 0 for value in values.flat)
        if symbol.domain == "unit":
            assert all(value < 1 for value in values.flat)
        if symbol.domain == "simplex":
            assert all(total == 1 for total in np.atleast_1d(values.sum(axis=-1)))
        if symbol.domain == "lower":
            for place in np.ndindex(*values.shape[:-2]):
                assert (np.triu(values[place], 1) == 0).all() and (np.diagonal(values[place]) > 0).all()
        if symbol.domain == "spd":
            for place in np.ndindex(*values.shape[:-2]):
                assert (values[place] == values[place].T).all()
                assert np.linalg.eigvalsh(values[place].astype(float))[0] > 0


def test_a_difference_that_is_everywhere_shrinks_to_one_of_each() -> None:
    mu = Reference(MU, (J,))
    small = shrunk(Sum(J, mu), Sum(J, mu + 1))
    assert small.sizes == {"k": 1}
    assert small.values["mu", "param"].tolist() == [2]


def test_a_size_that_is_needed_is_kept() -> None:
    """(sum mu)^2 and sum mu^2 are the same for a single mu."""
    mu = Reference(MU, (J,))
    small = shrunk(Sum(J, mu) ** 2, Sum(J, mu**2))
    assert small.sizes == {"k": 2}
    assert small.values["mu", "param"].tolist() == [2, 2]


def test_a_literal_keeps_the_size_that_it_needs() -> None:
    assert shrunk(Reference(MU, (3,)), ZERO).sizes == {"k": 3}


def test_weights_still_sum_to_one() -> None:
    phi = Reference(PHI, (J,))
    small = shrunk(Sum(J, multiply(phi, Log(phi))), ZERO)
    assert small.sizes == {"k": 2}
    assert small.values["phi", "param"].tolist() == [Fraction(1, 2), Fraction(1, 2)]


def test_unequal_weights_where_equal_ones_agree() -> None:
    phi, other = Reference(PHI, (J,)), Reference(PHI, (L,))
    small = shrunk(phi, other)
    assert small.sizes == {"k": 2}
    assert small.values["phi", "param"].tolist() == [Fraction(1, 3), Fraction(2, 3)]


def test_matrices_become_small_ones() -> None:
    sigma = Reference(SIGMA, (J,))
    small = shrunk(Inverse(sigma), sigma)
    assert small.sizes == {"k": 1, "d": 1}
    assert small.values["Sigma", "param"].tolist() == [[[2]]]


def test_matrices_that_must_differ_become_small_different_ones() -> None:
    first, second = Reference(SIGMA, (J,)), Reference(SIGMA, (L,))
    small = shrunk(first, second)
    assert small.sizes == {"k": 2, "d": 1}
    assert small.values["Sigma", "param"].tolist() == [[[1]], [[2]]]


def test_a_matrix_that_must_not_be_diagonal_becomes_the_simplest_such_one() -> None:
    small = shrunk(Component(Reference(SIGMA, (J,)), (1, 2)), ZERO)
    assert small.sizes == {"k": 1, "d": 2}
    assert small.values["Sigma", "param"].tolist() == [[[2, 1], [1, 2]]]


@pytest.mark.parametrize("domain", ["real", "positive", "nonnegative", "unit", "integer"])
def test_scalars_become_short_numbers_of_their_domain(domain: Domain) -> None:
    x = Reference(Symbol("x", "param", (), (), domain))
    value = shrunk(x, x + x**2).values["x", "param"].item()
    assert value == (Fraction(1, 2) if domain == "unit" else 1 if domain == "integer" else 2)


def test_numbers_that_must_keep_their_place_are_rounded_at_most() -> None:
    """Nothing simple lies in (0.3, 0.32): the value itself is kept, exactly."""
    x = Symbol("x", "param", (), (), "positive")
    point = Point({}, {("x", "param"): np.array(Fraction(311, 1000), dtype=object)})
    small = shrink(lambda c: Fraction(30, 100) < c.values["x", "param"].item() < Fraction(32, 100), point, [x])
    assert small.values["x", "param"].item() == Fraction(311, 1000)
    rounded = shrink(lambda c: Fraction(28, 100) < c.values["x", "param"].item() < Fraction(32, 100), point, [x])
    assert rounded.values["x", "param"].item() == Fraction(3, 10)


def test_the_free_and_the_current_value_shrink_apart() -> None:
    x = Symbol("x", "param")
    small = shrunk(Reference(x), Reference(x.at_current))
    assert small.values["x", "param"].item() != small.values["x", "current"].item()


def test_a_range_that_starts_at_two_keeps_a_member() -> None:
    later = Index("m", Range(K, 2))
    small = shrunk(Sum(later, Reference(Symbol("u", "const", (Range(K, 2),)), (later,))), ZERO)
    assert small.sizes == {"k": 2}
    assert small.values["u", "const"].tolist() == [2]


def test_a_candidate_that_cannot_be_evaluated_is_left_alone() -> None:
    x = Symbol("x", "param")
    point = generic_point([x], {}, 0)

    def disagrees(candidate: Point) -> bool:
        if candidate.values["x", "param"].item() == 2:
            raise UnsupportedError("not there")
        return True

    assert shrink(disagrees, point, [x]).values["x", "param"].item() == -1


def test_nothing_smaller_leaves_the_point_as_it_was() -> None:
    _, point, symbols = differ(Sum(J, Reference(MU, (J,))), ONE)
    assert shrink(lambda candidate: False, point, symbols) is point


def test_trials_are_bounded_and_the_same_every_time() -> None:
    symbols = [Symbol(f"x{k}", "param") for k in range(100)]
    point = generic_point(symbols, {}, 0)
    asked: list[Point] = []
    shrink(lambda candidate: asked.append(candidate) is not None, point, symbols)
    assert len(asked) == MOST_TRIALS
    disagrees, start, of = differ(Sum(J, Reference(MU, (J,))) ** 2, Sum(J, Reference(MU, (J,)) ** 2))
    first, second = (shrink(disagrees, start, of) for _ in range(2))
    assert first.sizes == second.sizes
    assert all((first.values[key] == second.values[key]).all() for key in first.values)


def test_a_false_identity_of_the_mixture_shrinks() -> None:
    """Half of the score in the means: wrong already for one datum, two components, one dimension."""
    em = Algorithm(family("gaussian-mixture")())
    by = em.model.parameter("mu").reference
    small = shrunk(Derivative(em.q(), by), Derivative(em.l(), by))
    assert small.sizes == {"n": 1, "k": 2, "d": 1}
    assert all(value.denominator <= 10 for array in small.values.values() for value in array.flat)
    halved = shrunk(multiply(HALF, Derivative(em.l(), by)), Derivative(em.l(), by))
    assert halved.sizes == {"n": 1, "k": 1, "d": 1}


def test_a_triangular_matrix_stays_one() -> None:
    factor = Reference(Symbol("L", "param", (), (Size("d"), Size("d")), "lower"))
    small = shrunk(factor, factor.T)
    assert small.sizes == {"d": 2}
    assert small.values["L", "param"].tolist() == [[2, 0], [1, 2]]
