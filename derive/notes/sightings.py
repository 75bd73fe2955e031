"""What letters stand in a note's displays, and what the places at which they stand tell of them.

Nothing is decided here: each letter collects signs (it is transposed, differentiated by, summed over, stands behind the bar of a
density), from which ``derive.notes.skeleton`` guesses what to declare. A row that is no TeX is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from derive.errors import DeriveError
from derive.notation.latex_reader import BIG, CONSTANTS, FUNCTIONS, TRANSPOSES
from derive.notation.probabilities import DENSITY_NAMES, EXPECTATION_NAMES
from derive.notation.spellings import Argument, arguments_of, chunks_of, plain, sign_at
from derive.notation.surface import GREEK, RELATIONS, Item, Items, surface
from derive.notes import Display, Note, Row

INDEX_LETTERS = frozenset("abcdghijklmnrsuv")
"""Letters that are indices where they stand in a script and nowhere else; x, y, z, t are rather marks."""
ASSIGNMENTS = (":=", "equiv", "leftarrow")
NORMAL = "\\cal{N}"
KNOWN_WORDS = frozenset(
    (*FUNCTIONS, "e", "tr", "Tr", "trace", "det", "diag", "const", "constant", "Const", "cst", "cte", "I", "T")
)
GREEK_LETTERS = frozenset(f"\\{name}" for name in GREEK.values()) | {"\\ell", "\\varepsilon"}


@dataclass(slots=True)
class Seen:
    """A letter with its pattern of scripts: its first spelling, the letters met at each slot, and the signs of its places."""

    item: Item
    order: int
    slots: tuple[list[str], ...]
    signs: set[str] = field(default_factory=set[str])
    calls: dict[int, Item] = field(default_factory=dict[int, Item])
    """Its brackets with arguments, one for each number of them."""

    @property
    def head(self) -> str:
        return self.item.text


Key = tuple[str, tuple[str, ...], tuple[str, ...], int]
"""A letter's name, its subscripts and superscripts (``#`` for an index), its primes."""


@dataclass(slots=True)
class Sightings:
    """All letters of a note, sizes and indices apart."""

    sizes: dict[str, None] = field(default_factory=dict[str, None])
    bound: dict[str, tuple[int, str] | None] = field(default_factory=dict[str, "tuple[int, str] | None"])
    """Letters of sums with the ends of the sum, None where it has none."""
    scripts: dict[str, None] = field(default_factory=dict[str, None])
    bases: set[str] = field(default_factory=set[str])
    letters: dict[Key, Seen] = field(default_factory=dict[Key, Seen])
    definitions: dict[Key, tuple[str, str]] = field(default_factory=dict[Key, tuple[str, str]])
    """What stands alone on the left of ``=`` before it is used: its left and right side as they are written."""
    own: set[str] = field(default_factory=set[str])
    """Names that the note itself defines by ``:=``."""
    densities: list[tuple[Argument, ...]] = field(default_factory=list["tuple[Argument, ...]"])
    normals: list[tuple[Argument, ...]] = field(default_factory=list["tuple[Argument, ...]"])
    values: dict[Key, str] = field(default_factory=dict[Key, str])
    """The letter that stands for a latent's value: the k of ``p(z_i=k)``."""
    sums: list[tuple[list[Key], list[str]]] = field(default_factory=list["tuple[list[Key], list[str]]"])
    """Letters that are added to one another, and with what the products begin that are added to them."""
    dimension: str = ""
    """The d of ``(2\\pi)^{d/2}``."""

    def is_index(self, name: str) -> bool:
        """Whether a letter of a script is an index: bound by a sum, or like one and never a value."""
        if name in self.bound:
            return True
        return name in self.scripts and name in INDEX_LETTERS and name not in self.bases and name not in self.sizes


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
        _indices(found, items)
        met = re.search(r"2\s*\\pi\s*(?:\)|\\right\))\s*\^\s*\{?\s*-?\s*(?:\\[dt]?frac\s*\{?)?\s*([A-Za-z])", text)
        found.dimension = found.dimension or (met[1] if met else "")
    for name in [name for name, ends in found.bound.items() if ends is None and name in found.bases and name not in "ijklmn"]:
        del found.bound[name]  # the z of \sum_z q(z) is a latent
    for text, items, defines in read:
        _Walk(found).row(text, items, defines)
    return found


def rows_of(note: Note) -> Iterator[tuple[str, bool]]:
    """The rows of a note's displays as text, those that go on from one another as one."""
    for block in note.blocks:
        if isinstance(block, Display):
            defines = any(hint.text.strip() == "define" for hint in block.hints)
            for number, text in enumerate(_joined(block.rows)):
                yield text, defines and not number


