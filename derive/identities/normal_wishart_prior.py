"""EM with a prior on mean and precision together: that of the mean is normal, its precision that of the data times a number.

On the line it is the normal-gamma prior. The mean's step is free of the precision; that of the precision holds by how much the
mean is off its prior value; with the new mean put into it the two are the joint maximum.
"""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant, off_prior_mean
from derive.formula import HALF, Formula, Log, Trace, log_determinant, matrix_product, multiply, negate, quadratic_form
from derive.identities import of_prior_of_two
from derive.models import Parameter


def of_spread(spread: Parameter) -> Formula:
    """``(a log|X| - tr(P X)) / 2`` of a precision matrix X, up to a constant."""
    value, weight = spread.reference, constant("weight", spread)
    scale = constant("inverse scale", spread, spread.symbol.shape, spread.symbol.domain)
    if not value.shape:
        return multiply(HALF, multiply(weight, Log(value)) - multiply(scale, value))
    return multiply(HALF, multiply(weight, log_determinant(value)) - Trace(matrix_product(scale, value)))


def of_mean(mean: Parameter, spread: Parameter) -> Formula:
    """``- c (x - m)^T X (x - m) / 2`` of a mean x, given its precision matrix X."""
    off, value, strength = off_prior_mean(mean), spread.reference, constant("strength", mean)
    square = multiply(value, off**2) if not value.shape else quadratic_form(off, value)
    return negate(multiply(HALF, strength, square))


IDENTITY = of_prior_of_two(
    "normal-wishart",
    "DeGroot (1970), Optimal Statistical Decisions, sections 9.6 and 9.10; Bishop (2006), sections 2.3.6 and 9.4",
    of_mean,
    of_spread,
)
