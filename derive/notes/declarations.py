"""Declarations in a file of their own, as beside a note (``NAME.derive``): every line is a declaration."""

from __future__ import annotations

from pathlib import Path

from derive.notes import Carrier, Declarations, Note
from derive.notes.entries import Lines, entries


def _read(text: str, path: Path) -> Note:
    found = entries(text, 0, len(text), Lines(text, file=path.name))
    return Note(str(path), (Declarations(found),) if found else ())


CARRIER = Carrier("declarations", (".derive",), _read)
