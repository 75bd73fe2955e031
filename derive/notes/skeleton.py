"""A skeleton of declarations for a note: what its symbols may mean, for the author to correct.

Whatever is listed is a guess from the places at which letters stand; weak guesses say so in a comment. Every line is one that the
language of declarations takes: a line that it refuses is left out.
"""

from __future__ import annotations

import re
from dataclasses import replace

from derive.errors import DeriveError
from derive.notation.declarations import Dictionary
from derive.notation.spellings import ALL_PARAMETERS, DENSITY_NAMES, arguments_of, sign_at
from derive.notation.surface import Item
from derive.notes import Declarations, Display, Note
from derive.notes.guesses import Guesses, tex, tex_of
from derive.notes.packs import pack
from derive.notes.places import sightings
from derive.notes.sightings import Key, Seen, lone, rows_of, within

PARAMETRIC = {"by", "mean", "variance", "condition"}
"""Signs of a parameter: one differentiates by it, or a density has it behind its bar."""
KINDS = ("data", "latent", "param", "frozen", "const", "fun")
Call = tuple[tuple[str, ...], tuple[str, ...]]
"""The variables of a density, and what they are given."""
Line = tuple[str, str]
"""A declaration, and a remark on it where it is a weak guess."""


def skeleton(note: Note) -> list[str]:
    """Lines of declarations for the symbols of a note that it does not declare itself; comments stand behind ``#``."""
    known = _declared(note)
    return _Writer(Guesses(sightings(note, rows_of(note)), known), known).lines()


def _declared(note: Note) -> Dictionary:
    """What the note declares already, the letters of its hints included; lines that cannot be read are passed over."""
    known = Dictionary(macros=note.macros)
    for block in note.blocks:
        lines = [line.text for line in block.lines] if isinstance(block, Declarations) else []
        hints = [hint.text for hint in block.hints if hint.text.startswith("let ")] if isinstance(block, Display) else []
        known.tell_apart(lines)
        for text in [*lines, *hints]:
            word, _, name = text.strip().partition(" ")
            try:
                for line in [one.text for one in pack(name.strip(), note.folder)] if word == "use" else [text]:
                    known.declare(line)
            except DeriveError:
                continue
    return known


CLAIM = "only if the note defines it so: a definition is not checked"


def _is_estimate(text: str) -> bool:
    """Whether the left side of an equation is an estimate, an update or a product: a claim of the note, and no definition."""
    left = text.partition("=")[0].strip()
    marked = re.search(r"\\(?:hat|tilde|widehat)|new|\*|\bt\s*\+\s*1", left)
    product = re.search(r"[)}\]]\s*\(|\)\s*\\?[A-Za-z]|\([^)]*[-+]", left)
    return bool(marked or product)


