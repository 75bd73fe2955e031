"""Why a formula is nonnegative, read off its structure: squares, definite forms, Gibbs' inequality, Stein's loss.

Each piece is a record with the premises it needs; premises that are equations are proved by the kernel, premises on signs come
from the declarations.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.algebra import signs
from derive.algebra.entries import Reader, entries_of
from derive.algebra.reduction import Blocked
from derive.algebra.terms import Head, Polynomial, Term, free, number, scale, subtract
from derive.algebra.terms import add as add_polynomials
from derive.errors import DeriveError
from derive.formula import (
    ONE,
    Add,
    Cholesky,
    Determinant,
    Diagonal,
    DiagonalPart,
    Divide,
    Formula,
    Identity,
    Inverse,
    Log,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Power,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Trace,
    Transpose,
    add,
    are_generic,
    free_indices,
    matrix_product,
    multiply,
    negate,
    rename,
    unfold,
    walk,
)
from derive.symbols import Index, Size

MOST_ENDS = 4
UNITS = ("unit", "bool")
"""The domains of numbers between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What a piece may ask: the reader for signs, and whether a difference is proved to vanish."""

    reader: Reader
    vanishes: Callable[[Polynomial], bool]

    @property
    def without_facts(self) -> Questions:
        return Questions(self.reader, lambda p: not self.reader.settle(p, []))

    def positive(self, node: Formula) -> bool:
        value = self.read(node)
        return value is not None and signs.positive(value, self.reader.domains)

    def nonnegative(self, node: Formula) -> bool:
        value = self.read(node)
        return value is not None and signs.nonnegative(value, self.reader.domains)

    def same(self, first: Formula, second: Formula) -> bool:
        if first.shape != second.shape:
            return False
        if first == second:
            return True
        entry = entries_of(first)
        try:
            return self.vanishes(subtract(self.reader.read(first, None, entry), self.reader.read(second, None, entry)))
        except (DeriveError, Blocked):
            return False

    def read(self, node: Formula) -> Polynomial | None:
        """The normal form at a generic entry."""
        try:
            return self.reader.read(node, None, entries_of(node))
        except (DeriveError, Blocked):
            return None


@dataclass(frozen=True, slots=True)
class Piece:
    """A kind of nonnegative formula: ``applies`` checks the shape and every premise."""

    name: str
    applies: Callable[[Formula, Questions], bool]


def nonnegative(node: Formula, ask: Questions) -> str | None:
    """Why ``node`` (each entry of it) is nonnegative wherever it is defined, or None when no reason was found."""
    for piece in PIECES:
        if piece.applies(node, ask):
            return piece.name
    if isinstance(node, Named):
        return nonnegative(unfold(node), ask)
    if isinstance(node, Sum):
        return nonnegative(node.body, ask)
    if isinstance(node, Substitute) and require_in_domain(node, ask):
        # Of the symbol itself facts may hold (a simplex, an assumption) that do not hold of what is put in.
        return nonnegative(node.body, ask.without_facts)
    if isinstance(node, Add):
        return _all(node.terms, ask)
    if isinstance(node, Multiply):
        return _all(node.factors, ask)
    if isinstance(node, Divide):
        # Where it is defined the denominator is not zero.
        below = ask.positive(node.denominator) or nonnegative(node.denominator, ask) is not None
        return nonnegative(node.numerator, ask) if below else None
    return "its terms are nonnegative" if ask.nonnegative(node) else None


def _all(parts: Sequence[Formula], ask: Questions) -> str | None:
    reasons: list[str] = []
    for part in parts:
        reason = nonnegative(part, ask)
        if reason is None:
            return None
        if reason not in reasons:
            reasons.append(reason)
    telling = [reason for reason in reasons if reason != "its terms are nonnegative"] or reasons
    return "; ".join(telling)


def positive_definite(node: Formula, ask: Questions) -> bool:
    """Whether a matrix is symmetric positive definite by its form and the declarations."""
    if isinstance(node, Reference):
        return node.symbol.domain == "spd"
    if isinstance(node, (Inverse, Transpose)):
        return positive_definite(node.argument, ask)
    if isinstance(node, Identity):
        return True
    if isinstance(node, MatrixProduct):
        # F F^T of a regular square matrix.
        return len(node.factors) == 2 and node.factors[1] == Transpose(node.factors[0]) and is_triangular(node.factors[0], ask)
    if isinstance(node, Diagonal):
        size = node.shape[0]
        if size is None:
            return False
        value = ask.reader.read(node.argument, None, (free("@r", 1, size.name),))
        return signs.positive(value, ask.reader.domains)
    if isinstance(node, Multiply):
        scalars = [f for f in node.factors if f.shape == ()]
        matrix = next(f for f in node.factors if f.shape != ())
        return all(ask.positive(s) for s in scalars) and positive_definite(matrix, ask)
    if isinstance(node, Add):
        return any(positive_definite(term, ask) for term in node.terms) and all(
            positive_semidefinite(term, ask) for term in node.terms
        )
    if isinstance(node, Named):
        return positive_definite(unfold(node), ask)
    if isinstance(node, Substitute):
        return positive_definite(node.body, ask) and require_in_domain(node, ask)
    return False


def is_triangular(node: Formula, ask: Questions) -> bool:
    """Whether a matrix is lower triangular with a positive diagonal by its form and the declarations."""
    if isinstance(node, Reference):
        return node.symbol.domain == "lower"
    if isinstance(node, Cholesky):
        return positive_definite(node.argument, ask) or positive_semidefinite(node.argument, ask)
    return isinstance(node, Named) and is_triangular(unfold(node), ask)


def positive_semidefinite(node: Formula, ask: Questions) -> bool:
    """Whether a matrix is symmetric positive semidefinite by its form: sums of ``A S A^T`` with nonnegative weights.

    So is the inverse of such a matrix, wherever there is one.
    """
    if positive_definite(node, ask):
        return True
    if isinstance(node, Inverse):
        return positive_semidefinite(node.argument, ask)
    if isinstance(node, MatrixProduct):
        first, *middle, last = node.factors
        turned = len(node.shape) == 2 and (last == Transpose(first) or first == Transpose(last))
        return turned and len(middle) < 2 and all(positive_semidefinite(factor, ask) for factor in middle)
    if isinstance(node, Named):
        return positive_semidefinite(unfold(node), ask)
    if isinstance(node, Substitute):
        return positive_semidefinite(node.body, ask) and require_in_domain(node, ask)
    if isinstance(node, Sum):
        return positive_semidefinite(node.body, ask)
    if isinstance(node, Add):
        return all(positive_semidefinite(term, ask) for term in node.terms)
    if isinstance(node, Divide):
        return ask.positive(node.denominator) and positive_semidefinite(node.numerator, ask)
    if isinstance(node, Multiply):
        scalars = [f for f in node.factors if f.shape == ()]
        matrix = next(f for f in node.factors if f.shape != ())
        return all(ask.nonnegative(s) for s in scalars) and positive_semidefinite(matrix, ask)
    return False


def require_in_domain(node: Substitute, ask: Questions) -> bool:
    """That what is put for a parameter lies in the parameter's domain, whose signs and symmetry the kernel used.

    Only the border of the domain may stay open (a variance of zero): that is listed as a condition.

    Raises:
        Blocked: that could not be derived.
    """
    domain, name, reader = node.symbol.domain, node.symbol.name, ask.reader
    # One of the facts says that an opaque symmetric matrix equals the replacement: that would make any replacement symmetric.
    ask = ask.without_facts
    inside, condition = True, ""
    if domain in ("positive", "simplex", "nonnegative"):
        value = reader.read(node.replacement, None, entries_of(node.replacement))
        inside = nonnegative(node.replacement, ask) is not None or signs.nonnegative(value, reader.domains)
        if domain != "nonnegative" and not signs.positive(value, reader.domains):
            inside = inside and not signs.nonnegative(scale(value, -1), reader.domains)
            condition = f"what is put for {name} is positive"
    elif domain == "unit":
        value = reader.read(node.replacement, None, entries_of(node.replacement))
        inside = signs.positive(value, reader.domains) and signs.positive(subtract(number(1), value), reader.domains)
        if not inside and _is_mean_of_units(node.replacement, ask):
            inside, condition = True, f"what is put for {name} is neither 0 nor 1"
    elif domain == "spd":
        inside = positive_semidefinite(node.replacement, ask)
        if not positive_definite(node.replacement, ask):
            condition = f"what is put for {name} is positive definite"
    elif domain == "lower":
        inside = is_triangular(node.replacement, ask)
        factored = unfold(node.replacement) if isinstance(node.replacement, Named) else node.replacement
        if isinstance(factored, Cholesky) and not positive_definite(factored.argument, ask):
            condition = f"what is factored for {name} is positive definite"
    elif domain == "sym":
        inside = ask.same(node.replacement, Transpose(node.replacement))
    elif domain != "real":
        inside = False
    if not inside:
        raise Blocked(f"what is put for {name} is not known to be {_DOMAIN_NAMES[domain]}")
    if condition:
        reader.conditions.add(condition)
    return True


def nonnegative_by_complements(
    reader: Reader, polynomial: Polynomial, ignored: Callable[[Head], bool] = lambda head: False
) -> bool:
    """Whether every term with a negative sign is undone by one that lacks a factor between 0 and 1: ``w - w u = w (1 - u)``.

    Factors whose head is ``ignored`` play no part in the signs.
    """
    left = {term: c for term, c in polynomial.items() if c > 0}
    if not all(_sign_without(reader, term, ignored) for term in left):
        return False
    for term, coefficient in polynomial.items():
        if coefficient > 0:
            continue
        binders, factors = reader.reducer.opened(term)
        for position, ((head, _), exponent) in enumerate(factors):
            if head[0] != "e" or exponent != 1 or reader.domains.get((head[1], head[2])) != "unit":
                continue
            shorter = reader.reducer.build(-coefficient, binders, [*factors[:position], *factors[position + 1 :]])
            if len(shorter) != 1:
                continue
            ((whole, amount),) = shorter.items()
            if left.get(whole, Fraction(0)) >= amount:
                left[whole] -= amount
                break
        else:
            return _nonnegative_at_ends(reader, polynomial, ignored)
    return True


def _nonnegative_at_ends(reader: Reader, polynomial: Polynomial, ignored: Callable[[Head], bool], depth: int = 0) -> bool:
    """Whether a polynomial that is linear in a number u between 0 and 1 is nonnegative at both ends, summand by summand.

    ``a + u b`` is ``(1 - u) a + u (a + b)``, whatever else depends on u; of a count up to m the ends are 0 and m. That the
    summands of different terms belong together is certain where no term has two indices of one range.
    """
    if all(c > 0 and _sign_without(reader, term, ignored) for term, c in polynomial.items()):
        return True
    if depth > MOST_ENDS or any(len(set(ranges)) < len(ranges) for ranges, _ in polynomial):
        return False
    opened = [(c, *reader.reducer.opened(term)) for term, c in polynomial.items()]
    present = {h for _, _, factors in opened for (h, _), _ in factors if h[0] == "e"}
    ends_of = {head: end for head in present if (end := _upper_end(reader, head)) is not None}
    for head, upper in sorted(ends_of.items(), key=lambda item: item[0]):
        below: list[Polynomial] = []
        above: list[Polynomial] = []
        places: set[tuple[tuple[object, ...], ...]] = set()
        for coefficient, binders, factors in opened:
            own = [factor for factor in factors if factor[0][0] == head]
            if len(own) > 1 or any(exponent != 1 for _, exponent in own):
                break
            rest = [factor for factor in factors if factor[0][0] != head]
            places |= {tuple(i[3:] if i in binders else i for i in arguments) for (_, arguments), _ in own}
            value = reader.reducer.build(coefficient, binders, rest)
            above.append(reader.reducer.multiply(value, upper) if own else value)
            below += [] if own else [value]
        else:
            ends = (add_polynomials(*below), add_polynomials(*above))
            if len(places) == 1 and all(_nonnegative_at_ends(reader, end, ignored, depth + 1) for end in ends):
                return True
    return False


def _upper_end(reader: Reader, head: Head) -> Polynomial | None:
    """The largest value of a nonnegative letter: one, or what it is assumed not to exceed; None where there is none."""
    domain = reader.domains.get((head[1], head[2]))
    if domain in UNITS:
        return number(1)
    for small, large in reader.bounds:
        if not isinstance(small, Reference) or (small.symbol.name, small.symbol.role) != head[1:]:
            continue
        whole = are_generic(small.indices, small.symbol.family)
        if whole and domain in ("count", "nonnegative") and isinstance(large, (SizeNumber, Number)):
            value = reader.read(large)
            return value if signs.nonnegative(value, reader.domains) else None
    return None


def _sign_without(reader: Reader, term: Term, ignored: Callable[[Head], bool]) -> bool:
    ranges, factors = term
    kept = tuple(factor for factor in factors if not ignored(factor[0][0]))
    return signs.nonnegative(Polynomial({(ranges, kept): Fraction(1)}), reader.domains)


def _is_mean_of_units(node: Formula, ask: Questions) -> bool:
    """A fraction of which numerator and denominator - numerator are nonnegative, the denominator positive."""
    if isinstance(node, Named):
        return _is_mean_of_units(unfold(node), ask)
    if not isinstance(node, Divide) or not ask.positive(node.denominator):
        return False
    if _is_smaller_sum(node, ask):
        return True
    rest = ask.read(node.denominator - node.numerator) if ask.nonnegative(node.numerator) else None
    return rest is not None and nonnegative_by_complements(ask.reader, rest)


def _is_smaller_sum(node: Divide, ask: Questions) -> bool:
    """A fraction of two sums over the same, each term above at most the one below: what they do not share is so."""
    above, below = _summand(node.numerator), _summand(node.denominator)
    if [index.range for index in above[0]] != [index.range for index in below[0]]:
        return False
    letters = dict(zip(below[0], above[0], strict=True))
    left, right = list(above[1]), [rename(factor, letters) for factor in below[1]]
    shared = [factor for factor in left if factor in right]
    for factor in shared:
        left.remove(factor)
        right.remove(factor)
    if not all(ask.nonnegative(factor) for factor in (*shared, *left)):
        return False
    small, large = multiply(*left) if left else ONE, multiply(*right) if right else ONE
    if large == ONE and isinstance(small, Reference) and small.symbol.domain in (*UNITS, "simplex", "closed simplex"):
        return not _is_density(small)
    return any(_is_instance((small, large), bound) for bound in ask.reader.bounds)


def _summand(node: Formula) -> tuple[list[Index], list[Formula]]:
    """The letters of the sums around a product, and its factors, with those that stood before the sums."""
    if isinstance(node, Sum):
        letters, factors = _summand(node.body)
        return [node.index, *letters], factors
    if isinstance(node, Multiply):
        parts = [_summand(factor) if isinstance(factor, Sum) else ([], [factor]) for factor in node.factors]
        if sum(bool(letters) for letters, _ in parts) <= 1:
            return [i for letters, _ in parts for i in letters], [f for _, factors in parts for f in factors]
    return [], [node]


def _is_instance(pair: tuple[Formula, Formula], bound: tuple[Formula, Formula]) -> bool:
    """Whether two formulas are those of a bound at some indices; a bound that tells of parameters is none of use."""
    if any(isinstance(n, Reference) and n.symbol.role not in ("data", "const") for side in bound for n in walk(side)):
        return False
    letters = sorted(free_indices(bound[0]) | free_indices(bound[1]), key=lambda index: index.name)
    given = sorted(free_indices(pair[0]) | free_indices(pair[1]), key=lambda index: index.name)
    return any(
        tuple(rename(side, dict(zip(letters, chosen, strict=True))) for side in bound) == pair
        for chosen in itertools.permutations(given, len(letters))
        if all(a.range == b.range for a, b in zip(letters, chosen, strict=True))
    )


_DOMAIN_NAMES = {
    "positive": "nonnegative",
    "simplex": "nonnegative",
    "nonnegative": "nonnegative",
    "covering": "nonnegative and not always zero",
    "unit": "between 0 and 1",
    "spd": "positive semidefinite",
    "sym": "symmetric",
    "lower": "lower triangular with a positive diagonal",
    "integer": "an integer",
    "closed simplex": "nonnegative with sum one",
    "one-hot": "zero but for a single one",
    "count": "a count",
    "covering count": "a count and not always zero",
    "bool": "0 or 1",
}


# The pieces.


def _root(node: Formula, ask: Questions) -> bool:
    """A power that is not whole: nonnegative wherever it is defined."""
    return isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value.denominator != 1


def _entropy(node: Formula, ask: Questions) -> bool:
    """``- c sum p log p`` with c nonnegative and every p positive and at most one: of chances, not of a density."""
    if not isinstance(node, Multiply) or sum(isinstance(f, Number) and f.value < 0 for f in node.factors) != 1:
        return False
    factors = [Number(-f.value) if isinstance(f, Number) and f.value < 0 else f for f in node.factors]
    while sum(isinstance(f, Sum) for f in factors) == 1:
        inner = next(f for f in factors if isinstance(f, Sum)).body
        factors = [f for f in factors if not isinstance(f, Sum)]
        factors += inner.factors if isinstance(inner, Multiply) else (inner,)
    logs = [f for f in factors if isinstance(f, Log)]
    if len(logs) != 1 or logs[0].argument not in factors or not _is_chance(logs[0].argument, ask):
        return False
    rest = [f for f in factors if f is not logs[0]]
    rest.remove(logs[0].argument)
    return all(ask.nonnegative(factor) for factor in rest)


def _is_density(node: Reference) -> bool:
    """Whether numbers that sum to one do so over a continuum, where each may exceed one."""
    return bool(node.symbol.family) and node.symbol.family[-1].abstract


def _is_chance(node: Formula, ask: Questions) -> bool:
    """Whether a number is positive and at most one: one of several that sum to one, or declared so."""
    if isinstance(node, Reference):
        return node.symbol.domain in ("unit", "simplex") and not _is_density(node)
    over = node.definition.normalised_over if isinstance(node, Named) else None
    return over is not None and not over.range.abstract and ask.positive(node)


def _square(node: Formula, ask: Questions) -> bool:
    if isinstance(node, Power) and isinstance(node.exponent, Number):
        # A negative even power is one too, wherever it is defined.
        return node.exponent.value.denominator == 1 and node.exponent.value % 2 == 0
    return isinstance(node, Multiply) and len(node.factors) == 2 and node.factors[0] == node.factors[1] and node.shape == ()


def _definite_form(node: Formula, ask: Questions) -> bool:
    """``v^T M v`` with M positive definite, or ``v^T v``."""
    if not isinstance(node, MatrixProduct) or node.shape != ():
        return False
    first, *middle, last = node.factors
    if not isinstance(first, Transpose) or first.argument != last:
        return False
    return not middle or (len(middle) == 1 and positive_definite(middle[0], ask))


def _definite_trace(node: Formula, ask: Questions) -> bool:
    """``tr(P V P V^T)`` with P positive definite."""
    if not isinstance(node, Trace) or not isinstance(node.argument, MatrixProduct) or len(node.argument.factors) != 4:
        return False
    left, direction, right, back = node.argument.factors
    return (
        left == right and positive_definite(left, ask) and (ask.same(Transpose(direction), back) or back == Transpose(direction))
    )


def _semidefinite_diagonal(node: Formula, ask: Questions) -> bool:
    """The trace or the diagonal of a positive semidefinite matrix."""
    return isinstance(node, (Trace, DiagonalPart)) and positive_semidefinite(node.argument, ask)


def _gibbs(node: Formula, ask: Questions) -> bool:
    """``sum_j q_j log(q_j / r_j)`` with q, r positive and of equal total: nonnegative by Gibbs' inequality."""
    if not isinstance(node, Sum) or not isinstance(node.body, Multiply):
        return False
    logs = [f for f in node.body.factors if isinstance(f, Log)]
    if len(logs) != 1 or len(node.body.factors) < 2 or not isinstance(logs[0].argument, Divide):
        return False
    q = multiply(*(f for f in node.body.factors if f is not logs[0]))
    above, below = logs[0].argument.numerator, logs[0].argument.denominator
    return ask.same(q, above) and ask.positive(q) and ask.positive(below) and ask.same(Sum(node.index, q), Sum(node.index, below))


