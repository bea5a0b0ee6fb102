"""Iterating over an RDD in the driver, one partition at a time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Compute = Sequence[Callable[[], list[Any]]]
"""What gives each partition's elements, by a job of its own."""


def one_by_one(compute: Compute) -> Iterator[Any]:
    """Compute a partition when its first element is asked for."""
    for partition in compute:
        yield from partition()


def prefetched(compute: Compute, begin: Callable[[], None]) -> Iterator[Any]:
    """Compute the next partition, in a thread that begins as it is told, while one is iterated over."""
    if not compute:
        return
    with ThreadPoolExecutor(1, "firesteel-prefetch", initializer=begin) as ahead:
        coming = ahead.submit(compute[0])
        for following in compute[1:]:
            elements = coming.result()
            coming = ahead.submit(following)
            yield from elements
        yield from coming.result()
