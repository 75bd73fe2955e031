"""What p(..), E[..] and a latent mean: given by the declared model, never guessed.

A model is a list of statements ``variable | conditions ~ density``. The probability of some variables given others is the product
of their statements' densities, summed over the latents in between; where the given ones lie downstream it is a ratio of two such.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.densities import density
from derive.densities.conjugacy import Conjugate, conjugate
from derive.errors import ReadingError
from derive.formula import (
    ONE,
    Add,
    Apply,
    Delta,
    Divide,
    Exp,
    Formula,
    Fresh,
    Function,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Product,
    Reference,
    Sum,
    Transpose,
    UnspecifiedFunction,
    add,
    free_indices,
    multiply,
    negate,
    rebuild,
    rename,
    unfold,
    walk,
)
from derive.notation.declarations import Abbreviation, Letter, Posterior, Statement, Unknown, arguments_of_names
from derive.notation.spellings import Argument, Match, arguments_of, chunks_of, plain, require_plain, sign_at
from derive.notation.surface import Item, Items
from derive.symbols import Index, IndexLike, Range, Size, Symbol

if TYPE_CHECKING:
    from derive.notation.latex_reader import Line, Reader, Scope, Version

DENSITY_NAMES = ("p", "P", "\\Pr", "Pr", "\\bb{P}", "f")
EXPECTATION_NAMES = ("E", "\\bb{E}", "\\cal{E}")
VARIANCE_NAMES = ("Var", "\\bb{V}")
COVARIANCE_NAMES = ("Cov",)
DIVERGENCE_NAMES = ("KL",)
AVERAGES = (*EXPECTATION_NAMES, *VARIANCE_NAMES, *COVARIANCE_NAMES, *DIVERGENCE_NAMES)
Key = tuple[str, tuple[IndexLike, ...]]
"""A variable of the model: its letter's name and its indices."""
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


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A variable of the model at its indices (None: all of them), with the value it takes where it has a discrete one."""

    letter: Letter
    indices: tuple[IndexLike | None, ...]
    value: IndexLike | None = None

    @property
    def known(self) -> tuple[IndexLike, ...]:
        return tuple(index for index in self.indices if index is not None)

    @property
    def is_whole(self) -> bool:
        return any(index is None for index in self.indices)


class Probabilities:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.opaque_evidence = False
        self.opaque_expectation = False
        self.opaque_count = 0

    @property
    def dictionary(self):
        return self.reader.dictionary

    # Parameters and their versions.

    @property
    def current_marks(self) -> frozenset[str]:
        """The marks of theta_t: what distinguishes the parameters in ``posterior .. at`` from the free ones."""
        found: set[str] = set()
        for posterior in self.dictionary.posteriors:
            if (
                posterior.at is not None
                and len(posterior.at) == 1
                and posterior.at[0].kind == "letter"
                and not self._is_tuple(posterior.at)
            ):
                item = posterior.at[0]
                found.update(plain(part) for part in (*((item.sub,) if item.sub else ()), *item.sups))
                found.update("'" * item.primes for _ in range(1) if item.primes)
        for entry in self.dictionary.entries:
            if (
                isinstance(entry, Abbreviation)
                and len(entry.spelling.items) == 1
                and entry.spelling.items[0].text in ALL_PARAMETERS
            ):
                item = entry.spelling.items[0]
                members = self._members(entry.body)
                if members and all(self._unmarked(member) is None for member in members):
                    found.update(plain(part) for part in (*((item.sub,) if item.sub else ()), *item.sups))
                    found.update(("'" * item.primes,) if item.primes else ())
        return frozenset(found)

    def is_current_mark(self, script: Items) -> bool:
        return plain(script) in self.current_marks

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

    def is_understood(self, items: Items, scope: Scope) -> bool:
        """Whether an argument is something that was declared: a variable, parameters, an index, a function."""
        if any(item.is_sign("dots") for item in items) or self._tuple(items) is not None:
            return True
        if any(
            plain(entry.spelling.items[:1]) == plain(items) for entry in self.dictionary.by_head(items[0].text if items else "")
        ):
            return True
        if self.dictionary.is_index(plain(items)) or plain(items) in self.dictionary.sizes:
            return True
        try:
            return bool(self._occurrences(items, scope, {}, [], conditional=False)) or self.versions(items, scope) is not None
        except ReadingError:
            return False

    def all_parameters(self, items: Items) -> tuple[str, ...]:
        """The names of all parameters where the items are an undeclared letter that stands for them: ``\\theta``."""
        marked = self._marked(items)
        return marked[0] if marked is not None and not marked[1] and items[0] == items[0].bare else ()

    def is_named(self, formal: Items, actual: Items, scope: Scope) -> bool:
        """Whether an argument is the formal one by another name: the same variable or function, all of it."""
        for one, other in ((formal, actual), (self._alias(formal), self._alias(actual))):
            known = self.letter_of(one, whole=True)
            if known is not None and known is self.letter_of(other, whole=True):
                return True
            if one and plain(one) == plain(other):
                return True
            for entry in self.dictionary.by_head(one[0].text if one else ""):
                own = entry.spelling.items  # \\ell for \\ell(\\theta), as it was declared
                if entry.spelling.is_call and plain(own[:-1]) == plain(one) and plain(own) == plain(other):
                    return True
        together, other = self._tuple(formal), self._tuple(actual)
        return together is not None and other is not None and other[0] is together[0]

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
            for place, member in enumerate(self._members(entry.body)):
                one = self._version(member, replace(scope, indices={**scope.indices, **fixed}), place)
                if one is None:
                    return None
                found.update(one)
            return found
        return self._version(items, scope, None)

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

    def _version(self, items: Items, scope: Scope, place: int | None) -> dict[str, Version] | None:
        from derive.notation.latex_reader import Version

        several_versions: dict[str, Version] = {}

        known = self._unmarked(items)
        if known is not None:
            letter, match = known
            if letter.kind in ("param", "const"):
                return {letter.name: scope.versions[letter.name]} if letter.name in scope.versions else {}
            if letter.kind != "frozen":
                return None
            base = self._free_version(letter, place)
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
                found = self._version(letter.spelling.items, scope, None)
                if found is None:
                    return None
                several_versions.update(found)
            return several_versions
        marked = self._marked(items)
        if marked is not None:
            names, current = marked
            return (
                {name: Version(current=True) for name in names}
                if current and not scope.moved
                else {name: scope.versions[name] for name in names if name in scope.versions}
            )
        return None

    def _free_version(self, letter: Letter, place: int | None) -> Letter | None:
        """The parameter of which a frozen letter is another value: the same letter without its mark."""
        head = letter.spelling.head
        own = letter.spelling.items
        alike = [
            x
            for x in self.dictionary.letters
            if x.kind == "param"
            and x.symbol.shape == letter.symbol.shape
            and len(x.spelling.items) == len(own)
            and x.spelling.head == letter.spelling.head
            and plain(x.spelling.items[-1].sub or ()) == plain(own[-1].sub or ())
        ]
        if len(alike) == 1:
            return alike[0]
        same = [
            x
            for x in self.dictionary.letters
            if x.kind == "param" and x.spelling.head == head and x.symbol.shape == letter.symbol.shape
        ]
        return same[0] if len(same) == 1 else next((x for x in same if len(x.spelling.slots) <= len(letter.spelling.slots)), None)

    def _marked(self, items: Items) -> tuple[tuple[str, ...], bool] | None:
        """Undeclared ``\\theta`` for all parameters, ``\\theta^{old}`` or ``\\mu^{old}`` for current ones."""
        if len(items) != 1 or items[0].kind != "letter":
            return None
        item = items[0]
        names = tuple(letter.name for letter in self.dictionary.letters if letter.kind == "param")
        marks = [plain(part) for part in (*((item.sub,) if item.sub else ()), *item.sups)] + ["'" * item.primes] * bool(
            item.primes
        )
        own = self.letter_of((item.bare,), whole=True)
        if not all(self.dictionary.is_index(mark) for mark in marks[:-1]):
            return None
        if own is not None and own.kind == "param" and marks and marks[-1] in self.current_marks:
            return (own.name,), True
        if own is None and item.text in ALL_PARAMETERS and names:
            if not marks:
                return names, False
            if marks[-1] in self.current_marks:
                return names, True
        return None

    # Latents.

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
        return letter.values if letter.values is not None else Range(Size(f"values of {letter.name}"), 1, True)

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
                self.require_apart(name, indices, other)
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

    # Unknown functions.

    def unknown(self, entry: Unknown, match: Match, scope: Scope, items: Items) -> Formula:
        """``f(x^{(i)}, z, \\theta)``: indices from data and latents, formulas for parameters."""
        indices: list[IndexLike] = []
        ranges: list[Range] = []
        for slot in entry.spelling.slots:
            declared = self.dictionary.indices[slot]
            if not isinstance(declared, Index):
                raise ReadingError("an unknown function of an index over numbers", items[0].start, items[-1].end, "unsupported")
            ranges.append(declared.range)
            indices.append(self.reader.index(match.slots[slot], scope))
        arguments: list[Formula] = []
        unbound: tuple[Letter, tuple[IndexLike, ...]] | None = None
        name = entry.spelling.name
        for item in entry.spelling.items[:-1]:
            # D_\\phi(x) depends on phi.
            for part in (item.sub or (), *item.sups):
                for chunk in chunks_of(part):
                    parameter = self.letter_of(chunk)
                    if (
                        parameter is not None
                        and parameter.kind == "param"
                        and not parameter.spelling.slots
                        and not parameter.extra
                    ):
                        arguments.append(self.reader.reference(parameter, (), scope.versions.get(parameter.name)))
        for argument in entry.spelling.call:
            letter = self.letter_of(argument.items)
            actual = match.arguments.get(plain(argument.items), argument.items)
            if letter is not None and letter.kind in ("data", "latent"):
                # p(z, x) is p(x, z): variables are told by their names, not by their places.
                actual = next((a for a in match.arguments.values() if self.letter_of(self._alias(a)) is letter), actual)
            if letter is not None and (letter.kind == "latent" or letter.values is not None):
                values = self.values_of(letter)
                if not isinstance(values, Range):
                    raise ReadingError(
                        "an unknown function of a latent over numbers", items[0].start, items[-1].end, "unsupported"
                    )
                ranges.append(values)
                value = self.reader.index_or_none(actual, scope)
                if value is None and (free := self.unbound_latent(self._alias(actual), scope)) is not None:
                    unbound, value = free, Fresh.index(Index("h", values))
                if value is None:
                    cut = sign_at(actual, "=")
                    value = self.reader.index_or_none(actual[cut + 1 :], scope) if cut is not None else None
                if value is None:
                    raise ReadingError(
                        f"a value of the latent is expected: {plain(actual)}", actual[0].start, actual[-1].end, "ill-formed"
                    )
                indices.append(value)
            elif letter is not None and letter.kind == "data":
                stood = scope
                while (closure := stood.argument(actual)) is not None:
                    actual, stood = closure.items, closure.scope
                actual_letter = self.letter_of(actual)
                if actual_letter is letter or plain(actual) == plain(argument.items):
                    continue
                datum = self.lettered(actual)
                if datum is not None and datum[0].kind == "data" and datum[0].values is None:
                    # The function at each datum: one more index, and nothing known of how its values there hang together.
                    ranges += datum[0].symbol.family
                    indices += [self.reader.index(datum[1].slots[s], stood) for s in datum[0].spelling.slots]
                    name += f" at {datum[0].name}"
                else:
                    raise ReadingError(
                        f"an unknown function at something composed: {plain(actual)}",
                        actual[0].start,
                        actual[-1].end,
                        "unsupported",
                    )
            elif plain(actual) in self.dictionary.indices and self.dictionary.is_index(plain(argument.items)):
                continue
            else:
                value = (
                    self.reader.formula(actual, scope) if plain(actual) != plain(argument.items) or letter is not None else None
                )
                if value is None:
                    raise ReadingError(f"an undeclared argument: {plain(actual)}", actual[0].start, actual[-1].end, "undeclared")
                arguments.append(value)
        function = UnspecifiedFunction(
            name,
            tuple(ranges),
            entry.domain,
            tuple(a.shape for a in arguments),
            self.dictionary.normalised.get(entry.spelling.name),
        )
        value_of = Apply(function, tuple(indices), tuple(arguments))
        if unbound is None:
            return value_of
        letter, own = unbound
        index = next(i for i in indices if isinstance(i, Index) and i.name.startswith("h#"))
        return Product(index, Power(value_of, Reference(letter.symbol, (*own, index))))

    # Densities and expectations by name.

    def builtin(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int] | None:
        """``p(..)``, ``\\mathcal{N}(..)``, ``E[..]``: what is read at the start of ``line``; None where none of them stands."""
        item, following = line.items[line.position], line.peek(1)
        if item.text in EXPECTATION_NAMES and following is not None:
            require_plain(item, sub=True)
            line.take()
            return self._expectation(item, line, scope)
        if following is None or following.kind != "fence":
            return None
        if item.text in (*VARIANCE_NAMES, *COVARIANCE_NAMES) and following.text in ("()", "[]", "\\{\\}"):
            require_plain(item, sub=True)
            line.take()
            return self._covariance(item, line, scope)
        divergence = item.text in DIVERGENCE_NAMES or (item.text == "D" and plain(item.sub or ()) in DIVERGENCE_NAMES)
        if divergence and following.text in ("()", "[]"):
            require_plain(item, sub=item.text == "D")
            require_plain(following, sups=True)
            line.take()
            line.take()
            return self._divergence(following, scope), following.sups, 0
        if following.text != "()":
            return None
        if item.text == "\\cal{N}" or item.text in DENSITY_NAMES:
            require_plain(item)
            require_plain(following, sups=True, primes=True)
            line.take()
            line.take()
            read = self._normal if item.text == "\\cal{N}" else self.probability_of
            return read(following, scope), following.sups, following.primes
        return None

    def _normal(self, fence: Item, scope: Scope) -> Formula:
        parts = arguments_of(fence.parts[0])
        if len(parts) != 3:
            raise ReadingError("a normal density takes a value, a mean and a variance", fence.start, fence.end, "ill-formed")
        value = self.reader.formula(parts[0].items, scope)
        return self._density("Normal", value, parts[1:], scope, fence)

    def _density(self, name: str, value: Formula, arguments: Iterable[Argument], scope: Scope, at: Item) -> Formula:
        from derive.notation.latex_reader import with_size

        read = [self.reader.formula(argument.items, scope) for argument in arguments]
        if value.shape and value.shape[0] is not None:
            read = [with_size(one, value.shape[0]) for one in read]
        return self.reader.guarded((at,), lambda: density(name).formula(value, *read))

    def probability_of(self, fence: Item, scope: Scope) -> Formula:
        """``p(A | B; parameters)`` as the declared model has it."""
        if not self.dictionary.statements:
            raise ReadingError(
                "a probability, but no model was declared; try a line VARIABLE ~ DENSITY", fence.start, fence.end, "undeclared"
            )
        before: list[Occurrence] = []
        given: list[Occurrence] = []
        versions: dict[str, Version] = {}
        components: list[tuple[Letter, tuple[IndexLike, ...]]] = []
        target = before
        told: set[str] = set()
        arguments = list(arguments_of(fence.parts[0]))
        for place, argument in enumerate(arguments):
            if argument.separator in ("mid", "Vert") and place:
                target = given
            if any(item.is_sign("dots") for item in argument.items):
                self._all_of(target)
                continue
            if place and any(item.is_sign("dots") for item in arguments[place - 1].items) and target and target[-1].is_whole:
                continue
            if target is given:
                told |= {*self.parameters_named(argument.items), *self.all_parameters(argument.items)}
            target.extend(self._occurrences(argument.items, scope, versions, components, conditional=target is given))
        if not before:
            raise ReadingError("a probability of no declared variable", fence.start, fence.end, "undeclared")
        inner = replace(scope, versions={**scope.versions, **versions}, told=frozenset(told))
        return self.reader.guarded((fence,), lambda: self.probability(before, given, inner, components))

    @staticmethod
    def _all_of(found: list[Occurrence]) -> None:
        """``x_1, \\dots, x_n``: the whole family."""
        if found:
            last = found.pop()
            found.append(Occurrence(last.letter, tuple(None for _ in last.indices)))

    def _occurrences(
        self,
        items: Items,
        scope: Scope,
        versions: dict[str, Version],
        components: list[tuple[Letter, tuple[IndexLike, ...]]],
        *,
        conditional: bool,
    ) -> list[Occurrence]:
        if not items:
            raise ReadingError("an argument is missing")
        if (closure := scope.argument(items)) is not None:
            return self._occurrences(closure.items, closure.scope, versions, components, conditional=conditional)
        if len(items) == 1 and items[0].kind in ("fence", "group") and not items[0].sups:
            return [
                o
                for part in arguments_of(items[0].parts[0])
                for o in self._occurrences(part.items, scope, versions, components, conditional=conditional)
            ]
        cut = sign_at(items, "=")
        if cut is not None:
            return [self._assigned(items[:cut], items[cut + 1 :], scope)]
        together = self._tuple(items)
        if together is not None:
            members = self._members(together[0].body)
            if all(
                (letter := self.letter_of(member, whole=True)) is not None and letter.kind in ("data", "latent")
                for member in members
            ):
                found = []
                for member in members:
                    letter = self.letter_of(member, whole=True)
                    if letter is not None:
                        found.append(Occurrence(letter, tuple(None for _ in letter.spelling.slots)))
                return found
        if (variable := self._variable(self._alias(items), scope)) is not None:
            return [variable]
        if several := self._several(items, ("data", "latent")):
            return [Occurrence(letter, ()) for letter in several]
        found_versions = self.versions(items, scope)
        partial = self._partial(items, ("param", "frozen"), scope) if found_versions is None else None
        if partial is not None:
            components.append((partial.letter, partial.known))
            return []
        if found_versions is not None:
            versions.update(found_versions)
            known = self._letter(items, whole=False)
            if known is not None and known[0].kind in ("param", "frozen") and (known[0].spelling.slots or known[0].extra):
                components.append(
                    (
                        known[0],
                        tuple(
                            self.reader.index(known[1].slots[s], scope) for s in known[0].spelling.slots if s in known[1].slots
                        ),
                    )
                )
            if not conditional and (variable := self._variable(items, scope, parameters=True)) is not None:
                return [variable]
            if conditional and (variable := self._variable(items, scope, parameters=True)) is not None:
                return [variable]
            return []
        if conditional and len(items) == 1 and items[0].text in self.dictionary.sizes:
            return []
        raise ReadingError(
            f"not a variable of the declared model, nor a parameter: {plain(items)}", items[0].start, items[-1].end, "undeclared"
        )

    def _assigned(self, left: Items, right: Items, scope: Scope) -> Occurrence:
        variable = self._variable(self._alias(left), scope)
        if variable is not None:
            return replace(variable, value=self.reader.index(right, scope))
        if plain(right) == "1":
            # z_n^k = 1, where z_n^k is the indicator of z_n = k.
            for entry in self.dictionary.by_head(left[0].text):
                if isinstance(entry, Abbreviation):
                    met = entry.spelling.match(left, 0)
                    inside = entry.body[-1].parts[0] if entry.body and entry.body[-1].kind == "fence" else ()
                    cut = sign_at(inside, "=")
                    if met is not None and met[1] == len(left) and cut is not None:
                        fixed = {slot: self.reader.index(met[0].slots[slot], scope) for slot in entry.spelling.slots}
                        inner = replace(scope, indices={**scope.indices, **fixed})
                        return self._assigned(inside[:cut], inside[cut + 1 :], inner)
        raise ReadingError(f"not a variable of the declared model: {plain(left)}", left[0].start, left[-1].end, "undeclared")

    def _variable(self, items: Items, scope: Scope, *, parameters: bool = False) -> Occurrence | None:
        kinds = ("param", "const") if parameters else ("data", "latent")
        found = self._letter(items, whole=False)
        if found is not None and found[0].kind in kinds and not found[1].extra_sub:
            if parameters and self.statement_of(found[0]) is None:
                return None
            return Occurrence(found[0], tuple(self.reader.index(found[1].slots[slot], scope) for slot in found[0].spelling.slots))
        found = self._letter(items, whole=True)
        if found is not None and found[0].kind in kinds:
            if parameters and self.statement_of(found[0]) is None:
                return None
            return Occurrence(found[0], tuple(None for _ in found[0].spelling.slots))
        return None if parameters else self._partial(items, kinds, scope)

    def _partial(self, items: Items, kinds: tuple[str, ...], scope: Scope) -> Occurrence | None:
        """``x_n`` where ``x_{ni}`` is declared: all of its entries."""
        if len(items) == 1 and items[0].sub is not None and not items[0].primes:
            given = chunks_of(items[0].sub)
            for letter in self.dictionary.letters:
                own = letter.spelling.items
                slots = letter.spelling.slots
                if (
                    letter.kind in kinds
                    and len(own) == 1
                    and own[0].text == items[0].text
                    and own[0].sups == items[0].sups
                    and len(slots) > len(given)
                    and own[0].sub is not None
                ):
                    return Occurrence(
                        letter, tuple(self.reader.index(given[k], scope) if k < len(given) else None for k in range(len(slots)))
                    )
        return None

    # The model.

    def statements_of(self, letter: Letter) -> list[tuple[Statement, Match]]:
        found: list[tuple[Statement, Match]] = []
        for statement in self.dictionary.statements:
            for event in statement.targets:
                known = self._letter(event.items, whole=False)
                if known is not None and known[0] is letter:
                    found.append((statement, known[1]))
        return found

    def statement_of(self, letter: Letter) -> Statement | None:
        return next((statement for statement, _ in self.statements_of(letter)), None)

    def parents_of(self, occurrence: Occurrence, scope: Scope) -> list[Occurrence]:
        """The latents (and random parameters) on which a variable depends, at its indices."""
        found: list[Occurrence] = []
        for statement, match in self.statements_of(occurrence.letter):
            inner = self.placed_at(occurrence, match, scope)
            for event in statement.conditions:
                known = self._letter(event.items, whole=False)
                if known is None:
                    raise ReadingError(f"a condition of the model that is not declared: {plain(event.items)}", 0, 1, "undeclared")
                indices = tuple(self.reader.index(known[1].slots[slot], inner) for slot in known[0].spelling.slots)
                parent = Occurrence(known[0], indices)
                if known[0] is occurrence.letter:
                    raise ReadingError("a chain of latents is not supported yet", 0, 1, "unsupported")
                if parent not in found:
                    found.append(parent)
        return found

    def placed_at(self, occurrence: Occurrence, match: Match, scope: Scope) -> Scope:
        """A scope in which the letters of a statement stand for the indices of an occurrence."""
        indices = dict(scope.indices)
        # A family in its entries (probabilities that sum to one) has an index more than its statement.
        for slot, index in zip(occurrence.letter.spelling.slots, occurrence.indices, strict=False):
            chunk = match.slots[slot]
            if index is not None:
                indices[plain(chunk)] = index
        return replace(scope, indices=indices)

    def probability(
        self,
        before: list[Occurrence],
        given: list[Occurrence],
        scope: Scope,
        components: list[tuple[Letter, tuple[IndexLike, ...]]] | None = None,
    ) -> Formula:
        """The probability (density) of some variables given others."""
        given = [one for one in given if self.statement_of(one.letter) is not None]
        plated = [one for one in before if one.is_whole]
        if plated:
            return self._of_all(before, plated, given, scope, components)
        # One datum: what is given of the other data says nothing about it.
        own = {one.indices[0] for one in before if one.indices}
        if len(own) == 1 and all(one.indices for one in before):
            (here,) = own
            placed = [
                replace(one, indices=(here, *one.indices[1:])) if one.indices and one.indices[0] is None else one for one in given
            ]
            if placed != given and isinstance(here, Index) and self._shared([*before, *placed], here, scope):
                raise ReadingError("data that a latent of all of them ties together", code="unsupported")
            given = placed
        bound = scope
        for _place, one in [(k, o) for k, o in enumerate((*before, *given))]:
            if one.letter.kind != "latent" or one.letter.values is None:
                continue
            value = one.value if one.value is not None else self._bound_value(one.letter, one.known, bound)
            if value is None:
                values = one.letter.values
                if not isinstance(values, Range):
                    raise ReadingError(f"a value of the latent {one.letter.name} is expected", 0, 1, "ill-formed")
                index = Fresh.index(Index("h", values))
                fixed = replace(one, value=index)
                again = [fixed if o == one else o for o in before], [fixed if o == one else o for o in given]
                return Product(
                    index, Power(self.probability(*again, scope, components), Reference(one.letter.symbol, (*one.known, index)))
                )
            bound = bound.with_latent(one.letter.name, one.known, value)
        self._require_parameters_told(before, given, scope)
        # A latent that is not named here is summed over, whatever it is bound to outside.
        named = {(one.letter.name, one.known) for one in (*before, *given)}
        bound = replace(bound, latents={key: value for key, value in bound.latents.items() if key in named})
        self._require_apart(before, given, scope)
        if components:
            bound = self._by_component(before, given, bound, components)
        return self._conditional(before, given, bound)

    def _require_parameters_told(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> None:
        """That all parameters with a prior on which variables depend are named: they are not integrated over."""
        random = {
            parent.letter.name
            for one in (*before, *given)
            for parent in self._ancestors(one, scope)
            if parent.letter.kind in ("param", "const")
        }
        named = scope.told | {one.letter.name for one in (*before, *given)}
        if not random <= named:
            raise ReadingError(
                f"an integral over the parameter {min(random - named)}, which has a prior, is not supported yet",
                code="unsupported",
            )

    def _of_all(
        self,
        before: list[Occurrence],
        plated: list[Occurrence],
        given: list[Occurrence],
        scope: Scope,
        components: list[tuple[Letter, tuple[IndexLike, ...]]] | None,
    ) -> Formula:
        """The probability of all members of families: a product over their index, under the sums over what they share."""
        place = plated[0].indices.index(None)
        over = plated[0].letter.symbol.family[place]
        index = Fresh.index(Index("i", over))

        def at(one: Occurrence) -> Occurrence:
            for number, (known, own) in enumerate(zip(one.indices, one.letter.symbol.family, strict=False)):
                if known is None and own == over:
                    return replace(one, indices=(*one.indices[:number], index, *one.indices[number + 1 :]))
            return one

        if any(at(one) == one for one in plated):
            raise ReadingError("variables over different ranges in one probability", code="unsupported")
        single = [one for one in before if one not in plated]
        members = [at(one) for one in plated]
        # The parameters of a component say which one it is: then its label is given too.
        named = self._keys([*single, *given]) | set(
            self._by_component(members, given, replace(scope, latents={}), components or []).latents
        )
        if shared := self._shared([*members, *single], index, scope, named):
            return self._summed_over(shared[0], lambda one: self.probability([*before, one], given, scope, components))
        if self._shared([at(one) for one in given if at(one) != one], index, scope, named | self._keys(before)):
            raise ReadingError("data that a latent of all of them ties together", code="unsupported")
        whole: Formula = Product(index, self.probability(members, [at(one) for one in given] + single, scope, components))
        if single:
            whole = multiply(self.probability(single, [one for one in given if not one.is_whole], scope), whole)
        return whole

    def are_tied(self, members: list[Occurrence], index: Index) -> bool:
        """Whether variables at one index depend, through latents in between, on those at others."""
        return bool(self._shared(members, index, _empty_scope()))

    def _shared(
        self, members: list[Occurrence], index: Index, scope: Scope, named: frozenset[Key] = frozenset()
    ) -> list[Occurrence]:
        """The latents in between on which members depend at every value of an index, so that they are not independent."""
        fixed = self._keys(members) | named
        return [latent for one in members for latent in self._hidden(one, scope, fixed) if index not in latent.known]

    def _summed_over(self, latent: Occurrence, body: Callable[[Occurrence], Formula]) -> Formula:
        """The sum over the values of a latent of what is said of each."""
        values = latent.letter.values
        if values is None:
            raise ReadingError(
                f"an integral over the latent {latent.letter.name}, which several variables share, is not supported yet",
                code="unsupported",
            )
        if isinstance(values, tuple):
            return add(*(body(replace(latent, value=value)) for value in range(values[0], values[1] + 1)))
        index = Fresh.index(Index("h", values))
        return Sum(index, body(replace(latent, value=index)))

    def _require_apart(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> None:
        """That members of one family in a probability are the same one or never the same one: z_i and z_l are one at i = l."""
        values: dict[tuple[str, tuple[IndexLike, ...]], IndexLike | None] = {}
        for one in (*before, *given):
            key = (one.letter.name, one.known)
            if values.setdefault(key, one.value) != one.value:
                raise ReadingError(f"two values of {one.letter.name} in one probability", code="unsupported")
        met = [*before, *given, *(parent for one in (*before, *given) for parent in self._ancestors(one, scope))]
        for one in met:
            for other in met:
                if one.letter is other.letter and not one.is_whole and not other.is_whole:
                    self.require_apart(one.letter.name, one.known, other.known)

    def require_apart(self, name: str, one: tuple[IndexLike, ...], other: tuple[IndexLike, ...]) -> None:
        """Refuse two members of a family of which it is open whether they are the same one."""
        if one == other or any(self._differ(a, b) for a, b in zip(one, other, strict=True)):
            return
        first, second = next((a, b) for a, b in zip(one, other, strict=True) if a != b)
        shown = [str(index) if isinstance(index, int) else index.name for index in (first, second)]
        raise ReadingError(
            f"two members of {name}, at {shown[0]} and at {shown[1]}, which may be equal; try assume {shown[0]} \\ne {shown[1]}",
            code="ambiguous",
        )

    def _differ(self, one: IndexLike, other: IndexLike) -> bool:
        """Whether two indices are known never to be equal."""
        if isinstance(one, int) and isinstance(other, int):
            return one != other
        shown = {str(index) if isinstance(index, int) else index.name for index in (one, other)}
        return len(shown) == 2 and any(
            fact.relation == "ne" and {plain(fact.left), plain(fact.right)} == shown for fact in self.dictionary.facts
        )

    def _by_component(
        self,
        before: list[Occurrence],
        given: list[Occurrence],
        scope: Scope,
        components: list[tuple[Letter, tuple[IndexLike, ...]]],
    ) -> Scope:
        """``p(x_n | \\mu_k)``: the parameters of component k say that the latent is k."""
        for one in before:
            for parent in self.parents_of(one, scope):
                if parent.letter.kind == "latent" and (parent.letter.name, parent.known) not in scope.latents:
                    for letter, indices in components:
                        if indices and letter.symbol.family and letter.symbol.family[0] == parent.letter.values:
                            scope = scope.with_latent(parent.letter.name, parent.known, indices[0])
        return scope

    def _conditional(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> Formula:
        mine = {(o.letter.name, o.known) for o in before}
        theirs = {(o.letter.name, o.known) for o in given}
        downstream = any((p.letter.name, p.known) in mine for o in given for p in self._ancestors(o, scope))
        hidden = {(p.letter.name, p.known) for o in before for p in self._hidden(o, scope, mine | theirs | set(scope.latents))}
        shared = any((p.letter.name, p.known) in hidden for o in given for p in self._ancestors(o, scope))
        if not downstream and not shared:
            return self._joint(before, scope, frozenset(theirs))
        if any(o.letter.kind in ("param", "const") or (o.letter.values is None and o.letter.kind == "latent") for o in before):
            if (found := self._posterior_of_latent(before, given, scope)) is not None:
                return found
            # The posterior of a random parameter: its evidence is a number that is free of it, and unknown.
            self.opaque_evidence = True
            data = [replace(o) for o in given if o.letter.kind == "data"]
            if any(one.known for one in (*before, *data)):
                raise ReadingError("the posterior of a parameter given single data is not supported yet", 0, 1, "unsupported")
            told = " ".join(
                sorted(one.letter.name for one in (*before, *data)) + sorted(f"{n}:{v}" for n, v in scope.versions.items())
            )
            evidence = Reference(Symbol(f"evidence of {told}", "data", (), (), "positive"))
            return Divide(multiply(self._joint(before, scope), *(self._everywhere(o, before, scope) for o in data)), evidence)
        inner = replace(scope, latents={key: value for key, value in scope.latents.items() if key not in mine})
        return Divide(self._joint([*before, *given], scope), self._joint(given, inner))

    def _posterior_of_latent(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> Formula | None:
        """The density of one continuous latent given its data, where the evidence has a closed form."""
        if len(before) != 1 or before[0].letter.kind != "latent" or any(one.is_whole for one in given):
            return None
        found = self.conjugate([*before, *given], before[0], scope)
        return None if found is None else Divide(self._joint([*before, *given], scope), found.evidence)

    def conjugate(
        self, occurrences: list[Occurrence], latent: Occurrence, scope: Scope, fixed: frozenset[Key] = frozenset()
    ) -> Conjugate | None:
        """The posterior of a continuous latent given the other variables of a joint density, where it is known."""
        reference = self.reader.reference(latent.letter, latent.known, scope.versions.get(latent.letter.name))
        if not isinstance(reference, Reference) or reference.shape != () or latent.is_whole:
            return None
        return conjugate(self._joint(occurrences, scope, fixed), reference)

    def _everywhere(self, one: Occurrence, given: list[Occurrence], scope: Scope) -> Formula:
        """The density of a datum, or of all of them, given a random parameter."""
        return self.probability([one], given, scope) if one.is_whole else self._joint([one], scope, self._keys(given))

    @staticmethod
    def _keys(occurrences: Iterable[Occurrence]) -> frozenset[Key]:
        return frozenset((one.letter.name, one.known) for one in occurrences)

    def _ancestors(self, one: Occurrence, scope: Scope, fixed: Collection[Key] = ()) -> list[Occurrence]:
        """What a variable depends on, directly or through others; not what it depends on through what is fixed."""
        found: list[Occurrence] = []
        todo = list(self.parents_of(one, scope))
        while todo:
            parent = todo.pop()
            if parent not in found and (parent.letter.name, parent.known) not in fixed:
                found.append(parent)
                todo += self.parents_of(parent, scope)
        return found

    def _hidden(self, one: Occurrence, scope: Scope, fixed: Collection[Key]) -> list[Occurrence]:
        """The latents in between on which a variable depends when others are fixed."""
        return [parent for parent in self._ancestors(one, scope, fixed) if parent.letter.kind == "latent"]

    def _joint(self, occurrences: list[Occurrence], scope: Scope, fixed: frozenset[Key] = frozenset()) -> Formula:
        """The joint density of variables, given those that are ``fixed``; latents in between are summed over."""
        named = self._keys(occurrences) | fixed | set(scope.latents)
        for one in occurrences:
            for parent in self._hidden(one, scope, named):
                if parent.letter.values is None:
                    found = self.conjugate([*occurrences, parent], parent, scope, fixed)
                    if found is None:
                        raise ReadingError(
                            f"an integral over the latent {parent.letter.name} is not supported yet", code="unsupported"
                        )
                    return found.evidence
                key = (parent.letter.name, parent.known)

                def with_value(latent: Occurrence, key: Key = key) -> Formula:
                    bound = scope if latent.value is None else scope.with_latent(*key, latent.value)
                    return self._joint([*occurrences, latent], bound, fixed)

                return self._summed_over(parent, with_value)
        occurrences, counted = self._counted(occurrences, scope)
        ordered = sorted(occurrences, key=lambda o: len(self._ancestors(o, scope)))
        return multiply(*counted, *(self._one(one, scope) for one in ordered))

    def _counted(self, occurrences: list[Occurrence], scope: Scope) -> tuple[list[Occurrence], list[Formula]]:
        """The masses of multinomial counts, of which one statement speaks together; and the variables that are left."""
        factors: list[Formula] = []
        for statement in self.dictionary.statements:
            if len(statement.targets) < 2:
                continue
            letters = [self.letter_of(event.items) for event in statement.targets]
            mine = [one for one in occurrences if one.letter in letters]
            if not mine:
                continue
            if len(mine) != len(letters) or statement.density != "Multinomial":
                raise ReadingError(
                    f"the density of a part of what is declared together, or a joint {statement.density}", 0, 1, "unsupported"
                )
            total = self.reader.formula(statement.arguments[0].items, scope)
            vector = statement.arguments[1].items
            inside = vector[0].parts[0] if len(vector) == 1 and vector[0].kind == "fence" else vector
            chances = [self.reader.formula(part, scope) for part in arguments_of_names(inside)]
            if len(chances) != len(letters):
                raise ReadingError("a multinomial with another number of chances than counts", 0, 1, "ill-formed")
            counts = [Reference(letter.symbol) for letter in letters if letter is not None]
            ways = Divide(Function("gamma", (total + 1,)), multiply(*(Function("gamma", (count + 1,)) for count in counts)))
            factors.append(multiply(ways, *(Power(chance, count) for chance, count in zip(chances, counts, strict=True))))
            occurrences = [one for one in occurrences if one not in mine]
        return occurrences, factors

    def _one(self, one: Occurrence, scope: Scope) -> Formula:
        """The density of one variable given its parents."""
        for statement, match in self.statements_of(one.letter):
            inner = self.placed_at(one, match, scope)
            fits = True
            for event in statement.conditions:
                known = self._letter(event.items, whole=False)
                if known is None or event.value is None:
                    continue
                indices = tuple(self.reader.index(known[1].slots[slot], inner) for slot in known[0].spelling.slots)
                value = scope.latents.get((known[0].name, indices))
                if value is None:
                    raise ReadingError(f"a value of the latent {known[0].name} is missing", 0, 1, "ill-formed")
                literal = plain(event.value)
                if literal.isdigit():
                    fits = fits and value == int(literal)
                elif self.dictionary.is_index(literal):
                    inner = inner.with_index(literal, value)
                else:
                    found = self.reader.index_or_none(event.value, inner)
                    letter = next((n for n in self.dictionary.indices if isinstance(found, Index) and found.name == n), None)
                    if letter is None:
                        raise ReadingError(f"a condition that is not understood: {literal}", 0, 1, "unsupported")
                    inner = inner.with_index(letter, value)
            if not fits:
                continue
            return self._stated(one, statement, inner)
        raise ReadingError(f"no density is declared for {one.letter.name}", 0, 1, "undeclared")

    def _stated(self, one: Occurrence, statement: Statement, scope: Scope) -> Formula:
        letter = one.letter
        missing = [k for k, index in enumerate(one.indices) if index is None]
        if missing:
            bound = Fresh.index(Index("a", letter.symbol.family[missing[0]]))
            slot = letter.spelling.slots[missing[0]]
            statement_slot = next(plain(m.slots[slot]) for s, m in self.statements_of(letter) if s is statement)
            indices = tuple(bound if k == missing[0] else index for k, index in enumerate(one.indices))
            return Product(bound, self._stated(replace(one, indices=indices), statement, scope.with_index(statement_slot, bound)))
        at = Item("letter", statement.density)
        if statement.density == "Categorical":
            value = one.value if one.value is not None else scope.latents.get((letter.name, one.known))
            if value is None:
                raise ReadingError(f"a value of {letter.name} is expected", 0, 1, "ill-formed")
            return self._member(statement.arguments[0].items, value, scope)
        if statement.density == "Density":
            return self._unspecified(one, statement, scope)
        if letter.values is not None and statement.density == "Bernoulli":
            value = one.value if one.value is not None else scope.latents.get((letter.name, one.known))
            chance = self.reader.formula(statement.arguments[0].items, scope)
            if value in (0, 1):
                return chance if value == 1 else ONE - chance
        if density(statement.density).of_family:
            return self._density_of_family(one, statement, scope)
        value_of = self.reader.reference(letter, one.known, scope.versions.get(letter.name))
        return self._density(statement.density, value_of, statement.arguments, scope, at)

    def _density_of_family(self, one: Occurrence, statement: Statement, scope: Scope) -> Formula:
        """The density of all members of a family at once: of probabilities that sum to one."""
        letter, version = one.letter, scope.versions.get(one.letter.name)
        members = [self.member_of(argument.items, scope) for argument in statement.arguments]

        def value(index: IndexLike) -> Formula:
            return self.reader.reference(letter, (*one.known, index), version)

        return density(statement.density).write(value, letter.symbol.family[-1], *members)

    def member_of(self, items: Items, scope: Scope) -> Callable[[IndexLike], Formula]:
        """A vector of parameters as a function of its index."""
        return lambda index: self._member(items, index, scope)

    def _unspecified(self, one: Occurrence, statement: Statement, scope: Scope) -> Formula:
        """An unspecified component density f(x | theta_k): a function of datum, component and the parameters left over."""
        ranges: list[Range] = []
        indices: list[IndexLike] = []
        for index, own in zip(one.known, one.letter.symbol.family, strict=False):
            ranges.append(own)
            indices.append(index)
        for parent in self.parents_of(one, scope):
            value = scope.latents.get((parent.letter.name, parent.known))
            if value is None or not isinstance(parent.letter.values, Range):
                raise ReadingError("an unspecified density given a latent without a value", 0, 1, "unsupported")
            ranges.append(parent.letter.values)
            indices.append(value)
        used = {
            letter.name
            for s in self.dictionary.statements
            for a in s.arguments
            for letter in [self.letter_of(a.items, whole=True)]
            if letter is not None
        }
        arguments: list[Formula] = []
        for letter in self.dictionary.letters:
            if letter.kind != "param" or letter.name in used:
                continue
            # Of a family of parameters a component has its own member.
            own = [[i for i, r in zip(indices, ranges, strict=True) if r == over][-1:] for over in letter.symbol.family]
            if not all(own):
                raise ReadingError(
                    f"an unspecified density with the parameters {letter.name}, of which it has no member", code="unsupported"
                )
            arguments.append(self.reader.reference(letter, tuple(i for one in own for i in one), scope.versions.get(letter.name)))
        name = plain(statement.arguments[0].items)
        function = UnspecifiedFunction(name, tuple(ranges), "positive", tuple(a.shape for a in arguments))
        return Apply(function, tuple(indices), tuple(arguments))

    def _member(self, items: Items, value: IndexLike, scope: Scope) -> Formula:
        """The entry of a probability vector: ``\\pi`` at k, ``A_{i,\\cdot}`` at j."""
        found = self._letter(items, whole=True)
        if found is not None and found[0].extra and not found[1].extra_sub:
            letter = found[0]
            own = tuple(self.reader.index(found[1].slots[s], scope) for s in letter.spelling.slots if s in found[1].slots)
            return self.reader.reference(letter, (*own, value), scope.versions.get(letter.name))
        if found is not None and len(found[0].symbol.family) == 1 and not found[1].slots:
            return self.reader.reference(found[0], (value,), scope.versions.get(found[0].name))
        if found is not None:
            letter, match = found
            own = []
            for slot in letter.spelling.slots:
                chunk = match.slots.get(slot)
                own.append(value if chunk is None or plain(chunk) in ("cdot", ".") else self.reader.index(chunk, scope))
            return self.reader.reference(letter, tuple(own), scope.versions.get(letter.name))
        together = self._tuple(items)
        if together is not None and len(self._members(together[0].body)) == 1:
            return self._member(self._members(together[0].body)[0], value, scope)
        raise ReadingError(
            f"a probability vector that is not declared: {plain(items)}", items[0].start, items[-1].end, "undeclared"
        )

    # Expectations.

    def _expectation(self, item: Item, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        following = line.peek()
        sups: tuple[Items, ...] = ()
        given: Items = ()
        if following is not None and following.kind in ("fence", "group") and following.text in ("()", "[]", "\\{\\}", ""):
            line.take()
            require_plain(following, sups=True)
            inside = following.parts[0]
            cut = sign_at(inside, "mid")
            if cut is not None and item.sub is None:
                inside, given = inside[:cut], inside[cut + 1 :]
            sups = following.sups
            body_items: Items | None = inside
        else:
            body_items = None
        weights = self._weights(item, given, scope)
        body = self.reader.formula(body_items, scope) if body_items is not None else self.reader.product(line, scope)
        self._require_data_given(item, body, weights)
        return self.reader.guarded((item,), lambda: self._mean(body, weights)), sups, 0

    def _covariance(self, item: Item, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        """``Var_z[f]``, ``Cov(f, g)``: the mean of the product less the product of the means; of a vector f by f transposed."""
        fence = line.take()
        require_plain(fence, sups=True)
        inside = fence.parts[0]
        cut = sign_at(inside, "mid")
        given = inside[cut + 1 :] if cut is not None and item.sub is None else ()
        parts = list(arguments_of_names(inside[:cut] if given else inside))
        if len(parts) != 1 and (len(parts) != 2 or item.text in VARIANCE_NAMES):
            raise ReadingError(f"{item.text} of {len(parts)} things", fence.start, fence.end, "ill-formed")
        weights = self._weights(item, given, scope)
        left, right = (self.reader.formula(part, scope) for part in (parts[0], parts[-1]))

        def product(a: Formula, b: Formula) -> Formula:
            return multiply(a, b) if a.shape == () or b.shape == () else MatrixProduct((a, Transpose(b)))

        def build() -> Formula:
            return weights.mean(product(left, right)) - product(weights.mean(left), weights.mean(right))

        return self.reader.guarded((item,), build), fence.sups, 0

    def _divergence(self, fence: Item, scope: Scope) -> Formula:
        """``KL(q(z) || p(z | x))``: the mean under the first of the log of the first over the second, over the first's latent."""
        parts = [self._called(argument.items) for argument in arguments_of(fence.parts[0]) if argument.separator in ("", "Vert")]
        if len(parts) != 2 or any(argument.separator not in ("", "Vert") for argument in arguments_of(fence.parts[0])):
            raise ReadingError(
                "a divergence is one of two distributions, with a double bar", fence.start, fence.end, "ill-formed"
            )
        first = parts[0]
        inside = first[-1].parts[0] if first and first[-1].kind == "fence" else ()
        bar = next((place for place, one in enumerate(inside) if one.is_sign("mid", ";", ",")), len(inside))
        over = self._averaged(inside[:bar], scope, required=True)
        latent = over[0] if over is not None and len(over) == 1 and not over[0].is_whole else None
        values = self.values_of(latent.letter) if latent is not None else None
        if (
            latent is None
            or not isinstance(values, Range)
            or (latent.letter.values is None and not self._is_label(latent.letter))
        ):
            raise ReadingError("a divergence over something else than one latent", fence.start, fence.end, "unsupported")
        index = Fresh.index(Index("h", values))
        inner = scope.with_latent(latent.letter.name, latent.known, index)
        left, right = (self.reader.formula(part, inner) for part in parts)
        return Sum(index, multiply(left, Log(Divide(left, right))))

    def _called(self, items: Items) -> Items:
        """A distribution with its arguments: ``q`` is ``q(z)`` as it was declared."""
        if len(items) == 1:
            for entry in self.dictionary.by_head(items[0].text):
                if entry.spelling.is_call and plain(entry.spelling.items[:-1]) == plain(items):
                    return _values_left_out(entry.spelling.items)
        return items

    def is_a_density(self, item: Item, fence: Item) -> bool:
        """Whether a letter by which densities go stands before variables of the model in brackets."""
        if item.text not in DENSITY_NAMES or item != item.bare or fence.kind != "fence" or fence.text != "()":
            return False
        try:
            found = self._occurrences((fence.bare,), _empty_scope(), {}, [], conditional=False)
        except ReadingError:
            return any(one.is_sign("mid", ";", "=") for one in fence.parts[0])
        return bool(found)

    def _require_data_given(self, item: Item, body: Formula, weights: _Weights) -> None:
        """That data under an expectation are given, and not averaged over themselves: means of data are not read.

        Raises:
            ReadingError: they are averaged over, or that is left open.
        """
        symbols = {node.symbol for node in _unfolded(body) if isinstance(node, Reference)}
        random = {letter.name for letter in self.dictionary.letters if letter.kind == "data" and self.statement_of(letter)}
        data = {symbol.name for symbol in symbols if symbol.role == "data"} & random
        prior = {x.name for x in self.dictionary.letters if x.kind == "param" and self.statement_of(x) is not None}
        over = weights.over or ()
        named = {one.letter.name for one in weights.given if one.letter.kind == "data"}
        if any(one.letter.kind == "data" for one in over):
            raise ReadingError("an expectation over data is not read", item.start, item.end, "unsupported")
        latent = any(symbol.role == "latent" for symbol in symbols)
        if prior & {symbol.name for symbol in symbols if symbol.role == "param"} and not (latent or over or weights.named):
            raise ReadingError("the mean of a parameter with a prior is not read", item.start, item.end, "unsupported")
        if not data or over or weights.named is not None:
            return
        settled = data <= named if weights.given else latent and not weights.prior
        if not settled:
            raise ReadingError(
                "the mean of data, or given the data? name what is averaged over, as in E_{z|x}",
                item.start,
                item.end,
                "ambiguous",
            )

    def _weights(self, item: Item, given: Items, scope: Scope) -> _Weights:
        sub = item.sub
        if sub is None:
            if given:
                return self._posterior_weights(given, scope)
            if self.dictionary.posteriors:
                self.reader.undecided_weights = True
                if self.reader.weights == "moving":
                    self.reader.notes.add("E is over the posterior at the parameters written")
                    return _Weights(self, None, {}, scope)
                self.reader.notes.add("E is over the declared posterior")
                return _Weights(self, None, None, scope)
            self.reader.notes.add("E is over the model")
            return _Weights(self, None, {}, scope, prior=True)
        cut = sign_at(sub, "sim")
        if cut is not None:
            under = self._distribution(sub[cut + 1 :], scope)
            own = self._averaged(sub[:cut], scope, required=True)
            if own is not None and under.over is not None and not _overlap(own, under.over):
                raise ReadingError(
                    f"the distribution is one of something else: {plain(sub)}", sub[0].start, sub[-1].end, "ill-formed"
                )
            return replace(under, over=own or under.over)
        bar = sign_at(sub, "mid")
        if bar is not None:
            return replace(self._posterior_weights(sub[bar + 1 :], scope), over=self._averaged(sub[:bar], scope, required=True))
        latent = self.latent_of(sub)
        if latent is not None:
            over = self._averaged(sub, scope)
            if self.dictionary.posteriors:
                return _Weights(self, None, None, scope, over=over)
            return _Weights(self, None, {}, scope, prior=True, over=over)
        return self._distribution(sub, scope)

    def _averaged(self, items: Items, scope: Scope, *, required: bool = False) -> tuple[Occurrence, ...] | None:
        """The variables that an expectation names: z_i, or all of Z; None where they are none and need not be."""
        try:
            found = [
                one
                for argument in arguments_of(items)
                for one in self._occurrences(argument.items, scope, {}, [], conditional=False)
            ]
        except ReadingError:
            if required:
                raise
            return None
        return tuple(found) or None

    def _posterior_weights(self, given: Items, scope: Scope) -> _Weights:
        versions: dict[str, Version] = {}
        found = False
        data: list[Occurrence] = []
        for argument in arguments_of(given):
            if not argument.items:
                raise ReadingError("an argument is missing")
            if any(one.is_sign("dots") for one in argument.items):
                data = [replace(one, indices=tuple(None for _ in one.indices)) for one in data]
                continue
            if self._tuple(argument.items) is not None and (members := self._averaged(argument.items, scope)) is not None:
                data += members
                continue
            variable = self._variable(self._alias(argument.items), scope)
            if variable is not None:
                data.append(variable)
                continue
            if self._several(argument.items, ("data", "latent")):
                continue
            one = self.versions(argument.items, scope)
            if one is None:
                letter = self.letter_of(argument.items, whole=True)
                if letter is None:
                    raise ReadingError(
                        f"not a variable of the declared model, nor a parameter: {plain(argument.items)}",
                        argument.start,
                        argument.items[-1].end,
                        "undeclared",
                    )
                continue
            found = True
            versions.update(one)
        return _Weights(self, None, versions if found else None, scope, given=tuple(data))

    def _distribution(self, items: Items, scope: Scope) -> _Weights:
        """``q``, ``q(z)``, ``p(z | x, \\theta)``: what an expectation is taken under."""
        if (
            len(items) == 2
            and items[1].kind == "fence"
            and items[0].text in DENSITY_NAMES
            and not self.dictionary.by_head(items[0].text)
        ):
            arguments = arguments_of(items[1].parts[0])
            bar = next((k for k, a in enumerate(arguments) if a.separator == "mid"), None)
            if bar is not None:
                inner = items[1].parts[0]
                cut = next(k for k, one in enumerate(inner) if one.is_sign("mid", ";"))
                conditions = inner[cut + 1 :]
                over = self._averaged(inner[:cut], scope, required=True)
                if any(self._variable(self._alias(a.items), scope) is not None for a in arguments_of(conditions)):
                    return replace(self._posterior_weights(conditions, scope), over=over)
                versions = self.versions(conditions, scope)
                if versions is None:
                    raise ReadingError(
                        f"not a variable of the declared model, nor a parameter: {plain(conditions)}",
                        conditions[0].start,
                        conditions[-1].end,
                        "undeclared",
                    )
                return _Weights(self, None, versions, scope, prior=True, over=over)
            return _Weights(self, None, {}, scope, prior=True, over=self._averaged(items[1].parts[0], scope, required=True))
        head = items[0].text if items else ""
        for entry in self.dictionary.by_head(head):
            if isinstance(entry, (Letter, Unknown, Abbreviation)) and entry.spelling.is_call:
                met = entry.spelling.match(items, 0)
                bare = len(items) == 1 and plain(entry.spelling.items[:-1]) == plain(items)
                if (met is not None and met[1] == len(items)) or bare:
                    over = None if bare else self._averaged(items[-1].parts[0], scope)
                    return _Weights(self, _values_left_out(entry.spelling.items) if bare else items, None, scope, over=over)
        raise ReadingError(
            f"an expectation under something that is not declared: {plain(items)}",
            items[0].start if items else 0,
            items[-1].end if items else 1,
            "undeclared",
        )

    def _mean(self, body: Formula, weights: _Weights) -> Formula:
        return weights.mean(body)

    def integral(self, item: Item, line: Line, scope: Scope) -> Formula:
        """``\\int f dz`` over a latent: a sum over its values, which may be a continuum."""
        mention = self.latent_mention(item.sub, scope) if item.sub is not None else None
        if item.sups or item.primes or (item.sub is not None and mention is None):
            raise ReadingError("an integral over a part of a latent's values", item.start, item.end, "unsupported")
        end = line.position
        depth_end: int | None = None
        while end < len(line.items):
            one = line.items[end]
            if one.kind == "letter" and one.text == "d" and one.sub is None and not one.sups and end + 1 < len(line.items):
                named = self.latent_mention((line.items[end + 1],), scope)
                if named is not None and (mention is None or named == mention):
                    mention, depth_end = named, end
                    break
            end += 1
        if mention is None:
            raise ReadingError("an integral over something that is no declared latent", item.start, item.end, "unsupported")
        letter, indices = mention
        if letter.values is None and not self._is_label(letter):
            raise ReadingError(
                f"an integral over the latent {letter.name} is not supported yet", item.start, item.end, "unsupported"
            )
        values = self.values_of(letter)
        if not isinstance(values, Range):
            raise ReadingError("an integral over numbers", item.start, item.end, "ill-formed")
        index = Index(letter.name, values)
        inner = scope.with_latent(letter.name, indices, index)
        if depth_end is None:
            raise ReadingError("an integral without its d", item.start, item.end, "ill-formed")
        body = self.reader.formula(line.items[line.position : depth_end], inner)
        line.position = depth_end + 2
        return Sum(index, body)

    def picked(self, node: Formula) -> Formula:
        """The node with ``prod_k b_k^{[k = h]}`` written as ``b_h``: what an indicator in an exponent picks."""
        return _picked(node)


