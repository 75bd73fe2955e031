"""Small notes and the verdict that each of their rows deserves; every right row has a wrong twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks import notes
from checks.notes import CheckedNote, Step, check_note, confirm_by_autodiff
from checks.witness import Witness
from derive.errors import DisagreementError
from derive.formula import Derivative, walk
from derive.notes import read_note

MIXTURE = r"""
size n, k
index i in 1..n ; j, l, s in 1..k
data x_i in R
latent z_i in 1..k
param \pi in simplex(k) ; \mu_j in R ; \sigma_j in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, \sigma_j^2)
define \theta = (\pi, \mu, \sigma) ; X = (x_i) ; Z = (z_i)
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
define Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)
"""
DENSITIES = r"""
size K, r
latent z in 1..K
data x in R
param \theta in R^r
frozen \theta^t in R^r
fun p(x, z | \theta) in positive
define p(x | \theta) = \sum_z p(x, z | \theta) ; p(z | x, \theta) = p(x, z | \theta) / p(x | \theta)
frozen q(z) in simplex(K) over z
"""
SCALARS = r"""
size n
index i in 1..n
data x_i in R
param \mu in R ; \tau in positive
const a in R ; b in positive
"""


def checked(declarations: str, *displays: str) -> CheckedNote:
    body = "\n\n".join(display if display.startswith("<!--") else f"$$\n{display}\n$$" for display in displays)
    text = f"```derive\n{declarations}\n```\n\n{body}\n"
    return check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)


def verdict(declarations: str, *displays: str) -> str:
    """The verdict of the last row."""
    note = checked(declarations, *displays)
    assert not note.troubles, note.troubles
    return note.steps[-1].verdict


ROWS = [
    # sums, their scope, and letters
    (SCALARS, r"\sum_{i=1}^n (x_i - \mu) = \sum_i x_i - n \mu", r"\sum_{i=1}^n (x_i - \mu) = \sum_i x_i - \mu"),
    (SCALARS, r"\sum_i x_i - \mu = \left(\sum_i x_i\right) - \mu", r"\sum_i x_i - \mu = \sum_i (x_i - \mu)"),
    (SCALARS, r"\sum_i x_i + b x_i = (1 + b) \sum_i x_i", r"\sum_i x_i + b x_i = b \sum_i x_i"),
    (SCALARS, r"\log b \tau = \log b + \log \tau", r"\log b \tau = \log b \cdot \log \tau"),
    (SCALARS, r"a / 2 b = \frac{a}{2 b}", r"a / 2 b = \frac{a}{2} b"),
    (SCALARS, r"1/2 (a + b) = \frac{a + b}{2}", r"1/2 (a + b) = \frac{1}{2 (a + b)}"),
    (
        SCALARS,
        r"\frac{\partial}{\partial \mu} \sum_i (x_i-\mu)^2 = -2 \sum_i (x_i - \mu)",
        r"\frac{\partial}{\partial \mu} \sum_i (x_i-\mu)^2 = 2 \sum_i (x_i - \mu)",
    ),
    (SCALARS, r"\frac{d^2}{d\mu^2} (a - \mu)^2 = 2", r"\frac{d^2}{d\mu^2} (a - \mu)^2 = -2"),
    (
        SCALARS,
        r"-\frac{(a-\mu)^2}{2} = -\frac{\mu^2}{2} + a \mu + \text{const}",
        r"-\frac{(a-\mu)^2}{2} = -\frac{\mu^2}{2} + \text{const}",
    ),
    (SCALARS, r"b e^{-b \mu} \propto e^{-b \mu}", r"b e^{-b \mu} \propto e^{b \mu}"),
    (SCALARS, r"(a - \mu)^2 \ge 0", r"(a - \mu)^2 + 1 \le 0"),
    # the model
    (MIXTURE, r"p(x_i) = \sum_j p(x_i, z_i=j)", r"p(x_i) = \sum_j p(x_i | z_i=j)"),
    (MIXTURE, r"p(z_i=j | x_i) = \frac{p(x_i | z_i=j) \pi_j}{p(x_i)}", r"p(z_i=j | x_i) = \frac{p(x_i | z_i=j)}{p(x_i)}"),
    (MIXTURE, r"\log p(X | \theta) = \sum_i \log \sum_j p(x_i, z_i=j)", r"\log p(X | \theta) = \sum_i \sum_j \log p(x_i, z_i=j)"),
    (MIXTURE, r"E_{Z | X; \theta_t}[\log p(X, Z; \theta)] = Q", r"E_{Z | X; \theta}[\log p(X, Z; \theta)] = Q"),
    (
        MIXTURE,
        r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}",
        r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s}",
    ),
    (MIXTURE, r"\sum_j w_{ij} = 1", r"\sum_i w_{ij} = 1"),
    # unknown densities
    (
        DENSITIES,
        r"\log p(x | \theta) \ge \sum_z q(z) \log \frac{p(x, z | \theta)}{q(z)}",
        r"\log p(x | \theta) \le \sum_z q(z) \log \frac{p(x, z | \theta)}{q(z)}",
    ),
    (
        DENSITIES,
        r"\nabla_\theta \log p(x | \theta) = \sum_z p(z | x, \theta) \nabla_\theta \log p(x, z | \theta)",
        r"\nabla_\theta \log p(x | \theta) = \sum_z p(z | x, \theta^t) \nabla_\theta \log p(x, z | \theta)",
    ),
]


@pytest.mark.parametrize(("declarations", "right", "wrong"), ROWS, ids=[right[:40] for _, right, _ in ROWS])
def test_a_right_row_is_proved_and_its_wrong_twin_refuted(declarations: str, right: str, wrong: str) -> None:
    assert verdict(declarations, right) == "proved"
    assert verdict(declarations, wrong) == "refuted"


IMPLICATIONS = [
    (
        r"\sum_i (x_i - \mu) &= 0 \\ \implies \mu &= \frac{1}{n} \sum_i x_i",
        r"\sum_i (x_i - \mu) &= 0 \\ \implies \mu &= \sum_i x_i",
    ),
    (r"a \tau &= b \\ \implies a &= \frac{b}{\tau}", r"a \tau &= b \\ \implies a &= b \tau"),
]


@pytest.mark.parametrize(("right", "wrong"), IMPLICATIONS)
def test_what_follows_from_an_equation(right: str, wrong: str) -> None:
    good = checked(SCALARS, rf"\begin{{aligned}} {right} \end{{aligned}}".replace(r"\\ ", "\\\\\n")).steps
    assert [step.verdict for step in good] == ["defined", "proved"]
    assert (
        checked(SCALARS, rf"\begin{{aligned}} {wrong} \end{{aligned}}".replace(r"\\ ", "\\\\\n")).steps[-1].verdict == "refuted"
    )


def test_a_division_by_what_may_vanish_does_not_follow() -> None:
    rows = "\\begin{aligned} a \\mu &= a \\\\\n\\implies \\mu &= 1 \\end{aligned}"
    assert checked(SCALARS, rows).steps[-1].verdict == "refuted"


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        (r"\mu_s = \frac{\sum_i w_{is} x_i}{\sum_i w_{is}}", "proved"),
        (r"\mu_s = \frac{\sum_i w_{is} x_i}{n}", "refuted"),
        (r"\sigma_s^2 = \frac{\sum_i w_{is} (x_i-\mu_s)^2}{\sum_i w_{is}}", "proved"),
        (r"\sigma_s = \frac{\sum_i w_{is} (x_i-\mu_s)^2}{\sum_i w_{is}}", "refuted"),
        (r"\pi_s = \frac{1}{n} \sum_i w_{is}", "proved"),
        (r"\pi_s = \sum_i w_{is}", "refuted"),
    ],
)
def test_maximisers(solution: str, expected: str) -> None:
    parameter = solution.split("_")[0] + "_s"
    hint = f"<!-- derive: maximises (eq-Q) over {parameter if 'pi' not in parameter else chr(92) + 'pi'} -->"
    first = "Q = \\sum_i \\sum_j w_{ij} \\log p(x_i, z_i=j)"
    text = f"```derive\n{MIXTURE}\n```\n\n$$\n{first}\n$$ (eq-Q)\n\n{hint}\n$$\n{solution}\n$$\n"
    note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)
    assert not note.troubles
    assert note.steps[-1].verdict == expected


UNREAD = [
    (SCALARS, r"y = 1", "undeclared"),
    (SCALARS, r"\sum_q x_q = 1", "undeclared"),
    (SCALARS, r"x = 1", "undeclared"),
    (MIXTURE, r"\frac{\partial Q}{\partial p(x_i)} = 1", "ill-formed"),
    (SCALARS, r"\left( \mu = 1", "brackets"),
    (SCALARS, r"\frac{\mu}{2 = 1", "brackets"),
    (SCALARS, r"9^{9^{9}} = 1", "limit"),
    (SCALARS, r"\mu \pm 1 = 2", "ambiguous"),
]


@pytest.mark.parametrize(("declarations", "row", "code"), UNREAD)
def test_what_cannot_be_read_is_said_and_is_no_pass(declarations: str, row: str, code: str) -> None:
    step: Step = checked(declarations, row).steps[-1]
    assert step.verdict == "unread" and not step.passes
    assert step.row.code == code


def test_the_nearest_declared_symbol_is_named() -> None:
    step = checked(SCALARS, r"\mv = 1").steps[-1]
    assert "undeclared" in step.message


def test_vectors_keep_their_shapes() -> None:
    vectors = "size d\nparam m in R^d ; S in spd(d)\nconst v in R^d"
    assert verdict(vectors, r"\nabla_m (v - m)^T S (v - m) = -2 S (v - m)") == "proved"
    assert verdict(vectors, r"\nabla_m (v - m)^T S (v - m) = -2 S^{-1} (v - m)") == "refuted"
    assert verdict(vectors, r"v + S = v") == "unread"
    assert verdict(vectors, r"\frac{\partial}{\partial S} \log |S| = S^{-1}") == "proved"
    assert verdict(vectors, r"\| v - m \|^2 = v^T v - 2 v^T m + m^T m") == "proved"


def test_an_expected_mistake_passes_only_when_it_is_one() -> None:
    hint = "<!-- derive: expect refuted -->"
    assert checked(SCALARS, hint, r"a + b = a").steps[-1].passes
    assert not checked(SCALARS, hint, r"a + b = b + a").steps[-1].passes


def test_skipped_and_defined_rows_claim_nothing() -> None:
    assert verdict(SCALARS, '<!-- derive: skip "known" -->', r"a = b") == "skipped"
    assert verdict(SCALARS, r"F := a + b") == "defined"
    note = checked(SCALARS, r"F := a + b")
    assert not note.passes  # nothing was checked


def test_definitions_of_displays_are_used_later() -> None:
    assert verdict(SCALARS, r"F(\mu) := (a - \mu)^2", r"\frac{d F}{d \mu} = -2 (a - \mu)") == "proved"
    assert verdict(SCALARS, r"F(\mu) := (a - \mu)^2", r"\frac{d F}{d \mu} = 2 (a - \mu)") == "refuted"


def test_a_row_after_a_wrong_one_is_judged_against_what_is_written() -> None:
    rows = "\\begin{aligned} (a+b)^2 &= a^2 + b^2 \\\\\n&= b^2 + a^2 \\end{aligned}"
    assert [step.verdict for step in checked(SCALARS, rows).steps] == ["refuted", "proved"]


def test_both_readings_of_an_undecided_posterior_are_told() -> None:
    undecided = MIXTURE.replace(r"at \theta_t", "")
    (step,) = checked(undecided, r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}").steps
    assert step.verdict == "proved" and step.reading == "held"
    assert dict(step.readings) == {"held": "proved", "moving": "refuted"}


def test_freed_weights_hold_for_one_display() -> None:
    lagrangian = (
        r"\frac{\partial}{\partial \pi_s} \left( Q + \lambda (\sum_j \pi_j - 1) \right) = \frac{\sum_i w_{is}}{\pi_s} + \lambda"
    )
    assert verdict(MIXTURE, r"<!-- derive: let \lambda in R ; free \pi -->", lagrangian) == "proved"
    assert verdict(MIXTURE, r"<!-- derive: let \lambda in R ; free \pi -->", lagrangian, r"\sum_j \pi_j = 1") == "proved"


CURRENT = {
    "a tuple of marked letters": (r"define \theta_t = (\pi_t, \mu_t, \sigma_t)", r"\theta_t"),
    "another mark": (r"define \theta_0 = (\pi_0, \mu_0, \sigma_0)", r"\theta_0"),
    "a word": (
        r"define \theta_{\mathrm{old}} = (\pi_{\mathrm{old}}, \mu_{\mathrm{old}}, \sigma_{\mathrm{old}})",
        r"\theta_{\mathrm{old}}",
    ),
    "a superscript": (r"define \theta^{(t)} = (\pi^{(t)}, \mu^{(t)}, \sigma^{(t)})", r"\theta^{(t)}"),
    "no tuple": ("", r"\theta_t"),
    "written out": ("", r"(\pi_t, \mu_t, \sigma_t)"),
    "a single letter": ("", r"\mu_t"),
}


@pytest.mark.parametrize(("define", "at"), CURRENT.values(), ids=CURRENT)
def test_a_mark_is_no_index_so_weights_at_the_current_parameters_are_held(define: str, at: str) -> None:
    """\\mu_t is \\mu at theta_t, not the family \\mu_j at j = t: taken so, weights that are held would move."""
    declarations = MIXTURE.replace(r"at \theta_t", f"at {at}").replace("posterior", f"{define}\nposterior")
    false = (
        r"\frac{\partial}{\partial \mu_s} \sum_i \log \sum_j p(x_i, z_i=j) = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}",
        r"\frac{\partial w_{is}}{\partial \mu_s} = w_{is} (1 - w_{is}) \frac{x_i - \mu_s}{\sigma_s^2}",
    )
    for row in false:
        assert verdict(declarations, row) in ("refuted", "unread")
    if at.startswith(r"\theta"):
        held = r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}"
        assert verdict(declarations, held) == "proved"


@pytest.mark.parametrize("row", [r"(a - \mu)^2 \ge 1", r"b + \tau \ge 1"])
def test_a_false_bound_is_never_confirmed_by_points_alone(row: str) -> None:
    assert verdict(SCALARS, row) in ("refuted", "unknown")


def test_a_posterior_at_parameters_with_an_index_is_another_at_each_of_its_values() -> None:
    """Kept under the names of its parameters alone, the posterior of round 1 would stand for that of round 2."""
    rounds = (
        MIXTURE.replace("size n, k", "size n, k, T")
        .replace("j, l, s in 1..k", "j, l, s in 1..k ; t in 1..T")
        .replace(r"posterior w_{ij} = p(z_i=j | x_i) at \theta_t", "")
        .replace(r"define Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)", "")
        + r"""frozen \pi_{t,j} in simplex(k) over j ; \mu_{t,j} in R ; \sigma_{t,j} in positive
