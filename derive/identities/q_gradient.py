"""The gradient of Q in its first slot, row by row, responsibilities held at theta_t."""

from __future__ import annotations

from derive.claims import Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Formula, Log, Sum, multiply
from derive.identities import Identity, chain
from derive.models import LatentModel, Parameter, Weights


def weighted_slopes(model: LatentModel, parameter: Parameter, weights: Weights) -> Formula:
    """``sum_i w_is d log p_is``; over all components too where they share the parameter."""
    i, j = model.datum, model.latent
    component = model.fresh if parameter.own else j
    slope = multiply(weights(i, component), Derivative(Log(model.joint(i, component)), parameter.reference))
    return Sum(i, slope) if parameter.own else Sum(i, Sum(j, slope))


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    letter = f"{{{parameter.symbol.name}}}"
    every = "every value of the latent goes with a density that" if em.model.latent.range.abstract else "every component"
    own = f"the weights {{w}} are constants; {every} contains {letter}"
    if parameter.own:
        own = f"the weights {{w}} are constants; only the term {{j}} = {{s}} contains {letter}"
    rows = [
        (Derivative(em.q(), parameter.reference), ""),
        (weighted_slopes(em.model, parameter, em.held), own),
        *([(parameter.slope(em.held), "the derivative of the joint log-density")] if parameter.slope is not None else []),
    ]
    return chain(f"q-gradient-{parameter.symbol.name}", rows, reading="held")


IDENTITY = Identity(
    name="q-gradient",
    title="The gradient of Q",
    source="Bishop (2006), section 9.2.2",
    steps=steps,
)
