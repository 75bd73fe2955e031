"""Output formats for checked notes, one a file: each module of this folder holds one ``REPORT``.

This file holds the record that such a module fills in, and finds the modules; what they tell is in ``checks.note_outline``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.errors import UnknownNameError

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.notes import CheckedNote
    from checks.reports import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReport:
    """An output format. ``write`` ends what it returns with a newline; ``suffix`` is that of its files, where they have one."""

    name: str
    title: str
    suffix: str = ""
    write: Callable[[Sequence[CheckedNote], Environment, Page], str]


def names() -> list[str]:
    """The names of all formats."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def report(name: str) -> NoteReport:
    """The format called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in names():
        raise UnknownNameError.among("format", name, names())
    return importlib.import_module(f"{__name__}.{name}").REPORT
