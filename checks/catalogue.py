"""The catalogue of identities, each judged for every model to which it applies: the table behind ``derive verify``.

Those that belong to no model are judged once, for themselves.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from checks.judge import Finding, judge_all
from checks.notes import CheckedNote, Step, check_note, confirm_by_autodiff
from checks.witness import Witness
from checks.workers import spread
from derive.claims import Claim
from derive.expectation_maximisation.algorithm import Algorithm
from derive.identities import Identity, identity
from derive.models import LatentModel, family
from derive.notes import read_note

Standing = Literal["proved", "confirmed", "unknown", "refuted", "does not apply"]
SIGNS: dict[Standing, str] = {"proved": "✓", "confirmed": "≈", "unknown": "?", "refuted": "✗", "does not apply": "·"}
WORST: tuple[Standing, ...] = ("refuted", "unknown", "confirmed", "proved")
ITSELF = "for itself"
"""What stands in the place of a model for an identity that belongs to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One claim of an identity: its verdict, and why where it is none of those wished for.

    A claim of a note has the ``statement`` as it is written there, and the ``reading`` of the weights, where there are some.
    """

    label: str
    relation: str
    verdict: str
    reason: str
    seconds: float
    residual: str | None = None
    statement: str | None = None
    reading: str | None = None

    @property
    def is_seen_through(self) -> bool:
        """Whether a control was refuted, and what it leaves is what is stated, where anything is."""
        return self.verdict == "refuted" and self.residual in (None, "proved", "confirmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An identity for a model: its claims for all parameters, and the falsifying controls."""

    model: str
    identity: str
    claims: tuple[Judged, ...]
    controls: tuple[Judged, ...]
    seconds: float

    @property
    def standing(self) -> Standing:
        """The worst verdict of its claims; an identity of controls alone stands as they do."""
        if not self.claims and not self.controls:
            return "does not apply"
        if any(not control.is_seen_through for control in self.controls):
            return "refuted"
        for verdict in WORST:
            if any(claim.verdict == verdict for claim in self.claims):
                return verdict
        return "proved"

    @property
    def passes(self) -> bool:
        return self.standing in ("proved", "confirmed", "does not apply")

    @property
    def key(self) -> str:
        return key_of(self.model, self.identity)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Entry:
        """The entry that ``dataclasses.asdict`` wrote.

        Raises:
            TypeError: it did not.
        """
        given = dict(record)
        for name in ("claims", "controls"):
            given[name] = tuple(Judged(**each) for each in record[name])
        return cls(**given)


Pair = tuple[str, str]
"""A model and an identity, by their names; an identity that belongs to no model stands with ``ITSELF``."""


def key_of(model: str, identity_: str) -> str:
    return f"{model}/{identity_}"


def pairs(models: Sequence[str], identities: Sequence[str], shard: tuple[int, int] = (1, 1)) -> list[Pair]:
    """What is to be judged: every model with every identity of models, then those of no model; of it this shard's part."""
    of_models = [name for name in identities if identity(name).is_of_models]
    found = [(model, name) for model in models for name in of_models]
    found += [(ITSELF, name) for name in identities if name not in of_models]
    own, of = shard
    return found[own - 1 :: of]


def entries(
    asked: Sequence[Pair],
    *,
    seed: int,
    points: int,
    autodiff: bool,
    processes: int,
    options: Mapping[str, str] | None = None,
) -> Iterator[Entry]:
    """Judge pairs, each as it is finished; a model's are judged by one process, so that what they share is evaluated once.

    Raises:
        UnknownNameError: a model does not have one of the ``options``, or not with that value.
    """
    by_model: dict[str, list[str]] = {}
    for model, name in asked:
        by_model.setdefault(model if model != ITSELF else key_of(model, name), []).append(name)
    parts = [
        (ITSELF if model.startswith(f"{ITSELF}/") else model, dict(options or {}), names, seed, points, autodiff)
        for model, names in by_model.items()
    ]
    yield from spread(_of_name, parts, processes)


def _of_name(
    model: str, options: Mapping[str, str], identities: Sequence[str], seed: int, points: int, autodiff: bool
) -> Iterator[Entry]:
    if model == ITSELF:
        for name in identities:
            yield for_itself(identity(name), seed, points, autodiff)
    else:
        yield from of_model(family(model)(**options), identities, seed, points, autodiff)


