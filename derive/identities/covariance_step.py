"""The step of EM in a covariance matrix as a preconditioned gradient step: about the old means, not about the new ones."""

from __future__ import annotations

from fractions import Fraction

from derive.claims import Claim, Step
from derive.expectation_maximisation import m_step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    Definition,
    Derivative,
    Divide,
    Formula,
    Number,
    Reference,
    SizeNumber,
    Sum,
    matrix_product,
    multiply,
    negate,
    outer,
)
from derive.identities import Identity
from derive.models import LatentModel, Parameter
from derive.symbols import Index


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model, name = em.model, parameter.symbol.name
    mean = _mean(model, parameter)
    if parameter.m_step is None or mean is None or mean.m_step is None:
        return ()
    i, w = model.datum, em.moving
    best = Definition(em.solutions[mean.symbol.name].name, mean.indices, mean.m_step(w))(*mean.indices)

    def each(body: Formula) -> Formula:
        """Of one component, or summed over all of them where they share the matrix."""
        return body if parameter.own else Sum(model.fresh, body)

    def count(component: Index) -> Formula:
        return Sum(i, w(i, component))

    mass = count(model.fresh) if parameter.own else SizeNumber(i.range.upper)
    old = mean.reference
    about_new = each(Sum(i, multiply(w(i, model.fresh), outer(model.observation - best, model.observation - best))))
    before, slope = parameter.reference, Derivative(em.l(), parameter.reference)
    gradient_step = multiply(Divide(Number(Fraction(2)), mass), matrix_product(before, slope, before))
    moved = outer(best - old, best - old)
    if not parameter.own:
        moved = Divide(each(multiply(count(model.fresh), moved)), mass)
    joint = Divide(about_new, mass) - before
    known = m_step.conditions(em, parameter, w)

    def claim(label: str, lhs: Formula, rhs: Formula, residual: Formula | None = None) -> Claim:
        return Claim(
            label=f"{label}-{name}",
            lhs=lhs,
            rhs=rhs,
            reading="moving",
            assumptions=known,
            expected=None if residual is None else "refuted",
            residual=residual,
        )

    return (
        Step(
            reason="about the old means the step of EM is the gradient of {l_value} between two of the matrices",
            claim=claim("covariance-step", parameter.m_step(w) - before, gradient_step),
        ),
        Step(
            reason="about the new means, which the M-step puts in, it falls short of that by how far they have moved",
            claim=claim("covariance-step-joint", joint, gradient_step - moved),
        ),
        Step(
            reason="tempting, and false: the same about the new means",
            claim=claim("covariance-step-mixed", joint, gradient_step, negate(moved)),
        ),
    )


def _mean(model: LatentModel, parameter: Parameter) -> Parameter | None:
    """The mean beside which the parameter is the variance or the covariance matrix of a component; None where it is none."""
    for law in model.laws if model.weight is not None else ():
        mean, spread = law.parameters[0], law.parameters[-1]
        if law.density.name != "Normal" or not isinstance(mean, Reference) or not isinstance(spread, Reference):
            continue
        if spread.symbol == parameter.symbol:
            return next((other for other in model.parameters if other.symbol == mean.symbol and other.own), None)
    return None


IDENTITY = Identity(
    name="covariance-step",
    title="The step of EM in a covariance matrix",
    source="Xu and Jordan (1996), On convergence properties of the EM algorithm for Gaussian mixtures, theorem 1",
    steps=steps,
    applies=lambda em, parameter: _mean(em.model, parameter) is not None,
)
