"""Partitioners: which reduce partition a key goes to.

The engine hashes with `portable_hash` natively; here is the same function for programs that call it or name
it as a default, and the objects that RDDs compare to know whether they are partitioned alike.
"""

import os
import sys
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from firesteel.core._hashes import VARIABLE, hash_of_bytes, hash_of_text, hashes_alike, seed_of
from firesteel.errors import PySparkRuntimeError

if TYPE_CHECKING:
    from firesteel.core.context import SparkContext


SEEDLESS = (bool, int, float, complex)
"""Types whose hashes are the same in all processes."""


def portable_hash(x: Hashable) -> int:
    """Return the hash that places a key: the workers', also in a driver whose PYTHONHASHSEED is not theirs.

    Raises
    ------
    PySparkRuntimeError
        Without a context, for what only a process with the workers' PYTHONHASHSEED can hash.

    Examples
    --------
    >>> portable_hash(None), portable_hash(7)
    (0, 7)
    >>> portable_hash((7, None)) == portable_hash((7.0, None))
    True
    >>> sc.parallelize(["steel"]).map(portable_hash).first() == portable_hash("steel")
    True
    """
    if x is None:
        return 0
    if isinstance(x, tuple):
        return _hash_tuple(x)
    if type(x) in SEEDLESS:
        return hash(x)
    return _seeded_hash(x)


def _seeded_hash(x: Hashable) -> int:
    context = _active_context()
    seed = seed_of(os.environ) if context is None else context._hash_seed
    alike = hashes_alike(seed)
    if alike or (alike is None and VARIABLE in os.environ):
        return hash(x)
    if alike is False and type(x) is str:
        return hash_of_text(x, seed)
    if alike is False and type(x) is bytes:
        return hash_of_bytes(x, seed)
    if context is None:
        raise PySparkRuntimeError(errorClass="PYTHON_HASH_SEED_NOT_SET", messageParameters={})
    return context._call_in_worker(portable_hash, x)


def _active_context() -> "SparkContext | None":
    # A worker has not loaded it, and has no context.
    module = sys.modules.get("firesteel.core.context")
    return None if module is None else module.SparkContext._active()


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
