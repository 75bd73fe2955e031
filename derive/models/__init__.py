"""Latent-variable models, one a file: each module of this folder holds one ``MODEL``.

This file holds the record that such a module fills in, and finds the modules.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from derive.errors import UnknownNameError
from derive.formula import Definition, Formula, Reference
from derive.symbols import Index, IndexLike, Size, Symbol

Weights = Callable[[IndexLike, IndexLike], Formula]
"""``weights(i, j)``: the responsibility of component j for datum i, as a formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a model: its symbol, its formal indices, and where the M-step puts it.

    ``slope(weights)`` is the gradient of sum_ij weights_ij log p_ij in closed form: that of Q where the weights are held,
    and of the log-likelihood where they move. ``m_step(weights)`` is the maximiser of Q as a formula in the formal indices,
    and ``gap(weights, solution)`` by how much any other value misses that maximum. ``condition`` says, for the reader, when
    the maximiser exists; ``larger`` that it needs the first size to exceed the second. A parameter whose domain is a
    simplex is maximised under that constraint.
    """

    symbol: Symbol
    indices: tuple[Index, ...]
    slope: Callable[[Weights], Formula]
    m_step: Callable[[Weights], Formula]
    gap: Callable[[Weights, Definition], Formula]
    role: str
    condition: str = ""
    larger: tuple[Size, Size] | None = None

    @property
    def reference(self) -> Reference:
        return Reference(self.symbol, self.indices)

    @property
    def shared(self) -> bool:
        """Whether all components share one value."""
        return not self.indices


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Mixture:
    """A finite mixture of i.i.d. data: datum i (letter ``datum``) comes from component j (letter ``latent``).

    ``weight(j)`` is the weight and ``covariance(j)`` the covariance matrix of component j; ``joint`` is
    p(x_i, z_i = j), weight times ``component``, in the indices (datum, latent). ``exponent`` is the part of its logarithm
    that moves with the location. ``other`` is the letter of the posterior's denominator, ``fresh`` the component by whose
    parameters derivatives are taken.
    """

    name: str
    title: str
    sizes: Mapping[str, Size]
    datum: Index
    latent: Index
    other: Index
    fresh: Index
    observation: Reference
    weight: Callable[[IndexLike], Formula]
    covariance: Callable[[IndexLike], Formula]
    normaliser: Definition
    exponent: Definition
    component: Definition
    joint: Definition
    parameters: tuple[Parameter, ...]
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    def parameter(self, name: str) -> Parameter:
        """The parameter called ``name``.

        Raises:
            UnknownNameError: there is none; the message names the nearest.
        """
        for parameter in self.parameters:
            if parameter.symbol.name == name:
                return parameter
        raise UnknownNameError.among("parameter", name, [p.symbol.name for p in self.parameters])


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFamily:
    """A model with its options: what a module of this folder holds as ``MODEL``.

    ``options`` maps each option's name to its allowed values, the first of them the default.
    """

    name: str
    title: str
    options: Mapping[str, tuple[str, ...]]
    build: Callable[..., Mixture]

    def __call__(self, **options: str) -> Mixture:
        """Build the model.

        Raises:
            UnknownNameError: an option or a value that the model does not have.
        """
        for option, value in options.items():
            if option not in self.options:
                raise UnknownNameError.among(f"option of {self.name}", option, self.options)
            if value not in self.options[option]:
                raise UnknownNameError.among(option, value, self.options[option])
        return self.build(**{name: options.get(name, values[0]) for name, values in self.options.items()})


def names() -> list[str]:
    """The names of all models, as the command line writes them."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def family(name: str) -> ModelFamily:
    """The model called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in names():
        raise UnknownNameError.among("model", name, names())
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}").MODEL
