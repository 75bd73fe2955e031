"""Verdicts that are known already: the same report to the byte, never of another claim, whatever becomes of the file."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from checks import cache, cli, environment, notes, records, supervision
from checks.cache import Cache, Question
from checks.mutation import mutants
from checks.records import Reader, UnstorableError, Writer, digest
from checks.time_limit import TimeOut
from derive.algebra.prove import Proof
from derive.claims import Assumption, Claim
from derive.formula import ONE, Definition, Formula, Fresh, Reference, Span, Sum, add, free_indices
from derive.lessons.expectation_maximisation import derivation
from derive.models import family
from derive.symbols import Index, Range, Size, Symbol

ROOT = Path(__file__).parents[3]
DECLARED = """```derive
size n, k
index i in 1..n ; j, s in 1..k
data x_i in N
latent z_i in 1..k
param \\pi in simplex(k) ; \\lambda_j in positive ; a, b in R
z_i ~ Categorical(\\pi)
x_i | z_i=j ~ Poisson(\\lambda_j)
posterior w_{ij} = p(z_i=j | x_i)
```
"""
NOTE = (
    DECLARED
    + """
$$ Q := \\sum_i \\sum_j w_{ij} \\log p(x_i, z_i=j) $$ (eq-Q)

$$ \\frac{\\partial Q}{\\partial \\lambda_s} = \\sum_i w_{is} (x_i / \\lambda_s - 1) $$

$$ \\log \\sum_j w_{ij} \\pi_j = \\sum_j w_{ij} \\log \\pi_j $$

$$ \\frac{a}{b} = \\frac{2a}{2b} $$

<!-- derive: maximises (eq-Q) over \\lambda_s -->
$$ \\lambda_s = \\frac{\\sum_i w_{is} x_i}{\\sum_i w_{is}} $$
"""
)
"""Rows of all kinds: defined, proved under one reading, refuted with its cause, proved on a condition, a maximum."""
QUICK = """```derive
param a, b in R
```

$$ (a + b)^2 = a^2 + 2 a b + b^2 $$

$$ \\frac{a}{b} = \\frac{2a}{2b} $$

