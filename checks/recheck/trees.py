"""The language of certificates: trees, whether they are well formed, their derivatives, and statements made of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

Tree = tuple[Any, ...]
NUMERAL = re.compile(r"[-+*/^().,\s\d]*")
Letter = str | int
Range = tuple[int, str, bool]
"""Lower limit, the name of the upper one, and whether it stands for a continuum, over which a sum is an integral."""


class Rejected(Exception):
    """The certificate does not show what it says."""


def require(condition: bool, why: str) -> None:
    if not condition:
        raise Rejected(why)


# Trees. What stands in each place of a node: k a key, v a value, i an index (I a list of them), b a letter that is bound in the
# trees t of the node (B a list of them), u a tree in which it is not; S the entries of its arguments by which a function was
# differentiated, each the number of the argument and indices; a star: any number of the last.

PLACES: Mapping[str, str] = {
    "number": "v",
    "pi": "",
    "size": "v",
    "entry": "ki*",
    "delta": "ii",
    "add": "t*",
    "multiply": "t*",
    "divide": "tt",
    "power": "tt",
    "exp": "t",
    "log": "t",
    "function": "vt",
    "sum": "bt",
    "product": "bt",
    "inverse": "iibbt",
    "determinant": "bbt",
    "apply": "kISt*",
    "vector": "bt",
    "argument": "vi*",
    "derivative": "tki*",
    "substitute": "kBtu",
}
ROLES = ("data", "param", "current", "latent", "frozen", "const")
INTEGERS = ("integer", "count", "covering count", "bool", "one-hot")
SUMS_TO_ONE = ("simplex", "closed simplex", "one-hot")
SYMMETRIC = ("spd", "sym")
POSITIVE = ("positive", "unit", "simplex")
NONNEGATIVE = ("nonnegative", "closed simplex", "one-hot", "count", "bool", "covering", "covering count")
RESERVED = "#%~@"
"""How the names of letters begin that stand in no certificate."""
FUNCTIONS = ("loggamma", "gamma", "digamma", "trigamma", "erf", "cos", "sin", "besseli0", "besseli1")


@lru_cache(None)
def _pattern(kind: str, length: int) -> str:
    pattern = PLACES[kind]
    if pattern.endswith("*"):
        pattern = pattern[:-2] + pattern[-2] * (length + 1 - len(pattern))
    require(len(pattern) == length - 1, f"a node of another length: {kind}")
    return pattern


def places(tree: Tree) -> list[tuple[str, Any]]:
    """The parts of a node, each with what it is."""
    return list(zip(_pattern(tree[0], len(tree)), tree[1:], strict=True))


def mapped(tree: Tree, sub: Callable[[Tree], Tree]) -> Tree:
    """A node with its subtrees changed."""
    return (tree[0], *(sub(part) if kind in "tu" else part for kind, part in places(tree)))


def bound(tree: Tree) -> tuple[str, ...]:
    """The letters that a node binds."""
    if "b" not in PLACES[tree[0]] and "B" not in PLACES[tree[0]]:
        return ()
    return tuple(letter for kind, part in places(tree) if kind in "bB" for letter in ((part,) if kind == "b" else part))


def indices_of(tree: Tree) -> list[Letter]:
    """The indices that stand in a node itself."""
    return [
        i
        for kind, part in places(tree)
        if kind in "iIS"
        for i in ((part,) if kind == "i" else part if kind == "I" else [i for one in part for i in one[1:]])
    ]


@lru_cache(200_000)
def free(tree: Tree) -> frozenset[str]:
    """The letters that stand free in a tree."""
    found = {i for i in indices_of(tree) if isinstance(i, str)}
    own = frozenset(bound(tree))
    return frozenset(found).union(
        *(free(part) - (own if kind == "t" else frozenset()) for kind, part in places(tree) if kind in "tu")
    )


def nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    for kind, part in places(tree):
        if kind in "tu":
            yield from nodes(part)


class Names:
    """The tables of a statement, and letters that stand nowhere else."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.letters: dict[str, Range] = {}
        self.symbols: Mapping[str, Any] = told["symbols"]
        self.functions: Mapping[str, Any] = told["functions"]
        self.counter = itertools.count(1)
        self.least: dict[str, int] | None = None
        self.declare(told["letters"])
        require(all(map(is_name, (*self.letters, *self.symbols, *self.functions))), "a name that is none")
        for key, own in (*self.symbols.items(), *self.functions.items()):
            require(isinstance(own["domain"], str) and all(map(range_, own["family"])), f"a declaration that is none: {key}")
        for key, own in self.functions.items():
            over, shapes = own["normalised over"], own["arguments"]
            known = over is None or (type(over) is int and over >= 0 and own["family"][over][0] <= 1)
            require(known and all(is_name(size) for shape in shapes for size in shape), f"a function that is none: {key}")
        for key, own in self.symbols.items():
            shape, domain = own["shape"], own["domain"]
            require(own["role"] in ROLES and all(map(is_name, shape)), f"a declaration that is none: {key}")
            square = len(shape) == 2 and shape[0] == shape[1]
            require(domain not in SYMMETRIC or square, f"a symmetric matrix that is not square: {key}")
            filled = bool(own["family"]) and own["family"][-1][0] <= 1
            require(domain not in SUMS_TO_ONE or filled, f"a simplex of one number, or of none: {key}")

    def declare(self, letters: Mapping[str, Any]) -> None:
        for name, own in letters.items():
            require(name[:1] not in ("", *RESERVED), "a letter of a reserved name")
            require(self.letters.setdefault(name, range_(own)) == range_(own), f"a letter of two ranges: {name}")

    def fresh(self, own: Range) -> str:
        name = f"~{next(self.counter)}"
        self.letters[name] = own
        return name

    def like(self, letter: str) -> str:
        return self.fresh(self.letters[letter])

    def named(self, mark: str, number: int, own: Range) -> str:
        """The letter of this mark, number and range."""
        name = f"{mark}{number}|{own}"
        self.letters[name] = own
        return name

    def is_whole(self, exponent: Tree) -> bool:
        """Whether an exponent is made of whole numbers alone: a base that is not positive may have such a power too."""
        return all(
            node[0] in ("number", "size", "delta", "add", "multiply", "divide", "power", "sum", "product")
            or (node[0] == "entry" and self.symbols[node[1]]["domain"] in INTEGERS)
            for node in nodes(exponent)
        )

    def rename(self, tree: Tree, letters: Mapping[Any, Letter], level: int | None = None, anew: bool = True) -> Tree:
        """Free letters replaced, all at once; those that are bound get letters of their own, or by their ``level``.

        With ``anew`` false a bound letter stays what it is unless it would capture what is put in.
        """
        own: dict[Any, Letter] = {}
        for letter in bound(tree):
            kept = not anew and letter not in letters.values()
            own[letter] = (
                self.named("%", level + len(own), self.letters[letter])
                if level is not None
                else letter
                if kept
                else self.like(letter)
            )
        inside, below = {**letters, **own}, None if level is None else level + len(own)
        made: list[Any] = [tree[0]]
        for kind, part in places(tree):
            match kind:
                case "t" | "u":
                    made.append(self.rename(part, inside if kind == "t" else letters, below, anew))
                case "i" | "b":
                    made.append(letters.get(part, part) if kind == "i" else own[part])
                case "I" | "B":
                    made.append(tuple(letters.get(i, i) if kind == "I" else own[i] for i in part))
                case "S":
                    made.append(tuple((one[0], *(letters.get(i, i) for i in one[1:])) for one in part))
                case _:
                    made.append(part)
        return tuple(made)

    def ranges_of(self, key: str) -> list[Range]:
        """The ranges of the indices of a symbol's entries."""
        symbol = self.symbols[key]
        return [range_(own) for own in symbol["family"]] + [(1, size, False) for size in symbol["shape"]]

    def lies_in(self, index: Any, own: Range) -> bool:
        """Whether every value of an index lies in a range, lower limits included."""
        if isinstance(index, str):
            mine = self.letters[index]
            return mine[1:] == own[1:] and mine[0] >= own[0]
        # Once it is known what a statement speaks of, a number is an index where the size is so large in every case.
        reached = self.least is None or index in range(own[0], max(1, self.least.get(own[1], 1)) + 1)
        return type(index) is int and index >= own[0] and not own[2] and reached

    def named_in(self, tree: Tree) -> Iterator[tuple[str, int]]:
        """The sizes of which a tree names an entry outside of sums that may be empty, and which one."""
        indices = indices_of(tree)
        spans = self._spans(tree, bound(tree), len(indices))
        if tree[0] == "delta":
            spans = [self.letters[other] if isinstance(other, str) else None for other in indices[::-1]]
        yield from ((own[1], i) for i, own in zip(indices, spans, strict=True) if own is not None and type(i) is int)
        if not any(self.letters[letter][0] > 1 for letter in bound(tree)):
            yield from (found for what, part in places(tree) if what in "tu" for found in self.named_in(part))

    def check(self, tree: Any, inside: frozenset[str]) -> None:
        """See that every index stands in the range of its place, and every letter is bound or free in the statement."""
        require(isinstance(tree, tuple) and bool(tree) and tree[0] in PLACES, "a node of no known kind")
        kind = tree[0]
        for what, part in places(tree):
            require(what not in "tu" or isinstance(part, tuple), "a part that is no tree")
            require(what not in "IBS" or isinstance(part, tuple), "a part that is no list of indices")
        own = bound(tree)
        require(len(set(own)) == len(own) and all(letter in self.letters for letter in own), "bound letters that are no letters")
        indices = indices_of(tree)
        for index in indices:
            require(
                index in inside if isinstance(index, str) else type(index) is int, f"a letter that stands for nothing: {index}"
            )
        spans = self._spans(tree, own, len(indices))
        require(len(spans) == len(indices), f"another number of indices: {kind}")
        for index, span in zip(indices, spans, strict=True):
            require(span is None or self.lies_in(index, span), f"an index out of its range: {index}")
        for what, part in places(tree):
            if what in "tu":
                self.check(part, inside | frozenset(own) if what == "t" else inside)
        if kind == "number":
            require(isinstance(tree[1], str) and str(Fraction(tree[1])) == tree[1], "a number that is written otherwise")
        require(kind != "size" or (is_name(tree[1]) and tree[1] not in self.symbols), "a size that has no name of its own")

    def _spans(self, tree: Tree, own: Sequence[str], count: int) -> Sequence[Range | None]:
        """The ranges in which the indices of a node have to lie; what else a node asks for."""
        match tree:
            case ("entry", key, *_):
                return self.ranges_of(key)
            case ("derivative", _, key, *_) | ("substitute", key, *_):
                spans = self.ranges_of(key)
                require(not any(span[2] for span in spans), "a derivative or a substitution over a continuum")
                whole = tree[0] == "derivative" or [self.letters[letter] for letter in own] == spans
                require(whole, "a substitution of a part of a family")
                return spans if tree[0] == "derivative" else ()
            case ("apply", name, _, taken, *arguments):
                function = self.functions[name]
                shapes = [[(1, size, False) for size in shape] for shape in function["arguments"]]
                found = [[self.letters[letter] for letter in vector(one)[0]] for one in arguments]
                require(found == shapes, "arguments of other shapes")
                return [range_(one) for one in function["family"]] + [span for k, *_ in taken for span in shapes[k]]
            case ("delta", *indices):
                require(not any(isinstance(i, str) and self.letters[i][2] for i in indices), "a delta over a continuum")
            case ("inverse" | "determinant", *_):
                whole = self.letters[own[0]]
                require(whole[0] == 1 and not whole[2] and self.letters[own[1]] == whole, "a matrix that is not square")
                return [whole] * count
            case ("product", letter, _):
                require(not self.letters[letter][2], "a product over a continuum")
            case ("function", name, _):
                require(name in FUNCTIONS, f"an unknown function: {name}")
            case _:
                pass
        return [None] * count


