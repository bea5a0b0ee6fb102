"""A shuffle from a hundred partitions to a hundred: many small segments."""

from plain import flat, ranges, shuffle
from workload import bench

PARTITIONS = 100
SCATTER = 2_654_435_761


def pair(number):
    return number * SCATTER % 1_000_003, number


def spark(sc, pairs):
    numbers = sc.parallelize(range(pairs), PARTITIONS).map(pair)
    return lambda: numbers.partitionBy(PARTITIONS).map(lambda kv: kv[0] - kv[1]).sum()


def deal_out(split, parts):
    buckets = [[] for _ in range(parts)]
    for number in range(*split):
        key, value = pair(number)
        buckets[key % parts].append((key, value))
    return buckets


def add_up(buckets):
    function = lambda kv: kv[0] - kv[1]  # noqa: E731
    return sum(map(function, flat(buckets)))


def plain(pool, pairs):
    return lambda: sum(shuffle(pool, ranges(pairs, PARTITIONS), deal_out, add_up, PARTITIONS))


bench(spark, plain)
