"""Markdown notes: what is a display and what only looks like one, with the lines on which rows start."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import DeriveError, LimitError, UnknownNameError
from derive.notes import Declarations, Display, Note, read_note


def note(text: str) -> Note:
    return read_note(Path("note.md"), text)


def displays(text: str) -> list[Display]:
    return [block for block in note(text).blocks if isinstance(block, Display)]


def declared(text: str) -> list[str]:
    return [line.text for block in note(text).blocks if isinstance(block, Declarations) for line in block.lines]


def rows(text: str) -> list[tuple[int, str]]:
    return [(row.source.place.line, row.source.text) for display in displays(text) for row in display.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\n$$\nx = y\n$$\n", [(4, "x = y")]),
        ("$$ x = y $$", [(1, "x = y")]),
        ("so $$ x = y $$ and $$ u = v $$.", [(1, "x = y"), (1, "u = v")]),
        ("so $$\nx = y\n$$ holds\n\n$$\nu = v\n$$\n", [(2, "x = y"), (6, "u = v")]),
        ("$$\n- a = b\n$$", [(2, "- a = b")]),
        ("$$\na\n= b\n$$", [(2, "a\n= b")]),
        ("\\[\nx = y\n\\]\n", [(2, "x = y")]),
        ("\\begin{align}\nx &= y \\\\\n  &= z\n\\end{align}\n", [(2, "x &= y"), (3, "&= z")]),
        ("$$\n\\begin{align*}x &= y \\\\[5pt]\n  &= z\n\\end{align*}\n$$", [(2, "x &= y"), (3, "&= z")]),
        ("- item\n\n  $$\n  x = y\n  $$\n- next", [(4, "x = y")]),
        ("> $$\n> x = y\n> $$", [(2, "x = y")]),
        ("> so $$\n> x = y\n> $$ holds", [(2, "x = y")]),
        ("```math\nx = y\n```", [(2, "x = y")]),
        (":::{math}\n:label: eq-a\nx = y\n:::", [(3, "x = y")]),
        ("::: {math}\nx = y\n:::\n\n::::{math}\nu = v\n::::", [(2, "x = y"), (6, "u = v")]),
        (":::{math}\nx = y\n", [(2, "x = y")]),
        (":::{note}\n$$ x = y $$\n:::", [(2, "x = y")]),
        ("> ```math\n> x = y\n> ```", [(2, "x = y")]),
        ("$$\r\nx = y\r\n$$\r\n", [(2, "x = y")]),
        ("\ufeff$$\nx = y\n$$", [(2, "x = y")]),
        ("$$\nx = y \\\\ [z] = 1\n$$", [(2, "x = y"), (2, "[z] = 1")]),
        ("$$\nx = \\begin{cases} 1 \\\\ 2 \\end{cases} \\\\ = {a \\\\ b}\n$$", None),
    ],
)
def test_display(text: str, expected: list[tuple[int, str]] | None) -> None:
    if expected is None:
        assert len(rows(text)) == 2
    else:
        assert rows(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "```\n$$\nx = y\n$$\n```",
        "    $$\n    x = y\n    $$",
        "code `$$ x = y $$` here",
        "``a ` $$ x = y $$``",
        "<!-- $$ x = y $$ -->",
        "<!--\n$$\nx = y\n$$\n-->",
        "<pre>\n$$\nx = y\n$$\n</pre>",
        "costs \\$\\$ x = y \\$\\$",
        "\\[1\\] a citation",
        "$$\n\n$$",
        "$$\n&& \\quad \\\\ \n$$",
        "$$\n\\newcommand{\\R}{\\mathbb{R}}\n$$",
        "```{python}\n$$ x = y $$\n```",
        "```\n:::{math}\nx = y\n:::\n```",
    ],
)
def test_no_display(text: str) -> None:
    assert displays(text) == []


def test_dollars_never_closed_do_not_take_the_next_display() -> None:
    assert rows("$$\nx = y\n\n# Next\n\n$$\nu = v\n$$\n") == [(7, "u = v")]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("$$\nx = y\n$$ (eq-a)", "eq-a"),
        ("$$\nx = y\n$$ {#eq-a}", "eq-a"),
        ("$$ x = y $$ (eq-a)\n", "eq-a"),
        ("so $$ x = y $$ (eq-a)\n", "eq-a"),
        ("$$ x = y $$ (see above)", ""),
        ("\\begin{align}\nx &= y\n\\end{align} (eq-a)\n", "eq-a"),
        ("\\[\nx = y \\label{eq:a}\n\\]", "eq:a"),
        ("```{math}\n:label: eq-a\nx = y\n```", "eq-a"),
    ],
)
def test_label(text: str, label: str) -> None:
    (display,) = displays(text)
    assert display.label == label
    assert display.rows[0].source.text.strip() in ("x = y", "x &= y")


def test_hints_go_with_the_next_display_and_declarations_stand_alone() -> None:
    text = "<!-- derive: let \\beta in R ; \\gamma in R; free \\phi -->\n$$ x = y $$\n"
    text += "<!-- derive: size n ; x_n ~ Normal(0, 1) -->\n$$ u = v $$"
    first, second = displays(text)
    assert [hint.text for hint in first.hints] == ["let \\beta in R", "\\gamma in R", "free \\phi"]
    assert second.hints == ()
    assert declared(text) == ["size n", "x_n ~ Normal(0, 1)"]


def test_define_alone_is_a_hint_and_with_a_body_a_declaration() -> None:
    text = "<!-- derive: define -->\n$$ x = y $$\n<!-- derive: define a = b -->\n$$ u = v $$"
    assert [[hint.text for hint in display.hints] for display in displays(text)] == [["define"], []]
    assert declared(text) == ["define a = b"]


def test_hint_without_a_display_is_said() -> None:
    assert [warned.place.line for warned in note("a\n\n<!-- derive: define -->\n").warnings] == [3]


def test_declarations() -> None:
    text = "```derive\n# all of it\nsize n, d ; index i in 1..n  # letters\n\n"
    text += "define f(x; y) = [a, b; c, d]\n  z ~ Normal(0,\n  1)\nassume \\#A = 1\n```"
    (block,) = note(text).blocks
    assert isinstance(block, Declarations)
    assert [(line.place.line, line.place.column, line.text) for line in block.lines] == [
        (3, 1, "size n, d"),
        (3, 13, "index i in 1..n"),
        (5, 1, "define f(x; y) = [a, b; c, d]"),
        (6, 3, "z ~ Normal(0,\n  1)"),
        (8, 1, "assume \\#A = 1"),
    ]
    assert block.lines[3].at(len("z ~ Normal(0,\n  1")).line == 7


def test_a_bracket_never_closed_ends_with_the_next_declaration() -> None:
    assert declared("```derive\ndefine f(x = 1\nsize n\n```") == ["define f(x = 1", "size n"]


@pytest.mark.parametrize(
    ("row", "kept", "reason"),
    [
        ("a &= b && \\text{by Jensen}", "a &= b", "by Jensen"),
        ("a &= b & \\text{Jensen}", "a &= b", "Jensen"),
        ("a = b \\quad \\text{because } c = 1", "a = b", "because c = 1"),
        ("a = b \\qquad (\\text{linearity}).", "a = b .", "( linearity )"),
        ("a = b \\text{ (by parts)}", "a = b", "(by parts)"),
        ("a = b + \\text{const}", "a = b + \\text{const}", ""),
        ("a = b + \\text{const}.", "a = b + \\text{const}.", ""),
        ("a = \\text{KL}", "a = \\text{KL}", ""),
        ("a &=& \\text{const}", "a &=& \\text{const}", ""),
        ("a = b + \\text{terms without x}", "a = b + \\text{terms without x}", ""),
        ("a = b \\quad \\text{and} \\quad c = d", "a = b \\quad \\text{and} \\quad c = d", ""),
        ("a = b \\quad \\text{if } c = d", "a = b \\quad \\text{if } c = d", ""),
        ("a = b \\quad \\text{so} \\quad c = d", "a = b \\quad \\text{so} \\quad c = d", ""),
        ("a = b \\tag{Bayes}", "a = b", "Bayes"),
        ("a = b \\nonumber", "a = b", ""),
        ("a = b % by: the chain rule", "a = b", "the chain rule"),
        ("a = p(x_\\text{old data})", "a = p(x_\\text{old data})", ""),
    ],
)
def test_remarks(row: str, kept: str, reason: str) -> None:
    (display,) = displays(f"$$\n{row}\n$$")
    assert " ".join(display.rows[0].source.text.split()) == kept
    assert display.rows[0].reason == reason


def test_a_comment_beside_a_row_break_belongs_to_the_row_before() -> None:
    (display,) = displays("$$\n\\begin{aligned}\na &= b \\\\ % by: one\n&= c % by: two\n\\end{aligned}\n$$")
    assert [row.reason for row in display.rows] == ["one", "two"]


def test_a_comment_that_swallows_a_row_break_is_said() -> None:
    found = note("$$\na = b % was c \\\\\n= d\n$$")
    assert [warned.place.line for warned in found.warnings] == [2]


def test_brackets_with_a_doubled_backslash() -> None:
    found = displays(
        "\\\\[ a = b \\\\]\n\nText \\\\[ a = c \\\\] more.\n\n"
        "$$\n\\begin{aligned}\na &= b\n\\\\[4pt]\nc &= d\n\\end{aligned}\n$$\n"
    )
    assert [[row.source.text.strip() for row in display.rows] for display in found] == [
        ["a = b"],
        ["a = c"],
        ["a &= b", "c &= d"],
    ]


def test_suffixes_and_limits(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        read_note(Path("note.docx"), "x")
    with pytest.raises(LimitError):
        read_note(Path("note.md"), "x" * (1 << 20) + "y")
    latin = tmp_path / "latin.md"
    latin.write_bytes(b"a\nb \xe9\n")
    with pytest.raises(DeriveError, match=r"latin\.md:2: not UTF-8"):
        read_note(latin)
    with pytest.raises(DeriveError, match="cannot read"):
        read_note(tmp_path / "none.md")


def test_declarations_beside_the_note(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("$$ x = y $$")
    (tmp_path / "a.derive").write_text("size n\n")
    first, second = read_note(tmp_path / "a.md").blocks
    assert isinstance(first, Declarations) and first.lines[0].place.file == "a.derive"
    assert isinstance(second, Display)


def test_text_from_the_standard_input() -> None:
    assert len(read_note(Path("-"), "\\documentclass{article}\n\\begin{document}\n\\[ a = b \\]\n\\end{document}").blocks) == 1
    assert len(read_note(Path("-"), "```\n\\begin{align} a = b \\end{align}\n```").blocks) == 0


@pytest.mark.parametrize(
    ("before", "read"),
    [
        ("[^1]: A footnote", 1),
        ("Term\n\n:   what it means", 1),
        ("Some code:", 0),
        ("[^1]: A footnote\n\nSome code:", 0),
        ("```\n[^1]: no footnote\n```", 0),
    ],
)
def test_a_display_that_is_indented_below_a_footnote_or_a_definition(before: str, read: int) -> None:
    assert len(displays(f"{before}\n\n    $$\n    a = b\n    $$\n")) == read


@pytest.mark.parametrize(
    ("info", "read", "told"),
    [
        ("{toggle}", 1, 0),
        ("{figure} x.png", 1, 0),
        ("{foo}", 0, 1),
        ("{=latex}", 0, 1),
        ("{python}", 0, 0),
        ("{r, echo=FALSE}", 0, 0),
        ("python", 0, 0),
    ],
)
def test_displays_in_fences_are_read_or_told_of(info: str, read: int, told: int) -> None:
    found = note(f"```{info}\n$$ a = b $$\n```\n")
    assert (sum(isinstance(block, Display) for block in found.blocks), len(found.warnings)) == (read, told)


def test_environments_that_are_none_here_are_told_of() -> None:
    assert len(note("\\begin{numcases}{f} a = b \\end{numcases}\n").warnings) == 1
    assert not note("`\\begin{numcases}{f} a = b \\end{numcases}`\n").warnings


def test_a_space_behind_begin_in_markdown() -> None:
    assert len(displays("\\begin {align} a &= b \\end {align}\n")) == 1


@pytest.mark.parametrize("text", ["```{math} a = b\n```\n", "```{math} a\n= b\n```\n", ":::{math} a = b\n:::\n"])
def test_a_formula_on_the_line_that_opens_its_fence(text: str) -> None:
    (display,) = displays(text)
    assert display.rows[0].source.text.split() == ["a", "=", "b"]
