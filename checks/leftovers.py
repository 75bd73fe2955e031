"""What is left where weights move: the part of a derivative that runs through the responsibilities.

Where responsibilities are functions of the parameters, a derivative has terms that it lacks where they are held. They are found
by differentiating the weights alone, everything else being constant, and are a claim of their own: the judge decides whether they
are indeed the difference of the two sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from derive.claims import Claim
from derive.formula import (
    ONE,
    ZERO,
    Add,
    Component,
    Derivative,
    Divide,
    Exp,
    Formula,
    Log,
    Multiply,
    Named,
    Number,
    Power,
    Sum,
    add,
    multiply,
    negate,
    unfold,
    walk,
)


def with_leftover(claim: Claim) -> Claim | None:
    """The claim with what it leaves under moving weights; None where its left side is no derivative of something with weights."""
    if claim.relation != "=":
        return None
    whole = claim.lhs.argument if isinstance(claim.lhs, Component) else claim.lhs
    if not isinstance(whole, Derivative) or whole.body.shape != ():
        return None

    def moved(weight: Named) -> Formula:
        return Derivative(weight, whole.by, whole.convention)

    try:
        found = _through_weights(whole.body, moved)
    except _NoRule:
        return None
    if found == ZERO:
        return None
    return replace(claim, residual=Component(found, claim.lhs.indices) if isinstance(claim.lhs, Component) else found)


class _NoRule(Exception):
    """A part of the formula through which the weights are not followed."""


def _is_weight(node: Formula) -> bool:
    return isinstance(node, Named) and node.definition.normalised_over is not None and node.time == "free"


def _has_weight(node: Formula) -> bool:
    return any(_is_weight(inner) or (isinstance(inner, Named) and _has_weight(unfold(inner))) for inner in walk(node))


def _through_weights(node: Formula, moved: Callable[[Named], Formula]) -> Formula:
    """The derivative of a formula of which the weights alone move."""
    if isinstance(node, Named) and _is_weight(node):
        return moved(node)
    if not _has_weight(node):
        return ZERO
    rule = _RULES.get(type(node))
    if rule is None:
        raise _NoRule(type(node).__name__)
    return rule(node, moved)


def _product(node: Multiply, moved: Callable[[Named], Formula]) -> Formula:
    terms: list[Formula] = []
    for place, factor in enumerate(node.factors):
        change = _through_weights(factor, moved)
        if change == ZERO:
            continue
        rest = [*node.factors[:place], *node.factors[place + 1 :]]
        for part in change.terms if isinstance(change, Add) else (change,):
            others = list(rest)
            sign = part.factors[0] if isinstance(part, Multiply) and part.factors[0] == Number(-ONE.value) else ONE
            bare = multiply(*part.factors[1:]) if sign != ONE and isinstance(part, Multiply) else part
            if isinstance(bare, Divide) and bare.denominator in others:
                others.remove(bare.denominator)  # w (dw / w) is dw
                bare = bare.numerator
            terms.append(multiply(*(f for f in (sign, *others, bare) if f != ONE)))
    return add(*terms)


def _quotient(node: Divide, moved: Callable[[Named], Formula]) -> Formula:
    above, below = _through_weights(node.numerator, moved), _through_weights(node.denominator, moved)
    terms: list[Formula] = []
    if above != ZERO:
        terms.append(Divide(above, node.denominator))
    if below != ZERO:
        terms.append(negate(Divide(multiply(node.numerator, below), Power(node.denominator, Number(ONE.value * 2)))))
    return add(*terms)


def _logarithm(node: Log, moved: Callable[[Named], Formula]) -> Formula:
    inside = node.argument
    # Of log (a / w) the part through w is -dw / w.
    over = isinstance(inside, Divide)
    parts = [(inside.numerator, ONE), (inside.denominator, Number(-ONE.value))] if over else [(inside, ONE)]
    terms: list[Formula] = []
    for part, sign in parts:
        change = _through_weights(part, moved)
        if change != ZERO:
            terms.append(Divide(change, part) if sign == ONE else negate(Divide(change, part)))
    return add(*terms)


def _terms(node: Add, moved: Callable[[Named], Formula]) -> Formula:
    return add(*(change for term in node.terms if (change := _through_weights(term, moved)) != ZERO))


def _sum(node: Sum, moved: Callable[[Named], Formula]) -> Formula:
    return Sum(node.index, _through_weights(node.body, moved))


def _exponential(node: Exp, moved: Callable[[Named], Formula]) -> Formula:
    return multiply(node, _through_weights(node.argument, moved))


def _abbreviation(node: Named, moved: Callable[[Named], Formula]) -> Formula:
    return _through_weights(unfold(node), moved)


_RULES: Mapping[type[Formula], Callable[..., Formula]] = {
    Add: _terms,
    Multiply: _product,
    Divide: _quotient,
    Log: _logarithm,
    Exp: _exponential,
    Sum: _sum,
    Named: _abbreviation,
}
