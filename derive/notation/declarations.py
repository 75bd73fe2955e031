"""The language of declarations: what the symbols of a note mean, said once in lines that read like a paper's "where" clause.

A ``Dictionary`` grows line by line. It knows spellings and domains, not formulas: the bodies of definitions stay as they stand
and are read where they are used.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from derive.densities import densities
from derive.errors import ReadingError
from derive.formula import Convention, are_generic
from derive.notation.conventions import Convention as Convention_
from derive.notation.conventions import Spelling as Spelling_
from derive.notation.spellings import (
    ALL_PARAMETERS,
    DENSITY_NAMES,
    Argument,
    Spelling,
    arguments_of,
    as_written,
    plain,
    sign_at,
    spelling,
    template,
)
from derive.notation.surface import MAX_CHARACTERS, HasBody, Item, Items, surface
from derive.symbols import COVERING, Domain, Index, Range, Role, Size, Symbol, continuum

KEYWORDS = (
    "size",
    "index",
    "data",
    "latent",
    "param",
    "const",
    "fun",
    "posterior",
    "frozen",
    "define",
    "assume",
    "use",
    "reset",
    "let",
    "free",
)

ROLES: Mapping[str, Role] = {"data": "data", "param": "param", "frozen": "frozen", "latent": "latent", "const": "const"}
WRITTEN_TYPES: Mapping[Domain, str] = {"real": "R", "integer": "Z", "count": "N", "bool": "0..1", "simplex": "simplex(k)"}
"""How domains are declared that have other names than that."""
LOGARITHMS = ("\\log", "\\ln", "\\exp")
_OPERATION = re.compile(r"-?\d+(?:/\d+)?(?<!^0)(?<!^1)|-?(?:T|\\top|\\intercal)")
"""Superscripts that say what is done with a letter; a nought or a one may number an iterate."""
Span = tuple[int, int]
"""Lower and upper end of a range of integers known by numbers."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A declared symbol: how it is written and what it is.

    ``slots`` of the spelling are its family's indices, in order, and then ``extra`` ones: the k of ``\\pi_k`` where
    ``\\pi in simplex(K)`` was declared. ``values`` is what a latent runs over: a range, two numbers, or None for a continuum.
    """

    spelling: Spelling
    symbol: Symbol
    kind: str
    extra: int = 0
    values: Range | Span | None = None
    convention: Convention = "entry"
    call: bool = False
    diagonal: bool = False
    """Whether it is the matrix with the symbol's values on its diagonal."""

    @property
    def name(self) -> str:
        return self.symbol.name


