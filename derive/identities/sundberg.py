"""Sundberg's formula: the score is what is expected of the sufficient statistics given the data, less what the model expects."""

from __future__ import annotations

from derive.claims import Claim, Step
from derive.expectation_maximisation.algorithm import Algorithm
from derive.expectation_maximisation.sufficient_statistics import convention_of, shares, through_natural
from derive.formula import Derivative, Formula, mentions, negate, rename
from derive.identities import Identity
from derive.models import Parameter


def steps(em: Algorithm, parameter: Parameter) -> tuple[Step, ...]:
    found = shares(em, parameter)
    if not found:
        return ()
    name = parameter.symbol.name
    score = Derivative(em.l(), parameter.reference, convention_of(parameter))
    right = through_natural(em, found, em.moving)
    if parameter.symbol.domain == "simplex":
        return _along_the_simplex(em, parameter, score, right, through_natural(em, found, em.moving, means=False) - right)
    tempting, wrong = (
        "the mean of the sufficient statistics given the data alone",
        through_natural(em, found, em.moving, means=False),
    )
    if not any(mentions(share.log_partition, parameter.symbol) for share in found):
        # Their means do not move with such a parameter along its own way: nothing is to be taken off.
        tempting, wrong = "the one taken from the other, the wrong way round", negate(right)
    of = "under component {s}, times its share of the data" if parameter.own else "under the model"
    return (
        Step(
            reason="through the natural parameters: the mean of the sufficient statistics given the data, less their mean " + of,
            claim=Claim(label=f"sundberg-{name}", lhs=score, rhs=right, reading="moving"),
        ),
        Step(
            reason=f"tempting, and false: {tempting}",
            claim=Claim(
                label=f"sundberg-alone-{name}",
                lhs=score,
                rhs=wrong,
                reading="moving",
                expected="refuted",
                residual=right - wrong,
            ),
        ),
    )


def _along_the_simplex(em: Algorithm, parameter: Parameter, score: Formula, right: Formula, means: Formula) -> tuple[Step, ...]:
    """The log-partition is known where the probabilities sum to one: there only differences of derivatives are told.

    What one derivative alone misses is the part of the ``means``.
    """
    name, last = parameter.symbol.name, parameter.indices[-1]
    mapping = {last: parameter.along.indices[-1]}
    other = Derivative(em.l(), parameter.along)
    return (
        Step(
            reason=f"the same along the simplex: what {{{name}}} gains, {{{name}_other}} loses",
            claim=Claim(label=f"sundberg-{name}", lhs=score - other, rhs=right - rename(right, mapping), reading="moving"),
        ),
        Step(
            reason="tempting, and false: the same for one of the probabilities alone, which cannot be moved alone",
            claim=Claim(
                label=f"sundberg-alone-{name}",
                lhs=score,
                rhs=right,
                reading="moving",
                expected="refuted",
                residual=means,
            ),
        ),
    )


def applies(em: Algorithm, parameter: Parameter) -> bool:
    return bool(steps(em, parameter))


IDENTITY = Identity(
    name="sundberg",
    title="Sundberg's formula",
    source="Sundberg (1974), Maximum likelihood theory for incomplete data from an exponential family, Scandinavian Journal of "
    "Statistics 1, 49-58; Dempster, Laird and Rubin (1977), section 2",
    steps=steps,
    applies=applies,
)
