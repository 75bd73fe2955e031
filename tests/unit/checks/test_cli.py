"""The command line: exit codes, messages, where output goes; the numbers are made up here, the real ones are tested elsewhere."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks import cli
from checks.saving import SavingError, save
from derive.claims import Claim
from derive.errors import DisagreementError
from tests.accounts import MadeUpWitness, judge_all_by, made_up

ROOT = Path(__file__).parents[3]
DERIVE = [sys.executable, "-m", "checks.cli"]
Run = Callable[..., "Outcome"]


class Outcome:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def derive(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command line in this process, with numbers that are made up."""
    monkeypatch.setattr("checks.witness.Witness", MadeUpWitness)
    monkeypatch.setattr("checks.judge.judge_all", judge_all_by(made_up))

    def run(*arguments: str) -> Outcome:
        code = cli.run(arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    yield run


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DERIVE, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **options)


# What is printed, and the exit code.


def test_stdout_carries_the_report_alone(derive: Run) -> None:
    outcome = derive("em", "gaussian-mixture", "--wrt", "mu")
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.out.startswith("Gaussian mixture") and outcome.out.count("Why may w be held fixed?") == 1
    assert "\x1b" not in outcome.out


def test_json_is_json(derive: Run) -> None:
    outcome = derive("em", "gaussian-mixture", "--wrt", "phi", "--format", "json", "--seed", "5", "--points", "7")
    found = json.loads(outcome.out)
    assert outcome.code == 0 and found["environment"]["seed"] == 5
    assert {step["points"] for step in found["notes"][0]["steps"]} == {None, 1, 7}


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ((), {"mu", "Sigma", "phi"}),
        (("--wrt", "all"), {"mu", "Sigma", "phi"}),
        (("--wrt", "mu,phi"), {"mu", "phi"}),
        (("--wrt", "mu", "--wrt", "Sigma"), {"mu", "Sigma"}),
        (("--covariance", "diagonal", "--wrt", "Sigma"), {"v"}),
        (("--covariance", "spherical", "--wrt", "v,phi"), {"v", "phi"}),
        (("--covariance", "known"), {"mu", "phi"}),
        (("--weights", "known", "--covariance", "tied"), {"mu", "Sigma"}),
    ],
)
def test_parameters_that_are_asked_for(derive: Run, options: tuple[str, ...], parameters: set[str]) -> None:
    outcome = derive("em", "gaussian-mixture", "--format", "json", *options)
    labels = {step["label"] for step in json.loads(outcome.out)["notes"][0]["steps"] if step["label"]}
    assert {
        label.removeprefix("fisher-") for label in labels if label.startswith("fisher-") and label.count("-") == 1
    } == parameters


def test_notation(derive: Run) -> None:
    assert "γₙₖ" in derive("em", "gaussian-mixture", "--wrt", "mu", "--notation", "bishop").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("em", "gausian-mixture"), "unknown model: 'gausian-mixture', expected one of autoregression-with-noise, "),
        (("em", "gaussian-mixture", "--covariance", "ful"), "unknown covariance: 'ful'"),
        (("em", "gaussian-mixture", "--weights", "fre"), "try 'free'"),
        (("em", "gaussian-mixture", "--wrt", "mue"), "'mue', expected one of Sigma, all, mu, phi; try 'mu'"),
        (("em", "gaussian-mixture", "--covariance", "spherical", "--wrt", "sigma"), "try 'Sigma'"),
        (("em", "gaussian-mixture", "--wrt", "mu,"), "unknown parameter (covariance full, weights free): ''"),
        (
            ("em", "gaussian-mixture", "--covariance", "known", "--wrt", "Sigma"),
            "unknown parameter (covariance known, weights free): 'Sigma', expected one of all, mu, phi",
        ),
        (
            ("em", "gaussian-mixture", "--format", "latx"),
            "unknown format: 'latx', expected one of json, latex, markdown, text; try 'latex'",
        ),
        (("em", "gaussian-mixture", "--notation", "bishp"), "try 'bishop'"),
        (("em", "gaussian-mixture", "--seed", "-1"), "'--seed'"),
        (("em", "gaussian-mixture", "--points", "0"), "'--points'"),
        (("em", "gaussian-mixture", "--points", "51"), "'--points'"),
        (("em", "gaussian-mixture", "--sed", "1"), "--sed"),
        (("em",), "missing argument 'MODEL', expected one of autoregression-with-noise, "),
        (
            ("emm",),
            "unknown command: 'emm', expected one of check, completion, doctor, em, explain, init, list, ",
        ),
        (("list", "modls"), "try 'models'"),
        (("completion", "zhs"), "try 'zsh'"),
        (("explain", "log-of-sums"), "try 'log-of-sum'"),
    ],
)
def test_bad_input_is_one_line_that_names_the_nearest(derive: Run, arguments: tuple[str, ...], message: str) -> None:
    outcome = derive(*arguments)
    assert outcome.code == 2 and outcome.out == ""
    assert outcome.err.startswith("derive: ") and outcome.err.count("\n") == 1 and message in outcome.err


