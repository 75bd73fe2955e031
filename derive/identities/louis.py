"""Louis' formula: observed information is complete information less what is missing, the variance of the complete score."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import AtEqual, Derivative, Formula, Log, Reference, Sum, Transpose, multiply, negate
from derive.identities import Identity
from derive.identities.oakes import has_hessian, twice
from derive.models import Parameter


def outer_product(left: Formula, right: Formula) -> Formula:
    """``a b`` of numbers, ``a b^T`` of vectors."""
    return multiply(left, right) if left.shape == () else left @ Transpose(right)


def missing(em: Algorithm, parameter: Parameter) -> Formula:
    """The variance of the complete-data score under the posterior, summed over the data."""
    i, j = em.model.datum, em.model.latent

    def score(by: Reference) -> Formula:
        return Derivative(Log(em.model.joint(i, j)), by)

    def mean(body: Formula) -> Formula:
        return Sum(j, multiply(em.moving(i, j), body))

    first, second = score(parameter.reference), score(parameter.along)
    return Sum(i, mean(outer_product(first, second)) - outer_product(mean(first), mean(second)))


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    i, j = em.model.datum, em.model.latent
    complete = Sum(i, Sum(j, multiply(em.moving(i, j), negate(twice(Log(em.model.joint(i, j)), parameter)))))
    louis = Claim(
        label=f"louis-{name}",
        lhs=negate(twice(em.l(), parameter)),
        rhs=complete - missing(em, parameter),
        reading="moving",
    )
    mixed = Claim(
        label=f"missing-information-{name}",
        lhs=AtEqual(twice(em.q(), parameter, mixed=True)),
        rhs=missing(em, parameter),
        reading="equal",
    )
    companion = Claim(
        label=f"missing-information-h-{name}",
        lhs=negate(AtEqual(twice(em.h(), parameter))),
        rhs=missing(em, parameter),
        reading="equal",
    )
    return (
        Step(reason="expected complete information less the variance of the complete score, given the data", claim=louis),
        Step(reason="what is missing is the mixed derivative of {Q}", claim=mixed),
        Step(reason="and the curvature of the companion of {Q}", claim=companion),
    )


IDENTITY = Identity(
    name="louis",
    title="Louis' formula and the missing information",
    source="Louis (1982), JRSS B 44, 226-233; Orchard and Woodbury (1972)",
    steps=steps,
    applies=has_hessian,
)
