"""Every model of the folder: its derivation holds row by row, and a mistake planted in it is seen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.judge import judge, judge_all
from checks.lowering import lower
from checks.points import generic_point, sizes_of, symbols_of
from checks.reports import Page, report
from checks.witness import Witness
from derive import Model
from derive.claims import Claim
from derive.errors import DeriveError, ReadingError, UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    ONE,
    Divide,
    Exp,
    Formula,
    Log,
    Named,
    Number,
    Power,
    Reference,
    SizeNumber,
    multiply,
    rebuild,
    unfold,
    walk,
)
from derive.identities import identity
from derive.lessons.expectation_maximisation import derivation
from derive.models import family, names
from derive.notation.conventions import convention
from derive.notation.latex_writer import latex
from derive.notes.models import model_in
from derive.symbols import Range, Size, Symbol
from tests.accounts import account_of

DECLARED = [name for name in names() if name != "gaussian-mixture"]
"""The Gaussian mixture has tests of its own."""


BY_AUTODIFF = ("poisson-mixture", "student-t-scale-mixture")
"""Whose derivatives are taken by JAX too."""


@pytest.mark.parametrize("name", DECLARED)
def test_every_row_is_proved_or_refuted_as_expected(name: str) -> None:
    told = derivation(family(name)())
    witness = Witness(seed=0, points=3, autodiff=name in BY_AUTODIFF)
    for finding in judge_all(told.claims, witness):
        expected = "refuted" if finding.claim.expected else "proved"
        assert finding.verdict == expected, (finding.claim.label, finding.verdict, finding.reason)


CHARTS = ("precision", "standard-deviation", "log-standard-deviation")


@pytest.mark.parametrize("chart", CHARTS)
def test_a_spread_is_told_by_any_of_its_numbers(chart: str) -> None:
    """Fisher's identity and the M-step hold in every chart; that of another chart's letter is no maximum."""
    told = derivation(
        family("normal-mixture")(chart=chart), ["mu", {"precision": "tau", "standard-deviation": "sigma"}.get(chart, "rho")]
    )
    witness = Witness(seed=0, points=3, autodiff=False)
    for finding in judge_all(told.claims, witness):
        expected = "refuted" if finding.claim.expected else "proved"
        assert finding.verdict == expected, (finding.claim.label, finding.verdict, finding.reason)


def test_the_steps_of_two_charts_are_one_in_other_letters() -> None:
    """One over the M-step of the precision is that of the variance, and is not that of the deviation."""
    steps = {chart: Algorithm(family("normal-mixture")(chart=chart)) for chart in ("variance", *CHARTS)}
    spread = {chart: em.solutions[em.model.parameters[1].symbol.name].body for chart, em in steps.items()}
    held = Symbol("w", "frozen", (Range(Size("n")), Range(Size("k"))), (), "positive")

    def with_weights(node: Formula) -> Formula:
        return Reference(held, node.indices) if isinstance(node, Named) else rebuild(node, with_weights)

    variance, precision, deviation, logarithm = (with_weights(spread[chart]) for chart in ("variance", *CHARTS))
    witness = Witness(seed=0, points=3, autodiff=False)
    two = Number(Fraction(2))
    for right in (Divide(ONE, precision), Power(deviation, two), Exp(multiply(two, logarithm))):
        assert judge(Claim(label="chart", lhs=variance, rhs=right), witness).verdict == "proved"
    for wrong in (precision, deviation, Exp(logarithm)):
        assert judge(Claim(label="twin", lhs=variance, rhs=wrong), witness).verdict == "refuted"


@pytest.mark.parametrize("name", [name for name in DECLARED if name != "beta-binomial"])
def test_the_routine_of_a_library_is_the_density(name: str) -> None:
    """Where JAX has the component's density, the witness's own road leads over it; a routine of other parameters is another.

    A generic count may exceed the number of trials of beta-binomial counts, a constant.
    """
    model = family(name)()
    named = next((node for node in walk(model.joint.body) if isinstance(node, Named)), None)
    if named is None or named.definition.log_reference is None:
        return
    body, reference = Log(named), named.definition.log_reference
    sizes = {size: 40 if size == "m" else 2 + place for place, size in enumerate(sizes_of(body))}
    point = generic_point(symbols_of(body, *reference.arguments), sizes, seed=3)
    values = {key: np.asarray(value, dtype=float) for key, value in point.values.items()}

    def at(formula: Formula, references: bool) -> Any:
        return np.asarray(lower(formula, references=references)(values, sizes))

    np.testing.assert_allclose(at(body, True), at(body, False), rtol=1e-9)
    arguments = (*reference.arguments[:-1], multiply(Number(Fraction(3, 4)), reference.arguments[-1]))
    twin = replace(named.definition, log_reference=replace(reference, arguments=arguments))
    assert not np.allclose(at(Log(twin(*named.indices)), True), at(body, False), rtol=1e-3)


@pytest.mark.parametrize("name", DECLARED)
@pytest.mark.parametrize("format_", ["text", "latex"])
def test_every_model_is_reported(name: str, format_: str) -> None:
    """No letter of its texts is missing, whatever the names of its parameters and whichever have no closed form."""
    model = family(name)()
    account = replace(account_of(derivation(model)), convention=model.lettered(convention("cs229")), measured_at={})
    written = report(format_).write(account, Page())
    assert model.title.split()[0] in written
    assert ("θ is" in written) == (format_ == "text")  # all parameters, whichever of them is called so as well


@pytest.mark.parametrize("name", DECLARED)
def test_a_planted_mistake_is_refuted(name: str) -> None:
    """The slope times three halves is none; a maximiser times three halves is no stationary point."""
    em = Algorithm(family(name)())
    witness = Witness(seed=0, points=3, autodiff=False)
    for parameter in em.model.parameters:
        if parameter.slope is None:
            continue
        (*_, last) = identity("q-gradient").steps(em, parameter)
        claim = last.claim
        assert claim is not None
        wrong = replace(claim, label="planted", rhs=multiply(Number(Fraction(3, 2)), claim.rhs))
        assert judge(wrong, witness).verdict == "refuted", parameter.name


def test_options_are_chosen_by_name() -> None:
    known = family("gamma-mixture")(shape="known")
    assert [parameter.name for parameter in known.parameters] == ["beta", "phi"]
    assert [parameter.name for parameter in family("normal-mixture")(weights="known", variance="known").parameters] == ["mu"]


LINES = r"""
size N, K
index n in 1..N ; k in 1..K
data t_n in positive
latent c_n in 1..K
param w in simplex(K) ; \rho_k in positive
c_n ~ Categorical(w)
t_n | c_n=k ~ Exponential(\rho_k)
"""


def test_a_file_and_python_declare_the_same(tmp_path: Path) -> None:
    (tmp_path / "lamps.derive").write_text(LINES, encoding="utf-8")
    (tmp_path / "note.md").write_text(f"# Lamps\n\n```derive\n{LINES}```\n", encoding="utf-8")
    style, direct = convention("cs229"), Model(LINES)
    for other in ("lamps.derive", "note.md"):
        model = model_in(tmp_path / other)
        assert latex(unfold(model.joint(model.datum, model.latent)), model.lettered(style)) == (
            latex(unfold(direct.joint(direct.datum, direct.latent)), direct.lettered(style))
        )
        assert [parameter.name for parameter in model.parameters] == ["w", "rho"]


def test_the_author_s_own_letters_are_kept() -> None:
    """A declared w is the weights; the responsibilities then get another letter."""
    written = Model(LINES).lettered(convention("cs229"))
    assert written.spelling("w_", 1).plain == "w_{#1}"
    assert written.spelling("w", 2).plain == "r_{#*}"
    assert written.spelling("f", 2).plain == r"p(t_{#1} \mid c_{#1}=#2; #t)"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (LINES.replace("Exponential", "Exponentiel"), "unknown distribution"),
        (LINES.replace("latent c_n in 1..K\n", ""), "one latent"),
        (LINES.replace("t_n | c_n=k ~ Exponential(\\rho_k)\n", ""), "no data with a distribution"),
    ],
)
def test_what_is_no_model_is_said(lines: str, said: str) -> None:
    with pytest.raises(DeriveError, match=said):
        Model(lines)


def test_a_trouble_in_a_file_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "bad.derive"
    path.write_text("size n\ndata x_i on R\n", encoding="utf-8")
    with pytest.raises(DeriveError, match=r"bad\.derive:2:"):
        model_in(path)


def test_no_closed_form_is_said() -> None:
    em = Algorithm(family("beta-mixture")())
    assert em.model.parameter("a").m_step is None
    with pytest.raises(UnsupportedError, match="no closed form"):
        from derive import em as expectation_maximisation

        expectation_maximisation("beta-mixture").m_step("a")


def test_weights_that_are_summed_over_measurements_are_counted() -> None:
    em = Algorithm(family("random-intercept")())
    step = em.solutions["v"].body
    assert isinstance(step, Divide)
    n, q = (Size(name) for name in "nq")
    assert step.denominator == multiply(SizeNumber(n), SizeNumber(q))


@pytest.mark.parametrize("model", ["poisson-mixture", "lamps.derive"])
def test_tests_for_a_repository_of_one_s_own_run(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from checks.cli import run

    (tmp_path / "lamps.derive").write_text(LINES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["em", model, "--wrt", "all", "--pytest", "test_model.py"]) == 0
    spaces: dict[str, Any] = {}
    exec((tmp_path / "test_model.py").read_text(encoding="utf-8"), spaces)  # noqa: S102
    spaces["test_responsibilities_sum_to_one"]()
    (*_, name) = spaces["PARAMETERS"]
    for test in ("test_fisher_identity", "test_the_gradient_is_not_the_same_elsewhere", "test_gradients_in_closed_form"):
        spaces[test](name)


def test_letters_that_are_no_names_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from checks.cli import run

    (tmp_path / "lamps.derive").write_text(LINES.replace(r"\rho_", r"\bar\rho^{old}_"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["em", "lamps.derive", "--pytest", "test_model.py"]) == 0
    spaces: dict[str, Any] = {}
    exec((tmp_path / "test_model.py").read_text(encoding="utf-8"), spaces)  # noqa: S102
    spaces["test_e_step"]()
    for name, function in spaces["test_m_step"].pytestmark[0].args[1]:
        spaces["test_m_step"](name, function)


def test_a_name_cannot_break_out_of_the_tests() -> None:
    from checks.own_tests import own_tests

    model = replace(family("gaussian-mixture")(), name='a"""\n', title='b"""\\')
    text = own_tests(model, model.parameters[:1], lines='x"""\n')
    compile(text, "test_model.py", "exec")
    assert text.count('"""') % 2 == 0


