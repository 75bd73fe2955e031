"""A wrong power."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Add, Formula, Number, Power, Reference


def _squared(node: Formula, scope: Scope) -> Iterator[Formula]:
    if node.shape == () and isinstance(node, (Add, Reference)):
        yield Power(node, Number(Fraction(2)))


SQUARED = Operator("squared", _squared)


DIAGNOSIS = Diagnosis(
    code="missing-square",
    title="A wrong power",
    cause="the exponent at {place} is off by one, or a square is missing",
    rule="The squared deviation stays a square until it is differentiated; the derivative of x^m is m x^(m-1).",
    wrong=r"\operatorname{Var}(x) = E[x - \mu]",
    right=r"\operatorname{Var}(x) = E[(x - \mu)^2]",
    slips=by_operators("power-changed"),
    repairs=by_operators("power-changed", SQUARED),
)
