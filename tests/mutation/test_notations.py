"""True rows in other notations are not refuted, rows with a slip do not pass, and every notation is tried."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.mutation.notations import FORMULAS, Setting
from tests.mutation.true_rows import EXAMPLES, Origin, models, origin, origin_of_model, texts
from tests.mutation.written_notes import (
    CARRIERS,
    DISPLAYS,
    Row,
    Shown,
    campaign,
    setting_of,
    true_shown,
    written_note,
    wrong_shown,
)

NAMES = ("regressions", "softmax-regression", "least-squares", "poisson-mixture", "conjugate-beta", "fisher-score")
QUICK = [path.read_text() for path in EXAMPLES if path.stem in NAMES]
MATRICES = [text for text in texts() if text not in QUICK and "spd(d)" in text and "latent" not in text]
PLAIN = Setting(("x", r"\mu", r"\Sigma"), {"i": "n"}, has_fonts=False, scalar=True, slopes=True)


def test_true_rows_in_other_notations_are_not_refuted() -> None:
    tally = campaign(80, seed=1, sources=[*QUICK, *MATRICES])
    assert tally.verdicts["refuted"] == 0, "\n".join(tally.amiss)
    assert tally.verdicts["proved"] + tally.verdicts["confirmed"] >= 0.95 * tally.tried, "\n".join(tally.amiss)


def test_rows_with_a_slip_do_not_pass_in_other_notations() -> None:
    tally = campaign(30, seed=2, make=wrong_shown, sources=QUICK)
    assert tally.amiss == []
    assert tally.verdicts["refuted"] >= 0.9 * tally.tried
    assert len(tally.slips) > 5


def test_a_slip_that_is_taken_for_true_is_seen() -> None:
    """The measure of true rows, made of wrong ones: it would not hold."""

    def taken_for_true(of: Origin, rng: random.Random) -> Shown | None:
        shown = wrong_shown(of, rng)
        return shown and Shown(tuple(replace(row, slip="") for row in shown.rows))

    assert campaign(12, seed=3, make=taken_for_true, sources=QUICK).verdicts["refuted"] > 6


def test_no_two_rows_are_the_same_text_and_all_that_is_known_is_tried() -> None:
    rng, found, names = random.Random(4), list[Row](), set[str]()
    for text in [*QUICK, *MATRICES] * 12:
        if origin(text).rows:
            note = written_note(origin(text), true_shown, rng)
            found += note.rows
            names |= {name for row in note.rows for name in row.names}
    assert len({(row.left, row.right) for row in found}) > 0.7 * len(found)
    assert {notation.name for notation in FORMULAS} - names <= {"root", "exponent-fraction", "scripts-swapped", "sums-at-once"}
    assert {kind.name for kind in DISPLAYS} | {carrier.name for carrier in CARRIERS} <= names


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("declared-range", r"\sum_{i=1}^{n} x_i", {r"\sum_i x_i", r"\sum\limits_{i} x_i"}),
        ("declared-range", r"\sum_{i=1}^{m} x_i", set()),
        ("sums-at-once", r"\sum_{i=1}^{n} \sum_{j=1}^{k} x", set()),
        ("sum-to-the-last", r"\sum_{i=1}^{n} x_i", {r"\sum_{i}^{n} x_i"}),
        ("sum-to-the-last", r"\sum_{i=1}^{m} x_i", set()),
        ("norm", "(X - Y)^T (X - Y)", set()),
        ("norm", "(x - y)(x - y)^T", set()),
        ("indicator", r"2 \delta_{ij}", set()),
        ("unicode-scripts", r"\beta_j", {r"\beta ⱼ"}),
        ("reciprocal", r"\frac{1}{x^2}", {r"x^{-2}"}),
        ("reciprocal", r"\log\frac{1}{x}", {r"\log\bigl((x)^{-1}\bigr)"}),
        ("slash", r"\frac{\partial x}{\partial y}", set()),
        ("power-of-e", r"\exp(x)^2", set()),
        ("determinant", r"\lvert\Sigma\rvert^{1/2}", set()),
        ("root", r"\lvert\Sigma\rvert^{1/2}", {r"\sqrt{\lvert \Sigma\rvert}", r"\sqrt{|\Sigma|}"}),
        ("exponent-fraction", "x^{n/2}", {r"x^{\frac{n}{2}}", r"x^{\tfrac{n}{2}}"}),
        ("scripts-swapped", "w_j^{(i)}", {"w^{(i)}_j"}),
        ("argument-in-brackets", r"\log x y", set()),
        ("product-signs", r"\log x\,y", set()),
        ("product-signs", r"\sum_{i=1}^{n} x", set()),
        ("brackets", "f(x - 1)", set()),
        ("brackets", r"\theta^{(t-1)}", set()),
        ("fonts", r"\hat{x}", set()),
    ],
)
def test_a_notation_is_used_where_it_means_the_same(name: str, text: str, expected: set[str]) -> None:
    notation = next(one for one in FORMULAS if one.name == name)
    assert {text[: spot.start] + spot.new + text[spot.end :] for spot in notation.find(text, PLAIN)} == expected


def test_a_derivation_of_a_model_is_a_note() -> None:
    path = next(path for path in models() if path.stem == "exponential-lifetimes")
    of = origin_of_model(path)
    assert len(of.rows) > 25
    assert r"posterior r_{ij} = P(c_i=j | t_i) at \theta" in of.declared.splitlines()
    assert any(text.startswith("$$\nQ := ") for text in of.defined)
    assert set(campaign(12, seed=8, sources=[path]).verdicts) <= {"proved", "confirmed", "unknown"}


def test_what_a_note_declares_of_its_letters_is_known() -> None:
    of = origin(next(path.read_text() for path in EXAMPLES if path.stem == "poisson-mixture"))
    setting = setting_of(of, of.rows[0], {r"\rho": r"\nu", "i": "m"})
    assert setting.ranges == {"m": "n", "g": "G", "h": "G"}
    assert {"y", r"\nu", r"\lambda", r"\tau"} <= set(setting.letters)
    assert not setting.has("x")
    assert setting.has("G")


@pytest.mark.slow
def test_of_two_thousand_rows_in_other_notations_none_is_refuted() -> None:
    tally = campaign(2000, seed=7)
    assert tally.verdicts["refuted"] == 0
    assert 20 * (tally.verdicts["unknown"] + tally.verdicts["unread"]) <= tally.tried
