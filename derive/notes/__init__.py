"""Notes as people write them: one carrier a file turns a note's text into declarations and displays with places in the file.

A carrier knows its file format and how a display falls into rows; it knows no mathematics. What a row says is read elsewhere
(``derive.notation``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: 1-based line and column of the file; ``cell`` counts a notebook's cells from 1 (its lines are the
    lines within that cell), else None."""

    line: int
    column: int = 1
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of a note, verbatim, new lines included; where it begins, so that any offset has a line and column.

    ``prefix`` is how many characters each line after the first had before the text (``%! ``, list indentation), which were cut.
    """

    text: str
    place: Place
    prefix: int = 0

    def at(self, offset: int) -> Place:
        """The place of the character at ``offset`` of ``text``."""
        before = self.text[:offset]
        breaks = before.count("\n")
        if not breaks:
            return Place(self.place.line, self.place.column + offset, self.place.cell)
        column = offset - before.rfind("\n") + self.prefix
        return Place(self.place.line + breaks, column, self.place.cell)


@dataclass(frozen=True, slots=True)
class Declarations:
    """Lines of the language of declarations, in order: one ``Source`` for each declaration (comments cut, ``;`` split)."""

    lines: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a display: from behind one row break to the next, alignment marks and commands for layout still in it.

    ``source.text`` has comments blanked out by spaces (so offsets stay true). ``reason`` is the author's reason (``% by: why``,
    ``&& \\text{..}``, ``\\tag{..}``, an ``\\intertext`` before the row), ``end_line`` the line on which the row ends.
    """

    source: Source
    end_line: int
    reason: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Display:
    """A displayed formula: its rows, its label (without brackets, ``#`` or ``eq:`` taken away never: as written), its hints.

    Hints are what stands behind ``derive:`` in comments above the display, one ``Source`` for each ``;``-separated hint.
    """

    rows: tuple[Row, ...]
    label: str
    hints: tuple[Source, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Macro:
    """``\\newcommand{\\name}[arity]{body}``; ``default`` is the value of an optional first argument, or None."""

    name: str
    arity: int
    body: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about the note worth saying that is no verdict (a comment that swallows a row break)."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note as its carrier read it: blocks in the order in which they stand, macros that it defines."""

    file: str
    blocks: tuple[Declarations | Display, ...]
    macros: dict[str, Macro] = field(default_factory=dict[str, Macro])
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True)
class Carrier:
    """A file format: the suffixes it is known by, and its reader (text and the note's path, for messages and ``\\input``)."""

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[str, Path], Note]
