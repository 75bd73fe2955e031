"""EM with a prior: an inverse gamma density on a variance, or on a scale."""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant
from derive.formula import Divide, Formula, Log, multiply, negate
from derive.identities import of_prior
from derive.models import Parameter


def log_density(parameter: Parameter) -> Formula:
    """``- a log x - b / x``: that of an inverse gamma density with shape a - 1 and scale b, up to a constant."""
    shape, scale, value = constant("shape and one", parameter), constant("scale", parameter), parameter.reference
    return negate(multiply(shape, Log(value))) - Divide(scale, value)


IDENTITY = of_prior(
    "inverse-gamma",
    "Dempster, Laird and Rubin (1977), section 1; Bishop (2006), section 9.4",
    log_density,
    fits=lambda parameter: (parameter.symbol.domain, parameter.symbol.shape) == ("positive", ()),
)
