"""Runs ``derive`` in many surroundings and compares what it says: ``python -m tests.surroundings [--python PATH] [NAME...]``.

NAMEs are those of surroundings; without any, all are tried. With ``--python`` the reports of another interpreter, and of the
packages that it finds, are compared with those of this one, in the usual surroundings. The exit code is 1 where reports differ.
"""

from __future__ import annotations

import argparse
import sys

from tests.surroundings import SURROUNDINGS, TASKS, USUAL, compared

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
    tasks = [task for task in TASKS if not asked.task or task.name in asked.task]
    count = different = 0
    for task, around, found in compared(tasks, chosen, asked.python):
        count += 1
        different += bool(found)
        told = "different" if found else "the same"
        print(f"{task.name}, {around.name}: {told}", *found[:SHOWN], sep="\n    ", flush=True)
    print(f"{count} compared, {different} different")
    return 1 if different or not count else 0


if __name__ == "__main__":
    raise SystemExit(main())
