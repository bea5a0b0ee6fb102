"""Live copies of cached partitions: used where they can be, never seen, gone when they have to be.

The counters say what happened: how many copies were kept, read and dropped. One worker, so that it is always
the same.
"""

import os
import signal
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from firesteel import RDD, SparkContext, StorageLevel
from support.values import ELEMENTS, SLICES, assert_same
from support.waiting import wait_until

StartContext = Callable[..., SparkContext]

MANY = 200_000
"""Ints of so many elements are 8 MB of objects, and a tenth of that as a block."""


def copies(sc: SparkContext) -> tuple[int, int, int]:
    """Return how many copies were kept, read and dropped so far."""
    counters = sc._engine.counters()
    return counters["copies_kept"], counters["copies_read"], counters["copies_dropped"]


def numbers(sc: SparkContext, count: int = MANY, slices: int = 1) -> RDD[int]:
    return sc.parallelize(range(count), slices).map(lambda n: n * 3)


def anonymous_memory(pid: int) -> int:
    """Return the memory that a process has for itself, in bytes."""
    with open(f"/proc/{pid}/statm") as file:
        fields = file.read().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")


@given(ELEMENTS, SLICES)
def test_passes_are_the_same_whatever_they_read(sc: SparkContext, elements: list[Any], slices: int) -> None:
    rdd = sc.parallelize(elements, slices).map(lambda x: x).cache()
    for _ in range(3):
        assert_same(rdd.glom().collect(), sc.parallelize(elements, slices).glom().collect())
        assert_same(rdd.filter(lambda x: bool(x)).collect(), [x for x in elements if x])
        assert_same(
            rdd.filter(lambda x: x).filter(lambda x: 1).map(lambda x: (x, x)).count(),
            len([1 for x in elements if x]),
        )
        assert_same(rdd.take(1), elements[:1])
    rdd.unpersist()


@pytest.mark.parametrize(
    "element",
    [
        lambda n: n,
        float,
        str,
        lambda n: n % 2 == 0,
        lambda n: None,
        lambda n: b"%d" % n,
        lambda n: ("火", (n, None, 1.5)),
    ],
    ids=["int", "float", "str", "bool", "None", "bytes", "tuple"],
)
@pytest.mark.parametrize("level", ["MEMORY_ONLY", "DISK_ONLY"])
def test_later_passes_read_the_copies_of_the_first(
    start_context: StartContext, element: Any, level: str
) -> None:
    sc = start_context("local[1]")
    rdd = sc.parallelize(range(100), 3).map(element).persist(getattr(StorageLevel, level))
    expected = [element(n) for n in range(100)]
    assert_same(rdd.collect(), expected)
    assert copies(sc) == (3, 0, 0)
    assert_same(rdd.collect(), expected)
    assert rdd.filter(lambda x: x is not None).count() == len([x for x in expected if x is not None])
    assert copies(sc) == (3, 6, 0)


Point = namedtuple("Point", "x y")


class Text(str):
    """Can have attributes."""


@pytest.mark.parametrize(
    "element",
    [
        lambda n: [n],
        lambda n: (n, [n]),
        lambda n: {n: n},
        Text,
        lambda n: Point(n, n),
        lambda n: bytearray(1),
        lambda n: {n},
    ],
    ids=["list", "list in tuple", "dict", "subclass", "namedtuple", "bytearray", "set"],
)
def test_of_what_can_change_there_is_no_copy(start_context: StartContext, element: Any) -> None:
    sc = start_context("local[1]")
    rdd = sc.parallelize(range(10), 1).map(element).cache()

    def spoil(x: Any) -> Any:
        x = x[1] if isinstance(x, tuple) and isinstance(x[1], list) else x
        if isinstance(x, list | bytearray):
            x.append(0)
        elif isinstance(x, dict | set):
            x.clear()
        elif isinstance(x, Text):
            x.spoiled = True
        return vars(x) if isinstance(x, Text) else x

    first = rdd.map(spoil).collect()
    assert_same(rdd.map(spoil).collect(), first)
    assert_same(rdd.collect(), [element(n) for n in range(10)])
    assert copies(sc) == (0, 0, 0)


