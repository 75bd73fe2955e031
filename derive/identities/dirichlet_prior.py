"""EM with a prior: a Dirichlet density on probabilities adds its counts to those of the data."""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Claim, Step, solves
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Derivative, Formula, Log, Reference, Sum, multiply
from derive.identities import Identity
from derive.models import Parameter
from derive.symbols import Symbol


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    symbol, indices = parameter.symbol, parameter.indices
    if parameter.m_step is None or parameter.constraint is None:
        return ()
    # The counts alpha - 1 of a Dirichlet density with a mode inside of the simplex.
    counts = Symbol(f"prior {symbol.name}", "const", symbol.family, (), "positive")
    own = Reference(counts, indices)
    total = Sum(indices[-1], own)
    prior: Formula = Log(parameter.reference) * own
    for index in reversed(indices):
        prior = Sum(index, prior)
    multiplier = parameter.constraint(em.held)
    best = (multiply(multiplier, parameter.m_step(em.held)) + own) / (multiplier + total)
    gradient = Derivative(em.q() + prior, parameter.reference) - (multiplier + total)
    without = em.solutions[symbol.name](*indices)
    name = symbol.name
    return (
        Step(
            reason="with the logarithm of the prior added to {Q}, the counts of the prior join the expected ones",
            claim=solves(f"map-{name}", gradient, symbol, indices, best),
        ),
        Step(reason="and the constraint is met", claim=Claim(label=f"map-{name}-sum", lhs=Sum(indices[-1], best), rhs=ONE)),
        Step(
            reason="tempting, and false: the M-step without the prior",
            claim=replace(solves(f"no-prior-{name}", gradient, symbol, indices, without), expected="refuted"),
        ),
    )


IDENTITY = Identity(
    name="dirichlet-prior",
    title="The M-step with a Dirichlet prior",
    source="Dempster, Laird and Rubin (1977), section 1; Bishop (2006), section 9.4",
    steps=steps,
    applies=lambda em, parameter: parameter.symbol.domain == "simplex",
)
