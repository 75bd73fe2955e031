"""What is measured: each a record that says what is tried, how often, what is demanded, and how it is done."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from checks.certificates import of_finding
from checks.notes import check_note
from checks.witness import Witness
from derive.errors import DeriveError
from derive.models import names
from derive.notes import carriers, read_note
from tests.hostile import corpus
from tests.hostile.test_corpus import make_folder, warm_up, wrong
from tests.hostile.test_generated import examined, tails, variants
from tests.mutation import changed_certificates, written_notes
from tests.mutation.ten_rows import ten_rows, wrong_rows
from tests.pitfalls.registry import REGISTRY, amiss, verdicts
from tests.sabotage.faults import FAULTS
from tests.sabotage.running import all_tried, summary
from tests.surroundings import FEW, SMALL, SURROUNDINGS, TASKS, compared

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
LONG = (
    "autoregression-with-noise",
    "factor-analysis",
    "gaussian-mixture",
    "gaussian-precision-mixture",
    "hidden-markov",
    "missing-data",
    "mixture-of-experts",
    "probabilistic-pca",
    "regression-mixture",
    "state-space",
    "student-t-regression",
)
"""Models in which a slip takes long to judge: left out of the large campaign. The tests plant some in most of them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a measure is to be taken: how many are tried, in how many processes, and a folder for what is kept on the way."""

    count: int
    processes: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Found:
    """How many were tried, what came of them in words, and whether it is as demanded."""

    count: int
    told: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """What is tried, what is demanded, and how many ``few`` and ``many`` are; ``take`` takes the measure."""

    name: str
    tried: str
    demanded: str
    few: int
    many: int
    take: Callable[[Asked], Found]


def notes() -> list[str]:
    """The example notes."""
    suffixes = {suffix for carrier in carriers() for suffix in carrier.suffixes}
    return [f"examples/{path.name}" for path in sorted(EXAMPLES.iterdir()) if path.suffix in suffixes]


def ran(*arguments: str) -> str:
    """What a command of Python prints; that something is not as it should be is seen in it.

    Raises:
        CalledProcessError: the command printed nothing.
    """
    run = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if not run.stdout:
        raise subprocess.CalledProcessError(run.returncode, run.args)
    return run.stdout


def mutated(asked: Asked, *options: str) -> Mapping[str, Any]:
    """The summary of ``derive mutate`` over models and notes."""
    targets = [name for name in names() if name not in LONG] + notes()
    kept = asked.folder / f"mutate{''.join(options)}.journal"
    told = ("--count", str(asked.count), "--seed", "11", "-j", str(asked.processes), "--journal", str(kept), "--format", "json")
    return json.loads(ran("checks.cli", "mutate", *targets, *options, *told))["summary"]


def slips(asked: Asked) -> Found:
    return of_slips(mutated(asked, "--catalogue"))


def of_slips(counts: Mapping[str, Any]) -> Found:
    told = ", ".join(f"{counts[status]:,} {status}" for status in ("refuted", "unknown", "equivalent", "accepted", "disputed"))
    wrong = counts["accepted"] + counts["disputed"]
    return Found(counts["tried"], f"{told}; {len(counts['operators'])} kinds of slips", counts["tried"] > 0 and not wrong)


def rewritings(asked: Asked) -> Found:
    return of_rewritings(mutated(asked, "--harmless", "--catalogue"))


def of_rewritings(counts: Mapping[str, Any]) -> Found:
    told = ", ".join(f"{counts[status]:,} {status}" for status in ("proved", "confirmed", "unknown", "refuted"))
    few_unknown = 20 * counts["unknown"] <= counts["tried"]
    return Found(counts["tried"], told, counts["tried"] > 0 and not counts["refuted"] and few_unknown)


def ten(asked: Asked) -> Found:
    named = sum(wrong_rows(made.text)[:1] == [made.wrong] for made in islice(ten_rows(seed=3), asked.count))
    return Found(asked.count, f"{named:,} named exactly", 100 * named >= 99 * asked.count)


def notations(asked: Asked) -> Found:
    return of_notations(written_notes.campaign(asked.count, seed=5))


def of_notations(tally: written_notes.Tally) -> Found:
    told = ", ".join(
        f"{tally.verdicts[verdict]:,} {verdict}" for verdict in ("proved", "confirmed", "unknown", "unread", "refuted")
    )
    few_open = 20 * (tally.verdicts["unknown"] + tally.verdicts["unread"]) <= tally.tried
    holds = tally.tried > 0 and not tally.verdicts["refuted"] and few_open
    return Found(tally.tried, f"{told}; {len(tally.by_notation)} notations", holds)


def slips_in_notations(asked: Asked) -> Found:
    return of_slips_in_notations(written_notes.campaign(asked.count, seed=6, make=written_notes.wrong_shown))


def of_slips_in_notations(tally: written_notes.Tally) -> Found:
    passed = tally.verdicts["proved"] + tally.verdicts["confirmed"]
    told = ", ".join(f"{tally.verdicts[verdict]:,} {verdict}" for verdict in ("refuted", "unknown", "unread"))
    return Found(tally.tried, f"{told}, {passed:,} passed; {len(tally.slips)} kinds of slips", tally.tried > 0 and not passed)


def rechecked(asked: Asked) -> Found:
    """Of the rows of the example notes that are proved, those of which every certificate is accepted by the small checker."""
    proved = certified = 0
    for name in notes()[: asked.count]:
        for step in check_note(read_note(ROOT / name), Witness(autodiff=False), diagnosed=False).steps:
            if step.verdict == "proved":
                proved += 1
                certified += all(map(has_certificate, step.findings))
    return Found(proved, f"{certified:,} rechecked", proved > 0 and certified == proved)


def has_certificate(finding: Any) -> bool:
    try:
        of_finding(finding)  # read back by the checker before it is given out
    except DeriveError:
        return False
    return True


def changed(asked: Asked) -> Found:
    solutions = str(ROOT / "tests" / "mutation" / "solutions.md")
    files = (
        solutions,
        "elbo.md",
        "fisher-score.md",
        "conjugate-beta.md",
        "poisson-mixture.md",
        "least-squares.md",
        "softmax-regression.md",
    )
    tally = changed_certificates.campaign(changed_certificates.certificates(*files), asked.count, seed=3)
    told = (
        f"{tally.rejected:,} rejected, {len(tally.harmless):,} of what holds too, {len(tally.false):,} of what is false accepted"
    )
    return Found(tally.tried, told, not tally.false)


def hostile(asked: Asked) -> Found:
    folder = make_folder(asked.folder / "hostile")
    warm_up(folder)
    canary = folder / "canary"
    listed = list(corpus.inputs(canary))
    generated = [*variants(1, asked.count, canary), *tails()]
    chosen = generated if asked.count > len(listed) else random.Random(1).sample(generated, asked.count)
    own = listed if asked.count > len(listed) else random.Random(1).sample(listed, asked.count)
    found = [*wrong(iter(own), folder), *examined(iter(chosen), folder)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    told = f"{len(found):,} run, crashed, hung or passed for right; at most {peak >> 20:,} MiB"
    return Found(len(own) + len(chosen), told, not found and not canary.exists())


def kills(asked: Asked) -> Found:
    folder = asked.folder / "killed"
    folder.mkdir(parents=True, exist_ok=True)
    found = json.loads(ran("tests.killing", str(folder), str(asked.count)).splitlines()[-1])
    told = f"{len(found['lost'])} results lost, {found['different reports']} of {found['finished']} reports different"
    return Found(found["killed"], told, not found["lost"] and not found["different reports"] and found["finished"] > 0)


def pitfalls(asked: Asked) -> Found:
    asked.folder.mkdir(parents=True, exist_ok=True)
    chosen = list(REGISTRY.values())[: asked.count]
    wrong = [line for pitfall in chosen for line in amiss(pitfall, verdicts(pitfall, asked.folder, Witness()))]
    rows = sum(len(pitfall.rows) for pitfall in chosen)
    return Found(len(chosen), f"{rows:,} rows, {len(wrong):,} of them with a wrong verdict", not wrong)


def in_other_surroundings(asked: Asked) -> Found:
    few = asked.count < len(SURROUNDINGS)
    found = [lines for *_, lines in compared(SMALL if few else TASKS, FEW[: asked.count] if few else SURROUNDINGS)]
    different = sum(map(bool, found))
    return Found(len(found), f"{different:,} different by a byte", not different)


def sabotage(asked: Asked) -> Found:
    found = summary(all_tried(list(FAULTS.values())[: asked.count], asked.processes))
    told = f"{found['caught']:,} caught: {found['disagreement']} by the other witness, {found['statement']} by a statement whose "
    return Found(found["faults"], f"{told}verdict is known, {found['test']} by a test", not found["not_caught"])


MEASURES: tuple[Measure, ...] = (
    Measure(
        "slips",
        "slips planted in the true statements of models and notes",
        "none accepted, none disputed",
        300,
        105_000,
        slips,
    ),
    Measure("rewritings", "true statements written in other ways", "none refuted, at most 5 % unknown", 100, 20_000, rewritings),
    Measure(
        "notations",
        "true rows of notes in other notations",
        "none refuted, at most 5 % unknown or unread",
        60,
        20_000,
        notations,
    ),
    Measure("slips in notations", "rows with a slip in other notations", "none passes", 40, 2_000, slips_in_notations),
    Measure("ten rows", "notes of ten rows with a slip in one", "99 % of the wrong rows named, and none before", 10, 500, ten),
    Measure("certificates", "proved rows of the example notes", "every one rechecked by the small checker", 3, 99, rechecked),
    Measure(
        "changed certificates", "certificates with one thing changed", "none accepted of what is false", 100, 10_000, changed
    ),
    Measure("hostile", "hostile and broken inputs", "none is run, crashes, hangs or passes for right", 40, 5_000, hostile),
    Measure("sabotage", "faults planted in the program itself, one at a time", "each caught", 5, 999, sabotage),
    Measure("pitfalls", "wrong results of SymPy and of readers of formulas", "none reaches a verdict", 10, 99, pitfalls),
    Measure(
        "surroundings",
        "reports in other surroundings (hashes, devices, processes, ..)",
        "the same to the byte",
        1,
        99,
        in_other_surroundings,
    ),
    Measure("kills", "runs killed at random moments", "no result lost, the report the same to the byte", 50, 500, kills),
)


def measure(name: str) -> Measure:
    return next(one for one in MEASURES if one.name == name)


def rows(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    """What was tried, how often, what came of it, what was demanded: of the measures that were taken."""
    for one in MEASURES:
        if one.name in figures:
            found = figures[one.name]
            yield (
                one.tried,
                f"{found['count']:,}",
                found["told"] + ("" if found["holds"] else " (**not as demanded**)"),
                one.demanded,
            )


def table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The table in Markdown."""
    heads = ("tried", "how many", "found", "demanded")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows(figures))]) + "\n"
