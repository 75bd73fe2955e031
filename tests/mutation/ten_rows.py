"""Notes of ten rows of which one is wrong: true rows of the examples written in other ways, with a slip in one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from checks.campaign import SecondEvaluator
from checks.mutation import OPERATORS, mutants
from checks.rewriting import rewritten
from derive.formula import free_indices
from tests.mutation.true_rows import Origin, TrueRow, are_read, chain, checked, origin, texts

ROWS = 10


@dataclass(frozen=True, slots=True)
class TenRows:
    """A note, the row of it that is wrong (from 0), and which slip that is."""

    text: str
    wrong: int
    slip: str


def wrong_rows(text: str) -> list[int]:
    """The rows of a note that do not pass, from 0; those that define something are not counted."""
    steps = [step for step in checked(text) if step.verdict != "defined"]
    return [place for place, step in enumerate(steps) if not step.passes]


def ten_rows(seed: int) -> Iterator[TenRows]:
    """Chains of ten equal formulas, with a slip in one: without end, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        of = origin(rng.choice(texts()))
        if not of.rows:
            continue
        made = _chain(of, rng.choice(of.rows), rng)
        if made is not None:
            yield made


def _chain(of: Origin, row: TrueRow, rng: random.Random) -> TenRows | None:
    claim = row.claim
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
    if not are_read(of, chain(of, row, forms)):
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
        made = chain(of, row, forms)
        return TenRows(f"{of.head}\n\n{made}\n", wrong, slip.operator) if made else None
    return None
