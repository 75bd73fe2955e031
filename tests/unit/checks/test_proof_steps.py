"""Proofs made by hand of what is false: each is refused for the one condition that it does not meet."""

from __future__ import annotations

from typing import Any

import pytest

from checks.certificates import proof_of
from checks.recheck import files, trees
from tests.unit.checks.test_recheck import (
    ONE,
    ROOT_OF_SQUARE,
    ROWS_APART,
    SYMBOLS,
    ZERO,
    U,
    X,
    Y,
    determinant,
    e,
    inverse,
    named,
    number,
    over,
    plus,
    power,
    statement,
    times,
    total,
)

Step = list[Any]
ALL_POSITIVE = named({**SYMBOLS, "P": {**SYMBOLS["M"], "domain": "positive"}})
SINE, COSINE = ["function", "sin", X], ["function", "cos", X]
HIDDEN_ZERO = plus(times(SINE, SINE), times(COSINE, COSINE), number(-1))
CANCELLED = plus(X, e("f", "i2"), times(number(-1), e("f", "i2")))
SIGN = ["power", number(-1), ["size", "n"]]
LOGS_FROM_TWO, LOGS = total("i2", ["log", times(X, e("o", "i2"))]), total("i", ["log", times(X, e("o", "i"))])
ROW_SUMS = {key: total("a", power(total("b", e(key, "a", "b")), -1)) for key in ("S", "P")}
SOLVED = plus(X, times(number(-1), over(ONE, Y)))


def step(name: str, *given: Any, under: list[str] | None = None, factor: Any = ONE) -> Step:
    return [name, list(given), under or [], factor]


def lemma(left: Any, right: Any, *steps: Step, signs: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"left": left, "right": right, "steps": list(steps), "signs": list(signs)}


def certificate(told: dict[str, Any], *goals: list[Step], **more: Any) -> dict[str, Any]:
    proof = {"letters": {}, "lemmas": [], "goals": list(goals), "solved": False, **more}
    return {"verdict": "proved", "statement": told, "proof": proof}


def bound(
    left: Any, right: Any, *pieces: list[Any], relation: str = "<=", goal: tuple[Step, ...] = (), **more: Any
) -> dict[str, Any]:
    return certificate(statement(left, right, relation, **more), list(goal), pieces=list(pieces))


def positive(left: Any, right: Any, gap: Any, relation: str = "<", **more: Any) -> dict[str, Any]:
    """A bound whose difference is said to be positive, or not negative, by itself."""
    return bound(left, right, ["a positive number", [], [], gap], relation=relation, **more)


def moved(body: Any, key: str, *indices: str) -> Any:
    """Nothing, which is defined where a derivative is."""
    return times(ZERO, ["derivative", body, key, *indices])


def at_least_two(more: Any) -> dict[str, Any]:
    """That a size is 2 or more, since a sum of squares over it is the size less 2: where it has a second index."""
    one, two = ["delta", "i", 1], ["delta", "i", 2]
    steps = [step("count", "i", factor=number(-1)), step("delta", "i", 1, ONE, factor=number(2)),
             step("delta", "i", 2, ONE, factor=number(2)), step("delta", "i", 1, one, factor=number(-1)),
             step("delta", "i", 2, two, factor=number(-1)), step("delta", "i", 1, two, factor=number(-2))]  # fmt: skip
    square = ["a square", [plus(ONE, times(number(-1), one), times(number(-1), two))], ["i"], ONE]
    return bound(plus(number(2), more), plus(["size", "n"], more), square, goal=tuple(steps))


