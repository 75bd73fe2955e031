"""A displayed formula falls into rows: row breaks, comments, labels, tags and remarks in words, each with its place.

The text keeps its length throughout: what is no formula is blanked by spaces, so that every offset stays true. The marks are
found by one regular expression rather than by a TeX parser: notes are untrusted, and it takes linear time on any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.notes import Display, Macro, Row, Source, Warned
from derive.notes.entries import Lines, entries, hints_and_declarations

_STARRED = (
    "align", "aligned", "alignat", "alignedat", "gather", "gathered", "split", "multline", "multlined", "eqnarray", "equation",
    "flalign", "dmath", "dgroup", "IEEEeqnarray", "displaymath", "math", "dseries", "xalignat", "xxalignat", "empheq",
)  # fmt: skip
_INNER = ("aligned", "alignedat", "gathered", "split", "multlined")
ROWS_IN = frozenset(f"{name}{star}" for name in _STARRED for star in ("", "*"))
"""Environments that hold the rows of a display."""
OUTER = frozenset(name for name in ROWS_IN if name.rstrip("*") not in {"math"})
"""Environments that make a display by themselves (an ``aligned`` outside mathematics is read as if it did)."""
OUTER_NAMES = "|".join(sorted((re.escape(name) for name in OUTER), key=len, reverse=True))

_SEEMINGLY = "align|gather|eqn|equation|multline|math|cases|darray|WithArrows"
UNSEEN = rf"(?!(?:{OUTER_NAMES}|math|subequations)\}})[A-Za-z]*(?:{_SEEMINGLY})[A-Za-z]*\*?"
"""Names of environments that are no display here, and make one by the look of their names."""

# What is looked at around one mark is bounded, so that a hostile row costs linear time.
WINDOW = 400
LAST_TEXTS = 6
LONGEST_LAYOUT = 4000

# A length behind a row break: \\[5pt], \\[-1ex], \\[\jot]; a bracket that holds anything else begins the next row.
_LENGTH = (
    r"\[\s*[-+]?[\d.]*\s*(?:(?:true\s*)?(?:pt|em|ex|mm|cm|in|mu|sp|bp|pc|dd|cc|px)|\\[A-Za-z]+(?:skip|amount|jot|sep)|\\jot)\s*\]"
)
_MARK = re.compile(
    rf"(?P<rowbreak>\\\\\*?(?:{_LENGTH})?|\\(?:cr|newline|tabularnewline)(?![A-Za-z]))"
    r"|\\begin\s*\{(?P<begin>[^{}\n]*)\}|\\end\s*\{(?P<end>[^{}\n]*)\}"
    r"|\\(?P<command>[A-Za-z@]+)\*?|\\(?P<escaped>.)|(?P<comment>%[^\n]*)|(?P<bracket>[{}])",
    re.DOTALL,
)
_TEXTS = frozenset({"text", "textrm", "textit", "textnormal", "mbox", "hbox", "textsf"})
_LAYOUT = re.compile(
    r"[\s&~]|\\[,;:!> ]|\\(?:quad|qquad|displaystyle|textstyle|hline|nonumber|notag|noindent|centering|allowdisplaybreaks"
    r"|smallskip|medskip|bigskip|hfill|hfil|null|strut|enspace|thinspace|left\.|right\.)(?![A-Za-z])"
    r"|\\[hv](?:space|phantom)\*?\s*\{[^{}]*\}|\{\}"
)
_SPACE = r"(?:\s|\\[,;:!> ]|~|\\(?:quad|qquad|hfill|enspace|thinspace|;)(?![A-Za-z])|\\hspace\*?\s*\{[^{}]*\}|&)"
_AFTER_CONTAINER = re.compile(
    rf"(?:{_SPACE}|[.,;]|%[^\n]*(?:\n|$)|\\(?:label|tag)\*?\s*\{{[^{{}}]*\}}|\\(?:notag|nonumber)(?![A-Za-z]))*(?:$|\\\\|\\cr(?![A-Za-z])|\\newline|\\end\s*\{{)"
)
_REASONS = re.compile(
    r"\W*(?:because|since|as|by|using|due|from|recall|recalling|follows|note|applying|definition|def|via|Because|Since|By|Using|From|Note)\b"
)
_CONDITIONS = re.compile(
    r"\W*(?:if|when|unless|otherwise|only|iff|provided|assuming|where|whenever|and|or|so|hence|thus|therefore|subject|s\.t|such"
    r"|for(?!\s+(?:all|each|every|any)\b)|not|except|but|up to|plus|minus|times|modulo|terms|constant|const)(?![A-Za-z])",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(
    r"(?:since|because|as|using|by|from|where|that|of|and|with|when|is|are|recall|recalling|note|applying|via|to|on|in|for|under|the|identity"
    r"|fact|rule|formula|definition|constraint|equations?|eqs?\.?|relation|property|inequality|lemma|theorem|section|step|lines?|rows?|:)\W*$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(?:\(?[\d.]+[a-z]?\)?|\(?\\(?:eq)?ref\s*\{[^{}]*\}\)?|\(\\?\*+\)|[)\].])+$")
_RELATION = re.compile(
    r"[=<>≤≥≈∝]|\\(?:leq?|geq?|leqslant|geqslant|approx|propto|equiv|implies|Rightarrow|iff|to|triangleq|coloneqq|sim)(?![A-Za-z])"
)
_GOES_ON = re.compile(
    r"[-+=<>*/^_≤≥≈∝−·×]|\\(?:cdot|times|pm|leq?|geq?|equiv|propto|approx|sim|to|implies|Rightarrow|iff)(?![A-Za-z])"
)
_ARROW = re.compile(r"\\(?:implies|Rightarrow|iff|Longrightarrow|Leftrightarrow)(?![A-Za-z])")
_OPERANDS = frozenset({"const", "const.", "constant", "KL", "tr", "Tr", "det", "diag", "ELBO", "T", "old", "new", "c", "C"})
_OPERATOR_BEFORE = re.compile(
    r"(?:[-+=<>*/^_(\[|,≤≥≈∝−·×]|\\(?:cdot|times|pm|mp|le|leq|ge|geq|leqslant|geqslant|equiv|propto|approx|sim|triangleq|coloneqq|to|leftarrow"
    r"|gets|implies|Rightarrow|iff|Leftrightarrow|sum|prod|int|log|ln|exp|left|bigl|Bigl|mid|operatorname|mathop|neq|ne|cup|cap))\s*$"
)


@dataclass(slots=True)
class Body:
    """What a display holds, as its carrier found it: offsets into ``text``, the file with all but formulas blanked."""

    text: str
    start: int
    end: int
    lines: Lines
    label: str = ""
    hints: tuple[Source, ...] = ()
    macros: dict[str, Macro] = field(default_factory=dict[str, Macro])
    warnings: list[Warned] = field(default_factory=list[Warned])


_SPACED = re.compile(r"(\\(?:begin|end))(\s+)(?=\{)(\{[^{}\n]*\})")


def with_environments(text: str) -> str:
    r"""The text with ``\begin {align}`` as ``\begin{align}``, the space behind it: TeX passes over it."""
    return _SPACED.sub(lambda found: found[1] + found[3] + found[2], text) if "\\begin" in text or "\\end" in text else text


def environment_end(text: str, at: int, limit: int, name: str) -> int:
    r"""Where the next ``\end{name}`` begins, or -1."""
    return text.find(f"\\end{{{name}}}", at, limit)


def read_display(body: Body) -> Display | None:
    """The display in ``body``, or None where it holds nothing but layout; warnings are added to the body's."""
    return _Reader(body).display()