def vector(tree: Tree) -> tuple[tuple[str, ...], Tree]:
    """The letters of an argument's entries, and the entry."""
    if tree[0] != "vector":
        return (), tree
    letters, entry = vector(tree[2])
    return (tree[1], *letters), entry


def is_name(told: Any) -> bool:
    """Whether what is printed of a name is seen to be one."""
    return isinstance(told, str) and told.isprintable() and not NUMERAL.fullmatch(told)


def definite(told: Mapping[str, Any]) -> Tree:
    """What is assumed to be positive, or the determinant of the matrix that is assumed to be definite."""
    tree = frozen(told["definite"])
    return ("determinant", *told["of matrix"], tree) if told["of matrix"] else tree


def range_(told: Sequence[Any]) -> Range:
    lower, upper, continuum = told
    require(type(lower) is int and is_name(upper) and isinstance(continuum, bool), "a range that is none")
    return lower, upper, continuum


def frozen(told: Any) -> Any:
    """Lists as tuples."""
    return tuple(map(frozen, told)) if isinstance(told, list) else told


ZERO, ONE = ("number", "0"), ("number", "1")


def number(value: Fraction | int | str) -> Tree:
    return ("number", str(value))


def times(*factors: Tree) -> Tree:
    kept = [factor for factor in factors if factor != ONE]
    return ZERO if ZERO in kept else ONE if not kept else kept[0] if len(kept) == 1 else ("multiply", *kept)


