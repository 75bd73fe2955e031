"""Kills runs of ``derive verify`` at random moments, and counts what is lost: ``python -m tests.killing FOLDER COUNT``.

The judging takes no time here, so that most kills come while results are written. One process begins the others by forking, which
is safe as long as JAX was not imported.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from checks import catalogue, cli, journal
from checks.catalogue import Entry, Judged

ASKED = ("verify", "poisson-mixture", "gamma-mixture", "normal-mixture", "--no-autodiff", "--format", "json")
PAUSE = 0.001
OPENED = journal._opened
TOLD = Judged(label="l", relation="=", verdict="proved", reason="ℓ" * 3000, seconds=0.0)


def begin(folder: Path, name: str) -> tuple[int, int]:
    """Begin a run with a journal: its process, and where it says which results it has kept."""
    heard, said = os.pipe()
    process = os.fork()
    if process:
        os.close(said)
        return process, heard

    catalogue.entries = judged_at_once(said)  # type: ignore[assignment]
    os._exit(asked(folder, name))


def asked(folder: Path, name: str) -> int:
    return cli.run([*ASKED, "--journal", str(folder / name), "-o", str(folder / f"{name}.json")])


def judged_at_once(said: int | None) -> Callable[..., Iterator[Entry]]:
    """Instead of judging; an entry is said to be kept when the next one is asked for."""

    def entries(pairs: list[tuple[str, str]], **options: Any) -> Iterator[Entry]:
        for model, identity in pairs:
            entry = Entry(model=model, identity=identity, claims=(TOLD,), controls=(), seconds=0.0)
            yield entry
            if said is not None:
                os.write(said, f"{entry.key}\n".encode())
                time.sleep(PAUSE)

    return entries


class Unflushed(io.BufferedRandom):
    """A file that keeps what it is given for itself as long as it can."""

    def flush(self) -> None:
        pass


def without_flush(path: Path) -> Any:
    return Unflushed(OPENED(path).detach(), 1 << 20)


def ended(process: int, heard: int) -> tuple[list[str], bool]:
    """What a process had acknowledged when it ended, and whether it was killed."""
    _, status = os.waitpid(process, 0)
    with os.fdopen(heard, "rb") as pipe:
        lines = pipe.read().decode().splitlines(keepends=True)
    return [line.strip() for line in lines if line.endswith("\n")], os.WIFSIGNALED(status)


def main(folder: Path, count: int) -> dict[str, Any]:
    drawn = random.Random(count)
    catalogue.entries = judged_at_once(None)  # type: ignore[assignment]
    asked(folder, "whole")  # here, so that everything is imported once
    if "jax" in sys.modules:
        raise RuntimeError("JAX was imported: its threads do not survive a fork")
    if os.environ.get("WITHOUT_FLUSH"):
        journal._opened = without_flush
    began = time.monotonic()
    ended(*begin(folder, "timed"))
    longest = time.monotonic() - began
    whole = (folder / "whole.json").read_bytes()
    told: dict[str, Any] = {"killed": 0, "killed half-way": 0, "finished": 0, "lost": [], "different reports": 0}
    kept: list[str] = []
    while told["killed"] < count:
        process, heard = begin(folder, "killed")
        time.sleep(drawn.uniform(0, longest))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        new, killed = ended(process, heard)
        kept += new
        path, report = folder / "killed", folder / "killed.json"
        there = list(journal.read(path).results) if path.exists() and path.stat().st_size else []
        told["lost"] += sorted(set(kept) - set(there))
        told["killed"] += killed
        told["killed half-way"] += killed and bool(new)
        if not killed or report.exists():
            told["finished"] += 1
            told["different reports"] += report.read_bytes() != whole
            kept = []
            path.unlink()
            report.unlink()
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
