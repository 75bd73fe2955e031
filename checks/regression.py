"""For people's own tests: judge a claim, assert an identity, or that a function computes a formula, and show what is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from checks.balls import Undefined
from checks.enclosure import enclose_all
from checks.judge import Finding, judge
from checks.points import sizes_of, symbols_of
from checks.witness import Witness
from derive.claims import Assumption, Claim, Reading
from derive.errors import DeriveError, RefutedError, UnknownNameError
from derive.formula import AtEqual, Formula, Named, Number, Reference, rebuild, unfold, walk
from derive.notation.python_writer import Names
from derive.symbols import Index, Symbol

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


def assert_computes(
    function: Callable[..., Any],
    formula: Formula,
    *,
    axes: Sequence[Index] = (),
    given: Mapping[str, Formula] | None = None,
    assumptions: Sequence[Assumption] = (),
    seed: int = 0,
    points: int = 3,
) -> None:
    """Assert that a function of your own computes a formula, in numbers, at generic points of several sizes.

    Its arguments are called by their names: arrays of the formula's letters (``lambda_`` where Python has the word, ``mu_t`` at
    theta_t), its sizes, and what ``given`` names: formulas with values of their own, such as the responsibilities. It returns the
    values for all values of ``axes``, the free indices of the formula, and then the formula's own entries.

    Raises:
        UnknownNameError: the function has an argument of another name.
        RefutedError: (an AssertionError) its values differ, or have another shape, or there was nothing to compare.
    """
    import jax

    from checks.evaluation import reading_order

    more = dict(given or {})
    formulas = (formula, *more.values())
    names = argument_names(formulas, tuple(more))
    asked = list(inspect.signature(function).parameters)
    for name in asked:
        if name not in names:
            raise UnknownNameError.among(f"argument of {function.__name__}", name, names)
    claim = Claim(label="function", lhs=formula, rhs=formula, assumptions=tuple(assumptions))
    seen = 0
    for point in Witness(seed=seed, points=points).at(*formulas, claim=claim):
        try:
            wanted = enclose_all(formula, point, axes)
            found = {name: enclose_all(body, point, reading_order(body)) for name, body in more.items()}
        except Undefined:
            continue
        seen += 1
        values: dict[Any, Any] = {key: np.asarray(value, dtype=np.float64) for key, value in point.values.items()}
        values |= dict(point.sizes)
        known = {name: found[name] if key is None else values[key] for name, key in names.items()}
        with jax.enable_x64(True):
            got = np.asarray(function(**{name: known[name] for name in asked}), dtype=np.float64)
        _compare(function.__name__, got, wanted, point.sizes)
    if not seen:
        raise RefutedError(f"{function.__name__}: nothing to compare, the formula has a value at none of the points tried")


ARGUMENT_CLOSENESS = 1e-8
"""Relative to the largest entry: functions are computed in double precision."""


def argument_names(formulas: Sequence[Formula], given: Sequence[str] = ()) -> dict[str, Any]:
    """What a function that computes formulas may ask for: its name in Python, and the symbol's key or the size."""
    names = Names()
    found: dict[str, Any] = dict.fromkeys((names.of_size(name) for name in given), None)
    for symbol in symbols_of(*formulas):
        found[names.of_symbol(symbol)] = (symbol.name, symbol.role)
    for size in sizes_of(*formulas):
        found[names.of_size(size)] = size
    return found


def _compare(name: str, got: np.ndarray, wanted: np.ndarray, sizes: Mapping[str, int]) -> None:
    where = "at " + ", ".join(f"{size} = {value}" for size, value in sorted(sizes.items()))
    if got.shape != wanted.shape:
        raise RefutedError(f"{name} returns an array of shape {got.shape}, expected {wanted.shape}, {where}")
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    wrong = ~(np.abs(got - wanted) <= ARGUMENT_CLOSENESS * scale)
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        entry = f", entry {', '.join(str(k + 1) for k in place)}" if place else ""
        raise RefutedError(f"{name} does not compute the formula: {where}{entry}: {got[place]:.6g}, expected {wanted[place]:.6g}")


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
