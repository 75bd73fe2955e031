"""Posteriors of continuous latents in closed form: a joint density that is, in the latent, a known density up to a factor.

Of a positive latent z, z^a exp(-b z + c) is a gamma density by a factor free of z; of a real one, exp(-a z^2 + b z + c) a normal
one, of a vector too; of a proportion, z^a (1 - z)^b a beta density. The factor is the evidence. That it is finite needs no
condition of its own: the joint density of declared variables has an integral.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from derive.formula import (
    ONE,
    ZERO,
    Add,
    Determinant,
    Divide,
    Exp,
    Formula,
    Function,
    Inverse,
    MatrixProduct,
    Multiply,
    Named,
    Number,
    Pi,
    Power,
    Product,
    Reference,
    SizeNumber,
    Sum,
    Transpose,
    add,
    matrix_product,
    mentions,
    multiply,
    negate,
    unfold,
)
from derive.proposals.quadratics import Quadratic, quadratic
from derive.proposals.terms import NoProposal, tidied


@dataclass(frozen=True, slots=True)
class Conjugate:
    """The latent's posterior, a density by name, and the evidence: the joint density with the latent integrated out."""

    density: str
    parameters: tuple[Formula, ...]
    evidence: Formula


class _OtherForm(Exception):
    pass


def conjugate(joint: Formula, latent: Reference) -> Conjugate | None:
    """The posterior of ``latent``, of which ``joint`` is the joint density with all that is seen; None where it is not known."""
    found = _normal(joint, latent) if latent.symbol.domain == "real" else None
    if found is not None or latent.shape != ():
        return found
    try:
        kernel = _Kernel(latent)
        kernel.take(joint, Fraction(1))
    except _OtherForm:
        return None
    powers = {power: coefficient for power, coefficient in kernel.powers.items() if coefficient != ZERO}
    outside = multiply(*(kernel.outside or [ONE]))
    if constant := powers.pop(0, None):
        outside = multiply(outside, Exp(constant))
    if latent.symbol.domain == "positive" and set(powers) == {1}:
        shape, rate = tidied(add(*kernel.exponents, ONE)), tidied(negate(powers[1]))
        mass = Divide(Function("gamma", (shape,)), Power(rate, shape))
        return Conjugate("Gamma", (shape, rate), multiply(outside, mass))
    if latent.symbol.domain == "unit" and not powers:
        first, second = (tidied(add(*exponents, ONE)) for exponents in (kernel.exponents, kernel.of_rest))
        mass = Divide(
            multiply(*(Function("gamma", (each,)) for each in (first, second))), Function("gamma", (tidied(first + second),))
        )
        return Conjugate("Beta", (first, second), multiply(outside, mass))
    if latent.symbol.domain == "real" and not kernel.exponents and 2 in powers and set(powers) <= {1, 2}:
        precision = multiply(Number(Fraction(-2)), powers[2])
        slope = powers.get(1, ZERO)
        mass = multiply(
            Exp(Divide(multiply(slope, slope), multiply(Number(Fraction(2)), precision))),
            Power(Divide(multiply(Number(Fraction(2)), Pi()), precision), Number(Fraction(1, 2))),
        )
        return Conjugate("Normal", (Divide(slope, precision), Divide(ONE, precision)), multiply(outside, mass))
    return None


def _normal(joint: Formula, latent: Reference) -> Conjugate | None:
    """A normal posterior, of a number or a vector: the square in the exponent is completed."""
    try:
        outside, exponent = _taken(joint, latent)
    except NoProposal:
        return None
    if exponent.precision is None or exponent.slope is None:
        return None
    two, half = Number(Fraction(2)), Number(Fraction(1, 2))
    if latent.shape == ():
        variance: Formula = Divide(ONE, exponent.precision)
        mean: Formula = Divide(exponent.slope, exponent.precision)
        mass = [Power(multiply(two, Pi(), variance), half)]
        square: Formula = Divide(Power(exponent.slope, two), exponent.precision)
    elif (size := latent.shape[0]) is not None:
        variance = Inverse(exponent.precision)
        mean = matrix_product(variance, exponent.slope)
        mass = [Power(multiply(two, Pi()), Divide(SizeNumber(size), two)), Power(Determinant(variance), half)]
        square = matrix_product(Transpose(exponent.slope), variance, exponent.slope)
    else:
        return None
    rest = Exp(add(*filter(None, [exponent.constant]), multiply(half, square)))
    return Conjugate("Normal", (mean, variance), multiply(*_cancelled([*outside, *mass]), rest))


