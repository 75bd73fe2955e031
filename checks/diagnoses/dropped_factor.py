"""A dropped factor."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators, dropped
from checks.mutation import Mutant, Operator, Scope
from derive.formula import ONE, Divide, Formula, Number


def _undivided(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Divide) and not isinstance(node.denominator, Number):
        yield node.numerator


UNDIVIDED = Operator("denominator-dropped", _undivided)


def _part(mutant: Mutant) -> Formula:
    """The factor that is gone; of a quotient, one over its denominator."""
    if mutant.operator == UNDIVIDED.name and isinstance(mutant.before, Divide):
        return Divide(ONE, mutant.before.denominator)
    return dropped(mutant)


DIAGNOSIS = Diagnosis(
    code="dropped-factor",
    title="A dropped factor",
    cause="a factor was dropped: {place}",
    rule="Every factor is carried to the next row; the chain rule multiplies by the derivative of what is inside.",
    wrong=r"\frac{d}{dx} e^{a x} = e^{a x}",
    right=r"\frac{d}{dx} e^{a x} = a e^{a x}",
    slips=by_operators(UNDIVIDED, "factor-dropped", part=_part),
    rank=3,
    unless=(
        "constant-that-moves",
        "missing-normaliser",
        "lost-log-determinant",
        "sum-kept",
        "mean-for-sum",
    ),
)