class _Reader:
    """One pass over a display's marks. ``chars`` is the text in which everything that is no formula is blanked."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.offset = body.start
        self.text = body.text[body.start : body.end]
        self.chars = list(self.text)
        self.hints: list[Source] = list(body.hints)
        self.rows: list[Row] = []
        self.labels: list[str] = []
        self.waiting: list[str] = []
        self.begin = 0
        self.reasons: list[str] = []
        self.label = ""
        self.texts: list[tuple[int, int]] = []
        self.closing: dict[int, int] = {}
        self.environment: dict[int, tuple[int, int]] = {}
        self.commands: dict[int, int] = {}

    def blank(self, start: int, end: int) -> str:
        """Blank a span (new lines stay) and give what stood there."""
        for at in range(start, end):
            if self.chars[at] != "\n":
                self.chars[at] = " "
        return self.text[start:end]

    def display(self) -> Display | None:
        self.match_brackets()
        self.read_marks()
        self.finish_row(len(self.text))
        if any(map(_RELATION.search, self.waiting)):
            # Words before a row are the reason for it; behind the last one they claim something themselves.
            place = self.body.lines.place(self.offset + len(self.text) - len(self.text.lstrip()))
            self.body.warnings.append(Warned(place, "a formula in words, with no row behind it, is not read"))
        if not self.rows:
            return None
        label = self.body.label or (self.labels[0] if len(self.labels) == 1 else "")
        place = self.body.lines.place(self.offset)
        return Display(tuple(self.rows), label, tuple(self.hints), place)

    def match_brackets(self) -> None:
        """Which brace closes which, and which end belongs to which begin."""
        open_braces: list[int] = []
        open_environments: list[tuple[str, int]] = []
        for mark in _MARK.finditer(self.text):
            if mark["bracket"] == "{":
                open_braces.append(mark.start())
            elif mark["bracket"] == "}" and open_braces:
                self.closing[open_braces.pop()] = mark.start()
            elif mark["begin"] is not None:
                open_environments.append((mark["begin"], mark.start()))
            elif mark["end"] is not None and open_environments and open_environments[-1][0] == mark["end"]:
                self.environment[open_environments.pop()[1]] = (mark.start(), mark.end())
        if open_braces:
            place = self.body.lines.place(self.offset + open_braces[0])
            self.body.warnings.append(Warned(place, "a brace is never closed in this display"))

    def argument(self, at: int) -> tuple[int, int] | None:
        """The span of a braced argument at ``at`` or behind spaces, braces included."""
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        close = self.closing.get(at)
        return None if close is None else (at, close + 1)

    def read_marks(self) -> None:
        depth = 0
        opaque_until = 0
        transparent_ends: set[int] = set()
        resume = 0
        for mark in _MARK.finditer(self.text):
            start, end = mark.span()
            if mark["comment"] is not None:  # also inside what is skipped
                self.comment(start, end)
                continue
            if start < resume:
                continue
            if mark["bracket"] == "{":
                depth += 1
            elif mark["bracket"] == "}":
                depth = max(depth - 1, 0)
            elif mark["command"] in ("label", "tag") and (span := self.argument(end)):
                self.note(mark["command"], start, span)
                resume = span[1]
            elif mark["command"] in ("notag", "nonumber"):
                self.blank(start, end)
            elif depth or start < opaque_until:
                continue
            elif mark["begin"] is not None:
                whole = self.environment.get(start)
                if whole is None:
                    if mark["begin"] in ROWS_IN:
                        place = self.body.lines.place(self.offset + start)
                        self.body.warnings.append(Warned(place, f"environment {mark['begin']} is never closed in this display"))
                        opaque_until = len(self.text)
                elif (
                    mark["begin"] in ROWS_IN and self.is_layout(self.begin, start) and _AFTER_CONTAINER.match(self.text, whole[1])
                ):
                    resume = self.options(end, mark["begin"])
                    self.blank(start, resume)
                    transparent_ends.add(whole[0])
                else:
                    opaque_until = whole[1]
            elif mark["end"] is not None:
                if start in transparent_ends:
                    self.blank(start, end)
            elif mark["rowbreak"] is not None:
                self.finish_row(start)
                self.blank(start, end)
                self.begin = end
            elif mark["command"] in ("intertext", "shortintertext") and (span := self.argument(end)):
                self.waiting.append(_words(self.text[span[0] + 1 : span[1] - 1]))
                self.blank(start, span[1])
                resume = span[1]
            elif mark["command"] in _TEXTS and (span := self.argument(end)):
                self.texts.append((start, span[1]))
                resume = span[1]

    def options(self, at: int, name: str) -> int:
        r"""Where an environment's options end: ``[t]`` of an inner one, ``{2}`` of ``alignat``, ``{rCl}`` of ``IEEEeqnarray``."""
        plain = name.rstrip("*")
        if plain in _INNER and (found := re.compile(r"\[[tbc]\]").match(self.text, at)):
            at = found.end()
        if plain in ("IEEEeqnarray", "empheq") and (found := re.compile(r"\[[^\]\n]*\]").match(self.text, at)):
            at = found.end()
        if plain in ("alignat", "alignedat", "xalignat", "xxalignat", "IEEEeqnarray", "empheq") and (span := self.argument(at)):
            at = span[1]
        return at

    def note(self, command: str, start: int, span: tuple[int, int]) -> None:
        inside = self.text[span[0] + 1 : span[1] - 1].strip()
        if command == "label":
            self.labels.append(inside)
            self.label = self.label or inside
        else:
            self.reasons.append(_words(inside))
        self.blank(start, span[1])

    def comment(self, start: int, end: int) -> None:
        said = self.blank(start, end)[1:].strip()
        if said.startswith("by:"):
            reason = said.removeprefix("by:").strip()
            # Beside a row break the comment belongs to the row before it: the new row has nothing yet.
            same_line = self.text.find("\n", self.begin, start) < 0
            if same_line and self.rows and self.begin > 0 and self.is_layout(self.begin, start):
                last = self.rows[-1]
                self.rows[-1] = Row(last.source, last.end_line, "; ".join(filter(None, (last.reason, reason))), last.label)
            else:
                self.reasons.append(reason)
        elif said.startswith("derive:"):
            at = self.text.index("derive:", start) + len("derive:")
            found = entries(self.body.text, self.offset + at, self.offset + end, self.body.lines)
            hints, declarations = hints_and_declarations(found)
            self.hints += hints
            for declaration in declarations:
                self.body.warnings.append(Warned(declaration.place, "a declaration inside a display is not read; put it above"))
        elif re.search(r"\\\\|\\cr(?![A-Za-z])|\\newline", said) and not self.stands_alone(start):
            place = self.body.lines.place(self.offset + start)
            self.body.warnings.append(Warned(place, "a comment swallows a row break"))

    def stands_alone(self, start: int) -> bool:
        """Whether nothing of a row stands on the line before a comment, as where a whole row was commented out."""
        return self.is_layout(max(self.begin, self.text.rfind("\n", 0, start) + 1), start)

    def is_layout(self, start: int, end: int) -> bool:
        return end - start <= LONGEST_LAYOUT and not _LAYOUT.sub("", "".join(self.chars[start:end]))

    def finish_row(self, end: int) -> None:
        begin, texts = self.begin, self.texts
        self.texts = []
        remark = self.remark(begin, end, texts)
        piece = "".join(self.chars[begin:end])
        reasons = [*self.waiting, *self.reasons, *([remark] if remark else [])]
        if not _LAYOUT.sub("", piece).strip(".,;"):
            # A row that is all remark speaks of the next one; a full stop left over is nothing.
            self.waiting = reasons
            return
        self.waiting, self.reasons = [], []
        label, self.label = self.label, ""
        start = begin + len(piece) - len(piece.lstrip())
        source = Source(piece.strip(), self.body.lines.place(self.offset + start))
        last = begin + len(piece.rstrip()) - 1
        self.rows.append(Row(source, self.body.lines.line(self.offset + last), "; ".join(filter(None, reasons)), label))

    def remark(self, begin: int, end: int, texts: list[tuple[int, int]]) -> str:
        """Blank the remark in words at the end of a row, if it has one, and give it."""
        texts = texts[-LAST_TEXTS:]
        for number, (start, stop) in enumerate(texts):
            inside = self.text[self.text.index("{", start) + 1 : stop - 1]
            window = max(begin, start - WINDOW)
            before = "".join(self.chars[window:start])
            space = re.search(rf"{_SPACE}*$", before)
            gap = space.group() if space else ""
            core = before[: len(before) - len(gap)]
            opened = ""
            if core.endswith(("(", "[")) and not gap:  # \qquad (\text{by ..})
                opened = core[-1]
                space = re.search(rf"{_SPACE}*$", core[:-1])
                gap = space.group() if space else ""
                core = core[: len(core) - 1 - len(gap)]
            if _OPERATOR_BEFORE.search(core) or inside.strip().rstrip(".,") in _OPERANDS or _CONDITIONS.match(inside):
                continue
            if _GOES_ON.match(inside.strip(" $\n")):
                continue  # \\text{+ v}: a term
            wide = "&" in gap or "quad" in gap or "hspace" in gap or "hfill" in gap or len(re.findall(r"\\[ ;:>]|~", gap)) > 1
            if not (wide or (" " in inside and not opened)):
                continue
            tail_texts = texts[number + 1 :]
            tail = self.without(stop, end, tail_texts)
            if opened:
                bare = tail.rstrip(" .,;\n")
                closer = {"(": ")", "[": "]"}[opened]
                if not bare.endswith(closer):
                    continue
                tail = bare[:-1]
            plain = re.sub(rf"{_SPACE}|[.,;:!?]", "", tail)
            says_why = bool(_REASONS.match(inside))
            first = len(core) + window
            if plain and not (says_why and self._is_of_the_remark(inside, stop, end, tail_texts, bool(opened))):
                continue
            if any(_CONDITIONS.match(self.text[self.text.index("{", a) + 1 : b - 1]) for a, b in tail_texts) and not says_why:
                continue
            if re.match(r"\W*(?:is|are|denotes?)\b", inside) and not says_why:
                # "\quad I \ \text{is the identity matrix}": what it speaks of is part of the remark.
                named = re.search(r"(?:\\q?quad|(?:\\ ){2,}|(?:\\ \s*){3,}|&)\s*((?:\\[A-Za-z]+|[A-Za-z{}_]|\s)+)$", core)
                if named is None:
                    continue
                first = window + named.start()
            finish = end
            trailing = re.search(r"[.,]\s*$", "".join(self.chars[stop:end]))
            if trailing:
                finish = stop + trailing.start()
            said = _words("".join(self.chars[first:finish]))
            self.blank(first, finish)
            return said
        return ""

    def _is_of_the_remark(self, words: str, start: int, end: int, texts: list[tuple[int, int]], opened: bool) -> bool:
        """Whether formulas behind words are what they speak of, ``since v > 0``, and no claim or term behind a remark."""
        tail = re.sub(rf"^{_SPACE}+|(?:{_SPACE}|[.,;:!?])+$", "", self.without(start, end, texts))
        last = "".join(self.chars[texts[-1][1] : end]) if texts else ""
        behind = re.sub(rf"{_SPACE}|[.,;:!?]", "", last.rstrip(")] ") if opened else last)
        if texts:
            said = self.text[self.text.index("{", texts[-1][0]) + 1 : texts[-1][1] - 1].strip()
            if behind and (said.endswith((")", "]", ":")) or _GOES_ON.match(behind)):
                return False
        return _is_of_the_remark(words, tail)

    def without(self, start: int, end: int, spans: list[tuple[int, int]]) -> str:
        pieces: list[str] = []
        for first, last in spans:
            pieces.append("".join(self.chars[start:first]))
            start = last
        pieces.append("".join(self.chars[start:end]))
        return "".join(pieces)