def _cancelled(factors: list[Formula]) -> list[Formula]:
    """Factors without those of which the reciprocal stands among them."""
    for factor in factors:
        if Divide(ONE, factor) in factors:
            return _cancelled([other for other in factors if other not in (factor, Divide(ONE, factor))])
    return factors


def _taken(node: Formula, latent: Reference) -> tuple[list[Formula], Quadratic]:
    """The factors of a positive function that are free of the latent, and the exponent of the others.

    Raises:
        NoProposal: they are no exponentials of quadratic functions.
    """
    if not mentions(node, latent.symbol):
        return [node], Quadratic()
    if isinstance(node, Named):
        return _taken(unfold(node), latent)
    if isinstance(node, Exp):
        return [], quadratic(node.argument, latent)
    if isinstance(node, Divide) and not mentions(node.denominator, latent.symbol):
        outside, exponent = _taken(node.numerator, latent)
        return [*outside, Divide(ONE, node.denominator)], exponent
    if isinstance(node, Product):
        outside, exponent = _taken(node.body, latent)
        return [Product(node.index, multiply(*outside))] if outside else [], exponent.summed(node.index)
    if isinstance(node, Multiply):
        every, whole = list[Formula](), Quadratic()
        for factor in node.factors:
            outside, exponent = _taken(factor, latent)
            every, whole = [*every, *outside], whole.plus(exponent)
        return every, whole
    raise NoProposal("no normal density")


