"""A term too many."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators, dropped

DIAGNOSIS = Diagnosis(
    code="extra-term",
    title="A term too many",
    cause="a term does not belong there: {place}",
    rule="A term enters a row only from the row before; one whose derivative is zero leaves.",
    wrong=r"\frac{d}{d\mu} (a\mu + b) = a + b",
    right=r"\frac{d}{d\mu} (a\mu + b) = a",
    repairs=by_operators("term-dropped", part=dropped),
    rank=3,
)
