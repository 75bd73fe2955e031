"""Every rewrite that a proof logged is replayed: the value before is the value after, at random points, by loops and mpmath."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

import pytest

import derive.identities
from checks.points import symbols_of
from derive.algebra.prove import Proof, prove
from derive.algebra.reduction import REDUCTIONS, LogEntry
from derive.algebra.terms import Polynomial, free_of
from derive.claims import Claim
from derive.expectation_maximisation.algorithm import Algorithm
from derive.models import family
from derive.symbols import Range, Size, Symbol
from tests.evaluation import Values, close_to, draw, free_assignments, polynomial_value

SIZES = {"n": 2, "k": 3, "d": 2}
REPLAYED_PER_RULE = 25


def claims(em: Algorithm) -> Iterator[Claim]:
    for name in derive.identities.names():
        identity = derive.identities.identity(name)
        for parameter in em.model.parameters:
            if identity.applies(em, parameter):
                yield from (s.claim for s in identity.steps(em, parameter) if s.claim is not None and not s.claim.expected)


def replay(entry: LogEntry, values: Values) -> bool:
    coefficient, binders, factors = entry.before
    bare = Polynomial({((), tuple(factors)): coefficient})
    indices = {i for (_, arguments), _ in factors for i in arguments if i not in binders} | free_of(entry.after)
    spans = [range(i[3], SIZES[i[4]] + 1) for i in binders]
    for assignment in free_assignments(sorted(indices), SIZES, limit=2):
        before = sum(
            polynomial_value(bare, SIZES, values, {**assignment, **dict(zip(binders, choice, strict=True))})
            for choice in itertools.product(*spans)
        )
        if not close_to(before, polynomial_value(entry.after, SIZES, values, assignment)):
            return False
    return True


def is_plain(entry: LogEntry) -> bool:
    """Not about a matrix put in for a parameter, or any function, of which the values here know nothing; and quick to sum."""
    return "opaque" not in repr(entry) and "'ap'" not in repr(entry) and len(entry.before[1]) <= 3


@pytest.mark.parametrize("covariance", ["full", "tied", "diagonal", "spherical"])
def test_every_logged_rewrite_keeps_the_value(covariance: str) -> None:
    em = Algorithm(family("gaussian-mixture")(covariance=covariance))
    logit = Symbol("eta", "param", (Range(Size("k")),))
    over = (Range(Size("n")), Range(Size("k")))
    any_weights = [Symbol("q", "frozen", over, (), "simplex"), Symbol("w*1", "const", over, (), "simplex")]
    told = list(claims(em))
    # The constants of priors too.
    sides = [
        side for claim in told for side in (claim.lhs, claim.rhs, claim.gap, *(f for a in claim.assumptions for f in a.formulas))
    ]
    constants = {s for side in sides if side is not None for s in symbols_of(side) if s.role == "const"}
    parameters = [p.symbol for p in em.model.parameters]
    free = [em.model.observation.symbol, logit, *sorted(constants, key=lambda s: s.name), *any_weights, *parameters]
    values = draw([*free, *(s.at_current for s in free if s.role == "param")], SIZES, seed=3)
    replayed: Counter[str] = Counter()
    done: set[object] = set()
    for claim in told:
        outcome = prove(claim)
        for entry in outcome.log if isinstance(outcome, Proof) else ():
            if entry.before not in done and replayed[entry.rule] < REPLAYED_PER_RULE and is_plain(entry):
                done.add(entry.before)
                assert replay(entry, values), f"{claim.label}: {entry.rule}"
                replayed[entry.rule] += 1
    assert {"delta contracts", "denominator cancels", "unused index is counted"} <= set(replayed)
    assert set(replayed) <= {reduction.name for reduction in REDUCTIONS}


def test_a_wrong_rewrite_is_caught_by_the_replay() -> None:
    atom = (("e", "a", "param"), (("f", "j", 0, 1, "k"),))
    values = draw([Symbol("a", "param", (Range(Size("k")),))], SIZES, seed=3)
    right = LogEntry("as it was", (1, (), ((atom, 1),)), Polynomial({((), ((atom, 1),)): 1}))
    wrong = LogEntry("half of it", (1, (), ((atom, 2),)), Polynomial({((), ((atom, 1),)): 1}))
    assert replay(right, values)
    assert not replay(wrong, values)
