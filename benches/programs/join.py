"""Joins many pairs with a fifth as many, by ints that are unique on the smaller side."""

from plain import ranges, shuffle
from workload import bench

SCATTER = 2_654_435_761


def large(number):
    return number * SCATTER % 250_000, number


def small(number):
    return number, -number


def spark(sc, pairs):
    left = sc.parallelize(range(pairs), 2).map(large)
    right = sc.parallelize(range(pairs // 5), 2).map(small)
    return lambda: left.join(right).map(lambda kv: kv[0] + kv[1][0] + kv[1][1]).sum()


def both_sides(split, parts):
    side, start, end = split
    pair = large if side == 0 else small
    buckets = [(side, []) for _ in range(parts)]
    for number in range(start, end):
        key, value = pair(number)
        buckets[key % parts][1].append((key, value))
    return buckets


def join_sides(buckets):
    lefts, rights = {}, {}
    for side, pairs in buckets:
        table = rights if side else lefts
        for key, value in pairs:
            table.setdefault(key, []).append(value)
    return sum(
        key + left + right
        for key, values in lefts.items()
        for left in values
        for right in rights.get(key, ())
    )


def plain(pool, pairs):
    splits = [(0, *split) for split in ranges(pairs, 2)] + [(1, *split) for split in ranges(pairs // 5, 2)]
    return lambda: sum(shuffle(pool, splits, both_sides, join_sides, 2))


bench(spark, plain)