def heading(
    models: Sequence[str], identities: Sequence[str], options: Mapping[str, str], seed: int, points: int, autodiff: bool
) -> dict[str, Any]:
    """All that is asked for, for the journals of its parts."""
    return {
        "models": list(models),
        "identities": list(identities),
        "options": dict(options),
        "seed": seed,
        "points": points,
        "autodiff": autodiff,
    }


def in_order(found: Sequence[Entry], asked: Sequence[Pair]) -> list[Entry]:
    """The entries as their pairs were asked for, in whichever order they came."""
    places = {pair: place for place, pair in enumerate(asked)}
    return sorted(found, key=lambda entry: places[entry.model, entry.identity])


def of_model(model: LatentModel, identities: Sequence[str], seed: int, points: int, autodiff: bool) -> Iterator[Entry]:
    """Judge the identities for one model, but for those that belong to none."""
    em = Algorithm(model)
    witness = Witness(seed=seed, points=points, autodiff=autodiff)
    for each in map(identity, identities):
        if each.is_of_models:
            yield _entry(em, each, claims_of(em, each), witness)


def for_itself(found: Identity, seed: int, points: int, autodiff: bool) -> Entry:
    """Judge an identity of no model: each row of its note against the row before."""
    began = time.perf_counter()
    checked = check_note(read_note(Path("-"), found.note), Witness(seed=seed, points=points, autodiff=False), diagnosed=False)
    if autodiff:
        confirm_by_autodiff(checked, Witness(seed=seed, points=points))
    claimed = [step for step in checked.steps if step.verdict != "defined"]
    rows = [(_row(f"{found.name}-{number}", step), step.expected) for number, step in enumerate(claimed, start=1)]
    return Entry(
        model=ITSELF,
        identity=found.name,
        claims=(*_troubles(checked), *(row for row, expected in rows if expected is None)),
        controls=tuple(row for row, expected in rows if expected is not None),
        seconds=time.perf_counter() - began,
    )


def _row(label: str, step: Step) -> Judged:
    claim = step.worst_claim
    statement = " ".join(step.row.source.text.replace("&", "").split()).removesuffix("\\\\").rstrip()
    return Judged(
        label=label,
        relation=claim.relation if claim is not None else "",
        # What was not read, or not looked at, is not known.
        verdict=step.verdict if step.verdict in WORST else "unknown",
        reason=step.message,
        seconds=step.seconds,
        statement=statement,
        reading=step.reading,
    )


def _troubles(checked: CheckedNote) -> Iterator[Judged]:
    """Declarations that could not be taken in: nothing is known of what rests on them."""
    for trouble in checked.troubles:
        yield Judged(label=f"line {trouble.place.line}", relation="", verdict="unknown", reason=trouble.message, seconds=0.0)


def claims_of(em: Algorithm, found: Identity) -> list[Claim]:
    parameters = [parameter for parameter in em.model.parameters if found.applies(em, parameter)]
    steps = [step for p in parameters[: None if found.per_parameter else 1] for step in found.steps(em, p)]
    # What is said alike of several parameters is said once.
    return list({step.claim.label: step.claim for step in steps if step.claim is not None}.values())


def _entry(em: Algorithm, found: Identity, claims: Sequence[Claim], witness: Witness) -> Entry:
    began = time.perf_counter()
    heard = list(judge_all(claims, witness))
    return Entry(
        model=em.model.name,
        identity=found.name,
        claims=tuple(_judged(finding) for finding in heard if finding.claim.expected is None),
        controls=tuple(_judged(finding) for finding in heard if finding.claim.expected is not None),
        seconds=time.perf_counter() - began,
    )


def _judged(finding: Finding) -> Judged:
    return Judged(
        label=finding.claim.label,
        relation=finding.claim.relation,
        verdict=finding.verdict,
        reason=finding.reason,
        seconds=finding.seconds,
        residual=finding.residual.verdict if finding.residual is not None else None,
    )


