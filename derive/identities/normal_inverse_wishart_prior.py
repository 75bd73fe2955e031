"""EM with a prior on mean and covariance together: that of the mean is normal, its covariance that of the data over a number.

On the line it is the normal-inverse-gamma prior. The mean's step is free of the covariance; that of the covariance holds by how
much the mean is off its prior value; with the new mean put into it the two are the joint maximum.
"""

from __future__ import annotations

from derive.expectation_maximisation.penalised import constant, off_prior_mean
from derive.formula import (
    HALF,
    Divide,
    Formula,
    Inverse,
    Log,
    Trace,
    log_determinant,
    matrix_product,
    multiply,
    negate,
    quadratic_form,
)
from derive.identities import of_prior_of_two
from derive.models import Parameter


def of_spread(spread: Parameter) -> Formula:
    """``- (a log|V| + tr(P V^-1)) / 2`` of a covariance matrix V, up to a constant."""
    value, weight = spread.reference, constant("weight", spread)
    scale = constant("scale", spread, spread.symbol.shape, spread.symbol.domain)
    if not value.shape:
        return negate(multiply(HALF, multiply(weight, Log(value)) + Divide(scale, value)))
    return negate(multiply(HALF, multiply(weight, log_determinant(value)) + Trace(matrix_product(scale, Inverse(value)))))


def of_mean(mean: Parameter, spread: Parameter) -> Formula:
    """``- c (x - m)^T V^-1 (x - m) / 2`` of a mean x, given its covariance matrix V."""
    off, value, strength = off_prior_mean(mean), spread.reference, constant("strength", mean)
    square = Divide(off**2, value) if not value.shape else quadratic_form(off, Inverse(value))
    return negate(multiply(HALF, strength, square))


IDENTITY = of_prior_of_two(
    "normal-inverse-wishart",
    "Fraley and Raftery (2007), Bayesian regularization for normal mixture estimation and model-based clustering, Journal of "
    "Classification 24, 155-181",
    of_mean,
    of_spread,
)
