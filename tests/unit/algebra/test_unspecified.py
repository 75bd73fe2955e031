"""Claims about any smooth p(x, z | theta), z counted or continuous: each true one beside a false twin."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checks.judge import judge
from checks.witness import Witness
from derive.algebra.prove import Proof, Unproved, prove
from derive.claims import Claim, Relation
from derive.errors import ScopeError, UnsupportedError
from derive.formula import (
    HALF,
    ONE,
    ZERO,
    Add,
    Apply,
    AtEqual,
    Component,
    Definition,
    Delta,
    Derivative,
    Exp,
    Formula,
    Log,
    Number,
    Power,
    Product,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    Transpose,
    UnspecifiedFunction,
    at_time,
    multiply,
    negate,
    outer,
)
from derive.symbols import Index, Range, Size, Symbol

D, N, K = Size("D"), Size("N"), Size("K")
THETA, THETA_T = (Symbol("theta", role, (), (D,)) for role in ("param", "current"))
A, B, C = (Index(name, Range(D)) for name in "abc")
theta, theta_t = Reference(THETA), Reference(THETA_T)
s = Reference(Symbol("s", "param"))


class Model:
    """One model, its latent counted or continuous."""

    def __init__(self, abstract: bool) -> None:
        z_range = Range(K, abstract=abstract)
        self.z, self.w, self.i = Index("z", z_range), Index("w", z_range), Index("i", Range(N))
        self.joint = UnspecifiedFunction("p", (Range(N), z_range), "positive", ((D,),))
        self.evidence = Definition("evidence", (self.i,), Sum(self.w, Apply(self.joint, (self.i, self.w), (theta,))))
        self.posterior = Definition("posterior", (self.z, self.i), self.p(theta) / self.evidence(self.i))
        self.q = Reference(Symbol("q", "frozen", (Range(N), z_range), (), "simplex"), (self.i, self.z))
        self.m = Reference(Symbol("m", "frozen", (Range(N), z_range), (), "positive"), (self.i, self.z))
        mass = UnspecifiedFunction("r", (z_range,), "positive", ((D,),), normalised_over=0)
        self.r = Apply(mass, (self.z,), (theta,))

    def p(self, at: Formula) -> Formula:
        return Apply(self.joint, (self.i, self.z), (at,))

    @property
    def x(self) -> Formula:
        return self.evidence(self.i)

    @property
    def held(self) -> Formula:
        return self.posterior(self.z, self.i, time="current")

    @property
    def moving(self) -> Formula:
        return self.posterior(self.z, self.i)

    def expected(self, weight: Formula, body: Formula) -> Formula:
        return Sum(self.z, weight * body)


@pytest.fixture(params=[False, True], ids=["counted", "continuous"])
def model(request: pytest.FixtureRequest) -> Model:
    return Model(request.param)


def verdict(left: Formula, right: Formula, relation: Relation = "=") -> str:
    return judge(Claim(label="c", lhs=left, relation=relation, rhs=right), Witness(autodiff=False)).verdict


def proof(left: Formula, right: Formula, relation: Relation = "=") -> bool:
    return isinstance(prove(Claim(label="c", lhs=left, relation=relation, rhs=right)), Proof)


def test_fishers_identity(model: Model) -> None:
    score = Derivative(Log(model.x), theta)
    surrogate = model.expected(model.held, Log(model.p(theta)))
    assert verdict(AtEqual(Derivative(surrogate, theta)), score) == "proved"
    assert verdict(Derivative(surrogate, theta), score) == "refuted"  # theta_t is not put to theta
    moving = model.expected(model.moving, Log(model.p(theta)))
    assert verdict(Derivative(moving, theta), score) == "refuted"  # the weights move along
    assert verdict(AtEqual(Derivative(Sum(model.z, Log(model.p(theta))), theta)), score) == "refuted"


def test_importance_weights_cancel(model: Model) -> None:
    weighted = model.expected(model.q, model.p(theta) / model.q)
    assert verdict(Log(weighted), Log(model.x)) == "proved"
    assert verdict(Log(model.expected(model.q, model.p(theta))), Log(model.x)) == "refuted"
    assert verdict(Log(model.x), Sum(model.z, Log(model.p(theta)))) == "refuted"


def test_jensen(model: Model) -> None:
    bound = model.expected(model.q, Log(model.p(theta) / model.q))
    assert verdict(Log(model.x), bound, ">=") == "proved"
    assert verdict(Sum(model.i, Log(model.x)), Sum(model.i, bound), ">=") == "proved"
    assert verdict(Log(model.x), bound, "<=") == "refuted"
    assert verdict(Log(model.x), bound) == "refuted"
    # Weights that do not sum to one.
    unnormalised = model.expected(model.m, Log(model.p(theta) / model.m))
    assert verdict(Log(model.x), unnormalised, ">=") == "refuted"
    assert not proof(Log(model.x), unnormalised, ">=")
    assert verdict(Log(model.expected(model.q, model.p(theta))), model.expected(model.q, Log(model.p(theta))), ">=") == "proved"


def test_the_bound_and_its_gap(model: Model) -> None:
    bound = model.expected(model.q, Log(model.p(theta) / model.q))
    divergence = model.expected(model.q, Log(model.q / model.moving))
    assert verdict(bound + divergence, Log(model.x)) == "proved"
    assert verdict(bound - divergence, Log(model.x)) == "refuted"
    reverse = model.expected(model.moving, Log(model.moving / model.q))
    assert verdict(bound + reverse, Log(model.x)) == "refuted"


def test_divergence_between_posteriors(model: Model) -> None:
    divergence = model.expected(model.held, Log(model.held / model.moving))
    assert verdict(divergence, ZERO, ">=") == "proved"
    assert verdict(divergence, ZERO, "<=") == "refuted"
    tiny = Number(Fraction(1, 10**9))
    assert not proof(model.expected(model.held, Log(model.held)), model.expected(model.held, Log(model.moving)) + tiny, ">=")
    cross = model.expected(model.held, Log(model.moving))
    assert verdict(model.expected(model.held, Log(model.held)), cross, ">=") == "proved"
    assert verdict(model.expected(model.moving, Log(model.held)), model.expected(model.moving, Log(model.moving)), ">=") == "refuted"


def test_ascent(model: Model) -> None:
    surrogate = model.expected(model.held, Log(model.p(theta)))
    before = at_time(surrogate, "current")
    gain = Log(model.x) - Log(model.evidence(model.i, time="current"))
    assert verdict(gain, surrogate - before, ">=") == "proved"
    assert verdict(gain, before - surrogate, ">=") == "refuted"
    moving = model.expected(model.moving, Log(model.p(theta)))
    assert verdict(gain, moving - at_time(moving, "current"), ">=") == "refuted"


def test_scores_of_a_normalised_function(model: Model) -> None:
    score, mean = Derivative(Log(model.r), theta), lambda body: Sum(model.z, model.r * body)
    assert verdict(Sum(model.z, model.r), ONE) == "proved"
    assert verdict(mean(score), ZERO) == "proved"
    assert verdict(Sum(model.z, score), ZERO) == "refuted"
    assert verdict(mean(Derivative(score, theta)), negate(mean(outer(score, score)))) == "proved"
    assert verdict(mean(Derivative(score, theta)), mean(outer(score, score))) == "refuted"
    # What is not normalised has no such identities.
    free = Apply(UnspecifiedFunction("r", (model.z.range,), "positive", ((D,),)), (model.z,), (theta,))
    assert verdict(Sum(model.z, free * Derivative(Log(free), theta)), ZERO) == "refuted"
    assert not proof(Sum(model.z, free), ONE)


def test_a_normalised_function_of_an_argument_that_moves_with_its_index() -> None:
    z = Index("z", Range(K))
    mass = UnspecifiedFunction("r", (Range(K), Range(N)), "positive", ((),), normalised_over=0)
    family, i = Symbol("t", "param", (Range(K),)), Index("i", Range(N))
    held, moving = Apply(mass, (z, i), (s,)), Apply(mass, (z, i), (Reference(family, (z,)),))
    assert verdict(Sum(z, held), ONE) == "proved"
    assert verdict(Sum(z, moving), ONE) == "refuted"
    assert not proof(Sum(z, moving), ONE)
    # The sum over another index, over a part of the range, or beside something that depends on z.
    assert verdict(Sum(i, held), ONE) == "refuted"
    later = Index("z", Range(K, 2))
    assert verdict(Sum(later, Apply(mass, (later, i), (s,))), ONE) == "refuted"
    weight = Reference(Symbol("c", "const", (Range(K),)), (z,))
    assert not proof(Sum(z, weight * held), Sum(z, weight))
    square = UnspecifiedFunction("r2", (Range(K), Range(K)), "positive", (), normalised_over=0)
    assert not proof(Sum(z, Apply(square, (z, z), ())), ONE)
    assert not proof(Sum(z, held * held), ONE)
