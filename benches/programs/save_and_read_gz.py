"""Saves lines compressed by gzip and reads them back."""

import gzip
import shutil
import tempfile

from plain import ranges
from workload import bench

CODEC = "org.apache.hadoop.io.compress.GzipCodec"


def line(number):
    return f"line {number} of many, {number * 2_654_435_761 % 1_000_003} in no order"


def spark(sc, count):
    lines = sc.parallelize(range(count), 2).map(line)

    def job():
        folder = tempfile.mkdtemp()
        try:
            lines.saveAsTextFile(f"{folder}/out", CODEC)
            return sc.textFile(f"{folder}/out").map(len).sum()
        finally:
            shutil.rmtree(folder)

    return job


def write_range(task):
    path, start, end = task
    with gzip.open(path, "wt", compresslevel=6) as file:
        for number in range(start, end):
            file.write(line(number) + "\n")


def read_lengths(path):
    with gzip.open(path, "rt") as file:
        return sum(len(line) - 1 for line in file)


def plain(pool, count):
    def job():
        folder = tempfile.mkdtemp()
        try:
            tasks = [(f"{folder}/{number}.gz", *split) for number, split in enumerate(ranges(count, 2))]
            pool.map(write_range, tasks)
            return sum(pool.map(read_lengths, [path for path, _, _ in tasks]))
        finally:
            shutil.rmtree(folder)

    return job


bench(spark, plain)
