"""The formula tree that claims are made of: immutable, exactly as the author wrote it.

Nothing is rewritten on construction (``x/x`` stays ``x/x``), so the proof kernel, the lowering to JAX and
the ball arithmetic all read the very same claim. Nodes are scalars, column vectors and matrices; indices
are bound by ``Sum`` and ``Product`` only, lexically. Shapes are checked when a node is built.

A column vector has shape ``(d,)``; its transpose has shape ``(None, d)``, a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cache, reduce
from typing import Any, ClassVar, Literal

from derive.errors import ScopeError, ShapeError, UnsupportedError
from derive.symbols import Domain, Index, IndexLike, Range, Size, Symbol, computed_once, record

Shape = tuple[Size | None, ...]
Convention = Literal["entry", "frobenius", "vech"]
"""How a derivative by a symmetric matrix is meant; see ``Derivative``."""
Time = Literal["free", "current"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where in its source a node stands: 1-based line and column, and the length in characters."""

    line: int
    column: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """Base of all nodes. Two nodes are equal when they were written alike; spans do not count."""

    span: Span | None = field(default=None, compare=False, repr=False)
    known_hash: int | None = field(default=None, init=False, compare=False, repr=False)
    known_shape: Shape | None = field(default=None, init=False, compare=False, repr=False)
    known_children: tuple[Formula, ...] | None = field(default=None, init=False, compare=False, repr=False)
    known_free_indices: frozenset[Index] | None = field(default=None, init=False, compare=False, repr=False)
    known_depends_on: frozenset[tuple[str, str]] | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def shape(self) -> Shape:
        return ()

    def __add__(self, other: Formula | int) -> Formula:
        return add(self, as_formula(other))

    def __radd__(self, other: int) -> Formula:
        return add(as_formula(other), self)

    def __sub__(self, other: Formula | int) -> Formula:
        return add(self, negate(as_formula(other)))

    def __rsub__(self, other: int) -> Formula:
        return add(as_formula(other), negate(self))

    def __mul__(self, other: Formula | int) -> Formula:
        return multiply(self, as_formula(other))

    def __rmul__(self, other: int) -> Formula:
        return multiply(as_formula(other), self)

    def __truediv__(self, other: Formula | int) -> Formula:
        return Divide(self, as_formula(other))

    def __rtruediv__(self, other: int) -> Formula:
        return Divide(as_formula(other), self)

    def __matmul__(self, other: Formula) -> Formula:
        return matrix_product(self, other)

    def __neg__(self) -> Formula:
        return negate(self)

    def __pow__(self, exponent: int | Fraction) -> Formula:
        return Power(self, Number(Fraction(exponent)))

    @property
    def T(self) -> Formula:
        return Transpose(self)

    @property
    @computed_once
    def children(self) -> tuple[Formula, ...]:
        """The formulas directly inside this node, in writing order (a definition's body not among them)."""
        found: list[Formula] = []
        for name in written(type(self)):
            value = getattr(self, name)
            if isinstance(value, Formula):
                found.append(value)
            elif isinstance(value, tuple):
                found.extend(part for part in value if isinstance(part, Formula))  # pyright: ignore[reportUnknownVariableType]
        return tuple(found)


@cache
def written(kind: type[Formula]) -> tuple[str, ...]:
    """The names of the fields that say what a node of a kind is, in writing order."""
    return tuple(item.name for item in fields(kind) if item.init and item.compare)


def require_scalar(node: Formula, place: str) -> None:
    if node.shape != ():
        raise ShapeError(f"{place} takes a scalar: shape={dimensions(node.shape)}, expected ()")


def dimensions(shape: Shape) -> str:
    return "(" + ", ".join("1" if part is None else part.name for part in shape) + ")"


@record
class Number(Formula):
    """An exact rational number."""

    value: Fraction


@record
class Pi(Formula):
    """The circle's number."""


@record
class SizeNumber(Formula):
    """A size used as a number: the ``n`` of ``N_s / n``."""

    size: Size


@record
class Reference(Formula):
    """A symbol with its indices: ``mu_s``, ``x^{(i)}``, ``phi_j``."""

    symbol: Symbol
    indices: tuple[IndexLike, ...] = ()

    def __post_init__(self) -> None:
        check_indices(self.symbol.name, self.symbol.family, self.indices)

    @property
    def shape(self) -> Shape:
        return self.symbol.shape


