"""Hostile and broken input: rows, declarations and whole notes, one text file a kind, each input with what is to come of it.

Marks in the files stand for what cannot be seen or is too long: ``<U+202E>`` is a character, ``<HEX ff fe>`` bytes, ``<60*(>`` a
text so many times, ``<CANARY>`` the path of a file that must never come to be. What is to come of an input is one word:

    right       every row passes, or is left open
    never       no row passes
    unread      no row is read
    claimless   nothing is claimed: rows are skipped or defined, or there are none
    trouble     a declaration is refused
    refused     the note cannot be read at all
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
FATES = ("right", "never", "unread", "claimless", "trouble", "refused")
DECLARED = r"""```derive
size n, k
index i in 1..n ; j in 1..k
data x_i in R
param \mu in R ; \tau in positive ; \pi in simplex(k)
const a in R ; b in positive
{more}
```

$$
\newcommand{\recur}{\recur\recur}
\newcommand{\recurb}[1]{\recurb{#1#1}}
\newcommand{\tena}{\tau\tau\tau\tau\tau\tau\tau\tau\tau\tau}
\newcommand{\tenb}{\tena\tena\tena\tena\tena\tena\tena\tena\tena\tena}
\newcommand{\tenc}{\tenb\tenb\tenb\tenb\tenb\tenb\tenb\tenb\tenb\tenb}
\newcommand{\many}{\tenc\tenc\tenc\tenc\tenc\tenc\tenc\tenc\tenc\tenc}
\newcommand{\double}{\many\many}
\newcommand{\argument}[1]{\tau + #1}
$$
"""
FALSE_ROWS = (r"1 = 2", r"\tau = 2 \tau", r"\sum_i x_i = 2 \sum_i x_i", r"a + b = 2")
_MARKS = re.compile(r"<U\+([0-9A-F]{4,6})>")
_REPEATED = re.compile(r"<(\d+)\*(.*?[^\\])>", re.DOTALL)
_BYTES = re.compile(rb"<HEX ((?:[0-9a-f]{2} ?)+)>")


@dataclass(frozen=True, slots=True)
class Input:
    """A note of the corpus: where it stands there, the name of its file, its bytes, and what is to come of it."""

    where: str
    file: str
    raw: bytes
    fate: str


def expanded(text: str, canary: Path) -> bytes:
    """A text of the corpus with its marks written out."""
    text = text.replace("<CANARY>", str(canary))
    text = _MARKS.sub(lambda met: chr(int(met[1], 16)), text)
    text = _REPEATED.sub(lambda met: met[2] * int(met[1]), text)
    return _BYTES.sub(lambda met: bytes.fromhex(met[1].decode()), text.encode("utf-8", "surrogatepass"))


def rows(canary: Path) -> Iterator[Input]:
    """Every row of the corpus below ordinary declarations, in a note of its own."""
    for path in sorted((FOLDER / "rows").glob("*.txt")):
        for number, fate, text in _lines(path):
            head = DECLARED.replace("{more}\n", "").encode()
            yield Input(f"{path.name}:{number}", "note.md", head + b"\n$$\n" + expanded(text, canary) + b"\n$$\n", fate)


def declarations(canary: Path) -> Iterator[Input]:
    """Every declaration of the corpus among ordinary ones, with rows below that are false whatever it says."""
    path = FOLDER / "declarations.txt"
    for number, fate, text in _lines(path):
        head, _, tail = DECLARED.partition("{more}")
        below = "".join(f"\n$$ {row} $$\n" for row in FALSE_ROWS)
        yield Input(f"{path.name}:{number}", "note.md", head.encode() + expanded(text, canary) + (tail + below).encode(), fate)


def lines_of_declarations() -> Iterator[tuple[int, str, str]]:
    """The declarations themselves: the line of the file, what is to come of it, and its text."""
    yield from _lines(FOLDER / "declarations.txt")


def notes(canary: Path) -> Iterator[Input]:
    """The whole notes of the corpus."""
    path = FOLDER / "notes.txt"
    for part in path.read_text(encoding="utf-8").split("===== ")[1:]:
        head, _, text = part.partition("\n")
        name, fate = head.split()
        yield Input(f"{path.name}:{name}", name, expanded(text, canary), fate)


def inputs(canary: Path) -> Iterator[Input]:
    yield from rows(canary)
    yield from declarations(canary)
    yield from notes(canary)


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line:
            fate, _, text = line.partition(" ")
            yield number, fate, text
