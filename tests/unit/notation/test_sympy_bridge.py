"""The bridge to SymPy: values stay what they are, binders never capture, what has no form is refused by name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import sympy

from derive.errors import DeriveError, ScopeError, UnknownNameError, UnsupportedError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import (
    HALF,
    Add,
    AtEqual,
    Component,
    Delta,
    Derivative,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
    Identity,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Pi,
    Power,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
    Transpose,
    free_indices,
    multiply,
    unfold,
    walk,
)
from derive.models import family
from derive.symbols import Index, Range, Size, Symbol
from derive.sympy_bridge import InverseEntry, LogDeterminant, from_sympy, to_sympy

# Two small evaluators that share nothing with the bridge: of formulas with arrays, of SymPy expressions by expanding.


@dataclass
class World:
    sizes: Mapping[str, int]
    values: Mapping[str, np.ndarray]


def value(node: Formula, world: World, at: Mapping[Index, int]) -> Any:
    def of(child: Formula) -> Any:
        return value(child, world, at)

    def letter(index: Any) -> int:
        return at[index] if isinstance(index, Index) else index

    match node:
        case Number():
            return float(node.value)
        case Pi():
            return math.pi
        case SizeNumber():
            return world.sizes[node.size.name]
        case Reference():
            name = node.symbol.name + ("_t" if node.symbol.role == "current" else "")
            return world.values[name][tuple(letter(index) - 1 for index in node.indices)]
        case Add():
            return sum(of(term) for term in node.terms)
        case Multiply():
            return math.prod((of(factor) for factor in node.factors), start=1.0)
        case Divide():
            return of(node.numerator) / of(node.denominator)
        case Power():
            return of(node.base) ** of(node.exponent)
        case Exp():
            return math.exp(of(node.argument))
        case Log():
            return math.log(of(node.argument))
        case Delta():
            return float(letter(node.left) == letter(node.right))
        case Sum() | Product():
            reach = range(node.index.range.lower, world.sizes[node.index.range.upper.name] + 1)
            parts = [value(node.body, world, {**at, node.index: place}) for place in reach]
            return sum(parts) if isinstance(node, Sum) else math.prod(parts)
        case MatrixProduct():
            factors = [_matrix(of(factor)) for factor in node.factors]
            found = np.linalg.multi_dot(factors)
            return found.item() if node.shape == () else found[:, 0] if len(node.shape) == 1 else found
        case Transpose():
            return _matrix(of(node.argument)).T
        case Inverse():
            return np.linalg.inv(of(node.argument))
        case Determinant():
            return np.linalg.det(of(node.argument))
        case Trace():
            return np.trace(of(node.argument))
        case Identity():
            return np.eye(world.sizes[node.size.name])
        case Diagonal():
            return np.diag(of(node.argument))
        case DiagonalPart():
            return np.diag(of(node.argument))
        case Component():
            return of(node.argument)[tuple(letter(index) - 1 for index in node.indices)]
        case Named():
            return of(unfold(node))
        case _:
            raise NotImplementedError(type(node))


def _matrix(array: Any) -> np.ndarray:
    return array[:, None] if array.ndim == 1 else array


def number(expression: Any, world: World, at: Mapping[Any, int]) -> float:
    def of(child: Any) -> float:
        return number(child, world, at)

    def letter(index: Any) -> int:
        return at[index] if index in at else int(index)

    def entry(node: Any) -> Any:
        if isinstance(node, sympy.Symbol):
            return world.values[node.name]
        return world.values[str(node.base)][tuple(letter(index) - 1 for index in node.indices)]

    match expression:
        case sympy.Rational():
            return float(expression)
        case _ if expression is sympy.pi:
            return math.pi
        case sympy.Symbol():
            return float(world.sizes[expression.name] if expression.name in world.sizes else world.values[expression.name])
        case sympy.Indexed():
            return float(entry(expression))
        case sympy.Add():
            return sum(of(part) for part in expression.args)
        case sympy.Mul():
            return math.prod(of(part) for part in expression.args)
        case sympy.exp():
            return math.exp(of(expression.args[0]))
        case sympy.log():
            return math.log(of(expression.args[0]))
        case sympy.Pow():
            return of(expression.base) ** of(expression.exp)
        case sympy.KroneckerDelta():
            return float(letter(expression.args[0]) == letter(expression.args[1]))
        case InverseEntry():
            matrix, *places = expression.args
            return float(np.linalg.inv(entry(matrix))[tuple(letter(place) - 1 for place in places)])
        case LogDeterminant():
            return float(np.linalg.slogdet(entry(expression.args[0]))[1])
        case sympy.Sum() | sympy.Product():
            *inner, (name, lower, upper) = expression.limits
            body = expression.func(expression.function, *inner) if inner else expression.function
            parts = [number(body, world, {**at, name: place}) for place in range(int(lower), int(of(upper)) + 1)]
            return sum(parts) if isinstance(expression, sympy.Sum) else math.prod(parts)
        case _:
            raise NotImplementedError(type(expression))


@pytest.fixture(params=[(3, 2, 2), (2, 3, 1), (1, 1, 3)], ids=str)
def world(request: pytest.FixtureRequest) -> World:
    n, k, d = request.param
    random = np.random.default_rng(7)
    values: dict[str, np.ndarray] = {"x": random.normal(size=(n, d))}
    for mark in ("", "_t"):
        half = random.normal(size=(k, d, d))
        values |= {
            f"mu{mark}": random.normal(size=(k, d)),
            f"Sigma{mark}": half @ half.transpose(0, 2, 1) + np.eye(d),
            f"phi{mark}": random.dirichlet(np.ones(k)),
            f"v{mark}": random.uniform(0.5, 2, size=(k, d)),
        }
    return World({"n": n, "k": k, "d": d}, values)


COMPONENTS = sympy.symbols("a b", integer=True, positive=True)


def _declared(formula: Formula) -> tuple[dict[str, Symbol], dict[str, Index]]:
    """What the reader must know to read a formula back."""
    symbols: dict[str, Symbol] = {}

    def look(node: Formula) -> None:
        for part in walk(node):
            if isinstance(part, Reference):
                symbols[part.symbol.name + ("_t" if part.symbol.role == "current" else "")] = part.symbol
            elif isinstance(part, Named):
                look(unfold(part))

    look(formula)
    return symbols, {index.name: index for index in free_indices(formula)}


def _same_values(formula: Formula, world: World) -> None:
    """The formula, SymPy's expression and the formula read back have one value, at every place and component."""
    components = COMPONENTS[: len(formula.shape)]
    expression = to_sympy(formula, components)
    symbols, indices = _declared(formula)
    sizes = {name: Size(name) for name in "nkd"}
    places = {str(part): Index(str(part), Range(Size("d"))) for part in components}
    back = from_sympy(expression, symbols, sizes=sizes, indices={**indices, **places})
    free = sorted(free_indices(formula), key=lambda index: index.name)
    ranges = [range(1, world.sizes[index.range.upper.name] + 1) for index in free]
    for chosen in itertools.product(*ranges):
        at = dict(zip(free, chosen, strict=True))
        letters = {sympy.Symbol(index.name, integer=True, positive=True): place for index, place in at.items()}
        whole = np.asarray(value(formula, world, at))
        for entry in np.ndindex(whole.shape):
            shifted = [place + 1 for place in entry]
            expected = float(whole[entry])
            found = number(expression, world, {**letters, **dict(zip(components, shifted, strict=True))})
            again = value(back, world, {**at, **dict(zip(places.values(), shifted, strict=True))})
            assert found == pytest.approx(expected, rel=1e-9)
            assert again == pytest.approx(expected, rel=1e-9)


