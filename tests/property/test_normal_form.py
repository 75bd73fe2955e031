"""The normal form keeps the value, does not depend on how a formula is written, and derivatives are derivatives."""

from __future__ import annotations

import random

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.mutation import mutants
from derive import formula as f
from derive.algebra.entries import Reader
from derive.algebra.prove import Proof, facts_of, prove
from derive.algebra.reduction import Blocked
from derive.algebra.terms import free, free_of
from derive.claims import Claim
from derive.errors import DeriveError
from tests.evaluation import close_to, draw, entry, free_assignments, polynomial_value
from tests.formulas import MU, PHI, SIGMA, SIZES, SYMBOLS, Builder, I, J, Q, S, V, shifted, shuffled

VALUES = draw([*SYMBOLS, *(s.at_current for s in SYMBOLS if s.role == "param")], SIZES, seed=11)
SEEDS = st.integers(min_value=0, max_value=2**40)
SCOPE = [free(i.name, 1, i.range.upper.name) for i in (I, J, S)]
PLACES = [{I: a[SCOPE[0]], J: a[SCOPE[1]], S: a[SCOPE[2]]} for a in free_assignments(SCOPE, SIZES, limit=4)]


def kernel_place(place):
    return {free(i.name, 1, i.range.upper.name): v for i, v in place.items()}


def read(node: f.Formula, *, settle: bool = False):
    reader = Reader()
    polynomial = reader.read(node)
    return reader.settle(polynomial, facts_of(reader)) if settle else polynomial


@settings(max_examples=120, deadline=None, derandomize=True)
@given(SEEDS)
def test_value_of_the_formula_is_value_of_its_normal_form(seed: int) -> None:
    node = Builder(seed).scalar(4)
    for settle in (False, True):
        polynomial = read(node, settle=settle)
        for place in PLACES:
            wanted = entry(node, (), SIZES, VALUES, place)
            assert close_to(wanted, polynomial_value(polynomial, SIZES, VALUES, kernel_place(place)))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(SEEDS)
def test_normal_form_does_not_depend_on_order_or_letters(seed: int) -> None:
    node = Builder(seed).scalar(4)
    assert read(node) == read(shuffled(node, random.Random(seed)))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SEEDS)
def test_normal_form_is_idempotent(seed: int) -> None:
    reader = Reader()
    polynomial = reader.read(Builder(seed).scalar(4))
    assert reader.reducer.transform(polynomial, lambda atom: None) == polynomial


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([MU, Q, PHI, V, SIGMA]))
def test_derivative_is_the_limit_of_differences(seed: int, symbol) -> None:
    node = Builder(seed).scalar(3)
    # The letter of the derivative is one that stands free, and perhaps bound, in the formula.
    slope = f.Derivative(node, f.Reference(symbol, (J,)))
    component = tuple(free(f"c{k}", 1, "d") for k in range(len(symbol.shape)))
    polynomial = Reader().read(slope, None, component)
    step = mp.mpf(10) ** -14
    key = (symbol.name, symbol.role)
    for place in PLACES[:2]:
        for inner in free_assignments(list(component), SIZES, limit=2):
            at = (place[J], *inner.values())
            ends = [entry(node, (), SIZES, shifted(VALUES, key, at, sign * step), place) for sign in (1, -1)]
            wanted = (ends[0] - ends[1]) / (2 * step)
            found = polynomial_value(polynomial, SIZES, VALUES, {**kernel_place(place), **inner})
            assert abs(wanted - found) <= mp.mpf(10) ** -10 * max(1, abs(wanted))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS)
def test_what_is_proved_of_a_mutant_is_true(seed: int) -> None:
    node = Builder(seed).scalar(3)
    found = list(mutants(node, (I, J, S)))
    for mutant in random.Random(seed).sample(found, min(6, len(found))):
        try:
            outcome = prove(Claim(label="mutant", lhs=node, rhs=mutant.formula))
        except DeriveError:
            continue
        if isinstance(outcome, Proof):
            for place in PLACES:
                left, right = (entry(side, (), SIZES, VALUES, place) for side in (node, mutant.formula))
                assert close_to(left, right), mutant.operator


def test_the_same_formula_written_twice_is_proved_equal() -> None:
    proved = 0
    for seed in range(40):
        node = Builder(seed).scalar(4)
        try:
            proved += isinstance(prove(Claim(label="same", lhs=node, rhs=shuffled(node, random.Random(seed)))), Proof)
        except DeriveError:
            continue
    assert proved == 40


def test_no_free_index_is_lost_or_invented() -> None:
    for seed in range(60):
        node = Builder(seed).scalar(4)
        allowed = {free(i.name, 1, i.range.upper.name) for i in f.free_indices(node)}
        assert free_of(read(node)) <= allowed


def test_blocked_is_not_an_answer() -> None:
    reader = Reader()
    with pytest.raises(Blocked):
        reader.reducer.power(reader.read(f.Delta(J, S)), -1)
