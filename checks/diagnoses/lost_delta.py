"""A lost Kronecker delta."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import ONE, Add, Delta, Formula, Multiply, add, multiply, negate


def _picking(node: Formula, scope: Scope) -> Iterator[Formula]:
    """A delta of two indices in scope put in for a one, before a term, or as the term of its own that was forgotten."""
    deltas = [Delta(a, b) for a, b in combinations(scope, 2) if a.range == b.range]
    for delta in deltas:
        if node == ONE:
            yield delta
        elif isinstance(node, Add):
            for k, term in enumerate(node.terms):
                yield Add((*node.terms[:k], multiply(delta, term), *node.terms[k + 1 :]))
        elif isinstance(node, Multiply):
            # y_i y_j for y_i (y_j - delta): the forgotten delta stands beside one of the factors.
            for k, factor in enumerate(node.factors):
                if factor.shape == ():
                    for whole in (add(factor, negate(delta)), add(factor, delta)):
                        yield multiply(*node.factors[:k], whole, *node.factors[k + 1 :])


PICKING = Operator("delta-put-in", _picking)


DIAGNOSIS = Diagnosis(
    code="lost-delta",
    title="A lost Kronecker delta",
    cause="a Kronecker delta is missing at {place}: equal and different indices are treated alike",
    rule=(
        "The derivative of a_i by a_j is delta_ij: 1 where i = j and 0 elsewhere. It stays in the row until a sum over one"
        " of the two indices picks a term."
    ),
    wrong=r"\frac{\partial y_i}{\partial a_j} = y_i (1 - y_j)",
    right=r"\frac{\partial y_i}{\partial a_j} = y_i (\delta_{ij} - y_j)",
    slips=by_operators("delta-missing"),
    repairs=by_operators(PICKING),
    unless=("sum-kept",),
)
