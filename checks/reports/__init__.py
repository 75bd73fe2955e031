"""Output formats, one a file: each module of this folder holds one ``REPORT``.

This file holds the record that such a module fills in, and finds the modules.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.errors import UnknownNameError

if TYPE_CHECKING:
    from checks.outline import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How wide a line of text may be, whether there is colour, and whether counterexamples are shown as Python to paste.

    Formats that do not care ignore it.
    """

    width: int = 100
    colour: bool = False
    snippets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An output format. ``write`` ends what it returns with a newline; ``suffix`` is that of its files."""

    name: str
    title: str
    suffix: str
    write: Callable[[Account, Page], str]


def names() -> list[str]:
    """The names of all formats."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def report(name: str) -> Report:
    """The format called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in names():
        raise UnknownNameError.among("format", name, names())
    return importlib.import_module(f"{__name__}.{name}").REPORT
