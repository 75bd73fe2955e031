"""What the densities' files say, by numbers: masses are one, means are integrals, evidences too; wrong ones are seen."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest

from derive.densities import densities, density
from derive.formula import ONE, Divide, Formula, Log, Number, Power, Product, Reference, multiply
from derive.proposals.posteriors import conjugate
from derive.symbols import Domain, Index, IndexLike, Range, Size, Symbol
from tests.evaluation import entry

VALUES = {"first": mp.mpf("1.3"), "second": mp.mpf("0.7"), "seen": mp.mpf("0.4"), "count": mp.mpf(3)}
SUPPORTS: dict[str, tuple[Domain, list[Any]]] = {
    "Gamma": ("positive", [0, 1, 5, mp.inf]),
    "Exponential": ("positive", [0, 1, 5, mp.inf]),
    "LogNormal": ("positive", [0, 1, 5, 50, mp.inf]),
    "Rayleigh": ("positive", [0, 1, 5, mp.inf]),
    "Beta": ("unit", [0, 0.5, 1]),
    "Normal": ("real", [-mp.inf, 0, 2, mp.inf]),
}


def letter(name: str, domain: Domain = "positive") -> Reference:
    return Reference(Symbol(name, "const" if name in VALUES else "latent", (), (), domain))


SEVERAL = Index("r", Range(Size("q")))
FIRST, SECOND, SEEN, COUNT = letter("first"), letter("second"), letter("seen"), letter("count")


def value(node: Formula, at: Any = None) -> Any:
    known = {(name, "const"): each for name, each in VALUES.items()}
    return entry(node, (), {"q": 3}, {**known, ("z", "latent"): at}, {})


def integral(node: Formula, span: list[Any]) -> Any:
    return mp.quad(lambda at: value(node, at), span)


def feature(name: str, variable: Formula) -> Formula:
    features: dict[str, Callable[[], Formula]] = {
        "value": lambda: variable,
        "square": lambda: Power(variable, Number(ONE.value * 2)),
        "log": lambda: Log(variable),
        "log of the rest": lambda: Log(ONE - variable),
    }
    return features[name]()


CONTINUOUS = [(name, each) for name in SUPPORTS for each in density(name).means]


@pytest.mark.parametrize(("name", "of"), CONTINUOUS)
def test_the_mean_of_a_feature_is_its_integral(name: str, of: str) -> None:
    domain, span = SUPPORTS[name]
    known = density(name)
    parameters = (FIRST, SECOND)[: len(known.parameters)]
    variable = letter("z", domain)
    mass = known.formula(variable, *parameters)
    said = known.mean(of, *parameters)
    assert said is not None
    assert mp.almosteq(integral(mass, span), 1, 1e-8)
    seen = integral(multiply(mass, feature(of, variable)), span)
    assert mp.almosteq(seen, value(said), 1e-8)
    others = [known.mean(other, *parameters) for other in known.means if other != of]
    assert not any(mp.almosteq(seen, value(other), 1e-8) for other in others if other is not None)


@pytest.mark.parametrize(("name", "of"), [(name, each) for name in ("Poisson", "Binomial") for each in density(name).means])
def test_the_mean_of_a_count_is_its_sum(name: str, of: str) -> None:
    known = density(name)
    parameters = (COUNT, SECOND) if name == "Binomial" else (FIRST,)
    variable = letter("z", "count")
    terms = 4 if name == "Binomial" else 80
    said = known.mean(of, *parameters)
    assert said is not None
    mass = known.formula(variable, *parameters)
    seen = mp.fsum(value(multiply(mass, feature(of, variable)), mp.mpf(at)) for at in range(terms))
    assert mp.almosteq(seen, value(said), 1e-12) and not mp.almosteq(seen, value(said + 1), 1e-12)


@pytest.mark.parametrize("trials", [1, 4])
def test_masses_of_multinomial_counts_sum_to_one_and_their_means_are_shares(trials: int) -> None:
    ways = Range(Size("V"))
    counts = Symbol("x", "data", (ways,), (), "count")
    chances = Symbol("p", "const", (ways,), (), "simplex")
    known, number_of = density("Multinomial"), Number(Fraction(trials))

    def member(symbol: Symbol) -> Callable[[IndexLike], Formula]:
        return lambda index: Reference(symbol, (index,))

    mass = known.write(member(counts), ways, number_of, member(chances))
    shares = [mp.mpf("0.2"), mp.mpf("0.5"), mp.mpf("0.3")]
    seen = [mp.mpf(0)] * 3
    total = mp.mpf(0)
    for cells in itertools.product(range(trials + 1), repeat=3):
        if sum(cells) == trials:
            there = entry(mass, (), {"V": 3}, {("x", "data"): [mp.mpf(c) for c in cells], ("p", "const"): shares}, {})
            total += there
            seen = [mean + there * c for mean, c in zip(seen, cells, strict=True)]
    assert mp.almosteq(total, 1, 1e-12)
    for place, mean in enumerate(seen, start=1):
        said = known.mean_at("value", place, ways, number_of, member(chances))
        assert said is not None
        assert mp.almosteq(mean, entry(said, (), {"V": 3}, {("p", "const"): shares}, {}), 1e-12)


@pytest.mark.parametrize("of", ["value", "log"])
def test_the_mean_of_a_dirichlet_share_is_its_integral(of: str) -> None:
    """Of two shares the first runs through the unit interval, and the second is what is left."""
    two = Range(Size("V"))
    shares, concentration = (Symbol("t", "latent", (two,), (), "simplex"), Symbol("a", "const", (two,), (), "positive"))

    def member(symbol: Symbol) -> Callable[[IndexLike], Formula]:
        return lambda index: Reference(symbol, (index,))

    known, counts = density("Dirichlet"), [mp.mpf("1.5"), mp.mpf("2.3")]
    mass = known.write(member(shares), two, member(concentration))
    change = {"value": lambda t: t, "log": mp.log}[of]

    def at(formula: Formula, share: Any = 0) -> Any:
        values = {("t", "latent"): [share, 1 - share], ("a", "const"): counts}
        return entry(formula, (), {"V": 2}, values, {})

    seen = mp.quad(lambda share: at(mass, share) * change(share), [0, 1])
    first, second = (known.mean_at(of, place, two, member(concentration)) for place in (1, 2))
    assert first is not None and second is not None
    assert mp.almosteq(seen, at(first), 1e-8) and not mp.almosteq(seen, at(second), 1e-8)


def test_every_mean_is_looked_at() -> None:
    looked = {*SUPPORTS, "Poisson", "Binomial", "Dirichlet", "Multinomial"}
    assert {name for name, each in densities().items() if each.means} <= looked


JOINTS: dict[str, tuple[Domain, Callable[[Reference], Formula]]] = {
    "a normal precision": (
        "positive",
        lambda z: multiply(density("Gamma").formula(z, FIRST, SECOND), density("Normal").formula(SEEN, SECOND, Divide(FIRST, z))),
    ),
    "a rate of counts": (
        "positive",
        lambda z: multiply(density("Gamma").formula(z, FIRST, SECOND), density("Poisson").formula(COUNT, z)),
    ),
    "a rate of lifetimes": (
        "positive",
        lambda z: multiply(density("Gamma").formula(z, FIRST, SECOND), density("Exponential").formula(SEEN, z)),
    ),
    "a normal mean": (
        "real",
        lambda z: multiply(density("Normal").formula(z, FIRST, SECOND), density("Normal").formula(SEEN, z, FIRST)),
    ),
    "a chance of successes": (
        "unit",
        lambda z: multiply(density("Beta").formula(z, FIRST, SECOND), density("Binomial").formula(Number(Fraction(2)), COUNT, z)),
    ),
    "a mean of several": (
        "real",
        lambda z: multiply(
            density("Normal").formula(z, FIRST, SECOND), Product(SEVERAL, density("Normal").formula(SEEN, z, FIRST))
        ),
    ),
    "a slope": (
        "real",
        lambda z: multiply(
            density("Normal").formula(z, FIRST, SECOND), density("Normal").formula(SEEN, multiply(COUNT, z) + FIRST, SECOND)
        ),
    ),
}


@pytest.mark.parametrize("name", JOINTS)
def test_evidence_and_posterior_of_a_conjugate_latent(name: str) -> None:
    domain, build = JOINTS[name]
    latent = letter("z", domain)
    joint = build(latent)
    found = conjugate(joint, latent)
    assert found is not None
    span = SUPPORTS[found.density][1]
    assert mp.almosteq(integral(joint, span), value(found.evidence), 1e-8)
    posterior = density(found.density).formula(latent, *found.parameters)
    at = mp.mpf("0.6")
    assert mp.almosteq(value(posterior, at) * value(found.evidence), value(joint, at), 1e-12)
    assert not mp.almosteq(value(posterior, at + 1) * value(found.evidence), value(joint, at), 1e-12)


@pytest.mark.parametrize(
    "joint",
    [
        lambda z: multiply(density("Gamma").formula(z, FIRST, SECOND), density("Normal").formula(SEEN, z, FIRST)),
        lambda z: multiply(density("Gamma").formula(z, FIRST, SECOND), density("Gamma").formula(SEEN, z, FIRST)),
        lambda z: multiply(density("Gamma").formula(z, FIRST, SECOND), density("Beta").formula(SECOND, z, FIRST)),
        lambda z: multiply(density("Gamma").formula(z, FIRST, SECOND), density("Normal").formula(SEEN, FIRST, z + 1)),
    ],
)
def test_other_joints_are_left_alone(joint: Callable[[Reference], Formula]) -> None:
    latent = letter("z")
    assert conjugate(joint(latent), latent) is None


def test_a_real_latent_is_not_taken_for_a_positive_one() -> None:
    """Over all the reals exp(-b z) has no integral, and z^a no value."""
    latent = letter("z", "real")
    assert conjugate(density("Gamma").formula(latent, FIRST, SECOND), latent) is None
