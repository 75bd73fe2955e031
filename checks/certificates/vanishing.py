"""Brings to nothing what has to vanish: over its denominators, or under one of its sums, where no step helps on the whole."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from checks.certificates.patterns import denominators
from checks.certificates.rewriting import ONCE, Rewriter, Run, Step
from checks.recheck.sums import Poly, add
from checks.recheck.trees import ONE, Rejected, Tree, free, number, power, times

MOST_SUMS = 3


def zero(writer: Rewriter, goal: Tree) -> list[Step]:
    """The steps by which a tree vanishes.

    Raises:
        Rejected: none were found.
    """
    run = writer.reduced(goal)
    if run.left:
        finish(writer, run, 0)
    return run.steps


def finish(writer: Rewriter, run: Run, depth: int) -> None:
    """Bring to nothing what is left: over its denominators, or under one of its sums."""
    if not run.left:
        return
    if depth > MOST_SUMS:
        raise Rejected("no steps were found that lead to zero")
    found = denominators(run.left)
    if found:
        whole = [(atom, Fraction(-(e.numerator // e.denominator))) for atom, e in found.items()]
        tree, below = writer.tree_of(run.left), times(*(power(writer.spelled(atom), e) for atom, e in whole))
        above = times(*(power(writer.spelled(atom), -e) for atom, e in whole))
        through = times(below, tree)
        inner = writer.reduced(through)
        finish(writer, inner, depth + 1)
        n = writer.lemma(through, number(0), inner.steps)
        over_denominators(writer, run, whole, tree)
        writer.apply(run, "lemma", (n, ()), (), above)
        if run.left:
            raise Rejected("a denominator that stands otherwise")
        return
    for letter, value in aligned(writer, run.left):
        summand = writer.tree_of(value)
        try:
            inner = writer.reduced(summand)
            finish(writer, inner, depth + 1)
        except Rejected:
            continue
        n = writer.lemma(summand, number(0), inner.steps)
        writer.apply(run, "lemma", (n, ()), (letter,), ONE)
        return
    raise Rejected("no steps were found that lead to zero")


def aligned(writer: Rewriter, value: Poly) -> Iterator[tuple[str, Poly]]:
    """Ways to read a polynomial as one sum over a letter: the letter, and the summand.

    The index of a denominator is the one that the terms share; without one, the first of that range.
    """
    letters = writer.names.letters
    for own in sorted(set.intersection(*({letters[b] for b in binders} for binders, _ in value))) if value else ():
        letter = writer.letter(own, {i for _, factors in value for atom, _ in factors for i in free(atom)})
        parts: list[Poly] = []
        for (binders, factors), c in value.items():
            choices = [b for b in binders if letters[b] == own]
            below = [b for b in choices if any(b in free(atom) for atom, e in factors if e < 0)]
            chosen = (below or choices)[0]
            moved = [(writer.sums.atom(atom, {chosen: letter}), e) for atom, e in factors]
            parts.append(writer.sums.term(c, [b for b in binders if b != chosen], moved))
        yield letter, add(*parts)


def over_denominators(writer: Rewriter, run: Run, whole: list[tuple[Tree, Fraction]], tree: Tree) -> None:
    """Replace P by (D P) / D, one denominator after the other."""
    factor = tree
    for atom, e in whole:
        base = writer.spelled(atom)
        if writer.sums.read(power(base, -e)) != writer.sums.term(ONCE, (), [(writer.sums.atom(base), -e)]):
            continue
        if writer.sums.read(power(base, e)) == writer.sums.term(ONCE, (), [(writer.sums.atom(base), e)]):
            continue  # a product with its inverse goes by itself
        writer.apply(run, "powers", (base, str(e), str(-e)), (), times(number(-1), factor))
        factor = times(factor, power(base, e), power(base, -e))
