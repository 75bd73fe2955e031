"""Known slips, one a file: each module of this folder holds one ``DIAGNOSIS``; here is the search for the one behind a wrong row.

A slip is never guessed from how a row looks: it is undone (or made in the row before), and only when the row is then right at
every point tried, in balls, is it named. A diagnosis explains a verdict and never changes one.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import math
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from flint import arb

from checks import balls
from checks.balls import Undefined
from checks.enclosure import OutOfRange, assignments, compare, enclose, flat, in_order
from checks.mutation import Mutant, Operator, mutants, operator, unfolded
from checks.points import Point, symbols_of
from checks.solutions import Solution, letters, solutions, value_at
from checks.witness import Witness, at_one_place, extended, meets_assumptions, under_assumptions
from derive.claims import Claim
from derive.errors import DeriveError, UnknownNameError
from derive.formula import (
    ONE,
    ZERO,
    Apply,
    AtEqual,
    Derivative,
    Divide,
    Formula,
    Multiply,
    Named,
    Reference,
    Span,
    Sum,
    free_indices,
    multiply,
    rebuild,
    rename,
    unfold,
    walk,
)
from derive.notation.conventions import convention
from derive.notation.text_writer import text
from derive.symbols import Index, Symbol

MOST = 3
"""Of diagnoses for a row: more would be guessing."""
SECONDS = 1.0
MOST_CANDIDATES = 2000
MOST_PLACES, MOST_SOLUTIONS = 4, 4
LONGEST_PLACE = 60
"""Characters of a formula within a sentence."""
FIRST_BITS = 64
"""Most candidates are told apart with these; the rest are looked at with as many bits as the witness uses."""

Side = Literal["before", "row", "both"]
"""Where the change was made: in the row before (the slip itself), in the row as written (its repair), or in the claim."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a slip may depend on: the indices in scope, posteriors in the claim, its parameters, and by what it differentiates."""

    scope: tuple[Index, ...]
    posteriors: tuple[Named, ...]
    parameters: tuple[Symbol, ...]
    derivatives: tuple[Derivative, ...]
    counts: tuple[Formula, ...]
    """Sums of weights over the data, by name or written out, with one free index: what may stand for an effective number."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A formula with one change; ``changed`` is the part that was changed, ``within`` what it stands in."""

    formula: Formula
    changed: Formula | None = None
    within: Formula | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """A claim as it ought to read, were the diagnosis right."""

    claim: Claim
    cause: str = ""
    """The cause in words of its own, where those of the diagnosis do not fit."""
    changed: Formula | None = None
    """What ``{place}`` in them stands for."""


Slips = Callable[[Formula, Context], Iterator[Slip]]


def no_slips(formula: Formula, context: Context) -> Iterator[Slip]:
    return iter(())


