"""Sorts floats, which come in no order, by themselves."""

import heapq

from plain import ranges
from workload import bench

SCATTER = 2_654_435_761


def key(number):
    return number * SCATTER % 1_000_003 / 7


def spark(sc, elements):
    numbers = sc.parallelize(range(elements), 2)
    return lambda: sampled(numbers.map(lambda number: (key(number), 1)).sortByKey().keys().collect())


def sampled(ordered):
    """Enough to see that all are there and in order, without a checksum that takes longer than the sort."""
    return [len(ordered), *ordered[::997]]


def sort_range(split):
    return sorted(map(key, range(*split)))


def plain(pool, elements):
    return lambda: sampled(list(heapq.merge(*pool.map(sort_range, ranges(elements, 2)))))


bench(spark, plain)
