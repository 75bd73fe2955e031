"""Consequences of an equation: the second vanishes when multiples of the first are taken from it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from checks.certificates.patterns import Factors, add_exponents, denominators
from checks.certificates.rewriting import Rewriter, Run, Step
from checks.certificates.vanishing import finish
from checks.recheck.rules import duties
from checks.recheck.sums import Poly
from checks.recheck.trees import Rejected, Tree, free, number, power, times

MOST_MATRICES, MOST_TRIED = 8, 6
Chosen = tuple[tuple[str, str, Tree], ...]
"""Products with matrices: the entry of the equation, the letter that takes its place, and the matrix's entry."""


def consequence(writer: Rewriter, left: Tree, right: Tree) -> list[Step]:
    """The steps by which the second vanishes.

    Raises:
        Rejected: none were found.
    """
    _define(writer, left, right)
    statement = writer.proof.statement
    first, begun = writer.reduced(left), writer.reduced(right)
    if statement.multiplier is not None:
        run = writer.reduced(right)
        writer.apply(run, "given", ((),), (), statement.multiplier)
        writer.reduce(run)
        finish(writer, run, 0)
        return run.steps
    for chosen in _products(writer, first.left, begun.left):
        product = _times_matrices(writer, first.left, left, chosen)
        for factor in _factors(writer, begun.left, product):
            run = Run(begun.left, list(begun.steps))
            try:
                letters = [letter for _, letter, _ in chosen]
                pairs = tuple((entry, letter) for entry, letter, _ in chosen)
                writer.proof.defined(factor)
                writer.apply(run, "given", (pairs,), letters, times(factor, *(matrix for _, _, matrix in chosen)))
                writer.reduce(run)
                finish(writer, run, 0)
                return run.steps
            except Rejected:
                continue
    raise Rejected("no multiple of the first equation was found")


def _factors(writer: Rewriter, second: Poly, first: Poly) -> Iterator[Tree]:
    """By what the first may be multiplied: a term of it is one of the second then, as they are or over their denominators."""
    yield from _ratios(writer, second, first, [])
    below, above = denominators(second), denominators(first)
    if below or above:
        cleared = [
            writer.reduced(times(writer.tree_of(value), *(power(writer.spelled(atom), -e) for atom, e in found.items()))).left
            for value, found in ((second, below), (first, above))
        ]
        through = [*below.items(), *((atom, -e) for atom, e in above.items())]
        yield from _ratios(writer, cleared[0], cleared[1], through)


def _ratios(writer: Rewriter, second: Poly, first: Poly, through: Factors) -> Iterator[Tree]:
    tried = [sorted(value, key=str)[:MOST_TRIED] for value in (second, first)]
    for above, below in itertools.product(*tried):
        (own, outside), (summed_, inside) = _split(writer, above), _split(writer, below)
        if outside == inside:
            ratio = add_exponents(dict(own), {atom: -e for atom, e in summed_}, dict(through))
            yield writer.product(second[above] / first[below], ratio)


def _define(writer: Rewriter, left: Tree, right: Tree) -> None:
    """Show that what the second divides by is not zero, where the first equation says what it is."""
    for kind, part in list(duties(right)):
        if writer.proof.known(kind, part) or kind != "nonzero" or part[0] == "determinant":
            continue
        value, wanted = writer.reduced(left).left, writer.reduced(part).left
        for term in wanted:
            if term not in value:
                continue
            scale_ = wanted[term] / value[term]
            spelled = writer.spelled(part)
            run = writer.reduced(spelled)
            writer.apply(run, "given", ((),), (), number(scale_))
            writer.reduce(run)
            other = writer.tree_of(run.left)
            if writer.proof.known(kind, other):
                writer.lemma(spelled, other, run.steps, [kind])
                break


def _split(writer: Rewriter, term: Any) -> tuple[Factors, Any]:
    """The factors that no bound letter touches, and the sum of the others."""
    binders, factors = term
    inside = tuple((atom, e) for atom, e in factors if free(atom) & set(binders))
    return [one for one in factors if one not in inside], (binders, inside)


def _products(writer: Rewriter, first: Poly, second: Poly) -> list[Chosen]:
    """Matrices of the equations, and their inverses, by which the first may be multiplied at its entries."""
    found: list[tuple[str, str, Tree]] = []
    statement, names = writer.proof.statement, writer.names
    for binders, factors in (*first, *second):
        for atom, _ in factors:
            symbol = atom[0] == "entry" and len(names.symbols[atom[1]]["shape"]) == 2
            if not symbol and atom[0] != "inverse":
                continue
            family: list[Any] = list(atom[2:-2]) if symbol else sorted(free(atom) - set(atom[1:3]), key=str)
            if set(family) & set(binders):
                continue
            for entry in statement.entries:
                own = names.letters[entry]
                letter = writer.letter(own, {*statement.entries, *free(atom)})
                r, c = (writer.letter(own, {letter, entry, *free(atom)}) for _ in range(2))
                c = writer.letter(own, {letter, entry, r, *free(atom)})
                if symbol:
                    if names.ranges_of(atom[1])[-1] != own:
                        continue
                    matrices: list[Tree] = [("entry", atom[1], *family, entry, letter)]
                    if names.symbols[atom[1]]["domain"] == "spd":
                        matrices.append(("inverse", entry, letter, r, c, ("entry", atom[1], *family, r, c)))
                else:
                    _, _, _, row, column, body = writer.spelled(atom)
                    if names.letters[row] != own:
                        continue
                    matrices = [("inverse", entry, letter, row, column, body)]
                    matrices.append(writer.spelled(names.rename(body, {row: entry, column: letter})))
                found += [(entry, letter, matrix) for matrix in matrices]
    unique = list({str(one): one for one in found}.values())[:MOST_MATRICES]
    pairs = [(one, other) for one, other in itertools.combinations(unique, 2) if one[0] != other[0]]
    fresh: list[Chosen] = []
    for one, (entry, letter, matrix) in pairs:
        new = writer.letter(writer.names.letters[entry], {one[1], *writer.proof.statement.entries, *free(matrix)})
        fresh.append((one, (entry, new, writer.names.rename(matrix, {letter: new}))))
    return [(), *((one,) for one in unique), *fresh]


def _times_matrices(writer: Rewriter, first: Poly, left: Tree, chosen: Chosen) -> Poly:
    if not chosen:
        return first
    tree = times(*(matrix for _, _, matrix in chosen), writer.names.rename(left, {entry: letter for entry, letter, _ in chosen}))
    for _, letter, _ in chosen:
        tree = ("sum", letter, tree)
    return writer.reduced(tree).left
