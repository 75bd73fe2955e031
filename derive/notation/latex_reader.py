"""Formulas in TeX, read as the declarations direct: from what stands there to a formula, or the reason why not.

How much an unbracketed operator covers follows the rules of the language of notes; what they do not decide is an error that names
both readings, never a guess.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.errors import DeriveError, ReadingError
from derive.formula import (
    ONE,
    ZERO,
    Apply,
    AtEqual,
    Cholesky,
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
    Span,
    Sum,
    Trace,
    Transpose,
    add,
    free_indices,
    matrix_product,
    multiply,
    negate,
    unfold,
    walk,
    walk_unfolded,
)
from derive.functions import BESSEL_0, BESSEL_1, COS, SIN, SpecialFunction
from derive.notation.declarations import Abbreviation, Dictionary, Entry, Letter, Posterior, Unknown
from derive.notation.expectations import AVERAGES, UNWRITTEN
from derive.notation.probabilities import Probabilities
from derive.notation.spellings import DENSITY_NAMES, TRANSPOSES, Match, arguments_of, chunks_of, plain, require_plain, sign_at
from derive.notation.surface import ASIDE, BRACED, Item, Items
from derive.symbols import Index, IndexLike, Range, Size, Symbol

UNSIZED = Size("?")
"""The size of an identity matrix before its surroundings say it."""
MAX_EXPANDED = 64
MAX_UNFOLDING = 40
MOST_CHOSEN = 12
"""The largest number below a binomial coefficient that is written out as a product."""
FUNCTIONS_BY_RECORD = (COS, SIN, BESSEL_0, BESSEL_1)
FUNCTIONS = ("\\log", "\\ln", "log", "ln", "\\exp", "exp")
TRACES = ("\\det", "det", "tr", "\\tr", "Tr", "\\Tr", "diag", "\\diag", "chol", "trace")
CONSTANTS = ("const", "constant", "Const", "cst", "cte", "C", "c")
"""What stands for a term that is free of the parameters, where it is not declared."""
PARTIAL = (Divide, Inverse, Log, Power, Function, Named)
"""What is not defined everywhere: a product with zero is then no zero."""
IF = ("if", "when", "for", "where")
"""Words before the condition of a case."""
BIG = ("\\sum", "\\prod", "\\int")


@dataclass(frozen=True, slots=True)
class Version:
    """What stands in a parameter's place: its current value, or another declared letter with some indices fixed."""

    current: bool = False
    letter: Letter | None = None
    fixed: tuple[IndexLike | None, ...] = ()


