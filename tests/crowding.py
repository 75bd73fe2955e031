"""Several runs of ``derive check`` at once on one cache, some of them killed: ``python -m tests.crowding FOLDER NOTE``.

Before they begin the cache is made unreadable, so that all of them find it so. One process begins the others by forking, which is
safe as long as JAX was not imported.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from checks import cache, cli, supervision

CROWD, KILLED = 8, 4


def begin(folder: Path, note: str, number: int) -> int:
    process = os.fork()
    if process:
        return process
    cache.WRITTEN_EVERY = 0.0
    with (folder / f"{number}.err").open("w") as told:
        sys.stderr = told
        code = cli.run(["check", note, "--no-autodiff", "-o", str(folder / f"{number}.txt")])
    os._exit(code)


def main(folder: Path, note: str) -> dict[str, Any]:
    drawn = random.Random(0)
    place = cache.folder()
    supervision.is_possible = lambda: False
    cli.run(["check", note, "--no-autodiff", "-o", str(folder / "whole.txt")])
    if place is None or "jax" in sys.modules:
        raise RuntimeError("there is no place for a cache, or JAX was imported, whose threads do not survive a fork")
    (place / "verdicts-1.sqlite").write_bytes(b"no database" * 1000)
    processes = [begin(folder, note, number) for number in range(CROWD + KILLED)]
    for process in processes[CROWD:]:
        time.sleep(drawn.uniform(0, 0.3))
        os.kill(process, signal.SIGKILL)
    codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes[:CROWD]]
    for process in processes[CROWD:]:
        os.waitpid(process, 0)
    with sqlite3.connect(place / "verdicts-2.sqlite") as found:
        kept = found.execute("SELECT key, value, checksum FROM verdicts").fetchall()
        (intact,) = found.execute("PRAGMA integrity_check").fetchone()
    whole = (folder / "whole.txt").read_text()
    return {
        "codes": codes,
        "different reports": sum((folder / f"{number}.txt").read_text() != whole for number in range(CROWD)),
        "set aside": sorted(path.name for path in place.iterdir() if path.name.endswith(cache.DAMAGED)),
        "said": "".join((folder / f"{number}.err").read_text() for number in range(CROWD + KILLED)),
        "intact": intact,
        "kept": len(kept),
        "damaged": sum(cache._checksum(key, value) != checksum for key, value, checksum in kept),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
