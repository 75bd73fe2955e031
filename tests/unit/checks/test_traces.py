"""What JAX has traced, evaluated by NumPy: the same numbers as those of the compiled program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from checks import traces
from checks.traces import evaluated
from checks.witness import Witness
from derive.claims import Claim
from derive.errors import DisagreementError
from derive.formula import Derivative, Exp, Reference
from derive.symbols import Symbol

MATRIX = np.array([[2.5, -0.3, 0.7], [0.4, 1.75, -0.6], [-0.2, 0.9, 3.25]])
INPUTS = (
    MATRIX,
    MATRIX @ MATRIX.T,
    np.array([0.3, 1.7, 2.9]),
    np.array([-1.2, 0.4, 3.1]),
    np.arange(24.0).reshape(2, 3, 4) / 7 - 1,
)

CASES: dict[str, Callable[..., Any]] = {
    "arithmetic": lambda a, s, v, w, t: (v + w, v - w, v * w, v / w, -v, v**3, v**-2, abs(w), jnp.sign(w), jnp.square(w), v**w),
    "whole numbers": lambda a, s, v, w, t: (
        jnp.arange(-4, 5) // 3,
        jax.lax.div(jnp.arange(-4, 5), 3),
        jax.lax.rem(jnp.arange(-4, 5), 3),
    ),
    "functions": lambda a, s, v, w, t: (
        jnp.exp(w),
        jnp.log(v),
        jnp.log1p(v),
        jnp.expm1(w),
        jnp.sqrt(v),
        jnp.sin(w),
        jnp.cos(w),
        jnp.tanh(w),
    ),
    "undefined": lambda a, s, v, w, t: (jnp.log(w), jnp.sqrt(w), v / 0.0, jnp.log(0.0 * v)),
    "special functions": lambda a, s, v, w, t: (
        jax.scipy.special.gammaln(v),
        jax.scipy.special.digamma(v),
        jax.scipy.special.i0(w),
    ),
    "order": lambda a, s, v, w, t: (v < w, v <= w, v > w, v >= w, v == w, v != w, jnp.maximum(v, w), jnp.minimum(v, w)),
    "logic": lambda a, s, v, w, t: ((v < 1) & (w > 0), (v < 1) | (w > 0), (v < 1) ^ (w > 0), ~(v < 1), jnp.isfinite(v / 0.0)),
    "choices": lambda a, s, v, w, t: (jnp.where(v < w, v, w), jax.lax.select_n(jnp.arange(3), v, w, v * w)),
    "reductions": lambda a, s, v, w, t: (
        t.sum(1),
        t.sum((0, 2)),
        t.prod(2),
        t.max(0),
        t.min((0, 1)),
        (t > 0).any(1),
        (t > 0).all(1),
        t.mean(),
    ),
    "shapes": lambda a, s, v, w, t: (
        t.transpose(2, 0, 1),
        t.reshape(6, 4),
        t[:, None],
        jnp.squeeze(t[:, :1], 1),
        jnp.broadcast_to(v[:, None], (3, 2)),
        t[:, 1:3, ::2],
        jnp.concatenate([t, t], 1),
        jnp.stack([v, w]),
        jnp.split(t, [1, 3], 2),
        jnp.arange(4),
        jnp.eye(3),
        jnp.tril(a),
        jnp.diagonal(a),
        jnp.pad(v, (1, 2)),
        jax.lax.pad(v, 9.0, [(1, 2, 1)]),
        jax.lax.pad(v, 9.0, [(-1, 0, 2)]),
        jax.lax.pad(v, 9.0, [(2, -1, 0)]),
        jnp.float32(v).astype(jnp.float64),
        jnp.int32(v),
        jnp.round(w),
        jax.lax.round(w),
    ),
    "products": lambda a, s, v, w, t: (
        a @ s,
        a @ v,
        v @ w,
        jnp.outer(v, w),
        jnp.einsum("abc,bd->cad", t, a),
        jnp.einsum("abc,abd->abcd", t, t),
        jnp.einsum("abc,abc->b", t, t),
        jnp.einsum("ab,bc,ca->", a, s, a),
        jnp.einsum("aab->b", jnp.ones((2, 2, 3))),
    ),
    "matrices": lambda a, s, v, w, t: (
        jnp.linalg.cholesky(s),
        jnp.linalg.cholesky(-s),
        jnp.linalg.inv(a),
        jnp.linalg.solve(a, v),
        jnp.linalg.slogdet(a),
        jnp.linalg.det(a),
        *(
            jax.scipy.linalg.solve_triangular(a, s, lower=lower, trans=trans, unit_diagonal=unit)
            for lower in (True, False)
            for trans in (0, 1)
            for unit in (True, False)
        ),
        jax.lax.linalg.triangular_solve(a, s, left_side=False, lower=True, transpose_a=True),
    ),
    "gradients": lambda a, s, v, w, t: (
        jax.grad(lambda a: jnp.linalg.slogdet(a)[1] + (v @ jnp.linalg.solve(a, w)))(a),
        jax.hessian(lambda v: jax.scipy.special.logsumexp(a @ v))(v),
        jax.jacfwd(lambda v: jax.nn.softmax(v))(v),
        jax.grad(lambda s: jax.scipy.stats.multivariate_normal.logpdf(v, w, s))(s),
        jax.grad(lambda a: jax.scipy.stats.beta.logpdf(0.3, a, 1.5))(0.7),
        jax.grad(lambda v: v[1] * v[0] ** 2)(v),
    ),
    "what JAX does itself": lambda a, s, v, w, t: (
        jnp.sort(w),
        jnp.cumsum(v),
        v[jnp.argsort(w)],
        jnp.zeros(3).at[1].add(v[0]),
        jax.lax.fori_loop(0, 4, lambda i, x: x + i * v, w),
    ),
    "branches": lambda a, s, v, w, t: (
        jax.lax.cond(v[0] < 1, lambda x: x * 2, lambda x: x * 3, w),
        jax.lax.switch(7, [lambda x: x, lambda x: -x], w),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_numbers_as_compiled(name: str) -> None:
    with jax.enable_x64(True):
        program = jax.jit(lambda static, inputs: CASES[name](*inputs), static_argnums=0)
        found, wanted = evaluated(program, "static", INPUTS), program("static", INPUTS)
        assert jax.tree.structure(found) == jax.tree.structure(wanted)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
            assert one.dtype == other.dtype and one.shape == other.shape
            np.testing.assert_allclose(one, np.asarray(other), rtol=1e-13, atol=1e-14)


def test_a_kind_with_another_parameter_is_left_to_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    def knows_nothing(x: Any) -> Any:
        pytest.fail("asked of what it does not know")

    monkeypatch.setattr(traces, "_OPERATIONS", {"reduce_sum": knows_nothing})
    assert evaluated(jax.jit(lambda static, x: x.sum(), static_argnums=0), 0, np.float32([1, 2, 4])) == 7


def test_an_operation_that_makes_another_kind_of_array_is_left_to_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "_OPERATIONS", {"exp": lambda x, *, accuracy: np.zeros((2, 2))})
    assert evaluated(jax.jit(lambda static, x: jnp.exp(x), static_argnums=0), 0, np.float32(0)) == 1


def test_an_operation_that_is_wrong_is_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    m = Reference(Symbol("m", "param"))
    claim = Claim(label="slope", lhs=Derivative(Exp(m), m), rhs=Exp(m))
    assert Witness().by_autodiff(claim) is not None
    monkeypatch.setattr(traces, "_OPERATIONS", {"exp": lambda x, *, accuracy: np.exp(x) * (1 + 1e-6)})
    with pytest.raises(DisagreementError, match="autodiff and by balls"):
        Witness().by_autodiff(claim)
