"""A fault: which lines of the program are changed, into what, and who must catch it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


class MisfitError(Exception):
    """A fault that no longer fits the code: it would be caught by nobody, for there would be nothing to catch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``broken`` says in words what is wrong in ``module`` where ``text``, which stands there once, is ``instead``.

    It must be caught by one of the ``probes`` (see ``battery``), or by one of the ``tests`` of the suite.
    """

    name: str
    broken: str
    module: str
    text: str
    instead: str
    probes: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file of the module."""
        plain = ROOT.joinpath(*self.module.split("."))
        return plain / "__init__.py" if plain.is_dir() else plain.with_suffix(".py")

    def planted(self, source: str) -> str:
        """The source of the module with the fault in it.

        Raises:
            MisfitError: the text does not stand there, or at several places.
        """
        if (count := source.count(self.text)) != 1:
            raise MisfitError(f"{self.name}: the text to be replaced stands {count} times in {self.module}, expected once")
        return source.replace(self.text, self.instead)
