"""For people's own tests: judge one claim, or assert one identity, with a message that shows what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from checks.judge import Finding, judge
from checks.witness import Witness
from derive.claims import Claim, Reading
from derive.errors import RefutedError
from derive.formula import AtEqual, Formula, Named, rebuild
from derive.symbols import Symbol

if TYPE_CHECKING:
    import sympy


def verify(claim: Claim, *, seed: int = 0, points: int = 3) -> Finding:
    """Judge a claim: a kernel proof, and numbers that share no code with it.

    Raises:
        DisagreementError: kernel and numbers contradict each other; a defect of this program.
    """
    return judge(claim, Witness(seed=seed, points=points))


def assert_identity(
    lhs: Formula | sympy.Expr,
    rhs: Formula | sympy.Expr,
    *,
    at: Literal["theta_t = theta"] | None = None,
    reading: Reading = "none",
    declarations: Mapping[str, Symbol] | None = None,
    allow_confirmed: bool = True,
    seed: int = 0,
    points: int = 3,
) -> Finding:
    """Assert that two formulas are equal for all sizes and all admissible values.

    ``at="theta_t = theta"`` takes all derivatives first and then puts in theta_t = theta. ``reading`` says how responsibilities
    are meant: ``held`` puts every one of them at theta_t, ``moving`` makes every one a function of theta, ``none`` leaves
    them as written. SymPy expressions need ``declarations`` of their symbols by name.

    Raises:
        RefutedError: (an AssertionError) the identity fails, with a counterexample, or could not be settled.
        DisagreementError: kernel and numbers contradict each other; a defect of this program.
    """
    left, right = (_under(_formula(side, declarations), reading) for side in (lhs, rhs))
    if at is not None:
        left, right = AtEqual(left), AtEqual(right)
    finding = verify(Claim(label="identity", lhs=left, rhs=right, reading=reading), seed=seed, points=points)
    accepted = ("proved", "confirmed") if allow_confirmed else ("proved",)
    if finding.verdict not in accepted:
        raise RefutedError(describe(finding))
    return finding


def _formula(side: Formula | sympy.Expr, declarations: Mapping[str, Symbol] | None) -> Formula:
    if isinstance(side, Formula):
        return side
    from derive.sympy_bridge import from_sympy

    return from_sympy(side, declarations or {})


def _under(node: Formula, reading: Reading) -> Formula:
    """Put every responsibility at theta_t (held) or at theta (moving)."""
    if reading not in ("held", "moving"):
        return node
    if isinstance(node, Named) and node.definition.normalised_over is not None:
        return replace(node, time="current" if reading == "held" else "free")
    return rebuild(node, lambda child: _under(child, reading))


def describe(finding: Finding) -> str:
    """A finding in a few lines: what was claimed, the verdict, and the counterexample where there is one."""
    from derive.notation.conventions import convention
    from derive.notation.text_writer import text

    style = convention("cs229")
    claim = finding.claim
    lines = [
        f"{claim.label}: {finding.verdict}: {finding.reason}",
        f"  left : {text(claim.lhs, style)}",
        f"  right: {text(claim.rhs, style)}",
    ]
    point = finding.evidence.counterexample if finding.evidence is not None else None
    if point is not None:
        lines.append("  counterexample: " + ", ".join(f"{name} = {size}" for name, size in sorted(point.sizes.items())))
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


def _exact(values: object) -> str:
    if hasattr(values, "tolist"):
        values = cast("sympy.Expr", values).tolist()  # an array of exact fractions
    if isinstance(values, list):
        return "[" + ", ".join(_exact(value) for value in values) + "]"
    return str(values)
