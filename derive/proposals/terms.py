"""Sums of products as people write them: a number, powers of scalars, matrices in their order, and what is summed over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.formula import (
    ONE,
    ZERO,
    Add,
    Diagonal,
    DiagonalPart,
    Divide,
    Formula,
    Fresh,
    Identity,
    Inverse,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Reference,
    Sum,
    Transpose,
    add,
    free_indices,
    matrix_product,
    mentions,
    multiply,
    negate,
    rename,
    unfold,
)
from derive.symbols import Index, IndexLike, Symbol

Scalars = tuple[tuple[Formula, Fraction], ...]
Word = tuple[Formula, ...]
POSITIVE = ("positive", "unit", "simplex")


class NoProposal(Exception):
    """Nothing is proposed: the formula has a shape for which there is no rule."""


@dataclass(frozen=True, slots=True)
class Term:
    """``sum_binders coefficient * scalars * word``: the word is a product of matrices and vectors, empty for a scalar."""

    coefficient: Fraction = Fraction(1)
    scalars: Scalars = ()
    word: Word = ()
    binders: tuple[Index, ...] = ()

    def times(self, factor: Formula, exponent: Fraction = Fraction(1)) -> Term:
        """Multiplied by a power of a scalar."""
        if exponent == 0 or factor == ONE:
            return self
        if isinstance(factor, Multiply) and all(f.shape == () for f in factor.factors):
            term = self
            for one in factor.factors:
                term = term.times(one, exponent)
            return term
        if isinstance(factor, Divide):
            return self.times(factor.numerator, exponent).times(factor.denominator, -exponent)
        if isinstance(factor, Number) and exponent.denominator == 1 and (factor.value != 0 or exponent > 0):
            return replace(self, coefficient=self.coefficient * factor.value**exponent.numerator)
        if isinstance(factor, Power) and isinstance(factor.exponent, Number) and _may_merge(factor, exponent):
            return self.times(factor.base, exponent * factor.exponent.value)
        powers = dict(self.scalars)
        powers[factor] = powers.get(factor, Fraction(0)) + exponent
        return replace(self, scalars=tuple((f, e) for f, e in powers.items() if e != 0))

    def scaled(self, number: Fraction) -> Term:
        return replace(self, coefficient=self.coefficient * number)

    def renamed(self, old: Index, new: IndexLike) -> Term:
        """With one binder taken away and its letter replaced: what a Kronecker delta does."""
        term = Term(self.coefficient, (), tuple(rename(f, {old: new}) for f in self.word))
        for factor, exponent in self.scalars:
            term = term.times(rename(factor, {old: new}), exponent)
        return replace(term, binders=tuple(index for index in self.binders if index != old))

    @property
    def key(self) -> tuple[object, ...]:
        return frozenset(self.scalars), self.word, self.binders


def _may_merge(power: Power, exponent: Fraction) -> bool:
    """Whether ``(b^e)^f`` is ``b^(ef)``: not where a root is taken of an even power, which may lose a sign."""
    base = power.base
    return exponent.denominator == 1 or (isinstance(base, Reference) and base.symbol.domain in POSITIVE)


def merged(terms: Iterable[Term]) -> list[Term]:
    """Terms that differ by a number only, added."""
    found: dict[tuple[object, ...], Term] = {}
    for term in terms:
        known = found.get(term.key)
        found[term.key] = term if known is None else replace(known, coefficient=known.coefficient + term.coefficient)
    return [term for term in found.values() if term.coefficient != 0]


# Matrices.


def tidied(node: Formula) -> Formula:
    """A scalar sum with its numbers added, and like terms once: x + a for x + a - 1 + 1."""
    return summed(merged(_flat(node, Fraction(1))))


def _flat(node: Formula, number: Fraction) -> list[Term]:
    """The terms of a number times a sum, of sums within it too."""
    if isinstance(node, Add):
        return [term for part in node.terms for term in _flat(part, number)]
    if isinstance(node, Multiply):
        numbers = [factor.value for factor in node.factors if isinstance(factor, Number)]
        others = [factor for factor in node.factors if not isinstance(factor, Number)]
        if len(others) == 1 and isinstance(others[0], Add):
            return _flat(others[0], math.prod(numbers, start=number))
    return [] if node == ZERO else [Term().times(node).scaled(number)]


def is_symmetric(matrix: Formula) -> bool:
    """Whether a matrix is symmetric by its form."""
    if isinstance(matrix, (Diagonal, Identity)):
        return True
    if isinstance(matrix, Reference):
        return matrix.symbol.domain in ("spd", "sym")
    if isinstance(matrix, (Inverse, Transpose)):
        return is_symmetric(matrix.argument)
    if isinstance(matrix, Named):
        return is_symmetric(unfold(matrix))
    if isinstance(matrix, MatrixProduct) and len(matrix.factors) == 2:
        return matrix.factors[1] == Transpose(matrix.factors[0])
    if isinstance(matrix, Multiply):
        return all(factor.shape == () or is_symmetric(factor) for factor in matrix.factors)
    if isinstance(matrix, Add):
        return all(is_symmetric(term) for term in matrix.terms)
    return False


def transposed(word: Word) -> Word:
    """The transpose of a product: the transposes of its factors in reverse order."""

    def turned(factor: Formula) -> Formula:
        if isinstance(factor, Transpose):
            return factor.argument
        return factor if is_symmetric(factor) else Transpose(factor)

    return tuple(turned(factor) for factor in reversed(word))


def letters_of(node: Formula) -> Word:
    """The factors of a product of matrices, that of a lone matrix being itself."""
    if isinstance(node, MatrixProduct):
        return tuple(letter for factor in node.factors for letter in letters_of(factor))
    if isinstance(node, Transpose) and isinstance(node.argument, (MatrixProduct, Transpose)):
        return transposed(letters_of(node.argument))
    return (node.argument,) if isinstance(node, Transpose) and is_symmetric(node.argument) else (node,)


# Expanding.


def expanded(node: Formula, symbol: Symbol) -> list[Term]:
    """A formula as a sum of products, brackets that hold a symbol multiplied out; denominators and functions stay whole."""
    return merged(_expanded(node, symbol))


def _expanded(node: Formula, symbol: Symbol) -> list[Term]:
    if node == ZERO:
        return []
    scaled = isinstance(node, Multiply) and node.shape != ()  # -mu is a word with a number before it, whoever is in it
    if not mentions(node, symbol) and not scaled:
        return [Term().times(node) if node.shape == () else Term(word=letters_of(node))]
    if isinstance(node, Add):
        return [term for part in node.terms for term in _expanded(part, symbol)]
    if isinstance(node, Multiply):
        found = [Term()]
        for factor in node.factors:
            found = products(found, _expanded(factor, symbol))
        return found
    if isinstance(node, Divide):
        return [term.times(node.denominator, Fraction(-1)) for term in _expanded(node.numerator, symbol)]
    if isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value in (1, 2, 3):
        found = [Term()]
        for _ in range(int(node.exponent.value)):
            found = products(found, _expanded(node.base, symbol))
        return found
    if isinstance(node, Sum):
        index = Fresh.index(node.index)
        return [
            replace(term, binders=(*term.binders, index)) for term in _expanded(rename(node.body, {node.index: index}), symbol)
        ]
    if isinstance(node, Transpose) and isinstance(node.argument, (Add, Multiply, MatrixProduct)):
        return [replace(term, word=transposed(term.word)) for term in _expanded(node.argument, symbol)]
    if isinstance(node, MatrixProduct):
        found = [Term()]
        for factor in node.factors:
            found = [
                replace(product, word=(*one.word, *other.word))
                for one in found
                for other in _expanded(factor, symbol)
                for product in [_scaled(replace(one, word=()), replace(other, word=()))]
            ]
        if node.shape != ():
            return found
        return [replace(term, word=()).times(matrix_product(*term.word)) for term in found]
    if node.shape == ():
        return [Term().times(node)]
    return [Term(word=letters_of(node))]


def products(left: Sequence[Term], right: Sequence[Term]) -> list[Term]:
    """Every product of a term of the one with a term of the other, of which one is a scalar."""
    return [_scaled(one, other) for one in left for other in right]


def _scaled(one: Term, other: Term) -> Term:
    if one.word and other.word:
        raise NoProposal("a product of two matrices without their order")
    term = replace(one, coefficient=one.coefficient * other.coefficient, word=one.word or other.word)
    for factor, exponent in other.scalars:
        term = term.times(factor, exponent)
    return replace(term, binders=(*one.binders, *other.binders))


# Writing.


def formula_of(term: Term) -> Formula:
    """A term without its sums: a fraction where something stands below."""
    above = [_power(f, e) for f, e in term.scalars if e > 0]
    below = [_power(f, -e) for f, e in term.scalars if e < 0]
    word = matrix_product(*term.word) if term.word else None
    number = abs(term.coefficient)
    if below and number.denominator != 1:
        below.insert(0, Number(Fraction(number.denominator)))
        number = Fraction(number.numerator)
    if number != 1:
        above.insert(0, Number(number))
    if below and word is not None:
        # A fraction of scalars before the matrices.
        value = multiply(Divide(multiply(*above) if above else ONE, multiply(*below)), word)
    else:
        factors = [*above, *([word] if word is not None else [])]
        value = multiply(*factors) if factors else ONE
        value = Divide(value, multiply(*below)) if below else value
    return value if term.coefficient > 0 else negate(value)


def _power(base: Formula, exponent: Fraction) -> Formula:
    return base if exponent == 1 else Power(base, Number(exponent))


def summed(terms: Sequence[Term], *, pulled: bool = False) -> Formula:
    """A sum of terms: those with the same sums share one sign; the number and the weights that all have stand before the bracket.

    Where ``pulled``, so do factors that a sum does not bind, before its sign.
    """
    groups: dict[tuple[Index, ...], list[Term]] = {}
    for term in terms:
        groups.setdefault(term.binders, []).append(term)
    found: list[Formula] = []
    for binders, group in groups.items():
        group = sorted(group, key=lambda term: term.coefficient < 0)
        bound = frozenset(binders)
        before = [p for p in group[0].scalars if pulled and binders and p[1] > 0 and not free_indices(p[0]) & bound]
        before = [p for p in before if all(p in term.scalars for term in group)]
        taken = all(term.coefficient < 0 for term in group) and bool(binders)
        body = _bracketed(
            [
                replace(t, scalars=tuple(p for p in t.scalars if p not in before)).scaled(Fraction(-1 if taken else 1))
                for t in group
            ]
        )
        for index in reversed(binders):
            body = Sum(index, body)
        body = multiply(*(_power(f, e) for f, e in before), body) if before else body
        found.append(negate(body) if taken else body)
    return add(*found) if found else ZERO


def _is_weight(factor: Formula) -> bool:
    return isinstance(factor, Named) or (isinstance(factor, Reference) and factor.symbol.role == "frozen")


def _added(terms: Sequence[Term]) -> Formula:
    """A sum of terms; of diagonals, the diagonal of the sum."""
    matrices = [term.word[0].argument for term in terms if len(term.word) == 1 and isinstance(term.word[0], DiagonalPart)]
    if len(terms) > 1 and len(matrices) == len(terms):
        return DiagonalPart(
            add(*(formula_of(replace(term, word=(matrix,))) for term, matrix in zip(terms, matrices, strict=True)))
        )
    return add(*(formula_of(term) for term in terms)) if len(terms) > 1 else formula_of(terms[0])


def _bracketed(group: Sequence[Term]) -> Formula:
    weights = [(f, e) for f, e in group[0].scalars if _is_weight(f) and all((f, e) in t.scalars for t in group)]
    sizes = {abs(term.coefficient) for term in group}
    number = sizes.pop() if len(group) > 1 and len(sizes) == 1 else Fraction(1)
    inner = [replace(t, scalars=tuple(p for p in t.scalars if p not in weights)).scaled(1 / number) for t in group]
    body = _added(inner)
    if not weights and number == 1:
        return body
    before = multiply(*((Number(number),) if number != 1 else ()), *(_power(f, e) for f, e in weights))
    if body == ONE:
        return before
    # A fraction takes the weight into its numerator; a sign goes to the front.
    if len(inner) == 1:
        return formula_of(replace(group[0], scalars=(*weights, *inner[0].scalars)))
    return multiply(before, body)
