"""Joins pairs with a dict that all tasks share and that each process loads once; a third finds no partner."""

import pickle
from functools import cache, partial
from tempfile import NamedTemporaryFile

from plain import load, ranges
from workload import bench

KEYS = 300_000
SCATTER = 2_654_435_761
NAMES = 200_000


def pair(number):
    return number * SCATTER % KEYS, number


def score(joined):
    _, (number, name) = joined
    return number ^ len(name)


def spark(sc, elements):
    shared = sc.broadcast({number: f"name {number}" for number in range(NAMES)})
    pairs = sc.parallelize(range(elements), 2).map(pair)
    partners = pairs.filter(lambda pair: pair[0] in shared.value)
    joined = partners.map(lambda pair: (pair[0], (pair[1], shared.value[pair[0]])))
    return lambda: joined.map(score).sum()


shared_names = cache(load)


def join(path, split):
    names = shared_names(path)
    is_partner = lambda pair: pair[0] in names  # noqa: E731
    with_name = lambda pair: (pair[0], (pair[1], names[pair[0]]))  # noqa: E731
    return sum(map(score, map(with_name, filter(is_partner, map(pair, range(*split))))))


def plain(pool, elements):
    file = NamedTemporaryFile(dir="/dev/shm")  # noqa: SIM115  # the job keeps it
    pickle.dump({number: f"name {number}" for number in range(NAMES)}, file, pickle.HIGHEST_PROTOCOL)
    file.flush()
    return lambda: sum(pool.map(partial(join, file.name), ranges(elements, 2), chunksize=1))


bench(spark, plain)
