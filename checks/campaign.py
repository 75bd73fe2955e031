"""Plants known slips in true statements and asks the judge: the measure of how much a verdict is worth.

The statements are those of a model's report, with the identities of the catalogue, or the rows of a note that hold. Whether a
slip makes a statement false is decided by another evaluator at other points: the judge does not mark its own work. A slip that
the judge lets pass counts as accepted, unless the statement with it is true.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from checks import second_opinion
from checks.diagnoses import codes, context_of, diagnosis
from checks.judge import judge
from checks.mutation import OPERATORS, STRUCTURAL, mutants
from checks.points import Point, generic_point
from checks.records import digest
from checks.rewriting import rewritten
from checks.time_limit import TimeOut, limited
from checks.witness import Witness, meets_assumptions
from checks.workers import spread
from derive.algebra.prove import Proof, prove
from derive.claims import Claim
from derive.errors import DeriveError, DisagreementError
from derive.formula import ZERO, Divide, Formula, free_indices, multiply
from derive.symbols import Index

if TYPE_CHECKING:
    from checks.notes import CheckedNote

Status = Literal["refuted", "unknown", "equivalent", "accepted", "disputed", "proved", "confirmed"]
KEPT: tuple[Status, ...] = ("proved", "confirmed", "unknown", "refuted")
"""What may become of a true statement that is written in another way."""
MOST_REWRITINGS = 4
STATUSES: tuple[Status, ...] = ("refuted", "unknown", "equivalent", "accepted", "disputed")
"""Accepted: the judge finds true what is not known to be; disputed: it refutes what the second evaluator finds true."""
UP_TO_CONSTANTS = ("= up to a constant", "proportional to", "same argmax")
RELATIONS = ("=", "<=", ">=", "<", ">", *UP_TO_CONSTANTS)
OTHER_POINTS = 7919
"""How far the seeds of the second evaluator are from those of the judge."""
SIZES, MANY = 3, 8
MOST_TERMS = 64
"""Up to how many terms the second evaluator looks for more sizes, once it has seen one."""
SECONDS, PATIENCE = 20.0, 10
"""For the judge, and how many times as long for the second evaluator: without its word a proof counts as accepted."""
PART = 100
"""Slips for one process: of a statement there are some tens, which share what is found at its points."""
MOST_NAMED = 3
TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}


@dataclass(frozen=True, slots=True)
class Planted:
    """A statement with a slip in it: the statement's label, the operator, and which of that operator's places it is."""

    label: str
    operator: str
    place: int
    claim: Claim

    @property
    def key(self) -> str:
        return f"{self.label}/{self.operator}/{self.place}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a slip; ``reason`` says why, in words."""

    key: str
    operator: str
    status: Status
    reason: str


def of_model(claims: Iterable[Claim]) -> list[Claim]:
    """The statements of a derivation in which slips are planted: each once, without those that are to be refuted."""
    found = {claim.label: claim for claim in claims if claim.expected is None and claim.relation in RELATIONS}
    return list(found.values())


def of_note(checked: CheckedNote) -> list[Claim]:
    """The statements of a note in which slips are planted: those that hold, each under the reading that counts."""
    found: list[Claim] = []
    for step in checked.steps:
        told = [f for f in step.findings if f.verdict in ("proved", "confirmed") and f.claim.relation in RELATIONS]
        if step.verdict not in ("proved", "confirmed"):
            continue
        for number, finding in enumerate(told, start=1):
            label = f"line {step.row.place.line}, row {step.row.number}" + (f", claim {number}" if len(told) > 1 else "")
            cell = f"cell {step.row.place.cell}, " if step.row.place.cell is not None else ""
            found.append(replace(finding.claim, label=cell + label))
    return found


def plan(claims: Sequence[Claim], count: int | None, seed: int, shard: tuple[int, int] = (1, 1)) -> list[Planted]:
    """Which slips are planted: all that fit, or a sample of so many, the same for the same seed; of it this shard's part."""
    found = [planted for claim in claims for planted in _in_one(claim)]
    if count is not None and count < len(found):
        chosen = sorted(random.Random(seed).sample(range(len(found)), count))
        found = [found[number] for number in chosen]
    own, of = shard
    return found[own - 1 :: of]


