"""Writes certificates: for a row that was proved or refuted, what a reader needs to check it without this program.

What is written is read back by ``recheck``, alone, before it is kept: a certificate that it does not accept is none.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from checks import rechecking
from checks.certificates import relations
from checks.certificates.solutions import put_in
from checks.enclosure import EQUAL_SIDES, compare
from checks.judge import Finding
from checks.maximisers import Outside, OutsideHere, near_solution, proposed
from checks.notes import CheckedNote, readings, troubles, ways_to_hold
from checks.points import Point, coefficients, measure
from checks.recheck import files, points, trees
from checks.saving import SavingError, save
from checks.scalar_trees import letters as letters_of
from checks.scalar_trees import rational, statement
from checks.solutions import letters, solutions, value_at
from checks.time_limit import TimeOut, limited
from checks.witness import Counterexample, Witness, at_one_place, meets_assumptions, under_assumptions
from derive.claims import BOUNDS, Assumption, Claim
from derive.errors import DeriveError, UnsupportedError
from derive.formula import ONE, ZERO, Divide, Formula, Log, Number, Power, Substitute, free_indices, walk_unfolded
from derive.notes import Note, Place, read_note
from derive.notes.chains import RowReading
from derive.symbols import Range, Size

BITS = 512
DIGITS = 40
SECONDS = 60.0
INDEX = "index.json"
POINTS, SOLVED_AT = 40, 8
"""At how many points what is taken for granted of a row is looked for, before it is taken to hold nowhere."""


class NoCertificate(DeriveError):
    """There is no certificate of a kind that the checker knows; the message says why."""


def of_finding(finding: Finding) -> dict[str, Any]:
    """The certificate of a finding, as ``recheck`` reads it, without the row that it belongs to.

    Raises:
        NoCertificate: the checker knows no certificate for it.
    """
    try:
        if finding.verdict == "refuted":
            return _refutation(finding)
        if finding.verdict == "proved" and finding.claim.relation != "not identically 0":
            return _proof(finding.claim)
        if finding.verdict == "proved":
            return _refutation(finding)
        raise NoCertificate(f"a row that is {finding.verdict}")
    except NoCertificate:
        raise
    except trees.Rejected as rejected:
        raise NoCertificate(f"the checker does not accept it: {rejected}") from rejected
    except points.Undefined as undefined:
        raise NoCertificate("the checker finds a value that may not exist") from undefined
    except DeriveError as error:
        raise NoCertificate(str(error)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        # A row without a certificate must not take the report with it.
        raise NoCertificate(f"the checker fails on it: {type(error).__name__}: {error}") from error


def _proof(claim: Claim) -> dict[str, Any]:
    narrower = _where_defined(claim)
    ways = [claim] if _holds_bare(claim, narrower) else []
    ways += [narrower] if narrower is not None else []
    for way in ways[:-1]:
        with suppress(trees.Rejected):
            return proof_of(statement(way))
    return proof_of(statement(ways[-1]))


def _where_defined(claim: Claim) -> Claim | None:
    """The claim under its own provisos: a consequence divides by nothing that is zero, and what is put in is admissible."""
    fixed = free_indices(claim.lhs) | free_indices(claim.rhs)
    nodes = dict.fromkeys(node for node in _nodes(claim) if isinstance(node, Substitute))
    put = [node.replacement for node in nodes if node.symbol.domain in ("positive", "simplex", "unit", "spd")]
    put += [ONE - node.replacement for node in nodes if node.symbol.domain == "unit"]
    found = [Assumption(text="what is put in is positive", definite=one) for one in dict.fromkeys(put)]
    if claim.relation == "implies":
        below = {part: None for node in walk_unfolded(claim.rhs) for part in _divisors(node) if free_indices(part) <= fixed}
        found += [Assumption(text="what is divided by is not 0", apart=(part, ZERO)) for part in below]
    return replace(claim, assumptions=(*claim.assumptions, *found)) if found else None


def _divisors(node: Formula) -> Iterator[Formula]:
    match node:
        case Divide(_, below) if not isinstance(below, Number):
            yield below
        case Power(base, Number(value)) if value < 0:
            yield base
        case _:
            pass


def proof_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate of a statement by the first way of several that the checker accepts.

    Raises:
        Rejected: none was found.
    """
    failed = trees.Rejected("no proof")
    for way, solved in relations.ways(told):
        try:
            proof = json.loads(json.dumps(relations.proof_of(way, solved)))
        except trees.Rejected as rejected:
            failed = rejected
            continue
        certificate = {"verdict": "proved", "statement": told, "proof": proof}
        files.check_certificate(certificate)
        return certificate
    raise failed


