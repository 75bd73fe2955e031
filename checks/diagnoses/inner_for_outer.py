"""An inner product for an outer one."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Operator, Scope
from derive.formula import Formula, Identity, MatrixProduct, Multiply, Transpose, matrix_product, multiply


def _exchanged(node: Formula, scope: Scope) -> Iterator[Formula]:
    if isinstance(node, MatrixProduct) and len(node.factors) == 2:
        left, right = node.factors
        if isinstance(right, Transpose) and len(left.shape) == 1 and left.shape == right.argument.shape and left.shape[0]:
            yield multiply(matrix_product(right, left), Identity(left.shape[0]))
    if isinstance(node, Multiply) and len(node.factors) == 2:
        product, unit = node.factors
        if isinstance(unit, Identity) and isinstance(product, MatrixProduct) and len(product.factors) == 2:
            left, right = product.factors
            if isinstance(left, Transpose):
                yield matrix_product(right, left)


EXCHANGED = Operator("inner-and-outer-exchanged", _exchanged)


DIAGNOSIS = Diagnosis(
    code="inner-for-outer",
    title="An inner product for an outer one",
    cause="an inner product stands for an outer one, or the reverse, at {place}",
    rule="x^T x is a number, x x^T a matrix. The scatter of data is a sum of outer products.",
    wrong=r"S = \tfrac1n \sum_i (x_i-\mu)^T (x_i-\mu)\, I",
    right=r"S = \tfrac1n \sum_i (x_i-\mu) (x_i-\mu)^T",
    slips=by_operators(EXCHANGED),
    repairs=by_operators(EXCHANGED),
)
