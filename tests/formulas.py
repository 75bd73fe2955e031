"""Random formulas for the property tests: well-formed, with nested sums, deltas, matrices, and letters that clash on purpose."""

from __future__ import annotations

import random
from fractions import Fraction

from derive import formula as f
from derive.symbols import Index, Range, Size, Symbol

N, K, D = Size("n"), Size("k"), Size("d")
SIZES = {"n": 2, "k": 3, "d": 2}
I, J, S, L = Index("i", Range(N)), Index("j", Range(K)), Index("s", Range(K)), Index("l", Range(K))
LETTERS = {N: [I, Index("m", Range(N))], K: [J, S, L]}

X = Symbol("x", "data", (Range(N),))
MU = Symbol("mu", "param", (Range(K),))
Q = Symbol("q", "param", (Range(K),), (), "positive")
Y = Symbol("y", "data", (Range(N), Range(K)), (), "positive")
V = Symbol("v", "param", (Range(K),), (D,))
SIGMA = Symbol("Sigma", "param", (Range(K),), (D, D), "spd")
PHI = Symbol("phi", "param", (Range(K),), (), "simplex")
SYMBOLS = [X, MU, Q, Y, V, SIGMA, PHI]


class Builder:
    """Draws formulas whose free indices are among ``scope``."""

    def __init__(self, seed: int, *, matrices: bool = True) -> None:
        self.rng = random.Random(seed)
        self.matrices = matrices

    def index(self, scope: tuple[Index, ...], size: Size) -> Index:
        return self.rng.choice([i for i in scope if i.range.upper == size])

    def scalar(self, depth: int, scope: tuple[Index, ...] = (I, J, S)) -> f.Formula:
        kinds = ["leaf"] if depth == 0 else ["add", "multiply", "sum", "divide", "log", "exp", "delta", "power", "leaf", "sum"]
        if self.matrices and depth > 1:
            kinds += ["quadratic", "logdet"]
        match self.rng.choice(kinds):
            case "add":
                return f.add(self.scalar(depth - 1, scope), self.scalar(depth - 1, scope))
            case "multiply":
                return f.multiply(self.scalar(depth - 1, scope), self.scalar(depth - 1, scope))
            case "sum":
                size = self.rng.choice([N, K])
                # A letter that may already be in scope: the inner one must win.
                letter = self.rng.choice(LETTERS[size])
                return f.Sum(letter, self.scalar(depth - 1, (*scope, letter)))
            case "divide":
                return f.Divide(self.scalar(depth - 1, scope), self.positive(depth - 1, scope))
            case "log":
                return f.Log(self.positive(depth - 1, scope))
            case "exp":
                return f.Exp(f.multiply(f.Number(Fraction(1, 5)), self.scalar(max(0, depth - 2), scope)))
            case "delta":
                return f.multiply(f.Delta(self.index(scope, K), self.index(scope, K)), self.scalar(depth - 1, scope))
            case "power":
                return f.Power(self.scalar(max(0, depth - 2), scope), f.Number(Fraction(2)))
            case "quadratic":
                j = self.index(scope, K)
                other = self.index(scope, K)
                return f.quadratic_form(f.Reference(V, (j,)), f.Inverse(f.Reference(SIGMA, (other,))))
            case "logdet":
                return f.log_determinant(f.Reference(SIGMA, (self.index(scope, K),)))
            case _:
                return self.leaf(scope)

    def leaf(self, scope: tuple[Index, ...]) -> f.Formula:
        i, j = self.index(scope, N), self.index(scope, K)
        return self.rng.choice(
            [
                f.Number(Fraction(self.rng.choice([1, 2, -1, 3]), self.rng.choice([1, 2]))),
                f.Reference(X, (i,)),
                f.Reference(MU, (j,)),
                f.Reference(Q, (j,)),
                f.Reference(Y, (i, j)),
                f.Reference(PHI, (j,)),
                f.SizeNumber(K),
            ]
        )

    def positive(self, depth: int, scope: tuple[Index, ...]) -> f.Formula:
        i, j = self.index(scope, N), self.index(scope, K)
        kinds = ["leaf"] if depth <= 0 else ["leaf", "sum", "multiply", "add", "exp", "sum"]
        match self.rng.choice(kinds):
            case "sum":
                size = self.rng.choice([N, K])
                letter = self.rng.choice(LETTERS[size])
                return f.Sum(letter, self.positive(depth - 1, (*scope, letter)))
            case "multiply":
                return f.multiply(self.positive(depth - 1, scope), self.positive(depth - 1, scope))
            case "add":
                return f.add(self.positive(depth - 1, scope), self.positive(depth - 1, scope))
            case "exp":
                return f.Exp(f.multiply(f.Number(Fraction(1, 5)), self.scalar(max(0, depth - 2), scope)))
            case _:
                return self.rng.choice([f.Reference(Q, (j,)), f.Reference(Y, (i, j)), f.Reference(PHI, (j,))])


def shuffled(node: f.Formula, rng: random.Random) -> f.Formula:
    """The same formula written otherwise: terms and factors in another order, bound letters renamed."""
    if isinstance(node, f.Add):
        terms = [shuffled(t, rng) for t in node.terms]
        rng.shuffle(terms)
        return f.Add(tuple(terms))
    if isinstance(node, f.Multiply):
        factors = [shuffled(t, rng) for t in node.factors]
        rng.shuffle(factors)
        return f.Multiply(tuple(factors))
    if isinstance(node, f.Sum):
        letter = Index(rng.choice("abcghmopqrtuvwz") + str(rng.randrange(1000)), node.index.range)
        body = shuffled(f.rename(node.body, {node.index: letter}), rng)
        if isinstance(body, f.Sum) and rng.random() < 0.5:
            return f.Sum(body.index, f.Sum(letter, body.body))
        return f.Sum(letter, body)
    return f.rebuild(node, lambda child: shuffled(child, rng))


def shifted(values: dict, key: tuple[str, str], place: tuple[int, ...], by: object) -> dict:
    """``values`` with one entry moved."""

    def move(value: object, place: tuple[int, ...]) -> object:
        if not place:
            return value + by  # type: ignore[operator]
        return [move(v, place[1:]) if k == place[0] - 1 else v for k, v in enumerate(value)]  # type: ignore[arg-type]

    return {**values, key: move(values[key], place)}
