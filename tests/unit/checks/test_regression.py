"""``checks.verify`` and ``checks.assert_identity``: what they accept, refuse, and say."""

from __future__ import annotations

import pytest
import sympy

import derive
from checks import assert_identity, verify
from checks.regression import _under
from derive.claims import Claim
from derive.errors import RefutedError, UnknownNameError
from derive.formula import Derivative, Formula, Function, Log, Named, Reference, Sum, multiply
from derive.symbols import Symbol

em = derive.em("gaussian-mixture", covariance="known", weights="known")
l, q = em.formulas.l(), em.formulas.q()
mu = em.model.parameter("mu").reference
i, j = em.model.datum, em.model.latent
X = {"x": Symbol("x", "param", (), (), "positive")}
x = sympy.Symbol("x", positive=True)


def test_fishers_identity_holds_where_theta_t_is_theta_and_only_there() -> None:
    assert assert_identity(Derivative(q, mu), Derivative(l, mu), at="theta_t = theta").verdict == "proved"
    with pytest.raises(RefutedError) as failure:
        assert_identity(Derivative(q, mu), Derivative(l, mu))
    message = str(failure.value)
    assert isinstance(failure.value, AssertionError)
    assert "left : ∇_{μₛ} Q(θ; θₜ)" in message and "right: ∇_{μₛ} ℓ(θ)" in message
    assert "counterexample: d = " in message and "mu_t = " in message and "left - right = " in message


def test_a_reading_reaches_the_weights_inside_q() -> None:
    """With the weights moving, the gradient of Q is not the score: the entropy is missing."""
    with pytest.raises(RefutedError):
        assert_identity(Derivative(q, mu), Derivative(l, mu), reading="moving", at="theta_t = theta")
    entropy = em.formulas.entropy()
    finding = assert_identity(Derivative(q + entropy, mu), Derivative(l, mu), reading="moving")
    assert finding.verdict == "proved"


def test_readings_tell_a_line_apart() -> None:
    written = Sum(i, Sum(j, multiply(em.formulas.moving(i, j), Log(em.model.joint(i, j)))))
    assert assert_identity(written, q, reading="held").verdict == "proved"
    with pytest.raises(RefutedError):
        assert_identity(written, q)


def test_a_reading_leaves_everything_else_as_it_is() -> None:
    assert _under(l, "held") is l
    model = derive.em("gaussian-mixture", covariance="known", weights="logits").model
    joint = model.joint(model.datum, model.latent)
    assert isinstance(joint, Named) and _under(joint, "held") == joint


@pytest.mark.parametrize(
    ("options", "message"),
    [({"at": "theta"}, "unknown at: 'theta'"), ({"reading": "hold"}, "unknown reading: 'hold', .*; try 'held'")],
)
def test_a_misspelt_option_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        assert_identity(q, q, **options)  # type: ignore[arg-type]


def test_sympy_expressions_and_whole_numbers() -> None:
    assert assert_identity(sympy.log(x**2) - 2 * sympy.log(x), 0, declarations=X).verdict == "proved"
    with pytest.raises(RefutedError, match="right: 1 \\+ 2 log x\n  counterexample\n    x = 2"):
        assert_identity(sympy.log(x**2), 2 * sympy.log(x) + 1, declarations=X)


def test_verify_gives_a_finding_and_raises_nothing() -> None:
    def verdict(rhs: Formula) -> str:
        return verify(Claim(label="small", lhs=q, rhs=rhs)).verdict

    assert verdict(q) == "proved" and verdict(l) == "refuted"


def test_a_side_that_cannot_be_written_still_gets_its_verdict() -> None:
    a = Reference(Symbol("a", "const"))
    with pytest.raises(RefutedError, match=r"identity: unknown: not supported: .*acos"):
        assert_identity(Function("acos", (a,)), a)
