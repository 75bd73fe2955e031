r"""True rows in other notations: written into a note of their own, read back, and judged.

A row is rewritten and written in LaTeX; the letters of its note may get other names, its notation is changed
(:mod:`tests.mutation.notations`), rows stand in one of many kinds of displays, and the note is Markdown, LaTeX or a notebook.
What was true must not come back refuted; what was made false by a slip must not pass.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from checks.campaign import SecondEvaluator
from checks.mutation import OPERATORS, Scope, mutants
from checks.notes import Step, check_note
from checks.rewriting import rewritten
from checks.witness import Witness
from derive.formula import Derivative, Formula, free_indices, walk
from derive.notes import read_note
from tests.mutation.notations import FORMULAS, Setting
from tests.mutation.true_rows import Origin, TrueRow, models, origin, origin_of_model, texts, written

ROWS = 20
"""How many rows a note has, about."""
BEHIND_UNREAD = "the row before could not be read: there is nothing to compare with"
NOTHING = frozenset(
    {"R", "Z", "N", "T", "e", "p", "P", "E", "I", r"\pi", r"\theta", r"\delta", r"\Gamma", r"\psi", r"\partial", r"\nabla"}
)
"""Letters that are not given another name: they may mean something where nobody declared them."""

_ROLES = "index|data|param|const|frozen|fun|latent|posterior|define"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its sides as the program writes them, as they stand in the note, and the names of the notations used."""

    of: TrueRow
    plain: tuple[str, str]
    left: str
    right: str
    names: tuple[str, ...] = ()
    slip: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A display: rows with the same left side, of which that of the first is written."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in a note above its rows: declarations, displays with their hints, macros."""

    declared: str
    defined: tuple[str, ...]
    macros: tuple[str, ...] = ()


# Rows.


def ranges_of(of: Origin) -> dict[str, str]:
    """The last value of each letter that is declared to count from one."""
    ranges: dict[str, str] = {}
    for line in of.declared.splitlines():
        ranged = re.match(r"(?:index\s+)?((?:[A-Za-z]'?, )*[A-Za-z]'?) in 1\.\.(\w)$", line.strip())
        if ranged:
            ranges |= dict.fromkeys((name.strip() for name in ranged[1].split(",")), ranged[2])
    return ranges


def letters_of(of: Origin) -> list[str]:
    """The letters that are declared, by their names alone, sizes and indices behind all others."""
    letters: dict[str, None] = {}
    for line in of.declared.splitlines():
        head = re.match(rf"(?:(?:{_ROLES})\s+)?([^~=]*?)(?:\s+in\s|\s*=)", line.strip())
        bare = re.sub(r"\([^()]*\)|[_^](?:\{[^{}]*\}|.)", "", head[1] if head else "")
        letters |= dict.fromkeys(name for name in map(str.strip, bare.split(",")) if re.fullmatch(r"\\[A-Za-z]+|[A-Za-z]", name))
    ranges = ranges_of(of)
    return list(dict.fromkeys((*letters, *ranges, *ranges.values())))


def has_fonts(of: Origin) -> bool:
    """Whether a note declares letters in a font of their own."""
    return re.search(r"\\(?:mathbf|boldsymbol|bm|bf|vec|mathrm)(?![A-Za-z])", of.head) is not None


def setting_of(of: Origin, row: TrueRow, new: Mapping[str, str]) -> Setting:
    """What a note declares of the letters in a row, some of which have new names."""
    ranges = {new.get(letter, letter): new.get(last, last) for letter, last in ranges_of(of).items()}
    letters = tuple(new.get(letter, letter) for letter in letters_of(of))
    nodes = [node for side in (row.claim.lhs, row.claim.rhs) for node in walk(side)]
    return Setting(
        tuple(letter for letter in letters if letter not in ranges and letter not in ranges.values() and "{" not in letter),
        ranges,
        has_fonts(of),
        all(node.shape == () for node in nodes),
        all(node.body.shape == () for node in nodes if isinstance(node, Derivative)),
    )


