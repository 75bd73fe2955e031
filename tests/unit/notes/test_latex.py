"""LaTeX notes: environments, comments, macros, included files."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.notes import Declarations, Display, Note, read_note


def note(text: str) -> Note:
    return read_note(Path("note.tex"), text)


def displays(found: Note) -> list[Display]:
    return [block for block in found.blocks if isinstance(block, Display)]


def rows(text: str) -> list[tuple[int, str]]:
    return [(row.source.place.line, row.source.text) for display in displays(note(text)) for row in display.rows]


@pytest.mark.parametrize(
    "name", ["align", "align*", "gather", "eqnarray*", "flalign", "multline", "dmath", "IEEEeqnarray", "alignat"]
)
def test_environments(name: str) -> None:
    options = {"IEEEeqnarray": "{rCl}", "alignat": "{2}"}.get(name, "")
    assert rows(f"\\begin{{{name}}}{options}\na &= b \\\\*\n&= c \\cr\n&= d\n\\end{{{name}}}") == [
        (2, "a &= b"),
        (3, "&= c"),
        (4, "&= d"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\\begin{equation}\n\\begin{aligned}[t]\na &= b \\\\\n&= c\n\\end{aligned}\n\\label{eq:x}\n\\end{equation}",
            [(3, "a &= b"), (4, "&= c")],
        ),
        ("\\[ a = b \\]\n$$ c = d $$", [(1, "a = b"), (2, "c = d")]),
        (
            "\\begin{equation}\nA = \\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}\n\\end{equation}",
            [(2, "A = \\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}")],
        ),
        ("\\[\na = \\begin{aligned} b \\\\ c \\end{aligned}\n\\]", [(2, "a = \\begin{aligned} b \\\\ c \\end{aligned}")]),
        ("\\[\n\\begin{aligned} b \\\\ c \\end{aligned} = a\n\\]", [(2, "\\begin{aligned} b \\\\ c \\end{aligned} = a")]),
        ("\\begin{verbatim}\n\\[ a = b \\]\n\\end{verbatim}\n", []),
        ("\\begin{comment}\n\\[ a = b \\]\n\\end{comment}\n", []),
        ("\\begin{lstlisting}\n\\[ a = b \\]\n\\[ c = d", []),
        ("\\verb|\\[ a = b \\]|", []),
        ("% \\[ a = b \\]\n", []),
        ("\\\\[5pt] a \\\\[2pt]", []),
        ("\\documentclass{a}\n\\[ a = b \\]\n\\begin{document}\n\\[ c = d \\]\n\\end{document}\n\\[ e = f \\]", [(4, "c = d")]),
        ("\\[\na = b % a % sign\n\\]", [(2, "a = b")]),
        ("\\[\na = 5\\% b\n\\]", [(2, "a = 5\\% b")]),
    ],
)
def test_rows(text: str, expected: list[tuple[int, str]]) -> None:
    assert rows(text) == expected


def test_labels_of_rows_intertext_and_hints() -> None:
    text = (
        "% derive: let \\beta in R ; free \\phi\n\\begin{align}\na &= b \\label{eq:one} \\\\\n\\intertext{and by symmetry}\n"
        "c &= d \\label{eq:two} \\\\\n% derive: expect refuted\n&= e \\notag\n\\end{align}\n"
    )
    (display,) = displays(note(text))
    assert [row.label for row in display.rows] == ["eq:one", "eq:two", ""]
    assert [row.reason for row in display.rows] == ["", "and by symmetry", ""]
    assert [hint.text for hint in display.hints] == ["let \\beta in R", "free \\phi", "expect refuted"]
    assert display.hints[-1].place.line == 6
    assert display.rows[2].source.place.line == 7


def test_declarations() -> None:
    text = "a\n%! derive\n%! size n ; index i in 1..n # letters\n%! x_i ~ Normal(0,\n%!   1)\n%! end\n\\[ a = b \\]"
    block, display = note(text).blocks
    assert isinstance(block, Declarations) and isinstance(display, Display)
    assert [(line.place.line, line.place.column, line.text) for line in block.lines][:2] == [
        (3, 4, "size n"),
        (3, 13, "index i in 1..n"),
    ]
    assert block.lines[2].text.split() == ["x_i", "~", "Normal(0,", "1)"]
    assert display.rows[0].source.place.line == 7


def test_a_block_without_end_ends_at_the_text() -> None:
    found = note("%! derive\n%! size n\n\\[ a = b \\]\n")
    assert len(found.blocks) == 2
    assert len(found.warnings) == 1


def test_declarations_above_the_document() -> None:
    found = note("\\documentclass{a}\n%! derive\n%! size n\n%! end\n\\begin{document}\n\\[ a = b \\]\n\\end{document}")
    assert [type(block) for block in found.blocks] == [Declarations, Display]


def test_macros() -> None:
    found = note(
        "\\newcommand{\\E}[2][q]{\\mathbb{E}_{#1}[#2]}\n\\renewcommand\\R{\\mathbb{R}}\n\\def\\two#1#2{#1#2}\n"
        "\\DeclareMathOperator*{\\argmax}{arg\\,max}\n% \\newcommand{\\no}{x}\n\\[ a = b \\]"
    )
    assert {name: (macro.arity, macro.default, macro.body) for name, macro in found.macros.items()} == {
        "E": (2, "q", "\\mathbb{E}_{#1}[#2]"),
        "R": (0, None, "\\mathbb{R}"),
        "two": (2, None, "#1#2"),
        "argmax": (0, None, "\\operatorname*{arg\\,max}"),
    }


def test_included_files(tmp_path: Path) -> None:
    inside = tmp_path / "note"
    inside.mkdir()
    (tmp_path / "secret.tex").write_text("\\[ s = s \\]")
    (inside / "part.tex").write_text("%! derive\n%! size n\n%! end\n\n\\[ c = d \\]\n\\input{main}")
    (inside / "link.tex").symlink_to(tmp_path / "secret.tex")
    main = inside / "main.tex"
    main.write_text("\\input{part}\n\\input{../secret}\n\\include{none}\n\\input{link}\n\\input{/etc/passwd}\n\\[ a = b \\]")
    found = read_note(main)
    assert [(row.source.place.file, row.source.place.line) for display in displays(found) for row in display.rows] == [
        ("part", 5),
        (None, 6),
    ]
    assert len(found.warnings) == 5
    assert not any(str(tmp_path) in warned.message for warned in found.warnings)


def test_files_too_deep(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"n{number}.tex").write_text(f"\\[ a_{number} = b \\]\n\\input{{n{number + 1}}}")
    found = read_note(tmp_path / "n0.tex")
    assert len(displays(found)) == 9
    assert "deep" in found.warnings[0].message


@pytest.mark.parametrize(
    "text", ["\\begin{align} a &= b", "\\[ a = b", "$$ a", "\\begin{align} {a \\\\ b \\end{align}", "\\begin{align}\\end{gather}"]
)
def test_unbalanced_text_is_a_warning(text: str) -> None:
    assert note(text).warnings


@pytest.mark.parametrize("space", [" ", "\n", "  \n"])
def test_a_space_behind_begin_and_end_is_passed_over(space: str) -> None:
    found = note(f"\\begin{space}{{align}} a &= b \\\\ &= c \\end{space}{{align}}\n\\[ u = v \\]")
    assert [[" ".join(row.source.text.split()) for row in display.rows] for display in displays(found)] == [
        ["a &= b", "&= c"],
        ["u = v"],
    ]
    assert not found.warnings


def test_files_imported_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "estep.tex").write_text("\\[ c = d \\]")
    main = tmp_path / "main.tex"
    main.write_text("\\import{parts/}{estep}\n\\subimport*{parts}{estep}\n\\import{..}{x}\n\\InputIfFileExists{parts/none}{}{}\n")
    found = read_note(main)
    assert len(displays(found)) == 2
    assert [warned.place.line for warned in found.warnings] == [3, 4]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\\begin{numcases}{f} a = b \\end{numcases}", "numcases"),
        ("\\begin{myalign} a = b \\end{myalign}", "myalign"),
        ("\\begin{subequations}\\begin{align} a &= b \\end{align}\\end{subequations}", ""),
        ("\\begin{center} a \\end{center}", ""),
        ("\\begin{math} a \\end{math}", ""),
        ("\\newcommand{\\eq}[1]{\\centering{}\\begin{equation}#1\\end{equation}}", "\\eq"),
        ("\\newenvironment{eq}{\\large $$}{$$}", "eq"),
        ("\\begin{align} a &= b \\\\ % &= c \\\\\n % &= d \\\\\n &= e \\end{align}", ""),
        ("\\begin{align} a &= b % &= c \\\\\n &= e \\end{align}", "swallows"),
    ],
)
def test_what_looks_like_a_display_and_is_not_read_is_said(text: str, told: str) -> None:
    found = note(text).warnings
    assert told in found[0].message if told else not found


@pytest.mark.parametrize(
    ("text", "read", "told"),
    [
        ("\\iffalse \\[ c = d \\] \\ifthenelse{a}{b}{c} \\fi \\[ a = b \\]", 1, ""),
        ("\\iffalse {\\[ c = d \\]} \\fi \\[ a = b \\]", 1, ""),
        ("\\[ a = b \\] \\iffalse \\[ c = d \\]", 1, "iffalse"),
        ("See \\url{http://x.org/a%20b}. \\[ a = b \\]", 1, ""),
        ("See \\href{http://x.org/a%20b}{there}. \\[ a = b \\]", 1, ""),
        ("\\lstinline|%| and \\mintinline{tex}|%| \\[ a = b \\]", 1, ""),
        ("\\def\\dm#1{\\[#1\\]} \\dm{a = b}", 0, "\\dm"),
        ("\\newcommand{\\dm}[1]{{\\[#1\\]}} \\dm{a = b}", 0, "\\dm"),
        ("\\newcommand{\\bee}{\\par\\noindent\\begin{equation*}} \\bee", 0, "\\bee"),
        ("\\def\\beq{\\begin {equation}} \\beq", 0, "\\beq"),
        ("\\begin{DispWithArrows} a = b \\end{DispWithArrows}", 0, "DispWithArrows"),
    ],
)
def test_what_hides_a_display_in_latex(text: str, read: int, told: str) -> None:
    found = note(text)
    assert len(displays(found)) == read
    assert told in found.warnings[0].message if told else not found.warnings
