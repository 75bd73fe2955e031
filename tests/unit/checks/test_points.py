"""Generic points: exact, in their domains, never special, and the same wherever and whenever they are drawn."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.points import Point, generic_point, literals_of, size_schedule, sizes_of, symbols_of
from derive.errors import LimitError, UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    ONE,
    AtEqual,
    Definition,
    Delta,
    Formula,
    Identity,
    LibraryCall,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
)
from derive.models import family
from derive.symbols import Domain, Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
I, J = Index("i", Range(N)), Index("j", Range(K))
SIZES = {"n": 4, "k": 3, "d": 2}
SEEDS = range(20)


def scalar(name: str, domain: Domain = "real", **given: Any) -> Symbol:
    return Symbol(name, given.pop("role", "param"), given.pop("family", ()), given.pop("shape", ()), domain)


def drawn(symbol: Symbol, seed: int = 0, sizes: dict[str, int] = SIZES, number: int = 0) -> np.ndarray:
    return generic_point([symbol], sizes, seed, number).values[symbol.name, symbol.role]


def keys(*formulas: Formula) -> set[tuple[str, str]]:
    return {(s.name, s.role) for s in symbols_of(*formulas)}


# Domains.


@pytest.mark.parametrize("seed", SEEDS)
def test_real_values_have_both_signs_and_are_never_near_zero(seed: int) -> None:
    values = drawn(scalar("x", family=(Range(Size("m")),)), seed, {"m": 40})
    assert any(value < 0 for value in values) and any(value > 0 for value in values)
    assert all(isinstance(v, Fraction) and Fraction(1, 5) < abs(v) < Fraction(5, 2) and v.denominator <= 1000 for v in values)


@pytest.mark.parametrize("seed", SEEDS)
def test_bounded_domains_are_met_strictly(seed: int) -> None:
    many = (Range(N), Range(K))
    assert all(value > 0 for value in drawn(scalar("p", "positive", family=many), seed).flat)
    assert all(value > 0 for value in drawn(scalar("q", "nonnegative", family=many), seed).flat)
    assert all(0 < value < 1 for value in drawn(scalar("u", "unit", family=many), seed).flat)
    assert all(value.denominator == 1 for value in drawn(scalar("z", "integer", family=many), seed).flat)


@pytest.mark.parametrize("ranges", [(Range(K),), (Range(N), Range(K)), (Range(K, 2),)])
def test_a_simplex_sums_to_one_exactly_over_its_last_index(ranges: tuple[Range, ...]) -> None:
    for seed in SEEDS:
        values = drawn(scalar("phi", "simplex", family=ranges), seed)
        assert all(value > 0 for value in values.flat)
        assert all(total == 1 for total in np.atleast_1d(values.sum(axis=-1)))
        rows = values.reshape(-1, values.shape[-1])
        assert all(len(set(row)) > 1 for row in rows)


def test_the_only_weight_is_one() -> None:
    assert list(drawn(scalar("phi", "simplex", family=(Range(K),)), 0, {"k": 1})) == [1]


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_positive_definite_matrices_are_symmetric_well_conditioned_and_do_not_commute(d: int) -> None:
    for seed in SEEDS:
        family_of = drawn(scalar("S", "spd", family=(Range(K),), shape=(D, D)), seed, {"k": 3, "d": d})
        for matrix in family_of:
            assert (matrix == matrix.T).all()
            eigenvalues = np.linalg.eigvalsh(matrix.astype(float))
            assert eigenvalues[0] > 0.01 and eigenvalues[-1] / eigenvalues[0] < 2000
            assert all(matrix[a, b] != 0 for a in range(d) for b in range(d))
        if d > 1:
            first, second = family_of[0], family_of[1]
            assert (first.dot(second) != second.dot(first)).any()


def test_symmetric_matrices_need_not_be_definite() -> None:
    matrices = [drawn(scalar("A", "sym", shape=(D, D)), seed) for seed in SEEDS]
    assert all((matrix == matrix.T).all() for matrix in matrices)
    assert any(np.linalg.eigvalsh(matrix.astype(float))[0] < 0 for matrix in matrices)


def test_domains_that_do_not_fit_the_shape_are_refused_by_name() -> None:
    for symbol in (scalar("S", "spd"), scalar("S", "spd", shape=(D, K)), scalar("S", "simplex", shape=(K,))):
        with pytest.raises(UnsupportedError, match="S"):
            drawn(symbol)


def test_a_range_that_starts_elsewhere_has_its_own_length() -> None:
    assert drawn(scalar("y", family=(Range(K, 0),))).shape == (4,)
    assert drawn(scalar("y", family=(Range(K, 2),), shape=(D,))).shape == (2, 2)


# The same and not the same.


def test_the_current_value_stands_apart_from_the_free_one() -> None:
    free = scalar("mu", family=(Range(K),), shape=(D,))
    point = generic_point([free, free.at_current], SIZES, 0)
    assert not (point.values["mu", "param"] == point.values["mu", "current"]).any()


def test_values_do_not_depend_on_the_company_or_its_order() -> None:
    symbols = [scalar("a"), scalar("S", "spd", shape=(D, D)), scalar("phi", "simplex", family=(Range(K),))]
    alone = {s.name: drawn(s, 7) for s in symbols}
    for order in itertools.permutations(symbols):
        point = generic_point(order, SIZES, 7)
        assert all((point.values[s.name, s.role] == alone[s.name]).all() for s in symbols)


def test_seeds_sizes_and_numbers_give_other_values() -> None:
    a = scalar("a", "positive")
    values = [drawn(a, seed=s, number=n, sizes=z).item() for s in (0, 1) for n in (0, 1) for z in (SIZES, {**SIZES, "n": 5})]
    assert len(set(values)) == len(values)


def test_the_first_two_points_see_a_real_value_from_both_sides() -> None:
    for seed in SEEDS:
        assert drawn(scalar("a"), seed, number=0).item() * drawn(scalar("a"), seed, number=1).item() < 0


def test_values_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "from checks.points import *; from derive.expectation_maximisation.algorithm import Algorithm; "
        "from derive.models import family; em = Algorithm(family('gaussian-mixture')()); "
        "p = generic_point(symbols_of(em.q()), {'n': 2, 'k': 2, 'd': 2}, 3); "
        "print(sizes_of(em.q()), {k: v.tolist() for k, v in p.values.items()})"
    )
    root = Path(__file__).resolve().parents[3]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(outputs) == 1 and "Fraction" in outputs.pop()


# What a formula speaks of.


def test_symbols_are_found_inside_abbreviations_at_both_times() -> None:
    em = Algorithm(family("gaussian-mixture")())
    names = {"mu", "Sigma", "phi"}
    both = {(name, role) for name in names for role in ("param", "current")} | {("x", "data")}
    assert keys(em.q()) == both
    assert keys(em.l()) == {(name, "param") for name in names} | {("x", "data")}
    assert keys(em.held(I, J)) == {(name, "current") for name in names} | {("x", "data")}
    assert sizes_of(em.q()) == ("n", "k", "d")


def test_what_stands_inside_a_current_abbreviation_is_current_all_the_way_down() -> None:
    inner = Definition("g", (), Reference(scalar("a")))
    outer = Definition("h", (), inner() + 1)
    assert keys(outer(time="current")) == {("a", "current")}


def test_a_library_routine_and_a_substitution_have_symbols_too() -> None:
    a, b, m = (Reference(scalar(name)) for name in "abm")
    assert keys(Definition("g", (), a, log_reference=LibraryCall("norm.logpdf", (b,)))()) == {("a", "param"), ("b", "param")}
    assert keys(Substitute(a, m.symbol, (), b)) == {("a", "param"), ("b", "param"), ("m", "param")}


def test_theta_is_needed_where_theta_t_is_put_equal_to_it() -> None:
    current = Reference(scalar("a", role="current"))
    assert keys(AtEqual(current)) == {("a", "param"), ("a", "current")}


def test_one_letter_declared_twice_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="declared in two ways"):
        symbols_of(Reference(scalar("a")) + Reference(scalar("a", "positive")))


def test_sizes_are_found_where_no_symbol_has_them() -> None:
    assert sizes_of(Trace(Identity(D))) == ("d",)
    assert sizes_of(SizeNumber(N)) == ("n",)
    assert sizes_of(Sum(J, ONE)) == ("k",)
    assert sizes_of(Definition("one", (J,), ONE)(2)) == ("k",)


def test_literals_say_how_large_a_size_must_be() -> None:
    mu = scalar("mu", family=(Range(K),))
    assert literals_of(Reference(mu, (3,))) == {"k": 3}
    assert literals_of(Sum(J, Delta(J, 2)))["k"] == 2
    assert literals_of(Definition("one", (J,), ONE)(2))["k"] == 2
    with pytest.raises(LimitError):
        literals_of(Reference(mu, (10**6,)))


# Sizes.


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_schedule_has_generic_sizes_small_ones_and_each_size_as_the_largest(count: int) -> None:
    names = [f"size {k}" for k in range(count)]
    plans = [tuple(p.values()) for p in itertools.islice(size_schedule(names), 8)]
    assert len(set(plans[0])) == count and min(plans[0]) >= 2
    assert (1,) * count in plans and (2,) * count in plans
    assert all(any(plan[k] == max(plan) and plan.count(plan[k]) == 1 for plan in plans) for k in range(count))
    assert len(set(plans[:3])) == 3
    assert all(list(p) == names for p in itertools.islice(size_schedule(names), 30))


@pytest.mark.parametrize("count", [5, 6, 7, 9])
def test_of_many_sizes_each_is_once_smaller_than_each_other(count: int) -> None:
    names = [f"size {k}" for k in range(count)]
    plans = [tuple(p.values()) for p in itertools.islice(size_schedule(names), 12)]
    assert all(any(plan[a] < plan[b] for plan in plans) for a, b in itertools.permutations(range(count), 2))
    assert (1,) * count in plans and (2,) * count in plans
    assert max(plans[0]) == 3


def test_few_sizes_are_still_looked_at_beyond_one_and_two() -> None:
    """k (k - 1) and 2 (k - 1) are the same at 1 and at 2."""
    for names in (["k"], ["n", "k"]):
        for name in names:
            values = {plan[name] for plan in itertools.islice(size_schedule(names), 3)}
            assert max(values) >= 3


def test_a_schedule_of_nothing_is_without_end_too() -> None:
    assert list(itertools.islice(size_schedule([]), 3)) == [{}, {}, {}]


def test_a_point_is_exact() -> None:
    em = Algorithm(family("gaussian-mixture")())
    point: Point = generic_point(symbols_of(em.q()), SIZES, 0)
    assert all(isinstance(value, Fraction) for array in point.values.values() for value in array.flat)