def scope_of(row: TrueRow) -> Scope:
    """The letters that stand free in a row."""
    return tuple(sorted(free_indices(row.claim.lhs) | free_indices(row.claim.rhs), key=lambda index: index.name))


def _forms(row: TrueRow, rng: random.Random) -> Iterator[tuple[Formula, Formula]]:
    """The sides of a row, rewritten: without end."""
    while True:
        left = rewritten(row.claim.lhs, rng.randint(0, 2), rng, scope_of(row))[0]
        yield left, rewritten(row.claim.rhs, rng.randint(0, 4), rng, scope_of(row))[0]


def _in_letters(of: Origin, row: TrueRow, sides: tuple[Formula, Formula]) -> Row | None:
    """A row as the program writes it."""
    left, right = (written(of, side, row) for side in sides)
    return Row(row, (left, right), left, right) if left is not None and right is not None else None


def true_shown(of: Origin, rng: random.Random) -> Shown | None:
    """A display of up to three true rows with the same left side."""
    row = rng.choice(of.rows)
    rows: list[Row] = []
    for sides in islice(_forms(row, rng), rng.choice((1, 1, 2, 3))):
        made = _in_letters(of, row, (row.claim.lhs if rows else sides[0], sides[1]))
        if made is None:
            return None
        rows.append(made)
    return Shown(tuple(rows))


def wrong_shown(of: Origin, rng: random.Random) -> Shown | None:
    """A display of one row with a slip in it that makes it false, as the other evaluator says."""
    row = rng.choice(of.rows)
    left, right = next(_forms(row, rng))
    slips = list(islice(mutants(right, scope_of(row), OPERATORS), 60))
    other = SecondEvaluator(seed=0, points=2)
    for slip in rng.sample(slips, min(3, len(slips))):
        changed: Any = replace(row.claim, rhs=slip.formula, gap=None)
        if other.is_false(changed):
            made = _in_letters(of, row, (left, slip.formula))
            if made is not None and _without_spaces(made.right) != _without_spaces(written(of, right, row) or ""):
                return Shown((replace(made, slip=slip.operator),))
            return None
    return None


def _without_spaces(text: str) -> str:
    """A text without spaces and sizes of brackets: a slip that the writing does not show is none in the note."""
    return re.sub(r"\\(?:,|left|right|bigl|bigr)|\s", "", text)


def _in_notations(shown: Shown, setting: Setting, rng: random.Random) -> Shown:
    """A display whose rows are written in other notations, each in its own."""
    rows: list[Row] = []
    for row in shown.rows:
        places = sorted(rng.sample(range(len(FORMULAS)), rng.randint(4, 16)))
        sides, names = [row.left, row.right], dict[str, None]()
        for notation in (FORMULAS[place] for place in places):
            changed = [notation.used(side, setting, rng) for side in sides]
            names |= {notation.name: None} if changed != sides else {}
            sides = changed
        if len(shown.rows) == 1 and rng.random() < 0.15:
            sides, names = sides[::-1], {**names, "sides-swapped": None}
        rows.append(replace(row, left=sides[0], right=sides[1], names=tuple(names)))
    return Shown(tuple(rows))


# Displays.

_BREAKS = (r"\\", r"\\", r"\\[2pt]", r"\\*", r"\\ % next")
_ENDS = ("", "", "", ",", ".", r"\,.", r" \nonumber", r" \notag", r" \label{eq:%d}", r" \tag{%d}", r" && \text{(as above)}")

_CONTINUED = ("", r"\quad", r" \qquad")


def _lines(shown: Shown, sign: str, ends: Sequence[str], rng: random.Random, *, repeated: bool = False) -> str:
    """The rows of a display in an environment, with something behind them."""
    lines: list[str] = []
    for number, row in enumerate(shown.rows):
        left = f"{row.left} " if number == 0 or repeated else rng.choice(("", r"\quad ", r"\hphantom{x} ", "{} "))
        end = rng.choice(ends)
        end = end % rng.randrange(10**9) if "%d" in end else end
        lines.append(f"{left}{sign} {_broken(row.right, sign, rng)}{end}")
    text = lines[0]
    for line in lines[1:]:
        text += f" {rng.choice(_BREAKS)}\n{line}"
    return text


