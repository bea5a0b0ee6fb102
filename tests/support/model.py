"""RDDs in a page of plain Python: what every operation means, placement and order included.

A model of observed behaviour: the rules for slicing, hashing, dealing out and range partitioning are those
that Apache Spark was seen to follow, and the tests in core that use it pass on PySpark 4.3.0 as well. There
is no laziness here, no process and no frame.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

BATCH = 1024
"""Elements that the reference pickles at a time, which shows in how it slices a list."""
RUN = 10
"""Elements that repartition deals out at a time."""
FIRST_RUN_GOES_TO = {
    2: "110000010",
    3: "012022020",
    4: "110330023",
    5: "444341111",
    6: "345022350",
    7: "362022422",
    8: "220650745",
}
"""For n output partitions: where the first run of input partition 0, 1, 2, ... was seen to go."""

Function = Callable[..., Any]


def place(key: Any) -> int:
    """Hash a key as the reference does: None and tuples by a rule of their own, all else as Python."""
    if key is None:
        return 0
    if not isinstance(key, tuple):
        return hash(key)
    mixed = 0x345678
    for item in key:
        mixed = ((mixed ^ place(item)) * 1000003) % 2**63
    return mixed ^ len(key)


def slices_of_list(elements: list[Any], count: int) -> list[list[Any]]:
    """Slice a list as parallelize does: by whole batches."""
    size = max(1, min(len(elements) // count, BATCH))
    batches = [elements[start : start + size] for start in range(0, len(elements), size)]
    bounds = [len(batches) * i // count for i in range(count + 1)]
    return [flat(batches[low:high]) for low, high in pairwise(bounds)]


def slices_of_range(elements: range, count: int) -> list[list[Any]]:
    """Slice a range as parallelize does."""
    bounds = [int(i * len(elements) / count) for i in range(count + 1)]
    return [list(elements[low:high]) for low, high in pairwise(bounds)]


def flat(lists: Iterable[Iterable[Any]]) -> list[Any]:
    """Return the elements of the lists in one list."""
    return [element for inner in lists for element in inner]


class PlainRDD:
    """The partitions of an RDD, as lists."""

    def __init__(self, partitions: Iterable[Iterable[Any]]) -> None:
        self.partitions = [list(partition) for partition in partitions]

    @classmethod
    def parallelize(cls, elements: Any, count: int) -> "PlainRDD":
        if isinstance(elements, range):
            return cls(slices_of_range(elements, count))
        return cls(slices_of_list(list(elements), count))

    def collect(self) -> list[Any]:
        return flat(self.partitions)

    # Narrow operations.

    def mapPartitions(self, f: Function) -> "PlainRDD":
        return PlainRDD(f(iter(partition)) for partition in self.partitions)

    def mapPartitionsWithIndex(self, f: Function) -> "PlainRDD":
        return PlainRDD(f(index, iter(partition)) for index, partition in enumerate(self.partitions))

    def map(self, f: Function) -> "PlainRDD":
        return self.mapPartitions(lambda partition: map(f, partition))

    def filter(self, f: Function) -> "PlainRDD":
        return self.mapPartitions(lambda partition: filter(f, partition))

    def flatMap(self, f: Function) -> "PlainRDD":
        return self.mapPartitions(lambda partition: flat(map(f, partition)))

    def mapValues(self, f: Function) -> "PlainRDD":
        return self.map(lambda pair: (pair[0], f(pair[1])))

    def flatMapValues(self, f: Function) -> "PlainRDD":
        return self.flatMap(lambda pair: [(pair[0], value) for value in f(pair[1])])

    def keys(self) -> "PlainRDD":
        return self.map(lambda pair: pair[0])

    def values(self) -> "PlainRDD":
        return self.map(lambda pair: pair[1])

    def keyBy(self, f: Function) -> "PlainRDD":
        return self.map(lambda element: (f(element), element))

    def glom(self) -> "PlainRDD":
        return PlainRDD([partition] for partition in self.partitions)

    def union(self, other: "PlainRDD") -> "PlainRDD":
        return PlainRDD(self.partitions + other.partitions)

    def coalesce(self, count: int) -> "PlainRDD":
        have = len(self.partitions)
        if count > have:
            return self
        bounds = [have * i // count for i in range(count + 1)]
        return PlainRDD(flat(self.partitions[low:high]) for low, high in pairwise(bounds))

    # Shuffles.

    def partitionBy(self, count: int, f: Function = place) -> "PlainRDD":
        parts: list[list[Any]] = [[] for _ in range(count)]
        for key, value in self.collect():
            parts[f(key) % count].append((key, value))
        return PlainRDD(parts)

    def combineByKey(self, create: Function, add: Function, merge: Function, count: int) -> "PlainRDD":
        mapped = self.mapPartitions(lambda pairs: combined(pairs, create, add))
        shuffled = mapped.partitionBy(count)
        return shuffled.mapPartitions(lambda pairs: combined(pairs, lambda value: value, merge))

    def reduceByKey(self, f: Function, count: int) -> "PlainRDD":
        return self.combineByKey(lambda value: value, f, f, count)

    def aggregateByKey(
        self, zero: Callable[[], Any], add: Function, merge: Function, count: int
    ) -> "PlainRDD":
        return self.combineByKey(lambda value: add(zero(), value), add, merge, count)

    def groupByKey(self, count: int) -> "PlainRDD":
        return self.combineByKey(lambda v: [v], lambda vs, v: [*vs, v], lambda a, b: a + b, count)

    def distinct(self, count: int) -> "PlainRDD":
        return self.map(lambda x: (x, None)).reduceByKey(lambda x, _: x, count).keys()

    def join(self, other: "PlainRDD", count: int) -> "PlainRDD":
        sides = self.mapValues(lambda v: (1, v)).union(other.mapValues(lambda v: (2, v)))
        return sides.groupByKey(count).flatMapValues(
            lambda tagged: [(v, w) for side, v in tagged if side == 1 for other, w in tagged if other == 2]
        )

    def repartition(self, count: int) -> "PlainRDD":
        parts: list[list[Any]] = [[] for _ in range(count)]
        for index, partition in enumerate(self.partitions):
            first = 0 if count == 1 else int(FIRST_RUN_GOES_TO[count][index])
            for number, start in enumerate(range(0, len(partition), RUN)):
                parts[(first + number) % count] += partition[start : start + RUN]
        return PlainRDD(parts)

    def sortByKey(self, ascending: bool, count: int, key: Function = lambda key: key) -> "PlainRDD":
        """For so few elements that all of them are in the sample from which the bounds come."""
        elements = self.collect()
        assert len(elements) <= 20 * count
        if count > 1 and not elements:
            return self
        keys = sorted((pair[0] for pair in elements), key=key)
        bounds = [keys[len(keys) * (i + 1) // count] for i in range(count - 1)]
        parts: list[list[Any]] = [[] for _ in range(count)]
        for pair in elements:
            place = bisect_left(bounds, key(pair[0]))
            parts[place if ascending else count - 1 - place].append(pair)
        return PlainRDD(sorted(part, key=lambda pair: key(pair[0]), reverse=not ascending) for part in parts)

    def sortBy(self, f: Function, ascending: bool, count: int) -> "PlainRDD":
        return self.keyBy(f).sortByKey(ascending, count).values()


def combined(pairs: Iterable[tuple[Any, Any]], create: Function, add: Function) -> list[tuple[Any, Any]]:
    """Combine the values of equal keys; keys come in the order of their first appearance."""
    table: dict[Any, Any] = {}
    for key, value in pairs:
        table[key] = add(table[key], value) if key in table else create(value)
    return list(table.items())
