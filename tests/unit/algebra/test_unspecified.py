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
    assert (
        verdict(model.expected(model.moving, Log(model.held)), model.expected(model.moving, Log(model.moving)), ">=") == "refuted"
    )


def test_ascent(model: Model) -> None:
    surrogate = model.expected(model.held, Log(model.p(theta)))
    before = at_time(surrogate, "current")
    gain = Log(model.x) - Log(model.evidence(model.i, time="current"))
    assert verdict(gain, surrogate - before, ">=") == "proved"
    assert verdict(gain, before - surrogate, ">=") == "refuted"
    moving = model.expected(model.moving, Log(model.p(theta)))
    assert verdict(gain, moving - at_time(moving, "current"), ">=") == "refuted"


def test_scores_of_a_normalised_function(model: Model) -> None:
    score = Derivative(Log(model.r), theta)

    def mean(body: Formula) -> Formula:
        return Sum(model.z, model.r * body)

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


def unspecified(name: str, *arguments: Formula, domain: str = "real") -> Formula:
    function = UnspecifiedFunction(name, (), domain, tuple(argument.shape for argument in arguments))  # type: ignore[arg-type]
    return Apply(function, (), arguments)


def by_theta(node: Formula, *indices: Index) -> Formula:
    for _ in indices:
        node = Derivative(node, theta)
    return Component(node, indices)


def test_mixed_partials_commute_and_no_more() -> None:
    f = unspecified("f", theta)
    assert verdict(by_theta(f, A, B), by_theta(f, B, A)) == "proved"
    assert verdict(by_theta(f, A, B), by_theta(f, A, A)) == "refuted"
    assert verdict(by_theta(f, A), by_theta(f, B)) == "refuted"
    assert verdict(by_theta(f, A, B), by_theta(f, A) * by_theta(f, B)) == "refuted"
    # Of two arguments: d/ds d/dt f(s, t) is symmetric, f(s, t) is not.
    t = Reference(Symbol("t", "param"))
    g, swapped = unspecified("g", s, t), unspecified("g", t, s)
    assert verdict(Derivative(Derivative(g, s), t), Derivative(Derivative(g, t), s)) == "proved"
    assert verdict(Derivative(Derivative(g, s), s), Derivative(Derivative(g, t), t)) == "refuted"
    assert verdict(g, swapped) == "refuted"
    assert verdict(Derivative(g, s), Derivative(swapped, s)) == "refuted"


def test_the_chain_rule() -> None:
    square, two = Power(s, Number(Fraction(2))), Number(Fraction(2))
    t = Reference(Symbol("t", "param"))
    at_square = Substitute(Derivative(unspecified("f", t), t), t.symbol, (), square)
    assert verdict(Derivative(unspecified("f", square), s), multiply(two, s, at_square)) == "proved"
    assert verdict(Derivative(unspecified("f", square), s), at_square) == "refuted"
    # d f(s, s) / ds is the sum of both slots' derivatives.
    g = unspecified("g", s, t)
    slots = [Substitute(Derivative(g, by), t.symbol, (), s) for by in (s, t)]
    assert verdict(Derivative(unspecified("g", s, s), s), Add(tuple(slots))) == "proved"
    assert verdict(Derivative(unspecified("g", s, s), s), slots[0] * 2) == "refuted"
    # The gradient of f(M theta) is M^T times the gradient at M theta.
    matrix = Reference(Symbol("M", "const", (), (D, D)))
    gradient = Substitute(Derivative(unspecified("f", theta), theta), THETA, (), matrix @ theta)
    composed = Derivative(unspecified("f", matrix @ theta), theta)
    assert verdict(composed, Transpose(matrix) @ gradient) == "proved"
    assert verdict(composed, matrix @ gradient) == "refuted"
    # Of a function inside a function.
    inner = unspecified("f", s)
    twice = Derivative(unspecified("f", inner), s)
    outside = Substitute(Derivative(unspecified("f", t), t), t.symbol, (), inner)
    assert verdict(twice, outside * Derivative(inner, s)) == "proved"
    assert verdict(twice, Power(Derivative(inner, s), Number(Fraction(2)))) == "refuted"