def _broken(right: str, sign: str, rng: random.Random) -> str:
    """A side that may go on in the next row, before a sign outside of all brackets."""
    depth = 0
    spots: list[int] = []
    for place, character in enumerate(right):
        depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(character, 0)
        if character in "+-" and depth == 0 and place > 2 and right[place - 1] == " ":
            spots.append(place)
    if not spots or "&" not in sign or rng.random() < 0.8 or re.search(r"\\(?:left|bigl|\{|lvert)|\|", right):
        return right
    place = rng.choice(spots)
    return f"{right[:place]}\\\\\n{'&' * sign.count('&')}{rng.choice(_CONTINUED)} {right[place:]}"


def _environment(
    name: str, sign: str = "&=", *, inner: bool = False, repeated: bool = False
) -> Callable[[Shown, random.Random], str]:
    arguments = "{2}" if name.startswith("alignat") else ""
    ends = _ENDS[:6] if inner else _ENDS if name.startswith(("align", "flalign")) else _ENDS[:-1]

    def made(shown: Shown, rng: random.Random) -> str:
        lines = _lines(shown, sign, ends, rng, repeated=repeated)
        text = f"\\begin{{{name}}}{arguments}\n{lines}\n\\end{{{name}}}"
        return f"$$\n{text}\n$$" if inner else text

    return made


def _within(outer: str, inner: str) -> Callable[[Shown, random.Random], str]:
    def made(shown: Shown, rng: random.Random) -> str:
        return (
            f"\\begin{{{outer}}}\n\\begin{{{inner}}}\n{_lines(shown, '&=', _ENDS[:6], rng)}\n\\end{{{inner}}}\n\\end{{{outer}}}"
        )

    return made


def _one_line(opening: str, shut: str) -> Callable[[Shown, random.Random], str]:
    """All that is equal in one line."""

    def made(shown: Shown, rng: random.Random) -> str:
        style = rng.choice(("", "", r"\displaystyle "))
        return f"{opening}\n{style}{shown.rows[0].left} = {shown.rows[0].right}{rng.choice(_ENDS[:6])}\n{shut}"

    return made