@dataclass(slots=True)
class _Kernel:
    """A positive function of the latent: factors free of it, exponents of the latent itself, and exp of its powers.

    Of a latent between 0 and 1 there are exponents of what is left to 1 as well.
    """

    latent: Reference
    outside: list[Formula] = field(default_factory=list[Formula])
    exponents: list[Formula] = field(default_factory=list[Formula])
    powers: dict[int, Formula] = field(default_factory=dict[int, Formula])
    of_rest: list[Formula] = field(default_factory=list[Formula])

    def is_free(self, node: Formula) -> bool:
        return not mentions(node, self.latent.symbol)

    def take(self, node: Formula, sign: Fraction) -> None:
        """Multiply (or, with sign -1, divide) by a factor."""
        if isinstance(node, Named) and not self.is_free(node):
            self.take(unfold(node), sign)
        elif isinstance(node, Multiply):
            for factor in node.factors:
                self.take(factor, sign)
        elif isinstance(node, Divide):
            self.take(node.numerator, sign)
            self.take(node.denominator, -sign)
        elif isinstance(node, Product) and not self.is_free(node):
            self.take_all(node, sign)
        elif self.latent.symbol.domain == "unit" and not self.is_free(node):
            base, exponent = (node.base, node.exponent) if isinstance(node, Power) else (node, ONE)
            if base not in (self.latent, ONE - self.latent) or not self.is_free(exponent):
                raise _OtherForm
            (self.exponents if base == self.latent else self.of_rest).append(exponent if sign == 1 else negate(exponent))
        elif isinstance(node, Exp) and not self.is_free(node):
            for power, coefficient in self.laurent(node.argument).items():
                scaled = multiply(Number(sign), coefficient) if sign != 1 else coefficient
                self.powers[power] = add(self.powers[power], scaled) if power in self.powers else scaled
        else:
            exponent, rest = self.monomial(node)
            if rest != ONE:
                self.outside.append(rest if sign == 1 else Power(rest, Number(sign)))
            if exponent != ZERO:
                self.exponents.append(exponent if sign == 1 else negate(exponent))

    def take_all(self, node: Product, sign: Fraction) -> None:
        """Multiply (or divide) by a product over an index: exponents are sums over it."""
        inner = _Kernel(self.latent)
        inner.take(node.body, sign)

        def summed(part: Formula) -> Formula:
            return Sum(node.index, part)

        self.outside += [Product(node.index, multiply(*inner.outside))] if inner.outside else []
        self.exponents += map(summed, inner.exponents)
        self.of_rest += map(summed, inner.of_rest)
        for power, coefficient in inner.powers.items():
            own = summed(coefficient)
            self.powers[power] = add(self.powers[power], own) if power in self.powers else own

    def monomial(self, node: Formula) -> tuple[Formula, Formula]:
        """Exponent and factor of ``factor * latent ** exponent``, as which a formula is written."""
        if self.is_free(node):
            return ZERO, node
        if node == self.latent:
            return ONE, ONE
        if isinstance(node, Named):
            return self.monomial(unfold(node))
        if isinstance(node, Multiply):
            parts = [self.monomial(factor) for factor in node.factors]
            return _sum([e for e, _ in parts]), _product([rest for _, rest in parts])
        if isinstance(node, Divide):
            above, below = self.monomial(node.numerator), self.monomial(node.denominator)
            return _sum([above[0], negate(below[0])]), above[1] if below[1] == ONE else Divide(above[1], below[1])
        if isinstance(node, Power) and self.is_free(node.exponent) and self.latent.symbol.domain == "positive":
            exponent, rest = self.monomial(node.base)
            return multiply(exponent, node.exponent), rest if rest == ONE else Power(rest, node.exponent)
        if isinstance(node, Determinant) and (size := node.argument.shape[0]) is not None:
            exponent, rest = self.scaled(node.argument)
            return multiply(SizeNumber(size), Number(Fraction(exponent))), Determinant(rest)
        raise _OtherForm

    def laurent(self, node: Formula) -> dict[int, Formula]:
        """The coefficients of the powers of the latent, of a formula that is a sum of such."""
        if self.is_free(node):
            return {0: node}
        if node == self.latent:
            return {1: ONE}
        if isinstance(node, Named):
            return self.laurent(unfold(node))
        if isinstance(node, Add):
            found: dict[int, Formula] = {}
            for term in node.terms:
                for power, coefficient in self.laurent(term).items():
                    found[power] = add(found[power], coefficient) if power in found else coefficient
            return found
        if isinstance(node, Multiply):
            product: dict[int, Formula] = {0: ONE}
            for factor in node.factors:
                product = _times(product, self.laurent(factor))
            return product
        if isinstance(node, Divide):
            below = self.laurent(node.denominator)
            if len(below) != 1:
                raise _OtherForm
            ((power, coefficient),) = below.items()
            above = self.laurent(node.numerator)
            return {p - power: c if coefficient == ONE else Divide(c, coefficient) for p, c in above.items()}
        if isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value in (1, 2):
            inside = self.laurent(node.base)
            return inside if node.exponent.value == 1 else _times(inside, inside)
        if isinstance(node, MatrixProduct):
            factors = [self.scaled(factor) for factor in node.factors]
            return {sum(power for power, _ in factors): matrix_product(*(rest for _, rest in factors))}
        raise _OtherForm

    def scaled(self, node: Formula) -> tuple[int, Formula]:
        """Power and matrix of ``latent ** power * matrix``, as which a matrix is written."""
        if self.is_free(node):
            return 0, node
        if isinstance(node, Inverse):
            power, rest = self.scaled(node.argument)
            return -power, Inverse(rest)
        if isinstance(node, Transpose):
            power, rest = self.scaled(node.argument)
            return power, Transpose(rest)
        if isinstance(node, Divide) and node.numerator.shape != ():
            power, rest = self.scaled(node.numerator)
            below, under = self._whole(node.denominator)
            return power - below, rest if under == ONE else Divide(rest, under)
        if isinstance(node, Multiply) and node.shape != ():
            powers, parts = 0, []
            for factor in node.factors:
                power, rest = self._whole(factor) if factor.shape == () else self.scaled(factor)
                powers += power
                parts += [rest] if rest != ONE else []
            return powers, multiply(*parts)
        raise _OtherForm

    def _whole(self, node: Formula) -> tuple[int, Formula]:
        found = self.laurent(node)
        if len(found) != 1:
            raise _OtherForm
        return next(iter(found.items()))


def _times(left: dict[int, Formula], right: dict[int, Formula]) -> dict[int, Formula]:
    found: dict[int, Formula] = {}
    for p, a in left.items():
        for q, b in right.items():
            term = b if a == ONE else a if b == ONE else multiply(a, b)
            found[p + q] = add(found[p + q], term) if p + q in found else term
    return found


def _sum(terms: list[Formula]) -> Formula:
    kept = [term for term in terms if term != ZERO]
    return add(*kept) if kept else ZERO


def _product(factors: list[Formula]) -> Formula:
    kept = [factor for factor in factors if factor != ONE]
    return multiply(*kept) if kept else ONE
