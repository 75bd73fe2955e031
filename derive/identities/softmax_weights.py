"""Weights that are a softmax, such as the gates of a mixture of experts: the gradient is what the posterior has over them."""

from __future__ import annotations

from collections.abc import Callable

from derive.claims import Claim, Reading, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Derivative, Divide, Exp, Formula, Named, Sum, mentions, multiply, negate, rename, unfold
from derive.identities import Identity
from derive.models import Parameter, Weights
from derive.proposals.slopes import written_slope
from derive.symbols import Index


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    exponent = _exponent(em, parameter)
    weight = em.model.weight
    if exponent is None or weight is None:
        return ()
    i, s = em.model.datum, em.model.fresh
    name, by = parameter.symbol.name, parameter.reference
    slope = written_slope(exponent(s), by) or Derivative(exponent(s), by)

    def times_slope(factor: Formula) -> Formula:
        return factor if slope == ONE else multiply(factor, slope)

    def over(weights: Weights) -> Formula:
        return Sum(i, times_slope(weights(i, s) - weight(s)))

    def claim(label: str, of: Formula, weights: Weights, reading: Reading) -> Claim:
        return Claim(label=f"{label}-{name}", lhs=Derivative(of, by), rhs=over(weights), reading=reading)

    alone = Claim(
        label=f"gate-not-normalised-{name}",
        lhs=Derivative(em.l(), by),
        rhs=Sum(i, times_slope(em.moving(i, s))),
        reading="moving",
        expected="refuted",
        residual=negate(Sum(i, times_slope(weight(s)))),
    )
    return (
        Step(
            reason="by the derivative of the softmax: what the posterior of {s} has over its weight, the other weights falling",
            claim=claim("gate", em.l(), em.moving, "moving"),
        ),
        Step(
            reason="so for {Q}, with the posterior held: the gradient of a weighted logistic regression",
            claim=claim("gate-held", em.q(), em.held, "held"),
        ),
        Step(reason="tempting, and false: the denominator of the softmax held", claim=alone),
    )


def _exponent(em: Algorithm, parameter: Parameter) -> Callable[[Index], Formula] | None:
    """The exponent of a weight that is a softmax of the parameter, as a function of the component; None of other weights."""
    weight = em.model.weight
    if weight is None or parameter.own:
        return None
    j = em.model.latent
    body = weight(j)
    body = unfold(body) if isinstance(body, Named) else body
    match body:
        case Divide(Exp(inside), Sum(index, Exp(every))):
            is_softmax = rename(every, {index: j}) == inside and mentions(inside, parameter.symbol)
            return (lambda at: rename(inside, {j: at})) if is_softmax else None
        case _:
            return None


IDENTITY = Identity(
    name="softmax-weights",
    title="The gradient in the weights of a softmax",
    source="Jordan and Jacobs (1994), Hierarchical mixtures of experts and the EM algorithm, Neural Computation 6, 181-214",
    steps=steps,
    applies=lambda em, parameter: _exponent(em, parameter) is not None,
)
