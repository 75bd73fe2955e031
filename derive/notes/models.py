"""Models declared in files: the declarations of a note, or of a file that holds nothing else, as a model for derivations."""

from __future__ import annotations

from pathlib import Path

from derive.errors import DeriveError, ReadingError
from derive.models import LatentModel, of_declarations
from derive.notation.declarations import Dictionary
from derive.notes import Declarations, read_note
from derive.notes.packs import pack


def model_in(path: Path) -> LatentModel:
    """The model that the declarations of a file speak of, in their own letters.

    Raises:
        DeriveError: the file cannot be read, a declaration is not understood (the message begins with its place), or what they
            declare is no model of i.i.d. data with a latent each.
    """
    note = read_note(path)
    dictionary = Dictionary(note.macros)
    for block in note.blocks:
        if not isinstance(block, Declarations):
            continue
        dictionary.tell_apart(line.text for line in block.lines)
        for line in block.lines:
            try:
                word, _, name = line.text.strip().partition(" ")
                shared = pack(name.strip(), path) if word == "use" else ()
                for text in [source.text for source in shared] if word == "use" else [line.text]:
                    dictionary.declare(text)
            except ReadingError as error:
                place = line.at(min(error.start, len(line.text)))
                raise DeriveError(f"{path}:{place.line}:{place.column}: {error}") from error
    try:
        return of_declarations(dictionary, path.stem, path.stem.replace("-", " ").replace("_", " ").capitalize())
    except DeriveError as error:
        raise DeriveError(f"{path}: {error}") from error
