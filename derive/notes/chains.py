"""From the rows of a display to claims: what each row says of the row before it.

A display is a chain. A row that begins with a relation speaks of the row before; one with a left side of its own begins anew; one
that begins with a sign goes on with the row before.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from derive.algebra.prove import Proof, prove
from derive.claims import BOUNDS, Assumption, Claim, Reading, Relation
from derive.errors import DeriveError, ReadingError
from derive.formula import (
    ONE,
    ZERO,
    Add,
    Apply,
    AtEqual,
    Component,
    Delta,
    Derivative,
    Divide,
    Formula,
    Fresh,
    Identity,
    Log,
    Multiply,
    Named,
    Number,
    Power,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    are_generic,
    at_time,
    dimensions,
    free_indices,
    multiply,
    negate,
    rebuild,
    rename,
    unfold,
    walk,
    walk_unfolded,
)
from derive.notation.conventions import Convention
from derive.notation.declarations import Abbreviation, Dictionary, Fact, Letter, Posterior
from derive.notation.latex_reader import FUNCTIONS, UNSIZED, Reader, Scope, alike, is_derivative, shared_letters
from derive.notation.model import EXPECTATION_NAMES
from derive.notation.probabilities import LOG_LIKELIHOOD
from derive.notation.spellings import DENSITY_NAMES, arguments_of, plain, require_plain, sign_at, spelling, template
from derive.notation.surface import QUAD, SAME, SPACES, Item, Items, Token, tokens
from derive.notes import Display, Place, Row, Source
from derive.symbols import INTEGERS, SUMS_TO_ONE, Domain, Index, IndexLike, Range, Size, Symbol

Status = Literal["claim", "defined", "skipped", "unread"]

RELATIONS = {
    "=": "=",
    "=!": "=",
    "le": "<=",
    "<": "<",
    "ge": ">=",
    ">": ">",
    "propto": "proportional to",
    ":=": "defines",
    "equiv": "defines",
    "leftarrow": "defines",
    "approx": "approximately",
    "sim": "is distributed as",
    "simeq": "approximately",
}
_BOUNDS: Mapping[str, Relation] = {bound: bound for bound in BOUNDS}
IMPLICATIONS = ("implies", "iff", "to")
BOTH_WAYS = "iff"
NEW_VALUE = re.compile(
    r"[(\[]?[a-z]\+1[)\]]?|\*|cdot|\\?ast|\\?star|\\?prime|new|next|updated?|ml|mle|map|mm|em|ls|ols|opt|best|est", re.IGNORECASE
)
"""Marks of a new value: w^*, w^{new}, w^{(t+1)}, w_{ML}; no other letters are (w^{old} is no new value)."""
EXTREMES = ("maximises", "maximizes", "maximise", "maximize", "minimises", "minimizes", "minimise", "minimize")
HINT_WORDS = (
    "let",
    "free",
    "define",
    "skip",
    "expect",
    "from",
    "solves",
    "solve",
    *EXTREMES,
)
CLOSED = ("nonnegative", "closed simplex", "bool", "count")
"""Domains with a border of their own."""
SUMMED: Mapping[str, Domain] = {"bool": "one-hot", "nonnegative": "closed simplex", "positive": "simplex", "unit": "simplex"}


@dataclass(frozen=True, slots=True)
class RowClaim:
    """One claim of a row: the ways in which it may be meant, the first that holds counts; and how it is written."""

    alternatives: tuple[Claim, ...]
    relation: str
    span: tuple[int, int]
    used: bool = False
    """Whether the row may set an equation to be used: then it is a claim only if it holds."""
    hedge: str = ""
    """Why the claim cannot be refuted even where it fails: the row before, or an assumption, could not be read."""
    kinks: str = ""
    """Why the claim cannot be refuted where one of its sides is not defined: an extremum may be at a kink."""

    @property
    def independent(self) -> tuple[Claim, ...]:
        """The ways to mean it, other than the last, that may hold though the last one fails."""
        last = self.alternatives[-1]
        return tuple(one for one in self.alternatives[:-1] if not _is_implied(last, one))


@dataclass(frozen=True, slots=True)
class Said:
    """Two sides and the sign between them, as they were read; without a left side where the row goes on from what stands before.

    ``before`` is what joins it to the statement before it in the row: an arrow, a comma, ``with`` for what stands below a brace.
    """

    left: Formula | None
    sign: str
    right: Formula
    before: str = ""
    maximised: bool = False
    """Whether the sides are the places where these objectives are largest."""


@dataclass(frozen=True, slots=True)
class RowReading:
    """What a row says: claims, a definition, nothing, or why it could not be read."""

    number: int
    place: Place
    end_line: int
    source: Source
    status: Status
    claims: tuple[RowClaim, ...] = ()
    relation: str | None = None
    message: str = ""
    code: str | None = None
    at: tuple[int, int] = (0, 1)
    notes: tuple[str, ...] = ()
    reason: str = ""
    idle: bool = False
    """Whether the row says nothing under this reading of the weights, whatever they are."""
    said: tuple[Said, ...] = ()
    """What is written, for showing it again; empty where that cannot be told in formulas."""


@dataclass(slots=True)
class Hints:
    define: bool = False
    skip: str | None = None
    expected: Literal["refuted"] | None = None
    solves: tuple[str, Items] | None = None
    maximises: tuple[str, Items] | None = None
    minimum: bool = False
    """Whether it is the least value that is sought."""
    fixed: Items = ()
    """What else is fixed, ``at \\mu_k = \\mu_k^{old}``: equations, or nothing."""
    text: str = ""
    """The hint by which rows are judged, as it is written."""
    source: str = ""
    """Of which displays the first row is said to follow."""


@dataclass(slots=True)
class DisplayReading:
    """The rows of a display under one reading of the weights."""

    rows: list[RowReading]
    weights: str
    undecided: bool
    label: str
    convention: Convention
    left: Formula | None = None
    expected: Literal["refuted"] | None = None


_SETS_TO_ZERO = re.compile(r"=(?:\s|&|\\[,;:!]|\{)*(?:\\(?:mathbf|boldsymbol|bm|vec)\s*\{?\s*)?0[\s.,;}\\]*$")


def joined(rows: list[Row]) -> Source:
    """Rows that go on from one another as one piece of text, so that offsets keep their places."""
    first = rows[0].source
    text = first.text
    for row in rows[1:]:
        here = first.at(len(text))
        there = row.source.place
        if there.line > here.line:
            text += "\n" * (there.line - here.line) + " " * max(0, there.column - 1 - first.prefix)
        else:
            text += " " * max(1, there.column - here.column)
        text += row.source.text
    return Source(text, first.place, first.prefix)


LONGEST_BRACKET = 4
"""How many rows a bracket may go on over."""
_CLOSED_FOR_NOW = re.compile(r"\\right\s*\.(?=\s*(?:\\nonumber|\\notag)?\s*$)")
_OPENED_AGAIN = re.compile(r"^(?:\s|&|\{\}|\\q?quad(?![A-Za-z])|\\[,;:!])*(\\left\s*\.)?")


def _seamless(rows: list[Row]) -> list[Row]:
    """Rows over which a bracket goes on: without the invisible brackets and the alignment marks between them."""
    texts = [row.source.text for row in rows]
    for k in range(1, len(texts)):
        begun = _OPENED_AGAIN.match(texts[k])
        ended = _CLOSED_FOR_NOW.search(texts[k - 1])
        if begun is None:
            continue
        head = begun[0].replace("&", " ")
        if begun[1] and ended is not None:
            head = head.replace(begun[1], " " * len(begun[1]))
            texts[k - 1] = texts[k - 1][: ended.start()] + " " * len(ended[0]) + texts[k - 1][ended.end() :]
        texts[k] = head + texts[k][begun.end() :]
    return [replace(row, source=replace(row.source, text=text)) for row, text in zip(rows, texts, strict=True)]


class DisplayReader:
    """Reads one display by a dictionary; definitions in it are added to the dictionary."""

    def __init__(self, dictionary: Dictionary, known: Mapping[str, Formula | None], *, weights: str = "held") -> None:
        self.own = dictionary
        self.known = known
        self.weights = weights
        self.hints = Hints()
        self.undecided = False
        self._taken_apart: dict[Row, Items | None] = {}

    def read(self, display: Display, *, base: Dictionary) -> DisplayReading:
        """The display's rows; ``base`` is the dictionary that later displays use: definitions are added to both."""
        rows: list[RowReading] = []
        self.base = base
        self.previous: Formula | None = None
        self.exact: Formula | None = None
        self.equation: tuple[Formula, Formula] | None = None
        self.left: Formula | None = None
        self.headed: Formula | None = None
        """The left side of the chain that is being read; ``left`` is that of the first one of the display."""
        self.followed: tuple[Formula | None, Formula | None] = None, None
        """The left side of the chain before it, and what stands behind its last sign, where all of its signs are equalities."""
        self.equally = True
        """Whether all signs of the chain so far say that things are equal."""
        self.resting = False
        """Whether the chain began with what follows from an equation that is set to be used."""
        self.chain_left: tuple[Formula, Items] = (ZERO, ())
        self.broken = False
        self.lost = False
        """Whether a row that sets something to zero could not be read."""
        self.pending: list[RowClaim] = []
        self.said: list[Said] = []
        self.untold = False
        """Whether the row says something that is not among these."""
        self.bridging = False
        self.jumped: set[str] = set()
        self.resumed = self.loosely = False
        self.premises: list[tuple[Formula, Formula]] = []
        self.equations: list[tuple[Formula, Formula]] = []
        self.system: list[tuple[Formula, Formula]] = []
        """The equations since the last arrow that one arrow may lead away from together."""
        self.arrived = False
        self.updated: frozenset[str] = frozenset()
        self.given: frozenset[str] = frozenset()
        """The parameters named by the hint of which a row of the display gives the value."""
        self.dependent: frozenset[str] = frozenset()
        self.tied: frozenset[str] = frozenset()
        """What assumptions tie to parameters, and moves with them."""
        self.unread_facts = ""
        self.opaque = False
        self.both_ways = False
        self.jointly = False
        self.best: list[tuple[Symbol, Formula]] = []
        """The values of parameters that a hint names together."""
        self.hinted = False
        self.renewed = False
        """Whether the left side is marked as a new value: on the right the bare letter is then the old one."""
        self.across: frozenset[str] = frozenset()
        self.below: list[Items] = []
        """The sides of the row below, by which it is told how far a sum goes on a left side that stands alone."""
        self.from_a_bound = False
        self.bare = False
        self.maximiser: tuple[Symbol, ...] = ()
        self.members: frozenset[str] = frozenset()
        self.chain_members: frozenset[str] = frozenset()
        self.chain_maximiser: tuple[Symbol, ...] = ()
        trouble = self._take_hints(display)
        self._strengthen()
        trouble = trouble or self._hint_not_understood()
        groups = self._groups(display)
        self._set_free(row for group in groups for row in group)
        self.updated = self._differentiated_by(display)
        ties = Reader(self.own).probabilities
        self.dependent = ties.dependent()
        tied = frozenset[str]().union(*(ties.moved_by(one.symbol) for one in self.own.letters if one.kind == "param"))
        self.tied = tied & self.dependent
        self.given = self._given_values(groups) if self.hints.maximises is not None else frozenset()
        for number, group in enumerate(groups, start=1):
            source = joined(group)
            following = groups[number] if number < len(groups) else None
            rows.append(self._row(number, group, source, following, trouble))
        return DisplayReading(
            rows, self.weights, self.undecided, display.label, self._convention(), self.left, self.hints.expected
        )

    def unread(self, display: Display, reason: str) -> DisplayReading:
        """The display's rows where, for this ``reason``, none of them was read."""
        rows = [
            RowReading(number, row.source.place, row.end_line, row.source, "unread", message=reason, code="limit")
            for number, row in enumerate(display.rows, start=1)
        ]
        return DisplayReading(rows, self.weights, False, display.label, self._convention())

    def _set_free(self, rows: Iterator[Row]) -> None:
        """A Lagrangian lives off the simplex: where one is written, or spoken of, the constraint is not known."""
        shown = [items for row in rows if (items := self._items(row)) is not None]
        for items in shown:
            self.own.freed |= _constraints(items, self.own)
        for entry in tuple(self.own.entries):
            if isinstance(entry, Abbreviation):
                freed = entry.freed | _constraints(entry.body, self.own)
                if freed and any(_mentions_entry(items, entry) for items in shown):
                    self.own.freed |= freed

    def _differentiated_by(self, display: Display) -> frozenset[str]:
        """The parameters by which gradients in the display are taken: what is constant in it is free of these."""
        heads = {item.text for row in display.rows for item in _differentials(self._items(row) or ())}
        return frozenset(x.name for x in self.own.letters if x.kind == "param" and x.spelling.head in heads)

    def _convention(self) -> Convention:
        """The note's letters, with theta_t and its mark as they are written there."""
        own = self.own.convention()
        written = Reader(self.own).probabilities.current_as_written
        if written is None:
            return own
        item = written[0]
        script = item.sups[-1] if item.sups else (item.sub or ())
        mark = template(spelling(script, lambda name: False)) if script else "'" * item.primes
        return replace(own, theta_t=template(spelling(written, lambda name: False)), mark=mark)

    def _strengthen(self) -> None:
        """Assumed sums of one tell of a domain: 0/1 entries that sum to one are one-hot, positive ones a simplex."""
        reader = Reader(self.own)
        self.told: set[str] = set()
        for fact in self.own.facts:
            narrowed = self._narrowed(fact, reader)
            if narrowed is not None:
                self.told.add(fact.text)
                self.own.domains[narrowed[0]] = narrowed[1]
            if fact.relation != "=" or plain(fact.right) != "1":
                continue
            try:
                total = reader.formula(fact.left)
            except DeriveError:
                continue
            body = total.body if isinstance(total, Sum) else None
            if not isinstance(total, Sum) or not isinstance(body, (Apply, Reference)):
                continue
            family = body.function.family if isinstance(body, Apply) else body.symbol.family
            if total.index not in body.indices or not are_generic(body.indices, family):
                continue  # of one row of a family it says nothing of the others
            if isinstance(body, Apply):
                self.told.add(fact.text)
                self.own.normalised[body.function.name] = body.indices.index(total.index)
            elif body.indices[-1] == total.index:
                domain = SUMMED.get(body.symbol.domain)
                if domain is not None:
                    self.told.add(fact.text)
                    self.own.domains[body.symbol.name] = domain

    def _narrowed(self, fact: Fact, reader: Reader) -> tuple[str, Domain] | None:
        """The letter of which an assumption tells the domain, for all its indices: ``\\tau > 0``, ``\\tau in positive``."""
        left, right, relation = fact.left, fact.right, fact.relation
        if plain(left) == "0" and relation in ("<", "le"):
            left, right, relation = right, left, {"<": ">", "le": "ge"}[relation]
        domain: Domain | None = None
        if relation in (">", "ge") and plain(right) == "0":
            domain = "positive" if relation == ">" else "nonnegative"
        elif relation == "in":
            domain = next((name for name in ("positive", "nonnegative", "unit") if plain(right) == name), None)
        met = reader.probabilities.lettered(left)
        if domain is None or met is None or met[1].extra_sub or met[1].extra_sups:
            return None
        letter = met[0]
        if letter.symbol.domain != "real" or letter.symbol.shape:
            return None
        slots = [self.own.indices.get(plain(met[1].slots[slot])) for slot in letter.spelling.slots]
        return (letter.name, domain) if are_generic(slots, letter.symbol.family) else None

    # Hints.

    def _take_hints(self, display: Display) -> ReadingError | None:
        for hint in display.hints:
            text = hint.text.strip()
            word, _, rest = text.partition(" ")
            try:
                if word not in HINT_WORDS and self.own.keyword == "let" and " in " in text:
                    text, word = f"let {text}", "let"
                if word in ("let", "free"):
                    self.own.declare(text)
                elif word == "define":
                    self.hints.define = True
                    self._require_one_hint(text)
                elif word == "skip":
                    self.hints.skip = rest.strip().strip("\"'") or "the author asked for no check"
                elif word == "expect":
                    if rest.strip() != "refuted":
                        raise ReadingError(f"what may be expected is 'refuted': {text!r}", 0, len(text), "hint")
                    self.hints.expected = "refuted"
                elif word == "from":
                    # Not used yet: the row is judged by itself, and is not refuted where a gradient is said to vanish there.
                    self._require_labels(rest)
                    self.hints.source = rest
                elif word in ("solves", "solve"):
                    label, _, symbol = rest.partition(" for ")
                    if label.partition("=")[2].strip() not in ("", "0"):
                        raise ReadingError(f"a solution of something else than = 0: {text!r}", 0, len(text), "hint")
                    self._require_one_hint(text)
                    symbol, _, fixed = symbol.partition(" at ")
                    self.hints.solves = label.partition("=")[0].strip().strip("()"), self.own.surface(symbol)
                    self.hints.fixed = self.own.surface(fixed)
                    self.hints.text = text
                elif word in EXTREMES:
                    label, _, symbol = rest.partition(" over ")
                    symbol, _, fixed = symbol.partition(" at ")
                    self._require_one_hint(text)
                    self.hints.text = text
                    self.hints.maximises = label.strip().strip("()"), self.own.surface(symbol)
                    self.hints.fixed = self.own.surface(fixed)
                    self.hints.minimum = word.startswith("min")
                else:
                    raise ReadingError(f"a hint that is not understood: '{text}'", 0, len(text), "hint")
            except ReadingError as error:
                return error
        return None

    def _require_one_hint(self, text: str) -> None:
        """That one hint says what a display is: a definition, a stationary point or a maximum.

        Raises:
            ReadingError: an earlier hint said something else.
        """
        defined = self.hints.define and not text.startswith("define")
        judged = bool(self.hints.text) and self.hints.text != text
        if defined or judged:
            earlier = self.hints.text if judged else "define"
            raise ReadingError(f"two hints that say different things: {earlier!r} and {text!r}", 0, len(text), "hint")

    def _hint_not_understood(self) -> ReadingError | None:
        """That what a hint names are parameters and nothing more: ``over u with t = b`` says more than is read."""
        reader = Reader(self.own)
        for part in _names(self._hinted_items):
            named = reader.probabilities.parameters_named(part) or reader.probabilities.all_parameters(part)
            if named or self._whole(part, reader) is not None:
                continue
            try:
                value = reader.formula(part)
            except DeriveError:
                value = ZERO
            if isinstance(value, Power) and isinstance(value.base, Reference) and value.base.symbol.domain == "positive":
                continue
            if not isinstance(value, Reference):
                return ReadingError(f"a hint that is not understood: '{self.hints.text}'", 0, 1, "hint")
        return None

    def _require_labels(self, text: str) -> None:
        """That the displays which a hint names are there.

        Raises:
            ReadingError: one is not.
        """
        for label in re.findall(r"[^\s(),]+", text):
            if label not in self.known and label != "and":
                shown = ", ".join(sorted(self.known)) or "(none)"
                raise ReadingError(
                    f"a hint names a display that is not known: {label!r}, expected one of {shown}", 0, len(text), "hint"
                )

    # Rows.

    def _items(self, row: Row) -> Items | None:
        """What stands in a row, taken apart once; None where that cannot be done."""
        if row not in self._taken_apart:
            try:
                self._taken_apart[row] = self.own.surface(row.source.text)
            except ReadingError:
                self._taken_apart[row] = None
        return self._taken_apart[row]

    def _groups(self, display: Display) -> list[list[Row]]:
        """Rows with those that go on from them."""
        groups: list[list[Row]] = []
        for row in self._with_whole_brackets(display.rows):
            items = self._items(row)
            if items is None:
                groups.append([row])
                continue
            if not items:
                continue
            signed = items[0].is_sign("+", "-", "cdot", "times", "/", "ast", "odot")
            aligned = row.source.text.lstrip().startswith("&")
            related = bool(groups) and self._is_related(groups[-1])
            anew = items[0].is_sign("-") and self._own_left(items) and related and not aligned
            bare = aligned and related and not self._own_left(items)
            goes_on = bool(groups) and ((signed and not anew) or bare or self._ends_open(groups[-1]))
            if goes_on:
                groups[-1].append(row)
            else:
                groups.append([row])
        return groups

    def _with_whole_brackets(self, rows: tuple[Row, ...]) -> Iterator[Row]:
        """The rows; those over which a bracket goes on, as in ``\\left[ a \\right. \\\\ &\\left. + b \\right]``, as one."""
        place = 0
        while place < len(rows):
            row, count = rows[place], 1
            if self._items(row) is None or _CLOSED_FOR_NOW.search(row.source.text):
                for several in range(2, min(LONGEST_BRACKET, len(rows) - place) + 1):
                    parts = _seamless(list(rows[place : place + several]))
                    reason = "; ".join(part.reason for part in parts if part.reason)
                    whole = replace(parts[0], source=joined(parts), end_line=parts[-1].end_line, reason=reason)
                    seams = any(_CLOSED_FOR_NOW.search(part.source.text) for part in parts)
                    if not seams and self._items(whole) is not None:
                        row, count = whole, several
                        break
            yield row
            place += count

    def _is_related(self, rows: list[Row]) -> bool:
        """Whether a relation stands in rows: without one what follows goes on with their left side."""
        return any(self._own_left(self._items(row) or ()) for row in rows)

    @staticmethod
    def _own_left(items: Items) -> bool:
        """Whether a relation with a left side of its own follows a sign: ``-a = b`` is a row by itself."""
        return any(item.kind == "sign" and (item.text in RELATIONS or item.text in IMPLICATIONS) for item in items)

    def _ends_open(self, rows: list[Row]) -> bool:
        items = self._items(rows[-1])
        return bool(items) and items[-1].is_sign("+", "-", "cdot", "times")

    def _row(
        self, number: int, group: list[Row], source: Source, following: list[Row] | None, trouble: ReadingError | None
    ) -> RowReading:
        text = source.text
        place = source.at(_first(text))
        made = RowReading(
            number, place, group[-1].end_line, source, "unread", reason="; ".join(row.reason for row in group if row.reason)
        )
        if self.hints.skip is not None:
            return replace(made, status="skipped", message=self.hints.skip)
        if trouble is not None:
            return replace(made, message=str(trouble), code=trouble.code)
        before = self.chain_left, group
        self.below = self._sides_of(following)
        reader = Reader(self.own, weights=self.weights, place=lambda offset: (source.at(offset).line, source.at(offset).column))
        try:
            if any(_has_second_cell(row.source.text) for row in group):
                raise ReadingError(
                    "a second cell behind a formula: a remark or a claim? try \\text{..} around a remark",
                    0,
                    len(text),
                    "ambiguous",
                )
            parts = _side_by_side(self.own.surface(text, wide=True), self.own)
            self.said, self.untold = [], False
            status, claims, relation = self._claims(parts, reader, following, number)
        except ReadingError as error:
            self._forget(before)
            message = _as_tex(str(error))
            if message.startswith(_OF_A_DECLARATION):
                # The place is one in the declaration, not in this row.
                return replace(made, message=message, code=error.code, at=(0, len(text)))
            told = _in_the_author_s_words(message, text[error.start : error.end])
            return replace(made, message=told, code=error.code, at=(error.start, error.end))
        except DeriveError as error:
            self._forget(before)
            return replace(made, message=_with_shapes(str(error)), code="ill-formed")
        except RecursionError:
            self._forget(before)
            return replace(made, message="nested too deeply", code="limit")
        except (ArithmeticError, AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
            self._forget(before)
            return replace(
                made, message=f"a defect of this program, please report it: {type(error).__name__}: {error}", code="defect"
            )
        if status == "defined" and APPROXIMATE in reader.notes:
            return replace(made, status="skipped", message=APPROXIMATE, relation=relation, said=self._told())
        self.undecided = self.undecided or reader.undecided_weights
        self.opaque = self.opaque or reader.probabilities.opaque_evidence or reader.probabilities.opaque_expectation
        if self.opaque and not (self.hints.solves or self.hints.maximises):
            claims = [
                claim if claim.relation == "propto" or _up_to_constant(claim) else replace(claim, hedge=OPAQUE)
                for claim in claims
            ]
        if claims and _RELATED.search(made.reason):
            reader.notes.add("what the remark says is not looked at")
        notes = tuple(sorted(reader.notes))
        return replace(made, status=status, claims=tuple(claims), relation=relation, notes=notes, said=self._told())

    def _told(self) -> tuple[Said, ...]:
        return () if self.untold else tuple(self.said)

    def _forget(self, before: tuple[tuple[Formula, Items], list[Row]]) -> None:
        """Behind a row that could not be read the next one is compared with the one before it, where that follows.

        It does behind ``= A``: what equals A equals what stands before it, if that does; likewise of what is proportional. What
        is said by bounds, approximations, constants, or of a left side of its own, breaks the chain.
        """
        self.chain_left, group = before
        self.broken, self.equation = True, None
        self.lost = self.lost or bool(_SETS_TO_ZERO.search(joined(group).text))
        if self.resumed:
            self.resumed = False
            return
        self.bridging = self.previous is not None
        for row in group:
            items = self._items(row)
            signs = [] if items is None else [RELATIONS[item.text] for item in items if _is_relation(item)]
            if items is None or (part_has_left(items) and row is group[0]):
                self.jumped.add("another left side")
            elif _mentions_constant(items, self.own) or not (signs or row is not group[0]):
                self.jumped.add("a constant")
            self.jumped |= set(signs)

    def _bridge(self, relation: str, side: Items, reader: Reader) -> None:
        """Compare a row with the one before those that could not be read, where it follows from it if they are right.

        Raises:
            ReadingError: it does not; the rows that come are compared with this one.
        """
        jumped, self.jumped = self.jumped, set()
        meaning = RELATIONS[relation]
        # A density that stands behind "proportional to" and is said to be equal may be meant up to a factor, too.
        equal = jumped <= {"="} and not (self.loosely and meaning == "=")
        if equal or (jumped <= {"=", "proportional to"} and meaning == "proportional to"):
            reader.notes.add("compared with the row before the one that could not be read, as if that were right")
            return
        self.previous, self.bridging = None, False
        if "another left side" not in jumped and meaning not in ("approximately", "defines", "is distributed as"):
            self.previous = self.exact = self._side(side, reader)
            self.resumed = True
        raise ReadingError(
            "the row before could not be read: there is nothing to compare with", side[0].start, side[-1].end, "previous"
        )

    def _claims(
        self, parts: list[Items], reader: Reader, following: list[Row] | None, number: int
    ) -> tuple[Status, list[RowClaim], str | None]:
        items, *beside = parts
        if not items:
            raise ReadingError("an empty row")
        arrow: str | None = None
        if items[0].kind == "sign" and items[0].text in IMPLICATIONS:
            arrow, items = items[0].text, items[1:]
        statements = [
            one for formula in (items, *beside) for sign, part in _split(formula, IMPLICATIONS) for one in _listed(sign, part)
        ]
        # What arrows lead away from is used; what stands in a list without one, or behind the last, is claimed.
        led_away = following is not None and self._begins_with_arrow(following)
        claims: list[RowClaim] = []
        status: Status = "defined"
        shown: str | None = None
        listed = len(statements) > 1 and statements[1][0] is None
        for place, (sign, part) in enumerate(statements):
            implied = (arrow if place == 0 else sign) is not None
            in_list = sign is None and place > 0 and self.arrived
            next_arrow = led_away or any(other is not None for other, _ in statements[place + 1 :])
            if not implied and self.arrived:
                self.system, self.arrived = [], False
                if next_arrow:
                    self.premises = []  # what was set before has led to its end, and another equation leads on
            premises = len(self.premises)
            self.both_ways = (arrow if place == 0 else sign) == BOTH_WAYS
            begun = len(self.said)
            one, relation = self._statement(part, reader, implied=implied, used=next_arrow, number=number)
            joint = (arrow if place == 0 else sign) or ("," if place else "")
            self.said[begun:] = [replace(said, before=joint if k == 0 else "") for k, said in enumerate(self.said[begun:])]
            if self.bridging and not part_has_left(part):
                one = [
                    replace(claim, hedge="the row before could not be read, and this one differs from the row before that")
                    for claim in one
                ]
            if number == 1 and self._from_a_slope():
                one = [
                    replace(claim, hedge="the row follows from another display, as its hint says: that is not used here")
                    for claim in one
                ]
            if in_list and not next_arrow:
                why = "what stands before the arrow may be meant for this, too: it is used for the first of them alone"
                one = [claim if claim.hedge else replace(claim, hedge=why) for claim in one]
            if self.lost:
                why = "a row above that sets something to zero could not be read, and this one may follow from it"
                one = [claim if claim.hedge else replace(claim, hedge=why) for claim in one]
            if self.unread_facts:
                one = [replace(claim, hedge=self.unread_facts) for claim in one]
            self.bridging = False
            self.arrived = implied or (in_list and not next_arrow)
            if not implied and self.equation is not None and (listed or len(self.premises) > premises):
                self.system.append(self.equation)
            claims += one
            for span, (sign, value, told) in reader.asides.items():
                meant: Relation = "=" if sign == "=" else _BOUNDS[RELATIONS[sign]]
                claims.append(RowClaim((self._claim(reader, value, meant, told),), RELATIONS[sign], span))
                self.said.append(Said(value, sign, told, "with"))
                status = "claim"
            reader.asides.clear()
            shown = shown or relation
            if one:
                status = "claim"
        return status, claims, ("implies" if arrow else shown)

    def _from_a_slope(self) -> bool:
        """Whether the hint names a display that begins with a derivative, as one does that sets it to zero."""
        named = (self.known.get(label) for label in re.findall(r"[^\s(),]+", self.hints.source))
        return any(left is not None and _is_slope(left) for left in named)

    def _begins_with_arrow(self, rows: list[Row]) -> bool:
        items = self._items(rows[0])
        return bool(items) and items[0].kind == "sign" and items[0].text in IMPLICATIONS

    def _statement(
        self, items: Items, reader: Reader, *, implied: bool, used: bool, number: int
    ) -> tuple[list[RowClaim], str | None]:
        parts = _split(items, tuple(RELATIONS))
        sides = [part for _, part in parts]
        relations = [sign for sign, _ in parts[1:] if sign is not None]
        claims: list[RowClaim] = []
        before_equation = self.equation
        self.hinted = False
        if before_equation is not None and before_equation not in self.equations:
            self.equations.append(before_equation)
        if not relations:
            if self.left is None:
                self.across = self._letters_across(self.below)
                value = self._estimated(sides[0], reader) or self._side(sides[0], reader)
                self.chain_maximiser, self.chain_members = self.maximiser, self.members
                self.left = self.headed = self.previous = self.exact = value
                self.chain_left, self.bare = (value, sides[0]), True
                self.said.append(Said(None, "", value, maximised=bool(self.maximiser)))
                return [], None
            raise ReadingError(
                "a row without a relation", sides[0][0].start if sides[0] else 0, sides[0][-1].end if sides[0] else 1
            )
        own_left = bool(sides[0])
        if not implied:
            self.from_a_bound = False
        if implied and not own_left:
            raise ReadingError("an arrow, and then a relation without a left side", items[0].start, items[0].end, "ill-formed")
        if not own_left and self.previous is None and not implied:
            if self.left is not None or self.broken:
                raise ReadingError(
                    "the row before could not be read: there is nothing to compare with", items[0].start, items[0].end, "previous"
                )
            raise ReadingError("a relation without a left side", items[0].start, items[0].end)
        if self.bridging and not own_left and self.jumped and sides[-1]:
            self._bridge(relations[0], sides[-1], reader)
        self.jumped = set()
        if self._is_definition(relations[0], sides, reader, number):
            return self._definition(sides, relations, reader)
        begins = own_left or self.bare
        self.bare = False
        if own_left:
            anew = RELATIONS[relations[0]] == "defines"
            self.across = self._letters_across(sides[1:])
            self.followed = (self.headed, self.previous) if self.equally else (None, None)
            self.headed, self.equally, self.resting = None, True, False
            renewed = self._estimated(sides[0], reader, anew=anew)
            self.renewed = renewed is not None
            left = renewed or self._side(sides[0], reader)
            self.across = frozenset()
            self.chain_maximiser, self.chain_members = self.maximiser, self.members
            self.left = left if self.left is None else self.left
            self.headed = left
            self.chain_left = left, sides[0]
            current, exact = left, left
        else:
            current = self.previous if self.previous is not None else ZERO
            exact = self.exact if self.exact is not None else current
        # Of the values of the parameters that it names a hint speaks in every row, else in the first.
        gives_value = begins and self._role != "" and self._is_named(current, reader)
        speaks = gives_value or (begins and self._role != "" and self.previous is None)
        for place, (relation, side) in enumerate(zip(relations, sides[1:], strict=True)):
            self.hinted = speaks and place == 0
            # What stands before the first sign is no new name here: the sign says that it is equal.
            meaning = "=" if place == 0 and RELATIONS[relation] == "defines" else RELATIONS[relation]
            last = place == len(relations) - 1
            if meaning == "defines":
                self._name_right(side, sides[place], reader)
                self.untold = True
                continue
            if not side:
                raise ReadingError("a relation without a right side", items[-1].start, items[-1].end)
            if meaning == "approximately":
                self.equally = False
                reader.notes.add(APPROXIMATE)
                before = current if own_left and place == 0 else None
                current = exact = self._side(side, reader)
                self.said.append(Said(before, relation, current))
                continue
            if meaning == "is distributed as":
                raise ReadingError(
                    "a distribution in a display is not read yet; try the density with =",
                    side[0].start,
                    side[-1].end,
                    "unsupported",
                )
            before = self.chain_maximiser
            if self.renewed and place == 0 and self._role == "maximises" and own_left:
                side = self._with_new_values(side, current, reader)
            right = self._side(side, reader)
            if own_left and place == 0 and (lone := reader.unpaired - {index.name for index in free_indices(right)}):
                raise ReadingError(
                    f"a sum over both letters, or with {min(lone)} free, where {min(lone)} stands nowhere else?",
                    items[0].start,
                    items[-1].end,
                    "ambiguous",
                )
            others = bool(self.members and self.chain_members) and self.members != self.chain_members
            if before and self.maximiser and (set(before) != set(self.maximiser) or others):
                raise ReadingError("maximisers over different parameters", side[0].start, side[-1].end, "ill-formed")
            if bool(before) != bool(self.maximiser):
                raise ReadingError(
                    "a maximiser and a value: one side is an argmax, the other is not", side[0].start, side[-1].end, "ill-formed"
                )
            current, right = alike(current, right)
            self.said.append(Said(current if own_left and place == 0 else None, relation, right, maximised=bool(self.maximiser)))
            if current.shape != right.shape and ZERO not in (current, right) and not self.maximiser:
                raise ReadingError(
                    f"two sides of different shapes: {dimensions(current.shape)} and {dimensions(right.shape)}",
                    side[0].start,
                    side[-1].end,
                    "ill-formed",
                )
            span = (side[0].start, side[-1].end)
            self.loosely = self.loosely or meaning == "proportional to" or self._constants(right)
            zero = right == ZERO or (own_left and place == 0 and current == ZERO)
            equation = (current, right)
            # A zero before a gradient, or before a chain from which an arrow leads away.
            sets = (_is_slope(right) and not _is_fixed(right)) or (used and not last)
            if own_left and place == 0 and meaning == "=" and current == ZERO and not implied and sets:
                # 0 = dQ/dmu (= ..): the gradient of an objective is set to zero, and is then written out.
                self.equation, current, exact = equation, right, right
                self.premises.append(equation)
                self.left = right if self.left == ZERO else self.left
                self.headed = right
                continue
            follows = (
                own_left
                and not implied
                and place == 0
                and meaning == "="
                and bool(self.premises)
                and not (self.hinted and gives_value)
                and not _is_slope(current)
                and not self.maximiser
                and not any(map(self._constants, equation))
            )
            set_anew = follows and used and len(relations) == 1 and not zero
            if relation == "=!" or (
                meaning == "="
                and zero
                and not follows
                and not (self.hinted and gives_value)
                and self._is_used(
                    current if right == ZERO else right,
                    last,
                    used,
                    relations=relations,
                    implied=implied,
                )
            ):
                self.equation = (current, right)
                self.premises.append(self.equation)
                if relation == "=!":
                    current = exact = right
                continue
            if follows:
                claims.append(self._following(equation, reader, span))
                if set_anew:
                    # That may be another equation to be used, and need not follow.
                    claims[-1] = replace(
                        claims[-1], hedge=claims[-1].hedge or "an arrow leads away from it: set, or said to follow?"
                    )
                self.equation, current, self.resting = equation, right, True
                exact = right if not self._constants(right) else exact
                continue
            if implied and place == 0 and self.from_a_bound:
                raise ReadingError(
                    "what follows from a bound, or up to a factor, is not read; state it by itself",
                    items[0].start,
                    items[-1].end,
                    "unsupported",
                )
            told_by_hint = self.hinted and gives_value
            arrives = implied and place == 0 and meaning == "=" and not self.maximiser
            arrives = arrives and not (told_by_hint and before_equation is None)
            if arrives:
                if before_equation is None and self.broken:
                    raise ReadingError(
                        "the row before could not be read: there is nothing that it follows from",
                        side[0].start,
                        side[-1].end,
                        "previous",
                    )
                hedge = self._by_constraint(before_equation, equation) or _for_every_member(before_equation, equation)
                hedge = hedge or self._by_others(before_equation, equation)
                if (moved := _moved_by_premise(before_equation, equation)) is not None:
                    by = moved.by.symbol.name
                    raise ReadingError(
                        f"the derivative by {by} of what moves with it, by what stands before the arrow: held, or not?",
                        side[0].start,
                        side[-1].end,
                        "ambiguous",
                    )
                if any(map(self._constants, equation)):
                    hedge = hedge or "a constant in what follows from something else may be any one: that is not used here"
                if before_equation is None:
                    hedge = "what this row follows from stands in another display, and is not used here"
                claims.append(RowClaim(self._implied(before_equation, equation, reader), "implies", span, hedge=hedge))
                if self.both_ways and before_equation is not None:
                    claims.append(RowClaim(self._implied(equation, before_equation, reader), "is implied by", span))
            if told_by_hint or not arrives:
                told = ("minimises" if self.hints.minimum else self._role) if self.hinted else relation
                self.jointly = False
                alternatives = self._related(meaning, current, exact, right, reader, side)
                if implied and place and meaning == "=" and before_equation is not None and not self.hinted:
                    # a = b implies a^2 = a b = b^2: each of the signs may use what stands before the arrow.
                    alternatives = (*alternatives, *self._implied(before_equation, equation, reader))
                hedge = "the hint names several parameters, and this row gives the value of one" if self.jointly else ""
                if self.resting and meaning == "=" and not self.maximiser:
                    # a = b below an equation that is used, and then b = c: each of the signs may use it.
                    firsts = [_difference(*premise) for premise in self.premises]
                    alternatives += tuple(self._claim(reader, one, "implies", _difference(*equation)) for one in firsts)
                    hedge = hedge or "this step may use the equations above that are set to be used; one at a time is used here"
                if implied and place and before_equation is not None:
                    hedge = hedge or self._by_constraint(before_equation, equation) or self._by_others(before_equation, equation)
                    if not hedge and self.own.freed and right == ONE:
                        hedge = "this step may use a constraint that was set free; it is not known here"
                if implied and place == 0 and meaning in BOUNDS:
                    hedge = "a bound that follows from what stands before the arrow: that is not used here"
                if implied and place == 0 and meaning == "proportional to":
                    hedge = "what is proportional by what stands before the arrow: that is not used here"
                stricter, of_latents = self._free_of_latents(alternatives, told, span, reader)
                claims += stricter
                if not stricter or any(claim.parameters for claim in alternatives):
                    claims.append(RowClaim((*alternatives, *of_latents), told, span, hedge=hedge))
                alone = used and own_left and not implied and len(relations) == 1
                by_a_factor = meaning == "proportional to" and isinstance(current, Reference) and current.symbol.role == "param"
                if alone and (meaning in BOUNDS or by_a_factor):
                    claims[-1] = replace(claims[-1], used=True)
                    self.from_a_bound = True
                set_up = not _is_quantity(current) or (self._parameters(right) and not self._parameters(current))
                if alone and meaning == "=" and set_up and not self.hinted:
                    claims[-1] = replace(claims[-1], used=True)
                claims += [replace(claim, span=span, hedge=hedge or claim.hedge) for claim in self.pending]
                self.pending = []
            self.equally = self.equally and meaning == "=" and not self._constants(right)
            if meaning == "=":
                starts = (own_left or implied) and place == 0
                if starts or self.headed is None or not self.equally:
                    # Behind a bound, or the like, only what stands beside the sign is said to be equal.
                    self.equation = equation
                elif not own_left:
                    self.equation = self.headed, right
            current = right
            exact = right if not self._constants(right) else exact
        self.previous, self.exact = current, exact
        self.hinted = False
        if gives_value and own_left and RELATIONS[relations[0]] == "defines" and not self._is_known(sides[0], reader):
            self._define(sides[0], sides[1])  # later rows may use the new value by its name
        return claims, relations[0]

    def _following(self, equation: tuple[Formula, Formula], reader: Reader, span: tuple[int, int]) -> RowClaim:
        """An equation below one that is to be used, as a gradient that vanishes: it holds by itself, or follows from that."""
        alternatives = [self._claim(reader, equation[0], "=", equation[1])]
        for before in self.premises:
            first = _difference(*before)
            alternatives.append(self._claim(reader, first, "implies", _difference(*equation)))
        last = self.premises[-1]
        hedge = self._by_constraint(last, equation) or _for_every_member(last, equation)
        if len(self.premises) > 1 or self._by_later(last, equation):
            hedge = "this step may use several of the equations before; one at a time is used here"
        return RowClaim(tuple(alternatives), "implies", span, hedge=hedge)

    def _by_later(self, last: tuple[Formula, Formula], equation: tuple[Formula, Formula]) -> bool:
        """Whether an equation behind the last one that is set to be used speaks of letters that only one of two has."""
        place = self.equations.index(last) + 1 if last in self.equations else len(self.equations)
        apart = set(_symbols(*last)) ^ set(_symbols(*equation))
        return any(apart & set(_symbols(*one)) for one in self.equations[place:])

    def _is_used(self, value: Formula, last: bool, used: bool, *, relations: list[str], implied: bool) -> bool:
        """Whether ``= 0`` sets an equation to be used rather than claiming that something vanishes."""
        if implied and len(relations) == 1:
            return False
        if not last:
            return False
        if used and not implied:
            return True
        body = self.headed if self.headed is not None and self.equally else value
        while isinstance(body, Component):
            body = body.argument
        if isinstance(value, Number) and value != ZERO:
            return False
        before, found = self.followed
        if body == value and before is not None and found is not None and _is_slope(before) and _are_multiples(value, found):
            body = before  # what the gradient was found to be is written anew
        return _is_slope(body) and not _is_fixed(body)

    def _by_constraint(self, before: tuple[Formula, Formula] | None, equation: tuple[Formula, Formula]) -> str:
        """Why a step to or from the value of a multiplier cannot be refuted: it may use the constraint that was set free."""
        alone = [side[0].symbol for side in (before, equation) if side is not None and isinstance(side[0], Reference)]
        # What loses the multiplier has used the constraint to find it.
        lost = before is not None and any(s.role in ("param", "const") for s in set(_symbols(*before)) - set(_symbols(*equation)))
        if not self.own.freed or (not lost and all(symbol.name in self.own.freed for symbol in alone)):
            return ""
        return f"this step may use the constraint on {', '.join(sorted(self.own.freed))} that was set free; it is not known here"

    def _by_others(self, before: tuple[Formula, Formula] | None, equation: tuple[Formula, Formula]) -> str:
        """Why a step cannot be refuted: it speaks of letters which the equation before does not have, and others have.

        Or several equations stand before the arrow, a system with letters in common.
        """
        old, own = set(_symbols(*(before or ()))), set(_symbols(*equation))
        others = [one for one in self.equations if one != before and (own - old) & set(_symbols(*one))]
        if len(self.system) > 1:
            others += [one for one in self.system if one != before and (own | old) & set(_symbols(*one))]
        return "this step may use several of the equations before; one at a time is used here" if others else ""

    # Sides.

    def _formula(self, items: Items, reader: Reader) -> Formula:
        outer = shared_letters(self.headed) if self.headed is not None else self.across
        return reader.formula(items, Scope(outer=outer, behind=self.headed is not None))

    def _given_values(self, groups: list[list[Row]]) -> frozenset[str]:
        """The names of the parameters that stand, or of which a power stands, alone on the left of a row."""
        reader, found = Reader(self.own, weights=self.weights), set[str]()
        for sides in map(self._sides_of, groups):
            with contextlib.suppress(DeriveError, RecursionError, IndexError):
                _, value = self._unmarked(sides[0][0], reader) if len(sides[0]) == 1 else (None, reader.formula(sides[0]))
                found |= _names_of_value(value)
        return frozenset(found)

    def _sides_of(self, group: list[Row] | None) -> list[Items]:
        """The sides of the relations in a row, as far as it can be taken apart."""
        try:
            items = self.own.surface(joined(group).text, wide=True) if group else ()
        except ReadingError:
            return []
        return [side for _, side in _split(items, tuple(RELATIONS)) if side]

    def _letters_across(self, sides: list[Items]) -> frozenset[str]:
        """The letters that stand free on the other sides, by which it is told how far a sum on the left one goes."""
        found: frozenset[str] = frozenset()
        for side in sides:
            with contextlib.suppress(DeriveError, RecursionError):
                found |= shared_letters(Reader(self.own, weights=self.weights).formula(side))
        return found

    @staticmethod
    def _two_sides(reader: Reader, left: Items, right: Items, scope: Scope | None = None) -> tuple[Formula, Formula]:
        """Two sides of an equation, of which each tells by its letters how far a sum on the other one goes."""
        scope = scope or Scope()
        across = frozenset[str]()
        with contextlib.suppress(DeriveError, RecursionError):
            across = shared_letters(reader.formula(right, scope))
        first = reader.formula(left, replace(scope, outer=scope.outer | across))
        return first, reader.formula(right, replace(scope, outer=scope.outer | shared_letters(first), behind=True))

    def _side(self, items: Items, reader: Reader) -> Formula:
        """A side of a relation; of ``argmax A`` the objective A, with a word that it is one."""
        self.maximiser, self.members = (), frozenset()
        first = items[0] if items else None
        if first is not None and first.kind == "letter" and first.text in ("argmax", "argmin"):
            require_plain(first, sub=True)
            if first.sub is None:
                raise ReadingError("an argmax that does not say over what", first.start, first.end, "ambiguous")
            names = [
                letter for part in _names(first.sub) if (letter := reader.probabilities.letter_of(part, whole=True)) is not None
            ]
            self.members = frozenset(plain(part) for part in _names(first.sub)) if names else frozenset()
            together = reader.probabilities.parameters_named(first.sub)
            self.maximiser = tuple(letter.symbol for letter in names) or tuple(
                letter.symbol for letter in self.own.letters if letter.name in together
            )
            if not self.maximiser:
                raise ReadingError(
                    f"an argmax over something that is no parameter: {plain(first.sub)}", first.start, first.end, "undeclared"
                )
            value = self._formula(items[1:], reader)
            return value if first.text == "argmax" else negate(value)
        return self._formula(items, reader)

    def _is_definition(self, relation: str, sides: list[Items], reader: Reader, number: int) -> bool:
        """Whether a relation gives a name to something new; what is declared has its meaning, and keeps it.

        Raises:
            ReadingError: it would give another meaning to a declared letter.
        """
        left = sides[0]
        defines = RELATIONS[relation] == "defines"
        asked = self.hints.define and number == 1 and RELATIONS[relation] == "="
        if not left or not (defines or asked):
            return False
        if defines and self._estimated(left, reader, anew=True) is not None:
            return False  # an update or an estimate, of which the hint says what it is
        if reader.probabilities.letter_of(left) is not None:
            raise _declared_already(left)
        if left[0].text == LOG_LIKELIHOOD and not self.own.is_taken(LOG_LIKELIHOOD):
            return True  # what the model would say of it gives way to what the note says
        if relation == "equiv" and self._is_known(left, reader):
            raise ReadingError("an identity between declared quantities; try =", left[0].start, left[-1].end, "ambiguous")
        return not self._has_meaning(left, sides[1], reader)

    def _has_meaning(self, left: Items, right: Items, reader: Reader) -> bool:
        """Whether a left side means something already that a definition of it can be held against: a probability, a mean.

        Raises:
            ReadingError: it means something that no definition may change.
        """
        for entry in self.own.by_head(left[0].text):
            if isinstance(entry, Abbreviation) and plain(entry.spelling.items) == plain(left):
                if plain(entry.body) == plain(right):
                    return False
                if entry.text:
                    return True  # what is declared keeps its meaning: both sides are compared
                if above := self._resting_on(entry):
                    raise ReadingError(
                        f"{plain(left)} was defined before, and {above} rests on it; try another name",
                        left[0].start,
                        left[-1].end,
                        "ambiguous",
                    )
                return False
        if plain(left) in (*self.own.sizes, *self.own.indices, "\\pi"):
            raise _declared_already(left)
        head, *rest = left
        called = len(rest) == 1 and rest[0].kind == "fence"
        if (rest and not called) or (head.kind == "letter" and not rest and head == head.bare):
            return False  # a lone letter may be taken for anything, a sum or a product is no name
        if called and head.text in EXPECTATION_NAMES and (not self.own.statements or rest[0].text == "()"):
            return False  # E(w) is an error of w
        if called and self.own.statements and head.text in (*DENSITY_NAMES, *EXPECTATION_NAMES):
            try:
                self._formula(left, reader)
            except ReadingError as error:
                if error.code != "undeclared":
                    raise  # the model speaks of it
                return False
            return True
        if not self._is_known(left, reader) or self._constants(reader.formula(left)):
            return False
        if not called:
            raise _declared_already(left)
        return True

    def _resting_on(self, entry: Abbreviation) -> str:
        """What else was said by the help of an abbreviation: the name of an abbreviation, an assumption, or nothing."""
        for other in self.own.entries:
            if isinstance(other, (Abbreviation, Posterior)) and other is not entry and _mentions_entry(other.body, entry):
                return plain(other.spelling.items)
        for fact in self.own.facts:
            if _mentions_entry(fact.left, entry) or _mentions_entry(fact.right, entry):
                return f"the assumption {fact.text}"
        for statement in self.own.statements:
            if any(_mentions_entry(argument.items, entry) for argument in statement.arguments):
                return f"the distribution of {', '.join(plain(target.items) for target in statement.targets)}"
        return ""

    def _is_known(self, items: Items, reader: Reader) -> bool:
        try:
            reader.formula(items)
        except DeriveError:
            return False
        return True

    def _definition(self, sides: list[Items], relations: list[str], reader: Reader) -> tuple[list[RowClaim], str | None]:
        self._define(sides[0], sides[1])
        self._name_arguments(sides[0])
        again = Reader(self.own, weights=self.weights, place=reader.place)
        # How far a sum on the right goes is told by the letters of the name.
        self.followed, self.headed = (None, None), None
        self.headed = self._named(sides[0], again)
        value = self._side(sides[1], again)
        self.undecided = self.undecided or again.undecided_weights
        reader.notes |= again.notes
        self.left = self.left if self.left is not None else self.headed or self._formula(sides[0], again)
        self.chain_left = value, sides[1]  # of a new name all is known by what it is given
        self.previous = self.exact = value
        self._say(sides[0], relations[0], value)
        claims: list[RowClaim] = []
        current = value
        for relation, side in zip(relations[1:], sides[2:], strict=True):
            right = self._side(side, again)
            self.said.append(Said(None, relation, right))
            claims.append(
                RowClaim(
                    self._related(RELATIONS[relation], current, current, right, again, side),
                    relation,
                    (side[0].start, side[-1].end),
                )
            )
            self.previous = self.exact = current = right
        return claims, relations[0]

    def _say(self, name: Items, sign: str, value: Formula) -> None:
        """Take down a definition, for showing it again."""
        named = self._named(name, Reader(self.own, weights=self.weights))
        self.untold = self.untold or named is None
        self.said += [Said(named, sign, value)] if named is not None else []

    @staticmethod
    def _named(name: Items, reader: Reader) -> Formula | None:
        """What a new name stands for, where it can be read by itself."""
        try:
            return reader.formula(name)
        except (DeriveError, RecursionError):
            return None

    def _name_arguments(self, left: Items) -> None:
        """The undeclared letters among a function's arguments stand for numbers while its own definition is read."""
        for item in left:
            if item.kind == "fence":
                for argument in arguments_of(item.parts[0]):
                    one = argument.items[0] if len(argument.items) == 1 else None
                    if one is None or one.kind != "letter" or one.sub is not None or one.sups or self.own.by_head(one.text):
                        continue
                    if any(posterior.at and posterior.at[0].text == one.text for posterior in self.own.posteriors):
                        continue  # all the parameters, of which a posterior says at which values
                    if one.text not in self.own.indices and one.text not in self.own.sizes:
                        self.own.entries.append(Letter(self.own.pattern((one,)), Symbol(one.text, "const"), "const"))

    def _name_right(self, side: Items, before: Items, reader: Reader) -> None:
        """``A \\equiv NAME`` at the end of a row: the name is defined by what stands before it."""
        if self._is_known(side, reader):
            raise ReadingError("a definition of something that is declared already", side[0].start, side[-1].end, "ill-formed")
        self._define(side, before)

    def _define(self, left: Items, right: Items) -> None:
        """Take in a definition, for this display and those that follow."""
        head, *rest = left
        last = rest[0] if rest else head
        if len(rest) > 1 or (rest and last.kind != "fence") or any(item.kind == "sign" for item in left):
            raise ReadingError("a definition of something that is no name", head.start, head.end, "declaration")
        reader = Reader(self.own)
        for argument in arguments_of(last.parts[0]) if last.kind == "fence" else ():
            items = argument.items
            named = len(items) == 1 and items[0].kind == "letter" and items[0] == items[0].bare
            if not (named or reader.probabilities.is_understood(items, Scope()) or (items and plain(items) in plain(right))):
                raise ReadingError(f"an argument that is not declared: {plain(items)}", head.start, last.end, "undeclared")
        for dictionary in (self.own, self.base):
            dictionary.define(left, right, freed=self.own.freed)

    # Relations.

    def _constants(self, formula: Formula) -> bool:
        return any(isinstance(node, Reference) and node.symbol.name.startswith("constant ") for node in walk(formula))

    def _adds_constants(self, formula: Formula) -> bool:
        """Whether constants are terms of a formula, as in ``A + C``, with no parameter among their factors."""
        if not self._constants(formula) or isinstance(formula, Reference):
            return True
        if isinstance(formula, Add):
            return all(map(self._adds_constants, formula.terms))
        if isinstance(formula, (Multiply, Divide, Sum)):
            with_constants = [child for child in formula.children if self._constants(child)]
            rest = [child for child in formula.children if not self._constants(child)]
            below = isinstance(formula, Divide) and self._constants(formula.denominator)
            alone = len(with_constants) == 1 and not below and not self._parameters(*rest)
            return alone and self._adds_constants(with_constants[0])
        return False

    def _claim(
        self, reader: Reader, lhs: Formula, relation: Relation, rhs: Formula, parameters: tuple[Symbol, ...] = ()
    ) -> Claim:
        _require_sizes(lhs, rhs)
        if relation == "implies":
            lhs, rhs = _with_closed_simplexes(lhs), _with_closed_simplexes(rhs)
        assumptions, lhs, rhs = self._assumed(reader, *_at_bars(lhs, rhs), relation)
        reading: Reading = ("moving" if self.weights == "moving" else "held") if reader.undecided_weights else "none"
        if parameters:
            # What is tied to a parameter by an assumption moves with it.
            moved = frozenset[str]().union(*map(reader.probabilities.moved_by, parameters))
            known = dict.fromkeys(s for s in (*_symbols(lhs, rhs), *(one.symbol for one in self.own.letters)) if s.name in moved)
            moving = (s for s in known if s.role == "param" or (s.role != "current" and s.name in self.dependent))
            parameters += tuple(s for s in moving if s not in parameters)
        return Claim(
            label="",
            lhs=lhs,
            relation=relation,
            rhs=rhs,
            reading=reading,
            assumptions=assumptions,
            expected=self.hints.expected,
            parameters=parameters,
        )

    def _related(
        self, meaning: str, current: Formula, exact: Formula, right: Formula, reader: Reader, side: Items
    ) -> tuple[Claim, ...]:
        parameters = self._parameters(current, right)
        for one in (current, right):
            if meaning != "proportional to" and self._constants(one) and not self._adds_constants(one):
                raise ReadingError(
                    "a constant that is no term by itself: a factor? try \\propto, or declare it",
                    side[0].start,
                    side[-1].end,
                    "ambiguous",
                )
        if meaning in BOUNDS and (self._constants(current) or self._constants(right)):
            raise ReadingError("a bound up to a constant is not read", side[0].start, side[-1].end, "unsupported")
        if self.chain_maximiser:
            if meaning != "=":
                raise ReadingError("maximisers are equal or not", side[0].start, side[-1].end, "ill-formed")
            own = tuple(s for s in parameters if any(s.name == symbol.name for symbol in self.chain_maximiser))
            return (self._claim(reader, current, "same argmax", right, parameters=own),)
        if meaning == "=":
            hinted = self._hinted(current, right, reader)
            if hinted is not None:
                return hinted
            if self._constants(right) or self._constants(current):
                if not self._constants(right) and not self._constants(exact):
                    return (self._claim(reader, exact, "=", right),)
                updated = tuple(symbol for symbol in parameters if symbol.name in self.updated)
                known = self._claim(reader, current, "= up to a constant", right, parameters=updated or parameters)
                if updated and updated != parameters:
                    shown = ", ".join(symbol.name for symbol in updated)
                    reader.notes.add(f"const is free of {shown}, by which the display differentiates")
                argument = self._random_parameter(reader)
                if not argument:
                    by_index = self._free_of_index(current, right, reader, side)
                    if by_index is None:
                        return (known,)
                    # A joint density is one of its parameters as well, and of the category alone it sums to nothing.
                    return (known, by_index) if len(self._variables(self._log_of(self.chain_left)[1])) > 1 else (by_index,)
                reader.notes.add(f"const is free of {argument[0].name}, of which the left side is the density")
                return (self._claim(reader, current, "= up to a constant", right, parameters=argument),)
            claim = self._claim(reader, current, "=", right)
            spoken = {symbol.name for symbol in _symbols(current, right) if symbol.role in ("param", "const", "frozen")}
            if (
                spoken
                and spoken <= self.own.freed
                and not any(isinstance(n, Derivative) for s in (current, right) for n in walk(s))
            ):
                # The constraint itself, beside its Lagrangian.
                bound = [current, right]
                for letter in self.own.letters:
                    bound = [_bound_again(side, letter.symbol) for side in bound]
                return claim, self._claim(reader, bound[0], "=", bound[1])
            return (claim,)
        if meaning == "proportional to":
            return self._proportional(current, right, reader, side)
        if self.hinted and self._is_named(current, reader):
            raise ReadingError("a bound for a value of which the hint speaks", side[0].start, side[-1].end, "unsupported")
        return (self._claim(reader, current, _BOUNDS[meaning], right),)

    def _free_of_index(self, current: Formula, right: Formula, reader: Reader, side: Items) -> Claim | None:
        """``\\log p(z_i=k|x_i) = .. + const`` with a constant free of k: two members differ by the same on both sides."""
        argument, inside = self._log_of(self.chain_left)
        if argument is None or len(inside) not in (1, 2):
            return None
        outside = self.chain_left
        self.chain_left = argument, inside
        try:
            self._require_values(reader, side)
            index = self._summed_index(reader)
        finally:
            self.chain_left = outside
        if index is None:
            return None
        other = Fresh.index(index)
        reader.notes.add(f"const is free of {index.name}, over which the left side is normalised")
        here, there = current - right, rename(current - right, {index: other})
        return self._claim(reader, here, "=", there)

    @staticmethod
    def _log_of(side: tuple[Formula, Items]) -> tuple[Formula | None, Items]:
        """What a side is the log of, or a number times the log: its formula and its items; None and nothing for others."""
        left, items = side
        while items and (items[0].is_sign("-") or (items[0].kind == "number" and items[0] == items[0].bare)):
            items = items[1:]
        if isinstance(left, Multiply) and all(isinstance(factor, Number) for factor in left.factors[:-1]):
            left = left.factors[-1]
        named = bool(items) and items[0].text in FUNCTIONS and items[0] == items[0].bare
        return (left.argument, items[1:]) if named and isinstance(left, Log) else (None, ())

    def _require_values(self, reader: Reader, side: Items) -> None:
        """That the left side is no probability of latents, given others, that stand for all of their values.

        Raises:
            ReadingError: it is one, as ``p(Z | X)`` is: what is free of Z is no constant in the parameters.
        """
        items = self.chain_left[1]
        if len(items) != 2 or items[0].text not in DENSITY_NAMES or items[1].kind != "fence":
            return
        arguments = list(arguments_of(items[1].parts[0]))
        bar = next((place for place, one in enumerate(arguments) if place and one.separator in ("mid", "Vert")), None)
        given = [reader.probabilities.letter_of(one.items, whole=True) for one in arguments[bar:]] if bar is not None else []
        members = [m for one in arguments[bar:] for m in reader.probabilities.members_of(one.items)] if bar is not None else []
        data = any(one is not None and one.kind == "data" for one in (*given, *members))
        for one in arguments[:bar] if data else ():
            if sign_at(one.items, "=") is not None:
                continue
            letter = reader.probabilities.letter_of(one.items, whole=True)
            named = [*reader.probabilities.members_of(one.items), *([letter] if letter is not None else [])]
            if any(each.kind == "latent" and each.values is not None for each in named):
                raise ReadingError(
                    "the log of a probability of latents up to a constant free of them is not read yet; "
                    "try the value of one, as in p(z_i=k | x_i)",
                    side[0].start,
                    side[-1].end,
                    "unsupported",
                )

    def _free_of_latents(
        self, alternatives: Iterable[Claim], told: str, span: tuple[int, int], reader: Reader
    ) -> tuple[list[RowClaim], list[Claim]]:
        """What is constant in the parameters and moves with a latent is open: in Q it is a constant, in a posterior it is none.

        So a constant is to be free of both; and what is constant in neither alone is wrong. Where the left side is a density
        of one variable, what is constant is free of that one; of data, it may be written as a likelihood.
        """
        found: list[RowClaim] = []
        of_latents: list[Claim] = []
        loose = [claim for claim in alternatives if claim.relation in ("= up to a constant", "proportional to")]
        if not loose:
            return found, of_latents
        if self._random_parameter(reader) or self._density_argument(reader):
            for claim in loose:
                moved = self._parameters(claim.lhs, claim.rhs)
                if claim.relation == "proportional to" and moved and all(symbol.role == "data" for symbol in claim.parameters):
                    hedge = "the factor is free of the parameters, as of a likelihood, and not of the data: which is meant?"
                    found.append(RowClaim((claim,), told, span, hedge=hedge))
                    of_latents.append(replace(claim, parameters=moved))
            return found, of_latents
        for claim in loose:
            own = {*claim.parameters}
            free = {s for s in _symbols(claim.lhs, claim.rhs) if s.role == "latent" and s.domain not in INTEGERS and s not in own}
            if not free or any(symbol.role == "latent" for symbol in own):
                continue
            latents = tuple(sorted(free, key=lambda symbol: symbol.name))
            kind = "factor" if claim.relation == "proportional to" else "constant"
            hedge = f"the {kind} is not free of the parameters and of {latents[0].name}, a latent: of which is it meant to be?"
            found.append(RowClaim((replace(claim, parameters=(*claim.parameters, *latents)),), told, span, hedge=hedge))
            of_latents.append(replace(claim, parameters=latents))
        return found, of_latents

    def _parameters(self, *formulas: Formula) -> tuple[Symbol, ...]:
        found: dict[Symbol, None] = {}
        for symbol in _symbols(*formulas):
            if symbol.role == "param" or (symbol.name in self.tied and symbol.role in ("const", "frozen")):
                found[symbol] = None
        return tuple(sorted(found, key=lambda symbol: symbol.name))

    def _proportional(self, current: Formula, right: Formula, reader: Reader, side: Items) -> tuple[Claim, ...]:
        hinted = self._hinted_up_to_factor(current, right, reader)
        if hinted is not None:
            return hinted
        variables = self._variables()
        if len(variables) > 1:
            raise ReadingError(
                "a density of several variables up to a factor: free of which?", side[0].start, side[-1].end, "ambiguous"
            )
        members = reader.probabilities.members_of(self._first_argument())
        if any(member.kind == "latent" and member.values is not None for member in members):
            raise ReadingError(
                "a probability of all latents up to a factor is not read yet", side[0].start, side[-1].end, "unsupported"
            )
        argument = reader.probabilities.letter_of(self._first_argument(), whole=True)
        if argument is not None and argument.kind in ("data", "latent") and argument.symbol.domain in INTEGERS:
            # A discrete variable: at each of its values, where it has finitely many.
            scope = reader.probabilities.free_latents(self.chain_left[1])
            if not scope.latents or self.previous is not None:
                raise ReadingError("a mass of counts up to a factor is not read yet", side[0].start, side[-1].end, "unsupported")
            current, right = self._two_sides(reader, self.chain_left[1], side, scope)
            if [name for name, _ in scope.latents] != [argument.name]:
                raise ReadingError("a mass of counts up to a factor is not read yet", side[0].start, side[-1].end, "unsupported")
            ((_, index),) = scope.latents.items()
            if not isinstance(index, Index):
                raise ReadingError("a mass of numbers up to a factor", side[0].start, side[-1].end, "unsupported")
            return self._in_one_ratio(current, right, index, reader)
        latent = self._summed_index(reader)
        if latent is not None:
            return self._in_one_ratio(current, right, latent, reader)
        parameters = self._density_argument(reader) or self._parameters(current, right)
        return (self._claim(reader, current, "proportional to", right, parameters=parameters),)

    def _in_one_ratio(self, current: Formula, right: Formula, index: Index, reader: Reader) -> tuple[Claim, ...]:
        """Two families over an index are proportional where any two members are in one ratio."""
        other = Fresh.index(index)
        lhs = multiply(current, rename(right, {index: other}))
        rhs = multiply(rename(current, {index: other}), right)
        # Of probabilities the factor is positive: so then is the sum, and none of what is summed may be less than zero.
        self.pending = [RowClaim((self._claim(reader, ZERO, "<", Sum(index, right)),), "propto", (0, 1))]
        return (self._claim(reader, lhs, "=", rhs),)

    def _variables(self, items: Items | None = None) -> list[Items]:
        """What the chain's left side is a density of, of several variables each."""
        items = self.chain_left[1] if items is None else items
        if len(items) != 2 or items[0].text not in DENSITY_NAMES or items[1].kind != "fence":
            return []
        before: list[Items] = []
        for argument in arguments_of(items[1].parts[0]):
            if argument.separator in ("mid", "Vert"):
                break
            before.append(argument.items)
        return before

    def _first_argument(self, items: Items | None = None) -> Items:
        """What the chain's left side is a density of: the w of p(w | X)."""
        items = self.chain_left[1] if items is None else items
        return arguments_of(items[1].parts[0])[0].items if len(items) == 2 and items[1].kind == "fence" else ()

    def _random_parameter(self, reader: Reader) -> tuple[Symbol, ...]:
        """The parameters with a prior, or continuous latents, of which the chain's left side is a density, or its log."""
        items = self.chain_left[1]
        if len(items) == 3 and items[0].text in FUNCTIONS and items[0] == items[0].bare:
            items = items[1:]
        if len(items) != 2 or items[0].text not in DENSITY_NAMES:
            return ()
        found: list[Symbol] = []
        for variable in self._variables(items):
            letters = _continuous(variable, reader)
            if not letters or not {letter.kind for letter in letters} <= {"param", "latent"}:
                return ()
            found += [letter.symbol for letter in letters]
        return tuple(found)

    def _density_argument(self, reader: Reader) -> tuple[Symbol, ...]:
        """The continuous variable of which the chain's left side is a density, or a product of several; all of a tuple of data.

        A function of several arguments that is no density moves with each of them.
        """
        items = self.chain_left[1]
        if shared := self._arguments_of_a_product(reader):
            return shared
        named = arguments_of(items[1].parts[0]) if len(items) == 2 and items[1].kind == "fence" else ()
        if len(named) > 1 and items[0].text not in DENSITY_NAMES and named[1].separator not in ("mid", "Vert"):
            letters = [reader.probabilities.letter_of(argument.items, whole=True) for argument in named]
            return tuple(one.symbol for one in letters if one is not None and one.kind == "param") if None not in letters else ()
        letters = _continuous(self._first_argument(), reader)
        kinds = {letter.kind for letter in letters}
        return tuple(letter.symbol for letter in letters) if kinds == {"data"} or kinds <= {"param", "latent"} else ()

    def _arguments_of_a_product(self, reader: Reader) -> tuple[Symbol, ...]:
        """The continuous variables of which all factors of the chain's left side are densities; none for other left sides."""
        items = tuple(item for item in self.chain_left[1] if not item.is_sign("cdot", "times"))
        found: list[tuple[Symbol, ...]] = []
        for name, fence in zip(items[::2], items[1::2], strict=False):
            if name.text not in (*DENSITY_NAMES, "\\cal{N}") or fence.kind != "fence":
                return ()
            found.append(tuple(letter.symbol for letter in _continuous(self._first_argument((name, fence)), reader)))
        alike = len(found) > 1 and len(items) % 2 == 0 and len(set(found)) == 1
        return found[0] if alike else ()

    def _unabbreviated(self, items: Items) -> tuple[Items, Mapping[str, Items]]:
        """What a lone abbreviation stands for, and what stands in its slots; anything else stands for itself."""
        for entry in self.own.by_head(items[0].text) if items else ():
            if isinstance(entry, Abbreviation):
                met = entry.spelling.match(items, 0)
                if met is not None and met[1] == len(items):
                    return entry.body, met[0].slots
        return items, {}

    def _summed_index(self, reader: Reader) -> Index | None:
        """The index over which the chain's left side sums to one: of a posterior, a simplex family, or a latent's value."""
        left = self.chain_left[0]
        if isinstance(left, Named) and left.definition.normalised_over is not None:
            place = left.definition.indices.index(left.definition.normalised_over)
            index = left.indices[place]
            return index if isinstance(index, Index) else None
        if isinstance(left, Reference) and left.symbol.domain in ("simplex", "closed simplex"):
            index = left.indices[-1]
            return index if isinstance(index, Index) else None
        items, slots = self._unabbreviated(self.chain_left[1])
        first = self._first_argument(items)
        if not first:
            return self._normalised_index(left)
        cut = sign_at(first, "=")
        value = first[cut + 1 :] if cut is not None else first
        try:
            index = reader.index_or_none(slots.get(plain(value), value), Scope())
        except ReadingError:
            return None
        return index if isinstance(index, Index) and index in free_indices(left) else None

    @staticmethod
    def _normalised_index(left: Formula) -> Index | None:
        """The last index of an abbreviation that is seen to sum to one over it: weights written out as a ratio."""
        index = left.indices[-1] if isinstance(left, Named) and left.indices and left.shape == () else None
        if not isinstance(index, Index):
            return None
        total = Claim(label="a sum of one", lhs=Sum(index, left), rhs=ONE)
        return index if isinstance(prove(total), Proof) else None

    def _implied(
        self, before: tuple[Formula, Formula] | None, equation: tuple[Formula, Formula], reader: Reader
    ) -> tuple[Claim, ...]:
        """``A = 0 => B = 0``: B holds by itself, or wherever A does."""
        alone = self._claim(reader, equation[0], "=", equation[1])
        if before is None:
            return (alone,)
        first, second = _difference(*before), _difference(*equation)
        return (alone, self._claim(reader, first, "implies", second))

    def _estimated(self, side: Items, reader: Reader, *, anew: bool = False) -> Formula | None:
        """``\\hat\\mu_k``, ``\\mu_k^{new}`` or ``\\mu_k^*`` below a hint: the new value of a parameter that the hint names.

        With ``anew`` the name is given a value here, whether it has a meaning already or not.
        """
        if not self._role or len(side) != 1 or side[0].kind != "letter":
            return None
        item = side[0]
        next_one = bool(item.sups) and reader.probabilities.is_iterate_mark(item.sups[-1])
        if not (anew or next_one) and self._is_known(side, reader):
            return None
        one, value = self._unmarked(item, reader)
        if one is not None and one != item:
            reader.notes.add(f"{plain(side)} is the new value of {plain((one,))}")
        return value

    def _unmarked(self, item: Item, reader: Reader) -> tuple[Item | None, Formula | None]:
        """A parameter that the hint names, of which a letter is the new value, or which it is itself."""
        inner = re.fullmatch(r"\\(?:hat|tilde|bar)\{(.*)\}", item.text)
        bare = replace(item, text=inner[1] if inner is not None else item.text)
        unmarked = replace(bare, sups=bare.sups[:-1]) if bare.sups and NEW_VALUE.fullmatch(plain(bare.sups[-1])) else bare
        named_below = unmarked.sub is not None and NEW_VALUE.fullmatch(plain(unmarked.sub))
        for one in (bare, unmarked, *((replace(unmarked, sub=None),) if named_below else ())):
            if self._is_known((one,), reader):
                value = reader.formula((one,))
                if self._is_named(value, reader):
                    return one, value
        return None, None

    def _with_new_values(self, items: Items, own: Formula, reader: Reader) -> Items:
        """What stands behind the sign of a new value, the new values of other parameters that the hint names without their marks.

        Raises:
            ReadingError: one of these stands there without a mark: is it the old one?
        """
        made: list[Item] = []
        for item in items:
            one, value = self._unmarked(item, reader) if item.kind == "letter" else (None, None)
            other = value is not None and not {s.name for s in _symbols(value)} <= {s.name for s in _symbols(own)}
            if other and one == item:
                raise ReadingError(
                    f"{plain((item,))} beside a new value: the old value, or the new one? write {plain((item,))}^{{new}}",
                    item.start,
                    item.end,
                    "ambiguous",
                )
            within = one if other and one is not None else item
            parts = tuple(self._with_new_values(part, own, reader) for part in within.parts)
            made.append(replace(within, parts=parts) if parts != within.parts else within)
        return tuple(made)

    def _hinted_names(self, reader: Reader) -> frozenset[str]:
        """The parameters of whose values the hint speaks."""
        found: set[str] = set()
        for part in _names(self._hinted_items):
            letter = self._whole(part, reader)
            if letter is not None:
                found.add(letter.name)
                continue
            found |= {*reader.probabilities.parameters_named(part), *reader.probabilities.all_parameters(part)}
            try:
                value = reader.formula(part)
            except DeriveError:
                continue
            found |= _names_of_value(value)
        return frozenset(found)

    def _is_named(self, value: Formula, reader: Reader) -> bool:
        """Whether a left side is a parameter that the hint names, or a power of one."""
        names = _names_of_value(value)
        return bool(names) and names <= self._hinted_names(reader)

    @property
    def _hinted_items(self) -> Items:
        hint = self.hints.solves or self.hints.maximises
        return hint[1] if hint is not None else ()

    @staticmethod
    def _whole(items: Items, reader: Reader) -> Letter | None:
        return reader.probabilities.letter_of(items, whole=True)

    @property
    def _role(self) -> str:
        return "solves" if self.hints.solves is not None else "maximises" if self.hints.maximises is not None else ""

    def _hinted(self, current: Formula, right: Formula, reader: Reader) -> tuple[Claim, ...] | None:
        hint = self.hints.solves or self.hints.maximises
        if hint is None or not self.hinted:
            return None
        label, _ = hint
        target = self.known.get(label)
        if target is None:
            self._require_labels(label)
            raise ReadingError(f"a hint names a display that could not be read: {label!r}", 0, 1, "hint")
        if self.hints.minimum:
            target = negate(target)
        symbol, indices, solution = self._solution(current, right, reader)
        if self.renewed and _speaks_of(solution, symbol):
            members = {node.indices for node in walk_unfolded(solution) if isinstance(node, Reference) and node.symbol == symbol}
            if members <= {indices}:
                solution = _at_old_values(solution, symbol)
            elif indices in members:
                raise ReadingError(
                    f"other members of {symbol.name} beside its old value: old, or new ones? leave out the old value",
                    0,
                    1,
                    "ambiguous",
                )
        elif _speaks_of(solution, symbol) and _are_equal(current, right):
            raise ReadingError(f"the value of {symbol.name} by itself says nothing", 0, 1, "ill-formed")
        if not any(own.name == symbol.name for own in _symbols(target)):
            raise ReadingError(f"{symbol.name} does not stand in the display that the hint names: {label!r}", 0, 1, "hint")
        self._require_its_constraint(target, symbol)
        target = _bound_again(target, symbol)
        fixed = self._fixed(reader, symbol)
        for fact in self.own.facts:
            if fact.text not in self.told and self._restricts(fact, symbol, reader):
                raise ReadingError(
                    f"what is assumed of {symbol.name} restricts its values: {fact.text}; a maximum under that is not read",
                    0,
                    1,
                    "unsupported",
                )
        spoken = {own.name for own in _symbols(target)} - {own.name for own, _, _ in fixed}
        tied = reader.probabilities.moved_by(symbol, frozenset(spoken))
        if tied:
            raise ReadingError(
                f"{min(tied)} moves with {symbol.name}, by what is assumed: held, or not? put it in", 0, 1, "ambiguous"
            )
        for other, formal, value in fixed * len(fixed):  # one may be fixed by the help of another
            target = Substitute(target, _as_in(target, other), formal, value)
        self.jointly = self.hints.maximises is not None and len(self._hinted_names(reader)) > 1
        if self.jointly:
            named = self._hinted_names(reader) - self.given - {symbol.name} - {own.name for own, _, _ in fixed}
            if open_ := named & {own.name for own in _symbols(solution) if own.role == "param"}:
                both = f"a maximum in {symbol.name} and {min(open_)} together"
                raise ReadingError(f"{both}: the value of the latter is given by no row of this display", 0, 1, "unsupported")
            self._require_no_circle(symbol, solution)
        if _speaks_of(solution, symbol):
            own = Derivative(solution, Reference(_as_in(solution, symbol), indices))
            implicit = not symbol.family or not isinstance(prove(Claim(label="its own", lhs=own, relation="=", rhs=ZERO)), Proof)
            if implicit:
                # An equation that the value meets, u = (t - u) / n: it follows where the slope vanishes.
                met = target if self.hints.solves is not None else Derivative(target, Reference(_as_in(target, symbol), indices))
                return (self._claim(reader, met, "implies", _difference(current, right)),)
            return self._by_coordinate(target, symbol, indices, solution, reader)
        put_in = self._put_in(target, symbol, indices, solution)
        if self.hints.solves is not None:
            return (self._claim(reader, put_in, "=", ZERO),)
        # A maximum inside the domain is a stationary point; that, and that nothing is larger, are two claims.
        slope = self._slope(target, symbol)
        stationary = self._claim(reader, self._put_in(slope, symbol, indices, solution), "=", ZERO)
        self.pending = [_stationary(stationary, symbol, solution)]
        return (self._claim(reader, target, "<=", put_in),)

    @staticmethod
    def _restricts(fact: Fact, symbol: Symbol, reader: Reader) -> bool:
        """Whether an assumption is on a parameter alone, but for its sign: with other letters it ties these to it."""
        if fact.relation not in ("=", "le", "ge", "<", ">"):
            return False
        try:
            sides = reader.formula(fact.left), reader.formula(fact.right)
        except (DeriveError, RecursionError):
            return False
        names = {s.name for s in _symbols(*sides) if s.role in ("param", "frozen")}
        of_sign = fact.relation != "=" and ZERO in sides
        return symbol.name in names and not of_sign and (names == {symbol.name} or fact.relation != "=")

    def _require_its_constraint(self, free: Formula, symbol: Symbol) -> None:
        """That a multiplier in a Lagrangian multiplies the simplex's own constraint.

        On the simplex ``\\lambda (2 - \\sum_k \\pi_k)`` is a constant, and the maximum there is none of such a Lagrangian.

        Raises:
            ReadingError: it multiplies something else that does not move on the simplex.
        """
        own = _as_in(free, symbol)
        if own == symbol or symbol.domain != "simplex":
            return
        bound = _bound_again(free, symbol)
        everywhere = free
        for letter in self.own.letters:
            everywhere = _bound_again(everywhere, letter.symbol)

        def vanishes(formula: Formula) -> bool:
            return isinstance(prove(Claim(label="its constraint", lhs=formula, relation="=", rhs=ZERO)), Proof)

        for other in _symbols(free):
            if other == own or other.domain != "real" or other.shape or other.role not in ("param", "const"):
                continue
            by = Reference(other, tuple(Fresh.index(Index("m", r)) for r in other.family))
            this = Reference(own, tuple(Fresh.index(Index("s", r)) for r in own.family))
            if vanishes(Derivative(Derivative(free, by), this)) or not vanishes(self._slope(Derivative(bound, by), symbol)):
                continue
            if not vanishes(Derivative(everywhere, by)):
                raise ReadingError(
                    f"{other.name} multiplies something else than the constraint on {symbol.name}, that its members sum to one",
                    0,
                    1,
                    "ambiguous",
                )

    def _require_no_circle(self, symbol: Symbol, solution: Formula) -> None:
        """That the values of parameters that are sought together can be put in one after the other.

        ``t = 2 m c`` and ``m = 2 t c`` are each the best for the other, and may be a saddle.

        Raises:
            ReadingError: a value speaks of a parameter whose own value speaks of this one.
        """
        self.best.append((symbol, solution))
        reached, found = [symbol], {symbol}
        while reached:
            one = reached.pop()
            for value in (value for own, value in self.best if own == one):
                for other, _ in self.best:
                    if other == one or not _speaks_of(value, other):
                        continue
                    if other == symbol:
                        raise ReadingError(
                            f"the values of {one.name} and {symbol.name} speak of each other: each is the best for the other, "
                            "and no maximum over both follows; give each a hint of its own",
                            0,
                            1,
                            "hint",
                        )
                    if other not in found:
                        found.add(other)
                        reached.append(other)

    def _fixed(self, reader: Reader, symbol: Symbol) -> list[tuple[Symbol, tuple[Index, ...], Formula]]:
        """The parameters that the hint fixes, with their values: ``at \\mu_k = \\mu_k^{old}``.

        Raises:
            ReadingError: it fixes something else, or what is sought.
        """
        found: list[tuple[Symbol, tuple[Index, ...], Formula]] = []
        for part in _names(self.hints.fixed):
            cut = sign_at(part, "=")
            left, value = self._two_sides(reader, part[:cut], part[cut + 1 :]) if cut else (None, ZERO)
            if cut is None or not isinstance(left, Reference) or left.symbol.role != "param" or left.symbol.name == symbol.name:
                raise ReadingError(f"a hint that fixes something else than a parameter: {plain(part)!r}", 0, 1, "hint")
            formal = tuple(index for index in left.indices if isinstance(index, Index))
            if len(formal) != len(left.indices) or value.shape != left.shape or not free_indices(value) <= set(formal):
                raise ReadingError(f"a hint that fixes a parameter at something else than a value: {plain(part)!r}", 0, 1, "hint")
            found.append((left.symbol, formal, value))
        for one, _, value in found:
            reached, spoken = [value], {one.name}
            while reached:
                names = {own.name for own in _symbols(reached.pop()) if own.role == "param"}
                if one.name in names:
                    raise ReadingError(
                        f"a hint that fixes {one.name} by itself: by its old value? give that a name", 0, 1, "hint"
                    )
                reached += [other for own, _, other in found if own.name in names - spoken]
                spoken |= names
        return found

    def _hinted_up_to_factor(self, current: Formula, right: Formula, reader: Reader) -> tuple[Claim, ...] | None:
        """``\\pi_k \\propto N_k`` below a hint: the member of the simplex that is such, N_k over the sum of them all."""
        if not self.hinted:
            return None
        index = current.indices[-1] if isinstance(current, Reference) and current.indices else None
        if not isinstance(current, Reference) or not isinstance(index, Index) or current.symbol.domain != "simplex":
            raise ReadingError("a solution up to a factor of what is no simplex", 0, 1, "hint")
        other = Fresh.index(index)
        return self._hinted(current, Divide(right, Sum(other, rename(right, {index: other}))), reader)

    def _by_coordinate(
        self, target: Formula, symbol: Symbol, indices: tuple[Index, ...], solution: Formula, reader: Reader
    ) -> tuple[Claim, ...]:
        """The value of one member of a family by the help of the others, which stand as they are."""
        if symbol.domain in SUMS_TO_ONE or len(set(indices)) != len(indices):
            raise ReadingError("the value of one member of a simplex by the help of the others", 0, 1, "hint")
        own = _as_in(target, symbol)
        strays = [i for i in free_indices(target) if i.range in own.family and i not in indices]
        if strays or (self.hints.solves is not None and not set(indices) <= free_indices(target)):
            raise ReadingError("which member does the hint speak of? write it with the letters of the equation", 0, 1, "hint")
        formal = tuple(Fresh.index(index) for index in indices)
        this = multiply(*(Delta(one, index) for one, index in zip(formal, indices, strict=True)))
        value = multiply(this, solution) + multiply(ONE - this, Reference(own, formal))
        if self.hints.solves is not None:
            return (self._claim(reader, Substitute(target, own, formal, value), "=", ZERO),)
        # Letters that nothing in the objective binds.
        fresh: dict[Index, IndexLike] = {index: Fresh.index(index) for index in indices}
        target, solution, value = rename(target, fresh), rename(solution, fresh), rename(value, fresh)
        indices = tuple(index for index in fresh.values() if isinstance(index, Index))
        slope = Substitute(Derivative(target, Reference(own, indices)), own, formal, value)
        self.pending = [_stationary(self._claim(reader, slope, "=", ZERO), symbol, solution)]
        # The member by itself, under a name of its own: nothing else moves.
        alone = replace(own, name=f"{own.name} alone")

        def opened(node: Formula) -> Formula:
            if isinstance(node, (Derivative, Substitute, AtEqual)) or own.shape:
                raise ReadingError("a maximum in one member of this family is not read", 0, 1, "unsupported")
            if isinstance(node, Named) and node.time == "free" and own in _symbols(node):
                return opened(unfold(node))
            if isinstance(node, Reference) and node.symbol == own:
                here = multiply(*(Delta(one, index) for one, index in zip(node.indices, indices, strict=True)))
                return multiply(here, Reference(alone, indices)) + multiply(ONE - here, node)
            return rebuild(node, opened)

        moved = opened(target)
        return (self._claim(reader, moved, "<=", Substitute(moved, alone, indices, solution)),)

    def _slope(self, target: Formula, symbol: Symbol) -> Formula:
        """The derivative of an objective; on the simplex, the difference of its entries at two places.

        By a symmetric matrix it is the symmetric part: in no other direction does the matrix move.
        """
        own = _as_in(target, symbol)
        indices = tuple(Fresh.index(Index("s", r)) for r in own.family)
        slope = Derivative(target, Reference(own, indices), "frobenius" if own.domain in ("spd", "sym") else "entry")
        if own.domain != "simplex":
            return slope
        other = (*indices[:-1], Fresh.index(Index("r", own.family[-1])))
        return slope - Derivative(target, Reference(own, other))

    def _put_in(self, target: Formula, symbol: Symbol, indices: tuple[Index, ...], solution: Formula) -> Formula:
        """The target with the solution in the parameter's place, for all members of its family."""
        return Substitute(target, _as_in(target, symbol), indices, solution)

    def _solution(self, current: Formula, right: Formula, reader: Reader) -> tuple[Symbol, tuple[Index, ...], Formula]:
        reference: Formula = current
        exponent: Fraction | None = None
        if isinstance(current, Power) and isinstance(current.exponent, Number):
            reference, exponent = current.base, current.exponent.value
        if not isinstance(reference, Reference) or reference.symbol.role not in ("param", "const"):
            raise ReadingError("the left side of a solution is not a declared parameter", 0, 1, "hint")
        indices = tuple(index for index in reference.indices if isinstance(index, Index))
        if len(indices) != len(reference.indices):
            raise ReadingError("a solution for one numbered member of a family", 0, 1, "unsupported")
        named = self._hinted_names(reader)
        if named and reference.symbol.name not in named:
            raise ReadingError(
                f"the row solves for {reference.symbol.name}, its hint names {', '.join(sorted(named))}", 0, 1, "hint"
            )
        # An index over other things (the t of an iteration) may stand free on both sides.
        stray = {index for index in free_indices(right) - set(indices) if index.range in reference.symbol.family}
        if stray:
            raise ReadingError(
                f"a solution with letters that its left side does not have: {', '.join(sorted(i.name for i in stray))}",
                code="ill-formed",
            )
        if (
            exponent is not None
            and exponent % 2 == 0
            and reference.symbol.domain not in ("positive", "nonnegative", "unit", *SUMS_TO_ONE)
        ):
            raise ReadingError(
                f"the value of a power of {reference.symbol.name}, of either sign; declare it positive",
                0,
                1,
                "ambiguous",
            )
        if exponent is not None:
            right = Power(right, Number(1 / exponent))
        return reference.symbol, indices, right

    # Assumptions.

    def _apart(self, reader: Reader, fact: Fact) -> Assumption | None:
        """``assume a \\ne b`` of two values."""
        try:
            return Assumption(text=fact.text, apart=self._two_sides(reader, fact.left, fact.right))
        except DeriveError as error:
            self.unread_facts = f"the assumption {fact.text} could not be read: {error}"
            return None

    def _assumed(
        self, reader: Reader, lhs: Formula, rhs: Formula, relation: str
    ) -> tuple[tuple[Assumption, ...], Formula, Formula]:
        found: list[Assumption] = []
        for fact in self.own.facts:
            if fact.relation == "ne":
                try:
                    a, b = reader.index_or_none(fact.left, Scope()), reader.index_or_none(fact.right, Scope())
                except ReadingError:
                    continue
                both = free_indices(lhs) | free_indices(rhs)
                if a is None and b is None and (apart := self._apart(reader, fact)) is not None:
                    found.append(apart)
                judged = relation in ("=", *BOUNDS)
                if judged and isinstance(a, Index) and isinstance(b, Index) and a in both and b in both:
                    apart = ONE - Delta(a, b)
                    lhs, rhs = multiply(apart, lhs), (rhs if rhs == ZERO else multiply(apart, rhs))
                    if relation == "<":
                        rhs = rhs + Delta(a, b)
                    elif relation == ">":
                        lhs = lhs + Delta(a, b)
                continue
            if fact.text in self.told:
                continue
            value = reader.probabilities.mean_in_closed_form(fact)
            if value is not None:
                found.append(Assumption(text=fact.text, equation=(reader.formula(fact.left), value)))
                continue
            try:
                scope = reader.probabilities.free_latents((*fact.left, *fact.right))
                if fact.relation == "in":
                    left, right = reader.formula(fact.left, scope), ZERO
                else:
                    left, right = alike(*self._two_sides(reader, fact.left, fact.right, scope))
                _require_sizes(left, right)
                assumption = _assumption(fact, left, right)
            except DeriveError as error:
                if fact.right and fact.right[0].text in EXPECTATION_NAMES:
                    continue  # the name of a mean, which is used where that mean stands
                self.unread_facts = f"the assumption {fact.text} could not be read: {error}"
                continue
            if assumption is None:
                continue
            if assumption.larger is None and not _symbols(left, right):
                self.unread_facts = f"the assumption {fact.text} is one on sizes, which is not used"
            found.append(assumption)
        if relation in BOUNDS:
            found += self._in_support(reader, lhs, rhs)
        return tuple(_that_bear_on(found, _symbols(lhs, rhs))), lhs, rhs

    def _in_support(self, reader: Reader, *sides: Formula) -> Iterator[Assumption]:
        """What densities say of the values of data, where no domain says it: a bound is claimed of no other values.

        What speaks of a size that does not stand there, as m of data that are at most m, is left out.
        """
        symbols, sizes = _symbols(*sides), _numbers_of_members(*sides)
        for letter in (letter for letter in self.own.letters if letter.symbol.role == "data" and letter.symbol in symbols):
            for statement, _ in reader.probabilities.statements_of(letter):
                indices = tuple(map(Index, letter.spelling.slots, letter.symbol.family))
                try:
                    bounds = reader.probabilities.bounds_by(statement, letter, indices, Scope)
                except DeriveError:
                    continue  # they depend on more than on this datum
                for small, large in bounds:
                    known = _numbers_of_members(small, large) <= sizes and set(_symbols(small, large)) <= set(symbols)
                    if known and free_indices(small) | free_indices(large) <= set(indices):
                        yield Assumption(text="the data lie in the support of their density", bound=(small, large))


# Without state.


def _declared_already(left: Items) -> ReadingError:
    return ReadingError(
        f"{plain(left)} is declared already; an update of it needs a hint (solves, maximises) to be judged",
        left[0].start,
        left[-1].end,
        "ambiguous",
    )


def _require_sizes(*formulas: Formula) -> None:
    """That every identity matrix got its size from what stands beside it.

    Raises:
        ReadingError: one did not; its trace would be any number.
    """
    for formula in formulas:
        for node in walk(formula):
            if isinstance(node, Identity) and node.size == UNSIZED:
                raise ReadingError("an identity matrix of what size? write I_d", 0, 1, "ambiguous")
            if isinstance(node, Named):
                _require_sizes(node.definition.body)


def _at_bars(left: Formula, right: Formula) -> tuple[Formula, Formula]:
    """Both sides with their evaluations at theta = theta_t, after the derivatives inside were taken.

    Where no free parameter stands outside of a bar, both sides speak of theta_t alone: one may as well call it theta. Else
    theta_t is put in for theta behind the bars.
    """
    if not any(isinstance(node, AtEqual) for side in (left, right) for node in walk(side)):
        return left, right
    if _has_free(left) or _has_free(right):
        return _put_in_current(left), _put_in_current(right)
    return AtEqual(left), AtEqual(right)


def _has_free(node: Formula) -> bool:
    """Whether free parameters stand outside of every evaluation."""
    if isinstance(node, AtEqual):
        return False
    if isinstance(node, Named):
        return node.time == "free" and _has_free(unfold(node))
    return (isinstance(node, Reference) and node.symbol.role == "param") or any(_has_free(child) for child in node.children)


def _put_in_current(node: Formula) -> Formula:
    if not isinstance(node, AtEqual):
        return rebuild(node, _put_in_current)
    found: Formula = node.body
    for symbol in _symbols(node.body):
        if symbol.role == "param":
            indices = tuple(Fresh.index(Index("s", own)) for own in symbol.family)
            found = Substitute(found, symbol, indices, Reference(symbol.at_current, indices))
    return found


def _that_bear_on(assumptions: list[Assumption], symbols: list[Symbol]) -> list[Assumption]:
    """The assumptions on symbols, and those on what these are tied to."""
    concerned = set(symbols)
    kept: list[Assumption] = []
    while True:
        more = [a for a in assumptions if a not in kept and (a.larger or concerned & set(_symbols(*a.formulas)))]
        if not more:
            return [a for a in assumptions if a in kept]
        kept += more
        concerned |= {symbol for one in more for symbol in _symbols(*one.formulas)}


def _numbers_of_members(*formulas: Formula) -> set[Size]:
    """The sizes that stand in formulas as numbers."""
    return {node.size for formula in formulas for node in walk_unfolded(formula) if isinstance(node, SizeNumber)}


def _assumption(fact: Fact, left: Formula, right: Formula) -> Assumption | None:
    """What is assumed, by its formulas; None for what says nothing of values."""
    large, small = (left, right) if fact.relation in (">", "ge") else (right, left)
    if isinstance(large, SizeNumber) and fact.relation in ("<", "le", ">", "ge"):
        strictly = fact.relation in ("<", ">")
        if isinstance(small, SizeNumber) and strictly:
            return Assumption(text=fact.text, larger=(large.size, small.size))
        if isinstance(small, Number) and small.value.denominator == 1:
            return Assumption(text=fact.text, larger=(large.size, int(small.value) - (0 if strictly else 1)))
    if fact.relation == "=":
        return Assumption(text=fact.text, equation=(left, right))
    if fact.relation in ("<", "le"):
        return Assumption(text=fact.text, bound=(left, right))
    if fact.relation in (">", "ge"):
        return Assumption(text=fact.text, bound=(right, left))
    named = plain(fact.right)
    if named.startswith("spd"):
        return Assumption(text=fact.text, definite=left)
    if named in ("positive", "nonnegative"):
        return Assumption(text=fact.text, bound=(ZERO, left))
    if named.partition("^")[0] in ("R", "\\bb{R}"):
        return None
    raise ReadingError(f"an assumed membership that is not read: {named}", code="unsupported")


def _with_closed_simplexes(node: Formula) -> Formula:
    """A side of a consequence, in which frozen weights may be zero: nothing is divided by them in silence."""
    if isinstance(node, Reference) and node.symbol.role == "frozen" and node.symbol.domain == "simplex":
        return replace(node, symbol=replace(node.symbol, domain="closed simplex"))
    if isinstance(node, Named) and node.definition.normalised_over is None:
        # A posterior is positive at the parameters that it is taken at, whatever these are called.
        return _with_closed_simplexes(unfold(node)) if any(s.role == "frozen" for s in _symbols(node)) else node
    if isinstance(node, Named):
        return node
    return rebuild(node, _with_closed_simplexes)


def _at_old_values(solution: Formula, symbol: Symbol) -> Formula:
    """A new value in which the letter itself is its old value, whatever that is."""
    own = _as_in(solution, symbol)
    return _exchanged(solution, own, replace(own, name=f"{symbol.name}^{{old}}", role="const"))


def _exchanged(node: Formula, own: Symbol, other: Symbol) -> Formula:
    """A formula with one symbol in place of another; an abbreviation in which it stands is written out."""
    if isinstance(node, Reference) and node.symbol == own:
        return replace(node, symbol=other)
    if isinstance(node, Named) and own in _symbols(node):
        return _exchanged(unfold(node), own, other)
    return rebuild(node, lambda part: _exchanged(part, own, other))


def _bound_again(target: Formula, symbol: Symbol) -> Formula:
    """The objective with its parameter on the simplex, or off it, as the display below the hint has it."""
    own = _as_in(target, symbol)
    if own == symbol or replace(own, domain=symbol.domain) != symbol:
        return target
    return _exchanged(target, own, symbol)


def _stationary(claim: Claim, symbol: Symbol, solution: Formula) -> RowClaim:
    """That a derivative vanishes at an extremum, as it does inside of the domain where it exists."""
    hedge = ""
    if symbol.domain in CLOSED and not any(isinstance(node, Reference) for node in walk(solution)):
        hedge = "at the border of the domain the derivative of an extremum need not vanish"
    elif symbol.domain == "lower":
        hedge = "the entries above the diagonal do not move, and the derivative by them need not vanish"
    return RowClaim(
        (claim,),
        "stationary",
        (0, 1),
        hedge=hedge,
        kinks="the derivative does not exist there, and of an extremum it need not",
    )


def _is_relation(item: Item) -> bool:
    return item.kind == "sign" and item.text in RELATIONS


def _mentions_constant(items: Items, dictionary: Dictionary) -> bool:
    """Whether a constant stands among items that is written without a declaration: ``+ const``, ``+ C``."""
    return any(
        (item.kind == "words" and item.text.lower().startswith("const"))
        or (item.kind == "letter" and item.text in ("C", "c", "K", "const") and not dictionary.by_head(item.text))
        for item in items
    )


_RELATED = re.compile(r"[=<>≤≥]|\\(?:le|leq|ge|geq|propto)(?![a-z])")
"""A relation in a remark: what it says is no claim of the row's, and goes unjudged."""


def part_has_left(items: Items) -> bool:
    """Whether a row has a left side of its own."""
    return bool(items) and not (items[0].kind == "sign" and items[0].text in RELATIONS)


def _has_second_cell(text: str) -> bool:
    """Whether a cell stands behind a row's formula: ``& = a & \\log E[..]``, of which the last may be a remark or a claim."""
    try:
        found = tokens(text)
    except ReadingError:
        return False
    braces = sized = brackets = 0
    cells: list[list[tuple[Token, bool, bool]]] = [[]]
    for token in found:
        if token.kind in ("open", "begin", "close", "end"):
            braces += 1 if token.kind in ("open", "begin") else -1
        elif token.kind == "command" and token.text in ("left", "right"):
            sized += 1 if token.text == "left" else -1
        elif token.kind == "align" and braces == sized == 0:
            cells.append([])
            brackets = 0
        elif token.text in ("(", "[", "{", ")", "]", "}"):
            brackets += 1 if token.text in ("(", "[", "{") else -1
        if token.kind not in ("align", "open", "close") and not (token.kind == "command" and token.text in SPACES):
            cells[-1].append((token, braces == 0, braces == 0 and sized == 0 and brackets <= 0))
    related = False
    for cell in cells:
        # The l=1 below a sum relates nothing; a condition stands in brackets: & (j = 1, \dots, k).
        signs = any(_relates(token) for token, printed, _ in cell if printed)
        if related and cell and not signs and not (cell[0][0].kind == "char" and cell[0][0].text in "+-"):
            return True
        places = [place for place, (token, _, outside) in enumerate(cell) if outside and _relates(token)]
        related = related or bool(places and places[-1] < len(cell) - 1)
    return False


APPROXIMATE = "an approximation is not checked"
OPAQUE = "a quantity free of the parameters was not written out (an evidence, a mean): an equation of values cannot be refuted"


def _up_to_constant(claim: RowClaim) -> bool:
    return all(alternative.relation in ("= up to a constant", "proportional to") for alternative in claim.alternatives)


def _relates(token: Token) -> bool:
    return (token.kind == "char" and token.text in "=<>") or (
        token.kind == "command" and SAME.get(token.text, token.text) in (*RELATIONS, *IMPLICATIONS)
    )


def _first(text: str) -> int:
    """Where a row's first sign that is no layout stands."""
    place = 0
    while place < len(text) and (text[place].isspace() or text[place] == "&"):
        place += 1
    return min(place, max(0, len(text) - 1))


def _without_end(items: Items, dictionary: Dictionary) -> Items:
    """Without the full stop or comma with which a sentence ends, and without "for all k" behind it."""
    for place, item in enumerate(items):
        if item.is_sign(",") or _says_for_all(item) or (place > 0 and place + 1 == len(items) and _is_counted(item)):
            rest = _bare_end(items[place + 1 :] if item.is_sign(",") else items[place:])
            if rest and _is_quantifier(rest, dictionary):
                items = items[:place]
                break
    return _bare_end(items)


FOR_ALL = ("forall", "foreach", "forevery", "for")


def _says_for_all(item: Item) -> bool:
    return (item.kind == "letter" and item.text == "\\forall") or (item.kind == "words" and item.text in FOR_ALL)


def _is_counted(item: Item) -> bool:
    """``(k = 1, \\dots, K)`` behind a formula."""
    return item.kind == "fence" and item.text == "()" and any(inner.is_sign("dots") for inner in item.parts[0])


def _bare_end(items: Items) -> Items:
    while items and items[-1].is_sign(".", ",", ";") and items[-1].sub is None:
        items = items[:-1]
    return items


def _as_tex(message: str) -> str:
    """A message with scripts as they are written: ``x_k`` and not ``x_<k>``."""
    for _ in range(3):
        message = re.sub(r"([_^])<([^<>]*)>", lambda met: met[1] + (met[2] if len(met[2]) == 1 else f"{{{met[2]}}}"), message)
    return message


_QUOTED = (
    "a set of variables",
    "a sum over a set",
    "a sum over something that is no declared index",
    "an index that was not declared",
    "words inside a formula",
)
"""Messages that show a part of the row: as it is written there, with its spaces and braces."""
_OF_A_DECLARATION = ("a posterior at some of the parameters only", "parameters that are not declared", "definitions that refer")
_OF_SHAPES = re.compile(
    "two sides of different shapes|a sum mixes shapes|a matrix product does not fit|a derivative with more|a product of several"
)


_SHAPE = re.compile(r"(?<!\w)\((\w*(?:, \w+)*)\)")


def _in_the_author_s_words(message: str, written: str) -> str:
    """A message with the part of the row that it shows as the author wrote it."""
    head, sign, tail = message.partition(": ")
    written = " ".join(written.split())
    if message.partition(" ")[2].startswith("does not fit its declaration: ") and written:
        return f"{written} {message.partition(' ')[2]}"
    if head == "an undeclared symbol" and written:
        return f"{head}: {written}{''.join(tail.partition(';')[1:])}"
    if not sign or head not in _QUOTED or not written:
        return _with_shapes(message)
    words = re.fullmatch(r"\\[a-z]+\s*\{(.*)\}", written)
    return f"{head}: {words[1].strip() if words and head == 'words inside a formula' else written}"


def _with_shapes(message: str) -> str:
    """A message about shapes in words: a number, a vector of length d."""

    def shape(met: re.Match[str]) -> str:
        sizes = met[1].split(", ") if met[1] else []
        if "1" in sizes and len(sizes) == 2:
            return f"a row of length {sizes[1]}" if sizes[0] == "1" else f"a vector of length {sizes[0]}"
        return ("a number", f"a vector of length {met[1]}", f"a matrix of {' x '.join(sizes)}")[min(len(sizes), 2)]

    if taken := re.fullmatch(
        r"(.*) takes (a scalar|a column vector|a square matrix): shape=(\(.*?\))(?:, expected .*)?", message
    ):
        wanted = taken[2].replace("scalar", "number")
        return f"{taken[1]} takes {wanted}, and here stands {re.sub(_SHAPE, shape, taken[3])}"
    return re.sub(_SHAPE, shape, message.replace("shapes=", "")) if _OF_SHAPES.match(message) else message


def _is_quantifier(items: Items, dictionary: Dictionary) -> bool:
    """``k = 1, \\dots, K``, ``\\forall k``, ``\\forall i, k``: declared indices and their ranges, and nothing else."""
    said = _says_for_all(items[0])
    items = items[1:] if said else items
    if len(items) == 1 and items[0].kind == "fence" and items[0].text == "()" and items[0] == items[0].bare:
        items = items[0].parts[0]
    cut = sign_at(items, "=", "in")
    letters, over = (items, None) if cut is None else (items[:cut], items[cut + 1 :])
    names = [plain(letter) for _, letter in _split(letters, (",",))]
    if not names or not all(name in dictionary.indices for name in names):
        return False
    if over is None:
        return said
    uppers = {index.range.upper.name if isinstance(index := dictionary.indices[name], Index) else str(index[1]) for name in names}
    lowers = {str(index.range.lower if isinstance(index := dictionary.indices[name], Index) else index[0]) for name in names}
    return len(uppers) == len(lowers) == 1 and _is_range(over, items[cut or 0].is_sign("in"), min(lowers), min(uppers))


def _is_range(items: Items, as_set: bool, lower: str, upper: str) -> bool:
    """``1, \\dots, K`` from and to where the index runs; behind the sign of membership ``\\{1, \\dots, K\\}`` or ``[K]``."""
    if as_set:
        if len(items) != 1 or items[0].kind != "fence" or items[0] != items[0].bare:
            return False
        if items[0].text == "[]":
            return plain(items[0].parts[0]) == upper and lower == "1"
        if items[0].text != "\\{\\}":
            return False
        items = items[0].parts[0]
    members = [part for _, part in _split(items, (",",))]
    if len(members) < 3 or not (len(members[-2]) == 1 and members[-2][0].is_sign("dots")):
        return False
    first = [plain(member) for member in members[:-2]]
    starts = lower.isdigit() and first == [str(int(lower) + place) for place in range(len(first))]
    return starts and plain(members[-1]) == upper


def _split(items: Items, signs: tuple[str, ...]) -> list[tuple[str | None, Items]]:
    found: list[tuple[str | None, list[Item]]] = [(None, [])]
    for item in items:
        if item.kind == "sign" and item.text in signs and item.sub is None:
            found.append((item.text, []))
        else:
            found[-1][1].append(item)
    return [(sign, tuple(part)) for sign, part in found]


def _listed(sign: str | None, items: Items) -> list[tuple[str | None, Items]]:
    """``A = B, \\quad C = D`` as two statements, where each has a relation and a left side of its own."""
    parts = [part for _, part in _split(items, (",",))]
    if len(parts) < 2 or sign is not None or not all(map(_states, parts)):
        return [(sign, items)]
    return [(sign, part) for part in parts]


def _states(items: Items) -> bool:
    """Whether items are a statement of their own: a left side, a relation and a right side."""
    related = [place for place, item in enumerate(items) if item.kind == "sign" and item.text in RELATIONS]
    return bool(related) and related[0] > 0 and related[-1] + 1 < len(items)


def _continuous(variable: Items, reader: Reader) -> list[Letter]:
    """The letters of a variable, of a tuple all of them; none where one is undeclared, or has counts or categories for values."""
    letters = reader.probabilities.members_of(variable) or [reader.probabilities.letter_of(variable, whole=True)]
    known = [letter for letter in letters if letter is not None and letter.symbol.domain not in ("one-hot", *INTEGERS)]
    return known if len(known) == len(letters) else []


def _constraints(items: Items, dictionary: Dictionary) -> frozenset[str]:
    """The members of a simplex whose constraint stands as a factor, as in ``\\lambda (1 - \\sum_k \\pi_k)``."""
    found: set[str] = set()
    for place, item in enumerate(items):
        around = (*items[max(place - 1, 0) : place], *items[place + 1 : place + 2])
        if item.kind == "fence" and any(one.kind in ("letter", "fence", "fraction", "number") for one in around):
            found |= _constrained(item.parts[0], dictionary)
        for part in (*item.parts, item.sub or (), *item.sups):
            found |= _constraints(part, dictionary)
    return frozenset(found)


def _constrained(items: Items, dictionary: Dictionary) -> set[str]:
    """The letter of which ``\\sum_k \\pi_k - 1``, or its negative, says that its members sum to one."""
    terms = [part for _, part in _split(items, ("+", "-")) if part]
    one = [term for term in terms if plain(term) == "1"]
    sums = [term for term in terms if len(term) == 2 and term[0].text == "\\sum"]
    if len(terms) != 2 or not one or not sums:
        return set()
    letters = (x for x in dictionary.letters if x.symbol.domain == "simplex" and x.spelling.match(sums[0], 1) is not None)
    return {letter.name for letter in letters}


def _mentions_entry(items: Items, entry: Abbreviation) -> bool:
    """Whether an abbreviation stands anywhere in the items."""
    return any(
        entry.spelling.match(items, place) is not None
        or any(_mentions_entry(part, entry) for part in (*item.parts, item.sub or (), *item.sups))
        for place, item in enumerate(items)
    )


def _side_by_side(items: Items, dictionary: Dictionary) -> list[Items]:
    """The formulas that a row sets side by side with wide spaces between them; one formula where the spaces do not part any."""
    parts: list[Items] = []
    for _, part in _split(items, (QUAD,)):
        # An arrow goes on from what stands before the space, or leads to what stands behind it.
        arrow = any(side and side[0].is_sign(*IMPLICATIONS) for side in (part, parts[-1][-1:] if parts else ()))
        parts = [*parts[:-1], (*parts[-1], *part)] if parts and arrow else [*parts, part]
    parts = [_bare_end(part) for part in parts]
    first, *others = [part for part in parts if part] or [()]
    stated = [part for part in others if not (_is_quantifier(part, dictionary) or _is_number_of_equation(part))]
    if stated and _states(first) and all(map(_states, stated)):
        return [_without_end(part, dictionary) for part in (first, *stated)]
    kept = items if stated or not others else first
    for before, space, behind in zip(kept, kept[1:], kept[2:], strict=False):
        if space.is_sign(QUAD) and not any(one.kind in ("sign", "words") for one in (before, behind)):
            raise ReadingError(
                "a wide space between two things: a product, or two formulas? try a comma",
                before.start,
                behind.end,
                "ambiguous",
            )
    return [_without_end(tuple(item for item in kept if not item.is_sign(QUAD)), dictionary)]


def _is_number_of_equation(items: Items) -> bool:
    """``(3)`` behind a wide space."""
    return len(items) == 1 and items[0].kind == "fence" and items[0].text == "()" and plain(items[0].parts[0]).isdigit()


def _differentials(items: Items) -> Iterator[Item]:
    """By what is differentiated anywhere among the items: what stands below a nabla, or behind each d below the bar."""
    for item in items:
        if item.text == "\\nabla":
            yield from (item.sub or ())[:1]
        if is_derivative(item):
            yield from (one for sign, one in itertools.pairwise(item.parts[1]) if sign == item.parts[1][0])
        for part in (*item.parts, item.sub or (), *item.sups):
            yield from _differentials(part)


def _names(items: Items) -> list[Items]:
    if len(items) == 1 and items[0].kind == "fence":
        items = items[0].parts[0]
    return [part for _, part in _split(items, (",",)) if part]


def _for_every_member(before: tuple[Formula, Formula] | None, equation: tuple[Formula, Formula]) -> str:
    """Why a step from an equation with a free index to one without it cannot be refuted: all of them may have been used."""
    if before is None:
        return ""
    gone = (free_indices(before[0]) | free_indices(before[1])) - (free_indices(equation[0]) | free_indices(equation[1]))
    return f"this step may use the equation before for every {min(gone, key=str).name}; one is used here" if gone else ""


def _difference(left: Formula, right: Formula) -> Formula:
    if right == ZERO:
        return left
    return right if left == ZERO else left - right


def _symbols(*formulas: Formula) -> list[Symbol]:
    found: dict[Symbol, None] = {}
    for formula in formulas:
        for node in walk(formula):
            if isinstance(node, (Reference, Substitute)):
                found[node.symbol] = None
            elif isinstance(node, Named):
                body = node.definition.body
                for symbol in _symbols(at_time(body, "current") if node.time == "current" and node.definition.movable else body):
                    found[symbol] = None
    return list(found)


def _speaks_of(formula: Formula, symbol: Symbol) -> bool:
    """Whether a letter stands in a formula, other than in weights that move with it."""
    return any(
        (isinstance(node, Reference) and node.symbol == symbol)
        or (
            isinstance(node, Named)
            and node.time == "free"
            and node.definition.normalised_over is None
            and _speaks_of(node.definition.body, symbol)
        )
        for node in walk(formula)
    )


def _as_in(target: Formula, symbol: Symbol) -> Symbol:
    """The symbol as it stands in a formula, where a constraint on it may have been dropped."""
    return next((own for own in _symbols(target) if (own.name, own.role) == (symbol.name, symbol.role)), symbol)


def _names_of_value(value: Formula | None) -> set[str]:
    """The name of the letter that a value is one of, or a power of; nothing for anything else."""
    base = value.base if isinstance(value, Power) else value
    return {base.symbol.name} if isinstance(base, Reference) else set()


def _is_quantity(left: Formula) -> bool:
    """Whether a left side is a quantity by name, or a derivative, of which an equation is a claim."""
    while isinstance(left, Component):
        left = left.argument
    return isinstance(left, (Named, Derivative))


def _is_slope(value: Formula, members: frozenset[Index] = frozenset()) -> bool:
    """Whether it is the derivative of an objective, or a sum of scores, or a multiple by numbers of such."""
    while isinstance(value, (Component, Sum)):
        members |= {value.index} if isinstance(value, Sum) else set()
        value = value.argument if isinstance(value, Component) else value.body
    if isinstance(value, Add):
        return all(_is_slope(term, members) for term in value.terms)
    if isinstance(value, Multiply) and all(map(_is_held, value.factors[:-1])):
        return _is_slope(value.factors[-1], members)
    if isinstance(value, Divide) and not _symbols(value.denominator):
        return _is_slope(value.numerator, members)
    if not isinstance(value, Derivative) or not (_is_score(value, members) or _is_objective(value.body)):
        return False
    # A multiplier is let be any number, and what it multiplies is set to zero like a gradient.
    multiplies = value.by.symbol.role == "const" and any(symbol.role == "param" for symbol in _symbols(value.body))
    return multiplies or value.by.symbol.role in ("param", "current")


def _is_score(slope: Derivative, members: frozenset[Index]) -> bool:
    """Whether it is the derivative of the log of a density, of one of the data over which is summed; no posterior's."""
    indices = members | {index for index in slope.by.indices if isinstance(index, Index)}
    if not members or not isinstance(slope.body, Log) or not free_indices(slope.body) <= indices:
        return False
    of = slope.body.argument
    while isinstance(of, Named):
        of = unfold(of)
    return not (isinstance(of, Divide) and any(isinstance(node, Sum) for node in walk(of.denominator)))


def _is_held(factor: Formula) -> bool:
    """Whether a factor of a score is a number, a datum or a weight that is held."""
    return all(symbol.role in ("data", "current", "frozen") for symbol in _symbols(factor))


def _is_fixed(slope: Formula) -> bool:
    """Whether a derivative is free of all parameters: that it vanishes is then no equation for one."""
    own = slope.by.symbol if isinstance(slope, Derivative) else None
    places = tuple(Fresh.index(Index("q", Range(size))) for size in slope.shape if size is not None)
    entry = Component(slope, places) if places else slope
    for symbol in sorted(_symbols(slope), key=lambda symbol: symbol != own):
        if symbol.role in ("param", "current"):
            letters = tuple(Fresh.index(Index("p", own)) for own in symbol.family)
            moved = Claim(label="its slope", lhs=Derivative(entry, Reference(symbol, letters)), rhs=ZERO)
            if not isinstance(prove(moved), Proof):
                return False
    return True


def _is_implied(claim: Claim, by: Claim) -> bool:
    """Whether a claim is seen to hold where another one does: it assumes more, is of fewer parameters, or is a consequence."""
    if by.relation == "=" and claim.relation == "implies":
        return claim.rhs == _difference(by.lhs, by.rhs)
    same = (claim.lhs, claim.rhs, claim.relation, claim.multiplier) == (by.lhs, by.rhs, by.relation, by.multiplier)
    return same and set(claim.parameters) <= set(by.parameters) and set(by.assumptions) <= set(claim.assumptions)


def _moved_by_premise(before: tuple[Formula, Formula] | None, equation: tuple[Formula, Formula]) -> Derivative | None:
    """A derivative in what follows of a letter that an equation before ties to the one by which it is taken."""
    if before is None or _is_slope(before[0]) or _is_slope(before[1]) or _are_equal(*before):
        return None
    tied = {s.name for s in _symbols(*before) if s.role != "data"}
    for node in (node for side in equation for node in walk_unfolded(side) if isinstance(node, Derivative)):
        name = node.by.symbol.name
        if name in tied and ({s.name for s in _symbols(node.body)} - {name}) & tied:
            return node
    return None


def _are_equal(first: Formula, second: Formula) -> bool:
    with contextlib.suppress(DeriveError, RecursionError):
        return first == second or isinstance(prove(Claim(label="the same", lhs=first, relation="=", rhs=second)), Proof)
    return False


def _are_multiples(first: Formula, second: Formula) -> bool:
    """Whether the one is the other, or a small multiple of it."""
    factors = [Number(Fraction(factor)) for factor in (-1, 2, -2)]
    pairs = [(first, second), *((multiply(c, one), other) for c in factors for one, other in ((first, second), (second, first)))]
    return any(_are_equal(one, other) for one, other in pairs)


def _is_objective(body: Formula) -> bool:
    """Whether what is differentiated is one number, as a likelihood or a loss is: no weight, nor one of a family, nor a slope."""
    while isinstance(body, Component):
        body = body.argument
    return not isinstance(body, Derivative) and not free_indices(body)
