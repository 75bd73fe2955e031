"""A checked note, display by display, in the order in which every report tells it.

A format decides how things look; what is said of a row, and in which words, is decided here once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checks.advice import advice
from checks.counterexamples import Told, told
from checks.inert import name_of
from checks.outline import Piece, Text, Tone
from checks.points import literals_of
from checks.snippets import snippet
from checks.witness import WRITTEN_CONSTANT
from derive.algebra.prove import Proof
from derive.claims import Claim
from derive.errors import DeriveError
from derive.formula import ZERO, Derivative, Formula, Reference, Substitute, walk, walk_unfolded
from derive.notation import text_writer
from derive.notation.boxes import NOTHING, SPACE, Box, Sign, row
from derive.notation.conventions import Convention, Spelling, convention
from derive.notation.layout import lay_out
from derive.notes.chains import APPROXIMATE, IMPLICATIONS, Said

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote, Step
    from derive.notes import Place

VERDICTS: dict[str, Tone] = {
    "proved": "good",
    "confirmed": "open",
    "refuted": "bad",
    "unknown": "bad",
    "unread": "bad",
    "defined": "plain",
    "skipped": "plain",
}
"""The verdicts, in the order in which they are counted, and how good each is."""
READINGS = {"held": "weights held at the current parameters", "moving": "weights moving with the parameters"}
UNWRITABLE = (DeriveError, IndexError, KeyError, ValueError, RecursionError)
"""What hinders a formula from being written."""
MOST_CONDITIONS = 4
LONGEST_SOURCE = 400
"""So many characters of a row that was not read are shown."""


# Of one row.


def counts(notes: Sequence[CheckedNote]) -> dict[str, int]:
    """How many rows came back with each verdict."""
    found = dict.fromkeys(VERDICTS, 0)
    for note in notes:
        for step in note.steps:
            found[step.verdict] += 1
    return found


def summary(notes: Sequence[CheckedNote]) -> str:
    """The counts in words."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counts(notes).items() if count) or "nothing to check"


def outcome(notes: Sequence[CheckedNote]) -> str:
    """Whether all is as it should be, in words."""
    return "every row came out as it should" if notes and all(note.passes for note in notes) else "not every row came out"


def source_line(step: Step) -> str:
    """The row as the author wrote it, on one line."""
    return " ".join(step.row.source.text.split())


def written(step: Step, write: Callable[[Box], str] = text_writer.render) -> Callable[[Formula], str]:
    """How formulas are written in a row's report."""

    def formula_in_words(formula: Formula) -> str:
        try:
            return write(lay_out(formula, step.convention or convention()))
        except UNWRITABLE:
            return "this part"

    return formula_in_words


def code(step: Step) -> str:
    """By which name the trouble with a row is known; empty where it has none."""
    return step.row.code or (step.causes[0].code if step.causes else "")


def complaint(step: Step) -> str:
    """What is wrong with a row that does not pass."""
    return "this was marked as a mistake, but no mistake shows" if step.expected == "refuted" else step.message


def unchecked(step: Step) -> str:
    """Why a row, or a part of it, was not checked; empty where all of it was."""
    if step.verdict == "skipped":
        return step.message
    return APPROXIMATE if APPROXIMATE in step.row.notes else ""


def several_readings(step: Step) -> str:
    """The verdicts under each reading of the weights, where these were told apart."""
    if len({name for _, name in step.readings}) < 2:
        return ""
    return "; ".join(f"{READINGS.get(name, name)}: {found}" for name, found in step.readings)


def counterexample(step: Step, write: Callable[[Box], str] = text_writer.render) -> Told | None:
    """The point at which a refuted row fails, in words."""
    worst, claim = step.worst, step.worst_claim
    point = worst.evidence.counterexample if worst is not None and worst.evidence is not None else None
    if point is None or claim is None or worst is None or step.convention is None or step.verdict != "refuted":
        return None
    return told(point, worst.claim, step.convention, claim.relation, write)


