"""Notes are read and checked in a process of their own, which is watched: a row that hangs, crashes or eats memory costs that row
alone, and a note that cannot be read without is an error that says so.

The worker (``checks.row_worker``) is started anew, never forked: threads of JAX do not survive a fork. Pieces of work that are
done are kept here, so that a successor goes on where a worker was lost.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from checks.piecework import Lost, at_once
from checks.row_worker import JUDGING, READING, Asked, Limits, Request, Unread, Way, as_note, check, kept, not_within, told
from derive.errors import LimitError

if TYPE_CHECKING:
    from checks.cache import Cache
    from checks.notes import CheckedNote
    from derive.notes import Note

T = TypeVar("T")
Heard = Callable[[str], None]
GIBIBYTE = 1 << 30
MEMORY = 4 * GIBIBYTE
PER_PROCESSOR = 256 << 20
"""What the threads for a processor may take of the address space, used or not."""
SMALL = {"JAX_PLATFORMS": "cpu", "MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
"""Points are small: they need no device, whose memory could not be limited, and no address space for each of many threads."""
STARTING = 120.0
"""Seconds for a worker to be ready, and for what it does between two pieces of work."""
ENDING = 1.0
"""Seconds in which a worker that has closed its pipe ends by itself."""
MOST_UNEXPLAINED = 1
"""How often a worker may be lost between two pieces of work, in one note."""
KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_",
    "PYTHON",
    "SYMPY_",
    "VIRTUAL_ENV",
    "LD_",
    "DYLD_",
    "JAX_",
    "XLA_",
    "OMP_",
    "COV_",
)
"""The environment variables that a worker is given: others may be secrets, and are no business of a note's."""


def unsaid(message: str) -> None:
    """Say it to nobody."""


class Reader(Protocol):
    """Reads notes in a way that is asked for."""

    def made(self, way: Way[T], path: Path, text: str | None = None) -> T: ...


class Checker(Reader, Protocol):
    """Reads notes, and checks them."""

    def read(self, path: Path, text: str | None = None) -> Note: ...

    def check(self, note: Note, heard: Heard) -> CheckedNote: ...


class WorkerDefect(RuntimeError):
    """A worker failed by a mistake of the program; the message is its traceback."""


@contextmanager
def reader(*modules: str, seconds: float = READING) -> Generator[Reader]:
    """What reads notes, each in so many seconds: a worker that is watched, or this process where there is no means for that.

    The modules are those which it needs.
    """
    if not is_possible():
        yield Unwatched(Asked(), None, seconds)
        return
    with Supervisor(Asked(), replace(usual_limits(), reading=seconds), modules=modules) as supervisor:
        yield supervisor


@contextmanager
def checker(asked: Asked, say: Heard = unsaid, seconds: float = READING) -> Generator[Checker]:
    """What reads notes, each in so many seconds, and checks them: a worker that is watched, or this process, as above.

    ``say`` is told what is wrong with verdicts that were kept.
    """
    if not is_possible():
        with kept(asked, say) as cache:
            yield Unwatched(asked, cache, seconds)
        return
    with Supervisor(asked, replace(usual_limits(), reading=seconds), say) as supervisor:
        # What comes back is made of these; the worker imports the same meanwhile.
        importlib.import_module("checks.notes")
        yield supervisor


@dataclass(frozen=True, slots=True)
class Unwatched:
    """Reads and checks notes in this process."""

    asked: Asked
    cache: Cache | None
    seconds: float = READING

    def made(self, way: Way[T], path: Path, text: str | None = None) -> T:
        return Unread(way=way, path=path, folder=os.getcwd(), text=text).read(self.seconds)

    def read(self, path: Path, text: str | None = None) -> Note:
        return self.made(as_note, path, text)

    def check(self, note: Note, heard: Heard) -> CheckedNote:
        return check(note, self.asked, lambda step: heard(told(step)), at_once, self.cache)


def is_possible() -> bool:
    """Whether this system can hand a pipe to another process, and stop that by a signal."""
    return os.name == "posix" and bool(sys.executable)


def usual_limits() -> Limits:
    """Four gibibytes, and what threads take of the address space."""
    return Limits(memory=MEMORY + PER_PROCESSOR * (os.cpu_count() or 1))


@dataclass(slots=True)
class _Running:
    """A worker and the pipe to it; which piece of work it is at, since when, and for how many seconds it may be."""

    process: subprocess.Popen[bytes]
    connection: Connection
    folder: TemporaryDirectory[str]
    """Where it works: an empty folder of its own."""
    number: int | None = None
    begun: float = 0.0
    seconds: float = STARTING

    def stop(self, *, is_ending: bool = False) -> int:
        """Kill it and all that it started; how it ended, if it had ended, or ``is_ending``."""
        if is_ending:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(ENDING)
        ended = self.process.poll()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.connection.close()
        self.folder.cleanup()
        return self.process.returncode if ended is None else ended


