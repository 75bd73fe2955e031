"""Runs ``derive`` in many surroundings and compares what it says: ``python -m tests.surroundings [--python PATH] [NAME...]``.

NAMEs are those of surroundings; without any, all are tried. With ``--python`` the reports of another interpreter, and of the
packages that it finds, are compared with those of this one, in the usual surroundings. The exit code is 1 where reports differ.
"""

from __future__ import annotations

import argparse
import sys
from itertools import islice

from tests.surroundings import SURROUNDINGS, TASKS, USUAL, DidNotEndError, differences, report

SHOWN = 20


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.surroundings", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *(around.name for around in SURROUNDINGS)], metavar="NAME")
    parser.add_argument("--python", default=sys.executable, help="another interpreter")
    parser.add_argument("--task", action="append", choices=[task.name for task in TASKS], help="this task alone; repeatable")
    asked = parser.parse_args(arguments)
    chosen = [around for around in SURROUNDINGS if not asked.names or around.name in asked.names]
    if asked.python != sys.executable and not asked.names:
        chosen = [USUAL]
    compared = different = 0
    for task in TASKS:
        if asked.task and task.name not in asked.task:
            continue
        usual = report(task, USUAL)
        for around in chosen:
            if around.processes > 1 and not task.shared:
                continue
            try:
                found = list(islice(differences(usual, report(task, around, asked.python), ("usual", around.name)), SHOWN))
            except DidNotEndError as error:
                found = [str(error)]
            compared += 1
            different += bool(found)
            print(f"{task.name}, {around.name}: {'different' if found else 'the same'}", *found, sep="\n    ", flush=True)
    print(f"{compared} compared, {different} different")
    return 1 if different or not compared else 0


if __name__ == "__main__":
    raise SystemExit(main())
