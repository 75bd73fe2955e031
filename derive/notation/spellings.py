"""How a declared thing is written, and whether something written is it: patterns over what stands in a formula.

In the pattern of ``w_j^{(i)}`` the letters i and j are slots, because they are declared indices; what is not an index in a script
(``old``, ``(t)``) is a mark, part of the name. In ``f(x, \\theta)`` the arguments are matched one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from derive.errors import ReadingError
from derive.notation.surface import Item, Items

SEPARATORS = (",", ";", "mid", "Vert")


def sign_at(items: Items, *signs: str) -> int | None:
    """Where the first of some signs stands among items; None where none of them does."""
    return next((place for place, item in enumerate(items) if item.is_sign(*signs) and item == item.bare), None)


def plain(items: Iterable[Item]) -> str:
    """The items as one word, the same for everything that is written alike."""
    return "".join(_plain(item) for item in items)


def _plain(item: Item) -> str:
    if item.kind == "fence":
        inner = f"{item.text[0]}{plain(item.parts[0])}{item.text[-1]}"
    elif item.parts:
        inner = "{" + "|".join(plain(part) for part in item.parts) + "}" if item.kind != "group" else plain(item.parts[0])
    else:
        inner = item.text
    scripts = "" if item.sub is None else f"_<{plain(item.sub)}>"
    scripts += "".join(f"^<{plain(sup)}>" for sup in item.sups)
    return inner + scripts + "'" * item.primes


def as_written(items: Iterable[Item]) -> str:
    """The same as one would write it, for messages."""
    return re.sub(r"<(.)>", r"\1", plain(items)).replace("<", "{").replace(">", "}")


def require_plain(item: Item, *, sub: bool = False, sups: bool = False, primes: bool = False) -> None:
    """Refuse scripts that nobody would read: those allowed are read by the caller.

    Raises:
        ReadingError: the item has a script that is not allowed.
    """
    if item.sub is not None and not sub:
        shown, kind = plain(item.sub), "subscript"
    elif item.sups and not sups:
        shown, kind = plain(item.sups[0]), "superscript"
    elif item.primes and not primes:
        shown, kind = "'" * item.primes, "prime"
    else:
        return
    raise ReadingError(f"a {kind} that is not understood here: {shown}", item.start, item.end, "unsupported")


ALL_PARAMETERS = (
    "\\theta",
    "\\Theta",
    "\\vartheta",
    "\\eta",
    "\\phi",
    "\\psi",
    "\\lambda",
    "\\Phi",
    "\\Psi",
    "\\xi",
    "\\Lambda",
    "\\vtheta",
)
"""Letters that stand for all parameters of a model where they are not declared."""
DENSITY_NAMES = ("p", "P", "\\Pr", "Pr", "\\bb{P}", "f")
TRANSPOSES = ("T", "\\top", "\\intercal", "\\prime", "top")
"""What marks a transpose above a letter."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, and the sign that stands before it (empty for the first)."""

    items: Items
    separator: str = ""

    @property
    def start(self) -> int:
        return self.items[0].start if self.items else 0


def arguments_of(items: Items) -> tuple[Argument, ...]:
    """A call's arguments: what stands between separators."""
    found: list[Argument] = []
    current: list[Item] = []
    separator = ""
    for item in items:
        if item.kind == "sign" and item.text in SEPARATORS and not item.sups and item.sub is None:
            found.append(Argument(tuple(current), separator))
            current, separator = [], "mid" if item.text == ";" else item.text
        else:
            current.append(item)
    found.append(Argument(tuple(current), separator))
    return tuple(found)


def chunks_of(script: Items) -> tuple[Items, ...]:
    """The indices and marks of a script: ``nk`` and ``n,k`` are two, ``t+1`` is one, ``k(t)`` two."""
    found: list[Items] = []
    run: list[Item] = []

    def close() -> None:
        if not run:
            return
        if any(item.kind == "sign" for item in run):
            found.append(tuple(run))
        else:
            found.extend((item,) for item in run)
        run.clear()

    for item in script:
        if item.is_sign(",", "mid", ";"):
            close()
        elif item.kind == "group" and item.sub is None and not item.sups:
            close()
            found.extend(chunks_of(item.parts[0]))
        else:
            run.append(item)
    close()
    return tuple(found)


