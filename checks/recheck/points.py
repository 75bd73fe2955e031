"""Whether a statement fails at a point: its sides are evaluated there in balls, and the balls do not meet."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import flint
from flint import arb, fmpq

from checks.recheck.trees import (
    ONE,
    Letter,
    Names,
    Range,
    Rejected,
    Statement,
    Tree,
    bound,
    free,
    frozen,
    less,
    mapped,
    nodes,
    plus,
    range_,
    require,
    slope,
    times,
    vector,
)

MOST_BITS, MOST_SIZE, MOST_POWER = 4096, 64, 64


# Numbers. A tree is evaluated at a point, in balls or in exact fractions: both are added, multiplied and divided alike.


class Undefined(Exception):
    """A value that does not exist; ``certain`` is False where more precision might give one."""

    def __init__(self, certain: bool) -> None:
        super().__init__("a value that does not exist, or may not exist")
        self.certain = certain


class Balls:
    """Enclosures of real numbers."""

    def number(self, value: Fraction) -> arb:
        return arb(fmpq(value.numerator, value.denominator))

    def inverse(self, x: arb) -> arb:
        if x.contains(0):
            raise Undefined(bool(x.is_zero()))
        return 1 / x

    def exp(self, x: arb) -> arb:
        return x.exp()

    def log(self, x: arb) -> arb:
        if not x > 0:
            raise Undefined(bool(x <= 0))
        return x.log()

    def pi(self) -> arb:
        return arb.pi()

    def function(self, name: str, x: arb) -> arb:
        if name in ("erf", "cos", "sin"):
            return getattr(x, name)()
        if name in ("besseli0", "besseli1"):
            return x.bessel_i(arb(int(name[-1])))
        if not x > 0:
            raise Undefined(False)
        if name == "trigamma":
            return arb(2).zeta(x)
        return {"loggamma": x.lgamma, "gamma": x.gamma, "digamma": x.digamma}[name]()


class Exact:
    """Fractions: there is no exponential, no logarithm and no root of them here."""

    def number(self, value: Fraction) -> Fraction:
        return value

    def inverse(self, x: Fraction) -> Fraction:
        if not x:
            raise Undefined(True)
        return 1 / x

    def none(self, *arguments: Any) -> Fraction:
        raise Rejected("a number that is no fraction, where an exact one is needed")

    exp = log = pi = function = none


class Point:
    """Exact values for everything that a statement speaks of."""

    def __init__(self, names: Names, told: Mapping[str, Any], second: bool = False) -> None:
        self.names = names
        self.sizes: dict[str, int] = dict(told["sizes"])
        for name, size in self.sizes.items():
            require(type(size) is int and 1 <= size <= MOST_SIZE, f"a size that is none: {name}")
        values = {**told["values"], **(told["second"] if second else {})}
        self.weights = {name: [Fraction(one) for one in weights] for name, weights in told["measures"].items()}
        require(all(w > 0 for weights in self.weights.values() for w in weights), "a measure that is not positive")
        self.values: dict[str, dict[tuple[int, ...], Fraction]] = {}
        for key, own in told["coefficients"].items():
            require(key.startswith("*") and own["role"] == "const" and own["domain"] == "real", "a coefficient that is none")
        names = self.names = names.with_more(told["coefficients"], told["letters"])
        for key, nested in values.items():
            require(key in names.symbols, f"a value of a symbol that is not declared: {key}")
            self.values[key] = self._table(nested, names.ranges_of(key))
            require(_in_domain(self, key), f"a value outside of its domain: {key}")
        self.functions: Mapping[str, Any] = {
            name: (one["letters"], frozen(one["raw"])) for name, one in told["functions"].items()
        }
        for name, (letters, raw) in self.functions.items():
            spans = [range_(own) for own in names.functions[name]["family"]]
            require([names.letters[letter] for letter in letters] == spans, f"a function of other indices: {name}")
            names.check(raw, frozenset(letters))
            require(all(one[0] in SMOOTH for one in nodes(raw)), f"a function that may have no value or no derivative: {name}")
            require(
                all(one[0] != "entry" or one[1].startswith("*") for one in nodes(raw)), f"no function of its arguments: {name}"
            )

    def span(self, own: Range) -> range:
        require(own[1] in self.sizes, f"a size without a value: {own[1]}")
        return range(own[0], self.sizes[own[1]] + 1)

    def measure(self, own: Range) -> list[Fraction]:
        """By what each term of a sum is multiplied: positive weights where it stands for an integral."""
        count = len(self.span(own))
        weights = self.weights.get(own[1], []) if own[2] else [Fraction(1)] * count
        require(len(weights) == count, f"no weights for an integral: {own[1]}")
        return weights

    def _table(self, nested: Any, spans: Sequence[Range]) -> dict[tuple[int, ...], Fraction]:
        found: dict[tuple[int, ...], Fraction] = {}

        def walk(part: Any, place: tuple[int, ...]) -> None:
            if len(place) == len(spans):
                found[place] = Fraction(part)
                return
            own = self.span(spans[len(place)])
            require(isinstance(part, list) and len(part) == len(own), "a table of another size")
            for k, inner in zip(own, part, strict=True):
                walk(inner, (*place, k))

        walk(nested, ())
        return found


def _in_domain(point: Point, key: str) -> bool:
    """Whether the values of a symbol lie in its declared domain."""
    symbol, table = point.names.symbols[key], point.values[key]
    domain, values = symbol["domain"], list(point.values[key].values())
    if domain in ("spd", "sym"):
        size = point.sizes[symbol["shape"][0]]
        members = {place[:-2] for place in table}
        square = [[[table[*m, a, b] for b in range(1, size + 1)] for a in range(1, size + 1)] for m in members]
        symmetric = all(m[a][b] == m[b][a] for m in square for a in range(size) for b in range(size))
        return symmetric and (domain == "sym" or all(_minors_are_positive(m) for m in square))
    last = len(symbol["family"]) - 1
    totals: dict[tuple[int, ...], Fraction] = {}
    covered: dict[tuple[int, ...], bool] = {}
    for place, value in table.items():
        apart = (*place[:last], *place[last + 1 :]) if last >= 0 else ()
        weight = point.measure(range_(symbol["family"][last]))[place[last] - symbol["family"][last][0]] if last >= 0 else 1
        totals[apart] = totals.get(apart, Fraction(0)) + weight * value
        covered[place[1:]] = covered.get(place[1:], False) or value != 0
    counted = all(v.denominator == 1 for v in values)
    rules = {
        "real": True,
        "positive": all(v > 0 for v in values),
        "nonnegative": all(v >= 0 for v in values),
        "covering": all(v >= 0 for v in values) and all(covered.values()),
        "unit": all(0 < v < 1 for v in values),
        "simplex": all(v > 0 for v in values) and all(total == 1 for total in totals.values()),
        "closed simplex": all(v >= 0 for v in values) and all(total == 1 for total in totals.values()),
        "one-hot": all(v in (0, 1) for v in values) and all(total == 1 for total in totals.values()),
        "integer": counted,
        "count": counted and all(v >= 0 for v in values),
        "covering count": counted and all(v >= 0 for v in values) and all(covered.values()),
        "bool": all(v in (0, 1) for v in values),
    }
    return rules.get(domain, False)


SMOOTH = ("number", "entry", "argument", "add", "multiply", "exp", "sum")
"""What a function of which nothing is known may be made of: it has all derivatives everywhere."""
SHAPES: Mapping[str, Callable[[Tree], Tree]] = {
    "real": lambda t: t,
    "positive": lambda t: ("exp", t),
    "nonnegative": lambda t: ("power", t, ("number", "2")),
    "unit": lambda t: ("divide", ONE, plus(ONE, ("exp", times(("number", "-1"), t)))),
}
"""A formula of the domain, whatever the number."""


def chosen(point: Point, tree: Tree) -> Tree:
    """A tree with the functions of which nothing was known as those that a point says."""
    names = point.names
    inner = mapped(tree, lambda i: i, lambda t: chosen(point, t))
    if inner[0] != "apply":
        return inner
    _, name, indices, _, *arguments = inner
    require(name in point.functions, f"a function that no point says: {name}")
    letters, raw = point.functions[name]
    function = names.functions[name]

    def at(places: Sequence[Letter]) -> Tree:
        return SHAPES[function["domain"]](_filled(names, names.rename(raw, dict(zip(letters, places, strict=True))), arguments))

    over = function["normalised over"]
    if over is None:
        return at(indices)
    letter = names.like(letters[over])
    return ("divide", at(indices), ("sum", letter, at([*indices[:over], letter, *indices[over + 1 :]])))


def _filled(names: Names, raw: Tree, arguments: Sequence[Any]) -> Tree:
    """A formula with what it is a function of in place of its arguments."""
    if raw[0] == "argument":
        letters, entry = vector(arguments[raw[1]])
        return names.rename(entry, dict(zip(letters, raw[2:], strict=True)))
    opened = names.opened(raw) if bound(raw) else raw
    return mapped(opened, lambda i: i, lambda t: _filled(names, t, arguments))


def _minors_are_positive(matrix: list[list[Any]]) -> bool:
    """Sylvester's criterion: a symmetric matrix is positive definite where all its leading minors are positive."""
    return all(_determinant([row[:k] for row in matrix[:k]]) > 0 for k in range(1, len(matrix) + 1))