define \theta_t = (\pi_{t,j}, \mu_{t,j}, \sigma_{t,j})
posterior w_{t,i,j} = p(z_i=j | x_i) at \theta_t"""
    )
    assert verdict(rounds, r"\sum_{t=1}^{2} w_{t,i,j} = w_{1,i,j} + w_{2,i,j}") == "proved"
    assert verdict(rounds, r"\sum_{t=1}^{2} w_{t,i,j} = 2 w_{1,i,j}") == "refuted"
    assert verdict(rounds, r"w_{1,i,j} = w_{t,i,j}") == "refuted"
    assert verdict(rounds, r"\sum_j w_{t,i,j} = 1") == "proved"


TWO = """
size n, k
index i, h in 1..n ; j, l in 1..k
data x_i in R
latent z_i in 1..k
param \\mu_j in R ; \\pi in simplex(k) ; \\tau in positive ; \\lambda in R
z_i ~ Categorical(\\pi)
x_i | z_i=j ~ Normal(\\mu_j, 1)
posterior w_{ij} = p(z_i=j | x_i)
define g(\\tau) = \\tau^2 + 1
"""
NEVER_ACCEPTED = [
    # members of one family at free indices may be the same one
    r"p(z_i=j) p(z_i=l) = p(z_i=j, z_i=l)",
    r"p(z_i=j \mid x_h) = \pi_j",
    r"\sum_{z_i} \log p(x_h, z_h) = k \log p(x_h, z_h)",
    r"\sum_{z_i} p(z_i) p(z_h) = p(z_i)",
    r"\sum_i \sum_{z_i} p(z_i) \mu_{z_h} = n \mu_{z_h}",
    # a latent that is not named is summed over
    r"\sum_{z_i} p(z_i) \log p(x_i) = \sum_{z_i} p(z_i) \log p(x_i \mid z_i)",
    # an expectation is one over what it names, given what it names
    r"\mathbb{E}_{z_h \sim p(z_i \mid x_i)}[\mu_{z_i}] = \sum_j w_{ij} \mu_j",
    r"\mathbb{E}_{z_i \sim p(z_i \mid x_i)}[\mu_{z_h}] = \sum_j w_{hj} \mu_j",
    r"\mathbb{E}[\mu_{z_i} \mid x_h] = \sum_j w_{ij} \mu_j",
    r"\mathbb{E}_{z_h}[\mu_{z_i}] = \sum_j w_{ij} \mu_j",
    r"\mathbb{E}[\mu_{z_i} \mid z_i] = \sum_j w_{ij} \mu_j",
    r"\mathbb{E}^2[\mu_{z_i}] = \mathbb{E}[\mu_{z_i}]",
    # a function is one of its argument
    r"g(\lambda) = \tau^2 + 1",
    r"g(\mu_j) = \tau^2 + 1",
    # a product with zero is not zero where a factor is undefined
    r"\tau = \tau + 0 \cdot \frac{1}{0}",
    r"\tau = \tau + 0 \cdot \log(-1)",
    # scripts mean something
    r"\log_2 \tau = \log \tau",
    r"\psi'(\tau) = \psi(\tau)",
    r"\Gamma'(\tau) = \Gamma(\tau)",
    r"\psi_1(\tau) = \psi(\tau)",
    r"\cos'(\tau) = \cos(\tau)",
    r"\cos^{-1}(\tau) \cos(\tau) = 1",
    r"\sin^2(\tau) = \sin(\tau^2)",
    r"\cos \tau = \cos(\tau)",
    r"I_0(\tau) = I_1(\tau)",
    r"I_2(\tau) = I_0(\tau)",
    r"\tau^{(2)} = \tau^2",
    r"-^2 \tau = -\tau",
]


@pytest.mark.parametrize("row", NEVER_ACCEPTED)
def test_a_false_or_ill_formed_row_is_never_accepted(row: str) -> None:
    assert verdict(TWO, row) in ("refuted", "unread")


@pytest.mark.parametrize(
    "row",
    [
        r"\sum_{z_i} p(z_i) \log p(x_i) = \log p(x_i)",
        r"\sum_{z_i} p(z_i) p(x_h) = p(x_h)",
        r"\mathbb{E}_{z_i \sim p(z_i \mid x_i)}[\mu_{z_i}] = \sum_j w_{ij} \mu_j",
        r"\mathbb{E}[\mu_{z_i} \mid x_i] = \sum_j w_{ij} \mu_j",
        r"\mathbb{E}_{z_i \sim p(z_i)}[\mu_{z_i}] = \sum_j \pi_j \mu_j",
        r"g(\lambda) = \lambda^2 + 1",
        r"g(\mu_j) = \mu_j^2 + 1",
        r"\Gamma'(\tau) = \Gamma(\tau) \psi(\tau)",
        r"\cos^2(\tau) + \sin^2(\tau) = 1",
        r"\frac{\partial}{\partial \tau} \log I_0(\tau) = I_1(\tau) / I_0(\tau)",
        r"p(x_i \mid z_i=j) \propto \exp(-\tfrac12 (x_i - \mu_j)^2)",
        r"2 \lambda = 6 \implies \lambda = 3",
    ],
)
def test_their_right_twins_are_proved(row: str) -> None:
    assert verdict(TWO, row) == "proved"


def test_members_that_are_assumed_to_differ_are_independent() -> None:
    assert verdict(TWO + r"assume i \ne h", r"p(z_i=j \mid x_h) = \pi_j") == "proved"


def test_an_assumed_bound_is_no_licence_and_no_trap() -> None:
    assumed = SCALARS + r"assume \mu > 0 ; a > \mu"
    assert verdict(assumed, r"|\mu| = \mu") == "proved"  # the assumption is the letter's domain
    assert verdict(assumed, r"|a - \mu| = a - \mu") == "unknown"
    assert verdict(assumed, r"|a - \mu| = \mu - a") == "refuted"
    assert verdict(assumed, r"\mu \ge a") in ("refuted", "unknown")
    assert verdict(SCALARS, r"|\mu| = \mu") == "refuted"


def test_a_tuple_is_no_value() -> None:
    assert verdict(SCALARS + "define X = (x_i)", r"\sum_i X = \sum_i x_i") == "unread"


def test_only_a_full_set_of_parameters_is_put_in_at_a_bar() -> None:
    partly = r"\frac{\partial Q}{\partial \mu_s} |_{\mu=\mu_t} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}"
    assert verdict(MIXTURE, partly) == "unread"


def explained(declarations: str, *displays: str) -> CheckedNote:
    """A note checked with everything that is said beside the verdicts."""
    body = "\n\n".join(f"$$\n{display}\n$$" for display in displays)
    return check_note(read_note(Path("note.md"), f"```derive\n{declarations}\n```\n\n{body}\n"), Witness(autodiff=False))


def test_what_moving_weights_leave_is_shown_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "DIAGNOSIS_SECONDS", 60.0)  # what is found must not depend on how busy the machine is
    undecided = MIXTURE.replace(r"at \theta_t", "")
    row = r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}"
    (step,) = explained(undecided, row).steps
    assert step.leftover is not None and step.leftover.verdict == "proved"
    assert any(isinstance(node, Derivative) for node in walk(step.leftover.claim.rhs))


def test_with_the_entropy_nothing_is_left() -> None:
    whole = MIXTURE.replace(r"at \theta_t", "").replace(r"p(x_i, z_i=j)" + "\n", r"\frac{p(x_i, z_i=j)}{w_{ij}}" + "\n")
    row = r"\frac{\partial Q}{\partial \mu_s} = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}"
    (step,) = explained(whole, row).steps
    assert dict(step.readings) == {"held": "proved", "moving": "proved"} and step.leftover is None


@pytest.mark.parametrize(
    ("rows", "remark"),
    [
        (("(a+b)^2", "a^2 + b^2", "a^2 + b^2 + 2 a b"), "equals its beginning all the same (proved), although line"),
        (("(a+b)^2", "a^2 + b^2", "b^2 + a^2"), "does not equal its beginning"),
        (("(a+b)^2", "a^2 + 2 a b + b^2", "b^2 + a^2 + 2 a b"), ""),
    ],
)
def test_whether_the_end_of_a_chain_is_right_although_a_step_is_wrong(rows: tuple[str, ...], remark: str) -> None:
    display = "\\begin{aligned}\n" + " \\\\\n&= ".join(rows) + "\n\\end{aligned}"
    last = explained(SCALARS, display).steps[-1]
    assert remark in last.remark and bool(remark) == bool(last.remark)


def test_derivatives_that_passed_are_taken_by_jax_too() -> None:
    note = checked(SCALARS, r"\frac{\partial}{\partial \mu} \sum_i (x_i-\mu)^2 = -2 \sum_i (x_i - \mu)", r"a + b = b + a")
    confirm_by_autodiff(note, Witness())
    first, second = (step.findings[0].evidence for step in note.steps)
    assert first is not None and first.autodiff is not None and first.autodiff < 1e-9
    assert second is not None and second.autodiff is None


def test_a_derivative_that_jax_takes_otherwise_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def differ(self: Witness, claim: object) -> float:
        raise DisagreementError("planted")

    note = checked(SCALARS, r"\frac{d}{d \mu} \mu^2 = 2 \mu")
    monkeypatch.setattr(Witness, "by_autodiff", differ)
    confirm_by_autodiff(note, Witness())
    assert note.steps[0].verdict == "unknown" and note.steps[0].defect


AT_BARS = TWO.replace(
    "posterior w_{ij} = p(z_i=j | x_i)",
    r"""posterior r_{ij} = p(z_i=j | x_i) at \theta
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
define \theta = (\pi, \mu, \tau, \lambda) ; \theta_t = (\pi_t, \mu_t, \tau_t, \lambda_t)
define L(\theta) = \sum_i \log p(x_i) ; N_j = \sum_i w_{ij}
define Q(\theta; \theta_t) = \sum_i \sum_j w_{ij} \log (\pi_j p(x_i | z_i=j))
define R(\theta; \theta_t) = \sum_j N_j \mu_j""",
)
SLOPE = r"\frac{\partial}{\partial \mu_l}"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"r_{ij} |_{\theta = \theta_t} = w_{ij}", r"w_{ij} |_{\theta = \theta_t} = r_{ij}"),
        (r"w_{ij} = w_{ij} |_{\theta = \theta_t}", r"r_{ij} = r_{ij} |_{\theta = \theta_t}"),
        (r"L(\theta) |_{\theta = \theta_t} = L(\theta_t)", r"L(\theta) |_{\theta = \theta_t} = L(\theta)"),
        (
            rf"{SLOPE} Q(\theta; \theta_t) |_{{\theta=\theta_t}} = {SLOPE} L(\theta) |_{{\theta=\theta_t}}",
            rf"{SLOPE} Q(\theta; \theta_t) = {SLOPE} L(\theta) |_{{\theta=\theta_t}}",
        ),
        (
            r"Q(\theta; \theta) = \sum_i \sum_j r_{ij} \log (\pi_j p(x_i | z_i=j))",
            r"Q(\theta; \theta) = \sum_i \sum_j w_{ij} \log (\pi_j p(x_i | z_i=j))",
        ),
        (r"R(\theta; \theta) = \sum_i \sum_j r_{ij} \mu_j", r"R(\theta; \theta) = R(\theta; \theta_t)"),
    ],
)
def test_theta_t_is_told_from_theta(right: str, wrong: str) -> None:
    assert verdict(AT_BARS, right) == "proved"
    assert verdict(AT_BARS, wrong) == "refuted"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (r"a + 1 = \mu", r"\mu = 1 + a", "proved"),
        (r"2 \mu - 6 = 0", r"\mu = 3", "proved"),
        (r"\mu = a", r"\mu^2 = a^2", "refuted"),
        (r"\mu = a", r"2 \mu = 2 a + \mu^2 - a^2", "refuted"),
    ],
)
def test_an_equivalence_is_one_in_both_directions(first: str, second: str, expected: str) -> None:
    rows = f"\\begin{{aligned}} {first.replace('=', '&=')} \\\\\n\\iff {second.replace('=', '&=')} \\end{{aligned}}"
    assert checked(SCALARS, rows).steps[-1].verdict == expected


def test_the_derivative_of_one_of_a_family_is_a_claim_and_that_of_an_objective_an_equation() -> None:
    family = SCALARS + r"define h_i = (x_i - \mu)^2"
    assert verdict(family, r"\frac{\partial h_i}{\partial \mu} = 0") == "refuted"
    assert verdict(family, r"\frac{\partial}{\partial \mu} \sum_i h_i = 0") == "defined"


CONTINUOUS = r"""
size n
index i in 1..n
data y_i in R ; c_i in N
latent w_i in positive ; \lambda_i in positive
param \mu in R ; \sigma in positive ; a in positive ; b in positive
w_i ~ Gamma(a, b)
y_i | w_i ~ Normal(\mu, \sigma^2/w_i)
\lambda_i ~ Gamma(a, b)
c_i | \lambda_i ~ Poisson(\lambda_i)
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            r"E[w_i \mid y_i] = \frac{2a + 1}{2b + (y_i-\mu)^2/\sigma^2}",
            r"E[w_i \mid y_i] = \frac{2a}{2b + (y_i-\mu)^2/\sigma^2}",
        ),
        (r"E[\lambda_i \mid c_i] = \frac{a + c_i}{b + 1}", r"E[\lambda_i \mid c_i] = \frac{a + c_i}{b}"),
        (r"E[\log w_i] = \psi(a) - \log b", r"E[\log w_i] = \log E[w_i]"),
        (r"E[w_i^2] = \frac{a (a + 1)}{b^2}", r"E[w_i^2] = E[w_i]^2"),
        (r"E[(w_i - a/b)^2] = a/b^2", r"E[(w_i - a/b)^2] = a/b"),
        (
            r"E[(2 w_i - \mu) (w_i + 1)] = 2 E[w_i^2] + (2 - \mu) a/b - \mu",
            r"E[(2 w_i - \mu) (w_i + 1)] = (2 a/b - \mu) (a/b + 1)",
        ),
    ],
)
def test_means_of_continuous_latents(right: str, wrong: str) -> None:
    assert verdict(CONTINUOUS, right) == "proved"
    assert verdict(CONTINUOUS, wrong) == "refuted"


