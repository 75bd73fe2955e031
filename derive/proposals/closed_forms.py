"""Where a slope vanishes, solved for the letter as one would by hand: where that can be done in closed form.

A scalar: denominators that hold the letter are multiplied away; what is left is linear in it, or in its square. Entries of a
simplex: proportional to what stands over the letter. A vector: linear, A v = b. A positive definite matrix: the same matrices are
taken off on both sides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.formula import (
    HALF,
    Add,
    Cholesky,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Inverse,
    Log,
    MatrixProduct,
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
    rename,
)
from derive.proposals.terms import (
    NoProposal,
    Term,
    Word,
    expanded,
    formula_of,
    is_symmetric,
    letters_of,
    merged,
    products,
    summed,
    transposed,
)
from derive.symbols import Index, Symbol


@dataclass(frozen=True, slots=True)
class Root:
    """Where a slope vanishes; ``multiplier`` times the slope is ``value`` less the letter, where that is known.

    On a simplex the slope does not vanish there but is ``constraint``, the multiplier of Lagrange, which is taken off first.
    """

    value: Formula
    multiplier: Formula | None = None
    constraint: Formula | None = None
    mass: Formula | None = None
    """Of the entries of a diagonal matrix: what the slope by an entry v is, times v^2 over ``value`` less v.

    Of a Cholesky factor what the slope is, times the matrix, where the first of its two terms is left out.
    """
    shares: Shares | None = None
    """Of the logits of a softmax, which are known but for a number that all of them have more."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A slope that is ``own`` less ``total`` times ``share``, the member of a softmax."""

    own: Formula
    total: Formula
    share: Formula


def root(slope: Sequence[Term], letter: Reference, other: Index, total: Formula | None = None) -> Root:
    """Where the sum of the terms vanishes, as a formula for ``letter``.

    On a simplex the multiplier of the constraint is ``total`` where it is known, else the sum that it is, over ``other``.

    Raises:
        NoProposal: no closed form is known.
    """
    terms = merged(term for one in slope for term in _opened(one, letter.symbol))
    if not terms:
        raise NoProposal(f"{letter.symbol.name} does not occur")
    if letter.symbol.domain == "simplex":
        return _on_simplex(terms, letter, other, total)
    if letter.shape == ():
        return _scalar(terms, letter)
    if len(letter.shape) == 1:
        return _vector(terms, letter) if letter.symbol.domain == "real" else _diagonal(terms, letter)
    return _matrix(terms, letter)


def _opened(term: Term, symbol: Symbol) -> list[Term]:
    """A term with the brackets among its factors multiplied out, and its sums as they were."""
    found = [Term(term.coefficient, (), (), term.binders)]
    for factor, exponent in term.scalars:
        whole = exponent > 0 and exponent.denominator == 1 and exponent <= 3
        parts = (
            expanded(Power(factor, Number(exponent)), symbol)
            if whole and mentions(factor, symbol)
            else [Term().times(factor, exponent)]
        )
        found = products(found, parts)
    if term.word:
        words = expanded(matrix_product(*term.word), symbol)
        found = products(found, words)
    return found


def _over(terms: Iterable[Term], below: Sequence[Term]) -> Formula:
    """A sum of terms divided by another, less the factors that all of them have and no sum binds."""
    above, below = _without_common(_shorter(list(terms)), _shorter(list(below)))
    if len(below) == 1 and not below[0].scalars and not below[0].binders and not below[0].word:
        return summed([t.scaled(1 / below[0].coefficient) for t in above], pulled=True)
    return Divide(summed(above, pulled=True), summed(below, pulled=True))


def _shorter(terms: list[Term]) -> list[Term]:
    """The brackets among the factors opened, where terms then cancel."""
    opened: list[Term] = []
    for term in terms:
        brackets = [(f, e) for f, e in term.scalars if isinstance(f, Add) and e == 1]
        parts = [replace(term, scalars=tuple(p for p in term.scalars if p not in brackets))]
        for bracket, _ in brackets:
            parts = products(parts, [Term().times(part) for part in bracket.terms])
        opened += parts
    found = merged(opened)
    return found if len(found) < len(merged(terms)) or len(found) < len(opened) else terms


