"""Compares the two sides of a claim by numbers, and first asks whether the test could have failed.

Ball arithmetic decides: balls that do not meet are a proof that the sides differ. JAX differentiates: every derivative in a claim
is also taken by autodiff of a function that shares no code with the kernel, and must agree with the balls.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from checks.balls import Undefined
from checks.enclosure import NO_FACTORIAL, Comparison, Order, OutOfRange, compare, compare_order, enclose_all, finely, in_order
from checks.maximisers import Outside, OutsideHere, near_solution, proposed
from checks.mutation import mutants
from checks.points import (
    BORDERED,
    WITH_ZERO,
    Point,
    at_border,
    counted_sizes,
    generic_point,
    has_unspecified,
    literals_of,
    size_schedule,
    sizes_of,
    symbols_of,
    work,
)
from checks.shrinking import MOST_TRIALS, shrink, simpler
from checks.signs import has_branches, surely_defined, surely_definite, surely_positive
from checks.solutions import MOST_UNKNOWNS, Solution, letters, solutions, value_at
from derive.claims import BOUNDS, Claim
from derive.errors import DeriveError, DisagreementError, UnsupportedError
from derive.formula import (
    ONE,
    ZERO,
    Add,
    Cholesky,
    Derivative,
    Divide,
    Formula,
    Number,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    add,
    free_indices,
    matrix_product,
    multiply,
    negate,
    rename,
    walk,
)
from derive.symbols import INTEGERS, SUMS_TO_ONE, Domain, Index, Role, Size, Symbol

Sizes = Mapping[str, int]
_Place = tuple[int, tuple[tuple[str, int], ...], tuple[Fraction, ...]]
_PointKey = tuple[int, tuple[tuple[str, int], ...], tuple[Fraction, ...], frozenset[Symbol]]

AUTODIFF_TOLERANCE = 1e-8
"""Relative; float64 with sums over few terms. A wrong rule is off by far more; a wrong digit in a formula is for the balls."""
MUTANTS_TRIED, MOST_MUTANTS = 6, 60
"""A few wrong variants are enough where one of them is told apart; where none is, more are looked at before that is said."""
MOST_SIZES = 400
MOST_LETTERS = 4
"""For how many letters an equation is solved, at each point."""
SIZES_BEYOND = 3
LARGE_SIZES, LARGE_RANGES = (1009, 10_007), (29, 41)
"""Sizes far from those that are tried otherwise: where they are numbers only, and where they say how many things there are."""
FEW_UNKNOWNS = 12
"""How many entries a letter may have for which a proved equation is solved."""
MOST_WORK_OF_NEWTON = 8
"""How many times the work at the smallest point a point may take at which a proved equation is solved."""
MOST_WORK = 100_000
"""How many numbers are computed, at most, for a claim of large sizes."""
POINTS_AT_BRANCHES = 8
"""How many points a claim is given that has a root or a log of something of either sign: each is seen from several sides."""
FAR_POINTS, FIRST_FAR = 14, 1000
"""How many points far out a claim is given that was not proved, or that has branches; and the number of the first."""
POINTS_FOR_INTEGERS = 10
"""How many points a claim is given that has integers in it: of few values many a wrong claim is true, as x! = x of 1 and 2."""
MOST_FOR_DEFINITE = 8
"""How many points are drawn for one that is wanted, where something is assumed to be definite: few of them may be so."""
NEAR_A_PROVED = 6
"""How many points close to a maximum are looked at where it is proved."""
POINTS_FOR_UNSPECIFIED = 40
BORDER_POINTS, FIRST_AT_BORDER = 6, 2000
"""How many points at the border of its domains a claim is given, and the number of the first."""
SIMPLE_VALUES = 3
"""How many simple values of what moves are tried for a second point."""
WRITTEN_CONSTANT = "constant "
"""How the names of constants begin that a row writes without declaring them, as in ``+ const``."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which a claim fails: exact values, the indices at which it was looked at, and both sides enclosed."""

    sizes: Sizes
    values: Mapping[tuple[str, str], np.ndarray]
    assignment: Mapping[Index, int]
    entry: tuple[int, ...]
    left: str
    right: str
    difference: str
    moved: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict[tuple[str, str], np.ndarray])
    """The values that are others at a second point: there ``right`` is seen, of one quantity of which ``left`` is seen here."""
    draw: tuple[int, int] = (0, 0)
    """From which unspecified functions are drawn."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the numbers say about a claim.

    ``separated`` of ``mutants`` wrong variants of the claim were told apart at the points used: the power of the test.
    ``autodiff`` is the largest relative difference between a derivative by JAX and the same derivative in balls; None where
    the claim has no derivative.
    """

    outcome: Literal["agrees", "differs", "undecided"]
    reason: str
    points: int = 0
    sizes: tuple[Sizes, ...] = ()
    counterexample: Counterexample | None = None
    separated: int = 0
    mutants: int = 0
    autodiff: float | None = None
    undefined: bool = False
    """Whether the sides differ in that only one of them is defined."""
    nonzero: tuple[Formula, ...] = ()
    """Letters at whose zero only one side is defined, where what is told holds elsewhere."""
    passed_over: str = ""
    """What stands at points of which nothing is said: a factorial of a negative number, a value put in that there is not."""
    pair: tuple[Formula, Point, Point] | None = None
    """What is not the same at two points, where a constant is one that moves."""


