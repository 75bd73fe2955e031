"""A relation between two formulas in; a ``Proof`` (a log of what was done) or ``Unproved`` (why not) out.

Zero is the empty polynomial: that is a proof. Anything else is unproved, never false. Only the numeric witness refutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from derive.algebra import nonnegativity, signs
from derive.algebra.canonical import close
from derive.algebra.entries import Reader
from derive.algebra.reduction import MAX_CLEARINGS, Blocked, Fact, LogEntry, Reducer, match, weight
from derive.algebra.terms import (
    Factor,
    KIndex,
    Polynomial,
    Term,
    add,
    bound,
    free,
    fresh,
    number,
    scale,
    show,
    single,
    subtract,
)
from derive.claims import Claim
from derive.errors import DeriveError, LimitError, UnsupportedError
from derive.formula import (
    Derivative,
    Divide,
    Formula,
    Fresh,
    Inverse,
    Log,
    Named,
    Number,
    Power,
    Reference,
    ShapeError,
    walk,
)
from derive.symbols import Index, Symbol


@dataclass(frozen=True, slots=True)
class Obligation:
    """What must hold for the claim to be defined: ``kind`` of ``formula``; ``derived`` when the declarations imply it."""

    kind: str
    formula: Formula
    derived: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """That a claim holds for all sizes and all admissible values, under ``conditions``."""

    method: str
    log: tuple[LogEntry, ...]
    obligations: tuple[Obligation, ...]
    conditions: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Unproved:
    """No proof was found; ``reason`` says at what it stopped. Says nothing about truth."""

    reason: str
    seconds: float
    remainder: str = ""


Outcome = Proof | Unproved


class _Failed(Exception):
    def __init__(self, reason: str, remainder: Polynomial | None = None) -> None:
        super().__init__(reason)
        self.remainder = "" if remainder is None else show(remainder)[:2000]


def prove(claim: Claim) -> Outcome:
    """Try to prove a claim; never raises on account of the mathematics."""
    began = time.perf_counter()
    reader = Reader()
    try:
        if claim.lhs.shape != claim.rhs.shape and claim.rhs != Number(Fraction(0)):
            raise ShapeError(f"the two sides of {claim.label} have different shapes: {claim.lhs.shape}, {claim.rhs.shape}")
        method = _RELATIONS[claim.relation](reader, claim)
        duties = tuple(obligations(reader, claim))
    except (Blocked, LimitError, UnsupportedError) as stop:
        return Unproved(str(stop), time.perf_counter() - began)
    except _Failed as failed:
        return Unproved(str(failed), time.perf_counter() - began, failed.remainder)
    except RecursionError:
        return Unproved("nested too deeply", time.perf_counter() - began)
    conditions = tuple(sorted(reader.conditions | reader.reducer.obligations))
    return Proof(method, tuple(reader.reducer.log), duties, conditions, time.perf_counter() - began)


# Zero.


def entries_of(node: Formula) -> tuple[KIndex, ...]:
    """Fresh free indices for the entries of a vector or matrix: what holds for them holds for all entries."""
    return tuple(free(f"@{'rc'[k]}", 1, size.name) for k, size in enumerate(node.shape) if size is not None)


def difference(reader: Reader, lhs: Formula, rhs: Formula) -> Polynomial:
    """``lhs - rhs`` at generic entries; a scalar 0 on the right stands for a zero of any shape."""
    entry = entries_of(lhs)
    left = reader.read(lhs, None, entry)
    return left if rhs == Number(Fraction(0)) else subtract(left, reader.read(rhs, None, entry))


def facts_of(reader: Reader, claim: Claim | None = None) -> list[Fact]:
    """Every equation that may be used once no derivative is to come, oriented from its heaviest term."""
    equations = list(reader.equations)
    for (name, role), domain in sorted(reader.domains.items()):
        symbol = reader.symbols.get((name, role))
        if domain == "simplex" and symbol is not None and symbol.family:
            indices = tuple(free(f"@{k}", r.lower, r.upper.name) for k, r in enumerate(symbol.family))
            total = reader.reducer.bind(single((("e", name, role), indices)), indices[-1])
            equations.append((f"{name} sums to 1", subtract(total, number(1))))
    for assumption in claim.assumptions if claim is not None else ():
        if assumption.equation is not None:
            equations.append((assumption.text, difference(reader, *assumption.equation)))
    facts: list[Fact] = []
    for name, equation in equations:
        settled = clear_denominators(reader.settled_reducer([]), reader.settle(equation, []))
        closed, _ = close(settled)
        if closed.constant is not None:
            if closed.constant != 0:
                raise Blocked(f"contradictory assumption: {name}")
            continue
        oriented = _orient(reader, name, closed)
        if oriented is None:
            raise Blocked(f"no term of this fact can be solved for: {name}")
        facts.append(oriented)
    return facts


def _orient(reader: Reader, name: str, equation: Polynomial) -> Fact | None:
    """Solve an equation for its heaviest term that stands in none of the others, whatever the indices: rewriting then ends."""
    for term in sorted(equation, key=weight, reverse=True):
        rest = Polynomial({other: c for other, c in equation.items() if other != term})
        if not any(next(match(term, {}, *_opened(reader, other)), None) for other in rest):
            return Fact(name, term, scale(rest, -1 / equation[term]))
    return None


def _opened(reader: Reader, term: Term) -> tuple[tuple[Factor, ...], tuple[KIndex, ...]]:
    binders, factors = reader.reducer.opened(term)
    return factors, binders


def is_zero(reader: Reader, polynomial: Polynomial, claim: Claim | None = None) -> Polynomial:
    """The settled polynomial, empty when it was proved to vanish."""
    settled = reader.settle(polynomial, [])
    if not settled:
        return settled
    facts = facts_of(reader, claim)
    reducer = reader.settled_reducer(facts)
    settled = reader.settle(polynomial, facts)
    return vanish(reducer, settled)


def vanish(reducer: Reducer, polynomial: Polynomial, depth: int = 0) -> Polynomial:
    """Bring over common denominators, under aligned outer sums where there are some, until nothing is left or nothing helps."""
    if not polynomial or depth > 2:
        return polynomial
    cleared = clear_denominators(reducer, polynomial)
    if not cleared:
        return cleared
    for inner in _aligned(reducer, cleared):
        if not vanish(reducer, inner, depth + 1):
            return Polynomial()
    return cleared


def clear_denominators(reducer: Reducer, polynomial: Polynomial) -> Polynomial:
    """Multiply by denominators that no bound index touches; the product vanishes only where the polynomial does."""
    for _ in range(MAX_CLEARINGS):
        found = reducer.denominators(polynomial)
        if not found:
            break
        atom = min(found)
        # A whole number of times: what is left of a fractional exponent is a positive power.
        polynomial = reducer.shift(polynomial, {atom: Fraction(-(found[atom].numerator // found[atom].denominator))})
    return polynomial


def _aligned(reducer: Reducer, polynomial: Polynomial) -> Iterator[Polynomial]:
    """Ways to write a polynomial as one sum over a shared outer index: the summands. A summand that vanishes proves it zero."""
    ranges = {r for term in polynomial for r in term[0]}
    for shared in sorted(ranges):
        parts: list[Polynomial] = []
        letter = fresh(shared)
        for (own, factors), coefficient in polynomial.items():
            choices = [k for k, r in enumerate(own) if r == shared]
            if not choices:
                break
            # The index of a denominator is the one to share; without one, the first.
            inside = [i[2] for (head, arguments), e in factors if head[0] == "pow" and e < 0 for i in arguments if i[0] == "b"]
            chosen = next((k for k in choices if k in inside), choices[0])
            names = [letter if k == chosen else fresh(r) for k, r in enumerate(own)]
            mapping = {bound(k, *r): names[k] for k, r in enumerate(own)}
            opened = [((head, tuple(mapping.get(i, i) for i in arguments)), e) for (head, arguments), e in factors]
            parts.append(reducer.build(coefficient, [n for n in names if n != letter], opened))
        else:
            yield add(*parts)


# Relations.


def _equal(reader: Reader, claim: Claim) -> str:
    rest = is_zero(reader, difference(reader, claim.lhs, claim.rhs), claim)
    if rest:
        raise _Failed("the normal form of the difference is not zero", rest)
    return "normal form of the difference is zero"


def _not_zero(reader: Reader, claim: Claim) -> str:
    raise _Failed("that something is not identically zero is shown by a certified point")


def _at_most(reader: Reader, claim: Claim) -> str:
    small, large = (claim.lhs, claim.rhs) if claim.relation == "<=" else (claim.rhs, claim.lhs)
    gap = claim.gap if claim.gap is not None else large - small
    if claim.gap is not None:
        rest = is_zero(reader, subtract(difference(reader, large, small), reader.read(gap)), claim)
        if rest:
            raise _Failed("the stated gap is not the difference of the two sides", rest)
    reason = nonnegativity.nonnegative(gap, nonnegativity.Questions(reader, lambda p: not is_zero(reader, p, claim)))
    if reason is None:
        settled = reader.settle(difference(reader, large, small), facts_of(reader, claim))
        if signs.nonnegative(settled, reader.domains):
            return "the difference is a sum of nonnegative terms"
        raise _Failed("the difference was not recognised as a sum of nonnegative pieces", settled)
    return f"the difference is nonnegative: {reason}"


def _derivatives(node: Formula, parameters: Iterable[Symbol]) -> Iterator[Formula]:
    for symbol in parameters:
        letters = tuple(Fresh.index(Index("p", r)) for r in symbol.family)
        yield Derivative(node, Reference(symbol, letters))


def _up_to_constant(reader: Reader, claim: Claim) -> str:
    if not claim.parameters:
        raise _Failed("no parameter was named of which the constant is free")
    for derivative in _derivatives(claim.lhs - claim.rhs, claim.parameters):
        rest = is_zero(reader, difference(reader, derivative, Number(Fraction(0))), claim)
        if rest:
            raise _Failed("the difference depends on a parameter", rest)
    return "every derivative of the difference is zero"


def _proportional(reader: Reader, claim: Claim) -> str:
    if not claim.parameters:
        raise _Failed("no parameter was named of which the factor is free")
    for side in (claim.lhs, claim.rhs):
        if not signs.positive(reader.read(side), reader.domains):
            raise _Failed("a side is not known to be positive")
    for derivative in _derivatives(Log(claim.lhs) - Log(claim.rhs), claim.parameters):
        rest = is_zero(reader, difference(reader, derivative, Number(Fraction(0))), claim)
        if rest:
            raise _Failed("the ratio depends on a parameter", rest)
    return "every derivative of the log-ratio is zero"


def _implies(reader: Reader, claim: Claim) -> str:
    """rhs = M lhs with M nonzero (a scalar or a positive definite matrix)."""
    entry = entries_of(claim.rhs)
    multiplier = claim.multiplier if claim.multiplier is not None else Number(Fraction(1))
    product = multiplier @ claim.lhs if len(multiplier.shape) == 2 else multiplier * claim.lhs
    rest = is_zero(reader, subtract(reader.read(claim.rhs, None, entry), reader.read(product, None, entry)), claim)
    if rest:
        raise _Failed("the second equation is not the stated multiple of the first", rest)
    return "the second equation is a multiple of the first"


def _same_argmax(reader: Reader, claim: Claim) -> str:
    factor = claim.multiplier if claim.multiplier is not None else Number(Fraction(1))
    if not signs.positive(reader.read(factor), reader.domains):
        raise _Failed("the factor between the objectives is not known to be positive")
    constant = Claim(label=claim.label, lhs=factor * claim.lhs, rhs=claim.rhs, parameters=claim.parameters)
    _up_to_constant(reader, constant)
    for derivative in _derivatives(factor, claim.parameters):
        if is_zero(reader, difference(reader, derivative, Number(Fraction(0))), claim):
            raise _Failed("the factor between the objectives depends on a parameter")
    return "the objectives differ by a positive factor and a constant"


_RELATIONS = {
    "=": _equal,
    "not identically 0": _not_zero,
    "<=": _at_most,
    ">=": _at_most,
    "= up to a constant": _up_to_constant,
    "proportional to": _proportional,
    "implies": _implies,
    "same argmax": _same_argmax,
}


# Obligations: what must hold for a claim to be defined, collected from the tree as it was written.


def obligations(reader: Reader, claim: Claim) -> Iterator[Obligation]:
    """Every denominator, log and inverse of a claim, its definitions included; each once."""
    seen: set[object] = set()
    todo: list[Formula] = [claim.lhs, claim.rhs]
    while todo:
        for node in walk(todo.pop()):
            if isinstance(node, Named) and id(node.definition) not in seen:
                seen.add(id(node.definition))
                todo.append(node.definition.body)
            found = _obligation(reader, node)
            if found is not None and (found.kind, found.formula) not in seen:
                seen.add((found.kind, found.formula))
                yield found


def _obligation(reader: Reader, node: Formula) -> Obligation | None:
    if isinstance(node, Divide):
        value = _try_read(reader, node.denominator)
        return Obligation("nonzero", node.denominator, value is not None and signs.nonzero(value, reader.domains))
    if isinstance(node, Power) and not (isinstance(node.exponent, Number) and _whole(node.exponent.value)):
        value = _try_read(reader, node.base)
        return Obligation("positive", node.base, value is not None and signs.positive(value, reader.domains))
    if isinstance(node, Log):
        value = _try_read(reader, node.argument)
        return Obligation("positive", node.argument, value is not None and signs.positive(value, reader.domains))
    if isinstance(node, Inverse):
        questions = nonnegativity.Questions(reader, lambda p: not is_zero(reader, p))
        return Obligation("regular", node.argument, nonnegativity.positive_definite(node.argument, questions))
    return None


def _whole(value: Fraction) -> bool:
    return value.denominator == 1 and value > 0


def _try_read(reader: Reader, node: Formula) -> Polynomial | None:
    try:
        return reader.read(node, None, entries_of(node))
    except DeriveError:
        return None
    except Blocked:
        return None
