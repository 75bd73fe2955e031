"""A derivation and what was found out about it, in the order in which every report tells it.

A report format decides how things look; what is said, and after what, is decided here once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from derive.algebra.prove import Proof
from derive.claims import Claim, Derivation, Measure, Section, Step
from derive.errors import UnknownNameError
from derive.formula import (
    ZERO,
    Add,
    Derivative,
    Formula,
    Named,
    Reference,
    SizeNumber,
    at_time,
    negate,
    rebuild,
    unfold,
    walk,
)
from derive.notation.boxes import SPACE, Box, Sign, parse, row
from derive.notation.conventions import Convention
from derive.notation.declared_model import VALUE
from derive.notation.layout import Layout, lay_out
from derive.symbols import POINTS, Index, Symbol

if TYPE_CHECKING:
    from checks.environment import Environment
    from checks.judge import Finding
    from checks.witness import Counterexample

PLAIN_SIGNS = {r"\le": "≤", r"\ge": "≥", r"\not\equiv": "≢", r"\propto": "∝", r"\implies": "⟹", "?=": "≟"}
"""The signs between two sides, in Unicode."""

MOST_VALUES = 12
"""So many values of a counterexample are shown; all of them are in the JSON report."""

MEASURED_BY = "In numbers, by JAX autodiff in double precision, at a generic point"
"""What stands above measures, before the sizes of the point."""

Piece = str | Box
Text = tuple[Piece, ...]
"""A sentence: words, and formulas between them."""

Tone = Literal["good", "open", "bad", "plain"]
Value = str | tuple["Value", ...]
"""An exact number as it is written, or a vector or matrix of such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that a report is made of. ``findings`` are by the claims' labels, ``measured_at`` holds the sizes of the measures."""

    derivation: Derivation
    findings: Mapping[str, Finding]
    measures: Mapping[Measure, float]
    measured_at: Mapping[str, int]
    convention: Convention
    environment: Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A point at which a claim fails, ready to be written. ``omitted`` values are not shown; ``entry`` counts from 1.

    ``integrals`` are the variables whose integral is a weighted sum over so many values there.
    """

    sizes: tuple[tuple[Box, int], ...]
    integrals: tuple[tuple[Box, int], ...]
    values: tuple[tuple[Box, Value], ...]
    omitted: int
    place: tuple[tuple[Box, Value], ...]
    entry: tuple[int, ...]
    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: ``left sign right``. ``sign`` is LaTeX, or ``?=`` before a right side that was expected not to hold.

    A row that ``continues`` the one before says its left side again in ``left``; nobody need show it. ``verdict`` is empty for
    a definition. ``remark`` says why a verdict is not ``proved``.
    """

    label: str
    step: Step
    finding: Finding | None
    left: Box
    sign: str
    right: Box
    continues: bool
    reason: Text
    note: Text
    verdict: str
    tone: Tone
    remark: str
    residual: Box | None
    residual_verdict: str
    instance: Instance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section: rows grouped into chains. One with a ``question`` is a part of its answer, in one sentence ``answer``."""

    title: Text
    question: Text
    answer: Text
    introduction: Text
    chains: tuple[tuple[Row, ...], ...]
    measures: tuple[tuple[Text, float], ...]
    closing: Text

    @property
    def full_title(self) -> Text:
        return (*self.question, " ", *self.title) if self.question else self.title

    @property
    def sentence(self) -> Text:
        """The part's share in the answer, with a full stop."""
        return (*(self.answer or self.title), " (refuted below)." if self.tells_of_slips else ".")

    @property
    def tells_of_slips(self) -> bool:
        """Whether a claim in it is refuted, as it should be."""
        return any(line.verdict == "refuted as expected" for chain in self.chains for line in chain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many claims came out how; ``refuted`` are those that nobody expected to be."""

    proved: int = 0
    confirmed: int = 0
    refuted_as_expected: int = 0
    refuted: int = 0
    unknown: int = 0
    defined: int = 0

    @property
    def words(self) -> tuple[tuple[str, Tone], ...]:
        """``3 proved``, ... with how good that is; refutations that nobody expected only where there are some."""
        found: list[tuple[str, Tone]] = [
            (f"{self.proved} proved", "good"),
            (f"{self.confirmed} confirmed", "open" if self.confirmed else "plain"),
            (f"{self.refuted_as_expected} refuted as expected", "good"),
        ]
        if self.refuted:
            found.append((f"{self.refuted} REFUTED", "bad"))
        found.append((f"{self.unknown} unknown", "bad" if self.unknown else "plain"))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The whole report. ``sizes`` are the letters for all of whose values a proof holds."""

    title: str
    parts: tuple[Part, ...]
    assumptions: tuple[Text, ...]
    counts: Counts
    sizes: tuple[Box, ...]
    measured_at: tuple[tuple[Box, int], ...]
    measured_over: tuple[tuple[Box, int], ...]

    @property
    def answer(self) -> tuple[Part, ...]:
        """The parts that answer the question."""
        return tuple(part for part in self.parts if part.question)

    @property
    def question(self) -> Text:
        """The question that the report answers; empty where there is none."""
        return self.answer[0].question if self.answer else ()


def outline(account: Account) -> Outline:
    """Lay out an account."""
    derivation, convention = account.derivation, account.convention
    parts = tuple(_part(account, section) for section in derivation.sections if section.steps or section.measures)
    rows = [line for part in parts for chain in part.chains for line in chain]
    sizes = dict.fromkeys(value for value in derivation.letters.values() if isinstance(value, SizeNumber))
    return Outline(
        title=derivation.title,
        parts=parts,
        assumptions=_assumptions(account, rows),
        counts=count(rows),
        sizes=tuple(lay_out(size, convention) for size in sizes),
        measured_at=_sizes(account.measured_at, convention),
        measured_over=_integrals(account.measured_at, convention),
    )


def _part(account: Account, section: Section) -> Part:
    chains: list[list[Row]] = []
    for step in section.steps:
        line = _row(account, step)
        if line.continues and chains:
            chains[-1].append(line)
        else:
            chains.append([line])
    measures = tuple((fill(m.text, account), account.measures[m]) for m in section.measures if m in account.measures)
    return Part(
        title=fill(section.title, account),
        question=fill(section.question, account),
        answer=fill(section.answer, account),
        introduction=fill(section.introduction, account),
        chains=tuple(tuple(chain) for chain in chains),
        measures=measures,
        closing=fill(section.closing, account),
    )


# Texts.


def fill(text: str, account: Account) -> Text:
    """A text with its ``{name}`` put in; signs between formulas become part of them (``{theta_t} = {theta}``)."""
    pieces: list[Piece] = []
    for place, part in enumerate(re.split(r"\{(\w+)\}", text)):
        if place % 2 == 0:
            pieces += re.findall(r"\s+|\S+", part)
        else:
            pieces.append(_letter(part, account))
    return _joined(_with_signs(pieces, account.convention))


def _letter(name: str, account: Account) -> Box:
    letters, convention = account.derivation.letters, account.convention
    if name not in letters:
        raise UnknownNameError.among("letter", name, letters)
    value = letters[name]
    if isinstance(value, Formula):
        return lay_out(value, convention)
    if isinstance(value, Index):
        return parse(convention.index(value.name))
    if value in convention.spellings:  # the bare letter, without indices or arguments
        return parse(convention.spellings[value].letter)
    return parse({"θ": convention.theta, "θ_t": convention.theta_t}.get(value, value))


def _with_signs(pieces: list[Piece], convention: Convention) -> list[Piece]:
    """``log`` before a formula, and a sign between two formulas, belong to the formulas."""
    for at in range(len(pieces) - 1, -1, -1):
        argument = pieces[at + 2] if at + 2 < len(pieces) else ""
        if pieces[at] == "log" and not isinstance(argument, str):
            pieces[at : at + 3] = [row(Sign(convention.logarithm), SPACE, argument)]
    at = 0
    while at + 4 < len(pieces):
        left, _, sign, _, right = pieces[at : at + 5]
        if (
            not isinstance(left, str)
            and isinstance(sign, str)
            and sign in ("=", "/", "<", ">", "+")
            and not isinstance(right, str)
        ):
            pieces[at : at + 5] = [row(left, SPACE, Sign(sign), SPACE, right)]
        else:
            at += 1
    return pieces


def _joined(pieces: Iterable[Piece]) -> Text:
    """Neighbouring words as one piece."""
    found: list[Piece] = []
    for piece in pieces:
        if found and isinstance(piece, str) and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return tuple(found)


# Rows.


def _row(account: Account, step: Step) -> Row:
    claim, convention = step.claim, account.convention
    finding = account.findings.get(claim.label) if claim is not None else None
    if claim is not None:
        left, sign, right = statement(claim, convention)
    elif step.defines is not None:
        left, sign, right = (lay_out(step.defines[0], convention), ":=", lay_out(step.defines[1], convention))
    else:
        raise ValueError(f"a step neither claims nor defines: reason={step.reason!r}")
    verdict, tone = judged(claim, finding)
    shown = finding is not None and (finding.verdict == "refuted" or finding.claim.relation == "not identically 0")
    point = finding.evidence.counterexample if shown and finding is not None and finding.evidence is not None else None
    residual = claim.residual if claim is not None and shown else None
    return Row(
        label=claim.label if claim is not None else "",
        step=step,
        finding=finding,
        left=left,
        sign=sign,
        right=right,
        continues=step.continues and claim is not None,
        reason=fill(step.reason, account),
        note=fill(step.note, account),
        verdict=verdict,
        tone=tone,
        remark=finding.reason if finding is not None and tone in ("open", "bad") else "",
        residual=None if residual is None else lay_out(residual, convention),
        residual_verdict="" if finding is None or finding.residual is None else finding.residual.verdict,
        instance=None if point is None or claim is None else _instance(point, claim, convention),
    )


def judged(claim: Claim | None, finding: Finding | None) -> tuple[str, Tone]:
    """The verdict in words, and whether it is as hoped."""
    if claim is None:
        return "", "plain"
    if finding is None:
        return "unknown", "bad"
    if claim.expected == "refuted":
        if finding.passes:
            return "refuted as expected", "good"
        if finding.verdict == "refuted":
            return "refuted, but not by the stated term", "bad"
        return f"{finding.verdict}, though expected to be refuted", "bad"
    if finding.verdict == "refuted":
        return "REFUTED", "bad"
    return finding.verdict, {"proved": "good", "confirmed": "open"}.get(finding.verdict, "bad")  # type: ignore[return-value]


_SIGNS = {
    "=": "=",
    "<=": r"\le",
    ">=": r"\ge",
    "<": "<",
    ">": ">",
    "= up to a constant": "=",
    "proportional to": r"\propto",
    "same argmax": "=",
}


def statement(claim: Claim, convention: Convention) -> tuple[Box, str, Box]:
    """A claim as left side, sign and right side."""

    def box(formula: Formula) -> Box:
        return lay_out(formula, convention)

    if claim.relation == "implies":
        return _equation(claim.lhs, convention), r"\implies", _equation(claim.rhs, convention)
    if claim.relation == "not identically 0":
        return box(claim.lhs), r"\not\equiv", box(ZERO)
    left, right, sign = box(claim.lhs), box(claim.rhs), _SIGNS[claim.relation]
    if claim.relation == "= up to a constant":
        right = row(right, SPACE, Sign("+"), SPACE, Sign(r"\mathrm{const}"))
    elif claim.relation == "same argmax":
        left, right = (row(Sign(r"\operatorname{argmax}"), SPACE, side) for side in (left, right))
    return left, "?=" if claim.expected == "refuted" and sign == "=" else sign, right


def _equation(formula: Formula, convention: Convention) -> Box:
    """``formula = 0``; of a difference from a letter, the equation for that letter."""
    left, right = formula, ZERO
    if isinstance(formula, Add) and len(formula.terms) == 2:
        letter = negate(formula.terms[1])
        if isinstance(letter, Reference):
            left, right = letter, formula.terms[0]
    return row(lay_out(left, convention), SPACE, Sign("="), SPACE, lay_out(right, convention))


def count(rows: Sequence[Row]) -> Counts:
    """Count verdicts; a refutation that was expected counts as such only if it passes."""

    def number(verdict: str) -> int:
        return sum(line.finding is not None and line.finding.verdict == verdict for line in rows)

    expected = sum(line.verdict == "refuted as expected" for line in rows)
    claims = sum(line.step.claim is not None for line in rows)
    unjudged = sum(line.step.claim is not None and line.finding is None for line in rows)
    return Counts(
        proved=number("proved"),
        confirmed=number("confirmed"),
        refuted_as_expected=expected,
        refuted=number("refuted") - expected,
        unknown=number("unknown") + unjudged,
        defined=len(rows) - claims,
    )


# Counterexamples.


def _instance(point: Counterexample, claim: Claim, convention: Convention) -> Instance:
    known = {(symbol.name, symbol.role): symbol for symbol in symbols(claim)}
    order = {"data": 0, "const": 1, "param": 2, "current": 3}
    keys = sorted(point.values, key=lambda key: (order.get(key[1], 4), key[0]))
    values = [pair for key in keys for pair in _members(key, point.values[key], known.get(key), convention)]
    return Instance(
        sizes=_sizes(point.sizes, convention),
        integrals=_integrals(point.sizes, convention),
        values=tuple(values[:MOST_VALUES]),
        omitted=max(0, len(values) - MOST_VALUES),
        place=tuple((parse(convention.index(i.name)), _chosen(i, value, point)) for i, value in point.assignment.items()),
        entry=tuple(place + 1 for place in point.entry),  # formulas count from 1, arrays from 0
        left=six_digits(point.left),
        right=six_digits(point.right),
    )


def _sizes(sizes: Mapping[str, int], convention: Convention) -> tuple[tuple[Box, int], ...]:
    """Those that the formulas speak of: not how many points stand for a continuum."""
    return tuple((parse(convention.size(name)), value) for name, value in sizes.items() if not name.startswith(POINTS))


def _integrals(sizes: Mapping[str, int], convention: Convention) -> tuple[tuple[Box, int], ...]:
    """The variables that are integrated over, and how many values stand for all of them."""
    found = ((name.removeprefix(POINTS), value) for name, value in sizes.items() if name.startswith(POINTS))
    return tuple((parse(convention.index(name)), value) for name, value in found)


WEIGHTED_SUM = "the integral over {} as a weighted sum of {} values"


def _chosen(index: Index, value: int, point: Counterexample) -> Value:
    """The value of an index; of a continuum the point that it stands for."""
    points = point.values.get((f"{VALUE}{index.name.split('#')[0]}", "data")) if index.range.abstract else None
    return str(value) if points is None else written(nested(points)[value - index.range.lower])


def _members(key: tuple[str, str], array: Any, symbol: Symbol | None, convention: Convention) -> Iterator[tuple[Box, Value]]:
    """Each member of a family with its exact value."""
    depth = len(symbol.family) if symbol is not None else 0

    def members(value: Any, indices: tuple[int, ...]) -> Iterator[tuple[Box, Value]]:
        if len(indices) < depth:
            for place, inner in enumerate(value, start=1):
                yield from members(inner, (*indices, place))
        else:
            yield _member(key, indices, convention), written(value)

    yield from members(nested(array), ())


def _member(key: tuple[str, str], indices: tuple[int, ...], convention: Convention) -> Box:
    """A member of a family; of the points that stand for a continuum the letter with a number."""
    name, role = key
    if name.startswith(VALUE):
        return parse(f"{convention.index(name.removeprefix(VALUE))}_{{{','.join(map(str, indices))}}}")
    return Layout(convention).symbol(name, [str(i) for i in indices], current=role == "current")


def nested(array: Any) -> Any:
    """An array as nested lists."""
    return array.tolist() if hasattr(array, "tolist") else array


def written(value: Any) -> Value:
    """Exact numbers as they are written: a decimal where it ends, else a fraction; one number alone without brackets."""
    if isinstance(value, (list, tuple)):
        return written(value[0]) if len(value) == 1 else tuple(written(part) for part in value)
    try:
        number = Fraction(str(value))
    except ValueError:
        return str(value)
    rest, places = number.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest != 1 or places > 12:
        return str(number)
    digits = f"{abs(number.numerator) * 10**places // number.denominator:0{places + 1}d}"
    whole = digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"
    return f"-{whole}" if number < 0 else whole


def six_digits(value: str) -> str:
    """The first number in an enclosure such as ``[0.1234567 +/- 1e-9]``, to six digits; anything else as it is."""
    found = re.search(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", value)
    if found is None:
        return value
    if re.fullmatch(r"-?\d+/\d+", value):
        return f"{float(Fraction(value)):.6g}"
    return f"{float(found.group()):.6g}"


# Assumptions.


def _assumptions(account: Account, rows: Sequence[Row]) -> tuple[Text, ...]:
    found: dict[Text, None] = dict.fromkeys(_domains(account, rows))
    for line in rows:
        found.update(dict.fromkeys(assumptions(account, line)))
    return tuple(found)


def assumptions(account: Account, line: Row) -> tuple[Text, ...]:
    """What one row rests on: the claim's own assumptions, the proof's conditions and open obligations, the conventions."""
    claim = line.step.claim
    if claim is None:
        return ()
    found: dict[Text, None] = {fill(assumption.text, account): None for assumption in claim.assumptions}
    outcome = line.finding.outcome if line.finding is not None else None
    if isinstance(outcome, Proof):
        for condition in outcome.conditions:
            found[_condition(condition, account)] = None
        for duty in outcome.obligations:
            if not duty.derived:
                found[(lay_out(_as_written(duty.formula), account.convention), f" is {duty.kind}")] = None
    for by, convention in sorted(_symmetric_derivatives(claim), key=lambda pair: (pair[0].symbol.name, pair[1])):
        found[("derivatives by ", lay_out(by, account.convention), f": {_CONVENTIONS[convention]}")] = None
    return tuple(found)


def _as_written(node: Formula) -> Formula:
    """A formula with the letters of which it was made, where the kernel gave them numbers: weights that are held are w again."""
    if isinstance(node, Reference):
        return replace(node, symbol=replace(node.symbol, name=re.sub(r"\*\d+$", "", node.symbol.name)))
    return rebuild(node, _as_written)


_CONVENTIONS = {
    "entry": "its entries are treated as independent (entry convention)",
    "frobenius": "the symmetric part, where marked sym (frobenius convention)",
    "vech": "each free entry is counted once, where marked vech (vech convention)",
}
_DOMAINS = {
    "spd": "is symmetric and positive definite",
    "sym": "is symmetric",
    "lower": "is lower triangular with a positive diagonal",
    "nonnegative": "is nonnegative",
    "covering": "is nonnegative, and for its first index not always zero",
    "unit": "lies between 0 and 1",
    "simplex": "is positive, and these sum to one",
    "closed simplex": "is nonnegative, and these sum to one",
    "one-hot": "is 0 but for one, which is 1",
    "count": "is 0, 1, 2, ...",
    "covering count": "is 0, 1, 2, ..., and for its first index not always zero",
    "bool": "is 0 or 1",
    "integer": "is an integer",
}


def _condition(text: str, account: Account) -> Text:
    """A condition of the kernel, which calls symbols by their internal names, in the letters of the author."""
    text = re.sub(r"\b(\w+?)_(?:best|star)\b", r"\1", text)
    letters = account.derivation.letters
    pieces: list[Piece] = []
    for word in re.split(r"(\w+)", text):
        value = letters.get(word)
        known = isinstance(value, Reference) and value.symbol.name == word
        pieces.append(lay_out(value, account.convention) if known and isinstance(value, Reference) else word)
    return _joined(pieces)


def _domains(account: Account, rows: Sequence[Row]) -> Iterator[Text]:
    """What the declarations say of the symbols: proofs and points keep to it."""
    seen: set[str] = set()
    for line in rows:
        for reference in references(line.step.claim) if line.step.claim is not None else ():
            symbol = reference.symbol.at_free
            if symbol.name in seen or symbol.domain == "real" or symbol.role == "opaque":
                continue
            if symbol.name.endswith("_star"):  # a maximiser: nobody declared it, its proof lists what it must be
                continue
            seen.add(symbol.name)
            positive = "is positive" if symbol.shape == () else "has positive entries"
            yield (lay_out(at_time(reference, "free"), account.convention), f" {_DOMAINS.get(symbol.domain, positive)}")


def _symmetric_derivatives(claim: Claim) -> set[tuple[Reference, str]]:
    return {
        (node.by, node.convention)
        for side in (claim.lhs, claim.rhs)
        for node in _deep(side)
        if isinstance(node, Derivative) and node.by.symbol.domain in ("spd", "sym", "lower")
    }


def references(claim: Claim) -> Iterator[Reference]:
    """Every symbol of a claim as it is written, definitions opened."""
    for side in (claim.lhs, claim.rhs):
        yield from (node for node in _deep(side) if isinstance(node, Reference))


def symbols(claim: Claim) -> set[Symbol]:
    """The symbols of a claim, those at theta_t apart from the free ones."""
    return {reference.symbol for reference in references(claim)}


def _deep(formula: Formula) -> Iterator[Formula]:
    """Every node of a formula, definitions opened, each definition once at each time."""
    todo, seen = [formula], set[tuple[int, str]]()
    while todo:
        for node in walk(todo.pop()):
            yield node
            if isinstance(node, Named) and (id(node.definition), node.time) not in seen:
                seen.add((id(node.definition), node.time))
                todo.append(unfold(node))
