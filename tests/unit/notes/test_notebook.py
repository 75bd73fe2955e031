"""Notebooks: Markdown cells in order, lines counted within the cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derive.errors import DeriveError
from derive.notes import Declarations, Display, read_note


def notebook(*cells: tuple[str, str | list[str]]) -> str:
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 4,
            "metadata": {},
            "cells": [
                {"cell_type": kind, "metadata": {}, "source": source}
                | ({"outputs": [], "execution_count": None} if kind == "code" else {})
                for kind, source in cells
            ],
        }
    )


def test_cells() -> None:
    text = notebook(
        ("markdown", ["```derive\n", "size n\n", "```\n", "$$\\newcommand{\\R}{r}$$"]),
        ("code", "'''\n$$ no = no $$\n'''"),
        ("markdown", "a\n\n$$\nx = y\n$$ (eq-a)\n"),
    )
    found = read_note(Path("a.ipynb"), text)
    first, second = found.blocks
    assert isinstance(first, Declarations) and isinstance(second, Display)
    assert (first.lines[0].place.cell, first.lines[0].place.line) == (1, 2)
    assert (second.rows[0].source.place.cell, second.rows[0].source.place.line, second.label) == (3, 4, "eq-a")
    assert set(found.macros) == {"R"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "null", '{"nbformat": 4, "cells": 3}', '{"nbformat": 4, "cells": [{"cell_type": 1}]}']
)
def test_no_notebook(text: str) -> None:
    with pytest.raises(DeriveError, match=r"a\.ipynb: not a notebook"):
        read_note(Path("a.ipynb"), text)
