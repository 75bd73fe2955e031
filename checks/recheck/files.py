"""Certificates as files: whether they are as they were written, and show what they say."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checks.recheck.points import Undefined, check_point
from checks.recheck.proofs import check_proof
from checks.recheck.solutions import solved
from checks.recheck.trees import Rejected, Statement, require

FORMAT, VERSION = "derive certificate", 2
ENDLESS = re.compile(r'"\s*[-+]?[\d_.]+[eE][-+]?[\d_]{5,}\s*"')
"""A number that would fill the memory when it is written out."""


def check_certificate(told: Mapping[str, Any]) -> str:
    """See that a certificate shows what it says of its statement; how it does.

    Raises:
        Rejected: it does not.
    """
    try:
        statement = Statement(told["statement"])
        own = json.dumps([told.get("proof"), told.get("point")])
        require(not MADE.search(own), "a letter that only the checker makes")
        by_point = told["verdict"] == "refuted" or statement.relation == "not identically 0"
        require(told["verdict"] in ("proved", "refuted"), "an unknown verdict")
        require(told["verdict"] == "proved" or statement.relation != "not identically 0", "a relation that no point refutes")
        if not by_point:
            return check_proof(statement, told["proof"])
        solution = told["point"].get("solution")
        return check_point(statement, told["point"], None if solution is None else solved(statement, solution))
    except (Undefined, LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
        raise Rejected(f"{type(error).__name__}: {error}") from error


MADE = re.compile('"[#%~]')
"""How the letters begin that the checker makes, each in its turn: a certificate that foretold one would have it captured."""


def digest_of(told: Any) -> str:
    """The hash of what JSON holds, however it is laid out."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def sealed(told: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate with its format, what its statement means as a hash, and the hash of it all."""
    whole = {"format": FORMAT, "version": VERSION, **told, "meaning": digest_of(told["statement"])}
    return {**whole, "hash": digest_of(whole)}


def check_file(text: str) -> tuple[Mapping[str, Any], str]:
    """A certificate as it was written, and how it shows what it says.

    Raises:
        Rejected: it does not, or is none.
    """
    try:
        told = json.loads(text)
        bare = {key: value for key, value in told.items() if key not in ("format", "version", "meaning", "hash")}
        require(told == sealed(bare), "a certificate of another format, or changed after it was written")
        require(not ENDLESS.search(json.dumps(told, ensure_ascii=False)), "a number of too many digits")
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Rejected(f"no certificate: {type(error).__name__}: {error}") from error
    return told, check_certificate(told)


def main(arguments: Sequence[str]) -> int:
    """``python -m checks.recheck FOLDER``: 0 where each certificate shows what it says, 2 where there are none."""
    rejected, paths = 0, sorted(Path(arguments[0]).glob("*-*.json")) if arguments else []
    for path in paths:
        try:
            told, how = check_file(path.read_text(encoding="utf-8"))
            print(f"{path.name}: {told['row']['file']}:{told['row']['line']}: {told['verdict']}: {how}")
        except (Rejected, OSError, LookupError, TypeError, ValueError) as error:
            rejected += 1
            print(f"{path.name}: NOT ACCEPTED: {error}")
    if not paths:
        print("recheck: no certificates", file=sys.stderr)
        return 2
    return 1 if rejected else 0
