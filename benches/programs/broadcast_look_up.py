"""Looks every element up in a dict that all tasks share, and that each process loads once."""

import pickle
from functools import cache, partial
from tempfile import NamedTemporaryFile

from plain import load, ranges
from workload import bench

SCATTER = 2_654_435_761
NAMES = 200_000


def spark(sc, elements):
    shared = sc.broadcast({number: f"name {number}" for number in range(NAMES)})
    numbers = sc.parallelize(range(elements), 2)
    return lambda: numbers.map(lambda number: len(shared.value[number * SCATTER % NAMES])).sum()


shared_names = cache(load)


def look_up(path, split):
    names = shared_names(path)
    function = lambda number: len(names[number * SCATTER % NAMES])  # noqa: E731
    return sum(map(function, range(*split)))


def plain(pool, elements):
    file = NamedTemporaryFile(dir="/dev/shm")  # noqa: SIM115  # the job keeps it
    pickle.dump({number: f"name {number}" for number in range(NAMES)}, file, pickle.HIGHEST_PROTOCOL)
    file.flush()
    return lambda: sum(pool.map(partial(look_up, file.name), ranges(elements, 2), chunksize=1))


bench(spark, plain)
