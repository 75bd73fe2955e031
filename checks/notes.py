"""Checks a note row by row: declarations and displays in, a verdict for each row out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, NamedTuple, TypeVar

from checks.cache import Cache, Question
from checks.diagnoses import Diagnosed, diagnose
from checks.idle_readings import why_idle
from checks.judge import Finding, judge
from checks.leftovers import with_leftover
from checks.piecework import Lost, Work, at_once, too_slow
from checks.points import symbols_of
from checks.time_limit import TimeOut, limited
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import DeriveError, DisagreementError, ReadingError
from derive.formula import Apply, Formula, free_indices, rebuild
from derive.notation import latex_writer, text_writer
from derive.notation.conventions import Convention
from derive.notation.declarations import Dictionary
from derive.notes import Declarations, Display, Note, Place, Source
from derive.notes.chains import DisplayReader, DisplayReading, RowClaim, RowReading
from derive.notes.packs import pack

T = TypeVar("T")
RowVerdict = Literal["proved", "confirmed", "refuted", "unknown", "unread", "defined", "skipped"]
WORST: tuple[RowVerdict, ...] = ("refuted", "unread", "unknown", "confirmed", "proved", "defined", "skipped")
"""A row of several claims has the worst of their verdicts."""
ROW_TIMEOUT = 20.0
DIAGNOSIS_SECONDS, WATCHED = 1.0, 10
"""How long causes, and what is said beside a row, may be worked on; by the clock on the wall so many times as long at most."""


def _worst_place(findings: Sequence[Finding]) -> int:
    """Which of the findings on a row gives the row its verdict: the worst, and of several such the last."""
    return min(reversed(range(len(findings))), key=lambda place: WORST.index(findings[place].verdict))


@dataclass(frozen=True, slots=True)
class Step:
    """A row with its verdict: how it was read, the findings on its claims, and what it says under the other reading."""

    row: RowReading
    label: str
    verdict: RowVerdict
    message: str
    findings: tuple[Finding, ...]
    expected: Literal["refuted"] | None
    seconds: float
    reading: str | None = None
    readings: tuple[tuple[str, RowVerdict], ...] = ()
    remark: str = ""
    causes: tuple[Diagnosed, ...] = ()
    leftover: Finding | None = None
    """What the row leaves, where it fails under moving weights: the finding on that difference."""
    convention: Convention | None = None
    """The letters of the note, for printing."""
    defect: bool = False
    """Whether the program failed on this row, by a mistake of its own."""

    @property
    def worst(self) -> Finding | None:
        """The finding by which the row got its verdict."""
        return self.findings[_worst_place(self.findings)] if self.findings else None

    @property
    def worst_claim(self) -> RowClaim | None:
        """What the row says, of which that is the finding."""
        return next((claim for claim, f in zip(self.row.claims, self.findings, strict=False) if f is self.worst), None)

    @property
    def span(self) -> tuple[int, int] | None:
        """Which part of the row's text is off, as far as that can be told."""
        if self.row.code:
            return self.row.at
        claim = self.worst_claim
        return claim.span if claim is not None and claim.span != (0, 1) else None

    @property
    def passes(self) -> bool:
        """Whether the row came out as it should."""
        if self.expected == "refuted":
            return self.verdict == "refuted"
        return self.verdict in ("proved", "confirmed", "defined", "skipped")


NOT_READ = "not-read"
"""The code of what stands in a note and was not seen as a declaration or a display, though it looks like one."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A declaration or hint that could not be taken in, or something else of a note that was not read."""

    place: Place
    message: str
    code: str

    @property
    def heading(self) -> str:
        """What it is, in a few words."""
        return {NOT_READ: "not read", "declaration": "declaration"}.get(self.code, f"declaration[{self.code}]")

    @property
    def rule(self) -> str:
        """Its kind, as programs call it."""
        return self.code if self.code in (NOT_READ, "declaration") else f"declaration-{self.code}"


@dataclass(frozen=True, slots=True)
class Judging:
    """How rows are judged: by which numbers, in how many seconds each, whether slips are looked for, who does the work, and what
    is known already."""

    witness: Witness
    row_timeout: float
    diagnosed: bool
    work: Work
    cache: Cache | None = None

    def bounded(self, do: Callable[[], T], given_up: Callable[[str], T], *, kept: bool = True) -> T:
        """A piece of work within the time of a row; ``given_up`` says what stands for it where it takes longer, and why."""

        def within() -> T:
            try:
                with limited(self.row_timeout):
                    return do()
            except TimeOut:
                return given_up(too_slow(self.row_timeout))
            except MemoryError:
                return given_up("more memory than is allowed; try a smaller step")

        return self.work(within, lambda how: given_up(how.told(self.row_timeout)), seconds=self.row_timeout, kept=kept)