def plus(*terms: Tree) -> Tree:
    kept = [term for term in terms if term != ZERO]
    return ZERO if not kept else kept[0] if len(kept) == 1 else ("add", *kept)


def less(tree: Tree, other: Tree) -> Tree:
    return plus(tree, times(number(-1), other))


def power(base: Tree, exponent: Fraction | int | str) -> Tree:
    return ("power", base, number(exponent))


def summed(letters: Sequence[str], tree: Tree) -> Tree:
    for letter in reversed(letters):
        tree = ZERO if tree == ZERO else ("sum", letter, tree)
    return tree


# Derivatives.

SLOPES: Mapping[str, Callable[[Tree], Tree]] = {
    "loggamma": lambda x: ("function", "digamma", x),
    "gamma": lambda x: times(("function", "gamma", x), ("function", "digamma", x)),
    "digamma": lambda x: ("function", "trigamma", x),
    "cos": lambda x: times(number(-1), ("function", "sin", x)),
    "sin": lambda x: ("function", "cos", x),
    "erf": lambda x: times(number(2), ("exp", times(number(-1), x, x)), power(("pi",), "-1/2")),
    "besseli0": lambda x: ("function", "besseli1", x),
    "besseli1": lambda x: less(("function", "besseli0", x), ("divide", ("function", "besseli1", x), x)),
}