class _Writer:
    def __init__(self, guesses: Guesses, known: Dictionary) -> None:
        self.guesses = guesses
        self.found = guesses.found
        self.known = known

    def lines(self) -> list[str]:
        guesses = self.guesses
        definitions = self._definitions()
        counts = self._counts()
        left_out = {key for key, _ in definitions} | {key for key in guesses.letters if counts and self._is_count(key)}
        entries: dict[str, list[Line]] = {kind: [] for kind in KINDS}
        for key in guesses.letters:
            sized = key[0] in guesses.new_sizes and not any(key[1:])
            if not sized and key not in left_out and not self._is_tuple(key) and not self._stands_in_call(key):
                entries[guesses.kinds[key]] += self._entry(key)
        functions, follow = self._unspecified()
        entries["fun"] += functions
        # What the note itself says by = is for its author to make a definition: it would be proved by itself.
        own = [(text, CLAIM if _is_estimate(text) else "") for _, text in definitions]
        entries["define"] = [*((text, "") for text in (*self._tuples(), *follow)), *own]
        entries["define"] += counts
        trial = self.known.copy()
        written: list[str] = []
        for kind, lines in (("size", self._sizes()), ("index", self._indices()), *entries.items()):
            good = [line for line in lines if _takes(trial, f"{kind} {line[0]}")]
            sure = [text for text, why in good if not why]
            if sure and kind != "define":
                written.append(f"{kind:<7} {(', ' if kind == 'size' else ' ; ').join(sure)}")
            elif sure:
                written += [f"define  {text}" for text in sure]
            written += [f"{kind:<7} {text}  # {why}" for text, why in good if why and why != CLAIM]
            written += [f"# {kind} {text}  # {why}" for text, why in good if why == CLAIM]
        plain_kl = self.found.plain_divergence and not self.known.by_head("K")
        remarks = [r"# write \mathrm{KL}(..) in the formulas, or define KL(..): else it is K times L"] if plain_kl else []
        return [*written, *self._model(), *remarks] if written else []

    # Names.

    def _name(self, item: Item) -> str:
        return self.guesses.name(item)

    def _call(self, seen: Seen, call: Item) -> str:
        """A function with the names of its arguments, the indices of a family left out."""
        if self.guesses.runs_over(seen):
            return self._name(seen.item) + tex((call,))
        signs = {"mid": " | ", "Vert": " || ", ",": ", ", "": ""}
        given = [(signs.get(one.separator, ", "), lone(one.items)) for one in arguments_of(call.parts[0])]
        names = [sign + (tex((Item("letter", one.text, primes=one.primes),)) if one is not None else "u") for sign, one in given]
        return f"{self._name(seen.item)}({''.join(names)})"

    # What is declared.

    def _sizes(self) -> list[Line]:
        found = [(name, "") for name in self.found.sizes if name not in self.known.sizes]
        new = [(name, why) for name, why in self.guesses.new_sizes.items() if name not in self.found.sizes]
        return found + [(name, why) for name, why in new if name not in self.known.sizes]

    def _indices(self) -> list[Line]:
        together: dict[tuple[str, bool], list[str]] = {}
        for name, (lower, upper) in self.guesses.ranges.items():
            if name not in self.known.indices:
                together.setdefault((f"{lower}..{upper}", name in self.guesses.guessed), []).append(name)
        return [
            (f"{', '.join(map(tex_of, names))} in {ends}", "the range is a guess" if guessed else "")
            for (ends, guessed), names in together.items()
        ]

    def _entry(self, key: Key) -> list[Line]:
        guesses = self.guesses
        seen, kind = guesses.letters[key], guesses.kinds[key]
        if kind == "fun":
            positive = "positive" if "logged" in seen.signs else "R"
            return [(f"{self._call(seen, call)} in {positive}", "any smooth function") for call in seen.calls.values()]
        if kind == "frozen" and guesses.original(key) is None:
            over = guesses.runs_over(seen) or seen.slots[guesses.component(key)][0]
            name = self._call(seen, seen.calls[1]) if "called" in seen.signs else self._name(seen.item)
            return [(f"{name} in simplex({guesses.count(over)}) over {over}", "held constant; a posterior, if there is a model")]
        type_, why = guesses.type_of(key)
        head = Item("letter", seen.head, primes=seen.item.primes) if type_.startswith("simplex") else seen.item
        return [(f"{self._name(head)} in {type_}", why)]

    def _stands_in_call(self, key: Key) -> bool:
        """Whether a letter is only part of a name: the z_{nk} of \\gamma(z_{nk})."""
        calls = [call for one in self.guesses.letters.values() if self.guesses.runs_over(one) for call in one.calls.values()]
        named = {item.text for call in calls for item in call.parts[0]}
        seen = self.guesses.letters[key]
        return key[0] in named and seen.signs <= {"argument", "plain"}

    # Definitions.

    def _definitions(self) -> list[tuple[Key, str]]:
        """What the note says by ``=`` before it is used, and nothing else tells of."""
        found: list[tuple[Key, str]] = []
        for key, (left, right) in self.found.definitions.items():
            seen = self.guesses.letters.get(key)
            if seen is not None and not seen.signs & {"by", "condition", "variable", "latent", "summed", "mean", "variance"}:
                if not (self.guesses.kinds[key] == "frozen" and re.search(r"(?<![A-Za-z\\])[pP]\s*(?:\\left)?\(", right)):
                    found.append((key, f"{left} = {right}"))
            elif seen is None and key[0] in DENSITY_NAMES and not self._has_model() and not self.known.statements:
                found.append((key, f"{left} = {right}"))
        return found

    def _counts(self) -> list[Line]:
        """The N_k of responsibilities r_{nk}, by the usual definition."""
        guesses = self.guesses
        found: list[Line] = []
        for key in [key for key, kind in guesses.kinds.items() if kind == "frozen" and guesses.letters[key].slots]:
            seen = guesses.letters[key]
            component = guesses.component(key)
            for other, one in guesses.letters.items():
                if self._is_count(other) and set(one.slots[0]) & set(seen.slots[component]) and len(seen.slots) == 2:
                    letter, over = seen.slots[component][0], seen.slots[1 - component][0]
                    name = guesses.name(replace(one.item, sub=(Item("letter", letter),)))
                    size = guesses.ranges[over][1]
                    found.append((f"{name} = \\sum_{{{over}=1}}^{{{size}}} {guesses.name(seen.item)}", "as is usual"))
        return found

    def _is_count(self, key: Key) -> bool:
        return key[0] in ("N", "n", "r") and key[1:3] == (("#",), ()) and self.guesses.kinds[key] == "const"

    def _has_model(self) -> bool:
        return bool(self.found.values) or any(self._is_variable(lone(given[0].items)) for given in self.guesses.normals())

    def _is_variable(self, item: Item | None) -> bool:
        """Whether a density of it is part of a model, and not a posterior of a parameter."""
        key = self.guesses.key_of(item) if item is not None else None
        return key is not None and self.guesses.kinds[key] in ("data", "latent")

    def _is_tuple(self, key: Key) -> bool:
        """Whether a letter stands for all parameters, or for current ones: it is nothing but an argument."""
        heads = {other[0] for other, kind in self.guesses.kinds.items() if kind == "param"} - {key[0]}
        allowed = {"argument", "condition", "plain", "with latent"}
        used = {"argument", "condition"} & (self.guesses.letters[key].signs if key in self.guesses.letters else set())
        same = [seen for other, seen in self.guesses.letters.items() if other[0] == key[0]]
        return (
            key[0] in ALL_PARAMETERS and bool(heads and used) and all(seen.signs <= allowed and not seen.slots for seen in same)
        )

    def _tuples(self) -> list[str]:
        guesses = self.guesses
        left_out = {key for key, _ in self._definitions()}
        params = [
            key for key, kind in guesses.kinds.items() if kind == "param" and not self._is_tuple(key) and key not in left_out
        ]
        members = [tex_of(key[0]) for key in params if guesses.is_simplex(key) or guesses.letters[key].signs & PARAMETRIC]
        plain_ones = [key for key in guesses.letters if self._is_tuple(key) and not any(key[1:])]
        return [
            f"{tex_of(key[0])} = ({', '.join(members)})" for key in plain_ones if members and len(set(members)) == len(members)
        ]

    def _unspecified(self) -> tuple[list[Line], list[str]]:
        """Densities of which the note says nothing: the joint one as a function, and what follows from it."""
        known = self.known.statements or any(self.known.by_head(name) for name in DENSITY_NAMES)
        if known or self._has_model() or any(key[0] in DENSITY_NAMES for key in self.found.definitions):
            return [], []
        calls: dict[Call, None] = {}
        for arguments in self.found.densities:
            behind = next((k for k, one in enumerate(arguments) if one.separator == "mid"), len(arguments))
            items = [lone(one.items) for one in arguments]
            names = [item.text for item in items if item is not None]
            if len(names) == len(items):
                calls[tuple(names[:behind]), tuple(names[behind:])] = None
        joint = max(calls, key=lambda call: len(call[0]), default=((), ()))
        latents = [key[0] for key, kind in self.guesses.kinds.items() if kind == "latent" and key[0] in joint[0]]
        data = tuple(name for name in joint[0] if name not in latents)
        if len(latents) != 1 or not data:
            return [(f"{_density(*call)} in positive", "any smooth density") for call in calls], []
        whole, of_data = _density(*joint), _density(data, joint[1])
        follows = {
            (data, joint[1]): f"{of_data} = \\sum_{{{latents[0]}}} {whole}",
            (tuple(latents), (*data, *joint[1])): f"{_density(tuple(latents), (*data, *joint[1]))} = {whole} / {of_data}",
        }
        kept = [
            joint,
            *(call for call in calls if call not in follows and call[0] not in {known[0] for known in (joint, *follows)}),
        ]
        return [(f"{_density(*call)} in positive", "any smooth density") for call in kept], list(follows.values())

    # The model.

    def _model(self) -> list[str]:
        """Lines of a model that the densities of the note suggest, as comments: they say what p(..) means."""
        guesses, params = self.guesses, [key for key, kind in self.guesses.kinds.items() if kind == "param"]
        shares = next((key for key in params if guesses.is_simplex(key)), None)
        latent = next((key for key, kind in guesses.kinds.items() if kind == "latent"), None)
        normals = [given for given in guesses.normals() if self._is_variable(lone(given[0].items))]
        variables = [one for given in normals if (one := lone(given[0].items)) is not None] + self._conditioned()
        if self.known.statements or (shares is None and not normals):
            return []
        lines: list[str] = []
        name = self._name(guesses.letters[latent].item) if latent else ""
        letter = self.found.values.get(latent, "") if latent else ""
        if shares is not None and variables:
            letter = letter or guesses.letters[shares].slots[0][0]
            if not name:
                name = self._name(replace(variables[0], text="z"))
                lines.append(f"latent {name} in 1..{guesses.ranges[letter][1]}")
            lines.append(f"{name} ~ Categorical({tex_of(shares[0])})")
        normal: dict[str, str] = {}
        for given, one in zip(normals, variables, strict=False):
            inside = {item.text for argument in given[1:] for item in within(argument.items)}
            condition = f" | {name}={letter}" if name and letter in inside else ""
            arguments = ", ".join(tex(argument.items) for argument in given[1:])
            normal.setdefault(one.text, f"{self._name(one)}{condition} ~ Normal({arguments})")
        others = {one.text: one for one in variables if one.text not in normal}
        lines += normal.values()
        lines += [f"{self._name(one)} | {name}={letter} ~ {self._usual(one)}" for one in others.values() if name and letter]
        if name and letter and variables:
            weights = [key for key, kind in guesses.kinds.items() if kind == "frozen" and guesses.letters[key].slots]
            for weight in weights[:1]:
                written = self._name(guesses.letters[weight].item)
                lines.append(
                    f"posterior {written} = p({name}={letter} | {self._name(variables[0])})"
                    "  # behind it 'at \\theta_t' where it is held at the current parameters"
                )
        said = "# the model, if this is it: without the # it says what p(..) means"
        return [said, *(f"# {line}" for line in lines)] if lines else []

    def _conditioned(self) -> list[Item]:
        """The data of densities given a latent: the y_i of ``p(y_i | s_i=g)``."""
        firsts = [lone(given[0].items) for given in self.found.densities if any(sign_at(one.items, "=") for one in given)]
        return [
            one for one in firsts if one is not None and (key := self.guesses.key_of(one)) and self.guesses.kinds[key] == "data"
        ]

    def _usual(self, item: Item) -> str:
        """The density that data of a type usually have."""
        key = self.guesses.key_of(item)
        type_ = self.guesses.type_of(key)[0] if key is not None else ""
        return {"N": "Poisson(..)", "bool": "Bernoulli(..)"}.get(type_, "Normal(.., ..)")


def _density(variables: tuple[str, ...], given: tuple[str, ...]) -> str:
    behind = f" | {', '.join(map(tex_of, given))}" if given else ""
    return f"p({', '.join(map(tex_of, variables))}{behind})"


def _takes(dictionary: Dictionary, line: str) -> bool:
    """Take a line into the dictionary where it is one."""
    before = dictionary.copy()
    try:
        dictionary.declare(line)
    except DeriveError:
        dictionary.entries[:] = before.entries
        return False
    return True
