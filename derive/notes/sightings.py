"""What letters stand in a note's displays, and what the places at which they stand tell of them.

Nothing is decided here: each letter collects signs from its places (``derive.notes.places``), from which what to declare is
guessed (``derive.notes.guesses``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.notation.latex_reader import BIG
from derive.notation.spellings import Argument, arguments_of, chunks_of, plain, sign_at
from derive.notation.surface import GREEK, Item, Items
from derive.notes import Display, Note, Row

INDEX_LETTERS = frozenset("abcdghijklmnrsuv")
"""Letters that are indices where they stand in a script and nowhere else; x, y, z, t are rather marks."""
MARKS = ("old", "new", "ml", "mle", "map", "opt", "ols", "true", "prior", "post", "max", "min")
GREEK_LETTERS = frozenset(f"\\{name}" for name in GREEK.values()) | {"\\ell", "\\varepsilon"}


@dataclass(slots=True)
class Seen:
    """A letter with its pattern of scripts: its first spelling, the letters met at each slot, and the signs of its places."""

    item: Item
    order: int
    slots: tuple[list[str], ...]
    signs: set[str] = field(default_factory=set[str])
    calls: dict[int, Item] = field(default_factory=dict[int, Item])
    """Its brackets with arguments, one for each number of them."""

    @property
    def head(self) -> str:
        return self.item.text


Key = tuple[str, tuple[str, ...], tuple[str, ...], int]
"""A letter's name, its subscripts and superscripts (``#`` for an index), its primes."""


@dataclass(slots=True)
class Sightings:
    """All letters of a note, sizes and indices apart."""

    sizes: dict[str, None] = field(default_factory=dict[str, None])
    bound: dict[str, tuple[int, str] | None] = field(default_factory=dict[str, "tuple[int, str] | None"])
    """Letters of sums with the ends of the sum, None where it has none."""
    scripts: dict[str, None] = field(default_factory=dict[str, None])
    bases: set[str] = field(default_factory=set[str])
    letters: dict[Key, Seen] = field(default_factory=dict[Key, Seen])
    definitions: dict[Key, tuple[str, str]] = field(default_factory=dict[Key, tuple[str, str]])
    """What stands alone on the left of ``=`` before it is used: its left and right side as they are written."""
    own: set[str] = field(default_factory=set[str])
    """Names that the note itself defines by ``:=``."""
    densities: list[tuple[Argument, ...]] = field(default_factory=list["tuple[Argument, ...]"])
    normals: list[tuple[Argument, ...]] = field(default_factory=list["tuple[Argument, ...]"])
    values: dict[Key, str] = field(default_factory=dict[Key, str])
    """The letter that stands for a latent's value: the k of ``p(z_i=k)``."""
    sums: list[tuple[list[Key], list[str]]] = field(default_factory=list["tuple[list[Key], list[str]]"])
    """Letters that are added to one another, and with what the products begin that are added to them."""
    plain_divergence: bool = False
    """Whether a divergence stands there as K times L."""
    dimension: str = ""
    """The d of ``(2\\pi)^{d/2}``."""

    def is_index(self, name: str) -> bool:
        """Whether a letter of a script is an index: bound by a sum, or like one and never a value."""
        if name in self.bound:
            return True
        return name in self.scripts and name in INDEX_LETTERS and name not in self.bases and name not in self.sizes


def rows_of(note: Note) -> Iterator[tuple[str, bool]]:
    """The rows of a note's displays as text, those that go on from one another as one."""
    for block in note.blocks:
        if isinstance(block, Display):
            defines = any(hint.text.strip() == "define" for hint in block.hints)
            for number, text in enumerate(_joined(block.rows)):
                yield text, defines and not number


def _joined(rows: tuple[Row, ...]) -> list[str]:
    found: list[str] = []
    for row in rows:
        signs = r"\\(?:nonumber|notag)\b" + ("" if "\\begin" in row.source.text else r"|(?<!\\)&")
        text = " ".join(re.sub(signs, " ", row.source.text).split())
        text = _without_end(text)
        if found and (re.match(r"(?:\\q?quad|[{}]|\s)*(?:[-+]|\\cdot|\\times)", text) or re.search(r"[-+=]\s*$", found[-1])):
            found[-1] += f" {text}"
        else:
            found.append(text)
    return found


