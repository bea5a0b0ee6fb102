"""Counts the lines of a text file that contain a word."""

from plain import file_splits, lines
from workload import bench

WORD = "steel"


def matches(line):
    return WORD in line


def spark(sc, path):
    return lambda: sc.textFile(path).filter(matches).count()


def count_matching(split):
    return sum(1 for line in lines(split) if matches(line))


def plain(pool, path):
    return lambda: sum(pool.map(count_matching, file_splits(path, 8)))


bench(spark, plain)
