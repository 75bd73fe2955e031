"""A lost constant factor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from checks.diagnoses import Context, Diagnosis, Revision, by_operators
from checks.mutation import Operator, Scope
from derive.claims import Claim
from derive.formula import ZERO, Add, Formula, Number, multiply

RATIOS = tuple(Fraction(*pair) for pair in ((2, 1), (1, 2), (-2, 1), (-1, 2), (3, 1), (1, 3), (4, 1), (1, 4)))


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    if claim.relation == "=" and claim.rhs != ZERO:
        for ratio in RATIOS:
            yield Revision(replace(claim, rhs=multiply(Number(ratio), claim.rhs)), f"the row has to be multiplied by {ratio}")


def _one_term(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Add):
        for k, term in enumerate(node.terms):
            for ratio in RATIOS[:2]:
                yield Add((*node.terms[:k], multiply(Number(ratio), term), *node.terms[k + 1 :]))


TERM = Operator("factor-of-a-term", _one_term)


DIAGNOSIS = Diagnosis(
    code="lost-factor",
    title="A lost constant factor",
    cause="a constant factor is wrong or missing at {place}",
    rule=(
        "A constant factor stays through every row: the 2 that a square leaves behind cancels a 1/2, and only if the 1/2 "
        "was there."
    ),
    wrong=r"\frac{d}{d\mu} (x-\mu)^2 = -(x-\mu)",
    right=r"\frac{d}{d\mu} (x-\mu)^2 = -2(x-\mu)",
    revisions=_revisions,
    slips=by_operators("one-half", TERM),
    repairs=by_operators("one-half", TERM),
    rank=2,
)