@dataclass(slots=True)
class _Weights:
    """Under what an expectation is taken: the posterior (``versions``; None: as declared), the model, or a named distribution."""

    probabilities: Probabilities
    named: Items | None
    versions: Mapping[str, Version] | None
    scope: Scope
    prior: bool = False
    over: tuple[Occurrence, ...] | None = None
    """The variables that are averaged over, where the expectation names them."""
    given: tuple[Occurrence, ...] = ()
    """The variables on which it is conditioned, where it names them."""

    def _require_averaged(self, letter: Letter, indices: tuple[IndexLike, ...]) -> None:
        """That the expectation is one over this latent, given what its posterior is given."""
        mine = (Occurrence(letter, indices),)
        if self.over is not None and not _overlap(mine, self.over):
            raise ReadingError(f"the latent {letter.name} stands under an expectation over something else", code="ill-formed")
        if self.given and all(one.letter.kind == "latent" for one in self.given):
            raise ReadingError("an expectation given latents", code="unsupported")
        for one in self.given:
            if one.letter.kind == "data" and one.known and indices and one.known[0] != indices[0]:
                raise ReadingError(f"the latent {letter.name} given a datum at another index", code="unsupported")

    def weight(self, letter: Letter, indices: tuple[IndexLike, ...], value: IndexLike) -> Formula:
        reader, scope = self.probabilities.reader, self.scope
        self._require_averaged(letter, indices)
        bound = scope.with_latent(letter.name, indices, value)
        if self.named is not None:
            return reader.formula(self.named, bound)
        named = {one.letter.name for one in self.given if one.letter.kind == "data"}
        everything = not named or named >= {one.letter.name for one in self._given(letter, indices)}
        if self.versions is None and not self.prior and everything:
            for posterior in self.probabilities.dictionary.posteriors:
                found = self._declared(posterior, letter, indices, value)
                if found is not None:
                    return found
        inner = replace(bound, versions={**scope.versions, **(self.versions or {})})
        one = Occurrence(letter, indices, value)
        if self.prior:
            return self.probabilities.probability([one], [], inner)
        return self.probabilities.probability([one], self._told(one), inner)

    def _told(self, latent: Occurrence) -> list[Occurrence]:
        """The data on which an expectation over a latent is conditioned: those that it names, else all that depend on the latent.

        Raises:
            ReadingError: a latent in between ties them to the data of other indices.
        """
        given = self._given(latent.letter, latent.known)
        named = {one.letter.name for one in self.given if one.letter.kind == "data"}
        kept = [one for one in given if not named or one.letter.name in named]
        if latent.known and isinstance(latent.known[0], Index) and self.probabilities.are_tied([latent, *kept], latent.known[0]):
            raise ReadingError("data that a latent of all of them ties together", code="unsupported")
        return kept

    def _declared(self, posterior: Posterior, letter: Letter, indices: tuple[IndexLike, ...], value: IndexLike) -> Formula | None:
        """A declared posterior at these indices, if it is one of this latent."""
        slots = posterior.spelling.slots
        if len(slots) != len(indices) + 1 or letter.values is None:
            return None
        reader = self.probabilities.reader
        over = self.probabilities.normalised_index(posterior, tuple(reader.formal_index(slot) for slot in slots))
        if over is None or over.range != letter.values:
            return None
        rest = iter(indices)
        match = Match()
        scope = self.scope
        for slot in slots:
            token = f"#{slot}"
            scope = scope.with_index(token, value if slot == over.name else next(rest))
            match.slots[slot] = (Item("letter", token),)
        return reader.posterior(posterior, match, scope)

    def _given(self, letter: Letter, indices: tuple[IndexLike, ...]) -> list[Occurrence]:
        """The data that depend on a latent, at its indices."""
        found: list[Occurrence] = []
        for other in self.probabilities.dictionary.letters:
            if other.kind != "data" or self.probabilities.statement_of(other) is None:
                continue
            own = len(other.spelling.slots)
            spread = (*indices, *(None for _ in range(own - len(indices))))[:own] if own >= len(indices) else ()
            candidate = Occurrence(other, spread)
            if len(spread) == own and any(p.letter is letter for p in self.probabilities.parents_of(candidate, self.scope)):
                found.append(candidate)
        return found

    def mean(self, body: Formula) -> Formula:
        """The expectation of a formula: pushed inside as far as it is linear, then summed over the latent's values."""
        own = self.probabilities
        for letter in own.dictionary.letters:
            if letter.kind == "latent" and (index := own.own_index(letter)) is not None and index in free_indices(body):
                return Sum(index, multiply(self.weight(letter, (), index), body))
        return _picked(self._pushed(body))

    def _mentions(self, node: Formula) -> set[tuple[Symbol, tuple[IndexLike, ...]]]:
        """The latents in a formula with their indices, as seen from outside of it."""
        found: set[tuple[Symbol, tuple[IndexLike, ...]]] = set()
        for inner in walk(node):
            if isinstance(inner, Reference) and inner.symbol.role == "latent":
                found.add((inner.symbol, inner.indices[:-1] if inner.symbol.domain == "one-hot" else inner.indices))
            elif isinstance(inner, Named):
                found |= self._mentions(unfold(inner))
        return found

    def _pushed(self, node: Formula) -> Formula:
        own = self.probabilities
        mentions = self._mentions(node)
        if not mentions:
            return node
        if isinstance(node, Named):
            return self._pushed(unfold(node))
        if isinstance(node, Add):
            return add(*(self._pushed(term) for term in node.terms))
        if isinstance(node, (Multiply, MatrixProduct)):
            parts = [bool(self._mentions(factor)) for factor in node.factors]
            if sum(parts) == 1:
                return type(node)(tuple(self._pushed(f) if has else f for f, has in zip(node.factors, parts, strict=True)))
            sums = [f for f, has in zip(node.factors, parts, strict=True) if has and isinstance(f, (Sum, Add))]
            if sums and len(mentions) > 1:
                raise ReadingError("the expectation of a product of sums over several latents", 0, 1, "unsupported")
        if isinstance(node, Divide) and not self._mentions(node.denominator):
            return Divide(self._pushed(node.numerator), node.denominator)
        if isinstance(node, Divide):
            return self._pushed(multiply(node.numerator, *_reciprocal(node.denominator)))
        if isinstance(node, Transpose):
            return Transpose(self._pushed(node.argument))
        if isinstance(node, Sum) and not self._all_inside(node):
            return Sum(node.index, self._pushed(node.body))
        if isinstance(node, Log):
            written = _log_written_out(node.argument)
            if written is not None:
                return self._pushed(written)
        if len(mentions) != 1:
            raise ReadingError("an expectation that couples several latents", 0, 1, "unsupported")
        ((symbol, indices),) = mentions
        stray = {i for i in indices if isinstance(i, Index)} - free_indices(node)
        if stray:
            raise ReadingError("the expectation of a nonlinear function of a sum over latents", 0, 1, "unsupported")
        letter = next(x for x in self.probabilities.dictionary.letters if x.name == symbol.name)
        if symbol.domain != "one-hot" or letter.values is None:
            self._require_averaged(letter, indices)
            known = self._moment(node, letter, indices)
            if known is not None:
                return known
            if not any(isinstance(inner, Reference) and inner.symbol.role == "param" for inner in walk(node)):
                # Free of the parameters, and not written out: a number that nothing else is known of.
                own.opaque_expectation = True
                own.opaque_count += 1
                around = tuple(sorted(free_indices(node), key=lambda index: index.name))
                return Reference(Symbol(f"mean {own.opaque_count}", "frozen", tuple(index.range for index in around)), around)
            raise ReadingError(f"the expectation over the latent {letter.name} is not supported yet", 0, 1, "unsupported")
        if isinstance(letter.values, tuple):
            raise ReadingError("an expectation over a latent with numbers for values is not supported yet", 0, 1, "unsupported")
        value = Fresh.index(Index("h", letter.values))
        return Sum(value, multiply(self.weight(letter, indices, value), _picked(_at_value(node, symbol, indices, value))))

    def _moment(self, node: Formula, letter: Letter, indices: tuple[IndexLike, ...]) -> Formula | None:
        """The mean of a feature of a latent that is no category, where assumption or model state it; None where they do not."""
        own = self.probabilities
        scope = replace(self.scope, versions={**self.scope.versions, **(self.versions or {})})
        itself = isinstance(node, Reference) and len(indices) == len(letter.spelling.slots)
        if itself and (assumed := self._assumed_mean(letter, indices)) is not None:
            return assumed
        for statement, match in own.statements_of(letter):
            placed = own.placed_at(Occurrence(letter, indices[: len(letter.spelling.slots)]), match, scope)
            if itself and statement.density == "Multinomial":
                return self._share(letter, statement, placed)
            if len(statement.targets) != 1:
                continue
            if self.prior or (itself and statement.density == "Binomial"):
                return self._stated_mean(node, letter, indices, statement, placed)
        return None if self.prior else self._posterior_mean(node, letter, indices, scope)

    def _stated_mean(
        self, node: Formula, letter: Letter, indices: tuple[IndexLike, ...], statement: Statement, scope: Scope
    ) -> Formula | None:
        """The mean of a feature by the latent's own statement in the model."""
        reader = self.probabilities.reader
        family = density(statement.density)
        feature = _feature(node, Reference(reader.symbol(letter), indices))
        if feature is None or any(self.probabilities.latent_of(event.items) is not None for event in statement.conditions):
            return None
        if not family.of_family:
            return family.mean(feature, *(reader.formula(argument.items, scope) for argument in statement.arguments))
        members = [self.probabilities.member_of(argument.items, scope) for argument in statement.arguments]
        return family.mean_at(feature, indices[-1], letter.symbol.family[-1], *members)

    def _posterior_mean(self, node: Formula, letter: Letter, indices: tuple[IndexLike, ...], scope: Scope) -> Formula | None:
        """The mean of a feature under the posterior of a continuous latent, where that is a density with known means."""
        own = self.probabilities
        latent = Occurrence(letter, indices)
        given = self._told(latent)
        feature = _feature(node, Reference(own.reader.symbol(letter), indices))
        if letter.values is not None or feature is None or any(one.is_whole for one in given):
            return None
        found = own.conjugate([latent, *given], latent, scope)
        return None if found is None else density(found.density).mean(feature, *found.parameters)

    def _assumed_mean(self, letter: Letter, indices: tuple[IndexLike, ...]) -> Formula | None:
        """``assume \\hat w_i = E[w_i | y_i] at ..``: the letter that stands for a latent's mean."""
        own = self.probabilities
        for fact in own.dictionary.facts:
            right = fact.right
            if fact.relation != "=" or len(right) < 2 or right[0].text not in EXPECTATION_NAMES or right[1].kind != "fence":
                continue
            inside = right[1].parts[0]
            cut = next((k for k, item in enumerate(inside) if item.is_sign("mid", ";")), len(inside))
            met, named = own.lettered(inside[:cut]), own.lettered(fact.left)
            if met is None or named is None or met[0] is not letter or named[0].kind != "frozen":
                continue
            at = right[4:] if [item.text for item in right[2:4]] == ["a", "t"] else ()
            if (own.versions(at, self.scope) or {}) != dict(self.versions or {}):
                continue  # the mean under other parameters
            by_slot = {
                plain(chunk): index
                for chunk, index in zip((met[1].slots[s] for s in letter.spelling.slots), indices, strict=True)
            }
            slots = [by_slot.get(plain(named[1].slots[s])) for s in named[0].spelling.slots]
            if all(index is not None for index in slots):
                return Reference(named[0].symbol, tuple(index for index in slots if index is not None))
        return None

    def _share(self, letter: Letter, statement: Statement, scope: Scope) -> Formula | None:
        """The mean of one cell of a multinomial, given the total of the cells that are seen together only."""
        probabilities = self.probabilities
        reader = probabilities.reader
        cells = [probabilities.letter_of(event.items) for event in statement.targets]
        vector = statement.arguments[1].items
        if len(vector) != 1 or vector[0].kind != "fence":
            return None
        chances = [reader.formula(part, scope) for part in arguments_of_names(vector[0].parts[0])]
        if len(chances) != len(cells):
            return None
        for fact in probabilities.dictionary.facts:
            if fact.relation != "=":
                continue
            for total, parts in ((fact.left, fact.right), (fact.right, fact.left)):
                whole = probabilities.letter_of(total)
                inside = [probabilities.letter_of((item,)) for item in parts if not item.is_sign("+")]
                if whole is None or whole.kind != "data" or letter not in inside or None in inside:
                    continue
                if any(item.is_sign("-") for item in parts) or not all(cell in cells for cell in inside):
                    continue
                own = [chances[cells.index(cell)] for cell in inside]
                mine = chances[cells.index(letter)]
                share = Divide(mine, add(*own)) if len(own) > 1 else ONE
                return multiply(Reference(whole.symbol), share)
        return None

    def _all_inside(self, node: Sum) -> bool:
        """Whether a sum runs over the values of one latent that stands outside of it: then it is a function of that latent."""
        return all(node.index not in indices for _, indices in self._mentions(node)) and len(self._mentions(node)) == 1


