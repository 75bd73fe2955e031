"""What must hold of every finite mixture whatever its formulas are: relabelling, splitting, joining, k = 1, maps of the data.

Everything goes through the program's own log-likelihood, Q and M-steps; no formula of a model is written here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.special import expit, logit

from checks.lowering import LoweredTable, lower_all
from checks.points import Key, generic_point, has_unspecified, sizes_of, symbols_of
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import Reference
from derive.models import LatentModel, family, names
from derive.symbols import Size, Symbol


def _is_written_out(model: LatentModel) -> bool:
    """Whether the latent is one of finitely many values, and every density is known."""
    return not has_unspecified(model.joint(model.datum, model.latent))


def mixing_weights(model: LatentModel) -> Symbol | None:
    """The weights, where they are a parameter: one simplex over the components."""
    weight = model.weight(model.fresh) if model.weight is not None else None
    free = isinstance(weight, Reference) and weight.symbol.role == "param" and weight.symbol.domain == "simplex"
    return weight.symbol if free and weight.symbol.family == (model.latent.range,) else None


MODELS = {name: family(name)() for name in names()}
FINITE = [name for name, model in MODELS.items() if _is_written_out(model)]
MIXTURES = [name for name in FINITE if mixing_weights(MODELS[name]) is not None]
DATA, COMPONENTS, OTHERS, TRIALS = 6, 3, 2, 9
SEEDS = 400
Values = Mapping[Key, np.ndarray]
Change = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Numbers:
    """A model as functions of arrays: the log-likelihood, Q, and where the M-step puts each parameter."""

    em: Algorithm
    symbols: Mapping[Key, Symbol]
    table: LoweredTable
    room: LoweredTable
    """By how much data lie within the support of their density."""

    def __call__(self, values: Values) -> dict[str, np.ndarray]:
        return {name: np.asarray(value) for name, value in self.table(values, self.counts).items()}

    @property
    def sizes(self) -> tuple[str, ...]:
        return sizes_of(*self.table.formulas.values())

    @property
    def counts(self) -> Mapping[str, int]:
        """The sizes of which no array tells: numbers of trials."""
        told = {over.upper.name for s in self.symbols.values() for over in s.family}
        told |= {size.name for s in self.symbols.values() for size in s.shape}
        return {name: TRIALS for name in self.sizes if name not in told}

    @functools.cache  # noqa: B019
    def point(self, components: int = COMPONENTS) -> Values:
        """Generic values within the support of the densities, at which every step is finite."""
        model = self.em.model
        sizes = dict.fromkeys(self.sizes, OTHERS)
        sizes |= {model.datum.range.upper.name: DATA, model.latent.range.upper.name: components}
        for seed in range(SEEDS):
            exact = generic_point(self.symbols.values(), sizes, seed).values
            values = {key: np.asarray(value, float) for key, value in exact.items()}
            if not all(np.all(np.asarray(room) >= 0) for room in self.room(values, self.counts).values()):
                continue
            if all(np.isfinite(value).all() for value in self(values).values()):
                return values
        raise AssertionError(f"no admissible point for {model.name}")

    def changed(self, values: Values, which: object, change: Change, roles: tuple[str, ...] = ()) -> Values:
        """Values changed along each axis that runs over a range, in these roles alone where some are named."""
        found = dict(values)
        for key, symbol in self.symbols.items():
            for axis, over in enumerate(symbol.family):
                if over == which and (not roles or symbol.role in roles):
                    found[key] = change(found[key], axis)
        return found


@functools.cache
def numbers(model: str, **options: str) -> Numbers:
    em = Algorithm(family(model)(**options))
    steps = {name: found(*found.indices) for name, found in em.solutions.items()}
    formulas = {"l": em.l(), "Q": em.q(), **steps}
    letters = {(s.name, s.role): s for s in symbols_of(*formulas.values())}
    axes = {name: found.indices for name, found in em.solutions.items()}
    bounds = [assumption.bound for assumption in em.model.assumptions if assumption.bound is not None]
    room = {f"room {k}": large - small for k, (small, large) in enumerate(bounds)}
    return Numbers(em, letters, lower_all(formulas, axes=axes), lower_all(room))


def close(found: object, wanted: object) -> bool:
    return np.allclose(np.asarray(found), np.asarray(wanted), rtol=1e-9, atol=1e-9)


# Components.


@pytest.mark.parametrize("model", FINITE)
def test_relabelled_components(model: str) -> None:
    """The likelihood and Q do not see the labels, the M-step carries them along; half of a relabelling is seen."""
    own = numbers(model)
    latent, before, order = own.em.model.latent.range, own.point(), [2, 0, 1]
    turned = own.changed(before, latent, lambda value, axis: np.take(value, order, axis))
    first, second = own(before), own(turned)
    assert close(first["l"], second["l"])
    assert close(first["Q"], second["Q"])
    for name, solution in own.em.solutions.items():
        axes = [axis for axis, index in enumerate(solution.indices) if index.range == latent]
        wanted = functools.reduce(lambda value, axis: np.take(value, order, axis), axes, first[name])
        assert close(second[name], wanted), name
    if any(symbol.role == "param" and latent in symbol.family for symbol in own.symbols.values()):
        half = own.changed(before, latent, lambda value, axis: np.take(value, order, axis), roles=("param",))
        assert not close(own(half)["Q"], first["Q"])


def reversed_along(value: np.ndarray, sizes: Sequence[Size], which: str) -> np.ndarray:
    """Reversed along each axis that one size counts; the axes behind those of ``sizes`` stay."""
    axes = tuple(axis for axis, size in enumerate(sizes) if size.name == which)
    return np.flip(value, axes) if axes else value


@pytest.mark.parametrize("model", FINITE)
def test_relabelled_coordinates(model: str) -> None:
    """Entries of vectors, words of a vocabulary, times of a chain: in another order, the same."""
    own = numbers(model)
    before, ranges = own.point(), (own.em.model.datum.range, own.em.model.latent.range)
    first, counted = own(before), {key: (*(r.upper for r in s.family), *s.shape) for key, s in own.symbols.items()}
    for which in {size.name for sizes in counted.values() for size in sizes} - {r.upper.name for r in ranges}:
        second = own({key: reversed_along(value, counted[key], which) for key, value in before.items()})
        assert close(first["l"], second["l"]), which
        assert close(first["Q"], second["Q"]), which
        for name, solution in own.em.solutions.items():
            sizes = (*(index.range.upper for index in solution.indices), *own.symbols[name, "param"].shape)
            assert close(second[name], reversed_along(first[name], sizes, which)), (name, which)
        seen = {key for key in before if key[1] in ("data", "const")}
        alone = own({key: reversed_along(value, counted[key], which) if key in seen else value for key, value in before.items()})
        ordered = any(which in [size.name for size in counted[key]] for key in counted if key[1] == "param")
        assert not (ordered and close(alone["Q"], first["Q"])), which


@pytest.mark.parametrize("model", MIXTURES)
def test_a_component_split_in_two(model: str) -> None:
    """Two copies with a share of its weight each: the likelihood is the same, and the M-step keeps copies and shares."""
    own = numbers(model)
    latent, weights, before, share = own.em.model.latent.range, mixing_weights(own.em.model), own.point(), 0.3
    assert weights is not None
    after = dict(own.changed(before, latent, lambda value, axis: np.insert(value, COMPONENTS, np.take(value, -1, axis), axis)))

    def shared(value: np.ndarray) -> np.ndarray:
        return np.concatenate([value[:-2], value[-1:] * share, value[-1:] * (1 - share)])

    for role in ("param", "current"):
        after[weights.name, role] = shared(after[weights.name, role])
    first, second = own(before), own(after)
    assert close(first["l"], second["l"])
    for name, solution in own.em.solutions.items():
        wanted = first[name]
        for axis, index in enumerate(solution.indices):
            if index.range == latent:
                wanted = np.insert(wanted, COMPONENTS, np.take(wanted, -1, axis), axis)
        assert close(second[name], shared(wanted) if name == weights.name else wanted), name
    lost = first["Q"] - second["Q"]
    assert 0 < lost < DATA * np.log(2)  # at most the entropy of a coin for each datum


# Data.


@pytest.mark.parametrize("model", FINITE)
def test_joined_data(model: str) -> None:
    """The likelihood and Q of joined data are the sums; data given twice leave the M-step where it is."""
    own = numbers(model)
    datum, whole = own.em.model.datum.range, own.point()
    parts = [
        own.changed(whole, datum, lambda value, axis, part=part: np.take(value, part, axis)) for part in (range(3), range(3, 6))
    ]
    each = [own(part) for part in parts]
    both = own(whole)
    for name in ("l", "Q"):
        assert close(both[name], each[0][name] + each[1][name])
    twice = own(own.changed(parts[0], datum, lambda value, axis: np.concatenate([value, value], axis)))
    for name in own.em.solutions:
        if np.isfinite(each[0][name]).all():
            assert close(twice[name], each[0][name]), name


# One component.


def elsewhere(value: np.ndarray, symbol: Symbol, rng: np.random.Generator) -> np.ndarray:
    """Another value of the same domain, not far."""
    noise = rng.normal(size=value.shape) * 0.2
    match symbol.domain:
        case "positive":
            return value * np.exp(noise)
        case "unit":
            return expit(logit(value) + noise)
        case "simplex":
            moved = value * np.exp(noise)
            return moved / moved.sum(-1, keepdims=True)
        case "spd":
            root = np.eye(value.shape[-1]) + noise
            return root @ value @ np.swapaxes(root, -1, -2)
        case _:
            return value + noise


@pytest.mark.parametrize("model", MIXTURES)
def test_one_component_gives_the_maximum_likelihood_estimate(model: str) -> None:
    """With k = 1 the step does not depend on theta_t, and nothing near by is more likely."""
    own = numbers(model)
    solved = {(name, "param"): own.symbols[name, "param"] for name in own.em.solutions}
    values = dict(own.point(1))
    for _ in range(2):  # a variance is about the mean that is put in
        found = own(values)
        values |= {key: found[key[0]] for key in solved}
    best, rng = own(values), np.random.default_rng(0)
    other = own({**values, **{(name, "current"): value * 0.9 for (name, role), value in values.items() if role == "current"}})
    weights = mixing_weights(own.em.model)
    for name, role in solved:
        assert close(best[name], values[name, role]), name
        if weights is not None and name != weights.name:
            assert close(other[name], best[name]), name
    free = [key for key, symbol in solved.items() if symbol != weights]
    for _ in range(8):
        near = {**values, **{key: elsewhere(values[key], solved[key], rng) for key in free}}
        assert own(near)["l"] < best["l"] or not free


# Maps of the data, and what becomes of the parameters.

TURN = np.array([[1.3, -0.4], [0.7, 0.9]])
SHIFT = np.array([0.5, -1.2])
C, B = 1.7, -0.6


@dataclass(frozen=True, kw_only=True)
class Map:
    """Maps of data, parameters and constants by name; ``log_slope`` is the log of the map's Jacobian for all data together."""

    model: str
    options: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, Callable[[np.ndarray], np.ndarray]]
    log_slope: Callable[[Values], float] = lambda values: 0.0


