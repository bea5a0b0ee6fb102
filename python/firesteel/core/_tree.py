"""Combining partitions in rounds: treeReduce and treeAggregate."""

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD

FEWEST = 2
"""A round combines at least so many partitions into one."""


def in_rounds(partial: "RDD[Any]", combine: Callable[[Any, Any], Any], depth: int) -> "RDD[Any]":
    """Combine the one element of each partition with others until few partitions are left."""
    partitions = float(partial.getNumPartitions())
    scale = max(math.ceil(partitions ** (1.0 / depth)), FEWEST)
    # Another round is worth it only if it leaves fewer partitions.
    while partitions > scale + partitions / scale:
        partitions /= scale
        count = int(partitions)
        keyed = partial.mapPartitionsWithIndex(functools.partial(_keyed, count))
        partial = keyed.reduceByKey(combine, count).values()
    return partial


def _keyed(count: int, index: int, elements: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return ((index % count, element) for element in elements)