$$ (a - b)^2 = a^2 - b^2 $$
"""
ONE_ROW = "```derive\nparam a in R\n```\n\n$$ a + a = 2 a $$\n"


@pytest.fixture(autouse=True)
def here_and_unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are judged in this process, where a test can see it, and no clock cuts anything short."""
    monkeypatch.setattr(supervision, "is_possible", lambda: False)
    monkeypatch.setattr(notes, "DIAGNOSIS_SECONDS", 60.0)


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The report on a text (its exit code comes first)."""

    def run(text: str, *options: str) -> str:
        note = tmp_path / "note.md"
        note.write_text(text)
        code = cli.run(("check", str(note), "--no-autodiff", *options))
        return f"{code}\n{capsys.readouterr().out}"

    return run


def place() -> Path:
    found = cache.folder()
    assert found is not None
    return found


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Claim]:
    """The claims about which the judge was asked, so far."""
    found: list[Claim] = []
    honest = notes.judge
    monkeypatch.setattr(notes, "judge", lambda claim, witness: found.append(claim) or honest(claim, witness))
    return found


def complain(message: str) -> NoReturn:
    raise AssertionError(message)


def test_a_verdict_that_is_known_is_reported_to_the_byte(check: Callable[..., str], judged: list[Claim]) -> None:
    plain = check(NOTE, "--no-cache", "--snippet")
    assert not place().exists()
    first = check(NOTE, "--format", "json", "--snippet")
    judged.clear()
    assert check(NOTE, "--format", "json", "--snippet") == first
    assert check(NOTE, "--snippet") == plain
    assert judged == []
    for told in ("likely cause", "provided that b is not 0", "weights moving with the parameters: refuted", "there is left"):
        assert told in plain


def test_letters_of_the_program_s_own_do_not_show_how_many_there_were(check: Callable[..., str]) -> None:
    text = f"{DECLARED}\n$$ \\log p(z_i=j | x_i) = \\log \\pi_j + x_i \\log \\lambda_j + C $$\n"
    first = check(text, "--format", "json")
    Fresh.index(Index("h", Range(Size("k"))))
    assert check(text, "--format", "json") == first
    assert '"j\'": ' in first and "#" not in first


def test_derivatives_by_autodiff_are_known_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "note.md"
    note.write_text(DECLARED + "\n$$ \\frac{\\partial}{\\partial \\lambda_s} \\log \\lambda_s = 1 / \\lambda_s $$\n")
    taken: list[Claim] = []
    honest = notes.Witness.by_autodiff
    monkeypatch.setattr(notes.Witness, "by_autodiff", lambda self, claim: taken.append(claim) or honest(self, claim))
    for options, is_taken in (((), True), ((), False), (("--no-cache",), True)):
        taken.clear()
        assert cli.run(("check", str(note), *options)) == 0
        assert bool(taken) is is_taken


def test_a_row_is_known_where_it_stands_now(check: Callable[..., str], judged: list[Claim]) -> None:
    moved = QUICK.replace("```\n\n", "```\n\nMore words.\n\n$$ 1 + 1 = 2 $$\n\n", 1)
    fresh = check(moved, "--no-cache")
    check(QUICK)
    judged.clear()
    assert check(moved) == fresh
    assert len(judged) == 1


# Twins: each of them is another claim.

ROWS = {
    "$$ (a + b)^2 = a^2 + 2 a b + b^2 $$": ["$$ (a + b)^2 = a^2 - 2 a b + b^2 $$", "$$ (a + b)^2 = a^2 + 3 a b + b^2 $$"],
    "$$ \\sum_i \\sum_j w_{ij} = n $$": ["$$ \\sum_i \\sum_j w_{ij} = k $$", "$$ \\sum_i \\sum_j \\pi_j w_{ij} = n $$"],
    "$$ \\sum_j w_{ij} = 1 $$": ["$$ \\sum_i w_{ij} = 1 $$"],
    "$$ a^2 + 1 \\ge 1 $$": ["$$ a^2 + 1 \\le 1 $$", "$$ a^2 + 1 = 1 $$"],
}
DECLARATIONS = [
    ("assume a = b\n", "", "$$ a^2 = b^2 $$"),
    ("assume a = b\n", "assume a = 2 b\n", "$$ a^2 = b^2 $$"),
    ("assume a > 0\n", "assume a < 0\n", "$$ \\sqrt{a^2} = a $$"),
    ("assume i \\ne m\n", "", "$$ \\sum_l 1(l = i) 1(l = m) = 0 $$"),
    ("const c in positive\n", "const c in R\n", "$$ \\sqrt{c^2} = c $$"),
    ("frozen q in simplex(k)\n", "frozen q_j in positive\n", "$$ \\sum_j q_j = 1 $$"),
    ("define c = a + b\n", "define c = a - b\n", "$$ c = a + b $$"),
    ("param S in spd(n)\n", "param S in R^{n x n}\n", "$$ S = S^\\top $$"),
]


def small(declaration: str, row: str) -> str:
    return f"```derive\nsize n, k\nindex i, m, l in 1..n ; j in 1..k\nparam a, b in R\n{declaration}```\n\n{row}\n"


def twins_are_told_apart(check: Callable[..., str]) -> None:
    for right, others in ROWS.items():
        known = check(f"{DECLARED}\n{right}\n")
        assert "1 proved" in known, known
        for other in others:
            text = f"{DECLARED}\n{other}\n"
            assert check(text) == check(text, "--no-cache")
            assert "1 refuted" in check(text), other


def declarations_are_told_apart(check: Callable[..., str]) -> None:
    for right, other, row in DECLARATIONS:
        known = check(small(right, row))
        assert "1 proved" in known, (row, known)
        for _ in range(2):
            assert "1 proved" not in check(small(other, row)), (other, row)
        assert check(small(right, row)) == known


def test_a_twin_of_a_row_that_is_known_is_judged(check: Callable[..., str]) -> None:
    twins_are_told_apart(check)


def test_a_row_under_other_declarations_is_judged(check: Callable[..., str]) -> None:
    declarations_are_told_apart(check)


@pytest.mark.parametrize("name", ["assumptions", "domain", "relation", "rhs"])
def test_a_key_that_lacks_a_field_would_be_seen(check: Callable[..., str], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    whole, ask = records.names_of, Question.__init__

    def without(self: Question, *asked: Any) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(records, "names_of", lambda kind: tuple(each for each in whole(kind) if each != name))
            ask(self, *asked)

    monkeypatch.setattr(Question, "__init__", without)
    with pytest.raises(AssertionError):
        declarations_are_told_apart(check)
        twins_are_told_apart(check)


@pytest.mark.parametrize("options", [("--seed", "1"), ("--points", "4"), ("--row-timeout", "19")])
def test_other_options_are_other_questions(check: Callable[..., str], judged: list[Claim], options: tuple[str, ...]) -> None:
    for asked, number in (((), 1), ((), 0), (options, 1), (options, 0)):
        judged.clear()
        check(ONE_ROW, *asked)
        assert len(judged) == number


@pytest.mark.parametrize("name", ["rules", "surroundings"])
def test_other_rules_are_other_questions(
    check: Callable[..., str], judged: list[Claim], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    check(ONE_ROW)
    honest = getattr(cache, name)()
    other = f"{honest}0" if isinstance(honest, str) else {**honest, "sympy": "0.7"}
    monkeypatch.setattr(cache, name, lambda: other)
    judged.clear()
    check(ONE_ROW)
    assert judged


def test_all_files_of_the_program_are_its_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("derive", "checks"):
        (tmp_path / package / "inner").mkdir(parents=True)
        (tmp_path / package / "__init__.py").write_text("")
        (tmp_path / package / "inner" / "rule.py").write_text("RULE = 1\n")
    monkeypatch.setattr(environment.derive, "__file__", str(tmp_path / "derive" / "__init__.py"))
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "checks" / "environment.py"))
    found = {environment.rules()}
    (tmp_path / "derive" / "inner" / "rule.py").write_text("RULE = 2\n")
    found.add(environment.rules())
    (tmp_path / "checks" / "inner" / "pack.derive").write_text("size n\n")
    found.add(environment.rules())
    (tmp_path / "derive" / "inner" / "rule.py").rename(tmp_path / "derive" / "inner" / "other.py")
    found.add(environment.rules())
    assert len(found) == 4
    (tmp_path / "derive" / "__pycache__").mkdir()
    (tmp_path / "derive" / "__pycache__" / "rule.pyc").write_bytes(b"x")
    assert environment.rules() in found


def test_nothing_is_kept_where_the_rules_change_meanwhile(
    check: Callable[..., str], judged: list[Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, honest = ["before"], notes.judge

    def changing(*asked: Any) -> Any:
        now[0] = "after"
        return honest(*asked)

    monkeypatch.setattr(cache, "rules", lambda: now[0])
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(notes, "judge", changing)
        check(ONE_ROW)
    now[0] = "before"
    judged.clear()
    check(ONE_ROW)
    assert judged


def test_what_a_clock_cut_short_is_not_kept(check: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    slip = ONE_ROW.replace("2 a", "-2 a")
    fresh = check(slip, "--no-cache")
    assert "likely cause" in fresh
    with monkeypatch.context() as hurried:
        hurried.setattr(notes, "DIAGNOSIS_SECONDS", 0.0)
        assert "likely cause" not in check(slip)
    assert check(slip) == fresh

    def too_long(*arguments: Any) -> NoReturn:
        raise TimeOut

    with monkeypatch.context() as slow:
        slow.setattr(notes, "judge", too_long)
        assert "no verdict within" in check(ONE_ROW)
    assert "1 proved" in check(ONE_ROW)


def test_what_is_not_known_is_asked_again(check: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    honest = notes.judge
    for verdict, reason in (("unknown", "no idea"), ("confirmed", "no proof found (nested too deeply)")):
        with monkeypatch.context() as broken:
            broken.setattr(notes, "judge", lambda *asked, v=verdict, r=reason: replace(honest(*asked), verdict=v, reason=r))
            assert f"1 {verdict}" in check(ONE_ROW)
    assert "1 proved" in check(ONE_ROW)


# Records.


def test_every_change_of_a_claim_changes_what_is_written() -> None:
    claims = list(derivation(family("poisson-mixture")()).claims)[:6]
    found = [replace(claim, label="") for claim in claims]
    for claim in claims:
        for mutant in mutants(claim.rhs, tuple(free_indices(claim.rhs))):
            found.append(replace(claim, rhs=mutant.formula, label=""))
    distinct = {(claim.lhs, claim.relation, claim.rhs, claim.reading, claim.assumptions, claim.residual) for claim in found}
    written = {digest([claim]) for claim in found}
    assert len(distinct) > 30
    assert len(written) >= len(distinct)


def test_every_field_of_a_claim_is_written() -> None:
    x = Reference(Symbol("x", "param"))
    claim = Claim(label="", lhs=x, rhs=ONE, assumptions=(Assumption(text="t", equation=(x, ONE)),))
    others: dict[str, Any] = {
        "label": "l",
        "lhs": ONE,
        "relation": "<=",
        "rhs": x,
        "reading": "held",
        "assumptions": (),
        "parameters": (x.symbol,),
        "gap": x,
        "multiplier": x,
        "residual": x,
        "expected": "refuted",
    }
    assert set(others) == {field.name for field in fields(Claim)}
    found = [digest([claim]), *(digest([replace(claim, **{name: value})]) for name, value in others.items())]
    symbol = {"name": "y", "role": "current", "family": (), "shape": (), "domain": "positive"}
    found += [
        digest([replace(claim, lhs=Reference(replace(x.symbol, **{name: symbol[name]})))]) for name in ("name", "role", "domain")
    ]
    assert len(set(found)) == len(found)


def test_where_a_formula_stands_is_not_written() -> None:
    x = Reference(Symbol("x", "param"))
    assert digest([x]) == digest([replace(x, span=Span(3, 4, 5))])


def test_definitions_are_told_apart_by_which_they_are() -> None:
    one, other = Definition("c", (), ONE), Definition("c", (), ONE)
    same, different = add(one(), one()), add(one(), other())
    assert digest([same]) != digest([different])

    def again(formula: Formula, *known: Any) -> Any:
        writer = Writer()
        for each in known:
            writer.write(each)
        met = list(writer.met)
        return Reader(met).read(json.loads(records.text(writer.write(formula))))

    first, second = again(same).terms
    assert first.definition is second.definition
    first, second = again(different).terms
    assert first.definition is not second.definition
    assert again(same, one).terms[0].definition is one


def test_letters_of_the_program_s_own_are_numbered_and_made_up_anew() -> None:
    index = Index("h", Range(Size("k")))
    x = Symbol("x", "param", (index.range,))

    def total(own: Index, other: Index) -> Formula:
        return Sum(own, Sum(other, add(Reference(x, (own,)), Reference(x, (other,)))))

    one, other, third = Fresh.index(index), Fresh.index(index), Fresh.index(index)
    assert digest([total(one, other)]) == digest([total(other, third)])
    assert digest([total(one, other)]) != digest([total(one, one)])
    writer = Writer()
    writer.write(one)
    known, letters = list(writer.met), list(writer.letters)
    written = json.loads(records.text(writer.write(total(one, other))))
    again = Reader(known, letters).read(written)
    assert again.index == one
    assert again.body.index not in (one, other, third)
    assert again.body.body.terms[1].indices == (again.body.index,)


def test_findings_come_back_as_they_were() -> None:
    from checks.judge import judge
    from checks.witness import Witness

    witness = Witness(autodiff=False)
    for claim in list(derivation(family("normal-mixture")()).claims)[:12]:
        finding = judge(claim, witness)
        writer = Writer()
        writer.write(claim)
        met = list(writer.met)
        again = Reader(met).read(json.loads(records.text(writer.write(finding))))
        assert again.claim is claim
        assert (again.verdict, again.reason, again.seconds) == (finding.verdict, finding.reason, finding.seconds)
        if isinstance(finding.outcome, Proof):
            assert again.outcome == replace(finding.outcome, log=())
        point = finding.evidence.counterexample if finding.evidence is not None else None
        if point is not None:
            other = again.evidence.counterexample
            assert (other.sizes, other.assignment, other.left) == (point.sizes, point.assignment, point.left)
            assert list(other.values) == list(point.values)
            for key, value in point.values.items():
                assert other.values[key].shape == value.shape
                assert list(other.values[key].flat) == list(value.flat)


@pytest.mark.parametrize(
    "written",
    [
        *([], [[]], ["Path", "/"], ["#", 7], ["map", 1], ["float", 1], ["array", [2], 1], ["diagnosis", "no-such"]),
        *(["fraction", "1/0"], ["fraction", "x"], ["Number"], ["Number", 1, 2], ["Divide", ["Number", 1], 5], ["letter", "h"]),
    ],
)
def test_what_was_not_written_here_is_not_read(written: Any) -> None:
    with pytest.raises(UnstorableError):
        Reader([]).read(written)


def test_what_is_no_record_is_not_written() -> None:
    for value in (Path("/"), object(), {1}, [1], b"x", Decimal(1)):
        with pytest.raises(UnstorableError):
            Writer().write(value)


# The file.


def file() -> Path:
    return place() / "verdicts-1.sqlite"


def rows() -> list[tuple[str, bytes, str]]:
    with sqlite3.connect(file()) as found:
        return found.execute("SELECT key, value, checksum FROM verdicts ORDER BY rowid").fetchall()


@pytest.mark.parametrize("damage", ["garbage", "empty table", "half", "header"])
def test_a_damaged_file_is_set_aside_and_said(check: Callable[..., str], capsys: pytest.CaptureFixture[str], damage: str) -> None:
    fresh = check(QUICK)
    whole = file().read_bytes()
    if damage == "empty table":
        file().unlink()
        with sqlite3.connect(file()) as other:
            other.execute("CREATE TABLE verdicts (of TEXT, another TEXT)")
    else:
        file().write_bytes({"garbage": b"no database" * 999, "half": whole[:100], "header": b"x" * 200 + whole[200:]}[damage])
    note = place() / "note.md"
    note.write_text(QUICK)
    assert cli.run(("check", str(note), "--no-autodiff", "--format", "concise")) == 1
    assert "the cache was damaged" in capsys.readouterr().err
    assert (place() / "verdicts-1.sqlite.damaged").exists()
    assert not file().exists()
    assert check(QUICK) == fresh
    assert (place() / "verdicts-2.sqlite").exists()


def test_whatever_bytes_are_changed_the_report_is_the_same(check: Callable[..., str]) -> None:
    fresh = check(QUICK)
    whole, drawn = file().read_bytes(), random.Random(0)
    for _ in range(12):
        for path in place().iterdir():
            path.unlink()
        changed = bytearray(whole)
        for _ in range(drawn.choice([1, 20, 400])):
            changed[drawn.randrange(len(changed))] = drawn.randrange(256)
        file().write_bytes(changed[: drawn.choice([len(changed), drawn.randrange(len(changed))])])
        assert check(QUICK) == fresh


@pytest.mark.parametrize("watched", [False, True])
def test_an_entry_that_was_changed_is_not_used(
    check: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    # A process of its own judges the rows, and takes the verdicts over.
    monkeypatch.setattr(supervision, "is_possible", lambda: watched)
    fresh = check(QUICK)
    assert len(rows()) == 3
    with sqlite3.connect(file()) as found:
        found.execute("UPDATE verdicts SET value = CAST(replace(CAST(value AS TEXT), 'digits', 'digit') AS BLOB)")
    note = place() / "note.md"
    note.write_text(QUICK)
    cli.run(("check", str(note), "--no-autodiff"))
    assert "an entry of the cache is damaged" in capsys.readouterr().err
    assert check(QUICK) == fresh


@pytest.mark.parametrize(
    "value", ["5", "null", "[]", '["tuple"]', '["tuple","proved","",["tuple"],["tuple"],["tuple"],0,false,true]', "{", "NaN"]
)
def test_what_does_not_fit_the_row_is_not_used(check: Callable[..., str], value: str) -> None:
    fresh = check(QUICK)
    with sqlite3.connect(file()) as found:
        for key, _, _ in rows():
            found.execute(
                "UPDATE verdicts SET value = ?, checksum = ? WHERE key = ?",
                (value.encode(), cache._checksum(key, value.encode()), key),
            )
    assert check(QUICK) == fresh


def test_an_entry_under_the_key_of_another_is_not_used(check: Callable[..., str]) -> None:
    """The checksum is of the key too."""
    fresh = check(QUICK)
    found = rows()
    with sqlite3.connect(file()) as changed:
        for (key, _, _), (_, value, checksum) in zip(found, found[1:] + found[:1], strict=True):
            changed.execute("UPDATE verdicts SET value = ?, checksum = ? WHERE key = ?", (value, checksum, key))
    assert check(QUICK) == fresh


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners of files are of POSIX systems")
def test_a_folder_that_others_may_write_to_is_not_used(check: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    place().mkdir(parents=True)
    place().chmod(0o777)
    assert check(QUICK) == check(QUICK, "--no-cache")
    assert list(place().iterdir()) == []


def test_no_folder_for_a_cache_is_no_reason_to_stop(
    check: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    note = tmp_path / "one.md"
    note.write_text("```derive\nparam a in R\n```\n\n$$ a + a = 2 a $$\n")
    assert cli.run(("check", str(note), "--no-autodiff")) == 0
    assert "the cache is not used" in capsys.readouterr().err
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home" / ".cache" / "derive" or sys.platform != "linux"


def test_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 5)
    kept = Cache(tmp_path / "here", complain)
    for number in range(12):
        kept.put(Question("test", number), (number,))
        kept.write()
    known = [kept.get(Question("test", number)) for number in range(12)]
    assert known == [None] * 7 + [(number,) for number in range(7, 12)]
    kept.close()


@pytest.mark.skipif(cache.fcntl is None, reason="locks are of POSIX systems")
def test_the_file_is_opened_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else another could set it aside between the choice of its name and its opening, and it would be begun anew."""
    alone, choose = [], cache._newest

    def newest(place: Path) -> Path:
        with (place / "lock").open("w") as another:
            alone.append(not cache._locked(another))
        return choose(place)

    monkeypatch.setattr(cache, "_newest", newest)
    first = Cache(tmp_path / "here", lambda said: None)
    first._failed(ValueError("as if damaged"))
    first.close()
    assert alone == [True, True]


@pytest.mark.skipif(cache.fcntl is None, reason="locks are of POSIX systems")
def test_a_process_that_sleeps_with_the_lock_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "here"
    Cache(place, complain).close()
    monkeypatch.setattr(cache, "PATIENCE", 0.05)
    with cache._alone(place):
        kept = Cache(place, complain)
        kept.put(Question("test", 1), (1,))
        kept.close()
    again = Cache(place, complain)
    assert again.get(Question("test", 1)) == (1,)
    again.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX systems")
def test_many_runs_at_once_on_one_cache(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(QUICK)
    asked = [sys.executable, "-m", "tests.crowding", str(tmp_path), str(note)]
    run = subprocess.run(asked, cwd=ROOT, stdout=subprocess.PIPE, timeout=240, check=True)
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["codes"] == [1] * 8
    assert found["different reports"] == 0
    assert found["said"].count("the cache was damaged") <= 1
    assert found["set aside"] == ["verdicts-1.sqlite.damaged"]
    assert "not used" not in found["said"]
    assert found["intact"] == "ok"
    assert found["kept"] >= 3
    assert found["damaged"] == 0
