"""Statements as plain trees in index notation, for certificates: a matrix is its entries, an abbreviation what it stands for.

A tree is a list ``[kind, part, ...]`` that JSON can hold. Indices are letters, whose ranges a table says, or numbers. What each
kind means is said in ``recheck``, which reads the trees and shares no code with this room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive import formula as f
from derive.claims import Assumption, Claim
from derive.errors import LimitError, UnsupportedError
from derive.formula import Formula
from derive.symbols import Index, IndexLike, Range, Size, Symbol

Tree = list[Any]
Letter = str | int
Scope = Mapping[Index, Letter]

MOST_NODES = 20_000
ROLES = {"param": "", "current": "@t"}
"""What a symbol's key ends with: theta by its name alone, theta_t with a sign, any other role in words."""


@dataclass(slots=True)
class Writer:
    """Writes formulas as trees, and keeps the tables of what stands in them."""

    letters: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    symbols: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    functions: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    nodes: int = 0

    # Names.

    def letter(self, name: str, own: Range, taken: Iterable[Letter]) -> str:
        """A letter for a range: its own name, with a number where that is taken or is one of another range."""
        base, known = name.split("#")[0], [own.lower, own.upper.name, own.abstract]
        used = set(taken)
        number = 1
        while True:
            found = base if number == 1 else f"{base}{number}"
            if found not in used and self.letters.get(found, known) == known:
                self.letters[found] = known
                return found
            number += 1

    def key(self, symbol: Symbol) -> str:
        if symbol.role == "current":
            self.key(symbol.at_free)
        key = symbol.name + ROLES.get(symbol.role, f"@{symbol.role}")
        told = {
            "name": symbol.name,
            "role": symbol.role,
            "family": [[r.lower, r.upper.name, r.abstract] for r in symbol.family],
            "shape": [size.name for size in symbol.shape],
            "domain": symbol.domain,
        }
        if self.symbols.setdefault(key, told) != told:
            raise UnsupportedError(f"one letter is declared in two ways: {symbol.name}")
        return key

    def index(self, index: IndexLike, scope: Scope) -> Letter:
        if isinstance(index, int):
            return index
        if index not in scope:
            raise UnsupportedError(f"an index that stands outside of its scope: {index.name}")
        return scope[index]

    # Trees.

    def scalar(self, node: Formula, scope: Scope, entry: tuple[Letter, ...] = ()) -> Tree:
        """A scalar, or one entry of a vector or matrix."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise LimitError(f"a statement with too many parts once it is written out: limit={MOST_NODES}")
        match node:
            case f.Number(value):
                return ["number", str(value)]
            case f.Pi():
                return ["pi"]
            case f.SizeNumber(size):
                return ["size", size.name]
            case f.Reference(symbol, indices):
                return ["entry", self.key(symbol), *(self.index(i, scope) for i in indices), *entry]
            case f.Add(terms):
                return ["add", *(self.scalar(term, scope, entry) for term in terms)]
            case f.Multiply(factors):
                return ["multiply", *(self.scalar(factor, scope, entry if factor.shape else ()) for factor in factors)]
            case f.Divide(above, below):
                return ["divide", self.scalar(above, scope, entry), self.scalar(below, scope)]
            case f.Power(base, exponent):
                return ["power", self.scalar(base, scope), self.scalar(exponent, scope)]
            case f.Exp(argument):
                return ["exp", self.scalar(argument, scope)]
            case f.Log(argument):
                return ["log", self.scalar(argument, scope)]
            case f.Function(name, (argument,)):
                return ["function", name, self.scalar(argument, scope)]
            case f.Delta(left, right):
                return ["delta", self.index(left, scope), self.index(right, scope)]
            case f.Sum(index, body) | f.Product(index, body):
                letter = self.letter(index.name, index.range, (*scope.values(), *entry))
                kind = "sum" if isinstance(node, f.Sum) else "product"
                return [kind, letter, self.scalar(body, {**scope, index: letter}, entry)]
            case f.Identity():
                return ["delta", *entry]
            case f.Named():
                return self.scalar(f.unfold(node), scope, entry)
            case f.AtEqual(body):
                return self.at_equal(body, scope, entry)
            case _:
                return self.of_matrices(node, scope, entry)

    def of_matrices(self, node: Formula, scope: Scope, entry: tuple[Letter, ...]) -> Tree:
        match node:
            case f.MatrixProduct(factors):
                rows, columns = f.rows_and_columns(node)
                row, column = entry[0] if rows is not None else None, entry[-1] if columns is not None else None
                return self.product_of(factors, scope, row, column)
            case f.Transpose(argument):
                return self.scalar(argument, scope, tuple(reversed(entry)))
            case f.Trace(argument):
                letter = self.place("a", argument, scope, entry)
                return ["sum", letter, self.scalar(argument, scope, (letter, letter))]
            case f.Diagonal(argument):
                return ["multiply", ["delta", *entry], self.scalar(argument, scope, entry[:1])]
            case f.DiagonalPart(argument):
                return self.scalar(argument, scope, (entry[0], entry[0]))
            case f.Component(argument, indices):
                return self.scalar(argument, scope, tuple(self.index(i, scope) for i in indices))
            case f.Inverse(argument):
                row, column, body = self.matrix(argument, scope, entry)
                return ["inverse", *entry, row, column, body]
            case f.Determinant(argument):
                return ["determinant", *self.matrix(argument, scope, entry)]
            case f.Derivative():
                return self.derivative(node, scope, entry)
            case f.Substitute(body, symbol, indices, replacement):
                formal: list[str] = []
                for name, own in [(i.name, i.range) for i in indices] + [("a", Range(size)) for size in symbol.shape]:
                    formal.append(self.letter(name, own, (*scope.values(), *entry, *formal)))
                inside = {**scope, **dict(zip(indices, formal, strict=False))}
                value = self.scalar(replacement, inside, tuple(formal[len(indices) :]))
                return ["substitute", self.key(symbol), formal, value, self.scalar(body, scope, entry)]
            case f.Apply(function, indices, arguments):
                return self.applied(function, tuple(self.index(i, scope) for i in indices), arguments, scope, entry)
            case _:
                raise UnsupportedError(f"no certificate speaks of {type(node).__name__}")

    def at_equal(self, body: Formula, scope: Scope, entry: tuple[Letter, ...]) -> Tree:
        """At theta_t = theta: theta put in for each theta_t."""
        tree = self.scalar(body, scope, entry)
        moved = {node.symbol for node in f.walk_unfolded(body) if isinstance(node, f.Reference) and node.symbol.role == "current"}
        for symbol in sorted(moved, key=lambda symbol: symbol.name):
            formal: list[str] = []
            for own in (*symbol.family, *map(Range, symbol.shape)):
                formal.append(self.letter("a", own, (*scope.values(), *entry, *formal)))
            tree = ["substitute", self.key(symbol), formal, ["entry", self.key(symbol.at_free), *formal], tree]
        return tree

    def place(self, name: str, matrix: Formula, scope: Scope, entry: tuple[Letter, ...]) -> str:
        size = matrix.shape[0]
        if size is None:
            raise UnsupportedError("a matrix of one row")
        return self.letter(name, Range(size), (*scope.values(), *entry))

    def matrix(self, matrix: Formula, scope: Scope, entry: tuple[Letter, ...]) -> tuple[str, str, Tree]:
        """The letters of row and column, and the entry there."""
        row = self.place("a", matrix, scope, entry)
        column = self.place("b", matrix, scope, (*entry, row))
        return row, column, self.scalar(matrix, scope, (row, column))

    def product_of(self, factors: tuple[Formula, ...], scope: Scope, row: Letter | None, column: Letter | None) -> Tree:
        first, *others = factors
        size = f.rows_and_columns(first)[1]
        if not others:
            return self.scalar(first, scope, _entry_of(first, row, column))
        if size is None:
            left = self.scalar(first, scope, _entry_of(first, row, None))
            return ["multiply", left, self.product_of(tuple(others), scope, None, column)]
        outside = [letter for letter in (row, column) if letter is not None]
        letter = self.letter("a", Range(size), (*scope.values(), *outside))
        # The letter must be free in all that stands below it.
        inside = {**scope, Index(f"summed {letter}", Range(size)): letter}
        left = self.scalar(first, inside, _entry_of(first, row, letter))
        return ["sum", letter, ["multiply", left, self.product_of(tuple(others), inside, letter, column)]]

    def derivative(self, node: f.Derivative, scope: Scope, entry: tuple[Letter, ...]) -> Tree:
        own = len(node.body.shape)
        body = self.scalar(node.body, scope, entry[:own])
        by = [self.key(node.by.symbol), *(self.index(i, scope) for i in node.by.indices)]
        outer = entry[own:]

        def at(*component: Letter) -> Tree:
            return ["derivative", body, *by, *component]

        if len(outer) < 2 or node.convention == "entry":
            return at(*outer)
        both = ["add", at(*outer), at(*reversed(outer))]
        if node.convention == "frobenius":
            return ["multiply", ["number", "1/2"], both]
        return ["add", *both[1:], ["multiply", ["number", "-1"], ["delta", *outer], at(*outer)]]

    def applied(
        self,
        function: f.UnspecifiedFunction,
        indices: tuple[Letter, ...],
        arguments: tuple[Formula, ...],
        scope: Scope,
        entry: tuple[Letter, ...],
    ) -> Tree:
        self.functions[function.name] = {
            "family": [[r.lower, r.upper.name, r.abstract] for r in function.family],
            "arguments": [[size.name for size in argument.shape if size is not None] for argument in arguments],
            "domain": function.domain,
            "normalised over": function.normalised_over,
        }
        return ["apply", function.name, list(indices), [], *(self.vector(argument, scope, entry) for argument in arguments)]

    def vector(self, argument: Formula, scope: Scope, outside: tuple[Letter, ...]) -> Tree:
        """An argument of a function, as the vector (or vector of vectors) of its entries."""
        letters: list[str] = []
        for size in argument.shape:
            if size is not None:
                letters.append(self.letter("a", Range(size), (*scope.values(), *outside, *letters)))
        tree = self.scalar(argument, scope, tuple(letters))
        for letter in reversed(letters):
            tree = ["vector", letter, tree]
        return tree


def _entry_of(node: Formula, row: Letter | None, column: Letter | None) -> tuple[Letter, ...]:
    rows, columns = f.rows_and_columns(node)
    return tuple(index for size, index in ((rows, row), (columns, column)) if size is not None and index is not None)


def statement(claim: Claim) -> dict[str, Any]:
    """What a claim says, as trees: for every value of the letters that are free in them.

    Raises:
        UnsupportedError, LimitError: there is no such tree, or it is too large.
    """
    writer = Writer()
    scope = _scope(claim, writer)

    def entries(formula: Formula) -> list[str]:
        found: list[str] = []
        for size in formula.shape:
            if size is not None:
                found.append(writer.letter("rc"[len(found)], Range(size), (*scope.values(), *found)))
        return found

    def side(formula: Formula, own: list[str] | None = None) -> Tree:
        return writer.scalar(formula, scope, tuple(entries(formula) if own is None else own))

    told: dict[str, Any] = {"relation": claim.relation, "left": side(claim.lhs), "right": side(claim.rhs)}
    told["entries"] = entries(claim.lhs if claim.lhs.shape else claim.rhs)
    if claim.multiplier is not None:
        if claim.multiplier.shape:
            raise UnsupportedError("a multiplier that is a matrix")
        told["multiplier"] = writer.scalar(claim.multiplier, scope)
    told["parameters"] = [writer.key(symbol) for symbol in claim.parameters]
    told["assumptions"] = [_assumption(one, side, entries) for one in claim.assumptions]
    return {**told, "letters": writer.letters, "symbols": writer.symbols, "functions": writer.functions}


def _scope(claim: Claim, writer: Writer) -> dict[Index, Letter]:
    """The letters of the indices that are free in a claim."""
    formulas = [claim.lhs, claim.rhs, *(one for one in (claim.multiplier, claim.gap) if one is not None)]
    for assumption in claim.assumptions:
        formulas += assumption.formulas
    scope: dict[Index, Letter] = {}
    for index in sorted({index for formula in formulas for index in f.free_indices(formula)}, key=_order):
        scope[index] = writer.letter(index.name, index.range, scope.values())
    return scope


def letters(claim: Claim) -> dict[Index, Letter]:
    """By which letters of its statement the indices that are free in a claim go."""
    return _scope(claim, Writer())


def _assumption(one: Assumption, side: Any, entries: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"text": one.text}
    if one.larger is not None:
        big, small = one.larger
        told["larger"] = [big.name, small.name if isinstance(small, Size) else small]
    for kind, pair in (("equation", one.equation), ("bound", one.bound), ("apart", one.apart)):
        if pair is not None:
            told[kind] = [side(pair[0]), side(pair[1])]
    if one.definite is not None:
        # Of a matrix it is told which letters stand for its rows and columns.
        told["of matrix"] = entries(one.definite)
        told["definite"] = side(one.definite, told["of matrix"])
    return told


def _order(index: Index) -> tuple[str, str, int, bool]:
    return index.name, index.range.upper.name, index.range.lower, index.range.abstract


def rational(value: Any) -> str:
    """A number of a point as text."""
    return str(Fraction(value))
