"""One over two, times what follows, for one over a product."""

from __future__ import annotations

from collections.abc import Iterator

from checks.diagnoses import Diagnosis, by_operators
from checks.mutation import Mutant, Operator, Scope
from derive.formula import Divide, Formula, Multiply, Number, multiply


def _below(node: Formula, scope: Scope) -> Iterator[Formula]:
    """(1/2) a b as 1/(2a) b, then as 1/(2ab): a number over a number, and factors behind it."""
    factors = node.factors if isinstance(node, Multiply) else ()
    for place, first in enumerate(factors):
        if isinstance(first, Divide) and isinstance(first.numerator, Number) and isinstance(first.denominator, Number):
            for end in range(place + 1, len(factors)):
                if factors[end].shape != () or isinstance(factors[end], Number):
                    break
                whole = Divide(first.numerator, multiply(first.denominator, *factors[place + 1 : end + 1]))
                yield multiply(*factors[:place], whole, *factors[end + 1 :])


BELOW = Operator("below-the-slash", _below)


def _quotient(mutant: Mutant) -> Formula:
    """The quotient that was meant."""
    before = mutant.before.factors if isinstance(mutant.before, Multiply) else ()
    after = mutant.after.factors if isinstance(mutant.after, Multiply) else (mutant.after,)
    return next((factor for factor in after if isinstance(factor, Divide) and factor not in before), mutant.after)


DIAGNOSIS = Diagnosis(
    code="slash-before-letters",
    title="A half of a letter for one over it",
    cause="1/2 multiplies the letters behind it; to mean {place}, put a bracket behind the slash, as in 1/(2x)",
    rule=(
        "1/2 x is a half of x, and so is 1/2\\sigma^2 a half of the variance. One over twice the variance is written with a"
        " bracket, 1/(2\\sigma^2), or as a fraction."
    ),
    wrong=r"-1/2\sigma^2 (x-\mu)^2",
    right=r"-1/(2\sigma^2) (x-\mu)^2",
    repairs=by_operators(BELOW, part=_quotient),
    rank=0,
)
