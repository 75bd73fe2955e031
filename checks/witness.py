"""Compares the two sides of a claim by numbers, and first asks whether the test could have failed.

Ball arithmetic decides: balls that do not meet are a proof that the sides differ. JAX differentiates: every derivative in a claim is
also taken by autodiff of a function that shares no code with the kernel, and must agree with the balls.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from checks.enclosure import Comparison, Order, compare, compare_order, enclose_all
from checks.mutation import mutants
from checks.points import Point, generic_point, size_schedule, sizes_of, symbols_of
from checks.shrinking import shrink
from derive.claims import Claim
from derive.errors import DeriveError, DisagreementError, UnsupportedError
from derive.formula import (
    ZERO,
    Derivative,
    Formula,
    Log,
    Number,
    free_indices,
    matrix_product,
    multiply,
    negate,
    walk,
)
from derive.symbols import Index, Symbol

Sizes = Mapping[str, int]

AUTODIFF_TOLERANCE = 1e-8
"""Relative; float64 with sums over few terms. A wrong rule is off by far more, a wrong digit in a formula is the balls' business."""
MUTANTS_TRIED = 6
MOST_SIZES = 400


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


@dataclass(slots=True)
class Witness:
    """Numbers for claims; keeps its points, and the derivatives it took, between claims.

    ``seed`` fixes every point; ``points`` is how many sizes are tried for each claim, generic ones first.
    """

    seed: int = 0
    points: int = 3
    autodiff: bool = True
    _points: dict[tuple[tuple[tuple[str, int], ...], frozenset[Symbol]], Point] = field(
        default_factory=dict[tuple[tuple[tuple[str, int], ...], frozenset[Symbol]], Point]
    )
    _lowered: dict[Formula, tuple[Point, np.ndarray]] = field(default_factory=dict[Formula, tuple[Point, np.ndarray]])
    _pending: _Pending | None = None
    _derivatives: dict[Derivative, float] = field(default_factory=dict[Derivative, float])

    # Points.

    def at(self, *formulas: Formula, claim: Claim | None = None) -> Iterator[Point]:
        """Generic points for what stands in the formulas, of several sizes, such as the claim assumes them."""
        symbols = symbols_of(*formulas)
        larger = [a.larger for a in claim.assumptions if a.larger is not None] if claim is not None else []
        admissible = (
            sizes
            for sizes in itertools.islice(size_schedule(sizes_of(*formulas)), MOST_SIZES)
            if all(sizes.get(big.name, 2) > sizes.get(small.name, 1) for big, small in larger)
        )
        for sizes in itertools.islice(admissible, self.points):
            key = (tuple(sorted(sizes.items())), frozenset(symbols))
            if key not in self._points:
                self._points[key] = generic_point(symbols, sizes, self.seed)
            yield self._points[key]

    # Claims.

    def examine(self, claim: Claim) -> Evidence:
        """Look for a point at which the claim fails; then ask whether a wrong claim would have been seen.

        Autodiff is heard apart (``by_autodiff``), since many derivatives are best compiled together.
        """
        try:
            return _EXAMINATIONS[claim.relation](self, claim)
        except UnsupportedError as unsupported:
            return Evidence("undecided", f"not supported: {unsupported}")

    def equality(self, claim: Claim, left: Formula, right: Formula) -> Evidence:
        points = list(self.at(left, right, claim=claim))
        looked: list[Point] = []
        for point in points:
            comparison = compare(left, right, point)
            if comparison.outcome == "not admissible":
                continue
            if comparison.outcome in ("different", "one side undefined"):
                found = self._smallest(left, right, point)
                return Evidence(
                    "differs",
                    _difference(found),
                    len(looked) + 1,
                    tuple(p.sizes for p in (*looked, point)),
                    counterexample=_counterexample(*found),
                    undefined=found[1].outcome == "one side undefined",
                )
            if comparison.outcome != "equal":
                return Evidence("undecided", f"{comparison.outcome}: {comparison.reason}", len(looked))
            looked.append(point)
        if not looked:
            return Evidence("undecided", "no sizes tried have every index that is written")
        separated, tried = self.power(left, right, looked)
        sizes = tuple(p.sizes for p in looked)
        return Evidence("agrees", "both sides agree to 30 digits", len(looked), sizes, separated=separated, mutants=tried)

    def _smallest(self, left: Formula, right: Formula, point: Point) -> tuple[Point, Comparison]:
        """The smallest and simplest point at which the sides still differ."""

        def disagrees(candidate: Point) -> bool:
            return compare(left, right, candidate).outcome in ("different", "one side undefined")

        small = shrink(disagrees, point, symbols_of(left, right))
        return small, compare(left, right, small)

    def power(self, left: Formula, right: Formula, points: Sequence[Point]) -> tuple[int, int]:
        """How many wrong variants of a claim these points tell apart, of how many that were tried."""
        original, other = (left, right) if right == ZERO else (right, left)
        scope = tuple(sorted(free_indices(left) | free_indices(right), key=_by_name))
        wrong = [mutant.formula for mutant in mutants(original, scope)]
        if right == ZERO:
            # Any multiple of zero is zero: a slip must change what is claimed to vanish.
            wrong = [formula for formula in wrong if not _is_multiple(formula, original)]
        else:
            wrong += [negate(original), multiply(Number(Fraction(2)), original)]
        chosen = random.Random(self.seed).sample(wrong, min(MUTANTS_TRIED, len(wrong)))
        separated = 0
        for formula in chosen:
            for point in points[:2]:
                try:
                    different = compare(other, formula, _extended(point, self.seed, other, formula)).outcome == "different"
                except DeriveError:
                    different = False
                if different:
                    separated += 1
                    break
        return separated, len(chosen)

    def prepare(self, claims: Iterable[Claim], measured: Iterable[Formula] = ()) -> None:
        """Take the derivatives of many claims, and quantities to be measured, at once: one compilation instead of many.

        It runs beside whatever is done next, until its results are asked for.
        """
        nodes = dict.fromkeys((*(n for claim in claims for n in _derivatives(claim.lhs, claim.rhs)), *measured))
        together: list[Formula] = []
        known: dict[tuple[str, str], Symbol] = {}
        for node in nodes if self.autodiff else ():
            symbols = {(s.name, s.role): s for s in symbols_of(node)}
            if all(known.get(key, s) == s for key, s in symbols.items()):
                known.update(symbols)
                together.append(node)
        if together:
            point = next(self.at(*together))
            pool = ThreadPoolExecutor(max_workers=1)
            self._pending = _Pending(point, together, pool.submit(_by_jax, together, point))
            pool.shutdown(wait=False)

    def by_autodiff(self, claim: Claim) -> float | None:
        """The largest relative difference between JAX's derivatives and the balls', over the derivatives in the claim.

        Raises:
            DisagreementError: they differ, so one of the two is wrong.
        """
        nodes = list(dict.fromkeys(_derivatives(claim.lhs, claim.rhs)))
        if not self.autodiff:
            return None
        for node in nodes:
            error = self._error_of(node)
            if not error <= AUTODIFF_TOLERANCE:
                raise DisagreementError(
                    f"a derivative in {claim.label} by autodiff and by balls: relative difference={error}, "
                    f"expected at most {AUTODIFF_TOLERANCE}"
                )
        return max((self._derivatives[node] for node in nodes), default=None)

    def _error_of(self, node: Derivative) -> float:
        point, found = self._by_jax(node)
        if node not in self._derivatives:
            wanted = enclose_all(node, point, axes_of(node))
            scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
            worst = float(np.max(np.abs(found - wanted), initial=0.0)) / scale
            self._derivatives[node] = worst if np.all(np.isfinite(found)) else float("nan")
        return self._derivatives[node]

    def _by_jax(self, node: Formula) -> tuple[Point, np.ndarray]:
        """The values of a formula by JAX at a generic point, for all values of its free indices."""
        if self._pending is not None:
            pending, self._pending = self._pending, None
            # What cannot be lowered is asked for again, alone, by the claim that has it.
            with contextlib.suppress(UnsupportedError):
                for formula, values in zip(pending.formulas, pending.values.result(), strict=True):
                    self._lowered[formula] = pending.point, values
        if node not in self._lowered:
            point = next(self.at(node))
            self._lowered[node] = point, _by_jax([node], point)[0]
        return self._lowered[node]

    # Numbers for the report.

    def measure(self, formula: Formula) -> float:
        """The largest absolute value of a formula, over its entries and indices, by JAX at a generic point.

        Raises:
            UnsupportedError: the formula has a part that cannot be evaluated.
        """
        return float(np.max(np.abs(self._by_jax(formula)[1]), initial=0.0))


