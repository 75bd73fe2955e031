"""The language of certificates: trees, whether they are well formed, their derivatives, and statements made of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

Tree = tuple[Any, ...]
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
    "at equal": "t",
    "substitute": "kBtu",
}
ROLES = ("data", "param", "current", "latent", "frozen", "const")
SUMS_TO_ONE = ("simplex", "closed simplex", "one-hot")
FUNCTIONS = ("loggamma", "gamma", "digamma", "trigamma", "erf", "cos", "sin", "besseli0", "besseli1")


def places(tree: Tree) -> Iterator[tuple[str, Any]]:
    """The parts of a node, each with what it is."""
    pattern = PLACES[tree[0]]
    if pattern.endswith("*"):
        pattern = pattern[:-2] + pattern[-2] * (len(tree) + 1 - len(pattern))
    require(len(pattern) == len(tree) - 1, f"a node of another length: {tree[0]}")
    yield from zip(pattern, tree[1:], strict=True)


def mapped(tree: Tree, index: Callable[[Letter], Letter], sub: Callable[[Tree], Tree]) -> Tree:
    """A node with its free indices and its subtrees changed; those it binds stay."""
    made: list[Any] = [tree[0]]
    for kind, part in places(tree):
        made.append(
            index(part)
            if kind == "i"
            else sub(part)
            if kind in "tu"
            else tuple(map(index, part))
            if kind == "I"
            else tuple((one[0], *map(index, one[1:])) for one in part)
            if kind == "S"
            else part
        )
    return tuple(made)


def bound(tree: Tree) -> tuple[str, ...]:
    """The letters that a node binds."""
    return tuple(letter for kind, part in places(tree) if kind in "bB" for letter in ((part,) if kind == "b" else part))


def free(tree: Tree) -> frozenset[Letter]:
    """The letters that stand free in a tree."""
    found: set[Letter] = set()
    for kind, part in places(tree):
        if kind in "iI":
            found.update((part,) if kind == "i" else part)
        elif kind == "S":
            found.update(index for one in part for index in one[1:])
        elif kind in "tu":
            found |= free(part) - frozenset(bound(tree) if kind == "t" else ())
    return frozenset(letter for letter in found if isinstance(letter, str))


class Names:
    """The tables of a statement, and letters that stand nowhere else."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.letters: dict[str, Range] = {name: range_(own) for name, own in told["letters"].items()}
        require(not any(name[:1] in ("", "#", "$", "~") for name in self.letters), "a letter of a reserved name")
        self.symbols: Mapping[str, Any] = told["symbols"]
        self.functions: Mapping[str, Any] = told["functions"]
        self.counter = itertools.count(1)
        for key, own in (*self.symbols.items(), *self.functions.items()):
            require(isinstance(own["domain"], str) and all(map(range_, own["family"])), f"a declaration that is none: {key}")
        for key, own in self.symbols.items():
            shape, domain = own["shape"], own["domain"]
            require(own["role"] in ROLES and all(isinstance(size, str) for size in shape), f"a declaration that is none: {key}")
            square = len(shape) == 2 and shape[0] == shape[1]
            require(domain not in ("spd", "sym") or square, f"a symmetric matrix that is not square: {key}")
            require(domain not in SUMS_TO_ONE or bool(own["family"]), f"a simplex of one number: {key}")

    def with_more(self, symbols: Mapping[str, Any], letters: Mapping[str, Any]) -> Names:
        """The same tables, with symbols and letters that a point has of its own."""
        require(all(name.startswith("*") for name in (*symbols, *letters)), "a point that declares what is not its own")
        found = Names({"letters": letters, "symbols": {**self.symbols, **symbols}, "functions": self.functions})
        self.letters.update(found.letters)
        found.letters, found.counter = self.letters, self.counter
        return found

    def fresh(self, own: Range) -> str:
        name = f"~{next(self.counter)}"
        self.letters[name] = own
        return name

    def like(self, letter: str) -> str:
        return self.fresh(self.letters[letter])

    def opened(self, tree: Tree) -> Tree:
        """A tree with letters of its own in place of those it binds: nothing that is put under it can be captured."""
        return self.rename(tree, {})

    def rename(self, tree: Tree, letters: Mapping[Any, Letter]) -> Tree:
        """Free letters replaced, all at once; those that are bound get letters of their own."""
        own = {letter: self.like(letter) for letter in bound(tree)}
        inside = {**letters, **own}
        made: list[Any] = [tree[0]]
        for kind, part in places(tree):
            match kind:
                case "t" | "u":
                    made.append(self.rename(part, inside if kind == "t" else letters))
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

    def partner(self, key: str, role: str, other: str) -> str:
        """The key of the same symbol in another role, where it has the first; itself where it has not, or stands in one only."""
        wanted = {**self.symbols[key], "role": other}
        found = [name for name, told in self.symbols.items() if told == wanted]
        return found[0] if self.symbols[key]["role"] == role and found else key

    # Whether a tree is well formed.

    def check(self, tree: Any, inside: frozenset[str]) -> None:
        """See that every index stands in the range of its place, and every letter is bound or free in the statement."""
        require(isinstance(tree, tuple) and bool(tree) and tree[0] in PLACES, "a node of no known kind")
        kind = tree[0]
        for what, part in places(tree):
            require(what not in "tu" or isinstance(part, tuple), "a part that is no tree")
            require(what != "b" or part in self.letters, "a bound letter without a range")
            require(what not in "IBS" or isinstance(part, tuple), "a part that is no list of indices")
        own = bound(tree)
        require(len(set(own)) == len(own) and all(letter in self.letters for letter in own), "bound letters that are no letters")
        spans: Sequence[Range | None] = ()
        indices: Sequence[Letter] = [i for what, part in places(tree) if what in "iI" for i in ((part,) if what == "i" else part)]
        if kind == "number":
            Fraction(tree[1])
        elif kind in ("entry", "derivative", "substitute"):
            key = tree[2] if kind == "derivative" else tree[1]
            require(key in self.symbols, f"a symbol that is not declared: {key}")
            spans = self.ranges_of(key)
            require(kind == "entry" or not any(own[2] for own in spans), "a derivative or a substitution over a continuum")
            if kind == "substitute":
                require([self.letters[letter] for letter in own] == spans, "a substitution of a part of a family")
                spans = ()
        elif kind == "apply":
            function = self.functions[tree[1]]
            spans = [range_(one) for one in function["family"]]
            require(tree[3] == (), "a function that was differentiated already")
            shapes = [[self.letters[letter] for letter in vector(one)[0]] for one in tree[4:]]
            require(shapes == [[(1, size, False) for size in own] for own in function["arguments"]], "arguments of other shapes")
        elif kind == "delta":
            require(not any(isinstance(i, str) and self.letters[i][2] for i in indices), "a delta over a continuum")
            spans = [None, None]
        elif kind in ("inverse", "determinant"):
            whole = self.letters[own[0]]
            require(whole[0] == 1 and not whole[2] and self.letters[own[1]] == whole, "a matrix that is not square")
            spans = [whole, whole] if kind == "inverse" else ()
        elif kind == "at equal":
            moved = [key for key, told in self.symbols.items() if told["role"] == "current"]
            require(all(self.partner(key, "current", "param") != key for key in moved), "a theta_t without a theta")
        elif kind == "product":
            require(not self.letters[own[0]][2], "a product over a continuum")
        elif kind == "argument":
            spans = [None] * len(indices)
        elif kind == "function":
            require(tree[1] in FUNCTIONS, f"an unknown function: {tree[1]}")
        require(len(indices) == len(spans), f"another number of indices: {kind}")
        for index, span in zip(indices, spans, strict=True):
            if isinstance(index, str):
                require(index in inside, f"a letter that stands for nothing: {index}")
                mine = self.letters[index]
                fits = span is None or (mine[1:] == span[1:] and mine[0] >= span[0])
                require(fits, f"an index out of its range: {index}")
            else:
                require(type(index) is int and (span is None or (index >= span[0] and not span[2])), "an index out of its range")
        for what, part in places(tree):
            if what in "tu":
                self.check(part, inside | frozenset(own) if what == "t" else inside)


