"""Counts the words of a text file: short strings, most of the work outside the user's own functions."""

import hashlib
import json
import sys
import time
from operator import add

from pyspark import RDD, SparkContext


def count_words(lines: RDD) -> list:
    words = lines.flatMap(lambda line: line.split()).map(lambda word: (word, 1))
    return words.reduceByKey(add).collect()


master, path = sys.argv[1:]
with SparkContext(master, "word count") as sc:
    begin = time.perf_counter()
    count_words(sc.parallelize(["the same job", "in small"], 2))
    first = time.perf_counter()
    counts = count_words(sc.textFile(path))
    end = time.perf_counter()

# Not sorted: the reference's order is part of the result.
checksum = hashlib.sha256(repr(counts).encode()).hexdigest()
seconds = {"first": first - begin, "job": end - first}
print(json.dumps({"checksum": checksum, "seconds": seconds}))
