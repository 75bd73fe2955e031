"""Plants each fault in a process of its own, and sees who catches it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.sabotage.fault import ROOT, Fault
from tests.sabotage.planting import environment

SECONDS = 300
"""No process of these takes that long, but for one that a fault has made endless."""
TESTS_FAILED = 1
"""What pytest ends with where tests were run and some failed; where none were run it ends otherwise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who caught a fault (``disagreement`` of the two witnesses, ``statement``, ``test``; None: nobody), and how.

    ``accepted`` are the false statements that passed for true with it.
    """

    name: str
    caught_by: str | None
    how: str
    accepted: tuple[str, ...] = ()


def tried(fault: Fault) -> Outcome:
    """Who catches a fault: first the statements, then the tests that it names."""
    fault.planted(fault.path.read_text(encoding="utf-8"))
    how = "nobody"
    accepted: tuple[str, ...] = ()
    if fault.probes:
        done = _run(fault, "tests.sabotage.battery", *fault.probes)
        surprises = _surprises(done)
        if surprises is None:
            return Outcome(fault.name, None, f"the battery did not run: {done.stderr.strip().splitlines()[-1:]}")
        accepted = tuple(one["statement"] for one in surprises if one["kind"] == "accepted")
        contradicted = [one for one in surprises if one["kind"] == "disagreement"]
        for first, by in ((contradicted, "disagreement"), (surprises, "statement")):
            if first:
                told = f"{first[0]['statement']}: {first[0]['found']}"
                return Outcome(fault.name, by, told.replace("\n", " "), accepted)
    if fault.tests:
        done = _run(fault, "pytest", "-x", "-q", "-p", "no:cacheprovider", *fault.tests)
        failed = [line.removeprefix("FAILED ") for line in done.stdout.splitlines() if line.startswith("FAILED ")]
        if done.returncode == TESTS_FAILED and failed:
            return Outcome(fault.name, "test", failed[0].split(" - ")[0])
        how = "nobody" if done.returncode == 0 else f"the tests did not run: {done.stdout.strip().splitlines()[-1:]}"
    return Outcome(fault.name, None, how, accepted)


def _run(fault: Fault | None, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as cache:
        try:
            return subprocess.run(
                [sys.executable, "-m", module, *arguments],
                env={**environment(fault), "XDG_CACHE_HOME": cache},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess((), -1, "", f"it took longer than {SECONDS} s")


def _surprises(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]] | None:
    try:
        return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
    except (ValueError, IndexError):
        return None


def without_a_fault(names: Iterable[str]) -> list[str]:
    """The statements of these groups that are not judged as they should be though nothing is broken."""
    done = _run(None, "tests.sabotage.battery", *names)
    surprises = _surprises(done)
    return [done.stderr] if surprises is None else [one["statement"] for one in surprises]


def all_tried(faults: Sequence[Fault], processes: int, heard: Callable[[Outcome], None] | None = None) -> list[Outcome]:
    """Every fault tried, so many at a time; each outcome is heard as it comes."""
    with ThreadPoolExecutor(processes) as pool:
        outcomes: list[Outcome] = []
        for outcome in pool.map(tried, faults):
            outcomes.append(outcome)
            if heard is not None:
                heard(outcome)
        return outcomes


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many faults there are, by whom they were caught, with how many a false statement passed, and which were not caught."""
    by = Counter(outcome.caught_by for outcome in outcomes if outcome.caught_by is not None)
    return {
        "faults": len(outcomes),
        "caught": sum(by.values()),
        **{name: by[name] for name in ("disagreement", "statement", "test")},
        "false_statements_passed": sum(bool(outcome.accepted) for outcome in outcomes),
        "not_caught": [outcome.name for outcome in outcomes if outcome.caught_by is None],
    }


def table(outcomes: Sequence[Outcome], faults: Iterable[Fault]) -> Iterator[str]:
    """A line for each fault: what is broken, and who caught it."""
    broken = {fault.name: fault.broken for fault in faults}
    for outcome in outcomes:
        yield f"{outcome.name}: {broken[outcome.name]}"
        yield f"    {outcome.caught_by or 'NOT CAUGHT'}: {outcome.how}"
        if outcome.accepted:
            yield f"    and passed for true: {outcome.accepted[0]}".replace("\n", " ")
