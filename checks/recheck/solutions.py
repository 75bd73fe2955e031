"""What is put in for a letter at a point where no fraction solves an equation: steps show that the equation holds with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from checks.recheck.proofs import Proof
from checks.recheck.trees import ONE, SUMS_TO_ONE, Statement, Tree, expanded, free, frozen, less, nodes, require


def goals(proof: Proof, key: str, letters: Sequence[str], value: Tree) -> list[Tree]:
    """What has to vanish with a value put in for a letter: the first equation of a consequence, and all that are assumed."""
    statement, names = proof.statement, proof.names
    names.check(("substitute", key, letters, value, ONE), proof.fixed - frozenset(statement.entries))
    proof.look_at(value, proof.fixed | frozenset(letters))
    # At two values of the parameters it has to be the same.
    moved = {key, *statement.parameters}
    require(not any(node[0] == "entry" and node[1] in moved for node in nodes(value)), "what is put in moves")
    # What is assumed is what has to be shown.
    proof.assumed = []
    equations = [less(*map(frozen, one["equation"])) for one in statement.assumptions if "equation" in one]
    # They hold for all their letters, and the value is put in at one.
    require(not any(free(equation) & (free(value) - set(letters)) for equation in equations), "a value at one of many places")
    equations = [statement.left, *equations] if statement.relation == "implies" else equations
    found = [expanded(names, ("substitute", key, letters, value, equation)) for equation in equations]
    if names.symbols[key]["domain"] in SUMS_TO_ONE:
        found.append(less(("sum", letters[len(names.symbols[key]["family"]) - 1], value), ONE))
    proof.assume_defined(*found)
    return found


def solved(statement: Statement, told: Mapping[str, Any]) -> list[Tree]:
    """What vanishes with what is put in, wherever it has a value.

    Raises:
        Rejected: the steps do not show that.
    """
    proof = Proof(statement, told["letters"])
    found = goals(proof, told["key"], frozen(told["formal"]), frozen(told["value"]))
    for lemma in told["lemmas"]:
        proof.show(lemma)
    proof.show_all(found, told["goals"])
    return found
