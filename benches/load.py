"""Loads that are near the limits, each in a process of its own, with its time and peak memory.

    .venv/bin/python benches/load.py                 all, which takes 16 GiB of memory, 30 of disk
    .venv/bin/python benches/load.py tasks threads   some

docs/load.md holds the numbers. A load that ends in an error prints it; the exit code is the number of those.
"""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from memory import memory_of
from process_tree import descendants

from firesteel import SparkConf, SparkContext

GIB = 1 << 30
MASTER = "local[2]"


def context(**settings: str) -> SparkContext:
    """Start a context of two workers."""
    conf = SparkConf().setMaster(MASTER).setAppName("load")
    return SparkContext(conf=conf.setAll([(key.replace("_", "."), value) for key, value in settings.items()]))


def tasks() -> str:
    """100,000 tasks in a job; what a task costs in jobs of 1,000, 10,000 and 100,000."""
    costs = []
    with context() as sc:
        sc.parallelize([1], 1).count()
        for count in (1_000, 10_000, 100_000):
            start = time.perf_counter()
            assert sc.range(count, numSlices=count).map(lambda x: x + 1).count() == count
            costs.append(f"{(time.perf_counter() - start) / count * 1e6:.0f}")
    return "µs a task: " + ", ".join(costs)


def partitions() -> str:
    """A shuffle from 100 map tasks to 10,000 partitions."""
    with context() as sc:
        pairs = sc.range(1_000_000, numSlices=100).map(lambda x: (x, 1))
        assert pairs.partitionBy(10_000).count() == 1_000_000
    return "1,000,000 segments"


def stages() -> str:
    """1,000 stages in one lineage."""
    with context() as sc:
        rdd = sc.parallelize([(number, number) for number in range(100)], 2)
        for _ in range(1_000):
            rdd = rdd.map(lambda pair: (pair[0] + 1, pair[1])).partitionBy(2)
        assert sorted(rdd.values().collect()) == list(range(100))
    return ""


def threads() -> str:
    """64 jobs with a shuffle from 64 threads."""
    with context() as sc:
        found: list[int] = []

        def job(number: int) -> None:
            pairs = sc.range(10_000, numSlices=4).map(lambda x: (x % 10, number))
            found.append(pairs.reduceByKey(lambda a, b: a + b, 4).count())

        running = [threading.Thread(target=job, args=(number,)) for number in range(64)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert found == [10] * 64
    return ""


def lineage() -> str:
    """5,000 operations on one another, and 5,000 unions."""
    with context() as sc:
        rdd = one = sc.parallelize([1], 1)
        for _ in range(5_000):
            rdd = rdd.map(lambda x: x + 1)
        assert rdd.collect() == [5_001]
        for _ in range(5_000):
            one = one.union(sc.emptyRDD())
        assert one.count() == 1
    return ""


def broadcast() -> str:
    """A broadcast of 3 GiB, read by two workers."""
    with context() as sc:
        value = sc.broadcast(bytes(3 * GIB))
        assert sc.parallelize([0, 1], 2).map(lambda _: len(value.value)).sum() == 6 * GIB
    return ""


def element() -> str:
    """A single element of 2.5 GiB: made in a task, cached, collected."""
    size = 5 * GIB // 2
    with context() as sc:
        rdd = sc.parallelize([size], 1).map(bytes).cache()
        assert rdd.map(len).collect() == [size]
        assert [len(element) for element in rdd.collect()] == [size]
    return ""


def shuffle() -> str:
    """A shuffle of 10 GiB."""

    def records(part: int) -> Iterator[tuple[int, bytes]]:
        block = os.urandom(10_000)
        return ((part * 7 + number, block) for number in range(10 * GIB // 64 // 10_000))

    with context(firesteel_memory="4g") as sc:
        pairs = sc.parallelize(range(64), 64).flatMap(records)
        total = pairs.partitionBy(64).values().map(len).sum()
        assert total > 9.9 * GIB
    return f"{total / GIB:.1f} GiB arrived"


def descriptors() -> str:
    """A limit of 256 open files, and a shuffle of 400 map outputs."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    with context() as sc:
        pairs = sc.range(100_000, numSlices=400).map(lambda x: (x, x))
        assert pairs.groupByKey(400).count() == 100_000
    return ""


LOADS: dict[str, Callable[[], str]] = {
    load.__name__: load
    for load in (tasks, partitions, stages, threads, lineage, broadcast, element, shuffle, descriptors)
}


def measure(name: str) -> bool:
    """Run a load in a process of its own, print a row for it, and tell whether it ended well."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, "--here", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peak = 0
    while True:
        try:
            output, errors = process.communicate(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            peak = max(peak, memory_of([pid for pid, _ in descendants()]))
    seconds = time.perf_counter() - start
    meaning = (LOADS[name].__doc__ or "").rstrip(".")
    outcome = output.strip() if process.returncode == 0 else errors.strip().splitlines()[-1]
    print(
        f"| {name} | {meaning} | {seconds:.1f} s | {peak / GIB:.2f} GiB | {outcome or 'finishes'} |",
        flush=True,
    )
    return process.returncode == 0


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--here"]:
        print(LOADS[arguments[1]]())
        return 0
    return sum(not measure(name) for name in arguments or LOADS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
