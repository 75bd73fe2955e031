"""What hints say of rows, what factors must be free of, what a definition may not change; each right row has a wrong twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.notes import CheckedNote, check_note
from checks.witness import Witness
from derive.notes import read_note

POISSONS = r"""
size n, k
index i in 1..n ; j, l in 1..k
data x_i in N
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive
const c_j in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
define \theta = (\pi, \lambda) ; \theta_t = (\pi_t, \lambda_t)
posterior w_{ij} = p(z_i=j | x_i) at \theta_t
define N_j = \sum_i w_{ij}
"""
OBJECTIVE = r"Q := \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)"
RATE = r"\frac{\sum_i w_{ij} x_i}{N_j}"


def checked(declarations: str, *displays: str) -> CheckedNote:
    body = "\n\n".join(display if display.startswith(("<!--", "$$")) else f"$$\n{display}\n$$" for display in displays)
    text = f"```derive\n{declarations}\n```\n\n{body}\n"
    return check_note(read_note(Path("note.md"), text), Witness(autodiff=False), diagnosed=False)


def verdicts(declarations: str, *displays: str) -> list[str]:
    note = checked(declarations, *displays)
    assert not note.troubles, note.troubles
    return [step.verdict for step in note.steps]


def verdict(declarations: str, *displays: str) -> str:
    """The verdict of the last row."""
    return verdicts(declarations, *displays)[-1]


def hinted(hint: str, rows: str, objective: str = OBJECTIVE, declarations: str = POISSONS) -> list[str]:
    """The verdicts of the rows below a hint that speaks of (eq-q)."""
    labelled = f"$$\n{objective}\n$$ (eq-q)"
    return verdicts(declarations, labelled, f"<!-- derive: {hint} -->\n$$\n\\begin{{aligned}}{rows}\\end{{aligned}}\n$$")[1:]


JOINTLY = r"maximises (eq-q) over \pi, \lambda_j"


@pytest.mark.parametrize("hint", [JOINTLY, r"maximises (eq-q) over \theta"])
def test_every_row_that_gives_the_value_of_a_hinted_parameter_is_judged_by_the_hint(hint: str) -> None:
    assert hinted(hint, rf"\pi_j &= N_j/n \\ \lambda_j &= {RATE}") == ["proved", "proved"]
    assert hinted(hint, rf"\lambda_j &= {RATE} \\ \pi_j &= N_j/n") == ["proved", "proved"]
    first, second = hinted(hint, r"\pi_j &= N_j/n \\ \lambda_j &= \frac{\sum_i w_{ij} x_i}{n}")
    assert first == "proved" and second in ("refuted", "unknown")


def test_below_a_hint_a_row_that_only_names_something_uses_nothing_up() -> None:
    one = r"maximises (eq-q) over \lambda_j"
    assert hinted(one, r"S_j &:= \sum_i w_{ij} x_i \\ \lambda_j &= S_j/N_j") == ["defined", "proved"]
    assert hinted(one, r"S_j &:= \sum_i w_{ij} x_i \\ \lambda_j &= S_j/n") == ["defined", "refuted"]
    assert hinted(one, rf"\lambda_j \\ &= {RATE}") == ["defined", "proved"]
    assert hinted(one, r"\lambda_j \\ &= \frac{\sum_i w_{ij} x_i}{n}") == ["defined", "refuted"]
    assert hinted(one, rf"\hat\lambda_j \\ &= {RATE}") == ["defined", "proved"]
    assert hinted(one, r"\hat\lambda_j \\ &= n") == ["defined", "refuted"]


def test_a_row_that_goes_on_is_compared_with_the_row_before() -> None:
    one = r"maximises (eq-q) over \lambda_j"
    assert hinted(one, rf"\lambda_j &= {RATE} \\ &= \frac{{1}}{{N_j}} \sum_i w_{{ij}} x_i") == ["proved", "proved"]
    assert hinted(one, rf"\lambda_j &= {RATE} \\ &= \sum_i w_{{ij}} x_i") == ["proved", "refuted"]


def test_in_one_row_only_the_first_relation_is_judged_by_the_hint() -> None:
    over = r"maximises (eq-q) over \pi"
    assert hinted(over, r"\pi_j = N_j/n = \frac{1}{n} \sum_i w_{ij}") == ["proved"]
    assert hinted(over, r"\pi_j = N_j/n = \sum_i w_{ij}") == ["refuted"]
    assert hinted(over, r"\pi_j = \frac{1}{k} = \frac{1}{k}") == ["refuted"]


def test_solutions_of_an_equation_in_several_rows() -> None:
    declared = "param u in R ; v in R\nconst a in R ; b in R"
    gradient = r"g := u + v - a"
    assert hinted("solves (eq-q) = 0 for u, v", r"u &= a - v \\ v &= a - u", gradient, declared) == ["proved", "proved"]
    assert hinted("solves (eq-q) = 0 for u, v", r"u &= a - v \\ v &= a + u", gradient, declared) == ["proved", "refuted"]


@pytest.mark.parametrize(
    "left",
    [
        r"\hat\lambda_j :=",
        r"\hat\lambda_j \leftarrow",
        r"\hat\lambda_j \equiv",
        r"\lambda_j :=",
        r"\lambda_j \triangleq",
        r"\lambda_j^{(t+1)} \leftarrow",
        r"\lambda_j^{new} :=",
        r"\lambda_j^{\text{new}} =",
        r"\lambda_j^\star =",
    ],
)
def test_an_estimate_is_judged_whatever_its_sign(left: str) -> None:
    one = r"maximises (eq-q) over \lambda_j"
    assert hinted(one, f"{left} {RATE}") == ["proved"]
    assert hinted(one, f"{left} n") == ["refuted"]
    assert hinted(JOINTLY, rf"\pi_j &= N_j/n \\ {left} n")[-1] in ("refuted", "unknown")


def test_an_estimate_has_its_value_in_later_rows() -> None:
    one = r"maximises (eq-q) over \lambda_j"
    assert hinted(one, rf"\hat\lambda_j &:= {RATE} \\ N_j \hat\lambda_j &= \sum_i w_{{ij}} x_i") == ["proved", "proved"]
    assert hinted(one, rf"\hat\lambda_j &:= {RATE} \\ \hat\lambda_j &= \sum_i w_{{ij}} x_i") == ["proved", "refuted"]


def test_a_value_that_is_used_is_still_judged() -> None:
    one = r"maximises (eq-q) over \lambda_j"
    assert hinted(one, r"\lambda_j &= 3 \\ \implies \lambda_j^2 &= 9")[0] == "refuted"
    assert hinted(one, r"\lambda_j &= 0 \\ \implies \lambda_j^2 &= 0")[0] in ("refuted", "unknown")


@pytest.mark.parametrize("left", [r"\lambda_j^{old} =", r"\lambda_j^{abc} =", r"\lambda_j^{(t)} ="])
def test_other_marks_are_no_new_values(left: str) -> None:
    assert hinted(r"maximises (eq-q) over \lambda_j", f"{left} {RATE}") == ["unread"]


@pytest.mark.parametrize(
    "hint",
    [
        "expect proved",
        "expect",
        "from (eq-zz)",
        r"minimises (eq-q) over \lambda_j ; maximises (eq-q) over \lambda_j",
        r"solves (eq-q) = 0 for \lambda_j ; maximises (eq-q) over \lambda_j",
        r"define ; maximises (eq-q) over \lambda_j",
        r"maximises (eq-q) over \lambda_j ; define",
        r"maximises (eq-zz) over \lambda_j",
    ],
)
def test_hints_that_contradict_each_other_or_name_nothing_are_errors(hint: str) -> None:
    assert hinted(hint, rf"\lambda_j = {RATE}") == ["unread"]
    assert hinted(hint, r"n = 5") == ["unread"]


def test_a_hint_may_say_from_where_a_row_comes() -> None:
    assert hinted("from (eq-q)", r"Q = \sum_i \sum_j w_{ij} \log p(x_i, z_i=j)") == ["proved"]
    assert hinted("from (eq-q)", r"Q = \sum_i \sum_j \log p(x_i, z_i=j)") == ["refuted"]


# What a factor must be free of.

NORMALS = r"""
size n, k
index i in 1..n ; j, l in 1..k
data x_i in R
latent z_i in 1..k
param \pi in simplex(k) ; \mu_j in R ; v_j in positive
const c_j in positive ; b in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Normal(\mu_j, v_j)
posterior r_{ij} = p(z_i=j | x_i) at \theta
define q_{ij} = p(z_i=j | x_i)
"""


@pytest.mark.parametrize("left", ["r_{ij}", "q_{ij}", "p(z_i=j | x_i)"])
def test_in_every_row_of_a_posterior_the_factor_is_free_of_its_index(left: str) -> None:
    joint = r"\pi_j p(x_i | z_i=j)"
    right = rf"{left} &= \frac{{{joint}}}{{p(x_i)}} \\ &\propto {joint}"
    wrong = rf"{left} &= \frac{{{joint}}}{{p(x_i)}} \\ &\propto c_j {joint}"
    again = rf"{left} &\propto {joint} \\ &\propto c_j {joint}"
    bare = rf"{left} \\ &\propto {joint} \\ &\propto \frac{{c_j {joint}}}{{p(x_i)}}"
    assert verdicts(NORMALS, right) == ["proved", "proved"]
    assert verdicts(NORMALS, wrong) == ["proved", "refuted"]
    assert verdicts(NORMALS, again) == ["proved", "refuted"]
    assert verdicts(NORMALS, bare) == ["defined", "proved", "refuted"]


@pytest.mark.parametrize("left", [r"\pi_j \propto", r"g_j &:= \pi_j \\ &\propto"])
def test_a_member_of_a_simplex_is_known_up_to_a_factor_free_of_its_index(left: str) -> None:
    assert verdict(NORMALS, rf"{left} 2 b \pi_j") == "proved"
    assert verdict(NORMALS, rf"{left} c_j \pi_j") == "refuted"


def test_a_later_row_with_a_left_side_of_its_own_begins_another_chain() -> None:
    assert verdict(NORMALS, r"b &= b \\ r_{ij} &\propto \pi_j p(x_i | z_i=j)") == "proved"
    assert verdict(NORMALS, r"b &= b \\ r_{ij} &\propto c_j \pi_j p(x_i | z_i=j) / p(x_i)") == "refuted"
    assert verdict(NORMALS, r"r_{ij} &= r_{ij} \\ c_j v_1 &\propto v_1") == "proved"
    assert verdict(NORMALS, r"r_{ij} &= r_{ij} \\ c_j v_1 &\propto v_1^2") == "refuted"


# Definitions of what has a meaning.


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r"v_j := b", "unread"),
        (r"\mu_j^2 := b", "unread"),
        (r"\pi := 3", "unread"),
        (r"n := 3", "unread"),
        (r"i := 3", "unread"),
        (r"p(x_i) := \sum_j p(x_i, z_i=j)", "proved"),
        (r"p(x_i) := \sum_j p(x_i | z_i=j)", "refuted"),
        (r"E[c_{z_i}] := \sum_j r_{ij} c_j", "proved"),
        (r"E[c_{z_i}] := \sum_j c_j", "refuted"),
        (r"\mathcal{N}(b | b, b) := b", "refuted"),
        (r"C_1 := b", "defined"),
        (r"e_i := x_i - \mu_1", "defined"),
        (r"\mu_j^{old} := c_j", "defined"),
        (r"f(y) := y^2", "defined"),
    ],
)
def test_a_definition_gives_no_new_meaning(row: str, expected: str) -> None:
    assert verdict(NORMALS, row) == expected


def test_a_definition_that_others_rest_on_stands() -> None:
    declared = "param u in R ; v in R"
    assert verdicts(declared, "F := u + v", "G := F", "F := u", "G = u + v") == ["defined", "defined", "unread", "proved"]
    assert verdicts(declared, "F := u + v", "G := F", "F := u", "G = u")[-1] == "refuted"
    assert verdicts(declared, "F := u + v", "F := u", "F = u") == ["defined", "defined", "proved"]
    assert verdicts(declared, "f(y) := y^2", "f(3) := 5", "f(u) := u^2") == ["defined", "refuted", "proved"]


# Identity matrices.

MATRICES = r"""
size n, d
param \sigma in positive ; P in spd(d)
"""


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (r"\log\det(\sigma^2 I) = d \log\sigma^2", "unread"),
        (r"\log\det(\sigma^2 I_d) = d \log\sigma^2", "proved"),
        (r"\log\det(\sigma^2 I_d) = \log\sigma^2", "refuted"),
        (r"\operatorname{tr}(I) = d", "unread"),
        (r"\operatorname{tr}(I_d) = n", "refuted"),
        (r"\operatorname{tr}(P P^{-1}) = \operatorname{tr}(I)", "unread"),
        (r"\operatorname{tr}(P + \sigma I) = \operatorname{tr}(P) + \sigma d", "proved"),
        (r"\operatorname{tr}(P + \sigma I) = \operatorname{tr}(P) + \sigma", "refuted"),
        (r"P P^{-1} = I", "proved"),
    ],
)
def test_an_identity_matrix_has_a_size(row: str, expected: str) -> None:
    assert verdict(MATRICES, row) == expected


def test_without_a_model_an_error_of_the_weights_is_a_definition() -> None:
    declared = "size d\ndata t in R\nparam w in R^d"
    assert verdicts(declared, r"E(w) := w^T w", r"\nabla_w E(w) = 2 w") == ["defined", "proved"]
    assert verdicts(declared, r"E(w) := w^T w", r"\nabla_w E(w) = w") == ["defined", "refuted"]
    assert verdict(NORMALS, r"E(b) := b^2") == "defined"


@pytest.mark.parametrize("root", [r"\log", r"\sqrt"])
def test_a_consequence_is_defined_where_it_follows(root: str) -> None:
    declared = "param u in R ; v in R\nparam s in positive ; t in positive"
    assert verdict(declared, rf"u = v \implies {root}{{u}} = {root}{{v}}") not in ("proved", "confirmed", "refuted")
    assert verdict(declared, rf"s = t \implies {root}{{s}} = {root}{{t}}") == "proved"
    assert verdict(declared, rf"s = t \implies {root}{{s}} = {root}{{2 t}}") == "refuted"
    assert verdict(declared, r"|u| = u \quad \forall u > 0") == "unread"


REGRESSION = r"""
size n, k
index i in 1..n ; j, l in 1..k
data y_i in R ; x_{ij} in R
param \beta_j in R ; \theta_j in R ; \phi in simplex(k)
const h in positive ; u_j in R
"""
SLOPE = r"g_l := -2\sum_i x_{il}(y_i - \sum_j x_{ij}\beta_j)"
PARABOLA = r"J := \sum_j u_j\theta_j - h(\sum_j\theta_j)^2"


def test_one_member_of_a_family_is_solved_for_by_the_help_of_the_others() -> None:
    hint = r"solves (eq-q) = 0 for \beta_l"
    right = r"\beta_l = \frac{\sum_i x_{il}(y_i - \sum_{j \ne l} x_{ij}\beta_j)}{\sum_i x_{il}^2}"
    assert hinted(hint, right, SLOPE, REGRESSION) == ["proved"]
    assert hinted(hint, right.replace(r"j \ne l", "j"), SLOPE, REGRESSION) == ["refuted"]
    assert hinted(r"solves (eq-q) = 0 for \phi_l", r"\phi_l = 1 - \sum_{j \ne l} \phi_j", SLOPE, REGRESSION) == ["unread"]


@pytest.mark.parametrize(("one", "other"), ["jl", "lj"])
def test_one_member_of_a_family_is_the_best_where_the_others_stand(one: str, other: str) -> None:
    hint = rf"maximises (eq-q) over \theta_{one}"
    rest = rf"\sum_{{{other} \ne {one}}} \theta_{other}"
    assert hinted(hint, rf"\theta_{one} = \frac{{u_{one}}}{{2h}} - {rest}", PARABOLA, REGRESSION) == ["proved"]
    assert hinted(hint, rf"\theta_{one} = \frac{{u_{one}}}{{h}} - {rest}", PARABOLA, REGRESSION) == ["refuted"]
    assert hinted(hint.replace("max", "min"), rf"\theta_{one} = \frac{{u_{one}}}{{2h}} - {rest}", PARABOLA, REGRESSION) == [
        "refuted"
    ]


WRITTEN_OUT = r"""
size n, k
index i in 1..n ; j, l in 1..k
data x_i in R
param \pi in simplex(k) ; \mu_j in R ; a_j in R
const c_j in positive
define r_{ij} = \frac{\pi_j \mathcal{N}(x_i | \mu_j, 1)}{\sum_l \pi_l \mathcal{N}(x_i | \mu_l, 1)}
define s_j = \frac{e^{a_j}}{\sum_l e^{a_l}} ; g_j = e^{a_j}
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"r_{ij} \propto \pi_j e^{-(x_i-\mu_j)^2/2}", r"r_{ij} \propto c_j \pi_j e^{-(x_i-\mu_j)^2/2}"),
        (r"s_j \propto e^{a_j}", r"s_j \propto c_j e^{a_j}"),
        (r"g_j \propto e^{a_j + 1}", r"g_j \propto e^{2 a_j}"),  # sums to nothing in particular: free of the parameters
    ],
)
def test_weights_written_out_are_known_up_to_a_factor_free_of_their_index(right: str, wrong: str) -> None:
    assert verdict(WRITTEN_OUT, right) == "proved"
    assert verdict(WRITTEN_OUT, wrong) == "refuted"


