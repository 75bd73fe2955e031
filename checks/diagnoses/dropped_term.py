"""A dropped term."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators, dropped

DIAGNOSIS = Diagnosis(
    code="dropped-term",
    title="A dropped term",
    cause="a term was dropped: {place}",
    rule="Every summand is carried to the next row until it cancels or its derivative is shown to be zero.",
    wrong=r"(a + b)\, c = a c",
    right=r"(a + b)\, c = a c + b c",
    slips=by_operators("term-dropped", part=dropped),
    rank=3,
    unless=("dropped-factor",),
)
