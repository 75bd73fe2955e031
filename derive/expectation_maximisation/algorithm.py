"""Everything that EM speaks of, built once for a model: w, l, Q, H, the entropy and the gap, as definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.expectation_maximisation.e_step import entropy, responsibilities
from derive.expectation_maximisation.likelihood import observed_data_log_likelihood
from derive.expectation_maximisation.q_function import gap, h_function, q_function
from derive.formula import Definition, Formula, Named
from derive.models import LatentModel
from derive.symbols import IndexLike


@dataclass(frozen=True, eq=False, slots=True)
class Algorithm:
    """The functions of EM for one model; ``held`` and ``moving`` are the responsibilities at theta_t and at theta.

    ``solutions`` holds, by the parameter's name, where the M-step puts it.
    """

    model: LatentModel
    w: Definition = field(init=False)
    l: Definition = field(init=False)
    q: Definition = field(init=False)
    h: Definition = field(init=False)
    entropy: Definition = field(init=False)
    gap: Definition = field(init=False)
    solutions: Mapping[str, Definition] = field(init=False)

    def __post_init__(self) -> None:
        w = responsibilities(self.model)
        built = {
            "w": w,
            "l": observed_data_log_likelihood(self.model),
            "q": q_function(self.model, w),
            "h": h_function(self.model, w),
            "entropy": entropy(self.model, w),
            "gap": gap(self.model, w),
        }
        for name, definition in built.items():
            object.__setattr__(self, name, definition)
        solutions = {
            p.symbol.name: Definition(f"{p.symbol.name}_star", p.indices, p.m_step(self.held))
            for p in self.model.parameters
            if p.m_step is not None
        }
        object.__setattr__(self, "solutions", solutions)

    def held(self, i: IndexLike, j: IndexLike) -> Formula:
        return Named(self.w, (i, j), "current")

    def moving(self, i: IndexLike, j: IndexLike) -> Formula:
        return Named(self.w, (i, j), "free")
