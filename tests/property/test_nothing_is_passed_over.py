"""What is written is read: something undeclared, put anywhere into a row, is noticed; so is a sign that was taken away."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from derive.notation.declarations import Dictionary
from derive.notation.surface import Token, tokens
from derive.notes import Declarations, Display, Row, read_note
from derive.notes.chains import DisplayReader, DisplayReading, RowReading
from derive.notes.packs import pack

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.md"))
INSERTED = (r" \zeta ", r"_{\zeta}", r"^{\zeta}", r" \cdot \zeta ", r"(\zeta)", r", \zeta", r" + \zeta", r"\mathfrak{z}'")
WITHOUT_MEANING = ("&", "{", "}", ".", ",", "!")
"""Signs of layout, punctuation, and braces around one sign."""


@dataclasses.dataclass(frozen=True)
class Place:
    """A row of an example, with what its display needs to be read."""

    display: Display
    number: int
    dictionary: Dictionary
    known: dict[str, object]
    was: RowReading

    def read(self, text: str) -> RowReading | None:
        """The row with another text; None where it has become part of another one."""
        row: Row = self.display.rows[self.number]
        changed = dataclasses.replace(row, source=dataclasses.replace(row.source, text=text))
        rows = (*self.display.rows[: self.number], changed, *self.display.rows[self.number + 1 :])
        reading = _read(dataclasses.replace(self.display, rows=type(self.display.rows)(rows)), self.dictionary.copy(), self.known)
        return _row(reading, row)


def _read(display: Display, dictionary: Dictionary, known: dict[str, object]) -> DisplayReading:
    return DisplayReader(dictionary.copy(), known, weights="held").read(display, base=dictionary)  # type: ignore[arg-type]


def _row(reading: DisplayReading, row: Row) -> RowReading | None:
    return next((one for one in reading.rows if one.place.line <= row.source.place.line <= one.end_line), None)


def _places(path: Path) -> Iterator[Place]:
    note = read_note(path)
    dictionary, known = Dictionary(macros=note.macros), {}
    for block in note.blocks:
        if isinstance(block, Declarations):
            for line in block.lines:
                word, _, name = line.text.strip().partition(" ")
                for text in [one.text for one in pack(name.strip(), path.parent)] if word == "use" else [line.text]:
                    dictionary.declare(text)
            continue
        before = dictionary.copy()
        reading = _read(block, dictionary, known)
        for number, row in enumerate(block.rows):
            was = _row(reading, row)
            if was is not None and was.claims:
                yield Place(block, number, before, dict(known), was)
        if block.label and reading.left is not None:
            known[block.label] = reading.left


def _chosen(path: Path, count: int) -> Iterator[tuple[Place, str, Token]]:
    source = random.Random(path.name)
    places = list(_places(path))
    for _ in range(count):
        place = source.choice(places)
        text = place.display.rows[place.number].source.text
        yield place, text, source.choice([token for token in tokens(text) if token.start < token.end])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_something_undeclared_anywhere_in_a_row_is_noticed(path: Path) -> None:
    source = random.Random(path.stem)
    for place, text, token in _chosen(path, 60):
        at, inserted = source.choice((token.start, token.end)), source.choice(INSERTED)
        changed = text[:at] + inserted + text[at:]
        now = place.read(changed)
        assert now is None or now.status not in ("claim", "defined"), changed


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_sign_that_is_taken_away_changes_what_is_claimed(path: Path) -> None:
    for place, text, token in _chosen(path, 60):
        gone = text[token.start : token.end]
        if gone in WITHOUT_MEANING or (gone.startswith("\\") and gone[1:] in LAYOUT):
            continue
        now = place.read(text[: token.start] + " " + text[token.end :])
        if now is not None and now.status == "claim":
            assert [claim.alternatives for claim in now.claims] != [claim.alternatives for claim in place.was.claims], (
                text,
                gone,
            )


LAYOUT = (
    *("left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg", "biggl", "biggr", "displaystyle", "limits"),
    *(",", ";", ":", "!", " ", "quad", "qquad", "nonumber", "notag", "cdot", "times"),
    *("mathbf", "boldsymbol", "vec", "mathrm", "text", "textbf", "operatorname", "bm"),
)
"""Space, the size of brackets, fonts that tell no letters apart, and a sign of multiplication that may be left out."""