def _refutation(finding: Finding) -> dict[str, Any]:
    evidence = finding.evidence
    shown = evidence.counterexample if evidence is not None else None
    if shown is None or evidence is None:
        raise NoCertificate("a refutation without a point")
    claim = finding.claim
    told = statement(claim)
    point = _point(claim, told, shown)
    if evidence.reason == EQUAL_SIDES:
        point["finding"] = "equal"
    try:
        return _at_point(finding.verdict, told, point, exactly=True)
    except (trees.Rejected, points.Undefined) as rejected:
        # Where no fraction solves an equation: what it says that a letter is, with steps.
        for solution in put_in(told):
            values = {key: value for key, value in point["values"].items() if key != solution["key"]}
            with suppress(trees.Rejected, points.Undefined, NoCertificate):
                return _at_point(finding.verdict, told, {**point, "values": values, "solution": solution}, exactly=False)
        raise rejected


def _at_point(verdict: str, told: Mapping[str, Any], given: Mapping[str, Any], *, exactly: bool) -> dict[str, Any]:
    point, relation = json.loads(json.dumps(given)), told["relation"]
    read = trees.Statement(told)
    if exactly:
        _solved_for(read, point)
    else:
        read.names.declare(point["solution"]["letters"])
    with points.precision(BITS):
        first = points.Point(read.names, point)
        left, right = points.chosen(first, read.left), points.chosen(first, read.right)
        if relation in ("= up to a constant", "proportional to"):
            quantity = ("divide", left, right) if relation == "proportional to" else trees.less(left, right)
            sides = {"left": (quantity, False), "right": (quantity, True)}
        else:
            sides = {"left": (left, False), "right": (right, False)}
        for name, (tree, second) in sides.items() if point["finding"] != "equal" else ():
            try:
                values = points.Evaluation(points.Point(read.names, point, second))
                point[name] = _ball(values.value(tree, point["at"]))
            except points.Undefined:
                point["finding"] = f"{name} undefined"
        if point["finding"].endswith("undefined"):
            point["other"] = point.pop("right" if point["finding"].startswith("left") else "left", None)
    certificate = {"verdict": verdict, "statement": told, "point": point}
    files.check_certificate(certificate)
    return certificate


def _solved_for(read: trees.Statement, point: dict[str, Any]) -> None:
    """Adds the values of letters that an assumed equation says, which the witness puts in for them."""
    for one in (assumption for assumption in read.assumptions if "equation" in assumption):
        sides: list[trees.Tree] = list(map(trees.frozen, one["equation"]))
        for letter, value in itertools.permutations(sides):
            if letter[0] == "entry" and letter[1] not in point["values"] and trees.free(value) <= set(letter[2:]):
                there = points.Evaluation(points.Point(read.names, point), exact=True)
                table = there.table(letter[2:], value, {})
                spans = [there.point.span(read.names.letters[name]) for name in letter[2:]]
                point["values"][letter[1]] = _table(spans, {place: str(v) for place, v in table.items()})
                break
        spoken = {node[1] for side in sides for node in trees.nodes(side) if node[0] == "entry"} - set(point["values"])
        alone = len(spoken) == 1 and not read.names.ranges_of(min(spoken)) and not any(map(trees.free, sides))
        if alone:
            point["values"][min(spoken)] = _root(read, point, min(spoken), trees.less(*sides))


def _root(read: trees.Statement, point: dict[str, Any], key: str, tree: trees.Tree) -> str:
    """Where an equation that is linear in a letter holds."""
    first, second = (
        points.Evaluation(points.Point(read.names, {**point, "values": {**point["values"], key: value}}), exact=True).value(
            tree, {}
        )
        for value in ("1/3", "2/3")
    )
    return str((2 * first - second) / (3 * (first - second)))


def _ball(value: Any) -> list[str]:
    """A ball around a value, of so many digits, as a middle and a radius."""
    if not value.is_finite():
        raise NoCertificate("a value that is not finite")
    mantissa, exponent = value.mid().man_exp()
    middle = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    if abs(middle) < Fraction(1, 10**DIGITS):
        return ["0", f"1e-{DIGITS - 1}"]
    size = len(str(int(abs(middle)))) if abs(middle) >= 1 else 1 - len(str(int(1 / abs(middle))))
    rounded = round(middle * Fraction(10) ** (DIGITS + 4 - size))
    return [f"{rounded}e{size - DIGITS - 4}", f"1e{size - DIGITS}"]


