"""Notes of ten rows of which one is wrong: true rows of the examples written in other ways, with a slip in one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from checks.campaign import SecondEvaluator
from checks.mutation import OPERATORS, mutants
from checks.notes import Step, check_note
from checks.rewriting import rewritten
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import DeriveError
from derive.formula import Formula, free_indices
from derive.identities import identity, names
from derive.notation.latex_writer import latex
from derive.notes import Declarations, read_note

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.md"))
ROWS = 10
JUDGED = ("proved", "confirmed", "unknown", "refuted")
MOST_ROW = 400
"""How many characters a row has at most."""


@dataclass(frozen=True, slots=True)
class TenRows:
    """A note, the row of it that is wrong (from 0), and which slip that is."""

    text: str
    wrong: int
    slip: str


@cache
def _texts() -> tuple[str, ...]:
    notes = [identity(name).note for name in names() if not identity(name).is_of_models]
    return tuple(path.read_text() for path in EXAMPLES) + tuple(note for note in notes if note)


@cache
def _true_rows(text: str) -> tuple[str, tuple[tuple[Step, Claim], ...]]:
    """The declarations of a note, and its rows that are proved and say one equation."""
    note = read_note(Path("note.md"), text)
    declared = "\n".join(line.text for block in note.blocks if isinstance(block, Declarations) for line in block.lines)
    judged = check_note(note, Witness(seed=0, points=2, autodiff=False), diagnosed=False)
    rows = [(step, step.findings[0].claim) for step in judged.steps if len(step.findings) == 1 and step.verdict == "proved"]
    plain = [(step, claim) for step, claim in rows if claim.relation == "=" and not claim.assumptions]
    return declared, tuple((step, claim) for step, claim in plain if _are_read(declared, _written(claim.lhs, [claim.rhs], step)))


def _are_read(declared: str, written: str | None) -> bool:
    """Whether rows written from their formulas are read: one may rest on what its note says above it, or have no spelling."""
    steps = checked(f"```derive\n{declared}\n```\n\n{written}\n") if written is not None else []
    return bool(steps) and all(step.verdict in JUDGED for step in steps)


def checked(text: str) -> list[Step]:
    """The rows of a note with their verdicts."""
    return check_note(read_note(Path("note.md"), text), Witness(seed=1, points=3, autodiff=False), diagnosed=False).steps


def wrong_rows(text: str) -> list[int]:
    """The rows of a note that do not pass, from 0."""
    return [place for place, step in enumerate(checked(text)) if not step.passes]


def ten_rows(seed: int) -> Iterator[TenRows]:
    """Chains of ten equal formulas, with a slip in one: without end, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        declared, rows = _true_rows(rng.choice(_texts()))
        if not rows:
            continue
        made = _chain(declared, *rng.choice(rows), rng)
        if made is not None:
            yield made


def _chain(declared: str, step: Step, claim: Claim, rng: random.Random) -> TenRows | None:
    scope = tuple(sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=lambda index: index.name))
    forms = [claim.rhs]
    for _ in range(8 * ROWS):
        form, changes = rewritten(claim.rhs, rng.randint(1, 4), rng, scope)
        if changes and form not in forms:
            forms.append(form)
        if len(forms) == ROWS:
            break
    while len(forms) < ROWS:
        forms.append(forms[len(forms) % 2 - 2])
    if not _are_read(declared, _written(claim.lhs, forms, step)):
        return None
    wrong = rng.randrange(ROWS)
    slips = list(islice(mutants(forms[wrong], scope, OPERATORS), 60))
    rng.shuffle(slips)
    other = SecondEvaluator(seed=0, points=2)
    for slip in slips[:4]:
        changed: Any = replace(claim, rhs=slip.formula, gap=None)
        if not other.is_false(changed):
            continue
        forms[wrong] = slip.formula
        written = _written(claim.lhs, forms, step)
        return TenRows(f"```derive\n{declared}\n```\n\n{written}\n", wrong, slip.operator) if written else None
    return None


def _written(left: Formula, forms: list[Formula], step: Step) -> str | None:
    if step.convention is None:
        return None
    try:
        first, *rows = (latex(form, step.convention) for form in (left, *forms))
    except DeriveError:
        return None
    if any(len(row) > MOST_ROW for row in rows):
        return None
    chain = " \\\\\n".join(f"&= {row}" for row in rows)
    return f"$$\n\\begin{{align*}}\n{first} {chain}\n\\end{{align*}}\n$$"
