"""Whatever stands in a formula or a declaration: it is read, or refused with a DeriveError, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import DeriveError
from derive.notation.declarations import Dictionary
from derive.notation.surface import surface
from derive.notes import Macro

PIECES = (
    *(
        "x",
        "\\mu",
        "_",
        "^",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\\left(",
        "\\right)",
        "\\left.",
        "\\right|",
        "|",
        "\\|",
        "\\{",
        "\\}",
        "'",
        "''",
    ),
    *(
        "\\frac",
        "\\frac12",
        "\\sqrt",
        "\\sqrt[3]",
        "\\sum_{i=1}^n",
        "\\int",
        "\\log",
        "\\operatorname{tr}",
        "\\text{so $x$}",
        "\\mathbb{E}",
    ),
    *(
        "\\begin{cases}",
        "\\end{cases}",
        "\\begin{pmatrix}",
        "\\end{pmatrix}",
        "\\begin{array}{cc}",
        "\\end{array}",
        "&",
        "\\\\",
        "\\begin",
        "\\end",
    ),
    *(
        "=",
        "\\le",
        "\\sim",
        "~",
        ":=",
        "+",
        "-",
        "\\cdot",
        ",",
        ";",
        ".",
        "..",
        "\\dots",
        "!",
        "1",
        "2.5",
        "10",
        "1e9",
        "\\hat",
        "\\bar{x}",
        "\\prime",
    ),
    *(
        "\\binom",
        "\\stackrel{!}{=}",
        "\\overset",
        "\\underbrace{x}_{y}",
        "\\mathbf",
        "\\mathrm{T}",
        "\\mathcal N",
        "\\big",
        "\\bigl(",
        "\\middle|",
    ),
    *(
        "\\a",
        "\\b",
        "\\loop",
        "\\tag{1}",
        "\\label",
        "%",
        "#1",
        "\\",
        "\0",
        "\u200f",
        "\ufeff",
        "ℓ",
        "𝟙",
        "²",
        "Σ",
        "₁",
        "½",
        " ",
        "\n",
        "$",
        "é",
    ),
)
FORMULAS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=2)), max_size=30).map("".join)
MACROS = {
    "a": Macro("a", 1, "x_{#1}"),
    "b": Macro("b", 2, "\\a{#2}^#1", "q"),
    "loop": Macro("loop", 0, "\\loop \\loop"),
}

WORDS = (
    *(
        "size",
        "index",
        "data",
        "latent",
        "param",
        "const",
        "fun",
        "posterior",
        "frozen",
        "define",
        "assume",
        "free",
        "let",
        "reset",
        "use",
    ),
    *(
        "n",
        "i",
        "z^{(i)}",
        "\\mu_j",
        "in",
        "R",
        "R^d",
        "R^{d x m}",
        "1..k",
        "0..n",
        "(0, 1]",
        "simplex(k)",
        "spd(d)",
        "grad=vech",
        "positive",
    ),
    *(
        "over",
        "at",
        "\\theta_t",
        "~",
        "|",
        "Normal(\\mu, 1)",
        "Categorical(",
        ")",
        "=",
        "p(z|x)",
        ",",
        ";",
        "..",
        "{",
        "}",
        "^",
        "_",
        "1..99999999999",
    ),
)
DECLARATIONS = st.one_of(
    st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(PIECES), st.text(max_size=2)), max_size=12).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
)


@settings(max_examples=500, deadline=None)
@given(FORMULAS)
def test_formulas_are_read_or_refused(text: str) -> None:
    try:
        surface(text, MACROS)
    except DeriveError:
        return


@settings(max_examples=500, deadline=None)
@given(st.lists(DECLARATIONS, max_size=4))
def test_declarations_are_read_or_refused(lines: list[str]) -> None:
    dictionary = Dictionary()
    for line in ("size n, k", "index i in 1..n ; j in 1..k", "latent z^{(i)} in 1..k", *lines):
        for part in line.split(" ; "):
            try:
                dictionary.declare(part)
            except DeriveError:
                continue


UNITS = (
    *(
        "{",
        "}",
        "(",
        "\\left(",
        "\\frac",
        "\\frac{",
        "^",
        "_",
        "x^{",
        "x_{y^",
        "\\sqrt",
        "\\sqrt[",
        "'",
        "\\begin{cases}",
        "\\text{",
        "\\hat",
        "$",
        "%",
    ),
    *(
        "1",
        "9.",
        "\\a",
        "\\b",
        "\\loop",
        "|",
        "\\left|",
        "\\underbrace{",
        "\\stackrel",
        "\\binom",
        "\\",
        " ",
        "&",
        "\\\\",
        "\\mathbf",
        "²",
        "é",
        "..",
    ),
)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("length", [500, 5_000, 19_000, 1 << 20])
def test_long_formulas_take_bounded_time(unit: str, length: int) -> None:
    text = unit * (length // len(unit))
    begun = time.monotonic()
    for reading in (lambda: surface(text, MACROS), lambda: Dictionary().declare(f"define x = {text}")):
        try:
            reading()
        except DeriveError:
            continue
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "line", ["index i in 1..{}", "index i in {}..n", "latent z in 1..{}", "size {}", "param x in R^{}", "{}"]
)
@pytest.mark.parametrize("unit", ["9", "a,", "1..", " in ", "(", "~"])
def test_long_declarations_are_refused_or_read_in_bounded_time(line: str, unit: str) -> None:
    begun = time.monotonic()
    for length in (12, 6_000, 100_000):
        dictionary = Dictionary()
        dictionary.declare("size n")
        try:
            dictionary.declare(line.format(unit * (length // len(unit))))
        except DeriveError:
            continue
    assert time.monotonic() - begun < 10