def no_revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A known slip.

    ``slips`` makes it in a right formula, ``repairs`` undoes it in a wrong one, ``revisions`` changes a claim as a whole.
    ``cause`` is one sentence without the full stop; ``{place}`` in it stands for the part that was changed. ``rule`` is the
    correct rule; ``wrong`` and ``right`` are LaTeX examples. ``rank`` orders what explains a row equally
    well: the more particular first. ``unless`` names those beside which this one says nothing new.
    """

    code: str
    title: str
    cause: str
    rule: str
    wrong: str
    right: str
    slips: Slips = no_slips
    repairs: Slips = no_slips
    revisions: Callable[[Claim, Context], Iterator[Revision]] = no_revisions
    rank: int = 1
    unless: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Callable[[str], Diagnosis], tuple[str]]:
        """Between processes a slip goes by its code: each has the folder."""
        return diagnosis, (self.code,)


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis that explains a row: with ``revised`` in its place the claim holds at every point tried.

    ``changed`` is the part of the row before or of the row that the slip concerns (none where it concerns the claim).
    """

    diagnosis: Diagnosis
    side: Side
    revised: Claim
    changed: Formula | None = None
    within: Formula | None = None
    words: str = ""

    @property
    def code(self) -> str:
        return self.diagnosis.code

    @property
    def span(self) -> Span | None:
        """Where in the source the change was made, as far as it is known."""
        for node in (self.changed, self.within):
            found = span_of(node) if node is not None else None
            if found is not None:
                return found
        return None

    def cause(self, write: Callable[[Formula], str] | None = None) -> str:
        """What went wrong, in one sentence without the full stop; ``write`` is how formulas are written (in plain letters).

        A part that cannot be written, or is too long to read in a sentence, is "this place".
        """
        place = "this place"
        if self.changed is not None:
            with contextlib.suppress(DeriveError):
                written = (write or _as_named)(self.changed)
                place = written if len(written) <= LONGEST_PLACE else place
        told = (self.words or self.diagnosis.cause).replace("{place}", place)
        return told.removesuffix(": this place")


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two families over ``index`` that are claimed to be proportional: that any two of their members are in one ratio."""

    above: Formula
    below: Formula
    index: Index
    other: Index

    def claim_like(self, claim: Claim) -> Claim:
        """The claim with these two for its own."""
        there = {self.index: self.other}
        lhs = multiply(self.above, rename(self.below, there))
        return replace(claim, lhs=lhs, rhs=multiply(rename(self.above, there), self.below))


def in_one_ratio(claim: Claim) -> Ratio | None:
    """The two families of a claim ``a_j b_l = a_l b_j``, in which l is a letter of ours; None for any other claim."""
    factors = claim.lhs.factors if isinstance(claim.lhs, Multiply) and claim.relation == "=" else ()
    free = free_indices(claim.lhs)
    for other in in_order(free_indices(claim.lhs) | free_indices(claim.rhs)):
        index = next((one for one in free if one.name == other.name.partition("#")[0] and one.range == other.range), None)
        if "#" not in other.name or index is None or any({index, other} <= free_indices(factor) for factor in factors):
            continue
        here = [factor for factor in factors if other not in free_indices(factor)]
        there = [factor for factor in factors if other in free_indices(factor)]
        if not there and here and here[-1] == ONE:
            here, there = here[:-1], [ONE]
        if here and there:
            found = Ratio(multiply(*here), rename(multiply(*there), {other: index}), index, other)
            if found.claim_like(claim).rhs == claim.rhs:
                return found
    return None


def _without_normaliser(family: Formula, index: Index) -> Formula:
    """Of a family that is claimed up to a factor, what depends on the index."""
    whole = isinstance(family, Divide) and index not in free_indices(family.denominator)
    return family.numerator if isinstance(family, Divide) and whole else family


def span_of(node: Formula) -> Span | None:
    """The span of a node; that of its parts together where it has none of its own."""
    if node.span is not None:
        return node.span
    spans = [span for span in (span_of(child) for child in node.children) if span is not None]
    if not spans:
        return None
    line = spans[0].line
    same = [span for span in spans if span.line == line]
    start = min(span.column for span in same)
    return Span(line, start, max(span.column + span.length for span in same) - start)


def _as_named(node: Formula) -> str:
    """The formula in the letters of the note, not in those of one of our notations."""
    return text(_in_plain_letters(node), replace(convention(), sizes={}, indices={}, spellings={}))


def _in_plain_letters(node: Formula) -> Formula:
    """The formula with letters that a note writes in LaTeX (``\\Sigma_{0}``) as plain words (``Sigma_0``), to be shown only."""

    def plain(name: str) -> str:
        return re.sub(r"[\\{}()]", "", name.replace("\\mid", "|")).replace("^", "_") or name

    if isinstance(node, Reference):
        node = replace(node, symbol=replace(node.symbol, name=plain(node.symbol.name)))
    elif isinstance(node, Named):
        node = replace(node, definition=replace(node.definition, name=plain(node.definition.name)))
    elif isinstance(node, Apply):
        node = replace(node, function=replace(node.function, name=plain(node.function.name)))
    return rebuild(node, _in_plain_letters)


# The folder.


def codes() -> list[str]:
    """The codes of all diagnoses."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def diagnosis(code: str) -> Diagnosis:
    """The diagnosis with this code.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if code not in codes():
        raise UnknownNameError.among("diagnosis", code, codes())
    return importlib.import_module(f"{__name__}.{code.replace('-', '_')}").DIAGNOSIS


# What the files are written with.


def by_operators(
    *operators: str | Operator,
    only: Callable[[Mutant], bool] = lambda mutant: True,
    part: Callable[[Mutant], Formula] = lambda mutant: mutant.before,
) -> Slips:
    """The slips that mutation operators make (those of ``checks.mutation`` by name), each at every place.

    ``only`` chooses among them; ``part`` says what is to be shown as changed.
    """

    def slips(formula: Formula, context: Context) -> Iterator[Slip]:
        chosen = tuple(operator(each) if isinstance(each, str) else each for each in operators)
        for mutant in mutants(formula, context.scope, chosen):
            if only(mutant):
                yield Slip(mutant.formula, part(mutant), mutant.before)

    return slips


def dropped(mutant: Mutant) -> Formula:
    """The term or factor that a mutant lacks."""
    left = list(mutant.after.children) if isinstance(mutant.after, type(mutant.before)) else [mutant.after]
    for child in mutant.before.children:
        if child in left:
            left.remove(child)
        else:
            return child
    return mutant.before


# The search.


def diagnose(
    claim: Claim,
    witness: Witness,
    *,
    limit: int = MOST,
    seconds: float = SECONDS,
    candidates: int = MOST_CANDIDATES,
) -> tuple[Diagnosed, ...]:
    """The known slips that explain why a claim is false, the simplest first; none where it is not certainly false.

    The search looks at no more than ``candidates`` changes, in an order that is always the same, and stops after so many
    ``seconds`` of work.
    """
    try:
        search = _Search(claim, witness, time.process_time() + seconds)
        return search.run(limit, candidates) if search.is_false() else ()
    except (DeriveError, RecursionError):
        return ()  # what cannot be evaluated cannot be explained


class _Search:
    def __init__(self, claim: Claim, witness: Witness, deadline: float) -> None:
        self.claim, self.witness, self.deadline = claim, witness, deadline
        self.points: list[Point] = []
        self.read = under_assumptions(claim)
        self.values: dict[object, list[arb]] = {}
        self.solved: list[Solution] | None = None
        if claim.relation == "=":
            # One more than a claim is looked at, for sizes that are all 2: most changes are told apart there, by little work.
            points = witness.at(self.read.lhs, self.read.rhs, claim=claim, most=witness.points + 1)
            self.points = sorted((point for point in points if meets_assumptions(claim, point)), key=_trouble)

    def is_false(self) -> bool:
        if self.claim.relation != "=":
            return self.witness.examine(self.claim, shown=False).outcome == "differs"
        read = under_assumptions(self.claim)
        outcomes = {compare(read.lhs, read.rhs, point).outcome for point in self.points}
        return bool(outcomes & {"different", "one side undefined"})

    def run(self, limit: int, candidates: int) -> tuple[Diagnosed, ...]:
        found: list[tuple[tuple[int, ...], Diagnosed]] = []
        seen: set[tuple[Formula, str, Formula]] = set()
        known = sorted((diagnosis(code) for code in codes()), key=lambda each: (each.rank, each.code))
        for number, candidate in enumerate(self.candidates(known)):
            if number >= candidates or time.process_time() > self.deadline:
                break
            revised = candidate.revised
            key = (revised.lhs, revised.relation, revised.rhs)
            # The same change under a second name says nothing new.
            if key in seen or not self.holds(revised):
                continue
            seen.add(key)
            size = sum(1 for _ in walk(candidate.changed)) if candidate.changed is not None else 0
            # Of what is gone the whole is named, of what was changed the smallest part.
            size = -size if candidate.code in ("dropped-factor", "dropped-term") else size
            found.append(((candidate.diagnosis.rank, candidate.side == "before", size, number), candidate))
        best: dict[str, Diagnosed] = {}
        for _, each in sorted(found, key=lambda pair: pair[0]):
            best.setdefault(each.code, each)
        return tuple(each for each in best.values() if not set(each.diagnosis.unless) & set(best))[:limit]

    def candidates(self, known: Iterable[Diagnosis]) -> Iterator[Diagnosed]:
        claim = self.claim
        context = context_of(claim)
        # A bound holds after many a change: that it does would be no evidence.
        exact = claim.relation in ("=", "= up to a constant", "proportional to")
        implied = claim.relation == "implies" and claim.multiplier is None
        ratio = in_one_ratio(claim)
        if ratio is not None:
            context = replace(context, scope=tuple(index for index in context.scope if index != ratio.other))
        for each in known:
            for revision in each.revisions(claim, context):
                yield Diagnosed(each, "both", revision.claim, revision.changed, words=revision.cause)
            if ratio is not None:
                for slip in each.repairs(ratio.below, context):
                    yield Diagnosed(each, "row", replace(ratio, below=slip.formula).claim_like(claim), slip.changed, slip.within)
                for slip in each.slips(_without_normaliser(unfolded(ratio.above), ratio.index), context):
                    yield Diagnosed(
                        each, "before", replace(ratio, above=slip.formula).claim_like(claim), slip.changed, slip.within
                    )
                continue
            for formula in opened(claim.rhs) if exact or implied else ():
                for slip in each.repairs(formula, context):
                    yield Diagnosed(each, "row", replace(claim, rhs=slip.formula), slip.changed, slip.within)
            for formula in opened(claim.lhs) if exact else ():
                for slip in each.slips(formula, context):
                    yield Diagnosed(each, "before", replace(claim, lhs=slip.formula), slip.changed, slip.within)

    def holds(self, claim: Claim) -> bool:
        """Whether the claim agrees at every point tried, and at one at least."""
        try:
            if claim.relation == "implies":
                return self.follows(claim)
            if claim.relation != "=":
                agrees = self.witness.examine(claim, shown=False).outcome == "agrees"
                return agrees and not (claim.relation == "proportional to" and self.is_zero_on_a_side(claim))
            return not _is_vacuous(claim) and self.is_plausible(claim) and self.agrees(claim)
        except (DeriveError, OutOfRange, KeyError, RecursionError):
            return False

    def is_zero_on_a_side(self, claim: Claim) -> bool:
        """Whether a change has made one side zero wherever it is defined: that is proportional to anything."""
        read = under_assumptions(claim)
        points = list(self.witness.at(read.lhs, read.rhs, claim=claim, most=self.witness.points))
        return any(all(compare(side, ZERO, point).outcome != "different" for point in points) for side in (read.lhs, read.rhs))

    def agrees(self, claim: Claim) -> bool:
        read = under_assumptions(claim)
        agreed = 0
        for point in self.points:
            there = extended(point, self.witness.seed, read.lhs, read.rhs)
            outcome = compare(read.lhs, read.rhs, there, bits=FIRST_BITS).outcome
            if outcome in ("not admissible", "both undefined"):
                continue
            if outcome != "equal":
                return False
            agreed += 1
        return agreed > 0

    def is_plausible(self, claim: Claim) -> bool:
        """Whether the sides may be equal at one point, by few bits; of the side that was not changed the value is kept."""
        if not self.points or claim.lhs.shape != claim.rhs.shape:
            return True
        read = under_assumptions(claim)
        point = self.points[0]
        there = extended(point, self.witness.seed, read.lhs, read.rhs)
        indices = in_order(free_indices(read.lhs) | free_indices(read.rhs))
        for where in itertools.islice(assignments(indices, point.sizes), MOST_PLACES):
            try:
                left, right = self.entries(read.lhs, there, where), self.entries(read.rhs, there, where)
            except Undefined:
                continue
            if len(left) != len(right) or any(not (a - b).contains(0) for a, b in zip(left, right, strict=True)):
                return False
        return True

    def entries(self, side: Formula, point: Point, where: Mapping[Index, int]) -> list[arb]:
        key = (side, point, frozenset(where.items()))
        if key not in self.values:
            found = [balls.ball(entry) for _, entry in flat(enclose(side, point, where, bits=FIRST_BITS))]
            if side is not self.read.lhs and side is not self.read.rhs:
                return found
            self.values[key] = found
        return self.values[key]

    def follows(self, claim: Claim) -> bool:
        """Whether an equation holds at every solution of the other that was found, and not everywhere.

        The solutions are sought once: a change of the second equation does not move them.
        """
        at_first = at_one_place(claim)
        if self.solved is None:
            self.solved = list(itertools.islice(self.solutions(at_first), MOST_SOLUTIONS))
        if not self.solved or any(value_at(at_first.rhs, each).outcome != "vanishes" for each in self.solved):
            return False
        points = self.witness.at(at_first.lhs, at_first.rhs, claim=claim, most=1)
        return any(compare(at_first.rhs, ZERO, point).outcome == "different" for point in points)

    def solutions(self, claim: Claim) -> Iterator[Solution]:
        """Solutions of the first equation, by the first letter that gives any; none where equations are assumed besides."""
        if any(assumption.equation is not None for assumption in claim.assumptions):
            return
        points = self.witness.at(claim.lhs, claim.rhs, claim=claim, most=self.witness.points + 1)
        easiest = sorted(points, key=_trouble)[:2]
        for symbol in itertools.chain(*letters(claim.lhs)):
            found = False
            for point in easiest:
                if time.process_time() > self.deadline:
                    return
                for solution in solutions(claim.lhs, point, symbol):
                    found = True
                    yield solution
            if found:
                return


def _trouble(point: Point) -> tuple[bool, int]:
    """Points at which much is told apart by little work come first: none of the sizes 1, and few of everything."""
    return 1 in point.sizes.values(), math.prod(point.sizes.values())


def _is_vacuous(claim: Claim) -> bool:
    """Whether the claim says that zero is zero because the change put a zero in."""
    return any(
        side == ZERO and (other == ZERO or any(node == ZERO for node in walk(other)))
        for side, other in ((claim.lhs, claim.rhs), (claim.rhs, claim.lhs))
    )


def context_of(claim: Claim) -> Context:
    """What the slips are told of a claim."""
    nodes = [node for side in (claim.lhs, claim.rhs) for node in walk(side)]
    posteriors = (node for node in nodes if isinstance(node, Named) and node.definition.normalised_over is not None)
    return Context(
        scope=tuple(in_order(free_indices(claim.lhs) | free_indices(claim.rhs))),
        posteriors=tuple(dict.fromkeys(posteriors)),
        parameters=tuple(s for s in symbols_of(claim.lhs, claim.rhs) if s.role == "param"),
        derivatives=tuple(dict.fromkeys(node for node in nodes if isinstance(node, Derivative))),
        counts=tuple(dict.fromkeys(node for node in nodes if _is_count(node))),
    )


def _is_count(node: Formula) -> bool:
    return isinstance(node, (Named, Reference, Sum)) and node.shape == () and len(free_indices(node)) == 1


def opened(formula: Formula) -> tuple[Formula, ...]:
    """The formula, and also what its outermost abbreviation stands for, so that a slip inside it can be made."""
    inside = _opened(formula)
    return (formula,) if inside == formula else (formula, inside)


def _opened(node: Formula) -> Formula:
    if isinstance(node, Named):
        return unfold(node) if node.definition.normalised_over is None else node
    return rebuild(node, _opened) if isinstance(node, (AtEqual, Derivative)) else node
