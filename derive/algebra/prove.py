"""A relation between two formulas in; a ``Proof`` (a log of what was done) or ``Unproved`` (why not) out.

Zero is the empty polynomial: that is a proof. Anything else is unproved, never false. Only the numeric witness refutes.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra import concavity, nonnegativity, signs, solving
from derive.algebra.canonical import close
from derive.algebra.divergence import is_divergence
from derive.algebra.entries import FACTORED, INVERTED, Reader, entries_of, is_compound, plain_heads
from derive.algebra.reduction import MAX_CLEARINGS, Blocked, Fact, LogEntry, Reducer, match, slots_of, weight
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
    upper_of,
)
from derive.claims import Assumption, Claim
from derive.errors import DeriveError, LimitError, UnsupportedError
from derive.formula import (
    ZERO,
    Add,
    AtEqual,
    Cholesky,
    Definition,
    Derivative,
    Determinant,
    Divide,
    Exp,
    Formula,
    Fresh,
    Function,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Product,
    Reference,
    ShapeError,
    Substitute,
    Trace,
    Transpose,
    at_time,
    depends_on,
    free_indices,
    mentions,
    rebuild,
    unfold,
    walk_unfolded,
)
from derive.functions import FUNCTIONS
from derive.symbols import INTEGERS, SUMS_TO_ONE, Domain, Index, Symbol

MAX_UNDONE = 3
"""By how many matrices a claim is multiplied."""
MAX_MULTIPLES = 8


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
    try:
        general = _for_any_weights(claim)
    except RecursionError:
        return Unproved("nested too deeply", time.perf_counter() - began)
    if general is not None and isinstance(proof := _attempt(general, Reader(), began), Proof):
        return replace(proof, method=f"{proof.method}, whatever the weights")
    reader = Reader()
    found = _attempt(claim, reader, began)
    if isinstance(found, Unproved) and any(
        isinstance(node, Log) for side in (claim.lhs, claim.rhs) for node in walk_unfolded(side)
    ):
        # A product of sums is multiplied out, and its logarithm is then no sum of logarithms any more.
        other = _attempt(claim, Reader(splits_logs=True, given_up=reader.unproved), began)
        found = other if isinstance(other, Proof) else found
    if isinstance(found, Unproved) and _are_positive(claim):
        # Two positive numbers are equal where their logarithms are; exponents are compared as a whole then.
        logs = _attempt(replace(claim, lhs=Log(claim.lhs), rhs=Log(claim.rhs)), Reader(splits_logs=True), began)
        found = replace(logs, method=f"{logs.method}, of the logarithms") if isinstance(logs, Proof) else found
    return found


def _are_positive(claim: Claim) -> bool:
    """Whether the two sides of an equation with exponentials are positive, by their form and the declarations."""
    sides = (claim.lhs, claim.rhs)
    if claim.relation != "=" or any(side.shape != () for side in sides):
        return False
    if not any(isinstance(node, Exp) for side in sides for node in walk_unfolded(side)):
        return False
    try:
        return all(_is_derived(Reader(), claim, "positive", side) for side in sides)
    except (Blocked, LimitError, UnsupportedError, RecursionError):
        return False


def _for_any_weights(claim: Claim) -> Claim | None:
    """The claim with any positive numbers that sum to one in place of the held posteriors; None where they are not only held.

    It says more, and is simpler: nothing is left of how the weights depend on theta_t, which no derivative here touches.
    """
    held: dict[Definition, Symbol] = {}
    sides = [side for side in (claim.lhs, claim.rhs, claim.gap, claim.multiplier) if side is not None]
    sides += [formula for assumption in claim.assumptions for formula in assumption.formulas]
    for node in (node for side in sides for node in walk_unfolded(side)):
        moved = node.by.symbol if isinstance(node, Derivative) else node.symbol if isinstance(node, Substitute) else None
        if isinstance(node, AtEqual) or (moved is not None and moved.role == "current"):
            return None
        if isinstance(node, Named) and node.definition.normalised_over is not None:
            if node.time != "current":
                return None
            held.setdefault(node.definition, _weights_like(node.definition, len(held) + 1))
    if not held or not all(_is_positive(definition) for definition in held):
        return None

    def put(node: Formula) -> Formula:
        if isinstance(node, Named) and node.definition in held:
            places = dict(zip(node.definition.indices, node.indices, strict=True))
            return Reference(held[node.definition], tuple(places[index] for index in _last(node.definition)))
        if isinstance(node, Named) and any(isinstance(n, Named) and n.definition in held for n in walk_unfolded(node)):
            return put(unfold(node))
        return rebuild(node, put)

    def put_all(assumption: Assumption) -> Assumption:
        def pair(two: tuple[Formula, Formula] | None) -> tuple[Formula, Formula] | None:
            return None if two is None else (put(two[0]), put(two[1]))

        definite = None if assumption.definite is None else put(assumption.definite)
        return replace(
            assumption,
            equation=pair(assumption.equation),
            bound=pair(assumption.bound),
            apart=pair(assumption.apart),
            definite=definite,
        )

    return replace(
        claim,
        lhs=put(claim.lhs),
        rhs=put(claim.rhs),
        gap=None if claim.gap is None else put(claim.gap),
        multiplier=None if claim.multiplier is None else put(claim.multiplier),
        assumptions=tuple(put_all(assumption) for assumption in claim.assumptions),
    )


def _last(definition: Definition) -> list[Index]:
    """The indices of a definition, the one over which it sums to one last."""
    return [*(i for i in definition.indices if i != definition.normalised_over), *filter(None, (definition.normalised_over,))]


def _weights_like(definition: Definition, number: int) -> Symbol:
    family = tuple(index.range for index in _last(definition))
    return Symbol(f"{definition.name}*{number}", "const", family, (), "simplex")


def _is_positive(definition: Definition) -> bool:
    """Whether a posterior is positive, and defined everywhere, by its form and the declarations."""
    if definition.normalised_over is None or definition.body.shape != ():
        return False
    reader = Reader()
    claim = Claim(label="posterior", lhs=definition.body)
    return _is_derived(reader, claim, "positive", definition.body) and all(
        duty.derived for duty in obligations(reader, claim, definition.body)
    )


def _attempt(claim: Claim, reader: Reader, began: float) -> Outcome:
    reader.bounds.extend(assumption.bound for assumption in claim.assumptions if assumption.bound is not None)
    try:
        if claim.lhs.shape != claim.rhs.shape and claim.rhs != Number(Fraction(0)) and claim.relation != "implies":
            raise ShapeError(f"the two sides of {claim.label} have different shapes: {claim.lhs.shape}, {claim.rhs.shape}")
        method = _RELATIONS[claim.relation](reader, claim)
        duties = tuple(obligations(reader, claim, claim.lhs, claim.rhs))
        _require_defined(reader, claim, duties)
        for replacement in tuple(reader.replacements):
            nonnegativity.require_in_domain(replacement, _questions(reader, claim))
            if not concavity.sums_to_one(replacement, _questions(reader, claim)):
                raise _Failed(f"what is put for {replacement.symbol.name} is not known to sum to one")
    except (Blocked, LimitError, UnsupportedError) as stop:
        return Unproved(str(stop), time.perf_counter() - began)
    except _Failed as failed:
        return Unproved(str(failed), time.perf_counter() - began, failed.remainder)
    except RecursionError:
        return Unproved("nested too deeply", time.perf_counter() - began)
    conditions = tuple(sorted(reader.conditions | reader.reducer.obligations))
    return Proof(method, tuple(reader.reducer.log), duties, conditions, time.perf_counter() - began)


# Zero.


def difference(reader: Reader, lhs: Formula, rhs: Formula) -> Polynomial:
    """``lhs - rhs`` at generic entries; a scalar 0 on the right stands for a zero of any shape."""
    entry = entries_of(lhs)
    left = reader.read(lhs, None, entry)
    return left if rhs == Number(Fraction(0)) else subtract(left, reader.read(rhs, None, entry))


def facts_of(
    reader: Reader, claim: Claim | None = None, *, without: Collection[tuple[str, str]] = (), lone: bool = True
) -> list[Fact]:
    """Every equation that may be used once no derivative is to come, oriented from its heaviest term.

    What defines a matrix ``without`` which one is to do is left out. Of a sum that is inverted a ``lone`` matrix goes first, as
    the P of ``M = sum_i w_i L + P``: each of its places is found, while in a product of two L it is not told to which of them
    the weights belong.
    """
    left_out = {("e", *key) for key in without}
    equations = [(name, equation) for name, equation in reader.equations if not left_out & plain_heads(equation)]
    for (name, role), domain in sorted(reader.domains.items()):
        symbol = reader.symbols.get((name, role))
        if domain in SUMS_TO_ONE and symbol is not None and symbol.family:
            indices = tuple(free(f"@{k}", r.lower, upper_of(r)) for k, r in enumerate(symbol.family))
            component = tuple(free(f"@c{k}", 1, size.name) for k, size in enumerate(symbol.shape))
            total = reader.reducer.bind(single((("e", name, role), (*indices, *component))), indices[-1])
            equations.append((f"{name} sums to 1", subtract(total, number(1))))
    for assumption in claim.assumptions if claim is not None else ():
        if assumption.equation is not None:
            equations.append((assumption.text, difference(reader, *assumption.equation)))
    facts: list[Fact] = []
    for name, equation in equations:
        settled = reader.settle(equation, [])
        first = lone and name in (INVERTED, FACTORED)
        if not first or not any(_is_lone_matrix(term) for term in settled):
            settled = clear_denominators(reader.settled_reducer([]), settled)
        closed, _ = close(settled)
        if closed.constant is not None:
            if closed.constant != 0:
                raise Blocked(f"contradictory assumption: {name}")
            continue
        oriented = _orient(reader, name, closed, lone=first)
        if oriented is None:
            raise Blocked(f"no term of this fact can be solved for: {name}")
        facts.append(oriented)
    return facts


def _orient(reader: Reader, name: str, equation: Polynomial, *, lone: bool) -> Fact | None:
    """Solve an equation for its heaviest term that stands in none of the others, whatever the indices: rewriting then ends."""
    for term in sorted(equation, key=lambda term: (lone and _is_lone_matrix(term), weight(term)), reverse=True):
        rest = Polynomial({other: c for other, c in equation.items() if other != term})
        if not set(slots_of(rest)) <= set(slots_of(Polynomial({term: equation[term]}))):
            continue  # x = a_s for every s: that solves for a_s, not for x
        if not any(next(match(term, {}, *_opened(reader, other)), None) for other in rest):
            return Fact(name, term, scale(rest, -1 / equation[term]))
    return None


def _is_lone_matrix(term: Term) -> bool:
    """Whether a term is an entry of a declared matrix, or of the inverse of one, and nothing else."""
    ranges, factors = term
    if ranges or len(factors) != 1 or factors[0][1] != 1:
        return False
    ((head, _), _), *_ = factors
    return head[0] in ("E", "I") and head[2] != "opaque"


def _opened(reader: Reader, term: Term) -> tuple[tuple[Factor, ...], tuple[KIndex, ...]]:
    binders, factors = reader.reducer.opened(term)
    return factors, binders


def is_zero(reader: Reader, polynomial: Polynomial, claim: Claim | None = None) -> Polynomial:
    """The settled polynomial, empty when it was proved to vanish."""
    return _settled(reader, polynomial, claim)[1]


def _settled(reader: Reader, polynomial: Polynomial, claim: Claim | None) -> tuple[Polynomial, Polynomial]:
    """A polynomial settled without facts, and what is left of it once all of them were used."""
    settled = reader.settle(polynomial, [])
    return settled, _with_facts(reader, polynomial, settled, claim) if settled else settled


def _with_facts(reader: Reader, polynomial: Polynomial, settled: Polynomial, claim: Claim | None) -> Polynomial:
    """What is left of a polynomial, settled without facts already, once all of them were used."""
    rest = settled
    for lone in (True, False) if any(name in (INVERTED, FACTORED) for name, _ in reader.equations) else (True,):
        facts = facts_of(reader, claim, lone=lone)
        rest = vanish(reader.settled_reducer(facts), reader.settle(polynomial, facts) if facts else settled)
        if not rest:
            break
    return rest


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
    found = difference(reader, claim.lhs, claim.rhs)
    plain = reader.is_plain and not claim.assumptions
    if plain and found == reader.given_up:
        raise _Failed("the normal form of the difference is not zero")
    settled, rest = _settled(reader, found, claim)
    if not rest:
        return "normal form of the difference is zero"
    if _is_undone(reader, settled, entries_of(claim.lhs), claim):
        return "normal form of the difference is zero, after multiplication by a matrix that is inverted there"
    letter = _constant_from_zero(claim, reader)
    if letter is not None:
        return f"the difference has no derivative in {letter.name}, and is zero where that is zero"
    reader.unproved = found if plain else None
    raise _Failed("the normal form of the difference is not zero", rest)


# From a derivative: a difference that does not move in a letter is what it is where the letter is zero.


def _constant_from_zero(claim: Claim, reader: Reader) -> Symbol | None:
    """A letter in which the difference of two scalars has no derivative, and where it is zero the difference is.

    The letter is any vector or matrix, and both sides are defined whatever it is: nothing lies between its values and zero.
    Asked of claims with the determinant of a sum, which have no other road.
    """
    nodes = [node for side in (claim.lhs, claim.rhs) for node in walk_unfolded(side)]
    compounds = [node.argument for node in nodes if isinstance(node, (Determinant, Inverse)) and isinstance(node.argument, Add)]
    if claim.lhs.shape != () or not any(isinstance(node, Determinant) and node.argument in compounds for node in nodes):
        return None
    if any(isinstance(node, (AtEqual, Substitute, Derivative)) for node in nodes):
        return None
    if not all(duty.derived for duty in obligations(reader, claim, claim.lhs, claim.rhs)):
        return None
    inside = {node.symbol for matrix in compounds for node in walk_unfolded(matrix) if isinstance(node, Reference)}
    for symbol in sorted(inside, key=lambda symbol: symbol.name):
        assumed = any(mentions(side, symbol) for assumption in claim.assumptions for side in assumption.formulas)
        if symbol.domain == "real" and not symbol.family and not assumed and _is_still(claim, symbol, reader):
            return symbol
    return None


def _is_still(claim: Claim, symbol: Symbol, reader: Reader) -> bool:
    try:
        ends = [_at_zero(side, symbol) for side in (claim.lhs, claim.rhs)]
    except UnsupportedError:
        return False
    first, last = (ZERO if end is None else end for end in ends)
    slope = Derivative(claim.lhs - claim.rhs, Reference(symbol, ()))
    other = Reader(splits_logs=reader.splits_logs, bounds=reader.bounds)
    if is_zero(other, difference(other, first, last), claim):
        return False
    value = difference(other, slope, ZERO)
    if is_zero(other, value, claim) and not _is_undone(other, other.settle(value, []), entries_of(slope), claim):
        return False
    reader.rest_on(other)
    return True


def _at_zero(node: Formula, symbol: Symbol) -> Formula | None:
    """A formula where a letter is zero; None where it is zero itself.

    Raises:
        UnsupportedError: it may not be defined there, or is of a kind for which that is not known.
    """
    if not mentions(node, symbol):
        return node
    match node:
        case Reference():
            return None
        case Named():
            return _at_zero(unfold(node), symbol)
        case Add(terms):
            left = [part for part in (_at_zero(term, symbol) for term in terms) if part is not None]
            return None if not left else left[0] if len(left) == 1 else Add(tuple(left))
        case Multiply(factors) | MatrixProduct(factors):
            parts = [_at_zero(factor, symbol) for factor in factors]
            kept = [part for part in parts if part is not None]
            return None if len(kept) < len(parts) else replace(node, factors=tuple(kept))
        case Divide(numerator, denominator):
            above, below = _at_zero(numerator, symbol), _at_zero(denominator, symbol)
            if below is None:
                raise UnsupportedError("a division by zero")
            return None if above is None else Divide(above, below)
        case Transpose(argument) | Trace(argument):
            inner = _at_zero(argument, symbol)
            return None if inner is None else replace(node, argument=inner)
        case Log(argument) | Determinant(argument) | Inverse(argument):
            inner = _at_zero(argument, symbol)
            if inner is None:
                raise UnsupportedError("the log, the determinant or the inverse of zero")
            return replace(node, argument=inner)
        case _:
            raise UnsupportedError(f"a {type(node).__name__} where a letter is zero")


# Matrices that are inverted: zero times the matrix is zero, and nothing else is.


def _is_undone(reader: Reader, value: Polynomial, entries: Sequence[KIndex], claim: Claim) -> bool:
    """Whether a settled vector or matrix vanishes: it does where its product with a matrix does of which it holds the inverse.

    Such a matrix is regular wherever the formula is defined. It is multiplied by its name, which undoes the inverse, and then
    written out.
    """
    products: list[tuple[Polynomial, tuple[tuple[str, str], ...]]] = [(value, ())]
    for key, family in sorted(_inverted(products[0][0]))[:MAX_UNDONE]:
        size = reader.symbols[key].shape[0].name
        for entry in (entry for entry in entries if entry[3:] == (1, size)):
            left = entry[1] == "@r"
            products += [(reader.times(one, key, family, entry, left=left), (*undone, key)) for one, undone in products]
    reducer = reader.settled_reducer([])
    for product, undone in products[1:MAX_MULTIPLES]:
        settled = reader.settle(reader.written_out(reader.settle(product, []), reducer), [])
        if not vanish(reducer, settled):
            return True
        # What is undone is written out: the name that it had is of no use any more, and in the way of others.
        facts = facts_of(reader, claim, without=undone, lone=False)
        if not vanish(reader.settled_reducer(facts), reader.settle(settled, facts)):
            return True
    return False


def _inverted(polynomial: Polynomial) -> set[tuple[tuple[str, str], tuple[KIndex, ...]]]:
    """The matrices written as sums of which a polynomial holds the inverse, with the indices on which they depend: none bound."""
    found: set[tuple[tuple[str, str], tuple[KIndex, ...]]] = set()
    for _, factors in polynomial:
        for (head, arguments), _ in factors:
            if is_compound(head) and head[0] in ("i", "I") and not any(index[0] == "b" for index in arguments[:-2]):
                found.add(((head[1], head[2]), arguments[:-2]))
    return found


def _not_zero(reader: Reader, claim: Claim) -> str:
    raise _Failed("that something is not identically zero is shown by a certified point")


def _at_most(reader: Reader, claim: Claim) -> str:
    if claim.lhs.shape != () or claim.rhs.shape != ():
        raise _Failed("an order between vectors or matrices")
    small, large = claim.ordered
    gap = claim.gap if claim.gap is not None else large - small
    for step in concavity.proposed(small, large):
        # A value off the simplex may give more than any on it, and is no maximiser all the same.
        if not concavity.sums_to_one(step, _questions(reader, claim)):
            raise _Failed(f"what is put for {step.symbol.name} is not known to sum to one")
    if claim.gap is not None:
        rest = is_zero(reader, subtract(difference(reader, large, small), reader.read(gap)), claim)
        if rest and not _is_gap(reader, claim, large - small, gap):
            raise _Failed("the stated gap is not the difference of the two sides", rest)
        # x = x^(1/2) x^(1/2), and yet x may be negative.
        _require_no_new_duty(reader, claim, gap)
    elif isinstance(large, Substitute):
        told = [formula for assumption in claim.assumptions for formula in assumption.formulas]
        told += [duty.formula for duty in obligations(reader, claim, small) if not duty.derived]
        reason = concavity.maximised(
            small, large, _questions(reader, claim), lambda symbol: not any(mentions(formula, symbol) for formula in told)
        )
        if reason is not None:
            return f"a maximum: {reason}"
    reason = nonnegativity.nonnegative(gap, _questions(reader, claim))
    if reason is None:
        settled = reader.settle(difference(reader, large, small), facts_of(reader, claim))
        if signs.nonnegative(settled, reader.domains):
            return "the difference is a sum of nonnegative terms"
        if _sums_divergences(reader.settled_reducer(facts_of(reader, claim)), settled):
            return "the difference is nonnegative: Gibbs' inequality (a Kullback-Leibler divergence)"
        raise _Failed("the difference was not recognised as a sum of nonnegative pieces", settled)
    return f"the difference is nonnegative: {reason}"


def _is_gap(reader: Reader, claim: Claim, difference_: Formula, gap: Formula) -> bool:
    """Whether a difference is the stated gap where logarithms of products are read as sums."""
    other = Reader(splits_logs=True)
    if is_zero(other, difference(other, difference_, gap), claim):
        return False
    reader.rest_on(other)
    return True


def _less(reader: Reader, claim: Claim) -> str:
    """A strict bound: the difference is positive by the signs of its parts. What may vanish somewhere will not do."""
    if claim.lhs.shape != () or claim.rhs.shape != ():
        raise _Failed("an order between vectors or matrices")
    small, large = claim.ordered
    if any(not duty.derived for duty in obligations(reader, claim, claim.lhs, claim.rhs)):
        raise _Failed("a strict bound between what is not known to be defined everywhere")
    settled = reader.settle(difference(reader, large, small), facts_of(reader, claim))
    # A frozen simplex is closed: its members may be zero.
    closed: dict[tuple[str, str], Domain] = {
        key: "closed simplex" if own == "simplex" and key[1] == "frozen" else own for key, own in reader.domains.items()
    }
    # A product or a power of such was read as one of positive numbers.
    raised = [node for side in (small, large) for node in walk_unfolded(side) if isinstance(node, (Product, Power))]
    inside = [node.symbol for one in raised for node in walk_unfolded(one) if isinstance(node, Reference)]
    if any(symbol.domain == "simplex" and symbol.role == "frozen" for symbol in inside):
        raise _Failed("a strict bound with a product of numbers that may be zero")
    if signs.positive(settled, closed):
        return "the difference is a sum of nonnegative terms, one of them positive"
    raise _Failed("the difference was not recognised as positive; with \\le or \\ge it may be", settled)


def _sums_divergences(reducer: Reducer, gap: Polynomial, depth: int = 0) -> bool:
    """Whether a difference is a Kullback-Leibler divergence, or a sum of such over outer indices."""
    if is_divergence(reducer, gap, lambda p: not vanish(reducer, p)):
        return True
    return depth < 2 and any(_sums_divergences(reducer, inner, depth + 1) for inner in _aligned(reducer, gap))


def _derivatives(node: Formula, parameters: Iterable[Symbol]) -> Iterator[Formula]:
    for symbol in parameters:
        letters = tuple(_unused(Index("p", r), node) for r in symbol.family)
        yield Derivative(node, Reference(symbol, letters))


def _unused(like: Index, node: Formula) -> Index:
    taken = free_indices(node)
    return next(letter for letter in iter(lambda: Fresh.index(like), None) if letter not in taken)


def _up_to_constant(reader: Reader, claim: Claim) -> str:
    if not claim.parameters:
        raise _Failed("no parameter was named of which the constant is free")
    _require_connected(reader, claim)
    for derivative in _derivatives(claim.lhs - claim.rhs, claim.parameters):
        rest = is_zero(reader, difference(reader, derivative, Number(Fraction(0))), claim)
        if rest:
            raise _Failed("the difference depends on a parameter", rest)
    return "every derivative of the difference is zero"


def _proportional(reader: Reader, claim: Claim) -> str:
    if not claim.parameters:
        raise _Failed("no parameter was named of which the factor is free")
    for side in (claim.lhs, claim.rhs):
        if side.shape != () or not signs.positive(reader.read(side), reader.domains):
            raise _Failed("a side is not known to be positive")
    _require_connected(reader, claim)
    for derivative in _derivatives(Log(claim.lhs) - Log(claim.rhs), claim.parameters):
        rest = is_zero(reader, difference(reader, derivative, Number(Fraction(0))), claim)
        if rest:
            raise _Failed("the ratio depends on a parameter", rest)
    return "every derivative of the log-ratio is zero"


def _implies(reader: Reader, claim: Claim) -> str:
    """rhs = M lhs with M as stated (a scalar or a matrix), or by whatever road is found."""
    if claim.multiplier is None:
        return _solved(reader, claim)
    entry = entries_of(claim.rhs)
    multiplier = claim.multiplier
    product = multiplier @ claim.lhs if len(multiplier.shape) == 2 else multiplier * claim.lhs
    if product.shape != claim.rhs.shape:
        raise _Failed("the second equation has another shape than the stated multiple of the first")
    rest = is_zero(reader, subtract(reader.read(claim.rhs, None, entry), reader.read(product, None, entry)), claim)
    if rest:
        raise _Failed("the second equation is not the stated multiple of the first", rest)
    # 1 = (1/x) x, and yet x = 0 does not imply 1 = 0.
    _require_no_new_duty(reader, claim, multiplier)
    return "the second equation is a multiple of the first"


def _solved(reader: Reader, claim: Claim) -> str:
    sides = [_normal_equation(reader, side) for side in (claim.lhs, claim.rhs)]
    ask = _questions(reader, claim)
    if solving.never_holds(sides[0], ask):
        raise _Failed("vacuous: the first equation has no solution")
    _require_defined_at_solutions(reader, claim, sides[0])
    reason = solving.follows(sides[0], sides[1], ask)
    if reason is None:
        raise _Failed("no road from the first equation to the second was found")
    return reason


def _normal_equation(reader: Reader, side: Formula) -> solving.Equation:
    # The one entry of a row is named as that of a column.
    rows = tuple(free(f"@{'rc'[k]}", 1, size.name) for k, size in enumerate(s for s in side.shape if s is not None))
    return solving.Equation(reader.read(side, None, rows), rows)


def _require_defined_at_solutions(reader: Reader, claim: Claim, first: solving.Equation) -> None:
    """That the second equation is not undefined wherever the first holds, as 1/x = 0 is where x = 0.

    What it divides by is fine where the declarations or the first equation itself say so, or where the first equation can be
    solved for a letter on which it does not depend.
    """
    accepted = {(duty.kind, duty.formula) for duty in obligations(reader, claim, claim.lhs)}
    settled = solving.cleared(reader.settled_reducer([]), reader.settle(first.value, []))
    letters = [key for key in reader.symbols if solving.is_linear(settled, key)]
    balanced = [key for key in reader.symbols if solving.is_balanced(settled, key)]
    for duty in obligations(reader, claim, claim.rhs):
        if duty.derived or (duty.kind, duty.formula) in accepted:
            continue
        value = _try_read(reader, duty.formula)
        # A variance put under a root is nonnegative; that it is not zero only asks that it be free to move.
        open_to = balanced if duty.kind == "positive" and _is_nonnegative(reader, claim, duty.formula) else letters
        if not value or all(any(solving.contains(head, key) for head in plain_heads(value)) for key in open_to):
            raise _Failed(f"the second equation may be undefined wherever the first holds: not known to be {duty.kind}")


def _is_nonnegative(reader: Reader, claim: Claim, formula: Formula) -> bool:
    try:
        return nonnegativity.nonnegative(formula, _questions(reader, claim)) is not None
    except (DeriveError, Blocked):
        return False


def _same_argmax(reader: Reader, claim: Claim) -> str:
    factor = claim.multiplier if claim.multiplier is not None else Number(Fraction(1))
    if not signs.positive(reader.read(factor), reader.domains):
        raise _Failed("the factor between the objectives is not known to be positive")
    constant = replace(claim, lhs=factor * claim.lhs, multiplier=None)
    _up_to_constant(reader, constant)
    for derivative in _derivatives(factor, claim.parameters):
        if is_zero(reader, difference(reader, derivative, Number(Fraction(0))), claim):
            raise _Failed("the factor between the objectives depends on a parameter")
    return "the objectives differ by a positive factor and a constant"


def _require_connected(reader: Reader, claim: Claim) -> None:
    """That the values of the parameters at which the claim is defined hang together.

    A zero derivative says no more than constant on each piece: (x^2)^(1/2) / x is -1 and 1. The domains of symbols are convex.
    """
    if any(symbol.domain in INTEGERS for symbol in claim.parameters):
        raise _Failed("a constant in an integer parameter")
    for duty in obligations(reader, claim, claim.lhs, claim.rhs):
        if not duty.derived and mentions(duty.formula, *claim.parameters):
            raise _Failed("the values of a parameter at which both sides are defined may fall into separate pieces")
    for assumption in claim.assumptions:
        if any(mentions(side, *claim.parameters) for side in assumption.formulas):
            raise _Failed("an assumption on a parameter: its values may fall into separate pieces")


def _require_no_new_duty(reader: Reader, claim: Claim, node: Formula) -> None:
    """That a gap or multiplier is defined wherever both sides of the claim are."""
    accepted = {(duty.kind, duty.formula) for duty in obligations(reader, claim, claim.lhs, claim.rhs)}
    for duty in obligations(reader, claim, node):
        if not duty.derived and (duty.kind, duty.formula) not in accepted:
            raise _Failed(f"what is stated as gap or multiplier may be undefined: not known to be {duty.kind}")


def _require_defined(reader: Reader, claim: Claim, duties: Iterable[Obligation]) -> None:
    """That no side is undefined everywhere, as (x - x_t)/(x - x_t) is at theta_t = theta."""
    for duty in duties:
        if duty.derived or duty.formula.shape != ():
            continue
        value = _try_read(reader, duty.formula)
        if value is None:
            continue
        if duty.kind == "nonzero" and not is_zero(reader, value, claim):
            raise _Failed("a denominator is zero")
        if duty.kind == "positive" and signs.nonnegative(scale(value, -1), reader.domains):
            raise _Failed("a logarithm or a power of something that is not positive")


_RELATIONS = {
    "=": _equal,
    "not identically 0": _not_zero,
    "<=": _at_most,
    ">=": _at_most,
    "<": _less,
    ">": _less,
    "= up to a constant": _up_to_constant,
    "proportional to": _proportional,
    "implies": _implies,
    "same argmax": _same_argmax,
}


# Obligations: what must hold for a claim to be defined, collected from the tree as it was written.


def obligations(reader: Reader, claim: Claim, *formulas: Formula) -> Iterator[Obligation]:
    """Every denominator, log and inverse of formulas, their definitions included, where they are evaluated; each once."""
    seen: set[object] = set()
    for node in _evaluated(formulas):
        found = _obligation(reader, claim, node, seen)
        if found is not None:
            yield found


Context = tuple[AtEqual | Substitute, ...]
"""The evaluations around a place, innermost first."""


def _evaluated(formulas: Iterable[Formula]) -> Iterator[tuple[Formula, Context]]:
    """Every node, with the evaluations (a substitution, theta_t := theta) to whose values it is put."""
    seen: set[object] = set()

    def go(node: Formula, context: Context) -> Iterator[tuple[Formula, Context]]:
        yield node, context
        if isinstance(node, (Substitute, AtEqual)):
            yield from go(node.body, (node, *context))
            if isinstance(node, Substitute):
                yield from go(node.replacement, context)
            return
        if isinstance(node, Named) and (node.definition, node.time, context) not in seen:
            seen.add((node.definition, node.time, context))
            body = node.definition.body
            yield from go(at_time(body, "current") if node.time == "current" else body, context)
        for child in node.children:
            yield from go(child, context)

    for formula in formulas:
        yield from go(formula, ())


def _obligation(reader: Reader, claim: Claim, place: tuple[Formula, Context], seen: set[object]) -> Obligation | None:
    node, context = place
    if isinstance(node, Divide):
        kind, formula = "nonzero", node.denominator
    elif isinstance(node, Power) and not (isinstance(node.exponent, Number) and _whole(node.exponent.value)):
        negative = isinstance(node.exponent, Number) and node.exponent.value.denominator == 1
        kind, formula = "nonzero" if negative else "positive", node.base
    elif isinstance(node, Log):
        kind, formula = "positive", node.argument
    elif isinstance(node, Function) and node.name in FUNCTIONS and FUNCTIONS[node.name].of_positive:
        kind, formula = "positive", node.arguments[0]
    elif isinstance(node, Inverse):
        kind, formula = "regular", node.argument
    elif isinstance(node, Cholesky):
        kind, formula = "definite", node.argument
    else:
        return None
    evaluated = formula
    for around in context:
        evaluated = replace(around, body=evaluated)
    if (kind, evaluated) in seen:
        return None
    seen.add((kind, evaluated))
    derived = _is_derived(reader, claim, kind, evaluated)
    if not derived and context:
        # What holds over the whole domain holds of what is put in, which lies in the domain.
        kept = tuple(one for one in claim.assumptions if not any(_touches(around, one) for around in context))
        derived = _is_derived(reader, replace(claim, assumptions=kept), kind, formula) and all(
            isinstance(around, AtEqual) or _in_domain(reader, claim, around) for around in context
        )
    return Obligation(kind, evaluated, derived)


def _touches(around: AtEqual | Substitute, assumption: Assumption) -> bool:
    """Whether something is assumed of a letter that is replaced: it need not hold of what is put in."""
    found = frozenset[tuple[str, str]]().union(*map(depends_on, assumption.formulas))
    if isinstance(around, AtEqual):
        return any(role == "current" for _, role in found)
    return (around.symbol.name, around.symbol.role) in found


def _is_derived(reader: Reader, claim: Claim, kind: str, formula: Formula) -> bool:
    if kind in ("regular", "definite"):
        try:
            ask = _questions(reader, claim)
            known = any(ask.same(a.definite, formula) for a in claim.assumptions if a.definite is not None)
            triangular = kind == "regular" and nonnegativity.is_triangular(formula, ask)
            return known or triangular or nonnegativity.positive_definite(formula, ask)
        except (DeriveError, Blocked):
            return False
    if isinstance(formula, Named):
        return _is_derived(reader, claim, kind, unfold(formula))
    if isinstance(formula, Determinant) and _is_derived(reader, claim, "regular", formula.argument):
        # Of a matrix that is assumed to be definite, or is by its form.
        return True
    if isinstance(formula, Add) and formula.shape == () and _is_positive_sum(reader, claim, formula):
        return True
    if isinstance(formula, (Multiply, Divide)) and formula.shape == ():
        # A product is not zero where no factor is, and positive where all are; what is undefined is its own obligation.
        parts = formula.factors if isinstance(formula, Multiply) else (formula.numerator, formula.denominator)
        if all(_is_derived(reader, claim, kind, part) for part in parts):
            return True
    value = _try_read(reader, formula)
    if value is None:
        return False
    if reader.reducer.is_positive(value) or (kind == "nonzero" and signs.nonzero(value, reader.domains)):
        return True
    assumed = (a.definite for a in claim.assumptions if a.definite is not None and a.definite.shape == ())
    return any(_questions(reader, claim).same(known, formula) for known in assumed)


def _is_positive_sum(reader: Reader, claim: Claim, formula: Add) -> bool:
    """Whether a term of a sum is positive, and none negative: ``1 + u^T P u``."""
    positive = [term for term in formula.terms if _is_derived(reader, claim, "positive", term)]
    return bool(positive) and all(_is_nonnegative(reader, claim, term) for term in formula.terms if term not in positive)


def _in_domain(reader: Reader, claim: Claim, node: Substitute) -> bool:
    try:
        return nonnegativity.require_in_domain(node, _questions(reader, claim))
    except (DeriveError, Blocked):
        return False


def _questions(reader: Reader, claim: Claim) -> nonnegativity.Questions:
    return nonnegativity.Questions(reader, lambda p: not is_zero(reader, p, claim))


def _whole(value: Fraction) -> bool:
    return value.denominator == 1 and value > 0


def _try_read(reader: Reader, node: Formula) -> Polynomial | None:
    try:
        return reader.read(node, None, entries_of(node))
    except DeriveError:
        return None
    except Blocked:
        return None
