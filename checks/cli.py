"""The command line: ``derive em``, ``verify``, ``check``, ``recheck``, ``mutate``, ``merge``, ``init``, ``read``, ``list``, ...

stdout carries the report alone; progress and errors go to stderr. Everything heavy is imported inside the commands, so that
``--help`` answers at once.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from derive.errors import DeriveError, DisagreementError, UnknownNameError

if TYPE_CHECKING:
    from checks.campaign import Outcome
    from checks.catalogue import Entry
    from checks.judge import Finding
    from checks.note_reports import NoteReport
    from checks.outline import Account
    from checks.reports import Page, Report
    from derive.claims import Derivation, Measure
    from derive.models import LatentModel
    from derive.notation.conventions import Convention

PLAIN = ("", ".txt", ".text", ".log", ".out")
"""Suffixes of files of plain text."""
PASSED, NOT_PASSED, USAGE, OUR_BUG, INTERRUPTED = 0, 1, 2, 101, 130
SHELLS = ("bash", "fish", "zsh")
KINDS = ("models", "densities", "identities")
ALIASES = {"Sigma": ("v",)}
"""What a parameter is called in the models that have none of the name: a variance is what they have of a covariance."""
SHORTHANDS = ("covariance", "weights")
"""The options of models that have a flag of their own."""
WIDEST, NARROWEST = 110, 40
MOST_SHARDS = 10_000
FEW = 200
"""How many statements are rewritten where nothing is said of that."""


# Names, with the nearest where there is none.


class NameOf(click.ParamType):
    """A name out of a folder; ``names`` is asked only when a value is looked at."""

    def __init__(self, kind: str, names: Callable[[], Sequence[str]]) -> None:
        self.name = kind
        self.names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.names():
            raise UnknownNameError.among(self.name, str(value), self.names())
        return str(value)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"expected one of {', '.join(sorted(self.names()))}"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        return self.name.upper()

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]


class ModelName(NameOf):
    """A model of the folder, or a file that declares one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value) if is_file_name(str(value)) else super().convert(value, param, ctx)


def is_file_name(value: str) -> bool:
    """Whether what stands for a model is the name of a file."""
    return "." in value or "/" in value or "\\" in value


class Commands(click.Group):
    """A group that names the nearest command where there is none of the name."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            raise UnknownNameError.among("command", name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _models() -> list[str]:
    from derive.models import names

    return names()


def _identities() -> list[str]:
    from derive.identities import names

    return names()


def _formats() -> list[str]:
    from checks.reports import names

    return names()


def _note_formats() -> list[str]:
    from checks.note_reports import names

    return names()


def _notations() -> list[str]:
    from derive.notation.conventions import names

    return names()


def _option_values(option: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """The values that the model of the command line has for an option."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        from derive.models import family

        asked = ctx.params.get("model")
        known = [asked] if asked in _models() else _models()
        values = dict.fromkeys(value for name in known for value in family(name).options.get(option, ()))
        return [value for value in values if value.startswith(incomplete)]

    return complete


def _parameter_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in ("mu", "Sigma", "phi", "all") if name.startswith(incomplete)]


# Commands.


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from checks.environment import DISTRIBUTION, version

        _print(f"derive {version(DISTRIBUTION) or '(not installed)'}\n")
        ctx.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit.")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Derive EM and its gradient identities, prove them for all sizes, and confirm them by autodiff."""
    if ctx.invoked_subcommand is None:
        _complain(ctx.get_help(), prefix="")
        ctx.exit(USAGE)


def _read_within(command: Callable[..., int]) -> Callable[..., int]:
    """The option of commands that read notes: how long that may take."""
    return click.option(
        "--reading-timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True, help="Seconds for reading a note."
    )(command)


