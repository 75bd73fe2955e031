"""The checker of certificates stands alone, and each of its rules has a twin whose side condition fails."""

from __future__ import annotations

import ast
import json
import re
import sys
import tokenize
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from checks import cli, rechecking
from checks.certificates import meanings, proof_of
from checks.notes import readings
from checks.recheck import files, points, trees
from checks.scalar_trees import statement as notation_statement
from derive.notes import read_note

ROOT = Path(__file__).parents[3]
CHECKER = sorted((ROOT / "checks" / "recheck").glob("*.py"))
MOST_LINES, MOST_OF_ONE, MOST_IN_ALL = 500, 1000, 1365

REAL: dict[str, Any] = {"role": "const", "family": [], "shape": [], "domain": "real"}
LETTERS = {
    **{letter: [1, "n", False] for letter in "ijl"},
    **{letter: [1, "d", False] for letter in "abrc"},
    "i2": [2, "n", False],
    "i3": [3, "n", False],
    "b2": [2, "d", False],
    "z": [1, "m", True],
}
FAMILY = {"family": [[1, "n", False]]}
SYMBOLS = {
    "x": REAL,
    "y": REAL,
    "u": {**REAL, "domain": "positive"},
    "v": {**REAL, "domain": "positive"},
    "t": {**REAL, "role": "param"},
    "t@t": {**REAL, "role": "current"},
    "f": {**REAL, **FAMILY},
    "g": {**REAL, **FAMILY},
    "w": {**REAL, **FAMILY, "domain": "simplex"},
    "k": {**REAL, **FAMILY, "domain": "simplex"},
    "o": {**REAL, **FAMILY, "domain": "positive"},
    "p": {**REAL, "family": [[1, "n", False], [1, "n", False]], "domain": "positive"},
    "S": {**REAL, "shape": ["d", "d"], "domain": "spd"},
    "M": {**REAL, "shape": ["d", "d"]},
    "h": {**REAL, "shape": ["d"]},
}
FUNCTIONS = {
    "q": {"family": [[1, "n", False]], "arguments": [[]], "domain": "positive", "normalised over": 0},
    "o": {"family": [[1, "n", False]], "arguments": [[]], "domain": "positive", "normalised over": None},
    "m": {"family": [], "arguments": [["d"]], "domain": "real", "normalised over": None},
}


def e(key: str, *indices: str | int) -> list[Any]:
    return ["entry", key, *indices]


def number(value: int | str) -> list[Any]:
    return ["number", str(value)]


def times(*factors: Any) -> list[Any]:
    return ["multiply", *factors]


def plus(*terms: Any) -> list[Any]:
    return ["add", *terms]


def total(letter: str, body: Any) -> list[Any]:
    return ["sum", letter, body]


def over(above: Any, below: Any) -> list[Any]:
    return ["divide", above, below]


def power(base: Any, exponent: int | str) -> list[Any]:
    return ["power", base, number(exponent)]


def inverse(a: str, b: str, key: str = "S") -> list[Any]:
    return ["inverse", a, b, "r", "c", e(key, "r", "c")]


def inverse_of_sum(a: str, b: str) -> list[Any]:
    return ["inverse", a, b, "r", "c", plus(e("M", "r", "c"), times(e("u"), ["delta", "r", "c"]))]


def determinant(key: str) -> list[Any]:
    return ["determinant", "r", "c", e(key, "r", "c")]


def statement(left: Any, right: Any, relation: str = "=", **more: Any) -> dict[str, Any]:
    told = {"relation": relation, "left": left, "right": right, "parameters": [], "assumptions": [], "entries": []}
    return {**told, "letters": LETTERS, "symbols": named(SYMBOLS), "functions": FUNCTIONS, **more}


def named(symbols: dict[str, Any]) -> dict[str, Any]:
    return {key: {"name": key.removesuffix("@t"), **told} for key, told in symbols.items()}


ONE, ZERO, X, Y, U, V = number(1), number(0), e("x"), e("y"), e("u"), e("v")
ROOT_OF_SQUARE = power(power(X, 2), "1/2")
VECTOR = ["vector", "r", e("h", "r")]
SUM = plus(e("M", "b", "r"), times(U, ["delta", "b", "r"]))
FROM_TWO = plus(e("M", "b2", "r"), times(U, ["delta", "b2", "r"]))
TRUE_AND_FALSE = {
    "powers of numbers": ((power(number(8), "2/3"), number(4)), (power(number(-8), "1/3"), number(-2))),
    "delta contracts": (
        (total("i", times(["delta", "i", "j"], e("f", "i"))), e("f", "j")),
        (total("i2", times(["delta", "i2", "j"], e("f", "i2"))), e("f", "j")),
    ),
    "a power is expanded": (
        (power(plus(X, Y), 2), plus(times(X, X), times(number(2), X, Y), times(Y, Y))),
        (power(plus(X, Y), 2), plus(times(X, X), times(Y, Y))),
    ),
    "inverse times matrix": (
        (total("b", times(inverse("a", "b"), e("S", "b", "r"))), ["delta", "a", "r"]),
        (total("b2", times(inverse("a", "b2"), e("S", "b2", "r"))), ["delta", "a", "r"]),
    ),
    "inverse times matrix, and nothing else of that index": (
        (total("b", times(inverse("a", "b"), e("S", "r", "b"))), ["delta", "a", "r"]),
        (total("b", times(inverse("a", "b"), e("S", "b", "r"), e("h", "b"))), times(["delta", "a", "r"], e("h", "a"))),
    ),
    "inverse of a sum": (
        (total("b", times(inverse_of_sum("a", "b"), SUM)), ["delta", "a", "r"]),
        (total("b2", times(inverse_of_sum("a", "b2"), FROM_TWO)), ["delta", "a", "r"]),
    ),
    "inverse of a sum, from the left": (
        (total("b", times(plus(e("M", "a", "b"), times(U, ["delta", "a", "b"])), inverse_of_sum("b", "r"))), ["delta", "a", "r"]),
        (total("b", times(plus(e("M", "b", "a"), times(U, ["delta", "a", "b"])), inverse_of_sum("b", "r"))), ["delta", "a", "r"]),
    ),
    "symmetry is of what is declared so": (
        (total("b", times(inverse("b", "a"), e("S", "b", "r"))), ["delta", "a", "r"]),
        (total("b", times(inverse("b", "a", "M"), e("M", "b", "r"))), ["delta", "a", "r"]),
    ),
    "a denominator cancels": (
        (["log", total("i", total("j", over(e("p", "i", "j"), total("l", e("p", "i", "l")))))], ["log", ["size", "n"]]),
        (["log", total("i", total("j", over(e("p", "i", "j"), total("l", e("p", "l", "l")))))], ["log", ["size", "n"]]),
    ),
    "a simplex sums to one": ((total("i", e("w", "i")), ONE), (total("i2", e("w", "i2")), ONE)),
    "a simplex sums to one, alone": (
        (total("i", times(e("w", "i"), X)), X),
        (total("i", times(e("w", "i"), e("f", "i"))), total("i", times(e("f", "i"), over(ONE, ["size", "n"])))),
    ),
    "a density sums to one": (
        (total("i", ["apply", "q", ["i"], [], X]), ONE),
        (total("i", ["apply", "o", ["i"], [], X]), ONE),
    ),
    "a density sums to one, where its argument does not move": (
        (["derivative", total("i", ["apply", "q", ["i"], [], X]), "x"], ZERO),
        (total("i", ["apply", "q", ["i"], [], e("f", "i")]), ONE),
    ),
    "mixed derivatives commute": (
        (["derivative", ["derivative", ["apply", "m", [], [], VECTOR], "h", "a"], "h", "b"],
         ["derivative", ["derivative", ["apply", "m", [], [], VECTOR], "h", "b"], "h", "a"]),
        (["derivative", ["derivative", ["apply", "m", [], [], VECTOR], "h", "a"], "h", "b"],
         ["derivative", ["derivative", ["apply", "m", [], [], VECTOR], "h", "b"], "h", "b"]),
    ),
    "a function that is the same when its indices are exchanged": (
        (["log", plus(e("o", "i"), e("o", "j"))], ["log", plus(e("o", "j"), e("o", "i"))]),
        (["log", plus(e("o", "i"), times(U, e("o", "j")))], ["log", plus(e("o", "j"), times(U, e("o", "i")))]),
    ),
    "sine squared": (
        (plus(power(["function", "sin", X], 2), power(["function", "cos", X], 2)), ONE),
        (plus(power(["function", "sin", X], 2), power(["function", "cos", Y], 2)), ONE),
    ),
    "an unused index is counted": (
        (total("i2", X), times(X, plus(["size", "n"], number(-1)))),
        (total("i3", X), times(X, plus(["size", "n"], number(-2)))),
    ),
    "an integral is not counted": ((total("i", X), times(["size", "n"], X)), (total("z", X), times(["size", "m"], X))),
    "the logarithm of a product": (
        (["log", times(U, V)], plus(["log", U], ["log", V])),
        (["log", power(X, 2)], times(number(2), ["log", X])),
    ),
    "a root of a square": ((power(power(U, 2), "1/2"), U), (ROOT_OF_SQUARE, X)),
    "multiply through": ((over(X, plus(X, Y)), plus(ONE, times(number(-1), over(Y, plus(X, Y))))), (over(X, plus(X, Y)), ONE)),
    "under one sum": (
        (total("i", over(e("f", "i"), plus(e("f", "i"), e("g", "i")))),
         total("j", plus(ONE, times(number(-1), over(e("g", "j"), plus(e("g", "j"), e("f", "j"))))))),
        (total("i", over(e("f", "i"), plus(e("f", "i"), e("g", "i")))), total("j", ONE)),
    ),
    "the determinant is of one that is positive": (
        (power(power(determinant("S"), 2), "1/2"), determinant("S")),
        (power(power(determinant("M"), 2), "1/2"), determinant("M")),
    ),
    "a derivative of an inverse": (
        (["derivative", inverse("a", "b"), "S", "r", "c"], times(number(-1), inverse("a", "r"), inverse("c", "b"))),
        (["derivative", inverse("a", "b"), "S", "r", "c"], times(inverse("a", "r"), inverse("c", "b"))),
    ),
    "a derivative before a fact": (
        (["derivative", total("i", times(X, e("w", "i"))), "w", "j"], X),
        (["derivative", total("i", times(X, e("w", "i"))), "w", "j"], ZERO),
    ),
    "theta_t = theta after the derivative": (
        (["substitute", "t@t", [], e("t"), ["derivative", times(e("t"), e("t@t")), "t"]], e("t")),
        (["derivative", ["substitute", "t@t", [], e("t"), times(e("t"), e("t@t"))], "t"], e("t")),
    ),
    "no letter is captured": (
        (["substitute", "f", ["j"], total("i", times(e("g", "i"), e("g", "j"))), total("i", e("f", "i"))],
         times(total("i", e("g", "i")), total("j", e("g", "j")))),
        (["substitute", "f", ["j"], total("i", times(e("g", "i"), e("g", "j"))), total("i", e("f", "i"))],
         total("i", times(e("g", "i"), e("g", "i")))),
    ),
}  # fmt: skip


