"""LaTeX: displays from environments and brackets, ``%! derive`` blocks, hints behind ``%``, macros, and included files."""

from __future__ import annotations

import re
from pathlib import Path

from derive.errors import DeriveError
from derive.notes import Carrier, Declarations, Display, Macro, Note, Source, Warned, add_macro, read_text
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

DEEPEST = 8
"""How many files deep ``\\input`` is followed."""
MOST_FILES = 64
"""How many files a note may include in all."""

_SKIPPED = "verbatim|Verbatim|lstlisting|comment|minted|filecontents"
_MARK = re.compile(
    rf"(?P<block>^[ \t]*%![ \t]*derive\b[^\n]*)|(?P<comment>%[^\n]*)"
    rf"|\\begin\s*\{{(?P<skipped>(?:{_SKIPPED})\*?)\}}|\\begin\{{(?P<name>{OUTER_NAMES})\}}|\\begin\{{(?P<unseen>{UNSEEN})\}}"
    r"|\\(?:url|path|nolinkurl|href)(?![A-Za-z])\s*\{[^{}\n]*\}"
    r"|\\(?:verb\*?|lstinline(?:\[[^\]\n]*\])?|mintinline\s*\{[^{}\n]*\})(?P<quote>[^A-Za-z\s*\[{])|(?P<open>\\\[|\$\$)"
    r"|\\(?:input|include|subfile|subfileinclude|InputIfFileExists)(?![A-Za-z])\s*(?:\{(?P<path>[^{}\n]*)\}|(?P<word>[^\s{}\\%]+))"
    r"|\\(?:sub)?(?:import|inputfrom|includefrom)(?![A-Za-z])\*?\s*\{(?P<from>[^{}\n]*)\}\s*\{(?P<file>[^{}\n]*)\}"
    r"|(?P<finish>\\end\{document\}|\\endinput(?![A-Za-z]))|\\.",
    re.MULTILINE | re.DOTALL,
)
_OPENS = re.compile(rf"\\begin\{{(?:{OUTER_NAMES})\}}|\\\[|\$\$")
_OPENS_A_DISPLAY = re.compile(
    r"\\(?:(?:re)?newcommand|(?:re)?newenvironment|NewDocumentEnvironment|def)\*?\s*\{?(?P<name>\\?[A-Za-z]+\*?)\}?"
    rf"\s*(?:\[[^\]]*\]|\{{[mo ]*\}})*\s*\{{(?:[^{{}}]|\{{[^{{}}]*\}})*?(?:{_OPENS.pattern})"
)
"""A macro or an environment of the note's own in which a display begins."""
_UNCOMMENTED = re.compile(r"\\.|%[^\n]*|\$\$", re.DOTALL)
_END_BLOCK = re.compile(r"^[ \t]*%![ \t]*end\b", re.MULTILINE)
_LINE_MARK = re.compile(r"^[ \t]*%!?[ \t]?", re.MULTILINE)
_LABEL = re.compile(r"[ \t]*\(([^()\s]+)\)[ \t]*(?:%[^\n]*)?(?:\n|$)")


_CONDITIONAL = re.compile(
    r"\\\\|\\%|%[^\n]*|\\(?P<word>iffalse|iftrue|(?!iff(?![A-Za-z]))if[A-Za-z]*(?!\s*\{)|else|fi)(?![A-Za-z])"
)
"""What takes its branches in braces, as ``\\ifthenelse``, opens nothing that a ``\\fi`` would close."""


def _without_skipped(text: str) -> tuple[str, int]:
    """The text with what stands between ``\\iffalse`` and its ``\\fi`` or ``\\else`` blanked: TeX passes over it.

    And where an ``\\iffalse`` begins that is never closed, or -1.
    """
    pieces: list[str] = []
    cursor, opened, depth = 0, -1, 0
    for mark in _CONDITIONAL.finditer(text):
        word = mark["word"]
        if word is None:
            continue
        if opened < 0:
            if word == "iffalse":
                opened, depth = mark.start(), 1
            continue
        depth += 1 if word.startswith("if") else -1 if word == "fi" else 0
        if depth == 0 or (word == "else" and depth == 1):
            pieces += [text[cursor:opened], blanked(text, opened, mark.end())]
            cursor, opened = mark.end(), -1
    if opened >= 0:
        pieces += [text[cursor:opened], blanked(text, opened, len(text))]
        cursor = len(text)
    return "".join([*pieces, text[cursor:]]), opened


