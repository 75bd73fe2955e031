"""The normal density, of a number (by its variance) or of a vector (by its covariance matrix)."""

from __future__ import annotations

from fractions import Fraction

from derive.densities import Density, ExponentialFamily, Routine, Term
from derive.errors import ShapeError
from derive.formula import (
    HALF,
    ONE,
    ZERO,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Identity,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Number,
    Pi,
    Power,
    SizeNumber,
    Transpose,
    matrix_product,
    multiply,
    negate,
    outer,
    quadratic_form,
)


def write(value: Formula, mean: Formula, variance: Formula) -> Formula:
    centred = value if mean == ZERO else value - mean
    if value.shape == ():
        if variance.shape != ():
            raise ShapeError("a normal density of a number takes a number as its variance, not a matrix")
        two = Number(Fraction(2))
        scale = Power(multiply(two, Pi(), variance), HALF)
        return multiply(Divide(Number(Fraction(1)), scale), Exp(negate(Divide(Power(centred, two), multiply(two, variance)))))
    size = value.shape[0]
    if len(value.shape) != 1 or size is None or variance.shape != (size, size):
        raise ShapeError("a normal density of a vector takes a square matrix of its size as its covariance")
    scale = _scale(variance)
    if scale is not None:
        # Of a multiple of the identity neither determinant nor inverse is written.
        some = () if scale == ONE else (scale,)
        below = Power(multiply(Number(Fraction(2)), Pi(), *some), Divide(SizeNumber(size), Number(Fraction(2))))
        square = matrix_product(Transpose(centred), centred)
        half = Divide(square, multiply(Number(Fraction(2)), *some)) if some else multiply(HALF, square)
        return multiply(Divide(ONE, below), Exp(negate(half)))
    if isinstance(variance, Inverse):
        # The matrix that is inverted is the precision: neither its inverse nor the inverse of that is written.
        precision = variance.argument
        scale = Power(multiply(Number(Fraction(2)), Pi()), Divide(SizeNumber(size), Number(Fraction(2))))
        square = quadratic_form(centred, precision)
        return multiply(Divide(Power(Determinant(precision), HALF), scale), Exp(negate(multiply(HALF, square))))
    circle = Power(multiply(Number(Fraction(2)), Pi()), Divide(SizeNumber(size), Number(Fraction(2))))
    factor = Divide(ONE, multiply(circle, Power(Determinant(variance), HALF)))
    return multiply(factor, Exp(negate(multiply(HALF, quadratic_form(centred, Inverse(variance))))))


def _scale(variance: Formula) -> Formula | None:
    """The v of v I; None of any other matrix."""
    if isinstance(variance, Identity):
        return ONE
    factors = variance.factors if isinstance(variance, (Multiply, MatrixProduct)) else ()
    rest = [factor for factor in factors if not isinstance(factor, Identity)]
    return multiply(*rest) if len(rest) == len(factors) - 1 and all(factor.shape == () for factor in rest) else None


def mean_value(mean: Formula, variance: Formula) -> Formula:
    return mean


def mean_square(mean: Formula, variance: Formula) -> Formula:
    """Of a vector the mean of its outer product with itself."""
    return variance + (Power(mean, Number(Fraction(2))) if mean.shape == () else outer(mean, mean))


def exponential_family(value: Formula, mean: Formula, variance: Formula) -> ExponentialFamily:
    """Of a vector the second statistic is its outer product, its entries' squares or its squared length, as is the covariance."""
    two = Number(Fraction(2))
    circle = multiply(two, Pi())
    if value.shape == ():
        terms = (
            Term(value, Divide(mean, variance), mean),
            Term(Power(value, two), negate(Divide(ONE, multiply(two, variance))), mean_square(mean, variance)),
        )
        partition = Divide(Power(mean, two), multiply(two, variance)) + multiply(HALF, Log(variance))
        return ExponentialFamily(terms, partition, negate(multiply(HALF, Log(circle))))
    size = value.shape[0]
    if size is None:
        raise ShapeError("a normal density of a row")
    dimension = SizeNumber(size)
    length = matrix_product(Transpose(mean), mean)
    if (scale := _scale(variance)) is not None:
        terms = (
            Term(value, multiply(Divide(ONE, scale), mean), mean),
            Term(
                matrix_product(Transpose(value), value),
                negate(Divide(ONE, multiply(two, scale))),
                length + multiply(dimension, scale),
            ),
        )
        partition = Divide(length, multiply(two, scale)) + multiply(HALF, dimension, Log(scale))
    else:
        precision = Inverse(variance)
        square, natural, mean_of_square = outer(value, value), negate(multiply(HALF, precision)), mean_square(mean, variance)
        if isinstance(variance, Diagonal):
            square, natural, mean_of_square = (DiagonalPart(matrix) for matrix in (square, natural, mean_of_square))
        terms = (Term(value, matrix_product(precision, mean), mean), Term(square, natural, mean_of_square))
        partition = multiply(HALF, quadratic_form(mean, precision)) + multiply(HALF, Log(Determinant(variance)))
    return ExponentialFamily(terms, partition, negate(multiply(HALF, dimension, Log(circle))))


def routine(value: Formula, mean: Formula, variance: Formula) -> Routine:
    if value.shape == ():
        return Routine("norm.logpdf", (value, mean, Power(variance, HALF)))
    return Routine("multivariate_normal.logpdf", (value, mean, variance))


DENSITY = Density(
    "Normal",
    ("mean", "variance or covariance"),
    "the reals, or vectors",
    write,
    means={"value": mean_value, "square": mean_square},
    positive=("variance or covariance",),
    exponential_family=exponential_family,
    routine=routine,
)
