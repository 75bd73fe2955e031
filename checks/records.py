"""Claims and findings as JSON and back: what they mean is written down whole, where they stand in a note is not.

Two things that are written alike mean the same, and come to the same verdict. Records are numbered as they come, and named by
their numbers when they come again: definitions are told apart by which they are, not by what they hold.

Letters that the program made up (``h#7``) are numbered likewise: they say nothing, and are others in every run.

Only records of the modules named below are made from what is read; nothing that is read is ever run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from checks import diagnoses, judge, witness
from checks.diagnoses import Diagnosis, diagnosis
from derive import claims, formula, symbols
from derive.algebra import prove
from derive.errors import DeriveError
from derive.formula import Fresh
from derive.notes import chains
from derive.symbols import Index, Range

MODULES: tuple[ModuleType, ...] = (symbols, formula, claims, prove, witness, judge, diagnoses, chains)
LEFT_OUT: Mapping[str, Any] = {"span": None, "Proof.log": (), "Evidence.pair": None}
"""Where something stands, the steps of a proof, and the points behind a counterexample: no report on a note needs them."""


class UnstorableError(DeriveError):
    """Something that cannot be written as JSON, or that was not written by this module."""


@cache
def kinds() -> dict[str, type]:
    """The records that are written and read, by their names."""
    found = {
        name: kind
        for module in MODULES
        for name, kind in vars(module).items()
        if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
    }
    found.pop(Diagnosis.__name__)  # one of a folder, by its code
    return found


@cache
def names_of(kind: type) -> tuple[str, ...]:
    """The fields of a record that are written."""
    given = left_out_of(kind)
    return tuple(field.name for field in fields(kind) if field.init and field.name not in given)


@cache
def left_out_of(kind: type) -> Mapping[str, Any]:
    """The fields of a record that are not written, with what stands in them when it is read."""
    found: dict[str, Any] = {}
    for field in fields(kind):
        for name in (field.name, f"{kind.__name__}.{field.name}"):
            if name in LEFT_OUT:
                found[field.name] = LEFT_OUT[name]
    return found


class Writer:
    """Writes values as JSON; what was written once is afterwards named by its number.

    ``met`` are the records, and ``letters`` the letters made up by the program, in the order in which they were written: a
    ``Reader`` that is given them finds what was named.
    """

    def __init__(self) -> None:
        self.met: list[Any] = []
        self.letters: list[str] = []
        self.numbers: dict[int, int] = {}

    def write(self, value: Any) -> Any:
        """The value as what JSON knows.

        Raises:
            UnstorableError: something in it is of another kind.
        """
        if value is None or isinstance(value, (bool, str)) or type(value) is int:
            return value
        match value:
            case float():
                return ["float", value.hex()]
            case Fraction():
                return ["fraction", str(value)]
            case tuple():
                return ["tuple", *map(self.write, value)]
            case np.ndarray() if value.dtype == object:
                return ["array", list(value.shape), *map(self.write, value.ravel())]
            case Mapping():
                return ["map", *([self.write(key), self.write(one)] for key, one in value.items())]
            case Diagnosis():
                return ["diagnosis", value.code]
            case _ if kinds().get(type(value).__name__) is type(value):
                return self._record(value)
            case _:
                raise UnstorableError(f"a value of the kind {type(value).__name__} is not written down")

    def _record(self, value: Any) -> Any:
        known = self.numbers.get(id(value))
        if known is not None:
            return ["#", known]
        kind = type(value)
        if isinstance(value, Index) and "#" in value.name:
            if value.name not in self.letters:
                self.letters.append(value.name)
            written = ["letter", value.name.partition("#")[0], self.letters.index(value.name), self.write(value.range)]
        else:
            written = [kind.__name__, *(self.write(getattr(value, name)) for name in names_of(kind))]
        self.numbers[id(value)] = len(self.met)
        self.met.append(value)
        return written


class Reader:
    """Makes values of what a ``Writer`` wrote; ``met`` and ``letters`` are what it had written before.

    A letter made up by the program in another run is made up anew.
    """

    def __init__(self, met: Sequence[Any] = (), letters: Sequence[str] = ()) -> None:
        self.met = list(met)
        self.letters = dict(enumerate(letters))

    def read(self, written: Any) -> Any:
        """The value.

        Raises:
            UnstorableError: it was not written so.
        """
        try:
            return self._read(written)
        except (DeriveError, ArithmeticError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise UnstorableError(f"what was written cannot be read: {error}") from error

    def _read(self, written: Any) -> Any:
        if not isinstance(written, list):
            return written
        name, *parts = written
        match name:
            case "#":
                return self.met[parts[0]]
            case "float":
                return float.fromhex(parts[0])
            case "fraction":
                return Fraction(parts[0])
            case "tuple":
                return tuple(map(self._read, parts))
            case "map":
                return {self._read(key): self._read(one) for key, one in parts}
            case "diagnosis":
                return diagnosis(parts[0])
            case "letter":
                return self._letter(*parts)
            case "array":
                shape, *entries = parts
                made = np.empty(len(entries), dtype=object)
                made[:] = list(map(self._read, entries))
                return made.reshape(shape)
            case _:
                return self._record(kinds()[name], parts)

    def _letter(self, name: str, number: int, range_: Any) -> Index:
        own: Range = self._read(range_)
        if number not in self.letters:
            self.letters[number] = Fresh.index(Index(name, own)).name
        made = Index(self.letters[number], own)
        self.met.append(made)
        return made

    def _record(self, kind: type, parts: Sequence[Any]) -> Any:
        given = dict(zip(names_of(kind), map(self._read, parts), strict=True))
        made = kind(**given, **left_out_of(kind))
        self.met.append(made)
        return made


def text(written: Any) -> str:
    """What a ``Writer`` wrote, as one line."""
    return json.dumps(written, separators=(",", ":"), allow_nan=False)


def digest(values: Iterable[Any]) -> str:
    """A hash of all that the values mean."""
    writer = Writer()
    return hashlib.sha256(text([writer.write(value) for value in values]).encode("ascii")).hexdigest()
