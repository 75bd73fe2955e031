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
from derive.algebra.nonnegativity import Questions, itakura_saito, stein_loss
from derive.claims import Assumption
from derive.densities import Law, called
from derive.errors import UnknownNameError, UnsupportedError
from derive.formula import (
    HALF,
    ONE,
    Cholesky,
    Component,
    Definition,
    Divide,
    Exp,
    Formula,
    Inverse,
    LibraryCall,
    Log,
    Multiply,
    Named,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Transpose,
    free_indices,
    matrix_product,
    mentions,
    multiply,
    rebuild,
    rename,
    walk,
    walk_unfolded,
)
from derive.notation.conventions import Convention
from derive.notation.declarations import Dictionary
from derive.notation.declared_model import VALUE, DeclaredModel, declared_model
from derive.proposals.closed_forms import Root, Shares, root
from derive.proposals.slopes import jacobian, slope
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
    ``unique`` says that there is one maximiser: the logits of a softmax may all be larger by one number.
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
    unique: bool = True
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
class ByExponent:
    """A component that is told as ``alpha_j exp(psi_ij)``: a factor in the index ``latent``, an exponent in ``datum`` as well."""

    normaliser: Definition
    exponent: Definition


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LatentModel:
    """A model of i.i.d. data with a latent each: datum i (letter ``datum``) has the latent value j (letter ``latent``).

    ``joint`` is p(x_i, z_i = j) in the indices (datum, latent). ``other`` is the letter of the posterior's denominator, ``fresh``
    the value by whose parameters derivatives are taken. ``definitions`` are what the model is told with, each with its reason;
    ``lettered`` makes a convention write the model's own names. A finite mixture has a ``weight``.
    ``assumptions`` are what is known of the data beyond their domains, ``laws`` the densities by name of the data and of a
    continuous latent. ``by_exponent`` has the factor and the exponent of a component that is told by them. ``logits`` is a
    finite mixture with free weights once more, its weights the softmax of free numbers ``eta``.
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
    by_exponent: ByExponent | None = None
    logits: Callable[[], LatentModel] | None = None
    assumptions: tuple[Assumption, ...] = ()
    laws: tuple[Law, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    lettered: Callable[[Convention], Convention] = lambda base: base

    @property
    def latent_value(self) -> Reference | None:
        """A continuous latent where it is a number or a vector, as it stands in the joint density; None of a category."""
        inside = walk_unfolded(self.joint.body)
        return next((node for node in inside if isinstance(node, Reference) and node.symbol.name.startswith(VALUE)), None)

    def is_in_exponent_only(self, parameter: Parameter) -> bool:
        """Whether the joint density is told by exponents, and holds the parameter in no other place."""
        told, symbol = self.by_exponent, parameter.symbol
        others = (told.normaliser.body, *((self.weight(self.latent),) if self.weight is not None else ())) if told else ()
        return told is not None and mentions(told.exponent.body, symbol) and not any(mentions(part, symbol) for part in others)

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
"""
"""How every finite mixture begins."""
WEIGHTS = {
    "free": r"param \phi in simplex(k)",
    "known": r"const \phi in simplex(k)",
    "logits": r"param \eta_j in R ; define \phi_j = \frac{\exp(\eta_j)}{\sum_{l=1}^k \exp(\eta_l)}",
}
"""The weights of a finite mixture: free on the simplex, known, or the softmax of free numbers."""


COMPONENTS = (
    "{n} independent data, each from one of {k} components. Component {j} is chosen with the probability {weight_j}; which one "
    "it was is not observed."
)


def mixture(
    name: str,
    title: str,
    lines: str,
    options: Mapping[str, Mapping[str, str]] | None = None,
    *,
    introduction: str = COMPONENTS,
    titles: Mapping[str, str] | None = None,
    by_exponent: bool = False,
) -> ModelFamily:
    """A finite mixture by the lines that declare its data, parameters and component density; its weights come last."""
    return declared(
        name,
        title,
        f"{MIXTURE}{lines}\n<weights>\nz_i ~ Categorical(\\phi)",
        {**(options or {}), "weights": WEIGHTS},
        introduction=introduction,
        titles=titles,
        by_exponent=by_exponent,
    )