def pasted(step: Step) -> list[str]:
    """The counterexample of a refuted row as lines of Python to paste."""
    if step.worst is None or counterexample(step) is None:
        return []
    return snippet(step.worst).splitlines() or ["# no few lines of Python say this counterexample"]


_KINDS = {
    "nonzero": "{} is not 0",
    "positive": "{} is positive",
    "regular": "{} is invertible",
    "definite": "{} is positive definite",
}


def provided(step: Step, write: Callable[[Box], str] = text_writer.render) -> list[str]:
    """What a verdict takes for granted that the declarations do not say: where indices are in range, and both sides defined."""
    found: dict[str, None] = {}
    for finding in step.findings:
        if finding.verdict in ("proved", "confirmed"):
            claim = finding.claim
            written_out = literals_of(claim.lhs, claim.rhs, limits=False)
            found.update({f"{size} is at least {least}": None for size, least in written_out.items() if least > 1})
    for finding in step.findings:
        for duty in finding.outcome.obligations if isinstance(finding.outcome, Proof) else ():
            if not duty.derived and duty.kind in _KINDS and finding.verdict == "proved":
                found[_KINDS[duty.kind].format(written(step, write)(duty.formula))] = None
        accepted = finding.verdict in ("proved", "confirmed") and finding.evidence is not None
        for letter in finding.evidence.nonzero if accepted and finding.evidence else ():
            found[_KINDS["nonzero"].format(written(step, write)(letter))] = None
        if isinstance(finding.outcome, Proof) and finding.verdict == "proved":
            found.update({f"{written(step, write)(value)} {end}": None for value, end in _put_in(finding.claim, finding.outcome)})
    return list(found)


_CONVENTIONS = {
    "entry": "by {} take its entries as independent",
    "frobenius": "by {} are the symmetric part (frobenius convention)",
    "vech": "by {} count each free entry once (vech convention)",
}


def of_matrices(step: Step, write: Callable[[Box], str] = text_writer.render) -> list[str]:
    """How derivatives by a matrix whose entries depend on each other are taken, where a row says what one is."""
    found: dict[str, None] = {}
    for claim in (finding.claim for finding in step.findings if finding.claim.rhs != ZERO):
        for node in (node for side in (claim.lhs, claim.rhs) for node in walk_unfolded(side)):
            if isinstance(node, Derivative) and node.by.symbol.domain in ("spd", "sym", "lower"):
                found[_CONVENTIONS[node.convention].format(written(step, write)(node.by))] = None
    return list(found)


def constants(step: Step) -> list[str]:
    """Of what the constants in a row are free, where that is less than all of the parameters."""
    return [note.removeprefix(CONSTANT) for note in step.row.notes if note.startswith(CONSTANT)]


CONSTANT = "const "


def _put_in(claim: Claim, proof: Proof) -> Iterator[tuple[Formula, str]]:
    """What is put in for a letter in whose domain it lies only on a condition: and what must be so."""
    for node in (node for side in (claim.lhs, claim.rhs) for node in walk_unfolded(side)):
        if isinstance(node, Substitute):
            before = f"what is put for {node.symbol.name} "
            yield from (
                (node.replacement, condition.removeprefix(before))
                for condition in proof.conditions
                if condition.startswith(before)
            )


def conditions(step: Step, write: Callable[[Box], str] = text_writer.render) -> str:
    """The same as one sentence, of which the first few are shown."""
    found = provided(step, write)
    more = f"; and {len(found) - MOST_CONDITIONS} more" if len(found) > MOST_CONDITIONS else ""
    return "; ".join(found[:MOST_CONDITIONS]) + more