def proved(told: dict[str, Any]) -> bool:
    try:
        certificate = proof_of(told)
    except trees.Rejected:
        return False
    return files.check_certificate(certificate) != ""


@pytest.mark.parametrize("name", TRUE_AND_FALSE)
def test_a_rule_and_its_twin(name: str) -> None:
    true, false = TRUE_AND_FALSE[name]
    assert proved(statement(*true))
    assert not proved(statement(*false))


IMPLIES = {"relation": "implies"}
MOVES = {"parameters": ["x"]}
OTHER_RELATIONS = {
    "a multiple": (
        statement(X, times(X, Y), **IMPLIES, multiplier=Y),
        statement(X, ONE, **IMPLIES, multiplier=over(ONE, X)),
    ),
    "a multiple that is found": (
        statement(over(plus(X, Y), U), plus(X, Y), **IMPLIES),
        statement(plus(X, Y), over(plus(X, Y), X), **IMPLIES),
    ),
    "a constant": (
        statement(plus(power(X, 2), Y), power(X, 2), "= up to a constant", **MOVES),
        statement(plus(power(X, 2), X), power(X, 2), "= up to a constant", **MOVES),
    ),
    "a constant on each piece": (
        statement(over(ROOT_OF_SQUARE, U), over(ROOT_OF_SQUARE, U), "= up to a constant", **MOVES),
        statement(over(ROOT_OF_SQUARE, X), ZERO, "= up to a constant", **MOVES),
    ),
    "a ratio": (
        statement(["exp", plus(X, Y)], ["exp", X], "proportional to", **MOVES),
        statement(times(X, Y), X, "proportional to", **MOVES),
    ),
    "Gibbs' inequality": (
        statement(total("i", times(e("w", "i"), ["log", over(e("w", "i"), e("k", "i"))])), ZERO, ">="),
        statement(total("i", times(e("w", "i"), ["log", over(e("w", "i"), e("o", "i"))])), ZERO, ">="),
    ),
    "a bound that is an equation": (statement(times(X, Y), times(Y, X), "<="), statement(times(X, Y), times(Y, Y), "<=")),
    "Gibbs' inequality, the right way round": (
        statement(ZERO, total("i", times(e("w", "i"), ["log", over(e("w", "i"), e("k", "i"))])), "<="),
        statement(ZERO, total("i", times(e("w", "i"), ["log", over(e("k", "i"), e("w", "i"))])), "<="),
    ),
    "Jensen's inequality": (
        statement(
            total("i", times(e("w", "i"), ["log", e("o", "i")])), ["log", total("i", times(e("w", "i"), e("o", "i")))], "<="
        ),
        statement(
            total("i", times(e("o", "i"), ["log", e("o", "i")])), ["log", total("i", times(e("o", "i"), e("o", "i")))], "<="
        ),
    ),
    "a weight that is positive": (
        statement(total("i", times(U, e("w", "i"), ["log", over(e("w", "i"), e("k", "i"))])), ZERO, ">="),
        statement(total("i", times(e("f", "i"), ["log", over(e("w", "i"), e("k", "i"))])), ZERO, ">="),
    ),
    "an assumed value": (
        statement(times(X, X), times(Y, Y), assumptions=[{"text": "", "equation": [X, Y]}]),
        statement(e("f", 2), Y, assumptions=[{"text": "", "equation": [e("f", 1), Y]}]),
    ),
}


@pytest.mark.parametrize("name", [name for name in OTHER_RELATIONS if name != "a constant on each piece"])
def test_a_relation_and_its_twin(name: str) -> None:
    true, false = OTHER_RELATIONS[name]
    assert proved(true)
    assert not proved(false)


def forged(told: dict[str, Any], goals: list[Any]) -> dict[str, Any]:
    """A certificate whose proof was made by hand."""
    proof = {"letters": {}, "lemmas": [], "goals": goals, "solved": False}
    return {"verdict": "proved", "statement": told, "proof": proof}


def test_each_equation_has_steps_that_lead_to_zero() -> None:
    true, false = statement(times(X, Y), times(Y, X)), statement(times(X, Y), times(Y, Y))
    assert files.check_certificate(forged(true, [[]]))
    for certificate, why in (
        (forged(false, [[]]), "do not lead to zero"),
        (forged(false, []), "equations that there are not"),
        (forged(true, [[], []]), "equations that there are not"),
        (forged(true, [[["a rule", [], [], ONE]]]), "an unknown rule"),
    ):
        with pytest.raises(trees.Rejected, match=why):
            files.check_certificate(certificate)


def test_a_certificate_is_as_it_was_sealed_and_of_its_own_row(tmp_path: Path) -> None:
    bare = forged(statement(times(X, Y), times(Y, X)), [[]])
    whole = files.sealed({**bare, "row": {"file": "note.md", "line": 3}})
    assert files.check_file(json.dumps(whole))[1]
    for key, other in (
        ("version", files.VERSION + 1),
        ("hash", whole["meaning"]),
        ("meaning", whole["hash"]),
        ("row", {"file": "a", "line": 3}),
    ):
        with pytest.raises(trees.Rejected, match="changed after it was written"):
            files.check_file(json.dumps({**whole, key: other}))
    (tmp_path / "one.json").write_text(json.dumps(whole))
    for file, line, rejected in (("note.md", 3, 0), ("note.md", 4, 1), ("other.md", 3, 1)):
        row = {"file": file, "line": line, "verdict": "proved", "certificate": "one.json", "reason": ""}
        index = {"format": files.FORMAT, "version": files.VERSION, "rows": [row]}
        (tmp_path / "index.json").write_text(json.dumps(index))
        assert rechecking.recheck(tmp_path)[1] == rejected


def test_a_constant_is_one_on_connected_values() -> None:
    assert not proved(OTHER_RELATIONS["a constant on each piece"][1])


