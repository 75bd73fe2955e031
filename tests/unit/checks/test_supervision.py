"""A row that eats memory, hangs or crashes costs itself: the rows around it keep their verdicts, and the run its report."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest

from checks import cli, row_worker, supervision
from checks.environment import environment
from checks.note_reports import names, report
from checks.notes import CheckedNote
from checks.piecework import at_once
from checks.reports import Page
from checks.row_worker import Asked, Limits
from checks.supervision import Supervisor, WorkerDefect, checker
from derive.errors import DeriveError, LimitError
from derive.formula import walk
from derive.notes import read_note

pytestmark = pytest.mark.skipif(not supervision.is_possible(), reason="there are no workers on this system")
ENVIRONMENT = environment(0, 3)
SECONDS = 1.0
LETTERS = "abcdegkop"
DECLARED = f"""```derive
size n
index i in 1..n
data x_i in R
param \\mu in R
const {", ".join(LETTERS)} in positive
```
"""
BEFORE = r"\sum_i (x_i - \mu) = \sum_i x_i - n \mu"
AFTER = r"\sum_i (x_i - \mu) = \sum_i x_i - \mu"
FAULTS = r"""
import ctypes, os, signal, sys
from checks import notes

def loop():
    # Deaf to the alarm, as compiled code is.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    while True:
        pass

def fail():
    raise LookupError("a mistake")

def deep():
    return deep()

FAULTS = {
    "a": lambda: os._exit(3),
    "b": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "c": lambda: ctypes.string_at(0),
    "d": lambda: bytearray(1 << 36),
    "e": lambda: sys.exit(0),
    "g": loop,
    "k": fail,
    "o": deep,
    "p": lambda: print("not a report"),
}
plain = notes.judge

def judge(claim, witness):
    for letter, fault in FAULTS.items():
        if f"'{letter}'" in repr(claim.lhs):
            fault()
    return plain(claim, witness)

notes.judge = judge
"""
EXPECTED = {
    "a": "ended by itself, with the code 3",
    "b": "SIGKILL",
    "c": "SIGSEGV",
    "d": "memory",
    "e": "ended by itself, with the code 0",
    "g": "no verdict within 1 s",
    "k": "LookupError: a mistake",
    "o": "nested too deeply",
}


READING_FAULTS = r"""
import ctypes, os, re, signal, time
from derive import notes

def loop():
    # Deaf to the alarm, as compiled code is.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    while True:
        pass

def deep():
    return deep()

