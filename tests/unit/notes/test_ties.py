r"""What an assumption ties to a parameter moves with it: ``assume p + q = 1`` is no word on p alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.notes import check_note
from checks.witness import Witness
from derive.notes import read_note

DECLARED = r"""```derive
size n, d
index i, s in 1..n
data x_i in R ; y_i in R^d
param p, q in unit ; m in R ; s_0, t in positive ; a, b, g in positive ; S, T in spd(d) ; \mu in R^d ; e_i, c_i in positive
const h in R
assume FACT
```

$$ Q := -(p - \frac13)^2 - q^2 $$ (q)

"""


@pytest.mark.parametrize(
    ("fact", "hint", "row", "meant"),
    [
        (
            r"p + q = 1",
            r"",
            r"\frac{\partial}{\partial p} \sum_i (x_i \log p + (1 - x_i) \log q) = \sum_i \frac{x_i}{p}",
            "unread",
        ),
        (r"p + q = 1", r"", r"\frac{\partial}{\partial p} \log p = \frac{1}{p}", "proved"),
        (r"s_0 t = 1", r"", r"\frac{\partial}{\partial s_0} (\frac12 \log t + s_0) = 1", "unread"),
        (r"S T = I", r"", r"\frac{\partial}{\partial S} (\log|T| + \log|S|) = S^{-1}", "unread"),
        (r"p = q - p", r"", r"\frac{\partial}{\partial p} (p + q) = 1", "unread"),
        (r"b = a^2 ; assume g = 2 b", r"", r"\frac{\partial}{\partial a} (g + a) = 1", "unread"),
        (r"c_i = e_i^2 ; assume b = \sum_i c_i", r"", r"\frac{\partial}{\partial e_s} (b + e_s) = 1", "unread"),
        (r"q = 1 - p", r"<!-- derive: maximises (q) over p -->", r"p = \frac13", "unread"),
        (r"q = 1 - p", r"<!-- derive: maximises (q) over p -->", r"p = \frac23", "unread"),
        (r"t = 1/s_0", r"", r"-\frac12 \log s_0 - \frac{t}{2} (x_i - 1)^2 = -\frac12 \log s_0 + \text{const}", "refuted"),
        (
            r"t = 1/s_0",
            r"",
            r"\arg\max_{s_0} (-\frac12 \log s_0 - \frac t2 (x_1 - m)^2) = \arg\max_{s_0} (-\frac12 \log s_0)",
            "unknown",
        ),
        (r"h = a^2", r"", r"m + \log h = m + \text{const}", "refuted"),
        (r"h = a^2", r"", r"m + h = m + \text{const}", "refuted"),
        (r"h = 2", r"", r"m + h = m + \text{const}", "proved"),
        (r"h = a^2", r"", r"\arg\max_a (-a^2 + h) = \arg\max_a (-a^2)", "unknown"),
        (r"h = a^2", r"", r"h m \propto m", "refuted"),
        (r"h > 0", r"", r"h m \propto m", "confirmed"),
    ],
)
def test_what_is_tied_to_a_parameter_moves_with_it(fact: str, hint: str, row: str, meant: str) -> None:
    text = f"{DECLARED.replace('FACT', fact)}\n{hint}\n$$ {row} $$\n"
    assert check_note(read_note(Path("note.md"), text), Witness(autodiff=False)).steps[-1].verdict == meant