def _unfolded(node: Formula) -> Iterator[Formula]:
    """Every node of a formula, and of the definitions in it."""
    for inner in walk(node):
        yield inner
        if isinstance(inner, Named):
            yield from _unfolded(unfold(inner))


def _feature(node: Formula, variable: Reference) -> str | None:
    """Which feature of a variable a formula is, by the names of ``FEATURES``; None for any other formula."""
    two = Number(Fraction(2))
    if node == variable:
        return "value"
    if node in (Power(variable, two), multiply(variable, variable), MatrixProduct((variable, Transpose(variable)))):
        return "square"
    if node == Log(variable):
        return "log"
    return "log of the rest" if node == Log(ONE - variable) else None


def _empty_scope() -> Scope:
    from derive.notation.latex_reader import Scope

    return Scope()


def _overlap(some: Iterable[Occurrence], others: Iterable[Occurrence]) -> bool:
    """Whether a variable of the first is, or belongs to, one of the second."""
    return any(
        one.letter is other.letter
        and all(a is None or b is None or a == b for a, b in zip(one.indices, other.indices, strict=True))
        for one in some
        for other in others
    )


def _values_left_out(items: Items) -> Items:
    """``q(z)`` for the pattern ``q(z = k)``: the latent alone, whose value is bound where it is read."""
    fence = items[-1]
    kept: list[Item] = []
    skipping = False
    for item in fence.parts[0]:
        skipping = (skipping or item.is_sign("=")) and not item.is_sign(",", "mid", ";")
        if not skipping:
            kept.append(item)
    return (*items[:-1], replace(fence, parts=(tuple(kept),)))


