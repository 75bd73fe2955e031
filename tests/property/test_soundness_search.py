"""A search for false proofs: random claims with everything that once misled the kernel, each proof checked in balls.

Ranges from 2, literals, simplices over two indices, substitutions, theta_t := theta, abbreviations at theta_t, matrices of every
kind with all conventions of their derivatives, and slips in the order of operations.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from checks.enclosure import compare, compare_order
from checks.mutation import mutants
from checks.points import Point, generic_point, symbols_of
from derive import formula as f
from derive.algebra.nonnegativity import itakura_saito, stein_loss
from derive.algebra.prove import Proof, prove
from derive.claims import Assumption, Claim, Relation
from derive.errors import DeriveError
from derive.symbols import Domain, Index, Range, Role, Size, Symbol
from tests.formulas import shuffled

N, K, D = Size("n"), Size("k"), Size("d")
ROWS, PARTS, LATER = Range(N), Range(K), Range(K, 2)
LETTERS = {
    ROWS: [Index("i", ROWS), Index("m", ROWS)],
    PARTS: [Index(name, PARTS) for name in "jsl"],
    LATER: [Index("j", LATER), Index("t", LATER)],
    Range(D): [Index("a", Range(D)), Index("b", Range(D))],
    Range(D, 2): [Index("b", Range(D, 2))],
}
I, J, S = LETTERS[ROWS][0], LETTERS[PARTS][0], LETTERS[PARTS][1]
FREE = (I, J, S, *LETTERS[Range(D)], LETTERS[LATER][1])
SIZES = [{"n": 2, "k": 3, "d": 2}, {"n": 2, "k": 1, "d": 1}, {"n": 1, "k": 2, "d": 2}]


def declared(name: str, role: Role, ranges: tuple[Range, ...] = (), rank: int = 0, domain: Domain = "real") -> Symbol:
    return Symbol(name, role, ranges, (D,) * rank, domain)


MU, Q, PHI = (declared(n, "param", (PARTS,), 0, d) for n, d in (("mu", "real"), ("q", "positive"), ("phi", "simplex")))
UNIT, Z, C = declared("u", "param", (PARTS,), 0, "unit"), declared("z", "param", (LATER,)), declared("c", "param")
X, Y = declared("x", "data", (ROWS,)), declared("y", "data", (ROWS, PARTS), 0, "positive")
R, PSI = declared("r", "const", (ROWS, PARTS), 0, "simplex"), declared("psi", "param", (LATER,), 0, "simplex")
V, W = declared("v", "param", (PARTS,), 1), declared("w", "const", (), 1)
SIGMA, T = declared("Sigma", "param", (PARTS,), 2, "spd"), declared("T", "param", (), 2, "spd")
M, SYM, LOWER = declared("M", "param", (), 2), declared("Sy", "param", (), 2, "sym"), declared("L", "param", (), 2, "lower")
SCALARS, MATRICES = [X, MU, Q, Y, PHI, R, UNIT, Z, C, PSI], [SIGMA, T, T, M, M, SYM, LOWER]
PARAMETERS = [MU, Q, PHI, UNIT, Z, C, V, SIGMA, T, M, SYM, LOWER, PSI]
Scope = tuple[Index, ...]


def number(value: Fraction | int) -> f.Formula:
    return f.Number(Fraction(value))


class Wide:
    """Draws scalars, vectors and matrices whose free indices are among the scope."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.definitions: list[f.Definition] = []

    def index(self, scope: Scope, within: Range) -> Index | int:
        found = [i for i in scope if i.range.upper == within.upper and i.range.lower >= within.lower]
        literal = within.lower if within.upper == K else 1
        return literal if not found or self.rng.random() < 0.06 else self.rng.choice(found)

    def reference(self, symbol: Symbol, scope: Scope, *, current: float = 0.15) -> f.Reference:
        if symbol.role == "param" and self.rng.random() < current:
            symbol = symbol.at_current
        return f.Reference(symbol, tuple(self.index(scope, r) for r in symbol.family))

    def letter(self) -> Index:
        return self.rng.choice(self.rng.choice([*LETTERS.values(), LETTERS[PARTS], LETTERS[LATER]]))

    def draw(self, kinds: dict[str, Callable[[], f.Formula]]) -> f.Formula:
        return kinds[self.rng.choice(list(kinds))]()

    def vector(self, depth: int, scope: Scope) -> f.Formula:
        leaf = self.reference(V, scope) if self.rng.random() < 0.7 else f.Reference(W)
        if depth <= 0:
            return leaf
        letter = self.letter()
        return self.draw(
            {
                "leaf": lambda: leaf,
                "add": lambda: f.add(leaf, self.vector(depth - 1, scope)),
                "transformed": lambda: f.matrix_product(self.matrix(depth - 1, scope), leaf),
                "scaled": lambda: f.multiply(self.scalar(depth - 1, scope), leaf),
                "diagonal": lambda: f.DiagonalPart(self.matrix(depth - 1, scope)),
                "sum": lambda: f.Sum(letter, self.vector(depth - 1, (*scope, letter))),
                "gradient": lambda: f.Derivative(self.scalar(depth - 1, scope), self.reference(V, scope)),
            }
        )

    def matrix(self, depth: int, scope: Scope) -> f.Formula:
        leaf = self.reference(self.rng.choice(MATRICES), scope)
        if depth <= 0:
            return leaf
        by = self.reference(self.rng.choice(MATRICES), scope)
        return self.draw(
            {
                "leaf": lambda: leaf,
                "inverse": lambda: f.Inverse(leaf),
                "factor": lambda: f.Cholesky(self.reference(SIGMA, scope)),
                "transpose": lambda: f.Transpose(self.matrix(depth - 1, scope)),
                "product": lambda: f.matrix_product(self.matrix(depth - 1, scope), self.matrix(depth - 1, scope)),
                "outer": lambda: f.outer(self.vector(depth - 1, scope), self.vector(depth - 1, scope)),
                "identity": lambda: f.Identity(D),
                "diagonal": lambda: f.Diagonal(self.vector(depth - 1, scope)),
                "gradient": lambda: f.Derivative(
                    self.scalar(depth - 1, scope), by, self.rng.choice(["entry", "frobenius", "vech"])
                ),
            }
        )

    def scalar(self, depth: int, scope: Scope = FREE) -> f.Formula:
        leaf: f.Formula = self.reference(self.rng.choice(SCALARS), scope)
        if self.rng.random() < 0.2:
            leaf = self.rng.choice([number(2), number(-1), number(Fraction(1, 2)), f.SizeNumber(K)])
        if depth <= 0:
            return leaf
        letter, by = self.letter(), self.reference(self.rng.choice([MU, Q, PHI, UNIT, C, Z]), scope, current=0.05)
        pick = f.Delta(letter, self.index(scope, letter.range))

        def below(inner: Scope = scope, less: int = 1) -> f.Formula:
            return self.scalar(depth - less, inner)

        def exponent() -> f.Formula:
            return number(self.rng.choice([2, 2, 3, -1, -2]))

        def contracted() -> f.Formula:
            """A matrix against an inverse, over the whole range or a part of it."""
            summed = self.rng.choice([LETTERS[Range(D)][1], LETTERS[Range(D, 2)][0]])
            matrix = self.reference(self.rng.choice(MATRICES), scope)
            pair = [f.Component(f.Inverse(matrix), (1, summed)), f.Component(matrix, (summed, self.index(scope, Range(D))))]
            return f.Sum(summed, f.multiply(*pair))

        def evaluated() -> f.Formula:
            """A log-determinant with a matrix put in, and evaluated once more."""
            matrix = self.rng.choice([SIGMA, T])
            inner = self.substituted(f.log_determinant(self.reference(matrix, scope, current=0)), depth, scope, matrix)
            return f.AtEqual(inner) if self.rng.random() < 0.5 else self.substituted(inner, depth, scope, SIGMA)

        def quadratic() -> f.Formula:
            vector = self.vector(depth - 1, scope)
            return f.quadratic_form(vector, self.matrix(depth - 1, scope))

        return self.draw(
            {
                "leaf": lambda: leaf,
                "add": lambda: f.add(below(), below()),
                "multiply": lambda: f.multiply(below(), below()),
                "sum": lambda: f.Sum(letter, below((*scope, letter))),
                "picked": lambda: f.Sum(letter, f.multiply(pick, below((*scope, letter)))),
                "double sum": lambda: f.Sum(letter, f.Sum(J, below((*scope, letter, J), 2))),
                "quotient": lambda: f.Divide(below(), self.positive(depth - 1, scope)),
                "any quotient": lambda: f.Divide(below(), below()),
                "log": lambda: f.Log(self.positive(depth - 1, scope)),
                "exp": lambda: f.Exp(f.multiply(number(Fraction(1, 5)), below(less=2))),
                "power": lambda: f.Power(below(less=2), exponent()),
                "root": lambda: f.Power(f.Power(below(), number(2)), number(Fraction(self.rng.choice([1, -1, 3]), 2))),
                "trace": lambda: f.Trace(self.matrix(depth - 1, scope)),
                "quadratic": quadratic,
                "log det": lambda: f.log_determinant(self.reference(self.rng.choice([SIGMA, T]), scope)),
                "entry": lambda: f.Component(self.matrix(depth - 1, scope), tuple(self.index(scope, Range(D)) for _ in "ab")),
                "derivative": lambda: f.Derivative(below(), by),
                "second derivative": lambda: f.Derivative(f.Derivative(below(), by), self.reference(MU, scope)),
                "substitute": lambda: self.substituted(below(), depth, scope),
                "at equal": lambda: f.AtEqual(below()),
                "named": lambda: self.named(depth, scope),
                "contracted": contracted,
                "evaluated": evaluated,
                "product": lambda: f.Product(letter, self.positive(depth - 1, (*scope, letter))),
            }
        )

    def positive(self, depth: int, scope: Scope) -> f.Formula:
        leaf = self.reference(self.rng.choice([Q, Y, PHI, R, UNIT, PSI]), scope)
        if depth <= 0:
            return leaf
        letter = self.letter()
        return self.draw(
            {
                "leaf": lambda: leaf,
                "sum": lambda: f.Sum(letter, self.positive(depth - 1, (*scope, letter))),
                "multiply": lambda: f.multiply(leaf, self.positive(depth - 1, scope)),
                "add": lambda: f.add(self.positive(depth - 1, scope), self.positive(depth - 1, scope)),
                "exp": lambda: f.Exp(f.multiply(number(Fraction(1, 5)), self.scalar(depth - 2, scope))),
                "complement": lambda: 1 - self.reference(UNIT, scope),
                "square": lambda: f.add(f.ONE, f.Power(self.scalar(depth - 1, scope), number(2))),
                "root": lambda: f.Power(self.positive(depth - 1, scope), number(Fraction(self.rng.choice([1, -1]), 2))),
            }
        )

    def substituted(self, body: f.Formula, depth: int, scope: Scope, symbol: Symbol | None = None) -> f.Formula:
        symbol = symbol or self.rng.choice(PARAMETERS)
        letters = tuple(self.rng.choice(LETTERS[r]) for r in symbol.family)
        inner = (*scope, *letters)
        if not symbol.shape:
            value = self.positive(1, inner) if symbol.domain != "real" else self.scalar(max(0, depth - 2), inner)
        elif len(symbol.shape) == 1:
            value = self.vector(max(0, depth - 2), inner)
        else:
            spread = f.add(self.reference(SIGMA, inner), f.outer(self.vector(0, inner), self.vector(0, inner)))
            value = self.rng.choice([self.matrix(max(0, depth - 2), inner), spread, self.reference(T, inner)])
        return f.Substitute(body, symbol, letters, value)

    def named(self, depth: int, scope: Scope) -> f.Formula:
        if not self.definitions or self.rng.random() < 0.5:
            formal = (I, J, S, *LETTERS[Range(D)])
            body = self.scalar(depth - 1, formal)
            used = tuple(sorted(f.free_indices(body), key=lambda i: i.name))
            self.definitions.append(f.Definition(f"g{len(self.definitions)}", used, body))
        definition = self.rng.choice(self.definitions)
        time: f.Time = "current" if definition.movable and self.rng.random() < 0.4 else "free"
        return definition(*(self.index(scope, i.range) for i in definition.indices), time=time)

    def piece(self) -> f.Formula:
        """Something of the shape of a nonnegative piece, whose premises may fail."""
        letter, square = self.letter(), self.scalar(1)
        inner, vector = (*FREE, letter), self.vector(1, FREE)
        first, second = self.positive(self.rng.choice([0, 1]), inner), self.positive(self.rng.choice([0, 1]), inner)
        if self.rng.random() < 0.6:
            first, second = f.Divide(first, f.Sum(letter, first)), f.Divide(second, f.Sum(letter, second))
        form = self.draw(
            {
                "divergence": lambda: f.Sum(letter, f.Multiply((first, f.Log(f.Divide(first, second))))),
                "stein": lambda: stein_loss(self.matrix(0, FREE), self.matrix(1, FREE)),
                "itakura saito": lambda: itakura_saito(self.positive(1, FREE), self.scalar(0)),
                "quadratic": lambda: f.quadratic_form(vector, self.matrix(1, FREE)),
                "square": lambda: f.Multiply((square, square)),
                "trace": lambda: f.Trace(self.matrix(2, FREE)),
            }
        )
        return self.substituted(form, 2, FREE) if self.rng.random() < 0.4 else form


