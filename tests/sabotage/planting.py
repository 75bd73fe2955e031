"""Plants a fault while a module is imported; no file is changed.

The fault stands in an environment variable, whose name begins as those that the worker of ``derive check`` is given:
``site/sitecustomize.py``, in the path of every process that is started here and of all that these start, looks for it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from tests.sabotage.fault import ROOT, Fault

VARIABLE = "PYTHONSABOTAGE"
SITE = ROOT / "tests" / "sabotage" / "site"


class _Loader(SourceFileLoader):
    """Compiles a module with the fault in it; what was compiled without it is not looked at, and nothing is kept."""

    def __init__(self, fault: Fault, path: str) -> None:
        super().__init__(fault.module, path)
        self.fault = fault

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.fault.planted(self.get_data(path).decode("utf-8")), path)


class _Finder(MetaPathFinder):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.fault.module:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found is not None and found.origin is not None:
            found.loader = _Loader(self.fault, found.origin)
        return found


def plant() -> None:
    """Plant the fault that stands in the environment, if there is one."""
    if told := os.environ.get(VARIABLE):
        sys.meta_path.insert(0, _Finder(Fault(**json.loads(told))))


def environment(fault: Fault | None) -> dict[str, str]:
    """The environment of a process in which a fault is planted."""
    found = {name: value for name, value in os.environ.items() if name != VARIABLE}
    found["PYTHONPATH"] = os.pathsep.join((str(SITE), str(ROOT)))
    return found if fault is None else {**found, VARIABLE: json.dumps(asdict(fault))}
