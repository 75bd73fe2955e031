"""Latent-variable models, one a file: each module of this folder holds one ``MODEL``.

This file holds the record that such a module fills in, and finds the modules.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from derive.algebra.entries import Reader
from derive.algebra.nonnegativity import Questions
from derive.claims import Assumption
from derive.densities import Law
from derive.densities.gaussian import itakura_saito
from derive.errors import UnknownNameError, UnsupportedError
from derive.formula import (
    ONE,
    Component,
    Definition,
    Divide,
    Formula,
    Inverse,
    LibraryCall,
    Log,
    Named,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    multiply,
    rebuild,
    rename,
    walk,
    walk_unfolded,
)
from derive.notation.conventions import Convention
from derive.notation.declarations import Dictionary
from derive.notation.declared_model import VALUE, DeclaredModel, declared_model
from derive.proposals.closed_forms import root
from derive.proposals.slopes import slope
from derive.proposals.terms import NoProposal, summed
from derive.symbols import Index, IndexLike, Range, Size, Symbol

Found = TypeVar("Found")
Weights = Callable[[IndexLike, IndexLike], Formula]
"""``weights(i, j)``: the responsibility of component j for datum i, as a formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a model: its symbol, its formal indices, and where the M-step puts it.

    ``slope(weights)`` is the gradient of sum_ij weights_ij log p_ij in closed form: that of Q where the weights are held,
    and of the log-likelihood where they move. ``m_step(weights)`` is the maximiser of Q as a formula in the formal indices;
    both are None where there is no closed form. ``gap(weights, solution)`` is by how much any other value misses that maximum,
    None where the maximum is shown by concavity; ``multiplier(weights)`` is what the slope is multiplied by where it is solved
    for the parameter, ``curvature(weights)`` the derivative of the slope by ``along``, ``constraint(weights)`` what the slope is
    at the maximum on a simplex (the multiplier of Lagrange). ``condition`` says, for the reader, when the maximiser exists;
    ``larger`` that it needs the first size to exceed the second, ``definite(weights)`` a matrix to be positive definite, or a
    number positive. A parameter whose domain is a simplex is maximised under that constraint. ``other`` is one more letter for
    its last index.
    ``own`` says that only one value of the latent, the fresh one, has a density in which this member of the parameter stands.
    """

    symbol: Symbol
    indices: tuple[Index, ...]
    slope: Callable[[Weights], Formula] | None
    m_step: Callable[[Weights], Formula] | None
    role: str
    gap: Callable[[Weights, Definition], Formula] | None = None
    condition: str = ""
    larger: tuple[Size, Size] | None = None
    definite: Callable[[Weights], Formula] | None = None
    curvature: Callable[[Weights], Formula] | None = None
    multiplier: Callable[[Weights], Formula] | None = None
    constraint: Callable[[Weights], Formula] | None = None
    own: bool = True
    other: Index | None = None

    @property
    def name(self) -> str:
        """What a person calls it: the symbol's name, whatever was done to keep it apart from others."""
        return self.symbol.name.removesuffix("_")

    @property
    def reference(self) -> Reference:
        return Reference(self.symbol, self.indices)

    @property
    def along(self) -> Reference:
        """Another member of its family, of a simplex the entry that loses what this one gains; itself where there is none."""
        if not self.indices:
            return self.reference
        if self.other is None:
            raise UnsupportedError(f"no second letter for the index of {self.name}")
        return Reference(self.symbol, (*self.indices[:-1], self.other))


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianShape:
    """What a component of a Gaussian mixture is written with: density, factor and exponent, covariance matrix, weight."""

    normaliser: Definition
    exponent: Definition
    covariance: Callable[[IndexLike], Formula]
    weight: Callable[[IndexLike], Formula]
    component: Definition


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LatentModel:
    """A model of i.i.d. data with a latent each: datum i (letter ``datum``) has the latent value j (letter ``latent``).

    ``joint`` is p(x_i, z_i = j) in the indices (datum, latent). ``other`` is the letter of the posterior's denominator, ``fresh``
    the value by whose parameters derivatives are taken. ``definitions`` are what the model is told with, each with its reason;
    ``lettered`` makes a convention write the model's own names. A finite mixture has a ``weight``.
    ``assumptions`` are what is known of the data beyond their domains, ``laws`` the densities by name of the data and of a
    continuous latent.
    """

    name: str
    title: str
    introduction: str
    sizes: Mapping[str, Size]
    datum: Index
    latent: Index
    other: Index
    fresh: Index
    observation: Reference
    joint: Definition
    parameters: tuple[Parameter, ...]
    definitions: tuple[tuple[Named, str], ...]
    weight: Callable[[IndexLike], Formula] | None = None
    gaussian: GaussianShape | None = None
    assumptions: tuple[Assumption, ...] = ()
    laws: tuple[Law, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    lettered: Callable[[Convention], Convention] = lambda base: base

    @property
    def latent_value(self) -> Reference | None:
        """A continuous latent where it is a number or a vector, as it stands in the joint density; None of a category."""
        inside = walk_unfolded(self.joint.body)
        return next((node for node in inside if isinstance(node, Reference) and node.symbol.name.startswith(VALUE)), None)

    @property
    def as_gaussian(self) -> GaussianShape:
        """What the components of a Gaussian mixture are written with.

        Raises:
            UnsupportedError: the model is no Gaussian mixture.
        """
        if self.gaussian is None:
            raise UnsupportedError(f"{self.name} is no Gaussian mixture")
        return self.gaussian

    def parameter(self, name: str) -> Parameter:
        """The parameter called ``name``.

        Raises:
            UnknownNameError: there is none; the message names the nearest.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise UnknownNameError.among("parameter", name, [p.name for p in self.parameters])


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFamily:
    """A model with its options: what a module of this folder holds as ``MODEL``.

    ``options`` maps each option's name to its allowed values, the first of them the default.
    """

    name: str
    title: str
    options: Mapping[str, tuple[str, ...]]
    build: Callable[..., LatentModel]

    def __call__(self, **options: str) -> LatentModel:
        """Build the model.

        Raises:
            UnknownNameError: an option or a value that the model does not have.
        """
        for option, value in options.items():
            if option not in self.options:
                raise UnknownNameError.among(f"option of {self.name}", option, self.options)
            if value not in self.options[option]:
                raise UnknownNameError.among(option, value, self.options[option])
        return self.build(**{name: options.get(name, values[0]) for name, values in self.options.items()})


MIXTURE = r"""
size n, k
index i in 1..n ; j, l, s in 1..k
latent z_i in 1..k
<weights>
z_i ~ Categorical(\phi)
"""
"""How every finite mixture begins."""


def mixture(name: str, title: str, lines: str, options: Mapping[str, Mapping[str, str]] | None = None) -> ModelFamily:
    """A finite mixture by the lines that declare its data, parameters and component density, the weights free or known."""
    weights = {"free": r"param \phi in simplex(k)", "known": r"const \phi in simplex(k)"}
    return declared(name, title, MIXTURE + lines, {"weights": weights, **(options or {})})


def declared(
    name: str,
    title: str,
    lines: str,
    options: Mapping[str, Mapping[str, str]] | None = None,
    *,
    introduction: str = "",
    own_letters: bool = False,
) -> ModelFamily:
    """A model by the lines that declare it, in the language of notes; its slopes and M-steps are found from its densities.

    ``introduction`` is how the report begins, where more is to be said than how many data there are and of which latents
    (``{name}`` stands for a letter of the model).

    ``<option>`` in the lines stands for what ``options`` has for the value chosen, the first one by default. Where
    ``own_letters``, everything is written in the letters of the lines, whatever the notation.

    Raises:
        ReadingError: a line is not understood.
        UnsupportedError: the lines declare no model of i.i.d. data with a latent each.
    """
    choices = options or {}

    def build(**chosen: str) -> LatentModel:
        text = lines
        for option, value in chosen.items():
            text = text.replace(f"<{option}>", choices[option][value])
        dictionary = Dictionary()
        lines_of = [part for line in text.splitlines() for part in line.split("#")[0].split(";")]
        dictionary.tell_apart(lines_of)
        for line in lines_of:
            dictionary.declare(line)
        found = of_declarations(dictionary, name, title, chosen, own_letters=own_letters)
        return replace(found, introduction=introduction) if introduction else found

    return ModelFamily(name=name, title=title, options={option: tuple(values) for option, values in choices.items()}, build=build)


CATEGORIES = (
    "{n} independent data, each with a latent value {j}, one of {k}. The value {j} has the probability {weight_j}; which one it "
    "was is not observed."
)
TOGETHER = "{n} independent data, each with a latent value {j}, one of {k}; which one it was is not observed."
CONTINUOUS = "{n} independent data, each with a latent value {j} of its own, which is not observed and is integrated over."


REGULAR = "the sum that is inverted is regular"
DIVIDED = "the sum that is divided by is not zero"
LOGGED = "the sum of which the logarithm is taken is not zero"
RANKED = ", which needs {n} > {d} data in general position"


def of_declarations(
    dictionary: Dictionary, name: str, title: str, options: Mapping[str, str] | None = None, *, own_letters: bool = True
) -> LatentModel:
    """The model of which declarations speak, with slopes and M-steps found from its densities.

    Raises:
        ReadingError: what they say is no model.
        UnsupportedError: the model is none of i.i.d. data with a latent each.
    """
    found = declared_model(dictionary)
    i, j, l = found.datum, found.latent, found.other
    component = Definition("f", (i, j), found.component, log_reference=_routine(found))
    together = found.weight == ONE
    joint = Definition("p", (i, j), found.component if together else multiply(component(i, j), found.weight))
    dimension = next((size for symbol, _ in found.parameters for size in symbol.shape), None)
    trial = Symbol("weight", "frozen", (i.range, j.range))
    finite = not j.range.abstract
    of_weights = {node.symbol for node in walk(found.weight) if isinstance(node, Reference)}

    def parameter(symbol: Symbol, indices: tuple[Index, ...], other: Index) -> Parameter:
        by = Reference(symbol, indices)
        total = SizeNumber(i.range.upper) if symbol in of_weights and isinstance(found.weight, Reference) else None
        terms = _proposed(lambda: slope(Sum(i, Sum(j, multiply(Reference(trial, (i, j)), Log(joint(i, j))))), by))
        gradient = summed(terms) if terms is not None else None
        solved = _proposed(lambda: root(terms, by, other, total)) if terms is not None else None
        best = counted(solved.value, trial, i, j) if solved is not None else None
        mass = counted(solved.mass, trial, i, j) if solved is not None and solved.mass is not None else None
        along = Reference(symbol, (*indices[:-1], other)) if indices else by
        bent = _proposed(lambda: slope(gradient, along)) if gradient is not None and symbol.shape == () else None
        curved = summed(bent) if bent is not None else None
        inverted = next((node.argument for node in walk(best) if isinstance(node, Inverse)), None) if best is not None else None
        # A scatter matrix, or one of regressors, is regular where there are more data than dimensions.
        ranked = best is not None and (symbol.domain == "spd" or (inverted is not None and _holds_inputs(inverted)))
        larger = (i.range.upper, dimension) if ranked and dimension is not None else None
        divided, logged = (_not_surely_positive(best, trial, kind) if inverted is None else None for kind in (Divide, Log))
        positive = divided if divided is not None else logged
        regular = REGULAR + (RANKED if larger else "") if larger or inverted is not None else ""
        return Parameter(
            symbol=symbol,
            indices=indices,
            slope=weighted(gradient, trial),
            m_step=weighted(best, trial),
            multiplier=weighted(solved.multiplier if solved is not None else None, trial),
            curvature=weighted(curved, trial),
            constraint=weighted(solved.constraint if solved is not None else None, trial),
            role="the weights"
            if symbol in of_weights and isinstance(found.weight, Reference) and finite
            else f"the parameter {{{symbol.name}}}",
            other=other,
            gap=_loss_of_entries(symbol, indices, weighted(mass, trial)),
            larger=larger,
            definite=weighted(inverted if positive is None else positive, trial),
            condition=regular if positive is None else DIVIDED if divided is not None else LOGGED,
            own=_is_own(joint.body, symbol, indices, found),
        )

    return LatentModel(
        name=name,
        title=title,
        introduction=CONTINUOUS if not finite else TOGETHER if together else CATEGORIES,
        sizes={
            "data": i.range.upper,
            **({"components": j.range.upper} if finite else {}),
            **({"dimension": dimension} if dimension is not None else {}),
        },
        datum=i,
        latent=j,
        other=l,
        fresh=found.fresh,
        observation=found.observation,
        joint=joint,
        parameters=tuple(parameter(*told, other) for told, other in zip(found.parameters, found.others, strict=True)),
        definitions=(
            *(() if together else ((component(i, j), "the density of what is observed of a datum, given the latent"),)),
            (joint(i, j), "the joint density of a datum and its latent"),
        ),
        weight=(lambda at: rename(found.weight, {j: at})) if finite and not together else None,
        assumptions=tuple(Assumption(text="the data lie in the support of their density", bound=bound) for bound in found.bounds),
        laws=found.laws,
        options=options or {},
        lettered=(lambda base: found.lettered(found.own)) if own_letters else found.lettered,
    )


def _not_surely_positive(best: Formula | None, trial: Symbol, kind: type[Divide] | type[Log]) -> Formula | None:
    """What a number is divided by, or what stands under a logarithm, where that may be zero: a sum of squares, say."""
    nodes = walk(best) if best is not None else ()
    parts = (node.denominator if isinstance(node, Divide) else node.argument for node in nodes if isinstance(node, kind))
    for part in parts:
        part = part.numerator if isinstance(part, Divide) else part
        value_at = weighted(part, trial)
        if part.shape != () or value_at is None:
            continue
        value = value_at(lambda i, j: Reference(replace(trial, domain="positive"), (i, j)))
        if not Questions(Reader(), lambda rest: not rest).positive(value):
            return part
    return None


def _routine(found: DeclaredModel) -> LibraryCall | None:
    """The routine of ``jax.scipy.stats`` for the component, where that is one density by name; an independent road."""
    law = next((law for law in found.laws if law.over is None and law.formula == found.component), None)
    routine = law.density.routine(law.value, *law.parameters) if law is not None else None
    if routine is None or not routine.in_jax:
        return None
    arguments = tuple(argument for argument in routine.arguments if isinstance(argument, Formula))
    return LibraryCall(routine.name, arguments) if len(arguments) == len(routine.arguments) else None


def _holds_inputs(inverted: Formula) -> bool:
    """Whether data stand in a matrix that is inverted: of latents alone it is regular, since they have a density."""
    vectors = (node.symbol for node in walk(inverted) if isinstance(node, Reference) and node.symbol.role == "data")
    return any(not symbol.name.startswith(VALUE) for symbol in vectors)


def _loss_of_entries(
    symbol: Symbol, indices: tuple[Index, ...], mass: Callable[[Weights], Formula] | None
) -> Callable[[Weights, Definition], Formula] | None:
    """By how much other entries of a diagonal matrix miss the maximum: a sum of Itakura-Saito losses; None of no such matrix."""
    if mass is None:
        return None
    size = symbol.shape[0]

    def gap(weights: Weights, solution: Definition) -> Formula:
        a = Index("a", Range(size))
        # A symbol of the solution's name: its entries are those of a positive parameter.
        best = replace(symbol, name=solution.name)
        entries = (Component(Reference(each, indices), (a,)) for each in (best, symbol))
        found: Formula = multiply(mass(weights), Sum(a, itakura_saito(*entries)))
        for index in indices:
            found = Sum(index, found)
        return Substitute(found, best, indices, solution(*indices))

    return gap


def counted(node: Formula, trial: Symbol, datum: Index, latent: Index) -> Formula:
    """With the number of data for the sum of all weights, times the sizes of what else they are summed over."""
    over: list[Index] = []
    inside = node
    while isinstance(inside, Sum):
        over.append(inside.index)
        inside = inside.body
    others = [index for index in over if index not in (datum, latent)]
    whole = {datum, latent} <= set(over) and len(over) == len(others) + 2
    complete = all(index.range.lower == 1 and not index.range.abstract for index in others)
    if whole and complete and inside == Reference(trial, (datum, latent)):
        return multiply(SizeNumber(datum.range.upper), *(SizeNumber(index.range.upper) for index in others))
    return rebuild(node, lambda child: counted(child, trial, datum, latent))


def _is_own(joint: Formula, symbol: Symbol, indices: tuple[Index, ...], found: DeclaredModel) -> bool:
    """Whether p(x_i, z_i = j) holds of a parameter only the members of component j."""
    if found.fresh not in indices:
        return False
    place = indices.index(found.fresh)
    uses = (node for node in walk_unfolded(joint) if isinstance(node, Reference) and node.symbol == symbol)
    return all(node.indices[place] == found.latent for node in uses)


def _proposed(proposal: Callable[[], Found]) -> Found | None:
    try:
        return proposal()
    except NoProposal:
        return None


def weighted(body: Formula | None, trial: Symbol) -> Callable[[Weights], Formula] | None:
    """A formula in trial weights as a function of the weights."""
    if body is None:
        return None

    def put(node: Formula, weights: Weights) -> Formula:
        if isinstance(node, Reference) and node.symbol == trial:
            return weights(*node.indices)
        return rebuild(node, lambda child: put(child, weights))

    return lambda weights: put(body, weights)


def Model(lines: str, *, name: str = "model", title: str = "The declared model") -> LatentModel:
    r"""A model by the lines that declare it, as in a note: ``size``, ``index``, ``data``, ``latent``, ``param``, ``~``.

    >>> lines = r"size n, k; index i in 1..n ; j in 1..k; data x_i in N ; latent z_i in 1..k"
    >>> lines += r"; param \pi in simplex(k) ; param \lambda_j in positive"
    >>> model = Model(lines + r"; z_i ~ Categorical(\pi) ; x_i | z_i=j ~ Poisson(\lambda_j)")
    >>> [parameter.name for parameter in model.parameters]
    ['pi', 'lambda']

    Raises:
        ReadingError: a line is not understood, or what they say is no model.
        UnsupportedError: the model is none of i.i.d. data with a latent each.
    """
    return declared(name, title, lines, own_letters=True)()


def names() -> list[str]:
    """The names of all models, as the command line writes them."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def family(name: str) -> ModelFamily:
    """The model called ``name``.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in names():
        raise UnknownNameError.among("model", name, names())
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}").MODEL