def _with(monkeypatch: pytest.MonkeyPatch, verdict: str, label: str = "q-gradient-mu-2") -> None:
    def judged(claim: Claim, witness: MadeUpWitness) -> Any:
        finding = made_up(claim, witness)
        return replace(finding, verdict=verdict) if claim.label == label else finding

    monkeypatch.setattr("checks.judge.judge_all", judge_all_by(judged))


@pytest.mark.parametrize(
    ("verdict", "label", "plain", "lenient"),
    [
        ("confirmed", "q-gradient-mu-2", 0, 0),
        ("unknown", "q-gradient-mu-2", 1, 0),
        ("refuted", "q-gradient-mu-2", 1, 1),
        ("proved", "line-1-to-2-moving", 1, 1),
    ],
)
def test_exit_code(derive: Run, monkeypatch: pytest.MonkeyPatch, verdict: str, label: str, plain: int, lenient: int) -> None:
    _with(monkeypatch, verdict, label)
    assert derive("em", "gaussian-mixture", "--wrt", "mu").code == plain
    assert derive("em", "gaussian-mixture", "--wrt", "mu", "--allow-unknown").code == lenient


def test_a_contradiction_of_the_witnesses_is_our_bug(derive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(claim: Claim, witness: MadeUpWitness) -> Any:
        raise DisagreementError("the kernel proves a and the witness refutes it; left=1, right=2")

    monkeypatch.setattr("checks.judge.judge_all", judge_all_by(judged))
    outcome = derive("em", "gaussian-mixture")
    assert outcome.code == 101 and outcome.out == "" and "left=1, right=2" in outcome.err


def test_any_other_failure_is_our_bug_too(derive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(claim: Claim, witness: MadeUpWitness) -> Any:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("checks.judge.judge_all", judge_all_by(judged))
    outcome = derive("em", "gaussian-mixture")
    assert outcome.code == 101 and outcome.out == "" and "ZeroDivisionError: oh" in outcome.err


def test_interrupted(derive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(claim: Claim, witness: MadeUpWitness) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("checks.judge.judge_all", judge_all_by(judged))
    assert derive("em", "gaussian-mixture").code == 130


def test_an_interrupt_that_compiled_code_turned_into_another_error(derive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(claim: Claim, witness: MadeUpWitness) -> Any:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            raise SystemError("returned a result with an exception set") from interrupt

    monkeypatch.setattr("checks.judge.judge_all", judge_all_by(judged))
    outcome = derive("em", "gaussian-mixture")
    assert outcome.code == 130 and outcome.err == "derive: interrupted\n"


# Files.


def test_output_goes_to_a_file_in_the_format_of_its_suffix(derive: Run, tmp_path: Path) -> None:
    for suffix, start in ((".tex", "\\documentclass"), (".json", "{"), (".md", "# "), (".txt", "Gaussian"), ("", "Gaussian")):
        path = tmp_path / f"report{suffix}"
        outcome = derive("em", "gaussian-mixture", "--wrt", "mu", "-o", str(path))
        assert outcome.code == 0 and outcome.out == "" and outcome.err == ""
        assert path.read_text(encoding="utf-8").startswith(start)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_that_is_not_there_is_said_before_the_work(derive: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("checks.judge.judge_all", lambda *_: pytest.fail("worked for nothing"))
    for path in (tmp_path / "nowhere" / "report.txt", tmp_path):
        outcome = derive("em", "gaussian-mixture", "-o", str(path))
        assert outcome.code == 2 and outcome.err.startswith("derive: cannot write: file=") and outcome.err.count("\n") == 1


def _full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("broken", ("os.fsync", "os.replace"))
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    derive: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: str
) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old")
    monkeypatch.setattr(f"checks.saving.{broken}", _full_disk)
    outcome = derive("em", "gaussian-mixture", "--wrt", "mu", "-o", str(path))
    assert outcome.code == 2 and outcome.out == ""
    assert outcome.err == f"derive: cannot write: file={str(path)!r}, No space left on device; try another place with -o\n"
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("checks.saving.tempfile.mkstemp", refuse)  # the superuser may write anywhere
    with pytest.raises(SavingError, match="Permission denied"):
        save("new", tmp_path / "report.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(SavingError, match="No space left"):
        save("x" * 100_000, Path("/dev/full"))
    save("gone", Path(os.devnull))
    assert not Path(os.devnull).is_file() and not Path("/dev/full").is_file()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout here")
def test_a_link_to_a_pipe_is_written_to() -> None:
    program = "from pathlib import Path; from checks.saving import save; save('through the pipe', Path('/dev/stdout'))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "through the pipe", "")


def test_saving_keeps_modes_and_follows_links(tmp_path: Path) -> None:
    path, link = tmp_path / "report.txt", tmp_path / "link.txt"
    save("first", path)
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    path.chmod(0o640)
    link.symlink_to(path)
    save("sécond", link)
    assert link.is_symlink() and path.read_bytes() == "sécond".encode() and path.stat().st_mode & 0o777 == 0o640


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# Processes.


def test_help_answers_at_once_and_imports_nothing_heavy() -> None:
    code = "import sys, checks.cli; checks.cli.run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert "Usage: derive" in run.stdout
    for heavy in ("sympy", "jax", "numpy", "rich", "flint"):
        assert f"'{heavy}'" not in run.stderr
    least = _least_seconds(lambda: subprocess.run([sys.executable, "-c", "import click"], check=True))
    assert _least_seconds(lambda: process("--help")) < 4 * least


def _least_seconds(do: Callable[[], object]) -> float:
    """The time of the fastest of five runs."""
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        do()
        times.append(time.perf_counter() - began)
    return min(times)


def test_no_arguments_show_the_help_and_are_usage() -> None:
    run = process()
    assert run.returncode == 2 and run.stdout == "" and "Commands:" in run.stderr


def test_version() -> None:
    run = process("--version")
    assert run.returncode == 0 and run.stdout.startswith("derive ")


def test_lists() -> None:
    everything = process("list").stdout
    assert all(word in everything for word in ("gaussian-mixture", "--covariance full|tied", "fisher-identity", "densities"))
    assert "\nGamma  " in process("list", "densities").stdout
    found = json.loads(process("list", "identities", "--format", "json").stdout)
    assert {"name": "fixed-point"}.items() <= next(e for e in found["identities"] if e["name"] == "fixed-point").items()
    assert list(found) == ["schema", "identities"]


def test_doctor() -> None:
    run = process("doctor")
    assert run.returncode == 0 and run.stderr == ""
    for word in ("python", "sympy", "jax", "ground types", "float64", "devices", "latexmk"):
        assert word in run.stdout


def test_doctor_says_what_is_missing(derive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ArithmeticError("double precision is not to be had")

    monkeypatch.setattr("checks.doctor._float64", broken)
    outcome = derive("doctor")
    assert outcome.code == 1 and "MISSING float64         ArithmeticError: double precision" in outcome.out


@pytest.mark.parametrize("shell", cli.SHELLS)
def test_completion_scripts(shell: str) -> None:
    run = process("completion", shell)
    assert run.returncode == 0 and "_DERIVE_COMPLETE" in run.stdout and run.stderr == ""


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("derive em", "em"),
        ("derive em gaussian-m", "gaussian-mixture"),
        ("derive em gaussian-mixture --format la", "latex"),
        ("derive em gaussian-mixture --covariance sph", "spherical"),
        ("derive em gaussian-mixture --notation b", "bishop"),
    ],
)
def test_completion(words: str, wanted: str) -> None:
    asked = {"_DERIVE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    run = process(env={**os.environ, **asked})
    assert run.stdout.splitlines() == [f"plain,{wanted}"]


def test_a_reader_that_leaves_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        run = subprocess.run(
            [*DERIVE, "list"], cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert run.stderr == "" and run.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_stdout_is_said() -> None:
    with open("/dev/full", "w") as full:
        run = subprocess.run([*DERIVE, "list"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert run.returncode == 2 and run.stderr == "derive: cannot write to stdout: No space left on device\n"


def test_an_encoding_without_our_signs_is_said_and_no_error() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    assert process("list", env=environment).stderr == ""
    run = subprocess.run(
        [sys.executable, "-c", MADE_UP], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0 and "x???" in run.stdout
    assert (
        run.stderr == "derive: stdout is written in ascii, which lacks some signs (?); try PYTHONIOENCODING=utf-8, or -o FILE\n"
    )


@pytest.mark.parametrize("stream", ("stdout", "stderr"))
def test_a_stream_that_was_closed_from_outside(stream: str) -> None:
    close = {"stdout": ">&-", "stderr": "2>&-"}[stream]
    run = subprocess.run(
        ["bash", "-c", f'"$0" "$@" {close}', sys.executable, "-c", MADE_UP],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if stream == "stdout":
        assert run.returncode == 2 and run.stderr == "derive: cannot write to stdout: Bad file descriptor\n"
    else:
        assert run.returncode == 0 and run.stdout.startswith("Gaussian mixture")


def _in_a_terminal(arguments: list[str], **environment: str) -> str:
    """What a command prints on a terminal of 80 columns."""
    leader, follower = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "TERM")}
    child = subprocess.Popen(
        arguments,
        cwd=ROOT,
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**clean, "COLUMNS": "80", "TERM": "xterm", **environment},
    )
    os.close(follower)
    heard = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        heard += part
    os.close(leader)
    child.wait(timeout=120)
    return heard.decode()


MADE_UP = """
import checks.judge, checks.witness, checks.cli
from tests.accounts import MadeUpWitness, judge_all_by, made_up
checks.witness.Witness, checks.judge.judge_all = MadeUpWitness, judge_all_by(made_up)
checks.cli.main(["em", "gaussian-mixture", "--wrt", "mu"])
"""


def test_colour_in_a_terminal_and_not_with_no_color() -> None:
    arguments = [sys.executable, "-c", MADE_UP]
    coloured = _in_a_terminal(arguments)
    assert "\x1b[32mproved" in coloured and "Why may w be held fixed?" in coloured
    assert "\x1b" not in _in_a_terminal(arguments, NO_COLOR="1")
    assert "\x1b" not in _in_a_terminal(arguments, TERM="dumb")


# The real thing.


@pytest.mark.slow
def test_end_to_end_with_the_real_witness() -> None:
    run = process("em", "gaussian-mixture", "--wrt", "mu", "--format", "json")
    assert run.returncode == 0, run.stderr
    steps = json.loads(run.stdout)["notes"][0]["steps"]
    assert {step["verdict"] for step in steps} == {"proved", "refuted", "defined"}
    assert all(step["counterexample"] for step in steps if step["verdict"] == "refuted")


def test_explain_lists_every_slip_and_says_of_one_what_the_rule_is(derive: Run) -> None:
    from checks.diagnoses import codes, diagnosis

    every = derive("explain")
    assert every.code == 0 and [line.split()[0] for line in every.out.splitlines()] == codes()
    one = derive("explain", "log-of-sum")
    known = diagnosis("log-of-sum")
    assert one.code == 0 and known.title in one.out and known.wrong in one.out and known.right in one.out
    assert " ".join(known.rule.split()) in " ".join(one.out.split())


def test_init_prints_declarations_to_paste(derive: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "note.md"
    note.write_text("$$\n\\sum_{i=1}^n (x_i - \\mu) = 0\n$$\n")
    outcome = derive("init", str(note))
    wanted = ["```derive", "size    n", "index   i in 1..n", "data    x_i in R", "param   \\mu in R", "```"]
    assert outcome.code == 0 and outcome.err == "" and outcome.out.splitlines() == wanted
    note.write_text(f"{outcome.out}\n{note.read_text()}")
    complete = derive("init", str(note))
    assert complete.code == 1 and complete.out == "no symbol was found that is not declared\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("$$ a = b $$\n"))
    assert "const   b in R" in derive("init", "-").out


def test_init_of_a_note_that_is_not_there(derive: Run) -> None:
    outcome = derive("init", "nowhere.md")
    assert outcome.code == 2 and outcome.out == "" and "nowhere.md" in outcome.err


def test_what_a_note_lacks_is_said(derive: Run, tmp_path: Path) -> None:
    bare = tmp_path / "bare.md"
    bare.write_text("$$ a = a $$ (eq-a)\n", encoding="utf-8")
    outcome = derive("check", str(bare))
    assert outcome.code == 1 and f"declares nothing: `derive init {bare}`" in outcome.err
    bare.write_text("```derive\nconst a in R\n```\n$$ a = b $$ (eq-a)\n", encoding="utf-8")
    assert "declares nothing" not in derive("check", str(bare)).err
    outcome = derive("check", str(bare), "--only", "eq-b")
    assert outcome.code == 2 and outcome.err.startswith("derive: unknown label of a display: 'eq-b', expected one of eq-a")
    outcome = derive("check", str(tmp_path))
    assert outcome.code == 2 and outcome.err.startswith("derive: a folder: ")


def test_a_suffix_without_a_format_is_an_error(derive: Run, tmp_path: Path) -> None:
    """A report in text under the name of a PDF would not open."""
    outcome = derive("em", "bernoulli-mixture", "-o", str(tmp_path / "report.pdf"))
    assert outcome.code == 2 and "'.pdf'" in outcome.err and not list(tmp_path.iterdir())
