"""The report for programs: one JSON object, each claim a step. What does not apply is null; exact numbers are strings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from checks.environment import DISTRIBUTION, Environment, ground_types
from checks.outline import PLAIN_SIGNS, Account, Part, Row, Text, assumptions, nested, outline
from checks.reports import Page, Report
from derive.algebra.prove import Proof
from derive.notation import latex_writer, text_writer

if TYPE_CHECKING:
    from checks.judge import Finding
    from checks.witness import Counterexample
    from derive.symbols import Index

SCHEMA = 1
Record = dict[str, Any]


def write(account: Account, page: Page) -> str:
    """The report as JSON in UTF-8, keys in a fixed order."""
    return json.dumps(record(account), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def record(account: Account) -> Record:
    """The report as one object."""
    story = outline(account)
    rows = [line for part in story.parts for chain in part.chains for line in chain]
    note = {
        "file": account.derivation.name,
        "title": story.title,
        "notation": account.convention.name,
        "steps": [step for part in story.parts for step in _steps(part, account)],
        "measures": [
            {"section": _words(part), "text": _plain(text), "value": _finite(value)}
            for part in story.parts
            for text, value in part.measures
        ],
        "measured_at": dict(account.measured_at),
        "letters": {size: account.convention.size(size) for size in ("n", "k", "d")},
        "assumptions": [_plain(assumption) for assumption in story.assumptions],
    }
    passes = all(line.finding is not None and line.finding.passes for line in rows if line.step.claim is not None)
    return {
        **heading(account.environment),
        "notes": [note],
        "summary": {**asdict(story.counts), "unread": 0, "skipped": 0, "passes": passes},
    }


def heading(environment: Environment) -> Record:
    """What every JSON report begins with."""
    return {
        "schema": SCHEMA,
        "tool": {"name": DISTRIBUTION, "version": environment.tool},
        "environment": versions(environment),
    }


def versions(environment: Environment) -> Record:
    """What the report was made with."""
    return {
        "python": environment.python,
        **environment.packages,
        "ground_types": ground_types(),
        "seed": environment.seed,
        "points": environment.points,
    }


def _steps(part: Part, account: Account) -> Iterator[Record]:
    for chain in part.chains:
        for place, line in enumerate(chain, start=1):
            yield _step(line, place, part, account)


def _step(line: Row, place: int, part: Part, account: Account) -> Record:
    claim, finding = line.step.claim, line.finding
    evidence = finding.evidence if finding is not None else None
    point = evidence.counterexample if evidence is not None else None
    left, right = (latex_writer.render(side) for side in (line.left, line.right))
    reading = claim.reading if claim is not None and claim.reading != "none" else None
    return {
        "line": None,
        "end_line": None,
        "column": None,
        "label": line.label or None,
        "row": place,
        "verdict": "defined" if claim is None else "unknown" if finding is None else finding.verdict,
        "expected": claim.expected if claim is not None else None,
        "relation": claim.relation if claim is not None else ":=",
        "method": method(finding) if finding is not None else None,
        "reading": reading,
        "readings": [{"reading": reading, "verdict": finding.verdict}] if reading and finding is not None else None,
        "claims": None,
        "code": None,
        "message": finding.reason if finding is not None else None,
        "residual": _residual(line),
        "points": evidence.points if evidence is not None else None,
        "counterexample": counterexample(point) if point is not None else None,
        "assumptions": [_plain(assumption) for assumption in assumptions(account, line)],
        "seconds": _finite(finding.seconds) if finding is not None else None,
        "section": _words(part),
        "lhs": left,
        "rhs": right,
        "text": f"{text_writer.render(line.left)} {PLAIN_SIGNS.get(line.sign, line.sign)} {text_writer.render(line.right)}",
        "reason": _plain(line.reason),
        "remark": _plain(line.note) or None,
        "passes": finding.passes if finding is not None else claim is None,
        "sizes": [dict(sizes) for sizes in evidence.sizes] if evidence is not None else None,
        "power": {"separated": evidence.separated, "tried": evidence.mutants} if evidence is not None else None,
        "autodiff": _finite(evidence.autodiff) if evidence is not None else None,
    }


def method(finding: Finding) -> str | None:
    """How a verdict was reached, in a word."""
    if finding.verdict == "refuted":
        return "a certified point"
    if finding.verdict == "confirmed":
        return "numbers"
    if finding.verdict == "unknown":
        return None
    return finding.outcome.method if isinstance(finding.outcome, Proof) else "a certified point"


def _residual(line: Row) -> Record | None:
    """What is left of a claim that fails: ``lhs - rhs``, and whether that itself was proved."""
    if line.residual is None:
        return None
    return {
        "latex": latex_writer.render(line.residual),
        "text": text_writer.render(line.residual),
        "verdict": line.residual_verdict or None,
    }


def counterexample(point: Counterexample) -> Record:
    """A point at which a claim fails, exactly."""
    return {
        "sizes": dict(point.sizes),
        "values": _values(point.values),
        "indices": _indices(point.assignment),
        "entry": [place + 1 for place in point.entry],
        "left": point.left,
        "right": point.right,
        "difference": point.difference,
        # Of what should not move: left is its value here, right that with these values.
        **({"moved": _values(point.moved)} if point.moved else {}),
    }


def _indices(assignment: Mapping[Index, int]) -> dict[str, int]:
    """Indices by their letters; one that the program made up beside another (``k#7``, a number of this run) has a prime."""
    found: dict[str, int] = {}
    for index, value in sorted(assignment.items(), key=lambda pair: "#" in pair[0].name):
        name, made_up, _ = index.name.partition("#")
        name += "'" if made_up else ""
        while name in found:
            name += "'"
        found[name] = value
    return found


def _values(values: Mapping[tuple[str, str], Any]) -> list[Record]:
    return [{"name": name, "role": role, "value": _exact(nested(value))} for (name, role), value in sorted(values.items())]


def _exact(value: Any) -> Any:
    """Exact numbers as strings such as ``-3/4``, in nested lists."""
    if isinstance(value, (list, tuple)):
        return [_exact(part) for part in value]
    try:
        return str(Fraction(str(value)))
    except ValueError:
        return str(value)


def _finite(value: float | None) -> float | None:
    """JSON has no word for a number that is not finite: null."""
    return value if value is not None and abs(value) < float("inf") else None


def _plain(text: Text) -> str:
    return "".join(piece if isinstance(piece, str) else text_writer.render(piece) for piece in text)


def _words(part: Part) -> str:
    return _plain(part.full_title)


REPORT = Report(name="json", title="for programs", suffix=".json", write=write)
