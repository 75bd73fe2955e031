"""What a declared latent-variable model is made of: its data, its latent, the densities that its lines give them, its parameters.

The lines are those of notes. Names become those that derivations speak of: without the backslash, and apart from what
expectation-maximisation names itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from derive.densities import Law, Member, density
from derive.errors import ReadingError, UnsupportedError
from derive.formula import ONE, Formula, Fresh, Named, Reference, rebuild, unfold
from derive.notation.conventions import Convention, Spelling, convention
from derive.notation.declarations import Dictionary, Letter, Statement
from derive.notation.latex_reader import Reader, Scope
from derive.notation.marginals import Occurrence
from derive.notation.spellings import Match, plain, template
from derive.symbols import Index, Range, Symbol, continuum

TAKEN = ("w", "l", "Q", "H", "Ent", "KL", "f", "p", "psi", "alpha", "theta", "i", "j", "s")
"""The names of what expectation-maximisation speaks of: a declared letter called so gets another name, never another look."""
LETTERS = "jlsmrhgqcuv"
"""What values of a latent are called where too few letters are declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredModel:
    """A model of i.i.d. data x_i with a latent z_i each, as formulas in the indices ``datum`` and ``latent``.

    Where data and latent have one density together, that is the ``component``, and the ``weight`` is one.
    ``other`` and ``fresh`` are two more letters for values of the latent; ``bounds`` are pairs of
    formulas of which the first is at most the second; ``laws`` are the densities by name that the data and a continuous latent
    have; ``others`` has, for each parameter, one more letter for its last index. ``spellings`` are how the model's names are
    written where a convention does not say so, ``own`` is the convention of the declarations themselves.
    """

    datum: Index
    latent: Index
    other: Index
    fresh: Index
    observation: Reference
    component: Formula
    weight: Formula
    parameters: tuple[tuple[Symbol, tuple[Index, ...]], ...]
    others: tuple[Index, ...]
    data: tuple[Letter, ...]
    inputs: tuple[Letter, ...]
    latent_letter: Letter
    bounds: tuple[tuple[Formula, Formula], ...]
    laws: tuple[Law, ...]
    spellings: dict[str, Spelling]
    own: Convention

    def lettered(self, base: Convention) -> Convention:
        """A convention that can write this model's densities, and its names where the convention has others for them."""
        usual = [(letter.name, len(letter.spelling.slots)) for letter in (*self.data, *self.inputs)] == [("x", 1)]
        spellings = {**base.spellings, **(self.spellings if base is not self.own else {})}
        if self.latent.range.abstract or not (usual and "f" in spellings):
            whole = replace(base, spellings=spellings)
            seen, given = (", ".join(_member(a, whole) for a in part) for part in (self.data, self.inputs))
            value = f"{_member(self.latent_letter, whole)}=#2"
            if self.latent.range.abstract:
                value = "#2"
                there = seen + (f", {given}" if given else "")
                spellings["w"] = Spelling(rf"p(#2 \mid {there}; {base.theta_t})", moving=rf"p(#2 \mid {there}; {base.theta})")
                spellings["Ent"] = Spelling(rf"\mathrm{{Ent}}({base.theta_t})", moving=rf"\mathrm{{Ent}}({base.theta})")
                hidden = _member(self.latent_letter, whole)
                for name, word in (("posterior_mean", "E"), ("posterior_variance", "Var"), ("posterior_covariance", "Cov")):
                    spellings[name] = Spelling(
                        rf"\operatorname{{{word}}}[{hidden} \mid {there}; {base.theta_t}]",
                        moving=rf"\operatorname{{{word}}}[{hidden} \mid {there}; {base.theta}]",
                    )
                pair = rf"\mathrm{{KL}}({base.theta_t} \,\|\, {base.theta})"
                spellings["KL"] = Spelling(pair, moving=pair)
                spellings[f"{VALUE}{self.latent_letter.name}"] = Spelling("#1")
            spellings["evidence"] = Spelling(rf"p({seen}{rf' {chr(92)}mid ' if given else ''}{given}; #t)")
            spellings["f"] = Spelling(rf"p({seen} \mid {value}{', ' if given else ''}{given}; #t)")
            spellings["p"] = Spelling(rf"p({seen}, {value}{rf' {chr(92)}mid ' if given else ''}{given}; #t)")
        return replace(base, spellings=spellings)