def _quoted(make: Callable[[Shown, random.Random], str], mark: str) -> Callable[[Shown, random.Random], str]:
    """A display in a quote, or behind the dot of a list."""

    def made(shown: Shown, rng: random.Random) -> str:
        text = "\n".join(mark + line for line in make(shown, rng).splitlines())
        return f"- And so\n\n{text}" if mark.isspace() else text

    return made


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of display; ``many`` says that it can hold more rows than one."""

    name: str
    many: bool
    make: Callable[[Shown, random.Random], str]
    markdown: bool = False
    """Whether it is one of Markdown alone."""


DISPLAYS: tuple[Kind, ...] = (
    Kind("align", True, _environment("align")),
    Kind("align*", True, _environment("align*")),
    Kind("aligned", True, _environment("aligned", inner=True)),
    Kind("flalign*", True, _environment("flalign*")),
    Kind("alignat", True, _environment("alignat")),
    Kind("split", True, _within("equation", "split")),
    Kind("equation-aligned", True, _within("equation*", "aligned")),
    Kind("eqnarray", True, _environment("eqnarray", "&=&")),
    Kind("eqnarray*", True, _environment("eqnarray*", "& = &")),
    Kind("gather", True, _environment("gather", "=", repeated=True)),
    Kind("gather*", True, _environment("gather*", "=", repeated=True)),
    Kind("align-left-repeated", True, _environment("align*", repeated=True)),
    Kind("sign-with-reason", True, _environment("align*", r"&\stackrel{(a)}{=}")),
    Kind("sign-with-number", True, _environment("aligned", r"&\overset{(2)}{=}", inner=True)),
    Kind("displaymath", True, _within("displaymath", "aligned")),
    Kind("quoted", True, _quoted(_environment("aligned", inner=True), "> "), markdown=True),
    Kind("in-a-list", True, _quoted(_environment("aligned", inner=True), "  "), markdown=True),
    Kind("math-fence", False, _one_line("```math", "```"), markdown=True),
    Kind("multline", False, _environment("multline*", "=")),
    Kind("dollars", False, _one_line("$$", "$$")),
    Kind("brackets-display", False, _one_line("\\[", "\\]")),
    Kind("equation", False, _one_line("\\begin{equation}", "\\end{equation}")),
    Kind("equation*", False, _one_line("\\begin{equation*}", "\\end{equation*}")),
)


# Letters.


_APART = re.compile(r"\\(?:operatorname|mathrm|text|textrm|mathcal|mathbb|begin|end)\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]+")
"""Commands and runs of letters; the words of operators are no letters."""
_LATIN = "abghijklmnrstuvwxyzABDFGHJKLMSUVWXY"
_GREEK = ("nu", "xi", "zeta", "chi", "upsilon", "kappa", "varrho", "omega", "Lambda", "Omega", "Upsilon")


def _new_names(everything: str, letters: Sequence[str], rng: random.Random) -> dict[str, str]:
    """Other names for some declared letters: letters that stand nowhere yet, or the same with an accent."""
    present = set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", everything))
    accents = re.search(r"\\(?:bar|hat|tilde)", everything) is not None
    latin = [letter for letter in _LATIN if letter not in present]
    greek = [f"\\{name}" for name in _GREEK if f"\\{name}" not in present]
    new: dict[str, str] = {}
    for letter in rng.sample(letters, rng.randint(1, len(letters))):
        if letter in NOTHING:
            continue
        others = greek if letter[0] == "\\" else [one for one in latin if one.islower() == letter.islower()]
        others = [one for one in others if one not in new.values()]
        if letter[0] == "\\" and not accents and rng.random() < 0.3:
            accent = rng.choice(("tilde", "hat", "bar"))
            new[letter] = f"\\{accent}{{{letter}}}"
        elif others:
            new[letter] = rng.choice(others)
    return new


def _renamed(text: str, new: Mapping[str, str], *, declared: bool = False) -> str:
    """A text with other names for its letters; in declarations words, and the x between sizes, stay."""

    def one(met: re.Match[str]) -> str:
        if met[0][0] == "\\":
            return new.get(met[0], met[0])
        is_word = declared and len(met[0]) > 1 and text[met.start() - 1 : met.start()] != "{"
        between = declared and met[0] == "x" and re.match(r" \w+\}", text[met.end() :])
        return met[0] if is_word or between else "".join(new.get(letter, letter) for letter in met[0])

    return _APART.sub(one, text)


def _head_renamed(head: Head, new: Mapping[str, str]) -> Head:
    """What stands above the rows, with other names for letters; hints have none."""
    defined = (
        "\n".join(line if line.startswith("<!--") else _renamed(line, new) for line in display.splitlines())
        for display in head.defined
    )
    declared = "\n".join(_renamed(line, new, declared=True) for line in head.declared.splitlines())
    return replace(head, declared=declared, defined=tuple(defined))


def _bold_where_declared(head: Head, letters: Sequence[str], rng: random.Random) -> Head:
    """A letter that is declared in bold, and stands plain in the rows."""
    greek = [letter for letter in letters if letter[0] == "\\" and letter not in NOTHING]
    if not greek:
        return head
    letter = rng.choice(greek)
    pattern = rf"{re.escape(letter)}(?![A-Za-z])"
    return replace(head, declared=re.sub(pattern, lambda met: f"\\boldsymbol{{{met[0]}}}", head.declared))


# Notes.


def _comment_hints(display: str) -> str:
    return re.sub(r"<!-- (derive: .*?) -->", r"% \1", display)


def _markdown(head: Head, displays: list[str]) -> str:
    macros = ("$$\n" + "\n".join(head.macros) + "\n$$",) if head.macros else ()
    return "\n\n".join((f"```derive\n{head.declared}\n```", *macros, *head.defined, *displays)) + "\n"


def _unseen(head: Head, displays: list[str]) -> str:
    told = head.declared.replace("\n", " ; ")
    return "\n\n".join((f"<!-- derive: {told} -->", *head.macros, *head.defined, "Rows follow.", *displays)) + "\n"


def _latex(head: Head, displays: list[str]) -> str:
    declared = "\n".join(("%! derive", *(f"%! {line}" for line in head.declared.splitlines()), "%! end"))
    body = "\n\n".join((declared, *map(_comment_hints, head.defined), *displays))
    return "\n".join(("\\documentclass{article}", *head.macros, "\\begin{document}", body, "\\end{document}", ""))


def _notebook(head: Head, displays: list[str]) -> str:
    cells = [_markdown(head, []), *displays]
    made = [{"cell_type": "markdown", "metadata": {}, "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": made})


@dataclass(frozen=True, slots=True)
class Carried:
    """How a note is written: its name, and what makes it of its parts."""

    name: str
    file: str
    make: Callable[[Head, list[str]], str]


CARRIERS: tuple[Carried, ...] = (
    Carried("markdown", "note.md", _markdown),
    Carried("unseen-declarations", "note.md", _unseen),
    Carried("latex", "note.tex", _latex),
    Carried("notebook", "note.ipynb", _notebook),
)


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note in other notations: its file's name, its text, its rows in order, and how many rows stand above them."""

    of: Origin
    file: str
    text: str
    rows: tuple[Row, ...]
    above: int


