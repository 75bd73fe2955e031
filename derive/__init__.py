"""Derivations of expectation-maximisation and its gradient identities, as formulas that can be proved.

>>> import derive
>>> derive.models.names()  # doctest: +ELLIPSIS
['autoregression-with-noise', 'bernoulli-mixture', 'beta-binomial', ...]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive import identities, models
    from derive.expectation_maximisation.expressions import ExpectationMaximisation as em
    from derive.models import Model

__all__ = ["Model", "em", "identities", "models"]


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used."""
    if name in ("models", "identities"):
        return importlib.import_module(f"derive.{name}")
    if name == "em":
        return importlib.import_module("derive.expectation_maximisation.expressions").ExpectationMaximisation
    if name == "Model":
        return importlib.import_module("derive.models").Model
    raise AttributeError(f"module 'derive' has no attribute {name!r}")
