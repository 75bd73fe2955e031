"""Certificates with one thing changed, sealed anew: numbers, signs, letters, kinds, rules, steps, points, what is declared."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from checks.certificates import NoCertificate, of_finding, proof_of
from checks.notes import check_note
from checks.recheck import files, points, trees
from checks.time_limit import TimeOut, limited
from checks.witness import Witness
from derive.notes import read_note

EXAMPLES = Path(__file__).parents[2] / "examples"
KINDS = ("add", "multiply"), ("sum", "product"), ("exp", "log"), ("divide", "power")
OTHER_VALUES = ("0", "1", "-1", "2", "1/2", "3")
DOMAINS = ("real", "positive", "nonnegative", "unit", "simplex", "spd", "sym", "integer", "count", "closed simplex")
RELATIONS = ("=", "<=", ">=", "<", ">", "= up to a constant", "proportional to", "implies", "same argmax", "not identically 0")
ROLES = ("param", "current", "data", "frozen", "const")
POINTS_TRIED = 4


def certificates(*names: str) -> list[dict[str, Any]]:
    """The certificates of the rows of example notes."""
    found: list[dict[str, Any]] = []
    for name in names:
        note = read_note(EXAMPLES / name)
        for step in check_note(note, Witness(autodiff=False), diagnosed=False).steps:
            for finding in step.findings:
                try:
                    found.append({"row": {"file": name, "line": step.row.place.line}, **of_finding(finding)})
                except NoCertificate:
                    continue
    return found


Way = tuple[Any, ...]


def _places(tree: Any, path: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Every part of what JSON holds, with the way to it."""
    yield path, tree
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, part in parts:
        yield from _places(part, (*path, key))


