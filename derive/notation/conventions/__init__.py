"""Whose letters a formula is written in, one convention a file: each module of this folder holds one ``CONVENTION``.

This file holds the record that such a module fills in, and finds the modules.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from derive.errors import UnknownNameError

DEFAULT = "cs229"

GREEK: Mapping[str, str] = {
    **dict(zip(("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"), "αβγδεζηθ", strict=True)),
    **dict(zip(("iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho"), "ικλμνξπρ", strict=True)),
    **dict(zip(("sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"), "στυφχψω", strict=True)),
    **dict(zip(("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi"), "ΓΔΘΛΞΠ", strict=True)),
    **dict(zip(("Sigma", "Upsilon", "Phi", "Psi", "Omega"), "ΣΥΦΨΩ", strict=True)),
}
"""The Greek letters that LaTeX knows, and their signs."""
_SUFFIXES = {"best": "*", "star": "*", "new": r"\mathrm{new}", "old": r"\mathrm{old}"}
_ESCAPED = "#$%&_"


@dataclass(frozen=True, slots=True)
class Spelling:
    r"""How a name is written, in LaTeX; ``#1``, ``#2`` stand for its indices, ``#*`` for all of them.

    ``#t`` stands for the parameters at which the name is taken, ``\theta`` or ``\theta_t``. An abbreviation that would
    be mistaken for its own value at theta_t has a ``moving`` spelling for theta; ``plain`` is then the held one. ``mark`` is
    put above the name, as the star of a maximiser.
    """

    plain: str
    moving: str = ""
    mark: str = ""

    def fits(self, count: int) -> bool:
        """Whether the spelling has a place for each of ``count`` indices."""
        places = {int(found) for found in re.findall(r"#(\d)", self.plain)}
        return "#*" in self.plain or len(places) == count

    @property
    def letter(self) -> str:
        """The name without anything around it."""
        return re.split(r"[_^(]", self.plain, maxsplit=1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """How the authors of a field write the names of a claim.

    ``sizes`` and ``indices`` map this program's letters to theirs; an unlisted name is written as it is called.
    ``mark`` is the superscript of a parameter at theta_t, ``logarithm`` the word for the natural logarithm.
    """

    name: str
    title: str
    sizes: Mapping[str, str]
    indices: Mapping[str, str]
    spellings: Mapping[str, Spelling]
    theta: str = r"\theta"
    theta_t: str
    mark: str
    logarithm: str = r"\log"

    def size(self, name: str) -> str:
        """The letter of a size, in LaTeX."""
        return self.sizes[name] if name in self.sizes else self._apart(generic(name), self.sizes.values())

    def index(self, name: str) -> str:
        """The letter of an index, in LaTeX; never that of one of the sizes."""
        plain = name.split("#")[0] or name
        return self.indices[plain] if plain in self.indices else self._apart(generic(plain), self.sizes.values())

    @staticmethod
    def _apart(letter: str, taken: Collection[str]) -> str:
        return f"{letter}'" if letter in taken else letter

    def spelling(self, name: str, count: int) -> Spelling:
        """How a name with ``count`` indices is written; an unlisted one gets its indices as subscripts."""
        known = self.spellings.get(name)
        if known is not None and known.fits(count):
            return known
        if known is not None:
            return Spelling(f"{known.letter}_{{#*}}")
        head, _, tail = name.rpartition("_")
        if head and tail in _SUFFIXES:
            return Spelling(self.spelling(head, count).plain, mark=_SUFFIXES[tail])
        return Spelling(f"{generic(name)}_{{#*}}")


def generic(name: str) -> str:
    r"""An unlisted name in LaTeX: one letter as it is, ``\greek``, other words upright and escaped."""
    if name in GREEK:
        return f"\\{name}"
    if re.fullmatch(r"[A-Za-z]", name):
        return name
    return f"\\mathrm{{{''.join(_safe(sign) for sign in name)}}}"


def _safe(sign: str) -> str:
    if sign in _ESCAPED:
        return f"\\{sign}"
    return sign if sign.isascii() and (sign.isalnum() or sign in "*+-.,:@") else f"u{ord(sign):04X}"


def names() -> list[str]:
    """The names of all conventions."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def convention(name: str = DEFAULT) -> Convention:
    """The convention called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in names():
        raise UnknownNameError.among("notation", name, names())
    return importlib.import_module(f"{__name__}.{name}").CONVENTION
