"""Class D: is it zero? Its sign, its digits, its order."""

from __future__ import annotations

from functools import partial

from tests.pitfalls import Pitfall

_Pitfall = partial(
    Pitfall,
    declarations="""
const a in R ; b in R ; p in positive
define o = 0
""",
)
TINY, TINIER = r"\frac{1}{10^{20}}", r"\frac{1}{10^{40}}"

PITFALLS = (
    _Pitfall(
        "D1",
        "a small positive number is not zero",
        right=(rf"a + {TINY} > a",),
        wrong=(rf"a + {TINY} = a", rf"a + {TINY} \le a", rf"\sqrt{{{TINIER}}} = 0"),
        refused=(rf"\arccos(1 - {TINIER}) = 0",),
        reason="inverse trigonometric functions are not in the language",
    ),
    _Pitfall(
        "D2",
        "a small positive number is not zero in a few digits",
        wrong=(r"a + \frac{1}{10^{40}} = a", r"\frac{7823207}{7823209} = 1"),
        refused=(r"\arccos(\frac{7823207}{7823209}) = 0",),
        reason="inverse trigonometric functions are not in the language",
    ),
    _Pitfall("D3", "a power whose exponent is zero", right=("4^o = 1", "p^0 = 1"), wrong=("4^o = 0", "4^o = 4")),
    _Pitfall(
        "D4",
        "a geometric sum of fifty terms",
        right=(r"\frac{p^{50} - 1}{p - 1} = \sum_{l=0}^{49} p^l", r"\frac{p^5 - 1}{p - 1} = p^4 + p^3 + p^2 + p + 1"),
        wrong=(r"\frac{p^{50} - 1}{p - 1} = \sum_{l=0}^{50} p^l", r"\frac{p^5 - 1}{p - 1} = p^4 + p^3 + p^2 + p"),
    ),
    _Pitfall(
        "D5",
        "the error function and its complement",
        refused=(r"\operatorname{erf}(p) + \operatorname{erfc}(p) = 1", r"\operatorname{erf}(p) + \operatorname{erfc}(p) = 0"),
        reason="the error function is not in the language",
    ),
    _Pitfall(
        "D6",
        "the root of a square that is positive",
        right=(r"\sqrt{a^4 + 2 a^2 + 1} = a^2 + 1",),
        otherwise={r"\sqrt{a^4 + 2 a^2 + 1} = a^2 + 1": "confirmed"},
        wrong=(r"\sqrt{a^4 + 2 a^2 + 1} = a^2 - 1", r"\sqrt{a^4 - 2 a^2 + 1} = a^2 - 1"),
    ),
    _Pitfall(
        "D7",
        "decimal fractions are what is written",
        right=("0.1 + 0.2 = 0.3", r"0.1 = \frac{1}{10}"),
        wrong=("0.1 + 0.2 = 0.30000000000000004", r"0.3333333333333333 = \frac13"),
    ),
    _Pitfall(
        "D8",
        "the greater and the lesser of two numbers",
        refused=(r"\max(a, b) + \min(a, b) = a + b", r"\max(a, b) + \min(a, b) = 2 a"),
        reason="the greater of two numbers is not in the language",
    ),
    _Pitfall(
        "D9",
        "one name with two meanings",
        declarations="const a in R ; param a in positive",
        refused=(r"\frac{\partial}{\partial a} a^2 = 0", r"\frac{\partial}{\partial a} a^2 = 2 a"),
        reason="a letter is declared once",
    ),
    _Pitfall(
        "D10",
        "a positive number that is called negative",
        right=(r"576 p + 1 > 0",),
        wrong=(r"576 p + 1 \le 0",),
        refused=(r"W(1) \le 0",),
        reason="Lambert's function is not in the language",
    ),
)
