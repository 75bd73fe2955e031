"""Quadratic functions of a vector or a number: what a normal density has in its exponent, read off from the formula.

A scalar formula is ``-1/2 z' A z + z' b + c``, of a vector z that is not in A, b and c, wherever it is made of quadratic forms
``(M z + v)' P (M z + v)`` with a symmetric P and of products ``u' M z``; of a number, where it is made of squares and products.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.formula import (
    ONE,
    ZERO,
    Add,
    Divide,
    Formula,
    Identity,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Reference,
    Sum,
    Transpose,
    add,
    matrix_product,
    mentions,
    multiply,
    negate,
    unfold,
)
from derive.proposals.terms import NoProposal, is_symmetric
from derive.symbols import Index


@dataclass(frozen=True, slots=True)
class Quadratic:
    """``-1/2 z' precision z + z' slope + constant``; None stands for a zero of its shape."""

    precision: Formula | None = None
    slope: Formula | None = None
    constant: Formula | None = None

    def plus(self, other: Quadratic) -> Quadratic:
        return Quadratic(
            _plus(self.precision, other.precision), _plus(self.slope, other.slope), _plus(self.constant, other.constant)
        )

    def summed(self, index: Index) -> Quadratic:
        return Quadratic(*(None if part is None else Sum(index, part) for part in (self.precision, self.slope, self.constant)))

    def times(self, factor: Formula) -> Quadratic:
        parts = (self.precision, self.slope, self.constant)
        return Quadratic(*(None if part is None else _times(factor, part) for part in parts))


@dataclass(frozen=True, slots=True)
class _Affine:
    """``sign M z + rest``; no matrix stands for the identity (of numbers, for 1), and no rest for zero."""

    sign: Fraction
    matrix: Formula | None
    rest: Formula | None = None


def quadratic(node: Formula, latent: Reference) -> Quadratic:
    """A scalar as a quadratic function of a vector.

    Raises:
        NoProposal: it is none, or not in a form that is read here.
    """
    if not mentions(node, latent.symbol):
        return Quadratic(constant=None if node == ZERO else node)
    if isinstance(node, Named):
        return quadratic(unfold(node), latent)
    if isinstance(node, Add):
        found = Quadratic()
        for term in node.terms:
            found = found.plus(quadratic(term, latent))
        return found
    if isinstance(node, Sum):
        return quadratic(node.body, latent).summed(node.index)
    if isinstance(node, Divide):
        if mentions(node.denominator, latent.symbol):
            raise NoProposal("a division by the latent")
        return quadratic(node.numerator, latent).times(Divide(ONE, node.denominator))
    if isinstance(node, Multiply) and node.shape == ():
        inside = [factor for factor in node.factors if mentions(factor, latent.symbol)]
        others = [factor for factor in node.factors if not mentions(factor, latent.symbol)]
        found = quadratic(inside[0], latent) if len(inside) == 1 else _product(inside, latent)
        return found.times(multiply(*others)) if others else found
    if isinstance(node, Power) and node.exponent == Number(Fraction(2)):
        return _product([node.base, node.base], latent)
    if latent.shape == ():
        known = affine(node, latent)
        return Quadratic(slope=_times(Number(known.sign), known.matrix or ONE), constant=known.rest)
    if isinstance(node, MatrixProduct) and node.shape == ():
        return _form(node.factors, latent)
    raise NoProposal("no quadratic function of the latent")


def _product(factors: list[Formula], latent: Reference) -> Quadratic:
    """``(a z + r) (b z + s)`` of a number z."""
    if len(factors) != 2 or latent.shape != ():
        raise NoProposal("a product of functions of the latent")
    one, other = (affine(factor, latent) for factor in factors)
    slopes = [_times(Number(each.sign), each.matrix or ONE) for each in (one, other)]
    if factors[0] == factors[1]:
        precision = _times(Number(Fraction(-2)), ONE if one.matrix is None else Power(one.matrix, Number(Fraction(2))))
        slope = None if one.rest is None else _times(Number(Fraction(2)), _times(slopes[0], one.rest))
        return Quadratic(precision, slope, None if one.rest is None else Power(one.rest, Number(Fraction(2))))
    crossed = [None if each.rest is None else _times(slope, each.rest) for slope, each in zip(slopes, (other, one), strict=True)]
    constant = None if one.rest is None or other.rest is None else _times(one.rest, other.rest)
    return Quadratic(_times(Number(Fraction(-2)), _times(*slopes)), _plus(*crossed), constant)


def _form(factors: tuple[Formula, ...], latent: Reference) -> Quadratic:
    """``u' P v`` where the row, the column, or both as the same, are affine in the latent."""
    row, *middle, column = factors
    if any(mentions(factor, latent.symbol) for factor in middle):
        raise NoProposal("the latent inside a matrix")
    left = row.argument if isinstance(row, Transpose) else Transpose(row)
    if not mentions(left, latent.symbol):
        return _linear(matrix_product(*(Transpose(factor) for factor in reversed(middle)), left), affine(column, latent))
    if not mentions(column, latent.symbol):
        return _linear(matrix_product(*middle, column), affine(left, latent))
    weight = matrix_product(*middle) if middle else None
    if left != column or not (weight is None or is_symmetric(weight)):
        raise NoProposal("no quadratic form in one vector by a symmetric matrix")
    known = affine(column, latent)
    scalar, matrix = _apart_from_scalars(known.matrix)
    turned = [] if matrix is None else [Transpose(matrix)]
    weights = [] if weight is None else [weight]
    own = [] if matrix is None else [matrix]
    form = matrix_product(*turned, *weights, *own) if turned or weights else _identity(latent)
    square = ONE if scalar == ONE else Power(scalar, Number(Fraction(2)))
    # z' F z is -1/2 z' (-2 F) z.
    precision = _times(multiply(Number(Fraction(-2)), square), form)
    if known.rest is None:
        return Quadratic(precision)
    sign, rest = _signed(known.rest)
    slope = _times(multiply(Number(2 * sign * known.sign), scalar), matrix_product(*turned, *weights, rest))
    return Quadratic(precision, slope, matrix_product(Transpose(rest), *weights, rest))


