"""Groups two sides by the same keys."""

from plain import ranges, shuffle
from workload import bench

SCATTER = 2_654_435_761


def pair(number):
    return number * SCATTER % 50_000, number


def spark(sc, pairs):
    left, right = (sc.parallelize(range(pairs), 2).map(pair) for _ in range(2))
    groups = left.cogroup(right)
    return lambda: groups.map(lambda kv: kv[0] + sum(kv[1][0]) - len(kv[1][1])).sum()


def both_sides(split, parts):
    side, start, end = split
    buckets = [(side, []) for _ in range(parts)]
    for number in range(start, end):
        key, value = pair(number)
        buckets[key % parts][1].append((key, value))
    return buckets


def group_sides(buckets):
    groups = {}
    for side, pairs in buckets:
        for key, value in pairs:
            if key not in groups:
                groups[key] = ([], [])
            groups[key][side].append(value)
    return sum(key + sum(left) - len(right) for key, (left, right) in groups.items())


def plain(pool, pairs):
    splits = [(side, *split) for side in (0, 1) for split in ranges(pairs, 2)]
    return lambda: sum(shuffle(pool, splits, both_sides, group_sides, 2))


bench(spark, plain)
