"""The letters of a note where they stand for parameters: one or all of them, at their free values, at theta_t, or at others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from derive.errors import ReadingError
from derive.notation.declarations import Abbreviation, Letter, Statement, arguments_of_names
from derive.notation.spellings import ALL_PARAMETERS, TRANSPOSES, Match, as_written, plain
from derive.notation.surface import Item, Items
from derive.symbols import Index, IndexLike, Range

if TYPE_CHECKING:
    from derive.notation.latex_reader import Reader, Scope, Version


UNSPECIFIED = "Density"
"""The density of which nothing is said: it may have any parameter that no other has."""


class Parameters:
    """Finds declared letters among what is written, and tells which versions of the parameters are meant."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.opaque_evidence = False
        self.opaque_expectation = False

    @property
    def dictionary(self):
        return self.reader.dictionary

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks of declared values of all parameters: the one in ``posterior .. at`` first, which is that of theta_t.

        Others are iterates of their own: theta^{new} is not theta^{old}.
        """
        found: dict[str, None] = {}
        for posterior in self.dictionary.posteriors:
            if posterior.at is not None and len(posterior.at) == 1 and posterior.at[0].kind == "letter":
                found.update((mark, None) for mark in self._marks_of(posterior.at[0]) if self._is_mark_at(posterior.at))
        for entry in self.dictionary.entries:
            if (
                isinstance(entry, Abbreviation)
                and len(entry.spelling.items) == 1
                and entry.spelling.items[0].text in ALL_PARAMETERS
            ):
                members = self._members(entry.body)
                if members and all(self._unmarked(member) is None for member in members):
                    found.update((mark, None) for mark in self._marks_of(entry.spelling.items[0]))
        return tuple(mark for mark in found if mark)

    @property
    def current_as_written(self) -> Items | None:
        """How the note writes theta_t, ``\\theta^{old}``: in ``posterior .. at``, else as a tuple of marked parameters."""
        for posterior in self.dictionary.posteriors:
            at = posterior.at
            if at is not None and len(at) == 1 and at[0].kind == "letter" and self._marks_of(at[0]) and self._is_mark_at(at):
                return at
        for entry in self.dictionary.entries:
            if isinstance(entry, Abbreviation) and len(entry.spelling.items) == 1:
                members = self._members(entry.body)
                item = entry.spelling.items[0]
                known = item.text in ALL_PARAMETERS and self._marks_of(item)
                if known and members and all(self._unmarked(member) is None for member in members):
                    return entry.spelling.items
        return None

    def _is_mark_at(self, at: Items) -> bool:
        """Whether a posterior's parameters are marked, and not declared letters of their own."""
        together = self._tuple(at)
        members = self._members(together[0].body) if together is not None else []
        return together is None or (bool(members) and all(self._unmarked(member) is None for member in members))

    def _marks_of(self, item: Item) -> list[str]:
        scripts = [*([self.mark_below(item.sub)] if item.sub else []), *(self.mark_above(sup) for sup in item.sups)]
        return scripts + (["'" * item.primes] if item.primes else [])

    def mark_below(self, script: Items) -> str:
        """What a subscript marks, without the brackets around it: ``(t)`` is ``t``; nothing if it is an index of the note."""
        text = plain(script)
        bare = text[1:-1] if text.startswith("(") and text.endswith(")") else text
        return "" if any(self.dictionary.is_index(word) for word in _words_in(bare)) else bare

    def mark_above(self, script: Items) -> str:
        """What a superscript marks, likewise; a power (``2``, or a size) is none, nor is a transpose: ``(2)`` is not ``2``."""
        text = plain(script)
        bare = self.mark_below(script)
        sizes = any(word in self.dictionary.sizes or self.dictionary.by_head(word) for word in _words_in(bare))
        if not (sizes or bare in TRANSPOSES or re.fullmatch(r"[-+]?\d*", bare)):
            return bare
        return text if text != bare and bare else ""

    def is_current_mark(self, script: Items, *, below: bool = False) -> bool:
        """Whether a script marks theta_t."""
        return self._place_of(script, below) == 0

    def is_iterate_mark(self, script: Items, *, below: bool = False) -> bool:
        """Whether a script marks declared values of the parameters, other than theta_t."""
        return self._place_of(script, below) > 0

    def _place_of(self, script: Items, below: bool) -> int:
        mark = self.mark_below(script) if below else self.mark_above(script)
        return self.marks.index(mark) if mark and mark in self.marks else -1

    @staticmethod
    def iterate(letter: Letter, mark: str) -> Letter:
        """A parameter's value in another iterate than theta_t: a symbol of its own."""
        return replace(letter, symbol=replace(letter.symbol, name=f"{letter.name}^{{{mark}}}", role="frozen"), kind="frozen")

    def _is_tuple(self, items: Items) -> bool:
        return self._tuple(items) is not None

    def _tuple(self, items: Items) -> tuple[Abbreviation, Match] | None:
        """The abbreviation of several letters that the items are, ``\\Theta_t`` say."""
        for entry in self.dictionary.by_head(items[0].text if items else ""):
            if isinstance(entry, Abbreviation) and self._members(entry.body):
                met = entry.spelling.match(items, 0)
                if met is not None and met[1] == len(items) and not met[0].extra_sups and not met[0].extra_sub:
                    return entry, met[0]
        return None

    @staticmethod
    def _members(body: Items) -> list[Items]:
        if len(body) == 1 and body[0].kind == "fence" and body[0].text == "()" and body[0].sub is None and not body[0].sups:
            return [
                member for member in arguments_of_names(body[0].parts[0]) if member and not any(i.is_sign("dots") for i in member)
            ]
        return []

    def is_collection(self, entry: Abbreviation) -> bool:
        """Whether an abbreviation is a tuple: of several letters, or of all members of a family, ``X = (x_i)``."""
        members = self._members(entry.body)
        known = self._letter(members[0], whole=False) if len(members) == 1 else None
        return len(members) > 1 or (known is not None and any(slot not in entry.spelling.slots for slot in known[1].slots))

    def members_of(self, items: Items) -> list[Letter]:
        """The letters of which the items are a tuple, ``X = (x_i)``; none where they are no tuple of letters."""
        together = self._tuple(items)
        members = self._members(together[0].body) if together is not None else []
        letters = [self.letter_of(member) for member in members]
        return [letter for letter in letters if letter is not None] if None not in letters else []

    def letter_of(self, items: Items, *, whole: bool = False) -> Letter | None:
        found = self._letter(items, whole=whole)
        return None if found is None else found[0]

    def _letter(self, items: Items, *, whole: bool) -> tuple[Letter, Match] | None:
        if not items:
            return None
        if whole and (exact := self._letter(items, whole=False)) is not None:
            return exact
        entries = self.dictionary.by_head(items[0].text)
        if whole:
            # \mu may be short for \mu_k and for \mu_{t,k}: the parameter, and the shorter one.
            entries.sort(key=lambda entry: (isinstance(entry, Letter) and entry.kind != "param", len(entry.spelling.slots)))
        for entry in entries:
            if isinstance(entry, Letter):
                met = entry.spelling.match(items, 0, whole=whole)
                if met is not None and met[1] == len(items) and not met[0].extra_sups:
                    extra = len(met[0].extra_sub)
                    if extra in (0, entry.extra):
                        return entry, met[0]
        return None

    def _unmarked(self, items: Items) -> tuple[Letter, Match] | None:
        """The declared letter that the items are, where its slots hold indices: \\mu_t is no \\mu_j but \\mu at t."""
        found = self._letter(items, whole=True)
        if found is None or found[0].kind != "param":
            return found
        return None if any(self._marks(chunk) for chunk in (*found[1].slots.values(), *found[1].extra_sub)) else found

    def bears_a_mark(self, items: Items) -> bool:
        """Whether parameters are written with a prime, or a script that is no index: \\theta_t, \\theta^{old}."""
        return any(
            bool(item.primes) or any(self._marks(script) for script in (*((item.sub,) if item.sub else ()), *item.sups))
            for item in items
        )

    def _marks(self, chunk: Items) -> bool:
        """Whether a subscript tells versions of a parameter apart, and is no value of an index."""
        if plain(chunk) == "0":
            return True
        return any(
            item.kind in ("letter", "group")
            and not self.dictionary.is_index(plain((item,)))
            and plain((item,)) not in self.dictionary.sizes
            and self.letter_of((item,)) is None
            for item in chunk
        )

    def lettered(self, items: Items) -> tuple[Letter, Match] | None:
        """The declared letter that the items are, with what its slots met."""
        return self._letter(items, whole=False)

    def parameters_named(self, items: Items) -> tuple[str, ...]:
        """The names of the declared symbols (no data, no latents) that the items denote, one or all of a tuple."""
        together = self._tuple(items)
        if together is not None:
            return tuple(name for member in self._members(together[0].body) for name in self.parameters_named(member))
        letter = self.letter_of(items, whole=True)
        return (letter.name,) if letter is not None and letter.kind in ("param", "const", "frozen") else ()

    def is_current(self, items: Items, scope: Scope) -> bool:
        """Whether the items are theta_t: parameters, all of which stand at their current values."""
        if not items:
            return False
        found = self.versions(items, replace(scope, moved=False))
        return bool(found) and all(version.current for version in found.values())

    def all_parameters(self, items: Items) -> tuple[str, ...]:
        """The names of all parameters where the items are an undeclared letter that stands for them: ``\\theta``."""
        marked = self._marked(items)
        return marked[0] if marked is not None and marked[1] is None and items[0] == items[0].bare else ()

    def is_value(self, formal: Items, actual: Items) -> bool:
        """Whether a formal argument is only a placeholder: the name of a family, met by a member of one or by anything else."""
        letter = self.letter_of(formal, whole=True)
        if letter is None or self.letter_of(formal) is letter or self._tuple(formal) is not None:
            return False
        return self.letter_of(actual, whole=True) is None or self.letter_of(actual) is not None

    def versions(self, items: Items, scope: Scope) -> dict[str, Version] | None:
        """What each parameter is replaced by when the items are given as parameters; None where they are none."""

        if not items:
            return {}
        if len(items) == 1 and items[0].kind in ("fence", "group") and items[0].sub is None and not items[0].sups:
            items = items[0].parts[0]
        found: dict[str, Version] = {}
        members = list(arguments_of_names(items))
        if len(members) > 1:
            for member in members:
                one = self.versions(member, scope)
                if one is None:
                    return None
                found.update(one)
            return found
        if (closure := scope.argument(items)) is not None:
            return self.versions(closure.items, closure.scope)
        together = self._tuple(items)
        if together is not None:
            entry, match = together
            fixed = {slot: self.reader.index(chunk, scope) for slot, chunk in match.slots.items()}
            for member in self._members(entry.body):
                known = self._letter(member, whole=False)
                if (
                    known is not None
                    and known[0].kind == "param"
                    and any(plain(chunk).isdigit() and not self._marks(chunk) for chunk in known[1].slots.values())
                ):
                    raise ReadingError(
                        f"{as_written(items)} is made of single members, {as_written(member)} say; a value of all has its mark "
                        "above",
                        items[0].start,
                        items[-1].end,
                        "ambiguous",
                    )
                one = self._version(member, replace(scope, indices={**scope.indices, **fixed}))
                if one is None:
                    return None
                found.update(one)
            return found
        self._require_ranges(items)
        return self._version(items, scope)

    def _require_ranges(self, items: Items) -> None:
        """That a member of a family that is given has an index of that family: no ``\\pi_i`` where ``i`` numbers the data.

        Raises:
            ReadingError: it has another one.
        """
        known = self._letter(items, whole=False)
        if known is None or known[0].kind != "param":
            return
        chunks = [*(known[1].slots[slot] for slot in known[0].spelling.slots), *known[1].extra_sub]
        for chunk, own in zip(chunks, known[0].symbol.family, strict=False):
            self.require_range(items, self.dictionary.indices.get(plain(chunk)), own)

    def require_range(self, items: Items, index: object, own: Range) -> None:
        """That an index, where it is one, runs to the end of the range of its place.

        Raises:
            ReadingError: it runs to another one.
        """
        if isinstance(index, Index) and index.range.upper != own.upper:
            raise ReadingError(
                f"{plain(items)}: the index {index.name} runs to {index.range.upper.name}, not to {own.upper.name}",
                items[0].start,
                items[-1].end,
                "ill-formed",
            )

    def _several(self, items: Items, kinds: tuple[str, ...]) -> list[Letter]:
        """The declared letters of which a bare one is short: p^{(t)} for p_C^{(t)}, p_I^{(t)} and p_T^{(t)}."""
        if len(items) != 1 or items[0].kind != "letter" or items[0].sub is not None or items[0].primes:
            return []
        sups = [plain(sup) for sup in items[0].sups]
        found = [
            letter
            for letter in self.dictionary.letters
            if letter.kind in kinds
            and len(letter.spelling.items) == 1
            and letter.spelling.head == items[0].text
            and letter.spelling.items[0].sub is not None
            and not letter.spelling.slots
            and [plain(sup) for sup in letter.spelling.items[0].sups] == sups
        ]
        return found if len(found) > 1 else []

    def _version(self, items: Items, scope: Scope) -> dict[str, Version] | None:
        from derive.notation.latex_reader import Version

        several_versions: dict[str, Version] = {}

        known = self._unmarked(items)
        if known is not None:
            letter, match = known
            if letter.kind not in ("param", "const", "frozen"):
                return None
            if letter.kind != "frozen" and (not self.dictionary.statements or letter.name in self.of_the_model):
                return {letter.name: scope.versions[letter.name]} if letter.name in scope.versions else {}
            base = self._free_version(letter)
            if base is None and letter.spelling.head in ALL_PARAMETERS and self.bears_a_mark(items):
                raise ReadingError(
                    f"{plain(items)} is none of the parameters at other values; try define {plain(items)} = (..)",
                    items[0].start,
                    items[-1].end,
                    "undeclared",
                )
            if base is None:
                return {}
            # The member's own indices stay open, from the last; the others are fixed as they stand.
            wanted = list(base.symbol.family)
            fixed: list[IndexLike | None] = []
            for place in reversed(range(len(letter.symbol.family))):
                slot = letter.spelling.slots[place] if place < len(letter.spelling.slots) else None
                if wanted and letter.symbol.family[place] == wanted[-1]:
                    wanted.pop()
                    fixed.insert(0, None)
                elif slot is not None:
                    fixed.insert(0, scope.indices.get(slot) or self.reader.index(match.slots[slot], scope))
                else:
                    return None
            if wanted:
                return None
            return {base.name: Version(letter=letter, fixed=tuple(fixed) if any(f is not None for f in fixed) else ())}
        if self._tuple(items) is not None:
            return self.versions(items, scope)
        several = self._several(items, ("param", "frozen"))
        if several:
            for letter in several:
                found = self._version(letter.spelling.items, scope)
                if found is None:
                    return None
                several_versions.update(found)
            return several_versions
        marked = self._marked(items)
        if marked is not None:
            names, mark = marked
            if mark is not None and mark in self.marks[1:]:
                own = {letter.name: letter for letter in self.dictionary.letters if letter.kind == "param"}
                return {name: Version(letter=self.iterate(own[name], mark)) for name in names}
            if mark is not None and not scope.moved:
                return {name: Version(current=True) for name in names}
            return {name: scope.versions[name] for name in names if name in scope.versions}
        return None

    @property
    def of_the_model(self) -> frozenset[str]:
        """The names of the letters of which the model speaks, by itself or by the help of abbreviations."""
        found = self.letters_of_arguments(self.dictionary.statements)
        for statement in self.dictionary.statements:
            for event in (*statement.targets, *statement.conditions):
                found |= self.letters_behind(event.items)
            if statement.density == UNSPECIFIED and not self.is_written_out(statement):
                found |= {letter.name for letter in self.dictionary.letters if letter.kind == "param"}
        return frozenset(found)

    def require_of_the_model(self, items: Items) -> None:
        """That parameters which a probability names are the model's own, or other values of these.

        Raises:
            ReadingError: one is neither.
        """
        own = {letter.name: letter for letter in self.dictionary.letters}
        names = self.parameters_named(items)
        strays = [name for name in names if name not in self.of_the_model and self._free_version(own[name]) is None]
        for name in strays:
            if own[name].kind != "param" or len(strays) == len(names):  # a tuple may have a parameter of something else
                raise ReadingError(
                    f"{name} is no parameter of the model, nor another value of one; try a mark, or the model's own letter",
                    items[0].start,
                    items[-1].end,
                    "undeclared",
                )

    def is_written_out(self, statement: Statement) -> bool:
        """Whether the density of a statement is a formula that was defined: ``Density(g_{ij})`` where ``define g_{ij} = ..``."""
        if statement.density != UNSPECIFIED or len(statement.arguments) != 1:
            return False
        items = statement.arguments[0].items
        return any(
            isinstance(entry, Abbreviation) and (met := entry.spelling.match(items, 0)) is not None and met[1] == len(items)
            for entry in self.dictionary.by_head(items[0].text if items else "")
        )

    def letters_of_arguments(self, statements: Iterable[Statement]) -> set[str]:
        """The names of the letters in the arguments of distributions."""
        return {name for s in statements for argument in s.arguments for name in self.letters_behind(argument.items)}

    def letters_behind(self, items: Items) -> set[str]:
        """The names of the declared letters among the items, scripts and arguments included, and behind abbreviations."""
        found: set[str] = set()
        opened: list[Abbreviation] = []

        def collect(items: Items) -> None:
            for place, item in enumerate(items):
                for entry in self.dictionary.by_head(item.text):
                    if isinstance(entry, (Letter, Abbreviation)) and entry.spelling.match(items, place) is None:
                        continue
                    if isinstance(entry, Letter):
                        found.add(entry.name)
                    elif isinstance(entry, Abbreviation) and entry not in opened:
                        opened.append(entry)
                        collect(entry.body)
                for part in (*item.parts, item.sub or (), *item.sups):
                    collect(part)

        collect(items)
        return found

    def own_name(self, letter: Letter) -> str:
        """The name of the model's own parameter of which a letter is another value, or of the letter itself."""
        base = self._free_version(letter) if letter.name not in self.of_the_model else None
        return letter.name if base is None else base.name

    def _free_version(self, letter: Letter) -> Letter | None:
        """The parameter of which a letter is another value: the same letter without its mark.

        Of a letter that is a parameter too, one that the model speaks of, as it does not of the letter itself.
        """
        own = letter.spelling.items
        same = [
            x
            for x in self.dictionary.letters
            if x.kind == "param"
            and x.symbol.shape == letter.symbol.shape
            and x.spelling.head == letter.spelling.head
            and (letter.kind == "frozen" or (x is not letter and x.name in self.of_the_model))
        ]
        alike = [
            x
            for x in same
            if len(x.spelling.items) == len(own) and plain(x.spelling.items[-1].sub or ()) == plain(own[-1].sub or ())
        ]
        if len(alike) == 1:
            return alike[0]
        return same[0] if len(same) == 1 else next((x for x in same if len(x.spelling.slots) <= len(letter.spelling.slots)), None)

    def _stands_for_all(self, head: str) -> bool:
        """Whether a letter is the one that stands for all parameters: a defined tuple's, or the first met in the note."""
        defined = {
            entry.spelling.head
            for entry in self.dictionary.entries
            if isinstance(entry, Abbreviation)
            and entry.spelling.head in ALL_PARAMETERS
            and len(entry.spelling.items) == 1
            and self._members(entry.body)
        }
        if defined:
            return head in defined
        if not self.dictionary.whole:
            self.dictionary.whole.append(head)
        return head in self.dictionary.whole

    def _marked(self, items: Items) -> tuple[tuple[str, ...], str | None] | None:
        """Undeclared ``\\theta`` for all parameters, ``\\theta^{old}`` or ``\\mu^{old}`` for other values: names and mark."""
        if len(items) != 1 or items[0].kind != "letter":
            return None
        item = items[0]
        names = tuple(letter.name for letter in self.dictionary.letters if letter.kind == "param")
        marks = self._marks_of(item)
        own = self.letter_of((item.bare,), whole=True)
        if any(marks[:-1]):  # an index marks nothing
            return None
        if own is not None and own.kind == "param" and marks and marks[-1] in self.marks:
            return (own.name,), marks[-1]
        if own is None and item.text in ALL_PARAMETERS and names and self._stands_for_all(item.text):
            if not marks:
                return names, None
            if marks[-1] in self.marks:
                return names, marks[-1]
        return None


def _words_in(mark: str) -> list[str]:
    return re.findall(r"\\?[A-Za-z]+", mark)