def _without_common(above: list[Term], below: list[Term]) -> tuple[list[Term], list[Term]]:
    every = [*above, *below]
    bound = {index for term in every for index in term.binders}
    candidates = dict.fromkeys(f for term in every for f, _ in term.scalars if not free_indices(f) & bound)
    for factor in candidates:
        least = min(dict(term.scalars).get(factor, Fraction(0)) for term in every)
        if least != 0:
            above, below = ([t.times(factor, -least) for t in part] for part in (above, below))
    sizes = [abs(term.coefficient) for term in (*above, *below)]
    number = sizes[0] if all(size == sizes[0] for size in sizes) else Fraction(1)
    if below and all(term.coefficient < 0 for term in below):
        number = -number
    return [t.scaled(1 / number) for t in above], [t.scaled(1 / number) for t in below]


# Scalars.


def _scalar(terms: list[Term], letter: Reference) -> Root:
    if (logit := _logit(terms, letter)) is not None:
        return logit
    if (rate := _rate(terms, letter)) is not None:
        return _of_exponential(terms, letter, rate)
    raised = Term()
    for _ in range(4):
        below = [(f, e) for term in terms for f, e in term.scalars if e < 0 and f != letter and mentions(f, letter.symbol)]
        if not below:
            break
        factor = below[0][0]
        most = -min(e for f, e in below if f == factor)
        raised = raised.times(factor, most)
        terms = merged(part for term in terms for part in _opened(term.times(factor, most), letter.symbol))
    degrees: dict[Fraction, list[Term]] = {}
    for term in terms:
        powers = dict(term.scalars)
        degree = powers.pop(letter, Fraction(0))
        if any(mentions(f, letter.symbol) for f in powers):
            raise NoProposal(f"an equation that is no polynomial in {letter.symbol.name}")
        degrees.setdefault(degree, []).append(replace(term, scalars=tuple(powers.items())))
    if len(degrees) != 2:
        raise NoProposal(f"an equation of several powers of {letter.symbol.name}")
    low, high = sorted(degrees)
    degrees = {degree: _shorter(found) for degree, found in degrees.items()}
    value = _over([t.scaled(Fraction(-1)) for t in degrees[low]], degrees[high])
    raised = raised.times(letter, -low).times(_with_sign(degrees[high]), Fraction(-1)).scaled(Fraction(-1))
    if high - low == 1:
        return Root(value, formula_of(raised))
    if high - low == 2 and letter.symbol.domain == "positive":
        there = Power(value, HALF)
        return Root(there, formula_of(raised.times(there + letter, Fraction(-1))))
    raise NoProposal(f"an equation of a higher degree in {letter.symbol.name}")


def _logit(terms: list[Term], letter: Reference) -> Root | None:
    """An equation ``A_s = B exp(a_s) / sum_l exp(a_l)``: a is log A, as the softmax does not see what all of them have more.

    That holds where B is the sum of A over s, which is for a proof to see.
    """
    if not letter.indices:
        return None  # one letter in all of them: the softmax does not see it at all
    above, free, total, below = Exp(letter), list[Term](), list[Term](), set[Formula]()
    for term in terms:
        own = [(factor, exponent) for factor, exponent in term.scalars if mentions(factor, letter.symbol)]
        if not own:
            free.append(term)
            continue
        sums = [f for f, e in own if e == -1 and isinstance(f, Sum) and rename(f.body, {f.index: letter.indices[-1]}) == above]
        if len(own) != 2 or (above, Fraction(1)) not in own or not sums:
            return None
        below |= {*sums}
        total.append(replace(term, scalars=tuple(pair for pair in term.scalars if pair not in own)).scaled(Fraction(-1)))
    if not free or len(below) != 1 or any(term.word for term in terms):
        return None
    own = summed(free, pulled=True)
    return Root(Log(own), shares=Shares(own, summed(total, pulled=True), Divide(above, below.pop())))