def _log_written_out(argument: Formula) -> Formula | None:
    """The log of a product as the sum of its logs, the log of a power as a multiple; None for anything else."""
    if isinstance(argument, Named):
        return _log_written_out(unfold(argument))
    if isinstance(argument, Product):
        return Sum(argument.index, _log_written_out(argument.body) or Log(argument.body))
    if isinstance(argument, Multiply):
        return add(*(_log_written_out(factor) or Log(factor) for factor in argument.factors))
    if isinstance(argument, Divide):
        above = _log_written_out(argument.numerator) or Log(argument.numerator)
        return add(above, negate(_log_written_out(argument.denominator) or Log(argument.denominator)))
    if isinstance(argument, Exp):
        return argument.argument
    if isinstance(argument, Power):
        return multiply(argument.exponent, _log_written_out(argument.base) or Log(argument.base))
    return None


def _reciprocal(node: Formula) -> tuple[Formula, ...]:
    """The factors of 1 / node."""
    if isinstance(node, Multiply) and node.shape == ():
        return tuple(part for factor in node.factors for part in _reciprocal(factor))
    if isinstance(node, Divide):
        return (node.denominator, *_reciprocal(node.numerator))
    return (Power(node, Number(Fraction(-1))),)


def _at_value(node: Formula, symbol: Symbol, indices: tuple[IndexLike, ...], value: IndexLike) -> Formula:
    """The formula at one value of a latent: its indicator becomes a delta."""
    if isinstance(node, Reference) and node.symbol == symbol and node.indices[:-1] == indices:
        return Delta(node.indices[-1], value)
    if isinstance(node, Named):
        body = unfold(node)
        changed = _at_value(body, symbol, indices, value)
        return node if changed == body else changed
    return rebuild(node, lambda child: _at_value(child, symbol, indices, value))


def _picked(node: Formula) -> Formula:
    node = rebuild(node, _picked)
    if isinstance(node, Product):
        parts = node.body.factors if isinstance(node.body, Multiply) else (node.body,)
        chosen: list[Formula] = []
        for part in parts:
            found = _chosen(part, node.index)
            if found is None:
                return node
            chosen.append(found)
        return multiply(*chosen)
    return node


def _chosen(part: Formula, index: Index) -> Formula | None:
    if not isinstance(part, Power) or not isinstance(part.exponent, Delta):
        return None
    left, right = part.exponent.left, part.exponent.right
    if left == index and right != index:
        other = right
    elif right == index and left != index:
        other = left
    else:
        return None
    same = isinstance(other, int) or other.range == index.range
    return rename(part.base, {index: other}) if same else None