def _changeable(claim: Claim) -> tuple[list[str], tuple[Index, ...]]:
    """The sides of a statement that may be changed, a zero last, and the letters that are free in them."""
    scope = free_indices(claim.lhs) | free_indices(claim.rhs)
    sides = ["lhs", "rhs"] if claim.rhs == ZERO else ["rhs", "lhs"]
    return sides, tuple(sorted(scope, key=lambda index: index.name))


def _in_one(claim: Claim) -> Iterator[Planted]:
    sides, scope = _changeable(claim)
    plain = replace(claim, gap=None)
    seen: Counter[str] = Counter()
    known: set[Formula] = {getattr(claim, side) for side in sides}
    for side in sides:
        for mutant in mutants(getattr(claim, side), scope, (*OPERATORS, *STRUCTURAL)):
            seen[mutant.operator] += 1
            known.add(mutant.formula)
            wrong: dict[str, Any] = {side: mutant.formula}
            yield Planted(claim.label, mutant.operator, seen[mutant.operator], replace(plain, **wrong))
    if claim.relation in TURNED:
        turned: Any = TURNED[claim.relation]
        yield Planted(claim.label, "bound-turned", 1, replace(plain, relation=turned))
    if claim.relation in UP_TO_CONSTANTS:
        yield Planted(claim.label, "constant-dropped", 1, replace(plain, relation="=", parameters=(), multiplier=None))
    for code, wrong_claim in _by_diagnoses(plain, sides, known):
        seen[code] += 1
        yield Planted(claim.label, code, seen[code], wrong_claim)


def _by_diagnoses(claim: Claim, sides: Sequence[str], known: set[Formula]) -> Iterator[tuple[str, Claim]]:
    """What the diagnoses do to a claim: each makes its slip in what is right, and what would mend it elsewhere spoils it here."""
    context = context_of(claim)
    for code in codes():
        each = diagnosis(code)
        for side in sides:
            formula: Formula = getattr(claim, side)
            for slip in (*each.slips(formula, context), *each.repairs(formula, context)):
                if slip.formula not in known:
                    known.add(slip.formula)
                    wrong: dict[str, Any] = {side: slip.formula}
                    yield code, replace(claim, **wrong)
        for revision in each.revisions(claim, context):
            if revision.claim != claim:
                yield code, revision.claim


def plan_harmless(claims: Sequence[Claim], count: int, seed: int, shard: tuple[int, int] = (1, 1)) -> list[Planted]:
    """So many true statements written in other ways: each rewritten at up to four places, the same for the same seed."""
    rng = random.Random(seed)
    found: dict[tuple[str, Formula, Formula], Planted] = {}
    for number in range(20 * count if claims else 0):
        if len(found) >= count:
            break
        claim = rng.choice(claims)
        (side, *_), scope = _changeable(claim)
        formula, names = rewritten(getattr(claim, side), rng.randint(1, MOST_REWRITINGS), rng, scope)
        if names:
            changed: dict[str, Any] = {side: formula}
            other = replace(claim, **changed)
            key = f"{claim.label}/{', '.join(names)}"
            found.setdefault((claim.label, other.lhs, other.rhs), Planted(key, names[-1], number, other))
    own, of = shard
    return list(found.values())[own - 1 :: of]


