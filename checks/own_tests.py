"""Regression tests that people keep in their own repository: the gradient identities of one model, as a file for pytest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TEMPLATE = '''"""Gradient identities of expectation-maximisation for: {title}. Written by ``derive em {name} --pytest``."""

import pytest

import derive
from checks import assert_identity
from derive.formula import Derivative, Sum

em = derive.em({model})
PARAMETERS = {parameters!r}


def derivatives(name: str, *functions):
    parameter = em.model.parameter(name)
    return [Derivative(function, parameter.reference) for function in functions]


def test_responsibilities_sum_to_one() -> None:
    i, j = em.model.datum, em.model.latent
    assert_identity(Sum(j, em.formulas.moving(i, j)), 1, reading="moving")


@pytest.mark.parametrize("name", PARAMETERS)
def test_fisher_identity(name: str) -> None:
    """The gradient of Q at theta_t = theta is that of the log-likelihood."""
    q, l = derivatives(name, em.formulas.q(), em.formulas.l())
    assert_identity(q, l, at="theta_t = theta")


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_gradient_is_not_the_same_elsewhere(name: str) -> None:
    """The control: away from theta_t = theta the two gradients differ."""
    q, l = derivatives(name, em.formulas.q(), em.formulas.l())
    with pytest.raises(AssertionError):
        assert_identity(q, l)


@pytest.mark.parametrize("name", {closed!r})
def test_gradients_in_closed_form(name: str) -> None:
    slope = em.model.parameter(name).slope
    q, l = derivatives(name, em.formulas.q(), em.formulas.l())
    assert_identity(q, slope(em.formulas.held), reading="held")
    assert_identity(l, slope(em.formulas.moving), reading="moving")
'''


def own_tests(
    name: str,
    title: str,
    parameters: Sequence[str],
    closed: Sequence[str],
    *,
    options: Mapping[str, str],
    lines: str | None = None,
) -> str:
    """The text of a test file for a model by its name and options, or by the lines that declare it."""
    if lines is not None:
        model = f"derive.Model({lines!r}, name={name!r})"
    else:
        model = ", ".join([repr(name), *(f"{option}={value!r}" for option, value in options.items())])
    # The title is a sentence of this program's own or a file's name: it may not end the docstring.
    shown = title.replace("\\", "/").replace('"', "'")
    return TEMPLATE.format(
        title=shown, name=name.replace("\\", "/").replace('"', "'"), model=model, parameters=list(parameters), closed=list(closed)
    )
