"""That an objective is largest at a stationary point: it is concave in the letter, or in a one-to-one change of it.

The changes are powers of positive letters, exponentials of real ones and the inverse of positive definite matrices: they keep
stationary points, and lead from one convex domain to another. Concavity is read off the normal form term by term: linear, a
logarithm of something linear, a log-determinant, a power, minus an exponential of something linear, minus a square or a definite
form, each with a factor of the right sign.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.algebra import signs
from derive.algebra.entries import Reader, plain_heads
from derive.algebra.nonnegativity import Questions, nonnegative_by_complements, require_in_domain
from derive.algebra.reduction import Blocked
from derive.algebra.solving import contains
from derive.algebra.terms import Factor, KIndex, Polynomial, Term, fresh, nested
from derive.errors import DeriveError
from derive.formula import ONE as UNITY
from derive.formula import Derivative, Formula, Fresh, Reference, Substitute, Sum
from derive.symbols import Index, Symbol

Key = tuple[str, str]
POWERS = (Fraction(1), Fraction(-1), Fraction(-1, 2), Fraction(1, 2), Fraction(-2))
"""Of what a positive letter is replaced by: s = u^r."""


@dataclass(frozen=True, slots=True)
class _Factored:
    """A term opened for inspection: what depends on the letter, and the sign of the rest."""

    binders: tuple[KIndex, ...]
    moving: list[Factor]
    rest: list[Factor]
    coefficient: Fraction


def proposed(objective: Formula, best: Formula) -> tuple[Substitute, ...]:
    """The substitutions by which ``best`` is the objective at proposed values, innermost first: none where it is not.

    The solution of an inner one may hold letters that the outer ones replace.
    """
    steps: list[Substitute] = []
    while best != objective and isinstance(best, Substitute):
        steps.append(best)
        best = best.body
    return tuple(reversed(steps)) if best == objective else ()


def sums_to_one(step: Substitute, ask: Questions) -> bool:
    """Whether what is put for a letter on the simplex sums to one; nothing is asked of other letters."""
    if step.symbol.domain != "simplex":
        return True
    return ask.vanishes(ask.reader.read(Sum(step.indices[-1], step.replacement) - UNITY))


def maximised(
    objective: Formula, best: Formula, ask: Questions, is_unrestricted: Callable[[Symbol], bool] = lambda symbol: False
) -> str | None:
    """Why ``best``, the objective with letters replaced, is its largest value; None where that was not shown.

    Several letters are maximised one after the other, in any order in which each step is seen to be a maximum for all values of
    the letters that are still free; or each is, for all values of all others, where letters are unrestricted: where the objective
    is defined, and what is assumed holds, whatever they are.
    """
    steps = proposed(objective, best)
    if not steps:
        return None
    if len(steps) > 1 and all(is_unrestricted(step.symbol) for step in steps):
        reason = _each_for_all_others(objective, steps, ask)
        if reason is not None:
            return reason
    final: list[Substitute] = []
    for position, step in enumerate(steps):
        value = step.replacement
        for outer in steps[position + 1 :]:
            value = Substitute(value, outer.symbol, outer.indices, outer.replacement)
        final.append(Substitute(objective, step.symbol, step.indices, value))
    keys = [ask.reader.declare(step.symbol) for step in steps]
    if len(set(keys)) != len(keys) or any(_depends(ask.reader, step.replacement, keys) for step in final):
        return None
    # Matrices last: what is put in for one gets a name, which hides the other letters.
    final.sort(key=lambda step: len(step.symbol.shape))
    reached = objective
    reasons: list[str] = []
    while final:
        for step in final:
            there = Substitute(reached, step.symbol, step.indices, step.replacement)
            reason = _step(reached, there, ask)
            if reason is not None:
                reached = there
                reasons.append(f"in {step.symbol.name} {reason}")
                final.remove(step)
                break
        else:
            return None
    return "; ".join(reasons)


def _each_for_all_others(objective: Formula, steps: Sequence[Substitute], ask: Questions) -> str | None:
    """Why each step is a maximum for all values of the other letters: then f(a, b) <= f(a*, b) <= f(a*, b*(a*)), a the outer one.

    What is put in for a letter may hold letters that stand further outside, and no others that are replaced.
    """
    keys: list[Key] = []
    reasons: list[str] = []
    for step in steps:
        keys.append(ask.reader.declare(step.symbol))
        try:
            if len(set(keys)) != len(keys) or _depends(ask.reader, step.replacement, keys):
                return None
        except (DeriveError, Blocked):
            return None
        reason = _step(objective, Substitute(objective, step.symbol, step.indices, step.replacement), ask)
        if reason is None:
            return None
        reasons.append(f"in {step.symbol.name} {reason}, whatever the others are")
    return "; ".join(reasons)


def _depends(reader: Reader, formula: Formula, keys: Sequence[Key]) -> bool:
    value = reader.read(formula, None, tuple(fresh((1, size.name)) for size in formula.shape if size is not None))
    return any(contains(head, key) for head in plain_heads(value) for key in keys)


def _step(objective: Formula, there: Substitute, ask: Questions) -> str | None:
    """One letter: a stationary point inside the domain of an objective that is concave in it."""
    try:
        way = _concave_in(objective, there, ask)
        if way is None or not _is_stationary(objective, there, ask):
            return None
        require_in_domain(there, ask)
    except (DeriveError, Blocked):
        return None
    return way


# Stationarity.


def _is_stationary(objective: Formula, there: Substitute, ask: Questions) -> bool:
    symbol = there.symbol
    letters = tuple(Fresh.index(Index("p", r)) for r in symbol.family)

    def gradient(at: tuple[Index, ...]) -> Formula:
        return Derivative(objective, Reference(symbol, at))

    def vanishes(formula: Formula) -> bool:
        entry = tuple(fresh((1, size.name)) for size in formula.shape if size is not None)
        put = Substitute(formula, symbol, there.indices, there.replacement)
        return ask.vanishes(ask.reader.read(put, None, entry))

    if symbol.domain != "simplex":
        return vanishes(gradient(letters))
    # On the simplex: all entries of the gradient are equal, and the solution sums to one.
    *others, last = letters
    return vanishes(gradient(letters) - gradient((*others, Fresh.index(last)))) and sums_to_one(there, ask)


# Concavity.


def _concave_in(objective: Formula, there: Substitute, ask: Questions) -> str | None:
    """Why an objective is concave in all members of a letter together, perhaps after a change of the letter."""
    reader, symbol = ask.reader, there.symbol
    key = reader.declare(symbol)
    value = reader.read(objective)
    if any(head[2] == "opaque" for head in plain_heads(value) if head[0] in ("e", "i", "L")):
        return None  # a name hides what it depends on
    terms = [_open(reader, term, coefficient, key) for term, coefficient in value.items()]
    terms = [term for term in terms if term.moving]
    if not terms:
        return None
    tests: list[tuple[str, Callable[[_Factored], bool]]] = []
    if symbol.domain in ("spd", "real", "positive", "nonnegative", "unit", "simplex"):
        tests.append(("it is concave", lambda term: _is_concave(reader, term, key)))
    if symbol.domain == "spd":
        tests.append(("it is concave in the inverse", lambda term: _is_concave_in_inverse(reader, term, key)))
    if symbol.domain == "real" and not symbol.shape:
        for rate in _rates(terms, key):
            name = f"it is concave in the exponential of {rate} times the letter"
            tests.append((name, lambda term, r=rate: _is_concave_in_exponential(reader, term, key, r)))
    if symbol.domain == "positive" and not symbol.shape:
        for power in POWERS[1:]:
            name = f"it is concave in the power {1 / power} of the letter"
            tests.append((name, lambda term, r=power: _is_concave_in_power(reader, term, key, r)))
    for name, test in tests:
        unsure = [term for term in terms if not test(term)]
        if not unsure or (name == "it is concave" and _weighted_logs(reader, value, unsure, key)):
            return f"{name} and its derivative vanishes there"
    return None


def _open(reader: Reader, term: Term, coefficient: Fraction, key: Key) -> _Factored:
    binders, factors = reader.reducer.opened(term)
    moving = [factor for factor in factors if contains(factor[0][0], key)]
    return _Factored(binders, moving, [factor for factor in factors if factor not in moving], coefficient)


def _has_sign(reader: Reader, term: _Factored, sign: int, without: Sequence[Factor] = ()) -> bool:
    """Whether the factors that do not depend on the letter have a sign: 1 nonnegative, -1 nonpositive, for each summand."""
    rest = tuple(factor for factor in term.rest if factor not in without)
    return signs.nonnegative(Polynomial({((), rest): sign * term.coefficient}), reader.domains)


def _is_affine(inside: Polynomial, key: Key) -> bool:
    for _, factors in inside:
        own = [(head, e) for (head, _), e in factors if contains(head, key)]
        if len(own) > 1 or any(head[0] != "e" or e != 1 for head, e in own):
            return False
    return True


def _is_concave(reader: Reader, term: _Factored, key: Key) -> bool:
    if len(term.moving) == 1:
        ((head, _), exponent) = term.moving[0]
        if head[0] == "e":
            return _is_concave_power(reader, term, key, Fraction(exponent), whole=True) or _is_minus_square(reader, term, key)
        if head[0] == "exp":
            return _is_affine(head[1], key) and _has_sign(reader, term, -1)  # a power of it is one of the same kind
        if exponent != 1:
            return False
        if head[0] == "log":
            return _is_affine(head[1], key) and _has_sign(reader, term, 1)
        return head[0] == "L" and reader.domains[key] == "spd" and _has_sign(reader, term, 1)
    return _is_minus_square(reader, term, key)


def _is_concave_power(reader: Reader, term: _Factored, key: Key, power: Fraction, *, whole: bool = False) -> bool:
    """``c u^power`` for positive u, or for any real u where ``whole``."""
    if power == 1:
        return True
    if reader.domains[key] in ("positive", "simplex", "unit"):
        return _has_sign(reader, term, 1) if 0 < power < 1 else _has_sign(reader, term, -1)
    return whole and power > 0 and power.denominator == 1 and power % 2 == 0 and _has_sign(reader, term, -1)


def _is_concave_in_power(reader: Reader, term: _Factored, key: Key, r: Fraction) -> bool:
    """For s = u^r with s and u positive: s^e = u^(re), log s = r log u."""
    if len(term.moving) != 1:
        return False
    ((head, _), exponent) = term.moving[0]
    if head[0] == "e":
        return _is_concave_power(reader, term, key, r * Fraction(exponent))
    return head[0] == "log" and exponent == 1 and _is_letter(head[1], key) and _has_sign(reader, term, 1 if r > 0 else -1)


def _rates(terms: Sequence[_Factored], key: Key) -> list[Fraction]:
    """The c of the ``exp(c u)`` in which the letter occurs."""
    found = [
        _rate(head[1], key) * Fraction(exponent) for term in terms for (head, _), exponent in term.moving if head[0] == "exp"
    ]
    return list(dict.fromkeys(rate for rate in found if rate))


def _rate(inside: Polynomial, key: Key) -> Fraction:
    """The c of ``c u``; zero of anything else."""
    return next(iter(inside.values())) * Fraction(1) if _is_letter(inside, key) else Fraction(0)


def _is_concave_in_exponential(reader: Reader, term: _Factored, key: Key, rate: Fraction) -> bool:
    """For s = exp(c u) and u real: exp(c u) is linear, u = log(s) / c."""
    if len(term.moving) != 1:
        return False
    ((head, _), exponent) = term.moving[0]
    if head[0] == "exp":
        return _rate(head[1], key) * Fraction(exponent) == rate
    return head[0] == "e" and exponent == 1 and _has_sign(reader, term, 1 if rate > 0 else -1)


def _is_letter(inside: Polynomial, key: Key) -> bool:
    if len(inside) != 1:
        return False
    (((ranges, factors), _),) = inside.items()
    return not ranges and len(factors) == 1 and factors[0][1] == 1 and factors[0][0][0] == ("e", *key)


def _is_concave_in_inverse(reader: Reader, term: _Factored, key: Key) -> bool:
    """For U = S^-1: entries of the inverse are linear, log|S| = -log|U| is convex."""
    if len(term.moving) != 1 or term.moving[0][1] != 1:
        return False
    head = term.moving[0][0][0]
    return head[0] == "i" or (head[0] == "L" and _has_sign(reader, term, -1))


def _is_minus_square(reader: Reader, term: _Factored, key: Key) -> bool:
    """Minus a square or a definite form, as ``- c sum_ab v_a P_ab v_b`` with c nonnegative, P positive definite and v linear in
    the letter; v may be a sum itself, as that of ``A_au z_u`` over u."""
    if any(head[0] != "e" for (head, _), _ in term.moving) or len(term.moving) > 2:
        return False
    if len(term.moving) == 1:
        pairs = itertools.combinations(term.binders, 2)
        return term.moving[0][1] == 2 and (_has_sign(reader, term, -1) or any(_pairs_off(reader, term, {a: b}) for a, b in pairs))
    first, second = term.moving
    mirror = _mirrored(term, {}, first, second)
    return first[1] == 1 and mirror is not None and _pairs_off(reader, term, mirror, ((first, second),))


Mirror = Mapping[KIndex, KIndex]
"""Of each bound index on the left side of a form the one that it is on the right."""


def _mirrored(term: _Factored, mirror: Mirror, left: Factor, right: Factor) -> Mirror | None:
    """What goes from the left side to the right where a factor does so, or stands on both; None where it cannot."""
    ((head, own), e), ((other, there), f) = left, right
    if head != other or e != f or len(own) != len(there):
        return None
    found = dict(mirror)
    for a, b in zip(own, there, strict=True):
        paired = {*found, *found.values()}
        if found.get(a) == b or (a == b and a not in paired):
            continue
        if paired & {a, b} or a == b or a[3:] != b[3:] or not {a, b} <= set(term.binders):
            return None
        found[a] = b
    return found


def _pairs_off(reader: Reader, term: _Factored, mirror: Mirror, pairs: tuple[tuple[Factor, Factor], ...] = ()) -> bool:
    """Whether the factors at the left indices are those at the right ones, but for positive definite matrices between the two.

    Then the sum over these indices is a form ``sum_LR v_L M_LR v_R``, and nonnegative: M is a product of matrices, each over one
    index of L and the same one of R, as Kronecker's product is. Of ``pairs`` one is on the left and the other on the right; each
    factor that is left is given one in turn, which may need further indices.
    """
    known = [factor for pair in pairs for factor in pair]
    open_ = [f for f in (*term.moving, *term.rest) if f not in known]
    right = set(mirror.values())
    between = [f for f in open_ if mirror.keys() & set(f[0][1]) and right & set(f[0][1])]
    lone = next((f for f in open_ if f not in between and mirror.keys() & set(f[0][1])), None)
    if lone is not None:
        ways = ((f, _mirrored(term, mirror, lone, f)) for f in open_ if f != lone and f not in between)
        return any(wider is not None and _pairs_off(reader, term, wider, (*pairs, (lone, f))) for f, wider in ways)
    # What stood on both sides may have been found to go from one to the other since.
    if any(_mirrored(term, mirror, *pair) != mirror for pair in pairs):
        return False
    if any(right & set(f[0][1]) for f in open_ if f not in between) or not all(_is_definite(reader, f, mirror) for f in between):
        return False
    # What stands on the left and on the right is squared, whatever its sign; the rest must have one.
    return _has_sign(reader, term, -1, without=(*known, *between))


def _is_definite(reader: Reader, factor: Factor, mirror: Mirror) -> bool:
    """Whether a factor is an entry of a positive definite matrix, of its rows on one side and its columns on the other."""
    (head, arguments), exponent = factor
    if nested(head) is not None or head[0] not in ("e", "i") or exponent != 1:
        return False
    paired = {*mirror, *mirror.values()}
    if reader.domains.get((head[1], head[2])) != "spd" or paired & set(arguments[:-2]):
        return False
    row, column = arguments[-2:]
    return row[3] == 1 and (mirror.get(row) == column or mirror.get(column) == row)


def _weighted_logs(reader: Reader, value: Polynomial, terms: Sequence[_Factored], key: Key) -> bool:
    """Whether what is left are logs whose weights are nonnegative together: ``log(1 - p) - x log(1 - p)``, x between 0 and 1."""
    heads = {factor[0][0] for term in terms for factor in term.moving}
    if any(len(term.moving) != 1 or term.moving[0][1] != 1 for term in terms):
        return False
    if any(head[0] != "log" or not _is_affine(head[1], key) for head in heads):
        return False
    weighted = Polynomial({t: c for t, c in value.items() if any(atom[0] in heads for atom, _ in t[1])})
    return nonnegative_by_complements(reader, weighted, lambda head: head in heads)