@record
class Add(Formula):
    terms: tuple[Formula, ...]

    def __post_init__(self) -> None:
        for term in self.terms[1:]:
            if term.shape != self.terms[0].shape:
                raise ShapeError(
                    f"a sum mixes shapes: {dimensions(self.terms[0].shape)} and {dimensions(term.shape)}, expected one shape"
                )

    @property
    def shape(self) -> Shape:
        return self.terms[0].shape


@record
class Multiply(Formula):
    """A product of scalars with at most one vector or matrix."""

    factors: tuple[Formula, ...]

    def __post_init__(self) -> None:
        if sum(factor.shape != () for factor in self.factors) > 1:
            shapes = ", ".join(dimensions(factor.shape) for factor in self.factors)
            raise ShapeError(f"a product of several vectors or matrices: shapes={shapes}; try a matrix product")

    @property
    def shape(self) -> Shape:
        return next((factor.shape for factor in self.factors if factor.shape != ()), ())


@record
class Divide(Formula):
    """A fraction; the denominator is a scalar that must not vanish."""

    numerator: Formula
    denominator: Formula

    def __post_init__(self) -> None:
        require_scalar(self.denominator, "a denominator")

    @property
    def shape(self) -> Shape:
        return self.numerator.shape


@record
class Power(Formula):
    """A scalar power; a negative or fractional exponent makes an obligation of the base."""

    base: Formula
    exponent: Formula

    def __post_init__(self) -> None:
        require_scalar(self.base, "a power")
        require_scalar(self.exponent, "an exponent")


@record
class Exp(Formula):
    argument: Formula

    def __post_init__(self) -> None:
        require_scalar(self.argument, "exp")


@record
class Log(Formula):
    argument: Formula

    def __post_init__(self) -> None:
        require_scalar(self.argument, "log")


@record
class Function(Formula):
    """A named special function of scalars: ``loggamma``, ``digamma``, ..."""

    name: str
    arguments: tuple[Formula, ...]

    def __post_init__(self) -> None:
        for argument in self.arguments:
            require_scalar(argument, self.name)