@dataclass(slots=True)
class Match:
    """What the slots and arguments of a pattern met: chunks for indices, items for arguments."""

    slots: dict[str, Items] = field(default_factory=dict[str, Items])
    arguments: dict[str, Items] = field(default_factory=dict[str, Items])
    extra_sub: tuple[Items, ...] = ()
    extra_sups: tuple[Items, ...] = ()
    marks: tuple[str, ...] = ()

    def bind(self, name: str, chunk: Items) -> bool:
        known = self.slots.get(name)
        if known is not None:
            return plain(known) == plain(chunk)
        self.slots[name] = chunk
        return True


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one declared thing is written.

    ``slots`` are the index letters in the pattern, in writing order; ``formals`` the arguments that are neither indices nor
    literal words: for each the letter as it stands in the pattern.
    """

    items: Items
    slots: tuple[str, ...]
    is_index: Callable[[str], bool]
    below: str = ""
    """The argument that stands as a subscript, the f of ``H_f``."""

    @property
    def head(self) -> str:
        first = self.items[0]
        return first.text if first.kind == "letter" else f"{first.kind}:{first.text}"

    @property
    def is_call(self) -> bool:
        return self.items[-1].kind == "fence"

    @property
    def call(self) -> tuple[Argument, ...]:
        return arguments_of(self.items[-1].parts[0]) if self.is_call else ()

    def formal(self, name: str) -> Items:
        """An argument of the pattern, however deep, as it stands there."""
        return next((argument.items for argument in _arguments_within(self.items) if plain(argument.items) == name), ())

    @property
    def name(self) -> str:
        """The name without its slots, as LaTeX-like text: ``\\mu``, ``\\theta^{old}``, ``\\gamma(z)``."""
        return _named(self.items, self.is_index)

    def match(self, items: Items, position: int, *, whole: bool = False) -> tuple[Match, int] | None:
        """The match at ``position`` and where it ends; None where something else stands.

        With ``whole`` the slots may all be left out: ``\\mu`` for the family ``\\mu_k``.
        """
        end = position + len(self.items)
        if end > len(items):
            return None
        found = Match()
        if self.below:
            there = items[position]
            if there.kind != "letter" or there.text != self.items[0].text or there.sub is None or there.primes:
                return None
            found.arguments[self.below] = there.sub
            found.extra_sups = there.sups
            return found, end
        last = len(self.items) - 1
        for number, (mine, theirs) in enumerate(zip(self.items, items[position:end], strict=True)):
            if not self._item(mine, theirs, found, last=number == last, whole=whole):
                return None
        return found, end

    def match_head(self, items: Items, position: int) -> tuple[Match, int] | None:
        """The match of a call's name alone, its arguments left out."""
        if not self.is_call or len(self.items) < 2:
            return None
        return Spelling(self.items[:-1], self.slots, self.is_index).match(items, position)

    def _item(self, mine: Item, theirs: Item, found: Match, *, last: bool, whole: bool) -> bool:
        if mine.kind != theirs.kind or mine.primes != theirs.primes:
            return False
        if mine.kind == "fence":
            if mine.text != theirs.text and {mine.text, theirs.text} - {"()", "[]", "\\{\\}"}:
                return False
            if not self._arguments(mine.parts[0], theirs.parts[0], found):
                return False
        elif mine.kind == "group":
            if plain((mine.bare,)) != plain((theirs.bare,)):
                return False
        elif mine.text != theirs.text:
            return False
        return self._scripts(mine, theirs, found, last=last, whole=whole)

    def _scripts(self, mine: Item, theirs: Item, found: Match, *, last: bool, whole: bool) -> bool:
        own, other = chunks_of(mine.sub or ()), chunks_of(theirs.sub or ())
        own_up = tuple(chunk for sup in mine.sups for chunk in chunks_of(sup))
        if whole and not other:
            own = tuple(chunk for chunk in own if not self._is_slot(chunk))
        if len(other) > len(own):
            if not last or mine.kind != "letter" or found.extra_sub:
                return False
            found.extra_sub = other[len(own) :]
            other = other[: len(own)]
        if not self._chunks(own, other, found):
            return False
        sups = theirs.sups
        if whole and own_up and not sups:
            return all(self._is_slot(chunk) for chunk in own_up)
        if not own_up:
            found.extra_sups = sups
            return last or not sups
        taken: tuple[Items, ...] = ()
        for number, sup in enumerate(sups, start=1):
            taken += chunks_of(sup)
            if len(taken) >= len(own_up):
                found.extra_sups = sups[number:]
                if len(taken) > len(own_up):
                    # Marks behind what was declared: \mu_k^{(t)} for \mu_k^{..}; the reader decides what they say.
                    return False
                return self._chunks(own_up, taken, found)
        if whole:
            return self._chunks(tuple(c for c in own_up if not self._is_slot(c)), taken, found)
        return False

    def _chunks(self, own: tuple[Items, ...], other: tuple[Items, ...], found: Match) -> bool:
        if len(own) != len(other):
            return False
        for mine, theirs in zip(own, other, strict=True):
            slot = self._slot(mine)
            if slot is not None:
                if _unfenced(theirs) != theirs and _unfenced(mine) == mine:
                    return False  # x_{(1)}, the least of them, is no x_1
                if not found.bind(slot, _unfenced(theirs)):
                    return False
            elif not self._literal(mine, theirs, found):
                return False
        return True

    def _literal(self, mine: Items, theirs: Items, found: Match) -> bool:
        """Marks are the same word; a letter with indices of its own (the Z_i of gamma_{Z_i}) is matched as such."""
        if len(mine) == len(theirs) == 1 and mine[0].kind == "letter" and mine[0].sub is not None:
            return self._item(mine[0], theirs[0], found, last=True, whole=False) and not (found.extra_sub or found.extra_sups)
        return plain(mine) == plain(theirs)

    def _slot(self, chunk: Items) -> str | None:
        chunk = _unfenced(chunk)
        if (
            len(chunk) == 1
            and chunk[0].kind == "letter"
            and chunk[0].sub is None
            and not chunk[0].sups
            and self.is_index(plain(chunk))
        ):
            return plain(chunk)
        return None

    def _is_slot(self, chunk: Items) -> bool:
        return self._slot(chunk) is not None

    def _arguments(self, mine: Items, theirs: Items, found: Match) -> bool:
        own, other = arguments_of(mine), arguments_of(theirs)
        if len(own) != len(other):
            return False
        for formal, actual in zip(own, other, strict=True):
            if formal.separator != actual.separator or not self._argument(formal.items, actual.items, found):
                return False
        return True

    def _argument(self, formal: Items, actual: Items, found: Match) -> bool:
        if not actual or not formal:
            return not actual and not formal
        slot = self._slot(formal)
        if slot is not None:
            return found.bind(slot, actual)
        if len(formal) == 1 and formal[0].kind == "letter":
            trial = Match(dict(found.slots), dict(found.arguments))
            same = len(actual) == 1 and self._item(formal[0], actual[0], trial, last=True, whole=False)
            if same and not trial.extra_sub and not trial.extra_sups:
                found.slots, found.arguments = trial.slots, trial.arguments
                found.arguments[plain(formal)] = actual
                return True
            if self._has_slots(formal):
                return False
            found.arguments[plain(formal)] = actual
            return True
        if _is_call(formal) and _is_call(actual) and plain(formal[1:]) == plain(actual[1:]):
            # KL(P(X, Y) || Q(X, Y)) met by KL(Q(X, Y) || P(X, Y)): the functions are the arguments.
            found.arguments[formal[0].text] = actual[:1]
            return True
        cut = sign_at(formal, "=")
        if cut is not None and not any(item.is_sign("=") for item in actual):
            # q(z) where q(z = k) was declared: the value is that of z.
            value = formal[cut + 1 :]
            named = [
                plain(chunk)
                for item in value
                for part in ((item,), item.sub or ())
                for chunk in chunks_of(part)
                if self._is_slot(chunk)
            ]
            return self._argument(formal[:cut], actual, found) and all(found.bind(name, actual) for name in named)
        if len(formal) != len(actual):
            return False
        return all(self._operand(mine, theirs, found) for mine, theirs in zip(formal, actual, strict=True))

    def _has_slots(self, items: Items) -> bool:
        return any(self._is_slot(chunk) for item in items for part in (item.sub or (), *item.sups) for chunk in chunks_of(part))

    def _operand(self, mine: Item, theirs: Item, found: Match) -> bool:
        slot = self._slot((mine,))
        if slot is not None:
            return found.bind(slot, (theirs,))
        if mine.kind == "sign":
            return theirs.is_sign(mine.text)
        return self._item(mine, theirs, found, last=True, whole=False) and not (found.extra_sub or found.extra_sups)


