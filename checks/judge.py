"""The only maker of verdicts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NoReturn

from checks.points import BORDERED, symbols_of
from checks.signs import has_branches
from checks.witness import Counterexample, Evidence, Witness
from derive.algebra.prove import Outcome, Proof, Unproved, prove
from derive.claims import BOUNDS, Claim, Verdict
from derive.errors import DeriveError, DisagreementError, UnsupportedError
from derive.formula import ZERO, Derivative, Substitute, walk


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a claim and what it rests on.

    ``residual`` is the finding on what the claim says is left (``lhs - rhs = residual``), where it says so. Truth is not a
    bool here: ask ``finding.verdict`` or ``finding.passes``.
    """

    claim: Claim
    verdict: Verdict
    reason: str
    outcome: Outcome | None
    evidence: Evidence | None
    seconds: float
    residual: Finding | None = None

    @property
    def passes(self) -> bool:
        """Whether the claim came out as it should: proved or confirmed, or refuted where that was expected."""
        if self.claim.expected == "refuted":
            return self.verdict == "refuted" and (self.residual is None or self.residual.passes)
        return self.verdict in ("proved", "confirmed")

    def __repr__(self) -> str:
        return f"<{self.claim.label}: {self.verdict}: {self.reason}>"

    def __bool__(self) -> NoReturn:
        raise TypeError("a finding is neither true nor false: ask finding.verdict or finding.passes")


def judge(claim: Claim, witness: Witness) -> Finding:
    """Decide a claim.

    Raises:
        DisagreementError: the kernel proved what the witness refutes; a defect of this program, never a verdict.
    """
    return _decide(claim, _hear(claim, witness), witness)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What kernel and balls say, before autodiff is asked."""

    evidence: Evidence
    outcome: Outcome | None
    residual: _Heard | None
    seconds: float


def _hear(claim: Claim, witness: Witness) -> _Heard:
    began = time.perf_counter()
    if claim.relation == "implies" and claim.expected is None:
        # Points that solve an equation are dear: a few first, which will do where there is a proof.
        evidence = witness.examine(claim, proved=not has_branches(claim.rhs))
        outcome = _proof(claim) if evidence.outcome != "differs" else None
        if evidence.outcome != "differs" and not isinstance(outcome, Proof):
            evidence = witness.examine(claim)
        residual = _hear(_residual_claim(claim), witness) if _has_residual(claim) else None
        return _Heard(evidence, outcome, residual, time.perf_counter() - began)
    outcome: Outcome | None = None
    if claim.relation in BOUNDS and isinstance(claim.ordered[1], Substitute) and claim.expected is None:
        # A maximum that is proved need not be looked at from everywhere.
        outcome = _proof(claim)
    evidence = witness.examine(claim, proved=isinstance(outcome, Proof) and not _has_branches(claim))
    # What the numbers refute needs no attempt at a proof, except where it was not expected: then both must be heard.
    heard = evidence.outcome != "differs" or claim.expected is None
    if outcome is None and heard and claim.relation != "not identically 0":
        outcome = _proof(claim)
    if evidence.outcome == "differs" and evidence.undefined and claim.relation == "=" and claim.expected is None:
        # A side that is not defined at n = 1: where there is a proof, it is one for the other sizes.
        beyond = witness.larger(claim) if isinstance(outcome, Proof) else evidence
        evidence = beyond if beyond.outcome == "agrees" else evidence
    if evidence.outcome == "agrees" and (isinstance(outcome, Unproved) or _has_branches(claim)):
        evidence = witness.beyond(claim) or evidence
    if evidence.outcome == "agrees" and isinstance(outcome, Unproved):
        evidence = witness.closer(claim) or witness.smaller(claim) or witness.at_large_sizes(claim) or evidence
    if (evidence.outcome == "agrees" and not _leaves_out_borders(outcome)) or (
        evidence.outcome == "undecided" and claim.is_strict
    ):
        evidence = _with_borders(evidence, outcome, witness.at_border(claim))
    residual = _hear(_residual_claim(claim), witness) if _has_residual(claim) else None
    return _Heard(evidence, outcome, residual, time.perf_counter() - began)


def _leaves_out_borders(outcome: Outcome | None) -> bool:
    """Whether a proof is under a condition on what may be zero by its declaration: ``provided that it is not 0``."""
    duties = outcome.obligations if isinstance(outcome, Proof) else ()
    return any(symbol.domain in BORDERED for duty in duties if not duty.derived for symbol in symbols_of(duty.formula))


def _with_borders(evidence: Evidence, outcome: Outcome | None, border: Evidence | None) -> Evidence:
    """What the numbers say, the border of the domains included.

    That only one side has a value there is a condition, and no counterexample; without a proof, which would name it, it is told.
    A proof that names none speaks of the border too.
    """
    if border is None or not border.undefined or isinstance(outcome, Proof):
        return border or evidence
    return replace(evidence, nonzero=border.nonzero)


def _proof(claim: Claim) -> Outcome:
    """The kernel's outcome; what does not fit together is not proved."""
    try:
        return prove(claim)
    except DeriveError as error:
        return Unproved(str(error), 0.0)


