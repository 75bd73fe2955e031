"""EM with a prior: a Wishart density on a precision matrix."""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant
from derive.formula import HALF, Formula, Trace, log_determinant, matrix_product, multiply
from derive.identities import of_prior
from derive.models import Parameter


def log_density(parameter: Parameter) -> Formula:
    """``(a log|X| - tr(P X)) / 2``: that of a Wishart density with scale P^-1 and a + d + 1 degrees of freedom."""
    value = parameter.reference
    inverse_scale = constant("inverse scale", parameter, parameter.symbol.shape, "spd")
    weighed = multiply(constant("degrees less size and one", parameter), log_determinant(value))
    return multiply(HALF, weighed - Trace(matrix_product(inverse_scale, value)))


IDENTITY = of_prior(
    "wishart",
    "Dempster, Laird and Rubin (1977), section 1; Bishop (2006), section 9.4",
    log_density,
    fits=lambda parameter: parameter.symbol.domain == "spd",
)
