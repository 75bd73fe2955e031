"""Derivatives in index notation: the table of derivative rules, and the product rule that applies it.

A derivative is taken by one entry with fresh free indices, so that a bound index is never confused with it. Rules hold over
general matrices: no symmetry is used before all derivatives are taken, and one that was used is refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from derive.algebra.reduction import Blocked, Reducer, slots_of
from derive.algebra.terms import (
    ONE,
    ZERO,
    Atom,
    Head,
    KIndex,
    Polynomial,
    add,
    number,
    single,
)
from derive.formula import Add, Divide, Exp, Formula, Function, Multiply, Number, Pi, Power, Reference
from derive.functions import FUNCTIONS
from derive.symbols import Symbol

Entry = tuple[Head, tuple[KIndex, ...]]
"""The entry by which a derivative is taken: ("e", name, role) and its indices."""


def derivative(reducer: Reducer, polynomial: Polynomial, by: Entry) -> Polynomial:
    """The partial derivative of a polynomial by an entry.

    Raises:
        Blocked: a symmetry was used already, or a function has no rule.
    """
    if reducer.settled:
        raise Blocked("a derivative after facts were used")
    parts: list[Polynomial] = []
    for term, coefficient in polynomial.items():
        binders, factors = reducer.opened(term)
        for position, (atom, exponent) in enumerate(factors):
            inner = atom_derivative(reducer, atom, by)
            if not inner:
                continue
            rest = [*factors[:position], *factors[position + 1 :]]
            if exponent != 1:
                rest.append((atom, exponent - 1))
            product = reducer.multiply(inner, reducer.build(coefficient * exponent, (), rest))
            parts.append(reducer.bind_all(product, binders))
    return add(*parts)


def atom_derivative(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    """The derivative of an atom (to the first power)."""
    kind = atom[0][0]
    rule = RULES.get(kind)
    if rule is None:
        raise Blocked(f"no derivative rule for {kind}")
    return rule(reducer, atom, by)


def _deltas(reducer: Reducer, first: tuple[KIndex, ...], second: tuple[KIndex, ...]) -> Polynomial:
    return reducer.build(ONE, (), [((("d",), (a, b)), ONE) for a, b in zip(first, second, strict=True)])


def _inner(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    """The derivative of the polynomial inside a function, taken once for all indices and then renamed."""
    (head, arguments), (by_head, by_indices) = atom, by
    closed: Polynomial = head[-1]
    key = ("derivative", closed, by_head, tuple((i[3], i[4]) for i in by_indices))
    # Of the slots' own ranges, which these arguments may have narrowed.
    generic = tuple(_generic(f"@{position}", index) for position, index in enumerate(slots_of(closed)))
    at = tuple(_generic(f"@by{position}", index) for position, index in enumerate(by_indices))
    known = reducer.cache.get(key)
    if known is None:
        known = derivative(reducer, reducer.instantiate(closed, generic), (by_head, at))
        reducer.cache[key] = known
    return reducer.rename(known, dict(zip((*generic, *at), (*arguments, *by_indices), strict=True)))


def _generic(name: str, like: KIndex) -> KIndex:
    return ("f", name, 0, like[3], like[4])


def _of(reducer: Reducer, atom: Atom) -> Polynomial:
    return reducer.instantiate(atom[0][-1], atom[1])


def _entry(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    return _deltas(reducer, atom[1], by[1]) if atom[0] == by[0] else ZERO


def _inverse_entry(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    (head, arguments), (by_head, by_indices) = atom, by
    if head[1:] != by_head[1:]:
        return ZERO
    (*family, a, b), (*by_family, c, d) = arguments, by_indices
    product = [((head, (*family, a, c)), ONE), ((head, (*family, d, b)), ONE)]
    same = _deltas(reducer, tuple(family), tuple(by_family))
    return reducer.multiply(same, reducer.build(-ONE, (), product))


def _log_determinant(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    (head, family), (by_head, by_indices) = atom, by
    if head[1:] != by_head[1:]:
        return ZERO
    *by_family, c, d = by_indices
    same = _deltas(reducer, family, tuple(by_family))
    return reducer.multiply(same, single((("i", *head[1:]), (*family, d, c))))


def _symmetric(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    if atom[0][1:] == by[0][1:]:
        raise Blocked("a derivative by a matrix whose symmetry was used")
    return ZERO


def _constant(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    return ZERO


def _exp(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    return reducer.multiply(single(atom), _inner(reducer, atom, by))


def _log(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    return reducer.multiply(reducer.power(_of(reducer, atom), Fraction(-1)), _inner(reducer, atom, by))


def _power_base(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    return _inner(reducer, atom, by)


def _special(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    name = atom[0][1]
    slope = FUNCTIONS[name].slope if name in FUNCTIONS else None
    if slope is None:
        raise Blocked(f"no derivative rule for {name}")
    inner = _inner(reducer, atom, by)
    return reducer.multiply(_slope(reducer, slope(ARGUMENT), _of(reducer, atom)), inner) if inner else ZERO


ARGUMENT = Reference(Symbol("argument", "const"))
"""What the formula of a slope stands for: the argument of the function."""


def _slope(reducer: Reducer, formula: Formula, argument: Polynomial) -> Polynomial:
    """The formula of a function's slope, at an argument."""

    def read(node: Formula) -> Polynomial:
        match node:
            case Number(value):
                return number(value)
            case Pi():
                return single((("c", "pi"), ()))
            case Add(terms):
                return add(*map(read, terms))
            case Multiply(factors):
                return reducer.multiply(*map(read, factors))
            case Divide(above, below):
                return reducer.multiply(read(above), reducer.power(read(below), Fraction(-1)))
            case Power(base, Number(exponent)):
                return reducer.power(read(base), exponent)
            case Exp(inside):
                return reducer.exp(read(inside))
            case Function(name, (inside,)):
                return reducer.special(name, read(inside))
            case _ if node == ARGUMENT:
                return argument
            case _:
                raise Blocked(f"a slope with a {type(node).__name__} in it")

    return read(formula)