@dataclass(frozen=True, slots=True)
class Unknown:
    """An unknown smooth function, ``fun f(x, \\theta) in positive``."""

    spelling: Spelling
    domain: Domain
    shape: tuple[Size, ...] = ()


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """``define LEFT = RIGHT``: the right side is read where the left one is used."""

    spelling: Spelling
    body: Items
    text: str = ""
    freed: frozenset[str] = frozenset()
    """The parameters whose constraint was set free where it was defined, as that of a Lagrangian is."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """``posterior w_{ij} = p(z_i=j | x_i) at \\theta_t``; ``at`` is None where nothing is said."""

    spelling: Spelling
    body: Items
    at: Items | None


@dataclass(frozen=True, slots=True)
class Event:
    """A variable in a statement of the model, with the value it is given (the ``k`` of ``z_i=k``), or None."""

    items: Items
    value: Items | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """``x_i | z_i=k ~ Normal(\\mu_k, \\Sigma_k)``."""

    targets: tuple[Event, ...]
    conditions: tuple[Event, ...]
    density: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """``assume A = B`` (or ``A in TYPE``, ``A > 0``, ``i \\ne j``), as it stands."""

    left: Items
    relation: str
    right: Items
    text: str


Entry = Letter | Unknown | Abbreviation | Posterior


@dataclass(slots=True)
class Dictionary:
    """All that a note has declared so far."""

    macros: Mapping[str, HasBody] = field(default_factory=dict[str, HasBody])
    sizes: dict[str, Size] = field(default_factory=dict[str, Size])
    indices: dict[str, Index | Span] = field(default_factory=dict[str, "Index | Span"])
    entries: list[Entry] = field(default_factory=list["Entry"])
    statements: list[Statement] = field(default_factory=list[Statement])
    facts: list[Fact] = field(default_factory=list[Fact])
    freed: frozenset[str] = frozenset()
    domains: dict[str, Domain] = field(default_factory=dict[str, Domain])
    """What assumptions make of a letter's domain: 0/1 entries that sum to one are one-hot."""
    normalised: dict[str, int] = field(default_factory=dict[str, int])
    """Unknown functions that are densities, and over which of their indices."""
    current_mark: str = "t"
    """How the current parameters are marked where they are printed."""
    version: int = 0
    means: dict[str, int] = field(default_factory=dict[str, int])
    """Means under theta_t that were not written out, each with its number; shared by all copies, so that one has one name."""
    whole: list[str] = field(default_factory=list[str])
    """The undeclared letter that stands for all parameters, from where it is first met; shared by all copies."""
    keyword: str = ""
    """The last one: ``param A in R ; B in R`` goes on with it."""
    faces: set[str] = field(default_factory=set[str])
    """The letters that are declared in two fonts, plain and bold, and so are two."""
    contradicted: set[str] = field(default_factory=set[str])
    """Names that were declared in two ways: no row can be read by them."""
    lost: set[str] = field(default_factory=set[str])
    """Variables whose distribution could not be read: no probability can be read by them."""

    def copy(self) -> Dictionary:
        """The same declarations, for hints that hold for one display only."""
        return Dictionary(
            self.macros,
            dict(self.sizes),
            dict(self.indices),
            list(self.entries),
            list(self.statements),
            list(self.facts),
            self.freed,
            dict(self.domains),
            dict(self.normalised),
            self.current_mark,
            self.version,
            self.means,
            self.whole,
            self.keyword,
            set(self.faces),
            set(self.contradicted),
            set(self.lost),
        )

    # Looking up.

    @property
    def letters(self) -> Iterator[Letter]:
        return (entry for entry in self.entries if isinstance(entry, Letter))

    @property
    def posteriors(self) -> list[Posterior]:
        return [entry for entry in self.entries if isinstance(entry, Posterior)]

    def is_taken(self, head: str) -> bool:
        """Whether a letter is declared: the head of a name, an index or a size."""
        return bool(self.by_head(head)) or head in self.indices or head in self.sizes

    def by_head(self, head: str) -> list[Entry]:
        """What begins with this letter: longer names and later declarations first, functions before plain letters."""
        found = [entry for entry in reversed(self.entries) if entry.spelling.head == head]
        return sorted(found, key=lambda entry: -len(entry.spelling.items))

    def is_index(self, name: str) -> bool:
        return name in self.indices

    def convention(self) -> Convention_:
        """The author's own letters, for printing."""
        spellings: dict[str, Spelling_] = {}
        for entry in self.entries:
            name = entry.name if isinstance(entry, Letter) else entry.spelling.name
            written = template(entry.spelling)
            if isinstance(entry, Letter) and entry.extra:
                written += "_{#1}" if not entry.spelling.slots else ""
            spellings[name] = Spelling_(written)
        return Convention_(
            name="note",
            title="the note's own letters",
            sizes={name: name for name in self.sizes},
            indices={name: name for name in self.indices},
            spellings=spellings,
            theta_t=r"\theta_t",
            mark=self.current_mark,
        )

    # Declaring.

    def declare(self, text: str) -> None:
        """Take in one declaration.

        Raises:
            ReadingError: the line is none, or contradicts an earlier one.
        """
        line = text.strip()
        if not line:
            return
        if len(line) > MAX_CHARACTERS:
            raise ReadingError(f"a declaration too long to read: limit={MAX_CHARACTERS} characters", 0, 1, "limit")
        self.version += 1
        word, _, rest = line.partition(" ")
        start = len(text) - len(text.lstrip()) + len(word) + 1
        if word == "reset" and not rest.strip():
            self._reset()
        elif word in KEYWORDS and word not in ("use", "reset"):
            self.keyword = word
            self._entry(word, rest, start)
        elif (place := _model_sign(line)) is not None:
            try:
                self._statement(line[: place[0]], line[place[1] :])
            except ReadingError:
                self._lose(line[: place[0]])
                raise
        elif self.keyword and self.keyword not in ("posterior",):
            self._entry(self.keyword, line, 0)
        else:
            raise ReadingError(
                f"a declaration that is not understood: {line!r}, expected one of {', '.join(KEYWORDS)} or NAME ~ DENSITY",
                0,
                len(text),
                "declaration",
            )

    def _entry(self, keyword: str, text: str, start: int) -> None:
        """One entry behind a keyword."""
        match keyword:
            case "size":
                self._size(text, start)
            case "index":
                self._index(text, start)
            case "data" | "latent" | "param" | "const" | "frozen":
                self._letters(keyword, text, start)
            case "let":
                self._letters("const", text, start)
            case "fun":
                self._fun(text, start)
            case "posterior":
                self._posterior(text, start)
            case "define":
                self._define(text, start)
            case "assume":
                self._assume(text, start)
            case _:
                self._free(text, start)

    def _reset(self) -> None:
        for part in (self.sizes, self.indices):
            part.clear()
        for listed in (self.entries, self.statements, self.facts):
            listed.clear()
        self.freed = frozenset()
        for told in (self.domains, self.normalised, self.whole, self.faces, self.contradicted, self.lost):
            told.clear()

    def tell_apart(self, lines: Iterable[str]) -> None:
        """Find the letters that are declared in two fonts, in lines about to be declared or before: they are two."""
        faces: dict[str, set[bool]] = {}
        for entry in self.entries:
            if isinstance(entry, Letter) and entry.spelling.head not in self.faces:
                faces.setdefault(plain(entry.spelling.items), set()).add(entry.spelling.items[0].font == "face")
        keyword = self.keyword
        for line in lines:
            word, _, rest = line.strip().partition(" ")
            keyword, rest = (word, rest) if word in KEYWORDS else (keyword, line)
            if keyword not in (*ROLES, "let") or not (" in " in rest or "\\in " in rest):
                continue
            with contextlib.suppress(ReadingError):
                for items in arguments_of_names(surface(_typed(rest, 0)[0], self.macros)):
                    if items:
                        faces.setdefault(plain(items), set()).add(items[0].font == "face")
                        if len(faces[plain(items)]) == 2:
                            self.faces.add(items[0].text)

    def surface(self, text: str, *, wide: bool = False) -> Items:
        """What a text says, item by item; ``wide`` spaces between formulas too.

        Raises:
            ReadingError: it cannot be taken apart.
        """
        items = surface(text, self.macros, wide=wide)
        items = _told_apart(items, self.faces) if self.faces else items
        return self._with_parameters(items) if self.statements else items

    def _with_parameters(self, items: Items) -> Items:
        """The items with ``p_\\theta(x)`` written as ``p(x; \\theta)``."""
        out: list[Item] = []
        for item in items:
            item = item.rebuilt(self._with_parameters)
            before = out[-1] if out else None
            if (
                before is not None
                and before.sub is not None
                and before.text in DENSITY_NAMES
                and before == replace(before.bare, sub=before.sub)
                and item.kind == "fence"
                and item.text == "()"
                and not self.by_head(before.text)
                and sign_at(item.parts[0], ";") is None
                and self._are_parameters(before.sub)
            ):
                out[-1] = before.bare
                bar = Item("sign", ";", start=before.start, end=before.end)
                item = replace(item, parts=((*item.parts[0], bar, *before.sub),))
            out.append(item)
        return tuple(out)

    def _are_parameters(self, items: Items) -> bool:
        """Whether a subscript names parameters: letters that are declared as such, tuples of them, or a lone theta."""
        parts = [part for part in arguments_of_names(items) if part]
        for part in parts:
            entries = [entry for entry in self.by_head(part[0].text) if not isinstance(entry, Posterior)]
            kinds = {entry.kind for entry in entries if isinstance(entry, Letter)}
            if kinds & {"data", "latent"} or (part[0].text in self.indices or part[0].text in self.sizes):
                return False
            if not kinds and not any(isinstance(entry, Abbreviation) for entry in entries) and part[0].text not in ALL_PARAMETERS:
                return False
        return bool(parts)

    def pattern(self, items: Items) -> Spelling:
        return spelling(items, self.is_index)

    def _size(self, text: str, start: int) -> None:
        for name in _listed(text):
            items = self.surface(name)
            key = plain(items)
            if not items or len(items) != 1 or items[0].kind != "letter":
                raise ReadingError(f"a size that is not a letter: {name!r}", start, start + len(text), "declaration")
            self._require_new(items, start, "letter")
            self.sizes[key] = Size(key)

    def _index(self, text: str, start: int) -> None:
        names, _, span = _typed(text, start)
        lower, upper = _range(span, start)
        for name in _listed(names):
            items = self.surface(name)
            key = plain(items)
            numbers = re.fullmatch(r"-?\d+", upper) is not None
            made = (int(lower), int(upper)) if numbers else Index(key, Range(self.size(upper, start), int(lower)))
            self._require_not_met(key, start)
            if isinstance(made, Index):
                self.indices.setdefault(f"{key}'", replace(made, name=f"{key}'"))
            if self.indices.setdefault(key, made) != made:
                del self.indices[key]
                raise ReadingError(f"an index with two ranges: {key}; 'reset' begins anew", start, start + 1, "declaration")

    def _require_not_met(self, name: str, start: int) -> None:
        """That no letter was declared with this index before the index was: it was read as one name, for all its members.

        Raises:
            ReadingError: one was; no row can be read by it.
        """
        for entry in self.entries if name not in self.indices else ():
            scripts = [part for item in entry.spelling.items for part in (item.sub or (), *item.sups)]
            if name not in entry.spelling.slots and any(_mentions(part, name) for part in scripts):
                shown = plain(entry.spelling.items)
                self.contradicted.add(shown)
                raise ReadingError(
                    f"the index {name} is declared below {shown}, in which it stands: put the index lines first",
                    start,
                    start + 1,
                    "declaration",
                )

    def size(self, name: str, start: int = 0) -> Size:
        """The size called so.

        Raises:
            ReadingError: it was not declared.
        """
        key = plain(self.surface(name))
        if key not in self.sizes:
            raise ReadingError(
                f"a size that was not declared: {name.strip()!r}, expected one of {', '.join(self.sizes) or '(none)'}",
                start,
                start + len(name),
                "undeclared",
            )
        return self.sizes[key]

    def _letters(self, kind: str, text: str, start: int) -> None:
        names, _, type_text = _typed(text, start)
        type_text, over = _over(type_text)
        type_text, convention = _convention(type_text)
        shown = self.surface(names)
        for argument in arguments_of_names(shown):
            self._letter(kind, argument, type_text, over, convention, start)

    def _letter(self, kind: str, items: Items, type_text: str, over: str | None, convention: Convention, start: int) -> None:
        if not items:
            raise ReadingError("a declaration without a name", start, start + 1, "declaration")
        self._require_new(items, start, "size", "abbreviation")
        self._require_no_operation(items, start)
        if over is not None and plain(self.surface(over)) not in self.indices:
            # frozen q(z) in simplex(K) over z: the latent's letter is the index.
            latent = self._latent(self.surface(over))
            if latent is None:
                raise ReadingError(f"'over' names no index: {over!r}", start, start + 1, "declaration")
        pattern = self.pattern(items)
        try:
            shape, domain, values = self._type(type_text, start)
        except ReadingError:
            self.contradicted.add(plain(items))  # nor has it the meaning that it has undeclared
            raise
        diagonal = type_text.strip().startswith("diag(")
        if kind == "data" and values == (0, 1):
            domain, values = "bool", None
        if kind not in ("latent", "data") and isinstance(values, tuple):
            if values != (0, 1):
                raise ReadingError(
                    f"a constant between numbers: {type_text.strip()}; try Z, N or 0..1", start, start + 1, "unsupported"
                )
            domain, values = "bool", None
        families: list[Range] = []
        slots: list[str] = list(pattern.slots)
        for slot in slots:
            index = self.indices[slot]
            if isinstance(index, Index):
                families.append(index.range)
            else:
                raise ReadingError(
                    f"a family over a range of numbers: {as_written(items)}; try a letter for its size",
                    start,
                    start + 1,
                    "declaration",
                )
        latents = self._latent_arguments(pattern)
        families.extend(latents)
        extra = 0
        if domain == "count" and shape:
            # A vector of counts is a family of them: of what one counts there is no linear algebra.
            families, shape, extra = [*families, Range(shape[0])], (), 1
        if domain == "simplex":
            size = self.size(_argument(type_text), start)
            if over is None:
                families.append(Range(size))
                extra = 1
            else:
                key = plain(self.surface(over))
                over_index = self.indices.get(key)
                if isinstance(over_index, Index) and over_index.range.upper != size:
                    raise ReadingError(
                        f"a simplex of {size.name} members over {key}, which runs to {over_index.range.upper.name}",
                        start,
                        start + 1,
                        "declaration",
                    )
                if key in slots:
                    position = slots.index(key)
                    families.append(families.pop(position))
                    slots.append(slots.pop(position))
                    pattern = Spelling(pattern.items, tuple(slots), pattern.is_index)
        role = ROLES[kind]
        category = not isinstance(values, Range) or values.lower >= 1
        if kind in ("latent", "data") and values is not None and category:
            # Its value as a vector of zeros and one 1 is what formulas speak of.
            families.append(values if isinstance(values, Range) else Range(Size(f"{plain(items)}:{values[0]}..{values[1]}")))
            domain = "one-hot"
        # \alpha_k and \alpha_{t,k} are two letters, and are called so.
        taken = {entry.name for entry in self.entries if isinstance(entry, Letter)}
        name = pattern.name if pattern.name not in taken else template(pattern, str)
        symbol = Symbol(name, role, tuple(families), shape, domain)
        same = next((x for x in self.letters if x.symbol.name == symbol.name and plain(x.spelling.items) == plain(items)), None)
        if same is not None and self.keyword == "let" and same.symbol == symbol and same.kind == kind:
            return  # a hint says again what an earlier one said
        if same is not None:
            if same.symbol != symbol or same.kind != kind:
                self.contradicted.add(plain(items))
            raise ReadingError(f"declared twice: {as_written(items)}", start, start + 1, "declaration")
        self.entries.append(Letter(pattern, symbol, kind, extra, values, convention, call=bool(latents), diagonal=diagonal))

    def _latent(self, items: Items) -> Letter | None:
        for letter in self.letters:
            if letter.kind == "latent":
                met = letter.spelling.match(items, 0)
                if met is not None and met[1] == len(items):
                    return letter
        return None

    def _latent_arguments(self, pattern: Spelling) -> list[Range]:
        """The ranges of latents among the arguments of ``q(z)``, in order."""
        found: list[Range] = []
        for argument in pattern.call:
            items = argument.items
            cut = sign_at(items, "=")
            if cut is not None:
                continue  # q(z_n = C_k): the value is a slot or an abbreviation
            latent = self._latent(items)
            if latent is not None:
                if isinstance(latent.values, Range):
                    found.append(latent.values)
                elif latent.values is None:
                    found.append(continuum(latent.name))
        return found

    def _type(self, text: str, start: int) -> tuple[tuple[Size, ...], Domain, Range | Span | None]:
        text = text.strip()
        plain_types: Mapping[str, Domain] = {
            "R": "real",
            "Z": "integer",
            "N": "count",
            "positive": "positive",
            "nonnegative": "nonnegative",
            "unit": "unit",
            "bool": "bool",
        }
        if text in plain_types:
            return (), plain_types[text], None
        if re.fullmatch(r"\\?\{\s*0\s*,\s*1\s*\\?\}", text):
            return (), "bool", None
        if text.startswith("\\mathbb{R}"):
            text = "R" + text[len("\\mathbb{R}") :]
        if met := re.fullmatch(r"(R|N)\^(?:\{\s*([^{}\s]+)\s*\}|([^{}\s]+))", text):
            return (self.size(met[2] or met[3], start),), "real" if met[1] == "R" else "count", None
        if met := re.fullmatch(r"R\^\{\s*(\S+)\s*(?:x|\\times)\s*(\S+?)\s*\}", text):
            return (self.size(met[1], start), self.size(met[2], start)), "real", None
        if met := re.fullmatch(r"(simplex|spd|sym|diag|lower|orthogonal)\(\s*(.+?)\s*\)", text):
            size = self.size(met[2], start)
            if met[1] == "simplex":
                return (), "simplex", None
            if met[1] == "diag":
                return (size,), "positive", None
            if met[1] in ("spd", "sym", "lower"):
                return (size, size), met[1], None  # type: ignore[return-value]
            raise ReadingError(f"a type that is not supported yet: {met[1]}", start, start + len(text), "unsupported")
        intervals: Mapping[str, Domain] = {"(0,1)": "unit", "(0,\\infty)": "positive", "[0,\\infty)": "nonnegative"}
        if (interval := re.sub(r"\s|\\,", "", text).replace("inf)", "\\infty)").replace("\\\\infty", "\\infty")) in intervals:
            return (), intervals[interval], None
        if re.fullmatch(r"-?\w+\s*(?:\.\.|\\dots)\s*.+", text):
            lower, upper = _range(text, start)
            if re.fullmatch(r"-?\d+", upper):
                return (), "integer", (int(lower), int(upper))
            if plain(self.surface(upper)) in self.sizes:
                return (), "integer", Range(self.size(upper, start), int(lower))
            if not re.search(r"[A-Za-z}]\s+[A-Za-z]", upper):
                return (), "count", None
        raise ReadingError(
            f"a type that is not known: {text!r}, expected R, R^d, R^{{d x m}}, positive, unit, N, bool, simplex(k), spd(d), "
            "1..k, ...",
            start,
            start + len(text),
            "declaration",
        )

    def _fun(self, text: str, start: int) -> None:
        names, _, type_text = _typed(text, start)
        shape, domain, _ = self._type(type_text, start)
        self.entries.append(Unknown(self.pattern(self.surface(names)), domain, shape))

    def _posterior(self, text: str, start: int) -> None:
        items = self.surface(text)
        left, right = _equation(items, text, start)
        at: Items | None = None
        cut = next((k for k in range(len(right) - 1) if right[k].text == "a" and right[k + 1].text == "t" and k), None)
        if cut is not None:
            at, right = right[cut + 2 :], right[:cut]
            inside = right[-1].parts[0] if right and right[-1].kind == "fence" else ()
            if len(list(arguments_of_names(at))) > 1 or sign_at(inside, ";") is not None:
                raise ReadingError("a posterior at parameters that are said in two places, or without brackets", start, start + 1)
        self.entries.append(Posterior(self.pattern(left), right, at))

    def define(self, left: Items, right: Items, text: str = "", freed: frozenset[str] = frozenset()) -> None:
        """Add an abbreviation, as ``define`` does or a display with ``:=``, where constraints may be set ``freed``."""
        if not left or left[0].kind not in ("letter", "fence"):
            raise ReadingError("a definition of something that is no name", left[0].start if left else 0, None, "declaration")
        self.version += 1
        pattern = self.pattern(left)
        below = (
            plain(left[0].sub)
            if len(left) == 1 and left[0].sub is not None and len(left[0].sub) == 1 and not left[0].sups
            else ""
        )
        if (
            below.isalpha()
            and not self.by_head(below)
            and below not in self.indices
            and below not in self.sizes
            and _mentions(right, below)
            and not _is_tuple_of_names(right)
        ):
            pattern = Spelling(left, (), self.is_index, below)
        self.entries.append(Abbreviation(pattern, right, text, freed | self.freed))

    def _require_new(self, items: Items, start: int, *kinds: Literal["size", "index", "letter", "abbreviation"]) -> None:
        """That a name was not declared as something else before.

        Raises:
            ReadingError: it was.
        """
        key = plain(items)
        same = [entry for entry in self.by_head(items[0].text) if plain(entry.spelling.items) == key]
        if (
            ("size" in kinds and key in self.sizes)
            or ("index" in kinds and key in self.indices)
            or ("letter" in kinds and any(isinstance(entry, Letter) for entry in same))
            or ("abbreviation" in kinds and any(isinstance(entry, Abbreviation) for entry in same))
        ):
            self.contradicted.add(key)
            raise ReadingError(f"declared twice, in two ways: {key}; 'reset' begins anew", start, start + 1, "declaration")

    def _require_no_operation(self, items: Items, start: int) -> None:
        """That a name is no power, inverse, transpose or logarithm of another one, nor another one of it.

        Beside ``\\sigma``, ``\\sigma^2`` is its square to every reader; as a letter of its own it would stay where sigma moves.

        Raises:
            ReadingError: it is.
        """
        base = self._operand(items)
        for entry in self.entries:
            mine = (base, entry.spelling) if base else (self._operand(entry.spelling.items), self.pattern(items))
            met = mine[1].match(mine[0], 0) if mine[0] else None
            if met is None or met[1] != len(mine[0]) or met[0].extra_sups or met[0].extra_sub:
                continue
            whole, part = (items, entry.spelling.items) if base else (entry.spelling.items, items)
            raise ReadingError(
                f"{as_written(whole)} is made of {as_written(part)}, and both are declared: two letters, or one? "
                "declare one of them",
                start,
                start + 1,
                "declaration",
            )

    def _operand(self, items: Items) -> Items:
        """What ``\\sigma^2``, ``A^{-1}``, ``A^T`` and ``\\log \\sigma`` are made of; nothing for other names."""
        first, *others = items
        if first.text in LOGARITHMS and others:
            return tuple(others)
        *front, last = first, *others
        power = plain(last.sups[-1]) if last.sups else ""
        mark = power.removeprefix("-")
        if not _OPERATION.fullmatch(power) or mark in self.sizes or mark in self.indices:
            return ()
        base = replace(last, sups=last.sups[:-1])
        if not front and base.kind == "fence" and base == base.bare and base.text == "()":
            return base.parts[0]
        return (*front, base)

    def _define(self, text: str, start: int) -> None:
        left, right = _equation(self.surface(text), text, start)
        if any(item.kind == "sign" and item.text not in ("mid", ",", ";", ":") for item in left):
            raise ReadingError(f"a definition of something that is no name: {as_written(left)}", start, start + 1, "declaration")
        self._require_new(left, start, "letter", "size", "index")
        if left[0].text not in LOGARITHMS:
            self._require_no_operation(left, start)
        key = plain(left)
        same = [e for e in self.by_head(left[0].text) if isinstance(e, Abbreviation) and plain(e.spelling.items) == key]
        if any(plain(entry.body) != plain(right) for entry in same):
            self.contradicted.add(key)
            raise ReadingError(f"defined twice, in two ways: {key}; 'reset' begins anew", start, start + 1, "declaration")
        if left[0].text == "\\log" and len(left) > 1:
            # define \log f(y) = ..: f(y) is its exponential.
            left, right = left[1:], (_exponential(right),)
        self.define(left, self._flattened(right, start), text)

    def _flattened(self, body: Items, start: int) -> Items:
        """A tuple with the tuples among its members written out: ``X = (x_n)`` where ``x_n = (x_{ni})`` is ``(x_{ni})``.

        Raises:
            ReadingError: a member is a tuple in other letters.
        """
        if not _one_fence(body) or body[0].text != "()" or body[0] != body[0].bare:
            return body
        found: list[Item] = []
        run: list[Item] = []
        for item in (*body[0].parts[0], None):
            if item is not None and not item.is_sign(",", ";"):
                run.append(item)
                continue
            found += self._names_in(tuple(run), start)
            found += [item] if item is not None else []
            run = []
        return (replace(body[0], parts=(tuple(found),)),)

    def _names_in(self, member: Items, start: int) -> Items:
        """The members of the tuple for which a name stands; another name as it is."""
        for entry in self.by_head(member[0].text if len(member) == 1 else ""):
            met = entry.spelling.match(member, 0) if isinstance(entry, Abbreviation) else None
            if met is None or met[1] != 1 or not isinstance(entry, Abbreviation) or not _one_fence(entry.body):
                continue
            names = list(arguments_of_names(entry.body[0].parts[0]))
            if entry.body[0].text != "()" or not all(len(part) == 1 and part[0].kind == "letter" for part in names):
                continue
            if any(plain(chunk) != slot for slot, chunk in met[0].slots.items()):
                shown = f"a tuple of {as_written(member)}, which was defined in other letters"
                raise ReadingError(shown, start, start + 1, "declaration")
            return entry.body[0].parts[0]
        return member

    def _assume(self, text: str, start: int) -> None:
        items = self.surface(text)
        for relation in ("ne", "in", "=", ">", "<", "ge", "le"):
            cut = sign_at(items, relation)
            if cut is not None and (cut == 0 or cut + 1 == len(items)):
                raise ReadingError(f"an assumption with an empty side: {text.strip()!r}", start, start + len(text), "declaration")
            if cut is not None and relation == "ne" and plain(items[:cut]) == plain(items[cut + 1 :]):
                raise ReadingError(f"nothing differs from itself: {text.strip()!r}", start, start + len(text), "declaration")
            if cut is not None:
                self.facts.append(Fact(items[:cut], relation, items[cut + 1 :], text.strip()))
                self._cover(self.facts[-1])
                return
        if " in " in text:
            left, right = text.rsplit(" in ", 1)
            self.facts.append(Fact(self.surface(left), "in", self.surface(right), text.strip()))
            return
        raise ReadingError(f"an assumption without a relation: {text.strip()!r}", start, start + len(text), "declaration")

    def _cover(self, fact: Fact) -> None:
        """Take ``assume \\sum_c u_{ck} > 0`` of nonnegative u for what it says: over its first index u is not always zero."""
        first, *summed = fact.left
        if fact.relation != ">" or plain(fact.right) != "0" or first.text != "\\sum" or first.sub is None or first.sups:
            return
        for place, entry in enumerate(self.entries):
            met = entry.spelling.match(tuple(summed), 0) if isinstance(entry, Letter) else None
            if met is None or met[1] != len(summed) or not isinstance(entry, Letter) or entry.symbol.domain not in COVERING:
                continue
            if len(met[0].extra_sub) != entry.extra:
                continue
            slots = [plain(chunk) for chunk in (*(met[0].slots[slot] for slot in entry.spelling.slots), *met[0].extra_sub)]
            ranges = (*entry.symbol.family, *(Range(size) for size in entry.symbol.shape))
            if slots[0] == plain(first.sub) and are_generic([self.indices.get(slot) for slot in slots], ranges):
                self.entries[place] = replace(entry, symbol=replace(entry.symbol, domain=COVERING[entry.symbol.domain]))

    def _free(self, text: str, start: int) -> None:
        for items in arguments_of_names(self.surface(text)):
            letter = next((x for x in self.letters if (m := x.spelling.match(items, 0, whole=True)) and m[1] == len(items)), None)
            if letter is None:
                raise ReadingError(
                    f"'free' names no declared parameter: {as_written(items)}", start, start + len(text), "undeclared"
                )
            self.freed |= {letter.name}

    def _statement(self, left: str, right: str) -> None:
        target, *conditions = _split_bar(self.surface(left))
        met = re.match(r"\s*(?:\\mathrm\{|\\text\{|\\operatorname\{)?\s*([A-Za-z]+)\}?\s*\(", right)
        if met is None:
            raise ReadingError(f"a distribution is expected behind ~: {right.strip()!r}", 0, 1, "declaration")
        call = self.surface(right[met.end() - 1 :])
        if not call or call[0].kind != "fence":
            raise ReadingError(f"a distribution without its arguments: {right.strip()!r}", 0, 1, "declaration")
        if call[0] != call[0].bare:
            raise ReadingError(f"a distribution with scripts: {right.strip()!r}", 0, 1, "declaration")
        if call[1:] and [plain((item,)) for item in call[1:] if not item.is_sign(",", ".")] not in (["iid"], ["independently"]):
            behind = plain(call[1:])
            raise ReadingError(f"something behind a distribution that is not read: {behind!r}", 0, 1, "declaration")
        targets = tuple(_event(items) for items in arguments_of_names(target if not _one_fence(target) else target[0].parts[0]))
        conditioned = tuple(_event(items) for part in conditions for items in arguments_of_names(part))
        for known in self.statements:
            if _said_of(known.targets) & _said_of(targets) and _overlap(known.conditions, conditioned):
                said = ", ".join(sorted(plain(target.items) for target in targets))
                self.contradicted |= {plain(target.items) for target in targets}
                raise ReadingError(f"two distributions of {said}; 'reset' begins anew", 0, 1, "declaration")
        arguments = arguments_of(call[0].parts[0])
        for target in targets:
            self._require_any_member(target.items)
        for event in conditioned:
            self._require_any_value(event)
        self._require_bound(targets, conditioned, [argument.items for argument in arguments])
        for target in targets:
            self._require_supported(target.items, met[1])
        self.statements.append(Statement(targets, conditioned, met[1], arguments))

    def _lose(self, left: str) -> None:
        """Keep in mind that a distribution was declared which could not be read."""
        with contextlib.suppress(ReadingError):
            target = _split_bar(self.surface(left))[0]
            for items in arguments_of_names(target if not _one_fence(target) else target[0].parts[0]):
                self.lost |= {plain(letter.spelling.items) for letter in self._variables(items)}

    def _variables(self, items: Items) -> list[Letter]:
        """The letters that are written so; where there are none, the families of which that is a short name."""
        for whole in (False, True):
            met = [(letter, letter.spelling.match(items, 0, whole=whole)) for letter in self.letters]
            if found := [letter for letter, end in met if end is not None and end[1] == len(items)]:
                return found
        return []

    def _require_bound(self, targets: tuple[Event, ...], conditions: tuple[Event, ...], arguments: list[Items]) -> None:
        """That a distribution has no letters that its variable does not have, and does not depend on itself.

        Raises:
            ReadingError: it has such letters, or stands in its own arguments.
        """

        def indices_in(items: Items) -> set[str]:
            return {name for name, index in self.indices.items() if isinstance(index, Index) and _mentions(items, name)}

        own = {name for target in targets for name in indices_in(target.items)}
        valued = (*conditions, *(targets if len(targets) > 1 else ()))
        values = {name for event in valued for name in indices_in(event.value or ())}
        stray = {name for event in conditions for name in indices_in(event.items)} - own
        for items in arguments:
            summed = any(item.text in ("\\sum", "\\prod") for item in items)
            stray |= set() if summed else indices_in(items) - own - values
            for target in targets:
                if any(plain((item,)) == plain(target.items) for item in items):
                    raise ReadingError(
                        f"a distribution of {as_written(target.items)} that depends on itself", 0, 1, "declaration"
                    )
        if stray:
            raise ReadingError(f"letters that the variable does not have: {', '.join(sorted(stray))}", 0, 1, "declaration")

    def _require_supported(self, items: Items, name: str) -> None:
        """That a variable has values only where its distribution has them: beyond, the formula of the density is not the density.

        Raises:
            ReadingError: it was declared with others, as a lifetime in R.
        """
        known = densities().get(name)
        if known is None or not known.domains:
            return
        for letter in self._variables(items):
            domain, values = self._narrowed(letter), letter.values
            if values is not None:
                least = values.lower if isinstance(values, Range) else values[0]
                fits = "count" in known.domains and least >= 0
                fits = fits or ("bool" in known.domains and values == (0, 1))
            else:
                wholes = [domain, *(whole for whole, covering in COVERING.items() if covering == domain)]
                fits = any(whole in known.domains for whole in wholes)
                fits = fits or ("nonnegative" in wholes and "positive" in known.domains)
            if not fits:
                declared = "a range" if values is not None else WRITTEN_TYPES.get(domain, domain)
                wanted = WRITTEN_TYPES.get(known.domains[0], known.domains[0])
                raise ReadingError(
                    f"{as_written(items)} is declared in {declared}, and {name} is a distribution on {known.support}; "
                    f"try {wanted}",
                    0,
                    1,
                    "declaration",
                )

    def _narrowed(self, letter: Letter) -> Domain:
        """The domain of a letter, with what was assumed of its sign."""
        for fact in self.facts:
            left, right, relation = fact.left, fact.right, fact.relation
            if plain(left) == "0" and relation in ("<", "le"):
                left, right, relation = right, left, {"<": ">", "le": "ge"}[relation]
            met = letter.spelling.match(left, 0, whole=True)
            if met is None or met[1] != len(left) or not all(self.is_index(plain(c)) for c in met[0].slots.values()):
                continue
            if relation in (">", "ge") and plain(right) == "0" and letter.symbol.domain == "real":
                return "positive"
            if relation == "in" and plain(right) in ("positive", "nonnegative", "unit") and letter.symbol.domain == "real":
                return "unit" if plain(right) == "unit" else "positive"
        return letter.symbol.domain

    def _require_any_member(self, items: Items) -> None:
        """That a distribution is said of every member of a family, ``x_i``, and not of ``x_1`` or some alone.

        Raises:
            ReadingError: it is said of one, or of a part.
        """
        for entry in self.by_head(items[0].text if items else ""):
            met = entry.spelling.match(items, 0) if isinstance(entry, Letter) else None
            if not isinstance(entry, Letter) or met is None or met[1] != len(items):
                continue
            # Of a latent the range of its values comes behind those of its indices.
            indices = [self.indices.get(plain(met[0].slots[slot])) for slot in entry.spelling.slots]
            ranges = zip(indices, entry.symbol.family, strict=False)
            part = any(isinstance(index, Index) and index.range != own for index, own in ranges)
            if part or any(not self.is_index(plain(c)) for c in met[0].slots.values()):
                self.contradicted.add(plain(entry.spelling.items))
                said = "a part of a family" if part else "one member of a family"
                raise ReadingError(f"a distribution of {said}: {as_written(items)}", 0, 1, "declaration")

    def _require_any_value(self, event: Event) -> None:
        """That a condition ``z_i = j`` is said for every value of the latent, where it is for a letter's.

        Raises:
            ReadingError: the letter leaves out some.
        """
        index = self.indices.get(plain(event.value or ()))
        for letter in self._variables(event.items) if isinstance(index, Index) else ():
            if isinstance(letter.values, Range) and isinstance(index, Index) and index.range != letter.values:
                raise ReadingError(f"a distribution given a part of the values of {as_written(event.items)}", 0, 1, "declaration")


