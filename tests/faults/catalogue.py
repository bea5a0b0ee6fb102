"""Faults, and the points of a job where they strike: two tables, crossed by the tests.

A strike is called by user code, for that is where the outside world gets into a worker: a function, or the
special methods of an object that the engine pickles, unpickles, hashes, compares or drops. Invariant: at
every point the right result is `ANSWER`, and a strike does nothing in the driver.
"""

import operator
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firesteel import SparkContext

ANSWER = list(range(8))


@dataclass(frozen=True)
class Strike:
    """What happens at a point: the first time if there is a marker, and every time without."""

    fault: str
    driver: int
    marker: str = ""

    def __call__(self) -> None:
        if os.getpid() != self.driver and self._is_due():
            ACTS[self.fault]()

    def _is_due(self) -> bool:
        if not self.marker:
            return True
        try:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


# What strikes.


def raise_error() -> None:
    raise ValueError("struck")


def recurse() -> None:
    recurse()


def allocate() -> None:
    bytearray(1 << 46)


def overflow_the_stack() -> None:
    """End as a runaway recursion in C does: without a stack to unwind."""
    signal.raise_signal(signal.SIGSEGV)


def leave_a_thread() -> None:
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()


def leave_a_child() -> None:
    subprocess.Popen(["sleep", "1000"])


def close_streams() -> None:
    sys.stdout.close()
    sys.stderr.close()


def flood_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.write("flood " * 20_000 + "\n")


@dataclass(frozen=True)
class Raised:
    """Ends the task: one attempt, one error."""

    says: str


@dataclass(frozen=True)
class Died:
    """Ends the worker: the task runs again, and fails if that goes on."""

    says: str


@dataclass(frozen=True)
class Unharmed:
    """Changes nothing."""


FAULTS: dict[str, tuple[Callable[[], Any], Raised | Died | Unharmed]] = {
    "exception": (raise_error, Raised("ValueError: struck")),
    "SystemExit": (lambda: sys.exit(3), Raised("SystemExit: 3")),
    "recursion overflow": (recurse, Raised("recursion")),
    "out of memory": (allocate, Raised("MemoryError")),
    "os._exit": (lambda: os._exit(7), Died("exit code 7")),
    "SIGKILL": (lambda: signal.raise_signal(signal.SIGKILL), Died("killed by signal 9 (SIGKILL)")),
    "SIGSEGV": (overflow_the_stack, Died("killed by signal 11 (SIGSEGV)")),
    "abort": (os.abort, Died("killed by signal 6 (SIGABRT)")),
    "SIGSTOP": (lambda: os.kill(os.getpid(), signal.SIGSTOP), Died("firesteel.task.timeout")),
    "a thread left running": (leave_a_thread, Unharmed()),
    "a child process left running": (leave_a_child, Unharmed()),
    "streams closed": (close_streams, Unharmed()),
    "streams flooded": (flood_streams, Unharmed()),
}
ABOVE_LIMIT = "more memory than spark.executor.pyspark.memory"
"""A fault only where that is set."""
ACTS = {name: act for name, (act, _) in FAULTS.items()} | {ABOVE_LIMIT: lambda: b"x" * (2 << 30)}


# Objects that strike.


def _loaded(x: int, strike: Strike) -> int:
    strike()
    return x


@dataclass(frozen=True)
class StrikesWhenLoaded:
    """Unpickles to its number."""

    x: int
    strike: Strike

    def __reduce__(self) -> Any:
        return _loaded, (self.x, self.strike)


@dataclass(frozen=True)
class StrikesWhenDumped:
    """Unpickles to its number."""

    x: int
    strike: Strike

    def __reduce__(self) -> Any:
        self.strike()
        return int, (self.x,)


@dataclass(frozen=True)
class StrikesWhenShown:
    x: int
    strike: Strike

    def __str__(self) -> str:
        self.strike()
        return str(self.x)


class StrikesWhenDropped:
    def __init__(self, x: int, strike: Strike) -> None:
        self.x, self.strike = x, strike

    def __del__(self) -> None:
        self.strike()


@dataclass(frozen=True, eq=False)
class StrikesWhenHashed:
    x: int
    strike: Strike

    def __hash__(self) -> int:
        self.strike()
        return self.x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StrikesWhenHashed) and self.x == other.x


@dataclass(frozen=True, eq=False)
class StrikesWhenCompared:
    x: int
    strike: Strike

    def __hash__(self) -> int:
        return self.x

    def __eq__(self, other: object) -> bool:
        self.strike()
        return isinstance(other, StrikesWhenCompared) and self.x == other.x

    def __lt__(self, other: "StrikesWhenCompared") -> bool:
        self.strike()
        return self.x < other.x


