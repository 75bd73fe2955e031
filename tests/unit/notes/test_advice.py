"""What is said of a row that did not come out: the message shows the row as it is written, and the help fits the message."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.advice import UNKNOWN, UNREAD, advice
from checks.notes import Step, check_note
from checks.witness import Witness
from derive.notes import read_note

DECLARATIONS = r"""
size n, k, d
index i in 1..n ; j, l, s in 1..k
data x_i in R ; v_i in R^d
latent z_i in 1..k
param \pi in simplex(k) ; \mu_j in R ; \sigma^2 in positive ; u, t in R
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, \sigma^2)
define X = (x_i)
frozen q_{ij} in simplex(k) over j ; A, B in R^{d x d}
define q(z_i=j) = q_{ij}
"""


def last(row: str, declarations: str = DECLARATIONS) -> Step:
    text = f"```derive\n{declarations}\n```\n\n{row if '$$' in row else f'$$ {row} $$'}\n"
    note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)
    assert not note.troubles, note.troubles
    return note.steps[-1]


UNREAD_ROWS = [
    (r"p(\{x_i\}) = \prod_i p(x_i)", r"a set of variables: \{x_i\}", "define X = (x_i)"),
    (r"u = \text{by (3)} + u", "words inside a formula: by (3)", "behind the formula"),
    (r"\sum_{i \in S} x_i = 0", r"a sum over a set: \sum_{i \in S}", r"\sum_{j \ne i}"),
    (r"\sum_{j < l} \pi_j = 0", "a sum over something that is no declared index: j < l", r"\sum_j \sum_{l \ne j}"),
    (r"\sum_{i=1}^{m} x_i = 0", "an upper limit that is no declared size: m", "`size m`"),
    (r"\pi_{ij} = 1", r"\pi_{ij} does not fit its declaration: \pi", r"write it as it was declared, \pi"),
    (r"\max(u, t) = u", r"an undeclared symbol: \max", "extrema and limits are not read"),
    (r"\lim_{u \to 0} u = 0", r"an undeclared symbol: \lim_{u \to 0}", "extrema and limits are not read"),
    (r"KL(q \| p) = u", "an undeclared symbol: K", r"\mathrm{KL}(..)"),
    (r"\sum_i a_i = 1", "an undeclared symbol: a_i", "`const a_i in R`"),
    (r"\mu^{old}_j = \mu_j", "an undeclared symbol: old", r"define \theta^{new}"),
    (r"\int u\,du = 0", "an integral over something that is no declared latent", "`latent z in R`"),
    (r"v_1 v_2 = 0", "a matrix product does not fit: a vector of length d times a vector of length d", "look for a transpose"),
    (r"v_1 = u", "two sides of different shapes: a vector of length d and a number", "look for a norm"),
    (r"v_1 + A = u", "a sum mixes shapes: a vector of length d and a matrix of d x d", "look for a norm"),
    (r"p(y) = p(y)", "not a variable of the declared model, nor a parameter: y", "p(x_i)"),
    (r"p(x_i \mid \Theta') = u", "not a variable of the declared model, nor a parameter", r"`define \Theta' = (\pi, \mu)`"),
    # The message says it itself.
    (r"\mathbf{1}^T v_1 = u", "a number in bold: a vector of ones is not read; try a sum", ""),
]


@pytest.mark.parametrize(("row", "message", "help_"), UNREAD_ROWS, ids=[row for row, _, _ in UNREAD_ROWS])
def test_the_help_fits_the_message(row: str, message: str, help_: str) -> None:
    step = last(row)
    assert step.verdict == "unread"
    assert step.message.startswith(message)
    assert help_ in advice(step) and bool(help_) == bool(advice(step))


HELPED = [
    r"p(X) = \prod_i p(x_i)",
    r"u = u \quad \text{by (3)}",
    r"\sum_j \sum_{l \ne j} \pi_j \pi_l = 1 - \sum_j \pi_j^2",
    r"\mathbb{1}[l=j] = \delta_{lj}",
    r"\log(\exp(1) \sigma^2) = 1 + \log \sigma^2",
    r"\sum_j q(z_i=j) \log q(z_i=j) = \sum_j q_{ij} \log q_{ij}",
    r"\lvert A \rvert \cdot \lvert B \rvert = \lvert A B \rvert",
    r"\arg\max_u (-u^2 + t) = \arg\max_u (-u^2)",
]


@pytest.mark.parametrize("row", HELPED)
def test_what_is_offered_instead_is_read(row: str) -> None:
    assert last(row).verdict in ("proved", "confirmed")


def test_what_a_declaration_lacks_is_named_and_no_place_in_the_row_is_blamed() -> None:
    lacking = DECLARATIONS + "\n" + r"define \theta^{old} = (\pi^{old}, \mu^{old})"
    step = last(r"w_{ij} = \pi_j", lacking + "\n" + r"posterior w_{ij} = p(z_i=j | x_i) at \theta^{old}")
    assert step.message.startswith(r"a posterior at some of the parameters only: \theta^{old} has no value of \sigma^{2}")
    assert step.span == (0, len(step.row.source.text)) and "name the others too" in advice(step)


def test_unknown_rows_say_what_would_settle_them() -> None:
    signs = last(r"|u| \cdot |t| = |u t|")
    assert signs.verdict == "unknown" and "positive" in advice(signs)
    bound = last(r"\log p(X) \ge \sum_i \sum_j q_{ij} \log p(x_i, z_i=j)")
    assert bound.verdict == "unknown" and "Jensen" in advice(bound)
    assert advice(last("u = u")) == ""


def test_every_help_is_of_a_message_of_its_own() -> None:
    for table in (UNREAD, UNKNOWN):
        begins = [pattern for pattern, _ in table]
        assert len(set(begins)) == len(begins)