def _rate(terms: list[Term], letter: Reference) -> Fraction | None:
    """The c where the letter occurs in powers of ``exp(c letter)`` only; None of another equation."""
    rates = [_rate_of(factor, letter) for term in terms for factor, _ in term.scalars if mentions(factor, letter.symbol)]
    known = [rate for rate in rates if rate is not None]
    if not known or len(known) < len(rates):
        return None
    least = min(abs(rate) for rate in known)
    return least if all((rate / least).denominator == 1 for rate in known) else None


def _rate_of(factor: Formula, letter: Reference) -> Fraction | None:
    """The c of ``exp(c letter)``."""
    parts = expanded(factor.argument, letter.symbol) if isinstance(factor, Exp) else []
    return (
        parts[0].coefficient if len(parts) == 1 and replace(parts[0], coefficient=Fraction(1)) == Term().times(letter) else None
    )


def _of_exponential(terms: list[Term], letter: Reference, rate: Fraction) -> Root:
    """An equation in ``u = exp(c letter)``, solved for u: the letter is log u / c."""
    whole = replace(letter, symbol=replace(letter.symbol, name=f"exp {letter.symbol.name}", domain="positive"))
    found: list[Term] = []
    for term in terms:
        own = [(_rate_of(factor, letter), exponent) for factor, exponent in term.scalars if mentions(factor, letter.symbol)]
        rest = tuple(pair for pair in term.scalars if not mentions(pair[0], letter.symbol))
        power = sum((of / rate * exponent for of, exponent in own if of is not None), Fraction(0))
        found.append(replace(term, scalars=rest).times(whole, power))
    return Root(multiply(Number(1 / rate), Log(_scalar(found, whole).value)))


def _on_simplex(terms: list[Term], letter: Reference, other: Index, total: Formula | None) -> Root:
    shares = [term.times(letter) for term in terms]
    if any(mentions(f, letter.symbol) for term in shares for f, _ in term.scalars):
        raise NoProposal(f"a slope that is no multiple of 1/{letter.symbol.name}")
    share = summed(shares, pulled=True)
    last = letter.indices[-1]
    if total is None and isinstance(last, Index):
        whole = [_over_all_values(term, last) for term in shares]
        known = [term for term in whole if term is not None]
        total = summed(known, pulled=True) if len(known) == len(whole) else Sum(other, rename(share, {last: other}))
    if total is None:
        raise NoProposal("a simplex at a literal index")
    return Root(Divide(share, total), Divide(letter, total), total)


def _over_all_values(term: Term, last: Index) -> Term | None:
    """The sum of a term over an index that only the indicator of a category has: without it, since indicators sum to one."""
    own = [(f, e) for f, e in term.scalars if last in free_indices(f)]
    if len(own) != 1 or own[0][1] != 1:
        return None
    (indicator, _), (rest) = own[0], tuple(pair for pair in term.scalars if pair != own[0])
    if not isinstance(indicator, Reference) or indicator.symbol.domain != "one-hot" or indicator.indices[-1] != last:
        return None
    return replace(term, scalars=rest)


# Vectors and matrices.


def _vector(terms: list[Term], letter: Reference) -> Root:
    inside: list[Term] = []
    free: list[Term] = []
    for term in terms:
        term = _as_word(term, letter)
        if not any(mentions(f, letter.symbol) for f in (*(s for s, _ in term.scalars), *term.word)):
            free.append(term)
        elif term.word[-1:] == (letter,) and not any(
            mentions(f, letter.symbol) for f in (*(s for s, _ in term.scalars), *term.word[:-1])
        ):
            inside.append(replace(term, word=term.word[:-1]))
        else:
            raise NoProposal(f"a slope that is not linear in {letter.symbol.name}")
    if not inside:
        raise NoProposal(f"a slope that is free of {letter.symbol.name}")
    common = _common_prefix([t.word for t in inside] + [t.word for t in free], {i for t in terms for i in t.binders})
    inside = [replace(t, word=t.word[len(common) :]) for t in inside]
    free = [replace(t.scaled(Fraction(-1)), word=t.word[len(common) :]) for t in free]
    if not free or any(not t.word for t in free):
        raise NoProposal(f"a slope without a part that is free of {letter.symbol.name}")
    if all(not t.word for t in inside):
        value = _over(free, inside)
        back = [Inverse(factor) if not isinstance(factor, Inverse) else factor.argument for factor in reversed(common)]
        scalar = formula_of(Term().times(_with_sign(inside), Fraction(-1)).scaled(Fraction(-1)))
        return Root(value, multiply(scalar, matrix_product(*back)) if back else None)
    if any(not t.word for t in inside):
        raise NoProposal("a scalar beside a matrix")
    free, inside = _without_common(free, inside)
    return Root(matrix_product(Inverse(summed(inside)), summed(free)))


