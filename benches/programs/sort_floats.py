"""Sorts floats, which come in no order, by themselves."""

from operator import itemgetter

from plain import flat, ranges
from workload import bench

SCATTER = 2_654_435_761


def pair(number):
    return number * SCATTER % 1_000_003 / 7, number


def spark(sc, elements):
    numbers = sc.parallelize(range(elements), 2)
    return lambda: sampled(numbers.map(pair).sortByKey().collect())


def sampled(ordered):
    """Enough to see that all are there and in order, without a checksum that takes longer than the sort."""
    return [len(ordered), *ordered[::997]]


def sort_range(split):
    return sorted(map(pair, range(*split)), key=itemgetter(0))


def plain(pool, elements):
    # Two runs, which `sorted` finds and merges.
    return lambda: sampled(sorted(flat(pool.map(sort_range, ranges(elements, 2))), key=itemgetter(0)))


bench(spark, plain)
