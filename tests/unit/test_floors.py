"""The floors of the house: a file imports only from floors below its own, imports inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The first entry that is a prefix of a module's name gives its floor; longer names first.
FLOORS = {
    "derive.algebra.prove": 3.9,
    "derive.algebra.concavity": 3.86,
    "derive.algebra.solving": 3.85,
    "derive.algebra.nonnegativity": 3.8,
    "derive.algebra.entries": 3.7,
    "derive.algebra.divergence": 3.6,
    "derive.algebra.calculus": 3.6,
    "derive.algebra.reduction": 3.5,
    "derive.algebra.signs": 3.4,
    "derive.algebra.canonical": 3.3,
    "derive.algebra.terms": 3.2,
    "derive.algebra": 3,
    "derive.errors": 0,
    "derive.symbols": 1,
    "derive.formula": 1.5,
    "derive.functions": 1.6,
    "derive.sympy_bridge": 1.7,
    "derive.claims": 2,
    "derive.proposals.terms": 2.1,
    "derive.proposals": 2.2,
    "derive.notation.declared_model": 4.6,
    "derive.notation.parameters": 4.5,
    "derive.notation.latents": 4.5,
    "derive.notation.marginals": 4.5,
    "derive.notation.model": 4.5,
    "derive.notation.expectations": 4.5,
    "derive.notation.probabilities": 4.5,
    "derive.notation.latex_reader": 4.5,
    "derive.notation": 4,
    "derive.densities": 3.95,
    "derive.models": 5,
    "derive.expectation_maximisation": 6,
    "derive.identities": 7,
    "derive.notes": 7.5,
    "derive.lessons": 8,
    "derive": 8.5,
    "checks.points": 9,
    "checks.balls": 9,
    "checks.mutation": 9,
    "checks.signs": 9,
    "checks.time_limit": 9,
    "checks.inert": 9,
    "checks.piecework": 9,
    "checks.rewriting": 9.1,
    "checks.second_opinion": 9.2,
    "checks.enclosure": 9.2,
    "checks.maximisers": 9.3,
    "checks.solutions": 9.3,
    "checks.shrinking": 9.3,
    "checks.contractions": 9.3,
    "checks.traces": 9.3,
    "checks.feature_products": 9.4,
    "checks.evaluation": 9.5,
    "checks.lowering": 9.6,
    "checks.witness": 10,
    "checks.judge": 11,
    "checks.regression": 11.5,
    "checks.diagnoses": 12,
    "checks.environment": 12,
    "checks.leftovers": 12,
    "checks.records": 12.2,
    "checks.cache": 12.3,
    "checks.workers": 13.1,
    "checks.journal": 13.1,
    "checks.idle_readings": 11.5,
    "checks.own_tests": 13.2,
    "checks.catalogue": 13.2,
    "checks.outline": 12.5,
    "checks.widths": 12.55,
    "checks.snippets": 12.55,
    "checks.counterexamples": 12.55,
    "checks.advice": 12.7,
    "checks.notes": 12.6,
    "checks.row_worker": 12.7,
    "checks.supervision": 12.8,
    "checks.readings": 12.9,
    "checks.campaign": 13.2,
    "checks.true_statements": 13.3,
    "checks.note_outline": 13.4,
    "checks.note_reports": 13.5,
    "checks.reports": 13,
    "checks.saving": 14,
    "checks.recheck.files": 0.4,
    "checks.recheck.proofs": 0.3,
    "checks.recheck.rules": 0.25,
    "checks.recheck.sums": 0.25,
    "checks.recheck.points": 0.3,
    "checks.recheck.trees": 0.2,
    "checks.recheck.solutions": 0.35,
    "checks.recheck": 0.5,
    "checks.rechecking": 0.6,
    "checks.scalar_trees": 9,
    "checks.certificates.patterns": 14.05,
    "checks.certificates.rewriting": 14.06,
    "checks.certificates.vanishing": 14.07,
    "checks.certificates.bounds": 14.08,
    "checks.certificates.consequences": 14.08,
    "checks.certificates.relations": 14.1,
    "checks.certificates.solutions": 14.1,
    "checks.certificates": 14.2,
    "checks.doctor": 14,
    "checks.cli": 15,
    "checks": 16,
}
PACKAGES = ("derive", "checks")
"""A file right below these stands on a floor of its own, which must be named."""
MATHEMATICS_NEVER = ("jax", "numpy", "checks", "flint")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor(module: str) -> float:
    name = module
    while name not in FLOORS:
        name = name.rpartition(".")[0]
        if name in (*PACKAGES, ""):
            raise KeyError(f"{module} stands on no floor: name it in FLOORS")
    return FLOORS[name]


def imports(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                below = ROOT.joinpath(*node.module.split("."), alias.name)
                is_module = below.with_suffix(".py").exists() or below.joinpath("__init__.py").exists()
                yield f"{node.module}.{alias.name}" if is_module else node.module


FILES = sorted(path for package in ("derive", "checks") for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_come_from_below(path: Path) -> None:
    own = module_name(path)
    for name in imports(path):
        if name.split(".")[0] in ("derive", "checks"):
            same_room = name.rpartition(".")[0] == own.rpartition(".")[0] or name == own.rpartition(".")[0]
            assert floor(name) < floor(own) or (floor(name) == floor(own) and same_room), f"{own} imports {name}"


@pytest.mark.parametrize("path", [p for p in FILES if p.relative_to(ROOT).parts[0] == "derive"], ids=module_name)
def test_the_mathematics_knows_no_numbers(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] not in MATHEMATICS_NEVER, f"{module_name(path)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_nothing_rests_on_assert_or_on_strings_as_code(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Assert), f"{path.name}:{node.lineno}: assert"
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            assert name not in ("eval", "exec", "sympify", "parse_expr", "parse_latex"), f"{path.name}:{node.lineno}: {name}"
        if isinstance(node, ast.Import):
            assert "pickle" not in [alias.name for alias in node.names], path.name


def test_a_climbing_import_would_be_seen(tmp_path: Path) -> None:
    assert floor("derive.formula") < floor("derive.algebra.prove") < floor("checks.judge") < floor("checks.cli")
    for homeless in ("elsewhere", "checks.elsewhere"):
        with pytest.raises(KeyError):
            floor(homeless)
