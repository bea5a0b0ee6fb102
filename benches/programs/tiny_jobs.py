"""Many jobs with next to nothing to do: what a job costs by itself."""

import json
import sys
import time
from operator import add

from pyspark import SparkContext


def tiny_job(sc: SparkContext, number: int) -> int:
    return sc.parallelize(range(100), 2).map(lambda element: element * number).reduce(add)


master, jobs = sys.argv[1], int(sys.argv[2])
with SparkContext(master, "tiny jobs") as sc:
    begin = time.perf_counter()
    tiny_job(sc, 0)
    first = time.perf_counter()
    results = [tiny_job(sc, number) for number in range(jobs)]
    end = time.perf_counter()

seconds = {"first": first - begin, "job": end - first}
print(json.dumps({"checksum": sum(results), "seconds": seconds}))
