"""Every diagnosis finds the slip it names and not another; what is true is never explained away."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction

import pytest

from checks.diagnoses import codes, diagnose, diagnosis, span_of
from checks.enclosure import compare
from checks.solutions import letters
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import UnknownNameError
from derive.formula import ZERO, Add, Number, Reference, Span, add, multiply, walk
from derive.symbols import Symbol
from tests.unit.diagnoses.planted import PLANTED, TRUE, TWINS, mu, x

PATIENCE = 60.0
"""What is found must not depend on how busy the machine is."""


@pytest.mark.parametrize("code", codes())
def test_a_planted_slip_is_found_by_its_name(code: str) -> None:
    found = diagnose(PLANTED[code](), Witness(), seconds=PATIENCE)
    assert code in [each.code for each in found], found
    for each in found:
        assert each.cause() and "{" not in each.cause()
        if each.changed is not None:
            assert each.cause(lambda formula: "HERE").count("HERE") == (each.words or each.diagnosis.cause).count("{place}")


@pytest.mark.parametrize("code", codes())
def test_another_slip_is_not_given_its_name(code: str) -> None:
    found = diagnose(PLANTED[TWINS[code]](), Witness(), limit=99, seconds=PATIENCE)
    assert code not in [each.code for each in found], found


@pytest.mark.parametrize("claim", TRUE, ids=str)
def test_a_true_row_is_not_explained(claim: Claim) -> None:
    assert diagnose(claim, Witness(), seconds=PATIENCE) == ()


@pytest.mark.parametrize("code", codes())
def test_what_is_offered_instead_holds(code: str) -> None:
    for each in diagnose(PLANTED[code](), Witness(), seconds=PATIENCE):
        assert Witness(seed=7, autodiff=False).examine(each.revised).outcome == "agrees", each


def test_the_budget_is_kept_and_the_answer_is_always_the_same() -> None:
    began = time.perf_counter()
    diagnose(PLANTED["held-for-moving"](), Witness(), seconds=0.5)
    assert time.perf_counter() - began < 5
    claim = PLANTED["dropped-term"]()
    assert diagnose(claim, Witness()) == diagnose(claim, Witness())
    assert diagnose(claim, Witness(), candidates=0) == ()


def test_the_place_has_its_span() -> None:
    claim = PLANTED["extra-term"]()
    place = Span(4, 7, 12)
    wrong = claim.rhs.children
    marked = Add((wrong[0], replace(wrong[1], span=place)))
    found = diagnose(replace(claim, rhs=marked), Witness(), seconds=PATIENCE)
    assert next(each for each in found if each.code == "extra-term").span == place


def test_a_place_without_a_span_has_that_of_its_parts() -> None:
    left, right = (replace(each, span=Span(2, column, 3)) for each, column in ((x, 4), (mu, 9)))
    assert span_of(multiply(left, right)) == Span(2, 4, 8)
    assert span_of(multiply(x, mu)) is None


def test_an_implication_that_would_hold_of_anything_explains_nothing() -> None:
    vacuous = Claim(label="planted", lhs=mu - x, relation="implies", rhs=add(x, multiply(Number(Fraction(-2)), x)))
    found = diagnose(vacuous, Witness(), seconds=PATIENCE)
    assert all(
        compare(each.revised.rhs, ZERO, point).outcome == "different" for each in found for point in Witness().at(x, mu, most=1)
    )
    assert "lost-factor" not in [each.code for each in found]


def test_an_equation_is_not_solved_for_what_is_counted() -> None:
    count, rate = Reference(Symbol("c", "data", (), (), "count")), Reference(Symbol("r", "param", (), (), "positive"))
    assert [symbol.name for wanted in letters(count - rate) for symbol in wanted] == ["r"]


def test_letters_of_a_note_are_shown_in_plain_words() -> None:
    claim = PLANTED["extra-term"]()
    noted = Reference(Symbol("\\bar{x}", "data"))
    found = diagnose(replace(claim, rhs=claim.lhs + noted), Witness(), seconds=PATIENCE)
    assert [each.cause() for each in found if each.code == "extra-term"] == ["a term does not belong there: barx"]


@pytest.mark.parametrize("code", codes())
def test_every_file_says_what_it_is(code: str) -> None:
    found = diagnosis(code)
    assert found.code == code
    assert found.title and found.rule.endswith(".") and found.wrong != found.right
    assert not found.cause.endswith(".")


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="try 'lost-factor'"):
        diagnosis("lost-factr")


def test_every_planted_formula_is_a_tree() -> None:
    assert all(sum(1 for _ in walk(make().lhs)) > 0 for make in PLANTED.values())
