"""Plants slips in right derivations, at every place they fit, and asks what becomes of them.

``python -m tests.mutation.planted [COVARIANCE ...]`` runs all of them and prints a table by operator.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from checks.enclosure import compare, compare_order
from checks.judge import judge
from checks.mutation import mutants, unfolded
from checks.witness import Witness
from derive.algebra.prove import Proof, prove
from derive.claims import Claim
from derive.errors import DeriveError
from derive.formula import ZERO, AtEqual, Derivative, Formula, free_indices, rebuild
from derive.lessons.expectation_maximisation import derivation
from derive.models import family


@dataclass
class Tally:
    """What became of the mistakes: planted, certified false, refuted, and the failures by name."""

    planted: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    refuted: Counter[str] = field(default_factory=Counter)
    equivalent: Counter[str] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{'operator':26} planted  false  refuted  true all the same"]
        for name in sorted(self.planted):
            counts = (self.planted[name], self.false[name], self.refuted[name], self.equivalent[name])
            lines.append(f"{name:26} {counts[0]:7} {counts[1]:6} {counts[2]:8} {counts[3]:17}")
        total = (sum(c.values()) for c in (self.planted, self.false, self.refuted, self.equivalent))
        lines.append("{:26} {:7} {:6} {:8} {:17}".format("all", *total))
        lines += [f"ACCEPTED {line}" for line in self.accepted] + [f"missed {line}" for line in self.missed]
        return "\n".join(lines)


def claims(covariance: str) -> Iterator[Claim]:
    """The right claims of a derivation, each also with its abbreviations written out where that is not too long."""
    for claim in derivation(family("gaussian-mixture")(covariance=covariance)).claims:
        if claim.expected is None and claim.relation in ("=", "<="):
            yield claim
            if claim.label.startswith(("fisher", "score", "dw", "l-is")):
                yield replace(claim, label=f"{claim.label}, written out", rhs=_one_level(claim.rhs))


def _one_level(node: Formula) -> Formula:
    return rebuild(node, _one_level) if isinstance(node, (AtEqual, Derivative)) else unfolded(node)


def wrong_claims(claim: Claim) -> Iterator[tuple[str, Claim]]:
    """The claim with one slip, on the right side (on the left where the right is zero), and with the relation turned."""
    scope = tuple(sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=lambda i: i.name))
    side = "lhs" if claim.rhs == ZERO else "rhs"
    for mutant in mutants(getattr(claim, side), scope):
        wrong = replace(claim, gap=None)
        yield mutant.operator, replace(wrong, **{side: mutant.formula})
    if claim.relation == "<=":
        yield "bound-turned", replace(claim, lhs=claim.rhs, rhs=claim.lhs)


def is_false(claim: Claim, witness: Witness) -> bool | None:
    """Whether numbers certify that a claim is false; None where they cannot tell."""
    outcomes: set[str] = set()
    for point in witness.at(claim.lhs, claim.rhs, claim=claim):
        try:
            if claim.relation == "<=":
                outcomes.add(compare_order(claim.lhs, claim.rhs, point).outcome)
            else:
                outcomes.add(compare(claim.lhs, claim.rhs, point).outcome)
        except DeriveError:
            return None
    if outcomes & {"different", "violated", "one side undefined"}:
        return True
    return False if outcomes <= {"equal", "holds"} else None


def campaign(covariance: str, *, sample: int | None = None, seed: int = 0) -> Tally:
    tally, witness = Tally(), Witness(points=3, autodiff=False)
    planted = [(name, claim, wrong) for claim in claims(covariance) for name, wrong in wrong_claims(claim)]
    if sample is not None:
        planted = random.Random(seed).sample(planted, min(sample, len(planted)))
    for name, claim, wrong in planted:
        tally.planted[name] += 1
        false = is_false(wrong, witness)
        if not false:
            tally.equivalent[name] += false is False
            if false is None and isinstance(prove(wrong), Proof):
                tally.accepted.append(f"{name}: {claim.label}: proved although the numbers cannot tell")
            continue
        tally.false[name] += 1
        finding = judge(wrong, witness)  # a proof of a false claim raises
        tally.refuted[name] += finding.verdict == "refuted"
        if finding.verdict in ("proved", "confirmed"):
            tally.accepted.append(f"{name}: {claim.label}: {finding.verdict}")
        elif finding.verdict != "refuted":
            tally.missed.append(f"{name}: {claim.label}: {finding.reason}")
    return tally


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ["full", "tied", "diagonal", "spherical", "known"]:
        print(chosen)
        print(campaign(chosen))
