"""Fails on purpose, to show what an error looks like: `firesteel run fails.py`."""

from pyspark import SparkContext

READINGS = ["12.5", "13.1", "n/a", "12.9"]


def celsius(reading: str) -> float:
    return (float(reading) - 32) / 1.8


with SparkContext("local[2]", "fails") as sc:
    print(sc.parallelize(READINGS).map(celsius).collect())
