"""More than memory: what spills gives what it gives without, in the same order, and leaves no file.

A tiny `spark.python.worker.memory` makes every step spill that can; the tasks' counters say that it happened.
There is one worker, so that it is always the same one that has grown by so much.
"""

import itertools
import os
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firesteel import RDD, SparkContext
from firesteel.errors import FiresteelError
from support.contexts import SharedContext, start, stop
from support.processes import MARK, descriptors, exists, marked, run_directories
from support.waiting import wait_until

Contexts = Callable[[dict[str, str]], SparkContext]

TINY = {"spark.python.worker.memory": "1m"}
"""Less than a worker has when it starts: a step spills whenever its worker has grown by a MiB."""
ELEMENTS = 100_000
PAIRS, WORDS = 300_000, 270_001
"""So many that a worker grows by several MiB, also in columns, whatever its heap had free before."""


@pytest.fixture
def contexts(shared: SharedContext) -> Iterator[Contexts]:
    """Start contexts one after the other, for there is one at a time."""
    shared.close()
    started: list[SparkContext] = []

    def start_one(settings: dict[str, str]) -> SparkContext:
        end()
        started.append(start("local[1]", settings))
        return started[-1]

    def end() -> None:
        while started:
            stop(started.pop())

    yield start_one
    end()


Job = Callable[[SparkContext], RDD[Any]]


def placed(rdd: RDD[Any]) -> list[tuple[int, Any]]:
    """Return the elements with their partition, in order."""
    return rdd.mapPartitionsWithIndex(lambda index, items: ((index, item) for item in items)).collect()


def word(i: int) -> str:
    return f"word {i * 7919 % WORDS}"


def pairs(sc: SparkContext) -> RDD[tuple[str, float]]:
    return sc.parallelize(range(PAIRS), 3).map(lambda i: (word(i), i * 0.1))


def mixed(sc: SparkContext) -> RDD[tuple[Any, int]]:
    """Keys of several types; some are equal and of different types, and the first one stays."""
    kinds: list[Callable[[int], Any]] = [int, float, str, lambda i: (i, str(i)), lambda i: frozenset([i])]
    return sc.parallelize(range(ELEMENTS), 3).map(lambda i: (kinds[i % 5](i % 29_989), i))


def giant(sc: SparkContext) -> RDD[tuple[Any, int]]:
    """One key has nearly all values."""
    return sc.parallelize(range(ELEMENTS * 2), 3).map(lambda i: (i if i % 50 == 0 else "giant", i))


def few(sc: SparkContext) -> RDD[tuple[Any, str]]:
    return sc.parallelize([("giant", "x"), (50, "y"), ("giant", "z"), ("nobody", "n")], 2)


def lists(sides: tuple[Any, ...]) -> list[list[Any]]:
    return [list(side) for side in sides]