@dataclass(slots=True)
class CheckedNote:
    """All rows of a note with their verdicts."""

    file: str
    steps: list[Step] = field(default_factory=list[Step])
    troubles: list[Trouble] = field(default_factory=list[Trouble])

    @property
    def passes(self) -> bool:
        """Whether every row came out as it should, and at least one said something."""
        claimed = any(step.verdict not in ("defined", "skipped") for step in self.steps)
        return claimed and not self.troubles and all(step.passes for step in self.steps)

    @property
    def passes_but_unknown(self) -> bool:
        """Whether nothing is wrong but rows that could not be settled."""
        return bool(self.steps) and not self.troubles and all(step.passes or step.verdict == "unknown" for step in self.steps)


def confirm_by_autodiff(
    checked: CheckedNote, witness: Witness, *, timeout: float = ROW_TIMEOUT, work: Work = at_once, cache: Cache | None = None
) -> None:
    """Take every derivative in the rows that passed by JAX too, for at most ``timeout`` seconds.

    A derivative that JAX takes otherwise than the balls is a defect of this program, and its row is unknown. What JAX cannot take
    was still seen in balls.
    """

    def do() -> list[Step]:
        steps = list(checked.steps)
        taken = Taken(witness, cache)
        with suppress(TimeOut, MemoryError), limited(timeout):
            for place, step in enumerate(checked.steps):
                steps[place] = _by_autodiff(step, taken)
        taken.keep()
        return steps

    checked.steps[:] = work(do, lambda how: list(checked.steps), seconds=timeout)


@dataclass(slots=True)
class Taken:
    """Derivatives taken by JAX, in earlier runs or in this one."""

    witness: Witness
    cache: Cache | None
    new: list[tuple[Question, float | None]] = field(default_factory=list[tuple[Question, "float | None"]])

    def by_autodiff(self, claim: Claim) -> float | None:
        if self.cache is None:
            return self.witness.by_autodiff(claim)
        question = _question("autodiff", self.witness, claim)
        known = self.cache.get(question)
        if isinstance(known, tuple) and len(known) == 1 and (known[0] is None or isinstance(known[0], float)):
            return known[0]
        found = self.witness.by_autodiff(claim)
        self.new.append((question, found))
        return found

    def keep(self) -> None:
        if self.cache is not None:
            for question, found in self.new:
                self.cache.put(question, (found,))


def _by_autodiff(step: Step, taken: Taken) -> Step:
    findings: list[Finding] = []
    for finding in step.findings:
        evidence = finding.evidence
        if evidence is not None and finding.verdict in ("proved", "confirmed"):
            try:
                finding = replace(finding, evidence=replace(evidence, autodiff=taken.by_autodiff(finding.claim)))
            except DisagreementError as error:
                message = f"a defect of this program, please report it: {error}"
                step = replace(step, verdict="unknown", message=message, defect=True)
            except (DeriveError, ArithmeticError, NotImplementedError, TypeError, ValueError):
                pass
        findings.append(finding)
    return replace(step, findings=tuple(findings))


def _question(kind: str, witness: Witness, *asked: object) -> Question:
    """All on which an answer of the judge, or of the witness, depends."""
    return Question(kind, witness.seed, witness.points, witness.autodiff, witness.least, witness.large, *asked)


ACCEPTED = ("proved", "confirmed")
_BY_HINT = ("solves", "stationary", "maximises", "minimises")
"""What a row is that stands below a hint."""
_PLAINLY_FALSE = ("the two sides differ, certainly", "the bound is violated, certainly")
_FALSE_BY_RELATION = {
    "solves": "with this value put in, what it is to solve does not vanish",
    "stationary": "with this value put in, the derivative does not vanish",
    "maximises": "no maximum: at the values shown the objective is larger than with this value put in",
    "minimises": "no minimum: at the values shown the objective is smaller than with this value put in",
    "propto": "the ratio of the two sides is not the same for two values of the index",
}
"""What it means that a row is false, where that is not that its two sides differ."""