def _point(claim: Claim, told: Mapping[str, Any], shown: Counterexample) -> dict[str, Any]:
    keys = {(symbol["name"], symbol["role"]): key for key, symbol in told["symbols"].items()}
    values = {keys[own]: _nested(table) for own, table in shown.values.items() if own in keys}
    second = {keys[own]: _nested(table) for own, table in shown.moved.items() if own in keys}
    letters = dict(_assigned(claim, told, shown))
    found: dict[str, Any] = {
        "sizes": dict(shown.sizes),
        "values": values,
        "second": second,
        "at": letters,
        "bits": BITS,
        "finding": "differ",
        "coefficients": {},
        "letters": {},
        "functions": {},
        "measures": {
            own[1]: [rational(w) for w in measure(Range(Size(own[1]), 1, True), shown.sizes[own[1]], shown.draw)]
            for own in told["letters"].values()
            if own[2]
        },
    }
    _with_functions(told, found, shown)
    return found


def _assigned(claim: Claim, told: Mapping[str, Any], shown: Counterexample) -> Any:
    free = {letter for side in ("left", "right") for letter in trees.free(trees.frozen(told[side]))}
    known = letters_of(claim)
    for index, value in shown.assignment.items():
        letter = known.get(index, index.name.split("#")[0])
        if letter in free:
            yield letter, value
    for name, place in itertools.zip_longest(told["entries"], shown.entry, fillvalue=0):
        if isinstance(name, str):
            yield name, place + 1