@pytest.mark.parametrize(
    ("lines", "wrong", "right", "message"),
    [
        (
            r"data x_i in R^d; param S_j in <> ; x_i | z_i=j ~ Normal(0, S_j)",
            "sym(d)",
            "spd(d)",
            "covariance .* positive definite",
        ),
        (r"data x_i in R; const v in <>; param m_j in R; x_i | z_i=j ~ Normal(m_j, v)", "R", "positive", "variance .* positive"),
        (r"data x_i in N; param a_j in <>; x_i | z_i=j ~ Poisson(a_j)", "R", "positive", "rate of Poisson is positive"),
        (r"data x_i in bool; param a_j in <>; x_i | z_i=j ~ Bernoulli(a_j)", "positive", "unit", "between 0 and 1"),
    ],
)
def test_a_parameter_with_values_that_no_density_takes_is_refused(lines: str, wrong: str, right: str, message: str) -> None:
    """Rows that were refuted for it would be no help."""
    declared = (
        "size n, k, d; index i in 1..n ; j, l in 1..k; latent z_i in 1..k; param \\pi in simplex(k) ; z_i ~ Categorical(\\pi); "
    )
    with pytest.raises(ReadingError, match=message):
        Model(declared + lines.replace("<>", wrong))
    assert Model(declared + lines.replace("<>", right))


def test_every_model_is_declared() -> None:
    """With any of its options; none is made of shapes and M-steps that somebody typed in."""
    for name in names():
        options = family(name).options
        for option, values in options.items():
            assert all(family(name)(**{option: value}).parameters for value in values)
