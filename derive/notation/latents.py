"""Latents where they stand: what they are bound to, which values they take, and indicators of a value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from derive.errors import ReadingError
from derive.formula import (
    ONE,
    Delta,
    Formula,
    Reference,
)
from derive.notation.declarations import Abbreviation, Letter, Posterior, Unknown
from derive.notation.parameters import Parameters
from derive.notation.spellings import Match, arguments_of, chunks_of, plain, sign_at
from derive.notation.surface import Items
from derive.symbols import Index, IndexLike, Range, continuum

if TYPE_CHECKING:
    from derive.notation.latex_reader import Scope


class Latents(Parameters):
    """Finds latents among what is written; a scope says which of them are bound."""

    def latent_of(self, items: Items) -> Letter | None:
        letter = self.letter_of(self._alias(items), whole=True)
        return letter if letter is not None and letter.kind == "latent" else None

    def _alias(self, items: Items) -> Items:
        """``Z`` where ``define Z = z``."""
        for _ in range(4):
            entry = next(
                (
                    e
                    for e in self.dictionary.by_head(items[0].text if items else "")
                    if isinstance(e, Abbreviation) and plain(e.spelling.items) == plain(items)
                ),
                None,
            )
            if entry is None or not (len(entry.body) == 1 and entry.body[0].kind in ("letter", "fence")):
                return items
            members = self._members(entry.body)
            known = self._letter(members[0], whole=False) if len(members) == 1 else None
            if known is not None and any(slot not in entry.spelling.slots for slot in known[1].slots):
                return items  # all of a family, and no member
            items = members[0] if len(members) == 1 else entry.body
        return items

    def latent_mention(self, items: Items, scope: Scope) -> tuple[Letter, tuple[IndexLike, ...]] | None:
        """The latent that the items are, and its indices."""
        for candidate in (items, self._alias(items)):
            found = self._letter(candidate, whole=False)
            if (
                found is not None
                and found[0].kind in ("latent", "data")
                and (found[0].kind == "latent" or found[0].values is not None)
            ):
                letter, match = found
                return letter, tuple(self.reader.index(match.slots[slot], scope) for slot in letter.spelling.slots)
        return None

    def values_of(self, letter: Letter) -> Range | tuple[int, int]:
        return letter.values if letter.values is not None else continuum(letter.name)

    def own_index(self, letter: Letter) -> Index | None:
        """A latent that is one of a kind is its own letter: a claim is made for each of its values."""
        values = self.values_of(letter)
        if letter.spelling.slots or not isinstance(values, Range) or (letter.values is None and not self._is_label(letter)):
            return None
        return Index(letter.name, values)

    def _is_label(self, letter: Letter) -> bool:
        """Whether a continuous latent is only integrated over, never calculated with: an argument of unknown functions."""
        for entry in self.dictionary.entries:
            called = isinstance(entry, (Unknown, Letter)) and entry is not letter and entry.spelling.is_call
            if called and any(self.letter_of(argument.items) is letter for argument in entry.spelling.call):
                return True
        return False

    def latent_index(self, chunk: Items, scope: Scope) -> IndexLike | None:
        """The value of a latent where an index stands: what it is bound to, or its own letter."""
        mention = self.latent_mention(chunk, scope)
        if mention is None:
            return None
        letter, indices = mention
        return self._bound_value(letter, indices, scope)

    def _bound_value(self, letter: Letter, indices: tuple[IndexLike, ...], scope: Scope) -> IndexLike | None:
        """The value to which a latent is bound; None where it is free, and never is one that is bound."""
        for name, other in scope.latents:
            if name == letter.name and len(other) == len(indices):
                self.require_apart(name, indices, other, scope)
        bound = scope.latents.get((letter.name, indices))
        return bound if bound is not None else self.own_index(letter)

    def free_latents(self, items: Items) -> Scope:
        """A scope in which every latent in the items stands for an index of its own: what is said holds for all its values."""
        from derive.notation.latex_reader import Scope

        scope = Scope()

        def collect(inside: Items, scope: Scope) -> Scope:
            for item in inside:
                if item.kind == "letter":
                    mention = self.latent_mention((replace(item, primes=0),), scope)
                    if mention is not None and isinstance(self.values_of(mention[0]), Range) and mention[0].spelling.slots:
                        values = self.values_of(mention[0])
                        if isinstance(values, Range):
                            scope = scope.with_latent(mention[0].name, mention[1], Index(f"{mention[0].name}", values))
                for part in item.parts:
                    scope = collect(part, scope)
            return scope

        return collect(items, scope)

    def unbound_latent(self, chunk: Items, scope: Scope) -> tuple[Letter, tuple[IndexLike, ...]] | None:
        if not chunk or plain(chunk) in scope.indices or plain(chunk) in self.dictionary.indices:
            return None
        mention = self.latent_mention(chunk, scope)
        return None if mention is None or self._bound_value(*mention, scope) is not None else mention

    def latent_value(self, letter: Letter, indices: tuple[IndexLike, ...], items: Items) -> Formula:
        raise ReadingError(
            f"the latent {plain(items)} stands free: a value is expected, as in {plain(items)}=k",
            items[0].start,
            items[-1].end,
            "ill-formed",
        )

    def latent_slots(self, entry: Letter | Unknown, match: Match, scope: Scope) -> tuple[IndexLike, ...]:
        """The values of the latents among the arguments of ``q(z)``."""
        found: list[IndexLike] = []
        for argument in entry.spelling.call:
            if any(item.is_sign("=") for item in argument.items):
                continue
            letter = self.letter_of(argument.items)
            if letter is None or (letter.kind != "latent" and letter.values is None):
                continue
            if letter.values is None and not self._is_label(letter):
                continue
            actual = match.arguments.get(plain(argument.items), argument.items)
            value = self.reader.index_or_none(actual, scope)
            if value is None:
                cut = sign_at(actual, "=")
                value = self.reader.index_or_none(actual[cut + 1 :], scope) if cut is not None else None
            if value is None:
                raise ReadingError(
                    f"a value of the latent is expected: {plain(actual)}", actual[0].start, actual[-1].end, "ill-formed"
                )
            found.append(value)
        return tuple(found)

    def agreement(self, left: Items, right: Items, scope: Scope) -> Formula:
        """1 where two indices, or a latent and a value, agree, else 0."""
        for one, other in ((left, right), (right, left)):
            mention = self.latent_mention(one, scope) if plain(one) not in self.dictionary.indices else None
            if mention is not None:
                letter, indices = mention
                value = self.reader.index(other, scope)
                bound = self._bound_value(letter, indices, scope)
                if bound is not None:
                    return self._delta(bound, value)
                return Reference(letter.symbol, (*indices, value))
        return self._delta(self.reader.index(left, scope), self.reader.index(right, scope))

    @staticmethod
    def _delta(left: IndexLike, right: IndexLike) -> Formula:
        if isinstance(left, int) and isinstance(right, int):
            return ONE if left == right else ONE - ONE
        return Delta(left, right)

    def normalised_index(self, entry: Posterior, formal: tuple[Index, ...]) -> Index | None:
        """The slot of a posterior over which it sums to one: the value of its latent."""
        for item in entry.body:
            if item.kind == "fence":
                for argument in arguments_of(item.parts[0]):
                    cut = sign_at(argument.items, "=")
                    if cut is not None and argument.separator != "mid":
                        name = plain(argument.items[cut + 1 :])
                        found = dict(zip(entry.spelling.slots, formal, strict=True))
                        if name == "1":
                            inner = argument.items[:cut]
                            mention = next(
                                (
                                    c
                                    for i in inner
                                    for part in (*((i.sub,) if i.sub else ()), *i.sups)
                                    for c in chunks_of(part)
                                    if plain(c) in found
                                ),
                                None,
                            )
                            ranges = [
                                plain(c)
                                for i in inner
                                for part in (*((i.sub,) if i.sub else ()), *i.sups)
                                for c in chunks_of(part)
                            ]
                            return found.get(ranges[-1]) if mention is not None and ranges else None
                        return found.get(name)
        return None

    def is_named(self, formal: Items, actual: Items, scope: Scope) -> bool:
        """Whether an argument is the formal one by another name: the same variable or function, all of it."""
        for one, other in ((formal, actual), (self._alias(formal), self._alias(actual))):
            known = self.letter_of(one, whole=True)
            if known is not None and known is self.letter_of(other, whole=True):
                return self.letter_of(one) is not None or self.letter_of(other) is None  # a member is not all of a family
            if one and plain(one) == plain(other):
                return True
            for entry in self.dictionary.by_head(one[0].text if one else ""):
                own = entry.spelling.items  # \\ell for \\ell(\\theta), as it was declared
                if entry.spelling.is_call and plain(own[:-1]) == plain(one) and plain(own) == plain(other):
                    return True
        together, other = self._tuple(formal), self._tuple(actual)
        return together is not None and other is not None and other[0] is together[0]

    def require_apart(self, name: str, one: tuple[IndexLike, ...], other: tuple[IndexLike, ...], scope: Scope) -> None:
        """Refuse two members of a family of which it is open whether they are the same one."""
        if one == other or any(self._differ(a, b, scope) for a, b in zip(one, other, strict=True)):
            return
        first, second = next((a, b) for a, b in zip(one, other, strict=True) if a != b)
        shown = [str(index) if isinstance(index, int) else index.name for index in (first, second)]
        raise ReadingError(
            f"two members of {name}, at {shown[0]} and at {shown[1]}, which may be equal; try assume {shown[0]} \\ne {shown[1]}",
            code="ambiguous",
        )

    def _differ(self, one: IndexLike, other: IndexLike, scope: Scope) -> bool:
        """Whether two indices are known never to be equal; what is assumed of letters is assumed of them where they are free."""
        if isinstance(one, int) and isinstance(other, int):
            return one != other
        if scope.opened or any(index in scope.indices.values() for index in (one, other)):
            return False
        shown = {str(index) if isinstance(index, int) else index.name for index in (one, other)}
        return len(shown) == 2 and any(
            fact.relation == "ne" and {plain(fact.left), plain(fact.right)} == shown for fact in self.dictionary.facts
        )
