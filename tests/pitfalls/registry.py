"""All entries, and what becomes of their rows."""

from __future__ import annotations

from pathlib import Path

from checks.notes import check_note
from checks.witness import Witness
from derive.notes import read_note
from tests.pitfalls import ALLOWED, Pitfall, domains, integrals, matrices, parsers, readings, sums, zeros

REGISTRY = {
    pitfall.number: pitfall
    for room in (matrices, sums, integrals, zeros, domains, readings, parsers)
    for pitfall in room.PITFALLS
}
DECLARED_TWICE = "D9"


def verdicts(pitfall: Pitfall, folder: Path, witness: Witness) -> list[str]:
    """The verdict of each row; only where a letter is declared twice is anything wrong with the declarations."""
    path = folder / "note.md"
    path.write_text(pitfall.note, encoding="utf-8")
    checked = check_note(read_note(path), witness, diagnosed=False)
    assert bool(checked.troubles) == (pitfall.number == DECLARED_TWICE), checked.troubles
    return [step.verdict for step in checked.steps]


def amiss(pitfall: Pitfall, found: list[str]) -> list[str]:
    """What has become of rows that must not have become of them."""
    assert len(found) == len(pitfall.rows)
    return [
        f"{kind}, {verdict}: {row}"
        for (row, kind, _), verdict in zip(pitfall.rows, found, strict=True)
        if verdict not in ALLOWED[kind]
    ]