@dataclass(slots=True)
class Witness:
    """Numbers for claims; keeps its points, and the derivatives it took, between claims.

    ``seed`` fixes every point; ``points`` is how many sizes are tried for each claim, generic ones first.
    """

    seed: int = 0
    points: int = 3
    autodiff: bool = True
    _points: dict[_PointKey, Point] = field(default_factory=dict["_PointKey", Point])
    _wholes: dict[_Place, tuple[Point, dict[tuple[str, str], Symbol]]] = field(
        default_factory=dict["_Place", "tuple[Point, dict[tuple[str, str], Symbol]]"]
    )
    least: int = 1
    """The least size that is tried."""
    large: bool = False
    """Whether sizes that occur as numbers are large: beyond the roots of every polynomial that one writes down."""
    _derivatives: dict[Derivative, float] = field(default_factory=dict[Derivative, float])

    # Points.

    def at(self, *formulas: Formula, claim: Claim | None = None, most: int | None = None) -> Iterator[Point]:
        """Generic points for what stands in the formulas, of several sizes, such as the claim assumes them.

        Raises:
            UnsupportedError, LimitError: there are no generic values for what stands in the formulas.
        """
        symbols = symbols_of(*formulas)
        sizes_to_try = large_sizes(*formulas) if self.large else size_schedule(sizes_of(*formulas), literals_of(*formulas))
        schedule = itertools.islice(sizes_to_try, MOST_SIZES)
        admissible = (
            sizes
            for sizes in schedule
            if (claim is None or _admits(claim, sizes)) and min(sizes.values(), default=self.least) >= self.least
        )
        for number, sizes in enumerate(itertools.islice(admissible, self.points if most is None else most)):
            point = self._generic(symbols, sizes, number)
            yield point if claim is None else _within_bounds(claim, point)

    def _generic(self, symbols: Sequence[Symbol], sizes: Sizes, number: int, scales: Sequence[Fraction] = ()) -> Point:
        """The generic point of a number and of these sizes; what is evaluated there is known to all claims seen there."""
        place = (number, tuple(sorted(sizes.items())), tuple(scales))
        key = (*place, frozenset(symbols))
        if key not in self._points:
            self._points[key] = generic_point(symbols, sizes, self.seed, number, scales)
        point = self._points[key]
        whole, known = self._wholes.get(place, (point, dict[tuple[str, str], Symbol]()))
        own = {(symbol.name, symbol.role): symbol for symbol in symbols}
        if any(known.get(name, symbol) != symbol for name, symbol in own.items()):
            return point  # a letter that is declared otherwise elsewhere
        if not own.keys() <= known.keys():
            whole = replace(whole, values={**whole.values, **point.values})
            self._wholes[place] = whole, {**known, **own}
        return point.part_of(whole)

    def enough_for_order(self, *formulas: Formula) -> int:
        """How many points a bound must be seen at: one between unknown functions is broken in some corner only."""
        return (
            max(self.enough(*formulas), POINTS_FOR_UNSPECIFIED)
            if self.points and has_unspecified(*formulas)
            else self.enough(*formulas)
        )

    def enough(self, *formulas: Formula) -> int:
        """How many points a claim must be seen at."""
        if not self.points:
            return 0
        branches = POINTS_AT_BRANCHES if has_branches(*formulas) else 0
        integers = POINTS_FOR_INTEGERS if any(symbol.domain in INTEGERS for symbol in symbols_of(*formulas)) else 0
        return max(self.points, branches, integers)

    def far(self, *formulas: Formula, claim: Claim) -> Iterator[Point]:
        """Points of larger sizes, with values far out and close to the border: beyond every number that is written.

        Raises:
            UnsupportedError, LimitError: as in ``at``.
        """
        symbols = symbols_of(*formulas)
        numbers = [abs(node.value) for formula in formulas for node in walk(formula) if isinstance(node, Number)]
        largest = min(max([Fraction(1), *numbers]), Fraction(10**9))
        scales = (Fraction(1, 64), Fraction(1, 8), Fraction(8), Fraction(64), 4 * largest, 32 * largest, Fraction(10**30))
        names, literals = sizes_of(*formulas), literals_of(*formulas)
        small = itertools.islice(size_schedule(names, literals), FAR_POINTS)
        for number, sizes in enumerate(small):
            if number % 2 == 0:
                # No two sizes are tied to one another at all of these.
                drawn = random.Random(f"{self.seed}/{number}")
                sizes = {name: literals.get(name, 1) + drawn.randrange(7) for name in names}
            if _admits(claim, sizes):
                chosen = scales if number > len(scales) else scales[number % len(scales) :][:1]
                yield self._generic(symbols, sizes, FIRST_FAR + number, chosen)

    # Claims.

    def beyond(self, claim: Claim) -> Evidence | None:
        """A counterexample far out, to a claim that has not been proved or that has roots and logs of either sign; None if none.

        A few generic points settle what is analytic; |x - 3| = 3 - x holds at all of them that lie close to zero.
        """
        with contextlib.suppress(DeriveError, RecursionError):
            read = under_assumptions(claim)
            left, right = read.ordered if read.relation in BOUNDS else (read.lhs, read.rhs)
            for point in self.far(left, right, claim=claim) if read.relation in ("=", *BOUNDS) else ():
                with contextlib.suppress(DeriveError):
                    if not meets_assumptions(read, point):
                        continue
                    if read.relation == "=":
                        found = self._disagreement(read, left, right, point, [])
                    else:
                        violated = compare_order(left, right, point).outcome == "violated"
                        found = _violation(read, left, right, [], point) if violated else None
                    if found is not None:
                        return found
        return None

    def at_border(self, claim: Claim) -> Evidence | None:
        """A counterexample where what is nonnegative is zero, to an equation or a bound that holds elsewhere; None if none.

        One that is marked as undefined says that only one side has a value there, and which letters are zero: a condition of the
        claim, since a border is no open set. Of a maximum that is proposed, and of constants, nothing is seen at the border.
        """
        one_sided: Evidence | None = None
        with contextlib.suppress(DeriveError, RecursionError):
            read = under_assumptions(claim)
            left, right = read.ordered if read.relation in BOUNDS else (read.lhs, read.rhs)
            symbols = symbols_of(left, right)
            spoken = read.relation == "=" or (read.relation in BOUNDS and not proposed(left, right))
            # What is counted is zero at points of their own too, at which no strict bound is looked at.
            domains = WITH_ZERO if read.is_strict else BORDERED
            if not spoken or not any(symbol.domain in domains for symbol in symbols):
                return None
            schedule = size_schedule(sizes_of(left, right), literals_of(left, right))
            # Where a size is one a strict bound often fails for no reason of a border.
            large = (sizes for sizes in itertools.islice(schedule, MOST_SIZES) if min(sizes.values(), default=2) > 1)
            admitted = (sizes for sizes in large if _admits(claim, sizes))
            for number, sizes in enumerate(itertools.islice(admitted, BORDER_POINTS)):
                generic = self._generic(symbols, sizes, FIRST_AT_BORDER + number)
                point = at_border(generic, symbols, number)
                with contextlib.suppress(DeriveError):
                    found = self._at_border(read, left, right, point) if meets_assumptions(read, point) else None
                    if found is not None and not found.undefined:
                        return found
                    one_sided = one_sided or found
        return one_sided

    def _at_border(self, claim: Claim, left: Formula, right: Formula, point: Point) -> Evidence | None:
        if claim.relation == "=":
            found = self._disagreement(claim, left, right, point, [])
            return found and replace(found, nonzero=_zeros(found, left, right) if found.undefined else ())
        violated = compare_order(left, right, point, strict=claim.is_strict).outcome == "violated"
        return _violation(claim, left, right, [], point, strict=claim.is_strict) if violated else None

    def at_large_sizes(self, claim: Claim) -> Evidence | None:
        """A counterexample of large sizes to a claim that has not been proved, in which sizes occur as numbers; None if none.

        (n-1)(n-2)...(n-20) vanishes at all sizes that are tried otherwise.
        """
        outside, self.large = self.large, True
        try:
            with contextlib.suppress(DeriveError, RecursionError):
                read = under_assumptions(claim)
                if read.relation != "=":
                    found = self._examined(claim, proved=False)
                    return found if found.outcome == "differs" else None
                for point in self.at(read.lhs, read.rhs, claim=read):
                    found = self._disagreement(read, read.lhs, read.rhs, point, []) if meets_assumptions(read, point) else None
                    if found is not None:
                        return found
        finally:
            self.large = outside
        return None

    def larger(self, claim: Claim) -> Evidence:
        """What the numbers say of a claim at sizes beyond two: at one and two a denominator n - 1 or n - 2 vanishes."""
        outside, self.least = self.least, SIZES_BEYOND
        try:
            return self.examine(claim)
        finally:
            self.least = outside

    def smaller(self, claim: Claim) -> Evidence | None:
        """Why a claim that has not been proved fails for some size, where a range is shorter than empty; None if it does not."""
        with contextlib.suppress(DeriveError, RecursionError):
            read = under_assumptions(claim)
            names, reached = sizes_of(read.lhs, read.rhs), literals_of(read.lhs, read.rhs)
            least = literals_of(read.lhs, read.rhs, limits=False)
            for name in names if read.relation == "=" else ():
                for size in range(least.get(name, 1), reached.get(name, 1)):
                    sizes = {other: size if other == name else reached.get(other, 1) + 1 for other in names}
                    point = generic_point(symbols_of(read.lhs, read.rhs), sizes, self.seed, size)
                    met = _admits(claim, sizes) and meets_assumptions(read, point)
                    if met and compare(read.lhs, read.rhs, point).outcome == "different":
                        return Evidence(
                            "undecided",
                            f"not for every size: it fails at {name} = {size}, where a range that begins beyond has no members",
                        )
        return None

    def closer(self, claim: Claim) -> Evidence | None:
        """What many more digits say of a claim that has not been proved; None where they say no more."""
        with finely():
            found = self.examine(claim)
        return found if found.outcome != "agrees" else None

    def examine(self, claim: Claim, *, proved: bool = False, shown: bool = True) -> Evidence:
        """Look for a point at which the claim fails; then ask whether a wrong claim would have been seen.

        Autodiff is heard apart (``by_autodiff``). What cannot be evaluated is undecided, for the reason given; it is never an
        exception. Of the solutions of an equation from which a claim was ``proved`` to follow, one at each point is enough.
        Two points at which a constant is not the same are made simple where they are to be ``shown``.
        """
        found = self._examined(claim, proved)
        if shown and found.pair is not None:
            with contextlib.suppress(DeriveError, RecursionError):
                return replace(found, counterexample=self._simpler_pair(under_assumptions(claim), *found.pair))
        return found

    def _examined(self, claim: Claim, proved: bool) -> Evidence:
        try:
            read = under_assumptions(claim)
            if claim.relation == "implies" and claim.multiplier is None:
                placed = at_one_place(read)
                found = _implied(self, placed, proved)
                # The first equation is one for every value of its letters: what fails at one may hold where it holds at all.
                return _implied(self, read, proved) if found.outcome == "differs" and placed is not read else found
            if claim.relation in BOUNDS:
                return _bound(self, read, proved)
            return _EXAMINATIONS[claim.relation](self, read)
        except UnsupportedError as unsupported:
            return Evidence("undecided", f"not supported: {unsupported}")
        except DeriveError as error:
            return Evidence("undecided", str(error))
        except RecursionError:
            return Evidence("undecided", "nested too deeply")

    def equality(self, claim: Claim, left: Formula, right: Formula, failure: str = "the two sides differ, certainly") -> Evidence:
        """Whether two sides agree; ``failure`` says what it means that they do not."""
        looked: list[Point] = []
        unclear: list[str] = []
        skipped = _NO_POINTS
        passed_over = ""
        outside = False
        enough = self.enough(left, right)
        most = (MOST_FOR_DEFINITE if any(a.definite is not None for a in claim.assumptions) else 3) * enough
        for point in self.at(left, right, claim=claim, most=most):
            anywhere = not (claim.assumptions or outside)
            if len(looked) + len(unclear) >= enough and (unclear or anywhere or _some_are_generic(looked)):
                break
            if not meets_assumptions(claim, point):
                skipped = "no point tried meets the assumptions"
                continue
            comparison = compare(left, right, point)
            if comparison.outcome in ("different", "one side undefined"):
                found = self._disagreement(claim, left, right, point, looked, failure, comparison)
                if found is not None:
                    return found
                outside = True
                skipped = "what is put in for a parameter lies outside of its domain"
                if comparison.outcome == "one side undefined":
                    passed_over = passed_over or "what is put in has no value"
                continue
            if comparison.outcome == "undecided":
                unclear.append(f"undecided: {comparison.reason}")
            elif comparison.outcome == "equal" and _puts_in_outside(left, right, point):
                unclear.append("what is put in for a parameter lies outside of its domain")
            elif comparison.outcome == "equal":
                looked.append(point)
            elif comparison.outcome == "both undefined":
                skipped = f"both undefined: {comparison.reason}"
            if comparison.reason == NO_FACTORIAL:
                passed_over = passed_over or f"{NO_FACTORIAL} stands"
        if unclear:
            return Evidence("undecided", unclear[0], len(looked))
        if claim.assumptions and looked and not _some_are_generic(looked):
            return Evidence("undecided", "what is assumed was met only where a size is one", len(looked))
        if outside and looked and not _some_are_generic(looked):
            return Evidence("undecided", f"{skipped}, except where a size is one", len(looked))
        if len(looked) < min(enough, max(1, self.points)):
            return Evidence("undecided", _too_few(looked, skipped), len(looked))
        separated, tried = self.power(left, right, looked)
        sizes = tuple(p.sizes for p in looked)
        return Evidence(
            "agrees",
            "both sides agree to 30 digits",
            len(looked),
            sizes,
            separated=separated,
            mutants=tried,
            passed_over=passed_over,
        )

    def _disagreement(
        self,
        claim: Claim,
        left: Formula,
        right: Formula,
        point: Point,
        looked: Sequence[Point],
        failure: str = "the two sides differ, certainly",
        comparison: Comparison | None = None,
    ) -> Evidence | None:
        """That two sides differ at a point, or only one is defined there; None where they do not, or the point is no value."""
        comparison = comparison or compare(left, right, point)
        undefined = comparison.outcome == "one side undefined"
        if not (undefined or comparison.outcome == "different") or _puts_in_no_value(left, right, point, outside=undefined):
            return None
        small, there = self.smallest(claim, left, right, point, comparison.outcome)
        one_sided = there.outcome == "one side undefined"
        return Evidence(
            "differs",
            f"only one side is defined: {there.reason}" if one_sided else failure,
            len(looked) + 1,
            tuple(p.sizes for p in (*looked, point)),
            counterexample=_counterexample(claim, small, there),
            undefined=one_sided,
        )

    def smallest(self, claim: Claim, left: Formula, right: Formula, point: Point, outcome: str) -> tuple[Point, Comparison]:
        """The smallest and simplest point that the claim admits at which the sides still compare so."""

        def disagrees(candidate: Point) -> bool:
            return (
                _admits(claim, candidate.sizes)
                and meets_assumptions(claim, candidate)
                and not _puts_in_no_value(left, right, candidate, outside=outcome == "one side undefined")
                and compare(left, right, candidate).outcome == outcome
            )

        small = shrink(disagrees, point, symbols_of(left, right))
        return small, compare(left, right, small)

    def _simpler_pair(self, claim: Claim, quantity: Formula, point: Point, there: Point) -> Counterexample:
        """Two points, small and simple, at which a quantity is not the same; one parameter moved, if one will do."""
        moved = [s for s in symbols_of(quantity) if there.values[s.name, s.role] is not point.values[s.name, s.role]]
        trials = 0

        def compared(first: Point, second: Point) -> Comparison | None:
            """How the two compare; None where they do not differ, one is no point of the claim, or enough was tried."""
            nonlocal trials
            trials += 1
            if trials > MOST_TRIALS:
                return None
            admitted = _admits(claim, first.sizes) and all(meets_assumptions(claim, each) for each in (first, second))
            found = compare(quantity, quantity, first, other_point=second) if admitted else None
            return found if found is not None and found.outcome == "different" else None

        def put(place: Point, values: Mapping[tuple[str, Role], np.ndarray]) -> Point:
            return replace(place, values={**place.values, **values})

        for symbol in moved:
            key = (symbol.name, symbol.role)
            alone = put(point, {key: there.values[key]})
            if len(moved) > 1 and compared(point, alone) is not None:
                moved, there = [symbol], alone
                break
        keys: list[tuple[str, Role]] = [(symbol.name, symbol.role) for symbol in moved]

        def second(first: Point) -> Point | None:
            """A second point beside the first, with other simple values of what moves; None if the quantity is the same there."""
            simple = [simpler(symbol, first.values[key], first.draw) for symbol, key in zip(moved, keys, strict=True)]
            for values in itertools.islice(zip(*simple, strict=False), SIMPLE_VALUES):
                other = put(first, dict(zip(keys, values, strict=True)))
                if all(not np.array_equal(other.values[key], first.values[key]) for key in keys) and compared(first, other):
                    return other
            return None

        constants = [symbol for symbol in symbols_of(quantity) if symbol.name.startswith(WRITTEN_CONSTANT)]
        for symbol in constants:
            key = (symbol.name, symbol.role)
            for value in (Fraction(0), Fraction(1)):
                values = {key: np.full_like(point.values[key], value)}
                if compared(put(point, values), put(there, values)) is not None:
                    point, there = put(point, values), put(there, values)
                    break
        if (simple := second(point)) is not None:
            others = [symbol for symbol in symbols_of(quantity) if symbol not in constants]
            point = shrink(lambda candidate: second(candidate) is not None, point, others)
            trials = 0
            there = second(point) or simple
        comparison = compare(quantity, quantity, point, other_point=there)
        shown = _counterexample(claim, point, comparison)
        return replace(shown, moved={key: there.values[key] for key in keys})

    def power(self, left: Formula, right: Formula, points: Sequence[Point]) -> tuple[int, int]:
        """How many wrong variants of a claim these points tell apart, of how many that were tried.

        Variants of the right side; of the left one where the right side is zero, or has none that differ (as 0 times a has).
        """
        separated = tried = 0
        if right != ZERO:
            separated, tried = self._separated(right, left, points)
        if not separated and left != ZERO:
            more = self._separated(left, right, points)
            separated, tried = more[0], tried + more[1]
        return separated, tried

    def _separated(self, original: Formula, other: Formula, points: Sequence[Point]) -> tuple[int, int]:
        scope = tuple(in_order(free_indices(original) | free_indices(other)))
        wrong = [mutant.formula for mutant in mutants(original, scope)]
        if other == ZERO:
            # Any multiple of zero is zero: a slip must change what is claimed to vanish.
            wrong = [formula for formula in wrong if not _is_multiple(formula, original)]
        else:
            wrong += [negate(original), multiply(Number(Fraction(2)), original)]
        random.Random(self.seed).shuffle(wrong)
        separated = tried = 0
        for formula in wrong[:MOST_MUTANTS]:
            if tried >= MUTANTS_TRIED and separated:
                break
            tried += 1
            separated += any(self._differ(other, formula, point) for point in points[:2])
        return separated, tried

    def power_at(self, second: Formula, solved: Sequence[Solution]) -> tuple[int, int]:
        """How many wrong variants of a second equation fail at solutions of the first, of how many that were tried."""
        wrong = [mutant.formula for mutant in mutants(second, tuple(in_order(free_indices(second))))]
        wrong = [formula for formula in wrong if not _is_multiple(formula, second)]
        random.Random(self.seed).shuffle(wrong)
        separated = tried = 0
        for formula in wrong[:MOST_MUTANTS]:
            if tried >= MUTANTS_TRIED and separated:
                break
            tried += 1
            with contextlib.suppress(DeriveError):
                separated += any(value_at(formula, solution).outcome == "differs" for solution in solved[:2])
        return separated, tried

    def power_of_maximum(
        self, claim: Claim, objective: Formula, steps: Sequence[Substitute], points: Sequence[Point]
    ) -> tuple[int, int]:
        """How many wrong variants of a proposed maximiser are seen to be none, of how many that were tried."""
        wrong = [(n, m.formula) for n, step in enumerate(steps) for m in mutants(step.replacement, step.indices)]
        wrong += [(n, multiply(Number(Fraction(3, 2)), step.replacement)) for n, step in enumerate(steps)]
        random.Random(self.seed).shuffle(wrong)
        separated = tried = 0
        for number, value in wrong[:MOST_MUTANTS]:
            if tried >= MUTANTS_TRIED and separated:
                break
            if value.shape != steps[number].replacement.shape:
                continue
            tried += 1
            body, changed = objective, list[Substitute]()
            for n, step in enumerate(steps):
                body = Substitute(body, step.symbol, step.indices, value if n == number else step.replacement)
                changed.append(body)
            separated += any(self._exceeds(claim, objective, changed, point) for point in points[:2])
        return separated, tried

    def _exceeds(self, claim: Claim, objective: Formula, steps: Sequence[Substitute], point: Point) -> bool:
        """Whether a point near proposed values has a larger objective."""
        with contextlib.suppress(DeriveError):
            there = extended(point, self.seed, steps[-1])
            try:
                return any(
                    compare_order(objective, steps[-1], close).outcome == "violated" and meets_assumptions(claim, close)
                    for close in near_solution(objective, steps, there, self.seed)
                )
            except Outside:
                return True
        return False

    def _differ(self, right: Formula, wrong: Formula, point: Point) -> bool:
        try:
            return compare(right, wrong, extended(point, self.seed, right, wrong)).outcome == "different"
        except DeriveError:
            return False

    def by_autodiff(self, claim: Claim) -> float | None:
        """The largest relative difference between JAX's derivatives and the balls', over the derivatives in the claim.

        Raises:
            DisagreementError: they differ, so one of the two is wrong.
            UnsupportedError: a derivative cannot be taken, or has no finite value at the points tried.
        """
        nodes = list(dict.fromkeys(_derivatives(claim.lhs, claim.rhs)))
        if not self.autodiff:
            return None
        for node in nodes:
            try:
                error = self._error_of(node, claim)
            except UnsupportedError:
                raise
            except DeriveError as failed:
                raise UnsupportedError(f"a derivative in {claim.label} by autodiff: {failed}") from failed
            if not error <= AUTODIFF_TOLERANCE:
                raise DisagreementError(
                    f"a derivative in {claim.label} by autodiff and by balls: relative difference={error}, "
                    f"expected at most {AUTODIFF_TOLERANCE}"
                )
        return max((self._derivatives[node] for node in nodes), default=None)

    def _error_of(self, node: Derivative, claim: Claim) -> float:
        if node not in self._derivatives:
            for point in self.at(node, claim=claim, most=3 * self.enough(node)):
                try:
                    wanted = enclose_all(node, point, axes_of(node))
                except (Undefined, OutOfRange):
                    continue
                found = _by_jax(node, point)
                if not (np.all(np.isfinite(wanted)) and np.all(np.isfinite(found))):
                    raise UnsupportedError(f"a derivative in {claim.label} is not finite in double precision")
                scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
                self._derivatives[node] = float(np.max(np.abs(found - wanted), initial=0.0)) / scale
                break
            else:
                raise UnsupportedError(f"a derivative in {claim.label} is not defined at any point tried")
        return self._derivatives[node]

    # Numbers for the report.

    def measure(self, formula: Formula) -> float:
        """The largest absolute value of a formula, over its entries and indices, by JAX at a generic point.

        Raises:
            UnsupportedError: the formula has a part that cannot be evaluated.
        """
        return float(np.max(np.abs(_by_jax(formula, next(self.at(formula, most=1)))), initial=0.0))


