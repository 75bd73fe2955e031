"""Formulas as Python with JAX: a few lines to paste, at sizes known by numbers.

Sums are written as sums over ``range``, derivatives as ``jax.grad`` and ``jax.jacobian``; nothing is made fast. A family is an
array that is counted from 0, so ``mu_s`` stands there as ``mu[s - 1]``.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.errors import UnsupportedError
from derive.formula import (
    Add,
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
    multiply,
    unfold,
)
from derive.functions import FUNCTIONS
from derive.symbols import Index, IndexLike, Range, Symbol

GREEK = str.maketrans({"\\": "", "{": "", "}": "", "^": "_", "(": "", ")": "", ",": "_"})


@dataclass(slots=True)
class Names:
    """Python names for symbols and indices, one for each, as close to the author's letters as Python allows."""

    taken: dict[object, str] = field(default_factory=dict[object, str])

    def of_symbol(self, symbol: Symbol) -> str:
        """The variable that holds a symbol's values; those at the current parameters end in ``_t``."""
        return self._unique((symbol.name, symbol.role == "current"), symbol.name + ("_t" if symbol.role == "current" else ""))

    def of_index(self, index: Index) -> str:
        return self._unique(index, index.name.partition("#")[0])

    def named(self, name: str) -> str:
        """A name for anything else that is called so."""
        return self._unique(("named", name), name)

    def of_size(self, name: str) -> str:
        return self._unique(("size", name), name)

    def _unique(self, key: object, wanted: str) -> str:
        if key not in self.taken:
            base = re.sub(r"\W+", "_", wanted.translate(GREEK)).strip("_") or "value"
            base = f"{base}_" if keyword.iskeyword(base) or base in RESERVED else f"v{base}" if base[0].isdigit() else base
            name, number = base, 1
            while name in self.taken.values():
                number += 1
                name = f"{base}{number}"
            self.taken[key] = name
        return self.taken[key]


RESERVED = ("jax", "jnp", "np", "scipy", "sum", "range", "math", "print", "left", "right")


def python(node: Formula, names: Names) -> str:
    """An expression whose value is the formula's.

    Raises:
        UnsupportedError: the formula has an unspecified function, an integral, or another part without a number.
    """
    return _Writer(names).write(node)


