"""What is said of certificates: their statements as lines of text, and whether each row of notes is shown by those it has.

Whether a certificate shows its statement is decided by ``checks.recheck``, alone; of the prover nothing is imported here either.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from checks.recheck.files import FORMAT, VERSION, check_file
from checks.recheck.trees import Rejected, Tree, bound, free, frozen, nodes, places, require

FORMS: Mapping[str, str] = {
    "number": "{0}",
    "size": "{0}",
    "pi": "pi",
    "delta": "delta[{0},{1}]",
    "divide": "{0} / {1}",
    "power": "{0}^{1}",
    "function": "{0}({1})",
    "sum": "sum_{0} {1}",
    "product": "product_{0} {1}",
    "inverse": "inverse({4} in row {2}, column {3})[{0},{1}]",
    "determinant": "det({2} in row {0}, column {1})",
    "vector": "vector({0}, {1})",
    "substitute": "({3} at {0}[{1}] = {2})",
}


LEVELS = {"add": 0, "sum": 1, "product": 1, "derivative": 1, "divide": 2, "multiply": 2, "power": 3}
"""How tightly a sign binds: what binds no tighter than what it stands in is put in brackets."""


class Abbreviations:
    """Names for what is long and stands several times in a statement, but for the letters of its indices.

    Each is of text alone: with ``A[i,k] := ..``, ``A[j,s]`` stands for that text with ``j, s`` for its free letters ``i, k``.
    """

    def __init__(self, told: Mapping[str, Any], trees: Sequence[Tree]) -> None:
        self.ranges: Mapping[str, Any] = told["letters"]
        self.shapes: dict[Tree, tuple[Tree, tuple[str, ...]]] = {}
        self.times: Counter[Tree] = Counter()
        self.names: dict[Tree, str] = {}
        self.defined: list[str] = []
        taken = {str(word).split("@")[0] for kind in ("symbols", "functions", "letters") for word in told[kind]}
        taken |= {str(own[1]) for own in self.ranges.values()}
        taken |= {str(node[1]) for tree in trees for node in nodes(tree) if node[0] == "size"}
        self.letters = (letter for letter in (*ascii_uppercase, *(f"T{k}" for k in range(1, 1000))) if letter not in taken)

    def count(self, tree: Tree) -> None:
        """Count what is to be printed of a tree; what stands in a part that is met again is not printed again."""
        for part in _subtrees(tree):
            shape, _ = self.shape(part)
            self.times[shape] += 1
            if self.times[shape] == 1:
                self.count(part)

    def shape(self, tree: Tree) -> tuple[Tree, tuple[str, ...]]:
        """A tree with its letters numbered, those that are free in it as they are met, and these."""
        if tree not in self.shapes:
            met: dict[str, str] = {}
            self.shapes[tree] = self._numbered(tree, met, {}, 0), tuple(met)
        return self.shapes[tree]

    def _numbered(self, tree: Tree, met: dict[str, str], inside: Mapping[str, str], level: int) -> Tree:
        own = {letter: f"%{level + k} {self.ranges.get(letter)}" for k, letter in enumerate(bound(tree))}
        within = {**inside, **own}

        def index(letter: Any) -> Any:
            if not isinstance(letter, str):
                return letter
            return inside.get(letter) or met.setdefault(letter, f"#{len(met)} {self.ranges.get(letter)}")

        made: list[Any] = [tree[0]]
        for what, part in places(tree):
            match what:
                case "t" | "u":
                    made.append(self._numbered(part, met, within if what == "t" else inside, level + len(own)))
                case "i":
                    made.append(index(part))
                case "I":
                    made.append(tuple(map(index, part)))
                case "S":
                    made.append(tuple((one[0], *map(index, one[1:])) for one in part))
                case "b":
                    made.append(own[part])
                case "B":
                    made.append(tuple(own[letter] for letter in part))
                case _:
                    made.append(part)
        return tuple(made)

    def told(self, tree: Tree) -> str | None:
        """The name of a tree, which is defined where it is asked for first; None where it has none."""
        if tree[0] in ("vector", "number", "entry"):
            return None
        shape, letters = self.shape(tree)
        if self.times[shape] < 2 or len(text_of(tree)) < LONG:
            return None
        places_ = f"[{','.join(letters)}]" if letters else ""
        if shape not in self.names:
            self.names[shape] = next(self.letters)
            mine = len(self.defined)
            self.defined.append("")
            self.defined[mine] = f"{self.names[shape]}{places_} := {text_of(tree, named=self, whole=True)}"
        return f"{self.names[shape]}{places_}"


LONG = 40
"""From how many characters on a part of a statement that stands in it twice has a name."""


def _subtrees(tree: Tree) -> Iterator[Tree]:
    yield from (part for what, part in places(tree) if what in "tu")


def text_of(tree: Tree, outside: int = -1, named: Abbreviations | None = None, whole: bool = False) -> str:
    """A tree as a line of text; with ``named`` by these abbreviations, but for the tree itself where it is to be ``whole``."""
    if named is not None and not whole and (name := named.told(tree)) is not None:
        return name
    kind, parts = tree[0], places(tree)
    own = LEVELS.get(kind, 9 if kind != "number" or tree[1].isdigit() else 1)
    # Where the scope of a derivative ends is to be seen.
    inner = 8 if kind == "derivative" else own if kind in LEVELS else -1
    told = [
        text_of(part, inner, named) if what in "tu" else ",".join(map(str, part)) if what in "IB" else str(part)
        for what, part in parts
    ]
    match kind:
        case "entry" | "argument":
            text = f"{told[0]}[{','.join(told[1:])}]" if told[1:] else told[0]
        case "add" | "multiply":
            text = (" + " if kind == "add" else " ").join(told)
        case "apply":
            text = f"{told[0]}[{told[1]}]({', '.join(told[3:])})"
        case "derivative":
            text = f"d/d {told[1]}[{','.join(told[2:])}] {told[0]}" if told[2:] else f"d/d {told[1]} {told[0]}"
        case _:
            text = FORMS[kind].format(*told) if kind in FORMS else f"{kind}({', '.join(told)})"
    return f"({text})" if own <= outside else text


def statement_text(told: Mapping[str, Any]) -> str:
    """A statement as a line of text, and a line for each abbreviation in it."""
    sides = [frozen(told[side]) for side in ("left", "right")]
    trees = [*sides, *(tree for one in told["assumptions"] for tree in _trees(one))]
    named = Abbreviations(told, trees)
    for tree in trees:
        named.count(tree)
    left, right = (text_of(side, named=named, whole=True) for side in sides)
    given = "".join(f"; assumed: {part}" for one in told["assumptions"] for part in _assumed(one, named))
    letters = free(sides[0]) | free(sides[1])
    every = ", ".join(sorted(map(str, letters)))
    parameters = f"  as functions of {', '.join(told['parameters'])}" if told["parameters"] else ""
    at_all = ", ".join(letter for letter in told["entries"] if letter in letters) if told["relation"] == "implies" else ""
    line = f"{left}{f' at every {at_all}' if at_all else ''}  {told['relation']}  {right}{parameters}"
    line += (f"  for every {every}" if every else "") + given
    if "multiplier" in told:
        line += f"; by the factor {text_of(frozen(told['multiplier']), named=named)}"
    return "\n".join([line, *(f"  where {one}" for one in (*named.defined, *_declared(told, trees)))])


def _declared(told: Mapping[str, Any], trees: Iterable[Tree]) -> Iterator[str]:
    """The domains of symbols in trees, where these are not real, and the ranges of letters that do not begin at 1."""
    met = [node for tree in trees for node in nodes(tree)]
    known = {"entry": told["symbols"], "apply": told["functions"]}
    domains: dict[str, set[str]] = {}
    for kind, key in {node[:2] for node in met if node[0] in known}:
        domains.setdefault(known[kind].get(key, {"domain": "real"})["domain"], set()).add(key)
    domains.pop("real", None)
    if domains:
        yield "; ".join(f"{', '.join(sorted(keys))} {domain}" for domain, keys in sorted(domains.items()))
    spoken = {letter for node in met for letter in (*bound(node), *free(node))}
    for letter, (lower, upper, continuum) in sorted(told["letters"].items()):
        if letter in spoken and (lower != 1 or continuum):
            yield f"{letter} runs over a continuum" if continuum else f"{letter} runs from {lower} to {upper}"


def _trees(one: Mapping[str, Any]) -> Iterator[Tree]:
    """The sides of what is assumed."""
    for kind in ("equation", "bound", "apart"):
        yield from map(frozen, one.get(kind, ()))
    if "definite" in one:
        yield frozen(one["definite"])


def _assumed(one: Mapping[str, Any], named: Abbreviations) -> Iterator[str]:
    """What an assumption says, by itself: in what words it was written is not looked at."""
    if "larger" in one:
        yield " > ".join(map(str, one["larger"]))
    for kind, sign in (("equation", "="), ("bound", "<="), ("apart", "!=")):
        if kind in one:
            yield f" {sign} ".join(text_of(frozen(side), named=named, whole=True) for side in one[kind])
    if "definite" in one:
        yield f"{text_of(frozen(one['definite']), named=named, whole=True)} is positive" + (
            " definite, in row {} and column {}".format(*one["of matrix"]) if one["of matrix"] else ""
        )


Meaning = tuple[frozenset[str], frozenset[str]]
"""What a claim of a row may be taken to say: the hashes of statements of which each shows that it holds, and of those of which
each shows that it fails."""
Reading = Mapping[str, Sequence[Meaning]]
"""For the rows of a display, as ``file:line``, the meanings of all their claims."""
Meanings = Sequence[Sequence[Reading]]
"""Of each display the readings, of which one holds for all its rows."""


def place_of(file: str, line: int, row: int = 1, **_: object) -> str:
    """Where a row of a note stands: several rows of a display may stand on one line."""
    return f"{file}:{line}" + (f", row {row}" if row > 1 else "")


def recheck(folder: Path, meanings: Meanings | None = None) -> tuple[list[str], int, int]:
    """What is said of each row of an index of certificates, how many are not accepted, and how many rows have none.

    With ``meanings`` a certificate of anything else is not accepted, and each claim of each row needs one, or one of the row's
    claims a certificate that it fails.
    """
    lines: list[str] = []
    rejected = missing = 0
    shown: dict[str, list[tuple[str, str | None]]] = {}
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        require(index["format"] == FORMAT and index["version"] == VERSION, "an index of another format")
        rows = [(place_of(**row), row["verdict"], row["certificate"], row["reason"]) for row in index["rows"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Rejected(f"no index of certificates: {folder}: {error}") from error
    for place, verdict, name, reason in rows:
        known = shown.setdefault(place, [])
        if name is None:
            missing += 1
            known.append((verdict, None))
            lines.append(f"{place}: {verdict}: NO CERTIFICATE: {reason}")
            continue
        try:
            require(Path(name).name == name, "a certificate that lies elsewhere")
            told, how = check_file((folder / name).read_text(encoding="utf-8"))
            require((place_of(**told["row"]), told["verdict"]) == (place, verdict), "a certificate of another row")
            ways = [reading[place] for display in meanings or () for reading in display if place in reading]
            meant = meanings is None or any(_is_meant(verdict, told["meaning"], way) for way in ways)
            require(meant, "a certificate of what the row does not say")
            known.append((verdict, told["meaning"]))
            lines += [
                f"{place}: {verdict}: rechecked: {how}",
                *(f"    {line}" for line in statement_text(told["statement"]).splitlines()),
            ]
        except (Rejected, OSError, ValueError, LookupError, TypeError) as error:
            rejected += 1
            known.append((verdict, None))
            lines.append(f"{place}: {verdict}: NOT ACCEPTED: {error}")
    for display in meanings or ():
        # Under one reading of a display all of its rows are to be shown: the weights are held in all of them, or move in all.
        strays, left = min(
            (judged(reading, display, shown) for reading in display), key=lambda found: (len(found[0]), sum(found[1].values()))
        )
        rejected += len(strays)
        missing += sum(left.values())
        lines += [f"{place}: NOT ACCEPTED: a certificate under another reading than that of other rows" for place in strays]
        lines += [f"{place}: NO CERTIFICATE for {_claims(number)}" for place, number in left.items()]
    kinds = [f"{sum(v == kind and name is not None for _, v, name, _ in rows)} of {sum(v == kind for _, v, _, _ in rows)} {kind}"
             for kind in ("proved", "refuted")]  # fmt: skip
    lines.append(f"Rows with a certificate: {', '.join(kinds)}; not accepted: {rejected}; without one: {missing}.")
    return lines, rejected, missing


def _claims(number: int) -> str:
    return "one of its claims" if number == 1 else f"{number} of its claims"


def _is_meant(verdict: str, meaning: str, way: Sequence[Meaning]) -> bool:
    """Whether a statement is such that a claim of a row holds with it, or fails with it."""
    sought = [fails if verdict == "refuted" else holds for holds, fails in way]
    return any(meaning in meant for meant in sought)


def judged(
    reading: Reading, display: Sequence[Reading], shown: Mapping[str, Sequence[tuple[str, str | None]]]
) -> tuple[list[str], dict[str, int]]:
    """Under one reading of a display the rows that are shown under another, and of how many claims of a row nothing is said.

    What is shown of a row of another display, on the same line, is neither.
    """
    strays: list[str] = []
    left: dict[str, int] = {}
    for place, way in reading.items():
        ways = [other[place] for other in display if place in other]
        known = [
            (verdict, one)
            for verdict, one in shown.get(place, ())
            if one is None or any(_is_meant(verdict, one, other) for other in ways)
        ]
        strays += [place for verdict, one in known if one is not None and not _is_meant(verdict, one, way)]
        if not any(verdict == "refuted" for verdict, _ in known):
            proved = {one for _, one in known if one is not None}
            open_ = sum(not holds & proved for holds, _ in way) - sum(one is None for _, one in known)
            left.update({place: open_} if open_ > 0 else {})
    return strays, left