def _mentions(items: Items, name: str) -> bool:
    return any(
        (item.kind == "letter" and item.text == name)
        or any(_mentions(part, name) for part in (*item.parts, item.sub or (), *item.sups))
        for item in items
    )


def _told_apart(items: Items, faces: Container[str]) -> Items:
    """The items with bold letters under names of their own, where the plain ones are declared beside them."""

    def told(item: Item) -> Item:
        bold = item.kind == "letter" and item.font == "face" and item.text in faces
        changed = item.rebuilt(lambda part: _told_apart(part, faces))
        return replace(changed, text=f"\\mathbf{{{item.text}}}") if bold else changed

    return tuple(told(item) for item in items)


def _is_tuple_of_names(items: Items) -> bool:
    """Whether the items are ``(\\mu_t, \\Sigma_t)``: the t marks their values, and stands for nothing."""
    return len(items) == 1 and items[0].kind == "fence" and any(inner.is_sign(",") for inner in items[0].parts[0])


def _one_fence(items: Items) -> bool:
    return len(items) == 1 and items[0].kind == "fence"


def _exponential(items: Items) -> Item:
    inner = Item("group", parts=(items,), start=items[0].start, end=items[-1].end)
    return Item("letter", "e", sups=((inner,),), start=inner.start, end=inner.end)


