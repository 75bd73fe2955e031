"""Reports of checked notes: what they say of each row, and that every format says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.environment import environment
from checks.note_reports import report
from checks.notes import CheckedNote, check_note
from checks.reports import Page
from checks.witness import Witness
from derive.notes import read_note

DECLARED = "```derive\nconst a, b in R\n```\n"


def checked(text: str, file: str = "note.md") -> CheckedNote:
    return check_note(read_note(Path(file), text), Witness(autodiff=False))


def written(name: str, *notes: CheckedNote) -> str:
    return report(name).write(notes, environment(0, 3), Page())


@pytest.mark.parametrize(("name", "told"), [
    ("text", "not all of it was checked: an approximation is not checked"),
    ("concise", "note.md:5:4: proved, but not all of it was checked: an approximation is not checked"),
])  # fmt: skip
def test_a_row_of_which_a_part_is_not_checked_says_so(name: str, told: str) -> None:
    assert told in written(name, checked(DECLARED + "\n$$ a = a + 0 \\approx 2 $$\n"))
    assert "not checked" not in written(name, checked(DECLARED + "\n$$ a = a + 0 $$\n"))


def test_a_row_that_is_skipped_says_why() -> None:
    text = written("text", checked(DECLARED + '\n$$ a \\approx b $$\n\n<!-- derive: skip "a mistake" -->\n$$ a = b $$\n'))
    assert text.count("not checked: ") == 2 and "not checked: a mistake\n" in text