BROKEN = {
    "an index out of its range": (total("a", e("f", "a")), ZERO),
    "a letter that nothing binds": (e("f", "q"), ZERO),
    "an index below its range": (e("f", 0), ZERO),
    "a delta over a continuum": (total("z", ["delta", "z", "z"]), ZERO),
    "an unknown kind": (["integral", "x"], ZERO),
    "another number of indices": (e("f"), ZERO),
    "a function that was differentiated already": (["apply", "q", ["i"], [[0]], X], ZERO),
    "a substitution of another symbol's entries": (["substitute", "f", ["a"], e("h", "a"), e("f", 1)], e("h", 1)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_well_formed_is_rejected(name: str) -> None:
    with pytest.raises((trees.Rejected, LookupError)):
        proof_of(statement(*BROKEN[name]))


def test_letters_of_the_checker_are_refused() -> None:
    for name in ("#0", "%0", "~1", "@1"):
        with pytest.raises(trees.Rejected):
            trees.Names({"letters": {name: [1, "n", False]}, "symbols": {}, "functions": {}})


# Points.


def point(left: Any, right: Any, values: dict[str, Any], stated: tuple[Any, Any], relation: str = "=") -> dict[str, Any]:
    told = {
        "sizes": {"n": 2, "d": 2},
        "values": values,
        "second": {},
        "at": {},
        "bits": 128,
        "finding": "differ",
        "measures": {},
        "coefficients": {},
        "letters": {},
        "functions": {},
        "left": stated[0],
        "right": stated[1],
    }
    return {"verdict": "refuted", "statement": statement(left, right, relation), "point": told}


TWO, THREE = ["2", "1e-9"], ["3", "1e-9"]


def test_a_point_refutes() -> None:
    certificate = point(X, plus(X, ONE), {"x": "2"}, (TWO, THREE))
    assert files.check_certificate(certificate) == "the two sides differ"
    assert files.check_certificate(point(plus(U, ONE), U, {"u": "2"}, (THREE, TWO), "<=")) == "the bound fails"


WRONG_POINTS = {
    "balls that meet": point(X, plus(X, ONE), {"x": "2"}, (["2", "1"], ["3", "1"])),
    "balls elsewhere": point(X, plus(X, ONE), {"x": "2"}, (TWO, ["4", "1e-9"])),
    "a value outside of its domain": point(U, ONE, {"u": "-2"}, (["-2", "1e-9"], ["1", "1e-9"])),
    "weights that do not sum to one": point(e("w", 1), ONE, {"w": ["2", "-1"]}, (TWO, ["1", "1e-9"])),
    "a matrix that is not definite": point(e("S", 1, 1), ONE, {"S": [["2", "3"], ["3", "2"]]}, (TWO, ["1", "1e-9"])),
    "a bound that holds": point(U, plus(U, ONE), {"u": "2"}, (TWO, THREE), "<="),
    "a symbol without a value": point(X, plus(X, ONE), {}, (TWO, THREE)),
    "a relation that no point refutes": point(X, plus(X, ONE), {"x": "2"}, (TWO, THREE), "implies"),
    "a literal that these sizes do not have": point(e("f", 3), ONE, {"f": ["2", "2"]}, (TWO, ["1", "1e-9"])),
}


@pytest.mark.parametrize("name", WRONG_POINTS)
def test_a_point_that_shows_nothing_is_rejected(name: str) -> None:
    with pytest.raises(trees.Rejected):
        files.check_certificate(WRONG_POINTS[name])


@pytest.mark.parametrize("raw", [["log", number(-1)], over(ONE, ZERO), power(power(number(2), 2), "1/2")])
def test_a_function_of_which_nothing_is_known_has_values_everywhere(raw: Any) -> None:
    value = ["apply", "f", [], [], X]
    functions = {"f": {"family": [], "arguments": [[]], "domain": "positive", "normalised over": None}}
    certificate = point(over(value, value), ONE, {"x": "2"}, (TWO, THREE))
    certificate["statement"]["functions"] = functions
    certificate["point"] |= {"functions": {"f": {"letters": [], "raw": raw}}, "finding": "left undefined", "other": ["1", "0"]}
    with pytest.raises(trees.Rejected):
        files.check_certificate(certificate)


def test_an_assumption_is_told_by_what_it_says() -> None:
    told = statement(times(X, X), times(Y, Y), assumptions=[{"text": "nothing of note", "equation": [X, Y]}])
    assert rechecking.statement_text(told).endswith("; assumed: x = y")
    with pytest.raises(trees.Rejected):
        trees.Statement(statement(X, X, assumptions=[{"text": "x > 0"}]))
    with pytest.raises(trees.Rejected):
        trees.Statement(statement(X, X, assumptions=[{"text": "", "bound": [ZERO, X], "limit": [ZERO, X]}]))


def test_a_statement_is_written_out() -> None:
    told = statement(["log", ["entry", "p_{T}"]], times(number(-2), plus(X, power(Y, 2)), over(U, total("i", e("f", "i")))))
    assert rechecking.statement_text(told) == "log(p_{T})  =  (-2) (x + y^2) (u / (sum_i f[i]))\n  where u positive"


def long_term(family: str, index: str) -> list[Any]:
    return [
        "log",
        plus(times(number(3), e(family, index)), power(e(family, index), 5), power(X, 2), ["exp", times(U, V, e(family, index))]),
    ]


def test_what_is_long_and_stands_twice_is_named_once() -> None:
    told = statement(total("i", long_term("f", "i")), plus(total("j", long_term("f", "j")), long_term("f", "l")))
    assert rechecking.statement_text(told).splitlines() == [
        "sum_i A[i]  =  sum_j A[j] + A[l]  for every l",
        "  where A[i] := log(3 f[i] + f[i]^5 + x^2 + exp(u v f[i]))",
        "  where u, v positive",
    ]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(long_term("g", "i"), id="another symbol"),
        pytest.param(["log", ["exp", long_term("f", "i")[1]]], id="another function"),
        pytest.param(times(number(-1), long_term("g", "i")), id="a sign"),
    ],
)
def test_what_differs_has_no_name_in_common(other: Any) -> None:
    told = statement(total("i", long_term("f", "i")), total("i", other))
    assert ":=" not in rechecking.statement_text(told)


def test_names_tell_indices_and_ranges_apart() -> None:
    pair = [
        ["log", plus(power(e("p", i, j), 5), ["exp", times(U, V, e("p", i, j))], times(number(7), X), power(Y, 2))]
        for i, j in ("ij", "ji", "ii")
    ]
    told = statement(plus(pair[0], pair[1]), pair[2])
    first, where, domains = rechecking.statement_text(told).splitlines()
    assert domains == "  where p, u, v positive"
    assert first.startswith("A[i,j] + A[j,i]  =  log(p[i,i]^5") and where.startswith("  where A[i,j] := log(p[i,j]^5")
    # A sum from 2 on is not the sum from 1 on, though it is written with letters alike.
    body = [total(i, ["log", plus(power(e("f", i), 5), power(Y, 2), times(U, V, e("f", i), e("g", i)))]) for i in ("i", "i2")]
    told = statement(["exp", body[0]], ["exp", body[1]])
    assert ":=" not in rechecking.statement_text(told)
    assert rechecking.statement_text(told).endswith("  where i2 runs from 2 to n")


def test_no_name_of_an_abbreviation_stands_for_something_else() -> None:
    told = statement(total("i", long_term("f", "i")), plus(X, long_term("f", "l")))
    told["symbols"] = {**told["symbols"], "A": REAL, "B@t": REAL}
    told["letters"] = {**told["letters"], "C": [1, "D", False]}
    assert rechecking.statement_text(told).splitlines()[1].startswith("  where E[i] := ")


def test_one_side_that_is_not_defined() -> None:
    certificate = point(times(number(2), ["log", X]), ["log", times(X, X)], {"x": "-1"}, (ONE, ONE))
    certificate["point"] |= {"finding": "left undefined", "other": ["0", "1e-9"]}
    assert files.check_certificate(certificate) == "the left side is not defined"
    certificate["point"]["values"] = {"x": "1"}
    with pytest.raises(trees.Rejected):
        files.check_certificate(certificate)


def test_that_something_is_divided_by_zero_refutes_nothing() -> None:
    """That it is not is taken for granted, and said, where ``x / x = 1`` is proved."""
    certificate = point(over(X, X), ONE, {"x": "0"}, (ONE, ONE))
    certificate["point"] |= {"finding": "left undefined", "other": ["1", "1e-9"]}
    with pytest.raises(trees.Rejected, match="may be defined"):
        files.check_certificate(certificate)


def test_equal_sides_break_a_strict_bound_alone() -> None:
    certificate = point(X, ZERO, {"x": "0"}, (ZERO, ZERO))
    certificate["point"] |= {"finding": "equal"}
    certificate["statement"]["relation"] = ">"
    assert files.check_certificate(certificate) == "the two sides are equal, and the bound is strict"
    for relation, value in ((">=", "0"), ("=", "0"), (">", "1"), (">", "-1e-40")):
        certificate["statement"]["relation"], certificate["point"]["values"] = relation, {"x": value}
        with pytest.raises(trees.Rejected):
            files.check_certificate(certificate)