def test_components_with_parameters_of_their_own() -> None:
    j, z, i = Index("j", Range(K)), Index("z", Range(K)), Index("i", Range(N))
    family = Symbol("theta", "param", (Range(K),), (D,))
    component = UnspecifiedFunction("f", (Range(N),), "positive", ((D,),))
    pi = Reference(Symbol("pi", "param", (Range(K),), (), "simplex"), (z,))

    def f(k: Index) -> Formula:
        return Apply(component, (i,), (Reference(family, (k,)),))

    by = Reference(family, (j,))
    assert verdict(Derivative(Sum(z, Log(f(z))), by), Derivative(Log(f(j)), by)) == "proved"
    assert verdict(Derivative(Log(f(z)), by), Delta(z, j) * Derivative(Log(f(j)), by)) == "proved"
    assert verdict(Derivative(Log(f(z)), by), Derivative(Log(f(j)), by)) == "refuted"
    weighted = Sum(z, pi * f(z))
    share = Reference(pi.symbol, (j,)) * f(j) / weighted
    assert verdict(Derivative(Log(weighted), by), share * Derivative(Log(f(j)), by)) == "proved"
    assert verdict(Derivative(Log(weighted), by), f(j) / weighted * Derivative(Log(f(j)), by)) == "refuted"


def test_evaluations_reach_the_arguments() -> None:
    f, held = unspecified("f", theta), unspecified("f", theta_t)
    assert verdict(AtEqual(held), f) == "proved"
    assert verdict(held, f) == "refuted"
    assert verdict(AtEqual(Derivative(f * held, theta)), f * Derivative(f, theta)) == "proved"
    assert verdict(AtEqual(Derivative(f * held, theta)), 2 * f * Derivative(f, theta)) == "refuted"
    assert verdict(Derivative(held, theta), 0 * theta) == "proved"
    assert verdict(Derivative(f, theta), 0 * theta) == "refuted"
    moved = Definition("f", (), f)(time="current")
    assert verdict(moved, held) == "proved"
    assert verdict(moved, f) == "refuted"
    doubled = Substitute(Derivative(f, theta), THETA, (), 2 * theta_t)
    assert verdict(doubled, Derivative(unspecified("f", 2 * theta), theta)) == "refuted"
    assert verdict(AtEqual(doubled) * 2, Derivative(unspecified("f", 2 * theta), theta)) == "proved"


def test_signs_are_those_of_the_values_only() -> None:
    up, unit, real = (unspecified("f", s, domain=domain) for domain in ("positive", "unit", "real"))
    assert verdict(up, ZERO, ">=") == "proved"
    assert verdict(real, ZERO, ">=") == "refuted"
    nonnegative = unspecified("f", s, domain="nonnegative")
    assert verdict(nonnegative, ZERO, ">=") == "proved"
    assert verdict(Derivative(nonnegative, s), ZERO, ">=") == "refuted"
    assert not proof(Log(nonnegative * nonnegative), 2 * Log(nonnegative))
    assert verdict(ONE - unit, ZERO, ">=") == "proved"
    assert verdict(ONE - up, ZERO, ">=") == "refuted"
    assert verdict(Log(Power(up, HALF)), HALF * Log(up)) == "proved"
    assert verdict(Derivative(up, s), ZERO, ">=") == "refuted"
    assert not proof(Derivative(up, s), ZERO, ">=")
    assert not proof(ONE - Derivative(unit, s), ZERO, ">=")
    assert verdict(Power(Power(real, Number(Fraction(2))), HALF), real) == "refuted"


def test_the_whole_by_autodiff() -> None:
    witness = Witness()
    for abstract in (False, True):
        model = Model(abstract)
        surrogate = model.expected(model.held, Log(model.p(theta)))
        fisher = Claim(label="f", lhs=AtEqual(Derivative(surrogate, theta)), rhs=Derivative(Log(model.x), theta))
        score = Derivative(Log(model.r), theta)
        bartlett = Claim(
            label="b",
            lhs=Sum(model.z, model.r * Derivative(score, theta)),
            rhs=negate(Sum(model.z, model.r * outer(score, score))),
        )
        for claim in (fisher, bartlett):
            found = judge(claim, witness)
            assert found.verdict == "proved", found.reason
            assert found.evidence is not None
            assert found.evidence.autodiff is not None
    matrix = Reference(Symbol("S", "param", (), (D, D), "spd"))
    f = unspecified("f", matrix @ theta, Exp(s), domain="unit")
    by_s = Claim(label="s", lhs=Derivative(f, s), rhs=Exp(s) * Derivative(f, s) / Exp(s))
    by_matrix = Claim(label="S", lhs=Derivative(f, matrix), rhs=Derivative(f + ONE, matrix))
    assert [judge(claim, witness).verdict for claim in (by_s, by_matrix)] == ["proved", "proved"]


