"""``python -m tests.sabotage``: plants every fault, or those that are named, and prints who caught it."""

from __future__ import annotations

import argparse
import json
import sys

from tests.sabotage.faults import FAULTS
from tests.sabotage.running import Outcome, all_tried, summary, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sabotage", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="plant this fault alone; repeatable")
    parser.add_argument("-j", "--processes", type=int, default=1, help="how many at a time")
    asked = parser.parse_args()
    if unknown := set(asked.only or ()) - set(FAULTS):
        parser.error(f"no fault of the name: {', '.join(sorted(unknown))}")
    chosen = [fault for name, fault in FAULTS.items() if not asked.only or name in asked.only]

    def heard(outcome: Outcome) -> None:
        print("\n".join(table([outcome], chosen)), flush=True)

    outcomes = all_tried(chosen, asked.processes, heard)
    print(json.dumps(summary(outcomes)))
    return 0 if all(outcome.caught_by for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