def _said_of(events: tuple[Event, ...]) -> set[tuple[str, str]]:
    """The variables of events, and the values that they are given."""
    return {(plain(event.items), plain(event.value or ())) for event in events}


def _overlap(one: tuple[Event, ...], other: tuple[Event, ...]) -> bool:
    """Whether two conditions may both be met: not where a variable has two numbers for values."""
    first, second = ({plain(event.items): plain(event.value or ()) for event in events} for events in (one, other))
    return not any(
        value != second[name] and value.isdigit() and second[name].isdigit() for name, value in first.items() if name in second
    )


def _event(items: Items) -> Event:
    cut = sign_at(items, "=")
    return Event(items) if cut is None else Event(items[:cut], items[cut + 1 :])


def _split_bar(items: Items) -> list[Items]:
    found: list[list[Item]] = [[]]
    for item in items:
        if item.is_sign("mid"):
            found.append([])
        else:
            found[-1].append(item)
    return [tuple(part) for part in found]


def arguments_of_names(items: Items) -> Iterator[Items]:
    """Names separated by commas."""
    run: list[Item] = []
    for item in items:
        if item.is_sign(",", ";"):
            yield tuple(run)
            run = []
        else:
            run.append(item)
    if run:
        yield tuple(run)


def _listed(text: str) -> Iterable[str]:
    return (part.strip() for part in text.split(",") if part.strip())