JOBS: dict[str, Job] = {
    "reduceByKey": lambda sc: pairs(sc).reduceByKey(lambda a, b: a + b, 2),
    "reduceByKey of mixed keys": lambda sc: mixed(sc).reduceByKey(lambda a, b: a * 3 + b, 2),
    "aggregateByKey": lambda sc: pairs(sc).aggregateByKey(
        [], lambda values, v: [*values, v], lambda a, b: a + b, 2
    ),
    "combineByKey": lambda sc: pairs(sc).combineByKey(
        lambda v: (v,), lambda c, v: (*c, v), lambda a, b: a + b, 2
    ),
    "distinct": lambda sc: mixed(sc).keys().distinct(2),
    "groupByKey": lambda sc: pairs(sc).groupByKey(2).mapValues(list),
    "groupByKey of a giant": lambda sc: giant(sc).groupByKey(2).mapValues(lambda v: (len(v), hash(tuple(v)))),
    "groupByKey of a giant str": lambda sc: (
        giant(sc).map(lambda p: (str(p[0]), p[1])).groupByKey(2).mapValues(lambda v: (len(v), hash(tuple(v))))
    ),
    "cogroup": lambda sc: pairs(sc).cogroup(pairs(sc).mapValues(int), 2).mapValues(lists),
    "cogroup of a giant": lambda sc: (
        giant(sc).cogroup(few(sc), 2).mapValues(lists).mapValues(repr).mapValues(hash)
    ),
    "join": lambda sc: pairs(sc).join(pairs(sc).filter(lambda p: p[1] < 999), 2),
    "join of a giant": lambda sc: giant(sc).join(few(sc), 2),
    "join with a giant": lambda sc: few(sc).fullOuterJoin(giant(sc), 2),
    "subtractByKey": lambda sc: giant(sc).subtractByKey(few(sc).filter(lambda p: p[0] != "giant"), 2),
    "sortByKey": lambda sc: pairs(sc).sortByKey(numPartitions=2),
    "sortByKey, falling": lambda sc: pairs(sc).sortByKey(ascending=False, numPartitions=1),
    "sortBy with many equals": lambda sc: pairs(sc).sortBy(lambda p: int(p[1]) % 7, numPartitions=1),
    "sortBy, falling, with equals": lambda sc: pairs(sc).sortBy(lambda p: int(p[1]) % 7, False, 1),
    "repartitionAndSortWithinPartitions": lambda sc: (
        mixed(sc).map(lambda p: (hash(p[0]), p)).repartitionAndSortWithinPartitions(2, lambda k: k % 3)
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_what_spills_gives_what_it_gives_without(contexts: Contexts, name: str) -> None:
    sc = contexts({})
    roomy = placed(JOBS[name](sc))
    assert sc._engine.counters()["spills"] == 0
    sc = contexts(TINY)
    # As text: 1 and 1.0 are equal, and so are -0.0 and 0.0.
    assert repr(placed(JOBS[name](sc))) == repr(roomy)
    assert spills_of_last_stage(sc) > 0


def spills_of_last_stage(sc: SparkContext) -> int:
    tasks = sc._engine.last_job_tasks()
    last = max(task["stage"] for task in tasks)
    return sum(task["spills"] for task in tasks if task["stage"] == last)


def spill_files(pid: int | str) -> list[str]:
    """Return the spill files that a process has open: files of ours without a name."""
    return [
        path for path in descriptors(pid).values() if "firesteel-run" in path and path.endswith("(deleted)")
    ]


def no_spill_file() -> bool:
    pids = marked(os.environ[MARK])
    named = [path.name for directory in run_directories() for path in directory.iterdir()]
    return not any(spill_files(pid) for pid in pids if exists(pid)) and not any("spill" in n for n in named)


def test_no_spill_file_stays(contexts: Contexts) -> None:
    sc = contexts(TINY)
    sums = pairs(sc).reduceByKey(lambda a, b: a + b, 2)
    seen = sums.mapPartitions(lambda items: [len(spill_files("self")) for _ in itertools.islice(items, 50)])
    assert max(seen.collect()) > 0
    wait_until(no_spill_file, "after a job")

    def fail(pair: tuple[str, float]) -> None:
        raise ValueError(pair)

    with pytest.raises(FiresteelError, match="ValueError"):
        sums.map(fail).collect()
    wait_until(no_spill_file, "after a failure")
    with pytest.raises(FiresteelError, match=r"SIGKILL|signal 9|killed"):
        sums.map(lambda _: os.kill(os.getpid(), 9)).collect()
    wait_until(no_spill_file, "after workers were killed")
    assert sums.count() == WORDS


def test_a_damaged_spill_file_is_one_clear_error(contexts: Contexts) -> None:
    def damage(items: Iterator[Any]) -> Iterator[Any]:
        yield next(items)
        for number, path in descriptors().items():
            if "firesteel-run" in path and path.endswith("(deleted)"):
                with open(f"/proc/self/fd/{number}", "r+b") as file:
                    length = file.seek(0, os.SEEK_END)
                    file.seek(length // 4)
                    file.write(os.urandom(length // 2))
        yield from items

    for name in ("sortByKey", "reduceByKey"):
        sc = contexts(TINY)
        with pytest.raises(FiresteelError, match=r"OSError: a spill file in .* is corrupt"):
            JOBS[name](sc).mapPartitions(damage).count()
        assert sc.range(3).count() == 3


def test_a_group_on_disk_is_a_sized_iterable(contexts: Contexts) -> None:
    sc = contexts(TINY)

    def use(pair: tuple[str, Any]) -> tuple[Any, ...]:
        _, group = pair
        one, other = iter(group), iter(group)
        interleaved = [next(one), next(one), next(other), next(one)]
        again = pickle.loads(pickle.dumps(group))
        same = list(again) == list(group) == sorted(group)
        return type(group).__name__, len(group), interleaved, same, len(again), type(again.data).__name__

    ((name, length, interleaved, same, copied, kind),) = (
        giant(sc).filter(lambda pair: pair[0] == "giant").groupByKey(1).map(use).collect()
    )
    assert (name, length, copied, kind) == ("ResultIterable", ELEMENTS * 2 * 49 // 50, length, "list")
    assert interleaved == [1, 2, 1, 3]
    assert same
    assert spills_of_last_stage(sc) > 0


def test_a_nan_is_sorted_in_memory_or_said_to_be_the_trouble(contexts: Contexts) -> None:
    def numbers(nan_at: int) -> list[tuple[float, int]]:
        values = [(i * 7919 % 99_991) / 7 for i in range(ELEMENTS)]
        values[nan_at] = float("nan")
        return [(value, i) for i, value in enumerate(values)]

    sc = contexts(TINY)
    early, late = numbers(1), numbers(ELEMENTS - 1)
    got = sc.parallelize(early, 1).sortByKey(numPartitions=1).collect()
    assert repr(got) == repr(sorted(early, key=lambda pair: pair[0]))
    sc = contexts(TINY)
    with pytest.raises(FiresteelError, match=r"MemoryError: .* has a NaN among its keys"):
        sc.parallelize(late, 1).sortByKey(numPartitions=1).collect()


KEYS: dict[str, Callable[[int], Any]] = {
    "int": lambda n: n,
    "str": str,
    "tuple": lambda n: (n % 7, str(n)),
    "mixed": lambda n: [n, float(n), bool(n % 2), f"{n}", None][n % 5],
}


@given(st.integers(0, 2**32), st.sampled_from(sorted(KEYS)), st.sampled_from([1, 30, 3_000, 30_000]))
@settings(max_examples=6)
def test_spilled_aggregation_is_a_dict(spilling: SparkContext, seed: int, kind: str, keys: int) -> None:
    draw = random.Random(seed)
    elements = [(KEYS[kind](draw.randrange(keys)), draw.random()) for _ in range(30_000)]
    sums: dict[Any, list[float]] = {}
    for key, value in elements:
        sums.setdefault(key, []).append(value)
    grouped = spilling.parallelize(elements, 1).groupByKey(1).mapValues(list).collect()
    assert repr(grouped) == repr(list(sums.items()))


@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([3, 1_000, 10**9]))
@settings(max_examples=6)
def test_spilled_sorting_is_list_sort(spilling: SparkContext, seed: int, ascending: bool, keys: int) -> None:
    draw = random.Random(seed)
    elements = [(draw.choice([draw.randrange(keys), -0.0, 0.0]), n) for n in range(40_000)]
    got = spilling.parallelize(elements, 1).sortByKey(ascending, 1).collect()
    assert repr(got) == repr(sorted(elements, key=lambda pair: pair[0], reverse=not ascending))


@pytest.fixture
def spilling(contexts: Contexts) -> Iterator[SparkContext]:
    """A context that spills, which all examples of a test share; at the end it has."""
    sc = contexts(TINY)
    yield sc
    assert sc._engine.counters()["spills"] > 0


def test_values_that_are_large(contexts: Contexts) -> None:
    sc = contexts({"firesteel.memory": "192m"})
    values = sc.parallelize(range(3_000), 4).map(lambda i: (i % 1_500, str(i).zfill(9) * 10_000))
    lengths = values.reduceByKey(lambda a, b: a + b, 4).mapValues(len)
    assert sorted(lengths.collect()) == [(key, 180_000) for key in range(1_500)]
    cached = values.persist()
    assert cached.count() == cached.count() == 3_000
    assert values.repartition(3).map(lambda pair: len(pair[1])).sum() == 3_000 * 90_000
    ordered = values.sortByKey(numPartitions=2).map(lambda pair: pair[1][:9]).collect()
    assert ordered == sorted(ordered, key=lambda number: int(number) % 1_500)
    assert len(ordered) == 3_000
    wait_until(no_spill_file, "after all jobs")
