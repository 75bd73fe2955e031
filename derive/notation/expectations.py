"""What ``E[..]``, variances, divergences and integrals over latents mean: sums over values, weighted as the model says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.densities import density
from derive.errors import DeriveError, ReadingError
from derive.formula import (
    ONE,
    Add,
    Delta,
    Divide,
    Exp,
    Formula,
    Fresh,
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
    add,
    free_indices,
    multiply,
    negate,
    rebuild,
    rename,
    unfold,
    walk,
    walk_unfolded,
)
from derive.notation.declarations import Abbreviation, Fact, Letter, Posterior, Statement, Unknown, arguments_of_names
from derive.notation.marginals import Occurrence, covers, empty_scope, generic
from derive.notation.model import EXPECTATION_NAMES, Model
from derive.notation.spellings import DENSITY_NAMES, Match, arguments_of, plain, require_plain, sign_at
from derive.notation.surface import Item, Items
from derive.symbols import Index, IndexLike, Range, Symbol

if TYPE_CHECKING:
    from derive.notation.latex_reader import Line, Scope, Version

VARIANCE_NAMES = ("Var", "\\bb{V}")
COVARIANCE_NAMES = ("Cov",)
DIVERGENCE_NAMES = ("KL",)
UNWRITTEN = "unwritten mean"
"""What a mean is called that is not written out."""
AVERAGES = (*EXPECTATION_NAMES, *VARIANCE_NAMES, *COVARIANCE_NAMES, *DIVERGENCE_NAMES)


class Expectations(Model):
    """Reads averages over latents."""

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
        self._require_one_distribution(item, body, weights)
        return self.reader.guarded((item,), lambda: weights.mean(body)), sups, 0

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
        for one in (left, right):
            self._require_data_given(item, one, weights)
            self._require_one_distribution(item, one, weights)

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

    def _require_data_given(self, item: Item, body: Formula, weights: Weights) -> None:
        """That data under an expectation are given, and not averaged over themselves: means of data are not read.

        Raises:
            ReadingError: they are averaged over, or that is left open.
        """
        self._require_no_capture(item, body, weights)
        symbols = {node.symbol for node in walk_unfolded(body) if isinstance(node, Reference)}
        random = {letter.name for letter in self.dictionary.letters if letter.kind == "data" and self.statement_of(letter)}
        data = {symbol.name for symbol in symbols if symbol.role == "data"} & random
        prior = {x.name for x in self.dictionary.letters if x.kind == "param" and self.statement_of(x) is not None}
        over = weights.over or ()
        named = {one.letter.name for one in weights.given if one.letter.kind == "data"}
        if any(one.letter.kind == "data" for one in over):
            raise ReadingError("an expectation over data is not read", item.start, item.end, "unsupported")
        own = {self.own_index(letter) for letter in self.dictionary.letters if letter.kind == "latent"}
        latent = any(symbol.role == "latent" for symbol in symbols) or bool(free_indices(body) & own)
        if not over and weights.named is None and not latent:
            self._require_something_random(
                item, {s.name for s in symbols if s.role in ("data", "param")} - random - prior, weights
            )
        elif not over and weights.named is None:
            told = {symbol.name for symbol in symbols if symbol.role == "data"} - random - named
            if told and (weights.given or weights.prior):
                self._require_inputs(item, told)
        if prior - weights.told and weights.named is None and not (latent and self._is_given_parameters(weights)):
            raise ReadingError(
                f"a mean where {(letter := min(prior - weights.told))} has a prior: over a parameter it is not read; "
                f"of a latent name what is given, as in E[z | x; {letter}]",
                item.start,
                item.end,
                "unsupported",
            )
        if not data or over or weights.named is not None:
            return
        settled = data <= named if weights.given else latent and not weights.prior
        if settled and weights.given:
            # Given another datum of the family it is averaged over, and not known.
            letters = {letter.name: letter for letter in self.dictionary.letters}
            cells = [
                Occurrence(letters[node.symbol.name], node.indices[: len(letters[node.symbol.name].spelling.slots)])
                for node in walk_unfolded(body)
                if isinstance(node, Reference) and node.symbol.name in data and node.symbol.role == "data"
            ]
            settled = all(any(covers(one, cell) for one in weights.given) for cell in cells)
        if not settled:
            raise ReadingError(
                "the mean of data, or given the data? name what is averaged over, as in E_{z|x}",
                item.start,
                item.end,
                "ambiguous",
            )

    def _require_one_distribution(self, item: Item, body: Formula, weights: Weights) -> None:
        """That it is clear what ``E_z`` is over: the declared posterior, where the log of a density of data stands behind it.

        Raises:
            ReadingError: none does, so that the latent's own distribution may be meant as well.
        """
        if item.sub is None and not (weights.prior or weights.named is not None or weights.given):
            self._require_a_posterior(item, body)
        told = weights.prior or weights.named is not None or weights.versions is not None or bool(weights.given)
        if told or item.sub is None or not weights.over or sign_at(item.sub, "mid") is not None:
            return
        inside = (node.argument for node in walk_unfolded(body) if isinstance(node, Log))
        if not any(isinstance(one, Reference) and one.symbol.role == "data" for log in inside for one in walk_unfolded(log)):
            letter = plain(item.sub)
            raise ReadingError(
                f"a mean over {letter}: under its posterior, or under its own distribution? write E_{{{letter}|x}}",
                item.start,
                item.end,
                "ambiguous",
            )

    def _require_a_posterior(self, item: Item, body: Formula) -> None:
        """That a mean which does not say what it is over is one of latents of which a posterior is declared.

        Raises:
            ReadingError: it is one of other latents: under the model, or given the data?
        """
        found = {node.symbol.name for node in walk_unfolded(body) if isinstance(node, Reference) and node.symbol.role == "latent"}
        known = {letter.name for one in self.dictionary.posteriors if (letter := self.latent_in(one)) is not None}
        if found and not found & known:
            name = min(found)
            raise ReadingError(
                f"a mean of {name}, and the declared posterior is one of {', '.join(sorted(known))}: under the model, "
                f"or given the data? write E[{name} | x], or declare its posterior",
                item.start,
                item.end,
                "ambiguous",
            )

    def _require_something_random(self, item: Item, unknown: set[str], weights: Weights) -> None:
        """That a mean, in which no latent stands, is not one of what has no distribution: E[y_i], E[\\theta | y].

        Raises:
            ReadingError: it is, and nothing says what is averaged over.
        """
        free = unknown - weights.told - {one.letter.name for one in weights.given}
        if free:
            raise ReadingError(
                f"nothing says how {min(free)} is distributed, nor what is averaged over: declare it with ~, or name it, as in "
                "E_{z|x}",
                item.start,
                item.end,
                "ambiguous",
            )

    def _require_inputs(self, item: Item, names: set[str]) -> None:
        """That data without a distribution under a mean are inputs of the model: that others are distributed given them.

        Raises:
            ReadingError: nothing depends on one of them, so that it may be random as well.
        """
        told = {
            head
            for statement in self.dictionary.statements
            for part in (*statement.arguments, *statement.conditions)
            for head in _letters_in(part.items)
        }
        inputs = {letter.name for letter in self.dictionary.letters if letter.spelling.head in told}
        if names - inputs:
            raise ReadingError(
                f"nothing says how {min(names - inputs)} is distributed: declare it with ~, or name what is averaged over, as in "
                "E_{z|x}",
                item.start,
                item.end,
                "ambiguous",
            )

    def _require_no_capture(self, item: Item, body: Formula, weights: Weights) -> None:
        """That no sum under an expectation binds a letter by which a variable outside of it is named, as in E[sum_i z_i | x_i].

        Raises:
            ReadingError: one does, and runs over latents: each given its own datum, or all given one?
        """
        outside = {index for one in (*(weights.over or ()), *weights.given) for index in one.known}
        for node in walk_unfolded(body) if outside else ():
            if not isinstance(node, (Sum, Product)) or node.index not in outside:
                continue
            for inner in walk_unfolded(node.body):
                if isinstance(inner, Reference) and inner.symbol.role == "latent" and node.index in inner.indices:
                    raise ReadingError(
                        f"captured: {node.index.name} is bound under the mean, and names a variable outside of it; "
                        "try another letter for the sum",
                        item.start,
                        item.end,
                        "ambiguous",
                    )

    def _is_given_parameters(self, weights: Weights) -> bool:
        """Whether an average is one under a posterior as it was declared, at parameters that are given there."""
        return weights.versions is None and not weights.prior and bool(self.dictionary.posteriors)

    def latent_in(self, posterior: Posterior) -> Letter | None:
        """The latent of which a declared posterior is the posterior: the z of ``p(z_i = k | x_i)``."""
        inside = posterior.body[-1].parts[0] if posterior.body and posterior.body[-1].kind == "fence" else ()
        cut = sign_at(inside, "=")
        if cut is None or sign_at(inside, "mid") is None:
            return None
        found = self.latent_of(inside[:cut])
        if found is not None:
            return found
        # z_{nk} = 1, where z_{nk} is the indicator of z_n = k.
        for entry in self.dictionary.by_head(inside[0].text if inside else ""):
            if isinstance(entry, Abbreviation) and entry.spelling.match(inside[:cut], 0) is not None:
                body = entry.body[-1].parts[0] if entry.body and entry.body[-1].kind == "fence" else ()
                place = sign_at(body, "=")
                if place is not None:
                    return self.latent_of(body[:place])
        return None

    def moved_by(self, symbol: Symbol, among: frozenset[str] | None = None) -> frozenset[str]:
        """The names of what moves with a parameter though that is not written out: means, and what assumptions tie to it.

        An equation between letters ties all of them, and what these are tied to: of ``p + q = 1`` p and q move together. With
        ``among`` only these names, and only where no other letters make up for it: of ``p + q + r = 1`` p moves, and q is held,
        where r is not among them.
        """
        found = {UNWRITTEN} if symbol.role == "current" else set[str]()
        scope = empty_scope()
        ties: list[tuple[set[tuple[str, bool]], set[str]]] = []
        for fact in self.dictionary.facts:
            if not _is_mean(fact):
                ties.append(self._tied_by(fact))
                continue
            named, (_, _, there) = self.lettered(fact.left), _taken_apart(fact.right)
            versions = (self.versions(there, scope) or {}) if there else {}
            moves = any(
                v.letter.name == symbol.name if v.letter is not None else v.current and symbol.role == "current"
                for v in versions.values()
            )
            if named is not None and moves:
                found.add(named[0].name)
        moved = {(symbol.name, symbol.role == "current")}
        while more := [tied for tied, _ in ties if tied & moved and not tied <= moved]:
            moved.update(*more)
        tied = {name for name, _ in moved} - {symbol.name}
        if among is None:
            return frozenset(found | tied)
        free = [able - among - {symbol.name} for one, able in ties if one & moved]
        return frozenset(found & among | (set[str]() if _all_matched(free) else tied & among))

    def dependent(self) -> frozenset[str]:
        """The letters that assumptions say a value of, and those of equations that say the value of none."""
        return frozenset(name for fact in self.dictionary.facts if not _is_mean(fact) for name in self._tied_by(fact)[1])

    def _tied_by(self, fact: Fact) -> tuple[set[tuple[str, bool]], set[str]]:
        """The letters that an assumed equation ties to one another, and whether each stands at theta_t; and which make up for it.

        That is the one whose value it says, where a letter stands alone on a side, or any of them.
        """
        if fact.relation != "=":
            return set(), set()
        tied: set[tuple[str, bool]] = set()
        alone: set[str] = set()
        for side in (fact.left, fact.right):
            try:
                across = {node.symbol for node in walk_unfolded(self.reader.formula(side)) if isinstance(node, Reference)}
            except DeriveError:
                continue
            named = self.lettered(side)
            alone |= {named[0].name} if named is not None else set()
            tied |= {(s.name, s.role == "current") for s in across if s.role in ("param", "const", "frozen", "current")}
        names = {name for name, _ in tied}
        return tied, (alone & names) or names

    def mean_in_closed_form(self, fact: Fact) -> Formula | None:
        """What an assumption that gives a mean a name says of its value, by the model; None where that is not written out."""
        if not _is_mean(fact):
            return None
        of, given, there = _taken_apart(fact.right)
        inside = fact.right[1].parts[0]
        bar = sign_at(inside, "mid")
        told = () if bar is None else inside[bar + 1 :]
        if there and sign_at(inside, ";") is None:
            told = (*told, Item("sign", ";"), *there)
        before = self.opaque_expectation, self.opaque_evidence, self.reader.undecided_weights
        try:
            scope = empty_scope()
            weights = replace(self._weights(fact.right[0], told, scope), names=False)
            found = weights.mean(self.reader.formula(of, scope))
        except ReadingError:
            return None
        finally:
            opaque = self.opaque_expectation or self.opaque_evidence
            self.opaque_expectation, self.opaque_evidence, self.reader.undecided_weights = before
        return None if opaque or not given else found

    def data_given(self, posterior: Posterior) -> dict[str, bool]:
        """The data on which a declared posterior is conditioned, by their names; with each, whether it is all of a family."""
        inside = posterior.body[-1].parts[0] if posterior.body and posterior.body[-1].kind == "fence" else ()
        cut = sign_at(inside, "mid")
        return {} if cut is None else self.data_named(inside[cut + 1 :])

    def data_named(self, items: Items) -> dict[str, bool]:
        """The data among arguments, by their names; with each, whether it is all of a family."""
        found: dict[str, bool] = {}
        for argument in arguments_of(items):
            letter = self.letter_of(argument.items, whole=True)
            members = self.members_of(argument.items) or ([letter] if letter is not None else [])
            exact = self.letter_of(argument.items) is letter and letter is not None
            found.update((one.name, not exact and bool(one.spelling.slots)) for one in members if one.kind == "data")
        return found

    def _weights(self, item: Item, given: Items, scope: Scope) -> Weights:
        sub = item.sub
        if sub is None:
            if given:
                return self._posterior_weights(given, scope)
            if self.dictionary.posteriors:
                self.reader.undecided_weights = True
                if self.reader.weights == "moving":
                    self.reader.notes.add("E is over the posterior at the parameters written")
                    return Weights(self, None, {}, scope)
                self.reader.notes.add("E is over the declared posterior")
                return Weights(self, None, None, scope)
            self.reader.notes.add("E is over the model")
            return Weights(self, None, {}, scope, prior=True)
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
                return Weights(self, None, None, scope, over=over)
            return Weights(self, None, {}, scope, prior=True, over=over)
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

    def _posterior_weights(self, given: Items, scope: Scope) -> Weights:
        versions: dict[str, Version] = {}
        found = False
        told: set[str] = set()
        data: list[Occurrence] = []
        for argument, family in self.runs(list(arguments_of(given))):
            if not argument.items:
                raise ReadingError("an argument is missing")
            if family is not None:
                data.append(family)
                continue
            if self._tuple(argument.items) is not None and (members := self._averaged(argument.items, scope)) is not None:
                data += members
                continue
            cut = sign_at(argument.items, "=")
            if cut is not None:
                data.append(self._assigned(argument.items[:cut], argument.items[cut + 1 :], scope))
                continue
            variable = self._variable(self._alias(argument.items), scope)
            if variable is not None:
                data.append(variable)
                continue
            if self._several(argument.items, ("data", "latent")):
                continue
            one = self.versions(argument.items, scope)
            if one is not None:
                self.require_of_the_model(argument.items)
            told |= {*self.parameters_named(argument.items), *self.all_parameters(argument.items)}
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
        if not data:
            # Parameters alone are given: that is the model's own distribution of the latents.
            return Weights(self, None, versions, scope, prior=True, told=frozenset(told))
        if not found and self.dictionary.posteriors:
            # p(z | x) without its parameters: as the posterior was declared, or at the parameters that move.
            self.reader.undecided_weights = True
            found = self.reader.weights == "moving"
            self.reader.notes.add(
                "E is over the posterior at the parameters written" if found else "E is over the declared posterior"
            )
        return Weights(self, None, versions if found else None, scope, given=tuple(data), told=frozenset(told))

    def _distribution(self, items: Items, scope: Scope) -> Weights:
        """``q``, ``q(z)``, ``p(z | x, \\theta)``: what an expectation is taken under."""
        if (
            len(items) == 2
            and items[1].kind == "fence"
            and items[0].text in DENSITY_NAMES
            and not self.dictionary.by_head(items[0].text)
        ):
            require_plain(items[0])
            require_plain(items[1])
            arguments = arguments_of(items[1].parts[0])
            bar = next((k for k, a in enumerate(arguments) if a.separator == "mid"), None)
            if bar is not None:
                inner = items[1].parts[0]
                cut = next(k for k, one in enumerate(inner) if one.is_sign("mid", ";"))
                conditions = inner[cut + 1 :]
                over = self._averaged(inner[:cut], scope, required=True)
                if any(self._is_variable(a.items, scope) for a in arguments_of(conditions)):
                    return replace(self._posterior_weights(conditions, scope), over=over)
                versions = self.versions(conditions, scope)
                self.require_of_the_model(conditions)
                if versions is None:
                    raise ReadingError(
                        f"not a variable of the declared model, nor a parameter: {plain(conditions)}",
                        conditions[0].start,
                        conditions[-1].end,
                        "undeclared",
                    )
                return Weights(self, None, versions, scope, prior=True, over=over)
            return Weights(self, None, {}, scope, prior=True, over=self._averaged(items[1].parts[0], scope, required=True))
        head = items[0].text if items else ""
        for entry in self.dictionary.by_head(head):
            if isinstance(entry, (Letter, Unknown, Abbreviation)) and entry.spelling.is_call:
                met = entry.spelling.match(items, 0)
                bare = len(items) == 1 and plain(entry.spelling.items[:-1]) == plain(items)
                if (met is not None and met[1] == len(items)) or bare:
                    over = None if bare else self._averaged(items[-1].parts[0], scope)
                    return Weights(self, _values_left_out(entry.spelling.items) if bare else items, None, scope, over=over)
        raise ReadingError(
            f"an expectation under something that is not declared: {plain(items)}",
            items[0].start if items else 0,
            items[-1].end if items else 1,
            "undeclared",
        )

    def _is_variable(self, items: Items, scope: Scope) -> bool:
        """Whether the items are variables of the model: one, or all of a tuple."""
        members = self.members_of(items)
        if members:
            return all(member.kind in ("data", "latent") for member in members)
        if sign_at(items, "=") is not None or any(one.is_sign("dots") for one in items):
            return True
        return self._variable(self._alias(items), scope) is not None

    def sum_over_all(self, item: Item, letter: Letter, covered: Items, scope: Scope) -> Formula:
        """``\\sum_Z`` over all values of a whole family of latents: of ``p(Z | X) g`` a mean, of ``p(X, Z)`` what is left.

        Raises:
            ReadingError: another sum over them.
        """
        if any(one.is_sign("+", "-") for one in covered):
            raise ReadingError("a sum over all latents of several terms; try a bracket", item.start, item.end, "ambiguous")
        name, fence = (*covered, item, item)[:2]
        probability = name.text in DENSITY_NAMES and not self.dictionary.by_head(name.text) and fence.kind == "fence"
        if not probability or name != name.bare or fence != fence.bare:
            raise ReadingError(
                "a sum over all of a latent's members of something else than a probability of them times what is averaged",
                item.start,
                item.end,
                "unsupported",
            )
        inside, rest = fence.parts[0], covered[2:]
        bar = sign_at(inside, "mid")
        before = [
            argument
            for argument in arguments_of(inside if bar is None else inside[:bar])
            if argument.separator != ";" and self.versions(argument.items, scope) is None
        ]
        named = [a for a in before if self.members_of(a.items) == [letter] or self.latent_of(a.items) is letter]
        if len(named) != 1 or self.lettered(named[0].items) is not None:
            raise ReadingError("a sum over latents that do not stand in the probability", item.start, item.end, "unsupported")
        if len(before) == 1:
            weights = self._distribution((name, fence), scope)
            return weights.mean(self.reader.formula(rest, scope)) if rest else ONE
        if rest:
            raise ReadingError("a sum over all latents of a joint density times something", item.start, item.end, "unsupported")
        # Without the latents: what is left of the arguments, in their places.
        kept: list[Item] = []
        for argument in arguments_of(inside):
            if argument is not named[0] and argument.items != named[0].items:
                if kept:
                    kept.append(Item("sign", argument.separator if argument.separator else ","))
                kept += argument.items
        return self.probability_of(replace(fence, parts=(tuple(kept),)), scope)

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
class Weights:
    """Under what an expectation is taken: the posterior (``versions``; None: as declared), the model, or a named distribution."""

    model: Expectations
    named: Items | None
    versions: Mapping[str, Version] | None
    scope: Scope
    prior: bool = False
    over: tuple[Occurrence, ...] | None = None
    """The variables that are averaged over, where the expectation names them."""
    given: tuple[Occurrence, ...] = ()
    """The variables on which it is conditioned, where it names them."""
    told: frozenset[str] = frozenset()
    """The parameters on which it is conditioned."""
    names: bool = True
    """Whether a mean goes by the name that an assumption gives it."""

    def _require_averaged(self, letter: Letter, indices: tuple[IndexLike, ...]) -> None:
        """That the expectation is one over this latent, given what its posterior is given."""
        mine = (Occurrence(letter, indices),)
        if self.over is not None and not _overlap(mine, self.over):
            raise ReadingError(f"the latent {letter.name} stands under an expectation over something else", code="ill-formed")

    def weight(self, letter: Letter, indices: tuple[IndexLike, ...], value: IndexLike) -> Formula:
        reader, scope = self.model.reader, self.scope
        self._require_averaged(letter, indices)
        bound = scope.with_latent(letter.name, indices, value)
        if self.named is not None:
            return reader.formula(self.named, bound)
        for one in self.given:
            if covers(one, Occurrence(letter, indices)):
                if one.value is None:
                    raise ReadingError(f"the mean of a function of {letter.name}, given {letter.name}", code="unsupported")
                return Delta(value, one.value) if one.value != value else ONE  # it is known
        if self.versions is None and not self.prior:
            for posterior in self.model.dictionary.posteriors:
                if self.given and not self._is_given_as(posterior, indices):
                    continue  # it is given something else
                found = self._declared(posterior, letter, indices, value)
                if found is not None:
                    return found
        inner = replace(bound, versions={**scope.versions, **(self.versions or {})})
        one = Occurrence(letter, indices, value)
        if self.prior:
            return self.model.probability([one], [], inner)
        return self.model.probability([one], self._told(one), inner)

    def _is_given_as(self, posterior: Posterior, indices: tuple[IndexLike, ...]) -> bool:
        """Whether an expectation names the data of a declared posterior: at the latent's indices, and no more.

        All data of a family stand for the one at these indices where nothing ties them together.
        """
        return self._is_given(self.model.data_given(posterior), indices)

    def _is_given(self, wanted: Mapping[str, bool], indices: tuple[IndexLike, ...]) -> bool:
        """Whether what is given are these data (with each, whether it is all of a family), at a latent's indices."""
        if {one.letter.name for one in self.given} != set(wanted) or any(one.value is not None for one in self.given):
            return False
        for one in self.given:
            single = len(one.letter.spelling.slots) == len(indices)
            if one.is_whole == wanted[one.letter.name] and (one.is_whole or one.indices == indices):
                continue
            if not (single and indices and one.known in ((), indices)) or self.model.are_tied([Occurrence(one.letter, indices)]):
                return False
        return True

    def _told(self, latent: Occurrence) -> list[Occurrence]:
        """What an expectation over a latent is conditioned on: what it names, else all data that tell of the latent.

        Raises:
            ReadingError: nothing is named, and a latent in between ties these to the data of other indices.
        """
        if self.given:
            return list(self.given)
        kept = self._given(latent)
        if self.model.are_tied([latent, *kept]):
            raise ReadingError("data that a latent of all of them ties together", code="unsupported")
        return kept

    def _declared(self, posterior: Posterior, letter: Letter, indices: tuple[IndexLike, ...], value: IndexLike) -> Formula | None:
        """A declared posterior at these indices, if it is one of this latent."""
        slots = posterior.spelling.slots
        if len(slots) != len(indices) + 1 or letter.values is None or self.model.latent_in(posterior) is not letter:
            return None
        reader = self.model.reader
        over = self.model.normalised_index(posterior, tuple(reader.formal_index(slot) for slot in slots))
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

    def _given(self, latent: Occurrence) -> list[Occurrence]:
        """The data that tell of a latent, at its indices: what depends on it, or on what they depend on."""
        model, scope = self.model, self.scope
        found: list[Occurrence] = []
        relevant = {latent.letter.name}
        candidates: list[tuple[Occurrence, set[str]]] = []
        for other in model.dictionary.letters:
            if other.kind != "data" or model.statement_of(other) is None:
                continue
            own, known = len(other.spelling.slots), latent.known
            spread = (*known, *(None for _ in range(own - len(known))))
            if len(spread) == own:
                candidate = Occurrence(other, spread)
                above = model.ancestors_of(generic(candidate)[0], scope)
                candidates.append((candidate, {one.letter.name for one in above if one.letter.kind == "latent"}))
        for _ in candidates:
            for candidate, above in candidates:
                if candidate not in found and above & relevant:
                    found.append(candidate)
                    relevant |= above
        return found

    def mean(self, body: Formula) -> Formula:
        """The expectation of a formula: pushed inside as far as it is linear, then summed over the latent's values."""
        own = self.model
        for letter in own.dictionary.letters:
            if letter.kind == "latent" and (index := own.own_index(letter)) is not None and index in free_indices(body):
                others = (
                    own.own_index(other) for other in own.dictionary.letters if other.kind == "latent" and other is not letter
                )
                if self._mentions(body) or any(other is not None and other in free_indices(body) for other in others):
                    raise ReadingError("an expectation over several latents, one of them without an index", code="unsupported")
                return Sum(index, multiply(self.weight(letter, (), index), body))
        return _picked(self._pushed(body))

    def _mentions(self, node: Formula) -> set[tuple[Symbol, tuple[IndexLike, ...]]]:
        """The latents in a formula with their indices, as seen from outside of it."""
        found: set[tuple[Symbol, tuple[IndexLike, ...]]] = set()
        for inner in walk(node):
            if isinstance(inner, Reference) and inner.symbol.role == "latent" and not self._is_known(inner):
                found.add((inner.symbol, inner.indices[:-1] if inner.symbol.domain == "one-hot" else inner.indices))
            elif isinstance(inner, Named):
                found |= self._mentions(unfold(inner))
        return found

    def _is_known(self, reference: Reference) -> bool:
        """Whether a latent number is among what is given: then it is one."""
        return reference.symbol.domain != "one-hot" and any(
            one.letter.name == reference.symbol.name
            and all(mine is None or mine == theirs for mine, theirs in zip(one.indices, reference.indices, strict=False))
            for one in self.given
        )

    def _pushed(self, node: Formula) -> Formula:
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
        letter = next(x for x in self.model.dictionary.letters if x.name == symbol.name)
        if symbol.domain != "one-hot" or letter.values is None:
            self._require_averaged(letter, indices)
            known = self._moment(node, letter, indices)
            if known is not None and known.shape != node.shape:
                raise ReadingError(f"the mean of the vector {letter.name} is not read", code="unsupported")
            if known is not None:
                return known
            multiplied = self._multiplied_out(node)
            if multiplied is not None:
                return self._pushed(multiplied)
            if not any(isinstance(inner, Reference) and inner.symbol.role == "param" for inner in walk(node)):
                return self._unwritten(node, letter)
            raise ReadingError(f"the expectation over the latent {letter.name} is not supported yet", 0, 1, "unsupported")
        if isinstance(letter.values, tuple):
            raise ReadingError("an expectation over a latent with numbers for values is not supported yet", 0, 1, "unsupported")
        value = Fresh.index(Index("h", letter.values))
        return Sum(value, multiply(self.weight(letter, indices, value), _picked(_at_value(node, symbol, indices, value))))

    def _multiplied_out(self, node: Formula) -> Formula | None:
        """A square, or a product with a sum, as the sum that it is; a product with what is no latent, with that in front of it.

        None where there is nothing to multiply out.
        """
        base = _inside(node.base) if isinstance(node, Power) and node.exponent == Number(Fraction(2)) else None
        if isinstance(base, (Add, Multiply)):
            return multiply(base, base)
        if not isinstance(node, Multiply) or node.shape != ():
            return None
        moving = [_inside(factor) for factor in node.factors if self._mentions(factor)]
        still = [factor for factor in node.factors if not self._mentions(factor)]
        place = next((place for place, factor in enumerate(moving) if isinstance(factor, Add)), None)
        if place is not None:
            return add(*(multiply(*still, *moving[:place], term, *moving[place + 1 :]) for term in _terms(moving[place])))
        return Multiply((*still, multiply(*moving))) if still and moving else None

    def _unwritten(self, node: Formula, letter: Letter) -> Formula:
        """A mean under theta_t that is not written out: a number that nothing is known of but of what it is the mean.

        Raises:
            ReadingError: it moves with the parameters.
        """
        own = self.model
        if not self._stands_still():
            raise ReadingError(
                f"the mean of this function of the latent {letter.name}, under parameters that move, is not read",
                code="unsupported",
            )
        own.opaque_expectation = True
        told = {i for one in self.given for i in (*one.indices, one.value) if isinstance(i, Index)}
        around = tuple(sorted(free_indices(node) | told, key=lambda index: index.name))
        # One name for one mean, whatever the letters of its indices and wherever it stands in the note.
        places = {index: Index(f"place{place}", index.range) for place, index in enumerate(around)}
        given = sorted(
            (one.letter.name, *(str(places.get(i, i)) if isinstance(i, Index) else str(i) for i in (*one.indices, one.value)))
            for one in (*self.given, *(self.over or ()))
        )
        versions = {**self.scope.versions, **(self.versions or {})}
        model = tuple(own.dictionary.statements)
        under = (model, plain(self.named or ()), self.prior, given, _told_versions(versions))
        key = repr((rename(node, places), under))
        number = own.dictionary.means.setdefault(key, len(own.dictionary.means) + 1)
        return Reference(Symbol(f"{UNWRITTEN} {number}", "frozen", tuple(index.range for index in around)), around)

    def _stands_still(self) -> bool:
        """Whether the mean is one under theta_t, or under a distribution without any parameter."""
        if self.scope.moved:
            return False
        parameters = {letter.name for letter in self.model.dictionary.letters if letter.kind == "param"}
        if self.named is not None:
            return not parameters & _letters_in(self.named) and not self._is_defined(self.named)
        versions = {**self.scope.versions, **self._at()}

        def held(version: Version | None) -> bool:
            return version is not None and (version.current or (version.letter is not None and version.letter.kind != "param"))

        return all(held(versions.get(name)) for name in parameters)

    def _is_defined(self, items: Items) -> bool:
        """Whether the name stands for something written out elsewhere, which may have parameters."""
        return any(isinstance(entry, Abbreviation) for entry in self.model.dictionary.by_head(items[0].text))

    def _moment(self, node: Formula, letter: Letter, indices: tuple[IndexLike, ...]) -> Formula | None:
        """The mean of a feature of a latent that is no category, where assumption or model state it; None where they do not."""
        own = self.model
        if self.named is not None:
            return None  # under another distribution than the model's
        scope = replace(self.scope, versions={**self.scope.versions, **self._at()})
        itself = isinstance(node, Reference) and len(indices) == len(letter.spelling.slots)
        if itself and self.names and (assumed := self._assumed_mean(letter, indices)) is not None:
            return assumed
        for statement, match in own.statements_of(letter):
            placed = own.placed_at(Occurrence(letter, indices[: len(letter.spelling.slots)]), match, scope)
            if itself and statement.density == "Multinomial" and not self.prior:
                return self._share(letter, statement, placed)
            if len(statement.targets) != 1:
                continue
            if self.prior or (itself and not self._has_children(letter)):
                return self._stated_mean(node, letter, indices, statement, placed)
        return None if self.prior else self._posterior_mean(node, letter, indices, scope)

    def _at(self) -> Mapping[str, Version]:
        """At which values the parameters stand under an average: as it says, else as the latents' posteriors were declared."""
        if self.versions is not None or self.prior:
            return self.versions or {}
        declared = [posterior.at for posterior in self.model.dictionary.posteriors if posterior.at is not None]
        told = {plain(at): at for at in declared}
        if len(told) > 1:
            raise ReadingError("an expectation under posteriors at different parameters", code="ambiguous")
        at = next(iter(told.values()), None)
        return {} if at is None else (self.model.versions(at, self.scope) or {})

    def _has_children(self, letter: Letter) -> bool:
        """Whether something else of the model depends on a latent, so that it tells of the latent."""
        own = self.model
        return (
            any(own.letter_of(event.items) is letter for statement in own.dictionary.statements for event in statement.conditions)
            or any(
                letter.name in _letters_in(argument.items)
                for statement in own.dictionary.statements
                if all(own.letter_of(event.items) is not letter for event in statement.targets)
                for argument in statement.arguments
            )
            or any(letter.name in _letters_in((*fact.left, *fact.right)) for fact in own.dictionary.facts if fact.relation == "=")
        )

    def _stated_mean(
        self, node: Formula, letter: Letter, indices: tuple[IndexLike, ...], statement: Statement, scope: Scope
    ) -> Formula | None:
        """The mean of a feature by the latent's own statement in the model."""
        reader = self.model.reader
        family = density(statement.density)
        feature = _feature(node, Reference(reader.symbol(letter), indices))
        if feature is None:
            return None
        for event in statement.conditions:
            given = self.model.latent_of(event.items)
            if given is not None and (event.value is not None or given.values is not None):
                return None
        for parent in self.model.parents_of(Occurrence(letter, indices[: len(letter.spelling.slots)]), scope):
            random = parent.letter.kind == "latent" or (parent.letter.kind == "data" and self.model.statements_of(parent.letter))
            if random and not any(covers(one, parent) for one in self.given):
                return None  # it is averaged over as well
        if not family.of_family:
            return family.mean(feature, *(reader.formula(argument.items, scope) for argument in statement.arguments))
        return family.mean_at(feature, indices[-1], letter.symbol.family[-1], *self.model.parameters_of_family(statement, scope))

    def _posterior_mean(self, node: Formula, letter: Letter, indices: tuple[IndexLike, ...], scope: Scope) -> Formula | None:
        """The mean of a feature under the posterior of a continuous latent, where that is a density with known means."""
        own = self.model
        latent = Occurrence(letter, indices)
        given = own.localised([latent], self._told(latent), scope)
        feature = _feature(node, Reference(own.reader.symbol(letter), indices))
        if letter.values is not None or feature is None or any(one.is_whole for one in given):
            return None
        for one in (latent, *given):
            own.hidden_above(generic(one)[0], [latent, *given], scope)  # nothing random may be left out but latents
        found = own.conjugate([latent, *given], latent, scope)
        return None if found is None else density(found.density).mean(feature, *found.parameters)

    def _assumed_mean(self, letter: Letter, indices: tuple[IndexLike, ...]) -> Formula | None:
        """``assume \\hat w_i = E[w_i | y_i] at ..``: the letter that stands for a latent's mean."""
        own = self.model
        for fact in own.dictionary.facts:
            if not _is_mean(fact):
                continue
            of, given, there = _taken_apart(fact.right)
            met, named = own.lettered(of), own.lettered(fact.left)
            if met is None or named is None or met[0] is not letter or named[0].kind != "frozen":
                continue
            if self.prior != (not given) or (self.given and not self._names_the_same(given, indices)):
                continue  # the mean given something else
            if (own.versions(there, self.scope) or {}) != dict(self.versions or {}):
                continue  # the mean under other parameters
            by_slot = {
                plain(chunk): index
                for chunk, index in zip((met[1].slots[s] for s in letter.spelling.slots), indices, strict=True)
            }
            slots = [by_slot.get(plain(named[1].slots[s])) for s in named[0].spelling.slots]
            if all(index is not None for index in slots):
                return Reference(named[0].symbol, tuple(index for index in slots if index is not None))
        return None

    def _names_the_same(self, given: Items, indices: tuple[IndexLike, ...]) -> bool:
        """Whether what stands behind a bar names the very data that this expectation names, at the latent's indices."""
        bar = sign_at(given, ";")
        return self._is_given(self.model.data_named(given if bar is None else given[:bar]), indices)

    def _share(self, letter: Letter, statement: Statement, scope: Scope) -> Formula | None:
        """The mean of one cell of a multinomial, given the total of the cells that are seen together only."""
        probabilities = self.model
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
                if not any(one.letter is whole for one in self.given):
                    continue  # the total is not given
                if any(one.letter.kind != "data" or one.value is not None for one in self.given):
                    continue  # more is given than totals
                own = [chances[cells.index(cell)] for cell in inside]
                mine = chances[cells.index(letter)]
                share = Divide(mine, add(*own)) if len(own) > 1 else ONE
                return multiply(Reference(whole.symbol), share)
        return None

    def _all_inside(self, node: Sum) -> bool:
        """Whether a sum runs over the values of one latent that stands outside of it: then it is a function of that latent."""
        return all(node.index not in indices for _, indices in self._mentions(node)) and len(self._mentions(node)) == 1


