"""The process in which notes are read and checked, within limits on memory, time and files, in an empty folder.

It is started by ``checks.supervision`` and speaks with it over one pipe. Before each piece of work it says so; when it dies, or
is stopped, its successor is told what was done and what was lost, and goes on from there.
"""

from __future__ import annotations

import importlib
import itertools
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from checks.piecework import Lost, Work
from checks.time_limit import TimeOut, limited
from derive.errors import DeriveError, LimitError

if TYPE_CHECKING:
    from checks.cache import Cache
    from checks.notes import CheckedNote, Step
    from derive.notes import Note

T = TypeVar("T")
Way = Callable[[Path, "str | None"], T]
"""What is made of a note by its path, and by its text where it does not stand there; known by its name to another process."""
JUDGING = ("checks.notes", "checks.witness")
"""The modules by which notes are read and judged."""
FILES = 64 << 20
"""A file that is written here is at most so long: compiled modules are, nothing else is written."""
DESCRIPTORS = 256
READING = 30.0
"""Seconds in which a note is to be read, before any row of it is judged."""
ENDS_WITH_PARENT = 1
"""Linux's name for that request (PR_SET_PDEATHSIG)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the worker may use: bytes of memory; seconds beyond those of a piece of work, and for reading a note; the share of the
    memory at which it is replaced."""

    memory: int
    grace: float = 0.9
    reading: float = READING
    worn: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How notes are to be checked."""

    seed: int = 0
    points: int = 3
    autodiff: bool = True
    row_timeout: float = 20.0
    diagnosed: bool = True
    """Whether slips are looked for in rows that fail."""
    only: str | None = None
    cache: Path | None = None
    """Where verdicts of earlier runs are; None for judging every row anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A note to check, and what is known of its pieces already."""

    note: Note
    asked: Asked
    done: Mapping[int, Any]
    lost: Mapping[int, Lost]

    def serve(self, connection: Connection, limits: Limits) -> None:
        """Check the note, and tell each row and what comes of it."""
        rows = itertools.count(1)
        with kept(self.asked, lambda message: connection.send(("said", message))) as cache:
            checked = check(
                self.note,
                self.asked,
                lambda step: connection.send(("heard", next(rows), told(step))),
                Reported(connection, self, limits),
                cache,
            )
        connection.send(("note", checked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread(Generic[T]):
    """A note that is to be read: in which way, its path, from which ``folder``, and its text where it does not stand there."""

    way: Way[T]
    path: Path
    folder: str
    text: str | None = None

    def serve(self, connection: Connection, limits: Limits) -> None:
        """Read the note, and tell what comes of it."""
        limit_time(limits.reading + limits.grace)
        try:
            connection.send(("read", self.read(limits.reading)))
        except DeriveError as error:
            connection.send(("refused", error))
        except (MemoryError, RecursionError):
            connection.send(
                ("refused", LimitError(f"{self.path}: what is read of it is too much to be handed on; split the note"))
            )

    def read(self, seconds: float = READING) -> T:
        """What is made of the note, in so many seconds.

        Raises:
            DeriveError: it cannot be read, or takes too long, or too much memory.
        """
        try:
            with chdir(self.folder), limited(seconds):
                return self.way(self.path, self.text)
        except TimeOut:
            raise LimitError(f"{self.path}: {not_within(seconds)}") from None
        except MemoryError:
            raise LimitError(f"{self.path}: cannot be read in the memory that is allowed; split the note") from None
        except RecursionError:
            raise LimitError(f"{self.path}: nested too deeply to be read; split the note") from None


def as_note(path: Path, text: str | None = None) -> Note:
    """The note itself."""
    from derive.notes import read_note

    return read_note(path, text)


def not_within(seconds: float) -> str:
    return f"not read within {seconds:g} s; split the note"


@dataclass(slots=True)
class Reported:
    """Does pieces of work in their order, each reported before and after; those that are done, or lost, are not done again."""

    connection: Connection
    request: Request
    limits: Limits
    number: int = 0

    def __call__(self, do: Callable[[], T], lost: Callable[[Lost], T], *, seconds: float, kept: bool = True) -> T:
        self.number += 1
        number = self.number
        if number in self.request.lost:
            return lost(self.request.lost[number])
        if number in self.request.done:
            return self.request.done[number]
        self.connection.send(("begin", number, seconds))
        limit_time(seconds + self.limits.grace)
        result = do()
        self.connection.send(("end", number, result if kept else None, kept, memory_used()))
        return result


@contextmanager
def kept(asked: Asked, say: Callable[[str], None]) -> Generator[Cache | None]:
    """The verdicts of earlier runs, where they are asked for; those of this one are written in the end."""
    from checks.cache import Cache

    cache = Cache(asked.cache, say) if asked.cache is not None else None
    try:
        yield cache
    finally:
        if cache is not None:
            cache.close()


def check(note: Note, asked: Asked, heard: Callable[[Step], None], work: Work, cache: Cache | None = None) -> CheckedNote:
    """Check a note as it is asked for, derivatives by JAX included."""
    from checks.notes import check_note, confirm_by_autodiff
    from checks.witness import Witness

    witness = Witness(seed=asked.seed, points=asked.points, autodiff=False)
    checked = check_note(
        note,
        witness,
        row_timeout=asked.row_timeout,
        only=asked.only,
        diagnosed=asked.diagnosed,
        heard=heard,
        work=work,
        cache=cache,
    )
    if asked.autodiff:
        confirm_by_autodiff(
            checked, Witness(seed=asked.seed, points=asked.points), timeout=asked.row_timeout, work=work, cache=cache
        )
    return checked


def told(step: Step) -> str:
    """What is said of a row while the next is judged."""
    return f"line {step.row.place.line}: {step.verdict}"


def serve(connection: Connection) -> None:
    """Read and check notes until there are no more."""
    limits: Limits
    modules: tuple[str, ...]
    limits, modules = connection.recv()
    limit(limits)
    for name in modules:
        importlib.import_module(name)
    connection.send(("ready",))
    hush()
    while True:
        request: Request | Unread[Any] = connection.recv()
        try:
            request.serve(connection, limits)
        except (BrokenPipeError, ConnectionError):
            raise
        except Exception:
            connection.send(("defect", traceback.format_exc()))


# What this process may use.


def limit(limits: Limits) -> None:
    """Bound memory, files and cores; where the system has no such bounds there are none."""
    with suppress(ImportError):
        import resource

        bounds = {
            resource.RLIMIT_AS: limits.memory,
            resource.RLIMIT_FSIZE: FILES,
            resource.RLIMIT_NOFILE: DESCRIPTORS,
            resource.RLIMIT_CORE: 0,
        }
        for kind, most in bounds.items():
            with suppress(ValueError, OSError):
                hard = resource.getrlimit(kind)[1]
                most = most if hard == resource.RLIM_INFINITY else min(most, hard)
                resource.setrlimit(kind, (most, most))


def end_with_parent() -> None:
    """See that this process ends with the one that started it, however that ends; where the system has no means for it, later."""
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(ENDS_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0)


def limit_time(seconds: float) -> None:
    """Let this process compute for so long from now on, on all processors; it is ended then, even if nobody watches it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        most = math.ceil(time.process_time() + seconds * (os.cpu_count() or 1)) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def memory_used() -> int:
    """The most bytes that this process ever had; 0 where that is not known."""
    with suppress(ImportError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used if sys.platform == "darwin" else used * 1024
    return 0


def hush() -> None:
    """What is printed from now on is seen by nobody: the report is printed elsewhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def main() -> None:
    end_with_parent()
    with suppress(EOFError, BrokenPipeError, ConnectionError, KeyboardInterrupt), Connection(int(sys.argv[1])) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
