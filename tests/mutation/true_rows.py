"""The true rows of the example notes and of the identities' notes, as formulas, with what their notes say before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from checks.notes import Step, check_note
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import DeriveError
from derive.formula import Formula
from derive.identities import identity, names
from derive.notation.latex_writer import latex
from derive.notes import Declarations, Display, Note, read_note

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.md"))
JUDGED = ("proved", "confirmed", "unknown", "refuted")
_HELD_WEIGHTS = re.compile(r"^posterior .* at ", re.MULTILINE)
_PLACE_OF_WEIGHTS = re.compile(r"(?<=[})])\(\\(?:theta|psi)(?![A-Za-z])[^()\s]*(?:\([^()\s]*\)[^()\s]*)?\)")
"""The parameters behind a weight, which its declaration does not name there: ``q_{nc}(\\theta_0)``."""
MOST_ROW = 400
"""How many characters a row has at most."""


@dataclass(frozen=True, slots=True)
class TrueRow:
    """A row that is proved and says one equation."""

    step: Step
    claim: Claim


@dataclass(frozen=True, slots=True)
class Origin:
    """A note's declarations, its displays that define something, and its true rows that can be written anew below these."""

    declared: str
    defined: tuple[str, ...]
    rows: tuple[TrueRow, ...]

    @property
    def head(self) -> str:
        """What stands in a note above the rows."""
        return "\n\n".join((f"```derive\n{self.declared}\n```", *self.defined))


@cache
def texts() -> tuple[str, ...]:
    """The notes: those of the examples, and those of the identities that belong to no model."""
    notes = [identity(name).note for name in names() if not identity(name).is_of_models]
    return tuple(path.read_text() for path in EXAMPLES) + tuple(note for note in notes if note)


@cache
def origin(text: str) -> Origin:
    """The true rows of a note, and what they rest on."""
    note = read_note(Path("note.md"), text)
    declared = "\n".join(line.text for block in note.blocks if isinstance(block, Declarations) for line in block.lines)
    steps = check_note(note, Witness(seed=0, points=2, autodiff=False), diagnosed=False).steps
    bare = Origin(declared, tuple(_definitions(note, steps)), ())
    rows = [(step, step.findings[0].claim) for step in steps if len(step.findings) == 1 and step.verdict == "proved"]
    plain = [TrueRow(step, claim) for step, claim in rows if claim.relation == "=" and not claim.assumptions]
    return Origin(bare.declared, bare.defined, tuple(row for row in plain if are_read(bare, chain(bare, row, [row.claim.rhs]))))


def _definitions(note: Note, steps: list[Step]) -> Iterator[str]:
    """The first rows of displays that define something, each as a display."""
    defined = {step.row.place: step.row.source.text for step in steps if step.verdict == "defined"}
    for block in note.blocks:
        text = defined.get(block.rows[0].source.place) if isinstance(block, Display) and block.rows else None
        if text is None or not isinstance(block, Display):
            continue
        hints = [hint.text for hint in block.hints]
        if ":=" in text or "define" in hints:
            above = "".join(f"<!-- derive: {hint} -->\n" for hint in hints)
            yield f"{above}$$\n\\begin{{aligned}}\n{text.strip()}\n\\end{{aligned}}\n$$"


def are_read(origin: Origin, written: str | None) -> bool:
    """Whether rows written from their formulas are read: one may rest on what its note says above it, or have no spelling."""
    judged = [step for step in checked(f"{origin.head}\n\n{written}\n") if step.verdict != "defined"] if written else []
    return bool(judged) and all(step.verdict in JUDGED for step in judged)


def checked(text: str, name: str = "note.md") -> list[Step]:
    """The rows of a note with their verdicts."""
    return check_note(read_note(Path(name), text), Witness(seed=1, points=3, autodiff=False), diagnosed=False).steps


def written(of: Origin, formula: Formula, step: Step) -> str | None:
    """A formula in the letters of its note; None where it has no spelling, or a long one."""
    if step.convention is None:
        return None
    try:
        text = latex(formula, step.convention)
    except DeriveError:
        return None
    if _HELD_WEIGHTS.search(of.declared):
        text = _PLACE_OF_WEIGHTS.sub("", text)
    return text if len(text) <= MOST_ROW else None


def chain(of: Origin, row: TrueRow, forms: list[Formula]) -> str | None:
    """The left side of a row and formulas that are equal to it, a row each; None where one of them is not to be written."""
    first, *rows = (written(of, form, row.step) for form in (row.claim.lhs, *forms))
    if first is None or None in rows:
        return None
    joined = " \\\\\n".join(f"&= {text}" for text in rows)
    return f"$$\n\\begin{{align*}}\n{first} {joined}\n\\end{{align*}}\n$$"
