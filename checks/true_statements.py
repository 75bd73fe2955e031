"""Statements that are true, in which slips are planted: of models, of the catalogue, of the rows of notes that hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from checks import campaign
from checks.catalogue import claims_of
from checks.readings import model_in
from checks.row_worker import READING, Asked
from checks.supervision import checker, unsaid
from derive.claims import Claim
from derive.errors import UnknownNameError
from derive.expectation_maximisation.algorithm import Algorithm
from derive.identities import identity
from derive.identities import names as identities
from derive.lessons.expectation_maximisation import derivation
from derive.models import LatentModel, family
from derive.notes import carriers

DECLARATIONS = ".derive"


def statements(
    targets: Sequence[str],
    options: Mapping[str, str],
    *,
    seed: int,
    points: int,
    whole_catalogue: bool = False,
    seconds: float = READING,
) -> list[Claim]:
    """The true statements of models (by name, or by the file that declares one) and notes; ``options`` are those of a model.

    Of a model those of its report, and where ``whole_catalogue`` those of every identity that applies to it. Where there are
    several targets, each statement is labelled with its own. A file is read, and rows are judged, in a process that is watched;
    reading it has so many seconds.

    Raises:
        UnknownNameError: there is no such model, or no such option.
        ReadingError: a file is not understood.
    """
    found: list[Claim] = []
    for target in targets:
        own = list(
            _of_one(target, options, Asked(seed=seed, points=points, autodiff=False, diagnosed=False), whole_catalogue, seconds)
        )
        found += own if len(targets) == 1 else [replace(claim, label=f"{target}: {claim.label}") for claim in own]
    return found


def is_note(target: str) -> bool:
    """Whether a target is a file with rows."""
    return any(Path(target).suffix.lower() in carrier.suffixes for carrier in carriers())


def _of_one(target: str, options: Mapping[str, str], asked: Asked, whole_catalogue: bool, seconds: float) -> Iterator[Claim]:
    declared = target.endswith(DECLARATIONS)
    if (declared or is_note(target)) and options:
        raise UnknownNameError.among("option of a file", next(iter(options)), ())
    if is_note(target) and not declared:
        with checker(asked, seconds=seconds) as worker:
            checked = worker.check(worker.read(Path(target)), unsaid)
        yield from campaign.of_note(checked)
        return
    model = model_in(Path(target), seconds) if declared else family(target)(**options)
    yield from campaign.of_model([*derivation(model).claims, *(_of_catalogue(model) if whole_catalogue else ())])


def _of_catalogue(model: LatentModel) -> Iterator[Claim]:
    em = Algorithm(model)
    for name in identities():
        if identity(name).is_of_models:
            yield from claims_of(em, identity(name))
