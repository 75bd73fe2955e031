"""Finds the steps by which the checker sees that trees are equal: each is brought to a normal form, and what was done is kept.

Nothing here is trusted: every equation that is used is one that the checker's own tables give, and is looked at again when it is
read.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from checks.certificates.patterns import Factors, content, independent, matches, primes, weight
from checks.recheck.proofs import Proof
from checks.recheck.rules import duties_of_node
from checks.recheck.sums import Poly, Term, add, scale
from checks.recheck.trees import (
    ONE,
    SUMS_TO_ONE,
    ZERO,
    Range,
    Rejected,
    Statement,
    Tree,
    bound,
    expanded,
    free,
    frozen,
    less,
    number,
    places,
    power,
    range_,
    summed,
    times,
)

MOST_STEPS = 20_000
HALF, ONCE = Fraction(1, 2), Fraction(1)
Step = tuple[str, tuple[Any, ...], tuple[str, ...], Tree]
PLAIN = ("delta", "size", "pi", "number")


@dataclass
class Run:
    """What is left of a tree, and the steps so far."""

    left: Poly
    steps: list[Step] = field(default_factory=list[Step])


def is_composite(atom: Tree) -> bool:
    """Whether an atom is one only for its exponent, and a sum or a product otherwise."""
    return atom[0] in ("add", "multiply", "divide", "sum") or (atom[0] == "power" and atom[2][0] == "number")


class Rewriter:
    """Normal forms of the trees of a statement; ``lemmas`` are the equations that were shown on the way."""

    def __init__(self, statement: Statement, splits_logs: bool = False, assumed: bool = False) -> None:
        self.proof = Proof(statement, {})
        self.names, self.sums = self.proof.names, self.proof.sums
        self.splits_logs = splits_logs
        self.letters: dict[str, list[Any]] = {}
        self.lemmas: list[dict[str, Any]] = []
        self.normal: dict[Any, int | None] = {}
        self.final: set[Term] = set()
        self.count = 0
        self.assumed = [expanded(self.names, less(*map(frozen, one["equation"]))) if "equation" in one else ZERO
                        for one in statement.assumptions] if assumed else []  # fmt: skip

    # Letters.

    def letter(self, own: Range, taken: Collection[str]) -> str:
        """A letter of a range that stands in the certificate, and is not taken."""
        base = f"{own[1]}.{own[0]}" + ("." if own[2] else "")
        name = next(name for k in itertools.count() if (name := f"{base}.{k}") not in taken)
        self.letters[name] = list(own)
        self.names.declare({name: own})
        return name

    def spelled(self, tree: Tree, taken: frozenset[str] = frozenset()) -> Tree:
        """A tree with letters of the certificate for those that it binds."""
        return self._spelled(tree, {}, taken | free(tree))

    def _spelled(self, tree: Tree, letters: Mapping[str, str], taken: frozenset[str]) -> Tree:
        own: dict[str, str] = {}
        for letter in bound(tree):
            own[letter] = self.letter(self.names.letters[letter], taken | set(own.values()))
        inside, below = {**letters, **own}, taken | frozenset(own.values())
        made: list[Any] = [tree[0]]
        for kind, part in places(tree):
            match kind:
                case "t" | "u":
                    made.append(self._spelled(part, inside if kind == "t" else letters, below))
                case "i":
                    made.append(letters.get(part, part))
                case "b":
                    made.append(own[part])
                case "I":
                    made.append(tuple(letters.get(i, i) for i in part))
                case "S":
                    made.append(tuple((one[0], *(letters.get(i, i) for i in one[1:])) for one in part))
                case _:
                    made.append(part)
        return tuple(made)

    def opened(self, term: Term) -> tuple[list[str], Factors]:
        """A term with letters of the certificate for its bound ones."""
        binders, factors = term
        taken: set[str] = set().union(*(free(atom) for atom, _ in factors))
        names: dict[str, str] = {}
        for letter in binders:
            names[letter] = self.letter(self.names.letters[letter], taken | set(names.values()))
        return list(names.values()), [(self.sums.atom(atom, names), e) for atom, e in factors]

    def product(self, coefficient: Fraction | int, factors: Factors) -> Tree:
        return times(number(coefficient), times(*(part for atom, e in factors for part in self.powers(atom, e))))

    def powers(self, atom: Tree, e: Fraction) -> list[Tree]:
        """A power of an atom; in halves where it would be multiplied out as a whole."""
        base = self.spelled(atom)
        if not is_composite(atom) and e.denominator == 1:
            return [base if e == 1 else power(base, e)]
        opaque = self.sums.term(ONCE, (), [(self.sums.atom(base), e)])
        return [power(base, e)] if self.sums.read(power(base, e)) == opaque else [power(base, HALF), power(base, e - HALF)]

    def tree_of(self, polynomial: Poly) -> Tree:
        """The tree of a normal form: a sum of numbers times products under sums."""
        terms: list[Tree] = []
        for term in sorted(polynomial, key=str):
            binders, factors = self.opened(term)
            terms.append(times(number(polynomial[term]), summed(binders, self.product(1, factors))))
        return ZERO if not terms else terms[0] if len(terms) == 1 else ("add", *terms)

    # Steps.

    def apply(self, run: Run, name: str, given: Sequence[Any], letters: Sequence[str] = (), factor: Tree = ONE) -> Tree:
        """Take a multiple of an equation from what is left, so that its left side is replaced by its right, which is returned."""
        self.count += 1
        if self.count > MOST_STEPS:
            raise Rejected("too many steps")
        sides = self.proof.equation(name, given)
        self.proof.defined(*sides)
        run.left = add(run.left, self.sums.read(summed(letters, times(factor, less(sides[1], sides[0])))))
        run.steps.append((name, tuple(given), tuple(letters), factor))
        return sides[1]

    def lemma(self, left: Tree, right: Tree, steps: list[Step], signs: Sequence[str] = ()) -> int:
        self.lemmas.append({"left": left, "right": right, "steps": steps, "signs": list(signs)})
        self.proof.lemmas.append((left, right))
        for kind in signs:
            known = self.proof.known(kind, left)
            if not known and not self.proof.known(kind, right):
                raise Rejected(f"what is not known to be {kind}")
            self.proof.learn(kind, right if known else left)
        return len(self.lemmas) - 1

    # Normal forms.

    def reduced(self, tree: Tree) -> Run:
        run = Run(self.sums.read(tree))
        self.reduce(run)
        return run

    def reduce(self, run: Run) -> None:
        while True:
            term = next((term for term in run.left if term not in self.final), None)
            if term is None:
                return
            before = run.left[term]
            if not self.rewrite(run, term):
                self.final.add(term)
            elif run.left.get(term) == before:
                raise Rejected("a step that leads nowhere")

    def shown(self, tree: Tree) -> tuple[Tree, int | None]:
        """The normal form of a tree, and the lemma that it is equal; none where it is written so already."""
        if tree[0] == "vector":
            other, n = self.shown(tree[2])
            if n is None:
                return tree, None
            new = (*tree[:2], other)
            return new, self.lemma(tree, new, [("part", (tree, 2, n, ()), (), ONE)])
        run = self.reduced(tree)
        other = self.tree_of(run.left)
        return (tree, None) if self.proof.alike(tree, other) else (other, self.lemma(tree, other, run.steps))

    def rewrite(self, run: Run, term: Term) -> bool:
        """One step on a term of what is left; whether there was one."""
        c = run.left[term]
        binders, factors = self.opened(term)
        for n, (atom, e) in enumerate(factors):
            found = self.of_atom(atom, e)
            if found is not None:
                rest = [*factors[:n], *factors[n + 1 :]]
                if e > 1 and e.denominator == 1 and not is_composite(atom):
                    rest.append((atom, e - 1))
                self.apply(run, "lemma", (found, ()), binders, self.product(c, rest))
                return True
        for rule in RULES:
            try:
                if rule(self, run, c, binders, factors):
                    return True
            except Rejected:
                continue
        return False

    def of_atom(self, atom: Tree, e: Fraction) -> int | None:
        """The lemma that rewrites an atom, or a power of it that is not whole and positive."""
        if (atom[0] in PLAIN and not (atom[0] == "number" and e.denominator > 1)) or (atom[0] == "entry" and not self.assumed):
            return None
        alone = e.denominator == 1 and e > 0 and not is_composite(atom)
        key = atom if alone else (atom, e)
        if key not in self.normal:
            self.normal[key] = None
            with suppress(Rejected):
                self.normal[key] = self.of_node(self.spelled(atom)) if alone else self.of_power(self.spelled(atom), e)
        return self.normal[key]

    def of_node(self, node: Tree) -> int | None:
        """The lemma that a node equals its normal form."""
        run = Run(self.sums.read(node))
        before, old = run.left, node
        if node[0] == "product" and self.product_by_logarithms(run, node):
            pass
        elif not (node[0] == "log" and self.splits_logs and self.splits(run, node)):
            for place, (kind, part) in enumerate(places(node), start=1):
                if kind == "t":
                    other, n = self.shown(part)
                    node = node if n is None else self.exchanged(run, node, place, other, n)
            if node[0] in KINDS:
                with suppress(Rejected):
                    KINDS[node[0]](self, run, node)
        self.reduce(run)
        return None if run.left == before else self.lemma(old, self.tree_of(run.left), run.steps)

    def of_power(self, base: Tree, e: Fraction) -> int | None:
        """The lemma that a power of an atom equals its normal form."""
        opaque = self.sums.term(ONCE, (), [(self.sums.atom(base), e)])
        run, node = Run(opaque), power(base, e)
        if self.sums.read(node) != opaque:
            return self.of_whole_power(run, base, e)
        if e > 1 and e.denominator > 1 and is_composite(base):
            self.apply(run, "powers", (base, str(e.numerator // e.denominator), str(e % 1)), (), number(-1))
        elif base[0] == "power" and base[2][0] == "number" and e.denominator > 1:
            self.apply(run, "power of a power", (base[1], base[2][1], str(e)))
        else:
            other, n = self.shown(base)
            node = node if n is None else self.exchanged(run, node, 1, other, n)
            self.power_of_product(run, node[1], e)
        self.reduce(run)
        return None if run.left == opaque else self.lemma(power(base, e), self.tree_of(run.left), run.steps)

    def of_whole_power(self, run: Run, base: Tree, e: Fraction) -> int:
        """A whole power that came of others, and can be multiplied out or distributed."""
        halves = str(HALF), str(e - HALF)
        left = times(power(base, HALF), power(base, e - HALF))
        self.apply(run, "powers", (base, *halves))
        self.reduce(run)
        return self.lemma(left, self.tree_of(run.left), run.steps)

    def exchanged(self, run: Run, node: Tree, place: int, other: Tree, n: int) -> Tree:
        """A node with the other side of a lemma in one of its places."""
        new = (*node[:place], other, *node[place + 1 :])
        for (asked, known), (_, unknown) in zip(duties_of_node(node), duties_of_node(new), strict=True):
            kind = "positive" if self.proof.known("positive", known) else asked
            shown = all(map(self.proof.known, (kind, kind, asked), (known, unknown, unknown)))
            if not shown and not self.proof.alike(known, unknown):
                inverse = known[0] == "determinant" and node[0] == "inverse"
                name, given = ("part", (known, 3, n, ())) if inverse else ("lemma", (n, ()))
                self.lemma(known, unknown, [(name, given, (), ONE)], [kind])
        self.apply(run, "part", (node, place, n, ()))
        return new

    def written(self, run: Run, node: Tree, place: int, other: Tree) -> Tree:
        """A node with another way to write one of its parts, equal by the laws of sums alone."""
        if node[place] == other:
            return node
        return self.exchanged(run, node, place, other, self.lemma(node[place], other, []))

    # Powers and logarithms.

    def factored(self, polynomial: Poly, *, positive: bool) -> list[Tree]:
        """A polynomial as factors: powers of primes (or a number), powers of atoms, and what is left."""
        amount, atoms, rest = content(self.sums, polynomial, positive=positive)
        found: list[Tree] = []
        known = primes(amount) if positive else None
        if known is not None:
            found += [number(p) if k == 1 else power(number(p), k) for p, k in known]
        elif amount != 1:
            found.append(number(amount))
        found += [self.product(1, [one]) for one in atoms]
        if len(rest) == 1:
            ((term, c),) = rest.items()
            groups = independent(*self.opened(term))
            trees = [summed(letters, self.product(1, factors)) for letters, factors in groups]
            apart = c == 1 and len(trees) > 1 and all(letters for letters, _ in groups)
            if apart and (not positive or all(self.proof.known("positive", tree) for tree in trees)):
                return [*found, *trees]
        tree = self.tree_of(rest)
        return [*found, tree] if tree != ONE else found

    def power_of_product(self, run: Run, base: Tree, e: Fraction) -> None:
        """(u v)^e = u^e v^e for whole e, or positive factors; 1/(a - b) and 1/(b - a) meet."""
        value = self.sums.read(base)
        whole = e.denominator == 1
        if not value or (whole and self.sums.read(power(base, e)) != self.sums.term(ONCE, (), [(self.sums.atom(base), e)])):
            return
        factors = self.factored(value, positive=not whole)
        if len(factors) > 1:
            base = self.written(run, power(base, e), 1, ("multiply", *factors))[1]
            last, n = self.shown(factors[-1])
            if n is not None:
                # What came of a common denominator is multiplied out.
                there = len(factors)
                other = (*base[:there], last)
                n = self.lemma(base, other, [("part", (base, there, n, ()), (), ONE)])
                base, factors = self.exchanged(run, power(base, e), 1, other, n)[1], [*factors[:-1], last]
        if whole and factors and len(self.sums.read(factors[-1])) > 1:
            opposite = self.tree_of(scale(self.sums.read(factors[-1]), -1))
            if not self.proof.known("positive", factors[-1]) and (
                self.proof.known("positive", opposite) or str(opposite) < str(factors[-1])
            ):
                factors = [number(-1), *factors[:-1], opposite]
        if len(factors) == 1 and factors[0][0] == "power" and not whole:
            node = self.written(run, power(base, e), 1, factors[0])
            self.apply(run, "power of a power", (node[1][1], node[1][2][1], str(e)))
        elif len(factors) != 1:
            self.written(run, power(base, e), 1, ("multiply", *factors))
            self.apply(run, "power of a product", (str(e), *factors))

    def of_logarithm(self, run: Run, node: Tree) -> None:
        if node[1][0] == "exp":
            self.apply(run, "logarithm of an exponential", (node[1][1],))
            return
        factors = self.factored(self.sums.read(node[1]), positive=True)
        if len(factors) == 1 and factors[0][0] == "power":
            node = self.written(run, node, 1, factors[0])
            self.apply(run, "logarithm of a power", node[1][1:])
        elif len(factors) != 1:
            self.written(run, node, 1, ("multiply", *factors))
            self.apply(run, "logarithm of a product", factors)

    def splits(self, run: Run, node: Tree) -> bool:
        """The logarithm of a product as it is written; whether it is one."""
        part: Tree = node[1]
        match part:
            case ("multiply", *factors):
                given = factors
            case ("divide", above, below):
                given = [above, power(below, -1)]
                self.written(run, node, 1, ("multiply", *given))
            case ("power", base, exponent):
                return self.tried(run, "logarithm of a power", (base, exponent))
            case ("exp", inner):
                return self.tried(run, "logarithm of an exponential", (inner,))
            case ("product", letter, body):
                n = self.lemma(part, ("exp", ("sum", letter, ("log", body))), [("product", (letter, body), (), ONE)])
                new = self.exchanged(run, node, 1, self.lemmas[n]["right"], n)
                return self.tried(run, "logarithm of an exponential", (new[1][1],))
            case _:
                return False
        return self.tried(run, "logarithm of a product", given)

    def product_by_logarithms(self, run: Run, node: Tree) -> bool:
        """A product as the exponential of a sum of logarithms, each of them split as it is written."""
        _, letter, body = node
        log = ("log", body)
        inner = Run(self.sums.read(log))
        if not self.splits(inner, log):
            return False
        self.apply(run, "product", (letter, body))
        self.reduce(inner)
        first = self.lemma(log, self.tree_of(inner.left), inner.steps)
        total = ("sum", letter, log)
        new = ("sum", letter, self.lemmas[first]["right"])
        second = self.lemma(total, new, [("part", (total, 2, first, ()), (), ONE)])
        self.apply(run, "part", (("exp", total), 1, second, ()))
        return True

    def tried(self, run: Run, name: str, given: Sequence[Any]) -> bool:
        try:
            self.apply(run, name, given)
        except Rejected:
            return False
        return True

    def of_exponential(self, run: Run, node: Tree) -> None:
        match node[1]:
            case ("number", "0"):
                self.written(run, node, 1, ("add",))
                self.apply(run, "exponential of a sum", ())
            case ("add", *terms):
                self.apply(run, "exponential of a sum", terms)
            case ("number", text) if text != "1":
                self.apply(run, "exponential of a multiple", (text, ONE))
            case ("multiply", ("number", text), inner):
                self.apply(run, "exponential of a multiple", (text, inner))
            case ("log", inner):
                self.apply(run, "exponential of a logarithm", (inner,))
            case _:
                pass

    def of_general_power(self, run: Run, node: Tree) -> None:
        if node[2][0] != "number":
            self.apply(run, "power by a logarithm", node[1:])

    def of_function(self, run: Run, node: Tree) -> None:
        if node[1] == "gamma":
            self.apply(run, "gamma", (node[2],))

    def of_product(self, run: Run, node: Tree) -> None:
        self.apply(run, "product", node[1:])

    # Matrices.

    def of_matrix(self, run: Run, node: Tree) -> None:
        """The inverse or the determinant of a multiple, an inverse, a diagonal or a product."""
        kind, (*at, r, c, body) = node[0], node[1:]
        place = len(node) - 1
        value = self.sums.read(body)
        amount, atoms, rest = content(self.sums, value, positive=False)
        apart = [one for one in atoms if not {r, c} & free(one[0])]
        inside = [one for one in atoms if one not in apart]
        rest = add(*(self.sums.term(x, binders, [*own, *inside]) for (binders, own), x in rest.items()))
        if amount != 1 or apart:
            scalar, matrix = self.product(amount, apart), self.tree_of(rest)
            if matrix[0] in ("entry", "inverse", "delta", "sum", "add", "multiply"):
                self.written(run, node, place, times(scalar, matrix))
                self.apply(run, f"{kind} of a multiple", (*at, r, c, scalar, matrix))
            return
        if len(value) == 1:
            (((binders, factors), x),) = value.items()
            if x == 1 and not binders and len(factors) == 1 and factors[0][1] == 1 and body[0] in ("entry", "inverse"):
                i, j = body[1:3] if body[0] == "inverse" else body[-2:]
                if (i, j) == (c, r):
                    turned = (at[1], at[0], c, r, body) if at else (r, c, body)
                    self.apply(run, f"{kind} transposed", (*at, r, c, body) if at else turned)
                elif body[0] == "inverse" and (i, j) == (r, c):
                    self.apply(run, f"{kind} of an inverse", (*at, r, c, *body[3:]))
                return
            if kind == "determinant" and len(binders) == 1 and x == 1:
                self.of_determinant_of_product(run, node, (binders, factors))
                return
        if value and all(any(atom[0] == "delta" and set(atom[1:]) == {r, c} for atom, _ in fs) for _, fs in value):
            diagonal = self.tree_of(
                add(*(self.sums.term(x, bs, [f for f in fs if f[0][0] != "delta" or set(f[0][1:]) != {r, c}])
                      for (bs, fs), x in value.items()))
            )  # fmt: skip
            if c in free(diagonal):
                self.apply(run, f"{kind} transposed", (*at, r, c, body))
                return
            self.written(run, node, place, times(("delta", r, c), diagonal))
            self.apply(run, f"{kind} of a diagonal", (*at, r, c, diagonal))

    def of_determinant_of_product(self, run: Run, node: Tree, term: Term) -> None:
        _, r, c, _ = node
        (b,), factors = self.opened(term)
        left = self.product(1, [one for one in factors if c not in free(one[0])])
        right = self.product(1, [one for one in factors if c in free(one[0])])
        if self.names.letters[b] == self.names.letters[r] and r not in free(right):
            self.written(run, node, 3, ("sum", b, times(left, right)))
            self.apply(run, "determinant of a product", (r, b, c, left, right))


KINDS = {
    "log": Rewriter.of_logarithm,
    "exp": Rewriter.of_exponential,
    "power": Rewriter.of_general_power,
    "function": Rewriter.of_function,
    "product": Rewriter.of_product,
    "inverse": Rewriter.of_matrix,
    "determinant": Rewriter.of_matrix,
}


# Rules on a term c sum_binders of factors: each applies an equation to it, or returns False.


def _delta(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    for n, (atom, e) in enumerate(factors):
        if atom[0] != "delta" or e < 0 or e.denominator > 1:
            continue
        rest = [*factors[:n], *factors[n + 1 :], *([(atom, e - 1)] if e > 1 else [])]
        i, j = atom[1:]
        for gone, kept in ((i, j), (j, i)):
            if gone in binders and writer.names.lies_in(kept, writer.names.letters[gone]):
                others = [b for b in binders if b != gone]
                writer.apply(run, "delta", (gone, kept, writer.product(1, rest)), others, number(c))
                return True
        kept, gone = sorted((i, j), key=str)
        if isinstance(gone, str) and any(gone in free(other) for other, _ in rest):
            same = isinstance(kept, str) and writer.names.letters[kept] == writer.names.letters[gone]
            if same and not {gone, kept} & set(binders):
                writer.apply(run, "equal indices", (gone, kept, writer.product(1, rest)), binders, number(c))
                return True
    return False


def _sums_to_one(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    for n, (atom, e) in enumerate(factors):
        symbol = writer.names.symbols[atom[1]] if atom[0] == "entry" else None
        if symbol is None or e != 1 or symbol["domain"] not in SUMS_TO_ONE:
            continue
        place, indices = len(symbol["family"]) - 1, atom[2:]
        b, rest = indices[place], [*factors[:n], *factors[n + 1 :]]
        alone = indices.count(b) == 1 and not any(b in free(other) for other, _ in rest)
        if b in binders and alone and writer.names.letters[b] == range_(symbol["family"][place]):
            given = (atom[1], *indices[:place], *indices[place + 1 :])
            writer.apply(run, "sums to one", given, [x for x in binders if x != b], writer.product(c, rest))
            return True
    return False


def _density(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    for n, (atom, e) in enumerate(factors):
        function = writer.names.functions[atom[1]] if atom[0] == "apply" else None
        if function is None or e != 1 or function["normalised over"] is None:
            continue
        over = function["normalised over"]
        _, _, indices, taken, *arguments = atom
        b, rest = indices[over], [*factors[:n], *factors[n + 1 :]]
        inside = {i for one in taken for i in one[1:]}.union(*map(free, arguments))
        alone = indices.count(b) == 1 and b not in inside and not any(b in free(other) for other, _ in rest)
        if b in binders and alone and writer.names.letters[b] == range_(function["family"][over]):
            # Whatever stands for the index that is summed over.
            node = writer.spelled(
                ("apply", atom[1], (*indices[:over], function["family"][over][0], *indices[over + 1 :]), *atom[3:])
            )
            writer.apply(run, "density", (node,), [x for x in binders if x != b], writer.product(c, rest))
            return True
    return False


def _inverse(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    """sum_b P_ab M_bd = delta_ad, by the heaviest term of M."""
    for n, (atom, e) in enumerate(factors):
        if atom[0] != "inverse" or e != 1:
            continue
        for spelling in (atom, *_exchanged(writer, atom)):
            _, first, second, r, k, body = writer.spelled(spelling)
            rest = [*factors[:n], *factors[n + 1 :]]
            for side, a, b in (("left", first, second), ("right", second, first)):
                own = writer.names.letters[r]
                if b not in binders or a == b or writer.names.letters[b] != own or b in free(body):
                    continue
                other = writer.letter(own, {*binders, *free(body), *(i for f, _ in factors for i in free(f))})
                matrix = writer.names.rename(body, {r: b, k: other} if side == "left" else {r: other, k: b})
                value = writer.sums.read(matrix)
                terms = [term for term in value if not any(one[0] == "delta" for one, _ in term[1])]
                if not terms:
                    continue
                lead = max(terms, key=weight)
                for left, kept, found in matches(writer.sums, lead, rest, binders, [other]):
                    d = found.get(other)
                    inside = set(binders) - set(kept)
                    if d is None or d == b or any(b in free(one) for one, _ in left) or inside & free(atom):
                        continue
                    at = (side, a, d) if side == "left" else (side, d, a)
                    outside = [x for x in kept if x != b]
                    writer.apply(run, "inverse", (*at, r, k, body), outside, writer.product(c / value[lead], left))
                    return True
    return False


def _exchanged(writer: Rewriter, atom: Tree) -> Iterator[Tree]:
    _, i, j, r, c, body = atom
    if writer.sums.is_definite(r, c, body):
        yield ("inverse", j, i, r, c, body)


def _cancels(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    """A term f of D over D: the heaviest is replaced by D and the others."""
    for n, (atom, e) in enumerate(factors):
        if e >= 0 or not is_composite(atom):
            continue
        value = writer.sums.read(atom)
        lead = max(value, key=weight)
        for left, kept, _ in matches(writer.sums, lead, [*factors[:n], *factors[n + 1 :]], binders):
            if (set(binders) - set(kept)) & free(atom):
                continue
            given = (writer.spelled(atom), "1", str(e))
            writer.apply(run, "powers", given, kept, writer.product(c / value[lead], left))
            return True
    return False


def _sine(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    for n, (atom, e) in enumerate(factors):
        if atom[:2] == ("function", "sin") and e >= 2:
            rest = [*factors[:n], *factors[n + 1 :], *([(atom, e - 2)] if e > 2 else [])]
            writer.apply(run, "sine squared", (writer.spelled(atom[2]),), binders, writer.product(c, rest))
            return True
    return False


def _count(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    for b in binders:
        if not any(b in free(atom) for atom, _ in factors):
            writer.apply(run, "count", (b,), [x for x in binders if x != b], writer.product(c, factors))
            return True
    return False


def _assumed(writer: Rewriter, run: Run, c: Fraction, binders: list[str], factors: Factors) -> bool:
    """An entry that an assumed equation says."""
    for number_, equation in enumerate(writer.assumed):
        value = writer.sums.read(equation)
        for lead in sorted(value, key=str, reverse=True):
            others = {i for term in value if term != lead for atom, _ in term[1] for i in free(atom) - set(term[0])}
            match lead:
                case ((), ((("entry", key, *own), exponent),)) if (
                    exponent == 1 and len(set(own)) == len(own) and others <= set(own)
                ):
                    pass
                case _:
                    continue
            again = any(atom[:2] == ("entry", key) for term in value if term != lead for atom, _ in term[1])
            for n, (atom, e) in enumerate(factors):
                if again or atom[:2] != ("entry", key) or e != 1:
                    continue
                pairs = tuple(zip(own, atom[2:], strict=True))
                rest = [*factors[:n], *factors[n + 1 :]]
                writer.apply(run, "assumed", (number_, pairs), binders, writer.product(c / value[lead], rest))
                return True
            break
    return False


RULES = (_delta, _assumed, _inverse, _cancels, _sums_to_one, _density, _sine, _count)
