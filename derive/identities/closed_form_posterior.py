"""The posterior of a continuous latent in closed form: the joint density is, in the latent, a known density up to a factor.

Factor analysis, principal components, rates and precisions with gamma distributions: what the E-step computes is a few numbers.
The factor is free of the latent, so Bayes' rule divides it out.
"""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Assumption, Claim, Step
from derive.densities import density
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Add, Definition, Formula, Inverse, Named, multiply, unfold
from derive.identities import Identity
from derive.models import Parameter
from derive.proposals.posteriors import Conjugate, conjugate

KINDS = {"Normal": "a normal", "Gamma": "a gamma", "Beta": "a beta"}


def posterior(em: Algorithm) -> Conjugate | None:
    """The posterior of the model's latent; None where the latent is a category, or no closed form is known."""
    model = em.model
    latent = model.latent_value
    return None if latent is None else conjugate(model.joint.body, latent)


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    model, found, latent = em.model, posterior(em), em.model.latent_value
    if found is None or latent is None:
        return ()
    i, j = model.datum, model.latent
    law, kind = density(found.density), KINDS[found.density]
    evidence = Definition("evidence", (i,), found.evidence)(i)
    own: tuple[Formula, ...] = found.parameters
    known: tuple[Assumption, ...] = ()
    if found.density == "Normal":
        spread = "posterior_covariance" if latent.shape else "posterior_variance"
        mean, variance = (Definition(name, (i,), each) for name, each in zip(("posterior_mean", spread), own, strict=True))
        own = (mean(i), variance(i))
        reasons = ("the mean of the latent, given datum {i}", f"its {'covariance matrix' if latent.shape else 'variance'}")
        told = [(reason, named) for reason, named in zip(reasons, own, strict=True)]
        precision = _lone_precision(variance.body)
        if precision is not None:
            text = "the data determine the latent: the matrix that is inverted is positive definite"
            known = (Assumption(text=text, definite=precision),)
    else:
        average = law.mean("value", *own)
        means = [] if average is None else [Definition("posterior_mean", (i,), average)(i)]
        told = [("the mean of the latent, given datum {i}", named) for named in means]
    joint = model.joint(i, j)
    product = Claim(
        label="closed-form-posterior",
        lhs=joint,
        rhs=multiply(law.formula(latent, *own), evidence),
        reading="moving",
        assumptions=known,
    )
    forgotten = replace(product, label="no-evidence", rhs=law.formula(latent, *own), expected="refuted")
    why = f"as a function of {{j}} the joint density is {kind} density, times a factor that is free of {{j}}"
    after = [_defined(reason, named) for reason, named in told]
    return (
        *(after if found.density == "Normal" else ()),
        _defined("the density of what is observed: the factor of the joint density that is left", evidence),
        Step(reason=why, claim=product),
        Step(reason=f"tempting, and false: the joint density is {kind} density itself", claim=forgotten),
        *(after if found.density != "Normal" else ()),
    )


def _defined(reason: str, named: Named) -> Step:
    return Step(reason=reason, defines=(named, unfold(named)))


def _lone_precision(variance: Formula) -> Formula | None:
    """The matrix that is inverted where nothing is added to what the data say of the latent: it may be singular then."""
    return variance.argument if isinstance(variance, Inverse) and not isinstance(variance.argument, Add) else None


IDENTITY = Identity(
    name="closed-form-posterior",
    title="The posterior in closed form",
    source="Bishop (2006), sections 2.3.3, 2.3.6 and 12.2.1; Rubin and Thayer (1982), EM algorithms for ML factor analysis",
    steps=steps,
    per_parameter=False,
    applies=lambda em, parameter: posterior(em) is not None,
)
