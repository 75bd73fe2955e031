r"""New values of parameters: by their old ones, at others that are fixed, behind an arrow, and beside a Lagrangian."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.notes import check_note
from checks.witness import Witness
from derive.notes import read_note

DECLARED = r"""```derive
size n, k
index i in 1..n ; j, l in 1..k
data t_i, x_i in R
param m, u, h in R ; v in positive ; c_j in R ; \pi in simplex(k)
frozen r_{ij} in simplex(k) over j
const \lambda in R
```

$$ Q := -\frac{n}{2} \log v - \frac{1}{2 v} \sum_i (t_i - m)^2 $$ (q)
$$ L := -\sum_i \sum_j r_{ij} (t_i - c_j)^2 $$ (l)
$$ A := -(m - u)^2 $$ (a)
$$ W := (m - u)^2 $$ (w)
$$ V := -(h - m - 2 u)^2 $$ (v)

"""


FOUND = r"\frac{\sum_i r_{ij}}{\pi_j} - \lambda"
LAGRANGIAN = r"\frac{\partial}{\partial \pi_j}(\sum_i \sum_l r_{il} \log \pi_l + \lambda (1 - \sum_l \pi_l))"


def hint(display: str, what: str) -> str:
    return f"<!-- derive: maximises ({display}) over {what} -->\n"


@pytest.mark.parametrize(
    ("hinted", "row", "meant"),
    [
        (hint("q", r"m"), r"m^{new} = m + \sum_i (t_i - m)", "refuted"),
        (hint("q", r"m"), r"m^{new} = m + \frac1n \sum_i (t_i - m)", "proved"),
        (hint("q", r"m"), r"m \leftarrow m + h \sum_i (t_i - m)", "refuted"),
        (hint("q", r"m"), r"m \leftarrow m + \frac1n \sum_i (t_i - m)", "proved"),
        (hint("q", r"m"), r"\hat m = m", "refuted"),
        (hint("q", r"m"), r"m = m", "unread"),
        (hint("q", r"v"), r"v = v", "unread"),
        (hint("q", r"m"), r"m = m + \sum_i (t_i - m)", "proved"),
        (hint("l", r"c_j"), r"c_j^{new} = c_j + \sum_i r_{ij} (t_i - c_j)", "refuted"),
        (hint("l", r"c_j"), r"c_j^{new} = c_j + \frac{\sum_i r_{ij} (t_i - c_j)}{\sum_i r_{ij}}", "proved"),
        (hint("a", r"m"), r"m - 2 u = 0 \implies \hat m = 2 u", "refuted"),
        (hint("w", r"m"), r"\frac{\partial W}{\partial m} = 0 \implies m = u", "refuted"),
        (hint("a", r"m"), r"\frac{\partial A}{\partial m} = 0 \implies m = u", "proved"),
        (hint("a", r"m"), r"m - u = 0 \implies m = u", "proved"),
        (hint("v", r"h at m = 2 m, u = 3"), r"h = 4 m + 6", "unread"),
        (hint("v", r"h at m = 2 u, u = 3"), r"h = 12", "proved"),
        (hint("v", r"h at m = u, u = m"), r"h = 3 m", "unread"),
        (
            "",
            r"\begin{aligned} & \sum_j c_j \log \pi_j + \log \pi_j \\ &= \sum_l c_l \log \pi_l + \log \pi_j \end{aligned}",
            "proved",
        ),
        ("", r"\begin{aligned} & \sum_j \pi_j + \pi_j \\ &= 2 + \pi_j - \pi_j \end{aligned}", "refuted"),
        (
            "",
            rf"\begin{{aligned}} {LAGRANGIAN} = {FOUND} = 0 \\ \implies \pi_j \propto \sum_i r_{{ij}} \end{{aligned}}",
            "unknown",
        ),
        (
            "",
            rf"\begin{{aligned}} \sum_j \pi_j &= 1 \\ {LAGRANGIAN} &= {FOUND} \end{{aligned}}",
            "proved proved",
        ),
        (
            "",
            rf"\begin{{aligned}} \sum_j \pi_j &= 2 \\ {LAGRANGIAN} &= {FOUND} \end{{aligned}}",
            "refuted proved",
        ),
    ],
)
def test_a_value_is_judged_by_what_it_is_the_value_of(hinted: str, row: str, meant: str) -> None:
    note = check_note(read_note(Path("note.md"), f"{DECLARED}{hinted}$$ {row} $$\n"), Witness(autodiff=False))
    assert [step.verdict for step in note.steps[5:]][-len(meant.split()) :] == meant.split()


JOINT = r"""```derive
size n
index i in 1..n
data t_i in R
param m in R ; v in positive
```

$$ Q := -\frac{n}{2} \log v - \frac{1}{2 v} \sum_i (t_i - m)^2 $$ (q)

<!-- derive: maximises (q) over m, v -->
"""


@pytest.mark.parametrize(
    ("mean", "variance", "meant"),
    [
        ("m^{new}", r"v^{new} &= \frac1n \sum_i (t_i - m)^2", "unread"),
        ("m^{new}", r"v^{new} &= \frac1n \sum_i (t_i - m^{new})^2", "proved"),
        (r"\hat m", r"\hat v &= \frac1n \sum_i (t_i - \hat m)^2", "proved"),
        ("m", r"v &= \frac1n \sum_i (t_i - m)^2", "proved"),
        ("m^{(t+1)}", r"v^{(t+1)} &= \frac1n \sum_i (t_i - m^{(t+1)})^2", "proved"),
        ("m^{(t+1)}", r"v^{(t+1)} &= \sum_i (t_i - m^{(t+1)})^2", "unknown"),
    ],
)
def test_the_new_value_of_another_parameter_is_told_from_its_old_one(mean: str, variance: str, meant: str) -> None:
    rows = rf"\begin{{aligned}} {mean} &= \frac1n \sum_i t_i \\ {variance} \end{{aligned}}"
    note = check_note(read_note(Path("note.md"), f"{JOINT}$$ {rows} $$\n"), Witness(autodiff=False))
    assert note.steps[-1].verdict == meant


def test_a_maximum_in_two_parameters_needs_both_values() -> None:
    """Of the saddle ``4 m u - m^2 - u^2`` each line is the best along one axis."""
    declared = (
        "```derive\nparam m, u in R\n```\n\n$$ A := -m^2 - u^2 + 4 m u $$ (a)\n\n<!-- derive: maximises (a) over m, u -->\n"
    )
    for rows in (
        "m = 2 u",
        r"\begin{aligned} m &= 2 u \\ u &= 2 m \end{aligned}",
        r"\begin{aligned} m &= 2 u \\ u &= 0 \end{aligned}",
    ):
        note = check_note(read_note(Path("note.md"), f"{declared}$$ {rows} $$\n"), Witness(autodiff=False))
        assert not note.passes
