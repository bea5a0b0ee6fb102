"""Adds up pairs by key, the keys being strs: the map-side combine, with far more pairs than keys."""

from operator import add

from plain import buckets_of, flat, ranges, shuffle
from workload import bench

KEYS = 100_000
# Odd and no multiple of five, so that the keys come in no order, all equally often.
SCATTER = 2_654_435_761


def pair(number):
    return f"key-{number * SCATTER % KEYS}", number


def spark(sc, pairs):
    numbers = sc.parallelize(range(pairs), 2)
    return lambda: numbers.map(pair).reduceByKey(add).collect()


def sum_range(split, parts):
    sums = {}
    for number in range(*split):
        key, value = pair(number)
        sums[key] = add(sums[key], value) if key in sums else value
    return buckets_of(sums, parts)


def add_up(tables):
    sums = {}
    for table in tables:
        for key, value in table.items():
            sums[key] = add(sums[key], value) if key in sums else value
    return list(sums.items())


def plain(pool, pairs):
    return lambda: flat(shuffle(pool, ranges(pairs, 2), sum_range, add_up, 2))


bench(spark, plain)