def _determinant(matrix: Sequence[Sequence[Any]]) -> Any:
    """By expansion along the first row; of no rows it is 1."""
    if not matrix:
        return 1
    require(len(matrix) <= 6, "a matrix too large for an expansion")
    minors = ([row[:k] + row[k + 1 :] for row in map(list, matrix[1:])] for k in range(len(matrix)))
    return sum(((-1) ** k * matrix[0][k] * _determinant(minor) for k, minor in enumerate(minors)), 0 * matrix[0][0])


class Evaluation:
    """Values of trees at a point, in one arithmetic."""

    def __init__(self, point: Point, arithmetic: Any, values: Mapping[str, Any] | None = None) -> None:
        self.point, self.names, self.arithmetic = point, point.names, arithmetic
        exact = point.values if values is None else values
        number = arithmetic.number
        self.values = {k: {p: number(v) for p, v in t.items()} for k, t in exact.items()} if values is None else values
        self.seen: dict[tuple[Tree, tuple[tuple[str, int], ...]], Any] = {}

    def place(self, index: Letter, own: Range | None, at: Mapping[str, int]) -> int:
        value = at[index] if isinstance(index, str) else index
        require(own is None or value in self.point.span(own), "an index out of its range at these sizes")
        return value

    def table(self, letters: Sequence[str], tree: Tree, at: Mapping[str, int]) -> dict[tuple[int, ...], Any]:
        """The values of a tree for all values of letters."""
        spans = [self.point.span(self.names.letters[letter]) for letter in letters]
        return {p: self.value(tree, {**at, **dict(zip(letters, p, strict=True))}) for p in itertools.product(*spans)}

    def matrix(self, r: str, c: str, body: Tree, at: Mapping[str, int]) -> list[list[Any]]:
        found = self.table((r, c), body, at)
        own = self.point.span(self.names.letters[r])
        return [[found[a, b] for b in own] for a in own]

    def value(self, tree: Tree, at: Mapping[str, int]) -> Any:
        key = tree, tuple(sorted((letter, at[letter]) for letter in free(tree) if isinstance(letter, str)))
        if key not in self.seen:
            self.seen[key] = self._value(tree, at)
        return self.seen[key]

    def _value(self, tree: Tree, at: Mapping[str, int]) -> Any:
        number, names = self.arithmetic.number, self.names
        match tree:
            case ("number", text):
                return number(Fraction(text))
            case ("pi",):
                return self.arithmetic.pi()
            case ("size", name):
                return number(Fraction(len(self.point.span((1, name, False)))))
            case ("entry", key, *indices):
                require(key in self.values, f"a symbol without a value: {key}")
                spans = names.ranges_of(key)
                return self.values[key][tuple(self.place(i, own, at) for i, own in zip(indices, spans, strict=True))]
            case ("delta", i, j):
                for one, other in ((i, j), (j, i)):
                    if isinstance(one, int) and isinstance(other, str):
                        require(one <= self.point.sizes[names.letters[other][1]], "an index out of its range at these sizes")
                return number(Fraction(int(self.place(i, None, at) == self.place(j, None, at))))
            case ("add", *terms):
                return sum((self.value(term, at) for term in terms[1:]), self.value(terms[0], at))
            case ("multiply", *factors):
                product = number(Fraction(1))
                for factor in factors:
                    product = product * self.value(factor, at)
                return product
            case ("divide", above, below):
                under = self.arithmetic.inverse(self.value(below, at))
                return self.value(above, at) * under
            case ("power", base, exponent):
                return self.power(self.value(base, at), exponent, at)
            case ("exp", inner):
                return self.arithmetic.exp(self.value(inner, at))
            case ("log", inner):
                return self.arithmetic.log(self.value(inner, at))
            case ("function", name, inner):
                return self.arithmetic.function(name, self.value(inner, at))
            case ("sum", letter, body):
                own = names.letters[letter]
                weights = self.point.measure(own)
                parts = self.table((letter,), body, at)
                return sum(
                    (number(w) * parts[(k,)] for k, w in zip(self.point.span(own), weights, strict=True)), number(Fraction(0))
                )
            case ("product", letter, body):
                product = number(Fraction(1))
                for value in self.table((letter,), body, at).values():
                    product = product * value
                return product
            case ("determinant", r, c, body):
                return _determinant(self.matrix(r, c, body, at))
            case ("inverse", a, b, r, c, body):
                # By Cramer's rule: the entry (a, b) is the cofactor of (b, a) over the determinant.
                rows, row, column = self.matrix(r, c, body, at), self.place(b, None, at) - 1, self.place(a, None, at) - 1
                minor = [line[:column] + line[column + 1 :] for k, line in enumerate(rows) if k != row]
                return (-1) ** (row + column) * _determinant(minor) * self.arithmetic.inverse(_determinant(rows))
            case ("derivative", body, key, *indices):
                for i, own in zip(indices, names.ranges_of(key), strict=True):
                    self.place(i, own, at)
                self.value(body, at)
                try:
                    return self.value(slope(names, body, key, indices), at)
                except Undefined as undefined:
                    # The rules of derivatives divide where what they are derivatives of is defined.
                    raise Undefined(False) from undefined
            case ("at equal", body):
                partners = {key: names.partner(key, "current", "param") for key in names.symbols}
                moved = {key: self.values[other] for key, other in partners.items() if other in self.values}
                return Evaluation(self.point, self.arithmetic, moved).value(body, at)
            case ("substitute", key, letters, value, body):
                put = {**self.values, key: self.table(letters, value, at)}
                return Evaluation(self.point, self.arithmetic, put).value(body, at)
            case _:
                raise Rejected(f"nothing is known of the value of {tree[0]}")

    def power(self, base: Any, exponent: Tree, at: Mapping[str, int]) -> Any:
        """A whole power by multiplication; any other as the exponential of a logarithm, of a positive base."""
        value: Any = self.value(exponent, at)
        if not isinstance(value, Fraction) and base.is_zero() and value > 0:
            return base
        whole = value.denominator == 1 if isinstance(value, Fraction) else value.is_exact() and value.is_integer()
        if not whole:
            return self.arithmetic.exp(value * self.arithmetic.log(base))
        require(abs(value) <= MOST_POWER, "a power too large")
        count = int(value) if isinstance(value, Fraction) else int(value.unique_fmpz())
        product = self.arithmetic.number(Fraction(1))
        for _ in range(abs(count)):
            product = product * base
        return product if count >= 0 else self.arithmetic.inverse(product)


