"""Keeping partitions: computed once, and a barrier between what was before and what comes after."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from firesteel import SparkContext, StorageLevel
from firesteel.errors import FiresteelError
from support.values import ELEMENTS, SLICES, assert_same

LEVELS = [StorageLevel.MEMORY_ONLY, StorageLevel.MEMORY_AND_DISK, StorageLevel.DISK_ONLY]


def counted(sc: SparkContext, elements: Any, slices: int) -> tuple[Any, Any]:
    """Return an RDD and an accumulator that counts how often its function runs."""
    calls = sc.accumulator(0)

    def f(x: Any) -> Any:
        calls.add(1)
        return x

    return sc.parallelize(elements, slices).map(f), calls


@given(ELEMENTS, SLICES)
def test_kept_elements_are_the_same_elements(sc: SparkContext, elements: list[Any], slices: int) -> None:
    rdd = sc.parallelize(elements, slices).map(lambda x: x).cache()
    for _ in range(3):
        assert_same(rdd.collect(), elements)
    assert_same(rdd.map(lambda x: [x]).collect(), [[x] for x in elements])
    rdd.unpersist()
    assert_same(rdd.collect(), elements)


@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_a_kept_rdd_is_computed_once(sc: SparkContext, level: StorageLevel) -> None:
    rdd, calls = counted(sc, range(20), 4)
    assert rdd.persist(level) is rdd
    assert rdd.getStorageLevel() == level
    assert [rdd.count(), rdd.sum(), len(rdd.collect())] == [20, 190, 20]
    assert calls.value == 20


def test_without_cache_every_action_computes_anew(sc: SparkContext) -> None:
    rdd, calls = counted(sc, range(20), 4)
    rdd.count()
    rdd.count()
    assert calls.value == 40


def test_only_what_was_needed_is_computed(sc: SparkContext) -> None:
    rdd, calls = counted(sc, range(20), 4)
    rdd.cache()
    assert rdd.take(2) == [0, 1]
    assert calls.value <= 5, "take looks into the first partition alone"
    rdd.count()
    assert calls.value <= 20 + 5


def test_after_unpersist_it_is_computed_again(sc: SparkContext) -> None:
    rdd, calls = counted(sc, range(10), 2)
    rdd.cache().count()
    assert rdd.unpersist() is rdd
    assert not rdd.is_cached
    rdd.count()
    assert calls.value == 20


def test_changing_an_element_downstream_does_not_change_what_is_kept(sc: SparkContext) -> None:
    rdd = sc.parallelize([[1], [2]], 1).map(lambda x: x).cache()

    def spoil(element: list[int]) -> list[int]:
        element.append(0)
        return element

    for _ in range(2):
        assert_same(rdd.map(spoil).collect(), [[1, 0], [2, 0]])
    assert_same(rdd.collect(), [[1], [2]])


def test_the_barrier_stands_already_in_the_job_that_computes(sc2: SparkContext) -> None:
    kept = sc2.parallelize([1, 2], 1).map(lambda x: [x]).cache()

    def spoil(element: list[int]) -> int:
        element.append(0)
        return len(element)

    assert kept.map(spoil).collect() == [2, 2]
    assert kept.map(spoil).collect() == [2, 2]


def test_what_is_kept_outlives_the_worker_that_made_it(start_context: Any, tmp_path: Path) -> None:
    sc = start_context("local[2]")
    rdd, calls = counted(sc, range(20), 4)
    rdd.cache().count()
    marker = tmp_path / "died"

    def die_once(x: int) -> int:
        if x == 0 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
        return x

    assert rdd.map(die_once).sum() == 190
    assert marker.exists()
    assert calls.value == 20


def test_another_level_needs_unpersist_first(sc2: SparkContext) -> None:
    rdd = sc2.range(3).cache()
    assert rdd.persist(StorageLevel.MEMORY_ONLY) is rdd
    with pytest.raises(FiresteelError, match="Cannot change storage level"):
        rdd.persist(StorageLevel.DISK_ONLY)
    assert rdd.unpersist().persist(StorageLevel.DISK_ONLY).count() == 3


def test_a_kept_shuffle(sc: SparkContext) -> None:
    rdd, calls = counted(sc, [(k % 3, k) for k in range(12)], 3)
    grouped = rdd.groupByKey(2).mapValues(list).cache()
    first = grouped.collect()
    assert_same(grouped.collect(), first)
    assert calls.value == 12


def test_files_go_when_the_rdd_is_forgotten(start_context: Any) -> None:
    import gc

    from support.processes import run_directories
    from support.waiting import wait_until

    sc = start_context("local[2]")

    def files() -> set[Path]:
        return {path for directory in run_directories() for path in directory.rglob("*") if path.is_file()}

    before = files()
    rdd = sc.parallelize(range(10_000), 4).map(lambda x: (x, str(x))).cache()
    rdd.reduceByKey(max).count()
    assert files() > before
    del rdd
    gc.collect()
    sc.range(1).count()
    wait_until(lambda: files() <= before, "the files of a forgotten RDD gone")


@pytest.mark.parametrize(("level", "in_memory"), [("DISK_ONLY", False), ("MEMORY_ONLY", True)])
def test_the_storage_level_says_where_partitions_lie(start_context: Any, level: str, in_memory: bool) -> None:
    from support.processes import SHARED_MEMORY, run_directories

    sc = start_context("local[1]")
    kept = sc.parallelize(range(1000), 3).map(str).persist(getattr(StorageLevel, level))
    kept.count()
    blocks = [path for directory in run_directories() for path in directory.glob("rdd-*")]
    assert len(blocks) == 3
    assert {path.is_relative_to(SHARED_MEMORY) for path in blocks} == {in_memory}