def test_unpersist_gives_their_memory_back(start_context: StartContext) -> None:
    sc = start_context("local[1]")
    rdd = numbers(sc, 5 * MANY).cache()
    assert rdd.count() == 5 * MANY
    (worker,) = sc._engine.worker_pids()
    with_copy = anonymous_memory(worker)
    rdd.unpersist()
    wait_until(lambda: anonymous_memory(worker) < with_copy - 20 * 2**20, "the memory of the copy given back")
    assert rdd.count() == 5 * MANY
    assert copies(sc) == (1, 0, 1)


def test_they_go_with_their_rdd(start_context: StartContext) -> None:
    sc = start_context("local[1]")
    rdd = numbers(sc, 10).cache()
    rdd.count()
    del rdd
    sc.range(1).count()
    sc.range(1).count()
    assert copies(sc) == (1, 0, 1)


def test_what_was_not_read_to_its_end_is_not_copied(start_context: StartContext) -> None:
    sc = start_context("local[1]", {"firesteel.frame.elements": "10"})
    rdd = numbers(sc, 100).cache()
    assert rdd.take(3) == [0, 3, 6]
    assert copies(sc) == (0, 0, 0)
    assert rdd.count() == 100
    assert rdd.take(3) == [0, 3, 6]
    assert copies(sc) == (1, 1, 0)


def test_who_reads_after_a_workers_death_has_them_next(start_context: StartContext) -> None:
    sc = start_context("local[1]")
    rdd = numbers(sc, 100).cache()
    rdd.count()
    for passes in range(3):
        assert rdd.sum() == 14_850
        assert copies(sc) == (1 + passes, 1 + passes, 0)
        (worker,) = sc._engine.worker_pids()
        os.kill(worker, signal.SIGKILL)
        assert rdd.sum() == 14_850
        assert copies(sc)[0] == 2 + passes, "the fresh worker has decoded, and keeps"


@pytest.mark.parametrize("settings", [{"firesteel.memory": "16m"}, {"firesteel.native": "false"}], ids=str)
def test_without_an_allowance_there_are_none(start_context: StartContext, settings: dict[str, str]) -> None:
    sc = start_context("local[1]", settings)
    rdd = numbers(sc).cache()
    assert [rdd.sum(), rdd.sum()] == [3 * sum(range(MANY))] * 2
    assert copies(sc) == (0, 0, 0)


def test_they_never_take_the_place_of_the_same_rdds(start_context: StartContext) -> None:
    # 64 MiB are for copies; two partitions find room, the third does not.
    sc = start_context("local[1]", {"firesteel.memory": "512m"})
    rdd = numbers(sc, 9 * MANY, 3).cache()
    assert [rdd.count() for _ in range(3)] == [9 * MANY] * 3
    assert copies(sc) == (2, 4, 0)


def test_another_rdds_takes_the_place_of_what_was_used_longest_ago(start_context: StartContext) -> None:
    sc = start_context("local[1]", {"firesteel.memory": "512m"})
    first, second, third = (numbers(sc, 3 * MANY).cache() for _ in range(3))
    assert first.count() == second.count() == first.count() == 3 * MANY
    assert copies(sc) == (2, 1, 0)
    assert third.count() == 3 * MANY
    assert first.count() == 3 * MANY
    assert copies(sc) == (3, 2, 1), "the second one's went"


def test_they_go_when_memory_is_short(start_context: StartContext) -> None:
    sc = start_context("local[1]", {"firesteel.memory": "512m"})
    rdd = numbers(sc).cache()
    assert rdd.count() == MANY
    # Short from 192 MiB on; not too much below 640.
    texts = sc.range(30_000, numSlices=1).map(lambda n: b"%09d" % n * 1000)
    assert texts.glom().map(len).collect() == [30_000]
    assert copies(sc)[2] == 1
    assert rdd.sum() == 3 * sum(range(MANY))


def test_the_garbage_collector_does_not_look_at_them(start_context: StartContext) -> None:
    sc = start_context("local[1]")

    def tracked(_: int) -> int:
        import gc

        return len(gc.get_objects())

    rdd = numbers(sc).map(lambda n: (n, (n, "x"))).cache()
    before = sc.parallelize([0], 1).map(tracked).first()
    assert rdd.count() == rdd.count() == MANY
    assert copies(sc)[0] == 1
    assert sc.parallelize([0], 1).map(tracked).first() < before + MANY // 10
