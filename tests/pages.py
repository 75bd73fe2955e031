"""Pages for the browser as a parser sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

EMPTY = frozenset({"meta"})
"""Elements without an end."""


@dataclass(slots=True)
class Element:
    """An element: its name, its attributes, and the text within it."""

    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class _Parser(HTMLParser):
    found: list[Element] = field(default_factory=list[Element])
    open: list[Element] = field(default_factory=list[Element])
    strange: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.found.append(made)
        if tag not in EMPTY:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop().name != tag:
            self.strange.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        for one in self.open:
            one.text += data

    def handle_comment(self, data: str) -> None:
        self.strange.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        if decl != "DOCTYPE html":
            self.strange.append(decl)

    def handle_pi(self, data: str) -> None:
        self.strange.append(data)

    def unknown_decl(self, data: str) -> None:
        self.strange.append(data)


def elements(text: str) -> list[Element]:
    """The elements of a page, each of which is closed where it should be; it has no comments."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert not parser.strange and not parser.open, (parser.strange, parser.open)
    return parser.found


def element(found: Sequence[Element], name: str, attribute: str) -> Element:
    """The one element of that name with that attribute."""
    (one,) = (each for each in found if each.name == name and attribute in each.attributes)
    return one
