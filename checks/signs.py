"""What is positive, and what is defined, by its form alone: the witness's own sign check, apart from the kernel's.

The answer is about all admissible values, so that no point needs to be tried. No is only: not known.
"""

from __future__ import annotations

from collections.abc import Collection

from derive.formula import (
    Add,
    Apply,
    Cholesky,
    Component,
    Delta,
    Determinant,
    Diagonal,
    Divide,
    Exp,
    Formula,
    Function,
    Identity,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Pi,
    Power,
    Product,
    Reference,
    SizeNumber,
    Sum,
    Trace,
    Transpose,
    are_generic,
    unfold,
    walk,
)
from derive.symbols import COVERING, Index

POSITIVE_DOMAINS = ("positive", "unit", "simplex")
NONNEGATIVE_DOMAINS = ("nonnegative", "closed simplex", "count", "bool", "one-hot", *COVERING.values())


def surely_positive(node: Formula, assumed: Collection[object] = ()) -> bool:
    """Whether a scalar is positive wherever it is defined; what is ``assumed`` is, a letter or a formula as it is written."""
    if assumed and (_letter(node) in assumed or node in assumed):
        return True
    match node:
        case Number(value):
            return value > 0
        case Pi() | SizeNumber() | Exp():
            return True
        case Reference(symbol):
            return symbol.shape == () and symbol.domain in POSITIVE_DOMAINS
        case Component(Reference(symbol), (row, column)) if symbol.domain in ("spd", "lower"):
            return row == column
        case Component(Reference(symbol)):
            return symbol.domain in POSITIVE_DOMAINS
        case Apply(function):
            return function.domain in POSITIVE_DOMAINS
        case Add((Number(value), Multiply((Number(factor), *chances)))) if value == 1 and factor == -1:
            return bool(chances) and all(_is_chance(chance, assumed) for chance in chances)
        case Add(parts):
            return any(surely_positive(part, assumed) for part in parts) and all(
                surely_nonnegative(part, assumed) for part in parts
            )
        case Multiply(parts):
            return all(surely_positive(part, assumed) for part in parts)
        case Divide(numerator, denominator):
            return surely_positive(numerator, assumed) and surely_positive(denominator, assumed)
        case Power(base):
            return surely_positive(base, assumed)
        case Product(_, body):
            return surely_positive(body, assumed)
        case Sum(index, body):
            if index.range.lower != 1:
                return False  # an empty sum is zero
            return surely_positive(body, assumed) or _picks_positive(index, body, assumed)
        case Function("gamma", (argument,)):
            return surely_positive(argument, assumed)
        case Function("besseli0"):
            return True
        case Determinant(matrix) | Trace(matrix):
            return surely_definite(matrix, assumed) or surely_triangular(matrix)
        case Named():
            return surely_positive(unfold(node), assumed)
        case _:
            return False


def _is_chance(node: Formula, assumed: Collection[object]) -> bool:
    """Whether a scalar lies between 0 and 1, and is neither: declared so, or a positive part over a sum of positive parts."""
    match node:
        case Reference(symbol):
            return symbol.shape == () and symbol.domain == "unit"
        case Divide(part, Add(parts)):
            return part in parts and len(parts) > 1 and all(surely_positive(one, assumed) for one in parts)
        case Named():
            return _is_chance(unfold(node), assumed)
        case _:
            return False


def _picks_positive(index: Index, body: Formula, assumed: Collection[object]) -> bool:
    """Whether of the terms of a sum over an index none is negative and one positive: ``sum_h x_{ih} p_h`` of a one-hot x.

    So it is with any family that is not always zero over its first index, also where other sums stand in between, and with the
    product of several of them where what picks a member of the one is free of what picks one of the other. Of a sum among the
    factors, without a negative term, one term will do.
    """
    bound = [index]
    while isinstance(body, Sum) and body.index.range.lower == 1:
        bound.append(body.index)
        body = body.body
    choices: list[tuple[Formula, ...]] = [()]
    for factor in _factors(body):
        parts = (
            factor.terms if isinstance(factor, Add) and all(surely_nonnegative(t, assumed) for t in factor.terms) else (factor,)
        )
        choices = [(*chosen, *_factors(part)) for chosen in choices for part in parts]
    return any(_are_picked(chosen, bound, assumed) for chosen in choices)


