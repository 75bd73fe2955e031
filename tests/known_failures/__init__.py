"""What the program is known to get wrong or not to settle, as short notes, and the page that lists them (``README.md``).

Each note says what its last row is (``right``: true, false, or open where a reader may take it in two ways) and which verdict it
has today. ``python -m tests.known_failures`` writes the page anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from checks.notes import check_note
from checks.witness import Witness
from derive.notes import read_note

ROOM = Path(__file__).parent
PAGE = ROOM / "README.md"
STATED = re.compile(r"^<!-- right: (true|false|open) ; today: ([a-z]+) -->$", re.MULTILINE)
ACCEPTED = frozenset({"proved", "confirmed"})
SETTLED: Mapping[str, frozenset[str]] = {
    "true": ACCEPTED,
    "false": frozenset({"refuted"}),
    "open": frozenset({"proved", "confirmed", "refuted"}),
}
"""With these verdicts a row is a failure no more; a row that is open has then been read in one of its ways."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page, and the folder that holds its notes."""

    folder: str
    title: str
    about: str


SECTIONS = (
    Section("false_accepts", "False rows that are accepted", "None may be here when a version is released."),
    Section("false_alarms", "True rows that are refuted", "None may be here when a version is released."),
    Section(
        "by_decision",
        "Refused by decision",
        "A reader may take these rows in two ways. They are `unread`, with both readings, and stay so.",
    ),
    Section(
        "not_yet",
        "Not yet",
        "A reader who knows the field would expect the true ones to be proved, and the false ones to be refuted.",
    ),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A note, what is right of its last row, and the verdict that it has."""

    path: Path
    title: str
    why: str
    row: str
    right: str
    today: str

    @property
    def kind(self) -> str:
        """The folder in which it belongs."""
        if self.right == "open":
            return "by_decision"
        if self.today in ACCEPTED or self.today == "refuted":
            return "false_accepts" if self.right == "false" else "false_alarms"
        return "not_yet"

    def found(self) -> str:
        """The verdict that the last row has."""
        return check_note(read_note(self.path), Witness(points=2), diagnosed=False).steps[-1].verdict


def failure(path: Path) -> Failure:
    """A note of this room.

    Raises:
        ValueError: it does not say what is right, and what is today.
    """
    text = path.read_text(encoding="utf-8")
    stated = STATED.search(text)
    if stated is None:
        raise ValueError(f"{path.name} does not say what is right: expected a line <!-- right: true ; today: unread -->")
    title, why = (part.strip() for part in text[: stated.start()].removeprefix("# ").split("\n", 1))
    return Failure(path, title, why, re.findall(r"\$\$ (.*?) \$\$", text, re.DOTALL)[-1], *stated.groups())


def failures(section: Section) -> list[Failure]:
    """The notes of a section, by name."""
    return [failure(path) for path in sorted((ROOM / section.folder).glob("*.md"))]


def page() -> str:
    """The list of all, as Markdown."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield "# Known failures"
    yield ""
    yield "What `derive check` is known to get wrong or to leave open. Each line is a note in a folder beside this page, and a"
    yield "test that fails when the note's last row gets another verdict. `python -m tests.known_failures` writes this page."
    for section in SECTIONS:
        found = failures(section)
        yield ""
        yield f"## {section.title}: {len(found) or 'none'}"
        yield ""
        yield section.about
        if not found:
            continue
        yield ""
        yield "| what | row | is | today | |"
        yield "|---|---|---|---|---|"
        for one in found:
            row = one.row.replace("|", "\\|")
            yield f"| [{one.title}]({section.folder}/{one.path.name}) | `{row}` | {one.right} | {one.today} | {one.why} |"
