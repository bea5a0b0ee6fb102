"""Estimates pi by throwing darts: `firesteel run pi.py [partitions]`."""

import random
import sys
from operator import add

from pyspark import SparkContext

DARTS = 200_000


def hit(_: int) -> int:
    x, y = random.uniform(-1, 1), random.uniform(-1, 1)
    return 1 if x * x + y * y <= 1 else 0


def main() -> None:
    partitions = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    with SparkContext("local[*]", "pi") as sc:
        hits = sc.parallelize(range(DARTS * partitions), partitions).map(hit).reduce(add)
        print(f"pi is roughly {4 * hits / (DARTS * partitions):.4f}")


if __name__ == "__main__":
    main()
