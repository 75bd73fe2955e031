"""Notation packs: declarations that many notes share, one file a model and author; a note takes one in by ``use cs229/gmm``.

A name that no pack has is a path of a file of declarations, relative to the note and inside its folder.
"""

from __future__ import annotations

from pathlib import Path

from derive.errors import UnknownNameError
from derive.notes import Source, read_text
from derive.notes.entries import Lines, entries

SUFFIX = ".derive"
_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of all packs."""
    return sorted(str(path.relative_to(_FOLDER).with_suffix("")) for path in _FOLDER.rglob(f"*{SUFFIX}"))


def pack(name: str, folder: Path) -> tuple[Source, ...]:
    """The declarations of a pack, or of a file in the note's folder.

    Raises:
        UnknownNameError: there is no such pack, and no such file in the note's folder.
        DeriveError: the file cannot be read.
    """
    if name in names():
        path = _FOLDER / f"{name}{SUFFIX}"
    else:
        folder = folder.resolve()
        path = _beside(folder, name)
        if path is None or not path.is_relative_to(folder):
            raise UnknownNameError.among("notation pack", name, names())
    text = read_text(path)
    return entries(text, 0, len(text), Lines(text, file=path.name))


def _beside(folder: Path, name: str) -> Path | None:
    """The file of declarations that a name is the path of, where it is one."""
    try:
        path = (folder / name).resolve()
        path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX).resolve()
        return path if path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None
