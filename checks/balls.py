"""Numbers for enclosures: balls of arbitrary precision, and dual numbers over them for derivatives of any order.

A dual number carries sparse tangents in several directions. Every differentiation has a tag; of two duals that meet, the one with
the later tag is the outer, so that nested derivatives are never confused.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import flint
from flint import arb, fmpq

from derive.errors import UnsupportedError

_tags = itertools.count(1)


class Undefined(Exception):
    """A value that does not exist; ``certain`` is False where more precision may still decide."""

    def __init__(self, reason: str, *, certain: bool) -> None:
        super().__init__(reason)
        self.certain = certain


@contextmanager
def precision(bits: int) -> Generator[None]:
    """Work with balls of so many bits."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def exact(value: Fraction | int) -> arb:
    return _rational(value.numerator, value.denominator, flint.ctx.prec)


@functools.lru_cache(maxsize=8192)
def _rational(numerator: int, denominator: int, bits: int) -> arb:
    """A number as a ball of the current precision, which is so many bits."""
    return arb(fmpq(numerator, denominator))


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """``value + sum over directions of tangent * epsilon_direction``, epsilons of one tag multiplying to zero."""

    value: Ball
    tangents: Mapping[object, Ball]
    tag: int

    def chain(self, value: Ball, slope: Ball) -> Dual:
        return Dual(value, _times(self.tangents, slope), self.tag)


Ball = arb | Dual


ZERO, ONE = arb(0), arb(1)


def new_tag() -> int:
    return next(_tags)


def ball(x: Ball) -> arb:
    """The value below all tangents."""
    while isinstance(x, Dual):
        x = x.value
    return x


def plus(x: Ball, y: Ball) -> Ball:
    if isinstance(x, arb):
        return x + y if isinstance(y, arb) else Dual(plus(x, y.value), y.tangents, y.tag)
    if isinstance(y, arb) or x.tag > y.tag:
        return Dual(plus(x.value, y), x.tangents, x.tag)
    if x.tag < y.tag:
        return Dual(plus(x, y.value), y.tangents, y.tag)
    tangents = dict(x.tangents)
    for key, tangent in y.tangents.items():
        known = tangents.get(key)
        tangents[key] = tangent if known is None else plus(known, tangent)
    return Dual(plus(x.value, y.value), tangents, x.tag)


def negative(x: Ball) -> Ball:
    if isinstance(x, arb):
        return -x
    return Dual(negative(x.value), {key: negative(tangent) for key, tangent in x.tangents.items()}, x.tag)


def minus(x: Ball, y: Ball) -> Ball:
    return plus(x, negative(y))


def _times(tangents: Mapping[object, Ball], factor: Ball) -> dict[object, Ball]:
    if isinstance(factor, arb):
        return {
            key: tangent * factor if isinstance(tangent, arb) else multiply(tangent, factor) for key, tangent in tangents.items()
        }
    return {key: multiply(tangent, factor) for key, tangent in tangents.items()}


def multiply(x: Ball, y: Ball) -> Ball:
    if isinstance(x, arb):
        return x * y if isinstance(y, arb) else Dual(multiply(x, y.value), _times(y.tangents, x), y.tag)
    if isinstance(y, arb) or x.tag > y.tag:
        return Dual(multiply(x.value, y), _times(x.tangents, y), x.tag)
    if x.tag < y.tag:
        return Dual(multiply(x, y.value), _times(y.tangents, x), y.tag)
    tangents = _times(x.tangents, y.value)
    for key, term in _times(y.tangents, x.value).items():
        known = tangents.get(key)
        tangents[key] = term if known is None else plus(known, term)
    return Dual(multiply(x.value, y.value), tangents, x.tag)


def inverse(x: Ball) -> Ball:
    """``1/x``.

    Raises:
        Undefined: x is zero, or may be.
    """
    if not isinstance(x, Dual):
        if x.contains(0):
            raise Undefined("a division by zero", certain=bool(x.is_zero()))
        return 1 / x
    value = inverse(x.value)
    return x.chain(value, negative(multiply(value, value)))