@dataclass(slots=True, eq=False)
class Closure:
    """An argument of a call: read where the call stood, when the body needs it; ``used`` tells whether it did."""

    items: Items
    scope: Scope
    used: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What letters mean at a place: bound indices, values of latents, versions of parameters, arguments of a call."""

    indices: Mapping[str, IndexLike] = field(default_factory=dict[str, IndexLike])
    latents: Mapping[tuple[str, tuple[IndexLike, ...]], IndexLike] = field(
        default_factory=dict[tuple[str, tuple[IndexLike, ...]], IndexLike]
    )
    versions: Mapping[str, Version] = field(default_factory=dict[str, Version])
    dummies: Mapping[str, Closure] = field(default_factory=dict[str, "Closure"])
    told: frozenset[str] = frozenset()
    """The parameters that a probability names as given."""
    moved: bool = False
    """Whether theta_t stands for theta here: in Q(theta; theta), where Q(theta; theta_t) was defined."""
    fresh: bool = False
    outer: frozenset[str] = frozenset()
    """The letters that stand free on the left side."""
    behind: bool = False
    """Whether the left side was read already."""
    opened: tuple[object, ...] = ()
    """The definitions whose bodies are being read: what looks like them in there is something else (a plain N, say)."""
    depth: int = 0

    def with_index(self, letter: str, index: IndexLike) -> Scope:
        return replace(self, indices={**self.indices, letter: index})

    def argument(self, items: Items) -> Closure | None:
        """The argument of a call for which the items stand, a lone letter."""
        if len(items) != 1 or items[0] != items[0].bare or items[0].kind != "letter" or items[0].text not in self.dummies:
            return None  # \\theta^{(t)} is another letter
        closure = self.dummies[items[0].text]
        closure.used = True
        return closure

    def with_latent(self, name: str, indices: tuple[IndexLike, ...], value: IndexLike) -> Scope:
        return replace(self, latents={**self.latents, (name, indices): value})


ONES = "{}: a vector of ones is not read; try a sum"


@dataclass(slots=True)
class Line:
    """Items with a place to read on from."""

    items: Items
    position: int = 0
    differentiated: bool = False
    """Whether an operator of differentiation covers what is read: a bar of evaluation behind it is one of the derivative."""
    logged: bool = False
    """Whether a log or an exp without a bracket covers what is read: it ends at a dot."""

    def peek(self, ahead: int = 0) -> Item | None:
        place = self.position + ahead
        return self.items[place] if place < len(self.items) else None

    def take(self) -> Item:
        item = self.items[self.position]
        self.position += 1
        return item

    @property
    def ended(self) -> bool:
        return self.position >= len(self.items)


class Reader:
    """Reads formulas by one dictionary, under one reading of the weights (``held`` or ``moving``)."""

    def __init__(
        self, dictionary: Dictionary, *, weights: str = "held", place: Callable[[int], tuple[int, int]] | None = None
    ) -> None:
        self.dictionary = dictionary
        self.weights = weights
        self.place = place
        self.notes: set[str] = set()
        self.undecided_weights = False
        self.asides: dict[tuple[int, int], tuple[str, Formula, Formula]] = {}
        """What labels below braces claim of what stands in them, by their places."""
        self.unpaired: set[str] = set()
        """Letters of which it is open whether a sum is over them too: those that stand free nowhere else."""
        self.probabilities = Probabilities(self)
        self._definitions: dict[object, Definition] = {}

    # Whole formulas.

    def formula(self, items: Items, scope: Scope | None = None) -> Formula:
        """What the items say.

        Raises:
            ReadingError: they cannot be read, or are ill-formed.
        """
        scope = scope or Scope()
        if not items:
            raise ReadingError("a formula is expected here")
        if scope.depth > MAX_UNFOLDING:
            raise ReadingError("definitions that refer to one another without end", items[0].start, items[-1].end, "cycle")
        line = Line(items)
        value = self._sum(line, scope)
        if not line.ended:
            item = line.take()
            raise ReadingError(f"not understood here: {plain((item,))!r}", item.start, item.end)
        return value

    def guarded(self, items: Items, build: Callable[[], Formula]) -> Formula:
        """A formula built; what does not fit together is said at its place."""
        try:
            made = build()
        except ReadingError:
            raise
        except DeriveError as error:
            start, end = (items[0].start, items[-1].end) if items else (0, 1)
            raise ReadingError(str(error), start, end, "ill-formed") from error
        if self.place is not None and items and made.span is None:
            line, column = self.place(items[0].start)
            made = replace(made, span=Span(line, column, max(1, items[-1].end - items[0].start)))
        return made

    def _sum(self, line: Line, scope: Scope) -> Formula:
        terms: list[tuple[int, Formula]] = []
        start = line.position
        sign = self._sign(line)
        while True:
            terms.append((sign, self.product(line, scope)))
            item = line.peek()
            if item is None or not item.is_sign("+", "-", "pm"):
                break
            sign = self._sign(line)
        return self.guarded(line.items[start : line.position], lambda: _added(terms))

    @staticmethod
    def _sign(line: Line) -> int:
        sign = 1
        while (item := line.peek()) is not None and item.is_sign("+", "-", "pm"):
            if item.text == "pm":
                raise ReadingError("plus or minus: two readings", item.start, item.end, "ambiguous")
            require_plain(item)
            sign = -sign if item.text == "-" else sign
            line.take()
        return sign

    def product(self, line: Line, scope: Scope, *, stops: Callable[[Item, int], bool] | None = None) -> Formula:
        """The product that begins here, up to a sign; further than ``stops`` allows it does not go."""
        start = line.position
        factors: list[Formula] = []
        while (item := line.peek()) is not None:
            if item.is_sign("+", "-") or (stops is not None and stops(item, len(factors))):
                break
            if item.is_sign("cdot", "times", "ast", "/", "!", "odot"):
                require_plain(item)
            if item.is_sign("odot"):
                line.take()
                before, right = [_combined(factors)] if factors else [], self._factor(line, scope)
                behind = line.peek()
                if behind is not None and behind.kind in ("letter", "fence", "group", "fraction"):
                    raise ReadingError(
                        "an entrywise product and then a factor: of the product, or of its last factor? try a bracket",
                        item.start,
                        behind.end,
                        "ambiguous",
                    )
                factors = [self._entrywise(before, right, item)]
                continue
            if item.is_sign("cdot", "times", "ast"):
                line.take()
                ahead = line.peek()
                if not factors or ahead is None or ahead.is_sign("cdot", "times", "ast", "/", "odot", "!"):
                    raise ReadingError("an operand is missing here", item.start, item.end)
                if self._sign(line) < 0:
                    factors.append(Number(Fraction(-1)))
                continue
            if item.is_sign("/"):
                line.take()
                factors = [self._quotient(line, scope, factors, start)]
                continue
            if item.is_sign("!"):
                line.take()
                if (again := line.peek()) is not None and again.is_sign("!"):
                    raise ReadingError("a double factorial is not read", item.start, again.end, "unsupported")
                if not factors:
                    raise ReadingError("a factorial of nothing", item.start, item.end)
                factors[-1] = Function("gamma", (factors[-1] + 1,))
                continue
            if item.is_sign("mid") and item.sub is not None and factors:
                if line.differentiated:
                    break
                require_plain(item, sub=True)
                line.take()
                factors = [self._evaluated(_combined(factors), item.sub, scope)]
                continue
            if item.is_sign(ASIDE):
                line.take()
                self._claimed_below(item, self.formula(item.parts[0], scope), scope)
                continue
            if item.kind == "sign" and item.text not in ("mid", "Vert"):
                break
            if item.kind == "words":
                raise ReadingError(f"words inside a formula: {item.text!r}", item.start, item.end)
            if item.kind == "fraction" and line.position > start and line.items[line.position - 1].kind == "number":
                _require_no_mixed_number(line.items[line.position - 1], item)
            beside = bool(factors) and line.items[line.position - 1].kind != "sign" and bool(factors[-1].shape)
            if item.kind == "number" and item.text == "1" and beside:
                raise ReadingError(ONES.format("a one behind a matrix"), item.start, item.end, "unsupported")
            factors.append(self._factor(line, scope))
        if not factors:
            place = line.peek() or (line.items[-1] if line.items else None)
            raise ReadingError("an operand is missing here", place.start if place else 0, place.end if place else 1)
        return self.guarded(line.items[start : line.position], lambda: _combined(factors))

    def _entrywise(self, before: list[Formula], factor: Formula, item: Item) -> Formula:
        """``a \\odot b`` of two vectors; ``A \\odot I``, the diagonal of a square matrix and zeros around it."""
        if before and isinstance(factor, Identity) and _is_square(before[0], factor.size):
            return Diagonal(DiagonalPart(before[0]))
        if not before or len(before[0].shape) != 1 or before[0].shape != factor.shape:
            raise ReadingError("an entrywise product of something else than two vectors", item.start, item.end, "unsupported")
        return matrix_product(Diagonal(before[0]), factor)

    def _quotient(self, line: Line, scope: Scope, factors: list[Formula], start: int) -> Formula:
        if not factors:
            raise ReadingError("a fraction without its numerator", start)
        first = line.position
        below = line.peek()
        number = below is not None and below.kind == "number" and not below.sups
        if below is not None and number and isinstance(factors[-1], Number):
            line.take()  # 1/2 x is a half x
            self._require_no_scalar_behind(line, below, scope)
            return _combined([*factors[:-1], Divide(factors[-1], Number(Fraction(below.text)))])
        later = line.items[line.position + 1 : _term_end(line.items, line.position)]
        if below is not None and below.text in BIG and any(one.text in BIG for one in later):
            raise ReadingError(
                "a slash before two sums: is the second below as well? try \\frac", below.start, later[-1].end, "ambiguous"
            )
        if below is not None and below.kind in ("fence", "group"):
            denominator = self._factor(line, scope)
            behind = line.peek()
            if behind is not None and (behind.is_sign("mid", "Vert") or (behind.kind == "fence" and behind.text in ("||", "‖‖"))):
                raise ReadingError(
                    "bars behind a bracket below a slash: below it as well, or beside? try \\frac",
                    below.start,
                    behind.end,
                    "ambiguous",
                )
        else:

            def stops(item: Item, count: int) -> bool:
                """A number takes the next letter with it: a/2b is a over 2b, but a/2 e^b is open."""
                if count == 0 or item.is_sign("!"):
                    return False
                power_of_e = item.text == "e" and bool(item.sups)
                return not number or count > 1 or power_of_e or _ends_quotient(item)

            denominator = self.product(line, scope, stops=stops)
            self._require_no_more_below(line, below)
        return self.guarded(line.items[first : line.position], lambda: Divide(_combined(factors), denominator))

    @staticmethod
    def _require_no_more_below(line: Line, below: Item | None) -> None:
        """That no factor stands beside what a slash divides by, of which it is open whether it is divided by as well.

        Raises:
            ReadingError: one does, as in a/b c, in 1/\\Gamma(a)\\Gamma(b) or in \\lambda^k/k! e^{-\\lambda}.
        """
        behind = line.peek()
        if behind is None or below is None:
            return
        beside = behind.kind != "sign" and behind.kind != "words" and not _ends_quotient(behind)
        again = behind.kind == "letter" and behind.text == below.text
        if beside or again:
            raise ReadingError(
                f"{plain((behind.bare,))} behind a slash: below it as well, or beside? try \\frac or a bracket",
                below.start,
                behind.end,
                "ambiguous",
            )

    def _require_no_scalar_behind(self, line: Line, below: Item, scope: Scope) -> None:
        """That no letter of a number stands behind a ratio of numbers.

        Raises:
            ReadingError: one does, as in 1/2\\sigma^2: a half of it, or one over twice of it?
        """
        behind = line.peek()
        if behind is None or behind.kind not in ("letter", "root") or _ends_quotient(behind):
            return
        place = line.position
        scalar = self._factor(line, scope).shape == ()
        line.position = place
        if scalar:
            raise ReadingError(
                f"{plain((behind.bare,))} behind a ratio of numbers: below the slash, or beside? try \\frac or a bracket",
                below.start,
                behind.end,
                "ambiguous",
            )

    # Factors.

    def _factor(self, line: Line, scope: Scope) -> Formula:
        start = line.position
        item = line.items[start]
        value, sups, primes = self._base(line, scope)
        items = line.items[start : line.position]
        if primes and value.shape != ():
            value = Transpose(value)
            primes -= 1
        if primes:
            raise ReadingError("a prime that belongs to no declared name", item.start, item.end, "undeclared")
        return self.guarded(items, lambda: self._raised(value, sups, scope))

    def _raised(self, value: Formula, sups: tuple[Items, ...], scope: Scope) -> Formula:
        for sup in sups:
            word = plain(sup)
            if not sup:
                continue  # B^{}
            if len(sup) == 1 and sup[0].kind == "fence" and len(sup[0].parts[0]) == 1:
                raise ReadingError(
                    f"a power, or a version by number: {word}; a power needs no bracket, and a version is declared",
                    sup[0].start,
                    sup[-1].end,
                    "ambiguous",
                )
            declared = word in self.dictionary.sizes or bool(self.dictionary.by_head(word))
            if word in TRANSPOSES and declared and value.shape == () and any(node.shape for node in walk(value)):
                raise ReadingError(
                    f"a power {word}, or the transpose of a number? try a bracket", sup[0].start, sup[-1].end, "ambiguous"
                )
            if word in TRANSPOSES and not (value.shape == () and declared):
                value = value if value.shape == () else Transpose(value)
            elif word in ("-1", "{-1}") and len(value.shape) == 2:
                value = Inverse(value)
            elif word in ("-T", "-\\top") and len(value.shape) == 2:
                value = Transpose(Inverse(value))
            elif len(value.shape) == 2:
                if word != "2":
                    raise ReadingError(f"a power of a matrix: {word}", sup[0].start, sup[-1].end, "unsupported")
                value = matrix_product(value, value)
            elif len(value.shape) == 1:
                told = "a vector to a power" if word.isdigit() else "a vector with a superscript that nothing declares"
                advice = "its norm" if word.isdigit() else rf"`define \theta^{{{word}}} = (\mu^{{{word}}}, ..)`, an iterate"
                raise ReadingError(f"{told}: {word}; try {advice}", sup[0].start, sup[-1].end, "ill-formed")
            else:
                exponent = self.formula(sup, replace(scope, depth=scope.depth + 1))
                _require_small(exponent, sup)
                value = Power(value, exponent)
        return value

    def _base(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        """The next factor without its powers, and the powers."""
        item = line.peek()
        if item is None:
            raise ReadingError("an operand is missing here")
        if item.kind == "number":
            return self._number(line, scope)
        if item.kind == "letter":
            return self._letter(line, scope)
        if item.kind in ("fraction", "binomial", "root"):
            require_plain(item, sups=True, primes=True)
            line.take()
            if is_derivative(item):
                return self._derivative(item, line, scope), item.sups, item.primes
            return self._built(item, scope), item.sups, item.primes
        if item.kind == "group":
            require_plain(item, sups=True, primes=True)
            line.take()
            value = self.formula(item.parts[0], scope)
            if item.text == BRACED:
                self._claimed_below(item, value, scope)
            return value, item.sups, item.primes
        if item.kind == "fence":
            return self._fence(line, scope)
        if item.is_sign("mid", "Vert"):
            return self._bars(line, scope)
        if item.kind == "environment" and item.text in ("cases", "dcases") and item == item.bare:
            line.take()
            return self._cases(item, scope), (), 0
        if item.kind == "environment":
            raise ReadingError(f"an environment inside a formula: {item.text}", item.start, item.end, "unsupported")
        raise ReadingError(f"not understood here: {plain((item,))!r}", item.start, item.end)

    def _claimed_below(self, item: Item, value: Formula, scope: Scope) -> None:
        """Keep what the label below a brace claims of what stands in it."""
        label = item.parts[1]
        below = replace(scope, outer=scope.outer | shared_letters(value))
        self.asides[item.start, item.end] = (label[0].text, *alike(value, self.formula(label[1:], below)))

    def _cases(self, item: Item, scope: Scope) -> Formula:
        """What stands in cases, told apart by indices that are equal or not: each value times the indicator of its case.

        Raises:
            ReadingError: a condition is another one, or the cases leave something open.
        """
        cells, rows = list(item.parts), list[tuple[Items, Items]]()
        for count in item.rows:
            row, cells = cells[:count], cells[count:]
            if not any(row):
                continue  # behind a last row break
            if len(row) != 2:
                raise ReadingError("a case is a value and its condition", item.start, item.end, "ill-formed")
            rows.append((_without_comma(row[0]), _without_comma(row[1])))
        value: Formula | None = None
        for number, (body, condition) in enumerate(reversed(rows)):
            here = self.formula(body, scope)
            told = condition[1:] if condition and condition[0].text in IF else condition
            if number == 0:
                complement = len(rows) == 2 and told and _is_complement(told, rows[0][1])
                if not complement and [one.text for one in told] not in (["otherwise"], ["else"]):
                    raise ReadingError(
                        "the last case is no 'otherwise', nor the opposite of the one before", item.start, item.end, "unsupported"
                    )
                value = here
                continue
            if sign_at(told, "=", "ne") is None or any(one.kind == "words" for one in told):
                raise ReadingError(f"a case that is not read: {plain(condition)}", item.start, item.end, "unsupported")
            holds = self._indicator(told, scope)
            if value is None or (value.shape != here.shape and ZERO not in (value, here)):
                raise ReadingError("cases of different shapes", item.start, item.end, "ill-formed")
            # What is zero has no shape of its own.
            parts = [multiply(holds, here)] if here != ZERO else []
            parts += [multiply(ONE - holds, value)] if value != ZERO else []
            value = add(*parts) if parts else ZERO
        if value is None:
            raise ReadingError("cases without a case", item.start, item.end, "ill-formed")
        return value

    def _number(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        item = line.take()
        below = item.sub if item.font == "face" and item.text == "1" else None
        if below is not None and len(below) == 1 and below[0].kind == "fence" and below[0] == below[0].bare:
            below = below[0].parts[0]
        if below is not None and (sign_at(below, "=") is not None or sign_at(below, "ne") is not None):
            require_plain(item, sub=True, sups=True)
            return self._indicator(below, scope), item.sups, 0
        require_plain(item, sups=True)
        following = line.peek()
        if (
            item.text == "1"
            and not item.sups
            and following is not None
            and following.kind == "fence"
            and _relation_inside(following)
        ):
            line.take()
            require_plain(following, sups=True)
            return self._indicator(following.parts[0], scope), following.sups, 0
        transposed = any(plain(sup) in TRANSPOSES and plain(sup) not in self.dictionary.sizes for sup in item.sups)
        if (item.font == "face" and item.text == "1") or (transposed and not self.dictionary.by_head(plain(item.sups[0]))):
            how = "a number in bold" if item.font == "face" else "a number transposed"
            raise ReadingError(ONES.format(how), item.start, item.end, "unsupported")
        return Number(Fraction(item.text)), item.sups, 0

    def _built(self, item: Item, scope: Scope) -> Formula:
        if item.kind == "fraction":
            above, below = self.formula(item.parts[0], scope), self.formula(item.parts[1], scope)
            return self.guarded((item,), lambda: Divide(above, below))
        if item.kind == "root":
            order = plain(item.parts[1])
            if order and not re.fullmatch(r"[1-9]\d{0,2}", order):
                raise ReadingError(f"a root of an order that is not read: {order}", item.start, item.end, "unsupported")
            degree = Fraction(1, int(order or 2))
            inside = self.formula(item.parts[0], scope)
            return self.guarded((item,), lambda: Power(inside, Number(degree)))
        above, below = (self.formula(part, scope) for part in item.parts)
        return _binomial(above, below)

    def _fence(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        known = self._declared(line, scope)
        if known is not None:
            return known
        item = line.take()
        inside = item.parts[0]
        if item.text == "||":
            require_plain(item, sups=True)
            return self._measured(self.formula(inside, scope), (item,)), item.sups, 0
        if item.text == "‖‖":
            require_plain(item, sub=True, sups=True)
            return self._norm(inside, item, scope)
        if item.text.startswith(".") and item.text.endswith("|") and item.sub is not None:
            return self._evaluated(self.formula(inside, scope), item.sub, scope), item.sups, 0
        if item.text == "\\langle\\rangle":
            require_plain(item, sups=True)
            parts = arguments_of(inside)
            if len(parts) == 2:
                left, right = (self.formula(part.items, scope) for part in parts)
                return self.guarded((item,), lambda: matrix_product(Transpose(left), right)), item.sups, 0
        elif _relation_inside(item) and item.text == "[]":
            require_plain(item, sups=True)
            return self._indicator(inside, scope), item.sups, 0
        elif item.text in ("()", "[]", "\\{\\}"):
            if item.sub is not None:
                require_plain(item, sub=True)
                return self._subscripted(item, scope), (), 0
            if not any(one.is_sign(",", ";") for one in inside):
                return self.formula(inside, scope), item.sups, item.primes
            raise ReadingError("a tuple where a value is expected", item.start, item.end, "ill-formed")
        raise ReadingError(f"brackets that are not understood: {item.text}", item.start, item.end)

    def _subscripted(self, item: Item, scope: Scope) -> Formula:
        value = self.formula(item.parts[0], scope)
        chunks = chunks_of(item.sub or ())
        if len(chunks) != len(value.shape):
            raise ReadingError(
                f"{len(chunks)} subscripts of something of {len(value.shape)} dimensions", item.start, item.end, "ill-formed"
            )
        return self.guarded((item,), lambda: Component(value, tuple(self.index(chunk, scope) for chunk in chunks)))

    def _bars(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        opening = line.take()
        require_plain(opening)
        for place in range(line.position, len(line.items)):
            if line.items[place].is_sign(opening.text):
                inside, closing = line.items[line.position : place], line.items[place]
                line.position = place + 1
                require_plain(closing, sub=opening.text == "Vert", sups=True)
                if opening.text == "Vert":
                    return self._norm(inside, closing, scope)
                return self._measured(self.formula(inside, scope), (opening, closing)), closing.sups, 0
        raise ReadingError("a bar that is never closed", opening.start, opening.end, "brackets")

    def _norm(self, inside: Items, item: Item, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        value = self.formula(inside, scope)
        if item.sub is not None and plain(item.sub) not in (("F",) if len(value.shape) == 2 else ("2", "F")):
            raise ReadingError(f"a norm that is not read: {plain(item.sub)}", item.start, item.end, "unsupported")
        squared = self.guarded(
            (item,),
            lambda: (
                Trace(matrix_product(Transpose(value), value))
                if len(value.shape) == 2
                else matrix_product(Transpose(value), value)
                if value.shape
                else multiply(value, value)
            ),
        )
        if item.sups and plain(item.sups[0]) == "2":
            return squared, item.sups[1:], 0
        return Power(squared, Number(Fraction(1, 2))), item.sups, 0

    def _measured(self, value: Formula, items: Items) -> Formula:
        """Bars around it: the determinant of a matrix, the absolute value of a number."""
        if value.shape == ():
            return Power(Power(value, Number(Fraction(2))), Number(Fraction(1, 2)))
        return self.guarded(items, lambda: Determinant(value))

    def _evaluated(self, value: Formula, at: Items, scope: Scope) -> Formula:
        cut = sign_at(at, "=")
        versions = self.probabilities.versions(at if cut is None else at[cut + 1 :], scope)
        every = {letter.name for letter in self.dictionary.letters if letter.kind == "param"}
        named = (
            every
            if cut is None
            else {*self.probabilities.parameters_named(at[:cut]), *self.probabilities.all_parameters(at[:cut])}
        )
        if versions is None or not any(version.current for version in versions.values()) or not named:
            raise ReadingError(f"an evaluation that is not understood: {plain(at)}", at[0].start, at[-1].end, "unsupported")
        if not every <= {name for name, version in versions.items() if version.current} & named:
            raise ReadingError(
                f"an evaluation of some of the parameters only: {plain(at)}", at[0].start, at[-1].end, "unsupported"
            )
        return AtEqual(value)

    # Letters.

    def _letter(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        item = line.items[line.position]
        dummy = scope.argument((item.bare,)) if item.sub is None else None
        if dummy is not None and not self._is_spelled(line, scope):
            return self._dummy(line, dummy, scope)
        known = self._declared(line, scope)
        if known is not None:
            return known
        return self._builtin(line, scope)

    def _is_spelled(self, line: Line, scope: Scope) -> bool:
        """Whether the scripts of a letter are part of a declared name: ``\\theta^{(t)}``, where ``\\theta`` is an argument."""
        item = line.items[line.position]
        if not item.sups:
            return False
        if self.probabilities.is_current_mark(item.sups[0]) or self.probabilities.is_iterate_mark(item.sups[0]):
            return True
        return any(
            len(entry.spelling.items[0].sups) > 0 and entry.spelling.match(line.items, line.position) is not None
            for entry in self.dictionary.by_head(item.text)
        )

    def _dummy(self, line: Line, dummy: Closure, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        item = line.take()
        inner = replace(dummy.scope, latents={**dummy.scope.latents, **scope.latents}, depth=scope.depth + 1)
        following = line.peek()
        if following is not None and following.kind == "fence" and self._is_function(dummy.items):
            require_plain(following, sups=True)
            line.take()
            there = replace(inner, indices={**inner.indices, **scope.indices})
            return self.formula((dummy.items[0], following.bare), there), following.sups, 0
        if following is not None and following.kind == "fence" and following.text == "()":
            # g(x): the argument, as a function of x.
            arguments = arguments_of(following.parts[0])
            letters = [plain(argument.items) for argument in arguments]
            latents = [self.probabilities.latent_of(argument.items) is not None for argument in arguments]
            if all(letter in scope.indices or latent for letter, latent in zip(letters, latents, strict=True)):
                line.take()
                item = following
                for letter in letters:
                    if letter in scope.indices:
                        inner = inner.with_index(letter, scope.indices[letter])
        value = self.formula(dummy.items, inner)
        return value, item.sups, item.primes

    def _is_function(self, items: Items) -> bool:
        """Whether the items are the bare name of something that is declared with arguments."""
        return len(items) == 1 and any(
            len(entry.spelling.items) == 2 and entry.spelling.is_call and plain(entry.spelling.items[:1]) == plain(items)
            for entry in self.dictionary.by_head(items[0].text)
        )

    def _declared(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int] | None:
        """What is declared and stands here, the longest spelling first; None where nothing is."""
        item = line.items[line.position]
        head = item.text if item.kind == "letter" else f"{item.kind}:{item.text}"
        position = line.position
        failure: ReadingError | None = None
        for entry in self.dictionary.by_head(head):
            if any(entry is one for one in scope.opened):
                continue
            if self.dictionary.contradicted and plain(entry.spelling.items) in self.dictionary.contradicted:
                raise ReadingError(f"{plain(entry.spelling.items)} was declared in two ways", item.start, item.end, "declaration")
            for met in (
                entry.spelling.match(line.items, position),
                entry.spelling.match_head(line.items, position) if isinstance(entry, Abbreviation) else None,
            ):
                if met is None:
                    continue
                match, end = met
                alone = end - position < len(entry.spelling.items)
                before = line.items[position - 1] if position else None
                if (
                    head == "\\pi"
                    and isinstance(entry, Letter)
                    and not entry.spelling.slots
                    and not entry.extra
                    and before is not None
                    and before.kind == "number"
                    and before.text == "2"
                ):
                    raise ReadingError(
                        "2 \\pi where \\pi is declared: the number, or the letter? call the letter otherwise",
                        before.start,
                        item.end,
                        "ambiguous",
                    )
                if alone and head == "\\pi":
                    continue  # the number
                if alone and end < len(line.items) and line.items[end].kind == "fence":
                    continue  # a call, of other arguments
                named = isinstance(entry, Letter) or (isinstance(entry, Abbreviation) and not entry.spelling.is_call)
                if named and end < len(line.items) and self.probabilities.is_a_density(item, line.items[end]):
                    raise ReadingError(
                        f"{item.text} is declared, and stands before variables of the model: a factor, or a density?",
                        item.start,
                        line.items[end].end,
                        "ambiguous",
                    )
                if not self._admits(entry, match, scope) or not all(slot in match.slots for slot in entry.spelling.slots):
                    continue
                line.position = end
                try:
                    value, sups = self._entry(entry, match, scope, line.items[position:end])
                    if isinstance(entry, (Abbreviation, Posterior)) and not sups:
                        self._pass_arguments(value, item, line)
                except ReadingError as error:
                    line.position = position
                    failure = failure or error
                    continue
                return value, sups, 0
        if failure is not None:
            raise failure
        return self._power_of_a_square(line, scope)

    def _pass_arguments(self, value: Formula, name: Item, line: Line) -> None:
        """Pass over the parameters in brackets behind what was defined without them: ``\\ell(\\mu)`` where ``define \\ell = ..``.

        Raises:
            ReadingError: a lone letter in brackets is none of what it depends on: a factor, or an argument?
        """
        fence = line.peek()
        if fence is None or fence.kind != "fence" or fence.text != "()":
            return
        arguments = [argument.items for argument in arguments_of(fence.parts[0])]
        if not all(len(items) == 1 and items[0].kind == "letter" for items in arguments):
            return
        symbols = {node.symbol.name for node in walk_unfolded(value) if isinstance(node, Reference)}
        named = [self.probabilities.parameters_named(items) or self.probabilities.all_parameters(items) for items in arguments]
        if fence != fence.bare or not all(names and symbols.intersection(names) for names in named):
            raise ReadingError(
                f"{plain((fence,))} behind {plain((name,))}, which was defined without arguments: a factor, or an argument?",
                name.start,
                fence.end,
                "ambiguous",
            )
        line.take()

    def _power_of_a_square(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int] | None:
        """``\\sigma``, ``\\sigma^4`` or ``\\sigma^{-1}`` where ``\\sigma^2`` is declared as a positive number; None elsewhere."""
        item = line.items[line.position]
        if item.kind != "letter" or len(item.sups) > 1 or item.primes:
            return None
        power = plain(item.sups[0]) if item.sups else "1"
        square = (replace(item, sups=((Item("number", "2"),),)),)
        known = self.probabilities.lettered(square) if re.fullmatch(r"-?\d{1,2}", power) else None
        if (
            known is None
            or known[0].symbol.domain != "positive"
            or known[0].symbol.shape
            or known[1].extra_sub
            or known[1].extra_sups
        ):
            return None
        if self.dictionary.by_head(item.text) and any(len(e.spelling.items) > 1 for e in self.dictionary.by_head(item.text)):
            return None  # a function \\sigma(a) is another thing
        line.take()
        value, _ = self._entry(known[0], known[1], scope, square)
        return Power(value, Number(Fraction(int(power), 2))), (), 0

    def _admits(self, entry: Entry, match: Match, scope: Scope) -> bool:
        if not match.extra_sub:
            return not (isinstance(entry, Letter) and entry.extra)
        if not isinstance(entry, Letter):
            return False
        written = len(match.extra_sub) - (self._mark_below(entry, match) is not None)
        return written in (entry.extra, entry.extra + len(entry.symbol.shape))

    def _mark_below(self, entry: Letter, match: Match) -> Items | None:
        """The last of a parameter's subscripts, where it marks declared values of the parameters: the t of ``\\mu_{j,t}``."""
        last = match.extra_sub[-1] if match.extra_sub else ()
        if entry.kind != "param" or not self.probabilities.bears_a_mark((Item("letter", "", sub=last),)):
            return None
        of_values = self.probabilities.is_current_mark(last, below=True) or self.probabilities.is_iterate_mark(last, below=True)
        return last if of_values else None

    def _entry(self, entry: Entry, match: Match, scope: Scope, items: Items) -> tuple[Formula, tuple[Items, ...]]:
        if isinstance(entry, Letter):
            return self.letter(entry, match, scope, items)
        if isinstance(entry, Unknown):
            return self.probabilities.unknown(entry, match, scope, items), match.extra_sups
        if isinstance(entry, Posterior):
            return self.guarded(items, lambda: self.posterior(entry, match, scope)), match.extra_sups
        return self.guarded(items, lambda: self._abbreviation(entry, match, scope, items)), match.extra_sups

    def slots(self, entry: Entry, match: Match, scope: Scope) -> tuple[IndexLike, ...]:
        """The indices that a match has at the slots of a spelling."""
        return tuple(self.index(match.slots[slot], scope) for slot in entry.spelling.slots)

    def letter(self, entry: Letter, match: Match, scope: Scope, items: Items) -> tuple[Formula, tuple[Items, ...]]:
        """A declared symbol as a value."""
        mark = self._mark_below(entry, match)
        below = mark is not None
        subs = match.extra_sub if mark is None else match.extra_sub[:-1]
        extra = subs[: entry.extra]
        rest = subs[entry.extra :]
        sups = match.extra_sups
        version = scope.versions.get(entry.name)
        marked = entry.kind == "param" and bool(sups)
        if (
            mark is None
            and marked
            and (self.probabilities.is_current_mark(sups[0]) or self.probabilities.is_iterate_mark(sups[0]))
        ):
            mark, sups = sups[0], sups[1:]
        if mark is not None and self.probabilities.is_current_mark(mark, below=below):
            version = None if scope.moved else Version(current=True)
        elif mark is not None:
            shown = self.probabilities.mark_below(mark) if below else self.probabilities.mark_above(mark)
            version = Version(letter=self.probabilities.iterate(entry, shown))
        if entry.kind in ("latent", "data") and entry.values is not None:
            return self.probabilities.latent_value(entry, self.slots(entry, match, scope), items), sups
        latents = self.probabilities.latent_slots(entry, match, scope) if entry.call else ()
        for argument in entry.spelling.call:
            actual = match.arguments.get(plain(argument.items), argument.items)
            if self.probabilities.letter_of(argument.items) is None or self.probabilities.latent_of(argument.items) is None:
                self._require_same(argument.items, actual, scope)
        chunks = [*(match.slots[slot] for slot in entry.spelling.slots), *extra]
        value = self.guarded(items, lambda: self._at(entry, chunks, latents, version, scope))
        if rest:
            indices = tuple(self.index(chunk, scope) for chunk in rest)
            whole = value
            if len(value.shape) == 2 and sups and plain(sups[0]) in TRANSPOSES:
                whole, sups = Transpose(value), sups[1:]  # A^T_{jl} is an entry of A^T
            elif len(value.shape) == 2 and sups and plain(sups[0])[:1] == "-" and not entry.diagonal:
                name = plain((items[0].bare,))
                shown = ",".join(plain(chunk) for chunk in rest)
                raise ReadingError(
                    f"the inverse's entry, or an entry's inverse? write ({name}^{{-1}})_{{{shown}}} or 1 / {name}_{{{shown}}}",
                    items[0].start,
                    items[-1].end,
                    "ambiguous",
                )
            return self.guarded(items, lambda: Component(whole, indices)), sups
        return value, sups

    def _require_same(self, formal: Items, actual: Items, scope: Scope) -> None:
        """That a declared quantity is written with the very argument that it was declared with."""
        if plain(formal) != plain(actual) and not self.probabilities.is_named(formal, actual, scope):
            raise ReadingError(
                f"declared of {plain(formal)}, not of {plain(actual)}", actual[0].start, actual[-1].end, "undeclared"
            )

    def _at(
        self, entry: Letter, chunks: list[Items], latents: tuple[IndexLike, ...], version: Version | None, scope: Scope
    ) -> Formula:
        """A family's member; at a latent that is not bound, its value picks the member."""
        for place, chunk in enumerate(chunks):
            latent = self.probabilities.unbound_latent(chunk, scope)
            if latent is not None:
                letter, indices = latent
                values = letter.values
                if not isinstance(values, Range):
                    raise ReadingError(
                        f"an index that is a latent over numbers: {plain(chunk)}", chunk[0].start, chunk[-1].end, "unsupported"
                    )
                index = Fresh.index(Index("h", values))
                picked = self._at(
                    entry, [*chunks[:place], (), *chunks[place + 1 :]], latents, version, scope.with_index(f"#{place}", index)
                )
                return Sum(index, multiply(Reference(letter.symbol, (*indices, index)), picked))
        indices = tuple(
            scope.indices[f"#{place}"] if not chunk else self.index(chunk, scope) for place, chunk in enumerate(chunks)
        )
        return self.reference(entry, (*indices, *latents), version)

    def reference(self, entry: Letter, indices: tuple[IndexLike, ...], version: Version | None = None) -> Formula:
        """The symbol at its indices, in the version that stands in its place."""
        symbol = self.symbol(entry)
        if version is not None and version.letter is not None:
            symbol = version.letter.symbol
            given = iter(indices)
            if version.fixed:
                indices = tuple(next(given) if fixed is None else fixed for fixed in version.fixed)
        if symbol.name in self.dictionary.freed and symbol.domain == "simplex":
            symbol = replace(symbol, domain="positive")
        if version is not None and version.current:
            symbol = symbol.at_current
        return Diagonal(Reference(symbol, indices)) if entry.diagonal else Reference(symbol, indices)

    def symbol(self, entry: Letter) -> Symbol:
        """A letter's symbol, with the domain that assumptions make of its own."""
        domain = self.dictionary.domains.get(entry.name)
        return entry.symbol if domain is None else replace(entry.symbol, domain=domain)

    def posterior(self, entry: Posterior, match: Match, scope: Scope) -> Formula:
        """The posterior's weight, held or moving as declared; by the chain's reading where nothing was declared."""
        indices = self.slots(entry, match, scope)
        if entry.at is None:
            self.undecided_weights = True
        versions: dict[str, Version] = {}
        current = False
        if entry.at is None:
            current = self.weights == "held"
        else:
            # In the posterior's own letters: what the caller has bound them to belongs to its indices, not to its definition.
            own = {slot: self.formal_index(slot) for slot in entry.spelling.slots}
            found = self.probabilities.versions(entry.at, replace(scope, indices=own, moved=False))
            if found is None:
                raise ReadingError(
                    f"parameters that are not declared: {plain(entry.at)}", entry.at[0].start, entry.at[-1].end, "undeclared"
                )
            versions = {name: version for name, version in found.items() if not version.current}
            current = any(version.current for version in found.values())
            if not current and not versions and self._is_no_free_value(entry.at):
                raise ReadingError(
                    f"{plain(entry.at)} is neither the free parameters nor declared values of them",
                    entry.at[0].start,
                    entry.at[-1].end,
                    "undeclared",
                )
            body = self._definition(entry, versions).body
            every = {
                node.symbol.name for node in walk_unfolded(body) if isinstance(node, Reference) and node.symbol.role == "param"
            }
            if current and not every <= set(found):
                missing = ", ".join(sorted(every - set(found)))
                raise ReadingError(
                    f"a posterior at some of the parameters only: {plain(entry.at)} has no value of {missing}",
                    entry.at[0].start,
                    entry.at[-1].end,
                    "unsupported",
                )
            current = current and not scope.moved
        definition = self._definition(entry, versions)
        return Named(definition, indices, "current" if current else "free")

    def _is_no_free_value(self, at: Items) -> bool:
        """Whether parameters bear a mark, or a script: \\theta_t may be a member, where t is an index, or the current ones."""
        known = self.probabilities.lettered(at)
        alone = known is not None and not (known[0].spelling.slots or known[1].extra_sub or known[1].extra_sups)
        scripted = not alone and any(item.sub is not None or item.sups or item.primes for item in at)
        return scripted or self.probabilities.bears_a_mark(at)

    def _definition(
        self, entry: Posterior | Abbreviation, versions: Mapping[str, Version], opened: tuple[object, ...] = ()
    ) -> Definition:
        key = (
            id(entry),
            tuple(
                (name, v.current, v.letter.name if v.letter else None, v.fixed)
                for name, v in sorted(versions.items(), key=lambda pair: pair[0])
            ),
            self.weights,
            self.dictionary.freed,
            self.dictionary.version,
        )
        if key in self._definitions:
            return self._definitions[key]
        formal = tuple(self.formal_index(slot) for slot in entry.spelling.slots)
        scope = Scope(indices=dict(zip(entry.spelling.slots, formal, strict=True)), versions=versions, opened=(*opened, entry))
        body = self.formula(entry.body, scope)
        over = self.probabilities.normalised_index(entry, formal) if isinstance(entry, Posterior) else None
        definition = Definition(entry.spelling.name, formal, body, normalised_over=over)
        stray = free_indices(body) - set(formal)
        if stray:
            raise ReadingError(
                f"a definition with letters that its left side does not have: {', '.join(sorted(i.name for i in stray))}",
                code="ill-formed",
            )
        self._definitions[key] = definition
        return definition

    def formal_index(self, slot: str) -> Index:
        index = self.dictionary.indices[slot]
        if not isinstance(index, Index):
            raise ReadingError(f"a definition for an index over numbers: {slot}", 0, 1, "unsupported")
        return index

    def _abbreviation(self, entry: Abbreviation, match: Match, scope: Scope, items: Items) -> Formula:
        inner = replace(scope, depth=scope.depth + 1, opened=(*scope.opened, entry))
        if inner.depth > MAX_UNFOLDING:
            raise ReadingError(
                f"definitions that refer to one another without end: {plain(items)}", items[0].start, items[-1].end, "cycle"
            )
        for slot, chunk in match.slots.items():
            latent = self.probabilities.unbound_latent(chunk, scope)
            if latent is not None and isinstance(latent[0].values, Range):
                # q(z_i) below an expectation: the value is picked by the latent.
                index = Fresh.index(Index("h", latent[0].values))
                token = f"#{slot}"
                picked = replace(match, slots={**match.slots, slot: (Item("letter", token),)})
                value = self._abbreviation(entry, picked, scope.with_index(token, index), items)
                return Sum(index, multiply(Reference(latent[0].symbol, (*latent[1], index)), value))
        if self.probabilities.is_collection(entry):
            raise ReadingError(
                f"a tuple where a value is expected: {plain(items)} stands for all of {plain(entry.body)}",
                items[0].start,
                items[-1].end,
                "ill-formed",
            )
        versions = dict(scope.versions)
        moved = scope.moved
        dummies: dict[str, Closure] = {}
        for formal, actual in match.arguments.items():
            if self.probabilities.is_current(entry.spelling.formal(formal), Scope()):
                moved = moved or not self._stays_current(actual, scope)
                continue
            changed = self._rebound(formal, actual, entry, scope)
            if changed is None:
                dummies[formal] = Closure(actual, scope)
            else:
                versions.update(changed)
        if moved and not scope.moved and versions != scope.versions:
            # One after the other, theta_t would become theta, and that theta_t again.
            raise ReadingError(
                f"{plain(items)}: other parameters in the places of both, the free ones and the current ones",
                items[0].start,
                items[-1].end,
                "unsupported",
            )
        slots = entry.spelling.slots
        numbered = any(not isinstance(self.dictionary.indices.get(slot), Index) for slot in slots)
        if not (dummies or versions or scope.latents or numbered or scope.dummies or moved):
            try:
                definition = self._definition(entry, {}, scope.opened)
            except ReadingError as error:
                if error.code == "cycle":
                    raise
            else:
                return Named(definition, self.slots(entry, match, scope))
        indices = {slot: self.index(match.slots[slot], scope) for slot in slots}
        body_scope = replace(
            inner,
            indices={**scope.indices, **indices},
            versions=versions,
            moved=moved,
            dummies=dummies or scope.dummies,
            fresh=bool(dummies) or bool(slots),
        )
        try:
            value = self.formula(entry.body, body_scope)
        except ReadingError as error:
            # Its place is one in the definition, and not in the row.
            told = f"in what {plain(items)} stands for: {error}"
            raise ReadingError(told, items[0].start, items[-1].end, error.code) from error
        for formal, closure in dummies.items():
            if (
                not closure.used
                and plain(closure.items) != formal
                and not self.probabilities.is_named(entry.spelling.formal(formal), closure.items, scope)
            ):
                raise ReadingError(
                    f"the definition of {plain(items)} has no place for {plain(closure.items)}",
                    closure.items[0].start,
                    closure.items[-1].end,
                    "unsupported",
                )
        return value

    def _stays_current(self, actual: Items, scope: Scope) -> bool:
        """Whether what stands in the place of theta_t is theta_t, and not theta.

        Raises:
            ReadingError: it is neither.
        """
        found = self.probabilities.versions(actual, scope)
        every = {letter.name for letter in self.dictionary.letters if letter.kind == "param"}
        if self.probabilities.is_current(actual, scope) and every <= set(found or ()):
            return not scope.moved
        named = {*self.probabilities.parameters_named(actual), *self.probabilities.all_parameters(actual)}
        if found == {} and every <= named:
            return False
        raise ReadingError(
            f"{plain(actual)} in the place of the current parameters", actual[0].start, actual[-1].end, "unsupported"
        )

    def _rebound(self, formal: str, actual: Items, entry: Abbreviation, scope: Scope) -> dict[str, Version] | None:
        """What an argument that is a declared parameter is replaced by; None where it is a dummy."""
        items = entry.spelling.formal(formal)
        if not items:
            return None
        if plain(items) == plain(actual):
            if self.dictionary.by_head(items[0].text):
                return {}
            return {} if self.probabilities.versions(items, scope) is not None else None
        formals = self.probabilities.parameters_named(items) or self.probabilities.all_parameters(items)
        member = self.probabilities.lettered(actual)
        if member is not None and len(formals) > 1 and member[0].name in formals and member[0].spelling.slots:
            raise ReadingError(
                f"one member, {plain(actual)}, in the place of all parameters", actual[0].start, actual[-1].end, "ambiguous"
            )
        if formals and self.probabilities.is_value(items, actual):
            return None
        if not formals:
            latent = self.probabilities.latent_of(items)
            return {} if latent is not None and self.probabilities.latent_of(actual) == latent else None
        found = self.probabilities.versions(actual, scope)
        if found is None:
            return None
        own = found.keys() if found else set(self.probabilities.parameters_named(actual))
        if own <= set(formals) if found else own == set(formals):
            return dict(found.items())
        if len(items) == 1 and items[0].kind == "letter" and items[0].sub is None and not items[0].sups and not items[0].primes:
            return None  # another letter in its place: g(\\lambda) where g(\\tau) was defined
        raise ReadingError(
            f"{plain(actual)} in the place of {plain(items)}, of which it is no version",
            actual[0].start,
            actual[-1].end,
            "unsupported",
        )

    # Indices.

    def index(self, chunk: Items, scope: Scope) -> IndexLike:
        """An index as it is used: a letter, a number, a latent's value.

        Raises:
            ReadingError: it is none, or was not declared.
        """
        if not chunk:
            raise ReadingError("one side is missing here", 0, 1)
        found = self.index_or_none(chunk, scope)
        if found is None:
            raise ReadingError(f"an index that was not declared: {plain(chunk)!r}", chunk[0].start, chunk[-1].end, "undeclared")
        return found

    def index_or_none(self, chunk: Items, scope: Scope) -> IndexLike | None:
        if len(chunk) == 1 and chunk[0].kind == "group" and chunk[0] == replace(chunk[0].bare, font=chunk[0].font):
            return self.index_or_none(chunk[0].parts[0], scope)  # a bracket would make another letter: x_{(1)} is no x_1
        if len(chunk) == 1 and chunk[0].kind == "number" and not chunk[0].sups:
            return int(chunk[0].text) if chunk[0].text.isdigit() else None
        name = plain(chunk)
        if name in scope.indices:
            return scope.indices[name]
        if not (chunk and (chunk[0].sups or chunk[0].primes)) and (closure := scope.argument(chunk)) is not None:
            return self.index_or_none(closure.items, replace(closure.scope, latents={**closure.scope.latents, **scope.latents}))
        declared = self.dictionary.indices.get(name)
        if declared is not None:
            if isinstance(declared, Index):
                return declared
            raise ReadingError(
                f"a free index over numbers: {name}; try one of its values", chunk[0].start, chunk[-1].end, "unsupported"
            )
        latent = self.probabilities.latent_index(chunk, scope)
        if latent is not None:
            return latent
        for entry in self.dictionary.by_head(chunk[0].text if chunk else ""):
            if isinstance(entry, Abbreviation):
                met = entry.spelling.match(chunk, 0)
                if met is not None and met[1] == len(chunk) and not met[0].extra_sub and not met[0].extra_sups:
                    inner = replace(
                        scope,
                        indices={**scope.indices, **{s: self.index(met[0].slots[s], scope) for s in entry.spelling.slots}},
                        depth=scope.depth + 1,
                    )
                    if inner.depth > MAX_UNFOLDING:
                        return None
                    return self.index_or_none(entry.body, inner)
        return None

    # Indicators.

    def _indicator(self, items: Items, scope: Scope) -> Formula:
        cut = sign_at(items, "=", "ne")
        if cut is None:
            raise ReadingError("an indicator without its condition", items[0].start if items else 0)
        left, right = items[:cut], items[cut + 1 :]
        value = self.probabilities.agreement(left, right, scope)
        return value if items[cut].text == "=" else ONE - value

    # Sums, products, integrals.

    def _big(self, line: Line, scope: Scope) -> Formula:
        item = line.take()
        start = line.position - 1
        if item.text == "\\int":
            return self.probabilities.integral(item, line, scope)
        if item.text == "\\sum" and item.sub is not None and (whole := self._whole_latent(item.sub)) is not None:
            require_plain(item, sub=True)
            stop = self._extent(line, scope, frozenset({plain(item.sub)}))
            covered, line.position = line.items[line.position : stop], stop
            return self.probabilities.sum_over_all(item, whole, covered, scope)
        binders, condition = self._binders(item, scope, line.items[line.position :])
        inner = scope
        used: list[tuple[str, Index | tuple[int, int], tuple[str, tuple[IndexLike, ...]] | None]] = []
        for letter, over, latent in binders:
            if isinstance(over, Index):
                index = Fresh.index(over) if scope.fresh and latent is None else over
                over = index
                inner = inner.with_index(letter, index) if latent is None else inner.with_latent(*latent, index)
            used.append((letter, over, latent))
        literal = [k for k, entry in enumerate(used) if not isinstance(entry[1], Index)]
        names = frozenset(letter for letter, _, _ in binders)
        own = _term_end(line.items, line.position)
        stop = self._extent(line, scope, names)
        if stop > own and start and line.items[start - 1].is_sign("-"):
            raise ReadingError(
                "a term that uses the letter of a sum which is subtracted: is it subtracted as well? try a bracket",
                line.items[own].start,
                line.items[stop - 1].end,
                "ambiguous",
            )
        if item.text == "\\prod" and not literal:
            stop = self._product_end(line.items, line.position, stop, names)
        for place in range(line.position, stop) if line.logged else ():
            behind = line.items[place + 1 : stop]
            if line.items[place].is_sign("cdot", "times") and not any(_uses(behind, name) for name in names):
                raise ReadingError(
                    "a factor behind a sum under a log without a bracket: under the log, or outside?",
                    line.items[place].start,
                    line.items[stop - 1].end,
                    "ambiguous",
                )
        covered = Line(line.items[:stop], line.position, line.differentiated, line.logged)
        if literal:
            value = self._written_out(covered, inner, used, item)
            covered.position = stop
        else:
            body = self._covered(covered, inner)
            if condition is not None:
                # What is left out counts as zero in a sum, and as one in a product.
                a, b = (self.index(part, inner) for part in condition)
                left_out = multiply(body, ONE - Delta(a, b))
                body = left_out if item.text == "\\sum" else left_out + Delta(a, b)
            value = body
            for _, over, _ in reversed(used):
                if isinstance(over, Index):
                    if item.text == "\\sum":
                        value = self.probabilities.picked(Sum(over, value))
                    else:
                        bound, inside = over, value
                        value = self.guarded(line.items[start:stop], lambda b=bound, v=inside: Product(b, v))
        line.position = covered.position
        return value

    def _whole_latent(self, below: Items) -> Letter | None:
        """The latent of which ``Z`` is the whole family, below a sum; None where something else stands there."""
        members = self.probabilities.members_of(below)
        whole = members[0] if len(members) == 1 else self.probabilities.latent_of(below)
        if whole is None or whole.kind != "latent" or not whole.spelling.slots:
            return None
        return None if self.probabilities.lettered(below) is not None else whole

    def _covered(self, covered: Line, inner: Scope) -> Formula:
        return self._sum(covered, inner)

    def _written_out(
        self,
        covered: Line,
        inner: Scope,
        used: list[tuple[str, Index | tuple[int, int], tuple[str, tuple[IndexLike, ...]] | None]],
        item: Item,
    ) -> Formula:
        """A sum over a range of numbers, term by term."""
        if len(used) != 1:
            raise ReadingError("several sums at once, one over numbers", item.start, item.end, "unsupported")
        inner_sums = (one for one in covered.items[covered.position :] if one.text in BIG and one.sub is not None)
        if any(one.sub is not None and one.sub[0].text == used[0][0] for one in inner_sums):
            raise ReadingError(f"a sum over {used[0][0]} inside of a sum over it", item.start, item.end, "ill-formed")
        letter, span, latent = used[0]
        lower, upper = span  # type: ignore[misc]
        if upper - lower >= MAX_EXPANDED:  # type: ignore[operator]
            raise ReadingError(f"a sum of more than {MAX_EXPANDED} terms over numbers", item.start, item.end, "limit")
        terms: list[Formula] = []
        start = covered.position
        for number in range(lower, upper + 1):  # type: ignore[arg-type]
            covered.position = start
            bound = inner.with_index(letter, number) if latent is None else inner.with_latent(*latent, number)
            written = covered.items if latent is not None else tuple(_numbered(item, letter, number) for item in covered.items)
            line = Line(written, start, covered.differentiated)
            terms.append(self._covered(line, bound))
            covered.position = line.position
        if item.text == "\\sum":
            return add(*terms) if terms else ZERO
        return multiply(*terms) if terms else ONE

    def _extent(self, line: Line, scope: Scope, names: frozenset[str]) -> int:
        """Where what a sum covers ends: behind its product, and terms that use its letter where that is free nowhere else."""
        place = line.position
        items = line.items
        while place < len(items) and items[place].is_sign("+", "-"):
            place += 1
        end = first = _term_end(items, place)
        taken = scope.outer | set(scope.indices)
        within = self._bound_within(items[place:end]) - taken
        adjacent = place < end and items[place].text in ("\\sum", "\\prod")
        while end < len(items) and items[end].is_sign("+", "-"):
            following = _term_end(items, end + 1)
            term = items[end + 1 : following]

            def uses(some: frozenset[str], term: Items = term) -> bool:
                # A latent that an expectation or a divergence averages over is bound there, and none of the sum's.
                return any(_uses(term if name in self.dictionary.indices else _without_means(term), name) for name in some)

            mine, theirs = not names & taken and uses(names), uses(within)
            if within and mine != theirs and (theirs or adjacent):
                raise ReadingError(
                    "a term behind two sums that uses the letter of one: does the other cover it? try a bracket",
                    items[end].start,
                    items[following - 1].end,
                    "ambiguous",
                )
            if not mine and not theirs:
                if end > first and following == end + 2 and term[0].kind == "number":
                    raise ReadingError(
                        "a number behind terms that a sum covers: is it covered as well? try a bracket",
                        items[end].start,
                        items[following - 1].end,
                        "ambiguous",
                    )
                self._require_no_later(items, following, names - taken)
                break
            self.notes.add("a sum covers the terms behind it that use its letter")
            end = following
        return end

    def _bound_within(self, items: Items) -> frozenset[str]:
        """The letters of the sums inside of a term, other than under a log or another function."""
        found: set[str] = set()
        for item in items:
            if item.kind == "letter" and item.text in FUNCTIONS:
                break
            if item.text == "\\sum" and item.sub is not None:
                cut = sign_at(item.sub, "=", "ne", "in", "<", "le", ">", "ge")
                found |= {one.text for one in item.sub[:cut] if one.text in self.dictionary.indices}
        return frozenset(found)

    def _require_no_later(self, items: Items, place: int, names: frozenset[str]) -> None:
        """That no term further on uses the letter of a sum, which would have to cover what stands between.

        Raises:
            ReadingError: one does: there its letter stands for nothing, or the sum goes on to it.
        """
        while place < len(items) and items[place].is_sign("+", "-"):
            following = _term_end(items, place + 1)
            used = [name for name in names & self.dictionary.indices.keys() if _uses(items[place + 1 : following], name)]
            if used:
                raise ReadingError(
                    f"a term that uses {used[0]}, behind one that does not: does its sum cover both? try a bracket",
                    items[place].start,
                    items[following - 1].end,
                    "ambiguous",
                )
            place = following

    def _product_end(self, items: Items, start: int, stop: int, names: frozenset[str]) -> int:
        """Where what a product covers ends: behind the last factor that uses its letter, where a reader sets the others outside.

        So he does with another product or sum, with what stands behind a dot or a slash, with a density of other things. What
        uses no letter at all is covered: ``\\prod_i a``.

        Raises:
            ReadingError: another factor follows, free of the letter: covered, or not?
        """
        used = [place for place in _under_no_other(items, start, stop, names) if self._uses_any(items[place], names)]
        if not used:
            return stop
        end = used[-1] + 1
        while end < stop and items[end].is_sign("!"):
            end += 1
        rest = items[end:stop]
        if not rest:
            return stop
        head = next((one for one in rest if not one.is_sign("cdot", "times", "/")), rest[-1])
        rebound = any(one.text in BIG for one in rest) or any(
            one.text in BIG for part in rest for sup in part.sups for one in sup
        )
        density = head.text in (*DENSITY_NAMES, "\\cal{N}") and not self.dictionary.by_head(head.text)
        if rest[0].is_sign("cdot", "times") or rebound or density:
            self.notes.add("a product ends behind the last factor that uses its letter")
            return end
        raise ReadingError(
            "a factor free of the letter of a product: raised with it, or outside? try a bracket",
            rest[0].start,
            rest[-1].end,
            "ambiguous",
        )

    def _uses_any(self, item: Item, names: frozenset[str]) -> bool:
        return plain((item,)) in names or any(_uses((item,), name) for name in names)

    def _is_pair(self, other: str, scope: Scope, behind: Items, *, summed: bool) -> bool:
        """Whether a sum over ``i \\ne m`` is one over both: m is used in it, and is bound or free nowhere else.

        Raises:
            ReadingError: that cannot be told from the left side alone.
        """
        first = _term_end(behind, 0)
        if other in scope.indices or other in scope.outer:
            return False
        if not _uses(behind[:first], other):
            if not scope.behind:
                if summed:
                    self.unpaired.add(other)
                return False
            raise ReadingError(
                f"a sum over both letters, or with {other} free, where {other} stands nowhere else?",
                behind[0].start if behind else 0,
                behind[-1].end if behind else 1,
                "ambiguous",
            )
        if not scope.behind:
            raise ReadingError(
                f"a sum over both letters, or with {other} free? try \\sum_{{{other}}} \\sum_{{.. \\ne {other}}}",
                behind[0].start,
                behind[-1].end,
                "ambiguous",
            )
        self.notes.add("a sum over two letters that differ")
        return True

    def _binders(
        self, item: Item, scope: Scope, behind: Items = ()
    ) -> tuple[list[tuple[str, Index | tuple[int, int], tuple[str, tuple[IndexLike, ...]] | None]], tuple[Items, Items] | None]:
        """What a sum runs over: letters with their ranges; a latent with its indices; a condition j != i."""
        below = item.sub
        if below is None:
            raise ReadingError("a sum that does not say over what", item.start, item.end, "ill-formed")
        require_plain(item, sub=True, sups=len(item.sups) == 1)
        upper = item.sups[0] if item.sups else None
        for place, sign in enumerate(below):
            if sign.is_sign("ne"):
                letter, other = plain(below[:place]), plain(below[place + 1 :])
                if letter == other:
                    raise ReadingError(f"an index that differs from itself: {letter}", item.start, item.end, "ill-formed")
                over = self._range_of(letter, below[:place], scope)
                if upper is not None and not (isinstance(over, Index) and plain(upper) == over.range.upper.name):
                    raise ReadingError(f"a sum with a condition, up to {plain(upper)}", item.start, item.end, "unsupported")
                partner = self.dictionary.indices.get(other)
                if isinstance(partner, Index) and self._is_pair(other, scope, behind, summed=item.text == "\\sum"):
                    return [(letter, over, None), (other, partner, None)], (below[:place], below[place + 1 :])
                return [(letter, over, None)], (below[:place], below[place + 1 :])
            if sign.is_sign("in"):
                raise ReadingError(f"a sum over a set: {plain(below)}", item.start, item.end, "unsupported")
        cut = sign_at(below, "=")
        if cut is not None:
            return [self._bounded(below[:cut], below[cut + 1 :], upper, item, scope)], None
        found: list[tuple[str, Index | tuple[int, int], tuple[str, tuple[IndexLike, ...]] | None]] = []
        groups: list[Items] = [argument.items for argument in arguments_of(below)]
        if len(groups) == 1 and len(below) > 1 and all(plain((one,)) in self.dictionary.indices for one in below):
            groups = [(one,) for one in below]
        if len({plain(group) for group in groups}) != len(groups):
            raise ReadingError(f"one letter twice below a sum: {plain(below)}", item.start, item.end, "ill-formed")
        for group in groups:
            name = plain(group)
            latent = self.probabilities.latent_mention(group, scope)
            whole = self.probabilities.latent_of(group)
            if whole is not None and whole.spelling.slots and self.probabilities.lettered(group) is None:
                # Z for all the z_i: not one of them.
                raise ReadingError(
                    f"a sum over all of a latent's members is not read: {name}", item.start, item.end, "unsupported"
                )
            if latent is not None and name not in self.dictionary.indices:
                letter, indices = latent
                values = self.probabilities.values_of(letter)
                if upper is not None and not (isinstance(values, Range) and plain(upper) == values.upper.name):
                    raise ReadingError(f"a latent that runs up to {plain(upper)}", item.start, item.end, "unsupported")
                over = values if isinstance(values, tuple) else Index(letter.name, values)
                if over in scope.latents.values() and isinstance(over, Index):
                    over = Fresh.index(over)  # another member of the family is bound around
                found.append((name, over, (letter.name, indices)))
                continue
            over = self._range_of(name, group, scope)
            if upper is not None and isinstance(over, Index):
                over = Index(name, Range(self._size(upper, scope), over.range.lower))
            found.append((name, over, None))
        return found, None

    def _bounded(
        self, letter: Items, lower: Items, upper: Items | None, item: Item, scope: Scope
    ) -> tuple[str, Index | tuple[int, int], None]:
        name = plain(letter)
        if upper is not None and _is_integer(plain(upper)) and _is_integer(plain(lower)) and len(letter) == 1:
            return name, (int(plain(lower)), int(plain(upper))), None
        declared = self._range_of(name, letter, scope)
        if not _is_integer(plain(lower)):
            raise ReadingError(f"a sum that starts at no number: {plain(lower)}", item.start, item.end, "ill-formed")
        start = int(plain(lower))
        if upper is None:
            if isinstance(declared, Index):
                return name, Index(name, Range(declared.range.upper, start)), None
            return name, (start, declared[1]), None
        if _is_integer(plain(upper)):
            return name, (start, int(plain(upper))), None
        return name, Index(name, Range(self._size(upper, scope), start)), None

    def _size(self, items: Items, scope: Scope) -> Size:
        name = plain(items)
        if name not in self.dictionary.sizes:
            raise ReadingError(f"an upper limit that is no declared size: {name}", items[0].start, items[-1].end, "undeclared")
        return self.dictionary.sizes[name]

    def _range_of(self, name: str, items: Items, scope: Scope) -> Index | tuple[int, int]:
        declared = self.dictionary.indices.get(name)
        if declared is None:
            start, end = (items[0].start, items[-1].end) if items else (0, 1)
            raise ReadingError(f"a sum over something that is no declared index: {name!r}", start, end, "undeclared")
        return declared

    # Functions and operators.

    def _builtin(self, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...], int]:
        item = line.items[line.position]
        name = item.text
        if plain((item.bare,)) in self.dictionary.contradicted:
            raise ReadingError(f"the declaration of {name} could not be read", item.start, item.end, "declaration")
        following = line.peek(1)
        called = following is not None and following.kind == "fence" and following.text in ("()", "[]", "\\{\\}")
        is_size = name in self.dictionary.sizes and item.sub is None
        if is_size and (not called or name in CONSTANTS):
            line.take()
            return SizeNumber(self.dictionary.sizes[name]), item.sups, item.primes
        if name in BIG:
            require_plain(item, sub=True, sups=True)
            return self._big(line, scope), (), 0
        if name in FUNCTIONS:
            require_plain(item, sups=True)
            line.take()
            argument = self._argument(line, scope, item)
            value = self.guarded((item,), lambda: Exp(argument) if "exp" in name else Log(argument))
            return value, item.sups, 0
        if name == "e" and item.sups and item.sub is None:
            line.take()
            return Exp(self.formula(item.sups[0], scope)), item.sups[1:], item.primes
        if name == "e" and item == item.bare and line.position and line.items[line.position - 1].text == "\\pi":
            line.take()
            return Exp(ONE), (), 0  # 2 \\pi e
        if name == "\\pi" and item.sub is None:
            line.take()
            return Pi(), item.sups, item.primes
        if name == "\\nabla":
            require_plain(item, sub=True, sups=True)
            return self._gradient(line, scope), (), 0
        if name in TRACES:
            require_plain(item)
            line.take()
            value, sups = self._matrix_function(name.lstrip("\\").lower(), line, scope)
            return value, sups, 0
        if name in ("\\Gamma", "\\psi", "\\digamma") and (following := line.peek(1)) is not None and following.kind == "fence":
            require_plain(item, primes=item.primes == 1)
            require_plain(following, sups=True)
            line.take()
            line.take()
            argument = self.formula(following.parts[0], scope)
            function = "gamma" if name == "\\Gamma" else "trigamma" if item.primes else "digamma"
            value = self.guarded((item,), lambda: Function(function, (argument,)))
            if item.primes and name == "\\Gamma":
                value = multiply(value, Function("digamma", (argument,)))
            return value, following.sups, 0
        if (special := self._special_function(item, line.peek(1))) is not None and (following := line.peek(1)) is not None:
            squared = bool(item.sups) and plain(item.sups[0]).isdigit()  # cos^2(x), but not cos^{-1}(x)
            require_plain(item, sub=True, sups=squared)
            require_plain(following, sups=not squared)
            line.take()
            line.take()
            argument = self.formula(following.parts[0], scope)
            return self.guarded((item,), lambda: special(argument)), item.sups or following.sups, 0
        if name in ("\\cos", "\\sin"):
            raise ReadingError(f"brackets are expected behind {name}", item.start, item.end, "unsupported")
        if name == "\\delta" and item.sub is not None and len(chunks_of(item.sub)) == 2:
            require_plain(item, sub=True, sups=True)
            line.take()
            left, right = (self.index(chunk, scope) for chunk in chunks_of(item.sub))
            return Delta(left, right), item.sups, 0
        if (
            name in ("\\bb{1}", "\\bb{I}", "I", "\\chi")
            and (following := line.peek(1)) is not None
            and following.kind == "fence"
            and _relation_inside(following)
        ):
            require_plain(item)
            require_plain(following, sups=True)
            line.take()
            line.take()
            return self._indicator(following.parts[0], scope), following.sups, 0
        if name == "I":
            line.take()
            size = UNSIZED if item.sub is None else self._size(item.sub, scope)
            return Identity(size), item.sups, 0
        if (
            name in CONSTANTS
            and not item.primes
            and not (len(name) == 1 and self.dictionary.by_head(name))  # c beside a declared c_k has lost its index
            and (item.sub is None or all(one.kind in ("number", "letter") for one in item.sub))
        ):
            line.take()
            return Reference(Symbol(f"constant {plain((replace(item, sups=(), primes=0),))}", "const")), item.sups, 0
        special = self.probabilities.builtin(line, scope)
        if special is not None:
            return special
        if is_size:
            line.take()
            return SizeNumber(self.dictionary.sizes[name]), item.sups, item.primes
        raise self._undeclared(item)

    @staticmethod
    def _special_function(item: Item, following: Item | None) -> SpecialFunction | None:
        """The function that is written so in front of brackets: ``\\cos(x)``, ``I_0(x)``."""
        called = following is not None and following.kind == "fence" and following.text == "()"
        written = item.text if item.sub is None else f"{item.text}_{plain(item.sub)}"
        return next((each for each in FUNCTIONS_BY_RECORD if each.tex == written), None) if called else None

    def _undeclared(self, item: Item) -> ReadingError:
        shown = plain((item,))
        known = sorted(
            {entry.spelling.name for entry in self.dictionary.entries} | set(self.dictionary.sizes) | set(self.dictionary.indices)
        )
        if item.text in self.dictionary.indices:
            return ReadingError(f"an index where a value is expected: {shown}", item.start, item.end, "ill-formed")
        same = [entry for entry in self.dictionary.entries if entry.spelling.head == item.text]
        if same:
            return ReadingError(
                f"{shown} does not fit its declaration: {plain(same[0].spelling.items)}", item.start, item.end, "undeclared"
            )
        # Of a letter alone every other letter is near, and all commands begin alike.
        bare = {name.lstrip("\\"): name for name in known}
        near = difflib.get_close_matches(item.text.lstrip("\\"), bare, n=1, cutoff=0.6)
        hint = f"; the nearest that is declared: {bare[near[0]]}" if near else ""
        return ReadingError(f"an undeclared symbol: {shown}{hint}", item.start, item.end, "undeclared")

    def _argument(self, line: Line, scope: Scope, function: Item) -> Formula:
        """What log or exp covers: the bracket that follows; without one, the product, up to a later sum, log or bracket."""
        first = line.peek()
        if first is None:
            raise ReadingError(f"{function.text} of nothing", function.start, function.end)
        if first.kind == "group" or (
            first.kind == "fence" and first.text in ("()", "[]", "\\{\\}") and not self._is_declared(line, scope)
        ):
            require_plain(first, sups=True)
            if first.sups:
                raise ReadingError(
                    f"a power behind the bracket of {function.text}: of the argument or of the value? try a bracket around it",
                    first.start,
                    first.end,
                    "ambiguous",
                )
            line.take()
            inside = self.formula(first.parts[0], scope)
            if (mark := line.peek()) is not None and mark.is_sign("!"):
                require_plain(mark)
                line.take()  # \\log (n - 1)! is the log of the factorial
                return self.guarded((first,), lambda: Function("gamma", (inside + 1,)))
            return inside
        if first.is_sign("mid", "Vert") or (first.kind == "fence" and first.text in ("||", "‖‖", "\\langle\\rangle")):
            inside = self._factor(line, scope)  # bars are brackets: \\log |A| n
            behind = line.peek()
            if behind is not None and (behind.is_sign("mid", "Vert") or (behind.kind == "fence" and behind.text in ("||", "‖‖"))):
                raise ReadingError(
                    f"bars behind bars behind {plain((function.bare,))}: are both covered? try a bracket",
                    first.start,
                    behind.end,
                    "ambiguous",
                )
            return inside
        sign = self._sign(line) if self._sign_ahead(line) else 1
        self._require_no_quotient(line, function)
        outside, line.logged = line.logged, True
        try:
            value = self.product(line, scope, stops=_stops_exponential if "exp" in function.text else _stops_logarithm)
        finally:
            line.logged = outside
        counted = first.kind in ("fraction", "number", "root") or first.text in self.dictionary.sizes or sign < 0
        self._require_no_more_covered(line, function, first, counted=counted)
        return value if sign > 0 else negate(value)

    @staticmethod
    def _require_no_more_covered(line: Line, function: Item, first: Item, *, counted: bool) -> None:
        """That it is clear whether a log or exp without a bracket covers the bracket or the sum behind what it covers.

        Raises:
            ReadingError: behind a number or a sign, as in \\log \\frac1n \\sum_i t_i, it is open; and behind an exp, or where the
                bracket speaks of the same letter: \\log a (a + b) is the log of the product to most, \\log a (b + 1) is not.
        """
        behind = line.peek()
        if behind is None:
            return
        bracket = behind.kind == "fence" and behind.text in ("()", "[]", "\\{\\}")
        summed = behind.kind == "letter" and behind.text in BIG
        inside = behind.parts[0] if bracket else ()
        again = any(one.text == first.text for one in inside) or (first.kind == "letter" and _uses(inside, first.text))
        if (bracket and ("exp" in function.text or again)) or ((bracket or summed) and counted):
            raise ReadingError(
                f"{plain((behind.bare,))} behind {function.text} without a bracket: covered as well, or a factor? try a bracket",
                first.start,
                behind.end,
                "ambiguous",
            )

    def _require_no_quotient(self, line: Line, function: Item) -> None:
        """That it is clear what a slash behind a log without a bracket divides: ``\\log p/q`` is the log of a ratio.

        Raises:
            ReadingError: by a number or a size one divides the value as well as the argument; an exponential, and by another log.
        """
        end = _term_end(line.items, line.position)
        cut = next((place for place in range(line.position + 1, end) if line.items[place].is_sign("/")), None)
        between = line.items[line.position : cut]
        if cut is None or cut + 1 >= end or any(one.kind == "letter" and one.text in (*FUNCTIONS, *BIG) for one in between):
            return
        first, below = line.items[cut - 1], line.items[cut + 1]
        counts = below.kind == "number" or (
            below.kind == "letter" and below == below.bare and below.text in self.dictionary.sizes
        )
        alone = counts and not (first.kind == "number" and len(between) == 1)
        another = below.kind == "letter" and below.text in FUNCTIONS
        if "exp" in function.text or alone or another or between[-1].is_sign("!"):
            raise ReadingError(
                f"a slash behind {plain((function.bare,))} without a bracket: is its argument divided, or its value?",
                line.items[line.position].start,
                below.end,
                "ambiguous",
            )

    @staticmethod
    def _sign_ahead(line: Line) -> bool:
        item = line.peek()
        return item is not None and item.is_sign("-")

    def _is_declared(self, line: Line, scope: Scope) -> bool:
        item = line.items[line.position]
        return any(
            entry.spelling.match(line.items, line.position) for entry in self.dictionary.by_head(f"{item.kind}:{item.text}")
        )

    def _matrices(self, line: Line, scope: Scope) -> Formula:
        """The matrices that stand next to one another, up to the first number: what ``\\det A B c`` is the determinant of."""
        start = line.position
        factors = [self._factor(line, scope)]
        while (item := line.peek()) is not None and item.kind == "letter" and not _stops_trace(item, 1):
            ahead = Line(line.items, line.position)
            factor = self._factor(ahead, scope)
            if len(factor.shape) != 2:
                break
            line.position = ahead.position
            factors.append(factor)
        return self.guarded(line.items[start : line.position], lambda: _combined(factors))

    def _matrix_function(self, name: str, line: Line, scope: Scope) -> tuple[Formula, tuple[Items, ...]]:
        first = line.peek()
        if first is None:
            raise ReadingError(f"{name} of nothing")
        sups: tuple[Items, ...] = ()
        if first.kind in ("fence", "group"):
            require_plain(first, sups=True)
            line.take()
            value = self.formula(first.parts[0], scope)
            sups = first.sups
        elif name == "det":
            value = self._matrices(line, scope)
        else:
            value = self.product(line, scope, stops=_stops_trace)
        made: dict[str, Callable[[], Formula]] = {
            "det": lambda: Determinant(value),
            "tr": lambda: value if value.shape == () else Trace(value),
            "trace": lambda: value if value.shape == () else Trace(value),
            "diag": lambda: Diagonal(value),
            "chol": lambda: Cholesky(value),
        }
        return self.guarded((first,), made[name]), sups

    # Derivatives.

    def _gradient(self, line: Line, scope: Scope) -> Formula:
        item = line.take()
        by = item.sub
        second = len(item.sups) == 1 and plain(item.sups[0]) == "2"
        if item.sups and not second:
            raise ReadingError("a gradient of higher order", item.start, item.end, "unsupported")
        by, squared = (by, None) if by is None else self._squared(by, scope)
        reference = self.parameter(by, scope, item) if by is not None else self._only_parameter(item)
        start = line.position
        following = line.peek()
        twice = (
            following is not None
            and following.kind == "letter"
            and following.text == "\\nabla"
            and bool(following.sups)
            and plain(following.sups[-1]) in TRANSPOSES
        )
        if squared is not None:
            if twice or second:
                raise ReadingError("a second gradient by a square", item.start, item.end, "unsupported")
            body = self._score(line, scope, reference[0]) or self._differentiated(line, scope)
            return self.guarded((item,), lambda: self._by_square(body, reference, squared))
        if twice or second:
            if twice and second:
                raise ReadingError("a gradient of higher order", item.start, item.end, "unsupported")
            other = reference
            if twice:
                other = self._other_gradient(line.take(), item, reference, scope)
            # The matrix of second derivatives: rows by the first, columns by the second.
            body = self._differentiated(line, scope)
            return self.guarded((item,), lambda: self.derivative(self.derivative(body, reference), other))
        name, fence = line.peek(), line.peek(1)
        if (
            by is not None
            and name is not None
            and fence is not None
            and fence.kind == "fence"
            and self._is_function((name.bare,))
        ):
            formal = [
                {plain(argument.items) for argument in entry.spelling.call}
                for entry in self.dictionary.by_head(name.text)
                if entry.spelling.is_call
            ]
            actual = {plain(argument.items) for argument in arguments_of(fence.parts[0])}
            if any(plain(by) in own for own in formal) and plain(by) not in actual:
                raise ReadingError(
                    "the gradient of a function at an argument, or of its value there? try a bar",
                    item.start,
                    fence.end,
                    "ambiguous",
                )
        score = self._score(line, scope, reference[0])
        body = score or self._differentiated(line, scope)
        made = self.guarded((item,), lambda: self.derivative(body, reference))
        last = line.items[line.position - 1]
        alone = (
            score is not None
            or line.position == start + 1
            or (line.position == start + 2 and last.kind == "fence" and last.text == "()")
        )
        named = score is not None or line.items[start].text not in (*FUNCTIONS, *TRACES)
        if alone and named and body.shape == () and last.sups and plain(last.sups[-1]) in TRANSPOSES:
            return Transpose(made)
        return made

    def _other_gradient(
        self, second: Item, first: Item, reference: tuple[Reference, tuple[IndexLike, ...]], scope: Scope
    ) -> tuple[Reference, tuple[IndexLike, ...]]:
        """By what the ``\\nabla_w^T`` of ``\\nabla_z \\nabla_w^T`` differentiates; without a letter at both, by the same.

        Raises:
            ReadingError: one of them names a letter, and the other none.
        """
        if len(second.sups) != 1 or (second.sub is None) != (first.sub is None):
            raise ReadingError("two gradients, one of them without its letter", first.start, second.end, "ambiguous")
        return reference if second.sub is None else self.parameter(second.sub, scope, second)

    def _score(self, line: Line, scope: Scope, by: Reference) -> Formula | None:
        """A log right behind a gradient covers one factor: ``\\nabla \\log p(x) p(x)`` is the score times the density.

        So it is where nothing follows, or the density itself; behind a factor free of the parameter the log goes on.

        Raises:
            ReadingError: another factor follows, which the log may cover or not.
        """
        function, density = line.peek(), line.peek(1)
        if (
            function is None
            or density is None
            or function.kind != "letter"
            or function.text not in FUNCTIONS[:4]
            or density.kind != "letter"
        ):
            return None
        if density.text in BIG or density.text == "\\nabla" or function.sups:
            return None
        require_plain(function)
        start = line.position
        line.take()
        argument = self._factor(line, scope)
        behind = line.peek()
        ends = behind is None or behind.kind == "sign" or behind.text == "\\nabla" or is_derivative(behind) or behind.text == "d"
        if not ends:
            if not _stands_at(argument, by.symbol):
                line.position = start
                return None
            again = self._factor(Line(line.items, line.position), scope)
            if again != argument:
                raise ReadingError(
                    "the gradient of a log, and then a factor: under the log, or outside? try a bracket",
                    function.start,
                    behind.end if behind is not None else function.end,
                    "ambiguous",
                )
        self.notes.add("a log right behind a gradient covers one factor")
        return self.guarded((function,), lambda: Log(argument))

    def _only_parameter(self, item: Item) -> tuple[Reference, tuple[IndexLike, ...]]:
        letters = [letter for letter in self.dictionary.letters if letter.kind == "param"]
        if len(letters) != 1 or letters[0].spelling.slots:
            raise ReadingError("a gradient that does not say by what", item.start, item.end, "ambiguous")
        return Reference(letters[0].symbol), ()

    def _differentiated(self, line: Line, scope: Scope, *, alone: bool = True) -> Formula:
        """What an operator of differentiation covers: the product that follows.

        A nabla covers it up to the next nabla or derivative (``alone``): ``\\nabla f \\nabla g^T`` is a product of two.
        """
        first = line.peek()
        if first is not None and first.kind == "fence" and first.text in ("()", "[]", "\\{\\}") and not first.sups:
            following = line.peek(1)
            if following is not None and following.kind == "fence" and following.text in ("()", "[]", "\\{\\}"):
                raise ReadingError(
                    "the derivative of one bracket, or of the product of both? try a bracket around what is differentiated",
                    first.start,
                    following.end,
                    "ambiguous",
                )
            require_plain(first)
            line.take()
            return self.formula(first.parts[0], scope)

        def stops(item: Item, count: int) -> bool:
            another = count > 0 and (is_derivative(item) or (item.kind == "letter" and item.text == "\\nabla"))
            if another and not alone:
                raise ReadingError(
                    "the derivative of what stands before the next one, or of the product of both? try a bracket",
                    item.start,
                    item.end,
                    "ambiguous",
                )
            return another

        outside, line.differentiated = line.differentiated, True
        try:
            return self.product(line, scope, stops=stops)
        finally:
            line.differentiated = outside

    def parameter(self, items: Items, scope: Scope, at: Item) -> tuple[Reference, tuple[IndexLike, ...]]:
        """The symbol by which one differentiates, and the entry of it (empty for all of it).

        Raises:
            ReadingError: the items are something else.
        """
        line = Line(items)
        value, sups, _ = self._letter(line, scope) if items and items[0].kind == "letter" else (ZERO, (), 0)
        if not line.ended or sups or not isinstance(value, (Reference, Component)):
            raise ReadingError(
                f"a derivative by something that is no declared symbol: {plain(items)}", at.start, at.end, "ill-formed"
            )
        if isinstance(value, Component):
            if not isinstance(value.argument, Reference):
                raise ReadingError(
                    f"a derivative by an entry of something composed: {plain(items)}", at.start, at.end, "ill-formed"
                )
            return value.argument, value.indices
        return value, ()

    def derivative(self, body: Formula, by: tuple[Reference, tuple[IndexLike, ...]]) -> Formula:
        reference, entry = by
        symbol = reference.symbol
        moved = self.probabilities.moved_by(symbol, frozenset(_names_in(body)))
        if moved:
            shown = "a mean that is not written out" if UNWRITTEN in moved else min(moved)
            raise ReadingError(
                f"the derivative by {symbol.name} of {shown}, which moves with it: held, or not?", code="unsupported"
            )
        if symbol.role in ("data", "latent") and any(isinstance(node, Apply) for node in walk_unfolded(body)):
            raise ReadingError(f"the derivative of an unspecified function by {symbol.name}", code="unsupported")
        if symbol.role == "param" and _stands_at(body, symbol.at_current) and not _stands_at(body, symbol):
            raise ReadingError(
                f"the derivative by {symbol.name} of what stands at other values: of a constant, or put in afterwards? try a bar",
                code="ambiguous",
            )
        letter = next((x for x in self.dictionary.letters if x.name == symbol.name), None)
        convention = letter.convention if letter is not None else "entry"
        if symbol.domain == "simplex":
            self.notes.add(f"{symbol.name} moves off the simplex")
        made = Derivative(body, replace(reference, span=None), convention)
        if not entry:
            return made
        if body.shape:
            raise ReadingError("the derivative of a vector by one entry of a vector", code="unsupported")
        return Component(made, entry)

    def _derivative(self, item: Item, line: Line, scope: Scope) -> Formula:
        above, below = item.parts
        require_plain(above[0], sups=len(above[0].sups) == 1 and plain(above[0].sups[0]) in ("1", "2"))
        order = 2 if above[0].sups and plain(above[0].sups[0]) == "2" else 1
        body_items = above[1:]
        following = line.peek()
        if following is not None and following.kind == "fence" and following.text == "()" and self._is_function(body_items):
            raise ReadingError(
                "the derivative of a function, and a bracket: its argument, or a factor? try a bar, or \\cdot",
                item.start,
                following.end,
                "ambiguous",
            )
        by = self._by(below, order, item, scope)
        below_last = below[-1] if below else item
        row = order == 1 and bool(below_last.sups) and plain(below_last.sups[-1]) in TRANSPOSES
        if order == 2 and any(one.sups and plain(one.sups[-1]) in TRANSPOSES for one in below[:-1]):
            raise ReadingError("a second derivative by a row and then something else", item.start, item.end, "unsupported")
        body = self.formula(body_items, scope) if body_items else self._differentiated(line, scope, alone=False)

        def build() -> Formula:
            value = body
            for one, squared in by:
                value = self.derivative(value, one) if squared is None else self._by_square(value, one, squared)
            return Transpose(value) if row and body.shape == () and value.shape != () else value

        return self.guarded((item,), build)

    def _squared(self, items: Items, scope: Scope) -> tuple[Items, Formula | None]:
        """What stands below a derivative by ``\\sigma^2`` where ``\\sigma`` is declared: ``\\sigma``, and the square's slope."""
        if len(items) == 1 and items[0].kind in ("fence", "group") and items[0] == items[0].bare:
            items = items[0].parts[0]
        if len(items) != 1 or len(items[0].sups) != 1 or plain(items[0].sups[0]) != "2" or items[0].kind != "letter":
            return items, None
        bare = (replace(items[0], sups=()),)
        letter = self.probabilities.letter_of(bare)
        if self.probabilities.letter_of(items) is not None or letter is None:
            return items, None
        if letter.symbol.shape or letter.symbol.domain not in ("positive", "unit", "simplex"):
            raise ReadingError(
                f"a derivative by the square of {letter.name}, which is not declared positive", items[0].start, items[0].end
            )
        return bare, multiply(Number(Fraction(2)), self.formula(bare, scope))

    def _by_square(self, body: Formula, by: tuple[Reference, tuple[IndexLike, ...]], slope: Formula) -> Formula:
        """The derivative by the square of a positive letter: the one by the letter, over twice the letter."""
        made = self.derivative(body, by)
        return Divide(made, slope) if made.shape == () else multiply(Divide(ONE, slope), made)

    def _by(
        self, below: Items, order: int, item: Item, scope: Scope
    ) -> list[tuple[tuple[Reference, tuple[IndexLike, ...]], Formula | None]]:
        parts: list[Items] = []
        run: list[Item] = []
        for place, one in enumerate(below):
            if one.kind == "letter" and one.text in ("\\partial", "d") and one == one.bare:
                if place and not run:
                    raise ReadingError("a derivative by nothing", one.start, one.end, "ill-formed")
                if run:
                    parts.append(tuple(run))
                run = []
            else:
                run.append(one)
        parts.append(tuple(run))
        if order == 2 and len(parts) == 1 and parts[0]:
            last = parts[0][-1]
            if last.sups and plain(last.sups[-1]) == "2":
                bare = (*parts[0][:-1], replace(last, sups=last.sups[:-1]))
                parts = [bare, bare]
        if len(parts) != order:
            raise ReadingError("a derivative whose order above and below differ", item.start, item.end, "ill-formed")
        found: list[tuple[tuple[Reference, tuple[IndexLike, ...]], Formula | None]] = []
        for part in parts:
            if part and part[-1].sups and plain(part[-1].sups[-1]) in TRANSPOSES:
                part = (*part[:-1], replace(part[-1], sups=part[-1].sups[:-1]))
            part, squared = self._squared(part, scope)
            found.append((self.parameter(part, scope, item), squared))
        return found


