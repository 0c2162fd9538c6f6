"""Waits for something to become true, as briefly as possible, on a machine of any speed."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], within_s: float = 60.0, every_s: float = 0.02) -> None:
    """Return as soon as the condition holds; fail the test if it does not within `within_s`."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
        time.sleep(every_s)