def test_a_continuum_is_not_counted() -> None:
    model = Model(True)
    z, w = model.z, model.w
    q_w = Reference(model.q.symbol, (model.i, w))  # type: ignore[attr-defined]
    for left, right in (
        (Sum(z, ONE), SizeNumber(K)),
        (Sum(z, ONE), ONE),
        (Sum(z, model.q / model.q), ONE),
        (Sum(z, q_w), q_w * SizeNumber(K)),
        (Sum(z, ONE) * s, s * Sum(w, ONE) + s),
    ):
        assert not proof(left, right)
        assert verdict(left, right) == "refuted"
    # Each term of a sum of positive terms is at most the sum; a density is at most no integral.
    assert verdict(model.p(theta), model.x, "<=") == "refuted"
    assert verdict(model.q, ONE, "<=") == "refuted"
    counted = Model(False)
    assert verdict(counted.q, ONE, "<=") != "refuted"
    assert verdict(Sum(z, Sum(w, model.q * q_w)), ONE) == "proved"
    # The entropy of a density has either sign, and no bound by a count.
    entropy = negate(model.expected(model.q, Log(model.q)))
    assert verdict(entropy, ZERO, ">=") == "refuted"
    assert verdict(entropy, Log(SizeNumber(K)), "<=") == "refuted"


def test_what_makes_no_sense_of_a_continuum_is_refused() -> None:
    model = Model(True)
    with pytest.raises(UnsupportedError, match="delta"):
        Delta(model.z, model.w)
    with pytest.raises(UnsupportedError, match="product"):
        Product(model.z, model.p(theta))
    with pytest.raises(UnsupportedError, match="integer"):
        Apply(model.joint, (model.i, 1), (theta,))
    with pytest.raises(UnsupportedError, match="derivative"):
        Derivative(model.x, Reference(Symbol("h", "param", (model.z.range,)), (model.z,)))
    with pytest.raises(ScopeError, match="continuum"):
        Apply(model.joint, (model.i, Index("z", Range(K))), (theta,))
    with pytest.raises(ScopeError, match="continuum"):
        Range(K, 2, abstract=True)
    parameter = Symbol("h", "param", (model.z.range,), (), "positive")
    h = Reference(parameter, (model.z,))
    outcome = prove(Claim(label="c", lhs=Sum(model.z, h), relation="= up to a constant", rhs=ZERO, parameters=(parameter,)))
    assert isinstance(outcome, Unproved)


def test_one_name_is_one_function() -> None:
    one = Apply(UnspecifiedFunction("f", (), "positive", ((),)), (), (s,))
    other = Apply(UnspecifiedFunction("f", (), "real", ((),)), (), (s,))
    assert not proof(one - other, ZERO)
    assert verdict(one, other) == "unknown"
    with pytest.raises(UnsupportedError, match="domain"):
        UnspecifiedFunction("f", (), "spd")
    with pytest.raises(UnsupportedError, match="normalised"):
        UnspecifiedFunction("f", (Range(K),), "unit", (), 0)
    with pytest.raises(ScopeError, match="no index"):
        UnspecifiedFunction("f", (Range(K),), "positive", (), 1)


def test_a_bound_between_unknown_functions_needs_a_proof(model: Model) -> None:
    """x >= 1 + log x is true, and no piece shows it: points alone do not say so."""
    assert verdict(model.x, ONE + Log(model.x), ">=") == "unknown"
    assert verdict(model.x, 2 + Log(model.x), ">=") == "refuted"
    assert verdict(model.x, ONE, ">=") == "refuted"
    # Evidence at theta_t, bound at theta.
    bound = model.expected(model.q, Log(model.p(theta) / model.q))
    assert verdict(Log(model.evidence(model.i, time="current")), bound, ">=") == "refuted"
    assert verdict(Log(Sum(model.i, model.evidence(model.i, time="current"))), bound, ">=") == "refuted"