class SecondEvaluator:
    """Says whether statements fail, at points of its own, by ``checks.second_opinion``."""

    def __init__(self, seed: int, points: int) -> None:
        self.witness = Witness(seed=seed + OTHER_POINTS, points=points, autodiff=False)
        self.memory = second_opinion.Memory()

    def is_false(self, claim: Claim, *, thorough: bool = False, defined: bool = False) -> bool | None:
        """Whether a statement fails at one of several sizes, of many where it is ``thorough``; None where that is not known.

        Of one that is spoken of where it is ``defined`` it is no failure that a side has no value where a size is one.
        """
        enough = MANY * SIZES if thorough else SIZES
        sizes: set[tuple[tuple[str, int], ...]] = set()
        unclear = generic = False
        sides = (claim.lhs, claim.rhs, *(() if claim.multiplier is None else (claim.multiplier,)))
        try:
            for point in self.witness.at(*sides, claim=claim, most=4 * enough):
                if len(sizes) >= enough:
                    break
                if sizes and math.prod(point.sizes.values()) > MOST_TERMS:
                    continue  # sums are written out
                if not meets_assumptions(claim, point):
                    continue
                found = self._seen(claim, point, len(sizes))
                if defined and found == "one side undefined" and 1 in point.sizes.values():
                    continue
                if found in ("different", "violated", "one side undefined"):
                    return True
                if found in ("equal", "holds"):
                    generic = generic or min(point.sizes.values(), default=2) > 1
                    sizes.add(tuple(sorted(point.sizes.items())))
                unclear = unclear or found == "unclear"
        except (DeriveError, ArithmeticError, RecursionError):
            return None
        # Where a size is one a sum is its only term, and weights are one: that tells little.
        return False if sizes and generic and not unclear else None

    def _seen(self, claim: Claim, point: Point, number: int) -> second_opinion.Outcome:
        if claim.relation not in UP_TO_CONSTANTS:
            return second_opinion.compare(claim.lhs, claim.rhs, claim.relation, point, self.memory)
        if claim.relation == "proportional to":
            constant = Divide(claim.lhs, claim.rhs)
        else:
            constant = (claim.lhs if claim.multiplier is None else multiply(claim.multiplier, claim.lhs)) - claim.rhs
        moved = generic_point(claim.parameters, point.sizes, self.witness.seed + OTHER_POINTS, number)
        there = replace(point, values={**point.values, **moved.values})
        return second_opinion.constant(constant, point, there, self.memory) if meets_assumptions(claim, there) else "outside"


def _asked(planted: Planted, witness: Witness, seconds: float) -> tuple[str, str]:
    """The judge's verdict and its reason; ``contradicted`` where the kernel proves what the numbers refute."""
    try:
        with limited(seconds):
            finding = judge(planted.claim, witness)
    except TimeOut:
        return "unknown", f"no verdict within {seconds:g} s"
    except DisagreementError as error:
        return "contradicted", str(error)
    except DeriveError as error:
        return "unknown", str(error)
    return finding.verdict, finding.reason


def tried(planted: Planted, witness: Witness, other: SecondEvaluator, seconds: float = SECONDS) -> Outcome:
    """Ask the judge about a statement with a slip in it, and the second evaluator whether it is false."""

    def outcome(status: Status, reason: str) -> Outcome:
        return Outcome(planted.key, planted.operator, status, reason)

    verdict, reason = _asked(planted, witness, seconds)
    if verdict == "contradicted":
        return outcome("accepted", f"proved by the kernel, against the numbers: {reason}")
    if verdict == "unknown":
        return outcome("unknown", reason)
    try:
        with limited(PATIENCE * seconds):
            # A proof is one for the sizes at which both sides have a value, and the report says so.
            false = other.is_false(planted.claim, defined=verdict == "proved")
            if false is False and verdict == "refuted":
                # Counts that are all 0 or 1, say, cannot tell: it is looked at once more.
                false = other.is_false(planted.claim, thorough=True)
    except TimeOut:
        false = None
    if verdict == "refuted":
        # A bound that holds at some points may fail at others: there the judge's counterexample stands alone.
        return outcome("disputed" if false is False and planted.claim.relation == "=" else "refuted", reason)
    if false is False:
        how = "proved for all sizes" if isinstance(prove(planted.claim), Proof) else "at every point of both evaluators"
        return outcome("equivalent", f"with the slip the statement is true as well, {how}")
    told = "certainly false" if false else "not known to be true"
    return outcome("accepted", f"{verdict}, and {told} by the second evaluator")


def kept(planted: Planted, witness: Witness, seconds: float = SECONDS) -> Outcome:
    """Ask the judge about a true statement that is written in another way."""
    verdict, reason = _asked(planted, witness, seconds)
    found: list[Status] = [status for status in KEPT if status == verdict]
    return Outcome(planted.key, planted.operator, found[0] if found else "refuted", reason)  # contradicted is refuted


# Campaigns: many slips, over processes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a campaign is about: all on which its outcomes depend."""

    targets: Sequence[str]
    whole_catalogue: bool
    harmless: bool
    options: Mapping[str, str]
    count: int | None
    seed: int
    points: int

    def heading(self, claims: Sequence[Claim]) -> dict[str, Any]:
        """The task, for the journals of its parts; of the statements, which may change in a file, a hash of what they mean."""
        return {**asdict(self), "statements": digest(claims)}