# Without a dictionary.


def _stops_trace(item: Item, count: int) -> bool:
    """Where what a trace or a determinant covers ends, besides a sign."""
    if item.is_sign("cdot", "times", "/"):
        return True
    return count > 0 and item.kind == "letter" and item.text in (*BIG, *FUNCTIONS, *TRACES)


def _without_comma(items: Items) -> Items:
    while items and items[-1].is_sign(",", ";", ".") and items[-1] == items[-1].bare:
        items = items[:-1]
    return items


def _is_complement(told: Items, other: Items) -> bool:
    """Whether one condition is the opposite of another: ``j \\ne s`` and ``j = s``."""
    other = other[1:] if other and other[0].text in IF else other
    mine, theirs = sign_at(told, "=", "ne"), sign_at(other, "=", "ne")
    if mine is None or theirs is None or told[mine].text == other[theirs].text:
        return False
    sides = {plain(told[:mine]), plain(told[mine + 1 :])}
    return sides == {plain(other[:theirs]), plain(other[theirs + 1 :])}


def _is_integer(text: str) -> bool:
    return text.lstrip("-").isdigit() and len(text) < 10


def _relation_inside(item: Item) -> bool:
    return any(inner.is_sign("=", "ne") for inner in item.parts[0])


def is_derivative(item: Item) -> bool:
    """Whether a fraction is, or begins, a derivative: a ``d`` stands first above and below."""
    if item.kind != "fraction" or not item.parts[0] or not item.parts[1]:
        return False
    above, below = item.parts[0][0], item.parts[1][0]
    return (
        above.kind == below.kind == "letter"
        and above.text == below.text
        and above.text in ("\\partial", "d")
        and len(item.parts[1]) > 1
    )


