"""EM with a prior on mean and covariance together: that of the mean is normal, its covariance that of the data over a number.

On the line it is the normal-inverse-gamma prior. The mean's step is free of the covariance; that of the covariance holds by how
much the mean is off its prior value; with the new mean put into it the two are the joint maximum.
"""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.expectation_maximisation.penalised import constant, of_all, penalised
from derive.formula import (
    HALF,
    Derivative,
    Divide,
    Formula,
    Inverse,
    Log,
    Substitute,
    Trace,
    log_determinant,
    matrix_product,
    mentions,
    multiply,
    negate,
    quadratic_form,
)
from derive.identities import Identity, map_steps
from derive.models import Parameter

PRIOR = "normal-inverse-wishart"


def log_prior(mean: Parameter, spread: Parameter) -> Formula:
    """``- (a log|V| + tr(P V^-1) + c (x - m)^T V^-1 (x - m)) / 2`` of mean x and covariance V, up to a constant."""
    value, by = spread.reference, spread.symbol
    off = mean.reference - constant("prior mean", mean, mean.symbol.shape, "real")
    strength, weight, scale = (
        constant("strength", mean),
        constant("weight", spread),
        constant("scale", spread, by.shape, by.domain),
    )
    if not by.shape:
        return negate(multiply(HALF, multiply(weight, Log(value)) + Divide(scale + multiply(strength, off**2), value)))
    inverse = Inverse(value)
    both = Trace(matrix_product(scale, inverse)) + multiply(strength, quadratic_form(off, inverse))
    return negate(multiply(HALF, multiply(weight, log_determinant(value)) + both))


def spread_of(em: Algorithm, mean: Parameter) -> tuple[Parameter, Formula, Formula] | None:
    """The covariance that belongs to a mean, and where both are with the prior: then the step of the mean is free of it."""
    if mean.symbol.domain != "real" or len(mean.symbol.shape) > 1:
        return None
    for spread in em.model.parameters:
        if spread.indices == mean.indices and (len(spread.symbol.shape), spread.symbol.domain) in ((0, "positive"), (2, "spd")):
            if (mean.symbol.shape == ()) != (spread.symbol.shape == ()):
                continue
            prior = of_all(log_prior(mean, spread), mean)
            found = penalised(em, mean, prior), penalised(em, spread, prior)
            if found[0] is not None and found[1] is not None and not mentions(found[0], spread.symbol):
                return spread, found[0], found[1]
    return None


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    found = spread_of(em, parameter)
    if found is None:
        return ()
    spread, mean_best, spread_best = found
    prior, indices, name = of_all(log_prior(parameter, spread), parameter), parameter.indices, spread.symbol.name
    lacking = of_all(log_prior(parameter, spread) - _of_mean(parameter, spread), parameter)
    without_mean = penalised(em, spread, lacking)
    mean_steps = map_steps(em, parameter, PRIOR, prior, mean_best)
    (first, *rest) = map_steps(em, spread, PRIOR, prior, spread_best)
    note = f"with the new {{{parameter.symbol.name}}}, which is free of {{{name}}}, put into it the two are the maximum in both"
    found_steps = (*mean_steps, replace(first, note=note), *rest)
    if without_mean is None:
        return found_steps
    gradient = Substitute(Derivative(em.q() + prior, spread.reference), spread.symbol, indices, without_mean)
    return (
        *found_steps,
        Step(
            reason=f"tempting, and false: the prior of {{{parameter.symbol.name}}} does not bear on {{{name}}}",
            claim=replace(
                Claim(label=f"no-mean-{PRIOR}-{name}", lhs=gradient, reading="held", expected="refuted"),
                assumptions=m_step.conditions(em, spread, em.held),
            ),
        ),
    )


def _of_mean(mean: Parameter, spread: Parameter) -> Formula:
    """What the logarithm of the prior has of the mean."""
    off = mean.reference - constant("prior mean", mean, mean.symbol.shape, "real")
    value, strength = spread.reference, constant("strength", mean)
    square = Divide(off**2, value) if not value.shape else quadratic_form(off, Inverse(value))
    return negate(multiply(HALF, strength, square))


IDENTITY = Identity(
    name="normal-inverse-wishart-prior",
    title="The M-step with a normal-inverse-Wishart prior",
    source="Fraley and Raftery (2007), Bayesian regularization for normal mixture estimation and model-based clustering, Journal "
    "of Classification 24, 155-181",
    steps=steps,
    applies=lambda em, parameter: spread_of(em, parameter) is not None,
)
