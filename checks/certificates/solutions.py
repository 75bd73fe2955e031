"""What may be put in for a letter so that an equation holds exactly, where no fraction does: what an equation says it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

from checks.certificates.patterns import denominators
from checks.certificates.rewriting import Rewriter
from checks.certificates.vanishing import zero
from checks.recheck import solutions
from checks.recheck.points import NUMBERS
from checks.recheck.sums import Poly, add, scale
from checks.recheck.trees import Letter, Rejected, Statement, Tree, expanded, free, frozen, nodes, power, times

Put = tuple[str, tuple[str, ...], Tree]
"""A symbol, letters for the indices of its entries, and the entry."""
_ORDER = ("param", "latent", "const", "frozen", "data", "current")


def put_in(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a certificate may say of a letter: its value, and the steps by which the equations hold with it."""
    for equations in (_linear, _said):
        writer = Rewriter(Statement(told))
        for put in equations(writer):
            with suppress(Rejected):
                yield _shown(writer, put)


def _shown(before: Rewriter, put: Put) -> dict[str, Any]:
    key, letters, value = put
    # Of what was divided by on the way to it nothing is known any more.
    writer = Rewriter(before.proof.statement)
    writer.letters.update(before.letters)
    goals = solutions.goals(writer.proof, key, letters, value)
    steps = [zero(writer, goal) for goal in goals]
    return {"key": key, "formal": letters, "value": value, "letters": writer.letters, "lemmas": writer.lemmas, "goals": steps}


def _said(writer: Rewriter) -> Iterator[Put]:
    """An assumed equation of which one side is a letter at all its places."""
    for one in writer.proof.statement.assumptions:
        sides: list[Tree] = list(map(frozen, one.get("equation", ())))
        for letter, value in (sides, sides[::-1]) if sides else ():
            indices = letter[2:]
            if letter[0] == "entry" and len(set(indices)) == len(indices) and free(value) <= set(indices):
                yield letter[1], indices, value


def _linear(writer: Rewriter) -> Iterator[Put]:
    """The first equation of a consequence, solved for a letter in which it is linear."""
    statement = writer.proof.statement
    if statement.relation != "implies":
        return
    left = expanded(writer.names, statement.left)
    writer.proof.assume_defined(left)
    value = writer.reduced(left).left
    below = [power(writer.spelled(atom), -e) for atom, e in denominators(value).items()]
    value = writer.reduced(times(writer.tree_of(value), *below)).left if below else value
    symbols = writer.names.symbols
    entries = {atom for _, factors in value for atom, e in factors if atom[0] == "entry" and e == 1}
    known = [atom for atom in entries if symbols[atom[1]]["domain"] in NUMBERS]
    for entry in sorted(known, key=lambda atom: (_ORDER.index(symbols[atom[1]]["role"]), str(atom))):
        parts = _split(value, entry)
        if parts is not None:
            sign = -1 if all(c < 0 for c in parts[0].values()) else 1
            slope, rest = (writer.tree_of(scale(part, factor)) for part, factor in zip(parts, (sign, -sign), strict=True))
            formal: dict[Letter, str] = {}
            for place, own in enumerate(writer.names.ranges_of(entry[1])):
                index = entry[2 + place]
                taken = {*free(slope), *free(rest), *formal.values()}
                formal[index if index in statement.entries else f"*{place}"] = writer.letter(own, taken)
            moved = writer.names.rename(times(rest, power(slope, -1)), formal)
            yield entry[1], tuple(formal.values()), writer.spelled(moved)


def _split(value: Poly, entry: Tree) -> tuple[Poly, Poly] | None:
    """The factor of an entry, and what is left, where its symbol stands nowhere else."""
    slope, rest = dict[Any, Fraction](), dict[Any, Fraction]()
    for (binders, factors), c in value.items():
        others = tuple(one for one in factors if one[0] != entry)
        if any(node[:2] == entry[:2] for atom, _ in others for node in nodes(atom)) or set(binders) & free(entry):
            return None
        if len(others) == len(factors):
            rest[(binders, factors)] = c
        elif dict(factors)[entry] == 1:
            slope[(binders, others)] = c
        else:
            return None
    return (add(slope), add(rest)) if slope else None
