"""EM for a model as SymPy expressions, for use in notebooks and further algebra.

Indexed sums with symbolic sizes: vectors and matrices appear as their entries, theta_t as symbols of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from derive.errors import UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Formula, unfold
from derive.models import LatentModel, Weights, family

if TYPE_CHECKING:
    import sympy


class ExpectationMaximisation:
    """The functions of EM for one model.

    Every property is a SymPy expression in index notation; ``formulas`` holds the same as the trees that claims are made of.
    A vector or matrix is given by one entry, with free component indices ``a`` and ``b``.

    >>> em = ExpectationMaximisation("gaussian-mixture", weights="known")
    >>> em.m_step("mu").has(em.responsibilities)
    False
    """

    def __init__(self, model: str | LatentModel, **options: str) -> None:
        """Build EM for a model.

        Raises:
            UnknownNameError: no model, or no option, of that name.
        """
        self.model = family(model)(**options) if isinstance(model, str) else model
        self.formulas = Algorithm(self.model)

    @property
    def observed_data_log_likelihood(self) -> sympy.Expr:
        """``l(theta)``, in nats, summed over the data."""
        return self._expression(self.formulas.l())

    @property
    def q_function(self) -> sympy.Expr:
        """``Q(theta; theta_t)``: the current parameters are the symbols whose names end in ``_t``."""
        return self._expression(self.formulas.q())

    @property
    def responsibilities(self) -> sympy.Expr:
        """``w_ij`` at theta, with free indices i and j."""
        return self._expression(self.formulas.moving(self.model.datum, self.model.latent))

    def score(self, parameter: str) -> sympy.Expr:
        """The gradient of the log-likelihood in a parameter of component s, in closed form.

        Raises:
            UnknownNameError: the model has no such parameter.
            UnsupportedError: there is no closed form.
        """
        return self._expression(_told(self.model.parameter(parameter).slope, parameter)(self.formulas.moving))

    def q_gradient(self, parameter: str) -> sympy.Expr:
        """The gradient of Q in its first slot, in closed form: the responsibilities stand at theta_t.

        Raises:
            UnknownNameError: the model has no such parameter.
            UnsupportedError: there is no closed form.
        """
        return self._expression(_told(self.model.parameter(parameter).slope, parameter)(self.formulas.held))

    def m_step(self, parameter: str) -> sympy.Expr:
        """The maximiser of Q in a parameter of component s, the responsibilities at theta_t.

        Raises:
            UnknownNameError: the model has no such parameter.
            UnsupportedError: there is no closed form.
        """
        return self._expression(_told(self.model.parameter(parameter).m_step, parameter)(self.formulas.held))

    def _expression(self, node: Formula) -> sympy.Expr:
        from sympy import Symbol

        from derive.sympy_bridge import to_sympy

        components = tuple(Symbol(letter, integer=True, positive=True) for letter in "ab"[: len(node.shape)])
        return to_sympy(node, components=components)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.model.options.items())
        return f"em({self.model.name!r}, {options})"

    def _repr_latex_(self) -> str:
        from derive.notation.conventions import convention
        from derive.notation.latex_writer import latex

        style = convention("cs229")
        q = self.formulas.q()
        return f"$\\displaystyle {latex(q, style)} = {latex(unfold(q), style)}$"


def _told(found: Callable[[Weights], Formula] | None, parameter: str) -> Callable[[Weights], Formula]:
    if found is None:
        raise UnsupportedError(f"no closed form is known for {parameter}")
    return found
