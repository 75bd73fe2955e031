"""Wrong results of SymPy 1.14, and of other readers of formulas, as rows of notes: none may reach a verdict of ours.

Each entry says which false reading a wrong result would make true. That row is never proved or confirmed, the true one is never
refuted; what our language does not express is refused. ``asked`` has the code that SymPy is asked, and what it answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Truth = Literal["right", "wrong", "refused"]
EXPECTED: Mapping[Truth, str] = {"right": "proved", "wrong": "refuted", "refused": "unread"}
ALLOWED: Mapping[Truth, frozenset[str]] = {
    "right": frozenset({"proved", "confirmed", "unknown", "unread"}),
    "wrong": frozenset({"refuted", "unknown", "unread"}),
    "refused": frozenset({"unread", "unknown"}),
}
"""What may become of a row in any case."""


@dataclass(frozen=True, slots=True)
class Pitfall:
    """An entry: rows that hold, rows that a wrong result would make true, and rows that are refused, with the reason.

    ``otherwise`` has the verdicts of rows that have another one than is usual for their kind.
    """

    number: str
    about: str
    declarations: str = ""
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    reason: str = ""
    otherwise: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def rows(self) -> list[tuple[str, Truth, str]]:
        """Each row, its kind, and the verdict that it has."""
        kinds: tuple[tuple[Truth, tuple[str, ...]], ...] = (
            ("right", self.right),
            ("wrong", self.wrong),
            ("refused", self.refused),
        )
        return [(row, kind, self.otherwise.get(row, EXPECTED[kind])) for kind, rows in kinds for row in rows]

    @property
    def note(self) -> str:
        """The rows as a note, each a display of its own."""
        displays = "".join(f"\n$$\n{row}\n$$\n" for row, _, _ in self.rows)
        return f"```derive\n{self.declarations.strip()}\n```\n{displays}"
