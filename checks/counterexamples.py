"""Counterexamples as a textbook writes them: the sizes, the values on which the row depends, and what is seen there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from checks import balls
from checks.balls import Undefined
from checks.diagnoses import in_one_ratio
from checks.enclosure import OutOfRange, decimal, enclose
from checks.outline import nested
from checks.points import Point
from checks.witness import WRITTEN_CONSTANT
from derive.claims import Claim
from derive.errors import DeriveError
from derive.formula import (
    Apply,
    AtEqual,
    Divide,
    Formula,
    Named,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    rename,
    unfold,
    walk,
)
from derive.notation import text_writer
from derive.notation.boxes import Box, parse
from derive.notation.conventions import Convention, Spelling
from derive.notation.expectations import UNWRITTEN
from derive.notation.layout import Layout
from derive.symbols import SUMS_TO_ONE, Index, Symbol

if TYPE_CHECKING:
    from checks.witness import Counterexample

Key = tuple[str, str]
Place = tuple[int | None, ...]
"""The member of a family that stands in a formula; None for an index that runs over all of them."""
LONGEST = 16
"""Of a number written out; a solution of an equation is shown to six digits."""
DIGITS = (6, 12, 24)
"""Of the two sides, as many as it takes to see that they differ."""
EVIDENCE = "evidence of "
"""How the numbers and functions are called that stand for an evidence without a closed form."""
MOST_VALUES = 24
"""Of members of a family."""


@dataclass(frozen=True, slots=True)
class Told:
    """A counterexample in words: where it lies, the values of the letters there, and what is seen."""

    where: str
    values: tuple[str, ...]
    seen: str


def told(
    point: Counterexample,
    claim: Claim,
    convention: Convention,
    relation: str = "",
    write: Callable[[Box], str] = text_writer.render,
) -> Told:
    """A counterexample in the letters of ``convention``; ``relation`` is the row's own, where its claim is another one.

    ``write`` says how a letter is written among the words, always in the same way.
    """
    writer = _Writer(point, claim, convention, write)
    return Told(writer.where(), tuple(writer.lines()), writer.seen(relation))


class _Writer:
    def __init__(self, point: Counterexample, claim: Claim, convention: Convention, write: Callable[[Box], str]) -> None:
        self.write = write
        self.point, self.claim = point, claim
        self.convention = convention
        self.used: dict[Key, set[Place]] = {}
        self.symbols: dict[Key, Symbol] = {}
        self.sizes: set[str] = set()
        for side in (claim.lhs, claim.rhs):
            # No number stands for a value of a continuum.
            numbers = {index: value for index, value in point.assignment.items() if not index.range.abstract}
            try:
                self._look_at(rename(side, dict(numbers)), frozenset())
            except DeriveError:
                self._look_at(side, frozenset())

    def _look_at(self, node: Formula, replaced: frozenset[Key], *, at_equal: bool = False) -> None:
        """Take down the letters on whose values a formula depends, and the sizes; abbreviations are written out."""
        if isinstance(node, Named):
            self._look_at(unfold(node), replaced, at_equal=at_equal)
            return
        if isinstance(node, (Sum, Product)):
            self.sizes.add(node.index.range.upper.name)
        elif isinstance(node, SizeNumber):
            self.sizes.add(node.size.name)
        elif isinstance(node, Substitute):
            self._look_at(node.body, replaced | {(node.symbol.name, node.symbol.role)}, at_equal=at_equal)
            self._look_at(node.replacement, replaced, at_equal=at_equal)
            return
        elif isinstance(node, Reference):
            symbol = node.symbol.at_free if at_equal else node.symbol
            key = (symbol.name, symbol.role)
            if key not in replaced:
                self.symbols[key] = symbol
                self.used.setdefault(key, set()).add(tuple(None if isinstance(i, Index) else i for i in node.indices))
                self.sizes |= {size.name for size in symbol.shape}
                if symbol.domain in SUMS_TO_ONE:
                    self.sizes |= {own.upper.name for own in symbol.family[-1:]}
        for child in node.children:
            # theta_t takes the value of theta.
            self._look_at(child, replaced, at_equal=at_equal or isinstance(node, AtEqual))

    # Where.

    def where(self) -> str:
        sizes = [
            f"{self._plain(self.convention.size(name))} = {size}"
            for name, size in self.point.sizes.items()
            if name in self.sizes & set(self.convention.sizes)
        ]
        places = [
            f"{self._index(index)} = {value}"
            for index, value in sorted(self.point.assignment.items(), key=lambda pair: pair[0].name)
            if "#" not in index.name and not index.range.abstract
        ]
        return ", ".join((*sizes, *places))

    def _index(self, index: Index) -> str:
        return self._plain(self.convention.index(index.name))

    def _plain(self, tex: str) -> str:
        return self.write(parse(tex))

    # Values.

    def lines(self) -> Iterator[str]:
        """A line for each letter; those at theta_t in a line of their own, where the note has no mark for them."""
        order = {"data": 0, "latent": 1, "const": 2, "frozen": 3, "param": 4}
        here = sorted((key for key in self.point.values if key[1] != "current"), key=lambda key: (order.get(key[1], 5), key[0]))
        for key in here:
            if members := self._members(key, self.point.values[key]):
                yield _listed(members)
        current = [key for key in sorted(self.point.values) if key[1] == "current"]
        at_current = [members for key in current if (members := self._members(key, self.point.values[key]))]
        yield from self._drawn()
        if self._is_marked:
            yield from (_listed(members) for members in at_current)
        elif at_current:
            yield f"at {self._plain(self.convention.theta_t)}: {_listed(list(itertools.chain(*at_current)))}"

    @property
    def _is_marked(self) -> bool:
        """Whether the note marks each parameter at theta_t above its letter, as in ``\\mu^{old}``."""
        return any(sign in self.convention.theta_t for sign in "^'")

    def _members(self, key: Key, array: Any, *, all_of_them: bool = False) -> list[str]:
        """Each member of a family that the row depends on, with its value."""
        symbol, places = self.symbols.get(key), self.used.get(key, set[Place]())
        is_left_out = key[0].startswith(f"{WRITTEN_CONSTANT}const") and not any(_flat(nested(array)))
        if symbol is None or is_left_out:
            return []
        found: list[str] = []
        family = _shape(nested(array))[: len(symbol.family)]
        for chosen in itertools.product(*(range(count) for count in family)):
            indices = tuple(place + own.lower for place, own in zip(chosen, symbol.family, strict=True))
            if all_of_them or any(all(p in (None, i) for p, i in zip(place, indices, strict=True)) for place in places):
                value: Any = nested(array)
                for place in chosen:
                    value = value[place]
                found.append(f"{self._letter(symbol, indices)} {'≈' if _is_long(value) else '='} {_value(value)}")
        return found

    def _drawn(self) -> Iterator[str]:
        """Which unknown functions are some that were drawn at random."""
        nodes = (node for side in (self.claim.lhs, self.claim.rhs) for node in walk(side))
        names = sorted({node.function.name for node in nodes if isinstance(node, Apply)})
        if any(name.startswith(EVIDENCE) for name in names):
            yield "the evidence is some number drawn at random"
        functions = dict.fromkeys(self._plain(name.partition("(")[0]) for name in names if not name.startswith(EVIDENCE))
        if functions:
            yield f"{', '.join(functions)}: unknown, some function drawn at random"

    def _letter(self, symbol: Symbol, indices: Sequence[int]) -> str:
        if symbol.name.startswith(UNWRITTEN):
            return "a mean that is not written out"
        if symbol.name.startswith(EVIDENCE):
            return "the evidence"
        layout = Layout(self.convention)
        name = symbol.name.removeprefix(WRITTEN_CONSTANT).removesuffix(" alone")
        base, _, mark = name.partition("^{")
        known = self.convention.spellings.get(name)
        told = [str(index) for index in indices]
        if len(told) > 1 and any(len(one) > 1 for one in told):
            told = [f"{one}," for one in told[:-1]] + told[-1:]
        if known is None and mark and base in self.convention.spellings:
            # A value of the parameters in another iterate.
            return self.write(Layout(replace(self.convention, mark=mark.removesuffix("}"))).symbol(base, told, current=True))
        if known is None and not name.isalpha():
            spelled = Spelling(f"{name}_{{#*}}" if told else name)
            layout = Layout(replace(self.convention, spellings={**self.convention.spellings, name: spelled}))
        return self.write(layout.symbol(name, told, current=symbol.role == "current" and self._is_marked))

    # What is seen there.

    def seen(self, relation: str) -> str:
        point = self.point
        if point.moved:
            moved = [member for key, array in point.moved.items() for member in self._changed(key, array)]
            left, right = _two(point.left, point.right)
            what = {"= up to a constant": "left − right", "proportional to": "left / right"}.get(
                self.claim.relation, "their difference"
            )
            return f"{what} is {left} here, and {right} with {', '.join(moved)}"
        if not (point.left or point.right):
            return ""
        left, right = _two(point.left, point.right)
        entry = self._entry()
        at = f"in {entry} " if entry else ""
        if relation in ("maximises", "minimises"):
            if relation == "minimises":
                left, right = (_negated(side) for side in (left, right))
            return f"the objective is {left} here, and {right} with the row's value put in"
        if relation in ("solves", "stationary"):
            return f"{at}{'what is to vanish' if relation == 'solves' else 'the derivative'} is {left}, not 0"
        if self.claim.relation == "implies":
            return f"in the second equation left − right is {left}, not 0{f' ({entry})' if entry else ''}"
        if relation == "propto" and (ratios := self._ratios()):
            return ratios
        return f"{at}the left side is {left}, the right side {right}"

    def _entry(self) -> str:
        """Which entry of a vector or matrix is shown, where there are several."""
        shape = self.claim.lhs.shape or self.claim.rhs.shape
        several = any(size is not None and self.point.sizes.get(size.name, 2) > 1 for size in shape)
        place = ", ".join(str(part + 1) for part in self.point.entry)
        return f"entry {f'({place})' if len(self.point.entry) > 1 else place}" if several and place else ""

    def _changed(self, key: Key, array: Any) -> list[str]:
        before, after = (self._members(key, values) for values in (self.point.values[key], array))
        changed = [new for old, new in zip(before, after, strict=True) if new != old]
        return changed or self._members(key, array, all_of_them=True)

    def _ratios(self) -> str:
        """Of two members that should be in one ratio: the ratio of either."""
        ratio, where = in_one_ratio(self.claim), dict(self.point.assignment)
        if ratio is None or not {ratio.index, ratio.other} <= set(where):
            return ""
        quotient = Divide(ratio.above, ratio.below)
        here, there = where[ratio.index], where[ratio.other]
        first, second = self._number(quotient, where), self._number(quotient, {**where, ratio.index: there})
        if not (first and second):
            return ""
        first, second = _two(first, second)
        letter = self._index(ratio.index)
        return f"left / right is {first} at {letter} = {here}, and {second} at {letter} = {there}"

    def _number(self, formula: Formula, where: Mapping[Index, int]) -> str:
        there = Point(self.point.sizes, self.point.values, self.point.draw)  # type: ignore[arg-type]
        try:
            value = enclose(formula, there, where)
        except (DeriveError, Undefined, OutOfRange, KeyError):
            return ""
        return "" if isinstance(value, list) or not balls.ball(value).is_finite() else decimal(value)


def _listed(members: list[str]) -> str:
    return ", ".join(members[:MOST_VALUES]) + (", .." if len(members) > MOST_VALUES else "")


def _shape(value: Any) -> list[int]:
    return [len(value), *_shape(value[0])] if isinstance(value, list) and value else [0] if isinstance(value, list) else []


def _flat(value: Any) -> Iterator[Any]:
    for part in value if isinstance(value, list) else ():
        yield from _flat(part)
    if not isinstance(value, list):
        yield value


def _value(value: Any) -> str:
    """An exact value: a decimal where it is short, else a fraction; one number alone without brackets."""
    if isinstance(value, (list, tuple)):
        parts = [_value(part) for part in value]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    number = Fraction(str(value))
    short = f"{float(number):.10g}"
    if number.denominator > 4 and Fraction(short) == number:
        return short
    return f"{float(number):.6g}" if _is_long(value) else str(number)


def _is_long(value: Any) -> bool:
    """Whether a value, or a part of it, is too long to be written exactly: a solution of an equation."""
    if isinstance(value, (list, tuple)):
        return any(_is_long(part) for part in value)
    number = Fraction(str(value))
    return len(str(number)) > LONGEST and Fraction(f"{float(number):.10g}") != number


def _two(left: str, right: str) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to see that."""
    for digits in DIGITS:
        shown = _rounded(left, digits), _rounded(right, digits)
        if shown[0] != shown[1]:
            return shown
    return left, right


def _rounded(side: str, digits: int) -> str:
    if re.fullmatch(r"-?0(e-?\d+)?", side):
        return "0"
    if not re.fullmatch(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?", side):
        return side
    return f"{float(side):.{digits}g}" if digits <= 12 else side


def _negated(decimal: str) -> str:
    return decimal.removeprefix("-") if decimal.startswith("-") else decimal if decimal == "0" else f"-{decimal}"
