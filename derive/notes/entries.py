"""Entries of the language of declarations: where each begins and ends in a file, and which of them are hints."""

from __future__ import annotations

import bisect
import re

from derive.notes import Place, Source

DECLARES = (
    "size", "index", "data", "latent", "param", "const", "fun", "posterior", "frozen", "define", "assume", "use", "reset",
)  # fmt: skip
HINTS = ("let", "free", "solves", "maximises", "maximizes", "minimises", "minimizes", "from", "expect", "skip")

_MARK = re.compile(r"\\[{}]|\\.|[(\[{]|[)\]}]|;|#|\n|\"", re.DOTALL)
_DECLARATION = re.compile(rf"\s*(?:{'|'.join(DECLARES)})\b")


class Lines:
    """The lines of a text: the place of any offset."""

    def __init__(self, text: str, *, cell: int | None = None, file: str | None = None) -> None:
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.cell = cell
        self.file = file

    def line(self, offset: int) -> int:
        """The 1-based line of ``offset``."""
        return bisect.bisect_right(self.starts, offset)

    def place(self, offset: int) -> Place:
        """The place of ``offset``."""
        line = self.line(offset)
        return Place(line, offset - self.starts[line - 1] + 1, self.cell, self.file)


def entries(text: str, start: int, end: int, lines: Lines, *, shift: int = 0) -> tuple[Source, ...]:
    """The entries between two offsets: ``;`` and new lines outside brackets end one, ``#`` begins a comment.

    A bracket never closed does not swallow the declarations below it: a line that begins with their keywords, or an
    empty one, ends an entry in any case. ``shift`` is where ``text`` begins in the file that ``lines`` counts.
    """
    found: list[Source] = []
    pieces: list[str] = []
    begin = cursor = start
    depth = 0

    def finish(at: int) -> None:
        nonlocal begin, cursor, depth
        pieces.append(text[cursor:at])
        entry = "".join(pieces)
        if inner := entry.strip():
            found.append(Source(inner, lines.place(shift + begin + len(entry) - len(entry.lstrip()))))
        pieces.clear()
        begin = cursor = at + 1
        depth = 0

    at = start
    while mark := _MARK.search(text, at, end):
        at = mark.end()
        match mark.group():
            case "(" | "[" | "{" | "\\{":
                depth += 1
            case ")" | "]" | "}" | "\\}":
                depth = max(depth - 1, 0)
            case '"':  # a reason in quotation marks, on one line, is one piece
                close, line_end = text.find('"', at, end), text.find("\n", at, end)
                if close >= 0 and (line_end < 0 or close < line_end):
                    at = close + 1
            case ";" if depth == 0:
                finish(mark.start())
            case "\n" if depth == 0 or not text[at : _line_end(text, at, end)].strip() or _DECLARATION.match(text, at, end):
                finish(mark.start())
            case "#":
                stop = _line_end(text, at, end)
                pieces += [text[cursor : mark.start()], " " * (stop - mark.start())]
                at = cursor = stop
            case _:
                pass
    finish(end)
    return tuple(found)


def hints_and_declarations(found: tuple[Source, ...]) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """Split what stands behind ``derive:`` in a comment: hints of the next display, and declarations.

    An entry without a keyword of its own (``let a in R ; b in R``) goes with the one before it.
    """
    hints: list[Source] = []
    declarations: list[Source] = []
    kind = declarations
    for entry in found:
        word = re.match(r"[A-Za-z]*", entry.text)
        keyword = word.group() if word else ""
        if keyword in HINTS or entry.text == "define":
            kind = hints
        elif keyword in DECLARES or "~" in entry.text or "\\sim" in entry.text:
            kind = declarations
        kind.append(entry)
    return tuple(hints), tuple(declarations)


def _line_end(text: str, at: int, end: int) -> int:
    stop = text.find("\n", at, end)
    return end if stop < 0 else stop
