"""Starts and stops contexts in a row, and measures what each thousand of them leaves: nothing.

    .venv/bin/python benches/contexts.py [COUNT]

Each runs a job with a shuffle, a cached RDD and a broadcast on two workers. Prints what the driver's process
holds after the first tenth and at the end, and the time of a context; the exit code is 1 if anything grew.
"""

import gc
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from firesteel import SparkContext

MEMORY_NOISE = 8 << 20
"""Bytes by which the memory of a process may differ without a leak: an allocator's arenas."""


class Held(NamedTuple):
    """What this process holds."""

    descriptors: int
    threads: int
    children: int
    directories: int
    memory: int

    @classmethod
    def now(cls) -> "Held":
        """Look."""
        gc.collect()
        status = Path("/proc/self/status").read_text().splitlines()
        anonymous = next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon:"))
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        mine = [
            name for name in os.listdir("/dev/shm") if name.startswith("firesteel-run-") and _is_own(name)
        ]
        threads = len(os.listdir("/proc/self/task"))
        return cls(len(os.listdir("/proc/self/fd")), threads, len(children), len(mine), anonymous)

    def shown(self) -> str:
        """Return it as a line."""
        counts = f"{self.descriptors} descriptors, {self.threads} threads, {self.children} children"
        return f"{counts}, {self.directories} run directories, {self.memory / (1 << 20):.1f} MiB"


def _is_own(name: str) -> bool:
    """Tell whether this process has a run directory's lock open."""
    lock = f"/dev/shm/{name}/lock"
    return any(os.path.realpath(f"/proc/self/fd/{fd}") == lock for fd in os.listdir("/proc/self/fd"))


def live() -> None:
    """One context's life."""
    with SparkContext("local[2]", "one of many") as sc:
        names = sc.broadcast(list(range(50_000)))
        pairs = sc.parallelize(range(100), 4).map(lambda x: (x % 5, len(names.value))).cache()
        assert pairs.reduceByKey(lambda a, b: a + b, 2).count() == 5


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    warm = max(count // 10, 1)
    start = time.perf_counter()
    for number in range(count):
        live()
        if number + 1 == warm:
            before = Held.now()
            print(f"after {warm:6}: {before.shown()}", flush=True)
    after = Held.now()
    print(f"after {count:6}: {after.shown()}")
    print(f"{(time.perf_counter() - start) / count * 1000:.0f} ms for a context")
    grew = after[:-1] > before[:-1] or after.memory > before.memory + MEMORY_NOISE
    return int(grew)


if __name__ == "__main__":
    sys.exit(main())