def _all_matched(sets: Sequence[set[str]]) -> bool:
    """Whether each of the sets can be given one of its members that no other one is given."""
    given: dict[str, int] = {}

    def found(place: int, tried: set[str]) -> bool:
        for name in sorted(sets[place] - tried):
            tried.add(name)
            if name not in given or found(given[name], tried):
                given[name] = place
                return True
        return False

    return all(found(place, set()) for place in range(len(sets)))


def _is_mean(fact: Fact) -> bool:
    """Whether an assumption gives a mean a name: ``assume m_i = E[z_i | x_i] at \\theta_t``."""
    right = fact.right
    return fact.relation == "=" and len(right) > 1 and right[0].text in EXPECTATION_NAMES and right[1].kind == "fence"


def _taken_apart(mean: Items) -> tuple[Items, Items, Items]:
    """``E[z_i | x_i; \\theta_t]``, or ``E[z_i | x_i] at \\theta_t``: of what, given what, at which parameters."""
    inside = mean[1].parts[0]
    cut = next((k for k, item in enumerate(inside) if item.is_sign("mid", ";")), len(inside))
    at = mean[4:] if [item.text for item in mean[2:4]] == ["a", "t"] else ()
    given = inside[cut + 1 :]
    bar = sign_at(given, ";")
    return inside[:cut], given, at or (given[bar + 1 :] if bar is not None else ())


def _told_versions(versions: Mapping[str, Version]) -> list[tuple[str, bool, str]]:
    """At which values the parameters stand, in words that are alike for like ones."""
    return sorted((name, v.current, f"{v.letter.name} {v.fixed}" if v.letter is not None else "") for name, v in versions.items())


def _letters_in(items: Items) -> set[str]:
    """Every name that stands in the items, scripts and arguments included."""
    found = {item.text for item in items} | {plain((item.bare,)) for item in items}
    for item in items:
        for part in (*item.parts, item.sub or (), *item.sups):
            found |= _letters_in(part)
    return found


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


def _inside(node: Formula) -> Formula:
    """What a name stands for; anything else as it is."""
    return unfold(node) if isinstance(node, Named) else node


def _terms(node: Formula) -> tuple[Formula, ...]:
    return node.terms if isinstance(node, Add) else (node,)


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
