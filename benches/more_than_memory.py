"""Runs data at ten times the memory budget, and tells what memory it took: `more_than_memory.py --help`.

Peak memory is that of the whole tree of processes: proportional set sizes and Firesteel's shared memory, each
page once. It may be the budget and ALLOWED more. Every operation runs in a program of its own, and says a
number that is known beforehand.
"""

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

ALLOWED = 150 << 20
"""Beyond the budget: interpreters, the driver, and what one frame takes while it is read."""
LIMIT = 3600.0
SCATTER = 2_654_435_761
BYTES_OF_PAIR = 200
"""What a pair of a small int and a str of sixty characters takes in Python, with its tuple."""
PARTITIONS = 16


def text(number: int) -> str:
    return f"{number * SCATTER % (1 << 61):060d}"


def pairs(sc: Any, count: int, keys: int) -> Any:
    return sc.range(count, numSlices=PARTITIONS).map(lambda n: (n * SCATTER % keys, text(n)))


def reduce_by_key(sc: Any, count: int) -> int:
    return pairs(sc, count, count).reduceByKey(max, PARTITIONS).count()


def distinct(sc: Any, count: int) -> int:
    return sc.range(count, numSlices=PARTITIONS).map(text).distinct(PARTITIONS).count()


def group_by_key(sc: Any, count: int) -> int:
    return pairs(sc, count, count // 10).groupByKey(PARTITIONS).mapValues(len).values().sum()


def group_of_one_key(sc: Any, count: int) -> int:
    return pairs(sc, count, 1).groupByKey(2).map(lambda group: sum(1 for _ in group[1])).sum()


def join(sc: Any, count: int) -> int:
    half = pairs(sc, count // 2, count // 2)
    return half.join(half.mapValues(len), PARTITIONS).count() * 2


def cogroup(sc: Any, count: int) -> int:
    half = pairs(sc, count // 2, count // 10)
    return half.cogroup(half, PARTITIONS).map(lambda group: sum(map(len, group[1]))).sum()


def sort_by_key(sc: Any, count: int) -> int:
    return pairs(sc, count, count).sortByKey(numPartitions=PARTITIONS).count()


def repartition(sc: Any, count: int) -> int:
    return pairs(sc, count, count).repartition(PARTITIONS + 1).count()


def cache(sc: Any, count: int) -> int:
    cached = pairs(sc, count, count).persist()
    assert cached.count() == count
    return cached.count()


OPERATIONS: dict[str, Callable[[Any, int], int]] = {
    operation.__name__: operation
    for operation in (
        reduce_by_key,
        distinct,
        group_by_key,
        group_of_one_key,
        join,
        cogroup,
        sort_by_key,
        repartition,
        cache,
    )
}


def main() -> int:
    options = parse_arguments()
    if options.child:
        return run_operation(options)
    from measure import run

    count = (options.budget << 20) * options.times // BYTES_OF_PAIR // 20 * 20
    peak_allowed = (options.budget << 20) + ALLOWED
    print(f"budget {options.budget} MiB, {count:,} pairs, allowed {peak_allowed >> 20} MiB")
    print(f"{'operation':20}{'wall':>10}{'spills':>8}{'peak':>10}")
    failed = False
    for name in options.operations or OPERATIONS:
        command = [
            sys.executable,
            __file__,
            "--child",
            "--budget",
            str(options.budget),
            "--count",
            str(count),
            name,
        ]
        done = run(command, os.environ | {"PYTHONHASHSEED": "0"}, LIMIT)
        peak = done.peak_memory
        failed |= done.exit_code != 0 or peak > peak_allowed
        said = done.stdout.strip() or done.stderr[-2000:]
        print(
            f"{name:20}{done.wall:8.1f} s{said:>8}{peak >> 20:6} MiB{'  too much' * (peak > peak_allowed)}",
            flush=True,
        )
    return failed


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operations", nargs="*", metavar="OPERATION", help=", ".join(OPERATIONS))
    parser.add_argument(
        "--budget", type=int, default=256, metavar="MIB", help="firesteel.memory (default: 256)"
    )
    parser.add_argument("--times", type=int, default=10, help="the data, as so many budgets (default: 10)")
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_operation(options: argparse.Namespace) -> int:
    from firesteel import SparkConf, SparkContext

    conf = SparkConf().setMaster("local[2]").set("firesteel.memory", f"{options.budget}m")
    with SparkContext(conf=conf) as sc:
        result = OPERATIONS[options.operations[0]](sc, options.count)
        assert result == options.count, (result, options.count)
        print(sc._engine.counters()["spills"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