def _stops_exponential(item: Item, count: int) -> bool:
    """Where what an exp without a bracket covers ends, besides a sign."""
    if item.is_sign("cdot", "times"):
        return True
    if count == 0:
        return False
    if item.kind == "letter" and (item.text in BIG or item.text in FUNCTIONS):
        return True
    return item.kind == "fence" and item.text in ("()", "[]", "\\{\\}")


def _stops_logarithm(item: Item, count: int) -> bool:
    """Where what a log without a bracket covers ends, besides a sign; an exponential is a factor of what it covers.

    Raises:
        ReadingError: a bracket with a power stands there: of the log, or behind it?
    """
    if count > 0 and item.kind == "fence" and item.text in ("()", "[]", "\\{\\}") and item.sups:
        raise ReadingError(
            "a bracket with a power behind a log: under the log, or outside? try a bracket around what the log covers",
            item.start,
            item.end,
            "ambiguous",
        )
    if count > 0 and item.text == "\\prod":
        raise ReadingError("a product behind a log: under the log, or outside? try a bracket", item.start, item.end, "ambiguous")
    return _stops_exponential(item, count) and not (item.kind == "letter" and "exp" in item.text)


def _term_end(items: Items, place: int) -> int:
    """Where the term that begins at ``place`` ends: before the next sign that does not follow an operator."""
    after_operator = True
    inside: set[str] = set()
    while place < len(items):
        item = items[place]
        if item.is_sign("mid", "Vert") and item.sub is None:
            inside ^= {item.text}  # what stands between bars is one thing
        if item.is_sign("+", "-") and not after_operator and not inside:
            return place
        after_operator = item.is_sign("cdot", "times", "/") or (item.is_sign("+", "-"))
        place += 1
    return place