def test_round_trip_of_the_mixture(em: Algorithm, world: World) -> None:
    model = em.model
    i, j = model.datum, model.latent
    formulas: list[Formula] = [
        em.l(),
        em.q(),
        em.h(),
        em.gap(),
        em.entropy(),
        em.moving(i, j),
        em.held(i, j),
        model.by_exponent.exponent(i, j),
    ]
    for parameter in model.parameters:
        formulas += [parameter.slope(em.held), parameter.m_step(em.moving)]
    for formula in formulas:
        _same_values(formula, world)


def test_round_trip_of_a_diagonal_covariance(world: World) -> None:
    diagonal = Algorithm(family("gaussian-mixture")(covariance="diagonal", weights="free"))
    for formula in (
        diagonal.l(),
        diagonal.model.parameter("v").slope(diagonal.held),
        diagonal.model.parameter("v").m_step(diagonal.held),
    ):
        _same_values(formula, world)


def test_the_derivative_that_sympy_takes_is_the_closed_form(em: Algorithm, world: World) -> None:
    """``doit`` on the mean and the covariance, by our own functions' rules, against the slope of the model."""
    model = em.model
    j, s = model.latent, model.fresh
    log_component = Log(model.definitions[2][0])
    for name, slope in (("mu", _mean_slope(em)), ("Sigma", _covariance_slope(em))):
        by = model.parameter(name).reference
        components = COMPONENTS[: len(by.shape)]
        taken = to_sympy(Derivative(log_component, by), components).doit(deep=False)
        for at in itertools.product(*(range(1, world.sizes[size] + 1) for size in "nkk")):
            places = dict(zip((model.datum, j, s), at, strict=True))
            letters = {sympy.Symbol(index.name, integer=True, positive=True): place for index, place in places.items()}
            whole = value(slope, world, places)
            for entry in np.ndindex(whole.shape):
                here = {**letters, **dict(zip(components, (place + 1 for place in entry), strict=True))}
                assert number(taken, world, here) == pytest.approx(float(whole[entry]), rel=1e-9, abs=1e-12)