_SPACE = re.compile(r"(?:\s|\\[,; ]|\\q?quad)\Z")


def _without_end(text: str) -> str:
    """A row without its full stop and the spaces before it; one after the other, since rows may have thousands."""
    text = text.rstrip()
    end = len(text)
    if text.endswith((".", ",", ";")) and text[-2:-1] != "\\":
        end -= 1
    while found := _SPACE.search(text, max(0, end - 6), end):
        end = found.start()
    return text[:end]


def arguments_with_values(items: Items) -> tuple[Items, Items]:
    """An argument taken apart at its equals sign: the z_i and the k of ``z_i=k``."""
    cut = sign_at(items, "=")
    return (items, ()) if cut is None else (items[:cut], items[cut + 1 :])


def lone(items: Items) -> Item | None:
    """The one letter that the items are."""
    return items[0] if len(items) == 1 and items[0].kind == "letter" else None


def unfenced(chunk: Items) -> Items:
    return chunk[0].parts[0] if len(chunk) == 1 and chunk[0].kind == "fence" and chunk[0].text == "()" else chunk


def is_mark(script: Items) -> bool:
    """Whether a script is a word of single letters: ``\\theta^{old}``."""
    return plain(script).lower() in MARKS


def chunks(script: Items) -> tuple[Items, ...]:
    """The indices and marks of a script, a word of single letters as one."""
    return (script,) if is_mark(script) else chunks_of(script)


def find_indices(found: Sightings, items: Items, *, script: bool = False) -> None:
    """Note the letters that sums bind, that stand in scripts, and that are values."""
    for at, item in enumerate(items):
        if item.kind == "letter" and item.text in BIG:
            _bind(found, item)
            continue
        if item.kind == "letter":
            bare = item.sub is None and not item.sups
            if script and bare:
                found.scripts[item.text] = None
            elif not script and bare and not (at and items[at - 1].is_sign("=") and len(items) == at + 1):
                found.bases.add(item.text)
        for part in item.parts:
            for inner in [a.items for a in arguments_of(part)] if item.kind == "fence" else [part]:
                one = lone(inner) if item.kind == "fence" else None
                find_indices(found, inner, script=script or (one is not None and one.text in "ijkl"))
                value = lone(arguments_with_values(inner)[1])
                if value is not None and item.kind == "fence":
                    found.scripts[value.text] = None
        for sub in (item.sub or (), *(sup for sup in item.sups if lone(unfenced(sup)) and lone(sup) is None)):
            for chunk in chunks(sub):
                find_indices(found, unfenced(chunk), script=item.text != "\\nabla")
        for sup in item.sups:
            if lone(unfenced(sup)) is None and not is_mark(sup):
                find_indices(found, sup)


def _bind(found: Sightings, item: Item) -> None:
    below = item.sub or ()
    cut = next((k for k, one in enumerate(below) if one.kind == "sign" and one.text not in ",;"), len(below))
    lower = plain(below[cut + 1 :]) if cut < len(below) and below[cut].text == "=" else ""
    upper = plain(item.sups[0]) if item.sups else ""
    above = lone(item.sups[0]) if item.sups else None
    if above is not None and above.sub is None and above.text != "\\infty":
        found.sizes[above.text] = None
    ends = (int(lower), upper) if re.fullmatch(r"-?\d{1,6}", lower) and (upper in found.sizes or upper.isdecimal()) else None
    for one in below[:cut] if item.text != "\\int" else ():
        if one.kind == "letter" and one.sub is None and not one.sups:
            found.bound[one.text] = found.bound.get(one.text) or ends
    for one in below[cut + 1 :]:
        if one.kind == "letter":
            found.scripts[one.text] = None


def within(items: Items) -> Iterator[Item]:
    """All items, those inside others too."""
    for item in items:
        yield item
        for part in (*item.parts, item.sub or (), *item.sups):
            yield from within(part)
