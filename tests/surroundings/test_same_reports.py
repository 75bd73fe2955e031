"""What a run finds around it does not show in its report; all surroundings and runs with ``-m slow``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import surroundings
from tests.surroundings import (
    FEW,
    ROOT,
    SMALL,
    SURROUNDINGS,
    TASKS,
    USUAL,
    DidNotEndError,
    Surroundings,
    Task,
    bare,
    compared,
    differences,
    report,
    run,
)
from tests.surroundings.__main__ import main


@pytest.mark.parametrize("task", SMALL, ids=lambda task: task.name)
def test_a_report_is_the_same_in_other_surroundings(task: Task) -> None:
    assert [found for *_, found in compared([task], FEW)] == [[]] * sum(around.processes == 1 or task.shared for around in FEW)


@pytest.mark.slow
@pytest.mark.parametrize("around", SURROUNDINGS, ids=lambda around: around.name)
def test_every_report_is_the_same_everywhere(around: Surroundings) -> None:
    assert main([around.name]) == 0


def test_surroundings_reach_the_run() -> None:
    """The reports would differ if what surrounds a run mattered: here what is printed is what surrounds it."""
    script = "import os; print(os.environ.get('PYTHONHASHSEED'), os.environ.get('XLA_FLAGS'), os.getcwd())"
    usual, hashed, devices, elsewhere = (
        run(["-c", script], around).stdout.decode().split() for around in (USUAL, *FEW, Surroundings("", elsewhere=True))
    )
    assert usual == ["None", "None", str(ROOT)]
    assert hashed == ["1", "None", str(ROOT)]
    assert devices == ["31", "--xla_force_host_platform_device_count=8", str(ROOT)]
    assert elsewhere[:2] == usual[:2] and elsewhere[2] != usual[2]


def test_rows_are_judged_in_the_surroundings_that_the_report_states(tmp_path: Path) -> None:
    """A verdict is kept for what SymPy computes with: one that was found otherwise is not taken over."""
    (tmp_path / "note.md").write_text("```derive\nconst a in R\n```\n\n$$ (a + 1)^2 = a^2 + 2 a + 1 $$\n")
    kept = []
    for kind in ("flint", "python", "flint"):
        run(
            ["-m", "checks.cli", "check", "--no-autodiff", str(tmp_path / "note.md")],
            Surroundings(kind, {"SYMPY_GROUND_TYPES": kind, "XDG_CACHE_HOME": str(tmp_path)}),
        )
        (path,) = tmp_path.glob("derive/*.sqlite")
        with closing(sqlite3.connect(path)) as cache:
            kept.append(cache.execute("SELECT count(*) FROM verdicts").fetchone()[0])
    assert kept == [kept[0], 2 * kept[0], 2 * kept[0]]


def test_other_verdicts_numbers_and_letters_are_differences() -> None:
    text = '{\n  "python": "3.11.7",\n  "seed": 0,\n  "verdict": "proved",\n  "seconds": 0.25\n}\n'
    assert bare(text) == '{\n  "seed": 0,\n  "verdict": "proved",\n}\n'
    assert not [*differences(text, text.replace("3.11.7", "3.13.5").replace("0.25", "7.0"))]
    for old, new in (("proved", "refuted"), ("seed", "point"), ("0,", "1,")):
        assert [*differences(text, text.replace(old, new))]


def test_a_run_that_does_not_end_is_no_report() -> None:
    for arguments in (("check", "no-such-note.md"), ("verify", "no-such-model")):
        with pytest.raises(DidNotEndError, match="no-such"):
            report(Task("wrong", arguments), USUAL)


def test_a_run_without_end_is_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "LIMIT", 0.001)
    with pytest.raises(DidNotEndError, match="no end"):
        report(SMALL[0], USUAL)


def test_all_is_run_that_is_spoken_of() -> None:
    assert {task.arguments[0] for task in TASKS} == {"check", "em", "verify", "mutate"}
    assert all(around.processes == 1 or any(task.shared for task in SMALL) for around in FEW)
