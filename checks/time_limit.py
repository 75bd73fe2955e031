"""A limit on how long something may take."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager


class TimeOut(Exception):
    """It took longer."""


AGAIN = 1.0
"""Seconds after which it is said again: what is raised inside of a destructor, or of a hook, is heard by nobody."""


@contextmanager
def limited(seconds: float) -> Generator[None]:
    """Stop what takes longer; only the main thread of a POSIX system can be stopped so.

    Raises:
        TimeOut: it did.
    """
    if seconds <= 0 or threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TimeOut

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