def test_an_exponent_that_is_whole_but_not_exactly_known() -> None:
    certificate = point(["power", X, times(number(3), number("1/3"))], X, {"x": "-2"}, (ONE, ONE))
    certificate["point"] |= {"finding": "left undefined", "other": ["-2", "1e-9"]}
    with pytest.raises(trees.Rejected, match="may be defined"):
        files.check_certificate(certificate)
    certificate["statement"]["left"] = ["power", X, times(number(2), number("1/3"))]
    assert files.check_certificate(certificate) == "the left side is not defined"


def test_a_power_by_a_number_that_need_not_be_whole_is_of_what_is_positive() -> None:
    certificate = point(["power", X, U], number(2), {"x": "-1", "u": "1"}, (["-1", "0"], ["2", "0"]))
    with pytest.raises(trees.Rejected):
        files.check_certificate(certificate)
    certificate["point"]["values"]["x"], certificate["point"]["left"] = "1", ["1", "1e-9"]
    assert files.check_certificate(certificate) == "the two sides differ"


def test_values_by_cramers_rule_and_by_expansion() -> None:
    told = {"sizes": {"d": 2, "n": 1}, "values": {"M": [["1", "2"], ["3", "5"]]}, "second": {}, "measures": {}}
    told |= {"functions": {}, "coefficients": {}, "letters": {}}
    here = points.Evaluation(points.Point(trees.Names(statement(X, X)), told), exact=True)
    assert here.value(trees.frozen(determinant("M")), {}) == -1
    assert [[here.value(trees.frozen(inverse("a", "b", "M")), {"a": a, "b": b}) for b in (1, 2)] for a in (1, 2)] == [
        [-5, 2],
        [3, -1],
    ]


ROWS_APART = statement(e("h", "a"), total("b", times(e("S", "a", "b"), e("h", "b"))), "implies")


def test_an_equation_at_one_place_is_not_used_at_all_places() -> None:
    """With ``h_a = 0`` for all a, ``S h`` is zero; for one a it need not be."""
    assert proved({**ROWS_APART, "entries": ["a"]})
    assert not proved(ROWS_APART)


# The house.


def lines_of_code(path: Path) -> int:
    """The lines that are neither blank, comment, docstring nor import."""
    text = path.read_text()
    told = {n for token in tokenize.generate_tokens(iter(text.splitlines(keepends=True)).__next__)
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
                                  tokenize.ENDMARKER)
            for n in range(token.start[0], token.end[0] + 1)}  # fmt: skip
    for node in ast.walk(ast.parse(text)):
        remark = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if remark or isinstance(node, (ast.Import, ast.ImportFrom)):
            told -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(told)


@pytest.mark.parametrize("read", [("trees", "sums", "points"), ("trees", "sums", "rules", "proofs")], ids=["points", "proofs"])
def test_the_checker_can_be_read(read: tuple[str, ...]) -> None:
    """To trust a refutation, or a proof, one reads so many lines."""
    found = {path.stem: lines_of_code(path) for path in CHECKER}
    assert sum(found[name] for name in read) <= MOST_OF_ONE
    assert sum(found.values()) <= MOST_IN_ALL
    imported = {name for stem in read for name in re.findall(r"^from checks\.recheck\.(\w+)", _source(stem), re.MULTILINE)}
    assert imported <= set(read)


def _source(stem: str) -> str:
    return next(path.read_text() for path in CHECKER if path.stem == stem)


@pytest.mark.parametrize("path", CHECKER, ids=lambda path: path.stem)
def test_the_checker_stands_alone_and_is_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            root = name.split(".")[0]
            assert root == "flint" or root in sys.stdlib_module_names or name.startswith("checks.recheck"), name


def test_certificates_by_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = ROOT / "examples" / "exponential-lifetimes.md"
    folder = tmp_path / "certificates"
    cli.run(["check", str(note), "--no-autodiff", "--certificates", str(folder)])
    capsys.readouterr()
    index = json.loads((folder / "index.json").read_text())
    missing = [row for row in index["rows"] if row["certificate"] is None]
    assert cli.run(["recheck", str(folder), str(note), "--allow-missing"]) == 0
    told = capsys.readouterr().out
    assert told.count("NO CERTIFICATE") == len(missing)
    assert cli.run(["recheck", str(folder)]) == (1 if missing else 0)
    other = ROOT / "examples" / "conjugate-beta.md"
    assert cli.run(["recheck", str(folder), str(other), "--allow-missing"]) == 1
    changed = folder / next(row["certificate"] for row in index["rows"] if row["certificate"])
    changed.write_text(changed.read_text().replace('"proved"', '"refuted"'))
    assert cli.run(["recheck", str(folder), "--allow-missing"]) == 1
    assert "NOT ACCEPTED" in capsys.readouterr().out
    changed.unlink()
    assert cli.run(["recheck", str(folder), "--allow-missing"]) == 1
    assert cli.run(["recheck", str(tmp_path)]) == 2


