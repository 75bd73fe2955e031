"""The tests that ``derive em MODEL --pytest`` writes: they pass as they are, and fail where a formula in them is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import derive
from checks import assert_computes
from checks.own_tests import own_tests
from derive.errors import RefutedError, UnknownNameError
from derive.formula import Log, Number
from derive.models import family

FAULTS = {
    "poisson-mixture": [
        ("* phi[j - 1]", ""),  # the E-step without the weights
        ("np.exp(-lambda_[j - 1])", "np.exp(lambda_[j - 1])"),
        ("w[i - 1, s - 1] * x[i - 1] for", "x[i - 1] for"),
        ("for i in range(1, n + 1)) / n\n", "for i in range(1, n + 1)) / k\n"),
    ],
    "beta-mixture": [
        ("x[i - 1]) - scipy.special.digamma(a[s - 1])", "x[i - 1]) - scipy.special.digamma(b[s - 1])"),
        ("np.log(1 - x[i - 1])", "np.log(x[i - 1])"),
    ],
    "gaussian-mixture": [
        ("np.linalg.inv(Sigma[j - 1])", "Sigma[j - 1]"),
        ("x[i - 1] - mu[s - 1], x[i - 1] - mu[s - 1]", "x[i - 1], x[i - 1]"),
    ],
}


def run(text: str) -> list[str]:
    """The names of the functions that a written file refuses."""
    space: dict[str, Any] = {}
    exec(compile(text, "test_model.py", "exec"), space)  # noqa: S102
    calls = [("e_step", space["test_e_step"])]
    for test in (space.get("test_m_step"), space.get("test_gradient_of_q")):
        for name, function in test.pytestmark[0].args[1] if test is not None else ():
            calls.append((name, lambda test=test, name=name, function=function: test(name, function)))
    refused = []
    for name, call in calls:
        try:
            call()
        except AssertionError as error:
            assert "does not compute the formula" in str(error)
            refused.append(name)
    return refused


@pytest.mark.parametrize("model", FAULTS)
def test_a_planted_fault_is_refused(model: str) -> None:
    made = family(model)()
    text = own_tests(made, made.parameters)
    assert run(text) == []
    for right, wrong in FAULTS[model]:
        assert right in text
        assert len(run(text.replace(right, wrong))) == 1, right


def test_no_functions_of_a_latent_that_is_integrated_over() -> None:
    for model in ("gamma-poisson", "density-mixture"):
        made = family(model)()
        text = own_tests(made, made.parameters)
        compile(text, "test_model.py", "exec")
        assert "assert_computes" not in text and "test_fisher_identity" in text


em = derive.em("poisson-mixture")
i, j = em.model.datum, em.model.latent
rate = em.model.parameter("lambda")
step = rate.m_step(em.formulas.held) if rate.m_step is not None else Number(0)
GIVEN = {"w": em.formulas.held(i, j)}


def test_a_function_of_one_s_own_is_called_by_its_arguments() -> None:
    def vectorised(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return w.T @ x / w.sum(0)

    def summed(lambda_t: np.ndarray, phi_t: np.ndarray, x: np.ndarray, k: int) -> np.ndarray:
        weights = np.exp(np.outer(x, np.log(lambda_t)) - lambda_t) * phi_t
        weights /= weights.sum(1, keepdims=True)
        assert weights.shape[1] == k
        return weights.T @ x / weights.sum(0)

    for function in (vectorised, summed):
        assert_computes(function, step, axes=rate.indices, given=GIVEN)


def test_what_a_function_does_wrong_is_said() -> None:
    def column(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return (w.T @ x / w.sum(0))[:, None]

    def unweighted(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.full(w.shape[1], x.mean())

    def nearly(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return w.T @ x / w.sum(0) * (1 + 1e-6)

    def other(y: np.ndarray) -> np.ndarray:
        return y

    def nowhere(x: np.ndarray) -> np.ndarray:
        return x

    with pytest.raises(RefutedError, match=r"column returns an array of shape \(2, 1\), expected \(2,\), at k = 2, n = \d"):
        assert_computes(column, step, axes=rate.indices, given=GIVEN)
    for function in (unweighted, nearly):
        with pytest.raises(RefutedError, match=r"does not compute the formula: at k = 2, n = \d, entry 1: .*, expected "):
            assert_computes(function, step, axes=rate.indices, given=GIVEN)
    with pytest.raises(UnknownNameError, match=r"unknown argument of other: 'y', expected one of .*lambda_t"):
        assert_computes(other, step, axes=rate.indices, given=GIVEN)
    with pytest.raises(RefutedError, match="nothing to compare"):
        assert_computes(nowhere, Log(Number(-1)) * em.model.observation, axes=(i,))
