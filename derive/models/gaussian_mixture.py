"""The Gaussian mixture model, for every covariance structure, weights free or known.

Source: Bishop (2006), Pattern Recognition and Machine Learning, section 9.2.
"""

from __future__ import annotations


from derive.densities import gaussian
from derive.formula import Definition, Divide, Exp, Formula, Reference, SizeNumber, Sum, multiply
from derive.models import Mixture, ModelFamily, Parameter, Weights
from derive.symbols import Index, Range, Size, Symbol


def build(covariance: str, weights: str) -> Mixture:
    n, k, d = Size("n"), Size("k"), Size("d")
    i = Index("i", Range(n))
    j, l, s = (Index(letter, Range(k)) for letter in "jls")
    structure = gaussian.COVARIANCES[covariance]
    x = Reference(Symbol("x", "data", (Range(n),), (d,)), (i,))
    mean = Symbol("mu", "param", (Range(k),), (d,))
    spread = structure.symbol(Range(k), d)
    weight = Symbol("phi", "param" if weights == "free" else "const", (Range(k),), (), "simplex")

    matrix = structure.matrix(spread, j, d)
    mu_j = Reference(mean, (j,))
    exponent = Definition("psi", (i, j), gaussian.exponent(x, mu_j, matrix))
    normaliser = Definition("alpha", (j,), gaussian.normaliser(matrix, d))
    component = Definition(
        "f", (i, j), multiply(normaliser(j), Exp(exponent(i, j))), log_reference=gaussian.log_reference(x, mu_j, matrix)
    )
    joint = Definition("p", (i, j), multiply(Reference(weight, (j,)), component(i, j)))

    def mean_step(w: Weights) -> Formula:
        return Divide(Sum(i, multiply(w(i, s), x)), Sum(i, w(i, s)))

    def weight_step(w: Weights) -> Formula:
        return Divide(Sum(i, w(i, s)), SizeNumber(n))

    parameters = [Parameter(symbol=mean, indices=(s,), m_step=mean_step, role="the means")]
    if structure.m_step is not None:
        solve = structure.m_step
        component_letter = j if structure.shared else s

        def spread_step(w: Weights) -> Formula:
            def scatter(datum: Index, component: Index) -> Formula:
                return gaussian.scatter_of(x, Reference(mean, (component,)))

            return solve(scatter, w, i, component_letter, d)

        parameters.append(
            Parameter(
                symbol=spread,
                indices=() if structure.shared else (s,),
                m_step=spread_step,
                role=structure.role,
                condition=structure.condition,
            )
        )
    if weights == "free":
        parameters.append(Parameter(symbol=weight, indices=(s,), m_step=weight_step, role="the weights"))
    return Mixture(
        name="gaussian-mixture",
        title=f"Gaussian mixture, {structure.title}, {weights} weights",
        sizes={"data": n, "components": k, "dimension": d},
        datum=i,
        latent=j,
        other=l,
        fresh=s,
        observation=x,
        weight=Reference(weight, (j,)),
        normaliser=normaliser,
        exponent=exponent,
        component=component,
        joint=joint,
        parameters=tuple(parameters),
        options={"covariance": covariance, "weights": weights},
    )


MODEL = ModelFamily(
    name="gaussian-mixture",
    title="Gaussian mixture",
    options={"covariance": tuple(gaussian.COVARIANCES), "weights": ("free", "known")},
    build=build,
)