def check_note(
    note: Note,
    witness: Witness,
    *,
    row_timeout: float = ROW_TIMEOUT,
    only: str | None = None,
    diagnosed: bool = True,
    heard: Callable[[Step], None] | None = None,
    work: Work = at_once,
    cache: Cache | None = None,
) -> CheckedNote:
    """Check a note.

    A row that takes longer than ``row_timeout`` seconds is unknown; it never holds up the rest. With ``only`` the displays of
    other labels are read for their definitions, and not judged. Each row, and each display or declaration that is read, is a
    piece of ``work`` that may be lost without the others. What a ``cache`` knows of a row is taken over.
    """
    judging = Judging(witness, row_timeout, diagnosed, work, cache)
    walk = _Walk(note, judging)
    checked = CheckedNote(note.file)
    for block in walk.blocks():
        if isinstance(block, Declarations):
            continue
        judged = only is None or block.label == only
        for step in _display(block, walk, judging, judged):
            if judged:
                if walk.troubles and step.verdict == "refuted" and step.expected is None:
                    # What was not taken in might have made the row true.
                    step = replace(step, verdict="unknown", message=UNSURE, causes=())
                checked.steps.append(step)
                if heard is not None:
                    heard(step)
    checked.troubles = _all_troubles(note, walk)
    return checked


def understood(note: Note) -> Iterator[str]:
    """How the symbols and the rows of a note are understood, as lines of text."""
    walk = _Walk(note)
    for block in walk.blocks():
        if isinstance(block, Declarations):
            for letter in walk.dictionary.letters:
                shape = " x ".join(size.name for size in letter.symbol.shape)
                family = ", ".join(r.upper.name for r in letter.symbol.family)
                told = f"{letter.kind}, {letter.symbol.domain}" + (f", shape {shape}" if shape else "")
                yield f"  {letter.name}: {told}" + (f", a family over {family}" if family else "")
            continue
        reading = walk.held(block)
        walk.name(block, reading)
        for row in reading.rows:
            yield f"line {row.place.line}: {row.status}" + (f" ({row.message})" if row.message else "")
            yield from _told(row, reading)
    for trouble in walk.troubles:
        yield f"line {trouble.place.line}: declaration not understood: {trouble.message}"
    for warned in note.warnings:
        yield f"line {warned.place.line}: not read: {warned.message}"


def readings(note: Note) -> Iterator[tuple[Sequence[RowReading], ...]]:
    """Of each chain of each display the rows under either reading of the weights."""
    walks = _Walk(note), _Walk(note)
    for block, _ in zip(*(walk.blocks() for walk in walks), strict=True):
        if isinstance(block, Declarations):
            continue
        held, other = (walk.held(block) for walk in walks)
        moving = walks[1].moving(block) if held.undecided else other
        for walk, reading in zip(walks, (held, moving), strict=True):
            walk.name(block, reading)
        for chain in _chains(held, moving):
            told = [[_unless_unsure(row, walks[0].troubles) for row in reading.rows[chain]] for reading in (held, moving)]
            yield tuple(
                [replace(row, idle=_is_idle(row, name)) for row in rows] for rows, name in zip(told, READINGS, strict=True)
            )


READINGS = ("held", "moving")


def _is_idle(row: RowReading, reading: str) -> bool:
    """Whether what a row claims says nothing of the weights, as they are read."""
    claims = _ways(row)
    return any(one.reading != "none" for one in claims) and bool(why_idle(claims, reading))


def _ways(row: RowReading) -> list[Claim]:
    """All ways to mean the claims of a row."""
    return [claim for one in row.claims for claim in one.alternatives]


def troubles(note: Note) -> list[Trouble]:
    """What of a note was not read, but for rows."""
    walk = _Walk(note)
    for block in walk.blocks():
        if isinstance(block, Display):
            walk.name(block, walk.held(block))
    return _all_troubles(note, walk)


def _all_troubles(note: Note, walk: _Walk) -> list[Trouble]:
    return [*(Trouble(one.place, one.message, NOT_READ) for one in note.warnings), *walk.troubles]


def _unless_unsure(row: RowReading, troubles: Sequence[Trouble]) -> RowReading:
    """A row below a declaration that could not be read: that might have made it true."""
    if not troubles:
        return row
    return replace(row, claims=tuple(replace(claim, hedge=claim.hedge or UNSURE) for claim in row.claims))