def vector(tree: Tree) -> tuple[tuple[str, ...], Tree]:
    """The letters of an argument's entries, and the entry."""
    if tree[0] != "vector":
        return (), tree
    letters, entry = vector(tree[2])
    return (tree[1], *letters), entry


def range_(told: Sequence[Any]) -> Range:
    lower, upper, continuum = told
    require(type(lower) is int and isinstance(upper, str) and isinstance(continuum, bool), "a range that is none")
    return lower, upper, continuum


def frozen(told: Any) -> Any:
    """Lists as tuples."""
    return tuple(map(frozen, told)) if isinstance(told, list) else told


ZERO, ONE = ("number", "0"), ("number", "1")


def times(*factors: Tree) -> Tree:
    kept = [factor for factor in factors if factor != ONE]
    return ZERO if ZERO in kept else ONE if not kept else kept[0] if len(kept) == 1 else ("multiply", *kept)


def plus(*terms: Tree) -> Tree:
    kept = [term for term in terms if term != ZERO]
    return ZERO if not kept else kept[0] if len(kept) == 1 else ("add", *kept)


def less(tree: Tree, other: Tree) -> Tree:
    return plus(tree, times(("number", "-1"), other))


def whole_number(tree: Tree) -> int | None:
    value = Fraction(tree[1]) if tree[0] == "number" else None
    return int(value) if value is not None and value.denominator == 1 else None


def nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    for kind, part in places(tree):
        if kind in "tu":
            yield from nodes(part)


# Derivatives.

SLOPES: Mapping[str, Callable[[Tree], Tree]] = {
    "loggamma": lambda x: ("function", "digamma", x),
    "gamma": lambda x: times(("function", "gamma", x), ("function", "digamma", x)),
    "digamma": lambda x: ("function", "trigamma", x),
    "cos": lambda x: times(("number", "-1"), ("function", "sin", x)),
    "sin": lambda x: ("function", "cos", x),
    "erf": lambda x: times(("number", "2"), ("exp", times(("number", "-1"), x, x)), ("power", ("pi",), ("number", "-1/2"))),
    "besseli0": lambda x: ("function", "besseli1", x),
    "besseli1": lambda x: less(("function", "besseli0", x), ("divide", ("function", "besseli1", x), x)),
}


def slope(names: Names, tree: Tree, key: str, at: Sequence[Letter]) -> Tree:
    """The partial derivative of a tree by the entry ``at`` of a symbol."""

    def d(inner: Tree) -> Tree:
        return slope(names, inner, key, at)

    if tree[0] in ("inverse", "substitute") or set(bound(tree)) & set(at):
        tree = names.opened(tree)
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
            whole, under = d(above), d(below)
            second = ZERO if under == ZERO else ("divide", times(above, under), times(below, below))
            return less(ZERO if whole == ZERO else ("divide", whole, below), second)
        case ("power", base, exponent):
            moved, grown = d(base), d(exponent)
            lower = ("number", str(Fraction(exponent[1]) - 1)) if exponent[0] == "number" else less(exponent, ONE)
            by_base = ZERO if moved == ZERO else times(exponent, ("power", base, lower), moved)
            return plus(by_base, ZERO if grown == ZERO else times(tree, grown, ("log", base)))
        case ("exp", inner):
            return times(tree, d(inner))
        case ("log", inner):
            moved = d(inner)
            return ZERO if moved == ZERO else ("divide", moved, inner)
        case ("function", name, inner):
            moved = d(inner)
            require(moved == ZERO or name in SLOPES, f"no derivative is known of {name}")
            return ZERO if moved == ZERO else times(SLOPES[name](inner), moved)
        case ("sum", letter, body):
            moved = d(body)
            return ZERO if moved == ZERO else ("sum", letter, moved)
        case ("product", letter, body):
            moved = d(body)
            return ZERO if moved == ZERO else times(tree, ("sum", letter, ("divide", moved, body)))
        case ("inverse", a, b, r, c, body):
            moved = d(body)
            left, right = ("inverse", a, r, *_another(names, r, c, body)), ("inverse", c, b, *_another(names, r, c, body))
            return ZERO if moved == ZERO else times(("number", "-1"), ("sum", r, ("sum", c, times(left, moved, right))))
        case ("determinant", r, c, body):
            moved = d(body)
            inverted = ("inverse", c, r, *_another(names, r, c, body))
            return ZERO if moved == ZERO else times(tree, ("sum", r, ("sum", c, times(inverted, moved))))
        case ("derivative", body, other, *indices):
            return d(slope(names, body, other, indices))
        case ("apply", name, indices, taken, *arguments):
            parts: list[Tree] = []
            for k, argument in enumerate(arguments):
                letters, entry = vector(names.opened(argument) if argument[0] == "vector" else argument)
                moved = d(entry)
                part = ZERO if moved == ZERO else times(("apply", name, indices, (*taken, (k, *letters)), *arguments), moved)
                for letter in letters:
                    part = part if part == ZERO else ("sum", letter, part)
                parts.append(part)
            return plus(*parts)
        case ("at equal", body):
            if names.symbols[key]["role"] == "current":
                return ZERO
            later = names.partner(key, "param", "current")
            moved = plus(d(body), ZERO if later == key else slope(names, body, later, at))
            return ZERO if moved == ZERO else ("at equal", moved)
        case ("substitute", own, letters, value, body):
            through = ZERO
            moved = d(value)
            if moved != ZERO:
                inner = times(("substitute", own, letters, value, slope(names, body, own, letters)), moved)
                for letter in letters:
                    inner = ("sum", letter, inner)
                through = inner
            return plus(through, ZERO if own == key else ("substitute", own, letters, value, d(body)))
        case _:
            raise Rejected(f"no derivative is known of {tree[0]}")


