"""The M-step with a prior: where Q and the logarithm of a prior are together largest, in closed form."""

from __future__ import annotations

from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Formula, Log, Reference, Sum, multiply
from derive.models import Parameter, counted, weighted
from derive.proposals.closed_forms import root
from derive.proposals.slopes import slope
from derive.proposals.terms import NoProposal
from derive.symbols import Domain, Size, Symbol


def constant(name: str, parameter: Parameter, shape: tuple[Size, ...] = (), domain: Domain = "positive") -> Reference:
    """A known number (vector, matrix) of a prior, one for each member of the parameter."""
    return Reference(
        Symbol(f"{name} of {parameter.symbol.name}", "const", parameter.symbol.family, shape, domain), parameter.indices
    )


def off_prior_mean(parameter: Parameter) -> Formula:
    """By how much a parameter is off the mean that a prior gives it."""
    return parameter.reference - constant("prior mean", parameter, parameter.symbol.shape, "real")


def of_all(log_density: Formula, parameter: Parameter) -> Formula:
    """The logarithm of the prior of all members, from that of one."""
    for index in reversed(parameter.indices):
        log_density = Sum(index, log_density)
    return log_density


def penalised(em: Algorithm, parameter: Parameter, log_prior: Formula) -> Formula | None:
    """The value at which Q and the logarithm of a prior have no slope together; None where none is found, or none without it."""
    i, j = em.model.datum, em.model.latent
    trial = Symbol("weight", "frozen", (i.range, j.range))
    if parameter.m_step is None:
        return None
    try:
        together = Sum(i, Sum(j, multiply(Reference(trial, (i, j)), Log(em.model.joint(i, j))))) + log_prior
        found = root(slope(together, parameter.reference), parameter.reference, parameter.other or em.model.other)
    except NoProposal:
        return None
    best = weighted(counted(found.value, trial, i, j), trial)
    return None if best is None else best(em.held)
