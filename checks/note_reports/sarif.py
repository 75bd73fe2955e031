"""Checked notes in SARIF 2.1.0, which services for code review read: a result for each row that does not pass.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 (2020).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

from checks.diagnoses import codes, diagnosis
from checks.environment import DISTRIBUTION, Environment
from checks.inert import escaped
from checks.note_outline import code, counts, several_readings
from checks.note_reports import NoteReport
from checks.note_reports.concise import one_line
from checks.reports.json import Record

if TYPE_CHECKING:
    from checks.notes import CheckedNote, Step, Trouble
    from checks.reports import Page
    from derive.notes import Place

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"refuted": "error", "unread": "error", "unknown": "warning"}


def write(notes: Sequence[CheckedNote], environment: Environment, page: Page) -> str:
    """The report as one JSON object."""
    results = [result for note in notes for result in _results(note)]
    rules = list(dict.fromkeys(result["ruleId"] for result in results))
    for result in results:
        result["ruleIndex"] = rules.index(result["ruleId"])
    driver = {
        "name": DISTRIBUTION,
        **({"version": environment.tool} if environment.tool else {}),
        "rules": [_rule(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"seed": environment.seed, "points": environment.points, "verdicts": counts(notes)},
    }
    whole = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return escaped(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _rule(rule: str) -> Record:
    if rule not in codes():
        return {"id": rule}
    known = diagnosis(rule)
    return {"id": rule, "shortDescription": {"text": known.title}, "fullDescription": {"text": known.rule}}


def _results(note: CheckedNote) -> Iterator[Record]:
    for trouble in note.troubles:
        yield _of_trouble(note, trouble)
    for step in note.steps:
        if not step.passes:
            yield _of_step(note, step)


def _of_trouble(note: CheckedNote, trouble: Trouble) -> Record:
    return {
        "ruleId": trouble.rule,
        "level": "error",
        "message": _message(trouble.message),
        "locations": [_location(note, trouble.place, None)],
    }


def _of_step(note: CheckedNote, step: Step) -> Record:
    span = step.span
    begin = step.row.source.at(span[0]) if span is not None else step.row.place
    end = step.row.source.at(span[1]) if span is not None else None
    readings = several_readings(step)
    return {
        "ruleId": code(step) or step.verdict,
        "level": _LEVELS.get(step.verdict, "error"),
        "message": _message(f"{step.verdict}: {one_line(step)}"),
        "locations": [_location(note, begin, end)],
        "properties": {
            "verdict": step.verdict,
            **({"label": step.label} if step.label else {}),
            **({"readings": readings} if readings else {}),
        },
    }


def _message(text: str) -> Record:
    """A message in which nothing is a placeholder, ``{0}``, or a link, ``[text](target)``."""
    text = re.sub(r"\{(\d+)\}", r"{{\1}}", text)
    return {"text": re.sub(r"([\\\[\]])", r"\\\1", text) if "](" in text else text}


def _location(note: CheckedNote, begin: Place, end: Place | None) -> Record:
    """Where something is wrong; of a notebook its cell, in which the lines are counted."""
    file = PurePath(note.file).parent / begin.file if begin.file else PurePath(note.file)
    region = {"startLine": begin.line, "startColumn": begin.column}
    if end is not None and (end.line, end.column) > (begin.line, begin.column):
        region |= {"endLine": end.line, "endColumn": end.column}
    location: Record = {"physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": region}}
    if begin.cell is not None:
        location["logicalLocations"] = [{"name": f"cell {begin.cell}", "kind": "cell"}]
    return location


def _uri(file: PurePath) -> str:
    """The name of a file as a reference, by its bytes: one from the root says so, since no base can be put before it."""
    return Path(file).as_uri() if file.is_absolute() else quote(os.fsencode(file.as_posix()))


REPORT = NoteReport(name="sarif", title="for services that review code", suffix=".sarif", write=write)
