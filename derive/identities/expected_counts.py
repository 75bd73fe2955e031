"""The derivative of the log-likelihood by a log-probability is an expected count: forward-backward is backpropagation."""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Derivative, Formula, multiply
from derive.identities import Identity
from derive.models import Parameter, Weights
from derive.proposals.terms import NoProposal, expanded, summed


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name, by = parameter.symbol.name, parameter.reference
    counts, held = _counts(parameter, em.moving), _counts(parameter, em.held)
    if counts is None or held is None:
        return ()
    of_l = Claim(label=f"expected-count-{name}", lhs=multiply(by, Derivative(em.l(), by)), rhs=counts, reading="moving")
    of_q = Claim(label=f"expected-count-held-{name}", lhs=multiply(by, Derivative(em.q(), by)), rhs=held, reading="held")
    wrong = replace(of_l, label=f"count-without-log-{name}", lhs=Derivative(em.l(), by), expected="refuted")
    other = replace(of_l, label=f"count-of-theta-t-{name}", lhs=of_l.lhs, rhs=held, expected="refuted")
    return (
        Step(
            reason=f"the derivative of {{l_value}} by the logarithm of {{{name}}}, as of a free number, is an expected count",
            claim=of_l,
        ),
        Step(reason="that of {Q}, whatever {theta}: the count that the E-step at {theta_t} expects", claim=of_q),
        Step(reason=f"tempting, and false: the derivative by {{{name}}} itself", claim=wrong),
        Step(reason="tempting, and false: the count that is expected at another {theta_t}", claim=other),
    )


def _counts(parameter: Parameter, weights: Weights) -> Formula | None:
    """The parameter times the slope by it, multiplied out."""
    if parameter.slope is None:
        return None
    try:
        return summed(expanded(multiply(parameter.reference, parameter.slope(weights)), parameter.symbol))
    except NoProposal:
        return None


IDENTITY = Identity(
    name="expected-counts",
    title="Derivatives by log-probabilities are expected counts",
    source="Baum, Petrie, Soules and Weiss (1970); Eisner (2016), Inside-outside and forward-backward algorithms are just "
    "backprop (tutorial paper), Workshop on Structured Prediction for NLP",
    steps=steps,
    applies=lambda em, parameter: parameter.symbol.domain == "simplex",
)
