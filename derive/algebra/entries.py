"""From the formula tree to index notation: a matrix becomes its entries, an abbreviation its body.

This is where the order of operations is kept: a ``Derivative`` node is differentiated as written, before any fact or
symmetry is used; ``AtEqual`` and ``Substitute`` act on what is left of derivatives.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.algebra import signs
from derive.algebra.calculus import Entry, derivative
from derive.algebra.reduction import Blocked, Fact, LogEntry, Reducer
from derive.algebra.terms import (
    ONE,
    UNIT,
    ZERO,
    Atom,
    Head,
    KIndex,
    Polynomial,
    add,
    free,
    free_of,
    fresh,
    literal,
    number,
    range_named,
    range_of,
    scale,
    single,
    subtract,
    upper_of,
)
from derive.errors import UnsupportedError
from derive.formula import (
    Add,
    Apply,
    AtEqual,
    Cholesky,
    Component,
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
    UnspecifiedFunction,
    free_indices,
    multiply,
    require_count,
    rows_and_columns,
    unfold,
)
from derive.functions import FUNCTIONS
from derive.symbols import INTEGERS, Domain, Index, IndexLike, Range, Size, Symbol

Scope = Mapping[Index, KIndex]
MOST_REMEMBERED = 100_000
IN_GENERAL = (Derivative, AtEqual)
"""What is read once for all values of its indices, wherever it stands: it is dear, and stands in many claims."""
INVERTED = "definition of an inverted matrix"
"""The name of the equation between the entries of an inverted matrix and what they are."""
COMPOUND = "compound*"
"""How the name of a matrix begins that is written as a sum or a product."""
FACTORED = "definition of a Cholesky factor"
"""The name of the equations between a matrix and its Cholesky factor."""
FACTOR = "factor*"
"""How the name of a Cholesky factor begins."""


@dataclass(frozen=True, slots=True)
class Generic:
    """A formula as it was read for all values of its ``letters`` (indices, then entries), and all that came of the reading.

    It is not ``shared`` between readers where it gave a matrix a name of its own.
    """

    polynomial: Polynomial
    letters: tuple[KIndex, ...]
    symbols: tuple[Symbol, ...]
    functions: tuple[UnspecifiedFunction, ...]
    conditions: frozenset[str]
    obligations: frozenset[str]
    log: tuple[LogEntry, ...]
    spent: int
    is_shared: bool


class _Recent:
    """The readings of late; the oldest are forgotten where all together hold more rewriting steps than are kept."""

    def __init__(self) -> None:
        self.readings: OrderedDict[object, Generic] = OrderedDict()
        self.steps = 0

    def get(self, key: object) -> Generic | None:
        return self.readings.get(key)

    def add(self, key: object, reading: Generic) -> None:
        self.readings[key] = reading
        self.steps += 1 + len(reading.log)
        while self.steps > MOST_REMEMBERED and len(self.readings) > 1:
            _, oldest = self.readings.popitem(last=False)
            self.steps -= 1 + len(oldest.log)


_read_before = _Recent()


@dataclass(slots=True)
class Reader:
    """Reads formulas into normal forms that may still be differentiated, and settles them at the end.

    Where it ``splits_logs``, the logarithm of a product is read as the sum that it is before the product is multiplied out. Of
    the pairs of ``bounds`` the first is assumed to be at most the second. ``facts`` are added by substitutions of matrices and by
    assumptions; ``conditions`` are what the reading took for granted. Of what is ``given_up`` another reader found no proof that
    it is zero, and no other is sought.
    """

    splits_logs: bool = False
    given_up: Polynomial | None = None
    bounds: list[tuple[Formula, Formula]] = field(default_factory=list[tuple[Formula, Formula]])
    domains: dict[tuple[str, str], Domain] = field(default_factory=dict[tuple[str, str], Domain])
    symbols: dict[tuple[str, str], Symbol] = field(default_factory=dict[tuple[str, str], Symbol])
    functions: dict[str, UnspecifiedFunction] = field(default_factory=dict[str, UnspecifiedFunction])
    normalised: dict[str, int] = field(default_factory=dict[str, int])
    conditions: set[str] = field(default_factory=set[str])
    equations: list[tuple[str, Polynomial]] = field(default_factory=list[tuple[str, Polynomial]])
    replacements: dict[Substitute, None] = field(default_factory=dict[Substitute, None])
    """Every substitution that was read: what is put in has yet to be shown to lie in the domain of what it replaces."""
    reducer: Reducer = field(init=False)
    unproved: Polynomial | None = field(init=False, default=None)
    """Of what no proof was found that it is zero, where no letter stands for anything else in it."""
    _bodies: dict[object, Generic] = field(default_factory=dict[object, "Generic"])
    _at_current: bool = False
    _opaque: dict[object, tuple[str, str]] = field(default_factory=dict[object, tuple[str, str]])
    _values: dict[tuple[str, str], Polynomial] = field(default_factory=dict[tuple[str, str], Polynomial])
    """What each opaque matrix stands for."""

    def __post_init__(self) -> None:
        self.reducer = Reducer(self.domains, normalised=self.normalised)

    @property
    def is_plain(self) -> bool:
        """Whether nothing that was read stands for anything else: equal polynomials are then of equal formulas."""
        return not (self._opaque or self.equations)

    # Symbols and indices.

    def declare(self, symbol: Symbol) -> tuple[str, str]:
        if self._at_current:
            symbol = symbol.at_current
        key = (symbol.name, symbol.role)
        known = self.symbols.get(key)
        if known is not None:
            if known != symbol:
                raise Blocked(f"{symbol.name} is declared in two ways")
            return key
        if symbol.domain in ("spd", "sym", "lower") and (len(symbol.shape) != 2 or symbol.shape[0] != symbol.shape[1]):
            raise Blocked(f"{symbol.name} is declared {symbol.domain} and is not a square matrix")
        self.domains[key] = symbol.domain
        self.symbols[key] = symbol
        return key

    def declare_function(self, function: UnspecifiedFunction) -> str:
        if self.functions.setdefault(function.name, function) != function:
            raise Blocked(f"the function {function.name} is declared in two ways")
        self.domains[function.name, "function"] = function.domain
        if function.normalised_over is not None:
            self.normalised[function.name] = function.normalised_over
        return function.name

    def letter(self, index: Index) -> KIndex:
        """A fresh letter for an index that a sum binds."""
        if index.range.abstract:
            self.conditions.add("the integrals exist, and may be exchanged with each other and with derivatives")
        return fresh((index.range.lower, upper_of(index.range)))

    def index(self, index: IndexLike, scope: Scope) -> KIndex:
        if isinstance(index, int):
            self.conditions.add(f"an index {index} is in range")
            return literal(index)
        return scope.get(index) or free(index.name, index.range.lower, upper_of(index.range))

    # Reading.

    def read(self, node: Formula, scope: Scope | None = None, entry: tuple[KIndex, ...] = ()) -> Polynomial:
        """The normal form of a scalar, or of one entry of a vector or matrix."""
        scope = scope or {}
        if type(node) in IN_GENERAL:
            return self.in_general(node, scope, entry)
        method = _READERS.get(type(node))
        if method is None:
            raise UnsupportedError(f"the kernel does not read {type(node).__name__}")
        return method(self, node, scope, entry)

    def named(self, node: Named, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
        definition = node.definition
        if not free_indices(definition.body) <= frozenset(definition.indices):
            raise Blocked(f"{definition.name} depends on an index that is not among its own")
        at_current = self._at_current or node.time == "current"
        actual = tuple(self.index(index, scope) for index in node.indices)
        return self.at_indices(self.generic(definition.body, definition.indices, at_current), actual, entry)

    def in_general(self, node: Formula, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
        """A formula read for all values of its free indices, and then taken at those of the scope."""
        indices = tuple(sorted(free_indices(node), key=lambda index: (index.name, index.range.lower, upper_of(index.range))))
        actual = tuple(self.index(index, scope) for index in indices)
        return self.at_indices(self.generic(node, indices, self._at_current), actual, entry)

    def at_indices(self, generic: Generic, actual: tuple[KIndex, ...], entry: tuple[KIndex, ...]) -> Polynomial:
        return self.reducer.rename(generic.polynomial, dict(zip(generic.letters, (*actual, *entry), strict=True)))

    def generic(self, node: Formula, indices: tuple[Index, ...], at_current: bool) -> Generic:
        """A formula read once for all uses, of this reader and of others, for all values of its indices and all its entries."""
        key = (node, indices, at_current, self.splits_logs)
        known = self._bodies.get(key)
        if known is None:
            known = _read_before.get(key)
            if known is None:
                known = self._read_apart(node, indices, at_current)
                _read_before.add(key, known)
            if known.is_shared:
                self._take_over(known)
            else:
                known = replace(known, polynomial=self._read_generic(node, known.letters, indices, at_current))
            self._bodies[key] = known
        return known

    def _read_apart(self, node: Formula, indices: tuple[Index, ...], at_current: bool) -> Generic:
        letters = _generic_letters(node, indices)
        apart = Reader(splits_logs=self.splits_logs)
        before = apart.reducer.budget.spent = self.reducer.budget.spent
        polynomial = apart._read_generic(node, letters, indices, at_current)
        if apart.equations or apart.replacements or apart._opaque:
            return Generic(ZERO, letters, (), (), frozenset(), frozenset(), (), 0, is_shared=False)
        return Generic(
            polynomial,
            letters,
            tuple(apart.symbols.values()),
            tuple(apart.functions.values()),
            frozenset(apart.conditions),
            frozenset(apart.reducer.obligations),
            tuple(apart.reducer.log),
            apart.reducer.budget.spent - before,
            is_shared=True,
        )

    def _read_generic(
        self, node: Formula, letters: tuple[KIndex, ...], indices: tuple[Index, ...], at_current: bool
    ) -> Polynomial:
        outside, self._at_current = self._at_current, at_current
        try:
            read = _READERS[type(node)] if type(node) in IN_GENERAL else Reader.read
            return read(self, node, dict(zip(indices, letters, strict=False)), letters[len(indices) :])
        finally:
            self._at_current = outside

    def rest_on(self, other: Reader) -> None:
        """What another reader took for granted, this one does too."""
        self.conditions |= other.conditions | other.reducer.obligations
        self.replacements |= other.replacements

    def _take_over(self, found: Generic) -> None:
        """What a reading declared, took for granted and did, as if it had been done here."""
        outside, self._at_current = self._at_current, False
        try:
            for symbol in found.symbols:
                self.declare(symbol)
        finally:
            self._at_current = outside
        for function in found.functions:
            self.declare_function(function)
        self.conditions |= found.conditions
        self.reducer.obligations |= found.obligations
        self.reducer.log.extend(found.log)
        self.reducer.spend(found.spent)

    def move(self, polynomial: Polynomial, source: str, target: str) -> Polynomial:
        """Every symbol of role ``source`` becomes the same symbol of role ``target``."""

        self._require_untouched(polynomial, lambda head: head[2] == source)

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
        self._require_untouched(body, lambda head: head[1:] == key)
        # Fresh letters: what is put in may hold a substitution of its own, which must not capture these.
        formal = tuple(fresh((i.range.lower, upper_of(i.range))) for i in node.indices)
        component = tuple(fresh((1, size.name)) for size in node.symbol.shape)
        inside = {**scope, **dict(zip(node.indices, formal, strict=True))}
        value = self.read(node.replacement, inside, component)
        inverted = _inverted(node.replacement)
        # Of what is put in as an inverse the inverse is known: no name stands for it.
        undone = self.read(inverted, inside, component) if inverted is not None else None
        opaque = self._opaque_matrix(node, value, formal, component) if _has_inverse(body, key) else None
        self.replacements[node] = None

        def change(atom: Atom) -> Polynomial | None:
            head, arguments = atom
            if head[0] not in ("e", "i", "L") or (head[1], head[2]) != key:
                return None
            if undone is not None and head[0] in ("e", "i"):
                known = value if head[0] == "e" else undone
                return self.reducer.rename(known, dict(zip((*formal, *component), arguments, strict=True)))
            if opaque is not None:
                name, around = opaque
                return single(((head[0], *name), (*around, *arguments)))
            return self.reducer.rename(value, dict(zip((*formal, *component), arguments, strict=True)))

        return self.reducer.transform(body, change)

    def _opaque_matrix(
        self, node: Substitute, value: Polynomial, formal: tuple[KIndex, ...], component: tuple[KIndex, ...]
    ) -> tuple[tuple[str, str], tuple[KIndex, ...]]:
        """A matrix symbol that equals the replacement: its inverse and determinant need a name. Equal replacements share it.

        It is a family over the indices of the surroundings as well (the second result), on which the replacement may depend.
        """
        around, generic, value = self._in_general_letters(value, (*formal, *component))
        if (plain := self._factor_alone(value, generic)) is not None:
            return plain, around
        known = self._opaque.get((value, generic, node.symbol.domain))
        if known is None:
            family = tuple(range_named(range_of(index)) for index in (*around, *formal))
            name = f"{node.symbol.name}*{len(self._opaque) + 1}"
            known = self.declare(replace(node.symbol, name=name, role="opaque", family=family))
            self._opaque[value, generic, node.symbol.domain] = known
            self._values[known] = value
            equation = subtract(single((("e", *known), generic)), value)
            self.equations.append((f"definition of what is put for {node.symbol.name}", equation))
        return known, around

    def _factor_alone(self, value: Polynomial, generic: tuple[KIndex, ...]) -> tuple[str, str] | None:
        """The name of a Cholesky factor that a value is, entry by entry; it needs no other."""
        for (binders, factors), coefficient in value.items():
            if len(value) == 1 and not binders and coefficient == 1 and len(factors) == 1 and factors[0][1] == 1:
                (head, arguments), _ = factors[0]
                if head[0] == "e" and head[2] == "opaque" and head[1].startswith(FACTOR) and arguments == generic:
                    return head[1], head[2]
        return None

    def _in_general_letters(
        self, value: Polynomial, last: tuple[KIndex, ...]
    ) -> tuple[tuple[KIndex, ...], tuple[KIndex, ...], Polynomial]:
        """The indices on which a value depends besides the ``last``; general letters for these and those; the value in them."""
        around = tuple(sorted(free_of(value) - set(last)))
        indices = (*around, *last)
        generic = tuple(free(f"@s{k}", *range_of(index)) for k, index in enumerate(indices))
        return around, generic, self.reducer.rename(value, dict(zip(indices, generic, strict=True)))

    def _square(self, matrix: Formula, scope: Scope) -> tuple[tuple[KIndex, ...], tuple[KIndex, ...], Polynomial]:
        """Any entry of a square matrix, in general letters."""
        component = fresh((1, _size(matrix.shape[0]))), fresh((1, _size(matrix.shape[1])))
        return self._in_general_letters(self.read(matrix, scope, component), component)

    def inverse_of(self, matrix: Formula, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
        """An entry of the inverse of a compound square matrix.

        All that is known of it is that it undoes the matrix, and that it is symmetric where the matrix is.
        """
        known, around = self.compound(matrix, scope)
        return single((("i", *known), (*around, *entry)))

    def compound(self, matrix: Formula, scope: Scope) -> tuple[tuple[str, str], tuple[KIndex, ...]]:
        """A name for a compound square matrix, which equal matrices share, and the indices on which it depends."""
        size = _size(matrix.shape[0])
        around, generic, value = self._square(matrix, scope)
        known = self._opaque.get((value, generic, "inverted"))
        if known is None:
            turned = self.reducer.rename(value, {generic[-1]: generic[-2], generic[-2]: generic[-1]})
            symmetric = not self.settle(subtract(value, turned), [])
            family = tuple(range_named(range_of(index)) for index in around)
            own = Symbol(f"{COMPOUND}{len(self._opaque) + 1}", "opaque", family, (Size(size), Size(size)))
            known = self.declare(replace(own, domain="sym" if symmetric else "real"))
            self._opaque[value, generic, "inverted"] = known
            self._values[known] = value
            equation = subtract(single((("e", *known), generic)), value)
            self.equations.append((INVERTED, equation))
        return known, around

    def cholesky_factor(self, matrix: Formula, scope: Scope) -> tuple[tuple[str, str], tuple[KIndex, ...]]:
        """A name for the Cholesky factor of a matrix, which equal matrices share, and the indices on which it depends.

        All that is known of it is that its product with its transpose is the matrix, and that it has an inverse.
        """
        size = _size(matrix.shape[0])
        around, generic, value = self._square(matrix, scope)
        known = self._opaque.get((value, generic, "factored"))
        if known is None:
            family = tuple(range_named(range_of(index)) for index in around)
            own = Symbol(f"{FACTOR}{len(self._opaque) + 1}", "opaque", family, (Size(size), Size(size)), "lower")
            known = self.declare(own)
            self._opaque[value, generic, "factored"] = known
            self._values[known] = value  # it depends on no more
            letter = fresh((1, size))
            *outside, row, column = generic
            left, right = (single((("e", *known), (*outside, place, letter))) for place in (row, column))
            square = self.reducer.bind(self.reducer.multiply(left, right), letter)
            self.equations.append((FACTORED, subtract(square, value)))
            try:
                size_of = self.reducer.rename(_log_determinant(self, matrix, scope), dict(zip(around, generic, strict=False)))
            except UnsupportedError:
                return known, around
            own = single((("L", *known), tuple(outside)))
            self.equations.append((FACTORED, subtract(scale(own, 2), size_of)))
        return known, around

    def derivative(self, polynomial: Polynomial, by: Entry) -> Polynomial:
        """The derivative by an entry, through the matrices that go by a name as well: the chain rule.

        Raises:
            Blocked: a matrix was substituted in it, or in a matrix that goes by a name there.
        """
        named = {head for head in plain_heads(polynomial) if head[0] in ("e", "i", "L") and head[2] == "opaque"}
        if not all(map(is_compound, named)):
            raise Blocked("a derivative of something in which a matrix was substituted")
        parts = [derivative(self.reducer, polynomial, by)]
        for key in sorted({(head[1], head[2]) for head in named}):
            symbol = self.symbols[key]
            if any(own.abstract for own in symbol.family):
                raise Blocked("a derivative of a matrix for each value of a continuum")
            ranges = (*symbol.family, *(Range(size) for size in symbol.shape))
            letters = tuple(fresh((own.lower, upper_of(own))) for own in ranges)
            outer = derivative(self.reducer, polynomial, (("e", *key), letters))
            generic = tuple(free(f"@s{k}", own.lower, upper_of(own)) for k, own in enumerate(ranges))
            value = self.reducer.rename(self._values[key], dict(zip(generic, letters, strict=True)))
            parts.append(self.reducer.bind_all(self.reducer.multiply(outer, self.derivative(value, by)), letters))
        return add(*parts)

    def times(
        self, polynomial: Polynomial, key: tuple[str, str], family: tuple[KIndex, ...], entry: KIndex, *, left: bool
    ) -> Polynomial:
        """A vector or matrix, of which ``entry`` is the row (or the column), multiplied by a matrix from the left (or right)."""
        letter = fresh(range_of(entry))
        places = (entry, letter) if left else (letter, entry)
        matrix = single((("e", *key), (*family, *places)))
        return self.reducer.bind(self.reducer.multiply(matrix, self.reducer.rename(polynomial, {entry: letter})), letter)

    def written_out(self, polynomial: Polynomial, reducer: Reducer) -> Polynomial:
        """Every named matrix as what it stands for; inverses and determinants of it stay."""

        def change(atom: Atom) -> Polynomial | None:
            head, arguments = atom
            if head[0] not in ("e", "E") or head[2] != "opaque" or head[1].startswith(FACTOR):
                return None
            value = self._values[head[1], head[2]]
            symbol = self.symbols[head[1], head[2]]
            ranges = (*symbol.family, *(Range(size) for size in symbol.shape))
            generic = tuple(free(f"@s{k}", r.lower, r.upper.name) for k, r in enumerate(ranges))
            return reducer.rename(value, dict(zip(generic, arguments, strict=True)))

        return reducer.transform(polynomial, change)

    def _require_untouched(self, polynomial: Polynomial, moved: Callable[[Head], bool]) -> None:
        """A substituted matrix under a name hides what it depends on: none that does may stand where that is moved.

        (log|S| with S := S_t and then theta_t := theta is log|S|, not log|S_t|.)
        """
        for head in plain_heads(polynomial):
            if head[0] in ("e", "i", "L") and head[2] == "opaque":
                value = self._values[head[1], head[2]]
                if any(inner[0] in ("e", "i", "L") and moved(inner) for inner in plain_heads(value)):
                    raise Blocked("a substituted matrix whose own value is changed afterwards")
                self._require_untouched(value, moved)

    # Facts and symmetry, once no derivative is to come.

    def settle(self, polynomial: Polynomial, facts: list[Fact]) -> Polynomial:
        """Use symmetry and facts: no derivative may be taken any more."""
        settled = self.settled_reducer(facts)

        def change(atom: Atom) -> Polynomial | None:
            symmetric = self._symmetric(atom)
            return None if symmetric is None else settled.build(ONE, (), [(symmetric, 1)])

        return settled.transform(polynomial, change)

    def settled_reducer(self, facts: list[Fact]) -> Reducer:
        own = self.reducer
        return Reducer(
            self.domains,
            settled=True,
            facts=tuple(facts),
            log=own.log,
            obligations=own.obligations,
            budget=own.budget,
            normalised=self.normalised,
        )

    def _symmetric(self, atom: Atom) -> Atom | None:
        head, arguments = atom
        if head[0] in ("e", "i") and self.domains[(head[1], head[2])] in ("spd", "sym"):
            first, second = arguments[-2:]
            ordered = arguments if first <= second else (*arguments[:-2], second, first)
            return ("E" if head[0] == "e" else "I", head[1], head[2]), ordered
        return None


def _generic_letters(node: Formula, indices: tuple[Index, ...]) -> tuple[KIndex, ...]:
    """Letters for indices and entries: for the whole range of each entry, whatever part of it is asked for."""
    sizes = [size for size in node.shape if size is not None]
    return (
        *(free(f"@{k}", i.range.lower, upper_of(i.range)) for k, i in enumerate(indices)),
        *(free(f"@e{k}", 1, size.name) for k, size in enumerate(sizes)),
    )


def is_compound(head: Head) -> bool:
    """Whether an atom is of a matrix that goes by a name, and stands for what is written."""
    return head[0] in ("e", "i", "L", "E", "I") and head[2] == "opaque" and head[1].startswith(COMPOUND)


def _inverted(node: Formula) -> Formula | None:
    """The matrix whose inverse a formula is as it is written, perhaps times a number; None where it is none."""
    match node:
        case Named():
            return _inverted(unfold(node))
        case Inverse(matrix):
            return matrix
        case Divide(matrix, number_below):
            inner = _inverted(matrix)
            return None if inner is None else multiply(number_below, inner)
        case Multiply() if len(node.shape) == 2:
            scalars, matrix = _split_scalars(node)
            inner = _inverted(matrix)
            return None if inner is None else Divide(inner, multiply(*scalars))
        case _:
            return None


def _size(size: Size | None) -> str:
    return "" if size is None else size.name


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
    exponent = reader.read(node.exponent, scope)
    if isinstance(node.base, Determinant) and exponent.constant is not None and exponent.constant.denominator > 1:
        # Where a fractional power of a determinant is defined, the determinant is its absolute value.
        return reader.reducer.exp(
            reader.reducer.multiply(exponent, _log_determinant(reader, node.base.argument, scope, of_any_sign=True))
        )
    base = reader.read(node.base, scope)
    if exponent.constant is not None:
        return reader.reducer.power(base, exponent.constant)
    if not reader.reducer.is_positive(base) and not _is_real(reader, exponent):
        raise Blocked("a symbolic power of a base that is not known to be positive")
    return reader.reducer.exp(reader.reducer.multiply(exponent, reader.reducer.logarithm(base)))


def _is_real(reader: Reader, exponent: Polynomial) -> bool:
    """Whether a letter in an exponent is no whole number: the power is then defined for a positive base alone, as its duty is."""
    letters = (head for head in plain_heads(exponent) if head[0] == "e")
    return any(reader.domains[head[1], head[2]] not in INTEGERS for head in letters)


def _function(reader: Reader, node: Function, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    if node.name not in FUNCTIONS or len(node.arguments) != 1:
        raise UnsupportedError(f"the kernel does not know the function {node.name}")
    argument = reader.read(node.arguments[0], scope)
    if node.name == "gamma":
        # Positive where it is defined here, for a positive argument: that is an obligation.
        return reader.reducer.exp(_log_gamma(reader, argument))
    return _log_gamma(reader, argument) if node.name == "loggamma" else reader.reducer.special(node.name, argument)


def _log_gamma(reader: Reader, argument: Polynomial) -> Polynomial:
    """log Gamma(y + 1) = log y + log Gamma(y), for as long as y is positive."""
    lower = subtract(argument, number(1))
    if not lower:
        return number(0)  # Gamma(1) is one
    if argument.get(UNIT, 0) >= 1 and signs.positive(lower, reader.domains):
        return add(reader.reducer.logarithm(lower), _log_gamma(reader, lower))
    return reader.reducer.special("loggamma", argument)


def _delta(reader: Reader, node: Delta, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    pair = reader.index(node.left, scope), reader.index(node.right, scope)
    return reader.reducer.build(ONE, (), [((("d",), pair), ONE)])


def _sum(reader: Reader, node: Sum, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    letter = reader.letter(node.index)
    return reader.reducer.bind(reader.read(node.body, {**scope, node.index: letter}, entry), letter)


def _product(reader: Reader, node: Product, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    require_count(node.index.range, "a product")
    letter = reader.letter(node.index)
    logarithm = _log_of_positive(reader, node.body, {**scope, node.index: letter})
    if logarithm is None:
        raise Blocked("a product over an index of factors not known to be positive")
    return reader.reducer.exp(reader.reducer.bind(logarithm, letter))


def _log_of_positive(reader: Reader, node: Formula, scope: Scope) -> Polynomial | None:
    """The log of a formula that is known to be positive, factor by factor; None where that is not known."""
    reducer = reader.reducer
    if isinstance(node, Multiply) and node.shape == ():
        parts = [_log_of_positive(reader, factor, scope) for factor in node.factors]
        known = [part for part in parts if part is not None]
        return add(*known) if len(known) == len(parts) else None
    if isinstance(node, Divide):
        above, below = (_log_of_positive(reader, part, scope) for part in (node.numerator, node.denominator))
        return None if above is None or below is None else subtract(above, below)
    if isinstance(node, Power):
        base = _log_of_positive(reader, node.base, scope)
        return None if base is None else reducer.multiply(reader.read(node.exponent, scope), base)
    if isinstance(node, Exp):
        return reader.read(node.argument, scope)
    value = reader.read(node, scope)
    return reducer.logarithm(value) if reducer.is_positive(value) else None


def _reference(reader: Reader, node: Reference, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    key = reader.declare(node.symbol)
    return single((("e", *key), (*(reader.index(i, scope) for i in node.indices), *entry)))


def _apply(reader: Reader, node: Apply, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    """An unspecified function, packed: see ``terms``."""
    name, reducer = reader.declare_function(node.function), reader.reducer
    packed = [single((("fam",), tuple(reader.index(i, scope) for i in node.indices)))]
    for place, argument in enumerate(node.arguments):
        letters = tuple(fresh((1, size.name)) for size in argument.shape if size is not None)
        basis = reducer.build(ONE, (), [((("arg", place), letters), 1)])
        packed.append(reducer.bind_all(reducer.multiply(basis, reader.read(argument, scope, letters)), letters))
    return reducer.applied(name, add(*packed))


def _matrix_product(reader: Reader, node: MatrixProduct, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    rows, columns = rows_and_columns(node)
    row = entry[0] if rows is not None else None
    column = entry[-1] if columns is not None else None
    return reader.product_of(node.factors, scope, row, column)


def _transpose(reader: Reader, node: Transpose, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.read(node.argument, scope, tuple(reversed(entry)))


def _plain_matrix(node: Formula) -> Formula:
    """Look through a transpose of a transpose, and through an abbreviation."""
    while True:
        if isinstance(node, Transpose) and isinstance(node.argument, Transpose):
            node = node.argument.argument
        elif isinstance(node, Named):
            node = unfold(node)
        else:
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
    if isinstance(matrix, Cholesky):
        known, around = reader.cholesky_factor(matrix.argument, scope)
        return single((("i", *known), (*around, *entry)))
    if isinstance(matrix, MatrixProduct) and all(factor.shape == matrix.shape for factor in matrix.factors):
        # Where a product of square matrices has an inverse, each of them has one.
        row, column = entry
        return reader.product_of(tuple(Inverse(factor) for factor in reversed(matrix.factors)), scope, row, column)
    if isinstance(matrix, Multiply):
        scalars, inner = _split_scalars(matrix)
        below = reducer.power(reducer.multiply(*(reader.read(s, scope) for s in scalars)), Fraction(-1))
        return reducer.multiply(below, reader.read(Inverse(inner), scope, entry))
    return reader.inverse_of(matrix, scope, entry)


def _split_scalars(node: Multiply) -> tuple[list[Formula], Formula]:
    return [f for f in node.factors if f.shape == ()], next(f for f in node.factors if f.shape != ())


def _determinant(reader: Reader, node: Determinant, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.reducer.exp(_log_determinant(reader, node.argument, scope))


def _log_determinant(reader: Reader, matrix: Formula, scope: Scope, *, of_any_sign: bool = False) -> Polynomial:
    """The log-determinant of a matrix whose determinant is known to be positive; ``of_any_sign``, that of its absolute value."""
    reducer, matrix = reader.reducer, _plain_matrix(matrix)
    if isinstance(matrix, Reference) and (matrix.symbol.domain in ("spd", "lower") or of_any_sign):
        key = reader.declare(matrix.symbol)
        return single((("L", *key), tuple(reader.index(i, scope) for i in matrix.indices)))
    if isinstance(matrix, Diagonal):
        letter = fresh((1, _size(matrix.shape[0])))
        value = reader.read(matrix.argument, scope, (letter,))
        if signs.positive(value, reader.domains):
            return reducer.bind(reducer.logarithm(value), letter)
    if isinstance(matrix, Identity):
        return ZERO
    if isinstance(matrix, Cholesky):
        known, around = reader.cholesky_factor(matrix.argument, scope)
        return single((("L", *known), around))
    if isinstance(matrix, Inverse):
        return scale(_log_determinant(reader, matrix.argument, scope, of_any_sign=of_any_sign), -1)
    if isinstance(matrix, Transpose):
        return _log_determinant(reader, matrix.argument, scope, of_any_sign=of_any_sign)
    if isinstance(matrix, MatrixProduct) and all(factor.shape == matrix.shape for factor in matrix.factors):
        return add(*(_log_determinant(reader, factor, scope, of_any_sign=of_any_sign) for factor in matrix.factors))
    if isinstance(matrix, Multiply):
        scalars, inner = _split_scalars(matrix)
        value = reducer.multiply(*(reader.read(s, scope) for s in scalars))
        if signs.positive(value, reader.domains):
            size = single((("z", _size(inner.shape[0])), ()))
            own = _log_determinant(reader, inner, scope, of_any_sign=of_any_sign)
            return add(reducer.multiply(size, reducer.logarithm(value)), own)
    if of_any_sign:
        known, around = reader.compound(matrix, scope)
        return single((("L", *known), around))
    raise UnsupportedError("the log of a determinant that is not known to be positive")


def _determined(node: Formula) -> Formula | None:
    """The matrix of which a formula is the determinant, or its absolute value as the root of its square."""
    if isinstance(node, Power) and node.exponent == Number(Fraction(1, 2)) and isinstance(node.base, Power):
        return _determined(node.base.base) if node.base.exponent == Number(Fraction(2)) else None
    return node.argument if isinstance(node, Determinant) else None


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


def _cholesky(reader: Reader, node: Cholesky, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    known, around = reader.cholesky_factor(node.argument, scope)
    return single((("e", *known), (*around, *entry)))


def _component(reader: Reader, node: Component, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    return reader.read(node.argument, scope, tuple(reader.index(i, scope) for i in node.indices))


def _derivative(reader: Reader, node: Derivative, scope: Scope, entry: tuple[KIndex, ...]) -> Polynomial:
    symbol = node.by.symbol
    key = reader.declare(symbol)
    inner, outer = entry[: len(node.body.shape)], entry[len(node.body.shape) :]
    body = reader.read(node.body, scope, inner)
    family = tuple(reader.index(i, scope) for i in node.by.indices)

    def by(*component: KIndex) -> Polynomial:
        return reader.derivative(body, (("e", *key), (*family, *component)))

    if len(symbol.shape) < 2 or node.convention == "entry":
        return by(*outer)
    if symbol.shape[0] != symbol.shape[1]:
        raise Blocked(f"a derivative under the convention {node.convention} by a matrix that is not square")
    a, b = outer
    both = add(by(a, b), by(b, a))
    if node.convention == "frobenius":
        return scale(both, Fraction(1, 2))
    on = reader.reducer.build(ONE, (), [((("d",), (a, b)), ONE)])
    return subtract(both, reader.reducer.multiply(on, by(a, b)))


def entries_of(node: Formula) -> tuple[KIndex, ...]:
    """Fresh free indices for the entries of a vector or matrix: what holds for them holds for all entries."""
    return tuple(free(f"@{'rc'[k]}", 1, size.name) for k, size in enumerate(node.shape) if size is not None)


def plain_heads(polynomial: Polynomial) -> set[Head]:
    """The heads of all plain atoms, those inside functions included."""
    found: set[Head] = set()
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
    matrix = _determined(node.argument)
    if matrix is not None:
        # Where the log of the determinant is defined, it is that of its absolute value.
        return _log_determinant(reader, matrix, scope, of_any_sign=True)
    return _split_log(reader, node.argument, scope) if reader.splits_logs else _whole_log(reader, node.argument, scope)


def _whole_log(reader: Reader, argument: Formula, scope: Scope) -> Polynomial:
    return reader.reducer.logarithm(reader.read(argument, scope))


def _split_log(reader: Reader, argument: Formula, scope: Scope) -> Polynomial:
    """The logarithm of a product or fraction as it is written: a sum of logarithms, where each part is positive."""
    match argument:
        case Named():
            return _split_log(reader, unfold(argument), scope)
        case Multiply(parts) if all(reader.reducer.is_positive(reader.read(part, scope)) for part in parts):
            return add(*(_split_log(reader, part, scope) for part in parts))
        case Divide(above, below) if all(reader.reducer.is_positive(reader.read(part, scope)) for part in (above, below)):
            return subtract(_split_log(reader, above, scope), _split_log(reader, below, scope))
        case _:
            return _whole_log(reader, argument, scope)


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
    Apply: _apply,
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
    Cholesky: _cholesky,
    Component: _component,
    Named: Reader.named,
    Derivative: _derivative,
    AtEqual: _at_equal,
    Substitute: Reader.substitute,
}