UNSURE = "a declaration above could not be read, and the row fails without it"


def _chains(held: DisplayReading, moving: DisplayReading) -> list[slice]:
    """The chains of a display: a row with a left side of its own, that follows from nothing above it, begins another one."""
    begun = [0]
    for place, (one, other) in enumerate(zip(held.rows, moving.rows, strict=False)):
        if place and all(row.said and row.said[0].left is not None and not row.said[0].before for row in (one, other)):
            begun.append(place)
    alike = len(held.rows) == len(moving.rows)
    return [slice(one, other) for one, other in pairwise([*begun, None])] if alike else [slice(None)]


def ways_to_hold(claim: RowClaim) -> Iterator[Claim]:
    """The claims of which each suffices for what a row claims."""
    for one in claim.alternatives:
        yield from _without_assumptions(one)


RELATIONS_IN_LATEX: Mapping[str, str] = {
    "proportional to": r"\propto",
    "= up to a constant": r"= \text{const} +",
    "<=": r"\le",
    ">=": r"\ge",
    "implies": r"= 0 \implies 0 =",
}


def _told(row: RowReading, reading: DisplayReading) -> Iterator[str]:
    for claim in row.claims:
        meant = claim.alternatives[-1]
        try:
            left, right = (text_writer.text(side, reading.convention) for side in (meant.lhs, meant.rhs))
            sides = [latex_writer.latex(side, reading.convention) for side in (meant.lhs, meant.rhs)]
        except (DeriveError, IndexError, KeyError, ValueError):
            yield "    (a part of it has no way of being written)"
            continue
        yield f"    {left}  {meant.relation}  {right}"
        free = sorted(index.name for index in free_indices(meant.lhs) | free_indices(meant.rhs))
        yield f"    LaTeX: {sides[0]} {RELATIONS_IN_LATEX.get(meant.relation, meant.relation)} {sides[1]}" + (
            f"    for every {', '.join(free)}" if free else ""
        )
    for note in row.notes:
        yield f"    reading: {note}"


class _Walk:
    """A note from top to bottom: what is declared so far, what its labels stand for, what could not be taken in.

    Where rows are judged, reading has the time of a row.
    """

    def __init__(self, note: Note, judging: Judging | None = None) -> None:
        self.note = note
        self.judging = judging
        self.dictionary = Dictionary(macros=note.macros)
        self.troubles: list[Trouble] = []
        self._known: dict[str, Formula | None] = {}
        self._before = self.dictionary

    def blocks(self) -> Iterator[Declarations | Display]:
        """The blocks of the note; declarations are taken in before they come."""
        for block in self.note.blocks:
            if isinstance(block, Declarations):
                self.dictionary.tell_apart(line.text for line in block.lines)
                self.troubles += filter(None, map(self._declared, block.lines))
            yield block

    def _declared(self, line: Source) -> Trouble | None:
        """Take one declaration in; what hinders it."""

        def do() -> None:
            word, _, name = line.text.strip().partition(" ")
            for text in (shared.text for shared in pack(name.strip(), self.note.folder)) if word == "use" else (line.text,):
                self.dictionary.declare(text)

        try:
            if self.judging is None:
                do()
                return None
            return self.judging.bounded(do, lambda reason: Trouble(line.place, reason, "limit"), kept=False)
        except ReadingError as error:
            return Trouble(line.at(min(error.start, len(line.text))), str(error), error.code)
        except DeriveError as error:
            return Trouble(line.place, str(error), "declaration")

    def held(self, block: Display) -> DisplayReading:
        """The display with weights that are held; its definitions go into the dictionary."""
        self._before = self.dictionary.copy()
        return self._read(block, self.dictionary, "held")

    def moving(self, block: Display) -> DisplayReading:
        """The display that was read last, with weights that move."""
        return self._read(block, self._before, "moving")

    def name(self, block: Display, reading: DisplayReading) -> None:
        """From here on the label of the display stands for its left side; of two displays with one label no hint can speak."""
        if block.label:
            self._known[block.label] = reading.left if block.label not in self._known else None

    def _read(self, block: Display, dictionary: Dictionary, weights: str) -> DisplayReading:
        """The display as it is read, or all its rows unread where that takes too long."""

        def do() -> DisplayReading:
            own = dictionary.copy()
            reading = DisplayReader(own, self._known, weights=weights).read(block, base=dictionary)
            for hint in block.hints:
                if hint.text.strip().startswith("let "):
                    with suppress(ReadingError):
                        dictionary.declare(hint.text)
            return reading

        def given_up(reason: str) -> DisplayReading:
            return DisplayReader(dictionary.copy(), self._known, weights=weights).unread(block, reason)

        return do() if self.judging is None else self.judging.bounded(do, given_up, kept=False)


