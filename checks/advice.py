"""What the author can do about a row that did not come out: what to write instead, or to declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checks.notes import Step

UNREAD: tuple[tuple[str, str], ...] = (
    ("a set of variables", r"write all data as one letter, `define X = (x_i)`, and then p(X)"),
    ("words inside a formula", r"put them behind the formula, as \quad \text{..}, or into the text around it"),
    ("a distribution in a display", r"write its density, p(x) = .."),
    ("a sum over a set", r"sum over a declared index, \sum_{i=1}^n; leave members out by \sum_{j \ne i}"),
    (
        "a sum over something that is no declared index: .*<",
        r"sum over both, \sum_j \sum_{l \ne j}, and halve what is counted twice",
    ),
    ("a sum over something that is no declared index", r"declare the letter, `index j in 1..k`"),
    ("an upper limit that is no declared size", r"declare it, `size m`; a sum over a part of a range is not read"),
    (r"a subscript that is not understood here: \\[a-zA-Z]+$", r"write parameters behind a bar: p(x \mid \theta)"),
    (r"a subscript that is not understood here: .*=", r"write an indicator with its bracket: \mathbb{1}[l=j]"),
    ("a (sub|super)script that is not understood here", r"declare the letter with its scripts, as it is written here"),
    (
        r"an index that was not declared: .*[A-Za-z]_",
        r"write the mean as a sum of q(z_i=j) ..; declare `frozen q_{ij} in simplex(k) over j` and `define q(z_i=j) = q_{ij}`",
    ),
    (
        r"an index that was not declared: (old|new|t|\(t\))$",
        r"declare the values of all parameters, `define \theta^{old} = (\pi^{old}, \mu^{old})`",
    ),
    ("an index that was not declared", r"declare the letter, `index i in 1..n`"),
    ("the latent .* stands free", r"give it a value, z_i=j, or take its expectation"),
    ("a bar that is never closed", r"write \lvert .. \rvert, and \cdot between two of them"),
    (
        r"(\S+) does not fit its declaration: \1\^",
        r"the power is part of the declared name: declare the letter itself, and write its powers",
    ),
    (
        r"\S+ does not fit its declaration: \S*\^2$",
        r"the square is the declared name: declare the letter itself, and write its powers",
    ),
    (r"\S+ does not fit its declaration: (.+)", r"write it as it was declared, {0}, or declare it by itself"),
    (
        r"not a variable of the declared model, nor a parameter: (\\?[Tt]heta\S*)",
        r"collect the parameters, `define {0} = (\pi, \mu)`",
    ),
    (
        "(a probability of no declared variable|not a variable of the declared model)",
        r"name a variable of the model, with its index: p(x_i)",
    ),
    ("not understood here: ','", r"give each claim a row, or a display, of its own"),
    (r"not understood here: '(=|le|ge|<|>)'", r"take the relation out of the box or bracket: one claim to a row"),
    (
        r"an undeclared symbol: (old|new|prev|next)\b",
        r"declare the values of all parameters, `define \theta^{new} = (\pi^{new}, \mu^{new})`",
    ),
    (
        r"an undeclared symbol: \\(max|min|sup|inf|lim)",
        r"extrema and limits are not read; write what they are, as a bound or a derivative",
    ),
    (r"an undeclared symbol: \\?(operatorname\*?\{)?arg\b", r"write both sides in one row: \arg\max_u A = \arg\max_u B"),
    (r"an undeclared symbol: \\(lt|gt)\b", r"write < or >"),
    (
        r"an undeclared symbol: \\(text|mathrm|mbox)",
        r"put words behind the formula, as \quad \text{..}, or declare the name that they are",
    ),
    (r"an undeclared symbol: e$", r"write \exp(1), or declare `const e in positive`"),
    (r"an undeclared symbol: p\b", r"write what it is a density of, p(x_i)"),
    (
        r"an undeclared symbol: (\\?[A-Za-z]+\S*)",
        r"correct its spelling, or declare it: `const {0} in R` (or data, param, latent, fun), or `define {0} = ..`",
    ),
    (r"a norm that is not read: 1", r"write the sum of the absolute values, \sum_a \lvert c_a \rvert"),
    (
        "the last case is no 'otherwise'",
        r"cases are told apart by indices that are equal or not; else give each case a row of its own",
    ),
    ("an integral over something that is no declared latent", r"declare the variable, `latent z in R`"),
    (
        "a hint names a display that is not known",
        r"label a display above, $$ .. $$ (eq-Q), and name it in the hint: maximises (eq-Q) over \pi",
    ),
    (
        "a posterior at some of the parameters",
        r"name the others too: `define \theta^{old} = (..)`, or write `at \theta_t`, which has all of them",
    ),
    ("a solution for one numbered member", r"write it for every member, \mu_k = .."),
    ("a tuple where a value is expected", r"write one member of it, or all of the data in p(..)"),
    ("a matrix product does not fit", r"look for a transpose: x^T y is a number, x y^T a matrix"),
    ("(two sides of different shapes|a sum mixes shapes)", r"look for a norm, a transpose, an entry or a trace that is missing"),
    ("a chain of latents|.* latents tie|an expectation (over|that)", r"write the sum or the integral over the latents out"),
    (".* is not supported yet", r"write it out, in sums or integrals of declared densities"),
    (".* is declared already; an update", r"put a hint above the display, <!-- derive: maximises (eq-Q) over \mu_k -->"),
    ("the row before could not be read", r"mend the row before; then this one has something to be compared with"),
)
"""By how the message of an unread row begins."""

BY_CODE = {
    "undeclared": "declare the symbol in a `derive` block, or correct its spelling",
    "unsupported": "write it out in sums, products and declared densities, or leave the row out with the hint skip",
    "ambiguous": "put a bracket where the formula may be read in two ways",
    "previous": "mend the row before; then this one has something to be compared with",
    "brackets": "look for the bracket that is missing",
    "ill-formed": "look at the shapes and indices of the parts that are put together here",
    "hint": "look at the hint above the display",
    "syntax": "look at the formula at the place that is marked",
}

UNKNOWN: tuple[tuple[str, str], ...] = (
    ("no verdict within", "try a smaller step, or a longer --row-timeout"),
    ("a defect of this program", ""),
    ("a declaration above could not be read", "mend the declaration"),
    (".*assumption", "no point was found that meets what is assumed; try to state the assumption as SYMBOL = VALUE"),
    (".*what is assumed was met only", "assume less, or state the assumption as SYMBOL = VALUE"),
    (
        ".*not certain to be defined: the log of",
        "declare what the log is of `positive`; for a covariance of data, assume more data than dimensions, `assume n > d`",
    ),
    (".*not certain to be defined", r"assume what is divided by not to be zero, `assume b > 0`, or declare it `positive`"),
    (".*root or a log of what may have either sign", r"declare the letters `positive`, or `assume .. > 0`"),
    (".*factorial of a negative number", r"state for which values the row is meant, `assume x_i \ge 1`"),
    ("both sides agree .*strict bound", ""),
    ("a quantity free of the parameters was not written out", r"write \propto, + \text{const}, or the evidence as an integral"),
    (
        "a bound without a proof",
        "try a row before it in which the difference is a square, a divergence, or what Jensen's inequality bounds",
    ),
    ("a consequence without a proof", "try the equations between them, one operation to a row"),
    (
        "the hint names several parameters",
        r"give the others in rows of this display, or fix them in the hint: at \mu_k = \mu_k^{old}",
    ),
    (
        "the objectives do not differ",
        r"state the factor between them, or write the equality of the objectives up to + \text{const}",
    ),
    ("the points tried could not have told", "write the row for symbols rather than for numbers, or a longer step"),
    ("vacuous", "the first equation seems to have no solution: look at it again"),
    (".*not supported", "write the part that is named out, in sums and declared functions"),
)
"""Of an unknown row."""


_KL = re.compile(r"(?<![A-Za-z{])K\s*L\s*(?:\\left)?[(\[]")


def advice(step: Step) -> str:
    """What the author can do about a row that did not come out; empty where the message says it, or where nothing helps."""
    if step.verdict == "unknown":
        found = _first(UNKNOWN, step.message)
        return "try an intermediate row" if found is None else found
    if step.verdict != "unread":
        return ""
    if re.search(r"an undeclared symbol: [KL]$|index where a value is expected: [KL]$", step.message) and _KL.search(
        step.row.source.text
    ):
        return r"write \mathrm{KL}(..), or define KL(..): else it is K times L"
    start, end = step.row.at
    if (
        "is not understood here" in step.message
        and re.match(r"\\mathbf *\{?1|1", step.row.source.text[start:end])
        and "=" not in step.message
    ):
        return r"a vector of ones is not read: write the sum"
    found = _first(UNREAD, step.message)
    if found is not None:
        return found
    told = re.search(r"; (try|write|name|declare|which|put)\b|\? (try|write|name)\b|: name it", step.message)
    return "" if told else BY_CODE.get(step.row.code or "", "")


def _first(known: tuple[tuple[str, str], ...], message: str) -> str | None:
    for begins, told in known:
        if met := re.match(begins, message):
            return told.replace("{0}", met[1].rstrip(";,")) if "{0}" in told else told
    return None
