"""The ways in which notes are read beside checking them: each is work for a process that is watched, known to it by its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from checks.row_worker import READING, Unread
from checks.supervision import reader

if TYPE_CHECKING:
    from derive.models import LatentModel


def as_rows(path: Path, text: str | None = None) -> list[str]:
    """How the rows of a note are understood, as lines of text."""
    from checks.notes import understood
    from derive.notes import read_note

    return list(understood(read_note(path, text)))


def as_skeleton(path: Path, text: str | None = None) -> list[str]:
    """Declarations for the symbols that a note does not declare."""
    from derive.notes import read_note
    from derive.notes.skeleton import skeleton

    return skeleton(read_note(path, text))


def as_declarations(path: Path, text: str | None = None) -> str:
    """The declarations of a file, one a line."""
    from derive.notes.models import lines_in

    return lines_in(path)


def as_model(path: Path, text: str | None = None) -> LatentModel:
    """The model that the declarations of a file speak of."""
    from derive.notes.models import model_in

    return model_in(path)


def tried_as_model(path: Path, text: str | None = None) -> None:
    """Read the model in a file, of which nothing is kept: it holds functions, which no other process can be handed."""
    as_model(path, text)


def model_in(path: Path, seconds: float = READING) -> LatentModel:
    """The model that the declarations of a file speak of: read in this process only once another has read it without harm.

    Each reading has so many seconds.

    Raises:
        DeriveError: it cannot be read, takes too long or too much memory, or is no model.
    """
    with reader("derive.notes.models", seconds=seconds) as worker:
        worker.made(tried_as_model, path)
    return Unread(way=as_model, path=path, folder=os.getcwd()).read(seconds)