class _Reader:
    """Reads a note and the files it includes, in the order in which they stand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blocks: list[Declarations | Display] = []
        self.macros: dict[str, Macro] = {}
        self.warnings: list[Warned] = []
        self.hints: tuple[Source, ...] = ()
        self.files = 0

    def read(self, text: str, within: tuple[Path, ...], name: str | None) -> None:
        """Read one file; ``within`` are the files being read, itself last; ``name`` as an including file calls it."""
        text = with_environments(text)
        lines = Lines(text, file=name)
        kept, unclosed = _without_skipped(text)
        if unclosed >= 0:
            self.warnings.append(Warned(lines.place(unclosed), "\\iffalse is never closed: nothing behind it is read"))
        text = self.without_macros(kept, lines)
        begun = re.search(r"^[^%\n]*?(?P<mark>\\begin\{document\})", text, re.MULTILINE)
        at = 0
        if begun is not None:
            at = begun.end()
            self.preamble(text, at, lines)
        absent: set[str] = set()
        while mark := _MARK.search(text, at):
            at = mark.end()
            if mark["finish"]:
                break
            if mark["block"]:
                at = self.block(text, at, lines)
            elif mark["comment"]:
                self.comment(text, mark.start(), at, lines)
            elif name_skipped := mark["skipped"]:
                close = environment_end(text, at, len(text), name_skipped) if name_skipped not in absent else -1
                if close < 0:
                    # TeX would swallow the rest; what stands there must not be taken for a derivation.
                    self.warnings.append(Warned(lines.place(mark.start()), f"{name_skipped} is never closed"))
                    break
                at = close
            elif mark["quote"]:
                close, line_end = text.find(mark["quote"], at), text.find("\n", at)
                at = close + 1 if close >= 0 and (line_end < 0 or close < line_end) else at
            elif mark["path"] is not None or mark["word"]:
                self.include((mark["path"] or mark["word"] or "").strip(), within, lines, mark.start())
            elif mark["from"] is not None:
                self.include(f"{mark['from'].strip().rstrip('/') or '.'}/{mark['file'].strip()}", within, lines, mark.start())
            elif mark["unseen"]:
                self.warnings.append(Warned(lines.place(mark.start()), f"environment {mark['unseen']} is none that is read"))
            elif mark["name"] or mark["open"]:
                at = self.display(text, mark, absent, lines)

    def without_macros(self, text: str, lines: Lines) -> str:
        """``text`` with definitions of macros blanked; those in comments and in verbatim text are no definitions."""
        hidden = re.sub(
            r"\\\\|\\%|%[^\n]*", lambda found: found.group() if found.group()[0] == "\\" else " " * len(found.group()), text
        )
        hidden = re.sub(
            rf"\\begin\s*\{{({_SKIPPED})(\*?)\}}.*?(?:\\end\{{\1\2\}}|\Z)",
            lambda found: blanked(found.group(), 0, len(found.group())),
            hidden,
            flags=re.DOTALL,
        )
        opening = {found.start(): found["name"] for found in _OPENS_A_DISPLAY.finditer(hidden)}
        pieces: list[str] = []
        cursor = 0
        for start, end, macro in find_macros(hidden, 0, len(hidden)):
            add_macro(self.macros, macro)
            if _OPENS.search(macro.body):
                opening.setdefault(start, f"\\{macro.name}")
            pieces += [text[cursor:start], blanked(text, start, end)]
            cursor = end
        for start, name in sorted(opening.items()):
            unseen = f"{name} opens a display: no display that is opened by it is read; write the environment out"
            self.warnings.append(Warned(lines.place(start), unseen))
        return "".join([*pieces, text[cursor:]])

    def preamble(self, text: str, end: int, lines: Lines) -> None:
        """Declarations may stand above the document's begin; displays there are none."""
        at = 0
        begins = re.compile(r"^[ \t]*%![ \t]*derive\b[^\n]*", re.MULTILINE)
        while found := begins.search(text, at, end):
            at = self.block(text, found.end(), lines)

    def block(self, text: str, at: int, lines: Lines) -> int:
        """Declarations from ``%! derive`` to ``%! end``; a line that is no comment ends them as well."""
        first = at
        stop = len(text)
        while at < len(text):
            line_end = text.find("\n", at + 1)
            line_end = len(text) if line_end < 0 else line_end
            line = text[at:line_end].strip()
            if _END_BLOCK.match(line):
                stop = at
                break
            if line and not line.startswith("%"):
                self.warnings.append(Warned(lines.place(at + 1), "a derive block without %! end"))
                stop = at
                break
            at = line_end
        if at >= len(text):
            self.warnings.append(Warned(lines.place(first), "a derive block without %! end"))
        inside = _LINE_MARK.sub(lambda mark: " " * len(mark.group()), text[first:stop])
        if found := entries(inside, 0, len(inside), lines, shift=first):
            self.blocks.append(Declarations(found))
        if at >= len(text):
            return len(text)
        line_end = text.find("\n", at + 1)
        return stop if not _END_BLOCK.match(text[at : at + 80].lstrip("\n")) else (len(text) if line_end < 0 else line_end)

    def comment(self, text: str, start: int, end: int, lines: Lines) -> None:
        head = re.compile(r"%+\s*derive:").match(text, start, end)
        if head is None:
            return
        hints, declarations = hints_and_declarations(entries(text, head.end(), end, lines))
        if declarations:
            self.blocks.append(Declarations(declarations))
        self.hints += hints

    def display(self, text: str, mark: re.Match[str], absent: set[str], lines: Lines) -> int:
        """Read the display that ``mark`` opens; where to go on."""
        kind = mark.group()
        start, end, after = mark.end(), -1, mark.end()
        if kind not in absent:
            if name := mark["name"]:
                end = environment_end(text, mark.end(), len(text), name)
                start, after = mark.start(), end + len(f"\\end{{{name}}}")
                end = after if end >= 0 else -1
            elif kind == "$$":
                closing = (found.start() for found in _UNCOMMENTED.finditer(text, mark.end()) if found.group() == "$$")
                end = next(closing, -1)
                after = end + 2
            else:
                end = text.find("\\]", mark.end())
                after = end + 2
        if end < 0:
            absent.add(kind)
            self.warnings.append(Warned(lines.place(mark.start()), f"{kind} is never closed"))
            return mark.end()
        label = _LABEL.match(text, after) if mark["name"] else None
        body = Body(text, start, end, lines, label[1] if label else "", self.hints)
        found = read_display(body)
        self.warnings += body.warnings
        if found is not None:
            self.hints = ()
            self.blocks.append(found)
        return label.end() if label else after

    def include(self, name: str, within: tuple[Path, ...], lines: Lines, at: int) -> None:
        r"""Read an included file in its place; one outside the note's folder, missing or including itself is a warning."""
        place = lines.place(at)
        try:
            path = (self.folder / name).resolve()
            if not path.is_file() and (path.parent / f"{path.name}.tex").is_file():
                path = (path.parent / f"{path.name}.tex").resolve()
            reason = self.refusal(name, path, within)
        except (OSError, ValueError, RuntimeError):
            path, reason = self.folder, "cannot be read"
        if not reason:
            self.files += 1
            try:
                self.read(read_text(path), (*within, path), name)
            except DeriveError as error:
                reason = str(error).removeprefix(str(self.folder)).lstrip("/")
        if reason:
            self.warnings.append(Warned(place, f"included file {name!r} is not read: {reason}"))

    def refusal(self, name: str, path: Path, within: tuple[Path, ...]) -> str:
        if Path(name).is_absolute() or ".." in Path(name).parts or not path.is_relative_to(self.folder):
            return "it is outside the note's folder"
        if not path.is_file():
            return "there is no such file"
        if path in within:
            return "it includes itself"
        if len(within) > DEEPEST:
            return f"more than {DEEPEST} files deep"
        if self.files >= MOST_FILES:
            return f"more than {MOST_FILES} files"
        return ""


def _read(text: str, path: Path) -> Note:
    reader = _Reader(path.parent.resolve())
    reader.read(text, (path.resolve(),), None)
    if reader.hints:
        reader.warnings.append(Warned(reader.hints[0].place, "a hint with no display below it"))
    return Note(str(path), tuple(reader.blocks), reader.macros, tuple(reader.warnings))


CARRIER = Carrier("latex", (".tex", ".ltx", ".latex"), _read)
