"""Sends every element through a command, as a line."""

import subprocess

from plain import ranges
from workload import bench


def spark(sc, elements):
    numbers = sc.parallelize(range(elements), 2)
    return lambda: numbers.pipe("cat").map(len).sum()


def through_cat(split):
    text = "".join(f"{number}\n" for number in range(*split))
    output = subprocess.run(["cat"], input=text, text=True, capture_output=True, check=True).stdout
    return sum(map(len, output.splitlines()))


def plain(pool, elements):
    return lambda: sum(pool.map(through_cat, ranges(elements, 2)))


bench(spark, plain)