def _numbered(item: Item, letter: str, number: int) -> Item:
    """The item with a number in the place of an index letter: y_i is y_2, a name of its own."""

    def change(items: Items) -> Items:
        return tuple(
            Item("number", str(number), start=one.start, end=one.end)
            if one.kind == "letter" and one.text == letter and one.sub is None and not one.sups
            else _numbered(one, letter, number)
            for one in items
        )

    changed = item.rebuilt(change)
    itself = item.kind == "letter" and item.text == letter and item.sub is None and not item.primes
    return replace(changed, kind="number", text=str(number)) if itself else changed


def _without_means(items: Items) -> Items:
    """The items without expectations and divergences, each with the bracket behind it."""
    kept: list[Item] = []
    averaged = False
    for item in items:
        if averaged and item.kind in ("fence", "group"):
            averaged = False
            continue
        averaged = item.kind == "letter" and (item.text in AVERAGES or (item.text == "D" and plain(item.sub or ()) == "KL"))
        if not averaged:
            kept.append(replace(item, parts=tuple(_without_means(part) for part in item.parts)))
    return tuple(kept)


def _under_no_other(items: Items, start: int, stop: int, names: frozenset[str]) -> Iterator[int]:
    """The places in a range up to where another sum or product binds one of the letters."""
    for place in range(start, stop):
        item = items[place]
        if item.text in BIG and item.sub is not None and any(plain((one,)) in names for one in item.sub):
            return
        yield place