def large_sizes(*formulas: Formula) -> Iterator[Sizes]:
    """Large sizes for what occurs as a number: as large as one likes where it counts nothing, else where that is little work."""
    counted = counted_sizes(*formulas)
    names, literals = sizes_of(*formulas), literals_of(*formulas)
    for turn in range(len(LARGE_SIZES) if counted else 0):
        sizes = {name: literals.get(name, 1) + 1 for name in names}
        for place, (name, spans) in enumerate(counted.items()):
            wanted = (LARGE_RANGES if spans else LARGE_SIZES)[turn] + place
            before = sizes[name]
            sizes[name] = max(before, wanted)
            if sum(work(formula, sizes) for formula in formulas) > MOST_WORK:
                sizes[name] = before
        yield sizes


def axes_of(node: Formula) -> tuple[Index, ...]:
    """The free indices of a formula in the order of its values' axes."""
    return tuple(in_order(free_indices(node)))


def _by_jax(formula: Formula, point: Point) -> np.ndarray:
    """The values of a formula by JAX at a point, for all values of its free indices."""
    from checks.lowering import lower_all

    lowered = lower_all({"value": formula}, axes={"value": axes_of(formula)}, references=True)
    values = {key: np.asarray(value, dtype=np.float64) for key, value in point.values.items()}
    return np.asarray(lowered(values, point.sizes, point.draw, once=True)["value"])


