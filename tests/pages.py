"""Reports as those see them who read them: a browser, or a search for the verdicts."""

from __future__ import annotations

import base64
import hashlib
import re
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


ELEMENTS = re.findall(
    "[a-z0-9]+",
    "html head meta title style body main header h1 h2 h3 p span section table tr th td div dl dt dd code mark pre footer "
    "math mi mn mo mrow mfrac msub msup msubsup munder mover munderover mspace mstyle",
)
ATTRIBUTES = re.findall(
    "[a-z-]+",
    "lang charset http-equiv content name class scope colspan displaystyle accent form stretchy lspace rspace width mathvariant",
)
"""What a page for the browser is made of."""


def foreign(text: str) -> list[str]:
    """What a page has that it should not: scripts, what loads or runs anything, a style that its policy does not know."""
    found = elements(text)
    wrong = [one.name for one in found if one.name not in ELEMENTS]
    wrong += [name for one in found for name in one.attributes if name not in ATTRIBUTES]
    wrong += [value for one in found for value in one.attributes.values() if re.search(r"://|[a-z]+:[^ ]", value)]
    (style,) = (one.text for one in found if one.name == "style")
    (policy,) = (one.attributes["content"] for one in found if one.attributes.get("http-equiv") == "Content-Security-Policy")
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    if policy != f"default-src 'none'; style-src 'sha256-{known}'; base-uri 'none'; form-action 'none'":
        wrong.append(policy)
    return wrong + re.findall(r"url\(|@import|expression", style)


def shown_verdicts(name: str, text: str) -> list[str]:
    """The verdicts of the rows of a report, in their order, as far as it shows every row."""
    if name == "html":
        cells = (one for one in elements(text) if one.name == "td" and "verdict" in one.attributes.get("class", "").split())
        return [cell.text for cell in cells]
    mark = {
        "text": r"^ +\d+  ([a-z]+)",
        "latex": r"line \d+; \\textit\{([a-z]+)\}",
        "markdown": r"^\*line \d+\* — \*\*([a-z]+)\*\*",
    }
    return re.findall(mark[name], text, flags=re.MULTILINE)