def test_the_evidence_of_a_rate_is_negative_binomial() -> None:
    counts = r"p(c_i) = \frac{\Gamma(a + c_i)}{\Gamma(a) \Gamma(c_i+1)} \left(\frac{b}{b+1}\right)^a"
    assert verdict(CONTINUOUS, counts + r" \left(\frac{1}{b+1}\right)^{c_i}") in ("proved", "confirmed")
    assert verdict(CONTINUOUS, counts) == "refuted"


MOMENTS = (
    TWO.replace(r"param \mu_j in R", r"param \mu_j in R ; m_j in R^d").replace("size n, k", "size n, k, d")
    + r"""
const u in R^d ; v in R^d
index a, b in 1..d
"""
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            r"\operatorname{Var}_{z_i \mid x_i}[\mu_{z_i}] = \sum_j w_{ij} \mu_j^2 - \left(\sum_j w_{ij} \mu_j\right)^2",
            r"\operatorname{Var}_{z_i \mid x_i}[\mu_{z_i}] = \sum_j w_{ij} \mu_j^2 - \sum_j w_{ij} \mu_j",
        ),
        (
            r"\operatorname{Cov}(m_{z_i}, \mu_{z_i} \mid x_i) = \sum_j w_{ij} \mu_j m_j - \sum_j w_{ij} \mu_j \sum_l w_{il} m_l",
            r"\operatorname{Cov}(m_{z_i}, \mu_{z_i} \mid x_i) = \sum_j w_{ij} \mu_j m_j",
        ),
        (r"(u \odot v)_a = u_a v_a", r"(u \odot v)_a = u_a + v_a"),
        (r"(2 u v^T \odot I_d)_{ab} = 2 \delta_{ab} u_a v_b", r"(2 u v^T \odot I_d)_{ab} = 2 u_a v_b"),
    ],
)
def test_variances_and_entrywise_products(right: str, wrong: str) -> None:
    assert verdict(MOMENTS, right) == "proved"
    assert verdict(MOMENTS, wrong) == "refuted"


