"""Verdicts that are known already: a small SQLite file in the user's cache directory.

What is kept is found by a hash of all on which it depends: the meaning of what was asked, this program's own files, what they are
built on, and the options that matter. Nothing that is kept can speak of anything else. Nothing in the file is ever run; it is as
trustworthy as the folder that it lies in.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from checks.environment import rules, surroundings
from checks.records import Reader, UnstorableError, Writer, text

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None

MOST = 20_000
"""Verdicts that are kept; the oldest go first."""
PATIENCE = 5.0
"""Seconds to wait for another process that writes."""
BETWEEN_TRIES = 0.01
WRITTEN_EVERY = 1.0
TABLE = "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, value BLOB NOT NULL, checksum TEXT NOT NULL)"
DAMAGED = ".damaged"
TROUBLE = (sqlite3.Error, ValueError, OverflowError)
"""What reading a damaged file may raise: sqlite3 takes for granted that texts and numbers in it are sound."""
MAY_PASS = {
    getattr(sqlite3, f"SQLITE_{name}")
    for name in ("BUSY", "LOCKED", "READONLY", "IOERR", "FULL", "CANTOPEN", "PERM", "AUTH", "NOMEM", "PROTOCOL", "INTERRUPT")
}
"""Troubles in which the file is as it was: a lock, a full disk, a folder that is not to be written to."""


def folder() -> Path | None:
    """Where this user's programs keep what they can find out again; None where there is no such place."""
    usual = {"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}.get(sys.platform, "~/.cache")
    for base in (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser(usual)):
        if os.path.isabs(base):
            return Path(base) / "derive"
    return None


class Question:
    """Something asked, whose answer may be known: ``kind`` says by what, ``asked`` all on which the answer depends."""

    def __init__(self, kind: str, *asked: Any) -> None:
        self.writer = Writer()
        self.written = [kind, *map(self.writer.write, asked)]
        self.met, self.letters = list(self.writer.met), list(self.writer.letters)


class Cache:
    """The verdicts that are kept in a folder; ``say`` is told what is wrong with them, and the work goes on without."""

    def __init__(self, place: Path, say: Callable[[str], None]) -> None:
        self.place = place
        self.say = say
        self.rules = rules()
        self.surroundings = surroundings()
        self.waiting: dict[str, str] = {}
        self.written = time.monotonic()
        self.path = place
        self.connection: sqlite3.Connection | None = None
        try:
            _made_for_one(place)
            with _alone(place):
                self.connection = self._connected()
        except OSError as error:
            self.say(f"the cache is not used: {error.strerror or error}: {str(place)!r}; try --no-cache")
        except TROUBLE as error:
            self._failed(error)

    def key(self, question: Question) -> str:
        """The hash by which an answer is found."""
        whole = [self.rules, sorted(self.surroundings.items()), question.written]
        return hashlib.sha256(text(whole).encode("ascii")).hexdigest()

    def get(self, question: Question) -> Any:
        """The answer, or None where it is not known."""
        key = self.key(question)
        found = self.waiting.get(key) or self._found(key)
        if found is None:
            return None
        try:
            return Reader(question.met, question.letters).read(json.loads(found))
        except (UnstorableError, ValueError, RecursionError):
            return None

    def _found(self, key: str) -> str | None:
        if self.connection is None:
            return None
        try:
            row = self.connection.execute("SELECT value, checksum FROM verdicts WHERE key = ?", (key,)).fetchone()
        except TROUBLE as error:
            self._failed(error)
            return None
        if row is None:
            return None
        value, checksum = row
        if isinstance(value, bytes) and checksum == _checksum(key, value):
            return value.decode("ascii")
        self.say(f"an entry of the cache is damaged and not used: {str(self.path)!r}")
        return None

    def put(self, question: Question, answer: Any) -> None:
        """Keep an answer; what cannot be written down is not kept."""
        with suppress(UnstorableError, RecursionError):
            self.waiting[self.key(question)] = text(question.writer.write(answer))
        if time.monotonic() - self.written > WRITTEN_EVERY:
            self.write()

    def write(self) -> None:
        """Write what waits to be written; nothing, where this program's files were changed since it began."""
        self.written = time.monotonic()
        if self.connection is None or not self.waiting or rules() != self.rules:
            return
        waiting = {key: value.encode("ascii") for key, value in self.waiting.items()}
        rows = [(key, value, _checksum(key, value)) for key, value in waiting.items()]
        try:
            with self.connection:
                self.connection.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?)", rows)
                self.connection.execute("DELETE FROM verdicts WHERE rowid <= (SELECT max(rowid) FROM verdicts) - ?", (MOST,))
            self.waiting.clear()
        except TROUBLE as error:
            self._failed(error)

    def close(self) -> None:
        self.write()
        self._left()

    # The file.

    def _connected(self) -> sqlite3.Connection:
        """The file in use, opened; alone, else what another process sets aside would be begun anew under its old name."""
        self.path = _newest(self.place)
        connection = sqlite3.connect(self.path, timeout=PATIENCE)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(TABLE)
            connection.commit()
            connection.execute("SELECT key, value, checksum FROM verdicts LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _failed(self, error: Exception) -> None:
        """Go on without the file; one that is damaged is set aside first, and begun anew."""
        damaged = self.path
        self._left()
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in MAY_PASS:
            self.say(f"the cache is not used: {_printable(error)}: {str(damaged)!r}; try --no-cache")
            return
        try:
            with _alone(self.place):
                if damaged.exists():  # else another process has set it aside already
                    _set_aside(damaged)
                    self.say(f"the cache was damaged ({_printable(error)}) and is set aside: {str(damaged) + DAMAGED!r}")
                self.connection = self._connected()
        except (*TROUBLE, OSError) as again:
            self._left()
            self.say(f"the cache is not used: {_printable(again)}: {str(self.path)!r}; try --no-cache")

    def _left(self) -> None:
        if self.connection is not None:
            with suppress(sqlite3.Error):
                self.connection.close()
        self.connection = None


def _printable(error: Exception) -> str:
    """What an error says, which may hold what stands in the file."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(error))[:200]


def _checksum(key: str, value: bytes) -> str:
    return hashlib.sha256(key.encode() + value).hexdigest()


def _made_for_one(place: Path) -> None:
    """Make the folder, to which nobody else may write.

    Raises:
        OSError: it cannot be made, or others may write to it.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        found = place.stat()
        if found.st_uid != os.getuid() or found.st_mode & 0o022:
            raise PermissionError(f"others may write to it (mode {found.st_mode & 0o777:o})")


def _newest(place: Path) -> Path:
    """The file in use. Each has a number of its own: one that was set aside may still be open elsewhere, and leaves its name."""
    numbers = {path.name: int(path.name.split("-")[1].split(".")[0]) for path in place.glob("verdicts-[0-9]*.sqlite*")}
    in_use = [number for name, number in numbers.items() if name.endswith(".sqlite")]
    number = max(in_use, default=max(numbers.values(), default=0) + 1)
    return place / f"verdicts-{number}.sqlite"


def _set_aside(path: Path) -> None:
    """Give the file, and what SQLite keeps beside it, another name."""
    for beside in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{beside}", f"{path}{beside}{DAMAGED}")


@contextmanager
def _alone(place: Path) -> Generator[None, None, None]:
    """For one process at a time: of several that find the file damaged one sets it aside. One that sleeps is not waited for."""
    with (place / "lock").open("w") as file:
        until = time.monotonic() + PATIENCE
        while not _locked(file) and time.monotonic() < until:
            time.sleep(BETWEEN_TRIES)
        yield


def _locked(file: IO[str]) -> bool:
    """Whether nobody else has the lock, which is ours until the file is closed; true where there are no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