@dataclass(frozen=True, slots=True)
class _Pending:
    point: Point
    formulas: list[Formula]
    values: Future[list[np.ndarray]]


def axes_of(node: Formula) -> tuple[Index, ...]:
    """The free indices of a formula in the order of its values' axes."""
    return tuple(sorted(free_indices(node), key=_by_name))


def _by_jax(formulas: Sequence[Formula], point: Point) -> list[np.ndarray]:
    from checks.lowering import lower_all

    names = [str(number) for number in range(len(formulas))]
    lowered = lower_all(
        dict(zip(names, formulas, strict=True)),
        axes={name: axes_of(formula) for name, formula in zip(names, formulas, strict=True)},
        references=True,
    )
    values = {key: np.asarray(value, dtype=np.float64) for key, value in point.values.items()}
    results = lowered(values, point.sizes)
    return [np.asarray(results[name]) for name in names]


def _by_name(index: Index) -> str:
    return index.name


def _is_multiple(formula: Formula, original: Formula) -> bool:
    """Whether a formula is the original times a number, which no test of zero can tell from it."""
    factors = [part for part in walk(formula) if part == original]
    return bool(factors)


def _extended(point: Point, seed: int, *formulas: Formula) -> Point:
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


def _difference(found: tuple[Point, Comparison]) -> str:
    _, comparison = found
    if comparison.outcome == "one side undefined":
        return f"only one side is defined: {comparison.reason}"
    return "the two sides differ, certainly"