def _is_multiple(formula: Formula, original: Formula) -> bool:
    """Whether a formula is the original times a number, which no test of zero can tell from it."""
    factors = [part for part in walk(formula) if part == original]
    return bool(factors)


def extended(point: Point, seed: int, *formulas: Formula) -> Point:
    """The point with values for symbols that only a mutant has."""
    missing = [s for s in symbols_of(*formulas) if (s.name, s.role) not in point.values]
    if not missing:
        return point
    more = generic_point(missing, point.sizes, seed=seed)
    return replace(point, values={**point.values, **more.values})


def _derivatives(*formulas: Formula) -> Iterator[Derivative]:
    """The outermost derivatives of formulas, those inside abbreviations excepted."""
    for node in formulas:
        if isinstance(node, Derivative):
            yield node
        else:
            yield from _derivatives(*node.children)


_NO_POINTS = "no sizes or points tried have every index that is written, and all that is assumed"


def _too_few(looked: Sequence[Point], skipped: str) -> str:
    return f"too few points at which it can be seen: {len(looked)}; {skipped}" if looked else skipped


def _zeros(found: Evidence, *sides: Formula) -> tuple[Formula, ...]:
    """Letters of the border that are zero at a counterexample, as they are written."""
    values = {} if found.counterexample is None else found.counterexample.values
    letters = {
        node.symbol: node
        for side in sides
        for node in walk(side)
        if isinstance(node, Reference) and node.symbol.domain in BORDERED
        if not np.all(values.get((node.symbol.name, node.symbol.role), 1))
    }
    return tuple(letters.values())


