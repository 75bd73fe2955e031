"""EM in numbers: steps by the derived formulas, finite latents summed over and continuous ones integrated over."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from checks.lowering import lower, lower_all
from checks.points import symbols_of
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Reference
from derive.models import Parameter

Values = Mapping[tuple[str, str], np.ndarray]
ROUNDING = 1e-9
HALVINGS = 40


# Rules of integration: the trapezoid rule, which converges exponentially for an analytic function that decays on both sides.


@dataclass(frozen=True, slots=True)
class Rule:
    """Nodes and weights over the values of a latent."""

    nodes: np.ndarray
    weights: np.ndarray


def over_reals(low: float, high: float, step: float, dimensions: int | None = None) -> Rule:
    """Over the reals, or over vectors of so many dimensions."""
    line = np.arange(low, high, step)
    if dimensions is None:
        return Rule(line, np.full(len(line), step))
    nodes = np.array(list(itertools.product(line, repeat=dimensions)))
    return Rule(nodes, np.full(len(nodes), step**dimensions))


def over_positive(low: float = -80.0, high: float = 7.0, step: float = 0.125) -> Rule:
    """Over positive numbers, by the logarithm."""
    line = np.arange(low, high, step)
    return Rule(np.exp(line), step * np.exp(line))


def over_unit(bound: float = 34.0, step: float = 0.25) -> Rule:
    """Over proportions, by the log-odds."""
    line = np.arange(-bound, bound, step)
    nodes = 1 / (1 + np.exp(-line))
    return Rule(nodes, step * nodes / (1 + np.exp(line)))


# Steps.


@dataclass(eq=False)
class Run:
    """EM with the derived M-steps; where there is no closed form, with Newton's steps that do not lower Q."""

    em: Algorithm
    rule: Rule | None = None
    measures: Mapping[str, np.ndarray] = field(init=False)
    nodes: Values = field(init=False)

    def __post_init__(self) -> None:
        model, rule = self.em.model, self.rule
        self.measures = {model.latent.range.upper.name: rule.weights} if rule is not None else {}
        latents = (s for s in symbols_of(model.joint(model.datum, model.latent)) if s.family == (model.latent.range,))
        self.nodes = {(s.name, s.role): rule.nodes for s in latents if s.role == "data"} if rule is not None else {}
        self.likelihood = lower(self.em.l())
        self.q = lower(self.em.q())
        self.steps = {name: lower(solution(*solution.indices)) for name, solution in self.em.solutions.items()}
        self.slopes = lower_all({p.symbol.name: p.slope(self.em.held) for p in model.parameters if p.slope is not None})
        open_ = [p for p in model.parameters if p.m_step is None and p.curvature is not None]
        self.curvatures = lower_all(
            {p.symbol.name: p.curvature(self.em.held) for p in open_ if p.curvature is not None},
            axes={p.symbol.name: _along(p) for p in open_},
        )

    def value(self, values: Values) -> float:
        """The log-likelihood."""
        return float(self.likelihood({**values, **self.nodes}, measures=self.measures))

    def expected(self, values: Values) -> float:
        """Q."""
        return float(self.q({**values, **self.nodes}, measures=self.measures))

    def gradients(self, values: Values) -> Mapping[str, np.ndarray]:
        """The gradient of Q by each parameter, in closed form."""
        found = self.slopes({**values, **self.nodes}, measures=self.measures)
        return {name: np.asarray(slope) for name, slope in found.items()}

    def step(self, values: Values) -> Values:
        """One after the other: a variance about the new mean is the joint maximum."""
        free = dict(values)
        for parameter in self.em.model.parameters:
            name = parameter.symbol.name
            if name in self.steps:
                free[name, "param"] = np.asarray(self.steps[name]({**free, **self.nodes}, measures=self.measures))
            else:
                free = dict(self.raised(parameter, free))
        return {**free, **{(name, "current"): value for (name, role), value in free.items() if role == "param"}}

    def raised(self, parameter: Parameter, values: Values) -> Values:
        """A step of Newton (of the gradient, where no curvature is known), halved until Q is not lower."""
        key = (parameter.symbol.name, "param")
        step = self.gradients(values)[key[0]]
        if parameter.curvature is not None:
            curved = np.asarray(self.curvatures({**values, **self.nodes}, measures=self.measures)[key[0]])
            step = -step / (np.diagonal(curved) if curved.ndim == 2 else curved)
        before = self.expected(values)
        for _ in range(HALVINGS):
            tried = {**values, key: values[key] + step}
            if (parameter.symbol.domain != "positive" or np.all(tried[key] > 0)) and self.expected(tried) >= before:
                return tried
            step = step / 2
        return values

    def converge(self, values: Values, count: int) -> Values:
        """So many steps, in which the log-likelihood never falls."""
        seen = [self.value(values)]
        for _ in range(count):
            values = self.step(values)
            seen.append(self.value(values))
        assert all(later >= earlier - ROUNDING * max(1, abs(earlier)) for earlier, later in itertools.pairwise(seen)), seen
        return values


def _along(parameter: Parameter) -> tuple:
    """The letters of a second derivative: the parameter's own, and the one of the other member."""
    other = parameter.along
    assert isinstance(other, Reference)
    return tuple(dict.fromkeys((*parameter.indices, *other.indices)))


def start(data: Values, **parameters: np.ndarray | float) -> Values:
    """The data, and parameters at these values, current and free ones alike."""
    both = {(name, role): np.asarray(value, float) for name, value in parameters.items() for role in ("param", "current")}
    return {**data, **both}


def moved(values: Values, name: str, value: np.ndarray) -> Values:
    """With another value of a parameter, current and free alike."""
    return {**values, (name, "param"): value, (name, "current"): value}


def paths(states: int, times: int) -> Values:
    """Every path, by where it begins, what it passes through, and which changes it makes."""
    visits = np.array([np.eye(states)[list(path)] for path in itertools.product(range(states), repeat=times)])
    changes = np.einsum("ctk,ctl->ckl", visits[:, :-1], visits[:, 1:])
    return {("a", "const"): visits[:, 0], ("N", "const"): changes, ("u", "const"): visits}