def _is_of_the_remark(words: str, tail: str) -> bool:
    """Whether a formula behind words is what they speak of, ``since v > 0``, and no claim or term that stands behind a remark."""
    if not _LEADS_ON.search(words):
        return _REFERENCE.match(tail) is not None
    while (without := re.sub(r"\{[^{}]*\}", "", tail)) != tail:
        tail = without  # the k=1 below a sum relates nothing
    relations = len(_RELATION.findall(tail))
    if _GOES_ON.match(tail) or _ARROW.search(tail) or relations > 1:
        return False
    if relations:
        return re.search(r"(?:\bnote|:)\W*$", words, re.IGNORECASE) is None  # what is noted is claimed
    while (without := re.sub(r"\([^()]*\)|\[[^][]*\]", "", tail)) != tail:
        tail = without
    return re.search(r"[-+]", tail) is None


def _words(text: str) -> str:
    r"""A remark as it is shown: without ``&`` and spacing, and ``\text{..}`` opened."""
    text = re.sub(r"\\(?:text|textrm|textit|textnormal|mbox|hbox|textsf)\s*\{([^{}]*)\}", r" \1 ", text)
    return " ".join(re.sub(_SPACE, " ", text).split())


_MACRO = re.compile(
    r"\\(?:(?P<new>newcommand|renewcommand|providecommand)\*?\s*+(?:\{\s*+\\(?P<braced>[A-Za-z@]+|.)\s*+\}|\\(?P<bare>[A-Za-z@]+|.))"
    r"\s*+(?:\[\s*+(?P<arity>\d)\s*+\])?\s*+(?:\[(?P<default>[^\]\n]*)\])?\s*+(?=\{)"
    r"|(?:e|g|x)?def\s*+\\(?P<plain>[A-Za-z@]+)\s*+(?P<parameters>(?:\#\d)*)\s*+(?=\{)"
    r"|DeclareMathOperator(?P<star>\*?)\s*+(?:\{\s*+\\(?P<operator>[A-Za-z@]+)\s*+\}|\\(?P<bareop>[A-Za-z@]+))\s*+(?=\{))"
)
_BRACES = re.compile(r"\\.|[{}]|%[^\n]*", re.DOTALL)


