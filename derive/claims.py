"""Claims, steps and derivations: frozen records of what is said, before anyone asks whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from derive.formula import ZERO, Formula, Substitute
from derive.symbols import Index, Size, Symbol

Relation = Literal[
    "=", "not identically 0", "<=", ">=", "<", ">", "= up to a constant", "proportional to", "implies", "same argmax"
]
"""What is claimed of the left and the right side.

``not identically 0`` and ``implies`` speak of formulas that vanish: the first of ``lhs`` alone, the second says that
``rhs = 0`` wherever ``lhs = 0``. ``= up to a constant`` and ``proportional to`` mean: free of the parameters named in
``Claim.parameters``.
"""

BOUNDS: tuple[Relation, ...] = ("<=", ">=", "<", ">")

Reading = Literal["held", "moving", "equal", "none"]
"""``held``: responsibilities stand at theta_t; ``moving``: they are functions of theta; ``equal``: derivatives are taken
with them held, then theta_t = theta is put in; ``none``: the claim contains no responsibilities or holds for all values."""

Verdict = Literal["proved", "confirmed", "refuted", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A fact that a claim rests on beyond the domains of its symbols.

    ``text`` is for the reader (``{name}`` stands for a letter of the derivation); ``equation`` is a pair of
    formulas when the kernel may use it; ``larger`` says that a size exceeds another, or a number. ``bound`` says that
    the first of two formulas is at most the second, ``definite`` that a matrix is positive definite, or a number positive,
    ``apart`` that two formulas differ: the points of the witness are such. Of these a proof uses bounds of data and constants,
    for the place of a maximiser in its domain, and what is definite, for what may be divided by.
    """

    text: str
    equation: tuple[Formula, Formula] | None = None
    larger: tuple[Size, Size | int] | None = None
    bound: tuple[Formula, Formula] | None = None
    definite: Formula | None = None
    apart: tuple[Formula, Formula] | None = None

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Every formula of which something is assumed."""
        definite = () if self.definite is None else (self.definite,)
        return (*(self.equation or ()), *(self.bound or ()), *(self.apart or ()), *definite)

    @property
    def is_restriction(self) -> bool:
        """Whether values are shut out, beyond the domains of the symbols."""
        return bool(self.formulas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement: ``lhs relation rhs`` under a reading.

    ``gap`` states what ``rhs - lhs`` is for a bound (the kernel proves both that it is and that it is nonnegative);
    ``multiplier`` states, for ``implies``, the nonzero factor M with rhs = M lhs; ``residual`` states, for a claim that is
    expected to fail, what ``lhs - rhs`` is instead of zero. All three are themselves proved, never believed.
    """

    label: str
    lhs: Formula
    relation: Relation = "="
    rhs: Formula = ZERO
    reading: Reading = "none"
    assumptions: tuple[Assumption, ...] = ()
    parameters: tuple[Symbol, ...] = ()
    gap: Formula | None = None
    multiplier: Formula | None = None
    residual: Formula | None = None
    expected: Literal["refuted"] | None = None

    @property
    def ordered(self) -> tuple[Formula, Formula]:
        """The two sides of a bound, the smaller first."""
        return (self.lhs, self.rhs) if self.relation in ("<=", "<") else (self.rhs, self.lhs)

    @property
    def is_strict(self) -> bool:
        """Whether a bound shuts equality out."""
        return self.relation in ("<", ">")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A row of a derivation: a claim and the reason for it, or a definition (no claim).

    ``continues`` says that the left side is the row before and need not be shown again. ``note`` is a remark below the row.
    """

    reason: str
    claim: Claim | None = None
    defines: tuple[Formula, Formula] | None = None
    note: str = ""
    continues: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A quantity worth a number in the report: the largest absolute value of ``formula`` at the witness's point."""

    text: str
    formula: Formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Steps under a heading. In texts ``{name}`` stands for a letter of the derivation.

    Sections with the same ``question`` are the parts of its answer; ``answer`` says such a part in one sentence, without the
    full stop.
    """

    title: str
    question: str = ""
    answer: str = ""
    introduction: str = ""
    steps: tuple[Step, ...] = ()
    measures: tuple[Measure, ...] = ()
    closing: str = ""


Letters = Mapping[str, "Formula | Index | str"]
"""What the ``{name}`` of a text stands for: a formula or an index in the author's notation, or a plain word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """Sections of steps about one model; ``letters`` says what the ``{name}`` of its texts stand for."""

    name: str
    title: str
    sections: tuple[Section, ...]
    letters: Letters

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(step.claim for section in self.sections for step in section.steps if step.claim is not None)


def solves(
    label: str, gradient: Formula, symbol: Symbol, indices: tuple[Index, ...], solution: Formula, *, reading: Reading = "held"
) -> Claim:
    """The claim that putting ``solution`` for ``symbol`` makes ``gradient`` vanish."""
    return Claim(label=label, lhs=Substitute(gradient, symbol, indices, solution), rhs=ZERO, reading=reading)


def maximises(
    label: str,
    objective: Formula,
    symbol: Symbol,
    indices: tuple[Index, ...],
    solution: Formula,
    *,
    gap: Formula | None,
    reading: Reading = "held",
) -> Claim:
    """The claim that ``objective`` is largest, over all values of ``symbol``, at ``solution``; by ``gap``, where it is told."""
    best = Substitute(objective, symbol, indices, solution)
    return Claim(label=label, lhs=objective, relation="<=", rhs=best, gap=gap, reading=reading)