# The page.


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What is said below a row: a heading of one or two words, and lines."""

    heading: str
    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row. Its formula is written anew from what was read; where that is not possible ``source`` is the author's text, in the
    parts before, within and behind what is off, and ``right`` is nothing. ``reason`` says where the row stands."""

    step: Step
    left: Box
    sign: str
    right: Box
    continues: bool
    source: tuple[str, str, str] | None
    reason: Text
    verdict: str
    tone: Tone
    remarks: tuple[Remark, ...]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A display, with its label as the note has it."""

    label: str
    rows: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePage:
    """A note: troubles with its declarations, and its displays."""

    file: str
    summary: str
    passes: bool
    troubles: tuple[Remark, ...]
    chains: tuple[Chain, ...]


def pages(notes: Sequence[CheckedNote]) -> tuple[NotePage, ...]:
    """Lay out checked notes."""
    return tuple(
        NotePage(
            file=name_of(note.file),
            summary=summary([note]),
            passes=note.passes,
            troubles=tuple(
                Remark(heading=f"{where(trouble.place)}: {trouble.heading}", lines=((trouble.message,),))
                for trouble in note.troubles
            ),
            chains=tuple(_chains(note.steps)),
        )
        for note in notes
    )


def title(notes: Sequence[CheckedNote]) -> str:
    """The title of a report."""
    return f"Checked: {name_of(notes[0].file)}" if len(notes) == 1 else f"{len(notes)} notes, checked"


def made_with(environment: Environment) -> str:
    """The last line of a report."""
    return f"seed {environment.seed}, points {environment.points}; derive-checks {environment.tool}"


def where(place: Place) -> str:
    """Where something stands in a note, in words."""
    file = f"{name_of(place.file)}, " if place.file else ""
    cell = f"cell {place.cell}, " if place.cell is not None else ""
    return f"{file}{cell}line {place.line}"


def _chains(steps: Sequence[Step]) -> Iterator[Chain]:
    group: list[Step] = []
    for step in (*steps, None):
        if group and (step is None or step.row.number <= group[-1].row.number):
            yield Chain(label=group[0].label, rows=tuple(map(_shown, group)))
            group = []
        if step is not None:
            group.append(step)


def _shown(step: Step) -> Shown:
    said = _statement(step.row.said, step.convention)
    left, sign, right = said or (NOTHING, "", NOTHING)
    return Shown(
        step=step,
        left=left,
        sign=sign,
        right=right,
        continues=left == NOTHING,
        source=_source(step) if said is None else None,
        reason=(where(step.row.place),),
        verdict=step.verdict,
        tone="good" if step.expected == "refuted" and step.passes else VERDICTS[step.verdict],
        remarks=tuple(_remarks(step)),
    )


def _source(step: Step) -> tuple[str, str, str]:
    """The author's text, with the part that is off in the middle."""
    text = step.row.source.text
    start, end = step.span or (len(text), len(text))
    before, within, behind = (" ".join(part.split()) for part in (text[:start], text[start:end], text[end:]))
    room = LONGEST_SOURCE
    within = within if len(within) <= room else within[: room - 1] + "…"
    before = before if len(before) <= room else "…" + before[1 - room :]
    behind = behind if len(behind) <= room else behind[: room - 1] + "…"
    return before, within, behind


def _statement(said: Sequence[Said], letters: Convention | None) -> tuple[Box, str, Box] | None:
    """What a row says as a left side, a sign and all that stands behind it; None where that cannot be written."""
    if not said or letters is None:
        return None
    letters = _with_constants(letters, said)
    try:
        parts = [(_side(one.left, one, letters), _sign(one.sign), _side(one.right, one, letters)) for one in said]
    except UNWRITABLE:
        return None
    (left, sign, right), arrow = parts[0], said[0].before
    if not sign:
        left, right = right, NOTHING
    if arrow in IMPLICATIONS:
        left, sign, right = NOTHING, _sign(arrow), _side_by_side(left, sign, right)
    for one, (other_left, other_sign, other_right) in zip(said[1:], parts[1:], strict=True):
        right = row(right, *_joint(one.before), _side_by_side(other_left, other_sign, other_right))
    return left, sign, right


