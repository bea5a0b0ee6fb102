"""Waiting for a condition, with a deadline. No test waits in any other way."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds until a condition that should hold any moment now counts as broken, on a busy machine too."""
PAUSE = 0.005
"""Seconds between two looks."""


def wait_until(condition: Callable[[], T], what: str, within: float = PATIENCE) -> T:
    """Return the condition's value as soon as it is true; fail after `within` seconds."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {within} s still not: {what}")
        time.sleep(PAUSE)
    return value
