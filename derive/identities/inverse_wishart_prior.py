"""EM with a prior: an inverse Wishart density on a covariance matrix keeps it regular, however few the data are."""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant
from derive.formula import HALF, Formula, Inverse, Trace, log_determinant, matrix_product, multiply, negate
from derive.identities import of_prior
from derive.models import Parameter


def log_density(parameter: Parameter) -> Formula:
    """``- (a log|X| + tr(P X^-1)) / 2``: that of an inverse Wishart density with scale P and a - d - 1 degrees of freedom."""
    value = parameter.reference
    scale = constant("scale", parameter, parameter.symbol.shape, "spd")
    weighed = multiply(constant("degrees and size and one", parameter), log_determinant(value))
    return negate(multiply(HALF, weighed + Trace(matrix_product(scale, Inverse(value)))))


IDENTITY = of_prior(
    "inverse-wishart",
    "Dempster, Laird and Rubin (1977), section 1; Fraley and Raftery (2007), Bayesian regularization for normal mixture "
    "estimation and model-based clustering, Journal of Classification 24, 155-181",
    log_density,
    fits=lambda parameter: parameter.symbol.domain == "spd",
)