def _member(letter: Letter, base: Convention) -> str:
    """A letter of the data at the datum, of a family over more than the data all of it."""
    written = base.spelling(letter.name.removeprefix("\\"), len(letter.spelling.slots)).plain
    return re.sub(r"#[2-9]", r"\\cdot", written.replace("#*", "#1" + r"\cdot" * (len(letter.spelling.slots) - 1)))


def declared_model(dictionary: Dictionary) -> DeclaredModel:
    """The model of which declarations speak.

    Raises:
        ReadingError: what they say is no model.
        UnsupportedError: the model is none of i.i.d. data with a latent each.
    """
    return _Builder(dictionary).build()


class _Builder:
    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.reader = Reader(dictionary)
        self.letters = {letter.symbol: letter for letter in dictionary.letters}

    def build(self) -> DeclaredModel:
        probabilities = self.reader.probabilities
        latent = self._latent()
        data = [a for a in self.dictionary.letters if a.kind == "data" and probabilities.statement_of(a) is not None]
        inputs = [a for a in self.dictionary.letters if a.kind == "data" and a not in data]
        if not data:
            raise ReadingError("no data with a distribution; try a line x_i | z_i=j ~ DENSITY", code="declaration")
        plate = latent.symbol.family[0]
        for letter in (*data, *inputs):
            if letter.symbol.family[:1] != (plate,):
                raise UnsupportedError(f"data that are not one for each {latent.name}: {self._shown(letter)}")
        datum = Index(self._slot(data[0]), plate)
        values = latent.values
        if values is None:
            values = continuum(latent.name)
            j = l = s = Index(latent.name, values)
            l = Fresh.index(j)  # the same letter, under its own integral
        elif isinstance(values, Range):
            j, l, s = (Index(name, values) for name in self._names(values, 3, (datum.name,)))
        else:
            raise UnsupportedError(f"a latent with other values than 1, 2, .. or the reals: {self._shown(latent)}")
        seen = [Occurrence(letter, (datum, *(None for _ in letter.spelling.slots[1:]))) for letter in data]
        hidden = Occurrence(latent, (datum,), None if values.abstract else j)
        names = {symbol: self._named(symbol) for symbol in self.letters}

        def density_of(before: list[Occurrence], given: list[Occurrence]) -> Formula:
            found = probabilities.probability(before, given, Scope())
            return _at_value(_renamed(found, names), latent.symbol, names, j)

        together = probabilities.statement_of(latent) is probabilities.statement_of(data[0])
        component = density_of([*seen, hidden], []) if together else density_of(seen, [hidden])
        weight = ONE if together else density_of([hidden], [])
        spellings = {
            names[symbol]: Spelling(template(letter.spelling) + ("_{#1}" if letter.extra and not letter.spelling.slots else ""))
            for symbol, letter in self.letters.items()
            if names[symbol] != symbol.name.removeprefix("\\")
        }
        parameters = [letter for letter in self.dictionary.letters if letter.kind == "param"]
        indices = [self._indices(letter.symbol.family, values, s, (datum, j, l)) for letter in parameters]
        return DeclaredModel(
            datum=datum,
            latent=j,
            other=l,
            fresh=s,
            observation=self._observation(data[0], datum, names),
            component=component,
            weight=weight,
            parameters=tuple((replace(a.symbol, name=names[a.symbol]), own) for a, own in zip(parameters, indices, strict=True)),
            others=tuple(
                l if own[-1:] == (s,) or not own else self._indices(own[-1:], None, s, (datum, j, l, *own))[0] for own in indices
            ),
            data=tuple(data),
            inputs=tuple(inputs),
            bounds=tuple(
                (_renamed(small, names), _renamed(large, names))
                for letter in data
                for small, large in self._bounds(letter, datum, j)
            ),
            laws=() if together else tuple(self._laws([*data, *([latent] if values.abstract else [])], latent, datum, j, names)),
            spellings=spellings,
            latent_letter=latent,
            own=self._convention(names),
        )

    def _bounds(self, letter: Letter, datum: Index, latent: Index) -> Iterator[tuple[Formula, Formula]]:
        """The bounds of a datum that its densities tell."""
        indices = self._at_datum(letter, datum)
        for statement, match in self.reader.probabilities.statements_of(letter):
            scope = partial(self._scope, letter, statement, match, indices, latent)
            yield from self.reader.probabilities.bounds_by(statement, letter, indices, scope)

    def _laws(
        self, letters: Sequence[Letter], latent: Letter, datum: Index, value: Index, names: dict[Symbol, str]
    ) -> Iterator[Law]:
        """The densities by name that letters have at the datum, those with one distribution whatever happens."""
        probabilities = self.reader.probabilities

        def written(node: Formula) -> Formula:
            return _at_value(_renamed(node, names), latent.symbol, names, value)

        for letter in letters:
            statements = probabilities.statements_of(letter)
            if len(statements) != 1 or statements[0][0].density == "Density":
                continue
            ((statement, match),) = statements
            known, indices = density(statement.density), self._at_datum(letter, datum)
            scope = self._scope(letter, statement, match, indices, value)
            if known.of_family:
                told = probabilities.parameters_of_family(statement, scope)
                parts = tuple(written(one) if isinstance(one, Formula) else _composed(written, one) for one in told)
                member = _member_of(letter.symbol, indices)
                yield Law(known, _composed(written, member), parts, letter.symbol.family[-1])
            else:
                own = Reference(letter.symbol, indices)
                arguments = probabilities.parameters_at(own, statement.arguments, scope)
                law = Law(known, written(own), tuple(written(argument) for argument in arguments))
                law.require_parameters()
                yield law

    @staticmethod
    def _at_datum(letter: Letter, datum: Index) -> tuple[Index, ...]:
        """The indices of a letter at the datum, with a letter for each other one that it is written with."""
        others = zip(letter.spelling.slots[1:], letter.symbol.family[1:], strict=False)
        return (datum, *(Index(slot, over) for slot, over in others))

    def _scope(self, letter: Letter, statement: Statement, match: Match, indices: tuple[Index, ...], latent: Index) -> Scope:
        """The scope in which the arguments of a statement are read, at some indices and at a value of the latent."""
        scope = self.reader.probabilities.placed_at(Occurrence(letter, indices), match, Scope())
        for event in statement.conditions:
            if event.value is not None and self.dictionary.is_index(plain(event.value)):
                scope = scope.with_index(plain(event.value), latent)
        return scope

    def _latent(self) -> Letter:
        latents = [letter for letter in self.dictionary.letters if letter.kind == "latent"]
        if len(latents) != 1 or len(latents[0].spelling.slots) != 1:
            found = ", ".join(self._shown(letter) for letter in latents) or "none"
            raise UnsupportedError(f"a model with one latent for each datum is expected: found {found}")
        return latents[0]

    @staticmethod
    def _shown(letter: Letter) -> str:
        return plain(letter.spelling.items)

    def _slot(self, letter: Letter) -> str:
        """The letter of the datum, as the first statement on it writes it."""
        return letter.spelling.slots[0]

    def _names(self, over: Range, count: int, taken: Sequence[str]) -> list[str]:
        """Letters for members of a range: the declared ones first, in their order."""
        declared = [name for name, i in self.dictionary.indices.items() if isinstance(i, Index) and i.range == over]
        declared = [name for name in declared if name not in taken and "'" not in name]
        used = {*self.dictionary.indices, *self.dictionary.sizes, *(letter.name for letter in self.dictionary.letters), *taken}
        return [*declared, *(letter for letter in LETTERS if letter not in used)][:count]

    def _indices(
        self, family: Iterable[Range | Index], values: Range | None, fresh: Index, taken: Sequence[Index]
    ) -> tuple[Index, ...]:
        """A letter for each range of a family, ``fresh`` for the values of the latent."""
        found: list[Index] = []
        for own in family:
            over = own.range if isinstance(own, Index) else own
            if over == values and fresh not in found:
                found.append(fresh)
            else:
                names = [index.name for index in (*taken, fresh, *found)]
                found.append(Index(self._names(over, 1, names)[0], over))
        return tuple(found)

    @staticmethod
    def _observation(letter: Letter, datum: Index, names: dict[Symbol, str]) -> Reference:
        symbol = replace(letter.symbol, name=names[letter.symbol])
        return Reference(symbol, (datum, *(Index("a", over) for over in symbol.family[1:])))

    def _named(self, symbol: Symbol) -> str:
        name = symbol.name.removeprefix("\\")
        return f"{name}_" if name in TAKEN else name

    def _convention(self, names: dict[Symbol, str]) -> Convention:
        """The declarations' own letters, and for what is EM's own those of CS229, apart from the declared ones."""
        base, own = convention("cs229"), self.dictionary.convention()
        spellings = {names.get(s, s.name): own.spellings[s.name] for s in self.letters if s.name in own.spellings}
        heads = {letter.spelling.head for letter in self.dictionary.letters}
        weight = next(letter for letter in ("w", "r", r"\gamma", "h") if letter not in heads)
        told = {
            **{name: base.spellings[name] for name in ("l", "Q", "H")},
            "w": Spelling(rf"{weight}_{{#*}}", moving=rf"{weight}_{{#*}}(\theta)"),
            "Ent": Spelling(rf"\mathrm{{Ent}}({weight})", moving=rf"\mathrm{{Ent}}({weight}(\theta))"),
            "KL": Spelling(
                rf"\mathrm{{KL}}({weight} \,\|\, {weight})", moving=rf"\mathrm{{KL}}({weight} \,\|\, {weight}(\theta))"
            ),
        }
        return replace(own, spellings={**spellings, **told})


