"""Special functions of one number: how each is written, its derivative, where it is defined, what is known of its sign.

One record each, from which kernel, proposals and writers know it. The witnesses have tables of their own (``checks.evaluation``,
``checks.balls``, ``checks.second_opinion``): what is said here of a function is looked at there by numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derive.formula import ONE, Divide, Exp, Formula, Function, Number, Pi, Power, multiply, negate


@dataclass(frozen=True, slots=True)
class SpecialFunction:
    """A function by its name in formulas.

    ``tex`` is written before the brackets, ``python`` around the argument. ``slope(x)`` is the derivative at x, a formula of
    numbers, powers, exponentials and special functions; None where there is no rule. One ``of_positive`` is spoken of at positive
    numbers alone; the values of one that is ``positive`` are.
    """

    name: str
    tex: str
    python: str = ""
    slope: Callable[[Formula], Formula] | None = None
    of_positive: bool = False
    positive: bool = False

    def __call__(self, argument: Formula) -> Function:
        return Function(self.name, (argument,))


def _erf_slope(x: Formula) -> Formula:
    two = Number(Fraction(2))
    return Divide(multiply(two, Exp(negate(Power(x, two)))), Power(Pi(), Number(Fraction(1, 2))))


GAMMA = SpecialFunction(
    "gamma",
    r"\Gamma",
    "jnp.exp(jax.scipy.special.gammaln({}))",
    lambda x: multiply(GAMMA(x), DIGAMMA(x)),
    of_positive=True,
    positive=True,
)
LOG_GAMMA = SpecialFunction("loggamma", r"\log\Gamma", "jax.scipy.special.gammaln({})", lambda x: DIGAMMA(x), of_positive=True)
DIGAMMA = SpecialFunction(
    "digamma", r"\operatorname{digamma}", "jax.scipy.special.digamma({})", lambda x: TRIGAMMA(x), of_positive=True
)
TRIGAMMA = SpecialFunction("trigamma", r"\operatorname{trigamma}", "jax.scipy.special.polygamma(1, {})", of_positive=True)
ERF = SpecialFunction("erf", r"\operatorname{erf}", "jax.scipy.special.erf({})", _erf_slope)
COS = SpecialFunction("cos", r"\cos", "jnp.cos({})", lambda x: negate(SIN(x)))
SIN = SpecialFunction("sin", r"\sin", "jnp.sin({})", lambda x: COS(x))
BESSEL_0 = SpecialFunction("besseli0", "I_0", "jax.scipy.special.i0({})", lambda x: BESSEL_1(x), positive=True)
"""The modified Bessel functions of the first kind; DLMF 10.29.3, 10.32.1."""
BESSEL_1 = SpecialFunction(
    "besseli1", "I_1", "jax.scipy.special.i1({})", lambda x: BESSEL_0(x) - multiply(Divide(ONE, x), BESSEL_1(x))
)

FUNCTIONS = {each.name: each for each in (GAMMA, LOG_GAMMA, DIGAMMA, TRIGAMMA, ERF, COS, SIN, BESSEL_0, BESSEL_1)}
