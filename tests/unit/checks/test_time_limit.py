"""Limits by the clock on the wall and by work: what others do on a machine takes nothing from the second."""

from __future__ import annotations

import time

import pytest

from checks.time_limit import TimeOut, limited


def work() -> None:
    while True:
        pass


def test_what_works_too_long_is_stopped() -> None:
    began = time.process_time()
    with pytest.raises(TimeOut), limited(0.1, "work"):
        work()
    assert time.process_time() - began >= 0.05


def test_what_waits_has_not_worked() -> None:
    began = time.process_time()
    with limited(0.2, "work"):
        time.sleep(0.4)
    assert time.process_time() - began < 0.2


def test_what_waits_too_long_is_stopped_by_the_clock_on_the_wall() -> None:
    with pytest.raises(TimeOut), limited(0.1):
        time.sleep(60)


def test_one_limit_inside_of_another() -> None:
    with limited(60), pytest.raises(TimeOut), limited(0.1, "work"):
        work()
    with limited(60, "work"), pytest.raises(TimeOut), limited(0.1):
        work()