def covariance_at(em: Algorithm, component: Index) -> Formula:
    return Reference(em.model.parameter("Sigma").symbol, (component,))


def _mean_slope(em: Algorithm) -> Formula:
    model = em.model
    off = model.observation - Reference(model.parameter("mu").symbol, (model.latent,))
    return multiply(Delta(model.latent, model.fresh), Inverse(covariance_at(em, model.latent)) @ off)


def _covariance_slope(em: Algorithm) -> Formula:
    model = em.model
    off = model.observation - Reference(model.parameter("mu").symbol, (model.latent,))
    precision = Inverse(covariance_at(em, model.latent))
    inside = precision @ off @ off.T @ precision - precision
    return multiply(HALF, Delta(model.latent, model.fresh), inside)


n, k, d = Size("n"), Size("k"), Size("d")
j = Index("j", Range(k))
family_a = Symbol("phi", "param", (Range(k),))
a_j = Reference(family_a, (j,))


def test_binders_get_letters_of_their_own(world: World) -> None:
    nested = Sum(j, multiply(a_j, Sum(j, Power(a_j, HALF))))
    letters = [
        limit[0] for node in sympy.preorder_traversal(to_sympy(nested)) if isinstance(node, sympy.Sum) for limit in node.limits
    ]
    assert len(set(letters)) == 2
    _same_values(nested, world)
    _same_values(Divide(a_j, Sum(j, a_j)), world)


def test_evaluations(world: World) -> None:
    """theta_t is read as theta, a parameter as its replacement, inside definitions too; never after a derivative."""
    mixture = Algorithm(family("gaussian-mixture")(covariance="full", weights="free"))
    merged = number(to_sympy(AtEqual(mixture.q())), world, {})
    together = World(world.sizes, {**world.values, **{f"{name}_t": world.values[name] for name in ("mu", "Sigma", "phi")}})
    assert merged == pytest.approx(value(mixture.q(), together, {}))
    mean = mixture.model.parameter("mu")
    step = mean.m_step(mixture.held)
    moved = number(to_sympy(Substitute(mixture.q(), mean.symbol, mean.indices, step)), world, {})
    (s,) = mean.indices
    best = np.stack([value(step, world, {s: place}) for place in range(1, world.sizes["k"] + 1)])
    assert moved == pytest.approx(value(mixture.q(), World(world.sizes, {**world.values, "mu": best}), {}))
    with pytest.raises(UnsupportedError, match="differentiate first"):
        to_sympy(AtEqual(Derivative(mixture.q(), mean.reference)), COMPONENTS[:1])


def test_a_parameter_that_is_called_like_theta_t_is_refused() -> None:
    other = Reference(Symbol("phi_t", "param", (Range(k),)), (j,))
    with pytest.raises(ScopeError, match="phi_t"):
        to_sympy(a_j + other + Reference(family_a.at_current, (j,)))


def test_names_are_kept_on_request(em: Algorithm) -> None:
    written = str(to_sympy(em.model.parameter("mu").slope(em.held), COMPONENTS[:1], keep_names=True))
    assert written == "Sum(w_t[i, s]*Sum((-mu[s, c] + x[i, c])*InverseEntry(Sigma[s], a, c), (c, 1, d)), (i, 1, n))"
    assert r"\left({\Sigma}_{s}^{-1}\right)_{ab}" in sympy.latex(to_sympy(Inverse(covariance_at(em, em.model.fresh)), COMPONENTS))


