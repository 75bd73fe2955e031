"""What is positive, nonnegative or nonzero, and why: a small calculus over declared domains.

Positive and nonnegative are closed under sums, products, powers and exp; a nonempty sum of positives is positive. Whatever
cannot be derived here is unknown, which blocks the reduction that asked. Sizes are at least 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

from derive.algebra.terms import UNIT, Atom, Factor, Polynomial, Term, scale
from derive.functions import FUNCTIONS
from derive.symbols import COVERING, Domain

Domains = Mapping[tuple[str, str], Domain]
"""Declared domains, by (symbol name, role); those of unspecified functions by (name, "function")."""

_POSITIVE_DOMAINS = ("positive", "unit", "simplex")
_NONNEGATIVE_DOMAINS = ("nonnegative", "closed simplex", "one-hot", "count", "bool", *COVERING.values())


def positive_atom(atom: Atom, domains: Domains) -> bool:
    """Whether an atom is positive at every admissible point."""
    head, arguments = atom
    kind = head[0]
    if kind in ("z", "c", "q", "exp"):
        return True
    if kind in ("e", "E", "i", "I"):
        domain = domains.get((head[1], head[2]))
        if domain in ("spd", "lower"):
            return len(arguments) >= 2 and arguments[-1] == arguments[-2]
        return kind == "e" and domain in _POSITIVE_DOMAINS
    if kind == "pow":
        return positive(head[1], domains)
    if kind == "fn":
        return head[1] in FUNCTIONS and FUNCTIONS[head[1]].positive
    return kind == "ap" and function_domain(atom, domains) in _POSITIVE_DOMAINS


def function_domain(atom: Atom, domains: Domains) -> Domain | None:
    """The declared domain of the values of an unspecified function; nothing is known of those of its derivatives."""
    head, _ = atom
    differentiated = any(inner[0] == "dir" for _, factors in head[-1] for (inner, _), _ in factors)
    return None if differentiated else domains.get((head[1], "function"))


def nonnegative_atom(atom: Atom, domains: Domains) -> bool:
    head = atom[0]
    if head[0] == "d":
        return True
    if head[0] == "e" and domains.get((head[1], head[2])) in _NONNEGATIVE_DOMAINS:
        return True
    if head[0] == "ap" and function_domain(atom, domains) == "nonnegative":
        return True
    return positive_atom(atom, domains)


def _term_sign(term: Term, coefficient: Fraction, domains: Domains) -> int | None:
    """1 positive, 0 nonnegative, None unknown."""
    if coefficient < 0:
        return None
    ranges, factors = term
    strict = all(lower <= 1 for lower, _ in ranges)
    covered = _covered(factors, domains)
    for atom, exponent in factors:
        if positive_atom(atom, domains):
            continue
        strict = strict and atom in covered
        even = exponent.denominator % 2 == 0 or (exponent.denominator == 1 and exponent % 2 == 0)  # a root, or a square
        if not even and not nonnegative_atom(atom, domains):
            return None
    return 1 if strict else 0


def _covered(factors: tuple[Factor, ...], domains: Domains) -> Collection[Atom]:
    """The factors of a sum that may vanish, though not for all members of a family: the sum of these times positives is positive.

    Each is summed over its first index, on which no other of them depends: a member that is not zero may be chosen of each,
    whatever is chosen of the others. A factor of another kind might vanish just there.
    """
    found = [(atom, exponent) for atom, exponent in factors if not positive_atom(atom, domains)]
    for number, ((head, arguments), exponent) in enumerate(found):
        others = {index for place, ((_, theirs), _) in enumerate(found) for index in (theirs[1:] if place == number else theirs)}
        summed = bool(arguments) and arguments[0][0] == "b" and arguments[0] not in others
        whole = exponent.denominator == 1 and exponent > 0
        is_covering = head[0] == "e" and domains.get((head[1], head[2])) in COVERING.values()
        if not (is_covering and summed and whole):
            return ()
    return [atom for atom, _ in found]


def positive(polynomial: Polynomial, domains: Domains) -> bool:
    """Whether a polynomial is positive wherever it is defined."""
    if _is_complement_of_unit(polynomial, domains):
        return True
    signs = [_term_sign(term, coefficient, domains) for term, coefficient in polynomial.items() if coefficient > 0]
    if None in signs or 1 not in signs:
        return False
    # Where less is taken off a positive term than the term itself, what is left is positive.
    return len(signs) == len(polynomial) or _less_is_taken(polynomial, domains)


def _less_is_taken(polynomial: Polynomial, domains: Domains) -> bool:
    """Whether each negative term is one of the positive terms made smaller: ``T - T u``, or ``T - T (1 - u)``, u in (0, 1)."""
    left = {term: coefficient for term, coefficient in polynomial.items() if coefficient > 0}
    for taken, coefficient in polynomial.items():
        if coefficient > 0:
            continue
        whole = next((t for t in left if left[t] >= -coefficient and t[0] == taken[0] and _is_smaller(taken, t, domains)), None)
        if whole is None or _term_sign(whole, Fraction(1), domains) != 1:
            return False
        left[whole] += coefficient
    return True


def _is_smaller(term: Term, whole: Term, domains: Domains) -> bool:
    """Whether a term is another, positive one times a number between 0 and 1: times u, or without a factor 1/(1 - u)."""
    own, other = dict(term[1]), dict(whole[1])
    changed = [atom for atom in {*own, *other} if own.get(atom, 0) != other.get(atom, 0)]
    if len(changed) != 1:
        return False
    (atom,) = changed
    more = own.get(atom, Fraction(0)) - other.get(atom, Fraction(0))
    head = atom[0]
    if more < 0 or more.denominator != 1:
        return False
    if head[0] == "e":
        return domains.get((head[1], head[2])) == "unit"
    return head[0] == "pow" and _is_complement_of_unit(head[1], domains)


def nonnegative(polynomial: Polynomial, domains: Domains) -> bool:
    """Whether a polynomial is nonnegative wherever it is defined; the zero polynomial is."""
    return all(_term_sign(term, c, domains) is not None for term, c in polynomial.items()) or positive(polynomial, domains)


def nonzero(polynomial: Polynomial, domains: Domains) -> bool:
    """Whether a polynomial vanishes nowhere: it or its negative is positive."""
    return positive(polynomial, domains) or positive(scale(polynomial, -1), domains)


def _is_complement_of_unit(polynomial: Polynomial, domains: Domains) -> bool:
    """``1 - u`` for u strictly between 0 and 1."""
    if len(polynomial) != 2 or polynomial.get(UNIT) != 1:
        return False
    (term, coefficient) = next((t, c) for t, c in polynomial.items() if t != UNIT)
    ranges, factors = term
    if coefficient != -1 or ranges or len(factors) != 1:
        return False
    atom, exponent = factors[0]
    head, _ = atom
    if head[0] == "ap":
        return exponent == 1 and function_domain(atom, domains) == "unit"
    return exponent == 1 and head[0] == "e" and domains.get((head[1], head[2])) == "unit"
