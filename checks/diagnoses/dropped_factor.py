"""A dropped factor."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators, dropped

DIAGNOSIS = Diagnosis(
    code="dropped-factor",
    title="A dropped factor",
    cause="a factor of the row before was dropped: {place}",
    rule="Every factor is carried to the next row; the chain rule multiplies by the derivative of what is inside.",
    wrong=r"\frac{d}{dx} e^{a x} = e^{a x}",
    right=r"\frac{d}{dx} e^{a x} = a e^{a x}",
    slips=by_operators("factor-dropped", part=dropped),
    rank=3,
)
