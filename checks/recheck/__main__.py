"""``python -m checks.recheck FOLDER``."""

from __future__ import annotations

import sys

from checks.recheck.files import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
