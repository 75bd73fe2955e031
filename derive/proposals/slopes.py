"""Slopes as people write them: the derivative of a scalar by a number, a vector or a matrix, in the notation of the formula.

The rules go backwards through the formula, from the scalar to the letter, carrying what the letter's change is multiplied by: a
sum hands it on, a product multiplies it by the other factors, a product of matrices by their transposes from both sides. A sum
over an index of which only one member is the letter keeps that member.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derive.formula import (
    Add,
    Delta,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Fresh,
    Function,
    Identity,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Product,
    Reference,
    Sum,
    Trace,
    Transpose,
    matrix_product,
    mentions,
    rename,
    unfold,
)
from derive.functions import FUNCTIONS
from derive.proposals.terms import NoProposal, Term, expanded, letters_of, merged, summed, transposed
from derive.symbols import Index


def slope(body: Formula, by: Reference) -> list[Term]:
    """The derivative of a scalar, as terms whose sum it is.

    Raises:
        NoProposal: there is no rule for something in the formula.
    """
    return merged(_Slope(by).of(body, Term()))


def written_slope(body: Formula, by: Reference) -> Formula | None:
    """The derivative of a scalar as one formula; None where there is no rule for something in it."""
    try:
        return summed(slope(body, by))
    except NoProposal:
        return None


def jacobian(gradient: Formula, by: Reference) -> list[Term]:
    """The derivative of a vector by a vector in which it is linear, as terms whose sum it is.

    Raises:
        NoProposal: it is not linear in it, or holds it in another form than ``A b``.
    """
    found: list[Term] = []
    for term in expanded(gradient, by.symbol):
        *before, last = term.word
        if not any(mentions(part, by.symbol) for part in (*term.word, *(factor for factor, _ in term.scalars))):
            continue
        inside = (*before, *(factor for factor, _ in term.scalars))
        if not isinstance(last, Reference) or last.symbol != by.symbol or any(mentions(part, by.symbol) for part in inside):
            raise NoProposal(f"a slope that is not linear in {by.symbol.name}")
        found.append(_met(replace(term, word=tuple(before) or (Identity(by.symbol.shape[0]),)), last, by))
    return merged(found)


def _met(term: Term, letter: Reference, by: Reference) -> Term:
    """The derivative of a letter by another member of its family: they are the same where their indices are."""
    for own, wanted in zip(letter.indices, by.indices, strict=True):
        if own != wanted:
            bound = isinstance(own, Index) and own in term.binders
            term = term.renamed(own, wanted) if isinstance(own, Index) and bound else term.times(Delta(own, wanted))
    return term


class _Slope:
    def __init__(self, by: Reference) -> None:
        self.by = by

    def of(self, node: Formula, carried: Term) -> Iterator[Term]:
        """The terms by which a node's change adds to the scalar's; ``carried`` is what the change is multiplied by."""
        if not mentions(node, self.by.symbol):
            return
        match node:
            case Reference():
                yield self._letter(node, carried)
            case Named():
                yield from self.of(unfold(node), carried)
            case Add():
                for term in node.terms:
                    yield from self.of(term, carried)
            case Multiply():
                yield from self._multiply(node, carried)
            case Divide():
                yield from self._divide(node, carried)
            case Power():
                yield from self._power(node, carried)
            case Exp():
                yield from self.of(node.argument, carried.times(node))
            case Log():
                yield from self._logarithm(node.argument, carried)
            case Function():
                yield from self._function(node, carried)
            case Sum():
                yield from self._sum(node, carried)
            case MatrixProduct():
                yield from self._matrix_product(node, carried)
            case Transpose():
                yield from self.of(node.argument, replace(carried, word=transposed(carried.word)))
            case Inverse():
                yield from self._inverse(node, carried)
            case Trace():
                yield from self._trace(node, carried)
            case Determinant():
                yield from self._logarithm(node, carried.times(node))
            case Diagonal():
                yield from self.of(node.argument, replace(carried, word=(DiagonalPart(matrix_product(*carried.word)),)))
            case _:
                raise NoProposal(f"no rule for the derivative of {type(node).__name__}")

    def _letter(self, node: Reference, carried: Term) -> Term:
        term = _met(carried, node, self.by)
        shape = matrix_product(*term.word).shape if term.word else ()
        if shape != self.by.shape:
            raise NoProposal(f"a slope of another shape than {self.by.symbol.name}")
        return term

    # Sums and products of numbers.

    def _multiply(self, node: Multiply, carried: Term) -> Iterator[Term]:
        matrix = next((f for f in node.factors if f.shape != ()), None)
        for place, factor in enumerate(node.factors):
            term = carried
            for other in (*node.factors[:place], *node.factors[place + 1 :]):
                if other.shape == ():
                    term = term.times(other)
            if factor.shape == () and matrix is not None:
                term = replace(term, word=()).times(_inner(term, matrix))
            yield from self.of(factor, term)

    def _divide(self, node: Divide, carried: Term) -> Iterator[Term]:
        yield from self.of(node.numerator, carried.times(node.denominator, Fraction(-1)))
        if mentions(node.denominator, self.by.symbol):
            if node.shape != ():
                carried = replace(carried, word=()).times(_inner(carried, node.numerator))
            else:
                carried = carried.times(node.numerator)
            yield from self.of(node.denominator, carried.times(node.denominator, Fraction(-2)).scaled(Fraction(-1)))

    def _power(self, node: Power, carried: Term) -> Iterator[Term]:
        if mentions(node.exponent, self.by.symbol):
            yield from self.of(node.exponent, carried.times(node).times(Log(node.base)))
        if isinstance(node.exponent, Number):
            outer = carried.scaled(node.exponent.value).times(node.base, node.exponent.value - 1)
        else:
            outer = carried.times(node.exponent).times(node).times(node.base, Fraction(-1))
        yield from self.of(node.base, outer)

    def _logarithm(self, inside: Formula, carried: Term) -> Iterator[Term]:
        """The logarithm of a product is the sum of the logarithms."""
        if not mentions(inside, self.by.symbol):
            return
        match inside:
            case Named():
                yield from self._logarithm(unfold(inside), carried)
            case Multiply():
                for factor in inside.factors:
                    yield from self._logarithm(factor, carried)
            case Divide():
                yield from self._logarithm(inside.numerator, carried)
                yield from self._logarithm(inside.denominator, carried.scaled(Fraction(-1)))
            case Power():
                yield from self._logarithm(inside.base, carried.times(inside.exponent))
                if mentions(inside.exponent, self.by.symbol):
                    yield from self.of(inside.exponent, carried.times(Log(inside.base)))
            case Exp():
                yield from self.of(inside.argument, carried)
            case Product():
                index = Fresh.index(inside.index) if inside.index in carried.binders else inside.index
                body = rename(inside.body, {inside.index: index})
                yield from self._logarithm(body, replace(carried, binders=(*carried.binders, index)))
            case Determinant():
                inverse = transposed((Inverse(inside.argument),))
                yield from self.of(inside.argument, replace(carried, word=inverse))
            case Function(name="gamma", arguments=(argument,)):
                yield from self.of(argument, carried.times(Function("digamma", (argument,))))
            case _:
                yield from self.of(inside, carried.times(inside, Fraction(-1)))

    def _function(self, node: Function, carried: Term) -> Iterator[Term]:
        if node.name == "gamma":
            yield from self._logarithm(node, carried.times(node))
            return
        known = FUNCTIONS.get(node.name)
        if known is None or known.slope is None or len(node.arguments) != 1:
            raise NoProposal(f"no rule for the derivative of {node.name}")
        yield from self.of(node.arguments[0], carried.times(known.slope(node.arguments[0])))

    def _sum(self, node: Sum, carried: Term) -> Iterator[Term]:
        taken = (*carried.binders, *(i for i in self.by.indices if isinstance(i, Index)))
        index = Fresh.index(node.index) if node.index in taken else node.index
        yield from self.of(rename(node.body, {node.index: index}), replace(carried, binders=(*carried.binders, index)))

    # Matrices.

    def _matrix_product(self, node: MatrixProduct, carried: Term) -> Iterator[Term]:
        for place, factor in enumerate(node.factors):
            before = tuple(letter for f in node.factors[:place] for letter in letters_of(f))
            behind = tuple(letter for f in node.factors[place + 1 :] for letter in letters_of(f))
            yield from self.of(factor, replace(carried, word=(*transposed(before), *carried.word, *transposed(behind))))

    def _inverse(self, node: Inverse, carried: Term) -> Iterator[Term]:
        outer = transposed((node,))
        word = (*outer, *carried.word, *outer)
        yield from self.of(node.argument, replace(carried, word=word).scaled(Fraction(-1)))

    def _trace(self, node: Trace, carried: Term) -> Iterator[Term]:
        factors = node.argument.factors if isinstance(node.argument, MatrixProduct) else (node.argument,)
        for place, factor in enumerate(factors):
            around = tuple(letter for f in (*factors[place + 1 :], *factors[:place]) for letter in letters_of(f))
            if not around:
                raise NoProposal("the trace of a lone letter")
            yield from self.of(factor, replace(carried, word=transposed(around)))


def _inner(carried: Term, matrix: Formula) -> Formula:
    """The inner product of what is carried with a vector or matrix: the slope by a scalar before it."""
    if not carried.word:
        raise NoProposal("a matrix where a scalar is carried")
    product = matrix_product(*transposed(carried.word), matrix)
    return product if len(matrix.shape) == 1 and product.shape == () else Trace(product)
