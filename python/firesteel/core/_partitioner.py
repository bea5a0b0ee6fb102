"""Partitioners: which reduce partition a key goes to.

The engine hashes with `portable_hash` natively; here is the same function for programs that call it or name
it as a default, and the objects that RDDs compare to know whether they are partitioned alike.
"""

import os
import sys
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from firesteel.errors import PySparkRuntimeError


def portable_hash(x: Hashable) -> int:
    """Return the hash that places a key: equal in all processes, also for None and for tuples with None.

    Raises
    ------
    PySparkRuntimeError
        When PYTHONHASHSEED is not set, since the hashes of strings would then differ between processes.

    Examples
    --------
    >>> portable_hash(None), portable_hash(7)
    (0, 7)
    >>> portable_hash((7, None)) == portable_hash((7.0, None))
    True
    """
    if "PYTHONHASHSEED" not in os.environ:
        raise PySparkRuntimeError(errorClass="PYTHON_HASH_SEED_NOT_SET", messageParameters={})
    if x is None:
        return 0
    if isinstance(x, tuple):
        return _hash_tuple(x)
    return hash(x)


def _hash_tuple(items: tuple[Any, ...]) -> int:
    """Combine the items' hashes as CPython 2 did, which is what PySpark's placement is made of."""
    combined = 0x345678
    for item in items:
        combined = ((combined ^ portable_hash(item)) * 1000003) & sys.maxsize
    combined ^= len(items)
    return -2 if combined == -1 else combined


class Partitioner:
    """A number of partitions and the function that places keys in them."""

    def __init__(self, numPartitions: int, partitionFunc: Callable[[Any], int]) -> None:
        self.numPartitions = numPartitions
        self.partitionFunc = partitionFunc

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Partitioner)
            and self.numPartitions == other.numPartitions
            and self.partitionFunc == other.partitionFunc
        )

    def __hash__(self) -> int:
        return hash((self.numPartitions, self.partitionFunc))

    def __call__(self, k: Any) -> int:
        return self.partitionFunc(k) % self.numPartitions


class RangePartitioner(Partitioner):
    """Places keys between bounds, for sorting. Equal only to itself, like the function it stands for."""

    def __init__(
        self, bounds: Sequence[Any], keyfunc: Callable[[Any], Any] | None, ascending: bool, numPartitions: int
    ) -> None:
        super().__init__(numPartitions, self._place)
        self.bounds = bounds
        self.keyfunc = keyfunc
        self.ascending = ascending

    def _place(self, k: Any) -> int:
        place = bisect_left(self.bounds, k if self.keyfunc is None else self.keyfunc(k))
        return place if self.ascending else self.numPartitions - 1 - place

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


SAMPLES_PER_PARTITION = 20
"""Keys that sortByKey samples for each partition that it will make: PySpark's number."""


def sampled_bounds(
    samples: list[tuple[int, list[tuple[float, Any]]]],
    numPartitions: int,
    keyfunc: Callable[[Any], Any] | None,
) -> list[Any] | None:
    """Return the keys that separate the partitions of a sort, or None when there is no element.

    Every input partition gives its count and its candidates, each with its draw; now that the total is
    known, those below the exact fraction are PySpark's sample. The bounds are raw keys, as they are there.
    """
    total = sum(count for count, _ in samples)
    if total == 0:
        return None
    if numPartitions < 0:
        raise ValueError("Fraction must be nonnegative.")
    fraction = min(numPartitions * float(SAMPLES_PER_PARTITION) / total, 1.0)
    keys = [key for _, candidates in samples for draw, key in candidates if draw < fraction]
    keys.sort(key=keyfunc)
    return [keys[int(len(keys) * (index + 1) / numPartitions)] for index in range(numPartitions - 1)]
