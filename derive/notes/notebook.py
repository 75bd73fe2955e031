"""Jupyter notebooks: each Markdown cell is a piece of one note, its lines counted within the cell."""

from __future__ import annotations

import warnings
from pathlib import Path

import nbformat

from derive.errors import DeriveError
from derive.notes import Carrier, Declarations, Display, Macro, Note, Warned, normal_text
from derive.notes.markdown import read_markdown


def _read(text: str, path: Path) -> Note:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what nbformat misses in a notebook is no business of its derivations
            notebook = nbformat.reads(text, as_version=4)
        cells = [(str(cell["cell_type"]), _source(cell["source"])) for cell in notebook["cells"]]
    except Exception as error:  # nbformat lets through whatever its reading of a damaged file runs into
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DeriveError(f"{path}: not a notebook ({reason}), expected the JSON of nbformat 4") from error
    blocks: list[Declarations | Display] = []
    warned: list[Warned] = []
    macros: dict[str, Macro] = {}
    for number, (kind, source) in enumerate(cells, start=1):
        if kind == "markdown":
            found, _, said = read_markdown(normal_text(source), path, cell=number, macros=macros)
            blocks += found
            warned += said
    return Note(str(path), tuple(blocks), macros, tuple(warned))


def _source(source: object) -> str:
    if not isinstance(source, str):
        raise TypeError("the source of a cell is no text")
    return source


CARRIER = Carrier("notebook", (".ipynb",), _read)