def _linear(vector: Formula, known: _Affine) -> Quadratic:
    """``vector' (sign M z + rest)``."""
    scalar, matrix = _apart_from_scalars(known.matrix)
    slope = vector if matrix is None else matrix_product(Transpose(matrix), vector)
    constant = None if known.rest is None else matrix_product(Transpose(vector), known.rest)
    return Quadratic(slope=_times(multiply(Number(known.sign), scalar), slope), constant=constant)


def affine(node: Formula, latent: Reference) -> _Affine:
    """A vector as an affine function of another.

    Raises:
        NoProposal: it is none, or not in a form that is read here.
    """
    if node == latent:
        return _Affine(Fraction(1), None)
    if isinstance(node, Named):
        return affine(unfold(node), latent)
    if isinstance(node, Add):
        moving = [term for term in node.terms if mentions(term, latent.symbol)]
        still = [term for term in node.terms if not mentions(term, latent.symbol)]
        known = affine(moving[0], latent)
        for term in moving[1:]:
            other = affine(term, latent)
            known = _Affine(Fraction(1), add(_matrix(known, latent), _matrix(other, latent)), _plus(known.rest, other.rest))
        return _Affine(known.sign, known.matrix, _plus(known.rest, add(*still) if still else None))
    if isinstance(node, Multiply):
        inside = [factor for factor in node.factors if mentions(factor, latent.symbol)]
        if len(inside) == 1 and inside[0].shape == node.shape:
            known = affine(inside[0], latent)
            before = _times(ONE, multiply(*(factor for factor in node.factors if factor is not inside[0])))
            sign, size = _signed(before)
            matrix = known.matrix if size == ONE else _times(size, _identity(latent) if known.matrix is None else known.matrix)
            return _Affine(sign * known.sign, matrix, None if known.rest is None else _times(before, known.rest))
    if isinstance(node, MatrixProduct) and node.factors[-1] == latent:
        matrix = matrix_product(*node.factors[:-1])
        if not mentions(matrix, latent.symbol):
            return _Affine(Fraction(1), matrix)
    raise NoProposal("no affine function of the latent")


def _identity(latent: Reference) -> Formula:
    size = latent.shape[0] if latent.shape else None
    return ONE if size is None else Identity(size)


def _matrix(known: _Affine, latent: Reference) -> Formula:
    """What the latent is multiplied by, with its sign."""
    own = known.matrix or _identity(latent)
    return own if known.sign == 1 else negate(own)


def _signed(factor: Formula) -> tuple[Fraction, Formula]:
    """The sign of a factor as it is written, and the rest."""
    if isinstance(factor, Number):
        return (Fraction(-1), Number(-factor.value)) if factor.value < 0 else (Fraction(1), factor)
    if isinstance(factor, Multiply) and isinstance(factor.factors[0], Number) and factor.factors[0].value < 0:
        return Fraction(-1), negate(factor)
    return Fraction(1), factor


def _apart_from_scalars(matrix: Formula | None) -> tuple[Formula, Formula | None]:
    """The scalars before a matrix, and the matrix; None for the identity."""
    if matrix is None or isinstance(matrix, Identity):
        return ONE, None
    if isinstance(matrix, Multiply) and matrix.shape != ():
        inner = next(factor for factor in matrix.factors if factor.shape != ())
        scalars = multiply(*(factor for factor in matrix.factors if factor.shape == ()))
        return scalars, None if isinstance(inner, Identity) else inner
    return ONE, matrix


def _plus(left: Formula | None, right: Formula | None) -> Formula | None:
    return right if left is None else left if right is None else add(left, right)


def _times(factor: Formula, formula: Formula) -> Formula:
    """A product with its numbers multiplied together, and without a factor one."""
    number, others = Fraction(1), list[Formula]()
    parts = [part for each in (factor, formula) for part in (each.factors if isinstance(each, Multiply) else (each,))]
    for part in parts:
        value, rest = _apart(part)
        number *= value
        others += [] if rest is None else [rest]
    if number == 0 or not others:
        return Number(number)
    return multiply(*others) if number == 1 else negate(multiply(*others)) if number == -1 else multiply(Number(number), *others)


def _apart(part: Formula) -> tuple[Fraction, Formula | None]:
    """The number and the rest of a factor: 1/2 and 1/v of 1/(2 v)."""
    if isinstance(part, Number):
        return part.value, None
    if isinstance(part, Divide) and part.numerator == ONE:
        below = part.denominator.factors if isinstance(part.denominator, Multiply) else (part.denominator,)
        numbers = [factor.value for factor in below if isinstance(factor, Number)]
        letters = [factor for factor in below if not isinstance(factor, Number)]
        if len(numbers) == 1 and numbers[0]:
            return 1 / numbers[0], Divide(ONE, multiply(*letters)) if letters else None
    return Fraction(1), part