def _ends_quotient(item: Item) -> bool:
    """Whether what a slash divides by surely ends before this: a sum, a function, a bracket, a derivative, a sign."""
    if item.kind == "letter" and (item.text in BIG or item.text in FUNCTIONS or item.text == "\\nabla"):
        return True
    return item.kind in ("fence", "group") or is_derivative(item) or item.is_sign("cdot", "times", "/", "mid", "Vert")


def _require_no_mixed_number(number: Item, fraction: Item) -> None:
    """That a number does not stand before a fraction of numbers.

    Raises:
        ReadingError: it does, as in 3 1/4: a product, or the sum of the two?
    """
    numbers = all(len(part) == 1 and part[0].kind == "number" and part[0] == part[0].bare for part in fraction.parts[:2])
    if numbers and number == number.bare:
        raise ReadingError(
            "a number before a fraction of numbers: their product, or a mixed number? try \\cdot",
            number.start,
            fraction.end,
            "ambiguous",
        )


def _uses(items: Items, name: str) -> bool:
    """Whether a letter stands in the scripts or arguments of the items, other than under a sum of its own."""
    for item in items:
        if item.kind == "letter" and item.text in BIG and item.sub is not None and any(one.text == name for one in item.sub):
            return False
        for part in (*(item.parts), item.sub or (), *item.sups):
            if any(one.kind == "letter" and one.text == name and one.sub is None for one in part) or _uses(part, name):
                return True
    return False