def exp(x: Ball) -> Ball:
    if not isinstance(x, Dual):
        return x.exp()
    value = exp(x.value)
    return x.chain(value, value)


def log(x: Ball) -> Ball:
    """The real logarithm.

    Raises:
        Undefined: x is not positive, or may not be.
    """
    if not isinstance(x, Dual):
        if not x > 0:
            raise Undefined("the log of something that is not positive", certain=bool(x <= 0))
        return x.log()
    return x.chain(log(x.value), inverse(x.value))


def power(x: Ball, exponent: Fraction) -> Ball:
    """A rational power, real: a fractional one needs a positive base.

    Raises:
        Undefined: there is no real value, or there may be none.
    """
    if exponent.denominator == 1:
        count = int(exponent)
        if count < 0:
            return inverse(power(x, -exponent))
        if count == 1:
            return x
        if count > 4096:
            raise UnsupportedError(f"a power too large to evaluate: exponent={count}, limit=4096")
        if not isinstance(x, Dual):
            return _whole_power(x, count)
        if count == 0:
            return ONE
        return x.chain(power(x.value, exponent), multiply(exact(count), power(x.value, exponent - 1)))
    if not isinstance(x, Dual) and x.is_zero() and exponent > 0:
        return ZERO
    return exp(multiply(exact(exponent), log(x)))


def _whole_power(x: arb, count: int) -> arb:
    """By repeated squaring: the library's own power is not a number where a ball contains zero."""
    result, square = ONE, x
    while count:
        if count % 2:
            result = result * square
        count //= 2
        if count:
            square = square * square
    return result


def function(name: str, x: Ball) -> Ball:
    """A special function by name.

    Raises:
        UnsupportedError: the function is not known here.
        Undefined: x lies outside its domain.
    """
    order = {"digamma": 0, "trigamma": 1, "tetragamma": 2, "pentagamma": 3}
    bessel = _bessel_order(name)
    if name not in ("erf", "cos", "sin", "gamma", "loggamma", *order) and bessel is None:
        raise UnsupportedError(f"no enclosure is known for the function {name}")
    if isinstance(x, Dual):
        return x.chain(function(name, x.value), _slope(name, x.value))
    if bessel is not None:
        return x.bessel_i(arb(bessel))
    if name in ("erf", "cos", "sin"):
        return x.erf() if name == "erf" else x.cos() if name == "cos" else x.sin()
    if not x > 0:
        # Certain at a pole only: what log Gamma means between negative poles is a convention, and no refutation may rest on it.
        raise Undefined(f"{name} of something that is not positive", certain=bool(x.is_integer()))
    if name in ("gamma", "loggamma"):
        return x.gamma() if name == "gamma" else x.lgamma()
    m = order[name]
    if m == 0:
        return x.digamma()
    # psi^(m)(x) = (-1)^(m+1) m! zeta(m+1, x)
    sign = 1 if m % 2 else -1
    return arb(sign) * arb(m).fac() * arb(m + 1).zeta(x)


def _bessel_order(name: str) -> int | None:
    """The n of ``besselin``, a modified Bessel function of the first kind; None of any other name."""
    order = name.removeprefix("besseli")
    return int(order) if order != name and order.isdigit() else None


def _slope(name: str, x: Ball) -> Ball:
    if name == "erf":
        return multiply(multiply(exact(2), exp(negative(multiply(x, x)))), inverse(arb.pi().sqrt()))
    if name in ("cos", "sin"):
        return function("cos", x) if name == "sin" else negative(function("sin", x))
    bessel = _bessel_order(name)
    if bessel is not None:
        # I_n' = (I_(n-1) + I_(n+1)) / 2, and I_(-1) = I_1.
        sides = (function(f"besseli{abs(bessel - 1)}", x), function(f"besseli{bessel + 1}", x))
        return multiply(exact(Fraction(1, 2)), plus(*sides))
    if name == "gamma":
        return multiply(function("gamma", x), function("digamma", x))
    chain = ("loggamma", "digamma", "trigamma", "tetragamma", "pentagamma")
    position = chain.index(name)
    if position + 1 == len(chain):
        raise UnsupportedError(f"no derivative is known for {name}")
    return function(chain[position + 1], x)