def _kinds(shown: Shown, carrier: Carried) -> list[Kind]:
    """The kinds of displays in which some rows may stand."""
    fitting = [kind for kind in DISPLAYS if kind.many or len(shown.rows) == 1]
    return [kind for kind in fitting if carrier.name != "latex" or not kind.markdown]


def _signs_declared(head: Head, rng: random.Random) -> Head:
    """Declarations with the other signs for the same."""
    declared = head.declared
    for old, new in ((" in ", r" \in "), (" ~ ", r" \sim "), ("1..", r"1 \dots ")):
        if rng.random() < 0.5:
            declared = declared.replace(old, new)
    return replace(head, declared=declared)


def written_note(of: Origin, make: Callable[[Origin, random.Random], Shown | None], rng: random.Random) -> WrittenNote:
    """A note with about so many rows as a note has."""
    displays: list[Shown] = []
    for _ in range(3 * ROWS):
        shown = make(of, rng)
        if shown is not None:
            displays.append(shown)
        if sum(len(one.rows) for one in displays) >= ROWS:
            break
    head = Head(of.declared, of.defined)
    new, names = dict[str, str](), list[str]()
    if rng.random() < 0.5:
        everything = "\n".join((of.head, *(side for shown in displays for row in shown.rows for side in row.plain)))
        new = _new_names(everything, letters_of(of), rng)
        head = _head_renamed(head, new)
        displays = [
            Shown(tuple(replace(row, left=_renamed(row.left, new), right=_renamed(row.right, new)) for row in shown.rows))
            for shown in displays
        ]
        names.append("letters")
    displays = [_in_notations(shown, setting_of(of, shown.rows[0].of, new), rng) for shown in displays]
    used = {name for shown in displays for row in shown.rows for name in row.names}
    head = replace(head, macros=tuple(macro for notation in FORMULAS if notation.name in used for macro in notation.macros))
    if not new and not has_fonts(of) and "fonts" not in used and rng.random() < 0.3:
        head = _bold_where_declared(head, letters_of(of), rng)
        names.append("bold-where-declared")
    if rng.random() < 0.3:
        head = _signs_declared(head, rng)
        names.append("signs-declared")
    carrier = rng.choice(CARRIERS)
    shown_texts: list[str] = []
    rows: list[Row] = []
    for shown in displays:
        kind = rng.choice(_kinds(shown, carrier))
        shown_texts.append(kind.make(shown, rng))
        rows += [replace(row, names=(*row.names, *names, kind.name, carrier.name)) for row in shown.rows]
    return WrittenNote(of, carrier.file, carrier.make(head, shown_texts), tuple(rows), len(of.defined))


