"""What SymPy 1.14 was asked and what it answered, and what it answers today: ``python -m tests.pitfalls.asked``.

Each question is asked in a process of its own, with limits on memory and time. An answer that has changed is to be looked at, and
written down in ``sympy-1.14.json``: our own verdicts do not depend on it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

RECORDED = Path(__file__).with_name("sympy-1.14.json")
SECONDS = 30
MEMORY = 4 << 30
HANGS = "HANGS"
RAISES = "RAISES "
UNAVAILABLE = ("ImportError", "ModuleNotFoundError")
"""Raised where a parser of LaTeX is not installed."""
PROGRAM = """
import sys
from sympy import *
import sympy.stats as st
try:
    {asked}
    print(R)
except Exception as error:
    print("{raises}" + type(error).__name__ + ": " + str(error))
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question to SymPy, its answer in 1.14, and what kind of answer that is."""

    number: str
    kind: str
    asked: str
    answered: str

    def today(self) -> str:
        """What SymPy answers in this environment."""
        program = PROGRAM.format(asked=self.asked, raises=RAISES)
        try:
            done = subprocess.run(
                [sys.executable, "-c", program],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                preexec_fn=_limited,
            )
        except subprocess.TimeoutExpired:
            return HANGS
        return done.stdout.strip() or f"{RAISES}nothing was printed: {done.stderr.strip()[-200:]}"

    def has_changed(self, today: str) -> bool:
        """Whether this is another answer; of exceptions the kind counts, not the words."""
        if today.startswith(RAISES) and self.answered.startswith(RAISES):
            return today.split(":")[0] != self.answered.split(":")[0]
        return today != self.answered


def is_unavailable(today: str) -> bool:
    """Whether what was asked for is not installed."""
    return today.removeprefix(RAISES).split(":")[0] in UNAVAILABLE


def answers() -> tuple[Answer, ...]:
    """All that was recorded."""
    return tuple(Answer(**record) for record in json.loads(RECORDED.read_text(encoding="utf-8")))


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> int:
    """Ask all anew and print what has changed."""
    changed = missing = 0
    for answer in answers():
        today = answer.today()
        if is_unavailable(today):
            missing += 1
        elif answer.has_changed(today):
            changed += 1
            print(f"{answer.number}: answered {answer.answered}\n    and now {today}", flush=True)
    print(f"{len(answers())} asked, {changed} changed, {missing} not available")
    return 1 if changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
