"""Ten passes over a cached RDD."""

from plain import ranges
from workload import bench

PASSES = 10
held = {}


def matches(number):
    return number % 7 == 0


def spark(sc, elements):
    numbers = sc.parallelize(range(elements), 2).map(lambda number: number * 3).cache()
    numbers.count()
    return lambda: [numbers.filter(matches).count() for _ in range(PASSES)]


def one_pass(split):
    if split not in held:
        held[split] = [number * 3 for number in range(*split)]
    return sum(1 for number in held[split] if matches(number))


def plain(pool, elements):
    splits = ranges(elements, 2)
    pool.map(one_pass, splits * 4, chunksize=1)
    return lambda: [sum(pool.map(one_pass, splits, chunksize=1)) for _ in range(PASSES)]


bench(spark, plain)
