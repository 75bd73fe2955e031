"""Accounts of derivations for the tests of the reports: proofs by the kernel, numbers made up, so that nothing in them varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np

from checks.environment import PACKAGES, Environment
from checks.judge import Finding
from checks.outline import Account, symbols
from checks.witness import Counterexample, Evidence
from derive.algebra.prove import prove
from derive.claims import Claim, Derivation
from derive.formula import Formula, free_indices
from derive.lessons.expectation_maximisation import derivation
from derive.models import family
from derive.notation.conventions import convention

SIZES = {"n": 1, "k": 2, "d": 2}
MEASURED_AT = {"n": 5, "k": 3, "d": 2}


class MadeUpWitness:
    """Agrees with every claim that is not expected to fail; its numbers are constants."""

    def __init__(self, seed: int = 0, points: int = 3) -> None:
        self.seed = seed
        self.points = points

    def at(self, *formulas: Formula) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(sizes=MEASURED_AT)

    def measure(self, formula: Formula) -> float:
        return 0.41234

    def examine(self, claim: Claim) -> Evidence:
        if claim.expected == "refuted":
            return Evidence("differs", "the two sides differ, certainly", 1, (SIZES,), counterexample(claim))
        if claim.relation == "not identically 0":
            return Evidence("agrees", "certainly not zero at the point shown", 1, (SIZES,), counterexample(claim), 1, 1)
        return Evidence("agrees", "both sides agree to 30 digits", self.points, (SIZES,), None, 4, 4, 1e-16)


def counterexample(claim: Claim) -> Counterexample:
    """A point with short exact numbers; not a point at which the claim fails."""
    values: dict[tuple[str, str], Any] = {}
    for symbol in sorted(symbols(claim), key=lambda s: (s.name, s.role)):
        shape = [*(SIZES.get(r.upper.name, 2) for r in symbol.family), *(SIZES.get(size.name, 2) for size in symbol.shape)]
        array = np.empty(shape, dtype=object)
        numbers = count(1)
        for place in np.ndindex(*shape):
            array[place] = Fraction(next(numbers), 3 if symbol.domain == "simplex" else 4)
        values[symbol.name, symbol.role] = array
    where = dict.fromkeys(sorted(free_indices(claim.lhs), key=lambda index: index.name), 1)
    entry = (0, 1)[: len(claim.lhs.shape)]
    return Counterexample(SIZES, values, where, entry, "[-0.123456789 +/- 3.1e-70]", "0", "[-0.123456789 +/- 3.1e-70]")


def made_up(claim: Claim, witness: MadeUpWitness) -> Finding:
    """A finding in the shape of the judge's."""
    evidence = witness.examine(claim)
    expected = claim.expected == "refuted"
    outcome = prove(claim) if not expected and claim.relation != "not identically 0" else None
    residual = None
    if claim.residual is not None:
        right = Claim(label=f"{claim.label}-residual", lhs=claim.lhs, rhs=claim.residual)
        residual = Finding(right, "proved", "", None, None, 0.0)
    return Finding(claim, "refuted" if expected else "proved", evidence.reason, outcome, evidence, 0.25, residual)


def judge_all_by(judged: Callable[[Claim, Any], Finding]) -> Callable[..., Iterator[Finding]]:
    """What may stand for ``checks.judge.judge_all`` where each finding is made by ``judged``."""

    def judge_all(claims: Sequence[Claim], witness: Any) -> Iterator[Finding]:
        for claim in claims:
            yield judged(claim, witness)

    return judge_all


def account(notation: str = "cs229", parameters: tuple[str, ...] = (), **options: str) -> Account:
    """The account of the lesson about a Gaussian mixture."""
    return account_of(derivation(family("gaussian-mixture")(**options), parameters), notation)


def account_of(told: Derivation, notation: str = "cs229") -> Account:
    witness = MadeUpWitness()
    measures = [measure for section in told.sections for measure in section.measures]
    versions: dict[str, str | None] = dict.fromkeys(PACKAGES, "1.0")
    return Account(
        derivation=told,
        findings={claim.label: made_up(claim, witness) for claim in told.claims},
        measures={measure: witness.measure(measure.formula) for measure in measures},
        measured_at=MEASURED_AT,
        convention=convention(notation),
        environment=Environment(tool="1.0", python="3.11.0", packages=versions, seed=0, points=3),
    )
