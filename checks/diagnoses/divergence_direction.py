"""A divergence with its arguments exchanged."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Divide, Formula, Log, Multiply


def _exchanged(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, Multiply):
        for log in node.factors:
            if isinstance(log, Log) and isinstance(log.argument, Divide):
                first, second = log.argument.numerator, log.argument.denominator
                if first in node.factors:
                    swapped = {first: second, log: Log(Divide(second, first))}
                    yield Multiply(tuple(swapped.get(factor, factor) for factor in node.factors))


EXCHANGED = Operator("divergence-exchanged", _exchanged)


DIAGNOSIS = Diagnosis(
    code="divergence-direction",
    title="A divergence with its arguments exchanged",
    cause="the arguments of the divergence at {place} are exchanged",
    rule="KL(q || p) = sum_z q(z) log(q(z) / p(z)) is not symmetric: the distribution that averages is the one in the numerator.",
    wrong=r"\mathrm{KL}(q \| p) = \sum_z p(z) \log \frac{p(z)}{q(z)}",
    right=r"\mathrm{KL}(q \| p) = \sum_z q(z) \log \frac{q(z)}{p(z)}",
    slips=by_operators(EXCHANGED),
    repairs=by_operators(EXCHANGED),
    rank=0,
)
