"""The second-order condition of the M-step in the means and the weights: the Hessian of Q is negative definite."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    """The second derivative of Q by the parameter and another member of its family, where the first is in closed form."""
    if parameter.curvature is None:
        return ()
    claim = Claim(
        label=f"hessian-{parameter.symbol.name}",
        lhs=Derivative(Derivative(em.q(), parameter.reference), parameter.along),
        rhs=parameter.curvature(em.held),
        reading="held",
    )
    return (Step(reason="the Hessian of {Q}, the weights {w} held", claim=claim),)


IDENTITY = Identity(
    name="second-order",
    title="The second-order condition",
    source="McLachlan and Peel (2000), Finite Mixture Models, chapter 3",
    steps=steps,
)