@record
class UnspecifiedFunction:
    """A smooth function of which nothing else is known: of indices (``family``), and of scalars or vectors.

    ``normalised_over`` is the place of a family index: whatever the other indices and the arguments, the values sum to one
    over it (a probability mass or density).

    Raises:
        UnsupportedError: a domain other than real, nonnegative, positive or unit; a normalised function not declared positive.
    """

    name: str
    family: tuple[Range, ...] = ()
    domain: Domain = "real"
    argument_shapes: tuple[Shape, ...] = ()
    normalised_over: int | None = None
    known_hash: int | None = field(default=None, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.domain not in ("real", "nonnegative", "positive", "unit"):
            raise UnsupportedError(f"an unspecified function of the domain {self.domain}: {self.name}, expected another")
        if self.normalised_over is None:
            return
        if not 0 <= self.normalised_over < len(self.family):
            raise ScopeError(f"{self.name} has no index at place {self.normalised_over} to be normalised over")
        # A real sum may vanish, and over a single value a normalised function is 1, which is not below 1.
        if self.domain != "positive" or self.family[self.normalised_over].lower != 1:
            raise UnsupportedError(f"a normalised function that is not positive over a whole range: {self.name}")


@record
class Apply(Formula):
    """An unspecified function at indices and arguments: ``p(x_i, z | theta)``."""

    function: UnspecifiedFunction
    indices: tuple[IndexLike, ...] = ()
    arguments: tuple[Formula, ...] = ()

    def __post_init__(self) -> None:
        check_indices(self.function.name, self.function.family, self.indices)
        if tuple(argument.shape for argument in self.arguments) != self.function.argument_shapes:
            raise ShapeError(f"{self.function.name} takes arguments of other shapes")


@record
class Delta(Formula):
    """Kronecker's delta of two indices."""

    left: IndexLike
    right: IndexLike

    def __post_init__(self) -> None:
        for index in (self.left, self.right):
            if isinstance(index, Index):
                require_count(index.range, "Kronecker's delta")


@record
class Sum(Formula):
    """The sum of ``body`` over ``index``; an empty sum is 0."""

    index: Index
    body: Formula

    @property
    def shape(self) -> Shape:
        return self.body.shape


@record
class Product(Formula):
    """The product of a scalar over ``index``; an empty product is 1."""

    index: Index
    body: Formula

    def __post_init__(self) -> None:
        require_scalar(self.body, "a product over an index")
        require_count(self.index.range, "a product")


@record
class MatrixProduct(Formula):
    """A product of rows, columns and matrices; ``a^T b`` is a scalar."""

    factors: tuple[Formula, ...]

    def __post_init__(self) -> None:
        for left, right in zip(self.factors, self.factors[1:], strict=False):
            if rows_and_columns(left)[1] != rows_and_columns(right)[0]:
                raise ShapeError(f"a matrix product does not fit: {dimensions(left.shape)} times {dimensions(right.shape)}")

    @property
    def shape(self) -> Shape:
        rows, columns = rows_and_columns(self.factors[0])[0], rows_and_columns(self.factors[-1])[1]
        return () if rows is None and columns is None else (rows,) if columns is None else (rows, columns)


@record
class Transpose(Formula):
    argument: Formula

    @property
    def shape(self) -> Shape:
        rows, columns = rows_and_columns(self.argument)
        return (columns,) if rows is None else (columns, rows)


@record
class Inverse(Formula):
    argument: Formula

    def __post_init__(self) -> None:
        require_square(self.argument, "an inverse")

    @property
    def shape(self) -> Shape:
        return self.argument.shape


@record
class Determinant(Formula):
    argument: Formula

    def __post_init__(self) -> None:
        require_square(self.argument, "a determinant")


@record
class Trace(Formula):
    argument: Formula

    def __post_init__(self) -> None:
        require_square(self.argument, "a trace")


@record
class Identity(Formula):
    size: Size

    @property
    def shape(self) -> Shape:
        return (self.size, self.size)


@record
class Diagonal(Formula):
    """The diagonal matrix with the given vector on its diagonal."""

    argument: Formula

    def __post_init__(self) -> None:
        if len(self.argument.shape) != 1:
            raise ShapeError(f"diag takes a column vector: shape={dimensions(self.argument.shape)}, expected (d)")

    @property
    def shape(self) -> Shape:
        return (self.argument.shape[0], self.argument.shape[0])


@record
class DiagonalPart(Formula):
    """The vector of the diagonal entries of a square matrix."""

    argument: Formula

    def __post_init__(self) -> None:
        require_square(self.argument, "a diagonal")

    @property
    def shape(self) -> Shape:
        return (self.argument.shape[0],)


@record
class Cholesky(Formula):
    """The lower triangular matrix L with a positive diagonal for which L L^T is a positive definite matrix."""

    argument: Formula

    def __post_init__(self) -> None:
        require_square(self.argument, "a Cholesky factor")

    @property
    def shape(self) -> Shape:
        return self.argument.shape


@record
class Component(Formula):
    """One entry of a vector or matrix: ``x_a``, ``Sigma_ab``."""

    argument: Formula
    indices: tuple[IndexLike, ...]

    def __post_init__(self) -> None:
        if len(self.argument.shape) != len(self.indices) or None in self.argument.shape:
            raise ShapeError(
                "an entry takes one index for each dimension: "
                f"shape={dimensions(self.argument.shape)}, indices={len(self.indices)}"
            )
        check_indices("an entry", tuple(Range(size) for size in self.argument.shape if size is not None), self.indices)


@dataclass(frozen=True, eq=False, slots=True)
class LibraryCall:
    """The log of a definition's value as a routine of ``jax.scipy.stats``: the witness's own road.

    ``function`` is the dotted name below ``jax.scipy.stats``; ``arguments`` are formulas in the definition's
    own indices.
    """

    function: str
    arguments: tuple[Formula, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Definition:
    """An abbreviation: ``name`` with formal ``indices`` stands for ``body``.

    ``normalised_over`` names the formal index over which the body is a probability vector (a responsibility);
    ``log_reference`` is an independent routine for the logarithm of the body.
    """

    name: str
    indices: tuple[Index, ...]
    body: Formula
    normalised_over: Index | None = None
    log_reference: LibraryCall | None = None
    movable: bool = field(init=False)
    """Whether the body may stand at theta_t: not when it evaluates the free parameters itself."""

    def __post_init__(self) -> None:
        movable = all(
            node.definition.movable if isinstance(node, Named) else not isinstance(node, (Substitute, AtEqual))
            for node in walk(self.body)
        )
        object.__setattr__(self, "movable", movable)

    def __call__(self, *indices: IndexLike, time: Time = "free") -> Named:
        return Named(self, indices, time)


@record
class Named(Formula):
    """An abbreviation as it is used. At ``current`` every parameter in it stands at theta_t."""

    definition: Definition
    indices: tuple[IndexLike, ...] = ()
    time: Time = "free"

    def __post_init__(self) -> None:
        check_indices(self.definition.name, tuple(i.range for i in self.definition.indices), self.indices)
        if self.time == "current" and not self.definition.movable:
            raise ScopeError(f"{self.definition.name} evaluates free parameters: it cannot stand at theta_t")

    @property
    def shape(self) -> Shape:
        return self.definition.body.shape


@record
class Derivative(Formula):
    """The partial derivative of a scalar (or of each entry of a vector) by a parameter at fixed indices.

    The gradient of a scalar by a vector is a column vector, by a matrix a matrix (entry ``ab`` is the derivative
    by entry ``ab``). A vector differentiated by a scalar is a vector; a vector by a vector is the matrix with
    rows for the vector's entries (the Jacobian). A symbol at ``current`` is not touched by a derivative in the
    free parameter.

    ``convention`` matters for symmetric matrices only: ``entry`` differentiates the expression as written, its
    entries treated as independent; ``frobenius`` is the symmetric part of that; ``vech`` counts each free entry
    once (off-diagonal partials are doubled).
    """

    body: Formula
    by: Reference
    convention: Convention = "entry"

    def __post_init__(self) -> None:
        for own in self.by.symbol.family:
            require_count(own, "a derivative by a member of a family")

    @property
    def shape(self) -> Shape:
        shape = self.body.shape + self.by.shape
        if len(shape) > 2 or None in self.body.shape:
            raise ShapeError(
                f"a derivative with more than two dimensions: {dimensions(self.body.shape)} by {dimensions(self.by.shape)}"
            )
        return shape


@record
class AtEqual(Formula):
    """``body`` evaluated at theta_t = theta, after every derivative inside it was taken."""

    body: Formula

    @property
    def shape(self) -> Shape:
        return self.body.shape


@record
class Substitute(Formula):
    """``body`` with the free parameter ``symbol`` (formal ``indices``) replaced, after every derivative was taken.

    Occurrences at theta_t are untouched.
    """

    body: Formula
    symbol: Symbol
    indices: tuple[Index, ...]
    replacement: Formula

    def __post_init__(self) -> None:
        if self.replacement.shape != self.symbol.shape:
            raise ShapeError(
                f"a substitution changes the shape of {self.symbol.name}: "
                f"{dimensions(self.replacement.shape)}, expected {dimensions(self.symbol.shape)}"
            )
        # All members are replaced: by formal indices that start later, some would be left out.
        if tuple(i.range for i in self.indices) != self.symbol.family or len(set(self.indices)) != len(self.indices):
            raise ScopeError(f"a substitution takes one letter for each index of {self.symbol.name}, of the same range")

    @property
    def shape(self) -> Shape:
        return self.body.shape


def rows_and_columns(node: Formula) -> tuple[Size | None, Size | None]:
    """The shape as rows and columns; None stands for a single one."""
    shape = node.shape
    return (None, None) if shape == () else (shape[0], None) if len(shape) == 1 else (shape[0], shape[1])


def require_square(node: Formula, place: str) -> None:
    if len(node.shape) != 2 or node.shape[0] is None or node.shape[0] != node.shape[1]:
        raise ShapeError(f"{place} takes a square matrix: shape={dimensions(node.shape)}")


def require_count(own: Range, place: str) -> None:
    """Refuse what makes sense of a counted range only: of a continuum it would be Dirac's delta, or a product integral."""
    if own.abstract:
        raise UnsupportedError(f"{place} over a continuum: {own.upper.name}")


def check_indices(name: str, ranges: tuple[Any, ...], indices: tuple[IndexLike, ...]) -> None:
    if len(ranges) != len(indices):
        raise ScopeError(f"{name} takes {len(ranges)} indices: got {len(indices)}")
    for expected, index in zip(ranges, indices, strict=True):
        if isinstance(index, Index) and index.range.upper != expected.upper:
            raise ScopeError(
                f"index out of its range: {index.name} runs to {index.range.upper.name}, expected {expected.upper.name} in {name}"
            )
        if isinstance(index, Index) and index.range.lower < expected.lower:
            raise ScopeError(
                f"index out of its range: {index.name} starts at {index.range.lower}, expected {expected.lower} or more in {name}"
            )
        if isinstance(index, int):
            require_count(expected, f"an integer as an index of {name}")
        elif index.range.abstract != expected.abstract:
            raise ScopeError(f"an index of a continuum in place of a counted one, or the reverse: {index.name} in {name}")
        if isinstance(index, int) and index < expected.lower:
            raise ScopeError(f"index below its range: {name}_{index}, expected at least {expected.lower}")


def are_generic(indices: Sequence[object], family: Sequence[Range]) -> bool:
    """Whether what is said at these indices is said of all members of a family: different letters, each over its whole range."""
    if len(set(indices)) != len(family) or len(indices) != len(family):
        return False
    return all(isinstance(index, Index) and index.range == own for index, own in zip(indices, family, strict=True))


# Building blocks: what a person writes in one stroke.

ZERO = Number(Fraction(0))
ONE = Number(Fraction(1))
HALF = Number(Fraction(1, 2))


def as_formula(value: Formula | int | Fraction) -> Formula:
    return value if isinstance(value, Formula) else Number(Fraction(value))


def add(*terms: Formula) -> Formula:
    flat = tuple(part for term in terms for part in (term.terms if isinstance(term, Add) else (term,)))
    return flat[0] if len(flat) == 1 else Add(flat)


def negate(node: Formula) -> Formula:
    if isinstance(node, Add):
        return Add(tuple(negate(term) for term in node.terms))
    if isinstance(node, Number):
        return Number(-node.value)
    if isinstance(node, Multiply) and node.factors[0] == Number(Fraction(-1)):
        return multiply(*node.factors[1:])
    return multiply(Number(Fraction(-1)), node)


def multiply(*factors: Formula) -> Formula:
    flat = tuple(part for factor in factors for part in (factor.factors if isinstance(factor, Multiply) else (factor,)))
    return flat[0] if len(flat) == 1 else Multiply(flat)


def matrix_product(*factors: Formula) -> Formula:
    flat = tuple(part for factor in factors for part in (factor.factors if isinstance(factor, MatrixProduct) else (factor,)))
    return flat[0] if len(flat) == 1 else MatrixProduct(flat)


def quadratic_form(vector: Formula, matrix: Formula) -> Formula:
    """``v^T M v``."""
    return matrix_product(Transpose(vector), matrix, vector)


def outer(left: Formula, right: Formula) -> Formula:
    """``a b^T``."""
    return matrix_product(left, Transpose(right))


def sum_over(*indices: Index, body: Formula) -> Formula:
    """Nested sums, the first index outermost."""
    return reduce(lambda inner, index: Sum(index, inner), reversed(indices), body)


def log_determinant(matrix: Formula) -> Formula:
    return Log(Determinant(matrix))


def walk(node: Formula) -> Iterator[Formula]:
    """Every node below and including ``node``, parents first; a definition's body is not entered."""
    yield node
    for child in node.children:
        yield from walk(child)


def walk_unfolded(node: Formula) -> Iterator[Formula]:
    """Every node of a formula, and of the bodies of the definitions in it."""
    for inner in walk(node):
        yield inner
        if isinstance(inner, Named):
            yield from walk_unfolded(unfold(inner))


def mentions(node: Formula, *symbols: Symbol) -> bool:
    """Whether one of the symbols stands in a formula, or in the body of a definition in it."""
    return any(isinstance(inner, Reference) and inner.symbol in symbols for inner in walk_unfolded(node))


def rebuild(node: Formula, change: Callable[[Formula], Formula]) -> Formula:
    """``node`` with ``change`` applied to each direct child."""
    updates: dict[str, Any] = {}
    for name in written(type(node)):
        value = getattr(node, name)
        if isinstance(value, Formula):
            if (changed := change(value)) is not value:
                updates[name] = changed
        elif isinstance(value, tuple) and value and isinstance(value[0], Formula):
            parts: tuple[Formula, ...] = value  # pyright: ignore[reportUnknownVariableType]
            others = tuple(change(part) for part in parts)
            if any(one is not other for one, other in zip(parts, others, strict=True)):
                updates[name] = others
    return replace(node, **updates) if updates else node


class Fresh:
    """Fresh letters for indices, so that unfolding a definition can never capture one."""

    _count: ClassVar[int] = 0

    @classmethod
    def index(cls, like: Index) -> Index:
        cls._count += 1
        return Index(f"{like.name.split('#')[0]}#{cls._count}", like.range)


def rename(node: Formula, mapping: Mapping[Index, IndexLike]) -> Formula:
    """Replace free indices, all at once; bound ones get fresh letters where a capture threatens."""
    if not any(index in mapping for index in free_indices(node)):
        return node

    def swap(index: IndexLike) -> IndexLike:
        return mapping.get(index, index) if isinstance(index, Index) else index

    if isinstance(node, (Sum, Product)):
        inner = {old: new for old, new in mapping.items() if old != node.index}
        index = node.index
        if index in inner.values():
            index = Fresh.index(node.index)
            inner[node.index] = index
        return type(node)(index, rename(node.body, inner), span=node.span)
    if isinstance(node, Substitute):
        inner = {old: new for old, new in mapping.items() if old not in node.indices}
        formal = tuple(Fresh.index(i) if i in inner.values() else i for i in node.indices)
        body = rename(node.replacement, {**inner, **dict(zip(node.indices, formal, strict=True))})
        return Substitute(rename(node.body, mapping), node.symbol, formal, body, span=node.span)
    if isinstance(node, (Reference, Named, Component, Apply)):
        node = replace(node, indices=tuple(swap(index) for index in node.indices))
    elif isinstance(node, Delta):
        return Delta(swap(node.left), swap(node.right), span=node.span)
    return rebuild(node, lambda child: rename(child, mapping))


def at_time(node: Formula, time: Time) -> Formula:
    """Move every free parameter to theta_t (``current``), or every current one to theta (``free``)."""
    if isinstance(node, Reference):
        symbol = node.symbol.at_current if time == "current" else node.symbol.at_free
        return node if symbol is node.symbol else replace(node, symbol=symbol)
    if isinstance(node, Named):
        return node if node.time == time else replace(node, time=time)
    if isinstance(node, (Substitute, AtEqual)) and time == "current":
        raise ScopeError("an evaluation of free parameters cannot be moved to theta_t; evaluate afterwards")
    return rebuild(node, lambda child: at_time(child, time))


def unfold(node: Named) -> Formula:
    """The body of an abbreviation, with the actual indices and at the time written."""
    definition = node.definition
    body = rename(definition.body, dict(zip(definition.indices, node.indices, strict=True)))
    return at_time(body, "current") if node.time == "current" else body


@computed_once
def free_indices(node: Formula) -> frozenset[Index]:
    """The indices that stand free in a formula."""
    if isinstance(node, (Sum, Product)):
        return free_indices(node.body) - {node.index}
    if isinstance(node, Substitute):
        return free_indices(node.body) | (free_indices(node.replacement) - frozenset(node.indices))
    own: tuple[IndexLike, ...] = ()
    if isinstance(node, (Reference, Named, Component, Apply)):
        own = node.indices
    elif isinstance(node, Delta):
        own = (node.left, node.right)
    found = frozenset(index for index in own if isinstance(index, Index))
    return found.union(*(free_indices(child) for child in node.children)) if node.children else found


def at_current(symbols: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Symbols by name and role as they are read where every free parameter stands at theta_t."""
    return frozenset((name, "current" if role == "param" else role) for name, role in symbols)


@computed_once
def depends_on(node: Formula) -> frozenset[tuple[str, str]]:
    """The names and roles of the symbols on whose values that of a formula may depend, definitions written out."""
    if isinstance(node, Named):
        inside = depends_on(node.definition.body)
        return at_current(inside) if node.time == "current" else inside
    found = frozenset[tuple[str, str]]().union(*(depends_on(child) for child in node.children))
    if isinstance(node, (Reference, Substitute)):
        return found | {(node.symbol.name, node.symbol.role)}
    if isinstance(node, AtEqual):
        # What stands at theta_t is read at theta there.
        return found.union((name, "param") for name, role in found if role == "current")
    return found
