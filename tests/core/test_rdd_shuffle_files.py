"""cleanShuffleDependencies: the files of shuffles go, except from under a job, and are made anew."""

import threading
from pathlib import Path
from typing import Any

from firesteel import SparkContext
from support.processes import run_directories
from support.waiting import wait_until


def shuffle_files() -> set[Path]:
    found = (path for directory in run_directories() for path in directory.rglob("*"))
    return {path for path in found if path.is_file()}


def reduced(sc: SparkContext, calls: Any) -> Any:
    def keyed(x: int) -> tuple[int, int]:
        calls.add(1)
        return x % 3, x

    return sc.parallelize(range(12), 4).map(keyed).reduceByKey(max, 2)


def test_the_files_go_and_are_made_anew(sc2: SparkContext) -> None:
    calls = sc2.accumulator(0)
    maxima = reduced(sc2, calls)
    before = shuffle_files()
    first = maxima.collect()
    made = shuffle_files() - before
    assert made
    maxima.mapValues(str).cleanShuffleDependencies()
    wait_until(lambda: not made & shuffle_files(), "the files are gone")
    stages = sc2._engine.counters()  # type: ignore[union-attr]
    assert maxima.collect() == first
    after = sc2._engine.counters()  # type: ignore[union-attr]
    assert calls.value == 24
    assert after["stages"] - stages["stages"] == 2
    assert after["tasks_retried"] == stages["tasks_retried"]
    assert after["fetch_failures"] == stages["fetch_failures"]


def test_what_is_behind_a_persisted_ancestor_stays(sc2: SparkContext) -> None:
    calls = sc2.accumulator(0)
    kept = reduced(sc2, calls).cache()
    placed = kept.partitionBy(3)
    first = placed.collect()
    placed.cleanShuffleDependencies(blocking=True)
    assert placed.collect() == first
    kept.unpersist()
    assert kept.count() == 3
    assert calls.value == 12
    kept.cleanShuffleDependencies()
    assert kept.count() == 3
    assert calls.value == 24


def test_shuffles_of_a_running_job_stay(sc2: SparkContext, tmp_path: Path) -> None:
    calls = sc2.accumulator(0)
    maxima = reduced(sc2, calls)
    gate, begun = tmp_path / "gate", tmp_path / "begun"

    def wait(pair: tuple[int, int]) -> tuple[int, int]:
        begun.touch()
        while not gate.exists():
            pass
        return pair

    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.extend(maxima.map(wait).collect()))
    thread.start()
    try:
        wait_until(begun.exists, "the job reads the shuffle")
        maxima.cleanShuffleDependencies()
    finally:
        gate.touch()
        thread.join()
    assert sorted(found) == [(0, 9), (1, 10), (2, 11)]
    assert sorted(maxima.collect()) == sorted(found)
    assert calls.value == 12


def test_nothing_to_clean_is_fine(sc2: SparkContext) -> None:
    numbers = sc2.parallelize([1, 2], 1)
    numbers.cleanShuffleDependencies()
    never_run = numbers.keyBy(str).groupByKey()
    never_run.cleanShuffleDependencies()
    assert never_run.count() == 2


def test_a_task_does_without_the_map_outputs_that_have_nothing_for_it(sc2: SparkContext) -> None:
    def last(pairs: Any) -> list[int]:
        return [value for _, value in pairs]

    dealt = sc2.parallelize([(0, 10), (1, 11)], 2).partitionBy(2)
    earlier = shuffle_files()
    assert dealt.values().glom().collect() == [[10], [11]]
    # The names end in the ids of the tasks, which follow the partitions.
    min(shuffle_files() - earlier, key=lambda path: int(path.name.rpartition("-")[2])).unlink()
    assert sc2._engine is not None
    counters = sc2._engine.counters
    before = counters()["fetch_failures"]
    assert sc2.runJob(dealt, last, [1]) == [11]
    assert counters()["fetch_failures"] == before
    assert sc2.runJob(dealt, last, [0]) == [10]
    assert counters()["fetch_failures"] == before + 1
