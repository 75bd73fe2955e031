"""Formulas to SymPy expressions in index notation, and back.

SymPy is for building and further use, never for deciding: nothing here simplifies, substitutes or compares. Bear in
mind that SymPy rewrites whatever it is given: ``x/x`` has become 1 and sums are flattened and reordered before
``from_sympy`` sees them. Importing this module imports SymPy; nobody imports it eagerly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial, singledispatch
from typing import Any

import sympy

from derive.errors import ScopeError, UnknownNameError, UnsupportedError
from derive.formula import (
    ONE,
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
    Fresh,
    Function,
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
    require_count,
    unfold,
    walk,
)
from derive.symbols import Index, IndexLike, Range, Size, Symbol

Letter = sympy.Basic
"""An index on SymPy's side: a symbol or an integer."""

_TO_FUNCTION: Mapping[str, Callable[..., Any]] = {
    "gamma": sympy.gamma,
    "loggamma": sympy.loggamma,
    "digamma": sympy.digamma,
    "trigamma": sympy.trigamma,
    "erf": sympy.erf,
    "cos": sympy.cos,
    "sin": sympy.sin,
    "besseli0": partial(sympy.besseli, 0),
    "besseli1": partial(sympy.besseli, 1),
}


class InverseEntry(sympy.Function):
    """Entry ``ab`` of the inverse of a matrix: ``InverseEntry(Sigma[j], a, b)``."""

    nargs = 3
    is_commutative = True

    def _eval_derivative(self, s: Any) -> Any:
        matrix, a, b = self.args
        same, c, d = _same_matrix(matrix, s)
        return -same * InverseEntry(matrix, a, c) * InverseEntry(matrix, d, b)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        matrix, a, b = (printer._print(part) for part in self.args)
        entry = f"\\left({matrix}^{{-1}}\\right)_{{{a}{b}}}"
        return entry if exp is None else f"\\left({entry}\\right)^{{{exp}}}"


class LogDeterminant(sympy.Function):
    """The logarithm of the determinant of a positive definite matrix: ``LogDeterminant(Sigma[j])``."""

    nargs = 1
    is_real = True

    def _eval_derivative(self, s: Any) -> Any:
        (matrix,) = self.args
        same, c, d = _same_matrix(matrix, s)
        return same * InverseEntry(matrix, d, c)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = f"\\log\\left|{printer._print(self.args[0])}\\right|"
        return text if exp is None else f"\\left({text}\\right)^{{{exp}}}"


def _same_matrix(matrix: Any, entry: Any) -> tuple[Any, Any, Any]:
    """Whether ``entry`` is one of the matrix's, as deltas, and its row and column; entries are independent."""
    zero = (sympy.S.Zero, sympy.S.Zero, sympy.S.Zero)
    if not isinstance(entry, sympy.Indexed):
        return zero
    base, own = (matrix.base, matrix.indices) if isinstance(matrix, sympy.Indexed) else (matrix, ())
    family = entry.indices[:-2]
    if str(entry.base) != str(base) or len(family) != len(own):
        return zero
    same = sympy.Mul(*(sympy.KroneckerDelta(left, right) for left, right in zip(own, family, strict=True)))
    return same, entry.indices[-2], entry.indices[-1]


