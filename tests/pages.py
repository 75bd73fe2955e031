"""Reports as those see them who read them: a browser, or a search for the verdicts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

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


def misshapen(text: str) -> Iterator[str]:
    """What the standard of pages forbids beyond what can be closed: headings that skip a level, columns of a table in which no
    cell begins, noncharacters, and formulas that are no XML."""
    level = column = wide = 0
    begun = {0}
    for one in [*elements(text), Element("table", {})]:
        if re.fullmatch("h[1-6]", one.name):
            if int(one.name[1]) > level + 1:
                yield f"{one.name} below h{level}"
            level = int(one.name[1])
        elif one.name == "table":
            if begun != set(range(wide)) and wide:
                yield f"a table with cells that begin in the columns {sorted(begun)} of {wide}"
            begun, wide = set[int](), 0
        elif one.name == "tr":
            column = 0
        elif one.name in ("td", "th"):
            begun.add(column)
            column += int(one.attributes.get("colspan", "1"))
            wide = max(wide, column)
    yield from (f"{sign!r}" for sign in text if ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) < 0xFDF0)
    for formula in re.findall(r"<math.*?</math>", text, re.DOTALL):
        try:
            ElementTree.fromstring(formula)
        except ElementTree.ParseError as error:
            yield f"{error} in {formula}"


REFERENCE = re.compile(r"(?:file:///)?(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-Fa-f]{2})+")
"""A file in a report for services: from the root, or from where the run was, without a colon in its name."""
Shape = dict[str, tuple[bool, Any]]
PLACED: Shape = {"startLine": (True, int), "startColumn": (True, int), "endLine": (False, int), "endColumn": (False, int)}
SPOKEN: Shape = {"text": (True, str)}
LOGICAL: Shape = {"name": (True, str), "kind": (False, str)}
LOCATED: Shape = {
    "physicalLocation": (True, {"artifactLocation": (True, {"uri": (True, REFERENCE)}), "region": (True, PLACED)}),
    "logicalLocations": (False, [LOGICAL]),
}
RESULT: Shape = {
    "ruleId": (True, str),
    "ruleIndex": (True, int),
    "level": (True, re.compile("none|note|warning|error")),
    "message": (True, SPOKEN),
    "locations": (True, [LOCATED]),
    "properties": (False, dict),
}
RULE: Shape = {"id": (True, str), "shortDescription": (False, SPOKEN), "fullDescription": (False, SPOKEN)}
DRIVER: Shape = {"name": (True, str), "version": (False, str), "rules": (True, [RULE])}
LOG: Shape = {
    "$schema": (True, re.compile("https://[a-z.]+/sarif-2[.]1[.]0[.]json")),
    "version": (True, re.compile("2[.]1[.]0")),
    "runs": (
        True,
        [
            {
                "tool": (True, {"driver": (True, DRIVER)}),
                "columnKind": (False, re.compile("utf16CodeUnits|unicodeCodePoints")),
                "results": (True, [RESULT]),
                "properties": (False, dict),
            }
        ],
    ),
}
"""What SARIF 2.1.0 allows of what we write, and whether it, or a reader, requires it. Nothing else may stand there."""


def unlike(value: Any, shape: Any, where: str = "log") -> Iterator[str]:
    """Where a value is not of a shape."""
    if not _is_of(value, shape):
        yield f"{where}: {value!r}"
    elif isinstance(shape, list):
        for place, one in enumerate(value):
            yield from unlike(one, shape[0], f"{where}[{place}]")
    elif isinstance(shape, dict):
        known: Shape = shape
        yield from (f"{where}.{name}: not allowed" for name in value if name not in known)
        for name, (needed, inner) in known.items():
            if name in value:
                yield from unlike(value[name], inner, f"{where}.{name}")
            elif needed:
                yield f"{where}.{name}: missing"


def _is_of(value: Any, shape: Any) -> bool:
    """Whether a value is of the kind of a shape, whatever is in it."""
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and re.fullmatch(shape, value) is not None
    kind: type = type(shape) if isinstance(shape, (dict, list)) else shape
    return isinstance(value, kind) and not isinstance(value, bool) and value != ""


def unlike_sarif(log: Any) -> list[str]:
    """What is wrong with a report as a log of SARIF 2.1.0: its shape, its numbers, and what refers to what."""
    wrong = list(unlike(log, LOG))
    for run in () if wrong else log["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        wrong += [f"the rules {rules}"] if len(set(rules)) < len(rules) else []
        for result in run["results"]:
            if not 0 <= result["ruleIndex"] < len(rules) or rules[result["ruleIndex"]] != result["ruleId"]:
                wrong.append(f"the rule {result['ruleIndex']}")
            for location in result["locations"]:
                region = location["physicalLocation"]["region"]
                begin = region["startLine"], region["startColumn"]
                if min(region.values()) < 1 or (region.get("endLine", begin[0]), region.get("endColumn", 1 << 30)) < begin:
                    wrong.append(f"the region {region}")
    return wrong


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