# Where it strikes.

Point = Callable[[SparkContext, Strike, Path], list[Any]]


def _numbers(sc: SparkContext) -> Any:
    return sc.parallelize(ANSWER, 4)


def _call(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    return _numbers(sc).map(lambda x: (strike(), x)[1]).collect()


def _unpickling(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    captured = StrikesWhenLoaded(0, strike)
    return _numbers(sc).map(lambda x: x + captured).collect()


def _result(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    return _numbers(sc).map(lambda x: StrikesWhenDumped(x, strike)).collect()


def _shuffle_write(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    pairs = _numbers(sc).map(lambda x: (x, StrikesWhenDumped(x, strike)))
    return sorted(pairs.partitionBy(3).values().collect())


def _shuffle_read(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    pairs = _numbers(sc).map(lambda x: (x, StrikesWhenLoaded(x, strike)))
    return sorted(pairs.partitionBy(3).map(lambda pair: pair[1]).collect())


def _hash(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    pairs = _numbers(sc).map(lambda x: (StrikesWhenHashed(x, strike), x))
    return sorted(pairs.reduceByKey(max, 3).values().collect())


def _equality(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    pairs = sc.parallelize(ANSWER * 2, 2).map(lambda x: (StrikesWhenCompared(x, strike), x))
    return sorted(pairs.reduceByKey(max, 3).values().collect())


def _sorting(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    return _numbers(sc).sortBy(lambda x: StrikesWhenCompared(x, strike), numPartitions=1).collect()


def _drop(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    return _numbers(sc).map(lambda x: StrikesWhenDropped(x, strike).x).collect()


def _cache_write(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    kept = _numbers(sc).map(lambda x: StrikesWhenDumped(x, strike)).cache()
    try:
        kept.count()
        return kept.collect()
    finally:
        kept.unpersist()


def _cache_read(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    kept = _numbers(sc).map(lambda x: StrikesWhenLoaded(x, strike)).cache()
    try:
        return kept.map(lambda x: x).collect()
    finally:
        kept.unpersist()


def _broadcast(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    shared = sc.broadcast(StrikesWhenLoaded(0, strike))
    try:
        return _numbers(sc).map(lambda x: x + shared.value).collect()
    finally:
        shared.destroy()


def _save(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    path = folder / "saved"
    _numbers(sc).map(lambda x: StrikesWhenShown(x, strike)).saveAsTextFile(str(path))
    assert (path / "_SUCCESS").exists()
    return [int(line) for part in sorted(path.glob("part-*")) for line in part.read_text().splitlines()]


def _end(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    def strike_last(elements: Iterable[int]) -> Iterator[int]:
        yield from elements
        strike()

    return _numbers(sc).mapPartitions(strike_last).collect()


def _aggregate(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    pairs = _numbers(sc).map(lambda x: (x, x))
    merged = pairs.aggregateByKey(0, lambda a, b: (strike(), a + b)[1], operator.add, 2)
    return sorted(merged.values().collect())


POINTS: dict[str, Point] = {
    "unpickling a function": _unpickling,
    "a call": _call,
    "a combiner": _aggregate,
    "pickling a result": _result,
    "shuffle write": _shuffle_write,
    "shuffle read": _shuffle_read,
    "`__hash__` of a key": _hash,
    "`__eq__` of a key": _equality,
    "comparing to sort": _sorting,
    "`__del__`": _drop,
    "cache write": _cache_write,
    "cache read": _cache_read,
    "loading a broadcast": _broadcast,
    "saving": _save,
    "the end of a partition": _end,
}


# Where it strikes if memory is short.

SHORT_OF_MEMORY = {"spark.python.worker.memory": "1m", "firesteel.native": "false"}
"""Less than a worker has when it starts: a step spills whenever its worker has grown by a MiB."""


def _spilled(sc: SparkContext, first: Callable[[int], Any]) -> list[Any]:
    """Return the answer by way of spilled combiners; the first key's, in the first run, is from `first`."""
    pairs = sc.range(60_000, numSlices=1).map(lambda x: (f"key {x}", x))
    combined = pairs.combineByKey(lambda x: first(x) if x == 0 else x, max, max, 2).values()
    return sorted(int(x) for x in combined.filter(lambda x: int(x) < len(ANSWER)).collect())


def _spill(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    # Pickled as its number: what is read back strikes no more.
    return _spilled(sc, lambda x: StrikesWhenDumped(x, strike))


def _reading_back(sc: SparkContext, strike: Strike, folder: Path) -> list[Any]:
    return _spilled(sc, lambda x: StrikesWhenLoaded(x, strike))


SPILL_POINTS: dict[str, Point] = {"a spill": _spill, "reading back a spill": _reading_back}
