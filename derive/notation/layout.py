"""From a formula to boxes: letters, brackets, signs, order. What both writers share.

Brackets are a matter of how tightly a piece holds together (``Hold``) and of whether it reaches to the right
(``\\sum_i a_i`` followed by a factor would swallow it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import singledispatchmethod

from derive.errors import UnsupportedError
from derive.formula import (
    ONE,
    Add,
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
    add,
    free_indices,
    walk,
)
from derive.functions import FUNCTIONS
from derive.notation.boxes import SPACE, THIN, Box, Brackets, EvaluationBar, Fraction, Row, Scripted, Sign, parse, row
from derive.notation.conventions import Convention, generic
from derive.symbols import Index, IndexLike

Letters = Mapping[Index, str]
"""How each index in scope is written."""

_SYMMETRY = {"frobenius": r"\mathrm{sym}", "vech": r"\mathrm{vech}"}


class Hold(IntEnum):
    """How tightly a piece holds together, loosest first."""

    SUM = 0
    """terms with signs between or in front"""
    PRODUCT = 1
    PREFIX = 2
    """an operator and what it applies to: log, a sum sign, a gradient"""
    FRACTION = 3
    CALL = 4
    """ends in brackets of its own, takes no script: ``Q(theta; theta_t)``"""
    ATOM = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """A box and what its surroundings must know of it.

    ``reach`` holds the letters bound by sums that reach to its right end; ``open`` says that a factor behind it would be
    read as part of it; ``closed`` is another way to write it that is not open.
    """

    box: Box
    hold: Hold
    open: bool = False
    reach: frozenset[str] = frozenset()
    closed: Box | None = None


def lay_out(formula: Formula, convention: Convention) -> Box:
    """The boxes of a formula, in the letters of the convention."""
    layout = Layout(convention)
    return layout.piece(formula, layout.letters(formula)).box


class Layout:
    """Lays out formulas in one convention."""

    def __init__(self, convention: Convention) -> None:
        self.convention = convention

    # Letters.

    def letters(self, formula: Formula) -> Letters:
        """A letter for each free index; two indices never share one."""
        found: dict[Index, str] = {}
        for index in sorted(free_indices(formula), key=lambda index: ("#" in index.name, index.name)):
            found[index] = self._letter(index, found.values())
        return found

    def _letter(self, index: Index, taken: Iterable[str]) -> str:
        letter, used = self.convention.index(index.name), set(taken)
        while letter in used:
            letter += "'"
        return letter

    def _indices(self, indices: tuple[IndexLike, ...], letters: Letters) -> list[str]:
        return [letters[index] if isinstance(index, Index) else str(index) for index in indices]

    # Names.

    def name(self, name: str, indices: list[str], *, current: bool = False, moves: bool = True) -> Box:
        """An abbreviation at theta, or at theta_t. ``moves`` says whether there is a difference."""
        spelling = self.convention.spelling(name, len(indices))
        template = spelling.plain
        if moves and not current and spelling.moving:
            template = spelling.moving
        elif moves and current and not spelling.moving and "#t" not in template:
            template += "(#t)"
        box = parse(self._filled(template, indices, current))
        return _marked(box, parse(spelling.mark)) if spelling.mark else box

    def symbol(self, name: str, indices: list[str], *, current: bool = False) -> Box:
        """A symbol, with the mark of theta_t where it stands there."""
        spelling = self.convention.spelling(name, len(indices))
        box = parse(self._filled(spelling.plain, indices, current))
        for mark in (spelling.mark, self.convention.mark if current else ""):
            box = _marked(box, parse(mark)) if mark else box
        return box

    def _filled(self, template: str, indices: list[str], current: bool) -> str:
        template = template.replace("#t", self.convention.theta_t if current else self.convention.theta)
        template = template.replace("#*", joined(indices))
        for place, letter in enumerate(indices, start=1):
            template = template.replace(f"#{place}", letter)
        return template

    def size(self, name: str) -> Box:
        return parse(self.convention.size(name))

    # Brackets.

    def scriptable(self, piece: Piece) -> Box:
        """The piece so that a script may stand at it."""
        raised = isinstance(piece.box, Scripted) and piece.box.above is not None
        return piece.box if piece.hold == Hold.ATOM and not raised else Brackets(piece.box)

    def operand(self, piece: Piece) -> Box:
        """The piece behind an operator without brackets of its own: a gradient, a sum sign."""
        if piece.hold == Hold.FRACTION:
            return Brackets(piece.box, soft=True)
        return piece.box if piece.hold > Hold.PRODUCT else Brackets(piece.box)

    def product(self, nodes: tuple[Formula, ...], letters: Letters) -> Piece:
        """Factors side by side."""
        pieces = [self.piece(node, letters) for node in nodes]
        parts: list[Box] = []
        for place, (node, piece) in enumerate(zip(nodes, pieces, strict=True)):
            last = place == len(nodes) - 1
            box = self._factor(node, piece, last)
            if parts:
                parts += self._gap(parts[-1], pieces[place - 1], box)
            parts.append(box)
        end = pieces[-1] if parts[-1] == pieces[-1].box else Piece(parts[-1], Hold.ATOM)
        return Piece(row(*parts), Hold.PRODUCT, end.open, end.reach)

    def _factor(self, node: Formula, piece: Piece, last: bool) -> Box:
        if piece.hold == Hold.FRACTION:
            return Brackets(piece.box, soft=True)
        if piece.hold == Hold.SUM or isinstance(node, Multiply):
            return Brackets(piece.box)
        if last or (piece.hold > Hold.PRODUCT and not piece.open):
            return piece.box
        return piece.closed or Brackets(piece.box)

    @staticmethod
    def _gap(before: Box, piece: Piece, behind: Box) -> list[Box]:
        if _begins_with_digit(behind):
            return [SPACE, Sign(r"\cdot"), SPACE]
        plain = isinstance(behind, Sign) or (isinstance(behind, Scripted) and isinstance(behind.base, Sign))
        if (isinstance(before, Brackets) and _is_bracketed(before) and _is_bracketed(behind)) or (
            isinstance(before, Sign) and before.tex.isdigit() and plain
        ):
            return []
        return [THIN] if piece.hold == Hold.CALL or before == piece.closed else [SPACE]

    # Formulas.

    @singledispatchmethod
    def piece(self, node: Formula, letters: Letters) -> Piece:
        """The piece of a formula whose free indices are written as ``letters`` says."""
        raise UnsupportedError(f"no way to write a {type(node).__name__}")

    @piece.register
    def _(self, node: Number, letters: Letters) -> Piece:
        value = node.value
        size: Box = _digits(abs(value.numerator))
        if value.denominator != 1:
            size = Fraction(size, _digits(value.denominator), small=True)
        if value < 0:
            return Piece(row(Sign("-"), size), Hold.SUM)
        return Piece(size, Hold.ATOM if value.denominator == 1 else Hold.FRACTION)

    @piece.register
    def _(self, node: Pi, letters: Letters) -> Piece:
        return Piece(Sign(r"\pi"), Hold.ATOM)

    @piece.register
    def _(self, node: SizeNumber, letters: Letters) -> Piece:
        return Piece(self.size(node.size.name), Hold.ATOM)

    @piece.register
    def _(self, node: Reference, letters: Letters) -> Piece:
        current = node.symbol.role == "current"
        return _named_piece(self.symbol(node.symbol.name, self._indices(node.indices, letters), current=current))

    @piece.register
    def _(self, node: Named, letters: Letters) -> Piece:
        indices = self._indices(node.indices, letters)
        current = node.time == "current"
        return _named_piece(self.name(node.definition.name, indices, current=current, moves=_has_parameters(node.definition)))

    @piece.register
    def _(self, node: Add, letters: Letters) -> Piece:
        parts: list[Box] = []
        end = Piece(Row(()), Hold.ATOM)
        for place, term in enumerate(node.terms):
            negative, size = _signed(term)
            later = {letters[index] for other in node.terms[place + 1 :] for index in free_indices(other)}
            end = self.piece(size, letters)
            if end.hold == Hold.SUM or end.reach & later:
                end = Piece(Brackets(end.box), Hold.ATOM)
            if place:
                parts += [SPACE, Sign("-" if negative else "+"), SPACE]
            elif negative:
                parts.append(Sign("-"))
            parts.append(end.box)
        return Piece(row(*parts), Hold.SUM, end.open, end.reach)

    @piece.register
    def _(self, node: Multiply, letters: Letters) -> Piece:
        negative, size = _signed(node)
        if negative:
            piece = self.piece(size, letters)
            box = Brackets(piece.box) if piece.hold == Hold.SUM else piece.box
            return Piece(row(Sign("-"), box), Hold.SUM, piece.open, piece.reach)
        return self.product(node.factors, letters)

    @piece.register
    def _(self, node: MatrixProduct, letters: Letters) -> Piece:
        return self.product(node.factors, letters)

    @piece.register
    def _(self, node: Divide, letters: Letters) -> Piece:
        above, below = self.piece(node.numerator, letters), self.piece(node.denominator, letters)
        loose = above.hold in (Hold.SUM, Hold.FRACTION) or above.open
        top: Box = Brackets(above.box, soft=True) if loose else above.box
        bottom: Box = Brackets(below.box, soft=True) if below.hold < Hold.CALL else below.box
        return Piece(Fraction(top, bottom), Hold.FRACTION)

    @piece.register
    def _(self, node: Power, letters: Letters) -> Piece:
        exponent = _on_one_line(self.piece(node.exponent, letters).box)
        return Piece(_raised(self.scriptable(self.piece(node.base, letters)), exponent), Hold.ATOM)

    @piece.register
    def _(self, node: Exp, letters: Letters) -> Piece:
        return self._call(r"\exp", self.piece(node.argument, letters))

    @piece.register
    def _(self, node: Log, letters: Letters) -> Piece:
        word, argument = self.convention.logarithm, self.piece(node.argument, letters)
        closed = self._call(word, argument)
        if argument.hold == Hold.FRACTION or argument.hold >= Hold.CALL or isinstance(node.argument, (Sum, Product)):
            inside = self.operand(argument)
            box = row(Sign(word), *(() if isinstance(inside, Brackets) else (SPACE,)), inside)
            return Piece(box, Hold.PREFIX, True, argument.reach, closed.box)
        return closed

    @piece.register
    def _(self, node: Function, letters: Letters) -> Piece:
        if node.name == "gamma" and isinstance(node.arguments[0], Add) and node.arguments[0].terms[-1] == ONE:
            rest = self.piece(add(*node.arguments[0].terms[:-1]), letters)  # Gamma(x + 1) is x!
            return Piece(row(self.scriptable(rest), Sign("!")), Hold.CALL)
        if node.name not in FUNCTIONS:
            raise UnsupportedError(f"no way to write the function {node.name!r}")
        return self._call(FUNCTIONS[node.name].tex, *(self.piece(part, letters) for part in node.arguments))

    def _call(self, word: str, *arguments: Piece) -> Piece:
        inside = [part for piece in arguments for part in (Sign(","), SPACE, piece.box)][2:]
        return Piece(row(parse(word), Brackets(row(*inside))), Hold.CALL)

    @piece.register
    def _(self, node: Apply, letters: Letters) -> Piece:
        """``p(i, z | theta)``: the indices, then the arguments behind a bar."""
        indices: list[Box] = [parse(letter) for letter in self._indices(node.indices, letters)]
        arguments = [_on_one_line(self.piece(part, letters).box) for part in node.arguments]
        bar = [SPACE, Sign(r"\mid"), SPACE] if indices and arguments else []
        inside = row(*_with_commas(indices), *bar, *_with_commas(arguments))
        # A note's function is called by all of its pattern, p(x, z | \theta).
        head = node.function.name.partition("(")[0].split(" ")[0] or node.function.name
        letter = parse(head if head.startswith("\\") else generic(head))
        return Piece(row(letter, *([Brackets(inside)] if indices or arguments else [])), Hold.CALL)

    @piece.register
    def _(self, node: Delta, letters: Letters) -> Piece:
        return Piece(parse(f"\\delta_{{{joined(self._indices((node.left, node.right), letters))}}}"), Hold.ATOM)

    @piece.register(Sum)
    @piece.register(Product)
    def _(self, node: Sum | Product, letters: Letters) -> Piece:
        letter = self._letter(node.index, letters.values())
        bounds = node.index.range
        start = row(parse(letter), Sign("="), _digits(bounds.lower) if bounds.lower >= 0 else Sign(str(bounds.lower)))
        if bounds.abstract:
            body = self.piece(node.body, {**letters, node.index: letter})
            inside = body.box if body.hold == Hold.PRODUCT else self.operand(body)
            box = row(Sign(r"\int"), SPACE, inside, THIN, Sign("d"), parse(letter))
            return Piece(box, Hold.PREFIX, True, frozenset((letter,)))
        sign = Sign(r"\sum" if isinstance(node, Sum) else r"\prod")
        body = self.piece(node.body, {**letters, node.index: letter})
        inside = body.box if body.hold == Hold.PRODUCT else self.operand(body)
        reach = body.reach | {letter} if inside == body.box else frozenset((letter,))
        return Piece(row(Scripted(sign, start, self.size(bounds.upper.name)), SPACE, inside), Hold.PREFIX, True, reach)

    @piece.register
    def _(self, node: Transpose, letters: Letters) -> Piece:
        return Piece(_raised(self.scriptable(self.piece(node.argument, letters)), Sign("T")), Hold.ATOM)

    @piece.register
    def _(self, node: Inverse, letters: Letters) -> Piece:
        argument = self.piece(node.argument, letters)
        base = argument.box if isinstance(node.argument, Diagonal) else self.scriptable(argument)
        return Piece(_raised(base, row(Sign("-"), Sign("1"))), Hold.ATOM)

    @piece.register
    def _(self, node: Determinant, letters: Letters) -> Piece:
        return Piece(Brackets(self.piece(node.argument, letters).box, bars=True), Hold.ATOM)

    @piece.register
    def _(self, node: Trace, letters: Letters) -> Piece:
        return self._call(r"\operatorname{tr}", self.piece(node.argument, letters))

    @piece.register
    def _(self, node: Diagonal, letters: Letters) -> Piece:
        return self._call(r"\operatorname{diag}", self.piece(node.argument, letters))

    @piece.register
    def _(self, node: DiagonalPart, letters: Letters) -> Piece:
        return self._call(r"\operatorname{diagonal}", self.piece(node.argument, letters))

    @piece.register
    def _(self, node: Cholesky, letters: Letters) -> Piece:
        return self._call(r"\operatorname{chol}", self.piece(node.argument, letters))

    @piece.register
    def _(self, node: Identity, letters: Letters) -> Piece:
        return Piece(Sign("I"), Hold.ATOM)

    @piece.register
    def _(self, node: Component, letters: Letters) -> Piece:
        argument = self.piece(node.argument, letters)
        entries = self._indices(node.indices, letters)
        below = parse(joined(entries))
        box = argument.box
        if isinstance(node.argument, Reference) and isinstance(box, (Sign, Scripted)) and not _is_bracketed(box):
            held = box if isinstance(box, Scripted) else Scripted(box)
            below = row(held.below, Sign(","), below) if held.below else below
            return Piece(Scripted(held.base, below, held.above), Hold.ATOM)
        return Piece(Scripted(self.scriptable(argument), below), Hold.ATOM)

    @piece.register
    def _(self, node: Derivative, letters: Letters) -> Piece:
        body, by = self.piece(node.body, letters), self.piece(node.by, letters).box
        named = isinstance(node.body, (Named, Reference))
        entrywise = node.convention == "entry" or len(node.by.shape) < 2
        if named and entrywise and (node.by.shape == () or getattr(node.body, "indices", ())):
            return Piece(Fraction(row(Sign(r"\partial"), SPACE, body.box), row(Sign(r"\partial"), SPACE, by)), Hold.FRACTION)
        operator: Box = Scripted(Sign(r"\nabla"), by, None if entrywise else parse(_SYMMETRY[node.convention]))
        if node.by.shape == ():
            operator = Fraction(Sign(r"\partial"), row(Sign(r"\partial"), SPACE, by))
        return Piece(row(operator, SPACE, self.operand(body)), Hold.PREFIX, True, body.reach)

    @piece.register
    def _(self, node: AtEqual, letters: Letters) -> Piece:
        condition = row(parse(self.convention.theta_t), SPACE, Sign("="), SPACE, parse(self.convention.theta))
        return self._evaluated(self.piece(node.body, letters), condition)

    @piece.register
    def _(self, node: Substitute, letters: Letters) -> Piece:
        body = self.piece(node.body, letters)
        if isinstance(node.replacement, Named) and node.replacement.definition.name == node.symbol.name:
            return body  # a symbol put in for the abbreviation of its own name reads the same without the bar
        # The replacement holds for every value of its formal indices; their letters may be those of the body.
        outer = {index: letters[index] for index in free_indices(node.replacement) - frozenset(node.indices)}
        inner = dict(outer)
        for index in node.indices:
            inner[index] = self._letter(index, inner.values())
        name = self.symbol(node.symbol.name, self._indices(node.indices, inner), current=node.symbol.role == "current")
        value = _on_one_line(self.piece(node.replacement, inner).box)
        return self._evaluated(body, row(name, SPACE, Sign(":="), SPACE, value))

    @staticmethod
    def _evaluated(body: Piece, condition: Box) -> Piece:
        inside = body.box if body.hold >= Hold.CALL else Brackets(body.box, soft=body.hold > Hold.PRODUCT)
        return Piece(EvaluationBar(inside, condition), Hold.CALL)


def joined(indices: list[str]) -> str:
    """Indices in a row, with commas where two could be read as one: ``nk``, ``1,12``."""
    return ("" if all(len(index) == 1 and index.isalpha() for index in indices) else ",").join(indices)


def _with_commas(boxes: list[Box]) -> list[Box]:
    return [part for box in boxes for part in (Sign(","), SPACE, box)][2:]


def _named_piece(box: Box) -> Piece:
    if not isinstance(box, Row):
        return Piece(box, Hold.ATOM)
    if box.parts[0] in (Sign(r"\ln"), Sign(r"\log")):
        return Piece(box, Hold.PREFIX, True)
    return Piece(box, Hold.CALL)


def _signed(node: Formula) -> tuple[bool, Formula]:
    """Whether a term stands behind a minus sign, and the term without it."""
    if isinstance(node, Number) and node.value < 0:
        return True, Number(-node.value)
    if isinstance(node, Multiply) and len(node.factors) > 1:
        first = node.factors[0]
        if isinstance(first, Number) and first.value < 0:
            rest = node.factors[1:] if first.value == -1 else (Number(-first.value), *node.factors[1:])
            return True, rest[0] if len(rest) == 1 else Multiply(rest)
    return False, node


def _has_parameters(definition: Definition) -> bool:
    """Whether the value depends on the free parameters."""
    return any(
        node.symbol.role == "param"
        if isinstance(node, Reference)
        else isinstance(node, Named) and node.time == "free" and _has_parameters(node.definition)
        for node in walk(definition.body)
    )


def _marked(box: Box, mark: Box) -> Box:
    """A name with a mark above it, beside what stands there; a power stays outside."""
    held = box if isinstance(box, Scripted) else Scripted(box)
    if held.above is None:
        return Scripted(held.base, held.below, mark)
    if isinstance(held.above, Sign) and held.above.tex.isdigit():
        return Scripted(Brackets(_marked(Scripted(held.base, held.below), mark)), None, held.above)
    return Scripted(held.base, held.below, row(held.above, Sign(","), mark))


def _raised(base: Box, above: Box) -> Box:
    held = base if isinstance(base, Scripted) and base.above is None else Scripted(base)
    return Scripted(held.base, held.below, above)


def _digits(value: int) -> Box:
    return Sign(str(value))


def _on_one_line(box: Box) -> Box:
    """Fractions as ``a/b``: for places too small for a fraction."""
    if isinstance(box, Fraction):
        return row(_on_one_line(_hard(box.above)), Sign("/"), _on_one_line(_hard(box.below)))
    if isinstance(box, Row):
        return row(*(_on_one_line(part) for part in box.parts))
    if isinstance(box, Brackets):
        return Brackets(_on_one_line(box.inside), box.bars, soft=False)
    if isinstance(box, Scripted):
        above = box.above and _on_one_line(box.above)
        return Scripted(_on_one_line(box.base), box.below and _on_one_line(box.below), above)
    return box


def _hard(box: Box) -> Box:
    return Brackets(box.inside, box.bars) if isinstance(box, Brackets) else box


def _is_bracketed(box: Box) -> bool:
    held = box.base if isinstance(box, Scripted) else box
    return isinstance(held, Brackets) and not held.bars and not held.soft


def _begins_with_digit(box: Box) -> bool:
    if isinstance(box, Row):
        return bool(box.parts) and _begins_with_digit(box.parts[0])
    if isinstance(box, Scripted):
        return _begins_with_digit(box.base)
    if isinstance(box, Fraction):
        return _begins_with_digit(box.above)
    if isinstance(box, Brackets):
        return box.soft and _begins_with_digit(box.inside)
    return isinstance(box, Sign) and box.tex[:1].isdigit()