@cli.command(short_help="Derive EM for a model, and check every row.")
@click.argument("model", type=ModelName("model", _models))
@click.option("--covariance", shell_complete=_option_values("covariance"), help="full, tied, diagonal, spherical or known.")
@click.option("--weights", shell_complete=_option_values("weights"), help="free, known or logits (free, as a softmax).")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Another option of the model; see derive list.")
@click.option(
    "--wrt",
    multiple=True,
    shell_complete=_parameter_names,
    help="mu; Sigma (full, tied), which is the variance v (diagonal, spherical), none if known; phi, none if the weights are "
    "known; or all, the default. May be repeated, or a comma list.",
)
@click.option("--format", "format_", type=NameOf("format", _formats), help="text (default), json, latex or markdown.")
@click.option(
    "--notation", type=NameOf("notation", _notations), default="cs229", show_default=True, help="Whose letters: cs229 or bishop."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@click.option("--pytest", "tests", type=click.Path(path_type=Path), help="Write tests of the model's identities to this file.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Fixes every numeric point.")
@click.option(
    "--points", type=click.IntRange(1, 50), default=3, show_default=True, help="How many points each claim is tried at."
)
@click.option("--allow-unknown", is_flag=True, help="Let claims that could not be settled pass.")
@_read_within
def em(
    model: str,
    covariance: str | None,
    weights: str | None,
    options: tuple[str, ...],
    wrt: tuple[str, ...],
    format_: str | None,
    notation: str,
    output: Path | None,
    tests: Path | None,
    seed: int,
    points: int,
    allow_unknown: bool,
    reading_timeout: float,
) -> int:
    """Derive the EM algorithm for MODEL, and say why the responsibilities may be held fixed.

    MODEL is a name (see derive list models) or a file with the lines that declare a model, such as a note.

    Exit code 0: every claim is proved or confirmed, or refuted as expected; 1: some are not; 2: usage.
    """
    from checks.reports import names, report
    from derive.lessons.expectation_maximisation import derivation
    from derive.notation.conventions import convention

    chosen = {"covariance": covariance, "weights": weights, **_options(options)}
    found = _model(model, {name: value for name, value in chosen.items() if value is not None}, reading_timeout)
    chosen_parameters = _parameters(found, wrt)
    if tests is not None:
        _deliver(_own_tests(model, found, chosen_parameters, reading_timeout), tests)
        return PASSED
    told = derivation(found, chosen_parameters)
    written = report(format_ or _format_of(output, names(), report))
    _check(output)
    account = _judged(told, found.lettered(convention(notation)), seed, points)
    _deliver(written.write(account, _page(output)), output)
    return _verdict_code(account.findings.values(), allow_unknown)


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int]:
    """``2/5`` as the second of five parts."""
    own, sign, of = (value or "1/1").partition("/")
    if not (sign and own.isdigit() and of.isdigit() and 1 <= int(own) <= int(of) <= MOST_SHARDS):
        raise click.BadParameter(f"{value!r}, expected I/N with 1 <= I <= N <= {MOST_SHARDS}", ctx, param)
    return int(own), int(of)


def _in_parts(command: Callable[..., int]) -> Callable[..., int]:
    """The options of a long run: where its results are kept as they come, and which part of it this is."""
    kept = click.option(
        "--journal", type=click.Path(path_type=Path, dir_okay=False), help="Keep results here as they come, and go on from there."
    )
    part = click.option("--shard", callback=_shard, metavar="I/N", help="The I-th of N parts of the run; see derive merge.")
    return kept(part(command))


