"""The same report everywhere: what is run, what surrounds it, and what in two reports may differ.

Of the surroundings that a run finds (seeds of hashes, devices, what SymPy computes with, the number of processes, language, time
zone, folder, ...) none may show in what it says. Reports are compared byte by byte, but for the lines that state versions, which
say where a report was made, and those that state times.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from checks.environment import PACKAGES

ROOT = Path(__file__).parents[2]
NOTES = Path(__file__).parent / "notes"
SUFFIXES = (".md", ".tex", ".ipynb")
LIMIT = 900
"""Seconds in which a run has to end; nothing is said about how fast it is."""
ENDED = (0, 1)
"""Exit codes of a run that came to its end: all rows came out as they should, or some did not."""
STATED = re.compile(rf'^ *"(?:seconds|python|ground_types|{"|".join(PACKAGES)})": .*\n', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Task:
    """What is run: arguments of ``derive``; ``shared`` among several processes where the surroundings have them."""

    name: str
    arguments: tuple[str, ...]
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where it is run; ``elsewhere`` is another folder, with other rights for new files."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    processes: int = 1
    elsewhere: bool = False


class DidNotEndError(RuntimeError):
    """A run did not come to its end."""


def notes(folder: Path) -> tuple[str, ...]:
    """The notes in a folder."""
    return tuple(str(path) for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES)


CHECK = ("check", "--format", "json", "--no-cache")
SMALL = (
    Task("check", (*CHECK, *notes(NOTES))),
    Task("verify", ("verify", "poisson-mixture", "--identity", "score", "--identity", "oakes", "--format", "json"), shared=True),
)
"""What is run each time the tests are."""
TASKS = (
    Task("check examples", (*CHECK, *notes(ROOT / "examples"))),
    SMALL[0],
    *(Task(f"em {form}", ("em", "gaussian-mixture", "--format", form)) for form in ("json", "text", "latex")),
    Task(
        "verify", ("verify", "poisson-mixture", "bernoulli-mixture", "student-t-scale-mixture", "--format", "json"), shared=True
    ),
    Task("mutate", ("mutate", "poisson-mixture", "--count", "60", "--format", "json"), shared=True),
)

USUAL = Surroundings("usual")
DEVICES = "XLA_FLAGS"
FEW = (
    Surroundings("hashes 1, two processes", {"PYTHONHASHSEED": "1"}, processes=2),
    Surroundings(
        "8 devices, python numbers, hashes 31",
        {DEVICES: "--xla_force_host_platform_device_count=8", "SYMPY_GROUND_TYPES": "python", "PYTHONHASHSEED": "31"},
    ),
)
"""Several changes at a time: where reports differ, ``python -m tests.surroundings`` says by which."""
SURROUNDINGS = (
    Surroundings("again"),
    *(Surroundings(f"hashes {seed}", {"PYTHONHASHSEED": seed}) for seed in ("0", "1", "31", "random")),
    *(
        Surroundings(f"{count} device{'s' * (count > 1)}", {DEVICES: f"--xla_force_host_platform_device_count={count}"})
        for count in (1, 8)
    ),
    Surroundings("double precision", {"JAX_ENABLE_X64": "1"}),
    Surroundings("single precision", {"JAX_ENABLE_X64": "0"}),
    *(Surroundings(f"{kind} numbers", {"SYMPY_GROUND_TYPES": kind}) for kind in ("python", "flint")),
    *(Surroundings(f"{count} processes", processes=count) for count in (2, 3, 4)),
    Surroundings("another language", {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"}),
    Surroundings("plain letters", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "utf-8"}),
    Surroundings("another time zone", {"TZ": "Pacific/Kiritimati"}),
    Surroundings("narrow", {"COLUMNS": "40", "LINES": "10", "TERM": "dumb"}),
    Surroundings("another folder", elsewhere=True),
    Surroundings("development mode", {"PYTHONDEVMODE": "1", "PYTHONOPTIMIZE": "2"}),
)
NAMED = frozenset(name for around in (*FEW, *SURROUNDINGS) for name in around.variables)
"""Variables that are set only where the surroundings set them."""


def run(arguments: Sequence[str], around: Surroundings, python: str = sys.executable) -> subprocess.CompletedProcess[bytes]:
    """Run Python there."""
    variables = {name: value for name, value in os.environ.items() if name not in NAMED}
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [python, *arguments],
            cwd=folder if around.elsewhere else ROOT,
            umask=0o077 if around.elsewhere else -1,
            env=variables | around.variables | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT,
        )


def report(task: Task, around: Surroundings, python: str = sys.executable) -> str:
    """What ``derive`` prints there.

    Raises:
        DidNotEndError: the run did not come to its end; the message is what it said.
    """
    processes = ("-j", str(around.processes)) if task.shared else ()
    try:
        done = run(["-m", "checks.cli", *task.arguments, *processes], around, python)
    except subprocess.TimeoutExpired as error:
        raise DidNotEndError(f"{task.name}, {around.name}: no end in {LIMIT} seconds") from error
    if done.returncode not in ENDED or not done.stdout:
        raise DidNotEndError(f"{task.name}, {around.name}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8")


def bare(text: str) -> str:
    """A report without the lines that state versions and times."""
    return STATED.sub("", text)


def differences(one: str, other: str, names: tuple[str, str] = ("one", "other")) -> Iterator[str]:
    """The lines by which two reports differ, apart from those that may."""
    return unified_diff(bare(one).splitlines(), bare(other).splitlines(), *names, lineterm="", n=0)


def compared(
    tasks: Sequence[Task] = TASKS, arounds: Sequence[Surroundings] = SURROUNDINGS, python: str = sys.executable
) -> Iterator[tuple[Task, Surroundings, list[str]]]:
    """Each task in each of the surroundings in which it may differ, and by which lines it differs from the usual report."""
    for task in tasks:
        usual = report(task, USUAL)
        for around in arounds:
            if around.processes == 1 or task.shared:
                try:
                    found = [*differences(usual, report(task, around, python), (USUAL.name, around.name))]
                except DidNotEndError as error:
                    found = [str(error)]
                yield task, around, found