def _counterexample(claim: Claim, point: Point, comparison: Comparison | Order) -> Counterexample:
    # What an assumption puts in for a letter stands in the claim; the letter's own value plays no part.
    replaced = {(a.symbol.name, a.symbol.role) for a in _substitutions(claim)}
    return Counterexample(
        sizes=point.sizes,
        values={key: values for key, values in point.values.items() if key not in replaced},
        assignment=comparison.assignment,
        entry=comparison.entry,
        left=comparison.left,
        right=comparison.right,
        difference=comparison.difference,
        draw=point.draw,
    )


# Assumptions: of sizes, and equations that the points must meet.


def _admits(claim: Claim, sizes: Sizes) -> bool:
    """Whether the sizes are such as the claim assumes."""
    larger = [a.larger for a in claim.assumptions if a.larger is not None]
    for big, small in larger:
        least = sizes.get(small.name, 1) if isinstance(small, Size) else small
        if sizes.get(big.name, least + 1) <= least:
            return False
    return True


def _substitutions(claim: Claim) -> list[Substitute]:
    """The assumed equations that say what a letter is; each as a substitution whose body does not matter."""
    found: list[Substitute] = []
    for assumption in claim.assumptions:
        if assumption.equation is None:
            continue
        for letter, value in (assumption.equation, assumption.equation[::-1], *_solved(*assumption.equation)):
            if isinstance(letter, Reference) and _defines(letter, value):
                indices = tuple(index for index in letter.indices if isinstance(index, Index))
                found.append(Substitute(ZERO, letter.symbol, indices, value))
                break
    return found


def _solved(left: Formula, right: Formula) -> Iterator[tuple[Formula, Formula]]:
    """``a + b = c`` solved for each letter among its terms, the last first."""
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Add):
            for place in reversed(range(len(side.terms))):
                if isinstance(side.terms[place], Reference) and side.shape == ():
                    rest = side.terms[:place] + side.terms[place + 1 :]
                    yield side.terms[place], other - add(*rest)


def _defines(letter: Reference, value: Formula) -> bool:
    own = (letter.symbol.name, letter.symbol.role)
    return (
        letter.shape == value.shape
        and len(set(letter.indices)) == len(letter.indices)
        and all(isinstance(i, Index) and i.range == r for i, r in zip(letter.indices, letter.symbol.family, strict=True))
        and own not in {(s.name, s.role) for s in symbols_of(value)}
        and free_indices(value) <= frozenset(i for i in letter.indices if isinstance(i, Index))
        and (_lies_in(value, letter.symbol.domain) or letter.symbol.domain in _SEEN_AT_POINTS)
    )


_SEEN_AT_POINTS = ("positive", "nonnegative", "unit", "simplex", "closed simplex", "count", "integer", "bool")
"""Domains of which it is seen at each point whether a value lies in them; where it does not, the point is left out."""


def _values_lie_in(each: Substitute, point: Point) -> bool:
    """Whether what is put in for a letter lies in the letter's domain at a point, for all its indices."""
    domain = each.symbol.domain
    if _lies_in(each.replacement, domain):
        return True
    spans = {index.range.upper.name for index in each.indices}
    if not {*sizes_of(each.replacement), *spans} <= set(point.sizes):
        return False
    there = extended(point, 0, each.replacement)
    try:
        values = enclose_all(each.replacement, there, each.indices)
    except (DeriveError, Undefined, OutOfRange):
        return False
    small = 1e-12
    if domain in ("positive", "unit", "simplex") and not np.all(values > small):
        return False
    if domain in ("nonnegative", "closed simplex", "count", "bool") and not np.all(values > -small):
        return False
    if domain in ("unit", "bool") and not np.all(values < 1 + (small if domain == "bool" else -small)):
        return False
    if domain in INTEGERS and not np.all(np.abs(values - np.round(values)) < small):
        return False
    return domain not in SUMS_TO_ONE or bool(np.all(np.abs(values.sum(axis=len(each.indices) - 1) - 1) < small))


def _puts_in_no_value(left: Formula, right: Formula, point: Point, *, outside: bool) -> bool:
    """Whether what is put in for a parameter does not exist at a point, or lies at the border of its domain (or ``outside``).

    At the border it is no value of the parameter, though it is the limit of such: a chance of 1, a rate of 0.
    """
    put_in = [node for side in (left, right) for node in walk(side) if isinstance(node, Substitute)]
    return any(_is_no_value(each, point, outside) for each in put_in if each.symbol.domain in ("positive", "unit", "simplex"))


def _values_put_in(each: Substitute, point: Point) -> np.ndarray:
    """What is put in for a letter at a point, for all its indices and for those that stand free in it, which come first."""
    strays = sorted(free_indices(each.replacement) - set(each.indices), key=lambda index: index.name)
    return enclose_all(each.replacement, extended(point, 0, each.replacement), (*strays, *each.indices))


def _puts_in_outside(left: Formula, right: Formula, point: Point) -> bool:
    """Whether what is put in for a parameter certainly lies outside of its domain at a point, and not at the border."""
    small = 1e-9
    for each in (node for side in (left, right) for node in walk(side) if isinstance(node, Substitute)):
        domain = each.symbol.domain
        if domain not in ("positive", "nonnegative", "unit", "simplex", "spd", "sym", "lower", "diag"):
            continue
        try:
            values = _values_put_in(each, point)
        except (DeriveError, Undefined, OutOfRange):
            continue
        if len(each.symbol.shape) == 2:
            if _is_no_such_matrix(values, domain, small):
                return True
            continue
        above = domain in ("unit", "simplex") and bool(np.any(values > 1 + small))
        uneven = domain == "simplex" and bool(np.any(np.abs(values.sum(axis=-1) - 1) > small))
        if above or uneven or bool(np.any(values < -small)):
            return True
        # By balls, which tell 1 from 1 + 10^-17.
        if domain == "simplex" and compare(Sum(each.indices[-1], each.replacement), ONE, point).outcome == "different":
            return True
    return False


