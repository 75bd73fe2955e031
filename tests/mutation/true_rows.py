"""The true rows of the example notes and of the identities' notes, as formulas, with what their notes say before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from checks.notes import Step, check_note
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import DeriveError
from derive.formula import Formula, Named, unfold, walk
from derive.identities import identity, names
from derive.lessons.expectation_maximisation import derivation
from derive.notation.conventions import Convention, convention
from derive.notation.latex_writer import latex
from derive.notes import Declarations, Display, Note, read_note
from derive.notes.models import lines_in, model_in

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.md"))
JUDGED = ("proved", "confirmed", "unknown", "refuted")
_HELD_WEIGHTS = re.compile(r"^posterior .* at ", re.MULTILINE)
_PLACE_OF_WEIGHTS = re.compile(r"(?<=[})])\(\\(?:theta|psi)(?![A-Za-z])[^()\s]*(?:\([^()\s]*\)[^()\s]*)?\)")
"""The parameters behind a weight, which its declaration does not name there: ``q_{nc}(\\theta_0)``."""
_HELD = ((_PLACE_OF_WEIGHTS, ""),)
_OF_THE_NOTE = re.compile(r"(?:posterior|define|frozen|assume)\b")
"""What a note declares beside its model."""
_AT_THETA = r"(\theta)"
_JOINT = re.compile(r"\\frac\{p\((?P<data>.*?), (?P<latent>\S+?=\w)(?: \\mid (?P<given>.*?))?; \\theta\)\}")
"""The numerator of a posterior."""
_DEFINED = re.compile(r"Q|H|\\mathrm|.*\^\*$")
"""What a derivation names and a note has to define: Q and the like, entropies, and values of the M-step."""
_OF_MODELS = tuple(
    (re.compile(old), new)
    for old, new in (
        (r"_\{(\w)\\cdot\}", r"_\1"),
        (r"w(_\{\w+\})\(\\theta\)", r"r\1"),
        (r"([QH])\(\\theta; \\theta_t\)", r"\1"),
        (r"\\mathrm\{Ent\}\(w\(\\theta\)\)", "V"),
        (r"\\mathrm\{Ent\}\(w\)", "U"),
        (r"\\mathrm\{KL\}\(w \\,\\\|\\, w\(\\theta\)\)", "B"),
    )
)
"""A letter for each thing that a derivation names with its arguments."""
_OF_PROBABILITIES = ((re.compile(r"(?<![A-Za-z\\])p\("), "P("),)
MOST_ROW = 400
"""How many characters a row has at most."""


@dataclass(frozen=True, slots=True)
class TrueRow:
    """An equation that is proved, and the letters in which it is written."""

    claim: Claim
    convention: Convention


@dataclass(frozen=True, slots=True)
class Origin:
    """A note's declarations, its displays that define something, and its true rows that can be written anew below these."""

    declared: str
    defined: tuple[str, ...]
    rows: tuple[TrueRow, ...]
    respelled: tuple[tuple[re.Pattern[str], str], ...] = ()
    """What is written otherwise in this note than the program writes it."""

    @property
    def head(self) -> str:
        """What stands in a note above the rows."""
        return "\n\n".join((f"```derive\n{self.declared}\n```", *self.defined))


@cache
def texts() -> tuple[str, ...]:
    """The notes: those of the examples, and those of the identities that belong to no model."""
    notes = [identity(name).note for name in names() if not identity(name).is_of_models]
    return tuple(path.read_text() for path in EXAMPLES) + tuple(note for note in notes if note)


@cache
def origin(text: str) -> Origin:
    """The true rows of a note, and what they rest on."""
    note = read_note(Path("note.md"), text)
    declared = "\n".join(line.text for block in note.blocks if isinstance(block, Declarations) for line in block.lines)
    steps = check_note(note, Witness(seed=0, points=2, autodiff=False), diagnosed=False).steps
    bare = Origin(declared, tuple(_definitions(note, steps)), (), _HELD if _HELD_WEIGHTS.search(declared) else ())
    proved = [step for step in steps if len(step.findings) == 1 and step.verdict == "proved"]
    return _with_rows(bare, [TrueRow(step.findings[0].claim, step.convention) for step in proved if step.convention is not None])


def _with_rows(bare: Origin, rows: list[TrueRow]) -> Origin:
    """The note with those of some rows that say one equation and are read where they are written below what it says."""
    plain = [row for row in rows if row.claim.relation == "=" and not row.claim.assumptions]
    shown = [(row, text) for row in plain if (text := chain(bare, row, [row.claim.rhs])) is not None]
    steps = checked("\n\n".join((bare.head, *(text for _, text in shown))))[len(bare.defined) :]
    if len(steps) != len(shown):
        raise ValueError(f"{len(steps)} rows read of {len(shown)} below {bare.head}")
    return replace(bare, rows=tuple(row for (row, _), step in zip(shown, steps, strict=True) if step.verdict in JUDGED))


@cache
def models() -> tuple[Path, ...]:
    """The example notes that declare a model with a latent for each datum."""
    return tuple(path for path in EXAMPLES if _declares_a_model(path))


