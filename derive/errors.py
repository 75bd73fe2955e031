"""Every exception of the package, under one base, in one message form.

A message reads ``what was wrong: name=value, expected ...; try ...``. A wrong derivation is never an
exception: it is a verdict.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DeriveError(Exception):
    """Base of all errors that a caller can cause and therefore mend."""


class ShapeError(DeriveError):
    """Two parts of a formula do not fit together (a matrix added to a scalar, say)."""


class ScopeError(DeriveError):
    """An index is free where it must be bound, or lies outside its range."""


class UnknownNameError(DeriveError):
    """A name (model, density, parameter, format, function) that does not exist."""

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """Build the error for ``name``, with the nearest of the known names.

        >>> str(UnknownNameError.among("model", "gausian-mixture", ["gaussian-mixture"]))
        "unknown model: 'gausian-mixture', expected one of gaussian-mixture; try 'gaussian-mixture'"
        """
        names = sorted(known)
        message = f"unknown {kind}: {name!r}, expected one of {', '.join(names) or '(none)'}"
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        return cls(f"{message}; try {near[0]!r}" if near else message)


class UnsupportedError(DeriveError):
    """A construct that this part does not know; the message names it."""


class LimitError(DeriveError):
    """A size, nesting or time bound was reached; the message names the bound."""


class DisagreementError(DeriveError):
    """The kernel's proof and the numeric witness contradict each other: a defect of this program."""


class RefutedError(DeriveError, AssertionError):
    """Raised by ``checks.assert_identity`` when an identity does not hold or could not be settled."""


class ReadingError(DeriveError):
    """A formula or declaration that cannot be read, or says something ill-formed.

    ``start`` and ``end`` are offsets into the text that was read; ``code`` names the kind of trouble (``undeclared``, ...).
    """

    def __init__(self, message: str, start: int = 0, end: int | None = None, code: str = "syntax") -> None:
        super().__init__(message)
        self.start = start
        self.end = start + 1 if end is None else end
        self.code = code
