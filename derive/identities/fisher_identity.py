"""Fisher's identity: the gradient of Q in its first slot, at theta_t = theta, is the score."""

from __future__ import annotations

from derive.claims import Assumption, Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import AtEqual, Convention, Derivative, Formula
from derive.identities import Identity
from derive.models import LatentModel, Parameter

REGULARITY = Assumption(
    text="the support of the densities does not depend on the parameters, and the sum over components is finite"
)
INTEGRABLE = Assumption(
    text="the support of the densities does not depend on the parameters, and one may differentiate under the integral"
)


def regularity(em: Algorithm) -> Assumption:
    """What the identity rests on beyond the domains."""
    return INTEGRABLE if em.model.latent.range.abstract else REGULARITY


SYMMETRIC: tuple[tuple[Convention, str], ...] = (
    ("frobenius", "the same for the symmetric part of the gradient, which depends on the function alone"),
    ("vech", "the same with each free entry of the symmetric matrix counted once"),
)


def claim(em: Algorithm, parameter: Parameter, label: str, convention: Convention = "entry") -> Claim:
    by = parameter.reference
    return Claim(
        label=label,
        lhs=AtEqual(Derivative(em.q(), by, convention)),
        rhs=Derivative(em.l(), by, convention),
        reading="equal",
        assumptions=(regularity(em),),
    )


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    found = [Step(reason="Fisher's identity", claim=claim(em, parameter, f"fisher-{name}"))]
    if parameter.symbol.domain == "spd":
        found += [
            Step(reason=reason, claim=claim(em, parameter, f"fisher-{name}-{convention}", convention))
            for convention, reason in SYMMETRIC
        ]
    if parameter.symbol.domain == "simplex":
        found.append(_tangent(em, parameter))
        if em.model.logits is not None:
            found.append(_in_logits(em, em.model.logits()))
    return tuple(found)


def _tangent(em: Algorithm, parameter: Parameter) -> Step:
    """On the simplex only differences of two entries' derivatives are directions one may move in."""

    def along(body: Formula) -> Formula:
        return Derivative(body, parameter.reference) - Derivative(body, parameter.along)

    tangent = Claim(
        label=f"fisher-{parameter.symbol.name}-tangent",
        lhs=AtEqual(along(em.q())),
        rhs=along(em.l()),
        reading="equal",
        assumptions=(regularity(em),),
    )
    name = parameter.symbol.name
    return Step(reason=f"the same along the simplex: what {{{name}}} gains, {{{name}_other}} loses", claim=tangent)


def _in_logits(em: Algorithm, model: LatentModel) -> Step:
    """The same model with the weights as softmax of free logits: no constraint is left."""
    chart = Algorithm(model)
    parameter = chart.model.parameter("eta")
    return Step(
        reason="the same in logits: {phi} is the softmax of free numbers, no constraint is left",
        claim=claim(chart, parameter, "fisher-phi-logits"),
    )


IDENTITY = Identity(
    name="fisher-identity",
    title="Fisher's identity",
    source="Fisher (1925); Dempster, Laird and Rubin (1977); Bishop (2006), exercise 9.25",
    steps=steps,
)