def places(node: f.Formula) -> Iterator[tuple[f.Formula, Callable[[f.Formula], f.Formula]]]:
    """Every node with what puts another in its place."""
    yield node, lambda other: other
    for name in f.written(type(node)):
        value: Any = getattr(node, name)
        if isinstance(value, f.Formula) and name != "by":
            for inner, put in places(value):
                yield inner, lambda other, put=put, name=name: replace(node, **{name: put(other)})
        elif isinstance(value, tuple) and value and isinstance(value[0], f.Formula):
            for k, part in enumerate(value):
                for inner, put in places(part):
                    yield (
                        inner,
                        lambda other, put=put, name=name, v=value, k=k: replace(
                            node, **{name: (*v[:k], put(other), *v[k + 1 :])}
                        ),
                    )


def slips(node: f.Formula) -> Iterator[f.Formula]:
    """What the operations do when their order or their range is mistaken."""
    for inner, put in places(node):
        try:
            if isinstance(inner, (f.Sum, f.Product)):
                other = Index(inner.index.name, Range(inner.index.range.upper, 3 - inner.index.range.lower))
                yield put(type(inner)(other, f.rename(inner.body, {inner.index: other})))
            if isinstance(inner, (f.AtEqual, f.Substitute)):
                yield put(inner.body)
            outside = isinstance(inner, (f.AtEqual, f.Substitute, f.Derivative))
            if outside and isinstance(inner.body, (f.AtEqual, f.Substitute, f.Derivative, f.Sum)):
                yield put(replace(inner.body, body=replace(inner, body=inner.body.body)))
            if isinstance(inner, f.Derivative) and len(inner.shape) == 2:
                yield put(f.Transpose(inner))
                yield put(replace(inner, convention="vech" if inner.convention == "entry" else "entry"))
            if isinstance(inner, f.Named):
                yield put(replace(inner, time="current" if inner.time == "free" else "free"))
            if isinstance(inner, f.Power) and isinstance(inner.base, f.Power) and isinstance(inner.base.exponent, f.Number):
                yield put(f.Power(inner.base.base, f.multiply(inner.exponent, inner.base.exponent)))
        except (DeriveError, AttributeError):
            continue


