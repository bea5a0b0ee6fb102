"""Cached partitions that make room for others: whose goes, where it goes, and that nobody misses it.

Memory for blocks is half of `firesteel.memory`: 16 MiB, in which four of the partitions here find room. Its
directory is an ordinary one, so that the machine's does not matter.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firesteel import RDD, SparkContext, StorageLevel
from support.processes import run_directories
from support.waiting import wait_until

MEMORY = {"firesteel.memory": "32m"}
PIECES = 64
BYTES = 60 << 10
ONLY, DISK = StorageLevel.MEMORY_ONLY, StorageLevel.MEMORY_AND_DISK

Start = Callable[..., SparkContext]


@pytest.fixture
def start_one(start_context: Start, tmp_path: Path) -> Start:
    """Start a context with little memory for blocks."""

    def start(master: str = "local[1]", more: dict[str, str] | None = None) -> SparkContext:
        (tmp_path / "memory").mkdir()
        places = {"firesteel.shared.memory.dir": str(tmp_path / "memory")}
        return start_context(master, MEMORY | places | (more or {}))

    return start


def kept(sc: SparkContext, name: int, partitions: int, level: StorageLevel) -> tuple[RDD[bytes], Any]:
    """Return an RDD with partitions of 3.75 MiB, and an accumulator that counts its computed partitions."""
    computed = sc.accumulator(0)

    def make(index: int, _: Any) -> Any:
        computed.add(1)
        return (bytes([name, index]) * (BYTES // 2) for _ in range(PIECES))

    return sc.parallelize([], partitions).mapPartitionsWithIndex(make).persist(level), computed


def check(rdd: RDD[bytes], name: int, partitions: int) -> None:
    seen = rdd.map(lambda piece: (piece[0], piece[1], len(piece))).collect()
    assert seen == [(name, index, BYTES) for index in range(partitions) for _ in range(PIECES)]


def events(sc: SparkContext) -> tuple[int, int, int]:
    """Return how many blocks were dropped, moved to disk and moved to memory."""
    counters = sc._engine.counters()
    return tuple(counters[f"blocks_{what}"] for what in ("evicted", "moved_to_disk", "moved_to_memory"))


def in_memory(tmp_path: Path) -> set[tuple[int, int]]:
    """Return which partitions of which RDDs lie in memory."""
    files = (path for path in (tmp_path / "memory").rglob("rdd-*"))
    return {(int(rdd), int(partition)) for _, rdd, partition, _ in (file.name.split("-") for file in files)}


def test_what_may_not_be_on_disk_is_dropped_and_computed_again(start_one: Start, tmp_path: Path) -> None:
    sc = start_one()
    first, computed = kept(sc, 1, 3, ONLY)
    check(first, 1, 3)
    assert events(sc) == (0, 0, 0)
    second, computed_too = kept(sc, 2, 2, ONLY)
    check(second, 2, 2)
    wait_until(lambda: events(sc)[2] == 1, "the second one's second partition in memory")
    assert events(sc) == (1, 0, 1), "the first one's first partition went: used longest ago"
    check(first, 1, 3)
    assert (computed.value, computed_too.value) == (4, 2)
    check(second, 2, 2)


def test_what_may_be_on_disk_is_moved_there(start_one: Start, tmp_path: Path) -> None:
    sc = start_one()
    first, computed = kept(sc, 1, 3, DISK)
    check(first, 1, 3)
    second, _ = kept(sc, 2, 2, ONLY)
    check(second, 2, 2)
    wait_until(lambda: events(sc) == (0, 1, 1), "one moved each way")
    assert len(in_memory(tmp_path)) == 4
    check(first, 1, 3)
    check(second, 2, 2)
    assert computed.value == 3
    first.unpersist()
    second.unpersist()
    assert first.count() == 3 * PIECES
    wait_until(lambda: not [f for d in run_directories() for f in d.glob("rdd-*")], "all blocks gone")


def test_the_one_used_longest_ago_goes(start_one: Start, tmp_path: Path) -> None:
    sc = start_one()
    rdds = [kept(sc, name, 1, ONLY) for name in range(4)]
    for name, (rdd, _) in enumerate(rdds):
        check(rdd, name, 1)
    check(rdds[0][0], 0, 1)
    assert events(sc) == (0, 0, 0)
    fifth, _ = kept(sc, 4, 1, ONLY)
    check(fifth, 4, 1)
    wait_until(lambda: events(sc) == (1, 0, 1), "room made for the last one")
    check(rdds[0][0], 0, 1)
    assert rdds[0][1].value == 1, "used again before the last one came"
    check(rdds[1][0], 1, 1)
    assert rdds[1][1].value == 2


def test_none_goes_for_its_own_rdd(start_one: Start, tmp_path: Path) -> None:
    sc = start_one()
    rdd, computed = kept(sc, 1, 6, ONLY)
    for _ in range(2):
        check(rdd, 1, 6)
    assert events(sc)[:2] == (0, 0)
    assert computed.value == 6, "what found no room is on disk"


def test_none_goes_where_that_would_not_be_enough(start_one: Start, tmp_path: Path) -> None:
    sc = start_one()
    small, computed = kept(sc, 1, 1, ONLY)
    check(small, 1, 1)
    large = sc.parallelize([0], 1).flatMap(lambda _: (bytes([9]) * BYTES for _ in range(5 * PIECES))).cache()
    assert [large.count(), large.count()] == [5 * PIECES] * 2
    check(small, 1, 1)
    assert (events(sc), computed.value) == ((0, 0, 0), 1)


def test_an_evicted_shuffle_is_read_again_from_its_map_outputs(start_one: Start) -> None:
    sc = start_one()
    pairs = sc.parallelize(range(PIECES), 2).map(lambda n: (n, bytes([n]) * (BYTES * 3 // 2)))
    shuffled = pairs.groupByKey(2).mapValues(lambda values: b"".join(values)).persist(ONLY)
    before = shuffled.collect()
    others = [kept(sc, name, 2, ONLY)[0] for name in range(3)]
    for name, other in enumerate(others):
        check(other, name, 2)
    assert events(sc)[0] > 0
    assert shuffled.collect() == before


@pytest.mark.parametrize("level", [ONLY, DISK], ids=str)
def test_rdds_in_turns_on_two_workers_and_encrypted(start_one: Start, level: StorageLevel) -> None:
    sc = start_one("local[2]", {"spark.io.encryption.enabled": "true"})
    rdds = [kept(sc, name, 3, level)[0] for name in range(3)]
    for _ in range(3):
        for name, rdd in enumerate(rdds):
            check(rdd, name, 3)
    expected = (level == ONLY, level == DISK)
    wait_until(
        lambda: tuple(count > 0 for count in events(sc)[:2]) == expected, "room made as the level says"
    )
    assert sc._engine.counters()["blocks_lost"] == 0