def times(factor: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda value: value * factor


def affine(value: np.ndarray) -> np.ndarray:
    return C * value + B


def rest(value: np.ndarray) -> np.ndarray:
    return 1 - value


def linear(value: np.ndarray) -> np.ndarray:
    """Of each vector that stands along the last axis."""
    return value @ TURN.T


def whole(value: np.ndarray) -> np.ndarray:
    return linear(value) + SHIFT


def turned(value: np.ndarray) -> np.ndarray:
    """Of matrices."""
    return TURN @ value @ TURN.T


def slopes(value: np.ndarray) -> np.ndarray:
    """Of coefficients, where inputs are mapped by ``linear``."""
    return value @ np.linalg.inv(TURN)


SCALED, WHOLE = DATA * np.log(C), DATA * np.log(abs(np.linalg.det(TURN)))
SQUARE = times(C**2)
MAPS = [
    *(
        Map(
            model="gaussian-mixture",
            options={"covariance": covariance},
            maps={"x": whole, "mu": whole, "Sigma": turned},
            log_slope=lambda values: WHOLE,
        )
        for covariance in ("full", "tied", "known")
    ),
    *(
        Map(
            model="gaussian-mixture",
            options={"covariance": covariance},
            maps={"x": affine, "mu": affine, "v": SQUARE},
            log_slope=lambda values: 2 * SCALED,
        )
        for covariance in ("diagonal", "spherical")
    ),
    Map(model="normal-mixture", maps={"x": affine, "mu": affine, "v": SQUARE}, log_slope=lambda values: SCALED),
    Map(model="laplace-mixture", maps={"x": affine, "m": affine, "b": times(C)}, log_slope=lambda values: SCALED),
    Map(
        model="log-normal-mixture",
        maps={"x": lambda x: x**C * np.exp(B), "mu": affine, "v": SQUARE},
        log_slope=lambda values: SCALED + DATA * B + (C - 1) * np.log(values["x", "data"]).sum(),
    ),
    Map(model="exponential-mixture", maps={"x": times(C), "lambda": times(1 / C)}, log_slope=lambda values: SCALED),
    Map(model="gamma-mixture", maps={"x": times(C), "beta": times(1 / C)}, log_slope=lambda values: SCALED),
    Map(model="rayleigh-mixture", maps={"x": times(C), "v": SQUARE}, log_slope=lambda values: SCALED),
    Map(
        model="regression-mixture",
        maps={"y": times(C), "x": linear, "beta": lambda b: C * slopes(b), "v": SQUARE},
        log_slope=lambda values: SCALED,
    ),
    Map(
        model="mixture-of-experts",
        maps={"y": times(C), "x": linear, "beta": lambda b: C * slopes(b), "nu": slopes, "v": SQUARE},
        log_slope=lambda values: SCALED,
    ),
    Map(model="beta-mixture", maps={"x": rest}),
    Map(model="bernoulli-mixture", maps={"x": rest, "mu": rest}),
    Map(model="binomial-mixture", maps={"x": lambda x: TRIALS - x, "p_": rest}),
]
SWAPPED = {"beta-mixture": ("a", "b")}
"""Parameters that change places."""


@pytest.mark.parametrize("mapped", MAPS, ids=lambda mapped: "-".join([mapped.model, *mapped.options.values()]))
def test_mapped_data(mapped: Map) -> None:
    """Densities change by the map's Jacobian, M-steps by the map; a map of the data alone is seen."""
    own = numbers(mapped.model, **mapped.options)
    before = own.point()
    after = {key: mapped.maps[key[0]](value) if key[0] in mapped.maps else value for key, value in before.items()}
    if mapped.model in SWAPPED:
        one, other = SWAPPED[mapped.model]
        after |= {(a, role): before[b, role] for a, b in ((one, other), (other, one)) for role in ("param", "current")}
    first, second = own(before), own(after)
    slope = mapped.log_slope(before)
    assert close(second["l"], first["l"] - slope)
    assert close(second["Q"], first["Q"] - slope)
    for name in own.em.solutions:
        assert close(second[name], mapped.maps[name](first[name]) if name in mapped.maps else first[name]), name
    alone = {**before, **{key: value for key, value in after.items() if key[1] == "data"}}
    assert not close(own(alone)["l"], first["l"] - slope)
