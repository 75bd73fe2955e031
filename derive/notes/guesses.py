"""What the letters of a note may be, guessed from the places at which they stand: indices, roles, shapes and types."""

from __future__ import annotations

import re

from derive.notation.declarations import Dictionary
from derive.notation.spellings import Argument, Spelling, chunks_of, template
from derive.notation.surface import Item, Items
from derive.notes.sightings import Key, Seen, Sightings, chunks, lone, unfenced
from derive.symbols import Index

WEIGHTS = ("w", "r", "q", "h", "\\gamma", "\\tau", "\\rho", "\\omega", "\\zeta")
"""What responsibilities are called."""
PROPORTIONS = ("\\pi", "\\phi", "\\alpha", "\\rho", "\\omega", "p", "\\varphi", "\\theta")
POSITIVE = ("\\sigma", "\\tau", "\\lambda", "\\kappa", "\\nu", "\\epsilon", "\\varepsilon")
DATA = ("x", "y", "X", "Y")
DIMENSIONS = ("d", "p", "D", "q", "r", "M", "P")


class Guesses:
    """Guesses for the letters that a dictionary does not know."""

    def __init__(self, found: Sightings, known: Dictionary) -> None:
        self.found = found
        self.known = known
        self.new_sizes: dict[str, str] = {}
        self.ranges: dict[str, tuple[int, str]] = {}
        self.guessed: set[str] = set()
        self.letters = self._merged()
        self._find_ranges()
        self.vectors = self._vectors()
        self.length = ""
        self.latents: dict[Key, str] = {}
        self.kinds = {key: self._kind(key) for key in self.letters}
        for key, kind in self.kinds.items():
            if kind == "latent":
                letter = found.values.get(key, "")
                self.latents[key] = self.ranges[letter][1] if letter in self.ranges else self._new_size("K", "M")

    # Letters: those of one family together, those that are declared left out.

    def _merged(self) -> dict[Key, Seen]:
        """Members with numbers and names of whole families go with the family, entries with the vector."""
        letters = dict(self.found.letters)
        for key in sorted(letters, key=lambda key: letters[key].order):
            if key not in letters:
                continue  # an entry of what came before
            head, below, above, primes = key
            numbered = tuple("#" if part.isdecimal() else part for part in below)
            longer = [k for k in letters if k[0] == head and k[3] == primes and k[1][: len(below)] == below and k[2] == above]
            families = [k for k in letters if k[0] == head and k[3] == primes and "#" in k[1] + k[2]]
            if numbered != below and (head, numbered, above, primes) in letters:
                letters[head, numbered, above, primes].signs |= letters.pop(key).signs
            elif not below and not above and len(families) == 1 and not self._is_vector(letters[key]):
                letters[families[0]].signs |= letters.pop(key).signs
            elif "called" not in letters[key].signs and (below or above or self._is_vector(letters[key])):
                for entry in [k for k in longer if len(k[1]) == len(below) + 1 and k[1][-1] == "#"]:
                    slots = zip(letters[key].slots, letters[entry].slots, strict=False)
                    if not self._is_vector(letters[entry]) and all(set(a) & set(b) for a, b in slots):
                        letters.pop(entry)
                        letters[key].signs |= {"with entries"}
        return {key: seen for key, seen in letters.items() if not self._is_known(seen)}

    def _is_known(self, seen: Seen) -> bool:
        if seen.head in self.found.own:
            return True
        spelled = [(seen.item, *((call,) if call else ())) for call in (None, *seen.calls.values())]
        return any(
            entry.spelling.match(items, 0, whole=True) is not None for items in spelled for entry in self.known.by_head(seen.head)
        )

    # Indices and sizes.

    def _find_ranges(self) -> None:
        found = self.found
        self.ranges |= {name: ends for name, ends in found.bound.items() if ends is not None}
        for name, index in self.known.indices.items():
            ends = (index.range.lower, index.range.upper.name) if isinstance(index, Index) else (index[0], str(index[1]))
            self.ranges[name] = ends
        together = [set(slot) for seen in found.letters.values() for slot in seen.slots]
        for _ in range(3):
            for letters in together:
                ends = next((self.ranges[name] for name in sorted(letters) if name in self.ranges), None)
                self.ranges |= {name: ends for name in letters if ends is not None and name not in self.ranges}
        for name in [*found.bound, *found.scripts]:
            if found.is_index(name) and name not in self.ranges and name not in self.known.indices:
                same = next((letters for letters in together if name in letters), {name})
                new, size = sorted(same - set(self.ranges)), self._size_for(name)
                self.guessed.update(new)
                self.ranges |= dict.fromkeys(new, (1, size))
        used = {letter for letters in together for letter in letters}
        for name, (lower, upper) in list(self.ranges.items()):
            if upper.isdecimal() and name in used and name not in self.known.indices:
                self.ranges[name] = lower, self._new_size(name.upper(), "K", "M", why=f"{upper} in the note")

    def _size_for(self, letter: str) -> str:
        usual = (letter.upper(), *(("n", "N", "m") if letter in "ins" else ("k", "K", "m")))
        for name in usual:
            if self._may_be_a_size(name):
                self.new_sizes.setdefault(name, "")
                return name
        return self._new_size(*usual)

    def _may_be_a_size(self, name: str) -> bool:
        """Whether a letter that stands alone is a number of things, and no matrix or function."""
        seen = self.found.letters.get((name, (), (), 0))
        if seen is None or (
            "inverted" in seen.signs and any(f"behind {name}" in one.signs for one in self.found.letters.values())
        ):
            return False  # the K of K^{-1} b
        told = {sign for sign in seen.signs if not sign.startswith("behind ")}
        return told <= {"plain", "alone", "power", "inverted", "exponent", "logged"}

    def _new_size(self, *names: str, why: str = "") -> str:
        letters = {key[0] for key in self.found.letters} | {"I", "E", "T"}
        taken = letters | self.found.bases | set(self.found.bound) | set(self.found.scripts)
        free = (name for name in (*names, *"KMNDPQRSGHJLUVWABF") if name not in taken and name not in self.known.sizes)
        name = next((name for name in free if name not in self.found.sizes and name not in self.new_sizes), "K")
        self.new_sizes[name] = why
        return name

    def _dimension(self) -> str:
        """The letter for the length of vectors: that of the normalising constant, else a free one."""
        if not self.length:
            known = self.found.dimension or next((n for n in DIMENSIONS if n in self.known.sizes), "")
            self.length = known or self._new_size(*DIMENSIONS)
            if self.length not in self.found.sizes:
                self.new_sizes.setdefault(self.length, "")
        return self.length

    # Shapes.

    def _is_vector(self, seen: Seen) -> bool:
        return bool(seen.signs & {"bold", "transposed", "gradient", "norm", "term transposed"}) and not _is_capital(seen.head)

    def _is_matrix(self, seen: Seen) -> bool:
        if not _is_capital(seen.head) or "called" in seen.signs:
            return False
        vectors = {"transposed", "inverted", "bold", "determinant", "traced"}
        return bool(seen.signs & vectors) or ("variance" in seen.signs and seen.head != "V")

    def _vectors(self) -> set[Key]:
        """Letters that are vectors, also those added to one, behind a matrix, or in a normal density with one."""
        matrices = {seen.head for seen in self.letters.values() if self._is_matrix(seen)}
        found = {key for key, seen in self.letters.items() if self._is_vector(seen)}
        for key, seen in self.letters.items():
            if any(f"behind {mark}{matrix}" in seen.signs for matrix in matrices for mark in ("", "T ")):
                found.add(key)
        alike = [{key for item in items if (key := self.key_of(item)) is not None} for items in self._locations()]
        for keys, arguments in zip(alike, self.normals(), strict=True):
            found |= keys if any(item.text in matrices for item in arguments[2].items) else set()
        alike += [{key for key in alone if key in self.letters} for alone, _ in self.found.sums]
        for _ in range(3):
            found |= {key for keys in alike if keys & found for key in keys}
            behind = {f"behind T {key[0]}" for key in found}
            found |= {key for key, seen in self.letters.items() if behind & seen.signs}
        return {key for key in found if not _is_capital(key[0])}

    def normals(self) -> list[tuple[Argument, ...]]:
        return [arguments for arguments in self.found.normals if len(arguments) == 3]

    def _locations(self) -> list[Items]:
        """The values and the means of normal densities, where these are letters."""
        return [tuple(item for part in given[:2] if lone(part.items) for item in part.items) for given in self.normals()]

    def key_of(self, item: Item) -> Key | None:
        """The family that a letter belongs to."""
        heads = [key for key in self.letters if key[0] == item.text and key[3] == item.primes]
        count = len(chunks_of(item.sub or ()))
        return next((key for key in heads if len(key[1]) == count), heads[0] if heads else None)

    # Roles and types.

    def _kind(self, key: Key) -> str:
        seen, name = self.letters[key], _base(key[0])
        signs = seen.signs
        if signs & {"latent", "summed"} and "called" not in signs:
            return "latent"
        if "called" in signs:
            return "frozen" if self._weighs(key) else "fun"
        if self._weighs(key):
            return "frozen"
        if name != key[0]:
            return "const"
        if self.is_simplex(key):
            return "param"
        if "bool" in signs:
            return "data"
        if self.original(key) is not None:
            return "frozen"
        differentiated = "by" in signs and name not in DATA
        if name in DATA or ("variable" in signs and not differentiated and not name.startswith("\\")):
            return "data"
        if differentiated or signs & {"by", "condition", "mean", "variance", "variable"} or name.startswith("\\"):
            return "param"
        return "data" if self._is_matrix(seen) and "transposed" in signs else "const"

    def _weighs(self, key: Key) -> bool:
        """Whether a letter is a responsibility: one value for each datum and component, or a distribution of a latent."""
        seen = self.letters[key]
        if "called" in seen.signs:
            return self.runs_over(seen) is not None
        strong = "weighs" in seen.signs or key[0] in ("r", "\\gamma") or bool(self.found.normals or self.found.densities)
        return key[0] in WEIGHTS and len(seen.slots) == 2 and key not in self.vectors and strong

    def runs_over(self, seen: Seen) -> str | None:
        """What a distribution runs over: the latent z of q(z), or the last index of \\gamma(z_{nk})."""
        if seen.head not in ("q", "Q", "\\gamma", "r", "w") or list(seen.calls) != [1]:
            return None
        item = lone(seen.calls[1].parts[0])
        key = self.key_of(item) if item is not None else None
        if item is None or key is None:
            return None
        if "latent" in self.letters[key].signs or "summed" in self.letters[key].signs:
            return self.name(self.letters[key].item)
        chunks = chunks_of(item.sub or ())
        letter = lone(chunks[-1]) if len(chunks) > 1 else None
        return letter.text if letter is not None and self.found.is_index(letter.text) else None

    def is_simplex(self, key: Key) -> bool:
        seen = self.letters[key]
        if key[0] not in PROPORTIONS or len(seen.slots) != 1 or key in self.vectors:
            return False
        if seen.signs & {"weight", "sums to one"} or key[0] == "\\pi":
            return True
        likely = [one for one in self.letters if one[0] in PROPORTIONS and "logged" in self.letters[one].signs]
        first = min(likely, key=lambda one: PROPORTIONS.index(one[0]), default=None)
        mixed = self.found.normals or self.found.densities or any(self._weighs(other) for other in self.letters)
        return bool(mixed) and key == first

    def original(self, key: Key) -> Key | None:
        """The parameter of which a marked letter, as \\theta_0 or \\mu_k^{old}, is another value."""
        indices = [tuple(part for part in parts if part == "#") for parts in key[1:3]]
        plain_key = (key[0], indices[0], indices[1], 0)
        other = self.letters.get(plain_key)
        return plain_key if plain_key != key and other is not None and self._kind(plain_key) == "param" else None

    def type_of(self, key: Key) -> tuple[str, str]:
        """A type, and what is said of it where it is a weak guess."""
        original = self.original(key)
        if original is not None and self.kinds[key] == "frozen":
            return self.type_of(original)[0], "another value of the same letter"
        seen, kind = self.letters[key], self.kinds[key]
        signs, head = seen.signs, _base(key[0])
        if kind == "latent":
            return f"1..{self.latents[key]}", ""
        if kind == "param" and self.is_simplex(key):
            return f"simplex({self.ranges[seen.slots[0][0]][1]})", ""
        if self._is_matrix(seen):
            d = self._dimension()
            if kind == "data" or ("transposed" in signs and not signs & {"inverted", "variance", "determinant"}):
                rows = self._row_size()
                return f"R^{{{rows} x {d}}}", ""
            return f"spd({d})", "" if signs & {"inverted", "determinant", "variance"} else "a guess"
        if key in self.vectors:
            return f"R^{self._row_size() if self._is_row(key) else self._dimension()}", ""
        if kind == "data" and "bool" in signs | ({"bool"} if "complement" in signs else set()):
            return "bool", ""
        if "factorial" in signs:
            return "N", ""
        if "complement" in signs and not signs & {"mean"}:
            return "unit", "between 0 and 1, as 1 - .. suggests"
        if kind in ("param", "const") and (head in POSITIVE or "variance" in signs):
            multiplier = key[0] == "\\lambda" and not seen.slots and "logged" not in signs
            return "positive", "R if it is a multiplier" if multiplier else ""
        return ("positive", "as its logarithm is taken") if "logged" in signs and kind != "data" else ("R", "")

    def _is_row(self, key: Key) -> bool:
        """Whether a vector has an entry for each row of a matrix of data: added to ``X\\beta``, or behind ``X^T``."""
        tall = {seen.head for k, seen in self.letters.items() if self._is_matrix(seen) and self._kind(k) == "data"}
        added = any(key in alone and tall & set(products) for alone, products in self.found.sums)
        return added or any(f"behind T {matrix}" in self.letters[key].signs for matrix in tall)

    def _row_size(self) -> str:
        sizes = next((name for name in ("n", "N", "m") if name in self.found.sizes or name in self.new_sizes), "")
        return sizes or self._size_for("n")

    # Names and responsibilities.

    def name(self, item: Item) -> str:
        """A letter as it is declared: each script that is a sum of an index and a number is that index."""

        def slot(chunk: Items) -> Items:
            letter = next((one for one in unfenced(chunk) if one.kind == "letter" and self.found.is_index(one.text)), None)
            if letter is None or len(unfenced(chunk)) == 1:
                return chunk
            bare = (Item("letter", letter.text),)
            return (Item("fence", "()", (bare,)),) if unfenced(chunk) is not chunk else bare

        below = tuple(one for chunk in chunks(item.sub or ()) for one in slot(chunk))
        return tex((Item(item.kind, item.text, sub=below or None, sups=tuple(map(slot, item.sups)), primes=item.primes),))

    def count(self, over: str) -> str:
        """How many values an index or a latent has."""
        if over in self.ranges:
            return self.ranges[over][1]
        return next((size for key, size in self.latents.items() if self.name(self.letters[key].item) == over), "K")

    def component(self, key: Key) -> int:
        """Which slot of a responsibility counts the components: that of a parameter, else the last."""
        params = [seen for other, seen in self.letters.items() if other != key and self.kinds[other] == "param"]
        owners = {letter for seen in params for slot in seen.slots for letter in slot}
        slots = self.letters[key].slots
        return next((number for number, slot in enumerate(slots) if owners & set(slot)), len(slots) - 1)


def tex(items: Items) -> str:
    """Items as TeX."""
    return re.sub(r"([_^])\{(\w)\}", r"\1\2", template(Spelling(items, (), lambda name: False), str).strip())


def tex_of(name: str) -> str:
    """A letter's name as TeX."""
    return tex((Item("letter", name),))


def _is_capital(name: str) -> bool:
    return _base(name).lstrip("\\")[:1].isupper() and "{" not in _base(name)


def _base(name: str) -> str:
    """A letter without its accents: the y of ``\\bar{y}``."""
    accented = name.startswith("\\") and name.endswith("}") and not name.startswith(("\\cal{", "\\bb{", "\\frak{"))
    return _base(name[name.index("{") + 1 : -1]) if accented and "{" in name else name