def test_what_a_product_leaves_out_counts_as_one() -> None:
    assert verdict(TWO, r"\prod_{l \ne j} \pi_l = \frac{\prod_l \pi_l}{\pi_j}") in ("proved", "confirmed")
    assert verdict(TWO, r"\prod_{l \ne j} \pi_l = \prod_l \pi_l") == "refuted"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            r"\log p(x | \theta) = \sum_z q(z) \log \frac{p(x, z | \theta)}{q(z)} + \mathrm{KL}(q(z) \| p(z | x, \theta))",
            r"\log p(x | \theta) = \sum_z q(z) \log \frac{p(x, z | \theta)}{q(z)} - \mathrm{KL}(q(z) \| p(z | x, \theta))",
        ),
        (r"D_{KL}(q \| p(z | x, \theta)) \ge 0", r"D_{KL}(q \| p(z | x, \theta)) \le 0"),
        (
            r"\operatorname{KL}(q \| p(z | x, \theta)) = E_{q(z)}[\log q(z)] - E_{q(z)}[\log p(z | x, \theta)]",
            r"\operatorname{KL}(q \| p(z | x, \theta)) = \operatorname{KL}(p(z | x, \theta) \| q)",
        ),
    ],
)
def test_divergences(right: str, wrong: str) -> None:
    assert verdict(DENSITIES, right) == "proved"
    assert verdict(DENSITIES, wrong) == "refuted"