def _is_call(items: Items) -> bool:
    """Whether the items are a function's letter and its arguments, none of which has a value: P(X, Y)."""
    return (
        len(items) == 2
        and items[0].kind == "letter"
        and items[0].sub is None
        and not items[0].sups
        and items[1].kind == "fence"
        and not any(item.kind == "sign" and item.text not in SEPARATORS for item in items[1].parts[0])
    )


def _arguments_within(items: Items) -> Iterator[Argument]:
    for item in items:
        if item.kind == "fence":
            for argument in arguments_of(item.parts[0]):
                yield argument
                yield from _arguments_within(argument.items)


def _unfenced(chunk: Items) -> Items:
    """``(i)`` is i where an index stands."""
    if len(chunk) == 1 and chunk[0].kind == "fence" and chunk[0].text == "()" and chunk[0] == chunk[0].bare:
        return chunk[0].parts[0]
    return chunk


def is_word(script: Items, is_index: Callable[[str], bool]) -> bool:
    """Whether letters in a row are a word, ``mean``, and no list of indices: some of them is no index."""
    if len(script) < 3 or not all(item.kind == "letter" and item == item.bare and len(item.text) == 1 for item in script):
        return False
    return not all(is_index(item.text) for item in script)


def spelling(items: Items, is_index: Callable[[str], bool]) -> Spelling:
    """The pattern of a name as it stands in a declaration."""
    slots: dict[str, None] = {}

    def collect(inside: Items, *, script: bool) -> None:
        if script and is_word(inside, is_index):
            return
        for item in inside:
            if item.kind == "letter" and item.sub is None and not item.sups and is_index(item.text) and script:
                slots[item.text] = None
            for part in item.parts:
                collect(part, script=True)
            if item.sub is not None:
                collect(item.sub, script=True)
            for sup in item.sups:
                collect(sup, script=True)

    collect(items, script=False)
    return Spelling(items, tuple(slots), is_index)