# Out: a formula as a SymPy expression.


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the letters of a formula mean on SymPy's side.

    ``replaced`` holds what a free parameter was replaced by, ``merged`` the scope in which theta_t is read as theta.
    """

    indices: Mapping[Index, Letter]
    used: frozenset[str]
    keep_names: bool
    replaced: Mapping[str, tuple[Substitute, _Scope]] = field(default_factory=dict[str, "tuple[Substitute, _Scope]"])
    merged: _Scope | None = None
    names: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])
    """Which symbol each SymPy name stands for, so that a parameter called ``mu_t`` is never taken for ``mu`` at theta_t."""

    def register(self, name: str, current: bool) -> str:
        """The SymPy name of a symbol or abbreviation."""
        own = f"{name}_t" if current else name
        if self.names.setdefault(own, (name, current)) != (name, current):
            raise ScopeError(f"two symbols are both called {own} in SymPy: {name} at theta_t and {own}; rename one")
        return own

    def letter(self, index: IndexLike) -> Letter:
        return self.indices[index] if isinstance(index, Index) else sympy.Integer(index)

    def bind(self, index: Index) -> tuple[_Scope, sympy.Symbol]:
        """A scope with one more index, under a letter that nothing outside uses."""
        plain = index.name.split("#")[0]
        name, count = plain, 0
        while name in self.used:
            count += 1
            name = f"{plain}_{count}"
        symbol = _integer(name)
        return replace(self, indices={**self.indices, index: symbol}, used=self.used | {name}), symbol


def to_sympy(formula: Formula, components: tuple[sympy.Basic, ...] = (), *, keep_names: bool = False) -> sympy.Expr:
    """The formula as a SymPy expression in index notation.

    A symbol ``mu_j`` becomes ``IndexedBase('mu')[j]``, its entry ``mu[j, a]``, the same at theta_t ``mu_t[j, a]``. A vector or
    a matrix is its entry at ``components``, one SymPy index for each dimension. Abbreviations are unfolded unless
    ``keep_names``, which also keeps a name inside an evaluation at theta_t out of it. A derivative stays an unevaluated
    ``Derivative`` by an entry; every binder has a letter that no index around it has, so ``.doit()`` captures nothing.

    Raises:
        ScopeError: a number of components other than the formula's dimensions.
        UnsupportedError: no index notation, such as the inverse of a sum of matrices or an evaluation after a derivative.
    """
    if len(components) != len(formula.shape):
        raise ScopeError(
            f"components: got {len(components)}, expected {len(formula.shape)}; give one index for each dimension of the formula"
        )
    taken: dict[Index, Letter] = {}
    scope = _Scope({}, frozenset(str(part) for part in components), keep_names)
    for index in sorted(free_indices(formula), key=lambda index: ("#" in index.name, index.name)):
        name = index.name if index.name not in {str(part) for part in components} else f"{index.name}_1"
        taken[index] = _integer(name)
    names = frozenset(str(letter) for letter in taken.values())
    return _entry(formula, components, replace(scope, indices=taken, used=scope.used | names))


def _integer(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, integer=True, positive=True)


def size_symbol(size: Size) -> sympy.Symbol:
    """The SymPy symbol of a size."""
    return _integer(size.name)


def _sign(symbol: Symbol) -> dict[str, Any]:
    positive = symbol.domain in ("positive", "simplex", "unit")
    return {"real": True, **({"positive": True} if positive and not symbol.shape else {})}


def _over(size: Size, scope: _Scope, body: Callable[[Letter, _Scope], Any]) -> Any:
    """The sum over a fresh component index."""
    inner, letter = scope.bind(Index("c", Range(size)))
    return sympy.Sum(body(letter, inner), (letter, 1, size_symbol(size)))


def _read_as(formula: Formula, at: tuple[Letter, ...]) -> tuple[Letter | None, Letter | None]:
    """Row and column of a component tuple, as ``rows_and_columns`` counts them."""
    if len(formula.shape) == 0:
        return None, None
    return (at[0], None) if len(formula.shape) == 1 else (at[0] if formula.shape[0] is not None else None, at[-1])


@singledispatch
def _entry(node: Formula, at: tuple[Letter, ...], scope: _Scope) -> Any:
    """The entry of a formula at the component indices ``at``, none for a scalar."""
    raise UnsupportedError(f"{type(node).__name__} has no SymPy form in index notation")


@_entry.register
def _(node: Number, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.Rational(node.value.numerator, node.value.denominator)


@_entry.register
def _(node: Pi, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.pi


@_entry.register
def _(node: SizeNumber, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return size_symbol(node.size)


@_entry.register
def _(node: Reference, at: tuple[Letter, ...], scope: _Scope) -> Any:
    symbol = node.symbol
    if symbol.role == "current" and scope.merged is not None:
        outside = replace(scope.merged, indices=scope.indices, used=scope.used)
        return _entry(replace(node, symbol=symbol.at_free), at, outside)
    if symbol.role == "param" and symbol.name in scope.replaced:
        evaluation, outside = scope.replaced[symbol.name]
        actual = {formal: scope.letter(index) for formal, index in zip(evaluation.indices, node.indices, strict=True)}
        inside = replace(outside, indices={**outside.indices, **actual}, used=outside.used | scope.used)
        return _entry(evaluation.replacement, at, inside)
    name = scope.register(symbol.name, symbol.role == "current")
    return _indexed(name, tuple(scope.letter(index) for index in node.indices) + at, _sign(symbol))


def _indexed(name: str, letters: tuple[Letter, ...], signs: Mapping[str, Any]) -> Any:
    if not letters:
        return sympy.Symbol(name, **signs)
    base: Any = sympy.IndexedBase(name, **signs)
    return base[letters]


@_entry.register
def _(node: Named, at: tuple[Letter, ...], scope: _Scope) -> Any:
    if not scope.keep_names or scope.replaced or scope.merged is not None:
        return _entry(unfold(node), at, scope)
    name = scope.register(node.definition.name, node.time == "current")
    return _indexed(name, tuple(scope.letter(index) for index in node.indices) + at, {"real": True})


@_entry.register
def _(node: Add, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.Add(*(_entry(term, at, scope) for term in node.terms))


@_entry.register
def _(node: Multiply, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.Mul(*(_entry(factor, at if factor.shape else (), scope) for factor in node.factors))


@_entry.register
def _(node: Divide, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return _entry(node.numerator, at, scope) / _entry(node.denominator, (), scope)


@_entry.register
def _(node: Power, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.Pow(_entry(node.base, (), scope), _entry(node.exponent, (), scope))


@_entry.register
def _(node: Exp, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.exp(_entry(node.argument, (), scope))


@_entry.register
def _(node: Log, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.log(_entry(node.argument, (), scope))


@_entry.register
def _(node: Function, at: tuple[Letter, ...], scope: _Scope) -> Any:
    if node.name not in _TO_FUNCTION:
        raise UnsupportedError(f"the function {node.name!r} has no SymPy form")
    return _TO_FUNCTION[node.name](*(_entry(argument, (), scope) for argument in node.arguments))


@_entry.register
def _(node: Delta, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.KroneckerDelta(scope.letter(node.left), scope.letter(node.right))


@_entry.register(Sum)
@_entry.register(Product)
def _(node: Sum | Product, at: tuple[Letter, ...], scope: _Scope) -> Any:
    require_count(node.index.range, "a sum for SymPy")
    inner, letter = scope.bind(node.index)
    limits = (letter, node.index.range.lower, size_symbol(node.index.range.upper))
    binder = sympy.Sum if isinstance(node, Sum) else sympy.Product
    return binder(_entry(node.body, at, inner), limits)


@_entry.register
def _(node: MatrixProduct, at: tuple[Letter, ...], scope: _Scope) -> Any:
    row, column = _read_as(node, at)

    def rest(factors: tuple[Formula, ...], start: Letter | None, inner: _Scope) -> Any:
        first = factors[0]
        shape = first.shape
        if len(factors) == 1:
            return _entry(first, _places(shape, start, column), inner)
        width = shape[1] if len(shape) == 2 else None
        if width is None:
            return _entry(first, _places(shape, start, None), inner) * rest(factors[1:], None, inner)
        return _over(
            width,
            inner,
            lambda c, deeper: _entry(first, _places(shape, start, c), deeper) * rest(factors[1:], c, deeper),
        )

    return rest(node.factors, row, scope)


def _places(shape: tuple[Size | None, ...], row: Letter | None, column: Letter | None) -> tuple[Letter, ...]:
    """Component indices for a shape; a row or a column of one has no letter and gets a 1."""
    one = sympy.Integer(1)
    if not shape:
        return ()
    if len(shape) == 1:
        return (row or one,)
    return (row or one, column or one)


@_entry.register
def _(node: Transpose, at: tuple[Letter, ...], scope: _Scope) -> Any:
    if len(node.argument.shape) == 1:
        return _entry(node.argument, at[1:], scope)
    return _entry(node.argument, (at[1], at[0]) if len(at) == 2 else (sympy.S.One, at[0]), scope)


@_entry.register
def _(node: Inverse, at: tuple[Letter, ...], scope: _Scope) -> Any:
    matrix = node.argument
    if isinstance(matrix, Identity):
        return _entry(matrix, at, scope)
    if isinstance(matrix, Diagonal):
        return sympy.KroneckerDelta(at[0], at[1]) / _entry(matrix.argument, at[:1], scope)
    if isinstance(matrix, Inverse):
        return _entry(matrix.argument, at, scope)
    if isinstance(matrix, Transpose) and len(matrix.argument.shape) == 2:
        return _entry(Inverse(matrix.argument), (at[1], at[0]), scope)
    if isinstance(matrix, Multiply):
        scalars = [_entry(factor, (), scope) for factor in matrix.factors if not factor.shape]
        inner = next(factor for factor in matrix.factors if factor.shape)
        return _entry(Inverse(inner), at, scope) / sympy.Mul(*scalars)
    return InverseEntry(_matrix(matrix, scope, "an inverse"), *at)


def _matrix(node: Formula, scope: _Scope, place: str) -> Any:
    """A whole matrix as an argument of one of our functions: a symbol only."""
    if isinstance(node, Named):
        node = unfold(node)
    if isinstance(node, Reference):
        outside = scope.merged if node.symbol.role == "current" and scope.merged else scope
        if node.symbol.name not in outside.replaced:
            return _entry(node, (), scope)
    raise UnsupportedError(f"{place} of {type(node).__name__} has no SymPy form in index notation; only of a matrix symbol")


@_entry.register
def _(node: Determinant, at: tuple[Letter, ...], scope: _Scope) -> Any:
    matrix = node.argument
    if isinstance(matrix, Identity):
        return sympy.S.One
    if isinstance(matrix, Diagonal):
        (size,) = matrix.argument.shape
        inner, letter = scope.bind(Index("c", Range(_known(size))))
        return sympy.Product(_entry(matrix.argument, (letter,), inner), (letter, 1, size_symbol(_known(size))))
    if isinstance(matrix, Transpose):
        return _entry(Determinant(matrix.argument), (), scope)
    if isinstance(matrix, Inverse):
        return 1 / _entry(Determinant(matrix.argument), (), scope)
    if isinstance(matrix, Multiply):
        scalars = [_entry(factor, (), scope) for factor in matrix.factors if not factor.shape]
        inner_matrix = next(factor for factor in matrix.factors if factor.shape)
        width = size_symbol(_known(matrix.shape[0]))
        return sympy.Pow(sympy.Mul(*scalars), width) * _entry(Determinant(inner_matrix), (), scope)
    if isinstance(matrix, Reference) and matrix.symbol.domain != "spd":
        raise UnsupportedError(
            f"the determinant of {matrix.symbol.name}, which is not declared positive definite, has no SymPy form"
        )
    return sympy.exp(LogDeterminant(_matrix(matrix, scope, "a determinant")))


def _known(size: Size | None) -> Size:
    if size is None:
        raise UnsupportedError("a row has no SymPy form here")
    return size


@_entry.register
def _(node: Trace, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return _over(_known(node.argument.shape[0]), scope, lambda c, inner: _entry(node.argument, (c, c), inner))


@_entry.register
def _(node: Identity, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.KroneckerDelta(at[0], at[1])


@_entry.register
def _(node: Diagonal, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return sympy.KroneckerDelta(at[0], at[1]) * _entry(node.argument, at[:1], scope)


@_entry.register
def _(node: DiagonalPart, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return _entry(node.argument, (at[0], at[0]), scope)


@_entry.register
def _(node: Component, at: tuple[Letter, ...], scope: _Scope) -> Any:
    return _entry(node.argument, tuple(scope.letter(index) for index in node.indices), scope)


@_entry.register
def _(node: Derivative, at: tuple[Letter, ...], scope: _Scope) -> Any:
    if node.convention != "entry" and len(node.by.shape) == 2:
        raise UnsupportedError(f"a derivative in the {node.convention} convention has no SymPy form; write it with entries")
    split = len(node.body.shape)
    by = _entry(node.by, at[split:], replace(scope, replaced={}, merged=None))
    return sympy.Derivative(_entry(node.body, at[:split], scope), by, evaluate=False)


def _require_no_derivative(body: Formula) -> None:
    """Evaluation comes after differentiation, which an unevaluated SymPy derivative cannot say."""
    for node in walk(body):
        if isinstance(node, Derivative):
            raise UnsupportedError("an evaluation of a derivative has no SymPy form; differentiate first")
        if isinstance(node, Named):
            _require_no_derivative(node.definition.body)


@_entry.register
def _(node: AtEqual, at: tuple[Letter, ...], scope: _Scope) -> Any:
    _require_no_derivative(node.body)
    return _entry(node.body, at, replace(scope, merged=scope))


@_entry.register
def _(node: Substitute, at: tuple[Letter, ...], scope: _Scope) -> Any:
    _require_no_derivative(node.body)
    return _entry(node.body, at, replace(scope, replaced={**scope.replaced, node.symbol.name: (node, scope)}))


# In: a SymPy expression as a formula.

_FROM_FUNCTION: Mapping[Any, str] = {function: name for name, function in _TO_FUNCTION.items() if name != "trigamma"}


def from_sympy(
    expression: sympy.Basic,
    declarations: Mapping[str, Symbol],
    *,
    sizes: Mapping[str, Size] | None = None,
    indices: Mapping[str, Index] | None = None,
) -> Formula:
    """A scalar SymPy expression in index notation as a formula; every binder gets a fresh letter.

    ``declarations`` says what the names of symbols and ``IndexedBase`` mean, ``sizes`` and ``indices`` what the letters in
    sums' limits and free in brackets mean. ``mu[s, a]`` of a family of vectors is its entry. SymPy has already rewritten
    the expression when it was built; the formula has its value, not its writing.

    Raises:
        UnknownNameError: a name that is not declared.
        UnsupportedError: a construct with no formula, by name: Piecewise, Integral, Float, complex numbers, ...
        ScopeError: an index outside its declared range, or a wrong number of indices.
    """
    if not isinstance(expression, sympy.Basic):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not all typed
        raise UnsupportedError(f"a {type(expression).__name__} is not a SymPy expression")
    return _Reader(declarations, sizes or {}, indices or {}).read(expression, {})


class _Reader:
    """Reads expressions under one set of declarations."""

    def __init__(self, declarations: Mapping[str, Symbol], sizes: Mapping[str, Size], indices: Mapping[str, Index]) -> None:
        self.declarations = declarations
        self.sizes = sizes
        self.indices = indices

    def read(self, node: Any, bound: Mapping[sympy.Basic, Index]) -> Formula:
        match node:
            case sympy.Integer() | sympy.Rational():
                return Number(Fraction(int(node.p), int(node.q)))
            case _ if node is sympy.pi:
                return Pi()
            case _ if node is sympy.E:
                return Exp(ONE)
            case sympy.Symbol():
                return self.scalar(node, bound)
            case sympy.Indexed():
                return self.indexed(node, bound)
            case sympy.Add():
                return Add(tuple(self.read(term, bound) for term in node.args))
            case sympy.Mul():
                return self.product(node, bound)
            case sympy.exp():
                return Exp(self.read(node.args[0], bound))
            case sympy.Pow():
                return Power(self.read(node.base, bound), self.read(node.exp, bound))
            case sympy.log() if len(node.args) == 1:
                return Log(self.read(node.args[0], bound))
            case sympy.KroneckerDelta() if len(node.args) == 2:
                return Delta(self.index(node.args[0], bound), self.index(node.args[1], bound))
            case InverseEntry():
                at = tuple(self.index(part, bound) for part in node.args[1:])
                return self.component(Inverse(self.matrix(node.args[0], bound)), at)
            case LogDeterminant():
                return Log(Determinant(self.matrix(node.args[0], bound)))
            case sympy.Sum() | sympy.Product():
                return self.binder(node, bound)
            case sympy.Derivative():
                return self.derivative(node, bound)
            case sympy.polygamma() if node.args[0] in (sympy.S.Zero, sympy.S.One):
                return Function("trigamma" if node.args[0] is sympy.S.One else "digamma", (self.read(node.args[1], bound),))
            case sympy.besseli() if node.args[0] in (sympy.S.Zero, sympy.S.One):
                return Function(f"besseli{node.args[0]}", (self.read(node.args[1], bound),))
            case _ if node.func in _FROM_FUNCTION:
                return Function(_FROM_FUNCTION[node.func], tuple(self.read(part, bound) for part in node.args))
            case _:
                raise UnsupportedError(f"SymPy's {type(node).__name__} is not supported in a formula")

    def product(self, node: Any, bound: Mapping[sympy.Basic, Index]) -> Formula:
        """A product; factors with a negative rational exponent become a denominator."""
        above: list[Formula] = []
        below: list[Formula] = []
        for factor in node.args:
            if isinstance(factor, sympy.Pow) and isinstance(factor.exp, sympy.Rational) and factor.exp.p < 0:
                base, size = self.read(factor.base, bound), Fraction(-int(factor.exp.p), int(factor.exp.q))
                below.append(base if size == 1 else Power(base, Number(size)))
            else:
                above.append(self.read(factor, bound))
        top = multiply(*above) if above else ONE
        return Divide(top, multiply(*below)) if below else top

    def scalar(self, node: sympy.Symbol, bound: Mapping[sympy.Basic, Index]) -> Formula:
        if node in bound or node.name in self.indices:
            raise UnsupportedError(f"the index {node.name} used as a number")
        if node.name in self.sizes:
            return SizeNumber(self.sizes[node.name])
        return Reference(self.declared(node.name), ())

    def declared(self, name: str) -> Symbol:
        if name not in self.declarations:
            raise UnknownNameError.among("symbol", name, [*self.declarations, *self.sizes])
        return self.declarations[name]

    def indexed(self, node: Any, bound: Mapping[sympy.Basic, Index]) -> Formula:
        symbol = self.declared(str(node.base.label))
        at = tuple(self.index(part, bound) for part in node.indices)
        count = len(symbol.family)
        if len(at) != count + len(symbol.shape):
            raise ScopeError(f"indices of {symbol.name}: got {len(at)}, expected {count + len(symbol.shape)}")
        return self.component(Reference(symbol, at[:count]), at[count:])

    @staticmethod
    def component(whole: Formula, at: tuple[IndexLike, ...]) -> Formula:
        """An entry of a vector or matrix, its indices within the dimensions; a scalar as it is."""
        for index, size in zip(at, whole.shape, strict=True):
            if isinstance(index, Index) and index.range != Range(_known(size)):
                raise ScopeError(f"a component index out of its range: {index.name}, expected 1 to {_known(size).name}")
            if isinstance(index, int) and index < 1:
                raise ScopeError(f"a component index below its range: {index}, expected at least 1")
        return Component(whole, at) if at else whole

    def matrix(self, node: Any, bound: Mapping[sympy.Basic, Index]) -> Reference:
        if not isinstance(node, (sympy.Indexed, sympy.Symbol)):
            raise UnsupportedError(f"a matrix that is a {type(node).__name__}")
        at = tuple(self.index(part, bound) for part in getattr(node, "indices", ()))
        return Reference(self.declared(str(getattr(node, "base", node))), at)

    def index(self, node: Any, bound: Mapping[sympy.Basic, Index]) -> IndexLike:
        if node in bound:
            return bound[node]
        if isinstance(node, sympy.Integer):
            return int(node)
        if not isinstance(node, (sympy.Idx, sympy.Symbol)):
            raise UnsupportedError(f"the index {node}: only a letter or a number is supported")
        name = str(node)
        if name not in self.indices:
            raise UnknownNameError.among("index", name, self.indices)
        return self.indices[name]

    def binder(self, node: Any, bound: Mapping[sympy.Basic, Index]) -> Formula:
        kind = Sum if isinstance(node, sympy.Sum) else Product
        found: list[Index] = []
        # The last limit is the outermost.
        for limit in reversed(node.limits):
            if len(limit) != 3 or not isinstance(limit[1], sympy.Integer) or not isinstance(limit[2], sympy.Symbol):
                raise UnsupportedError(f"the limits {limit}: only (letter, number, size) is supported")
            letter, lower, upper = limit
            if str(upper) not in self.sizes:
                raise UnknownNameError.among("size", str(upper), self.sizes)
            plain = str(letter).lstrip("#@%_") or "i"
            index = Fresh.index(Index(plain, Range(self.sizes[str(upper)], int(lower))))
            found.append(index)
            bound = {**bound, letter: index}
        body = self.read(node.function, bound)
        for index in reversed(found):
            body = kind(index, body)
        return body

    def derivative(self, node: Any, bound: Mapping[sympy.Basic, Index]) -> Formula:
        body = self.read(node.expr, bound)
        for by, count in node.variable_count:
            if not isinstance(count, sympy.Integer):
                raise UnsupportedError("a derivative of symbolic order")
            for _ in range(int(count)):
                body = self.once(body, self.read(by, bound))
        return body

    @staticmethod
    def once(body: Formula, by: Formula) -> Formula:
        if isinstance(by, Component) and isinstance(by.argument, Reference):
            return Component(Derivative(body, by.argument), by.indices)
        if isinstance(by, Reference):
            return Derivative(body, by)
        raise UnsupportedError(f"a derivative by a {type(by).__name__}")
