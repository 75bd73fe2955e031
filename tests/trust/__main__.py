"""Takes the measures and prints their table: ``python -m tests.trust [--few] [-j N] [--keep FILE] [--folder FOLDER] [NAME...]``.

NAMEs are those of measures; without any all are taken, which takes hours. ``--few`` takes each of them small. With ``--keep``
what was found stands in a JSON file, measure by measure; what stands there of other measures is kept, and comes in the table.
In ``--folder`` journals are kept, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from checks.saving import save
from tests.trust.measures import MEASURES, Asked, table

FIGURES = Path(__file__).parent / "figures.json"
"""What was found when all measures were last taken: the table of the README."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *(one.name for one in MEASURES)], metavar="NAME")
    parser.add_argument("--few", action="store_true", help="try few of each")
    parser.add_argument("-j", "--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="read and write figures here")
    parser.add_argument("--folder", type=Path, help="keep journals here")
    asked = parser.parse_args(arguments)
    figures: dict[str, Any] = json.loads(asked.keep.read_text()) if asked.keep and asked.keep.exists() else {}
    holds = True
    with tempfile.TemporaryDirectory() as another:
        folder = asked.folder or Path(another)
        folder.mkdir(parents=True, exist_ok=True)
        for one in MEASURES:
            if asked.names and one.name not in asked.names:
                continue
            print(one.name, file=sys.stderr, flush=True)
            found = one.take(Asked(one.few if asked.few else one.many, asked.processes, folder))
            figures[one.name] = asdict(found)
            holds = holds and found.holds
            if asked.keep:
                save(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", asked.keep)
    print(table(figures), end="")
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
