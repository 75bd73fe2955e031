"""Oakes' identity: the Hessian of the log-likelihood from Q alone, by its derivatives in both of its slots."""

from __future__ import annotations

from dataclasses import replace

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import AtEqual, Derivative, Formula
from derive.identities import Identity
from derive.models import Parameter


def twice(body: Formula, parameter: Parameter, *, mixed: bool = False) -> Formula:
    """The second derivative; ``mixed`` takes the second one in the other slot, by theta_t."""
    other = parameter.along
    return Derivative(Derivative(body, parameter.reference), replace(other, symbol=other.symbol.at_current) if mixed else other)


def has_hessian(em: Algorithm, parameter: Parameter) -> bool:
    """Whether the second derivative is a scalar or a matrix: not of a matrix, nor of unknown densities in a continuum."""
    return len(parameter.symbol.shape) < 2


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    name = parameter.symbol.name
    right = AtEqual(twice(em.q(), parameter) + twice(em.q(), parameter, mixed=True))
    claim = Claim(label=f"oakes-{name}", lhs=twice(em.l(), parameter), rhs=right, reading="equal")
    frozen = Claim(
        label=f"frozen-hessian-{name}",
        lhs=twice(em.l(), parameter),
        rhs=AtEqual(twice(em.q(), parameter)),
        reading="equal",
        expected="refuted",
        residual=AtEqual(twice(em.q(), parameter, mixed=True)),
    )
    return (
        Step(
            reason="the second derivative in the first slot, and the mixed one, at {theta_t} = {theta}",
            claim=claim,
        ),
        Step(reason="tempting, and false: the Hessian with the weights {w} held is that of {l_value}", claim=frozen),
    )


IDENTITY = Identity(
    name="oakes",
    title="Oakes' identity",
    source="Oakes (1999), JRSS B 61, 479-482",
    steps=steps,
    applies=has_hessian,
)
