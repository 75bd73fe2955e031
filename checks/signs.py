"""What is positive, and what is defined, by its form alone: the witness's own sign check, apart from the kernel's.

The answer is about all admissible values, so that no point needs to be tried. No is only: not known.
"""

from __future__ import annotations

from derive.formula import (
    Add,
    Apply,
    Component,
    Determinant,
    Diagonal,
    Divide,
    Exp,
    Formula,
    Function,
    Identity,
    Inverse,
    Log,
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
    unfold,
    walk,
)

POSITIVE_DOMAINS = ("positive", "unit", "simplex")


def surely_positive(node: Formula) -> bool:
    """Whether a scalar is positive wherever it is defined."""
    match node:
        case Number(value):
            return value > 0
        case Pi() | SizeNumber() | Exp():
            return True
        case Reference(symbol):
            return symbol.shape == () and symbol.domain in POSITIVE_DOMAINS
        case Component(Reference(symbol)):
            return symbol.domain in POSITIVE_DOMAINS
        case Apply(function):
            return function.domain in POSITIVE_DOMAINS
        case Add(parts) | Multiply(parts):
            return all(surely_positive(part) for part in parts)
        case Divide(numerator, denominator):
            return surely_positive(numerator) and surely_positive(denominator)
        case Power(base):
            return surely_positive(base)
        case Product(_, body):
            return surely_positive(body)
        case Sum(index, body):
            return index.range.lower == 1 and surely_positive(body)  # an empty sum is zero
        case Determinant(matrix) | Trace(matrix):
            return surely_definite(matrix)
        case Named():
            return surely_positive(unfold(node))
        case _:
            return False


def surely_definite(node: Formula) -> bool:
    """Whether a matrix is symmetric positive definite by its form."""
    match node:
        case Reference(symbol):
            return len(symbol.shape) == 2 and symbol.domain == "spd"
        case Identity():
            return True
        case Inverse(matrix):
            return surely_definite(matrix)
        case Diagonal(Reference(symbol)):
            return symbol.domain in POSITIVE_DOMAINS
        case Multiply(parts):
            return all(surely_positive(part) if part.shape == () else surely_definite(part) for part in parts)
        case Add(parts):
            return all(surely_definite(part) for part in parts)
        case Named():
            return surely_definite(unfold(node))
        case _:
            return False


def surely_defined(node: Formula) -> bool:
    """Whether a formula has a value at every admissible point."""
    match node:
        case Divide(_, denominator) if not surely_positive(denominator):
            return False
        case Log(argument) if not surely_positive(argument):
            return False
        case Inverse(matrix) if not surely_definite(matrix):
            return False
        case Power() if not (_is_whole(node.exponent) or surely_positive(node.base)):
            return False
        case Function(_, arguments) if not all(surely_positive(argument) for argument in arguments):
            return False
        case Named():
            return surely_defined(unfold(node))
        case _:
            return all(surely_defined(child) for child in node.children)


def _is_whole(exponent: Formula) -> bool:
    return isinstance(exponent, SizeNumber) or (
        isinstance(exponent, Number) and exponent.value.denominator == 1 and exponent.value >= 0
    )


def has_branches(*formulas: Formula) -> bool:
    """Whether there is a root or a log of something that may have either sign."""
    return any(_branches(formula, {}) for formula in formulas)


def _branches(formula: Formula, known: dict[object, bool]) -> bool:
    for node in walk(formula):
        if isinstance(node, Log) and not surely_positive(node.argument):
            return True
        if isinstance(node, Power) and not (_is_whole_number(node.exponent) or surely_positive(node.base)):
            return True
        if isinstance(node, Named):
            if node.definition not in known:
                known[node.definition] = False
                known[node.definition] = _branches(node.definition.body, known)
            if known[node.definition]:
                return True
    return False


def _is_whole_number(exponent: Formula) -> bool:
    return isinstance(exponent, SizeNumber) or (isinstance(exponent, Number) and exponent.value.denominator == 1)
