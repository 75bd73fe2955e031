"""A constant that is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.diagnoses import Context, Diagnosis, Revision
from derive.claims import Claim
from derive.formula import Formula, Reference, walk
from derive.symbols import Symbol


def _revisions(claim: Claim, context: Context) -> Iterator[Revision]:
    if claim.relation in ("= up to a constant", "proportional to") and len(claim.parameters) > 1:
        for parameter in claim.parameters:
            others = tuple(other for other in claim.parameters if other != parameter)
            place = next((n for side in (claim.lhs, claim.rhs) for n in walk(side) if _is_of(n, parameter)), None)
            called = "the constant" if claim.relation == "= up to a constant" else "the factor left out"
            told = f"{called} depends on {'{place}' if place is not None else parameter.name}"
            yield Revision(replace(claim, parameters=others), told, place)


def _is_of(node: Formula, parameter: Symbol) -> bool:
    return isinstance(node, Reference) and node.symbol == parameter


DIAGNOSIS = Diagnosis(
    code="constant-that-moves",
    title="A constant that is none",
    cause="what is called constant depends on a parameter",
    rule="A term may be put into the constant only where it is free of every parameter that is still to be varied.",
    wrong=r"\log N(x; \mu, \sigma^2) = -\frac{(x-\mu)^2}{2\sigma^2} + \text{const}",
    right=r"\log N(x; \mu, \sigma^2) = -\log \sigma - \frac{(x-\mu)^2}{2\sigma^2} + \text{const}",
    revisions=_revisions,
    rank=0,
)