def slope(names: Names, tree: Tree, key: str, at: Sequence[Letter]) -> Tree:
    """The partial derivative of a tree by the entry ``at`` of a symbol."""

    def d(inner: Tree) -> Tree:
        return slope(names, inner, key, at)

    def over(above: Tree, below: Tree) -> Tree:
        return ZERO if above == ZERO else ("divide", above, below)

    if tree[0] in ("inverse", "substitute", "determinant") or set(bound(tree)) & set(at):
        tree = names.rename(tree, {})
    match tree:
        case ("number" | "pi" | "size" | "delta", *_):
            return ZERO
        case ("entry", own, *indices):
            return times(*(("delta", i, j) for i, j in zip(indices, at, strict=True))) if own == key else ZERO
        case ("add", *terms):
            return plus(*map(d, terms))
        case ("multiply", *factors):
            return plus(*(times(*factors[:k], d(one), *factors[k + 1 :]) for k, one in enumerate(factors)))
        case ("divide", above, below):
            return less(over(d(above), below), over(over(times(above, d(below)), below), below))
        case ("power", base, exponent):
            lower = number(Fraction(exponent[1]) - 1) if exponent[0] == "number" else less(exponent, ONE)
            by_base = times(exponent, ("power", base, lower), moved) if (moved := d(base)) != ZERO else ZERO
            return plus(by_base, times(tree, grown, ("log", base)) if (grown := d(exponent)) != ZERO else ZERO)
        case ("exp", inner):
            return times(tree, d(inner))
        case ("log", inner):
            return over(d(inner), inner)
        case ("function", name, inner):
            moved = d(inner)
            require(moved == ZERO or name in SLOPES, f"no derivative is known of {name}")
            return ZERO if moved == ZERO else times(SLOPES[name](inner), moved)
        case ("sum", letter, body):
            return summed([letter], d(body))
        case ("product", letter, body):
            return times(tree, summed([letter], over(d(body), body)))
        case ("inverse", a, b, r, c, body):
            left, right = (names.rename(one, {}) for one in (("inverse", a, r, r, c, body), ("inverse", c, b, r, c, body)))
            return times(number(-1), summed([r, c], times(left, d(body), right)))
        case ("determinant", r, c, body):
            return times(tree, summed([r, c], times(names.rename(("inverse", c, r, r, c, body), {}), d(body))))
        case ("derivative", body, other, *indices):
            return d(slope(names, body, other, indices))
        case ("apply", name, indices, taken, *arguments):
            parts: list[Tree] = []
            for k, argument in enumerate(arguments):
                letters, entry = vector(names.rename(argument, {}) if argument[0] == "vector" else argument)
                parts.append(summed(letters, times(("apply", name, indices, (*taken, (k, *letters)), *arguments), d(entry))))
            return plus(*parts)
        case ("substitute", own, letters, value, body):
            through = ZERO
            if (moved := d(value)) != ZERO:
                through = summed(letters, times(("substitute", own, letters, value, slope(names, body, own, letters)), moved))
            return plus(through, ZERO if own == key else ("substitute", own, letters, value, d(body)))
        case _:
            raise Rejected(f"no derivative is known of {tree[0]}")


