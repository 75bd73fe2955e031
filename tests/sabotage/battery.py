r"""Judges the statements whose verdicts are known, in a process in which a fault may be planted.

``python -m tests.sabotage.battery PROBE...`` prints what is not, as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from checks.judge import judge
from checks.notes import Step, check_note
from checks.witness import Witness
from derive.errors import DisagreementError
from derive.notes import read_note
from tests.sabotage.decisions import Case, decisions, lost
from tests.sabotage.statements import GROUPS, Group

ACCEPTED = ("proved", "confirmed")
CONTRADICTED = "the kernel proves"


@dataclass(frozen=True, slots=True)
class Surprise:
    """A statement that was not judged as it should be: ``kind`` is ``disagreement`` where the witnesses contradict each other,
    ``accepted`` where a false statement passed, ``verdict`` otherwise."""

    kind: Literal["disagreement", "accepted", "verdict"]
    statement: str
    expected: str
    found: str


def _surprise(statement: str, expected: str, found: str, message: str = "") -> Iterator[Surprise]:
    if found == expected:
        return
    if CONTRADICTED in message or "by autodiff and by balls" in message:
        yield Surprise("disagreement", statement, expected, message[:200])
    else:
        yield Surprise("accepted" if found in ACCEPTED and expected not in ACCEPTED else "verdict", statement, expected, found)


def surprises(group: Group) -> Iterator[Surprise]:
    """The statements of a group that are not judged as they should be."""
    displays = (f"$$\n{row}\n$$ (eq-{number})" for number, (row, _) in enumerate(group.rows))
    text = f"```derive\n{group.declarations}\n```\n\n" + "\n\n".join(displays) + "\n"
    note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)
    for trouble in note.troubles:
        yield Surprise("verdict", "the declarations", "understood", trouble.message)
    last: dict[str, Step] = {step.label: step for step in note.steps}
    for number, (row, expected) in enumerate(group.rows):
        step = last.get(f"eq-{number}")
        yield from _surprise(row, expected, step.verdict if step else "missing", step.message if step else "")
    witness = Witness(autodiff=group.autodiff)
    for claim, expected in group.claims:
        try:
            finding = judge(claim, witness)
        except DisagreementError as error:
            yield from _surprise(claim.label, expected, "disagreement", str(error))
        except Exception as error:
            yield from _surprise(claim.label, expected, f"{type(error).__name__}: {error}"[:200])
        else:
            # What is to fail must fail by as much as it says.
            by = "" if finding.passes or claim.expected is None else ", and not as it should"
            yield from _surprise(claim.label, expected, f"{finding.verdict}{by}", finding.reason)


def of_cases(cases: Iterable[Case]) -> Iterator[Surprise]:
    """The cases that did not come out as they should."""
    for what, expected, found in cases:
        if found != expected:
            yield Surprise("verdict", what, str(expected), str(found))


PROBES: Mapping[str, Callable[[], Iterator[Surprise]]] = {
    **{name: lambda name=name: surprises(GROUPS[name]()) for name in GROUPS},
    "decisions": lambda: of_cases(decisions()),
    "lost rows": lambda: of_cases(lost()),
}


def main(names: list[str]) -> int:
    found: list[Surprise] = []
    for name in names:
        try:
            found += PROBES[name]()
        except Exception as error:
            found.append(Surprise("verdict", name, "no error", f"{type(error).__name__}: {error}"[:200]))
    print(json.dumps([asdict(surprise) for surprise in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
