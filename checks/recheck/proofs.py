"""Whether a statement is proved: equations, each by axioms and those before it, lead from the difference of its sides to nothing.

A proof replaces nothing and searches nothing. From what has to vanish, read as a sum of products, the two sides of equations are
taken, each times something and under sums, until nothing is left. Every tree that a proof speaks of must have a value wherever
both sides of the statement have: what it divides by and of what it takes a logarithm is known not to be zero, or to be positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from checks.recheck.rules import axiom, duties, duties_of_node, whole
from checks.recheck.sums import Sums, add, scale
from checks.recheck.trees import (
    INTEGERS,
    ONE,
    SUMS_TO_ONE,
    Letter,
    Rejected,
    Statement,
    Tree,
    bound,
    definite,
    expanded,
    free,
    frozen,
    less,
    mapped,
    nodes,
    number,
    places,
    plus,
    power,
    range_,
    require,
    slope,
    summed,
    times,
)

NO_VALUES = ("derivative", "substitute", "argument")
MINUS = number(-1)


class Proof:
    """What is known so far: facts on signs, and equations, for all values of letters but the ``fixed`` ones of the statement."""

    def __init__(self, statement: Statement, letters: Mapping[str, Any]) -> None:
        self.statement, self.names, self.sums = statement, statement.names, Sums(statement.names)
        self.names.declare(letters)
        self.fixed = frozenset[str]().union(*map(free, (statement.left, statement.right, statement.multiplier or ONE)))
        self.facts: list[tuple[str, Tree]] = []
        self.lemmas: list[tuple[Tree, Tree]] = []
        self.given: Tree | None = None
        self.assumed = statement.assumptions
        self.seen: set[tuple[str, Tree]] = set()

    # What is known of signs.

    def learn(self, kind: str, tree: Tree) -> None:
        self.facts.append((kind, self.names.rename(tree, {}, 0)))
        match tree:
            case ("multiply", *factors) if kind == "nonzero":
                found = factors
            case ("multiply", *factors) if kind == "positive":
                others = [factor for factor in factors if not self.known(kind, factor)]
                found = others if len(others) == 1 else []
            case ("power", base, ("number", text)) if kind == "nonzero" and Fraction(text):
                found = [base]
            case ("divide", above, _) if kind == "nonzero":
                found = [above]
            case _:
                found = []
        for part in found:
            if not self.may_be_empty(free(tree) - free(part)):
                self.learn(kind, part)

    def may_be_empty(self, letters: frozenset[str]) -> frozenset[str]:
        """Those of the letters that may stand for nothing: what is known for all their values may be known of none."""
        return frozenset(letter for letter in letters - self.fixed if self.names.letters[letter][0] > 1)

    def told_by(self, node: Tree) -> Iterator[tuple[str, Tree]]:
        """What is known where a node has a value: zero has roots, and powers by whole numbers are of any number."""
        match node:
            case ("power", base, ("number", text)) if not whole(text) and Fraction(text) > 0:
                yield "nonnegative", base
            case ("power", _, exponent) if exponent[0] != "number" and self.names.is_whole(exponent):
                pass
            case _:
                yield from duties_of_node(node)

    def duties_of(self, tree: Tree, empty: frozenset[str] = frozenset()) -> Iterator[tuple[str, Tree]]:
        """What a tree asks for: but under a sum that may be empty only what speaks of its index, which there is then."""
        yield from (one for one in self.told_by(tree) if empty <= free(one[1]))
        below = empty | {letter for letter in bound(tree) if self.names.letters[letter][0] > 1}
        for what, part in places(tree):
            if what in "tu":
                yield from self.duties_of(part, below)

    def assume_defined(self, *trees: Tree, both: bool = False) -> None:
        """Learn what trees ask for; of ``both`` sides of an equation what each asks for, and of the one what is not zero.

        Where x may be negative ``log x^2 = 2 log x`` is no equation, though its sides are equal where both are defined.
        """
        asked = [
            [(kind, self.names.rename(part, {}, 0)) for kind, part in self.duties_of(tree, self.may_be_empty(free(tree)))]
            for tree in trees
        ]
        for kind, part in (one for told in asked for one in told):
            if not both or all((kind, part) in told for told in asked):
                self.learn(kind, part)
                continue
            if all({(sign, part) for sign in ("positive", "nonnegative")} & set(told) for told in asked):
                self.learn("nonnegative", part)
            if kind != "nonnegative":
                self.learn("nonzero", part)

    def known(self, kind: str, tree: Tree) -> bool:
        """Whether a tree is positive, nonnegative or not zero: by the signs of its terms, by a fact, or by those of its parts."""
        if (kind, tree) not in self.seen and self._known(kind, tree):
            self.seen.add((kind, tree))
        return (kind, tree) in self.seen

    def _known(self, kind: str, tree: Tree) -> bool:
        value = self.sums.read(tree)
        if (self.sums.is_nonnegative if kind == "nonnegative" else self.sums.is_positive)(value):
            return True
        if kind == "nonzero" and self.sums.is_positive(scale(value, -1)):
            return True
        plain = self.names.rename(tree, {}, 0)
        if any(own in (kind, "positive") and self._is_instance(fact, plain, {}) for own, fact in self.facts):
            return True
        if kind == "positive" and self.known("nonzero", tree) and self.known("nonnegative", tree):
            return True
        match tree:
            case ("add", *terms) if kind != "nonzero":
                signs = all(self.known("nonnegative", term) for term in terms)
                return signs and (kind == "nonnegative" or any(self.known(kind, term) for term in terms))
            case ("multiply" | "divide", *factors):
                squared = kind == "nonnegative" and tree[0] == "multiply"
                return all(self.known(kind, one) for one in factors if not squared or factors.count(one) % 2)
            case ("power", base, ("number", text)):
                return (kind == "nonnegative" and Fraction(text) % 2 == 0) or self.known(kind, base)
            case ("sum", letter, body) if kind != "nonzero":
                return (kind == "nonnegative" or self.names.letters[letter][0] <= 1) and self.known(kind, body)
            case _:
                return False

    def _is_instance(self, pattern: Tree, tree: Tree, found: dict[str, Letter]) -> bool:
        """Whether a tree is a pattern with an index in place of each letter, of its range; a fixed letter stands for itself."""

        def fits(kind: str, one: Any, other: Any) -> bool:
            if kind in "tu":
                return self._is_instance(one, other, found)
            if kind in "IS":
                return len(one) == len(other) and all(
                    fits("i" if kind == "I" else "I", i, j) for i, j in zip(one, other, strict=True)
                )
            if kind != "i" or not isinstance(one, str) or one in self.fixed or one[0] == "%":
                return one == other
            if isinstance(other, str) and other[0] == "%":
                return False
            return found.setdefault(one, other) == other and self.names.lies_in(other, self.names.letters[one])

        same = pattern[0] == tree[0] and len(pattern) == len(tree)
        return same and all(fits(kind, one, other) for (kind, one), other in zip(places(pattern), tree[1:], strict=True))

    def defined(self, *trees: Tree) -> None:
        for tree in trees:
            for kind, part in duties(tree):
                require(self.known(kind, part), f"what is not known to be {kind}")

    def look_at(self, tree: Tree, inside: frozenset[str]) -> None:
        """See that a tree is well formed, and holds no derivative and no substitution."""
        self.names.check(tree, inside)
        for node in nodes(tree):
            require(node[0] not in NO_VALUES, "a derivative in a proof")
            self.look_at_letters(bound(node))

    def look_at_letters(self, letters: Sequence[str]) -> None:
        """See that letters over which something is summed are neither reserved nor fixed: of those more is known."""
        require(not any(letter[0] in "#%" for letter in letters), "a letter of a reserved name")
        require(not self.fixed & set(letters), "a sum over a letter that is fixed")

    # Equations.

    def put(self, tree: Tree, ranges: Mapping[str, Any], pairs: Any) -> Tree:
        """A tree with indices in place of letters."""
        for letter, index in pairs:
            require(letter in ranges and self.names.lies_in(index, self.names.letters[letter]), "an index out of its range")
        return self.names.rename(tree, dict(pairs), anew=False)

    def equation(self, name: str, given: Sequence[Any]) -> tuple[Tree, ...]:
        """The two sides of an axiom, or of an equation that was shown before; and what else has to be defined."""
        names, told = self.names, frozen(given)
        match name, told:
            case "lemma", (n, pairs):
                left, right = self.lemmas[n]
                letters = (free(left) | free(right)) - self.fixed
                return self.put(left, dict.fromkeys(letters), pairs), self.put(right, dict.fromkeys(letters), pairs)
            case "part", (node, place, n, pairs):
                # Equal parts make equal wholes.
                left, right = self.equation("lemma", [n, pairs])
                require(places(node)[place - 1][0] == "t", "a part that is no tree")
                require(self.alike(node[place], left), "a part that is another")
                return node, (*node[:place], right, *node[place + 1 :])
            case "assumed", (n, pairs):
                sides = [expanded(names, frozen(side)) for side in self.assumed[n]["equation"]]
                letters = dict.fromkeys(free(sides[0]) | free(sides[1]))
                return self.put(sides[0], letters, pairs), self.put(sides[1], letters, pairs)
            case "given", (pairs,):
                require(self.given is not None, "an equation that is not given")
                letters = dict.fromkeys(self.statement.entries)
                return self.put(self.given or ONE, letters, pairs), number(0)
            case "delta", (i, j, u):
                require(i != j and names.lies_in(j, names.letters[i]), "a delta whose index has another range")
                return ("sum", i, times(("delta", i, j), u)), names.rename(u, {i: j}, anew=False)
            case "equal indices", (i, j, u):
                return times(("delta", i, j), u), times(("delta", i, j), names.rename(u, {i: j}, anew=False))
            case "count", (i,):
                lower, upper, continuum = names.letters[i]
                require(not continuum and lower <= 2, "a sum whose terms cannot be counted")
                return ("sum", i, ONE), plus(("size", upper), number(1 - lower))
            case "sums to one", (key, *indices):
                symbol = names.symbols[key]
                place = len(symbol["family"]) - 1
                letter = names.fresh(range_(symbol["family"][place]))
                require(symbol["domain"] in SUMS_TO_ONE, "what is not known to sum to one")
                return ("sum", letter, ("entry", key, *indices[:place], letter, *indices[place:])), ONE
            case "density", (("apply", key, indices, taken, *arguments),):
                over = names.functions[key]["normalised over"]
                require(over is not None, "a function that is no density")
                letter = names.fresh(range_(names.functions[key]["family"][over]))
                own = (*indices[:over], letter, *indices[over + 1 :])
                return ("sum", letter, ("apply", key, own, taken, *arguments)), number(0 if taken else 1)
            case "inverse", (side, a, d, r, c, u):
                b = names.like(r)
                first, second = (a, b) if side == "left" else (b, d), (b, d) if side == "left" else (a, b)
                product = times(("inverse", *first, r, c, u), names.rename(u, {r: second[0], c: second[1]}, anew=False))
                # The inverse is asked for though nothing of it be left in the product, and a and d are a row and a column of it.
                return ("sum", b, product), ("delta", a, d), ("inverse", a, d, r, c, u)
            case "determinant of an inverse", (r, c, i, j, u):
                require(not {r, c} & free(u), "a matrix that moves")
                return ("determinant", r, c, ("inverse", r, c, i, j, u)), power(("determinant", i, j, u), -1)
            case "inverse of an inverse", (a, b, r, c, i, j, u):
                require(not {r, c} & free(u), "a matrix that moves")
                return ("inverse", a, b, r, c, ("inverse", r, c, i, j, u)), names.rename(u, {i: a, j: b})
            case "inverse of a diagonal", (a, b, r, c, u):
                require(c not in free(u), "what is no diagonal")
                whole_ = ("inverse", a, b, r, c, times(("delta", r, c), u))
                return whole_, times(("delta", a, b), power(names.rename(u, {r: a}), -1))
            case "determinant of a diagonal", (r, c, u):
                require(c not in free(u), "what is no diagonal")
                return ("determinant", r, c, times(("delta", r, c), u)), ("product", r, u)
            case "inverse of a multiple", (a, b, r, c, u, v):
                require(not {r, c} & free(u), "a factor that moves")
                return ("inverse", a, b, r, c, times(u, v)), times(power(u, -1), ("inverse", a, b, r, c, v))
            case "determinant of a multiple", (r, c, u, v):
                require(not {r, c} & free(u), "a factor that moves")
                size = ("size", names.letters[r][1])
                return ("determinant", r, c, times(u, v)), times(("exp", times(size, ("log", u))), ("determinant", r, c, v))
            case "determinant of a product", (r, b, c, u, v):
                require(names.letters[r] == names.letters[b] and c not in free(u) and r not in free(v), "what is no product")
                whole_ = ("determinant", r, c, ("sum", b, times(u, v)))
                return whole_, times(("determinant", r, b, u), ("determinant", b, c, v))
            case _:
                return axiom(name, told)

    def alike(self, one: Tree, other: Tree) -> bool:
        return self.names.rename(one, {}, 0) == self.names.rename(other, {}, 0)

    def vanishes(self, goal: Tree, steps: Sequence[Sequence[Any]]) -> bool:
        """Whether nothing is left of a tree when multiples of equations are taken from it."""
        left, inside = self.sums.read(goal), free(goal) | self.fixed
        for name, given, letters, factor in steps:
            sides = self.equation(name, given)
            self.look_at_letters(letters)
            for tree in (*sides, frozen(factor)):
                self.look_at(tree, inside | frozenset(letters))
                self.defined(tree)
            moved = times(frozen(factor), less(sides[1], sides[0]))
            left = add(left, self.sums.read(summed(letters, moved)))
        return not left

    def show(self, told: Mapping[str, Any]) -> None:
        """An equation by steps; of its sides the one is what the other is, and has a sign where that has one."""
        left, right = frozen(told["left"]), frozen(told["right"])
        for tree in (left, right):
            self.look_at(tree, frozenset(letter for letter in self.names.letters if letter[0] not in "#%~"))
        require(self.vanishes(less(left, right), told["steps"]), "an equation that is not shown")
        self.lemmas.append((left, right))
        for kind in told["signs"]:
            known, other = (left, right) if self.known(kind, left) else (right, left)
            self.defined(left, right)
            require(not self.may_be_empty(free(known) - free(other)), "a letter that may stand for nothing")
            require(kind in ("positive", "nonzero") and self.known(kind, known), f"an equation of what is not {kind}")
            self.learn(kind, other)

    def show_all(self, found: Sequence[Tree], told: Sequence[Any], given: Tree | None = None) -> None:
        """See that all of some trees vanish, each by its steps; what is ``given`` may be used for the first."""
        require(len(found) == len(told), "steps for equations that there are not")
        for number_, (goal, steps) in enumerate(zip(found, told, strict=True)):
            self.given = None if number_ else given
            require(self.vanishes(goal, steps), "the steps do not lead to zero")

    # Pieces of what is not negative.

    def piece(self, kind: str, given: Sequence[Any]) -> Tree:
        match kind, frozen(given):
            case "a positive number", ():
                return ONE
            case "a square", (u,):
                return times(u, u)
            case "t - 1 - log t", (t,):
                return plus(t, MINUS, times(MINUS, ("log", t)))
            case "a definite form", (a, b, u, matrix):
                require(self.names.letters[a] == self.names.letters[b] and b not in free(u), "a form of two vectors")
                require(self.sums.is_definite(a, b, matrix), "a form that may be negative")
                return summed([a, b], times(u, matrix, self.names.rename(u, {a: b})))
            case _:
                raise Rejected(f"an unknown kind of what is not negative: {kind}")

    def is_sum(self, gap: Tree, told: Mapping[str, Any], strict: bool) -> None:
        """See that a difference is a sum of pieces, times what is not negative; where it is ``strict``, that one is positive."""
        rest, positive = gap, False
        for kind, given, letters, factor in told["pieces"]:
            tree, own = self.piece(kind, given), frozen(factor)
            self.look_at_letters(letters)
            for one in (tree, own):
                self.look_at(one, free(gap) | self.fixed | frozenset(letters))
                self.defined(one)
            require(self.known("nonnegative", own), "a factor that may be negative")
            counted = all(self.names.letters[letter][0] <= 1 for letter in letters)
            positive |= kind == "a positive number" and counted and self.known("positive", own)
            rest = less(rest, summed(letters, times(own, tree)))
        closed = any(own["role"] == "frozen" and own["domain"] == "simplex" for own in self.names.symbols.values())
        require(not strict or (positive and not closed), "a difference that may be zero")
        require(self.vanishes(rest, told["goals"][0]), "a difference that is not the sum of its pieces")


PROVED = {
    "=": "the difference of the two sides is zero",
    "implies": "the second vanishes where the first does, and is defined there",
    "= up to a constant": "no derivative of the difference by a parameter is left",
    "proportional to": "no derivative of the logarithm of the ratio by a parameter is left",
    "same argmax": "but for a positive factor and a constant they are one",
}


def check_proof(statement: Statement, told: Mapping[str, Any]) -> str:
    """See that a proof shows its statement, for all sizes and all values wherever both sides are defined."""
    proof, relation, solved = Proof(statement, told["letters"]), statement.relation, told["solved"]
    require(not solved or relation == "implies", "a letter that is solved for")
    left, right, factor = begun(proof, solved)
    # That there is a solution is shown without the equation that it solves.
    given, proof.given = proof.given, None if solved else proof.given
    for lemma in told["lemmas"]:
        proof.show(lemma)
    if relation in ("<=", ">=", "<", ">"):
        proof.is_sum(less(right, left) if relation[0] == "<" else less(left, right), told, relation in "<>")
        return "the difference is a sum of what is not negative"
    proof.show_all(list(goals(proof, left, right, factor, solved)), told["goals"], given)
    return "what solves the first solves the second, wherever that is defined" if solved else PROVED[relation]


def begun(proof: Proof, solved: bool = False) -> tuple[Tree, Tree, Tree]:
    """The sides of a statement and its factor, all derivatives taken; what they ask for is known from here on.

    Of a consequence only where it is ``solved``: where it says what a letter is, at which the first equation holds.
    """
    statement = proof.statement
    left, right, factor = (expanded(proof.names, tree) for tree in (statement.left, statement.right, statement.multiplier or ONE))
    if statement.relation in ("= up to a constant", "proportional to", "same argmax"):
        _require_connected(proof, left, right, factor)
    for one in statement.assumptions:
        _assume(proof, one)
    told = (statement.left,) if statement.relation == "implies" and not solved else (statement.left, statement.right)
    # The rules of derivatives divide by what may be zero where what they are derivatives of is defined.
    sides = [expanded(proof.names, _undifferentiated(tree)) for tree in told]
    # Where it says what a letter is nothing is taken for granted of that but that it divides by nothing that is zero.
    proof.assume_defined(*sides[: 1 if solved else None], both=statement.relation == "=")
    proof.assume_defined(*sides if solved else (), both=True)
    proof.given = left if statement.relation == "implies" else None
    return left, right, factor


def _undifferentiated(tree: Tree) -> Tree:
    return _undifferentiated(tree[1]) if tree[0] == "derivative" else mapped(tree, _undifferentiated)


def goals(proof: Proof, left: Tree, right: Tree, factor: Tree, solved: bool = False) -> Iterator[Tree]:
    """What has to vanish for a statement to hold."""
    statement, names = proof.statement, proof.names
    match statement.relation:
        case "=":
            yield less(left, right)
        case "implies":
            proof.defined(right)
            yield right
            if solved:
                yield _at_solution(proof, left)
        case "= up to a constant" | "proportional to" | "same argmax":
            if statement.relation == "proportional to":
                require(proof.known("positive", left) and proof.known("positive", right), "a side that may not be positive")
                left, right = ("log", left), ("log", right)
            require(proof.known("positive", factor), "a factor that may not be positive")
            for key in statement.parameters:
                at = [names.named("@", k, own) for k, own in enumerate(names.ranges_of(key))]
                yield slope(names, less(times(factor, left), right), key, at)
                if factor != ONE:
                    yield slope(names, factor, key, at)
        case _:
            raise Rejected(f"no proof of this kind is known: {statement.relation}")


def _at_solution(proof: Proof, left: Tree) -> Tree:
    """The first equation at what the second says a letter is, which is a real number and of which nothing is assumed."""
    match proof.statement.right:
        case ("add", ("entry", key, *own), ("multiply", ("number", "-1"), value)):
            pass
        case _:
            raise Rejected("an equation that does not say what a letter is")
    names = proof.names
    value = expanded(names, value)
    letters = len(set(own)) == len(own) and all(isinstance(letter, str) for letter in own)
    require(letters and [names.letters[letter] for letter in own] == names.ranges_of(key), "a letter at one of its places")
    require(names.symbols[key]["domain"] == "real" and not proof.statement.assumptions, "a letter that may have no such value")
    require(not any(node[:2] == ("entry", key) for node in nodes(value)), "an equation that does not say what a letter is")
    there = expanded(names, ("substitute", key, tuple(own), value, left))
    proof.defined(there)
    return there


def _require_connected(proof: Proof, *sides: Tree) -> None:
    """See that the values of the parameters hang together: a zero derivative says no more than constant on each piece."""
    statement, symbols = proof.statement, proof.names.symbols
    moved = frozenset(statement.parameters)
    require(bool(moved), "a constant of which nothing is said")
    require(not any(symbols[key]["domain"] in INTEGERS for key in moved), "a constant in an integer")

    def moves(tree: Tree) -> bool:
        return any(node[0] == "entry" and node[1] in moved for node in nodes(tree))

    for side in sides:
        for kind, part in duties(side):
            require(not moves(part) or proof.known(kind, part), "a parameter whose values may fall into pieces")
    for one in statement.assumptions:
        told = [frozen(side) for kind in ("equation", "bound", "apart") for side in one.get(kind, ())]
        require("definite" not in one and not any(map(moves, told)), "an assumption on a parameter")


def _assume(proof: Proof, one: Mapping[str, Any]) -> None:
    """Learn what an assumption says of signs, for all values of its letters, and that its equation is defined."""

    def general(tree: Tree) -> Tree:
        return proof.names.rename(tree, {letter: proof.names.like(letter) for letter in free(tree)})

    told = {kind: [expanded(proof.names, frozen(side)) for side in one.get(kind, ())] for kind in ("equation", "apart")}
    proof.assume_defined(*map(general, told["equation"]))
    if told["apart"]:
        proof.learn("nonzero", general(less(*told["apart"])))
    if "definite" in one:
        proof.learn("positive", general(expanded(proof.names, definite(one))))