def admits(statement: Statement, point: Point) -> bool:
    """Whether a point is such as is assumed, for all values of the letters: certainly."""
    return all(_is_met(one, point) for one in statement.assumptions)


def _is_met(one: Mapping[str, Any], point: Point) -> bool:
    if "larger" in one:
        big, small = one["larger"]
        least = small if isinstance(small, int) else point.sizes.get(small, 1)
        if point.sizes.get(big, least + 1) <= least:
            return False
    tests: Mapping[str, Callable[[Any, Any], bool]] = {
        "equation": lambda a, b: a == b, "bound": lambda a, b: bool(a <= b), "apart": lambda a, b: bool(a != b)
    }  # fmt: skip
    for kind, holds in tests.items():
        if kind in one:
            left, right = (chosen(point, frozen(side)) for side in one[kind])
            # What is assumed equal must be so exactly; anything else is seen in balls too.
            values = Evaluation(point, Exact() if kind == "equation" else Balls())
            for at in assignments(point.names, point, left, right):
                if not holds(values.value(left, at), values.value(right, at)):
                    return False
    return "definite" not in one or _is_definite(frozen(one["definite"]), one["of matrix"], point)


def _is_definite(tree: Tree, of_matrix: bool, point: Point) -> bool:
    """Whether a number is positive, or a matrix with the entry ``tree`` in row r and column c positive definite."""
    values, tree = Evaluation(point, Balls()), chosen(point, tree)
    entry = ("r", "c") if of_matrix else ()
    for at in assignments(point.names, point, *([("inverse", 1, 1, *entry, tree)] if of_matrix else [tree])):
        matrix = values.matrix("r", "c", tree, at) if of_matrix else [[values.value(tree, at)]]
        turned = [list(row) for row in zip(*matrix, strict=True)]
        if not all(bool((a - b).contains(0)) for x, y in zip(matrix, turned, strict=True) for a, b in zip(x, y, strict=True)):
            return False
        if not _minors_are_positive(matrix):
            return False
    return True


