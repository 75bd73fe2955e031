"""From the formula tree to index notation: a matrix becomes its entries, an abbreviation its body.

This is where the order of operations is kept: a ``Derivative`` node is differentiated as written, before any fact or
symmetry is used; ``AtEqual`` and ``Substitute`` act on what is left of derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.algebra import signs
from derive.algebra.calculus import derivative
from derive.algebra.reduction import Blocked, Fact, Reducer
from derive.algebra.terms import (
    ONE,
    ZERO,
    Atom,
    KIndex,
    Polynomial,
    add,
    free,
    fresh,
    literal,
    number,
    scale,
    single,
    subtract,
)
from derive.errors import UnsupportedError
from derive.formula import (
    Add,
    AtEqual,
    Component,
    Definition,
    Delta,
    Derivative,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Exp,
    Formula,
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
    rows_and_columns,
)
from derive.symbols import Domain, Index, IndexLike, Size, Symbol

Scope = Mapping[Index, KIndex]
SPECIAL_FUNCTIONS = ("loggamma", "digamma", "trigamma", "erf")


@dataclass(slots=True)
class Reader:
    """Reads formulas into normal forms that may still be differentiated, and settles them at the end.

    ``facts`` are added by substitutions of matrices and by assumptions; ``conditions`` are what the reading took for granted.
    """

    domains: dict[tuple[str, str], Domain] = field(default_factory=dict[tuple[str, str], Domain])
    symbols: dict[tuple[str, str], Symbol] = field(default_factory=dict[tuple[str, str], Symbol])
    conditions: set[str] = field(default_factory=set[str])
    equations: list[tuple[str, Polynomial]] = field(default_factory=list[tuple[str, Polynomial]])
    reducer: Reducer = field(init=False)
    _bodies: dict[tuple[int, bool, int], Polynomial] = field(default_factory=dict[tuple[int, bool, int], Polynomial])
    _at_current: bool = False
    _kept: list[Definition] = field(default_factory=list[Definition])
    _opaque: dict[Polynomial, tuple[str, str]] = field(default_factory=dict[Polynomial, tuple[str, str]])

    def __post_init__(self) -> None:
        self.reducer = Reducer(self.domains)

    # Symbols and indices.

    def declare(self, symbol: Symbol) -> tuple[str, str]:
        if self._at_current:
            symbol = symbol.at_current
        key = (symbol.name, symbol.role)
        self.domains[key] = symbol.domain
        self.symbols[key] = symbol
        return key

    def index(self, index: IndexLike, scope: Scope) -> KIndex:
        if isinstance(index, int):
            self.conditions.add(f"an index {index} is in range")
            return literal(index)
        return scope.get(index) or free(index.name, index.range.lower, index.range.upper.name)

    # Reading.

    def read(self, node: Formula, scope: Scope | None = None, entry: tuple[KIndex, ...] = ()) -> Polynomial:
        """The normal form of a scalar, or of one entry of a vector or matrix."""
        scope = scope or {}
        method = _READERS.get(type(node))
        if method is None:
            raise UnsupportedError(f"the kernel does not read {type(node).__name__}")
        return method(self, node, scope, entry)

    def named(self, node: Named, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
        definition = node.definition
        generic = tuple(free(f"@{k}", i.range.lower, i.range.upper.name) for k, i in enumerate(definition.indices))
        entries = tuple(free(f"@e{k}", *_whole(index)) for k, index in enumerate(entry))
        at_current = self._at_current or node.time == "current"
        key = (id(definition), at_current, len(entry))
        known = self._bodies.get(key)
        if known is None:
            outside, self._at_current = self._at_current, at_current
            try:
                known = self.read(definition.body, dict(zip(definition.indices, generic, strict=True)), entries)
            finally:
                self._at_current = outside
            self._bodies[key] = known
            self._kept.append(definition)  # an id stays taken only while its object lives
        actual = tuple(self.index(index, scope) for index in node.indices)
        return self.reducer.rename(known, dict(zip((*generic, *entries), (*actual, *entry), strict=True)))

    def move(self, polynomial: Polynomial, source: str, target: str) -> Polynomial:
        """Every symbol of role ``source`` becomes the same symbol of role ``target``."""

        def change(atom: Atom) -> Polynomial | None:
            head, arguments = atom
            if head[0] in ("e", "i", "L", "E", "I") and head[2] == source:
                symbol = self.symbols[(head[1], source)]
                self.declare(symbol.at_current if target == "current" else symbol.at_free)
                return single(((head[0], head[1], target), arguments))
            return None

        return self.reducer.transform(polynomial, change)

    def product_of(self, factors: tuple[Formula, ...], scope: Scope, row: KIndex | None, column: KIndex | None) -> Polynomial:
        """An entry of a product of rows, columns and matrices, read from the left."""
        first, *others = factors
        _, columns = rows_and_columns(first)
        if not others:
            return self.read(first, scope, _entry_of(first, row, column))
        if columns is None:
            inner = self.read(first, scope, _entry_of(first, row, None))
            return self.reducer.multiply(inner, self.product_of(tuple(others), scope, None, column))
        summed = fresh((1, columns.name))
        left = self.read(first, scope, _entry_of(first, row, summed))
        right = self.product_of(tuple(others), scope, summed, column)
        return self.reducer.bind(self.reducer.multiply(left, right), summed)

    def substitute(self, node: Substitute, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
        body = self.read(node.body, scope, entry)
        key = self.declare(node.symbol)
        formal = tuple(free(f"@s{k}", i.range.lower, i.range.upper.name) for k, i in enumerate(node.indices))
        component = tuple(free(f"@c{k}", 1, _size(size)) for k, size in enumerate(node.symbol.shape))
        inner = {**scope, **dict(zip(node.indices, formal, strict=True))}
        value = self.read(node.replacement, inner, component)
        opaque = self._opaque_matrix(node, value, (*formal, *component)) if _has_inverse(body, key) else None

        def change(atom: Atom) -> Polynomial | None:
            head, arguments = atom
            if head[0] not in ("e", "i", "L") or (head[1], head[2]) != key:
                return None
            if opaque is not None:
                return single(((head[0], *opaque), arguments))
            return self.reducer.rename(value, dict(zip((*formal, *component), arguments, strict=True)))

        if node.symbol.domain in ("positive", "unit", "simplex") and not signs.positive(value, self.domains):
            self.conditions.add(f"what is put for {node.symbol.name} is positive")
        return self.reducer.transform(body, change)

    def _opaque_matrix(self, node: Substitute, value: Polynomial, indices: tuple[KIndex, ...]) -> tuple[str, str]:
        """A matrix symbol that equals the replacement: its inverse and determinant need a name. Equal replacements share it."""
        key = self._opaque.get(value)
        if key is None:
            name = f"{node.symbol.name}*{len(self._opaque) + 1}"
            key = self.declare(replace(node.symbol, name=name, role="opaque"))
            self._opaque[value] = key
            equation = subtract(single((("e", *key), indices)), value)
            self.equations.append((f"definition of what is put for {node.symbol.name}", equation))
        self.conditions.add(f"what is put for {node.symbol.name} is positive definite")
        return key

    # Facts and symmetry, once no derivative is to come.

    def settle(self, polynomial: Polynomial, facts: list[Fact]) -> Polynomial:
        """Use symmetry and facts: no derivative may be taken any more."""
        settled = self.settled_reducer(facts)
        return settled.transform(polynomial, self._symmetric)

    def settled_reducer(self, facts: list[Fact]) -> Reducer:
        return Reducer(self.domains, settled=True, facts=tuple(facts), log=self.reducer.log, obligations=self.reducer.obligations)

    def _symmetric(self, atom: Atom) -> Polynomial | None:
        head, arguments = atom
        if head[0] in ("e", "i") and self.domains[(head[1], head[2])] in ("spd", "sym"):
            first, second = arguments[-2:]
            ordered = arguments if first <= second else (*arguments[:-2], second, first)
            return single((("E" if head[0] == "e" else "I", head[1], head[2]), ordered))
        return None


def _size(size: Size | None) -> str:
    return "" if size is None else size.name


def _whole(index: KIndex) -> tuple[int, str]:
    return index[3], index[4]


def _entry_of(node: Formula, row: KIndex | None, column: KIndex | None) -> tuple[KIndex, ...]:
    rows, columns = rows_and_columns(node)
    return tuple(index for size, index in ((rows, row), (columns, column)) if size is not None and index is not None)


def _has_inverse(polynomial: Polynomial, key: tuple[str, str]) -> bool:
    for _, factors in polynomial:
        for (head, _), _ in factors:
            if head[0] in ("i", "L") and (head[1], head[2]) == key:
                return True
            if isinstance(head[-1], Polynomial) and _has_inverse(head[-1], key):
                return True
    return False


# One reader for each kind of node.


def _add(reader: Reader, node: Add, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return add(*(reader.read(term, scope, entry) for term in node.terms))


def _multiply(reader: Reader, node: Multiply, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.reducer.multiply(*(reader.read(factor, scope, entry if factor.shape else ()) for factor in node.factors))


def _divide(reader: Reader, node: Divide, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    below = reader.reducer.power(reader.read(node.denominator, scope), Fraction(-1))
    return reader.reducer.multiply(reader.read(node.numerator, scope, entry), below)


def _power(reader: Reader, node: Power, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    base, exponent = reader.read(node.base, scope), reader.read(node.exponent, scope)
    if exponent.constant is not None:
        return reader.reducer.power(base, exponent.constant)
    if not signs.positive(base, reader.domains):
        raise Blocked("a symbolic power of a base that is not known to be positive")
    return reader.reducer.exp(reader.reducer.multiply(exponent, reader.reducer.logarithm(base)))


def _function(reader: Reader, node: Function, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    if node.name not in SPECIAL_FUNCTIONS or len(node.arguments) != 1:
        raise UnsupportedError(f"the kernel does not know the function {node.name}")
    return reader.reducer.special(node.name, reader.read(node.arguments[0], scope))


def _delta(reader: Reader, node: Delta, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    pair = reader.index(node.left, scope), reader.index(node.right, scope)
    return reader.reducer.build(ONE, (), [((("d",), pair), ONE)])


def _sum(reader: Reader, node: Sum, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    letter = fresh((node.index.range.lower, node.index.range.upper.name))
    return reader.reducer.bind(reader.read(node.body, {**scope, node.index: letter}, entry), letter)


def _product(reader: Reader, node: Product, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    letter = fresh((node.index.range.lower, node.index.range.upper.name))
    body = reader.read(node.body, {**scope, node.index: letter})
    if not signs.positive(body, reader.domains):
        raise Blocked("a product over an index of factors not known to be positive")
    return reader.reducer.exp(reader.reducer.bind(reader.reducer.logarithm(body), letter))


def _reference(reader: Reader, node: Reference, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    key = reader.declare(node.symbol)
    return single((("e", *key), (*(reader.index(i, scope) for i in node.indices), *entry)))


def _matrix_product(reader: Reader, node: MatrixProduct, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    rows, columns = rows_and_columns(node)
    row = entry[0] if rows is not None else None
    column = entry[-1] if columns is not None else None
    return reader.product_of(node.factors, scope, row, column)


def _transpose(reader: Reader, node: Transpose, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.read(node.argument, scope, tuple(reversed(entry)))


def _plain_matrix(node: Formula) -> Formula:
    """Look through a transpose of a transpose and the like."""
    while isinstance(node, Transpose) and isinstance(node.argument, Transpose):
        node = node.argument.argument
    return node


def _inverse(reader: Reader, node: Inverse, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    matrix, reducer = _plain_matrix(node.argument), reader.reducer
    if isinstance(matrix, Reference):
        key = reader.declare(matrix.symbol)
        return single((("i", *key), (*(reader.index(i, scope) for i in matrix.indices), *entry)))
    if isinstance(matrix, Diagonal):
        on = reducer.build(ONE, (), [((("d",), entry), ONE)])
        return reducer.multiply(on, reducer.power(reader.read(matrix.argument, scope, entry[:1]), Fraction(-1)))
    if isinstance(matrix, Identity):
        return reader.read(matrix, scope, entry)
    if isinstance(matrix, Inverse):
        return reader.read(matrix.argument, scope, entry)
    if isinstance(matrix, Transpose):
        return reader.read(Inverse(matrix.argument), scope, tuple(reversed(entry)))
    if isinstance(matrix, Multiply):
        scalars, inner = _split_scalars(matrix)
        below = reducer.power(reducer.multiply(*(reader.read(s, scope) for s in scalars)), Fraction(-1))
        return reducer.multiply(below, reader.read(Inverse(inner), scope, entry))
    raise UnsupportedError(f"the kernel does not invert a {type(matrix).__name__}")


def _split_scalars(node: Multiply) -> tuple[list[Formula], Formula]:
    return [f for f in node.factors if f.shape == ()], next(f for f in node.factors if f.shape != ())


def _determinant(reader: Reader, node: Determinant, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.reducer.exp(_log_determinant(reader, node.argument, scope))


def _log_determinant(reader: Reader, matrix: Formula, scope: Scope) -> Polynomial:
    """The log-determinant of a matrix whose determinant is known to be positive."""
    reducer = reader.reducer
    if isinstance(matrix, Reference) and matrix.symbol.domain == "spd":
        key = reader.declare(matrix.symbol)
        return single((("L", *key), tuple(reader.index(i, scope) for i in matrix.indices)))
    if isinstance(matrix, Diagonal):
        letter = fresh((1, _size(matrix.shape[0])))
        value = reader.read(matrix.argument, scope, (letter,))
        if signs.positive(value, reader.domains):
            return reducer.bind(reducer.logarithm(value), letter)
    if isinstance(matrix, Identity):
        return ZERO
    if isinstance(matrix, Inverse):
        return scale(_log_determinant(reader, matrix.argument, scope), -1)
    if isinstance(matrix, Transpose):
        return _log_determinant(reader, matrix.argument, scope)
    if isinstance(matrix, Multiply):
        scalars, inner = _split_scalars(matrix)
        value = reducer.multiply(*(reader.read(s, scope) for s in scalars))
        if signs.positive(value, reader.domains):
            size = single((("z", _size(inner.shape[0])), ()))
            return add(reducer.multiply(size, reducer.logarithm(value)), _log_determinant(reader, inner, scope))
    raise UnsupportedError(f"the kernel does not know that the determinant of this {type(matrix).__name__} is positive")


def _trace(reader: Reader, node: Trace, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    letter = fresh((1, _size(node.argument.shape[0])))
    return reader.reducer.bind(reader.read(node.argument, scope, (letter, letter)), letter)


def _identity(reader: Reader, node: Identity, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.reducer.build(ONE, (), [((("d",), entry), ONE)])


def _diagonal(reader: Reader, node: Diagonal, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    on = reader.reducer.build(ONE, (), [((("d",), entry), ONE)])
    return reader.reducer.multiply(on, reader.read(node.argument, scope, entry[:1]))


def _diagonal_part(reader: Reader, node: DiagonalPart, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.read(node.argument, scope, (entry[0], entry[0]))


def _component(reader: Reader, node: Component, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.read(node.argument, scope, tuple(reader.index(i, scope) for i in node.indices))


def _derivative(reader: Reader, node: Derivative, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    symbol = node.by.symbol
    key = reader.declare(symbol)
    inner, outer = entry[: len(node.body.shape)], entry[len(node.body.shape) :]
    body = reader.read(node.body, scope, inner)
    if any(head[2] == "opaque" for head in plain_heads(body) if head[0] in ("e", "i", "L")):
        raise Blocked("a derivative of something in which a matrix was substituted")
    family = tuple(reader.index(i, scope) for i in node.by.indices)

    def by(*component: KIndex) -> Polynomial:
        return derivative(reader.reducer, body, (("e", *key), (*family, *component)))

    if len(symbol.shape) < 2 or node.convention == "entry":
        return by(*outer)
    a, b = outer
    both = add(by(a, b), by(b, a))
    if node.convention == "frobenius":
        return scale(both, Fraction(1, 2))
    on = reader.reducer.build(ONE, (), [((("d",), (a, b)), ONE)])
    return subtract(both, reader.reducer.multiply(on, by(a, b)))


def plain_heads(polynomial: Polynomial) -> set[tuple[str, ...]]:
    """The heads of all plain atoms, those inside functions included."""
    found: set[tuple[str, ...]] = set()
    for _, factors in polynomial:
        for (head, _), _ in factors:
            if isinstance(head[-1], Polynomial):
                found |= plain_heads(head[-1])
            else:
                found.add(head)
    return found


def _number(reader: Reader, node: Number, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return number(node.value)


def _pi(reader: Reader, node: Pi, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return single((("c", "pi"), ()))


def _size_number(reader: Reader, node: SizeNumber, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return single((("z", node.size.name), ()))


def _exp(reader: Reader, node: Exp, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.reducer.exp(reader.read(node.argument, scope))


def _log(reader: Reader, node: Log, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.reducer.logarithm(reader.read(node.argument, scope))


def _at_equal(reader: Reader, node: AtEqual, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.move(reader.read(node.body, scope, entry), "current", "param")


_READERS: Mapping[type, Callable[..., Polynomial]] = {
    Number: _number,
    Pi: _pi,
    SizeNumber: _size_number,
    Reference: _reference,
    Add: _add,
    Multiply: _multiply,
    Divide: _divide,
    Power: _power,
    Exp: _exp,
    Log: _log,
    Function: _function,
    Delta: _delta,
    Sum: _sum,
    Product: _product,
    MatrixProduct: _matrix_product,
    Transpose: _transpose,
    Inverse: _inverse,
    Determinant: _determinant,
    Trace: _trace,
    Identity: _identity,
    Diagonal: _diagonal,
    DiagonalPart: _diagonal_part,
    Component: _component,
    Named: Reader.named,
    Derivative: _derivative,
    AtEqual: _at_equal,
    Substitute: Reader.substitute,
}
