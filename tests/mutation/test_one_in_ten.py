"""Of ten rows one is wrong: the first that does not pass is that one, and not one before it."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.mutation.ten_rows import ROWS, ten_rows, wrong_rows


def named_exactly(count: int, seed: int) -> int:
    return sum(wrong_rows(made.text)[:1] == [made.wrong] for made in islice(ten_rows(seed), count))


def test_the_wrong_row_is_named() -> None:
    assert named_exactly(60, seed=1) == 60


def test_every_place_and_many_slips_are_tried() -> None:
    made = list(islice(ten_rows(seed=2), 60))
    assert {one.wrong for one in made} == set(range(ROWS))
    assert len({one.slip for one in made}) > 8


@pytest.mark.slow
def test_of_five_hundred_notes_the_wrong_row_is_named() -> None:
    assert named_exactly(500, seed=3) >= 495
