"""Whether a statement fails at a point: its sides are evaluated there in balls, and the balls do not meet."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import flint
from flint import arb, arb_mat, fmpq, fmpq_mat

from checks.recheck.sums import Sums
from checks.recheck.trees import (
    NONNEGATIVE,
    ONE,
    POSITIVE,
    SUMS_TO_ONE,
    SYMMETRIC,
    ZERO,
    Letter,
    Names,
    Range,
    Rejected,
    Statement,
    Tree,
    definite,
    free,
    frozen,
    less,
    mapped,
    nodes,
    number,
    plus,
    power,
    range_,
    require,
    slope,
    summed,
    times,
    vector,
)

NUMBERS: Mapping[str, Callable[[arb], bool]] = {
    "real": lambda v: v.is_finite(),
    "positive": lambda v: bool(v > 0),
    "nonnegative": lambda v: bool(v >= 0),
    "unit": lambda v: bool(v > 0) and bool(v < 1),
    "simplex": lambda v: bool(v > 0),
    "closed simplex": lambda v: bool(v >= 0),
}
"""Whether a number that is only known to lie in a ball has a domain; that weights sum to one is shown by steps."""
MOST_BITS, MOST_SIZE, MOST_POWER = 4096, 64, 64
SMOOTH = ("number", "entry", "argument", "add", "multiply", "exp", "sum")
"""What a function of which nothing is known may be made of: it has all derivatives everywhere."""
SHAPES: Mapping[str, Callable[[Tree], Tree]] = {
    "real": lambda t: t,
    "positive": lambda t: ("exp", t),
    "nonnegative": lambda t: power(t, 2),
    "unit": lambda t: ("divide", ONE, plus(ONE, ("exp", times(number(-1), t)))),
}
"""A formula of the domain, whatever the number."""


class Undefined(Exception):
    """A value that does not exist; ``certain`` is False where more precision might give one."""

    def __init__(self, certain: bool) -> None:
        super().__init__("a value that does not exist, or may not exist")
        self.certain = certain


class Point:
    """Exact values for everything that a statement speaks of."""

    def __init__(self, names: Names, told: Mapping[str, Any], second: bool = False) -> None:
        self.sizes: dict[str, int] = dict(told["sizes"])
        for name, size in self.sizes.items():
            require(type(size) is int and 1 <= size <= MOST_SIZE, f"a size that is none: {name}")
        self.weights = {name: [Fraction(one) for one in weights] for name, weights in told["measures"].items()}
        require(all(w > 0 for weights in self.weights.values() for w in weights), "a measure that is not positive")
        for key, own in told["coefficients"].items():
            require(own["role"] == "const" and own["domain"] == "real", f"a coefficient that is none: {key}")
        own = (*told["coefficients"], *told["letters"])
        require(all(name.startswith("*") for name in own), "a point that declares what is not its own")
        more = {**names.symbols, **told["coefficients"]}
        self.names = Names({"letters": told["letters"], "symbols": more, "functions": names.functions})
        names.declare(told["letters"])
        self.names.letters, self.names.counter = names.letters, names.counter
        names = self.names
        self.values: dict[str, dict[tuple[int, ...], Fraction]] = {}
        for key, nested in {**told["values"], **(told["second"] if second else {})}.items():
            require(key in names.symbols, f"a value of a symbol that is not declared: {key}")
            self.values[key] = dict(self._table(nested, names.ranges_of(key), ()))
            require(_in_domain(self, key), f"a value outside of its domain: {key}")
        self.enclosed: dict[str, dict[tuple[int, ...], arb]] = {}
        self.functions = {name: (one["letters"], frozen(one["raw"])) for name, one in told["functions"].items()}
        for name, (letters, raw) in self.functions.items():
            spans = [range_(own) for own in names.functions[name]["family"]]
            require([names.letters[letter] for letter in letters] == spans, f"a function of other indices: {name}")
            names.check(raw, frozenset(letters))
            for node in (one for one in nodes(raw) if one[0] == "argument"):
                spans = [(1, size, False) for size in names.functions[name]["arguments"][node[1]]]
                require(all(map(names.lies_in, node[2:], spans)), f"an argument's entry out of its range: {name}")
            numbers = any(type(i) is int for one in nodes(raw) if one[0] == "argument" for i in one[2:])
            require(not numbers, f"a function that looks at one entry of its argument: {name}")
            require(all(one[0] in SMOOTH for one in nodes(raw)), f"a function that may have no value or no derivative: {name}")
            own = all(one[0] != "entry" or one[1].startswith("*") for one in nodes(raw))
            require(own, f"no function of its arguments: {name}")
        if told.get("solution") is not None:
            self._put_in(told["solution"], told["at"])

    def _put_in(self, told: Mapping[str, Any], at: Mapping[str, int]) -> None:
        """Enclose the values of a letter that an equation says."""
        key, domain = told["key"], self.names.symbols[told["key"]]["domain"]
        require(key not in self.values and domain in NUMBERS, "a letter that is not solved for")
        self.enclosed[key] = Evaluation(self).table(told["formal"], chosen(self, frozen(told["value"])), at)
        for value in self.enclosed[key].values():
            require(value.is_finite() and NUMBERS[domain](value), f"a value outside of its domain: {key}")

    def span(self, own: Range) -> range:
        require(own[1] in self.sizes, f"a size without a value: {own[1]}")
        return range(own[0], self.sizes[own[1]] + 1)

    def measure(self, own: Range) -> list[Fraction]:
        """By what each term of a sum is multiplied: positive weights where it stands for an integral."""
        count = len(self.span(own))
        weights = self.weights.get(own[1], []) if own[2] else [Fraction(1)] * count
        require(len(weights) == count, f"no weights for an integral: {own[1]}")
        return weights

    def _table(self, part: Any, spans: Sequence[Range], place: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Fraction]]:
        if len(place) == len(spans):
            yield place, Fraction(part)
            return
        own = self.span(spans[len(place)])
        require(isinstance(part, list) and len(part) == len(own), "a table of another size")
        for k, inner in zip(own, part, strict=True):
            yield from self._table(inner, spans, (*place, k))


def _in_domain(point: Point, key: str) -> bool:
    """Whether the values of a symbol lie in its declared domain."""
    symbol, table = point.names.symbols[key], point.values[key]
    domain, values, family = symbol["domain"], list(table.values()), symbol["family"]
    if domain in SYMMETRIC:
        own = range(1, point.sizes[symbol["shape"][0]] + 1)
        square = [[[table[*m, a, b] for b in own] for a in own] for m in {place[:-2] for place in table}]
        symmetric = all(m == [list(row) for row in zip(*m, strict=True)] for m in square)
        return symmetric and (
            domain == "sym" or all(_is_definite(fmpq_mat([list(map(exactly, row)) for row in m])) for m in square)
        )
    last = len(family) - 1
    totals: dict[tuple[int, ...], Fraction] = {}
    covered: dict[tuple[int, ...], bool] = {}
    for place, value in table.items():
        apart = (*place[:last], *place[last + 1 :]) if last >= 0 else ()
        weight = point.measure(range_(family[last]))[place[last] - family[last][0]] if last >= 0 else 1
        totals[apart] = totals.get(apart, Fraction(0)) + weight * value
        covered[place[1:]] = covered.get(place[1:], False) or value != 0
    counted = domain in ("integer", "count", "covering count")
    rules = [
        domain == "real" or counted or domain in (*POSITIVE, *NONNEGATIVE),
        domain not in POSITIVE or all(v > 0 for v in values),
        domain not in NONNEGATIVE or all(v >= 0 for v in values),
        domain != "unit" or all(v < 1 for v in values),
        domain not in SUMS_TO_ONE or all(total == 1 for total in totals.values()),
        domain not in ("bool", "one-hot") or all(v in (0, 1) for v in values),
        not domain.startswith("covering") or all(covered.values()),
        not counted or all(v.denominator == 1 for v in values),
    ]
    return all(rules)


def exactly(value: Fraction | int) -> fmpq:
    return fmpq(Fraction(value).numerator, Fraction(value).denominator)


def _is_definite(matrix: Any) -> bool:
    """Sylvester's criterion: a symmetric matrix is positive definite where all its leading minors are positive."""
    rows: list[list[Any]] = matrix.tolist()
    return all(bool(type(matrix)([row[:k] for row in rows[:k]]).det() > 0) for k in range(1, len(rows) + 1))


