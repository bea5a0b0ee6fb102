"""From nothing to the first result of a job: what a user waits for at every start of a script."""

import json
import sys
import time
from operator import add

from pyspark import SparkContext

begin = time.perf_counter()
with SparkContext(sys.argv[1], "start to first result") as sc:
    result = sc.parallelize(range(1000), 2).map(lambda number: number * number).reduce(add)
    seconds = time.perf_counter() - begin

print(json.dumps({"checksum": result, "seconds": {"job": seconds}}))
