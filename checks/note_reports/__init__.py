"""Output formats for checked notes, one a file: each module of this folder holds one ``REPORT``.

This file holds the record that such a module fills in, what the formats share, and finds the modules.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.errors import DeriveError, UnknownNameError
from derive.formula import Formula

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote, Step
    from checks.reports import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReport:
    """An output format. ``write`` ends what it returns with a newline."""

    name: str
    title: str
    write: Callable[[Sequence[CheckedNote], Environment, Page], str]


def names() -> list[str]:
    """The names of all formats."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def report(name: str) -> NoteReport:
    """The format called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in names():
        raise UnknownNameError.among("format", name, names())
    return importlib.import_module(f"{__name__}.{name}").REPORT


def counts(notes: Sequence[CheckedNote]) -> dict[str, int]:
    """How many rows came back with each verdict."""
    found: dict[str, int] = dict.fromkeys(("proved", "confirmed", "refuted", "unknown", "unread", "defined", "skipped"), 0)
    for note in notes:
        for step in note.steps:
            found[step.verdict] += 1
    return found


def source_line(step: Step) -> str:
    """The row as the author wrote it, on one line."""
    return " ".join(step.row.source.text.split())


def written(step: Step) -> Callable[[Formula], str]:
    """How formulas are written in a row's report."""
    from derive.notation import text_writer

    def write(formula: Formula) -> str:
        try:
            return text_writer.text(formula, step.convention)
        except (DeriveError, IndexError, KeyError, ValueError):
            return "this part"

    return write


def unchecked(step: Step) -> str:
    """Why a row, or a part of it, was not checked; empty where all of it was."""
    from derive.notes.chains import APPROXIMATE

    if step.verdict == "skipped":
        return step.message
    return APPROXIMATE if APPROXIMATE in step.row.notes else ""


_KINDS = {
    "nonzero": "{} is not 0",
    "positive": "{} is positive",
    "regular": "{} is invertible",
    "definite": "{} is positive definite",
}
MOST_CONDITIONS = 4


def provided(step: Step) -> list[str]:
    """What a verdict takes for granted that the declarations do not say: where indices are in range, and both sides defined."""
    from checks.points import literals_of
    from derive.algebra.prove import Proof

    found: dict[str, None] = {}
    for finding in step.findings:
        if finding.verdict in ("proved", "confirmed"):
            claim = finding.claim
            written_out = literals_of(claim.lhs, claim.rhs, limits=False)
            found.update({f"{size} is at least {least}": None for size, least in written_out.items() if least > 1})
    for finding in step.findings:
        for duty in finding.outcome.obligations if isinstance(finding.outcome, Proof) else ():
            if not duty.derived and duty.kind in _KINDS and finding.verdict == "proved":
                found[_KINDS[duty.kind].format(written(step)(duty.formula))] = None
    return list(found)
