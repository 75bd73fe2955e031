r"""What an arrow, a hint, an assumption and the two readings of the weights leave open is not proved, and not refuted."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.notes import check_note
from checks.witness import Witness
from derive.notes import read_note

SLOPE = r"\frac{\partial Q}{\partial \lambda_s} = \sum_i w_{is} (\frac{x_i}{\lambda_s} - 1) = 0"
DECLARED = r"""```derive
size n, k
index i in 1..n ; j, s, l in 1..k
data x_i in N ; t_i in R
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive ; m, u, v, a, y in R ; c_j, g_j in R ; e_j in R ; b_0 in positive
const b in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
posterior w_{ij} = p(z_i=j | x_i)
define Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)
FACTS
```

$$ S := -(m - 1)^2 $$ (eq-s)

$$ R := -\sum_j (c_j - e_j)^2 $$ (eq-r)

"""
MOVING = r"\sum_i \sum_j \frac{\partial w_{ij}}{\partial \lambda_s} \log p(x_i, z_i=j) = 0"


@pytest.mark.parametrize(
    ("fact", "row", "hint", "holds"),
    [
        (
            r"",
            rf"\begin{{aligned}} {SLOPE} \\ \implies {MOVING}\end{{aligned}}",
            "",
            False,
        ),
        (r"", rf"m = u, u = v \implies {MOVING}", "", False),
        (r"assume \sum_j \pi_j^3 = \frac12", rf"{MOVING}", "", False),
        (r"assume m \ge 2", r"m = 1", "maximises (eq-s) over m", False),
        (r"assume m > 0", r"m = 1", "maximises (eq-s) over m", True),
        (r"", r"m = 1", "maximises (eq-s) over m", True),
        (r"assume \sum_j c_j = 1", r"c_j = e_j", "maximises (eq-r) over c_j", False),
        (r"", r"c_j = e_j", "maximises (eq-r) over c_j", True),
        (r"assume m = 3", r"m = 1", "maximises (eq-s) over m", False),
        (r"assume g_j = b c_j", r"b c_j \propto c_j", "", True),
        (r"assume g_j = b c_j", r"g_j + a = a + \text{const}", "", False),
        (r"", r"v = e^u \implies \frac{\partial v}{\partial u} = 0", "", False),
        (r"", r"\begin{aligned} m &\approx u \\ &= u + 0 \\ \implies m &= u \end{aligned}", "", False),
        (
            r"",
            r"\begin{aligned} \frac{\partial S}{\partial m} &= 0 \\ \arg\max_m (-(m - a)^2) &= \arg\max_m (-m^2) \end{aligned}",
            "",
            False,
        ),
        (
            r"",
            r"\begin{aligned} \frac{\partial}{\partial u} (u - 2 y)^2 &= 0 \\ m &= u + y \implies m^2 = (u + y)^2\end{aligned}",
            "",
            True,
        ),
    ],
)
def test_what_is_left_open_is_neither_proved_nor_refuted(fact: str, row: str, hint: str, holds: bool) -> None:
    hinted = f"<!-- derive: {hint} -->\n" if hint else ""
    text = f"{DECLARED.replace('FACTS', fact)}{hinted}$$ {row} $$\n"
    note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False))
    assert not note.troubles
    assert note.steps[-1].verdict not in (("refuted",) if holds else ("proved", "confirmed", "defined"))


INDICATED = r"""```derive
size n
index i in 1..n
data x_i in positive ; d_i in bool
param \lambda in positive
```

$$ G := \frac{n}{\lambda} - \sum_i d_i x_i $$ (eq-g)

<!-- derive: solves (eq-g) = 0 for \lambda -->
"""


@pytest.mark.parametrize(
    ("value", "meant"), [(r"\frac{n}{\sum_i d_i x_i}", "proved"), (r"\frac{n}{\sum_i \frac{x_i}{d_i}}", "unknown")]
)
def test_a_value_that_is_seen_where_every_indicator_is_one_alone_is_not_confirmed(value: str, meant: str) -> None:
    """Where an indicator is 0 the slip divides by it: at the points that are left it is none."""
    note = check_note(read_note(Path("note.md"), f"{INDICATED}$$ \\lambda = {value} $$\n"), Witness(autodiff=False))
    assert note.steps[-1].verdict == meant