def _are_picked(factors: Collection[Formula], bound: Collection[Index], assumed: Collection[object]) -> bool:
    """Whether a product is positive for some values of the indices: its factors are, or there are values that pick them."""
    places = {"one-hot": -1, **dict.fromkeys(COVERING.values(), 0)}
    picking: list[Index] = []
    others: list[object] = []
    for part in factors:
        if isinstance(part, Reference) and part.symbol.domain in places:
            place = places[part.symbol.domain]
            first = part.indices[place]
            if not isinstance(first, Index) or first not in bound or part.symbol.family[place] != first.range:
                return False
            picking.append(first)
            others += [each for number, each in enumerate(part.indices) if number != place % len(part.indices)]
        elif not surely_positive(part, assumed):
            return False
    return len(set(picking)) == len(picking) and not set(picking) & set(others)


def _factors(node: Formula) -> tuple[Formula, ...]:
    """The factors of a product; of a quotient those below as well, the sign of which is that of what they divide by."""
    match node:
        case Multiply(parts):
            return tuple(factor for part in parts for factor in _factors(part))
        case Divide(numerator, denominator):
            return (*_factors(numerator), denominator)
        case _:
            return (node,)


def surely_nonnegative(node: Formula, assumed: Collection[object] = ()) -> bool:
    """Whether a scalar is nonnegative wherever it is defined."""
    match node:
        case Number(value):
            return value >= 0
        case Delta():
            return True
        case Reference(symbol) | Component(Reference(symbol)) if symbol.domain in NONNEGATIVE_DOMAINS:
            return len(symbol.shape) < 2
        case Power(base, Number(exponent)) if exponent.denominator == 1:
            return exponent % 2 == 0 or surely_nonnegative(base, assumed)
        case Power():
            return True  # a root
        case MatrixProduct((Transpose(first), last)):
            return node.shape == () and first == last
        case MatrixProduct((Transpose(first), middle, last)):
            return node.shape == () and first == last and surely_definite(middle, assumed)
        case Add(parts) | Multiply(parts):
            squared = isinstance(node, Multiply) and len(parts) == 2 and parts[0] == parts[1]
            return squared or all(surely_nonnegative(part, assumed) for part in parts)
        case Divide(numerator, denominator):
            return surely_nonnegative(numerator, assumed) and surely_positive(denominator, assumed)
        case Sum(_, body) | Product(_, body):
            return surely_nonnegative(body, assumed)
        case Named():
            return surely_nonnegative(unfold(node), assumed)
        case _:
            return surely_positive(node, assumed)


def surely_definite(node: Formula, assumed: Collection[object] = ()) -> bool:
    """Whether a matrix is symmetric positive definite by its form."""
    match node:
        case Reference(symbol):
            return len(symbol.shape) == 2 and symbol.domain == "spd"
        case Identity():
            return True
        case Inverse(matrix):
            return surely_definite(matrix, assumed)
        case Diagonal(Reference(symbol)):
            return symbol.domain in POSITIVE_DOMAINS
        case MatrixProduct((first, second)):
            return second == Transpose(first) and surely_triangular(first)
        case Multiply(parts):
            return all(surely_positive(part, assumed) if part.shape == () else surely_definite(part, assumed) for part in parts)
        case Divide(matrix, number):
            return surely_definite(matrix, assumed) and surely_positive(number, assumed)
        case Add(parts):
            definite = [part for part in parts if surely_definite(part, assumed)]
            return bool(definite) and all(_is_semidefinite(part, assumed) for part in parts if part not in definite)
        case Named():
            return surely_definite(unfold(node), assumed)
        case _:
            return False