def _require_small(exponent: Formula, items: Items) -> None:
    """Refuse towers of numbers before anyone evaluates them."""
    bits = _bits(exponent)
    if bits > 12:
        raise ReadingError("an exponent too large", items[0].start, items[-1].end, "limit")


def _stands_at(node: Formula, symbol: Symbol) -> bool:
    """Whether a symbol stands in a formula, other than in weights that were given their values."""
    if isinstance(node, Named):
        held = node.definition.normalised_over is not None and node.time == "current"
        return not held and _stands_at(unfold(node), symbol)
    if isinstance(node, Reference):
        return node.symbol == symbol
    return any(_stands_at(child, symbol) for child in node.children)


def _names_in(node: Formula) -> set[str]:
    """The names of the symbols in a formula, all means that are not written out by one name."""
    found: set[str] = set()
    for inner in walk(node):
        if isinstance(inner, Named):
            found |= _names_in(unfold(inner))
        elif isinstance(inner, Reference):
            found.add(UNWRITTEN if inner.symbol.name.startswith(UNWRITTEN) else inner.symbol.name)
    return found


def _bits(node: Formula) -> float:
    """About the logarithm of a number written out with powers; 0 for what has letters in it."""
    if isinstance(node, Number):
        return max(abs(node.value.numerator), node.value.denominator).bit_length()
    if isinstance(node, Power):
        base, exponent = _bits(node.base), _bits(node.exponent)
        return base * 2**exponent if base > 0 and exponent < 20 else (1e9 if base > 1 else base)
    return max((_bits(child) for child in node.children), default=0)


