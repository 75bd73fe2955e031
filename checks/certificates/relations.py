"""Proofs of statements: what has to vanish for each relation, and how it is brought to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.certificates.bounds import bound
from checks.certificates.consequences import consequence
from checks.certificates.rewriting import Rewriter, Step
from checks.certificates.vanishing import zero
from checks.recheck import proofs
from checks.recheck.trees import Statement, less


def ways(told: Mapping[str, Any]) -> Iterator[tuple[Rewriter, bool]]:
    """The ways to rewrite, from the plainest on, and whether a consequence is taken as what solves the first equation."""
    equations = any("equation" in one for one in told["assumptions"])
    for solved in (False, True) if told["relation"] == "implies" else (False,):
        for assumed in (False, True) if equations else (False,):
            for splits in (True, False) if told["relation"] in ("<=", ">=") else (False, True):
                yield Rewriter(Statement(told), splits, assumed), solved


def proof_of(writer: Rewriter, solved: bool) -> dict[str, Any]:
    """The proof of a statement.

    Raises:
        Rejected: none was found.
    """
    statement = writer.proof.statement
    left, right, factor = proofs.begun(writer.proof, solved)
    goals: list[list[Step]] = []
    told: dict[str, Any] = {"solved": solved}
    match statement.relation:
        case "<=" | ">=" | "<" | ">":
            gap = less(right, left) if statement.relation[0] == "<" else less(left, right)
            told["pieces"], steps = bound(writer, statement, gap)
            goals.append(steps)
        case "implies":
            goals.append(consequence(writer, left, right))
            goals += [zero(writer, goal) for goal in list(proofs.goals(writer.proof, left, right, factor, solved))[1:]]
        case _:
            goals += [zero(writer, goal) for goal in proofs.goals(writer.proof, left, right, factor)]
    return {"letters": writer.letters, "lemmas": writer.lemmas, "goals": goals, **told}
