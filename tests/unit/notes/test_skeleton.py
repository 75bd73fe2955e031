"""Skeletons of declarations: the language takes every line, small notes can be read with them, and roles are guessed right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checks.notes import understood
from derive.notation.declarations import Dictionary
from derive.notes import Declarations, Display, Note, read_note
from derive.notes.entries import Lines, entries
from derive.notes.skeleton import skeleton

EXAMPLES = sorted(path for path in (Path(__file__).parents[3] / "examples").iterdir() if path.suffix in (".md", ".tex", ".ipynb"))

SCALARS = r"""
$$
\begin{aligned}
S(a) &= \sum_{i=1}^n (y_i - a)^2 \\
&= \sum_{i=1}^n y_i^2 - 2 a \sum_{i=1}^n y_i + n a^2
\end{aligned}
$$

$$
\frac{d S(a)}{d a} = -2 \sum_{i=1}^n (y_i - a)
$$
"""
LEAST_SQUARES = r"""
$$
L(\mathbf{w}) = \| \mathbf{y} - \mathbf{X} \mathbf{w} \|^2 + \lambda \mathbf{w}^\top \mathbf{w}
$$

$$
\nabla_{\mathbf{w}} L(\mathbf{w}) = -2 \mathbf{X}^\top (\mathbf{y} - \mathbf{X} \mathbf{w}) + 2 \lambda \mathbf{w}
$$

$$
\begin{aligned}
\mathbf{X}^\top (\mathbf{y} - \mathbf{X} \mathbf{w}) - \lambda \mathbf{w} &= 0 \\
\implies \mathbf{w} &= (\mathbf{X}^\top \mathbf{X} + \lambda \mathbf{I})^{-1} \mathbf{X}^\top \mathbf{y}
\end{aligned}
$$
"""
MIXTURE = r"""
$$
Q = \sum_{i=1}^n \sum_{j=1}^k w_{ij} \log \left( \pi_j \mathcal{N}(x_i \mid \mu_j, \Sigma_j) \right)
$$

$$
\nabla_{\mu_l} Q = \sum_{i=1}^n w_{il} \Sigma_l^{-1} (x_i - \mu_l)
$$

$$
w_{ij} = \frac{\pi_j \mathcal{N}(x_i \mid \mu_j, \Sigma_j)}{\sum_{l=1}^k \pi_l \mathcal{N}(x_i \mid \mu_l, \Sigma_l)}
$$
"""
PROBABILITIES = r"""
$$
p(z_i = j) = \pi_j
$$

$$
p(x_i | z_i = j) = \mathcal{N}(x_i | \mu_j, \Sigma_j)
$$
"""
POISSON = r"""\documentclass{article}
\newcommand{\rate}{\lambda}
\begin{document}
\begin{align}
\ell(\rate) &= \sum_{i=1}^{n} \left( x_i \log \rate - \rate - \log x_i! \right) \nonumber \\
&= \log \rate \sum_{i=1}^{n} x_i - n \rate - \sum_{i=1}^n \log x_i! \label{eq:l}
\end{align}
and so
\begin{align*}
\frac{\partial \ell(\rate)}{\partial \rate} &= \frac{1}{\rate} \sum_{i=1}^n x_i - n .
\end{align*}
\end{document}
"""
EXPONENTIAL_FAMILY = r"""
$$
p(x | \eta) = h(x) \exp\left( \eta T(x) - A(\eta) \right)
$$

$$
\log p(x | \eta) = \log h(x) + \eta T(x) - A(\eta)
$$