def _member_of(symbol: Symbol, indices: tuple[Index, ...]) -> Member:
    return lambda last: Reference(symbol, (*indices, last))


def _composed(change: Callable[[Formula], Formula], member: Member) -> Member:
    return lambda index: change(member(index))


VALUE = "value of "
"""What the name of a continuous latent begins with where one of its values stands: it is written as the letter alone."""


def _at_value(node: Formula, latent: Symbol, names: dict[Symbol, str], value: Index) -> Formula:
    """A density with the latent at a value of its own, which one may integrate over; a category has its value already."""
    if not value.range.abstract:
        return node
    own = Symbol(f"{VALUE}{names[latent]}", "data", (value.range,), latent.shape, latent.domain)

    def put(inner: Formula) -> Formula:
        if isinstance(inner, Reference) and inner.symbol == replace(latent, name=names[latent]):
            return Reference(own, (value,))
        return rebuild(inner, put)

    return put(node)


def _renamed(node: Formula, names: dict[Symbol, str]) -> Formula:
    """A formula with the names of its symbols changed; what abbreviations stand for is written out."""
    if isinstance(node, Named):
        return _renamed(unfold(node), names)
    if isinstance(node, Reference) and node.symbol in names:
        return replace(node, symbol=replace(node.symbol, name=names[node.symbol]))
    return rebuild(node, lambda child: _renamed(child, names))
