"""Counts the words of a text file: short strings, most of the work outside the user's own functions."""

from operator import add

from plain import buckets_of, file_splits, flat, lines, shuffle
from workload import bench


def spark(sc, path):
    words = sc.textFile(path).flatMap(lambda line: line.split()).map(lambda word: (word, 1))
    return lambda: words.reduceByKey(add).collect()


def count_words(split, parts):
    counts = {}
    for line in lines(split):
        for word in line.split():
            counts[word] = counts[word] + 1 if word in counts else 1
    return buckets_of(counts, parts)


def add_up(tables):
    sums = {}
    for table in tables:
        for word, count in table.items():
            sums[word] = sums[word] + count if word in sums else count
    return list(sums.items())


def plain(pool, path):
    return lambda: flat(shuffle(pool, file_splits(path, 8), count_words, add_up, 2))


bench(spark, plain)