def test_rows_of_a_notebook_are_told_apart_by_their_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note, folder = tmp_path / "note.ipynb", tmp_path / "certificates"
    texts = ["```derive\nconst a in R\n```", "$$ a + a = 2 a $$", "$$ a^2 - a = a (a - 1) $$"]
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
    note.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    assert cli.run(["check", str(note), "--no-autodiff", "--certificates", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "2:1  proved" in told and "3:1  proved" in told
    assert cli.run(["recheck", str(folder), str(note)]) == 0
    told = capsys.readouterr().out
    assert ":cell 2:1: proved: rechecked" in told and ":cell 3:1: proved: rechecked" in told
    for certificate in ("0001-note-1.json", "0002-note-1.json"):
        assert (folder / certificate).exists()
    index = json.loads((folder / "index.json").read_text())
    del index["rows"][0]
    (folder / "index.json").write_text(json.dumps(index))
    assert cli.run(["recheck", str(folder), str(note)]) == 1
    assert ":cell 2:1: NO CERTIFICATE for one of its claims" in capsys.readouterr().out


LINES = """```derive
size n
index i in 1..n
data x_i in R
param m in R ; a in R
assume a > 1
```

$$ q := \\sum_i (x_i - m)^2 $$ (eq-q)

<!-- derive: maximises (eq-q) over m -->
$$ m = \\frac{1}{n} \\sum_i x_i $$

$$ a^2 = a $$
"""


def test_every_claim_of_a_note_needs_a_certificate(tmp_path: Path) -> None:
    note, folder = tmp_path / "note.md", tmp_path / "certificates"
    note.write_text(LINES)
    cli.run(["check", str(note), "--no-autodiff", "--certificates", str(folder)])
    assert cli.run(["recheck", str(folder), str(note)]) == 0
    index = json.loads((folder / "index.json").read_text())
    verdicts = [row["verdict"] for row in index["rows"]]
    assert verdicts == ["refuted", "proved", "refuted"]
    # The minimum is a stationary point, and no maximum: what refutes the row may not be left out.
    for left in (index["rows"][1:], index["rows"][:-1], []):
        (folder / "index.json").write_text(json.dumps({**index, "rows": left}))
        assert cli.run(["recheck", str(folder), str(note)]) == 1


def test_a_row_is_not_refuted_without_what_it_assumes(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(LINES)
    ((holds, fails),) = meanings([read_note(note)])[-1][0][f"{note}:14"]
    assert len(holds or ()) == 2
    assert len(fails) == 1
    assert fails < (holds or frozenset())


WEIGHTS = r"""```derive
size n, k
index i in 1..n ; j, l in 1..k
data x_i in N
latent z_i in 1..k
param \pi in simplex(k) ; \lambda_j in positive
z_i ~ Categorical(\pi)
x_i | z_i=j ~ Poisson(\lambda_j)
posterior w_{ij} = p(z_i=j | x_i)
```

$$
\begin{aligned}
\frac{\partial}{\partial \lambda_l} \sum_i \sum_j w_{ij} \lambda_j &= \sum_i w_{il} \\
&= \sum_i w_{il} + \frac{\partial}{\partial \lambda_l} \sum_i w_{il} - \sum_i w_{il} (1 - w_{il}) (x_i / \lambda_l - 1)
\end{aligned}
$$
"""


def test_the_rows_of_a_chain_are_shown_under_one_reading(tmp_path: Path) -> None:
    """The weights are held in the one row and move in the other: each is true under one reading, and both under none."""
    note = tmp_path / "note.md"
    note.write_text(WEIGHTS)
    (readings,) = meanings([read_note(note)])
    assert [len(reading) for reading in readings] == [2, 2]
    first, second = readings[0]
    shown = {first: readings[0][first], second: readings[1][second]}
    told = {place: [("proved", min(claims[0][0] or ()))] for place, claims in shown.items()}
    strays = [rechecking.judged(reading, readings, told)[0] for reading in readings]
    assert strays == [[second], [first]]


def test_two_displays_on_one_line(tmp_path: Path) -> None:
    note, folder = tmp_path / "note.md", tmp_path / "certificates"
    note.write_text("```derive\nparam a in positive\n```\n\n$$ (a^2)^{1/2} = a $$ and $$ a a = a^2 $$\n")
    cli.run(["check", str(note), "--no-autodiff", "--certificates", str(folder)])
    assert cli.run(["recheck", str(folder), str(note)]) == 0


DIVIDED = """```derive
param t in unit
const a, b in R
```

$$ \\frac{a}{t} - \\frac{b}{1 - t} = 0 \\implies t = \\frac{a}{a + b} $$
"""


def test_a_consequence_that_divides_is_shown_where_it_may(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note, folder = tmp_path / "note.md", tmp_path / "certificates"
    note.write_text(DIVIDED)
    cli.run(["check", str(note), "--no-autodiff", "--certificates", str(folder)])
    assert cli.run(["recheck", str(folder), str(note)]) == 0
    assert "assumed: a@const + b@const != 0" in capsys.readouterr().out
    (path,) = folder.glob("*-note-*.json")
    told = json.loads(path.read_text())
    told["statement"]["assumptions"] = []
    with pytest.raises(trees.Rejected, match="not known to be nonzero"):
        files.check_certificate(told)


def test_denominators_of_both_sides_are_cleared_for_what_follows() -> None:
    left = plus(over(V, U), times(number(-1), over(X, Y)))
    apart = [{"text": "", "apart": [plus(U, X), ZERO]}]
    right = plus(over(plus(times(V, Y), times(X, V)), plus(U, X)), times(number(-1), over(times(X, plus(U, V)), plus(U, X))))
    assert proved(statement(left, right, "implies", assumptions=apart))
    wrong = plus(over(plus(times(V, Y), times(X, V)), plus(U, X)), times(number(-1), over(times(X, plus(U, U)), plus(U, X))))
    assert not proved(statement(left, wrong, "implies", assumptions=apart))


def test_the_inverse_of_a_fraction() -> None:
    below = over(times(number(2), plus(times(U, V), U)), plus(V, number(3)))
    assert proved(statement(over(ONE, below), over(plus(V, number(3)), times(number(2), U, plus(V, ONE)))))
    assert not proved(statement(over(ONE, below), over(plus(V, number(3)), times(number(2), U, plus(V, number(2))))))


# What is put in for a letter.

SOLVED = """```derive
param a in R
const b in positive ; c in R
```

$$ a \\log b - c = 0 \\implies a = c $$
"""


def put_in(told: dict[str, Any], key: str, value: Any, values: dict[str, Any], *goals: list[Any]) -> dict[str, Any]:
    """A refutation with something put in for a letter, made by hand."""
    made = point(ONE, ZERO, values, (["0", "1e-9"], ["1", "1000"]))
    made["statement"] = told
    solution = {"key": key, "formal": [], "value": value, "letters": {}, "lemmas": [], "goals": list(goals)}
    made["point"]["solution"] = solution
    return made


LOG = ["log", U]
SAYS = statement(plus(times(X, LOG), times(number(-1), Y)), plus(X, times(number(-1), Y)), "implies")
QUOTIENT = over(Y, LOG)
CANCEL = ["powers", [LOG, "1", "-1"], [], Y]
VALUES = {"y": "1", "u": "100"}


def refuted(certificate: dict[str, Any], right: list[str]) -> str:
    certificate["point"] |= {"right": right}
    return files.check_certificate(certificate)


def test_a_solution_that_is_no_fraction(tmp_path: Path) -> None:
    told = refuted(put_in(SAYS, "x", QUOTIENT, VALUES, [CANCEL]), ["-0.78", "0.01"])
    assert told == "the first equation holds, and the second does not"
    note, folder = tmp_path / "note.md", tmp_path / "certificates"
    note.write_text(SOLVED)
    cli.run(["check", str(note), "--no-autodiff", "--certificates", str(folder)])
    assert cli.run(["recheck", str(folder), str(note)]) == 0
    note.write_text(note.read_text().replace("a = c", "a = c / \\log b"))
    assert cli.run(["recheck", str(folder), str(note)]) == 1


def test_what_is_put_in_solves_the_equation() -> None:
    wrong = put_in(SAYS, "x", Y, VALUES, [])
    with pytest.raises(trees.Rejected, match="do not lead to zero"):
        refuted(wrong, ["0", "0.1"])
    with pytest.raises(trees.Rejected, match="equations that there are not"):
        refuted(put_in(SAYS, "x", QUOTIENT, VALUES), ["-0.78", "0.01"])
    # At u = 1 there is no solution.
    with pytest.raises(trees.Rejected):
        refuted(put_in(SAYS, "x", QUOTIENT, {"y": "1", "u": "1"}, [CANCEL]), ["-0.78", "0.01"])
    with pytest.raises(trees.Rejected, match="not solved for"):
        refuted(put_in(SAYS, "x", QUOTIENT, {**VALUES, "x": "1"}, [CANCEL]), ["-0.78", "0.01"])


def test_what_is_put_in_lies_in_its_domain() -> None:
    says = statement(plus(times(V, LOG), times(number(-1), Y)), plus(V, times(number(-1), Y)), "implies")
    assert refuted(put_in(says, "v", QUOTIENT, VALUES, [CANCEL]), ["-0.78", "0.01"])
    with pytest.raises(trees.Rejected, match="outside of its domain"):
        refuted(put_in(says, "v", QUOTIENT, {"y": "1", "u": "1/100"}, [CANCEL]), ["-1.22", "0.01"])


def test_what_is_put_in_does_not_move_with_a_parameter() -> None:
    """``y - log x`` does not depend on x where y is assumed to be log x."""
    assumed = [{"text": "", "equation": [Y, ["log", U]]}]
    told = statement(plus(Y, times(number(-1), ["log", U])), ZERO, "= up to a constant", parameters=["u"], assumptions=assumed)
    moving = put_in(told, "y", ["log", U], {"u": "2"}, [])
    moving["point"] |= {"second": {"u": "3"}, "left": ["0", "1e-9"]}
    with pytest.raises(trees.Rejected, match="moves"):
        refuted(moving, ["0", "1e-9"])


def test_weights_that_are_put_in_sum_to_one() -> None:
    ratio = over(["exp", e("f", "i")], total("j", ["exp", e("f", "j")]))
    assumed = [{"text": "", "equation": [e("w", "i"), ratio]}]
    told = statement(["log", e("w", 1)], e("f", 1), assumptions=assumed)
    cancel = ["powers", [total("j", ["exp", e("f", "j")]), "1", "-1"], [], ONE]
    for value, accepted in ((ratio, True), (over(["exp", e("f", "i")], ["exp", e("f", 1)]), False)):
        made = put_in(told, "w", value, {"f": ["1", "2"]}, [], [cancel])
        made["point"]["solution"]["formal"] = ["i"]
        made["point"] |= {"left": ["-1.3133", "0.001"]}
        if accepted:
            assert refuted(made, ["1", "0.001"]) == "the two sides differ"
        else:
            with pytest.raises(trees.Rejected, match="do not lead to zero"):
                refuted(made, ["1", "0.001"])


def test_the_checker_runs_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.main([str(tmp_path)]) == 2
    whole = files.sealed({**forged(statement(times(X, Y), times(Y, X)), [[]]), "row": {"file": "note.md", "line": 3}})
    path = tmp_path / "0001-note-3.json"
    path.write_text(json.dumps(whole))
    assert files.main([str(tmp_path)]) == 0
    assert "note.md:3: proved: the difference of the two sides is zero" in capsys.readouterr().out
    path.write_text(json.dumps({**whole, "verdict": "refuted"}))
    assert files.main([str(tmp_path)]) == 1


def test_a_solution_is_of_an_equation_that_has_a_value() -> None:
    """With ``y = x`` the equation ``y + 0 log v = x`` holds, but where v is negative."""
    assumed = [{"text": "", "equation": [plus(Y, times(ZERO, ["log", e("g", 1)])), X]}]
    made = put_in(statement(Y, ONE, assumptions=assumed), "y", X, {"x": "2", "g": ["3", "3"]}, [])
    made["point"] |= {"left": ["2", "0.01"]}
    assert refuted(made, ["1", "0.01"])
    made["point"]["values"]["g"] = ["-3", "3"]
    with pytest.raises((trees.Rejected, points.Undefined)):
        refuted(made, ["1", "0.01"])


def test_what_is_put_in_at_one_place_is_not_so_at_all() -> None:
    """With ``x = f_i`` for one i it is not assumed for all: for all, f is the same everywhere, and ``x = f_1`` holds."""
    assumed = [{"text": "", "equation": [X, e("f", "i")]}]
    made = put_in(statement(times(X, e("f", "i")), times(e("f", 1), e("f", "i")), assumptions=assumed), "x", e("f", "i"), {}, [])
    made["point"] |= {"values": {"f": ["1", "2"]}, "at": {"i": 2}, "left": ["4", "0.01"]}
    with pytest.raises(trees.Rejected, match="one of many places"):
        refuted(made, ["2", "0.01"])
    made["statement"]["assumptions"] = []
    made["point"]["solution"]["goals"] = []
    assert refuted(made, ["2", "0.01"]) == "the two sides differ"


def test_a_matrix_that_is_assumed_definite_is_symmetric_by_its_form() -> None:
    """Off by 10^-200 it is not symmetric, though no ball tells it."""
    near = [["2", "1"], [f"{1 + Fraction(1, 10**200)}", "2"]]
    entry, turned = e("M", "r", "c"), e("M", "c", "r")
    for tree, accepted in ((entry, False), (plus(entry, turned), True)):
        made = point(e("M", 1, 1), ONE, {"M": near}, (TWO, ["1", "1e-9"]))
        made["statement"]["assumptions"] = [{"text": "", "definite": tree, "of matrix": ["r", "c"]}]
        if accepted:
            assert files.check_certificate(made)
        else:
            with pytest.raises(trees.Rejected, match="such as is assumed"):
                files.check_certificate(made)


POSITIVE_IF_NOT_ALL_ARE_ZERO = """```derive
size n
index i in 1..n
data x_i in N
param \\lambda in positive
x_i ~ Poisson(\\lambda)
```

$$ \\ell := \\sum_i \\log p(x_i) $$ (eq-l)

<!-- derive: maximises (eq-l) over \\lambda -->
$$ \\lambda = \\frac1n \\sum_i x_i $$
"""


def test_a_maximum_is_shown_where_what_is_put_in_is_admissible(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where all counts are zero there is no maximum among positive rates: that the mean is positive stands in the certificate."""
    note, folder = tmp_path / "note.md", tmp_path / "certificates"
    note.write_text(POSITIVE_IF_NOT_ALL_ARE_ZERO)
    cli.run(["check", str(note), "--no-autodiff", "--certificates", str(folder)])
    assert cli.run(["recheck", str(folder), str(note)]) == 0
    assert "is positive" in capsys.readouterr().out
    told = [json.loads(path.read_text()) for path in sorted(folder.glob("*-note-*.json"))]
    assert any(one["statement"]["assumptions"] for one in told)
    for one in told:
        one["statement"]["assumptions"] = []
        if one["statement"]["relation"] == "<=":
            with pytest.raises(trees.Rejected):
                files.check_certificate(one)


# What a point may not be, though its sides differ there.


def by_hand(told: dict[str, Any], values: dict[str, Any], left: str, right: str, **more: Any) -> dict[str, Any]:
    """A refutation of a statement, with balls about the values of its sides."""
    made = point(ONE, ZERO, values, ([left, "1e-6"], [right, "1e-6"]))
    made["statement"] = told
    made["point"] |= more
    return made


def unknown(name: str, argument: Any, *indices: str) -> list[Any]:
    return ["apply", name, list(indices), [], argument]


# In balls nothing is left of what this is added to.
LARGE = times(U, number(10**60))
HIDES = plus(LARGE, times(number(-1), LARGE))


def assumed(left: Any, right: Any) -> dict[str, Any]:
    return {"assumptions": [{"text": "", "equation": [left, right]}]}


def something(key: str, value: Any, letters: dict[str, Any], *goals: list[Any]) -> dict[str, Any]:
    return {"key": key, "formal": [], "value": value, "letters": letters, "lemmas": [], "goals": list(goals)}


def test_what_is_assumed_does_not_show_itself() -> None:
    """With x = 2 the two are one: at x = 3 they differ, and nothing but balls that are too wide says that x = 2 there."""
    itself = something("y", ZERO, {}, [["assumed", [0, []], [], ONE]])
    made = by_hand(
        statement(X, number(2), **assumed(plus(X, HIDES), number(2))), {"x": "3", "u": "1/3"}, "3", "2", solution=itself
    )
    with pytest.raises(trees.Rejected, match="IndexError"):
        files.check_certificate(made)
    made = by_hand(
        statement(X, number(3), **assumed(plus(X, HIDES), number(2))),
        {"u": "1/3"},
        "2",
        "3",
        solution=something("x", number(2), {}, []),
    )
    assert files.check_certificate(made) == "the two sides differ"


@pytest.mark.parametrize(("upper", "accepted"), [("n", True), ("d", False)])
def test_a_letter_of_a_solution_keeps_its_range(upper: str, accepted: bool) -> None:
    size = something("x", total("*q", ONE), {"*q": [1, "n", False]}, [["count", ["*q"], [], ONE]])
    told = statement(X, number(3), **assumed(plus(X, HIDES), ["size", "n"]))
    made = by_hand(told, {"u": "1/3"}, "2", "3", solution=size, letters={"*q": [1, upper, False]})
    if accepted:
        assert files.check_certificate(made)
    else:
        with pytest.raises(trees.Rejected, match="a letter of two ranges"):
            files.check_certificate(made)


ANY = {"family": [], "arguments": [[]], "domain": "real", "normalised over": None}


@pytest.mark.parametrize(("x", "accepted"), [("2", True), ("-1", False)])
def test_a_function_has_no_value_where_its_argument_has_none(x: str, accepted: bool) -> None:
    """Though what stands for it at the point does not look at its argument."""
    value = unknown("F", ["log", X])
    told = statement(times(value, ROOT_OF_SQUARE), times(number(2) if accepted else value, X), functions={"F": ANY})
    made = by_hand(told, {"x": x}, "10" if accepted else "5", "4" if accepted else "-5")
    made["point"]["functions"] = {"F": {"letters": [], "raw": number(5)}}
    if accepted:
        assert files.check_certificate(made) == "the two sides differ"
    else:
        with pytest.raises(trees.Rejected, match="Undefined"):
            files.check_certificate(made)


@pytest.mark.parametrize(("upper", "accepted"), [("d", True), ("n", False)])
def test_a_function_is_one_of_the_entries_of_its_argument(upper: str, accepted: bool) -> None:
    """A vector of ones and the row sums of the unit matrix are one, and go on in two ways beyond their last entries."""
    ones, sums = ["vector", "r", ONE], ["vector", "r", total("c", ["delta", "r", "c"])]
    right = plus(unknown("V", sums), ONE) if accepted else unknown("V", sums)
    told = statement(unknown("V", ones), right, functions={"V": {**ANY, "arguments": [["d"]]}})
    made = by_hand(told, {}, "2" if accepted else "3", "3" if accepted else "2", sizes={"n": 3, "d": 2})
    made["point"]["letters"] = {"*k": [1, upper, False]}
    made["point"]["functions"] = {"V": {"letters": [], "raw": total("*k", ["argument", 0, "*k"])}}
    if accepted:
        assert files.check_certificate(made)
    else:
        with pytest.raises(trees.Rejected, match="out of its range"):
            files.check_certificate(made)


@pytest.mark.parametrize(("domain", "accepted"), [("positive", True), ("nonnegative", False), ("real", False)])
def test_a_density_is_none_where_it_may_sum_to_zero(domain: str, accepted: bool) -> None:
    density = {"family": [[1, "n", False]], "arguments": [[]], "domain": domain, "normalised over": 0}
    told = statement(total("i", unknown("q", X, "i")), number(2) if accepted else ONE, functions={"q": density})
    made = by_hand(told, {"x": "1"}, "1", "2", letters={"*n": [1, "n", False]})
    made["point"]["functions"] = {"q": {"letters": ["*n"], "raw": ZERO}}
    if accepted:
        assert files.check_certificate(made)
        return
    made["point"] |= {"finding": "left undefined", "other": ["1", "1e-6"]}
    with pytest.raises(trees.Rejected, match="no density"):
        files.check_certificate(made)


@pytest.mark.parametrize("lower", [1, 2])
def test_weights_that_sum_to_one_are_not_none(lower: int) -> None:
    """Of a family that is empty at n = 1 they cannot sum to one, and neither can a density over it."""
    family = [[lower, "n", False]]
    symbols = named({**SYMBOLS, "s": {**REAL, "family": family, "domain": "simplex"}})
    letter = "i" if lower == 1 else "i2"
    told = statement(total(letter, e("s", letter)), number(2), symbols=symbols)
    made = by_hand(told, {"s": ["1"] if lower == 1 else []}, "1" if lower == 1 else "0", "2", sizes={"n": 1})
    density = {**FUNCTIONS["q"], "family": family}
    other = by_hand(statement(total(letter, unknown("q", X, letter)), number(2), functions={"q": density}), {"x": "1"}, "1", "2")
    other["point"] |= {"sizes": {"n": 1}, "letters": {"*n": family[0]}, "functions": {"q": {"letters": ["*n"], "raw": ZERO}}}
    if lower == 1:
        assert files.check_certificate(made)
        assert files.check_certificate(other)
        return
    other["point"]["left"] = ["0", "1e-6"]
    for one, why in ((made, "or of none"), (other, "a function that is none")):
        with pytest.raises(trees.Rejected, match=why):
            files.check_certificate(one)


@pytest.mark.parametrize(
    ("larger", "sizes", "accepted"),
    [
        ([["m", "m"]], {}, False),
        ([["m", "n"], ["n", "m"]], {"m": 2}, False),
        ([["n", "m"], ["m", 5]], {}, False),
        ([["n", "m"], ["m", 5]], {"n": 7, "m": 6}, True),
    ],
)
def test_sizes_that_are_assumed_larger_have_values(larger: list[Any], sizes: dict[str, int], accepted: bool) -> None:
    told = statement(X, Y, assumptions=[{"text": "", "larger": one} for one in larger])
    made = by_hand(told, {"x": "1", "y": "2"}, "1", "2", sizes={"n": 2, "d": 2, **sizes})
    if accepted:
        assert files.check_certificate(made)
    else:
        with pytest.raises(trees.Rejected):
            files.check_certificate(made)


def test_what_has_no_value_may_be_put_in_where_it_stands_nowhere() -> None:
    made = by_hand(statement(["substitute", "x", [], ["log", Y], ONE], ONE), {"y": "-1"}, "1", "1")
    made["point"] |= {"finding": "left undefined", "other": ["1", "1e-6"]}
    with pytest.raises(trees.Rejected, match="may be defined"):
        files.check_certificate(made)
    assert files.check_certificate(forged(made["statement"], [[]]))
    made["statement"] = statement(["log", Y], ONE)
    assert files.check_certificate(made) == "the left side is not defined"


def test_not_identically_zero_is_said_of_the_first_side() -> None:
    made = by_hand(statement(ZERO, number(5), "not identically 0"), {}, "0", "5")
    made["verdict"] = "proved"
    with pytest.raises(trees.Rejected, match="no point says anything"):
        files.check_certificate(made)
    made["statement"] = statement(number(5), ZERO, "not identically 0")
    made["point"] |= {"left": ["5", "1e-6"], "right": ["0", "1e-6"]}
    assert files.check_certificate(made)


PROPOSED = """```derive
size n
index i in 1..n
data x_i in positive
param s in DOMAIN
```

$$ q := - \\sum_i (x_i SIGN s)^2 $$ (eq-q)

<!-- derive: maximises (eq-q) over s -->
$$ s = VALUE $$
"""
MEAN = "\\frac{1}{n} \\sum_i x_i"


@pytest.mark.parametrize(
    ("domain", "sign", "value", "shown"),
    [
        ("positive", "-", MEAN, True),
        ("positive", "+", "- " + MEAN, False),
        ("R", "+", "- " + MEAN, True),
        ("unit", "-", MEAN, True),
        ("unit", "+", "- " + MEAN, False),
    ],
)
def test_what_is_nowhere_admissible_is_no_maximum(tmp_path: Path, domain: str, sign: str, value: str, shown: bool) -> None:
    """That it is positive would be assumed: of what is negative everything follows from that."""
    note = tmp_path / "note.md"
    note.write_text(PROPOSED.replace("DOMAIN", domain).replace("SIGN", sign).replace("VALUE", value))
    claims = meanings([read_note(note)])[-1][0][f"{note}:11"]
    assert claims
    for holds, _ in claims:
        assert bool(holds) == shown


WEIGHTS_PROPOSED = r"""```derive
size k
index j, l in 1..k
data c_j in positive
param \pi in simplex(k)
```

$$ q := \sum_j c_j \log \pi_j $$ (eq-q)

<!-- derive: maximises (eq-q) over \pi -->
$$ \pi_j = VALUE $$
"""


@pytest.mark.parametrize(("value", "shown"), [("c_j / \\sum_l c_l", True), ("1", False), ("c_j", False)])
def test_weights_that_do_not_sum_to_one_are_no_maximum(tmp_path: Path, value: str, shown: bool) -> None:
    """The logarithms of weights lie below that of one, and weights that are all one lie on no simplex."""
    note = tmp_path / "note.md"
    note.write_text(WEIGHTS_PROPOSED.replace("VALUE", value))
    claims = [holds for holds, _ in meanings([read_note(note)])[-1][0][f"{note}:11"]]
    assert claims
    assert all(claims) == shown


CIRCLE = "\\sin(b)^2 + \\cos(b)^2"


@pytest.mark.parametrize(("below", "possible"), [(f"{CIRCLE} - 1", False), (f"{CIRCLE} - b", True)])
def test_a_divisor_that_is_zero_everywhere_is_not_assumed_to_be_none(tmp_path: Path, below: str, possible: bool) -> None:
    note = tmp_path / "note.md"
    row = f"$$ t - a = 0 \\implies t = a + \\frac{{1}}{{{below}}} $$"
    note.write_text(f"```derive\nparam t in R\nconst a, b in R\n```\n\n{row}\n")
    ((holds, _),) = meanings([read_note(note)])[-1][0][f"{note}:6"]
    # That the two are equal everywhere, and that the one follows from the other: the latter with what is divided by, or without.
    assert len(holds) == (3 if possible else 0)


def test_a_sign_is_said_of_sides_that_have_a_value() -> None:
    """``1 = x / x`` shows that x is not zero only where it is known already."""
    squared = statement(times(X, X), ZERO, ">")
    made = forged(squared, [[]])
    made["proof"]["pieces"] = [["a positive number", [], [], times(X, X)]]
    made["proof"]["lemmas"] = [{"left": ONE, "right": times(X, ["power", X, number(-1)]), "steps": [], "signs": ["nonzero"]}]
    with pytest.raises(trees.Rejected, match="not known to be nonzero"):
        files.check_certificate(made)


def test_a_multiplier_has_no_letters_of_its_own() -> None:
    """What is free in a statement has a value: a sum from 2 on would be taken to have terms."""
    told = statement(plus(X, total("i2", e("f", "i2"))), X, "same argmax", multiplier=e("f", "i2"))
    with pytest.raises(trees.Rejected, match="letters of its own"):
        trees.Statement(told)
    assert trees.Statement({**told, "multiplier": U})
    with pytest.raises(trees.Rejected, match="not printed"):
        trees.Statement({**told, "multiplier": U, "relation": "= up to a constant"})


@pytest.mark.parametrize(("side", "a", "d"), [("left", "a", "j"), ("right", "j", "a")])
@pytest.mark.parametrize("entry", [X, e("h", "r"), e("h", "c")])
def test_the_indices_of_a_matrix_times_its_inverse_are_rows_and_columns(side: str, a: str, d: str, entry: Any) -> None:
    step = ["inverse", [side, a, d, "r", "c", entry], [], ONE]
    with pytest.raises(trees.Rejected, match=r"out of its range|not known to be nonzero"):
        files.check_certificate(forged(statement(["delta", a, d], ZERO), [[step]]))


def test_a_function_is_not_its_derivative_where_it_is_put_in() -> None:
    slope = ["derivative", unknown("F", X), "x"]
    value = ["apply", "F", [], [[0]], X]
    told = statement(Y, slope, functions={"F": ANY}, **assumed(plus(Y, HIDES), slope))
    functions = {"F": {"letters": [], "raw": plus(["argument", 0], number(5))}}
    made = by_hand(told, {"x": "1", "u": "1/3"}, "6", "1", solution=something("y", value, {}, []), functions=functions)
    with pytest.raises(trees.Rejected, match="a derivative of a function"):
        files.check_certificate(made)


def test_a_function_looks_at_no_entry_that_its_argument_may_not_have() -> None:
    value = ["apply", "W", [], [], ["vector", "r", ["delta", "r", 1]]]
    told = statement(value, ["apply", "W", [], [], ["vector", "r", ONE]], functions={"W": {**ANY, "arguments": [["d"]]}})
    functions = {"W": {"letters": [], "raw": ["argument", 0, 5]}}
    made = by_hand(told, {}, "0", "1", sizes={"n": 1, "d": 1}, functions=functions)
    with pytest.raises(trees.Rejected, match="one entry of its argument"):
        files.check_certificate(made)


ROWS_NAMED_R = """```derive
size d
index r in 1..d
const M in R^{d x d} ; a_r in R
assume M \\in spd(d)
```

$$ a_r + 2 \\operatorname{tr}(M) = a_r $$
"""


def test_rows_of_a_definite_matrix_are_told_from_other_letters(tmp_path: Path) -> None:
    """With ``r`` an index of the note, the rows of the matrix have another letter, which is told."""
    note = tmp_path / "note.md"
    note.write_text(ROWS_NAMED_R)
    (row,) = (row for rows in readings(read_note(note)) for row in rows[0])
    told = notation_statement(row.claims[0].alternatives[0])
    (one,) = (one for one in told["assumptions"] if "definite" in one)
    row_, column = one["of matrix"]
    assert "r" not in (row_, column)
    assert one["definite"] == ["entry", "M@const", row_, column]
    assert f"in row {row_} and column {column}" in rechecking.statement_text(told)
    meant = files.digest_of(told)
    one["of matrix"] = ["r", column]
    assert files.digest_of(told) != meant


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"symbols": named({**SYMBOLS, "0": REAL})}, id="a symbol called 0"),
        pytest.param({"symbols": named({**SYMBOLS, "y = y\n0": REAL})}, id="a symbol of two lines"),
        pytest.param({"letters": {**LETTERS, "1": [1, "n", False]}}, id="a letter called 1"),
        pytest.param({"letters": {**LETTERS, "q": [1, "0", False]}}, id="a size called 0"),
        pytest.param({"left": ["size", "x"]}, id="a size that is called as a symbol"),
        pytest.param({"left": ["size", "0"]}, id="a size called 0 that is a number"),
        pytest.param({"left": ["add"]}, id="a sum of nothing"),
        pytest.param({"left": ["multiply", X, ["multiply"]]}, id="a product of nothing"),
        pytest.param({"left": ["number", "1_0"]}, id="ten"),
        pytest.param({"left": ["number", 1]}, id="a number that is no text"),
        pytest.param({"left": ["number", "2/4"]}, id="a half"),
    ],
)
def test_what_is_printed_is_what_was_checked(other: dict[str, Any]) -> None:
    with pytest.raises(trees.Rejected):
        trees.Statement({**statement(X, X), **other})


def test_a_consequence_says_for_which_letters_its_first_equation_holds() -> None:
    told = statement(e("h", "a"), total("b", times(e("S", "a", "b"), e("h", "b"))), "implies")
    assert " at every a  implies" in rechecking.statement_text({**told, "entries": ["a"]})
    assert "at every" not in rechecking.statement_text(told)


def test_a_matrix_of_which_nothing_is_left_has_no_inverse_either() -> None:
    step = ["inverse", ["left", 1, 1, "r", "c", ZERO], [], ONE]
    with pytest.raises(trees.Rejected, match="not known to be nonzero"):
        files.check_certificate(forged(statement(ZERO, ONE), [[step]]))


def test_no_abbreviation_has_the_name_of_a_size() -> None:
    told = statement(total("i", long_term("f", "i")), plus(["size", "A"], total("j", long_term("f", "j"))))
    assert "  where B[i] := " in rechecking.statement_text(told)


@pytest.mark.parametrize("number_", ["1e99999", " -1E+99999 ", "1e9_9_9_9_9", "0.1e-99999"])
def test_a_number_that_would_fill_the_memory_is_none(number_: str) -> None:
    made = point(X, ONE, {"x": number_}, (TWO, ["1", "1e-9"]))
    with pytest.raises(trees.Rejected, match="too many digits"):
        files.check_file(json.dumps(files.sealed({**made, "row": {"file": "note.md", "line": 3}})))


ALTERNATIVES = """```derive
size n
index i in 1..n
data x_i in positive
param m in positive
x_i ~ Exponential(m)
```

$$ p(x_i) \\propto e^{-m x_i} $$
"""


def test_one_way_to_mean_a_row_does_not_refute_it(tmp_path: Path) -> None:
    """As a density of x it is right; as a likelihood, up to a factor free of m, it is not."""
    note = tmp_path / "note.md"
    note.write_text(ALTERNATIVES)
    (claims,) = meanings([read_note(note)])[-1][0].values()
    assert claims[0][0] and not claims[0][1]


@pytest.mark.parametrize(
    ("declared", "rows"),
    [
        ("const a, b in R\nassume a equals b", "$$ a^2 = a b $$"),
        ("const a, b in R", "$$ a = a + \\frac{1}{\\sin(b)^2 + \\cos(b)^2 - 1} $$"),
        (
            "param s in N ; const a in R",
            "$$ q := -(s - \\frac12)^2 - a^2 $$ (q)\n\n<!-- derive: maximises (q) over s -->\n$$ s = \\frac12 $$",
        ),
        ("const a in R", "$$ a = \\unknown $$"),
    ],
)
def test_what_is_open_for_a_reason_is_shown_by_no_certificate(declared: str, rows: str, tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(f"```derive\n{declared}\n```\n\n{rows}\n")
    found = [claim for display in meanings([read_note(note)]) for claims in display[0].values() for claim in claims]
    assert any(not holds for holds, _ in found)
    assert not any(fails for _, fails in found) or "equals" not in declared


@pytest.mark.parametrize(
    ("name", "given", "left"),
    [
        ("sums to one", ["w", "~1"], e("w", "i")),
        ("density", [["apply", "q", ["i"], [], e("f", "~1")]], ["apply", "q", ["i"], [], e("f", "i")]),
        ("inverse", ["left", "a", "~1", "r", "c", ["delta", "r", "c"]], ["delta", "a", "c"]),
    ],
)
def test_a_proof_does_not_foretell_the_letters_that_the_checker_makes(name: str, given: list[Any], left: Any) -> None:
    for number_ in range(1, 9):
        told = json.loads(json.dumps(given).replace("~1", f"~{number_}"))
        with pytest.raises(trees.Rejected, match="only the checker makes"):
            files.check_certificate(forged(statement(left, ONE), [[[name, told, [], ONE]]]))


@pytest.mark.parametrize(
    ("declared", "rows", "shown"),
    [
        (
            "param s in positive ; const b in R",
            "$$ q := -(s - b)^2 $$ (q)\n\n<!-- derive: maximises (q) over s -->\n$$ s = b $$",
            False,
        ),
        ("const a, c, e in R", "$$ a = 0 \\implies c = \\frac{e}{a} $$", False),
        ("param s in positive ; const b in R", "$$ s + 1 = 0 \\implies b = 1 $$", False),
        ("param s in R ; const b in R", "$$ s - b = 0 \\implies s = b $$", True),
        ("const x in R", "$$ (\\sqrt{x})^2 = x $$", False),
        ("const x in positive", "$$ (\\sqrt{x})^2 = x $$", True),
    ],
)
def test_what_holds_nowhere_or_outside_is_shown_by_no_bare_statement(
    declared: str, rows: str, shown: bool, tmp_path: Path
) -> None:
    note = tmp_path / "note.md"
    note.write_text(f"```derive\n{declared}\n```\n\n{rows}\n")
    claims = [claim for display in meanings([read_note(note)]) for way in display[0].values() for claim in way]
    bare = [
        files.digest_of(notation_statement(one))
        for row in last_rows(note)
        for claim in row.claims
        for one in claim.alternatives[-1:]
    ]
    assert bare and claims
    assert any(set(bare) & holds for holds, _ in claims) == shown


def last_rows(note: Path) -> Any:
    return list(readings(read_note(note)))[-1][0]


def test_what_solves_an_equation_has_a_value_but_for_what_it_divides_by() -> None:
    """At x = -1 the first equation holds with t = x, and the second, ``t = exp log x``, has no value."""
    free = e("t")
    said = plus(free, times(number(-1), ["exp", ["log", X]]))
    told = statement(plus(free, times(number(-1), X)), said, "implies")
    step = ["exponential of a logarithm", [X], [], number(-1)]
    made = forged(told, [[["given", [[]], [], ONE], step], [step]])
    made["proof"]["solved"] = True
    with pytest.raises(trees.Rejected):
        files.check_certificate(made)