def _with_sign(terms: Sequence[Term]) -> Formula:
    """A sum of terms, with the number or the sign, and the factors that no sum binds, that all of them have before it."""
    bound = {index for term in terms for index in term.binders}
    outside = Term()
    for factor in dict.fromkeys(f for term in terms for f, _ in term.scalars if not free_indices(f) & bound):
        least = min(dict(term.scalars).get(factor, Fraction(0)) for term in terms)
        outside, terms = outside.times(factor, least), [term.times(factor, -least) for term in terms]
    first = terms[0].coefficient if terms else Fraction(1)
    shared = all(term.coefficient == first for term in terms)
    common = first if shared else Fraction(-1) if all(term.coefficient < 0 for term in terms) else Fraction(1)
    return formula_of(outside.times(summed([term.scaled(1 / common) for term in terms], pulled=True)).scaled(common))


def _as_word(term: Term, letter: Reference) -> Term:
    """A scalar factor ``a^T v`` behind a vector u as the word ``u a^T v``."""
    for factor, exponent in term.scalars:
        if mentions(factor, letter.symbol):
            if exponent != 1 or not isinstance(factor, MatrixProduct):
                raise NoProposal(f"a slope that is not linear in {letter.symbol.name}")
            word = letters_of(factor)
            if word[0] == Transpose(letter):
                word = transposed(word)
            rest = tuple(p for p in term.scalars if p[0] != factor)
            return replace(term, scalars=rest, word=(*term.word, *word))
    return term


def _common_prefix(words: Sequence[Word], bound: Iterable[Index]) -> Word:
    """The invertible matrices with which all words begin and which no sum moves."""
    bound = frozenset(bound)
    found: list[Formula] = []
    for letters in zip(*words, strict=False):
        first = letters[0]
        if any(other != first for other in letters) or free_indices(first) & bound or not is_symmetric(first):
            break
        found.append(first)
    # The last letter of a word is the vector itself, never a matrix to be taken off.
    least = min(len(word) for word in words)
    return tuple(itertools.islice(found, least))


def _linear_in_matrix(terms: list[Term], letter: Reference) -> Formula:
    """``W A = B``: what stands before the letter in every word is taken off, what stands behind it is inverted."""
    if letter.symbol.domain != "real":
        raise NoProposal(f"a matrix of the domain {letter.symbol.domain}")
    common = _common_prefix([term.word for term in terms], {index for term in terms for index in term.binders})
    inside: list[Term] = []
    free: list[Term] = []
    for term in terms:
        word = term.word[len(common) :]
        if any(mentions(f, letter.symbol) for f in (*(s for s, _ in term.scalars), *word[1:])):
            raise NoProposal(f"a slope that is not linear in {letter.symbol.name}")
        if word[:1] == (letter,):
            inside.append(replace(term, word=word[1:]))
        elif word and not mentions(word[0], letter.symbol):
            free.append(replace(term.scaled(Fraction(-1)), word=word))
        else:
            raise NoProposal(f"a slope of another form in {letter.symbol.name}")
    if not inside or not free or any(not term.word for term in inside):
        raise NoProposal(f"a slope of another form in {letter.symbol.name}")
    free, inside = _without_common(free, inside)
    return matrix_product(summed(_joined(free)), Inverse(summed(inside)))