def stein_loss(inverse_of: Formula, matrix: Formula) -> Formula:
    """``tr(A^-1 B) - log|B| + log|A| - d``: nonnegative for positive definite A, B, zero when they are equal.

    Source: James and Stein (1961); with x - log x - 1 >= 0 for each eigenvalue x of A^-1 B.
    """
    size = matrix.shape[0]
    if not isinstance(size, Size):
        raise Blocked("Stein's loss takes matrices of a named size")
    return add(
        Trace(matrix_product(Inverse(inverse_of), matrix)),
        negate(Log(Determinant(matrix))),
        Log(Determinant(inverse_of)),
        negate(SizeNumber(size)),
    )


def _stein(node: Formula, ask: Questions) -> bool:
    if not isinstance(node, Add) or not isinstance(node.terms[0], Trace):
        return False
    product = node.terms[0].argument
    if not isinstance(product, MatrixProduct) or not isinstance(product.factors[0], Inverse):
        return False
    first, second = product.factors[0].argument, matrix_product(*product.factors[1:])
    return node == stein_loss(first, second) and positive_definite(first, ask) and positive_definite(second, ask)


def itakura_saito(of: Formula, by: Formula) -> Formula:
    """``a/b - log(a/b) - 1``: nonnegative for positive a and b, zero when they are equal."""
    ratio = Divide(of, by)
    return add(ratio, negate(Log(ratio)), negate(ONE))


def _itakura_saito(node: Formula, ask: Questions) -> bool:
    if not isinstance(node, Add) or not isinstance(node.terms[0], Divide):
        return False
    above, below = node.terms[0].numerator, node.terms[0].denominator
    return node == itakura_saito(above, below) and ask.positive(above) and ask.positive(below)


PIECES: tuple[Piece, ...] = (
    Piece("a square", _square),
    Piece("a root", _root),
    Piece("a quadratic form with a positive definite matrix", _definite_form),
    Piece("the diagonal of a positive semidefinite matrix", _semidefinite_diagonal),
    Piece("tr(P V P V^T) with P positive definite", _definite_trace),
    Piece("an entropy, of numbers between 0 and 1", _entropy),
    Piece("Gibbs' inequality (a Kullback-Leibler divergence)", _gibbs),
    Piece("Stein's loss, x - log x - 1 at each eigenvalue", _stein),
    Piece("x - log x - 1 at a positive x", _itakura_saito),
)