def _is_no_such_matrix(values: np.ndarray, domain: Domain, small: float) -> bool:
    """Whether matrices certainly do not have the form that is declared."""
    if domain in ("spd", "sym"):
        crooked = bool(np.any(np.abs(values - np.swapaxes(values, -1, -2)) > small))
        return crooked or (domain == "spd" and bool(np.any(np.linalg.eigvalsh(values) < -small)))
    order = np.arange(values.shape[-1])
    above = order[:, None] < order[None, :] if domain == "lower" else order[:, None] != order[None, :]
    return bool(np.any(np.abs(values[..., above]) > small) or np.any(values[..., order, order] < -small))


def _is_no_value(each: Substitute, point: Point, outside: bool) -> bool:
    try:
        values = _values_put_in(each, point)
    except (DeriveError, Undefined, OutOfRange):
        return True
    small = 1e-12
    upper = 1.0 if each.symbol.domain in ("unit", "simplex") else np.inf
    inside = bool(np.all(values > -small) and np.all(values < upper + small))
    return bool(np.any(values < small) or np.any(values > upper - small)) if inside else outside


def _lies_in(value: Formula, domain: Domain) -> bool:
    """Whether a value is known to lie in a domain, so that it may be put in for a letter of that domain."""
    if domain in ("positive", "nonnegative"):
        return surely_positive(value)
    if domain in ("integer", "count", "bool"):
        return (
            isinstance(value, Number)
            and value.value.denominator == 1
            and value.value >= 0
            and (domain != "bool" or value.value < 2)
        )
    if domain == "lower":
        return isinstance(value, Cholesky)
    return surely_definite(value) if domain == "spd" else domain == "real"


def _substituted(node: Formula, substitutions: Iterable[Substitute]) -> Formula:
    for each in substitutions:
        if (each.symbol.name, each.symbol.role) in {(s.name, s.role) for s in symbols_of(node)}:
            node = replace(each, body=node)
    return node


def under_assumptions(claim: Claim) -> Claim:
    """The claim with every letter that an assumption defines put in, after derivatives were taken."""
    substitutions = _substitutions(claim)
    if not substitutions:
        return claim
    return replace(claim, lhs=_substituted(claim.lhs, substitutions), rhs=_substituted(claim.rhs, substitutions))


def meets_assumptions(claim: Claim, point: Point) -> bool:
    """Whether everything assumed holds at a point, bounds strictly."""
    substitutions = _substitutions(claim)
    if not all(_values_lie_in(each, point) for each in substitutions):
        return False
    for assumption in claim.assumptions:
        asked = (
            (assumption.equation, "equal", compare),
            (assumption.apart, "different", compare),
            (assumption.bound, "holds", compare_order),
        )
        for pair, wanted, compared in asked:
            if pair is None:
                continue
            left, right = (_substituted(side, substitutions) for side in pair)
            if not set(sizes_of(left, right)) <= set(point.sizes):
                return False
            if compared(left, right, extended(point, 0, left, right)).outcome != wanted:
                return False
        if assumption.definite is not None and not _is_definite(_substituted(assumption.definite, substitutions), point):
            return False
    return True


def _within_bounds(claim: Claim, point: Point) -> Point:
    """A point with its counts brought between the bounds that are assumed of them, and its numbers above or below a number."""
    bounds = [assumption.bound for assumption in claim.assumptions if assumption.bound is not None]
    if not bounds:
        return point  # with all that was evaluated there
    values = dict(point.values)
    for small, large in bounds:
        for datum, other, above in ((small, large, False), (large, small, True)):
            key = (datum.symbol.name, datum.symbol.role) if isinstance(datum, Reference) else None
            if key is None or key not in values or not isinstance(datum, Reference):
                continue
            # Nothing positive lies below zero: an assumption that contradicts a declaration is met nowhere.
            within = datum.symbol.domain in ("positive", "nonnegative") and (
                above or (isinstance(other, Number) and other.value > 0)
            )
            if (within or datum.symbol.domain == "real") and isinstance(other, Number):
                values[key] = _beyond(values[key], other.value, above=above)
            if datum.symbol.domain != "count":
                continue
            end = point.sizes.get(other.size.name) if isinstance(other, SizeNumber) else None
            end = int(other.value) if isinstance(other, Number) and other.value.denominator == 1 else end
            if end is None:
                continue
            # Strictly inside; between none and one there is nothing but the end.
            moved = [max(v, end + 1) if above else v % max(end, 1) for v in np.ravel(values[key]).tolist()]
            fitted = np.empty(np.shape(values[key]), dtype=object)
            fitted.reshape(-1)[:] = moved
            values[key] = fitted
    return replace(point, values=values)


def _beyond(values: np.ndarray, end: Fraction, *, above: bool) -> np.ndarray:
    """The values, those moved that do not lie above (or below) an end: as far beyond it as they were from zero."""
    moved = np.array(values, dtype=object)
    for place in np.ndindex(*moved.shape):
        value: Fraction = moved.item(place)
        if above and value <= end:
            moved[place] = end + abs(value)
        elif not above and value >= end:
            # Below a positive end a positive number stays one.
            moved[place] = end * value / (1 + value) if end > 0 and value > 0 else end - abs(value) - 1
    return moved


def _is_definite(matrix: Formula, point: Point) -> bool:
    """Whether a matrix is positive definite, or a number positive, at a point, for all indices and by a margin floats tell."""
    if not set(sizes_of(matrix)) <= set(point.sizes):
        return False
    try:
        values = enclose_all(matrix, extended(point, 0, matrix), in_order(free_indices(matrix)))
    except (DeriveError, Undefined, OutOfRange):
        return False
    if not values.size:
        return True  # of no member of an empty family anything else is said
    if matrix.shape == ():
        return bool(np.all(values > 1e-9))
    symmetric = np.allclose(values, np.swapaxes(values, -1, -2), rtol=1e-12)
    return symmetric and bool(np.all(np.linalg.eigvalsh(values)[..., 0] > 1e-9 * np.abs(values).max()))


def _some_are_generic(points: Iterable[Point]) -> bool:
    """Whether a point has all sizes beyond one: where a sum has a single term, many a wrong claim is true."""
    return any(all(size > 1 for size in point.sizes.values()) for point in points)


# One examination for each relation.


def _equal(witness: Witness, claim: Claim) -> Evidence:
    return witness.equality(claim, claim.lhs, claim.rhs)


def _not_zero(witness: Witness, claim: Claim) -> Evidence:
    """Not identically zero: a point at which it certainly is not zero."""
    reason = _NO_POINTS
    for point in witness.at(claim.lhs, claim=claim, most=witness.enough(claim.lhs)):
        if not meets_assumptions(claim, point):
            continue
        comparison = compare(claim.lhs, ZERO, point)
        if comparison.outcome == "different":
            small, there = witness.smallest(claim, claim.lhs, ZERO, point, "different")
            reason = "certainly not zero at the point shown"
            return Evidence("agrees", reason, 1, (small.sizes,), _counterexample(claim, small, there), 1, 1)
        reason = "zero at every point tried" if comparison.outcome == "equal" else comparison.reason
    return Evidence("undecided", reason)