def table(found: Sequence[Entry]) -> str:
    """Identities by models, one sign a pair; below it what is not proved, and why."""
    models, identities = (list(dict.fromkeys(getattr(e, key) for e in found)) for key in ("model", "identity"))
    at = {(entry.model, entry.identity): entry for entry in found}
    wide = max((len(name) for name in identities), default=0)
    lines = [f"{'':{wide}}  " + " ".join(f"{number:>2}" for number in range(1, len(models) + 1))]
    for name in identities:
        signs = (SIGNS[at[model, name].standing] if (model, name) in at else " " for model in models)
        lines.append(f"{name:{wide}}  " + " ".join(f"{sign:>2}" for sign in signs))
    lines += ["", *(f"{number:>2}  {model}" for number, model in enumerate(models, start=1)), ""]
    lines.append("   ".join(f"{sign} {standing}" for standing, sign in SIGNS.items()))
    open_ = [(entry, claim) for entry in found for claim in entry.claims if claim.verdict != "proved"]
    open_ += [(entry, control) for entry in found for control in entry.controls if not control.is_seen_through]
    if open_:
        lines += ["", "Not proved:"]
        for entry, claim in open_:
            told = f"{claim.verdict} ({claim.reason})"
            lines.append(f"  {entry.model}, {claim.label}: {told if claim.statement is None else claim.statement}")
            lines += [] if claim.statement is None else [f"    {told}"]
    claims, controls = ([j for entry in found for j in getattr(entry, key)] for key in ("claims", "controls"))
    pairs = [entry for entry in found if entry.standing != "does not apply"]
    proved = sum(entry.standing == "proved" for entry in pairs)
    lines += [
        "",
        f"{_counted(pairs)}, {proved} of them proved; {len(claims)} claims; "
        f"{len(controls)} controls, {sum(c.is_seen_through for c in controls)} of them refuted",
    ]
    return "\n".join(lines) + "\n"


def _counted(found: Sequence[Entry]) -> str:
    """How many pairs there are, and how many identities that belong to no model."""
    own = sum(entry.model == ITSELF for entry in found)
    pairs = f"{len(found) - own} pairs of a model and an identity"
    alone = f"{own} {'identity' if own == 1 else 'identities'} of no model"
    return pairs if not own else alone if own == len(found) else f"{pairs} and {alone}"


def record(found: Sequence[Entry], begins: Mapping[str, Any]) -> str:
    """The table as JSON: one note a model, one step an identity, the controls in a list of their own."""
    whole = {
        **begins,
        "notes": [_note(model, [e for e in found if e.model == model]) for model in dict.fromkeys(e.model for e in found)],
        "summary": {
            **{standing: sum(e.standing == standing for e in found) for standing in (*reversed(WORST), "does not apply")},
            "controls": sum(len(entry.controls) for entry in found),
            "controls_refuted": sum(c.is_seen_through for entry in found for c in entry.controls),
            "passes": bool(found) and all(entry.passes for entry in found),
        },
    }
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _note(model: str, found: Sequence[Entry]) -> dict[str, Any]:
    applied = [entry for entry in found if entry.standing != "does not apply"]
    return {
        "file": model,
        "passes": all(entry.passes for entry in applied),
        "steps": [_step(number, entry) for number, entry in enumerate(applied, start=1)],
        "controls": [{"identity": entry.identity, **_claim(control)} for entry in applied for control in entry.controls],
    }


def _step(number: int, entry: Entry) -> dict[str, Any]:
    worst = next((claim for verdict in WORST for claim in entry.claims if claim.verdict == verdict), None)
    return {
        "line": None,
        "end_line": None,
        "column": None,
        "label": entry.identity,
        "row": number,
        "verdict": entry.standing,
        "expected": None,
        "relation": worst.relation if worst is not None else None,
        "claims": [_claim(claim) for claim in entry.claims],
        "message": worst.reason if worst is not None else None,
        "passes": entry.passes,
        "seconds": round(entry.seconds, 4),
    }


def _claim(claim: Judged) -> dict[str, Any]:
    return {
        "label": claim.label,
        "relation": claim.relation,
        "verdict": claim.verdict,
        "message": claim.reason,
        **({"residual": claim.residual} if claim.residual is not None else {}),
        **({"statement": claim.statement, "reading": claim.reading} if claim.statement is not None else {}),
        "seconds": round(claim.seconds, 4),
    }
