"""Records the journal of barrier stages, good and bad: `firesteel run record_barrier.py FOLDER`."""

import os
import signal
import sys
from pathlib import Path

from pyspark import BarrierTaskContext, SparkConf, SparkContext

folder = Path(sys.argv[1])
conf = (
    SparkConf()
    .setMaster("local[3]")
    .setAppName("journal")
    .set("firesteel.journal", str(folder / "barrier.jsonl"))
)


def once(name: str) -> bool:
    """Whether nobody has asked for this name before, in any process."""
    try:
        (folder / name).mkdir()
    except FileExistsError:
        return False
    return True


def meet(index: int, elements):
    """Die once in one of the tasks, else meet twice."""
    context = BarrierTaskContext.get()
    context.barrier()
    if index == 1 and once("died"):
        os.kill(os.getpid(), signal.SIGKILL)
    return [(index, len(context.allGather(str(index))), list(elements))]


def miss(index: int, elements):
    """Wait in vain in all tasks but one."""
    if index:
        BarrierTaskContext.get().barrier()
    return elements


with SparkContext(conf=conf) as sc:
    together = sc.parallelize(range(6), 3).barrier()
    print(together.mapPartitionsWithIndex(meet).collect())
    pairs = together.mapPartitionsWithIndex(meet).map(lambda met: met[:2])
    print(pairs.groupByKey(2).mapValues(list).collect())
    for refused in (together.mapPartitionsWithIndex(miss).count, pairs.first):
        try:
            refused()
        except Exception as error:
            print(str(error).splitlines()[0])