def chosen(point: Point, tree: Tree) -> Tree:
    """A tree with the functions of which nothing was known as those that a point says."""
    names = point.names
    tree = mapped(tree, lambda t: chosen(point, t))
    if tree[0] != "apply":
        return tree
    _, name, indices, taken, *arguments = tree
    require(not taken, "a derivative of a function in what is put in")
    require(name in point.functions, f"a function that no point says: {name}")
    letters, raw = point.functions[name]
    over = names.functions[name]["normalised over"]
    require(over is None or names.functions[name]["domain"] == "positive", f"what is no density for every formula: {name}")

    def at(places: Sequence[Letter]) -> Tree:
        opened = names.rename(raw, dict(zip(letters, places, strict=True)))
        # Where an argument has no value the function has none, though it does not look at it.
        seen = (summed(letters, ("multiply", ZERO, entry)) for letters, entry in map(vector, arguments))
        return ("add", SHAPES[names.functions[name]["domain"]](_filled(names, opened, arguments)), *seen)

    if over is None:
        return at(indices)
    letter = names.like(letters[over])
    return ("divide", at(indices), ("sum", letter, at([*indices[:over], letter, *indices[over + 1 :]])))


def _filled(names: Names, raw: Tree, arguments: Sequence[Any]) -> Tree:
    """A formula whose bound letters stand nowhere else, with what it is a function of in place of its arguments."""
    if raw[0] == "argument":
        letters, entry = vector(arguments[raw[1]])
        return names.rename(entry, dict(zip(letters, raw[2:], strict=True)))
    return mapped(raw, lambda t: _filled(names, t, arguments))