def _nested(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        return _nested(values.tolist())
    return [_nested(value) for value in values] if isinstance(values, list) else rational(values)


def _with_functions(told: Mapping[str, Any], point: dict[str, Any], shown: Counterexample) -> None:
    """Says what the unspecified functions are: such as the witness chose, but for what is of second order in their arguments."""
    for name, function in told["functions"].items():
        family, shapes = function["family"], function["arguments"]
        letters: list[str] = []
        for own in family:
            letters.append(_letter_of(point, own, letters))
        spans = [range(lower, shown.sizes[upper] + 1) for lower, upper, _ in family]
        count = sum(_count(shape, shown) for shape in shapes)
        known = {place: coefficients(name, place, count, shown.draw) for place in itertools.product(*spans)}
        linear: list[list[Any]] = [[], []]
        offset = 0
        for k, shape in enumerate(shapes):
            entries: list[str] = []
            for size in shape:
                entries.append(_letter_of(point, [1, size, False], (*letters, *entries)))
            for which, what in enumerate(("linear", "rate")):
                tree: list[Any] = ["entry", _declare(point, f"*{name} {what} {k}", family, shape), *letters, *entries]
                tree = ["multiply", tree, ["argument", k, *entries]]
                for entry in reversed(entries):
                    tree = ["sum", entry, tree]
                linear[which].append(tree)
                own = {
                    place: [str(v) for v in getattr(c, what)[offset : offset + _count(shape, shown)]]
                    for place, c in known.items()
                }
                sizes = [shown.sizes[size] for size in shape]
                point["values"][f"*{name} {what} {k}"] = _table(spans, {p: _reshaped(v, sizes) for p, v in own.items()})
            offset += _count(shape, shown)
        for what in ("constant", "weight"):
            _declare(point, f"*{name} {what}", family, [])
            point["values"][f"*{name} {what}"] = _table(spans, {place: str(getattr(c, what)) for place, c in known.items()})
        grown = ["exp", ["add", *linear[1]]] if linear[1] else ["number", "1"]
        bent = ["multiply", ["entry", f"*{name} weight", *letters], grown]
        point["functions"][name] = {
            "letters": letters,
            "raw": ["add", ["entry", f"*{name} constant", *letters], *linear[0], bent],
        }


def _letter_of(point: dict[str, Any], own: list[Any], taken: Sequence[str] = ()) -> str:
    """A letter of a range, of the point's own."""
    for number in itertools.count(1):
        name = f"*{own[1]} {number}"
        if name not in taken and point["letters"].setdefault(name, list(own)) == list(own):
            return name
    raise UnsupportedError("no letter")


def _declare(point: dict[str, Any], key: str, family: list[Any], shape: Sequence[str]) -> str:
    point["coefficients"][key] = {"name": key, "role": "const", "family": family, "shape": list(shape), "domain": "real"}
    return key


def _count(shape: Sequence[str], shown: Counterexample) -> int:
    return int(np.prod([shown.sizes[size] for size in shape], dtype=int))


def _reshaped(values: list[str], sizes: Sequence[int]) -> Any:
    return np.array(values, dtype=object).reshape(tuple(sizes)).tolist()


def _table(spans: Sequence[range], values: Mapping[tuple[int, ...], Any]) -> Any:
    def nested(place: tuple[int, ...]) -> Any:
        return values[place] if len(place) == len(spans) else [nested((*place, k)) for k in spans[len(place)]]

    return nested(())


# Certificates of notes.


def write(folder: Path, notes: Iterable[CheckedNote], heard: Callable[[str], None] | None = None) -> None:
    """A file for each proved or refuted claim of the rows of notes, and an index that names the rows without one.

    Raises:
        SavingError: there is no such place, or it holds something else.
    """
    rows: list[dict[str, Any]] = []
    _clear(folder)
    for note in notes:
        for step in note.steps:
            for number, finding in enumerate(step.findings, start=1):
                if finding.verdict not in ("proved", "refuted"):
                    continue
                row = {
                    "file": _file(note.file, step.row.place),
                    "line": step.row.place.line,
                    "label": step.label,
                    "row": step.row.number,
                    "claim": number,
                }
                name: str | None = f"{len(rows) + 1:04}-{Path(note.file).stem}-{step.row.place.line}.json"
                reason = ""
                try:
                    with limited(SECONDS):
                        told = files.sealed({"row": row, **of_finding(finding)})
                    save(json.dumps(told, indent=1, sort_keys=True) + "\n", folder / str(name))
                except NoCertificate as none:
                    name, reason = None, str(none)
                except TimeOut:
                    name, reason = None, f"none was found within {SECONDS:g} s"
                rows.append({**row, "verdict": finding.verdict, "certificate": name, "reason": reason})
                if heard is not None:
                    heard(f"line {row['line']}: {name or reason}")
    index = {"format": files.FORMAT, "version": files.VERSION, "rows": rows}
    save(json.dumps(index, indent=1, sort_keys=True) + "\n", folder / INDEX)


def _file(file: str, place: Place) -> str:
    """A note by its name; of a notebook, whose lines are counted in each cell, with the cell."""
    return file if place.cell is None else f"{file}:cell {place.cell}"


def _clear(folder: Path) -> None:
    """An empty folder, or what was one of certificates before."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = list(folder.iterdir())
        if found and not (folder / INDEX).exists():
            raise SavingError(f"a folder with something else in it: {str(folder)!r}; try another one")
        for path in found:
            if path.suffix == ".json":
                path.unlink()
    except OSError as error:
        raise SavingError(f"cannot write: folder={str(folder)!r}, {error.strerror or error}") from error


def meanings(notes: Iterable[Note]) -> rechecking.Meanings:
    """What has to be shown of each claim of the rows of each display, under either reading."""
    found: list[Sequence[rechecking.Reading]] = []
    for note in notes:
        found += [[_meaning(note.file, rows) for rows in display] for display in readings(note)]
        found += [[{f"{_file(note.file, one.place)}:{one.place.line}": [_NEVER]}] for one in troubles(note)]
    return found


def meanings_in(path: Path, text: str | None = None) -> rechecking.Meanings:
    """What has to be shown of each claim of a note, by its path."""
    return meanings([read_note(path, text)])


def _meaning(file: str, rows: Iterable[RowReading]) -> rechecking.Reading:
    found: dict[str, list[rechecking.Meaning]] = {}
    for row in rows:
        if row.status == "unread":
            # What could not be read is shown by nothing.
            found.setdefault(_key(file, row), []).append(_NEVER)
        for claim in row.claims:
            if claim.used:
                continue  # an equation that is set to be used need not hold
            ways = ways_to_hold(claim) if not row.idle else ()
            holds = frozenset(itertools.chain.from_iterable(map(_proof_digests, ways)))
            # One certificate does not refute what may be meant in several ways.
            open_ = claim.hedge or claim.independent
            fails = frozenset(_digests(claim.alternatives[-1])) if not open_ else frozenset[str]()
            found.setdefault(_key(file, row), []).append((holds, fails))
    return found


def _key(file: str, row: RowReading) -> str:
    return rechecking.place_of(_file(file, row.place), row.place.line, row.number)


_NEVER: rechecking.Meaning = frozenset(), frozenset()


def _digests(claim: Claim) -> Iterator[str]:
    """The hash of a claim's statement, where there is a way to state it."""
    with suppress(DeriveError):
        yield files.digest_of(statement(claim))


def _proof_digests(claim: Claim) -> Iterator[str]:
    """The hashes of the statements that show a claim, for all that is declared or wherever it divides by nothing that is zero."""
    narrower = _where_defined(claim)
    possible = narrower is None or _is_met(narrower)
    if claim.relation == "implies" and not _has_solution(claim):
        return  # of what has no solution everything follows
    if _puts_in_anything(claim) or _proposes_outside(claim) or not (possible or claim.relation == "implies"):
        return  # what is put in is admissible nowhere, as far as is known
    if not _is_somewhere(claim):
        return  # of what is assumed nowhere, or has a value nowhere, everything could be shown
    if _holds_bare(claim, narrower):
        yield from _digests(claim)
    if narrower is not None and possible:
        yield from _digests(narrower)


def _holds_bare(claim: Claim, narrower: Claim | None) -> bool:
    """Whether what is put in is admissible at each of the points tried: else a proof has to say that it takes it for granted."""
    if narrower is None or claim.relation == "implies":
        return True
    return all(meets_assumptions(narrower, point) for point in _points(claim) if meets_assumptions(claim, point))


def _has_solution(claim: Claim) -> bool:
    """Whether a solution of the first equation of a consequence is found at which the second has a value."""
    claim = at_one_place(claim)
    for point in itertools.islice(_points(claim), SOLVED_AT):
        for symbol in (symbol for group in letters(claim.lhs) for symbol in group) if meets_assumptions(claim, point) else ():
            for solution in solutions(claim.lhs, point, symbol, first=True):
                if value_at(claim.rhs, solution).outcome in ("vanishes", "differs"):
                    return True
    return False


def _is_met(claim: Claim) -> bool:
    """Whether all that is assumed holds at one of the points tried."""
    return any(meets_assumptions(claim, point) for point in _points(claim))


ADMISSIBLE = ("real", "sym", "positive", "simplex", "unit", "spd")
"""Domains of which it is seen, or said, that what is put in lies in them."""


def _puts_in_anything(claim: Claim) -> bool:
    """Whether something is put in for a letter of which nobody sees whether it may have such a value: for a whole number, say."""
    return any(isinstance(node, Substitute) and node.symbol.domain not in ADMISSIBLE for node in _nodes(claim))


def _is_somewhere(claim: Claim) -> bool:
    """Whether at the first of the points at which all that is assumed holds, and a side has a value, the other one has, too."""
    if not claim.assumptions and not any(isinstance(node, _MAY_LACK_A_VALUE) for node in _nodes(claim)):
        return True
    for point in _points(claim):
        outcome = _outcome(claim, point) if meets_assumptions(claim, point) else ""
        if outcome in ("equal", "different", "one side undefined"):
            # A root of a negative number on one side alone is what refutes a row.
            return outcome != "one side undefined"
    return False


_MAY_LACK_A_VALUE = (Divide, Power, Log)


def _nodes(claim: Claim) -> Iterator[Formula]:
    return (node for side in (claim.lhs, claim.rhs) for node in walk_unfolded(side))


def _outcome(claim: Claim, point: Point) -> str:
    read = under_assumptions(claim)
    return compare(read.lhs, read.rhs, point).outcome


def _proposes_outside(claim: Claim) -> bool:
    """Whether what is proposed as a maximum lies beyond the border of its domain at each of the points tried.

    That it does not sum to one, or is not symmetric, says so at a single one.
    """
    steps = proposed(*claim.ordered) if claim.relation in BOUNDS else ()
    found: list[bool] = []
    for point in _points(claim) if steps else ():
        try:
            if meets_assumptions(claim, point):
                next(iter(near_solution(claim.ordered[0], steps, point, 0)), None)
                found.append(False)
        except OutsideHere:
            found.append(True)
        except Outside:
            return True
    return bool(found) and all(found)


def _points(claim: Claim) -> Iterator[Point]:
    with suppress(DeriveError):
        yield from Witness().at(claim.lhs, claim.rhs, claim=claim, most=POINTS)