def _bound(witness: Witness, claim: Claim, proved: bool = False) -> Evidence:
    """A bound: it holds at every point tried, near equality too, and the opposite bound does not."""
    small, large = claim.ordered
    looked: list[Point] = []
    unclear: list[str] = []
    strict = 0
    enough = witness.enough_for_order(small, large)
    steps = proposed(small, large)
    if steps and not claim.is_strict:
        return _maximum(witness, claim, small, steps, witness.points if proved else enough, NEAR_A_PROVED if proved else None)
    generic = witness.at(small, large, claim=claim, most=enough)
    for point in itertools.chain(generic, _near_equality(witness, claim, small, large)):
        if not meets_assumptions(claim, point):
            continue
        order = compare_order(small, large, point)
        if order.outcome == "violated":
            return _violation(claim, small, large, looked, point)
        if order.outcome == "undecided":
            unclear.append(f"the sign of the difference is not certain: {order.reason}")
        elif order.outcome == "equal" and claim.is_strict:
            unclear.append("both sides agree to 30 digits at a point: a strict bound may fail there; try \\le or \\ge")
        elif order.outcome != "not admissible":
            strict += order.outcome == "holds"
            looked.append(point)
    if unclear:
        return Evidence("undecided", unclear[0], len(looked))
    if not looked:
        return Evidence("undecided", _NO_POINTS)
    sizes = tuple(p.sizes for p in looked)
    return Evidence("agrees", "the bound holds at every point tried", len(looked), sizes, separated=strict, mutants=len(looked))


def _violation(
    claim: Claim, small: Formula, large: Formula, looked: Sequence[Point], point: Point, *, strict: bool = False
) -> Evidence:
    def violated(candidate: Point) -> bool:
        return (
            _admits(claim, candidate.sizes)
            and meets_assumptions(claim, candidate)
            and compare_order(small, large, candidate, strict=strict).outcome == "violated"
        )

    shown = shrink(violated, point, symbols_of(small, large))
    order = compare_order(small, large, shown, strict=strict)
    return Evidence(
        "differs",
        order.reason or "the bound is violated, certainly",
        len(looked) + 1,
        tuple(p.sizes for p in (*looked, point)),
        counterexample=_counterexample(claim, shown, _as_written(claim, order)),
    )


def _maximum(
    witness: Witness, claim: Claim, objective: Formula, steps: Sequence[Substitute], enough: int, near: int | None = None
) -> Evidence:
    """No admissible point has a larger objective than the proposed one, of generic points and of points close to it.

    Of the points close by ``near`` are looked at, all where it is None. Sizes at which the proposed value does not exist (a
    scatter of too few points) say nothing. The power of the test is that wrong variants of the proposed value are seen to be
    wrong.
    """
    best = claim.ordered[1]
    looked: list[Point] = []
    unclear = ""
    beyond: tuple[Point, Outside] | None = None
    for point in witness.at(objective, best, claim=claim, most=8 * max(enough, POINTS_FOR_INTEGERS)):
        if len(looked) >= enough:
            break
        if not meets_assumptions(claim, point):
            continue
        if compare_order(objective, objective, point).outcome == "not admissible":
            continue  # data outside of what the density is one of
        try:
            close = list(itertools.islice(near_solution(objective, steps, point, witness.seed), near))
        except OutsideHere as outside:
            beyond = beyond or (point, outside)
            continue
        except Outside as outside:
            return _no_value(witness, claim, objective, steps, point, outside, looked)
        seen = 0
        for there in (point, *close):
            if not meets_assumptions(claim, there):
                continue
            order = compare_order(objective, best, there)
            if order.outcome == "violated":
                return _violation(claim, objective, best, looked, there)
            if order.outcome == "undecided" and not order.reason.startswith("a side is not defined"):
                unclear = f"the sign of the difference is not certain: {order.reason}"
            seen += order.outcome in ("holds", "equal") and there is not point
        if seen:
            looked.append(point)
    if beyond is not None and not looked:
        return _no_value(witness, claim, objective, steps, *beyond, looked)
    if beyond is not None:
        reason = f"{beyond[1]} at some points, and no maximum was larger at the others: it is one only inside of its domain"
        return Evidence("undecided", f"{reason}; try a line assume", len(looked))
    if unclear:
        return Evidence("undecided", unclear, len(looked))
    if len(looked) < max(1, min(2, witness.points)):
        return Evidence("undecided", _too_few(looked, "no admissible values close to what is proposed"), len(looked))
    separated, tried = witness.power_of_maximum(claim, objective, steps, looked)
    sizes = tuple(p.sizes for p in looked)
    reason = "no point close to what is proposed, and no other that was tried, has a larger value"
    return Evidence("agrees", reason, len(looked), sizes, separated=separated, mutants=tried)


def _no_value(
    witness: Witness,
    claim: Claim,
    objective: Formula,
    steps: Sequence[Substitute],
    point: Point,
    outside: Outside,
    looked: Sequence[Point],
) -> Evidence:
    """That what is proposed is no value of its letter at a point."""
    sizes = tuple(p.sizes for p in (*looked, point))
    shown = Order("violated", str(outside))
    symbols = symbols_of(objective, claim.ordered[1])
    small = shrink(lambda there: _lies_outside(witness, claim, objective, steps, there), point, symbols)
    return Evidence("differs", str(outside), len(looked) + 1, sizes, counterexample=_counterexample(claim, small, shown))


def _lies_outside(witness: Witness, claim: Claim, objective: Formula, steps: Sequence[Substitute], point: Point) -> bool:
    """Whether what is proposed lies outside of its domain at a point that the claim admits."""
    if not (_admits(claim, point.sizes) and meets_assumptions(claim, point)):
        return False
    try:
        next(iter(near_solution(objective, steps, point, witness.seed)), None)
    except Outside:
        return True
    return False


def _as_written(claim: Claim, order: Order) -> Order:
    """Left and right as in the claim, where the larger side stands on the left."""
    return (
        order
        if claim.relation in ("<=", "<")
        else replace(order, left=order.right, right=order.left, difference=_negated(order.difference))
    )


def _negated(decimal: str) -> str:
    return decimal[1:] if decimal.startswith("-") else f"-{decimal}"


def _near_equality(witness: Witness, claim: Claim, small: Formula, large: Formula) -> Iterator[Point]:
    """Points at which theta_t is close to theta: where a bound that touches there is nearly an equality."""
    symbols = symbols_of(small, large)
    for point in witness.at(small, large, claim=claim):
        values = dict(point.values)
        for symbol in symbols:
            between = symbol.role == "current" and symbol.domain not in ("spd", "sym", *INTEGERS)
            if between and (symbol.name, "param") in values:
                there = values[symbol.name, "param"]
                moved = there + (values[symbol.name, "current"] - there) / 64
                values[symbol.name, "current"] = np.asarray(moved, dtype=object)
        if any(values[key] is not point.values[key] for key in values):
            yield replace(point, values=values)


def _up_to_constant(witness: Witness, claim: Claim) -> Evidence:
    """``lhs - rhs`` is the same at two values of the parameters."""
    return _same_at_two_values(witness, claim, claim.lhs - claim.rhs)


def _proportional(witness: Witness, claim: Claim) -> Evidence:
    """``lhs / rhs`` is the same at two values of the parameters."""
    return _same_at_two_values(witness, claim, Divide(claim.lhs, claim.rhs), "the ratio")


