"""Whether a statement is proved: its sides are read as polynomials, and steps lead from their difference to nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from checks.recheck.polynomials import (
    ONCE,
    Algebra,
    Factor,
    Poly,
    add,
    follow,
    multiplied_through,
    put,
    scale,
    under_one_sum,
    written,
)
from checks.recheck.trees import (
    ONE,
    Rejected,
    Statement,
    Tree,
    expanded,
    free,
    frozen,
    less,
    nodes,
    require,
    slope,
    times,
    whole_number,
)


def check_proof(statement: Statement, told: Mapping[str, Any]) -> str:
    """See that the steps of a proof lead to nothing, for all sizes and all values wherever both sides are defined."""
    algebra = Algebra(statement.names, told["splits logs"])
    given: list[Any] = list(told["goals"])
    for found in goals(statement, algebra, told):
        require(bool(given), "an equation for which there are no steps")
        require(not follow(algebra, found, given.pop(0)), "the steps do not lead to zero")
    require(not given, "steps for an equation that there is not")
    require(algebra.used == told["rules"], "other rules were needed")
    split_at_all = "the logarithm of a product is split" in algebra.used
    require(split_at_all or not told["splits logs"], "logarithms are to be split, and there are none")
    return PROVED.get(statement.relation, "the difference of the two sides is zero")


def under(statement: Statement, tree: Tree, assumed: Sequence[int]) -> Tree:
    """A tree, all derivatives taken, with the value of each letter that an assumed equation says."""
    names = statement.names
    for number in assumed:
        for letter, value in itertools.permutations(map(frozen, statement.assumptions[abs(number)]["equation"])):
            own = letter[2:]
            alone = letter[0] == "entry" and len(set(own)) == len(own) and all(isinstance(one, str) for one in own)
            if alone and [names.letters[one] for one in own] == names.ranges_of(letter[1]) and free(value) <= set(own):
                value = expanded(names, value)
                if not any(one[0] == "entry" and one[1] == letter[1] for one in nodes(value)):
                    tree = expanded(names, ("substitute", letter[1], own, value, tree))
                    break
        else:
            raise Rejected("an assumed equation that does not say what a letter is")
    return tree


def goals(statement: Statement, algebra: Algebra, told: Mapping[str, Any]) -> Iterator[Poly]:
    """What has to vanish for a statement to hold; side conditions are looked at on the way."""
    names, left, right, factor = statement.names, statement.left, statement.right, statement.multiplier or ONE

    def read(tree: Tree) -> Poly:
        return algebra.read(under(statement, expanded(names, tree), told["assumed"]))

    match statement.relation:
        case "=":
            yield read(less(left, right))
        case "implies":
            given = frozenset(part for _, part in duties(expanded(names, left)))
            require(is_defined(algebra, right, None, given), "a consequence that may not exist where what it follows from holds")
            if statement.multiplier is not None:
                require(is_defined(algebra, factor, None, given), "a multiple that may not exist")
                yield read(less(right, times(factor, left)))
            else:
                yield from multiple(statement, algebra, read(left), read(right), told["multiple"])
        case "<=" | ">=":
            small, large = (left, right) if statement.relation == "<=" else (right, left)
            gap = read(less(large, small))
            yield from divergence(algebra, gap, told["divergence"]) if told["divergence"] is not None else (gap,)
        case "= up to a constant" | "proportional to" | "same argmax":
            require(bool(statement.parameters), "a constant of which nothing is said")
            moved = frozenset(statement.parameters)
            for key in statement.parameters:
                require(names.symbols[key]["domain"] not in INTEGERS, "a constant in an integer")
            # A zero derivative says no more than constant on each piece.
            require(
                all(is_defined(algebra, tree, moved) for tree in statement.trees()),
                "a parameter whose values may fall into pieces",
            )
            for one in statement.assumptions:
                sides = [frozen(side) for kind in ("equation", "bound", "apart") for side in one.get(kind, ())]
                speaks = any(n[0] == "entry" and n[1] in moved for side in sides for n in nodes(side))
                require("definite" not in one and not speaks, "an assumption on a parameter")
            if statement.relation == "proportional to":
                for side in (left, right):
                    require(algebra.is_positive(algebra.read(expanded(names, side))), "a side that may not be positive")
                left, right = ("log", left), ("log", right)
            require(algebra.is_positive(algebra.read(expanded(names, factor))), "a factor that may not be positive")
            for key in statement.parameters:
                at = [names.fresh(own) for own in names.ranges_of(key)]
                yield read(slope(names, less(times(factor, left), right), key, at))
                if factor != ONE:
                    yield read(slope(names, factor, key, at))
        case _:
            raise Rejected(f"no proof of this kind is known: {statement.relation}")


def multiple(statement: Statement, algebra: Algebra, first: Poly, second: Poly, told: Sequence[Any]) -> Iterator[Poly]:
    """The second less a multiple of the first: by the quotient of a term of each, perhaps after products with matrices.

    A product with a matrix needs the first at all its entries; of another letter it is known at one value alone.
    """
    allowed = set(algebra.denominators(first))
    first, second = multiplied_through(algebra, first), multiplied_through(algebra, second)
    matrices, above, below = told
    for entry, kind, key, *family in matrices:
        symbol = algebra.names.symbols[key]
        require(entry in statement.entries, "a product over what is no entry of the equations")
        require(kind == "entry" or symbol["domain"] == "spd", "a matrix that may not be regular")
        letter = algebra.names.like(entry)
        times_matrix = algebra.single(((kind, key), (*family, entry, letter)))
        require(
            [algebra.range_of(i) for i in (*family, entry, letter)] == algebra.names.ranges_of(key), "a matrix that does not fit"
        )
        first = algebra.bind(algebra.multiply(times_matrix, algebra.rename(first, {entry: letter})), letter)
    one, other = in_order(algebra, second)[above], in_order(algebra, first)[below]
    (own, outside), (summed, inside) = split(algebra, one), split(algebra, other)
    factor = scale(algebra.build(ONCE, (), [*own, *((atom, -e) for atom, e in summed)]), second[one] / first[other])
    if outside != inside:
        factor = algebra.multiply(factor, outside, algebra.power(inside, Fraction(-1)))
    for _, factors in factor:
        for atom, e in factors:
            fine = (e > 0 and e.denominator == 1) or algebra.positive_atom(atom) or (atom in allowed and e.denominator == 1)
            require(fine, "a multiple that may not exist")
    yield add(second, scale(algebra.multiply(factor, first), -1))


def divergence(algebra: Algebra, gap: Poly, told: Mapping[str, Any]) -> Iterator[Poly]:
    """That a gap is a sum of Kullback-Leibler divergences: with a positive weight q it is ``sum_z q h + rest``.

    With T the sum of q, for ``r = q exp(-h - rest/T)`` that is ``sum_z q log(q / r)``, at least ``sum_z q - sum_z r`` as
    log t <= t - 1, and that difference is zero. The weight is what stands beside a logarithm under sums.
    """
    for own in told["sums"]:
        gap = under_one_sum(algebra, gap, *own)
    term = in_order(algebra, gap)[told["term"]]
    summed, factors = algebra.opened(term)
    weight = [one for one in factors if one[0][0][0] != "log" or one[1] != 1]
    require(len(factors) == len(weight) + 1 and bool(summed), "a term that is no weight times a logarithm")
    q = algebra.build(ONCE, (), weight)
    require(algebra.is_positive(q), "a weight that may not be positive")
    inner: list[Poly] = []
    rest: list[Poly] = []
    for one, c in scale(gap, abs(1 / gap[term])).items():
        found = next(quotients(algebra, one, summed, weight), None)
        (rest if found is None else inner).append({one: c} if found is None else scale(found, c))
    total = algebra.bind(q, *summed)
    spread = algebra.multiply(add(*rest), algebra.power(total, Fraction(-1))) if rest else {}
    logarithm = add(algebra.log(q), scale(add(*inner, spread), -1))
    yield add(total, scale(algebra.bind(algebra.exp(logarithm), *summed), -1))


def quotients(algebra: Algebra, term: Any, summed: Sequence[str], weight: Sequence[Factor]) -> Iterator[Poly]:
    """The h of which a term is ``sum of weight times h``, with the letters ``summed`` for the indices of that sum."""
    own, factors = algebra.opened(term)
    for taken in itertools.permutations(own, len(summed)):
        if [algebra.range_of(i) for i in taken] == [algebra.range_of(i) for i in summed]:
            left = [(algebra.in_order(atom), e) for atom, e in put(dict(zip(taken, summed, strict=True)), factors)]
            known = dict(left)
            if all(abs(known.get(atom, 0)) >= abs(e) and known[atom] * e > 0 for atom, e in weight):
                inverted = [(atom, -e) for atom, e in weight]
                yield algebra.build(ONCE, [i for i in own if i not in taken], [*left, *inverted])


def in_order(algebra: Algebra, polynomial: Poly) -> list[Any]:
    return sorted(polynomial, key=lambda term: written(algebra, {term: ONCE}))


def split(algebra: Algebra, term: Any) -> tuple[list[Factor], Poly]:
    """The factors that no bound index touches, and the sum of the others."""
    binders, factors = algebra.opened(term)
    inside = [one for one in factors if set(one[0][1]) & set(binders)]
    return [one for one in factors if one not in inside], algebra.build(ONCE, binders, inside)


INTEGERS = ("integer", "count", "covering count", "bool", "one-hot")


PROVED = {
    "<=": "the difference is a sum of Kullback-Leibler divergences",
    ">=": "the difference is a sum of Kullback-Leibler divergences",
    "implies": "the second is a multiple of the first, and defined wherever that is",
    "= up to a constant": "no derivative of the difference by a parameter is left",
    "proportional to": "no derivative of the logarithm of the ratio by a parameter is left",
    "same argmax": "but for a positive factor and a constant they are one",
}


def duties(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """What must not be zero, must be positive or regular for a tree to have a value: with its kind, each."""
    for node in nodes(tree):
        match node:
            case ("divide", _, part):
                yield "nonzero", part
            case ("log", part) | ("function", "loggamma" | "gamma" | "digamma" | "trigamma", part):
                yield "positive", part
            case ("power", part, exponent) if (
                exponent[0] != "number" or Fraction(exponent[1]) < 0 or whole_number(exponent) is None
            ):
                yield ("positive" if exponent[0] != "number" or whole_number(exponent) is None else "nonzero"), part
            case ("inverse", *_, part):
                yield "regular", part
            case _:
                pass


def is_defined(algebra: Algebra, tree: Tree, moved: frozenset[str] | None, given: frozenset[Tree] = frozenset()) -> bool:
    """Whether a tree has a value by the domains of its letters, but for what is ``given``, or free of what is ``moved``."""
    symbols = algebra.names.symbols
    for kind, part in duties(expanded(algebra.names, tree)):
        if part in given or (moved is not None and not any(one[0] == "entry" and one[1] in moved for one in nodes(part))):
            continue
        matrix = part if kind == "regular" else part[3] if part[0] == "determinant" else None
        if matrix is not None:
            if not (matrix[0] == "entry" and symbols[matrix[1]]["domain"] == "spd"):
                return False
            continue
        value = algebra.read(part)
        if not (algebra.is_positive(value) or (kind == "nonzero" and algebra.is_positive(scale(value, -1)))):
            return False
    return True