def find_macros(text: str, start: int, end: int) -> Iterator[tuple[int, int, Macro]]:
    """The definitions of macros between two offsets, each with its span."""
    at = start
    while found := _MACRO.search(text, at, end):
        close = _closing_brace(text, found.end(), end)
        if close < 0:
            return  # an unclosed definition swallows the rest, as it does in TeX
        body = re.sub(r"(?<!\\)%[^\n]*\n?\s*", "", text[found.end() + 1 : close])
        if found["new"]:
            name = found["braced"] or found["bare"]
            macro = Macro(name, int(found["arity"] or 0), body, found["default"], provided=found["new"] == "providecommand")
        elif found["plain"]:
            macro = Macro(found["plain"], found["parameters"].count("#"), body)
        else:
            macro = Macro(found["operator"] or found["bareop"], 0, f"\\operatorname{found['star']}{{{body}}}")
        yield found.start(), close + 1, macro
        at = close + 1


def blanked(text: str, start: int, end: int) -> str:
    """The span with everything but new lines blanked."""
    return re.sub(r"[^\n]", " ", text[start:end])


def _closing_brace(text: str, at: int, end: int) -> int:
    depth = 0
    for mark in _BRACES.finditer(text, at, end):
        if mark.group() == "{":
            depth += 1
        elif mark.group() == "}":
            depth -= 1
            if depth == 0:
                return mark.start()
    return -1
