"""Adds up numpy vectors with treeAggregate: few large elements, whose sum is large too."""

import numpy as np
from plain import ranges
from workload import bench

LENGTH = 10_000
PARTITIONS = 64


def vector(number):
    return np.full(LENGTH, float(number))


def add_vectors(left, right):
    return left + right


def spark(sc, vectors):
    numbers = sc.parallelize(range(vectors), PARTITIONS)
    return lambda: numbers.map(vector).treeAggregate(np.zeros(LENGTH), add_vectors, add_vectors).sum()


def sum_range(split):
    total = np.zeros(LENGTH)
    for number in range(*split):
        total = add_vectors(total, vector(number))
    return total


def plain(pool, vectors):
    return lambda: sum(pool.map(sum_range, ranges(vectors, PARTITIONS))).sum()


bench(spark, plain)
