"""Counts the Python functions that are called in a worker, or here, with a profile function.

Only calls of Python functions count (`call` events): what runs natively is not seen, which is the point.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from firesteel import SparkContext

PLACE = "firesteel_tests_calls"
"""Where a worker keeps its counts, in `sys`: a task's own state would not last until the next task."""


def _counting() -> Counter[str]:
    """Count from now on, in this thread; return the counts, by file."""
    calls: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            calls[frame.f_code.co_filename] += 1

    sys.setprofile(profile)
    return calls


def calls_in_worker(sc: SparkContext, job: Callable[[], Any]) -> Counter[str]:
    """Return the calls in the one worker of a context while a job runs."""

    def begin(_: Any) -> Any:
        setattr(sys, PLACE, counting())
        return [os.getpid()]

    def end(_: Any) -> Any:
        sys.setprofile(None)
        return [(os.getpid(), getattr(sys, PLACE))]

    counting = _counting
    one = sc.parallelize([0], 1)
    [began] = one.mapPartitions(begin).collect()
    job()
    [(ended, calls)] = one.mapPartitions(end).collect()
    assert began == ended, "the worker must be the same"
    return calls


def calls_here(job: Callable[[], Any]) -> Counter[str]:
    """Return the calls in this thread while a job runs."""
    calls = _counting()
    try:
        job()
    finally:
        sys.setprofile(None)
    return calls