class Evaluation:
    """Values of trees at a point: in balls, or exactly, where there is no exponential, no logarithm and no root."""

    def __init__(self, point: Point, exact: bool = False, values: Mapping[str, Any] | None = None) -> None:
        self.point, self.names, self.exact = point, point.names, exact
        known = {k: {p: self.number(v) for p, v in table.items()} for k, table in point.values.items()}
        self.values = values or (known if exact else {**known, **point.enclosed})
        self.seen: dict[tuple[Tree, tuple[tuple[str, int], ...]], Any] = {}

    def number(self, value: Fraction | int) -> Any:
        return exactly(value) if self.exact else arb(exactly(value))

    def place(self, index: Letter, own: Range | None, at: Mapping[str, int]) -> int:
        value = at[index] if isinstance(index, str) else index
        require(own is None or value in self.point.span(own), "an index out of its range at these sizes")
        return value

    def table(self, letters: Sequence[str], tree: Tree, at: Mapping[str, int]) -> dict[tuple[int, ...], Any]:
        """The values of a tree for all values of letters."""
        spans = [self.point.span(self.names.letters[letter]) for letter in letters]
        return {p: self.value(tree, {**at, **dict(zip(letters, p, strict=True))}) for p in itertools.product(*spans)}

    def matrix(self, r: str, c: str, body: Tree, at: Mapping[str, int]) -> Any:
        found, own = self.table((r, c), body, at), self.point.span(self.names.letters[r])
        return (fmpq_mat if self.exact else arb_mat)([[found[a, b] for b in own] for a in own])

    def value(self, tree: Tree, at: Mapping[str, int]) -> Any:
        key = tree, tuple(sorted((letter, at[letter]) for letter in free(tree)))
        if key not in self.seen:
            self.seen[key] = self._value(tree, at)
        return self.seen[key]

    def _value(self, tree: Tree, at: Mapping[str, int]) -> Any:
        names = self.names
        match tree:
            case ("number", text):
                return self.number(Fraction(text))
            case ("size", name):
                return self.number(len(self.point.span((1, name, False))))
            case ("entry", key, *indices):
                require(key in self.values, f"a symbol without a value: {key}")
                return self.values[key][tuple(map(self.place, indices, names.ranges_of(key), itertools.repeat(at)))]
            case ("delta", i, j):
                for one, other in ((i, j), (j, i)):
                    if isinstance(one, int) and isinstance(other, str):
                        require(one <= self.point.sizes[names.letters[other][1]], "an index out of its range at these sizes")
                return self.number(int(self.place(i, None, at) == self.place(j, None, at)))
            case ("add", *terms):
                return sum((self.value(term, at) for term in terms), self.number(0))
            case ("multiply", *factors):
                return math.prod((self.value(factor, at) for factor in factors), start=self.number(1))
            case ("divide", above, below):
                under = self.inverse(self.value(below, at))
                return self.value(above, at) * under
            case ("power", base, exponent):
                whole = exponent[0] == "number" or names.is_whole(exponent)
                return self.power(self.value(base, at), self.value(exponent, at), whole)
            case ("pi",) | ("exp" | "log", _) | ("function", _, _):
                require(not self.exact, "a number that is no fraction, where an exact one is needed")
                return arb.pi() if len(tree) == 1 else self.function(tree[len(tree) - 2], self.value(tree[len(tree) - 1], at))
            case ("sum", letter, body):
                weights = self.point.measure(names.letters[letter])
                parts = zip(weights, self.table((letter,), body, at).values(), strict=True)
                return sum((self.number(w) * part for w, part in parts), self.number(0))
            case ("product", letter, body):
                return math.prod(self.table((letter,), body, at).values(), start=self.number(1))
            case ("determinant", r, c, body):
                return self.matrix(r, c, body, at).det()
            case ("inverse", a, b, r, c, body):
                matrix = self.matrix(r, c, body, at)
                self.inverse(matrix.det())
                return matrix.inv()[self.place(a, None, at) - 1, self.place(b, None, at) - 1]
            case ("derivative", body, key, *indices):
                for i, own in zip(indices, names.ranges_of(key), strict=True):
                    self.place(i, own, at)
                self.value(body, at)
                try:
                    return self.value(slope(names, body, key, indices), at)
                except Undefined as undefined:
                    # The rules of derivatives divide where what they are derivatives of is defined.
                    raise Undefined(False) from undefined
            case ("substitute", key, letters, value, body):
                try:
                    put = {**self.values, key: self.table(letters, value, at)}
                except Undefined as undefined:
                    # What has no value may be put in where it stands nowhere.
                    raise Undefined(False) from undefined
                return Evaluation(self.point, self.exact, put).value(body, at)
            case _:
                raise Rejected(f"nothing is known of the value of {tree[0]}")

    def inverse(self, x: Any) -> Any:
        # That nothing is divided by zero is taken for granted, as in proofs: where that happens nothing is said.
        if x == 0 if self.exact else x.contains(0):
            raise Undefined(False)
        return 1 / x

    def function(self, name: str, x: arb) -> arb:
        if name in ("exp", "erf", "cos", "sin"):
            return getattr(x, name)()
        if name in ("besseli0", "besseli1"):
            return x.bessel_i(arb(int(name[-1])))
        if not x > 0:
            raise Undefined(name == "log" and bool(x < 0))
        return arb(2).zeta(x) if name == "trigamma" else getattr(x, {"loggamma": "lgamma"}.get(name, name))()

    def power(self, base: Any, exponent: Any, whole: bool) -> Any:
        """A whole power by multiplication; any other as the exponential of a logarithm, of a positive base."""
        if not whole and not base > 0:
            raise Undefined(not self.exact and bool(base < 0) and not exponent.contains_integer())
        if not self.exact and base.is_zero() and exponent > 0:
            return base
        if not (exponent.q == 1 if self.exact else exponent.is_exact() and exponent.is_integer()):
            require(not self.exact, "a number that is no fraction, where an exact one is needed")
            if exponent.contains_integer() and not base > 0:
                raise Undefined(False)
            return (exponent * self.function("log", base)).exp()
        require(bool(abs(exponent) <= MOST_POWER), "a power too large")
        count = int(exponent.p) if self.exact else int(exponent.unique_fmpz())
        product = math.prod([base] * abs(count), start=self.number(1))
        return product if count >= 0 else self.inverse(product)


