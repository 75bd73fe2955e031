"""The multivariate Gaussian density, with each of the covariance structures people fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derive.algebra.nonnegativity import itakura_saito, stein_loss
from derive.formula import (
    HALF,
    Component,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
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
    matrix_product,
    multiply,
    negate,
    outer,
    quadratic_form,
)
from derive.symbols import Index, IndexLike, Range, Size, Symbol

Weights = Callable[[IndexLike, IndexLike], Formula]
"""The weight of datum i in component j, as a formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a covariance structure needs to state its M-step: letters, sizes, weights, and the scatter of each datum.

    ``scatter(i, j)`` is ``(x_i - mu_j)(x_i - mu_j)^T``.
    """

    datum: Index
    latent: Index
    dimension: Size
    weights: Weights
    scatter: Callable[[Index, Index], Formula]

    def mass(self, j: IndexLike) -> Formula:
        """``N_j``, the sum of the weights of component j."""
        return Sum(self.datum, self.weights(self.datum, j))

    def weighted_scatter(self, j: Index) -> Formula:
        """``C_j``, the weighted scatter matrix of component j."""
        return Sum(self.datum, multiply(self.weights(self.datum, j), self.scatter(self.datum, j)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceStructure:
    """How the covariances of the components are tied together.

    ``matrix(symbol, j, d)`` is the covariance matrix of component j. ``m_step(fit, j)`` is the maximiser of the expected
    complete-data log-likelihood in the means' presence, ``project`` what is left of a gradient by the whole matrix for the
    free numbers of the structure, ``gap(fit, symbol, best)`` by how much any other value misses that
    maximum (``best`` is a symbol that stands for the maximiser). Both are None where nothing is estimated. A ``shared``
    structure holds one value for all components; one that ``needs_rank`` needs more data than dimensions.
    """

    name: str
    title: str
    role: str = ""
    condition: str = ""
    symbol: Callable[[Range, Size], Symbol]
    matrix: Callable[[Symbol, IndexLike, Size], Formula]
    project: Callable[[Formula], Formula] = lambda gradient: gradient
    m_step: Callable[[Fit, Index], Formula] | None = None
    gap: Callable[[Fit, Symbol, Symbol], Formula] | None = None
    shared: bool = False
    needs_rank: bool = False


def _full_gap(fit: Fit, symbol: Symbol, best: Symbol) -> Formula:
    j = fit.latent
    loss = stein_loss(Reference(symbol, (j,)), Reference(best, (j,)))
    return Sum(j, multiply(HALF, fit.mass(j), loss))


def _tied_gap(fit: Fit, symbol: Symbol, best: Symbol) -> Formula:
    return multiply(HALF, SizeNumber(fit.datum.range.upper), stein_loss(Reference(symbol), Reference(best)))


def _diagonal_gap(fit: Fit, symbol: Symbol, best: Symbol) -> Formula:
    j, a = fit.latent, Index("a", Range(fit.dimension))
    loss = itakura_saito(Component(Reference(best, (j,)), (a,)), Component(Reference(symbol, (j,)), (a,)))
    return Sum(j, multiply(HALF, fit.mass(j), Sum(a, loss)))


def _spherical_gap(fit: Fit, symbol: Symbol, best: Symbol) -> Formula:
    j = fit.latent
    loss = itakura_saito(Reference(best, (j,)), Reference(symbol, (j,)))
    return Sum(j, multiply(HALF, SizeNumber(fit.dimension), fit.mass(j), loss))


COVARIANCES = {
    structure.name: structure
    for structure in (
        CovarianceStructure(
            name="full",
            title="a full covariance matrix for each component",
            role="the covariances",
            condition=(
                "the weighted scatter matrix of the component is positive definite (about the weighted mean this takes "
                "{n} > {d}); otherwise {Q} has no maximiser in {Sigma}"
            ),
            symbol=lambda k, d: Symbol("Sigma", "param", (k,), (d, d), "spd"),
            matrix=lambda symbol, j, d: Reference(symbol, (j,)),
            needs_rank=True,
            m_step=lambda fit, j: Divide(fit.weighted_scatter(j), fit.mass(j)),
            gap=_full_gap,
        ),
        CovarianceStructure(
            name="tied",
            title="one full covariance matrix shared by all components",
            role="the shared covariance",
            condition=(
                "the pooled weighted scatter is positive definite (about the weighted means this takes {n} > {d}); "
                "otherwise {Q} has no maximiser in {Sigma}"
            ),
            symbol=lambda k, d: Symbol("Sigma", "param", (), (d, d), "spd"),
            matrix=lambda symbol, j, d: Reference(symbol, ()),
            needs_rank=True,
            m_step=lambda fit, j: Divide(Sum(j, fit.weighted_scatter(j)), SizeNumber(fit.datum.range.upper)),
            gap=_tied_gap,
            shared=True,
        ),
        CovarianceStructure(
            name="diagonal",
            title="a diagonal covariance matrix for each component",
            role="the variances",
            condition="in no coordinate do all data lie at the mean of the component; otherwise {Q} has no maximiser in {v}",
            symbol=lambda k, d: Symbol("v", "param", (k,), (d,), "positive"),
            matrix=lambda symbol, j, d: Diagonal(Reference(symbol, (j,))),
            project=DiagonalPart,
            m_step=lambda fit, j: Divide(DiagonalPart(fit.weighted_scatter(j)), fit.mass(j)),
            gap=_diagonal_gap,
        ),
        CovarianceStructure(
            name="spherical",
            title="a spherical covariance matrix (one variance) for each component",
            role="the variances",
            condition="the data do not all lie at the mean of the component; otherwise {Q} has no maximiser in {v}",
            symbol=lambda k, d: Symbol("v", "param", (k,), (), "positive"),
            matrix=lambda symbol, j, d: Multiply((Reference(symbol, (j,)), Identity(d))),
            project=Trace,
            m_step=lambda fit, j: Divide(Trace(fit.weighted_scatter(j)), multiply(SizeNumber(fit.dimension), fit.mass(j))),
            gap=_spherical_gap,
        ),
        CovarianceStructure(
            name="known",
            title="known covariance matrices",
            symbol=lambda k, d: Symbol("Sigma", "const", (k,), (d, d), "spd"),
            matrix=lambda symbol, j, d: Reference(symbol, (j,)),
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


def mean_gradient(x: Formula, mean: Formula, covariance: Formula) -> Formula:
    """``Sigma^-1 (x - mu)``, the gradient of the log-density in the mean."""
    return matrix_product(Inverse(covariance), x - mean)


def covariance_gradient(x: Formula, mean: Formula, covariance: Formula) -> Formula:
    """``Sigma^-1 (x - mu)(x - mu)^T Sigma^-1 - Sigma^-1``, twice the gradient of the log-density in the covariance."""
    precision = Inverse(covariance)
    return matrix_product(precision, scatter_of(x, mean), precision) - precision


def log_reference(x: Formula, mean: Formula, covariance: Formula) -> LibraryCall:
    return LibraryCall("multivariate_normal.logpdf", (x, mean, covariance))


def scatter_of(x: Formula, mean: Formula) -> Formula:
    """``(x - mu)(x - mu)^T``."""
    return outer(x - mean, x - mean)