@dataclass(slots=True)
class Supervisor:
    """Checks notes one after the other in a worker that is kept while it is well."""

    asked: Asked
    limits: Limits = field(default_factory=usual_limits)
    say: Heard = unsaid
    modules: tuple[str, ...] = JUDGING
    """What the worker is to import before it is ready."""
    running: _Running | None = None
    ready: bool = False

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self.running is not None:
            self.running.stop()
            self.running = None

    def start(self) -> None:
        """Start a worker; it gets ready while this process does other things."""
        ours, theirs = Pipe()
        environment = {name: value for name, value in os.environ.items() if name.startswith(KEPT_VARIABLES)}
        # The code that runs there is the code that runs here.
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
        environment |= SMALL
        folder = TemporaryDirectory(prefix="derive-", ignore_cleanup_errors=True)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "checks.row_worker", str(theirs.fileno())],
            env=environment,
            cwd=folder.name,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self.running = _Running(process, ours, folder, begun=time.monotonic())
        self.ready = False
        ours.send((self.limits, self.modules))

    def read(self, path: Path, text: str | None = None) -> Note:
        """Read a note.

        Raises:
            DeriveError: it cannot be read, or hangs or crashes what reads it.
            WorkerDefect: the program made a mistake there.
        """
        return self.made(as_note, path, text)

    def made(self, way: Way[T], path: Path, text: str | None = None) -> T:
        """What is made of a note, in the way that is asked for.

        Raises:
            DeriveError: it cannot be read, or hangs or crashes what reads it.
            WorkerDefect: the program made a mistake there.
        """
        worker = self._worker()
        try:
            self._send(worker, Unread(way=way, path=path, folder=os.getcwd(), text=text))
            worker.seconds = self.limits.reading + self.limits.grace
            kind, *rest = self._heard(worker)
        except (_Late, EOFError, OSError) as stop:
            ended = worker.stop(is_ending=not isinstance(stop, _Late))
            self.running = None
            is_late = isinstance(stop, _Late) or ended == -signal.SIGXCPU
            reason = not_within(self.limits.reading) if is_late else f"{_how(ended, 'the note was read')}; split the note"
            raise LimitError(f"{path}: {reason}") from None
        worker.seconds, worker.begun = STARTING, time.monotonic()
        if kind == "read":
            return rest[0]
        if kind == "refused":
            raise rest[0]
        self.close()
        raise WorkerDefect(rest[0])

    def _worker(self) -> _Running:
        """The worker that there is, or a new one."""
        if self.running is None:
            self.start()
        if self.running is None:
            raise WorkerDefect("no worker was started")
        return self.running

    def check(self, note: Note, heard: Heard) -> CheckedNote:
        """Check a note.

        Raises:
            WorkerDefect: the program made a mistake there.
        """
        done: dict[int, Any] = {}
        lost: dict[int, Lost] = {}
        unexplained = rows = 0
        while True:
            worker = self._worker()
            try:
                self._send(worker, Request(note=note, asked=self.asked, done=done, lost=lost))
                while True:
                    kind, *rest = self._heard(worker)
                    if kind == "begin":
                        worker.number, worker.seconds = rest[0], rest[1] + self.limits.grace
                        worker.begun = time.monotonic()
                    elif kind == "end":
                        number, result, kept, used = rest
                        worker.number, worker.seconds, worker.begun = None, STARTING, time.monotonic()
                        if kept:
                            done[number] = result
                        if kept and used > self.limits.worn * self.limits.memory:
                            raise _Worn
                    elif kind == "heard":
                        if rest[0] > rows:
                            rows = rest[0]
                            heard(rest[1])
                    elif kind == "said":
                        self.say(rest[0])
                    elif kind == "note":
                        return rest[0]
                    else:
                        self.close()
                        raise WorkerDefect(rest[0])
            except _Worn:
                self.close()
            except (_Late, EOFError, OSError) as stop:
                took = time.monotonic() - worker.begun
                ended = worker.stop(is_ending=not isinstance(stop, _Late))
                self.running = None
                if worker.number is None:
                    unexplained += 1
                    if unexplained > MOST_UNEXPLAINED:
                        raise WorkerDefect(f"a worker was lost between two pieces of work: {_how(ended)}") from None
                else:
                    late = isinstance(stop, _Late) or ended == -signal.SIGXCPU
                    lost[worker.number] = Lost(late, f"{_how(ended)}; try a smaller step", took)

    def _send(self, worker: _Running, request: Request | Unread[Any]) -> None:
        while not self.ready:
            kind, *rest = self._heard(worker)
            if kind != "ready":
                raise WorkerDefect(str(rest[0]))
            self.ready = True
        worker.begun = time.monotonic()
        worker.connection.send(request)

    def _heard(self, worker: _Running) -> tuple[Any, ...]:
        left = worker.begun + worker.seconds - time.monotonic()
        if not worker.connection.poll(max(0.0, left)):
            raise _Late
        return worker.connection.recv()


class _Late(Exception):
    """A worker took longer than its piece of work may take."""


class _Worn(Exception):
    """A worker has taken so much memory that another is to go on."""


def _how(ended: int, what: str = "the row was judged") -> str:
    if ended >= 0:
        return f"the process in which {what} ended by itself, with the code {ended}"
    try:
        name = signal.Signals(-ended).name
    except ValueError:
        name = f"the signal {-ended}"
    return f"the process in which {what} was ended by {name} (out of memory, most likely)"
