"""Times the lowered log-likelihood of a Gaussian mixture and its closed-form gradient against textbook JAX.

Prints medians of interleaved rounds in one process, and their ratios; only the ratios mean anything on another machine.
Run from the repository's root: ``python examples/benchmark_gaussian_mixture.py --data 100000 --components 8 --dimension 4``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import jax
import jax.numpy as jnp
import numpy as np

from checks.lowering import Key, lower, lower_all
from derive.expectation_maximisation.algorithm import Algorithm
from derive.formula import HALF, Divide, Formula, Inverse, Sum, multiply, outer
from derive.models import family

PARAMETERS = ("mu", "Sigma", "phi")


def closed_form(em: Algorithm) -> dict[str, Formula]:
    """The log-likelihood and its gradient: weights move with theta, and by Fisher's identity need no derivative."""
    i, s, x = em.model.datum, em.model.fresh, em.model.observation
    mean, covariance, weight = (em.model.parameter(name).reference for name in PARAMETERS)
    precision, w, off = Inverse(covariance), em.moving(i, s), x - mean
    return {
        "value": em.l(),
        "mu": Sum(i, multiply(w, precision @ off)),
        "Sigma": multiply(HALF, Sum(i, multiply(w, precision @ outer(off, off) @ precision - precision))),
        "phi": Sum(i, Divide(w, weight)),
    }


def textbook(mean: jax.Array, covariance: jax.Array, weight: jax.Array, x: jax.Array) -> jax.Array:
    """Cholesky, triangular solve, logsumexp: the quickest of four ways to write it, solving for the factor's inverse once."""
    d = x.shape[1]
    factor = jnp.linalg.cholesky(covariance)
    root = jax.vmap(lambda l: jax.scipy.linalg.solve_triangular(l, jnp.eye(d), lower=True))(factor)
    y = jnp.einsum("kab,kbn->kan", root, x.T[None] - mean[:, :, None])
    constant = 0.5 * d * jnp.log(2 * jnp.pi) + jnp.sum(jnp.log(jnp.diagonal(factor, axis1=1, axis2=2)), axis=1)
    logs = -0.5 * jnp.sum(y * y, axis=1) + (jnp.log(weight) - constant)[:, None]
    return jnp.sum(jax.scipy.special.logsumexp(logs, axis=0))


def feature_kernel(mean: jax.Array, covariance: jax.Array, weight: jax.Array, x: jax.Array) -> Any:
    """The same value and gradient by hand: what the lowering should come near to."""
    (n, d), upper = x.shape, np.triu_indices(x.shape[1])
    centre = x.mean(0)
    z, b = x - centre, mean - centre
    table = jnp.concatenate([jnp.ones((n, 1)), z, *(z[:, a : a + 1] * z[:, a:] for a in range(d))], axis=1)
    p = jnp.linalg.inv(covariance)
    pb = jnp.einsum("jab,jb->ja", p, b)
    constant = -0.5 * jnp.einsum("ja,ja->j", b, pb) - 0.5 * jnp.linalg.slogdet(covariance)[1]
    constant += jnp.log(weight) - 0.5 * d * jnp.log(2 * jnp.pi)
    quadratic = -0.5 * p[:, upper[0], upper[1]] * np.where(upper[0] == upper[1], 1, 2)
    logs = table @ jnp.concatenate([constant[:, None], pb, quadratic], axis=1).T
    largest = logs.max(1, keepdims=True)
    ratios = jnp.exp(logs - largest)
    total = ratios.sum(1, keepdims=True)
    moments = (ratios / total).T @ table
    mass, first = moments[:, 0], moments[:, 1 : 1 + d]
    second = jnp.zeros_like(covariance).at[:, upper[0], upper[1]].set(moments[:, 1 + d :])
    second = second + jnp.swapaxes(jnp.triu(second, 1), 1, 2)
    cross = jnp.einsum("ja,jb->jab", first, b)
    scatter = second - cross - jnp.swapaxes(cross, 1, 2) + mass[:, None, None] * jnp.einsum("ja,jb->jab", b, b)
    gradient = jnp.einsum("jab,jb->ja", p, first - mass[:, None] * b)
    return jnp.sum(jnp.log(total) + largest), gradient, 0.5 * (p @ scatter @ p - mass[:, None, None] * p), mass / weight


def point(n: int, k: int, d: int, seed: int = 0) -> dict[Key, np.ndarray]:
    """Overlapping components and data drawn from them."""
    random = np.random.default_rng(seed)
    half = random.normal(size=(k, d, d))
    covariance = half @ half.transpose(0, 2, 1) + np.eye(d)
    mean, weight = 3 * random.normal(size=(k, d)), random.dirichlet(5 * np.ones(k))
    chosen = random.choice(k, size=n, p=weight)
    noise = np.einsum("nab,nb->na", np.linalg.cholesky(covariance)[chosen], random.normal(size=(n, d)))
    values: dict[Key, np.ndarray] = {("x", "data"): mean[chosen] + noise}
    return values | {("mu", "param"): mean, ("Sigma", "param"): covariance, ("phi", "param"): weight}


def interleaved(roads: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in roads}
    for road in roads.values():
        jax.block_until_ready(road())
    for _ in range(rounds):
        for name, road in roads.items():
            start = time.perf_counter()
            jax.block_until_ready(road())
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("data", 100_000), ("components", 8), ("dimension", 4), ("rounds", 21)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    values = point(options.data, options.components, options.dimension)
    em = Algorithm(family("gaussian-mixture")(covariance="full"))
    value, everything = lower(em.l()), lower_all(closed_form(em))
    with jax.enable_x64(True):
        device = {key: jnp.asarray(array) for key, array in values.items()}
        arguments = [device[(name, "param")] for name in PARAMETERS] + [device[("x", "data")]]
        by_hand, by_grad = jax.jit(textbook), jax.jit(jax.value_and_grad(textbook, argnums=(0, 1, 2)))
        kernel = jax.jit(feature_kernel)
        times = interleaved(
            {
                "lowered value": lambda: value(device),
                "textbook value": lambda: by_hand(*arguments),
                "lowered value and closed-form gradient": lambda: everything(device),
                "hand-written feature kernel": lambda: kernel(*arguments),
                "textbook value and jax.grad": lambda: by_grad(*arguments),
            },
            options.rounds,
        )
        ours, (l, gradient) = everything(device), by_grad(*arguments)
        worst = abs(float(ours["value"] - l)) / abs(float(l))
        for name, other in zip(PARAMETERS, gradient, strict=True):
            worst = max(worst, float(jnp.max(jnp.abs(ours[name] - other)) / jnp.max(jnp.abs(other))))
    print(f"n={options.data} k={options.components} d={options.dimension}, float64, {jax.devices()[0].device_kind}")
    for name, seconds in times.items():
        print(f"{1e3 * seconds:9.2f} ms  {name}")
    full = times["lowered value and closed-form gradient"]
    print(f"lowered value / textbook value                      {times['lowered value'] / times['textbook value']:6.2f}")
    print(f"textbook jax.grad / lowered value and gradient      {times['textbook value and jax.grad'] / full:6.2f}")
    print(f"lowered value and gradient / hand-written kernel    {full / times['hand-written feature kernel']:6.2f}")
    print(f"largest relative difference to textbook JAX         {worst:.1e}")


if __name__ == "__main__":
    main()
