"""Sizes, indices and typed symbols: what the letters of a claim mean.

A size is a positive integer that stays symbolic in proofs. An index runs over a range. A symbol is a
scalar, vector or matrix, perhaps a family of them (``mu_j``), with a role (does a gradient touch it?)
and a domain (what is known of its sign?).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from typing import Any, Literal, TypeVar, dataclass_transform

from derive.errors import ScopeError

R = TypeVar("R")
T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """A frozen dataclass whose hash is computed once, and so its shape where that is a property; ``known_..`` fields keep them.

    Formulas are deep and stand in many dictionaries: hashing them anew each time would be most of the work.
    """
    made: Any = dataclass(frozen=True, slots=True)(cls)

    def state(self: Any) -> list[Any]:
        """What another process, or a copy, is told: never a hash, which holds only here."""
        return [None if part.name.startswith("known_") else getattr(self, part.name) for part in fields(made)]

    made.__hash__ = computed_once(made.__hash__, "hash")
    made.__getstate__ = state
    if isinstance(made.__dict__.get("shape"), property):
        made.shape = property(computed_once(made.shape.fget))
    return made


def computed_once(compute: Callable[[R], T], name: str = "") -> Callable[[R], T]:
    """A function of a frozen record that is computed when it is first asked for; the record's field ``known_NAME`` keeps it."""
    slot = f"known_{name or compute.__name__}"

    @wraps(compute)
    def get(owner: R) -> T:
        known: T | None = getattr(owner, slot)
        if known is None:
            known = compute(owner)
            object.__setattr__(owner, slot, known)
        return known

    return get


Role = Literal["data", "param", "current", "latent", "frozen", "const", "opaque"]
"""``param`` is the free theta, ``current`` the same parameter at theta_t; ``frozen`` depends on neither;
``opaque`` is a name that the kernel gives to a matrix put in for a parameter."""

Domain = Literal[
    "real",
    "positive",
    "nonnegative",
    "covering",
    "unit",
    "simplex",
    "closed simplex",
    "one-hot",
    "spd",
    "sym",
    "lower",
    "integer",
    "count",
    "covering count",
    "bool",
]
"""``simplex`` speaks of the last family index: positive entries that sum to one over it (open simplex); in a closed one zeros are
allowed, and of ``one-hot`` entries one is 1 and the others are 0. ``Covering`` entries are nonnegative, and over the
first family index not all zero.
``Lower`` matrices are triangular, zero above a positive diagonal. A ``count`` is 0, 1, 2, ..., a ``bool`` 0 or 1."""
COVERING: Mapping[Domain, Domain] = {"nonnegative": "covering", "count": "covering count"}
"""What the entries of a domain are where over the first family index not all of them are zero."""
SUMS_TO_ONE = ("simplex", "closed simplex", "one-hot")
INTEGERS = ("integer", "count", "covering count", "bool", "one-hot")


@dataclass(frozen=True, slots=True)
class Size:
    """A positive integer, symbolic in proofs (``n``, ``k``, ``d``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Range:
    """The integers from ``lower`` to ``upper``, both included; empty when ``upper < lower``."""

    upper: Size
    lower: int = 1
    abstract: bool = False
    """Whether the range stands for a continuum: a sum over it is an integral, which has no count."""

    def __post_init__(self) -> None:
        if self.abstract and self.lower != 1:
            raise ScopeError(f"a continuum has no first elements to leave out: lower={self.lower}, expected 1")


POINTS = "values of "
"""What the name of a size begins with that counts the points which stand for a continuum: it is no letter of anybody's."""


def continuum(name: str) -> Range:
    """The values of a variable that is summed over by an integral."""
    return Range(Size(f"{POINTS}{name}"), 1, True)


@record
class Index:
    """A letter that runs over a range; bound by a sum or free. Names that begin with ``#``, ``@``, ``%`` are the kernel's own."""

    name: str
    range: Range
    known_hash: int | None = field(default=None, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.name or self.name[0] in "#@%":
            raise ScopeError(f"a reserved index name: {self.name!r}, expected a letter")


IndexLike = Index | int
"""An index as it is used: a letter, or a literal such as the 2 of ``mu_2``."""


@record
class Symbol:
    """A declared letter: a scalar, vector or matrix, or a family of them.

    ``family`` holds the range of each index (``mu_j``: one range, ``r_nk``: two); ``shape`` is ``()``
    for a scalar, ``(d,)`` for a vector, ``(d, d)`` for a matrix.
    """

    name: str
    role: Role
    family: tuple[Range, ...] = ()
    shape: tuple[Size, ...] = ()
    domain: Domain = "real"
    known_hash: int | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def at_current(self) -> Symbol:
        """The same parameter at theta_t; any other symbol is its own current value."""
        return replace(self, role="current") if self.role == "param" else self

    @property
    def at_free(self) -> Symbol:
        """The free parameter of which this is the current value; any other symbol is itself."""
        return replace(self, role="param") if self.role == "current" else self
