"""Records the journal of a run in which much goes wrong: `firesteel run record.py FOLDER`."""

import os
import signal
import sys
from operator import add
from pathlib import Path

from pyspark import SparkConf, SparkContext

folder = Path(sys.argv[1])
conf = (
    SparkConf()
    .setMaster("local[2]")
    .setAppName("journal")
    .set("firesteel.journal", str(folder / "run.jsonl"))
)


def once(name: str) -> bool:
    """Whether nobody has asked for this name before, in any process."""
    try:
        (folder / name).mkdir()
    except FileExistsError:
        return False
    return True


def die_once(x: int) -> int:
    """Kill the first worker that comes to 7."""
    if x == 7 and once("died"):
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def fail(x: int) -> int:
    """Fail the job."""
    raise ValueError(x)


with SparkContext(conf=conf) as sc:
    pairs = sc.parallelize(range(40), 4).map(die_once).map(lambda x: (x % 5, x))
    sums = pairs.reduceByKey(add, 3)
    kept = sums.mapValues(str).cache()
    print(kept.collect(), kept.count())
    print(sums.count(), "with its map stage skipped")
    print(sums.join(pairs.mapValues(str)).take(3))
    try:
        sums.map(fail).collect()
    except Exception as error:
        print(str(error).splitlines()[0])
    kept.unpersist()
    print(kept.count())