BOUNDS = r"""
size n, k
index i in 1..n ; j in 1..k
data x_i in R
param \sigma in positive ; p in simplex(k) ; \rho in unit ; b in R
const c in nonnegative
"""


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r"\sigma > 0", "proved"),
        (r"0 < \sigma < \sigma + 1", "proved"),
        (r"\exp(-b) > 0", "proved"),
        (r"b^2 + 1 > 0", "proved"),
        (r"\rho < 1", "proved"),
        (r"p_j > 0", "proved"),
        (r"\sum_j p_j^2 > 0", "proved"),
        (r"-\frac{n}{\sigma^2} < 0", "proved"),
        # may be equal somewhere
        (r"b^2 > 0", "unknown"),
        (r"\sum_i x_i^2 > 0", "unknown"),
        (r"\log \sigma < \sigma - 1", "unknown"),
        (r"p_j < 1", "unknown"),  # k may be 1
        (r"\sigma < \sigma", "unknown"),
        # certainly violated, the second where it is zero
        (r"\sigma < \sigma^2", "refuted"),
        (r"c > 0", "refuted"),
        (r"b > 0", "refuted"),
        (r"\frac{n}{\sigma^2} < 0", "refuted"),
    ],
)
def test_a_strict_bound_shuts_equality_out(row: str, expected: str) -> None:
    assert verdict(BOUNDS, row) == expected


def test_numbers_of_choices_are_zero_where_there_are_too_few() -> None:
    sizes = "size n\nparam M in N"
    assert verdict(sizes, r"\binom{n}{2} = \frac{n(n-1)}{2}") == "proved"
    assert verdict(sizes, r"\binom{M}{2} + \binom{M}{1} = \binom{M+1}{2}") == "proved"
    assert verdict(sizes, r"\binom{n}{2} = \frac{n(n+1)}{2}") == "refuted"
    assert verdict(sizes, r"\binom{n}{3} = \frac{n!}{3!(n-3)!}") == "unknown"
    assert verdict(sizes, r"\binom{n}{3} = \frac{n!}{2!(n-3)!}") == "refuted"


@pytest.mark.parametrize(
    "end",
    [
        r"\forall j",
        r"\forall i, j",
        r"\text{for all } j",
        r", \quad j = 1, \dots, k",
        r", \quad j = 1, 2, \dots, k.",
        r"\quad (j = 1, \dots, k)",
        r"\quad \forall j \in \{1, \dots, k\}",
    ],
)
def test_quantifiers_claim_nothing_more(end: str) -> None:
    assert verdict(BOUNDS, rf"p_j + b = b + p_j {end}") == "proved"


@pytest.mark.parametrize(
    "end",
    [
        r", \quad b = x_1 + \dots + x_n",
        r", \quad b = 1, \dots, 5",
        r", \quad j = 5, \dots, k",
        r"\forall j, \quad b = 5",
        r"\forall b = 1, \dots, k",
        r"\text{for } b = 1, \dots, k",
        r", \quad j = 1, \dots, n",
        r"(b = 1, \dots, k)",
    ],
)
def test_a_second_claim_behind_a_comma_is_not_dropped(end: str) -> None:
    assert verdict(BOUNDS, rf"p_j + b = b + p_j {end}") == ("refuted" if end.endswith("b = 5") else "unread")


def test_a_gradient_set_to_zero_may_be_written_out_in_the_next_row() -> None:
    right = checked(MIXTURE, r"0 &= \frac{\partial Q}{\partial \mu_s} \\ &= \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}")
    assert [step.verdict for step in right.steps] == ["defined", "proved"]
    wrong = checked(MIXTURE, r"0 &= \frac{\partial Q}{\partial \mu_s} \\ &= \sum_i w_{is} (x_i - \mu_s)")
    assert [step.verdict for step in wrong.steps] == ["defined", "refuted"]


def test_a_maximiser_may_be_given_up_to_a_factor_on_the_simplex() -> None:
    objective = r"""
$$ Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j) $$ (eq-q)

<!-- derive: maximises (eq-q) over \pi -->
$$ \pi_j \propto %s $$
"""
    for value, expected in ((r"\sum_i w_{ij}", "proved"), (r"(\sum_i w_{ij})^2", "refuted")):
        text = f"```derive\n{MIXTURE}\n```\n{objective % value}"
        note = check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)
        assert note.steps[-1].verdict == expected


def test_a_step_that_may_use_a_constraint_set_free_is_not_refuted() -> None:
    hint = r"<!-- derive: let \lambda in R ; free \pi -->"
    rows = (
        r"\frac{\sum_i w_{il}}{\pi_l} + \lambda &= 0 \\ \implies \pi_l &= %s \frac{\sum_i w_{il}}{\lambda}"
        r"\\ \implies \lambda &= -n"
    )
    assert [s.verdict for s in checked(MIXTURE, hint, rows % "-").steps] == ["defined", "proved", "unknown"]
    assert checked(MIXTURE, hint, rows % "").steps[1].verdict == "refuted"


FAR = r"""
size n, k
index i in 1..n ; j in 1..k
data t_i in R
param \beta in R ; \theta_j in R ; \tau in positive ; \rho in unit ; g in R
const M in Z ; N in N
"""


