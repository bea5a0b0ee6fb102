"""Adds up pairs of ints by key: the map-side combine, with far more pairs than keys."""

import hashlib
import json
import sys
import time
from operator import add

from pyspark import SparkContext

KEYS = 100_000
# Odd and no multiple of five, so that the keys come in no order, all equally often.
SCATTER = 2_654_435_761


def sums(sc: SparkContext, pairs: int) -> list:
    numbers = sc.parallelize(range(pairs), 2)
    return numbers.map(lambda number: (number * SCATTER % KEYS, number)).reduceByKey(add).collect()


master, pairs = sys.argv[1], int(sys.argv[2])
with SparkContext(master, "reduce by key") as sc:
    begin = time.perf_counter()
    sums(sc, 10)
    first = time.perf_counter()
    result = sums(sc, pairs)
    end = time.perf_counter()

# Not sorted: the reference's order is part of the result.
checksum = hashlib.sha256(repr(result).encode()).hexdigest()
seconds = {"first": first - begin, "job": end - first}
print(json.dumps({"checksum": checksum, "seconds": seconds}))
