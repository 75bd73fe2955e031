"""Markdown: displays between dollars, in environments and in fences; declarations in ``derive`` fences and comments.

markdown-it finds the blocks, so that code, HTML and quotes are told from formulas; a display is a block of its own to it
(a line of a formula that begins with ``-`` or ``>`` is no list and no quote).
"""

from __future__ import annotations

import bisect
import re
from collections import deque
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from derive.notes import Carrier, Declarations, Display, Macro, Note, Source, Warned, add_macro
from derive.notes.displays import (
    OUTER_NAMES,
    UNSEEN,
    Body,
    blanked,
    environment_end,
    find_macros,
    read_display,
    with_environments,
)
from derive.notes.entries import Lines, entries, hints_and_declarations

_OPENS = re.compile(rf"\$\$|\\?\\\[|\\begin\{{(?P<name>{OUTER_NAMES})\}}")
_LABEL = re.compile(r"[ \t]*[.,;]?[ \t]*(?:\(([^()\s]+)\)|\{#([^}\s]+)[^}\n]*\})[ \t]*(?:\n|$)")
_DIRECTIVE_LABEL = re.compile(r"\s*(?:---\s*\n\s*)?:?label:\s*(\S+)")
_OPTION = re.compile(r"[ \t]*(?::[a-z-]+:[^\n]*|---[ \t]*|[a-z-]+:[^\n]*)(?:\n|$)")
# Where a display that was never closed is given up: a fence, a heading or an unseen declaration is no formula.
_STOPS = re.compile(r"^[ \t>]*(?:```|~~~|#{1,6}[ \t]|<!--[ \t]*derive:)", re.MULTILINE)
_DOLLARS = re.compile(r"\\.|\$\$", re.DOTALL)
_INLINE = re.compile(
    rf"\\?\\\[|\\begin\{{(?P<name>{OUTER_NAMES})\}}|\\begin\{{(?P<unseen>{UNSEEN})\}}|\\.|`+|<!--|\$\$", re.DOTALL
)
_BRACKETS = ("\\[", "\\\\[")
"""Opening marks of displays in brackets; the backslash is doubled where Markdown takes one of them away."""
_RAW_HTML = re.compile(r"\s*<(?:script|pre|style|textarea)\b", re.IGNORECASE)
_MATHEMATICAL = re.compile(r"[=<>\\~≤≥≈∝]")


def _closing(text: str, opened: re.Match[str], limit: int) -> tuple[int, int, int]:
    """Start of the formula, its end (-1 where no closing mark stands before ``limit``) and the end of the closing mark."""
    if name := opened["name"]:
        end = environment_end(text, opened.end(), limit, name)
        after = end + len(f"\\end{{{name}}}")
        return opened.start(), after if end >= 0 else -1, after
    closing = opened.group().replace("[", "]")
    if closing == "$$":
        marks = (mark.start() for mark in _DOLLARS.finditer(text, opened.end(), limit) if mark.group() == "$$")
        end = next(marks, -1)
    else:
        end = text.find(closing, opened.end(), limit)
    return opened.end(), end, end + len(closing)