def _joined(rows: tuple[Row, ...]) -> list[str]:
    found: list[str] = []
    for row in rows:
        text = re.sub(r"\s+", " ", re.sub(r"(?<!\\)&|\\(?:nonumber|notag)\b", " ", row.source.text)).strip()
        text = re.sub(r"(?:\s|\\[,; ]|\\q?quad\b)*[.,;]?\s*$", "", text)
        if found and (re.match(r"(?:\\q?quad|[{}]|\s)*(?:[-+]|\\cdot|\\times)", text) or re.search(r"[-+=]\s*$", found[-1])):
            found[-1] += f" {text}"
        else:
            found.append(text)
    return found


def arguments_with_values(items: Items) -> tuple[Items, Items]:
    """An argument taken apart at its equals sign: the z_i and the k of ``z_i=k``."""
    cut = sign_at(items, "=")
    return (items, ()) if cut is None else (items[:cut], items[cut + 1 :])


def lone(items: Items) -> Item | None:
    """The one letter that the items are."""
    return items[0] if len(items) == 1 and items[0].kind == "letter" else None


def unfenced(chunk: Items) -> Items:
    return chunk[0].parts[0] if len(chunk) == 1 and chunk[0].kind == "fence" and chunk[0].text == "()" else chunk


def _indices(found: Sightings, items: Items, *, script: bool = False) -> None:
    """Note the letters that sums bind, that stand in scripts, and that are values."""
    for at, item in enumerate(items):
        if item.kind == "letter" and item.text in BIG:
            _bind(found, item)
            continue
        if item.kind == "letter":
            bare = item.sub is None and not item.sups
            if script and bare:
                found.scripts[item.text] = None
            elif not script and bare and not (at and items[at - 1].is_sign("=") and len(items) == at + 1):
                found.bases.add(item.text)
        for part in item.parts:
            for inner in [a.items for a in arguments_of(part)] if item.kind == "fence" else [part]:
                _indices(found, inner, script=script)
                value = lone(arguments_with_values(inner)[1])
                if value is not None and item.kind == "fence":
                    found.scripts[value.text] = None
        for sub in (item.sub or (), *(sup for sup in item.sups if lone(unfenced(sup)) and lone(sup) is None)):
            for chunk in chunks_of(sub):
                _indices(found, unfenced(chunk), script=item.text != "\\nabla")
        for sup in item.sups:
            if lone(unfenced(sup)) is None:
                _indices(found, sup)


def _bind(found: Sightings, item: Item) -> None:
    below = item.sub or ()
    cut = next((k for k, one in enumerate(below) if one.kind == "sign" and one.text not in ",;"), len(below))
    lower = plain(below[cut + 1 :]) if cut < len(below) and below[cut].text == "=" else ""
    upper = plain(item.sups[0]) if item.sups else ""
    above = lone(item.sups[0]) if item.sups else None
    if above is not None and above.sub is None and above.text != "\\infty":
        found.sizes[above.text] = None
    ends = (int(lower), upper) if re.fullmatch(r"-?\d{1,6}", lower) and (upper in found.sizes or upper.isdecimal()) else None
    for one in below[:cut] if item.text != "\\int" else ():
        if one.kind == "letter" and one.sub is None and not one.sups:
            found.bound[one.text] = found.bound.get(one.text) or ends
    for one in below[cut + 1 :]:
        if one.kind == "letter":
            found.scripts[one.text] = None


