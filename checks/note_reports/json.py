"""Checked notes for programs: one JSON object, each row a step. What does not apply is null; exact numbers are strings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from checks.advice import advice
from checks.environment import Environment
from checks.inert import escaped
from checks.note_outline import code, counts, of_matrices, provided, written
from checks.note_reports import NoteReport
from checks.reports.json import Record, counterexample, heading, method
from checks.snippets import snippet
from derive.notation import latex_writer

if TYPE_CHECKING:
    from checks.notes import CheckedNote, Step
    from checks.reports import Page


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """The report as JSON in UTF-8, keys in a fixed order."""
    whole = {
        **heading(environment),
        "notes": [_note(note, page) for note in notes],
        "summary": {**counts(notes), "passes": bool(notes) and all(note.passes for note in notes)},
    }
    return escaped(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _note(note: CheckedNote, page: Page) -> Record:
    return {
        "file": note.file,
        "passes": note.passes,
        "steps": [_step(step, page) for step in note.steps],
        "troubles": [
            {"line": t.place.line, "column": t.place.column, "cell": t.place.cell, "code": t.code, "message": t.message}
            for t in note.troubles
        ],
    }


def _step(step: Step, page: Page) -> Record:
    row = step.row
    worst = step.worst
    evidence = worst.evidence if worst is not None else None
    point = evidence.counterexample if evidence is not None else None
    return {
        "line": row.place.line,
        "end_line": row.end_line,
        "column": row.place.column,
        "cell": row.place.cell,
        "label": step.label or None,
        "row": row.number,
        "verdict": step.verdict,
        "expected": step.expected,
        "relation": row.relation,
        "method": method(worst) if worst is not None else None,
        "reading": step.reading,
        "readings": [{"reading": name, "verdict": verdict} for name, verdict in step.readings] or None,
        "claims": [{"relation": f.claim.relation, "verdict": f.verdict, "message": f.reason} for f in step.findings]
        if len(step.findings) > 1
        else None,
        "code": code(step) or None,
        "message": step.message or None,
        "causes": [{"code": cause.code, "cause": cause.cause(written(step))} for cause in step.causes] or None,
        "help": advice(step) or None,
        "residual": _residual(step),
        "points": evidence.points if evidence is not None else None,
        "counterexample": counterexample(point) if point is not None else None,
        **({"snippet": (snippet(worst) or None) if point is not None and worst is not None else None} if page.snippets else {}),
        "assumptions": [*(a.text for a in worst.claim.assumptions), *provided(step)] if worst is not None else None,
        "conventions": [f"derivatives {convention}" for convention in of_matrices(step)] or None,
        "notes": list(row.notes) or None,
        "reason": row.reason or None,
        "remark": step.remark or None,
        "passes": step.passes,
        "seconds": round(step.seconds, 4),
    }


def _residual(step: Step) -> Record | None:
    """What is left of a row under moving weights, as in reports of derivations."""
    if step.leftover is None:
        return None
    left = step.leftover.claim.rhs
    return {
        "latex": latex_writer.latex(left, step.convention),
        "text": written(step)(left),
        "verdict": step.leftover.verdict,
    }


REPORT = NoteReport(name="json", title="for programs", suffix=".json", write=write)
