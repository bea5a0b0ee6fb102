"""What all programs share: run one job on a context, or its hand-written twin on a pool of plain processes.

Called as `PROGRAM.py MASTER WARM FULL`: MASTER is `local[N]`, or `plain[N]` for the twin; WARM and FULL say
how large the input is, a number or a path. The job runs with WARM first, so that workers are there and code
is loaded, then with FULL, and that is measured. Invariant: what is printed last is one line of JSON.
"""

import hashlib
import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
from process_tree import descendants

Size = int | str
Job = Callable[[], object]
"""What is measured. What makes it has put everything else in place."""


def bench(spark: Callable[..., Job], plain: Callable[..., Job] | None = None) -> None:
    """Run `spark(context, size)` or `plain(pool, size)` twice; print what the second gave and took."""
    master, warm, full = sys.argv[1], *map(size, sys.argv[2:4])
    if master.startswith("plain"):
        assert plain is not None, "this program has no twin"
        cores = int(re.findall(r"\d+", master)[0])
        with multiprocessing.get_context("fork").Pool(cores) as pool:
            measure(plain, pool, warm, full)
    else:
        from pyspark import SparkContext

        with SparkContext(master, Path(sys.argv[0]).stem) as sc:
            measure(spark, sc, warm, full)


def size(argument: str) -> Size:
    return int(argument) if argument.isdecimal() else argument


def measure(prepare: Callable[..., Job], engine: object, warm: Size, full: Size) -> None:
    first, _ = timed(prepare(engine, warm))
    seconds, result = timed(prepare(engine, full))
    report = {"checksum": checksum(repr(result)), "content": checksum(content(result))}
    print(json.dumps(report | {"seconds": {"first": first["job"], **seconds}}))


def timed(job: Job) -> tuple[dict[str, float], object]:
    """The wall and processor seconds of a job, and its result."""
    cpu, begin = tree_cpu(), time.perf_counter()
    result = job()
    return {"job": time.perf_counter() - begin, "job cpu": tree_cpu() - cpu}, result


def tree_cpu() -> float:
    """Processor seconds of this process, of those that it started, and of those that they started."""
    return sum(os.times()[:4]) + sum(descendants().values())


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content(result: object) -> str:
    """The result without the order of its elements, which only the engines have to share."""
    return "\n".join(sorted(map(repr, result))) if isinstance(result, list) else repr(result)
