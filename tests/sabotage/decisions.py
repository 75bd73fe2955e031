r"""What becomes of verdicts: whether a note passes, what the exit code is, what is said of a row that was cut short or lost."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks import cli, notes, supervision
from checks.notes import CheckedNote, check_note, confirm_by_autodiff
from checks.row_worker import Asked
from checks.supervision import Supervisor
from checks.witness import Witness
from derive.errors import DisagreementError
from derive.notes import read_note

Case = tuple[str, object, object]
"""What is looked at, what is expected, and what was found."""

DECLARED = "```derive\nparam \\mu, \\nu in R\nfrozen q in R\n```\n"
TRUE, FALSE, OPEN = r"\mu + \nu = \nu + \mu", r"\mu = \nu", r"\frac{1}{\mu - \mu} = \frac{1}{\mu - \mu}"
UNREAD, DEFINED, TROUBLE = r"\zeta = 1", r"F := \mu + \nu", "```derive\nsize size\n```\n"
MISTAKE = "<!-- derive: expect refuted -->\n"
SKIPPED = '<!-- derive: skip "known" -->\n'


def note(*parts: str) -> str:
    """Displays, and what stands between them, below the declarations."""
    return DECLARED + "".join(f"\n{part}" if part[:1] in "<`" else f"\n$$ {part} $$\n" for part in parts)


NOTES: dict[str, tuple[str, bool, int]] = {
    "a true row": (note(TRUE), True, 0),
    "nothing": (note(), False, 1),
    "a definition alone": (note(DEFINED), False, 1),
    "a row that is skipped": (note(SKIPPED, FALSE), False, 1),
    "a false row": (note(TRUE, FALSE), False, 1),
    "a false row, and a true one": (note(FALSE, TRUE), False, 1),
    "a row left open": (note(TRUE, OPEN), False, 1),
    "a row that is not read": (note(TRUE, UNREAD), False, 1),
    "a declaration that is not read": (note(TROUBLE, TRUE), False, 1),
    "a mistake that is expected": (note(TRUE, MISTAKE, FALSE), True, 0),
    "a mistake that is none": (note(TRUE, MISTAKE, TRUE), False, 1),
}
"""A note, whether it passes, and the exit code."""


def checked(text: str, **given: Any) -> CheckedNote:
    return check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False, **given)


def code_of(text: str, *options: str) -> int:
    """The exit code of ``derive check``, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "note.md"
        path.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return cli.run(["check", str(path), "--no-cache", "--no-autodiff", *options])


def passing() -> Iterator[Case]:
    for name, (text, passes, code) in NOTES.items():
        yield f"{name} passes", passes, checked(text).passes
        yield f"the exit code for {name}", code, code_of(text)
    yield "the exit code for a row left open, where that is allowed", 0, code_of(note(TRUE, OPEN), "--allow-unknown")
    yield "the exit code for a false row, where open ones are allowed", 1, code_of(note(TRUE, FALSE), "--allow-unknown")
    yield "rows of a declaration that is not read", "unknown", checked(note(TROUBLE, FALSE)).steps[-1].verdict
    yield "as many steps as rows", 3, len(checked(note(TRUE, FALSE, TRUE)).steps)


def cut_short() -> Iterator[Case]:
    """A judge that takes too long, one that fails, and one that contradicts itself."""
    plain = notes.judge

    def slow(*given: Any) -> Any:
        time.sleep(30)
        return plain(*given)

    def failing(*given: Any) -> Any:
        raise DisagreementError("the kernel proves what the witness refutes")

    try:
        notes.judge = slow
        yield "a row that takes too long", "unknown", checked(note(TRUE), row_timeout=0.1).steps[-1].verdict
        notes.judge = failing
        step = checked(note(TRUE)).steps[-1]
        yield "a row on which the witnesses contradict each other", ("unknown", True), (step.verdict, step.defect)
        yield "the exit code for a contradiction", 101, code_of(note(TRUE))
    finally:
        notes.judge = plain
    slope = checked(note(r"\frac{d}{d\mu} \mu^2 = 2 \mu"))
    by_jax = Witness.by_autodiff
    try:
        Witness.by_autodiff = failing
        confirm_by_autodiff(slope, Witness())
    finally:
        Witness.by_autodiff = by_jax
    yield "a derivative that JAX takes otherwise", ("unknown", True), (slope.steps[0].verdict, slope.steps[0].defect)


KILLED = """
from tests.sabotage.planting import plant
plant()
import os
from checks import notes
plain = notes.judge
def judge(claim, witness):
    if "'q'" in repr(claim.lhs):
        os._exit(3)
    return plain(claim, witness)
notes.judge = judge
"""


def lost() -> Iterator[Case]:
    """A row that ends the process in which it is judged."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(KILLED, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            with Supervisor(Asked(autodiff=False)) as supervisor:
                found = supervisor.check(read_note(Path("note.md"), note(TRUE, FALSE, "q = q", TRUE)), lambda heard: None)
        finally:
            sys.path.remove(folder)
    verdicts = [step.verdict for step in found.steps]
    yield "rows beside one whose process was killed", ["proved", "refuted", "unknown", "proved"], verdicts


def decisions() -> Iterator[Case]:
    supervision.is_possible = lambda: False  # in this process, which is fast and has the judges of above
    yield from passing()
    yield from cut_short()
