"""What ``p(..)`` and ``E[..]`` are read as, against sums over all values of all variables of small models."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from checks import balls
from checks.enclosure import environment, evaluate
from checks.points import Point, generic_point
from derive.errors import ReadingError
from derive.formula import free_indices
from derive.notation.declarations import Dictionary
from derive.notation.latex_reader import Reader
from derive.symbols import Symbol

Cell = tuple[str, tuple[int, ...]]
Values = Mapping[Cell, int]
SIZES = {"n": 2, "m": 2, "K": 2, "M": 2, "D": 2}
LETTERS = {"i": 2, "j": 1, "k": 2, "l": 1, "r": 2, "d": 1, "u": 2}
"""The values at which the index letters of a query are looked at."""


@dataclass(frozen=True)
class Small:
    """A model: its declarations, its cells in order, and the chance of a cell's value given those before it."""

    declarations: str
    cells: Sequence[Cell]
    chance: Callable[[Cell, int, Values, Callable[..., float]], float]
    atoms: Sequence[str]
    """What may stand in a probability."""
    means: Sequence[str]
    """Latents of which the mean of a constant is asked."""

    def table(self, value: Callable[..., float]) -> list[tuple[Values, float]]:
        """Every assignment of values with its chance. Latents run from 1, data are 0 or 1."""
        found: list[tuple[Values, float]] = []
        for drawn in itertools.product((0, 1), repeat=len(self.cells)):
            values = {cell: one + (0 if cell[0] in ("x", "y") else 1) for cell, one in zip(self.cells, drawn, strict=True)}
            weight = 1.0
            for cell in self.cells:
                weight *= self.chance(cell, values[cell], values, value)
            found.append((values, weight))
        return found


def bernoulli(value: int, chance: float) -> float:
    return chance if value else 1 - chance


def topics(cell: Cell, value: int, at: Values, of: Callable[..., float]) -> float:
    name, index = cell
    if name == "s":
        return of("\\rho", value)
    if name == "z":
        return of("\\pi", at["s", ()], value)
    return bernoulli(value, of("\\theta", at["z", index]))


def shared(cell: Cell, value: int, at: Values, of: Callable[..., float]) -> float:
    if cell[0] == "z":
        return of("\\rho", value)
    return bernoulli(value, of("\\theta" if cell[0] == "x" else "\\phi", at["z", ()]))


def documents(cell: Cell, value: int, at: Values, of: Callable[..., float]) -> float:
    name, index = cell
    if name == "t":
        return of("\\rho", value)
    if name == "z":
        return of("\\pi", at["t", index[:1]], value)
    return bernoulli(value, of("\\theta", at["z", index]))


def causes(cell: Cell, value: int, at: Values, of: Callable[..., float]) -> float:
    name, index = cell
    if name in ("z", "g"):
        return of("\\rho", value)
    if name == "x":
        return bernoulli(value, of("\\theta", at["z", index], at["g", index]))
    return bernoulli(value, of("\\phi", at["z", index]))


def chain(cell: Cell, value: int, at: Values, of: Callable[..., float]) -> float:
    name, index = cell
    if name == "z":
        return of("\\rho", value)
    if name == "g":
        return of("\\pi", at["z", index], value)
    return bernoulli(value, of("\\theta", at["g", index]))


COMMON = "size n, m, K, M, D\nindex i, u in 1..n ; j in 1..m ; k, l in 1..K ; r in 1..M ; d in 1..D\nconst c_k in R ; e_r in R\n"
MODELS = {
    "topics": Small(
        COMMON
        + r"""
data x_i in 0..1
latent s in 1..M ; z_i in 1..K
param \rho in simplex(M) ; \pi_r in simplex(K) ; \theta_k in unit
s ~ Categorical(\rho)
z_i | s=r ~ Categorical(\pi_r)
x_i | z_i=k ~ Bernoulli(\theta_k)
define X = (x_i) ; Z = (z_i)
""",
        [("s", ()), ("z", (1,)), ("z", (2,)), ("x", (1,)), ("x", (2,))],
        topics,
        ["x_i", "x_1", "x_2", "X", "z_i=k", "z_1=2", "z_2=l", "s=r", "x_1=1"],
        ["c_{z_i}", "c_{z_1}", "e_s"],
    ),
    "shared": Small(
        COMMON
        + r"""
data x_i in 0..1 ; y_j in 0..1
latent z in 1..K
param \rho in simplex(K) ; \theta_k in unit ; \phi_k in unit
z ~ Categorical(\rho)
x_i | z=k ~ Bernoulli(\theta_k)
y_j | z=k ~ Bernoulli(\phi_k)
define X = (x_i) ; Y = (y_j)
""",
        [("z", ()), *(("x", (i,)) for i in (1, 2)), *(("y", (i,)) for i in (1, 2))],
        shared,
        ["x_i", "x_1", "X", "Y", "y_j", "y_2", "z=k", "z=1"],
        ["c_z"],
    ),
    "documents": Small(
        COMMON
        + r"""
data x_{di} in 0..1
latent t_d in 1..M ; z_{di} in 1..K
param \rho in simplex(M) ; \pi_r in simplex(K) ; \theta_k in unit
t_d ~ Categorical(\rho)
z_{di} | t_d=r ~ Categorical(\pi_r)
x_{di} | z_{di}=k ~ Bernoulli(\theta_k)
define X = (x_{di})
""",
        [
            *(("t", (d,)) for d in (1, 2)),
            *(("z", (d, i)) for d in (1, 2) for i in (1, 2)),
            *(("x", (d, i)) for d in (1, 2) for i in (1, 2)),
        ],
        documents,
        ["x_{di}", "x_d", "x_2", "X", "z_{di}=k", "z_{1,1}=l", "t_d=r", "t_1=2", "x_{1,2}"],
        ["c_{z_{di}}", "e_{t_d}"],
    ),
    "causes": Small(
        COMMON
        + r"""
data x_i in 0..1 ; y_i in 0..1
latent z_i in 1..K ; g_i in 1..K
param \rho in simplex(K) ; \theta_{kl} in unit ; \phi_k in unit
z_i ~ Categorical(\rho)
g_i ~ Categorical(\rho)
x_i | z_i=k, g_i=l ~ Bernoulli(\theta_{kl})
y_i | z_i=k ~ Bernoulli(\phi_k)
define X = (x_i) ; Y = (y_i)
""",
        [(name, (i,)) for i in (1, 2) for name in ("z", "g", "x", "y")],
        causes,
        ["x_i", "y_i", "x_1", "X", "Y", "z_i=k", "g_i=l", "g_1=2", "y_2"],
        ["c_{z_i}", "c_{g_i}"],
    ),
    "chain": Small(
        COMMON
        + r"""
data x_i in 0..1
latent z_i in 1..K ; g_i in 1..K
param \rho in simplex(K) ; \pi_k in simplex(K) ; \theta_k in unit
z_i ~ Categorical(\rho)
g_i | z_i=k ~ Categorical(\pi_k)
x_i | g_i=l ~ Bernoulli(\theta_l)
define X = (x_i)
""",
        [(name, (i,)) for i in (1, 2) for name in ("z", "g", "x")],
        chain,
        ["x_i", "x_1", "X", "z_i=k", "g_i=l", "g_1=2", "z_2=1"],
        ["c_{z_i}", "c_{g_i}"],
    ),
}