def _another(names: Names, r: str, c: str, body: Tree) -> tuple[str, str, Tree]:
    """The same matrix with other letters for row and column."""
    row, column = names.like(r), names.like(c)
    return row, column, names.rename(body, {r: row, c: column})


# Derivatives and substitutions, carried out.


def expanded(names: Names, tree: Tree) -> Tree:
    """A tree with every derivative taken, and then every substitution made, from the inside out."""
    return _expanded(names, names.opened(tree))


def _expanded(names: Names, tree: Tree) -> Tree:
    tree = mapped(tree, lambda i: i, lambda t: _expanded(names, t))
    match tree:
        case ("derivative", body, key, *indices):
            return slope(names, body, key, indices)
        case ("at equal", body):

            def at_theta(own: str, indices: Sequence[Letter]) -> Tree:
                return ("entry", names.partner(own, "current", "param"), *indices)

            return _replaced(names, body, at_theta, frozenset())
        case ("substitute", key, letters, value, body):

            def put_in(own: str, indices: Sequence[Letter]) -> Tree:
                return names.rename(value, dict(zip(letters, indices, strict=True))) if own == key else ("entry", own, *indices)

            return _replaced(names, body, put_in, free(value))
        case _:
            return tree


def _replaced(names: Names, tree: Tree, entry: Callable[[str, Sequence[Letter]], Tree], taken: frozenset[Letter]) -> Tree:
    """A tree with something in place of each entry, in which the letters ``taken`` are free."""
    if tree[0] == "entry":
        return entry(tree[1], tree[2:])
    if not taken.isdisjoint(bound(tree)):
        tree = names.opened(tree)
    return mapped(tree, lambda i: i, lambda t: _replaced(names, t, entry, taken))


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
        for tree in self.trees():
            self.names.check(tree, frozenset(self.names.letters))

    def trees(self) -> Iterator[Tree]:
        yield from (tree for tree in (self.left, self.right, self.multiplier) if tree is not None)
        for assumption in self.assumptions:
            for pair in ("equation", "bound", "apart"):
                yield from map(frozen, assumption.get(pair, ()))
            if "definite" in assumption:
                yield frozen(assumption["definite"])
