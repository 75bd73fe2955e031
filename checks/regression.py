"""For people's own tests: judge one claim, or assert one identity, with a message that shows what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from checks.judge import Finding, judge
from checks.witness import Witness
from derive.claims import Claim, Reading
from derive.errors import DeriveError, RefutedError, UnknownNameError
from derive.formula import AtEqual, Formula, Named, Number, Reference, rebuild, unfold, walk
from derive.symbols import Symbol

if TYPE_CHECKING:
    import sympy


At = Literal["theta_t = theta"]


def verify(claim: Claim, *, seed: int = 0, points: int = 3) -> Finding:
    """Judge a claim: a kernel proof, and numbers that share no code with it.

    Raises:
        DisagreementError: kernel and numbers contradict each other; a defect of this program.
    """
    return judge(claim, Witness(seed=seed, points=points))


def assert_identity(
    lhs: Formula | sympy.Expr | int,
    rhs: Formula | sympy.Expr | int,
    *,
    at: At | None = None,
    reading: Reading = "none",
    declarations: Mapping[str, Symbol] | None = None,
    allow_confirmed: bool = True,
    seed: int = 0,
    points: int = 3,
) -> Finding:
    """Assert that two formulas are equal for all sizes and all admissible values.

    ``at="theta_t = theta"`` takes all derivatives first and then puts in theta_t = theta. ``reading`` says how responsibilities
    are meant: ``held`` puts every one of them at theta_t, ``moving`` makes every one a function of theta, also those inside
    Q and other abbreviations; ``none`` leaves them as written. SymPy expressions need ``declarations`` of their symbols by name.

    Raises:
        UnknownNameError: ``at`` or ``reading`` is none of these.
        RefutedError: (an AssertionError) the identity fails, with a counterexample, or could not be settled.
        DisagreementError: kernel and numbers contradict each other; a defect of this program.
    """
    _one_of("at", at, (*get_args(At), None))
    _one_of("reading", reading, get_args(Reading))
    left, right = (_under(_formula(side, declarations), reading) for side in (lhs, rhs))
    if at is not None:
        left, right = AtEqual(left), AtEqual(right)
    finding = verify(Claim(label="identity", lhs=left, rhs=right, reading=reading), seed=seed, points=points)
    accepted = ("proved", "confirmed") if allow_confirmed else ("proved",)
    if finding.verdict not in accepted:
        raise RefutedError(describe(finding))
    return finding


def _one_of(argument: str, value: str | None, known: Sequence[str | None]) -> None:
    """Refuse what the type checker would: a misspelt reading would otherwise be judged as another claim."""
    if value not in known:
        raise UnknownNameError.among(argument, str(value), map(str, known))


def _formula(side: Formula | sympy.Expr | int, declarations: Mapping[str, Symbol] | None) -> Formula:
    if isinstance(side, Formula):
        return side
    if isinstance(side, int):
        return Number(Fraction(side))
    from derive.sympy_bridge import from_sympy

    return from_sympy(side, declarations or {})


def _under(node: Formula, reading: Reading) -> Formula:
    """Put every responsibility at theta_t (held) or at theta (moving)."""
    if reading not in ("held", "moving"):
        return node
    if isinstance(node, Named):
        if _is_posterior(node):
            return replace(node, time="current" if reading == "held" else "free")
        opened = unfold(node)
        put = _under(opened, reading)
        return node if put == opened else put  # an abbreviation stays one where there is nothing to put
    return rebuild(node, lambda child: _under(child, reading))


def _is_posterior(node: Named) -> bool:
    """Whether it is a probability vector that depends on data: a responsibility, not the softmax of some parameters."""
    return node.definition.normalised_over is not None and _has_data(node.definition.body)


def _has_data(node: Formula) -> bool:
    return any(
        (isinstance(part, Reference) and part.symbol.role == "data")
        or (isinstance(part, Named) and _has_data(part.definition.body))
        for part in walk(node)
    )


def describe(finding: Finding) -> str:
    """A finding in a few lines: what was claimed, the verdict, and the counterexample where there is one."""
    claim = finding.claim
    lines = [
        f"{claim.label}: {finding.verdict}: {finding.reason}",
        f"  left : {_written(claim.lhs)}",
        f"  right: {_written(claim.rhs)}",
    ]
    point = finding.evidence.counterexample if finding.evidence is not None else None
    if point is not None:
        sizes = ", ".join(f"{name} = {size}" for name, size in sorted(point.sizes.items()))
        lines.append(f"  counterexample: {sizes}".rstrip(": "))
        for (name, role), values in sorted(point.values.items()):
            mark = "_t" if role == "current" else ""
            lines.append(f"    {name}{mark} = {_exact(values)}")
        where = ", ".join(f"{index.name} = {value}" for index, value in point.assignment.items())
        entry = ", ".join(str(k + 1) for k in point.entry)
        lines.append(f"    at {where or 'this point'}{f', entry {entry}' if entry else ''}")
        lines.append(f"    left  = {point.left}")
        lines.append(f"    right = {point.right}")
        lines.append(f"    left - right = {point.difference}")
    return "\n".join(lines)


def _written(side: Formula) -> str:
    """A side in the notation of CS229; what has no notation must not stand in the way of the verdict."""
    from derive.notation.conventions import convention
    from derive.notation.text_writer import text

    try:
        return text(side, convention("cs229"))
    except DeriveError as error:
        return f"({error})"


def _exact(values: object) -> str:
    if hasattr(values, "tolist"):
        values = cast("Any", values).tolist()  # an array of exact fractions
    if isinstance(values, list):
        return "[" + ", ".join(_exact(value) for value in values) + "]"
    return str(values)
