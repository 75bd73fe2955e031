"""What the densities' files say of their exponential families, proved, and of their routines, by numbers; twins are seen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
import scipy.stats

from checks.judge import judge
from checks.witness import Witness
from derive.claims import Assumption, Claim
from derive.densities import CHANCES, ExponentialFamily, Law, NoExponentialFamily, Routine, Value, densities, density
from derive.formula import (
    AtEqual,
    Derivative,
    Diagonal,
    Formula,
    Identity,
    Log,
    Reference,
    add,
    as_formula,
    at_time,
    multiply,
    walk,
)
from derive.symbols import Domain, Index, IndexLike, Range, Role, Size, Symbol
from tests.evaluation import entry

DOMAINS: dict[str, Domain] = {
    "probability": "unit",
    "location": "real",
    "mean": "real",
    "mean of the log": "real",
    "mean direction": "real",
    "trials": "positive",
}
"""Of parameters; those of the other names are positive."""
SIZE, ENTRIES = Size("d"), Range(Size("m"))


def role(known: bool) -> Role:
    return "const" if known else "param"


def of_numbers(name: str) -> Law:
    """A density with letters for the value and the parameters."""
    known = density(name)
    where: Domain = known.domains[0] if known.domains else "real"
    if known.of_family:

        def family(letter: str, role: Any, domain: Domain) -> Any:
            symbol = Symbol(letter, role, (ENTRIES,), (), domain)

            def member(index: IndexLike) -> Formula:
                return Reference(symbol, (index,))

            return member

        def parameter(place: int, own: str) -> Any:
            if own in known.shared:
                return Reference(Symbol(f"t{place}", role(own in known.known), (), (), DOMAINS.get(own, "positive")))
            return family(f"t{place}", "param", "simplex" if own == CHANCES else "positive")

        return Law(
            known,
            family("x", "data", known.domains[0] if known.domains else "nonnegative"),
            tuple(parameter(place, own) for place, own in enumerate(known.parameters)),
            ENTRIES,
        )
    letters = (
        Reference(Symbol(f"t{place}", role(own in known.known), (), (), DOMAINS.get(own, "positive")))
        for place, own in enumerate(known.parameters)
    )
    return Law(known, Reference(Symbol("x", "data", (), (), where)), tuple(letters))


def of_vectors() -> Iterator[tuple[str, Law]]:
    x, mean = Reference(Symbol("x", "data", (), (SIZE,))), Reference(Symbol("mu", "param", (), (SIZE,)))
    matrices: dict[str, Formula] = {
        "full": Reference(Symbol("Sigma", "param", (), (SIZE, SIZE), "spd")),
        "diagonal": Diagonal(Reference(Symbol("v", "param", (), (SIZE,), "positive"))),
        "spherical": multiply(Reference(Symbol("v", "param", (), (), "positive")), Identity(SIZE)),
    }
    for kind, matrix in matrices.items():
        yield f"Normal, {kind}", Law(density("Normal"), x, (mean, matrix))


LAWS = {**{name: of_numbers(name) for name in sorted(densities())}, **dict(of_vectors())}
FAMILIES = {name: family for name, law in LAWS.items() if (family := law.exponential_family) is not None}


def parameters(law: Law) -> list[Reference]:
    """The free parameters of a density; of a family the member at a letter of its own."""
    index = Index("u", ENTRIES)
    given = [parameter if isinstance(parameter, Formula) else parameter(index) for parameter in law.parameters]
    found = [node for parameter in given for node in walk(parameter) if isinstance(node, Reference)]
    return [node for node in found if node.symbol.role == "param"]


def verdict(law: Law, lhs: Formula, rhs: Formula) -> str:
    of_value = isinstance(law.value, Formula) and any(node == law.value for node in walk(lhs))
    bounds = law.density.within(law.value, *law.parameters) if of_value else ()
    known = tuple(Assumption(text="in the support", bound=bound) for bound in bounds)
    return judge(Claim(label="of a density", lhs=lhs, rhs=rhs, assumptions=known), Witness(points=2)).verdict


def twins(family: ExponentialFamily) -> Iterator[ExponentialFamily]:
    """The same with one slip: two statistics exchanged, a natural parameter doubled, another log-partition."""
    for one, other in itertools.combinations(range(len(family.terms)), 2):
        terms = list(family.terms)
        first, second = terms[one], terms[other]
        if first.statistic.shape == second.statistic.shape:
            terms[one], terms[other] = (replace(a, statistic=b.statistic) for a, b in ((first, second), (second, first)))
            yield replace(family, terms=tuple(terms))
    for place, term in enumerate(family.terms):
        wrong = replace(term, natural=multiply(as_formula(2), term.natural))
        yield replace(family, terms=(*family.terms[:place], wrong, *family.terms[place + 1 :]))
    yield replace(family, log_partition=family.log_partition + 1)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_logarithm_of_the_density_is_that_of_its_exponential_family(name: str) -> None:
    law, family = LAWS[name], FAMILIES[name]
    log_density = Log(law.formula)
    assert verdict(law, log_density, family.log_density) == "proved"
    for twin in twins(family):
        assert verdict(law, log_density, twin.log_density) == "refuted"


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_a_statistic_is_free_of_parameters_and_what_is_not_is_free_of_the_value(name: str) -> None:
    def roles(*nodes: Formula) -> set[str]:
        return {inner.symbol.role for node in nodes for inner in walk(node) if isinstance(inner, Reference)}

    family = FAMILIES[name]
    assert "param" not in roles(family.log_base, *(term.statistic for term in family.terms))
    assert "data" not in roles(family.log_partition, *(part for term in family.terms for part in (term.natural, term.mean)))


def gradients(family: ExponentialFamily, by: Reference) -> tuple[Formula, Formula]:
    """The gradient of the log-partition, and that of the exponent with the means of the statistics put in for them, held."""
    held = add(*(term.along(at_time(term.mean, "current")) for term in family.terms))
    convention = "frobenius" if by.symbol.domain == "spd" else "entry"
    return Derivative(family.log_partition, by, convention), AtEqual(Derivative(held, by, convention))


MINIMAL = [name for name in FAMILIES if CHANCES not in LAWS[name].density.parameters]
"""Of chances that sum to one the log-partition is known on the simplex only, where no derivative by one of them can be taken."""


@pytest.mark.parametrize("name", MINIMAL)
def test_the_means_of_the_statistics_are_the_gradient_of_the_log_partition(name: str) -> None:
    law, family = LAWS[name], FAMILIES[name]
    verdicts: set[str] = set()
    for by in parameters(law):
        assert verdict(law, *gradients(family, by)) == "proved"
        for place, term in enumerate(family.terms):
            wrong = replace(term, mean=multiply(as_formula(2), term.mean))
            twin = replace(family, terms=(*family.terms[:place], wrong, *family.terms[place + 1 :]))
            verdicts.add(f"{place} {verdict(law, *gradients(twin, by))}")
    assert {f"{place} refuted" for place, _ in enumerate(family.terms)} <= verdicts


SIZES = {"d": 3, "m": 3}
POINTS: dict[Domain, Any] = {"count": 3, "bool": 1, "positive": 1.3, "unit": 0.3, "real": 0.6}
COVARIANCE = [[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 1.5]]


def point(law: Law) -> dict[tuple[str, str], Any]:
    """Some values of the letters of a density."""
    index = Index("u", ENTRIES)
    given = [part if isinstance(part, Formula) else part(index) for part in (law.value, *law.parameters)]
    symbols = {node.symbol for part in given for node in walk(part) if isinstance(node, Reference)}
    found: dict[tuple[str, str], Any] = {}
    for symbol in symbols:
        entries = {
            "simplex": [0.2, 0.3, 0.5],
            "nonnegative": [0, 1, 0],
            "count": [3, 1, 2],
            "positive": [0.7, 1.3, 2.1],
            "real": [0.4, -0.2, 1.1],
        }
        single = POINTS.get(symbol.domain, 0.6) + (0.7 if symbol.role == "param" and symbol.domain in ("positive", "real") else 0)
        # The counts of a multinomial sum to the number of its trials.
        single = (
            {"Binomial": 5, "Multinomial": 6}.get(law.density.name, single)
            if (symbol.name, symbol.role) == ("t0", "const")
            else single
        )
        found[symbol.name, symbol.role] = (
            COVARIANCE if symbol.domain == "spd" else entries[symbol.domain] if symbol.family or symbol.shape else single
        )
    return found


def number(node: Formula, values: Mapping[tuple[str, str], Any], at: tuple[int, ...] = ()) -> float:
    return float(entry(node, at, SIZES, values, {}))


def array(node: Value, values: Mapping[tuple[str, str], Any]) -> Any:
    """An argument of a routine as numbers."""
    if isinstance(node, Formula):
        spans = [range(1, SIZES["d"] + 1) for _ in node.shape]
        found = np.array([number(node, values, at) for at in itertools.product(*spans)]).reshape([SIZES["d"]] * len(spans))
    else:
        found = np.array([number(node(place), values) for place in range(1, SIZES["m"] + 1)])
    return found.astype(int) if (found == found.round()).all() else found


def called(package: Any, routine: Routine, values: Mapping[tuple[str, str], Any]) -> float:
    family, name = routine.name.split(".")
    return float(getattr(getattr(package, family), name)(*(array(argument, values) for argument in routine.arguments)))


@pytest.mark.parametrize("name", LAWS)
def test_the_routines_of_others_say_the_same(name: str) -> None:
    law = LAWS[name]
    values = point(law)
    routine = law.density.routine(law.value, *law.parameters)
    ours = number(Log(law.formula), values)
    assert math.isfinite(ours)
    assert called(scipy.stats, routine, values) == pytest.approx(ours, rel=1e-12)
    moved = {key: value * 1.1 if key[1] == "param" and isinstance(value, float) else value for key, value in values.items()}
    if moved != values:
        assert called(scipy.stats, routine, moved) != pytest.approx(ours, rel=1e-6)
    assert routine.in_jax == hasattr(jax.scipy.stats, routine.name.split(".")[0])
    if routine.in_jax:
        with jax.enable_x64(True):
            assert called(jax.scipy.stats, routine, values) == pytest.approx(ours, rel=1e-9)


def test_who_is_no_exponential_family_says_so() -> None:
    told = {name: each.exponential_family for name, each in densities().items()}
    reasons = {name: family.reason for name, family in told.items() if isinstance(family, NoExponentialFamily)}
    assert set(reasons) == {"StudentT"} and all(reasons.values())
    assert density("Laplace").known == ("location",)
