"""Every input of the corpus: nothing is run, crashes or hangs, no report is steered, and each comes out as its file says."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from checks.environment import environment
from checks.note_reports import names, report
from checks.notes import CheckedNote, check_note
from checks.reports import Page
from checks.witness import Witness
from derive.errors import DeriveError
from derive.notes import read_note
from tests.hostile import corpus
from tests.hostile.corpus import Input

SECONDS = 5.0
"""What a row may take here."""
ENVIRONMENT = environment(0, 3)
ACTIONS = ("compile", "ctypes.dlopen", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn", "shutil.")
FURTHER = ("socket.connect", "subprocess.Popen", "urllib.Request", "os.remove", "os.rename", "os.mkdir", "os.putenv")
"""What the interpreter reports when code is compiled or run, a file is changed or another machine is asked."""


@dataclass(slots=True)
class Watch:
    """What this process was seen to do while it was watched."""

    on: bool = False
    seen: list[str] = field(default_factory=list[str])

    def hear(self, event: str, given: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event == "compile" and isinstance(given[1], str) and (Path(given[1]).is_file() or given[1].endswith(".pyx")):
            return  # a module that is imported, or the frame of a compiled one
        if event.startswith((*ACTIONS, *FURTHER)):
            self.seen.append(f"{event} {given!r}"[:200])
        if event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.seen.append(f"{event} {given!r}"[:200])

    @contextmanager
    def watching(self) -> Iterator[None]:
        self.on = True
        try:
            yield
        finally:
            self.on = False


WATCH = Watch()
sys.addaudithook(WATCH.hear)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("hostile"))


def make_folder(outside: Path) -> Path:
    """A folder for notes, with a secret outside of it and what the notes of the corpus include."""
    outside.mkdir(exist_ok=True)
    (outside / "secret.tex").write_text("\\[ 1 = 1 \\] a secret")
    (outside / "secret.derive").write_text("param a_secret in R")
    within = outside / "notes"
    within.mkdir()
    (within / "folder").mkdir()
    (within / "other.tex").write_text("\\input{cycle}\n\\input{other}\n")
    (within / "cycle.derive").write_text("use cycle\nuse cycle.derive\n")
    (within / "link.tex").symlink_to(outside / "secret.tex")
    (within / "link.derive").symlink_to(outside / "secret.derive")
    return within


def checked(one: Input, folder: Path) -> CheckedNote | None:
    """The note as it comes out, with its reports written; None where it cannot be read."""
    path = folder / one.file
    path.write_bytes(one.raw)
    begun = time.process_time()  # others may use this machine too
    try:
        with WATCH.watching():
            note = check_note(read_note(path), Witness(autodiff=False), row_timeout=SECONDS, diagnosed=False)
            written = {name: report(name).write([note], ENVIRONMENT, Page()) for name in names()}
    except DeriveError as error:
        assert "Traceback" not in str(error)
        return None
    finally:
        path.unlink()
    assert time.process_time() - begun < SECONDS * max(1, one.raw.count(b"$$")) + 2
    for name, text in written.items():
        assert not re.search("[\0-\b\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), name
        assert "a secret" not in text and "a_secret" not in text
        text.encode()
    steps = json.loads(written["json"])["notes"][0]["steps"]
    assert [step["verdict"] for step in steps] == [step.verdict for step in note.steps]
    return note


def comes_out(note: CheckedNote | None, fate: str) -> str:
    """What is wrong with how an input came out; nothing where it is as its file says."""
    if note is None:
        return "" if fate == "refused" else "the note was refused"
    verdicts = [step.verdict for step in note.steps]
    told = f"{verdicts} {[step.message for step in note.steps]}"[:500]
    if any(step.defect or step.row.code == "defect" for step in note.steps):
        return f"a defect: {told}"
    passed = any(verdict in ("proved", "confirmed") for verdict in verdicts)
    right = {
        "right": passed or "unknown" in verdicts,
        "never": bool(verdicts) and not passed and not set(verdicts) <= {"defined", "skipped"} and not note.passes,
        "unread": bool(verdicts) and set(verdicts) == {"unread"},
        "claimless": set(verdicts) <= {"defined", "skipped"} and not note.passes,
        "trouble": bool(note.troubles) and not passed,
        "refused": False,
    }
    return "" if right[fate] else told


def wrong(inputs: Iterator[Input], folder: Path) -> list[str]:
    found: list[str] = []
    for one in inputs:
        said = comes_out(checked(one, folder), one.fate)
        if said:
            found.append(f"{one.where}, {one.fate}: {said}")
        found += [f"{one.where}: {seen}" for seen in WATCH.seen]
        WATCH.seen.clear()
    return found


@pytest.fixture(scope="module", autouse=True)
def warm(folder: Path) -> None:
    warm_up(folder)


def warm_up(folder: Path) -> None:
    """What is imported, or made, on first use is no deed of a note's."""
    for one in KNOWN:
        checked(one, folder)
    WATCH.seen.clear()


HEAD = corpus.DECLARED.replace("{more}", r"x_i ~ Normal(\mu, \tau)").encode()
NO_TEXT = (
    b'{"cells": [{"cell_type": "markdown", "metadata": {}, "source": {}}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'
)
KNOWN = (
    Input("known", "note.md", HEAD + b"\n$$ \\log p(x_i) = \\tau! $$\n", "never"),
    Input("known", "note.ipynb", NO_TEXT, "refused"),
)


def test_rows(folder: Path) -> None:
    canary = folder / "canary"
    assert wrong(corpus.rows(canary), folder) == []
    assert not canary.exists()


def test_declarations(folder: Path) -> None:
    canary = folder / "canary"
    assert wrong(corpus.declarations(canary), folder) == []
    assert not canary.exists()


def test_notes(folder: Path) -> None:
    canary = folder / "canary"
    assert wrong(corpus.notes(canary), folder) == []
    assert not canary.exists()


def test_the_corpus_is_large_and_every_fate_is_known(folder: Path) -> None:
    found = list(corpus.inputs(folder / "canary"))
    assert len(found) >= 300
    assert {one.fate for one in found} == set(corpus.FATES)
    assert len({one.raw for one in found}) > 0.98 * len(found)


def test_what_is_run_would_be_seen(folder: Path) -> None:
    """The twin of the tests above: a payload that is run, a file that is made."""
    canary = folder / "canary-of-the-twin"
    with WATCH.watching():
        os.system(f"touch {canary}")
        canary.write_text("sung")
        compile("1", "note", "exec")
    seen = [event.split()[0] for event in WATCH.seen]
    WATCH.seen.clear()
    assert {"os.system", "open", "compile"} <= set(seen)
    assert canary.exists()
