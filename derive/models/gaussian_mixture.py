"""The Gaussian mixture model, for every covariance structure, weights free or known.

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 9.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from derive.densities import Law, density, gaussian
from derive.formula import (
    HALF,
    ONE,
    Definition,
    Delta,
    Divide,
    Exp,
    Formula,
    Inverse,
    Log,
    Named,
    Number,
    Power,
    Reference,
    SizeNumber,
    Substitute,
    Sum,
    multiply,
    negate,
    quadratic_form,
    sum_over,
)
from derive.models import GaussianShape, LatentModel, ModelFamily, Parameter, Weights
from derive.symbols import Index, IndexLike, Range, Size, Symbol


def build(covariance: str, weights: str) -> LatentModel:
    n, k, d = Size("n"), Size("k"), Size("d")
    i = Index("i", Range(n))
    j, l, s = (Index(letter, Range(k)) for letter in "jls")
    structure = gaussian.COVARIANCES[covariance]
    x = Reference(Symbol("x", "data", (Range(n),), (d,)), (i,))
    mean = Symbol("mu", "param", (Range(k),), (d,))
    spread = structure.symbol(Range(k), d)
    matrix = structure.matrix(spread, j, d)

    exponent = Definition("psi", (i, j), gaussian.exponent(x, Reference(mean, (j,)), matrix))
    normaliser = Definition("alpha", (j,), gaussian.normaliser(matrix, d))
    reference = gaussian.log_reference(x, Reference(mean, (j,)), matrix)
    component = Definition("f", (i, j), multiply(normaliser(j), Exp(exponent(i, j))), log_reference=reference)
    weight, weight_parameters = _weights(weights, i, j, l, s)
    joint = Definition("p", (i, j), multiply(component(i, j), weight(j)))

    mu_s, matrix_s = Reference(mean, (s,)), structure.matrix(spread, s, d)

    def mean_slope(w: Weights) -> Formula:
        return Sum(i, multiply(w(i, s), gaussian.mean_gradient(x, mu_s, matrix_s)))

    def mean_step(w: Weights) -> Formula:
        return Divide(Sum(i, multiply(w(i, s), x)), Sum(i, w(i, s)))

    def mean_curvature(w: Weights) -> Formula:
        return negate(multiply(Delta(s, l), Sum(i, w(i, s)), Inverse(matrix_s)))

    def mean_gap(w: Weights, solution: Definition) -> Formula:
        off = solution(j) - Reference(mean, (j,))
        return Sum(j, multiply(HALF, Sum(i, w(i, j)), quadratic_form(off, Inverse(matrix))))

    parameters = [
        Parameter(
            symbol=mean,
            indices=(s,),
            slope=mean_slope,
            m_step=mean_step,
            gap=mean_gap,
            curvature=mean_curvature,
            multiplier=lambda w: multiply(Divide(ONE, Sum(i, w(i, s))), matrix_s),
            role="the means",
            other=l,
        )
    ]
    solve, miss = structure.m_step, structure.gap
    if solve is not None and miss is not None:

        def fit(w: Weights) -> gaussian.Fit:
            def scatter(datum: Index, of: Index) -> Formula:
                return gaussian.scatter_of(x, Reference(mean, (of,)))

            return gaussian.Fit(datum=i, latent=j, dimension=d, weights=w, scatter=scatter)

        def spread_slope(w: Weights) -> Formula:
            of = j if structure.shared else s
            whole = gaussian.covariance_gradient(x, Reference(mean, (of,)), structure.matrix(spread, of, d))
            slope = multiply(HALF, w(i, of), structure.project(whole))
            return sum_over(i, *((j,) if structure.shared else ()), body=slope)

        def spread_step(w: Weights) -> Formula:
            return solve(fit(w), j if structure.shared else s)

        def spread_gap(w: Weights, solution: Definition) -> Formula:
            # A symbol of the solution's name: its inverse and its logarithm are those of a positive (definite) parameter.
            best = replace(spread, name=solution.name)
            formal = () if structure.shared else (s,)
            return Substitute(miss(fit(w), spread, best), best, formal, solution(*formal))

        parameters.append(
            Parameter(
                symbol=spread,
                indices=() if structure.shared else (s,),
                slope=spread_slope,
                m_step=spread_step,
                gap=spread_gap,
                role=structure.role,
                own=not structure.shared,
                other=None if structure.shared else l,
                condition=structure.condition,
                larger=(n, d) if structure.needs_rank else None,
            )
        )
    return LatentModel(
        name="gaussian-mixture",
        title=f"Gaussian mixture with {structure.title}",
        sizes={"data": n, "components": k, "dimension": d},
        datum=i,
        latent=j,
        other=l,
        fresh=s,
        observation=x,
        weight=weight,
        gaussian=GaussianShape(
            normaliser=normaliser,
            exponent=exponent,
            covariance=lambda at: structure.matrix(spread, at, d),
            weight=weight,
            component=component,
        ),
        joint=joint,
        parameters=(*parameters, *weight_parameters),
        introduction=(
            "{n} independent data {x}, vectors of dimension {d}, each from one of {k} components. Component {j} is chosen "
            "with probability {phi_j}; which one it was is not observed."
        ),
        definitions=(
            *(((named, "the weights, as the softmax of free numbers"),) if isinstance(named := weight(j), Named) else ()),
            (exponent(i, j), "the exponent of the component's density"),
            (normaliser(j), "its normalising constant"),
            (component(i, j), "the density of a datum of component {j}"),
            (joint(i, j), "the joint density of a datum and its component"),
        ),
        laws=(Law(density("Normal"), x, (Reference(mean, (j,)), matrix)),),
        options={"covariance": covariance, "weights": weights},
    )


def _weights(kind: str, i: Index, j: Index, l: Index, s: Index) -> tuple[Callable[[IndexLike], Formula], tuple[Parameter, ...]]:
    """The mixing weights: entries of a simplex (free or known), or the softmax of free logits."""
    n, component = i.range.upper, j.range
    if kind == "logits":
        logit = Symbol("a", "param", (component,))
        above, below = Exp(Reference(logit, (j,))), Sum(l, Exp(Reference(logit, (l,))))
        softmax = Definition("phi", (j,), Divide(above, below), normalised_over=j)

        def logit_step(w: Weights) -> Formula:
            return Log(Sum(i, w(i, s)))

        def logit_gap(w: Weights, solution: Definition) -> Formula:
            best = Divide(Sum(i, w(i, j)), SizeNumber(n))
            return multiply(SizeNumber(n), Sum(j, multiply(best, Log(Divide(best, softmax(j))))))

        logits = Parameter(
            symbol=logit,
            indices=(s,),
            slope=lambda w: Sum(i, w(i, s)) - multiply(SizeNumber(n), softmax(s)),
            m_step=logit_step,
            gap=logit_gap,
            role="the logits of the weights",
            own=False,
            other=l,
        )
        return softmax, (logits,)
    symbol = Symbol("phi", "param" if kind == "free" else "const", (component,), (), "simplex")

    def weight_step(w: Weights) -> Formula:
        return Divide(Sum(i, w(i, s)), SizeNumber(n))

    def weight_curvature(w: Weights) -> Formula:
        squared = Power(Reference(symbol, (s,)), Number(Fraction(2)))
        return negate(multiply(Delta(s, l), Divide(Sum(i, w(i, s)), squared)))

    def weight_gap(w: Weights, solution: Definition) -> Formula:
        best = solution(j)
        return multiply(SizeNumber(n), Sum(j, multiply(best, Log(Divide(best, Reference(symbol, (j,)))))))

    free = Parameter(
        symbol=symbol,
        indices=(s,),
        slope=lambda w: Sum(i, Divide(w(i, s), Reference(symbol, (s,)))),
        m_step=weight_step,
        gap=weight_gap,
        curvature=weight_curvature,
        multiplier=lambda w: Divide(Reference(symbol, (s,)), SizeNumber(n)),
        constraint=lambda w: SizeNumber(n),
        role="the weights",
        other=l,
    )
    return lambda at: Reference(symbol, (at,)), (free,) if kind == "free" else ()


MODEL = ModelFamily(
    name="gaussian-mixture",
    title="Gaussian mixture",
    options={"covariance": tuple(gaussian.COVARIANCES), "weights": ("free", "known", "logits")},
    build=build,
)