# Derivatives and substitutions, carried out.


def expanded(names: Names, tree: Tree) -> Tree:
    """A tree with every derivative taken, and then every substitution made, from the inside out."""
    return _expanded(names, names.rename(tree, {}))


def _expanded(names: Names, tree: Tree) -> Tree:
    tree = mapped(tree, lambda t: _expanded(names, t))
    match tree:
        case ("derivative", body, key, *indices):
            return slope(names, body, key, indices)
        case ("substitute", key, letters, value, body):

            def put_in(own: str, indices: Sequence[Letter]) -> Tree:
                return names.rename(value, dict(zip(letters, indices, strict=True))) if own == key else ("entry", own, *indices)

            return _replaced(names, body, put_in, free(value))
        case _:
            return tree


def _replaced(names: Names, tree: Tree, entry: Callable[[str, Sequence[Letter]], Tree], taken: frozenset[str]) -> Tree:
    """A tree with something in place of each entry, in which the letters ``taken`` are free."""
    if tree[0] == "entry":
        return entry(tree[1], tree[2:])
    if not taken.isdisjoint(bound(tree)):
        tree = names.rename(tree, {})
    return mapped(tree, lambda t: _replaced(names, t, entry, taken))


# Statements.


class Statement:
    """What is said: two trees and a relation, for every value of the letters that are free in them."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.names = Names(told)
        self.relation: str = told["relation"]
        require(not any(name.startswith("*") for name in (*told["letters"], *told["symbols"])), "a name that points have")
        self.left, self.right = frozen(told["left"]), frozen(told["right"])
        self.parameters: list[str] = told["parameters"]
        self.entries: list[str] = told["entries"]
        self.assumptions: list[Mapping[str, Any]] = told["assumptions"]
        self.multiplier = frozen(told["multiplier"]) if "multiplier" in told else None
        for key in self.parameters:
            require(key in self.names.symbols, f"a parameter that is not declared: {key}")
        for one in self.assumptions:
            kinds = {"equation", "bound", "apart", "definite", "larger"} & set(one)
            require(bool(kinds) and set(one) <= kinds | {"text", "of matrix"}, "an assumption of no known kind")
        alone = self.multiplier is None or self.relation in ("same argmax", "implies")
        require(alone, "a multiplier that is not printed")
        require(free(self.multiplier or ONE) <= free(self.left) | free(self.right), "a multiplier with letters of its own")
        for tree in self.trees():
            self.names.check(tree, frozenset(self.names.letters))
            require(not any(node[0] == "apply" and node[3] for node in nodes(tree)), "a function that was differentiated already")
            require(all(len(node) > 1 or node == ("pi",) for node in nodes(tree)), "a sum or a product of nothing")
        sides = (self.left, self.right)
        known = [found for tree in sides for found in self.names.named_in(tree)]
        known += [(self.names.letters[letter][1], self.names.letters[letter][0]) for tree in sides for letter in free(tree)]
        larger = [one["larger"] for one in self.assumptions if "larger" in one]
        known += [(size, least + 1) for size, least in larger if type(least) is int]
        self.names.least = {size: max(least for own, least in known if own == size) for size, _ in known}

    def trees(self) -> Iterator[Tree]:
        yield from (tree for tree in (self.left, self.right, self.multiplier) if tree is not None)
        for assumption in self.assumptions:
            for pair in ("equation", "bound", "apart"):
                yield from map(frozen, assumption.get(pair, ()))
            if "definite" in assumption:
                yield definite(assumption)
