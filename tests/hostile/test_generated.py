"""Variants of the corpus, made by seeded slips: whatever they say, nothing is run, crashes or hangs.

And what stands behind a true row, and is no part of it, is never passed over.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hostile import corpus
from tests.hostile.corpus import DECLARED, Input
from tests.hostile.test_corpus import WATCH, checked, comes_out, folder, warm

__all__ = ["folder", "warm"]
TRUE_ROWS = (
    r"\tau (\tau + 1) = \tau^2 + \tau",
    r"\sum_i (x_i - \mu) = \sum_i x_i - n \mu",
    r"\frac{\partial}{\partial \mu} \sum_i (x_i - \mu)^2 = -2 \sum_i (x_i - \mu)",
    r"\log(\tau^2 b) = 2 \log \tau + \log b",
    r"\sum_j \pi_j a = a",
    r"\exp(a + \mu) = e^a e^\mu",
    r"(a - \mu)^2 = (\mu - a)^2",
)
TAILS = (
    *(")", "]", "}", r"\}", r"\right)", r"\rangle", r"\end{x}", "(", "[", "{", r"\left(", r"\begin{x}", "|", r"\|", r"\langle"),
    *("=", r"\le", "+", "-", r"\cdot", "/", r"\times", "_", "^", "'_2", "_2", "^^", "@", "#", "$", r"\&", r"\%", r"\_", '"'),
    *(r"\garbage", "garbage", r"\text{and} 2", r"\mathrm{garbage}", r"\frac", r"\frac{1}", r"\sum", r"\sum_i", r"\int", r"\log"),
    *("2", "(2)", r"\cdot 2", r"\, 2", r"\! 2", "~ 2", r"\left(2\right)", "{2}", r"\boxed{2}", r"\color{white} 2", r"\relax 2"),
    *("\u202e2", "\u200b2", "\u043e", "\uff0b2", "\u2212 2", "\u00b7 2", "\u00d7 2", "\u00b2", "\u2028 2", "\x1b[8m 2", "\0 2"),
    *(r"\input{x}", r"\write18{x}", r"\href{x}{2}", r"\csname x\endcsname", r"\verb|2|", r"\phantom{2} 2", r"\not"),
    *(r"= 2 \tau", r", \tau = 2 \tau", r"\quad \tau = 2 \tau", r"\land \tau = 2 \tau", r"\implies \tau = 2 \tau"),
)
"""Each of them, behind a true row, makes it false or no row."""
PIECES = (
    *(
        "{",
        "}",
        "(",
        ")",
        r"\left(",
        r"\right)",
        "_",
        "^",
        "'",
        "|",
        "&",
        r"\\",
        "$",
        "%",
        "#1",
        "\\",
        "=",
        r"\le",
        "+",
        "!",
        ",",
    ),
    *(r"\frac", r"\sqrt", r"\sum_{i=1}^n", r"\prod_j", r"\int", r"\log", r"\exp", r"\binom", r"\text{", r"\operatorname{eval}"),
    *(r"\begin{aligned}", r"\end{aligned}", r"\begin{cases}", r"\end{cases}", r"\nabla_\mu", r"\mathbb{E}", r"\Gamma", r"^{-1}"),
    *(
        "9",
        "10^{99}",
        "1/0",
        r"\infty",
        r"\recur",
        r"\many",
        r"\argument",
        "__import__('os')",
        "\0",
        "\u202e",
        "\u0430",
        "\U0001f600",
    ),
    *(r"\tau", r"\mu", "x_i", "x_{i+1}", r"\pi_j", "n", "i", "z_i", r"\theta", "p(x_i)", r"\ell", r"\text{const}", r"\propto"),
)
Slip = Callable[[random.Random, str, str], str]


def _cut(rng: random.Random, text: str) -> tuple[int, int]:
    start = rng.randint(0, len(text))
    return start, min(len(text), start + rng.randint(1, 12))


def spliced(rng: random.Random, text: str, other: str) -> str:
    return text[: rng.randint(0, len(text))] + other[rng.randint(0, len(other)) :]


def shortened(rng: random.Random, text: str, other: str) -> str:
    start, end = _cut(rng, text)
    return text[:start] + text[end:]


def repeated(rng: random.Random, text: str, other: str) -> str:
    start, end = _cut(rng, text)
    return text[:start] + text[start:end] * rng.choice((2, 3, 10, 100)) + text[end:]


def planted(rng: random.Random, text: str, other: str) -> str:
    for _ in range(rng.randint(1, 4)):
        place = rng.randint(0, len(text))
        text = text[:place] + rng.choice(PIECES) + text[place:]
    return text


def exchanged(rng: random.Random, text: str, other: str) -> str:
    signs = list(text)
    if signs:
        signs[rng.randrange(len(signs))] = rng.choice(
            ("{", "}", "(", ")", "\\", "^", "_", "$", "\u0430", "0", "=", "&", "\ufeff")
        )
    return "".join(signs)


def wrapped(rng: random.Random, text: str, other: str) -> str:
    start, end = rng.choice((("{", "}"), ("(", ")"), (r"\sqrt{", "}"), (r"\frac{", "}{2}"), (r"\log(", ")"), ("x_{", "}")))
    times = rng.choice((1, 2, 20, 70))
    return start * times + text + end * (times - rng.choice((0, 0, 1)))


SLIPS: tuple[Slip, ...] = (spliced, shortened, repeated, planted, exchanged, wrapped)


def variants(seed: int, count: int, canary: Path) -> Iterator[Input]:
    """Rows and declarations with one to three slips each, in Markdown and in LaTeX."""
    rng = random.Random(seed)
    rows = [one.raw.split(b"\n$$\n")[-2].decode("utf-8", "replace") for one in corpus.rows(canary)]
    rows = [row for row in rows if len(row) < 400] + list(TRUE_ROWS) * 20
    lines = [text for _, _, text in corpus.lines_of_declarations() if "<" not in text]
    for number in range(count):
        row, other, line = rng.choice(rows), rng.choice(rows), ""
        for _ in range(rng.randint(1, 3)):
            row = rng.choice(SLIPS)(rng, row, other)
        if rng.random() < 0.3:
            line = rng.choice(SLIPS)(rng, rng.choice(lines), rng.choice(lines))
        head, _, tail = DECLARED.partition("{more}")
        if rng.random() < 0.3:
            declared = "".join(f"%! {part}\n" for part in (head + line).split("\n")[1:])
            text, file = f"%! derive\n{declared}%! end\n\\[\n{row}\n\\]\n", "note.tex"
        else:
            text, file = f"{head}{line}{tail}\n$$\n{row}\n$$\n", "note.md"
        yield Input(
            f"seed {seed}, variant {number}: {row[:200]!r} below {line[:100]!r}", file, text.encode("utf-8", "replace"), "any"
        )


def tails() -> Iterator[Input]:
    """Every true row with something behind it that is no part of it."""
    head = DECLARED.replace("{more}\n", "")
    for row in TRUE_ROWS:
        for tail in TAILS:
            yield Input(f"{row} {tail!r}", "note.md", f"{head}\n$$\n{row} {tail}\n$$\n".encode(), "never")


def examined(inputs: Iterator[Input], folder: Path) -> list[str]:
    found: list[str] = []
    for one in inputs:
        try:
            note = checked(one, folder)
        except Exception as error:  # each is told, with what it is of
            found.append(f"{one.where}: {type(error).__name__}: {error}")
            continue
        if note is not None and any(step.defect or step.row.code == "defect" for step in note.steps):
            found.append(f"{one.where}: a defect: {[step.message for step in note.steps]}")
        if note is not None and one.fate == "never" and any(s.verdict in ("proved", "confirmed") for s in note.steps[-1:]):
            found.append(f"{one.where}: {comes_out(note, one.fate) or 'passed'}")
        found += [f"{one.where}: {seen}" for seen in WATCH.seen]
        WATCH.seen.clear()
    return found


def test_variants(folder: Path) -> None:
    canary = folder / "canary"
    assert examined(variants(0, 200, canary), folder) == []
    assert not canary.exists()


def test_tails_are_not_passed_over(folder: Path) -> None:
    every = list(tails())
    assert examined(iter(random.Random(0).sample(every, 120)), folder) == []


def test_a_true_row_without_a_tail_passes(folder: Path) -> None:
    head = DECLARED.replace("{more}\n", "")
    for row in TRUE_ROWS:
        note = checked(Input(row, "note.md", f"{head}\n$$\n{row}\n$$\n".encode(), "right"), folder)
        assert note is not None and note.passes, row


@pytest.mark.slow
def test_many_variants(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    canary = folder / "canary"
    begun = time.monotonic()
    every = [*variants(1, 5000, canary), *tails()]
    found = examined(iter(every), folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    with capsys.disabled():
        print(f"\n{len(every)} inputs, {len(found)} that went wrong, {time.monotonic() - begun:.0f} s, {peak >> 20} MiB")
    assert found == []
    assert not canary.exists()
    assert peak < 2 << 30