def _with_constants(letters: Convention, said: Sequence[Said]) -> Convention:
    """The author's letters, with those for constants that the author did not declare: ``+ C`` and ``+ \\text{const}``."""
    sides = (side for one in said for side in (one.left, one.right) if side is not None)
    names = {node.symbol.name for side in sides for node in walk(side) if isinstance(node, Reference)}
    constants: dict[str, Spelling] = {}
    for name in names:
        if name.startswith(WRITTEN_CONSTANT) and name not in letters.spellings:
            base, _, below = name.removeprefix(WRITTEN_CONSTANT).removesuffix(" alone").partition("_")
            tex = base if len(base) == 1 else rf"\mathrm{{{base}}}"
            constants[name] = Spelling(f"{tex}_{{{below.strip('{}<>')}}}" if below else tex)
    return replace(letters, spellings={**letters.spellings, **constants}) if constants else letters


def _side(formula: Formula | None, said: Said, letters: Convention) -> Box:
    if formula is None:
        return NOTHING
    box = lay_out(formula, letters)
    return row(Sign(r"\operatorname{argmax}"), SPACE, box) if said.maximised else box


def _sign(relation: str) -> str:
    """A relation or an arrow in LaTeX."""
    return {"=!": r"\overset{!}{=}", "to": r"\implies"}.get(relation) or (f"\\{relation}" if relation.isalpha() else relation)


def _side_by_side(left: Box, sign: str, right: Box) -> Box:
    return row(left, SPACE, Sign(sign), SPACE, right) if sign else row(left, right)


def _joint(before: str) -> tuple[Box, ...]:
    """What stands between two statements of one row."""
    if before in IMPLICATIONS:
        return (Sign(r"\quad"), Sign(_sign(before)), Sign(r"\quad"))
    return {",": (Sign(","), Sign(r"\quad")), "with": (Sign(","), Sign(r"\quad"), Sign(r"\mathrm{with}"), Sign(r"\quad"))}.get(
        before, ()
    )


# What is said below a row.


class _Marks:
    """Writes formulas as marks in a sentence, by which it is taken apart into words and boxes afterwards."""

    def __init__(self) -> None:
        self.boxes: dict[Box, int] = {}

    def __call__(self, box: Box) -> str:
        # No text of a note has this character.
        return f"\0{self.boxes.setdefault(box, len(self.boxes))}\0"

    def text(self, words: str) -> Text:
        known = list(self.boxes)
        pieces: list[Piece] = [
            known[int(part)] if place % 2 else part for place, part in enumerate(re.split(r"\0(\d+)\0", words))
        ]
        return tuple(piece for piece in pieces if piece != "")


def _remarks(step: Step) -> Iterator[Remark]:
    write = _Marks()

    def remark(heading: str, *lines: str) -> Iterator[Remark]:
        if any(lines):
            yield Remark(heading=heading, lines=tuple(write.text(line) for line in lines if line))

    if not step.passes:
        known = f" ({code(step)})" if code(step) else ""
        yield from remark(f"{step.verdict}{known}", complaint(step))
    elif step.expected == "refuted":
        yield from remark("a mistake", "marked as such by the author, and refuted")
    if point := counterexample(step, write):
        yield from remark("counterexample", point.where, "; ".join(point.values), point.seen)
    for place, cause in enumerate(step.causes):
        told_ = f"{cause.cause(written(step, write))} (derive explain {cause.code})"
        yield from remark("or" if place else "likely cause", told_)
    if not step.passes:
        yield from remark("help", advice(step))
    yield from remark("provided that", conditions(step, write))
    yield from remark("derivatives", *of_matrices(step, write))
    yield from remark("const", *constants(step))
    if unchecked(step):
        yield from remark("not checked", unchecked(step))
    yield from remark("readings", several_readings(step))
    if step.leftover is not None:
        left = written(step, write)(step.leftover.claim.rhs)
        yield from remark("with moving weights there is left", f"{left} ({step.leftover.verdict})")
    yield from remark("remark", step.remark)
    yield from remark("as it was read", *(note for note in step.row.notes if note != APPROXIMATE))
    yield from remark("the author's reason", step.row.reason)
