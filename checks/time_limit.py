"""A limit on how long something may take."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal


class TimeOut(Exception):
    """It took longer."""


AGAIN = 1.0
"""Seconds after which it is said again: what is raised inside of a destructor, or of a hook, is heard by nobody."""


@contextmanager
def limited(seconds: float, clock: Literal["wall", "work"] = "wall") -> Generator[None]:
    """Stop what takes longer; only the main thread of a POSIX system can be stopped so.

    By the clock on the wall, or by the time that this process has worked, which others on the machine do not shorten.

    Raises:
        TimeOut: it did.
    """
    if seconds <= 0 or threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TimeOut

    timer, alarm = (signal.ITIMER_REAL, signal.SIGALRM) if clock == "wall" else (signal.ITIMER_PROF, signal.SIGPROF)
    before = signal.signal(alarm, stop)
    signal.setitimer(timer, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(alarm, before)
