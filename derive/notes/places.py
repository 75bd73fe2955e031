"""What the place of a letter tells of it: transposed, differentiated by, behind the bar of a density, in front of a logarithm."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from derive.errors import DeriveError
from derive.notation.expectations import AVERAGES, DIVERGENCE_NAMES, EXPECTATION_NAMES
from derive.notation.latex_reader import BIG, CONSTANTS, FUNCTIONS
from derive.notation.spellings import DENSITY_NAMES, TRANSPOSES, arguments_of, chunks_of, plain, sign_at
from derive.notation.surface import RELATIONS, Item, Items, surface
from derive.notes import Note
from derive.notes.sightings import (
    GREEK_LETTERS,
    Key,
    Seen,
    Sightings,
    arguments_with_values,
    chunks,
    find_indices,
    is_mark,
    lone,
    unfenced,
    within,
)

FUNCTION_LETTERS = ("f", "g", "h", "\\ell", "\\sigma", "softmax", "sigmoid", "logit")
"""What is a function in front of brackets, whatever stands in them."""
MAX_LETTERS = 200
"""Letters beyond these are passed over."""
ASSIGNMENTS = (":=", "equiv", "leftarrow")
NORMAL = "\\cal{N}"
SPECIAL = ("\\Gamma", "\\psi", "\\digamma", "\\cos", "\\sin")
"""Functions that are known in front of brackets."""
_OPERATORS = ("tr", "Tr", "trace", "det", "diag", "chol")
KNOWN_WORDS = frozenset((*FUNCTIONS, *_OPERATORS, "const", "constant", "Const", "cst", "cte", "I", "T"))


_HALF = r"\\[dt]?frac\s*\{?\s*([dpqD])\s*\}?\s*\{?\s*2\s*\}?"
"""Half a dimension, before the logarithm of 2 pi."""


def sightings(note: Note, rows: Iterable[tuple[str, bool]]) -> Sightings:
    """The letters of rows of text (with whether each defines its left side)."""
    found = Sightings()
    read: list[tuple[str, Items, bool]] = []
    for text, defines in rows:
        try:
            read.append((text, surface(text, note.macros), defines))
        except DeriveError:
            continue
    for text, items, _ in read:
        find_indices(found, items)
        met = re.search(r"2\s*\\pi\s*(?:\)|\\right\))\s*\^\s*\{?\s*-?\s*(?:\\[dt]?frac\s*\{?)?\s*([A-Za-z])", text)
        met = met or re.search(rf"{_HALF}\s*\\(?:log|ln)\s*(?:\\left)?\(?\s*2\s*\\pi", text)
        found.dimension = found.dimension or (met[1] if met else "")
    for name in [name for name, ends in found.bound.items() if ends is None and name in found.bases and name not in "ijklmn"]:
        del found.bound[name]  # the z of \sum_z q(z) is a latent
    for text, items, defines in read:
        _Walk(found).row(text, items, defines)
    return found


class _Walk:
    """Through a formula, from the outside in; ``place`` is what holds for everything at the place."""

    def __init__(self, found: Sightings) -> None:
        self.found = found

    def row(self, text: str, items: Items, defines: bool) -> None:
        cuts = [k for k, one in enumerate(items) if one.kind == "sign" and (one.text in RELATIONS or one.text in ("=", "=!"))]
        sides = [items[a:b] for a, b in zip([0, *(c + 1 for c in cuts)], [*cuts, len(items)], strict=True)]
        left = sides[0]
        named = bool(left) and self.is_name(left)
        if cuts and named and (defines or items[cuts[0]].text in ASSIGNMENTS):
            self.found.own.add(left[0].text)
        elif len(sides) > 1 and named and items[cuts[0]].is_sign("=") and sides[1]:
            key = self.key(left[0])
            new = key not in self.found.letters and not (key[0] in DENSITY_NAMES and self.found.densities)
            if new and not any(one.text == left[0].text for side in sides[1:] for one in within(side)):
                right = next(_terms(sides[1], ",")) or sides[1]
                written = text[left[0].start : left[-1].end], text[right[0].start : right[-1].end]
                self.found.definitions.setdefault(key, written)
        for side in sides:
            self.run(side, frozenset())
        for one, other in itertools.pairwise(sides):
            if plain(other) == "1" and len(one) == 2 and one[0].text == "\\sum" and one[1].kind == "letter":
                self.see(one[1], {"sums to one"})

    def is_name(self, left: Items) -> bool:
        """Whether the left side of a row is a letter or a function's name, which may be defined there."""
        head, *rest = left
        if head.kind != "letter" or self.is_raised(head) or head.text in KNOWN_WORDS or len(rest) > 1:
            return False
        call = not rest or (rest[0].text == "()" and not rest[0].sups and head.text not in SPECIAL)
        return call and (head.text in GREEK_LETTERS or not head.text.startswith("\\") or "{" in head.text)

    def key(self, item: Item) -> Key:
        below = tuple(self._slot(chunk) for chunk in chunks(item.sub or ()))
        above = tuple(self._slot(sup) for sup in item.sups if not self.is_power(item, sup))
        return item.text, below, above, item.primes

    def _slot(self, chunk: Items) -> str:
        inner = unfenced(chunk)
        signed = any(one.kind == "sign" for one in inner)
        is_index = any(one.kind == "letter" and self.found.is_index(one.text) for one in inner)
        return "#" if is_index and (signed or lone(inner)) else plain(chunk)

    def is_power(self, item: Item, sup: Items) -> bool:
        """Whether a superscript is a power or a transpose, not an index in brackets nor a mark."""
        if is_mark(sup):
            return False
        one = sup[0] if len(sup) == 1 else None
        if one is None or plain(sup) in TRANSPOSES:
            return True
        if one.kind == "fence":
            return one.text != "()"
        marked = one.kind == "words" or (
            one.kind == "letter" and (len(one.text.lstrip("\\")) > 1 and one.text not in GREEK_LETTERS)
        )
        return not (marked or one.text in ("ast", "cdot", "\\star") or (one.text in ("t", "s") and item.text in GREEK_LETTERS))

    def see(self, item: Item, signs: Iterable[str], call: Item | None = None) -> None:
        name = item.text
        if (
            item.sub is None and (name in self.found.sizes or self.found.is_index(name) or name in ("\\pi", "e"))
        ) or name in KNOWN_WORDS - ({"T"} if call is not None else set()):
            return
        if name.startswith("\\") and "{" not in name and name not in GREEK_LETTERS:
            return
        if not name.startswith("\\") and len(name) > 1 and name.islower() and call is None:
            return
        key = self.key(item)
        seen = self.found.letters.get(key)
        above = tuple(sup for sup in item.sups if not self.is_power(item, sup))
        indices = [unfenced(c) for c in (*chunks(item.sub or ()), *above) if self._slot(c) == "#"]
        if seen is None and len(self.found.letters) >= MAX_LETTERS:
            return
        if seen is None:
            bare = Item("letter", name, sub=item.sub, sups=above, primes=item.primes, start=item.start, end=item.end)
            seen = self.found.letters[key] = Seen(bare, len(self.found.letters), tuple([] for _ in indices))
        for slot, chunk in zip(seen.slots, indices, strict=False):
            slot.extend(one.text for one in chunk if one.kind == "letter" and self.found.is_index(one.text))
        powers = [plain(sup) for sup in item.sups if self.is_power(item, sup)]
        seen.signs |= {"transposed" if p in TRANSPOSES else "inverted" if p == "-1" else "power" for p in powers}
        seen.signs |= {"bold"} if item.font == "face" and (len(name) == 1 or name in GREEK_LETTERS) else set()
        seen.signs |= set(signs)
        seen.signs |= {"called"} if call is not None else {"plain"}
        if call is not None:
            seen.calls.setdefault(len(arguments_of(call.parts[0])), call)

    def run(self, items: Items, place: frozenset[str]) -> None:
        skip = False
        self._added(items)
        around = _between_bars(items)
        integral = any(one.text == "\\int" for one in items)
        for at, item in enumerate(items):
            if skip:
                skip = False
                continue
            after = items[at + 1] if at + 1 < len(items) else None
            if item.text == "K" and after is not None and after.text == "L" and _is_divergence(items[at + 1 :]):
                self.found.plain_divergence = True
                continue  # of KL(q || p)
            if item.kind == "letter":
                skip = self.letter(item, items[max(0, at - 2) : at], after, place | around.get(at, frozenset()), integral)
            else:
                behind_log = at > 0 and items[at - 1].text in FUNCTIONS[:4] and item.kind in ("fraction", "fence")
                self.other(item, place, frozenset({"logged"} if behind_log else ()))
            if item.kind != "letter" or item.text not in BIG:
                for sup in item.sups:
                    if self.is_power(item, sup) and plain(sup) not in TRANSPOSES:
                        opposite = len(sup) > 2 and plain(sup[:2]) == "1-"
                        self.run(sup[2:] if opposite else sup, frozenset({"exponent", *(("bool",) if opposite else ())}))

    def _added(self, items: Items) -> None:
        terms = [term for term in _terms(items) if term and term[0].kind != "sign"]
        if len(terms) > 1:
            alone = [self.key(one) for term in terms if (one := lone(term)) is not None and not self.is_raised(one)]
            products = [term[0].text for term in terms if len(term) > 1 and term[0].kind == "letter"]
            self.found.sums.append((alone, products))

    def is_raised(self, item: Item) -> bool:
        return any(self.is_power(item, sup) for sup in item.sups)

    def letter(self, item: Item, before: Items, after: Item | None, place: frozenset[str], integral: bool) -> bool:
        """See a letter; whether what follows was looked at together with it."""
        name, sub = item.text, item.sub or ()
        call = after if after is not None and after.kind == "fence" and after.text == "()" else None
        if name in BIG:
            cut = sign_at(sub, "in", "ne", "=", "sim")
            for one in sub[:cut]:
                if one.kind == "letter" and not self.found.is_index(one.text):
                    self.see(one, {"summed"})
            return False
        if name == "\\nabla" or name.startswith(("arg", "\\max", "\\min")):
            self.run(sub, frozenset({"by", "gradient"} if name == "\\nabla" else {"by"}))
            return False
        if name in EXPECTATION_NAMES and (item.sub is not None or (after is not None and after.kind == "fence")):
            cut = sign_at(sub, "mid", "sim")
            self.run(sub[:cut], frozenset({"latent"}))
            return False
        if name == "\\delta" and len(chunks_of(sub)) == 2:
            return False
        if (divergence := self.divergence(item, before, after)) is not None:
            for argument in arguments_of(divergence.parts[0]):
                if lone(argument.items) is None:  # the q of KL(q || p) is a name and no value
                    self.run(argument.items, frozenset({"argument"}))
            return divergence is after
        if name in AVERAGES and after is not None and after.kind == "fence":
            return False
        if name in CONSTANTS and len(before) > 1 and before[-1].is_sign("+") and after is None:
            return False
        if name in ("d", "\\partial") and integral and after is not None and after.kind == "letter":
            return False
        if call is not None and (
            name in (NORMAL, "\\cal{U}") or (name == "N" and sign_at(call.parts[0], "mid", ";") is not None)
        ):
            self.found.normals.append(arguments_of(call.parts[0]))
            for number, argument in enumerate(arguments_of(call.parts[0])):
                self.run(argument.items, frozenset({("variable", "mean", "variance")[min(number, 2)]}))
            return True
        if call is not None and name in DENSITY_NAMES and (name != "f" or sign_at(call.parts[0], "mid", ";") is not None):
            self.density(item, call)
            return True
        if call is not None and name in SPECIAL:
            self.run(call.parts[0], frozenset())
            return True
        signs = set(place) if "argument" in place else {*place, "alone"}
        last = before[-1] if before else None
        if last is not None and last.kind == "letter" and not _is_operator(last):
            signs |= {f"behind {'T ' if any(plain(s) in TRANSPOSES for s in last.sups) else ''}{last.text}"}
        if last is not None and last.text in FUNCTIONS:
            signs |= {"logged"} if "exp" not in last.text else set()
        signs |= {"determinant"} if last is not None and last.text in ("\\det", "det") else set()
        signs |= {"factorial"} if after is not None and after.is_sign("!") else set()
        signs |= {"traced"} if last is not None and last.text in ("tr", "\\tr", "Tr") else set()
        logs = after is not None and any(one.text in (*FUNCTIONS, "‖‖", "Vert") for one in within((after,)))
        signs |= {"weighs"} if logs and item.sub is not None else set()
        weighs = after is not None and (after.text == NORMAL or after.text in DENSITY_NAMES)
        signs |= {"weight"} if weighs else set()
        if call is not None and self.is_call(item, call):
            self.see(item, signs, call)
            self.run(call.parts[0], frozenset({"argument"}))
            return True
        self.see(item, signs)
        return False

    @staticmethod
    def divergence(item: Item, before: Items, after: Item | None) -> Item | None:
        """What stands in the brackets of a divergence; that of a K before an L, which are no factors there, is the L's."""
        inside = after if after is not None and after.kind == "fence" else None
        names = item.text in DIVERGENCE_NAMES or (item.text == "D" and plain(item.sub or ()) in DIVERGENCE_NAMES)
        if inside is not None and names:
            return inside
        double = inside is not None and sign_at(inside.parts[0], "Vert") is not None
        last = before[-1] if before else None
        return inside if double and item.text == "L" and last is not None and last.text == "K" else None

    def is_call(self, item: Item, call: Item) -> bool:
        """Whether brackets behind a letter hold arguments: names and nothing else, of a letter that is no plain factor."""
        given = arguments_of(call.parts[0])
        if item.text in FUNCTION_LETTERS and len(given) == 1 and item.sub is None and item.primes == 0:
            return True
        names = all((one := lone(a.items)) is not None and one.kind == "letter" and not one.text.isdecimal() for a in given)
        sized = item.text in self.found.sizes or (len(given) == 1 and item.text in ("\\lambda", "\\beta", "\\tau"))
        return bool(given) and names and not sized

    def density(self, item: Item, call: Item) -> None:
        arguments = arguments_of(call.parts[0])
        self.found.densities.append(arguments)
        given, valued = False, any(arguments_with_values(a.items)[1] for a in arguments)
        for argument in arguments:
            given = given or argument.separator in ("mid", "Vert")
            name, value = arguments_with_values(argument.items)
            sign = "latent" if lone(value) and lone(name) else "condition" if given else "variable"
            binary = {"bool"} if value and value[0].kind == "number" and lone(name) and name[0].text in ("x", "y") else set[str]()
            if sign == "latent" and (one := lone(name)) is not None and (letter := lone(value)) is not None:
                self.found.values.setdefault(self.key(one), letter.text)
            self.run(name, frozenset({sign, "argument"} | ({"with latent"} if valued else set()) | binary))

    def other(self, item: Item, place: frozenset[str], inner: frozenset[str]) -> None:
        if item.kind == "fraction" and item.parts[1] and item.parts[1][0].text in ("d", "\\partial") and _is_derivative(item):
            below = [one for one in item.parts[1] if one.text not in ("d", "\\partial")]
            self.run(tuple(below), frozenset({"by"}))
            self.run(item.parts[0][1:], place)
            return
        if item.text in ("||", "‖‖"):
            inner = frozenset({"determinant" if item.text == "||" else "norm"})
        elif item.kind == "fence" and any(plain(sup) in TRANSPOSES for sup in item.sups):
            inner = frozenset({"term transposed"})
        elif item.kind == "fence" and len(item.parts[0]) == 3 and plain(item.parts[0][:2]) == "1-":
            inner = frozenset({"complement"})
        outer = place if item.kind in ("group", "environment") else frozenset[str]()
        for part in item.parts:
            self._added(part)
            for term in _terms(part):
                whole = len(term) == len(part) or inner != frozenset({"logged"})
                self.run(term, outer | (inner if whole and lone(term) is not None else frozenset()))


