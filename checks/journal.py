"""Journals: the results of a long run, a line each, written as they come; a run that was stopped goes on where it was.

A line is a JSON object, ``of`` with its checksum ``sum``. The first says what the run is about, every other one holds the
result for one key. A torn last line is one that never was; any other line that is not whole is an error, never passed over.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from derive.errors import DeriveError

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None

Record = dict[str, Any]
SYNCED_EVERY = 1.0
"""Seconds between two times at which the disk is made to keep what was written; killing the process loses nothing anyway."""
OF_A_PART = ("shard", "planned")
"""What of a heading may differ between the parts of one run."""


class JournalError(DeriveError):
    """A file that is no journal, or not that of the run which is asked for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a journal holds: its heading, the results by their keys, and how many bytes of it are whole lines."""

    heading: Record
    results: dict[str, Record]
    whole: int

    @property
    def shard(self) -> tuple[int, int]:
        own, of = self.heading["shard"]
        return own, of

    @property
    def is_complete(self) -> bool:
        """Whether there is a result for everything that was planned."""
        return len(self.results) >= self.heading["planned"]


class Journal:
    """The journal of a run, open for more results; ``heading`` says all on which the results depend.

    Raises:
        JournalError: the file is of another run, or none, or another process writes to it.
    """

    def __init__(self, path: Path, heading: Mapping[str, Any]) -> None:
        self.path = path
        self.results: dict[str, Record] = {}
        self.file = _opened(path)
        try:
            self._go_on(dict(heading))
        except BaseException:
            with suppress(OSError):
                self.file.close()
            raise
        self.synced = time.monotonic()

    def _go_on(self, heading: Record) -> None:
        first = line({"heading": heading})
        found = self.file.read()
        whole = 0
        # A first line that was torn is the beginning of this one; anything else is somebody's file.
        if not (first.startswith(found) and found != first):
            kept = _read(found, self.path)
            if kept.heading != json.loads(json.dumps(heading)):
                told = "; ".join(dict.fromkeys(_differences(kept.heading, heading)))
                raise JournalError(f"the journal {str(self.path)!r} is of another run: {told}; give it another name")
            self.results, whole = kept.results, kept.whole
        self.file.seek(whole)
        self.file.truncate()
        if not whole:
            self._write(first)

    def add(self, key: str, result: Mapping[str, Any]) -> None:
        """Write a result; when this returns, killing the process does not lose it."""
        self._write(line({"key": key, "result": dict(result)}))
        self.results[key] = dict(result)
        if time.monotonic() - self.synced > SYNCED_EVERY:
            self._sync()

    def _write(self, written: bytes) -> None:
        try:
            self.file.write(written)
            self.file.flush()
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _sync(self) -> None:
        with suppress(OSError):  # a pipe or a device has nothing to keep
            os.fsync(self.file.fileno())
        self.synced = time.monotonic()

    def close(self) -> None:
        self._sync()
        with suppress(OSError):  # what could not be written was said when it was added
            self.file.close()


def _opened(path: Path) -> BinaryIO:
    """The file, made where there is none, and for this process alone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise _unwritable(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise JournalError(f"cannot write the journal {str(path)!r}: it is a device or a pipe, expected a file")
    file = os.fdopen(descriptor, "r+b")
    if fcntl is not None:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise JournalError(f"another process writes to the journal {str(path)!r}; give this run another one") from error
        except OSError:
            pass  # a file system without locks
    return file


def _unwritable(path: Path, error: OSError) -> JournalError:
    return JournalError(f"cannot write the journal {str(path)!r}: {error.strerror or error}; try another place")


def line(record: Mapping[str, Any]) -> bytes:
    """A record as a line of a journal."""
    return (json.dumps({"sum": checksum(record), "of": record}, allow_nan=False) + "\n").encode("ascii")


def checksum(record: Mapping[str, Any]) -> str:
    """Of what is written, whatever the order of its keys."""
    written = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(written.encode("ascii")).hexdigest()[:16]


def read(path: Path) -> Kept:
    """What a journal holds.

    Raises:
        JournalError: it is none, or a line in the middle of it is not whole.
    """
    if path.exists() and not path.is_file():
        raise JournalError(f"cannot read the journal {str(path)!r}: it is no file, expected a file")
    try:
        return _read(path.read_bytes(), path)
    except OSError as error:
        raise JournalError(f"cannot read the journal {str(path)!r}: {error.strerror or error}") from error


def _read(found: bytes, path: Path) -> Kept:
    heading: Record | None = None
    results: dict[str, Record] = {}
    whole = 0
    lines = found.splitlines(keepends=True)
    for number, each in enumerate(lines, start=1):
        record = _record(each)
        if record is None and heading is not None and number == len(lines):
            break
        if record is None or (heading is None) != ("heading" in record):
            what = "no journal" if heading is None else "a journal that is damaged"
            raise JournalError(f"{what}: file={str(path)!r}, line={number}, expected a record with its checksum")
        if heading is None:
            heading = record["heading"]
        else:
            results[record["key"]] = record["result"]
        whole += len(each)
    if heading is None:
        raise JournalError(f"no journal: file={str(path)!r}, it is empty")
    return Kept(heading, results, whole)


def _record(found: bytes) -> Record | None:
    """The record of a whole line; None where it is not one."""
    if not found.endswith(b"\n"):
        return None
    try:
        written = json.loads(found)
        record = written["of"]
        whole = isinstance(record, dict) and checksum(record) == written["sum"]  # pyright: ignore[reportUnknownVariableType]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return record if whole and ("heading" in record or {"key", "result"} <= record.keys()) else None


# Parts of one run, joined.


@dataclass(frozen=True, slots=True)
class Joined:
    """The results of the parts of one run; ``missing`` says in words what is not there yet."""

    heading: Record
    results: dict[str, Record]
    missing: tuple[str, ...]


def joined(paths: Sequence[Path]) -> Joined:
    """The results of several journals of one run, which ran in parts.

    Raises:
        JournalError: they are of different runs, or one part is there twice.
    """
    parts: dict[tuple[int, int], Kept] = {}
    for path in paths:
        own = read(path)
        if parts:
            other = next(iter(parts.values()))
            told = list(_differences(_common(own.heading), _common(other.heading)))
            if own.shard[1] != other.shard[1]:
                told.append(f"parts={own.shard[1]}, expected {other.shard[1]}")
            if told:
                raise JournalError(
                    f"journals of different runs: {str(path)!r} and {str(paths[0])!r}: {'; '.join(dict.fromkeys(told))}"
                )
        if own.shard in parts:
            raise JournalError(f"part {own.shard[0]} of {own.shard[1]} is there twice: {str(path)!r}; name each journal once")
        parts[own.shard] = own
    heading = _common(next(iter(parts.values())).heading)
    results = {key: result for _, part in sorted(parts.items()) for key, result in part.results.items()}
    return Joined(heading, results, tuple(_missing(parts)))


def _common(heading: Mapping[str, Any]) -> Record:
    return {name: value for name, value in heading.items() if name not in OF_A_PART}


def _missing(parts: Mapping[tuple[int, int], Kept]) -> Iterator[str]:
    of = next(iter(parts))[1]
    for own in range(1, of + 1):
        part = parts.get((own, of))
        if part is None:
            yield f"part {own} of {of} is missing"
        elif not part.is_complete:
            yield f"part {own} of {of} is not finished: {len(part.results)} of {part.heading['planned']}"


def _differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two headings, down to the names within them."""
    found, wanted = json.loads(json.dumps(found)), json.loads(json.dumps(wanted))
    for name in _names(found, wanted):
        one, other = found.get(name), wanted.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differences(one, other)
        elif one != other:
            yield f"{name}={one}, expected {other}"


def _names(*records: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record))