COUPLED = "size d\nconst c in R^d\nparam m in R^d ; t in R"
SADDLE = "q := - t^2 - m^T m + 4 t m^T c"


def test_values_that_speak_of_each_other_are_no_maximum_over_both() -> None:
    # Where |c| > 1/2 the objective has no largest value.
    rows = r"m &= 2 t c \\ t &= 2 m^T c"
    assert hinted("maximises (eq-q) over t, m", rows, SADDLE, COUPLED) == ["proved", "unread"]
    for hint, row in (("t", "t &= 2 m^T c"), ("m", "m &= 2 t c")):
        assert hinted(f"maximises (eq-q) over {hint}", row, SADDLE, COUPLED) == ["proved"]
    # One after the other they may be given, m with t in it; that t is the best with the best m put in is not seen.
    apart = "q := - (t - c^T c)^2 - (m - t c)^T (m - t c)"
    assert hinted("maximises (eq-q) over t, m", r"t &= c^T c \\ m &= t c", apart, COUPLED) == ["unknown", "proved"]
    assert hinted("maximises (eq-q) over t, m", r"m &= t c", apart, COUPLED) == ["unread"]


CONFINED = """
size d
index a in 1..d
const M, N in lower(d) ; P in spd(d) ; K in R^{d x d}
param L in lower(d) ; S in spd(d)
"""
NEAREST = r"- \frac12 \operatorname{tr}((L - M) (L - M)^T)"


def test_a_derivative_by_entries_that_do_not_move_need_not_vanish() -> None:
    # What is added is zero for every L that is triangular: L_{ab} N_{ba} is, off the diagonal.
    objective = rf"q := {NEAREST} + \operatorname{{tr}}(L N) - \sum_a L_{{a a}} N_{{a a}}"
    assert hinted("maximises (eq-q) over L", "L &= M", objective, CONFINED) == ["unknown"]
    assert hinted("maximises (eq-q) over L", "L &= N", objective, CONFINED) == ["refuted"]
    # tr(S K) = tr(S K^T) for every S that is symmetric.
    objective = r"q := \log |S| - \operatorname{tr}(S (P + K - K^T))"
    assert hinted("maximises (eq-q) over S", "S &= P^{-1}", objective, CONFINED) == ["unknown"]
    assert hinted("maximises (eq-q) over S", "S &= P", objective, CONFINED) == ["refuted"]