# Verdicts.


@dataclass
class Tally:
    """What came of the rows: verdicts in all and by notation, and the rows that did not pass with what was said of them."""

    verdicts: Counter[str] = field(default_factory=Counter)
    by_notation: dict[str, Counter[str]] = field(default_factory=dict)
    slips: Counter[str] = field(default_factory=Counter)
    amiss: list[str] = field(default_factory=list)
    unwritten: int = 0
    """Rows that are not read as the program writes them either, or stand behind one: they are not counted."""

    @property
    def tried(self) -> int:
        return sum(self.verdicts.values())

    def add(self, row: Row, verdict: str) -> None:
        self.verdicts[verdict] += 1
        self.slips[row.slip] += 1
        for name in row.names:
            self.by_notation.setdefault(name, Counter())[verdict] += 1

    def __str__(self) -> str:
        lines = [f"{self.tried} rows: {dict(self.verdicts)}; {self.unwritten} not counted"]
        lines += [f"{name:22} {dict(counts)}" for name, counts in sorted(self.by_notation.items())]
        return "\n".join(lines)


def judged(note: WrittenNote) -> list[tuple[Row, str, str]]:
    """The rows of a note, each with its verdict and what is said of it."""
    found = check_note(read_note(Path(note.file), note.text), Witness(seed=1, points=3, autodiff=False), diagnosed=False)
    steps: list[Step] = found.steps[note.above :]
    trouble = "; ".join(trouble.message for trouble in found.troubles)
    if len(steps) != len(note.rows):
        return [(row, "unread", f"{len(steps)} rows read of {len(note.rows)}; {trouble}") for row in note.rows]
    return [
        (row, step.verdict, f"{trouble} {step.message or step.row.message}") for row, step in zip(note.rows, steps, strict=True)
    ]


def is_read_plainly(note: WrittenNote, row: Row) -> bool:
    """Whether a row is read as the program writes it."""
    text = f"{note.of.head}\n\n$$\n\\begin{{align*}}\n{row.plain[0]} &= {row.plain[1]}\n\\end{{align*}}\n$$\n"
    plain = replace(note, file="note.md", text=text, rows=(row,))
    return judged(plain)[0][1] != "unread"


def campaign(
    count: int,
    seed: int,
    make: Callable[[Origin, random.Random], Shown | None] = true_shown,
    sources: Sequence[str | Path] | None = None,
) -> Tally:
    """So many rows, no two of which are the same text, each judged in a note of several."""
    rng = random.Random(seed)
    tally = Tally()
    seen: set[str] = set()
    chosen = (*texts(), *models()) if sources is None else sources
    while tally.tried < count:
        source = rng.choice(chosen)
        of = origin_of_model(source) if isinstance(source, Path) else origin(source)
        if not of.rows:
            continue
        note = written_note(of, make, rng)
        for row, verdict, told in judged(note):
            text = f"{of.declared}\n{row.left} = {row.right}"
            if text in seen:
                continue
            seen.add(text)
            if verdict == "unread" and (told.endswith(BEHIND_UNREAD) or not is_read_plainly(note, row)):
                tally.unwritten += 1
                continue
            tally.add(row, verdict)
            passes = verdict in ("proved", "confirmed")
            if passes is bool(row.slip):
                tally.amiss.append(
                    f"{verdict} {row.slip}: {row.left} = {row.right}\n    {' '.join(row.names)}\n    {told}\n    {row.plain}"
                )
    return tally
