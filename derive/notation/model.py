"""What ``p(..)`` means: given by the declared model, never guessed.

A model is a list of statements ``variable | conditions ~ density``. The probability of some variables given others is the product
of their statements' densities, summed over the latents in between; where the given ones lie downstream it is a ratio of two such.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.densities import density
from derive.densities.conjugacy import Conjugate, conjugate
from derive.errors import ReadingError
from derive.formula import (
    ONE,
    Apply,
    Divide,
    Formula,
    Fresh,
    Function,
    Number,
    Power,
    Product,
    Reference,
    Sum,
    UnspecifiedFunction,
    add,
    multiply,
)
from derive.notation.declarations import Abbreviation, Letter, Statement, arguments_of_names
from derive.notation.latents import Latents
from derive.notation.spellings import Argument, Match, arguments_of, chunks_of, plain, sign_at
from derive.notation.surface import Item, Items
from derive.symbols import Index, IndexLike, Range, Symbol

if TYPE_CHECKING:
    from derive.notation.latex_reader import Scope, Version

DENSITY_NAMES = ("p", "P", "\\Pr", "Pr", "\\bb{P}", "f")
Key = tuple[str, tuple[IndexLike, ...]]
"""A variable of the model: its letter's name and its indices."""


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


class Model(Latents):
    """Probabilities of variables by the statements of the model."""

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
        keys = [(one.letter.name, one.indices) for one in (*before, *given)]
        if len(set(keys)) != len(keys):
            raise ReadingError("a variable stands twice in a probability", fence.start, fence.end, "ill-formed")
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
                if isinstance(index, Index) and index.range != own and index.range.upper != own.upper:
                    raise ReadingError(
                        f"{plain(items)}: the index {index.name} runs to {index.range.upper.name}, not to {own.upper.name}",
                        items[0].start,
                        items[-1].end,
                        "ill-formed",
                    )
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
        return bool(self._shared(members, index, empty_scope()))

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
                    self.require_apart(one.letter.name, one.known, other.known, scope)

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
            evidence = self._evidence(f"evidence of {told}", {one.letter.name for one in before}, scope)
            return Divide(multiply(self._joint(before, scope), *(self._everywhere(o, before, scope) for o in data)), evidence)
        inner = replace(scope, latents={key: value for key, value in scope.latents.items() if key not in mine})
        return Divide(self._joint([*before, *given], scope), self._joint(given, inner))

    def _evidence(self, name: str, free_of: set[str], scope: Scope) -> Formula:
        """An evidence that is not written out: positive, and a function of every parameter but those integrated out.

        Raises:
            ReadingError: there is a parameter of which it cannot be written as one.
        """
        arguments: list[Formula] = []
        for letter in self.dictionary.letters:
            if letter.kind != "param" or letter.name in free_of:
                continue
            version = scope.versions.get(letter.name)
            if letter.symbol.family or len(letter.symbol.shape) > 1 or letter.call or (version and version.letter):
                raise ReadingError(f"an evidence that moves with {letter.name} is not read", code="unsupported")
            held = version is not None and version.current and not scope.moved
            arguments.append(Reference(letter.symbol.at_current if held else letter.symbol))
        if not arguments:
            return Reference(Symbol(name, "data", (), (), "positive"))
        function = UnspecifiedFunction(name, (), "positive", tuple(argument.shape for argument in arguments))
        return Apply(function, (), tuple(arguments))

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
        if letter.kind == "data" and isinstance(one.value, int):
            return self._density(statement.density, Number(Fraction(one.value)), statement.arguments, scope, at)
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

    def _density(self, name: str, value: Formula, arguments: Iterable[Argument], scope: Scope, at: Item) -> Formula:
        from derive.notation.latex_reader import with_size

        read = [self.reader.formula(argument.items, scope) for argument in arguments]
        if value.shape and value.shape[0] is not None:
            read = [with_size(one, value.shape[0]) for one in read]
        return self.reader.guarded((at,), lambda: density(name).formula(value, *read))

    def is_a_density(self, item: Item, fence: Item) -> bool:
        """Whether a letter by which densities go stands before variables of the model in brackets."""
        if item.text not in DENSITY_NAMES or item != item.bare or fence.kind != "fence" or fence.text != "()":
            return False
        try:
            found = self._occurrences((fence.bare,), empty_scope(), {}, [], conditional=False)
        except ReadingError:
            return any(one.is_sign("mid", ";", "=") for one in fence.parts[0])
        return bool(found)

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


def empty_scope() -> Scope:
    from derive.notation.latex_reader import Scope

    return Scope()


def _mentions_letter(model: Model, items: Items, letter: Letter) -> bool:
    """Whether a declared letter stands among the items."""
    for place, item in enumerate(items):
        if model.letter_of(items[place : place + 1], whole=True) is letter:
            return True
        if any(_mentions_letter(model, part, letter) for part in item.parts):
            return True
    return False