@pytest.mark.parametrize(
    "row",
    [
        r"\sqrt{(2+\beta)^2} = 2+\beta",
        r"|\beta - 2| = 2-\beta",
        r"|t_i-300| = 300-t_i",
        r"\log((\theta_j+3)^2) = 2\log(\theta_j+3)",
        r"\frac{d}{d\beta}|\beta+3| = 1",
        r"\sqrt{(\beta+9)(g+9)} = \sqrt{\beta+9}\sqrt{g+9}",
        r"|\tau - \frac{1}{10}| = \tau - \frac{1}{10}",
        r"|\rho - \frac1{10}| = \rho - \frac1{10}",
        r"|\log \tau + 3| = \log \tau + 3",
        r"|M-10| = 10-M",
        r"|N-50| = 50-N",
        r"e^{\log(\beta+9)} = \beta+9",
        r"e^{\sum_i \log(2(2+t_i))} = 2^n \prod_i (2+t_i)",
        r"(k-1)(k-2)(k-3) = 0",
        r"(n-1)(k-1)(n-2)(k-2) = 0",
        r"|n-5| = 5-n",
        r"|\beta + 3| \le 3 + \beta",
        r"(M+3)(M+2)(M-2)(M-3)(M-4)(M-5) = 0",
        r"\frac{M}{M} = 1",
    ],
)
def test_what_turns_far_out_is_looked_at_there(row: str) -> None:
    assert verdict(FAR, row) == "refuted"


def test_sizes_beyond_the_roots_of_a_polynomial_are_tried() -> None:
    """It vanishes at every size that is tried otherwise."""
    vanishing = " ".join(f"(n - {root})" for root in range(1, 21))
    assert verdict(FAR, rf"\beta {vanishing} = 0") == "refuted"
    assert verdict(FAR, rf"\beta {vanishing} - {vanishing} \beta = 0") == "proved"


def test_where_roots_branch_points_do_not_settle_it() -> None:
    """The kink lies where no point is tried."""
    assert verdict(FAR, r"|\beta^2 + \beta^4 - 10^{12}| = 10^{12} - \beta^2 - \beta^4") not in ("proved", "confirmed")
    assert verdict(FAR, r"|\beta|^2 = \beta^2") == "proved"
    assert verdict(FAR, r"\sqrt{\beta^2 + 1} \sqrt{\beta^2 + 1} = \beta^2 + 1") == "proved"


SOLVED = r"""
size k
index j, l in 1..k
param t in positive ; p in unit ; q in simplex(k)
const b in positive ; c_j in positive
"""


@pytest.mark.parametrize(
    ("equation", "left", "value", "expected"),
    [
        ("t + b", "t", "-b", "unknown"),
        ("t^2 - b", "t", r"-\sqrt b", "unknown"),
        ("t^2 - b", "t", r"\sqrt b", "proved"),
        ("p - b", "p", "b", "unknown"),
        ("q_j - c_j", "q_j", "c_j", "unknown"),
        (r"q_j - c_j / \sum_l c_l", "q_j", r"c_j / \sum_l c_l", "proved"),
    ],
)
def test_a_solution_lies_in_the_domain_of_its_letter(equation: str, left: str, value: str, expected: str) -> None:
    name = "F_j" if left == "q_j" else "F"
    hint = f"<!-- derive: solves (eq-f) = 0 for {left[0]} -->"
    text = f"```derive\n{SOLVED}\n```\n\n$$ {name} := {equation} $$ (eq-f)\n\n{hint}\n$$ {left} = {value} $$\n"
    assert check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False).steps[-1].verdict == expected


PAIRS = "size n, k\nindex i, m in 1..n ; j, l in 1..k\nconst a_i in R ; c_{jl} in positive"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r"\left(\sum_i a_i\right)^2 = \sum_i a_i^2 + \sum_{i \ne m} a_i a_m", "proved"),
        (r"\left(\sum_i a_i\right)^2 = \sum_i a_i^2 + 2 \sum_{i \ne m} a_i a_m", "refuted"),
        (r"\sum_{i \ne m} a_i = \sum_i a_i - a_m", "proved"),
        (r"a_m \sum_i a_i = a_m^2 + \sum_{i \ne m} a_i a_m", "proved"),
        (r"\sum_{i \ne m} a_i a_m = (\sum_i a_i)^2 - \sum_i a_i^2", "unread"),
        (r"\sum_{j \ne j} c_{jj} = 0", "unread"),
    ],
)
def test_sums_over_letters_that_differ(row: str, expected: str) -> None:
    assert verdict(PAIRS, row) == expected


@pytest.mark.parametrize("assumed", [r"\sum_l c_{1l} = 1", r"\sum_j c_{jj} = 1"])
def test_an_assumed_sum_of_one_row_says_nothing_of_the_others(assumed: str) -> None:
    assert verdict(f"{PAIRS}\nassume {assumed}", r"\sum_l c_{jl} = 1") not in ("proved", "confirmed")
    assert verdict(rf"{PAIRS}\nassume \sum_l c_{{jl}} = 1".replace(r"\n", "\n"), r"\sum_l c_{jl} = 1") == "proved"


def test_assumptions_are_followed_from_one_to_the_next() -> None:
    declared = "param u in R ; v in R ; w in R\nconst a in R\nassume u = v ; v = w ; w = a"
    assert verdict(declared, "u = a") in ("proved", "confirmed")
    assert verdict(declared, "u = 2 a") == "refuted"


def test_an_assumption_on_sizes_is_kept_or_said_not_to_be() -> None:
    assert verdict("size n, k\nassume n > k", r"n \ge k") != "refuted"
    assert verdict("size n, k\nindex i in 1..n\nparam u in R\nassume n = 3", r"\sum_i u = 3 u") == "unknown"


@pytest.mark.parametrize(
    "line",
    [
        r"define u = \mu^2",
        r"define x_i = \mu",
        "size u",
        r"x_i ~ Normal(\mu, 1)",
        "param n in R",
        "data u in R",
        "define f = u\ndefine f = u + 1",
        "size k\nindex i in 1..k",
    ],
)
def test_contradictory_declarations_are_errors(line: str) -> None:
    declared = f"size n\nindex i in 1..n\ndata x_i in R\nparam u in R ; \\mu in R\nx_i ~ Normal(u, 1)\n{line}"
    assert checked(declared, "u = u").troubles


def test_marks_are_words_and_their_letters_no_indices() -> None:
    declared = "size N, k\nindex n in 1..N ; j, l in 1..k\ndata x_n in R\nparam \\mu^{new} in R ; \\mu_j^{old} in R"
    slope = r"\frac{\partial}{\partial\mu^{new}}\sum_n(x_n-\mu^{new})^2 = -2"
    assert verdict(declared, slope + r"\sum_n(x_n-\mu^{new})") == "proved"
    assert verdict(declared, slope + r"(x_n-\mu^{new})") == "refuted"
    assert verdict(declared, r"\sum_j\mu_j^{old} = \sum_l\mu_l^{\text{old}}") == "proved"


def test_no_two_sizes_are_tied_at_all_points() -> None:
    declared = (
        "size N, K, D, M\nindex n in 1..N ; k in 1..K ; d in 1..D ; m in 1..M\n"
        "const x_{nd} in R ; \\theta_{km} in R ; \\alpha in R"
    )
    sums = r"\sum_n\sum_k\sum_d\sum_m"
    left = rf"{sums}(x_{{nd}}\theta_{{km}}+\alpha) = {sums} x_{{nd}}\theta_{{km}} + "
    assert verdict(declared, left + r"NKDM\alpha") == "proved"
    for wrong in (r"(K+1)KDM\alpha", r"N(D+1)DM\alpha", r"NK(M+1)M\alpha"):
        assert verdict(declared, left + wrong) == "refuted"