def admits(statement: Statement, point: Point, shown: Sequence[Tree] | None = None) -> bool:
    """Whether a point is such as is assumed, for all values of the letters: certainly.

    Equations that were ``shown`` to vanish at what is put in for a letter do so where they have a value.
    """
    for goal in (chosen(point, goal) for goal in shown or ()):
        for at in assignments(point, goal):
            require(Evaluation(point).value(goal, at).is_finite(), "an equation that has no value there")
    return all(_is_met(one, point, shown is not None) for one in statement.assumptions)


def _is_met(one: Mapping[str, Any], point: Point, shown: bool) -> bool:
    if "larger" in one:
        big, small = one["larger"]
        if point.sizes[big] <= (small if isinstance(small, int) else point.sizes[small]):
            return False
    tests: Mapping[str, Callable[[Any, Any], bool]] = {
        "equation": lambda a, b: a.overlaps(b) if shown else a == b,
        "bound": lambda a, b: bool(a <= b),
        "apart": lambda a, b: bool(a != b),
    }
    for kind in tests.keys() & one.keys():
        left, right = (chosen(point, frozen(side)) for side in one[kind])
        # What is assumed equal must be so exactly, unless that was shown; anything else is seen in balls too.
        values = Evaluation(point, exact=kind == "equation" and not shown)
        if not all(tests[kind](values.value(left, at), values.value(right, at)) for at in assignments(point, left, right)):
            return False
    if "definite" not in one:
        return True
    tree, values = chosen(point, definite(one)), Evaluation(point)
    if not one["of matrix"]:
        return all(bool(values.value(tree, at) > 0) for at in assignments(point, tree))
    _, r, c, body = tree
    found = [values.matrix(r, c, body, at) for at in assignments(point, tree)]
    sums = Sums(point.names)
    symmetric = sums.read(body) == sums.read(point.names.rename(body, {r: c, c: r}))
    return symmetric and all(map(_is_definite, found))


