"""EM with a prior: a normal density on a mean, or on coefficients, where it makes a regression a ridge regression."""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant, off_prior_mean
from derive.formula import HALF, Formula, Inverse, multiply, negate, quadratic_form
from derive.identities import of_prior
from derive.models import Parameter


def log_density(parameter: Parameter) -> Formula:
    """``- (x - m)^T V^-1 (x - m) / 2``: that of a normal density with mean m and covariance matrix V, up to a constant."""
    shape = parameter.symbol.shape
    off = off_prior_mean(parameter)
    if not shape:
        return negate(multiply(HALF, constant("prior precision", parameter), off, off))
    return negate(multiply(HALF, quadratic_form(off, Inverse(constant("prior covariance", parameter, 2 * shape, "spd")))))


IDENTITY = of_prior(
    "normal",
    "Dempster, Laird and Rubin (1977), section 1; Bishop (2006), section 9.4",
    log_density,
    fits=lambda parameter: parameter.symbol.domain == "real" and len(parameter.symbol.shape) < 2,
)
