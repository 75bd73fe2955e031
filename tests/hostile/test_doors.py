"""The doors beside ``derive check``: a note is told, skeletons and models are made of it, and nothing crashes or hangs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from checks.notes import understood
from derive.errors import DeriveError
from derive.notes import read_note
from derive.notes.models import lines_in, model_in
from derive.notes.skeleton import skeleton
from tests.hostile import corpus
from tests.hostile.corpus import Input
from tests.hostile.test_corpus import WATCH, folder, warm

__all__ = ["folder", "warm"]
DOORS: dict[str, Callable[[Path], object]] = {
    "read": lambda path: list(understood(read_note(path))),
    "init": lambda path: skeleton(read_note(path)),
    "lines": lines_in,
    "model": model_in,
}
SECONDS = 5.0


def opened(inputs: Iterable[Input], folder: Path) -> list[str]:
    found: list[str] = []
    for one in inputs:
        path = folder / one.file
        path.write_bytes(one.raw)
        for name, door in DOORS.items():
            begun = time.process_time()
            try:
                with WATCH.watching():
                    door(path)
            except DeriveError:
                pass
            except Exception as error:  # each is told, with what it is of
                found.append(f"{one.where}, {name}: {type(error).__name__}: {error}")
            if time.process_time() - begun > SECONDS:
                found.append(f"{one.where}, {name}: too slow")
        found += [f"{one.where}: {seen}" for seen in WATCH.seen]
        WATCH.seen.clear()
        path.unlink()
    return found


def test_other_doors(folder: Path) -> None:
    canary = folder / "canary"
    assert opened(random.Random(0).sample(list(corpus.inputs(canary)), 120), folder) == []
    assert not canary.exists()


@pytest.mark.slow
def test_other_doors_for_all(folder: Path) -> None:
    canary = folder / "canary"
    assert opened(corpus.inputs(canary), folder) == []
    assert not canary.exists()