def bare(text: str) -> str:
    """An expression without the brackets around the whole of it."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return text[1:-1] if text.startswith("(") and place == len(text) - 1 else text
    return text


class _Writer:
    def __init__(self, names: Names) -> None:
        self.names = names

    def write(self, node: Formula) -> str:
        writer = _WRITERS.get(type(node))
        if writer is None:
            raise UnsupportedError(f"{type(node).__name__} has no Python of a few lines")
        return writer(self, node)

    def index(self, index: IndexLike, own: Range) -> str:
        if isinstance(index, int):
            return str(index - own.lower)
        return f"{self.names.of_index(index)} - {own.lower}" if own.lower else self.names.of_index(index)

    def value(self, index: IndexLike) -> str:
        return str(index) if isinstance(index, int) else self.names.of_index(index)

    def span(self, index: Index) -> str:
        if index.range.abstract:
            raise UnsupportedError("an integral has no Python of a few lines")
        return f"for {self.names.of_index(index)} in range({index.range.lower}, {self.names.of_size(index.range.upper.name)} + 1)"

    def joined(self, nodes: tuple[Formula, ...], sign: str) -> str:
        return "(" + sign.join(self.write(node) for node in nodes) + ")"

    def multiplied(self, node: Multiply) -> str:
        first, *rest = node.factors
        if rest and first == Number(Fraction(-1)):
            return f"(-{' * '.join(self.write(factor) for factor in rest)})"
        return self.joined(node.factors, " * ")

    def added(self, nodes: tuple[Formula, ...]) -> str:
        """A sum, with a term that is negated subtracted."""
        first, *rest = nodes
        terms = [self.write(first)]
        for node in rest:
            positive = negated(node)
            terms.append(f" - {self.write(positive)}" if positive is not None else f" + {self.write(node)}")
        return f"({''.join(terms)})"


def negated(node: Formula) -> Formula | None:
    """The formula of which this is the negative, where it is written as one."""
    match node:
        case Number() if node.value < 0:
            return Number(-node.value)
        case Multiply(factors=(Number(value=value), *rest)) if value == -1 and rest:
            return multiply(*rest)
        case _:
            return None


def _reference(writer: _Writer, node: Reference) -> str:
    name = writer.names.of_symbol(node.symbol)
    at = ", ".join(writer.index(index, own) for index, own in zip(node.indices, node.symbol.family, strict=True))
    return f"{name}[{at}]" if at else name


def _matrix_product(writer: _Writer, node: MatrixProduct) -> str:
    # A row times a column is a number, a column times a row a matrix: vectors have one axis, so both are said.
    text, shape = writer.write(node.factors[0]), node.factors[0].shape
    for factor in node.factors[1:]:
        right = writer.write(factor)
        if len(shape) == 1 and len(factor.shape) == 2 and factor.shape[0] is None:
            text, shape = f"jnp.outer({bare(text)}, {bare(right)})", (shape[0], factor.shape[1])
        else:
            text = f"({text} @ {right})"
            shape = (*shape[:-1], *factor.shape[1:]) if len(shape) == 2 else factor.shape[1:]
            if shape and shape[0] is None:
                shape = (None, *shape[1:]) if len(shape) == 2 else ()
    return text


def _derivative(writer: _Writer, node: Derivative) -> str:
    if node.convention != "entry":
        raise UnsupportedError("a gradient of a symmetric matrix has no Python of a few lines")
    name = writer.names.of_symbol(node.by.symbol)
    body = writer.write(node.body)
    taken = f"jax.{'grad' if node.body.shape == () else 'jacobian'}(lambda {name}: {body})({name})"
    at = [writer.index(index, own) for index, own in zip(node.by.indices, node.by.symbol.family, strict=True)]
    lead = [":"] * len(node.body.shape)
    return f"{taken}[{', '.join((*lead, *at))}]" if at else taken


def _at_equal(writer: _Writer, node: AtEqual) -> str:
    """theta_t := theta: the derivatives inside are taken first, so the current values are named apart and put in afterwards."""
    free = sorted({symbol for symbol in _symbols(node.body) if symbol.role == "current"}, key=lambda symbol: symbol.name)
    inside = writer.write(node.body)
    if not free:
        return inside
    names, values = ([writer.names.of_symbol(symbol) for symbol in each] for each in (free, [s.at_free for s in free]))
    return f"(lambda {', '.join(names)}: {inside})({', '.join(values)})"


def _symbols(node: Formula) -> set[Symbol]:
    found: set[Symbol] = set()
    todo = [node]
    while todo:
        one = todo.pop()
        if isinstance(one, Reference):
            found.add(one.symbol)
        todo += [unfold(one)] if isinstance(one, Named) else one.children
    return found


def _substitute(writer: _Writer, node: Substitute) -> str:
    name = writer.names.of_symbol(node.symbol)
    value = writer.write(node.replacement)
    for index in reversed(node.indices):
        value = f"jnp.array([{value} {writer.span(index)}])"
    return f"(lambda {name}: {writer.write(node.body)})({value})"


def _component(writer: _Writer, node: Component) -> str:
    at = [str(i - 1) if isinstance(i, int) else f"{writer.names.of_index(i)} - 1" for i in node.indices]
    return f"{writer.write(node.argument)}[{', '.join(at)}]"


def _function(writer: _Writer, node: Function) -> str:
    known = FUNCTIONS.get(node.name)
    if known is None or not known.python or len(node.arguments) != 1:
        raise UnsupportedError(f"{node.name} has no Python of a few lines")
    return known.python.format(bare(writer.write(node.arguments[0])))


def _call(pattern: str) -> Callable[[_Writer, Formula], str]:
    """A writer of nodes with one argument."""
    return lambda writer, node: pattern.format(bare(writer.write(node.children[0])))


def _number(node: Number) -> str:
    return str(node.value) if node.value.denominator == 1 else f"({node.value.numerator} / {node.value.denominator})"


_WRITERS: Mapping[type[Formula], Callable[[_Writer, Formula], str]] = {
    Number: lambda writer, node: _number(node),  # type: ignore[arg-type]
    Pi: lambda writer, node: "jnp.pi",
    SizeNumber: lambda writer, node: writer.names.of_size(node.size.name),  # type: ignore[attr-defined]
    Reference: _reference,  # type: ignore[dict-item]
    Add: lambda writer, node: writer.added(node.terms),  # type: ignore[attr-defined]
    Multiply: lambda writer, node: writer.multiplied(node),  # type: ignore[arg-type]
    MatrixProduct: _matrix_product,  # type: ignore[dict-item]
    Divide: lambda writer, node: writer.joined((node.numerator, node.denominator), " / "),  # type: ignore[attr-defined]
    Power: lambda writer, node: writer.joined((node.base, node.exponent), " ** "),  # type: ignore[attr-defined]
    Exp: _call("jnp.exp({})"),
    Log: _call("jnp.log({})"),
    Determinant: _call("jnp.linalg.det({})"),
    Inverse: _call("jnp.linalg.inv({})"),
    Trace: _call("jnp.trace({})"),
    Diagonal: _call("jnp.diag({})"),
    DiagonalPart: _call("jnp.diag({})"),
    Cholesky: _call("jnp.linalg.cholesky({})"),
    Transpose: lambda writer, node: writer.write(node.argument) + (".T" if len(node.argument.shape) == 2 else ""),  # type: ignore[attr-defined]
    Identity: lambda writer, node: f"jnp.eye({writer.names.of_size(node.size.name)})",  # type: ignore[attr-defined]
    Delta: lambda writer, node: f"({writer.value(node.left)} == {writer.value(node.right)})",  # type: ignore[attr-defined]
    Sum: lambda writer, node: f"sum({bare(writer.write(node.body))} {writer.span(node.index)})",  # type: ignore[attr-defined]
    Product: lambda writer, node: f"math.prod({bare(writer.write(node.body))} {writer.span(node.index)})",  # type: ignore[attr-defined]
    Component: _component,  # type: ignore[dict-item]
    Derivative: _derivative,  # type: ignore[dict-item]
    AtEqual: _at_equal,  # type: ignore[dict-item]
    Substitute: _substitute,  # type: ignore[dict-item]
    Function: _function,  # type: ignore[dict-item]
    Named: lambda writer, node: writer.write(unfold(node)),  # type: ignore[arg-type]
}