def _is_divergence(items: Items) -> bool:
    """Whether a letter stands before two distributions: the L of ``KL(q || p)``."""
    inside = items[1] if len(items) > 1 and items[1].kind == "fence" else None
    return inside is not None and sign_at(inside.parts[0], "Vert") is not None


def _terms(items: Items, *signs: str) -> Iterator[Items]:
    """What stands between plus and minus signs (or other signs)."""
    run: list[Item] = []
    for item in items:
        if item.is_sign(*(signs or ("+", "-", "=", ","))):
            yield tuple(run)
            run = []
        else:
            run.append(item)
    yield tuple(run)


def _between_bars(items: Items) -> dict[int, frozenset[str]]:
    """What bare bars say of the letters between them: a norm, a determinant."""
    found: dict[int, frozenset[str]] = {}
    double = [k for k, one in enumerate(items) if one.is_sign("Vert")]
    for first, last in zip(double[::2], double[1::2], strict=False):
        found |= {k: frozenset({"norm"}) for k in range(first + 1, last)}
    for k in range(1, len(items) - 1):
        if items[k - 1].is_sign("mid") and items[k + 1].is_sign("mid"):
            found[k] = frozenset({"determinant"})
    return found


def _is_derivative(item: Item) -> bool:
    return bool(item.parts[0]) and item.parts[0][0].text in ("d", "\\partial")


def _is_operator(item: Item) -> bool:
    return item.text in BIG or item.text in FUNCTIONS or (item.text.startswith("\\") and item.text not in GREEK_LETTERS)
