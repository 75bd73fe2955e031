"""What the program runs on, and what it is. Versions are read from the installed packages' records; no package is imported."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import platform
from dataclasses import dataclass
from pathlib import Path

import derive

DISTRIBUTION = "derive-checks"
PACKAGES = ("sympy", "jax", "jaxlib", "numpy", "python-flint", "click", "rich")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Versions by package name (None where one is not installed), and the seed and number of points that were asked for."""

    tool: str
    python: str
    packages: dict[str, str | None]
    seed: int
    points: int


def environment(seed: int, points: int) -> Environment:
    """The environment of this process."""
    return Environment(
        tool=version(DISTRIBUTION) or "not installed",
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        seed=seed,
        points=points,
    )


def version(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def ground_types() -> str:
    """What SymPy computes with: ``python``, ``gmpy`` or ``flint``; imports SymPy."""
    return str(importlib.import_module("sympy.external.gmpy").GROUND_TYPES)


def rules() -> str:
    """A hash of this program's own files: by the same rules the same is said of the same claim."""
    whole = hashlib.sha256()
    for root in (Path(derive.__file__).parent, Path(__file__).parent):
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found = path.read_bytes()
                whole.update(f"{root.name}/{path.relative_to(root).as_posix()} {len(found)}\n".encode())
                whole.update(found)
    return whole.hexdigest()


def surroundings() -> dict[str, str | None]:
    """All beside a claim and the rules on which a verdict might depend: versions of what the program is built on."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
        "ground_types": ground_types(),
        **{name: version(name) for name in (*PACKAGES, "mpmath")},
    }
