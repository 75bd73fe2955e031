"""EM with a prior: a gamma density on a rate, on a mean of counts or on a precision."""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant
from derive.formula import Formula, Log, multiply
from derive.identities import of_prior
from derive.models import Parameter


def log_density(parameter: Parameter) -> Formula:
    """``a log x - b x``: that of a gamma density with shape a + 1 and rate b, up to a constant."""
    shape, rate, value = constant("shape less one", parameter), constant("rate", parameter), parameter.reference
    return multiply(shape, Log(value)) - multiply(rate, value)


IDENTITY = of_prior(
    "gamma",
    "Dempster, Laird and Rubin (1977), section 1; Bishop (2006), section 9.4",
    log_density,
    fits=lambda parameter: (parameter.symbol.domain, parameter.symbol.shape) == ("positive", ()),
)