def _counterexample(point: Point, comparison: Comparison | Order) -> Counterexample:
    return Counterexample(
        sizes=point.sizes,
        values=point.values,
        assignment=comparison.assignment,
        entry=comparison.entry,
        left=comparison.left,
        right=comparison.right,
        difference=comparison.difference,
    )


# One examination for each relation.


def _equal(witness: Witness, claim: Claim) -> Evidence:
    return witness.equality(claim, claim.lhs, claim.rhs)


def _not_zero(witness: Witness, claim: Claim) -> Evidence:
    """Not identically zero: a point at which it certainly is not zero."""
    for point in witness.at(claim.lhs):
        comparison = compare(claim.lhs, ZERO, point)
        if comparison.outcome == "different":
            small, there = witness._smallest(claim.lhs, ZERO, point)
            reason = "certainly not zero at the point shown"
            return Evidence("agrees", reason, 1, (small.sizes,), _counterexample(small, there), 1, 1)
    return Evidence("undecided", "zero at every point tried")


def _bound(witness: Witness, claim: Claim) -> Evidence:
    """A bound: it holds at every point tried, near equality too, and the opposite bound does not."""
    small, large = (claim.lhs, claim.rhs) if claim.relation == "<=" else (claim.rhs, claim.lhs)
    looked: list[Point] = []
    opposite = 0
    for point in itertools.chain(witness.at(small, large, claim=claim), _near_equality(witness, claim, small, large)):
        order = compare_order(small, large, point)
        if order.outcome == "not admissible":
            continue
        if order.outcome == "violated":
            return Evidence(
                "differs",
                "the bound is violated, certainly",
                len(looked) + 1,
                tuple(p.sizes for p in (*looked, point)),
                counterexample=_counterexample(point, order),
            )
        if order.outcome == "undecided":
            return Evidence("undecided", f"the sign of the difference is not certain: {order.reason}", len(looked))
        opposite += compare_order(large, small, point).outcome == "violated"
        looked.append(point)
    sizes = tuple(p.sizes for p in looked)
    return Evidence("agrees", "the bound holds at every point tried", len(looked), sizes, separated=opposite, mutants=len(looked))


