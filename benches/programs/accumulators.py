"""Adds to two accumulators for every element."""

from plain import ranges
from workload import bench


def spark(sc, elements):
    evens, total = sc.accumulator(0), sc.accumulator(0)

    def note(number):
        if number % 2 == 0:
            evens.add(1)
        total.add(number)

    def job():
        sc.parallelize(range(elements), 2).foreach(note)
        return [evens.value, total.value]

    return job


class Sum:
    def __init__(self):
        self.value = 0

    def add(self, term):
        self.value += term


def note_range(split):
    evens, total = Sum(), Sum()

    def note(number):
        if number % 2 == 0:
            evens.add(1)
        total.add(number)

    for number in range(*split):
        note(number)
    return evens.value, total.value


def plain(pool, elements):
    return lambda: [sum(part) for part in zip(*pool.map(note_range, ranges(elements, 2)), strict=True)]


bench(spark, plain)