# The way in.

J, K, N = sympy.symbols("j k n", integer=True, positive=True)
PHI = sympy.IndexedBase("phi")
DECLARED = {"phi": family_a, "mu": Symbol("mu", "param", (Range(k),), (d,)), "b": Symbol("b", "param")}
SIZES = {"n": n, "k": k, "d": d}


def _read(expression: Any) -> Formula:
    return from_sympy(expression, DECLARED, sizes=SIZES, indices={"j": j, "a": Index("a", Range(d))})


def test_every_binder_gets_a_fresh_letter(world: World) -> None:
    # SymPy lets the bound j and the free j share a letter; here they cannot.
    found = _read(PHI[J] * sympy.Sum(PHI[J], (J, 1, K)))
    assert free_indices(found) == {j}
    inner = next(node for node in walk(found) if isinstance(node, Sum))
    assert inner.index != j
    for place in range(1, world.sizes["k"] + 1):
        total = sum(world.values["phi"])
        assert value(found, world, {j: place}) == pytest.approx(world.values["phi"][place - 1] * total)


def test_nested_limits_are_read_from_the_outside_in(world: World) -> None:
    i = sympy.Symbol("i", integer=True)
    found = _read(sympy.Sum(PHI[i] * PHI[J], (i, 1, K), (J, 1, K)))
    assert value(found, world, {}) == pytest.approx(float(np.sum(world.values["phi"]) ** 2))


def test_derivative_by_an_entry() -> None:
    mu = sympy.IndexedBase("mu")
    a = sympy.Symbol("a", integer=True, positive=True)
    found = _read(sympy.Derivative(sympy.exp(mu[J, a]), mu[J, a], evaluate=False))
    reference = Reference(DECLARED["mu"], (j,))
    at = Index("a", Range(d))
    assert found == Component(Derivative(Exp(Component(reference, (at,))), reference), (at,))


def test_functions_and_numbers() -> None:
    b = sympy.Symbol("b")
    assert [
        type(_read(part)).__name__ for part in (sympy.pi, sympy.E, sympy.Rational(1, 3), sympy.loggamma(b), sympy.digamma(b))
    ] == [
        "Pi",
        "Exp",
        "Number",
        "Function",
        "Function",
    ]


@pytest.mark.parametrize(
    ("expression", "error", "said"),
    [
        (sympy.Piecewise((1, sympy.Symbol("b") > 0), (0, True)), UnsupportedError, "Piecewise"),
        (sympy.Integral(sympy.Symbol("b"), sympy.Symbol("b")), UnsupportedError, "Integral"),
        (sympy.Float(0.5), UnsupportedError, "Float"),
        (sympy.I, UnsupportedError, "ImaginaryUnit"),
        (sympy.oo, UnsupportedError, "Infinity"),
        (sympy.tan(sympy.Symbol("b")), UnsupportedError, "tan"),
        (PHI[J + 1], UnsupportedError, "j \\+ 1"),
        (sympy.Sum(PHI[J], (J, 1, sympy.oo)), UnsupportedError, "limits"),
        (sympy.Sum(PHI[J], (J, 1, sympy.Symbol("q"))), UnknownNameError, "size"),
        (sympy.Symbol("beta"), UnknownNameError, "'beta'"),
        (PHI[sympy.Symbol("z")], UnknownNameError, "index"),
        (PHI[J, J], ScopeError, "expected 1"),
        (sympy.IndexedBase("mu")[J, J], ScopeError, "component index"),
        (sympy.Sum(PHI[J], (J, 1, N)), ScopeError, "runs to n"),
        (J, UnsupportedError, "index j"),
        ("phi", UnsupportedError, "str"),
    ],
)
def test_what_has_no_formula_is_refused_by_name(expression: Any, error: type[DeriveError], said: str) -> None:
    with pytest.raises(error, match=said):
        _read(expression)


def test_what_has_no_sympy_form_is_refused_by_name(em: Algorithm) -> None:
    matrix = covariance_at(em, em.model.fresh)
    with pytest.raises(UnsupportedError, match="inverse of Add"):
        to_sympy(Inverse(matrix + matrix), COMPONENTS)
    with pytest.raises(UnsupportedError, match="vech"):
        to_sympy(Derivative(em.l(), em.model.parameter("Sigma").reference, "vech"), COMPONENTS)
    with pytest.raises(ScopeError, match="components"):
        to_sympy(matrix)