def _near_equality(witness: Witness, claim: Claim, small: Formula, large: Formula) -> Iterator[Point]:
    """Points at which theta_t is close to theta: where a bound that touches there is nearly an equality."""
    symbols = symbols_of(small, large)
    for point in witness.at(small, large, claim=claim):
        values = dict(point.values)
        for symbol in symbols:
            if symbol.role == "current" and (symbol.name, "param") in values and symbol.domain not in ("spd", "sym"):
                there = values[symbol.name, "param"]
                values[symbol.name, "current"] = there + (values[symbol.name, "current"] - there) / 64
        yield replace(point, values=values)


def _up_to_constant(witness: Witness, claim: Claim) -> Evidence:
    """``lhs - rhs`` is the same at two values of the parameters."""
    return _same_at_two_values(witness, claim, claim.lhs - claim.rhs)


def _proportional(witness: Witness, claim: Claim) -> Evidence:
    return _same_at_two_values(witness, claim, Log(claim.lhs) - Log(claim.rhs))


def _same_at_two_values(witness: Witness, claim: Claim, difference: Formula) -> Evidence:
    looked: list[Point] = []
    symbols = symbols_of(difference)
    moved = [s for s in symbols if any(s.name == p.name and s.role == p.role for p in claim.parameters)]
    if not moved:
        return Evidence("undecided", "no parameter of the constant occurs in the claim")
    for number, point in enumerate(witness.at(difference, claim=claim)):
        other = generic_point(moved, point.sizes, seed=witness.seed + 500 + number)
        there = replace(point, values={**point.values, **other.values})
        comparison = compare(difference, difference, point, other_point=there)
        if comparison.outcome == "different":
            return Evidence(
                "differs",
                "the difference is not the same at two values of the parameters",
                len(looked) + 1,
                counterexample=_counterexample(point, comparison),
            )
        if comparison.outcome != "equal":
            return Evidence("undecided", f"{comparison.outcome}: {comparison.reason}", len(looked))
        looked.append(point)
    alone = compare(claim.lhs, claim.lhs, looked[0], other_point=there)  # does a side itself move with the parameters?
    power = int(alone.outcome == "different")
    sizes = tuple(p.sizes for p in looked)
    return Evidence("agrees", "the difference does not move with the parameters", len(looked), sizes, separated=power, mutants=1)


def _implies(witness: Witness, claim: Claim) -> Evidence:
    """The second equation is the stated multiple of the first."""
    if claim.multiplier is None:
        return Evidence("undecided", "no multiplier was stated, and points that solve the first equation are not searched for")
    matrix = len(claim.multiplier.shape) == 2
    product = matrix_product(claim.multiplier, claim.lhs) if matrix else multiply(claim.multiplier, claim.lhs)
    return witness.equality(claim, claim.rhs, product)


def _same_argmax(witness: Witness, claim: Claim) -> Evidence:
    left = claim.lhs if claim.multiplier is None else multiply(claim.multiplier, claim.lhs)
    return _same_at_two_values(witness, claim, left - claim.rhs)


_EXAMINATIONS: Mapping[str, Callable[[Witness, Claim], Evidence]] = {
    "=": _equal,
    "not identically 0": _not_zero,
    "<=": _bound,
    ">=": _bound,
    "= up to a constant": _up_to_constant,
    "proportional to": _proportional,
    "implies": _implies,
    "same argmax": _same_argmax,
}