def _declares_a_model(path: Path) -> bool:
    try:
        model_in(path)
    except DeriveError:
        return False
    return True


@cache
def origin_of_model(path: Path) -> Origin:
    """The derivation of the model that a note declares, as a note: the weights and Q are declared and defined above its rows."""
    model = model_in(path)
    letters = model.lettered(convention("cs229"))
    claims = [claim for claim in derivation(model).claims if claim.relation == "=" and claim.expected is None]
    sides = [side for claim in claims for side in (claim.lhs, claim.rhs)]
    lines = [line.strip() for line in lines_in(path).splitlines() if not _OF_THE_NOTE.match(line.strip())]
    named = {latex(node, letters): node for side in sides for node in walk(side) if isinstance(node, Named)}
    weight = next(name for name in named if re.fullmatch(r"w_\{\w+\}\(\\theta\)", name))
    joint = _JOINT.match(latex(unfold(named[weight]), letters))
    if joint is None:
        raise ValueError(f"no posterior: {weight}")
    respelled = (
        *_OF_MODELS,
        *_of_inputs(joint["given"] or ""),
        *(_OF_PROBABILITIES if re.search(r"param p\b", "\n".join(lines)) else ()),
    )
    posterior = f"p({joint['latent']} | {joint['data']}) at \\theta"
    lines += _spare_indices("".join(latex(side, letters) for side in sides), "\n".join(lines))
    lines += [
        f"posterior {weight.removesuffix(_AT_THETA)} = {posterior}_t",
        f"posterior r{weight[1:].removesuffix(_AT_THETA)} = {posterior}",
    ]
    defined = (f"{name} := {latex(unfold(node), letters)}" for name, node in named.items() if _DEFINED.match(name))
    shown = tuple(f"$$\n{_respelled(text, respelled)}\n$$" for text in defined)
    return _with_rows(
        Origin(_respelled("\n".join(lines), respelled), shown, (), respelled), [TrueRow(claim, letters) for claim in claims]
    )


def _of_inputs(given: str) -> Iterator[tuple[re.Pattern[str], str]]:
    """Inputs are given without being written: they have no distribution."""
    if given:
        yield re.compile(re.escape(f" \\mid {given}")), ""
        yield re.compile(re.escape(f", {given};")), ";"


def _spare_indices(text: str, declared: str) -> Iterator[str]:
    """Letters of the values of the latent that a derivation uses beside the declared ones, as a line that declares them."""
    used = {letter for pair in re.findall(r"_\{?[a-z]?([a-z])(?![A-Za-z])|\b([a-z])=1\}", text) for letter in pair if letter}
    known = {"t", *(letter for line in declared.splitlines() for letter in re.findall(r"\b[a-z]\b", line.partition(" in ")[0]))}
    last = re.search(r"^latent .* in 1\.\.(\w)$", declared, re.MULTILINE)
    if last and used - known:
        yield f"index {', '.join(sorted(used - known))} in 1..{last[1]}"


def _respelled(text: str, respelled: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for pattern, new in respelled:
        text = pattern.sub(new, text)
    return text


def _definitions(note: Note, steps: list[Step]) -> Iterator[str]:
    """The first rows of displays that define something, each as a display."""
    defined = {step.row.place: step.row.source.text for step in steps if step.verdict == "defined"}
    for block in note.blocks:
        text = defined.get(block.rows[0].source.place) if isinstance(block, Display) and block.rows else None
        if text is None or not isinstance(block, Display):
            continue
        hints = [hint.text for hint in block.hints]
        if ":=" in text or "define" in hints:
            above = "".join(f"<!-- derive: {hint} -->\n" for hint in hints)
            yield f"{above}$$\n\\begin{{aligned}}\n{text.strip()}\n\\end{{aligned}}\n$$"


def are_read(origin: Origin, written: str | None) -> bool:
    """Whether rows written from their formulas are read: one may rest on what its note says above it, or have no spelling."""
    judged = [step for step in checked(f"{origin.head}\n\n{written}\n") if step.verdict != "defined"] if written else []
    return bool(judged) and all(step.verdict in JUDGED for step in judged)


def checked(text: str, name: str = "note.md") -> list[Step]:
    """The rows of a note with their verdicts."""
    return check_note(read_note(Path(name), text), Witness(seed=1, points=3, autodiff=False), diagnosed=False).steps


def written(of: Origin, formula: Formula, row: TrueRow) -> str | None:
    """A formula in the letters of its note; None where it has no spelling, or a long one."""
    try:
        text = latex(formula, row.convention)
    except DeriveError:
        return None
    text = _respelled(text, of.respelled)
    return text if len(text) <= MOST_ROW else None


def chain(of: Origin, row: TrueRow, forms: list[Formula]) -> str | None:
    """The left side of a row and formulas that are equal to it, a row each; None where one of them is not to be written."""
    first, *rows = (written(of, form, row) for form in (row.claim.lhs, *forms))
    if first is None or None in rows:
        return None
    joined = " \\\\\n".join(f"&= {text}" for text in rows)
    return f"$$\n\\begin{{align*}}\n{first} {joined}\n\\end{{align*}}\n$$"
