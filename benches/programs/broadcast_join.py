"""Looks every element up in a dict that all tasks share."""

from plain import ranges
from workload import bench

SCATTER = 2_654_435_761
NAMES = 200_000
names = {}


def spark(sc, elements):
    shared = sc.broadcast({number: f"name {number}" for number in range(NAMES)})
    numbers = sc.parallelize(range(elements), 2)
    return lambda: numbers.map(lambda number: len(shared.value[number * SCATTER % NAMES])).sum()


def look_up(split):
    function = lambda number: len(names[number * SCATTER % NAMES])  # noqa: E731
    return sum(map(function, range(*split)))


def fill(_):
    names.update({number: f"name {number}" for number in range(NAMES)})


def plain(pool, elements):
    pool.map(fill, range(8), chunksize=1)
    return lambda: sum(pool.map(look_up, ranges(elements, 2)))


bench(spark, plain)