def assignments(names: Names, point: Point, *trees: Tree) -> Iterator[dict[str, int]]:
    """All values of the letters that are free in trees."""
    found: set[Any] = set().union(*map(free, trees))
    letters: list[str] = sorted(found)
    for chosen in itertools.product(*(point.span(names.letters[letter]) for letter in letters)):
        yield dict(zip(letters, chosen, strict=True))


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
    number = Balls().number
    return value.is_finite() and bool(abs(value - number(stated[0])) <= number(stated[1]))


def check_point(statement: Statement, told: Mapping[str, Any]) -> str:
    """See that the statement fails at a point; what was seen there."""
    names, relation = statement.names, statement.relation
    at = told["at"]
    for letter in free(statement.left) | free(statement.right):
        require(letter in at, f"a free letter without a value: {letter}")
    first = Point(names, told)
    for letter, value in at.items():
        require(type(value) is int and value in first.span(names.letters[letter]), f"a letter out of its range: {letter}")
    with precision(told["bits"]):
        require(admits(statement, first), "a point that is not such as is assumed")
        left, right = chosen(first, statement.left), chosen(first, statement.right)
        here = Evaluation(first, Balls())
        if relation in ("= up to a constant", "proportional to"):
            require(set(told["second"]) <= set(statement.parameters), "a second point that differs in more than the parameters")
            second = Point(names, told, second=True)
            require(admits(statement, second), "a second point that is not such as is assumed")
            quantity = ("divide", left, right) if relation == "proportional to" else less(left, right)
            values = [here.value(quantity, at), Evaluation(second, Balls()).value(quantity, at)]
            return _told_apart(values, told, "not the same at two values of the parameters")
        require(told["second"] == {}, "a second point that nothing asks for")
        found = told["finding"]
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
        require(found == "differ", "an unknown finding")
        values = [here.value(left, at), here.value(right, at)]
        seen = _told_apart(values, told, "the two sides differ")
        small, large = (ball(told[side]) for side in (("left", "right") if relation in ("<=", "<") else ("right", "left")))
        if relation in ("<=", ">=", "<", ">"):
            require(small[0] - small[1] > large[0] + large[1], "the bound holds there")
            return "the bound fails"
        require(relation in ("=", "not identically 0"), f"a relation of which no point says anything: {relation}")
        return seen


def _told_apart(values: Sequence[arb], told: Mapping[str, Any], seen: str) -> str:
    left, right = ball(told["left"]), ball(told["right"])
    require(lies_in(values[0], left) and lies_in(values[1], right), "the values lie outside of the balls that are stated")
    require(abs(left[0] - right[0]) > left[1] + right[1], "the stated balls meet")
    return seen