def _display(block: Display, walk: _Walk, judging: Judging, judged: bool) -> list[Step]:
    """The display's steps, of each chain under the reading under which it fares best."""
    reading = walk.held(block)
    steps = _judged(reading, judging) if judged else []
    if judged and reading.undecided:
        other = walk.moving(block)
        if len(other.rows) == len(reading.rows):
            others = _judged(other, judging)
            chains = _chains(reading, other)
            steps = [step for chain in chains for step in _better(steps[chain], others[chain], judging)]
            reading = other if steps and steps[0].reading == "moving" else reading
    steps = _with_remark(steps, reading, judging) if judging.diagnosed else steps
    walk.name(block, reading)
    return steps


def _better(held: list[Step], moving: list[Step], judging: Judging) -> list[Step]:
    """The reading under which the chain fares best; each row says what it is under the other, and by how much it fails there."""

    def score(steps: list[Step], as_judged: list[Step]) -> tuple[int, ...]:
        """Rows that do not pass, are refuted, have no proof; of readings alike in these the one that fails later is better.

        A row that says nothing under a reading is not left open by it: it counts as one that is refuted.
        """
        passed = next((place for place, step in enumerate(steps) if not step.passes), len(steps))
        told = [step.verdict for step in steps]
        wrong = told.count("refuted") + sum(step is not judged for step, judged in zip(steps, as_judged, strict=True))
        return sum(not step.passes for step in steps), wrong, len(told) - told.count("proved"), -passed

    judged = held, moving
    held, moving = (
        [_unless_idle(one, other, "held") for one, other in zip(held, moving, strict=True)],
        [_unless_idle(one, other, "moving") for one, other in zip(moving, held, strict=True)],
    )
    best, rest = (held, moving) if score(held, judged[0]) <= score(moving, judged[1]) else (moving, held)
    names = ("held", "moving") if best is held else ("moving", "held")
    return [
        replace(
            one,
            reading=names[0],
            readings=((names[0], one.verdict), (names[1], other.verdict)),
            leftover=_leftover(other, judging) if rest is moving and one.passes and other.verdict == "refuted" else None,
        )
        for one, other in zip(best, rest, strict=True)
    ]


def _unless_idle(step: Step, other: Step, reading: str) -> Step:
    """A row as it stands, or left open: where it holds under this reading alone, and under this one says nothing."""
    if step.verdict not in ACCEPTED or other.verdict in ACCEPTED:
        return step
    reason = why_idle(_ways(step.row), reading)
    return replace(step, verdict="unknown", message=reason) if reason else step


def _leftover(step: Step, judging: Judging) -> Finding | None:
    """The difference of the two sides of a row that fails with moving weights, as a claim that was judged."""
    told = with_leftover(step.worst.claim) if step.worst is not None else None
    judged = _judged_aside(told, judging) if told is not None else None
    found = judged.residual if judged is not None else None
    return found if found is not None and found.verdict in ("proved", "confirmed") else None


def _judged_aside(claim: Claim, judging: Judging) -> Finding | None:
    """The finding on what is said beside a row's own claims; None where that takes long, or cannot be had."""

    def do() -> Finding | None:
        question = _question("aside", judging.witness, claim) if judging.cache is not None else None
        known = judging.cache.get(question) if judging.cache is not None and question is not None else None
        if isinstance(known, Finding):
            return known
        try:
            with limited(DIAGNOSIS_SECONDS, "work"):
                found = judge(claim, judging.witness)
        except (DeriveError, ArithmeticError, TypeError, ValueError, MemoryError, RecursionError, TimeOut):
            return None
        if judging.cache is not None and question is not None and _is_settled(found):
            judging.cache.put(question, found)
        return found

    return judging.work(do, lambda how: None, seconds=WATCHED * DIAGNOSIS_SECONDS)