class _Reader:
    """Collects the blocks of one note in the order in which they stand."""

    def __init__(self, text: str, path: Path, cell: int | None, macros: dict[str, Macro]) -> None:
        self.prefixes: list[tuple[int, int]] = []
        self.stops = [found.start() for found in _STOPS.finditer(text)]
        self.text = text
        self.lines = Lines(text, cell=cell)
        self.path = path
        self.macros = macros
        self.blocks: list[Declarations | Display] = []
        self.hints: tuple[Source, ...] = ()
        self.warnings: list[Warned] = []
        self.given_up: dict[str, int] = {}

    def line_start(self, line: int) -> int:
        """The offset at which the 0-based ``line`` begins."""
        return self.lines.starts[line] if line < len(self.lines.starts) else len(self.text)

    def block_rule(self, state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        """A display that begins a line, as a block rule of markdown-it."""
        if state.is_code_block(start_line):
            return False
        at = state.bMarks[start_line] + state.tShift[start_line]
        opened = _OPENS.match(self.text, at)
        if opened is None or self.given_up.get(opened.group(), -1) > at:
            return False
        limit = min(self.line_start(end_line), len(self.text))
        if silent and opened.group() == "$$" and self.pending(self.line_start(state.line), at):
            return False
        next_stop = bisect.bisect_right(self.stops, at)
        if next_stop < len(self.stops):
            limit = min(limit, self.stops[next_stop])
        start, end, after = _closing(self.text, opened, limit)
        if end < 0:
            self.given_up[opened.group()] = limit
            return False
        if opened.group() in _BRACKETS and not _MATHEMATICAL.search(self.text, start, end):
            return False
        if silent:
            return True
        last = self.lines.line(max(after - 1, at)) - 1
        token = state.push("display", "", 0)
        token.map = [start_line, last + 1]
        token.meta = {"start": start, "end": end, "after": after}
        for line in range(start_line + 1, last + 1):
            # Marks of a quote before the lines of a formula are no part of it.
            self.prefixes.append((self.line_start(line), state.bMarks[line] + state.tShift[line]))
        state.line = last + 1
        return True

    def pending(self, start: int, at: int) -> bool:
        """Whether a paragraph begun at ``start`` has dollars open at ``at``, which those at ``at`` then close."""
        return sum(mark.group() == "$$" for mark in _DOLLARS.finditer(self.text, start, at)) % 2 == 1

    def display(self, start: int, end: int, label: str) -> None:
        body = Body(self.text, start, end, self.lines, label, self.hints)
        found = read_display(body)
        self.warnings += body.warnings
        if found is not None:
            self.hints = ()
            self.blocks.append(found)

    def comment(self, start: int, end: int) -> None:
        """What stands in an HTML comment: hints of the next display, declarations, or nothing of ours."""
        head = re.compile(r"\s*derive:").match(self.text, start, end)
        if head is None:
            return
        hints, declarations = hints_and_declarations(entries(self.text, head.end(), end, self.lines))
        if declarations:
            self.blocks.append(Declarations(declarations))
        self.hints += hints

    def inline(self, start: int, end: int) -> None:
        """Displays and comments within a paragraph: code spans and escapes are no formulas."""
        runs: dict[int, list[int]] = {}
        for run in re.finditer(r"`+", self.text[start:end]):
            runs.setdefault(len(run.group()), []).append(start + run.start())
        absent: set[str] = set()
        at = start
        while mark := _INLINE.search(self.text, at, end):
            at = mark.end()
            kind = mark.group()
            if kind[0] == "`":
                same = runs.get(len(kind), [])
                next_run = bisect.bisect_right(same, mark.start())
                at = same[next_run] + len(kind) if next_run < len(same) else at
            elif mark["unseen"]:
                self.warnings.append(Warned(self.lines.place(mark.start()), f"environment {mark['unseen']} is none that is read"))
            elif kind in absent or (kind[0] == "\\" and kind not in _BRACKETS and not mark["name"]):
                continue
            elif kind == "<!--":
                close = self.text.find("-->", at, end)
                if close < 0:
                    absent.add(kind)
                    continue
                self.comment(at, close)
                at = close + 3
            else:
                first, last, after = _closing(self.text, mark, end)
                if last < 0:
                    absent.add(kind)
                    if _MATHEMATICAL.search(self.text, mark.end(), end):
                        self.warnings.append(Warned(self.lines.place(mark.start()), f"{kind} is never closed"))
                elif kind not in _BRACKETS or _MATHEMATICAL.search(self.text, first, last):
                    at = self.labelled(first, last, after, end)

    def labelled(self, first: int, last: int, after: int, end: int) -> int:
        """Read a display with the label behind it; the offset behind both."""
        label = _LABEL.match(self.text, after, end)
        self.display(first, last, (label[1] or label[2]) if label else "")
        return label.end() if label else after

    def fence(self, token: Token) -> None:
        if token.map is None:
            return
        words = token.info.strip().split()
        kind = words[0] if words else ""
        if kind not in ("derive", "{derive}", "math", "{math}"):
            named = _NAMED.match(token.info.strip())
            if named and not _HOLDS_CODE.fullmatch(named[1]) and _LOOKS_DISPLAYED.search(token.content):
                message = f"a fence {{{named[1]}}} is not looked into, and a display stands in it"
                self.warnings.append(Warned(self.lines.place(self.line_start(token.map[0])), message))
            return
        start = self.line_start(token.map[0] + 1)
        end = self.line_start(token.map[0] + 1 + token.content.count("\n"))
        if kind in ("derive", "{derive}"):
            if found := entries(self.text, start, end, self.lines):
                self.blocks.append(Declarations(found))
            return
        label = ""
        while kind == "{math}" and start < end and (option := _OPTION.match(self.text, start, end)):
            if named := _DIRECTIVE_LABEL.match(option.group()):
                label = named[1]
            start = option.end()
        if kind == "{math}" and words[1:]:
            # A formula may begin on the line that opens the fence.
            start = self.text.index("{math}", self.line_start(token.map[0])) + len("{math}")
        self.display(start, end, label)

    def read(self) -> None:
        parser = MarkdownIt("commonmark").disable(["inline", "reference", "lheading"])
        # The rule goes before indented code is looked for by the fence; it asks for code itself.
        parser.block.ruler.before("fence", "display", self.block_rule, {"alt": ["paragraph", "blockquote", "list"]})
        tokens = parser.parse(self.text)
        self.blank_what_is_no_formula(tokens)
        for token in tokens:
            if token.map is None:
                continue
            start, end = self.line_start(token.map[0]), self.line_start(token.map[1])
            if token.type == "display":
                after = self.labelled(token.meta["start"], token.meta["end"], token.meta["after"], end)
                if after < end:
                    self.inline(after, end)
            elif token.type == "fence":
                self.fence(token)
            elif token.type == "inline" or (token.type == "html_block" and not _RAW_HTML.match(token.content)):
                self.inline(start, end)
        if self.hints:
            self.warnings.append(Warned(self.hints[0].place, "a hint with no display below it"))

    def blank_what_is_no_formula(self, tokens: list[Token]) -> None:
        """Blank the marks of quotes before lines, and definitions of macros, which are kept; code is left alone."""
        spans = self.prefixes
        quotes = 0
        for token in tokens:
            quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
            if token.map is None or token.type not in ("inline", "fence", "html_block", "display"):
                continue
            start, end = self.line_start(token.map[0]), self.line_start(token.map[1])
            if quotes and token.type != "display":
                marks = re.compile(rf"^[ \t]*(?:>[ \t]?){{1,{quotes}}}", re.MULTILINE)
                spans += [found.span() for found in marks.finditer(self.text, start, end)]
            if token.type != "fence" or token.info.strip().startswith(("math", "{math}")):
                for first, last, macro in find_macros(self.text, start, end):
                    add_macro(self.macros, macro)
                    spans.append((first, last))
        pieces: list[str] = []
        cursor = 0
        for start, end in sorted(spans):
            if start >= cursor and end > start:
                pieces += [self.text[cursor:start], blanked(self.text, start, end)]
                cursor = end
        self.text = "".join([*pieces, self.text[cursor:]])


_HOLDS_TEXT = (
    "note|tip|hint|important|warning|caution|attention|danger|error|seealso|admonition|dropdown|margin|sidebar|details|toggle|topic"
    "|card|card-carousel|tab-item|tab-set|grid|grid-item|grid-item-card|figure|table|list-table|epigraph|pull-quote|highlights"
    "|container|compound|rubric|div|aside|blockquote|versionadded|versionchanged|deprecated|exercise-start|solution-start"
    "|proof|theorem|lemma|definition|remark|example|exercise|solution|prf:[a-z]+"
)
_NAMED = re.compile(r"\{\s*([=.:\w-]+)")
_HOLDS_CODE = re.compile(
    r"code|code-block|code-cell|sourcecode|literalinclude|raw|parsed-literal|mermaid|graphviz|prompt|ipython|plot|doctest|test\w+|highlight"
    r"|r|python|py|julia|bash|sh|shell|zsh|console|stan|js|ojs|javascript|sql|dot|octave|matlab|[rR]?cpp|c|fortran|html|css|json|yaml"
)
"""Directives, and the languages of cells, in whose fences code stands."""
_LOOKS_DISPLAYED = re.compile(rf"\$\$|\\\[|\\begin\s*\{{(?:{OUTER_NAMES})\}}|\.\. math::")
_DIRECTIVE = re.compile(
    rf"^[ ]{{0,3}}(?:(?P<text>`{{3,}})(?=\{{(?:{_HOLDS_TEXT})\}})|(?P<math>:{{3,}})(?=[ ]?\{{math\}}))", re.MULTILINE
)
_FENCE = re.compile(r"^[ ]{0,3}(?P<fence>`{3,}|:{3,})[ \t]*$", re.MULTILINE)


def _opened(text: str) -> str:
    """The text with directives in the fences that Markdown reads as what they hold.

    One that holds text, ``{note}`` in a fence of backticks, has colons for a fence, and is looked into; ``{math}`` in a fence of
    colons has backticks.
    """
    closings: dict[str, deque[int]] = {}
    for found in _FENCE.finditer(text):
        closings.setdefault(found["fence"], deque()).append(found.start("fence"))
    signs: list[str] | None = None
    for found in _DIRECTIVE.finditer(text):
        fence, other = (found["text"], ":") if found["text"] else (found["math"], "`")
        following = closings.get(fence, deque[int]())
        while following and following[0] < found.end():
            following.popleft()
        if following or found["math"]:
            # A fence that is never closed ends with the text.
            signs = signs or list(text)
            for start in (found.end() - len(fence), *((following.popleft(),) if following else ())):
                signs[start : start + len(fence)] = other * len(fence)
    return text if signs is None else "".join(signs)


_DEFINES = re.compile(r"^(?:\[\^[^\]\s]+\]:|:[ ]{1,3}\S)")


def _in_quotes(text: str) -> str:
    """The text with what is indented below a footnote or a definition as a quote: to Markdown without either it is code."""
    lines = text.split("\n")
    inside, fenced = False, ""
    for number, line in enumerate(lines):
        if fence := re.match(r" {0,3}(`{3,}|~{3,})", line):
            fenced = "" if fenced and fence[1].startswith(fenced) else fenced or fence[1]
        if fenced:
            continue
        if line.startswith("    ") and line.strip():
            lines[number] = f">{line[1:]}" if inside else line
        elif line.strip():
            inside = bool(_DEFINES.match(line))
    return "\n".join(lines)


def read_markdown(
    text: str, path: Path, *, cell: int | None = None, macros: dict[str, Macro] | None = None
) -> tuple[list[Declarations | Display], dict[str, Macro], list[Warned]]:
    """Blocks, macros and warnings of a Markdown text; ``macros`` is added to, where a notebook's cells share them."""
    reader = _Reader(_in_quotes(_opened(with_environments(text))), path, cell, {} if macros is None else macros)
    reader.read()
    return reader.blocks, reader.macros, reader.warnings


def _read(text: str, path: Path) -> Note:
    blocks, macros, warnings = read_markdown(text, path)
    return Note(str(path), tuple(blocks), macros, tuple(warnings))


CARRIER = Carrier("markdown", (".md", ".markdown", ".qmd", ".myst"), _read)
