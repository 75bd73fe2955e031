"""Notes as people write them: one carrier a file turns a note's text into declarations and displays with places in the file.

A carrier knows its file format and how a display falls into rows; it knows no mathematics. What a row says is read elsewhere
(``derive.notation``).
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from derive.errors import DeriveError, LimitError, UnknownNameError

MAXIMUM_BYTES = 1 << 20
"""A longer note is refused before it is parsed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: 1-based line and column of the file; ``cell`` counts a notebook's cells from 1 (its lines are the
    lines within that cell), ``file`` names an included file as the note writes it, else they are None."""

    line: int
    column: int = 1
    cell: int | None = None
    file: str | None = None


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
            return replace(self.place, column=self.place.column + offset)
        column = offset - before.rfind("\n") + self.prefix
        return replace(self.place, line=self.place.line + breaks, column=column)


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
    provided: bool = False
    """Whether it is a definition only where there is none yet (``\\providecommand``)."""
    twice: bool = False
    """Whether the note defines it in two ways: what it stands for depends on the place, which is not followed."""


def add_macro(macros: dict[str, Macro], macro: Macro) -> None:
    """Take in a definition; two that differ are remembered as such."""
    known = macros.get(macro.name)
    if known is None:
        macros[macro.name] = macro
    elif not macro.provided and (known.arity, known.body, known.default) != (macro.arity, macro.body, macro.default):
        macros[macro.name] = replace(known, twice=True)


@dataclass(frozen=True, slots=True)
class Warned:
    """What was passed over, though it may be meant (a display that is never closed, a comment that swallows a row break)."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note as its carrier read it: blocks in the order in which they stand, macros that it defines; the folder it lies in."""

    file: str
    blocks: tuple[Declarations | Display, ...]
    macros: dict[str, Macro] = field(default_factory=dict[str, Macro])
    warnings: tuple[Warned, ...] = ()
    folder: Path = Path()


@dataclass(frozen=True, slots=True)
class Carrier:
    """A file format: the suffixes it is known by, and its reader (text and the note's path, for messages and ``\\input``)."""

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[str, Path], Note]


def carriers() -> tuple[Carrier, ...]:
    """All carriers: each module of this folder that holds a ``CARRIER``."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return tuple(module.CARRIER for module in modules if hasattr(module, "CARRIER"))


def read_text(path: Path) -> str:
    """The text of a file, with ``\\n`` for every kind of line end and without a byte order mark.

    Raises:
        DeriveError: there is no such file, or it is not UTF-8.
        LimitError: it is longer than ``MAXIMUM_BYTES``.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DeriveError(f"cannot read {str(path)!r}: {reason}, expected a file") from error
    return decoded(raw, path)


def decoded(raw: bytes, path: Path) -> str:
    """The text of a note from its bytes; ``path`` is for messages.

    Raises:
        DeriveError: it is not UTF-8.
        LimitError: it is longer than ``MAXIMUM_BYTES``.
    """
    if len(raw) > MAXIMUM_BYTES:
        raise LimitError(f"{path}: too long, expected at most {MAXIMUM_BYTES} bytes; split the note")
    try:
        return normal_text(raw.decode("utf-8", errors="strict"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        raise DeriveError(f"{path}:{line}: not UTF-8; save the note as UTF-8") from error


_SPACES = (0x0B, 0x0C, 0x85)
_NONE = (*range(0xFDD0, 0xFDF0), *(plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)))
"""Unicode calls these noncharacters: no page for the browser may have one."""
_UNSEEN = (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), *_NONE)
_NORMAL = {**dict.fromkeys(_UNSEEN, "\ufffd"), **dict.fromkeys(_SPACES, " ")}
"""No character that steers a terminal, and none that is no character, gets into a note: reports show its rows."""


def normal_text(text: str) -> str:
    """``text`` with ``\n`` for every line end, no byte order mark, and U+FFFD for NUL and the like."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").translate(_NORMAL)


def read_note(path: Path, text: str | None = None) -> Note:
    """The note at ``path``; with ``text``, that text as if it stood there (``-`` is the standard input).

    A file ``NAME.derive`` beside the note comes first, as declarations.

    Raises:
        UnknownNameError: no carrier knows the suffix.
        DeriveError: the file cannot be read; LimitError: it is too long.
    """
    if text is None:
        _carrier(path, None)
        text = read_text(path)
    elif len(text.encode("utf-8", errors="surrogatepass")) > MAXIMUM_BYTES:
        raise LimitError(f"{path}: too long, expected at most {MAXIMUM_BYTES} bytes; split the note")
    else:
        text = normal_text(text)
    note = replace(_carrier(path, text).read(text, path), folder=path.parent.resolve())
    beside = path.with_suffix(".derive") if path.name not in ("", "-") else None
    if beside is None or beside == path or not _is_file(beside):
        return note
    declared = _carrier(beside, None).read(read_text(beside), beside)
    return replace(note, blocks=(*declared.blocks, *note.blocks))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False  # a name that is too long, say


def _carrier(path: Path, text: str | None) -> Carrier:
    known = {suffix: carrier for carrier in carriers() for suffix in carrier.suffixes}
    if str(path) == "-":
        return known[".tex" if text is not None and _is_latex(text) else ".md"]
    if path.is_dir():
        raise DeriveError(f"a folder: {str(path)!r}, expected a note")
    if path.suffix.lower() not in known:
        raise UnknownNameError.among("suffix of a note", path.suffix, known)
    return known[path.suffix.lower()]


def _is_latex(text: str) -> bool:
    """Whether a text without a file's name is LaTeX: a document, or a bare ``align`` and no sign of Markdown."""
    if re.match(r"\s*(?:%[^\n]*\n\s*)*\\documentclass", text):
        return True
    if re.search(r"^\s*(?:```|~~~|<!--)", text, flags=re.MULTILINE):
        return False
    return "\\begin{align" in "".join(text.split("$$")[::2])