def _with_remark(steps: list[Step], reading: DisplayReading, judging: Judging) -> list[Step]:
    """Where a step of a chain of equations is wrong: whether the end of the chain is right all the same."""
    wrong = [step for step in steps if step.verdict == "refuted"]
    last = steps[-1] if steps else None
    if not wrong or last is None or len(steps) < 2 or reading.left is None or not last.row.claims:
        return steps
    ends = [claim.alternatives[-1] for step in steps for claim in step.row.claims]
    if any(claim.relation != "=" for claim in ends) or any(step.verdict == "unread" for step in steps):
        return steps
    if any(later.lhs != earlier.rhs for earlier, later in pairwise(ends)):
        return steps  # a row with a left side of its own is no step from the one before it
    whole = replace(ends[-1], lhs=reading.left, residual=None, expected=None)
    judged = _judged_aside(whole, judging)
    found = judged.verdict if judged is not None else "unknown"
    if found == "refuted" and last in wrong:
        return steps  # that is said of the row itself
    lines = " and ".join(f"line {step.row.place.line}" for step in wrong) + (" is wrong" if len(wrong) == 1 else " are wrong")
    told = {
        "proved": f"the end of the chain equals its beginning all the same (proved), although {lines}",
        "confirmed": f"the end of the chain equals its beginning all the same (confirmed), although {lines}",
        "refuted": f"the end of the chain does not equal its beginning: {lines}",
    }.get(found)
    return [*steps[:-1], replace(last, remark=told)] if told else steps


def _judged(reading: DisplayReading, judging: Judging) -> list[Step]:
    return [_step(row, reading, judging) for row in reading.rows]


def _step(row: RowReading, reading: DisplayReading, judging: Judging) -> Step:
    if row.status != "claim":
        return _settled(row, reading, judging)

    def lost(how: Lost) -> Step:
        message = how.told(judging.row_timeout)
        return Step(row, reading.label, "unknown", message, (), reading.expected, how.seconds, convention=reading.convention)

    return judging.work(lambda: _settled(row, reading, judging), lost, seconds=judging.row_timeout + DIAGNOSIS_SECONDS)


class Judged(NamedTuple):
    """What is found of a row's claims: which of them count, and the findings on these."""

    verdict: RowVerdict
    message: str
    places: tuple[int, ...]
    findings: tuple[Finding, ...]
    causes: tuple[Diagnosed, ...]
    seconds: float
    defect: bool = False
    is_final: bool = False
    """Whether it would be found again: no clock had a part in it."""


def _settled(row: RowReading, reading: DisplayReading, judging: Judging) -> Step:
    # Where nothing in a display is claimed a mistake that was announced is none, and that is said.
    expected = reading.expected if row.claims or not any(one.claims for one in reading.rows) else None
    found = _found(row, judging) if row.status == "claim" else Judged(row.status, row.message, (), (), (), 0.0)
    if found.places:
        row = replace(row, claims=tuple(row.claims[place] for place in found.places))
    return Step(
        row,
        reading.label,
        found.verdict,
        found.message,
        found.findings,
        expected,
        found.seconds,
        causes=found.causes,
        defect=found.defect,
        convention=reading.convention,
    )


def _found(row: RowReading, judging: Judging) -> Judged:
    """What is known of a row's claims, or what is found now."""
    if judging.cache is None:
        return _judged_row(row.claims, judging)
    question = _question("row", judging.witness, judging.row_timeout, judging.diagnosed, row.claims)
    known = _as_judged(judging.cache.get(question), len(row.claims))
    if known is not None:
        return known
    found = _judged_row(row.claims, judging)
    if found.is_final:
        judging.cache.put(question, tuple(found))
    return found


def _as_judged(answer: object, claims: int) -> Judged | None:
    """What was kept of a row with so many claims; None where it is nothing of the kind."""
    if not isinstance(answer, tuple) or len(answer) != len(Judged._fields):
        return None
    found = Judged(*answer)
    parts = (found.places, found.findings, found.causes)
    if not all(isinstance(part, tuple) for part in parts):  # pyright: ignore[reportUnnecessaryIsInstance]
        return None
    verdicts = [finding.verdict for finding in found.findings if isinstance(finding, Finding)]  # pyright: ignore[reportUnnecessaryIsInstance]
    fits = len(verdicts) == len(found.findings) == len(found.places) and all(place in range(claims) for place in found.places)
    if not fits or found.verdict != (min(verdicts, key=WORST.index) if verdicts else "defined"):
        return None
    return found if found.is_final is True and found.defect is False else None