def _joined(terms: list[Term]) -> list[Term]:
    """Words that differ in their first letter only as one: ``x z^T`` less ``mu z^T`` as ``(x - mu) z^T``."""
    groups: dict[tuple[object, ...], list[Term]] = {}
    for term in terms:
        groups.setdefault((frozenset(term.scalars), term.binders, term.word[1:]), []).append(term)
    return [_as_one(group) if len(group) > 1 else group[0] for group in groups.values()]


def _as_one(group: list[Term]) -> Term:
    first = add(*(formula_of(Term(term.coefficient, (), term.word[:1])) for term in group))
    return Term(Fraction(1), group[0].scalars, (first, *group[0].word[1:]), group[0].binders)


def _diagonal(terms: list[Term], letter: Reference) -> Root:
    """The entries of a diagonal matrix: the diagonal of what the matrix would be."""
    inner: list[Term] = []
    for term in terms:
        if len(term.word) != 1 or not isinstance(term.word[0], DiagonalPart):
            raise NoProposal(f"a slope of another form in {letter.symbol.name}")
        inner.append(replace(term, word=letters_of(term.word[0].argument)))
    inverse = Inverse(Diagonal(letter))
    found = _between_inverses(inner, letter, inverse)
    if isinstance(found, Inverse):
        raise NoProposal("the diagonal of an inverse is not the inverse of the diagonal")
    mass = _mass(inner, inverse)
    if isinstance(found, Divide):
        return Root(Divide(DiagonalPart(found.numerator), found.denominator), mass=mass)
    return Root(DiagonalPart(found), mass=mass)


def _mass(terms: list[Term], inverse: Formula) -> Formula:
    """What the inverse is multiplied by where it stands alone, with the other sign."""
    return summed([replace(term.scaled(Fraction(-1)), word=()) for term in terms if term.word == (inverse,)], pulled=True)


def _matrix(terms: list[Term], letter: Reference) -> Root:
    if letter.symbol.domain == "spd":
        return Root(_between_inverses(terms, letter, Inverse(letter)))
    return _factor(terms, letter) if letter.symbol.domain == "lower" else Root(_linear_in_matrix(terms, letter))


def _factor(terms: list[Term], letter: Reference) -> Root:
    """``a M^-1 L = M^-1 B M^-1 L`` with ``M = L L^T`` solved for M, of which L is the Cholesky factor."""
    if any(term.word[-1:] != (letter,) for term in terms):
        raise NoProposal(f"a slope of another form in {letter.symbol.name}")
    inner = [replace(term, word=term.word[:-1]) for term in terms]
    inverse = Inverse(matrix_product(letter, Transpose(letter)))
    solved = _between_inverses(inner, letter, inverse)
    # The loss is that of a covariance; of a precision none is told.
    return Root(Cholesky(solved), mass=None if isinstance(solved, Inverse) else _mass(inner, inverse))


def _between_inverses(terms: list[Term], letter: Reference, inverse: Formula) -> Formula:
    """``a M^-1 = M^-1 B M^-1`` solved for M, and ``a M^-1 = B``."""
    inside: list[Term] = []
    free: list[Term] = []
    alone: list[Term] = []
    for term in terms:
        if any(mentions(f, letter.symbol) for f, _ in term.scalars):
            raise NoProposal(f"a slope that is not linear in the inverse of {letter.symbol.name}")
        if term.word == (inverse,):
            inside.append(replace(term, word=()))
        elif len(term.word) > 2 and term.word[0] == term.word[-1] == inverse:
            word = term.word[1:-1]
            if any(mentions(f, letter.symbol) for f in word):
                raise NoProposal(f"a slope that is not linear in the inverse of {letter.symbol.name}")
            free.append(replace(term.scaled(Fraction(-1)), word=word))
        elif term.word and not any(mentions(f, letter.symbol) for f in term.word):
            alone.append(term.scaled(Fraction(-1)))
        else:
            raise NoProposal(f"a slope of another form in {letter.symbol.name}")
    if not inside or bool(free) == bool(alone):
        raise NoProposal(f"a slope of another form in {letter.symbol.name}")
    return Inverse(_over(alone, inside)) if alone else _over(free, inside)