def surely_triangular(node: Formula) -> bool:
    """Whether a matrix is lower triangular with a positive diagonal by its form, wherever it has a value."""
    match node:
        case Reference(symbol):
            return symbol.domain == "lower"
        case Cholesky():
            return True
        case Named():
            return surely_triangular(unfold(node))
        case _:
            return False


def _is_semidefinite(node: Formula, assumed: Collection[object]) -> bool:
    """Whether a matrix is ``W S W^T``, with S positive definite or left out."""
    match node:
        case MatrixProduct((first, *middle, last)):
            turned = first == Transpose(last) or last == Transpose(first)
            return turned and len(middle) < 2 and all(surely_definite(part, assumed) for part in middle)
        case _:
            return False


EVERYWHERE = ("cos", "sin", "erf", "besseli0", "besseli1")
"""Functions that have a value at every number."""


def surely_defined(node: Formula, assumed: Collection[object] = ()) -> bool:
    """Whether a formula has a value at every admissible point; the formulas ``assumed`` are positive."""
    match node:
        case Divide(_, denominator) if not surely_positive(denominator, assumed):
            return False
        case Log(argument) if not surely_positive(argument, assumed):
            return False
        case Inverse(matrix) if not (surely_definite(matrix, assumed) or surely_triangular(matrix)):
            return False
        case Cholesky(matrix) if not surely_definite(matrix, assumed):
            return False
        case Power() if not (_is_whole(node.exponent) or surely_positive(node.base, assumed) or _is_root(node)):
            return False
        case Function(name, arguments) if name not in EVERYWHERE and not all(surely_positive(a, assumed) for a in arguments):
            return False
        case Named():
            return surely_defined(unfold(node), assumed)
        case _:
            return all(surely_defined(child, assumed) for child in node.children)


def _is_root(node: Power) -> bool:
    """Whether a power is a root of something nonnegative, which may be zero."""
    return isinstance(node.exponent, Number) and node.exponent.value > 0 and surely_nonnegative(node.base)


def _is_whole(exponent: Formula) -> bool:
    return isinstance(exponent, SizeNumber) or (
        isinstance(exponent, Number) and exponent.value.denominator == 1 and exponent.value >= 0
    )


def has_branches(*formulas: Formula, assumed: Collection[Formula] = ()) -> bool:
    """Whether there is a root or a log of something that may have either sign, and is not ``assumed`` to be positive."""
    letters = {_letter(one) for one in assumed if _is_generic(one)} - {None}
    return any(_branches(formula, {}, letters) for formula in formulas)


def _is_generic(node: Formula) -> bool:
    """Whether something is said of all members of a family."""
    match node:
        case Reference(symbol, indices):
            return are_generic(indices, symbol.family)
        case Named(definition, indices):
            return are_generic(indices, [index.range for index in definition.indices])
        case _:
            return True


def _letter(node: Formula) -> object:
    """What a reference is a reference to, whatever its indices."""
    return node.definition if isinstance(node, Named) else node.symbol if isinstance(node, Reference) else None


def _branches(formula: Formula, known: dict[object, bool], assumed: set[object]) -> bool:
    for node in walk(formula):
        if isinstance(node, Log) and not surely_positive(node.argument, assumed):
            return True
        if isinstance(node, Power) and not (_is_whole_number(node.exponent) or surely_positive(node.base, assumed)):
            return True
        if isinstance(node, Named):
            if node.definition not in known:
                known[node.definition] = False
                known[node.definition] = _branches(node.definition.body, known, assumed)
            if known[node.definition]:
                return True
    return False


def _is_whole_number(exponent: Formula) -> bool:
    return isinstance(exponent, SizeNumber) or (isinstance(exponent, Number) and exponent.value.denominator == 1)