def _same_at_two_values(witness: Witness, claim: Claim, difference: Formula, name: str = "the difference") -> Evidence:
    looked: list[Point] = []
    unclear: list[str] = []
    moving = False
    # A side that does not move with the parameters could not have told a wrong claim from a right one.
    moved = [s for s in symbols_of(difference) if any(s.name == p.name and s.role == p.role for p in claim.parameters)]
    if not moved:
        return Evidence("undecided", "no parameter of the constant occurs in the claim")
    for number, point in enumerate(witness.at(difference, claim=claim, most=witness.enough(difference))):
        other = generic_point(moved, point.sizes, witness.seed + 500, number)
        there = _within_bounds(claim, replace(point, values={**point.values, **other.values}))
        if not (meets_assumptions(claim, point) and meets_assumptions(claim, there)):
            continue
        comparison = compare(difference, difference, point, other_point=there)
        if comparison.outcome == "different":
            return Evidence(
                "differs",
                f"{name} is not the same at two values of the parameters",
                len(looked) + 1,
                tuple(p.sizes for p in (*looked, point)),
                counterexample=replace(_counterexample(claim, point, comparison), moved=dict(other.values)),
                pair=(difference, point, there),
            )
        if comparison.outcome == "equal":
            looked.append(point)
            moving = moving or compare(claim.lhs, claim.lhs, point, other_point=there).outcome == "different"
        elif comparison.outcome in ("undecided", "one side undefined"):
            unclear.append(f"{comparison.outcome}: {comparison.reason}")
    if not looked:
        return Evidence("undecided", unclear[0] if unclear else _NO_POINTS)
    if unclear and len(looked) < witness.points:
        return Evidence("undecided", unclear[0], len(looked))
    if claim.assumptions and not _some_are_generic(looked):
        return Evidence("undecided", "what is assumed was met only where a size is one", len(looked))
    sizes = tuple(p.sizes for p in looked)
    reason = f"{name} does not move with the parameters"
    return Evidence("agrees", reason, len(looked), sizes, separated=int(moving), mutants=1)


def _implies(witness: Witness, claim: Claim) -> Evidence:
    """The second equation is the stated multiple of the first, by a factor that is defined where the first equation holds."""
    if claim.multiplier is None:
        return _implied(witness, at_one_place(claim))
    # Of what is at most something else, the rest and one more is positive.
    above = [large - small + 1 for small, large in (a.bound for a in claim.assumptions if a.bound is not None)]
    above += [a.definite for a in claim.assumptions if a.definite is not None and a.definite.shape == ()]
    if not surely_defined(claim.multiplier, above):
        return Evidence("undecided", "the multiplier is not known to be defined where the first equation holds")
    matrix = len(claim.multiplier.shape) == 2
    product = matrix_product(claim.multiplier, claim.lhs) if matrix else multiply(claim.multiplier, claim.lhs)
    return witness.equality(claim, claim.rhs, product, "the second side is not the stated multiple of the first, certainly")


def at_one_place(claim: Claim) -> Claim:
    """Equations for the same free indices are looked at for one value of them: each follows from its own."""
    shared = free_indices(claim.lhs)
    if not shared or shared != free_indices(claim.rhs):
        return claim
    first = {index: index.range.lower for index in shared}
    return replace(claim, lhs=rename(claim.lhs, first), rhs=rename(claim.rhs, first))


def _implied(witness: Witness, claim: Claim, proved: bool = False) -> Evidence:
    """Points that solve the first equation are sought, by one letter or another; the second must hold at each of them."""
    # A solution for a letter of which something is assumed need not be one of those that are spoken of.
    told = [(*(a.equation or ()), *(a.bound or ()), *(a.apart or ())) for a in claim.assumptions]
    assumed = {(s.name, s.role) for formulas in told for s in symbols_of(*formulas)}
    solved: list[Solution] = []
    unclear = undefined = ""
    at: list[Point] = []
    # That of which the first equation is a slope has as many entries as there are equations.
    slopes = {node.by.symbol for node in walk(claim.lhs) if isinstance(node, Derivative)}
    first, second = letters(claim.lhs)
    own = tuple(symbol for symbol in first if symbol in slopes)
    groups = ((own, False), (first, True), (second, True)) if proved and own else ((first, False), (second, False))
    for wanted, cheaply in groups:
        free = [s for s in wanted if (s.name, s.role) not in assumed][:MOST_LETTERS]
        points = witness.at(claim.lhs, claim.rhs, claim=claim, most=(6 if proved else 3) * max(3, witness.points))
        for point in _by_cost(claim.lhs, points, cut=cheaply) if proved else points:
            if len(at) >= max(3, witness.points) or not free:
                break
            if any(point is one for one in at):
                continue
            if not meets_assumptions(claim, point):
                continue
            before = len(solved)
            # Another letter first at each point: c mu = c for mu says nothing of mu where c is 0.
            turn = len(at) % len(free) if wanted is not own else 0
            for symbol in (*free[turn:], *free[:turn]):
                if proved and len(solved) > before:
                    break  # one letter that can be solved for is enough at a point
                for solution in solutions(claim.lhs, point, symbol, first=proved, most=FEW_UNKNOWNS if proved else MOST_UNKNOWNS):
                    seen = value_at(claim.rhs, solution)
                    if seen.outcome == "differs":
                        shown = Order("violated", "", seen.assignment, seen.entry, seen.value, "0", seen.value)
                        return Evidence(
                            "differs",
                            f"the first equation, solved for {symbol.name}, holds, and the second certainly does not",
                            len(at) + 1,
                            tuple(p.sizes for p in (*at, point)),
                            counterexample=_counterexample(claim, solution.near, shown),
                        )
                    if seen.outcome == "vanishes":
                        solved.append(solution)
                    elif seen.outcome == "undefined" and seen.certain and has_branches(claim.rhs):
                        # A log or a root has no value on half of the line; that a denominator may vanish is told by the proof.
                        undefined = "the second equation is not defined at a solution of the first"
                    elif seen.outcome == "unclear":
                        unclear = "the second equation is not enclosed sharply enough at a solution of the first"
            if len(solved) > before:
                at.append(point)
    if undefined:
        return Evidence("undecided", undefined, len(at))
    if unclear or len(at) < min(3, max(1, witness.points)):
        return Evidence("undecided", unclear or "vacuous, or no solution of the first equation was found", len(at))
    separated, tried = witness.power_at(claim.rhs, solved)
    if not separated and tried < MUTANTS_TRIED:
        # A lone letter has hardly a wrong variant: that it does not vanish off the solutions shows that it could have failed.
        separated, tried = int(any(compare(claim.rhs, ZERO, point).outcome == "different" for point in at)), tried + 1
    sizes = tuple(p.sizes for p in at)
    return Evidence(
        "agrees", "the second equation holds at every solution found", len(at), sizes, separated=separated, mutants=tried
    )


def _by_cost(formula: Formula, points: Iterable[Point], *, cut: bool) -> list[Point]:
    """Points at which a formula is evaluated fast first; with ``cut`` none at which Newton's method would take very long."""
    ranked = sorted(((work(formula, point.sizes), n, point) for n, point in enumerate(points)), key=lambda one: one[:2])
    return [point for cost, _, point in ranked if not cut or cost <= MOST_WORK_OF_NEWTON * ranked[0][0]]


def _same_argmax(witness: Witness, claim: Claim) -> Evidence:
    """The objectives differ by a constant, after the first was multiplied by a positive factor free of the parameters.

    That they do not says nothing where no factor was stated: log f has its maximum where f has it.
    """
    factor = claim.multiplier
    if factor is None:
        evidence = _same_at_two_values(witness, claim, claim.lhs - claim.rhs)
        if evidence.outcome == "differs":
            return Evidence("undecided", "the objectives do not differ by a constant, and no factor was stated", evidence.points)
        return evidence
    if not surely_positive(factor):
        return Evidence("undecided", "the factor between the objectives is not known to be positive")
    if {(s.name, s.role) for s in symbols_of(factor)} & {(s.name, s.role) for s in claim.parameters}:
        return Evidence("undecided", "the factor between the objectives contains a parameter")
    return _same_at_two_values(witness, claim, multiply(factor, claim.lhs) - claim.rhs, "the difference from the stated multiple")


_EXAMINATIONS: Mapping[str, Callable[[Witness, Claim], Evidence]] = {
    "=": _equal,
    "not identically 0": _not_zero,
    "= up to a constant": _up_to_constant,
    "proportional to": _proportional,
    "implies": _implies,
    "same argmax": _same_argmax,
}
