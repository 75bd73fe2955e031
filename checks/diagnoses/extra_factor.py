"""A factor too many."""

from __future__ import annotations

from checks.diagnoses import Diagnosis, by_operators, dropped

DIAGNOSIS = Diagnosis(
    code="extra-factor",
    title="A factor too many",
    cause="a factor does not belong there: {place}",
    rule="A factor that cancelled does not come back.",
    wrong=r"\frac{\phi_j p_j}{\phi_j} = \phi_j p_j",
    right=r"\frac{\phi_j p_j}{\phi_j} = p_j",
    repairs=by_operators("factor-dropped", part=dropped),
    rank=3,
    unless=("mean-for-sum", "count-for-weights", "deviation-for-variance"),
)
