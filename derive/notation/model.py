"""What ``p(..)`` means: given by the declared model, never guessed.

A model is a list of statements ``variable | conditions ~ density``. The probability of some variables given others is the product
of their statements' densities, summed over the latents in between; where the given ones lie downstream it is a ratio of two such.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from derive.densities import density
from derive.errors import ReadingError
from derive.formula import (
    Formula,
    Log,
)
from derive.notation.declarations import Abbreviation, Letter
from derive.notation.marginals import Marginals, Occurrence, empty_scope
from derive.notation.spellings import DENSITY_NAMES, Argument, arguments_of, chunks_of, plain, sign_at
from derive.notation.surface import Item, Items
from derive.symbols import IndexLike

if TYPE_CHECKING:
    from derive.notation.latex_reader import Scope, Version


EXPECTATION_NAMES = ("E", "\\bb{E}", "\\cal{E}")
"""Letters by which means go."""


class Model(Marginals):
    """Reads what stands in ``p(..)``."""

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
        tupled: list[Occurrence] = []
        for place, (argument, family) in enumerate(self.runs(list(arguments_of(fence.parts[0])))):
            if argument.separator in ("mid", "Vert") and place:
                target = given
            if family is not None:
                target.append(family)
                continue
            if target is given:
                told |= {*self.parameters_named(argument.items), *self.all_parameters(argument.items)}
                if self._tuple(argument.items) is not None:
                    tupled += self._random_parameters(argument.items, scope)
            target.extend(self._occurrences(argument.items, scope, versions, components, conditional=target is given))
        if any(one.letter.kind == "param" for one in before):
            given += [one for one in tupled if one not in given]
        keys = [(one.letter.name, one.indices) for one in (*before, *given)]
        if len(set(keys)) != len(keys):
            raise ReadingError("a variable stands twice in a probability", fence.start, fence.end, "ill-formed")
        if not before:
            raise ReadingError("a probability of no declared variable", fence.start, fence.end, "undeclared")
        inner = replace(scope, versions={**scope.versions, **versions}, told=frozenset(told))
        return self.reader.guarded((fence,), lambda: self.probability(before, given, inner, components))

    def log_likelihood(self, item: Item, fence: Item | None, scope: Scope) -> Formula:
        """``\\ell``, ``\\ell(\\theta)``, where a note does not define it: the log-density of all the data, without the latents.

        Raises:
            ReadingError: it is asked of some of the data, or parameters have a distribution and are not named as given.
        """
        observed = [
            Occurrence(letter, tuple(None for _ in letter.spelling.slots))
            for letter in self.dictionary.letters
            if letter.kind == "data" and self.statement_of(letter) is not None
        ]
        given: list[Occurrence] = []
        versions: dict[str, Version] = {}
        components: list[tuple[Letter, tuple[IndexLike, ...]]] = []
        told: set[str] = set()
        arguments = arguments_of(fence.parts[0]) if fence is not None else ()
        bar = next((place for place, one in enumerate(arguments) if place and one.separator != ","), len(arguments))
        for argument in arguments[:bar]:
            given += self._occurrences(argument.items, scope, versions, components, conditional=True)
            told |= {*self.parameters_named(argument.items), *self.all_parameters(argument.items)}
            if self._tuple(argument.items) is not None:
                given += [one for one in self._random_parameters(argument.items, scope) if one not in given]
        behind: list[Occurrence] = []
        for argument in arguments[bar:]:
            # Behind a bar the data may stand, all of them.
            behind += self._occurrences(argument.items, scope, {}, components, conditional=False)
        alone = any(one.separator != "," for one in arguments[bar + 1 :]) or (bar < len(arguments) and behind == [])
        others = bool(behind) and not (all(one in observed for one in behind) and all(one in behind for one in observed))
        if components or alone or others or any(one.letter.kind != "param" for one in given):
            raise ReadingError(
                "a log-likelihood is of all the data, at all the parameters: one of anything else is to be defined",
                item.start,
                fence.end if fence is not None else item.end,
                "unsupported",
            )
        random = {x.name for x in self.dictionary.letters if x.kind == "param" and self.statement_of(x) is not None}
        if random - told:
            raise ReadingError(
                f"a log-likelihood given {min(random)}, or with it averaged over? name it, as in \\ell(\\theta)",
                item.start,
                item.end,
                "ambiguous",
            )
        inner = replace(scope, versions={**scope.versions, **versions}, told=frozenset(told))
        return self.reader.guarded((item,), lambda: Log(self.probability(observed, given, inner)))

    def runs(self, arguments: list[Argument]) -> Iterator[tuple[Argument, Occurrence | None]]:
        """The arguments, each with the family that it begins where all its members are written: ``x_1, \\dots, x_n``.

        Raises:
            ReadingError: dots stand for something else.
        """
        place = 0
        while place < len(arguments):
            end, letter = self._run(arguments, place)
            if letter is not None:
                yield arguments[place], Occurrence(letter, (None,))
            elif any(item.is_sign("dots") for item in arguments[place].items):
                raise ReadingError(
                    "dots that do not run from the first to the last of a family",
                    arguments[place].items[0].start,
                    arguments[place].items[-1].end,
                    "unsupported",
                )
            else:
                yield arguments[place], None
            place = end

    def _run(self, arguments: list[Argument], place: int) -> tuple[int, Letter | None]:
        """Where ``x_1, x_2, \\dots, x_n`` ends, and the letter whose members it lists; else the next place, and None."""
        first = self._letter(arguments[place].items, whole=False) if arguments[place].items else None
        if first is None or len(first[0].spelling.slots) != 1 or first[0].kind not in ("data", "latent"):
            return place + 1, None
        letter, slot, over = first[0], first[0].spelling.slots[0], first[0].symbol.family[0]
        counted = over.lower
        for here in range(place, len(arguments)):
            items = arguments[here].items
            if here > place and arguments[here].separator != ",":
                break
            if len(items) == 1 and items[0].is_sign("dots") and here > place and here + 1 < len(arguments):
                last = self._letter(arguments[here + 1].items, whole=False)
                whole = last is not None and last[0] is letter and plain(last[1].slots.get(slot, ())) == over.upper.name
                return (here + 2, letter) if whole and arguments[here + 1].separator == "," else (place + 1, None)
            met = self._letter(items, whole=False) if items else None
            if met is None or met[0] is not letter or plain(met[1].slots.get(slot, ())) != str(counted):
                break
            counted += 1
        return place + 1, None

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
        if len(items) == 1 and items[0].kind == "fence" and (items[0].text not in ("()", "[]") or items[0] != items[0].bare):
            raise ReadingError(f"a set of variables: {plain(items)}", items[0].start, items[-1].end, "unsupported")
        if len(items) == 1 and items[0].kind in ("fence", "group") and items[0] == items[0].bare:
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
                fixed = {slot: self.reader.index(chunk, scope) for slot, chunk in together[1].slots.items()}
                found = []
                for member in members:
                    letter, own = self._letter(member, whole=True) or (None, None)
                    if letter is not None and own is not None:
                        chunks = [plain(own.slots.get(slot, ())) for slot in letter.spelling.slots]
                        found.append(Occurrence(letter, tuple(fixed.get(chunk) for chunk in chunks)))
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
            self.require_of_the_model(items)
            versions.update(found_versions)
            components.extend(self._components_of(items, scope))
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
            # Of a tuple that is given one sees when all is read whether its members are random there, or parameters.
            return self._random_parameters(items, scope) if not conditional or together is None else []
        if conditional and len(items) == 1 and items[0].text in self.dictionary.sizes:
            return []
        raise ReadingError(
            f"not a variable of the declared model, nor a parameter: {plain(items)}", items[0].start, items[-1].end, "undeclared"
        )

    def _random_parameters(self, items: Items, scope: Scope) -> list[Occurrence]:
        """The parameters with a distribution of their own that items are: one, or those of a tuple."""
        variable = self._variable(items, scope, parameters=True)
        if variable is not None:
            return [variable]
        together = self._tuple(items)
        if together is None:
            return []
        fixed = {slot: self.reader.index(chunk, scope) for slot, chunk in together[1].slots.items()}
        inner = replace(scope, indices={**scope.indices, **fixed})
        found: list[Occurrence] = []
        for member in self._members(together[0].body):
            alone = self._letter(member, whole=True) if self._tuple(member) is None else None
            if alone is not None and alone[0].spelling.slots and not fixed and self.statement_of(alone[0]) is not None:
                # All of a family, as in \\Theta = (\\theta_j).
                found.append(Occurrence(alone[0], tuple(None for _ in alone[0].spelling.slots)))
            else:
                found += self._random_parameters(member, inner)
        return found

    def _components_of(self, items: Items, scope: Scope) -> list[tuple[Letter, tuple[IndexLike, ...]]]:
        """The members of families among parameters: those of a tuple with an index, and those of a marked letter."""
        together = self._tuple(items)
        if together is None:
            marked = len(items) == 1 and bool(items[0].sups) and self.mark_above(items[0].sups[-1]) in self.marks
            bare = (replace(items[0], sups=items[0].sups[:-1]),) if marked else ()
            known = self._letter(bare, whole=False) if bare else None
            if known is None or not known[0].spelling.slots:
                return []
            return [(known[0], tuple(self.reader.index(known[1].slots[s], scope) for s in known[0].spelling.slots))]
        entry, match = together
        fixed = {slot: self.reader.index(chunk, scope) for slot, chunk in match.slots.items()}
        found: list[tuple[Letter, tuple[IndexLike, ...]]] = []
        for member in self._members(entry.body) if fixed else ():
            known = self._letter(member, whole=False)
            if known is not None and known[0].kind in ("param", "frozen") and known[0].spelling.slots:
                inner = replace(scope, indices={**scope.indices, **fixed})
                found.append((known[0], tuple(self.reader.index(known[1].slots[s], inner) for s in known[0].spelling.slots)))
        return found

    def _assigned(self, left: Items, right: Items, scope: Scope) -> Occurrence:
        variable = self._variable(self._alias(left), scope)
        if variable is not None and variable.is_whole:
            raise ReadingError(f"one value for all of {plain(left)}", left[0].start, right[-1].end, "unsupported")
        if variable is not None:
            value = self.reader.index(right, scope)
            if variable.letter.values is None:
                self._require_a_number(variable, value, (*left, *right))
            return replace(variable, value=value)
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

    def _require_a_number(self, variable: Occurrence, value: IndexLike, items: Items) -> None:
        """That a datum may be given a value, as in ``p(x_i = 0)``: a number, and nothing else depends on the datum.

        Raises:
            ReadingError: it may not.
        """
        statements = [statement for statement, _ in self.statements_of(variable.letter)]
        used = any(
            self.letter_of(part) is variable.letter
            for statement in self.dictionary.statements
            for event in statement.conditions
            for part in (event.items,)
        ) or any(
            _mentions_letter(self, argument.items, variable.letter)
            for s in self.dictionary.statements
            for argument in s.arguments
        )
        simple = all(
            len(s.targets) == 1 and s.density not in ("Categorical", "Density") and not density(s.density).of_family
            for s in statements
        )
        domain = variable.letter.symbol.domain
        if isinstance(value, int) and (value < 0 or (domain == "bool" and value > 1)):
            raise ReadingError(f"{value} is no value of {variable.letter.name}", items[0].start, items[-1].end, "ill-formed")
        if (
            variable.letter.kind != "data"
            or not isinstance(value, int)
            or variable.is_whole
            or used
            or not (statements and simple)
        ):
            raise ReadingError(
                f"a value of {variable.letter.name} in a probability is not read here",
                items[0].start,
                items[-1].end,
                "unsupported",
            )

    def _variable(self, items: Items, scope: Scope, *, parameters: bool = False) -> Occurrence | None:
        kinds = ("param", "const") if parameters else ("data", "latent")
        found = self._letter(items, whole=False)
        if found is not None and found[0].kind in kinds and not found[1].extra_sub:
            if parameters and self.statement_of(found[0]) is None:
                return None
            indices = tuple(self.reader.index(found[1].slots[slot], scope) for slot in found[0].spelling.slots)
            for index, own in zip(indices, found[0].symbol.family, strict=False):
                if isinstance(index, int) and index < own.lower:
                    raise ReadingError(f"{plain(items)}: an index below {own.lower}", items[0].start, items[-1].end, "ill-formed")
                self.require_range(items, index, own)
            return Occurrence(found[0], indices)
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
            if any(len(chunk) == 1 and chunk[0].kind == "number" and len(chunk[0].text) > 1 for chunk in given):
                raise ReadingError(
                    f"one index or two: {plain(items)}? try a comma between two", items[0].start, items[-1].end, "ambiguous"
                )
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

    def is_a_density(self, item: Item, fence: Item) -> bool:
        """Whether a letter by which densities or means go stands before variables of the model in brackets."""
        if item.text in EXPECTATION_NAMES and item == item.bare and fence.kind == "fence" and fence.text == "[]":
            return any(self._stands_in(fence.parts[0], letter) for letter in self.dictionary.letters if letter.kind == "latent")
        if item.text not in DENSITY_NAMES or fence.kind != "fence" or fence.text != "()":
            return False
        try:
            found = self._occurrences((fence.bare,), empty_scope(), {}, [], conditional=False)
        except ReadingError:
            return any(one.is_sign("mid", ";", "=") for one in fence.parts[0])
        return bool(found)

    def _stands_in(self, items: Items, letter: Letter) -> bool:
        """Whether a letter stands anywhere among the items."""
        return any(
            letter.spelling.match(items, place) is not None
            or any(self._stands_in(part, letter) for part in (*item.parts, item.sub or (), *item.sups))
            for place, item in enumerate(items)
        )

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


def _mentions_letter(model: Model, items: Items, letter: Letter) -> bool:
    """Whether a declared letter stands among the items."""
    for place, item in enumerate(items):
        if model.letter_of(items[place : place + 1], whole=True) is letter:
            return True
        if any(_mentions_letter(model, part, letter) for part in item.parts):
            return True
    return False
