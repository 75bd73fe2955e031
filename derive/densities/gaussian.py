"""The multivariate Gaussian density, with each of the covariance structures people fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derive.formula import (
    HALF,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Identity,
    Inverse,
    LibraryCall,
    Multiply,
    Number,
    Pi,
    Power,
    Reference,
    SizeNumber,
    Sum,
    Trace,
    multiply,
    negate,
    outer,
    quadratic_form,
)
from derive.symbols import Index, IndexLike, Range, Size, Symbol

Weights = Callable[[Index, IndexLike], Formula]
"""The weight of datum i in component j, as a formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceStructure:
    """How the covariances of the components are tied together.

    ``matrix(symbol, j, d)`` is the covariance matrix of component j; ``m_step(scatter, weights, i, j, d)`` the
    maximiser of the expected complete-data log-likelihood, ``scatter(i, j)`` being (x_i - mu_j)(x_i - mu_j)^T,
    or None where nothing is estimated. ``shared`` structures hold one value for all components.
    """

    name: str
    title: str
    role: str
    condition: str = ""
    symbol: Callable[[Range, Size], Symbol]
    matrix: Callable[[Symbol, IndexLike, Size], Formula]
    m_step: Callable[[Callable[[Index, Index], Formula], Weights, Index, Index, Size], Formula] | None
    shared: bool = False


def mass(weights: Weights, i: Index, j: IndexLike) -> Formula:
    """``N_j``, the sum of the weights of component j."""
    return Sum(i, weights(i, j))


def weighted_scatter(scatter: Callable[[Index, Index], Formula], weights: Weights, i: Index, j: Index) -> Formula:
    return Sum(i, multiply(weights(i, j), scatter(i, j)))


def _full_m_step(
    scatter: Callable[[Index, Index], Formula], weights: Weights, i: Index, j: Index, dimension: Size
) -> Formula:
    return Divide(weighted_scatter(scatter, weights, i, j), mass(weights, i, j))


def _tied_m_step(
    scatter: Callable[[Index, Index], Formula], weights: Weights, i: Index, j: Index, dimension: Size
) -> Formula:
    return Divide(Sum(j, weighted_scatter(scatter, weights, i, j)), SizeNumber(i.range.upper))


def _diagonal_m_step(
    scatter: Callable[[Index, Index], Formula], weights: Weights, i: Index, j: Index, dimension: Size
) -> Formula:
    return Divide(DiagonalPart(weighted_scatter(scatter, weights, i, j)), mass(weights, i, j))


def _spherical_m_step(
    scatter: Callable[[Index, Index], Formula], weights: Weights, i: Index, j: Index, dimension: Size
) -> Formula:
    total = Trace(weighted_scatter(scatter, weights, i, j))
    return Divide(total, multiply(SizeNumber(dimension), mass(weights, i, j)))


COVARIANCES = {
    structure.name: structure
    for structure in (
        CovarianceStructure(
            name="full",
            title="a full covariance matrix for each component",
            role="the covariances",
            condition="the weighted scatter of the component is positive definite",
            symbol=lambda k, d: Symbol("Sigma", "param", (k,), (d, d), "spd"),
            matrix=lambda symbol, j, d: Reference(symbol, (j,)),
            m_step=_full_m_step,
        ),
        CovarianceStructure(
            name="tied",
            title="one full covariance matrix shared by all components",
            role="the shared covariance",
            condition="the pooled weighted scatter is positive definite",
            symbol=lambda k, d: Symbol("Sigma", "param", (), (d, d), "spd"),
            matrix=lambda symbol, j, d: Reference(symbol, ()),
            m_step=_tied_m_step,
            shared=True,
        ),
        CovarianceStructure(
            name="diagonal",
            title="a diagonal covariance matrix for each component",
            role="the variances",
            condition="no coordinate has weighted variance zero in the component",
            symbol=lambda k, d: Symbol("v", "param", (k,), (d,), "positive"),
            matrix=lambda symbol, j, d: Diagonal(Reference(symbol, (j,))),
            m_step=_diagonal_m_step,
        ),
        CovarianceStructure(
            name="spherical",
            title="a spherical covariance matrix (one variance) for each component",
            role="the variances",
            condition="the weighted scatter of the component is not zero",
            symbol=lambda k, d: Symbol("v", "param", (k,), (), "positive"),
            matrix=lambda symbol, j, d: Multiply((Reference(symbol, (j,)), Identity(d))),
            m_step=_spherical_m_step,
        ),
        CovarianceStructure(
            name="known",
            title="known covariance matrices",
            role="",
            symbol=lambda k, d: Symbol("Sigma", "const", (k,), (d, d), "spd"),
            matrix=lambda symbol, j, d: Reference(symbol, (j,)),
            m_step=None,
        ),
    )
}


def exponent(x: Formula, mean: Formula, covariance: Formula) -> Formula:
    """``-1/2 (x - mu)^T Sigma^-1 (x - mu)``: the part of the log-density that knows the mean."""
    return negate(multiply(HALF, quadratic_form(x - mean, Inverse(covariance))))


def normaliser(covariance: Formula, dimension: Size) -> Formula:
    """``1 / ((2 pi)^(d/2) |Sigma|^(1/2))``."""
    circle = Power(multiply(Number(Fraction(2)), Pi()), Divide(SizeNumber(dimension), Number(Fraction(2))))
    return Divide(Number(Fraction(1)), multiply(circle, Power(Determinant(covariance), HALF)))


def density(x: Formula, mean: Formula, covariance: Formula, dimension: Size) -> Formula:
    """The density of N(mean, covariance) at x, written out.

    Source: Bishop (2006), Pattern Recognition and Machine Learning, equation (1.52).
    """
    return multiply(normaliser(covariance, dimension), Exp(exponent(x, mean, covariance)))


def log_reference(x: Formula, mean: Formula, covariance: Formula) -> LibraryCall:
    return LibraryCall("multivariate_normal.logpdf", (x, mean, covariance))


def scatter_of(x: Formula, mean: Formula) -> Formula:
    """``(x - mu)(x - mu)^T``."""
    return outer(x - mean, x - mean)
