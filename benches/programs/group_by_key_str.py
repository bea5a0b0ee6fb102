"""Gathers the values of every key, the keys being strs."""

from plain import buckets_of, flat, ranges, shuffle
from workload import bench

KEYS = 50_000
SCATTER = 2_654_435_761


def pair(number):
    return f"key-{number * SCATTER % KEYS}", number


def spark(sc, pairs):
    numbers = sc.parallelize(range(pairs), 2)
    return lambda: numbers.map(pair).groupByKey().mapValues(sum).collect()


def group_range(split, parts):
    groups = {}
    for number in range(*split):
        key, value = pair(number)
        if key in groups:
            groups[key].append(value)
        else:
            groups[key] = [value]
    return buckets_of(groups, parts)


def sum_groups(tables):
    groups = {}
    for table in tables:
        for key, values in table.items():
            if key in groups:
                groups[key].extend(values)
            else:
                groups[key] = values
    return [(key, sum(values)) for key, values in groups.items()]


def plain(pool, pairs):
    return lambda: flat(shuffle(pool, ranges(pairs, 2), group_range, sum_groups, 2))


bench(spark, plain)