def _at(tree: Any, path: Way) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def changed(certificate: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """The certificate with one thing changed; what is changed is drawn by the kind of part first."""
    told = copy.deepcopy(dict(certificate))
    evidence = "point" if "point" in told else "proof"
    root: Way = (rng.choice(("statement", "statement", evidence, evidence, "verdict")),)
    parts = [(path, part) for path, part in _places(_at(told, root), root) if len(path) > 1 or root == ("verdict",)]
    path, part = rng.choice([one for one in parts if not isinstance(one[1], str) or "text" not in one[0]])
    way, key = list(path[:-1]), path[len(path) - 1]
    holder = _at(told, tuple(way))
    if isinstance(part, list) and part and rng.random() < 0.5:
        _change_list(part, rng)
    elif isinstance(part, dict) and part:
        gone = rng.choice(sorted(part))
        if rng.random() < 0.5:
            del part[gone]
        else:
            part[gone] = copy.deepcopy(part[rng.choice(sorted(part))])
    else:
        holder[key] = _other(part, key, told, rng)
    return told


def _change_list(part: list[Any], rng: random.Random) -> None:
    place, other = rng.randrange(len(part)), rng.randrange(len(part))
    match rng.randrange(3):
        case 0:
            del part[place]
        case 1:
            part[place], part[other] = part[other], part[place]
        case _:
            part.insert(place, copy.deepcopy(part[other]))


def _other(part: Any, key: Any, told: Mapping[str, Any], rng: random.Random) -> Any:
    """Something else of the same kind."""
    statement = told["statement"]
    if isinstance(part, bool):
        return not part
    if isinstance(part, int):
        return part + rng.choice((-1, 1, 2))
    if part is None:
        return rng.choice((0, "1", []))
    if not isinstance(part, str):
        return rng.choice((None, 1, "x"))
    pools = {"relation": RELATIONS, "domain": DOMAINS, "role": ROLES}
    if key in pools:
        return rng.choice(pools[key])
    if part in ("proved", "refuted"):
        return "refuted" if part == "proved" else "proved"
    if part in statement["letters"]:
        return rng.choice([*sorted(statement["letters"]), 1])
    if part in statement["symbols"]:
        return rng.choice(sorted(statement["symbols"]))
    for pair in KINDS:
        if part in pair:
            return pair[part == pair[0]]
    try:
        value = Fraction(part)
    except (ValueError, ZeroDivisionError):
        return rng.choice((part[::-1], part + "x", "number"))
    return rng.choice((str(-value), str(value + 1), str(value / 2), str(value + Fraction(1, 10**20)), *OTHER_VALUES))


def is_accepted(told: Mapping[str, Any]) -> bool:
    """Whether the checker accepts a certificate that was sealed by whoever changed it."""
    try:
        with limited(20.0):
            files.check_certificate(files.sealed(told))
    except (trees.Rejected, TimeOut, LookupError, TypeError, ValueError):
        return False
    return True


# Whether a statement that was changed is false: looked at by numbers, at points of our own.


def _value(domain: str, rng: random.Random) -> Fraction:
    size = Fraction(rng.randrange(201, 1800), 1000)
    match domain:
        case "real" | "sym":
            return size * rng.choice((1, -1))
        case "unit":
            return size / 2
        case "integer" | "count" | "covering count":
            return Fraction(rng.randrange(1, 4))
        case "bool" | "one-hot":
            return Fraction(1)
        case _:
            return size


def _entries(symbol: Mapping[str, Any], spans: list[range], rng: random.Random) -> dict[tuple[int, ...], Fraction]:
    domain, last = symbol["domain"], len(symbol["family"]) - 1
    table = {place: _value(domain, rng) for place in itertools.product(*spans)}
    if domain in ("spd", "sym"):
        for place in table:
            a, b = place[-2:]
            table[place] = table[(*place[:-2], b, a)] / 5 if a != b else table[place] + 2
        table = {p: table[(*p[:-2], *sorted(p[-2:]))] for p in table}
    if domain in ("simplex", "closed simplex", "one-hot") and last >= 0:
        for rest in {(*p[:last], *p[last + 1 :]) for p in table}:
            own = [(*rest[:last], k, *rest[last:]) for k in spans[last]]
            total = sum(table[p] for p in own)
            for number, p in enumerate(own):
                table[p] = Fraction(number == 0) if domain == "one-hot" else table[p] / total
    return table


def _nested(table: Mapping[tuple[int, ...], Fraction], spans: list[range], place: tuple[int, ...] = ()) -> Any:
    return str(table[place]) if len(place) == len(spans) else [_nested(table, spans, (*place, k)) for k in spans[len(place)]]


def _point(statement: trees.Statement, rng: random.Random) -> dict[str, Any]:
    """Sizes of two and three, and values for everything, unknown functions included."""
    names = statement.names
    ranges = [*names.letters.values(), *(trees.range_(own) for one in names.functions.values() for own in one["family"])]
    counted = [own[1] for own in ranges] + [size for one in names.symbols.values() for size in one["shape"]]
    counted += [own[1] for one in names.symbols.values() for own in one["family"]]
    counted += [size for one in names.functions.values() for shape in one["arguments"] for size in shape]
    counted += [node[1] for tree in statement.trees() for node in trees.nodes(tree) if node[0] == "size"]
    sizes = {name: rng.randrange(2, 4) for name in sorted(set(counted))}
    point: dict[str, Any] = {"sizes": sizes, "values": {}, "second": {}, "functions": {}, "coefficients": {}, "letters": {}}
    continua = {own[1] for own in ranges if own[2]} | {r[1] for one in names.symbols.values() for r in one["family"] if r[2]}
    point["measures"] = {name: [str(Fraction(rng.randrange(1, 9), 4)) for _ in range(sizes[name])] for name in sorted(continua)}
    for key, symbol in names.symbols.items():
        spans = [range(own[0], sizes[own[1]] + 1) for own in names.ranges_of(key)]
        table = _entries(symbol, spans, rng)
        last = len(symbol["family"]) - 1
        if symbol["domain"] in ("simplex", "closed simplex") and last >= 0 and symbol["family"][last][2]:
            weights = [Fraction(w) for w in point["measures"][symbol["family"][last][1]]]
            table = {place: value / weights[place[last] - 1] for place, value in table.items()}
        point["values"][key] = _nested(table, spans)
    for name, function in names.functions.items():
        letters = [f"*{name} {k}" for k in range(len(function["family"]))]
        point["letters"] |= dict(zip(letters, function["family"], strict=True))
        parts: list[Any] = [["number", "1"]]
        for k, shape in enumerate(function["arguments"]):
            own = [f"*{name} {k} {size} {place}" for place, size in enumerate(shape)]
            point["letters"] |= {letter: [1, size, False] for letter, size in zip(own, shape, strict=True)}
            tree: Any = ["argument", k, *own]
            for letter in own:
                tree = ["sum", letter, tree]
            parts.append(tree)
        point["coefficients"][f"*{name}"] = {"role": "const", "family": function["family"], "shape": [], "domain": "real"}
        spans = [range(own[0], sizes[own[1]] + 1) for own in function["family"]]
        table = {place: _value("real", rng) for place in itertools.product(*spans)}
        point["values"][f"*{name}"] = _nested(table, spans)
        bent = ["multiply", ["entry", f"*{name}", *letters], ["add", *parts]]
        point["functions"][name] = {"letters": letters, "raw": bent}
    return point


def is_false(told: Mapping[str, Any], rng: random.Random) -> bool:
    """Whether an equation or a bound that was changed fails at one of a few points; assumptions are not looked at."""
    statement = trees.Statement(told["statement"])
    if statement.relation not in ("=", "<=", ">=") or told["statement"]["assumptions"]:
        return False
    for _ in range(POINTS_TRIED):
        try:
            point = _point(statement, rng)
        except (ValueError, LookupError, TypeError, AttributeError):
            return False  # of what is declared there are no values
        letters = {letter: own for letter, own in statement.names.letters.items() if own[0] <= point["sizes"][own[1]]}
        at = {letter: rng.randrange(own[0], point["sizes"][own[1]] + 1) for letter, own in letters.items()}
        try:
            there = points.Point(statement.names, point)
            with points.precision(256):
                here = points.Evaluation(there)
                left, right = (here.value(points.chosen(there, side), at) for side in (statement.left, statement.right))
        except (trees.Rejected, points.Undefined, LookupError):
            continue
        if left.is_finite() and right.is_finite():
            gap = right - left if statement.relation == "<=" else left - right
            if gap < 0 or (statement.relation == "=" and gap > 0):
                return True
    return False


@dataclass
class Tally:
    """What became of changed certificates: those accepted though the statement is false, and those of what holds as well.

    Of the latter some are of another statement, which ``derive recheck FOLDER NOTE`` does not accept for the row; the others show
    the same by other evidence.
    """

    tried: int = 0
    rejected: int = 0
    false: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    harmless: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def looked_at(told: Mapping[str, Any], rng: random.Random) -> bool:
    """Whether there is a point at which a statement has two values, so that it could be seen to be false."""
    statement = trees.Statement(told["statement"])
    for _ in range(POINTS_TRIED):
        try:
            there = points.Point(statement.names, _point(statement, rng))
            at = {letter: own[0] for letter, own in statement.names.letters.items()}
            with points.precision(128):
                here = points.Evaluation(there)
                for side in (statement.left, statement.right):
                    here.value(points.chosen(there, side), at)
            return True
        except (trees.Rejected, points.Undefined, LookupError):
            continue
    return False


def campaign(known: list[dict[str, Any]], count: int, seed: int) -> Tally:
    rng = random.Random(seed)
    tally = Tally()
    while tally.tried < count:
        original = rng.choice(known)
        told = changed(original, rng)
        if told == original:
            continue
        tally.tried += 1
        if not is_accepted(told):
            tally.rejected += 1
        elif is_false(told, rng) if told["verdict"] == "proved" else forged(told) is not None:
            tally.false.append(told)
        else:
            tally.harmless.append(told)
    return tally


def forged(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """A certificate of a statement that was changed, if one can be made that the checker accepts."""
    try:
        with limited(10.0):
            return {"row": told.get("row"), **proof_of(told["statement"])}
    except (trees.Rejected, points.Undefined, TimeOut, LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None


def forgeries(known: list[dict[str, Any]], count: int, seed: int) -> Tally:
    """Statements that were changed, for which a new proof is sought: none may be found for one that is false."""
    rng = random.Random(seed)
    proved = [one for one in known if one["verdict"] == "proved" and one["statement"]["relation"] in ("=", "<=", ">=")]
    tally = Tally()
    while tally.tried < count:
        told = copy.deepcopy(rng.choice(proved))
        side = rng.choice(("left", "right"))
        parts = [(path, part) for path, part in _places(told["statement"][side], ("statement", side)) if len(path) > 3]
        if not parts:
            continue
        path, part = rng.choice(parts)
        if isinstance(part, list) and part:
            _change_list(part, rng)
        else:
            _at(told, path[:-1])[path[-1]] = _other(part, path[-1], told, rng)
        tally.tried += 1
        made = forged(told)
        if made is None:
            tally.rejected += 1
        elif is_false(made, rng):
            tally.false.append(made)
        else:
            tally.harmless.append(made)
    return tally
