"""The documentation is true: the README's commands and Python run, and every doctest."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from checks import cli
from derive.errors import RefutedError

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("derive", "checks")
    for path in (ROOT / package).rglob("*.py")
)


def blocks(heading: str) -> list[str]:
    """The indented blocks below a heading of the README."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [re.sub(r"^ {4}", "", block, flags=re.M) for block in re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", section, flags=re.M)]


def test_the_two_commands_are_there() -> None:
    first, second = (block.strip() for block in blocks("Run it"))
    assert first == "python -m pip install . && derive em gaussian-mixture"
    assert second == "python -m pip install '.[test]' && python -m pytest"
    assert second in (ROOT / ".ci" / "run").read_text()


def test_the_python_of_the_readme_runs() -> None:
    scope: dict[str, object] = {}
    for block in blocks("From Python"):
        exec(compile(block, "README.md", "exec"), scope)  # noqa: S102 (our own README)
    false = scope["Derivative"](scope["q"], scope["mu"]), scope["Derivative"](scope["l"], scope["mu"])  # type: ignore[operator]
    with pytest.raises(RefutedError, match="left - right"):
        scope["assert_identity"](*false)  # type: ignore[operator]


def test_the_note_of_the_readme_is_answered_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note, answer = blocks("Check your own notes")[:2]
    (tmp_path / "note.md").write_text(note.strip() + "\n")
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(cli.cli, ["check", "note.md"]).stdout
    assert shown.strip() == answer.strip()


def test_the_options_of_the_readme_exist() -> None:
    told = set(re.findall(r"`(--[a-z-]+)[ `]", README))
    commands = ("em", "check", "mutate", "verify", "recheck")
    helped = "".join(CliRunner().invoke(cli.cli, [command, "--help"]).output for command in commands)
    assert {"--covariance", "--row-timeout"} <= told
    assert all(option in helped for option in told)
    for command in re.findall(r"`derive ([a-z]+)", README):
        assert command in CliRunner().invoke(cli.cli, ["--help"]).output, shlex.quote(command)


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert failures == 0
