"""The sufficient statistics of a model's densities: their expectations over the posterior, and their means at the M-step.

Where all that contains a parameter is of exponential families, the gradient by it is, through the natural parameters, that of
what is expected of the statistics given the data less what is expected of them by the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.densities import ExponentialFamily, Law, Term, inner
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    ONE,
    AtEqual,
    Convention,
    Derivative,
    Formula,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Transpose,
    add,
    at_time,
    free_indices,
    mentions,
    multiply,
    negate,
    rebuild,
    rename,
    walk_unfolded,
)
from derive.models import Parameter, Weights
from derive.proposals.slopes import slope
from derive.proposals.terms import NoProposal, summed
from derive.proposals.terms import Term as Product
from derive.symbols import Index, IndexLike, Symbol


@dataclass(frozen=True, slots=True)
class Share:
    """What one term of an exponential family has of a parameter, at the parameter's own indices.

    ``letters`` are those of the term that are left: the model takes the product over them, the term is summed. ``name`` tells the
    terms of a model apart. ``log_partition`` is that of the whole family.
    """

    name: str
    term: Term
    log_partition: Formula
    parameter: Parameter
    letters: tuple[Index, ...]


def shares(em: Algorithm, parameter: Parameter) -> tuple[Share, ...]:
    """The terms of exponential families in which a parameter stands; none where it stands in anything else."""
    found: list[Share] = []
    symbol, seen = parameter.symbol, 0
    for number, law in enumerate(em.model.laws, start=1):
        family = family_of(em, law)
        if not mentions(law.formula, symbol):
            continue
        if family is None:
            return ()
        seen += _count(law.formula, symbol)
        for place, term in enumerate(family.terms, start=1):
            if mentions(term.natural, symbol):
                share = _share(em, f"{law.density.name}-{number}-{place}", family, term, parameter)
                if share is None:
                    return ()
                found.append(share)
    return tuple(found) if seen == _count(em.model.joint(em.model.datum, em.model.latent), symbol) else ()


def family_of(em: Algorithm, law: Law) -> ExponentialFamily | None:
    """The exponential family of a density, where what must be known of it is no parameter of the model."""
    estimated = {parameter.symbol for parameter in em.model.parameters}
    known = [part for part in law.known if isinstance(part, Formula)]
    return None if len(known) != len(law.known) or any(mentions(part, *estimated) for part in known) else law.exponential_family


def _count(node: Formula, symbol: Symbol) -> int:
    return sum(isinstance(inside, Reference) and inside.symbol == symbol for inside in walk_unfolded(node))


def _share(em: Algorithm, name: str, family: ExponentialFamily, term: Term, parameter: Parameter) -> Share | None:
    """A term at the indices of a parameter; None where it holds several members, or the member of a datum."""
    held = {
        node.indices for node in walk_unfolded(term.natural) if isinstance(node, Reference) and node.symbol == parameter.symbol
    }
    if len(held) != 1:
        return None
    free = free_indices(term.natural)
    pairs = zip(next(iter(held)), parameter.indices, strict=True)
    mapping = {own: formal for own, formal in pairs if isinstance(own, Index) and own in free}
    if em.model.datum in mapping or parameter.own != (em.model.latent in mapping):
        return None
    if term.over is not None and term.over not in mapping:
        return None
    statistic, natural, mean = (rename(part, mapping) for part in (term.statistic, term.natural, term.mean))
    placed = Term(statistic, natural, mean)
    letters = free_indices(placed.statistic) | free_indices(placed.natural)
    left = letters - {em.model.datum, em.model.latent, *mapping.values()}
    return Share(
        name, placed, rename(family.log_partition, mapping), parameter, tuple(sorted(left, key=lambda index: index.name))
    )


# Expectations over the posterior.


def expected(em: Algorithm, share: Share, body: Formula, weights: Weights) -> Formula:
    """The sum over the data of the mean of ``body`` over the posterior; of one component, where the parameter is its own."""
    i, j = em.model.datum, em.model.latent
    for letter in reversed(share.letters):
        body = Sum(letter, body)
    if share.parameter.own:
        return Sum(i, multiply(weights(i, em.model.fresh), body))
    return Sum(i, Sum(j, multiply(weights(i, j), body)))


def mass(em: Algorithm, share: Share, weights: Weights) -> Formula | None:
    """How many values of the statistic there are, by the posterior; None where their number is not known."""
    i = em.model.datum
    if any(letter.range.lower != 1 for letter in (i, *share.letters)):
        return None
    data = Sum(i, weights(i, em.model.fresh)) if share.parameter.own else SizeNumber(i.range.upper)
    return multiply(data, *(SizeNumber(letter.range.upper) for letter in share.letters))


def is_common(em: Algorithm, share: Share) -> bool:
    """Whether the natural parameter and the mean of the statistic are the same for all values that are summed over."""
    letters = (em.model.datum, em.model.latent, *share.letters)
    return not any(index in free_indices(part) for part in (share.term.natural, share.term.mean) for index in letters)


def excess(em: Algorithm, share: Share, weights: Weights) -> Formula | None:
    """What is expected of a statistic given the data, less what the model expects of it; None where that has no one value."""
    count = mass(em, share, weights)
    if count is None or not is_common(em, share):
        return None
    return expected(em, share, share.term.statistic, weights) - multiply(count, share.term.mean)


def convention_of(parameter: Parameter) -> Convention:
    """How the gradient by a parameter is meant: by a symmetric matrix, what depends on the function alone."""
    return "frobenius" if parameter.symbol.domain == "spd" else "entry"


def through_natural(em: Algorithm, found: Sequence[Share], weights: Weights, *, means: bool = True) -> Formula:
    """The chain rule: derivatives of the natural parameters, times what is expected of the statistics given the data, less what
    the model expects of them; without that where ``means`` is False.

    Where no table of these derivatives has at most two dimensions, the gradient of the products is taken, all else held.
    """
    parameter = found[0].parameter
    by, convention = parameter.reference, convention_of(parameter)

    def part(share: Share, along: Callable[[Formula], Formula | None], of: Weights) -> Formula | None:
        statistic, common = share.term.statistic, excess(em, share, of)
        if common is not None:
            return along(common if means else expected(em, share, statistic, of))
        inside = along(statistic - share.term.mean if means else statistic)
        return expected(em, share, inside, of) if inside is not None else None

    def held(i: IndexLike, j: IndexLike) -> Formula:
        return at_time(weights(i, j), "current")

    chained = [part(share, lambda along, share=share: _chained(share.term.natural, by, along), weights) for share in found]
    if convention == "entry" and None not in chained:
        return add(*(one for one in chained if one is not None))
    products = [
        part(share, lambda along, share=share: inner(share.term.natural, at_time(along, "current")), held) for share in found
    ]
    return AtEqual(Derivative(add(*(one for one in products if one is not None)), by, convention))


@dataclass(frozen=True, slots=True)
class Equation:
    """What a parameter solves where a gradient vanishes: ``left(seen, mean) = 0``, which times ``factor`` is the gradient.

    On the left is a sum of the statistics as ``seen`` tells them, their means where it is ``averaged``, less what the model
    expects of it: ``mean``, None where that is zero whatever the parameter.
    """

    weighted: Callable[[Callable[[Share], Formula]], Formula]
    mean: Formula | None
    factor: Formula

    @property
    def averaged(self) -> bool:
        return self.mean is not None

    def left(self, seen: Callable[[Share], Formula], mean: Formula | None) -> Formula:
        found = self.weighted(seen)
        return found if mean is None else found - mean


def equation(em: Algorithm, found: Sequence[Share], weights: Weights) -> Equation | None:
    """The gradient by a number, without what does not vanish: the derivative of the log-partition is a mean of the statistics.

    None where a derivative is not known, or the log-partition is not the same for all of the data.
    """
    parameter, count = found[0].parameter, mass(em, found[0], weights)
    single = len({share.name.rpartition("-")[0] for share in found}) == 1
    plain = parameter.symbol.shape == () and all(share.term.natural.shape == () for share in found)
    if count is None or not single or not plain or not all(is_common(em, share) for share in found):
        return None
    try:
        slopes = [slope(share.term.natural, parameter.reference) for share in found]
        of_partition = slope(found[0].log_partition, parameter.reference)
    except NoProposal:
        return None
    common = _common([term for terms in (*slopes, of_partition) for term in terms])
    pairs = sorted(zip(slopes, found, strict=True), key=lambda pair: all(term.coefficient < 0 for term in pair[0]))
    before = [(_without(terms, common), share) for terms, share in pairs]
    factors = [factor for factor, _ in common] + ([count] if of_partition else [])

    def weighted(seen: Callable[[Share], Formula]) -> Formula:
        return add(*(seen(share) if one == ONE else multiply(one, seen(share)) for one, share in before))

    mean = _without(of_partition, common) if of_partition else None
    return Equation(weighted, mean, multiply(*factors) if factors else ONE)


def _common(terms: Sequence[Product]) -> tuple[tuple[Formula, Fraction], ...]:
    """The positive parameters that all terms have as factors."""
    first, *others = terms
    return tuple(
        (factor, Fraction(1))
        for factor, exponent in first.scalars
        if exponent == 1 and isinstance(factor, Reference) and factor.symbol.domain == "positive"
        if all((factor, exponent) in other.scalars for other in others)
    )


def _without(terms: Sequence[Product], common: tuple[tuple[Formula, Fraction], ...]) -> Formula:
    return summed([replace(term, scalars=tuple(pair for pair in term.scalars if pair not in common)) for term in terms])


def moved(found: Sequence[Share], updates: Sequence[Formula], weight: tuple[Formula, Formula] | None = None) -> Formula:
    """The chain rule, with the way that the means of the statistics go from where theta is to what they are updated to.

    With the ``weight`` of the component, at theta and updated, the means are those of the complete data, in which the weight is
    the mean of a statistic too: that of its component, of which the natural parameter is log weight - A.
    """
    parameter = found[0].parameter
    by, convention = parameter.reference, convention_of(parameter)
    ways = [(share.term.natural, share.term.mean, update) for share, update in zip(found, updates, strict=True)]
    if weight is not None:
        own, updated = weight
        ways = [(natural, multiply(own, mean), multiply(updated, update)) for natural, mean, update in ways]
        if mentions(found[0].log_partition, parameter.symbol):
            ways.append((negate(found[0].log_partition), own, updated))
    chained = [_chained(natural, by, update - mean) for natural, mean, update in ways]
    if convention == "entry" and None not in chained:
        return AtEqual(add(*(one for one in chained if one is not None)))
    held = add(*(inner(natural, update - at_time(mean, "current")) for natural, mean, update in ways))
    return AtEqual(Derivative(held, by, convention))


def _chained(natural: Formula, by: Reference, along: Formula) -> Formula | None:
    if natural.shape == ():
        return multiply(Derivative(natural, by), along)
    if len(natural.shape) + len(by.shape) > 2:
        return None
    slope = Derivative(natural, by)
    return inner(slope, along) if by.shape == () else Transpose(slope) @ along


# At the M-step.


def linked(em: Algorithm, parameter: Parameter) -> tuple[Share, ...]:
    """The terms that contain a parameter, those that contain what they contain, and so on; none where there is no end to it.

    Each is there once, at the indices of the parameter of which it was met first.
    """
    found: list[Share] = []
    waiting, met = [parameter], {parameter.symbol}
    while waiting:
        own = shares(em, waiting.pop())
        if not own:
            return ()
        found += [share for share in own if share.name not in [known.name for known in found]]
        for other in em.model.parameters:
            if other.symbol not in met and any(mentions(share.term.natural, other.symbol) for share in own):
                waiting.append(other)
                met.add(other.symbol)
    return tuple(sorted(found, key=lambda share: share.name))


def is_minimal(em: Algorithm, found: Sequence[Share]) -> bool:
    """Whether the natural parameters are, one by one, as free as the parameters that stand in them: none is tied to another."""
    own = [p for p in em.model.parameters if any(mentions(share.term.natural, p.symbol) for share in found)]
    alike = len({p.own for p in own}) == 1
    return alike and sorted(str(share.term.natural.shape) for share in found) == sorted(str(p.symbol.shape) for p in own)


def mean_at_m_step(em: Algorithm, found: Sequence[Share], mean: Formula) -> Formula | None:
    """A mean with the M-step put in for all parameters of linked terms; None where there is no closed form of all of them."""
    chosen = [p for p in em.model.parameters if any(mentions(share.term.natural, p.symbol) for share in found)]
    if any(p.m_step is None for p in chosen):
        return None
    inside = {p.symbol: [q for q in chosen if mentions(em.solutions[p.symbol.name].body, q.symbol)] for p in chosen}
    result = _solved(em, mean, {p.symbol for p in chosen})
    # A solution may hold other parameters, as that of a variance does the mean: they are put in after it.
    waiting = [p for p in chosen if any(p in others for others in inside.values())]
    for p in waiting:
        if inside[p.symbol]:
            return None
        if not mentions(result, p.symbol):
            continue
        result = Substitute(result, p.symbol, p.indices, em.solutions[p.symbol.name](*p.indices))
    return result


def _solved(em: Algorithm, node: Formula, symbols: set[Symbol]) -> Formula:
    if isinstance(node, Reference) and node.symbol in symbols:
        return em.solutions[node.symbol.name](*node.indices)
    return rebuild(node, lambda child: _solved(em, child, symbols))
