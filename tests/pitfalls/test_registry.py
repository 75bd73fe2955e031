"""None of the wrong results of SymPy 1.14 reaches a verdict of ours; what SymPy answers today with ``-m slow``."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.witness import Witness
from tests.pitfalls import Pitfall
from tests.pitfalls.asked import HANGS, RAISES, Answer, answers, is_unavailable
from tests.pitfalls.registry import REGISTRY, amiss, verdicts

OF_SYMPY = 86
OF_OTHERS = "P"


@pytest.mark.parametrize("number", REGISTRY)
def test_no_wrong_result_reaches_a_verdict(number: str, tmp_path: Path) -> None:
    pitfall = REGISTRY[number]
    found = verdicts(pitfall, tmp_path, Witness(points=2))
    assert not amiss(pitfall, found)
    assert found == [verdict for *_, verdict in pitfall.rows]


@pytest.mark.slow
@pytest.mark.parametrize("number", REGISTRY)
@pytest.mark.parametrize("seed", range(3))
def test_no_wrong_result_reaches_a_verdict_at_other_points(number: str, seed: int, tmp_path: Path) -> None:
    pitfall = REGISTRY[number]
    found = verdicts(pitfall, tmp_path, Witness(seed=seed))
    assert not amiss(pitfall, found)
    assert found == [verdict for *_, verdict in pitfall.rows]


def test_every_entry_is_there_and_says_what_is_false_or_refused() -> None:
    of_sympy = sorted(number for number in REGISTRY if not number.startswith(OF_OTHERS))
    assert len(of_sympy) == OF_SYMPY
    assert of_sympy == sorted(answer.number for answer in answers())
    for number, pitfall in REGISTRY.items():
        assert pitfall.wrong or pitfall.refused, number
        assert bool(pitfall.refused) == bool(pitfall.reason), number
        assert set(pitfall.otherwise) <= {row for row, *_ in pitfall.rows}, number
        assert len({row for row, *_ in pitfall.rows}) == len(pitfall.rows), number


def test_most_of_what_is_true_is_proved_and_all_that_is_false_is_refuted() -> None:
    rows = [(kind, verdict) for pitfall in REGISTRY.values() for _, kind, verdict in pitfall.rows]
    assert {verdict for kind, verdict in rows if kind == "wrong"} == {"refuted"}
    right = [verdict for kind, verdict in rows if kind == "right"]
    assert right.count("proved") >= 0.9 * len(right)


def test_a_wrong_result_that_reached_a_verdict_would_be_seen(tmp_path: Path) -> None:
    turned = Pitfall("none", "", "const p in positive", right=("p + 1 = p",), wrong=("p = p",), refused=("2 p = p + p",))
    found = verdicts(turned, tmp_path, Witness(points=1, autodiff=False))
    assert [line.split(":")[0] for line in amiss(turned, found)] == ["right, refuted", "wrong, proved", "refused, proved"]


@pytest.mark.slow
@pytest.mark.parametrize("answer", answers(), ids=lambda answer: answer.number)
def test_sympy_answers_as_it_did(answer: Answer) -> None:
    today = answer.today()
    if is_unavailable(today):
        pytest.skip(f"not installed: {today}")
    assert not answer.has_changed(today), f"SymPy now answers {today}"


@pytest.mark.slow
def test_answers_that_change_are_seen() -> None:
    one = Answer(number="one", kind="wrong", asked="R = 1 + 1", answered="3")
    assert one.today() == "2"
    assert one.has_changed("2") and not one.has_changed("3")
    fails = Answer(number="fails", kind="raises", asked="raise TypeError('this')", answered=f"{RAISES}TypeError: that")
    assert not fails.has_changed(fails.today()) and fails.has_changed(f"{RAISES}ValueError: that") and fails.has_changed(HANGS)
    assert is_unavailable(Answer(number="absent", kind="raises", asked="import no_such", answered="").today())