def declared(
    name: str,
    title: str,
    lines: str,
    options: Mapping[str, Mapping[str, str]] | None = None,
    *,
    introduction: str = "",
    titles: Mapping[str, str] | None = None,
    own_letters: bool = False,
    by_exponent: bool = False,
) -> ModelFamily:
    """A model by the lines that declare it, in the language of notes; its slopes and M-steps are found from its densities.

    ``introduction`` is how the report begins, where more is to be said than how many data there are and of which latents
    (``{name}`` stands for a letter of the model).

    ``<option>`` in the lines stands for what ``options`` has for the value chosen, the first one by default; ``titles`` has
    what the title says of a value. Where ``own_letters``, everything is written in the letters of the lines, whatever the
    notation; where ``by_exponent``, the component is told by its factor and its exponent.

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
        whole = " with ".join((title, *(titles[value] for value in chosen.values() if titles is not None and value in titles)))
        found = of_declarations(dictionary, name, whole, chosen, own_letters=own_letters, by_exponent=by_exponent)
        if chosen.get("weights") == "free" and "logits" in choices["weights"]:
            found = replace(found, logits=lambda: build(**{**chosen, "weights": "logits"}))
        return replace(found, introduction=introduction) if introduction else found

    return ModelFamily(name=name, title=title, options={option: tuple(values) for option, values in choices.items()}, build=build)


CATEGORIES = (
    "{n} independent data, each with a latent value {j}, one of {k}. The value {j} has the probability {weight_j}; which one it "
    "was is not observed."
)
TOGETHER = "{n} independent data, each with a latent value {j}, one of {k}; which one it was is not observed."
CONTINUOUS = "{n} independent data, each with a latent value {j} of its own, which is not observed and is integrated over."


DEFINITE = "{{{name}_star}} is positive definite"
FACTORED = "the matrix that is factored is positive definite"
REGULAR = "the sum that is inverted is regular"
DIVIDED = "the sum that is divided by is not zero"
LOGGED = "the sum of which the logarithm is taken is not zero"
RANKED = ", which takes {n} > {d} data in general position"


def of_declarations(
    dictionary: Dictionary,
    name: str,
    title: str,
    options: Mapping[str, str] | None = None,
    *,
    own_letters: bool = True,
    by_exponent: bool = False,
) -> LatentModel:
    """The model of which declarations speak, with slopes and M-steps found from its densities.

    Raises:
        ReadingError: what they say is no model.
        UnsupportedError: the model is none of i.i.d. data with a latent each.
    """
    found = declared_model(dictionary)
    i, j, l = found.datum, found.latent, found.other
    shape = _by_exponent(found) if by_exponent else None
    density = found.component if shape is None else multiply(shape.normaliser(j), Exp(shape.exponent(i, j)))
    component = Definition("f", (i, j), density, log_reference=_routine(found))
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
        along = Reference(symbol, (*indices[:-1], other)) if indices else by
        bend = {0: slope, 1: jacobian}.get(len(symbol.shape))
        bent = _proposed(lambda: bend(gradient, along)) if gradient is not None and bend is not None else None
        curved = summed(bent) if bent is not None else None
        needed = (node.argument for node in walk(best) if isinstance(node, (Inverse, Cholesky))) if best is not None else iter(())
        inverted = next(needed, None)
        # A scatter matrix, or one of regressors, is regular where there are more data than dimensions.
        scattered = best if symbol.domain == "spd" else inverted
        ranked = scattered is not None and scattered.shape[0] == dimension and _scatters_data(scattered, (i, j))
        larger = (i.range.upper, dimension) if ranked and dimension is not None else None
        divided, logged = (_not_surely_positive(best, trial, kind) if inverted is None else None for kind in (Divide, Log))
        positive = divided if divided is not None else logged
        condition = ""
        if positive is not None:
            condition = DIVIDED if divided is not None else LOGGED
        elif scattered is not None:
            condition = {"spd": DEFINITE.format(name=symbol.name), "lower": FACTORED}.get(symbol.domain, REGULAR)
            condition += RANKED if ranked else ""
        return Parameter(
            symbol=symbol,
            indices=indices,
            slope=weighted(gradient, trial),
            m_step=weighted(best, trial),
            multiplier=weighted(solved.multiplier if solved is not None else None, trial),
            curvature=weighted(curved, trial),
            constraint=weighted(solved.constraint if solved is not None else None, trial),
            role=_role(symbol, found),
            other=other,
            gap=_gap(symbol, indices, solved, trial, (i, j)),
            unique=symbol.domain != "lower" and (solved is None or solved.shares is None),
            larger=larger,
            definite=weighted(positive if positive is not None else inverted if ranked else scattered, trial),
            condition=condition,
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
            *(((found.weight, "the weights, as the softmax of free numbers"),) if isinstance(found.weight, Named) else ()),
            *((told.exponent(i, j), "the exponent of the component's density") for told in (shape,) if told is not None),
            *((told.normaliser(j), "its normalising constant") for told in (shape,) if told is not None),
            *(() if together else ((component(i, j), "the density of what is observed of a datum, given the latent"),)),
            (joint(i, j), "the joint density of a datum and its latent"),
        ),
        weight=(lambda at: rename(found.weight, {j: at})) if finite and not together else None,
        assumptions=tuple(Assumption(text="the data lie in the support of their density", bound=bound) for bound in found.bounds),
        laws=found.laws,
        by_exponent=shape,
        options=options or {},
        lettered=(lambda base: found.lettered(found.own)) if own_letters else found.lettered,
    )


def _by_exponent(found: DeclaredModel) -> ByExponent:
    """The factor and the exponent of a component that is a product of an exponential and of what is free of the datum."""
    factors = found.component.factors if isinstance(found.component, Multiply) else (found.component,)
    exponents = [factor.argument for factor in factors if isinstance(factor, Exp)]
    rest = multiply(*(factor for factor in factors if not isinstance(factor, Exp)))
    if len(exponents) != 1 or found.datum in free_indices(rest):
        raise UnsupportedError("a density that is told by its exponent, and is no exponential with a factor free of the datum")
    exponent = Definition("psi", (found.datum, found.latent), exponents[0])
    return ByExponent(normaliser=Definition("alpha", (found.latent,), rest), exponent=exponent)


def _role(symbol: Symbol, found: DeclaredModel) -> str:
    """What a parameter is: the weights, one of a density, as that calls it, or what one of those is made of."""
    if isinstance(found.weight, Reference) and found.weight.symbol == symbol and not found.latent.range.abstract:
        return "the weights"
    for law in found.laws:
        for name, argument in zip(law.density.parameters, law.parameters, strict=True):
            if isinstance(argument, Formula) and mentions(argument, symbol):
                kind = f"the {called(name, argument)}" if isinstance(argument, Reference) else "the parameter"
                return f"{kind} {{{symbol.name}}}"
    return f"the parameter {{{symbol.name}}}"


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


def _scatters_data(matrix: Formula, letters: tuple[Index, Index]) -> bool:
    """Whether data stand in a matrix that is a sum over them, and the values of their latents, and over nothing else.

    One of latents alone is regular, since they have a density.
    """
    seen = (node.symbol for node in walk(matrix) if isinstance(node, Reference) and node.symbol.role == "data")
    sums = [node.index for node in walk(matrix) if isinstance(node, Sum) and node.shape != ()]
    return any(not symbol.name.startswith(VALUE) for symbol in seen) and all(index in letters for index in sums)


def _gap(
    symbol: Symbol, indices: tuple[Index, ...], solved: Root | None, trial: Symbol, over: tuple[Index, Index]
) -> Callable[[Weights, Definition], Formula] | None:
    """By how much another value misses the maximum, where that is known in closed form."""
    if solved is not None and solved.shares is not None:
        return _loss_of_shares(solved.shares, indices, trial, over)
    mass = weighted(counted(solved.mass, trial, *over), trial) if solved is not None and solved.mass is not None else None
    if mass is None:
        return None
    loss = _loss_of_factor if symbol.domain == "lower" else _loss_of_entries

    def gap(weights: Weights, solution: Definition) -> Formula:
        # A symbol of the solution's name: what is known of it is what is known of the parameter.
        best = replace(symbol, name=solution.name)
        found: Formula = multiply(mass(weights), loss(Reference(best, indices), Reference(symbol, indices)))
        for index in indices:
            found = Sum(index, found)
        return Substitute(found, best, indices, solution(*indices))

    return gap


def _loss_of_entries(best: Reference, other: Reference) -> Formula:
    """The loss of the entries of a diagonal matrix: a sum of Itakura-Saito losses."""
    a = Index("a", Range(other.symbol.shape[0]))
    return Sum(a, itakura_saito(Component(best, (a,)), Component(other, (a,))))


def _loss_of_factor(best: Reference, other: Reference) -> Formula:
    """The loss of a Cholesky factor: half of Stein's loss of the matrices."""
    fitted, matrix = (matrix_product(factor, Transpose(factor)) for factor in (best, other))
    return multiply(HALF, stein_loss(matrix, fitted))


def _loss_of_shares(
    shares: Shares, indices: tuple[Index, ...], trial: Symbol, over: tuple[Index, Index]
) -> Callable[[Weights, Definition], Formula] | None:
    """The loss of the logits of a softmax: the divergence of it from the shares of the weights."""
    whole = counted(shares.total, trial, *over)
    best = Divide(shares.own, whole)
    found = weighted(multiply(whole, Sum(indices[-1], multiply(best, Log(Divide(best, shares.share))))), trial)
    return None if found is None else lambda weights, solution: found(weights)


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