def _applied(reducer: Reducer, atom: Atom, by: Entry) -> Polynomial:
    """The chain rule: the derivative of p(u_1, u_2, ...) is the sum over k and c of (d_k,c p)(u) times the derivative of u_k[c].

    The derivative of the packed arguments is linear in the basis entries ``arg_k[c]``, whose coefficients are the inner factors.
    """
    packed = _of(reducer, atom)
    parts: list[Polynomial] = []
    for term, coefficient in _inner(reducer, atom, by).items():
        binders, factors = reducer.opened(term)
        slots = [factor for factor in factors if factor[0][0][0] == "arg"]
        if len(slots) != 1 or slots[0][1] != 1:
            raise Blocked("an argument of an unspecified function that is not linear in its slot")
        ((_, slot), component), _ = slots[0]
        rest = [factor for factor in factors if factor is not slots[0]]
        outer = reducer.applied(atom[0][1], _differentiated(reducer, packed, slot, component))
        parts.append(reducer.bind_all(reducer.multiply(outer, reducer.build(coefficient, (), rest)), binders))
    return add(*parts)


def _differentiated(reducer: Reducer, packed: Polynomial, slot: int, component: tuple[KIndex, ...]) -> Polynomial:
    """Packed arguments with one more direction among the derivatives taken."""
    taken = Polynomial({term: c for term, c in packed.items() if any(head[0] == "dir" for (head, _), _ in term[1])})
    others = Polynomial({term: c for term, c in packed.items() if term not in taken})
    direction = reducer.build(ONE, (), [((("dir", slot), component), 1)])
    return add(others, reducer.multiply(taken, direction) if taken else direction)


RULES: Mapping[str, Callable[[Reducer, Atom, Entry], Polynomial]] = {
    "e": _entry,  # d S_ab / d S_cd = delta_ac delta_bd
    "i": _inverse_entry,  # d P_ab / d S_cd = - P_ac P_db
    "L": _log_determinant,  # d log|S| / d S_cd = P_dc
    "exp": _exp,  # d exp(u) = exp(u) du
    "log": _log,  # d log(u) = du / u
    "pow": _power_base,  # the factor's exponent is the product rule's business
    "fn": _special,  # d f(u) = f'(u) du, f' as the function's record has it
    "ap": _applied,
    "E": _symmetric,
    "I": _symmetric,
    "d": _constant,
    "z": _constant,
    "c": _constant,
    "q": _constant,
    "fam": _constant,  # the basis in which the arguments of an unspecified function are packed
    "arg": _constant,
    "dir": _constant,
}
