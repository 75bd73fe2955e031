"""Models declared in files: the declarations of a note, or of a file that holds nothing else, as a model for derivations."""

from __future__ import annotations

from pathlib import Path

from derive.errors import DeriveError, ReadingError
from derive.models import LatentModel, of_declarations
from derive.notation.declarations import Dictionary
from derive.notes import Declarations, Note, Source, read_note
from derive.notes.packs import pack


def model_in(path: Path) -> LatentModel:
    """The model that the declarations of a file speak of, in their own letters.

    Raises:
        DeriveError: the file cannot be read, a declaration is not understood (the message begins with its place), or what they
            declare is no model of i.i.d. data with a latent each.
    """
    note = read_note(path)
    dictionary = Dictionary(note.macros)
    declarations = _declarations(note, path)
    dictionary.tell_apart(text for _, text in declarations)
    for source, text in declarations:
        try:
            dictionary.declare(text)
        except ReadingError as error:
            place = source.at(min(error.start, len(source.text)))
            raise DeriveError(f"{path}:{place.line}:{place.column}: {error}") from error
    try:
        return of_declarations(dictionary, path.stem, path.stem.replace("-", " ").replace("_", " ").capitalize())
    except DeriveError as error:
        raise DeriveError(f"{path}: {error}") from error


def lines_in(path: Path) -> str:
    """The declarations of a file, one a line.

    Raises:
        DeriveError: the file cannot be read.
    """
    return "\n".join(text for _, text in _declarations(read_note(path), path))


def _declarations(note: Note, path: Path) -> list[tuple[Source, str]]:
    """Every declaration with the place at which it stands; those of a pack stand where it is used."""
    found: list[tuple[Source, str]] = []
    for block in note.blocks:
        for line in block.lines if isinstance(block, Declarations) else ():
            word, _, name = line.text.strip().partition(" ")
            texts = [source.text for source in pack(name.strip(), path.parent)] if word == "use" else [line.text]
            found += [(line, text) for text in texts]
    return found