@pytest.mark.parametrize(
    ("declared", "row", "expected"),
    [
        ("const T in N\nparam \\tau in positive", r"\tau^T = \tau", "refuted"),
        ("const T in N\nparam \\tau in positive", r"\log\tau^T = T\log\tau", "proved"),
        ("size d\nparam W in R^{d x d}", r"\|W\|_2 = \|W\|_F", "unread"),
        ("size d\nparam W in R^{d x d}", r"\|W\|_F^2 = \operatorname{tr}(W^T W)", "proved"),
        ("size n\ndata y in R^n", r"y^T \mathbf 1 \mathbf 1^T y = y^T y", "unread"),
        ("param b in R", r"b = \cdot b", "unread"),
        ("param b in R", r"b \cdot = b", "unread"),
        ("param b in R\nconst g in R", r"\frac{d}{d b} (b-g)(b+g) = b + g", "unread"),
        ("param b in R\nconst g in R", r"\frac{d}{d b} \left[(b-g)(b+g)\right] = 2 b", "proved"),
    ],
)
def test_what_stands_there_is_read_or_not(declared: str, row: str, expected: str) -> None:
    assert verdict(declared, row) == expected


def test_an_implication_has_its_premise_at_all_indices() -> None:
    declared = "size k\nindex j, l in 1..k\nparam \\phi in simplex(k) ; \\tau in positive\nconst b_j in positive"
    assert verdict(declared, r"\frac{b_j}{\phi_j} = \tau \implies \phi_j = \frac{b_j}{\sum_l b_l}") != "refuted"
    assert verdict(declared, r"\frac{b_j}{\phi_j} = \tau \implies \phi_j = \frac{b_j}{2 \tau}") == "refuted"


def test_a_dummy_is_no_part_of_a_declared_name() -> None:
    definitions = "define A(\\mu) = (\\mu - \\mu^0)^2"
    declared = f"param \\mu in R ; v in R\nconst \\mu^0 in R\n{definitions}"
    assert verdict(declared, r"A(v) = (v-\mu^0)^2") == "proved"
    assert verdict(declared, "A(v) = (v - 1)^2") == "refuted"


SOFTMAX = r"""
size n, k, d
index i in 1..n ; j, l, s in 1..k
data x_i in R
param \sigma in positive ; a_j in R ; \mu in R ; \beta in R^d ; \tau_j in positive ; u in R
const A in R^{d x d}
define p_j = \frac{e^{a_j}}{\sum_l e^{a_l}}
"""
SOFTMAX_SLOPE = r"\frac{\partial p_j}{\partial a_s} = \begin{cases} p_j (1-p_j) & %s \\ %s p_j p_s & %s \end{cases}"
BY_SQUARE = r"\frac{\partial}{\partial \sigma^2}"
LOG_LIKELIHOOD = r"\left( -\frac{n}{2} \log \sigma^2 - \frac{1}{2\sigma^2} \sum_i (x_i-\mu)^2 \right)"


@pytest.mark.parametrize(
    ("first", "sign", "second", "expected"),
    [
        (r"\text{if } j = s", "-", r"\text{if } j \ne s", "proved"),
        ("j = s,", "-", r"\text{otherwise.}", "proved"),
        (r"j \ne s", "-", "j = s", "refuted"),
        ("j = s", "+", r"\text{else}", "refuted"),
        ("j = s", "-", "j = l", "unread"),
        ("u > 0", "-", r"\text{otherwise}", "unread"),
    ],
)
def test_cases_of_indices(first: str, sign: str, second: str, expected: str) -> None:
    assert verdict(SOFTMAX, SOFTMAX_SLOPE % (first, sign, second)) == expected


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\nabla_\beta^2 \tfrac12 \beta^T A \beta = \tfrac12 (A + A^T)", r"\nabla^2_\beta \tfrac12 \beta^T A \beta = A"),
        (
            rf"{BY_SQUARE} {LOG_LIKELIHOOD} = -\frac{{n}}{{2\sigma^2}} + \frac{{1}}{{2\sigma^4}}\sum_i (x_i-\mu)^2",
            rf"{BY_SQUARE} {LOG_LIKELIHOOD} = -\frac{{n}}{{\sigma}} + \frac{{1}}{{\sigma^3}}\sum_i (x_i-\mu)^2",
        ),
        (
            r"\frac{\partial^2}{\partial (\sigma^2)^2} \log \sigma^2 = -\frac{1}{\sigma^4}",
            r"\frac{\partial}{\partial \sigma^2} \log \sigma = \frac{1}{\sigma}",
        ),
        (
            r"\frac{\partial^2}{\partial \sigma^2} \log \sigma = -\frac{1}{\sigma^2}",
            r"\nabla_{\sigma^2} \log \sigma = \frac{1}{\sigma}",
        ),
        (r"\nabla_{\tau_s^2} \sum_j \tau_j^4 = 2 \tau_s^2", r"\frac{\partial}{\partial \tau_s^2} \sum_j \tau_j^4 = 4 \tau_s^3"),
    ],
)
def test_second_gradients_and_derivatives_by_squares(right: str, wrong: str) -> None:
    assert verdict(SOFTMAX, right) == "proved"
    assert verdict(SOFTMAX, wrong) == "refuted"


def test_a_square_has_a_slope_only_where_its_root_is_positive() -> None:
    assert verdict(SOFTMAX, r"\frac{\partial}{\partial u^2} u^4 = 2 u^2") == "unread"


