"""Brings strings to the driver, a thousand bytes each."""

from plain import flat, ranges
from workload import bench


def text(number):
    return f"{number:010d}" * 100


def spark(sc, strings):
    numbers = sc.parallelize(range(strings), 2)
    return lambda: sum(map(len, numbers.map(text).collect()))


def texts(split):
    return [text(number) for number in range(*split)]


def plain(pool, strings):
    return lambda: sum(map(len, flat(pool.map(texts, ranges(strings, 2)))))


bench(spark, plain)