def points(seed: int, *formulas: f.Formula) -> Iterator[Point]:
    symbols = symbols_of(*formulas)
    for k, sizes in enumerate(SIZES):
        if all(r.lower <= sizes[r.upper.name] for symbol in symbols for r in symbol.family):
            yield generic_point(symbols, sizes, seed + k)


def counterexample(claim: Claim, seed: int, parameter: Symbol) -> str | None:
    """What is certainly wrong with a proved claim at some point, or None. One side undefined is a listed obligation."""
    lhs, rhs = claim.lhs, claim.rhs
    for assumption in claim.assumptions:
        if assumption.equation is not None:
            lhs, rhs = (f.Substitute(side, MU, (J,), assumption.equation[1]) for side in (lhs, rhs))
    for point in points(seed, lhs, rhs):
        if claim.relation == "<=":
            outcome = compare_order(lhs, rhs, point).outcome
        elif claim.relation == "=":
            outcome = compare(lhs, rhs, point).outcome
        else:
            moved = generic_point([parameter], point.sizes, seed + 77)
            if (parameter.name, parameter.role) not in point.values:
                continue
            elsewhere = Point(point.sizes, {**point.values, **moved.values})
            outcome = compare(lhs - rhs, lhs - rhs, point, other_point=elsewhere).outcome
        if outcome in ("different", "violated"):
            return f"{outcome} at {point.sizes}"
    return None


