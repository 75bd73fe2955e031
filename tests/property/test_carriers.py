"""Any text gives a note or a DeriveError, and every row it gives stands where it says."""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import DeriveError
from derive.notes import Display, normal_text, read_note

PIECES = st.sampled_from([
    "$$", "$", "\\[", "\\]", "\\begin{align}", "\\end{align}", "\\begin{aligned}", "\\end{aligned}", "\\\\",
    "\\\\[5pt]", "{", "}", "&", "=", "a", "\n", "\n\n", " ", "> ", "- ", "    ", "`", "```", "```math\n",
    "```derive\n", "<!--", "-->", "derive:", "let a in R", ";", "#", "%", "% by: x\n", "%! derive\n", "%! end\n",
    "\\label{e}", "\\tag{1}", "\\text{so it}", "\\quad", "\\intertext{x}", "\\newcommand", "\\x", "\\def",
    "\\begin{verbatim}", "\\end{verbatim}", "\\input{x}", " (eq-a)", "\r\n", "\ufeff", "\0", "\u200f", "<div>", "\\",
    "[", "(",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["md", "tex", "ipynb"]))
def test_any_text(text: str, suffix: str) -> None:
    with contextlib.suppress(DeriveError):
        note = read_note(Path(f"nowhere/note.{suffix}"), text)
        lines = normal_text(text).split("\n")
        for block in note.blocks:
            if isinstance(block, Display):
                for row in block.rows:
                    place = row.source.place
                    assert lines[place.line - 1][place.column - 1] == row.source.text[0]
                    assert row.end_line >= place.line


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["md", "tex", "ipynb"]))
def test_any_bytes(raw: bytes, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"note.{suffix}"
        path.write_bytes(raw)
        with contextlib.suppress(DeriveError):
            read_note(path)


@pytest.mark.parametrize(
    "piece", ["$", "{", "\\[", "`", "$$\n", "%! derive\nsize n\n%! end\n", "\\text{ a}", "\\newcommand\\x ", "```{note}\n"]
)
@pytest.mark.parametrize("suffix", ["md", "tex"])
def test_long_texts_cost_linear_time(piece: str, suffix: str) -> None:
    """A quadratic pass over half a mebibyte would not end within the test's time."""
    read_note(Path(f"nowhere/note.{suffix}"), piece * ((1 << 19) // len(piece)))
