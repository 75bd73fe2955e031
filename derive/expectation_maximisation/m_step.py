"""The M-step: where Q is stationary in each parameter, and why that is its maximum."""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Assumption, Claim, maximises, solves
from derive.errors import UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import ONE, Derivative, Formula, Sum
from derive.models import Parameter, Weights


def gradient(em: Algorithm, parameter: Parameter) -> Formula:
    """The gradient of Q in its first slot; on a simplex that of the Lagrangian, such as Q - n (sum_j phi_j - 1)."""
    return _of_lagrangian(em.q(), parameter, em.held)


def score(em: Algorithm, parameter: Parameter) -> Formula:
    """The gradient of the log-likelihood; on a simplex that of its Lagrangian, with the multiplier of Q at moving weights."""
    return _of_lagrangian(em.l(), parameter, em.moving)


def _of_lagrangian(objective: Formula, parameter: Parameter, weights: Weights) -> Formula:
    slope = Derivative(objective, parameter.reference)
    return slope - parameter.constraint(weights) if parameter.constraint is not None else slope


def conditions(em: Algorithm, parameter: Parameter, weights: Weights) -> tuple[Assumption, ...]:
    """What the maximiser needs to exist and to lie in its domain."""
    definite = parameter.definite(weights) if parameter.definite is not None else None
    own = (Assumption(text=parameter.condition, larger=parameter.larger, definite=definite),) if parameter.condition else ()
    return own + (em.model.assumptions if parameter.symbol.domain == "unit" else ())


def stationary(em: Algorithm, parameter: Parameter) -> Claim:
    """That the M-step makes the gradient of Q (of the Lagrangian, on a simplex) vanish, responsibilities held."""
    name = parameter.symbol.name
    best = em.solutions[name](*parameter.indices)
    claim = solves(f"m-step-{name}", gradient(em, parameter), parameter.symbol, parameter.indices, best)
    return _with(claim, conditions(em, parameter, em.held))


def feasible(em: Algorithm, parameter: Parameter) -> Claim:
    """That the maximiser lies on the simplex."""
    return Claim(
        label=f"m-step-{parameter.symbol.name}-sum",
        lhs=Sum(parameter.indices[-1], em.solutions[parameter.symbol.name](*parameter.indices)),
        rhs=ONE,
        reading="held",
    )


def largest(em: Algorithm, parameter: Parameter) -> Claim:
    """That Q is nowhere larger: the amount by which any other value misses the maximum is stated and nonnegative."""
    name = parameter.symbol.name
    solution = em.solutions[name]
    claim = maximises(
        f"maximum-{name}",
        em.q(),
        parameter.symbol,
        parameter.indices,
        solution(*parameter.indices),
        gap=parameter.gap(em.held, solution) if parameter.gap is not None else None,
    )
    return _with(claim, conditions(em, parameter, em.held))


def shortfall(em: Algorithm, parameter: Parameter) -> Claim:
    """By how much any other value misses the maximum."""
    bound = largest(em, parameter)
    if bound.gap is None:
        raise UnsupportedError(f"no gap is stated for {parameter.symbol.name}")
    name = f"shortfall-{parameter.symbol.name}"
    return replace(bound, label=name, lhs=bound.rhs - bound.lhs, relation="=", rhs=bound.gap, gap=None)


def _with(claim: Claim, assumptions: tuple[Assumption, ...]) -> Claim:
    return replace(claim, assumptions=claim.assumptions + assumptions)
