"""Journals: nothing that was written is lost, whatever is torn, and nothing of another run is taken over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from checks import catalogue
from checks.catalogue import Entry, Judged
from checks.journal import Journal, JournalError, joined, line, read
from checks.workers import WorkerError, spread

ROOT = Path(__file__).parents[3]
RESULTS = {f"a/sign/{number}": {"status": "refuted", "reason": f"ℓ differs, {number}"} for number in range(5)}


def heading(**changes: Any) -> dict[str, Any]:
    return {
        "command": "verify",
        "seed": 0,
        "rules": "r",
        "options": {"density": "normal"},
        "shard": [1, 1],
        "planned": 5,
        **changes,
    }


def written(path: Path, results: dict[str, Any] = RESULTS, **changes: Any) -> bytes:
    journal = Journal(path, heading(**changes))
    for key, result in results.items():
        journal.add(key, result)
    journal.close()
    return path.read_bytes()


def test_a_journal_goes_on_wherever_it_was_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda file: None)
    path = tmp_path / "journal"
    whole = written(path)
    lines = whole.splitlines(keepends=True)
    for cut in range(0, len(whole), 3):
        path.write_bytes(whole[:cut])
        journal = Journal(path, heading())
        complete = sum(cut >= sum(map(len, lines[: number + 1])) for number in range(1, 6))
        assert list(journal.results) == list(RESULTS)[:complete]
        for key in list(RESULTS)[complete:]:
            journal.add(key, RESULTS[key])
        journal.close()
        assert path.read_bytes() == whole


def test_a_result_is_in_the_file_when_it_was_added(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", heading())
    for number, (key, result) in enumerate(RESULTS.items(), start=1):
        journal.add(key, result)
        assert list(read(journal.path).results) == list(RESULTS)[:number]
    journal.close()


@pytest.mark.parametrize("changes", [{"seed": 1}, {"rules": "s"}, {"options": {}}, {"shard": [1, 2]}, {"command": "mutate"}])
def test_a_journal_of_another_run_is_refused_and_kept(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "journal"
    whole = written(path)
    with pytest.raises(JournalError, match=f"another run: {next(iter(changes))}=|another run: density="):
        Journal(path, heading(**changes))
    assert path.read_bytes() == whole


@pytest.mark.parametrize("text", ["notes of mine", "notes of mine\n", "{}\n", '{"sum": 1, "of": []}\n', "\n"])
def test_what_is_no_journal_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal"
    path.write_text(text)
    with pytest.raises(JournalError, match="no journal"):
        Journal(path, heading())
    with pytest.raises(JournalError, match="no journal"):
        joined([path])
    assert path.read_text() == text


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_changed_line_is_seen(tmp_path: Path, number: int) -> None:
    path = tmp_path / "journal"
    lines = written(path).splitlines(keepends=True)
    found = b"refuted" if number else b"verify"
    changed = [*lines[:number], lines[number].replace(found, b"proved "), *lines[number + 1 :]]
    path.write_bytes(b"".join(changed))
    with pytest.raises(JournalError, match=f"line={number + 1}"):
        read(path)
    with pytest.raises(JournalError, match=f"line={number + 1}"):
        Journal(path, heading())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", heading())
    with open("/dev/full", "wb") as full:
        kept, journal.file = journal.file, full  # type: ignore[assignment]
        with pytest.raises(JournalError, match=r"cannot write the journal .* No space left"):
            journal.add("a", {})
        assert "a" not in journal.results
        journal.file = kept
        with suppress(OSError):
            full.close()
    journal.add("a", {})
    journal.close()
    assert list(read(journal.path).results) == ["a"]


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="a device without an end")
def test_a_device_is_no_journal() -> None:
    with pytest.raises(JournalError, match="expected a file"):
        Journal(Path("/dev/zero"), heading())
    with pytest.raises(JournalError, match="expected a file"):
        joined([Path("/dev/zero")])


def test_two_processes_do_not_write_to_one_journal(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    journal = Journal(tmp_path / "journal", heading())
    with pytest.raises(JournalError, match="another process"):
        Journal(journal.path, heading())
    journal.close()
    Journal(journal.path, heading()).close()


def parts(tmp_path: Path, sizes: tuple[int, ...]) -> Iterator[Path]:
    for number, size in enumerate(sizes, start=1):
        own = dict(list(RESULTS.items())[number - 1 :: len(sizes)][:size])
        planned = len(list(RESULTS)[number - 1 :: len(sizes)])
        path = tmp_path / f"part{number}"
        written(path, own, shard=[number, len(sizes)], planned=planned)
        yield path


def test_parts_are_joined_in_any_order(tmp_path: Path) -> None:
    names = list(parts(tmp_path, (3, 2)))
    for each in (names, names[::-1]):
        found = joined(each)
        assert found.results == RESULTS
        assert not found.missing
    assert "shard" not in found.heading


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    names = list(parts(tmp_path, (1, 2)))
    assert joined(names).missing == ("part 1 of 2 is not finished: 1 of 3",)
    assert joined(names[1:]).missing == ("part 1 of 2 is missing",)


def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    names = list(parts(tmp_path, (3, 2)))
    with pytest.raises(JournalError, match="twice"):
        joined([names[0], names[0]])
    other = tmp_path / "other"
    for changes, told in (
        ({"seed": 4}, "seed=4, expected 0"),
        ({"shard": [2, 3]}, "parts=3, expected 2"),
        ({"rules": "s"}, "rules=s"),
    ):
        other.unlink(missing_ok=True)
        written(other, **{"shard": [2, 2], **changes})
        with pytest.raises(JournalError, match=told):
            joined([names[0], other])


def test_an_entry_comes_back_as_it_was() -> None:
    told = Judged(label="ℓ", relation="=", verdict="proved", reason="", seconds=0.1 + 0.2, statement="x = y")
    entry = Entry(model="m", identity="i", claims=(told,), controls=(told, told), seconds=1 / 3)
    record = json.loads(line({"key": entry.key, "result": asdict(entry)}))["of"]["result"]
    assert Entry.of_record(record) == entry


def test_pairs_in_parts_are_the_pairs() -> None:
    models, identities = ["poisson-mixture", "gamma-mixture", "censored"], ["ascent", "softmax", "oakes"]
    whole = catalogue.pairs(models, identities)
    assert len(whole) == 7
    for of in (1, 2, 3, 10):
        found = [pair for own in range(1, of + 1) for pair in catalogue.pairs(models, identities, (own, of))]
        assert sorted(found) == sorted(whole)


# Work over processes.


def counted(number: int, fails: str = "") -> Iterator[int]:
    yield from range(number)
    if fails == "raises":
        raise JournalError("as asked")
    if fails == "killed":
        os.kill(os.getpid(), signal.SIGKILL)


def test_results_of_many_processes_are_those_of_one() -> None:
    asked = [(3,), (0,), (2,), (1,)]
    assert sorted(spread(counted, asked, 2)) == sorted(spread(counted, asked, 1)) == [0, 0, 0, 1, 1, 2]


@pytest.mark.parametrize(("fails", "error"), [("raises", JournalError), ("killed", WorkerError)])
def test_what_fails_in_a_process_is_heard_after_its_results(fails: str, error: type[Exception]) -> None:
    heard: list[int] = []
    with pytest.raises(error):
        for each in spread(counted, [(3, fails), (3, fails)], 2):
            heard.append(each)
    assert {0, 1, 2} <= set(heard)


# Killed at random moments.


def kills(tmp_path: Path, count: int) -> dict[str, Any]:
    asked = [sys.executable, "-m", "tests.killing", str(tmp_path), str(count)]
    run = subprocess.run(asked, cwd=ROOT, stdout=subprocess.PIPE, timeout=60 + 2 * count, check=True)
    return json.loads(run.stdout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed on POSIX systems")
@pytest.mark.parametrize("count", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_nothing_that_was_acknowledged_is_lost_when_a_run_is_killed(tmp_path: Path, count: int) -> None:
    found = kills(tmp_path, count)
    assert found["killed"] == count
    assert found["lost"] == []
    assert found["different reports"] == 0
    assert found["finished"] > count / 20
    # Else this test could not fail: many kills come while results are written.
    assert found["killed half-way"] > count / 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed on POSIX systems")
def test_a_journal_that_is_not_flushed_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITHOUT_FLUSH", "1")
    assert kills(tmp_path, 10)["lost"]
