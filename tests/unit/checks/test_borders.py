"""What is nonnegative may be zero: a claim that fails there alone is refuted, and one that says nothing there says so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from checks import judge
from checks.enclosure import EQUAL_SIDES, compare_order
from checks.note_outline import provided
from checks.notes import Step, check_note
from checks.points import BORDERED, at_border, generic_point
from checks.witness import Witness
from derive.algebra.prove import Proof
from derive.claims import Claim
from derive.errors import DisagreementError
from derive.formula import ONE, ZERO, Divide, Log, Number, Power, Reference, multiply
from derive.notes import read_note
from derive.symbols import Domain, Range, Size, Symbol

DECLARED = r"""```derive
size n, k
index i in 1..n ; j in 1..k
param \gamma, g_j, \theta_j in nonnegative
param \tau in positive ; \pi in simplex(k)
data c_i in N
assume \sum_j \theta_j = 1
```
"""
STRICT = {
    r"\gamma > 0": r"\tau > 0",
    r"\gamma < 2 \gamma": r"\gamma < 2 \gamma + \tau",
    r"g_j + \gamma > 0": r"g_j + \tau > 0",
    r"\sum_j g_j > 0": r"\sum_j g_j \ge 0",
    r"\prod_j g_j > 0": r"\prod_j e^{g_j} > 0",
    r"c_i + \gamma > 0": r"c_i + \gamma + 1 > 0",
    r"c_i > 0": r"c_i + 1 > 0",
    r"\theta_j > 0": r"\theta_j \ge 0",
    r"\theta_j^2 < \theta_j + \gamma": r"\theta_j + \tau > \theta_j",
}
"""Bounds that fail at zero alone, each with a twin that holds there too."""
CONDITIONAL = {
    r"\frac{\gamma}{\gamma} = 1": "γ is not 0",
    r"\psi(\gamma + 1) = \psi(\gamma) + \frac{1}{\gamma}": "γ is not 0",
    r"\gamma \log \gamma = \log \gamma^\gamma": "γ is positive",
    r"\tau^0 = \tau / \tau": "",
    r"\psi(\tau + 1) = \psi(\tau) + \frac{1}{\tau}": "",
}
"""Equations of which only one side, or none, is defined at zero: they hold under the condition that is told, or none."""


def step(row: str) -> Step:
    (found,) = check_note(
        read_note(Path("note.md"), f"{DECLARED}\n$$ {row} $$\n"), Witness(autodiff=False), diagnosed=False
    ).steps
    return found


@pytest.mark.parametrize("row", STRICT)
def test_a_strict_bound_that_fails_at_zero_is_refuted(row: str) -> None:
    found = step(row)
    assert (found.verdict, found.message) == ("refuted", EQUAL_SIDES)


@pytest.mark.parametrize("row", STRICT.values())
def test_a_bound_that_holds_at_zero_is_proved(row: str) -> None:
    """The twin."""
    assert step(row).verdict == "proved"


def test_a_bound_that_fails_where_a_size_is_one_fails_at_no_border() -> None:
    assert step(r"\sum_j \pi_j^2 + \gamma < 1 + \gamma").verdict == "unknown"


@pytest.mark.parametrize(("row", "condition"), CONDITIONAL.items())
def test_a_side_without_a_value_at_zero_is_a_condition(row: str, condition: str) -> None:
    found = step(row)
    assert found.verdict in ("proved", "confirmed")
    assert provided(found) == ([condition] if condition else [])


def test_nothing_is_refuted_by_a_maximum_at_the_border() -> None:
    row = r"\ell := \sum_i (c_i \log \gamma - \gamma) $$ (eq-l)\n\n<!-- derive: maximises (eq-l) over \gamma -->\n$$ \gamma = "
    for value, verdicts in ((r"\frac{1}{n} \sum_i c_i", ("proved", "unknown")), (r"\frac{2}{n} \sum_i c_i", ("refuted",))):
        text = f"{DECLARED}\n$$ {row}{value} $$\n".replace("\\n", "\n")
        steps = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False).steps
        assert steps[-1].verdict in verdicts


# The points.

N, K = Size("n"), Size("k")
SIZES = {"n": 4, "k": 3}


def symbol(domain: Domain, family: tuple[Range, ...] = (Range(N), Range(K))) -> Symbol:
    return Symbol(f"a {domain}", "param", family, (), domain)


@pytest.mark.parametrize("seed", range(10))
def test_points_at_the_border_lie_in_their_domains(seed: int) -> None:
    symbols = [symbol(domain) for domain in (*BORDERED, "count", "covering count", "positive", "real", "simplex")]
    generic = generic_point(symbols, SIZES, seed)
    seen = {own.domain: 0 for own in symbols}
    for number in range(8):
        point = at_border(generic, symbols, number)
        for own in symbols:
            values = point.values[own.name, "param"]
            assert (values >= 0).all() or own.domain == "real"
            assert own.domain not in ("simplex", "closed simplex") or (values.sum(axis=1) == 1).all()
            assert not own.domain.startswith("covering") or values.any(axis=0).all()
            seen[own.domain] += int(np.count_nonzero(values == 0))
            if number == 0 and own.domain in ("nonnegative", "count"):
                assert not values.any()
            if own.domain in ("positive", "real", "simplex"):
                assert values is generic.values[own.name, "param"]
    assert all((count > 0) == (domain not in ("positive", "real", "simplex")) for domain, count in seen.items())


# The judge.

GAMMA = Reference(Symbol("gamma", "param", (), (), "nonnegative"))
ROOT = Power(GAMMA, Number(Fraction(1, 2)))


def _by_decree(_: Claim) -> Proof:
    return Proof("by decree", (), (), (), 0.0)


def test_a_proof_without_a_condition_speaks_of_zero_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that names no condition where only one side is defined at zero is an alarm; one that does is a proof."""
    claim = Claim(label="by decree", lhs=Divide(GAMMA, GAMMA), rhs=ONE)
    assert judge.judge(claim, Witness()).verdict == "proved"
    assert judge.judge(Claim(label="a twin", lhs=multiply(ROOT, ROOT), rhs=GAMMA), Witness()).verdict == "proved"
    monkeypatch.setattr(judge, "prove", _by_decree)
    with pytest.raises(DisagreementError):
        judge.judge(claim, Witness())


def test_a_difference_that_may_be_zero_breaks_no_strict_bound() -> None:
    """Nor one of which that is not certain: log 2 + log 3 and log 6 agree in all digits that are computed."""
    point = generic_point([GAMMA.symbol], {}, 0)
    two, three, six = (Log(Number(Fraction(value))) for value in (2, 3, 6))
    assert compare_order(two + three, six, point, strict=True).outcome == "equal"
    assert compare_order(ONE, ONE, point, strict=True).outcome == "violated"
    assert compare_order(ONE, ONE, point).outcome == "equal"
    assert compare_order(ZERO, ONE, point, strict=True).outcome == "holds"