DIAGONAL = r"""
size d, n
index i in 1..n
param \Psi in diag(d) ; \rho in (0, 1) ; \tau in (0, \infty) ; \mu in R^d
data x_i in R^d
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\Psi = \Psi^T", r"\Psi = 2 \Psi^T"),
        (r"\log|2\Psi| = d \log 2 + \log|\Psi|", r"\log|2\Psi| = \log 2 + \log|\Psi|"),
        (r"\nabla_\mu \log \mathcal{N}(x_i | \mu, \Psi) = \Psi^{-1} (x_i - \mu)", r"\Psi x_i x_i^T = x_i x_i^T \Psi"),
        (r"\sqrt{\tau^2} = \tau", r"\tau \ge 1"),
        (r"1 - \rho > 0", r"\rho \ge \frac12"),
    ],
)
def test_diagonal_matrices_and_intervals(right: str, wrong: str) -> None:
    assert verdict(DIAGONAL, right) == "proved"
    assert verdict(DIAGONAL, wrong) == "refuted"


def test_a_report_says_what_a_proof_takes_for_granted() -> None:
    from checks.note_outline import provided

    steps = checked("param a in R ; b in R ; c in positive", r"a b = c \iff a = c/b", r"\frac{a c}{c} = a").steps
    assert [step.verdict for step in steps] == ["proved", "proved"]
    assert provided(steps[0]) == ["b is not 0"] and provided(steps[1]) == []


def test_a_frozen_simplex_is_closed() -> None:
    declared = "size n, k\nindex i in 1..n ; j in 1..k\nfrozen w_{ij} in simplex(k) over j"
    assert verdict(declared, r"w_{ij} > 0") == "unknown"
    assert verdict(declared, r"w_{ij} \ge 0") == "proved"


PARTS = """size n, k, d
index i in 1..n ; j in 1..k ; t in 2..k ; v in 1..d ; w in 2..d
data u_{ij} in nonnegative ; y_i in N^d
param \\theta_j in R ; r_{ij} in positive
"""


@pytest.mark.parametrize(
    ("assumed", "true", "wrong"),
    [
        (r"\theta_{} > 0", r"\theta_j > 0", r"\theta_1 > 0"),
        (r"\theta_{} \ge 0", r"\theta_j \ge 0", r"\theta_1 \ge 0"),
        (r"\theta_{} > 0", r"(\theta_j^2)^{1/2} = \theta_j", r"(\theta_1^2)^{1/2} = \theta_1"),
        (r"\theta_{} in unit", r"\theta_j < 1", r"\theta_1 < 1"),
        (r"\sum_i u_{{i{}}} > 0", r"\sum_{i=1}^n u_{ij} > 0", r"\sum_{i=1}^n u_{i1} > 0"),
    ],
)
def test_what_is_assumed_over_a_part_of_a_range_is_not_of_all(assumed: str, true: str, wrong: str) -> None:
    """What holds for t = 2, .., k is not known of the first member."""
    assert verdict(f"{PARTS}assume {assumed.format('j')}", true) == "proved"
    for row in (true, wrong):
        assert verdict(f"{PARTS}assume {assumed.format('t')}", row) not in ("proved", "confirmed")


def test_matrices_of_which_a_part_is_assumed_to_be_definite() -> None:
    """At k = 1 there is none, and nothing is assumed."""
    declared = f"{PARTS}data x_i in R^d\nconst C_j in sym(d)\nassume C_t in spd(d)"
    assert verdict(declared, r"x_i^T C_t x_i \ge 0") != "refuted"
    for row in (r"x_i^T C_1 x_i \ge 0", r"x_i^T C_j x_i \ge 0", r"|C_1| > 0"):
        assert verdict(declared, row) not in ("proved", "confirmed")
    assert verdict(declared, r"C_1 C_1^{-1} = I_d") == "proved"


def test_counts_of_which_a_part_is_not_always_zero_may_be_zero_elsewhere() -> None:
    row = r"\sum_{i=1}^n y_{iv} > 0"
    assert verdict(rf"{PARTS}assume \sum_i y_{{iv}} > 0", row) == "proved"
    assert verdict(rf"{PARTS}assume \sum_i y_{{iw}} > 0", row) not in ("proved", "confirmed")


def test_rows_of_which_a_part_sums_to_one_need_not_all_do() -> None:
    for assumed in (r"\sum_{t=2}^k r_{it} = 1", r"\sum_{j=1}^k r_{mj} = 1"):
        declared = f"{PARTS}index m in 2..n\nassume {assumed}"
        assert verdict(declared, r"\sum_{j=1}^k r_{ij} = 1") not in ("proved", "confirmed")


def test_what_is_assumed_of_one_member_is_not_of_all() -> None:
    declared = "size k\nindex j in 1..k\nparam \\theta_j in R\nassume \\theta_1 > 0"
    assert verdict(declared, r"e^{\log(\theta_2+3)} = \theta_2+3") not in ("proved", "confirmed")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r"\theta_k^2 + c_k = \theta_k^2 + c", "unread"),  # c has lost its index
        (r"\theta_k^2 + c_k = \theta_k^2 + C", "proved"),
        (r"\theta_k^2 + c_k = \theta_k + \text{const}", "refuted"),
        (r"\theta_k \approx 7", "skipped"),
    ],
)
def test_constants_that_are_not_declared(row: str, expected: str) -> None:
    assert verdict("size K\nindex k in 1..K\nparam \\theta_k in R\nconst c_k in R", row) == expected


def test_an_objective_may_be_given_its_arguments() -> None:
    definition = r"Q(\theta;\theta_t) := \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)"
    declared = MIXTURE.replace("define \\theta = (\\pi, \\mu, \\sigma) ; ", "define ").replace("\ndefine Q = ", "\ndefine Q_0 = ")
    slope = r"\frac{\partial}{\partial \mu_s} Q(\theta;\theta_t) = \sum_i w_{is} \frac{x_i - \mu_s}{\sigma_s^2}"
    assert [step.verdict for step in checked(declared, definition, slope).steps] == ["defined", "proved"]


@pytest.mark.parametrize("word", ["mean", "signal", "latent", "kernel", "gen"])
def test_words_below_a_letter_are_no_indices(word: str) -> None:
    declared = f"size N, K\nindex n, i, m in 1..N ; k, l in 1..K\nparam s_{{{word}}} in positive"
    row = rf"\frac{{\partial}}{{\partial s_{{{word}}}}}\sum_n\log s_{{{word}}} = "
    assert verdict(declared, row + rf"\frac{{1}}{{s_{{{word}}}}}") == "refuted"
    assert verdict(declared, row + rf"\frac{{N}}{{s_{{{word}}}}}") == "proved"


def test_a_row_with_a_left_side_of_its_own_is_no_step_of_a_chain() -> None:
    rows = r"\mu + a &= a + \mu \\ b \mu &= a + \mu"
    remarks = [step.remark for step in checked(SCALARS, rf"\begin{{aligned}} {rows} \end{{aligned}}").steps]
    assert remarks == ["", ""]


@pytest.mark.parametrize("written", ["bool", "{0, 1}", r"\{0,1\}", "0..1"])
def test_binary_data_are_declared_as_one_writes_it(written: str) -> None:
    declarations = f"size n\nindex i in 1..n\ndata y_i in {written}\nparam q in unit\ny_i | q ~ Bernoulli(q)"
    assert verdict(declarations, r"\log p(y_i | q) = y_i \log q + (1 - y_i) \log (1 - q)") == "proved"
    assert verdict(declarations, r"\log p(y_i | q) = y_i \log q + (1 + y_i) \log (1 - q)") == "refuted"


def test_a_superscript_that_nothing_declares_is_no_power() -> None:
    (step,) = checked("size d\nparam \\mu in R^d", r"\mu^{old} = \mu").steps
    assert step.verdict == "unread" and step.message is not None and r"`define \theta^{old} = (\mu^{old}, ..)`" in step.message
    (step,) = checked("size d\nparam \\mu in R^d", r"\mu^2 = \mu").steps
    assert step.message == "a vector to a power: 2; try its norm"


def test_a_mean_over_a_prior_is_said_to_be_unread() -> None:
    declarations = "const a, b in positive\nparam \\theta in unit\n\\theta ~ Beta(a, b)"
    (step,) = checked(declarations, r"\mathbb{E}[\theta] = a / (a + b)").steps
    assert step.verdict == "unread" and step.message is not None and "where \\theta has a prior" in step.message


TWO_GRADIENTS = r"""```derive
size n, k
index i in 1..n ; j, s in 1..k
data x_i in N
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
posterior r_{ij} = p(z_i=j | x_i)
define Q = \sum_i \sum_j r_{ij} \log p(x_i, z_i=j) ; \ell = \sum_i \log p(x_i)
```

$$
\begin{aligned}
\frac{\partial Q}{\partial \lambda_s} &= \sum_i r_{is} (x_i / \lambda_s - 1) \\
SECOND
\end{aligned}
$$
"""


@pytest.mark.parametrize(
    ("second", "verdicts"),
    [
        # The weights are held in the gradient of Q, and move in that of the likelihood: two chains, each with its own reading.
        (r"\frac{\partial \ell}{\partial \lambda_s} &= \sum_i r_{is} (x_i / \lambda_s - 1)", ["proved", "proved"]),
        (r"\frac{\partial \ell}{\partial \lambda_s} &= \sum_i r_{is} (x_i / \lambda_s + 1)", ["proved", "refuted"]),
        # One chain has one reading from its first row to its last.
        (r"&= \frac{\partial \ell}{\partial \lambda_s}", ["proved", "refuted"]),
    ],
)
def test_each_chain_of_a_display_has_its_own_reading_of_the_weights(second: str, verdicts: list[str]) -> None:
    note = read_note(Path("note.md"), TWO_GRADIENTS.replace("SECOND", second))
    assert [step.verdict for step in check_note(note, Witness(autodiff=False), diagnosed=False).steps] == verdicts
