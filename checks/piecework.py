"""Work in pieces, of which one may be lost without the others: what is one piece, and what stands for one that was lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lost:
    """How a piece of work was lost: whether it took too long, else the reason, and how long it took."""

    late: bool
    reason: str
    seconds: float

    def told(self, allowed: float) -> str:
        """Why there is no verdict, of work for which so many seconds were allowed."""
        return too_slow(allowed) if self.late else self.reason


def too_slow(seconds: float) -> str:
    return f"no verdict within {seconds:g} s; try a smaller step"


class Work(Protocol):
    """Does a piece of work, or says what stands for it where it was lost.

    ``seconds`` is how long the piece takes at most by its own account. A piece that is not ``kept`` is done again wherever the
    work before it is taken up once more, since it changes what it is done with.
    """

    def __call__(self, do: Callable[[], T], lost: Callable[[Lost], T], *, seconds: float, kept: bool = True) -> T: ...


def at_once(do: Callable[[], T], lost: Callable[[Lost], T], *, seconds: float, kept: bool = True) -> T:
    """Do it here and now; nothing is lost."""
    return do()