def _judged_row(claims: Sequence[RowClaim], judging: Judging) -> Judged:
    began = time.perf_counter()
    places: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    defect = False
    try:
        with limited(judging.row_timeout):
            found = [_settle(claim, judging.witness) for claim in claims]
        final = all(map(_is_settled, found))
        places = tuple(
            place
            for place, (claim, finding) in enumerate(zip(claims, found, strict=True))
            if not claim.used or finding.verdict in ACCEPTED
        )
        if not places:
            # An equation to be used in what follows, which need not hold everywhere.
            return Judged("defined", "an equation to be used", (), (), (), time.perf_counter() - began, is_final=final)
        findings = tuple(found[place] for place in places)
        worst = _worst_place(findings)
        finding, relation = findings[worst], claims[places[worst]].relation
        plainly = finding.verdict == "refuted" and finding.reason in _PLAINLY_FALSE
        message = (_FALSE_BY_RELATION.get(relation) if plainly else None) or finding.reason
        causes: tuple[Diagnosed, ...] = ()
        # What is put in below a hint is no slip of one row against another.
        if finding.verdict == "refuted" and judging.diagnosed and relation not in _BY_HINT:
            searched = time.process_time()
            causes = diagnose(finding.claim, judging.witness, seconds=DIAGNOSIS_SECONDS)
            final = final and time.process_time() - searched < DIAGNOSIS_SECONDS
        return Judged(finding.verdict, message, places, findings, causes, time.perf_counter() - began, is_final=final)
    except TimeOut:
        message = too_slow(judging.row_timeout)
    except MemoryError:
        message = "no verdict within the memory that is allowed; try a smaller step"
    except RecursionError:
        message = "nested too deeply to be judged; try a smaller step"
    except Exception as error:
        # One row must not take the others with it; the report says that it is our mistake.
        message = f"a defect of this program, please report it: {type(error).__name__}: {error}"
        defect = True
    return Judged("unknown", message, places, findings, (), time.perf_counter() - began, defect=defect)


def _is_settled(finding: Finding) -> bool:
    """Whether a finding would be the same again: neither time nor depth, of which there may be more, had a part in it."""
    cut = finding.verdict == "unknown" or "nested too deeply" in finding.reason
    return not cut and (finding.residual is None or _is_settled(finding.residual))


def _settle(claim: RowClaim, witness: Witness) -> Finding:
    """The finding on a claim: that of the first way to mean it that holds, else of the last one, or of one that is left open."""
    found: Finding | None = None
    for tried in ways_to_hold(claim):
        finding = judge(tried, witness)
        if finding.verdict in ("proved", "confirmed"):
            return finding
        found = finding
    if found is None:
        raise ValueError("a claim without a meaning")
    if claim.hedge and found.verdict == "refuted":
        return replace(found, verdict="unknown", reason=claim.hedge)
    if found.verdict == "refuted":
        # What may be meant in several ways fails where each of them does.
        for other in claim.independent:
            finding = judge(other, witness)
            if finding.verdict != "refuted":
                return finding
    if claim.kinks and found.verdict == "refuted" and found.evidence is not None and found.evidence.undefined:
        return replace(found, verdict="unknown", reason=claim.kinks)
    return found


def _without_assumptions(claim: Claim) -> Iterator[Claim]:
    """The claim without what is assumed of values, which it may not need, and then with it."""
    if any(a.is_restriction for a in claim.assumptions):
        yield replace(claim, assumptions=tuple(a for a in claim.assumptions if not a.is_restriction))
        # Constraints on the parameters alone: points meet them more easily than all that is assumed.
        kept = tuple(a for a in claim.assumptions if a.equation is None or _on_parameters(*a.equation))
        if 0 < len(kept) < len(claim.assumptions):
            yield replace(claim, assumptions=kept)
    general = replace(claim, lhs=_for_any_function(claim.lhs), rhs=_for_any_function(claim.rhs))
    if general != claim:
        yield general  # true of any function, densities or not
    yield claim


def _on_parameters(left: Formula, right: Formula) -> bool:
    return all(symbol.role == "param" for symbol in symbols_of(left, right))


def _for_any_function(node: Formula) -> Formula:
    """The formula with its unknown densities as any functions: their sums need not be one."""
    if isinstance(node, Apply) and node.function.normalised_over is not None:
        node = replace(node, function=replace(node.function, normalised_over=None))
    return rebuild(node, _for_any_function)