FORGED = {
    "a delta of an index and itself": (
        certificate(statement(total("i", e("f", "i")), e("f", "i")), [step("delta", "i", "i", e("f", "i"))]),
        "another range",
    ),
    "a delta out of range": (
        certificate(statement(total("i2", times(["delta", "i2", "j"], X)), X), [step("delta", "i2", "j", X)]),
        "another range",
    ),
    "a division by what is zero": (
        certificate(
            statement(ZERO, ONE),
            [step("powers", HIDDEN_ZERO, "1", "-1", factor=number(-1)),
             step("sine squared", X, factor=times(number(-1), power(HIDDEN_ZERO, -1)))],
        ),
        "not known to be nonzero",
    ),
    "the logarithm of what may be negative": (
        certificate(statement(["log", times(X, Y)], plus(["log", X], ["log", Y])), [step("logarithm of a product", X, Y)]),
        "not known to be positive",
    ),
    "a product that may be negative": (
        certificate(statement(["log", times(times(X, Y), U)], plus(["log", times(X, Y)], ["log", U])),
                    [step("logarithm of a product", times(X, Y), U)]),
        "not known to be positive",
    ),
    "a root of what may be negative": (
        certificate(statement(power(power(X, 2), "1/2"), X), [step("power of a power", X, "2", "1/2")]),
        "not known to be positive",
    ),
    "a sign of what stands for nothing where a range is empty": (
        certificate(
            statement(total("i2", over(ONE, CANCELLED)), times(over(X, X), total("i2", over(ONE, X)))),
            [],
            lemmas=[lemma(CANCELLED, X, signs=("nonzero",))],
        ),
        "may stand for nothing",
    ),
    "a sign that is asked for in a sum that may be empty": (
        certificate(
            statement(plus(power(power(X, 2), "1/2"), total("i2", ["log", X])), plus(X, total("i2", ["log", X]))),
            [step("power of a power", X, "2", "1/2")],
        ),
        "not known to be positive",
    ),
    "a letter that the checker uses itself": (
        certificate(
            statement(X, X), [], lemmas=[lemma(e("f", "%0|(1, 'n', False)"), ZERO)],
        ),
        "only the checker makes",
    ),
    "a part of a derivative": (
        certificate(
            statement(X, X),
            [step("part", ["derivative", X, "x"], 1, 0, [])],
            lemmas=[lemma(X, X)],
        ),
        "a derivative in a proof",
    ),
    "a lemma before it is shown": (
        certificate(statement(ONE, ZERO), [], lemmas=[lemma(ONE, ZERO, step("lemma", 0, []))]),
        "IndexError",
    ),
    "a lemma that is not shown": (
        certificate(statement(ONE, ZERO), [step("lemma", 0, [])], lemmas=[lemma(ONE, ZERO)]),
        "not shown",
    ),
    "a consequence that may not exist, though it cancels": (
        certificate(statement(X, plus(over(X, Y), times(number(-1), over(X, Y))), "implies"), []),
        "not known to be nonzero",
    ),
    "a fixed letter of a statement": (
        certificate({**ROWS_APART, "entries": []}, [step("given", [["a", "b"]])]),
        "out of its range",
    ),
    "a count of an integral": (certificate(statement(total("z", ONE), ["size", "m"]), [step("count", "z")]), "cannot be counted"),
    "a count of what may be shorter than empty": (
        certificate(statement(total("i3", ONE), plus(["size", "n"], number(-2))), [step("count", "i3")]),
        "cannot be counted",
    ),
    "a sum of what is no simplex": (
        certificate(statement(total("i", e("o", "i")), ONE), [step("sums to one", "o")]),
        "not known to sum to one",
    ),
    "letters that stand for nothing": (
        certificate(statement(X, X), [step("inverse", "left", "a", "b", "r", "c", e("M", "r", "c"))]),
        "stands for nothing",
    ),
    "a factor that moves with the rows": (
        certificate(
            statement(["determinant", "r", "c", times(e("h", "r"), e("S", "r", "c"))], ZERO),
            [step("determinant of a multiple", "r", "c", e("h", "r"), e("S", "r", "c"))],
        ),
        "a factor that moves",
    ),
    "what is no diagonal": (
        certificate(
            statement(["determinant", "r", "c", times(["delta", "r", "c"], e("M", "r", "c"))], ONE),
            [step("determinant of a diagonal", "r", "c", e("M", "r", "c"))],
        ),
        "no diagonal",
    ),
    "a solution that is shown by what it solves": (
        certificate(
            statement(ONE, SOLVED, "implies"),
            [step("given", [], factor=times(number(-1), SOLVED))],
            [step("lemma", 0, [])],
            lemmas=[lemma(ONE, ZERO, step("given", []))],
            solved=True,
        ),
        "not given",
    ),
    "a consequence that may not exist": (
        certificate(statement(X, times(X, over(ONE, Y)), "implies"), [step("given", [], factor=over(ONE, Y))]),
        "not known to be nonzero",
    ),
    "a piece times what may be negative": (
        bound(times(X, Y, Y), ZERO, ["a square", [Y], [], times(number(-1), X)]),
        "may be negative",
    ),
    "a logarithm of what may be negative": (
        bound(["log", X], plus(X, number(-1)), ["t - 1 - log t", [Y], [], ONE]),
        "not known to be positive",
    ),
    "a form that may be negative": (
        bound(ZERO, total("a", total("b", times(e("h", "a"), e("M", "a", "b"), e("h", "b")))),
              ["a definite form", ["a", "b", e("h", "a"), e("M", "a", "b")], [], ONE]),
        "may be negative",
    ),
    "a bound that is not strict": (bound(ZERO, times(X, X), ["a square", [X], [], ONE], relation="<"), "may be zero"),
    "a strict sum that may be empty": (
        bound(ZERO, total("i2", e("o", "i2")), ["a positive number", [], ["i2"], e("o", "i2")], relation="<"),
        "may be zero",
    ),
    "an index that a size may not reach": (at_least_two(ZERO), "another range"),
    "an index that a size may not reach, in a sum that may be empty": (at_least_two(total("i2", e("f", 2))), "another range"),
    "a power by a whole number": (
        positive(plus(ONE, SIGN), SIGN, number(-1), "<="), "may be negative",
    ),
    "a power by a whole number that is positive": (
        positive(ZERO, ["power", X, ["size", "n"]], ["power", X, ["size", "n"]]), "not known to be positive",
    ),
    "a root that may be zero": (positive(ZERO, ROOT_OF_SQUARE, ROOT_OF_SQUARE), "not known to be positive"),
    "a consequence of a root that is zero": (
        certificate(statement(ROOT_OF_SQUARE, ONE, "implies"), [step("given", [], factor=power(power(X, 2), "-1/2"))]),
        "not known to be positive",
    ),
    "a sum over a fixed letter": (
        bound(["log", e("f", "i")], plus(["log", e("f", "i")], total("j", e("f", "j"))),
              ["a positive number", [], ["i"], e("f", "i")]),
        "a letter that is fixed",
    ),
    "an equation of a fixed letter, summed": (
        certificate(statement(e("f", "i"), total("j", e("f", "j")), "implies"), [step("given", [], under=["i"])]),
        "a letter that is fixed",
    ),
    "an equation of a fixed letter, inside of a sum": (
        certificate(statement(e("f", "i"), total("j", e("f", "j")), "implies"),
                    [step("part", total("i", e("f", "i")), 2, 0, [])],
                    lemmas=[lemma(e("f", "i"), ZERO, step("given", []))]),
        "a letter that is fixed",
    ),
    "a factor of what is positive in a sum that may be empty": (
        positive(LOGS_FROM_TWO, plus(LOGS_FROM_TWO, X), X, "<="), "may be negative",
    ),
    "what is assumed for letters that may stand for nothing": (
        positive(ZERO, X, X, "<=", assumptions=[{"equation": [plus(["log", X], e("f", "i2")), ZERO]}]), "may be negative",
    ),
    "what is apart for letters that may stand for nothing": (
        positive(ZERO, times(X, X), times(X, X), assumptions=[{"apart": [times(X, e("f", "i2")), ZERO]}]), "may be zero",
    ),
    "a derivative of a product that may be zero": (
        positive(moved(["product", "i", e("f", "i")], "f", "j"), power(e("f", "j"), 2), power(e("f", "j"), 2)), "may be zero",
    ),
    "a derivative of a determinant that may be zero": (
        positive(moved(determinant("M"), "M", "a", "b"), power(determinant("M"), 2), power(determinant("M"), 2)), "may be zero",
    ),
    "a derivative of a Bessel function at zero": (
        positive(moved(["function", "besseli1", X], "x"), power(X, 2), power(X, 2)), "may be zero",
    ),
    "row sums of what is positive on its diagonal": (positive(ZERO, ROW_SUMS["S"], ROW_SUMS["S"], "<="), "may be negative"),
    "pieces that are not all": (bound(X, times(Y, Y), ["a square", [Y], [], ONE]), "not the sum of its pieces"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_proof_by_what_is_no_rule_is_refused(name: str) -> None:
    told, why = FORGED[name]
    with pytest.raises(trees.Rejected, match=why):
        files.check_certificate(told)


MADE = {
    "a delta": certificate(statement(total("i", times(["delta", "i", "j"], e("f", "i"))), e("f", "j")),
                           [step("delta", "i", "j", e("f", "i"))]),
    "a division by what is not zero": certificate(statement(over(plus(X, Y), plus(X, Y)), ONE),
                                                  [step("powers", plus(X, Y), "1", "-1")]),
    "a sign that is the same": certificate(statement(over(X, CANCELLED), over(X, X)),
                                           [step("part", power(CANCELLED, -1), 1, 0, [], factor=X)],
                                           lemmas=[lemma(CANCELLED, X, signs=("nonzero",))]),
    "a sign that is asked for in a sum": certificate(
        statement(plus(power(power(X, 2), "1/2"), total("i", ["log", X])), plus(X, total("i", ["log", X]))),
        [step("power of a power", X, "2", "1/2")],
    ),
    "a square that is not zero": certificate(statement(["log", times(times(X, X), U)], plus(["log", times(X, X)], ["log", U])),
                                             [step("logarithm of a product", times(X, X), U)]),
    "a consequence": certificate(statement(X, times(X, Y), "implies"), [step("given", [], factor=Y)]),
    "a square": bound(times(number(-1), U, X, X), ZERO, ["a square", [X], [], U]),
    "a logarithm": bound(["log", U], plus(U, number(-1)), ["t - 1 - log t", [U], [], ONE]),
    "an index that is named": at_least_two(e("f", 2)),
    "a root of what is positive": positive(ZERO, power(U, "1/2"), power(U, "1/2")),
    "a power of what is positive": positive(ZERO, ["power", U, ["size", "n"]], ["power", U, ["size", "n"]]),
    "a factor of what is positive in a sum": positive(LOGS, plus(LOGS, X), X),
    "what is assumed for all letters": positive(ZERO, X, X, assumptions=[{"equation": [plus(["log", X], e("f", "i")), ZERO]}]),
    "what is apart for all letters": positive(ZERO, times(X, X), times(X, X),
                                              assumptions=[{"apart": [times(X, e("f", "i")), ZERO]}]),
    "a derivative of a logarithm": positive(moved(["log", X], "x"), X, X),
    "row sums of what is positive": positive(ZERO, ROW_SUMS["P"], ROW_SUMS["P"], symbols=ALL_POSITIVE),
    "a strict sum": bound(ZERO, total("i", e("o", "i")), ["a positive number", [], ["i"], e("o", "i")], relation="<"),
    "a form": bound(ZERO, total("a", total("b", times(e("h", "a"), e("S", "a", "b"), e("h", "b")))),
                    ["a definite form", ["a", "b", e("h", "a"), e("S", "a", "b")], [], ONE]),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_a_proof_made_by_hand_is_accepted(name: str) -> None:
    assert files.check_certificate(MADE[name])


BOUNDS = {
    "a maximum of a square": (
        (times(number(-1), power(plus(X, times(number(-1), Y)), 2)),
         ["substitute", "x", [], Y, times(number(-1), power(plus(X, times(number(-1), Y)), 2))]),
        (power(plus(X, times(number(-1), Y)), 2), ["substitute", "x", [], Y, power(plus(X, times(number(-1), Y)), 2)]),
    ),
    "a maximum of a logarithm": (
        (plus(["log", U], times(number(-1), U, e("v"))),
         ["substitute", "u", [], over(ONE, e("v")), plus(["log", U], times(number(-1), U, e("v")))]),
        (plus(["log", U], times(number(-1), U, e("v"))),
         ["substitute", "u", [], e("v"), plus(["log", U], times(number(-1), U, e("v")))]),
    ),
    "a maximum in a scale": (
        (plus(times(number(-1), ["log", U]), times(number(-1), over(e("v"), U))),
         ["substitute", "u", [], e("v"), plus(times(number(-1), ["log", U]), times(number(-1), over(e("v"), U)))]),
        (plus(["log", U], over(e("v"), U)), ["substitute", "u", [], e("v"), plus(["log", U], over(e("v"), U))]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDS)
def test_a_maximum_and_its_twin(name: str) -> None:
    true, false = BOUNDS[name]
    assert files.check_certificate(proof_of(statement(*true, "<=")))
    with pytest.raises(trees.Rejected):
        proof_of(statement(*false, "<="))


def test_a_solution_and_its_twin() -> None:
    """What solves an equation, of a matrix that has an inverse: any other vector does not."""

    def product(letter: str, i: str, vector: Any) -> Any:
        return total(letter, times(e("M", i, letter), vector))

    left = plus(product("b", "a", e("h", "b")), times(number(-1), ["size", "n"]))
    solution = total("r", times(inverse("a", "r", "M"), ["size", "n"]))
    told = statement(left, plus(e("h", "a"), times(number(-1), solution)), "implies", entries=["a"])
    assert files.check_certificate(proof_of(told))
    other = statement(left, plus(e("h", "a"), solution), "implies", entries=["a"])
    with pytest.raises(trees.Rejected):
        proof_of(other)