TASK = (*(field.name for field in fields(Task)), "statements")
"""The names in its heading."""


def in_order(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """By their keys: the same report, in whichever order they came."""
    return sorted(outcomes, key=lambda outcome: outcome.key)


def run(
    planned: Sequence[Planted],
    *,
    seed: int,
    points: int,
    processes: int,
    heard: Callable[[Outcome], None],
    harmless: bool = False,
) -> None:
    """Try every slip (or every harmless rewriting), in so many processes; each outcome is heard as it comes."""
    parts = [planned[k : k + PART] for k in range(0, len(planned), PART)] if processes > 1 else [planned]
    for outcome in spread(_tried_all, [(part, seed, points, harmless) for part in parts], processes):
        heard(outcome)


def _tried_all(planned: Sequence[Planted], seed: int, points: int, harmless: bool) -> Iterator[Outcome]:
    witness = Witness(seed=seed, points=points, autodiff=False)
    other = SecondEvaluator(seed, points)
    for planted in planned:
        yield kept(planted, witness) if harmless else tried(planted, witness, other)


# Reports.


def counts(outcomes: Iterable[Outcome], statuses: Sequence[Status] = STATUSES) -> dict[str, int]:
    found = Counter(outcome.status for outcome in outcomes)
    return {"tried": sum(found.values()), **{status: found[status] for status in statuses}}


def summary(outcomes: Sequence[Outcome], *, harmless: bool = False) -> dict[str, Any]:
    """How many were tried, refuted, unknown, equivalent, accepted, disputed; and the same for each operator."""
    statuses = KEPT if harmless else STATUSES
    names = sorted({outcome.operator for outcome in outcomes})
    own = {name: counts((o for o in outcomes if o.operator == name), statuses) for name in names}
    return {**counts(outcomes, statuses), "operators": own}


def passes(outcomes: Sequence[Outcome], *, harmless: bool = False) -> bool:
    """Whether something was tried, and nothing came out as it must not."""
    wrong = ("refuted",) if harmless else ("accepted", "disputed")
    return bool(outcomes) and not any(outcome.status in wrong for outcome in outcomes)


def table(targets: Sequence[str], outcomes: Sequence[Outcome], *, harmless: bool = False) -> str:
    """The counts by operator, and every outcome that is not as one would wish."""
    target = ", ".join(targets) if len(targets) <= MOST_NAMED else f"{len(targets)} models and notes"
    whole = summary(outcomes, harmless=harmless)
    heads = ("tried", *(KEPT if harmless else STATUSES))
    wide = max((len(name) for name in whole["operators"]), default=8)
    title = f"True statements of {target}, written in other ways" if harmless else f"Slips planted in {target}"
    lines = [title, "", f"{'':{wide}}  " + "".join(f"{head:>11}" for head in heads)]
    for name, found in [*whole["operators"].items(), ("all", whole)]:
        lines.append(f"{name:{wide}}  " + "".join(f"{found[head]:>11}" for head in heads))
    if harmless and outcomes:
        lines += ["", f"Of {whole['tried']} {whole['proved']} are proved: {100 * whole['proved'] / whole['tried']:.1f} %."]
    elif false := whole["tried"] - whole.get("equivalent", 0):
        share = 100 * whole["refuted"] / false
        lines += ["", f"Of {false} slips that are not harmless {whole['refuted']} are refuted: {share:.1f} %."]
    for status in ("refuted", "unknown") if harmless else ("accepted", "disputed", "unknown"):
        listed = [outcome for outcome in outcomes if outcome.status == status]
        if listed:
            lines += ["", f"{status.capitalize()}:", *(f"  {outcome.key}: {outcome.reason}" for outcome in listed)]
    return "\n".join(lines) + "\n"


def record(task: Mapping[str, Any], outcomes: Sequence[Outcome], begins: Mapping[str, Any]) -> str:
    """The same as JSON; every slip that was not refuted (every rewriting that was not proved) by itself."""
    harmless = bool(task["harmless"])
    wished = "proved" if harmless else "refuted"
    survivors = [asdict(outcome) for outcome in outcomes if outcome.status != wished]
    whole = {**begins, "task": dict(task), "survivors": survivors, "summary": summary(outcomes, harmless=harmless)}
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