def assignments(point: Point, *trees: Tree) -> Iterator[dict[str, int]]:
    """All values of the letters that are free in trees."""
    letters = sorted(frozenset[str]().union(*map(free, trees)))
    for values in itertools.product(*(point.span(point.names.letters[letter]) for letter in letters)):
        yield dict(zip(letters, values, strict=True))


@contextmanager
def precision(bits: Any) -> Generator[None]:
    require(type(bits) is int and 16 <= bits <= MOST_BITS, "a precision that is none")
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        yield
    finally:
        flint.ctx.prec = before


Ball = tuple[Fraction, Fraction]
"""A middle and a radius, exactly."""


def ball(told: Any) -> Ball:
    middle, radius = Fraction(told[0]), Fraction(told[1])
    require(radius >= 0, "a negative radius")
    return middle, radius


def lies_in(value: arb, stated: Ball) -> bool:
    middle, radius = (arb(exactly(one)) for one in stated)
    return value.is_finite() and bool(abs(value - middle) <= radius)


def check_point(statement: Statement, told: Mapping[str, Any], shown: Sequence[Tree] | None = None) -> str:
    """See that the statement fails at a point; what was seen there.

    Where a letter is put in by an equation, what was ``shown`` to vanish with it are that equation and all that are assumed.
    """
    names, relation, at, found = statement.names, statement.relation, told["at"], told["finding"]
    for letter in free(statement.left) | free(statement.right):
        require(letter in at, f"a free letter without a value: {letter}")
    with precision(told["bits"]):
        first = Point(names, told)
        for letter, value in at.items():
            require(type(value) is int and value in first.span(names.letters[letter]), f"a letter out of its range: {letter}")
        require(admits(statement, first, shown), "a point that is not such as is assumed")
        left, right = chosen(first, statement.left), chosen(first, statement.right)
        here = Evaluation(first)
        if relation in ("= up to a constant", "proportional to"):
            require(set(told["second"]) <= set(statement.parameters), "a second point that differs in more than the parameters")
            second = Point(names, told, second=True)
            require(admits(statement, second, shown), "a second point that is not such as is assumed")
            quantity = ("divide", left, right) if relation == "proportional to" else less(left, right)
            _told_apart(here.value(quantity, at), Evaluation(second).value(quantity, at), told)
            return "not the same at two values of the parameters"
        require(told["second"] == {}, "a second point that nothing asks for")
        if found in ("left undefined", "right undefined"):
            require(relation == "=", "a relation for which that says nothing")
            lost, other = (left, right)[:: 1 if found.startswith("left") else -1]
            require(lies_in(here.value(other, at), ball(told["other"])), "the value of the defined side is another")
            try:
                here.value(lost, at)
            except Undefined as undefined:
                require(undefined.certain, "a side that may be defined all the same")
                return f"the {found.split()[0]} side is not defined"
            raise Rejected("both sides are defined")
        if found == "equal":
            require(relation in ("<", ">"), "a relation that equal sides do not break")
            require((here.value(left, at) - here.value(right, at)).is_zero(), "the sides may differ")
            return "the two sides are equal, and the bound is strict"
        require(found == "differ", "an unknown finding")
        small, large = _told_apart(here.value(left, at), here.value(right, at), told)[:: 1 if relation in ("<=", "<") else -1]
        if relation in ("<=", ">=", "<", ">"):
            require(small[0] - small[1] > large[0] + large[1], "the bound holds there")
            return "the bound fails"
        if relation == "implies":
            fixed = {letter: value for letter, value in at.items() if letter not in statement.entries}
            values = Evaluation(first, exact=shown is None)
            entries = [values.value(left, {**other, **fixed}) for other in assignments(first, left)]
            met = all(entry == 0 if shown is None else entry.contains(0) for entry in entries)
            require(met, "the first equation does not hold there")
            return "the first equation holds, and the second does not"
        alone = relation == "not identically 0" and statement.right == ZERO
        require(relation == "=" or alone, f"a relation of which no point says anything: {relation}")
        return "the two sides differ"


def _told_apart(first: arb, second: arb, told: Mapping[str, Any]) -> tuple[Ball, Ball]:
    left, right = ball(told["left"]), ball(told["right"])
    require(lies_in(first, left) and lies_in(second, right), "the values lie outside of the balls that are stated")
    require(abs(left[0] - right[0]) > left[1] + right[1], "the stated balls meet")
    return left, right