def _has_residual(claim: Claim) -> bool:
    """Whether something is said of ``lhs - rhs``, and there is such a thing."""
    return claim.residual is not None and (claim.rhs == ZERO or claim.lhs.shape == claim.rhs.shape)


def _decide(claim: Claim, heard: _Heard, witness: Witness) -> Finding:
    evidence = heard.evidence
    if evidence.outcome == "agrees":
        try:
            evidence = replace(evidence, autodiff=witness.by_autodiff(claim))
        except UnsupportedError as unsupported:
            evidence = replace(evidence, outcome="undecided", reason=f"not supported: {unsupported}")
    verdict, reason = _verdict(claim, heard.outcome, evidence)
    residual = _decide(_residual_claim(claim), heard.residual, witness) if heard.residual is not None else None
    return Finding(claim, verdict, reason, heard.outcome, evidence, heard.seconds, residual)


def _told(point: Counterexample | None) -> str:
    """A counterexample in one line."""
    if point is None:
        return "at no point that could be told"
    sizes = ", ".join(f"{name} = {size}" for name, size in point.sizes.items())
    return f"at {sizes or 'a point'} the left side is {point.left}, the right side {point.right}"


def _verdict(claim: Claim, outcome: Outcome | None, evidence: Evidence) -> tuple[Verdict, str]:
    # A proof is of equality where both sides are defined, under obligations that it names. That a side is not defined contradicts
    # it only where the kernel took every obligation for met.
    conditional = isinstance(outcome, Proof) and evidence.undefined and not all(o.derived for o in outcome.obligations)
    if isinstance(outcome, Proof) and evidence.outcome == "differs" and not conditional:
        raise DisagreementError(
            f"the kernel proves {claim.label} and the witness refutes it: {evidence.reason}; {_told(evidence.counterexample)}"
        )
    if evidence.outcome == "differs":
        return "refuted", evidence.reason
    if evidence.outcome == "undecided":
        return "unknown", evidence.reason
    if claim.relation == "not identically 0":
        return "proved", evidence.reason  # a certified point is the proof
    if not evidence.separated and isinstance(outcome, Proof) and _is_derived_zero(claim):
        return "proved", "both sides are zero at every point tried"
    if not evidence.separated:
        return "unknown", "the points tried could not have told a wrong claim from a right one"
    if isinstance(outcome, Unproved) and claim.relation in (*BOUNDS, "implies"):
        # A bound, a maximum or a root may fail where no point was tried: points alone do not settle it.
        return "unknown", f"a {'consequence' if claim.relation == 'implies' else 'bound'} without a proof ({outcome.reason})"
    if isinstance(outcome, Unproved) and _has_branches(claim):
        # |x - 3| = 3 - x holds at every point below 3.
        return (
            "unknown",
            f"no proof, and a root or a log of what may have either sign: points do not settle it ({outcome.reason})",
        )
    if isinstance(outcome, Unproved) and evidence.passed_over:
        return "unknown", f"no proof, and nothing is known where {evidence.passed_over} ({outcome.reason})"
    if isinstance(outcome, Unproved):
        return "confirmed", f"no proof found ({outcome.reason}); {evidence.reason}"
    return "proved", evidence.reason


def _has_branches(claim: Claim) -> bool:
    return has_branches(claim.lhs, claim.rhs, assumed=[a.bound[1] for a in claim.assumptions if a.bound and a.bound[0] == ZERO])


def _is_derived_zero(claim: Claim) -> bool:
    """Whether a claim says that a derivative vanishes, as that of a number does: no slip can be made in what is zero."""
    return claim.relation == "=" and any(isinstance(node, Derivative) for side in (claim.lhs, claim.rhs) for node in walk(side))


def _residual_claim(claim: Claim) -> Claim:
    if claim.residual is None:
        raise ValueError("the claim names no residual")
    return replace(
        claim,
        label=f"{claim.label}-residual",
        lhs=claim.lhs if claim.rhs == ZERO else claim.lhs - claim.rhs,
        rhs=claim.residual,
        relation="=",
        residual=None,
        expected=None,
    )


def judge_all(claims: Iterable[Claim], witness: Witness) -> Iterator[Finding]:
    """Decide claims one after the other."""
    for claim in claims:
        yield judge(claim, witness)
