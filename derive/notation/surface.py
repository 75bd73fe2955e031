"""What stands in a TeX formula: letters with their scripts, fractions, brackets, in order; no meaning yet.

TeX tokens come from pylatexenc, which keeps their places. Fonts, spacing and sizes of brackets are taken away here, so that
``\\left( \\boldsymbol{x} \\right)`` and ``(x)`` come out alike; accents (``\\hat``) stay part of a letter's name.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from pylatexenc.latexwalker import LatexWalker, LatexWalkerEndOfStream, LatexWalkerParseError

from derive.errors import ReadingError

MAX_CHARACTERS = 20_000
MAX_TOKENS = 6_000
MAX_DEPTH = 60
MAX_EXPANSIONS = 2_000
MAX_DIGITS = 400

ASIDE = "aside"
"""What a label below a brace claims of what stands in it, where that is no factor of its own."""
BRACED = "braced"
"""A group with a brace and a label that claims something of it."""
BARE = "bare"
"""The font of a group in braces, which are not printed."""
CALLED = (
    "\\log",
    "\\ln",
    "\\exp",
    "\\det",
    "\\tr",
    "\\Tr",
    "\\bb{E}",
    "E",
    "\\Pr",
    "\\max",
    "\\min",
    "\\Gamma",
    "\\psi",
    "\\cos",
    "\\sin",
)
"""Names behind which braces stand for a function's brackets."""
Kind = Literal["letter", "number", "sign", "group", "fence", "fraction", "root", "binomial", "words", "environment"]
Items = tuple["Item", ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that stands in a formula, with its scripts.

    ``text`` is a letter's name, a number's digits, a sign, a fence's two brackets, words or an environment's name; ``parts``
    the items inside (a fraction has two parts, an environment one for each cell, ``rows`` cells to a row).
    """

    kind: Kind
    text: str = ""
    parts: tuple[Items, ...] = ()
    sub: Items | None = None
    sups: tuple[Items, ...] = ()
    primes: int = 0
    font: str = ""
    rows: tuple[int, ...] = ()
    start: int = 0
    end: int = 0

    def rebuilt(self, change: Callable[[Items], Items]) -> Item:
        """The item with ``change`` applied to its parts and scripts."""
        return replace(
            self,
            parts=tuple(change(part) for part in self.parts),
            sub=None if self.sub is None else change(self.sub),
            sups=tuple(change(sup) for sup in self.sups),
        )

    @property
    def bare(self) -> Item:
        """The item without its scripts."""
        return replace(self, sub=None, sups=(), primes=0)

    def is_sign(self, *texts: str) -> bool:
        return self.kind == "sign" and self.text in texts


class HasBody(Protocol):
    """A macro as ``derive.notes.Macro`` records it."""

    @property
    def arity(self) -> int: ...
    @property
    def body(self) -> str: ...
    @property
    def default(self) -> str | None: ...
    @property
    def twice(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Token:
    kind: Literal["char", "command", "open", "close", "begin", "end", "align"]
    text: str
    start: int
    end: int


FONTS = {
    **dict.fromkeys(
        ("mathbf", "boldsymbol", "bm", "bf", "vec", "mathrm", "mathit", "mathsf", "textbf", "textit", "textsf", "pmb", "symbf"),
        "face",
    ),
    "mathcal": "cal",
    "mathscr": "cal",
    "cal": "cal",
    "mathbb": "bb",
    "mathds": "bb",
    "mathbbm": "bb",
    "mathfrak": "frak",
}
TEXTS = ("text", "textrm", "mbox", "textnormal", "operatorname", "operatorname*", "mathop", "mathrm")
ACCENTS = {
    "hat": "hat",
    "widehat": "hat",
    "tilde": "tilde",
    "widetilde": "tilde",
    "bar": "bar",
    "overline": "bar",
    "dot": "dot",
    "ddot": "ddot",
    "check": "check",
    "breve": "breve",
}
SPACES = frozenset(
    (
        " ",
        ",",
        ";",
        ":",
        "!",
        ">",
        "quad",
        "qquad",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "limits",
        "nolimits",
        "nonumber",
        "notag",
        "allowbreak",
        "/",
        "hfill",
        "relax",
        "normalsize",
        "\n",
        "thinspace",
        "medspace",
        "hline",
    )
)
SKIPPED_WITH_ARGUMENT = frozenset(
    ("hspace", "hphantom", "phantom", "vphantom", "label", "tag", "color", "hspace*", "vspace", "tag*", "mspace")
)
WIDE = frozenset(("quad", "qquad", "hspace", "hspace*", "hfill"))
QUAD = "quad"
"""A space as wide as those that set formulas side by side."""
SIZES = frozenset(f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m"))
BRACKETS = {"(": ")", "[": "]", "\\{": "\\}", "\\langle": "\\rangle", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil"}
CLOSING = frozenset(BRACKETS.values())
SAME = {
    "leq": "le",
    "leqslant": "le",
    "geq": "ge",
    "geqslant": "ge",
    "rightarrow": "to",
    "Longrightarrow": "implies",
    "Rightarrow": "implies",
    "Leftrightarrow": "iff",
    "Longleftrightarrow": "iff",
    "gets": "leftarrow",
    "vert": "mid",
    "lt": "<",
    "gt": ">",
    "lvert": "mid",
    "rvert": "mid",
    "lVert": "Vert",
    "rVert": "Vert",
    "parallel": "Vert",
    "neq": "ne",
    "triangledown": "nabla",
    "varnothing": "emptyset",
    "ldots": "dots",
    "cdots": "dots",
    "dotsc": "dots",
    "dotsb": "dots",
    "lbrace": "{",
    "rbrace": "}",
    "lbrack": "[",
    "rbrack": "]",
    "coloneqq": ":=",
    "triangleq": ":=",
    "coloneq": ":=",
    "vcentcolon": ":",
    "intop": "int",
    "iint": "int",
    "equiv": "equiv",
    "top": "top",
    "intercal": "top",
    "lparen": "(",
    "rparen": ")",
    "land": "wedge",
    "colon": ":",
}
RELATIONS = frozenset(
    (
        "<",
        ">",
        ":=",
        "le",
        "ge",
        "propto",
        "implies",
        "iff",
        "leftarrow",
        "approx",
        "sim",
        "equiv",
        "simeq",
        "to",
        "ne",
        "in",
        "mapsto",
        "ll",
        "gg",
    )
)
OPERATIONS = frozenset(("cdot", "times", "mid", "Vert", "odot", "otimes", "circ", "pm", "dots", "setminus", "wedge", "ast"))
UNICODE = {
    "−": "-",
    "–": "-",
    "·": "\\cdot ",
    "×": "\\times ",
    "≤": "\\le ",
    "≥": "\\ge ",
    "≠": "\\ne ",
    "∝": "\\propto ",
    "∑": "\\sum ",
    "∏": "\\prod ",
    "∫": "\\int ",
    "∂": "\\partial ",
    "∇": "\\nabla ",
    "ℓ": "\\ell ",
    "→": "\\to ",
    "⇒": "\\implies ",
    "⇔": "\\iff ",
    "←": "\\leftarrow ",
    "∼": "\\sim ",
    "≈": "\\approx ",
    "≡": "\\equiv ",
    "∈": "\\in ",
    "∣": "\\mid ",
    "∥": "\\Vert ",
    "‖": "\\Vert ",
    "…": "\\dots ",
    "⋯": "\\dots ",
    "⊤": "\\top ",
    "⟨": "\\langle ",
    "⟩": "\\rangle ",
    "√": "\\sqrt ",
    "∞": "\\infty ",
    "′": "'",
    "ⅆ": "d",
    "≜": "\\triangleq ",
    "≔": ":=",
    "⊙": "\\odot ",
    "⊗": "\\otimes ",
    "½": "\\frac12 ",
    "²": "^2",
    "³": "^3",
    "𝟙": "\\mathbb{1}",
    "𝟏": "\\mathbf{1}",
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u200b": " ",
}
GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "ϵ": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "ϑ": "vartheta",
    "ι": "iota",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "µ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "υ": "upsilon",
    "φ": "varphi",
    "ϕ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
    "Γ": "Gamma",
    "Δ": "Delta",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
}


def tokens(text: str) -> list[Token]:
    """The TeX tokens of a formula; comments and spaces are left out.

    Raises:
        ReadingError: the text is too long, or is not TeX.
    """
    if len(text) > MAX_CHARACTERS:
        raise ReadingError(f"a formula too long to read: characters={len(text)}, limit={MAX_CHARACTERS}", 0, 1, "limit")
    walker = LatexWalker(text, tolerant_parsing=True)
    found: list[Token] = []
    position = 0
    while position < len(text):
        try:
            token = walker.get_token(position)
        except LatexWalkerEndOfStream:
            break
        except LatexWalkerParseError as error:
            raise ReadingError(f"this is not TeX: {error.msg}", position) from error
        kind, start, end = token.tok, token.pos, token.pos + token.len
        position = max(end, position + 1)
        if kind == "comment":
            continue
        if kind == "char":
            for offset, character in enumerate(token.arg):
                found.extend(_character(character, start + offset))
        elif kind == "macro":
            # pylatexenc counts the spaces behind a macro to it.
            found.append(Token("command", token.arg, start, start + 1 + len(token.arg)))
        elif kind == "specials":
            found.extend(_special(token.arg.specials_chars, start))
        elif kind in ("brace_open", "brace_close"):
            found.append(Token("open" if kind == "brace_open" else "close", token.arg, start, end))
        elif kind.startswith("mathmode"):
            # Within words; anywhere else it would end the formula, or begin one inside it.
            found.append(Token("char", "$", start, end))
        elif kind in ("begin_environment", "end_environment"):
            found.append(Token("begin" if kind == "begin_environment" else "end", token.arg, start, end))
        if len(found) > MAX_TOKENS:
            raise ReadingError(f"a formula with too many signs: limit={MAX_TOKENS}", start, end, "limit")
    return found


def _special(text: str, start: int) -> list[Token]:
    if text == "&":
        return [Token("align", "&", start, start + 1)]
    if text == "~":
        return []
    return [Token("char", c, start + k, start + k + 1) for k, c in enumerate(text)]


def _character(character: str, start: int) -> list[Token]:
    end = start + len(character)
    if character.isspace():
        return []
    if character.isascii():
        if ord(character) < 32:
            raise ReadingError(f"a control character in a formula: U+{ord(character):04X}", start, end, "character")
        return [Token("char", character, start, end)]
    if character in GREEK:
        return [Token("command", GREEK[character], start, end)]
    known = UNICODE.get(character)
    if known is None:
        plain = unicodedata.normalize("NFKC", character)
        kind = unicodedata.name(character, "")
        if plain != character and len(plain) == 1 and (plain.isascii() or plain in GREEK) and _is_same(character):
            if "DOUBLE-STRUCK" in kind:
                known = f"\\mathbb{{{plain}}}"
            elif unicodedata.decomposition(character).startswith("<sub>"):
                known = f"_{{{plain}}}"
            elif unicodedata.decomposition(character).startswith("<super>"):
                known = f"^{{{plain}}}"
            elif "SCRIPT" in kind or "FRAKTUR" in kind:
                known = f"\\mathcal{{{plain}}}"
            elif not plain.isalpha():
                raise ReadingError(
                    f"a character that is not read in formulas: U+{ord(character):04X} {kind}", start, end, "character"
                )
            else:
                known = f"\\{GREEK[plain]} " if plain in GREEK else plain
        else:
            raise ReadingError(
                f"a character that is not read in formulas: U+{ord(character):04X} {kind}", start, end, "character"
            )
    return [replace(token, start=start, end=end) for token in tokens(known)]


def _is_same(character: str) -> bool:
    """Whether a character is another one in some font, width or height; a letter in a circle is another letter."""
    made_of = unicodedata.decomposition(character)
    return not made_of.startswith("<") or made_of.startswith(("<font>", "<wide>", "<compat>", "<sub>", "<super>"))


def expanded(found: list[Token], macros: Mapping[str, HasBody]) -> list[Token]:
    """The tokens with the note's macros written out; their tokens stand where the macro stood.

    Raises:
        ReadingError: a macro without end, or with too few arguments.
    """
    if not any(token.kind == "command" and token.text in macros for token in found):
        return found
    out: list[Token] = []
    todo = list(reversed(found))
    count = 0
    while todo:
        token = todo.pop()
        macro = macros.get(token.text) if token.kind == "command" else None
        if macro is None:
            out.append(token)
            if len(out) > MAX_TOKENS:
                raise ReadingError(f"macros make a formula too long: limit={MAX_TOKENS} signs", token.start, token.end, "limit")
            continue
        if macro.twice:
            raise ReadingError(
                f"the macro \\{token.text} is defined in two ways; which is meant here? give them two names",
                token.start,
                token.end,
                "ambiguous",
            )
        count += 1
        if count > MAX_EXPANSIONS or len(todo) > 4 * MAX_TOKENS:
            raise ReadingError(f"the macro \\{token.text} does not come to an end", token.start, token.end, "limit")
        arguments: list[list[Token]] = []
        if macro.default is not None:
            given = _optional(todo)
            arguments.append(tokens(macro.default) if given is None else given)
        while len(arguments) < macro.arity:
            if not todo or todo[-1].kind in ("close", "align"):
                raise ReadingError(f"the macro \\{token.text} takes {macro.arity} arguments", token.start, token.end)
            arguments.append(_argument_tokens(todo))
        body: list[Token] = []
        for part in _macro_body(macro.body):
            if isinstance(part, int):
                body.extend(arguments[part - 1] if part <= len(arguments) else ())
            else:
                body.append(replace(part, start=token.start, end=token.end))
        todo.extend(reversed(body))
    return out


def _macro_body(body: str) -> list[Token | int]:
    found: list[Token | int] = []
    pieces = re.split(r"#([1-9])", body)
    for number, piece in enumerate(pieces):
        if number % 2:
            found.append(int(piece))
        else:
            found.extend(tokens(piece))
    return found


def _argument_tokens(todo: list[Token]) -> list[Token]:
    first = todo.pop()
    if first.kind != "open":
        return [first]
    taken, depth = [first], 1
    while todo and depth:
        token = todo.pop()
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        taken.append(token)
    return taken[1:-1]


def _optional(todo: list[Token]) -> list[Token] | None:
    """The argument in brackets, without them; None where none is given."""
    if not todo or todo[-1].text != "[":
        return None
    todo.pop()
    taken: list[Token] = []
    while todo:
        token = todo.pop()
        if token.text == "]":
            break
        taken.append(token)
    return taken


def surface(text: str, macros: Mapping[str, HasBody] | None = None, *, wide: bool = False) -> Items:
    """What stands in a formula, in order; ``wide`` spaces outside of brackets too, where they are asked for.

    Raises:
        ReadingError: brackets that do not match, a command without its argument, nesting beyond the limits.
    """
    return _Surface(expanded(tokens(text), macros or {}), len(text), wide).all()


class _Surface:
    def __init__(self, found: list[Token], length: int, wide: bool = False) -> None:
        self.tokens = found
        self.length = length
        self.wide = wide
        self.position = 0
        self.depth = 0

    def all(self) -> Items:
        items = self.items(lambda token: False)
        return items

    # One token at a time.

    def peek(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise ReadingError("the formula ends too early", max(0, self.length - 1), self.length)
        self.position += 1
        return token

    def items(self, ends: Callable[[Token], bool]) -> Items:
        """Items up to a token for which ``ends`` holds (not taken), or to the end."""
        found: list[Item] = []
        self.depth += 1
        if self.depth > MAX_DEPTH:
            token = self.peek()
            raise ReadingError(f"brackets nested too deeply: limit={MAX_DEPTH}", token.start if token else 0, None, "limit")
        while (token := self.peek()) is not None and not ends(token):
            if token.kind in ("close", "end"):
                raise ReadingError(f"a closing sign without an opening one: {token.text}", token.start, token.end, "brackets")
            item = self.item(found)
            if item is not None:
                found.append(item)
        self.depth -= 1
        return tuple(_joined(_unbraced(found)))

    def item(self, before: list[Item]) -> Item | None:
        token = self.take()
        if token.kind == "char" and token.text in "_^'":
            self._script(before, token)
            return None
        if token.kind == "align":
            return None
        return self.base(token)

    def _script(self, before: list[Item], token: Token) -> None:
        base = before.pop() if before else None
        if (
            base is None
            or base.kind == "words"
            or (base.kind == "sign" and (base.text not in ("mid", "Vert") or token.text == "'"))
        ):
            raise ReadingError(f"{token.text!r} stands behind nothing that could bear it", token.start, token.end)
        if token.text == "'":
            before.append(replace(base, primes=base.primes + 1, end=token.end))
            return
        script, end = self.argument()
        script = _word(script)
        if script and all(item.kind == "letter" and item.text == "\\prime" for item in script):
            before.append(replace(base, primes=base.primes + len(script), end=end))
        elif token.text == "_":
            if base.sub is not None:
                raise ReadingError("two subscripts on one letter", token.start, end)
            before.append(replace(base, sub=script, end=end))
        elif base.sups and base.kind != "group":
            raise ReadingError("two superscripts on one letter; try a brace around the first", token.start, end)
        else:
            before.append(replace(base, sups=(*base.sups, script), end=end))

    def argument(self) -> tuple[Items, int]:
        """What a command or a script takes: a group's items, or the next item; and where it ends."""
        token = self.take()
        while token.kind == "command" and token.text in SPACES:
            token = self.take()
        if token.kind == "open":
            return self._group(token)
        if token.kind == "char" and token.text.isdigit():
            return (Item("number", token.text, start=token.start, end=token.end),), token.end
        if token.kind in ("close", "align", "end") or token.text in ("_", "^"):
            raise ReadingError("a command or a script without its argument", token.start, token.end)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ReadingError(f"scripts nested too deeply: limit={MAX_DEPTH}", token.start, None, "limit")
        item = self.base(token)
        self.depth -= 1
        if item is None:
            return (), token.end
        if item.kind == "group" and not item.sups and item.sub is None:
            return item.parts[0], item.end
        return (item,), item.end

    def _group(self, opening: Token) -> tuple[Items, int]:
        inside = self.items(lambda token: token.kind == "close")
        if self.peek() is None:
            raise ReadingError("a brace that is never closed", opening.start, opening.end, "brackets")
        return inside, self.take().end

    def base(self, token: Token) -> Item | None:
        start = token.start
        if token.kind == "open":
            inside, end = self._group(token)
            following = self.peek()
            if not inside and (following is None or following.text not in ("_", "^")):
                return None
            return Item("group", parts=(inside,), font=BARE, start=start, end=end)
        if token.kind == "begin":
            return self._environment(token)
        if token.kind == "char":
            return self._char(token)
        return self._command(token)

    def _char(self, token: Token) -> Item | None:
        text, start, end = token.text, token.start, token.end
        if text in "([":
            return self._fence(text, BRACKETS[text], token)
        if text in ")]":
            raise ReadingError(f"a closing bracket without an opening one: {text}", start, end, "brackets")
        if text.isdigit() or (text == "." and self._digit_follows(end)):
            while (
                (ahead := self.peek()) is not None
                and ahead.kind == "char"
                and ahead.start == end
                and _continues(ahead, text, self)
            ):
                text += ahead.text
                end = self.take().end
            if len(text) > MAX_DIGITS:
                raise ReadingError(f"a number with too many digits: limit={MAX_DIGITS}", start, end, "limit")
            return Item("number", text, start=start, end=end)
        if text.isalpha():
            return Item("letter", text, start=start, end=end)
        if text == "|":
            ahead = self.peek()
            if ahead is not None and ahead.text == "|" and ahead.kind == "char":
                return Item("sign", "Vert", start=start, end=self.take().end)
            return Item("sign", "mid", start=start, end=end)
        if text == ":" and (ahead := self.peek()) is not None and ahead.text == "=" and ahead.kind == "char":
            return Item("sign", ":=", start=start, end=self.take().end)
        if text in '+-*/=<>,;:!.?"`@#':
            same = {"*": "cdot"}.get(text, text)
            return Item("sign", same, start=start, end=end)
        raise ReadingError(f"a sign that is not read: {text!r}", start, end, "character")

    def _digit_follows(self, end: int) -> bool:
        ahead = self.peek()
        return ahead is not None and ahead.kind == "char" and ahead.text.isdigit() and ahead.start == end

    def _fence(self, opening: str, closing: str, token: Token) -> Item:
        inside = self.items(lambda t: _bracket(t) == closing or (_bracket(t) in CLOSING))
        last = self.peek()
        if last is None:
            raise ReadingError(f"a bracket that is never closed: {opening}", token.start, token.end, "brackets")
        if _bracket(last) != closing:
            raise ReadingError(f"brackets that do not match: {opening} and {_bracket(last)}", last.start, last.end, "brackets")
        return Item("fence", opening + closing, (inside,), start=token.start, end=self.take().end)

    def _environment(self, token: Token) -> Item:
        name = token.text
        cells: list[Items] = []
        rows: list[int] = []
        count = 0
        if name.startswith("array"):
            self._skip_argument()

        def ends(t: Token) -> bool:
            return t.kind in ("align", "end") or (t.kind == "command" and t.text == "\\")

        while True:
            cells.append(self.items(ends))
            count += 1
            stop = self.peek()
            if stop is None:
                raise ReadingError(f"an environment that is never closed: {name}", token.start, token.end, "brackets")
            self.take()
            if stop.kind == "align":
                continue
            rows.append(count)
            count = 0
            if stop.kind == "command":
                self._skip_length()
            if stop.kind == "end":
                if stop.text != name:
                    raise ReadingError(
                        f"environments that do not match: {name} and {stop.text}", stop.start, stop.end, "brackets"
                    )
                return Item("environment", name.rstrip("*"), tuple(cells), rows=tuple(rows), start=token.start, end=stop.end)

    def _skip_length(self) -> None:
        """The star and the length behind a row break: ``\\\\[2pt]``."""
        if (ahead := self.peek()) is not None and ahead.kind == "char" and ahead.text == "*":
            self.take()
        length = "".join(token.text for token in self.tokens[self.position : self.position + 12])
        if met := re.match(r"\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|pc|sp|mu|bp)\s*\]", length):
            self.position += len(met.group())

    def _skip_argument(self, *, braced: bool = False) -> None:
        if (ahead := self.peek()) is not None and ahead.kind == "open":
            _argument_tokens_from(self)
        elif ahead is not None and not braced:
            self.take()

    # Commands.

    def _command(self, token: Token) -> Item | None:
        name, start = token.text, token.start
        before = self.tokens[self.position - 2] if self.position > 1 else None
        begins = before is None or before.kind == "align" or (before.kind == "command" and before.text in WIDE)
        if self.wide and self.depth == 1 and name in WIDE and not begins:
            if name.startswith("hspace"):
                self._skip_argument(braced=True)
            return Item("sign", QUAD, start=start, end=token.end)
        if name in SPACES or name in SIZES:
            return None
        if name == "\\":
            raise ReadingError("a row break inside a formula", start, token.end)
        if name in SKIPPED_WITH_ARGUMENT:
            self._skip_argument()
            return None
        name = SAME.get(name, name)
        if name in ("left", "right"):
            return self._sized(token) if name == "left" else _unmatched(token)
        if name == "{":
            return self._fence("\\{", "\\}", token)
        if name in ("(", "["):
            return self._fence(name, BRACKETS[name], token)
        if name in ("langle", "lfloor", "lceil"):
            return self._fence("\\" + name, BRACKETS["\\" + name], token)
        if name in ("}", "rangle", "rfloor", "rceil", ")", "]"):
            raise ReadingError(f"a closing bracket without an opening one: \\{name}", start, token.end, "brackets")
        if name == "|":
            name = "Vert"
        if name == ":" or name in RELATIONS | OPERATIONS:
            return Item("sign", name, start=start, end=token.end)
        if name in ("frac", "dfrac", "tfrac", "cfrac", "sfrac", "binom", "dbinom", "tbinom"):
            above, _ = self.argument()
            below, end = self.argument()
            return Item("binomial" if "binom" in name else "fraction", "", (above, below), start=start, end=end)
        if name == "sqrt":
            degree: Items = ()
            if (ahead := self.peek()) is not None and ahead.text == "[":
                self.take()
                degree = self.items(lambda t: t.text == "]")
                self.take()
            inside, end = self.argument()
            return Item("root", "", (inside, degree), start=start, end=end)
        if name in (
            "underbrace",
            "overbrace",
            "boxed",
            "cancel",
            "fbox",
            "ensuremath",
            "underline",
            "overbracket",
            "underbracket",
            "textcolor",
            "mathstrut",
            "smash",
        ):
            return self._braced(token)
        if name in ("overset", "stackrel", "underset", "overunderset"):
            mark, _ = self.argument()
            inside, end = self.argument()
            return _with_mark(name, mark, inside, start, end)
        if name in ACCENTS:
            inside, end = self.argument()
            powers = [re.fullmatch(r"-?\d+", "".join(i.text for i in sup)) for sup in (inside[-1].sups if inside else ())]
            variance = ACCENTS[name] == "hat" and bool(inside) and inside[-1].text in ("\\sigma", "\\tau")
            raised = any(powers) and not variance
            if len(inside) == 1 and inside[0].kind == "letter" and not raised:  # the mean of squares is no square of a mean
                return replace(inside[0], text=f"\\{ACCENTS[name]}{{{inside[0].text}}}", start=start, end=end)
            raise ReadingError(f"an accent over more than one letter: \\{name}", start, end, "accent")
        if name in TEXTS:
            return self._text(token, name)
        if name in FONTS:
            inside, end = self.argument()
            faced = tuple(_faced(item, FONTS[name]) for item in inside)
            if len(faced) == 1:
                return replace(faced[0], start=start, end=end)
            if (
                faced
                and all(item.kind == "letter" and not item.sups and item.sub is None for item in faced)
                and name not in ("vec", "boldsymbol", "bm")
            ):
                return Item("letter", "".join(item.text for item in faced), font="face", start=start, end=end)
            return Item("group", "", (faced,), font=BARE, start=start, end=end)
        if name in ("not",):
            inner = self.base(self.take())
            if inner is not None and inner.is_sign("="):
                return replace(inner, text="ne", start=start)
            raise ReadingError("\\not before something else than =", start, token.end)
        return Item("letter", "\\" + name, start=start, end=token.end)

    def _sized(self, token: Token) -> Item:
        opening = self.take()
        name = _bracket(opening) or opening.text

        def ends(t: Token) -> bool:
            return t.kind == "command" and t.text == "right"

        inside = self.items(ends)
        if self.peek() is None:
            raise ReadingError("\\left without \\right", token.start, token.end, "brackets")
        self.take()
        closing = self.take()
        shut = _bracket(closing) or closing.text
        bars = {
            "|": "|",
            "vert": "|",
            "mid": "|",
            "lvert": "|",
            "rvert": "|",
            "\\|": "‖",
            "Vert": "‖",
            "lVert": "‖",
            "rVert": "‖",
            "\\Vert": "‖",
        }
        if opening.kind == "command" and opening.text == "|":
            name = "\\|"
        if closing.kind == "command" and closing.text == "|":
            shut = "\\|"
        return Item("fence", bars.get(name, name) + bars.get(shut, shut), (inside,), start=token.start, end=closing.end)

    def _braced(self, token: Token) -> Item:
        if token.text == "textcolor":
            self.argument()
        inside, end = self.argument()
        label: Items = ()
        while (
            (ahead := self.peek()) is not None
            and ahead.kind == "char"
            and ahead.text in "_^"
            and token.text.endswith(("brace", "bracket"))
        ):
            self.take()
            label, end = self.argument()
        if len(label) == 1 and label[0].kind == "number" and label[0].text == "0" and label[0] == label[0].bare:
            label = (Item("sign", "=", start=label[0].start, end=label[0].start), *label)  # a term that vanishes
        if label and label[0].kind == "sign" and label[0].text in ("=", "<", ">", "le", "ge"):
            return Item("group", BRACED, (inside, label), start=token.start, end=end)
        framed = token.text.endswith(("brace", "bracket", "boxed", "fbox", "underline"))
        return Item("group", "", (inside,), font="" if framed else BARE, start=token.start, end=end)

    def _text(self, token: Token, name: str) -> Item | None:
        ahead = self.peek()
        if ahead is not None and ahead.text == "*":
            self.take()
            ahead = self.peek()
        if ahead is None or ahead.kind != "open":
            inside, end = self.argument()
            return (
                replace(inside[0], start=token.start, end=end)
                if len(inside) == 1
                else Item("group", "", (inside,), start=token.start, end=end)
            )
        first = self.position
        taken = [t for t in _argument_tokens_from(self) if t.text != "$"]
        end = self.tokens[self.position - 1].end
        plain = "".join(t.text if t.kind == "char" else f"\\{t.text}" for t in taken if t.text not in SPACES)
        spaced = any(b.start > a.end for a, b in itertools.pairwise(taken) if a.kind == b.kind == "char")
        only_characters = all(t.kind == "char" or (t.kind == "command" and t.text in SPACES) for t in taken)
        if only_characters and re.fullmatch(r"[A-Za-z]+\.?", plain) and (not spaced or plain in ("argmax", "argmin")):
            return Item("letter", plain.rstrip("."), font="face", start=token.start, end=end)
        if name in ("mathrm", "operatorname", "operatorname*", "mathop"):
            self.position = first
            inside, end = self.argument()
            if [i.text for i in inside] in (["\\arg", "\\max"], ["\\arg", "\\min"]):
                return Item("letter", "arg" + inside[1].text[1:], start=token.start, end=end)
            return (
                replace(inside[0], start=token.start, end=end)
                if len(inside) == 1
                else Item("group", "", (inside,), start=token.start, end=end)
            )
        if not taken:
            return None
        return Item("words", plain, start=token.start, end=end)


def _argument_tokens_from(reader: _Surface) -> list[Token]:
    """The tokens of the group that follows, without its braces."""
    opening = reader.take()
    taken: list[Token] = []
    depth = 1
    while depth:
        token = reader.peek()
        if token is None:
            raise ReadingError("a brace that is never closed", opening.start, opening.end, "brackets")
        reader.take()
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        taken.append(token)
    return taken[:-1]


def _unmatched(token: Token) -> Item:
    raise ReadingError("\\right without \\left", token.start, token.end, "brackets")


def _bracket(token: Token) -> str:
    """The bracket that a token is, as BRACKETS writes it; empty for any other token."""
    if token.kind == "char":
        return token.text if token.text in "()[]" else ""
    name = SAME.get(token.text, token.text) if token.kind == "command" else ""
    if name in ("{", "}", "langle", "rangle", "lfloor", "rfloor", "lceil", "rceil"):
        return "\\" + name
    return name if name in ("(", ")", "[", "]") else ""


def _continues(token: Token, text: str, reader: _Surface) -> bool:
    if token.text.isdigit():
        return True
    ahead = reader.tokens[reader.position + 1] if reader.position + 1 < len(reader.tokens) else None
    return token.text == "." and "." not in text and ahead is not None and ahead.text.isdigit() and ahead.start == token.end


MARKS = (
    "new",
    "old",
    "next",
    "prev",
    "init",
    "noise",
    "obs",
    "mis",
    "true",
    "opt",
    "est",
    "max",
    "min",
    "test",
    "train",
    "MLE",
    "MAP",
)
"""Words that mark a letter, where they stand in its scripts by themselves: their letters are no indices."""


def _word(script: Items) -> Items:
    """A script that is one of the usual marks, as one word; any other as it is."""
    if len(script) < 3 or not all(item.kind == "letter" and item == item.bare for item in script):
        return script
    word = "".join(item.text for item in script)
    return (Item("letter", word, start=script[0].start, end=script[-1].end),) if word in MARKS else script


SAID_EQUAL = ("c", "+", "C", "const", "const.", "d", "D", "P", "as", "a.s.")
"""Marks above a sign of equality by which it says less: up to a constant, in distribution, almost surely."""
DENIED = ("not", "no", "never", "false", "wrong", "ne", "/")
"""Marks above or below a sign that say the opposite of it."""
DEFINES = ("def", "Def", "def.", "\\Delta", "\\triangle", "\\text{def}")


def _with_mark(name: str, mark: Items, inside: Items, start: int, end: int) -> Item:
    """A sign with a remark above or below, a sum with a limit there.

    Raises:
        ReadingError: the mark means more than a remark.
    """
    base = inside[0] if len(inside) == 1 else Item("group", "", (inside,), font=BARE, start=start, end=end)
    shown = "".join(item.text for item in mark)
    if base.kind == "sign":
        if shown.strip().casefold() in DENIED:
            raise ReadingError(f"a sign with {shown} above or below: which of the two is meant?", start, end, "ambiguous")
        if base.is_sign("="):
            if any(item.is_sign("!") for item in mark):
                return replace(base, text="=!", start=start, end=end)
            if shown in DEFINES:
                return replace(base, text=":=", start=start, end=end)
            if shown in SAID_EQUAL or shown.removeprefix("+") in SAID_EQUAL:
                raise ReadingError(
                    f"an equality with {shown} above: up to a constant, or in distribution? write + const",
                    start,
                    end,
                    "ambiguous",
                )
        return replace(base, start=start, end=end)
    if base.kind in ("letter", "words") and name == "underset" and base.sub is None:
        return replace(base, sub=mark, start=start, end=end)
    if base.text in ("\\sum", "\\prod", "\\int") and name == "overset" and not base.sups:
        return replace(base, sups=(mark,), start=start, end=end)
    raise ReadingError(f"a mark above or below something that is no sign: {shown}", start, end, "accent")


def _faced(item: Item, font: str) -> Item:
    """An item in another font; a script letter is another letter, a bold one is not."""
    if item.kind == "letter" and font != "face":
        return replace(item, text=f"\\{font}{{{item.text}}}")
    if item.kind == "number" and font == "bb":
        return replace(item, kind="letter", text="\\bb{1}")
    inner = tuple(tuple(_faced(part, font) for part in parts) for parts in item.parts)
    return replace(item, parts=inner, font=font)


def _unbraced(found: list[Item]) -> list[Item]:
    """The items with what stands in braces read as it is printed: braces are no brackets.

    Behind the name of a function they are taken for what it is a function of.

    Raises:
        ReadingError: a script stands behind braces around several things.
    """
    out: list[Item] = []
    found = [_letter_in_braces(item) for item in found]
    for place, item in enumerate(found):
        inside = item.parts[0] if item.kind == "group" and item.font == BARE else ()
        if len(inside) > 1 and (item.sub is not None or item.sups or item.primes):
            raise ReadingError(
                "a script behind braces, which are not printed: of the last letter, or of all? try a bracket",
                item.start,
                item.end,
                "ambiguous",
            )
        called = bool(out) and out[-1].kind == "letter" and (out[-1].text in CALLED or _is_word(out[-1]))
        if (
            out
            and item.kind == "number"
            and out[-1] == out[-1].bare
            and out[-1].kind == "number"
            and out[-1].font == item.font == ""
        ):
            if not (re.fullmatch(r"\d{3}", item.text) and re.fullmatch(r"\d{1,3}(?:000|\d{3})*", out[-1].text)):
                raise ReadingError("two numbers side by side: one, or a product?", out[-1].start, item.end, "ambiguous")
            out[-1] = replace(item, text=out[-1].text + item.text, start=out[-1].start)  # 10\\,000
            continue
        boxed = item.parts[0] if item.kind == "group" and item == replace(item.bare, font=item.font) else ()
        behind = found[place + 1] if place + 1 < len(found) else None
        goes_on = behind is not None and behind.kind != "sign" and behind.kind != "words"
        divided = bool(out) and out[-1].is_sign("/")
        if inside and goes_on and (called or divided):
            raise ReadingError(
                "braces, which are not printed, and then a factor: is it covered as well? try a bracket",
                item.start,
                item.end,
                "ambiguous",
            )
        if item.kind == "group" and item == replace(item.bare, font=item.font) and item.parts[0][:1]:
            first = item.parts[0][0]
            if first.is_sign("+", "-") and first.sub is None and out and not called:
                out += item.parts[0]  # a term with its sign, in a colour or above a brace
                if item.text == BRACED:
                    out.append(Item("sign", ASIDE, item.parts, start=item.start, end=item.end))
                continue
        if any(one.kind == "sign" and (one.text in RELATIONS or one.text == "=") for one in boxed):
            out += boxed  # \\boxed{a = b}
        elif not called and any(one.is_sign("+", "-") for one in inside):
            out += inside
        else:
            out.append(item)
    return out


def _is_word(letter: Item) -> bool:
    """Whether letters in a font are a name, as in ``\\operatorname{tr}``; a Greek letter in bold is none."""
    return len(letter.text) > 1 < len(letter.font) and letter.text[0] != "\\"


def _letter_in_braces(item: Item) -> Item:
    """``{x}_i`` and ``{\\bf x}_i`` are the letter x with that script; anything else is left as it is."""
    if item.kind != "group" or item.font != BARE or item == item.bare or len(item.parts[0]) != 1:
        return item
    letter = item.parts[0][0]
    if letter.kind != "letter" or letter != letter.bare:
        return item
    return replace(letter, sub=item.sub, sups=item.sups, primes=item.primes, start=item.start, end=item.end)


def _joined(found: list[Item]) -> list[Item]:
    """``\\arg\\max`` is one word; ``\\mid\\mid`` is a double bar.

    Raises:
        ReadingError: two bars are set apart from one another, as in ``|\\,|A|\\,|``.
    """
    out: list[Item] = []
    bars = 0
    for item in found:
        if out and item.text in ("\\max", "\\min") and out[-1].text == "\\arg" and not out[-1].sups:
            out[-1] = replace(item, text="arg" + item.text[1:], start=out[-1].start)
        elif (
            out and bars % 2 and item.is_sign("mid") and out[-1].is_sign("mid") and item == item.bare and out[-1] == out[-1].bare
        ):
            if item.start - out[-1].end > 1:
                raise ReadingError(
                    "bars apart: a norm, or bars around bars? try \\lVert or \\lvert", out[-1].start, item.end, "ambiguous"
                )
            out[-1] = replace(item, text="Vert", start=out[-1].start)
            bars -= 1
        elif item.is_sign("Vert") and bars % 2 and item.end - item.start == 2:
            # |A||B|: the one bar closes, the other opens.
            out += [
                replace(item.bare, text="mid", end=item.start + 1),
                replace(item, text="mid", start=item.start + 1),
            ]
        else:
            bars += item.is_sign("mid") and item.sub is None
            out.append(item)
    return out