def template(pattern: Spelling, letters: Callable[[str], str] | None = None) -> str:
    """The pattern in TeX with ``#1``, ``#2`` for its slots (or what ``letters`` says for each)."""

    def write(slot: str) -> str:
        return letters(slot) if letters is not None else f"#{pattern.slots.index(slot) + 1}"

    def tex(items: Items) -> str:
        return "".join(one(item) for item in items)

    def one(item: Item) -> str:
        bare = item.kind == "letter" and item.sub is None and not item.sups
        if bare and item.text in pattern.slots:
            return write(item.text)
        if item.kind == "fence":
            left, right = (item.text[0], item.text[-1]) if len(item.text) == 2 else ("(", ")")
            text = f"{left}{tex(item.parts[0])}{right}"
        elif item.kind == "sign":
            text = {"mid": r" \mid ", "Vert": r" \| ", "cdot": r"\cdot "}.get(item.text, item.text)
        elif item.parts:
            text = tex(item.parts[0])
        else:
            text = _letter_tex(item.text)
        below = "" if item.sub is None else f"_{{{tex(item.sub)}}}"
        return text + "'" * item.primes + below + "".join(f"^{{{tex(sup)}}}" for sup in item.sups)

    return tex(pattern.items)


def _letter_tex(name: str) -> str:
    for short, full in (("\\cal{", "\\mathcal{"), ("\\bb{", "\\mathbb{"), ("\\frak{", "\\mathfrak{")):
        if name.startswith(short):
            return full + name[len(short) :]
    return name if len(name) < 2 or name.startswith("\\") else f"\\mathrm{{{name}}}"


def _named(items: Items, is_index: Callable[[str], bool]) -> str:
    def script(items: Items) -> str:
        marks = [
            c for c in chunks_of(items) if not (len(u := _unfenced(c)) == 1 and u[0].kind == "letter" and is_index(plain(u)))
        ]
        return ",".join(_named(c, is_index) for c in marks)

    out = ""
    for item in items:
        if item.kind == "fence":
            inner = _named(item.parts[0], lambda name: False)
            text = f"{item.text[0]}{inner}{item.text[-1]}" if len(item.text) == 2 else inner
        else:
            text = item.text if not item.parts else "".join(_named(part, is_index) for part in item.parts)
        below = "" if item.sub is None else script(item.sub)
        above = "".join(script(sup) for sup in item.sups)
        out += text + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "") + "'" * item.primes
    return out