class _Walk:
    """Through a formula, from the outside in; ``place`` is what holds for everything at the place."""

    def __init__(self, found: Sightings) -> None:
        self.found = found

    def row(self, text: str, items: Items, defines: bool) -> None:
        cuts = [k for k, one in enumerate(items) if one.kind == "sign" and (one.text in RELATIONS or one.text in ("=", "=!"))]
        sides = [items[a:b] for a, b in zip([0, *(c + 1 for c in cuts)], [*cuts, len(items)], strict=True)]
        left = sides[0]
        named = bool(left) and left[0].kind == "letter" and (len(left) == 1 or (len(left) == 2 and left[1].text == "()"))
        named = named and (left[0].text in GREEK_LETTERS or not left[0].text.startswith("\\") or "{" in left[0].text)
        if cuts and named and (defines or items[cuts[0]].text in ASSIGNMENTS):
            self.found.own.add(left[0].text)
        elif len(sides) > 1 and named and items[cuts[0]].is_sign("=") and sides[1]:
            key = self.key(left[0])
            new = key not in self.found.letters and not (key[0] in DENSITY_NAMES and self.found.densities)
            if new and not any(one.text == left[0].text for side in sides[1:] for one in within(side)):
                written = text[left[0].start : left[-1].end], text[sides[1][0].start : sides[1][-1].end]
                self.found.definitions.setdefault(key, written)
        for side in sides:
            self.run(side, frozenset())

    def key(self, item: Item) -> Key:
        below = tuple(self._slot(chunk) for chunk in chunks_of(item.sub or ()))
        above = tuple(self._slot(sup) for sup in item.sups if not self.is_power(item, sup))
        return item.text, below, above, item.primes

    def _slot(self, chunk: Items) -> str:
        inner = unfenced(chunk)
        signed = any(one.kind == "sign" for one in inner)
        is_index = any(one.kind == "letter" and self.found.is_index(one.text) for one in inner)
        return "#" if is_index and (signed or lone(inner)) else plain(chunk)

    def is_power(self, item: Item, sup: Items) -> bool:
        """Whether a superscript is a power or a transpose, not an index in brackets nor a mark."""
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
        chunks = [unfenced(c) for c in (*chunks_of(item.sub or ()), *above) if self._slot(c) == "#"]
        if seen is None:
            bare = Item("letter", name, sub=item.sub, sups=above, primes=item.primes, start=item.start, end=item.end)
            seen = self.found.letters[key] = Seen(bare, len(self.found.letters), tuple([] for _ in chunks))
        for slot, chunk in zip(seen.slots, chunks, strict=False):
            slot.extend(one.text for one in chunk if one.kind == "letter" and self.found.is_index(one.text))
        powers = [plain(sup) for sup in item.sups if self.is_power(item, sup)]
        seen.signs |= {"transposed" if p in TRANSPOSES else "inverted" if p == "-1" else "power" for p in powers}
        seen.signs |= {"bold"} if item.font == "face" and len(name.lstrip("\\")) in (1, *map(len, GREEK.values())) else set()
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
            if item.kind == "letter":
                skip = self.letter(item, items[:at], after, place | around.get(at, frozenset()), integral)
            else:
                self.other(item, place)
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
            summed = arguments_of(sub)
            for one in (one for argument in summed for one in argument.items):
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
        signs = set(place)
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

    def is_call(self, item: Item, call: Item) -> bool:
        """Whether brackets behind a letter hold arguments: names and nothing else, of a letter that is no plain factor."""
        given = arguments_of(call.parts[0])
        names = all((one := lone(a.items)) is not None and one.kind == "letter" and not one.text.isdecimal() for a in given)
        sized = item.text in self.found.sizes or (
            item.text in GREEK_LETTERS and len(given) == 1 and item.text in "\\lambda\\beta\\tau"
        )
        return bool(given) and names and not sized

    def density(self, item: Item, call: Item) -> None:
        arguments = arguments_of(call.parts[0])
        self.found.densities.append(arguments)
        given, valued = False, any(arguments_with_values(a.items)[1] for a in arguments)
        for argument in arguments:
            given = given or argument.separator in ("mid", "Vert")
            name, value = arguments_with_values(argument.items)
            sign = "latent" if value and lone(value) and lone(name) else "condition" if given else "variable"
            if sign == "latent" and (one := lone(name)) is not None and (letter := lone(value)) is not None:
                self.found.values.setdefault(self.key(one), letter.text)
            self.run(name, frozenset({sign, "argument"} | ({"with latent"} if valued else set())))

    def other(self, item: Item, place: frozenset[str]) -> None:
        if item.kind == "fraction" and item.parts[1] and item.parts[1][0].text in ("d", "\\partial") and _is_derivative(item):
            inner = [one for one in item.parts[1] if one.text not in ("d", "\\partial")]
            self.run(tuple(inner), frozenset({"by"}))
            self.run(item.parts[0][1:], place)
            return
        inner = frozenset[str]()
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
                self.run(term, outer | (inner if lone(term) is not None else frozenset()))


def _terms(items: Items) -> Iterator[Items]:
    """What stands between plus and minus signs."""
    run: list[Item] = []
    for item in items:
        if item.is_sign("+", "-", "=", ","):
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


def within(items: Items) -> Iterator[Item]:
    """All items, those inside others too."""
    for item in items:
        yield item
        for part in (*item.parts, item.sub or (), *item.sups):
            yield from within(part)
