"""Densities, expectations and unknown functions by name: what stands in a formula and is no plain letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.errors import ReadingError
from derive.formula import (
    Apply,
    Formula,
    Fresh,
    Power,
    Product,
    Reference,
    UnspecifiedFunction,
)
from derive.notation.declarations import Letter, Unknown
from derive.notation.expectations import COVARIANCE_NAMES, DIVERGENCE_NAMES, EXPECTATION_NAMES, VARIANCE_NAMES, Expectations
from derive.notation.spellings import DENSITY_NAMES, Match, arguments_of, chunks_of, plain, require_plain, sign_at
from derive.notation.surface import Item, Items
from derive.symbols import Index, IndexLike, Range

if TYPE_CHECKING:
    from derive.notation.latex_reader import Line, Scope


LOG_LIKELIHOOD = "\\ell"
"""What the model gives its meaning, where a note does not."""


class Probabilities(Expectations):
    """All that the reader of formulas asks about names with arguments."""

    def _has_log_likelihood(self) -> bool:
        """Whether the model says what the log-likelihood is: it has data, and the letter was not declared otherwise."""
        if self.dictionary.is_taken(LOG_LIKELIHOOD):
            return False
        return any(letter.kind == "data" and self.statement_of(letter) is not None for letter in self.dictionary.letters)

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

    def builtin(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int] | None:
        """``p(..)``, ``\\mathcal{N}(..)``, ``E[..]``: what is read at the start of ``line``; None where none of them stands."""
        item, following = line.items[line.position], line.peek(1)
        if item.text in EXPECTATION_NAMES and following is not None:
            require_plain(item, sub=True)
            line.take()
            return self._expectation(item, line, scope)
        if item.text == LOG_LIKELIHOOD and item == item.bare and self._has_log_likelihood():
            line.take()
            called = following is not None and following.kind == "fence" and following.text == "()"
            if called and following is not None:
                require_plain(following)
                line.take()
            return self.log_likelihood(item, following if called else None, scope), (), 0
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
