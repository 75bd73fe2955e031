"""Probabilities of variables by the statements of the model: products over plates, sums over what is not named.

A variable of the model is a cell of a family, or all cells (``X`` for all the x_i). Every probability is a joint density of
what is named, or a ratio of two. In a joint density a latent that is not named is summed over: around the product over an index
where members of all indices share it, inside where each index has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.densities import CHANCES, Member, density
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
    free_indices,
    multiply,
    walk_unfolded,
)
from derive.notation.declarations import Abbreviation, Letter, Statement, arguments_of_names
from derive.notation.latents import Latents
from derive.notation.parameters import UNSPECIFIED
from derive.notation.spellings import Argument, Match, plain
from derive.notation.surface import Item, Items
from derive.proposals.posteriors import Conjugate, conjugate
from derive.symbols import SUMS_TO_ONE, Index, IndexLike, Range, Symbol

if TYPE_CHECKING:
    from derive.notation.latex_reader import Scope

Key = tuple[str, tuple[IndexLike, ...]]
"""A variable of the model: its letter's name and its indices."""


PLACE = "#value"
"""What stands for the index of a member where a whole family was written."""


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


class Marginals(Latents):
    """Joint densities of variables, and of some given others."""

    def statements_of(self, letter: Letter) -> list[tuple[Statement, Match]]:
        found: list[tuple[Statement, Match]] = []
        if self.dictionary.contradicted and plain(letter.spelling.items) in self.dictionary.contradicted:
            raise ReadingError(f"{plain(letter.spelling.items)} was given its distribution in two ways", code="declaration")
        if self.dictionary.lost and plain(letter.spelling.items) in self.dictionary.lost:
            raise ReadingError(f"the distribution of {plain(letter.spelling.items)} could not be read", code="declaration")
        for statement in self.dictionary.statements:
            for event in statement.targets:
                known = self._letter(event.items, whole=False)
                if known is None:
                    # Passed over, what it says would be missing in every probability.
                    raise ReadingError(f"a distribution of what is not declared so: {plain(event.items)}", code="undeclared")
                if known[0] is letter:
                    found.append((statement, known[1]))
        return found

    def bounds_by(
        self, statement: Statement, letter: Letter, indices: tuple[Index, ...], scope: Callable[[], Scope]
    ) -> tuple[tuple[Formula, Formula], ...]:
        """What a statement says of a letter's values beyond its domain: pairs of which the first is at most the second.

        Raises:
            ReadingError: an argument of the density cannot be read in the scope.
        """
        if statement.density == "Density" or density(statement.density).of_family:
            return ()
        place = scope()
        arguments = [self.reader.formula(argument.items, place) for argument in statement.arguments]
        return density(statement.density).within(Reference(letter.symbol, indices), *arguments)

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
            together = [self.letter_of(event.items) for event in statement.targets]
            for argument in statement.arguments:
                for parent in self._random_in(argument.items, occurrence.letter, inner):
                    # What has its density together with the variable does not come before it.
                    if parent.letter not in together and not any(covers(one, parent) for one in found):
                        found.append(parent)
        return found

    def _random_in(self, items: Items, target: Letter, scope: Scope, opened: tuple[Abbreviation, ...] = ()) -> list[Occurrence]:
        """The variables with a distribution of their own among the arguments of a statement: they are parents, said or not.

        They are looked for below powers and transposes, and in what abbreviations stand for.

        Raises:
            ReadingError: it cannot be told which members they are.
        """
        found: list[Occurrence] = []
        for place, item in enumerate(items):
            known = self._letter_at(items, place)
            random = known is not None and (known[0].kind == "latent" or bool(self.statements_of(known[0])))
            if known is not None and random and known[0] is not target and item.kind == "letter":
                letter, match = known
                if not all(slot in match.slots for slot in letter.spelling.slots):
                    raise ReadingError(
                        f"a distribution with all of {letter.name}, which is random; say which behind the bar", code="unsupported"
                    )
                chunks = [match.slots[slot] for slot in letter.spelling.slots]
                found.append(Occurrence(letter, tuple(self.reader.index(chunk, scope) for chunk in chunks)))
            for entry in self.dictionary.by_head(item.text) if known is None else ():
                met = entry.spelling.match(items, place) if isinstance(entry, Abbreviation) and entry not in opened else None
                if isinstance(entry, Abbreviation) and met is not None:
                    own = {
                        slot: index
                        for slot, chunk in met[0].slots.items()
                        if (index := self.reader.index_or_none(chunk, scope)) is not None
                    }
                    inner = replace(scope, indices={**scope.indices, **own})
                    found.extend(self._random_in(entry.body, target, inner, (*opened, entry)))
                    break
            for part in (*item.parts, item.sub or (), *item.sups):
                found.extend(self._random_in(part, target, scope, opened))
        return found

    def _letter_at(self, items: Items, place: int) -> tuple[Letter, Match] | None:
        """The declared letter that begins here, whatever power it is raised to, transposed or not."""
        item = items[place]
        for one in (item, replace(item, primes=0), replace(item, sups=(), primes=0)):
            known = self._letter((one,), whole=False) or self._letter((one,), whole=True)
            if known is not None:
                return known
        for entry in self.dictionary.by_head(item.text):
            met = entry.spelling.match(items, place) if isinstance(entry, Letter) else None
            if isinstance(entry, Letter) and met is not None:
                return entry, met[0]
        return None

    def _declared_letter(self, over: Range) -> Index:
        """A letter that runs over a range: as it was declared, where one was."""
        known = (index for index in self.dictionary.indices.values() if isinstance(index, Index))
        declared = (index for index in known if index.range == over and "'" not in index.name)
        return next(declared, Index("i", over))

    def placed_at(self, occurrence: Occurrence, match: Match, scope: Scope) -> Scope:
        """A scope in which the letters of a statement stand for the indices of an occurrence."""
        indices = dict(scope.indices)
        # A family in its entries (probabilities that sum to one) has an index more than its statement.
        for slot, index in zip(occurrence.letter.spelling.slots, occurrence.indices, strict=False):
            chunk = match.slots[slot]
            if index is not None:
                indices[plain(chunk)] = index
        return replace(scope, indices=indices)

    # Probabilities by the statements.

    def probability(
        self,
        before: list[Occurrence],
        given: list[Occurrence],
        scope: Scope,
        components: list[tuple[Letter, tuple[IndexLike, ...]]] | None = None,
    ) -> Formula:
        """The probability (density) of some variables given others.

        Raises:
            ReadingError: it is none (a variable given itself), or asks for an integral that is not known.
        """
        inputs = [one for one in given if self.statement_of(one.letter) is None]
        parts = [p.items for s in self.dictionary.statements for p in (*s.arguments, *s.conditions)] if inputs else []
        used = {name for items in parts for name in self.letters_behind(items)}
        for one in inputs:
            if one.letter.name not in used:
                # Nothing is known of how it depends on the variables: given it they need not be what they are without it.
                raise ReadingError(f"no density is declared for {one.letter.name}", 0, 1, "undeclared")
        self._require_inputs_told(before, inputs, scope)
        given = [one for one in given if self.statement_of(one.letter) is not None]
        before, given = ([self._valued(one, scope) for one in part] for part in (before, given))
        given = [*given, *self._labels(before, given, components or [], scope)]
        if any(covers(one, other) or covers(other, one) for one in before for other in given):
            raise ReadingError("a variable that is given itself", code="ill-formed")
        self._require_parameters_told(before, given, scope)
        return self._conditional(before, given, replace(scope, latents={}))

    def _require_inputs_told(self, before: list[Occurrence], inputs: list[Occurrence], scope: Scope) -> None:
        """That of data without a distribution either none are named as given, or all on which the variables depend.

        Raises:
            ReadingError: one is named, and another is not.
        """
        for one in before if inputs else ():
            member, letters = generic(one)
            for statement, match in self.statements_of(member.letter):
                inner = self.placed_at(member, match, scope)
                for argument in statement.arguments:
                    for name in self.letters_behind(argument.items):
                        letter = next(x for x in self.dictionary.letters if x.name == name)
                        if letter.kind != "data" or self.statement_of(letter) is not None:
                            continue
                        cells = self._cells_of(argument.items, letter, inner)
                        if not cells or not all(any(self._names(given, cell, letters) for given in inputs) for cell in cells):
                            raise ReadingError(
                                f"given some of the inputs, and not {name} as {one.letter.name} needs it", code="unsupported"
                            )

    def _names(self, given: Occurrence, cell: Occurrence, letters: Container[IndexLike]) -> bool:
        """Whether a datum is among what is given: itself, or all of its family where it stands for any member."""
        if any(index is not None and index in letters for index in cell.indices):
            return given.letter is cell.letter and given.is_whole
        return covers(given, cell)

    def _cells_of(self, items: Items, letter: Letter, scope: Scope) -> list[Occurrence]:
        """Where a datum stands among the items, at which indices; nothing where that is not told."""
        found: list[Occurrence] = []
        for item in items:
            known = self._letter((item,), whole=False)
            if known is not None and known[0] is letter:
                chunks = [known[1].slots[slot] for slot in letter.spelling.slots]
                found.append(Occurrence(letter, tuple(self.reader.index(chunk, scope) for chunk in chunks)))
            for part in (*item.parts, item.sub or (), *item.sups):
                found += self._cells_of(part, letter, scope)
        return found

    def _valued(self, one: Occurrence, scope: Scope) -> Occurrence:
        """A category with the value to which it is bound around the probability, where it is."""
        if one.value is not None or one.is_whole or one.letter.values is None:
            return one
        bound = self._bound_value(one.letter, one.known, scope)
        return one if bound is None else replace(one, value=bound)

    def _labels(
        self,
        before: list[Occurrence],
        given: list[Occurrence],
        components: list[tuple[Letter, tuple[IndexLike, ...]]],
        scope: Scope,
    ) -> list[Occurrence]:
        """``p(x_n | \\mu_k)``: the parameters of component k say that the latent is k."""
        found: list[Occurrence] = []
        components = [(letter, indices) for letter, indices in components if indices and letter.symbol.family]
        heard: set[str] = set()
        for one in before if components else ():
            member, letters = generic(one)
            used = self.letters_of_arguments(statement for statement, _ in self.statements_of(member.letter))
            heard |= used
            for parent in self.parents_of(member, scope):
                if parent.letter.kind != "latent":
                    continue
                covering = [other for other in (*before, *given, *found) if covers(other, parent)]
                if covering:
                    self._require_same_component(parent, covering, components, used)
                    continue
                own_components = [pair for pair in components if pair[0].symbol.family[0] == parent.letter.values]
                values = {indices[0] for _, indices in own_components}
                if len(values) > 1:
                    raise ReadingError("parameters of two components in one probability", code="ill-formed")
                if not any(self.own_name(letter) in used for letter, _ in own_components):
                    continue  # they are parameters of something else
                own = tuple(None if index in letters else index for index in parent.indices)
                found.extend(Occurrence(parent.letter, own, value) for value in values)
        if components and not any(self.own_name(letter) in heard for letter, _ in components):
            raise ReadingError(f"{components[0][0].name} is no parameter of what stands before the bar", code="unsupported")
        return found

    def _require_same_component(
        self,
        parent: Occurrence,
        covering: list[Occurrence],
        components: list[tuple[Letter, tuple[IndexLike, ...]]],
        used: Container[str],
    ) -> None:
        """That the parameters which are named are those of the component that is given.

        Raises:
            ReadingError: they are another one's.
        """
        values = {other.value for other in covering if other.value is not None}
        for letter, indices in components if values else ():
            own = letter.symbol.family[0] == parent.letter.values and self.own_name(letter) in used
            if own and indices[0] not in values:
                raise ReadingError(f"{letter.name} of another component than the one that is given", code="ill-formed")

    def _conditional(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> Formula:
        given = self.localised(before, given, scope)
        if self._is_upstream(given, before, scope):
            return self._joint(before, given, scope)
        unseen = [one.letter for one in before if one.letter.kind != "data"]
        if any(letter.kind in ("param", "const") or letter.values is None for letter in unseen):
            return self._posterior(before, given, scope)
        return Divide(self._joint([*before, *given], [], scope), self._joint(given, [], scope))

    def localised(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> list[Occurrence]:
        """What is given, without what says nothing more: of all data those at the indices of what they are given for.

        That is so where nothing unnamed ties data of different indices together.
        """
        found = list(given)
        for _ in range(4):
            for whole in found:
                members = self._local(whole, before, found, scope)
                if members is not None:
                    found = [*(one for one in found if one is not whole), *(m for m in members if m not in found)]
                    break
            else:
                return found
        return found

    def _local(
        self, whole: Occurrence, before: list[Occurrence], given: list[Occurrence], scope: Scope
    ) -> list[Occurrence] | None:
        """The members of all data of one place that matter; None where all may matter."""
        if not whole.is_whole:
            return None
        named = [*before, *given]
        for place, (index, own) in enumerate(zip(whole.indices, whole.letter.symbol.family, strict=False)):
            if index is not None:
                continue
            here: list[IndexLike] = []
            for one in before:
                mine = [i for i, r in zip(one.indices, one.letter.symbol.family, strict=False) if r == own]
                if len(mine) != 1 or mine[0] is None:
                    break  # it has no index here, or all of them
                here += [i for i in mine if i is not None and i not in here]
            else:
                letter = Fresh.index(Index("i", own))
                member, _ = generic(self._placed(whole, place, letter))
                hidden = [self.hidden_above(generic(one)[0], named, scope) for one in before]
                above = self.hidden_above(member, named, scope)
                untied = all(letter in latent.known for latent in above) and all(
                    set(latent.known) & set(here) for latents in hidden for latent in latents
                )
                if untied and len(self._slots_over(whole, own)) == 1:
                    return [self._placed(whole, place, index) for index in here]
        return None

    @staticmethod
    def _slots_over(one: Occurrence, over: Range) -> list[int]:
        return [place for place, own in enumerate(one.letter.symbol.family[: len(one.indices)]) if own == over]

    @staticmethod
    def _placed(one: Occurrence, place: int, index: IndexLike) -> Occurrence:
        return replace(one, indices=(*one.indices[:place], index, *one.indices[place + 1 :]))

    def _is_upstream(self, given: list[Occurrence], before: list[Occurrence], scope: Scope) -> bool:
        """Whether nothing given depends on the variables, or on what they depend on unnamed: then it is fixed as it is."""
        named = [*before, *given]
        mine = {one.letter.name for one in before}
        for one in before:
            mine |= {latent.letter.name for latent in self.hidden_above(generic(one)[0], named, scope)}
        theirs = {one.letter.name for one in given}
        for one in given:
            theirs |= {parent.letter.name for parent in self.ancestors_of(generic(one)[0], scope)}
        return not mine & theirs

    def hidden_above(self, one: Occurrence, named: list[Occurrence], scope: Scope) -> list[Occurrence]:
        """The latents on which a variable depends, directly or through others that are not named."""
        found: list[Occurrence] = []
        todo = list(self.parents_of(one, scope))
        while todo:
            parent = todo.pop()
            if parent in found or any(covers(other, parent) for other in named):
                continue
            if parent.letter.kind == "data" and self.statements_of(parent.letter):
                raise ReadingError(
                    f"{one.letter.name} depends on {parent.letter.name}, which is random: name it among what is given",
                    code="unsupported",
                )
            found.append(parent)
            todo += self.parents_of(parent, scope)
        return [parent for parent in found if parent.letter.kind == "latent"]

    def _joint(self, cells: list[Occurrence], fixed: list[Occurrence], scope: Scope) -> Formula:
        """The joint density of variables, given those that are ``fixed``, none of which depends on them.

        What several variables share is summed over around their product, what one of all members has to itself inside of it.
        """
        cells, fixed = [*cells], self._resolved(cells, fixed, scope)
        for one in (*cells, *fixed):
            if one.letter.kind == "latent" and one.letter.values is not None and one.value is None and not one.is_whole:
                return self._for_its_value(one, cells, fixed, scope)
        wholes = [one for one in cells if one.is_whole]
        for one in wholes:
            member, letters = generic(one)
            for latent in self.hidden_above(member, [*cells, *fixed], scope):
                if not set(latent.known) & letters:
                    return self._summed_over(latent, lambda named: self._joint([*cells, named], fixed, scope))
        if wholes:
            return self._over_plate(cells, wholes[0], fixed, scope)
        for one in cells:
            self.hidden_above(one, [*cells, *fixed], scope)  # nothing random may be left out but latents
        self._require_apart(cells, fixed, scope)
        return self._of_members(
            cells, self._with_values((*cells, *fixed), scope), self._keys(one for one in fixed if not one.is_whole)
        )

    @staticmethod
    def _with_values(cells: Iterable[Occurrence], scope: Scope) -> Scope:
        """A scope in which categories have the values that they are given."""
        for one in cells:
            if one.letter.values is not None and one.value is not None and not one.is_whole:
                scope = scope.with_latent(one.letter.name, one.known, one.value)
        return scope

    def _resolved(self, cells: list[Occurrence], fixed: list[Occurrence], scope: Scope) -> list[Occurrence]:
        """What is fixed, with the members of whole families on which the variables depend by themselves."""
        found = list(fixed)
        for one in cells if any(other.is_whole for other in fixed) else ():
            if one.is_whole:
                continue
            for parent in self.ancestors_of(one, scope, self._keys(o for o in found if not o.is_whole)):
                for whole in fixed:
                    if (
                        whole.is_whole
                        and covers(whole, parent)
                        and not any(o.letter is parent.letter and o.indices == parent.indices for o in found)
                    ):
                        found.append(replace(whole, indices=parent.indices))
        return found

    def _for_its_value(self, one: Occurrence, cells: list[Occurrence], fixed: list[Occurrence], scope: Scope) -> Formula:
        """``p(z)`` of a category that has no value: ``prod_h p(z = h)^{[z = h]}``."""
        values = one.letter.values
        if not isinstance(values, Range):
            raise ReadingError(f"a value of the latent {one.letter.name} is expected", 0, 1, "ill-formed")
        index = Fresh.index(Index("h", values))
        valued = replace(one, value=index)
        mine, theirs = ([valued if other == one else other for other in part] for part in (cells, fixed))
        return Product(index, Power(self._joint(mine, theirs, scope), Reference(one.letter.symbol, (*one.known, index))))

    def are_tied(self, members: list[Occurrence]) -> bool:
        """Whether variables at one index depend, through latents in between, on those at others."""
        indices = {index for one in members for index in one.known}
        return bool(indices) and any(
            not set(latent.known) & indices
            for one in members
            for latent in self.hidden_above(generic(one)[0], members, empty_scope())
        )

    def _over_plate(self, cells: list[Occurrence], whole: Occurrence, fixed: list[Occurrence], scope: Scope) -> Formula:
        """The joint density where whole families are among the variables, and nothing unnamed ties their members together."""
        for known, over in zip(whole.indices, whole.letter.symbol.family, strict=False):
            if known is not None:
                continue
            index = Fresh.index(self._declared_letter(over))
            members = [self._at(one, over, index) for one in cells]
            inside = [member for one, member in zip(cells, members, strict=True) if member != one]
            if all(
                index in latent.known
                for member in inside
                for latent in self.hidden_above(generic(member)[0], [*members, *fixed, *cells], scope)
            ):
                return self._factored(cells, over, index, fixed, scope)
        raise ReadingError("data that latents tie together across both of their indices", code="unsupported")

    def _at(self, one: Occurrence, over: Range, index: IndexLike) -> Occurrence:
        """The member of a whole family at an index of a range."""
        for place, (known, own) in enumerate(zip(one.indices, one.letter.symbol.family, strict=False)):
            if known is None and own == over:
                return self._placed(one, place, index)
        return one

    def _factored(self, cells: list[Occurrence], over: Range, index: Index, fixed: list[Occurrence], scope: Scope) -> Formula:
        """A product over an index of what each member has, the variables without that index, and single members given these."""
        inside = [one for one in cells if self._at(one, over, index) != one]
        single = [one for one in cells if one not in inside and self._slots_over(one, over)]
        rest = [one for one in cells if one not in inside and one not in single]
        if any(self._at(one, over, index) == one and self._slots_over(one, over) for one in fixed):
            raise ReadingError("all members of a family, given something of a single one", code="unsupported")
        around = [self._at(one, over, index) for one in fixed]
        factors: list[Formula] = []
        if rest:
            factors.append(self._joint(rest, fixed, scope))
        factors.append(Product(index, self._joint([self._at(one, over, index) for one in inside], [*around, *rest], scope)))
        if single:
            at = dict.fromkeys(
                known for one in single for known, own in zip(one.indices, one.letter.symbol.family, strict=False) if own == over
            )
            if None in at or any(len(self._slots_over(one, over)) != 1 for one in single):
                raise ReadingError("members of families over one range, in another order", code="unsupported")
            theirs = [self._at(one, over, i) for i in at if i is not None for one in (*inside, *fixed)]
            theirs = list(dict.fromkeys([*theirs, *rest]))
            if any(covers(one, other) or covers(other, one) for one in single for other in theirs):
                raise ReadingError("a variable, and all of its family", code="ill-formed")
            factors.append(self._conditional(single, theirs, scope))
        return multiply(*factors) if len(factors) > 1 else factors[0]

    def _posterior(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> Formula:
        """The density of a continuous latent or of a random parameter given what depends on it.

        Raises:
            ReadingError: its evidence has no closed form, and is no function of what else is named.
        """
        whole = any(one.is_whole for one in (*before, *given))
        if len(before) == 1 and before[0].letter.kind == "latent" and not whole:
            found = self.conjugate([*before, *given], before[0], self._with_values(given, scope))
            if found is not None:
                return Divide(self._joint([*before, *given], [], scope), found.evidence)
        # The evidence is a number that is free of the argument, and unknown.
        self.opaque_evidence = True
        if any(one.known for one in (*before, *given)):
            raise ReadingError("the posterior of a parameter given single data is not supported yet", 0, 1, "unsupported")
        variables = sorted(one.letter.name for one in before)
        conditions = sorted(one.letter.name + (f"={one.value}" if one.value is not None else "") for one in given)
        told = " ".join((*variables, "|", *conditions, *sorted(f"{n}:{v}" for n, v in scope.versions.items())))
        evidence = self._evidence(f"evidence of {told}", [*before, *given], {one.letter.name for one in before}, scope)
        return Divide(self._joint([*before, *given], [], scope), evidence)

    def _require_parameters_told(self, before: list[Occurrence], given: list[Occurrence], scope: Scope) -> None:
        """That all parameters with a prior on which variables depend are named: they are not integrated over."""
        known = (*before, *given)
        missing = [
            parent
            for one in known
            for parent in self.ancestors_of(one, scope)
            if parent.letter.kind in ("param", "const")
            and parent.letter.name not in scope.told - {one.letter.name for one in known}
            and not any(covers(other, parent) for other in known)
        ]
        if missing:
            raise ReadingError(
                f"an integral over the parameter {missing[0].letter.name}, which has a prior, is not supported yet",
                code="unsupported",
            )

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
        met = [*before, *given, *(parent for one in (*before, *given) for parent in self.ancestors_of(one, scope))]
        for one in met:
            for other in met:
                if one.letter is other.letter and not one.is_whole and not other.is_whole:
                    self.require_apart(one.letter.name, one.known, other.known, scope)

    def _evidence(self, name: str, involved: list[Occurrence], free_of: set[str], scope: Scope) -> Formula:
        """An evidence that is not written out: positive, and a function of the parameters behind it but those integrated out.

        Raises:
            ReadingError: there is a parameter of which it cannot be written as one.
        """
        arguments: list[Formula] = []
        behind = [one.letter for one in involved]
        behind += [parent.letter for one in involved for parent in self.ancestors_of(generic(one)[0], scope)]
        statements = [statement for letter in behind for statement, _ in self.statements_of(letter)]
        relevant = self.letters_of_arguments(statements)
        everything = any(s.density == UNSPECIFIED and not self.is_written_out(s) for s in statements)
        for letter in self.dictionary.letters:
            if letter.name not in relevant and not everything:
                continue
            hyper = letter.kind == "const" and not letter.symbol.family and len(letter.symbol.shape) < 2
            if (letter.kind != "param" and not hyper) or letter.name in free_of:
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

    def conjugate(
        self, occurrences: list[Occurrence], latent: Occurrence, scope: Scope, fixed: frozenset[Key] = frozenset()
    ) -> Conjugate | None:
        """The posterior of a continuous latent given the other variables of a joint density, where it is known."""
        reference = self.reader.reference(latent.letter, latent.known, scope.versions.get(latent.letter.name))
        if not isinstance(reference, Reference) or reference.shape != () or latent.is_whole:
            return None
        return conjugate(self._of_members(occurrences, scope, fixed), reference)

    @staticmethod
    def _keys(occurrences: Iterable[Occurrence]) -> frozenset[Key]:
        return frozenset((one.letter.name, one.known) for one in occurrences)

    def ancestors_of(self, one: Occurrence, scope: Scope, fixed: Collection[Key] = ()) -> list[Occurrence]:
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
        return [parent for parent in self.ancestors_of(one, scope, fixed) if parent.letter.kind == "latent"]

    def _of_members(self, occurrences: list[Occurrence], scope: Scope, fixed: frozenset[Key] = frozenset()) -> Formula:
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
                    return self._of_members([*occurrences, latent], bound, fixed)

                return self._summed_over(parent, with_value)
        occurrences, counted = self._counted(occurrences, scope)
        ordered = sorted(occurrences, key=lambda o: len(self.ancestors_of(o, scope)))
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
            if len(mine) == len(letters) and self.is_written_out(statement):
                factors.append(self._written_out(mine, statement, scope))
                occurrences = [one for one in occurrences if one not in mine]
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

    def _written_out(self, variables: list[Occurrence], statement: Statement, scope: Scope) -> Formula:
        """The joint density of variables by its formula: ``x_i, u_i ~ Density(g_i)``, or ``x_i, z_i=j ~ Density(g_{ij})``.

        Raises:
            ReadingError: they are not those of one datum, or something random stands in it besides them.
        """
        scopes: list[Scope] = []
        for one in variables:
            match = next(met for known, met in self.statements_of(one.letter) if known is statement)
            scopes.append(self.placed_at(one, match, scope))
        if any(one.is_whole for one in variables) or any(placed != scopes[0] for placed in scopes):
            raise ReadingError("the density of variables, of which one belongs to each other one", code="unsupported")
        found = self.reader.formula(statement.arguments[0].items, self._at_their_values(variables, statement, scopes[0]))
        together = {one.letter.name for one in variables}
        for node in walk_unfolded(found):
            if not isinstance(node, Reference):
                continue
            letter = next((x for x in self.dictionary.letters if x.name == node.symbol.name and self.statements_of(x)), None)
            if letter is not None and letter.name not in together:
                raise ReadingError(f"{letter.name}, which is random, stands in a joint density", code="unsupported")
            if letter is not None and not any(one.letter is letter and one.known == node.indices for one in variables):
                raise ReadingError(f"{letter.name} of another datum stands in a joint density", code="unsupported")
        return found

    def _at_their_values(self, variables: list[Occurrence], statement: Statement, scope: Scope) -> Scope:
        """A scope in which the letters that a joint density has for values stand for the values of its variables.

        Raises:
            ReadingError: a value is missing, or no letter stands for it.
        """
        for event in statement.targets:
            if event.value is None:
                continue
            value = next((one.value for one in variables if one.letter is self.letter_of(event.items)), None)
            if value is None or not self.dictionary.is_index(plain(event.value)):
                raise ReadingError(f"a joint density at a value that is not understood: {plain(event.items)}", code="unsupported")
            scope = scope.with_index(plain(event.value), value)
        return scope

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
        """The density of a variable by its statement.

        Raises:
            ReadingError: something random stands in it on which the variable is not known to depend.
        """
        found = self._as_stated(one, statement, scope)
        if one.is_whole:
            return found  # its members were looked at one by one
        met = [node for node in walk_unfolded(found) if isinstance(node, Reference)]
        names = {node.symbol.name for node in met} - {one.letter.name}
        random = {
            letter.name: letter for letter in self.dictionary.letters if letter.name in names and self.statements_of(letter)
        }
        parents = self.parents_of(one, scope) if random else []
        for node in met if random else ():
            letter = random.get(node.symbol.name)
            if letter is None:
                continue
            cell = Occurrence(letter, node.indices[: len(letter.spelling.slots)])
            bound = {index for index in cell.known if isinstance(index, Index)} - free_indices(found)
            if bound or not any(covers(parent, cell) for parent in parents):
                raise ReadingError(
                    f"{letter.name}, which is random, stands in the distribution of {one.letter.name}: say so behind the bar",
                    code="unsupported",
                )
        return found

    def _as_stated(self, one: Occurrence, statement: Statement, scope: Scope) -> Formula:
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
            if value is None and letter.kind == "data" and isinstance(letter.values, Range):
                return self._observed_category(one, letter.values, statement, scope)
            if value is None:
                raise ReadingError(f"a value of {letter.name} is expected", 0, 1, "ill-formed")
            chance = self._member(statement.arguments[0].items, value, scope)
            self._require_chances(chance, letter)
            return chance
        if statement.density == UNSPECIFIED:
            written = self.is_written_out(statement)
            return (
                self.reader.formula(statement.arguments[0].items, scope) if written else self._unspecified(one, statement, scope)
            )
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

    def _observed_category(self, one: Occurrence, values: Range, statement: Statement, scope: Scope) -> Formula:
        """The chance of the category that was seen: the product of all chances, each to the power of its indicator."""
        value = Fresh.index(Index("v", values))
        chance = self._member(statement.arguments[0].items, value, scope)
        self._require_chances(chance, one.letter)
        return Product(value, Power(chance, Reference(one.letter.symbol, (*one.known, value))))

    def _density_of_family(self, one: Occurrence, statement: Statement, scope: Scope) -> Formula:
        """The density of all members of a family at once: of probabilities that sum to one."""
        letter, version, known = one.letter, scope.versions.get(one.letter.name), density(statement.density)
        if not letter.extra:
            raise ReadingError(
                f"{known.name} is a distribution of a vector's entries, and {letter.name} is none", code="ill-formed"
            )
        members = self.parameters_of_family(statement, scope)
        for name, member in zip(known.parameters, members, strict=True):
            if name == CHANCES and not isinstance(member, Formula):
                self._require_chances(member(Fresh.index(Index("v", letter.symbol.family[-1]))), letter)

        def value(index: IndexLike) -> Formula:
            return self.reader.reference(letter, (*one.known, index), version)

        return known.write(value, letter.symbol.family[-1], *members)

    def _require_chances(self, chance: Formula, letter: Letter) -> None:
        """That the argument of a Categorical is a family of chances over the variable's own range, where it is a lone letter.

        Raises:
            ReadingError: its members need not sum to one, or have another range.
        """
        if not isinstance(chance, Reference) or chance.symbol.role == "data":
            return
        symbol = chance.symbol
        freed = symbol.name in self.dictionary.freed
        if symbol.domain not in (*SUMS_TO_ONE, "closed simplex") and not freed and symbol.name not in self.dictionary.domains:
            raise ReadingError(f"chances that need not sum to one: {symbol.name}; declare them in a simplex", code="ill-formed")
        if isinstance(letter.values, Range) and symbol.family and symbol.family[-1] != letter.values:
            raise ReadingError(f"chances of other values than {letter.name} has: {symbol.name}", code="ill-formed")

    def parameters_of_family(self, statement: Statement, scope: Scope) -> list[Member | Formula]:
        """The parameters of a density of all members of a family: each a function of the index, or a number that all share."""
        known = density(statement.density)
        known.require_count(len(statement.arguments))
        return [
            self.reader.formula(argument.items, scope) if name in known.shared else self.member_of(argument.items, scope)
            for name, argument in zip(known.parameters, statement.arguments, strict=True)
        ]

    def member_of(self, items: Items, scope: Scope) -> Member:
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
        said = self.letters_behind(statement.arguments[0].items) if len(statement.arguments[0].items) > 1 else None
        for letter in self.dictionary.letters:
            if letter.kind != "param" or (letter.name in used if said is None else letter.name not in said):
                continue
            # Of a family of parameters a component has its own member.
            own = [[i for i, r in zip(indices, ranges, strict=True) if r == over][-1:] for over in letter.symbol.family]
            if not all(own):
                raise ReadingError(
                    f"an unspecified density with the parameters {letter.name}, of which it has no member", code="unsupported"
                )
            arguments.append(self.reader.reference(letter, tuple(i for one in own for i in one), scope.versions.get(letter.name)))
        name = plain(statement.arguments[0].items)
        alike = [s for s in self.dictionary.statements if s.density == statement.density and plain(s.arguments[0].items) == name]
        if len({self.letter_of(s.targets[0].items, whole=True) for s in alike}) > 1:
            name = f"{name} at {one.letter.name}"  # one density of two variables has two values
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
        if (named := self._member_of_definition(items, value, scope)) is not None:
            return named
        together = self._tuple(items)
        if together is not None and len(self._members(together[0].body)) == 1:
            return self._member(self._members(together[0].body)[0], value, scope)
        raise ReadingError(
            f"a probability vector that is not declared: {plain(items)}", items[0].start, items[-1].end, "undeclared"
        )

    def _member_of_definition(self, items: Items, value: IndexLike, scope: Scope) -> Formula | None:
        """The entry at an index of what was defined with one: of ``g_i`` where ``define g_{ij} = ..``."""
        if len(items) != 1 or items[0].kind != "letter":
            return None
        (head,) = items
        entry = replace(head, sub=(*(head.sub or ()), Item("letter", PLACE)))
        for known in self.dictionary.by_head(head.text):
            if isinstance(known, Abbreviation) and (met := known.spelling.match((entry,), 0)) is not None and met[1] == 1:
                return self.reader.formula((entry,), scope.with_index(PLACE, value))
        return None

    def _density(self, name: str, value: Formula, arguments: Iterable[Argument], scope: Scope, at: Item) -> Formula:
        read = self.parameters_at(value, arguments, scope)
        return self.reader.guarded((at,), lambda: density(name).formula(value, *read))

    def parameters_at(self, value: Formula, arguments: Iterable[Argument], scope: Scope) -> list[Formula]:
        """The parameters of a density, of the size of its value where none is written, as of ``I``."""
        from derive.notation.latex_reader import with_size

        read = [self.reader.formula(argument.items, scope) for argument in arguments]
        size = value.shape[0] if value.shape else None
        return read if size is None else [with_size(one, size) for one in read]


def generic(one: Occurrence) -> tuple[Occurrence, set[IndexLike]]:
    """A member of a whole family at indices of its own, and those indices; what is no family as it is."""
    letters = [
        Fresh.index(Index("g", own)) if index is None else None
        for index, own in zip(one.indices, one.letter.symbol.family, strict=False)
    ]
    indices = tuple(index if letter is None else letter for index, letter in zip(one.indices, letters, strict=False))
    return replace(one, indices=indices), {letter for letter in letters if letter is not None}


def covers(one: Occurrence, cell: Occurrence) -> bool:
    """Whether a cell is a variable, or one of a whole family."""
    return one.letter is cell.letter and all(
        mine is None or mine == theirs for mine, theirs in zip(one.indices, cell.indices, strict=False)
    )


def empty_scope() -> Scope:
    from derive.notation.latex_reader import Scope

    return Scope()
