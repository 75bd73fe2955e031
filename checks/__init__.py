"""Whether a derivation holds: the numeric witness, the judge, and the reports."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checks.regression import assert_computes, assert_identity, verify

__all__ = ["assert_computes", "assert_identity", "verify"]


def __dir__() -> list[str]:
    """The public names, for completion in notebooks before they are imported."""
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used."""
    if name in __all__:
        return getattr(importlib.import_module("checks.regression"), name)
    raise AttributeError(f"module 'checks' has no attribute {name!r}")