FAULTS = {
    "loop": loop,
    "sleep": lambda: time.sleep(600),
    "crash": lambda: ctypes.string_at(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda: os._exit(0),
    "memory": lambda: bytearray(1 << 36),
    "deep": deep,
    "fail": lambda: [].pop(),
}
plain = notes.read_note

def read_note(path, text=None):
    FAULTS.get(path.stem, lambda: None)()
    return plain(path, text)

notes.read_note = read_note
"""
UNREADABLE = {
    "loop": "not read within 1 s",
    "sleep": "not read within 1 s",
    "crash": "SIGSEGV",
    "kill": "the process in which the note was read was ended by SIGKILL",
    "exit": "the process in which the note was read ended by itself, with the code 0",
    "memory": "memory",
    "deep": "nested too deeply",
}


def written(*rows: str) -> str:
    return DECLARED + "".join(f"\n$$ {row} $$\n" for row in rows)


def checked(text: str, *, limits: Limits | None = None, row_timeout: float = SECONDS) -> CheckedNote:
    asked = Asked(autodiff=False, row_timeout=row_timeout)
    with Supervisor(asked, limits or supervision.usual_limits()) as supervisor:
        return supervisor.check(read_note(Path("note.md"), text), lambda label: None)


def test_a_row_that_ends_its_process_costs_itself_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The worker imports what it is to suffer from when it starts.
    (tmp_path / "sitecustomize.py").write_text(FAULTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    begun = time.monotonic()
    note = checked(written(BEFORE, *(f"{letter} + {letter} = 2 {letter}" for letter in LETTERS), AFTER))
    taken = time.monotonic() - begun
    first, *bad, last = note.steps
    assert first.verdict == "proved" and last.verdict == "refuted" and last.row.place.line == 29
    for letter, step in zip(LETTERS, bad, strict=True):
        expected = EXPECTED.get(letter)
        assert step.verdict == ("unknown" if expected else "proved"), (letter, step.message)
        assert (expected or "agree") in step.message
        assert step.defect == (letter == "k")
        assert step.seconds < SECONDS + 2
    assert not note.passes
    for name in names():
        assert report(name).write([note], ENVIRONMENT, Page()).endswith("\n")
    assert taken < 60


def test_a_note_that_cannot_be_read_without_a_crash_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The notes read before and after it are none the worse."""
    (tmp_path / "sitecustomize.py").write_text(READING_FAULTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    with Supervisor(Asked(autodiff=False), replace(supervision.usual_limits(), reading=SECONDS)) as supervisor:
        for name, reason in UNREADABLE.items():
            begun = time.monotonic()
            with pytest.raises(LimitError, match=rf"{name}\.md: .*{reason}.*; split the note"):
                supervisor.read(Path(f"{name}.md"), written(BEFORE))
            assert time.monotonic() - begun < 60
            note = supervisor.read(Path("note.md"), written(BEFORE))
        assert [step.verdict for step in supervisor.check(note, lambda label: None).steps] == ["proved"]
        with pytest.raises(DeriveError, match="expected a file"):
            supervisor.read(tmp_path / "none.md")
        with pytest.raises(WorkerDefect, match="pop from empty list"):
            supervisor.read(Path("fail.md"), written(BEFORE))


MODEL = r"""```derive
size n, k
index i in 1..n ; j in 1..k
data x_i in N
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
```
"""
FOR_EACH = ("loop", "crash", "memory")
READERS = {
    "check": ("check", "{}"),
    "read": ("read", "{}"),
    "init": ("init", "{}"),
    "recheck": ("recheck", "certificates", "{}"),
    "em": ("em", "--wrt", "pi", "{}"),
    "tests of em": ("em", "--wrt", "pi", "--pytest", "own.py", "{}"),
    "mutate a note": ("mutate", "--count", "1", "{}"),
    "mutate a model": ("mutate", "--count", "1", "{}"),
}


@pytest.mark.parametrize("name", READERS)
def test_no_command_hangs_or_crashes_with_what_reads_a_note(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever happens where the note is read is told, within the time that is given; a note like it is read."""
    (tmp_path / "sitecustomize.py").write_text(READING_FAULTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    suffix = "derive" if name.endswith("model") else "md"
    text = MODEL + "\n$$ \\lambda_j + \\lambda_j = 2 \\lambda_j $$\n"
    text = "\n".join(MODEL.splitlines()[1:-1]) if suffix == "derive" else text
    for fault in (*FOR_EACH, "note"):
        (tmp_path / f"{fault}.{suffix}").write_text(text)
    assert cli.run(["check", "--certificates", "certificates", str(tmp_path / "note.md")]) == 0 or suffix == "derive"
    (tmp_path / "certificates").mkdir(exist_ok=True)
    capsys.readouterr()
    for fault in FOR_EACH:
        begun = time.monotonic()
        assert cli.run([*(part.format(f"{fault}.{suffix}") for part in READERS[name]), "--reading-timeout", "1"]) == 2
        assert time.monotonic() - begun < 60
        told = capsys.readouterr()
        assert told.out == "" and re.search(rf"{fault}\.{suffix}: .*{UNREADABLE[fault]}.*; split the note", told.err), told.err
    assert cli.run([part.format(f"note.{suffix}") for part in READERS[name]]) in (0, 1)
    assert "split the note" not in capsys.readouterr().err


def test_a_note_is_read_from_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its relative name, with what lies beside it, although the worker works elsewhere."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "shared.derive").write_text("size n\nindex i in 1..n\ndata x_i in R")
    (folder / "note.derive").write_text("use shared\nparam \\mu in R")
    (folder / "rows.tex").write_text(f"\\[ {BEFORE} \\]\n")
    (folder / "note.tex").write_text("\\input{rows}\n")
    monkeypatch.chdir(tmp_path)
    with Supervisor(Asked(autodiff=False)) as supervisor:
        note = supervisor.read(Path("notes/note.tex"))
        assert note.file == "notes/note.tex"
        assert [step.verdict for step in supervisor.check(note, lambda label: None).steps] == ["proved"]


def test_a_note_is_checked_as_it_is_in_this_process() -> None:
    text = written(BEFORE, AFTER, "a + b = b + a", "a + = b", r"a = \unknown") + "\n```derive\nsize size\n```\n"
    with checker(Asked()) as worker:
        apart = worker.check(worker.read(Path("note.md"), text), lambda label: None)
    here = row_worker.check(read_note(Path("note.md"), text), Asked(), lambda step: None, at_once)
    apart.steps[:] = [replace(step, seconds=0.0) for step in apart.steps]
    here.steps[:] = [replace(step, seconds=0.0) for step in here.steps]
    for name in names():
        assert report(name).write([apart], ENVIRONMENT, Page()) == report(name).write([here], ENVIRONMENT, Page())


def test_rows_are_heard_of_once_each_and_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FAULTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    heard: list[str] = []
    with Supervisor(Asked(autodiff=False)) as supervisor:
        supervisor.check(read_note(Path("note.md"), written(BEFORE, "a = a", AFTER)), heard.append)
        process = supervisor.running.process if supervisor.running else None
        assert process is not None and process.poll() is None
        # The worker is kept for the next note.
        supervisor.check(read_note(Path("note.md"), written(BEFORE)), heard.append)
        assert supervisor.running is not None and supervisor.running.process is process
    assert heard == ["line 9: proved", "line 11: unknown", "line 13: refuted", "line 9: proved"]
    assert process.poll() == -signal.SIGKILL


def test_a_worker_that_has_taken_much_memory_is_replaced() -> None:
    note = checked(written(BEFORE, AFTER), limits=replace(supervision.usual_limits(), worn=0.0))
    assert [step.verdict for step in note.steps] == ["proved", "refuted"]


def test_a_mistake_outside_of_rows_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from checks import notes\ndef fail(*_, **__):\n    raise LookupError('a mistake')\nnotes.check_note = fail\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(WorkerDefect, match="LookupError: a mistake"):
        checked(written(BEFORE))


def test_a_worker_that_dies_again_and_again_between_rows_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nfrom checks import notes\nnotes.check_note = lambda *_, **__: os._exit(7)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(WorkerDefect, match="code 7"):
        checked(written(BEFORE))


def test_the_worker_has_limits_and_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(
        "import os, resource\nfrom checks import notes\nplain = notes.judge\n"
        "def judge(*given):\n"
        "    kinds = ('AS', 'FSIZE', 'NOFILE', 'CORE', 'CPU')\n"
        "    found = [resource.getrlimit(getattr(resource, 'RLIMIT_' + kind))[0] for kind in kinds]\n"
        "    here = (os.getcwd(), os.listdir())\n"
        f"    open({str(told)!r}, 'w').write(repr((found, os.getsid(0) == os.getpid(), dict(os.environ), *here)))\n"
        "    return plain(*given)\n"
        "notes.judge = judge\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("A_SECRET_TOKEN", "secret")
    assert checked(written(BEFORE)).passes
    (memory, files, descriptors, cores, seconds), leads_a_session, environment, folder, beside = ast.literal_eval(
        told.read_text()
    )
    assert memory == supervision.usual_limits().memory
    assert (files, descriptors, cores) == (row_worker.FILES, row_worker.DESCRIPTORS, 0)
    assert 0 < seconds < 1000
    assert leads_a_session
    assert beside == [] and folder != os.getcwd() and not Path(folder).exists()
    assert "A_SECRET_TOKEN" not in environment and supervision.SMALL.items() <= environment.items()


def test_no_hash_goes_to_another_process() -> None:
    note = row_worker.check(read_note(Path("note.md"), written(BEFORE)), Asked(autodiff=False), lambda step: None, at_once)
    formula = note.steps[0].findings[0].claim.lhs
    hash(formula)
    copied = ForkingPickler.loads(ForkingPickler.dumps(formula))
    assert all(getattr(node, "known_hash", None) is None for node in walk(copied))
    assert copied == formula and hash(copied) == hash(formula)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_no_worker_outlives_a_run_that_is_stopped(number: int, code: int, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'checks.row_worker' in sys.orig_argv:\n"
        "    from checks import notes\n"
        "    def judge(*_):\n"
        f"        open({str(tmp_path / 'worker')!r}, 'w').write(str(os.getpid()) + '.')\n"
        "        while True:\n"
        "            pass\n"
        "    notes.judge = judge\n"
    )
    (tmp_path / "note.md").write_text(written(BEFORE))
    paths = os.pathsep.join([str(tmp_path), *(path for path in sys.path if path), os.getcwd()])
    run = subprocess.Popen(
        [sys.executable, "-m", "checks.cli", "check", str(tmp_path / "note.md")],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    told = tmp_path / "worker"
    assert _soon(lambda: told.exists() and told.read_text().endswith("."))
    run.send_signal(number)
    assert run.wait(20) == code
    worker = int(told.read_text().rstrip("."))
    assert sys.platform != "linux" or _soon(lambda: _has_ended(worker))


def _soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


def _has_ended(process: int) -> bool:
    """Whether a process is no more, or nobody has asked yet how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