def cells_of(atom: str, model: Small, point: Point) -> dict[Cell, int]:
    """The cells of which an atom speaks, with the values they have there."""
    left, _, right = atom.partition("=")
    name, _, script = left.partition("_")
    own = tuple(LETTERS.get(one) or int(one) for one in script.strip("{}").replace(",", ""))
    name = name.lower() if name in ("X", "Y") else name
    found: dict[Cell, int] = {}
    for cell in model.cells:
        if cell[0] == name and cell[1][: len(own)] == own:
            datum = point.values.get((f"{name}", "data"))
            found[cell] = (LETTERS.get(right) or int(right)) if right else int(datum[tuple(i - 1 for i in cell[1])])  # type: ignore[index]
    return found


def drawn(model: Small, dictionary: Dictionary, seed: int) -> Point:
    """A point for all letters; every vector of chances sums to one."""
    symbols: list[Symbol] = [letter.symbol for letter in dictionary.letters if letter.kind != "latent"]
    point = generic_point(symbols, SIZES, seed)
    return point


def number(dictionary: Dictionary, text: str, point: Point) -> float:
    formula = Reader(dictionary).formula(dictionary.surface(text))
    where = {index: LETTERS[index.name] for index in free_indices(formula)}
    with balls.precision(128):
        return float(balls.ball(evaluate(formula, where, environment(point))).mid())


def compatible(one: Mapping[Cell, int], values: Values) -> bool:
    return all(values[cell] == value for cell, value in one.items())


@pytest.mark.parametrize("name", MODELS)
def test_probabilities_and_means_are_those_of_the_model(name: str) -> None:
    model, rng = MODELS[name], random.Random(name)
    dictionary = Dictionary()
    for line in model.declarations.splitlines():
        for part in line.split(" ; "):
            dictionary.declare(part)
    point = drawn(model, dictionary, 3)

    def value(letter: str, *places: int) -> float:
        return float(point.values[letter, "param"][tuple(place - 1 for place in places)])

    table = model.table(value)
    assert abs(sum(weight for _, weight in table) - 1) < 1e-12
    read = 0
    for _ in range(ROUNDS):
        count = rng.randrange(1, 5)
        atoms = rng.sample(list(model.atoms), min(count, len(model.atoms)))
        cut = rng.randrange(1, len(atoms) + 1)
        before, given = [cells_of(a, model, point) for a in atoms[:cut]], [cells_of(a, model, point) for a in atoms[cut:]]
        every: dict[Cell, int] = {}
        clash = False
        for one in (*before, *given):
            clash = clash or any(cell in every for cell in one)
            every.update(one)
        if clash:
            continue  # a variable that stands twice
        condition = {cell: v for one in given for cell, v in one.items()}
        below = sum(weight for values, weight in table if compatible(condition, values))
        bar = " | " if given else ""
        queries: list[tuple[str, float]] = [
            (
                f"p({', '.join(atoms[:cut])}{bar}{', '.join(atoms[cut:])})",
                sum(weight for values, weight in table if compatible(every, values)) / below,
            )
        ]
        if given:
            mean = rng.choice(list(model.means))
            queries.append((f"E[{mean}{bar}{', '.join(atoms[cut:])}]", expected(mean, point, table, condition) / below))
        for text, right in queries:
            try:
                found = number(dictionary, text, point)
            except ReadingError:
                continue
            read += 1
            assert abs(found - right) < 1e-9, f"{text}: {found}, expected {right}"
    assert read > ROUNDS // 4


def expected(mean: str, point: Point, table: list[tuple[Values, float]], condition: Mapping[Cell, int]) -> float:
    letter, _, inner = mean.partition("_")
    inner = inner.removeprefix("{").removesuffix("}")
    name, _, script = inner.partition("_")
    cell = (name, tuple(LETTERS.get(one) or int(one) for one in script.strip("{}").replace(",", "")))
    constants: Any = point.values[letter, "const"]
    return sum(weight * float(constants[values[cell] - 1]) for values, weight in table if compatible(condition, values))


ROUNDS = 120