@cli.command(short_help="Judge the catalogue of identities for the models.")
@click.argument("models", nargs=-1, type=NameOf("model", _models))
@click.option(
    "--identity", "chosen", multiple=True, type=NameOf("identity", _identities), help="This identity alone; repeatable."
)
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the models; see derive list.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@_in_parts
@click.option("-j", "--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="How many at a time.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Fixes every numeric point.")
@click.option("--points", type=click.IntRange(1, 50), default=3, show_default=True, help="How many points a claim is tried at.")
@click.option("--autodiff/--no-autodiff", default=True, show_default=True, help="Take the derivatives by JAX too.")
def verify(
    models: tuple[str, ...],
    chosen: tuple[str, ...],
    options: tuple[str, ...],
    format_: str,
    output: Path | None,
    journal: Path | None,
    shard: tuple[int, int],
    processes: int,
    seed: int,
    points: int,
    autodiff: bool,
) -> int:
    """Judge every identity for every model (or for MODELS) to which it applies, and print the table.

    Identities that belong to no model are judged once, where no MODELS are named or the identity is.

    Exit code 0: every pair is proved or confirmed and every control refuted; 1: some are not; 2: usage.
    """
    from dataclasses import asdict

    from checks import catalogue
    from derive.identities import identity

    asked = list(dict.fromkeys(models)) or _models()
    wanted = list(dict.fromkeys(chosen)) or [name for name in _identities() if not models or identity(name).is_of_models]
    _check(output)
    own = _options(options)
    pairs = catalogue.pairs(asked, wanted, shard)
    heading = _run_heading("verify", catalogue.heading(asked, wanted, own, seed, points, autodiff), shard, len(pairs))
    with _kept(journal, heading) as (known, keep):
        found = [catalogue.Entry.of_record(record) for record in known.values()]
        left = [pair for pair in pairs if catalogue.key_of(*pair) not in known]
        with _progress(len(left)) as advance:
            for entry in catalogue.entries(left, seed=seed, points=points, autodiff=autodiff, processes=processes, options=own):
                keep(entry.key, asdict(entry))
                found.append(entry)
                advance(f"{entry.model}: {entry.identity}")
    return _catalogue_report(heading, found, format_, output)


def _catalogue_report(heading: Mapping[str, Any], entries: Sequence[Entry], format_: str, output: Path | None) -> int:
    from checks import catalogue

    found = catalogue.in_order(entries, catalogue.pairs(heading["models"], heading["identities"]))
    _deliver(catalogue.record(found, heading["report"]) if format_ == "json" else catalogue.table(found), output)
    return PASSED if all(entry.passes for entry in found) else NOT_PASSED


def _run_heading(command: str, task: Mapping[str, Any], shard: tuple[int, int], planned: int) -> dict[str, Any]:
    """What the journal of a run begins with: all on which its results depend, and which part of it this is."""
    from checks.environment import environment, rules
    from checks.reports.json import heading

    return {
        "command": command,
        **task,
        "rules": rules(),
        "report": heading(environment(task["seed"], task["points"])),
        "shard": list(shard),
        "planned": planned,
    }


@contextmanager
def _kept(
    path: Path | None, heading: Mapping[str, Any]
) -> Generator[tuple[Mapping[str, dict[str, Any]], Callable[[str, dict[str, Any]], None]], None, None]:
    """The results that a journal holds already, and how to keep another one; without a journal none are kept."""
    if path is None:
        yield {}, lambda key, result: None
        return
    from checks.journal import Journal

    journal = Journal(path, heading)
    try:
        yield dict(journal.results), journal.add
    finally:
        journal.close()


def _options(given: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` as a mapping."""
    found: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise click.BadParameter(f"{text!r}, expected NAME=VALUE", param_hint="--option")
        found[name.strip()] = value.strip()
    return found


def _model(name: str, options: Mapping[str, str], seconds: float) -> LatentModel:
    from derive.models import family

    if not is_file_name(name):
        return family(name)(**options)
    from checks.readings import model_in

    if options:
        raise UnknownNameError.among("option of a declared model", next(iter(options)), ())
    return model_in(Path(name), seconds)


def _own_tests(name: str, model: LatentModel, wrt: Sequence[str], seconds: float) -> str:
    """The text of a file of tests for a model by its name, or by the lines of its file."""
    from checks.own_tests import own_tests

    chosen = [parameter for parameter in model.parameters if not wrt or parameter.name in wrt]
    lines = None
    if is_file_name(name):
        from checks.readings import as_declarations
        from checks.supervision import reader

        with reader("derive.notes.models", seconds=seconds) as worker:
            lines = worker.made(as_declarations, Path(name))
    return own_tests(model, chosen, lines=lines)


def _parameters(model: LatentModel, wrt: Sequence[str]) -> list[str]:
    """The parameters asked for, in the model's order; none for all of them."""
    known = [parameter.name for parameter in model.parameters]
    asked = [name.strip() for part in wrt for name in part.split(",")]
    found: set[str] = set()
    for name in asked:
        if name == "all":
            return []
        others = [other for other in ALIASES.get(name, ()) if other in known]
        if name not in known and not others:
            aliases = [alias for alias, others in ALIASES.items() if set(others) & set(known)]
            chosen = ", ".join(f"{option} {value}" for option, value in model.options.items())
            raise UnknownNameError.among(f"parameter ({chosen})", name, [*known, *aliases, "all"])
        found.add(name if name in known else others[0])
    return [name for name in known if name in found]


def _format_of(output: Path | None, names: Sequence[str], report: Callable[[str], Report | NoteReport]) -> str:
    """The format that goes with the file's suffix; text where there is none, or one of plain text.

    Raises:
        UnknownNameError: no format goes with the suffix.
    """
    suffix = output.suffix if output is not None else ""
    known = {report(name).suffix: name for name in names if report(name).suffix}
    if suffix.lower() in PLAIN:
        return "text"
    if suffix.lower() not in known:
        raise UnknownNameError.among("suffix of a report (or name its format)", suffix, [*known, *filter(None, PLAIN)])
    return known[suffix.lower()]


def _judged(told: Derivation, letters: Convention, seed: int, points: int) -> Account:
    from checks.environment import environment
    from checks.judge import judge_all
    from checks.outline import Account
    from checks.witness import Witness

    witness = Witness(seed=seed, points=points)
    measures = [measure for section in told.sections for measure in section.measures]
    findings: dict[str, Finding] = {}
    with _progress(len(told.claims) + len(measures)) as advance:
        for finding in judge_all(told.claims, witness):
            findings[finding.claim.label] = finding
            advance(finding.claim.label)
        measured: dict[Measure, float] = {}
        for measure in measures:
            measured[measure] = witness.measure(measure.formula)
            advance("numbers")
    points_of_measures = (next(iter(witness.at(measure.formula))) for measure in measures[:1])
    return Account(
        derivation=told,
        findings=findings,
        measures=measured,
        measured_at={name: size for point in points_of_measures for name, size in point.sizes.items()},
        convention=letters,
        environment=environment(seed, points),
    )


def _verdict_code(findings: Iterable[Finding], allow_unknown: bool) -> int:
    """0 where every finding passes, 1 otherwise, also where there was nothing to find."""
    found = list(findings)
    passed = all(finding.passes or (allow_unknown and finding.verdict == "unknown") for finding in found)
    return PASSED if found and passed else NOT_PASSED


@cli.command(short_help="Check the derivations in notes, row by row.")
@click.argument("notes", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "format_",
    type=NameOf("format", _note_formats),
    help="text (default), concise, json, github, html, latex, markdown or sarif; else by the suffix of -o FILE.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@click.option("--only", metavar="LABEL", help="Check the display with this label alone.")
@click.option("--row-timeout", type=click.FloatRange(min=0.1), default=20.0, show_default=True, help="Seconds for one row.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Fixes every numeric point.")
@click.option("--points", type=click.IntRange(min=1), default=3, show_default=True, help="Sizes tried for each claim.")
@click.option("--allow-unknown", is_flag=True, help="Let rows that could not be settled pass.")
@click.option("--snippet", is_flag=True, help="Show counterexamples as Python with JAX, to paste.")
@click.option("--autodiff/--no-autodiff", default=True, show_default=True, help="Take the derivatives by JAX too.")
@click.option(
    "--certificates", type=click.Path(path_type=Path, file_okay=False), help="Write certificates here, for derive recheck."
)
@click.option("--cache/--no-cache", default=True, show_default=True, help="Take over what earlier runs found of the same rows.")
@_read_within
def check(
    notes: tuple[Path, ...],
    format_: str | None,
    output: Path | None,
    only: str | None,
    row_timeout: float,
    seed: int,
    points: int,
    allow_unknown: bool,
    snippet: bool,
    autodiff: bool,
    certificates: Path | None,
    cache: bool,
    reading_timeout: float,
) -> int:
    """Check NOTES (Markdown, LaTeX or notebooks; - for the standard input), each row of a display against the row before it.

    The exit code is 0 when every row is proved, confirmed or defined, 1 when one is not, when a part of a note was not read or
    there was nothing to check, 2 when a note cannot be read at all.
    """
    from checks.cache import folder
    from checks.environment import environment
    from checks.inert import name_of
    from checks.note_reports import names, report
    from checks.row_worker import Asked
    from checks.supervision import checker
    from derive.notes import Declarations, Display

    _check(output)
    written = report(format_ or _format_of(output, names(), report))
    asked = Asked(seed=seed, points=points, autodiff=autodiff, row_timeout=row_timeout, only=only)
    # What a certificate is made of is not kept.
    asked = replace(asked, cache=folder() if cache and certificates is None else None)
    with checker(asked, _complain, reading_timeout) as worker:
        read = [worker.read(path, _given(path)) for path in notes]
        labels = {block.label for note in read for block in note.blocks if isinstance(block, Display) and block.label}
        if only is not None and only not in labels:
            raise UnknownNameError.among("label of a display", only, labels)
        rows = sum(len(block.rows) for note in read for block in note.blocks if isinstance(block, Display))
        with _progress(rows) as advance:
            checked = [worker.check(note, advance) for note in read]
    if certificates is not None:
        from checks.certificates import write

        with _progress(sum(len(step.findings) for note in checked for step in note.steps)) as advance:
            write(certificates, checked, advance)
    page = replace(_page(output), snippets=snippet)
    _deliver(written.write(checked, environment(seed, points), page), output)
    for note, found in zip(read, checked, strict=True):
        declared = any(isinstance(block, Declarations) for block in note.blocks)
        if not declared and any(step.verdict == "unread" for step in found.steps):
            _complain(
                f"{name_of(note.file)} declares nothing: `derive init {name_of(note.file)}` proposes declarations", prefix=""
            )
    if any(step.defect or step.row.code == "defect" for note in checked for step in note.steps):
        return OUR_BUG
    passed = all(note.passes or (allow_unknown and note.passes_but_unknown) for note in checked)
    return PASSED if passed else NOT_PASSED


@cli.command("recheck", short_help="Check certificates, by a small program that shares no code with the prover.")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("notes", nargs=-1, type=click.Path(path_type=Path))
@click.option("--allow-missing", is_flag=True, help="Let rows pass for which no certificate could be written.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@_read_within
def recheck_(folder: Path, notes: tuple[Path, ...], allow_missing: bool, output: Path | None, reading_timeout: float) -> int:
    """Check the certificates in FOLDER (derive check --certificates), and print what each of them shows.

    With NOTES, each certificate must be of what its row says, and each claim of each row must have one. The program that checks
    them runs alone too: python -m checks.recheck FOLDER.

    Exit code 0: every proved or refuted row has a certificate, and all are accepted; 1: some have none, or are not accepted; 2:
    usage.
    """
    from checks import rechecking
    from checks.recheck import trees

    _check(output)
    meanings = None
    if notes:
        from checks.certificates import meanings_in
        from checks.supervision import reader

        with reader(meanings_in.__module__, seconds=reading_timeout) as worker:
            meanings = [display for path in notes for display in worker.made(meanings_in, path)]
    try:
        lines, rejected, missing = rechecking.recheck(folder, meanings)
    except trees.Rejected as error:
        raise DeriveError(str(error)) from error
    _deliver("\n".join(lines) + "\n", output)
    return NOT_PASSED if rejected or (missing and not allow_missing) else PASSED


@cli.command(short_help="Plant known slips in derivations and notes, and count which are seen.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...", type=ModelName("model", _models))
@click.option("--count", type=click.IntRange(min=1), help="How many slips, a sample; all that fit by default.")
@click.option("--catalogue", is_flag=True, help="Also in every identity of the catalogue that applies to a model.")
@click.option("--harmless", is_flag=True, help="Rewrite without changing what is meant, and count what is still recognised.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the model; see derive list.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@_in_parts
@click.option("-j", "--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="How many at a time.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which slips, and at which points.")
@click.option("--points", type=click.IntRange(1, 50), default=3, show_default=True, help="How many points a claim is tried at.")
@_read_within
def mutate(
    targets: tuple[str, ...],
    count: int | None,
    catalogue: bool,
    harmless: bool,
    options: tuple[str, ...],
    format_: str,
    output: Path | None,
    journal: Path | None,
    shard: tuple[int, int],
    processes: int,
    seed: int,
    points: int,
    reading_timeout: float,
) -> int:
    """Plant known slips in the true statements of each TARGET, a model or a note, and count which of them are seen.

    Without a TARGET every model is one.

    Whether a slip makes a statement false is decided by another evaluator at other points. A slip that passes for right though
    the statement with it is not known to be true counts as accepted.

    With --harmless true statements are written in other ways, and none may be refuted.

    Exit code 0: none is accepted; 1: some are, or there was nothing to plant slips in; 2: usage.
    """
    from dataclasses import asdict

    from checks import campaign
    from checks.true_statements import statements

    _check(output)
    chosen = _options(options)
    asked = list(targets or _models())
    known = statements(asked, chosen, seed=seed, points=points, whole_catalogue=catalogue, seconds=reading_timeout)
    planned = campaign.plan_harmless(known, count or FEW, seed, shard) if harmless else campaign.plan(known, count, seed, shard)
    task = campaign.Task(
        targets=asked,
        whole_catalogue=catalogue,
        harmless=harmless,
        options=chosen,
        count=count,
        seed=seed,
        points=points,
    )
    heading = _run_heading("mutate", task.heading(known), shard, len(planned))
    with _kept(journal, heading) as (kept, keep):
        outcomes = [campaign.Outcome(**record) for record in kept.values()]
        left = [planted for planted in planned if planted.key not in kept]
        with _progress(len(left)) as advance:

            def heard(outcome: campaign.Outcome) -> None:
                keep(outcome.key, asdict(outcome))
                outcomes.append(outcome)
                advance(f"{outcome.operator}: {outcome.status}")

            campaign.run(left, seed=seed, points=points, processes=processes, heard=heard, harmless=harmless)
    return _campaign_report(heading, outcomes, format_, output)


@cli.command(short_help="Join the journals of a run that was made in parts.")
@click.argument("journals", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
def merge(journals: tuple[Path, ...], format_: str, output: Path | None) -> int:
    """Join the JOURNALS of one run of derive verify or derive mutate that was made in parts (--shard), and print its report.

    The exit code is that of the run; 1 also when a part is missing or not finished.
    """
    from checks import campaign, catalogue
    from checks.journal import joined

    _check(output)
    found = joined(journals)
    if found.heading["command"] == "verify":
        entries = [catalogue.Entry.of_record(record) for record in found.results.values()]
        code = _catalogue_report(found.heading, entries, format_, output)
    else:
        outcomes = [campaign.Outcome(**record) for record in found.results.values()]
        code = _campaign_report(found.heading, outcomes, format_, output)
    for told in found.missing:
        _complain(told)
    return NOT_PASSED if found.missing else code


def _campaign_report(heading: Mapping[str, Any], outcomes: Sequence[Outcome], format_: str, output: Path | None) -> int:
    from checks import campaign

    found = campaign.in_order(outcomes)
    task = {name: heading[name] for name in campaign.TASK}
    text = (
        campaign.record(task, found, heading["report"])
        if format_ == "json"
        else campaign.table(task["targets"], found, harmless=task["harmless"])
    )
    _deliver(text, output)
    return PASSED if campaign.passes(found, harmless=task["harmless"]) else NOT_PASSED


@cli.command("list", short_help="List models, densities and identities.")
@click.argument("kind", type=NameOf("kind", lambda: KINDS), required=False)
@click.option("--format", "format_", type=NameOf("format", lambda: ("json", "text")), default="text", show_default=True)
def list_(kind: str | None, format_: str) -> int:
    """List the models, densities and identities that this program knows."""
    entries = {name: list(_LISTS[name]()) for name in ((kind,) if kind else KINDS)}
    if format_ == "json":
        import json

        _print(json.dumps({"schema": 1, **entries}, indent=2, ensure_ascii=False) + "\n")
        return PASSED
    lines: list[str] = []
    for name, found in entries.items():
        lines += [*([""] if lines else []), *([name] if not kind else [])]
        wide = max((len(str(entry["name"])) for entry in found), default=0)
        for entry in found:
            lines.append(f"{'' if kind else '  '}{entry['name']:{wide}}  {entry['title']}")
            for option, values in entry.get("options", {}).items():
                flag = f"--{option} " if option in SHORTHANDS else f"--option {option}="
                lines.append(f"{'' if kind else '  '}{'':{wide}}    {flag}{'|'.join(values)}")
    _print("\n".join(lines) + "\n")
    return PASSED


def _list_models() -> Iterator[dict[str, Any]]:
    from derive.models import family, names

    for name in names():
        model = family(name)
        options = {option: list(values) for option, values in model.options.items()}
        yield {"name": name, "title": model.title, "options": options}


def _list_densities() -> Iterator[dict[str, Any]]:
    import sys

    from derive.densities import densities

    for name, found in sorted(densities().items()):
        doc = sys.modules[found.write.__module__].__doc__ or ""
        yield {"name": name, "title": doc.strip().split("\n")[0].rstrip(".")}


def _list_identities() -> Iterator[dict[str, Any]]:
    from derive.identities import identity, names

    for name in names():
        found = identity(name)
        yield {"name": name, "title": found.title, "source": found.source, **({"note": found.note} if found.note else {})}


_LISTS = {"models": _list_models, "densities": _list_densities, "identities": _list_identities}


def _codes() -> list[str]:
    from checks.diagnoses import codes

    return codes()


@cli.command(short_help="Say how each formula of a note is understood.")
@click.argument("note", type=click.Path(path_type=Path, allow_dash=True))
@_read_within
def read(note: Path, reading_timeout: float) -> int:
    """Echo how the formulas of NOTE are understood: what each row claims, and which rules of reading were used."""
    from checks.readings import as_rows
    from checks.supervision import reader

    with reader("checks.notes", seconds=reading_timeout) as worker:
        lines = worker.made(as_rows, note, _given(note))
    _print("\n".join(lines or ["no formula was found"]) + "\n")
    return PASSED if lines else NOT_PASSED


@cli.command(short_help="Print declarations for a note, to correct.")
@click.argument("note", type=click.Path(path_type=Path, allow_dash=True))
@_read_within
def init(note: Path, reading_timeout: float) -> int:
    """Print a skeleton of declarations for the symbols of NOTE that it does not declare, to be corrected and pasted into it.

    The exit code is 1 when there is no such symbol.
    """
    from checks.readings import as_skeleton
    from checks.supervision import reader

    with reader("derive.notes.skeleton", seconds=reading_timeout) as worker:
        lines = worker.made(as_skeleton, note, _given(note))
    if not lines:
        _print("no symbol was found that is not declared\n")
        return NOT_PASSED
    in_tex = note.suffix.lower() == ".tex"
    block = ["%! derive", *(f"%! {line}" for line in lines), "%! end"] if in_tex else ["```derive", *lines, "```"]
    _print("\n".join(block) + "\n")
    return PASSED


@cli.command(short_help="Explain a known slip, or list them.")
@click.argument("code", type=NameOf("diagnosis", _codes), required=False)
def explain(code: str | None) -> int:
    """Say which rule the slip CODE breaks, with an example of each; without CODE list the slips that are known."""
    from checks.diagnoses import codes, diagnosis

    if code is None:
        wide = max(map(len, codes()))
        _print("".join(f"{each:{wide}}  {diagnosis(each).title}\n" for each in codes()))
        return PASSED
    import textwrap

    found = diagnosis(code)
    rule = textwrap.fill(found.rule, width=_page(None).width, break_long_words=False, break_on_hyphens=False)
    _print(f"{found.title} ({found.code})\n\n{rule}\n\nwrong:  {found.wrong}\nright:  {found.right}\n")
    return PASSED


@cli.command(short_help="Say whether everything needed is here.")
def doctor() -> int:
    """Say whether everything that is needed is here, and in which version."""
    from checks.doctor import examine

    healthy = True
    for symptom in examine():
        healthy = healthy and (symptom.good or not symptom.needed)
        mark = "ok" if symptom.good else "MISSING" if symptom.needed else "-"
        _print(f"{mark:8}{symptom.name:16}{symptom.finding}\n")
    return PASSED if healthy else NOT_PASSED


@cli.command(short_help="Print a completion script for a shell.")
@click.argument("shell", type=NameOf("shell", lambda: SHELLS))
def completion(shell: str) -> int:
    """Print the script that completes this command in SHELL: bash, zsh or fish.

    For bash: eval "$(derive completion bash)"
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise UnknownNameError.among("shell", shell, SHELLS)
    # The template itself: ``source()`` would first run the shell to ask for its version.
    script = found(cli, {}, "derive", "_DERIVE_COMPLETE")
    _print(script.source_template % script.source_vars() + "\n")
    return PASSED


# Input and output.


def _given(note: Path) -> str | None:
    """The standard input, where that is the note; not more of it than a note may have."""
    if str(note) != "-":
        return None
    from derive.notes import MAXIMUM_BYTES, decoded

    if _is_closed(sys.stdin):
        raise DeriveError("cannot read the standard input: it is closed, expected a note")
    if isinstance(sys.stdin, io.TextIOWrapper):
        return decoded(sys.stdin.buffer.read(MAXIMUM_BYTES + 1), note)
    return sys.stdin.read(MAXIMUM_BYTES + 1)


def _page(output: Path | None) -> Page:
    """As wide as the terminal, within reason, and in colour only there; 100 signs anywhere else."""
    from checks.reports import Page

    if (output is not None and not _is_stdout(output)) or not _is_terminal(sys.stdout):
        return Page()
    import shutil

    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Page(width=min(WIDEST, max(NARROWEST, shutil.get_terminal_size().columns)), colour=colour)


def _check(output: Path | None) -> None:
    """Say before the work, not after it, that there is no such place."""
    if output is not None and not _is_stdout(output):
        from checks.saving import check

        check(output)


def _is_stdout(output: Path) -> bool:
    return str(output) == "-"


def _deliver(text: str, output: Path | None) -> None:
    if output is None or _is_stdout(output):
        _print(text)
        return
    from checks.saving import save

    save(text, output)


def _is_closed(stream: TextIO | None) -> bool:
    """Whether a stream was closed from outside, before this process began."""
    return stream is None


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _print(text: str) -> None:
    """Write to stdout, signs that its encoding lacks as question marks, and see that it arrives."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if _is_closed(sys.stdout):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    written = text.encode(encoding, errors="replace").decode(encoding)
    sys.stdout.write(written)
    sys.stdout.flush()
    if written != text:
        _complain(f"stdout is written in {encoding}, which lacks some signs (?); try PYTHONIOENCODING=utf-8, or -o FILE")


@contextmanager
def _progress(total: int) -> Generator[Callable[[str], None], None, None]:
    """A bar on stderr where that is a terminal; nothing anywhere else."""
    if not _is_terminal(sys.stderr):
        yield lambda label: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)

        def advance(label: str) -> None:
            progress.update(task, advance=1, description=label)

        yield advance


# The door.


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 passed, 1 not passed, 2 usage, 101 a defect of this program, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        code = cli.main(args=None if arguments is None else list(arguments), prog_name="derive", standalone_mode=False)
        return code if isinstance(code, int) else PASSED
    except click.ClickException as error:
        message = " ".join(error.format_message().split()).replace(". expected", ", expected")
        _complain(message[:1].lower() + message[1:].rstrip("."))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted")
        return INTERRUPTED
    except DisagreementError as error:
        _complain(f"the two witnesses contradict each other, which is a defect of this program: {error}")
        return OUR_BUG
    except DeriveError as error:
        _complain(str(error))
        return USAGE
    except BrokenPipeError:
        # Whoever read our output has left; what is still in the buffer must not be tried again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_PASSED
    except OSError as error:
        _complain(f"cannot write to stdout: {error.strerror or error}")
        if not _is_closed(sys.stdout):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USAGE
    except Exception as error:
        if _interrupted(error):
            _complain("interrupted")
            return INTERRUPTED
        if not _is_closed(sys.stderr):
            traceback.print_exc()
        _complain("this is a defect of the program; please report it with the lines above")
        return OUR_BUG


def _interrupted(error: BaseException | None) -> bool:
    """Whether an interrupt is behind an error: compiled code turns one into a SystemError of its own."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _complain(message: str, prefix: str = "derive: ") -> None:
    if not _is_closed(sys.stderr):
        from checks.inert import quiet

        print(quiet(f"{prefix}{message}"), file=sys.stderr)


if __name__ == "__main__":
    main()