def _added(terms: list[tuple[int, Formula]]) -> Formula:
    signed = [value if sign > 0 else negate(value) for sign, value in terms]
    signed = _sized(signed)
    if len(signed) > 1:
        shapes = {value.shape for value in signed if value != ZERO}
        if len(shapes) == 1 and () not in shapes:
            signed = [value for value in signed if value != ZERO]
    return add(*signed)


def _sized(values: list[Formula]) -> list[Formula]:
    """Identity matrices take the size of what they are added to."""
    if not any(_unsized(value) for value in values):
        return values
    size = next((value.shape[0] for value in values if len(value.shape) == 2 and not _unsized(value)), None)
    return values if size is None else [with_size(value, size) for value in values]


def _is_square(matrix: Formula, size: Size) -> bool:
    """Whether a matrix is square, and as large as an identity whose size may not be known yet."""
    return len(matrix.shape) == 2 and matrix.shape[0] == matrix.shape[1] and size in (UNSIZED, matrix.shape[0])


def _unsized(value: Formula) -> bool:
    return len(value.shape) == 2 and UNSIZED in value.shape


def with_size(value: Formula, size: Size) -> Formula:
    """``value`` with every identity matrix of open size at ``size``."""
    if isinstance(value, Identity):
        return Identity(size, span=value.span) if value.size == UNSIZED else value
    if isinstance(value, (Multiply,)):
        return Multiply(tuple(with_size(f, size) if _unsized(f) else f for f in value.factors), span=value.span)
    if isinstance(value, (Divide,)):
        return Divide(with_size(value.numerator, size), value.denominator, span=value.span)
    if isinstance(value, Sum):
        return Sum(value.index, with_size(value.body, size), span=value.span)
    if isinstance(value, (Inverse, Transpose)):
        return type(value)(with_size(value.argument, size), span=value.span)
    if not any(isinstance(node, Identity) for node in walk(value)):
        return value
    if isinstance(value, MatrixProduct):
        return MatrixProduct(tuple(with_size(f, size) for f in value.factors), span=value.span)
    return value


def _combined(factors: list[Formula]) -> Formula:
    """A product as it is written: numbers apart, vectors and matrices in their order."""
    if len(factors) == 1:
        return factors[0]
    if any(factor == ZERO for factor in factors) and not any(isinstance(n, PARTIAL) for factor in factors for n in walk(factor)):
        return ZERO
    scalars: list[Formula] = []
    chain: list[Formula] = []

    def settle() -> None:
        product = matrix_product(*chain) if len(chain) > 1 else chain[0]
        chain.clear()
        if product.shape == ():
            scalars.append(product)
        else:
            chain.append(product)

    for factor in factors:
        if factor.shape == ():
            if chain and len(chain) > 1 and matrix_product(*chain).shape == ():
                settle()
            scalars.append(factor)
            continue
        if chain:
            factor = _fitted(chain[-1], factor)
            joined = matrix_product(*chain) if len(chain) > 1 else chain[0]
            if joined.shape == ():
                settle()
            elif UNSIZED in joined.shape:
                chain[:] = [with_size(one, factor.shape[0]) for one in chain] if factor.shape[0] is not None else chain
        chain.append(factor)
    if len(chain) > 1:
        settle()
    return multiply(*scalars, *chain) if scalars or len(chain) != 1 else chain[0]


def _fitted(before: Formula, factor: Formula) -> Formula:
    if _unsized(factor) and before.shape and before.shape[-1] is not None and before.shape[-1] != UNSIZED:
        return with_size(factor, before.shape[-1])
    return factor


def _binomial(above: Formula, below: Formula) -> Formula:
    if isinstance(below, Number) and below.value.denominator == 1 and 0 <= below.value <= MOST_CHOSEN:
        # n (n - 1) / 2, which is zero where there are too few to choose from.
        chosen = int(below.value)
        return multiply(Number(Fraction(1, math.factorial(chosen))), *(above - number for number in range(chosen)))

    def factorial(value: Formula) -> Formula:
        return Function("gamma", (value + 1,))

    return Divide(factorial(above), multiply(factorial(below), factorial(above - below)))


def shared_letters(*formulas: Formula) -> frozenset[str]:
    """The names of indices that stand free in formulas."""
    return frozenset(index.name for formula in formulas for index in free_indices(formula))


def alike(left: Formula, right: Formula) -> tuple[Formula, Formula]:
    """Both sides, identity matrices of open size at the size of the other side."""
    sized = _sized([left, right])
    return sized[0], sized[1]