def claims(seed: int) -> Iterator[tuple[Claim, Symbol]]:
    builder = Wide(seed)
    rng, node = builder.rng, builder.scalar(builder.rng.choice([1, 2, 2, 3, 3]))
    parameter = rng.choice(PARAMETERS)
    wrong = list(islice(slips(node), 40))
    slipped = rng.sample(wrong, min(4, len(wrong)))
    mutated = [m.formula for m in islice(mutants(node, FREE), 200)]
    value = f.multiply(*(Wide(seed + k).positive(0, (J,)) for k in (1, 2)))
    fact = Assumption(text="mu is given", equation=(f.Reference(MU, (J,)), value))

    def claim(lhs: f.Formula, relation: Relation, rhs: f.Formula, *assumptions: Assumption) -> tuple[Claim, Symbol]:
        made = Claim(label="random", lhs=lhs, relation=relation, rhs=rhs, parameters=(parameter,), assumptions=assumptions)
        return made, parameter

    yield claim(node, "=", shuffled(node, rng))
    for other in (*slipped, *rng.sample(mutated, min(3, len(mutated)))):
        yield claim(node, "=", other)
        yield claim(node, "=", other, fact)
    yield claim(node, "=", f.Substitute(node, MU, (J,), value), fact)
    yield claim(f.ZERO, "<=", node)
    yield claim(f.ZERO, "<=", builder.piece())
    yield claim(node, "= up to a constant", rng.choice([f.ZERO, f.AtEqual(node)]))


@pytest.mark.parametrize("start", [0, 10_000, 20_000, 30_000])
def test_no_false_claim_is_proved(start: int) -> None:
    tried = proved = 0
    for seed in range(start, start + 120):
        try:
            drawn = list(claims(seed))
        except DeriveError:  # what was drawn does not fit together
            continue
        for claim, parameter in drawn:
            tried += 1
            try:
                outcome = prove(claim)
                if isinstance(outcome, Proof):
                    proved += 1
                    assert counterexample(claim, seed, parameter) is None, (seed, claim)
            except DeriveError:  # refused by name
                continue
    assert tried > 500
    assert proved > 100