def _typed(text: str, start: int) -> tuple[str, str, str]:
    """``NAMES in TYPE`` taken apart."""
    cut = max(text.rfind(" in "), text.rfind("\\in "))
    if cut < 0:
        raise ReadingError(
            f"a declaration without its type: {text.strip()!r}, expected NAME in TYPE", start, start + len(text), "declaration"
        )
    left = text[:cut]
    if re.search(r" in |\\in(?![A-Za-z])", left):
        raise ReadingError("two declarations in one: try ';' between them", start, start + len(text), "declaration")
    return left, "in", text[cut + 4 :]


def _over(text: str) -> tuple[str, str | None]:
    left, found, right = text.partition(" over ")
    return left, right.strip() if found else None


def _convention(text: str) -> tuple[str, Convention]:
    met = re.search(r"\bgrad=(entry|frobenius|vech)\b", text)
    if met is None:
        return text, "entry"
    kind: Literal["entry", "frobenius", "vech"] = met[1]  # type: ignore[assignment]
    return text[: met.start()] + text[met.end() :], kind


def _argument(text: str) -> str:
    return text[text.index("(") + 1 : text.rindex(")")]


def _range(text: str, start: int) -> tuple[str, str]:
    met = re.fullmatch(r"\s*(-?\d+)\s*(?:\.\.|\\dots|\\ldots)\s*(.+?)\s*", text)
    if met is None:
        raise ReadingError(f"a range is expected: {text.strip()!r}, as 1..n", start, start + len(text), "declaration")
    if any(re.fullmatch(r"-?\d{10,}", bound) for bound in met.groups()):
        raise ReadingError("a range of numbers too long to read: limit=9 digits", start, start + len(text), "limit")
    if re.fullmatch(r"-?\d+", met[2]) and int(met[1]) > int(met[2]):
        raise ReadingError(f"a range in which there is nothing: {text.strip()}", start, start + len(text), "declaration")
    return met[1], met[2]


def _equation(items: Items, text: str, start: int) -> tuple[Items, Items]:
    cut = sign_at(items, "=", ":=", "equiv")
    if not cut:
        raise ReadingError(f"a definition without its equals sign: {text.strip()!r}", start, start + len(text), "declaration")
    if cut + 1 == len(items):
        raise ReadingError(f"a definition with nothing on its right: {text.strip()!r}", start, start + len(text), "declaration")
    return items[:cut], items[cut + 1 :]


def _model_sign(line: str) -> tuple[int, int] | None:
    met = re.search(r"~|\\sim(?![A-Za-z])", line)
    return None if met is None else met.span()
