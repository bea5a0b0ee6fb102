"""The different ones of many ints, each of which comes three times."""

from plain import buckets_of, ranges, shuffle
from workload import bench

SCATTER = 2_654_435_761


def spark(sc, elements):
    numbers = sc.parallelize(range(elements), 2)
    return lambda: numbers.map(lambda number: number * SCATTER % (elements // 3 + 1)).distinct().count()


def distinct_of_range(split, parts):
    start, end, elements = split
    return buckets_of(
        dict.fromkeys(number * SCATTER % (elements // 3 + 1) for number in range(start, end)), parts
    )


def count_distinct(tables):
    return len({key for table in tables for key in table})


def plain(pool, elements):
    splits = [(*split, elements) for split in ranges(elements, 2)]
    return lambda: sum(shuffle(pool, splits, distinct_of_range, count_distinct, 2))


bench(spark, plain)