$$
\frac{d}{d\eta} \log p(x | \eta) = T(x) - \frac{d A(\eta)}{d\eta}
$$
"""
NOTES = {
    "scalars.md": SCALARS,
    "least-squares.md": LEAST_SQUARES,
    "mixture.md": MIXTURE,
    "poisson.tex": POISSON,
    "exponential-family.md": EXPONENTIAL_FAMILY,
}


def bare(note: Note) -> Note:
    """The note without its declarations."""
    return replace(note, blocks=tuple(block for block in note.blocks if isinstance(block, Display)))


def declarations(lines: list[str]) -> Declarations:
    text = "\n".join(lines)
    return Declarations(entries(text, 0, len(text), Lines(text)))


def unread(note: Note, lines: list[str]) -> list[str]:
    """What is not understood of a note with a skeleton pasted in."""
    told = understood(replace(note, blocks=(declarations(lines), *note.blocks)))
    return [line for line in told if ": unread" in line or "declaration not understood" in line]


def lines_of(text: str, name: str = "note.md") -> list[str]:
    return skeleton(read_note(Path(name), text))


def of(*rows: str) -> str:
    """The skeleton for displays of one row each."""
    return "\n".join(lines_of("\n\n".join(f"$$\n{row}\n$$" for row in rows)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_language_takes_every_line(path: Path) -> None:
    note = bare(read_note(path))
    dictionary = Dictionary(macros=note.macros)
    lines = skeleton(note)
    assert lines
    for line in declarations(lines).lines:
        dictionary.declare(line.text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_what_is_declared_is_not_listed(path: Path) -> None:
    assert skeleton(read_note(path)) == []


@pytest.mark.parametrize("name", NOTES)
def test_small_notes_are_read_with_their_skeleton(name: str) -> None:
    note = read_note(Path(name), NOTES[name])
    assert unread(note, []), "there is nothing to do"
    assert unread(note, skeleton(note)) == []


def test_the_model_in_comments_reads_what_only_a_model_can() -> None:
    note = read_note(Path("note.md"), PROBABILITIES + MIXTURE)
    lines = skeleton(note)
    assert "# z_i ~ Categorical(\\pi)" in lines
    assert "# x_i | z_i=j ~ Normal(\\mu_j, \\Sigma_j)" in lines
    assert unread(note, lines)
    first = next(number for number, line in enumerate(lines) if line.startswith("# the model"))
    assert unread(note, [*lines[:first], *(line.removeprefix("# ") for line in lines[first + 1 :])]) == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([r"A = \sum_{i=1}^n x_i"], ["size    n", "index   i in 1..n", "data    x_i in R", r"define  A = \sum_{i=1}^n x_i"]),
        ([r"\sum_{i=0}^n b_i = 1"], ["index   i in 0..n", "const   b_i in R"]),
        ([r"\mu_j = \mu_k"], ["index   j, k in 1..", "the range is a guess"]),
        ([r"\frac{\partial}{\partial a} (a^2 + b) = 2 a"], ["param   a in R", "const   b in R"]),
        ([r"\mathbf{a}^T \mathbf{b} = \mathbf{b}^T \mathbf{a}"], ["a in R^d ; b in R^d"]),
        ([r"\log |\Sigma| = -\log |\Sigma^{-1}|"], [r"param   \Sigma in spd(d)"]),
        ([r"\sigma^2 = \tau^{-1}", r"\sigma + \tau > 0"], [r"\sigma in positive", r"\tau in positive"]),
        ([r"\sum_z q(z) = 1"], ["latent  z in 1..K", "frozen  q(z) in simplex(K) over z"]),
        ([r"\sum_{n=1}^N \sum_{k=1}^K r_{nk} \| x_n - m_k \|^2 = J"], ["frozen  r_{nk} in simplex(K) over k", "m_k in R^d"]),
        ([r"g(x) + h = \log f(x, y)"], ["fun     g(x) in R", "fun     f(x, y) in positive"]),
        ([r"\nabla_\theta \log p(x; \theta) = 0"], [r"param   \theta in R^d", r"fun     p(x | \theta) in positive"]),
        ([r"\theta^y (1 - \theta)^{1 - y} = 1"], [r"param   \theta in unit", "data    y in bool"]),
        ([r"b^{(i)} = a^{(i)} + b^2", r"\sum_{i=1}^m a^{(i)} = 0"], ["a^{(i)} in R"]),
        ([r"L(\mu, \lambda) = f(\mu) + \lambda (g(\mu) - 1)"], [r"param   \lambda in positive  # R if it is a multiplier"]),
        ([r"Q(\theta) = \log p(x; \mu, \theta)", r"\nabla_\mu Q(\theta) = 0"], [r"define  \theta = (\mu)"]),
        ([r"\sum_{i=1}^k p_i \log \frac{p_i}{q_i} = D"], ["p_i in positive", "q_i in positive"]),
        ([r"\sum_{j=1}^k \phi_j = 1"], [r"param   \phi in simplex(k)"]),
        ([r"\mu_0 + \mu^{old} = \mu'"], [r"\mu_0", r"\mu^{\mathrm{old}}", r"\mu'"]),
    ],
)
def test_roles(rows: list[str], expected: list[str]) -> None:
    told = of(*rows)
    for part in expected:
        assert part in told


@pytest.mark.parametrize(
    "row", [r"\log e^2 = 2", r"2 \pi = \pi + \pi", r"\Gamma(1) = 1", "I I = I", r"1 + 1 = 2", r"\left( = 1", "é = 1"]
)
def test_what_is_built_in_or_cannot_be_read_is_not_declared(row: str) -> None:
    assert of(row) == ""


@pytest.mark.parametrize(
    "written", [r"\mathrm{KL}(q \| p)", r"D_{KL}(q \| p)", r"\operatorname{KL}(q(z) \| p(z))", r"KL(q \| p)"]
)
def test_a_divergence_is_known(written: str) -> None:
    told = of(rf"{written} = \sum_z q(z) \log \frac{{q(z)}}{{p(z)}}")
    declared = [line for line in told.splitlines() if not line.startswith("#")]
    assert "q(z) in simplex(" in told
    assert not any(word in line for line in declared for word in ("KL", "L(", "K in", "p in", "D_"))
    # As it stands the last one is a product.
    assert (r"write \mathrm{KL}(..)" in told) == written.startswith("KL")


def test_sizes_are_no_letters_of_another_kind() -> None:
    # K is a matrix here, and m runs to something else than M.
    told = of(r"\sum_k a_k K^{-1} b = a^T K b", r"\sum_m c_m = M^T v")
    sizes = told.splitlines()[0].removeprefix("size").replace(" ", "").split(",")
    assert not {"K", "M"} & set(sizes) and "K in spd(" in told and "M in R^{" in told
    # N^{-1} is one over their number.
    assert of(r"\mu = N^{-1} \sum_n x_n").startswith("size    N\n")
    # Half a d before the logarithm of 2 pi is the dimension, and no constant.
    told = of(r"\log p(x_n) = -\frac{d}{2} \log 2\pi - \frac12 \log |\Sigma| - \frac12 (x_n - \mu)^T \Sigma^{-1} (x_n - \mu)")
    assert r"\Sigma in spd(d)" in told and "x_n in R^d" in told and "d in R " not in told and "const" not in told


def test_only_what_is_missing_is_listed() -> None:
    told = lines_of("```derive\nsize n\nindex i in 1..n\ndata x_i in R\n```\n\n$$\n\\sum_{i=1}^n (x_i - \\mu_j) = 0\n$$\n")
    assert not any(word in line for line in told for word in ("x_i", "size    n", "index   i"))
    assert any(r"\mu_j in R" in line for line in told)


def test_declared_indices_and_sizes_are_used() -> None:
    told = lines_of(
        "```derive\nsize n, K\nindex i in 1..n ; k in 1..K\nindex c in 1..2\n```\n\n$$\n\\sum_k \\pi_k r_{ik} = \\pi_c\n$$\n"
    )
    assert any(r"\pi in simplex(K)" in line for line in told)
    assert any("r_{ik} in simplex(K) over k" in line for line in told)


def test_what_a_note_defines_or_lets_is_not_declared() -> None:
    told = lines_of("$$\nF := a + b\n$$\n\n<!-- derive: let c in R -->\n$$\nF = a + b + c - c\n$$\n")
    assert told == ["const   a in R ; b in R"]


def test_the_example_of_the_readme() -> None:
    readme = (EXAMPLES[0].parents[1] / "README.md").read_text()
    told = readme.split("`derive init note.md`")[1]
    formulas, block = told.split("$$")[1], told.split("```derive\n")[1].split("```")[0]
    assert of(*formulas.split(r", \qquad ")) == block.rstrip("\n")
